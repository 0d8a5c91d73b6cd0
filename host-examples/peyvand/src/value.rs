//! How do words, numbers and moments of the host's own read in the language of who looks?
//!
//! Values of records come from the engine as they are read.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use peyvand::locale::{Calendar, DateStyle, Digits, format_date, format_number};
use peyvand::{Locale, Session};

/// A language and the clock on the wall.
#[derive(Clone, Copy)]
pub(crate) struct Reading {
    pub(crate) locale: Locale,
    zone: FixedOffset,
}

impl Reading {
    pub(crate) fn of(session: &Session) -> Self {
        Self {
            locale: session.locale(),
            zone: session.zone(),
        }
    }

    /// One of three words.
    pub(crate) fn word(self, [en, fa, ar]: [&'static str; 3]) -> &'static str {
        match self.locale {
            Locale::Fa => fa,
            Locale::Ar => ar,
            _ => en,
        }
    }

    pub(crate) fn count(self, count: u64) -> String {
        format_number(&count.to_string(), self.locale)
    }

    pub(crate) fn day(self, day: NaiveDate) -> String {
        let written = |calendar| format_date(day, calendar, self.locale, DateStyle::Short);
        // As the engine writes one: outside the years of its calendar a day is still a day.
        written(Calendar::usual(self.locale))
            .or_else(|| written(Calendar::Gregorian))
            .unwrap_or_else(|| day.to_string())
    }

    pub(crate) fn moment(self, at: DateTime<Utc>) -> String {
        let at = at.with_timezone(&self.zone);
        let time = self.digits(&at.format("%H:%M").to_string());
        format!("{} {time}", self.day(at.date_naive()))
    }

    /// The text with the digits of the language.
    pub(crate) fn digits(self, text: &str) -> String {
        Digits::of(self.locale).write(text)
    }

    /// A number that is no quantity, such as the position of a commit.
    pub(crate) fn plain(self, number: u64) -> String {
        self.digits(&number.to_string())
    }
}
