//! How alike are two values of a field?

use super::contact::{email_key, phone_key};
use super::firm::firm_name;
use super::name::Name;
use super::settings::Comparator;
use crate::locale::fold_text;
use crate::locale::name::person;

/// A value made ready to be compared, once for all comparisons.
#[derive(Clone, Debug)]
pub(super) enum Ready {
    Text(String),
    Name(Name),
    Date(Day),
    Number(f64),
    Words(Vec<String>),
}

/// A day in figures.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Day {
    digits: [u8; 8],
}

impl Ready {
    /// Nothing where there is no value of this kind.
    pub(super) fn of(compare: Comparator, text: &str) -> Option<Self> {
        let folded = fold_text(text);
        if folded.is_empty() {
            return None;
        }
        let full = |name: Name| (!name.is_empty()).then_some(Self::Name(name));
        match compare {
            Comparator::Exact | Comparator::Text => Some(Self::Text(folded)),
            Comparator::Name => full(Name::of(&person(text).name())),
            Comparator::Firm => full(Name::of(&firm_name(text))),
            Comparator::Date => Day::of(&folded).map(Self::Date),
            Comparator::Number => folded.parse().ok().map(Self::Number),
            Comparator::Phone => phone_key(&folded).map(Self::Text),
            Comparator::Email => Some(Self::Text(email_key(&folded).unwrap_or(folded))),
            Comparator::Code => Some(Self::Text(
                folded.chars().filter(|c| c.is_alphanumeric()).collect(),
            )),
            Comparator::Address => {
                let words = folded.split(|c: char| !c.is_alphanumeric());
                let words = words.filter(|word| !word.is_empty()).map(str::to_owned);
                Some(Self::Words(words.collect()))
            }
        }
    }

    /// How alike two values are, from 0 to 1, as [`Comparator`] says.
    pub(super) fn likeness(&self, other: &Self, compare: Comparator) -> f64 {
        match (self, other) {
            (Self::Name(one), Self::Name(other)) => one.likeness(other),
            (Self::Date(one), Self::Date(other)) => one.likeness(other),
            (Self::Number(one), Self::Number(other)) => near(*one, *other),
            (Self::Words(one), Self::Words(other)) => shared(one, other),
            (Self::Text(one), Self::Text(other)) if one == other => 1.0,
            (Self::Text(one), Self::Text(other)) => match compare {
                Comparator::Text => strsim::jaro_winkler(one, other),
                Comparator::Code => without_mistakes(one, other),
                Comparator::Phone if strsim::osa_distance(one, other) == 1 => 0.8,
                Comparator::Email => match (one.split_once('@'), other.split_once('@')) {
                    (Some((name, _)), Some((other, _))) if name == other => 0.95,
                    _ => without_mistakes(one, other),
                },
                _ => 0.0,
            },
            _ => 0.0,
        }
    }

    /// The text by which records are put in order, and by which they share a key.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Name(name) => name.folded(),
            Self::Date(day) => day.text(),
            Self::Number(number) => number.to_string(),
            Self::Words(words) => words.join(" "),
        }
    }
}

/// One minus the share of characters that are mistaken; two neighbours that changed places are one mistake.
fn without_mistakes(one: &str, other: &str) -> f64 {
    let longest = one.chars().count().max(other.chars().count());
    match longest {
        0 => 1.0,
        longest => 1.0 - strsim::osa_distance(one, other) as f64 / longest as f64,
    }
}

fn near(one: f64, other: f64) -> f64 {
    let most = one.abs().max(other.abs());
    match most > 0.0 {
        true => (1.0 - (one - other).abs() / most).max(0.0),
        false => 1.0,
    }
}

/// The share of words that both have. A word counts by how alike it is, a number only whole.
fn shared(one: &[String], other: &[String]) -> f64 {
    let of = |words: &[String], among: &[String]| -> f64 {
        let best = |word: &String| {
            let likeness = |candidate: &String| match word == candidate {
                true => 1.0,
                false if word.bytes().any(|b| b.is_ascii_digit()) => 0.0,
                false => match strsim::jaro_winkler(word, candidate) {
                    likeness if likeness >= 0.85 => likeness,
                    _ => 0.0,
                },
            };
            among.iter().map(likeness).fold(0.0, f64::max)
        };
        words.iter().map(best).sum()
    };
    let all = one.len() + other.len();
    match all {
        0 => 0.0,
        all => (of(one, other) + of(other, one)) / all as f64,
    }
}

impl Day {
    /// `1987-05-09`, `1987/5/9`, `19870509`, in any digits.
    fn of(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text
            .split(|c: char| !c.is_ascii_digit())
            .filter(|part| !part.is_empty())
            .collect();
        let figures = match parts.as_slice() {
            [whole] if whole.len() == 8 => (*whole).to_owned(),
            [year, month, day, ..] if year.len() == 4 && month.len() <= 2 && day.len() <= 2 => {
                format!("{year}{month:0>2}{day:0>2}")
            }
            _ => return None,
        };
        let digits = figures.as_bytes().try_into().ok()?;
        Some(Self { digits })
    }

    fn parts(&self) -> (&[u8], &[u8], &[u8]) {
        let (year, rest) = self.digits.split_at(4);
        let (month, day) = rest.split_at(2);
        (year, month, day)
    }

    fn likeness(&self, other: &Self) -> f64 {
        if self == other {
            return 1.0;
        }
        let ((year, month, day), (year2, month2, day2)) = (self.parts(), other.parts());
        if year == year2 && month == day2 && day == month2 {
            return 0.9;
        }
        if strsim::generic_damerau_levenshtein(&self.digits, &other.digits) == 1 {
            return 0.8;
        }
        match (year == year2, month == month2, day == day2) {
            (false, true, true) => 0.6,
            (true, true, _) | (true, _, true) => 0.5,
            (true, ..) => 0.3,
            _ => 0.0,
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.digits).into_owned()
    }
}
