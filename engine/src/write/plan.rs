//! Step 5: which entries does the change come to?
//!
//! Record puts, index changes, deltas of totals, the history of each record, the preconditions and the journal entry.
//! It decides nothing any more.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use super::Write;
use super::asked::asked;
use super::bin::Binned;
use super::draft::{Draft, Drafts, Valid};
use super::request::{Group, OutcomeKind};
use super::rollup::Deltas;
use crate::error::{Error, Result};
use crate::journal::Subject;
use crate::record::{Record, Value};
use crate::schema::{Field, FieldKind, Object, OnDelete, Schema};
use crate::store::{Commit, CommitLeaf, Write as Entry, codec, spaces};

/// A commit, and the drafts that `publish` tells of.
pub(super) struct Plan {
    pub(super) commit: Commit,
    pub(super) drafts: Vec<Draft>,
    /// Whether schema, hooks or settings changed.
    pub(super) config: bool,
    /// Whether somebody waits for this commit with follow-ups.
    pub(super) queued: bool,
}

pub(super) fn plan(
    valid: Valid,
    write: &Write<'_>,
    groups: &[Group],
    refused: &[Option<Error>],
) -> Result<Option<Plan>> {
    let mut drafts = valid.0;
    let is_change =
        |draft: &Draft| draft.kind != OutcomeKind::Updated || !draft.changed().is_empty();
    if !drafts.drafts.iter().any(is_change)
        && drafts.stored.is_empty()
        && drafts.once.is_empty()
        && write.followed.is_empty()
    {
        return Ok(None);
    }
    let asked = asked(write, groups, refused, &drafts);
    // A draft that changes nothing is no change; its revision stays.
    drafts.drafts.retain(is_change);
    let mut planner = Planner {
        entries: BTreeMap::new(),
        released: Vec::new(),
        unchanged: BTreeSet::new(),
        guards: BTreeSet::new(),
        totals: Vec::new(),
    };
    planner.unchanged.insert(vec![spaces::CONFIG]);
    let mut deltas = Deltas::new();
    let mut counts: BTreeMap<u32, i64> = BTreeMap::new();
    let mut writes = Vec::new();
    let mut touched = BTreeSet::new();
    for draft in &drafts.drafts {
        planner.draft(draft, write);
        deltas.change(&drafts.schema, draft.before.as_ref(), draft.after.as_ref());
        *counts.entry(draft.object.number).or_default() +=
            i64::from(draft.after.is_some()) - i64::from(draft.before.is_some());
        if touched.insert(draft.id) {
            writes.push(Entry::Stamp {
                prefix: spaces::of_record(spaces::HISTORY, draft.object.number, draft.id.number),
                value: Vec::new(),
            });
        }
    }
    let config = planner.stored(&drafts, write)?;
    for (_, key) in &drafts.once {
        let key = spaces::named(spaces::DONE, key);
        planner.unchanged.insert(key.clone());
        planner.common(key, Some(Vec::new()));
    }
    for position in &write.followed {
        planner.common(spaces::queued(position.get()), None);
    }
    let gained = std::mem::take(&mut planner.totals);
    for deltas in gained.into_iter().chain([deltas]) {
        let (totals, unchanged) = deltas.entries(&write.reader, &drafts)?;
        planner.unchanged.extend(unchanged);
        writes.extend(totals);
    }
    writes.extend(
        counts
            .into_iter()
            .filter(|(_, count)| *count != 0)
            .map(|(object, count)| Entry::Add {
                key: spaces::of_object(spaces::COUNT, object),
                count,
                sum: 0,
            }),
    );
    let now = write.context.now().timestamp_micros();
    writes.extend(
        std::mem::take(&mut planner.guards)
            .into_iter()
            .map(|key| Entry::Raise { key, to: now }),
    );
    let queued = drafts.drafts.iter().any(|draft| followed_by(write, draft));
    if queued {
        writes.push(Entry::Stamp {
            prefix: vec![spaces::QUEUE],
            value: vec![write.depth],
        });
    }
    let unchanged = std::mem::take(&mut planner.unchanged);
    let leaves = planner.into_leaves(asked.leaves, &mut writes);
    let commit = Commit {
        at: write.reader.position(),
        unchanged: unchanged.into_iter().collect(),
        // Indexes and totals of a changed schema are built from all records.
        alone: !drafts.schema_changed.is_empty(),
        writes,
        asked: asked.common,
        leaves,
        time: now,
    };
    Ok(Some(Plan {
        commit,
        drafts: drafts.drafts,
        config,
        queued,
    }))
}

/// Whether an after-commit hook wants to hear of this draft.
pub(super) fn followed_by(write: &Write<'_>, draft: &Draft) -> bool {
    let changed = draft.changed();
    write.registry.after_commit.iter().any(|hook| {
        hook.interest()
            .is_in(&draft.object.name, draft.verb(), &changed)
    })
}

struct Planner {
    /// The last change of each key wins: drafts of one record come in order.
    entries: BTreeMap<Vec<u8>, Put>,
    /// Unique keys that a record gave up while another one of this commit took them.
    released: Vec<(Subject, Vec<u8>)>,
    unchanged: BTreeSet<Vec<u8>>,
    /// Records that gained a reference which their delete would have to see.
    guards: BTreeSet<Vec<u8>>,
    /// Totals of rollups that the schema gains.
    totals: Vec<Deltas>,
}

/// A new value, or none for a delete, and the record whose value key or value tells, if they tell one.
struct Put {
    owner: Option<Subject>,
    value: Option<Vec<u8>>,
}

impl Planner {
    /// Writes an entry that belongs to no record.
    fn common(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
        self.entries.insert(key, Put { owner: None, value });
    }

    /// Writes an entry that belongs to a record.
    fn of(&mut self, owner: Subject, key: Vec<u8>, value: Option<Vec<u8>>) {
        let owner = Some(owner);
        self.entries.insert(key, Put { owner, value });
    }

    /// Deals the entries out to the leaves of the records that they belong to, the others to `common`.
    fn into_leaves(
        self,
        asked: BTreeMap<Subject, Vec<u8>>,
        common: &mut Vec<Entry>,
    ) -> Vec<CommitLeaf> {
        let mut leaves: BTreeMap<Subject, CommitLeaf> = BTreeMap::new();
        let empty = |subject| CommitLeaf {
            subject,
            asked: Vec::new(),
            writes: Vec::new(),
        };
        for (subject, asked) in asked {
            leaves
                .entry(subject)
                .or_insert_with(|| empty(subject))
                .asked = asked;
        }
        for (key, Put { owner, value }) in self.entries {
            let writes = match owner {
                Some(subject) => {
                    let leaf = leaves.entry(subject).or_insert_with(|| empty(subject));
                    &mut leaf.writes
                }
                None => &mut *common,
            };
            writes.push(match value {
                Some(value) => Entry::Put { key, value },
                None => Entry::Delete { key },
            });
        }
        for (subject, key) in self.released {
            let leaf = leaves.entry(subject).or_insert_with(|| empty(subject));
            leaf.writes.push(Entry::Release { key });
        }
        leaves.into_values().collect()
    }

    fn draft(&mut self, draft: &Draft, write: &Write<'_>) {
        let subject = subject(draft);
        let key = spaces::of_record(spaces::RECORD, draft.object.number, draft.id.number);
        let bin = spaces::of_record(spaces::BIN, draft.object.number, draft.id.number);
        self.unchanged.insert(key.clone());
        match &draft.after {
            Some(after) => {
                self.of(subject, key, Some(record_bytes(after)));
                if draft.kind == OutcomeKind::Restored {
                    self.unchanged.insert(bin.clone());
                    self.of(subject, bin, None);
                }
            }
            None => {
                self.unchanged.insert(spaces::of_record(
                    spaces::GUARD,
                    draft.object.number,
                    draft.id.number,
                ));
                self.of(subject, key, None);
                if let Some(before) = &draft.before {
                    let binned = Binned {
                        at: write.context.now().timestamp_micros(),
                        by: write.context.actor.to_string(),
                        root: draft.root,
                        along: draft.along.iter().map(ToString::to_string).collect(),
                    };
                    self.of(subject, bin, Some(binned.join(&record_bytes(before))));
                }
            }
        }
        let old = draft
            .before
            .as_ref()
            .map_or_else(BTreeSet::new, |record| index_entries(&draft.object, record));
        let new = draft
            .after
            .as_ref()
            .map_or_else(BTreeSet::new, |record| index_entries(&draft.object, record));
        for gone in old.difference(&new) {
            self.of(subject, gone.clone(), None);
        }
        for come in new.difference(&old) {
            self.of(subject, come.clone(), Some(Vec::new()));
        }
        self.unique(draft);
        self.references(draft, write);
    }

    fn unique(&mut self, draft: &Draft) {
        for field in draft.object.live_fields().filter(|field| field.unique) {
            let key = |record: &Option<Record>| {
                record
                    .as_ref()
                    .and_then(|record| record.value(field.number))
                    .map(|value| spaces::unique(draft.object.number, field.number, value))
            };
            let (old, new) = (key(&draft.before), key(&draft.after));
            if old == new {
                continue;
            }
            let (mine, id) = (subject(draft), draft.id.number.to_be_bytes().to_vec());
            if let Some(old) = old {
                // A row before this one may have taken it over by now.
                let claim = self.entries.get(&old).and_then(|put| put.value.as_ref());
                if claim.is_none_or(|claim| *claim == id) {
                    self.unchanged.insert(old.clone());
                    self.of(mine, old, None);
                } else {
                    self.released.push((mine, old));
                }
            }
            if let Some(new) = new {
                self.unchanged.insert(new.clone());
                let before = self.entries.get(&new).and_then(|put| put.owner);
                if let Some(before) = before.filter(|before| *before != mine) {
                    self.released.push((before, new.clone()));
                }
                self.of(mine, new, Some(id));
            }
        }
    }

    /// A record that a new reference leads to must still be there when this is committed.
    fn references(&mut self, draft: &Draft, write: &Write<'_>) {
        let Some(after) = &draft.after else { return };
        for (field, value) in &after.values {
            let Value::Reference(id) = value else {
                continue;
            };
            if draft
                .before
                .as_ref()
                .and_then(|before| before.value(*field))
                == Some(value)
            {
                continue;
            }
            // The bin entry appears when the target is deleted; its updates do not touch it, so they cause no conflict.
            if let Some(object) = write.reader.schema.by_prefix(id.prefix) {
                self.unchanged
                    .insert(spaces::of_record(spaces::BIN, object.number, id.number));
                let kind = draft
                    .object
                    .field_by_number(*field)
                    .map(|field| &field.kind);
                if matches!(
                    kind,
                    Some(FieldKind::Reference {
                        on_delete: OnDelete::Cascade | OnDelete::Restrict,
                        ..
                    })
                ) {
                    self.guards
                        .insert(spaces::of_record(spaces::GUARD, object.number, id.number));
                }
            }
        }
    }

    /// Entries beside the records; true when schema, hooks or settings must be loaded again.
    fn stored(&mut self, drafts: &Drafts, write: &Write<'_>) -> Result<bool> {
        let mut config = false;
        for (_, _, stored) in &drafts.stored {
            config |= stored.config;
            for (key, value) in &stored.entries {
                self.unchanged.insert(key.clone());
                self.common(key.clone(), value.clone());
            }
        }
        for number in &drafts.schema_changed {
            let Some(object) = drafts.schema.by_number(*number) else {
                continue;
            };
            let key = spaces::of_object(spaces::SCHEMA, *number);
            self.common(key, Some(serde_json::to_vec(&**object).unwrap_or_default()));
            let old = write.reader.schema.by_number(*number);
            if let Some(old) = old {
                self.reindex(old, object, write)?;
            }
            self.retotal(old, object, &drafts.schema, write)?;
        }
        if config {
            let counter = write
                .reader
                .snapshot
                .get(&[spaces::CONFIG])?
                .and_then(|bytes| <[u8; 8]>::try_from(bytes.as_slice()).ok());
            let next = counter.map_or(1, |bytes| u64::from_be_bytes(bytes) + 1);
            self.common(vec![spaces::CONFIG], Some(next.to_be_bytes().to_vec()));
        }
        Ok(config)
    }

    /// Builds the indexes and unique keys that a changed object gains and drops those that it loses.
    fn reindex(&mut self, old: &Arc<Object>, new: &Arc<Object>, write: &Write<'_>) -> Result<()> {
        let fields = |object: &Object, has: fn(&Field) -> bool| -> BTreeSet<u32> {
            let having = object.live_fields().filter(|field| has(field));
            having.map(|field| field.number).collect()
        };
        let (was, is) = (
            fields(old, Field::is_indexed),
            fields(new, Field::is_indexed),
        );
        let (claimed, claims) = (
            fields(old, |field| field.unique),
            fields(new, |field| field.unique),
        );
        // A new indexed field has no values yet, and still an entry for every record: a walk of its index finds all.
        if was == is && claimed == claims {
            return Ok(());
        }
        let number = new.number;
        write.reader.each(new, |record| {
            let id = record.id.number;
            let entry = |field: &u32| spaces::index(number, *field, record.value(*field), id);
            let claim = |field: &u32| Some(spaces::unique(number, *field, record.value(*field)?));
            let owner = Subject { object: number, id };
            let drop = was.difference(&is).map(entry);
            for key in drop.chain(claimed.difference(&claims).filter_map(claim)) {
                self.of(owner, key, None);
            }
            for key in is.difference(&was).map(entry) {
                self.of(owner, key, Some(Vec::new()));
            }
            for key in claims.difference(&claimed).filter_map(claim) {
                self.of(owner, key, Some(id.to_be_bytes().to_vec()));
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    /// Adds up the totals that a changed object gains over the records there are, and drops those that it loses.
    fn retotal(
        &mut self,
        old: Option<&Arc<Object>>,
        new: &Arc<Object>,
        schema: &Schema,
        write: &Write<'_>,
    ) -> Result<()> {
        let totals = |object: &Object| -> BTreeSet<u32> {
            let rollups = object.live_fields().filter(|field| field.is_rollup());
            rollups.map(|field| field.number).collect()
        };
        let (was, is) = (
            old.map_or_else(BTreeSet::new, |old| totals(old)),
            totals(new),
        );
        if was.difference(&is).next().is_some() {
            let prefix = spaces::of_object(spaces::ROLLUP, new.number);
            write.reader.snapshot.scan_all(&prefix, |key, _| {
                let field = key
                    .last_chunk::<4>()
                    .map(|bytes| u32::from_be_bytes(*bytes));
                if field.is_some_and(|field| was.contains(&field) && !is.contains(&field)) {
                    self.common(key.to_vec(), None);
                }
                Ok::<_, Error>(ControlFlow::Continue(()))
            })?;
        }
        for field in is.difference(&was) {
            let Some(FieldKind::Rollup(rollup)) =
                new.field_by_number(*field).map(|field| &field.kind)
            else {
                continue;
            };
            let Some(child) = schema.object(&rollup.child) else {
                continue;
            };
            let mut deltas = Deltas::new();
            write.reader.each(child, |record| {
                deltas.begin(schema, &record, (new.number, *field));
                Ok(ControlFlow::Continue(()))
            })?;
            self.totals.push(deltas);
        }
        Ok(())
    }
}

fn subject(draft: &Draft) -> Subject {
    Subject {
        object: draft.object.number,
        id: draft.id.number,
    }
}

/// A record's stored form. Totals are entries of their own.
pub(crate) fn record_bytes(record: &Record) -> Vec<u8> {
    let is_total = |number: u32| {
        record
            .object
            .field_by_number(number)
            .is_some_and(crate::schema::Field::is_rollup)
    };
    if record.values.iter().any(|(number, _)| is_total(*number)) {
        let values: Vec<(u32, Value)> = record
            .values
            .iter()
            .filter(|(number, _)| !is_total(*number))
            .cloned()
            .collect();
        return codec::encode(record.revision, &values);
    }
    codec::encode(record.revision, &record.values)
}

/// The keys of a record in every index of its object.
pub(crate) fn index_entries(object: &Object, record: &Record) -> BTreeSet<Vec<u8>> {
    object
        .live_fields()
        .filter(|field| field.is_indexed())
        .map(|field| {
            spaces::index(
                object.number,
                field.number,
                record.value(field.number),
                record.id.number,
            )
        })
        .collect()
}
