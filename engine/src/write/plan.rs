//! Step 5: which entries does the change come to?
//!
//! Record puts, index changes, deltas of totals, the history of each record, the preconditions and the journal entry.
//! It decides nothing any more.

mod hooked;
mod indexes;
mod membership;
mod reshaped;

use std::collections::{BTreeMap, BTreeSet};

use super::Write;
use super::asked::asked;
use super::bill;
use super::bin::Binned;
use super::draft::{Draft, Drafts, Valid};
use super::fill::only_begins_totals;
use super::leaves::Leaves;
use super::request::{Group, OutcomeKind};
use super::rollup::Deltas;
use crate::access::{self, Tagging};
use crate::error::{Error, Result};
use crate::journal::Subject;
use crate::record::{Record, RecordId};
use crate::schema::{Field, FieldKind, OnDelete, Schema};
use crate::store::{Commit, Write as Entry, codec, spaces};

pub(super) use indexes::entry_of_several;
pub(crate) use indexes::index_entries;

/// How many entries the common part of a commit usually comes to for each record.
const USUAL_WRITES: usize = 4;

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
    if !drafts.drafts.iter().any(Draft::is_change)
        && drafts.stored.is_empty()
        && drafts.once.is_empty()
        && drafts.keeps.is_empty()
        && write.followed.is_empty()
        // A write that comes to nothing is none; one that asks for nothing is there for the bills.
        && (write.billed.is_empty() || !groups.is_empty())
    {
        return Ok(None);
    }
    let asked = asked(write, groups, refused, &drafts);
    drafts.drafts.retain(Draft::is_change);
    let mut planner = Planner::default();
    planner.writes.reserve(USUAL_WRITES * drafts.drafts.len());
    planner.unchanged.push(vec![spaces::CONFIG]);
    let mut deltas = Deltas::new();
    let mut counts: BTreeMap<u32, i64> = BTreeMap::new();
    for draft in &drafts.drafts {
        planner.draft(draft, write);
        deltas.change(&drafts.schema, draft.before.as_ref(), draft.after.as_ref());
        *counts.entry(draft.object.number).or_default() +=
            i64::from(draft.after.is_some()) - i64::from(draft.before.is_some());
    }
    planner.organisation(&drafts, write)?;
    let reshaped = planner.membership(&drafts, write)?;
    let config = planner.stored(&drafts, write, reshaped)?;
    planner.keeps(&drafts, write)?;
    planner.read(&drafts.reads, &write.reader.schema);
    for (_, key) in &drafts.once {
        let key = spaces::named(spaces::DONE, key);
        planner.unchanged.push(key.clone());
        planner.put(key, Vec::new());
    }
    for position in &write.followed {
        planner.delete(spaces::queued(position.get()));
    }
    let filled = std::mem::take(&mut planner.totals);
    for deltas in filled.into_iter().chain([deltas]) {
        let (totals, unchanged) = deltas.entries(&write.reader, &drafts)?;
        planner.unchanged.extend(unchanged);
        planner.writes.extend(totals);
    }
    planner.watched(write.now.timestamp_micros());
    planner.referred(&write.reader.schema, write.now.timestamp_micros());
    let Planner {
        mut writes,
        mut unchanged,
        leaves,
        alone,
        ..
    } = planner;
    unchanged.sort_unstable();
    unchanged.dedup();
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
    writes.extend(bill::entries(&write.billed));
    if let Some(run) = &write.context.run
        && !drafts.drafts.is_empty()
    {
        writes.push(Entry::Stamp {
            prefix: spaces::named(spaces::RUN, run),
            value: Vec::new(),
        });
    }
    let queued = drafts.drafts.iter().any(|draft| followed_by(write, draft));
    if queued {
        writes.push(Entry::Stamp {
            prefix: vec![spaces::QUEUE],
            value: vec![write.depth],
        });
    }
    let commit = Commit {
        at: write.reader.position(),
        unchanged,
        alone: alone || reshaped,
        writes,
        asked: asked.common,
        leaves: leaves.into_parts(asked.leaves),
        time: write.now.timestamp_micros(),
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
    let hooks = &write.registry.after_commit;
    if hooks.is_empty() {
        return false;
    }
    let changed = draft.changed();
    hooks.iter().any(|hook| {
        hook.interest()
            .is_in(&draft.object.name, draft.verb(), &changed)
    })
}

#[derive(Default)]
pub(super) struct Planner {
    /// What belongs to no record alone. In order: of two writes of one key the later one holds.
    pub(super) writes: Vec<Entry>,
    /// What belongs to one record.
    leaves: Leaves,
    pub(super) unchanged: Vec<Vec<u8>>,
    /// Records that gained a reference, and those of them that must see it when they are deleted.
    referred: BTreeSet<RecordId>,
    guarded: BTreeSet<RecordId>,
    /// Objects that somebody looks for records of.
    watched: BTreeSet<u32>,
    /// What a step of filling adds to totals.
    pub(super) totals: Vec<Deltas>,
    /// What a changed schema drops or indexes is made from all records.
    pub(super) alone: bool,
    /// How the index entries of each object are tagged.
    tagging: BTreeMap<u32, Option<Tagging>>,
}

impl Planner {
    pub(super) fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.writes.push(put(key, value));
    }

    pub(super) fn delete(&mut self, key: Vec<u8>) {
        self.writes.push(delete(key));
    }

    /// What is written for a record beside changes of its own.
    pub(super) fn of_record(&mut self, object: u32, id: u128, writes: Vec<Entry>) {
        self.leaves.add(Subject { object, id }, writes);
    }

    fn draft(&mut self, draft: &Draft, write: &Write<'_>) {
        let key = |space| spaces::of_record(space, draft.object.number, draft.id.number);
        let indexed = draft
            .object
            .live_fields()
            .filter(|field| field.is_indexed() || field.is_searchable());
        if write.registry.watched.contains(&draft.object.number) {
            self.watched.insert(draft.object.number);
        }
        // The record, the bin, a unique key; an update moves two keys of each index that it touches.
        let mut writes = Vec::with_capacity(3 + indexed.count() + draft.object.indexes.len());
        self.unchanged.push(key(spaces::RECORD));
        match &draft.after {
            Some(after) => {
                writes.push(put(key(spaces::RECORD), record_bytes(after)));
                if draft.kind == OutcomeKind::Restored {
                    self.unchanged.push(key(spaces::BIN));
                    writes.push(delete(key(spaces::BIN)));
                }
            }
            None => {
                self.unchanged.push(key(spaces::GUARD));
                writes.push(delete(key(spaces::RECORD)));
                if let Some(before) = &draft.before {
                    let binned = Binned {
                        at: write.now.timestamp_micros(),
                        by: write.context.actor.to_string(),
                        root: draft.root,
                        along: draft.along.iter().map(ToString::to_string).collect(),
                    };
                    writes.push(put(key(spaces::BIN), binned.join(&record_bytes(before))));
                }
            }
        }
        self.writes.push(Entry::Stamp {
            prefix: key(spaces::HISTORY),
            value: Vec::new(),
        });
        let number = draft.object.number;
        let tagging = self.tagging.entry(number);
        let tagging = tagging.or_insert_with(|| Tagging::of(&draft.object));
        indexes::index(draft, *tagging, &mut writes);
        indexes::post(draft, &mut writes);
        self.leaves.add(subject(draft), writes);
        self.unique(draft);
        self.references(draft);
    }

    fn unique(&mut self, draft: &Draft) {
        for change in draft.unique_changes() {
            if change.old == change.new {
                continue;
            }
            let mine = subject(draft);
            if let Some(old) = change.old
                && self.leaves.give_up(mine, &old)
            {
                self.unchanged.push(old);
            }
            if let Some(new) = change.new {
                self.unchanged.push(new.clone());
                self.leaves.take(mine, new);
            }
        }
    }

    fn references(&mut self, draft: &Draft) {
        for (field, id) in draft.new_references() {
            self.referred.insert(id);
            if let FieldKind::Reference { on_delete, .. } = &field.kind
                && *on_delete != OnDelete::Keep
            {
                self.guarded.insert(id);
            }
        }
    }

    /// A record that a new reference leads to must still be there when this is committed.
    fn referred(&mut self, schema: &Schema, now: i64) {
        let key = |space, id: &RecordId| {
            let object = schema.by_prefix(id.prefix)?;
            Some(spaces::of_record(space, object.number, id.number))
        };
        // The bin entry appears when the target is deleted; its updates do not touch it, so they cause no conflict.
        let bins = self.referred.iter().filter_map(|id| key(spaces::BIN, id));
        self.unchanged.extend(bins);
        let guards = self.guarded.iter().filter_map(|id| key(spaces::GUARD, id));
        self.writes
            .extend(guards.map(|key| Entry::Raise { key, to: now }));
    }

    /// Whose rights changed is judged anew from the next read on; who wrote this under his rights still has them.
    fn organisation(&mut self, drafts: &Drafts, write: &Write<'_>) -> Result<()> {
        let concerns = match write.acting.is_enforced() {
            true => access::concerns,
            false => access::concerns_always,
        };
        let mut objects = drafts.drafts.iter().map(|draft| &draft.object.name);
        let changed = objects.any(|name| concerns(name));
        let mut stored = drafts.stored.iter();
        let enforces = stored.any(|(.., stored)| access::enforces(&stored.entries));
        if changed || enforces || write.acting.seeing.is_some() {
            self.unchanged.push(access::counter_key());
        }
        if changed {
            let next = access::counter(&write.reader.snapshot)? + 1;
            self.put(access::counter_key(), next.to_be_bytes().to_vec());
        }
        Ok(())
    }

    /// Entries beside the records; true when schema, hooks or settings must be loaded again.
    fn stored(
        &mut self,
        drafts: &Drafts,
        write: &Write<'_>,
        segments_differ: bool,
    ) -> Result<bool> {
        let mut config = segments_differ;
        for (_, _, stored) in &drafts.stored {
            config |= stored.config;
            if let Some(filling) = &stored.filling {
                config |= self.fill_total(filling, drafts, write)?;
            }
            for (key, value) in &stored.entries {
                self.unchanged.push(key.clone());
                match value {
                    Some(value) => self.put(key.clone(), value.clone()),
                    None => self.delete(key.clone()),
                }
            }
            if let Some(fill) = &stored.fill {
                self.fill(fill, write)?;
            }
            self.writes
                .extend(stored.stamps.iter().map(|prefix| Entry::Stamp {
                    prefix: prefix.clone(),
                    value: Vec::new(),
                }));
        }
        for number in &drafts.schema_changed {
            let Some(object) = drafts.schema.by_number(*number) else {
                continue;
            };
            let key = spaces::of_object(spaces::SCHEMA, *number);
            self.put(key, serde_json::to_vec(&**object).unwrap_or_default());
            let old = write.reader.schema.by_number(*number);
            if let Some(old) = old {
                self.reindex(old, object, write)?;
            }
            self.alone |= !old.is_some_and(|old| only_begins_totals(old, object));
            self.retotal(old, object, write)?;
        }
        if config {
            let counter = write
                .reader
                .snapshot
                .get(&[spaces::CONFIG])?
                .and_then(|bytes| <[u8; 8]>::try_from(bytes.as_slice()).ok());
            let next = counter.map_or(1, |bytes| u64::from_be_bytes(bytes) + 1);
            self.put(vec![spaces::CONFIG], next.to_be_bytes().to_vec());
        }
        Ok(config)
    }
}

/// A record's stored form. Totals are entries of their own.
pub(crate) fn record_bytes(record: &Record) -> Vec<u8> {
    let is_total = |number: u32| {
        let field = record.object.field_by_number(number);
        field.is_some_and(Field::is_rollup)
    };
    let totals = record
        .object
        .fields
        .iter()
        .filter(|field| field.is_rollup());
    if totals
        .map(|field| field.number)
        .any(|number| record.value(number).is_some())
    {
        let mut values = record.values.clone();
        values.retain(|(number, _)| !is_total(*number));
        return codec::encode(record.revision, &values);
    }
    codec::encode(record.revision, &record.values)
}

pub(super) fn put(key: Vec<u8>, value: Vec<u8>) -> Entry {
    Entry::Put { key, value }
}

pub(super) fn delete(key: Vec<u8>) -> Entry {
    Entry::Delete { key }
}

/// Whose leaf of the journal a draft belongs to.
fn subject(draft: &Draft) -> Subject {
    Subject {
        object: draft.object.number,
        id: draft.id.number,
    }
}
