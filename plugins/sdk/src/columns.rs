//! How do values become the columns of the contract, and columns values?
//!
//! The layout is described in `wit/v0.1/types.wit`; its golden vectors are in
//! `tests/fixtures/columns/golden.json`, which the host is tested against as well.

use std::ops::Range;

use crate::value::{Currency, Date, Decimal, Duration, Instant, Money};

/// Bytes of a cell.
const CELL: usize = 8;

/// How a column's values are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Yes or no.
    Boolean,
    /// A signed 64-bit number.
    Integer,
    /// A [`Decimal`].
    Decimal,
    /// A [`Date`].
    Date,
    /// An [`Instant`].
    Instant,
    /// A [`Duration`].
    Duration,
    /// Text, an option's name, a record's id, an e-mail address.
    Text,
    /// A [`Money`].
    Money,
    /// A JSON document: phones, addresses, person names, lists of options.
    Structured,
}

impl Kind {
    /// How many cells a value takes.
    pub const fn cells(self) -> usize {
        match self {
            Self::Decimal => 2,
            Self::Money => 3,
            _ => 1,
        }
    }
}

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Value {
    Boolean(bool),
    Integer(i64),
    Decimal(Decimal),
    Date(Date),
    Instant(Instant),
    Duration(Duration),
    Text(String),
    Money(Money),
    /// A JSON document.
    Structured(String),
}

macro_rules! value_from {
    ($($from:ty => $variant:ident),+ $(,)?) => {
        $(impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Self::$variant(value.into())
            }
        })+
    };
}
value_from!(
    bool => Boolean, i64 => Integer, Decimal => Decimal, Date => Date, Instant => Instant,
    Duration => Duration, &str => Text, String => Text, Money => Money,
);

/// A column of a hook: its name and kind. Its number is its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The field's name; one that begins with `old.` is the value before the change.
    pub name: String,
    /// How it is laid out.
    pub kind: Kind,
}

/// Records as they cross: the four parts of the contract's `batch`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub struct Batch {
    pub rows: u32,
    pub cells: Vec<u8>,
    pub present: Vec<u8>,
    pub text: Vec<u8>,
}

/// New values as they cross: the five parts of the contract's `patches`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub struct PatchColumns {
    pub at: Vec<u32>,
    pub column: Vec<u16>,
    pub cells: Vec<u8>,
    pub present: Vec<u8>,
    pub text: Vec<u8>,
}

/// The columns of a hook and where each begins.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    columns: Vec<Column>,
    /// For each column, the cells that one row takes in the columns before it.
    before: Vec<usize>,
}

impl Layout {
    /// The layout of these columns.
    pub fn new(columns: Vec<Column>) -> Self {
        let mut cells = 0;
        let before = columns
            .iter()
            .map(|column| {
                let here = cells;
                cells += column.kind.cells();
                here
            })
            .collect();
        Self { columns, before }
    }

    /// The columns in order.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The place of the column with this name.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// The place of the column that holds this field's value before the change.
    pub fn place_of_old(&self, name: &str) -> Option<usize> {
        self.columns
            .iter()
            .position(|column| column.name.strip_prefix("old.") == Some(name))
    }

    /// The cells of one value, none where it is absent or the batch is too short for it.
    fn cells<'b>(&self, batch: &'b Batch, column: usize, row: u32) -> Option<(Kind, &'b [u8])> {
        let kind = self.columns.get(column)?.kind;
        if row >= batch.rows {
            return None;
        }
        let (rows, row) = (batch.rows as usize, row as usize);
        let bit = column.checked_mul(rows)?.checked_add(row)?;
        if batch.present.get(bit / 8)? >> (bit % 8) & 1 == 0 {
            return None;
        }
        let cell = self
            .before
            .get(column)?
            .checked_mul(rows)?
            .checked_add(row * kind.cells())?;
        let start = cell.checked_mul(CELL)?;
        let cells = batch.cells.get(start..start + kind.cells() * CELL)?;
        Some((kind, cells))
    }

    /// Where in the batch's text a value of kind text or structured lies.
    pub(crate) fn text_range(
        &self,
        batch: &Batch,
        column: usize,
        row: u32,
    ) -> Option<Range<usize>> {
        match self.cells(batch, column, row)? {
            (Kind::Text | Kind::Structured, cells) => range_at(cells),
            _ => None,
        }
    }

    /// Whether a value is there and, unless it is a text, the bytes that it is told by: equal values have equal ones.
    pub(crate) fn bytes<'b>(
        &self,
        batch: &'b Batch,
        column: usize,
        row: u32,
    ) -> Option<(Kind, &'b [u8])> {
        let (kind, cells) = self.cells(batch, column, row)?;
        match kind {
            Kind::Text | Kind::Structured => Some((kind, batch.text.get(range_at(cells)?)?)),
            _ => Some((kind, cells)),
        }
    }

    /// Bytes that the cells of one row take.
    pub(crate) fn row_bytes(&self) -> usize {
        self.columns
            .iter()
            .map(|column| column.kind.cells() * CELL)
            .sum()
    }

    /// A column of integers, dates, instants or durations as it lies: none where it is of another kind or the batch is
    /// too short for it.
    pub(crate) fn numbers<'b>(
        &self,
        batch: &'b Batch,
        column: usize,
    ) -> Option<impl Iterator<Item = Option<i64>> + 'b> {
        let kind = self.columns.get(column)?.kind;
        if !matches!(
            kind,
            Kind::Integer | Kind::Date | Kind::Instant | Kind::Duration
        ) {
            return None;
        }
        let rows = batch.rows as usize;
        let (first, start) = (column * rows, self.before.get(column)? * rows * CELL);
        let cells = batch.cells.get(start..start + rows * CELL)?;
        let present = batch.present.as_slice();
        let (cells, _) = cells.as_chunks::<CELL>();
        Some(cells.iter().zip(first..).map(move |(cell, bit)| {
            let there = present
                .get(bit / 8)
                .is_some_and(|byte| byte >> (bit % 8) & 1 == 1);
            there.then(|| i64::from_le_bytes(*cell))
        }))
    }

    /// The value of a row in a column.
    pub fn value(&self, batch: &Batch, column: usize, row: u32) -> Option<Value> {
        let (kind, cells) = self.cells(batch, column, row)?;
        read(kind, cells, &batch.text)
    }
}

/// The value in these cells; none where they are no value of the kind.
pub fn read(kind: Kind, cells: &[u8], text: &[u8]) -> Option<Value> {
    Some(match kind {
        Kind::Boolean => match cell_at(cells, 0)? {
            0 => Value::Boolean(false),
            1 => Value::Boolean(true),
            _ => return None,
        },
        Kind::Integer => Value::Integer(cell_at(cells, 0)?),
        Kind::Decimal => Value::Decimal(decimal_at(cells)?),
        Kind::Date => Value::Date(Date(i32::try_from(cell_at(cells, 0)?).ok()?)),
        Kind::Instant => Value::Instant(Instant(cell_at(cells, 0)?)),
        Kind::Duration => Value::Duration(Duration(cell_at(cells, 0)?)),
        Kind::Text => Value::Text(text_at(cells, text)?.to_owned()),
        Kind::Structured => Value::Structured(text_at(cells, text)?.to_owned()),
        Kind::Money => {
            let letters = cells.get(2 * CELL..3 * CELL)?;
            let (code, rest) = letters.split_at_checked(3)?;
            if rest.iter().any(|byte| *byte != 0) {
                return None;
            }
            Value::Money(Money {
                amount: decimal_at(cells)?,
                currency: Currency::new(std::str::from_utf8(code).ok()?)?,
            })
        }
    })
}

fn cell_at(cells: &[u8], place: usize) -> Option<i64> {
    let bytes = cells.get(place * CELL..(place + 1) * CELL)?;
    Some(i64::from_le_bytes(bytes.try_into().ok()?))
}

fn decimal_at(cells: &[u8]) -> Option<Decimal> {
    let bytes = cells.get(..2 * CELL)?;
    let billionths = i128::from_le_bytes(bytes.try_into().ok()?);
    Some(Decimal::from_billionths(billionths))
}

fn text_at<'b>(cells: &[u8], text: &'b [u8]) -> Option<&'b str> {
    std::str::from_utf8(text.get(range_at(cells)?)?).ok()
}

fn range_at(cells: &[u8]) -> Option<Range<usize>> {
    let cell = cell_at(cells, 0)?.cast_unsigned();
    let offset = usize::try_from(cell & 0xffff_ffff).ok()?;
    let length = usize::try_from(cell >> 32).ok()?;
    Some(offset..offset.checked_add(length)?)
}

/// A value that does not fit its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrongKind;

/// Lays values out one after the other: a batch column by column, patches as they come.
#[derive(Debug, Clone, Default)]
pub struct Writer {
    cells: Vec<u8>,
    present: Vec<u8>,
    text: Vec<u8>,
    values: usize,
}

/// A value that is set, borrowed where it is a text.
#[derive(Debug)]
#[allow(missing_docs)]
pub enum NewValue<'v> {
    Text(&'v str),
    Value(Value),
}

impl<'v> From<&'v str> for NewValue<'v> {
    fn from(text: &'v str) -> Self {
        Self::Text(text)
    }
}

impl<'v> From<&'v String> for NewValue<'v> {
    fn from(text: &'v String) -> Self {
        Self::Text(text)
    }
}

macro_rules! new_value_from {
    ($($from:ty),+ $(,)?) => {
        $(impl From<$from> for NewValue<'_> {
            fn from(value: $from) -> Self {
                Self::Value(value.into())
            }
        })+
    };
}
new_value_from!(
    bool, i64, Decimal, Date, Instant, Duration, String, Money, Value
);

impl Writer {
    /// With room for so many values, of so many bytes of cells together.
    pub(crate) fn with_room(values: usize, bytes: usize) -> Self {
        Self {
            cells: Vec::with_capacity(bytes),
            present: Vec::with_capacity(values.div_ceil(8)),
            ..Self::default()
        }
    }

    /// As [`Writer::push`], of a value that may be borrowed.
    pub(crate) fn set(&mut self, kind: Kind, value: &NewValue<'_>) -> Result<(), WrongKind> {
        match (kind, value) {
            (Kind::Text | Kind::Structured, NewValue::Text(text)) => self.words(text)?,
            (_, NewValue::Value(value)) => return self.push(kind, Some(value)),
            _ => return Err(WrongKind),
        }
        self.mark(true);
        Ok(())
    }

    fn words(&mut self, text: &str) -> Result<(), WrongKind> {
        let offset = u32::try_from(self.text.len()).map_err(|_| WrongKind)?;
        let length = u32::try_from(text.len()).map_err(|_| WrongKind)?;
        self.text.extend_from_slice(text.as_bytes());
        self.cell((u64::from(length) << 32 | u64::from(offset)).cast_signed());
        Ok(())
    }

    /// Adds a value, or its absence. Nothing is added where the value does not fit the kind. A
    /// whole decimal fits an integer column, an integer a decimal one; text and JSON fit each
    /// other's.
    pub fn push(&mut self, kind: Kind, value: Option<&Value>) -> Result<(), WrongKind> {
        let Some(value) = value else {
            self.cells.resize(self.cells.len() + kind.cells() * CELL, 0);
            self.mark(false);
            return Ok(());
        };
        match (kind, value) {
            (Kind::Boolean, Value::Boolean(yes)) => self.cell(i64::from(*yes)),
            (Kind::Integer, Value::Integer(number)) => self.cell(*number),
            (Kind::Integer, Value::Decimal(number)) if number.is_whole() => {
                let whole = number.truncated();
                if Decimal::whole(whole) != *number {
                    return Err(WrongKind);
                }
                self.cell(whole);
            }
            (Kind::Decimal, Value::Decimal(number)) => self.decimal(*number),
            (Kind::Decimal, Value::Integer(number)) => self.decimal(Decimal::whole(*number)),
            (Kind::Date, Value::Date(day)) => self.cell(i64::from(day.0)),
            (Kind::Instant, Value::Instant(moment)) => self.cell(moment.0),
            (Kind::Duration, Value::Duration(length)) => self.cell(length.0),
            (Kind::Text | Kind::Structured, Value::Text(text) | Value::Structured(text)) => {
                self.words(text)?;
            }
            (Kind::Money, Value::Money(money)) => {
                self.decimal(money.amount);
                self.cells.extend_from_slice(&money.currency.letters());
                self.cells.extend_from_slice(&[0; 5]);
            }
            _ => return Err(WrongKind),
        }
        self.mark(true);
        Ok(())
    }

    fn cell(&mut self, cell: i64) {
        self.cells.extend_from_slice(&cell.to_le_bytes());
    }

    fn decimal(&mut self, number: Decimal) {
        self.cells
            .extend_from_slice(&number.billionths().to_le_bytes());
    }

    fn mark(&mut self, present: bool) {
        if self.values.is_multiple_of(8) {
            self.present.push(0);
        }
        if let Some(last) = self.present.last_mut() {
            *last |= u8::from(present) << (self.values % 8);
        }
        self.values += 1;
    }

    /// The batch of what was pushed, for so many rows.
    pub fn batch(self, rows: u32) -> Batch {
        Batch {
            rows,
            cells: self.cells,
            present: self.present,
            text: self.text,
        }
    }

    /// The patches of what was pushed, each with its row and column.
    pub fn patches(self, at: Vec<u32>, column: Vec<u16>) -> PatchColumns {
        PatchColumns {
            at,
            column,
            cells: self.cells,
            present: self.present,
            text: self.text,
        }
    }
}

/// One patched value: its row, the place of its column, and the value (none clears the field).
pub type PatchedValue = (u32, u16, Option<Value>);

/// The values of patches, one after the other; none where they are not well formed.
pub fn read_patches(writes: &Layout, patches: &PatchColumns) -> Option<Vec<PatchedValue>> {
    if patches.at.len() != patches.column.len() {
        return None;
    }
    let mut start = 0;
    let mut values = Vec::with_capacity(patches.at.len());
    for (place, (row, column)) in patches.at.iter().zip(&patches.column).enumerate() {
        let kind = writes.columns.get(usize::from(*column))?.kind;
        let end = start + kind.cells() * CELL;
        let cells = patches.cells.get(start..end)?;
        let present = patches.present.get(place / 8)? >> (place % 8) & 1 == 1;
        let value = match present {
            true => Some(read(kind, cells, &patches.text)?),
            false => None,
        };
        values.push((*row, *column, value));
        start = end;
    }
    (start == patches.cells.len()).then_some(values)
}

#[cfg(test)]
#[path = "columns_golden.rs"]
mod golden;
