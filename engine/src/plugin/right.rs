//! How do people write one right?

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::manifest::GrantVerb;

/// What is done with records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RightVerb {
    Read,
    Create,
    Update,
    Delete,
}

impl RightVerb {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

impl From<GrantVerb> for RightVerb {
    fn from(verb: GrantVerb) -> Self {
        match verb {
            GrantVerb::Create => Self::Create,
            GrantVerb::Update => Self::Update,
        }
    }
}

/// One right as people write it: `read lead.phone`, `create activity`, `call api.example.com`, `send sms`, `keep 4096`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Right {
    /// Without a field: the record, with all fields that are needed of it.
    Record {
        verb: RightVerb,
        object: String,
        field: Option<String>,
    },
    Call(String),
    Send(String),
    Keep(u64),
}

impl Right {
    pub(super) fn record(verb: RightVerb, object: &str, field: Option<&str>) -> Self {
        Self::Record {
            verb,
            object: object.to_owned(),
            field: field.map(str::to_owned),
        }
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record {
                verb,
                object,
                field,
            } => {
                write!(f, "{} {object}", verb.name())?;
                field.iter().try_for_each(|field| write!(f, ".{field}"))
            }
            Self::Call(host) => write!(f, "call {host}"),
            Self::Send(channel) => write!(f, "send {channel}"),
            Self::Keep(bytes) => write!(f, "keep {bytes}"),
        }
    }
}

impl FromStr for Right {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unknown = || {
            format!(
                "'{text}' is no right: write it as read lead.phone, update lead, create activity, delete lead, call api.example.com, send sms or keep 4096"
            )
        };
        let (verb, what) = text.trim().split_once(' ').ok_or_else(unknown)?;
        let what = what.trim();
        let record = |verb| {
            let (object, field) = match what.split_once('.') {
                Some((object, field)) => (object, Some(field.to_owned())),
                None => (what, None),
            };
            Self::Record {
                verb,
                object: object.to_owned(),
                field,
            }
        };
        Ok(match verb {
            "read" => record(RightVerb::Read),
            "create" => record(RightVerb::Create),
            "update" => record(RightVerb::Update),
            "delete" => record(RightVerb::Delete),
            "call" => Self::Call(what.to_ascii_lowercase()),
            "send" => Self::Send(what.to_owned()),
            "keep" => Self::Keep(what.parse().map_err(|_| unknown())?),
            _ => return Err(unknown()),
        })
    }
}
