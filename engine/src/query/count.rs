//! How many index keys does each way have, and which ids do the counted parts share?
//!
//! A walk for L rows of N expects to read L·N/C rows when C of them match, a part of an index always reads its C. So
//! keys are counted, but never further than √(L·N), where the walk begins to win. Two conditions make the walk longer,
//! L·N²/C² where each is met by C, and the two parts to be counted are 2·C: where neither is short enough alone, both are
//! counted up to ∛(L·N²/2). What was counted is the list of candidates, and nothing is read twice.
//!
//! Once a part is known from its end to the other, a further one is counted while a key of it costs less than the rows it
//! may save, and the ids that all have are read.

use std::collections::VecDeque;

use super::explained::ConsideredWay;
use super::index_part::Part;
use super::plan::Via;
use super::reader::Reader;
use super::relation::Relation;
use super::turned::{Turned, turned};
use super::worth::Worth;
use crate::access::Glance;
use crate::error::Result;
use crate::store::{Direction, Span, spaces};

/// So few records are read sooner than another index is asked for which of them to read.
const FEW: usize = 64;
/// How many index keys are looked at in the time of reading one record.
const KEYS_PER_ROW: usize = 4;
/// How many keys are read at once.
const PAGE: usize = 1000;

/// An index part, as far as it was counted.
pub(super) struct Counted<'g> {
    pub(super) ids: Vec<u128>,
    /// Keys, and looks that found none.
    looked: usize,
    rest: VecDeque<Span>,
    /// What is passed over.
    glance: Option<&'g Glance>,
}

impl<'g> Counted<'g> {
    pub(super) fn begin(part: &Part, glance: Option<&'g Glance>) -> Self {
        Self {
            glance,
            ids: Vec::new(),
            looked: 0,
            rest: part.spans.iter().cloned().collect(),
        }
    }

    /// Counts on, no further than is worth it, nor than `least`; says whether that was to the end.
    pub(super) fn go_on(
        &mut self,
        worth: &mut Worth<'_>,
        (times, least): (usize, usize),
    ) -> Result<bool> {
        while let Some(span) = self.rest.pop_front() {
            let most = (worth.most(self.looked)? * times).min(least);
            if self.looked > most {
                self.rest.push_front(span);
                break;
            }
            self.read(worth.reader, span, PAGE.min(most + 1 - self.looked))?;
        }
        Ok(self.is_whole())
    }

    /// The same up to a number.
    fn go_on_to(&mut self, reader: &Reader, most: usize) -> Result<bool> {
        while let Some(span) = self.rest.pop_front() {
            if self.looked > most {
                self.rest.push_front(span);
                break;
            }
            self.read(reader, span, PAGE.min(most + 1 - self.looked))?;
        }
        Ok(self.is_whole())
    }

    fn read(&mut self, reader: &Reader, span: Span, asked: usize) -> Result<()> {
        let rows = reader.snapshot.list(&span, Direction::Forward, asked)?;
        let glance = self.glance;
        let ids = rows.iter().filter_map(|(key, tag)| {
            let passes = |id: &u128| glance.is_none_or(|glance| glance.passes(*id, tag));
            spaces::id_at_end(key).filter(passes)
        });
        self.ids.extend(ids);
        self.looked += rows.len().max(1);
        if let Some(last) = rows.last_key()
            && rows.len() == asked
        {
            self.rest.push_front(span.beyond(last, Direction::Forward));
        }
        Ok(())
    }

    fn is_whole(&self) -> bool {
        self.rest.is_empty()
    }
}

/// How many keys lie in these spans, unless there are more than `most`.
pub(super) fn keys_within(reader: &Reader, spans: &[Span], most: u64) -> Result<Option<u64>> {
    let mut count = 0;
    for span in spans {
        let mut span = span.clone();
        loop {
            let rows = reader.snapshot.list(&span, Direction::Forward, PAGE)?;
            count += rows.len() as u64;
            if count > most {
                return Ok(None);
            }
            match rows.last_key() {
                Some(last) if rows.len() == PAGE => span = span.beyond(last, Direction::Forward),
                _ => break,
            }
        }
    }
    Ok(Some(count))
}

/// The index parts that may bring the candidates.
pub(super) struct Leads<'w, 'a> {
    worth: &'w mut Worth<'a>,
    leads: Vec<(Via, Counted<'a>)>,
    /// Ways behind references that were given up.
    too_long: Vec<ConsideredWay>,
    /// The number of ids in the shortest part that is known to its end.
    shortest: usize,
}

/// The way, those that it was held against, and the ids that all have.
pub(super) type Chosen = (Via, Vec<Via>, Vec<u128>);

impl<'w, 'a> Leads<'w, 'a> {
    pub(super) fn new(worth: &'w mut Worth<'a>) -> Self {
        Self {
            worth,
            leads: Vec::new(),
            too_long: Vec::new(),
            shortest: usize::MAX,
        }
    }

    /// How many keys of one more part are worth it.
    fn least(&self) -> usize {
        match self.shortest {
            few if few <= FEW => 0,
            many => many.saturating_mul(KEYS_PER_ROW),
        }
    }

    /// Counts a part, as far as is worth it.
    pub(super) fn count(&mut self, via: Via, part: &Part) -> Result<()> {
        self.count_with(via, part, 1, &[])
    }

    /// The same of what somebody sees who sees few, with what he sees besides.
    pub(super) fn count_owned(&mut self, part: &Part, besides: &[u128]) -> Result<()> {
        let times = self.worth.times();
        self.count_with(Via::Owners, part, times, besides)
    }

    fn count_with(&mut self, via: Via, part: &Part, times: usize, besides: &[u128]) -> Result<()> {
        let least = self.least();
        if least == 0 {
            return Ok(());
        }
        let mut counted = Counted::begin(part, self.worth.glance);
        if counted.go_on(self.worth, (times, least))? {
            counted.ids.extend(besides);
            self.shortest = self.shortest.min(counted.ids.len());
        }
        self.leads.push((via, counted));
        Ok(())
    }

    /// The same of the part that a condition behind a reference asks for.
    pub(super) fn count_turned(&mut self, relation: &Relation) -> Result<()> {
        let least = self.least();
        if least == 0 {
            return Ok(());
        }
        let via = Via::Beyond {
            path: relation.path.clone(),
            reference: relation.step.name.clone(),
        };
        match turned(relation, self.worth, least)? {
            Turned::Found(part) => self.count(via, &part)?,
            Turned::TooMany => {
                let counted = self.worth.most(usize::MAX)?.min(least);
                self.too_long.push(ConsideredWay::of(&via, counted, false));
            }
            Turned::NoIndex => {}
        }
        Ok(())
    }

    /// Where no part was short enough by itself, two may be together.
    pub(super) fn count_two_further(&mut self) -> Result<()> {
        let [(_, first), (_, second), ..] = self.leads.as_mut_slice() else {
            return Ok(());
        };
        if self.shortest != usize::MAX {
            return Ok(());
        }
        let most = self.worth.most_of_two()?;
        let reader = self.worth.reader;
        if first.go_on_to(reader, most)? && second.go_on_to(reader, most)? {
            self.shortest = first.ids.len().min(second.ids.len());
        } else {
            // One alone is longer than the walk.
            first.ids.clear();
        }
        Ok(())
    }

    /// What is shorter than all else, where anything is, and what is not.
    pub(super) fn chosen(self) -> (Option<Chosen>, Vec<ConsideredWay>) {
        let none_is_short = self.shortest == usize::MAX;
        let (mut whole, parts): (Vec<_>, Vec<_>) = self
            .leads
            .into_iter()
            .partition(|(_, counted)| counted.is_whole() && !none_is_short);
        let mut considered: Vec<ConsideredWay> = parts
            .iter()
            .map(|(via, counted)| ConsideredWay::of(via, counted.looked, counted.is_whole()))
            .chain(self.too_long)
            .collect();
        whole.sort_by_key(|(_, counted)| counted.ids.len());
        let mut whole = whole.into_iter();
        let Some((via, shortest)) = whole.next() else {
            return (None, considered);
        };
        let mut ids = sorted(shortest.ids);
        let mut also = Vec::new();
        for (other, counted) in whole {
            let entries = counted.ids.len();
            let before = ids.len();
            let others = sorted(counted.ids);
            ids.retain(|id| others.binary_search(id).is_ok());
            match ids.len() < before {
                true => also.push(other),
                false => considered.push(ConsideredWay::of(&other, entries, true)),
            }
        }
        (Some((via, also, ids)), considered)
    }
}

fn sorted(mut ids: Vec<u128>) -> Vec<u128> {
    ids.sort_unstable();
    ids.dedup();
    ids
}
