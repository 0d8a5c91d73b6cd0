//! How do sorted entries lie in one page?
//!
//! ```text
//! u32   crc32 of the rest
//! u8    format, 1
//! u16   number of entries
//! v     length of the prefix that all keys share, then the prefix
//! u16   for each entry, where it begins behind this table
//! entry: v length of the key's rest, the key's rest, the value up to the next entry
//! ```
//!
//! Fixed numbers are big-endian, `v` is a number in groups of seven bits, lowest first. Offsets of
//! 16 bits do: a page of several entries is never larger than [`LIMIT`], and a value larger than
//! that lies in a page of its own, at offset 0.

use std::ops::Range;

use crate::store::Row;

const FORMAT: u8 = 1;
const FIXED: usize = 4 + 1 + 2;
/// A page of several entries is split when it would be larger.
const LIMIT: usize = 4096;
/// How large the parts of a split page are, about; the rest is room to grow.
const TARGET: usize = 3072;

/// A page as bytes, with the key of its first entry.
pub(super) struct Packed {
    pub(super) first: Vec<u8>,
    pub(super) bytes: Vec<u8>,
}

/// Packs sorted entries into as many pages as they need.
pub(super) fn pack(entries: &[Row]) -> Vec<Packed> {
    let prefix = shared_prefix(entries).len();
    // More than the entry takes at most: two numbers and a table slot.
    let cost = |(key, value): &Row| key.len() - prefix + value.len() + 8;
    let whole: usize = FIXED + prefix + entries.iter().map(cost).sum::<usize>();
    let fill = match whole {
        0..=LIMIT => LIMIT,
        _ => whole / whole.div_ceil(TARGET),
    };
    let mut packed = Vec::new();
    let mut rest = entries;
    while let Some((first, _)) = rest.first() {
        let mut size = FIXED + prefix;
        let mut count = 0;
        for entry in rest {
            let grown = size + cost(entry);
            if count > 0 && (size >= fill || grown > LIMIT) {
                break;
            }
            size = grown;
            count += 1;
        }
        let (page, after) = rest.split_at(count);
        packed.push(Packed {
            first: first.clone(),
            bytes: encode(page),
        });
        rest = after;
    }
    packed
}

/// A page without entries.
pub(super) fn empty() -> Vec<u8> {
    encode(&[])
}

fn encode(entries: &[Row]) -> Vec<u8> {
    let prefix = shared_prefix(entries);
    let mut bytes = vec![0; 4];
    bytes.push(FORMAT);
    bytes.extend_from_slice(&(entries.len() as u16).to_be_bytes());
    push_number(&mut bytes, prefix.len());
    bytes.extend_from_slice(prefix);
    let mut body = Vec::new();
    for (key, value) in entries {
        bytes.extend_from_slice(&(body.len() as u16).to_be_bytes());
        let rest = &key[prefix.len()..];
        push_number(&mut body, rest.len());
        body.extend_from_slice(rest);
        body.extend_from_slice(value);
    }
    bytes.append(&mut body);
    let checksum = crc32fast::hash(&bytes[4..]);
    bytes[..4].copy_from_slice(&checksum.to_be_bytes());
    bytes
}

fn shared_prefix(entries: &[Row]) -> &[u8] {
    // Sorted: what the first and the last share, all share.
    let (Some((first, _)), Some((last, _))) = (entries.first(), entries.last()) else {
        return &[];
    };
    let shared = first.iter().zip(last).take_while(|(a, b)| a == b).count();
    &first[..shared]
}

fn push_number(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take_number(bytes: &mut &[u8]) -> Option<usize> {
    let mut number = 0_usize;
    for shift in (0..35).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= usize::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// A page to read from. Everything about its layout was checked by [`Page::read`].
#[derive(Clone, Copy)]
pub(super) struct Page<'a> {
    prefix: &'a [u8],
    table: &'a [u8],
    body: &'a [u8],
}

impl<'a> Page<'a> {
    /// Reads a page, or says what is wrong with it.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, &'static str> {
        let (checksum, rest) = bytes
            .split_first_chunk::<4>()
            .ok_or("a page is too short")?;
        if crc32fast::hash(rest) != u32::from_be_bytes(*checksum) {
            return Err("a page does not match its checksum");
        }
        Self::layout(rest).ok_or("a page has a checksum but not the layout of a page")
    }

    fn layout(bytes: &'a [u8]) -> Option<Self> {
        let (head, mut rest) = bytes.split_first_chunk::<3>()?;
        let [FORMAT, count @ ..] = *head else {
            return None;
        };
        let count = usize::from(u16::from_be_bytes(count));
        let prefix_length = take_number(&mut rest)?;
        let (prefix, rest) = rest.split_at_checked(prefix_length)?;
        let (table, body) = rest.split_at_checked(count * 2)?;
        let page = Page {
            prefix,
            table,
            body,
        };
        (0..count)
            .all(|at| page.try_entry(at).is_some())
            .then_some(page)
    }

    pub(super) fn len(self) -> usize {
        self.table.len() / 2
    }

    /// The whole key and the value of an entry.
    pub(super) fn entry(self, at: usize) -> (Vec<u8>, &'a [u8]) {
        let (rest, value) = self.parts(at);
        ([self.prefix, rest].concat(), value)
    }

    pub(super) fn get(self, key: &[u8]) -> Option<&'a [u8]> {
        let rest = key.strip_prefix(self.prefix)?;
        let at = self.first_at_or_after(key);
        let (found, value) = (at < self.len()).then(|| self.parts(at))?;
        (found == rest).then_some(value)
    }

    /// The entries whose keys lie from `start` up to `end` (exclusive; `None` for no end).
    pub(super) fn range(self, start: &[u8], end: Option<&[u8]>) -> Range<usize> {
        let from = self.first_at_or_after(start);
        let to = end.map_or(self.len(), |end| self.first_at_or_after(end));
        from..to.max(from)
    }

    fn first_at_or_after(self, key: &[u8]) -> usize {
        let Some(rest) = key.strip_prefix(self.prefix) else {
            // All keys of the page sort to one side of `key`, as their prefix does.
            return if self.prefix < key { self.len() } else { 0 };
        };
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.parts(middle).0 < rest {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// What an entry's key has behind the prefix, and its value.
    fn parts(self, at: usize) -> (&'a [u8], &'a [u8]) {
        self.try_entry(at).unwrap_or_default()
    }

    fn try_entry(self, at: usize) -> Option<(&'a [u8], &'a [u8])> {
        let start = self.offset(at)?;
        let end = self.offset(at + 1).unwrap_or(self.body.len());
        let mut bytes = self.body.get(start..end)?;
        let length = take_number(&mut bytes)?;
        bytes.split_at_checked(length)
    }

    fn offset(self, at: usize) -> Option<usize> {
        let bytes = self.table.get(at * 2..)?.first_chunk::<2>()?;
        Some(usize::from(u16::from_be_bytes(*bytes)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn pairs(count: usize, value: usize) -> Vec<Row> {
        (0..count)
            .map(|at| {
                (
                    format!("account/{at:06}").into_bytes(),
                    vec![at as u8; value],
                )
            })
            .collect()
    }

    #[test]
    fn layout_is_frozen() {
        let entries = [
            (b"aa".to_vec(), b"1".to_vec()),
            (b"abc".to_vec(), Vec::new()),
        ];
        let packed = pack(&entries);
        assert_eq!(packed.len(), 1);
        let body = [1, 0, 2, 1, b'a', 0, 0, 0, 3, 1, b'a', b'1', 2, b'b', b'c'];
        assert_eq!(packed[0].bytes[4..], body);
        assert_eq!(packed[0].bytes[..4], crc32fast::hash(&body).to_be_bytes());
    }

    #[test]
    fn split_pages_are_neither_too_full_nor_too_empty() {
        for count in [1, 40, 90, 91, 500] {
            let packed = pack(&pairs(count, 40));
            for page in &packed {
                assert!(page.bytes.len() <= LIMIT);
                assert!(packed.len() == 1 || page.bytes.len() > LIMIT / 4);
            }
        }
    }

    #[test]
    fn a_large_value_lies_in_a_page_of_its_own() {
        let mut entries = pairs(9, 10);
        entries[4].1 = vec![7; 300_000];
        let packed = pack(&entries);
        let large = packed.iter().position(|page| page.bytes.len() > LIMIT);
        let page = Page::read(&packed[large.unwrap()].bytes).unwrap();
        assert_eq!(page.len(), 1);
        assert_eq!(page.get(b"account/000004").unwrap().len(), 300_000);
    }

    #[test]
    fn any_flipped_bit_is_noticed() {
        let page = pack(&pairs(5, 3)).remove(0).bytes;
        for bit in 0..page.len() * 8 {
            let mut flipped = page.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(Page::read(&flipped).is_err());
        }
        assert!(Page::read(&empty()).is_ok());
        assert!(Page::read(&[]).is_err());
    }

    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(prop_oneof![Just(0), Just(1), Just(255), any::<u8>()], 0..5)
    }

    proptest! {
        #[test]
        fn pages_answer_as_a_map(
            map in prop::collection::btree_map(bytes(), bytes(), 1..40),
            start in bytes(),
            end in bytes(),
        ) {
            let map: BTreeMap<Vec<u8>, Vec<u8>> = map;
            let entries: Vec<Row> = map.clone().into_iter().collect();
            let packed = pack(&entries);
            prop_assert_eq!(packed.len(), 1);
            let page = Page::read(&packed[0].bytes).map_err(TestCaseError::fail)?;
            for key in map.keys().chain([&start, &end]) {
                prop_assert_eq!(page.get(key), map.get(key).map(Vec::as_slice));
            }
            let found: Vec<Row> = page
                .range(&start, Some(&end))
                .map(|at| page.entry(at))
                .map(|(key, value)| (key, value.to_vec()))
                .collect();
            let wanted: Vec<Row> = entries
                .into_iter()
                .filter(|(key, _)| *key >= start && *key < end)
                .collect();
            prop_assert_eq!(found, wanted);
        }
    }
}
