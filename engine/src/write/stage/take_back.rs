//! What does taking a change back mean for the record as it is now?
//!
//! Field by field: what the change left in it gets what was there before, and what somebody wrote since stays. A record
//! that the change made goes to the bin unless somebody changed it or built upon it; one that it deleted comes back.

use std::collections::BTreeSet;

use super::{Stage, Staged};
use crate::access::AccessVerb;
use crate::error::Failure;
use crate::record::{Record, RecordId, Value};
use crate::schema::system;
use crate::write::draft::Draft;
use crate::write::request::{OutcomeKind, TakeBack};

/// What of a change can be taken back.
#[derive(Debug, Default)]
pub(crate) struct ThreeWay {
    /// Fields that are as the change left them, with what was there before.
    pub(crate) give: Vec<(u32, Option<Value>)>,
    /// Fields that were written since.
    pub(crate) kept: Vec<u32>,
}

/// The fields that a person or a rule sets, and that differ.
fn differing(one: &Record, other: &Record) -> Vec<u32> {
    let mut fields = Record::changed(Some(one), Some(other));
    fields.retain(|number| {
        let field = one.object.field_by_number(*number);
        *number >= system::FIRST_DECLARED && field.is_some_and(|field| !field.is_rollup())
    });
    fields
}

/// Compares a record with what a change found and left.
pub(crate) fn three_way(live: &Record, before: &Record, after: &Record) -> ThreeWay {
    let mut way = ThreeWay::default();
    for number in differing(before, after) {
        if live.value(number) == after.value(number) {
            way.give.push((number, before.value(number).cloned()));
        } else if live.value(number) != before.value(number) {
            way.kept.push(number);
        }
    }
    way
}

/// Whether a record is as a change left it.
pub(crate) fn is_untouched(live: &Record, after: &Record) -> bool {
    differing(live, after).is_empty()
}

impl Stage<'_> {
    pub(super) fn take_back(&mut self, take: &TakeBack) -> Staged<()> {
        match (&take.before, &take.after) {
            (_, None) => self.give_back(take),
            (None, Some(after)) => self.unmake(take.id, after),
            (Some(before), Some(after)) => self.unchange(take.id, before, after),
        }
    }

    fn unchange(&mut self, id: RecordId, before: &Record, after: &Record) -> Staged<()> {
        let live = self.live(id, None)?;
        let mut record = live.clone();
        let object = record.object.clone();
        for (number, value) in three_way(&live, before, after).give {
            let Some(field) = object.field_by_number(number) else {
                continue;
            };
            if field.retired || !field.read_only && !self.allow_field(&object, field) {
                continue;
            }
            if let Some(value) = &value {
                self.allow_reference(&live, field, value)?;
            }
            record.set(number, value);
        }
        self.allow_update(&live, &record)?;
        record.revision += 1;
        // Where nobody else was there meanwhile, it never happened: also not who changed it last.
        if is_untouched(&live, after) {
            for stamp in [system::UPDATED_AT, system::UPDATED_BY] {
                record.set(stamp, before.value(stamp).cloned());
            }
        } else {
            self.stamp(&mut record);
        }
        let draft = self.draft(object, id, OutcomeKind::Updated, Some(live), Some(record));
        self.push(Draft {
            privileged: true,
            ..draft
        })
    }

    fn unmake(&mut self, id: RecordId, after: &Record) -> Staged<()> {
        self.alone(id)?;
        let live = self.live(id, None)?;
        if !is_untouched(&live, after) {
            let what = format!("{id} was changed since, so it stays");
            return Err(Failure::new("changed-since", what).into());
        }
        let mut along = Vec::new();
        self.collect(&live, &mut along, &mut BTreeSet::from([id]))?;
        if !along.is_empty() {
            let what = format!("other records belong to {id} by now, so it stays");
            return Err(Failure::new("in-use", what).into());
        }
        self.allow(AccessVerb::Delete, &live)?;
        let draft = self.draft(
            live.object.clone(),
            id,
            OutcomeKind::Deleted,
            Some(live),
            None,
        );
        self.push(draft)
    }

    fn give_back(&mut self, take: &TakeBack) -> Staged<()> {
        let binned = self.write.reader.binned(take.id)?;
        if binned.is_some_and(|(_, binned)| binned.at == take.time) {
            return self.restore_as(take.id, false);
        }
        let what = format!("{} was restored or deleted again since", take.id);
        Err(Failure::new("changed-since", what).into())
    }
}
