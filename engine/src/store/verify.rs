//! Is the state what the journal says?

use std::ops::ControlFlow;

use crate::journal::{Entry, Position};

use super::runs::{Merged, Scratch, Sorter};
use super::{Backend, Direction, Row, Rows, Span, StoreError, Verified};

/// Memory for the fold of a journal; what does not fit is sorted on disk.
const MEMORY: usize = 128 * 1024 * 1024;

/// The results of the journal on their way to being folded.
pub(super) struct Folded {
    entries: u64,
    sorter: Sorter,
    failed: Option<StoreError>,
}

impl Folded {
    pub(super) fn new(scratch: Option<Scratch>) -> Self {
        Folded {
            entries: 0,
            sorter: Sorter::new(scratch, MEMORY),
            failed: None,
        }
    }

    /// Takes an entry in, in any order. Breaks when it cannot; [`finish`](Self::finish) says why.
    pub(super) fn absorb(&mut self, entry: &Entry) -> ControlFlow<()> {
        self.entries += 1;
        for (key, value) in entry.changes() {
            if let Err(error) = self.sorter.push(key, entry.position, value) {
                self.failed = Some(error);
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }

    /// Takes in what a checkpoint holds of a position.
    pub(super) fn absorb_row(
        &mut self,
        (key, value): &Row,
        at: Position,
    ) -> Result<(), StoreError> {
        self.sorter.push(key, at, Some(value))
    }

    /// All versions of all entries, by key, newest first.
    pub(super) fn versions(self) -> Result<Merged, StoreError> {
        match self.failed {
            Some(error) => Err(error),
            None => self.sorter.finish(),
        }
    }

    /// The state that the entries come to, in key order.
    pub(super) fn finish(
        self,
    ) -> Result<impl Iterator<Item = Result<Row, StoreError>>, StoreError> {
        Ok(self.versions()?.newest())
    }

    /// Compares with everything that the store holds at a pinned position.
    pub(super) fn compare(
        self,
        backend: &dyn Backend,
        at: Position,
    ) -> Result<Verified, StoreError> {
        let entries = self.entries;
        let held = Rows::new(Span::prefix(&[]), |span: &Span, limit| {
            backend.scan(at, span, Direction::Forward, limit)
        });
        let first_difference = first_difference(self.finish()?, held)?;
        Ok(Verified {
            entries,
            state_is_fold: first_difference.is_none(),
            first_difference,
        })
    }
}

/// The first key at which two sorted rows of entries differ.
fn first_difference(
    mut wanted: impl Iterator<Item = Result<Row, StoreError>>,
    mut held: impl Iterator<Item = Result<Row, StoreError>>,
) -> Result<Option<Vec<u8>>, StoreError> {
    loop {
        match (wanted.next().transpose()?, held.next().transpose()?) {
            (None, None) => return Ok(None),
            (Some(wanted), Some(held)) if wanted == held => {}
            (Some((wanted, _)), Some((held, _))) => return Ok(Some(wanted.min(held))),
            (Some((key, _)), None) | (None, Some((key, _))) => return Ok(Some(key)),
        }
    }
}
