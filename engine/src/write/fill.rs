//! How does a total come to count the records that were there before it, and an index of several fields to have them?
//!
//! The commit that declares one is short: from its position on every commit keeps it. It is marked as being filled and tells
//! nothing yet. Then come steps, each a commit of its own that waits for nobody:
//!
//! * sums are filled from the records as they were at that position, some thousand a step; a step adds, and adding takes
//!   nothing from what commits since then have added, so that no two of them conflict;
//! * a least, greatest or latest is looked up anew for some parents a step, under the precondition that nobody wrote it.
//! * an index gets the entries of some thousand records as they are, under the precondition that nobody writes these.
//!
//! An entry says how far it is, so that a step is done once and the next open goes on after a crash. The last step takes
//! the mark away.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::plan::Planner;
use super::rollup::Deltas;
use super::{Write, draft::Drafts};
use crate::access::Tagging;
use crate::error::{Error, Result};
use crate::journal::Position;
use crate::query::{Reader, decode_whole};
use crate::record::RecordId;
use crate::schema::{Index, Kept, Object, Rollup, RollupMeasure, Schema};
use crate::store::{Direction, Snapshot, Span, StoreError, Write as Entry, keys, spaces};

/// How many records a step counts; few in tests, so that there are many steps.
const STEP: usize = if cfg!(test) { 7 } else { 2_000 };

/// A total or an index that is being filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Filling {
    object: u32,
    kept: Kept,
    /// From which position on commits keep it.
    pub(crate) since: Position,
}

impl Filling {
    /// What is being filled.
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
        let object = keys::take_u32(&mut rest)?;
        let kept = match keys::take_u8(&mut rest)? {
            0 => Kept::Rollup,
            1 => Kept::Total,
            2 => Kept::Index,
            _ => return None,
        };
        Some(Self {
            object,
            kept: kept(keys::take_u32(&mut rest)?),
            since: Position::from_number(keys::take_u64(&mut rest)?),
        })
    }

    /// What its entry begins with, whatever its position.
    pub(crate) fn prefix(object: u32, kept: Kept) -> Vec<u8> {
        let (kind, number) = match kept {
            Kept::Rollup(number) => (0, number),
            Kept::Total(number) => (1, number),
            Kept::Index(number) => (2, number),
        };
        let mut key = spaces::of_object(spaces::FILL, object);
        keys::push_u8(&mut key, kind);
        keys::push_u32(&mut key, number);
        key
    }

    fn key(&self) -> Vec<u8> {
        let mut key = Self::prefix(self.object, self.kept);
        keys::push_u64(&mut key, self.since.get());
        key
    }
}

/// What is to be filled, as the schema has it.
enum Declared<'a> {
    Live(&'a Arc<Object>),
    Sum(&'a Arc<Object>),
    Best(&'a Arc<Object>, &'a Rollup),
    Index(&'a Index),
}

fn declared<'a>(filling: &Filling, schema: &'a Schema) -> Option<(&'a Arc<Object>, Declared<'a>)> {
    let object = schema.by_number(filling.object)?;
    let field = match filling.kept {
        Kept::Total(number) => {
            let mut totals = object.totals.iter();
            let known = totals.any(|total| total.number == number);
            return known.then_some((object, Declared::Live(object)));
        }
        Kept::Index(number) => {
            let index = object.indexes.iter().find(|index| index.number == number)?;
            return Some((object, Declared::Index(index)));
        }
        Kept::Rollup(number) => object.field_by_number(number)?,
    };
    let rollup = field.rollup().filter(|_| !field.retired)?;
    let child = schema.object(&rollup.child)?;
    let total = match rollup.measure {
        RollupMeasure::Count | RollupMeasure::Sum { .. } | RollupMeasure::SumMoney { .. } => {
            Declared::Sum(child)
        }
        _ => Declared::Best(child, rollup),
    };
    Some((object, total))
}

impl Planner {
    /// Begins to fill what a changed object keeps that it did not keep before.
    pub(super) fn begin_filling(&mut self, old: Option<&Arc<Object>>, new: &Object) {
        let old = old.map(Arc::as_ref);
        let rollups = new.gained_rollups(old);
        let rollups = rollups.filter(|(_, rollup)| rollup.filling);
        let rollups = rollups.map(|(number, _)| Kept::Rollup(number));
        let totals = new.gained_totals(old).filter(|total| total.filling);
        let totals = totals.map(|total| Kept::Total(total.number));
        let indexes = new.gained_indexes(old).filter(|index| index.filling);
        let indexes = indexes.map(|index| Kept::Index(index.number));
        for kept in rollups.chain(totals).chain(indexes) {
            self.writes.push(Entry::Stamp {
                prefix: Filling::prefix(new.number, kept),
                value: Vec::new(),
            });
        }
    }

    /// The next step of filling a total or an index; true when it was the last one, and the schema says so.
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
        let Some((object, declared)) = declared(filling, &drafts.schema) else {
            // It was retired meanwhile.
            self.delete(key);
            return Ok(false);
        };
        let counted = counted.try_into().ok().map(u128::from_be_bytes);
        let last = match declared {
            Declared::Index(index) => self.fill_index((object, index), counted, write)?,
            Declared::Live(child) | Declared::Sum(child) => {
                match Snapshot::pin_at(write.backend, filling.since) {
                    Ok(then) => self.fill_sums(filling, child, then, counted, drafts)?,
                    Err(StoreError::SnapshotGone { .. }) => {
                        return self.fill_again(filling, write).map(|()| false);
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            Declared::Best(child, rollup) => {
                self.fill_bests(filling.kept, (object, child, rollup), counted, write)?
            }
        };
        match last {
            Some(id) => self.put(key, id.to_be_bytes().to_vec()),
            None => {
                let mut filled = (**object).clone();
                filled.set_filling(filling.kept, false);
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
        let mut live = schema.live_totals(&child.name).iter();
        let live = live.find(|total| filling.kept == Kept::Total(total.number()));
        let mut deltas = Deltas::new();
        let (mut left, mut last) = (STEP, None);
        then.each_after(child, counted, |record| {
            match (live, filling.kept) {
                (Some(total), _) => deltas.begin_live(total, &record),
                (None, Kept::Rollup(field)) => {
                    deltas.begin(schema, &record, (filling.object, field));
                }
                (None, Kept::Total(_) | Kept::Index(_)) => {}
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
        kept: Kept,
        (parent, child, rollup): (&Arc<Object>, &Arc<Object>, &Rollup),
        counted: Option<u128>,
        write: &Write<'_>,
    ) -> Result<Option<u128>> {
        let (Some(by), Kept::Rollup(field)) = (child.field(&rollup.by), kept) else {
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
                deltas.look_up((parent.number, id, field));
            }
            last = Some(id);
        }
        self.totals.push(deltas);
        Ok(last.filter(|_| rows.len() == STEP))
    }

    /// Puts the entries of the records after an id; the last one, unless there are no more.
    fn fill_index(
        &mut self,
        (object, index): (&Arc<Object>, &Index),
        filled: Option<u128>,
        write: &Write<'_>,
    ) -> Result<Option<u128>> {
        let mut span = Span::prefix(&spaces::of_object(spaces::RECORD, object.number));
        if let Some(id) = filled {
            span = span.beyond(&spaces::record(object.number, id), Direction::Forward);
        }
        let rows = write
            .reader
            .snapshot
            .list(&span, Direction::Forward, STEP)?;
        let tagging = Tagging::of(object);
        let mut last = None;
        for (key, bytes) in rows.iter() {
            let Some(id) = spaces::id_at_end(key) else {
                continue;
            };
            let record = decode_whole(object, id, bytes)?;
            // Who writes it meanwhile keeps the entry himself.
            self.unchanged.push(key.to_vec());
            let tag = tagging.map_or_else(Vec::new, |tagging| tagging.tag(&record));
            let entry = super::plan::put(super::plan::entry_of_several(index, &record), tag);
            self.of_record(object.number, id, vec![entry]);
            last = Some(id);
        }
        Ok(last.filter(|_| rows.len() == STEP))
    }

    /// The records of then can be read no longer: what was counted is dropped, and filling begins anew from now.
    fn fill_again(&mut self, filling: &Filling, write: &Write<'_>) -> Result<()> {
        self.alone = true;
        self.delete(filling.key());
        match filling.kept {
            Kept::Total(number) => self.drop_live_total(filling.object, number, write)?,
            Kept::Rollup(number) => {
                self.drop_rollups(filling.object, &|field| field == number, write)?;
            }
            Kept::Index(number) => self.drop_index(filling.object, number, write)?,
        }
        self.writes.push(Entry::Stamp {
            prefix: Filling::prefix(filling.object, filling.kept),
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

    /// Drops the entries of an index of several fields.
    pub(super) fn drop_index(&mut self, object: u32, number: u32, write: &Write<'_>) -> Result<()> {
        let prefix = spaces::of_field(spaces::INDEX, object, number);
        write.reader.snapshot.scan_all(&prefix, |key, _| {
            if let Some(id) = spaces::id_at_end(key) {
                self.of_record(object, id, vec![super::plan::delete(key.to_vec())]);
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

/// Whether a changed object is the old one with totals and indexes that are still to be filled: such a change is made from no record.
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
    let known = |number| old.indexes.iter().any(|index| index.number == number);
    rest.indexes
        .retain(|index| !index.filling || known(index.number));
    rest.next_index = old.next_index;
    rest == *old
}
