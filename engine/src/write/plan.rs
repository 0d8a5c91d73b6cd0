//! Step 5: which entries does the change come to?
//!
//! Record puts, index changes, deltas of totals, the history of each record, the preconditions and the journal entry.
//! It decides nothing any more.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::Write;
use super::bin::Binned;
use super::draft::{Draft, Drafts, Valid};
use super::request::{Ask, Group, OutcomeKind};
use super::rollup::Deltas;
use crate::error::{Error, Result};
use crate::record::{Record, Value};
use crate::schema::{Field, FieldKind, Object, OnDelete, Schema};
use crate::store::{Commit, Write as Entry, codec, spaces};

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
    // A draft that changes nothing is no change; its revision stays.
    drafts
        .drafts
        .retain(|draft| draft.kind != OutcomeKind::Updated || !draft.changed().is_empty());
    if drafts.drafts.is_empty()
        && drafts.stored.is_empty()
        && drafts.once.is_empty()
        && write.followed.is_empty()
    {
        return Ok(None);
    }
    let mut planner = Planner {
        entries: BTreeMap::new(),
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
        planner.entries.insert(key, Some(Vec::new()));
    }
    for position in &write.followed {
        planner.entries.insert(spaces::queued(position.get()), None);
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
    writes.extend(planner.entries.into_iter().map(|(key, value)| match value {
        Some(value) => Entry::Put { key, value },
        None => Entry::Delete { key },
    }));
    let commit = Commit {
        at: write.reader.position(),
        unchanged: planner.unchanged.into_iter().collect(),
        // Indexes and totals of a changed schema are built from all records.
        alone: !drafts.schema_changed.is_empty(),
        writes,
        asked: asked(write, groups, refused, &drafts),
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
    entries: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    unchanged: BTreeSet<Vec<u8>>,
    /// Records that gained a reference which their delete would have to see.
    guards: BTreeSet<Vec<u8>>,
    /// Totals of rollups that the schema gains.
    totals: Vec<Deltas>,
}

impl Planner {
    fn draft(&mut self, draft: &Draft, write: &Write<'_>) {
        let key = spaces::of_record(spaces::RECORD, draft.object.number, draft.id.number);
        let bin = spaces::of_record(spaces::BIN, draft.object.number, draft.id.number);
        self.unchanged.insert(key.clone());
        match &draft.after {
            Some(after) => {
                self.entries.insert(key, Some(record_bytes(after)));
                if draft.kind == OutcomeKind::Restored {
                    self.unchanged.insert(bin.clone());
                    self.entries.insert(bin, None);
                }
            }
            None => {
                self.unchanged.insert(spaces::of_record(
                    spaces::GUARD,
                    draft.object.number,
                    draft.id.number,
                ));
                self.entries.insert(key, None);
                if let Some(before) = &draft.before {
                    let binned = Binned {
                        at: write.context.now().timestamp_micros(),
                        by: write.context.actor.to_string(),
                        root: draft.root,
                        along: draft.along.iter().map(ToString::to_string).collect(),
                    };
                    self.entries
                        .insert(bin, Some(binned.join(&record_bytes(before))));
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
            self.entries.insert(gone.clone(), None);
        }
        for come in new.difference(&old) {
            self.entries.insert(come.clone(), Some(Vec::new()));
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
            if let Some(old) = old {
                // A row before this one may have taken it over by now.
                let mine = draft.id.number.to_be_bytes().to_vec();
                if self
                    .entries
                    .get(&old)
                    .is_none_or(|claim| claim.as_ref().is_none_or(|claim| *claim == mine))
                {
                    self.unchanged.insert(old.clone());
                    self.entries.insert(old, None);
                }
            }
            if let Some(new) = new {
                self.unchanged.insert(new.clone());
                self.entries
                    .insert(new, Some(draft.id.number.to_be_bytes().to_vec()));
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
                self.entries.insert(key.clone(), value.clone());
            }
        }
        for number in &drafts.schema_changed {
            let Some(object) = drafts.schema.by_number(*number) else {
                continue;
            };
            let key = spaces::of_object(spaces::SCHEMA, *number);
            self.entries
                .insert(key, Some(serde_json::to_vec(&**object).unwrap_or_default()));
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
            self.entries
                .insert(vec![spaces::CONFIG], Some(next.to_be_bytes().to_vec()));
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
            let drop = was.difference(&is).map(entry);
            let drop = drop.chain(claimed.difference(&claims).filter_map(claim));
            self.entries.extend(drop.map(|key| (key, None)));
            let build = is.difference(&was).map(entry);
            self.entries
                .extend(build.map(|key| (key, Some(Vec::new()))));
            let build = claims.difference(&claimed).filter_map(claim);
            self.entries
                .extend(build.map(|key| (key, Some(id.to_be_bytes().to_vec()))));
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
                    self.entries.insert(key.to_vec(), None);
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

/// What was asked, for the journal: enough to say who wanted what and which hooks took part.
fn asked(
    write: &Write<'_>,
    groups: &[Group],
    refused: &[Option<Error>],
    drafts: &Drafts,
) -> Vec<u8> {
    let mut requests = Vec::new();
    for (group, _) in groups[..drafts.staged]
        .iter()
        .zip(refused)
        .filter(|(_, refused)| refused.is_none())
    {
        for ask in &group.asks {
            requests.push(match ask {
                Ask::Record(request) => serde_json::to_value(request).unwrap_or(Json::Null),
                Ask::Stored(stored) => {
                    json!({"do": "store", "what": stored.what, "schema": stored.schema})
                }
            });
        }
    }
    let mut entry = json!({
        "actor": write.context.actor.to_string(),
        "read": write.reader.position().get(),
        "requests": requests,
    });
    if !drafts.hooks.is_empty() {
        entry["hooks"] = serde_json::to_value(&drafts.hooks).unwrap_or(Json::Null);
    }
    if let Some(cause) = write.cause {
        entry["cause"] = cause.get().into();
    }
    serde_json::to_vec(&entry).unwrap_or_default()
}
