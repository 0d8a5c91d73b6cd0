//! What does a record add to the live totals of its object?
//!
//! A live total is a table of groups that each commit keeps: an entry per group with the number of its records, one per
//! group and summed field with the number and sum of its values, and one per group and *different value* of a field whose
//! least or greatest is wanted, with how often it is there. All of them are totals of the store, written as deltas, so
//! that two writers of one group never conflict; what comes to nothing is no entry.

use super::aggregate::{Bound, BoundMeasure};
use super::candidate::Look;
use super::error::QueryError;
use super::exact::ExactFilter;
use super::filter::Filter;
use super::group::{Key, KeyPart};
use super::measure::Measure;
use super::target::{Slot, Target};
use super::total::units;
use super::when::QueryTime;
use crate::record::{Decimal, Money, RecordId, Value};
use crate::schema::{FieldKind, LiveTotal, Object};
use crate::store::{keys, spaces};

/// How many keys a live total may have, currencies not counted.
const MOST_KEYS: usize = 6;

/// A live total, bound to its object.
#[derive(Clone, Debug)]
pub(crate) struct BoundTotal {
    object: u32,
    number: u32,
    pub(super) name: String,
    pub(super) declared: Filter,
    /// While it is being filled it is kept, and tells nothing yet.
    pub(super) filling: bool,
    filter: ExactFilter,
    pub(super) keys: Vec<Key>,
    pub(super) columns: Vec<Column>,
}

/// What is kept of a group beside the number of its records.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) target: Target,
    pub(super) keeps: Keeps,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keeps {
    Sum,
    Values,
}

impl Keeps {
    /// What answers a measure; nothing where a live total cannot.
    pub(super) fn of(measure: &Measure) -> Option<Self> {
        match measure {
            Measure::Sum(_) | Measure::Avg(_) => Some(Self::Sum),
            Measure::Min(_) | Measure::Max(_) => Some(Self::Values),
            _ => None,
        }
    }
}

/// The column of the numbers of records.
pub(super) const COUNT: u8 = 0;

impl BoundTotal {
    /// # Errors
    /// What cannot be kept for each commit.
    pub(crate) fn of(object: &Object, total: &LiveTotal) -> Result<Self, QueryError> {
        let time = QueryTime::never();
        let bound = Bound::of(object, &total.group_by, &total.measures, &time)?;
        if total.group_by.len() > MOST_KEYS {
            let what = format!("{} keys", total.group_by.len());
            return Err(cannot(what, "a live total has six at most"));
        }
        bound.keys.iter().try_for_each(check_key)?;
        Ok(Self {
            object: object.number,
            number: total.number,
            name: total.name.clone(),
            declared: total.filter.clone(),
            filling: total.filling,
            filter: ExactFilter::of(object, &total.filter)?,
            columns: columns(&bound.measures)?,
            keys: bound.keys,
        })
    }

    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The fields that it depends on.
    pub(crate) fn fields(&self) -> Vec<&str> {
        let keys = self.keys.iter().map(|key| key.target.name.as_str());
        let mut fields: Vec<&str> = keys.collect();
        fields.extend(
            self.columns
                .iter()
                .map(|column| column.target.name.as_str()),
        );
        self.declared.each_field(&mut |field| fields.push(field));
        fields
    }

    /// The totals that a record adds to: key, count, sum.
    pub(crate) fn contributions(&self, record: &impl Look) -> Vec<(Vec<u8>, i64, i128)> {
        if !self.filter.passes(record) {
            return Vec::new();
        }
        let time = QueryTime::never();
        let mut group = Vec::new();
        for key in &self.keys {
            push_key(&mut group, key.of_record(record, &time).as_ref());
        }
        let mut adds = vec![(self.entry(COUNT, &group), 1, 0)];
        for (place, column) in (1..).zip(&self.columns) {
            let value = column.target.slot.value(record);
            let Some(value) = value.as_deref().and_then(units_of) else {
                continue;
            };
            let mut key = self.entry(place, &group);
            let sum = match column.keeps {
                Keeps::Sum => value,
                Keeps::Values => {
                    keys::push_i128(&mut key, value);
                    0
                }
            };
            adds.push((key, 1, sum));
        }
        adds
    }

    /// The beginning of the entries of one column.
    pub(super) fn column(&self, column: u8) -> Vec<u8> {
        spaces::live_total(self.object, self.number, column)
    }

    pub(super) fn entry(&self, column: u8, group: &[u8]) -> Vec<u8> {
        let mut key = self.column(column);
        key.extend_from_slice(group);
        key
    }

    /// The keys of a group out of the end of an entry's key.
    pub(super) fn take_keys(&self, mut group: &[u8]) -> Option<Vec<Option<Value>>> {
        let mut values = Vec::with_capacity(self.keys.len());
        for key in &self.keys {
            values.push(take_key(&mut group, key)?);
        }
        Some(values)
    }
}

fn cannot(what: impl Into<String>, why: &'static str) -> QueryError {
    QueryError::NoLiveTotal {
        what: what.into(),
        why,
    }
}

const TOTAL_ITSELF: &str = "it is a total itself, kept apart from the record";

/// Keys are written in the store, and read back as what they are.
fn check_key(key: &Key) -> Result<(), QueryError> {
    let name = &key.target.name;
    if key.target.rollup {
        return Err(cannot(name, TOTAL_ITSELF));
    }
    match (&key.target.kind, key.part) {
        (_, KeyPart::Currency) => Ok(()),
        (_, KeyPart::Bucket(bucket)) if bucket.is_fiscal() => Err(cannot(
            name,
            "the fiscal year is a setting that may change; group by month, of which fiscal years are added up",
        )),
        (FieldKind::Instant, _) => Err(cannot(
            name,
            "the day of an instant depends on the zone of who asks; group by a date field",
        )),
        (
            FieldKind::Option { .. }
            | FieldKind::Reference { .. }
            | FieldKind::Boolean
            | FieldKind::Integer
            | FieldKind::Date,
            _,
        ) if matches!(key.target.slot, Slot::Field(_)) => Ok(()),
        _ => Err(cannot(
            name,
            "its values are no closed set; group by an option, a reference, a date, a number or yes and no",
        )),
    }
}

/// What answers all measures, each once.
fn columns(measures: &[BoundMeasure]) -> Result<Vec<Column>, QueryError> {
    let mut columns: Vec<Column> = Vec::new();
    for one in measures.iter().filter(|one| one.measure != Measure::Count) {
        let (Some(target), Some(keeps)) = (&one.target, Keeps::of(&one.measure)) else {
            return Err(cannot(
                one.measure.to_string(),
                "a live total keeps count, sum, avg, min and max; ask for the others without one",
            ));
        };
        if target.rollup {
            return Err(cannot(one.measure.to_string(), TOTAL_ITSELF));
        }
        let known = |column: &Column| column.target.slot == target.slot && column.keeps == keeps;
        if !columns.iter().any(known) {
            columns.push(Column {
                target: target.clone(),
                keeps,
            });
        }
    }
    Ok(columns)
}

/// A value in units that sort as it does.
fn units_of(value: &Value) -> Option<i128> {
    match value {
        Value::Date(day) => Some(chrono::Datelike::num_days_from_ce(day).into()),
        Value::Instant(at) => Some(at.timestamp_micros().into()),
        value => units(value).map(|(units, _)| units),
    }
}

/// The value of a field of a kind that has so many units; of an amount in a currency.
pub(super) fn value_of(kind: &FieldKind, units: i128, currency: Option<&Value>) -> Option<Value> {
    Some(match kind {
        FieldKind::Integer => Value::Integer(i64::try_from(units).ok()?),
        FieldKind::Duration => Value::Duration(i64::try_from(units).ok()?),
        FieldKind::Decimal | FieldKind::Percent => Value::Decimal(Decimal::from_billionths(units)?),
        FieldKind::Money => Value::Money(Money {
            amount: Decimal::from_billionths(units)?,
            currency: currency?.as_text()?.parse().ok()?,
        }),
        FieldKind::Date => Value::Date(day(units)?),
        FieldKind::Instant => {
            let micros = i64::try_from(units).ok()?;
            Value::Instant(chrono::DateTime::from_timestamp_micros(micros)?)
        }
        _ => return None,
    })
}

fn day(number: i128) -> Option<chrono::NaiveDate> {
    chrono::NaiveDate::from_num_days_from_ce_opt(i32::try_from(number).ok()?)
}

fn push_key(key: &mut Vec<u8>, value: Option<&Value>) {
    let Some(value) = value else {
        key.push(0);
        return;
    };
    key.push(1);
    match value {
        Value::Reference(id) => {
            keys::push_text(key, id.prefix().as_str());
            key.extend_from_slice(&id.number().to_be_bytes());
        }
        Value::Boolean(yes) => keys::push_bool(key, *yes),
        Value::Integer(_) | Value::Date(_) => {
            keys::push_i128(key, units_of(value).unwrap_or_default());
        }
        other => keys::push_text(key, other.as_text().unwrap_or_default()),
    }
}

fn take_key(from: &mut &[u8], key: &Key) -> Option<Option<Value>> {
    let (there, rest) = from.split_first()?;
    *from = rest;
    if *there == 0 {
        return Some(None);
    }
    let kind = match key.part {
        KeyPart::Currency => &FieldKind::Text,
        KeyPart::Value | KeyPart::Bucket(_) => &key.target.kind,
    };
    Some(Some(match kind {
        FieldKind::Reference { .. } => {
            let prefix = crate::record::Prefix::new(&keys::take_text(from)?)?;
            let (number, rest) = from.split_first_chunk::<16>()?;
            *from = rest;
            Value::Reference(RecordId::new(prefix, u128::from_be_bytes(*number)))
        }
        FieldKind::Boolean => Value::Boolean(keys::take_bool(from)?),
        FieldKind::Integer => Value::Integer(i64::try_from(keys::take_i128(from)?).ok()?),
        FieldKind::Date => Value::Date(day(keys::take_i128(from)?)?),
        _ => Value::Text(keys::take_text(from)?.as_str().into()),
    }))
}
