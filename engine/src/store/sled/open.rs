//! How does a store come to life, after a clean close as after a crash?

use std::fs::{self, File, TryLockError};
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, RwLock};
use std::time::Duration;

use crate::journal::{Disk, Journal, OpenWith, Position, RealDisk};
use crate::store::locks::{read, write};
use crate::store::overlay::Overlay;
use crate::store::pins::Pins;
use crate::store::queue::Queue;
use crate::store::runs::Scratch;
use crate::store::{Backend, Progress, StoreError, rebuild};

use super::folder::Folder;
use super::layers::Layers;
use super::pages::Pages;
use super::{SledBackend, StoreOptions};

/// How long to wait for sled's workers of an earlier handle, in steps.
const STEPS: u32 = 400;
const STEP: Duration = Duration::from_millis(5);
/// So many entries are put into an empty state at a time.
const PART: usize = 1024;

impl SledBackend {
    /// Opens the store in `dir`.
    #[cfg(test)]
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
        let mut folder = Folder::open(dir, options.create, options.pid)?;
        let scratch = Scratch::new(Arc::clone(&disk), folder.scratch());
        scratch.clear()?;
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
        let known = folder.state().exists();
        let (pages, mut folded, set_aside) = open_state(&folder, options)?;
        let lost = set_aside.is_some() || !known;
        if lost && journal.head() > Position::START {
            folded = build(&pages, &journal, &folder.checkpoints(), &scratch, tell)?;
        }
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

    /// Makes a store of a directory that holds the journal of another one.
    pub(crate) fn adopt(
        dir: &Path,
        pid: u32,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<(), StoreError> {
        Folder::open(dir, true, pid)?.finish()?;
        let options = StoreOptions {
            create: false,
            ..StoreOptions::new(pid)
        };
        Self::open_on(dir, &options, Arc::new(RealDisk), tell)?.close()
    }

    /// Builds the state of the store in `dir` anew and returns the position that it has.
    pub(crate) fn rebuild(
        dir: &Path,
        pid: u32,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Position, StoreError> {
        let options = StoreOptions {
            create: false,
            rebuild: true,
            ..StoreOptions::new(pid)
        };
        let store = Self::open_on(dir, &options, Arc::new(RealDisk), tell)?;
        let head = store.head();
        store.close()?;
        if let Some(aside) = &store.set_aside {
            match fs::remove_dir_all(aside) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(StoreError::io("removing", aside, error));
                }
                _ => {}
            }
        }
        Ok(head)
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

/// Fills an empty state, and says up to which position it now goes.
fn build(
    pages: &Pages,
    journal: &Journal,
    checkpoints: &Path,
    scratch: &Scratch,
    tell: &mut dyn FnMut(Progress),
) -> Result<Position, StoreError> {
    let (position, rows) = rebuild::state(journal, checkpoints, scratch, tell)?;
    let mut part = Vec::with_capacity(PART);
    let mut done = 0;
    for row in rows {
        let (key, value) = row?;
        part.push((key, Some(value)));
        if part.len() == PART {
            done += PART as u64;
            tell(Progress::new(done, done, "entries of the state written"));
            pages.merge(&part)?;
            part.clear();
        }
    }
    pages.merge(&part)?;
    pages.mark_folded(position)?;
    Ok(position)
}

/// Opens the state. One that does not open is set aside, and an empty one is built anew: the
/// journal has everything.
fn open_state(
    folder: &Folder,
    options: &StoreOptions,
) -> Result<(Pages, Position, Option<PathBuf>), StoreError> {
    let state = folder.state();
    let cache_bytes = options.cache_bytes;
    if !options.rebuild && !folder.rebuild_asked_for() {
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
