//! What happened before this, to a record or to all that belongs to a customer?
//!
//! Each record's history is an index of its own, in the order of the commits. A page merges their ends: of each record no
//! more places are read than the page has events, and of the journal only the entries of the page. Of how many records
//! and messages is bounded, by those that were made last.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::{
    EntryChange, Event, EventKind, before, erased, event, is_erased, members, messages,
    position_at_end, previous, segments, state_in,
};
use crate::error::Result;
use crate::journal::{Entry, Journal, Position};
use crate::query::Reader;
use crate::record::{Record, RecordId};
use crate::store::{Backend, Direction, Span, StoreError, spaces};

/// The objects whose records show on the timeline of the record that a field of theirs names.
const SHOWN: [(&str, &str); 2] = [("comment", "about"), ("segment_member", "member")];

/// How many places of one record are read at once.
const PLACES: usize = 1_000;

/// Whose events are told.
struct Story {
    /// The record, what belongs to it, then what was said about them.
    records: Vec<RecordId>,
    /// The messages about them, and where each was written first.
    messages: Vec<(Position, RecordId)>,
}

/// Where one record was written, in order.
struct Track {
    id: RecordId,
    positions: Vec<Position>,
}

impl Story {
    fn of(reader: &Reader, members: Vec<RecordId>) -> Result<Self> {
        let messages = messages::about(reader, &members)?;
        let mut records = members.clone();
        for (object, field) in SHOWN {
            let Some(object) = reader.schema.object(object) else {
                continue;
            };
            let Some(field) = object.field(field) else {
                continue;
            };
            records.extend(members::naming(reader, object, &[field], &members)?);
        }
        Ok(Self { records, messages })
    }

    /// Of each record the last `most` places before `end`.
    fn tracks(&self, reader: &Reader, end: Position, most: usize) -> Result<Vec<Track>> {
        let track = |id: &RecordId| {
            let positions = positions(reader, *id, end, most)?;
            Ok(Track { id: *id, positions })
        };
        self.records.iter().map(track).collect()
    }

    /// The position from which on there are `limit` events before `end`, or a few more: a commit is never torn apart.
    /// What the journal tells of no longer does not count.
    fn start(
        &self,
        tracks: &[Track],
        (oldest, end): (Position, Position),
        limit: usize,
    ) -> Position {
        let written = tracks.iter().flat_map(|track| &track.positions);
        let written = written.filter(|position| **position >= oldest);
        let messages = self.messages.iter().map(|(position, _)| position);
        let mut all: Vec<Position> = written.chain(messages).copied().collect();
        all.retain(|position| *position < end);
        all.sort_unstable();
        // Of a record of which as many places were read as are wanted, there may be more.
        let more = tracks.iter().any(|track| track.positions.len() >= limit);
        match all.len().saturating_sub(limit) {
            0 if !more || all.is_empty() => Position::START,
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
    page(
        reader,
        backend,
        &Story::of(reader, vec![id])?,
        before,
        limit,
    )
}

/// The same of a customer and of everything that belongs to it.
pub(crate) fn of_customer(
    reader: &Reader,
    backend: &Arc<dyn Backend>,
    id: RecordId,
    before: Option<Position>,
    limit: usize,
) -> Result<Vec<Event>> {
    if !reader.is_known_to_reader(id)? {
        return Ok(Vec::new());
    }
    let story = Story::of(reader, members::of(reader, id)?)?;
    page(reader, backend, &story, before, limit)
}

fn page(
    reader: &Reader,
    backend: &Arc<dyn Backend>,
    story: &Story,
    before: Option<Position>,
    limit: usize,
) -> Result<Vec<Event>> {
    let oldest = backend.journal().map_or(Position::START, Journal::oldest);
    let mut end = before.unwrap_or_else(|| reader.position().next());
    let mut events: Vec<Event> = Vec::new();
    // What who reads may not see leaves gaps: an empty page is to be the end, so the next one is looked at.
    while events.len() < limit && end > Position::START {
        let wanted = limit - events.len();
        let tracks = story.tracks(reader, end, wanted)?;
        let start = story.start(&tracks, (oldest, end), wanted);
        let range = start..end;
        let (mut earlier, trimmed) = between(reader, backend, &tracks, &range)?;
        if let Some(error) = trimmed.filter(|_| before.is_none() && events.is_empty()) {
            return Err(error.into());
        }
        for (position, message) in &story.messages {
            if range.contains(position) {
                earlier.extend(messages::event_of(reader, *message, *position)?);
            }
        }
        if reader.seeing.is_some() {
            // A change of fields that are hidden is none.
            earlier.retain(|event| event.kind != EventKind::Updated || !event.changes.is_empty());
        }
        // Stable: what one entry did stays in its order.
        earlier.sort_by_key(|event| event.position);
        events.splice(..0, earlier);
        end = start;
    }
    Ok(events)
}

/// The last `most` places before `end` at which a record was written, in order.
fn positions(reader: &Reader, id: RecordId, end: Position, most: usize) -> Result<Vec<Position>> {
    let object = reader.object_of(id)?;
    let key = spaces::of_record(spaces::HISTORY, object.number, id.number);
    let mut span = Span::prefix(&key);
    span.end = [key.as_slice(), &end.get().to_be_bytes()].concat();
    let mut positions = Vec::new();
    while positions.len() < most {
        let asked = PLACES.min(most - positions.len());
        let found = reader.snapshot.list(&span, Direction::Backward, asked)?;
        positions.extend(found.iter().filter_map(|(key, _)| position_at_end(key)));
        match found.last_key() {
            Some(last) if found.len() == asked => span = span.beyond(last, Direction::Backward),
            _ => break,
        }
    }
    positions.reverse();
    Ok(positions)
}

/// What happened in a range, and the error of what the journal tells of the first record no longer, where it tells
/// nothing of it.
fn between(
    reader: &Reader,
    backend: &Arc<dyn Backend>,
    tracks: &[Track],
    range: &Range<Position>,
) -> Result<(Vec<Event>, Option<StoreError>)> {
    let places = tracks.iter().enumerate().flat_map(|(place, track)| {
        let positions = track
            .positions
            .iter()
            .filter(|position| range.contains(position));
        positions.map(move |position| (*position, place, track.id))
    });
    let mut places: Vec<(Position, usize, RecordId)> = places.collect();
    places.sort_unstable();
    let (mut events, mut gone) = (Vec::new(), None);
    let mut tells_of_first = false;
    let mut left: HashMap<RecordId, Option<Record>> = HashMap::new();
    let mut entry: Option<Entry> = None;
    for (position, place, id) in places {
        if entry
            .as_ref()
            .is_none_or(|entry| entry.position != position)
        {
            entry = match backend.entry(position) {
                Ok(entry) => entry,
                Err(error @ StoreError::Trimmed { .. }) => {
                    gone = (place == 0).then_some(error).or(gone);
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
        }
        let Some(entry) = &entry else { continue };
        if is_erased(reader, entry, id) {
            events.push(erased(entry, id));
            left.insert(id, None);
        } else if let Some(after) = state_in(reader, entry, id)? {
            let before = match left.remove(&id) {
                Some(before) => before,
                None => left_before(reader, backend, id, position)?,
            };
            let change = EntryChange { id, before, after };
            events.push(event(entry, &change));
            events.extend(segments::events_of(reader, entry, id)?);
            left.insert(id, change.after);
        } else {
            continue;
        }
        tells_of_first |= place == 0;
    }
    Ok((events, gone.filter(|_| !tells_of_first)))
}

/// What the entry before left a record in.
fn left_before(
    reader: &Reader,
    backend: &Arc<dyn Backend>,
    id: RecordId,
    at: Position,
) -> Result<Option<Record>> {
    match previous(reader, id, at)? {
        Some(_) => before(reader, backend, id, at),
        None => Ok(None),
    }
}
