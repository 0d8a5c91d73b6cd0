//! How does a total come to count the records that were there before it?
//!
//! The commit that declares a total is short: from its position on every commit keeps the total, which is marked as being
//! filled and tells nothing yet. Then come steps, each a commit of its own that waits for nobody:
//!
//! * sums are filled from the records as they were at that position, some thousand a step; a step adds, and adding takes
//!   nothing from what commits since then have added, so that no two of them conflict;
//! * a least, greatest or latest is looked up anew for some parents a step, under the precondition that nobody wrote it.
//!
//! An entry says how far it is, so that a step is done once and the next open goes on after a crash. The last step takes
//! the mark away.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::plan::Planner;
use super::rollup::Deltas;
use super::{Write, draft::Drafts};
use crate::error::{Error, Result};
use crate::journal::Position;
use crate::query::Reader;
use crate::record::RecordId;
use crate::schema::{Object, Rollup, RollupMeasure, Schema};
use crate::store::{Direction, Snapshot, Span, StoreError, Write as Entry, keys, spaces};

/// How many records a step counts; few in tests, so that there are many steps.
const STEP: usize = if cfg!(test) { 7 } else { 2_000 };

/// A total that is being filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Filling {
    object: u32,
    /// A live total, or a rollup.
    live: bool,
    number: u32,
    /// From which position on commits keep it.
    pub(crate) since: Position,
}

impl Filling {
    /// The totals that are being filled.
    pub(crate) fn all(snapshot: &Snapshot) -> Result<Vec<Self>> {
        let mut all = Vec::new();
        snapshot.scan_all(&[spaces::FILL], |key, _| {
            all.extend(Self::of_key(key));
            Ok::<_, Error>(ControlFlow::Continue(()))
        })?;
        Ok(all)
    }

    fn of_key(key: &[u8]) -> Option<Self> {
        let mut rest = key.strip_prefix(&[spaces::FILL])?;
        Some(Self {
            object: keys::take_u32(&mut rest)?,
            live: keys::take_bool(&mut rest)?,
            number: keys::take_u32(&mut rest)?,
            since: Position::from_number(keys::take_u64(&mut rest)?),
        })
    }

    /// What its entry begins with, whatever its position.
    fn prefix(object: u32, live: bool, number: u32) -> Vec<u8> {
        let mut key = spaces::of_object(spaces::FILL, object);
        keys::push_bool(&mut key, live);
        keys::push_u32(&mut key, number);
        key
    }

    fn key(&self) -> Vec<u8> {
        let mut key = Self::prefix(self.object, self.live, self.number);
        keys::push_u64(&mut key, self.since.get());
        key
    }
}

/// What is to be filled, as the schema has it.
enum Total<'a> {
    Live(&'a Arc<Object>),
    Sum(&'a Arc<Object>),
    Best(&'a Arc<Object>, &'a Rollup),
}

fn total<'a>(filling: &Filling, schema: &'a Schema) -> Option<(&'a Arc<Object>, Total<'a>)> {
    let object = schema.by_number(filling.object)?;
    if filling.live {
        let mut totals = object.totals.iter();
        let known = totals.any(|total| total.number == filling.number);
        return known.then_some((object, Total::Live(object)));
    }
    let field = object.field_by_number(filling.number)?;
    let rollup = field.rollup().filter(|_| !field.retired)?;
    let child = schema.object(&rollup.child)?;
    let total = match rollup.measure {
        RollupMeasure::Count | RollupMeasure::Sum { .. } | RollupMeasure::SumMoney { .. } => {
            Total::Sum(child)
        }
        _ => Total::Best(child, rollup),
    };
    Some((object, total))
}

impl Planner {
    /// Begins to fill what a changed object keeps that it did not keep before.
    pub(super) fn begin_filling(&mut self, old: Option<&Arc<Object>>, new: &Object) {
        let old = old.map(Arc::as_ref);
        let rollups = new.gained_rollups(old);
        let rollups = rollups.filter(|(_, rollup)| rollup.filling);
        let rollups = rollups.map(|(number, _)| (false, number));
        let totals = new.gained_totals(old).filter(|total| total.filling);
        let totals = totals.map(|total| (true, total.number));
        for (live, number) in rollups.chain(totals) {
            self.writes.push(Entry::Stamp {
                prefix: Filling::prefix(new.number, live, number),
                value: Vec::new(),
            });
        }
    }

    /// The next step of filling a total; true when it was the last one, and the schema says so.
    pub(super) fn fill_total(
        &mut self,
        filling: &Filling,
        drafts: &Drafts,
        write: &Write<'_>,
    ) -> Result<bool> {
        let key = filling.key();
        let Some(counted) = write.reader.snapshot.get(&key)? else {
            return Ok(false);
        };
        self.unchanged.push(key.clone());
        let Some((object, total)) = total(filling, &drafts.schema) else {
            // It was retired meanwhile.
            self.delete(key);
            return Ok(false);
        };
        let counted = counted.try_into().ok().map(u128::from_be_bytes);
        let last = match total {
            Total::Live(child) | Total::Sum(child) => {
                match Snapshot::pin_at(write.backend, filling.since) {
                    Ok(then) => self.fill_sums(filling, child, then, counted, drafts)?,
                    Err(StoreError::SnapshotGone { .. }) => {
                        return self.fill_again(filling, write).map(|()| false);
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            Total::Best(child, rollup) => {
                self.fill_bests(filling, (object, child, rollup), counted, write)?
            }
        };
        match last {
            Some(id) => self.put(key, id.to_be_bytes().to_vec()),
            None => {
                let mut filled = (**object).clone();
                filled.set_filling(filling.live, filling.number, false);
                let stored = serde_json::to_vec(&filled).unwrap_or_default();
                self.put(spaces::of_object(spaces::SCHEMA, filled.number), stored);
                self.delete(key);
            }
        }
        Ok(last.is_none())
    }

    /// Counts the records after an id as they were then; the last one, unless there are no more.
    fn fill_sums(
        &mut self,
        filling: &Filling,
        child: &Arc<Object>,
        then: Snapshot,
        counted: Option<u128>,
        drafts: &Drafts,
    ) -> Result<Option<u128>> {
        let then = Reader {
            snapshot: then,
            schema: drafts.schema.clone(),
            rehearsed: None,
            seeing: None,
        };
        let schema = &drafts.schema;
        let live = schema.live_totals(&child.name).iter();
        let live = live
            .clone()
            .find(|total| filling.live && total.number() == filling.number);
        let mut deltas = Deltas::new();
        let (mut left, mut last) = (STEP, None);
        then.each_after(child, counted, |record| {
            match live {
                Some(total) => deltas.begin_live(total, &record),
                None => deltas.begin(schema, &record, (filling.object, filling.number)),
            }
            left -= 1;
            last = Some(record.id.number);
            Ok(match left {
                0 => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            })
        })?;
        self.totals.push(deltas);
        Ok(last.filter(|_| left == 0))
    }

    /// Looks up anew what the parents after an id have; the last one, unless there are no more.
    fn fill_bests(
        &mut self,
        filling: &Filling,
        (parent, child, rollup): (&Arc<Object>, &Arc<Object>, &Rollup),
        counted: Option<u128>,
        write: &Write<'_>,
    ) -> Result<Option<u128>> {
        let Some(by) = child.field(&rollup.by) else {
            return Ok(None);
        };
        // The entries of those that name a record of the parent's object, by the record that they name.
        let whole = spaces::of_field(spaces::INDEX, child.number, by.number);
        let first = RecordId::new(parent.prefix, 0);
        let mut prefix = whole.clone();
        spaces::push_indexed(&mut prefix, Some(&crate::record::Value::Reference(first)));
        let begin = prefix.len();
        prefix.truncate(begin - size_of::<u128>());
        let mut span = Span::prefix(&prefix);
        if let Some(id) = counted {
            span.start = Span::prefix(&[prefix.as_slice(), &id.to_be_bytes()].concat()).end;
        }
        let rows = write
            .reader
            .snapshot
            .scan(&span, Direction::Forward, STEP)?;
        let mut deltas = Deltas::new();
        let mut last = None;
        for (key, _) in &rows {
            let id = key.get(prefix.len()..).and_then(<[u8]>::first_chunk);
            let Some(id) = id.copied().map(u128::from_be_bytes) else {
                continue;
            };
            if last != Some(id) {
                deltas.look_up((parent.number, id, filling.number));
            }
            last = Some(id);
        }
        self.totals.push(deltas);
        Ok(last.filter(|_| rows.len() == STEP))
    }

    /// The records of then can be read no longer: what was counted is dropped, and filling begins anew from now.
    fn fill_again(&mut self, filling: &Filling, write: &Write<'_>) -> Result<()> {
        self.alone = true;
        self.delete(filling.key());
        match filling.live {
            true => self.drop_live_total(filling.object, filling.number, write)?,
            false => self.drop_rollups(filling.object, &|field| field == filling.number, write)?,
        }
        self.writes.push(Entry::Stamp {
            prefix: Filling::prefix(filling.object, filling.live, filling.number),
            value: Vec::new(),
        });
        Ok(())
    }

    /// Drops the entries of rollups of an object.
    pub(super) fn drop_rollups(
        &mut self,
        object: u32,
        dropped: &dyn Fn(u32) -> bool,
        write: &Write<'_>,
    ) -> Result<()> {
        let prefix = spaces::of_object(spaces::ROLLUP, object);
        write.reader.snapshot.scan_all(&prefix, |key, _| {
            let field = key.last_chunk::<4>().copied().map(u32::from_be_bytes);
            if field.is_some_and(dropped) {
                self.delete(key.to_vec());
            }
            Ok::<_, Error>(ControlFlow::Continue(()))
        })
    }

    /// Drops the entries of a live total.
    pub(super) fn drop_live_total(
        &mut self,
        object: u32,
        number: u32,
        write: &Write<'_>,
    ) -> Result<()> {
        let prefix = spaces::of_field(spaces::LIVE_TOTAL, object, number);
        write.reader.snapshot.scan_all(&prefix, |key, _| {
            self.delete(key.to_vec());
            Ok::<_, Error>(ControlFlow::Continue(()))
        })
    }
}

/// Whether a changed object is the old one with totals that are still to be filled: such a change is made from no record.
pub(super) fn only_begins_totals(old: &Object, new: &Object) -> bool {
    let gained: Vec<u32> = new
        .gained_rollups(Some(old))
        .filter(|(number, rollup)| rollup.filling && old.field_by_number(*number).is_none())
        .map(|(number, _)| number)
        .collect();
    let mut rest = new.clone();
    rest.fields.retain(|field| !gained.contains(&field.number));
    let known = |number| old.totals.iter().any(|total| total.number == number);
    rest.totals
        .retain(|total| !total.filling || known(total.number));
    rest.next_total = old.next_total;
    rest == *old
}
