//! What must a store be able to do?
//!
//! The trait is free of closures, long-lived iterators and locks that outlive a call, so that a
//! server can stand behind it as well as a folder.

use std::collections::BTreeSet;
use std::path::Path;

use crate::journal::{Entry, Journal, Position, Subject};

use super::runs::Scratch;
use super::{CommitError, Entries, Progress, StoreError};

/// One change of one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Write {
    Put {
        key: Vec<u8>,
        value: Vec<u8>,
    },
    Delete {
        key: Vec<u8>,
    },
    /// Puts under `prefix` followed by the commit's own position as u64 big-endian, which nobody
    /// knows before the commit.
    Stamp {
        prefix: Vec<u8>,
        value: Vec<u8>,
    },
    /// Adds to a total. The entry holds 24 bytes, count as i64 and sum as i128, both big-endian;
    /// it is deleted when both become 0. Two commits that add to one total do not conflict.
    Add {
        key: Vec<u8>,
        count: i64,
        sum: i128,
    },
    /// Raises a maximum: 8 bytes, i64 big-endian. A smaller value changes nothing.
    Raise {
        key: Vec<u8>,
        to: i64,
    },
    /// In a leaf: deletes, unless another leaf of the commit puts the key. The key is the other
    /// leaf's then, and stays deleted where that one is erased.
    Release {
        key: Vec<u8>,
    },
}

impl Write {
    /// The key, or for a stamp what it begins with.
    pub(crate) fn key(&self) -> &[u8] {
        match self {
            Write::Put { key, .. }
            | Write::Delete { key }
            | Write::Stamp { prefix: key, .. }
            | Write::Add { key, .. }
            | Write::Raise { key, .. }
            | Write::Release { key } => key,
        }
    }
}

/// Changes that happen together or not at all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Commit {
    /// The position at which the caller read. It keeps it pinned until the commit is answered.
    pub(crate) at: Position,
    /// Keys that must not have been written after `at`.
    pub(crate) unchanged: Vec<Vec<u8>>,
    /// Nothing at all may have been written after `at`: for changes that were made from everything there is.
    pub(crate) alone: bool,
    /// What holds no values of records. In order: of two writes of one key the later one holds.
    pub(crate) writes: Vec<Write>,
    /// What was asked for, without values of records, kept in the journal for replay.
    pub(crate) asked: Vec<u8>,
    /// What holds values of records, by record. No key is written by two of them.
    pub(crate) leaves: Vec<CommitLeaf>,
    /// Microseconds since 1970.
    pub(crate) time: i64,
}

/// The part of a commit that holds values of one record, so that it can be erased with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommitLeaf {
    pub(crate) subject: Subject,
    pub(crate) asked: Vec<u8>,
    pub(crate) writes: Vec<Write>,
}

/// A range of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: Vec<u8>,
    /// Exclusive. Empty means that there is no end.
    pub(crate) end: Vec<u8>,
}

impl Span {
    /// All keys that begin with `prefix`.
    pub(crate) fn prefix(prefix: &[u8]) -> Self {
        let mut end = prefix.to_vec();
        // The next prefix of the same kind: 0xFF carries over.
        while let Some(last) = end.pop() {
            if last < u8::MAX {
                end.push(last + 1);
                break;
            }
        }
        Span {
            start: prefix.to_vec(),
            end,
        }
    }

    /// What is left of the span once a scan has come to `last`.
    pub(crate) fn beyond(mut self, last: &[u8], direction: Direction) -> Self {
        match direction {
            Direction::Forward => {
                self.start = last.to_vec();
                self.start.push(0);
            }
            Direction::Backward if last.is_empty() => {
                // Nothing sorts before the empty key, and an empty end would mean the opposite.
                self.start = vec![0];
                self.end = vec![0];
            }
            Direction::Backward => self.end = last.to_vec(),
        }
        self
    }

    pub(crate) fn is_empty(&self) -> bool {
        !self.end.is_empty() && self.start >= self.end
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Forward,
    Backward,
}

/// An entry of the state: its key and its value.
pub(crate) type Row = (Vec<u8>, Vec<u8>);

/// What a check of the whole store found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verified {
    /// Entries of the journal that were read, checksums and hash chain included.
    pub(crate) entries: u64,
    /// Whether the state is what the journal's results come to.
    pub(crate) state_is_fold: bool,
    /// The first key at which the two differ.
    pub(crate) first_difference: Option<Vec<u8>>,
}

/// A store: the journal and the state that is folded from it.
pub(crate) trait Backend: Send + Sync {
    /// The position of the last commit that readers can see.
    fn head(&self) -> Position;

    /// The oldest position that can be read. It never goes back; pins hold it where it is.
    fn oldest(&self) -> Position;

    /// The last position up to which no commit was later than an instant, in microseconds since 1970.
    fn position_at(&self, time: i64) -> Result<Position, StoreError>;

    /// Takes a snapshot: what is visible at the returned position stays readable until as many
    /// calls of [`unpin`](Self::unpin).
    fn pin(&self) -> Position;

    /// Takes a snapshot of an earlier position, unless it is [`SnapshotGone`](StoreError::SnapshotGone).
    fn pin_at(&self, at: Position) -> Result<(), StoreError>;

    fn unpin(&self, at: Position);

    /// The values of `keys` at any position between the oldest and the head, in the order of the
    /// keys. Only a pinned position is sure not to become older than the oldest between two calls.
    fn get_many(&self, at: Position, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, StoreError>;

    /// The first `limit` entries of `span` in `direction`, at such a position. Fewer only when there are no more; the
    /// caller goes on from the last key with [`Span::beyond`].
    fn scan(
        &self,
        at: Position,
        span: &Span,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError>;

    /// As [`get_many`](Self::get_many), of one key.
    fn get(&self, at: Position, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.get_many(at, &[key])?.pop().flatten())
    }

    /// As [`get_many`](Self::get_many), in one piece of memory.
    fn get_all(&self, at: Position, keys: &[&[u8]]) -> Result<Entries, StoreError> {
        Ok(self.get_many(at, keys)?.into())
    }

    /// As [`scan`](Self::scan), in one piece of memory.
    fn list(
        &self,
        at: Position,
        span: &Span,
        direction: Direction,
        limit: usize,
    ) -> Result<Entries, StoreError> {
        Ok(self.scan(at, span, direction, limit)?.into())
    }

    /// Commits atomically and returns the commit's position once it is as durable as was asked for.
    fn commit(&self, commit: Commit) -> Result<Position, CommitError>;

    /// The journal's entry of a position, if there is one.
    fn entry(&self, at: Position) -> Result<Option<Entry>, StoreError>;

    /// The first `limit` entries of the journal after a position.
    fn entries(&self, after: Position, limit: usize) -> Result<Vec<Entry>, StoreError>;

    /// Reads the whole journal, folds its results and compares them with the state.
    fn verify(&self) -> Result<Verified, StoreError>;

    /// Moves everything from memory into the state on disk.
    #[cfg_attr(not(test), allow(dead_code))]
    fn fold(&self) -> Result<(), StoreError>;

    /// The bytes of commits that wait in memory to be folded.
    #[cfg(feature = "testing")]
    fn overlay_bytes(&self) -> usize {
        0
    }

    /// Where the bytes of the state are, without what waits in memory.
    #[cfg(feature = "testing")]
    fn tally(&self) -> Result<Vec<super::KindBytes>, StoreError> {
        Ok(Vec::new())
    }

    /// Drops the history that is older than what is to be kept, wherever it lies.
    #[cfg_attr(not(test), allow(dead_code))]
    fn prune(&self) -> Result<(), StoreError>;

    /// Does what nobody waits for: full segments of the journal are compressed, the next is made ahead.
    fn tend(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Erases everything that holds values of these records, wherever it lies, for good. They are
    /// deleted already, and whoever reads an earlier position does not find them there either. Says
    /// how many parts of commits were erased. What a crash or an error leaves is erased by calling it
    /// again.
    fn erase(
        &self,
        _subjects: &BTreeSet<Subject>,
        _tell: &mut dyn FnMut(Progress),
    ) -> Result<u64, StoreError> {
        Err(StoreError::Unsupported { what: "erasing" })
    }

    /// Removes what the journal holds before a position, as far as whole segments go and a checkpoint
    /// holds what came of it. Says from which position on the journal is still there.
    fn trim(&self, _before: Position) -> Result<Position, StoreError> {
        let what = "trimming the journal";
        Err(StoreError::Unsupported { what })
    }

    /// The folder of the store, where it has one.
    fn home(&self) -> Option<&Path> {
        None
    }

    /// Folds, makes everything durable and lets go of the store. Any later call fails with `Closed`.
    fn close(&self) -> Result<(), StoreError>;

    /// The journal, where it lies in files of our own: what a backup copies.
    fn journal(&self) -> Option<&Journal> {
        None
    }

    /// Where work that does not fit into memory may put files; without it, memory must do.
    fn scratch(&self) -> Option<Scratch> {
        None
    }
}
