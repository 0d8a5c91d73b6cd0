//! How does a value read in the language of who looks?
//!
//! The engine gives words; digits, calendars and the marks in numbers are the host's.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use peyvand::locale::{Calendar, DateStyle, Digits, format_date, format_number};
use peyvand::{Cell, Locale, Session, Value};

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
        let calendar = match self.locale {
            Locale::Fa => Calendar::Jalali,
            _ => Calendar::Gregorian,
        };
        let written = format_date(day, calendar, self.locale, DateStyle::Short);
        written.unwrap_or_else(|| day.to_string())
    }

    pub(crate) fn moment(self, at: DateTime<Utc>) -> String {
        let at = at.with_timezone(&self.zone);
        let time = Digits::of(self.locale).write(&at.format("%H:%M").to_string());
        format!("{} {time}", self.day(at.date_naive()))
    }

    /// A cell of a view.
    pub(crate) fn cell(self, cell: &Cell) -> String {
        match &cell.value {
            Some(Value::Date(day)) => self.day(*day),
            Some(Value::Instant(at)) => self.moment(*at),
            Some(Value::Integer(_) | Value::Decimal(_)) => format_number(&cell.text, self.locale),
            Some(Value::Money(money)) => {
                let amount = format_number(&money.amount.to_string(), self.locale);
                format!("{amount} {}", money.currency)
            }
            Some(Value::Phone(_)) => Digits::of(self.locale).write(&cell.text),
            _ => cell.text.clone(),
        }
    }
}
