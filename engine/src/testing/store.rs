//! What does the store cost without the rules above it? The bare backend, for benchmarks.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::{Durability, Position, Subject};
use crate::store::{
    Backend, Commit, CommitError, CommitLeaf, Direction, EmbeddedBackend, KindBytes, Snapshot,
    Span, StateEngine, StoreOptions, Write,
};

/// How a bare store is opened.
#[derive(Clone, Copy, Debug)]
pub struct BareOptions {
    /// What a commit waits for.
    pub durability: Durability,
    /// How many bytes of commits are gathered in memory.
    pub overlay_bytes: usize,
    /// How many bytes of the state may be cached in memory.
    pub cache_bytes: u64,
    /// Which engine holds the state.
    pub engine: StateEngine,
}

/// What a commit changes of one record.
#[derive(Clone, Debug)]
pub struct BareRecord {
    /// Its number.
    pub id: u128,
    /// Its entries, by key; those without a value are deleted.
    pub changes: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

impl BareRecord {
    fn leaf(self) -> CommitLeaf {
        CommitLeaf {
            subject: Subject {
                object: 1,
                id: self.id,
            },
            asked: Vec::new(),
            writes: self.changes.into_iter().map(change).collect(),
        }
    }
}

/// Journal and state without schema, validation, hooks or history.
pub struct BareStore {
    backend: Arc<dyn Backend>,
}

/// The bytes of commits that wait in memory to be folded into the state.
#[must_use]
pub fn overlay_bytes(engine: &Engine) -> usize {
    engine.inner.backend.overlay_bytes()
}

/// Where the bytes of the state are, without the commits that wait in memory.
///
/// # Errors
/// What the store says.
pub fn state_bytes(engine: &Engine) -> Result<Vec<KindBytes>> {
    Ok(engine.inner.backend.tally()?)
}

impl BareStore {
    /// Opens the store of a directory, and makes it where there is none.
    ///
    /// # Errors
    /// What the store says.
    pub fn open(dir: impl AsRef<Path>, options: &BareOptions) -> Result<Self> {
        let options = StoreOptions {
            durability: options.durability,
            overlay_limit_bytes: options.overlay_bytes,
            cache_bytes: options.cache_bytes,
            state_engine: options.engine,
            ..StoreOptions::new(std::process::id())
        };
        let backend = EmbeddedBackend::open(dir.as_ref(), &options)?;
        Ok(Self {
            backend: Arc::new(backend),
        })
    }

    /// Changes records, all or none: puts entries, and deletes those without a value. Each record is a leaf of the
    /// journal; no key may be in two of them.
    ///
    /// # Errors
    /// What the store says.
    pub fn commit(&self, records: Vec<BareRecord>) -> Result<Position> {
        let snapshot = Snapshot::pin(&self.backend);
        let commit = Commit {
            at: snapshot.position(),
            leaves: records.into_iter().map(BareRecord::leaf).collect(),
            ..Commit::default()
        };
        self.backend.commit(commit).map_err(|error| match error {
            CommitError::Conflict { .. } => Error::new(ErrorKind::Conflict, error.to_string()),
            CommitError::Store(error) => error.into(),
        })
    }

    /// The value under a key.
    ///
    /// # Errors
    /// What the store says.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        Ok(Snapshot::pin(&self.backend).get(key)?)
    }

    /// The values under keys, all of one moment.
    ///
    /// # Errors
    /// What the store says.
    pub fn get_many(&self, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>> {
        Ok(Snapshot::pin(&self.backend).get_many(keys)?)
    }

    /// The first entries under a prefix, in the order of their keys.
    ///
    /// # Errors
    /// What the store says.
    pub fn scan(&self, prefix: &[u8], limit: usize) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let snapshot = Snapshot::pin(&self.backend);
        Ok(snapshot.scan(&Span::prefix(prefix), Direction::Forward, limit)?)
    }

    /// The first entries from a key on.
    ///
    /// # Errors
    /// What the store says.
    pub fn scan_from(&self, start: &[u8], limit: usize) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let span = Span {
            start: start.to_vec(),
            end: Vec::new(),
        };
        let snapshot = Snapshot::pin(&self.backend);
        Ok(snapshot.scan(&span, Direction::Forward, limit)?)
    }

    /// Calls `each` with every entry under a prefix, in the order of their keys.
    ///
    /// # Errors
    /// What the store says.
    pub fn scan_all(&self, prefix: &[u8], mut each: impl FnMut(&[u8], &[u8])) -> Result<()> {
        Snapshot::pin(&self.backend).scan_all(prefix, |key, value| {
            each(key, value);
            Ok(ControlFlow::Continue(()))
        })
    }

    /// What a key held at a position.
    ///
    /// # Errors
    /// What the store says; that the position is too old.
    pub fn get_at(&self, at: Position, key: &[u8]) -> Result<Option<Vec<u8>>> {
        Ok(Snapshot::pin_at(&self.backend, at)?.get(key)?)
    }

    /// The first entries from a key on, as they were at a position.
    ///
    /// # Errors
    /// What the store says; that the position is too old.
    pub fn scan_at(
        &self,
        at: Position,
        start: &[u8],
        limit: usize,
    ) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let span = Span {
            start: start.to_vec(),
            end: Vec::new(),
        };
        let snapshot = Snapshot::pin_at(&self.backend, at)?;
        Ok(snapshot.scan(&span, Direction::Forward, limit)?)
    }

    /// Moves what waits in memory into the state.
    ///
    /// # Errors
    /// What the store says.
    pub fn fold(&self) -> Result<()> {
        Ok(self.backend.fold()?)
    }

    /// The bytes of commits that wait in memory to be folded into the state.
    #[must_use]
    pub fn overlay_bytes(&self) -> usize {
        self.backend.overlay_bytes()
    }

    /// Folds, and lets go of the directory.
    ///
    /// # Errors
    /// What the store says.
    pub fn close(self) -> Result<()> {
        Ok(self.backend.close()?)
    }
}

fn change((key, value): (Vec<u8>, Option<Vec<u8>>)) -> Write {
    match value {
        Some(value) => Write::Put { key, value },
        None => Write::Delete { key },
    }
}
