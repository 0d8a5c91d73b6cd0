//! Which way through the store answers a query with the fewest rows read?
//!
//! The ways: records by name (an id, a unique key); the parts of indexes that conditions ask for, of which the common ids
//! are read where that is fewer (`count.rs`), also by way of references (`turned.rs`); or a walk along the sort order
//! that stops when the page is full. Entries of one value lie in the order of their ids: a list in that order walks them
//! and counts nothing.

use std::sync::Arc;

use super::compile::{Compiled, Required, Test};
use super::count::{Leads, keys_within};
use super::explained::ConsideredWay;
use super::filter::Operator;
use super::index_part::{Part, Rank, common, conditions};
use super::operand::Operand;
use super::order::{Order, Standing};
use super::reader::Reader;
use super::several;
use super::target::Slot;
use super::worth::Worth;
use crate::access::Glance;
use crate::error::Result;
use crate::record::{RecordId, Value};
use crate::schema::{FieldKind, Object};
use crate::store::{Direction, Span, spaces};

/// How many conditions behind references are asked for their records.
const MOST_TURNED: usize = 8;

/// The way that was chosen.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) via: Via,
    /// The ids of the source lie in the parts of these indexes, too.
    pub(super) also: Vec<Via>,
    pub(super) source: Source,
    pub(super) sequence: Sequence,
    /// The ways that were counted and not taken.
    pub(super) considered: Vec<ConsideredWay>,
    /// The fields of which all rows have the one value that is asked for, as the index has it.
    pub(super) given: Vec<u32>,
    /// What of an index is passed over unread.
    pub(super) glance: Option<Glance>,
}

impl Plan {
    /// How many records are read at most, which is never guessed: what was counted, or all there are. A page that is
    /// full sooner reads fewer. Keys that were not counted yet are counted, up to `most`, where that can lower it.
    pub(super) fn at_most(&self, reader: &Reader, object: &Object, most: u64) -> Result<u64> {
        let spans = match &self.source {
            Source::Ids(ids) => return Ok(ids.len() as u64),
            Source::Spans { spans, .. } => spans,
        };
        let live = live_records(reader, object)?;
        if live <= most || self.via == Via::Records || self.stops_early() {
            return Ok(live);
        }
        Ok(keys_within(reader, spans, most)?.unwrap_or(live))
    }

    /// Whether it is over when the page is full.
    pub(super) fn stops_early(&self) -> bool {
        self.sequence != Sequence::Unsorted
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Via {
    Records,
    Id,
    Unique(String),
    Index(String),
    /// An index of several fields, and of how many of them the first it answers the conditions.
    Several {
        fields: Vec<String>,
        answered: usize,
    },
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
    object: &Arc<Object>,
    compiled: &Compiled,
    wanted: Option<&Wanted<'_>>,
) -> Result<Plan> {
    let Required { tests, relations } = compiled.required();
    if let Some((via, ids)) = by_name(reader, object, &tests)? {
        return Ok(of_ids(via, ids, wanted));
    }
    let conditions = conditions(object, &tests);
    let glance = reader.glance(object);
    let indexed = |part: &&Part| tests_have_index(&tests, part);
    let mut parts: Vec<Part> = conditions.iter().filter(indexed).cloned().collect();
    let walk = wanted.and_then(|wanted| {
        let of_one = walk(object, wanted, &parts, glance.is_some());
        let of_several = several::walk(object, wanted.order, wanted.after, &conditions);
        longer_answer(of_one, of_several)
    });
    if let Some(walk) = &walk {
        // A condition on a walked field narrows the walk itself.
        parts.retain(|part| !walk.answers(part));
    }
    if let Some(part) = several::part(object, &conditions)
        && !walk.as_ref().is_some_and(|walk| walk.answers(&part))
    {
        parts.retain(|known| !known.fields.iter().all(|field| part.fields.contains(field)));
        parts.push(part);
    }
    parts.sort_by_key(|part| part.rank);
    let mut worth = Worth {
        reader,
        object,
        glance: glance.as_ref(),
        rows: wanted.filter(|_| walk.is_some()).map(|wanted| wanted.rows),
        by_id: wanted.is_some_and(|wanted| wanted.order.keys.is_empty()),
        most: None,
        sampled: walk.as_ref().map(|walk| (compiled, walk)),
    };
    let owned = match &walk {
        Some(walk) if worth.sees_much(&walk.via, &walk.spans, walk.direction)? => None,
        _ => owned(reader, object),
    };
    let mut leads = Leads::new(&mut worth);
    // What reads one part to its end has nothing to choose from.
    if wanted.is_some() || parts.len() > 1 || owned.is_some() || !relations.is_empty() {
        for part in &parts {
            leads.count(part.via.clone(), part)?;
        }
        for relation in relations.into_iter().take(MOST_TURNED) {
            leads.count_turned(relation)?;
        }
        if walk.is_some() {
            leads.count_two_further()?;
        }
        if let Some((part, shared)) = &owned {
            leads.count_owned(part, shared)?;
        }
    }
    let (chosen, mut considered) = leads.chosen();
    if let Some((via, also, ids)) = chosen {
        let walks_rather = match &walk {
            Some(walk) => worth.walks_rather(compiled, &walk.via, &ids)?,
            None => false,
        };
        if !walks_rather {
            return Ok(Plan {
                also,
                considered,
                ..of_ids(via, ids, wanted)
            });
        }
        considered.push(ConsideredWay::of(&via, ids.len(), true));
    }
    let mut given = Vec::new();
    let (via, spans, direction, sequence) = match walk {
        Some(walk) => {
            given.clone_from(&walk.given);
            let sequence = walk.sequence();
            (walk.via, walk.spans, walk.direction, sequence)
        }
        None => {
            let (via, spans) = match parts.into_iter().next() {
                Some(part) => (part.via, part.spans),
                None => (Via::Records, vec![all_records(object)]),
            };
            (via, spans, Direction::Forward, Sequence::Unsorted)
        }
    };
    let is_taken = |way: &ConsideredWay| way.way == via.to_string();
    Ok(Plan {
        also: Vec::new(),
        given,
        glance: glance.filter(|_| via != Via::Records),
        source: Source::Spans { spans, direction },
        sequence,
        considered: considered
            .into_iter()
            .filter(|way| !is_taken(way))
            .collect(),
        via,
    })
}

/// Whether there is an index of the part's own field, or of its own kind.
fn tests_have_index(tests: &[&Test], part: &Part) -> bool {
    let is_it = |test: &&&Test| match &test.members {
        Some(_) => part.is_of(super::index_part::SEGMENT),
        None => test.target.index().is_some_and(|field| part.is_of(field)),
    };
    tests.iter().any(|test| is_it(&test))
}

/// Of two walks the one that reads fewer.
fn longer_answer(of_one: Option<Walk>, of_several: Option<Walk>) -> Option<Walk> {
    match (of_one, of_several) {
        (Some(one), Some(several)) if one.worth() >= several.worth() => Some(one),
        (one, several) => several.or(one),
    }
}

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

    fn answers(&self, part: &Part) -> bool {
        part.fields
            .iter()
            .all(|field| self.answered.contains(field))
    }

    fn sequence(&self) -> Sequence {
        match self.sorted {
            true => Sequence::Sorted,
            false => Sequence::SortedByFirst,
        }
    }
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
        also: Vec::new(),
        source: Source::Ids(ids),
        sequence,
        considered: Vec::new(),
        given: Vec::new(),
        glance: None,
    }
}

/// The few records that a condition names: by id, or by the value of a unique field.
pub(super) fn by_name(
    reader: &Reader,
    object: &Object,
    tests: &[&Test],
) -> Result<Option<(Via, Vec<u128>)>> {
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

/// The walk along the sort order, where an index of one field or the ids allow one.
fn walk(object: &Object, wanted: &Wanted<'_>, parts: &[Part], tagged: bool) -> Option<Walk> {
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
        fields: Vec::new(),
        via: Via::Owners,
        spans: spans.collect(),
        value: None,
    };
    Some((part, narrow.shared))
}
