//! What does a template see of a record?
//!
//! A record gives its fields by name, and follows its references when a template names what lies behind them. A field
//! without a value is nothing: it prints nothing, and so does everything that is named behind it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, FixedOffset, Utc};
use minijinja::Value;
use minijinja::value::{Enumerator, Object as Visible, ObjectRepr};
use serde_json::Value as Json;

use super::check::field_of;
use crate::context::Locale;
use crate::engine::Engine;
use crate::error::Error;
use crate::locale::{Calendar, Direction};
use crate::query::{Asker, QueryTime, Reader};
use crate::record::{self, Record, RecordId};
use crate::schema::{Field, FieldKind, Object};

/// Whom and what a text is rendered for.
#[derive(Clone)]
pub(super) struct View {
    pub(super) reader: Reader,
    pub(super) language: Locale,
    pub(super) calendar: Calendar,
    pub(super) zone: FixedOffset,
    pub(super) now: DateTime<Utc>,
    /// Whether what it prints is escaped as HTML.
    pub(super) html: bool,
    /// Whether what runs the other way is isolated.
    pub(super) isolates: bool,
    /// Where pictures come from.
    pub(super) engine: Engine,
    pub(super) notes: Arc<Notes>,
}

/// What happens besides the text.
#[derive(Default)]
pub(super) struct Notes {
    warnings: Mutex<Vec<String>>,
    /// Why the store could not be read: a value cannot say it itself.
    fault: Mutex<Option<Error>>,
}

impl Notes {
    pub(super) fn warn(&self, warning: String) {
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }

    pub(super) fn fault(&self, error: Error) {
        let mut fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        fault.get_or_insert(error);
    }

    pub(super) fn take_fault(&self) -> Option<Error> {
        self.fault
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    pub(super) fn take_warnings(&self) -> Vec<String> {
        std::mem::take(&mut *self.warnings.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl View {
    pub(super) fn direction(&self) -> Direction {
        Direction::of(self.language)
    }

    pub(super) fn time(&self) -> QueryTime {
        QueryTime {
            now: self.now,
            zone: self.zone,
            asker: Asker::Nobody,
        }
    }

    /// A record as a template sees it.
    pub(super) fn record(self: &Arc<Self>, record: Record) -> Value {
        Value::from_object(RecordView {
            view: self.clone(),
            record,
        })
    }

    pub(super) fn behind(self: &Arc<Self>, id: RecordId) -> Value {
        match self.reader.get(id) {
            Ok(Some(record)) => self.record(record),
            // In the bin: what it was is not for a page any more.
            Ok(None) => nothing(),
            Err(error) => {
                self.notes.fault(error);
                nothing()
            }
        }
    }

    /// A value of a field as a template sees it: plain where templates compare and compute, wrapped where it has parts.
    pub(super) fn value(self: &Arc<Self>, value: &record::Value, field: &Field) -> Value {
        let aspect = match (&field.kind, value) {
            (FieldKind::Option { .. }, record::Value::Text(option)) => {
                Aspect::Named(vec![self.option_name(field, option)])
            }
            (FieldKind::MultiOption { .. }, record::Value::Options(options)) => {
                let names = options.iter().map(|option| self.option_name(field, option));
                Aspect::Named(names.collect())
            }
            (FieldKind::Percent, _) => Aspect::Percent,
            _ => Aspect::Plain,
        };
        match (value, &aspect) {
            (record::Value::Text(text), Aspect::Plain) => Value::from(text.as_str()),
            (record::Value::Integer(number), _) => Value::from(*number),
            (record::Value::Boolean(yes), _) => Value::from(*yes),
            (record::Value::Reference(id), _) => self.behind(*id),
            (record::Value::Json(json), _) => of_json(json),
            _ => Value::from_object(FieldView {
                view: self.clone(),
                value: value.clone(),
                aspect,
            }),
        }
    }
}

impl View {
    /// What the schema calls an option in this language; one that it has no name for is shown as it is written.
    fn option_name(&self, field: &Field, option: &str) -> String {
        let labels = field.option_labels.get(option);
        let named = labels.and_then(|labels| labels.get(self.language.tag()));
        named.map_or_else(|| option.replace('_', " "), Clone::clone)
    }
}

/// A record in a template.
pub(super) struct RecordView {
    pub(super) view: Arc<View>,
    pub(super) record: Record,
}

impl RecordView {
    /// The field that a name stands for in this language: `name_fa` before `name`.
    fn field(&self, name: &str) -> Option<(&Field, Option<&record::Value>)> {
        let object: &Object = &self.record.object;
        let localised = object.field(&format!("{name}_{}", self.view.language.tag()));
        let has_value = |field: &&Field| self.record.value(field.number).is_some();
        let field = localised
            .filter(has_value)
            .or_else(|| {
                field_of(object, name).filter(|field| field.name == name || has_value(field))
            })
            .or_else(|| field_of(object, name))?;
        Some((field, self.record.value(field.number)))
    }
}

impl fmt::Debug for RecordView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.record.id())
    }
}

impl Visible for RecordView {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value_by_str(self: &Arc<Self>, name: &str) -> Option<Value> {
        if name == "id" {
            return Some(Value::from(self.record.id().to_string()));
        }
        // The check has seen the name in one of the objects that a reference may lead to; this may be another of them.
        let found = self.field(name);
        Some(match found {
            Some((field, Some(value))) => self.view.value(value, field),
            _ => nothing(),
        })
    }

    fn get_value(self: &Arc<Self>, name: &Value) -> Option<Value> {
        self.get_value_by_str(name.as_str()?)
    }
}

/// How a value is shown besides what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Aspect {
    Plain,
    /// Options by the names that the reader's language has for them.
    Named(Vec<String>),
    Percent,
}

/// A value with parts, or one that each language writes in its own way.
pub(super) struct FieldView {
    view: Arc<View>,
    pub(super) value: record::Value,
    pub(super) aspect: Aspect,
}

impl FieldView {
    pub(super) fn of(view: &Arc<View>, value: record::Value) -> Value {
        Value::from_object(Self {
            view: view.clone(),
            value,
            aspect: Aspect::Plain,
        })
    }

    fn part(&self, name: &str) -> Option<Value> {
        use record::Value as V;
        let text = |text: &str| match text.is_empty() {
            true => nothing(),
            false => Value::from(text),
        };
        Some(match (&self.value, name) {
            (V::Text(option), "name") => text(option),
            (V::Money(money), "amount") => Self::of(&self.view, V::Decimal(money.amount)),
            (V::Money(money), "currency") => text(money.currency.code()),
            (V::Phone(phone), "number") => text(phone.e164.as_deref().unwrap_or(&phone.raw)),
            (V::Phone(phone), "extension") => text(phone.extension.as_deref().unwrap_or_default()),
            (V::Address(address), "street") => text(&address.street),
            (V::Address(address), "city") => text(&address.city),
            (V::Address(address), "province") => text(&address.province),
            (V::Address(address), "postal_code") => text(&address.postal_code),
            (V::Address(address), "country") => text(&address.country),
            (V::PersonName(name), "title") => text(&name.title),
            (V::PersonName(name), "given") => text(&name.given),
            (V::PersonName(name), "family") => text(&name.family),
            _ => return None,
        })
    }
}

impl fmt::Debug for FieldView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.value)
    }
}

impl Visible for FieldView {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        match self.value {
            record::Value::Options(_) => ObjectRepr::Iterable,
            _ => ObjectRepr::Plain,
        }
    }

    fn get_value_by_str(self: &Arc<Self>, name: &str) -> Option<Value> {
        self.part(name)
    }

    fn get_value(self: &Arc<Self>, name: &Value) -> Option<Value> {
        self.part(name.as_str()?)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        match &self.value {
            record::Value::Options(names) => Enumerator::Values(
                names
                    .iter()
                    .map(|name| Value::from(name.as_str()))
                    .collect(),
            ),
            _ => Enumerator::NonEnumerable,
        }
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }
}

/// No value: false, empty, and nothing behind it.
#[derive(Debug)]
pub(super) struct Nothing;

impl Visible for Nothing {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn get_value_by_str(self: &Arc<Self>, _: &str) -> Option<Value> {
        Some(nothing())
    }

    fn get_value(self: &Arc<Self>, _: &Value) -> Option<Value> {
        Some(nothing())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Empty
    }

    fn is_true(self: &Arc<Self>) -> bool {
        false
    }
}

pub(super) fn nothing() -> Value {
    Value::from_object(Nothing)
}

/// Whether a value prints nothing.
pub(super) fn is_nothing(value: &Value) -> bool {
    value.is_none()
        || value.downcast_object_ref::<Nothing>().is_some()
        || value.as_str() == Some("")
}

/// An object of a JSON field; a member that it lacks is nothing.
#[derive(Debug)]
struct JsonView(serde_json::Map<String, Json>);

impl Visible for JsonView {
    fn get_value_by_str(self: &Arc<Self>, name: &str) -> Option<Value> {
        Some(self.0.get(name).map_or_else(nothing, of_json))
    }

    fn get_value(self: &Arc<Self>, name: &Value) -> Option<Value> {
        self.get_value_by_str(name.as_str()?)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(
            self.0
                .keys()
                .map(|name| Value::from(name.as_str()))
                .collect(),
        )
    }
}

pub(super) fn of_json(json: &Json) -> Value {
    match json {
        Json::Null => nothing(),
        Json::Bool(yes) => Value::from(*yes),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::from(whole),
            // As it was written: a page does not round.
            None => Value::from(number.to_string()),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => Value::from(items.iter().map(of_json).collect::<Vec<_>>()),
        Json::Object(map) => Value::from_object(JsonView(map.clone())),
    }
}
