//! Step 5: which entries does the change come to?
//!
//! Record puts, index changes, deltas of totals, the history of each record, the preconditions and the journal entry.
//! It decides nothing any more.

mod hooked;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use super::Write;
use super::asked::asked;
use super::bill;
use super::bin::Binned;
use super::draft::{Draft, Drafts, Valid};
use super::leaves::Leaves;
use super::request::{Group, OutcomeKind};
use super::rollup::Deltas;
use crate::access::{self, Tagging};
use crate::error::{Error, Result};
use crate::journal::Subject;
use crate::query::BoundTotal;
use crate::record::{Record, RecordId};
use crate::schema::{Field, FieldKind, Object, OnDelete, Schema};
use crate::search;
use crate::store::{Commit, Write as Entry, codec, spaces};

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
    let config = planner.stored(&drafts, write)?;
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
    let gained = std::mem::take(&mut planner.totals);
    for deltas in gained.into_iter().chain([deltas]) {
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
        // Indexes and totals of a changed schema are built from all records.
        alone: !drafts.schema_changed.is_empty(),
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
struct Planner {
    /// What belongs to no record alone. In order: of two writes of one key the later one holds.
    writes: Vec<Entry>,
    /// What belongs to one record.
    leaves: Leaves,
    unchanged: Vec<Vec<u8>>,
    /// Records that gained a reference, and those of them that must see it when they are deleted.
    referred: BTreeSet<RecordId>,
    guarded: BTreeSet<RecordId>,
    /// Objects that somebody looks for records of.
    watched: BTreeSet<u32>,
    /// Totals of rollups that the schema gains.
    totals: Vec<Deltas>,
    /// How the index entries of each object are tagged.
    tagging: BTreeMap<u32, Option<Tagging>>,
}

impl Planner {
    fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.writes.push(put(key, value));
    }

    fn delete(&mut self, key: Vec<u8>) {
        self.writes.push(delete(key));
    }

    fn draft(&mut self, draft: &Draft, write: &Write<'_>) {
        let key = |space| spaces::of_record(space, draft.object.number, draft.id.number);
        let indexed = draft
            .object
            .live_fields()
            .filter(|field| field.is_indexed());
        if write.registry.watched.contains(&draft.object.number) {
            self.watched.insert(draft.object.number);
        }
        // The record, the bin, a unique key; an update moves two keys of each index that it touches.
        let mut writes = Vec::with_capacity(3 + indexed.count());
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
        index(draft, *tagging, &mut writes);
        post(draft, &mut writes);
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
        if changed || write.acting.seeing.is_some() {
            self.unchanged.push(access::counter_key());
        }
        if changed {
            let next = access::counter(&write.reader.snapshot)? + 1;
            self.put(access::counter_key(), next.to_be_bytes().to_vec());
        }
        Ok(())
    }

    /// Entries beside the records; true when schema, hooks or settings must be loaded again.
    fn stored(&mut self, drafts: &Drafts, write: &Write<'_>) -> Result<bool> {
        let mut config = false;
        for (_, _, stored) in &drafts.stored {
            config |= stored.config;
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
            self.retotal(old, object, &drafts.schema, write)?;
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
        let found_by = |object: &Object| -> BTreeSet<(u32, u8)> {
            let having = object.live_fields().filter(|field| field.is_searchable());
            having
                .map(|field| (field.number, field.searchable))
                .collect()
        };
        let words_differ = found_by(old) != found_by(new);
        // A new indexed field has no values yet, and still an entry for every record: a walk of its index finds all.
        let retag = Tagging::differs(old, new);
        if was == is && claimed == claims && !retag && !words_differ {
            return Ok(());
        }
        let number = new.number;
        let tagging = Tagging::of(new);
        write.reader.each(new, |record| {
            let id = record.id.number;
            let entry = |field: &u32| spaces::index(number, *field, record.value(*field), id);
            let claim = |field: &u32| Some(spaces::unique(number, *field, record.value(*field)?));
            let drop = was.difference(&is).map(entry);
            let drop = drop.chain(claimed.difference(&claims).filter_map(claim));
            let mut writes: Vec<Entry> = drop.map(delete).collect();
            let build = is.iter().filter(|field| retag || !was.contains(field));
            let tag = tagging.map_or_else(Vec::new, |tagging| tagging.tag(&record));
            writes.extend(build.map(|field| put(entry(field), tag.clone())));
            let build = claims.difference(&claimed).filter_map(claim);
            writes.extend(build.map(|key| put(key, id.to_be_bytes().to_vec())));
            if words_differ {
                let posted = search::postings_of_record(old, &record);
                let posts = search::postings_of_record(new, &record);
                writes.extend(posted.difference(&posts).cloned().map(delete));
                let build = posts.difference(&posted).cloned();
                writes.extend(build.map(|key| put(key, Vec::new())));
            }
            self.leaves.add(Subject { object: number, id }, writes);
            Ok(ControlFlow::Continue(()))
        })
    }

    /// Gives records of an older store the words by which they are found.
    fn fill(&mut self, fill: &search::Fill, write: &Write<'_>) -> Result<()> {
        let Some(object) = write.reader.schema.by_number(fill.object) else {
            return Ok(());
        };
        for record in write
            .reader
            .stored_records(object, &fill.ids)?
            .into_iter()
            .flatten()
        {
            let id = record.id.number;
            self.unchanged
                .push(spaces::of_record(spaces::RECORD, fill.object, id));
            let postings = search::postings_of_record(object, &record).into_iter();
            let writes = postings.map(|key| put(key, Vec::new())).collect();
            let object = fill.object;
            self.leaves.add(Subject { object, id }, writes);
        }
        Ok(())
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
                    self.delete(key.to_vec());
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
        self.live_totals(old, new, schema, write)
    }

    /// The same of live totals.
    fn live_totals(
        &mut self,
        old: Option<&Arc<Object>>,
        new: &Arc<Object>,
        schema: &Schema,
        write: &Write<'_>,
    ) -> Result<()> {
        let has =
            |object: &Object, number| object.totals.iter().any(|total| total.number == number);
        for total in old.iter().flat_map(|old| &old.totals) {
            if !has(new, total.number) {
                let prefix = spaces::of_field(spaces::LIVE_TOTAL, new.number, total.number);
                write.reader.snapshot.scan_all(&prefix, |key, _| {
                    self.delete(key.to_vec());
                    Ok::<_, Error>(ControlFlow::Continue(()))
                })?;
            }
        }
        let gained = schema.live_totals(&new.name).iter();
        let gained: Vec<&BoundTotal> = gained
            .filter(|total| !old.is_some_and(|old| has(old, total.number())))
            .collect();
        let (Some(old), false) = (old, gained.is_empty()) else {
            return Ok(());
        };
        let mut deltas = Deltas::new();
        write.reader.each(old, |record| {
            gained
                .iter()
                .for_each(|total| deltas.begin_live(total, &record));
            Ok(ControlFlow::Continue(()))
        })?;
        self.totals.push(deltas);
        Ok(())
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

/// The entries of a record in every index of its object: keys, and the tag that is the value of each.
pub(crate) fn index_entries(object: &Object, record: &Record) -> (BTreeSet<Vec<u8>>, Vec<u8>) {
    let indexed = object.live_fields().filter(|field| field.is_indexed());
    let keys = indexed.map(|field| {
        let value = record.value(field.number);
        spaces::index(object.number, field.number, value, record.id.number)
    });
    let tag = Tagging::of(object).map_or_else(Vec::new, |tagging| tagging.tag(record));
    (keys.collect(), tag)
}

fn put(key: Vec<u8>, value: Vec<u8>) -> Entry {
    Entry::Put { key, value }
}

fn delete(key: Vec<u8>) -> Entry {
    Entry::Delete { key }
}

/// Whose leaf of the journal a draft belongs to.
fn subject(draft: &Draft) -> Subject {
    Subject {
        object: draft.object.number,
        id: draft.id.number,
    }
}

/// Changes the words by which a record is found.
fn post(draft: &Draft, writes: &mut Vec<Entry>) {
    let (object, id) = (draft.object.number, draft.id.number);
    let fields = draft.object.live_fields();
    for field in fields.filter(|field| field.is_searchable()) {
        let value = |record: &'_ Option<Record>| {
            record
                .as_ref()
                .and_then(|record| record.value(field.number))
                .cloned()
        };
        let (old, new) = (value(&draft.before), value(&draft.after));
        if old == new {
            continue;
        }
        let old = search::postings_of(object, field, old.as_ref(), id);
        let new = search::postings_of(object, field, new.as_ref(), id);
        writes.extend(old.difference(&new).cloned().map(delete));
        writes.extend(
            new.difference(&old)
                .cloned()
                .map(|key| put(key, Vec::new())),
        );
    }
}

/// Moves a record in the indexes of its object.
fn index(draft: &Draft, tagging: Option<Tagging>, writes: &mut Vec<Entry>) {
    let (before, after) = (draft.before.as_ref(), draft.after.as_ref());
    let tag = |record| {
        tagging
            .map(|tagging| tagging.tag(record))
            .unwrap_or_default()
    };
    let (was, tag) = (before.map(tag), after.map(tag));
    let retagged = was != tag;
    let tag = tag.unwrap_or_default();
    for field in draft
        .object
        .live_fields()
        .filter(|field| field.is_indexed())
    {
        let old = before.map(|record| record.value(field.number));
        let new = after.map(|record| record.value(field.number));
        if old == new && !retagged {
            continue;
        }
        let key = |value| spaces::index(draft.object.number, field.number, value, draft.id.number);
        let (old, new) = (old.map(key), new.map(key));
        // Two spellings may have one key.
        if old == new && !retagged {
            continue;
        }
        writes.extend(old.filter(|old| Some(old) != new.as_ref()).map(delete));
        writes.extend(new.map(|key| put(key, tag.clone())));
    }
}
