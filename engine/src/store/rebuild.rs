//! What was the state, when only journal and checkpoint are left?
//!
//! The whole journal is sorted by key and folded, with what was overwritten on the way, as far back
//! as it is to be readable. Where that is not asked for, or the journal's beginning was trimmed, the
//! newest checkpoint that belongs to the journal gives the state at its position, and what came
//! after it is replayed as at every open. Either way the entries come in key order, so that a state
//! is built once and not folded a little at a time.

use std::path::Path;

use crate::journal::{Journal, Position};

use super::embedded::Kept;
use super::embedded::versions::Versions;
use super::runs::Scratch;
use super::verify::Folded;
use super::{Progress, StoreError, kept};

/// How often progress is told.
const EVERY: u64 = 1024;

/// A state that can be had without replaying.
pub(super) struct Found {
    pub(super) position: Position,
    /// The oldest position at which it can be read.
    pub(super) oldest: Position,
    /// What is current, in key order, then what was overwritten.
    pub(super) entries: Box<dyn Iterator<Item = Result<Kept, StoreError>>>,
}

/// The newest state that can be had, readable from `oldest` on if at all possible.
pub(super) fn state(
    journal: &Journal,
    checkpoints: &Path,
    oldest: Position,
    scratch: &Scratch,
    tell: &mut dyn FnMut(Progress),
) -> Result<Found, StoreError> {
    let base = journal.base();
    let whole = base == Position::START;
    let mut first = None;
    for path in kept::newest_first(journal.disk().as_ref(), checkpoints) {
        // One that is not good is passed over.
        let Some(header) = kept::good(journal, &path) else {
            continue;
        };
        if header.position <= oldest {
            return from_checkpoint(journal, &path, oldest);
        }
        first = Some(path);
    }
    // What was before the oldest checkpoint is not known any longer.
    match first {
        _ if whole => {}
        Some(path) => return from_checkpoint(journal, &path, oldest),
        None => {
            return Err(StoreError::BaseLost {
                dir: checkpoints.to_path_buf(),
                oldest: base.next(),
            });
        }
    }
    let position = journal.head();
    let folded = fold(journal, position, scratch, tell)?;
    let entries = Versions::new(folded.versions()?, oldest, Some(scratch.clone()));
    Ok(Found {
        position,
        oldest,
        entries: Box::new(entries),
    })
}

/// The state in a checkpoint, readable from `oldest` on or from where it is of.
fn from_checkpoint(journal: &Journal, path: &Path, oldest: Position) -> Result<Found, StoreError> {
    let reader = kept::open(journal.disk().as_ref(), path)?;
    let position = reader.header().position;
    let kept = move |row| Kept {
        row,
        since: position,
        until: None,
    };
    Ok(Found {
        position,
        oldest: oldest.max(position),
        entries: Box::new(reader.map(move |row| Ok(kept(row?)))),
    })
}

/// Sorts the results of the journal up to and including `upto`.
fn fold(
    journal: &Journal,
    upto: Position,
    scratch: &Scratch,
    tell: &mut dyn FnMut(Progress),
) -> Result<Folded, StoreError> {
    let mut folded = Folded::new(Some(scratch.clone()));
    journal.visit(Position::START, upto, |entry| {
        let at = entry.position.get();
        if at.is_multiple_of(EVERY) || at == upto.get() {
            tell(Progress::new(at, upto.get(), "journal entries read"));
        }
        folded.absorb(&entry)
    })?;
    Ok(folded)
}
