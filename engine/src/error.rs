//! What went wrong, and what can be done about it?
//!
//! One opaque error with a kind, a message that names the thing, a hint with the remedy, and — for a rejected
//! write — every failure at once. The rooms have error enums of their own and turn them into this at their edge.

use std::fmt;

use crate::store::StoreError;

/// The result of everything that the engine does.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What sort of thing went wrong: what a program decides by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request breaks rules of the schema; [`Error::failures`] lists them all.
    Invalid,
    /// A rule, script or plugin refused the write; [`Error::failures`] says which and why.
    Refused,
    /// The record, object, plugin or script does not exist.
    NotFound,
    /// Somebody else changed the record meanwhile: read it again and decide.
    Conflict,
    /// A filter, sort or cursor cannot be read or answered.
    Query,
    /// A plugin cannot be loaded, or failed while it ran.
    Plugin,
    /// A script cannot be compiled, or failed while it ran.
    Script,
    /// An input file or a mapping cannot be used.
    Input,
    /// Another process or handle has the directory open.
    Locked,
    /// The directory cannot be used as a store.
    Store,
    /// Stored bytes are not what was written.
    Damaged,
    /// A durable write failed earlier: the engine takes no more writes until it is opened again.
    Stopped,
}

/// One reason why a write was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// Which request of the call, counted from 0.
    pub request: usize,
    /// The field, where one is to blame.
    pub field: Option<String>,
    /// A stable word for programs: `required`, `unknown-field`, `check-digit`.
    pub code: String,
    /// What is wrong and what to do, for a person.
    pub message: String,
}

impl Failure {
    pub(crate) fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            request: 0,
            field: None,
            code: code.to_owned(),
            message: brief(message.into()),
        }
    }

    pub(crate) fn field(field: &str, code: &str, message: impl Into<String>) -> Self {
        Self {
            field: Some(field.to_owned()),
            ..Self::new(code, message)
        }
    }

    pub(crate) fn of_request(mut self, request: usize) -> Self {
        self.request = request;
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(f, "{field}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// A message that quotes what came in must not be as long as what came in: begin and end say what it is about.
fn brief(message: String) -> String {
    const LONGEST: usize = 2_000;
    if message.len() <= LONGEST {
        return message;
    }
    let begin = message.floor_char_boundary(LONGEST / 2);
    let end = message.ceil_char_boundary(message.len() - LONGEST / 2);
    format!("{} … {}", &message[..begin], &message[end..])
}

/// Why something could not be done.
pub struct Error {
    inner: Box<Inner>,
}

struct Inner {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
    failures: Vec<Failure>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            inner: Box::new(Inner {
                kind,
                message: brief(message.into()),
                hint: None,
                failures: Vec::new(),
                source: None,
            }),
        }
    }

    pub(crate) fn with_failures(kind: ErrorKind, failures: Vec<Failure>) -> Self {
        let message = match failures.as_slice() {
            [] => "the request was rejected".to_owned(),
            [one] => one.to_string(),
            [first, rest @ ..] => format!("{first} (and {} more)", rest.len()),
        };
        let mut error = Self::new(kind, message);
        error.inner.hint = failures
            .iter()
            .find_map(|failure| remedy(&failure.code))
            .map(str::to_owned);
        error.inner.failures = failures;
        error
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.inner.hint = Some(hint.into());
        self
    }

    pub(crate) fn because(
        mut self,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        self.inner.source = Some(Box::new(source));
        self
    }

    /// What sort of error it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// What to do about it, where that is known and not part of the message.
    #[must_use]
    pub fn remedy(&self) -> Option<&str> {
        self.inner.hint.as_deref()
    }

    /// Every reason why a write was rejected; empty for other errors.
    #[must_use]
    pub fn failures(&self) -> &[Failure] {
        &self.inner.failures
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.inner.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Error");
        out.field("kind", &self.inner.kind)
            .field("message", &self.inner.message);
        if let Some(hint) = &self.inner.hint {
            out.field("remedy", hint);
        }
        if self.inner.failures.len() > 1 {
            out.field("failures", &self.inner.failures);
        }
        out.finish()
    }
}

/// What to do about a failure, where its message does not say so already.
fn remedy(code: &str) -> Option<&'static str> {
    Some(match code {
        "required" => "give the field a value",
        "unknown-field" => "`peyvand schema show OBJECT`, or `Engine::schema`, lists the fields",
        "unknown-object" => "`peyvand schema list`, or `Engine::schema`, lists the objects",
        "unknown-reference" => "create that record first, or give the id or key of one that exists",
        "out-of-range" => "give a value between the limits of the field",
        "too-long" => "shorten it, or use a long_text field",
        "read-only" => "leave it out of the request",
        "access" => {
            "ask who administers the workspace; `peyvand access explain` says what would help"
        }
        "in-use" => "change or delete the records that refer to it first",
        "not-unique" => "update the record that has the value, or give another one",
        "not-found" => "look the record up again; it may have been deleted",
        "stale-revision" => "read the record again and repeat the change",
        _ => return None,
    })
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let kind = match &error {
            StoreError::Locked { .. } => ErrorKind::Locked,
            StoreError::Damaged { .. }
            | StoreError::BaseLost { .. }
            | StoreError::JournalMissing { .. } => ErrorKind::Damaged,
            StoreError::Uncovered { .. } => ErrorKind::Invalid,
            #[cfg(feature = "postgres")]
            StoreError::DamagedRow { .. } => ErrorKind::Damaged,
            StoreError::Poisoned { .. } | StoreError::StateFailed { .. } | StoreError::Closed => {
                ErrorKind::Stopped
            }
            _ => ErrorKind::Store,
        };
        Self::new(kind, error.to_string()).because(error)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.inner.source.as_deref().map(|source| source as _)
    }
}
