//! How does a store come to life, after a clean close as after a crash?

use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, OnceLock, RwLock};

use crate::journal::{Disk, Journal, Position, RealDisk, sync_folder};
use crate::store::StoreError;
use crate::store::locks::{lock, read};
use crate::store::overlay::Overlay;
use crate::store::pins::Pins;
use crate::store::queue::Queue;

use super::folder::Folder;
use super::layers::Layers;
use super::options::{StateEngine, StoreOptions};
use super::pages::Pages;
use super::tree::Tree;
use super::{EmbeddedBackend, Store};

impl EmbeddedBackend {
    /// Opens the store in `dir`.
    pub(crate) fn open(dir: &Path, options: &StoreOptions) -> Result<Self, StoreError> {
        Self::open_on(dir, options, Arc::new(RealDisk))
    }

    /// Opens the store in `dir` with its journal on `disk`.
    pub(crate) fn open_on(
        dir: &Path,
        options: &StoreOptions,
        disk: Arc<dyn Disk>,
    ) -> Result<Self, StoreError> {
        let mut folder = Folder::open(dir, options.create, options.pid)?;
        let journal = Journal::open(&folder.journal(), folder.fresh, options.durability, disk)?;
        if folder.fresh && journal.head() > Position::START {
            return Err(folder.format_missing());
        }
        if folder.unfinished() {
            folder.clear_state()?;
        }
        let engine = *folder.engine.get_or_insert(options.state_engine);
        let (pages, set_aside) = open_state(&folder, engine, options)?;
        if folder.unfinished() {
            folder.finish(engine)?;
        }
        let folded = pages.folded()?;
        let oldest = pages.oldest()?;
        let store = Store {
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
                reach: folded,
                oldest,
            }),
            head: AtomicU64::new(folded.get()),
            pins: Pins::default(),
            queue: Queue::new(),
            committing: Mutex::new(()),
            publishing: Mutex::new(()),
            folding: Mutex::new(()),
            stopped: AtomicBool::new(false),
            poison: OnceLock::new(),
            folder: Mutex::new(Some(folder)),
            set_aside,
        };
        store.replay(folded)?;
        Ok(EmbeddedBackend {
            store: Arc::new(store),
        })
    }
}

impl Store {
    /// Makes visible what was committed after the state was folded.
    fn replay(&self, folded: Position) -> Result<(), StoreError> {
        let head = self.journal.head();
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

/// Opens the state. One that does not open is set aside, and an empty one is folded anew: the
/// journal has everything.
fn open_state(
    folder: &Folder,
    engine: StateEngine,
    options: &StoreOptions,
) -> Result<(Pages, Option<PathBuf>), StoreError> {
    let state = folder.state();
    let cache = usize::try_from(options.cache_bytes).unwrap_or(usize::MAX);
    let open = || -> Result<Pages, StoreError> {
        if !state.exists() {
            beside(folder, |new| {
                let tree = open_tree(engine, new)?;
                tree.sync()?;
                tree.close()
            })?;
        }
        let pages = Pages::new(open_tree(engine, &state)?, cache);
        // What does not say where it stands is no state.
        pages.folded()?;
        pages.oldest()?;
        Ok(pages)
    };
    if !folder.rebuild_asked_for() {
        match open() {
            Ok(pages) => return Ok((pages, None)),
            Err(error @ StoreError::Locked { .. }) => return Err(error),
            #[cfg(not(feature = "redb"))]
            Err(error @ StoreError::NoEngine { .. }) => return Err(error),
            // Nothing to set aside: the disk itself refuses.
            Err(error) if !state.exists() => return Err(error),
            Err(_) => {}
        }
    }
    let aside = folder.set_state_aside()?;
    Ok((open()?, Some(aside)))
}

/// Makes a new state in a folder of its own, which takes the place of the old one when it is whole.
pub(super) fn beside<E: From<StoreError>>(
    folder: &Folder,
    make: impl FnOnce(&Path) -> Result<(), E>,
) -> Result<(), E> {
    let new = folder.new_state();
    remove(&new)?;
    make(&new)?;
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

pub(super) fn open_tree(engine: StateEngine, path: &Path) -> Result<Box<dyn Tree>, StoreError> {
    match engine {
        StateEngine::Sled => Ok(Box::new(super::sled::SledTree::open(path)?)),
        #[cfg(feature = "redb")]
        StateEngine::Redb => Ok(Box::new(super::redb::RedbTree::open(path)?)),
        #[cfg(not(feature = "redb"))]
        StateEngine::Redb => Err(StoreError::NoEngine {
            path: path.to_path_buf(),
            engine: engine.name(),
        }),
    }
}
