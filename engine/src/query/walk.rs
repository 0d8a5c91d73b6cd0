//! Along which index do the rows come in the order that is asked for?

use super::index_part::{Part, common};
use super::order::Standing;
use super::plan::{Sequence, Via, Wanted, all_records};
use super::several;
use crate::schema::Object;
use crate::store::{Direction, Span, spaces};

/// A walk along the sort order, or along the beginning of it.
#[derive(Debug)]
pub(super) struct Walk {
    pub(super) via: Via,
    /// The fields whose conditions narrow it.
    pub(super) answered: Vec<u32>,
    /// Those of which all its rows have the one value that is asked for.
    pub(super) given: Vec<u32>,
    /// In the direction of the walk.
    pub(super) spans: Vec<Span>,
    pub(super) direction: Direction,
    /// Whether the rows come as the query wants them, and not by the first sort key alone.
    pub(super) sorted: bool,
}

impl Walk {
    /// What is greater reads less.
    pub(super) fn worth(&self) -> (usize, bool) {
        (self.answered.len(), self.sorted)
    }

    pub(super) fn answers(&self, part: &Part) -> bool {
        part.fields
            .iter()
            .all(|field| self.answered.contains(field))
    }

    pub(super) fn sequence(&self) -> Sequence {
        match self.sorted {
            true => Sequence::Sorted,
            false => Sequence::SortedByFirst,
        }
    }
}

/// The walk that reads least: what the conditions leave of the parts that have an index, and of indexes of several fields.
pub(super) fn walk(
    object: &Object,
    wanted: &Wanted<'_>,
    (conditions, parts): (&[Part], &[Part]),
    tagged: bool,
) -> Option<Walk> {
    let of_one = walk_of_one(object, wanted, parts, tagged);
    let of_several = several::walk(object, wanted.order, wanted.after, conditions);
    match (of_one, of_several) {
        (Some(one), Some(several)) if one.worth() >= several.worth() => Some(one),
        (one, several) => several.or(one),
    }
}

/// The walk along the sort order, where an index of one field or the ids allow one.
fn walk_of_one(object: &Object, wanted: &Wanted<'_>, parts: &[Part], tagged: bool) -> Option<Walk> {
    let order = wanted.order;
    let Some(first) = order.keys.first() else {
        return Some(walk_by_id(object, wanted, parts, tagged));
    };
    let target = first.target()?;
    let field = target.index()?;
    let direction = directed(first.descending);
    let whole = spaces::of_field(spaces::INDEX, object.number, field);
    let part = parts.iter().find(|part| part.is_of(field));
    let mut spans = match part {
        Some(part) => part.spans.clone(),
        None => vec![Span::prefix(&whole)],
    };
    let sorted = order.keys.len() == 1 && order.id_descending == first.descending;
    if let Some((after, value)) = wanted
        .after
        .and_then(|after| Some((after, after.values.first()?)))
    {
        let last = [whole.as_slice(), value].concat();
        spans = from_cursor(&spans, &whole, last, sorted.then_some(after.id), direction);
    }
    Some(Walk {
        via: Via::Index(target.name.clone()),
        answered: part.map_or_else(Vec::new, |part| part.fields.clone()),
        given: Vec::new(),
        spans: in_direction(spans, direction),
        direction,
        sorted,
    })
}

fn walk_by_id(object: &Object, wanted: &Wanted<'_>, parts: &[Part], tagged: bool) -> Walk {
    let direction = directed(wanted.order.id_descending);
    // Along a part the tags are told, along the records they are not.
    let part = match parts {
        [part] => Some(part),
        parts => parts.iter().find(|part| tagged && part.value.is_some()),
    };
    if let Some(part) = part
        && let Some(value) = &part.value
    {
        return Walk {
            via: part.via.clone(),
            answered: part.fields.clone(),
            given: part.fields.clone(),
            spans: in_id_order(&part.spans, value, wanted.after, direction),
            direction,
            sorted: true,
        };
    }
    let last = wanted
        .after
        .map(|after| spaces::of_record(spaces::RECORD, object.number, after.id));
    let span = match &last {
        Some(last) => all_records(object).beyond(last, direction),
        None => all_records(object),
    };
    Walk {
        via: Via::Records,
        answered: Vec::new(),
        given: Vec::new(),
        spans: vec![span],
        direction,
        sorted: true,
    }
}

pub(super) fn in_direction(mut spans: Vec<Span>, direction: Direction) -> Vec<Span> {
    if direction == Direction::Backward {
        spans.reverse();
    }
    spans
}

/// What of these spans under `whole` comes after the values that `last` has and, where it tells the place, after the id.
pub(super) fn from_cursor(
    spans: &[Span],
    whole: &[u8],
    mut last: Vec<u8>,
    id: Option<u128>,
    direction: Direction,
) -> Vec<Span> {
    let rest = match id {
        Some(id) => {
            last.extend_from_slice(&id.to_be_bytes());
            Span::prefix(whole).beyond(&last, direction)
        }
        None => {
            // Rows of the same values may still come: they are told apart when they are read.
            let same = Span::prefix(&last);
            match direction {
                Direction::Forward => Span {
                    start: same.start,
                    end: Span::prefix(whole).end,
                },
                Direction::Backward => Span {
                    start: whole.to_vec(),
                    end: same.end,
                },
            }
        }
    };
    let rest = spans.iter().filter_map(|span| common(span, &rest));
    rest.collect()
}

/// What is left of the entries of one value, whose keys all begin with `value` and go on with the id.
fn in_id_order(
    spans: &[Span],
    value: &[u8],
    after: Option<&Standing>,
    direction: Direction,
) -> Vec<Span> {
    let Some(after) = after else {
        return spans.to_vec();
    };
    let last = [value, &after.id.to_be_bytes()].concat();
    let rest = Span::prefix(value).beyond(&last, direction);
    spans
        .iter()
        .filter_map(|span| common(span, &rest))
        .collect()
}

pub(super) fn directed(descending: bool) -> Direction {
    if descending {
        Direction::Backward
    } else {
        Direction::Forward
    }
}
