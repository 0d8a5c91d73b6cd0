//! How are the overlays and the pages read as one state, as of any position?
//!
//! On top lies the overlay that commits go to. Under it, while a fold runs, the overlay that is
//! being folded, which nobody changes any longer; then the current pages; and for readers of an
//! older position than the pages hold, their history.
//!
//! Readers hold the lock around [`Layers`] while they read one chunk. While they do, the overlay
//! that is being folded stays where it is, so it does not matter to them how far the fold has come:
//! a page can only differ from one moment to the next in keys that the overlay answers, or that
//! history does for readers of older positions.

use std::cmp::Ordering;
use std::iter::Peekable;
use std::sync::Arc;

use crate::journal::Position;
use crate::store::entries::{Entries, Sink};
use crate::store::overlay::Overlay;
use crate::store::settle::Ground;
use crate::store::{Direction, Row, Span, StoreError};

use super::cache::{Fenced, Space};
use super::history::History;
use super::page::{Entry, Leaf, Sought};
use super::pages::Pages;

/// So many pages are read under one lock.
const CHUNK: usize = 64;
/// So many keys are looked for together.
const AT_ONCE: usize = 32;

/// The state: newer versions in memory above pages on disk.
pub(super) struct Layers {
    pub(super) overlay: Overlay,
    pub(super) folding: Option<Arc<Folding>>,
    /// `None` once the store was closed.
    pub(super) pages: Option<Pages>,
    /// Everything up to here is in pages, on disk.
    pub(super) folded: Position,
    /// Nothing after this is in pages.
    pub(super) reach: Position,
    /// Older positions cannot be read.
    pub(super) oldest: Position,
}

/// An overlay that is being folded.
pub(super) struct Folding {
    pub(super) overlay: Overlay,
    pub(super) upto: Position,
}

impl Layers {
    pub(super) fn pages(&self) -> Result<&Pages, StoreError> {
        self.pages.as_ref().ok_or(StoreError::Closed)
    }

    pub(super) fn readable(&self, at: Position) -> Result<&Pages, StoreError> {
        let pages = self.pages()?;
        if at < self.oldest {
            let oldest = self.oldest;
            return Err(StoreError::SnapshotGone { at, oldest });
        }
        Ok(pages)
    }

    pub(super) fn get(&self, key: &[u8], at: Position) -> Result<Option<Vec<u8>>, StoreError> {
        let pages = self.readable(at)?;
        if let Some(value) = self.newer(key, at) {
            return Ok(value.map(<[u8]>::to_vec));
        }
        let shown = pages.cache().shown();
        let found = shown.holding(key).and_then(|leaf| leaf.get(key));
        if let Some(entry) = found.filter(|entry| entry.since <= at.get()) {
            return Ok(Some(entry.value.to_vec()));
        }
        drop(shown);
        self.look_up(key, at, |value| value.map(<[u8]>::to_vec))
    }

    /// What `take` makes of a key's value.
    pub(super) fn look_up<T>(
        &self,
        key: &[u8],
        at: Position,
        take: impl FnOnce(Option<&[u8]>) -> T,
    ) -> Result<T, StoreError> {
        let pages = self.readable(at)?;
        if let Some(value) = self.newer(key, at) {
            return Ok(take(value));
        }
        let page = pages.holding(Space::Current, key)?;
        let current = page.as_ref().and_then(|page| page.leaf.get(key));
        match current.filter(|entry| entry.since <= at.get()) {
            None if at < self.reach => Ok(take(History::new(pages, at).get(key)?.as_deref())),
            current => Ok(take(current.map(|entry| entry.value))),
        }
    }

    /// What the overlays know of a key.
    fn newer(&self, key: &[u8], at: Position) -> Option<Option<&[u8]>> {
        let folding = self.folding.as_ref();
        let newer = self.overlay.at(key, at);
        newer.or_else(|| folding?.overlay.at(key, at))
    }

    /// The values of keys, appended to `entries`.
    pub(super) fn look_up_all(
        &self,
        keys: &[&[u8]],
        at: Position,
        entries: &mut Entries,
    ) -> Result<(), StoreError> {
        if let [key] = keys {
            return self.look_up(key, at, |value| entries.put_value(value));
        }
        let pages = self.readable(at)?;
        let mut rest = keys;
        while !rest.is_empty() {
            let (some, later) = rest.split_at(rest.len().min(AT_ONCE));
            let done = self.look_up_cached(pages, some, at, entries);
            rest = match some.get(done) {
                Some(key) => {
                    self.look_up(key, at, |value| entries.put_value(value))?;
                    rest.get(done + 1..).unwrap_or_default()
                }
                None => later,
            };
        }
        Ok(())
    }

    /// As far as overlays and cached pages know the values; says how far. What it takes longest for is memory that is
    /// not at hand: each step is done for all keys before the next, so that they wait for it together.
    fn look_up_cached(
        &self,
        pages: &Pages,
        keys: &[&[u8]],
        at: Position,
        entries: &mut Entries,
    ) -> usize {
        let newer = keys.iter().map(|key| self.newer(key, at));
        let newer: Vec<Option<Option<&[u8]>>> = newer.collect();
        let shown = pages.cache().shown();
        let leaves = keys.iter().map(|key| shown.holding(key));
        let leaves: Vec<Option<&Leaf>> = leaves.collect();
        let sought = leaves.iter().zip(keys);
        let sought = sought.map(|(leaf, key)| leaf.map(|leaf| leaf.seek(key)));
        let sought: Vec<Option<Sought<'_, '_>>> = sought.collect();
        let found = sought.into_iter().map(|sought| sought.map(Sought::entry));
        let found: Vec<Option<Option<Entry<'_>>>> = found.collect();
        for (done, (newer, found)) in newer.into_iter().zip(found).enumerate() {
            let value = match (newer, found) {
                (Some(value), _) => value,
                (None, Some(Some(entry))) if entry.since <= at.get() => Some(entry.value),
                // Nothing, or nothing any more: history is asked, where there may be some.
                (None, Some(_)) if at >= self.reach => None,
                _ => return done,
            };
            entries.put_value(value);
        }
        keys.len()
    }

    /// Appends entries of `span` to `rows` until there are `limit`, the span is read or a chunk of
    /// pages is. Returns what is left of the span, if anything.
    pub(super) fn scan_chunk(
        &self,
        at: Position,
        mut span: Span,
        direction: Direction,
        limit: usize,
        rows: &mut impl Sink,
    ) -> Result<Option<Span>, StoreError> {
        let pages = self.readable(at)?;
        for _ in 0..CHUNK {
            let part = Part::of(pages, span, direction)?;
            let (start, end) = (part.span.start.as_slice(), end_of(&part.span));
            let past = match at < self.reach {
                true => {
                    History::new(pages, at).range(start, end, direction, limit - rows.count())?
                }
                false => Vec::new(),
            };
            let current = directed(part.entries(at), direction).map(Seen::current);
            let old = over(current, past.iter().map(Seen::past), direction);
            let folding = self.folding.iter();
            let folding = folding.flat_map(|folding| folding.overlay.range(start, end, at));
            let new = directed(self.overlay.range(start, end, at), direction).map(Seen::newer);
            let new = over(
                new,
                directed(folding, direction).map(Seen::newer),
                direction,
            );
            if fill(rows, over(new, old, direction), limit) {
                return Ok(None);
            }
            match part.rest {
                Some(rest) => span = rest,
                None => return Ok(None),
            }
        }
        Ok(Some(span))
    }
}

impl Ground for Layers {
    fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.get(key, Position::from_number(u64::MAX))
    }

    fn written_after(&self, key: &[u8], at: Position) -> Result<bool, StoreError> {
        let pages = self.readable(at)?;
        let folding = self.folding.as_ref();
        if self.overlay.written_after(key, at)
            || folding.is_some_and(|folding| folding.overlay.written_after(key, at))
        {
            return Ok(true);
        }
        if at >= self.reach {
            return Ok(false);
        }
        let since = pages.get(key, |entry| entry.since)?;
        Ok(since.is_some_and(|since| since > at.get())
            || History::new(pages, at).ended_after(key)?)
    }
}

/// The part of a span that one page answers.
struct Part {
    page: Option<Arc<Fenced>>,
    span: Span,
    rest: Option<Span>,
}

impl Part {
    fn of(pages: &Pages, span: Span, direction: Direction) -> Result<Self, StoreError> {
        match direction {
            Direction::Forward => Self::first(pages, span),
            Direction::Backward => Self::last(pages, span),
        }
    }

    fn first(pages: &Pages, mut span: Span) -> Result<Self, StoreError> {
        let page = pages.holding(Space::Current, &span.start)?;
        // Keys from the next fence on are read from the next page, also when this one still has
        // them because it was split in between.
        let next = page.as_ref().and_then(|page| page.next.clone());
        let next = next.filter(|next| span.end.is_empty() || *next < span.end);
        let rest = next.map(|next| Span {
            start: next.clone(),
            end: std::mem::replace(&mut span.end, next),
        });
        Ok(Part { page, span, rest })
    }

    fn last(pages: &Pages, mut span: Span) -> Result<Self, StoreError> {
        let page = pages.before(Space::Current, end_of(&span))?;
        let fence = page.as_ref().map(|page| page.fence.clone());
        let rest = fence.filter(|fence| *fence > span.start).map(|fence| Span {
            start: std::mem::replace(&mut span.start, fence.clone()),
            end: fence,
        });
        Ok(Part { page, span, rest })
    }

    /// The page's entries that were written at a position or before.
    fn entries(&self, at: Position) -> impl DoubleEndedIterator<Item = Entry<'_>> {
        let leaf = self.page.as_ref().map(|page| &page.leaf);
        let entries = leaf.map(|leaf| {
            let range = leaf.range(&self.span.start, end_of(&self.span));
            range.map(|at| leaf.entry(at))
        });
        let entries = entries.into_iter().flatten();
        entries.filter(move |entry| entry.since <= at.get())
    }
}

fn end_of(span: &Span) -> Option<&[u8]> {
    (!span.end.is_empty()).then_some(span.end.as_slice())
}

/// Appends until `limit` rows are there, and says whether they are.
fn fill<'a>(rows: &mut impl Sink, seen: impl Iterator<Item = Seen<'a>>, limit: usize) -> bool {
    let mut present = seen.filter_map(|seen| Some((seen.value?, seen)));
    while rows.count() < limit {
        match present.next() {
            Some((value, seen)) => rows.put(seen.prefix, seen.rest, value),
            None => return false,
        }
    }
    true
}

/// An entry as a layer shows it: its key in two parts, its value or that it was deleted.
struct Seen<'a> {
    prefix: &'a [u8],
    rest: &'a [u8],
    value: Option<&'a [u8]>,
}

impl<'a> Seen<'a> {
    fn current(entry: Entry<'a>) -> Self {
        Seen {
            prefix: entry.prefix,
            rest: entry.rest,
            value: Some(entry.value),
        }
    }

    fn past((key, value): &'a Row) -> Self {
        Self::newer((key, Some(value)))
    }

    fn newer((key, value): (&'a [u8], Option<&'a [u8]>)) -> Self {
        Seen {
            prefix: &[],
            rest: key,
            value,
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        let left = Entry {
            prefix: self.prefix,
            rest: self.rest,
            ..Entry::default()
        };
        match other.prefix {
            [] => left.compare(other.rest),
            _ => left.compare(&[other.prefix, other.rest].concat()),
        }
    }
}

/// The iterator in one of its two directions.
fn directed<I: DoubleEndedIterator>(
    mut entries: I,
    direction: Direction,
) -> impl Iterator<Item = I::Item> {
    std::iter::from_fn(move || match direction {
        Direction::Forward => entries.next(),
        Direction::Backward => entries.next_back(),
    })
}

/// The entries of two layers in one order; where both know a key the upper is right.
fn over<'a, U, L>(upper: U, lower: L, direction: Direction) -> impl Iterator<Item = Seen<'a>>
where
    U: Iterator<Item = Seen<'a>>,
    L: Iterator<Item = Seen<'a>>,
{
    let (mut upper, mut lower): (Peekable<U>, Peekable<L>) = (upper.peekable(), lower.peekable());
    std::iter::from_fn(move || {
        let (Some(above), Some(below)) = (upper.peek(), lower.peek()) else {
            return upper.next().or_else(|| lower.next());
        };
        // What is below has the prefixes: it is cheaper to compare from there.
        let order = match direction {
            Direction::Forward => below.compare(above).reverse(),
            Direction::Backward => below.compare(above),
        };
        match order {
            Ordering::Less => upper.next(),
            Ordering::Greater => lower.next(),
            Ordering::Equal => {
                lower.next();
                upper.next()
            }
        }
    })
}
