//! What do the writes of a commit come to, and may they happen?
//!
//! Commits are settled one after the other in the order of the queue, each against the state and
//! the earlier ones of its group. Additions become absolute values here, which is why two writers
//! of one total never conflict.

use std::collections::BTreeMap;

use crate::journal::{Entry, Position};

use super::{Commit, CommitError, StoreError, Write};

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
    /// The newest values of what earlier commits of this group wrote.
    staged: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    entries: Vec<Entry>,
}

impl<'a> Group<'a> {
    /// A group whose first commit comes right after `head`.
    pub(super) fn new(ground: &'a dyn Ground, head: Position) -> Self {
        Group {
            ground,
            head,
            staged: BTreeMap::new(),
            entries: Vec::new(),
        }
    }

    /// Takes the commit into the group and says its position, or why it cannot happen.
    pub(super) fn admit(&mut self, commit: Commit) -> Result<Position, CommitError> {
        for key in commit.unchanged {
            // Everything staged is newer than what any caller can have read.
            let changed =
                self.staged.contains_key(&key) || self.ground.written_after(&key, commit.at)?;
            if changed {
                return Err(CommitError::Conflict { key });
            }
        }
        if commit.alone && self.head != commit.at {
            return Err(CommitError::Conflict { key: Vec::new() });
        }
        let position = self.head.next();
        let mut results = BTreeMap::new();
        for write in commit.writes {
            self.settle(write, position, &mut results)?;
        }
        let entry = Entry {
            position,
            time: commit.time,
            asked: commit.asked,
            results: results.into_iter().collect(),
        };
        check_size(&entry)?;
        self.staged.extend(entry.results.iter().cloned());
        self.entries.push(entry);
        self.head = position;
        Ok(position)
    }

    pub(super) fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    fn settle(
        &self,
        write: Write,
        position: Position,
        results: &mut BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    ) -> Result<(), StoreError> {
        match write {
            Write::Put { key, value } => {
                results.insert(key, Some(value));
            }
            Write::Delete { key } => {
                results.insert(key, None);
            }
            Write::Stamp { mut prefix, value } => {
                prefix.extend_from_slice(&position.get().to_be_bytes());
                results.insert(prefix, Some(value));
            }
            Write::Add { key, count, sum } => {
                let before = self.value(&key, results)?;
                if let Some(after) = added(&key, before.as_deref(), count, sum)? {
                    results.insert(key, after);
                }
            }
            Write::Raise { key, to } => {
                // Written even where it raises nothing: who looked the maximum up again must hear of this one.
                let before = self.value(&key, results)?;
                let after = maximum(&key, before.as_deref())?.map_or(to, |before| before.max(to));
                results.insert(key, Some(after.to_be_bytes().to_vec()));
            }
        }
        Ok(())
    }

    /// The newest value of `key`: of this commit, of its group, of the ground.
    fn value(
        &self,
        key: &[u8],
        results: &BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        match results.get(key).or_else(|| self.staged.get(key)) {
            Some(value) => Ok(value.clone()),
            None => self.ground.value(key),
        }
    }
}

fn check_size(entry: &Entry) -> Result<(), StoreError> {
    let results: usize = entry
        .results
        .iter()
        .map(|(key, value)| key.len() + value.as_ref().map_or(0, Vec::len))
        .sum();
    let bytes = results + entry.asked.len();
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
        };
        assert!(matches!(
            check_size(&entry),
            Err(StoreError::TooLarge { .. })
        ));
    }
}
