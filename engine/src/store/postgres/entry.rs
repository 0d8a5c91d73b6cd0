//! How does one entry of the journal lie in its row, and what ties it to the row before?
//!
//! [`encode`] and [`decode`] are the only two that know the bytes, [`chain`] the only one that knows what a hash covers.
//!
//! ```text
//! u8   format, 1
//! u64  position
//! i64  time, microseconds
//! u32  length of `asked`, then its bytes
//! u32  number of results, then of each:
//!        u32 length and bytes of the key
//!        u8  0 for a delete; 1 for a put, then u32 length and bytes of the value
//! u32  number of leaves, then of each:
//!        u32 object, u128 record
//!        u8  0 when it was erased; 1, then what was asked and the results as above,
//!            u32 number of keys given up, then of each its bytes and u32 the taker's leaf
//! ```

use crate::journal::{Change, Entry, Leaf, LeafContent, Position, Subject};

const FORMAT: u8 = 1;

/// The hash in front of the first entry.
pub(super) const FIRST: [u8; 32] = [0; 32];

/// The caller has checked that the entry is far below what 32 bits can count.
pub(super) fn encode(entry: &Entry) -> Vec<u8> {
    let mut out = vec![FORMAT];
    out.extend_from_slice(&entry.position.get().to_be_bytes());
    out.extend_from_slice(&entry.time.to_be_bytes());
    push_bytes(&mut out, &entry.asked);
    push_results(&mut out, &entry.results);
    push_number(&mut out, entry.leaves.len());
    for leaf in &entry.leaves {
        out.extend_from_slice(&leaf.subject.object.to_be_bytes());
        out.extend_from_slice(&leaf.subject.id.to_be_bytes());
        let Some(content) = &leaf.content else {
            out.push(0);
            continue;
        };
        out.push(1);
        push_bytes(&mut out, &content.asked);
        push_results(&mut out, &content.results);
        push_number(&mut out, content.released.len());
        for (key, taker) in &content.released {
            push_bytes(&mut out, key);
            out.extend_from_slice(&taker.to_be_bytes());
        }
    }
    out
}

fn push_results(out: &mut Vec<u8>, results: &[Change]) {
    push_number(out, results.len());
    for (key, value) in results {
        push_bytes(out, key);
        match value {
            None => out.push(0),
            Some(value) => {
                out.push(1);
                push_bytes(out, value);
            }
        }
    }
}

fn push_number(out: &mut Vec<u8>, number: usize) {
    out.extend_from_slice(&(number as u32).to_be_bytes());
}

/// `None` when these are not the bytes of an entry.
pub(super) fn decode(bytes: &[u8]) -> Option<Entry> {
    let mut rest = Bytes(bytes);
    if rest.array::<1>()? != [FORMAT] {
        return None;
    }
    let position = Position::from_number(u64::from_be_bytes(rest.array()?));
    let time = i64::from_be_bytes(rest.array()?);
    let asked = rest.prefixed()?.to_vec();
    let results = rest.results()?;
    let mut leaves = Vec::new();
    for _ in 0..rest.number()? {
        leaves.push(rest.leaf()?);
    }
    rest.0.is_empty().then_some(Entry {
        position,
        time,
        asked,
        results,
        leaves,
    })
}

/// The hash of a row: it covers the row before, and so all rows before.
pub(super) fn chain(before: &[u8], token: &[u8], body: &[u8]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(before);
    hasher.update(&(token.len() as u64).to_be_bytes());
    hasher.update(token);
    hasher.update(body);
    hasher.finalize().into()
}

fn push_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
    out.extend_from_slice(bytes);
}

/// A reader over bytes that may be anything.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn number(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    fn prefixed(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?;
        self.take(length as usize)
    }

    fn results(&mut self) -> Option<Vec<Change>> {
        let mut results = Vec::new();
        for _ in 0..self.number()? {
            let key = self.prefixed()?.to_vec();
            let value = match self.array()? {
                [0_u8] => None,
                [1] => Some(self.prefixed()?.to_vec()),
                _ => return None,
            };
            results.push((key, value));
        }
        Some(results)
    }

    fn leaf(&mut self) -> Option<Leaf> {
        let subject = Subject {
            object: self.number()?,
            id: u128::from_be_bytes(self.array()?),
        };
        let content = match self.array()? {
            [0_u8] => None,
            [1] => Some(self.content()?),
            _ => return None,
        };
        Some(Leaf { subject, content })
    }

    fn content(&mut self) -> Option<LeafContent> {
        let asked = self.prefixed()?.to_vec();
        let results = self.results()?;
        let mut released = Vec::new();
        for _ in 0..self.number()? {
            released.push((self.prefixed()?.to_vec(), self.number()?));
        }
        Some(LeafContent {
            asked,
            results,
            released,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Entry {
        let subject = Subject { object: 3, id: 9 };
        let content = LeafContent {
            asked: b"more".to_vec(),
            results: vec![(b"k".to_vec(), Some(b"v".to_vec()))],
            released: vec![(b"gone".to_vec(), 1)],
        };
        let leaf = |content| Leaf { subject, content };
        Entry {
            position: Position::from_number(7),
            time: -3,
            asked: b"what was asked".to_vec(),
            results: vec![(b"".to_vec(), None), (vec![255], Some(vec![0, 1]))],
            leaves: vec![leaf(Some(content)), leaf(None)],
        }
    }

    #[test]
    fn an_entry_reads_back_as_it_was() {
        assert_eq!(decode(&encode(&sample())), Some(sample()));
    }

    #[test]
    fn bytes_that_were_cut_or_lengthened_are_no_entry() {
        let mut bytes = encode(&sample());
        for cut in 0..bytes.len() {
            assert_eq!(decode(&bytes[..cut]), None);
        }
        bytes.push(0);
        assert_eq!(decode(&bytes), None);
    }

    #[test]
    fn a_hash_covers_the_row_before_and_all_of_its_own() {
        let hash = chain(&FIRST, b"token", b"body");
        assert_ne!(hash, chain(&[1; 32], b"token", b"body"));
        assert_ne!(hash, chain(&FIRST, b"toke", b"nbody"));
        assert_ne!(hash, chain(&FIRST, b"token", b"bodz"));
    }
}
