//! In which period does a day lie?

use chrono::{Datelike, Days, NaiveDate};

use super::error::QueryError;
use super::target::Target;
use super::when::QueryTime;
use crate::record::Value;
use crate::schema::{FieldKind, did_you_mean};

/// A period of the Gregorian calendar; weeks begin on Monday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bucket {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

const NAMES: [(&str, Bucket); 5] = [
    ("day", Bucket::Day),
    ("week", Bucket::Week),
    ("month", Bucket::Month),
    ("quarter", Bucket::Quarter),
    ("year", Bucket::Year),
];

impl Bucket {
    pub(super) fn of(name: &str, target: &Target) -> Result<Self, QueryError> {
        let Some((_, bucket)) = NAMES.iter().find(|(known, _)| *known == name) else {
            let near = did_you_mean(name, NAMES.iter().map(|(known, _)| *known));
            return Err(QueryError::UnknownBucket {
                field: target.name.clone(),
                bucket: name.to_owned(),
                near,
            });
        };
        if matches!(target.kind, FieldKind::Date | FieldKind::Instant) {
            return Ok(*bucket);
        }
        Err(QueryError::NoBuckets {
            field: target.name.clone(),
            kind: target.kind.name(),
            bucket: name.to_owned(),
        })
    }

    /// The first day of the period.
    pub(super) fn start(self, day: NaiveDate) -> Option<NaiveDate> {
        let (year, month) = (day.year(), day.month());
        match self {
            Self::Day => Some(day),
            Self::Week => {
                day.checked_sub_days(Days::new(day.weekday().num_days_from_monday().into()))
            }
            Self::Month => NaiveDate::from_ymd_opt(year, month, 1),
            Self::Quarter => NaiveDate::from_ymd_opt(year, month - (month - 1) % 3, 1),
            Self::Year => NaiveDate::from_ymd_opt(year, 1, 1),
        }
    }

    /// The period of a date or an instant, by its first day.
    pub(super) fn start_of(self, value: &Value, time: &QueryTime) -> Option<Value> {
        let day = match value {
            Value::Date(day) => *day,
            Value::Instant(at) => time.day_of(*at),
            _ => return None,
        };
        self.start(day).map(Value::Date)
    }
}
