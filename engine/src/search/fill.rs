//! How do the records of an older store come to be found?
//!
//! A store that was made before fields were searchable gets the postings of its records when it is opened, a batch in
//! each commit; an open that was broken off is gone on with by the next one, from where it was. Afterwards it costs one
//! look at one key.

use crate::engine::Engine;
use crate::error::Result;
use crate::store::{Direction, Span, spaces};
use crate::write::{Ask, Stored};

/// Under this key the store says that its standard fields have their postings. Another name makes them anew.
pub(crate) const FILLED: &str = "engine/postings 1";

/// Records in one commit.
const BATCH: usize = 1_000;

/// Records that get their postings.
#[derive(Clone, Debug)]
pub(crate) struct Fill {
    /// The number of their object.
    pub(crate) object: u32,
    pub(crate) ids: Vec<u128>,
}

/// Gives the records of an older store their postings.
pub(crate) fn fill(engine: &Engine) -> Result<()> {
    let key = spaces::named(spaces::DONE, FILLED);
    loop {
        let (reader, _) = engine.read()?;
        let progress = reader.snapshot.get(&key)?;
        if progress.as_ref().is_some_and(Vec::is_empty) {
            return Ok(());
        }
        let next = next(&reader, progress.as_deref())?;
        drop(reader);
        let progress = next.as_ref().map_or_else(Vec::new, |fill| {
            let last = fill.ids.last().copied().unwrap_or_default();
            spaces::record(fill.object, last).to_vec()
        });
        let stored = Stored {
            what: "words by which records are found".to_owned(),
            entries: vec![(key.clone(), Some(progress))],
            fill: next,
            ..Stored::default()
        };
        let _ = engine.session().ask(Ask::Stored(stored))?;
    }
}

/// The records after those that have theirs; nothing where all have.
fn next(reader: &crate::query::Reader, progress: Option<&[u8]>) -> Result<Option<Fill>> {
    let mut objects: Vec<_> = reader.schema.objects().collect();
    objects.sort_unstable_by_key(|object| object.number);
    for object in objects {
        let mut span = Span::prefix(&spaces::of_object(spaces::RECORD, object.number));
        if let Some(last) = progress {
            // Objects before that one have theirs.
            span.start = span.start.max([last, &[0]].concat());
        }
        if span.is_empty() || !object.live_fields().any(|field| field.is_searchable()) {
            continue;
        }
        let rows = reader.snapshot.list(&span, Direction::Forward, BATCH)?;
        let ids: Vec<u128> = rows
            .iter()
            .filter_map(|(key, _)| spaces::id_at_end(key))
            .collect();
        if !ids.is_empty() {
            let object = object.number;
            return Ok(Some(Fill { object, ids }));
        }
    }
    Ok(None)
}
