//! Which processes are there, and which one is a record in?

use serde_json::{Map, Value as Json, json};

use super::definition::ProcessDefinition;
use crate::context::Locale;
use crate::error::Result;
use crate::query::Reader;
use crate::record::{Record, RecordId, Value};
use crate::schema::{Labels, did_you_mean, labels_of};
use crate::view::{DefinitionError, Part, labels};

/// The object of its records.
pub(super) const OBJECT: &str = "process";

/// A process with its name.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Process {
    /// Its record; none before it is saved.
    pub id: Option<RecordId>,
    /// The word that it is asked for by.
    pub key: String,
    /// What it is called.
    pub name: String,
    /// What it is called in several languages.
    pub label: Labels,
    /// Where several fit a record, the one with the lowest position takes it.
    pub position: i64,
    /// Whether records still begin it. Those that are in it go on either way.
    pub active: bool,
    /// Who brought it, by a plugin's id; none where a person made it.
    pub brought_by: Option<String>,
    /// What it says.
    pub definition: ProcessDefinition,
}

impl Process {
    /// A process under a key, to be saved by [`Session::put_process`](crate::Session::put_process).
    pub fn new(key: impl Into<String>, definition: ProcessDefinition) -> Self {
        let key = key.into();
        Self {
            id: None,
            name: key.clone(),
            key,
            label: Labels::new(),
            position: 0,
            active: true,
            brought_by: None,
            definition,
        }
    }

    /// With its name in English, Persian and Arabic.
    #[must_use]
    pub fn label(mut self, en: &str, fa: &str, ar: &str) -> Self {
        self.label = labels_of(en, fa, ar);
        self.name = en.to_owned();
        self
    }

    /// Reads `{"key", "label", "position", "active", "definition"}`, the form in which a file or a plugin brings one.
    ///
    /// # Errors
    /// When it is no process: the message says where, and what was expected there.
    pub fn from_json(json: &Json) -> Result<Self> {
        Ok(Self::read(json)?)
    }

    fn read(json: &Json) -> Result<Self, DefinitionError> {
        let part = Part::whole(json);
        let members = part.members(&["key", "label", "position", "active", "definition"])?;
        let definition = members.needed("definition")?;
        let read = ProcessDefinition::read(definition.json());
        let read = read.map_err(|fault| definition.within(&fault))?;
        let label = members.labels("label")?;
        let plain = Self::new(members.needed("key")?.text()?, read);
        let active = members.part("active").is_none() || members.flag("active")?;
        let position = members.number("position", 0, 1_000_000)?.unwrap_or(0);
        Ok(Self {
            name: label.get("en").unwrap_or(&plain.name).clone(),
            label,
            position: i64::try_from(position).unwrap_or(0),
            active,
            ..plain
        })
    }

    /// The fields of its record.
    pub(super) fn fields(&self) -> Map<String, Json> {
        let fields = json!({
            "key": self.key, "name": self.name, "label": self.label, "position": self.position,
            "active": self.active, "definition": self.definition.as_json(),
        });
        match fields {
            Json::Object(map) => map,
            _ => Map::new(),
        }
    }

    /// What it is called in a language.
    #[must_use]
    pub fn called(&self, locale: Locale) -> String {
        called(&self.label, locale, &self.name)
    }
}

/// A name in a language, in English, or the word that stands for it.
pub(super) fn called(labels: &Labels, locale: Locale, otherwise: &str) -> String {
    let label = labels.get(locale.tag());
    let label = label.or_else(|| labels.get(Locale::En.tag()));
    label.map_or_else(|| otherwise.to_owned(), Clone::clone)
}

/// What a record declares.
pub(super) fn of_record(record: &Record) -> Result<Process, DefinitionError> {
    let stale = |why: String| DefinitionError::Stale {
        what: OBJECT,
        name: record.title(),
        why,
    };
    let json = |name: &str| match record.get(name) {
        Some(Value::Json(json)) => Some(json),
        _ => None,
    };
    let definition = json("definition").ok_or_else(|| stale("it says nothing".to_owned()))?;
    let definition =
        ProcessDefinition::read(definition).map_err(|fault| stale(fault.to_string()))?;
    Ok(Process {
        id: Some(record.id()),
        key: record.text("key").unwrap_or_default().to_owned(),
        name: record.title(),
        label: json("label")
            .and_then(|json| labels(json).ok())
            .unwrap_or_default(),
        position: match record.get("position") {
            Some(Value::Integer(position)) => *position,
            _ => 0,
        },
        active: record.get("active") != Some(&Value::Boolean(false)),
        brought_by: record.text("brought_by").map(str::to_owned),
        definition,
    })
}

/// The records of all processes of an object, in the order in which they are asked.
pub(super) fn records_of(reader: &Reader, object: &str) -> Result<Vec<Record>> {
    let Some(process) = reader.schema.object(OBJECT) else {
        return Ok(Vec::new());
    };
    let Some(field) = process.field("object") else {
        return Ok(Vec::new());
    };
    let mut records = Vec::new();
    for id in reader.having(process, field.number, &Value::Text(object.into()))? {
        // The index folds and cuts; the name itself decides.
        let record = reader.get(id)?;
        records.extend(record.filter(|record| record.text("object") == Some(object)));
    }
    let place = |record: &Record| match record.get("position") {
        Some(Value::Integer(position)) => *position,
        _ => 0,
    };
    records.sort_by(|a, b| {
        let key = |record: &Record| record.text("key").unwrap_or_default().to_owned();
        (place(a), key(a)).cmp(&(place(b), key(b)))
    });
    Ok(records)
}

/// All that can be read, by object and then in the order in which they are asked.
pub(super) fn all(reader: &Reader) -> Result<Vec<Process>> {
    let mut all = Vec::new();
    let Some(object) = reader.schema.object(OBJECT).cloned() else {
        return Ok(all);
    };
    reader.each(&object, |record| {
        all.extend(of_record(&record).ok());
        Ok(std::ops::ControlFlow::Continue(()))
    })?;
    all.sort_by(|a, b| {
        let place = |of: &Process| (of.definition.object.clone(), of.position, of.key.clone());
        place(a).cmp(&place(b))
    });
    Ok(all)
}

/// The record of an id or a key.
pub(super) fn record(reader: &Reader, asked: &str) -> Result<Option<Record>> {
    let Some(object) = reader.schema.object(OBJECT) else {
        return Ok(None);
    };
    let id = match asked.trim().parse::<RecordId>() {
        Ok(id) if id.prefix() == object.prefix() => Some(id),
        _ => match object.natural_key() {
            Some(key) => reader.by_unique(object, key.number, &Value::Text(asked.into()))?,
            None => None,
        },
    };
    id.map_or(Ok(None), |id| reader.get(id))
}

/// The process of an id or a key, or an error with the nearest one.
pub(super) fn find(reader: &Reader, asked: &str) -> Result<Process> {
    if let Some(record) = record(reader, asked)? {
        return Ok(of_record(&record)?);
    }
    let all = all(reader)?;
    let near = did_you_mean(asked, all.iter().map(|one| one.key.as_str()));
    Err(DefinitionError::Unknown {
        what: OBJECT,
        name: asked.to_owned(),
        near,
    }
    .into())
}
