//! What was committed and not folded into pages yet?

use std::collections::BTreeMap;
use std::ops::Bound;

pub(super) use crate::journal::Change;
use crate::journal::{Entry, Position};

/// What a map node, its vectors and a version take beside their bytes, roughly.
const PER_KEY: usize = 96;
const PER_VERSION: usize = 40;

/// Versions of entries in memory, by key and position.
#[derive(Default)]
pub(super) struct Overlay {
    keys: BTreeMap<Vec<u8>, Vec<Version>>,
    bytes: usize,
}

struct Version {
    at: Position,
    /// `None` for a delete.
    value: Option<Vec<u8>>,
}

impl Version {
    fn bytes(&self) -> usize {
        PER_VERSION + self.value.as_ref().map_or(0, Vec::len)
    }
}

impl Overlay {
    /// Roughly how much memory the overlay takes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds the results of a commit that is newer than everything in the overlay.
    pub(super) fn insert(&mut self, entry: Entry) {
        let at = entry.position;
        for (key, value) in entry.into_changes() {
            let version = Version { at, value };
            self.bytes += version.bytes();
            match self.keys.get_mut(&key) {
                Some(versions) => versions.push(version),
                None => {
                    self.bytes += PER_KEY + key.len();
                    self.keys.insert(key, vec![version]);
                }
            }
        }
    }

    /// What `key` held at a position: `None` when the overlay does not know, `Some(None)` when it
    /// was deleted.
    pub(super) fn at(&self, key: &[u8], at: Position) -> Option<Option<&[u8]>> {
        newest(self.keys.get(key)?, at)
    }

    pub(super) fn written_after(&self, key: &[u8], at: Position) -> bool {
        self.keys
            .get(key)
            .and_then(|versions| versions.last())
            .is_some_and(|newest| newest.at > at)
    }

    /// The keys from `start` up to `end` (exclusive; `None` for no end) that the overlay knows at a
    /// position.
    pub(super) fn range<'a>(
        &'a self,
        start: &'a [u8],
        end: Option<&'a [u8]>,
        at: Position,
    ) -> impl DoubleEndedIterator<Item = (&'a [u8], Option<&'a [u8]>)> {
        let end = end.map_or(Bound::Unbounded, Bound::Excluded);
        // A map panics on a range that ends before it starts.
        let empty = matches!(end, Bound::Excluded(end) if end <= start);
        let range = (!empty).then(|| self.keys.range::<[u8], _>((Bound::Included(start), end)));
        range
            .into_iter()
            .flatten()
            .filter_map(move |(key, versions)| Some((key.as_slice(), newest(versions, at)?)))
    }

    /// What the keys after `after` held at a position, in key order: the next part of a fold, of
    /// no more than `count` changes and about `bytes` bytes.
    pub(super) fn part(
        &self,
        after: Option<&[u8]>,
        at: Position,
        count: usize,
        bytes: usize,
    ) -> Vec<Change> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut part = Vec::new();
        let mut size = 0;
        for (key, versions) in self.keys.range::<[u8], _>((start, Bound::Unbounded)) {
            let Some(value) = newest(versions, at) else {
                continue;
            };
            size += key.len() + value.map_or(0, <[u8]>::len);
            part.push((key.clone(), value.map(<[u8]>::to_vec)));
            if part.len() >= count || size >= bytes {
                break;
            }
        }
        part
    }

    /// Drops the versions up to `at` of the next `count` keys after `after`. Returns the last of
    /// those keys, or `None` when there were no more.
    pub(super) fn forget(
        &mut self,
        after: Option<&[u8]>,
        at: Position,
        count: usize,
    ) -> Option<Vec<u8>> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut last = None;
        let mut gone = Vec::new();
        let range = self.keys.range_mut::<[u8], _>((start, Bound::Unbounded));
        for (key, versions) in range.take(count) {
            let old = versions.partition_point(|version| version.at <= at);
            self.bytes -= versions.drain(..old).map(|old| old.bytes()).sum::<usize>();
            if versions.is_empty() {
                self.bytes -= PER_KEY + key.len();
                gone.push(key.clone());
            }
            last = Some(key);
        }
        let last = last.cloned();
        for key in gone {
            self.keys.remove(&key);
        }
        last
    }

    /// Drops what no reader at or after `at` can see, for a store that has nothing but its overlay.
    pub(super) fn keep_from(&mut self, at: Position) {
        let mut freed = 0;
        self.keys.retain(|key, versions| {
            let seen = versions.partition_point(|version| version.at <= at);
            let mut old = seen.saturating_sub(1);
            // A delete that everybody sees is the same as nothing.
            if versions
                .get(old)
                .is_some_and(|first| first.at <= at && first.value.is_none())
            {
                old += 1;
            }
            freed += versions.drain(..old).map(|old| old.bytes()).sum::<usize>();
            if versions.is_empty() {
                freed += PER_KEY + key.len();
            }
            !versions.is_empty()
        });
        self.bytes -= freed;
    }
}

fn newest(versions: &[Version], at: Position) -> Option<Option<&[u8]>> {
    let known = versions.partition_point(|version| version.at <= at);
    let version = versions.get(known.checked_sub(1)?)?;
    Some(version.value.as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(position: u64, key: &[u8], value: Option<&[u8]>) -> Entry {
        Entry {
            position: Position::from_number(position),
            time: 0,
            asked: Vec::new(),
            results: vec![(key.to_vec(), value.map(<[u8]>::to_vec))],
            leaves: Vec::new(),
        }
    }

    fn at(position: u64) -> Position {
        Position::from_number(position)
    }

    fn sample() -> Overlay {
        let mut overlay = Overlay::default();
        overlay.insert(entry(1, b"a", Some(b"1")));
        overlay.insert(entry(2, b"b", Some(b"2")));
        overlay.insert(entry(3, b"a", None));
        overlay.insert(entry(4, b"b", Some(b"4")));
        overlay
    }

    #[test]
    fn a_position_sees_the_newest_version_up_to_it() {
        let overlay = sample();
        assert_eq!(overlay.at(b"a", at(0)), None);
        assert_eq!(overlay.at(b"a", at(2)), Some(Some(b"1".as_slice())));
        assert_eq!(overlay.at(b"a", at(3)), Some(None));
        assert!(overlay.written_after(b"a", at(2)));
        assert!(!overlay.written_after(b"a", at(3)));
    }

    #[test]
    fn forgetting_everything_frees_every_counted_byte() {
        let mut overlay = sample();
        assert_eq!(
            overlay.forget(None, at(3), 1).as_deref(),
            Some(b"a".as_slice())
        );
        assert_eq!(
            overlay.forget(Some(b"a"), at(3), 9).as_deref(),
            Some(b"b".as_slice())
        );
        assert_eq!(overlay.at(b"b", at(4)), Some(Some(b"4".as_slice())));
        assert_eq!(overlay.at(b"b", at(3)), None);
        overlay.forget(None, at(4), 9);
        assert_eq!(overlay.bytes(), 0);
    }

    #[test]
    fn keeping_from_a_position_keeps_what_it_sees() {
        let mut overlay = sample();
        overlay.keep_from(at(3));
        assert_eq!(overlay.at(b"a", at(3)), None);
        assert_eq!(overlay.at(b"b", at(3)), Some(Some(b"2".as_slice())));
        assert_eq!(overlay.at(b"b", at(4)), Some(Some(b"4".as_slice())));
    }

    #[test]
    fn an_empty_range_is_empty_and_no_panic() {
        let overlay = sample();
        assert_eq!(overlay.range(b"b", Some(b"a"), at(9)).count(), 0);
        assert_eq!(overlay.range(b"b", Some(b"b"), at(9)).count(), 0);
        assert_eq!(overlay.range(b"a", None, at(9)).count(), 2);
    }
}
