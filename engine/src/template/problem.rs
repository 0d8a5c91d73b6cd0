//! What is wrong with a template, and where?

use std::fmt;

use crate::context::Locale;
use crate::error::{Error, ErrorKind};

/// One thing that is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TemplateProblem {
    /// The template's key.
    pub template: String,
    /// The language of the text that is to blame; none when it is the template itself.
    pub language: Option<Locale>,
    /// The line of that text, from 1.
    pub line: Option<usize>,
    /// What is wrong and what to do.
    pub message: String,
}

impl TemplateProblem {
    pub(super) fn of(template: &str, message: impl Into<String>) -> Self {
        Self {
            template: template.to_owned(),
            language: None,
            line: None,
            message: message.into(),
        }
    }

    pub(super) fn at(mut self, language: Locale, line: Option<usize>) -> Self {
        self.language = Some(language);
        self.line = line;
        self
    }
}

impl fmt::Display for TemplateProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "template '{}'", self.template)?;
        if let Some(language) = self.language {
            write!(f, " in {}", language.tag())?;
        }
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// The error of a template that cannot be used: its first problem, and how many there are.
pub(super) fn unusable(problems: &[TemplateProblem]) -> Error {
    let message = match problems {
        [] => "the template cannot be used".to_owned(),
        [one] => one.to_string(),
        [first, rest @ ..] => format!("{first} (and {} more)", rest.len()),
    };
    Error::new(ErrorKind::Invalid, message).hint("`peyvand template check` lists every problem")
}

/// A mistake of minijinja's in the engine's words: template, language, line.
pub(super) fn failed(
    error: &minijinja::Error,
    template: &str,
    language: Locale,
) -> TemplateProblem {
    use minijinja::ErrorKind as Kind;
    // The error of an include says only that; what went wrong lies under it.
    let mut cause = error;
    while let Some(under) =
        std::error::Error::source(cause).and_then(|under| under.downcast_ref::<minijinja::Error>())
    {
        cause = under;
    }
    let detail = cause.detail().unwrap_or_default();
    let message = match cause.kind() {
        Kind::OutOfFuel => {
            "it does more work than a page can need; shorten its loops, or give `children` a smaller limit".to_owned()
        }
        Kind::WriteFailure => {
            "the page becomes larger than 4 MiB; shorten its loops or the texts that it prints".to_owned()
        }
        Kind::UndefinedError => "a value that it prints is not there".to_owned(),
        Kind::SyntaxError => detail.to_owned(),
        _ if detail.is_empty() => cause.kind().to_string(),
        _ => detail.to_owned(),
    };
    let name = cause.name().unwrap_or(template);
    let name = name.strip_suffix(super::render::SUBJECT).unwrap_or(name);
    TemplateProblem::of(name, message).at(language, cause.line())
}
