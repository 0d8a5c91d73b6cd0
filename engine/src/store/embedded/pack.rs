//! How are sorted entries spread over pages?

use super::page::{Entry, HEAD, LIMIT, Leaf, shared_prefix};

/// How large the parts of a split page are, about; the rest is room to grow.
const TARGET: usize = LIMIT / 4 * 3;
/// What an entry takes beside its key and value, mostly: two numbers and a slot of the table.
const PER_ENTRY: usize = 7;

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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::page::Press;
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

    fn size(leaf: &Leaf) -> usize {
        leaf.size() - size_of::<Leaf>() - leaf.len() * size_of::<u64>()
    }

    #[test]
    fn split_pages_are_neither_too_full_nor_too_empty() {
        for count in [1, 40, 90, 91, 500] {
            let rows = rows(count, 40);
            let packed = pack(&entries(&rows), false);
            for page in &packed {
                let size = size(&page.leaf);
                assert!(size <= LIMIT);
                assert!(packed.len() == 1 || size > LIMIT / 4);
            }
            let full = pack(&entries(&rows), true);
            let full = full.split_last().unwrap().1;
            assert!(full.iter().all(|page| size(&page.leaf) > LIMIT / 8 * 7));
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
        let large = packed.iter().find(|page| size(&page.leaf) > LIMIT);
        let leaf = Leaf::read(&Press::new().stored(&large.unwrap().leaf)).unwrap();
        assert_eq!(leaf.len(), 1);
        assert_eq!(leaf.get(b"account/000004").unwrap().value.len(), 300_000);
    }
}
