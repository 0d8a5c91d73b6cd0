//! When does the year of the books begin?
//!
//! A setting of the workspace: a month and a day of a calendar, `04-01` or `01-01@persian`. It names the year in filters,
//! `close_date[in]:this-fiscal-year`, and in groups, `close_date:fiscal-quarter`. Quarters are counted from its first
//! day.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;

use super::error::QueryError;
use super::period::{Period, Reckoning};
use super::reader::Reader;
use crate::error::Result;
use crate::locale::fold_digits;
use crate::store::spaces;

/// The day of each year of a calendar on which the fiscal year begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FiscalYear {
    reckoning: Reckoning,
    month: u8,
    day: u8,
}

/// The text is no beginning of a fiscal year.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}; a fiscal year is written by its first day, as 04-01 or 01-01@persian")]
pub struct NotAFiscalYear {
    message: String,
}

/// Every month of every calendar has so many days, so that no year begins on a day that it does not have.
const LATEST: u8 = 28;

impl FromStr for FiscalYear {
    type Err = NotAFiscalYear;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        let fault = |message: String| NotAFiscalYear { message };
        let plain = fold_digits(text.trim()).to_lowercase();
        let (day, reckoning) = match plain.split_once('@') {
            Some((day, name)) => (day.trim(), Reckoning::named(name.trim()).map_err(fault)?),
            None => (plain.as_str(), Reckoning::Gregorian),
        };
        let parts = day.split_once(['-', '/']);
        let parts = parts.and_then(|(month, day)| Some((month.parse().ok()?, day.parse().ok()?)));
        match parts {
            Some((month @ 1..=12, day @ 1..=LATEST)) => Ok(Self {
                reckoning,
                month,
                day,
            }),
            Some((1..=12, 1..)) => Err(fault(format!(
                "'{text}' begins on a day that not every month has; choose one from 1 to {LATEST}"
            ))),
            _ => Err(fault(format!("'{text}' is no month and day"))),
        }
    }
}

impl fmt::Display for FiscalYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:02}", self.month, self.day)?;
        match self.reckoning {
            Reckoning::Gregorian => Ok(()),
            #[cfg(feature = "intl")]
            other => write!(f, "@{}", other.name()),
        }
    }
}

impl FiscalYear {
    /// The first day of the year or the quarter, by its length in months, that is so many after the one of a day.
    fn start(self, day: NaiveDate, months: i64, after: i64) -> Option<NaiveDate> {
        let (year, month) = self.reckoning.month_of(day)?;
        let here = year * 12 + month - 1;
        // The last month at which one begins, counted from January of the year 0.
        let offset = i64::from(self.month) - 1;
        let mut begin = here - (here - offset).rem_euclid(months);
        if self.nth_day(begin)? > day {
            begin -= months;
        }
        self.nth_day(begin + after * months)
    }

    fn nth_day(self, month: i64) -> Option<NaiveDate> {
        let year = i32::try_from(month.div_euclid(12)).ok()?;
        let month = u8::try_from(month.rem_euclid(12) + 1).ok()?;
        self.reckoning.day(year, month, self.day)
    }

    /// From one to another year or quarter, counted from the one that a day lies in.
    pub(super) fn period(self, day: NaiveDate, months: i64, from: i64, to: i64) -> Option<Period> {
        Some(Period {
            first: self.start(day, months, from)?,
            last: self.start(day, months, to + 1)?.pred_opt()?,
        })
    }

    /// The first day of the year or quarter in which a day lies.
    pub(super) fn first_day(self, day: NaiveDate, months: i64) -> Option<NaiveDate> {
        self.start(day, months, 0)
    }

    /// Whether it begins with a month of a calendar, so that months of it are parts of its quarters.
    pub(super) fn begins_with_a_month(self, reckoning: Reckoning) -> bool {
        self.day == 1 && self.reckoning == reckoning
    }
}

/// The key of the setting.
pub(crate) fn setting() -> Vec<u8> {
    spaces::named(spaces::SETTING, "fiscal year")
}

/// The fiscal year of the workspace, where it has one.
pub(crate) fn fiscal_year(reader: &Reader) -> Result<Option<FiscalYear>> {
    let bytes = reader.snapshot.get(&setting())?;
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    Ok(text.and_then(|text| text.parse().ok()))
}

/// The same where it is asked for.
pub(super) fn needed(reader: &Reader) -> Result<FiscalYear> {
    let none = || QueryError::NoFiscalYear.into();
    fiscal_year(reader)?.ok_or_else(none)
}
