//! Is a plugin allowed what it asks for, and what is missing where it is not?

use std::collections::HashMap;

use serde_json::{Map, Value as Json};

use super::manifest::{GrantVerb, Manifest};
use super::meter::Spent;
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
    pub(crate) spent: Spent,
}

/// What a plugin may do, ready to ask.
#[derive(Debug)]
pub(super) struct Grants {
    plugin: String,
    needed: Rights,
    held: Rights,
    objects: HashMap<Prefix, String>,
}

impl Grants {
    pub(super) fn new(manifest: &Manifest, granted: Option<&Rights>, schema: &Schema) -> Self {
        let needed = manifest.rights();
        let held = granted.map_or_else(|| needed.clone(), |granted| needed.meet(granted));
        Self {
            plugin: manifest.id.clone(),
            needed,
            held,
            objects: schema
                .objects()
                .map(|object| (object.prefix(), object.name.clone()))
                .collect(),
        }
    }

    /// What the manifest needs and the administrator grants.
    pub(super) fn rights(&self) -> &Rights {
        &self.held
    }

    /// The object that a record belongs to.
    pub(super) fn object_of(&self, id: RecordId) -> Option<&str> {
        self.objects.get(&id.prefix()).map(String::as_str)
    }

    /// Whether an effect may do so; what is missing where not, and who can give it.
    pub(super) fn allow<'a>(
        &self,
        verb: GrantVerb,
        object: &str,
        fields: impl Iterator<Item = &'a str>,
    ) -> Result<(), String> {
        let (right, verb) = (RightVerb::from(verb), verb.name());
        if !self.needed.may(right, object, None) {
            return Err(format!(
                "it asked to {verb} a record of {object}, which its manifest does not declare: add [[effect]] object = \"{object}\" verb = \"{verb}\""
            ));
        }
        if !self.held.may(right, object, None) {
            return Err(format!(
                "it asked to {verb} a record of {object}, {}",
                self.not_granted(right, object, None)
            ));
        }
        for field in fields {
            if !self.needed.may(right, object, Some(field)) {
                return Err(format!(
                    "it asked to {verb} a record of {object} with '{field}', which its manifest does not declare: add the field to [[effect]] object = \"{object}\" verb = \"{verb}\""
                ));
            }
            if !self.held.may(right, object, Some(field)) {
                return Err(format!(
                    "it asked to {verb} a record of {object} with '{field}', {}",
                    self.not_granted(right, object, Some(field))
                ));
            }
        }
        Ok(())
    }

    /// `which it is not granted: peyvand plugin grant lead-score "update lead.score"`.
    pub(super) fn not_granted(&self, verb: RightVerb, object: &str, field: Option<&str>) -> String {
        let command = self.command(verb, object, field);
        format!("which it is not granted: {command}")
    }

    /// How an administrator grants what is missing.
    pub(super) fn command(&self, verb: RightVerb, object: &str, field: Option<&str>) -> String {
        let right = Right::Record {
            verb,
            object: object.to_owned(),
            field: field.map(str::to_owned),
        };
        format!("peyvand plugin grant {} \"{right}\"", self.plugin)
    }
}
