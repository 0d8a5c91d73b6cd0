//! Would a commit leave a segment that is made of itself, or of one that goes?
//!
//! The rule judges each change by the segments before the commit. Here the changes of one commit are judged together.
//! Each group of them is done or not by itself, so what a segment is made of now counts beside what it is to be made of.

use std::collections::{BTreeMap, BTreeSet};

use super::definition::Bound;
use crate::error::{Failure, Result};
use crate::query::Reader;
use crate::record::{Record, RecordId};

/// A segment that a commit changes, and how it is to be: nothing where it goes.
pub(crate) type Changed<'a> = (RecordId, Option<&'a Record>);

/// What is wrong with these changes, by their places.
pub(crate) fn faults(reader: &Reader, changes: &[Changed<'_>]) -> Result<Vec<(usize, Failure)>> {
    let mut pending: BTreeMap<RecordId, Vec<RecordId>> = BTreeMap::new();
    for (id, after) in changes {
        pending
            .entry(*id)
            .or_default()
            .extend(after.map(made_of).unwrap_or_default());
    }
    let mut faults = Vec::new();
    for (place, (id, after)) in changes.iter().enumerate() {
        let refused = |field, message| (place, Failure::field(field, "refused:segment", message));
        match after {
            Some(after) => {
                if reaches(reader, &pending, made_of(after), *id)? {
                    let message = "it would be made of itself".to_owned();
                    faults.push(refused("made_of", message));
                }
            }
            None => {
                let user = changes
                    .iter()
                    .filter_map(|(_, after)| *after)
                    .find(|other| made_of(other).contains(id));
                if let Some(user) = user {
                    let key = user.text("key").unwrap_or_default();
                    let message = format!("the segment '{key}' is to be made of it");
                    faults.push(refused("key", message));
                }
            }
        }
    }
    Ok(faults)
}

fn made_of(segment: &Record) -> Vec<RecordId> {
    match Bound::of(segment) {
        Some(Bound::Of(_, of)) => of,
        _ => Vec::new(),
    }
}

/// Whether these segments, or those that they are or are to be made of, are another one.
fn reaches(
    reader: &Reader,
    pending: &BTreeMap<RecordId, Vec<RecordId>>,
    mut left: Vec<RecordId>,
    sought: RecordId,
) -> Result<bool> {
    let mut known = BTreeSet::new();
    while let Some(id) = left.pop() {
        if id == sought {
            return Ok(true);
        }
        if known.insert(id) {
            left.extend(pending.get(&id).into_iter().flatten());
            left.extend(
                reader
                    .get_stored(id)?
                    .as_ref()
                    .map(made_of)
                    .unwrap_or_default(),
            );
        }
    }
    Ok(false)
}
