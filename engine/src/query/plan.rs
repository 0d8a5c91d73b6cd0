//! Which way through the store answers a query with the fewest rows read?
//!
//! Three ways: records by name (an id, a unique key), the part of a field's index that a condition asks for, or a walk
//! along the sort order that stops when the page is full. A walk for L rows of N expects to read L·N/C rows when C of
//! them match, a part of an index always reads its C. So index keys are counted, but never further than √(L·N), where
//! the walk begins to win; what was counted by then is the list of candidates, and nothing is read twice. Entries of one
//! value lie in the order of their ids: a list in that order walks them and counts nothing.

use std::sync::Arc;

use super::compile::{Compiled, Test};
use super::filter::Operator;
use super::index_part::{Part, Rank, common, index_parts};
use super::operand::Operand;
use super::order::{Order, Standing};
use super::reader::Reader;
use super::target::Slot;
use super::worth::Worth;
use crate::access::Glance;
use crate::error::Result;
use crate::record::{RecordId, Value};
use crate::schema::{FieldKind, Object};
use crate::store::{Direction, Span, spaces};

/// The way that was chosen.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) via: Via,
    pub(super) source: Source,
    pub(super) sequence: Sequence,
    /// What of an index is passed over unread.
    pub(super) glance: Option<Glance>,
}

impl Plan {
    /// How many records are read at most.
    pub(super) fn at_most(&self, reader: &Reader, object: &Object) -> Result<u64> {
        match &self.source {
            Source::Ids(ids) => Ok(ids.len() as u64),
            Source::Spans { .. } => live_records(reader, object),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Via {
    Records,
    Id,
    Unique(String),
    Index(String),
    /// The indexes that say whose records are.
    Owners,
}

#[derive(Debug)]
pub(super) enum Source {
    Ids(Vec<u128>),
    Spans {
        spans: Vec<Span>,
        direction: Direction,
    },
}

/// In which order the source gives the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sequence {
    /// As the query wants them.
    Sorted,
    /// By the first sort key as the query wants it, by the others not.
    SortedByFirst,
    Unsorted,
}

/// What a page needs.
pub(super) struct Wanted<'a> {
    pub(super) order: &'a Order,
    pub(super) rows: usize,
    pub(super) after: Option<&'a Standing>,
}

pub(super) fn choose(
    reader: &Reader,
    object: &Arc<Object>,
    compiled: &Compiled,
    wanted: Option<&Wanted<'_>>,
) -> Result<Plan> {
    let tests = compiled.required();
    if let Some((via, ids)) = by_name(reader, object, &tests)? {
        return Ok(of_ids(via, ids, wanted));
    }
    let mut parts = index_parts(object, &tests);
    let glance = reader.glance(object);
    let walk = wanted.and_then(|wanted| walk(object, wanted, &parts, glance.is_some()));
    if let Some((Via::Index(walked), ..)) = &walk {
        // A condition on the walked field narrows the walk itself.
        parts.retain(|part| part.name != *walked);
    }
    let mut worth = Worth {
        reader,
        object,
        glance: glance.as_ref(),
        rows: wanted.filter(|_| walk.is_some()).map(|wanted| wanted.rows),
        by_id: wanted.is_some_and(|wanted| wanted.order.keys.is_empty()),
        most: None,
    };
    let owned = match &walk {
        Some((via, spans, direction, _)) if worth.sees_much(via, spans, *direction)? => None,
        _ => owned(reader, object),
    };
    if (walk.is_some() || parts.len() > 1 || owned.is_some())
        && let Some((via, ids)) = shortest(&parts, owned, &mut worth)?
        && !match &walk {
            Some((walked, ..)) => worth.walks_rather(compiled, walked, &ids)?,
            None => false,
        }
    {
        return Ok(of_ids(via, ids, wanted));
    }
    let (via, spans, direction, sequence) =
        walk.unwrap_or_else(|| match parts.into_iter().min_by_key(|part| part.rank) {
            Some(part) => (
                Via::Index(part.name),
                part.spans,
                Direction::Forward,
                Sequence::Unsorted,
            ),
            None => (
                Via::Records,
                vec![all_records(object)],
                Direction::Forward,
                Sequence::Unsorted,
            ),
        });
    Ok(Plan {
        glance: glance.filter(|_| via != Via::Records),
        via,
        source: Source::Spans { spans, direction },
        sequence,
    })
}

/// How many live records an object has.
pub(crate) fn live_records(reader: &Reader, object: &Object) -> Result<u64> {
    let total = reader
        .snapshot
        .get(&spaces::of_object(spaces::COUNT, object.number))?;
    let count = total
        .as_deref()
        .and_then(<[u8]>::first_chunk)
        .map_or(0, |bytes| i64::from_be_bytes(*bytes));
    Ok(u64::try_from(count).unwrap_or(0))
}

fn all_records(object: &Object) -> Span {
    Span::prefix(&spaces::of_object(spaces::RECORD, object.number))
}

/// The way that reads these records and no others.
pub(super) fn among(ids: Vec<u128>, wanted: &Wanted<'_>) -> Plan {
    of_ids(Via::Id, ids, Some(wanted))
}

/// Candidates that are known one by one.
fn of_ids(via: Via, mut ids: Vec<u128>, wanted: Option<&Wanted<'_>>) -> Plan {
    ids.sort_unstable();
    ids.dedup();
    let mut sequence = Sequence::Unsorted;
    if let Some(wanted) = wanted.filter(|wanted| wanted.order.keys.is_empty()) {
        sequence = Sequence::Sorted;
        if wanted.order.id_descending {
            ids.reverse();
        }
        if let Some(after) = wanted.after {
            ids.retain(|id| {
                if wanted.order.id_descending {
                    *id < after.id
                } else {
                    *id > after.id
                }
            });
        }
    }
    Plan {
        via,
        source: Source::Ids(ids),
        sequence,
        glance: None,
    }
}

/// The few records that a condition names: by id, or by the value of a unique field.
fn by_name(reader: &Reader, object: &Object, tests: &[&Test]) -> Result<Option<(Via, Vec<u128>)>> {
    for test in tests {
        match (test.target.slot, test.operator, test.operands.as_slice()) {
            (Slot::Id, Operator::Eq | Operator::In, operands) => {
                let number = |operand: &Operand| match &operand.value {
                    Value::Reference(id) => Some(id.number),
                    _ => None,
                };
                return Ok(Some((
                    Via::Id,
                    operands.iter().filter_map(number).collect(),
                )));
            }
            (Slot::Field(field), Operator::Eq, [one])
                if test.target.unique && names_one(&test.target.kind) =>
            {
                let id = reader.by_unique(object, field, &one.value)?;
                return Ok(Some((
                    Via::Unique(test.target.name.clone()),
                    id.map(|id| id.number).into_iter().collect(),
                )));
            }
            _ => {}
        }
    }
    Ok(None)
}

/// Whether the operand is written in the unique key as the record's value is: amounts may lack their currency, and
/// composites are asked by their text.
fn names_one(kind: &FieldKind) -> bool {
    !matches!(
        kind,
        FieldKind::Money | FieldKind::PersonName | FieldKind::Address
    )
}

/// The walk along the sort order, where an index or the ids allow one.
fn walk(
    object: &Object,
    wanted: &Wanted<'_>,
    parts: &[Part],
    tagged: bool,
) -> Option<(Via, Vec<Span>, Direction, Sequence)> {
    let order = wanted.order;
    let Some(first) = order.keys.first() else {
        let direction = directed(order.id_descending);
        // Along a part the tags are told, along the records they are not.
        let part = match parts {
            [part] => Some(part),
            parts => parts.iter().find(|part| tagged && part.value.is_some()),
        };
        if let Some(part) = part
            && let Some(value) = &part.value
        {
            let spans = in_id_order(&part.spans, value, wanted.after, direction);
            let via = Via::Index(part.name.clone());
            return Some((via, spans, direction, Sequence::Sorted));
        }
        let last = wanted
            .after
            .map(|after| spaces::of_record(spaces::RECORD, object.number, after.id));
        let span = match &last {
            Some(last) => all_records(object).beyond(last, direction),
            None => all_records(object),
        };
        return Some((Via::Records, vec![span], direction, Sequence::Sorted));
    };
    let field = first.target.index()?;
    let direction = directed(first.descending);
    let whole = spaces::of_field(spaces::INDEX, object.number, field);
    let part = parts
        .iter()
        .find(|part| part.field == field)
        .map(|part| part.spans.clone());
    let mut spans = part.unwrap_or_else(|| vec![Span::prefix(&whole)]);
    let sorted = order.keys.len() == 1 && order.id_descending == first.descending;
    if let Some((after, value)) = wanted
        .after
        .and_then(|after| Some((after, after.values.first()?)))
    {
        let mut last = [whole.as_slice(), value].concat();
        let rest = if sorted {
            last.extend_from_slice(&after.id.to_be_bytes());
            Span::prefix(&whole).beyond(&last, direction)
        } else {
            // Rows of the same first value may still come: they are told apart when they are read.
            let same = Span::prefix(&last);
            match direction {
                Direction::Forward => Span {
                    start: same.start,
                    end: Span::prefix(&whole).end,
                },
                Direction::Backward => Span {
                    start: whole,
                    end: same.end,
                },
            }
        };
        spans = spans
            .iter()
            .filter_map(|span| common(span, &rest))
            .collect();
    }
    if direction == Direction::Backward {
        spans.reverse();
    }
    Some((
        Via::Index(first.target.name.clone()),
        spans,
        direction,
        if sorted {
            Sequence::Sorted
        } else {
            Sequence::SortedByFirst
        },
    ))
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

fn directed(descending: bool) -> Direction {
    if descending {
        Direction::Backward
    } else {
        Direction::Forward
    }
}

/// The ids of the index part with the fewest keys, when that is at most `most`.
fn shortest(
    parts: &[Part],
    owned: Option<(Part, Vec<u128>)>,
    worth: &mut Worth<'_>,
) -> Result<Option<(Via, Vec<u128>)>> {
    let mut best: Option<(Via, Vec<u128>)> = None;
    let mut in_rank: Vec<&Part> = parts.iter().collect();
    in_rank.sort_by_key(|part| part.rank);
    for part in in_rank {
        let least = best.as_ref().map_or(usize::MAX, |(_, ids)| ids.len());
        if let Some(ids) = ids_within(part, worth, (1, least))? {
            best = Some((Via::Index(part.name.clone()), ids));
        }
    }
    if let Some((part, shared)) = owned {
        let least = best.as_ref().map_or(usize::MAX, |(_, ids)| ids.len());
        let times = worth.times();
        if let Some(mut ids) = ids_within(&part, worth, (times, least))? {
            ids.extend(shared);
            best = Some((Via::Owners, ids));
        }
    }
    Ok(best)
}

/// Where the records lie that somebody sees who sees few, and those that are shared with him.
fn owned(reader: &Reader, object: &Object) -> Option<(Part, Vec<u128>)> {
    let narrow = reader.seeing.as_ref()?.narrow_to(object)?;
    let spans = [Some(narrow.owner), narrow.territory].into_iter().flatten();
    let spans = spans.flat_map(|(field, prefix, numbers)| {
        let whole = spaces::of_field(spaces::INDEX, object.number, field);
        numbers.into_iter().map(move |number| {
            let mut key = whole.clone();
            spaces::push_indexed(
                &mut key,
                Some(&Value::Reference(RecordId::new(prefix, number))),
            );
            Span::prefix(&key)
        })
    });
    let part = Part {
        rank: Rank::OneOf,
        field: 0,
        name: String::new(),
        spans: spans.collect(),
        value: None,
    };
    Some((part, narrow.shared))
}

/// The ids of an index part, unless there are more than are worth counting, or than `least`.
fn ids_within(
    part: &Part,
    worth: &mut Worth<'_>,
    (times, least): (usize, usize),
) -> Result<Option<Vec<u128>>> {
    const PAGE: usize = 1000;
    let mut ids = Vec::new();
    let mut counted = 0;
    for span in &part.spans {
        let mut span = span.clone();
        loop {
            let most = (worth.most(counted)? * times).min(least);
            if counted > most {
                return Ok(None);
            }
            let asked = PAGE.min(most + 1 - counted);
            let snapshot = &worth.reader.snapshot;
            let rows = snapshot.list(&span, Direction::Forward, asked)?;
            counted += rows.len();
            let of = |(key, tag)| {
                let passes = |id: &u128| worth.glance.is_none_or(|glance| glance.passes(*id, tag));
                spaces::id_at_end(key).filter(passes)
            };
            ids.extend(rows.iter().filter_map(of));
            match rows.last_key() {
                Some(last) if rows.len() == asked => span = span.beyond(last, Direction::Forward),
                _ => break,
            }
        }
    }
    Ok((counted <= least).then_some(ids))
}
