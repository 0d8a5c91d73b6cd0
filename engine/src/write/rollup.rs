//! What does a record add to the totals of the records that it refers to?
//!
//! Totals change inside the commit, by the difference between what a record added before and what it adds now. The
//! single committer makes the differences absolute in commit order, so two writers of one total never conflict.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::Drafts;
use crate::error::Result;
use crate::query::{BoundTotal, Reader};
use crate::record::{Decimal, Record, RecordId, Value};
use crate::schema::{FieldKind, RollupMeasure, Schema};
use crate::store::{Write as Entry, spaces};

/// What one record adds to one total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Adds {
    Sum { count: i64, sum: i128 },
    Latest { micros: i64 },
    Least { value: i128 },
    Greatest { value: i128 },
}

impl Adds {
    /// Of two records that one total is made of, the one that it tells; of a sum, both are needed.
    pub(crate) fn best(self, other: Self) -> Self {
        match (self, other) {
            (Self::Latest { micros: a }, Self::Latest { micros: b }) => {
                Self::Latest { micros: a.max(b) }
            }
            (Self::Least { value: a }, Self::Least { value: b }) => Self::Least { value: a.min(b) },
            (Self::Greatest { value: a }, Self::Greatest { value: b }) => {
                Self::Greatest { value: a.max(b) }
            }
            (_, other) => other,
        }
    }

    /// The same of a stored total, which has no more than its value.
    fn with_stored(self, stored: &[u8]) -> Self {
        let Ok(value) = stored.try_into().map(i128::from_be_bytes) else {
            return self;
        };
        match self {
            Self::Least { .. } => self.best(Self::Least { value }),
            Self::Greatest { .. } => self.best(Self::Greatest { value }),
            Self::Sum { .. } | Self::Latest { .. } => self,
        }
    }

    /// As the store keeps it.
    pub(crate) fn stored(self) -> Vec<u8> {
        match self {
            Self::Sum { count, sum } => [&count.to_be_bytes()[..], &sum.to_be_bytes()].concat(),
            Self::Latest { micros } => micros.to_be_bytes().to_vec(),
            Self::Least { value } | Self::Greatest { value } => value.to_be_bytes().to_vec(),
        }
    }
}

/// A total's place: parent object, parent id, rollup field.
pub(crate) type Total = (u32, u128, u32);

/// Everything that a record adds.
pub(crate) fn contributions(schema: &Schema, record: &Record) -> Vec<(Total, Adds)> {
    schema
        .rollups_over(record.object())
        .filter_map(|over| {
            let Some(Value::Reference(id)) = record.get(&over.rollup.by) else {
                return None;
            };
            if id.prefix != over.parent.prefix || !over.counts(record) {
                return None;
            }
            Some((
                (over.parent.number, id.number, over.field.number),
                adds(&over.rollup.measure, record)?,
            ))
        })
        .collect()
}

fn adds(measure: &RollupMeasure, record: &Record) -> Option<Adds> {
    let Some(of) = measure.field() else {
        return Some(Adds::Sum { count: 1, sum: 0 });
    };
    let value = match (record.get(of)?, measure.currency()) {
        (Value::Integer(number), None) => Decimal::from(*number).billionths(),
        (Value::Decimal(number), None) => number.billionths(),
        (Value::Money(money), Some(code)) if money.currency.code() == code => {
            money.amount.billionths()
        }
        (Value::Instant(at), None) => i128::from(at.timestamp_micros()),
        _ => return None,
    };
    Some(match measure {
        RollupMeasure::Min { .. } | RollupMeasure::Earliest { .. } => Adds::Least { value },
        RollupMeasure::Max { .. } => Adds::Greatest { value },
        RollupMeasure::Latest { .. } => Adds::Latest {
            micros: i64::try_from(value).ok()?,
        },
        RollupMeasure::Count | RollupMeasure::Sum { .. } | RollupMeasure::SumMoney { .. } => {
            Adds::Sum {
                count: 1,
                sum: value,
            }
        }
    })
}

/// What a record adds to the live totals of its object: key, count, sum.
pub(crate) fn live_contributions(schema: &Schema, record: &Record) -> Vec<(Vec<u8>, i64, i128)> {
    let totals = schema.live_totals(record.object()).iter();
    totals
        .flat_map(|total| total.contributions(record))
        .collect()
}

/// The changes of totals that all drafts together make.
pub(super) struct Deltas {
    sums: BTreeMap<Total, (i64, i128)>,
    /// Of live totals, by their keys.
    live: BTreeMap<Vec<u8>, (i64, i128)>,
    raises: BTreeMap<Total, i64>,
    /// What the least or greatest are to be held against.
    bests: BTreeMap<Total, Adds>,
    /// Totals that lost a record which may have been the latest, least or greatest: they are looked up again.
    lowered: BTreeSet<Total>,
}

impl Deltas {
    pub(super) fn new() -> Self {
        Self {
            sums: BTreeMap::new(),
            live: BTreeMap::new(),
            raises: BTreeMap::new(),
            bests: BTreeMap::new(),
            lowered: BTreeSet::new(),
        }
    }

    pub(super) fn change(
        &mut self,
        schema: &Schema,
        before: Option<&Record>,
        after: Option<&Record>,
    ) {
        let of = |record: Option<&Record>| {
            record.map_or_else(Vec::new, |record| contributions(schema, record))
        };
        for (record, sign) in [(before, -1), (after, 1)] {
            let adds = record.map_or_else(Vec::new, |record| live_contributions(schema, record));
            for (key, count, sum) in adds {
                self.live(key, sign * count, i128::from(sign) * sum);
            }
        }
        let (old, new) = (of(before), of(after));
        for (total, adds) in old.iter().filter(|old| !new.contains(old)) {
            match adds {
                Adds::Sum { count, sum } => self.sum(*total, -count, -sum),
                Adds::Latest { .. } | Adds::Least { .. } | Adds::Greatest { .. } => {
                    self.lowered.insert(*total);
                }
            }
        }
        for (total, adds) in new.iter().filter(|new| !old.contains(new)) {
            self.add(*total, *adds);
        }
    }

    /// Counts a record that was there before the rollup of this object and field.
    pub(super) fn begin(&mut self, schema: &Schema, record: &Record, rollup: (u32, u32)) {
        for (total, adds) in contributions(schema, record) {
            if (total.0, total.2) == rollup {
                self.add(total, adds);
            }
        }
    }

    /// Counts a record that was there before a live total of its object.
    pub(super) fn begin_live(&mut self, total: &BoundTotal, record: &Record) {
        for (key, count, sum) in total.contributions(record) {
            self.live(key, count, sum);
        }
    }

    /// Looks a total up again that is no sum.
    pub(super) fn look_up(&mut self, total: Total) {
        self.lowered.insert(total);
    }

    fn live(&mut self, key: Vec<u8>, count: i64, sum: i128) {
        let entry = self.live.entry(key).or_default();
        entry.0 += count;
        entry.1 += sum;
    }

    fn add(&mut self, total: Total, adds: Adds) {
        match adds {
            Adds::Sum { count, sum } => self.sum(total, count, sum),
            Adds::Latest { micros } => self.raise(total, micros),
            Adds::Least { .. } | Adds::Greatest { .. } => {
                let best = self.bests.entry(total).or_insert(adds);
                *best = best.best(adds);
            }
        }
    }

    fn raise(&mut self, total: Total, micros: i64) {
        let latest = self.raises.entry(total).or_insert(micros);
        *latest = (*latest).max(micros);
    }

    fn sum(&mut self, total: Total, count: i64, sum: i128) {
        let entry = self.sums.entry(total).or_default();
        entry.0 += count;
        entry.1 += sum;
    }

    /// The entries to write, and the keys that must not have changed since the snapshot.
    pub(super) fn entries(
        self,
        reader: &Reader,
        drafts: &Drafts,
    ) -> Result<(Vec<Entry>, Vec<Vec<u8>>)> {
        let mut entries = Vec::new();
        let mut unchanged = Vec::new();
        for ((object, id, field), (count, sum)) in self.sums {
            if (count, sum) != (0, 0) {
                entries.push(Entry::Add {
                    key: spaces::rollup(object, id, field),
                    count,
                    sum,
                });
            }
        }
        let live = self.live.into_iter();
        entries.extend(
            live.filter(|(_, adds)| *adds != (0, 0))
                .map(|(key, (count, sum))| Entry::Add { key, count, sum }),
        );
        for (total, to) in self.raises {
            if !self.lowered.contains(&total) {
                entries.push(Entry::Raise {
                    key: spaces::rollup(total.0, total.1, total.2),
                    to,
                });
            }
        }
        for (total, best) in self.bests {
            if self.lowered.contains(&total) {
                continue;
            }
            let key = spaces::rollup(total.0, total.1, total.2);
            let stored = reader.snapshot.get(&key)?;
            let best = stored.map_or(best, |stored| best.with_stored(&stored));
            // Written even where it is the same: who looks it up again must hear of this record.
            entries.push(Entry::Put {
                key: key.clone(),
                value: best.stored(),
            });
            unchanged.push(key);
        }
        for total in self.lowered {
            let key = spaces::rollup(total.0, total.1, total.2);
            entries.push(match best_of_all(reader, drafts, total)? {
                Some(best) => Entry::Put {
                    key: key.clone(),
                    value: best.stored(),
                },
                None => Entry::Delete { key: key.clone() },
            });
            unchanged.push(key);
        }
        Ok((entries, unchanged))
    }
}

/// The latest, least or greatest over all records that count, as these drafts leave them.
fn best_of_all(
    reader: &Reader,
    drafts: &Drafts,
    (parent, id, field): Total,
) -> Result<Option<Adds>> {
    let schema = &drafts.schema;
    let Some(parent) = schema.by_number(parent) else {
        return Ok(None);
    };
    let Some(FieldKind::Rollup(rollup)) = parent.field_by_number(field).map(|field| &field.kind)
    else {
        return Ok(None);
    };
    let Some((child, by)) = schema
        .object(&rollup.child)
        .and_then(|child| Some((child, child.field(&rollup.by)?)))
    else {
        return Ok(None);
    };
    let pending: BTreeMap<RecordId, Option<&Record>> = drafts
        .drafts
        .iter()
        .map(|draft| (draft.id, draft.after.as_ref()))
        .collect();
    let total = (parent.number, id, field);
    let mut best: Option<Adds> = None;
    let mut look = |record: &Record| {
        for (_, adds) in contributions(schema, record)
            .into_iter()
            .filter(|(place, _)| *place == total)
        {
            best = Some(best.map_or(adds, |best| best.best(adds)));
        }
    };
    let referring = reader.referring(child, by.number, RecordId::new(parent.prefix, id))?;
    let ids: Vec<u128> = referring
        .iter()
        .filter(|id| !pending.contains_key(id))
        .map(|id| id.number)
        .collect();
    for chunk in ids.chunks(500) {
        reader
            .get_many(child, chunk)?
            .iter()
            .flatten()
            .for_each(&mut look);
    }
    pending.values().flatten().for_each(|record| look(record));
    Ok(best)
}
