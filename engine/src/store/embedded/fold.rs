//! How does what was committed get into pages, without anybody waiting for it or losing it?
//!
//! The overlay is put aside and commits go to a new one. The journal is synced, so that pages never
//! know more than it does. Then the versions in the overlay go into pages, in key order and in small
//! batches. When all of them are on disk, the position up to which is written, and only when that
//! is on disk too does the overlay leave memory. A crash anywhere in between means that some of it
//! is done again from the journal, which changes nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::journal::{Journal, Position};
use crate::store::StoreError;
use crate::store::locks::{lock, read, write};

use super::layers::Folding;
use super::options::Retention;
use super::pages::{Chain, Pages};
use super::tree::failed;
use super::{EmbeddedBackend, Store, pool};

/// Pages of history that are looked through while folds wait.
const PRUNED_AT_ONCE: usize = 256;

impl EmbeddedBackend {
    /// Sees to it that the overlay is folded when it has become too large. The commit that made it
    /// so is durable already: a failure here is not its failure, it stops the next.
    pub(super) fn fold_if_large(&self) {
        if !self.is_large() {
            return;
        }
        if !self.background {
            let _folding = lock(&self.folding);
            if self.is_large() {
                drop(self.fold_all());
            }
            return;
        }
        if !self.put_aside().unwrap_or(true) {
            // The one before is being folded still: writers wait for it, or memory would have no
            // bound. Whoever comes first does what no thread has begun.
            let _folding = lock(&self.folding);
            drop(self.fold_aside());
            if !self.is_large() || !self.put_aside().unwrap_or(false) {
                return;
            }
        }
        self.fold_elsewhere();
    }

    /// Lets the pool fold what was put aside; without a pool it is done here.
    fn fold_elsewhere(&self) {
        let store = Arc::clone(&self.store);
        let job = Box::new(move || {
            let _folding = lock(&store.folding);
            // The reason of a failure is kept by the poison, for whoever commits next.
            drop(store.fold_aside());
        });
        if let Err(job) = pool::submit(job) {
            job();
        }
    }
}

impl Store {
    fn is_large(&self) -> bool {
        read(&self.layers).overlay.bytes() > self.overlay_limit
    }

    /// Folds everything that is visible. The caller holds `folding`.
    pub(super) fn fold_all(&self) -> Result<(), StoreError> {
        self.check_poison()?;
        read(&self.layers).pages()?;
        self.fold_aside()?;
        if self.put_aside()? {
            self.fold_aside()?;
        }
        Ok(())
    }

    /// Puts the overlay aside to be folded, and decides how much history that fold leaves. Says
    /// whether there is nothing else being folded.
    fn put_aside(&self) -> Result<bool, StoreError> {
        // Where the journal cannot say it, because an old segment is damaged, nothing is dropped:
        // folds that fail for it would leave all that is committed in memory.
        let kept = self.kept_from().unwrap_or(Position::START);
        let _publishing = lock(&self.publishing);
        let mut layers = write(&self.layers);
        layers.pages()?;
        if layers.folding.is_some() {
            return Ok(false);
        }
        let upto = self.visible();
        let floor = kept.min(self.pins.horizon(|| upto));
        layers.oldest = layers.oldest.max(floor);
        if upto > layers.folded {
            // Never less: a fold that was broken off, and is done again in parts, has gone further.
            layers.reach = layers.reach.max(upto);
            let overlay = std::mem::take(&mut layers.overlay);
            layers.folding = Some(Arc::new(Folding { overlay, upto }));
        }
        Ok(true)
    }

    /// Folds what was put aside, if anything. The caller holds `folding`.
    fn fold_aside(&self) -> Result<(), StoreError> {
        let (pages, folding, oldest) = {
            let layers = read(&self.layers);
            let Some(folding) = layers.folding.clone() else {
                return Ok(());
            };
            (layers.pages()?.clone(), folding, layers.oldest)
        };
        self.check_poison()?;
        let synced = self.journal.sync();
        let chain = match synced.and_then(|()| self.journal.hash_at(folding.upto)) {
            Ok(chain) => chain,
            Err(error) => {
                self.poison(&error);
                return Err(error.into());
            }
        };
        let fold = || self.fold_into(&pages, &folding, (oldest, chain));
        // Nobody may be there to be told of a panic, and nobody knows what it left of the pages.
        let folded = catch_unwind(AssertUnwindSafe(fold))
            .unwrap_or_else(|_| Err(failed("folding panicked")));
        if self.noted_write(folded)? {
            let mut layers = write(&self.layers);
            layers.folded = folding.upto;
            layers.folding = None;
            drop(layers);
            self.lend_idle();
        }
        // The last one to hold it frees it here, while nobody waits.
        drop(folding);
        Ok(())
    }

    fn fold_into(
        &self,
        pages: &Pages,
        folding: &Folding,
        (oldest, chain): (Position, Chain),
    ) -> Result<bool, StoreError> {
        pages.mark_oldest(oldest)?;
        let stop = || self.stopped.load(Ordering::Relaxed);
        let done = pages.merge(folding.overlay.iter(), oldest, &stop)?;
        if done {
            pages.mark_folded(folding.upto, chain)?;
        }
        Ok(done)
    }

    /// The oldest position that is to be readable, whoever reads now.
    pub(super) fn kept_from(&self) -> Result<Position, StoreError> {
        kept_from(&self.journal, self.visible(), self.keep_history)
    }

    /// Drops all history that nobody may read any longer.
    pub(super) fn prune_history(&self) -> Result<(), StoreError> {
        let kept = self.kept_from()?;
        self.prune_before(kept)
    }

    /// Drops all history that only readers before a position need.
    pub(super) fn prune_before(&self, kept: Position) -> Result<(), StoreError> {
        self.check_poison()?;
        if kept == Position::START {
            read(&self.layers).pages()?;
            return Ok(());
        }
        let oldest = {
            let mut layers = write(&self.layers);
            layers.pages()?;
            // Versions in memory are history only once they are folded.
            let floor = kept.min(layers.folded);
            let floor = floor.min(self.pins.horizon(|| floor));
            layers.oldest = layers.oldest.max(floor);
            layers.oldest
        };
        let mut after: Option<Vec<u8>> = None;
        loop {
            let _folding = lock(&self.folding);
            // What a fold left that failed meanwhile is not to be made durable.
            self.check_poison()?;
            let pages = read(&self.layers).pages()?.clone();
            let pruned = pages
                .mark_oldest(oldest)
                .and_then(|()| pages.prune(after.as_deref(), oldest, PRUNED_AT_ONCE));
            match self.noted_write(pruned)? {
                Some(last) => after = Some(last),
                None => return self.noted_write(pages.tree().sync()),
            }
        }
    }
}

/// The oldest position that is to be readable when `head` is the last commit.
pub(super) fn kept_from(
    journal: &Journal,
    head: Position,
    retention: Retention,
) -> Result<Position, StoreError> {
    Ok(retention.oldest(
        head,
        |at| journal.time_of(at),
        |time| journal.position_at(time),
    )?)
}
