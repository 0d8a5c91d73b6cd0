//! What is one thing?
//!
//! Ids, values, the composites that a CRM needs (money, phone, address, person name, file), the record that holds them, and
//! `codec`, the bytes that it is kept as, and how a value reads in somebody's language.
//! Nothing here knows the store, the schema's rules or who may see what.

mod cbor;
pub(crate) mod codec;
mod currency;
mod decimal;
mod file;
pub(crate) mod file_name;
mod id;
mod phone;
mod shown;
mod text;
mod value;
mod values;

pub use currency::{Currency, NotACurrency};
pub use decimal::{Decimal, NotADecimal};
pub(crate) use file::media_type;
pub use file::{ContentHash, FileRef, NotAContentHash};
pub use id::{NotAnId, Prefix, RecordId};
pub use phone::Phone;
pub(crate) use shown::Manner;
pub use text::Text;
pub use value::{Address, Money, PersonName, Value};

use std::sync::Arc;

use values::Values;

use crate::context::Locale;
use crate::schema::{self, Object};

/// One record as it was at one position of the journal.
#[derive(Clone, Debug)]
pub struct Record {
    pub(crate) object: Arc<Object>,
    pub(crate) id: RecordId,
    pub(crate) revision: u64,
    /// Sorted by field number. Numbers that the schema does not know (a newer engine's) are kept.
    pub(crate) values: Values,
}

impl Record {
    pub(crate) fn empty(object: Arc<Object>, id: RecordId) -> Self {
        Self {
            object,
            id,
            revision: 0,
            values: Values::default(),
        }
    }

    /// The record's id.
    #[must_use]
    pub fn id(&self) -> RecordId {
        self.id
    }

    /// The name of its object: `account`.
    #[must_use]
    pub fn object(&self) -> &str {
        &self.object.name
    }

    /// How often it was written; an update may name the revision that it saw.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The value of a field; `None` where it is empty or the object has no such field.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.value(self.object.field(field)?.number)
    }

    /// The text of a text-like field (text, option, e-mail, url).
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        self.get(field)?.as_text()
    }

    /// The fields that have a value, by name, in the order of their numbers.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &Value)> {
        // Both are in the order of the numbers.
        let mut known = self.object.fields.iter().peekable();
        self.values.iter().filter_map(move |(number, value)| {
            while known.next_if(|field| field.number < *number).is_some() {}
            let field = known.next_if(|field| field.number == *number)?;
            Some((field.name.as_str(), value))
        })
    }

    /// What a person would call it: the value of the object's title field, or the id.
    #[must_use]
    pub fn title(&self) -> String {
        self.value(self.object.title_field)
            .map_or_else(|| self.id.to_string(), Value::to_string)
    }

    /// What a person who reads this language would call it: the name that its field `label` has for the language (stages,
    /// pipelines, roles, views and processes have one, `{"en": …, "fa": …, "ar": …}`), else [`title`](Self::title).
    #[must_use]
    pub fn title_in(&self, locale: Locale) -> String {
        let label = match self.object.field(schema::IN_EACH_LANGUAGE) {
            Some(field) if field.kind == schema::FieldKind::Json => self.value(field.number),
            _ => None,
        };
        let named = match label {
            Some(Value::Json(labels)) => labels.get(locale.tag()).and_then(|name| name.as_str()),
            _ => None,
        };
        named.map_or_else(|| self.title(), str::to_owned)
    }

    /// The record as JSON: `id`, `revision`, and its fields by name.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let mut map = serde_json::Map::new();
        map.insert("id".to_owned(), self.id.to_string().into());
        map.insert("revision".to_owned(), self.revision.into());
        for (name, value) in self.fields() {
            map.insert(name.to_owned(), value.to_json());
        }
        serde_json::Value::Object(map)
    }

    pub(crate) fn value(&self, number: u32) -> Option<&Value> {
        self.values.get(number)
    }

    pub(crate) fn set(&mut self, number: u32, value: Option<Value>) {
        self.values.set(number, value);
    }

    /// The numbers of the fields in which two states of a record differ.
    pub(crate) fn changed(before: Option<&Record>, after: Option<&Record>) -> Vec<u32> {
        let mut old = before
            .into_iter()
            .flat_map(|record| &record.values)
            .peekable();
        let mut new = after
            .into_iter()
            .flat_map(|record| &record.values)
            .peekable();
        let mut changed = Vec::new();
        loop {
            let (was, is) = (old.peek().copied(), new.peek().copied());
            let number = match (was, is) {
                (Some((a, _)), Some((b, _))) => *a.min(b),
                (Some((number, _)), None) | (None, Some((number, _))) => *number,
                (None, None) => return changed,
            };
            let was = old.next_if(|(field, _)| *field == number);
            let is = new.next_if(|(field, _)| *field == number);
            if was.map(|(_, value)| value) != is.map(|(_, value)| value) {
                changed.push(number);
            }
        }
    }
}
