//! What is a field compared with, and how do two values compare?

use std::borrow::Cow;
use std::cmp::Ordering;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value as Json;

use super::error::QueryError;
use super::filter::Operator;
use super::reader::Reader;
use super::target::Target;
use super::when::{Moment, QueryTime, relative};
use crate::error::Result;
use crate::locale::{fold_digits, fold_text};
use crate::record::{Currency, Decimal, RecordId, Text, Value};
use crate::schema::{FieldKind, leads_to, targets_in_words};

/// What a value is compared by.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Comparable<'a> {
    /// Folded, or exact for options; a phone's digits.
    Text(Cow<'a, str>),
    Whole(i64),
    Number(Decimal),
    Truth(bool),
    Day(NaiveDate),
    Instant(DateTime<Utc>),
    Reference(RecordId),
    Set(Cow<'a, [Text]>),
}

impl<'a> Comparable<'a> {
    /// Options are exact: their names are chosen from a set, not typed.
    pub(super) fn of(value: &'a Value, exact: bool) -> Option<Self> {
        Some(match value {
            Value::Text(text) if exact => Self::Text(Cow::Borrowed(text)),
            Value::Text(text) => Self::Text(Cow::Owned(fold_text(text))),
            Value::PersonName(_) | Value::Address(_) | Value::File(_) => {
                Self::Text(Cow::Owned(fold_text(&value.to_string())))
            }
            Value::Phone(phone) => Self::Text(match &phone.e164 {
                Some(e164) => Cow::Borrowed(e164),
                None => Cow::Owned(phone.key().into()),
            }),
            Value::Integer(number) | Value::Duration(number) => Self::Whole(*number),
            Value::Decimal(number) => Self::Number(*number),
            Value::Money(money) => Self::Number(money.amount),
            Value::Boolean(yes) => Self::Truth(*yes),
            Value::Date(day) => Self::Day(*day),
            Value::Instant(at) => Self::Instant(*at),
            Value::Reference(id) => Self::Reference(*id),
            Value::Options(names) => Self::Set(Cow::Borrowed(names)),
            Value::Json(_) => return None,
        })
    }

    fn owned(self) -> Comparable<'static> {
        match self {
            Self::Text(text) => Comparable::Text(Cow::Owned(text.into_owned())),
            Self::Set(names) => Comparable::Set(Cow::Owned(names.into_owned())),
            Self::Whole(number) => Comparable::Whole(number),
            Self::Number(number) => Comparable::Number(number),
            Self::Truth(yes) => Comparable::Truth(yes),
            Self::Day(day) => Comparable::Day(day),
            Self::Instant(at) => Comparable::Instant(at),
            Self::Reference(id) => Comparable::Reference(id),
        }
    }

    /// `None` when the two are not of one sort, or have no order.
    pub(super) fn order(&self, other: &Comparable<'_>) -> Option<Ordering> {
        match (self, other) {
            (Self::Text(a), Comparable::Text(b)) => Some(a.as_ref().cmp(b.as_ref())),
            (Self::Whole(a), Comparable::Whole(b)) => Some(a.cmp(b)),
            (Self::Number(a), Comparable::Number(b)) => Some(a.cmp(b)),
            (Self::Truth(a), Comparable::Truth(b)) => Some(a.cmp(b)),
            (Self::Day(a), Comparable::Day(b)) => Some(a.cmp(b)),
            (Self::Instant(a), Comparable::Instant(b)) => Some(a.cmp(b)),
            (Self::Reference(a), Comparable::Reference(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }

    /// Equal; or, of a field of several options, one of them.
    fn includes(&self, other: &Comparable<'_>) -> bool {
        match (self, other) {
            (Self::Set(names), Comparable::Text(name)) => {
                names.iter().any(|known| known == name.as_ref())
            }
            (Self::Set(a), Comparable::Set(b)) => a == b,
            _ => self.order(other) == Some(Ordering::Equal),
        }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// One value that a field is compared with.
#[derive(Clone, Debug)]
pub(super) struct Operand {
    /// As an index would hold it; an amount without a currency is a decimal.
    pub(super) value: Value,
    pub(super) key: Comparable<'static>,
    /// An amount matches only in this currency.
    currency: Option<Currency>,
}

/// A record's value, made ready to be held against operands.
pub(super) struct Held<'a> {
    key: Comparable<'a>,
    currency: Option<Currency>,
}

impl<'a> Held<'a> {
    pub(super) fn of(value: &'a Value, exact: bool) -> Option<Self> {
        Some(Self {
            key: Comparable::of(value, exact)?,
            currency: currency(value),
        })
    }

    pub(super) fn equals(&self, operand: &Operand) -> bool {
        self.may_be(operand) && self.key.includes(&operand.key)
    }

    pub(super) fn order(&self, operand: &Operand) -> Option<Ordering> {
        if self.may_be(operand) {
            self.key.order(&operand.key)
        } else {
            None
        }
    }

    pub(super) fn has_part(&self, operand: &Operand) -> bool {
        match (self.key.text(), operand.key.text()) {
            (Some(text), Some(part)) => text.contains(part),
            _ => self.key.includes(&operand.key),
        }
    }

    pub(super) fn begins_with(&self, operand: &Operand) -> bool {
        matches!((self.key.text(), operand.key.text()), (Some(text), Some(start)) if text.starts_with(start))
    }

    fn may_be(&self, operand: &Operand) -> bool {
        operand.currency.is_none() || operand.currency == self.currency
    }
}

fn currency(value: &Value) -> Option<Currency> {
    match value {
        Value::Money(money) => Some(money.currency),
        _ => None,
    }
}

/// Reads what one condition compares its field with.
pub(super) fn read(
    target: &Target,
    operator: Operator,
    written: &str,
    reader: &Reader,
    time: &QueryTime,
) -> Result<Operand> {
    let value = match &target.kind {
        FieldKind::Reference { to, .. } if operator != Operator::IsNull => {
            reference(target, to, written, reader)?
        }
        _ => plain(target, operator, written, time).map_err(|message| QueryError::Operand {
            field: target.name.clone(),
            operator: operator.name(),
            message,
        })?,
    };
    let key = Comparable::of(&value, is_exact(&target.kind))
        .map(Comparable::owned)
        .ok_or_else(|| QueryError::Operand {
            field: target.name.clone(),
            operator: operator.name(),
            message: "such values cannot be compared".to_owned(),
        })?;
    if matches!(operator, Operator::Contains | Operator::StartsWith) && key.text() == Some("") {
        return Err(QueryError::Operand {
            field: target.name.clone(),
            operator: operator.name(),
            message: "the text is empty and would match every value; is_null:false finds the records that have one".to_owned(),
        }
        .into());
    }
    Ok(Operand {
        currency: currency(&value),
        key,
        value,
    })
}

/// The same for a filter that means the same at any time: no relative days, no keys that may be given to another record.
pub(super) fn read_exact(
    target: &Target,
    operator: Operator,
    written: &str,
) -> Result<Operand, QueryError> {
    let never = QueryTime::never();
    let json = || Json::String(written.to_owned());
    let value = match &target.kind {
        _ if operator == Operator::IsNull => FieldKind::Boolean.read(&json()),
        FieldKind::Reference { .. } => written.trim().parse().map(Value::Reference).map_err(|_| {
            "a total names a record by its id, since a key may be given to another one".to_owned()
        }),
        kind @ (FieldKind::Date | FieldKind::Instant) => kind.read(&json()).map_err(|message| {
            format!("{message}; a total is kept when a record changes, and nothing changes when a day passes: write the day or the instant in full")
        }),
        _ => plain(target, operator, written, &never),
    };
    let unreadable = |message: String| QueryError::Operand {
        field: target.name.clone(),
        operator: operator.name(),
        message,
    };
    let value = value.map_err(unreadable)?;
    let key = Comparable::of(&value, is_exact(&target.kind))
        .map(Comparable::owned)
        .ok_or_else(|| unreadable("such values cannot be compared".to_owned()))?;
    Ok(Operand {
        currency: currency(&value),
        key,
        value,
    })
}

pub(super) fn is_exact(kind: &FieldKind) -> bool {
    matches!(
        kind,
        FieldKind::Option { .. } | FieldKind::MultiOption { .. }
    )
}

fn plain(
    target: &Target,
    operator: Operator,
    written: &str,
    time: &QueryTime,
) -> Result<Value, String> {
    let json = || Json::String(written.to_owned());
    let whole = matches!(
        operator,
        Operator::Eq | Operator::Ne | Operator::In | Operator::Nin
    );
    match &target.kind {
        _ if operator == Operator::IsNull => FieldKind::Boolean.read(&json()),
        FieldKind::Date => day(written, time),
        FieldKind::Instant => instant(written, time),
        FieldKind::Money => amount(written),
        FieldKind::MultiOption { options } if !matches!(operator, Operator::Eq | Operator::Ne) => {
            FieldKind::Option {
                options: options.clone(),
            }
            .read(&json())
        }
        FieldKind::Phone if !whole => part_of_phone(written),
        // A whole address is checked and completed as the write path does; a part of one is any text.
        FieldKind::Email | FieldKind::Url if whole => target.kind.read(&json()),
        FieldKind::Text
        | FieldKind::LongText
        | FieldKind::Email
        | FieldKind::Url
        | FieldKind::Address
        | FieldKind::PersonName
        | FieldKind::File
        | FieldKind::Plugin { .. } => Ok(Value::Text(written.trim().into())),
        other => other.read(&json()),
    }
}

fn day(written: &str, time: &QueryTime) -> Result<Value, String> {
    match relative(written, time) {
        Some(Ok(Moment::Day(day))) => Ok(Value::Date(day)),
        Some(Ok(Moment::Instant(_))) => Err(format!(
            "'{written}' is an instant and the field holds days; use today instead of now"
        )),
        Some(Err(message)) => Err(message),
        None => FieldKind::Date.read(&Json::String(written.to_owned())),
    }
}

/// A day stands for its first instant in the query's zone.
fn instant(written: &str, time: &QueryTime) -> Result<Value, String> {
    let start_of = |day| {
        time.start_of(day)
            .map(Value::Instant)
            .ok_or_else(|| format!("'{written}' is out of range"))
    };
    match relative(written, time) {
        Some(Ok(Moment::Day(day))) => return start_of(day),
        Some(Ok(Moment::Instant(at))) => return Ok(Value::Instant(at)),
        Some(Err(message)) => return Err(message),
        None => {}
    }
    let json = Json::String(written.to_owned());
    if let Ok(Value::Date(day)) = FieldKind::Date.read(&json) {
        return start_of(day);
    }
    // What chrono prints is read too, so that an instant can be given to the builders as it is.
    let printed = written
        .strip_suffix(" UTC")
        .map(|text| format!("{}Z", text.replacen(' ', "T", 1)));
    FieldKind::Instant.read(&printed.map_or(json, Json::String)).map_err(|_| {
        format!("'{written}' is neither an instant such as 2026-03-21T08:30:00Z, nor a day, nor a form such as today-14d or now-3h")
    })
}

fn amount(written: &str) -> Result<Value, String> {
    let has_currency = fold_digits(written).chars().any(char::is_alphabetic);
    let json = Json::String(written.to_owned());
    let read = if has_currency {
        FieldKind::Money.read(&json)
    } else {
        FieldKind::Decimal.read(&json)
    };
    read.map_err(|message| {
        format!("{message}; an amount is written 1200, or \"1200 IRR\" for one currency only")
    })
}

fn part_of_phone(written: &str) -> Result<Value, String> {
    let digits: String = fold_digits(written)
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    if digits.is_empty() {
        return Err(format!("'{written}' has no digits of a telephone number"));
    }
    let plus = if written.trim_start().starts_with('+') {
        "+"
    } else {
        ""
    };
    Ok(Value::Text(format!("{plus}{digits}").into()))
}

fn reference(target: &Target, to: &[String], written: &str, reader: &Reader) -> Result<Value> {
    let objects: Vec<_> = to
        .iter()
        .filter_map(|name| reader.schema.object(name))
        .collect();
    let written = written.trim();
    if let Ok(id) = written.parse::<RecordId>() {
        let object = reader.schema.by_prefix(id.prefix);
        if object.is_some_and(|object| leads_to(to, &object.name)) {
            return Ok(Value::Reference(id));
        }
        return Err(QueryError::WrongObject {
            field: target.name.clone(),
            objects: targets_in_words(to),
            id: written.to_owned(),
        }
        .into());
    }
    for object in objects {
        let Some(key) = object.natural_key() else {
            continue;
        };
        if let Some(id) = reader.by_unique(object, key.number, &Value::Text(written.into()))? {
            return Ok(Value::Reference(id));
        }
    }
    Err(QueryError::UnknownKey {
        field: target.name.clone(),
        objects: targets_in_words(to),
        written: written.to_owned(),
    }
    .into())
}
