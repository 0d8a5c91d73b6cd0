//! What is done to the journal of a store while nobody waits, and how does it become shorter?
//!
//! Full segments are compressed and the next is made ahead: on the threads of the pool, or in a fold
//! where there are none. Trimming is never done by itself: whoever asks for it needs a checkpoint
//! that says what came of the entries that go. A note of where the journal goes on from is durable
//! before the first segment is removed, so an open after a crash ends what was begun, and segments
//! that are missing without it are damage.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::journal::Position;
use crate::store::locks::{lock, read, write};
use crate::store::{Backend, StoreError, kept};

use super::folder::Folder;
use super::{EmbeddedBackend, Store, pool};

impl EmbeddedBackend {
    /// Lets the pool see to the journal when a segment is full, or about to be.
    pub(super) fn tend_if_due(&self) {
        if !self.background || !self.journal.is_due() {
            return;
        }
        let store = Arc::clone(&self.store);
        let job = Box::new(move || {
            // Who is at it already does this too. What fails is tried again at the next segment.
            if let Ok(_tending) = store.tending.try_lock() {
                drop(store.tend_segments());
            }
        });
        // Without a pool it waits for the next fold or tick.
        drop(pool::submit(job));
    }

    /// Trims the journal, as far as whole segments lie before a position.
    pub(super) fn trim_journal(&self, before: Position) -> Result<Position, StoreError> {
        self.fold()?;
        let (base, hash) = self.journal.trimmed_at(before)?;
        if base <= self.journal.base() {
            return Ok(self.journal.oldest());
        }
        let (folder, head) = (self.checkpoints(), self.journal.head());
        if kept::newest_good(&self.journal, &folder, base, head).is_none() {
            let needed = base;
            return Err(StoreError::Uncovered { before, needed });
        }
        let disk = self.journal.disk().as_ref();
        self.raise_oldest(base)?;
        Folder::note_trimmed(disk, &self.dir, (base, hash))?;
        let oldest = self.journal.trim(base.next())?;
        kept::drop_before(disk, &folder, base)?;
        self.prune_before(base)?;
        Ok(oldest)
    }
}

impl Store {
    pub(super) fn checkpoints(&self) -> PathBuf {
        self.dir.join(kept::FOLDER)
    }

    pub(super) fn base_lost(&self) -> StoreError {
        StoreError::BaseLost {
            dir: self.checkpoints(),
            oldest: self.journal.oldest(),
        }
    }

    /// Compresses full segments and makes the next one ahead, in the call.
    pub(super) fn tend_now(&self) -> Result<(), StoreError> {
        let _tending = lock(&self.tending);
        self.tend_segments()
    }

    /// The caller holds `tending`.
    fn tend_segments(&self) -> Result<(), StoreError> {
        self.check_poison()?;
        let stopped = || self.stopped.load(Ordering::Relaxed);
        if stopped() {
            return Ok(());
        }
        self.journal.prepare_next()?;
        while !stopped() && self.journal.seal_pending()? {}
        Ok(())
    }

    /// Sees to it that nobody touches the folder once it is unlocked.
    pub(super) fn stop_tending(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        let _tending = lock(&self.tending);
        self.journal.forget_prepared();
    }

    /// Says that positions before `base` are readable no longer, but for those that somebody reads.
    fn raise_oldest(&self, base: Position) -> Result<(), StoreError> {
        let mut layers = write(&self.layers);
        let floor = base.min(layers.folded);
        layers.oldest = layers.oldest.max(self.pins.horizon(|| floor));
        drop(layers);
        read(&self.layers).pages().map(drop)
    }
}
