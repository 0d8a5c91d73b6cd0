//! A disk whose calls fail when a test says so.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::disk::{Disk, DiskFile, RealDisk};

/// The real disk with a budget of writes and one of syncs; a call beyond its budget fails.
#[derive(Clone)]
pub(crate) struct FaultyDisk {
    budgets: Arc<Budgets>,
}

struct Budgets {
    writes: AtomicI64,
    syncs: AtomicI64,
}

impl FaultyDisk {
    pub(crate) fn new() -> Self {
        let unlimited = || AtomicI64::new(i64::MAX);
        FaultyDisk {
            budgets: Arc::new(Budgets {
                writes: unlimited(),
                syncs: unlimited(),
            }),
        }
    }

    /// Lets `count` more writes succeed.
    pub(crate) fn fail_writes_after(&self, count: i64) {
        self.budgets.writes.store(count, Ordering::SeqCst);
    }

    /// Lets `count` more syncs succeed.
    pub(crate) fn fail_syncs_after(&self, count: i64) {
        self.budgets.syncs.store(count, Ordering::SeqCst);
    }

    fn file(&self, inner: io::Result<Box<dyn DiskFile>>) -> io::Result<Box<dyn DiskFile>> {
        let budgets = Arc::clone(&self.budgets);
        inner.map(|inner| Box::new(FaultyFile { inner, budgets }) as Box<dyn DiskFile>)
    }
}

fn spend(budget: &AtomicI64) -> io::Result<()> {
    if budget.fetch_sub(1, Ordering::SeqCst) > 0 {
        return Ok(());
    }
    Err(io::ErrorKind::StorageFull.into())
}

impl Disk for FaultyDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.file(RealDisk.create(path))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.file(RealDisk.open(path))
    }

    fn read(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.file(RealDisk.read(path))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        RealDisk.list(folder)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        RealDisk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        RealDisk.remove(path)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        RealDisk.sync_folder(folder)
    }
}

struct FaultyFile {
    inner: Box<dyn DiskFile>,
    budgets: Arc<Budgets>,
}

impl DiskFile for FaultyFile {
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        self.inner.read_at(offset, into)
    }

    fn write_all_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        spend(&self.budgets.writes)?;
        self.inner.write_all_at(offset, bytes)
    }

    fn sync_data(&self) -> io::Result<()> {
        spend(&self.budgets.syncs)?;
        self.inner.sync_data()
    }

    fn len(&self) -> io::Result<u64> {
        self.inner.len()
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.inner.set_len(len)
    }
}
