//! How does a commit get into the journal and become visible?

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::journal::{Durability, Entry, Position};
use crate::store::locks::{lock, read, write};
use crate::store::settle::Group;
use crate::store::{Commit, CommitError, StoreError};

use super::Store;

/// How many changes become part of the overlay while readers wait.
const AT_ONCE: usize = 256;
/// By so much the memory that the cache may have in addition grows and shrinks.
const LENT_AT_ONCE: usize = 1 << 20;

impl Store {
    pub(super) fn ask(&self, commit: Commit) -> Result<Position, CommitError> {
        let gather = match self.durability {
            Durability::Group(gather) => gather,
            _ => Duration::ZERO,
        };
        self.queue
            .ask(commit, gather, |commits| self.commit_group(commits))
            .unwrap_or_else(|| Err(self.lost_answer().into()))
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
        // The lock is held for the whole group: what preconditions are checked against must not
        // move from memory to pages in between.
        let layers = read(&self.layers);
        let mut group = Group::new(&*layers, self.visible());
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

    /// Makes a group visible, all of it at once: nobody reads beyond the head.
    pub(super) fn publish(&self, entries: Vec<Entry>) {
        let Some(head) = entries.last().map(|entry| entry.position) else {
            return;
        };
        let _publishing = lock(&self.publishing);
        let mut changes = entries
            .into_iter()
            .flat_map(|entry| {
                let at = entry.position;
                let changes = entry.into_changes();
                changes.map(move |(key, value)| (at, key, value))
            })
            .peekable();
        while changes.peek().is_some() {
            let mut layers = write(&self.layers);
            for (at, key, value) in changes.by_ref().take(AT_ONCE) {
                layers.overlay.put(at, key, value);
            }
        }
        self.head.store(head.get(), Ordering::Release);
        self.lend_idle();
    }

    /// Lets the cache have the memory for commits that they do not need now: nearly all of it where little is written.
    pub(super) fn lend_idle(&self) {
        let layers = read(&self.layers);
        let folding = layers.folding.as_ref();
        let used = layers.overlay.bytes() + folding.map_or(0, |folding| folding.overlay.bytes());
        let idle = self.overlay_limit.saturating_sub(used);
        if let Some(pages) = &layers.pages {
            // In whole steps: what is taken back locks the cache, and need not with every commit.
            pages.cache().lend(idle - idle % LENT_AT_ONCE);
        }
    }

    fn lost_answer(&self) -> StoreError {
        let why = self.poison.get().map_or("it failed", String::as_str);
        StoreError::Poisoned {
            why: format!("{why}; whether this commit was kept is known after the next open"),
        }
    }
}
