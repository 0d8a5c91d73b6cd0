//! What was the state, when only journal and checkpoint are left?
//!
//! The whole journal is sorted by key and folded, with what was overwritten on the way, as far back
//! as it is to be readable. Where that is not asked for, or the journal's beginning was trimmed, the
//! newest checkpoint that belongs to the journal gives the state at its position, and what came
//! after it is replayed as at every open. Either way the entries come in key order, so that a state
//! is built once and not folded a little at a time.

use std::path::{Path, PathBuf};

use crate::journal::{Journal, Position};

use super::checkpoint::{Incoming, Reader};
use super::embedded::Kept;
use super::embedded::versions::Versions;
use super::runs::Scratch;
use super::verify::Folded;
use super::{Progress, StoreError};

/// The name of a checkpoint in a store or a backup ends so.
pub(crate) const ENDING: &str = ".ckpt";
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
    let whole = journal.oldest() <= Position::START.next();
    for path in newest_first(journal, checkpoints) {
        if let Some(found) = from_checkpoint(journal, &path, oldest)?
            && (found.position <= oldest || !whole)
        {
            return Ok(found);
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

/// Checkpoints by falling position. What cannot be listed is not there.
fn newest_first(journal: &Journal, folder: &Path) -> Vec<PathBuf> {
    let mut names = journal.disk().list(folder).unwrap_or_default();
    names.retain(|name| name.ends_with(ENDING));
    names.sort_unstable_by(|a, b| b.cmp(a));
    names.iter().map(|name| folder.join(name)).collect()
}

/// The state in a checkpoint, if all of it is good and it is of this journal's past. One that is
/// not is passed over: the journal has everything.
fn from_checkpoint(
    journal: &Journal,
    path: &Path,
    oldest: Position,
) -> Result<Option<Found>, StoreError> {
    let open = || {
        let file = journal.disk().read(path);
        let file = file.map_err(|error| StoreError::io("opening", path, error))?;
        Ok::<_, StoreError>(Reader::open(
            &path.display().to_string(),
            Incoming::new(file),
        )?)
    };
    let Ok(mut reader) = open() else {
        return Ok(None);
    };
    let (position, chain) = (reader.header().position, reader.header().chain);
    let of_this_journal = position <= journal.head() && journal.hash_at(position)? == chain;
    // Read to its end first: half of a state is worse than a slow one.
    if !of_this_journal || reader.by_ref().any(|row| row.is_err()) {
        return Ok(None);
    }
    let kept = move |row| Kept {
        row,
        since: position,
        until: None,
    };
    Ok(Some(Found {
        position,
        oldest: oldest.max(position),
        entries: Box::new(open()?.map(move |row| Ok(kept(row?)))),
    }))
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
