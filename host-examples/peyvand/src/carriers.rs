//! Who carries messages out of the house? Read from a file of the administrator's.

mod http_sms;
mod smtp;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{FixedOffset, NaiveTime};
use peyvand::{CallingCode, Channel, EngineBuilder, MessageRules, QuietHours, Sender};
use serde::Deserialize;

use crate::fault::Fault;
use crate::source;

use http_sms::HttpSms;
use smtp::Smtp;

/// The file. It has passwords, so nothing here can be printed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Carriers {
    numbers: Option<Numbers>,
    quiet: Option<Quiet>,
    email: Option<Email>,
    sms: Option<Sms>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Numbers {
    calling_code: String,
    #[serde(default = "usual_trunk")]
    trunk: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Quiet {
    from: String,
    until: String,
    /// The clock of recipients whose own is not known: `+03:30`.
    zone: Option<String>,
}

/// A mail server.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Email {
    server: String,
    port: Option<u16>,
    security: Security,
    user: Option<String>,
    password: Option<String>,
    from: String,
    #[serde(default)]
    name: String,
    #[serde(default = "usual_timeout")]
    timeout_seconds: u64,
}

/// How the connection to a mail server is kept private.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Security {
    /// From the first byte, on port 465.
    Tls,
    /// After a greeting, on port 587; a server that does not offer it gets nothing.
    Starttls,
    /// Not at all, on port 25: for a server on the same machine.
    None,
}

/// A gateway that takes each SMS by an HTTP request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sms {
    url: String,
    #[serde(default)]
    format: Format,
    /// What is sent: `{to}`, `{text}`, `{from}` and `{key}` stand for those of the message.
    fields: BTreeMap<String, String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// What the answer has in it when the gateway took the message; any answer of success is good without it.
    success: Option<String>,
    /// Where in a JSON answer the message's id is, as a JSON pointer.
    id: Option<String>,
    #[serde(default)]
    from: String,
    /// Whether the gateway takes a key once, so that many may be on their way at a time.
    #[serde(default)]
    takes_a_key_once: bool,
    #[serde(default = "usual_timeout")]
    timeout_seconds: u64,
}

/// How the fields are written.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    #[default]
    Json,
    Form,
}

fn usual_timeout() -> u64 {
    30
}

fn usual_trunk() -> String {
    "0".to_owned()
}

const REMEDY: &str = "`peyvand message deliver --help` shows such a file";

impl Carriers {
    pub(crate) fn read(path: &Path) -> Result<Self, Fault> {
        let text = source::text(path)?;
        let wrong = |why: String| Fault::input(format!("{}: {why}", path.display()), REMEDY);
        // A password may stand in the line that the parser would quote.
        let carriers: Self =
            toml::from_str(&text).map_err(|error| wrong(error.message().to_owned()))?;
        carriers.check().map_err(wrong)?;
        Ok(carriers)
    }

    fn check(&self) -> Result<(), String> {
        if let Some(email) = &self.email {
            if email.user.is_some() != email.password.is_some() {
                return Err("[email] needs both user and password, or neither".to_owned());
            }
            if email.security == Security::None && email.user.is_some() {
                return Err(
                    "[email] sends no password over an open connection; use tls or starttls"
                        .to_owned(),
                );
            }
        }
        if let Some(quiet) = &self.quiet {
            time(&quiet.from)?;
            time(&quiet.until)?;
            quiet.zone.as_deref().map(zone).transpose()?;
        }
        Ok(())
    }

    /// Gives a builder the carriers and the rules of the file.
    pub(crate) fn settings(self, builder: EngineBuilder) -> Result<EngineBuilder, Fault> {
        let wrong = |why: String| Fault::input(why, REMEDY);
        let mut builder = builder;
        let mut rules = MessageRules::default();
        if let Some(numbers) = &self.numbers {
            rules.calling_code = Some(CallingCode::new(&numbers.calling_code, &numbers.trunk));
        }
        if let Some(quiet) = &self.quiet {
            let from = time(&quiet.from).map_err(wrong)?;
            let mut hours = QuietHours::new(from, time(&quiet.until).map_err(wrong)?);
            if let Some(text) = &quiet.zone {
                hours = hours.in_zone(zone(text).map_err(wrong)?);
            }
            rules.quiet_hours = Some(hours);
        }
        if let Some(email) = self.email {
            let sender = Sender::new(&email.from, &email.name);
            rules.senders.insert(Channel::Email, sender);
            let smtp = Smtp::of(email).map_err(wrong)?;
            builder = builder.transport(Channel::Email, Arc::new(smtp));
        }
        if let Some(sms) = self.sms {
            rules
                .senders
                .insert(Channel::Sms, Sender::new(&sms.from, ""));
            builder = builder.transport(Channel::Sms, Arc::new(HttpSms::of(sms)));
        }
        Ok(builder.message_rules(rules))
    }
}

fn time(text: &str) -> Result<NaiveTime, String> {
    NaiveTime::parse_from_str(text, "%H:%M")
        .map_err(|_| format!("'{text}' is not a time of day such as 21:00"))
}

/// An offset from UTC such as `+03:30`.
pub(crate) fn zone(text: &str) -> Result<FixedOffset, String> {
    text.parse()
        .map_err(|_| format!("'{text}' is not an offset from UTC such as +03:30"))
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count.clamp(1, 600))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(text: &str) -> Result<Carriers, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("carriers.toml");
        std::fs::write(&path, text).unwrap();
        Carriers::read(&path).map_err(|fault| fault.to_string())
    }

    const EMAIL: &str = "[email]\nserver = \"smtp.example.org\"\nfrom = \"crm@example.org\"\n";

    #[test]
    fn what_is_wrong_with_the_file_is_told_without_its_passwords() {
        for (text, says) in [
            (
                format!("{EMAIL}security = \"none\"\nuser = \"u\"\npassword = \"s3cret\""),
                "open connection",
            ),
            (
                format!("{EMAIL}security = \"tls\"\npassword = \"s3cret\""),
                "both user and password",
            ),
            (
                format!("{EMAIL}security = \"tls\"\npasword = \"s3cret\""),
                "unknown field",
            ),
            (format!("{EMAIL}security = \"s3cret\""), "unknown variant"),
            (
                "[quiet]\nfrom = \"nine\"\nuntil = \"08:00\"".to_owned(),
                "not a time of day",
            ),
        ] {
            let Err(message) = read(&text) else {
                panic!("{text} was accepted")
            };
            assert!(message.contains(says), "{message}");
            assert!(
                !message.contains("s3cret") || says == "unknown variant",
                "{message}"
            );
        }
    }

    #[test]
    fn a_file_of_everything_is_read() {
        let text = format!(
            "{EMAIL}security = \"starttls\"\nuser = \"u\"\npassword = \"p\"\n[numbers]\ncalling_code = \"98\"\n[quiet]\nfrom = \"21:00\"\nuntil = \"08:00\"\n[sms]\nurl = \"http://127.0.0.1:1/send\"\nfields = {{ to = \"{{to}}\", text = \"{{text}}\" }}\n"
        );
        let carriers = read(&text).unwrap();
        let engine = carriers
            .settings(peyvand::Engine::in_memory())
            .unwrap()
            .open()
            .unwrap();
        engine.close().unwrap();
    }

    #[test]
    fn the_file_that_the_help_shows_is_read() {
        let (_, file) = crate::args::CARRIERS.split_once("  [email]").unwrap();
        let carriers = read(&format!("[email]{file}")).unwrap();
        let quiet = carriers.quiet.as_ref().unwrap();
        assert_eq!(quiet.zone.as_deref(), Some("+03:30"));
        assert!(carriers.sms.is_some() && carriers.numbers.is_some());
        let wrong = "[quiet]\nfrom = \"21:00\"\nuntil = \"08:00\"\nzone = \"Tehran\"";
        assert!(read(wrong).err().unwrap().contains("not an offset"));
    }
}
