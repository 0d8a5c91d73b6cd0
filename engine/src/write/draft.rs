//! What is a change before it is fact?

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::request::{Outcome, OutcomeKind, Stored};
use crate::error::{Failure, Result};
use crate::hook::{Row, Verb};
use crate::query::Reader;
use crate::record::{Record, RecordId, Value};
use crate::schema::{Object, Schema};
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

    pub(crate) fn fail(&self, failure: Failure) -> (usize, Failure) {
        (self.group, failure.of_request(self.request))
    }
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
    /// Outcomes that have no draft: (group, request, outcome).
    pub(crate) settled: Vec<(usize, usize, Outcome)>,
    /// Idempotency keys by group.
    pub(crate) once: Vec<(usize, String)>,
    pub(crate) hooks: Vec<HookRun>,
    /// Groups that want a unique value which a draft of this call has: (group, that draft's record).
    pub(crate) clashes: Vec<(usize, RecordId)>,
}

/// What one hook did in this write, for the journal.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct HookRun {
    pub(crate) owner: String,
    pub(crate) hook: String,
    pub(crate) rows: usize,
    pub(crate) fuel: u64,
    pub(crate) patches: usize,
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(count: &usize) -> bool {
    *count == 0
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
        again
    }

    /// What became of each request, by group, of the groups that were staged.
    pub(crate) fn outcomes(&self) -> Vec<Vec<Outcome>> {
        let mut all: Vec<Vec<(usize, Outcome)>> = vec![Vec::new(); self.0.staged];
        for draft in &self.0.drafts {
            let unchanged = draft.kind == OutcomeKind::Updated && draft.changed().is_empty();
            for (request, kind) in &draft.asked {
                let kind = if unchanged {
                    OutcomeKind::Unchanged
                } else {
                    *kind
                };
                let id = Some(draft.id);
                all[draft.group].push((*request, Outcome { id, kind }));
            }
        }
        for (group, request, outcome) in &self.0.settled {
            all[*group].push((*request, outcome.clone()));
        }
        all.into_iter()
            .map(|mut outcomes| {
                outcomes.sort_by_key(|(request, _)| *request);
                outcomes.into_iter().map(|(_, outcome)| outcome).collect()
            })
            .collect()
    }

    /// For rehearsals: the view after these drafts.
    #[cfg(feature = "exchange")]
    pub(crate) fn settle(self, view: &mut View) {
        for draft in self.0.drafts {
            view.put(&draft);
        }
        // Hooks read through the reader.
        view.reader.rehearsed = Some(Arc::new(view.pending.clone()));
    }
}

/// The snapshot plus the rows before this one.
#[derive(Clone)]
pub(crate) struct View {
    pub(crate) reader: Reader,
    pending: HashMap<RecordId, Option<Record>>,
    /// Unique keys taken (an id) or freed (none) by the rows before.
    claims: HashMap<Vec<u8>, Option<RecordId>>,
}

impl View {
    pub(crate) fn new(reader: Reader) -> Self {
        Self {
            reader,
            pending: HashMap::new(),
            claims: HashMap::new(),
        }
    }

    pub(crate) fn get(&self, id: RecordId) -> Result<Option<Record>> {
        match self.pending.get(&id) {
            Some(record) => Ok(record.clone()),
            None => Ok(self.reader.get(id)?.map(without_rollups)),
        }
    }

    pub(crate) fn exists(&self, id: RecordId) -> Result<bool> {
        match self.pending.get(&id) {
            Some(record) => Ok(record.is_some()),
            None => {
                let Some(object) = self.reader.schema.by_prefix(id.prefix) else {
                    return Ok(false);
                };
                Ok(self
                    .reader
                    .snapshot
                    .get(&spaces::of_record(spaces::RECORD, object.number, id.number))?
                    .is_some())
            }
        }
    }

    /// Whether the rows before this one wrote the record.
    pub(crate) fn is_pending(&self, id: RecordId) -> bool {
        self.pending.contains_key(&id)
    }

    pub(crate) fn pending(&self) -> impl Iterator<Item = (RecordId, Option<&Record>)> {
        self.pending
            .iter()
            .map(|(id, record)| (*id, record.as_ref()))
    }

    pub(crate) fn by_unique(
        &self,
        object: &Object,
        field: u32,
        value: &Value,
    ) -> Result<Option<RecordId>> {
        match self
            .claims
            .get(&spaces::unique(object.number, field, value))
        {
            Some(claim) => Ok(*claim),
            None => self.reader.by_unique(object, field, value),
        }
    }

    /// Takes a draft up, so that the rows after it see it.
    pub(crate) fn put(&mut self, draft: &Draft) {
        for field in draft.object.live_fields().filter(|field| field.unique) {
            let key = |record: &Option<Record>| {
                record
                    .as_ref()
                    .and_then(|record| record.value(field.number))
                    .map(|value| spaces::unique(draft.object.number, field.number, value))
            };
            let (old, new) = (key(&draft.before), key(&draft.after));
            if old != new {
                if let Some(old) = old {
                    // Freed, unless a row before has taken it since.
                    let claim = self.claims.entry(old).or_insert(Some(draft.id));
                    if *claim == Some(draft.id) {
                        *claim = None;
                    }
                }
                if let Some(new) = new {
                    self.claims
                        .entry(new)
                        .and_modify(|claim| {
                            claim.get_or_insert(draft.id);
                        })
                        .or_insert(Some(draft.id));
                }
            }
        }
        self.pending.insert(draft.id, draft.after.clone());
    }
}

/// Totals belong to the store, not to the record that a draft changes.
pub(crate) fn without_rollups(mut record: Record) -> Record {
    let object = record.object.clone();
    record.values.retain(|(number, _)| {
        !object
            .field_by_number(*number)
            .is_some_and(crate::schema::Field::is_rollup)
    });
    record
}
