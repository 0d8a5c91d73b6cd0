//! Where does a record stand in the indexes of its object, and under which words?

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::{Planner, delete, put};
use crate::access::Tagging;
use crate::error::Result;
use crate::journal::Subject;
use crate::record::Record;
use crate::schema::{Field, Object};
use crate::search;
use crate::store::{Write as Entry, spaces};
use crate::write::Write;
use crate::write::draft::Draft;

/// The entries of a record in every index of its object: keys, and the tag that is the value of each.
pub(crate) fn index_entries(object: &Object, record: &Record) -> (BTreeSet<Vec<u8>>, Vec<u8>) {
    let indexed = object.live_fields().filter(|field| field.is_indexed());
    let keys = indexed.map(|field| {
        let value = record.value(field.number);
        spaces::index(object.number, field.number, value, record.id.number)
    });
    let tag = Tagging::of(object).map_or_else(Vec::new, |tagging| tagging.tag(record));
    (keys.collect(), tag)
}

/// Moves a record in the indexes of its object.
pub(super) fn index(draft: &Draft, tagging: Option<Tagging>, writes: &mut Vec<Entry>) {
    let (before, after) = (draft.before.as_ref(), draft.after.as_ref());
    let tag = |record| {
        tagging
            .map(|tagging| tagging.tag(record))
            .unwrap_or_default()
    };
    let (was, tag) = (before.map(tag), after.map(tag));
    let retagged = was != tag;
    let tag = tag.unwrap_or_default();
    for field in draft
        .object
        .live_fields()
        .filter(|field| field.is_indexed())
    {
        let old = before.map(|record| record.value(field.number));
        let new = after.map(|record| record.value(field.number));
        if old == new && !retagged {
            continue;
        }
        let key = |value| spaces::index(draft.object.number, field.number, value, draft.id.number);
        let (old, new) = (old.map(key), new.map(key));
        // Two spellings may have one key.
        if old == new && !retagged {
            continue;
        }
        writes.extend(old.filter(|old| Some(old) != new.as_ref()).map(delete));
        writes.extend(new.map(|key| put(key, tag.clone())));
    }
}

/// Changes the words by which a record is found.
pub(super) fn post(draft: &Draft, writes: &mut Vec<Entry>) {
    let (object, id) = (draft.object.number, draft.id.number);
    let (before, after) = (draft.before.as_ref(), draft.after.as_ref());
    for field in draft.object.live_fields() {
        let old = before.and_then(|record| record.value(field.number));
        let new = after.and_then(|record| record.value(field.number));
        if old == new || !search::is_posted(field) {
            continue;
        }
        let mut old = search::postings_of(object, field, old, id);
        let mut new = search::postings_of(object, field, new, id);
        if !old.is_empty() {
            let kept: BTreeSet<Vec<u8>> = old
                .iter()
                .filter(|key| new.contains(key))
                .cloned()
                .collect();
            old.retain(|key| !kept.contains(key));
            new.retain(|key| !kept.contains(key));
        }
        writes.extend(old.into_iter().map(delete));
        writes.extend(new.into_iter().map(|key| put(key, Vec::new())));
    }
}

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
}
