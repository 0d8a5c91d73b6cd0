//! Which segments is a record in?
//!
//! Read once for each value of the counter of settings: a change of a segment raises it, so that no commit is judged by
//! segments that were changed meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use chrono::{DateTime, Utc};

use super::definition::{Bound, Joined};
use crate::error::Result;
use crate::query::{Compiled, QueryTime, Reader};
use crate::record::{Record, RecordId, Value};
use crate::store::spaces;

/// The segments of a moment.
#[derive(Debug, Default)]
pub(crate) struct Segments {
    /// By the number of their object. Those that others are made of come before them.
    by_object: BTreeMap<u32, Vec<Kept>>,
}

/// One segment.
#[derive(Debug)]
struct Kept {
    id: u128,
    bound: Bound,
    /// Of a filter.
    compiled: Option<Compiled>,
}

/// Who is on which lists: by record, the lists.
pub(crate) type Listed = BTreeMap<u128, BTreeSet<u128>>;

impl Segments {
    /// The segments of a snapshot, with some of them as they are to be.
    pub(crate) fn load(
        reader: &Reader,
        changed: &BTreeMap<RecordId, Option<Record>>,
    ) -> Result<Self> {
        let mut segments = Self::default();
        let Some(object) = reader.schema.object("segment").cloned() else {
            return Ok(segments);
        };
        let mut records: Vec<Record> = changed.values().flatten().cloned().collect();
        reader.each(&object, |record| {
            if !changed.contains_key(&record.id()) {
                records.push(record);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        records.sort_unstable_by_key(Record::id);
        for record in &records {
            let Some((number, kept)) = kept(reader, record)? else {
                continue;
            };
            segments.by_object.entry(number).or_default().push(kept);
        }
        segments.by_object.values_mut().for_each(in_order);
        Ok(segments)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_object.is_empty()
    }

    fn over(&self, object: u32) -> &[Kept] {
        self.by_object.get(&object).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn are_over(&self, object: u32) -> bool {
        !self.over(object).is_empty()
    }

    /// The lists of an object's records.
    pub(crate) fn lists(&self, object: u32) -> impl Iterator<Item = u128> {
        let lists = self.over(object).iter();
        lists
            .filter(|kept| kept.bound == Bound::List)
            .map(|kept| kept.id)
    }

    /// The objects whose segments are others there.
    pub(crate) fn differing(&self, other: &Self) -> BTreeSet<u32> {
        let same = |object: &u32| {
            let pairs = self.over(*object).iter().zip(other.over(*object));
            self.over(*object).len() == other.over(*object).len()
                && pairs
                    .into_iter()
                    .all(|(one, other)| one.id == other.id && one.bound == other.bound)
        };
        let objects = self.by_object.keys().chain(other.by_object.keys());
        objects.copied().filter(|object| !same(object)).collect()
    }

    /// The segments that a record is in that is on these lists; none where it is no more.
    pub(crate) fn of(
        &self,
        object: u32,
        record: Option<&Record>,
        listed: &BTreeSet<u128>,
    ) -> BTreeSet<u128> {
        let mut held = BTreeSet::new();
        let Some(record) = record else {
            return held;
        };
        for Kept {
            id,
            bound,
            compiled,
        } in self.over(object)
        {
            let is_in = match bound {
                Bound::Filter(_) => compiled
                    .as_ref()
                    .is_some_and(|filter| filter.matches(record)),
                Bound::List => listed.contains(id),
                Bound::Of(joined, of) => {
                    let mut of = of.iter().map(|one| held.contains(&one.number()));
                    match joined {
                        Joined::Union => of.any(|is_in| is_in),
                        Joined::Intersection => of.all(|is_in| is_in),
                        Joined::Difference => of.next() == Some(true) && !of.any(|is_in| is_in),
                    }
                }
            };
            if is_in {
                held.insert(*id);
            }
        }
        held
    }
}

fn kept(reader: &Reader, record: &Record) -> Result<Option<(u32, Kept)>> {
    let object = record
        .text("object")
        .and_then(|name| reader.schema.object(name));
    let (Some(object), Some(bound)) = (object, Bound::of(record)) else {
        return Ok(None);
    };
    let compiled = match &bound {
        // No segment is asked relative to a moment.
        Bound::Filter(filter) => {
            let time = QueryTime {
                now: DateTime::<Utc>::UNIX_EPOCH,
                zone: chrono::Offset::fix(&Utc),
            };
            // The rule has compiled it, and the schema keeps the fields that it names.
            match filter.compile(object, reader, &time) {
                Ok(compiled) => Some(compiled),
                Err(_) => return Ok(None),
            }
        }
        _ => None,
    };
    let id = record.id().number();
    let kept = Kept {
        id,
        bound,
        compiled,
    };
    Ok(Some((object.number, kept)))
}

/// Brings those that others are made of before them.
fn in_order(segments: &mut Vec<Kept>) {
    let mut left = std::mem::take(segments);
    let mut known: BTreeSet<u128> = BTreeSet::new();
    while !left.is_empty() {
        let is_ready = |kept: &Kept| match &kept.bound {
            Bound::Of(_, of) => of.iter().all(|one| known.contains(&one.number())),
            _ => true,
        };
        let (ready, rest): (Vec<Kept>, Vec<Kept>) = left.into_iter().partition(is_ready);
        if ready.is_empty() {
            // In a circle, which the rule refuses, or made of one that is gone: nobody is in it.
            return;
        }
        known.extend(ready.iter().map(|kept| kept.id));
        segments.extend(ready);
        left = rest;
    }
}

/// Who is on which lists of an object, by the records that say so.
pub(crate) fn listed(reader: &Reader) -> Result<BTreeMap<u32, Listed>> {
    let mut all: BTreeMap<u32, Listed> = BTreeMap::new();
    let Some(object) = reader.schema.object("segment_member").cloned() else {
        return Ok(all);
    };
    reader.each(&object, |record| {
        if let Some((segment, member)) = listing(&record)
            && let Some(of) = reader.schema.by_prefix(member.prefix())
        {
            let listed = all.entry(of.number).or_default();
            listed.entry(member.number()).or_default().insert(segment);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(all)
}

/// The list and the record that a member names.
pub(crate) fn listing(member: &Record) -> Option<(u128, RecordId)> {
    match (member.get("segment")?, member.get("member")?) {
        (Value::Reference(segment), Value::Reference(record)) => Some((segment.number(), *record)),
        _ => None,
    }
}

/// Who is on which of these lists, by what the store keeps.
pub(crate) fn kept_lists(
    reader: &Reader,
    object: u32,
    lists: impl Iterator<Item = u128>,
) -> Result<Listed> {
    let mut listed = Listed::new();
    for list in lists {
        let under = spaces::members(object, list);
        reader.snapshot.scan_all(&under, |key, _| {
            if let Some(id) = spaces::id_at_end(key) {
                listed.entry(id).or_default().insert(list);
            }
            Ok::<_, crate::error::Error>(ControlFlow::Continue(()))
        })?;
    }
    Ok(listed)
}
