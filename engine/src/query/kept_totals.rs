//! Which totals does a record have?
//!
//! Those that the store keeps for it, where who reads sees all that they add up, and otherwise those that are made of
//! what he sees.

use std::sync::Arc;

use chrono::DateTime;

use super::reader::Reader;
use super::seen_totals::SeenTotals;
use crate::error::Result;
use crate::record::{Decimal, Money, Record, Value};
use crate::schema::{FieldKind, Object, Rollup, RollupMeasure};
use crate::store::spaces;

/// What totals are read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TotalsFor {
    /// Something depends on them: a filter, a sort order, a group.
    Answers,
    /// They are shown. One that cannot be told stays empty.
    Show,
}

impl Reader {
    /// Gives records the totals that are kept for them.
    pub(super) fn add_rollups<'a>(
        &self,
        object: &Arc<Object>,
        records: impl Iterator<Item = &'a mut Record>,
        totals_for: TotalsFor,
    ) -> Result<()> {
        let rollups: Vec<_> = object
            .live_fields()
            .filter_map(|field| match &field.kind {
                FieldKind::Rollup(rollup) if !rollup.filling => Some((field.number, rollup)),
                _ => None,
            })
            .collect();
        if rollups.is_empty() {
            return Ok(());
        }
        let mut records: Vec<&mut Record> = records.collect();
        let kept_whole = |rollup: &Rollup| {
            let child = self.schema.object(&rollup.child);
            child.is_none_or(|child| self.sees_every(child))
        };
        if let Some(seeing) = &self.seeing
            && !rollups.iter().all(|(_, rollup)| kept_whole(rollup))
        {
            let (kept, made): (Vec<_>, Vec<_>) = rollups
                .into_iter()
                .partition(|(_, rollup)| kept_whole(rollup));
            let totals = SeenTotals::new(self, seeing, object, &made);
            for record in &mut records {
                totals.add(record, totals_for)?;
            }
            return self.add_kept(object, &mut records, &kept);
        }
        self.add_kept(object, &mut records, &rollups)
    }

    /// Gives records the totals that the store keeps.
    fn add_kept(
        &self,
        object: &Object,
        records: &mut [&mut Record],
        rollups: &[(u32, &Rollup)],
    ) -> Result<()> {
        if rollups.is_empty() {
            return Ok(());
        }
        let keys: Vec<Vec<u8>> = records
            .iter()
            .flat_map(|record| {
                rollups
                    .iter()
                    .map(|(field, _)| spaces::rollup(object.number, record.id.number, *field))
            })
            .collect();
        let keys: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
        let totals = self.snapshot.get_all(&keys)?;
        let totals: Vec<Option<&[u8]>> = totals.values().collect();
        for (record, totals) in records.iter_mut().zip(totals.chunks(rollups.len())) {
            for ((field, rollup), total) in rollups.iter().zip(totals) {
                record.set(*field, rollup_value(&rollup.measure, *total));
            }
        }
        Ok(())
    }
}

/// The field value of a stored total.
pub(super) fn rollup_value(measure: &RollupMeasure, total: Option<&[u8]>) -> Option<Value> {
    let number = |billionths: i128| {
        let amount = Decimal::from_billionths(billionths)?;
        Some(match measure.currency() {
            Some(code) => Value::Money(Money {
                amount,
                currency: code.parse().ok()?,
            }),
            None => Value::Decimal(amount),
        })
    };
    let instant = |micros| DateTime::from_timestamp_micros(micros).map(Value::Instant);
    match measure {
        RollupMeasure::Latest { .. } => instant(i64::from_be_bytes(total?.try_into().ok()?)),
        RollupMeasure::Earliest { .. } => {
            let micros = i128::from_be_bytes(total?.try_into().ok()?);
            instant(i64::try_from(micros).ok()?)
        }
        RollupMeasure::Min { .. } | RollupMeasure::Max { .. } => {
            number(i128::from_be_bytes(total?.try_into().ok()?))
        }
        RollupMeasure::Count => match total {
            Some(bytes) => Some(Value::Integer(i64::from_be_bytes(*bytes.first_chunk()?))),
            None => Some(Value::Integer(0)),
        },
        RollupMeasure::Sum { .. } | RollupMeasure::SumMoney { .. } => match total {
            Some(bytes) => number(i128::from_be_bytes(*bytes.last_chunk()?)),
            None => number(0),
        },
    }
}
