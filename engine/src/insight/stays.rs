//! When did each sale come into its stages, and when did it leave them?
//!
//! The journal is read once, from its beginning or from where it was trimmed; what a sale's record says of its stage in
//! each entry is a move where it differs from the entry before. The first stay begins with `opened_on` where that is
//! earlier than the entry.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};

use super::budget::Budget;
use super::duration::{Days, Spans};
use super::funnel::{day, reference};
use super::sale_times::{StageTime, order_of};
use crate::engine::Engine;
use crate::error::Result;
use crate::journal::{Journal, Position};
use crate::query::{QueryTime, Reader};
use crate::record::{Record, RecordId};
use crate::timeline;

/// How many entries are read at once.
const PAGE: usize = 500;

/// Where a sale stands, and since when.
struct Stay {
    stage: RecordId,
    since: DateTime<Utc>,
}

#[derive(Default)]
struct Stays {
    now: HashMap<RecordId, Stay>,
    ended: BTreeMap<RecordId, Spans>,
}

pub(super) fn stages(
    engine: &Engine,
    reader: &Reader,
    sales: &[Record],
    time: &QueryTime,
    budget: &mut Budget,
) -> Result<Vec<StageTime>> {
    let of_interest: HashMap<RecordId, &Record> =
        sales.iter().map(|sale| (sale.id(), sale)).collect();
    let backend = &engine.inner.backend;
    let mut stays = Stays::default();
    let mut after = backend.journal().map_or(Position::START, Journal::base);
    while after < reader.position() {
        let entries = backend.entries(after, PAGE)?;
        let Some(last) = entries.last() else { break };
        after = last.position;
        let known = entries.iter();
        for entry in known.filter(|entry| entry.position <= reader.position()) {
            let at = DateTime::from_timestamp_micros(entry.time).unwrap_or_default();
            for (id, state) in timeline::states(reader, entry)? {
                if let Some(sale) = of_interest.get(&id) {
                    budget.spend(1, sale.object())?;
                    stays.moved(sale, state.as_ref(), at, time);
                }
            }
        }
    }
    stays.told(reader, &of_interest, time)
}

impl Stays {
    /// A sale is in a stage after an entry; a sale in the bin is in none.
    fn moved(
        &mut self,
        sale: &Record,
        state: Option<&Record>,
        at: DateTime<Utc>,
        time: &QueryTime,
    ) {
        let stage = state.and_then(|state| reference(state, "stage"));
        let first = !self.now.contains_key(&sale.id());
        if let Some(stay) = self.now.get(&sale.id()) {
            if Some(stay.stage) == stage {
                return;
            }
            let span = at.signed_duration_since(stay.since);
            let span = span.num_microseconds().unwrap_or(i64::MAX);
            self.ended.entry(stay.stage).or_default().add(span);
        }
        let Some(stage) = stage else {
            self.now.remove(&sale.id());
            return;
        };
        let opened = state.and_then(|state| day(state, "opened_on", time));
        let opened = opened.and_then(|day| time.start_of(day)).filter(|_| first);
        let since = opened.map_or(at, |opened| opened.min(at));
        self.now.insert(sale.id(), Stay { stage, since });
    }

    fn told(
        mut self,
        reader: &Reader,
        sales: &HashMap<RecordId, &Record>,
        time: &QueryTime,
    ) -> Result<Vec<StageTime>> {
        let mut standing: BTreeMap<RecordId, Spans> = BTreeMap::new();
        for (id, stay) in &self.now {
            let spans = standing.entry(stay.stage).or_default();
            let open = sales
                .get(id)
                .is_some_and(|sale| sale.text("status") == Some("open"));
            if open {
                let span = time.now.signed_duration_since(stay.since);
                spans.add(span.num_microseconds().unwrap_or(i64::MAX));
            }
        }
        let ids: std::collections::BTreeSet<RecordId> =
            self.ended.keys().chain(standing.keys()).copied().collect();
        let mut stages = Vec::with_capacity(ids.len());
        for stage in ids {
            let record = reader.get(stage)?;
            let days = |spans: Option<Spans>| spans.map_or_else(Days::default, Spans::days);
            let times = StageTime {
                stage,
                ended: days(self.ended.remove(&stage)),
                standing: days(standing.remove(&stage)),
            };
            stages.push((order_of(record.as_ref()), times));
        }
        stages.sort_by_key(|(order, times)| (*order, times.stage));
        Ok(stages.into_iter().map(|(_, times)| times).collect())
    }
}
