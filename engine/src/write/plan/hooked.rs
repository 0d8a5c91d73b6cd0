//! Which entries come of what hooks read and keep?

use std::collections::BTreeMap;

use super::Planner;
use crate::error::Result;
use crate::hook::{Keep, Reads};
use crate::record::RecordId;
use crate::schema::Schema;
use crate::store::{Write as Entry, spaces};
use crate::write::Write;
use crate::write::draft::Drafts;

impl Planner {
    /// Whoever looked for records of these objects must hear that they changed.
    pub(super) fn watched(&mut self, now: i64) {
        let raised = std::mem::take(&mut self.watched).into_iter().map(|object| {
            let key = spaces::of_object(spaces::WATCH, object);
            Entry::Raise { key, to: now }
        });
        self.writes.extend(raised);
    }

    /// What hooks read must be as it was.
    pub(super) fn read(&mut self, reads: &Reads, schema: &Schema) {
        let number = |id: &RecordId| Some(schema.by_prefix(id.prefix)?.number);
        let records = reads
            .records
            .iter()
            .filter_map(|id| Some(spaces::of_record(spaces::RECORD, number(id)?, id.number)));
        let totals = reads
            .totals
            .iter()
            .filter_map(|(id, field)| Some(spaces::rollup(number(id)?, id.number, *field)));
        let objects = reads.objects.iter();
        let objects = objects.map(|object| spaces::of_object(spaces::WATCH, *object));
        let kept = reads.kept.iter();
        let kept = kept.map(|(plugin, key)| spaces::kept(plugin, key));
        let stores = reads.stores.iter();
        let stores = stores.map(|plugin| spaces::named(spaces::KEPT_GUARD, plugin));
        let all = records.chain(totals).chain(objects).chain(kept);
        self.unchanged.extend(all.chain(stores));
    }

    /// What plugins keep under keys of their own, and how much that is.
    pub(super) fn keeps(&mut self, drafts: &Drafts, write: &Write<'_>) -> Result<()> {
        let stored = drafts.stored.iter().flat_map(|(.., stored)| &stored.keeps);
        let mut last: BTreeMap<Vec<u8>, &Keep> = BTreeMap::new();
        for keep in stored.chain(drafts.keeps.iter().map(|(_, keep)| keep)) {
            last.insert(spaces::kept(&keep.plugin, &keep.key), keep);
        }
        let mut gained: BTreeMap<&str, (i64, i128)> = BTreeMap::new();
        for (key, keep) in last {
            let size = |value: &[u8]| (keep.key.len() + value.len()) as i128;
            let old = write.reader.snapshot.get(&key)?;
            let (count, bytes) = gained.entry(&keep.plugin).or_default();
            *count += i64::from(keep.value.is_some()) - i64::from(old.is_some());
            *bytes += keep.value.as_deref().map_or(0, size) - old.as_deref().map_or(0, size);
            self.unchanged.push(key.clone());
            match &keep.value {
                Some(value) => self.put(key, value.clone()),
                None => self.delete(key),
            }
        }
        for (plugin, (count, sum)) in gained {
            let key = spaces::named(spaces::KEPT_TOTAL, plugin);
            self.writes.push(Entry::Add { key, count, sum });
            let (key, to) = (
                spaces::named(spaces::KEPT_GUARD, plugin),
                write.now.timestamp_micros(),
            );
            self.writes.push(Entry::Raise { key, to });
        }
        Ok(())
    }
}
