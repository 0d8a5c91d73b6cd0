//! When is it open in one year?
//!
//! An instant is in working time when the clock on the wall shows a time within a span of that wall's day. So an hour
//! that the clock skips is no working time, and one that it shows twice is worked twice.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use super::definition::{BusinessCalendar, years_about};
use super::hours::Span;

/// Where the name of a day is found in the definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    Dated(usize),
    Holiday(usize),
    Season(usize),
}

/// A day as the calendar has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Day {
    pub(super) open: Vec<Span>,
    /// Why it is not as its day of the week.
    pub(super) reasons: Vec<Reason>,
}

impl Day {
    /// Whether it is a holiday, all of it or a part.
    pub(super) fn is_holiday(&self) -> bool {
        let season = |reason: &Reason| matches!(reason, Reason::Season(_));
        self.reasons.iter().any(|reason| !season(reason))
    }
}

/// The days of a Gregorian year, by the wall.
pub(super) fn days(calendar: &BusinessCalendar, year: i32) -> Vec<Day> {
    let mut special = Special::default();
    special.add_seasons(calendar, year);
    special.add_holidays(calendar, year);
    special.add_dated(calendar, year);
    let mut week = 0;
    let first = NaiveDate::from_ymd_opt(year, 1, 1);
    let all = first.into_iter().flat_map(|first| first.iter_days());
    all.take_while(|day| day.year() == year)
        .map(|day| {
            // Weeks mostly hold for years.
            let held = calendar.weeks.get(week).is_some_and(|week| week.holds(day));
            if !held {
                let holds = calendar.weeks.iter().position(|week| week.holds(day));
                week = holds.unwrap_or(calendar.weeks.len());
            }
            let place = day.weekday().num_days_from_monday() as usize;
            let usual = calendar
                .weeks
                .get(week)
                .and_then(|week| week.open.get(place)?.clone());
            special.applied(calendar, day, usual.unwrap_or_default())
        })
        .collect()
}

/// What is said of days of a year, the most special last.
#[derive(Default)]
struct Special {
    seasons: Vec<(NaiveDate, NaiveDate, usize)>,
    holidays: BTreeMap<NaiveDate, Vec<usize>>,
    dated: BTreeMap<NaiveDate, Vec<usize>>,
}

impl Special {
    fn add_seasons(&mut self, calendar: &BusinessCalendar, year: i32) {
        for (place, season) in calendar.seasons.iter().enumerate() {
            let years = years_about(season.calendar, year).into_iter();
            let spans = years.filter_map(|year| season.in_year(year));
            self.seasons
                .extend(spans.map(|(first, last)| (first, last, place)));
        }
    }

    fn add_holidays(&mut self, calendar: &BusinessCalendar, year: i32) {
        for (place, holiday) in calendar.holidays.iter().enumerate() {
            for of in years_about(holiday.calendar, year) {
                for day in holiday.in_year(of).filter(|day| day.year() == year) {
                    self.holidays.entry(day).or_default().push(place);
                }
            }
        }
    }

    fn add_dated(&mut self, calendar: &BusinessCalendar, year: i32) {
        let days = calendar.days.iter().enumerate();
        for (place, dated) in days.filter(|(_, dated)| dated.day.year() == year) {
            self.dated.entry(dated.day).or_default().push(place);
        }
    }

    fn applied(&self, calendar: &BusinessCalendar, day: NaiveDate, usual: Vec<Span>) -> Day {
        let mut made = Day {
            open: usual,
            reasons: Vec::new(),
        };
        let weekday = day.weekday().num_days_from_monday() as usize;
        for (first, last, place) in &self.seasons {
            let season = calendar.seasons.get(*place);
            let hours = season.and_then(|season| season.open.get(weekday)?.as_ref());
            if (*first..=*last).contains(&day) {
                made.reasons.push(Reason::Season(*place));
                if let Some(hours) = hours {
                    made.open.clone_from(hours);
                }
            }
        }
        if let Some(places) = self.holidays.get(&day) {
            let mut found = places
                .iter()
                .filter_map(|place| calendar.holidays.get(*place));
            // Of a half and a whole holiday on one day the whole one holds, and no holiday makes a day longer.
            let whole = found.clone().any(|holiday| holiday.open.is_empty());
            let half = found.next().map(|holiday| holiday.open.clone());
            made.open = match (whole, half, made.open.is_empty()) {
                (false, Some(half), false) => half,
                _ => Vec::new(),
            };
            made.reasons
                .extend(places.iter().map(|place| Reason::Holiday(*place)));
        }
        if let Some(places) = self.dated.get(&day) {
            let mut found = places.iter().filter_map(|place| calendar.days.get(*place));
            let hours = found.find_map(|dated| dated.open.clone());
            made.open = hours.unwrap_or_default();
            made.reasons
                .extend(places.iter().map(|place| Reason::Dated(*place)));
        }
        made
    }
}

/// Microseconds since 1970 from which until which it is open, and how long it was open before in the year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Open {
    pub(super) from: i64,
    pub(super) until: i64,
    pub(super) before: i64,
}

/// The opening spans of a year of UTC.
#[derive(Clone, Debug, Default)]
pub(super) struct OpenYear {
    pub(super) opens: Vec<Open>,
    pub(super) total: i64,
}

const MICROS: i64 = 1_000_000;
const DAY: i64 = 86_400;

impl OpenYear {
    /// Of the seconds from which until which the year goes. `day` knows the spans of a day, counted from 1970.
    pub(super) fn of(
        calendar: &BusinessCalendar,
        (from, until): (i64, i64),
        day: impl Fn(i64) -> Vec<Span>,
    ) -> Self {
        let mut year = Self::default();
        for piece in calendar.zone.pieces(from, until) {
            let first = (piece.from + piece.ahead).div_euclid(DAY);
            let last = (piece.until + piece.ahead - 1).div_euclid(DAY);
            for number in first..=last {
                for span in day(number) {
                    let wall = |minute: u16| number * DAY + i64::from(minute) * 60 - piece.ahead;
                    let from = wall(span.from).max(piece.from);
                    let until = wall(span.until).min(piece.until);
                    year.put(from * MICROS, until * MICROS);
                }
            }
        }
        year
    }

    fn put(&mut self, from: i64, until: i64) {
        if until <= from {
            return;
        }
        match self.opens.last_mut() {
            Some(last) if last.until == from => last.until = until,
            _ => self.opens.push(Open {
                from,
                until,
                before: self.total,
            }),
        }
        self.total += until - from;
    }

    /// How long it was open in the year before an instant.
    pub(super) fn worked(&self, at: i64) -> i64 {
        let begun = self.opens.partition_point(|open| open.from <= at);
        match begun.checked_sub(1).and_then(|last| self.opens.get(last)) {
            Some(open) => open.before + at.min(open.until) - open.from,
            None => 0,
        }
    }

    /// The span in which an instant lies, or the next one of the year.
    pub(super) fn at_or_after(&self, at: i64) -> Option<&Open> {
        let over = self.opens.partition_point(|open| open.until <= at);
        self.opens.get(over)
    }

    /// The first instant before which it was open for so long, which is not nothing.
    pub(super) fn first_after(&self, worked: i64) -> Option<i64> {
        let next = self.opens.partition_point(|open| open.before < worked);
        let open = self.opens.get(next.checked_sub(1)?)?;
        Some(open.from + worked - open.before)
    }

    /// The last instant before which it was open for so long, which is not all of the year.
    pub(super) fn last_after(&self, worked: i64) -> Option<i64> {
        let next = self.opens.partition_point(|open| open.before <= worked);
        let open = self.opens.get(next.checked_sub(1)?)?;
        Some(open.from + worked - open.before)
    }
}
