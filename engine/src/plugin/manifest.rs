//! What does a plugin say of itself?
//!
//! What is left of a `plugin.toml` once it is read (`written.rs`) and makes sense in itself (`rules.rs`); whether its
//! objects and fields exist is asked by `check.rs`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;

use super::breaker::Patience;
use super::brought::BroughtData;
use super::check::is_of_record;
use super::contract;
use super::limits::Limits;
use super::needs::Need;
use super::requires::Requirement;
use crate::error::{Error, ErrorKind, Failure};
use crate::gamification::{Badge, Reason};
use crate::hook::{OnFailure, Verb};
use crate::record::{Decimal, Value};
use crate::schema::{Field, FieldKind, Labels};
use crate::view::Declarations;
use crate::workflow::Workflow;

/// A manifest that makes sense in itself.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    pub(crate) id: String,
    pub(crate) version: String,
    pub(crate) name: Labels,
    pub(crate) description: Labels,
    pub(crate) on_failure: OnFailure,
    pub(crate) limits: Limits,
    /// When it is paused for failing.
    pub(crate) patience: Patience,
    pub(crate) settings: BTreeMap<String, Setting>,
    /// The fields that it brings, each with its object.
    pub(crate) fields: Vec<(String, Field)>,
    pub(crate) hooks: Vec<Hook>,
    pub(crate) workflows: Vec<Workflow>,
    /// What its effects may do.
    pub(crate) effects: Vec<Grant>,
    /// The other plugins that it builds upon.
    pub(crate) requires: Vec<Requirement>,
    /// What it needs besides.
    pub(crate) needs: Vec<Need>,
    /// The objects, options and records that it brings.
    pub(crate) brought: BroughtData,
    /// The views, forms, dashboards and panels that it brings.
    pub(crate) declarations: Declarations,
}

/// One setting that an administrator may change.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Setting {
    #[serde(rename = "type")]
    pub(crate) kind: SettingKind,
    #[serde(default)]
    pub(crate) default: Option<Json>,
    #[serde(default)]
    pub(crate) minimum: Option<Json>,
    #[serde(default)]
    pub(crate) maximum: Option<Json>,
    /// The texts allowed; any when empty.
    #[serde(default)]
    pub(crate) one_of: Vec<String>,
    #[serde(default)]
    pub(crate) label: Labels,
    #[serde(default)]
    pub(crate) description: Labels,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SettingKind {
    Integer,
    Decimal,
    Text,
    Boolean,
}

/// Where a hook stands: one interface of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Point {
    FieldType,
    ComputedFields,
    BeforeSave,
    AfterCommit,
    WorkflowAction,
    Gamification,
    OnReply,
}

impl Point {
    pub(crate) const ALL: [Self; 7] = [
        Self::FieldType,
        Self::ComputedFields,
        Self::BeforeSave,
        Self::AfterCommit,
        Self::WorkflowAction,
        Self::Gamification,
        Self::OnReply,
    ];

    /// The interface's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::FieldType => "field-type",
            Self::ComputedFields => "computed-fields",
            Self::BeforeSave => "before-save",
            Self::AfterCommit => "after-commit",
            Self::WorkflowAction => "workflow-action",
            Self::Gamification => "gamification",
            Self::OnReply => "on-reply",
        }
    }

    pub(super) fn wakes_on_changes(self) -> bool {
        !matches!(self, Self::FieldType | Self::WorkflowAction | Self::OnReply)
    }

    /// Whether it is served without records of an object.
    pub(super) fn has_no_object(self) -> bool {
        matches!(self, Self::FieldType | Self::OnReply)
    }
}

/// One hook as it is declared.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Hook {
    pub(crate) point: Point,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) object: String,
    #[serde(default)]
    pub(crate) reads: Vec<String>,
    #[serde(default)]
    pub(super) wakes: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) writes: Vec<String>,
    #[serde(default)]
    pub(super) on: Option<Vec<On>>,
    /// Gamification: the reference to a user whom the points go to.
    #[serde(default)]
    pub(crate) credit: Option<String>,
    #[serde(default, rename = "reason")]
    pub(crate) reasons: Vec<Reason>,
    #[serde(default, rename = "badge")]
    pub(crate) badges: Vec<Badge>,
    #[serde(default)]
    pub(crate) label: Labels,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum On {
    Create,
    Update,
    Delete,
}

impl Hook {
    /// `computed-fields lead`.
    pub(crate) fn title(&self) -> String {
        format!("{} {}", self.point.name(), self.name)
    }

    /// The fields whose change wakes it; any when empty.
    pub(crate) fn wakes(&self) -> Vec<&str> {
        if let Some(wakes) = &self.wakes {
            return wakes.iter().map(String::as_str).collect();
        }
        let stored = |name: &&str| !is_of_record(name);
        let now = self
            .reads
            .iter()
            .map(String::as_str)
            .filter(stored)
            .filter(|name| !name.starts_with("old."));
        let wakes: Vec<&str> = now.collect();
        if !wakes.is_empty() {
            return wakes;
        }
        self.reads
            .iter()
            .filter_map(|name| name.strip_prefix("old."))
            .collect()
    }

    /// Which changes it hears of.
    pub(crate) fn verbs(&self) -> Vec<Verb> {
        let Some(on) = &self.on else {
            return vec![Verb::Create, Verb::Update];
        };
        let verb = |on: &On| match on {
            On::Create => Verb::Create,
            On::Update => Verb::Update,
            On::Delete => Verb::Delete,
        };
        on.iter().map(verb).collect()
    }
}

/// One thing that a plugin's effects may do.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Grant {
    pub(crate) object: String,
    pub(crate) verb: GrantVerb,
    #[serde(default)]
    pub(crate) fields: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum GrantVerb {
    Create,
    Update,
}

impl GrantVerb {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
        }
    }
}

impl Manifest {
    /// `lead-score 0.1.0`.
    pub(crate) fn title(&self) -> String {
        format!("{} {}", self.id, self.version)
    }
}

/// What is wrong with a manifest, each with its place.
#[derive(Default)]
pub(super) struct Faults(Vec<Failure>);

impl Faults {
    pub(super) fn add(&mut self, place: &str, code: &str, message: impl Into<String>) {
        self.0.push(Failure::field(place, code, message));
    }

    pub(super) fn into_result(self, id: &str) -> Result<(), Error> {
        if self.0.is_empty() {
            return Ok(());
        }
        let failures = self.0.into_iter().map(|mut failure| {
            failure.message = format!("the manifest of plugin {id}: {}", failure.message);
            failure
        });
        Err(Error::with_failures(ErrorKind::Plugin, failures.collect()))
    }
}

/// What to do about a plugin of another contract.
pub(super) fn foreign_contract(theirs: &str) -> String {
    format!(
        "it is written for contract {theirs}, this engine serves contract {}: build the plugin against wit/v{} or use an engine that serves {theirs}",
        contract::VERSION,
        contract::VERSION
    )
}

pub(super) fn is_word(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=60).contains(&text.len())
        && text.bytes().all(plain)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

impl Setting {
    pub(super) fn check(&self, name: &str, faults: &mut Faults) {
        let place = format!("settings.{name}");
        if !is_word(name) {
            faults.add(
                &place,
                "manifest",
                format!("'{name}' is not a name: use a to z, 0 to 9 and - inside"),
            );
        }
        if !self.one_of.is_empty() && self.kind != SettingKind::Text {
            faults.add(
                &place,
                "manifest",
                "one-of belongs to settings of type text",
            );
        }
        for (word, bound) in [("minimum", &self.minimum), ("maximum", &self.maximum)] {
            if bound.as_ref().is_some_and(|bound| number(bound).is_none()) {
                faults.add(&place, "manifest", format!("the {word} is not a number"));
            }
        }
        if let Some(default) = &self.default
            && let Err(message) = self.read(default)
        {
            faults.add(
                &place,
                "manifest",
                format!("the default does not fit: {message}"),
            );
        }
    }

    /// The value as the guest gets it, or what to do.
    pub(super) fn read(&self, given: &Json) -> Result<Json, String> {
        let value = match (self.kind, given) {
            (SettingKind::Boolean, Json::Bool(_)) => given.clone(),
            (SettingKind::Boolean, _) => return Err("set it to true or false".to_owned()),
            (SettingKind::Text, Json::String(text))
                if self.one_of.is_empty() || self.one_of.contains(text) =>
            {
                given.clone()
            }
            (SettingKind::Text, _) if self.one_of.is_empty() => {
                return Err("set it to a text".to_owned());
            }
            (SettingKind::Text, _) => {
                return Err(format!("set it to one of {}", self.one_of.join(", ")));
            }
            (SettingKind::Integer, _) => {
                let whole = FieldKind::Integer
                    .read(given)
                    .map_err(|_| "set it to a whole number".to_owned())?;
                whole.to_json()
            }
            // As text: a decimal goes through no float on its way.
            (SettingKind::Decimal, _) => number(given)
                .map(|number| Json::String(number.to_string()))
                .ok_or("set it to a number")?,
        };
        let bound = |bound: &Option<Json>| bound.as_ref().and_then(number);
        if matches!(self.kind, SettingKind::Integer | SettingKind::Decimal)
            && let Some(found) = number(&value)
        {
            if bound(&self.minimum).is_some_and(|minimum| found < minimum) {
                return Err(format!(
                    "{found} is less than {}",
                    bound(&self.minimum).unwrap_or_default()
                ));
            }
            if bound(&self.maximum).is_some_and(|maximum| found > maximum) {
                return Err(format!(
                    "{found} is more than {}",
                    bound(&self.maximum).unwrap_or_default()
                ));
            }
        }
        Ok(value)
    }
}

fn number(json: &Json) -> Option<Decimal> {
    match FieldKind::Decimal.read(json) {
        Ok(Value::Decimal(number)) => Some(number),
        _ => None,
    }
}
