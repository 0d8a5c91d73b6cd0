//! How much working time lies between two instants, and what is so much of it later?

use std::sync::OnceLock;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::definition::{BusinessCalendar, called};
use super::hours::Span;
use super::year::{Day, OpenYear, Reason, days};
use super::zone::Zone;
use crate::context::Locale;

/// The years that a calendar reckons in.
const FIRST: i32 = 1900;
const LAST: i32 = 2150;

/// A business calendar made ready to be reckoned with. Years are prepared when they are first needed and kept, so that
/// a call afterwards is a search in a sorted list.
///
/// It knows the years 1900 to 2150; outside of them it is never open, and whatever would lead there is `None`.
///
/// ```
/// use chrono::TimeDelta;
/// use peyvand::calendar::BusinessCalendar;
/// use serde_json::json;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let calendar = BusinessCalendar::from_json(&json!({
///     "zone": "Asia/Tehran",
///     "weeks": [{"open": {"saturday-wednesday": "08:00-16:00", "thursday": "08:00-12:00"}}],
///     "holidays": [{"name": "نوروز", "calendar": "persian", "day": "01-01", "days": 4}],
/// }))?;
/// let time = calendar.working_time();
/// // Thursday 19 March 2026 at 11:00; Friday is off, and so are the first four days of 1405.
/// let asked = "2026-03-19T07:30:00Z".parse()?;
/// let due = time.add(asked, TimeDelta::hours(3)).ok_or("out of range")?;
/// assert_eq!(time.zone().wall(due).to_string(), "2026-03-25 10:00:00");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct WorkingTime {
    calendar: BusinessCalendar,
    days: Vec<OnceLock<Vec<Day>>>,
    opens: Vec<OnceLock<OpenYear>>,
}

/// A day of a business calendar, for who reads a language.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CalendarDate {
    /// The day.
    pub day: NaiveDate,
    /// From when until when it is open, by the wall; a span that ends at midnight ends at 00:00.
    pub open: Vec<(NaiveTime, NaiveTime)>,
    /// What is celebrated.
    pub holidays: Vec<String>,
    /// Whether a holiday of it is expected and not yet announced.
    pub estimated: bool,
    /// The season with hours of its own that it lies in.
    pub seasons: Vec<String>,
}

impl BusinessCalendar {
    /// Makes it ready to be reckoned with.
    #[must_use]
    pub fn working_time(self) -> WorkingTime {
        let years = (LAST - FIRST + 1) as usize;
        WorkingTime {
            calendar: self,
            days: std::iter::repeat_with(OnceLock::new).take(years).collect(),
            opens: std::iter::repeat_with(OnceLock::new).take(years).collect(),
        }
    }
}

fn place(year: i32) -> Option<usize> {
    usize::try_from(year - FIRST).ok().filter(|_| year <= LAST)
}

fn instant(micros: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(micros)
}

impl WorkingTime {
    /// The time zone in which its days lie.
    #[must_use]
    pub fn zone(&self) -> &Zone {
        self.calendar.zone()
    }

    fn day(&self, day: NaiveDate) -> Option<&Day> {
        let year = self.days.get(place(day.year())?)?;
        let days = year.get_or_init(|| days(&self.calendar, day.year()));
        days.get(day.ordinal0() as usize)
    }

    fn year(&self, year: i32) -> Option<&OpenYear> {
        let held = self.opens.get(place(year)?)?;
        Some(held.get_or_init(|| {
            let start = |year| {
                let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default();
                first.and_time(NaiveTime::MIN).and_utc().timestamp()
            };
            let spans = |number: i64| -> Vec<Span> {
                let day = i32::try_from(number)
                    .ok()
                    .and_then(NaiveDate::from_epoch_days);
                let day = day.and_then(|day| self.day(day));
                day.map_or(Vec::new(), |day| day.open.clone())
            };
            OpenYear::of(&self.calendar, (start(year), start(year + 1)), spans)
        }))
    }

    /// Whether it is open at an instant. The instant at which a span ends is not in it.
    #[must_use]
    pub fn is_open(&self, at: DateTime<Utc>) -> bool {
        let micros = at.timestamp_micros();
        let open = self
            .year(at.year())
            .and_then(|year| year.at_or_after(micros));
        open.is_some_and(|open| open.from <= micros)
    }

    /// This instant, if it is open then, else the next at which it opens; none where it never opens again.
    #[must_use]
    pub fn next_opening(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let micros = at.timestamp_micros();
        let opens = |year| Some(self.year(year)?.at_or_after(micros)?.from);
        let from = (at.year().max(FIRST)..=LAST).find_map(opens)?;
        // An instant of today's clock that lies in a span is its own answer, to the nanosecond.
        if from <= micros {
            Some(at)
        } else {
            instant(from)
        }
    }

    /// The working time between two instants, to the microsecond; less than nothing when the second is the earlier one.
    #[must_use]
    pub fn between(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> Option<TimeDelta> {
        if until < from {
            return self.between(until, from).map(|time| -time);
        }
        let before = self.year(from.year())?.worked(from.timestamp_micros());
        let after = self.year(until.year())?.worked(until.timestamp_micros());
        let mut whole = 0;
        for year in from.year()..until.year() {
            whole += self.year(year)?.total;
        }
        Some(TimeDelta::microseconds(whole + after - before))
    }

    /// The first instant at which so much working time has gone by: what is to be done in a working day of eight hours
    /// and is asked for at opening time is due when it closes, not on the next morning. Of negative time the last instant
    /// that lies so much earlier. Of no time it is the instant itself.
    #[must_use]
    pub fn add(&self, at: DateTime<Utc>, time: TimeDelta) -> Option<DateTime<Utc>> {
        let mut year = at.year();
        let mut held = self.year(year)?;
        let step = time.num_microseconds()?;
        let mut left = held.worked(at.timestamp_micros()).checked_add(step)?;
        if step == 0 {
            return Some(at);
        }
        while left > held.total && step > 0 {
            left -= held.total;
            year += 1;
            held = self.year(year)?;
        }
        while left < 0 {
            year -= 1;
            held = self.year(year)?;
            left += held.total;
        }
        let found = match step > 0 {
            true => held.first_after(left),
            false => held.last_after(left),
        };
        found.and_then(instant)
    }

    /// Whether it is open on a day at all.
    #[must_use]
    pub fn is_working_day(&self, day: NaiveDate) -> bool {
        self.day(day).is_some_and(|day| !day.open.is_empty())
    }

    /// The first working day after a day.
    #[must_use]
    pub fn next_working_day(&self, day: NaiveDate) -> Option<NaiveDate> {
        self.add_working_days(day, 1)
    }

    /// So many working days later, or earlier when the number is negative. With none it is the day itself, or the next
    /// working day where that is none.
    #[must_use]
    pub fn add_working_days(&self, day: NaiveDate, days: i32) -> Option<NaiveDate> {
        let mut day = day;
        let step = |day: NaiveDate| match days < 0 {
            true => day.pred_opt(),
            false => day.succ_opt(),
        };
        let mut left = days.unsigned_abs();
        if left == 0 && !self.is_working_day(day) {
            left = 1;
        }
        while left > 0 {
            day = step(day).filter(|day| place(day.year()).is_some())?;
            left -= u32::from(self.is_working_day(day));
        }
        Some(day)
    }

    /// A day with what is known of it; none outside the years that the calendar knows.
    #[must_use]
    pub fn date(&self, day: NaiveDate, language: Locale) -> Option<CalendarDate> {
        let known = self.day(day)?;
        let calendar = &self.calendar;
        let mut date = CalendarDate {
            day,
            open: known
                .open
                .iter()
                .map(|span| (time(span.from), time(span.until)))
                .collect(),
            holidays: Vec::new(),
            estimated: false,
            seasons: Vec::new(),
        };
        for reason in &known.reasons {
            match *reason {
                Reason::Season(place) => {
                    let season = calendar.seasons.get(place);
                    date.seasons
                        .extend(season.map(|one| called(&one.name, language).to_owned()));
                }
                Reason::Holiday(place) => {
                    let holiday = calendar.holidays.get(place);
                    date.holidays
                        .extend(holiday.map(|one| called(&one.name, language).to_owned()));
                }
                Reason::Dated(place) => {
                    let dated = calendar.days.get(place);
                    date.estimated |= dated.is_some_and(|dated| dated.estimated);
                    date.holidays
                        .extend(dated.map(|one| called(&one.name, language).to_owned()));
                }
            }
        }
        date.holidays.retain(|name| !name.is_empty());
        Some(date)
    }

    /// Whether a day is a holiday or a half day, and not only a day of the week on which it is closed.
    #[must_use]
    pub fn is_holiday(&self, day: NaiveDate) -> bool {
        self.day(day).is_some_and(Day::is_holiday)
    }
}

fn time(minute: u16) -> NaiveTime {
    // Midnight ends a day.
    NaiveTime::from_num_seconds_from_midnight_opt(u32::from(minute) * 60, 0)
        .unwrap_or(NaiveTime::MIN)
}
