//! How are bills kept beside the records?
//!
//! As deltas of totals, one for each plugin or script, day and measure: two commits that add to one bill do not
//! conflict, and none is lost. They are gathered in memory and go along with every so many calls' commit, which is why
//! they cost a commit next to nothing.

use std::ops::ControlFlow;

use crate::context::Actor;
use crate::error::{Error, Result};
use crate::hook::{Billed, Used};
use crate::store::{Snapshot, Write as Entry, spaces};

/// Calls, fuel.
const CALLS: u8 = 1;
/// Rows read, rows written.
const ROWS: u8 = 2;
/// Failures, time-outs.
const FAILURES: u8 = 3;
/// The largest memory.
const MEMORY: u8 = 4;

/// The deltas that bills come to.
pub(super) fn entries(billed: &[Billed]) -> Vec<Entry> {
    let mut entries = Vec::with_capacity(3 * billed.len());
    for Billed { actor, day, used } in billed {
        let owner = actor.to_string();
        for (measure, count, sum) in [
            (CALLS, used.calls, used.fuel),
            (ROWS, used.rows_read, used.rows_written),
            (FAILURES, used.failures, used.time_outs),
        ] {
            if (count, sum) != (0, 0) {
                entries.push(Entry::Add {
                    key: spaces::bill(&owner, *day, measure),
                    count: i64::try_from(count).unwrap_or(i64::MAX),
                    sum: i128::from(sum),
                });
            }
        }
        if used.peak_memory_bytes > 0 {
            entries.push(Entry::Raise {
                key: spaces::bill(&owner, *day, MEMORY),
                to: i64::try_from(used.peak_memory_bytes).unwrap_or(i64::MAX),
            });
        }
    }
    entries
}

/// The stored bills, by owner and day; of one owner where one is given.
pub(crate) fn stored_bills(snapshot: &Snapshot, of: Option<&Actor>) -> Result<Vec<Billed>> {
    let prefix = match of {
        Some(actor) => spaces::named(spaces::BILL, &actor.to_string()),
        None => vec![spaces::BILL],
    };
    let mut bills: Vec<Billed> = Vec::new();
    snapshot.scan_all(&prefix, |key, value| {
        if let Some((owner, day, measure)) = spaces::take_bill(key) {
            let actor = Actor::parse(&owner);
            if bills
                .last()
                .is_none_or(|last| (&last.actor, last.day) != (&actor, day))
            {
                bills.push(Billed {
                    actor,
                    day,
                    used: Used::default(),
                });
            }
            if let Some(last) = bills.last_mut() {
                read(&mut last.used, measure, value);
            }
        }
        Ok::<_, Error>(ControlFlow::Continue(()))
    })?;
    Ok(bills)
}

fn read(used: &mut Used, measure: u8, value: &[u8]) {
    let count = |bytes: Option<&[u8; 8]>| {
        let number = bytes.map_or(0, |bytes| i64::from_be_bytes(*bytes));
        u64::try_from(number).unwrap_or_default()
    };
    let first = count(value.first_chunk());
    let sum = value
        .get(8..)
        .and_then(<[u8]>::first_chunk)
        .map_or(0, |bytes| i128::from_be_bytes(*bytes));
    let second = u64::try_from(sum).unwrap_or_default();
    match measure {
        CALLS => (used.calls, used.fuel) = (first, second),
        ROWS => (used.rows_read, used.rows_written) = (first, second),
        FAILURES => (used.failures, used.time_outs) = (first, second),
        MEMORY => used.peak_memory_bytes = first,
        _ => {}
    }
}
