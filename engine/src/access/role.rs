//! What does a role give?
//!
//! A role is a record; its `definition` says how far each verb reaches in each object, which fields are hidden or only
//! read, and whether it sees what is confidential and administers the workspace. It is checked when it is saved.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::error::Failure;
use crate::hook::{
    Answers, HookContext, HookFailure, Interest, Refusal, Registry, Row, Rule, Verb, engine_rule,
};
use crate::record::{Record, Value};
use crate::schema::{Schema, did_you_mean};

/// What stands for every object that a role does not name.
pub(super) const ANY: &str = "*";

/// What may be done with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AccessVerb {
    /// To see it, in whatever form.
    Read,
    /// To make one.
    Create,
    /// To change it.
    Update,
    /// To put it into the bin, and to take it out again.
    Delete,
    /// To take it out of the house with many others.
    Export,
}

impl AccessVerb {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Read,
        Self::Create,
        Self::Update,
        Self::Delete,
        Self::Export,
    ];

    /// Its word in definitions: `read`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Export => "export",
        }
    }

    /// The verb of a word.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.name() == name)
    }
}

impl fmt::Display for AccessVerb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How far a verb reaches. Each one includes those before it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AccessScope {
    /// To no record but those that are shared.
    #[default]
    None,
    /// To the user's own records.
    Own,
    /// To those of his team, of the teams that he manages, and of whoever reports to him.
    Team,
    /// To those of his territory and of the territories below it.
    Territory,
    /// To every record.
    All,
}

impl AccessScope {
    /// Its word in definitions: `territory`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Own => "own",
            Self::Team => "team",
            Self::Territory => "territory",
            Self::All => "all",
        }
    }
}

/// What may be done with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum FieldRight {
    Hidden,
    Read,
    Write,
}

/// How far each verb reaches in one object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Grants {
    read: AccessScope,
    create: AccessScope,
    update: AccessScope,
    delete: AccessScope,
    export: AccessScope,
}

impl Grants {
    pub(super) fn scope(&self, verb: AccessVerb) -> AccessScope {
        match verb {
            AccessVerb::Read => self.read,
            AccessVerb::Create => self.create,
            AccessVerb::Update => self.update,
            AccessVerb::Delete => self.delete,
            AccessVerb::Export => self.export,
        }
    }
}

/// What a role gives.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RoleDefinition {
    objects: BTreeMap<String, Grants>,
    /// By object and field: `account.credit_limit`. What is not named may be written.
    pub(super) fields: BTreeMap<String, FieldRight>,
    /// Sees what is confidential, where the role reaches it.
    pub(super) confidential: bool,
    /// Changes users, roles, the schema, plugins, scripts and settings.
    pub(super) administer: bool,
}

impl RoleDefinition {
    pub(super) fn read(json: &Json) -> Result<Self, String> {
        serde_json::from_value(json.clone()).map_err(|error| error.to_string())
    }

    /// All there is.
    pub(super) fn everything() -> Self {
        let all = AccessScope::All;
        let grants = Grants {
            read: all,
            create: all,
            update: all,
            delete: all,
            export: all,
        };
        Self {
            objects: BTreeMap::from([(ANY.to_owned(), grants)]),
            fields: BTreeMap::new(),
            confidential: true,
            administer: true,
        }
    }

    /// What a stored role or key gives; nothing where it says nothing, or nothing that this engine can read.
    pub(super) fn of(record: &Record, field: &str) -> Self {
        match record.get(field) {
            Some(Value::Json(json)) => Self::read(json).unwrap_or_default(),
            _ => Self::default(),
        }
    }

    pub(super) fn grants(&self, object: &str) -> Grants {
        let named = self.objects.get(object).or_else(|| self.objects.get(ANY));
        named.copied().unwrap_or_default()
    }

    /// Lets a verb reach so far in one object.
    pub(super) fn widen(&mut self, object: &str, verb: AccessVerb, scope: AccessScope) {
        let mut grants = self.grants(object);
        *match verb {
            AccessVerb::Read => &mut grants.read,
            AccessVerb::Create => &mut grants.create,
            AccessVerb::Update => &mut grants.update,
            AccessVerb::Delete => &mut grants.delete,
            AccessVerb::Export => &mut grants.export,
        } = scope;
        self.objects.insert(object.to_owned(), grants);
    }

    /// Everything in it that does not fit the schema.
    fn faults(&self, schema: &Schema) -> Vec<String> {
        let objects = || schema.objects().map(|object| object.name.as_str());
        let mut faults = Vec::new();
        for name in self.objects.keys().filter(|name| *name != ANY) {
            if schema.object(name).is_none() {
                let near = did_you_mean(name, objects());
                faults.push(format!("there is no object '{name}'{near}"));
            }
        }
        for name in self.fields.keys() {
            let Some((of, field)) = name.split_once('.') else {
                faults.push(format!("'{name}' is not written as object.field"));
                continue;
            };
            match schema.object(of) {
                None => {
                    let near = did_you_mean(of, objects());
                    faults.push(format!("there is no object '{of}'{near}"));
                }
                Some(object) if object.field(field).is_none() => {
                    faults.push(object.unknown_field(field));
                }
                Some(_) => {}
            }
        }
        faults
    }
}

/// What a role or a key gives is a definition, and fits the schema.
struct RoleRule(&'static str);

impl Rule for RoleRule {
    fn judge(&self, rows: &[Row<'_>], context: &HookContext<'_>) -> Result<Answers, HookFailure> {
        let mut answers = Answers::default();
        for (place, row) in rows.iter().enumerate() {
            let definition = |record: Option<&Record>| match record?.get(self.0) {
                Some(Value::Json(json)) => Some(json.clone()),
                _ => None,
            };
            let (before, after) = (definition(row.before), definition(row.after));
            // What was right when it was saved is not in the way of a change of something else.
            let Some(json) = after.filter(|after| before.as_ref() != Some(after)) else {
                continue;
            };
            let faults = match RoleDefinition::read(&json) {
                Ok(definition) => definition.faults(&context.reader.schema),
                Err(fault) => vec![fault],
            };
            answers
                .refusals
                .extend(faults.into_iter().map(|message| Refusal {
                    row: place,
                    field: Some(self.0.to_owned()),
                    code: "definition".to_owned(),
                    message,
                }));
        }
        Ok(answers)
    }
}

pub(crate) fn register(schema: &Schema, registry: &mut Registry) {
    let has = |object: &str, field: &str| {
        let object = schema.object(object);
        object.is_some_and(|object| object.field(field).is_some())
    };
    for (object, field, title) in [
        ("role", "definition", "roles fit the schema"),
        ("api_key", "rights", "rights of keys fit the schema"),
    ] {
        if has(object, field) {
            let interest = Interest::new(object, &[Verb::Create, Verb::Update], Vec::new());
            let rule = engine_rule(title, interest, RoleRule(field));
            registry.before_save.push(rule);
        }
    }
}

/// The roles that come with the engine: their keys, and what they are called in English, Persian and Arabic.
pub(crate) fn standard_roles() -> [(&'static str, [&'static str; 3]); 5] {
    STANDARD.map(|(key, names, _)| (key, names))
}

/// Key, English, Persian and Arabic name of each role that comes with the engine, and what it gives.
pub(super) const STANDARD: [(&str, [&str; 3], &str); 5] = [
    (
        "administrator",
        ["Administrator", "مدیر سامانه", "مدير النظام"],
        r#"{"objects": {"*": {"read": "all", "create": "all", "update": "all", "delete": "all", "export": "all"}},
            "confidential": true, "administer": true}"#,
    ),
    (
        "manager",
        ["Manager", "مدیر", "المدير"],
        r#"{"objects": {"*": {"read": "territory", "create": "territory", "update": "territory", "delete": "team", "export": "territory"}}}"#,
    ),
    (
        "seller",
        ["Seller", "فروشنده", "البائع"],
        r#"{"objects": {"*": {"read": "team", "create": "own", "update": "own"}}}"#,
    ),
    (
        "operator",
        ["Operator", "اپراتور", "المشغّل"],
        r#"{"objects": {"*": {"read": "all", "create": "own", "update": "own"}, "activity": {"read": "all", "create": "all", "update": "all"}}}"#,
    ),
    (
        "reader",
        ["Reader", "خواننده", "القارئ"],
        r#"{"objects": {"*": {"read": "all"}}}"#,
    ),
];

/// The failure of somebody who may not.
pub(crate) fn denied(message: impl Into<String>) -> Failure {
    Failure::new("access", message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::schema::standard_schema;

    #[test]
    fn the_standard_roles_fit_the_standard_schema() {
        for (key, _, definition) in STANDARD {
            let read = RoleDefinition::read(&serde_json::from_str(definition).unwrap());
            let definition = read.unwrap_or_else(|error| panic!("{key}: {error}"));
            assert!(definition.faults(&standard_schema()).is_empty(), "{key}");
            assert_eq!(definition.administer, key == "administrator");
        }
    }

    #[test]
    fn every_fault_of_a_definition_is_told() {
        let json = serde_json::json!({
            "objects": {"acount": {"read": "all"}},
            "fields": {"account.creditlimit": "hidden", "name": "read"},
        });
        let faults = RoleDefinition::read(&json)
            .unwrap()
            .faults(&standard_schema());
        assert_eq!(faults.len(), 3, "{faults:?}");
        assert!(faults[0].contains("did you mean 'account'"));
        assert!(RoleDefinition::read(&serde_json::json!({"administrator": true})).is_err());
    }
}
