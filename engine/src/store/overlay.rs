//! What was committed and not folded into pages yet?

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Place;
use std::ops::Bound;

pub(super) use crate::journal::Change;
use crate::journal::{Entry, Position};

use super::spaces;

/// What a key takes in the map beside its bytes: 64 bytes in nodes that are two thirds full.
const PER_KEY: usize = 100;

/// Versions of entries in memory, by key and position.
///
/// Keys lie in one map for each beginning that many of them share, with the first bytes after it
/// at hand: most comparisons then are of two numbers, and not of bytes somewhere in memory.
#[derive(Default)]
pub(super) struct Overlay {
    groups: BTreeMap<Group, BTreeMap<Key, Versions>>,
    bytes: usize,
}

/// Keys that begin alike. A group comes before another one if its keys do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    beginning: u128,
    /// Shorter than is usual in its space only in a key that has no more, alone in its group.
    length: usize,
}

impl Group {
    fn of(key: &[u8]) -> Self {
        let usual = match key.first() {
            Some(&(spaces::INDEX | spaces::UNIQUE)) => 1 + 4 + 4,
            Some(&(spaces::RECORD..=spaces::HISTORY)) => 1 + 4,
            _ => 1,
        };
        let length = key.len().min(usual);
        Group {
            beginning: number(&key[..length]),
            length,
        }
    }
}

/// The first 16 bytes as a number that sorts as they do.
fn number(bytes: &[u8]) -> u128 {
    if let Some(bytes) = bytes.first_chunk::<16>() {
        return u128::from_be_bytes(*bytes);
    }
    let mut first = [0; 16];
    first[..bytes.len()].copy_from_slice(bytes);
    u128::from_be_bytes(first)
}

/// A key of a group.
struct Key {
    /// The first bytes after those that the group shares.
    first: u128,
    whole: Box<[u8]>,
}

/// What keys of one group are compared by, owned or not.
trait Compared {
    fn first(&self) -> u128;
    fn whole(&self) -> &[u8];
}

impl Compared for Key {
    fn first(&self) -> u128 {
        self.first
    }

    fn whole(&self) -> &[u8] {
        &self.whole
    }
}

/// A key to look for.
struct Sought<'a> {
    first: u128,
    whole: &'a [u8],
}

impl<'a> Sought<'a> {
    fn new(group: Group, whole: &'a [u8]) -> Self {
        let first = number(whole.get(group.length..).unwrap_or_default());
        Sought { first, whole }
    }
}

impl Compared for Sought<'_> {
    fn first(&self) -> u128 {
        self.first
    }

    fn whole(&self) -> &[u8] {
        self.whole
    }
}

impl<'a> Borrow<dyn Compared + 'a> for Key {
    fn borrow(&self) -> &(dyn Compared + 'a) {
        self
    }
}

impl Ord for dyn Compared + '_ {
    fn cmp(&self, other: &Self) -> Ordering {
        let first = self.first().cmp(&other.first());
        first.then_with(|| self.whole().cmp(other.whole()))
    }
}

impl PartialOrd for dyn Compared + '_ {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for dyn Compared + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for dyn Compared + '_ {}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        let first = self.first.cmp(&other.first);
        first.then_with(|| self.whole.cmp(&other.whole))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key {}

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
        let group = Group::of(&key);
        let key = Key {
            first: Sought::new(group, &key).first,
            whole: key.into_boxed_slice(),
        };
        match self.groups.entry(group).or_default().entry(key) {
            Place::Occupied(mut versions) => {
                self.bytes += PER_OLDER;
                versions.get_mut().push(version);
            }
            Place::Vacant(place) => {
                self.bytes += PER_KEY + allocated(place.key().whole.len());
                place.insert(Versions {
                    newest: version,
                    older: None,
                });
            }
        }
    }

    fn versions(&self, key: &[u8]) -> Option<&Versions> {
        let group = Group::of(key);
        let sought = Sought::new(group, key);
        self.groups.get(&group)?.get(&sought as &dyn Compared)
    }

    /// What `key` held at a position: `None` when the overlay does not know, `Some(None)` when it
    /// was deleted.
    pub(super) fn at(&self, key: &[u8], at: Position) -> Option<Option<&[u8]>> {
        let version = self.versions(key)?.at(at)?;
        Some(version.value.as_deref())
    }

    pub(super) fn written_after(&self, key: &[u8], at: Position) -> bool {
        let versions = self.versions(key);
        versions.is_some_and(|versions| versions.newest.at > at)
    }

    /// The keys from `start` up to `end` (exclusive; `None` for no end) that the overlay knows at a
    /// position, with what they held.
    pub(super) fn range<'a>(
        &'a self,
        start: &'a [u8],
        end: Option<&'a [u8]>,
        at: Position,
    ) -> impl DoubleEndedIterator<Item = (&'a [u8], Option<&'a [u8]>)> {
        // A map panics on a range that ends before it starts.
        let empty = end.is_some_and(|end| end <= start);
        let start = (Group::of(start), start);
        let end = end.map(|end| (Group::of(end), end));
        let last = end.map_or(Bound::Unbounded, |(group, _)| Bound::Included(group));
        let groups = (!empty).then(|| self.groups.range((Bound::Included(start.0), last)));
        let keys = groups.into_iter().flatten().flat_map(move |(group, keys)| {
            let in_group = |bound: (Group, &'a [u8])| {
                let own = bound.0 == *group;
                own.then(|| Sought::new(*group, bound.1))
            };
            let (from, to) = (in_group(start), end.and_then(in_group));
            let from = from.as_ref().map(|key| key as &dyn Compared);
            let to = to.as_ref().map(|key| key as &dyn Compared);
            keys.range::<dyn Compared, _>((
                from.map_or(Bound::Unbounded, Bound::Included),
                to.map_or(Bound::Unbounded, Bound::Excluded),
            ))
        });
        keys.filter_map(move |(key, versions)| {
            let version = versions.at(at)?;
            Some((key.whole.as_ref(), version.value.as_deref()))
        })
    }

    /// All keys with all their versions, in key order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], &Versions)> {
        let keys = self.groups.values().flatten();
        keys.map(|(key, versions)| (key.whole.as_ref(), versions))
    }

    /// Drops the versions whose key and value are such, as if they had never been, for a store that has
    /// nothing but its overlay.
    pub(super) fn forget(&mut self, such: impl Fn(&[u8], &[u8]) -> bool) {
        let groups = std::mem::take(self).groups;
        for (key, versions) in groups.into_values().flatten() {
            let Versions { newest, older } = versions;
            let older = older.map_or_else(Vec::new, |older| older.0);
            for Version { at, value } in older.into_iter().chain([newest]) {
                if !value.as_ref().is_some_and(|value| such(&key.whole, value)) {
                    self.put(at, key.whole.to_vec(), value.map(<[u8]>::into_vec));
                }
            }
        }
    }

    /// Drops what no reader at or after `at` can see, for a store that has nothing but its overlay.
    pub(super) fn keep_from(&mut self, at: Position) {
        let mut freed = 0;
        let mut keep = |key: &Key, versions: &mut Versions| {
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
                true => before + PER_KEY + allocated(key.whole.len()),
                false => before - versions.bytes(),
            };
            !nothing
        };
        self.groups.retain(|_, keys| {
            keys.retain(&mut keep);
            !keys.is_empty()
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
        assert!(overlay.groups.is_empty());
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

    #[test]
    fn keys_come_in_the_order_of_their_bytes_whatever_their_group() {
        let mut keys: Vec<Vec<u8>> = vec![vec![]];
        for space in [0x01, spaces::RECORD, spaces::INDEX, spaces::HISTORY, 0x50] {
            for rest in [0, 1, 4, 5, 8, 9, 15, 16, 20, 24, 30] {
                for last in [0, 1, 255] {
                    let mut key = vec![space];
                    key.resize(1 + rest, 0);
                    key.push(last);
                    keys.push(key);
                }
                keys.push(vec![space; 1 + rest]);
            }
        }
        let mut overlay = Overlay::default();
        for key in keys.iter().rev() {
            overlay.insert(entry(1, key, Some(b"x")));
        }
        keys.sort();
        keys.dedup();
        let all: Vec<&[u8]> = overlay.iter().map(|(key, _)| key).collect();
        assert_eq!(all, keys);
        for (from, start) in keys.iter().enumerate() {
            assert_eq!(overlay.at(start, at(1)), Some(Some(b"x".as_slice())));
            for (to, end) in keys.iter().enumerate() {
                let found = overlay.range(start, Some(end), at(1));
                let found: Vec<&[u8]> = found.map(|(key, _)| key).collect();
                assert_eq!(found, keys.get(from..to).unwrap_or_default());
            }
            let found = overlay.range(start, None, at(1)).rev();
            let found: Vec<&[u8]> = found.map(|(key, _)| key).collect();
            assert!(found.into_iter().eq(keys[from..].iter().rev()));
        }
    }
}
