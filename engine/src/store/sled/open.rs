//! How does a store come to life, after a clean close as after a crash?

use std::fs::{File, TryLockError};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, RwLock};
use std::time::Duration;

use crate::journal::{Disk, Journal, OpenWith, Position};
use crate::store::locks::{read, write};
use crate::store::overlay::Overlay;
use crate::store::pins::Pins;
use crate::store::queue::Queue;
use crate::store::{Backend, StoreError};

use super::folder::Folder;
use super::layers::Layers;
use super::pages::Pages;
use super::{SledBackend, StoreOptions};

/// How long to wait for sled's workers of an earlier handle, in steps.
const STEPS: u32 = 400;
const STEP: Duration = Duration::from_millis(5);

impl SledBackend {
    /// Opens the store in `dir`.
    #[cfg(test)]
    pub(crate) fn open(dir: &Path, options: &StoreOptions) -> Result<Self, StoreError> {
        Self::open_on(dir, options, Arc::new(crate::journal::RealDisk))
    }

    /// Opens the store in `dir` with its journal on `disk`.
    pub(crate) fn open_on(
        dir: &Path,
        options: &StoreOptions,
        disk: Arc<dyn Disk>,
    ) -> Result<Self, StoreError> {
        let mut folder = Folder::open(dir, options.create, options.pid)?;
        let with = OpenWith {
            create: folder.fresh,
            durability: options.durability,
            disk,
            salt_key: options.salt_key,
            base: None,
        };
        let journal = Journal::open(&folder.journal(), with)?;
        if folder.fresh {
            if journal.head() > Position::START {
                return Err(folder.format_missing());
            }
            folder.clear_state()?;
        }
        let (pages, folded, set_aside) = open_state(&folder, options.cache_bytes)?;
        if folder.fresh {
            folder.finish()?;
        }
        let store = SledBackend {
            dir: dir.to_path_buf(),
            durability: options.durability,
            overlay_limit: options.overlay_limit_bytes,
            journal,
            layers: RwLock::new(Layers {
                overlay: Overlay::default(),
                pages: Some(pages),
                folded,
            }),
            head: AtomicU64::new(folded.get()),
            pins: Pins::default(),
            queue: Queue::new(),
            committing: Mutex::new(()),
            folding: Mutex::new(()),
            fold_at: AtomicUsize::new(options.overlay_limit_bytes),
            poison: OnceLock::new(),
            folder: Mutex::new(Some(folder)),
            set_aside,
        };
        store.replay(folded)?;
        Ok(store)
    }

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
            let position = entry.position;
            write(&self.layers).overlay.insert(entry);
            self.head.store(position.get(), Ordering::Release);
            // A state that is built anew from a long journal must not take all its memory.
            if read(&self.layers).overlay.bytes() > self.overlay_limit {
                failed = self.fold();
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
    cache_bytes: u64,
) -> Result<(Pages, Position, Option<PathBuf>), StoreError> {
    let state = folder.state();
    if !folder.rebuild_asked_for() {
        folder.remove_half_snapshots()?;
        wait_for_workers(&state)?;
        if let Ok((pages, folded)) = Pages::open(&state, cache_bytes) {
            return Ok((pages, folded, None));
        }
    }
    let aside = folder.set_state_aside()?;
    let (pages, folded) = Pages::open(&state, cache_bytes)?;
    Ok((pages, folded, Some(aside)))
}

/// An earlier handle of this process may have been dropped while a worker thread of sled still
/// holds its file. That is no reason to take the state for broken.
fn wait_for_workers(state: &Path) -> Result<(), StoreError> {
    let Ok(file) = File::open(state.join("db")) else {
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
        dir: state.to_path_buf(),
        pid: None,
    })
}
