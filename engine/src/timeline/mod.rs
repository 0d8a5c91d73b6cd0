//! Who did what to this record, and when?
//!
//! Read from the journal: a record's history entries say at which positions it was written, and the entries there say
//! what it looked like. Nothing is kept twice. `members` says what belongs to a customer, `paged` reads a part of the
//! events of one record or of all those, `feed` those of everything, `idle` says who made none.

mod feed;
mod idle;
mod members;
mod messages;
mod paged;
mod segments;

pub use feed::{Change, Touched};

pub(crate) use feed::changes;
pub(crate) use idle::without_entries;
pub(crate) use members::{naming, of as members_of};
pub(crate) use paged::{of_customer, of_record};

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value as Json;

use crate::context::Actor;
use crate::error::Result;
use crate::hook::{Row, Verb};
use crate::journal::{Entry, Position, Subject};
use crate::query::{Reader, decode};
use crate::record::{Record, RecordId, Value};
use crate::schema::system;
use crate::store::{Backend, Direction, Span, StoreError, keys, spaces};
use crate::write::Change as _;

/// One thing that happened to a record.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Event {
    /// The journal entry.
    pub position: Position,
    /// When.
    pub at: DateTime<Utc>,
    /// Who asked.
    pub actor: Actor,
    /// The key by which a program acted for that user; not told of messages.
    pub key: Option<RecordId>,
    /// What it happened to: the record of the timeline, or a comment or a message about it.
    pub record: RecordId,
    /// What was done.
    pub kind: EventKind,
    /// The fields that changed: name, before, after.
    pub changes: Vec<(String, Option<Value>, Option<Value>)>,
    /// The entry that caused it, where a rule did.
    pub cause: Option<Position>,
}

/// What was done to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventKind {
    /// It was made, or came back from the bin.
    Created,
    /// Fields changed.
    Updated,
    /// It went to the bin.
    Deleted,
    /// It came into a segment, which the change of `segment` names.
    EnteredSegment,
    /// It left a segment.
    LeftSegment,
    /// A message about it was written, queued, sent or received.
    Message,
    /// Something that was erased since, with everything that it said; the last such event is the erasing.
    Erased,
}

/// A record's change as an entry of the journal tells it.
pub(crate) struct EntryChange {
    pub(crate) id: RecordId,
    pub(crate) before: Option<Record>,
    pub(crate) after: Option<Record>,
}

impl crate::write::Change for EntryChange {
    fn row(&self) -> Row<'_> {
        let verb = match (&self.before, &self.after) {
            (_, None) => Verb::Delete,
            (None, _) => Verb::Create,
            _ => Verb::Update,
        };
        Row {
            verb,
            id: self.id,
            before: self.before.as_ref(),
            after: self.after.as_ref(),
        }
    }

    fn changed(&self) -> Vec<u32> {
        let mut changed = Record::changed(self.before.as_ref(), self.after.as_ref());
        changed.retain(|field| *field >= system::FIRST_DECLARED);
        changed
    }
}

/// The states that an entry leaves records in; `None` is deleted.
pub(crate) fn states(reader: &Reader, entry: &Entry) -> Result<BTreeMap<RecordId, Option<Record>>> {
    let mut states = BTreeMap::new();
    for (key, value) in entry.changes() {
        let Some((&spaces::RECORD, rest)) = key.split_first() else {
            continue;
        };
        let mut rest = rest;
        let (Some(number), Some(id)) = (keys::take_u32(&mut rest), spaces::id_at_end(key)) else {
            continue;
        };
        let Some(object) = reader.schema.by_number(number) else {
            continue;
        };
        let record = value.map(|bytes| decode(object, id, bytes)).transpose()?;
        states.insert(RecordId::new(object.prefix, id), record);
    }
    Ok(states)
}

/// The state that an entry leaves one record in; none within none is deleted, none where the entry says nothing of it.
fn state_in(reader: &Reader, entry: &Entry, id: RecordId) -> Result<Option<Option<Record>>> {
    let object = reader.object_of(id)?;
    let wanted = spaces::record(object.number, id.number);
    let mut changes = entry.changes();
    let Some((_, value)) = changes.find(|(key, _)| *key == wanted) else {
        return Ok(None);
    };
    let record = value.map(|bytes| decode(object, id.number, bytes));
    Ok(Some(record.transpose()?))
}

/// The changes of records that an entry made.
pub(crate) fn changes_of(
    reader: &Reader,
    backend: &Arc<dyn Backend>,
    entry: &Entry,
) -> Result<Vec<EntryChange>> {
    let mut changes = Vec::new();
    for (id, after) in states(reader, entry)? {
        let before = before_in_journal(reader, backend, id, entry.position)?;
        changes.push(EntryChange { id, before, after });
    }
    Ok(changes)
}

/// Who asked for an entry.
pub(crate) fn actor_of(entry: &Entry) -> Actor {
    Asked::of(entry).actor
}

/// A record as it was before an entry; nothing where it was not there, or was erased.
pub(crate) fn before(
    reader: &Reader,
    backend: &Arc<dyn Backend>,
    id: RecordId,
    at: Position,
) -> Result<Option<Record>> {
    // One read of the state, where it goes back so far: the entry before may hold thousands of other records.
    match read_before(reader, backend, at, id)? {
        Some(found) => Ok(found),
        None => before_in_journal(reader, backend, id, at),
    }
}

/// The same, as the entry before says it.
fn before_in_journal(
    reader: &Reader,
    backend: &Arc<dyn Backend>,
    id: RecordId,
    at: Position,
) -> Result<Option<Record>> {
    match previous(reader, id, at)? {
        Some(earlier) => state_between(reader, backend, (earlier, at), id),
        None => Ok(None),
    }
}

/// What the `earlier` entry of a record left it in, for the entry `at` that came next; nothing where
/// that was erased, or is neither in the journal nor readable as of then.
fn state_between(
    reader: &Reader,
    backend: &Arc<dyn Backend>,
    (earlier, at): (Position, Position),
    id: RecordId,
) -> Result<Option<Record>> {
    match backend.entry(earlier) {
        Ok(Some(entry)) => Ok(states(reader, &entry)?.remove(&id).flatten()),
        Ok(None) | Err(StoreError::Trimmed { .. }) => state_before(reader, backend, at, id),
        Err(error) => Err(error.into()),
    }
}

/// A record right before an entry, as the state has it; nothing where it does not go back so far.
pub(crate) fn state_before(
    reader: &Reader,
    backend: &Arc<dyn Backend>,
    before: Position,
    id: RecordId,
) -> Result<Option<Record>> {
    Ok(read_before(reader, backend, before, id)?.flatten())
}

/// The same; none within none where the state goes back so far and there was no such record.
fn read_before(
    reader: &Reader,
    backend: &Arc<dyn Backend>,
    before: Position,
    id: RecordId,
) -> Result<Option<Option<Record>>> {
    let object = reader.object_of(id)?;
    let key = spaces::of_record(spaces::RECORD, object.number, id.number);
    let at = Position::from_number(before.get().saturating_sub(1));
    match backend.get_many(at, &[&key]) {
        Ok(mut found) => {
            let bytes = found.pop().flatten();
            let record = bytes.map(|bytes| decode(object, id.number, &bytes));
            Ok(Some(record.transpose()?))
        }
        Err(StoreError::SnapshotGone { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whether an entry's part of a record was erased, or the entry says that it was.
fn is_erased(reader: &Reader, entry: &Entry, id: RecordId) -> bool {
    let object = reader.schema.by_prefix(id.prefix);
    object.is_some_and(|object| {
        let (object, id) = (object.number, id.number);
        erased_by(entry).any(|subject| subject == Subject { object, id })
    })
}

/// The records of which an entry tells no more than that they were erased.
fn erased_by(entry: &Entry) -> impl Iterator<Item = Subject> {
    let leaves = entry.leaves.iter();
    let leaves = leaves.filter(|leaf| leaf.content.is_none());
    let keys = entry.results.iter().map(|(key, _)| key);
    let marks = keys.filter(|key| key.first() == Some(&spaces::ERASED));
    leaves
        .map(|leaf| leaf.subject)
        .chain(marks.filter_map(|key| spaces::named_record(key)))
}

fn previous(reader: &Reader, id: RecordId, before: Position) -> Result<Option<Position>> {
    let Some(object) = reader.schema.by_prefix(id.prefix) else {
        return Ok(None);
    };
    let start = spaces::of_record(spaces::HISTORY, object.number, id.number);
    let mut end = start.clone();
    keys::push_u64(&mut end, before.get());
    let found = reader
        .snapshot
        .scan(&Span { start, end }, Direction::Backward, 1)?;
    Ok(found.first().and_then(|(key, _)| position_at_end(key)))
}

fn position_at_end(key: &[u8]) -> Option<Position> {
    key.last_chunk::<8>()
        .map(|bytes| Position::from_number(u64::from_be_bytes(*bytes)))
}

fn event(entry: &Entry, change: &EntryChange) -> Event {
    let object = change
        .after
        .as_ref()
        .or(change.before.as_ref())
        .map(|record| record.object.clone());
    let value = |record: &Option<Record>, field: u32| {
        record
            .as_ref()
            .and_then(|record| record.value(field))
            .cloned()
    };
    let verb = change.row().verb;
    let changes = match verb {
        Verb::Delete => Vec::new(),
        _ => change
            .changed()
            .into_iter()
            .filter_map(|field| {
                let name = object.as_ref()?.field_by_number(field)?.name.clone();
                Some((
                    name,
                    value(&change.before, field),
                    value(&change.after, field),
                ))
            })
            .collect(),
    };
    Event {
        kind: kind(verb),
        changes,
        ..erased(entry, change.id)
    }
}

fn kind(verb: Verb) -> EventKind {
    match verb {
        Verb::Create => EventKind::Created,
        Verb::Update => EventKind::Updated,
        Verb::Delete => EventKind::Deleted,
    }
}

/// What is known of an entry when what it did to a record was erased.
fn erased(entry: &Entry, record: RecordId) -> Event {
    let Asked { actor, key, cause } = Asked::of(entry);
    Event {
        position: entry.position,
        at: DateTime::from_timestamp_micros(entry.time).unwrap_or_default(),
        actor,
        key,
        record,
        kind: EventKind::Erased,
        changes: Vec::new(),
        cause,
    }
}

/// Who asked for an entry, by which key, and which one caused it.
struct Asked {
    actor: Actor,
    key: Option<RecordId>,
    cause: Option<Position>,
}

impl Asked {
    fn of(entry: &Entry) -> Self {
        let asked: Json = serde_json::from_slice(&entry.asked).unwrap_or_default();
        Self {
            actor: Actor::parse(asked["actor"].as_str().unwrap_or("system")),
            key: asked["key"].as_str().and_then(|key| key.parse().ok()),
            cause: asked["cause"].as_u64().map(Position::from_number),
        }
    }
}
