//! Which way through the store answers a query with the fewest rows read?
//!
//! Three ways: records by name (an id, a unique key), the part of a field's index that a condition asks for, or a walk
//! along the sort order that stops when the page is full. A walk for L rows of N expects to read L·N/C rows when C of
//! them match, a part of an index always reads its C. So index keys are counted, but never further than √(L·N), where
//! the walk begins to win; what was counted by then is the list of candidates, and nothing is read twice. Entries of one
//! value lie in the order of their ids: a list in that order walks them and counts nothing.

use super::compile::{Compiled, Required, Test};
use super::filter::Operator;
use super::index_part::{Part, Rank, common, index_parts};
use super::operand::Operand;
use super::order::{Order, Standing};
use super::reader::Reader;
use super::relation::{Relation, Step, Way};
use super::target::Slot;
use crate::error::Result;
use crate::record::{RecordId, Value};
use crate::schema::{FieldKind, Object};
use crate::store::{Direction, Span, spaces};

/// How many index keys are counted at most, and so how many ids are held at once.
const MOST_COUNTED: usize = 100_000;

/// The way that was chosen.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) via: Via,
    pub(super) source: Source,
    pub(super) sequence: Sequence,
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
    /// The index of a reference, asked for what a condition on the records behind it leaves.
    Beyond {
        path: String,
        reference: String,
    },
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
    object: &Object,
    compiled: &Compiled,
    wanted: Option<&Wanted<'_>>,
) -> Result<Plan> {
    let Required { tests, relations } = compiled.required();
    if let Some((via, ids)) = by_name(reader, object, &tests)? {
        return Ok(of_ids(via, ids, wanted));
    }
    let mut parts = index_parts(object, &tests);
    let walk = wanted.and_then(|wanted| walk(object, wanted, &parts));
    if let Some((Via::Index(walked), ..)) = &walk {
        // A condition on the walked field narrows the walk itself.
        parts.retain(|part| part.name != *walked);
    }
    let mut worth = Worth {
        reader,
        object,
        rows: wanted.filter(|_| walk.is_some()).map(|wanted| wanted.rows),
        most: None,
    };
    let owned = owned(reader, object);
    if (walk.is_some() || parts.len() > 1 || owned.is_some() || !relations.is_empty())
        && let Some((via, ids)) = shortest(&parts, &relations, owned, &mut worth)?
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
        via,
        source: Source::Spans { spans, direction },
        sequence,
    })
}

/// How many live records an object has.
pub(super) fn live_records(reader: &Reader, object: &Object) -> Result<u64> {
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
    }
}

/// The few records that a condition names: by id, or by the value of a unique field.
fn by_name(reader: &Reader, object: &Object, tests: &[&Test]) -> Result<Option<(Via, Vec<u128>)>> {
    for test in tests {
        match (test.target.slot, test.operator, test.operands.as_slice()) {
            (Slot::Id, Operator::Under, _) => {
                let ids = test.below.iter().map(|id| id.number).collect();
                return Ok(Some((Via::Id, ids)));
            }
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
                if test.target.unique && one.last.is_none() && names_one(&test.target.kind) =>
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
) -> Option<(Via, Vec<Span>, Direction, Sequence)> {
    let order = wanted.order;
    let Some(first) = order.keys.first() else {
        let direction = directed(order.id_descending);
        if let [part] = parts
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
    let target = first.target()?;
    let field = target.index()?;
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
        Via::Index(target.name.clone()),
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
    relations: &[&Relation],
    owned: Option<(Part, Vec<u128>)>,
    worth: &mut Worth<'_>,
) -> Result<Option<(Via, Vec<u128>)>> {
    let mut best: Option<(Via, Vec<u128>)> = None;
    let mut in_rank: Vec<&Part> = parts.iter().collect();
    in_rank.sort_by_key(|part| part.rank);
    for part in in_rank {
        let least = best.as_ref().map_or(usize::MAX, |(_, ids)| ids.len());
        if let Some(ids) = ids_within(part, worth, least)? {
            best = Some((Via::Index(part.name.clone()), ids));
        }
    }
    for relation in relations {
        let least = best.as_ref().map_or(usize::MAX, |(_, ids)| ids.len());
        if let Some(part) = turned(relation, worth, least)?
            && let Some(ids) = ids_within(&part, worth, least)?
        {
            let via = Via::Beyond {
                path: relation.path.clone(),
                reference: part.name,
            };
            best = Some((via, ids));
        }
    }
    if let Some((part, shared)) = owned {
        let least = best.as_ref().map_or(usize::MAX, |(_, ids)| ids.len());
        if let Some(mut ids) = ids_within(&part, worth, least)? {
            ids.extend(shared);
            best = Some((Via::Owners, ids));
        }
    }
    Ok(best)
}

/// Where the records lie that somebody sees who sees few, and those that are shared with him.
fn owned(reader: &Reader, object: &Object) -> Option<(Part, Vec<u128>)> {
    let narrow = reader.seeing.as_ref()?.sight.narrow_to(object)?;
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

/// The part of a reference's index that a condition on the records behind it leaves: the index there gives their ids.
/// Nothing where no index answers the condition, or where more ids than are worth it would have to be asked for.
fn turned(relation: &Relation, worth: &mut Worth<'_>, least: usize) -> Result<Option<Part>> {
    if relation.when_empty {
        return Ok(None);
    }
    referring_part(worth.object, &relation.step, worth, least)
}

fn referring_part(
    object: &Object,
    step: &Step<Test>,
    worth: &mut Worth<'_>,
    least: usize,
) -> Result<Option<Part>> {
    let whole = spaces::of_field(spaces::INDEX, object.number, step.field);
    let mut spans = Vec::new();
    for (target, way) in &step.beyond {
        let Some(ids) = ids_beyond(target, way, worth, least)? else {
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

fn ids_beyond(
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
        Way::By(step) => referring_part(object, step, worth, least)?,
    };
    match part {
        Some(part) => {
            let mut ids = ids_within(&part, worth, least)?;
            if let Some(ids) = &mut ids {
                ids.sort_unstable();
                ids.dedup();
            }
            Ok(ids)
        }
        None => Ok(None),
    }
}

/// The ids of an index part, unless there are more than are worth counting, or than `least`.
fn ids_within(part: &Part, worth: &mut Worth<'_>, least: usize) -> Result<Option<Vec<u128>>> {
    const PAGE: usize = 1000;
    let mut ids = Vec::new();
    for span in &part.spans {
        let mut span = span.clone();
        loop {
            let most = worth.most(ids.len())?.min(least);
            if ids.len() > most {
                return Ok(None);
            }
            let asked = PAGE.min(most + 1 - ids.len());
            let snapshot = &worth.reader.snapshot;
            let rows = snapshot.scan(&span, Direction::Forward, asked)?;
            ids.extend(rows.iter().filter_map(|(key, _)| spaces::id_at_end(key)));
            match rows.last() {
                Some((last, _)) if rows.len() == asked => {
                    span = span.beyond(last, Direction::Forward)
                }
                _ => break,
            }
        }
    }
    Ok((ids.len() <= least).then_some(ids))
}

/// How many index keys are worth counting.
struct Worth<'a> {
    reader: &'a Reader,
    object: &'a Object,
    /// How many rows the walk is for that would be the other way; `None` where there is none.
    rows: Option<usize>,
    most: Option<usize>,
}

impl Worth<'_> {
    /// The most that is sure to be worth it, after so many. A part that is no longer than the page always is: the number
    /// of records is asked for only beyond.
    fn most(&mut self, counted: usize) -> Result<usize> {
        let Some(rows) = self.rows else {
            return Ok(MOST_COUNTED);
        };
        if let Some(most) = self.most {
            return Ok(most);
        }
        if counted <= rows {
            return Ok(rows);
        }
        let live = live_records(self.reader, self.object)?;
        let most = usize::try_from(live.saturating_mul(rows as u64).isqrt());
        let most = most.unwrap_or(MOST_COUNTED).min(MOST_COUNTED);
        self.most = Some(most);
        Ok(most)
    }
}
