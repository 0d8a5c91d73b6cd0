//! What do the writes of a commit come to, and may they happen?
//!
//! Commits are settled one after the other in the order of the queue, each against the state and
//! the earlier ones of its group. Additions become absolute values here, which is why two writers
//! of one total never conflict.

use std::collections::BTreeMap;

use crate::journal::{Change, Entry, Leaf, LeafContent, Position};

use super::{Commit, CommitError, CommitLeaf, StoreError, Write};

/// A commit larger than this is refused.
const LARGEST_COMMIT: usize = 256 * 1024 * 1024;

/// The state that a group of commits is settled against.
pub(super) trait Ground {
    /// The newest value of `key`.
    fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;
    /// Whether `key` was written after `at`.
    fn written_after(&self, key: &[u8], at: Position) -> Result<bool, StoreError>;
}

/// Commits that go to the disk together.
pub(super) struct Group<'a> {
    ground: &'a dyn Ground,
    head: Position,
    /// The newest values of what earlier commits of this group wrote, but for the last one.
    staged: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    entries: Vec<Entry>,
    /// Whether the last commit is not staged yet.
    unstaged: bool,
}

impl<'a> Group<'a> {
    /// A group whose first commit comes right after `head`.
    pub(super) fn new(ground: &'a dyn Ground, head: Position) -> Self {
        Group {
            ground,
            head,
            staged: BTreeMap::new(),
            entries: Vec::new(),
            unstaged: false,
        }
    }

    /// Takes the commit into the group and says its position, or why it cannot happen.
    pub(super) fn admit(&mut self, commit: Commit) -> Result<Position, CommitError> {
        self.stage_last();
        // Nothing was written since a commit that read the head.
        if self.head != commit.at {
            if commit.alone {
                return Err(CommitError::Conflict { key: Vec::new() });
            }
            for key in commit.unchanged {
                // Everything staged is newer than what any caller can have read.
                let changed =
                    self.staged.contains_key(&key) || self.ground.written_after(&key, commit.at)?;
                if changed {
                    return Err(CommitError::Conflict { key });
                }
            }
        }
        let position = self.head.next();
        let entry = Entry {
            position,
            time: commit.time,
            asked: commit.asked,
            results: self.results(commit.writes, position)?,
            leaves: leaves(commit.leaves, position),
        };
        check_size(&entry)?;
        self.unstaged = true;
        self.entries.push(entry);
        self.head = position;
        Ok(position)
    }

    /// Takes up what the last commit wrote. Only now: where one commit comes alone, as they do from
    /// one writer, nothing is copied.
    fn stage_last(&mut self) {
        if let (true, Some(last)) = (self.unstaged, self.entries.last()) {
            let changes = last.changes();
            self.staged
                .extend(changes.map(|(key, value)| (key.to_vec(), value.map(<[u8]>::to_vec))));
        }
        self.unstaged = false;
    }

    pub(super) fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    /// What the common writes come to, by key.
    fn results(
        &self,
        mut writes: Vec<Write>,
        position: Position,
    ) -> Result<Vec<Change>, StoreError> {
        for write in &mut writes {
            if let Write::Stamp { prefix, value } = write {
                let key = stamped(std::mem::take(prefix), position);
                let value = std::mem::take(value);
                *write = Write::Put { key, value };
            }
        }
        // Stable: the writes of one key come together, in their order.
        if !writes.is_sorted_by(|one, next| one.key() <= next.key()) {
            writes.sort_by(|one, next| one.key().cmp(next.key()));
        }
        let mut results: Vec<Change> = Vec::with_capacity(writes.len());
        for write in writes {
            let before = results.pop_if(|last| last.0 == write.key());
            results.extend(self.settle(write, before)?);
        }
        Ok(results)
    }

    /// What one write comes to, after what the earlier ones of its key in this commit came to.
    fn settle(&self, write: Write, before: Option<Change>) -> Result<Option<Change>, StoreError> {
        Ok(match write {
            Write::Put { key, value } | Write::Stamp { prefix: key, value } => {
                Some((key, Some(value)))
            }
            Write::Delete { key } | Write::Release { key } => Some((key, None)),
            Write::Add { key, count, sum } => {
                let old = self.value(&key, before.as_ref())?;
                match added(&key, old.as_deref(), count, sum)? {
                    Some(after) => Some((key, after)),
                    None => before,
                }
            }
            Write::Raise { key, to } => {
                // Written even where it raises nothing: who looked the maximum up again must hear of this one.
                let old = self.value(&key, before.as_ref())?;
                let after = maximum(&key, old.as_deref())?.map_or(to, |old| old.max(to));
                Some((key, Some(after.to_be_bytes().to_vec())))
            }
        })
    }

    /// The newest value of `key`: of this commit, of its group, of the ground.
    fn value(&self, key: &[u8], before: Option<&Change>) -> Result<Option<Vec<u8>>, StoreError> {
        let before = before.map(|(_, value)| value);
        match before.or_else(|| self.staged.get(key)) {
            Some(value) => Ok(value.clone()),
            None => self.ground.value(key),
        }
    }
}

/// What the leaves of a commit come to, by subject.
fn leaves(mut parts: Vec<CommitLeaf>, position: Position) -> Vec<Leaf> {
    if !parts.is_sorted_by_key(|part| part.subject) {
        parts.sort_by_key(|part| part.subject);
    }
    let mut released = Vec::new();
    let mut leaves = Vec::with_capacity(parts.len());
    for (place, part) in parts.into_iter().enumerate() {
        let mut results = Vec::with_capacity(part.writes.len());
        for write in part.writes {
            match write {
                Write::Put { key, value } => results.push((key, Some(value))),
                Write::Stamp { prefix, value } => {
                    results.push((stamped(prefix, position), Some(value)));
                }
                Write::Delete { key } => results.push((key, None)),
                Write::Release { key } => released.push((place, key)),
                // A total belongs to no record alone, and what it was before is looked up nowhere here.
                Write::Add { .. } | Write::Raise { .. } => {
                    debug_assert!(false, "totals belong to the common part");
                }
            }
        }
        sort(&mut results);
        let content = LeafContent {
            asked: part.asked,
            results,
            released: Vec::new(),
        };
        leaves.push(Leaf {
            subject: part.subject,
            content: Some(content),
        });
    }
    for (place, key) in released {
        release(&mut leaves, place, key);
    }
    leaves
}

/// Sorts by key; of two changes of one key the later one holds.
fn sort(results: &mut Vec<Change>) {
    if !results.is_sorted_by(|one, next| one.0 < next.0) {
        // Stable, and from the end: the first of each key is then the last that was written.
        results.reverse();
        results.sort_by(|one, next| one.0.cmp(&next.0));
        results.dedup_by(|next, one| next.0 == one.0);
    }
}

/// Gives a key up in favour of the leaf that puts it, or else deletes it.
fn release(leaves: &mut [Leaf], place: usize, key: Vec<u8>) {
    let puts = |leaf: &Leaf| {
        let results = leaf.content.as_ref().map(|content| &content.results);
        results.is_some_and(|results| results.binary_search_by(|row| row.0.cmp(&key)).is_ok())
    };
    let taker = leaves.iter().position(puts);
    let Some(content) = leaves.get_mut(place).and_then(|leaf| leaf.content.as_mut()) else {
        return;
    };
    match taker {
        Some(taker) if taker != place => content.released.push((key, taker as u32)),
        Some(_) => {}
        None => {
            content.results.push((key, None));
            sort(&mut content.results);
        }
    }
}

fn stamped(mut prefix: Vec<u8>, position: Position) -> Vec<u8> {
    prefix.extend_from_slice(&position.get().to_be_bytes());
    prefix
}

fn check_size(entry: &Entry) -> Result<(), StoreError> {
    let results: usize = entry
        .changes()
        .map(|(key, value)| key.len() + value.map_or(0, <[u8]>::len))
        .sum();
    let leaves = entry.leaves.iter().filter_map(|leaf| leaf.content.as_ref());
    let asked: usize = leaves.map(|content| content.asked.len()).sum();
    let bytes = results + entry.asked.len() + asked;
    if bytes > LARGEST_COMMIT {
        return Err(StoreError::TooLarge {
            bytes,
            limit: LARGEST_COMMIT,
        });
    }
    Ok(())
}

/// The total after an addition; `Some(None)` when it ends, `None` when nothing changes.
pub(super) fn added(
    key: &[u8],
    before: Option<&[u8]>,
    count: i64,
    sum: i128,
) -> Result<Option<Option<Vec<u8>>>, StoreError> {
    let (old_count, old_sum) = match before {
        None => (0, 0),
        Some(bytes) => total(bytes).ok_or_else(|| wrong_kind(key, bytes, "total"))?,
    };
    let overflow = || StoreError::TotalOverflow { key: key.to_vec() };
    let new_count = old_count.checked_add(count).ok_or_else(overflow)?;
    let new_sum = old_sum.checked_add(sum).ok_or_else(overflow)?;
    Ok(match (new_count, new_sum) {
        (0, 0) => before.map(|_| None),
        new if before.is_some() && new == (old_count, old_sum) => None,
        _ => {
            let mut value = new_count.to_be_bytes().to_vec();
            value.extend_from_slice(&new_sum.to_be_bytes());
            Some(Some(value))
        }
    })
}

pub(super) fn total(bytes: &[u8]) -> Option<(i64, i128)> {
    let (count, sum) = bytes.split_first_chunk::<8>()?;
    let sum: [u8; 16] = sum.try_into().ok()?;
    Some((i64::from_be_bytes(*count), i128::from_be_bytes(sum)))
}

pub(super) fn maximum(key: &[u8], before: Option<&[u8]>) -> Result<Option<i64>, StoreError> {
    before
        .map(|bytes| {
            let value: [u8; 8] = bytes
                .try_into()
                .map_err(|_| wrong_kind(key, bytes, "maximum"))?;
            Ok(i64::from_be_bytes(value))
        })
        .transpose()
}

fn wrong_kind(key: &[u8], bytes: &[u8], kind: &'static str) -> StoreError {
    StoreError::WrongKind {
        key: key.to_vec(),
        length: bytes.len(),
        kind,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::journal::Subject;

    /// A state in which `written` was written at position 5 and nothing since.
    struct AtFive;

    impl Ground for AtFive {
        fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
            Ok((key == b"written").then(|| b"old".to_vec()))
        }

        fn written_after(&self, key: &[u8], at: Position) -> Result<bool, StoreError> {
            Ok(key == b"written" && at < Position::from_number(5))
        }
    }

    fn commit(at: u64, unchanged: &[&[u8]], writes: Vec<Write>) -> Commit {
        Commit {
            at: Position::from_number(at),
            unchanged: unchanged.iter().map(|key| key.to_vec()).collect(),
            writes,
            ..Commit::default()
        }
    }

    fn put(key: &[u8]) -> Write {
        Write::Put {
            key: key.to_vec(),
            value: b"new".to_vec(),
        }
    }

    #[test]
    fn a_commit_is_checked_against_the_earlier_ones_of_its_group() {
        let mut group = Group::new(&AtFive, Position::from_number(5));
        let first = group.admit(commit(5, &[b"written"], vec![put(b"written")]));
        assert_eq!(first.unwrap().get(), 6);
        let second = group.admit(commit(5, &[b"written"], vec![put(b"other")]));
        assert!(matches!(second, Err(CommitError::Conflict { key }) if key == b"written"));
        // The refused commit staged nothing and took no position.
        let third = group.admit(commit(5, &[b"other"], vec![put(b"other")]));
        assert_eq!(third.unwrap().get(), 7);
        assert_eq!(group.into_entries().len(), 2);
    }

    #[test]
    fn a_commit_is_checked_against_the_state() {
        let mut group = Group::new(&AtFive, Position::from_number(5));
        let late = group.admit(commit(4, &[b"written"], vec![]));
        assert!(matches!(late, Err(CommitError::Conflict { .. })));
        assert!(group.admit(commit(4, &[b"other"], vec![])).is_ok());
    }

    #[test]
    fn totals_run_on_through_a_group() {
        let mut group = Group::new(&AtFive, Position::from_number(5));
        let key = b"total".to_vec();
        let add = |sum| Write::Add {
            key: key.clone(),
            count: 1,
            sum,
        };
        group.admit(commit(5, &[], vec![add(10)])).unwrap();
        group.admit(commit(5, &[], vec![add(-4)])).unwrap();
        let mut value = 2_i64.to_be_bytes().to_vec();
        value.extend_from_slice(&6_i128.to_be_bytes());
        let last = group.into_entries().pop().unwrap();
        assert_eq!(last.results, [(key, Some(value))]);
    }

    #[test]
    fn a_commit_that_is_too_large_is_refused() {
        let entry = Entry {
            position: Position::START,
            time: 0,
            asked: vec![0; LARGEST_COMMIT],
            results: vec![(vec![1], None)],
            leaves: Vec::new(),
        };
        assert!(matches!(
            check_size(&entry),
            Err(StoreError::TooLarge { .. })
        ));
    }

    fn leaf(object: u32, writes: Vec<Write>) -> CommitLeaf {
        CommitLeaf {
            subject: Subject { object, id: 7 },
            asked: Vec::new(),
            writes,
        }
    }

    fn changed(entry: &Entry) -> Vec<(&[u8], Option<&[u8]>)> {
        entry.changes().collect()
    }

    #[test]
    fn a_key_that_moves_to_another_record_stays_deleted_where_that_one_is_erased() {
        let key = || b"phone".to_vec();
        let mut group = Group::new(&AtFive, Position::from_number(5));
        let moved = Commit {
            leaves: vec![
                leaf(2, vec![put(b"phone")]),
                leaf(1, vec![Write::Release { key: key() }, put(b"a")]),
            ],
            ..commit(5, &[], vec![])
        };
        group.admit(moved).unwrap();
        // Staged like everything else: the next commit of the group reads it.
        let next = group.admit(commit(5, &[b"phone"], vec![]));
        assert!(matches!(next, Err(CommitError::Conflict { .. })));
        let mut entry = group.into_entries().pop().unwrap();
        let new = Some(b"new".as_slice());
        assert_eq!(changed(&entry), [(b"a".as_slice(), new), (b"phone", new)]);
        entry.leaves[1].content = None;
        assert_eq!(changed(&entry), [(b"a".as_slice(), new), (b"phone", None)]);
        let into: Vec<Change> = entry.clone().into_changes().collect();
        assert_eq!(into.len(), 2);
        entry.leaves[0].content = None;
        assert!(changed(&entry).is_empty());
    }

    #[test]
    fn a_key_that_nobody_takes_is_deleted_when_it_is_given_up() {
        let key = b"phone".to_vec();
        let mut group = Group::new(&AtFive, Position::from_number(5));
        let given_up = Commit {
            leaves: vec![leaf(1, vec![put(b"z"), Write::Release { key }])],
            ..commit(5, &[], vec![])
        };
        group.admit(given_up).unwrap();
        let entry = group.into_entries().pop().unwrap();
        let new = Some(b"new".as_slice());
        assert_eq!(changed(&entry), [(b"phone".as_slice(), None), (b"z", new)]);
    }

    #[test]
    fn the_last_write_of_a_key_holds_in_a_leaf_too() {
        let delete = Write::Delete { key: b"a".to_vec() };
        let mut group = Group::new(&AtFive, Position::from_number(5));
        let twice = Commit {
            leaves: vec![leaf(1, vec![put(b"b"), put(b"a"), delete])],
            ..commit(5, &[], vec![])
        };
        group.admit(twice).unwrap();
        let entry = group.into_entries().pop().unwrap();
        let new = Some(b"new".as_slice());
        assert_eq!(changed(&entry), [(b"a".as_slice(), None), (b"b", new)]);
    }
}
