//! What keeps a record from going to its next step?
//!
//! One answer for two askers: the write path, which refuses with it, and whoever asks beforehand what is missing.

use std::cell::OnceCell;

use super::declared::Process;
use super::definition::{RequiredDocument, Step, Transition};
use super::words;
use crate::context::{Actor, Locale};
use crate::error::Result;
use crate::query::{Filter, QueryTime, Reader};
use crate::record::{Record, RecordId, Value};

/// A record in a process at one moment.
pub(super) struct Case<'a> {
    pub(super) reader: &'a Reader,
    pub(super) time: QueryTime,
    pub(super) actor: &'a Actor,
    pub(super) process: &'a Process,
    pub(super) record: &'a Record,
    documents: OnceCell<Vec<Record>>,
    role: OnceCell<Option<String>>,
}

/// One thing that is in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    /// The step leads elsewhere, or nowhere.
    NoWay { to: Vec<String> },
    /// The record is not one of those that go this way.
    Condition { when: String },
    /// Only these roles go this way.
    Role { roles: Vec<String> },
    /// A field has no value.
    Field { name: String },
    /// A document is not attached.
    Document {
        document_type: String,
        state: Option<String>,
    },
}

impl<'a> Case<'a> {
    pub(super) fn new(
        reader: &'a Reader,
        time: QueryTime,
        actor: &'a Actor,
        process: &'a Process,
        record: &'a Record,
    ) -> Self {
        Self {
            reader,
            time,
            actor,
            process,
            record,
            documents: OnceCell::new(),
            role: OnceCell::new(),
        }
    }

    pub(super) fn holds(&self, filter: &Filter) -> Result<bool> {
        holds(filter, self.record, self.reader, &self.time)
    }

    /// The step in which a record of this process begins when nobody says.
    pub(super) fn start(&self) -> Result<Option<&'a Step>> {
        let definition = &self.process.definition;
        if definition.start.is_empty() {
            return Ok(definition.steps.first());
        }
        for start in &definition.start {
            if self.holds(&start.when)? {
                return Ok(definition.step(&start.step));
            }
        }
        Ok(None)
    }

    /// Whether a record of this process may begin in a step.
    pub(super) fn may_begin(&self, step: &str) -> Result<bool> {
        let definition = &self.process.definition;
        if definition.start.is_empty() {
            return Ok(definition
                .steps
                .first()
                .is_some_and(|first| first.key == step));
        }
        for start in definition.start.iter().filter(|start| start.step == step) {
            if self.holds(&start.when)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Everything that keeps the record from going from one step to another.
    pub(super) fn gaps(&self, from: &Step, to: &str) -> Result<Vec<Gap>> {
        let Some(way) = from.next.iter().find(|way| way.to == to) else {
            let to = from.next.iter().map(|way| way.to.clone()).collect();
            return Ok(vec![Gap::NoWay { to }]);
        };
        let mut gaps = Vec::new();
        if !self.holds(&way.when)? {
            gaps.push(Gap::Condition {
                when: way.when.to_string(),
            });
        }
        gaps.extend(self.role_gap(from, way)?);
        if way.unfinished {
            return Ok(gaps);
        }
        for required in &from.required {
            let empty = self.record.get(&required.field).is_none_or(is_empty);
            if empty && self.holds(&required.when)? {
                let name = required.field.clone();
                gaps.push(Gap::Field { name });
            }
        }
        for required in &from.documents {
            if self.holds(&required.when)? && !self.is_attached(required)? {
                gaps.push(Gap::Document {
                    document_type: required.document_type.clone(),
                    state: required.state.clone(),
                });
            }
        }
        Ok(gaps)
    }

    /// The program itself, plugins and scripts have no role: what they may do is said where they are let in.
    fn role_gap(&self, from: &Step, way: &Transition) -> Result<Option<Gap>> {
        let roles = match way.roles.as_slice() {
            [] => &from.roles,
            _ => &way.roles,
        };
        let Actor::User(user) = self.actor else {
            return Ok(None);
        };
        if roles.is_empty() {
            return Ok(None);
        }
        let role = match self.role.get() {
            Some(role) => role,
            None => {
                let read = role_of(self.reader, *user)?;
                self.role.get_or_init(|| read)
            }
        };
        let has = role.as_ref().is_some_and(|role| roles.contains(role));
        Ok((!has).then(|| Gap::Role {
            roles: roles.clone(),
        }))
    }

    fn is_attached(&self, wanted: &RequiredDocument) -> Result<bool> {
        let documents = match self.documents.get() {
            Some(documents) => documents,
            None => {
                let read = documents_of(self.reader, self.record.id())?;
                self.documents.get_or_init(|| read)
            }
        };
        let today = self.time.today();
        Ok(documents.iter().any(|document| {
            let state = document.text("state");
            let expired =
                matches!(document.get("valid_until"), Some(Value::Date(day)) if *day < today);
            document.text("document_type") == Some(wanted.document_type.as_str())
                && document.get("file").is_some()
                && !expired
                && match &wanted.state {
                    Some(wanted) => state == Some(wanted.as_str()),
                    None => state != Some("withdrawn"),
                }
        }))
    }
}

/// Whether a record passes a filter.
pub(super) fn holds(
    filter: &Filter,
    record: &Record,
    reader: &Reader,
    time: &QueryTime,
) -> Result<bool> {
    if filter.is_everything() {
        return Ok(true);
    }
    let compiled = filter.compile(&record.object, reader, time)?;
    compiled.matches(record, reader)
}

/// Text of nothing but spaces says nothing, and no file has been checked by anybody who wrote «no».
fn is_empty(value: &Value) -> bool {
    matches!(value, Value::Text(text) if text.as_str().trim().is_empty())
}

/// The key of a user's role.
fn role_of(reader: &Reader, user: RecordId) -> Result<Option<String>> {
    let user = reader.get_stored(user)?;
    let Some(Value::Reference(role)) = user.as_ref().and_then(|user| user.get("role")) else {
        return Ok(None);
    };
    let role = reader.get_stored(*role)?;
    Ok(role.and_then(|role| role.text("key").map(str::to_owned)))
}

/// The documents that are attached to a record.
fn documents_of(reader: &Reader, id: RecordId) -> Result<Vec<Record>> {
    let Some(attachment) = reader.schema.object("attachment") else {
        return Ok(Vec::new());
    };
    let Some(record) = attachment.field("record") else {
        return Ok(Vec::new());
    };
    let mut documents = Vec::new();
    for id in reader.referring(attachment, record.number, id)? {
        let attached = reader.get_stored(id)?;
        let document = attached.as_ref().and_then(|one| one.get("document"));
        if let Some(Value::Reference(document)) = document {
            documents.extend(reader.get_stored(*document)?);
        }
    }
    Ok(documents)
}

impl Gap {
    /// A stable word for programs.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::NoWay { .. } => "step-not-allowed",
            Self::Condition { .. } => "step-condition",
            Self::Role { .. } => "step-role",
            Self::Field { .. } => "step-field",
            Self::Document { .. } => "step-document",
        }
    }

    /// The field to blame.
    pub(super) fn field(&self) -> String {
        match self {
            Self::Field { name } => name.clone(),
            _ => super::fields::STEP.to_owned(),
        }
    }

    /// What is in the way and what to do, in the words of an error.
    pub(super) fn told(&self, case: &Case<'_>, from: &Step, to: &str) -> String {
        let process = &case.process.key;
        let way = format!("process {process}, step '{}' to '{to}'", from.key);
        match self {
            Self::NoWay { to } if to.is_empty() => {
                format!(
                    "{way}: the record ended in '{}', and no way leads on from there",
                    from.key
                )
            }
            Self::NoWay { to } => {
                format!("{way}: there is no such way; choose {}", to.join(" or "))
            }
            Self::Condition { when } => {
                format!(
                    "{way}: only a record goes there for which {when}; change the record, or choose another step"
                )
            }
            Self::Role { roles } => format!(
                "{way}: only a user of the role {} goes this way; ask one of them",
                roles.join(" or ")
            ),
            Self::Field { name } => {
                format!("{way}: the step is left only with a value in {name}; give it one")
            }
            Self::Document {
                document_type,
                state,
            } => {
                let state = state
                    .as_ref()
                    .map_or_else(String::new, |state| format!("{state} "));
                format!(
                    "{way}: the step is left only with a {state}document of type {document_type}; attach it first"
                )
            }
        }
    }

    /// The same for a person who asked, in his language.
    pub(super) fn shown(&self, case: &Case<'_>, locale: Locale) -> String {
        let schema = &case.reader.schema;
        match self {
            Self::NoWay { .. } => words::NO_WAY.in_locale(locale).to_owned(),
            Self::Condition { when } => format!("{}: {when}", words::CONDITION.in_locale(locale)),
            Self::Role { roles } => {
                let names = roles
                    .iter()
                    .map(|role| role_name(case.reader, role, locale));
                let names: Vec<String> = names.collect();
                format!(
                    "{}: {}",
                    words::ROLE.in_locale(locale),
                    names.join(words::COMMA.in_locale(locale))
                )
            }
            Self::Field { name } => {
                let field = case.record.object.field(name);
                let label = field.map_or_else(
                    || name.clone(),
                    |field| super::declared::called(&field.label, locale, name),
                );
                format!("{}: {label}", words::FIELD.in_locale(locale))
            }
            Self::Document {
                document_type,
                state,
            } => {
                let document = schema.object("document");
                let option = |field: &str, option: &str| {
                    let field = document.and_then(|document| document.field(field));
                    let labels = field.and_then(|field| field.option_labels.get(option));
                    labels.map_or_else(
                        || option.to_owned(),
                        |labels| super::declared::called(labels, locale, option),
                    )
                };
                let state = state.as_ref().map_or_else(String::new, |state| {
                    format!(" ({})", option("state", state))
                });
                let name = option("document_type", document_type);
                format!("{}: {name}{state}", words::DOCUMENT.in_locale(locale))
            }
        }
    }
}

fn role_name(reader: &Reader, key: &str, locale: Locale) -> String {
    let name = || -> Option<String> {
        let object = reader.schema.object("role")?;
        let field = object.natural_key()?;
        let id = reader
            .by_unique(object, field.number, &Value::Text(key.into()))
            .ok()??;
        Some(reader.get_stored(id).ok()??.title_in(locale))
    };
    name().unwrap_or_else(|| key.to_owned())
}
