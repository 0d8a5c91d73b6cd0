//! How does a journal of an older format become one of this format? It is written anew, beside.

use std::path::Path;

use super::disk::Disk;
use super::entry::Entry;
use super::error::JournalError;
use super::log::Journal;
use super::recover::{list, walk_tail};
use super::source::Source;
use super::walk::{Checks, Walk};

/// So many entries are appended together.
const BATCH: usize = 1000;

/// Copies every entry of the journal in `from`, as `change` leaves it, to the end of `into`, which
/// must be empty. A torn tail is left out as it would be at open; damage is an error. The old
/// journal stays as it is.
#[allow(dead_code, reason = "for bringing old stores up to date")]
pub(crate) fn upgrade(
    disk: &dyn Disk,
    from: &Path,
    into: &Journal,
    mut change: impl FnMut(Entry) -> Entry,
) -> Result<(), JournalError> {
    let segments = list(disk, from)?.segments;
    let mut batch = Vec::new();
    let mut take = |walk: &Walk<'_>| {
        batch.push(change(walk.entry()?));
        if batch.len() >= BATCH {
            into.append(&batch)?;
            batch.clear();
        }
        Ok(())
    };
    let mut follows = None;
    for first in &segments {
        let mut source = Source::open(disk, from, *first)?;
        let before = source.header.before;
        if follows.is_some_and(|after| after != (*first, before)) {
            let what = "it does not follow the segment before";
            return Err(JournalError::damaged(&source.name, 0, what));
        }
        if Some(first) == segments.last() {
            walk_tail(&mut source, Checks::Chain, &mut take)?;
            break;
        }
        let mut walk = Walk::new(&mut source);
        while walk.must_step()? {
            take(&walk)?;
        }
        follows = Some((walk.expected, walk.before.unwrap_or(before)));
    }
    into.append(&batch)?;
    into.sync()
}
