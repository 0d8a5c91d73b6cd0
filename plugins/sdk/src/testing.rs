//! How does a plugin's author test? Natively: rows go in, the trait is called through the same
//! columns as in a component, and values come out.
//!
//! ```
//! use peyvand_plugin::testing::Rows;
//! use peyvand_plugin::{BindError, ComputedFields, Kind, Patch, Plugin, Row, Settings, Value};
//!
//! struct Double;
//! impl Plugin for Double {
//!     fn bind(_: &Settings) -> Result<Self, BindError> {
//!         Ok(Self)
//!     }
//! }
//! impl ComputedFields for Double {
//!     fn compute(&self, row: &Row<'_>, patch: &mut Patch<'_, '_>) {
//!         patch.set("twice", 2 * row.integer("once").unwrap_or(0));
//!     }
//! }
//!
//! let outcome = Rows::new(&[("once", Kind::Integer)])
//!     .writes(&[("twice", Kind::Integer)])
//!     .row(|row| row.set("once", 21))
//!     .compute(&Double);
//! assert_eq!(outcome.value(0, "twice"), Some(&Value::Integer(42)));
//! assert!(outcome.faults.is_empty());
//! ```

use crate::columns::{Batch, Column, Kind, Layout, PatchColumns, Value, Writer, read_patches};
use crate::effect::{Effect, Reply};
use crate::hook::{
    AfterCommit, BeforeSave, ComputedFields, FieldType, Gamification, OnReply, WorkflowAction,
};
use crate::patch::{Child, Keep, Refusal};
use crate::row::{Clock, Faults, Hook};
use crate::serve::Call;
use crate::value::{Date, Instant};

/// The records of a test, and the hook that they go to.
#[derive(Debug, Clone)]
pub struct Rows {
    hook: Hook,
    rows: Vec<Vec<Option<Value>>>,
    now: Instant,
    today: Date,
    mistakes: Vec<String>,
}

/// One record of a test.
#[derive(Debug)]
pub struct NewRow {
    columns: Vec<Column>,
    values: Vec<Option<Value>>,
    mistakes: Vec<String>,
}

impl NewRow {
    /// Sets a column (`stage`, `old.stage`).
    pub fn set(mut self, column: &str, value: impl Into<Value>) -> Self {
        match self.columns.iter().position(|known| known.name == column) {
            Some(place) => self.values[place] = Some(value.into()),
            None => self.mistakes.push(format!(
                "the test sets {column}, which the hook does not read"
            )),
        }
        self
    }

    /// Sets a column that holds a JSON document.
    pub fn json(self, column: &str, document: &str) -> Self {
        self.set(column, Value::Structured(document.to_owned()))
    }
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// New values: row, column, value (none clears the field).
    pub patches: Vec<(u32, String, Option<Value>)>,
    /// Refused rows.
    pub refusals: Vec<Refusal>,
    /// Records that are added.
    pub children: Vec<Child>,
    /// Writes to the plugin's own store.
    pub keeps: Vec<Keep>,
    /// What shall happen.
    pub effects: Vec<Effect>,
    /// Points.
    pub awards: Vec<Award>,
    /// What the plugin or the test asked for that the hook does not declare. A test asserts that
    /// there are none.
    pub faults: Vec<String>,
}

/// Points for a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Award {
    /// The row.
    pub row: u32,
    /// Why.
    pub reason: String,
    /// How many.
    pub points: i32,
}

impl Outcome {
    /// The value that a row's field was set to; of several, the last.
    pub fn value(&self, row: u32, column: &str) -> Option<&Value> {
        let last = self
            .patches
            .iter()
            .rev()
            .find(|(at, name, _)| *at == row && name == column)?;
        last.2.as_ref()
    }

    /// The text that a row's field was set to.
    pub fn text(&self, row: u32, column: &str) -> Option<&str> {
        match self.value(row, column)? {
            Value::Text(text) | Value::Structured(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number that a row's field was set to.
    pub fn integer(&self, row: u32, column: &str) -> Option<i64> {
        match self.value(row, column)? {
            Value::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// The points of a row for a reason; 0 where there are none.
    pub fn points(&self, row: u32, reason: &str) -> i32 {
        let given = self.awards.iter();
        given
            .filter(|award| award.row == row && award.reason == reason)
            .map(|award| award.points)
            .sum()
    }
}

fn columns(list: &[(&str, Kind)]) -> Layout {
    Layout::new(
        list.iter()
            .map(|(name, kind)| Column {
                name: (*name).to_owned(),
                kind: *kind,
            })
            .collect(),
    )
}

impl Rows {
    /// No rows yet, of a hook that reads these columns.
    pub fn new(reads: &[(&str, Kind)]) -> Self {
        Self {
            hook: Hook {
                name: "test".to_owned(),
                reads: columns(reads),
                ..Hook::default()
            },
            rows: Vec::new(),
            now: Instant(0),
            today: Date(0),
            mistakes: Vec::new(),
        }
    }

    /// The columns that the hook writes.
    pub fn writes(mut self, writes: &[(&str, Kind)]) -> Self {
        self.hook.writes = columns(writes);
        self
    }

    /// The hook's name and object.
    pub fn hook(mut self, name: &str, object: &str) -> Self {
        name.clone_into(&mut self.hook.name);
        object.clone_into(&mut self.hook.object);
        self
    }

    /// The day of the call; the moment is its first.
    pub fn today(mut self, today: Date) -> Self {
        self.today = today;
        self.now = Instant::start_of(today);
        self
    }

    /// The moment of the call; the day stays as it is.
    pub fn now(mut self, now: Instant) -> Self {
        self.now = now;
        self
    }

    /// Adds a row. What is not set is empty.
    pub fn row(mut self, fill: impl FnOnce(NewRow) -> NewRow) -> Self {
        let columns = self.hook.reads.columns().to_vec();
        let row = fill(NewRow {
            values: vec![None; columns.len()],
            columns,
            mistakes: Vec::new(),
        });
        self.rows.push(row.values);
        self.mistakes.extend(row.mistakes);
        self
    }

    /// Every row so many times, to see that a batch answers what its rows answer alone.
    pub fn repeated(mut self, times: usize) -> Self {
        let all = self.rows.iter().cycle().take(self.rows.len() * times);
        self.rows = all.cloned().collect();
        self
    }

    fn batch(&self) -> (Batch, Vec<String>) {
        let mut mistakes = self.mistakes.clone();
        let mut values = Writer::default();
        for (place, column) in self.hook.reads.columns().iter().enumerate() {
            for row in &self.rows {
                if values.push(column.kind, row[place].as_ref()).is_err() {
                    mistakes.push(format!("the test sets {} to another kind", column.name));
                    let _ = values.push(column.kind, None);
                }
            }
        }
        let rows = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        (values.batch(rows), mistakes)
    }

    /// Calls, and gathers what the plugin and the test did wrong.
    fn call(&self, call: impl FnOnce(&Call<'_>, &mut Outcome)) -> Outcome {
        let (batch, mistakes) = self.batch();
        let faults = Faults::default();
        let mut outcome = Outcome::default();
        let made = Call {
            hook: &self.hook,
            batch: &batch,
            clock: Clock::Fixed {
                now: self.now,
                today: self.today,
            },
            faults: &faults,
        };
        call(&made, &mut outcome);
        outcome.faults.extend(faults.into_list());
        outcome.faults.extend(mistakes);
        outcome
    }

    fn patched(&self, patches: &PatchColumns, outcome: &mut Outcome) {
        match read_patches(&self.hook.writes, patches) {
            Some(values) => {
                let named = values.into_iter().map(|(row, place, value)| {
                    let column = &self.hook.writes.columns()[usize::from(place)];
                    (row, column.name.clone(), value)
                });
                outcome.patches.extend(named);
            }
            None => outcome
                .faults
                .push("the patches cannot be read back".to_owned()),
        }
    }

    /// Canonical forms, of a hook that reads and writes `value`.
    pub fn normalise(&self, plugin: &impl FieldType) -> Outcome {
        self.call(|call, outcome| self.patched(&call.normalise(plugin), outcome))
    }

    /// What is wrong with values.
    pub fn validate(&self, plugin: &impl FieldType) -> Outcome {
        self.call(|call, outcome| outcome.refusals = call.validate(plugin))
    }

    /// Computed fields.
    pub fn compute(&self, plugin: &impl ComputedFields) -> Outcome {
        self.call(|call, outcome| self.patched(&call.compute(plugin), outcome))
    }

    /// Patches and refusals before a save.
    pub fn before_save(&self, plugin: &impl BeforeSave) -> Outcome {
        self.call(|call, outcome| {
            let answered = call.before_save(plugin);
            self.patched(&answered.patches, outcome);
            outcome.refusals = answered.refusals;
            outcome.children = answered.children;
            outcome.keeps = answered.keeps;
        })
    }

    /// Effects of a commit.
    pub fn after_commit(&self, plugin: &impl AfterCommit) -> Outcome {
        self.call(|call, outcome| outcome.effects = call.after_commit(plugin))
    }

    /// Effects of a workflow's action; the parameters are a JSON object.
    pub fn perform(&self, plugin: &impl WorkflowAction, parameters: &str) -> Outcome {
        self.call(|call, outcome| outcome.effects = call.perform(plugin, parameters))
    }

    /// Effects of what other systems answered.
    pub fn on_reply(&self, plugin: &impl OnReply, replies: &[Reply]) -> Outcome {
        self.call(|call, outcome| outcome.effects = call.on_reply(plugin, replies))
    }

    /// Points.
    pub fn score<P: Gamification>(&self, plugin: &P) -> Outcome {
        let of_hook = P::REASONS.iter().find(|(hook, _)| *hook == self.hook.name);
        let reasons = of_hook.map_or(&[][..], |(_, reasons)| reasons);
        self.call(|call, outcome| {
            let given = call.score(plugin);
            let awards = given.at.iter().zip(&given.points).zip(&given.reason);
            outcome.awards = awards
                .map(|((row, points), reason)| Award {
                    row: *row,
                    reason: reasons[usize::from(*reason)].to_owned(),
                    points: *points,
                })
                .collect();
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::{Answer, BindError, Patch, Plugin, Row, Settings};

    struct Sloppy;

    impl Plugin for Sloppy {
        fn bind(_: &Settings) -> Result<Self, BindError> {
            Ok(Self)
        }
    }

    impl ComputedFields for Sloppy {
        fn compute(&self, row: &Row<'_>, patch: &mut Patch<'_, '_>) {
            assert_eq!(row.text("stagee"), None);
            patch.set("scor", 1).set("score", "many").set("score", 2);
            patch.clear("note");
        }
    }

    impl BeforeSave for Sloppy {
        fn before_save(&self, row: &Row<'_>, answer: &mut Answer<'_, '_>) {
            if row.changed("stage") {
                answer.refuse_field("stage", "fixed", "the stage is fixed; undo the change");
            }
        }
    }

    fn rows() -> Rows {
        Rows::new(&[("stage", Kind::Text), ("old.stage", Kind::Text)])
            .writes(&[("score", Kind::Integer), ("note", Kind::Text)])
            .hook("lead", "lead")
            .row(|row| row.set("stage", "won").set("old.stage", "open").set("x", 1))
            .row(|row| row.set("stage", "won").set("old.stage", "won"))
            .row(|row| row.set("stage", 5))
    }

    #[test]
    fn what_is_not_declared_is_told_and_changes_nothing() {
        let outcome = rows().compute(&Sloppy);
        assert_eq!(outcome.integer(0, "score"), Some(2));
        assert_eq!(outcome.patches.len(), 6);
        assert_eq!(
            outcome.faults,
            [
                "hook lead reads stagee, which its `reads` lack",
                "hook lead sets scor, which its `writes` lack",
                "hook lead sets score to a value of another kind",
                "the test sets x, which the hook does not read",
                "the test sets stage to another kind",
            ]
        );
    }

    #[test]
    fn a_refusal_names_its_row_and_its_column() {
        let outcome = rows().before_save(&Sloppy);
        let refused: Vec<_> = outcome.refusals.iter().map(|r| (r.row, r.column)).collect();
        assert_eq!(refused, [(0, Some(0))]);
    }
}
