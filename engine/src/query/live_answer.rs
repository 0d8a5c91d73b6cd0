//! Which live total has the answer, and what is it?
//!
//! A live total fits where its groups are parts of those that are asked for: it has the keys, or finer periods of them, and
//! the measures; its filter is a part of the filter that is asked, and what else is asked is about its keys. Who does not
//! see every record of the object has nothing from a total that is made of all.

use std::borrow::Cow;
use std::cell::Cell;

use super::aggregate::{Aggregate, BUDGET, Bound, BoundMeasure, Groups};
use super::candidate::Look;
use super::compile::Compiled;
use super::error::QueryError;
use super::filter::Filter;
use super::group::{Key, KeyPart};
use super::live_total::{BoundTotal, COUNT, Keeps, value_of};
use super::measure::Measure;
use super::reader::Reader;
use super::target::Slot;
use crate::error::{Error, ErrorKind, Result};
use crate::record::{Currency, RecordId, Value};
use crate::schema::{FieldKind, Object};
use crate::store::{Direction, Span, keys};

/// A live total that has the answer.
struct Fit<'a> {
    total: &'a BoundTotal,
    /// What is still to be asked of each group.
    rest: Compiled,
    /// Where each key that is asked for lies in the total's.
    keys: Vec<usize>,
    /// The column of each measure; none for a count.
    columns: Vec<Option<u8>>,
}

/// How many entries of a live total may be read for one answer. They are no records, so that a budget below the usual
/// one is still enough; more are read only where the question allows more.
struct Budget<'a> {
    asked: &'a Aggregate,
    left: Cell<u64>,
}

impl<'a> Budget<'a> {
    fn of(asked: &'a Aggregate) -> Self {
        let left = Cell::new(asked.budget.max(BUDGET));
        Self { asked, left }
    }

    fn spend(&self) -> Result<(), QueryError> {
        let left = self.left.get().checked_sub(1);
        self.left.set(left.ok_or_else(|| QueryError::OverBudget {
            object: self.asked.object.clone(),
            most: self.asked.budget.max(BUDGET),
            group_by: self.asked.group_by.join(", "),
        })?);
        Ok(())
    }
}

/// The groups out of a live total; nothing where none fits.
pub(super) fn groups(
    reader: &Reader,
    object: &std::sync::Arc<Object>,
    aggregate: &Aggregate,
    bound: &Bound,
) -> Result<Option<Groups>> {
    if !reader.sees_every(object) {
        return Ok(None);
    }
    for total in reader.schema.live_totals(&object.name) {
        let Some(fit) = Fit::of(reader, object, total, &aggregate.filter, bound) else {
            continue;
        };
        return fit.groups(reader, bound, &Budget::of(aggregate)).map(Some);
    }
    Ok(None)
}

impl<'a> Fit<'a> {
    fn of(
        reader: &Reader,
        object: &std::sync::Arc<Object>,
        total: &'a BoundTotal,
        filter: &Filter,
        bound: &Bound,
    ) -> Option<Self> {
        if total.filling {
            return None;
        }
        let asked = conjuncts(filter);
        let declared = conjuncts(&total.declared);
        if !declared.iter().all(|part| asked.contains(part)) {
            return None;
        }
        let rest: Vec<Filter> = asked
            .into_iter()
            .filter(|part| !declared.contains(part))
            .cloned()
            .collect();
        let mut about_keys = true;
        let of_key = |field: &str| {
            let mut keys = total.keys.iter();
            keys.any(|key| key.part == KeyPart::Value && key.target.name == field)
        };
        rest.iter()
            .for_each(|part| part.each_field(&mut |field| about_keys &= of_key(field)));
        if !about_keys {
            return None;
        }
        let keys = bound.keys.iter().map(|key| place_of(total, key));
        let columns = bound.measures.iter().map(|one| match &one.target {
            None => (one.measure == Measure::Count).then_some(None),
            Some(target) => {
                let keeps = Keeps::of(&one.measure)?;
                let mut columns = (1..).zip(&total.columns);
                let known = columns
                    .find(|(_, column)| column.target.slot == target.slot && column.keeps == keeps);
                known.map(|(place, _)| Some(place))
            }
        });
        Some(Self {
            total,
            keys: keys.collect::<Option<_>>()?,
            columns: columns.collect::<Option<_>>()?,
            rest: Filter::And(rest)
                .compile(object, reader, &bound.time)
                .ok()?,
        })
    }

    fn groups(&self, reader: &Reader, bound: &Bound, budget: &Budget<'_>) -> Result<Groups> {
        let mut groups = Groups::new();
        let measured = || bound.measures.iter().zip(&self.columns).enumerate();
        self.each(reader, budget, COUNT, |end, keys, (count, _)| {
            let group = bound.group(&mut groups, self.asked_keys(bound, &keys))?;
            group.count += count;
            for ((_, (one, column)), total) in measured().zip(&mut group.totals) {
                let (Some(column), Some(target)) = (column, &one.target) else {
                    total.add_units(0, count, None, &one.measure)?;
                    continue;
                };
                let values = Keeps::of(&one.measure) == Some(Keeps::Values);
                let currency = self.currency(target.slot, &keys);
                if values && let Some(best) = self.best(reader, one, *column, end, currency)? {
                    let same = |_: &Value| Vec::new();
                    total.add(Some(&best), same, &one.measure, bound.kept())?;
                }
            }
            Ok(())
        })?;
        for (place, (one, column)) in measured() {
            let (Some(column), Some(target)) = (column, &one.target) else {
                continue;
            };
            if Keeps::of(&one.measure) != Some(Keeps::Sum) {
                continue;
            }
            self.each(reader, budget, *column, |_, keys, (count, sum)| {
                let group = bound.group(&mut groups, self.asked_keys(bound, &keys))?;
                let currency = self.currency(target.slot, &keys);
                let currency = currency.and_then(Value::as_text);
                let currency: Option<Currency> = currency.and_then(|code| code.parse().ok());
                if let Some(total) = group.totals.get_mut(place) {
                    total.add_units(sum, count, currency, &one.measure)?;
                }
                Ok(())
            })?;
        }
        Ok(groups)
    }

    /// The least or greatest value of a group, whichever is measured.
    fn best(
        &self,
        reader: &Reader,
        one: &BoundMeasure,
        column: u8,
        end: &[u8],
        currency: Option<&Value>,
    ) -> Result<Option<Value>> {
        let direction = match one.measure {
            Measure::Min(_) => Direction::Forward,
            _ => Direction::Backward,
        };
        let span = Span::prefix(&self.total.entry(column, end));
        let row = reader.snapshot.scan(&span, direction, 1)?.pop();
        let units = row.and_then(|(key, _)| key.last_chunk::<16>().copied());
        let units = units.and_then(|units| keys::take_i128(&mut units.as_slice()));
        let kind = one.target.as_ref().map(|target| &target.kind);
        Ok(units
            .zip(kind)
            .and_then(|(units, kind)| value_of(kind, units, currency)))
    }

    /// Calls `each` with the groups of a column that pass: the end of the key, the keys, count and sum.
    fn each(
        &self,
        reader: &Reader,
        budget: &Budget<'_>,
        column: u8,
        mut each: impl FnMut(&[u8], Vec<Option<Value>>, (u64, i128)) -> Result<()>,
    ) -> Result<()> {
        let prefix = self.total.column(column);
        let object = reader.object(&budget.asked.object)?;
        reader.snapshot.scan_all(&prefix, |key, value| {
            budget.spend()?;
            let end = key.get(prefix.len()..).unwrap_or_default();
            let (Some(keys), Some(count), Some(sum)) = (
                self.total.take_keys(end),
                value.first_chunk::<8>().copied().map(i64::from_be_bytes),
                value.last_chunk::<16>().copied().map(i128::from_be_bytes),
            ) else {
                return Err(damaged(&self.total.name));
            };
            let group = KeysOf {
                object,
                total: self.total,
                keys: &keys,
            };
            if self.rest.matches(&group, reader)? {
                let count = u64::try_from(count).map_err(|_| damaged(&self.total.name))?;
                each(end, keys, (count, sum))?;
            }
            Ok(std::ops::ControlFlow::Continue(()))
        })
    }

    /// The keys that are asked for, out of the total's.
    fn asked_keys(&self, bound: &Bound, keys: &[Option<Value>]) -> Vec<Option<Value>> {
        let asked = bound.keys.iter().zip(&self.keys);
        let value = |(key, place): (&Key, &usize)| {
            let value = keys.get(*place)?.as_ref()?;
            match key.part {
                KeyPart::Bucket(bucket) => bucket.start_of(value, &bound.time),
                KeyPart::Value | KeyPart::Currency => Some(value.clone()),
            }
        };
        asked.map(value).collect()
    }

    /// The currency of the amounts of a field in a group.
    fn currency<'k>(&self, slot: Slot, keys: &'k [Option<Value>]) -> Option<&'k Value> {
        let of_it = |key: &Key| key.part == KeyPart::Currency && key.target.slot == slot;
        let place = self.total.keys.iter().position(of_it)?;
        keys.get(place)?.as_ref()
    }
}

/// Where a total has a key, or finer periods of it.
fn place_of(total: &BoundTotal, key: &Key) -> Option<usize> {
    let fits = |kept: &Key| {
        kept.target.slot == key.target.slot
            && match (key.part, kept.part) {
                (KeyPart::Bucket(_), KeyPart::Value) => key.target.kind == FieldKind::Date,
                (KeyPart::Bucket(asked), KeyPart::Bucket(kept)) => asked.is_made_of(kept),
                (asked, kept) => asked == kept,
            }
    };
    total.keys.iter().position(fits)
}

/// The parts that all must hold.
fn conjuncts(filter: &Filter) -> Vec<&Filter> {
    match filter {
        Filter::And(parts) => parts.iter().flat_map(conjuncts).collect(),
        one => vec![one],
    }
}

fn damaged(name: &str) -> Error {
    let message = format!("the live total '{name}' cannot be read");
    Error::new(ErrorKind::Damaged, message).hint("run `peyvand check` on the store")
}

/// A group as a filter looks at it.
struct KeysOf<'a> {
    object: &'a Object,
    total: &'a BoundTotal,
    keys: &'a [Option<Value>],
}

impl Look for KeysOf<'_> {
    fn id(&self) -> RecordId {
        RecordId::new(self.object.prefix(), 0)
    }

    fn revision(&self) -> u64 {
        0
    }

    fn look(&self, field: u32) -> Option<Cow<'_, Value>> {
        let of_it = |key: &Key| key.part == KeyPart::Value && key.target.slot == Slot::Field(field);
        let place = self.total.keys.iter().position(of_it)?;
        self.keys.get(place)?.as_ref().map(Cow::Borrowed)
    }
}
