//! How are the overlay and the pages read as one state?
//!
//! Readers hold the lock around [`Layers`] while they read one chunk. While they do, the overlay
//! keeps every key that a running fold moves, so it does not matter to them how far the fold has
//! come: a page can only differ from one moment to the next in keys that the overlay answers.

use std::cmp::Ordering;
use std::iter::Peekable;

use crate::journal::Position;
use crate::store::overlay::Overlay;
use crate::store::settle::Ground;
use crate::store::{Direction, Row, Span, StoreError};

use super::page::Page;
use super::pages::{Fenced, Pages};

/// So many pages are read under one lock.
const CHUNK: usize = 64;

/// The state: newer versions in memory above pages on disk.
pub(super) struct Layers {
    pub(super) overlay: Overlay,
    /// `None` once the store was closed.
    pub(super) pages: Option<Pages>,
    /// The pages hold what was visible here; older positions cannot be read.
    pub(super) folded: Position,
}

impl Layers {
    pub(super) fn pages(&self) -> Result<&Pages, StoreError> {
        self.pages.as_ref().ok_or(StoreError::Closed)
    }

    fn readable(&self, at: Position) -> Result<&Pages, StoreError> {
        if at < self.folded {
            let oldest = self.folded;
            return Err(StoreError::SnapshotGone { at, oldest });
        }
        self.pages()
    }

    pub(super) fn get(&self, key: &[u8], at: Position) -> Result<Option<Vec<u8>>, StoreError> {
        let pages = self.readable(at)?;
        match self.overlay.at(key, at) {
            Some(value) => Ok(value.map(<[u8]>::to_vec)),
            None => pages.get(key),
        }
    }

    /// Appends entries of `span` to `rows` until there are `limit`, the span is read or a chunk of
    /// pages is. Returns what is left of the span, if anything.
    pub(super) fn scan_chunk(
        &self,
        at: Position,
        span: Span,
        direction: Direction,
        limit: usize,
        rows: &mut Vec<Row>,
    ) -> Result<Option<Span>, StoreError> {
        let pages = self.readable(at)?;
        match direction {
            Direction::Forward => self.forward(pages, at, span, limit, rows),
            Direction::Backward => self.backward(pages, at, span, limit, rows),
        }
    }

    fn forward(
        &self,
        pages: &Pages,
        at: Position,
        mut span: Span,
        limit: usize,
        rows: &mut Vec<Row>,
    ) -> Result<Option<Span>, StoreError> {
        let mut page = pages.holding(&span.start)?;
        for _ in 0..CHUNK {
            let next = match &page {
                Some(page) => pages.after(page.fence())?,
                None => None,
            };
            // Keys from the next fence on are read from the next page, also when this one still
            // has them because it was split in between.
            let bound = next.as_ref().map(Fenced::fence);
            let last = bound.is_none_or(|fence| !span.end.is_empty() && fence >= &span.end[..]);
            let end = if last { end_of(&span) } else { bound };
            let paged = match &page {
                Some(page) => Some(page.page()?),
                None => None,
            };
            let merged = Merged {
                paged: entries(paged, &span.start, end).peekable(),
                newer: self.overlay.range(&span.start, end, at).peekable(),
                order: |a, b| a.cmp(b),
            };
            if fill(rows, merged, limit) || last {
                return Ok(None);
            }
            span.start = bound.unwrap_or_default().to_vec();
            page = next;
        }
        Ok(Some(span))
    }

    fn backward(
        &self,
        pages: &Pages,
        at: Position,
        mut span: Span,
        limit: usize,
        rows: &mut Vec<Row>,
    ) -> Result<Option<Span>, StoreError> {
        for _ in 0..CHUNK {
            let page = pages.before(end_of(&span))?;
            let fence = page.as_ref().map_or(&[][..], Fenced::fence);
            let last = fence <= span.start.as_slice();
            let start = if last { span.start.as_slice() } else { fence };
            let paged = match &page {
                Some(page) => Some(page.page()?),
                None => None,
            };
            let merged = Merged {
                paged: entries(paged, start, end_of(&span)).rev().peekable(),
                newer: self
                    .overlay
                    .range(start, end_of(&span), at)
                    .rev()
                    .peekable(),
                order: |a, b| b.cmp(a),
            };
            if fill(rows, merged, limit) || last {
                return Ok(None);
            }
            span.end = fence.to_vec();
        }
        Ok(Some(span))
    }
}

impl Ground for Layers {
    fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.get(key, Position::from_number(u64::MAX))
    }

    fn written_after(&self, key: &[u8], at: Position) -> Result<bool, StoreError> {
        self.readable(at)?;
        Ok(self.overlay.written_after(key, at))
    }
}

fn end_of(span: &Span) -> Option<&[u8]> {
    (!span.end.is_empty()).then_some(span.end.as_slice())
}

fn entries<'a>(
    page: Option<Page<'a>>,
    start: &[u8],
    end: Option<&[u8]>,
) -> impl DoubleEndedIterator<Item = (Vec<u8>, &'a [u8])> {
    let entries = page.map(|page| page.range(start, end).map(move |at| page.entry(at)));
    entries.into_iter().flatten()
}

/// Appends until `limit` rows are there, and says whether they are.
fn fill(rows: &mut Vec<Row>, mut merged: impl Iterator<Item = Row>, limit: usize) -> bool {
    while rows.len() < limit {
        match merged.next() {
            Some(row) => rows.push(row),
            None => return false,
        }
    }
    true
}

/// Entries of a page and of the overlay in one order; where both know a key the overlay is right.
struct Merged<P: Iterator, N: Iterator> {
    paged: Peekable<P>,
    newer: Peekable<N>,
    order: fn(&[u8], &[u8]) -> Ordering,
}

impl<'a, P, N> Iterator for Merged<P, N>
where
    P: Iterator<Item = (Vec<u8>, &'a [u8])>,
    N: Iterator<Item = (&'a [u8], Option<&'a [u8]>)>,
{
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        loop {
            let order = match (self.paged.peek(), self.newer.peek()) {
                (None, None) => return None,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some((paged, _)), Some((newer, _))) => (self.order)(paged, newer),
            };
            if order == Ordering::Less {
                return self.paged.next().map(|(key, value)| (key, value.to_vec()));
            }
            if order == Ordering::Equal {
                self.paged.next();
            }
            if let Some((key, Some(value))) = self.newer.next() {
                return Some((key.to_vec(), value.to_vec()));
            }
        }
    }
}
