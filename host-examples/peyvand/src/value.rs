//! How do words, numbers and moments of the host's own read in the language of who looks?
//!
//! Values of records come from the engine as they are read.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use peyvand::locale::{Calendar, DateStyle, Digits, currency_name, format_date, format_number};
use peyvand::{Decimal, Locale, Money, Session};

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

    /// `2 records`, with the word for one, for many, and those of Persian and Arabic, which stand beside any number.
    pub(crate) fn several(self, count: u64, [one, many, fa, ar]: [&'static str; 4]) -> String {
        let one_or_many = if count == 1 { one } else { many };
        format!("{} {}", self.count(count), self.word([one_or_many, fa, ar]))
    }

    /// A plain number as it is written, with its thousands apart.
    pub(crate) fn number(self, number: impl ToString) -> String {
        format_number(&number.to_string(), self.locale)
    }

    /// An amount; in English with the code, as it is typed.
    pub(crate) fn money(self, money: &Money) -> String {
        self.amount(money.amount, &money.currency.to_string())
    }

    pub(crate) fn amount(self, amount: Decimal, currency: &str) -> String {
        let named = currency_name(currency, self.locale).filter(|_| self.locale != Locale::En);
        format!("{} {}", self.number(amount), named.unwrap_or(currency))
    }

    pub(crate) fn yes_or_no(self, yes: bool) -> &'static str {
        match yes {
            true => self.word(["yes", "بله", "نعم"]),
            false => self.word(["no", "خیر", "لا"]),
        }
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
