//! Which records name one of these, and were made last?
//!
//! The entries of all links are merged from their ends, so that the newest comes first whichever link leads to it, and no
//! link keeps another from being looked at. Who sees a part looks only so far.

use std::collections::{BinaryHeap, VecDeque};

use super::reader::Reader;
use crate::access::Glance;
use crate::error::Result;
use crate::record::{RecordId, Value};
use crate::schema::Object;
use crate::store::{Direction, Span, spaces};

/// How many entries of a link are read at first, where there are many links.
const FIRST: usize = 16;

/// How many entries of a link are read at once.
const MOST_AT_ONCE: usize = 1_000;

/// A field, and the record that it names.
pub(crate) type Link = (u32, RecordId);

/// How far is looked for what somebody sees, by all that asks within one call.
pub(crate) struct Patience {
    /// How many records may still be read to judge them.
    reads: usize,
    /// How many entries may still be passed over by their tags.
    glances: usize,
}

impl Patience {
    pub(crate) fn new() -> Self {
        Self::of(20_000, 200_000)
    }

    pub(super) fn of(reads: usize, glances: usize) -> Self {
        Self { reads, glances }
    }
}

/// The entries of one link, from the end.
struct Entries {
    /// What was not read yet.
    span: Option<Span>,
    batch: usize,
    read: VecDeque<u128>,
}

impl Entries {
    fn of(object: &Object, (field, to): Link, batch: usize) -> Self {
        let mut key = spaces::of_field(spaces::INDEX, object.number, field);
        spaces::push_indexed(&mut key, Some(&Value::Reference(to)));
        Self {
            span: Some(Span::prefix(&key)),
            batch,
            read: VecDeque::new(),
        }
    }

    fn next(
        &mut self,
        reader: &Reader,
        glance: Option<&Glance>,
        patience: &mut Patience,
    ) -> Result<Option<u128>> {
        while self.read.is_empty()
            && let Some(span) = self.span.take()
        {
            let entries = reader
                .snapshot
                .list(&span, Direction::Backward, self.batch)?;
            if let Some(last) = entries.last_key()
                && entries.len() == self.batch
            {
                self.span = Some(span.beyond(last, Direction::Backward));
            }
            self.batch = (self.batch * 2).min(MOST_AT_ONCE);
            for (key, tag) in entries.iter() {
                let passes = |id: &u128| glance.is_none_or(|glance| glance.passes(*id, tag));
                self.read.extend(spaces::id_at_end(key).filter(passes));
            }
            if glance.is_some() {
                patience.glances = patience.glances.saturating_sub(entries.len());
                if patience.glances == 0 {
                    self.span = None;
                }
            }
        }
        Ok(self.read.pop_front())
    }
}

impl Reader {
    /// The records of an object that a link leads from, at most so many, the one that was made last first.
    pub(crate) fn last_referring(
        &self,
        from: &Object,
        links: &[Link],
        most: usize,
        patience: &mut Patience,
    ) -> Result<Vec<RecordId>> {
        let mut found: Vec<RecordId> = Vec::new();
        if most == 0 || links.is_empty() {
            return Ok(found);
        }
        let sees_every = self.sees_every(from);
        let glance = self.glance(from).filter(|_| !sees_every);
        let batch = (most / links.len()).clamp(FIRST, MOST_AT_ONCE).min(most);
        let links = links.iter().map(|link| Entries::of(from, *link, batch));
        let mut links: Vec<Entries> = links.collect();
        let mut nexts = BinaryHeap::with_capacity(links.len());
        for (place, link) in links.iter_mut().enumerate() {
            let next = link.next(self, glance.as_ref(), patience)?;
            nexts.extend(next.map(|number| (number, place)));
        }
        let mut looked_at = None;
        while let Some((number, place)) = nexts.pop() {
            // Several links may lead from one record.
            if looked_at.replace(number) != Some(number) {
                let id = RecordId::new(from.prefix(), number);
                if !sees_every {
                    let Some(left) = patience.reads.checked_sub(1) else {
                        break;
                    };
                    patience.reads = left;
                }
                if sees_every || self.get_stored(id)?.is_some() {
                    found.push(id);
                }
                if found.len() == most {
                    break;
                }
            }
            if let Some(link) = links.get_mut(place) {
                let next = link.next(self, glance.as_ref(), patience)?;
                nexts.extend(next.map(|number| (number, place)));
            }
        }
        Ok(found)
    }
}
