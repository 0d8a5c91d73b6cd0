//! Is what a request brings a value of the field's kind?
//!
//! One reader for every door: JSON from programs and scripts, text from files. Text is accepted for every kind, in
//! three kinds of digits, so that a CSV cell and a JSON value go the same way.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value as Json;

use super::field::FieldKind;
use crate::locale::fold_digits;
use crate::record::{Address, Currency, Decimal, Money, PersonName, Phone, RecordId, Text, Value};

/// Days and moments outside are mistypings, and calendars disagree about them.
const YEARS: std::ops::RangeInclusive<i32> = 1600..=2500;

/// A value, or the message that says what is wrong with it.
type Read = Result<Value, String>;

impl FieldKind {
    /// Reads a value of this kind. References must be ids by now; the write path resolves natural keys before.
    pub(crate) fn read(&self, json: &Json) -> Read {
        match self {
            Self::Text | Self::Plugin { .. } => text(json).and_then(one_line),
            Self::LongText => text(json).map(|text| Value::Text(text.into())),
            Self::Integer => integer(json).map(Value::Integer),
            Self::Decimal => decimal(json).map(Value::Decimal),
            Self::Percent => percent(json).map(Value::Decimal),
            Self::Boolean => boolean(json),
            Self::Date => date(json),
            Self::Instant => instant(json),
            Self::Duration => integer(json)
                .map(Value::Duration)
                .map_err(|_| "a duration is a number of microseconds".to_owned()),
            Self::Option { options } => {
                option(&word(json)?, options).map(|name| Value::Text(name.into()))
            }
            Self::MultiOption { options } => several(json, options),
            Self::Money => money(json),
            Self::Phone => phone(json),
            Self::Email => email(&word(json)?),
            Self::Url => url(&word(json)?),
            Self::Address => address(json),
            Self::PersonName => person_name(json),
            Self::Reference { .. } => word(json)?
                .parse::<RecordId>()
                .map(Value::Reference)
                .map_err(|error| error.to_string()),
            Self::Json => any_json(json),
            Self::Rollup(_) => Err("a rollup is kept by the engine and cannot be set".to_owned()),
        }
    }
}

/// JSON is stored as text, and its reader gives up at 128 levels, those of the journal's entry included.
const DEEPEST_JSON: usize = 100;

fn any_json(json: &Json) -> Read {
    if is_deeper(json, DEEPEST_JSON) {
        return Err(format!("it is nested deeper than {DEEPEST_JSON} levels"));
    }
    Ok(Value::Json(json.clone()))
}

fn is_deeper(json: &Json, levels: usize) -> bool {
    match (json, levels.checked_sub(1)) {
        (Json::Array(items), Some(left)) => items.iter().any(|item| is_deeper(item, left)),
        (Json::Object(map), Some(left)) => map.values().any(|item| is_deeper(item, left)),
        (Json::Array(_) | Json::Object(_), None) => true,
        _ => false,
    }
}

fn text(json: &Json) -> Result<String, String> {
    word(json).map(Cow::into_owned)
}

/// As [`text`], for what is looked at and not kept.
fn word(json: &Json) -> Result<Cow<'_, str>, String> {
    match json {
        Json::String(text) => Ok(text.trim().into()),
        Json::Number(number) => Ok(number.to_string().into()),
        other => Err(format!("text is expected, not {}", shape(other))),
    }
}

fn shape(json: &Json) -> &'static str {
    match json {
        Json::Null => "nothing",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

fn one_line(text: String) -> Read {
    if text.bytes().any(|byte| matches!(byte, b'\n' | b'\r')) {
        return Err("it has line breaks; one line of text is expected".to_owned());
    }
    Ok(Value::Text(text.into()))
}

fn integer(json: &Json) -> Result<i64, String> {
    match json {
        Json::Number(number) if number.is_i64() => number.as_i64().ok_or_else(String::new),
        Json::String(text) => {
            let plain: String = fold_digits(text.trim())
                .chars()
                .filter(|c| !matches!(c, ',' | '٬' | '_'))
                .collect();
            plain
                .parse()
                .map_err(|_| format!("'{text}' is not a whole number"))
        }
        Json::Number(number) => Err(format!("{number} is not a whole number")),
        other => Err(format!("a whole number is expected, not {}", shape(other))),
    }
}

fn decimal(json: &Json) -> Result<Decimal, String> {
    match json {
        // Through the number's own text, never through a float.
        Json::Number(number) => {
            let written = number.to_string();
            written
                .parse()
                .or_else(|_| number.as_f64().and_then(Decimal::from_f64).ok_or(()))
                .map_err(|()| {
                    format!("{written} is not a decimal number with at most nine decimal places")
                })
        }
        Json::String(text) => text
            .parse()
            .map_err(|error: crate::record::NotADecimal| error.to_string()),
        other => Err(format!("a number is expected, not {}", shape(other))),
    }
}

fn percent(json: &Json) -> Result<Decimal, String> {
    match json {
        Json::String(text) => decimal(&Json::String(
            text.trim().trim_end_matches(['%', '٪']).to_owned(),
        )),
        other => decimal(other),
    }
}

fn boolean(json: &Json) -> Read {
    let word = match json {
        Json::Bool(yes) => return Ok(Value::Boolean(*yes)),
        Json::String(text) => fold_digits(text.trim()).to_lowercase(),
        Json::Number(number) => number.to_string(),
        other => return Err(format!("true or false is expected, not {}", shape(other))),
    };
    match word.as_str() {
        "true" | "yes" | "1" | "بله" | "نعم" => Ok(Value::Boolean(true)),
        "false" | "no" | "0" | "خیر" | "خير" | "لا" => Ok(Value::Boolean(false)),
        _ => Err(format!("'{word}' is neither true nor false")),
    }
}

/// A date as programs write it: `2026-03-21`.
fn plain_date(written: &str) -> Option<NaiveDate> {
    let bytes: &[u8; 10] = written.as_bytes().try_into().ok()?;
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_u16, |sum, byte| {
            let digit = byte.is_ascii_digit().then(|| byte - b'0')?;
            Some(sum * 10 + u16::from(digit))
        })
    };
    let day = NaiveDate::from_ymd_opt(
        number(&bytes[..4])?.into(),
        number(&bytes[5..7])?.into(),
        number(&bytes[8..])?.into(),
    )?;
    let dashed = bytes[4] == b'-' && bytes[7] == b'-';
    (dashed && YEARS.contains(&chrono::Datelike::year(&day))).then_some(day)
}

fn date(json: &Json) -> Read {
    if let Some(day) = json.as_str().and_then(plain_date) {
        return Ok(Value::Date(day));
    }
    let written = text(json)?;
    let plain = fold_digits(&written).replace('/', "-");
    NaiveDate::parse_from_str(&plain, "%Y-%m-%d")
        .ok()
        .filter(|day| {
            plain.starts_with(|c: char| c.is_ascii_digit())
                && YEARS.contains(&chrono::Datelike::year(day))
        })
        .map(Value::Date)
        .ok_or_else(|| format!("'{written}' is not a Gregorian date such as 2026-03-21"))
}

fn instant(json: &Json) -> Read {
    let written = word(json)?;
    let plain = fold_digits(&written);
    let read = DateTime::parse_from_rfc3339(&plain)
        .map(|at| at.with_timezone(&Utc))
        .ok();
    // Microseconds are what the store and the plugins keep.
    read.and_then(|at| DateTime::from_timestamp_micros(at.timestamp_micros()))
        .filter(|at| YEARS.contains(&chrono::Datelike::year(at)))
        .map(Value::Instant)
        .ok_or_else(|| format!("'{written}' is not an instant such as 2026-03-21T08:30:00Z"))
}

fn option(written: &str, options: &[String]) -> Result<String, String> {
    let same = |name: &&String| name.as_str() == written || name.eq_ignore_ascii_case(written);
    options.iter().find(same).cloned().ok_or_else(|| {
        let near = super::did_you_mean(written, options.iter().map(String::as_str));
        format!("'{written}' is not one of {}{near}", options.join(", "))
    })
}

fn several(json: &Json, options: &[String]) -> Read {
    let written: Vec<String> = match json {
        Json::Array(items) => items.iter().map(text).collect::<Result<_, _>>()?,
        other => text(other)?
            .split([',', '،', ';'])
            .map(|part| part.trim().to_owned())
            .filter(|part| !part.is_empty())
            .collect(),
    };
    let chosen: Vec<String> = written
        .iter()
        .map(|name| option(name, options))
        .collect::<Result<_, _>>()?;
    // The set's own order, each once, so that equal sets are equal values.
    Ok(Value::Options(
        options
            .iter()
            .filter(|name| chosen.contains(name))
            .map(Text::from)
            .collect(),
    ))
}

fn money(json: &Json) -> Read {
    let (amount, currency) = match json {
        Json::Object(map) => {
            only(map, &["amount", "currency"])?;
            let amount = decimal(map.get("amount").ok_or("money needs an amount")?)?;
            (
                amount,
                word(map.get("currency").ok_or("money needs a currency")?)?,
            )
        }
        Json::String(written) => {
            let (amount, currency) = written
                .trim()
                .rsplit_once(' ')
                .ok_or_else(|| format!("'{written}' has no currency; write it as '1200 IRR'"))?;
            (decimal(&Json::String(amount.to_owned()))?, currency.into())
        }
        other => {
            return Err(format!(
                "money is expected as {{\"amount\": \"1200\", \"currency\": \"IRR\"}}, not {}",
                shape(other)
            ));
        }
    };
    let currency: Currency = currency
        .parse()
        .map_err(|error: crate::record::NotACurrency| error.to_string())?;
    Ok(Value::Money(Money { amount, currency }))
}

fn phone(json: &Json) -> Read {
    if let Json::Object(map) = json {
        only(map, &["raw", "e164", "extension"])?;
    }
    let written = match json {
        Json::Object(map) => word(
            map.get("raw")
                .or_else(|| map.get("e164"))
                .ok_or("a phone needs its number under 'raw'")?,
        )?,
        other => word(other)?,
    };
    Phone::parse(&written)
        .map(|phone| Value::Phone(Box::new(phone)))
        .ok_or_else(|| format!("'{written}' is not a telephone number"))
}

fn email(written: &str) -> Read {
    let plain = |part: &str| {
        let odd = |c: char| {
            matches!(
                c,
                '<' | '>' | '(' | ')' | '[' | ']' | ',' | ';' | ':' | '\\' | '"' | '@'
            )
        };
        !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control() || odd(c))
    };
    let sound = written.rsplit_once('@').is_some_and(|(local, domain)| {
        plain(local)
            && plain(domain)
            && written.len() <= 254
            && domain.contains('.')
            && !domain.contains('_')
            && domain
                .split('.')
                .all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
    });
    if sound {
        Ok(Value::Text(written.into()))
    } else {
        Err(format!("'{written}' is not an e-mail address"))
    }
}

fn url(written: &str) -> Read {
    let rest = written
        .strip_prefix("https://")
        .or_else(|| written.strip_prefix("http://"));
    match rest {
        Some(host) if !host.is_empty() && !written.contains(char::is_whitespace) => {
            Ok(Value::Text(written.into()))
        }
        None if written.contains('.')
            && !written.contains("://")
            && !written.contains(char::is_whitespace) =>
        {
            Ok(Value::Text(format!("https://{written}").into()))
        }
        _ => Err(format!(
            "'{written}' is not a web address that begins with https:// or http://"
        )),
    }
}

fn part(map: &serde_json::Map<String, Json>, name: &str) -> Result<Text, String> {
    map.get(name)
        .filter(|value| !value.is_null())
        .map_or(Ok(Text::new()), |written| text(written).map(Text::from))
}

fn only(map: &serde_json::Map<String, Json>, known: &[&str]) -> Result<(), String> {
    match map.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(format!(
            "there is no part '{name}'; the parts are {}",
            known.join(", ")
        )),
        None => Ok(()),
    }
}

fn address(json: &Json) -> Read {
    let Json::Object(map) = json else {
        return text(json).map(|street| {
            Value::Address(Box::new(Address {
                street: street.into(),
                ..Address::default()
            }))
        });
    };
    only(
        map,
        &["street", "city", "province", "postal_code", "country"],
    )?;
    Ok(Value::Address(Box::new(Address {
        street: part(map, "street")?,
        city: part(map, "city")?,
        province: part(map, "province")?,
        postal_code: fold_digits(&part(map, "postal_code")?).into(),
        country: part(map, "country")?,
    })))
}

fn person_name(json: &Json) -> Read {
    let name = match json {
        Json::Object(map) => {
            only(map, &["title", "given", "family"])?;
            PersonName {
                title: part(map, "title")?,
                given: part(map, "given")?,
                family: part(map, "family")?,
            }
        }
        // The first word is the given name; what follows is the family name, as often two words as one.
        other => {
            let written = text(other)?;
            let (given, family) = written
                .split_once(char::is_whitespace)
                .unwrap_or(("", &written));
            PersonName::new(given, family)
        }
    };
    if name.given.is_empty() && name.family.is_empty() {
        return Err("a person's name needs a given or a family name".to_owned());
    }
    Ok(Value::PersonName(Box::new(name)))
}
