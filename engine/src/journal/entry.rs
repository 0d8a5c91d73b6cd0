//! What is one commit, as the journal keeps it?

use super::Position;

/// A change: a key and its new value, or `None` for a delete.
pub(crate) type Change = (Vec<u8>, Option<Vec<u8>>);

/// One commit. What holds values of a record lies in the leaf of that record and can be erased;
/// everything else is common to all of them and stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) position: Position,
    /// Microseconds since 1970, as the caller said; the journal reads no clock.
    pub(crate) time: i64,
    /// What was asked for, for replay; the journal does not look inside.
    pub(crate) asked: Vec<u8>,
    /// What came of it beside the records: absolute puts and deletes, sorted.
    pub(crate) results: Vec<Change>,
    /// One for each record that the commit asked for or changed, by subject.
    pub(crate) leaves: Vec<Leaf>,
}

/// The part of a commit that belongs to one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Leaf {
    pub(crate) subject: Subject,
    /// `None` once it was erased.
    pub(crate) content: Option<LeafContent>,
}

/// What a leaf holds until it is erased.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LeafContent {
    pub(crate) asked: Vec<u8>,
    /// Absolute puts and deletes, sorted. No other part of the commit has one of these keys.
    pub(crate) results: Vec<Change>,
    /// Keys that the record gave up to another one in the same commit, with the place of that one's
    /// leaf. They count as deletes only where the other leaf is erased.
    pub(crate) released: Vec<(Vec<u8>, u32)>,
}

/// Whom a leaf is about: the number of an object and that of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Subject {
    pub(crate) object: u32,
    pub(crate) id: u128,
}

impl Subject {
    pub(super) const LENGTH: usize = 20;

    pub(super) fn to_bytes(self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        let (object, id) = bytes.split_at_mut(4);
        object.copy_from_slice(&self.object.to_be_bytes());
        id.copy_from_slice(&self.id.to_be_bytes());
        bytes
    }
}

impl Entry {
    /// Everything that came of the commit: each key once, by part in order.
    pub(crate) fn changes(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        let leaves = self.leaves.iter().filter_map(|leaf| leaf.content.as_ref());
        let kept = leaves.clone().flat_map(|content| &content.results);
        let freed = leaves
            .flat_map(|content| &content.released)
            .filter(|(_, taker)| self.is_erased(*taker))
            .map(|(key, _)| (key.as_slice(), None));
        let results = self.results.iter().chain(kept);
        results
            .map(|(key, value)| (key.as_slice(), value.as_deref()))
            .chain(freed)
    }

    /// The same as [`changes`](Self::changes), without a copy.
    pub(crate) fn into_changes(self) -> impl Iterator<Item = Change> {
        let freed: Vec<Change> = self
            .leaves
            .iter()
            .filter_map(|leaf| leaf.content.as_ref())
            .flat_map(|content| &content.released)
            .filter(|(_, taker)| self.is_erased(*taker))
            .map(|(key, _)| (key.clone(), None))
            .collect();
        let leaves = self.leaves.into_iter().filter_map(|leaf| leaf.content);
        let kept = leaves.flat_map(|content| content.results);
        self.results.into_iter().chain(kept).chain(freed)
    }

    fn is_erased(&self, leaf: u32) -> bool {
        let leaf = usize::try_from(leaf)
            .ok()
            .and_then(|at| self.leaves.get(at));
        leaf.is_some_and(|leaf| leaf.content.is_none())
    }
}
