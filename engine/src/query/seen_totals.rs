//! What do the records come to that somebody sees?
//!
//! A stored total is made of all records. Who does not see all of them gets it added up anew, over those that he sees,
//! by the same rule by which the store adds up.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::error::QueryError;
use super::kept_totals::{TotalsFor, rollup_value};
use super::reader::{Reader, decode_whole};
use crate::access::Seeing;
use crate::error::Result;
use crate::record::{Record, Value};
use crate::schema::{Object, Rollup};
use crate::store::{Direction, Span, spaces};
use crate::write::{Adds, contributions};

/// How many records are read at once.
const BATCH: usize = 500;

/// The totals of one object that are made for who sees a part.
pub(super) struct SeenTotals<'a> {
    reader: &'a Reader,
    seeing: &'a Seeing,
    object: &'a Arc<Object>,
    rollups: &'a [(u32, &'a Rollup)],
    /// Child objects, and the fields by which their records name the record.
    ways: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> SeenTotals<'a> {
    pub(super) fn new(
        reader: &'a Reader,
        seeing: &'a Seeing,
        object: &'a Arc<Object>,
        rollups: &'a [(u32, &'a Rollup)],
    ) -> Self {
        let ways = rollups
            .iter()
            .map(|(_, rollup)| (rollup.child.as_str(), rollup.by.as_str()));
        Self {
            reader,
            seeing,
            object,
            rollups,
            ways: ways.collect(),
        }
    }

    /// Gives a record its totals. Where that takes reading more records than one question may, they are left out, or the
    /// question is refused that depends on them.
    pub(super) fn add(&self, record: &mut Record, totals_for: TotalsFor) -> Result<()> {
        let mut totals = BTreeMap::new();
        for (child, by) in &self.ways {
            if !self.add_up(record, (child, by), &mut totals)? {
                return match totals_for {
                    TotalsFor::Show => Ok(()),
                    TotalsFor::Answers => {
                        Err(QueryError::Restricted(self.object.name.clone()).into())
                    }
                };
            }
        }
        for (field, rollup) in self.rollups {
            let total = totals.get(field).map(|adds| adds.stored());
            record.set(*field, rollup_value(&rollup.measure, total.as_deref()));
        }
        Ok(())
    }

    /// Adds up the children of one kind; false when that is too much.
    fn add_up(
        &self,
        record: &Record,
        (child, by): (&str, &str),
        totals: &mut BTreeMap<u32, Adds>,
    ) -> Result<bool> {
        let whole = self.seeing.whole();
        let Some((child, by)) = whole
            .object(child)
            .and_then(|child| Some((child, child.field(by)?)))
        else {
            return Ok(true);
        };
        let mut prefix = spaces::of_field(spaces::INDEX, child.number, by.number);
        spaces::push_indexed(&mut prefix, Some(&Value::Reference(record.id)));
        let mut span = Span::prefix(&prefix);
        loop {
            let page = self
                .reader
                .snapshot
                .list(&span, Direction::Forward, BATCH)?;
            let Some(last) = page.last_key() else {
                return Ok(true);
            };
            if !self.seeing.may_read_more(page.len()) {
                return Ok(false);
            }
            span = span.beyond(last, Direction::Forward);
            let ids: Vec<u128> = page
                .iter()
                .filter_map(|(key, _)| spaces::id_at_end(key))
                .collect();
            let stored = self.reader.stored(child, &ids)?;
            for (id, bytes) in ids.iter().zip(stored.values()) {
                let Some(bytes) = bytes else { continue };
                let counted = decode_whole(child, *id, bytes)?;
                if !self.seeing.sees(&counted)? {
                    continue;
                }
                for ((object, of, field), adds) in contributions(whole, &counted) {
                    if (object, of) == (self.object.number, record.id.number) {
                        let before = totals.remove(&field);
                        totals.insert(field, joined(before, adds));
                    }
                }
            }
        }
    }
}

fn joined(before: Option<Adds>, adds: Adds) -> Adds {
    match (before, adds) {
        (
            Some(Adds::Sum { count, sum }),
            Adds::Sum {
                count: more,
                sum: add,
            },
        ) => Adds::Sum {
            count: count.saturating_add(more),
            sum: sum.saturating_add(add),
        },
        (Some(before), adds) => before.best(adds),
        (None, adds) => adds,
    }
}
