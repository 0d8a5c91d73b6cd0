//! How do the files that records name get into a backup, and out of it?
//!
//! They lie in a folder of their own, each under its hash as in a store, so that backups into one folder share them. A
//! list of them is one of the files of the backup. Which there are is looked up after the position of the backup is
//! known: a file is in the store before the entry that names it.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::copy::{READING, copy, read};
use super::error::BackupError;
use super::folder;
use super::manifest::Stored;
use crate::content::{FOLDER, hash_of, path_of, shards};
use crate::journal::Disk;
use crate::record::ContentHash;
use crate::store::Progress;

/// The list's name, before its hash.
pub(super) const LIST: &str = "content.list";
/// A file that is being copied.
const PARTIAL: &str = "partial";
const MISSING: &str = "it is missing";

/// The files of a backup that records name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Contents {
    pub(super) files: u64,
    pub(super) bytes: u64,
    pub(super) list: Stored,
    /// Those that should be in it and are not, since the store's own are missing or damaged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) lacking: Vec<Lacking>,
}

/// A file that is in no list, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lacking {
    hash: String,
    what: String,
}

impl Contents {
    /// What is wrong with it, in words.
    pub(super) fn problems(&self) -> impl Iterator<Item = String> {
        self.lacking.iter().map(|Lacking { hash, what }| {
            format!("the file of the hash {hash} is not in the backup: in the store {what}; put the same file again and take the backup again")
        })
    }
}

/// A file that a list names, and its length.
pub(super) type Listed = (ContentHash, u64);

/// What came of copying the files of a store.
#[derive(Default)]
pub(super) struct Copied {
    pub(super) listed: Vec<Listed>,
    pub(super) lacking: Vec<Lacking>,
    /// Bytes that were not there.
    pub(super) bytes: u64,
    /// What is wrong with files of the store that the backup has all the same, in words.
    pub(super) problems: Vec<String>,
}

/// Copies the files that are not there yet, or not whole, and says which there are. One that the store has no good copy
/// of does not keep the others from being copied.
pub(super) fn copy_new(
    disk: &dyn Disk,
    home: &Path,
    dir: &Path,
    named: BTreeSet<ContentHash>,
    tell: &mut dyn FnMut(Progress),
) -> Result<Copied, BackupError> {
    let (from, to) = (home.join(FOLDER), dir.join(FOLDER));
    // One that the disk lost is in no folder: only those who name it tell of it.
    let mut all = named;
    for shard in shards(disk, &from)? {
        all.extend(shard.hashes(disk)?);
    }
    let (mut done, mut folders) = (Copied::default(), BTreeSet::new());
    for (number, hash) in all.iter().enumerate() {
        tell(Progress::new(
            number as u64,
            all.len() as u64,
            "documents copied",
        ));
        let (source, target) = (path_of(&from, hash), path_of(&to, hash));
        match whole(disk, &target, hash) {
            Some(length) => {
                done.problems
                    .extend(only_here(disk, &source, (*hash, length)));
                done.listed.push((*hash, length));
            }
            None => match from_store(disk, (&source, &target), &to.join(PARTIAL), *hash)? {
                Ok(length) => {
                    done.listed.push((*hash, length));
                    done.bytes += length;
                }
                Err(what) => {
                    let hash = hash.to_string();
                    done.lacking.push(Lacking { hash, what });
                    continue;
                }
            },
        }
        folders.insert(folder::parent_of(&target).to_owned());
    }
    // Also where nothing was copied: who did may have been killed before this.
    if !done.listed.is_empty() {
        folders.extend([to, dir.to_owned()]);
    }
    for folder in &folders {
        disk.sync_folder(folder)
            .map_err(BackupError::io("syncing", folder))?;
    }
    Ok(done)
}

/// The length of a file, if it is what its name says: disks forget, and a backup is read when it is too late.
fn whole(disk: &dyn Disk, path: &Path, hash: &ContentHash) -> Option<u64> {
    let (found, length) = hash_of(disk.read(path).ok()?.as_ref()).ok()?;
    (found == *hash).then_some(length)
}

/// What is seen at once to be wrong with a file of the store of which the backup has a good copy.
fn only_here(disk: &dyn Disk, source: &Path, (hash, length): Listed) -> Option<String> {
    let what = match disk.read(source).and_then(|file| file.len()) {
        Ok(found) if found == length => return None,
        Ok(found) => format!("it has {found} bytes and not {length}"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => MISSING.to_owned(),
        Err(error) => unreadable(&error),
    };
    Some(format!(
        "the file of the hash {hash} is in the backup, but in the store {what}: put the same file again"
    ))
}

/// Copies a file from the store, or says what is wrong with it there.
fn from_store(
    disk: &dyn Disk,
    (source, target): (&Path, &Path),
    partial: &Path,
    hash: ContentHash,
) -> Result<Result<u64, String>, BackupError> {
    let length = match disk.read(source).and_then(|file| file.len()) {
        Ok(length) => length,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(Err(MISSING.to_owned()));
        }
        Err(error) => return Ok(Err(unreadable(&error))),
    };
    folder::make(disk, folder::parent_of(target))?;
    match one(disk, source, partial, (hash, length)) {
        Ok(()) => {
            disk.rename(partial, target)
                .map_err(BackupError::io("writing", target))?;
            Ok(Ok(length))
        }
        Err(BackupError::Damaged { what, .. }) => Ok(Err(what)),
        Err(BackupError::Io {
            action: READING,
            source,
            ..
        }) => Ok(Err(unreadable(&source))),
        Err(error) => Err(error),
    }
}

fn unreadable(error: &io::Error) -> String {
    format!("it cannot be read ({error})")
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

/// Removes what the backup does not name any longer, but for what is left of files that the store has no good copy of.
/// What cannot be removed now is by the next.
pub(super) fn tidy(
    disk: &dyn Disk,
    dir: &Path,
    listed: &[Listed],
    lacking: &[Lacking],
) -> Result<(), BackupError> {
    let folder = dir.join(FOLDER);
    drop(disk.remove(&folder.join(PARTIAL)));
    for shard in shards(disk, &folder)? {
        for hash in shard.hashes(disk)? {
            let is_listed = listed.binary_search_by_key(&hash, |(hash, _)| *hash);
            let name = hash.to_string();
            if is_listed.is_err() && !lacking.iter().any(|lacking| lacking.hash == name) {
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
