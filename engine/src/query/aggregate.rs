//! What do the matching records add up to, group by group?
//!
//! Only groups that a record is in are told: a month without records is no row. Without keys there is one row, even for
//! nothing.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::base_amount::{self, Rates};
use super::candidate::Look;
use super::compile::Compiled;
use super::error::QueryError;
use super::filter::Filter;
use super::group::{Key, KeyPart, identity};
use super::live_answer;
use super::measure::Measure;
use super::plan::{self, Via};
use super::reader::Reader;
use super::scan::each_row;
use super::target::Target;
use super::total::{Kept, Total};
use super::when::QueryTime;
use crate::error::Result;
use crate::record::Value;
use crate::schema::{FieldKind, Object};

/// How many groups a result may have.
const MAX_GROUPS: usize = 100_000;

/// How many records one question may look at, unless told.
pub(crate) const BUDGET: u64 = 2_000_000;

/// A question for totals.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Aggregate {
    /// The name of the object: `opportunity`.
    pub object: String,
    /// Which records.
    pub filter: Filter,
    /// The fields whose values make the groups; a date or an instant with its period: `close_date:month`, or `week`,
    /// `quarter`, `year`, `day`, of another calendar as `close_date:month@persian` or `@hijri`; `month(close_date)@persian`
    /// means the same. A group's key is the first day of its period. Weeks begin on Monday, Persian ones on Saturday,
    /// Hijri ones on Sunday.
    pub group_by: Vec<String>,
    /// What is totalled in each group. Amounts are totalled per currency: for each money field that is measured, the
    /// currency becomes one more key after those of `group_by`.
    pub measures: Vec<Measure>,
    /// How many records may be looked at, 2,000,000 unless told; a live total that fits is read without looking at any.
    pub budget: u64,
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
            budget: BUDGET,
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

    /// Looking at so many records at most.
    #[must_use]
    pub fn budget(mut self, records: u64) -> Self {
        self.budget = records;
        self
    }
}

/// An aggregate that is bound to its object.
pub(super) struct Bound {
    pub(super) keys: Vec<Key>,
    pub(super) measures: Vec<BoundMeasure>,
    pub(super) time: QueryTime,
    kept: Kept,
}

/// One measure of a bound aggregate.
pub(super) struct BoundMeasure {
    pub(super) measure: Measure,
    pub(super) target: Option<Target>,
    /// The field whose day chooses the rate, where amounts are changed to the base currency.
    in_base: Option<Option<Target>>,
    /// As it begins.
    total: Total,
}

/// What is known of one group so far.
pub(super) struct Group {
    pub(super) keys: Vec<Option<Value>>,
    pub(super) count: u64,
    pub(super) totals: Vec<Total>,
}

/// Groups by what makes their keys equal.
pub(super) type Groups = BTreeMap<Vec<Vec<u8>>, Group>;

impl BoundMeasure {
    fn of(object: &Object, measure: &Measure) -> Result<Self, QueryError> {
        let target = measure.field().map(|field| Target::of(object, field));
        let target = target.transpose()?;
        let kind = target
            .as_ref()
            .map_or(FieldKind::Integer, |target| target.kind.clone());
        let total = Total::begin(measure, &kind).ok_or_else(|| QueryError::CannotMeasure {
            measure: measure.to_string(),
            field: measure.field().unwrap_or_default().to_owned(),
            kind: kind.name(),
        })?;
        let in_base = match measure {
            Measure::InBase { on, .. } => Some(base_amount::day_field(object, on.as_deref())?),
            _ => None,
        };
        Ok(Self {
            measure: measure.clone(),
            target,
            in_base,
            total,
        })
    }

    /// The money field whose amounts are kept apart by their currencies.
    fn by_currency(&self) -> Option<&Target> {
        let amounts = self.target.as_ref()?;
        let apart = amounts.kind == FieldKind::Money
            && self.in_base.is_none()
            && !matches!(self.measure, Measure::Distinct(_));
        apart.then_some(amounts)
    }
}

impl Bound {
    pub(super) fn of(
        object: &Object,
        group_by: &[String],
        measures: &[Measure],
        time: &QueryTime,
    ) -> Result<Self, QueryError> {
        let keys = group_by.iter().map(|name| Key::of(object, name));
        let mut keys = keys.collect::<Result<Vec<_>, _>>()?;
        let measures = measures
            .iter()
            .map(|measure| BoundMeasure::of(object, measure));
        let measures = measures.collect::<Result<Vec<_>, _>>()?;
        for target in measures.iter().filter_map(BoundMeasure::by_currency) {
            let known = |key: &Key| key.part == KeyPart::Currency && key.target.slot == target.slot;
            if !keys.iter().any(known) {
                keys.push(Key::currency_of(target));
            }
        }
        Ok(Self {
            keys,
            measures,
            time: *time,
            kept: Kept::default(),
        })
    }

    /// The same with the fiscal year of the workspace in the keys that go by it.
    fn with_fiscal_year(mut self, reader: &Reader) -> Result<Self> {
        for key in &mut self.keys {
            if let KeyPart::Bucket(bucket) = &mut key.part {
                *bucket = bucket.with_fiscal_year(reader)?;
            }
        }
        Ok(self)
    }

    pub(super) fn kept(&self) -> &Kept {
        &self.kept
    }

    fn uses_rollups(&self) -> bool {
        let measured = self.measures.iter().filter_map(|one| one.target.as_ref());
        self.keys
            .iter()
            .map(|key| &key.target)
            .chain(measured)
            .any(|target| target.rollup)
    }

    fn in_base(&self) -> bool {
        self.measures.iter().any(|one| one.in_base.is_some())
    }

    fn empty_group(&self, keys: Vec<Option<Value>>) -> Group {
        let totals = self.measures.iter().map(|one| one.total.clone());
        Group {
            keys,
            count: 0,
            totals: totals.collect(),
        }
    }

    /// The group of these keys, which is made where there is none yet.
    pub(super) fn group<'g>(
        &self,
        groups: &'g mut Groups,
        keys: Vec<Option<Value>>,
    ) -> Result<&'g mut Group, QueryError> {
        let identity = self
            .keys
            .iter()
            .zip(&keys)
            .map(|(key, value)| key.identity(value.as_ref()));
        let identity: Vec<Vec<u8>> = identity.collect();
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
        Ok(group)
    }

    fn add(
        &self,
        groups: &mut Groups,
        record: &impl Look,
        rates: Option<&Rates>,
    ) -> Result<(), QueryError> {
        let keys = self.keys.iter();
        let keys = keys.map(|key| key.of_record(record, &self.time)).collect();
        let group = self.group(groups, keys)?;
        group.count += 1;
        for (one, total) in self.measures.iter().zip(&mut group.totals) {
            let value = one
                .target
                .as_ref()
                .and_then(|target| target.slot.value(record));
            let value = match (&one.in_base, rates, value.as_deref()) {
                (Some(day), Some(rates), Some(Value::Money(money))) => {
                    let day = base_amount::day_of(record, day.as_ref(), &self.time);
                    Some(Cow::Owned(Value::Money(rates.in_base(*money, day)?)))
                }
                _ => value,
            };
            let same = |value: &Value| {
                let kind = one.target.as_ref().map(|target| &target.kind);
                identity(kind.unwrap_or(&FieldKind::Integer), Some(value))
            };
            total.add(value.as_deref(), same, &one.measure, &self.kept)?;
        }
        Ok(())
    }

    fn row(&self, group: Group) -> Result<GroupRow, QueryError> {
        let totals = self.measures.iter().zip(group.totals);
        let values = totals
            .map(|(one, total)| total.end(&one.measure))
            .collect::<Result<_, _>>()?;
        Ok(GroupRow {
            keys: group.keys,
            count: group.count,
            values,
        })
    }
}

/// Whether a question for totals can be understood.
pub(crate) fn check(reader: &Reader, aggregate: &Aggregate, time: &QueryTime) -> Result<()> {
    let object = reader.object(&aggregate.object)?.clone();
    aggregate.filter.compile(&object, reader, time)?;
    Bound::of(&object, &aggregate.group_by, &aggregate.measures, time)?.with_fiscal_year(reader)?;
    Ok(())
}

/// The totals of every group, sorted by their keys, empty ones first: from a live total where one has them, else of a
/// look at the records.
pub(crate) fn aggregate(
    reader: &Reader,
    aggregate: &Aggregate,
    time: &QueryTime,
) -> Result<Vec<GroupRow>> {
    let object = reader.object(&aggregate.object)?.clone();
    let compiled = aggregate.filter.compile(&object, reader, time)?;
    let bound = Bound::of(&object, &aggregate.group_by, &aggregate.measures, time)?;
    let bound = bound.with_fiscal_year(reader)?;
    let mut groups = match live_answer::groups(reader, &object, aggregate, &bound)? {
        Some(groups) => groups,
        None => added_up(reader, &object, aggregate, &compiled, &bound)?,
    };
    if bound.keys.is_empty() && groups.is_empty() {
        // A total without groups has a row even when nothing matches.
        groups.insert(Vec::new(), bound.empty_group(Vec::new()));
    }
    groups
        .into_values()
        .map(|group| bound.row(group).map_err(Into::into))
        .collect()
}

/// The groups by a look at the records, no more of them than the budget allows.
fn added_up(
    reader: &Reader,
    object: &Arc<Object>,
    aggregate: &Aggregate,
    compiled: &Compiled,
    bound: &Bound,
) -> Result<Groups> {
    let over = || QueryError::OverBudget {
        object: object.name.clone(),
        most: aggregate.budget,
        group_by: aggregate.group_by.join(", "),
    };
    let plan = plan::choose(reader, object, compiled, None)?;
    // A walk over all records is refused before it begins.
    if plan.via == Via::Records
        && plan.at_most(reader, object, aggregate.budget)? > aggregate.budget
    {
        return Err(over().into());
    }
    let rates = bound.in_base().then(|| Rates::read(reader)).transpose()?;
    let rollups = bound.uses_rollups() || compiled.uses_rollups();
    let mut groups = Groups::new();
    let mut left = aggregate.budget;
    each_row(reader, object, &plan, rollups, usize::MAX, |row| {
        left = left.checked_sub(1).ok_or_else(over)?;
        if let Some(record) = row.passed(compiled, reader)? {
            bound.add(&mut groups, &record, rates.as_ref())?;
            record.was_readable()?;
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(groups)
}
