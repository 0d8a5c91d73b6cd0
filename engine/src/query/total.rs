//! What do the values of one group add up to?
//!
//! Sums are kept in whole billionths (or whole numbers) and never wrap: what does not fit is an error. A median and a
//! number of different values keep every different value of the group, up to a bound for the whole result.

use std::cell::Cell;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::error::QueryError;
use super::measure::Measure;
use super::operand::Comparable;
use crate::record::{Currency, Decimal, Money, Value};
use crate::schema::FieldKind;

/// How many different values medians and distinct counts of one result may keep: at most some 100 MB.
const MOST_KEPT: usize = 1_000_000;

/// A running total of one measure in one group.
#[derive(Clone, Debug)]
pub(super) enum Total {
    Count(u64),
    Sum {
        shape: Shape,
        sum: i128,
        count: u64,
        currency: Option<Currency>,
        mean: bool,
    },
    Extreme {
        least: bool,
        best: Option<Value>,
    },
    Median {
        shape: Shape,
        /// How often each value is there.
        values: BTreeMap<i128, u64>,
        currency: Option<Currency>,
    },
    /// Values in the form in which two spellings are equal.
    Distinct(BTreeSet<Vec<u8>>),
}

/// What the units of a sum are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Whole,
    Duration,
    /// Billionths, also of an amount.
    Decimal,
}

impl Shape {
    pub(super) fn of(kind: &FieldKind) -> Option<Self> {
        match kind {
            FieldKind::Integer => Some(Self::Whole),
            FieldKind::Duration => Some(Self::Duration),
            FieldKind::Decimal | FieldKind::Percent | FieldKind::Money => Some(Self::Decimal),
            _ => None,
        }
    }
}

/// How many different values a result has kept so far.
#[derive(Debug, Default)]
pub(super) struct Kept(Cell<usize>);

impl Kept {
    fn one_more(&self, measure: &Measure) -> Result<(), QueryError> {
        if self.0.get() >= MOST_KEPT {
            return Err(QueryError::TooManyValues {
                measure: measure.to_string(),
                most: MOST_KEPT,
            });
        }
        self.0.set(self.0.get() + 1);
        Ok(())
    }
}

impl Total {
    /// `None` when the kind of field has no such total.
    pub(super) fn begin(measure: &Measure, kind: &FieldKind) -> Option<Self> {
        let sum = |mean| {
            Shape::of(kind).map(|shape| Self::Sum {
                shape,
                sum: 0,
                count: 0,
                currency: None,
                mean,
            })
        };
        match measure {
            Measure::Count => Some(Self::Count(0)),
            Measure::Sum(_) => sum(false),
            Measure::Avg(_) => sum(true),
            Measure::Min(_) | Measure::Max(_) => {
                let ordered = Shape::of(kind).is_some()
                    || matches!(kind, FieldKind::Date | FieldKind::Instant);
                ordered.then_some(Self::Extreme {
                    least: matches!(measure, Measure::Min(_)),
                    best: None,
                })
            }
            Measure::Median(_) => Some(Self::Median {
                shape: Shape::of(kind)?,
                values: BTreeMap::new(),
                currency: None,
            }),
            Measure::Distinct(_) => {
                let countable = !matches!(kind, FieldKind::Json | FieldKind::LongText);
                countable.then(|| Self::Distinct(BTreeSet::new()))
            }
            Measure::InBase { measure, .. } => {
                let amount = *kind == FieldKind::Money
                    && !matches!(**measure, Measure::Distinct(_) | Measure::InBase { .. });
                amount.then(|| Self::begin(measure, kind)).flatten()
            }
        }
    }

    /// Adds a record: its value of the measured field, where it has one, and the form in which spellings are equal.
    pub(super) fn add(
        &mut self,
        value: Option<&Value>,
        identity: impl Fn(&Value) -> Vec<u8>,
        measure: &Measure,
        kept: &Kept,
    ) -> Result<(), QueryError> {
        let Some(value) = value else {
            if let Self::Count(count) = self {
                *count += 1;
            }
            return Ok(());
        };
        match self {
            Self::Count(count) => *count += 1,
            Self::Sum { .. } => {
                if let Some((units, of)) = units(value) {
                    self.add_units(units, 1, of, measure)?;
                }
            }
            Self::Extreme { least, best } => {
                let wanted = match least {
                    true => Ordering::Less,
                    false => Ordering::Greater,
                };
                if best
                    .as_ref()
                    .is_none_or(|best| order(value, best) == Some(wanted))
                {
                    *best = Some(value.clone());
                }
            }
            Self::Median {
                values, currency, ..
            } => {
                let Some((units, of)) = units(value) else {
                    return Ok(());
                };
                if !values.contains_key(&units) {
                    kept.one_more(measure)?;
                }
                *values.entry(units).or_default() += 1;
                *currency = of;
            }
            Self::Distinct(values) => {
                if values.insert(identity(value)) {
                    kept.one_more(measure)?;
                }
            }
        }
        Ok(())
    }

    /// Adds many records at once, whose count and sum are known.
    pub(super) fn add_units(
        &mut self,
        units: i128,
        of: u64,
        in_currency: Option<Currency>,
        measure: &Measure,
    ) -> Result<(), QueryError> {
        match self {
            Self::Count(count) => *count += of,
            Self::Sum {
                sum,
                count,
                currency,
                ..
            } => {
                *sum = sum
                    .checked_add(units)
                    .ok_or_else(|| QueryError::Overflow(measure.to_string()))?;
                *currency = in_currency;
                *count += of;
            }
            Self::Extreme { .. } | Self::Median { .. } | Self::Distinct(_) => {}
        }
        Ok(())
    }

    /// The result; none where no record of the group had a value.
    pub(super) fn end(self, measure: &Measure) -> Result<Option<Value>, QueryError> {
        let overflow = || QueryError::Overflow(measure.to_string());
        let whole = |count: Result<i64, _>| match count {
            Ok(count) => Ok(Some(Value::Integer(count))),
            Err(std::num::TryFromIntError { .. }) => Err(overflow()),
        };
        match self {
            Self::Count(count) => whole(count.try_into()),
            Self::Distinct(values) => whole(values.len().try_into()),
            Self::Extreme { best, .. } => Ok(best),
            Self::Sum { count: 0, .. } => Ok(None),
            Self::Sum {
                shape,
                sum,
                count,
                currency,
                mean,
            } => finish(shape, sum, mean.then_some(count), currency)
                .map(Some)
                .ok_or_else(overflow),
            Self::Median {
                shape,
                values,
                currency,
            } => {
                let Some((low, high)) = middle(&values) else {
                    return Ok(None);
                };
                let sum = low.checked_add(high).ok_or_else(overflow)?;
                finish(shape, sum, Some(2), currency)
                    .map(Some)
                    .ok_or_else(overflow)
            }
        }
    }
}

/// A value in the units of a sum, and its currency.
pub(super) fn units(value: &Value) -> Option<(i128, Option<Currency>)> {
    match value {
        Value::Integer(number) | Value::Duration(number) => Some((i128::from(*number), None)),
        Value::Decimal(number) => Some((number.billionths(), None)),
        Value::Money(money) => Some((money.amount.billionths(), Some(money.currency))),
        _ => None,
    }
}

/// The two values in the middle, which are one where their number is odd.
fn middle(values: &BTreeMap<i128, u64>) -> Option<(i128, i128)> {
    let count: u64 = values.values().sum();
    let at = |place: u64| {
        let mut passed = 0;
        let mut all = values.iter();
        all.find_map(|(value, times)| {
            passed += times;
            (passed > place).then_some(*value)
        })
    };
    Some((at(count.checked_sub(1)? / 2)?, at(count / 2)?))
}

fn order(a: &Value, b: &Value) -> Option<Ordering> {
    Comparable::of(a, true)?.order(&Comparable::of(b, true)?)
}

pub(super) fn finish(
    shape: Shape,
    sum: i128,
    mean_of: Option<u64>,
    currency: Option<Currency>,
) -> Option<Value> {
    let units = match (shape, mean_of) {
        (_, None) => sum,
        // The mean of whole numbers has decimals.
        (Shape::Whole, Some(count)) => {
            return Decimal::from_billionths(mean(sum.checked_mul(1_000_000_000)?, count))
                .map(Value::Decimal);
        }
        (_, Some(count)) => mean(sum, count),
    };
    match (shape, currency) {
        (Shape::Whole, _) => i64::try_from(units).ok().map(Value::Integer),
        (Shape::Duration, _) => i64::try_from(units).ok().map(Value::Duration),
        (Shape::Decimal, Some(currency)) => Some(Value::Money(Money {
            amount: Decimal::from_billionths(units)?,
            currency,
        })),
        (Shape::Decimal, None) => Decimal::from_billionths(units).map(Value::Decimal),
    }
}

/// Rounded half to even, as everywhere.
fn mean(sum: i128, count: u64) -> i128 {
    let count = i128::from(count.max(1));
    let (whole, rest) = (sum.div_euclid(count), sum.rem_euclid(count));
    let up = match (rest * 2).cmp(&count) {
        Ordering::Less => false,
        Ordering::Equal => whole % 2 != 0,
        Ordering::Greater => true,
    };
    whole + i128::from(up)
}
