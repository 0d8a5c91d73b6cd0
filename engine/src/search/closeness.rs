//! How near does a record come to what was asked for?

use std::cmp::Reverse;

use super::asked::{Fit, Term};
use super::words::Said;
use crate::record::Record;

/// How near a hit is to what was asked for. The nearer come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Closeness {
    /// A field says just that: the name, the number, the address.
    Exact,
    /// Every word is there.
    Words,
    /// Every word is there or begins one that is.
    Beginnings,
    /// Some of the words are there.
    Part,
}

impl Closeness {
    /// The name in answers: `exact`, `words`, `beginnings`, `part`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Words => "words",
            Self::Beginnings => "beginnings",
            Self::Part => "part",
        }
    }
}

/// How a record fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Match {
    pub(super) closeness: Closeness,
    /// How many of the words are there.
    pub(super) terms: usize,
    pub(super) weight: u8,
    /// The field that says so for the most part.
    pub(super) field: u32,
}

impl Match {
    /// What hits are sorted by, before their ids.
    pub(super) fn order(&self) -> (Closeness, Reverse<usize>, Reverse<u8>) {
        (self.closeness, Reverse(self.terms), Reverse(self.weight))
    }
}

/// How a record fits one reading, by the fields of its schema; nothing where no word is there.
pub(super) fn judge(record: &Record, terms: &[Term]) -> Option<Match> {
    let mut best: Vec<Option<Place>> = vec![None; terms.len()];
    let mut exact: Option<Place> = None;
    let fields = record.object.live_fields();
    for field in fields.filter(|field| field.is_searchable()) {
        let Some(value) = record.value(field.number) else {
            continue;
        };
        let said = Said::of(field, value);
        let place = |fit| Place {
            fit,
            weight: field.searchable,
            field: Reverse(field.number),
        };
        if says_just(&said, terms) {
            exact = exact.max(Some(place(Fit::Is)));
        }
        for (term, best) in terms.iter().zip(&mut best) {
            let fit = said.words().filter_map(|word| term.fit(word)).max();
            *best = (*best).max(fit.map(place));
        }
    }
    let found = best.iter().flatten();
    let (count, place) = (
        found.clone().count(),
        found.clone().max_by_key(|place| place.heavier())?,
    );
    let closeness = match exact {
        Some(_) => Closeness::Exact,
        None if count < terms.len() => Closeness::Part,
        None if found.clone().all(|place| place.fit == Fit::Is) => Closeness::Words,
        None => Closeness::Beginnings,
    };
    let place = exact.as_ref().unwrap_or(place);
    Some(Match {
        closeness,
        terms: count,
        weight: place.weight,
        field: place.field.0,
    })
}

/// Where a term was found. In the order in which one is preferred to another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    fit: Fit,
    weight: u8,
    field: Reverse<u32>,
}

impl Place {
    fn heavier(&self) -> (u8, Reverse<u32>) {
        (self.weight, self.field)
    }
}

/// Whether a field says these words, in their order, and nothing else.
fn says_just(said: &Said, terms: &[Term]) -> bool {
    said.wholes().into_iter().any(|mut words| {
        let mut terms = terms.iter();
        let all = terms.all(|term| {
            words
                .next()
                .is_some_and(|word| term.fit(word) == Some(Fit::Is))
        });
        all && words.next().is_none()
    })
}
