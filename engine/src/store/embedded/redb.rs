//! How do pages lie in redb?
//!
//! One file, one table. Batches are commits that redb keeps in memory and in its file without
//! syncing; only a sync makes a durable one. That one notes which parts of the file are free, so
//! that an open after a crash need not walk the whole file to find out. redb notes how long its
//! file is, and does not open a shorter one.

use std::fs;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use ::redb::{
    AccessGuard, Database, DatabaseError, Durability, ReadableDatabase, StorageError,
    TableDefinition, TableError, WriteTransaction,
};

use super::options::REDB_FILE;
use super::tree::{Pair, Tree, failed, is_refusal, watched};
use crate::journal::sync_folder;
use crate::store::StoreError;
use crate::store::overlay::Change;

const TABLE: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("pages");
const FILE: &str = REDB_FILE;
/// redb's own cache. Pages are cached above it, decoded; it only has to hold its inner nodes and
/// what a batch writes.
const CACHE: usize = 2 * 1024 * 1024;

type Failure = ::redb::Error;
type Guard<'a> = AccessGuard<'a, &'static [u8]>;

/// An ordered map in a file of redb's.
pub(super) struct RedbTree {
    /// `None` only while it is dropped.
    db: Option<Database>,
    path: PathBuf,
}

impl RedbTree {
    /// Opens the database in `folder`, or makes it.
    pub(super) fn open(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(FILE);
        let fresh = !path.exists();
        fs::create_dir_all(folder).map_err(|error| StoreError::io("creating", folder, error))?;
        let db = watched(
            || match Database::builder().set_cache_size(CACHE).create(&path) {
                Err(DatabaseError::Storage(StorageError::Io(error))) if is_refusal(&error) => {
                    Ok(Err(error))
                }
                opened => opened.map(Ok),
            },
        )?;
        let db = db.map_err(|error| StoreError::io("opening", &path, error))?;
        let tree = RedbTree { db: Some(db), path };
        if fresh {
            tree.write(Durability::Immediate, |_| Ok(()))?;
            sync_folder(folder).map_err(failed)?;
        }
        Ok(tree)
    }

    fn db(&self) -> Result<&Database, StoreError> {
        self.db.as_ref().ok_or(StoreError::Closed)
    }

    fn write(
        &self,
        durability: Durability,
        work: impl FnOnce(&WriteTransaction) -> Result<(), Failure>,
    ) -> Result<(), StoreError> {
        let db = self.db()?;
        let write = || -> Result<(), Failure> {
            let mut transaction = db.begin_write()?;
            transaction.set_durability(durability)?;
            transaction.set_quick_repair(matches!(durability, Durability::Immediate));
            work(&transaction)?;
            Ok(transaction.commit()?)
        };
        // What was durable before still is.
        let written = watched(|| match write() {
            Err(Failure::Io(error)) if is_refusal(&error) => Ok(Err(error)),
            written => written.map(Ok),
        })?;
        written.map_err(|error| StoreError::io("writing", &self.path, error))
    }

    fn read(&self, range: Range<'_>, last: bool) -> Result<Option<Pair>, StoreError> {
        let db = self.db()?;
        watched(|| -> Result<Option<Pair>, Failure> {
            let table = match db.begin_read()?.open_table(TABLE) {
                Err(TableError::TableDoesNotExist(_)) => return Ok(None),
                opened => opened?,
            };
            let mut found = table.range::<&[u8]>(range)?;
            let pair = if last {
                found.next_back()
            } else {
                found.next()
            };
            let owned = |(key, bytes): (Guard<'_>, Guard<'_>)| {
                (key.value().to_vec(), bytes.value().to_vec())
            };
            Ok(pair.transpose()?.map(owned))
        })
    }

    fn let_go(&mut self) -> Result<(), StoreError> {
        let db = self.db.take();
        watched(|| {
            drop(db);
            Ok::<(), Failure>(())
        })
    }
}

type Range<'a> = (Bound<&'a [u8]>, Bound<&'a [u8]>);

impl Tree for RedbTree {
    fn last_before(&self, bound: Bound<&[u8]>) -> Result<Option<Pair>, StoreError> {
        self.read((Bound::Unbounded, bound), true)
    }

    fn first_after(&self, bound: Bound<&[u8]>) -> Result<Option<Pair>, StoreError> {
        self.read((bound, Bound::Unbounded), false)
    }

    fn apply(&self, batch: Vec<Change>) -> Result<(), StoreError> {
        self.write(Durability::None, |transaction| {
            let mut table = transaction.open_table(TABLE)?;
            for (key, bytes) in &batch {
                match bytes {
                    Some(bytes) => drop(table.insert(key.as_slice(), bytes.as_slice())?),
                    None => drop(table.remove(key.as_slice())?),
                }
            }
            Ok(())
        })
    }

    fn sync(&self) -> Result<(), StoreError> {
        self.write(Durability::Immediate, |_| Ok(()))
    }

    fn close(mut self: Box<Self>) -> Result<(), StoreError> {
        self.let_go()
    }
}

impl Drop for RedbTree {
    fn drop(&mut self) {
        drop(self.let_go());
    }
}
