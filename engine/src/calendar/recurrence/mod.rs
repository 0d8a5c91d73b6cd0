//! On which days does something come again?
//!
//! A rule is that of RFC 5545 with the calendars of RFC 7529, `RSCALE=PERSIAN;FREQ=MONTHLY;BYDAY=-1TH`: the last Thursday
//! of each Persian month. Rules name days; the time of day is that of the beginning, by the clock of a zone. `text` reads
//! and writes them, `expand` finds the days, `words` says them.

mod expand;
mod text;
mod words;

#[cfg(test)]
mod tests;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc, Weekday};

use super::zone::Zone;
use crate::locale::Calendar;

pub use text::NotARecurrence;

/// A rule by which something comes again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recurrence {
    pub(super) calendar: Calendar,
    /// Whether the text names the calendar also where that is the Gregorian one.
    pub(super) scaled: bool,
    pub(super) frequency: Frequency,
    pub(super) interval: u32,
    pub(super) end: End,
    pub(super) months: Vec<u8>,
    pub(super) month_days: Vec<i8>,
    pub(super) weekdays: Vec<NthWeekday>,
    /// Which of the days of a period, counted from 1, or from the end from -1.
    pub(super) positions: Vec<i16>,
    pub(super) skip: Skip,
    pub(super) week_start: Weekday,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frequency {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Never,
    Count(u32),
    /// The last day that it may be.
    Day(NaiveDate),
    Instant(DateTime<Utc>),
}

/// What becomes of a day that a month does not have, such as 30 Esfand of a common year.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Skip {
    #[default]
    Omit,
    /// The last day of that month.
    Backward,
    /// The first day of the next month.
    Forward,
}

/// Each Thursday, or the first or last of a month or year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NthWeekday {
    pub(super) nth: Option<i8>,
    pub(super) day: Weekday,
}

impl Recurrence {
    /// The days of the rule from the first day on, which is one of them only where the rule says so.
    ///
    /// ```
    /// use peyvand::calendar::Recurrence;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let rule: Recurrence = "RSCALE=PERSIAN;FREQ=MONTHLY;BYDAY=-1TH".parse()?;
    /// let days: Vec<String> = rule.days("2026-03-21".parse()?).take(2).map(|day| day.to_string()).collect();
    /// // 27 Farvardin and 31 Ordibehesht 1405.
    /// assert_eq!(days, ["2026-04-16", "2026-05-21"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn days(&self, first: NaiveDate) -> impl Iterator<Item = NaiveDate> + '_ {
        let last = match self.end {
            End::Day(day) => Some(day),
            End::Instant(at) => Some(at.date_naive()),
            End::Never | End::Count(_) => None,
        };
        self.counted(expand::all(self, first))
            .take_while(move |day| last.is_none_or(|last| *day <= last))
    }

    /// The instants of the rule: on each of its days the time of the first, by the clock of a zone. A time that the clock
    /// skips on a day is later by as much.
    pub fn instants<'a>(
        &'a self,
        first: NaiveDateTime,
        zone: &'a Zone,
    ) -> impl Iterator<Item = DateTime<Utc>> + 'a {
        let end = self.end;
        self.counted(expand::all(self, first.date()))
            .map(move |day| (day, zone.instant(day.and_time(first.time()))))
            .take_while(move |(day, at)| match end {
                End::Day(last) => *day <= last,
                End::Instant(last) => *at <= last,
                End::Never | End::Count(_) => true,
            })
            .map(|(_, at)| at)
    }

    fn counted(&self, days: impl Iterator<Item = NaiveDate>) -> impl Iterator<Item = NaiveDate> {
        let most = match self.end {
            End::Count(most) => most as usize,
            _ => usize::MAX,
        };
        days.take(most)
    }
}
