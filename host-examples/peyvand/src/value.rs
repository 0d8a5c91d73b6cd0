//! How does a value read in the language of who looks?
//!
//! The engine gives words; digits, calendars and the marks in numbers are the host's.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use peyvand::locale::{Calendar, DateStyle, Digits, format_date, format_number};
use peyvand::{Cell, Field, Locale, Session, Value};

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

    /// A value of a field; records are named by whoever asks.
    pub(crate) fn value(self, value: &Value, field: Option<&Field>) -> String {
        let option = |name: &str| {
            let labels = field.and_then(|field| field.option_labels.get(name));
            let label = labels.and_then(|labels| labels.get(self.locale.tag()));
            label.filter(|_| self.locale != Locale::En).cloned()
        };
        let text = match value {
            Value::Options(names) => {
                let names = names.iter();
                let names = names.map(|name| option(name).unwrap_or_else(|| name.to_string()));
                names.collect::<Vec<_>>().join(", ")
            }
            _ => value
                .as_text()
                .and_then(option)
                .unwrap_or_else(|| value.to_string()),
        };
        self.written(Some(value), &text)
    }

    /// A cell of a view.
    pub(crate) fn cell(self, cell: &Cell) -> String {
        self.written(cell.value.as_ref(), &cell.text)
    }

    fn written(self, value: Option<&Value>, text: &str) -> String {
        match value {
            Some(Value::Date(day)) => self.day(*day),
            Some(Value::Instant(at)) => self.moment(*at),
            Some(Value::Integer(_) | Value::Decimal(_)) => format_number(text, self.locale),
            Some(Value::Money(money)) => {
                let amount = format_number(&money.amount.to_string(), self.locale);
                format!("{amount} {}", money.currency)
            }
            Some(Value::Phone(_)) => self.digits(text),
            _ => text.to_owned(),
        }
    }
}
