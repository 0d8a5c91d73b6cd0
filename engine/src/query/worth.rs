//! How many index keys are worth counting, and which way is shorter for who sees a part of the records?
//!
//! Who sees a part of the records has tags in the entries to go by. His walk passes over what he does not see at a small
//! part of the cost of reading it; whether that or reading all of a part of an index is less, a few records of the part tell.

use std::sync::Arc;

use super::candidate::Candidate;
use super::compile::Compiled;
use super::plan::{Via, Walk, live_records};
use super::reader::Reader;
use crate::access::Glance;
use crate::error::Result;
use crate::schema::Object;
use crate::store::{Direction, Span, spaces};

/// How many index keys are counted at most, and so how many ids are held at once.
const MOST_COUNTED: usize = 100_000;

/// How many records of a part tell how many of it match.
const SAMPLE: usize = 24;

/// How many records tell how long a walk will be.
const WALKED: usize = 16;

/// How many entries tell how much is seen.
const MOST_GLANCES: usize = 1024;

/// How many times as many ids are worth counting where only a page of them is read.
const OWNED_BY_ID: usize = 4;

/// How many entries are passed over in the time of reading one record, about.
const GLANCES_PER_READ: u64 = 16;

/// How many index keys are worth counting.
pub(super) struct Worth<'a> {
    pub(super) reader: &'a Reader,
    pub(super) object: &'a Arc<Object>,
    pub(super) glance: Option<&'a Glance>,
    /// How many rows the walk is for that would be the other way; `None` where there is none.
    pub(super) rows: Option<usize>,
    /// Whether they are wanted in the order of their ids.
    pub(super) by_id: bool,
    pub(super) most: Option<usize>,
    /// The walk itself, with what its rows are tested for.
    pub(super) sampled: Option<(&'a Compiled, &'a Walk)>,
}

impl Worth<'_> {
    /// The most that is sure to be worth it, after so many. A part that is no longer than the page always is: the number
    /// of records is asked for only beyond.
    pub(super) fn most(&mut self, counted: usize) -> Result<usize> {
        let Some(rows) = self.rows else {
            return Ok(MOST_COUNTED);
        };
        if let Some(most) = self.most {
            return Ok(most);
        }
        if counted <= rows {
            return Ok(rows);
        }
        let live = live_records(self.reader, self.object)?;
        let most = usize::try_from(live.saturating_mul(rows as u64).isqrt());
        let most = most.unwrap_or(MOST_COUNTED).min(MOST_COUNTED);
        let most = most.min(self.walked()?.unwrap_or(MOST_COUNTED));
        self.most = Some(most);
        Ok(most)
    }

    /// How many records the walk is likely to read, by those that it begins with; none where they do not tell.
    fn walked(&self) -> Result<Option<usize>> {
        let (Some((compiled, walk)), Some(rows), None) = (self.sampled, self.rows, self.glance)
        else {
            return Ok(None);
        };
        let Some(span) = walk.spans.iter().find(|span| !span.is_empty()) else {
            return Ok(None);
        };
        if !walk.via.is_index() || compiled.uses_rollups() {
            return Ok(None);
        }
        let list = self.reader.snapshot.list(span, walk.direction, WALKED)?;
        let ids: Vec<u128> = list
            .iter()
            .filter_map(|(key, _)| spaces::id_at_end(key))
            .collect();
        let matching = self.matching(compiled, &ids)?;
        Ok((matching > 0).then(|| rows.saturating_mul(ids.len()) / matching))
    }

    /// How many of these records match.
    fn matching(&self, compiled: &Compiled, ids: &[u128]) -> Result<usize> {
        let stored = self.reader.stored(self.object, ids)?;
        let mut matching = 0;
        for (id, bytes) in ids.iter().zip(stored.values()) {
            let Some(bytes) = bytes else { continue };
            let row = Candidate::stored(self.object, *id, bytes)?;
            matching += usize::from(row.passed(compiled, self.reader)?.is_some());
        }
        // What was read to plan is no part of the budget.
        compiled.take_reads();
        Ok(matching)
    }

    /// The same for each of two parts.
    pub(super) fn most_of_two(&self) -> Result<usize> {
        let Some(rows) = self.rows else {
            return Ok(MOST_COUNTED);
        };
        let live = live_records(self.reader, self.object)?;
        let walked = live.saturating_mul(live).saturating_mul(rows as u64) / 2;
        let most = usize::try_from(cube_root(walked));
        let most = most.unwrap_or(MOST_COUNTED).min(MOST_COUNTED);
        Ok(most.min(self.walked()?.unwrap_or(MOST_COUNTED)))
    }

    /// How many times as many ids of whoever sees a part are worth counting: in the order of the ids a page's rows are read
    /// and no more, however many there are.
    pub(super) fn times(&self) -> usize {
        if self.by_id { OWNED_BY_ID } else { 1 }
    }

    /// Whether so much is seen, by the first entries of a walk, that counting it would come to nothing.
    pub(super) fn sees_much(
        &mut self,
        via: &Via,
        spans: &[Span],
        direction: Direction,
    ) -> Result<bool> {
        let Some(glance) = self.glance else {
            return Ok(false);
        };
        let any = self.object.live_fields().find(|field| field.is_indexed());
        let any =
            any.map(|field| spaces::of_field(spaces::INDEX, self.object.number, field.number));
        let span = match via {
            via if via.is_index() => spans.first().cloned(),
            _ => any.map(|prefix| Span::prefix(&prefix)),
        };
        let Some(span) = span.filter(|span| !span.is_empty()) else {
            return Ok(false);
        };
        let entries = self.reader.snapshot.list(&span, direction, MOST_GLANCES)?;
        let passes = |(key, tag)| spaces::id_at_end(key).is_some_and(|id| glance.passes(id, tag));
        let passed = entries.iter().filter(|entry| passes(*entry)).count() as u64;
        let live = live_records(self.reader, self.object)?;
        let seen = passed.saturating_mul(live) / (entries.len().max(1) as u64);
        // Few entries tell it roughly.
        Ok(seen > 2 * (self.most(usize::MAX)? * self.times()) as u64)
    }

    /// Whether a walk that passes over what is not seen costs less than reading all of these.
    pub(super) fn walks_rather(
        &self,
        compiled: &Compiled,
        via: &Via,
        ids: &[u128],
    ) -> Result<bool> {
        let (true, Some(rows), Some(_)) = (via.is_index(), self.rows, self.glance) else {
            return Ok(false);
        };
        // Totals are dear: fewer rows are better then. And so few are read anyway.
        if compiled.uses_rollups() || self.by_id || ids.len() <= 4 * SAMPLE {
            return Ok(false);
        }
        let sample: Vec<u128> = ids.iter().step_by(ids.len() / SAMPLE).copied().collect();
        let matching = 1 + self.matching(compiled, &sample)? as u64;
        let (rows, seen) = (rows as u64, ids.len() as u64);
        let read = rows.saturating_mul(sample.len() as u64) / matching;
        let live = live_records(self.reader, self.object)?;
        let passed_over = read.saturating_mul(live) / seen;
        Ok(read + passed_over / GLANCES_PER_READ < seen)
    }
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
