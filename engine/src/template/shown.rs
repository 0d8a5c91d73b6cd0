//! How does a value read in somebody's language?

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, Utc};
use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Output, Value};

use super::view::{Aspect, FieldView, RecordView, View, is_nothing};
use crate::context::Locale;
use crate::locale::{
    Calendar, DateStyle, Digits, currency_name, format_date, format_number, isolate, isolate_html,
    minor_digits, without_marks,
};
use crate::record::{Address, Decimal, Money, Phone, Value as Stored};

impl View {
    /// Writes a value where `{{ … }}` stands.
    pub(super) fn print(&self, out: &mut Output<'_>, value: &Value) -> Result<(), Error> {
        if value.is_safe() {
            return Ok(out.write_str(value.as_str().unwrap_or_default())?);
        }
        let text = self.text(value)?;
        let inside = self.direction();
        let text = match (self.html, self.isolates) {
            (true, _) => Cow::Owned(isolate_html(&text, inside)),
            (false, true) => isolate(&text, inside),
            (false, false) => without_marks(&text),
        };
        Ok(out.write_str(&text)?)
    }

    /// What a value says, without the markup that keeps it apart from what is around it.
    pub(super) fn text(&self, value: &Value) -> Result<String, Error> {
        if value.is_undefined() {
            return Err(ErrorKind::UndefinedError.into());
        }
        if is_nothing(value) {
            return Ok(String::new());
        }
        if let Some(field) = value.downcast_object_ref::<FieldView>() {
            return Ok(self.shown(&field.value, &field.aspect).into_owned());
        }
        if let Some(record) = value.downcast_object_ref::<RecordView>() {
            let title = record.record.object.title_field;
            let title = record.record.value(title);
            return Ok(title.map_or_else(
                || record.record.id().to_string(),
                |title| self.shown(title, &Aspect::Plain).into_owned(),
            ));
        }
        match value.kind() {
            ValueKind::String => Ok(value.as_str().unwrap_or_default().to_owned()),
            ValueKind::Bool => Ok(self.yes_or_no(value.is_true()).to_owned()),
            ValueKind::Number => Ok(Digits::of(self.language).write(&value.to_string())),
            kind => Err(Error::new(
                ErrorKind::InvalidOperation,
                format!("a {kind} cannot be printed; name one of its parts"),
            )),
        }
    }

    fn shown<'a>(&self, value: &'a Stored, aspect: &Aspect) -> Cow<'a, str> {
        if let Aspect::Named(names) = aspect {
            return Cow::Owned(names.join(&format!("{} ", self.comma())));
        }
        Cow::Owned(match value {
            Stored::Text(text) => return Cow::Borrowed(text),
            Stored::Integer(number) => Digits::of(self.language).write(&number.to_string()),
            Stored::Decimal(number) if *aspect == Aspect::Percent => {
                let sign = match self.language {
                    Locale::En => "%",
                    Locale::Fa | Locale::Ar => "٪",
                };
                format!("{}{sign}", self.number(*number))
            }
            Stored::Decimal(number) => self.number(*number),
            Stored::Boolean(yes) => self.yes_or_no(*yes).to_owned(),
            Stored::Date(day) => self.date(*day, self.calendar, DateStyle::Long),
            Stored::Instant(at) => {
                let day = at.with_timezone(&self.zone).date_naive();
                let day = self.date(day, self.calendar, DateStyle::Long);
                format!("{day}{} {}", self.comma(), self.clock(*at))
            }
            Stored::Duration(micros) => self.duration(*micros),
            Stored::Options(names) => names.join(&format!("{} ", self.comma())),
            Stored::Money(money) => self.money(*money),
            Stored::Phone(phone) => self.phone(phone),
            Stored::Address(address) => self.address(address),
            other => other.to_string(),
        })
    }

    pub(super) fn number(&self, number: Decimal) -> String {
        format_number(&number.to_string(), self.language)
    }

    pub(super) fn date(&self, day: NaiveDate, calendar: Calendar, style: DateStyle) -> String {
        // Outside the years of its calendar a day is still a day.
        format_date(day, calendar, self.language, style)
            .or_else(|| format_date(day, Calendar::Gregorian, self.language, style))
            .unwrap_or_else(|| day.to_string())
    }

    /// The time of day in the workspace's zone.
    pub(super) fn clock(&self, at: DateTime<Utc>) -> String {
        let at = at.with_timezone(&self.zone).format("%H:%M").to_string();
        Digits::of(self.language).write(&at)
    }

    fn duration(&self, micros: i64) -> String {
        let minutes = micros.unsigned_abs() / 60_000_000;
        let sign = if micros < 0 { "-" } else { "" };
        Digits::of(self.language).write(&format!("{sign}{}:{:02}", minutes / 60, minutes % 60))
    }

    /// An amount with its unit: a number alone is no amount.
    pub(super) fn money(&self, money: Money) -> String {
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

    pub(super) fn phone(&self, phone: &Phone) -> String {
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
        let given: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        given.join(&format!("{} ", self.comma()))
    }

    fn yes_or_no(&self, yes: bool) -> &'static str {
        match (self.language, yes) {
            (Locale::En, true) => "yes",
            (Locale::En, false) => "no",
            (Locale::Fa, true) => "بله",
            (Locale::Fa, false) => "خیر",
            (Locale::Ar, true) => "نعم",
            (Locale::Ar, false) => "لا",
        }
    }

    pub(super) fn comma(&self) -> &'static str {
        match self.language {
            Locale::En => ",",
            Locale::Fa | Locale::Ar => "،",
        }
    }
}

/// The text on one line: what stands in a header or an SMS must not begin another one.
pub(super) fn one_line(text: &str) -> String {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let words = text.split(|c: char| breaks(c) || c.is_whitespace());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}
