//! What can a field hold?

use std::fmt;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde_json::json;

use super::{Currency, Decimal, FileRef, Phone, RecordId, Text};

/// The value of one field. An empty field has no value; there is no null.
///
/// What is large is boxed: a record has many small values.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// Text of any sort: text, long text, an option's name, an e-mail address, a URL.
    Text(Text),
    /// A whole number.
    Integer(i64),
    /// An exact decimal number or a percentage.
    Decimal(Decimal),
    /// Yes or no.
    Boolean(bool),
    /// A day without a time zone.
    Date(NaiveDate),
    /// A moment.
    Instant(DateTime<Utc>),
    /// A length of time in microseconds.
    Duration(i64),
    /// Several options of a set, in the set's order.
    Options(Vec<Text>),
    /// An amount in a currency.
    Money(Money),
    /// A telephone number. In a box, as what follows: the others are a third of its size.
    Phone(Box<Phone>),
    /// A postal address.
    Address(Box<Address>),
    /// The name of a person.
    PersonName(Box<PersonName>),
    /// Another record.
    Reference(RecordId),
    /// Anything, for programs.
    Json(serde_json::Value),
    /// A file, whose bytes lie in the content store.
    File(Box<FileRef>),
}

/// An amount in a currency. Amounts in different currencies are never added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    /// How much.
    pub amount: Decimal,
    /// Of what.
    pub currency: Currency,
}

/// A postal address in parts; every part may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Address {
    /// Street, alley, plate, unit.
    pub street: Text,
    /// City or town.
    pub city: Text,
    /// Province or state.
    pub province: Text,
    /// Postal code, ASCII digits.
    pub postal_code: Text,
    /// Country, ISO 3166-1 alpha-2 where it is known.
    pub country: Text,
}

/// The name of a person in parts; at least one of given and family is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct PersonName {
    /// Title: دکتر, مهندس, Dr.
    pub title: Text,
    /// Given name or names.
    pub given: Text,
    /// Family name.
    pub family: Text,
}

impl PersonName {
    /// A name of a given and a family name.
    #[must_use]
    pub fn new(given: &str, family: &str) -> Self {
        Self {
            title: Text::new(),
            given: given.trim().into(),
            family: family.trim().into(),
        }
    }
}

impl Value {
    /// The text of a text-like value.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value as it goes over a wire: ISO dates, ASCII digits, decimals as text.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Text(text) => text.into(),
            Self::Integer(number) => json!(number),
            Self::Decimal(number) => json!(number.to_string()),
            Self::Boolean(yes) => json!(yes),
            Self::Date(day) => json!(day.to_string()),
            Self::Instant(at) => json!(at.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            Self::Duration(micros) => json!(iso_duration(*micros)),
            Self::Options(names) => names.iter().collect(),
            Self::Money(money) => {
                json!({"amount": money.amount.to_string(), "currency": money.currency.code()})
            }
            Self::Phone(phone) => {
                let mut map = serde_json::Map::new();
                map.insert("raw".to_owned(), (&phone.raw).into());
                if let Some(e164) = &phone.e164 {
                    map.insert("e164".to_owned(), e164.into());
                }
                if let Some(extension) = &phone.extension {
                    map.insert("extension".to_owned(), extension.into());
                }
                map.into()
            }
            Self::Address(a) => parts(&[
                ("street", &a.street),
                ("city", &a.city),
                ("province", &a.province),
                ("postal_code", &a.postal_code),
                ("country", &a.country),
            ]),
            Self::PersonName(n) => parts(&[
                ("title", &n.title),
                ("given", &n.given),
                ("family", &n.family),
            ]),
            Self::Reference(id) => json!(id.to_string()),
            Self::Json(value) => value.clone(),
            Self::File(file) => file.to_json(),
        }
    }
}

impl Value {
    /// The shortest JSON that a request could have asked for the value with.
    #[cfg(test)]
    pub(crate) fn as_asked(&self) -> serde_json::Value {
        match self {
            Self::Phone(phone) => (&phone.raw).into(),
            _ => self.to_json(),
        }
    }

    /// Whether `asked` is that JSON. Mostly it is told without making it.
    pub(crate) fn is_as_asked(&self, asked: &serde_json::Value) -> bool {
        use serde_json::Value as Json;
        match (self, asked) {
            (Self::Text(text), Json::String(asked)) => text == asked,
            (Self::Integer(number), Json::Number(asked)) => asked.as_i64() == Some(*number),
            (Self::Boolean(yes), Json::Bool(asked)) => yes == asked,
            (Self::Phone(phone), Json::String(asked)) => phone.raw == *asked,
            (Self::Phone(_), _) => false,
            (
                Self::Decimal(_) | Self::Date(_) | Self::Instant(_) | Self::Reference(_),
                Json::String(asked),
            ) => is_written(self, asked),
            (Self::Money(money), Json::Object(parts)) => {
                let part = |name: &str| parts.get(name).and_then(Json::as_str);
                parts.len() == 2
                    && part("currency") == Some(money.currency.code())
                    && part("amount").is_some_and(|asked| is_written(&money.amount, asked))
            }
            (_, Json::Object(_) | Json::Array(_)) | (Self::Json(_) | Self::Duration(_), _) => {
                self.to_json() == *asked
            }
            _ => false,
        }
    }
}

/// Whether `text` is what the value is written as.
fn is_written(value: &impl fmt::Display, text: &str) -> bool {
    use fmt::Write;
    struct Rest<'a>(&'a str);
    impl Write for Rest<'_> {
        fn write_str(&mut self, part: &str) -> fmt::Result {
            self.0 = self.0.strip_prefix(part).ok_or(fmt::Error)?;
            Ok(())
        }
    }
    let mut rest = Rest(text);
    write!(rest, "{value}").is_ok() && rest.0.is_empty()
}

fn parts(parts: &[(&str, &Text)]) -> serde_json::Value {
    parts
        .iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(name, text)| ((*name).to_owned(), (*text).into()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn iso_duration(micros: i64) -> String {
    let (sign, total) = (if micros < 0 { "-" } else { "" }, micros.unsigned_abs());
    let (seconds, rest) = (total / 1_000_000, total % 1_000_000);
    if rest == 0 {
        format!("{sign}PT{seconds}S")
    } else {
        format!("{sign}PT{seconds}.{rest:06}S")
    }
}

/// What a person reads; ASCII digits, ISO dates. Localised display is the host's choice.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Decimal(number) => write!(f, "{number}"),
            Self::Boolean(yes) => write!(f, "{yes}"),
            Self::Date(day) => write!(f, "{day}"),
            Self::Instant(at) => f.write_str(&at.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            Self::Duration(micros) => f.write_str(&iso_duration(*micros)),
            Self::Options(names) => joined(f, &names.iter().collect::<Vec<_>>(), ", "),
            Self::Money(money) => write!(f, "{} {}", money.amount, money.currency),
            Self::Phone(phone) => write!(f, "{phone}"),
            Self::Address(a) => joined(
                f,
                &[&a.street, &a.city, &a.province, &a.postal_code, &a.country],
                ", ",
            ),
            Self::PersonName(n) => joined(f, &[&n.title, &n.given, &n.family], " "),
            Self::Reference(id) => write!(f, "{id}"),
            Self::Json(value) => write!(f, "{value}"),
            Self::File(file) => f.write_str(&file.name),
        }
    }
}

fn joined(f: &mut fmt::Formatter<'_>, parts: &[&Text], by: &str) -> fmt::Result {
    let present: Vec<&str> = parts
        .iter()
        .map(|part| part.as_str())
        .filter(|part| !part.is_empty())
        .collect();
    f.write_str(&present.join(by))
}
