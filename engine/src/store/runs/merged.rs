//! How do sorted runs become one row?
//!
//! Each source stands at its next version; `order` holds the sources sorted by what they stand at,
//! so the first is always next, and after a step only one source has to find its place again.

use std::cmp::Reverse;

use crate::journal::Position;
use crate::store::{Row, StoreError};

use super::Version;
use super::buffer::Buffer;
use super::run::{Cursor, Run};

enum Source {
    Run(Cursor),
    /// A sorted buffer and the place that comes next in it.
    Memory(Buffer, usize),
}

impl Source {
    fn advance(&mut self) -> Result<bool, StoreError> {
        match self {
            Source::Run(cursor) => cursor.advance(),
            Source::Memory(buffer, next) => {
                *next += 1;
                Ok(buffer.get(*next - 1).is_some())
            }
        }
    }

    fn version(&self) -> Option<Version<'_>> {
        match self {
            Source::Run(cursor) => Some(cursor.version()),
            Source::Memory(buffer, next) => buffer.get(next.checked_sub(1)?),
        }
    }

    fn rank(&self) -> Option<(&[u8], Reverse<Position>)> {
        let version = self.version()?;
        Some((version.key, Reverse(version.position)))
    }
}

/// Versions by key, newest first.
pub(crate) struct Merged {
    sources: Vec<Source>,
    /// Places in `sources` of those that have more to give.
    order: Vec<usize>,
    /// Whether what the first stands at was given already.
    given: bool,
}

impl Merged {
    pub(super) fn of(runs: Vec<Run>, rest: Option<Buffer>) -> Result<Self, StoreError> {
        let runs = runs.into_iter().map(|run| Source::Run(Cursor::new(run)));
        let rest = rest.map(|buffer| Source::Memory(buffer, 0));
        let mut merged = Merged {
            sources: runs.chain(rest).collect(),
            order: Vec::new(),
            given: false,
        };
        for (place, source) in merged.sources.iter_mut().enumerate() {
            if source.advance()? {
                merged.order.push(place);
            }
        }
        let sources = &merged.sources;
        merged
            .order
            .sort_by(|a, b| rank(sources, *a).cmp(&rank(sources, *b)));
        Ok(merged)
    }

    /// The next version. It lasts until the next call.
    #[allow(clippy::should_implement_trait)]
    pub(crate) fn next(&mut self) -> Result<Option<Version<'_>>, StoreError> {
        if self.given {
            self.step()?;
        }
        self.given = true;
        let first = self
            .order
            .first()
            .and_then(|place| self.sources.get(*place));
        Ok(first.and_then(Source::version))
    }

    /// Only the newest version of each key, and only if it is a put: what the pushed changes come to.
    pub(crate) fn newest(self) -> Newest {
        Newest {
            merged: self,
            last: None,
        }
    }

    fn step(&mut self) -> Result<(), StoreError> {
        let Some((first, others)) = self.order.split_first() else {
            return Ok(());
        };
        let first = *first;
        let Some(source) = self.sources.get_mut(first) else {
            return Ok(());
        };
        if !source.advance()? {
            self.order.remove(0);
            return Ok(());
        }
        let sources = &self.sources;
        let own = rank(sources, first);
        let smaller = match others.first() {
            Some(next) if rank(sources, *next) < own => {
                others.partition_point(|other| rank(sources, *other) < own)
            }
            _ => 0,
        };
        if let Some(passed) = self.order.get_mut(..=smaller) {
            passed.rotate_left(1);
        }
        Ok(())
    }
}

fn rank(sources: &[Source], place: usize) -> Option<(&[u8], Reverse<Position>)> {
    sources.get(place).and_then(Source::rank)
}

/// The state that versions come to, in key order.
pub(crate) struct Newest {
    merged: Merged,
    /// The key whose newest version is known.
    last: Option<Vec<u8>>,
}

impl Newest {
    fn row(&mut self) -> Result<Option<Row>, StoreError> {
        while let Some(version) = self.merged.next()? {
            match &mut self.last {
                Some(last) if last.as_slice() == version.key => continue,
                Some(last) => {
                    last.clear();
                    last.extend_from_slice(version.key);
                }
                None => self.last = Some(version.key.to_vec()),
            }
            if let Some(value) = version.value {
                return Ok(Some((version.key.to_vec(), value.to_vec())));
            }
        }
        Ok(None)
    }
}

impl Iterator for Newest {
    type Item = Result<Row, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.row().transpose()
    }
}
