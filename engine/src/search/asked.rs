//! How can what was typed be read?
//!
//! «a.rezaei» is two words or the beginning of an address, «0912 123 4567» a number or three, «محمد رضا» a name that
//! others write in one word. Each way to read it is tried, and a record counts by the one that fits it best.

use super::words::{number_word, one_word, words_in};
use crate::locale::fold_digits;

/// Of longer requests the first words count.
const MOST_TERMS: usize = 8;

/// Fewer digits say nothing of a number.
const FEWEST_DIGITS: usize = 3;

/// With so many digits it is the number, whatever country code or trunk prefix stands before it.
const WHOLE_NUMBER: usize = 9;

/// Longer than any country code or trunk prefix.
const BEFORE_NUMBER: usize = 3;

/// The shortest halves into which a word is taken apart.
const SHORTEST_HALF: usize = 2;

/// One word that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Term {
    /// As it would be posted.
    pub(super) text: String,
    as_a: As,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum As {
    /// A word, or the beginning of one.
    Beginning,
    /// A word and nothing longer.
    Word,
    /// The end of a telephone number.
    Number,
}

/// How a term fits a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    Begins,
    Is,
}

impl Term {
    fn new(text: String) -> Self {
        let as_a = As::Beginning;
        Self { text, as_a }
    }

    pub(super) fn fit(&self, word: &str) -> Option<Fit> {
        let rest = word.strip_prefix(self.text.as_str())?;
        match self.as_a {
            _ if rest.is_empty() => Some(Fit::Is),
            As::Word => None,
            // One letter of the text is the mark of a number.
            As::Number if self.text.len() > WHOLE_NUMBER && rest.len() <= BEFORE_NUMBER => {
                Some(Fit::Is)
            }
            As::Beginning | As::Number => Some(Fit::Begins),
        }
    }

    pub(super) fn is_whole(&self) -> bool {
        self.as_a == As::Word
    }
}

/// One way to read what was typed; never empty.
pub(super) type Reading = Vec<Term>;

/// The ways to read it as it stands.
pub(super) fn readings(typed: &str) -> Vec<Reading> {
    let words: Reading = words_in(typed)
        .into_iter()
        .take(MOST_TERMS)
        .map(Term::new)
        .collect();
    let mut readings = vec![words];
    let chunks: Vec<&str> = typed.split_whitespace().take(MOST_TERMS).collect();
    if chunks.iter().any(|chunk| is_compound(chunk)) {
        let terms = |chunk: &&str| match is_compound(chunk) {
            true => vec![Term::new(one_word(chunk))],
            false => words_in(chunk).into_iter().map(Term::new).collect(),
        };
        readings.push(chunks.iter().flat_map(terms).collect());
    }
    readings.extend(numbers(typed));
    readings
        .retain(|reading| reading.iter().all(|term| !term.text.is_empty()) && !reading.is_empty());
    readings
}

/// Whether there is a letter or digit on both sides of a sign, as in an address.
fn is_compound(chunk: &str) -> bool {
    let inner = chunk.trim_matches(|c: char| !c.is_alphanumeric());
    inner.contains(['@', '.', '_', '-'])
}

/// The readings of what can be a telephone number: by its end, without what may stand before it.
fn numbers(typed: &str) -> Vec<Reading> {
    let plain = fold_digits(typed.trim());
    let is_sign = |c: char| c.is_whitespace() || "+-()./".contains(c);
    if !plain.chars().all(|c| c.is_ascii_digit() || is_sign(c)) {
        return Vec::new();
    }
    let digits: String = plain.chars().filter(char::is_ascii_digit).collect();
    let abroad = digits.strip_prefix("00");
    let number = match abroad {
        Some(rest) => rest,
        None => digits.strip_prefix('0').unwrap_or(&digits),
    };
    // A number that was kept without its country: the end that all ways to write it share.
    let is_international = abroad.is_some() || plain.starts_with('+');
    let end = number.len().saturating_sub(WHOLE_NUMBER);
    let shared = number.get(end..).filter(|_| is_international && end > 0);
    let ends = [Some(digits.as_str()), Some(number), shared];
    let mut readings: Vec<Reading> = Vec::new();
    for end in ends
        .into_iter()
        .flatten()
        .filter(|end| end.len() >= FEWEST_DIGITS)
    {
        let term = Term {
            text: number_word(end),
            as_a: As::Number,
        };
        if !readings.iter().any(|known| known.first() == Some(&term)) {
            readings.push(vec![term]);
        }
    }
    readings
}

/// The same letters with other spaces: names are written in one word or in two.
pub(super) fn spaced_otherwise(typed: &str) -> Vec<Reading> {
    let words = words_in(typed);
    match words.as_slice() {
        [word] => halves(word),
        [_, _] | [_, _, _] | [_, _, _, _] => joined(&words),
        _ => Vec::new(),
    }
}

fn joined(words: &[String]) -> Vec<Reading> {
    let pairs = (1..words.len()).map(|second| {
        let (before, after) = words.split_at(second);
        let mut joined: Vec<String> = before.to_vec();
        if let (Some(last), Some(first)) = (joined.last_mut(), after.first()) {
            last.push_str(first);
        }
        joined.extend(after.iter().skip(1).cloned());
        joined.into_iter().map(Term::new).collect()
    });
    pairs.collect()
}

fn halves(word: &str) -> Vec<Reading> {
    let letters = word.chars().count();
    // Latin names have their spaces.
    if word.is_ascii() || letters > 24 {
        return Vec::new();
    }
    let whole = |text: &str| Term {
        text: text.to_owned(),
        as_a: As::Word,
    };
    let cuts = word.char_indices().enumerate();
    let cuts =
        cuts.filter(|(count, _)| *count >= SHORTEST_HALF && letters - *count >= SHORTEST_HALF);
    let halves = cuts.filter_map(|(_, (at, _))| word.split_at_checked(at));
    halves
        .map(|(first, second)| vec![whole(first), whole(second)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(readings: &[Reading]) -> Vec<Vec<&str>> {
        let texts = |reading: &'_ Reading| {
            reading
                .iter()
                .map(|term| term.text.clone())
                .collect::<Vec<_>>()
        };
        let owned: Vec<Vec<String>> = readings.iter().map(texts).collect();
        owned
            .into_iter()
            .map(|reading| reading.into_iter().map(|text| &*text.leak()).collect())
            .collect()
    }

    #[test]
    fn what_is_typed_is_words_an_address_and_a_number() {
        assert_eq!(texts(&readings("رضايي تهران")), [["رضایی", "تهران"]]);
        assert_eq!(texts(&readings("A.Rez")), [vec!["a", "rez"], vec!["a.rez"]]);
        assert_eq!(
            texts(&readings("۰۹۱۲ ۱۲۳ ۴۵۶۷")),
            [
                vec!["0912", "123", "4567"],
                vec!["+76543212190"],
                vec!["+7654321219"],
            ]
        );
        assert_eq!(
            texts(&readings("0098 912 123 4567")),
            [
                vec!["0098", "912", "123", "4567"],
                vec!["+76543212198900"],
                vec!["+765432121989"],
                vec!["+765432121"],
            ]
        );
        assert_eq!(texts(&readings(" -- ")), [[""; 0]; 0]);
        assert_eq!(texts(&readings("12")), [["12"]]);
    }

    #[test]
    fn a_name_in_two_words_is_tried_in_one_and_the_other_way_round() {
        assert_eq!(texts(&spaced_otherwise("محمد رضا")), [["محمدرضا"]]);
        assert!(texts(&spaced_otherwise("محمدرضا")).contains(&vec!["محمد", "رضا"]));
        assert_eq!(texts(&spaced_otherwise("rebecca")), [[""; 0]; 0]);
    }

    #[test]
    fn a_number_is_whole_without_what_stands_before_it() {
        let term = |typed: &str| readings(typed).pop().and_then(|mut one| one.pop());
        let fit = |typed: &str| term(typed).and_then(|term| term.fit("+765432121989"));
        assert_eq!(fit("09121234567"), Some(Fit::Is));
        assert_eq!(fit("+989121234567"), Some(Fit::Is));
        assert_eq!(fit("4567"), Some(Fit::Begins));
        assert_eq!(fit("4568"), None);
    }
}
