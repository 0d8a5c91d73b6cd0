//! What does a record add to the totals of the records that it refers to?
//!
//! Totals change inside the commit, by the difference between what a record added before and what it adds now. The
//! single committer makes the differences absolute in commit order, so two writers of one total never conflict.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::Drafts;
use crate::error::Result;
use crate::query::Reader;
use crate::record::{Decimal, Record, RecordId, Value};
use crate::schema::{FieldKind, Rollup, RollupMeasure, Schema};
use crate::store::{Write as Entry, spaces};

/// What one record adds to one total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Adds {
    Sum { count: i64, sum: i128 },
    Latest { micros: i64 },
}

/// A total's place: parent object, parent id, rollup field.
pub(crate) type Total = (u32, u128, u32);

/// Everything that a record adds.
pub(crate) fn contributions(schema: &Schema, record: &Record) -> Vec<(Total, Adds)> {
    schema
        .rollups_over(record.object())
        .filter_map(|(parent, field, rollup)| {
            let Some(Value::Reference(id)) = record.get(&rollup.by) else {
                return None;
            };
            if id.prefix != parent.prefix || !counts(rollup, record) {
                return None;
            }
            Some((
                (parent.number, id.number, field.number),
                adds(&rollup.measure, record)?,
            ))
        })
        .collect()
}

fn counts(rollup: &Rollup, record: &Record) -> bool {
    rollup
        .only
        .iter()
        .all(|(field, option)| record.text(field) == Some(option))
}

fn adds(measure: &RollupMeasure, record: &Record) -> Option<Adds> {
    Some(match measure {
        RollupMeasure::Count => Adds::Sum { count: 1, sum: 0 },
        RollupMeasure::Sum { of } => match record.get(of)? {
            Value::Integer(number) => Adds::Sum {
                count: 1,
                sum: Decimal::from(*number).billionths(),
            },
            Value::Decimal(number) => Adds::Sum {
                count: 1,
                sum: number.billionths(),
            },
            _ => return None,
        },
        RollupMeasure::SumMoney { of, currency } => match record.get(of)? {
            Value::Money(money) if money.currency.code() == currency => Adds::Sum {
                count: 1,
                sum: money.amount.billionths(),
            },
            _ => return None,
        },
        RollupMeasure::Latest { of } => match record.get(of)? {
            Value::Instant(at) => Adds::Latest {
                micros: at.timestamp_micros(),
            },
            _ => return None,
        },
    })
}

/// The changes of totals that all drafts together make.
pub(super) struct Deltas {
    sums: BTreeMap<Total, (i64, i128)>,
    raises: BTreeMap<Total, i64>,
    /// Totals that lost a record which may have been the latest: they are looked up again.
    lowered: BTreeSet<Total>,
}

impl Deltas {
    pub(super) fn new() -> Self {
        Self {
            sums: BTreeMap::new(),
            raises: BTreeMap::new(),
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
        let (old, new) = (of(before), of(after));
        for (total, adds) in old.iter().filter(|old| !new.contains(old)) {
            match adds {
                Adds::Sum { count, sum } => self.sum(*total, -count, -sum),
                Adds::Latest { .. } => {
                    self.lowered.insert(*total);
                }
            }
        }
        for (total, adds) in new.iter().filter(|new| !old.contains(new)) {
            match adds {
                Adds::Sum { count, sum } => self.sum(*total, *count, *sum),
                Adds::Latest { micros } => {
                    self.raise(*total, *micros);
                }
            }
        }
    }

    /// Counts a record that was there before the rollup of this object and field.
    pub(super) fn begin(&mut self, schema: &Schema, record: &Record, rollup: (u32, u32)) {
        for (total, adds) in contributions(schema, record) {
            match adds {
                _ if (total.0, total.2) != rollup => {}
                Adds::Sum { count, sum } => self.sum(total, count, sum),
                Adds::Latest { micros } => self.raise(total, micros),
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
        for (total, to) in self.raises {
            if !self.lowered.contains(&total) {
                entries.push(Entry::Raise {
                    key: spaces::rollup(total.0, total.1, total.2),
                    to,
                });
            }
        }
        for total in self.lowered {
            let key = spaces::rollup(total.0, total.1, total.2);
            entries.push(match latest(reader, drafts, total)? {
                Some(micros) => Entry::Put {
                    key: key.clone(),
                    value: micros.to_be_bytes().to_vec(),
                },
                None => Entry::Delete { key: key.clone() },
            });
            unchanged.push(key);
        }
        Ok((entries, unchanged))
    }
}

/// The latest value over all records that count, as these drafts leave them.
fn latest(reader: &Reader, drafts: &Drafts, (parent, id, field): Total) -> Result<Option<i64>> {
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
    let mut best: Option<i64> = None;
    let mut look = |record: &Record| {
        for (place, adds) in contributions(schema, record) {
            if let (true, Adds::Latest { micros }) = (place == total, adds) {
                best = best.max(Some(micros));
            }
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
