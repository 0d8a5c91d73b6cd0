//! How does a store behave that keeps everything in memory? As the others do, until it is dropped.

use std::collections::BTreeSet;
use std::sync::RwLock;

use crate::journal::{Entry, Position, Subject};

use super::locks::{read, write};
use super::overlay::Overlay;
use super::pins::Pins;
use super::settle::{Ground, Group};
use super::verify::Folded;
use super::{
    Backend, Commit, CommitError, Direction, Progress, Retention, Row, Span, StoreError, Verified,
    spaces,
};

/// A store in memory, for tests and for trying things out.
#[derive(Default)]
pub(crate) struct MemoryBackend {
    all: RwLock<All>,
    pins: Pins,
    keep_history: Retention,
}

#[derive(Default)]
struct All {
    overlay: Overlay,
    entries: Vec<Entry>,
    /// Versions that only readers before this position saw are gone.
    oldest: Position,
    closed: bool,
}

impl MemoryBackend {
    /// A store that can be read as of any position.
    #[cfg(test)]
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn keeping(keep_history: Retention) -> Self {
        MemoryBackend {
            keep_history,
            ..Self::default()
        }
    }
}

impl All {
    fn head(&self) -> Position {
        self.entries
            .last()
            .map_or(Position::START, |entry| entry.position)
    }

    fn open(&self) -> Result<&Self, StoreError> {
        if self.closed {
            return Err(StoreError::Closed);
        }
        Ok(self)
    }

    fn readable(&self, at: Position) -> Result<&Self, StoreError> {
        if at < self.oldest {
            let oldest = self.oldest;
            return Err(StoreError::SnapshotGone { at, oldest });
        }
        self.open()
    }

    fn kept_from(&self, keep: Retention) -> Position {
        let head = self.head();
        match keep {
            Retention::Everything => Position::START,
            Retention::None => head,
            Retention::Commits(count) => Position::from_number(head.get().saturating_sub(count)),
            Retention::Days(days) => {
                let now = self.entries.last().map_or(0, |entry| entry.time);
                let from = now.saturating_sub(i64::from(days) * 24 * 60 * 60 * 1_000_000);
                let before = self.entries.partition_point(|entry| entry.time <= from);
                let last = before.checked_sub(1).and_then(|at| self.entries.get(at));
                last.map_or(Position::START, |entry| entry.position)
            }
        }
    }

    /// Where the entries after a position begin: positions have no gaps here.
    fn index_after(&self, after: Position) -> usize {
        usize::try_from(after.get()).unwrap_or(usize::MAX)
    }
}

impl Ground for All {
    fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let value = self.overlay.at(key, self.head()).flatten();
        Ok(value.map(<[u8]>::to_vec))
    }

    fn written_after(&self, key: &[u8], at: Position) -> Result<bool, StoreError> {
        Ok(self.readable(at)?.overlay.written_after(key, at))
    }
}

impl Backend for MemoryBackend {
    fn head(&self) -> Position {
        read(&self.all).head()
    }

    fn oldest(&self) -> Position {
        read(&self.all).oldest
    }

    fn position_at(&self, time: i64) -> Result<Position, StoreError> {
        let all = read(&self.all);
        let until = all.entries.iter().take_while(|entry| entry.time <= time);
        Ok(until.last().map_or(Position::START, |entry| entry.position))
    }

    fn pin(&self) -> Position {
        self.pins.pin(|| self.head())
    }

    fn pin_at(&self, at: Position) -> Result<(), StoreError> {
        // Pruning says what it drops while it holds this lock for writing.
        let all = read(&self.all);
        all.readable(at)?;
        self.pins.pin_at(at);
        Ok(())
    }

    fn unpin(&self, at: Position) {
        self.pins.unpin(at);
    }

    fn get_many(&self, at: Position, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let all = read(&self.all);
        let all = all.readable(at)?;
        let get = |key: &&[u8]| Some(all.overlay.at(key, at)??.to_vec());
        Ok(keys.iter().map(get).collect())
    }

    fn scan(
        &self,
        at: Position,
        span: &Span,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let all = read(&self.all);
        let all = all.readable(at)?;
        let end = (!span.end.is_empty()).then_some(span.end.as_slice());
        let rows = all
            .overlay
            .range(&span.start, end, at)
            .filter_map(|(key, value)| Some((key.to_vec(), value?.to_vec())));
        Ok(match direction {
            Direction::Forward => rows.take(limit).collect(),
            Direction::Backward => rows.rev().take(limit).collect(),
        })
    }

    fn commit(&self, commit: Commit) -> Result<Position, CommitError> {
        let mut all = write(&self.all);
        let ground = all.open()?;
        let mut group = Group::new(ground, ground.head());
        let position = group.admit(commit)?;
        for entry in group.into_entries() {
            all.overlay.insert(entry.clone());
            all.entries.push(entry);
        }
        Ok(position)
    }

    fn entry(&self, at: Position) -> Result<Option<Entry>, StoreError> {
        let all = read(&self.all);
        let before = at.get().checked_sub(1).map(Position::from_number);
        let found = before.and_then(|before| all.entries.get(all.index_after(before)));
        all.open()?;
        Ok(found.cloned())
    }

    fn entries(&self, after: Position, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let all = read(&self.all);
        let all = all.open()?;
        let rest = all.entries.iter().skip(all.index_after(after));
        Ok(rest.take(limit).cloned().collect())
    }

    fn verify(&self) -> Result<Verified, StoreError> {
        let at = self.pin();
        let verified = self
            .entries(Position::START, usize::MAX)
            .and_then(|entries| {
                let mut folded = Folded::new(None);
                let until = entries.iter().filter(|entry| entry.position <= at);
                // Why it broke off is told by the comparison.
                let _ = until.into_iter().try_for_each(|entry| folded.absorb(entry));
                folded.compare(self, at)
            });
        self.unpin(at);
        verified
    }

    fn fold(&self) -> Result<(), StoreError> {
        self.prune()
    }

    fn prune(&self) -> Result<(), StoreError> {
        let mut all = write(&self.all);
        all.open()?;
        let kept = all.kept_from(self.keep_history);
        let floor = kept.min(self.pins.horizon(|| all.head()));
        if floor > all.oldest {
            all.oldest = floor;
            all.overlay.keep_from(floor);
        }
        Ok(())
    }

    fn erase(
        &self,
        subjects: &BTreeSet<Subject>,
        _tell: &mut dyn FnMut(Progress),
    ) -> Result<u64, StoreError> {
        let mut all = write(&self.all);
        all.open()?;
        let mut erased = 0;
        for leaf in all.entries.iter_mut().flat_map(|entry| &mut entry.leaves) {
            if subjects.contains(&leaf.subject) && leaf.content.take().is_some() {
                erased += 1;
            }
        }
        let theirs = |key: &[u8], value: &[u8]| {
            spaces::owner(key, value).is_some_and(|owner| subjects.contains(&owner))
        };
        all.overlay.forget(theirs);
        Ok(erased)
    }

    fn close(&self) -> Result<(), StoreError> {
        write(&self.all).closed = true;
        Ok(())
    }
}
