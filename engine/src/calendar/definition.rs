//! What is a business calendar made of?
//!
//! ```json
//! {"zone": "Asia/Tehran",
//!  "weeks": [{"open": {"saturday-wednesday": "08:00-12:00, 13:00-16:30", "thursday": "08:00-12:00"}}],
//!  "seasons": [{"name": "رمضان", "calendar": "hijri", "from": "09-01", "until": "09-30",
//!               "open": {"saturday-wednesday": "09:00-14:00"},
//!               "corrected": {"1447": {"from": "2026-02-19", "until": "2026-03-20"}}}],
//!  "holidays": [{"name": {"fa": "نوروز", "en": "Nowruz"}, "calendar": "persian", "day": "01-01", "days": 4},
//!               {"name": "عید فطر", "calendar": "hijri", "day": "10-01", "corrected": {"1447": "2026-03-21"}}],
//!  "days": [{"day": "2026-03-19", "name": "پیش از نوروز", "open": "08:00-11:00"}]}
//! ```
//!
//! What is more special holds: a day with hours of its own before a day without, those before holidays of every year,
//! those before seasons, and seasons before the week. A season changes the days of the week that it names. A holiday with
//! `open` is a half day. `corrected` says for one year of the calendar on which day it was after all; the day that was
//! expected is then like any other.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate};

use super::hours::Span;
use super::zone::Zone;
use crate::context::Locale;
use crate::locale::Calendar;
use crate::schema::Labels;

/// What something is called: in each language, or one name for all, under the empty tag.
pub(super) type Name = Labels;

/// The name for readers of a language.
pub(super) fn called(name: &Name, language: Locale) -> &str {
    let tags = [language.tag(), "", "en", "fa"];
    let known = tags.iter().find_map(|tag| name.get(*tag));
    known
        .or_else(|| name.values().next())
        .map_or("", String::as_str)
}

/// When somebody works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusinessCalendar {
    pub(super) zone: Zone,
    pub(super) weeks: Vec<Week>,
    pub(super) seasons: Vec<Season>,
    pub(super) holidays: Vec<Holiday>,
    pub(super) days: Vec<DatedDay>,
}

/// The spans of each day of the week, from Monday on.
pub(super) type Hours = [Option<Vec<Span>>; 7];

/// What holds in every week from a day until another, both included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Week {
    pub(super) from: Option<NaiveDate>,
    pub(super) until: Option<NaiveDate>,
    pub(super) open: Hours,
}

/// A day that each year of a calendar has, by month and day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Yearly {
    pub(super) month: u8,
    pub(super) day: u8,
}

/// Other hours for a part of each year of a calendar, both ends included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Season {
    pub(super) name: Name,
    pub(super) calendar: Calendar,
    pub(super) from: Yearly,
    pub(super) until: Yearly,
    pub(super) open: Hours,
    pub(super) corrected: BTreeMap<i32, (NaiveDate, NaiveDate)>,
}

/// A holiday, or a half day, of each year of a calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Holiday {
    pub(super) name: Name,
    pub(super) calendar: Calendar,
    pub(super) on: Yearly,
    pub(super) days: u64,
    pub(super) since: Option<i32>,
    pub(super) until: Option<i32>,
    pub(super) open: Vec<Span>,
    pub(super) corrected: BTreeMap<i32, NaiveDate>,
}

/// A day that is other than its day of the week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DatedDay {
    pub(super) day: NaiveDate,
    pub(super) name: Name,
    /// Expected, and not yet announced.
    pub(super) estimated: bool,
    /// None on a day off.
    pub(super) open: Option<Vec<Span>>,
}

impl Week {
    pub(super) fn holds(&self, day: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }
}

impl Yearly {
    /// The day in a year; none where the year does not have it.
    fn in_year(self, calendar: Calendar, year: i32) -> Option<NaiveDate> {
        calendar.day(year, self.month, self.day)
    }

    /// The same, or the last day of the month where the year does not have it.
    fn or_last(self, calendar: Calendar, year: i32) -> Option<NaiveDate> {
        let last = calendar.days_in_month(year, self.month)?;
        calendar.day(year, self.month, self.day.min(last))
    }
}

impl Season {
    /// The first and the last day of the season that begins in a year of its calendar.
    pub(super) fn in_year(&self, year: i32) -> Option<(NaiveDate, NaiveDate)> {
        if let Some(corrected) = self.corrected.get(&year) {
            return Some(*corrected);
        }
        let first = self.from.or_last(self.calendar, year)?;
        let passes_new_year = (self.until.month, self.until.day) < (self.from.month, self.from.day);
        let ends = if passes_new_year { year + 1 } else { year };
        Some((first, self.until.or_last(self.calendar, ends)?))
    }
}

impl Holiday {
    /// The days of it that belong to a year of its calendar.
    pub(super) fn in_year(&self, year: i32) -> impl Iterator<Item = NaiveDate> {
        let celebrated = self.since.is_none_or(|since| since <= year)
            && self.until.is_none_or(|until| year <= until);
        let corrected = self.corrected.get(&year).copied();
        let first = corrected.or_else(|| self.on.in_year(self.calendar, year));
        let first = first.filter(|_| celebrated);
        (0..self.days).filter_map(move |after| first?.checked_add_days(Days::new(after)))
    }
}

/// The years of a calendar that share days with a Gregorian one, and the years before and after them: what begins at
/// the end of a year may go on in the next.
pub(super) fn years_about(calendar: Calendar, gregorian: i32) -> Vec<i32> {
    let year = |month, day| {
        let day = NaiveDate::from_ymd_opt(gregorian, month, day)?;
        match calendar {
            Calendar::Gregorian => Some(day.year()),
            other => other.name_day(day).map(|named| named.year),
        }
    };
    match (year(1, 1), year(12, 31)) {
        (Some(first), Some(last)) => (first - 1..=last + 1).collect(),
        (Some(only), None) | (None, Some(only)) => (only - 1..=only + 1).collect(),
        (None, None) => Vec::new(),
    }
}

impl BusinessCalendar {
    /// The name of its time zone.
    #[must_use]
    pub fn zone(&self) -> &Zone {
        &self.zone
    }
}
