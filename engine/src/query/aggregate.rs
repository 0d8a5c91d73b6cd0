//! What do the matching records add up to, group by group?

use std::collections::BTreeMap;
use std::fmt;
use std::ops::ControlFlow;

use super::bucket::Bucket;
use super::candidate::Look;
use super::error::QueryError;
use super::filter::Filter;
use super::operand::{Comparable, is_exact};
use super::page::each_bare_match;
use super::reader::Reader;
use super::target::Target;
use super::total::Total;
use super::when::QueryTime;
use crate::error::Result;
use crate::record::Value;
use crate::schema::{FieldKind, Object};
use crate::store::spaces;

/// How many groups a result may have.
const MAX_GROUPS: usize = 100_000;

/// A question for totals.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Aggregate {
    /// The name of the object: `opportunity`.
    pub object: String,
    /// Which records.
    pub filter: Filter,
    /// The fields whose values make the groups; a date or an instant with its period: `close_date:month`, or `week`,
    /// `quarter`, `year`, `day`. Periods are Gregorian, weeks begin on Monday, and a group's key is its first day.
    pub group_by: Vec<String>,
    /// What is totalled in each group. Amounts are totalled per currency: for each money field that is measured, the
    /// currency becomes one more key after those of `group_by`.
    pub measures: Vec<Measure>,
}

/// What is totalled.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Measure {
    /// How many records.
    Count,
    /// The sum of a number, an amount or a duration.
    Sum(String),
    /// The smallest number, amount or duration, or the earliest date or instant.
    Min(String),
    /// The greatest number, amount or duration, or the latest date or instant.
    Max(String),
    /// The mean of a number, an amount or a duration, over the records that have one.
    Avg(String),
}

/// One group of a result.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct GroupRow {
    /// The values that the group's records share, none for empty ones; then the currencies of measured amounts, as text.
    pub keys: Vec<Option<Value>>,
    /// How many records.
    pub count: u64,
    /// The measures, in the order asked for; none where no record of the group has a value.
    pub values: Vec<Option<Value>>,
}

impl Aggregate {
    /// The number of all records of an object, until groups and measures are added.
    pub fn new(object: impl Into<String>) -> Self {
        Self {
            object: object.into(),
            filter: Filter::everything(),
            group_by: Vec::new(),
            measures: Vec::new(),
        }
    }

    /// Only these records.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = filter;
        self
    }

    /// A group for each value of this field, or of its period: `close_date:month`.
    #[must_use]
    pub fn group_by(mut self, field: impl Into<String>) -> Self {
        self.group_by.push(field.into());
        self
    }

    /// With this total.
    #[must_use]
    pub fn measure(mut self, measure: Measure) -> Self {
        self.measures.push(measure);
        self
    }
}

impl Measure {
    /// Reads `count`, `sum(amount)`, `min(amount)`, `max(amount)` or `avg(amount)`.
    ///
    /// # Errors
    /// The text is none of these.
    pub fn parse(text: &str) -> Result<Self> {
        let plain = text.trim();
        let called = plain
            .strip_suffix(')')
            .and_then(|text| text.split_once('('));
        Ok(
            match called.map(|(name, field)| (name.trim(), field.trim().to_owned())) {
                None if plain == "count" => Self::Count,
                Some(("sum", field)) => Self::Sum(field),
                Some(("min", field)) => Self::Min(field),
                Some(("max", field)) => Self::Max(field),
                Some(("avg", field)) => Self::Avg(field),
                _ => return Err(QueryError::UnknownMeasure(plain.to_owned()).into()),
            },
        )
    }

    /// The field that is measured; none for a count.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Count => None,
            Self::Sum(field) | Self::Min(field) | Self::Max(field) | Self::Avg(field) => {
                Some(field)
            }
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count => f.write_str("count"),
            Self::Sum(field) => write!(f, "sum({field})"),
            Self::Min(field) => write!(f, "min({field})"),
            Self::Max(field) => write!(f, "max({field})"),
            Self::Avg(field) => write!(f, "avg({field})"),
        }
    }
}

/// An aggregate that is bound to its object.
struct Bound<'a> {
    keys: Vec<Key>,
    measures: Vec<(&'a Measure, Option<Target>, Total)>,
    time: QueryTime,
}

struct Key {
    target: Target,
    part: KeyPart,
}

enum KeyPart {
    Value,
    Bucket(Bucket),
    Currency,
}

struct Group {
    keys: Vec<Option<Value>>,
    count: u64,
    totals: Vec<Total>,
}

impl<'a> Bound<'a> {
    fn of(object: &Object, aggregate: &'a Aggregate, time: &QueryTime) -> Result<Self, QueryError> {
        let mut keys = aggregate
            .group_by
            .iter()
            .map(|name| Key::of(object, name))
            .collect::<Result<Vec<_>, _>>()?;
        let mut measures = Vec::with_capacity(aggregate.measures.len());
        for measure in &aggregate.measures {
            let target = measure
                .field()
                .map(|field| Target::of(object, field))
                .transpose()?;
            let kind = target
                .as_ref()
                .map_or(FieldKind::Integer, |target| target.kind.clone());
            let total = Total::begin(measure, &kind).ok_or_else(|| QueryError::CannotMeasure {
                measure: measure.to_string(),
                field: measure.field().unwrap_or_default().to_owned(),
                kind: kind.name(),
            })?;
            if let Some(target) = target
                .as_ref()
                .filter(|target| target.kind == FieldKind::Money)
            {
                let known = |key: &Key| {
                    matches!(key.part, KeyPart::Currency) && key.target.slot == target.slot
                };
                if !keys.iter().any(known) {
                    keys.push(Key {
                        target: target.clone(),
                        part: KeyPart::Currency,
                    });
                }
            }
            measures.push((measure, target, total));
        }
        Ok(Self {
            keys,
            measures,
            time: *time,
        })
    }

    fn uses_rollups(&self) -> bool {
        let measured = self
            .measures
            .iter()
            .filter_map(|(_, target, _)| target.as_ref());
        self.keys
            .iter()
            .map(|key| &key.target)
            .chain(measured)
            .any(|target| target.rollup)
    }

    fn empty_group(&self, keys: Vec<Option<Value>>) -> Group {
        Group {
            keys,
            count: 0,
            totals: self
                .measures
                .iter()
                .map(|(_, _, total)| total.clone())
                .collect(),
        }
    }

    fn add(
        &self,
        groups: &mut BTreeMap<Vec<Vec<u8>>, Group>,
        record: &impl Look,
    ) -> Result<(), QueryError> {
        let keys: Vec<Option<Value>> = self
            .keys
            .iter()
            .map(|key| key.of_record(record, &self.time))
            .collect();
        let identity: Vec<Vec<u8>> = self
            .keys
            .iter()
            .zip(&keys)
            .map(|(key, value)| key.identity(value.as_ref()))
            .collect();
        if groups.len() >= MAX_GROUPS && !groups.contains_key(&identity) {
            return Err(QueryError::TooManyGroups(MAX_GROUPS));
        }
        let group = groups
            .entry(identity)
            .or_insert_with(|| self.empty_group(keys.clone()));
        // Of several spellings the first in the alphabet is shown, whatever the order of the records.
        for (shown, other) in group.keys.iter_mut().zip(keys) {
            if *shown != other
                && other.as_ref().map(Value::to_string) < shown.as_ref().map(Value::to_string)
            {
                *shown = other;
            }
        }
        group.count += 1;
        for ((measure, target, _), total) in self.measures.iter().zip(&mut group.totals) {
            let value = target.as_ref().and_then(|target| target.slot.value(record));
            total.add(value.as_deref(), measure)?;
        }
        Ok(())
    }

    fn row(&self, group: Group) -> Result<GroupRow, QueryError> {
        let totals = self.measures.iter().zip(group.totals);
        let values = totals
            .map(|((measure, ..), total)| total.end(measure))
            .collect::<Result<_, _>>()?;
        Ok(GroupRow {
            keys: group.keys,
            count: group.count,
            values,
        })
    }
}

impl Key {
    fn of(object: &Object, written: &str) -> Result<Self, QueryError> {
        let (name, bucket) = written
            .split_once(':')
            .map_or((written, None), |(name, bucket)| {
                (name, Some(bucket.trim()))
            });
        let target = Target::of(object, name.trim())?;
        if matches!(target.kind, FieldKind::Json | FieldKind::LongText) {
            return Err(QueryError::CannotGroup {
                field: target.name,
                kind: target.kind.name(),
            });
        }
        let part = match bucket {
            Some(bucket) => KeyPart::Bucket(Bucket::of(bucket, &target)?),
            None => KeyPart::Value,
        };
        Ok(Self { target, part })
    }

    fn of_record(&self, record: &impl Look, time: &QueryTime) -> Option<Value> {
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

    /// What makes two values one group, in the order in which groups come: text is folded but not cut as in an index.
    fn identity(&self, value: Option<&Value>) -> Vec<u8> {
        let mut bytes = Vec::new();
        match value.and_then(|value| Comparable::of(value, is_exact(&self.target.kind))) {
            Some(Comparable::Text(text)) => {
                bytes.push(1);
                bytes.extend_from_slice(text.as_bytes());
            }
            _ => spaces::push_indexed(&mut bytes, value),
        }
        bytes
    }
}

/// Whether a question for totals can be understood.
pub(crate) fn check(reader: &Reader, aggregate: &Aggregate, time: &QueryTime) -> Result<()> {
    let object = reader.object(&aggregate.object)?.clone();
    aggregate.filter.compile(&object, reader, time)?;
    Bound::of(&object, aggregate, time)?;
    Ok(())
}

/// The totals of every group, sorted by their keys, empty ones first.
pub(crate) fn aggregate(
    reader: &Reader,
    aggregate: &Aggregate,
    time: &QueryTime,
) -> Result<Vec<GroupRow>> {
    let object = reader.object(&aggregate.object)?.clone();
    let compiled = aggregate.filter.compile(&object, reader, time)?;
    let bound = Bound::of(&object, aggregate, time)?;
    let mut groups = BTreeMap::new();
    if bound.keys.is_empty() {
        // A total without groups has a row even when nothing matches.
        groups.insert(Vec::new(), bound.empty_group(Vec::new()));
    }
    let rollups = bound.uses_rollups() || compiled.uses_rollups();
    each_bare_match(reader, &object, &compiled, rollups, |record| {
        bound.add(&mut groups, &record)?;
        record.was_readable()?;
        Ok(ControlFlow::Continue(()))
    })?;
    groups
        .into_values()
        .map(|group| bound.row(group).map_err(Into::into))
        .collect()
}
