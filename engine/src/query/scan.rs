//! How are the records of a plan brought?

use std::ops::ControlFlow;
use std::sync::Arc;

use super::plan::{Plan, Source, Via};
use super::reader::{Reader, decode};
use crate::error::Result;
use crate::record::Record;
use crate::schema::Object;
use crate::store::{Row, spaces};

/// How many records are read at once, at most.
const BATCH: usize = 500;

/// Whether records of the object carry totals that are read separately.
pub(super) fn has_rollups(object: &Object) -> bool {
    object.live_fields().any(crate::schema::Field::is_rollup)
}

/// Calls `each` with the plan's records until it breaks. The first batch has `first` records, later ones more, so that
/// a short page reads little and a long scan asks seldom. Totals are read only when `rollups` says so.
pub(super) fn each_row(
    reader: &Reader,
    object: &Arc<Object>,
    plan: &Plan,
    rollups: bool,
    first: usize,
    mut each: impl FnMut(Record) -> Result<ControlFlow<()>>,
) -> Result<()> {
    let mut batch = first.clamp(1, BATCH);
    let mut pass = |records: Vec<Record>| -> Result<ControlFlow<()>> {
        for record in records {
            if each(record)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    };
    match &plan.source {
        Source::Ids(ids) => {
            let mut rest = ids.as_slice();
            while !rest.is_empty() {
                let (ids, later) = rest.split_at(batch.min(rest.len()));
                if pass(load(reader, object, ids, rollups)?)?.is_break() {
                    return Ok(());
                }
                rest = later;
                batch = (batch * 2).min(BATCH);
            }
        }
        Source::Spans { spans, direction } => {
            for span in spans {
                let mut span = span.clone();
                while !span.is_empty() {
                    let entries = reader.snapshot.scan(&span, *direction, batch)?;
                    let Some((last, _)) = entries.last() else {
                        break;
                    };
                    span = span.beyond(last, *direction);
                    let more = entries.len() == batch;
                    if pass(records_of(reader, object, &plan.via, entries, rollups)?)?.is_break() {
                        return Ok(());
                    }
                    if !more {
                        break;
                    }
                    batch = (batch * 2).min(BATCH);
                }
            }
        }
    }
    Ok(())
}

fn records_of(
    reader: &Reader,
    object: &Arc<Object>,
    via: &Via,
    entries: Vec<Row>,
    rollups: bool,
) -> Result<Vec<Record>> {
    let with_ids = entries
        .into_iter()
        .filter_map(|(key, bytes)| Some((spaces::id_at_end(&key)?, bytes)));
    if *via == Via::Records && !rollups {
        return with_ids
            .map(|(id, bytes)| decode(object, id, bytes))
            .collect();
    }
    let ids: Vec<u128> = with_ids.map(|(id, _)| id).collect();
    load(reader, object, &ids, rollups)
}

/// The live records among these; an id in a filter need not be one.
pub(super) fn load(
    reader: &Reader,
    object: &Arc<Object>,
    ids: &[u128],
    rollups: bool,
) -> Result<Vec<Record>> {
    if rollups {
        return Ok(reader
            .get_many(object, ids)?
            .into_iter()
            .flatten()
            .collect());
    }
    let keys: Vec<Vec<u8>> = ids
        .iter()
        .map(|id| spaces::of_record(spaces::RECORD, object.number, *id))
        .collect();
    let values = reader
        .snapshot
        .get_many(&keys.iter().map(Vec::as_slice).collect::<Vec<_>>())?;
    ids.iter()
        .zip(values)
        .filter_map(|(id, bytes)| bytes.map(|bytes| decode(object, *id, bytes)))
        .collect()
}
