//! Which entries does a changed object ask for, over the records there are?

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::{Planner, delete, entry_of_several, put};
use crate::access::Tagging;
use crate::error::Result;
use crate::journal::Subject;
use crate::schema::{Field, Object};
use crate::search;
use crate::store::{Write as Entry, spaces};
use crate::write::Write;

impl Planner {
    /// Builds the indexes and unique keys that a changed object gains and drops those that it loses.
    pub(super) fn reindex(
        &mut self,
        old: &Arc<Object>,
        new: &Arc<Object>,
        write: &Write<'_>,
    ) -> Result<()> {
        let fields = |object: &Object, has: fn(&Field) -> bool| -> BTreeSet<u32> {
            let having = object.live_fields().filter(|field| has(field));
            having.map(|field| field.number).collect()
        };
        let (was, is) = (
            fields(old, Field::is_indexed),
            fields(new, Field::is_indexed),
        );
        let (claimed, claims) = (
            fields(old, |field| field.unique),
            fields(new, |field| field.unique),
        );
        let found_by = |object: &Object| -> BTreeSet<(u32, u8)> {
            let having = object
                .live_fields()
                .filter(|field| search::is_posted(field));
            having
                .map(|field| (field.number, field.searchable))
                .collect()
        };
        let words_differ = found_by(old) != found_by(new);
        // A new indexed field has no values yet, and still an entry for every record: a walk of its index finds all.
        let retag = Tagging::differs(old, new);
        if was == is && claimed == claims && !retag && !words_differ {
            return Ok(());
        }
        let number = new.number;
        let tagging = Tagging::of(new);
        write.reader.each(new, |record| {
            let id = record.id.number;
            let entry = |field: &u32| spaces::index(number, *field, record.value(*field), id);
            let claim = |field: &u32| Some(spaces::unique(number, *field, record.value(*field)?));
            let drop = was.difference(&is).map(entry);
            let drop = drop.chain(claimed.difference(&claims).filter_map(claim));
            let mut writes: Vec<Entry> = drop.map(delete).collect();
            let build = is.iter().filter(|field| retag || !was.contains(field));
            let tag = tagging.map_or_else(Vec::new, |tagging| tagging.tag(&record));
            writes.extend(build.map(|field| put(entry(field), tag.clone())));
            let several = new.indexes.iter().filter(|_| retag);
            let several = several.map(|index| entry_of_several(index, &record));
            writes.extend(several.map(|key| put(key, tag.clone())));
            let build = claims.difference(&claimed).filter_map(claim);
            writes.extend(build.map(|key| put(key, id.to_be_bytes().to_vec())));
            if words_differ {
                let posted = search::postings_of_record(old, &record);
                let posts = search::postings_of_record(new, &record);
                writes.extend(posted.difference(&posts).cloned().map(delete));
                let build = posts.difference(&posted).cloned();
                writes.extend(build.map(|key| put(key, Vec::new())));
            }
            self.leaves.add(Subject { object: number, id }, writes);
            Ok(ControlFlow::Continue(()))
        })
    }

    /// Gives records of an older store the words by which they are found.
    pub(super) fn fill(&mut self, fill: &search::Fill, write: &Write<'_>) -> Result<()> {
        let Some(object) = write.reader.schema.by_number(fill.object) else {
            return Ok(());
        };
        for record in write
            .reader
            .stored_records(object, &fill.ids)?
            .into_iter()
            .flatten()
        {
            let id = record.id.number;
            self.unchanged
                .push(spaces::of_record(spaces::RECORD, fill.object, id));
            let postings = search::postings_of_record(object, &record).into_iter();
            let writes = postings.map(|key| put(key, Vec::new())).collect();
            let object = fill.object;
            self.leaves.add(Subject { object, id }, writes);
        }
        Ok(())
    }

    /// Drops the totals and the indexes of several fields that a changed object keeps no longer, and begins to fill those that it gains.
    pub(super) fn retotal(
        &mut self,
        old: Option<&Arc<Object>>,
        new: &Arc<Object>,
        write: &Write<'_>,
    ) -> Result<()> {
        if let Some(old) = old {
            let lost: BTreeSet<u32> = old
                .gained_rollups(Some(new))
                .map(|(field, _)| field)
                .collect();
            if !lost.is_empty() {
                self.drop_rollups(new.number, &|field| lost.contains(&field), write)?;
            }
            for index in old.gained_indexes(Some(new)) {
                self.drop_index(new.number, index.number, write)?;
            }
            for total in old.gained_totals(Some(new)) {
                self.drop_live_total(new.number, total.number, write)?;
            }
        }
        self.begin_filling(old, new);
        Ok(())
    }
}
