//! What was committed and not folded into pages yet?

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Place;
use std::ops::Bound;

pub(super) use crate::journal::Change;
use crate::journal::{Entry, Position};

/// What a key takes in the map beside its bytes: 48 bytes in nodes that are two thirds full.
const PER_KEY: usize = 76;

/// Versions of entries in memory, by key and position.
#[derive(Default)]
pub(super) struct Overlay {
    keys: BTreeMap<Box<[u8]>, Versions>,
    bytes: usize,
}

/// What was written to one key. Most keys have one version, so that one needs no list.
pub(super) struct Versions {
    newest: Version,
    /// Oldest first.
    older: Option<Box<Older>>,
}

#[derive(Default)]
struct Older(Vec<Version>);

pub(super) struct Version {
    pub(super) at: Position,
    /// `None` for a delete.
    pub(super) value: Option<Box<[u8]>>,
}

impl Version {
    fn bytes(&self) -> usize {
        self.value
            .as_ref()
            .map_or(0, |value| allocated(value.len()))
    }
}

impl Versions {
    pub(super) fn oldest_first(&self) -> impl Iterator<Item = &Version> {
        self.older().iter().chain([&self.newest])
    }

    fn older(&self) -> &[Version] {
        self.older.as_ref().map_or(&[], |older| &older.0)
    }

    fn at(&self, at: Position) -> Option<&Version> {
        if self.newest.at <= at {
            return Some(&self.newest);
        }
        let older = self.older();
        let known = older.partition_point(|version| version.at <= at);
        older.get(known.checked_sub(1)?)
    }

    fn push(&mut self, version: Version) {
        let last = std::mem::replace(&mut self.newest, version);
        self.older.get_or_insert_default().0.push(last);
    }

    fn bytes(&self) -> usize {
        let older = self.older().iter().map(|old| PER_OLDER + old.bytes());
        self.newest.bytes() + older.sum::<usize>()
    }
}

/// What an older version takes in its list, which grows by doubling.
const PER_OLDER: usize = 36;

/// What so many bytes take in memory, with what the allocator adds.
fn allocated(bytes: usize) -> usize {
    match bytes {
        0 => 0,
        bytes => (bytes + 8).next_multiple_of(16).max(32),
    }
}

impl Overlay {
    /// How much memory the overlay takes, measured to a few per cent.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds the results of a commit that is newer than everything in the overlay.
    pub(super) fn insert(&mut self, entry: Entry) {
        let at = entry.position;
        for (key, value) in entry.into_changes() {
            self.put(at, key, value);
        }
    }

    /// Adds one change of a commit that is not older than anything in the overlay.
    pub(super) fn put(&mut self, at: Position, key: Vec<u8>, value: Option<Vec<u8>>) {
        let value = value.map(Vec::into_boxed_slice);
        let version = Version { at, value };
        self.bytes += version.bytes();
        match self.keys.entry(key.into_boxed_slice()) {
            Place::Occupied(mut versions) => {
                self.bytes += PER_OLDER;
                versions.get_mut().push(version);
            }
            Place::Vacant(place) => {
                self.bytes += PER_KEY + allocated(place.key().len());
                place.insert(Versions {
                    newest: version,
                    older: None,
                });
            }
        }
    }

    /// What `key` held at a position: `None` when the overlay does not know, `Some(None)` when it
    /// was deleted.
    pub(super) fn at(&self, key: &[u8], at: Position) -> Option<Option<&[u8]>> {
        let version = self.keys.get(key)?.at(at)?;
        Some(version.value.as_deref())
    }

    pub(super) fn written_after(&self, key: &[u8], at: Position) -> bool {
        let versions = self.keys.get(key);
        versions.is_some_and(|versions| versions.newest.at > at)
    }

    /// The keys from `start` up to `end` (exclusive; `None` for no end) that the overlay knows at a
    /// position, with what they held.
    pub(super) fn range<'a>(
        &'a self,
        start: &[u8],
        end: Option<&[u8]>,
        at: Position,
    ) -> impl DoubleEndedIterator<Item = (&'a [u8], Option<&'a [u8]>)> + use<'a> {
        let end = end.map_or(Bound::Unbounded, Bound::Excluded);
        // A map panics on a range that ends before it starts.
        let empty = self.keys.is_empty() || matches!(end, Bound::Excluded(end) if end <= start);
        let range = (!empty).then(|| self.keys.range::<[u8], _>((Bound::Included(start), end)));
        range
            .into_iter()
            .flatten()
            .filter_map(move |(key, versions)| {
                let version = versions.at(at)?;
                Some((key.as_ref(), version.value.as_deref()))
            })
    }

    /// All keys with all their versions, in key order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], &Versions)> {
        self.keys
            .iter()
            .map(|(key, versions)| (key.as_ref(), versions))
    }

    /// Drops the versions whose key and value are such, as if they had never been, for a store that has
    /// nothing but its overlay.
    pub(super) fn forget(&mut self, such: impl Fn(&[u8], &[u8]) -> bool) {
        let keys = std::mem::take(self).keys;
        for (key, versions) in keys {
            let Versions { newest, older } = versions;
            let older = older.map_or_else(Vec::new, |older| older.0);
            for Version { at, value } in older.into_iter().chain([newest]) {
                if !value.as_ref().is_some_and(|value| such(&key, value)) {
                    self.put(at, key.to_vec(), value.map(<[u8]>::into_vec));
                }
            }
        }
    }

    /// Drops what no reader at or after `at` can see, for a store that has nothing but its overlay.
    pub(super) fn keep_from(&mut self, at: Position) {
        let mut freed = 0;
        self.keys.retain(|key, versions| {
            let before = versions.bytes();
            let seen = versions
                .oldest_first()
                .take_while(|version| version.at <= at);
            let old = seen.count().saturating_sub(1);
            if let Some(Older(older)) = versions.older.as_deref_mut() {
                older.drain(..old.min(older.len()));
            }
            // A delete that everybody sees is the same as nothing.
            if let Some(Older(older)) = versions.older.as_deref_mut()
                && older
                    .first()
                    .is_some_and(|old| old.at <= at && old.value.is_none())
            {
                older.remove(0);
            }
            if versions.older().is_empty() {
                versions.older = None;
            }
            let nothing = versions.older.is_none()
                && versions.newest.at <= at
                && versions.newest.value.is_none();
            freed += match nothing {
                true => before + PER_KEY + allocated(key.len()),
                false => before - versions.bytes(),
            };
            !nothing
        });
        self.bytes -= freed;
    }
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
    fn dropping_everything_frees_every_counted_byte() {
        let mut overlay = sample();
        overlay.insert(entry(5, b"b", None));
        overlay.keep_from(at(4));
        assert_eq!(overlay.at(b"b", at(4)), Some(Some(b"4".as_slice())));
        assert_eq!(overlay.at(b"b", at(3)), None);
        overlay.keep_from(at(5));
        assert!(overlay.keys.is_empty());
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
