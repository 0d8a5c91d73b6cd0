//! How does an author answer? With new values, refusals and points.

use std::borrow::Cow;

use crate::columns::{NewValue, PatchColumns, Writer};
use crate::effect::{FieldValue, Target};
use crate::row::{Faults, Hook, Row};

/// The new values of a batch.
#[derive(Debug)]
pub struct Patches<'a> {
    hook: &'a Hook,
    faults: &'a Faults,
    at: Vec<u32>,
    column: Vec<u16>,
    values: Writer,
}

impl<'a> Patches<'a> {
    /// With room for every column of so many rows.
    pub(crate) fn new(hook: &'a Hook, faults: &'a Faults, rows: u32) -> Self {
        let rows = rows as usize;
        let values = rows * hook.writes.columns().len();
        Self {
            hook,
            faults,
            at: Vec::with_capacity(values),
            column: Vec::with_capacity(values),
            values: Writer::with_room(values, rows * hook.writes.row_bytes()),
        }
    }

    /// The new values of one record.
    pub fn of(&mut self, row: &Row<'_>) -> Patch<'_, 'a> {
        Patch {
            row: row.index(),
            patches: self,
        }
    }

    fn push(&mut self, row: u32, column: &str, value: Option<&NewValue<'_>>) {
        let hook = &self.hook.name;
        let found = self.hook.writes.place(column).and_then(|place| {
            let kind = self.hook.writes.columns().get(place)?.kind;
            Some((u16::try_from(place).ok()?, kind))
        });
        let Some((place, kind)) = found else {
            self.faults.note(format!(
                "hook {hook} sets {column}, which its `writes` lack"
            ));
            return;
        };
        let pushed = match value {
            Some(value) => self.values.set(kind, value),
            None => self.values.push(kind, None),
        };
        if pushed.is_err() {
            self.faults.note(format!(
                "hook {hook} sets {column} to a value of another kind"
            ));
            return;
        }
        self.at.push(row);
        self.column.push(place);
    }

    pub(crate) fn into_columns(self) -> PatchColumns {
        self.values.patches(self.at, self.column)
    }
}

/// The new values of one record.
#[derive(Debug)]
pub struct Patch<'p, 'a> {
    patches: &'p mut Patches<'a>,
    row: u32,
}

impl Patch<'_, '_> {
    /// Sets a field. A whole number fits a decimal field, text a structured one if it is JSON.
    pub fn set<'v>(&mut self, column: &str, value: impl Into<NewValue<'v>>) -> &mut Self {
        self.patches.push(self.row, column, Some(&value.into()));
        self
    }

    /// Empties a field.
    pub fn clear(&mut self, column: &str) -> &mut Self {
        self.patches.push(self.row, column, None);
        self
    }
}

/// Why a value or a record is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// A stable, machine-readable word: `check-digit`.
    pub code: &'static str,
    /// What is wrong and what to do, for a person.
    pub message: Cow<'static, str>,
}

/// A row that must not be saved as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Its place in the batch.
    pub row: u32,
    /// The place of the column to blame in the hook's `reads`.
    pub column: Option<u16>,
    /// Why.
    pub fault: Fault,
}

/// The answer to one record before it is saved.
#[derive(Debug)]
pub struct Answer<'p, 'a> {
    pub(crate) patch: Patch<'p, 'a>,
    pub(crate) more: &'p mut More,
}

/// What is answered before a save besides new values.
#[derive(Debug, Default)]
pub struct More {
    pub(crate) refusals: Vec<Refusal>,
    pub(crate) children: Vec<Child>,
    pub(crate) keeps: Vec<Keep>,
}

/// Everything that is answered before a save.
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct Answered {
    pub patches: PatchColumns,
    pub refusals: Vec<Refusal>,
    pub children: Vec<Child>,
    pub keeps: Vec<Keep>,
}

/// A record that is made in the same commit as a row, or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// The row that it belongs to.
    pub row: u32,
    /// The object.
    pub object: String,
    /// Its fields.
    pub fields: Vec<(String, FieldValue)>,
}

impl Child {
    /// Sets a field.
    pub fn set(&mut self, field: &str, value: impl Into<FieldValue>) -> &mut Self {
        self.fields.push((field.to_owned(), value.into()));
        self
    }

    /// Sets a reference to the record that it belongs to.
    pub fn set_row(&mut self, field: &str) -> &mut Self {
        let row = FieldValue::Reference(Target::Row(self.row));
        self.set(field, row)
    }
}

/// A write to the plugin's own store, in the same commit as a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keep {
    /// The row that it belongs to.
    pub row: u32,
    /// The key.
    pub key: String,
    /// The value; none deletes the key.
    pub value: Option<Vec<u8>>,
}

impl Answer<'_, '_> {
    /// Sets a field of the record.
    pub fn set<'v>(&mut self, column: &str, value: impl Into<NewValue<'v>>) -> &mut Self {
        self.patch.set(column, value);
        self
    }

    /// Empties a field of the record.
    pub fn clear(&mut self, column: &str) -> &mut Self {
        self.patch.clear(column);
        self
    }

    /// Adds a record in the same commit.
    pub fn create(&mut self, object: &str) -> &mut Child {
        let place = self.more.children.len();
        self.more.children.push(Child {
            row: self.patch.row,
            object: object.to_owned(),
            fields: Vec::new(),
        });
        &mut self.more.children[place]
    }

    /// Keeps a value in the plugin's own store, in the same commit.
    pub fn keep(&mut self, key: &str, value: impl Into<Vec<u8>>) {
        self.store(key, Some(value.into()));
    }

    /// Deletes a key of the plugin's own store, in the same commit.
    pub fn forget(&mut self, key: &str) {
        self.store(key, None);
    }

    fn store(&mut self, key: &str, value: Option<Vec<u8>>) {
        self.more.keeps.push(Keep {
            row: self.patch.row,
            key: key.to_owned(),
            value,
        });
    }

    /// Refuses the record because of one of its fields.
    pub fn refuse_field(
        &mut self,
        column: &str,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) {
        let patches = &self.patch.patches;
        let place = patches.hook.reads.place(column);
        if place.is_none() {
            let hook = &patches.hook.name;
            patches.faults.note(format!(
                "hook {hook} blames {column}, which its `reads` lack"
            ));
        }
        self.push(
            place.and_then(|place| u16::try_from(place).ok()),
            code,
            message.into(),
        );
    }

    /// Refuses the record as a whole.
    pub fn refuse(&mut self, code: &'static str, message: impl Into<Cow<'static, str>>) {
        self.push(None, code, message.into());
    }

    fn push(&mut self, column: Option<u16>, code: &'static str, message: Cow<'static, str>) {
        self.more.refusals.push(Refusal {
            row: self.patch.row,
            column,
            fault: Fault { code, message },
        });
    }
}

/// Points for one event.
#[derive(Debug)]
pub struct Awards<'a> {
    pub(crate) hook: &'a Hook,
    pub(crate) faults: &'a Faults,
    pub(crate) reasons: &'static [&'static str],
    pub(crate) row: u32,
    pub(crate) given: AwardColumns,
}

/// Points as they cross: the three lists of the contract's `awards`.
#[derive(Debug, Default)]
#[allow(missing_docs)]
pub struct AwardColumns {
    pub at: Vec<u32>,
    pub points: Vec<i32>,
    /// The places of the reasons in the hook's list.
    pub reason: Vec<u16>,
}

impl AwardColumns {
    pub(crate) fn with_room(rows: u32) -> Self {
        let rows = rows as usize;
        Self {
            at: Vec::with_capacity(rows),
            points: Vec::with_capacity(rows),
            reason: Vec::with_capacity(rows),
        }
    }
}

impl Awards<'_> {
    fn place(&self, reason: &str) -> Option<u16> {
        let place = self.reasons.iter().position(|known| *known == reason)?;
        u16::try_from(place).ok()
    }

    /// Gives points for one reason to the rows from the first on, one number for each; no points are no award. For
    /// [`Gamification::score_all`](crate::Gamification::score_all).
    pub fn give_all(&mut self, reason: &str, points: impl Iterator<Item = i32>) {
        let Some(place) = self.place(reason) else {
            return self.give(reason, 1);
        };
        for (row, points) in (0..).zip(points).filter(|(_, points)| *points != 0) {
            self.given.at.push(row);
            self.given.points.push(points);
            self.given.reason.push(place);
        }
    }

    /// Gives points for one of the hook's reasons. No points are no award.
    pub fn give(&mut self, reason: &str, points: i32) {
        if points == 0 {
            return;
        }
        match self.place(reason) {
            Some(place) => {
                self.given.at.push(self.row);
                self.given.points.push(points);
                self.given.reason.push(place);
            }
            None => {
                let hook = &self.hook.name;
                self.faults.note(format!(
                    "hook {hook} gives points for {reason}, which its reasons lack"
                ));
            }
        }
    }
}
