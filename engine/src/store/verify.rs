//! Is the state what the journal says?

use std::collections::BTreeMap;

use crate::journal::{Entry, Position};

use super::{Backend, Direction, Span, StoreError, Verified};

const PAGE: usize = 1000;

/// The results of the journal, folded in memory.
#[derive(Default)]
pub(super) struct Folded {
    entries: u64,
    state: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Folded {
    pub(super) fn absorb(&mut self, entry: Entry) {
        self.entries += 1;
        for (key, value) in entry.into_changes() {
            match value {
                Some(value) => self.state.insert(key, value),
                None => self.state.remove(&key),
            };
        }
    }

    /// Compares with everything that the store holds at a pinned position.
    pub(super) fn compare(
        self,
        backend: &dyn Backend,
        at: Position,
    ) -> Result<Verified, StoreError> {
        let first_difference = first_difference(&self.state, backend, at)?;
        Ok(Verified {
            entries: self.entries,
            state_is_fold: first_difference.is_none(),
            first_difference,
        })
    }
}

fn first_difference(
    folded: &BTreeMap<Vec<u8>, Vec<u8>>,
    backend: &dyn Backend,
    at: Position,
) -> Result<Option<Vec<u8>>, StoreError> {
    let mut wanted = folded.iter();
    let mut span = Span::prefix(&[]);
    loop {
        let rows = backend.scan(at, &span, Direction::Forward, PAGE)?;
        for (key, value) in &rows {
            match wanted.next() {
                Some(pair) if pair == (key, value) => {}
                Some((other, _)) => return Ok(Some(other.min(key).clone())),
                None => return Ok(Some(key.clone())),
            }
        }
        match rows.last() {
            Some((last, _)) if rows.len() == PAGE => span = span.beyond(last, Direction::Forward),
            _ => return Ok(wanted.next().map(|(key, _)| key.clone())),
        }
    }
}
