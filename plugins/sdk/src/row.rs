//! How does an author read a record? By the names of its fields, as rows over the columns.

use std::cell::RefCell;

use crate::columns::{Batch, Kind, Layout, Value};
use crate::json::Json;
use crate::value::{Date, Decimal, Duration, Instant, Money};

/// One hook as the host bound it.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)]
pub struct Hook {
    pub number: u16,
    pub point: String,
    pub name: String,
    pub object: String,
    pub reads: Layout,
    pub writes: Layout,
}

/// What an author asked for that the manifest does not declare. A guest logs them; a test sees
/// them in [`testing::Outcome::faults`](crate::testing::Outcome).
#[derive(Debug, Default)]
pub struct Faults(RefCell<Vec<String>>);

impl Faults {
    /// Notes a fault once.
    pub fn note(&self, fault: String) {
        let mut faults = self.0.borrow_mut();
        if !faults.contains(&fault) {
            faults.push(fault);
        }
    }

    /// What was noted.
    pub fn into_list(self) -> Vec<String> {
        self.0.into_inner()
    }
}

/// Where the time comes from.
#[derive(Debug, Clone, Copy)]
pub enum Clock {
    /// The host's, asked when needed.
    #[cfg(target_arch = "wasm32")]
    Host,
    /// A test's.
    Fixed {
        /// The moment.
        now: Instant,
        /// The day in the workspace's time zone.
        today: Date,
    },
}

/// The batch of a call.
#[derive(Debug)]
pub struct Records<'a> {
    pub(crate) hook: &'a Hook,
    pub(crate) batch: &'a Batch,
    /// The batch's text, found to be UTF-8 once for all values.
    pub(crate) words: &'a str,
    pub(crate) clock: Clock,
    pub(crate) faults: &'a Faults,
}

/// A column that was looked up once, for [`Row`]'s accessors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place(usize);

impl<'a> Records<'a> {
    /// How many there are.
    pub fn len(&self) -> u32 {
        self.batch.rows
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.batch.rows == 0
    }

    /// The rows in order.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        (0..self.batch.rows).map(|index| Row {
            records: self,
            index,
            old: false,
        })
    }

    /// The place of a column (`stage`, `old.stage`), to look it up once for a batch.
    pub fn place(&self, column: &str) -> Option<Place> {
        let place = self.hook.reads.place(column).map(Place);
        if place.is_none() {
            self.undeclared(column);
        }
        place
    }

    /// A column of whole numbers, dates (days), moments or lengths of time (microseconds): one value for each row. What
    /// scores thousands of events takes this instead of rows.
    pub fn numbers(&self, column: &str) -> impl Iterator<Item = Option<i64>> {
        let reads = &self.hook.reads;
        let place = self.place(column);
        let numbers = place.and_then(|place| reads.numbers(self.batch, place.0));
        numbers.into_iter().flatten()
    }

    fn undeclared(&self, column: &str) {
        let hook = &self.hook.name;
        self.faults.note(format!(
            "hook {hook} reads {column}, which its `reads` lack"
        ));
    }
}

/// What names a column: its name, or the place that [`Records::place`] gave.
pub trait Locate: Copy {
    #[doc(hidden)]
    fn locate(self, row: &Row<'_>) -> Option<usize>;
}

impl Locate for &str {
    fn locate(self, row: &Row<'_>) -> Option<usize> {
        let reads = &row.records.hook.reads;
        let place = match row.old {
            true => reads.place_of_old(self),
            false => reads.place(self),
        };
        if place.is_none() {
            let old = if row.old { "old." } else { "" };
            row.records.undeclared(&format!("{old}{self}"));
        }
        place
    }
}

impl Locate for Place {
    fn locate(self, _row: &Row<'_>) -> Option<usize> {
        Some(self.0)
    }
}

/// What becomes of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// It is made.
    Create,
    /// It is changed.
    Update,
    /// It goes to the bin.
    Delete,
}

/// One record. A field that is empty, or that the hook does not declare, is `None`.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    records: &'a Records<'a>,
    index: u32,
    old: bool,
}

impl<'a> Row<'a> {
    /// Its place in the batch.
    pub fn index(&self) -> u32 {
        self.index
    }

    /// The hook's name in the manifest.
    pub fn hook(&self) -> &'a str {
        &self.records.hook.name
    }

    /// The object whose record it is.
    pub fn object(&self) -> &'a str {
        &self.records.hook.object
    }

    /// What becomes of it. The hook must declare the column `verb`.
    pub fn verb(&self) -> Option<Verb> {
        match self.text("verb")? {
            "create" => Some(Verb::Create),
            "update" => Some(Verb::Update),
            "delete" => Some(Verb::Delete),
            _ => None,
        }
    }

    /// The same record as it was before the change; on a create everything in it is empty. Its
    /// fields are declared as `old.stage`.
    pub fn old(&self) -> Self {
        Self { old: true, ..*self }
    }

    /// Text, an option's name, a record's id, an e-mail address.
    pub fn text(&self, column: impl Locate) -> Option<&'a str> {
        let place = column.locate(self)?;
        let records = self.records;
        let reads = &records.hook.reads;
        records
            .words
            .get(reads.text_range(records.batch, place, self.index)?)
    }

    /// A whole number.
    pub fn integer(&self, column: impl Locate) -> Option<i64> {
        match self.value(column)? {
            Value::Integer(number) => Some(number),
            _ => None,
        }
    }

    /// A decimal number or a percentage (12.5 for 12.5 %); of a whole number as well.
    pub fn decimal(&self, column: impl Locate) -> Option<Decimal> {
        match self.value(column)? {
            Value::Decimal(number) => Some(number),
            Value::Integer(number) => Some(Decimal::whole(number)),
            _ => None,
        }
    }

    /// Money.
    pub fn money(&self, column: impl Locate) -> Option<Money> {
        match self.value(column)? {
            Value::Money(money) => Some(money),
            _ => None,
        }
    }

    /// Yes or no.
    pub fn boolean(&self, column: impl Locate) -> Option<bool> {
        match self.value(column)? {
            Value::Boolean(yes) => Some(yes),
            _ => None,
        }
    }

    /// A day.
    pub fn date(&self, column: impl Locate) -> Option<Date> {
        match self.value(column)? {
            Value::Date(day) => Some(day),
            _ => None,
        }
    }

    /// A moment.
    pub fn instant(&self, column: impl Locate) -> Option<Instant> {
        match self.value(column)? {
            Value::Instant(moment) => Some(moment),
            _ => None,
        }
    }

    /// A length of time.
    pub fn duration(&self, column: impl Locate) -> Option<Duration> {
        match self.value(column)? {
            Value::Duration(length) => Some(length),
            _ => None,
        }
    }

    /// A phone, an address, a person's name, a list of options.
    pub fn json(&self, column: impl Locate) -> Option<Json> {
        Json::parse(self.text(column)?)
    }

    /// Whether the field has a value; empty text, lists and objects are none.
    pub fn has(&self, column: impl Locate) -> bool {
        match self.bytes(column) {
            None => false,
            Some((Kind::Text, _)) => self
                .text(column)
                .is_some_and(|text| !text.trim().is_empty()),
            Some((Kind::Structured, json)) => {
                !matches!(json.trim_ascii(), b"" | b"null" | b"[]" | b"{}")
            }
            Some(_) => true,
        }
    }

    fn bytes(&self, column: impl Locate) -> Option<(Kind, &'a [u8])> {
        let place = column.locate(self)?;
        let records = self.records;
        records.hook.reads.bytes(records.batch, place, self.index)
    }

    /// The value, whatever its kind.
    pub fn value(&self, column: impl Locate) -> Option<Value> {
        let place = column.locate(self)?;
        self.records
            .hook
            .reads
            .value(self.records.batch, place, self.index)
    }

    /// The kind of a column.
    pub fn kind(&self, column: impl Locate) -> Option<Kind> {
        let place = column.locate(self)?;
        let column = self.records.hook.reads.columns().get(place)?;
        Some(column.kind)
    }

    /// Whether a field differs from what it was. Both it and its `old.` must be declared.
    pub fn changed(&self, column: &str) -> bool {
        self.bytes(column) != self.old().bytes(column)
    }

    /// The moment of the request that is served, never the wall clock.
    pub fn now(&self) -> Instant {
        match self.records.clock {
            #[cfg(target_arch = "wasm32")]
            Clock::Host => crate::guest::now(),
            Clock::Fixed { now, .. } => now,
        }
    }

    /// The day of the request in the workspace's time zone.
    pub fn today(&self) -> Date {
        match self.records.clock {
            #[cfg(target_arch = "wasm32")]
            Clock::Host => crate::guest::today(),
            Clock::Fixed { today, .. } => today,
        }
    }
}
