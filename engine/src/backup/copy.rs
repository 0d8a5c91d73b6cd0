//! How is a file copied, so that nobody has to look at it twice?

use std::io;
use std::path::Path;

use super::error::BackupError;
use super::manifest::{Stored, hex};
use crate::journal::Disk;

const PIECE: usize = 1024 * 1024;
/// What an error says was done that comes of the file which is copied, and not of the copy.
pub(super) const READING: &str = "reading";

/// Reads a file, or the first `length` bytes of it, hands each piece to `each`, and says what it was.
pub(super) fn read(
    disk: &dyn Disk,
    path: &Path,
    name: &str,
    length: Option<u64>,
    mut each: impl FnMut(u64, &[u8]) -> io::Result<()>,
) -> Result<Stored, BackupError> {
    let fail = || BackupError::io(READING, path);
    let file = disk.read(path).map_err(fail())?;
    let mut hasher = blake3::Hasher::new();
    let mut piece = vec![0; PIECE];
    let mut offset = 0;
    loop {
        let left = length.map_or(PIECE as u64, |length| length - offset);
        let want = left.min(PIECE as u64) as usize;
        let into = piece.get_mut(..want).unwrap_or_default();
        let count = file.read_at(offset, into).map_err(fail())?;
        let read = into.get(..count).unwrap_or_default();
        if read.is_empty() {
            break;
        }
        hasher.update(read);
        each(offset, read).map_err(BackupError::io("copying", path))?;
        offset += count as u64;
    }
    Ok(Stored {
        name: name.to_owned(),
        length: offset,
        blake3: hex(&hasher.finalize().into()),
    })
}

/// Copies a file, or the first `length` bytes of it, durably but for the folder's entry.
pub(super) fn copy(
    disk: &dyn Disk,
    (from, length): (&Path, Option<u64>),
    to: &Path,
    name: &str,
    mut tell: impl FnMut(u64),
) -> Result<Stored, BackupError> {
    let file = disk.create(to).map_err(BackupError::io("creating", to))?;
    let stored = read(disk, from, name, length, |offset, bytes| {
        file.write_all_at(offset, bytes)?;
        tell(bytes.len() as u64);
        Ok(())
    })?;
    file.sync_data().map_err(BackupError::io("syncing", to))?;
    Ok(stored)
}
