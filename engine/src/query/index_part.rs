//! Where in an index do the records lie that a condition asks for?

use super::compile::Test;
use super::filter::Operator;
use super::membership::Members;
use super::operand::{Comparable, Operand};
use super::plan::Via;
use crate::record::Value;
use crate::schema::{FieldKind, Object};
use crate::store::{Span, spaces};

/// How much of a folded text bounds a range, in bytes. Shorter than what an index entry keeps, so that the entry's cut
/// end cannot bring it to the wrong side of the bound.
const TEXT_BOUND: usize = 120;

/// What stands for a field where the members of a segment are read.
pub(super) const SEGMENT: u32 = u32::MAX;

/// The part of one index that required conditions leave.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) rank: Rank,
    /// Whose conditions it answers.
    pub(super) fields: Vec<u32>,
    pub(super) via: Via,
    /// Sorted and apart from each other.
    pub(super) spans: Vec<Span>,
    /// What all its keys begin with, up to their ids, when they are of one value.
    pub(super) value: Option<Vec<u8>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Equal,
    OneOf,
    Range,
}

/// What the conditions leave of each field that has an index.
pub(super) fn index_parts(object: &Object, tests: &[&Test]) -> Vec<Part> {
    let has_one = |test: &&&Test| test.members.is_some() || test.target.index().is_some();
    let tests: Vec<&Test> = tests.iter().filter(has_one).copied().collect();
    conditions(object, &tests)
}

/// The same of each field, as if all had one.
pub(super) fn conditions(object: &Object, tests: &[&Test]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for part in tests.iter().filter_map(|test| index_part(object, test)) {
        match parts.iter_mut().find(|known| known.fields == part.fields) {
            // A record may be in several: the keys of two segments have nothing in common, and the records may.
            Some(_) if part.is_of(SEGMENT) => {}
            Some(known) => known.narrow(part),
            None => parts.push(part),
        }
    }
    parts
}

impl Part {
    /// Whether it is what the conditions on one field leave.
    pub(super) fn is_of(&self, field: u32) -> bool {
        self.fields == [field]
    }

    /// Joins a second condition on the same field.
    fn narrow(&mut self, other: Part) {
        if self.spans.len() <= 1 || other.spans.len() <= 1 {
            let both = self
                .spans
                .iter()
                .flat_map(|span| other.spans.iter().filter_map(|limit| common(span, limit)));
            self.spans = both.collect();
            // No value is two.
            let value = self.value.take().or(other.value);
            self.value = value.filter(|_| !self.spans.is_empty());
            self.rank = self.rank.min(other.rank);
        } else if other.rank < self.rank {
            *self = other;
        }
    }
}

/// What two spans share.
pub(super) fn common(a: &Span, b: &Span) -> Option<Span> {
    let span = Span {
        start: a.start.clone().max(b.start.clone()),
        end: a.end.clone().min(b.end.clone()),
    };
    (span.start < span.end).then_some(span)
}

/// Where in its field's index the matches of a condition lie, and perhaps others: records are tested in any case.
fn index_part(object: &Object, test: &Test) -> Option<Part> {
    if let Some(members) = &test.members {
        return members_part(object, test, members);
    }
    let field = test.target.stored()?;
    let prefix = spaces::of_field(spaces::INDEX, object.number, field);
    let exactly = |operand: &Operand| {
        let mut key = prefix.clone();
        spaces::push_indexed(&mut key, Some(&operand.value));
        Span::prefix(&key)
    };
    let around = |operand: &Operand| Span::prefix(&[prefix.as_slice(), &bound(operand)].concat());
    let around_last = |operand: &Operand| match &operand.last {
        Some(last) => {
            let mut key = prefix.clone();
            spaces::push_indexed(&mut key, Some(last));
            Span::prefix(&key)
        }
        None => around(operand),
    };
    let all_of = |operand: &Operand| match operand.last {
        Some(_) => Span {
            start: around(operand).start,
            end: around_last(operand).end,
        },
        None => exactly(operand),
    };
    let present = || Span::prefix(&[prefix.as_slice(), &[1]].concat());
    let several = matches!(test.target.kind, FieldKind::MultiOption { .. });
    let mut value = None;
    let (rank, spans) = match (test.operator, test.operands.as_slice()) {
        (Operator::Eq, [one]) if one.last.is_some() => (Rank::Range, vec![all_of(one)]),
        (Operator::Eq, [one]) => {
            let span = exactly(one);
            // An amount without its currency is the beginning of several values.
            let amount =
                test.target.kind == FieldKind::Money && !matches!(one.value, Value::Money(_));
            value = (!amount).then(|| span.start.clone());
            (Rank::Equal, vec![span])
        }
        (Operator::In, all) if !several => {
            let rank = match all.iter().any(|one| one.last.is_some()) {
                true => Rank::Range,
                false => Rank::OneOf,
            };
            (rank, all.iter().map(all_of).collect())
        }
        (Operator::Under, _) => {
            let spans = test.below.iter().map(|id| {
                let mut key = prefix.clone();
                spaces::push_indexed(&mut key, Some(&Value::Reference(*id)));
                Span::prefix(&key)
            });
            (Rank::OneOf, spans.collect())
        }
        (Operator::Gt | Operator::Gte, [least]) => (
            Rank::Range,
            vec![Span {
                start: around(least).start,
                end: present().end,
            }],
        ),
        (Operator::Lt | Operator::Lte, [most]) => (
            Rank::Range,
            vec![Span {
                start: present().start,
                end: around_last(most).end,
            }],
        ),
        (Operator::Between, [least, most]) => (
            Rank::Range,
            vec![Span {
                start: around(least).start,
                end: around_last(most).end,
            }],
        ),
        (Operator::StartsWith, [start]) => (Rank::Range, vec![around(start)]),
        (Operator::IsNull, _) if test.wants_empty() => {
            let empty = [prefix.as_slice(), &[0]].concat();
            let span = Span::prefix(&empty);
            value = Some(empty);
            (Rank::Range, vec![span])
        }
        _ => return None,
    };
    Some(Part {
        rank,
        fields: vec![field],
        via: Via::Index(test.target.name.clone()),
        spans: apart(spans),
        value,
    })
}

/// The members of one segment. A record that is in two of several would come twice.
fn members_part(object: &Object, test: &Test, members: &Members) -> Option<Part> {
    let (Operator::Eq | Operator::In, [segment]) = (test.operator, members.segments.as_slice())
    else {
        return None;
    };
    let under = spaces::members(object.number, *segment);
    Some(Part {
        rank: Rank::OneOf,
        fields: vec![SEGMENT],
        via: Via::Index(test.target.name.clone()),
        spans: vec![Span::prefix(&under)],
        value: Some(under),
    })
}

/// Sorted, joined where they overlap, without empty ones: `10` and `10 IRR` overlap in an index of amounts.
fn apart(mut spans: Vec<Span>) -> Vec<Span> {
    spans.retain(|span| span.start < span.end);
    spans.sort_by(|a, b| a.start.cmp(&b.start));
    let mut apart: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match apart.last_mut() {
            Some(last) if span.start < last.end => {
                last.end = span.end.max(std::mem::take(&mut last.end))
            }
            _ => apart.push(span),
        }
    }
    apart
}

/// The beginning of every index value that equals the operand or begins with it.
fn bound(operand: &Operand) -> Vec<u8> {
    let mut bytes = Vec::new();
    match (&operand.key, &operand.value) {
        (Comparable::Text(text), _) => {
            let cut = text.floor_char_boundary(TEXT_BOUND);
            spaces::push_indexed(
                &mut bytes,
                Some(&Value::Text(text.get(..cut).unwrap_or_default().into())),
            );
            // Without the two bytes that end a text.
            bytes.truncate(bytes.len().saturating_sub(2));
        }
        (_, Value::Money(money)) => {
            spaces::push_indexed(&mut bytes, Some(&Value::Decimal(money.amount)))
        }
        (_, other) => spaces::push_indexed(&mut bytes, Some(other)),
    }
    bytes
}
