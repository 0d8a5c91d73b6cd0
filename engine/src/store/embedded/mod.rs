//! How does a store in a directory work?
//!
//! Commits go to the journal and become visible in an overlay in memory. An overlay that has grown
//! large makes room for a new one and is folded into pages on disk, in key order, while commits and
//! reads go on. What a fold overwrites is kept as history, so that older positions can be read.
//!
//! In reading order: `folder` is the directory, `commit` how commits are settled and made visible,
//! `layers` how overlays and pages are read as one, `fold` how the one gets into the other. Of the
//! state on disk, `tree` is what an engine must be able to do, `sled` and `redb` are those that do,
//! `apart` is where the pages lie whose places they keep, `room` where in a file there is room,
//! `page` is how entries lie in a page, `pack` how they are spread over pages, `pages` where pages
//! lie in a tree, `merge` and `build` how they come there, `history` how older versions are found, `cache` what is at hand.

mod apart;
#[cfg_attr(not(any(test, feature = "testing")), allow(dead_code))]
mod build;
mod cache;
mod commit;
mod erase;
mod fold;
mod folder;
mod heads;
mod history;
mod layers;
mod merge;
mod open;
mod options;
mod pack;
mod page;
mod pages;
mod pool;
#[cfg(feature = "redb")]
mod redb;
mod room;
mod short_key;
mod sled;
#[cfg(feature = "testing")]
mod tally;
mod tree;
mod trim;
mod upgrade;
pub(super) mod versions;

#[cfg(test)]
mod between_tests;
#[cfg(test)]
mod folder_tests;
#[cfg(test)]
mod lost_tests;
#[cfg(test)]
mod open_tests;
#[cfg(test)]
mod random_tests;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::ops::{ControlFlow, Deref};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, RwLock};

use crate::journal::{Durability, Entry, Journal, Position, Subject};

use super::entries::{Entries, Sink};
use super::locks::{lock, read, write};
use super::overlay::Overlay;
use super::pins::Pins;
use super::queue::Queue;
use super::runs::Scratch;
use super::verify::Folded;
use super::{
    Backend, Commit, CommitError, Direction, Progress, Row, Span, StoreError, Verified, kept,
};
use folder::{Folder, SCRATCH};
use layers::Layers;
use pages::Pages;

pub(crate) use build::Kept;
#[cfg(test)]
pub(crate) use build::rebuild_state;
#[cfg(test)]
pub(crate) use erase::contents;
pub(crate) use folder::ERASED;
pub(crate) use options::StoreOptions;
pub use options::{Retention, StateEngine};
#[cfg(feature = "testing")]
pub use tally::KindBytes;

/// How long a record and the entry of an index are thought to be, for those who read many: guesses.
const ENTRY: usize = 256;
const KEY: usize = 64;
/// How many entries are thought to be in a list, at most.
const LIST: usize = 128;

/// A store in a directory: the journal in files of its own, the state in an engine's.
pub(crate) struct EmbeddedBackend {
    store: Arc<Store>,
}

/// What the threads that work for a store share.
pub(crate) struct Store {
    dir: PathBuf,
    durability: Durability,
    overlay_limit: usize,
    keep_history: Retention,
    background: bool,
    journal: Journal,
    layers: RwLock<Layers>,
    /// The last position that readers can see.
    head: AtomicU64,
    pins: Pins,
    queue: Queue<Commit, Result<Position, CommitError>>,
    /// Held while a group is committed, and by close.
    committing: Mutex<()>,
    /// Held while the overlay has parts of commits that are not visible yet.
    publishing: Mutex<()>,
    /// Held while pages are written.
    folding: Mutex<()>,
    /// Held while the journal's segments are compressed and made ahead.
    tending: Mutex<()>,
    /// The store is let go of: a fold stops where it is.
    stopped: AtomicBool,
    /// Why no more commits are taken.
    poison: OnceLock<String>,
    /// `None` once the store was closed.
    folder: Mutex<Option<Folder>>,
    set_aside: Option<PathBuf>,
}

impl EmbeddedBackend {
    /// Where a state that failed was put at open, if one did. It was rebuilt from the journal.
    pub(crate) fn set_aside(&self) -> Option<&std::path::Path> {
        self.store.set_aside.as_deref()
    }
}

impl Deref for EmbeddedBackend {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

impl Store {
    fn check_poison(&self) -> Result<(), StoreError> {
        match self.poison.get() {
            Some(why) => Err(StoreError::Poisoned { why: why.clone() }),
            None => Ok(()),
        }
    }

    /// Takes no more commits from now on. The first reason is kept.
    fn poison(&self, why: impl std::fmt::Display) {
        self.poison.get_or_init(|| why.to_string());
    }

    /// Sees to it that a failed state is neither written on nor used again.
    fn noted<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(StoreError::StateFailed { why }) = &result {
            self.poison(why);
            Folder::ask_for_rebuild(&self.dir, why);
        }
        result
    }

    /// The same of what was to be written into the state. A refusal, as of a full disk, leaves it as it was at the last
    /// sync: nothing more is written on it, and the next open goes on with it.
    fn noted_write<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(error) = &result
            && !matches!(error, StoreError::StateFailed { .. })
        {
            self.poison(error);
        }
        self.noted(result)
    }

    fn visible(&self) -> Position {
        Position::from_number(self.head.load(Ordering::Acquire))
    }

    /// Lets go of the state and of what is in memory above it.
    fn let_go(&self) -> Result<(), StoreError> {
        let mut layers = write(&self.layers);
        layers.overlay = Overlay::default();
        layers.folding = None;
        let pages = layers.pages.take();
        drop(layers);
        pages.map_or(Ok(()), Pages::close)
    }
}

impl EmbeddedBackend {
    fn scan_into(
        &self,
        at: Position,
        span: &Span,
        direction: Direction,
        limit: usize,
        into: &mut impl Sink,
    ) -> Result<(), StoreError> {
        let mut rest = (!span.is_empty() && limit > 0).then(|| span.clone());
        while let Some(span) = rest {
            let layers = read(&self.layers);
            rest = self.noted(layers.scan_chunk(at, span, direction, limit, into))?;
        }
        Ok(())
    }

    fn verify_at(&self, at: Position) -> Result<Verified, StoreError> {
        let mut folded = Folded::new(self.scratch());
        let base = self.journal.base();
        if base > Position::START {
            let folder = self.checkpoints();
            let covering = kept::newest_good(&self.journal, &folder, base, at);
            let (path, header) = covering.ok_or_else(|| self.base_lost())?;
            for row in kept::open(self.journal.disk().as_ref(), &path)? {
                folded.absorb_row(&row?, header.position)?;
            }
        }
        self.journal
            .visit(base, at, |entry| folded.absorb(&entry))?;
        folded.compare(self, at)
    }
}

impl Backend for EmbeddedBackend {
    fn head(&self) -> Position {
        self.visible()
    }

    fn oldest(&self) -> Position {
        read(&self.layers).oldest
    }

    fn position_at(&self, time: i64) -> Result<Position, StoreError> {
        Ok(self.journal.position_at(time)?.min(self.visible()))
    }

    fn pin(&self) -> Position {
        self.pins.pin(|| self.visible())
    }

    fn pin_at(&self, at: Position) -> Result<(), StoreError> {
        // A fold says what it will drop while it holds this lock for writing.
        let layers = read(&self.layers);
        layers.readable(at)?;
        self.pins.pin_at(at);
        Ok(())
    }

    fn unpin(&self, at: Position) {
        self.pins.unpin(at);
    }

    fn get_many(&self, at: Position, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let layers = read(&self.layers);
        self.noted(keys.iter().map(|key| layers.get(key, at)).collect())
    }

    fn scan(
        &self,
        at: Position,
        span: &Span,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::new();
        self.scan_into(at, span, direction, limit, &mut rows)?;
        Ok(rows)
    }

    fn get(&self, at: Position, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.noted(read(&self.layers).get(key, at))
    }

    fn get_all(&self, at: Position, keys: &[&[u8]]) -> Result<Entries, StoreError> {
        let layers = read(&self.layers);
        let mut entries = Entries::with_capacity(keys.len(), keys.len() * ENTRY);
        self.noted(layers.look_up_all(keys, at, &mut entries))?;
        Ok(entries)
    }

    fn list(
        &self,
        at: Position,
        span: &Span,
        direction: Direction,
        limit: usize,
    ) -> Result<Entries, StoreError> {
        let mut entries = Entries::with_capacity(limit.min(LIST), limit.min(LIST) * KEY);
        self.scan_into(at, span, direction, limit, &mut entries)?;
        Ok(entries)
    }

    fn commit(&self, commit: Commit) -> Result<Position, CommitError> {
        let answer = self.ask(commit);
        if answer.is_ok() {
            self.fold_if_large();
            self.tend_if_due();
        }
        answer
    }

    fn entry(&self, at: Position) -> Result<Option<Entry>, StoreError> {
        let Some(before) = at.get().checked_sub(1).map(Position::from_number) else {
            return Ok(None);
        };
        Ok(self.entries(before, 1)?.pop())
    }

    fn entries(&self, after: Position, limit: usize) -> Result<Vec<Entry>, StoreError> {
        read(&self.layers).pages()?;
        let mut entries = Vec::new();
        if limit > 0 {
            self.journal.visit(after, self.visible(), |entry| {
                entries.push(entry);
                if entries.len() < limit {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            })?;
        }
        Ok(entries)
    }

    fn verify(&self) -> Result<Verified, StoreError> {
        read(&self.layers).pages()?;
        let at = self.pin();
        let verified = self.verify_at(at);
        self.unpin(at);
        verified
    }

    fn fold(&self) -> Result<(), StoreError> {
        let folding = lock(&self.folding);
        self.fold_all()?;
        drop(folding);
        match self.background {
            true => Ok(()),
            false => self.tend_now(),
        }
    }

    fn tend(&self) -> Result<(), StoreError> {
        self.tend_now()
    }

    fn erase(
        &self,
        subjects: &BTreeSet<Subject>,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<u64, StoreError> {
        self.erase_everywhere(subjects, tell)
    }

    fn trim(&self, before: Position) -> Result<Position, StoreError> {
        self.trim_journal(before)
    }

    fn home(&self) -> Option<&Path> {
        Some(&self.dir)
    }

    fn prune(&self) -> Result<(), StoreError> {
        self.prune_history()
    }

    #[cfg(feature = "testing")]
    fn overlay_bytes(&self) -> usize {
        let layers = read(&self.layers);
        let folding = layers.folding.as_ref();
        layers.overlay.bytes() + folding.map_or(0, |folding| folding.overlay.bytes())
    }

    #[cfg(feature = "testing")]
    fn tally(&self) -> Result<Vec<KindBytes>, StoreError> {
        let pages = read(&self.layers).pages()?.clone();
        tally::tally(pages.tree())
    }

    fn journal(&self) -> Option<&Journal> {
        Some(&self.journal)
    }

    fn scratch(&self) -> Option<Scratch> {
        let disk = Arc::clone(self.journal.disk());
        Some(Scratch::new(disk, self.dir.join(SCRATCH)))
    }

    fn close(&self) -> Result<(), StoreError> {
        let _committing = lock(&self.committing);
        let _folding = lock(&self.folding);
        if read(&self.layers).pages.is_none() {
            return Ok(());
        }
        // A poisoned store writes no state any more, but its journal may be whole, and it lets go
        // all the same.
        let folded = self.fold_all();
        let synced = self
            .journal
            .sync()
            .and_then(|()| self.journal.give_zeroes_back());
        self.stop_tending();
        // Once nothing is written any more, what a close fails with says nothing of what was synced before.
        let closed = match self.poison.get() {
            Some(_) => self.let_go(),
            None => self.noted(self.let_go()),
        };
        lock(&self.folder).take();
        folded.and(synced.map_err(StoreError::from)).and(closed)
    }
}

impl Drop for EmbeddedBackend {
    fn drop(&mut self) {
        // A fold on another thread comes to its end first: nobody may write once the folder is
        // unlocked. What is not folded is in the journal, of which a part may be in memory still.
        self.stop_tending();
        let _folding = lock(&self.folding);
        drop(self.journal.sync());
        drop(self.let_go());
        lock(&self.folder).take();
    }
}
