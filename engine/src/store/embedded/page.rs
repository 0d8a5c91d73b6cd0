//! How do sorted entries lie in one page?
//!
//! What is stored:
//!
//! ```text
//! u32   crc32 of the rest
//! u8    format, 2
//! u8    0: the page as it is; 1: lz4, and before it v length of the page
//! page
//! ```
//!
//! The page:
//!
//! ```text
//! v     the lowest position at which one of the entries was written
//! u16   number of entries
//! v     length of the prefix that all keys share, then the prefix
//! u16   for each entry, where it begins behind this table
//! entry: v length of the key's rest, the key's rest, v position above the lowest, the value up to
//!        the next entry
//! ```
//!
//! Fixed numbers are big-endian, `v` is a number in groups of seven bits, lowest first. Offsets of
//! 16 bits do: a page of several entries is never larger than [`LIMIT`], and a value larger than
//! that lies in a page of its own, at offset 0.
//!
//! A page whose checksum is right was written by us, so entries are not looked at one by one when
//! it is read. Whoever reads an entry gets an empty one where the layout is wrong, never a panic.

use std::cmp::Ordering;
use std::ops::Range;

use lz4_flex::block::{
    CompressTable, compress_into_with_table, decompress_into, get_maximum_output_size,
};

pub(super) const FORMAT: u8 = 2;
const PLAIN: u8 = 0;
const LZ4: u8 = 1;
const HEAD: usize = 6;
/// A page of several entries is split when it would be larger, before compression.
pub(super) const LIMIT: usize = 4096;
/// How large the parts of a split page are, about; the rest is room to grow.
const TARGET: usize = LIMIT / 4 * 3;
/// What an entry takes beside its key and value, mostly: two numbers and a slot of the table.
const PER_ENTRY: usize = 7;
/// No page that we write is larger: a commit is not.
const LARGEST: usize = 512 * 1024 * 1024;

/// An entry of a page: its key in two parts, the position at which it was written, its value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    pub(super) prefix: &'a [u8],
    pub(super) rest: &'a [u8],
    pub(super) since: u64,
    pub(super) value: &'a [u8],
}

impl<'a> Entry<'a> {
    pub(super) fn new(key: &'a [u8], since: u64, value: &'a [u8]) -> Self {
        Entry {
            prefix: &[],
            rest: key,
            since,
            value,
        }
    }

    pub(super) fn key(&self) -> Vec<u8> {
        [self.prefix, self.rest].concat()
    }

    pub(super) fn compare(&self, key: &[u8]) -> Ordering {
        match key.split_at_checked(self.prefix.len()) {
            Some((start, rest)) => self.prefix.cmp(start).then_with(|| self.rest.cmp(rest)),
            // The key is shorter than the prefix.
            None => self.prefix.cmp(key),
        }
    }

    fn key_length(&self) -> usize {
        self.prefix.len() + self.rest.len()
    }

    /// The two parts of the key behind its first `skip` bytes.
    fn behind(&self, skip: usize) -> (&'a [u8], &'a [u8]) {
        match self.prefix.get(skip..) {
            Some(prefix) => (prefix, self.rest),
            None => (
                self.rest
                    .get(skip - self.prefix.len()..)
                    .unwrap_or_default(),
                &[],
            ),
        }
    }
}

/// One page of several that entries were packed into.
pub(super) struct Packed {
    /// A key that lies behind all of the page before and not behind this one's first.
    pub(super) fence: Vec<u8>,
    pub(super) leaf: Leaf,
}

/// How full a page is, before compression.
#[derive(Default)]
pub(super) struct Filling {
    count: usize,
    keys: usize,
    values: usize,
    shared: usize,
}

impl Filling {
    /// Adds an entry and says true, or leaves it and says false when it would be too much.
    pub(super) fn takes(&mut self, first: &[u8], key: &[u8], value: &[u8]) -> bool {
        let shared = first.iter().zip(key).take_while(|(a, b)| a == b).count();
        let more = Filling {
            count: self.count + 1,
            keys: self.keys + key.len(),
            values: self.values + value.len(),
            shared,
        };
        let takes = self.count == 0 || more.size() <= LIMIT;
        if takes {
            *self = more;
        }
        takes
    }

    fn size(&self) -> usize {
        let prefixes = self.count.saturating_sub(1) * self.shared;
        HEAD + self.keys - prefixes + self.values + self.count * PER_ENTRY
    }
}

/// Packs sorted entries into as many pages as they need. Where nothing will come in between
/// (`dense`), pages are filled up; else they get room to grow.
pub(super) fn pack(entries: &[Entry<'_>], dense: bool) -> Vec<Packed> {
    let prefix = shared_prefix(entries).len();
    let cost = |entry: &Entry<'_>| entry.key_length() - prefix + entry.value.len() + PER_ENTRY;
    let whole: usize = HEAD + prefix + entries.iter().map(cost).sum::<usize>();
    let fill = match whole {
        0..=LIMIT => LIMIT,
        _ if dense => LIMIT,
        _ => whole / whole.div_ceil(TARGET),
    };
    let mut packed = Vec::new();
    let mut rest = entries;
    let mut last: Option<Entry<'_>> = None;
    while let Some(first) = rest.first() {
        let count = match whole {
            0..=LIMIT => rest.len(),
            _ => fitting(rest, fill),
        };
        let (page, after) = rest.split_at(count);
        packed.push(Packed {
            fence: last.map_or_else(|| first.key(), |last| between(&last.key(), first.key())),
            leaf: Leaf::encode(page),
        });
        last = page.last().copied();
        rest = after;
    }
    packed
}

/// How many of the entries make a page that is about `fill` full: one at least.
fn fitting(entries: &[Entry<'_>], fill: usize) -> usize {
    let first = entries.first().map(Entry::key).unwrap_or_default();
    let mut filling = Filling::default();
    let mut key = Vec::new();
    let fits = entries.iter().take_while(|entry| {
        key.clear();
        key.extend_from_slice(entry.prefix);
        key.extend_from_slice(entry.rest);
        let room = filling.count == 0 || filling.size() < fill;
        room && filling.takes(&first, &key, entry.value)
    });
    fits.count().max(1)
}

/// The shortest beginning of `after` that sorts behind `before`.
pub(super) fn between(before: &[u8], mut after: Vec<u8>) -> Vec<u8> {
    let shared = before.iter().zip(&after).take_while(|(a, b)| a == b);
    let length = shared.count() + 1;
    after.truncate(length);
    after
}

fn shared_prefix(entries: &[Entry<'_>]) -> Vec<u8> {
    // Sorted: what the first and the last share, all share.
    let (Some(first), Some(last)) = (entries.first(), entries.last()) else {
        return Vec::new();
    };
    let (mut first, last) = (first.key(), last.key());
    let shared = first.iter().zip(&last).take_while(|(a, b)| a == b).count();
    first.truncate(shared);
    first
}

fn push_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn take_length(bytes: &mut &[u8]) -> Option<usize> {
    usize::try_from(take_number(bytes)?).ok()
}

/// What is used again and again to compress pages.
pub(super) struct Press {
    table: CompressTable,
    output: Vec<u8>,
}

impl Press {
    pub(super) fn new() -> Self {
        Press {
            table: CompressTable::small(),
            output: Vec::new(),
        }
    }

    /// A page as it is stored: compressed when that saves an eighth.
    pub(super) fn stored(&mut self, leaf: &Leaf) -> Vec<u8> {
        let page = leaf.bytes.as_slice();
        self.output.resize(
            get_maximum_output_size(page.len()).max(self.output.len()),
            0,
        );
        let pressed = compress_into_with_table(page, &mut self.output, &mut self.table)
            .ok()
            .and_then(|length| self.output.get(..length))
            .filter(|pressed| pressed.len() < page.len() / 8 * 7);
        let mut bytes = Vec::with_capacity(HEAD + 4 + pressed.map_or(page.len(), <[u8]>::len));
        bytes.extend_from_slice(&[0, 0, 0, 0, FORMAT]);
        match pressed {
            Some(pressed) => {
                bytes.push(LZ4);
                push_number(&mut bytes, page.len() as u64);
                bytes.extend_from_slice(pressed);
            }
            None => {
                bytes.push(PLAIN);
                bytes.extend_from_slice(page);
            }
        }
        let checksum = crc32fast::hash(bytes.get(4..).unwrap_or_default());
        if let Some(place) = bytes.first_chunk_mut::<4>() {
            *place = checksum.to_be_bytes();
        }
        bytes
    }
}

/// A page in memory, as it is before compression.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    bytes: Vec<u8>,
    base: u64,
    prefix: Range<usize>,
    table: usize,
    body: usize,
}

impl Leaf {
    /// A page without entries.
    pub(super) fn empty() -> Self {
        Leaf::encode(&[])
    }

    pub(super) fn encode(entries: &[Entry<'_>]) -> Self {
        let prefix = shared_prefix(entries);
        let base = entries.iter().map(|entry| entry.since).min().unwrap_or(0);
        let mut bytes = Vec::with_capacity(LIMIT);
        push_number(&mut bytes, base);
        bytes.extend_from_slice(&(entries.len() as u16).to_be_bytes());
        push_number(&mut bytes, prefix.len() as u64);
        let start = bytes.len();
        bytes.extend_from_slice(&prefix);
        let table = bytes.len();
        let body = table + 2 * entries.len();
        bytes.resize(body, 0);
        for (at, entry) in entries.iter().enumerate() {
            let offset = ((bytes.len() - body) as u16).to_be_bytes();
            if let Some(slot) = bytes.get_mut(table + 2 * at..table + 2 * at + 2) {
                slot.copy_from_slice(&offset);
            }
            let (first, second) = entry.behind(prefix.len());
            push_number(&mut bytes, (first.len() + second.len()) as u64);
            bytes.extend_from_slice(first);
            bytes.extend_from_slice(second);
            push_number(&mut bytes, entry.since - base);
            bytes.extend_from_slice(entry.value);
        }
        bytes.shrink_to_fit();
        Leaf {
            bytes,
            base,
            prefix: start..table,
            table,
            body,
        }
    }

    /// Reads a page as it was stored, or says what is wrong with it.
    pub(super) fn read(stored: &[u8]) -> Result<Self, &'static str> {
        let (checksum, rest) = stored
            .split_first_chunk::<4>()
            .ok_or("a page is too short")?;
        if crc32fast::hash(rest) != u32::from_be_bytes(*checksum) {
            return Err("a page does not match its checksum");
        }
        let ([format, way], body) = rest.split_first_chunk().ok_or("a page is too short")?;
        if *format != FORMAT {
            return Err("a page has a format that this version does not read");
        }
        let bytes = match *way {
            PLAIN => Some(body.to_vec()),
            LZ4 => unpressed(body),
            _ => None,
        };
        bytes
            .and_then(Self::layout)
            .ok_or("a page has a checksum but not the layout of a page")
    }

    fn layout(bytes: Vec<u8>) -> Option<Self> {
        let mut rest = bytes.as_slice();
        let base = take_number(&mut rest)?;
        let (count, mut rest) = rest.split_first_chunk::<2>()?;
        let count = usize::from(u16::from_be_bytes(*count));
        let length = take_length(&mut rest)?;
        let start = bytes.len() - rest.len();
        let table = start.checked_add(length)?;
        let body = table.checked_add(2 * count)?;
        (body <= bytes.len()).then_some(())?;
        Some(Leaf {
            base,
            prefix: start..table,
            table,
            body,
            bytes,
        })
    }

    /// How much memory it takes.
    pub(super) fn size(&self) -> usize {
        self.bytes.capacity() + size_of::<Self>()
    }

    pub(super) fn len(&self) -> usize {
        (self.body - self.table) / 2
    }

    pub(super) fn entry(&self, at: usize) -> Entry<'_> {
        self.try_entry(at).unwrap_or_default()
    }

    pub(super) fn get(&self, key: &[u8]) -> Option<Entry<'_>> {
        let rest = key.strip_prefix(self.prefix())?;
        let at = self.first_at_or_after(key);
        let found = self.try_entry(at)?;
        (found.rest == rest).then_some(found)
    }

    /// The entries whose keys lie from `start` up to `end` (exclusive; `None` for no end).
    pub(super) fn range(&self, start: &[u8], end: Option<&[u8]>) -> Range<usize> {
        let from = self.first_at_or_after(start);
        let to = end.map_or(self.len(), |end| self.first_at_or_after(end));
        from..to.max(from)
    }

    pub(super) fn first_at_or_after(&self, key: &[u8]) -> usize {
        let prefix = self.prefix();
        let Some(rest) = key.strip_prefix(prefix) else {
            // All keys of the page sort to one side of `key`, as their prefix does.
            return if prefix < key { self.len() } else { 0 };
        };
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.rest(middle).is_some_and(|found| found < rest) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    fn prefix(&self) -> &[u8] {
        self.bytes.get(self.prefix.clone()).unwrap_or_default()
    }

    /// What an entry's key has behind the prefix.
    fn rest(&self, at: usize) -> Option<&[u8]> {
        let mut bytes = self.bytes.get(self.offset(at)?..)?;
        let length = take_length(&mut bytes)?;
        bytes.get(..length)
    }

    fn try_entry(&self, at: usize) -> Option<Entry<'_>> {
        let start = self.offset(at)?;
        let end = self.offset(at + 1).unwrap_or(self.bytes.len());
        let mut bytes = self.bytes.get(start..end)?;
        let length = take_length(&mut bytes)?;
        let (rest, mut bytes) = bytes.split_at_checked(length)?;
        let since = self.base.checked_add(take_number(&mut bytes)?)?;
        Some(Entry {
            prefix: self.prefix(),
            rest,
            since,
            value: bytes,
        })
    }

    /// Where an entry begins in the page.
    fn offset(&self, at: usize) -> Option<usize> {
        let table = self.bytes.get(self.table..self.body)?;
        let bytes = table.get(at * 2..)?.first_chunk::<2>()?;
        Some(self.body + usize::from(u16::from_be_bytes(*bytes)))
    }
}

fn unpressed(mut body: &[u8]) -> Option<Vec<u8>> {
    let length = take_length(&mut body).filter(|length| *length <= LARGEST)?;
    let mut bytes = vec![0; length];
    let written = decompress_into(body, &mut bytes).ok()?;
    (written == length).then_some(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    type Rows = Vec<(Vec<u8>, u64, Vec<u8>)>;

    fn rows(count: usize, value: usize) -> Rows {
        (0..count)
            .map(|at| {
                let key = format!("account/{at:06}").into_bytes();
                (key, at as u64, vec![at as u8; value])
            })
            .collect()
    }

    fn entries(rows: &Rows) -> Vec<Entry<'_>> {
        rows.iter()
            .map(|(key, since, value)| Entry::new(key, *since, value))
            .collect()
    }

    fn stored(leaf: &Leaf) -> Vec<u8> {
        Press::new().stored(leaf)
    }

    #[test]
    fn layout_is_frozen() {
        let leaf = Leaf::encode(&[Entry::new(b"aa", 300, b"1"), Entry::new(b"abc", 302, b"")]);
        let page = [
            0xAC, 2, 0, 2, 1, b'a', 0, 0, 0, 4, 1, b'a', 0, b'1', 2, b'b', b'c', 2,
        ];
        let stored = stored(&leaf);
        assert_eq!(stored[4..6], [2, 0]);
        assert_eq!(stored[6..], page);
        assert_eq!(stored[..4], crc32fast::hash(&stored[4..]).to_be_bytes());
    }

    #[test]
    fn what_repeats_itself_is_compressed() {
        let leaf = pack(&entries(&rows(40, 60)), false).remove(0).leaf;
        let small = stored(&leaf);
        assert_eq!(small[5], LZ4);
        assert!(small.len() < leaf.bytes.len() / 2);
        assert_eq!(Leaf::read(&small).unwrap().bytes, leaf.bytes);
    }

    #[test]
    fn split_pages_are_neither_too_full_nor_too_empty() {
        for count in [1, 40, 90, 91, 500] {
            let rows = rows(count, 40);
            let packed = pack(&entries(&rows), false);
            for page in &packed {
                let size = page.leaf.bytes.len();
                assert!(size <= LIMIT);
                assert!(packed.len() == 1 || size > LIMIT / 4);
            }
            let full = pack(&entries(&rows), true);
            let full = full.split_last().unwrap().1;
            assert!(
                full.iter()
                    .all(|page| page.leaf.bytes.len() > LIMIT / 8 * 7)
            );
        }
    }

    #[test]
    fn fences_are_short_and_lie_between() {
        let rows = rows(500, 40);
        let packed = pack(&entries(&rows), false);
        for pair in packed.windows(2) {
            let last = pair[0].leaf.entry(pair[0].leaf.len() - 1).key();
            let first = pair[1].leaf.entry(0).key();
            assert!(last < pair[1].fence && pair[1].fence <= first);
        }
        assert_eq!(between(b"abc1", b"abd9".to_vec()), b"abd");
        assert_eq!(between(b"ab", b"abc".to_vec()), b"abc");
    }

    #[test]
    fn a_large_value_lies_in_a_page_of_its_own() {
        let mut rows = rows(9, 10);
        rows[4].2 = vec![7; 300_000];
        let packed = pack(&entries(&rows), false);
        let large = packed.iter().find(|page| page.leaf.bytes.len() > LIMIT);
        let leaf = Leaf::read(&stored(&large.unwrap().leaf)).unwrap();
        assert_eq!(leaf.len(), 1);
        assert_eq!(leaf.get(b"account/000004").unwrap().value.len(), 300_000);
    }

    #[test]
    fn any_flipped_bit_is_noticed() {
        for value in [3, 60] {
            let page = stored(&pack(&entries(&rows(5, value)), false).remove(0).leaf);
            for bit in 0..page.len() * 8 {
                let mut flipped = page.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                assert!(Leaf::read(&flipped).is_err());
            }
        }
        assert!(Leaf::read(&stored(&Leaf::empty())).is_ok());
        assert!(Leaf::read(&[]).is_err());
    }

    #[test]
    fn a_wrong_layout_under_a_right_checksum_is_no_panic() {
        let good = stored(&pack(&entries(&rows(5, 9)), false).remove(0).leaf);
        for at in 4..good.len() {
            for byte in [0, 1, 127, 255] {
                let mut bad = good.clone();
                bad[at] = byte;
                let checksum = crc32fast::hash(&bad[4..]);
                bad[..4].copy_from_slice(&checksum.to_be_bytes());
                let Ok(leaf) = Leaf::read(&bad) else { continue };
                (0..leaf.len() + 1).for_each(|at| drop(leaf.entry(at).key()));
                leaf.get(b"account/000003");
                leaf.range(b"account/000001", Some(b"b"));
            }
        }
    }

    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(prop_oneof![Just(0), Just(1), Just(255), any::<u8>()], 0..5)
    }

    proptest! {
        #[test]
        fn pages_answer_as_a_map(
            map in prop::collection::btree_map(bytes(), (0..3_u64, bytes()), 1..40),
            start in bytes(),
            end in bytes(),
        ) {
            let map: BTreeMap<Vec<u8>, (u64, Vec<u8>)> = map;
            let rows: Rows = map.iter().map(|(key, (since, value))| (key.clone(), *since, value.clone())).collect();
            let packed = pack(&entries(&rows), false);
            prop_assert_eq!(packed.len(), 1);
            let leaf = Leaf::read(&stored(&packed[0].leaf)).map_err(TestCaseError::fail)?;
            for key in map.keys().chain([&start, &end]) {
                let found = leaf.get(key).map(|entry| (entry.since, entry.value.to_vec()));
                prop_assert_eq!(found.as_ref(), map.get(key));
                for at in 0..leaf.len() {
                    let entry = leaf.entry(at);
                    prop_assert_eq!(entry.compare(key), entry.key().cmp(key));
                }
            }
            let found: Rows = leaf
                .range(&start, Some(&end))
                .map(|at| leaf.entry(at))
                .map(|entry| (entry.key(), entry.since, entry.value.to_vec()))
                .collect();
            let wanted: Rows = rows
                .into_iter()
                .filter(|(key, ..)| *key >= start && *key < end)
                .collect();
            prop_assert_eq!(found, wanted);
        }
    }
}
