//! Which checkpoints does a store keep beside its journal, and which of them are good?
//!
//! Each bears the position that it is of as its name, in digits that sort. One from which the
//! journal goes on is as precious as the journal; the others only make a rebuild shorter.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use crate::journal::{Disk, Journal, Position, Subject};

use super::checkpoint::{self, CheckpointError, Header, Incoming, Outgoing, Reader};
use super::{StoreError, spaces};

/// The name of a checkpoint in a store or a backup ends so.
const ENDING: &str = ".ckpt";
/// The folder of a store that they lie in.
pub(crate) const FOLDER: &str = "checkpoints";
/// So ends a file that was not finished.
const UNFINISHED: &str = ".new";

/// The name of the checkpoint of a position.
pub(crate) fn name(position: Position) -> String {
    format!("{:020}{ENDING}", position.get())
}

/// Checkpoints by falling position. What cannot be listed is not there.
pub(crate) fn newest_first(disk: &dyn Disk, folder: &Path) -> Vec<PathBuf> {
    all(disk, folder).unwrap_or_default()
}

/// The same for who must not miss one: no folder is no checkpoint, one that cannot be listed is an error.
pub(crate) fn all(disk: &dyn Disk, folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let mut names = match disk.list(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        names => names.map_err(|error| StoreError::io("listing", folder, error))?,
    };
    names.retain(|name| name.ends_with(ENDING));
    names.sort_unstable_by(|a, b| b.cmp(a));
    Ok(names.iter().map(|name| folder.join(name)).collect())
}

pub(crate) fn open(disk: &dyn Disk, path: &Path) -> Result<Reader<Incoming>, StoreError> {
    let file = disk
        .read(path)
        .map_err(|error| StoreError::io("opening", path, error))?;
    let name = path.display().to_string();
    Ok(Reader::open(&name, Incoming::new(file))?)
}

/// What a checkpoint says of itself, if all of it is good and it is of this journal's past.
pub(crate) fn good(journal: &Journal, path: &Path) -> Option<Header> {
    let mut reader = open(journal.disk().as_ref(), path).ok()?;
    let header = reader.header().clone();
    let ours = header.position <= journal.head()
        && header.position >= journal.base()
        && journal
            .hash_at(header.position)
            .is_ok_and(|hash| hash == header.chain);
    // Read to its end: half of a state is worse than none.
    (ours && reader.by_ref().all(|row| row.is_ok())).then_some(header)
}

/// The newest good checkpoint of a position from `from` up to `upto`.
pub(crate) fn newest_good(
    journal: &Journal,
    folder: &Path,
    from: Position,
    upto: Position,
) -> Option<(PathBuf, Header)> {
    let mut paths = newest_first(journal.disk().as_ref(), folder).into_iter();
    paths.find_map(|path| {
        let header = good(journal, &path)?;
        let within = header.position >= from && header.position <= upto;
        within.then_some((path, header))
    })
}

/// The oldest good checkpoint from which the journal can be gone through.
pub(crate) fn oldest_good(journal: &Journal, folder: &Path) -> Option<(PathBuf, Header)> {
    let paths = newest_first(journal.disk().as_ref(), folder);
    paths.into_iter().rev().find_map(|path| {
        let header = good(journal, &path)?;
        Some((path, header))
    })
}

/// Removes what was not finished when a process ended.
pub(super) fn tidy(disk: &dyn Disk, folder: &Path) -> Result<(), StoreError> {
    let names = disk.list(folder).unwrap_or_default();
    for name in names.iter().filter(|name| name.ends_with(UNFINISHED)) {
        remove(disk, &folder.join(name))?;
    }
    Ok(())
}

/// Removes the checkpoints of positions before `base`, from which the journal does not go on.
pub(super) fn drop_before(
    disk: &dyn Disk,
    folder: &Path,
    base: Position,
) -> Result<(), StoreError> {
    let oldest = folder.join(name(base));
    for path in newest_first(disk, folder) {
        if path < oldest {
            remove(disk, &path)?;
        }
    }
    Ok(())
}

/// Makes every checkpoint anew that holds something of these records, without it. One that cannot
/// be read is removed: it serves nobody, and nobody knows what is in it.
pub(super) fn erase(
    disk: &dyn Disk,
    folder: &Path,
    subjects: &BTreeSet<Subject>,
) -> Result<(), StoreError> {
    for path in all(disk, folder)? {
        let done = match holds(disk, &path, subjects) {
            Ok(true) => rewrite(disk, &path, subjects),
            other => other.map(drop),
        };
        match done {
            Ok(()) => {}
            Err(error) if is_unreadable(&error) => remove(disk, &path)?,
            Err(error) => {
                // Half of one is of no use, and may be what fills the disk.
                drop(tidy(disk, folder));
                return Err(error);
            }
        }
    }
    tidy(disk, folder)
}

/// Whether it is a checkpoint's own bytes that cannot be read, and not the disk that does not answer.
pub(crate) fn is_unreadable(error: &StoreError) -> bool {
    matches!(error, StoreError::Checkpoint(error) if !matches!(error, CheckpointError::Io { .. }))
}

fn is_of(subjects: &BTreeSet<Subject>, key: &[u8], value: &[u8]) -> bool {
    spaces::owner(key, value).is_some_and(|owner| subjects.contains(&owner))
}

fn holds(disk: &dyn Disk, path: &Path, subjects: &BTreeSet<Subject>) -> Result<bool, StoreError> {
    let mut found = false;
    for row in open(disk, path)? {
        let (key, value) = row?;
        found |= is_of(subjects, &key, &value);
    }
    Ok(found)
}

/// The state without these records is what the journal comes to without them, at the same position.
fn rewrite(disk: &dyn Disk, path: &Path, subjects: &BTreeSet<Subject>) -> Result<(), StoreError> {
    let old = open(disk, path)?;
    let header = old.header().clone();
    let mut new = path.as_os_str().to_owned();
    new.push(UNFINISHED);
    let new = PathBuf::from(new);
    let fail = |error: io::Error| StoreError::io("writing", &new, error);
    let mut file = Outgoing::new(disk.create(&new).map_err(fail)?);
    let rows = old.filter(|row| {
        let theirs = |(key, value): &(Vec<u8>, Vec<u8>)| is_of(subjects, key, value);
        !row.as_ref().is_ok_and(theirs)
    });
    checkpoint::write::<CheckpointError>(&new.display().to_string(), &mut file, &header, rows)?;
    file.sync().map_err(fail)?;
    drop(file);
    disk.rename(&new, path)
        .and_then(|()| {
            path.parent()
                .map_or(Ok(()), |folder| disk.sync_folder(folder))
        })
        .map_err(fail)
}

fn remove(disk: &dyn Disk, path: &Path) -> Result<(), StoreError> {
    disk.remove(path)
        .and_then(|()| {
            path.parent()
                .map_or(Ok(()), |folder| disk.sync_folder(folder))
        })
        .map_err(|error| StoreError::io("removing", path, error))
}
