//! What shall happen after the commit? Effects as data, which the host performs through the
//! same write path as everybody else.

use crate::value::{Date, Decimal, Instant};

/// A value of a field in an effect.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum FieldValue {
    Boolean(bool),
    Integer(i64),
    Decimal(Decimal),
    Date(Date),
    Instant(Instant),
    /// Text, an option's name, or a record's id or natural key.
    Text(String),
}

macro_rules! field_value_from {
    ($($from:ty => $variant:ident),+ $(,)?) => {
        $(impl From<$from> for FieldValue {
            fn from(value: $from) -> Self {
                Self::$variant(value.into())
            }
        })+
    };
}
field_value_from!(
    bool => Boolean, i64 => Integer, Decimal => Decimal, Date => Date, Instant => Instant,
    &str => Text, String => Text,
);

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Create a record of this object.
    Create(String),
    /// Change the record with this id.
    Update(String),
}

/// One effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The row that caused it.
    pub row: u32,
    /// The same key is performed once, however often it is asked for.
    pub key: String,
    /// What to do.
    pub action: Action,
    /// With which fields.
    pub fields: Vec<(String, FieldValue)>,
}

impl Effect {
    /// Sets a field.
    pub fn set(&mut self, field: &str, value: impl Into<FieldValue>) -> &mut Self {
        self.fields.push((field.to_owned(), value.into()));
        self
    }

    /// Sets a field where there is a value for it.
    pub fn set_some(&mut self, field: &str, value: Option<impl Into<FieldValue>>) -> &mut Self {
        match value {
            Some(value) => self.set(field, value),
            None => self,
        }
    }

    /// The value of a field.
    pub fn field(&self, name: &str) -> Option<&FieldValue> {
        self.fields
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value)
    }
}

/// The effects of a batch.
#[derive(Debug, Default)]
pub struct Effects {
    pub(crate) row: u32,
    pub(crate) list: Vec<Effect>,
}

impl Effects {
    /// Creates a record. The key makes it happen once: put into it what makes this occasion
    /// this one and no other, such as the record's id, the reason and the day.
    pub fn create(&mut self, object: &str, key: impl Into<String>) -> &mut Effect {
        self.push(Action::Create(object.to_owned()), key.into())
    }

    /// Changes a record that exists.
    pub fn update(&mut self, id: &str, key: impl Into<String>) -> &mut Effect {
        self.push(Action::Update(id.to_owned()), key.into())
    }

    fn push(&mut self, action: Action, key: String) -> &mut Effect {
        let place = self.list.len();
        self.list.push(Effect {
            row: self.row,
            key,
            action,
            fields: Vec::new(),
        });
        &mut self.list[place]
    }
}
