//! How is a consistent state read while others write?

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::journal::Position;

use super::{Backend, Direction, Entries, Row, Span, StoreError};

const PAGE: usize = 1000;

/// The store as it was at one position. Clones share the pin, which is released with the last one.
/// Hold it for seconds, not for hours: it keeps history that is to be dropped.
#[derive(Clone)]
pub(crate) struct Snapshot {
    pinned: Arc<Pinned>,
}

struct Pinned {
    backend: Arc<dyn Backend>,
    at: Position,
}

impl Drop for Pinned {
    fn drop(&mut self) {
        self.backend.unpin(self.at);
    }
}

impl Snapshot {
    pub(crate) fn pin(backend: &Arc<dyn Backend>) -> Snapshot {
        let backend = Arc::clone(backend);
        let at = backend.pin();
        Snapshot {
            pinned: Arc::new(Pinned { backend, at }),
        }
    }

    /// The store as it was at an earlier position.
    pub(crate) fn pin_at(backend: &Arc<dyn Backend>, at: Position) -> Result<Snapshot, StoreError> {
        let backend = Arc::clone(backend);
        backend.pin_at(at)?;
        Ok(Snapshot {
            pinned: Arc::new(Pinned { backend, at }),
        })
    }

    pub(crate) fn position(&self) -> Position {
        self.pinned.at
    }

    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.pinned.backend.get(self.pinned.at, key)
    }

    pub(crate) fn get_many(&self, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        self.pinned.backend.get_many(self.pinned.at, keys)
    }

    pub(crate) fn get_all(&self, keys: &[&[u8]]) -> Result<Entries, StoreError> {
        self.pinned.backend.get_all(self.pinned.at, keys)
    }

    pub(crate) fn list(
        &self,
        span: &Span,
        direction: Direction,
        limit: usize,
    ) -> Result<Entries, StoreError> {
        self.pinned
            .backend
            .list(self.pinned.at, span, direction, limit)
    }

    pub(crate) fn scan(
        &self,
        span: &Span,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        self.pinned
            .backend
            .scan(self.pinned.at, span, direction, limit)
    }

    /// Calls `each` for every entry under `prefix`, in key order, until it breaks.
    pub(crate) fn scan_all<E: From<StoreError>>(
        &self,
        prefix: &[u8],
        mut each: impl FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>, E>,
    ) -> Result<(), E> {
        let mut span = Span::prefix(prefix);
        loop {
            let rows = self.scan(&span, Direction::Forward, PAGE)?;
            for (key, value) in &rows {
                if each(key, value)?.is_break() {
                    return Ok(());
                }
            }
            match rows.last() {
                Some((last, _)) if rows.len() == PAGE => {
                    span = span.beyond(last, Direction::Forward);
                }
                _ => return Ok(()),
            }
        }
    }
}
