//! Which messages are about these records?

use chrono::{DateTime, Utc};

use super::{Event, EventKind, members, position_at_end};
use crate::context::Actor;
use crate::error::Result;
use crate::journal::Position;
use crate::query::Reader;
use crate::record::{Record, RecordId, Value};
use crate::schema::{ANY_OBJECT, Field, FieldKind, Object};
use crate::store::{Direction, Span, spaces};

/// What of a message its record's timeline shows.
const SHOWN: [&str; 8] = [
    "direction",
    "channel",
    "state",
    "subject",
    "from_address",
    "to_address",
    "cause",
    "at",
];

/// The messages that refer to one of these records, those that were made last, each with the place where it was written,
/// in that order. They may be many: none is read.
pub(super) fn about(reader: &Reader, members: &[RecordId]) -> Result<Vec<(Position, RecordId)>> {
    let Some(object) = reader.schema.object("message") else {
        return Ok(Vec::new());
    };
    // One that may name any record says nothing of what the message is about.
    let refers = |field: &&Field| match &field.kind {
        FieldKind::Reference { to, .. } => !to.iter().any(|name| name == ANY_OBJECT),
        _ => false,
    };
    let fields: Vec<&Field> = object.live_fields().filter(refers).collect();
    // A message's own timeline is not that of its answers.
    let others = members.iter().copied();
    let others: Vec<RecordId> = others
        .filter(|member| member.prefix() != object.prefix())
        .collect();
    let mut places = Vec::new();
    for id in members::naming(reader, object, &fields, &others)? {
        let position = first_written(reader, object, id)?;
        places.extend(position.map(|position| (position, id)));
    }
    places.sort_unstable();
    Ok(places)
}

/// A message as an event of what it is about.
pub(super) fn event_of(reader: &Reader, id: RecordId, position: Position) -> Result<Option<Event>> {
    let message = reader.get_stored(id)?;
    Ok(message.map(|message| event(&message, position)))
}

fn first_written(reader: &Reader, object: &Object, id: RecordId) -> Result<Option<Position>> {
    let span = Span::prefix(&spaces::of_record(
        spaces::HISTORY,
        object.number,
        id.number,
    ));
    let found = reader.snapshot.scan(&span, Direction::Forward, 1)?;
    Ok(found.first().and_then(|(key, _)| position_at_end(key)))
}

fn event(message: &Record, position: Position) -> Event {
    let instant = |field: &str| match message.get(field) {
        Some(Value::Instant(at)) => Some(*at),
        _ => None,
    };
    let created = instant("created_at").unwrap_or(DateTime::<Utc>::UNIX_EPOCH);
    let shown = SHOWN.iter().filter_map(|field| {
        let value = message.get(field)?.clone();
        Some(((*field).to_owned(), None, Some(value)))
    });
    Event {
        position,
        record: message.id(),
        at: created,
        actor: Actor::parse(message.text("created_by").unwrap_or("system")),
        key: None,
        kind: EventKind::Message,
        changes: shown.collect(),
        cause: None,
    }
}
