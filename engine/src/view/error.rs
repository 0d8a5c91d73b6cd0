//! What can be wrong with a definition, and with asking for what it shows?

use crate::error::{Error, ErrorKind, Failure};

#[derive(Debug, thiserror::Error)]
pub(crate) enum DefinitionError {
    #[error("{0}")]
    Whole(String),
    #[error("{path}: {message}")]
    At { path: String, message: String },
    #[error("there is no {what} '{name}'{near}")]
    Unknown {
        what: &'static str,
        name: String,
        near: String,
    },
    #[error("{what} '{name}' cannot be shown any more: {why}")]
    Stale {
        what: &'static str,
        name: String,
        why: String,
    },
}

impl DefinitionError {
    pub(crate) fn at(path: &str, message: impl Into<String>) -> Self {
        match path {
            "" => Self::Whole(message.into()),
            path => Self::At {
                path: path.to_owned(),
                message: message.into(),
            },
        }
    }

    /// As the reason for which a record is not saved.
    pub(crate) fn into_failure(self) -> Failure {
        Failure::field("definition", "definition", self.to_string())
    }
}

impl From<DefinitionError> for Error {
    fn from(error: DefinitionError) -> Self {
        match &error {
            DefinitionError::Whole(_) | DefinitionError::At { .. } => {
                Self::new(ErrorKind::Invalid, error.to_string())
                    .hint("plugins/README.md names the keys; `peyvand view show NAME --json` gives a definition to begin with")
            }
            DefinitionError::Unknown { what, .. } => {
                let hint = format!("`peyvand {what} list` shows what there is");
                Self::new(ErrorKind::NotFound, error.to_string()).hint(hint)
            }
            DefinitionError::Stale { .. } => Self::new(ErrorKind::Query, error.to_string())
                .hint("save it again with what it names now, or remove it"),
        }
    }
}
