//! In which period does a day lie?
//!
//! Written `close_date:month`, or `month(close_date)`, with the calendar after it: `close_date:month@persian`. A period is
//! known by its first day. Weeks begin on Monday in the Gregorian calendar, on Saturday in the Persian one and on Sunday
//! in the Hijri one. A day outside a calendar's years lies in no period.

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::error::QueryError;
use super::target::Target;
use super::when::QueryTime;
use crate::record::Value;
use crate::schema::{FieldKind, did_you_mean};

/// A period of a calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bucket {
    period: Period,
    calendar: Year,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Period {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

/// What years and months are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Year {
    Gregorian,
    #[cfg(feature = "intl")]
    Of(crate::locale::Calendar),
}

const NAMES: [(&str, Period); 5] = [
    ("day", Period::Day),
    ("week", Period::Week),
    ("month", Period::Month),
    ("quarter", Period::Quarter),
    ("year", Period::Year),
];

const CALENDARS: [&str; 3] = ["gregorian", "persian", "hijri"];

/// The name of a field, and its period where one is written.
pub(crate) fn split(written: &str) -> (&str, Option<String>) {
    let written = written.trim();
    if let Some((field, bucket)) = written.split_once(':') {
        return (field.trim(), Some(bucket.trim().to_owned()));
    }
    let called = written
        .split_once('(')
        .and_then(|(period, rest)| Some((period.trim(), rest.split_once(')')?)));
    match called {
        Some((period, (field, calendar))) => {
            (field.trim(), Some(format!("{period}{}", calendar.trim())))
        }
        None => (written, None),
    }
}

impl Bucket {
    pub(super) fn of(name: &str, target: &Target) -> Result<Self, QueryError> {
        let (period, calendar) = Self::words(name);
        let Some((_, known)) = NAMES.iter().find(|(known, _)| *known == period) else {
            let near = did_you_mean(period, NAMES.iter().map(|(known, _)| *known));
            return Err(QueryError::UnknownBucket {
                field: target.name.clone(),
                bucket: period.to_owned(),
                near,
            });
        };
        if !matches!(target.kind, FieldKind::Date | FieldKind::Instant) {
            return Err(QueryError::NoBuckets {
                field: target.name.clone(),
                kind: target.kind.name(),
                bucket: period.to_owned(),
            });
        }
        Ok(Self {
            period: *known,
            calendar: calendar.map_or(Ok(Year::Gregorian), Year::of)?,
        })
    }

    /// The period and the calendar of `month@persian`.
    fn words(text: &str) -> (&str, Option<&str>) {
        match text.split_once('@') {
            Some((period, calendar)) => (period.trim(), Some(calendar.trim())),
            None => (text.trim(), None),
        }
    }

    /// The first day of the period.
    pub(super) fn start(self, day: NaiveDate) -> Option<NaiveDate> {
        let (year, month) = match self.period {
            Period::Day => return Some(day),
            Period::Week => {
                let days = day.weekday().days_since(self.calendar.first_weekday());
                return day.checked_sub_days(Days::new(days.into()));
            }
            Period::Month | Period::Quarter | Period::Year => self.calendar.month_of(day)?,
        };
        let first = match self.period {
            Period::Quarter => month - (month - 1) % 3,
            Period::Year => 1,
            Period::Day | Period::Week | Period::Month => month,
        };
        self.calendar.first_of(year, first)
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

    /// Whether the other's periods are whole ones of this.
    pub(super) fn is_made_of(self, other: Self) -> bool {
        let within = match (other.period, self.period) {
            (Period::Day, _) => return true,
            (Period::Month, Period::Quarter | Period::Year) => true,
            (Period::Quarter, Period::Year) => true,
            (finer, coarser) => finer == coarser,
        };
        within && self.calendar == other.calendar
    }
}

/// Periods of a calendar, without a field: `month@persian`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Periods(Bucket);

impl Periods {
    /// # Errors
    /// There is no such period, or no such calendar.
    pub(crate) fn parse(text: &str) -> Result<Self, QueryError> {
        let (period, calendar) = Bucket::words(text);
        let period = NAMES
            .iter()
            .find(|(known, _)| *known == period)
            .ok_or_else(|| {
                let near = did_you_mean(period, NAMES.iter().map(|(known, _)| *known));
                QueryError::UnknownPeriod {
                    period: period.to_owned(),
                    near,
                }
            })?;
        Ok(Self(Bucket {
            period: period.1,
            calendar: calendar.map_or(Ok(Year::Gregorian), Year::of)?,
        }))
    }

    /// The first day of the period that a day lies in.
    pub(crate) fn first_day(self, day: NaiveDate) -> Option<NaiveDate> {
        self.0.start(day)
    }
}

impl Year {
    fn of(name: &str) -> Result<Self, QueryError> {
        let unknown = || QueryError::UnknownCalendar {
            calendar: name.to_owned(),
            near: did_you_mean(name, CALENDARS.into_iter()),
        };
        if name == "gregorian" {
            return Ok(Self::Gregorian);
        }
        #[cfg(feature = "intl")]
        return match crate::locale::Calendar::from_name(name).ok_or_else(unknown)? {
            crate::locale::Calendar::Gregorian => Ok(Self::Gregorian),
            other => Ok(Self::Of(other)),
        };
        #[cfg(not(feature = "intl"))]
        Err(unknown())
    }

    fn first_weekday(self) -> Weekday {
        match self {
            Self::Gregorian => Weekday::Mon,
            #[cfg(feature = "intl")]
            Self::Of(crate::locale::Calendar::Hijri) => Weekday::Sun,
            #[cfg(feature = "intl")]
            Self::Of(_) => Weekday::Sat,
        }
    }

    fn month_of(self, day: NaiveDate) -> Option<(i32, u8)> {
        match self {
            Self::Gregorian => Some((day.year(), u8::try_from(day.month()).ok()?)),
            #[cfg(feature = "intl")]
            Self::Of(calendar) => calendar
                .name_day(day)
                .map(|named| (named.year, named.month)),
        }
    }

    fn first_of(self, year: i32, month: u8) -> Option<NaiveDate> {
        match self {
            Self::Gregorian => NaiveDate::from_ymd_opt(year, month.into(), 1),
            #[cfg(feature = "intl")]
            Self::Of(calendar) => calendar.day(year, month, 1),
        }
    }
}
