//! How does a store in a directory work?
//!
//! Commits go to the journal and become visible in an overlay in memory; a fold moves them from
//! there into pages in sled, in key order, up to the oldest position that is still being read.
//! `folder` is the directory, `page` and `pages` the state on disk, `layers` the two read as one,
//! `open` and `fold` what their names say.
//!
//! There is no background thread yet: the writer whose commit makes the overlay too large folds it,
//! after its commit was answered by the disk and before it returns.

mod fold;
mod folder;
mod layers;
mod open;
mod page;
mod pages;

#[cfg(test)]
mod random_tests;
#[cfg(test)]
mod tests;

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, RwLock};
use std::time::Duration;

use crate::journal::{Durability, Entry, Journal, Position};

use super::locks::{lock, read, write};
use super::overlay::Overlay;
use super::pins::Pins;
use super::queue::Queue;
use super::runs::Scratch;
use super::settle::Group;
use super::verify::Folded;
use super::{Backend, Commit, CommitError, Direction, Row, Span, StoreError, Verified};
use folder::{Folder, SCRATCH};
use layers::Layers;
use pages::Pages;

/// How a store is to be opened.
#[derive(Clone, Debug)]
pub(crate) struct StoreOptions {
    pub(crate) durability: Durability,
    /// Commits are folded into pages when they take more memory than this.
    pub(crate) overlay_limit_bytes: usize,
    /// Memory for sled's cache; it takes it as advice.
    pub(crate) cache_bytes: u64,
    /// Whether to make a store where there is none.
    pub(crate) create: bool,
    /// Whether to build the state anew from checkpoint and journal, even if it seems good.
    pub(crate) rebuild: bool,
    /// Who we are, for whoever finds the store locked.
    pub(crate) pid: u32,
    /// Makes the salts of the journal's leaves: random, and stored nowhere.
    pub(crate) salt_key: [u8; 32],
}

impl StoreOptions {
    pub(crate) fn new(pid: u32) -> Self {
        StoreOptions {
            durability: Durability::default(),
            overlay_limit_bytes: 64 * 1024 * 1024,
            cache_bytes: 128 * 1024 * 1024,
            create: true,
            rebuild: false,
            pid,
            salt_key: [0; 32],
        }
    }
}

/// A store in a directory: the journal in files of its own, the state in sled.
pub(crate) struct SledBackend {
    dir: PathBuf,
    durability: Durability,
    overlay_limit: usize,
    journal: Journal,
    layers: RwLock<Layers>,
    /// The last position that readers can see.
    head: AtomicU64,
    pins: Pins,
    queue: Queue<Commit, Result<Position, CommitError>>,
    /// Held while a group is committed, and by close.
    committing: Mutex<()>,
    /// Held while the overlay is folded.
    folding: Mutex<()>,
    /// The overlay's size at which the next fold is worth it.
    fold_at: AtomicUsize,
    /// Why no more commits are taken.
    poison: OnceLock<String>,
    /// `None` once the store was closed.
    folder: Mutex<Option<Folder>>,
    set_aside: Option<PathBuf>,
}

impl SledBackend {
    /// Where a state that failed was put at open, if one did. It was rebuilt from the journal.
    pub(crate) fn set_aside(&self) -> Option<&std::path::Path> {
        self.set_aside.as_deref()
    }

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

    /// Commits a group, in order. Runs in one thread at a time.
    fn commit_group(&self, commits: Vec<Commit>) -> Vec<Result<Position, CommitError>> {
        let _committing = lock(&self.committing);
        let count = commits.len();
        match catch_unwind(AssertUnwindSafe(|| self.try_group(commits))) {
            Ok(answers) => answers,
            Err(_) => {
                self.poison("a commit panicked");
                let lost = || Err(self.lost_answer().into());
                std::iter::repeat_with(lost).take(count).collect()
            }
        }
    }

    fn try_group(&self, commits: Vec<Commit>) -> Vec<Result<Position, CommitError>> {
        let (mut answers, entries) = self.settle(commits);
        if entries.is_empty() {
            return answers;
        }
        if let Err(error) = self.journal.append(&entries) {
            self.poison(error);
            for answer in answers.iter_mut().filter(|answer| answer.is_ok()) {
                *answer = Err(self.lost_answer().into());
            }
            return answers;
        }
        self.publish(entries);
        answers
    }

    /// Decides which commits may happen and what they come to.
    fn settle(&self, commits: Vec<Commit>) -> (Vec<Result<Position, CommitError>>, Vec<Entry>) {
        // The lock is held for the whole group: a fold that dropped versions in between would take
        // away what preconditions are checked against.
        let layers = read(&self.layers);
        let mut group = Group::new(&*layers, self.head());
        let mut admit = |commit| -> Result<Position, CommitError> {
            self.check_poison()?;
            layers.pages()?;
            match group.admit(commit) {
                Err(CommitError::Store(error)) => Ok(self.noted(Err(error))?),
                admitted => admitted,
            }
        };
        let answers = commits.into_iter().map(&mut admit).collect();
        (answers, group.into_entries())
    }

    /// Makes a group visible, all of it at once.
    fn publish(&self, entries: Vec<Entry>) {
        let Some(head) = entries.last().map(|entry| entry.position) else {
            return;
        };
        let mut layers = write(&self.layers);
        for entry in entries {
            layers.overlay.insert(entry);
        }
        self.head.store(head.get(), Ordering::Release);
    }

    fn lost_answer(&self) -> StoreError {
        let why = self.poison.get().map_or("it failed", String::as_str);
        StoreError::Poisoned {
            why: format!("{why}; whether this commit was kept is known after the next open"),
        }
    }

    /// Lets go of the state and of what is in memory above it.
    fn let_go(&self) -> Result<(), StoreError> {
        let mut layers = write(&self.layers);
        layers.overlay = Overlay::default();
        layers.pages.take().map_or(Ok(()), Pages::close)
    }

    fn verify_at(&self, at: Position) -> Result<Verified, StoreError> {
        let mut folded = Folded::new(self.scratch());
        self.journal
            .visit(Position::START, at, |entry| folded.absorb(&entry))?;
        folded.compare(self, at)
    }
}

impl Backend for SledBackend {
    fn head(&self) -> Position {
        Position::from_number(self.head.load(Ordering::Acquire))
    }

    fn pin(&self) -> Position {
        self.pins.pin(|| self.head())
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
        let mut rest = (!span.is_empty() && limit > 0).then(|| span.clone());
        while let Some(span) = rest {
            let layers = read(&self.layers);
            rest = self.noted(layers.scan_chunk(at, span, direction, limit, &mut rows))?;
        }
        Ok(rows)
    }

    fn commit(&self, commit: Commit) -> Result<Position, CommitError> {
        let gather = match self.durability {
            Durability::Group(gather) => gather,
            _ => Duration::ZERO,
        };
        let answer = self
            .queue
            .ask(commit, gather, |commits| self.commit_group(commits))
            .unwrap_or_else(|| Err(self.lost_answer().into()));
        if answer.is_ok() {
            self.fold_if_large();
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
            self.journal.visit(after, self.head(), |entry| {
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
        let _folding = lock(&self.folding);
        self.fold_now()
    }

    #[cfg(feature = "testing")]
    fn overlay_bytes(&self) -> usize {
        read(&self.layers).overlay.bytes()
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
        // A poisoned store writes nothing more, but lets go all the same.
        let folded = match self.poison.get() {
            None => self.fold_now().and_then(|()| Ok(self.journal.sync()?)),
            Some(_) => Ok(()),
        };
        let closed = self.noted(self.let_go());
        lock(&self.folder).take();
        folded.and(closed)
    }
}

impl Drop for SledBackend {
    fn drop(&mut self) {
        // Before the folder is unlocked, and without the panic that sled's own drop can raise.
        // What is not folded is in the journal.
        drop(self.let_go());
    }
}
