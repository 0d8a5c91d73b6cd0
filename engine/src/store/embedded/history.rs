//! How are entries kept that were overwritten or deleted?
//!
//! As entries of pages of their own. The key is the entry's key, written so that no key is the
//! beginning of another (`00` as `00 FF`, then `00 00`), then the position *until* which it held,
//! u64 big-endian. The value is its value, and the page knows since when it held. All that a key
//! ever held lies side by side, oldest first; what it held at a position is the first entry that
//! held for longer, if it held then already.

use crate::journal::Position;
use crate::store::{Direction, Row, StoreError};

use super::cache::Space;
use super::page::Entry;
use super::pages::Pages;

const END: [u8; 2] = [0, 0];
const ESCAPED_ZERO: [u8; 2] = [0, 0xFF];
const UNTIL: usize = size_of::<u64>();

/// The key of what `key` held until a position.
pub(super) fn key_until(key: &[u8], until: u64) -> Vec<u8> {
    let mut escaped = beginning(key);
    escaped.extend_from_slice(&END);
    escaped.extend_from_slice(&until.to_be_bytes());
    escaped
}

/// Where history begins of keys from `key` on.
fn beginning(key: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(key.len() + END.len() + UNTIL);
    for byte in key {
        match byte {
            0 => escaped.extend_from_slice(&ESCAPED_ZERO),
            byte => escaped.push(*byte),
        }
    }
    escaped
}

/// The position until which the entry of this key of ours held.
pub(super) fn until(key: &[u8]) -> Option<u64> {
    key.last_chunk().map(|bytes| u64::from_be_bytes(*bytes))
}

/// The entry's own key.
pub(super) fn original(key: &[u8]) -> Option<Vec<u8>> {
    let escaped = key.get(..key.len().checked_sub(END.len() + UNTIL)?)?;
    let mut original = Vec::with_capacity(escaped.len());
    let mut bytes = escaped.iter();
    while let Some(byte) = bytes.next() {
        original.push(*byte);
        if *byte == 0 {
            bytes.next();
        }
    }
    Some(original)
}

/// What was overwritten or deleted, to be read as of a position.
pub(super) struct History<'a> {
    pages: &'a Pages,
    at: u64,
}

impl<'a> History<'a> {
    pub(super) fn new(pages: &'a Pages, at: Position) -> Self {
        History {
            pages,
            at: at.get(),
        }
    }

    /// What `key` held at the position, if it was overwritten or deleted since.
    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let first = key_until(key, self.at.saturating_add(1));
        let last = key_until(key, u64::MAX);
        self.pages.first_from(Space::History, &first, |found| {
            (found.since <= self.at && found.compare(&last).is_lt()).then(|| found.value.to_vec())
        })
    }

    /// Whether something that `key` held ended after the position.
    pub(super) fn ended_after(&self, key: &[u8]) -> Result<bool, StoreError> {
        let first = key_until(key, self.at.saturating_add(1));
        let last = key_until(key, u64::MAX);
        let found = self.pages.first_from(Space::History, &first, |found| {
            found.compare(&last).is_lt().then_some(())
        })?;
        Ok(found.is_some())
    }

    /// Up to `limit` entries of the keys from `start` up to `end` that held at the position and
    /// hold no longer.
    pub(super) fn range(
        &self,
        start: &[u8],
        end: Option<&[u8]>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let (mut start, mut end) = (beginning(start), end.map(beginning));
        let mut rows = Vec::new();
        while rows.len() < limit {
            let found = match direction {
                Direction::Forward => self.first(&start, end.as_deref())?,
                Direction::Backward => self.last(&start, end.as_deref())?,
            };
            let Some((key, row)) = found else { break };
            match direction {
                Direction::Forward => start = key_until(&key, u64::MAX),
                Direction::Backward => end = Some(beginning(&key)),
            }
            rows.extend(row.map(|value| (key, value)));
        }
        Ok(rows)
    }

    /// The first key with a history in a range of ours, and what it held.
    fn first(&self, start: &[u8], end: Option<&[u8]>) -> Result<Option<Found>, StoreError> {
        let found = self.pages.first_from(Space::History, start, |found| {
            let inside = end.is_none_or(|end| found.compare(end).is_lt());
            inside.then(|| (found.key(), self.value_if_held(found)))
        })?;
        let Some((ours, value)) = found else {
            return Ok(None);
        };
        let key = original(&ours).unwrap_or_default();
        let value = match value {
            Some(value) => value,
            // It ended too early; one of its later ones may have held.
            None => self.get(&key)?,
        };
        Ok(Some((key, value)))
    }

    /// `None` when it ended too early, `Some(None)` when it began too late.
    fn value_if_held(&self, found: &Entry<'_>) -> Option<Option<Vec<u8>>> {
        let until = until(found.rest).or_else(|| until(&found.key()))?;
        (until > self.at).then(|| (found.since <= self.at).then(|| found.value.to_vec()))
    }

    fn last(&self, start: &[u8], end: Option<&[u8]>) -> Result<Option<Found>, StoreError> {
        let found = self.pages.last_before(Space::History, end, |found| {
            found.compare(start).is_ge().then(|| found.key())
        })?;
        let Some(ours) = found else { return Ok(None) };
        let key = original(&ours).unwrap_or_default();
        let value = self.get(&key)?;
        Ok(Some((key, value)))
    }
}

/// A key and what it held.
type Found = (Vec<u8>, Option<Vec<u8>>);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn layout_is_frozen() {
        let key = key_until(&[7, 0, 9], 258);
        assert_eq!(key, [7, 0, 255, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]);
    }

    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(prop_oneof![Just(0), Just(1), Just(255)], 0..5)
    }

    proptest! {
        #[test]
        fn keys_sort_by_key_and_then_by_position(a in bytes(), m: u64, b in bytes(), n: u64) {
            let (left, right) = (key_until(&a, m), key_until(&b, n));
            prop_assert_eq!((&a, m).cmp(&(&b, n)), left.cmp(&right));
            prop_assert_eq!(original(&left), Some(a.clone()));
            prop_assert_eq!(until(&left), Some(m));
            prop_assert_eq!(a < b, key_until(&a, m) < beginning(&b));
        }
    }
}
