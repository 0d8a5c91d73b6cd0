//! How do pages lie in sled, and what does sled need to be watched for?
//!
//! - A panic of sled is an error of the state, no more.
//! - Its flush stops short of the disk: its file is synced here.
//! - It never syncs the files of a new database, nor those of large values.
//! - Killed while it writes a snapshot, it takes the half of one for its newest at the next open.
//! - After a call of it failed, its next flush may wait for ever, also the one when it is dropped.
//! - It opens a file that lost its end, and fails when it looks for what was there.
//! - It passes over damage in what was written since its last snapshot, and writes one only when it opens: it is opened
//!   once more when it is closed, so that what lies on a disk for long is all behind a snapshot.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ::sled::{Batch, Db, IVec};

use super::tree::{Pair, Tree, failed, is_refusal, watched};
use crate::journal::sync_folder;
use crate::store::StoreError;
use crate::store::locks::lock;
use crate::store::overlay::Change;

/// sled's file grows by this much; a value of more than an eighth of it would get a file of its own.
const GROWTH: usize = 512 * 1024;
/// sled's own cache. Pages are cached above it, decoded; it only has to hold its inner nodes.
const CACHE: u64 = 1024 * 1024;
/// How long to wait for sled's workers of an earlier handle, in steps.
const STEPS: u32 = 400;
const STEP: Duration = Duration::from_millis(5);

/// An ordered map in a folder of sled's.
pub(super) struct SledTree {
    /// `None` only while it is dropped.
    db: Option<Db>,
    folder: PathBuf,
    file: File,
    /// Whether a call failed: nothing is asked of it any more.
    failed: AtomicBool,
    /// Whether something was written since it was opened, which is when it wrote its snapshot.
    written: AtomicBool,
    /// How long the file was when it was opened.
    found: u64,
    /// Files of large values that are known to be on disk.
    synced: Mutex<HashSet<OsString>>,
}

impl SledTree {
    /// Opens the database in `folder`, or makes it.
    pub(super) fn open(folder: &Path) -> Result<Self, StoreError> {
        let fresh = !folder.join("conf").exists();
        remove_half_snapshots(folder)?;
        wait_for_workers(folder)?;
        // Looked at first: sled makes its file longer when it opens it.
        let found = fs::metadata(folder.join("db")).map_or(0, |file| file.len());
        let config = ::sled::Config::new()
            .path(folder)
            .cache_capacity(CACHE)
            .segment_size(GROWTH)
            // Only a fold flushes, and it syncs sled's file itself.
            .flush_every_ms(None);
        let refused = |error| StoreError::io("opening", folder, error);
        let db = watched(|| match config.open() {
            Err(::sled::Error::Io(error)) if is_refusal(&error) => Ok(Err(error)),
            opened => opened.map(Ok),
        })?;
        let db = db.map_err(refused)?;
        let file = OpenOptions::new().write(true).open(folder.join("db"));
        let tree = SledTree {
            db: Some(db),
            folder: folder.to_path_buf(),
            file: file.map_err(|error| match is_refusal(&error) {
                true => refused(error),
                false => failed(error),
            })?,
            found,
            failed: AtomicBool::new(false),
            // A new database writes what it needs for itself, and has had no snapshot.
            written: AtomicBool::new(fresh),
            synced: Mutex::default(),
        };
        if fresh {
            tree.settle_files().map_err(failed)?;
        }
        Ok(tree)
    }

    fn with<T>(&self, call: impl FnOnce(&Db) -> ::sled::Result<T>) -> Result<T, StoreError> {
        let db = self.db.as_ref().ok_or(StoreError::Closed)?;
        if self.failed.load(Ordering::Relaxed) {
            return Err(failed("an earlier call of its engine failed"));
        }
        watched(|| call(db)).inspect_err(|_| self.failed.store(true, Ordering::Relaxed))
    }

    /// Makes the files of a new database durable, which sled does not do.
    fn settle_files(&self) -> io::Result<()> {
        for name in ["conf", "db"] {
            sync_file(&self.folder.join(name))?;
        }
        sync_folder(&self.folder.join("blobs"))?;
        sync_folder(&self.folder)
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

    /// Lets go and waits until nobody writes any more: a worker that is not done would write into what takes this
    /// folder's place.
    fn let_go_for_good(&mut self) -> Result<(), StoreError> {
        self.let_go()?;
        match self.failed.load(Ordering::Relaxed) {
            true => Ok(()),
            false => wait_for_workers(&self.folder),
        }
    }

    fn let_go(&mut self) -> Result<(), StoreError> {
        let db = self.db.take();
        if self.failed.load(Ordering::Relaxed) {
            // Its threads and files stay with this process; the state is set aside in any case.
            std::mem::forget(db);
            return Ok(());
        }
        watched(|| {
            drop(db);
            Ok::<(), ::sled::Error>(())
        })
    }
}

impl Tree for SledTree {
    fn last_before(&self, bound: Bound<&[u8]>) -> Result<Option<Pair>, StoreError> {
        let range = (Bound::Unbounded, bound);
        self.with(|db| db.range::<&[u8], _>(range).next_back().transpose())
            .map(owned)
    }

    fn first_after(&self, bound: Bound<&[u8]>) -> Result<Option<Pair>, StoreError> {
        let range = (bound, Bound::Unbounded);
        self.with(|db| db.range::<&[u8], _>(range).next().transpose())
            .map(owned)
    }

    fn apply(&self, batch: Vec<Change>) -> Result<(), StoreError> {
        let mut all = Batch::default();
        for (key, bytes) in batch {
            match bytes {
                Some(bytes) => all.insert(key, bytes),
                None => all.remove(key),
            }
        }
        self.written.store(true, Ordering::Relaxed);
        self.with(|db| db.apply_batch(all))
    }

    fn sync(&self) -> Result<(), StoreError> {
        self.with(|db| db.flush())?;
        self.sync_large_values().map_err(failed)?;
        self.file.sync_data().map_err(failed)
    }

    fn extent(&self) -> Result<u64, StoreError> {
        Ok(self.file.metadata().map_err(failed)?.len())
    }

    fn was_cut(&self, extent: u64) -> bool {
        // sled itself lets go of whole segments at the end, also while it opens.
        self.found < extent && !self.found.is_multiple_of(GROWTH as u64)
    }

    fn close(mut self: Box<Self>) -> Result<(), StoreError> {
        self.let_go_for_good()?;
        if self.failed.load(Ordering::Relaxed) || !self.written.load(Ordering::Relaxed) {
            return Ok(());
        }
        // What goes wrong here goes wrong at the next open too, and is seen to then. sled itself may still be removing
        // files of large values, on which this open of it stumbles.
        drop(Self::open(&self.folder).and_then(|mut again| again.let_go_for_good()));
        wait_for_workers(&self.folder)
    }
}

impl Drop for SledTree {
    fn drop(&mut self) {
        // sled panics when its last flush fails.
        drop(self.let_go());
    }
}

fn owned(found: Option<(IVec, IVec)>) -> Option<Pair> {
    found.map(|(key, bytes)| (key.to_vec(), bytes.to_vec()))
}

fn sync_file(path: &Path) -> io::Result<()> {
    // Opened for writing, because some systems sync no other.
    OpenOptions::new().write(true).open(path)?.sync_all()
}

/// Removes snapshots that sled was killed while writing. The one before is still there.
fn remove_half_snapshots(folder: &Path) -> Result<(), StoreError> {
    let Ok(files) = fs::read_dir(folder) else {
        return Ok(());
    };
    for file in files {
        let path = file
            .map_err(|error| StoreError::io("listing", folder, error))?
            .path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            fs::remove_file(&path).map_err(|error| StoreError::io("removing", &path, error))?;
        }
    }
    Ok(())
}

/// An earlier handle of this process may have been dropped while a worker thread of sled still
/// holds its file. That is no reason to take the state for broken.
fn wait_for_workers(folder: &Path) -> Result<(), StoreError> {
    let Ok(file) = File::open(folder.join("db")) else {
        return Ok(());
    };
    for _ in 0..STEPS {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(STEP),
            // Whatever else is wrong, sled will say it.
            Ok(()) | Err(TryLockError::Error(_)) => return Ok(()),
        }
    }
    Err(StoreError::Locked {
        dir: folder.to_path_buf(),
        pid: None,
    })
}
