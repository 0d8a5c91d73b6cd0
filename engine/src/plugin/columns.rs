//! How do values become the columns of the contract, and columns values?
//!
//! The layout is described in `wit/v0.1/peyvand.wit`; its golden vectors are in
//! `tests/fixtures/columns/golden.json`, which the guest kit is tested against as well. What a guest answers is
//! outside input: every offset, length and number is checked.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde_json::{Value as Json, json};

use super::contract::{Batch, Kind, Patches};
use crate::record::{Decimal, Value};
use crate::schema::{FieldKind, RollupMeasure};

/// Bytes of a cell.
const CELL: usize = 8;

impl Kind {
    /// How many cells a value takes.
    pub(super) fn cells(self) -> usize {
        match self {
            Self::Decimal => 2,
            Self::Money => 3,
            _ => 1,
        }
    }

    /// How the values of a field are laid out.
    pub(super) fn of(field: &FieldKind) -> Self {
        match field {
            FieldKind::Integer => Self::Integer,
            FieldKind::Decimal | FieldKind::Percent => Self::Decimal,
            FieldKind::Boolean => Self::Boolean,
            FieldKind::Date => Self::Date,
            FieldKind::Instant => Self::Instant,
            FieldKind::Duration => Self::Duration,
            FieldKind::Money => Self::Money,
            FieldKind::MultiOption { .. }
            | FieldKind::Phone
            | FieldKind::Address
            | FieldKind::PersonName
            | FieldKind::Json => Self::Structured,
            FieldKind::Rollup(rollup) => match rollup.measure {
                RollupMeasure::Count => Self::Integer,
                RollupMeasure::Sum { .. } => Self::Decimal,
                RollupMeasure::SumMoney { .. } => Self::Money,
                RollupMeasure::Latest { .. } => Self::Instant,
            },
            FieldKind::Text
            | FieldKind::LongText
            | FieldKind::Option { .. }
            | FieldKind::Email
            | FieldKind::Url
            | FieldKind::Reference { .. }
            | FieldKind::Plugin { .. } => Self::Text,
        }
    }
}

/// One value in the words of the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell<'a> {
    Boolean(bool),
    /// Integers, days, microseconds.
    Number(i64),
    /// Billionths.
    Decimal(i128),
    Money(i128, [u8; 3]),
    /// Text and JSON documents.
    Text(Cow<'a, str>),
}

impl<'a> Cell<'a> {
    /// The cell of a value in a column of a kind; `None` where they do not belong together.
    pub(super) fn of(kind: Kind, value: &'a Value) -> Option<Self> {
        Some(match (kind, value) {
            (Kind::Boolean, Value::Boolean(yes)) => Self::Boolean(*yes),
            (Kind::Integer, Value::Integer(number)) => Self::Number(*number),
            (Kind::Decimal, Value::Decimal(number)) => Self::Decimal(number.billionths()),
            (Kind::Decimal, Value::Integer(number)) => Self::Decimal(Decimal::from(*number).billionths()),
            (Kind::Date, Value::Date(day)) => Self::Number(days(*day)),
            (Kind::Instant, Value::Instant(at)) => Self::Number(at.timestamp_micros()),
            (Kind::Duration, Value::Duration(micros)) => Self::Number(*micros),
            (Kind::Money, Value::Money(money)) => Self::Money(money.amount.billionths(), money.currency.bytes()),
            (Kind::Text, Value::Text(text)) => Self::Text(Cow::Borrowed(text)),
            (Kind::Text, Value::Reference(id)) => Self::Text(Cow::Owned(id.to_string())),
            (Kind::Structured, value) => Self::Text(Cow::Owned(value.to_json().to_string())),
            _ => return None,
        })
    }

    /// What the schema's reader is given, so that a guest's value passes the same door as everybody's.
    fn to_json(&self, kind: Kind) -> Result<Json, String> {
        Ok(match (kind, self) {
            (_, Self::Boolean(yes)) => json!(yes),
            (Kind::Date, Self::Number(days)) => json!(date(*days).ok_or_else(|| format!("{days} is not a day"))?.to_string()),
            (Kind::Instant, Self::Number(micros)) => json!(instant(*micros).ok_or_else(|| format!("{micros} is not a moment"))?),
            (_, Self::Number(number)) => json!(number),
            (_, Self::Decimal(billionths)) => json!(decimal(*billionths)?.to_string()),
            (_, Self::Money(billionths, currency)) => {
                json!({"amount": decimal(*billionths)?.to_string(), "currency": String::from_utf8_lossy(currency)})
            }
            (Kind::Structured, Self::Text(text)) => serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?,
            (_, Self::Text(text)) => json!(text),
        })
    }
}

/// Days since 1970-01-01.
pub(super) fn days(day: NaiveDate) -> i64 {
    day.signed_duration_since(NaiveDate::default()).num_days()
}

/// The day of a count since 1970-01-01.
pub(super) fn date(days: i64) -> Option<NaiveDate> {
    NaiveDate::default().checked_add_signed(chrono::TimeDelta::try_days(days)?)
}

/// A moment as it is written in JSON.
pub(super) fn instant(micros: i64) -> Option<String> {
    let at: DateTime<Utc> = DateTime::from_timestamp_micros(micros)?;
    Some(at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

fn decimal(billionths: i128) -> Result<Decimal, String> {
    Decimal::from_billionths(billionths).ok_or_else(|| format!("{billionths} billionths are more than a decimal holds"))
}

/// Lays values out one after the other, column by column.
#[derive(Default)]
pub(super) struct Writer {
    cells: Vec<u8>,
    present: Vec<u8>,
    text: Vec<u8>,
    values: usize,
}

/// The texts of a batch are longer than the contract can point into.
#[derive(Debug)]
pub(super) struct TooLong;

impl Writer {
    /// Adds a value, or its absence.
    pub(super) fn push(&mut self, kind: Kind, cell: Option<&Cell<'_>>) -> Result<(), TooLong> {
        let end = self.cells.len() + kind.cells() * CELL;
        match cell {
            None => {}
            Some(Cell::Boolean(yes)) => self.number(i64::from(*yes)),
            Some(Cell::Number(number)) => self.number(*number),
            Some(Cell::Decimal(billionths)) => self.cells.extend_from_slice(&billionths.to_le_bytes()),
            Some(Cell::Money(billionths, currency)) => {
                self.cells.extend_from_slice(&billionths.to_le_bytes());
                self.cells.extend_from_slice(currency);
            }
            Some(Cell::Text(text)) => {
                let offset = u32::try_from(self.text.len()).map_err(|_| TooLong)?;
                let length = u32::try_from(text.len()).map_err(|_| TooLong)?;
                self.text.extend_from_slice(text.as_bytes());
                self.cells.extend_from_slice(&(u64::from(length) << 32 | u64::from(offset)).to_le_bytes());
            }
        }
        self.cells.resize(end, 0);
        if self.values.is_multiple_of(8) {
            self.present.push(0);
        }
        if let (Some(last), true) = (self.present.last_mut(), cell.is_some()) {
            *last |= 1 << (self.values % 8);
        }
        self.values += 1;
        Ok(())
    }

    fn number(&mut self, number: i64) {
        self.cells.extend_from_slice(&number.to_le_bytes());
    }

    /// What was pushed, for so many rows.
    pub(super) fn batch(self, rows: u32) -> Batch {
        Batch { rows, cells: self.cells, present: self.present, text: self.text }
    }
}

/// One value that a guest set: its row, the place of its column, and the value (none clears the field).
pub(super) type Patched<'a> = (u32, u16, Option<Cell<'a>>);

/// The values of patches, one after the other, or what is wrong with them. `writes` are the kinds of the columns.
pub(super) fn read_patches<'a>(writes: &[Kind], rows: usize, patches: &'a Patches) -> Result<Vec<Patched<'a>>, String> {
    let count = patches.at.len();
    if patches.column.len() != count {
        return Err(format!("{count} rows but {} columns of patches", patches.column.len()));
    }
    if patches.present.len() < count.div_ceil(8) {
        return Err(format!("{count} patches need {} bytes of presence, not {}", count.div_ceil(8), patches.present.len()));
    }
    let mut rest = patches.cells.as_slice();
    let mut values = Vec::with_capacity(count);
    for (place, (row, column)) in patches.at.iter().zip(&patches.column).enumerate() {
        if *row as usize >= rows {
            return Err(format!("row {row} is out of range: the batch has {rows}"));
        }
        let Some(kind) = writes.get(usize::from(*column)) else {
            return Err(format!("column {column} is out of range: the manifest declares {} under writes", writes.len()));
        };
        let Some((cells, after)) = rest.split_at_checked(kind.cells() * CELL) else {
            return Err("the cells end before the patches".to_owned());
        };
        rest = after;
        let present = patches.present.get(place / 8).is_some_and(|byte| byte >> (place % 8) & 1 == 1);
        let cell = if present { Some(read_cell(*kind, cells, &patches.text)?) } else { None };
        values.push((*row, *column, cell));
    }
    if !rest.is_empty() {
        return Err(format!("{} bytes of cells belong to no patch", rest.len()));
    }
    Ok(values)
}

fn read_cell<'a>(kind: Kind, cells: &[u8], text: &'a [u8]) -> Result<Cell<'a>, String> {
    let (first, rest) = cells.split_first_chunk::<CELL>().ok_or("a cell is cut off")?;
    let number = i64::from_le_bytes(*first);
    Ok(match kind {
        Kind::Boolean => match number {
            0 => Cell::Boolean(false),
            1 => Cell::Boolean(true),
            other => return Err(format!("{other} is neither 0 nor 1")),
        },
        Kind::Date if i32::try_from(number).is_err() => return Err(format!("{number} is not a day")),
        Kind::Integer | Kind::Date | Kind::Instant | Kind::Duration => Cell::Number(number),
        Kind::Decimal => Cell::Decimal(billionths(cells)?),
        Kind::Money => match rest.split_at_checked(CELL).map(|(_, letters)| letters) {
            Some([a, b, c, 0, 0, 0, 0, 0]) if [a, b, c].iter().all(|letter| letter.is_ascii_uppercase()) => Cell::Money(billionths(cells)?, [*a, *b, *c]),
            _ => return Err("the currency of an amount is not three capital letters".to_owned()),
        },
        Kind::Text | Kind::Structured => {
            let bits = number.cast_unsigned();
            let (offset, length) = ((bits & 0xffff_ffff) as usize, (bits >> 32) as usize);
            let bytes = offset
                .checked_add(length)
                .and_then(|end| text.get(offset..end))
                .ok_or_else(|| format!("a text at {offset} of {length} bytes lies outside the {} bytes of text", text.len()))?;
            Cell::Text(Cow::Borrowed(std::str::from_utf8(bytes).map_err(|_| format!("the text at {offset} is not UTF-8"))?))
        }
    })
}

fn billionths(cells: &[u8]) -> Result<i128, String> {
    cells.first_chunk().map(|bytes| i128::from_le_bytes(*bytes)).ok_or_else(|| "a decimal is cut off".to_owned())
}

/// The value of a guest's cell in a field, read by the field's own rules.
pub(super) fn field_value(field: &FieldKind, cell: &Cell<'_>) -> Result<Value, String> {
    field.read(&cell.to_json(Kind::of(field))?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn golden() -> Json {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/columns/golden.json");
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    fn bytes(hex: &Json) -> Vec<u8> {
        let hex = hex.as_str().unwrap();
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }

    fn kinds(columns: &Json) -> Vec<Kind> {
        let all = [
            ("boolean", Kind::Boolean),
            ("integer", Kind::Integer),
            ("decimal", Kind::Decimal),
            ("date", Kind::Date),
            ("instant", Kind::Instant),
            ("duration", Kind::Duration),
            ("text", Kind::Text),
            ("money", Kind::Money),
            ("structured", Kind::Structured),
        ];
        let kind = |name: &str| all.iter().find(|(known, _)| *known == name).unwrap().1;
        columns.as_array().unwrap().iter().map(|column| kind(column["kind"].as_str().unwrap())).collect()
    }

    fn cell(kind: Kind, json: &Json) -> Option<Cell<'_>> {
        let billionths = |json: &Json| json.as_str().unwrap().parse::<i128>().unwrap();
        (!json.is_null()).then(|| match kind {
            Kind::Boolean => Cell::Boolean(json.as_bool().unwrap()),
            Kind::Decimal => Cell::Decimal(billionths(json)),
            Kind::Money => Cell::Money(billionths(&json["billionths"]), json["currency"].as_str().unwrap().as_bytes().try_into().unwrap()),
            Kind::Text | Kind::Structured => Cell::Text(json.as_str().unwrap().into()),
            _ => Cell::Number(json.as_i64().unwrap()),
        })
    }

    fn patches(vector: &Json) -> Patches {
        let numbers = |key: &str| vector[key].as_array().unwrap().iter().map(|number| number.as_u64().unwrap());
        Patches {
            at: numbers("at").map(|number| number as u32).collect(),
            column: numbers("column").map(|number| number as u16).collect(),
            cells: bytes(&vector["cells"]),
            present: bytes(&vector["present"]),
            text: bytes(&vector["text"]),
        }
    }

    #[test]
    fn golden_batches_are_written_byte_for_byte() {
        let golden = golden();
        let batches = golden["batches"].as_array().unwrap();
        assert!(!batches.is_empty());
        for vector in batches {
            let rows = vector["rows"].as_u64().unwrap();
            let mut writer = Writer::default();
            for (place, kind) in kinds(&vector["columns"]).into_iter().enumerate() {
                for row in 0..rows as usize {
                    writer.push(kind, cell(kind, &vector["values"][row][place]).as_ref()).unwrap();
                }
            }
            let batch = writer.batch(rows as u32);
            let name = &vector["name"];
            assert_eq!(batch.cells, bytes(&vector["cells"]), "{name}");
            assert_eq!(batch.present, bytes(&vector["present"]), "{name}");
            assert_eq!(batch.text, bytes(&vector["text"]), "{name}");
        }
    }

    #[test]
    fn golden_patches_are_read_back() {
        let golden = golden();
        let vectors = golden["patches"].as_array().unwrap();
        assert!(!vectors.is_empty());
        for vector in vectors {
            let (writes, patches) = (kinds(&vector["writes"]), patches(vector));
            let rows = patches.at.iter().max().map_or(0, |row| *row as usize + 1);
            let read = read_patches(&writes, rows, &patches).unwrap();
            for ((row, column, found), (place, json)) in read.iter().zip(vector["values"].as_array().unwrap().iter().enumerate()) {
                assert_eq!((*row, *column), (patches.at[place], patches.column[place]));
                assert_eq!(*found, cell(writes[usize::from(*column)], json), "{}", vector["name"]);
            }
        }
    }

    #[test]
    fn golden_malformed_patches_are_refused() {
        let golden = golden();
        let vectors = golden["malformed"].as_array().unwrap();
        assert!(!vectors.is_empty());
        for vector in vectors {
            assert!(read_patches(&kinds(&vector["writes"]), 1, &patches(vector)).is_err(), "{}", vector["name"]);
        }
    }

    fn one(kind: Kind, cells: Vec<u8>, text: &[u8]) -> Result<(), String> {
        let patches = Patches { at: vec![0], column: vec![0], cells, present: vec![1], text: text.to_vec() };
        read_patches(&[kind], 1, &patches).map(|_| ())
    }

    #[test]
    fn malformed_patches_are_told_and_never_read() {
        let eight = |number: u64| number.to_le_bytes().to_vec();
        let wrong = |result: Result<(), String>, word: &str| {
            let message = result.unwrap_err();
            assert!(message.contains(word), "{message}");
        };
        wrong(one(Kind::Text, eight(5 << 32 | 3), b"abc"), "outside");
        wrong(one(Kind::Text, eight(u64::MAX), b"abc"), "outside");
        wrong(one(Kind::Text, eight(1 << 32), b"\xff"), "UTF-8");
        wrong(one(Kind::Boolean, eight(2), b""), "neither");
        wrong(one(Kind::Integer, vec![0; 7], b""), "end before");
        wrong(one(Kind::Integer, vec![0; 9], b""), "belong to no patch");
        wrong(one(Kind::Money, vec![1; 24], b""), "three capital letters");
        let patches = |at: u32, column: u16, present: Vec<u8>| Patches { at: vec![at], column: vec![column], cells: vec![0; 8], present, text: vec![] };
        let read = |patches: Patches| read_patches(&[Kind::Integer], 1, &patches).map(|_| ());
        wrong(read(patches(1, 0, vec![1])), "row 1 is out of range");
        wrong(read(patches(0, 1, vec![1])), "column 1 is out of range");
        wrong(read(patches(0, 0, vec![])), "presence");
        wrong(read(Patches { column: vec![], ..patches(0, 0, vec![1]) }), "0 columns");
    }

    #[test]
    fn a_cell_becomes_a_value_by_the_rules_of_its_field() {
        let read = |kind: FieldKind, cell: Cell<'_>| field_value(&kind, &cell);
        assert_eq!(read(FieldKind::Date, Cell::Number(0)).unwrap().to_string(), "1970-01-01");
        assert_eq!(read(FieldKind::Percent, Cell::Decimal(12_500_000_000)).unwrap().to_string(), "12.5");
        assert_eq!(read(FieldKind::Money, Cell::Money(1_000_000_000, *b"IRR")).unwrap().to_string(), "1 IRR");
        assert_eq!(read(FieldKind::multi_option(&["a", "b"]), Cell::Text(r#"["b"]"#.into())).unwrap().to_string(), "b");
        assert!(read(FieldKind::option(&["won"]), Cell::Text("lost".into())).is_err());
        assert!(read(FieldKind::Decimal, Cell::Decimal(i128::MAX)).unwrap_err().contains("more than"));
        assert!(read(FieldKind::Date, Cell::Number(i64::MAX)).unwrap_err().contains("not a day"));
        assert!(read(FieldKind::Phone, Cell::Text("{".into())).unwrap_err().contains("not JSON"));
    }

    #[test]
    fn every_value_lands_in_the_column_of_its_kind() {
        let value = Value::Date(NaiveDate::from_ymd_opt(2026, 3, 21).unwrap());
        assert_eq!(Cell::of(Kind::Date, &value), Some(Cell::Number(20533)));
        let value = Value::Options(vec!["customer".to_owned()]);
        assert_eq!(Cell::of(Kind::of(&FieldKind::multi_option(&["customer"])), &value), Some(Cell::Text(r#"["customer"]"#.into())));
        assert_eq!(Cell::of(Kind::Integer, &Value::Boolean(true)), None);
    }
}
