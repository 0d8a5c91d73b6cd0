//! What else is somebody's own, and goes with him?
//!
//! Not what refers to him and is taken along by the rules, which the delete sees to: messages with him, whose
//! references stay when a record is deleted; what lies in the bin already because it was deleted for itself; documents
//! that belong to nobody else.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::content;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::message::Correspondence;
use crate::query::{self, Reader};
use crate::record::{Record, RecordId, Value};
use crate::schema::{FieldKind, Object, OnDelete};
use crate::store::spaces;
use crate::write::Binned;

/// These records and what is theirs alone.
pub(super) fn with_theirs(
    engine: &Engine,
    reader: &Reader,
    asked: BTreeSet<RecordId>,
) -> Result<BTreeSet<RecordId>> {
    let mut ids = asked;
    loop {
        let known = ids.len();
        let mut people = Vec::new();
        for id in &ids {
            let binned = || Ok::<_, Error>(reader.binned(*id)?.map(|(record, _)| record));
            people.extend(
                reader
                    .get_stored(*id)?
                    .map_or_else(binned, |live| Ok(Some(live)))?,
            );
        }
        let correspondence = Correspondence::of(reader, &engine.inner.post.rules, &people);
        add_messages(reader, &correspondence, &mut ids)?;
        for object in reader.schema.objects() {
            add_binned(reader, object, &mut ids)?;
        }
        ids.extend(content::documents_of_only(reader, &ids)?);
        // What answers a message that goes may stand before it, and may have documents of its own.
        if ids.len() == known {
            return Ok(ids);
        }
    }
}

fn add_messages(
    reader: &Reader,
    correspondence: &Correspondence<'_>,
    ids: &mut BTreeSet<RecordId>,
) -> Result<()> {
    let Some(object) = reader.schema.object("message") else {
        return Ok(());
    };
    let mut look = |message: Record| {
        if !ids.contains(&message.id()) && correspondence.has(&message, ids)? {
            ids.insert(message.id());
        }
        Ok(ControlFlow::Continue(()))
    };
    reader.each(object, &mut look)?;
    each_binned(reader, object, look)
}

/// Adds what lies in the bin and was about one of them.
fn add_binned(reader: &Reader, object: &Arc<Object>, ids: &mut BTreeSet<RecordId>) -> Result<()> {
    let is_bound = |kind: &FieldKind, name: &str| match kind {
        FieldKind::Reference { on_delete, .. } => {
            *on_delete == OnDelete::Cascade || name == "about"
        }
        _ => false,
    };
    let bound: Vec<u32> = object
        .fields
        .iter()
        .filter(|field| is_bound(&field.kind, &field.name))
        .map(|field| field.number)
        .collect();
    if bound.is_empty() {
        return Ok(());
    }
    each_binned(reader, object, |record| {
        let theirs = |field: &u32| matches!(record.value(*field), Some(Value::Reference(id)) if ids.contains(id));
        if bound.iter().any(theirs) {
            ids.insert(record.id());
        }
        Ok(ControlFlow::Continue(()))
    })
}

fn each_binned(
    reader: &Reader,
    object: &Arc<Object>,
    mut each: impl FnMut(Record) -> Result<ControlFlow<()>>,
) -> Result<()> {
    let of_bin = spaces::of_object(spaces::BIN, object.number);
    reader.snapshot.scan_all(&of_bin, |key, value| {
        let (_, bytes) = Binned::split(value)?;
        let id = spaces::id_at_end(key).unwrap_or_default();
        each(query::decode(object, id, bytes)?)
    })
}
