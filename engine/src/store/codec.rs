//! How is a record written in bytes?
//!
//! CBOR, `[format, revision, {field number: [kind, …]}]`. A value says its own kind, so a record can be read without
//! the schema that wrote it, and fields that this engine does not know are kept.

use chrono::{DateTime, NaiveDate};
use minicbor::{Decoder, Encoder};

use crate::record::{
    Address, Currency, Decimal, Money, PersonName, Phone, Prefix, RecordId, Value,
};

const FORMAT: u8 = 1;

/// The stored form of a record: revision and values by field number.
pub(crate) struct Stored {
    pub(crate) revision: u64,
    pub(crate) values: Vec<(u32, Value)>,
}

/// The bytes cannot be read as a record.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CodecError {
    #[error("stored record: {0}")]
    Cbor(#[from] minicbor::decode::Error),
    #[error(
        "stored record has format {0}; this engine reads format {FORMAT}: open the store with a newer one"
    )]
    Format(u8),
    #[error("stored record: field {field} holds {what}")]
    Value { field: u32, what: &'static str },
}

type Out<'a> = Encoder<&'a mut Vec<u8>>;
/// Writing into a vector cannot fail; the type is the encoder's.
type Written = Result<(), minicbor::encode::Error<std::convert::Infallible>>;

pub(crate) fn encode(revision: u64, values: &[(u32, Value)]) -> Vec<u8> {
    let most = values.iter().map(|(_, value)| most_bytes(value));
    let mut bytes = Vec::with_capacity(16 + most.sum::<usize>());
    let written = write_record(&mut Encoder::new(&mut bytes), revision, values);
    debug_assert!(written.is_ok(), "writing into memory does not fail");
    bytes
}

/// At least as many bytes as a value takes with the number of its field, where that is easily told.
fn most_bytes(value: &Value) -> usize {
    const HEAD: usize = 5;
    HEAD + match value {
        Value::Text(text) => 3 + text.len(),
        Value::Boolean(_) => 1,
        Value::Date(_) => 5,
        Value::Integer(_) | Value::Instant(_) | Value::Duration(_) => 9,
        Value::Decimal(_) => 17,
        Value::Money(_) => 17 + 4,
        Value::Reference(_) => 17 + 9,
        Value::Phone(phone) => {
            let part = |text: &Option<String>| 2 + text.as_ref().map_or(0, String::len);
            2 + phone.raw.len() + part(&phone.e164) + part(&phone.extension)
        }
        Value::PersonName(name) => 6 + name.title.len() + name.given.len() + name.family.len(),
        Value::Address(_) | Value::Options(_) | Value::Json(_) => 64,
    }
}

fn write_record(out: &mut Out<'_>, revision: u64, values: &[(u32, Value)]) -> Written {
    out.array(3)?
        .u8(FORMAT)?
        .u64(revision)?
        .map(values.len() as u64)?;
    for (field, value) in values {
        out.u32(*field)?;
        write_value(out, value)?;
    }
    Ok(())
}

fn write_value(out: &mut Out<'_>, value: &Value) -> Written {
    match value {
        Value::Text(text) => out.array(2)?.u8(0)?.str(text)?,
        Value::Integer(number) => out.array(2)?.u8(1)?.i64(*number)?,
        Value::Decimal(number) => out
            .array(2)?
            .u8(2)?
            .bytes(&number.billionths().to_be_bytes())?,
        Value::Boolean(yes) => out.array(2)?.u8(3)?.bool(*yes)?,
        Value::Date(day) => out
            .array(2)?
            .u8(4)?
            .i32(chrono::Datelike::num_days_from_ce(day))?,
        Value::Instant(at) => out.array(2)?.u8(5)?.i64(at.timestamp_micros())?,
        Value::Duration(micros) => out.array(2)?.u8(6)?.i64(*micros)?,
        Value::Options(names) => {
            out.array(2)?.u8(7)?.array(names.len() as u64)?;
            for name in names {
                out.str(name)?;
            }
            out
        }
        Value::Money(money) => out
            .array(3)?
            .u8(8)?
            .bytes(&money.amount.billionths().to_be_bytes())?
            .str(money.currency.code())?,
        Value::Phone(phone) => {
            out.array(4)?.u8(9)?.str(&phone.raw)?;
            optional(out, phone.e164.as_deref())?;
            optional(out, phone.extension.as_deref())?;
            out
        }
        Value::Address(a) => out
            .array(6)?
            .u8(10)?
            .str(&a.street)?
            .str(&a.city)?
            .str(&a.province)?
            .str(&a.postal_code)?
            .str(&a.country)?,
        Value::PersonName(n) => out
            .array(4)?
            .u8(11)?
            .str(&n.title)?
            .str(&n.given)?
            .str(&n.family)?,
        Value::Reference(id) => out
            .array(3)?
            .u8(12)?
            .str(id.prefix.as_str())?
            .bytes(&id.number.to_be_bytes())?,
        Value::Json(json) => out.array(2)?.u8(13)?.str(&json.to_string())?,
    };
    Ok(())
}

fn optional(out: &mut Out<'_>, text: Option<&str>) -> Written {
    match text {
        Some(text) => out.str(text)?,
        None => out.null()?,
    };
    Ok(())
}

pub(crate) fn decode(bytes: &[u8]) -> Result<Stored, CodecError> {
    let mut from = Decoder::new(bytes);
    from.array()?;
    let format = from.u8()?;
    if format != FORMAT {
        return Err(CodecError::Format(format));
    }
    let revision = from.u64()?;
    let count = from.map()?.unwrap_or(0);
    let mut values = Vec::with_capacity((count as usize).min(bytes.len()));
    for _ in 0..count {
        let field = from.u32()?;
        values.push((field, read_value(&mut from, field)?));
    }
    Ok(Stored { revision, values })
}

fn read_value(from: &mut Decoder<'_>, field: u32) -> Result<Value, CodecError> {
    let broken = |what| CodecError::Value { field, what };
    from.array()?;
    Ok(match from.u8()? {
        0 => Value::Text(from.str()?.to_owned()),
        1 => Value::Integer(from.i64()?),
        2 => Value::Decimal(read_decimal(from, field)?),
        3 => Value::Boolean(from.bool()?),
        4 => Value::Date(
            NaiveDate::from_num_days_from_ce_opt(from.i32()?).ok_or_else(|| broken("no date"))?,
        ),
        5 => Value::Instant(
            DateTime::from_timestamp_micros(from.i64()?).ok_or_else(|| broken("no instant"))?,
        ),
        6 => Value::Duration(from.i64()?),
        7 => {
            let count = from.array()?.unwrap_or(0);
            Value::Options(
                (0..count)
                    .map(|_| from.str().map(str::to_owned))
                    .collect::<Result<_, _>>()?,
            )
        }
        8 => {
            let amount = read_decimal(from, field)?;
            let currency: Currency = from.str()?.parse().map_err(|_| broken("no currency"))?;
            Value::Money(Money { amount, currency })
        }
        9 => Value::Phone(Box::new(Phone {
            raw: from.str()?.to_owned(),
            e164: read_optional(from)?,
            extension: read_optional(from)?,
        })),
        10 => Value::Address(Box::new(Address {
            street: from.str()?.to_owned(),
            city: from.str()?.to_owned(),
            province: from.str()?.to_owned(),
            postal_code: from.str()?.to_owned(),
            country: from.str()?.to_owned(),
        })),
        11 => Value::PersonName(Box::new(PersonName {
            title: from.str()?.to_owned(),
            given: from.str()?.to_owned(),
            family: from.str()?.to_owned(),
        })),
        12 => {
            let prefix = Prefix::new(from.str()?).ok_or_else(|| broken("no prefix"))?;
            let number: [u8; 16] = from.bytes()?.try_into().map_err(|_| broken("no id"))?;
            Value::Reference(RecordId::new(prefix, u128::from_be_bytes(number)))
        }
        13 => Value::Json(serde_json::from_str(from.str()?).map_err(|_| broken("no JSON"))?),
        _ => return Err(broken("a kind of value that this engine does not know")),
    })
}

fn read_decimal(from: &mut Decoder<'_>, field: u32) -> Result<Decimal, CodecError> {
    let broken = CodecError::Value {
        field,
        what: "no decimal",
    };
    let bytes: Option<[u8; 16]> = from.bytes()?.try_into().ok();
    bytes
        .and_then(|bytes| Decimal::from_billionths(i128::from_be_bytes(bytes)))
        .ok_or(broken)
}

fn read_optional(from: &mut Decoder<'_>) -> Result<Option<String>, CodecError> {
    if from.datatype()? == minicbor::data::Type::Null {
        from.null()?;
        return Ok(None);
    }
    Ok(Some(from.str()?.to_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_kind_of_value_reads_back_what_was_written() {
        let id = RecordId::new(Prefix::new("acc").unwrap(), u128::MAX - 7);
        let values = vec![
            (16, Value::Text("شرکت نمونه".to_owned())),
            (17, Value::Integer(i64::MIN)),
            (18, Value::Decimal("-12.000000001".parse().unwrap())),
            (19, Value::Boolean(true)),
            (
                20,
                Value::Date(NaiveDate::from_ymd_opt(2026, 3, 21).unwrap()),
            ),
            (
                21,
                Value::Instant(DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap()),
            ),
            (22, Value::Duration(-5)),
            (23, Value::Options(vec!["a".to_owned(), "b".to_owned()])),
            (
                24,
                Value::Money(Money {
                    amount: "1250000".parse().unwrap(),
                    currency: "IRR".parse().unwrap(),
                }),
            ),
            (
                25,
                Value::Phone(Box::new(Phone::parse("۰۰۹۸۲۱۸۸۰۰۱۲۳۴ داخلی ۱۲").unwrap())),
            ),
            (
                26,
                Value::Address(Box::new(Address {
                    city: "تهران".to_owned(),
                    ..Address::default()
                })),
            ),
            (
                27,
                Value::PersonName(Box::new(PersonName::new("علی", "رضایی"))),
            ),
            (28, Value::Reference(id)),
            (29, Value::Json(serde_json::json!({"a": [1, null]}))),
        ];
        let stored = decode(&encode(7, &values)).unwrap();
        assert_eq!(stored.revision, 7);
        assert_eq!(stored.values, values);
    }

    #[test]
    fn a_newer_format_and_cut_bytes_are_errors() {
        let mut bytes = encode(1, &[(16, Value::Integer(1))]);
        bytes[1] = 9;
        assert!(
            decode(&bytes)
                .err()
                .unwrap()
                .to_string()
                .contains("format 9")
        );
        let bytes = encode(1, &[(16, Value::Text("abc".to_owned()))]);
        for cut in 0..bytes.len() {
            assert!(decode(&bytes[..cut]).is_err(), "{cut}");
        }
    }
}
