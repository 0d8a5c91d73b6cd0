//! What of an index of several fields do conditions and an order ask for?
//!
//! Conditions that fix the values of its first fields leave a part of it, in which the entries lie in the order of the
//! fields after them.

use super::index_part::{Part, Rank};
use super::order::{Order, OrderKey, Standing};
use super::plan::{Via, Walk, directed, from_cursor};
use crate::schema::{Index, Object};
use crate::store::{Span, spaces};

/// An index, and how much of it the conditions fix.
struct Fixed<'a> {
    index: &'a Index,
    /// What the keys of the part begin with.
    prefix: Vec<u8>,
    /// Of how many fields the values are given.
    fixed: usize,
    /// What a condition leaves of the field after those.
    range: Option<&'a Part>,
}

/// What a span of an index of one field is behind the object and the field.
const HEAD: usize = 1 + 4 + 4;

impl<'a> Fixed<'a> {
    fn of(object: &Object, index: &'a Index, parts: &'a [Part]) -> Self {
        let of = |number: &u32| parts.iter().find(|part| part.is_of(*number));
        let mut prefix = spaces::of_field(spaces::INDEX, object.number, index.number);
        let values = index.numbers.iter().map_while(|number| {
            let value = of(number)?.value.as_ref()?;
            value.get(HEAD..)
        });
        let mut fixed = 0;
        for value in values {
            prefix.extend_from_slice(value);
            fixed += 1;
        }
        Self {
            index,
            prefix,
            fixed,
            range: index.numbers.get(fixed).and_then(of),
        }
    }

    /// Where the entries lie, by the condition on the next field where there is one and `ranged` wants it.
    fn spans(&self, ranged: bool) -> Vec<Span> {
        let Some(range) = self.range.filter(|_| ranged) else {
            return vec![Span::prefix(&self.prefix)];
        };
        let behind = |bound: &[u8]| Some([self.prefix.as_slice(), bound.get(HEAD..)?].concat());
        let spans = range.spans.iter().filter_map(|span| {
            Some(Span {
                start: behind(&span.start)?,
                end: behind(&span.end)?,
            })
        });
        spans.collect()
    }

    fn answered(&self, ranged: bool) -> usize {
        self.fixed + usize::from(ranged && self.range.is_some())
    }

    fn via(&self, answered: usize) -> Via {
        Via::Several {
            fields: self.index.fields.clone(),
            answered,
        }
    }

    fn is_whole(&self) -> bool {
        self.fixed == self.index.numbers.len()
    }
}

/// The shortest part by what is fixed, where it is more than an index of one field has.
pub(super) fn part(object: &Object, conditions: &[Part]) -> Option<Part> {
    let fixed = object
        .told_indexes()
        .map(|index| Fixed::of(object, index, conditions));
    let best = fixed.max_by_key(|fixed| (fixed.answered(true), fixed.fixed))?;
    let answered = best.answered(true);
    let fields: Vec<u32> = best.index.numbers.iter().take(answered).copied().collect();
    let is_indexed = |number: &u32| {
        let field = object.field_by_number(*number);
        field.is_some_and(|field| field.is_indexed())
    };
    if fields.is_empty() || (fields.len() == 1 && fields.iter().all(is_indexed)) {
        return None;
    }
    Some(Part {
        rank: match best.fixed == answered {
            true => Rank::Equal,
            false => best.range.map_or(Rank::Equal, |range| range.rank),
        },
        via: best.via(answered),
        spans: best.spans(true),
        value: best.is_whole().then(|| best.prefix.clone()),
        fields,
    })
}

/// The walk that conditions narrow most, in an order of which an index of several fields has at least the beginning.
pub(super) fn walk(
    object: &Object,
    order: &Order,
    after: Option<&Standing>,
    conditions: &[Part],
) -> Option<Walk> {
    let walks = object
        .told_indexes()
        .filter_map(|index| walk_along(object, index, order, after, conditions));
    // Of equal ones the first that was declared.
    walks.fold(None, |best, walk| match best {
        Some(best) if walk.worth() <= best.worth() => Some(best),
        _ => Some(walk),
    })
}

fn walk_along(
    object: &Object,
    index: &Index,
    order: &Order,
    after: Option<&Standing>,
    conditions: &[Part],
) -> Option<Walk> {
    let fixed = Fixed::of(object, index, conditions);
    let (given, rest) = index.numbers.split_at_checked(fixed.fixed)?;
    let field = |key: &OrderKey| key.target().and_then(|target| target.stored());
    let is_given = |key: &OrderKey| field(key).is_some_and(|number| given.contains(&number));
    // All rows are alike in what is given, so that nothing is sorted by it.
    let keys: Vec<(usize, &OrderKey)> = (0..)
        .zip(&order.keys)
        .filter(|(_, key)| !is_given(key))
        .collect();
    let descending = keys
        .first()
        .map_or(order.id_descending, |(_, key)| key.descending);
    let in_order = keys
        .iter()
        .zip(rest)
        .take_while(|((_, key), number)| {
            field(key) == Some(**number) && key.descending == descending
        })
        .count();
    let sorted =
        in_order == keys.len() && in_order == rest.len() && order.id_descending == descending;
    if !sorted && (in_order == 0 || keys.len() < order.keys.len()) {
        return None;
    }
    let ranged = in_order > 0;
    let direction = directed(descending);
    let mut spans = fixed.spans(ranged);
    if let Some(after) = after {
        let mut last = fixed.prefix.clone();
        let told = if sorted { in_order } else { 1 };
        for (place, _) in keys.iter().take(told) {
            last.extend_from_slice(after.values.get(*place)?);
        }
        let id = sorted.then_some(after.id);
        spans = from_cursor(&spans, &fixed.prefix, last, id, direction);
    }
    let answered = fixed.answered(ranged);
    Some(Walk {
        via: fixed.via(answered),
        answered: index.numbers.iter().take(answered).copied().collect(),
        given: given.to_vec(),
        spans: super::plan::in_direction(spans, direction),
        direction,
        sorted,
    })
}
