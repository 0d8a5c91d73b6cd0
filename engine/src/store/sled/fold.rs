//! How does what was committed get into pages, without anybody waiting for it or losing it?
//!
//! The journal is synced first, so that pages never know more than it does. Then the overlay's
//! newest versions up to a position F that no reader is behind go into pages, in key order and in
//! small batches. When all of them are on disk, F is written, and only when that is on disk too do
//! the versions leave memory. A crash anywhere in between means that some of it is done again from
//! the journal, which changes nothing, for results are absolute.

use std::sync::TryLockError;
use std::sync::atomic::Ordering;

use crate::journal::Position;
use crate::store::locks::{lock, read, write};
use crate::store::{Backend, StoreError};

use super::SledBackend;
use super::pages::Pages;

/// How much of the overlay is merged at a time: a few dozen pages.
const PART_ENTRIES: usize = 1024;
const PART_BYTES: usize = 128 * 1024;
/// How many keys leave the overlay while readers wait.
const FORGET: usize = 4096;

impl SledBackend {
    /// Folds when the overlay has become too large. The commit that made it so is durable already:
    /// a failure here is not its failure, it stops the next.
    pub(super) fn fold_if_large(&self) {
        let size = read(&self.layers).overlay.bytes();
        let enough = self.fold_at.load(Ordering::Relaxed);
        if size <= enough {
            return;
        }
        let folding = match self.folding.try_lock() {
            Ok(folding) => folding,
            // Writers that are far ahead of a fold wait for it, or memory would have no bound.
            Err(_) if size > enough.saturating_mul(2) => lock(&self.folding),
            Err(TryLockError::WouldBlock) => return,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        };
        if read(&self.layers).overlay.bytes() > self.fold_at.load(Ordering::Relaxed) {
            // The reason is kept by the poison, for whoever commits next.
            drop(self.fold_now());
        }
        drop(folding);
    }

    /// Folds up to the oldest pin. The caller holds `folding`.
    pub(super) fn fold_now(&self) -> Result<(), StoreError> {
        self.check_poison()?;
        let (pages, folded) = {
            let layers = read(&self.layers);
            (layers.pages()?.clone(), layers.folded)
        };
        let upto = self.pins.horizon(|| self.head());
        if upto > folded {
            if let Err(error) = self.journal.sync() {
                self.poison(&error);
                return Err(error.into());
            }
            self.noted(self.fold_into(&pages, upto))?;
            self.forget(upto);
        }
        // What snapshots keep in memory is not tried again and again.
        let left = read(&self.layers).overlay.bytes();
        let next = left.saturating_add(self.overlay_limit / 2);
        self.fold_at
            .store(next.max(self.overlay_limit), Ordering::Relaxed);
        Ok(())
    }

    fn fold_into(&self, pages: &Pages, upto: Position) -> Result<(), StoreError> {
        let mut last: Option<Vec<u8>> = None;
        loop {
            let part =
                read(&self.layers)
                    .overlay
                    .part(last.as_deref(), upto, PART_ENTRIES, PART_BYTES);
            if part.is_empty() {
                return pages.mark_folded(upto);
            }
            pages.merge(&part)?;
            last = part.into_iter().last().map(|(key, _)| key);
        }
    }

    fn forget(&self, upto: Position) {
        write(&self.layers).folded = upto;
        let mut last: Option<Vec<u8>> = None;
        loop {
            let next = write(&self.layers)
                .overlay
                .forget(last.as_deref(), upto, FORGET);
            match next {
                Some(_) => last = next,
                None => return,
            }
        }
    }
}
