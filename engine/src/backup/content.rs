//! How do the files that records name get into a backup, and out of it?
//!
//! They lie in a folder of their own, each under its hash as in a store, so that backups into one folder share them. A
//! list of them is one of the files of the backup. Which there are is looked up after the position of the backup is
//! known: a file is in the store before the entry that names it.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::copy::{copy, read};
use super::error::BackupError;
use super::folder;
use super::manifest::Stored;
use crate::content::{FOLDER, path_of, shards};
use crate::journal::Disk;
use crate::record::ContentHash;
use crate::store::Progress;

/// The list's name, before its hash.
pub(super) const LIST: &str = "content.list";
/// A file that is being copied.
const PARTIAL: &str = "partial";

/// The files of a backup that records name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Contents {
    pub(super) files: u64,
    pub(super) bytes: u64,
    pub(super) list: Stored,
}

/// A file that a list names, and its length.
type Listed = (ContentHash, u64);

/// Copies the files that are not there yet, and says which there are and how many bytes were copied.
pub(super) fn copy_new(
    disk: &dyn Disk,
    home: &Path,
    dir: &Path,
    tell: &mut dyn FnMut(Progress),
) -> Result<(Vec<Listed>, u64), BackupError> {
    let (from, to) = (home.join(FOLDER), dir.join(FOLDER));
    let (mut listed, mut copied) = (Vec::new(), 0);
    for shard in shards(disk, &from)? {
        for hash in shard.hashes(disk)? {
            let (source, target) = (path_of(&from, &hash), path_of(&to, &hash));
            let opened = disk.read(&source).and_then(|file| file.len());
            let length = opened.map_err(BackupError::io("reading", &source))?;
            // A file never changes; that its bytes are still good is for `verify_backup` to say.
            let there = disk.read(&target).and_then(|file| file.len());
            if there.ok() != Some(length) {
                folder::make(disk, folder::parent_of(&target))?;
                let partial = to.join(PARTIAL);
                one(disk, &source, &partial, (hash, length))?;
                disk.rename(&partial, &target)
                    .map_err(BackupError::io("writing", &target))?;
                copied += length;
            }
            listed.push((hash, length));
            tell(Progress::new(listed.len() as u64, 0, "documents copied"));
        }
        // Also where nothing was copied: who did may have been killed before this.
        if let Some((hash, _)) = listed.last() {
            sync_parent(disk, &path_of(&to, hash))?;
        }
    }
    if !listed.is_empty() {
        for folder in [to.as_path(), dir] {
            disk.sync_folder(folder)
                .map_err(BackupError::io("syncing", folder))?;
        }
    }
    Ok((listed, copied))
}

/// Copies the files of a backup into a store that is being made.
pub(super) fn restore(
    disk: &dyn Disk,
    dir: &Path,
    store: &Path,
    contents: &Contents,
    tell: &mut dyn FnMut(u64),
) -> Result<(), BackupError> {
    let (from, to) = (dir.join(FOLDER), store.join(FOLDER));
    let listed = read_list(disk, dir, contents)?;
    let mut before: Option<ContentHash> = None;
    for (hash, length) in &listed {
        let (source, target) = (path_of(&from, hash), path_of(&to, hash));
        if before.is_none_or(|before| before.as_bytes().first() != hash.as_bytes().first()) {
            folder::make(disk, folder::parent_of(&target))?;
        }
        one(disk, &source, &target, (*hash, *length))?;
        tell(*length);
        before = Some(*hash);
    }
    for shard in shards(disk, &to)? {
        disk.sync_folder(&shard.dir)
            .map_err(BackupError::io("syncing", &shard.dir))?;
    }
    Ok(())
}

/// Reads every file of a backup and compares it with its name.
pub(super) fn verify(
    disk: &dyn Disk,
    dir: &Path,
    contents: &Contents,
    tell: &mut dyn FnMut(u64),
) -> Result<(), BackupError> {
    for (hash, length) in read_list(disk, dir, contents)? {
        let path = path_of(&dir.join(FOLDER), &hash);
        must_be(&path, (hash, length), || {
            read(disk, &path, FOLDER, None, |_, bytes| {
                tell(bytes.len() as u64);
                Ok(())
            })
        })?;
    }
    Ok(())
}

/// Removes what the backup does not name any longer. What cannot be removed now is by the next.
pub(super) fn tidy(disk: &dyn Disk, dir: &Path, listed: &[Listed]) -> Result<(), BackupError> {
    let folder = dir.join(FOLDER);
    drop(disk.remove(&folder.join(PARTIAL)));
    for shard in shards(disk, &folder)? {
        for hash in shard.hashes(disk)? {
            if listed
                .binary_search_by_key(&hash, |(hash, _)| *hash)
                .is_err()
            {
                drop(disk.remove(&path_of(&folder, &hash)));
            }
        }
    }
    Ok(())
}

/// The list as it stands in its file.
pub(super) fn written(listed: &[Listed]) -> String {
    let line = |(hash, length): &Listed| format!("{hash} {length}\n");
    listed.iter().map(line).collect()
}

fn read_list(disk: &dyn Disk, dir: &Path, contents: &Contents) -> Result<Vec<Listed>, BackupError> {
    let path = contents.list.path(dir);
    let bytes = disk.read_whole(&path);
    let bytes = bytes.map_err(BackupError::io("reading", &path))?;
    let line = |line: &str| {
        let (hash, length) = line.split_once(' ')?;
        Some((hash.parse().ok()?, length.parse().ok()?))
    };
    let text = String::from_utf8_lossy(&bytes);
    let listed: Option<Vec<Listed>> = text.lines().map(line).collect();
    listed.ok_or_else(|| BackupError::damaged(&path, "it is no list of files"))
}

/// Copies one file, if it is what its name says.
fn one(disk: &dyn Disk, from: &Path, to: &Path, listed: Listed) -> Result<(), BackupError> {
    must_be(from, listed, || {
        copy(disk, (from, None), to, FOLDER, |_| {})
    })
}

fn must_be(
    path: &Path,
    (hash, length): Listed,
    read: impl FnOnce() -> Result<Stored, BackupError>,
) -> Result<(), BackupError> {
    let stored = Stored {
        name: FOLDER.to_owned(),
        length,
        blake3: hash.to_string(),
    };
    stored.must_be(path, read)
}

fn sync_parent(disk: &dyn Disk, path: &Path) -> Result<(), BackupError> {
    let parent = folder::parent_of(path);
    disk.sync_folder(parent)
        .map_err(BackupError::io("syncing", parent))
}
