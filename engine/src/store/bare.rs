//! How fast is the store itself, without rules, records and hooks above it?
//!
//! For benchmarks: a store in a directory with nothing but keys and values.

use std::path::Path;

use crate::journal::{Durability, Position};

use super::{
    Backend, Commit, Direction, EmbeddedBackend, Kept, Span, StateEngine, StoreError, StoreOptions,
    Write, rebuild_state,
};

/// A store of bare keys and values.
pub struct BareStore(EmbeddedBackend);

/// What a bare store answers when it cannot.
pub type BareResult<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

impl BareStore {
    /// Opens or makes a store with so much memory for its overlay and its cache.
    ///
    /// # Errors
    /// As an engine's open.
    pub fn open(
        dir: &Path,
        engine: StateEngine,
        overlay_bytes: usize,
        cache_bytes: u64,
    ) -> BareResult<Self> {
        let options = StoreOptions {
            overlay_limit_bytes: overlay_bytes,
            cache_bytes,
            durability: Durability::Os,
            state_engine: engine,
            ..StoreOptions::new(std::process::id())
        };
        Ok(BareStore(EmbeddedBackend::open(dir, &options)?))
    }

    /// Commits puts and deletes.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn commit(&self, changes: Vec<(Vec<u8>, Option<Vec<u8>>)>) -> BareResult<u64> {
        let write = |(key, value)| match value {
            Some(value) => Write::Put { key, value },
            None => Write::Delete { key },
        };
        let at = self.0.commit(Commit {
            at: self.0.head(),
            writes: changes.into_iter().map(write).collect(),
            ..Commit::default()
        })?;
        Ok(at.get())
    }

    /// Builds the state of an empty store from sorted entries, as of position 0.
    ///
    /// # Errors
    /// When the entries are not in order or the disk refuses.
    pub fn build(
        dir: &Path,
        engine: StateEngine,
        rows: impl Iterator<Item = (Vec<u8>, Vec<u8>)>,
    ) -> BareResult<()> {
        let options = StoreOptions {
            state_engine: engine,
            ..StoreOptions::new(std::process::id())
        };
        let start = Position::START;
        EmbeddedBackend::open(dir, &options)?.close()?;
        let kept = |row| Kept {
            row,
            since: start,
            until: None,
        };
        let rows = rows.map(|row| Ok::<Kept, StoreError>(kept(row)));
        Ok(rebuild_state(dir, &options, rows, start, start)?)
    }

    /// The newest value of a key.
    ///
    /// # Errors
    /// When the state fails.
    pub fn get(&self, key: &[u8]) -> BareResult<Option<Vec<u8>>> {
        self.reading(|at| Ok(self.0.get_many(at, &[key])?.pop().flatten()))
    }

    /// What a key held at a position.
    ///
    /// # Errors
    /// When the state fails or the position is too old.
    pub fn get_at(&self, at: u64, key: &[u8]) -> BareResult<Option<Vec<u8>>> {
        let found = self.0.get_many(Position::from_number(at), &[key])?;
        Ok(found.into_iter().next().flatten())
    }

    /// As [`list`](Self::list), as of a position.
    ///
    /// # Errors
    /// When the state fails or the position is too old.
    pub fn list_at(&self, at: u64, start: &[u8], limit: usize) -> BareResult<usize> {
        let span = Span {
            start: start.to_vec(),
            end: Vec::new(),
        };
        let at = Position::from_number(at);
        Ok(self.0.scan(at, &span, Direction::Forward, limit)?.len())
    }

    /// How many entries there are from `start` on, up to `limit`, and their bytes.
    ///
    /// # Errors
    /// When the state fails.
    pub fn list(&self, start: &[u8], limit: usize) -> BareResult<(usize, usize)> {
        let span = Span {
            start: start.to_vec(),
            end: Vec::new(),
        };
        let rows = self.reading(|at| self.0.scan(at, &span, Direction::Forward, limit))?;
        let bytes = rows.iter().map(|(key, value)| key.len() + value.len());
        Ok((rows.len(), bytes.sum()))
    }

    /// How much memory the store thinks that unfolded commits take.
    #[must_use]
    pub fn overlay_bytes(&self) -> usize {
        self.0.overlay_bytes()
    }

    /// Moves everything into the state.
    ///
    /// # Errors
    /// When the state fails.
    pub fn fold(&self) -> BareResult<()> {
        Ok(self.0.fold()?)
    }

    /// Folds and closes.
    ///
    /// # Errors
    /// When the state fails.
    pub fn close(self) -> BareResult<()> {
        Ok(self.0.close()?)
    }

    fn reading<T>(&self, read: impl FnOnce(Position) -> Result<T, StoreError>) -> BareResult<T> {
        let at = self.0.pin();
        let answer = read(at);
        self.0.unpin(at);
        Ok(answer?)
    }
}
