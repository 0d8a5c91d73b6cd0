//! What if the disk fails? A disk whose calls fail when a test says so.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::disk::{Disk, DiskFile, RealDisk};

/// A kind of call to the file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Call {
    /// A file or a folder is made.
    Create,
    /// Bytes are written, or a file is cut or grown.
    Write,
    /// A file or a folder is made durable.
    Sync,
    /// A file or a folder gets another name.
    Rename,
    /// A file or a folder is removed.
    Remove,
    /// Bytes are read, or names are listed.
    Read,
}

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// No space is left.
    DiskFull,
    /// The disk does not answer.
    Io,
    /// Only so many bytes are written, then the disk does not answer. Other calls than writes just
    /// fail.
    Torn(usize),
}

/// A real disk whose calls fail on demand. Clones share their plan, so that a test keeps one handle
/// and gives away another.
///
/// ```no_run
/// use peyvand::testing::{Call, Fault, Faults};
///
/// let faults = Faults::new();
/// let engine = peyvand::Engine::builder("shop").faults(&faults).open()?;
/// faults.fail(Call::Sync, 0, Fault::Io);
/// assert!(engine.session().create("account", serde_json::json!({"name": "Hafez"})).is_err());
/// # Ok::<(), peyvand::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Faults {
    plan: Arc<Mutex<Plan>>,
}

#[derive(Debug, Default)]
struct Plan {
    /// Calls made so far.
    made: BTreeMap<Call, u64>,
    /// The number of the call that fails, and how.
    fails: BTreeMap<Call, (u64, Fault)>,
    /// How many more bytes the disk takes.
    room: Option<u64>,
    failed: u64,
    /// What every call fails with once one has failed.
    broken: Option<Fault>,
    stays_broken: bool,
}

impl Faults {
    /// A disk that fails nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets one call fail: after `more` calls of its kind from now on that succeed.
    pub fn fail(&self, call: Call, more: u64, fault: Fault) {
        let mut plan = self.plan();
        let at = plan.made(call) + more;
        plan.fails.insert(call, (at, fault));
    }

    /// Lets the disk take only so many more bytes: the write that goes beyond is cut there and fails,
    /// and so do all that come after.
    pub fn fill_after(&self, bytes: u64) {
        self.plan().room = Some(bytes);
    }

    /// Whether everything but reading fails once a call has failed, as on a disk that was pulled.
    /// Otherwise the calls after it succeed.
    pub fn stay_broken(&self, stays: bool) {
        self.plan().stays_broken = stays;
    }

    /// Lets every call succeed again.
    pub fn mend(&self) {
        let mut plan = self.plan();
        plan.fails.clear();
        plan.room = None;
        plan.broken = None;
    }

    /// How many calls of a kind were made so far, the failed ones included.
    #[must_use]
    pub fn made(&self, call: Call) -> u64 {
        self.plan().made(call)
    }

    /// How many calls have failed.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.plan().failed
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call and says whether it fails.
    fn check(&self, call: Call) -> io::Result<()> {
        match self.plan().next(call) {
            None => Ok(()),
            Some(fault) => Err(error(fault)),
        }
    }

    fn file(&self, inner: Box<dyn DiskFile>) -> Box<dyn DiskFile> {
        let faults = self.clone();
        Box::new(FaultyFile { inner, faults })
    }
}

impl Plan {
    fn made(&self, call: Call) -> u64 {
        self.made.get(&call).copied().unwrap_or_default()
    }

    fn next(&mut self, call: Call) -> Option<Fault> {
        let number = self.made(call);
        self.made.insert(call, number + 1);
        let planned = self.fails.get(&call).filter(|(at, _)| *at == number);
        let broken = self.broken.filter(|_| call != Call::Read);
        let fault = planned.map(|(_, fault)| *fault).or(broken)?;
        self.fail(fault);
        Some(fault)
    }

    fn fail(&mut self, fault: Fault) {
        self.failed += 1;
        if self.stays_broken {
            // What was torn once is not torn again, it is gone.
            let torn = matches!(fault, Fault::Torn(_));
            self.broken = Some(if torn { Fault::Io } else { fault });
        }
    }

    /// How many of `bytes` are written, and what the write fails with.
    fn write(&mut self, bytes: usize) -> (usize, Option<Fault>) {
        match self.next(Call::Write) {
            Some(Fault::Torn(count)) => return (count.min(bytes), Some(Fault::Torn(count))),
            Some(fault) => return (0, Some(fault)),
            None => {}
        }
        let Some(room) = self.room else {
            return (bytes, None);
        };
        let fits = usize::try_from(room).unwrap_or(usize::MAX).min(bytes);
        self.room = Some(room - fits as u64);
        if fits == bytes {
            return (bytes, None);
        }
        self.fail(Fault::DiskFull);
        (fits, Some(Fault::DiskFull))
    }
}

fn error(fault: Fault) -> io::Error {
    match fault {
        Fault::DiskFull => io::ErrorKind::StorageFull.into(),
        Fault::Io | Fault::Torn(_) => io::Error::other("the disk does not answer (a test says so)"),
    }
}

impl Disk for Faults {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.check(Call::Create)?;
        RealDisk.create(path).map(|file| self.file(file))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        RealDisk.open(path).map(|file| self.file(file))
    }

    fn read(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        RealDisk.read(path).map(|file| self.file(file))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        self.check(Call::Read)?;
        RealDisk.list(folder)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.check(Call::Rename)?;
        RealDisk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.check(Call::Remove)?;
        RealDisk.remove(path)
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.check(Call::Create)?;
        RealDisk.create_folder(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        self.check(Call::Remove)?;
        RealDisk.remove_folder(path)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.check(Call::Sync)?;
        RealDisk.sync_folder(folder)
    }
}

struct FaultyFile {
    inner: Box<dyn DiskFile>,
    faults: Faults,
}

impl DiskFile for FaultyFile {
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        self.faults.check(Call::Read)?;
        self.inner.read_at(offset, into)
    }

    fn write_all_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let (count, fault) = self.faults.plan().write(bytes.len());
        let (written, _) = bytes.split_at(count);
        if !written.is_empty() {
            self.inner.write_all_at(offset, written)?;
        }
        fault.map_or(Ok(()), |fault| Err(error(fault)))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.faults.check(Call::Sync)?;
        self.inner.sync_data()
    }

    fn len(&self) -> io::Result<u64> {
        self.inner.len()
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.faults.check(Call::Write)?;
        self.inner.set_len(len)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_torn_write_leaves_its_beginning_and_a_full_disk_what_fits() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let faults = Faults::new();
        let file = faults.create(&path).unwrap();
        faults.fail(Call::Write, 1, Fault::Torn(2));
        file.write_all_at(0, b"abc").unwrap();
        assert!(file.write_all_at(3, b"def").is_err());
        assert_eq!(faults.read_whole(&path).unwrap(), b"abcde");
        faults.fill_after(4);
        let full = file.write_all_at(5, b"fghij").unwrap_err();
        assert_eq!(full.kind(), io::ErrorKind::StorageFull);
        assert_eq!(faults.read_whole(&path).unwrap(), b"abcdefghi");
        assert!(file.write_all_at(9, b"j").is_err());
        faults.mend();
        file.write_all_at(9, b"j").unwrap();
        assert_eq!((faults.made(Call::Write), faults.failed()), (5, 3));
    }

    #[test]
    fn a_broken_disk_stays_broken_until_it_is_mended() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let faults = Faults::new();
        faults.write_whole(&path, b"old").unwrap();
        faults.stay_broken(true);
        faults.fail(Call::Rename, 0, Fault::Io);
        assert!(faults.rename(&path, &dir.path().join("other")).is_err());
        assert!(faults.create(&path).is_err());
        assert_eq!(faults.read_whole(&path).unwrap(), b"old");
        faults.mend();
        faults.write_whole(&path, b"new").unwrap();
        assert_eq!(faults.read_whole(&path).unwrap(), b"new");
    }
}
