//! What does a name in a query stand for?

use std::borrow::Cow;

use super::candidate::Look;
use super::error::QueryError;
use super::filter::Operator;
use crate::record::Value;
use crate::schema::{FieldKind, Object};

/// Where a record keeps what a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    Id,
    Revision,
    /// The segments that it is in.
    Segment,
    Field(u32),
}

impl Slot {
    pub(super) fn value(self, record: &impl Look) -> Option<Cow<'_, Value>> {
        match self {
            Self::Id => Some(Cow::Owned(Value::Reference(record.id()))),
            Self::Revision => Some(Cow::Owned(Value::Integer(
                i64::try_from(record.revision()).unwrap_or(i64::MAX),
            ))),
            Self::Segment => None,
            Self::Field(number) => record.look(number),
        }
    }
}

/// A field, or one of the names that every record has besides its fields.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) name: String,
    pub(super) slot: Slot,
    /// Of the values: a rollup counts as the number, amount or instant that it keeps.
    pub(super) kind: FieldKind,
    pub(super) indexed: bool,
    pub(super) unique: bool,
    pub(super) rollup: bool,
}

impl Target {
    pub(super) fn of(object: &Object, name: &str) -> Result<Self, QueryError> {
        let pseudo = |slot, kind| Self {
            name: name.to_owned(),
            slot,
            kind,
            indexed: false,
            unique: false,
            rollup: false,
        };
        if let Some(field) = object.field(name) {
            return Ok(Self {
                name: name.to_owned(),
                slot: Slot::Field(field.number),
                kind: kept(&field.kind),
                indexed: field.is_indexed() && !field.is_rollup(),
                unique: field.unique && !field.is_rollup(),
                rollup: field.is_rollup(),
            });
        }
        match name {
            "id" => Ok(pseudo(Slot::Id, FieldKind::reference(&[&object.name]))),
            "segment" => Ok(pseudo(Slot::Segment, FieldKind::reference(&["segment"]))),
            "revision" => Ok(pseudo(Slot::Revision, FieldKind::Integer)),
            _ => Err(QueryError::UnknownField(object.unknown_field(name))),
        }
    }

    /// The number of the field whose index has an entry for every live record, empty values included.
    pub(super) fn index(&self) -> Option<u32> {
        match self.slot {
            Slot::Field(number) if self.indexed => Some(number),
            _ => None,
        }
    }

    /// The number of the field that stands in the record itself.
    pub(super) fn stored(&self) -> Option<u32> {
        match self.slot {
            Slot::Field(number) if !self.rollup => Some(number),
            _ => None,
        }
    }

    pub(super) fn check_fits(&self, operator: Operator) -> Result<(), QueryError> {
        let fitting = fitting(&self.kind);
        if fitting.contains(&operator) {
            return Ok(());
        }
        Err(QueryError::DoesNotFit {
            field: self.name.clone(),
            kind: self.kind.name(),
            operator: operator.name(),
            fitting: fitting
                .iter()
                .map(|operator| operator.name())
                .collect::<Vec<_>>()
                .join(", "),
        })
    }
}

fn kept(kind: &FieldKind) -> FieldKind {
    match kind {
        FieldKind::Rollup(rollup) => rollup.measure.kind(),
        other => other.clone(),
    }
}

/// The operators that have a meaning for a kind of value.
fn fitting(kind: &FieldKind) -> &'static [Operator] {
    use Operator::{
        Between, Contains, Eq, Gt, Gte, In, IsNull, Lt, Lte, Ne, Nin, StartsWith, Under,
    };
    match kind {
        FieldKind::Text
        | FieldKind::LongText
        | FieldKind::Email
        | FieldKind::Url
        | FieldKind::Address
        | FieldKind::PersonName
        | FieldKind::File
        | FieldKind::Plugin { .. } => &[
            Eq, Ne, Gt, Gte, Lt, Lte, In, Nin, Contains, StartsWith, IsNull, Between,
        ],
        FieldKind::Integer
        | FieldKind::Decimal
        | FieldKind::Percent
        | FieldKind::Money
        | FieldKind::Date
        | FieldKind::Instant
        | FieldKind::Duration
        | FieldKind::Rollup(_) => &[Eq, Ne, Gt, Gte, Lt, Lte, In, Nin, Between, IsNull],
        FieldKind::Phone => &[Eq, Ne, In, Nin, Contains, StartsWith, IsNull],
        FieldKind::MultiOption { .. } => &[Eq, Ne, In, Nin, Contains, IsNull],
        FieldKind::Option { .. } | FieldKind::Boolean => &[Eq, Ne, In, Nin, IsNull],
        FieldKind::Reference { .. } => &[Eq, Ne, In, Nin, Under, IsNull],
        FieldKind::Json => &[IsNull],
    }
}
