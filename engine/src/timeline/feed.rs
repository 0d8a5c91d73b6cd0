//! What has changed since?
//!
//! The journal, commit by commit, for those who follow it: which records were touched, what was done to them and which
//! fields changed. Values are not told; who wants them reads the record.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Asked, EntryChange, EventKind, erased_by, kind, states};
use crate::context::Actor;
use crate::error::Result;
use crate::hook::Verb;
use crate::journal::{Entry, Position};
use crate::query::Reader;
use crate::record::{Record, RecordId};
use crate::store::{Backend, spaces};
use crate::write::Change as _;

/// One commit, as those who follow the journal hear of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// Its place in the journal.
    pub position: Position,
    /// When.
    pub at: DateTime<Utc>,
    /// Who asked.
    pub actor: Actor,
    /// The key by which a program acted for that user.
    pub key: Option<RecordId>,
    /// The entry that caused it, where a rule did.
    pub cause: Option<Position>,
    /// The records that were touched; none when schema, plugins or scripts were changed.
    pub records: Vec<Touched>,
}

/// One record that a commit touched.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Touched {
    /// The record.
    pub id: RecordId,
    /// Its object's name.
    pub object: String,
    /// What was done to it. Of what was erased, only that is known.
    pub kind: EventKind,
    /// The names of the fields that changed, or that a new record has.
    pub fields: Vec<String>,
}

/// What the page has seen records in; the journal before it says the rest.
type Seen = HashMap<RecordId, Option<Record>>;

/// The first `limit` commits after a position that are more than bookkeeping.
pub(crate) fn changes(
    reader: &Reader,
    backend: &Arc<dyn Backend>,
    after: Position,
    limit: usize,
) -> Result<Vec<Change>> {
    let head = reader.position();
    let mut changes = Vec::new();
    let mut seen = Seen::new();
    let mut after = after;
    while changes.len() < limit && after < head {
        // Memory for a page of entries, whatever the limit is.
        let entries = backend.entries(after, (limit - changes.len()).min(1_000))?;
        let Some(last) = entries.last() else { break };
        after = last.position;
        // What came after the snapshot has history that the snapshot does not know.
        let known = entries.iter().filter(|entry| entry.position <= head);
        for entry in known.filter(|entry| !is_bookkeeping(entry)) {
            changes.push(change(reader, backend, entry, &mut seen)?);
        }
    }
    Ok(changes)
}

/// Whether an entry only notes what somebody has heard or followed up.
fn is_bookkeeping(entry: &Entry) -> bool {
    let books = |key: &[u8]| matches!(key.first(), Some(&(spaces::CURSOR | spaces::QUEUE)));
    entry.leaves.is_empty() && entry.results.iter().all(|(key, _)| books(key))
}

fn change(
    reader: &Reader,
    backend: &Arc<dyn Backend>,
    entry: &Entry,
    seen: &mut Seen,
) -> Result<Change> {
    let Asked { actor, key, cause } = Asked::of(entry);
    let mut records = erased(reader, entry);
    for (id, after) in states(reader, entry)? {
        records.push(touched(reader, backend, entry.position, (id, after), seen)?);
    }
    records.extend(super::segments::moves(reader, entry));
    // Stable: what happened to a record comes before what follows from it.
    records.sort_by_key(|touched| touched.id);
    Ok(Change {
        position: entry.position,
        at: DateTime::from_timestamp_micros(entry.time).unwrap_or_default(),
        actor,
        key,
        cause,
        records,
    })
}

fn erased(reader: &Reader, entry: &Entry) -> Vec<Touched> {
    erased_by(entry)
        .filter_map(|subject| {
            let object = reader.schema.by_number(subject.object)?;
            Some(Touched {
                id: RecordId::new(object.prefix, subject.id),
                object: object.name.clone(),
                kind: EventKind::Erased,
                fields: Vec::new(),
            })
        })
        .collect()
}

fn touched(
    reader: &Reader,
    backend: &Arc<dyn Backend>,
    position: Position,
    (id, after): (RecordId, Option<Record>),
    seen: &mut Seen,
) -> Result<Touched> {
    let before = match seen.remove(&id) {
        Some(before) => before,
        None => super::before_in_journal(reader, backend, id, position)?,
    };
    let change = EntryChange { id, before, after };
    let row = change.row();
    let verb = row.verb;
    let object = reader.object_of(id)?;
    let numbers: BTreeSet<u32> = match verb {
        Verb::Delete => BTreeSet::new(),
        _ => change.changed().into_iter().collect(),
    };
    let fields = numbers
        .into_iter()
        .filter_map(|number| Some(object.field_by_number(number)?.name.clone()))
        .collect();
    let touched = Touched {
        id,
        object: object.name.clone(),
        kind: kind(verb),
        fields,
    };
    seen.insert(id, change.after);
    Ok(touched)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;
    use crate::engine::Engine;

    #[test]
    fn of_what_was_erased_only_that_is_told() {
        let engine = Engine::in_memory().open().unwrap();
        let start = engine.position();
        let fields = json!({"name": "Hafez"});
        let id = engine
            .session()
            .create("account", fields)
            .unwrap()
            .id()
            .unwrap();
        let (reader, backend) = (engine.read().unwrap().0, &engine.inner.backend);
        let mut entry = backend.entries(start, 1).unwrap().remove(0);
        let told = |entry: &Entry| {
            let mut change = change(&reader, backend, entry, &mut Seen::new()).unwrap();
            assert_eq!(
                (change.position, change.actor),
                (entry.position, Actor::System)
            );
            assert_eq!(change.records.len(), 1);
            change.records.remove(0)
        };
        let before = told(&entry);
        assert_eq!((before.id, before.kind), (id, EventKind::Created));
        entry.leaves.iter_mut().for_each(|leaf| leaf.content = None);
        let erased = Touched {
            kind: EventKind::Erased,
            fields: Vec::new(),
            ..before
        };
        assert_eq!(told(&entry), erased);
        assert!(super::super::is_erased(&reader, &entry, id));
    }
}
