//! How does a backup become a store again, whole or as of an earlier point?
//!
//! Everything is made in a folder beside and gets its name in the end, so that a restore that fails
//! leaves nothing that could be taken for a store. Where the folder to restore into is there, which
//! may be another disk, a way to another place or where the process stands, it is made in it, and
//! moved up. Every byte is checked against the manifest while it is copied.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::content::{self, Contents};
use super::copy::{copy, read};
use super::error::BackupError;
use super::folder::{self, parent_of};
use super::manifest::{Base, Manifest, Stored, written};
use crate::engine::Engine;
use crate::erase::{self, Register};
use crate::error::Result;
use crate::journal::{Disk, Journal, OpenWith, Position, RealDisk, sync_folder};
use crate::past::Moment;
use crate::store::{ERASED, EmbeddedBackend, Progress, StateEngine, StoreOptions};

/// Where a restore builds, beside the folder that it is for.
const BESIDE: &str = ".restoring";
/// Where it builds in a folder that is there.
const WITHIN: &str = "restoring";
/// These are moved up last: from the one on, who was erased is known; from the other on, it is a store.
const LAST: [&str; 2] = [ERASED, "FORMAT"];
/// Says that a folder beside is ours.
const RESTORING: &str = "RESTORING";
const STORE: &str = "store";

/// How a backup is restored.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct RestoreOptions {
    /// Up to where; all of it by default. Up to an instant means up to the first commit of a later one.
    pub until: Option<Moment>,
    /// The engine of the new store's state; a backup fits any.
    pub state_engine: StateEngine,
    /// A register of erased records, such as the file `ERASED` of the store that was backed up.
    pub erased: Option<PathBuf>,
}

impl RestoreOptions {
    /// Restores up to a point in the past.
    #[must_use]
    pub fn until(mut self, until: impl Into<Moment>) -> Self {
        self.until = Some(until.into());
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
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Restored {
    /// Its last commit.
    pub position: Position,
    /// The last commit of the backup.
    pub of: Position,
    /// How many records the registers of erased ones name; none of them is in the store.
    pub erased: u64,
    /// Files of records that are not in it because they were not in the backup either, in words.
    pub problems: Vec<String>,
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
    let manifest = Manifest::of_backup(disk.as_ref(), from)?;
    let found = is_free(to)?;
    folder::refuse_inside(to, from)?;
    let registers = registers(&disk, to, options)?;
    let beside = Beside::make(disk.as_ref(), to, found)?;
    let store = beside.path.join(STORE);
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
    hand_over(&store, to, found).map_err(BackupError::io("creating", to))?;
    Ok(Restored {
        position,
        of: manifest.position(),
        erased,
        problems: manifest.problems(),
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

/// Gives the finished store its place: all at once, or piece by piece where there is a folder.
fn hand_over(store: &Path, to: &Path, found: bool) -> io::Result<()> {
    if !found {
        fs::rename(store, to)?;
        return sync_folder(parent_of(to));
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(store)? {
        names.push(entry?.file_name());
    }
    names.sort_by_key(|name| LAST.iter().position(|last| name == last));
    let mut moved: Vec<&OsString> = Vec::new();
    for name in &names {
        let last = LAST.iter().any(|last| name == last);
        let renamed = if last { sync_folder(to) } else { Ok(()) };
        if let Err(error) = renamed.and_then(|()| fs::rename(store.join(name), to.join(name))) {
            for name in moved {
                drop(fs::rename(to.join(name), store.join(name)));
            }
            return Err(error);
        }
        // The new register holds everything that the old one did.
        if name != ERASED {
            moved.push(name);
        }
    }
    sync_folder(to)
}

/// Whether there is a folder, with nothing in it but a register of erased records and what a killed restore left; an
/// error if there is more in it.
fn is_free(to: &Path) -> Result<bool, BackupError> {
    if !to.exists() && to.is_symlink() {
        let path = to.to_owned();
        return Err(BackupError::InTheWay { path });
    }
    let free = |name: &String| [ERASED, WITHIN].contains(&name.as_str());
    match folder::names(to)?.iter().all(free) {
        true => Ok(to.exists()),
        false => Err(BackupError::Taken { dir: to.to_owned() }),
    }
}

/// The folder that a restore works in, locked, and removed when it is let go.
struct Beside {
    path: PathBuf,
    _lock: File,
}

impl Beside {
    fn make(disk: &dyn Disk, to: &Path, found: bool) -> Result<Self, BackupError> {
        let path = if found {
            to.join(WITHIN)
        } else {
            let mut name = to.file_name().unwrap_or_default().to_owned();
            name.push(BESIDE);
            folder::make(disk, parent_of(to))?;
            parent_of(to).join(name)
        };
        match fs::create_dir(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => made.map_err(BackupError::io("creating", &path))?,
        }
        let mark = path.join(RESTORING);
        if !mark.exists() && !folder::names(&path)?.is_empty() {
            return Err(BackupError::InTheWay { path });
        }
        let busy = || BackupError::Restoring { dir: to.to_owned() };
        let lock = folder::lock(&mark, busy)?;
        if !mark.exists() {
            // Who held it has just removed it.
            return Err(busy());
        }
        let beside = Beside { path, _lock: lock };
        match fs::remove_dir_all(beside.path.join(STORE)) {
            // What a killed restore left.
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(BackupError::io("removing", &beside.path)(error))
            }
            _ => Ok(beside),
        }
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // The mark goes last, so that what cannot be removed now is known later.
        drop(fs::remove_dir_all(self.path.join(STORE)));
        drop(fs::remove_dir_all(&self.path));
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

    /// Copies the journal, and what it goes on from if it was trimmed. A whole one needs no checkpoint: the state is
    /// folded from it, with its history.
    fn copy_files(&self, tell: &mut dyn FnMut(Progress)) -> Result<(), BackupError> {
        let (journal, checkpoints) = (self.journal(), self.checkpoints());
        let base = self.manifest.base.as_ref();
        let kept = base.map(|base| [&base.checkpoint, &self.manifest.checkpoint]);
        let kept: Vec<&Stored> = kept.into_iter().flatten().collect();
        fs::create_dir_all(&journal).map_err(BackupError::io("creating", &journal))?;
        if !kept.is_empty() {
            fs::create_dir(&checkpoints).map_err(BackupError::io("creating", &checkpoints))?;
        }
        let needed = self.manifest.journal.iter().chain(kept.iter().copied());
        let contents = self.manifest.content.as_ref();
        let listed = contents.map(|contents| (contents.list.length, contents.bytes));
        let own: u64 = needed.map(|stored| stored.length).sum();
        let (mut done, total) = (0, own + listed.map_or(0, |(list, bytes)| list + bytes));
        let mut count = |bytes| {
            done += bytes;
            tell(Progress::new(done, total, "bytes restored"));
        };
        for checkpoint in kept {
            self.copy_file(checkpoint, &checkpoints, &mut count)?;
        }
        for segment in &self.manifest.journal {
            self.copy_file(segment, &journal, &mut count)?;
        }
        if let Some(contents) = contents {
            self.copy_content(contents, &mut count)?;
        }
        [&journal, self.store].into_iter().try_for_each(|folder| {
            self.disk
                .sync_folder(folder)
                .map_err(BackupError::io("syncing", folder))
        })
    }

    /// Copies the files that records name, if their list is what the manifest says.
    fn copy_content(
        &self,
        contents: &Contents,
        tell: &mut dyn FnMut(u64),
    ) -> Result<(), BackupError> {
        let (disk, path) = (self.disk.as_ref(), contents.list.path(self.from));
        contents.list.must_be(&path, || {
            read(disk, &path, &contents.list.name, None, |_, bytes| {
                tell(bytes.len() as u64);
                Ok(())
            })
        })?;
        content::restore(disk, self.from, self.store, contents, tell)
    }

    /// Copies a file of the backup, if it is what the manifest says.
    fn copy_file(
        &self,
        stored: &Stored,
        folder: &Path,
        tell: &mut dyn FnMut(u64),
    ) -> Result<(), BackupError> {
        let (path, to) = (stored.path(self.from), folder.join(&stored.name));
        stored.must_be(&path, || {
            copy(self.disk.as_ref(), (&path, None), &to, &stored.name, tell)
        })
    }

    /// Ends the copied journal where it was asked for, and says where that is.
    fn cut_journal(&self, until: Option<Moment>) -> Result<Position, BackupError> {
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
            Some(Moment::Position(position)) => position,
            Some(Moment::Instant(instant)) => self.last_until(&journal, instant)?,
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
