//! Is this directory a store, may we have it, and how does it become one?
//!
//! ```text
//! LOCK          held while the store is open; says which process holds it
//! FORMAT        magic, version, engine of the state; written last: without it a creation was not
//!               finished; a rebuild writes a lost one anew
//! REBUILD       the state failed: at the next open it is set aside and folded anew
//! journal/      the truth
//! state/        folded from the journal
//! state.new/    a state that is being built
//! state.failed-N  a state that was set aside
//! state.old/    the state before a new one took its place
//! checkpoints/  states of earlier positions, from which a lost one is built sooner
//! TRIMMED       the position up to which the journal was trimmed, and the hash of the entry there
//! content/      the files that records name; the room `content` sees to them
//! ERASED        who was erased: ids and no data. A backup does not copy it
//! scratch/      for sorting; of no use after the process
//! ```

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::journal::{Disk, Position, RealDisk, format_of, sync_folder};
use crate::store::{StoreError, kept};

use super::open::remove;
use super::options::StateEngine;

const MAGIC: &str = "peyvand store";
const VERSION: u32 = 2;

const LOCK: &str = "LOCK";
const FORMAT: &str = "FORMAT";
const FORMAT_UNFINISHED: &str = "FORMAT.new";
const REBUILD: &str = "REBUILD";
const JOURNAL: &str = "journal";
/// The files that records name.
const CONTENT: &str = "content";
const STATE: &str = "state";
/// By this file a state that lies in redb is known.
const REDB_FILE: &str = "pages.redb";
/// Where work that does not fit into memory puts its files.
pub(super) const SCRATCH: &str = "scratch";
const STATE_NEW: &str = "state.new";
const STATE_OLD: &str = "state.old";
const STATE_ASIDE: &str = "state.failed-";
const TRIMMED: &str = "TRIMMED";
/// The register of erased records.
pub(crate) const ERASED: &str = "ERASED";
const ERASED_NEW: &str = "ERASED.new";

/// The directory of a store, locked.
pub(super) struct Folder {
    dir: PathBuf,
    /// Unlocked by the system when it is closed, also by a crash.
    _lock: File,
    /// Whether there is no finished store in the directory yet.
    pub(super) fresh: bool,
    /// Which engine holds the state, when that was decided.
    pub(super) engine: Option<StateEngine>,
    version: u32,
}

/// A position and the hash of the entry there.
type Base = (Position, [u8; 32]);

/// What is done with a directory that has no readable `FORMAT` file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unmarked {
    Refuse,
    /// It becomes a store, unless something is stored in it.
    Create,
    /// Its journal says that it is one.
    Rebuild,
}

/// What a `FORMAT` file says.
struct Format {
    version: u32,
    engine: StateEngine,
}

impl Folder {
    /// Locks the directory of a store, or one that can become a store.
    pub(super) fn open(dir: &Path, unmarked: Unmarked, pid: u32) -> Result<Self, StoreError> {
        let create = unmarked == Unmarked::Create;
        let format = || match format(dir) {
            Err(StoreError::FormatMissing { .. }) if unmarked == Unmarked::Rebuild => Ok(None),
            found => found,
        };
        match fs::metadata(dir) {
            Ok(found) if !found.is_dir() => {
                let path = dir.to_path_buf();
                return Err(StoreError::NotADirectory { path });
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound && create => make(dir)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(missing(dir)),
            Err(error) => return Err(StoreError::io("opening", dir, error)),
        }
        if format()?.is_none() {
            // Looked at before the lock, so as to leave nothing behind in somebody's folder.
            refuse_strangers(dir)?;
            let is_lost = unmarked == Unmarked::Rebuild && dir.join(JOURNAL).is_dir();
            if !create && !is_lost {
                return Err(unfinished(dir));
            }
        }
        let lock = lock(dir, pid)?;
        // Asked again: another process may have finished it before we had the lock.
        let format = format()?;
        let engine = match &format {
            Some(format) => Some(format.engine),
            None => (!create).then(|| StateEngine::found_in(&dir.join(STATE))),
        };
        let folder = Folder {
            dir: dir.to_path_buf(),
            _lock: lock,
            fresh: format.is_none() && create,
            engine,
            version: format.map_or(0, |format| format.version),
        };
        for path in [folder.journal(), folder.state()] {
            if path.exists() && !path.is_dir() {
                return Err(StoreError::NotADirectory { path });
            }
        }
        // A change of formats may have been broken off between two names of it.
        if folder.version == VERSION && !folder.journal().exists() {
            return Err(StoreError::JournalMissing {
                dir: dir.to_path_buf(),
            });
        }
        Ok(folder)
    }

    /// Writes the `FORMAT` of a store anew that has lost it: what lies in the directory says what it said. Where it is
    /// not lost, nothing is done.
    pub(super) fn renew_format(dir: &Path, pid: u32) -> Result<(), StoreError> {
        match format(dir) {
            Ok(None) if dir.join(JOURNAL).is_dir() => {}
            Err(StoreError::FormatMissing { .. }) => {}
            _ => return Ok(()),
        }
        let Some(version) = format_of(&RealDisk, &dir.join(JOURNAL))? else {
            return Ok(());
        };
        refuse_strangers(dir)?;
        let _lock = lock(dir, pid)?;
        let redb = dir.join(STATE).join(REDB_FILE).exists();
        let engine = if redb {
            StateEngine::Redb
        } else {
            StateEngine::Sled
        };
        // Journals and stores have changed their format together.
        write_format(dir, version, engine)
    }

    pub(super) fn journal(&self) -> PathBuf {
        self.dir.join(JOURNAL)
    }

    pub(super) fn state(&self) -> PathBuf {
        self.dir.join(STATE)
    }

    pub(super) fn scratch(&self) -> PathBuf {
        self.dir.join(SCRATCH)
    }

    pub(super) fn checkpoints(&self) -> PathBuf {
        self.dir.join(kept::FOLDER)
    }

    pub(super) fn new_state(&self) -> PathBuf {
        self.dir.join(STATE_NEW)
    }

    /// Whether the journal is of a format that is not read any more but once.
    pub(super) fn is_of_first_format(&self) -> bool {
        self.version == 1
    }

    /// Whether the state is to be made first: the store is new, or the pages of its state are older
    /// than what this version reads. The journal has everything.
    pub(super) fn unfinished(&self) -> bool {
        self.version < VERSION
    }

    /// Says that the directory is a store, once everything else in it is durable.
    pub(super) fn finish(&mut self, engine: StateEngine) -> Result<(), StoreError> {
        write_format(&self.dir, VERSION, engine)?;
        self.fresh = false;
        self.version = VERSION;
        Ok(())
    }

    pub(super) fn format_missing(&self) -> StoreError {
        StoreError::FormatMissing {
            dir: self.dir.clone(),
        }
    }

    /// Removes what an unfinished creation left of the state.
    pub(super) fn clear_state(&self) -> Result<(), StoreError> {
        remove(&self.new_state())?;
        remove(&self.state())
    }

    /// Puts the new state in the place of the old one, which is then removed. After a crash one of
    /// the two is there, once [`settle_swap`](Self::settle_swap) was called.
    pub(super) fn swap_state(&self) -> Result<(), StoreError> {
        let (state, new, old) = (self.state(), self.new_state(), self.dir.join(STATE_OLD));
        remove(&old)?;
        let rename = |from: &Path, to: &Path| {
            let renamed = fs::rename(from, to).and_then(|()| sync_folder(&self.dir));
            renamed.map_err(|error| StoreError::io("renaming", from, error))
        };
        rename(&state, &old)?;
        rename(&new, &state)?;
        remove(&old)
    }

    /// Ends a change of states that a crash broke off. One that was not finished is of no use, and takes room.
    pub(super) fn settle_swap(&self) -> Result<(), StoreError> {
        let (state, old) = (self.state(), self.dir.join(STATE_OLD));
        if old.exists() && !state.exists() {
            fs::rename(&old, &state).map_err(|error| StoreError::io("renaming", &old, error))?;
        }
        remove(&old)?;
        remove(&self.new_state())
    }

    /// Removes the states that were set aside.
    pub(super) fn remove_set_aside(&self) -> Result<(), StoreError> {
        for name in names(&self.dir)? {
            if name.starts_with(STATE_ASIDE) {
                remove(&self.dir.join(name))?;
            }
        }
        sync_folder(&self.dir).map_err(|error| StoreError::io("syncing", &self.dir, error))
    }

    /// The position up to which the journal was trimmed, and the hash of the entry there.
    pub(super) fn trimmed(&self, disk: &dyn Disk) -> Result<Option<Base>, StoreError> {
        let path = self.dir.join(TRIMMED);
        let text = match disk.read_whole(&path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::io("reading", &path, error)),
        };
        let base = || {
            let (position, hash) = text.trim().split_once(' ')?;
            let position = Position::from_number(position.parse().ok()?);
            Some((position, blake3::Hash::from_hex(hash).ok()?.into()))
        };
        base().map(Some).ok_or_else(|| StoreError::Damaged {
            segment: TRIMMED.to_owned(),
            offset: 0,
            what: "it does not say from where the journal goes on".to_owned(),
        })
    }

    /// Notes, durably, that the journal may go on from here.
    pub(super) fn note_trimmed(disk: &dyn Disk, dir: &Path, base: Base) -> Result<(), StoreError> {
        let path = dir.join(TRIMMED);
        let text = format!("{} {}\n", base.0, blake3::Hash::from_bytes(base.1).to_hex());
        disk.replace_whole(&path, text.as_bytes())
            .map_err(|error| StoreError::io("writing", &path, error))
    }

    /// Notes that the state must not be used again. As the state can fail for any reason, so can
    /// this; it is then found out again.
    pub(super) fn ask_for_rebuild(dir: &Path, why: &str) {
        let noted = fs::write(dir.join(REBUILD), why).and_then(|()| sync_folder(dir));
        drop(noted);
    }

    pub(super) fn rebuild_asked_for(&self) -> bool {
        self.dir.join(REBUILD).exists()
    }

    /// Renames a state that failed, so that it can be looked at, and returns its new place.
    pub(super) fn set_state_aside(&self) -> Result<PathBuf, StoreError> {
        let state = self.state();
        let mut number = 1_u32;
        let mut aside = self.dir.join(format!("{STATE_ASIDE}{number}"));
        while aside.exists() {
            number += 1;
            aside = self.dir.join(format!("{STATE_ASIDE}{number}"));
        }
        let fail = |error| StoreError::io("setting aside", &state, error);
        if state.exists() {
            fs::rename(&state, &aside).map_err(fail)?;
        }
        match fs::remove_file(self.dir.join(REBUILD)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(fail(error)),
            _ => {}
        }
        sync_folder(&self.dir).map_err(fail)?;
        Ok(aside)
    }
}

fn missing(dir: &Path) -> StoreError {
    StoreError::Missing {
        dir: dir.to_path_buf(),
    }
}

/// What is wrong with a directory of ours without a `FORMAT`.
fn unfinished(dir: &Path) -> StoreError {
    if !dir.join(JOURNAL).exists() {
        return missing(dir);
    }
    StoreError::FormatMissing {
        dir: dir.to_path_buf(),
    }
}

fn make(dir: &Path) -> Result<(), StoreError> {
    let new = dir.ancestors().take_while(|folder| !is_there(folder));
    let mut new: Vec<&Path> = new.collect();
    new.reverse();
    let make = |folder: &Path| {
        fs::create_dir(folder).or_else(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Ok(()),
            _ => Err(error),
        })?;
        match folder.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => sync_folder(parent),
            _ => sync_folder(Path::new(".")),
        }
    };
    let made = new.into_iter().try_for_each(make);
    made.map_err(|error| StoreError::io("creating", dir, error))
}

/// Whether there is something at a path; nothing stands for the current folder.
fn is_there(path: &Path) -> bool {
    path.as_os_str().is_empty() || path.exists()
}

fn names(dir: &Path) -> Result<Vec<String>, StoreError> {
    fs::read_dir(dir)
        .and_then(|entries| {
            entries
                .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
                .collect()
        })
        .map_err(|error| StoreError::io("listing", dir, error))
}

/// What the directory says of itself, if it says that it is a store of a format that we can read.
fn format(dir: &Path) -> Result<Option<Format>, StoreError> {
    let path = dir.join(FORMAT);
    let text = match fs::read(&path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StoreError::io("reading", &path, error)),
    };
    let mut lines = text.lines();
    let version = lines
        .next()
        .filter(|magic| *magic == MAGIC)
        .and_then(|_| lines.next()?.parse::<u32>().ok());
    // A store of the first format names no engine: there was only one.
    let engine = StateEngine::named(lines.next().unwrap_or(StateEngine::Sled.name()));
    match (version, engine) {
        (Some(found), _) if found > VERSION => Err(StoreError::NewerFormat {
            what: path.display().to_string(),
            found,
            supported: VERSION,
        }),
        (Some(version), Some(engine)) => Ok(Some(Format { version, engine })),
        _ if dir.join(JOURNAL).exists() => Err(StoreError::FormatMissing {
            dir: dir.to_path_buf(),
        }),
        _ => Err(StoreError::NotAStore {
            dir: dir.to_path_buf(),
            found: FORMAT.to_owned(),
        }),
    }
}

fn write_format(dir: &Path, version: u32, engine: StateEngine) -> Result<(), StoreError> {
    let mut text = format!("{MAGIC}\n{version}\n");
    // The first format named no engine.
    if version > 1 {
        text += &format!("{}\n", engine.name());
    }
    let unfinished = dir.join(FORMAT_UNFINISHED);
    let write = || -> io::Result<()> {
        let mut file = File::create(&unfinished)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&unfinished, dir.join(FORMAT))?;
        sync_folder(dir)
    };
    write().map_err(|error| StoreError::io("writing", &unfinished, error))
}

fn refuse_strangers(dir: &Path) -> Result<(), StoreError> {
    let ours = [
        LOCK,
        FORMAT,
        FORMAT_UNFINISHED,
        REBUILD,
        JOURNAL,
        STATE,
        STATE_NEW,
        STATE_OLD,
        TRIMMED,
        ERASED,
        ERASED_NEW,
        kept::FOLDER,
        CONTENT,
        SCRATCH,
    ];
    let mut strangers = names(dir)?;
    strangers.retain(|name| !ours.contains(&name.as_str()) && !name.starts_with(STATE_ASIDE));
    match StoreError::strangers(strangers) {
        None => Ok(()),
        Some(found) => Err(StoreError::NotAStore {
            dir: dir.to_path_buf(),
            found,
        }),
    }
}

fn lock(dir: &Path, pid: u32) -> Result<File, StoreError> {
    let path = dir.join(LOCK);
    let fail = |action| {
        let path = path.clone();
        move |error| StoreError::io(action, &path, error)
    };
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(fail("opening"))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            // Its holder may not have written its number yet, and some systems do not let us read.
            let mut text = String::new();
            let pid = file.read_to_string(&mut text).ok();
            return Err(StoreError::Locked {
                dir: dir.to_path_buf(),
                pid: pid.and_then(|_| text.trim().parse().ok()),
            });
        }
        Err(TryLockError::Error(error)) => return Err(fail("locking")(error)),
    }
    let write = |file: &mut File| {
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(format!("{pid}\n").as_bytes())
    };
    write(&mut file).map_err(fail("writing"))?;
    Ok(file)
}
