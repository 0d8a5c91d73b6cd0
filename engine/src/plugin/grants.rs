//! Is a plugin allowed what it asks for, and what is missing where it is not?

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::manifest::Manifest;
use super::meter::DayFuel;
use super::right::{Right, RightVerb};
use super::rights::Rights;
use crate::record::{Prefix, RecordId};
use crate::schema::Schema;

/// What an installation says of a plugin, beside its bytes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Terms {
    pub(crate) settings: Map<String, Json>,
    /// What the administrator grants; what the manifest needs where he never said.
    pub(crate) granted: Option<Rights>,
    /// Why it is paused, when it is.
    pub(crate) paused: Option<String>,
    /// What it used on the last day that is known.
    pub(crate) spent: DayFuel,
}

/// What a plugin may do, ready to ask: by what it is shown, what it looks up and what it wants done.
#[derive(Debug, Default)]
pub(super) struct Grants {
    plugin: Arc<str>,
    needed: Rights,
    held: Rights,
    objects: HashMap<Prefix, String>,
}

impl Grants {
    pub(super) fn new(manifest: &Manifest, granted: Option<&Rights>, schema: &Schema) -> Self {
        let needed = manifest.rights();
        let held = granted.map_or_else(|| needed.clone(), |granted| needed.meet(granted));
        Self {
            plugin: manifest.id.as_str().into(),
            needed,
            held,
            objects: schema
                .objects()
                .map(|object| (object.prefix(), object.name.clone()))
                .collect(),
        }
    }

    /// Whose they are.
    pub(super) fn plugin(&self) -> &Arc<str> {
        &self.plugin
    }

    /// What the manifest needs and the administrator grants.
    pub(super) fn rights(&self) -> &Rights {
        &self.held
    }

    /// The object that a record belongs to.
    pub(super) fn object_of(&self, id: RecordId) -> Option<&str> {
        self.objects.get(&id.prefix()).map(String::as_str)
    }

    /// Whether it may do so with a record and these of its fields; what is missing where not, and who can give it.
    pub(super) fn write<'a>(
        &self,
        verb: RightVerb,
        object: &str,
        fields: impl Iterator<Item = &'a str>,
    ) -> Result<(), String> {
        let refused = |field: Option<&str>| {
            let with = field.map_or_else(String::new, |field| format!(" with '{field}'"));
            let missing = self.missing(&Right::record(verb, object, field));
            format!(
                "it asked to {} a record of {object}{with}, {missing}",
                verb.name()
            )
        };
        if !self.held.may(verb, object, None) {
            return Err(refused(None));
        }
        for field in fields {
            if !self.held.may(verb, object, Some(field)) {
                return Err(refused(Some(field)));
            }
        }
        Ok(())
    }

    /// Whether it may send a request to a host.
    pub(super) fn call(&self, host: &str) -> Result<(), String> {
        if self.held.may_call(host) {
            return Ok(());
        }
        let missing = self.missing(&Right::Call(host.to_ascii_lowercase()));
        Err(format!("it asked {host}, {missing}"))
    }

    /// Whether it may send a message by a channel.
    pub(super) fn send(&self, channel: &str) -> Result<(), String> {
        if self.held.may_send(channel) {
            return Ok(());
        }
        let missing = self.missing(&Right::Send(channel.to_owned()));
        Err(format!(
            "it asked to send a message by {channel}, {missing}"
        ))
    }

    /// How many bytes it may keep in its store.
    pub(super) fn keep(&self) -> Result<u64, String> {
        match self.held.store_limit() {
            0 => {
                let missing = self.missing(&self.keeping());
                Err(format!("it wrote to its store, {missing}"))
            }
            limit => Ok(limit),
        }
    }

    /// All that it would keep by its manifest.
    pub(super) fn keeping(&self) -> Right {
        Right::Keep(match self.needed.store_limit() {
            0 => 65_536,
            needed => needed,
        })
    }

    /// `which it is not granted: peyvand plugin grant lead-score "update lead.score"`, or what the manifest lacks.
    pub(super) fn missing(&self, right: &Right) -> String {
        if self.needed.has(right) {
            return format!("which it is not granted: {}", self.command(right));
        }
        let need = match right {
            Right::Record {
                verb,
                object,
                field,
            } => {
                let fields = field
                    .as_ref()
                    .map(|field| format!(" fields = [\"{field}\"]"));
                let (verb, fields) = (verb.name(), fields.unwrap_or_default());
                format!("object = \"{object}\" verbs = [\"{verb}\"]{fields}")
            }
            Right::Call(host) => format!("host = \"{host}\""),
            Right::Send(channel) => format!("channel = \"{channel}\""),
            Right::Keep(bytes) => format!("store = {bytes}"),
        };
        format!("which its manifest does not declare: add [[needs]] {need}")
    }

    /// How an administrator grants what is missing.
    pub(super) fn command(&self, right: &Right) -> String {
        format!("peyvand plugin grant {} \"{right}\"", self.plugin)
    }
}
