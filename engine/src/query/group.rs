//! By what do records form groups?

use super::bucket::{self, Bucket};
use super::candidate::Look;
use super::error::QueryError;
use super::operand::{Comparable, is_exact};
use super::target::Target;
use super::when::QueryTime;
use crate::record::Value;
use crate::schema::{FieldKind, Object};
use crate::store::spaces;

/// One of the values that the records of a group share.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) target: Target,
    pub(super) part: KeyPart,
}

/// What of the field is the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyPart {
    Value,
    Bucket(Bucket),
    Currency,
}

impl Key {
    pub(super) fn of(object: &Object, written: &str) -> Result<Self, QueryError> {
        let (name, bucket) = bucket::split(written);
        let target = Target::of(object, name)?;
        if matches!(target.kind, FieldKind::Json | FieldKind::LongText) {
            return Err(QueryError::CannotGroup {
                field: target.name,
                kind: target.kind.name(),
            });
        }
        let part = match bucket {
            Some(bucket) => KeyPart::Bucket(Bucket::of(&bucket, &target)?),
            None => KeyPart::Value,
        };
        Ok(Self { target, part })
    }

    pub(super) fn currency_of(target: &Target) -> Self {
        Self {
            target: target.clone(),
            part: KeyPart::Currency,
        }
    }

    pub(super) fn of_record(&self, record: &impl Look, time: &QueryTime) -> Option<Value> {
        let value = self.target.slot.value(record)?;
        match (&self.part, value.as_ref()) {
            (KeyPart::Bucket(bucket), value) => bucket.start_of(value, time),
            (KeyPart::Currency, Value::Money(money)) => {
                Some(Value::Text(money.currency.code().into()))
            }
            (KeyPart::Currency, _) => None,
            (KeyPart::Value, _) => Some(value.into_owned()),
        }
    }

    /// What makes two values one group, in the order in which groups come.
    pub(super) fn identity(&self, value: Option<&Value>) -> Vec<u8> {
        identity(&self.target.kind, value)
    }
}

/// What makes two values of a kind one: text is folded but not cut as in an index.
pub(super) fn identity(kind: &FieldKind, value: Option<&Value>) -> Vec<u8> {
    let mut bytes = Vec::new();
    match value.and_then(|value| Comparable::of(value, is_exact(kind))) {
        Some(Comparable::Text(text)) => {
            bytes.push(1);
            bytes.extend_from_slice(text.as_bytes());
        }
        _ => spaces::push_indexed(&mut bytes, value),
    }
    bytes
}
