//! Where does a record stand in the indexes of its object, and under which words?

use std::collections::BTreeSet;

use super::{delete, put};
use crate::access::Tagging;
use crate::record::Record;
use crate::schema::{Index, Object};
use crate::search;
use crate::store::{Write as Entry, spaces};
use crate::write::draft::Draft;

/// The entry of a record in an index of several fields.
pub(in crate::write) fn entry_of_several(index: &Index, record: &Record) -> Vec<u8> {
    let values = index.numbers.iter().map(|field| record.value(*field));
    spaces::index_of_several(record.object.number, index.number, values, record.id.number)
}

/// The entries of a record in every index of its object that is not being filled: keys, and the tag that is the value of each.
pub(crate) fn index_entries(object: &Object, record: &Record) -> (BTreeSet<Vec<u8>>, Vec<u8>) {
    let indexed = object.live_fields().filter(|field| field.is_indexed());
    let keys = indexed.map(|field| {
        let value = record.value(field.number);
        spaces::index(object.number, field.number, value, record.id.number)
    });
    let tag = Tagging::of(object).map_or_else(Vec::new, |tagging| tagging.tag(record));
    let several = object.indexes.iter().filter(|index| !index.filling);
    let several = several.map(|index| entry_of_several(index, record));
    (keys.chain(several).collect(), tag)
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
    for index in &draft.object.indexes {
        let same = |field: &u32| match (before, after) {
            (Some(before), Some(after)) => before.value(*field) == after.value(*field),
            _ => false,
        };
        if !retagged && index.numbers.iter().all(same) {
            continue;
        }
        let key = |record| entry_of_several(index, record);
        let (old, new) = (before.map(key), after.map(key));
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
