//! Where are the bytes of a state? For benchmarks.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::store::{StoreError, spaces};

use super::cache::Space;
use super::page::{Entry, Leaf, shared_prefix};
use super::tree::{Tree, failed};

/// What one kind of entries takes in the state of a store.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KindBytes {
    /// What they are, in the words of the store.
    pub kind: String,
    /// How many there are.
    pub entries: u64,
    /// The bytes of their keys, as they are before pages shorten and compress them.
    pub keys: u64,
    /// The bytes of their values, before compression.
    pub values: u64,
    /// Their part of the compressed pages.
    pub stored: f64,
}

/// Goes through all pages of a tree.
pub(super) fn tally(tree: &dyn Tree) -> Result<Vec<KindBytes>, StoreError> {
    let mut kinds = BTreeMap::new();
    let mut at: Option<Vec<u8>> = None;
    loop {
        let bound = at.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let Some((key, bytes)) = tree.first_after(bound)? else {
            return Ok(kinds.into_values().collect());
        };
        if let Some(space) = Space::of(&key) {
            let leaf = Leaf::read(&bytes).map_err(failed)?;
            page(space, &leaf, bytes.len(), &mut kinds);
        }
        at = Some(key);
    }
}

fn page(space: Space, leaf: &Leaf, stored: usize, kinds: &mut BTreeMap<String, KindBytes>) {
    let entries: Vec<Entry<'_>> = (0..leaf.len()).map(|at| leaf.entry(at)).collect();
    let shared = shared_prefix(&entries).len();
    let takes = |entry: &Entry<'_>| (entry.key_length() - shared + entry.value.len() + 4) as f64;
    let all: f64 = entries.iter().map(takes).sum();
    for entry in &entries {
        let name = kind(space, &entry.key());
        let kind = kinds.entry(name.clone()).or_insert_with(|| KindBytes {
            kind: name,
            ..KindBytes::default()
        });
        kind.entries += 1;
        kind.keys += entry.key_length() as u64;
        kind.values += entry.value.len() as u64;
        kind.stored += stored as f64 * takes(entry) / all;
    }
}

fn kind(space: Space, key: &[u8]) -> String {
    let field = || {
        let number = key.get(5..9).and_then(<[u8]>::first_chunk);
        u32::from_be_bytes(number.copied().unwrap_or_default())
    };
    match (space, key.first().copied().unwrap_or_default()) {
        (Space::History, _) => "what was overwritten".to_owned(),
        (_, spaces::RECORD) => "records".to_owned(),
        (_, spaces::INDEX) => format!("index of field {}", field()),
        (_, spaces::UNIQUE) => format!("unique values of field {}", field()),
        (_, spaces::POSTING) => "words by which records are found".to_owned(),
        (_, spaces::HISTORY) => "positions at which records changed".to_owned(),
        (_, spaces::MEMBER) => "members of segments".to_owned(),
        (_, spaces::ROLLUP | spaces::COUNT | spaces::MEMBERS) => "totals".to_owned(),
        _ => "the rest".to_owned(),
    }
}
