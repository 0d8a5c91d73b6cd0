//! What stands in a file of tests?

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, Utc};
use peyvand::SchemaChange;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use crate::fault::Fault;
use crate::source;

/// The time that plugins are told where a file says nothing else: noon of a working day in Tehran.
const NOW: &str = "2026-03-25T08:30:00Z";

/// A file of tests.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Tests {
    #[serde(default = "noon")]
    pub(super) now: String,
    #[serde(default)]
    pub(super) settings: Map<String, Json>,
    #[serde(default)]
    pub(super) schema: Vec<SchemaChange>,
    #[serde(default)]
    pub(super) given: Vec<Given>,
    pub(super) test: Vec<Test>,
}

/// A record that is there before.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    #[serde(rename = "as")]
    pub(super) name: String,
    pub(super) object: String,
    #[serde(default)]
    pub(super) fields: Json,
}

/// One change and what is to come of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Test {
    pub(super) name: String,
    /// The object of a new record.
    pub(super) create: Option<String>,
    /// The name of a given record.
    pub(super) update: Option<String>,
    pub(super) delete: Option<String>,
    #[serde(default)]
    pub(super) fields: Json,
    /// Then so many days pass, and daily work is done.
    pub(super) after_days: Option<i64>,
    #[serde(default)]
    pub(super) expect: Expected,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expected {
    /// Of the record that was changed; others may have any value.
    #[serde(default)]
    pub(super) fields: Map<String, Json>,
    #[serde(default)]
    pub(super) empty: Vec<String>,
    pub(super) refused: Option<Vec<Refused>>,
    /// The records that the plugin made; each is to be there, and no other.
    pub(super) effects: Option<Vec<Made>>,
    /// Fields of given records.
    #[serde(default)]
    pub(super) records: BTreeMap<String, Map<String, Json>>,
    /// Part of what is said where the plugin fails and the record is saved without it.
    pub(super) warns: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Refused {
    pub(super) field: Option<String>,
    pub(super) code: Option<String>,
    /// Part of the message.
    pub(super) says: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Made {
    pub(super) object: String,
    #[serde(default)]
    pub(super) fields: Map<String, Json>,
}

impl Tests {
    /// Looked at when the file is read.
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.now.parse().unwrap_or_default()
    }
}

fn noon() -> String {
    NOW.to_owned()
}

pub(super) fn read(path: &Path) -> Result<Tests, Fault> {
    let text = source::text(path)?;
    let broken = |error: String| {
        Fault::input(
            format!("{} is no file of tests: {error}", path.display()),
            "plugins/README.md says what may stand there",
        )
    };
    let json = match path.extension().is_some_and(|end| end == "json") {
        true => serde_json::from_str(&text).map_err(|error| broken(error.to_string()))?,
        false => {
            let table: toml::Table = text
                .parse()
                .map_err(|error: toml::de::Error| broken(error.to_string()))?;
            plain(toml::Value::Table(table))
        }
    };
    let tests: Tests = serde_json::from_value(json).map_err(|error| broken(error.to_string()))?;
    match tests.now.parse::<DateTime<Utc>>() {
        Ok(_) => Ok(tests),
        Err(_) => Err(broken(format!(
            "'{}' is no moment such as {NOW}",
            tests.now
        ))),
    }
}

/// TOML as JSON; a moment is the text that it was written as.
fn plain(value: toml::Value) -> Json {
    match value {
        toml::Value::Table(table) => table
            .into_iter()
            .map(|(key, value)| (key, plain(value)))
            .collect::<Map<_, _>>()
            .into(),
        toml::Value::Array(list) => list.into_iter().map(plain).collect(),
        toml::Value::Datetime(moment) => moment.to_string().into(),
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(yes) => yes.into(),
    }
}
