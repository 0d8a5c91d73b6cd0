//! How does a field's value become a script's, and back?
//!
//! Decimals stay decimals, composites are maps, references are ids as text. On the way back everything goes through
//! JSON and the reader of the field's kind: a script is outside input like any other.

use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta, Utc};
use rhai::{Array, Dynamic, Map};
use serde_json::{Value as Json, json};

use super::engine::LIMITS;
use super::view::RecordView;
use crate::record::{Decimal, Money, Text, Value};
use crate::schema::FieldKind;

const PLACES: u32 = 9;

pub(super) fn to_script(value: &Value) -> Dynamic {
    match value {
        Value::Text(text) => text.as_str().into(),
        Value::Integer(number) => (*number).into(),
        Value::Decimal(number) => decimal_to_script(*number),
        Value::Boolean(yes) => (*yes).into(),
        Value::Date(day) => Dynamic::from(*day),
        Value::Instant(at) => Dynamic::from(*at),
        Value::Duration(micros) => Dynamic::from(TimeDelta::microseconds(*micros)),
        Value::Options(names) => names
            .iter()
            .map(|name| Dynamic::from(name.as_str().to_owned()))
            .collect::<Array>()
            .into(),
        Value::Money(money) => Dynamic::from(*money),
        Value::Phone(phone) => {
            let optional = |part: &Option<Text>| part.as_deref().map_or(Dynamic::UNIT, Into::into);
            map([
                ("raw", phone.raw.as_str().into()),
                ("e164", optional(&phone.e164)),
                ("extension", optional(&phone.extension)),
            ])
        }
        Value::Address(a) => texts(&[
            ("street", &a.street),
            ("city", &a.city),
            ("province", &a.province),
            ("postal_code", &a.postal_code),
            ("country", &a.country),
        ]),
        Value::PersonName(n) => texts(&[
            ("title", &n.title),
            ("given", &n.given),
            ("family", &n.family),
        ]),
        Value::Reference(id) => id.to_string().into(),
        Value::Json(json) => json_to_script(json),
    }
}

fn map<const N: usize>(parts: [(&str, Dynamic); N]) -> Dynamic {
    parts
        .into_iter()
        .map(|(name, part)| (name.into(), part))
        .collect::<Map>()
        .into()
}

fn texts(parts: &[(&str, &Text)]) -> Dynamic {
    parts
        .iter()
        .map(|(name, text)| ((*name).into(), text.as_str().into()))
        .collect::<Map>()
        .into()
}

fn json_to_script(json: &Json) -> Dynamic {
    match json {
        Json::Null => Dynamic::UNIT,
        Json::Bool(yes) => (*yes).into(),
        Json::Number(number) => number
            .as_i64()
            .map_or_else(|| number.as_f64().unwrap_or_default().into(), Dynamic::from),
        Json::String(text) => text.as_str().into(),
        Json::Array(items) => items.iter().map(json_to_script).collect::<Array>().into(),
        Json::Object(parts) => parts
            .iter()
            .map(|(name, part)| (name.as_str().into(), json_to_script(part)))
            .collect::<Map>()
            .into(),
    }
}

pub(super) fn decimal_to_script(number: Decimal) -> Dynamic {
    // A record's decimal has at most nine places, so the conversion does not fail.
    Dynamic::from_decimal(
        rust_decimal::Decimal::try_from_i128_with_scale(number.billionths(), PLACES)
            .unwrap_or_default()
            .normalize(),
    )
}

/// A script's decimal as a record can keep it, rounded half to even at nine places; `None` when it is too large.
pub(super) fn decimal_from_script(number: rust_decimal::Decimal) -> Option<Decimal> {
    let mut scaled = number.round_dp(PLACES);
    scaled.rescale(PLACES);
    if scaled.scale() != PLACES {
        return None;
    }
    Decimal::from_billionths(scaled.mantissa())
}

/// A number of any of the three kinds that scripts calculate with.
pub(super) fn number(value: &Dynamic) -> Option<Decimal> {
    if let Ok(number) = value.as_int() {
        return Some(Decimal::from(number));
    }
    if let Ok(number) = value.as_float() {
        return Decimal::from_f64(number);
    }
    value.as_decimal().ok().and_then(decimal_from_script)
}

/// What a field of this kind holds when a script sets it; nothing for `()` and for empty text.
///
/// References must be ids by now.
pub(super) fn from_script(kind: &FieldKind, value: &Dynamic) -> Result<Option<Value>, String> {
    let json = to_json(value)?;
    let empty = match &json {
        Json::Null => true,
        Json::String(text) => text.trim().is_empty(),
        Json::Array(items) => items.is_empty() && *kind != FieldKind::Json,
        _ => false,
    };
    if empty {
        return Ok(None);
    }
    match (kind, &json) {
        (FieldKind::Money, Json::Number(number)) => Err(format!(
            "money needs a currency: write money({number}, \"IRR\")"
        )),
        _ => kind.read(&json).map(Some),
    }
}

/// The value as it goes over a wire.
pub(super) fn to_json(value: &Dynamic) -> Result<Json, String> {
    nested_to_json(value, LIMITS.nesting)
}

fn nested_to_json(value: &Dynamic, deeper: usize) -> Result<Json, String> {
    if value.is_unit() {
        return Ok(Json::Null);
    }
    if let Ok(yes) = value.as_bool() {
        return Ok(json!(yes));
    }
    if let Ok(number) = value.as_int() {
        return Ok(json!(number));
    }
    if let Ok(number) = value.as_decimal() {
        let fits =
            decimal_from_script(number).ok_or_else(|| format!("{number} is too large a number"))?;
        return Ok(json!(fits.to_string()));
    }
    if let Ok(number) = value.as_float() {
        return serde_json::Number::from_f64(number)
            .map(Json::Number)
            .ok_or_else(|| format!("{number} is not a number that can be kept"));
    }
    if let Some(text) = value.read_lock::<rhai::ImmutableString>() {
        return Ok(json!(text.as_str()));
    }
    if let Ok(letter) = value.as_char() {
        return Ok(json!(letter.to_string()));
    }
    if let Some(composite) = composite_to_json(value) {
        return Ok(composite);
    }
    let deeper = deeper
        .checked_sub(1)
        .ok_or_else(|| format!("it is nested deeper than {} levels", LIMITS.nesting))?;
    if let Some(items) = value.read_lock::<Array>() {
        return items
            .iter()
            .map(|item| nested_to_json(item, deeper))
            .collect();
    }
    if let Some(parts) = value.read_lock::<Map>() {
        let parts: Result<serde_json::Map<_, _>, String> = parts
            .iter()
            // An empty part is no part: records know no null.
            .filter(|(_, part)| !part.is_unit())
            .map(|(name, part)| Ok((name.to_string(), nested_to_json(part, deeper)?)))
            .collect();
        return parts.map(Json::Object);
    }
    Err(format!(
        "a value of the type {} cannot be kept in a record",
        value.type_name()
    ))
}

fn composite_to_json(value: &Dynamic) -> Option<Json> {
    if let Some(money) = value.read_lock::<Money>() {
        return Some(Value::Money(*money).to_json());
    }
    if let Some(day) = value.read_lock::<NaiveDate>() {
        return Some(json!(day.to_string()));
    }
    if let Some(at) = value.read_lock::<DateTime<Utc>>() {
        return Some(json!(at.to_rfc3339_opts(SecondsFormat::AutoSi, true)));
    }
    if let Some(span) = value.read_lock::<TimeDelta>() {
        return span.num_microseconds().map(|micros| json!(micros));
    }
    value
        .read_lock::<RecordView>()
        .map(|view| json!(view.id().to_string()))
}
