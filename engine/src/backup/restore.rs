//! How does a backup become a store again, whole or as of an earlier point?
//!
//! Everything is made in a folder beside and gets its name in the end, so that a restore that fails
//! leaves nothing that could be taken for a store. Every byte is checked against the manifest while
//! it is copied.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::copy::copy;
use super::error::BackupError;
use super::manifest::{Base, MARK, Manifest, Stored, written};
use crate::engine::Engine;
use crate::erase::{self, Register};
use crate::error::Result;
use crate::journal::{Disk, Journal, OpenWith, Position, RealDisk, sync_folder};
use crate::store::{ERASED, EmbeddedBackend, Progress, StateEngine, StoreOptions};

/// Where a restore builds, beside the folder that it is for.
const BESIDE: &str = ".restoring";
/// Says that a folder beside is ours.
const RESTORING: &str = "RESTORING";
const STORE: &str = "store";

/// Up to where a backup is to be restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// This commit is the last.
    Position(Position),
    /// No commit of a later time, and none after one.
    Instant(DateTime<Utc>),
}

/// How a backup is restored.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct RestoreOptions {
    /// Up to where; all of it by default.
    pub until: Option<Until>,
    /// The engine of the new store's state; a backup fits any.
    pub state_engine: StateEngine,
    /// A register of erased records, such as the file `ERASED` of the store that was backed up.
    pub erased: Option<PathBuf>,
}

impl RestoreOptions {
    /// Restores up to a point in the past.
    #[must_use]
    pub fn until(mut self, until: Until) -> Self {
        self.until = Some(until);
        self
    }

    /// Restores into a store whose state lies in another engine.
    #[must_use]
    pub fn state_engine(mut self, engine: StateEngine) -> Self {
        self.state_engine = engine;
        self
    }

    /// Erases the records of a register, the file `ERASED` of a store, from the restored one before it is handed over.
    /// One that lies in the folder to restore into, where a store was before, is heeded in any case.
    #[must_use]
    pub fn erased(mut self, register: impl Into<PathBuf>) -> Self {
        self.erased = Some(register.into());
        self
    }
}

/// A store that was restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Restored {
    /// Its last commit.
    pub position: Position,
    /// The last commit of the backup.
    pub of: Position,
    /// How many records the registers of erased ones name; none of them is in the store.
    pub erased: u64,
}

/// Makes a store in `to`, a new or empty folder, of the backup in `from`.
///
/// # Errors
/// When there is no backup, when a file of it is not what was written, which the message names, when
/// it does not reach to the point that is asked for, or when `to` is not empty. Then nothing is made.
pub fn restore(
    from: impl AsRef<Path>,
    to: impl AsRef<Path>,
    options: &RestoreOptions,
    tell: &mut dyn FnMut(Progress),
) -> Result<Restored> {
    let disk = Arc::new(RealDisk);
    Ok(restore_on(
        disk,
        (from.as_ref(), to.as_ref()),
        options,
        tell,
    )?)
}

pub(super) fn restore_on(
    disk: Arc<dyn Disk>,
    (from, to): (&Path, &Path),
    options: &RestoreOptions,
    tell: &mut dyn FnMut(Progress),
) -> Result<Restored, BackupError> {
    let manifest = manifest_of(disk.as_ref(), from)?;
    let found = is_free(to)?;
    let registers = registers(&disk, to, options)?;
    let beside = Beside::make(to)?;
    let store = beside.0.join(STORE);
    let restoring = Restoring {
        disk,
        from,
        store: &store,
        manifest: &manifest,
    };
    restoring.copy_files(tell)?;
    let position = restoring.cut_journal(options.until)?;
    restoring.settle_base(position)?;
    let with = StoreOptions {
        create: false,
        state_engine: options.state_engine,
        ..StoreOptions::new(std::process::id())
    };
    EmbeddedBackend::adopt(&store, &with, tell)?;
    if manifest.base.is_none() {
        drop(fs::remove_dir_all(restoring.checkpoints()));
    }
    let erased = restoring.erase(&registers, position)?;

    let fail = || BackupError::io("creating", to);
    if found {
        // Everything in it is in the new one's register by now.
        drop(fs::remove_file(to.join(ERASED)));
        fs::remove_dir(to).map_err(fail())?;
    }
    fs::rename(&store, to).map_err(fail())?;
    sync_folder(parent_of(to)).map_err(fail())?;
    Ok(Restored {
        position,
        of: manifest.position(),
        erased,
    })
}

/// The registers of erased records that are to be heeded.
fn registers(
    disk: &Arc<dyn Disk>,
    to: &Path,
    options: &RestoreOptions,
) -> Result<Vec<Register>, BackupError> {
    if let Some(path) = options.erased.as_ref().filter(|path| !path.exists()) {
        let missing = io::Error::from(io::ErrorKind::NotFound);
        return Err(BackupError::io("opening", path)(missing));
    }
    let found = [options.erased.clone(), Some(to.join(ERASED))];
    let read = |path: PathBuf| Ok(Register::read(Arc::clone(disk), &path)?);
    found.into_iter().flatten().map(read).collect()
}

fn manifest_of(disk: &dyn Disk, from: &Path) -> Result<Manifest, BackupError> {
    let dir = || from.to_owned();
    match Manifest::read(disk, from)? {
        Some(manifest) => Ok(manifest),
        None if from.join(MARK).exists() => Err(BackupError::Unfinished { dir: dir() }),
        None => Err(BackupError::Missing { dir: dir() }),
    }
}

/// Whether there is a folder, with nothing in it but a register of erased records; an error if there is more in it.
fn is_free(to: &Path) -> Result<bool, BackupError> {
    match fs::read_dir(to) {
        Ok(mut entries) => {
            let other = |name: &OsString| name.to_str() != Some(ERASED);
            let more = |entry: io::Result<fs::DirEntry>| {
                entry.map_or(true, |entry| other(&entry.file_name()))
            };
            match entries.any(more) {
                false => Ok(true),
                true => Err(BackupError::Taken { dir: to.to_owned() }),
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(BackupError::io("opening", to)(error)),
    }
}

fn parent_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// The folder beside, removed when it is let go.
struct Beside(PathBuf);

impl Beside {
    fn make(to: &Path) -> Result<Self, BackupError> {
        let mut name = to
            .file_name()
            .map_or_else(|| OsString::from("store"), OsString::from);
        name.push(BESIDE);
        let path = parent_of(to).join(name);
        let fail = || BackupError::io("creating", &path);
        if path.join(RESTORING).exists() {
            // What a killed restore left.
            fs::remove_dir_all(&path).map_err(BackupError::io("removing", &path))?;
        }
        fs::create_dir_all(parent_of(to)).map_err(fail())?;
        fs::create_dir(&path).map_err(fail())?;
        let beside = Beside(path.clone());
        fs::write(path.join(RESTORING), "").map_err(fail())?;
        Ok(beside)
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // The mark goes last, so that what cannot be removed now is known later.
        drop(fs::remove_dir_all(self.0.join(STORE)));
        drop(fs::remove_dir_all(&self.0));
    }
}

struct Restoring<'a> {
    disk: Arc<dyn Disk>,
    from: &'a Path,
    store: &'a Path,
    manifest: &'a Manifest,
}

impl Restoring<'_> {
    fn journal(&self) -> PathBuf {
        self.store.join("journal")
    }

    fn checkpoints(&self) -> PathBuf {
        self.store.join("checkpoints")
    }

    fn copy_files(&self, tell: &mut dyn FnMut(Progress)) -> Result<(), BackupError> {
        let (journal, checkpoints) = (self.journal(), self.checkpoints());
        for folder in [&journal, &checkpoints] {
            fs::create_dir_all(folder).map_err(BackupError::io("creating", folder))?;
        }
        let total = self.manifest.bytes();
        let mut done = 0;
        let mut count = |bytes| {
            done += bytes;
            tell(Progress::new(done, total, "bytes restored"));
        };
        let base = self.manifest.base.iter().map(|base| &base.checkpoint);
        for checkpoint in base.chain([&self.manifest.checkpoint]) {
            self.copy_file(checkpoint, &checkpoints, &mut count)?;
        }
        for segment in &self.manifest.journal {
            self.copy_file(segment, &journal, &mut count)?;
        }
        [&journal, self.store].into_iter().try_for_each(|folder| {
            self.disk
                .sync_folder(folder)
                .map_err(BackupError::io("syncing", folder))
        })
    }

    /// Copies a file of the backup, if it is what the manifest says.
    fn copy_file(
        &self,
        stored: &Stored,
        folder: &Path,
        tell: &mut dyn FnMut(u64),
    ) -> Result<(), BackupError> {
        let (path, to) = (stored.path(self.from), folder.join(&stored.name));
        if !path.exists() {
            return Err(BackupError::damaged(&path, "it is missing"));
        }
        let found = copy(self.disk.as_ref(), (&path, None), &to, &stored.name, tell)?;
        if found.length != stored.length {
            let what = format!("it has {} bytes and not {}", found.length, stored.length);
            return Err(BackupError::damaged(&path, what));
        }
        if found != *stored {
            let what = "its bytes are not those that were written";
            return Err(BackupError::damaged(&path, what));
        }
        Ok(())
    }

    /// Ends the copied journal where it was asked for, and says where that is.
    fn cut_journal(&self, until: Option<Until>) -> Result<Position, BackupError> {
        let folder = self.journal();
        let disk = Arc::clone(&self.disk);
        let base = self.manifest.base.as_ref().and_then(Base::place);
        let with = OpenWith {
            base,
            ..OpenWith::existing(disk)
        };
        let journal = Journal::open(&folder, with)?;
        let head = self.manifest.position();
        // A compressed segment is copied whole: it may hold more than belongs to the backup.
        if journal.head() < head {
            let what = format!("its journal ends at position {}", journal.head());
            return Err(BackupError::damaged(self.from, what));
        }
        let last = match until {
            None => head,
            Some(Until::Position(position)) => position,
            Some(Until::Instant(instant)) => self.last_until(&journal, instant)?,
        };
        if last > head {
            return Err(self.too_late());
        }
        let from = self.manifest.base.as_ref().map_or(0, |base| base.from);
        if last < head && (last == Position::START || last.get() < from) {
            return Err(too_early(&journal, Position::from_number(from))?);
        }
        if last < journal.head() {
            journal.cut(last)?;
        }
        Ok(last)
    }

    /// The last commit before the first that is later than an instant.
    fn last_until(
        &self,
        journal: &Journal,
        instant: DateTime<Utc>,
    ) -> Result<Position, BackupError> {
        let made = DateTime::parse_from_rfc3339(&self.manifest.made);
        if made.is_ok_and(|made| instant > made) {
            return Err(self.too_late());
        }
        let micros = instant.timestamp_micros();
        let mut last = journal.base();
        journal.visit(last, journal.head(), |entry| {
            if entry.time > micros {
                return ControlFlow::Break(());
            }
            last = entry.position;
            ControlFlow::Continue(())
        })?;
        Ok(last)
    }

    /// Notes in the new store where a trimmed journal goes on from, and leaves it no checkpoint of later than its end.
    fn settle_base(&self, position: Position) -> Result<(), BackupError> {
        let Some(base) = self.manifest.base.as_ref() else {
            return Ok(());
        };
        let place = base.place();
        let place = place.ok_or_else(|| BackupError::damaged(self.from, "its base has no hash"))?;
        if position < self.manifest.position() {
            let later = self.checkpoints().join(&self.manifest.checkpoint.name);
            fs::remove_file(&later).map_err(BackupError::io("removing", &later))?;
        }
        Ok(EmbeddedBackend::note_trimmed(
            self.disk.as_ref(),
            self.store,
            place,
        )?)
    }

    /// Erases from the new store who was erased elsewhere. Nobody judges it: that was done where it was asked for.
    fn erase(&self, registers: &[Register], position: Position) -> Result<u64, BackupError> {
        let mut all = Register::read(Arc::clone(&self.disk), &self.store.join(ERASED))?;
        for register in registers.iter().filter(|register| register.len() > 0) {
            all.take_up(register)?;
        }
        // Who was erased after that point, and is in the backup no longer, is still counted there.
        let is_past = position < self.manifest.position();
        if all.len() > 0 || is_past {
            let engine = Engine::builder(self.store)
                .create(false)
                .unjudged()
                .open()?;
            if is_past {
                erase::settle_past(&engine)?;
            }
            engine.close()?;
        }
        Ok(all.len() as u64)
    }

    fn too_late(&self) -> BackupError {
        BackupError::TooLate {
            last: self.manifest.position(),
            made: self.manifest.made.clone(),
        }
    }
}

/// The first point that there is: the first commit, or that of the checkpoint `from`.
fn too_early(journal: &Journal, from: Position) -> Result<BackupError, BackupError> {
    let mut first = (Position::START, 0);
    let before = Position::from_number(from.get().saturating_sub(1));
    journal.visit(before.max(journal.base()), journal.head(), |entry| {
        first = (entry.position, entry.time);
        ControlFlow::Break(())
    })?;
    let time = DateTime::from_timestamp_micros(first.1).unwrap_or_default();
    Ok(BackupError::TooEarly {
        first: first.0,
        time: written(time),
    })
}
