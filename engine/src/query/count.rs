//! How many index keys are worth counting, and which ids do the counted parts share?
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
use super::plan::{Via, live_records};
use super::reader::Reader;
use super::relation::Relation;
use super::turned::{Turned, turned};
use crate::error::Result;
use crate::schema::Object;
use crate::store::{Direction, Span, spaces};

/// How many index keys are counted at most, and so how many ids are held at once.
const MOST_COUNTED: usize = 100_000;
/// So few records are read sooner than another index is asked for which of them to read.
const FEW: usize = 64;
/// How many index keys are looked at in the time of reading one record.
const KEYS_PER_ROW: usize = 4;
/// How many keys are read at once.
const PAGE: usize = 1000;

/// How many index keys are worth counting.
pub(super) struct Worth<'a> {
    pub(super) reader: &'a Reader,
    pub(super) object: &'a Object,
    /// How many rows the walk is for that would be the other way; `None` where there is none.
    rows: Option<usize>,
    live: Option<u64>,
}

impl<'a> Worth<'a> {
    pub(super) fn new(reader: &'a Reader, object: &'a Object, rows: Option<usize>) -> Self {
        Self {
            reader,
            object,
            rows,
            live: None,
        }
    }

    /// The most that is sure to be worth it, after so many. A part that is no longer than the page always is: the number
    /// of records is asked for only beyond.
    pub(super) fn most(&mut self, counted: usize) -> Result<usize> {
        match self.rows {
            None => Ok(MOST_COUNTED),
            Some(rows) if counted <= rows && self.live.is_none() => Ok(rows),
            Some(rows) => Ok(at_most(self.live()?.saturating_mul(rows as u64).isqrt())),
        }
    }

    /// The same for each of two parts.
    fn most_of_two(&mut self) -> Result<usize> {
        let (Some(rows), live) = (self.rows, self.live()?) else {
            return Ok(MOST_COUNTED);
        };
        let walked = live.saturating_mul(live).saturating_mul(rows as u64) / 2;
        Ok(at_most(cube_root(walked)))
    }

    fn live(&mut self) -> Result<u64> {
        if let Some(live) = self.live {
            return Ok(live);
        }
        let live = live_records(self.reader, self.object)?;
        self.live = Some(live);
        Ok(live)
    }
}

fn at_most(keys: u64) -> usize {
    usize::try_from(keys).map_or(MOST_COUNTED, |keys| keys.min(MOST_COUNTED))
}

/// The greatest number whose cube is no greater, by halving.
fn cube_root(of: u64) -> u64 {
    let (mut least, mut beyond) = (0_u64, 1 << 22);
    while beyond - least > 1 {
        let middle = least.midpoint(beyond);
        match middle.pow(2).checked_mul(middle) {
            Some(cube) if cube <= of => least = middle,
            _ => beyond = middle,
        }
    }
    least
}

/// An index part, as far as it was counted.
pub(super) struct Counted {
    pub(super) ids: Vec<u128>,
    /// Keys, and looks that found none.
    looked: usize,
    rest: VecDeque<Span>,
}

impl Counted {
    pub(super) fn begin(part: &Part) -> Self {
        Self {
            ids: Vec::new(),
            looked: 0,
            rest: part.spans.iter().cloned().collect(),
        }
    }

    /// Counts on, no further than is worth it, nor than `least`; says whether that was to the end.
    pub(super) fn go_on(&mut self, worth: &mut Worth<'_>, least: usize) -> Result<bool> {
        while let Some(span) = self.rest.pop_front() {
            let most = worth.most(self.looked)?.min(least);
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
        let rows = reader.snapshot.scan(&span, Direction::Forward, asked)?;
        let ids = rows.iter().filter_map(|(key, _)| spaces::id_at_end(key));
        self.ids.extend(ids);
        self.looked += rows.len().max(1);
        if let Some((last, _)) = rows.last()
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
pub(super) struct Leads<'a> {
    worth: Worth<'a>,
    leads: Vec<(Via, Counted)>,
    /// Ways behind references that were given up.
    too_long: Vec<ConsideredWay>,
    /// The number of ids in the shortest part that is known to its end.
    shortest: usize,
}

/// The way, those that it was held against, and the ids that all have.
pub(super) type Chosen = (Via, Vec<Via>, Vec<u128>);

impl<'a> Leads<'a> {
    pub(super) fn new(worth: Worth<'a>) -> Self {
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

    /// Counts a part, as far as is worth it. `besides` are candidates that do not lie in it.
    pub(super) fn count(&mut self, via: Via, part: &Part, besides: &[u128]) -> Result<()> {
        let least = self.least();
        if least == 0 {
            return Ok(());
        }
        let mut counted = Counted::begin(part);
        if counted.go_on(&mut self.worth, least)? {
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
        match turned(relation, &mut self.worth, least)? {
            Turned::Found(part) => self.count(via, &part, &[])?,
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

#[cfg(test)]
mod tests {
    use super::cube_root;

    #[test]
    fn a_cube_root_is_the_greatest_number_whose_cube_is_no_greater() {
        for number in [0, 1, 7, 8, 26, 27, 1_000_000, u64::MAX] {
            let root = u128::from(cube_root(number));
            let number = u128::from(number);
            assert!(
                root.pow(3) <= number && number < (root + 1).pow(3),
                "{number}"
            );
        }
    }
}
