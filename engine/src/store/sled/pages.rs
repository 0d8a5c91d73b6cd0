//! How do pages lie in sled?
//!
//! One tree. A page's key is `01` and a fence: a page holds the keys from its fence up to the next
//! page's. The first page's fence is the empty key, any other's was the first key of the page when
//! the page was made. `00` alone holds the position up to which commits are folded in.
//!
//! sled is never trusted alone: each call is watched for errors and panics, and both mean that the
//! state failed while the journal is good.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use ::sled::{Batch, Db, IVec};

use crate::journal::{Position, sync_folder};

use super::page::{self, Packed, Page};
use crate::store::locks::lock;
use crate::store::overlay::Change;
use crate::store::{Row, StoreError};

const FOLDED: [u8; 1] = [0];
const PAGE: u8 = 1;
/// Pages of one sled batch. Large batches cost memory and block readers.
const BATCH: usize = 64;
/// sled's file grows by this much.
const GROWTH: usize = 512 * 1024;

/// The pages of a store in sled. Clones share one database.
#[derive(Clone)]
pub(super) struct Pages {
    db: Db,
    folder: PathBuf,
    file: Arc<File>,
    /// Files of large values that are known to be on disk.
    synced: Arc<Mutex<HashSet<OsString>>>,
}

/// A page and its fence.
pub(super) struct Fenced {
    key: IVec,
    bytes: IVec,
}

impl Fenced {
    pub(super) fn fence(&self) -> &[u8] {
        self.key.get(1..).unwrap_or_default()
    }

    pub(super) fn page(&self) -> Result<Page<'_>, StoreError> {
        Page::read(&self.bytes).map_err(|why| StoreError::StateFailed { why: why.into() })
    }
}

impl Pages {
    /// Opens the pages in `folder`, or makes them. Says also up to where commits are folded in.
    pub(super) fn open(folder: &Path, cache_bytes: u64) -> Result<(Self, Position), StoreError> {
        let fresh = !folder.join("conf").exists();
        let config = ::sled::Config::new()
            .path(folder)
            .cache_capacity(cache_bytes)
            .segment_size(GROWTH)
            // Only a fold flushes, and it syncs sled's file itself.
            .flush_every_ms(None);
        let db = watched(|| config.open())?;
        let file = OpenOptions::new()
            .write(true)
            .open(folder.join("db"))
            .map_err(failed)?;
        let pages = Pages {
            db,
            folder: folder.to_path_buf(),
            file: Arc::new(file),
            synced: Arc::default(),
        };
        if fresh {
            pages.settle_files().map_err(failed)?;
        }
        let folded = pages.folded()?;
        Ok((pages, folded))
    }

    /// Makes the files of a new database durable, which sled does not do.
    fn settle_files(&self) -> io::Result<()> {
        for name in ["conf", "db"] {
            sync_file(&self.folder.join(name))?;
        }
        sync_folder(&self.folder.join("blobs"))?;
        sync_folder(&self.folder)?;
        self.folder.parent().map_or(Ok(()), sync_folder)
    }

    fn folded(&self) -> Result<Position, StoreError> {
        let Some(value) = watched(|| self.db.get(FOLDED))? else {
            return Ok(Position::START);
        };
        let bytes: [u8; 8] = value
            .as_ref()
            .try_into()
            .map_err(|_| failed("the position up to which it is folded cannot be read"))?;
        Ok(Position::from_number(u64::from_be_bytes(bytes)))
    }

    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(fenced) = self.holding(key)? else {
            return Ok(None);
        };
        Ok(fenced.page()?.get(key).map(<[u8]>::to_vec))
    }

    /// The page that a key belongs to. There is none only while there are no pages at all.
    pub(super) fn holding(&self, key: &[u8]) -> Result<Option<Fenced>, StoreError> {
        self.last_of(Bound::Included(tree_key(key)))
    }

    /// The last page with a key before `end`, or the very last.
    pub(super) fn before(&self, end: Option<&[u8]>) -> Result<Option<Fenced>, StoreError> {
        self.last_of(match end {
            Some(end) => Bound::Excluded(tree_key(end)),
            None => Bound::Excluded(vec![PAGE + 1]),
        })
    }

    fn last_of(&self, end: Bound<Vec<u8>>) -> Result<Option<Fenced>, StoreError> {
        let range = (Bound::Included(vec![PAGE]), end);
        watched(|| self.db.range(range).next_back().transpose()).map(fenced)
    }

    /// The page after the one with this fence.
    pub(super) fn after(&self, fence: &[u8]) -> Result<Option<Fenced>, StoreError> {
        let range = (Bound::Excluded(tree_key(fence)), Bound::Unbounded);
        watched(|| self.db.range(range).next().transpose()).map(fenced)
    }

    /// Merges changes, sorted by key, into the pages that they belong to. Doing it twice changes
    /// nothing. Each page and what it is split into change together.
    pub(super) fn merge(&self, changes: &[Change]) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        let mut count = 0;
        let mut rest = changes;
        while let Some((key, _)) = rest.first() {
            let old = self.holding(key)?;
            let fence = old.as_ref().map_or(&[][..], Fenced::fence);
            let here = match self.after(fence)? {
                Some(next) => rest.partition_point(|(key, _)| key.as_slice() < next.fence()),
                None => rest.len(),
            };
            let (changes, after) = rest.split_at(here);
            let entries = match &old {
                Some(old) => merged(old.page()?, changes),
                None => puts(changes),
            };
            count += replace(&mut batch, fence, page::pack(&entries));
            if count >= BATCH {
                self.apply(std::mem::take(&mut batch))?;
                count = 0;
            }
            rest = after;
        }
        self.apply(batch)
    }

    fn apply(&self, batch: Batch) -> Result<(), StoreError> {
        watched(|| self.db.apply_batch(batch))
    }

    /// Makes all merged pages durable, then says that they hold the commits up to `position`, and
    /// makes that durable too.
    pub(super) fn mark_folded(&self, position: Position) -> Result<(), StoreError> {
        self.sync()?;
        let value = position.get().to_be_bytes();
        watched(|| self.db.insert(FOLDED, &value))?;
        self.sync()
    }

    /// sled's own flush stops short of the disk, and it never syncs the files of large values.
    fn sync(&self) -> Result<(), StoreError> {
        watched(|| self.db.flush())?;
        self.sync_large_values().map_err(failed)?;
        self.file.sync_data().map_err(failed)
    }

    fn sync_large_values(&self) -> io::Result<()> {
        let folder = self.folder.join("blobs");
        let mut synced = lock(&self.synced);
        let mut now = HashSet::new();
        for file in fs::read_dir(&folder)? {
            let name = file?.file_name();
            if !synced.contains(&name) {
                sync_file(&folder.join(&name))?;
            }
            now.insert(name);
        }
        if *synced != now {
            sync_folder(&folder)?;
            *synced = now;
        }
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn overwrite_first_page(&self, bytes: &[u8]) {
        drop(self.db.insert(tree_key(b""), bytes));
    }

    /// Lets go of the database. sled panics when its last flush fails.
    pub(super) fn close(self) -> Result<(), StoreError> {
        watched(|| {
            drop(self);
            Ok(())
        })
    }
}

/// Puts the packed pages in the place of the page with this fence. Returns how many there are.
fn replace(batch: &mut Batch, fence: &[u8], packed: Vec<Packed>) -> usize {
    let count = packed.len().max(1);
    let mut packed = packed.into_iter();
    match packed.next() {
        // The first page covers everything before the second and so always stays.
        None if fence.is_empty() => batch.insert(tree_key(fence), page::empty()),
        None => batch.remove(tree_key(fence)),
        Some(first) => batch.insert(tree_key(fence), first.bytes),
    }
    for page in packed {
        batch.insert(tree_key(&page.first), page.bytes);
    }
    count
}

fn merged(page: Page<'_>, changes: &[Change]) -> Vec<Row> {
    let mut entries = Vec::with_capacity(page.len() + changes.len());
    let mut changes = changes.iter().peekable();
    for at in 0..page.len() {
        let (key, value) = page.entry(at);
        while let Some((earlier, value)) = changes.next_if(|(change, _)| *change < key) {
            entries.extend(value.clone().map(|value| (earlier.clone(), value)));
        }
        match changes.next_if(|(change, _)| *change == key) {
            Some((_, changed)) => entries.extend(changed.clone().map(|value| (key, value))),
            None => entries.push((key, value.to_vec())),
        }
    }
    let rest = changes.filter_map(|(key, value)| Some((key.clone(), value.clone()?)));
    entries.extend(rest);
    entries
}

fn puts(changes: &[Change]) -> Vec<Row> {
    let put = |(key, value): &Change| Some((key.clone(), value.clone()?));
    changes.iter().filter_map(put).collect()
}

fn sync_file(path: &Path) -> io::Result<()> {
    // Opened for writing, because some systems sync no other.
    OpenOptions::new().write(true).open(path)?.sync_all()
}

fn tree_key(fence: &[u8]) -> Vec<u8> {
    [&[PAGE], fence].concat()
}

fn fenced(found: Option<(IVec, IVec)>) -> Option<Fenced> {
    found.map(|(key, bytes)| Fenced { key, bytes })
}

fn failed(why: impl std::fmt::Display) -> StoreError {
    StoreError::StateFailed {
        why: why.to_string(),
    }
}

/// Runs a call into sled; an error and a panic are the same to us.
fn watched<T>(call: impl FnOnce() -> ::sled::Result<T>) -> Result<T, StoreError> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(done) => done.map_err(failed),
        Err(panic) => {
            let text = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied());
            Err(failed(text.unwrap_or("sled panicked")))
        }
    }
}
