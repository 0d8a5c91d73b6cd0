//! How does a value read?
//!
//! In the language of who looks, with its digits and its usual calendar: records by their titles, options by their
//! names, instants in the zone of the workspace. The value itself goes beside its text, for a host that knows better.

use std::collections::{BTreeMap, HashMap};

use serde::{Serialize, Serializer, ser::SerializeStruct};

use super::look::{Look, called};
use super::words;
use crate::error::Result;
use crate::record::{Decimal, Manner, Record, RecordId, Value};
use crate::schema::{Field, FieldKind, Object, system};

/// A value and how it reads.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Cell {
    /// The value; none where the field is empty.
    pub value: Option<Value>,
    /// How it reads; empty where there is no value.
    pub text: String,
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut cell = to.serialize_struct("Cell", 2)?;
        let value = self.value.as_ref().map(Value::to_json);
        cell.serialize_field("value", &value)?;
        cell.serialize_field("text", &self.text)?;
        cell.end()
    }
}

/// The titles of records that values lead to, looked up together.
pub(super) struct Reading<'a> {
    look: &'a Look,
    titles: HashMap<RecordId, String>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(look: &'a Look) -> Self {
        Self {
            look,
            titles: HashMap::new(),
        }
    }

    /// Looks up what these values lead to.
    pub(super) fn learn<'v>(&mut self, values: impl Iterator<Item = &'v Value>) -> Result<()> {
        let mut wanted: BTreeMap<String, Vec<u128>> = BTreeMap::new();
        for value in values {
            let id = match value {
                Value::Reference(id) => *id,
                // Stamps name who made a record as text.
                Value::Text(text) if text.len() < 60 && text.contains('_') => {
                    match text.parse::<RecordId>() {
                        Ok(id) => id,
                        Err(_) => continue,
                    }
                }
                _ => continue,
            };
            if self.titles.contains_key(&id) {
                continue;
            }
            if let Some(object) = self.look.reader.schema.by_prefix(id.prefix()) {
                wanted
                    .entry(object.name.clone())
                    .or_default()
                    .push(id.number);
            }
        }
        for (name, mut ids) in wanted {
            ids.sort_unstable();
            ids.dedup();
            let object = self.look.reader.object(&name)?.clone();
            // No total is anybody's title.
            let records = self.look.reader.stored_records(&object, &ids)?;
            let found = records.into_iter().flatten();
            self.titles
                .extend(found.map(|record| (record.id(), record.title_in(self.look.locale))));
        }
        Ok(())
    }

    pub(super) fn learn_records(&mut self, records: &[Record]) -> Result<()> {
        self.learn(
            records
                .iter()
                .flat_map(|record| record.fields().map(|(_, value)| value)),
        )
    }

    pub(super) fn title_of(&self, record: &Record) -> String {
        record.title_in(self.look.locale)
    }

    fn title(&self, id: RecordId) -> String {
        self.titles
            .get(&id)
            .map_or_else(|| id.to_string(), Clone::clone)
    }

    /// A value of a field; of `id` and `revision` and of totals there is no field.
    pub(super) fn cell(&self, field: Option<&Field>, value: Option<&Value>) -> Cell {
        Cell {
            value: value.cloned(),
            text: value.map_or_else(String::new, |value| self.text(field, value)),
        }
    }

    fn text(&self, field: Option<&Field>, value: &Value) -> String {
        let locale = self.look.locale;
        let manner = Manner::usual(locale, self.look.time.zone);
        match (value, field) {
            (Value::Reference(id), Some(_)) => self.title(*id),
            (Value::Boolean(true), _) => words::YES.in_locale(locale).to_owned(),
            (Value::Boolean(false), _) => words::NO.in_locale(locale).to_owned(),
            (Value::Options(names), Some(field)) => {
                let names: Vec<String> = names
                    .iter()
                    .map(|name| option_name(self.look, field, name))
                    .collect();
                manner.list(names.iter().map(String::as_str))
            }
            (Value::Text(text), Some(field)) => self.words(field, text),
            (Value::Integer(number), None) => manner.number(Decimal::from(*number)),
            (Value::Decimal(number), Some(field)) if field.kind == FieldKind::Percent => {
                manner.percent(*number)
            }
            _ => manner.text(value),
        }
    }

    fn words(&self, field: &Field, text: &str) -> String {
        match &field.kind {
            FieldKind::Option { .. } => option_name(self.look, field, text),
            FieldKind::Plugin { of } => {
                let known = self.look.config.registry().field_types.get(of);
                let shown = known.and_then(|of| of.format(&[text], self.look.locale).ok());
                shown
                    .and_then(|mut shown| shown.pop())
                    .unwrap_or_else(|| text.to_owned())
            }
            _ if matches!(field.number, system::CREATED_BY | system::UPDATED_BY) => text
                .parse()
                .map_or_else(|_| text.to_owned(), |id| self.title(id)),
            _ => text.to_owned(),
        }
    }
}

pub(super) fn option_name(look: &Look, field: &Field, option: &str) -> String {
    match field.option_labels.get(option) {
        Some(labels) => look.called(labels, option),
        None => option.to_owned(),
    }
}

/// What a field, or `id` or `revision`, is called.
pub(super) fn field_name(look: &Look, object: &Object, name: &str) -> String {
    match (object.field(name), name) {
        (Some(field), _) => called(&field.label, look.locale, name),
        (None, "id") => words::ID.in_locale(look.locale).to_owned(),
        (None, "revision") => words::REVISION.in_locale(look.locale).to_owned(),
        (None, _) => name.to_owned(),
    }
}

/// The value of a field, or of `id` or `revision`.
pub(super) fn value_of(record: &Record, name: &str) -> Option<Value> {
    match (record.get(name), name) {
        (Some(value), _) => Some(value.clone()),
        (None, "id") => Some(Value::Reference(record.id())),
        (None, "revision") => Some(Value::Integer(
            i64::try_from(record.revision()).unwrap_or(i64::MAX),
        )),
        (None, _) => None,
    }
}
