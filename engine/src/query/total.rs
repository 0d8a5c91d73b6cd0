//! What do the values of one group add up to?
//!
//! Sums are kept in whole billionths (or whole numbers) and never wrap: what does not fit is an error.

use super::aggregate::Measure;
use super::error::QueryError;
use super::operand::Comparable;
use crate::record::{Currency, Decimal, Money, Value};
use crate::schema::FieldKind;

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
    fn of(kind: &FieldKind) -> Option<Self> {
        match kind {
            FieldKind::Integer => Some(Self::Whole),
            FieldKind::Duration => Some(Self::Duration),
            FieldKind::Decimal | FieldKind::Percent | FieldKind::Money => Some(Self::Decimal),
            _ => None,
        }
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
        }
    }

    /// Adds a record: its value of the measured field, where it has one.
    pub(super) fn add(
        &mut self,
        value: Option<&Value>,
        measure: &Measure,
    ) -> Result<(), QueryError> {
        match (self, value) {
            (Self::Count(count), _) => *count += 1,
            (
                Self::Sum {
                    sum,
                    count,
                    currency,
                    ..
                },
                Some(value),
            ) => {
                let (units, of) = match value {
                    Value::Integer(number) | Value::Duration(number) => (i128::from(*number), None),
                    Value::Decimal(number) => (number.billionths(), None),
                    Value::Money(money) => (money.amount.billionths(), Some(money.currency)),
                    _ => return Ok(()),
                };
                *sum = sum
                    .checked_add(units)
                    .ok_or_else(|| QueryError::Overflow(measure.to_string()))?;
                *currency = of;
                *count += 1;
            }
            (Self::Extreme { least, best }, Some(value)) => {
                let wanted = if *least {
                    std::cmp::Ordering::Less
                } else {
                    std::cmp::Ordering::Greater
                };
                if best
                    .as_ref()
                    .is_none_or(|best| order(value, best) == Some(wanted))
                {
                    *best = Some(value.clone());
                }
            }
            (_, None) => {}
        }
        Ok(())
    }

    /// The result; none where no record of the group had a value.
    pub(super) fn end(self, measure: &Measure) -> Result<Option<Value>, QueryError> {
        let overflow = || QueryError::Overflow(measure.to_string());
        match self {
            Self::Count(count) => i64::try_from(count)
                .map(|count| Some(Value::Integer(count)))
                .map_err(|_| overflow()),
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
        }
    }
}

fn order(a: &Value, b: &Value) -> Option<std::cmp::Ordering> {
    Comparable::of(a, true)?.order(&Comparable::of(b, true)?)
}

fn finish(
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
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => whole % 2 != 0,
        std::cmp::Ordering::Greater => true,
    };
    whole + i128::from(up)
}
