//! Is a backup still what was written, and a whole store?

use std::fs::{File, TryLockError};
use std::path::Path;

use super::copy::read;
use super::error::BackupError;
use super::manifest::{Base, MARK, Manifest, Stored};
use super::{Backup, content};
use crate::error::Result;
use crate::journal::{Disk, JournalError, Position, RealDisk, inspect};
use crate::store::{Progress, kept};

/// Reads a whole backup and says whether a store can be made of it: every file against its hash, every entry of the
/// journal with its checksum and its place in the chain, every entry of the checkpoints.
///
/// # Errors
/// When there is no backup in `dir`, when one is being taken there, or when it is damaged; the message names the file.
pub fn verify_backup(dir: impl AsRef<Path>, tell: &mut dyn FnMut(Progress)) -> Result<Backup> {
    Ok(verify(&RealDisk, dir.as_ref(), tell)?)
}

fn verify(
    disk: &dyn Disk,
    dir: &Path,
    tell: &mut dyn FnMut(Progress),
) -> Result<Backup, BackupError> {
    let manifest = Manifest::of_backup(disk, dir)?;
    let _shared = share(dir)?;
    let (files, total) = manifest.size();
    let mut done = 0;
    for stored in manifest.files() {
        let path = stored.path(dir);
        stored.must_be(&path, || {
            read(disk, &path, &stored.name, None, |_, bytes| {
                done += bytes.len() as u64;
                tell(Progress::new(done, total, "bytes read"));
                Ok(())
            })
        })?;
    }
    if let Some(contents) = &manifest.content {
        content::verify(disk, dir, contents, &mut |bytes| {
            done += bytes;
            tell(Progress::new(done, total, "bytes read"));
        })?;
    }
    journal(disk, dir, &manifest).map_err(|error| in_backup(error, dir, &manifest))?;
    checkpoint(disk, dir, &manifest.checkpoint, manifest.position())?;
    if let Some(base) = &manifest.base {
        let from = Position::from_number(base.from);
        checkpoint(disk, dir, &base.checkpoint, from)?;
    }
    Ok(Backup {
        position: manifest.position(),
        entries: manifest.entries,
        files,
        bytes: total,
        copied: 0,
        problems: manifest.problems(),
    })
}

/// Keeps others from bringing the backup up to date meanwhile, where the disk knows of locks.
fn share(dir: &Path) -> Result<Option<File>, BackupError> {
    let Ok(file) = File::open(dir.join(MARK)) else {
        return Ok(None);
    };
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Err(BackupError::Busy {
            dir: dir.to_owned(),
        }),
        _ => Ok(Some(file)),
    }
}

/// Goes through the copied journal: each segment must be whole and follow the one before, up to the manifest's position.
pub(super) fn journal(
    disk: &dyn Disk,
    dir: &Path,
    manifest: &Manifest,
) -> Result<(), JournalError> {
    let head = manifest.position();
    let (base, chain) = manifest
        .base
        .as_ref()
        .and_then(Base::place)
        .unwrap_or_default();
    let mut before = None;
    let mut reached = (head == Position::START || head == base).then_some(chain);
    for stored in &manifest.journal {
        let found = inspect(disk, &stored.path(dir), &stored.name, head)?;
        let follows = match before {
            Some(before) => (found.first, found.before) == before,
            None if found.first == base.next() => found.before == chain,
            None => found.first <= base,
        };
        if !follows {
            let what = "it does not follow the segment before it";
            return Err(damaged(&stored.name, what));
        }
        before = Some((found.last.next(), found.hash));
        reached = found.wanted.or(reached);
    }
    if reached.is_some_and(|hash| manifest.is_at(hash)) {
        return Ok(());
    }
    let last = manifest.journal.last();
    let name = last.map_or("(none)", |stored| stored.name.as_str());
    Err(damaged(
        name,
        &format!("entry {head} is missing, or not the one that was copied"),
    ))
}

fn damaged(segment: &str, what: &str) -> JournalError {
    JournalError::Damaged {
        segment: segment.to_owned(),
        offset: 0,
        what: what.to_owned(),
    }
}

/// Says by the file of the backup what is wrong with a segment.
fn in_backup(error: JournalError, dir: &Path, manifest: &Manifest) -> BackupError {
    let JournalError::Damaged {
        segment,
        offset,
        what,
    } = error
    else {
        return error.into();
    };
    let stored = manifest
        .journal
        .iter()
        .find(|stored| stored.name == segment);
    let path = stored.map_or_else(|| dir.to_owned(), |stored| stored.path(dir));
    BackupError::damaged(&path, format!("{what}, at byte {offset}"))
}

/// A checkpoint must be readable to its end, and of the position that the manifest says.
fn checkpoint(
    disk: &dyn Disk,
    dir: &Path,
    stored: &Stored,
    position: Position,
) -> Result<(), BackupError> {
    let path = stored.path(dir);
    let mut reader = kept::open(disk, &path)?;
    if reader.header().position != position {
        let found = reader.header().position;
        let what = format!("it is of position {found} and not of {position}");
        return Err(BackupError::damaged(&path, what));
    }
    Ok(reader.try_for_each(|row| row.map(drop))?)
}
