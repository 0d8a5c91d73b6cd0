//! Who did what to this record, and when?
//!
//! Read from the journal: a record's history entries say at which positions it was written, and the entries there say
//! what it looked like. Nothing is kept twice.

mod feed;
mod messages;
mod segments;

pub use feed::{Change, Touched};

pub(crate) use feed::changes;

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value as Json;

use crate::context::Actor;
use crate::error::Result;
use crate::hook::{Row, Verb};
use crate::journal::{Entry, Journal, Position, Subject};
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

/// The objects whose records show on the timeline of the record that a field of theirs names.
const SHOWN: [(&str, &str); 2] = [("comment", "about"), ("segment_member", "member")];

/// Where the events of a record lie, before any of them is read.
struct Places {
    /// The record, then what shows on its timeline, and where each was written.
    written: Vec<(RecordId, Vec<Position>)>,
    /// The messages about it, and where each was written first.
    messages: Vec<(Position, RecordId)>,
}

impl Places {
    fn of(reader: &Reader, id: RecordId) -> Result<Self> {
        let mut written = vec![(id, positions(reader, id)?)];
        for (object, field) in SHOWN {
            let Some(object) = reader.schema.object(object) else {
                continue;
            };
            let Some(field) = object.field(field) else {
                continue;
            };
            for shown in reader.referring(object, field.number, id)? {
                written.push((shown, positions(reader, shown)?));
            }
        }
        let messages = messages::about(reader, id)?;
        Ok(Self { written, messages })
    }

    /// The position from which on there are `limit` events before `end`, or a few more: a commit is never torn apart.
    /// What the journal tells of no longer does not count.
    fn start(&self, (oldest, end): (Position, Position), limit: usize) -> Position {
        let written = self.written.iter().flat_map(|(_, positions)| positions);
        let written = written.filter(|position| **position >= oldest);
        let messages = self.messages.iter().map(|(position, _)| position);
        let mut all: Vec<Position> = written.chain(messages).copied().collect();
        all.retain(|position| *position < end);
        all.sort_unstable();
        match all.len().saturating_sub(limit) {
            _ if limit == 0 => end,
            0 => Position::START,
            first => all.get(first).copied().unwrap_or(end),
        }
    }
}

/// The last `limit` things, or a few more, that happened to a record and to what shows on its timeline before `end`,
/// oldest first. Only these are read.
pub(crate) fn of_record(
    reader: &Reader,
    backend: &Arc<dyn Backend>,
    id: RecordId,
    before: Option<Position>,
    limit: usize,
) -> Result<Vec<Event>> {
    if !reader.is_known_to_reader(id)? {
        return Ok(Vec::new());
    }
    let oldest = backend.journal().map_or(Position::START, Journal::oldest);
    let places = Places::of(reader, id)?;
    let mut end = before.unwrap_or_else(|| reader.position().next());
    let mut events: Vec<Event> = Vec::new();
    // What who reads may not see leaves gaps: an empty page is to be the end, so the next one is looked at.
    while events.len() < limit && end > Position::START {
        let start = places.start((oldest, end), limit - events.len());
        let (earlier, trimmed) = between(reader, backend, &places, &(start..end))?;
        if let Some(error) = trimmed.filter(|_| before.is_none() && events.is_empty()) {
            return Err(error.into());
        }
        events.splice(..0, earlier);
        end = start;
    }
    Ok(events)
}

/// The same of a range, oldest first, and the error of what the journal tells of the record no longer, where it tells
/// nothing of it.
fn between(
    reader: &Reader,
    backend: &Arc<dyn Backend>,
    places: &Places,
    range: &Range<Position>,
) -> Result<(Vec<Event>, Option<StoreError>)> {
    let (mut events, mut gone) = (Vec::new(), None);
    for (place, (shown, positions)) in places.written.iter().enumerate() {
        let (found, trimmed) = self::events(reader, backend, *shown, positions.clone(), range)?;
        if place == 0 && found.is_empty() {
            gone = trimmed;
        }
        events.extend(found);
    }
    for (position, message) in &places.messages {
        if range.contains(position) {
            events.extend(messages::event_of(reader, *message, *position)?);
        }
    }
    if reader.seeing.is_some() {
        // A change of fields that are hidden is none.
        events.retain(|event| event.kind != EventKind::Updated || !event.changes.is_empty());
    }
    // Stable: what one entry did stays in its order.
    events.sort_by_key(|event| event.position);
    Ok((events, gone))
}

/// Where a record was written, in order.
fn positions(reader: &Reader, id: RecordId) -> Result<Vec<Position>> {
    let object = reader.object_of(id)?;
    let mut positions = Vec::new();
    reader.snapshot.scan_all(
        &spaces::of_record(spaces::HISTORY, object.number, id.number),
        |key, _| {
            positions.extend(position_at_end(key));
            Ok::<_, crate::Error>(ControlFlow::Continue(()))
        },
    )?;
    Ok(positions)
}

/// What happened to one record as far back as the journal goes, and the error of what lies before that.
fn events(
    reader: &Reader,
    backend: &Arc<dyn Backend>,
    id: RecordId,
    mut positions: Vec<Position>,
    range: &Range<Position>,
) -> Result<(Vec<Event>, Option<StoreError>)> {
    let earlier = positions.first().is_some_and(|first| *first < range.start);
    positions.retain(|position| range.contains(position));
    let mut events = Vec::new();
    let mut before: Option<Record> = match positions.first() {
        Some(first) if earlier => before_in_journal(reader, backend, id, *first)?,
        _ => None,
    };
    let mut trimmed = None;
    for position in positions {
        let entry = match backend.entry(position) {
            Ok(Some(entry)) => entry,
            Ok(None) => continue,
            Err(error @ StoreError::Trimmed { .. }) => {
                trimmed = Some(error);
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        if trimmed.take().is_some() {
            before = state_before(reader, backend, position, id)?;
        }
        if is_erased(reader, &entry, id) {
            events.push(erased(&entry, id));
            before = None;
            continue;
        }
        let Some(after) = states(reader, &entry)?.remove(&id) else {
            continue;
        };
        let change = EntryChange { id, before, after };
        events.push(event(&entry, &change));
        events.extend(segments::events_of(reader, &entry, id)?);
        before = change.after;
    }
    Ok((events, trimmed))
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
    let Asked { actor, cause } = Asked::of(entry);
    Event {
        position: entry.position,
        at: DateTime::from_timestamp_micros(entry.time).unwrap_or_default(),
        actor,
        record,
        kind: EventKind::Erased,
        changes: Vec::new(),
        cause,
    }
}

/// Who asked for an entry, and which one caused it.
struct Asked {
    actor: Actor,
    cause: Option<Position>,
}

impl Asked {
    fn of(entry: &Entry) -> Self {
        let asked: Json = serde_json::from_slice(&entry.asked).unwrap_or_default();
        Self {
            actor: Actor::parse(asked["actor"].as_str().unwrap_or("system")),
            cause: asked["cause"].as_u64().map(Position::from_number),
        }
    }
}
