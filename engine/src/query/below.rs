//! Which records stand below this one?
//!
//! The schema says by which reference records of an object stand below each other (`Object::above`). A record that who
//! reads may not see stands below nothing, and neither does what stands below it: nothing tells where it stands. Each
//! record is met once, so circles end.

use std::cell::Cell;
use std::collections::BTreeSet;

use super::error::QueryError;
use super::reader::Reader;
use crate::error::Result;
use crate::record::RecordId;

/// How many records the `[under]`s of one filter may reach.
pub(super) const MOST_BELOW: usize = 100_000;

/// The record itself and all below it; their number is taken off `left`.
pub(super) fn with_all_below(
    reader: &Reader,
    top: RecordId,
    field: &str,
    left: &Cell<usize>,
) -> Result<BTreeSet<RecordId>> {
    let mut found = BTreeSet::from([top]);
    let Some(object) = reader.schema.by_prefix(top.prefix) else {
        return Ok(found);
    };
    let Some(above) = object.above() else {
        return Ok(found);
    };
    let mut waiting = vec![top];
    while let Some(next) = waiting.pop() {
        for id in reader.referring(object, above.number, next)? {
            if found.insert(id) {
                waiting.push(id);
            }
        }
        if found.len() > left.get() {
            return Err(QueryError::TooManyBelow {
                field: field.to_owned(),
                top: top.to_string(),
            }
            .into());
        }
    }
    left.set(left.get().saturating_sub(found.len()));
    Ok(found)
}
