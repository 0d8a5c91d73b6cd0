//! How does a store come to life, after a clean close as after a crash?

use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, OnceLock, RwLock};

use crate::journal::{Disk, Journal, OpenWith, Position, RealDisk, sync_folder};
use crate::store::locks::{lock, read};
use crate::store::overlay::Overlay;
use crate::store::pins::Pins;
use crate::store::queue::Queue;
use crate::store::runs::Scratch;
use crate::store::{Backend, Progress, StoreError, kept, rebuild};

use super::apart::Apart;
use super::build::build_state;
use super::fold::kept_from;
use super::folder::{Folder, Unmarked};
use super::layers::Layers;
use super::options::{StateEngine, StoreOptions};
use super::pages::Pages;
use super::tree::{Tree, failed};
use super::upgrade;
use super::{EmbeddedBackend, Store};

/// How often a rebuild tells how far it is.
const TOLD_EVERY: u64 = 65_536;

impl EmbeddedBackend {
    /// Opens the store in `dir`.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn open(dir: &Path, options: &StoreOptions) -> Result<Self, StoreError> {
        Self::open_on(dir, options, Arc::new(RealDisk), &mut |_| {})
    }

    /// Opens the store in `dir` with its journal on `disk`, and tells how far a rebuild is.
    pub(crate) fn open_on(
        dir: &Path,
        options: &StoreOptions,
        disk: Arc<dyn Disk>,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Self, StoreError> {
        let mut folder = Folder::open(dir, unmarked(options), options.pid)?;
        let scratch = Scratch::new(Arc::clone(&disk), folder.scratch());
        scratch.clear()?;
        folder.settle_swap()?;
        kept::tidy(disk.as_ref(), &folder.checkpoints())?;
        upgrade::bring_up_to_date(&folder, &disk, options)?;
        let base = folder.trimmed(disk.as_ref())?;
        let with = OpenWith {
            create: folder.fresh,
            durability: options.durability,
            disk,
            salt_key: options.salt_key,
            base,
            copied: false,
        };
        let journal = Journal::open(&folder.journal(), with)?;
        let base = base.map_or(Position::START, |(position, _)| position);
        journal.trim(base.next())?;
        if folder.fresh && journal.head() > Position::START {
            return Err(folder.format_missing());
        }
        if folder.unfinished() {
            folder.clear_state()?;
        }
        let engine = *folder.engine.get_or_insert(options.state_engine);
        let mut build = |folder: &Folder| build(folder, &journal, options, &scratch, tell);
        let opened = open_state(&folder, &journal, options, &mut build)?;
        if folder.unfinished() {
            folder.finish(engine)?;
            upgrade::clean_up(&folder)?;
        }
        let mut store = Store::on(dir, options, (folder, journal), opened, base)?;
        match store.replay() {
            // Once: what was just built does not get better by doing it again.
            Err(StoreError::StateFailed { .. }) if store.set_aside.is_none() => {
                store = store.on_another_state(options, &scratch, tell, base)?;
                store.replay()?;
            }
            replayed => replayed?,
        }
        store.lend_idle();
        Ok(EmbeddedBackend {
            store: Arc::new(store),
        })
    }

    /// Makes a store of a directory that holds the journal of another one.
    pub(crate) fn adopt(
        dir: &Path,
        options: &StoreOptions,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<(), StoreError> {
        Folder::open(dir, Unmarked::Create, options.pid)?.finish(options.state_engine)?;
        Self::open_on(dir, options, Arc::new(RealDisk), tell)?.close()
    }

    /// Says of a store that is being made that its journal goes on from here.
    pub(crate) fn note_trimmed(
        disk: &dyn Disk,
        dir: &Path,
        base: (Position, [u8; 32]),
    ) -> Result<(), StoreError> {
        Folder::note_trimmed(disk, dir, base)
    }

    /// Builds the state of the store in `dir` anew and returns the position that it has.
    pub(crate) fn rebuild(
        dir: &Path,
        pid: u32,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Position, StoreError> {
        Folder::renew_format(dir, pid)?;
        let options = StoreOptions {
            create: false,
            rebuild: true,
            ..StoreOptions::new(pid)
        };
        let store = Self::open_on(dir, &options, Arc::new(RealDisk), tell)?;
        let head = store.head();
        store.close()?;
        if let Some(aside) = store.set_aside() {
            remove(aside)?;
        }
        Ok(head)
    }
}

impl Store {
    fn on(
        dir: &Path,
        options: &StoreOptions,
        (folder, journal): (Folder, Journal),
        (pages, set_aside): Opened,
        base: Position,
    ) -> Result<Self, StoreError> {
        let (folded, oldest) = (pages.folded()?, pages.oldest()?.max(base));
        // A fold that was broken off has left in pages what is newer than where it began.
        let reach = journal.head();
        Ok(Store {
            dir: dir.to_path_buf(),
            durability: options.durability,
            overlay_limit: options.overlay_limit_bytes,
            keep_history: options.keep_history,
            background: options.background,
            journal,
            layers: RwLock::new(Layers {
                overlay: Overlay::default(),
                folding: None,
                pages: Some(pages),
                folded,
                reach,
                oldest,
            }),
            head: AtomicU64::new(folded.get()),
            pins: Pins::default(),
            queue: Queue::new(),
            committing: Mutex::new(()),
            publishing: Mutex::new(()),
            folding: Mutex::new(()),
            tending: Mutex::new(()),
            stopped: AtomicBool::new(false),
            poison: OnceLock::new(),
            folder: Mutex::new(Some(folder)),
            set_aside,
        })
    }

    /// The same store, when its state failed before anybody saw it.
    fn on_another_state(
        self,
        options: &StoreOptions,
        scratch: &Scratch,
        tell: &mut dyn FnMut(Progress),
        base: Position,
    ) -> Result<Self, StoreError> {
        drop(self.let_go());
        let folder = lock(&self.folder).take().ok_or(StoreError::Closed)?;
        let Store { dir, journal, .. } = self;
        let mut build = |folder: &Folder| build(folder, &journal, options, scratch, tell);
        let opened = replace_state(&folder, &journal, options, &mut build)?;
        Store::on(&dir, options, (folder, journal), opened, base)
    }

    /// Makes visible what was committed after the state was folded.
    fn replay(&self) -> Result<(), StoreError> {
        let (folded, head) = (read(&self.layers).folded, self.journal.head());
        if folded > head {
            return Err(StoreError::Damaged {
                segment: "(last)".to_owned(),
                offset: 0,
                what: format!("it ends at position {head}, the state was folded up to {folded}"),
            });
        }
        let mut failed = Ok(());
        self.journal.visit(folded, head, |entry| {
            self.publish(vec![entry]);
            // A state that is built anew from a long journal must not take all its memory.
            if read(&self.layers).overlay.bytes() > self.overlay_limit {
                let _folding = lock(&self.folding);
                failed = self.fold_all();
            }
            match failed {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        })?;
        failed
    }
}

/// A state, and where the one before it was put if it failed.
type Opened = (Pages, Option<PathBuf>);

/// Makes the state anew.
type Build<'a> = &'a mut dyn FnMut(&Folder) -> Result<(), StoreError>;

fn unmarked(options: &StoreOptions) -> Unmarked {
    match (options.rebuild, options.create) {
        (true, _) => Unmarked::Rebuild,
        (false, true) => Unmarked::Create,
        (false, false) => Unmarked::Refuse,
    }
}

/// Opens the state. One that does not open is set aside, and one that is not there is built: the
/// journal has everything.
fn open_state(
    folder: &Folder,
    journal: &Journal,
    options: &StoreOptions,
    build: Build<'_>,
) -> Result<Opened, StoreError> {
    if options.rebuild || folder.rebuild_asked_for() {
        return replace_state(folder, journal, options, build);
    }
    if !folder.state().exists() {
        build(folder)?;
    }
    match open_pages(folder, journal, options) {
        Ok(pages) => Ok((pages, None)),
        Err(StoreError::StateFailed { .. }) => replace_state(folder, journal, options, build),
        // Nothing is wrong with the state: it is held by another, or the system refuses.
        Err(error) => Err(error),
    }
}

fn replace_state(
    folder: &Folder,
    journal: &Journal,
    options: &StoreOptions,
    build: Build<'_>,
) -> Result<Opened, StoreError> {
    let aside = folder.set_state_aside()?;
    build(folder)?;
    Ok((open_pages(folder, journal, options)?, Some(aside)))
}

fn open_pages(
    folder: &Folder,
    journal: &Journal,
    options: &StoreOptions,
) -> Result<Pages, StoreError> {
    let engine = folder.engine.unwrap_or(options.state_engine);
    let cache = usize::try_from(options.cache_bytes).unwrap_or(usize::MAX);
    let pages = Pages::new(open_tree(engine, journal.disk(), &folder.state())?, cache);
    // What does not say where it stands is no state, and what lost its end only half of one.
    pages.oldest()?;
    follows(&pages, journal)?;
    match pages.were_cut()? {
        false => Ok(pages),
        true => Err(failed("its files are shorter than they were")),
    }
}

/// Refuses a state that was folded from another journal than this one.
fn follows(pages: &Pages, journal: &Journal) -> Result<(), StoreError> {
    let folded = pages.folded()?;
    // A journal that ends before its state is damaged, which is said later.
    let within = folded >= journal.base() && folded <= journal.head();
    match pages.chain()? {
        Some(chain) if within && journal.hash_at(folded)? != chain => {
            Err(failed("it was folded from another journal"))
        }
        _ => Ok(()),
    }
}

/// Builds the state from what checkpoints and journal say.
fn build(
    folder: &Folder,
    journal: &Journal,
    options: &StoreOptions,
    scratch: &Scratch,
    tell: &mut dyn FnMut(Progress),
) -> Result<(), StoreError> {
    let oldest = kept_from(journal, journal.head(), options.keep_history)?;
    let found = rebuild::state(journal, &folder.checkpoints(), oldest, scratch, tell)?;
    let mut done = 0;
    let entries = found.entries.inspect(|_| {
        done += 1;
        if done % TOLD_EVERY == 0 {
            tell(Progress::new(done, 0, "entries of the state written"));
        }
    });
    let folded = (found.position, journal.hash_at(found.position)?);
    build_state(
        (folder, journal.disk()),
        options,
        entries,
        folded,
        found.oldest,
    )
}

/// Makes a new state in a folder of its own, which takes the place of the old one when it is whole.
pub(super) fn beside<E: From<StoreError>>(
    folder: &Folder,
    make: impl FnOnce(&Path) -> Result<(), E>,
) -> Result<(), E> {
    let new = folder.new_state();
    remove(&new)?;
    // What is half made is of no use to anybody, and may be what fills the disk.
    make(&new).inspect_err(|_| drop(remove(&new)))?;
    let state = folder.state();
    remove(&state)?;
    let renamed = fs::rename(&new, &state)
        .and_then(|()| state.parent().map_or(Ok(()), sync_folder))
        .map_err(|error| StoreError::io("renaming", &new, error));
    Ok(renamed?)
}

pub(super) fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::io("removing", path, error))
        }
        _ => Ok(()),
    }
}

pub(super) fn open_tree(
    engine: StateEngine,
    disk: &Arc<dyn Disk>,
    path: &Path,
) -> Result<Box<dyn Tree>, StoreError> {
    let map: Box<dyn Tree> = match engine {
        StateEngine::Sled => Box::new(super::sled::SledTree::open(path)?),
        #[cfg(feature = "redb")]
        StateEngine::Redb => Box::new(super::redb::RedbTree::open(path)?),
        #[cfg(not(feature = "redb"))]
        StateEngine::Redb => {
            return Err(StoreError::NoEngine {
                path: path.to_path_buf(),
                engine: engine.name(),
            });
        }
    };
    Ok(Box::new(Apart::open(map, disk, path)?))
}
