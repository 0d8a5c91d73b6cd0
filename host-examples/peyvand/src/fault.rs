//! How does a command fail, and what does the process say then?

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use peyvand::{ErrorKind, Failure};
use peyvand_pack::PackError;
use serde::Serialize;

use crate::demo::DemoError;
use crate::output::one_line;

/// How the process ends. The numbers are promised in `peyvand --help`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Fine = 0,
    No = 1,
    Usage = 2,
    Input = 3,
    Store = 4,
    Guest = 5,
}

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error(transparent)]
    Engine(#[from] peyvand::Error),
    #[error(transparent)]
    Build(#[from] PackError),
    #[error(transparent)]
    Demo(DemoError),
    #[error("{message}")]
    Input {
        message: String,
        remedy: &'static str,
    },
    #[error("there is no store in {}", .0.display())]
    NoStore(PathBuf),
    #[error("cannot write the answer: {0}")]
    Output(#[from] io::Error),
}

impl From<DemoError> for Fault {
    fn from(error: DemoError) -> Self {
        match error {
            DemoError::Crm(error) => Self::Engine(error),
            DemoError::Output(error) => Self::Output(error),
            other => Self::Demo(other),
        }
    }
}

impl Fault {
    pub(crate) fn input(message: impl Into<String>, remedy: &'static str) -> Self {
        Self::Input {
            message: message.into(),
            remedy,
        }
    }

    pub(crate) fn unreadable(path: &Path, error: &io::Error) -> Self {
        let why = match error.kind() {
            io::ErrorKind::NotFound => "there is no such file".to_owned(),
            io::ErrorKind::PermissionDenied => "reading it is not permitted".to_owned(),
            io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
            io::ErrorKind::InvalidData => "it is no UTF-8 text".to_owned(),
            _ => error.to_string(),
        };
        Self::input(
            format!("cannot read {}: {why}", path.display()),
            "check the path",
        )
    }

    pub(crate) fn not_json(what: &str, error: &serde_json::Error) -> Self {
        Self::input(
            format!("{what} is no JSON that fits: {error}"),
            "quote it for the shell: '{\"name\": \"…\"}'; `peyvand schema show OBJECT` lists the fields",
        )
    }

    /// Whoever read the output has gone: nothing is wrong, and nobody is there to be told.
    pub(crate) fn is_quiet(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    pub(crate) fn exit(&self) -> Exit {
        match self {
            _ if self.is_quiet() => Exit::Fine,
            Self::Engine(error) => exit_of(error.kind()),
            Self::Build(
                PackError::Read { .. }
                | PackError::Write { .. }
                | PackError::Toml { .. }
                | PackError::Manifest { .. },
            ) => Exit::Input,
            Self::Build(_) => Exit::Guest,
            Self::Demo(DemoError::Taken { .. }) => Exit::Input,
            Self::Demo(_) => Exit::Store,
            Self::Input { .. } => Exit::Input,
            Self::NoStore(_) | Self::Output(_) => Exit::Store,
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Engine(error) => name_of(error.kind()),
            Self::Build(_) => "build",
            Self::Demo(DemoError::Taken { .. }) => "input",
            Self::Demo(_) => "store",
            Self::Input { .. } => "input",
            Self::NoStore(_) => "store",
            Self::Output(_) => "output",
        }
    }

    fn remedy(&self) -> Option<&str> {
        match self {
            Self::Engine(error) => error.remedy(),
            // The messages of the builder say what to do themselves.
            Self::Build(_) => None,
            Self::Demo(error) => error.remedy(),
            Self::Input { remedy, .. } => Some(remedy),
            Self::NoStore(_) => Some(
                "name it with --dir, or make one with `peyvand demo`, `peyvand import` or `peyvand create`",
            ),
            Self::Output(_) => Some("look at where the output goes"),
        }
    }

    fn failures(&self) -> &[Failure] {
        match self {
            Self::Engine(error) => error.failures(),
            _ => &[],
        }
    }

    /// Says it on stderr. When even that fails there is nobody left to tell.
    pub(crate) fn tell(&self, to: &mut dyn Write, as_json: bool) {
        if self.is_quiet() {
            return;
        }
        let told = if as_json {
            tell_json(
                to,
                self.kind(),
                &self.to_string(),
                self.remedy(),
                self.failures(),
            )
        } else {
            self.tell_plainly(to)
        };
        told.ok();
    }

    fn tell_plainly(&self, to: &mut dyn Write) -> io::Result<()> {
        let failures = self.failures();
        if failures.len() > 1 {
            writeln!(to, "error: refused for {} reasons", failures.len())?;
            let several = failures.iter().any(|failure| failure.request > 0);
            for failure in failures {
                let place = if several {
                    format!("request {}: ", failure.request + 1)
                } else {
                    String::new()
                };
                writeln!(to, "  {}", one_line(&format!("{place}{failure}")))?;
            }
        } else {
            // What a compiler says has lines of its own.
            for (number, line) in self.to_string().lines().enumerate() {
                writeln!(
                    to,
                    "{}{}",
                    if number == 0 { "error: " } else { "  " },
                    one_line(line)
                )?;
            }
        }
        match self.remedy() {
            Some(remedy) => writeln!(to, "help: {}", one_line(remedy)),
            None => Ok(()),
        }
    }
}

/// The promised shape of an error.
#[derive(Serialize)]
struct ErrorJson<'a> {
    error: Told<'a>,
}

#[derive(Serialize)]
struct Told<'a> {
    kind: &'a str,
    message: &'a str,
    remedy: Option<&'a str>,
    failures: Vec<FailureJson<'a>>,
}

#[derive(Serialize)]
struct FailureJson<'a> {
    request: usize,
    field: Option<&'a str>,
    code: &'a str,
    message: &'a str,
}

impl<'a> FailureJson<'a> {
    fn of(failure: &'a Failure) -> Self {
        Self {
            request: failure.request,
            field: failure.field.as_deref(),
            code: &failure.code,
            message: &failure.message,
        }
    }
}

pub(crate) fn tell_json(
    to: &mut dyn Write,
    kind: &str,
    message: &str,
    remedy: Option<&str>,
    failures: &[Failure],
) -> io::Result<()> {
    let failures = failures.iter().map(FailureJson::of).collect();
    let error = Told {
        kind,
        message,
        remedy,
        failures,
    };
    serde_json::to_writer(&mut *to, &ErrorJson { error })?;
    writeln!(to)
}

fn exit_of(kind: ErrorKind) -> Exit {
    match kind {
        ErrorKind::Plugin | ErrorKind::Script => Exit::Guest,
        ErrorKind::Locked | ErrorKind::Store | ErrorKind::Damaged | ErrorKind::Stopped => {
            Exit::Store
        }
        _ => Exit::Input,
    }
}

fn name_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Invalid => "invalid",
        ErrorKind::Refused => "refused",
        ErrorKind::NotFound => "not_found",
        ErrorKind::Conflict => "conflict",
        ErrorKind::Query => "query",
        ErrorKind::Plugin => "plugin",
        ErrorKind::Script => "script",
        ErrorKind::Input => "input",
        ErrorKind::Locked => "locked",
        ErrorKind::Store => "store",
        ErrorKind::Damaged => "damaged",
        ErrorKind::Stopped => "stopped",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn told(fault: &Fault, as_json: bool) -> String {
        let mut text = Vec::new();
        fault.tell(&mut text, as_json);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn each_kind_of_error_has_its_exit_code() {
        let table = [
            (ErrorKind::Invalid, 3),
            (ErrorKind::Refused, 3),
            (ErrorKind::NotFound, 3),
            (ErrorKind::Conflict, 3),
            (ErrorKind::Query, 3),
            (ErrorKind::Input, 3),
            (ErrorKind::Locked, 4),
            (ErrorKind::Store, 4),
            (ErrorKind::Damaged, 4),
            (ErrorKind::Stopped, 4),
            (ErrorKind::Plugin, 5),
            (ErrorKind::Script, 5),
        ];
        for (kind, code) in table {
            assert_eq!(exit_of(kind) as u8, code, "{}", name_of(kind));
        }
        assert_eq!(Fault::NoStore("crm".into()).exit() as u8, 4);
        assert_eq!(Fault::Build(PackError::NoTarget).exit() as u8, 5);
        assert_eq!(Fault::input("x", "y").exit() as u8, 3);
        assert_eq!(
            Fault::from(DemoError::Taken {
                dir: "d".into(),
                store: true
            })
            .exit() as u8,
            3
        );
    }

    #[test]
    fn a_missing_target_says_how_to_get_it() {
        assert!(
            told(&Fault::Build(PackError::NoTarget), false)
                .contains("rustup target add wasm32-unknown-unknown")
        );
    }

    #[test]
    fn a_reader_that_has_gone_is_no_error() {
        let fault = Fault::Output(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(
            (told(&fault, false), fault.exit()),
            (String::new(), Exit::Fine)
        );
        assert_eq!(
            Fault::Output(io::Error::from(io::ErrorKind::StorageFull)).exit(),
            Exit::Store
        );
    }

    #[test]
    fn an_error_names_the_thing_and_the_remedy() {
        let fault = Fault::NoStore("crm".into());
        let plain = told(&fault, false);
        assert!(
            plain.starts_with("error: there is no store in crm\nhelp: name it with --dir"),
            "{plain}"
        );
        let json = told(&fault, true);
        assert!(json.starts_with(r#"{"error":{"kind":"store","message":"there is no store in crm","remedy":"name it with --dir"#), "{json}");
        assert!(json.ends_with("\"failures\":[]}}\n"), "{json}");
    }

    #[test]
    fn an_error_cannot_steer_the_terminal() {
        let plain = told(&Fault::input("bad \u{1b}[31mname", "rename it"), false);
        assert!(!plain.contains('\u{1b}'), "{plain:?}");
    }
}
