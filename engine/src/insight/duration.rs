//! How long is that on the whole?

use serde::Serialize;

use crate::record::Decimal;

/// Spans of time on the whole, in days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Days {
    /// How many spans there are.
    pub count: u64,
    /// Their mean, rounded half to even at nine places; none where there are none.
    pub mean: Option<Decimal>,
    /// Their median; of an even number of them the mean of the two in the middle.
    pub median: Option<Decimal>,
}

/// A day in microseconds.
const DAY: i128 = 86_400_000_000;

/// Spans that are gathered, in microseconds.
#[derive(Debug, Default)]
pub(super) struct Spans(Vec<i64>);

impl Spans {
    /// A span that ends before it begins has no length: it is left out, and false.
    pub(super) fn add(&mut self, micros: i64) -> bool {
        let runs_forward = micros >= 0;
        if runs_forward {
            self.0.push(micros);
        }
        runs_forward
    }

    pub(super) fn days(mut self) -> Days {
        self.0.sort_unstable();
        let count = self.0.len();
        let sum: i128 = self.0.iter().map(|micros| i128::from(*micros)).sum();
        let middle = |place: usize| self.0.get(place).copied().map(i128::from);
        let median = count
            .checked_sub(1)
            .and_then(|last| in_days(middle(last / 2)? + middle(count / 2)?, 2));
        Days {
            count: count as u64,
            mean: in_days(sum, count as i128),
            median,
        }
    }
}

/// A sum of spans over their number, in days.
fn in_days(micros: i128, count: i128) -> Option<Decimal> {
    let billionths = micros.checked_mul(1_000_000_000)?;
    let parts = count.checked_mul(DAY).filter(|parts| *parts > 0)?;
    let (whole, rest) = (billionths.div_euclid(parts), billionths.rem_euclid(parts));
    let up = match (rest * 2).cmp(&parts) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => whole % 2 != 0,
        std::cmp::Ordering::Greater => true,
    };
    Decimal::from_billionths(whole + i128::from(up))
}

impl Serialize for Days {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;

        let text = |days: &Option<Decimal>| days.map(|days| days.to_string());
        let mut days = to.serialize_struct("Days", 3)?;
        days.serialize_field("count", &self.count)?;
        days.serialize_field("mean", &text(&self.mean))?;
        days.serialize_field("median", &text(&self.median))?;
        days.end()
    }
}
