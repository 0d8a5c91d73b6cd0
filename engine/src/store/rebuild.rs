//! What was the state, when only journal and checkpoint are left?
//!
//! The newest checkpoint that belongs to the journal gives the state at its position, and what
//! came after it is replayed as at every open. Without one, the whole journal is folded by sorting
//! its results. Either way the rows come in key order, so that a state is built once and not
//! folded a little at a time.

use std::path::{Path, PathBuf};

use crate::journal::{Journal, Position};

use super::checkpoint::{Incoming, Reader};
use super::runs::Scratch;
use super::verify::Folded;
use super::{Progress, Row, StoreError};

/// The name of a checkpoint in a store or a backup ends so.
pub(crate) const ENDING: &str = ".ckpt";
/// How often progress is told.
const EVERY: u64 = 1024;

type Rows<'a> = Box<dyn Iterator<Item = Result<Row, StoreError>> + 'a>;

/// The newest state that can be had without replaying, in key order, and its position.
pub(super) fn state<'a>(
    journal: &Journal,
    checkpoints: &Path,
    scratch: &Scratch,
    tell: &mut dyn FnMut(Progress),
) -> Result<(Position, Rows<'a>), StoreError> {
    for path in newest_first(journal, checkpoints) {
        if let Some(found) = from_checkpoint(journal, &path)? {
            return Ok(found);
        }
    }
    let head = journal.head();
    Ok((head, fold(journal, head, scratch, tell)?))
}

/// Checkpoints by falling position. What cannot be listed is not there.
fn newest_first(journal: &Journal, folder: &Path) -> Vec<PathBuf> {
    let mut names = journal.disk().list(folder).unwrap_or_default();
    names.retain(|name| name.ends_with(ENDING));
    names.sort_unstable_by(|a, b| b.cmp(a));
    names.iter().map(|name| folder.join(name)).collect()
}

/// The rows of a checkpoint, if all of it is good and it is of this journal's past. One that is not
/// is passed over: the journal has everything.
fn from_checkpoint<'a>(
    journal: &Journal,
    path: &Path,
) -> Result<Option<(Position, Rows<'a>)>, StoreError> {
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
    let rows = open()?.map(|row| Ok(row?));
    Ok(Some((position, Box::new(rows))))
}

/// Folds the journal up to and including `upto`.
fn fold<'a>(
    journal: &Journal,
    upto: Position,
    scratch: &Scratch,
    tell: &mut dyn FnMut(Progress),
) -> Result<Rows<'a>, StoreError> {
    let mut folded = Folded::new(Some(scratch.clone()));
    journal.visit(Position::START, upto, |entry| {
        let at = entry.position.get();
        if at.is_multiple_of(EVERY) || at == upto.get() {
            tell(Progress::new(at, upto.get(), "journal entries read"));
        }
        folded.absorb(&entry)
    })?;
    Ok(Box::new(folded.finish()?))
}
