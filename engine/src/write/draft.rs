//! What is a change before it is fact?

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::looked::Looked;
use super::request::{Outcome, OutcomeKind, Stored};
#[cfg(feature = "exchange")]
use super::view::View;
use crate::content::Held;
use crate::error::Failure;
use crate::hook::{Keep, NewRecord, Reads, Row, Verb};
use crate::record::{FileRef, Record, RecordId, Value};
use crate::schema::{Field, FieldKind, Object, Schema};
use crate::store::spaces;

/// One record's change on its way through the steps.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) group: usize,
    /// The request of the group that asked; what it brought along has the same.
    pub(crate) request: usize,
    pub(crate) object: Arc<Object>,
    pub(crate) id: RecordId,
    pub(crate) kind: OutcomeKind,
    pub(crate) before: Option<Record>,
    pub(crate) after: Option<Record>,
    /// For a delete: the record that took this one along, and what goes with it.
    pub(crate) root: RecordId,
    pub(crate) along: Vec<RecordId>,
    /// The requests that asked for it and what each of them does; empty when a rule brought it along.
    pub(crate) asked: Vec<(usize, OutcomeKind)>,
    /// The engine itself sets read-only fields (a lead's conversion).
    pub(crate) privileged: bool,
}

impl Draft {
    pub(crate) fn verb(&self) -> Verb {
        match (&self.before, &self.after) {
            (_, None) => Verb::Delete,
            (None, Some(_)) => Verb::Create,
            (Some(_), Some(_)) => Verb::Update,
        }
    }

    pub(crate) fn row(&self) -> Row<'_> {
        Row {
            verb: self.verb(),
            id: self.id,
            before: self.before.as_ref(),
            after: self.after.as_ref(),
        }
    }

    /// The fields whose values differ, the stamps of who and when left out.
    pub(crate) fn changed(&self) -> Vec<u32> {
        let mut changed = Record::changed(self.before.as_ref(), self.after.as_ref());
        changed.retain(|field| *field >= crate::schema::system::FIRST_DECLARED);
        changed
    }

    /// Whether anything comes of it. A draft that changes nothing is no change; its revision stays.
    pub(super) fn is_change(&self) -> bool {
        self.kind != OutcomeKind::Updated || !self.changed().is_empty()
    }

    pub(crate) fn fail(&self, failure: Failure) -> (usize, Failure) {
        (self.group, failure.of_request(self.request))
    }

    /// What the draft does to the keys of the unique fields whose values it changes.
    pub(super) fn unique_changes<'a>(&'a self) -> impl Iterator<Item = UniqueChange> + 'a {
        let unique = self.object.live_fields().filter(|field| field.unique);
        unique.filter_map(|field| {
            let value = |record: &'a Option<Record>| record.as_ref()?.value(field.number);
            let (before, after) = (value(&self.before), value(&self.after));
            let key = |value| spaces::unique(self.object.number, field.number, value);
            (before != after).then(|| UniqueChange {
                field: field.number,
                old: before.map(key),
                new: after.map(key),
            })
        })
    }

    /// The references that the draft sets or changes, in fields in use.
    pub(super) fn new_references(&self) -> impl Iterator<Item = (&Field, RecordId)> {
        let values = self.after.iter().flat_map(|record| &record.values);
        values.filter_map(|(number, value)| {
            let Value::Reference(id) = value else {
                return None;
            };
            let before = self.before.as_ref().and_then(|old| old.value(*number));
            let field = self.object.field_by_number(*number)?;
            (before != Some(value) && !field.retired).then_some((field, *id))
        })
    }

    /// The files that the draft sets or changes.
    pub(super) fn new_files(&self) -> impl Iterator<Item = (&Field, &FileRef)> {
        let fields = self.object.live_fields();
        let fields = fields.filter(|field| matches!(field.kind, FieldKind::File));
        fields.filter_map(|field| {
            let value = self.after.as_ref()?.value(field.number)?;
            let before = self.before.as_ref().and_then(|old| old.value(field.number));
            match value {
                Value::File(file) if before != Some(value) => Some((field, file.as_ref())),
                _ => None,
            }
        })
    }
}

/// A unique field's key before and after a draft.
pub(super) struct UniqueChange {
    pub(super) field: u32,
    pub(super) old: Option<Vec<u8>>,
    pub(super) new: Option<Vec<u8>>,
}

/// Drafts that are not, or no longer, known to keep the rules.
pub(crate) struct Drafts {
    /// One for each record: several requests on one record are one change of it.
    pub(crate) drafts: Vec<Draft>,
    /// How many groups were staged. The next one touches a record that an earlier group changes: it waits for the
    /// next commit, so that hooks and preconditions see what that one left.
    pub(crate) staged: usize,
    pub(crate) stored: Vec<(usize, usize, Stored)>,
    /// The schema as the requests leave it.
    pub(crate) schema: Arc<Schema>,
    pub(crate) schema_changed: BTreeSet<u32>,
    pub(crate) faults: BTreeMap<usize, Vec<Failure>>,
    /// How many of a group's faults are what hooks refuse.
    pub(super) refusals: BTreeMap<usize, usize>,
    /// Outcomes that have no draft: (group, request, outcome).
    pub(crate) settled: Vec<(usize, usize, Outcome)>,
    /// Idempotency keys by group.
    pub(crate) once: Vec<(usize, String)>,
    pub(crate) hooks: Vec<HookRun>,
    /// What hooks read besides their rows.
    pub(crate) reads: Reads,
    /// Writes to plugins' own keys, by group.
    pub(crate) keeps: Vec<(usize, Keep)>,
    /// Records that hooks add: (group, request, record), to be staged.
    pub(super) children: Vec<(usize, usize, NewRecord)>,
    /// Whether a hook changed a draft since it was validated.
    pub(crate) amended: bool,
    /// What the snapshot answered so far.
    pub(super) looked: Looked,
    /// The files that drafts name.
    pub(super) held: Held,
    /// Groups that want a unique value which a draft of this call has: (group, that draft's record).
    pub(crate) clashes: Vec<(usize, RecordId)>,
}

/// What one hook did in this write, for the journal.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct HookRun {
    pub(crate) owner: String,
    pub(crate) hook: String,
    pub(crate) rows: usize,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) fuel: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) patches: usize,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) refusals: usize,
    /// How often it failed.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) failures: usize,
    /// The record it was asked about, where it was a single one.
    #[serde(skip)]
    pub(crate) record: Option<RecordId>,
    /// What the failure said. That may quote values, so it is kept with the record and nowhere else.
    #[serde(skip)]
    pub(crate) failure: Option<String>,
}

fn is_zero<N: Default + PartialEq>(count: &N) -> bool {
    *count == N::default()
}

impl Drafts {
    pub(crate) fn fault(&mut self, (group, failure): (usize, Failure)) {
        self.faults.entry(group).or_default().push(failure);
    }
}

/// Drafts that keep every rule. Only `validate` makes them, only `plan` takes them.
pub(crate) struct Valid(pub(super) Drafts);

impl Valid {
    pub(crate) fn take_faults(&mut self) -> BTreeMap<usize, Vec<Failure>> {
        std::mem::take(&mut self.0.faults)
    }

    pub(crate) fn take_held(&mut self) -> Held {
        std::mem::take(&mut self.0.held)
    }

    /// Of the groups with faults, those that clash with another one of them, which comes before it.
    pub(crate) fn waits_for(&self, faulty: BTreeSet<usize>) -> BTreeSet<usize> {
        let group_of = |id: RecordId| {
            self.0
                .drafts
                .iter()
                .find(|draft| draft.id == id)
                .map(|draft| draft.group)
        };
        let waits = self.0.clashes.iter().filter(|(group, other)| {
            group_of(*other).is_some_and(|other| other < *group && faulty.contains(&other))
        });
        waits.map(|(group, _)| *group).collect()
    }

    /// Takes whole groups out; true when another group builds upon one of them and must be staged again.
    pub(crate) fn drop_groups(&mut self, groups: &BTreeSet<usize>) -> bool {
        let dropped: BTreeSet<RecordId> = self
            .0
            .drafts
            .iter()
            .filter(|draft| groups.contains(&draft.group))
            .map(|draft| draft.id)
            .collect();
        let builds_upon =
            |draft: &Draft| {
                dropped.contains(&draft.id)
                    || draft.after.iter().flat_map(|record| &record.values).any(
                        |(_, value)| matches!(value, Value::Reference(id) if dropped.contains(id)),
                    )
            };
        let schema = self
            .0
            .stored
            .iter()
            .any(|(group, ..)| groups.contains(group))
            || !self.0.schema_changed.is_empty();
        let again = schema
            || self
                .0
                .drafts
                .iter()
                .any(|draft| !groups.contains(&draft.group) && builds_upon(draft));
        self.0.drafts.retain(|draft| !groups.contains(&draft.group));
        self.0.stored.retain(|(group, ..)| !groups.contains(group));
        self.0.settled.retain(|(group, ..)| !groups.contains(group));
        self.0.once.retain(|(group, _)| !groups.contains(group));
        self.0.keeps.retain(|(group, _)| !groups.contains(group));
        again
    }

    /// What became of each request, by group, of the groups that were staged.
    pub(crate) fn outcomes(&self) -> Vec<Vec<Outcome>> {
        let mut all: Vec<(usize, usize, Outcome)> = Vec::with_capacity(self.0.drafts.len());
        for draft in &self.0.drafts {
            let unchanged = !draft.is_change();
            all.extend(draft.asked.iter().map(|(request, kind)| {
                let kind = if unchanged {
                    OutcomeKind::Unchanged
                } else {
                    *kind
                };
                let id = Some(draft.id);
                (draft.group, *request, Outcome { id, kind })
            }));
        }
        all.extend(self.0.settled.iter().cloned());
        // Stable: of one request in the order of its drafts. Mostly it is sorted already.
        all.sort_by_key(|(group, request, _)| (*group, *request));
        let mut rest = all.as_slice();
        let mut groups = Vec::with_capacity(self.0.staged);
        for group in 0..self.0.staged {
            let count = rest.partition_point(|(of, ..)| *of <= group);
            let (outcomes, after) = rest.split_at(count);
            groups.push(
                outcomes
                    .iter()
                    .map(|(.., outcome)| outcome.clone())
                    .collect(),
            );
            rest = after;
        }
        groups
    }

    /// For rehearsals: the view after these drafts.
    #[cfg(feature = "exchange")]
    pub(crate) fn settle(self, view: &mut View) {
        view.settle(self.0.drafts);
    }
}
