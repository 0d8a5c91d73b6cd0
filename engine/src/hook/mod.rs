//! Who may object or amend?
//!
//! Traits only. The write path calls them and does not know who stands behind: a rule of the engine, a plugin, a
//! script. The name of each trait says whether its hook may change the record.

#![cfg_attr(
    not(all(feature = "wasm", feature = "script")),
    allow(
        dead_code,
        reason = "what only plugins or scripts use waits for their features"
    )
)]

mod budget;
mod effect;
mod registry;
mod rule;

pub use budget::Bill;
pub(crate) use budget::{Billed, Bills, Cost, Used};
pub(crate) use effect::{
    EffectAction, HttpRequest, Links, Posting, PostingTo, PostingWords, Reply, Which,
};
#[cfg(feature = "wasm")]
pub(crate) use effect::{HttpAnswer, HttpHeader};
#[cfg(feature = "wasm")]
pub(crate) use registry::MayCall;
pub(crate) use registry::Registry;
pub(crate) use rule::{Rule, engine_rule};

use std::collections::BTreeSet;
use std::fmt;

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use serde_json::{Map, Value as Json};

use crate::context::{Actor, Locale};
use crate::error::Failure;
use crate::query::Reader;
use crate::record::{Record, RecordId, Value};
use crate::schema::Schema;

/// What kind of change a hook hears of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Verb {
    Create,
    Update,
    Delete,
}

/// Which changes wake a hook.
#[derive(Clone, Debug)]
pub(crate) struct Interest {
    /// The object's name.
    pub(crate) object: String,
    pub(crate) verbs: Vec<Verb>,
    /// An update wakes the hook only when one of these changed; empty means any.
    pub(crate) wakes: Vec<u32>,
}

impl Interest {
    pub(crate) fn new(object: &str, verbs: &[Verb], wakes: Vec<u32>) -> Self {
        Self {
            object: object.to_owned(),
            verbs: verbs.to_vec(),
            wakes,
        }
    }

    pub(crate) fn is_in(&self, object: &str, verb: Verb, changed: &[u32]) -> bool {
        self.object == object
            && self.verbs.contains(&verb)
            && (verb != Verb::Update
                || self.wakes.is_empty()
                || changed.iter().any(|field| self.wakes.contains(field)))
    }
}

/// One record of a batch.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    pub(crate) verb: Verb,
    pub(crate) id: RecordId,
    /// As it was; none on a create.
    pub(crate) before: Option<&'a Record>,
    /// As it is to be; none on a delete.
    pub(crate) after: Option<&'a Record>,
}

impl<'a> Row<'a> {
    /// The newest state there is.
    pub(crate) fn record(&self) -> Option<&'a Record> {
        self.after.or(self.before)
    }
}

/// What a hook may see besides its rows. All rows of a batch see the state before the batch.
pub(crate) struct HookContext<'a> {
    pub(crate) reader: &'a Reader,
    /// The journal's time of this request, never the wall clock.
    pub(crate) now: DateTime<Utc>,
    pub(crate) today: NaiveDate,
    pub(crate) zone: FixedOffset,
    pub(crate) actor: &'a Actor,
}

/// A hook's answer to a batch before it is saved.
#[derive(Default)]
pub(crate) struct Answers {
    pub(crate) patches: Vec<Patch>,
    pub(crate) refusals: Vec<Refusal>,
    /// Records that are made in the same commit as a row, each with that row.
    pub(crate) children: Vec<(usize, NewRecord)>,
    /// Writes to a plugin's own keys in the same commit as a row.
    pub(crate) keeps: Vec<(usize, Keep)>,
    /// What it read besides its rows.
    pub(crate) reads: Reads,
    /// Rows that go on without the hook, because it failed for them and its author chose to skip: what each failure said.
    pub(crate) skipped: Vec<String>,
    pub(crate) cost: Cost,
}

/// A record that a hook wants to be there.
#[derive(Clone, Debug)]
pub(crate) struct NewRecord {
    pub(crate) object: String,
    pub(crate) fields: Map<String, Json>,
}

/// A write to one of a plugin's own keys; nothing deletes it.
#[derive(Clone, Debug)]
pub(crate) struct Keep {
    pub(crate) plugin: String,
    pub(crate) key: String,
    pub(crate) value: Option<Vec<u8>>,
}

/// What a hook read besides its rows. Where somebody changes it before the rows are committed, all is asked again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reads {
    pub(crate) records: BTreeSet<RecordId>,
    /// Totals of records, by field.
    pub(crate) totals: BTreeSet<(RecordId, u32)>,
    /// Objects of which records were looked for.
    pub(crate) objects: BTreeSet<u32>,
    /// Keys of plugins.
    pub(crate) kept: BTreeSet<(String, String)>,
    /// Plugins whose keys were looked through.
    pub(crate) stores: BTreeSet<String>,
}

impl Reads {
    pub(crate) fn join(&mut self, other: Self) {
        self.records.extend(other.records);
        self.totals.extend(other.totals);
        self.objects.extend(other.objects);
        self.kept.extend(other.kept);
        self.stores.extend(other.stores);
    }
}

/// One new value for one row's own record.
#[derive(Debug)]
pub(crate) struct Patch {
    pub(crate) row: usize,
    pub(crate) field: u32,
    pub(crate) value: Option<Value>,
}

/// A row that must not be saved as it is.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) row: usize,
    pub(crate) field: Option<String>,
    pub(crate) code: String,
    pub(crate) message: String,
}

/// Something to be done after the commit, through the write path.
#[derive(Clone, Debug)]
pub(crate) struct Effect {
    pub(crate) row: usize,
    /// The same key is performed once. The engine puts the hook's own name before it.
    pub(crate) key: String,
    pub(crate) action: EffectAction,
}

/// Effects and what they cost.
#[derive(Default)]
pub(crate) struct Effects {
    pub(crate) effects: Vec<Effect>,
    pub(crate) cost: Cost,
}

/// Points for rows.
#[derive(Default)]
pub(crate) struct Awards {
    /// (row, points, place of the reason in [`Score::reasons`]).
    pub(crate) awards: Vec<(usize, i32, u16)>,
    pub(crate) cost: Cost,
}

/// A hook did not answer: a trap, a limit, a bad answer, a script error.
#[derive(Clone, Debug)]
pub(crate) struct HookFailure {
    /// Names plugin and version or script, export or line, and the record where one is known.
    pub(crate) message: String,
    pub(crate) code: &'static str,
    pub(crate) cost: Cost,
}

impl fmt::Display for HookFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// What the engine does when a hook does not answer. There is no default: the author chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnFailure {
    /// The write is refused.
    Reject,
    /// The write goes on without this hook; the failure is recorded.
    Skip,
}

/// Who a hook is: shown in errors, bills and the journal.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct HookName {
    /// `plugin lead-score 0.1.0` or `script big-deals 3`.
    pub(crate) owner: String,
    /// `computed-fields lead`, `before save of opportunity`.
    pub(crate) hook: String,
    /// Whom its effects are done as.
    pub(crate) actor: Actor,
}

/// May amend or refuse drafts.
pub(crate) trait BeforeSave: Send + Sync {
    fn name(&self) -> &HookName;
    fn interest(&self) -> &Interest;
    fn on_failure(&self) -> OnFailure;
    /// Whether it finds the failing rows of a batch itself, so that asking about each again would only cost.
    fn finds_failing_rows(&self) -> bool {
        false
    }
    /// Whether it is asked too about a record with a field that is missing or wrong: it relies on no rule of the schema.
    fn judges_the_faulty(&self) -> bool {
        false
    }
    fn before_save(
        &self,
        rows: &[Row<'_>],
        context: &HookContext<'_>,
    ) -> Result<Answers, HookFailure>;
}

/// May object to a change of the schema, for the sake of what is stored and names its fields.
pub(crate) trait SchemaGuard: Send + Sync {
    fn objections(
        &self,
        after: &Schema,
        context: &HookContext<'_>,
    ) -> crate::error::Result<Vec<Failure>>;
}

/// Sees what was committed and may ask for effects; cannot undo.
pub(crate) trait AfterCommit: Send + Sync {
    fn name(&self) -> &HookName;
    fn interest(&self) -> &Interest;
    fn after_commit(
        &self,
        rows: &[Row<'_>],
        context: &HookContext<'_>,
    ) -> Result<Effects, HookFailure>;
}

/// Defines a type of text field.
pub(crate) trait FieldType: Send + Sync {
    /// `national-id/company-id`.
    fn type_name(&self) -> &str;
    fn name(&self) -> &HookName;
    /// The canonical form of each value, or the refusal (its `row` counts the values).
    fn normalise(
        &self,
        values: &[&str],
        context: &HookContext<'_>,
    ) -> Result<(Vec<String>, Vec<Refusal>, Cost), HookFailure>;
    /// How each value is shown.
    fn format(&self, values: &[&str], locale: Locale) -> Result<Vec<String>, HookFailure>;
}

/// An action that workflows call with the records that they caught.
pub(crate) trait WorkflowAction: Send + Sync {
    fn name(&self) -> &HookName;
    fn perform(
        &self,
        rows: &[Row<'_>],
        parameters: &Json,
        context: &HookContext<'_>,
    ) -> Result<Effects, HookFailure>;
}

/// A plugin was paused because it keeps failing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trip {
    /// Microseconds since 1970.
    pub(crate) since: i64,
    pub(crate) reason: String,
}

/// Pauses a plugin that keeps failing.
pub(crate) trait Breaker: Send + Sync {
    fn plugin(&self) -> &str;
    /// A pause that the store does not know.
    fn tripped(&self) -> Option<Trip>;
}

/// Hears what other systems answered to a plugin's requests.
pub(crate) trait OnReply: Send + Sync {
    fn name(&self) -> &HookName;
    fn on_reply(
        &self,
        replies: &[Reply],
        context: &HookContext<'_>,
    ) -> Result<Effects, HookFailure>;
}

/// What a plugin says while it runs: for its author, never part of a record.
pub(crate) trait Said: Send + Sync {
    /// The last lines, oldest first.
    fn lines(&self) -> Vec<String>;
}

/// Gives points for what happened.
pub(crate) trait Score: Send + Sync {
    fn name(&self) -> &HookName;
    fn interest(&self) -> &Interest;
    /// The reference field (to a user) that says whom the points go to.
    fn credit(&self) -> u32;
    fn reasons(&self) -> &[crate::gamification::Reason];
    fn badges(&self) -> &[crate::gamification::Badge];
    fn score(&self, rows: &[Row<'_>], context: &HookContext<'_>) -> Result<Awards, HookFailure>;
}
