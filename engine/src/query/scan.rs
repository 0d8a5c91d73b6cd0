//! How are the records of a plan brought?

use std::ops::ControlFlow;
use std::sync::Arc;

use super::candidate::Candidate;
use super::kept_totals::TotalsFor;
use super::plan::{Plan, Source, Via};
use super::reader::Reader;
use crate::access::Glance;
use crate::error::Result;
use crate::schema::Object;
use crate::store::{Direction, Entries, Span, spaces};

/// How many records are read at once, at most: their bytes are still at hand when records are made of them.
const BATCH: usize = 128;

/// How many entries are glanced at, at once.
const MOST_GLANCES: usize = 1024;

/// Whether records of the object carry totals that are read separately.
pub(super) fn has_rollups(object: &Object) -> bool {
    object.live_fields().any(crate::schema::Field::is_rollup)
}

/// Calls `each` with the plan's rows until it breaks. The first two batches have `first` records, later ones more, so that
/// a short page reads little and a long scan asks seldom. Totals are read only when `rollups` says so.
pub(super) fn each_row(
    reader: &Reader,
    object: &Arc<Object>,
    plan: &Plan,
    rollups: bool,
    first: usize,
    each: impl FnMut(Candidate<'_>) -> Result<ControlFlow<()>>,
) -> Result<()> {
    let mut rows = Rows {
        reader,
        object,
        rollups,
        each,
    };
    let mut batch = first.clamp(1, BATCH);
    match &plan.source {
        Source::Ids(ids) => {
            let mut rest = ids.as_slice();
            while !rest.is_empty() {
                let (ids, later) = rest.split_at(batch.min(rest.len()));
                if rows.of_ids(ids)?.is_break() {
                    return Ok(());
                }
                rest = later;
                batch = (batch * 2).min(BATCH);
            }
        }
        Source::Spans { spans, direction } => {
            for span in spans {
                let done = match &plan.glance {
                    Some(glance) => rows.past_glance(glance, span, *direction, batch)?,
                    None => rows.along(&plan.via, span, *direction, &mut batch)?,
                };
                if done.is_break() {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

struct Rows<'a, F> {
    reader: &'a Reader,
    object: &'a Arc<Object>,
    rollups: bool,
    each: F,
}

impl<F: FnMut(Candidate<'_>) -> Result<ControlFlow<()>>> Rows<'_, F> {
    fn along(
        &mut self,
        via: &Via,
        span: &Span,
        direction: Direction,
        batch: &mut usize,
    ) -> Result<ControlFlow<()>> {
        let mut span = span.clone();
        let mut read = *batch;
        while !span.is_empty() {
            let entries = self.reader.snapshot.list(&span, direction, *batch)?;
            let Some(last) = entries.last_key() else {
                break;
            };
            if self.of_entries(via, &entries)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            if entries.len() < *batch {
                break;
            }
            span = span.beyond(last, direction);
            // A page of which every second row matches is full after two.
            *batch = read.clamp(*batch, BATCH);
            read += *batch;
        }
        Ok(ControlFlow::Continue(()))
    }

    /// The same, without reading what the entries' tags rule out.
    fn past_glance(
        &mut self,
        glance: &Glance,
        span: &Span,
        direction: Direction,
        batch: usize,
    ) -> Result<ControlFlow<()>> {
        let mut span = span.clone();
        let mut ids = Vec::with_capacity(batch);
        let mut glances = batch;
        while !span.is_empty() {
            let entries = self.reader.snapshot.list(&span, direction, glances)?;
            for (key, tag) in entries.iter() {
                ids.extend(spaces::id_at_end(key).filter(|id| glance.passes(*id, tag)));
                if ids.len() >= batch {
                    if self.of_ids(&ids)?.is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                    ids.clear();
                }
            }
            match entries.last_key() {
                Some(last) if entries.len() == glances => span = span.beyond(last, direction),
                _ => break,
            }
            glances = (glances * 2).min(MOST_GLANCES);
        }
        self.of_ids(&ids)
    }

    fn of_entries(&mut self, via: &Via, entries: &Entries) -> Result<ControlFlow<()>> {
        let with_ids = entries
            .iter()
            .filter_map(|(key, bytes)| Some((spaces::id_at_end(key)?, bytes)));
        if *via == Via::Records && !self.rollups {
            return self.of_stored(with_ids);
        }
        let ids: Vec<u128> = with_ids.map(|(id, _)| id).collect();
        self.of_ids(&ids)
    }

    /// The live records among these; an id in a filter need not be one.
    fn of_ids(&mut self, ids: &[u128]) -> Result<ControlFlow<()>> {
        if self.rollups {
            for record in self
                .reader
                .get_many_for(self.object, ids, TotalsFor::Answers)?
            {
                if let Some(record) = record
                    && (self.each)(Candidate::Made(record))?.is_break()
                {
                    return Ok(ControlFlow::Break(()));
                }
            }
            return Ok(ControlFlow::Continue(()));
        }
        let stored = self.reader.stored(self.object, ids)?;
        let found = ids.iter().zip(stored.values());
        self.of_stored(found.filter_map(|(id, bytes)| Some((*id, bytes?))))
    }

    fn of_stored<'b>(
        &mut self,
        rows: impl Iterator<Item = (u128, &'b [u8])>,
    ) -> Result<ControlFlow<()>> {
        for (id, bytes) in rows {
            if (self.each)(Candidate::stored(self.object, id, bytes)?)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}
