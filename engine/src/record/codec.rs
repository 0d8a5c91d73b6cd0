//! How is a record written in bytes?
//!
//! CBOR, `[format, revision, {field number: [kind, …]}]`. A value says its own kind, so a record can be read without
//! the schema that wrote it, and fields that this engine does not know are kept.

use chrono::{DateTime, NaiveDate};
use minicbor::Encoder;

use super::cbor::{ARRAY, BYTES, MAP, Reading, TEXT, UNSIGNED, text_of};
use super::values::Values;
use super::{
    Address, ContentHash, Currency, Decimal, FileRef, Money, PersonName, Phone, Prefix, RecordId,
    Text, Value,
};

const FORMAT: u8 = 1;
/// The kind of value that is met most.
const TEXT_VALUE: u64 = 0;

/// What is stored of a record: its revision, and its values by field number.
pub(crate) struct Stored {
    pub(crate) revision: u64,
    pub(crate) values: Values,
}

/// The bytes cannot be read as a record.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CodecError {
    #[error("stored record: the bytes end early or are of another kind than they should be")]
    Cut,
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

pub(crate) fn encode(revision: u64, values: &Values) -> Vec<u8> {
    let most = values.into_iter().map(|(_, value)| most_bytes(value));
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
            let part = |text: &Option<Text>| 2 + text.as_ref().map_or(0, |text| text.len());
            2 + phone.raw.len() + part(&phone.e164) + part(&phone.extension)
        }
        Value::PersonName(name) => 6 + name.title.len() + name.given.len() + name.family.len(),
        Value::File(file) => 34 + 9 + 6 + file.media_type.len() + file.name.len(),
        Value::Address(_) | Value::Options(_) | Value::Json(_) => 64,
    }
}

fn write_record(out: &mut Out<'_>, revision: u64, values: &Values) -> Written {
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
        Value::Text(text) => out.array(2)?.u64(TEXT_VALUE)?.str(text)?,
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
        Value::File(file) => out
            .array(5)?
            .u8(14)?
            .bytes(file.hash.as_bytes())?
            .u64(file.size)?
            .str(&file.media_type)?
            .str(&file.name)?,
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

/// Reads a whole record.
pub(crate) fn decode(bytes: &[u8]) -> Result<Stored, CodecError> {
    let mut from = Unread::open(bytes)?;
    // A field takes three bytes at least: a wrong count asks for no flood of memory.
    let mut values = Vec::with_capacity(from.left.min(bytes.len() / 3));
    while let Some((field, kind)) = from.next_field()? {
        // Most are texts. Each is made where it stays, or nearly: moving them took as long as reading them.
        if kind == TEXT_VALUE {
            let bytes = from.rest.bytes(TEXT)?;
            values.push((field, Value::Text(text_of(bytes))));
        } else {
            values.push((field, read_kind(&mut from.rest, kind, field)?));
        }
    }
    // What is searched by halves must be in order; what we write is.
    if !values.is_sorted_by_key(|(field, _)| *field) {
        values.sort_by_key(|(field, _)| *field);
    }
    Ok(Stored {
        revision: from.revision,
        values: values.into(),
    })
}

/// A record as it is stored, for a look at one field or two.
#[derive(Clone)]
pub(crate) struct Unread<'a> {
    pub(crate) revision: u64,
    /// So many fields lie in the rest.
    left: usize,
    rest: Reading<'a>,
}

impl<'a> Unread<'a> {
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, CodecError> {
        let mut rest = Reading(bytes);
        rest.expect(ARRAY)?;
        let format = u8::try_from(rest.expect(UNSIGNED)?).map_err(|_| CodecError::Cut)?;
        if format != FORMAT {
            return Err(CodecError::Format(format));
        }
        let revision = rest.expect(UNSIGNED)?;
        let left = usize::try_from(rest.expect(MAP)?).map_err(|_| CodecError::Cut)?;
        Ok(Self {
            revision,
            left,
            rest,
        })
    }

    /// The value of one field: those before it are stepped over.
    pub(crate) fn value(&self, number: u32) -> Result<Option<Value>, CodecError> {
        let mut from = self.clone();
        while let Some((field, kind)) = from.next_field()? {
            if field == number {
                return read_kind(&mut from.rest, kind, field).map(Some);
            }
            skip_kind(&mut from.rest, kind, field)?;
        }
        Ok(None)
    }

    /// The number of the next field, and the kind of its value, which follows.
    #[inline]
    fn next_field(&mut self) -> Result<Option<(u32, u64)>, CodecError> {
        let Some(left) = self.left.checked_sub(1) else {
            return Ok(None);
        };
        self.left = left;
        // Both are small numbers, nearly always.
        let (number, rest) = match self.rest.0 {
            [number @ 0..=23, rest @ ..] | [24, number, rest @ ..] => (*number, rest),
            _ => (0, &[][..]),
        };
        if let [0x82, kind @ 0..=23, rest @ ..] = rest {
            self.rest.0 = rest;
            return Ok(Some((u32::from(number), u64::from(*kind))));
        }
        let field = u32::try_from(self.rest.expect(UNSIGNED)?).map_err(|_| CodecError::Cut)?;
        self.rest.expect(ARRAY)?;
        Ok(Some((field, self.rest.expect(UNSIGNED)?)))
    }
}

/// Steps over a value.
fn skip_kind(from: &mut Reading<'_>, kind: u64, field: u32) -> Result<(), CodecError> {
    let items = match kind {
        TEXT_VALUE..=6 | 13 => 1,
        7 => from.expect(ARRAY)?,
        8 | 12 => 2,
        9 | 11 => 3,
        14 => 4,
        10 => 5,
        _ => return Err(unknown_kind(field)),
    };
    (0..items).try_for_each(|_| from.skip_item())
}

fn read_kind(from: &mut Reading<'_>, kind: u64, field: u32) -> Result<Value, CodecError> {
    let broken = |what| CodecError::Value { field, what };
    Ok(match kind {
        TEXT_VALUE => Value::Text(from.text()?),
        1 => Value::Integer(from.signed()?),
        2 => Value::Decimal(read_decimal(from, field)?),
        3 => Value::Boolean(from.truth()?),
        4 => {
            let days = i32::try_from(from.signed()?).ok();
            let day = days.and_then(NaiveDate::from_num_days_from_ce_opt);
            Value::Date(day.ok_or_else(|| broken("no date"))?)
        }
        5 => {
            let at = DateTime::from_timestamp_micros(from.signed()?);
            Value::Instant(at.ok_or_else(|| broken("no instant"))?)
        }
        6 => Value::Duration(from.signed()?),
        7 => {
            let count = from.expect(ARRAY)?;
            Value::Options((0..count).map(|_| from.text()).collect::<Result<_, _>>()?)
        }
        8 => {
            let amount = read_decimal(from, field)?;
            let currency: Option<Currency> = from.text()?.parse().ok();
            let currency = currency.ok_or_else(|| broken("no currency"))?;
            Value::Money(Money { amount, currency })
        }
        9 => Value::Phone(Box::new(Phone {
            raw: from.text()?,
            e164: from.optional_bytes()?.map(text_of),
            extension: from.optional_bytes()?.map(text_of),
        })),
        10 => Value::Address(Box::new(Address {
            street: from.text()?,
            city: from.text()?,
            province: from.text()?,
            postal_code: from.text()?,
            country: from.text()?,
        })),
        11 => Value::PersonName(Box::new(PersonName {
            title: from.text()?,
            given: from.text()?,
            family: from.text()?,
        })),
        12 => {
            let prefix = std::str::from_utf8(from.bytes(TEXT)?).ok();
            let prefix = prefix.and_then(Prefix::new);
            let prefix = prefix.ok_or_else(|| broken("no prefix"))?;
            let number: Option<[u8; 16]> = from.bytes(BYTES)?.try_into().ok();
            let number = number.ok_or_else(|| broken("no id"))?;
            Value::Reference(RecordId::new(prefix, u128::from_be_bytes(number)))
        }
        13 => {
            let json = serde_json::from_slice(from.bytes(TEXT)?);
            Value::Json(json.map_err(|_| broken("no JSON"))?)
        }
        14 => {
            let hash: Option<[u8; 32]> = from.bytes(BYTES)?.try_into().ok();
            let hash = ContentHash::from_bytes(hash.ok_or_else(|| broken("no hash"))?);
            let size = from.expect(UNSIGNED)?;
            let (media_type, name) = (from.text()?.into(), from.text()?.into());
            Value::File(Box::new(FileRef::new(hash, size, media_type, name)))
        }
        _ => return Err(unknown_kind(field)),
    })
}

fn unknown_kind(field: u32) -> CodecError {
    CodecError::Value {
        field,
        what: "a kind of value that this engine does not know",
    }
}

fn read_decimal(from: &mut Reading<'_>, field: u32) -> Result<Decimal, CodecError> {
    let bytes: Option<[u8; 16]> = from.bytes(BYTES)?.try_into().ok();
    bytes
        .and_then(|bytes| Decimal::from_billionths(i128::from_be_bytes(bytes)))
        .ok_or(CodecError::Value {
            field,
            what: "no decimal",
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_kind_of_value_reads_back_what_was_written() {
        let id = RecordId::new(Prefix::new("acc").unwrap(), u128::MAX - 7);
        let values = vec![
            (16, Value::Text("شرکت نمونه".into())),
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
            (23, Value::Options(vec!["a".into(), "b".into()])),
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
                    city: "تهران".into(),
                    ..Address::default()
                })),
            ),
            (
                27,
                Value::PersonName(Box::new(PersonName::new("علی", "رضایی"))),
            ),
            (28, Value::Reference(id)),
            (29, Value::Json(serde_json::json!({"a": [1, null]}))),
            (
                30,
                Value::File(Box::new(FileRef::new(
                    ContentHash::from_bytes([7; 32]),
                    1 << 40,
                    "application/pdf".to_owned(),
                    "قرارداد.pdf".to_owned(),
                ))),
            ),
        ];
        let bytes = encode(7, &values.clone().into());
        let stored = decode(&bytes).unwrap();
        let raw = Unread::open(&bytes).unwrap();
        assert_eq!(stored.revision, 7);
        let mut read = stored.values.clone();
        for ((field, value), (number, written)) in stored.values.iter().zip(&values) {
            assert_eq!((field, value), (number, written));
            assert_eq!(raw.value(*number).unwrap().as_ref(), Some(written));
        }
        assert_eq!(encode(7, &stored.values), bytes);
        read.set(16, None);
        assert!(read.iter().eq(&values[1..]));
        assert_eq!(raw.value(15).unwrap(), None);
    }

    #[test]
    fn a_newer_format_and_cut_bytes_are_errors() {
        let mut bytes = encode(1, &vec![(16, Value::Integer(1))].into());
        bytes[1] = 9;
        assert!(
            decode(&bytes)
                .err()
                .unwrap()
                .to_string()
                .contains("format 9")
        );
        let bytes = encode(1, &vec![(16, Value::Text("abc".into()))].into());
        for cut in 0..bytes.len() {
            assert!(decode(&bytes[..cut]).is_err(), "{cut}");
        }
    }
}
