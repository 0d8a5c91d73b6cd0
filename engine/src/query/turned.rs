//! Which index entries does a condition ask for that is asked behind a reference?
//!
//! The index of the far field gives the ids of the far records, and the index of the reference those that refer to
//! them: the plan turns the way round. It brings what may match, records that who reads may not see included; each is
//! tested in any case.

use super::compile::Test;
use super::count::{Counted, Worth};
use super::index_part::{Part, Rank, index_parts};
use super::plan::by_name;
use super::relation::{Relation, Step, Way};
use crate::error::Result;
use crate::record::{RecordId, Value};
use crate::schema::Object;
use crate::store::{Span, spaces};

/// The part of the reference's index. Nothing where no index answers the condition, or where that takes more keys than
/// are worth it, or than `least`.
pub(super) fn turned(
    relation: &Relation,
    worth: &mut Worth<'_>,
    least: usize,
) -> Result<Option<Part>> {
    // What holds for empty references is in no index of the far side.
    if relation.when_empty {
        return Ok(None);
    }
    let object = worth.object;
    referring(object, &relation.step, worth, least)
}

fn referring(
    object: &Object,
    step: &Step<Test>,
    worth: &mut Worth<'_>,
    least: usize,
) -> Result<Option<Part>> {
    let whole = spaces::of_field(spaces::INDEX, object.number, step.field);
    let mut spans = Vec::new();
    for (target, way) in &step.beyond {
        let Some(ids) = beyond(target, way, worth, least)? else {
            return Ok(None);
        };
        spans.extend(ids.into_iter().map(|id| {
            let mut key = whole.clone();
            let id = RecordId::new(target.prefix, id);
            spaces::push_indexed(&mut key, Some(&Value::Reference(id)));
            Span::prefix(&key)
        }));
        // Each is a look into the index, as each key is.
        if spans.len() > worth.most(spans.len())?.min(least) {
            return Ok(None);
        }
    }
    spans.sort_by(|a, b| a.start.cmp(&b.start));
    Ok(Some(Part {
        rank: Rank::OneOf,
        field: step.field,
        name: step.name.clone(),
        spans,
        value: None,
    }))
}

fn beyond(
    object: &Object,
    way: &Way<Test>,
    worth: &mut Worth<'_>,
    least: usize,
) -> Result<Option<Vec<u128>>> {
    let part = match way {
        Way::Here(test) => {
            if let Some((_, ids)) = by_name(worth.reader, object, &[test])? {
                return Ok(Some(ids));
            }
            index_parts(object, &[test]).pop()
        }
        Way::By(step) => referring(object, step, worth, least)?,
    };
    let Some(part) = part else {
        return Ok(None);
    };
    let mut counted = Counted::begin(&part);
    if !counted.go_on(worth, least)? {
        return Ok(None);
    }
    counted.ids.sort_unstable();
    counted.ids.dedup();
    Ok(Some(counted.ids))
}
