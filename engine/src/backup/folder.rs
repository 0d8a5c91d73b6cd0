//! Which folders may a backup and a restore use, and how do they come to last?

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::error::BackupError;
use super::manifest::{MARK, is_ours};
use crate::journal::Disk;
use crate::store::StoreError;

pub(super) fn parent_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Makes a folder with all that it lies in, each level durable in the one above.
pub(super) fn make(disk: &dyn Disk, dir: &Path) -> Result<(), BackupError> {
    if dir.is_dir() {
        return Ok(());
    }
    let parent = parent_of(dir);
    if parent != dir {
        make(disk, parent)?;
    }
    match disk.create_folder(dir) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            if !dir.is_dir() {
                let path = dir.to_owned();
                return Err(BackupError::NotAFolder { path });
            }
        }
        made => made.map_err(BackupError::io("creating", dir))?,
    }
    disk.sync_folder(parent)
        .map_err(BackupError::io("syncing", parent))
}

/// A folder must not lie in one that is copied, or copied to.
pub(super) fn refuse_inside(dir: &Path, outer: &Path) -> Result<(), BackupError> {
    // What cannot be found out here fails where it is used.
    let inside = match (resolved(dir), fs::canonicalize(outer)) {
        (Ok(inner), Ok(outer)) => inner.starts_with(outer),
        _ => false,
    };
    if !inside {
        return Ok(());
    }
    Err(BackupError::Inside {
        dir: dir.to_owned(),
        outer: outer.to_owned(),
    })
}

/// The real path, also of what is not there yet.
fn resolved(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let parent = parent_of(path);
            if parent == path {
                return Err(error);
            }
            Ok(resolved(parent)?.join(path.file_name().unwrap_or_default()))
        }
        found => found,
    }
}

/// The names in a folder; none where there is no folder.
pub(super) fn names(dir: &Path) -> Result<Vec<String>, BackupError> {
    let listed = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        listed => listed.and_then(|entries| {
            entries
                .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
                .collect()
        }),
    };
    listed.map_err(BackupError::io("listing", dir))
}

/// A folder that holds something must say that it is a backup.
pub(super) fn refuse_strangers(dir: &Path) -> Result<(), BackupError> {
    let mut names = names(dir)?;
    let marked = names.iter().any(|name| name == MARK);
    names.retain(|name| !marked || !is_ours(name));
    match StoreError::strangers(names) {
        None => Ok(()),
        Some(found) => Err(BackupError::Strangers {
            dir: dir.to_owned(),
            found,
        }),
    }
}

/// Locks a file, which the system unlocks when it is closed, also by a crash.
pub(super) fn lock(mark: &Path, busy: impl FnOnce() -> BackupError) -> Result<File, BackupError> {
    let file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(mark)
        .map_err(BackupError::io("opening", mark))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(busy()),
        Err(TryLockError::Error(error)) => Err(BackupError::io("locking", mark)(error)),
    }
}
