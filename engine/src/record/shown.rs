//! How does a value read in somebody's language?
//!
//! Digits, groups and the calendar are those of the language, amounts never stand without their unit, instants are those
//! of a zone. What a reference leads to, and what an option or a plugin's type is called, only the schema and the store
//! know: whoever has them shows these.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};

use super::{Address, Decimal, Money, Phone, Value};
use crate::context::Locale;
#[cfg(feature = "intl")]
use crate::locale::{Calendar, DateStyle, format_date};
use crate::locale::{Digits, currency_name, format_number, minor_digits};

/// Whose eyes a value is written for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    pub(crate) language: Locale,
    pub(crate) zone: FixedOffset,
    #[cfg(feature = "intl")]
    pub(crate) calendar: Calendar,
    #[cfg(feature = "intl")]
    pub(crate) dates: DateStyle,
}

impl Manner {
    /// As the language usually writes, dates in figures.
    pub(crate) fn usual(language: Locale, zone: FixedOffset) -> Self {
        Self {
            language,
            zone,
            #[cfg(feature = "intl")]
            calendar: Calendar::usual(language),
            #[cfg(feature = "intl")]
            dates: DateStyle::Short,
        }
    }

    pub(crate) fn text(&self, value: &Value) -> String {
        match value {
            // No groups: it may be a year or a number that something has.
            Value::Integer(number) => Digits::of(self.language).write(&number.to_string()),
            Value::Decimal(number) => self.number(*number),
            Value::Boolean(yes) => self.yes_or_no(*yes).to_owned(),
            Value::Date(day) => self.date(*day),
            Value::Instant(at) => self.instant(*at),
            Value::Duration(micros) => self.duration(*micros),
            Value::Options(names) => self.list(names.iter().map(AsRef::as_ref)),
            Value::Money(money) => self.money(*money),
            Value::Phone(phone) => self.phone(phone),
            Value::Address(address) => self.address(address),
            other => other.to_string(),
        }
    }

    pub(crate) fn number(&self, number: Decimal) -> String {
        format_number(&number.to_string(), self.language)
    }

    pub(crate) fn percent(&self, number: Decimal) -> String {
        let sign = match self.language {
            Locale::En => "%",
            Locale::Fa | Locale::Ar => "٪",
        };
        format!("{}{sign}", self.number(number))
    }

    #[cfg(feature = "intl")]
    pub(crate) fn date(&self, day: NaiveDate) -> String {
        // Outside the years of its calendar a day is still a day.
        format_date(day, self.calendar, self.language, self.dates)
            .or_else(|| format_date(day, Calendar::Gregorian, self.language, self.dates))
            .unwrap_or_else(|| day.to_string())
    }

    #[cfg(not(feature = "intl"))]
    pub(crate) fn date(&self, day: NaiveDate) -> String {
        Digits::of(self.language).write(&day.to_string())
    }

    /// Day and time of day in the zone; a day in figures needs no comma behind it.
    fn instant(&self, at: DateTime<Utc>) -> String {
        let day = self.date(at.with_timezone(&self.zone).date_naive());
        let clock = self.clock(at);
        #[cfg(feature = "intl")]
        if self.dates != DateStyle::Short {
            return format!("{day}{}{clock}", self.comma());
        }
        format!("{day} {clock}")
    }

    /// The time of day in the zone.
    pub(crate) fn clock(&self, at: DateTime<Utc>) -> String {
        let at = at.with_timezone(&self.zone).format("%H:%M").to_string();
        Digits::of(self.language).write(&at)
    }

    fn duration(&self, micros: i64) -> String {
        let minutes = micros.unsigned_abs() / 60_000_000;
        let sign = if micros < 0 { "-" } else { "" };
        Digits::of(self.language).write(&format!("{sign}{}:{:02}", minutes / 60, minutes % 60))
    }

    /// An amount with its unit: a number alone is no amount.
    pub(crate) fn money(&self, money: Money) -> String {
        let code = money.currency.code();
        let mut amount = money.amount.to_string();
        let places = amount.split_once('.').map_or(0, |(_, places)| places.len());
        let wanted = minor_digits(code).unwrap_or(0) as usize;
        if places < wanted {
            if places == 0 {
                amount.push('.');
            }
            amount.extend(std::iter::repeat_n('0', wanted - places));
        }
        let unit = match self.language {
            Locale::En => code,
            language => currency_name(code, language).unwrap_or(code),
        };
        format!("{} {unit}", format_number(&amount, self.language))
    }

    pub(crate) fn phone(&self, phone: &Phone) -> String {
        let number = phone.e164.as_deref().unwrap_or(&phone.raw);
        let number = Digits::of(self.language).write(number);
        let Some(extension) = &phone.extension else {
            return number;
        };
        let extension = Digits::of(self.language).write(extension);
        match self.language {
            Locale::En => format!("{number} ext. {extension}"),
            // The mark keeps the plus sign before the number.
            Locale::Fa => format!("\u{200e}{number} داخلی {extension}"),
            Locale::Ar => format!("\u{200e}{number} تحويلة {extension}"),
        }
    }

    fn address(&self, address: &Address) -> String {
        let code = Digits::of(self.language).write(&address.postal_code);
        let parts = [
            address.street.as_str(),
            &address.city,
            &address.province,
            &code,
            &address.country,
        ];
        self.list(parts.into_iter().filter(|part| !part.is_empty()))
    }

    pub(crate) fn yes_or_no(&self, yes: bool) -> &'static str {
        match (self.language, yes) {
            (Locale::En, true) => "yes",
            (Locale::En, false) => "no",
            (Locale::Fa, true) => "بله",
            (Locale::Fa, false) => "خیر",
            (Locale::Ar, true) => "نعم",
            (Locale::Ar, false) => "لا",
        }
    }

    /// The names with the language's comma between them.
    pub(crate) fn list<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> String {
        let names: Vec<&str> = names.into_iter().collect();
        names.join(self.comma())
    }

    /// The comma between names, with its space.
    pub(crate) fn comma(&self) -> &'static str {
        match self.language {
            Locale::En => ", ",
            Locale::Fa | Locale::Ar => "، ",
        }
    }
}
