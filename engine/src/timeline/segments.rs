//! Which segments did records enter and leave in an entry of the journal?

use super::{Event, EventKind, Touched, erased};
use crate::error::Result;
use crate::journal::Entry;
use crate::query::Reader;
use crate::record::{RecordId, Value};
use crate::store::{keys, spaces};

/// A record that entered or left: the record, the segment, and whether it entered.
struct Move {
    record: RecordId,
    segment: RecordId,
    entered: bool,
}

impl Move {
    fn of(reader: &Reader, key: &[u8], value: Option<&[u8]>) -> Option<Self> {
        let segment = spaces::segment_of(key)?;
        let number = keys::take_u32(&mut key.get(1..)?)?;
        let object = reader.schema.by_number(number)?;
        let prefix = reader.schema.object("segment")?.prefix();
        Some(Self {
            record: RecordId::new(object.prefix(), spaces::id_at_end(key)?),
            segment: RecordId::new(prefix, segment),
            entered: value.is_some(),
        })
    }

    fn kind(&self) -> EventKind {
        match self.entered {
            true => EventKind::EnteredSegment,
            false => EventKind::LeftSegment,
        }
    }
}

fn all(reader: &Reader, entry: &Entry) -> impl Iterator<Item = Move> {
    let moves = entry.changes();
    moves.filter_map(|(key, value)| Move::of(reader, key, value))
}

/// What a record entered and left, of what who reads may see.
pub(super) fn events_of(reader: &Reader, entry: &Entry, id: RecordId) -> Result<Vec<Event>> {
    let mut events = Vec::new();
    for one in all(reader, entry).filter(|one| one.record == id) {
        if !reader.may_ask_segment(one.segment)? {
            continue;
        }
        let segment = Some(Value::Reference(one.segment));
        let (before, after) = match one.entered {
            true => (None, segment),
            false => (segment, None),
        };
        events.push(Event {
            kind: one.kind(),
            changes: vec![("segment".to_owned(), before, after)],
            ..erased(entry, id)
        });
    }
    Ok(events)
}

/// The same of all records, for who follows the journal.
pub(super) fn moves(reader: &Reader, entry: &Entry) -> Vec<Touched> {
    let touched = |one: Move| {
        Some(Touched {
            id: one.record,
            object: reader.schema.by_prefix(one.record.prefix())?.name.clone(),
            kind: one.kind(),
            fields: vec![one.segment.to_string()],
        })
    };
    all(reader, entry).filter_map(touched).collect()
}
