//! Which index entries does a condition ask for that is asked behind a reference?
//!
//! The index of the far field gives the ids of the far records, and the index of the reference those that refer to
//! them: the plan turns the way round. It brings what may match, records that who reads may not see included; each is
//! tested in any case.

use super::compile::Test;
use super::count::Counted;
use super::index_part::{Part, Rank, index_parts};
use super::plan::{Via, by_name};
use super::relation::{Relation, Step, Way};
use super::worth::Worth;
use crate::error::Result;
use crate::record::{RecordId, Value};
use crate::schema::Object;
use crate::store::{Span, spaces};

/// What a condition behind a reference asks for.
pub(super) enum Turned<T> {
    Found(T),
    /// It takes more keys than are worth it, or than another way.
    TooMany,
    /// No index answers it.
    NoIndex,
}

/// The part of the reference's index.
pub(super) fn turned(
    relation: &Relation,
    worth: &mut Worth<'_>,
    least: usize,
) -> Result<Turned<Part>> {
    // What holds for empty references is in no index of the far side.
    if relation.when_empty {
        return Ok(Turned::NoIndex);
    }
    let object = worth.object;
    referring(object, &relation.step, worth, least)
}

fn referring(
    object: &Object,
    step: &Step<Test>,
    worth: &mut Worth<'_>,
    least: usize,
) -> Result<Turned<Part>> {
    let whole = spaces::of_field(spaces::INDEX, object.number, step.field);
    let mut spans = Vec::new();
    for (target, way) in &step.beyond {
        let ids = match beyond(target, way, worth, least)? {
            Turned::Found(ids) => ids,
            Turned::TooMany => return Ok(Turned::TooMany),
            Turned::NoIndex => return Ok(Turned::NoIndex),
        };
        spans.extend(ids.into_iter().map(|id| {
            let mut key = whole.clone();
            let id = RecordId::new(target.prefix, id);
            spaces::push_indexed(&mut key, Some(&Value::Reference(id)));
            Span::prefix(&key)
        }));
        // Each is a look into the index, as each key is.
        if spans.len() > worth.most(spans.len())?.min(least) {
            return Ok(Turned::TooMany);
        }
    }
    spans.sort_by(|a, b| a.start.cmp(&b.start));
    Ok(Turned::Found(Part {
        rank: Rank::OneOf,
        fields: vec![step.field],
        via: Via::Index(step.name.clone()),
        spans,
        value: None,
    }))
}

fn beyond(
    object: &Object,
    way: &Way<Test>,
    worth: &mut Worth<'_>,
    least: usize,
) -> Result<Turned<Vec<u128>>> {
    let part = match way {
        Way::Here(test) => {
            if let Some((_, ids)) = by_name(worth.reader, object, &[test])? {
                return Ok(Turned::Found(ids));
            }
            match index_parts(object, &[test]).pop() {
                Some(part) => part,
                None => return Ok(Turned::NoIndex),
            }
        }
        Way::By(step) => match referring(object, step, worth, least)? {
            Turned::Found(part) => part,
            Turned::TooMany => return Ok(Turned::TooMany),
            Turned::NoIndex => return Ok(Turned::NoIndex),
        },
    };
    // What is passed over is of the near object.
    let mut counted = Counted::begin(&part, None);
    if !counted.go_on(worth, (1, least))? {
        return Ok(Turned::TooMany);
    }
    counted.ids.sort_unstable();
    counted.ids.dedup();
    Ok(Turned::Found(counted.ids))
}
