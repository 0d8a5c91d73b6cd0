//! How do values become the columns of the contract, and columns values?
//!
//! The layout is described in `wit/v0.1/types.wit`; its golden vectors are in
//! `tests/fixtures/columns/golden.json`, which the guest kit is tested against as well. What a guest answers is
//! outside input: every offset, length and number is checked.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde_json::{Value as Json, json};

use super::contract::{Batch, Kind, Patches};
use crate::record::{Decimal, Value};
use crate::schema::FieldKind;

/// Bytes of a cell.
const CELL: usize = 8;
/// Bytes of a text for which there is room at first.
const LIKELY_TEXT: usize = 16;

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
            | FieldKind::Json
            | FieldKind::File => Self::Structured,
            FieldKind::Rollup(rollup) => Self::of(&rollup.measure.kind()),
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
            (Kind::Decimal, Value::Integer(number)) => {
                Self::Decimal(Decimal::from(*number).billionths())
            }
            (Kind::Date, Value::Date(day)) => Self::Number(days(*day)),
            (Kind::Instant, Value::Instant(at)) => Self::Number(at.timestamp_micros()),
            (Kind::Duration, Value::Duration(micros)) => Self::Number(*micros),
            (Kind::Money, Value::Money(money)) => {
                Self::Money(money.amount.billionths(), money.currency.bytes())
            }
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
            (Kind::Date, Self::Number(days)) => json!(
                date(*days)
                    .ok_or_else(|| format!("{days} is not a day"))?
                    .to_string()
            ),
            (Kind::Instant, Self::Number(micros)) => {
                json!(instant(*micros).ok_or_else(|| format!("{micros} is not a moment"))?)
            }
            (_, Self::Number(number)) => json!(number),
            (_, Self::Decimal(billionths)) => json!(decimal(*billionths)?.to_string()),
            (_, Self::Money(billionths, currency)) => {
                json!({"amount": decimal(*billionths)?.to_string(), "currency": String::from_utf8_lossy(currency)})
            }
            (Kind::Structured, Self::Text(text)) => {
                serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?
            }
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
    Decimal::from_billionths(billionths)
        .ok_or_else(|| format!("{billionths} billionths are more than a decimal holds"))
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
    /// With room for so many rows of columns of these kinds.
    pub(super) fn with_room(kinds: impl Iterator<Item = Kind>, rows: usize) -> Self {
        let (mut columns, mut cells, mut texts) = (0, 0, 0);
        for kind in kinds {
            columns += 1;
            cells += kind.cells();
            texts += usize::from(matches!(kind, Kind::Text | Kind::Structured));
        }
        Self {
            cells: Vec::with_capacity(cells * CELL * rows),
            present: Vec::with_capacity((columns * rows).div_ceil(8)),
            text: Vec::with_capacity(texts * rows * LIKELY_TEXT),
            values: 0,
        }
    }

    /// Adds a value, or its absence.
    pub(super) fn push(&mut self, kind: Kind, cell: Option<&Cell<'_>>) -> Result<(), TooLong> {
        let end = self.cells.len() + kind.cells() * CELL;
        match cell {
            None => {}
            Some(Cell::Boolean(yes)) => self.number(i64::from(*yes)),
            Some(Cell::Number(number)) => self.number(*number),
            Some(Cell::Decimal(billionths)) => {
                self.cells.extend_from_slice(&billionths.to_le_bytes())
            }
            Some(Cell::Money(billionths, currency)) => {
                self.cells.extend_from_slice(&billionths.to_le_bytes());
                self.cells.extend_from_slice(currency);
            }
            Some(Cell::Text(text)) => {
                let offset = u32::try_from(self.text.len()).map_err(|_| TooLong)?;
                let length = u32::try_from(text.len()).map_err(|_| TooLong)?;
                self.text.extend_from_slice(text.as_bytes());
                self.cells.extend_from_slice(
                    &(u64::from(length) << 32 | u64::from(offset)).to_le_bytes(),
                );
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
        Batch {
            rows,
            cells: self.cells,
            present: self.present,
            text: self.text,
        }
    }
}

/// Tells the values of patches one after the other, each with its row and its place among the columns (none clears the
/// field), or what is wrong with them. `writes` are the kinds of the columns.
pub(super) fn read_patches<'a>(
    writes: &[Kind],
    rows: usize,
    patches: &'a Patches,
    mut tell: impl FnMut(u32, usize, Option<Cell<'a>>) -> Result<(), String>,
) -> Result<(), String> {
    let count = patches.at.len();
    if patches.column.len() != count {
        return Err(format!(
            "{count} rows but {} columns of patches",
            patches.column.len()
        ));
    }
    if patches.present.len() < count.div_ceil(8) {
        return Err(format!(
            "{count} patches need {} bytes of presence, not {}",
            count.div_ceil(8),
            patches.present.len()
        ));
    }
    let mut rest = patches.cells.as_slice();
    for (place, (row, column)) in patches.at.iter().zip(&patches.column).enumerate() {
        if *row as usize >= rows {
            return Err(format!("row {row} is out of range: the batch has {rows}"));
        }
        let Some(kind) = writes.get(usize::from(*column)) else {
            return Err(format!(
                "column {column} is out of range: the manifest declares {} under writes",
                writes.len()
            ));
        };
        let Some((cells, after)) = rest.split_at_checked(kind.cells() * CELL) else {
            return Err("the cells end before the patches".to_owned());
        };
        rest = after;
        let present = patches
            .present
            .get(place / 8)
            .is_some_and(|byte| byte >> (place % 8) & 1 == 1);
        let cell = if present {
            Some(read_cell(*kind, cells, &patches.text)?)
        } else {
            None
        };
        tell(*row, usize::from(*column), cell)?;
    }
    if !rest.is_empty() {
        return Err(format!("{} bytes of cells belong to no patch", rest.len()));
    }
    Ok(())
}

fn read_cell<'a>(kind: Kind, cells: &[u8], text: &'a [u8]) -> Result<Cell<'a>, String> {
    let (first, rest) = cells
        .split_first_chunk::<CELL>()
        .ok_or("a cell is cut off")?;
    let number = i64::from_le_bytes(*first);
    Ok(match kind {
        Kind::Boolean => match number {
            0 => Cell::Boolean(false),
            1 => Cell::Boolean(true),
            other => return Err(format!("{other} is neither 0 nor 1")),
        },
        Kind::Date if i32::try_from(number).is_err() => {
            return Err(format!("{number} is not a day"));
        }
        Kind::Integer | Kind::Date | Kind::Instant | Kind::Duration => Cell::Number(number),
        Kind::Decimal => Cell::Decimal(billionths(cells)?),
        Kind::Money => match rest.split_at_checked(CELL).map(|(_, letters)| letters) {
            Some([a, b, c, 0, 0, 0, 0, 0])
                if [a, b, c].iter().all(|letter| letter.is_ascii_uppercase()) =>
            {
                Cell::Money(billionths(cells)?, [*a, *b, *c])
            }
            _ => return Err("the currency of an amount is not three capital letters".to_owned()),
        },
        Kind::Text | Kind::Structured => {
            let bits = number.cast_unsigned();
            let (offset, length) = ((bits & 0xffff_ffff) as usize, (bits >> 32) as usize);
            let bytes = offset
                .checked_add(length)
                .and_then(|end| text.get(offset..end))
                .ok_or_else(|| {
                    format!(
                        "a text at {offset} of {length} bytes lies outside the {} bytes of text",
                        text.len()
                    )
                })?;
            Cell::Text(Cow::Borrowed(
                std::str::from_utf8(bytes)
                    .map_err(|_| format!("the text at {offset} is not UTF-8"))?,
            ))
        }
    })
}

fn billionths(cells: &[u8]) -> Result<i128, String> {
    cells
        .first_chunk()
        .map(|bytes| i128::from_le_bytes(*bytes))
        .ok_or_else(|| "a decimal is cut off".to_owned())
}

/// The value of a guest's cell in a field, read by the field's own rules.
pub(super) fn field_value(field: &FieldKind, cell: &Cell<'_>) -> Result<Value, String> {
    // The kinds whose rules a cell of theirs fulfils by being one need no JSON in between, which costs more than a call.
    Ok(match (field, cell) {
        (FieldKind::Integer, Cell::Number(number)) => Value::Integer(*number),
        (FieldKind::Duration, Cell::Number(micros)) => Value::Duration(*micros),
        (FieldKind::Boolean, Cell::Boolean(yes)) => Value::Boolean(*yes),
        (FieldKind::Decimal | FieldKind::Percent, Cell::Decimal(billionths)) => {
            Value::Decimal(decimal(*billionths)?)
        }
        (FieldKind::Text | FieldKind::LongText | FieldKind::Plugin { .. }, Cell::Text(text))
            if !text.contains(['\n', '\r']) =>
        {
            Value::Text(text.trim().into())
        }
        (_, cell) => field.read(&cell.to_json(Kind::of(field))?)?,
    })
}
