//! By which words is a record found?

use std::collections::BTreeSet;

use crate::locale::fold_text;
use crate::record::{Phone, Record, Value};
use crate::schema::{Field, FieldKind, Object};
use crate::store::spaces;

/// Of longer texts the first words count.
const MOST_WORDS: usize = 32;

/// Of longer words the beginning counts, in bytes.
const LONGEST_WORD: usize = 60;

/// What a telephone number begins with among the words. No word of a text does.
const NUMBER: char = '+';

/// Set in the rank of a posting whose word is all that its field says.
pub(super) const ONLY_WORD: u8 = 0x80;

/// The words of one field, folded.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) words: Vec<String>,
    /// How many of the first words may be left out and the rest still is the whole: a person's title.
    pub(super) optional: usize,
}

impl Said {
    pub(super) fn of(field: &Field, value: &Value) -> Self {
        let words = match value {
            Value::Phone(phone) => vec![last_digit_first(phone)],
            Value::PersonName(name) => {
                let title = words_in(&name.title);
                let optional = title.len();
                let words = title.into_iter().chain(words_in(&name.given));
                return Self {
                    words: words
                        .chain(words_in(&name.family))
                        .take(MOST_WORDS)
                        .collect(),
                    optional,
                };
            }
            Value::Text(address) if field.kind == FieldKind::Email => vec![one_word(address)],
            Value::Text(text) => words_in(text),
            _ => Vec::new(),
        };
        Self { words, optional: 0 }
    }

    /// Whether a word is all that the field says.
    fn says_only(&self) -> bool {
        self.words.len() == 1 || self.words.len() == 1 + self.optional
    }
}

/// The words of a text, folded: letters and digits, with whatever else between them.
pub(super) fn words_in(text: &str) -> Vec<String> {
    let folded = fold_text(text);
    let parts = folded.split(|c: char| !c.is_alphanumeric());
    let words = parts.filter(|word| !word.is_empty()).take(MOST_WORDS);
    words.map(|word| cut(word).to_owned()).collect()
}

/// A text that is one word whatever it is written with: an e-mail address.
pub(super) fn one_word(text: &str) -> String {
    let folded = fold_text(text);
    cut(folded.trim_start_matches(NUMBER)).to_owned()
}

/// The digits of a number from the last to the first: people know the last ones.
pub(super) fn number_word(digits: &str) -> String {
    let mut word = String::with_capacity(1 + digits.len());
    word.push(NUMBER);
    word.extend(digits.chars().rev().filter(char::is_ascii_digit));
    word
}

fn last_digit_first(phone: &Phone) -> String {
    number_word(&phone.key())
}

fn cut(word: &str) -> &str {
    word.get(..word.floor_char_boundary(LONGEST_WORD))
        .unwrap_or(word)
}

/// The postings of one field of a record.
pub(crate) fn postings_of(
    object: u32,
    field: &Field,
    value: Option<&Value>,
    id: u128,
) -> BTreeSet<Vec<u8>> {
    let Some(value) = value else {
        return BTreeSet::new();
    };
    let said = Said::of(field, value);
    let only = said.says_only();
    let rank = |place: usize| match only && place + 1 == said.words.len() {
        true => field.searchable | ONLY_WORD,
        false => field.searchable,
    };
    let words = said.words.iter().enumerate();
    let posting = |(place, word): (usize, &String)| {
        spaces::posting(object, word, rank(place), id, field.number)
    };
    words.map(posting).collect()
}

/// The postings of a record.
pub(crate) fn postings_of_record(object: &Object, record: &Record) -> BTreeSet<Vec<u8>> {
    let fields = object.live_fields().filter(|field| field.is_searchable());
    let id = record.id().number();
    let postings = fields.map(|field| {
        let value = record.value(field.number);
        postings_of(object.number, field, value, id)
    });
    postings.flatten().collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::record::PersonName;

    #[test]
    fn words_are_letters_and_digits_in_one_spelling() {
        assert_eq!(
            words_in("شركة  آب‌وبرق (مشهد) ۱۴۰۵/Q-12"),
            ["شرکه", "اب\u{0648}برق", "مشهد", "1405", "q", "12"]
        );
        assert_eq!(words_in(" -- "), [""; 0]);
        assert_eq!(words_in(&"ا ".repeat(100)).len(), MOST_WORDS);
        assert_eq!(words_in(&"م".repeat(100)), ["م".repeat(30)]);
    }

    #[test]
    fn a_number_is_found_by_its_end_and_a_title_is_not_the_name() {
        let phone = Phone::parse("+۹۸ ۹۱۲ ۱۲۳ ۴۵۶۷").unwrap();
        assert_eq!(last_digit_first(&phone), "+765432121989");
        let name = Value::PersonName(Box::new(PersonName {
            title: "دکتر".into(),
            ..PersonName::new("", "رضايي")
        }));
        let field = Field::new("name", FieldKind::PersonName).searchable(9);
        assert_eq!(
            Said::of(&field, &name),
            Said {
                words: vec!["دکتر".into(), "رضایی".into()],
                optional: 1,
            }
        );
        let ranks: Vec<u8> = postings_of(1, &field, Some(&name), 7)
            .iter()
            .map(|key| spaces::posted(key).unwrap().rank)
            .collect();
        assert_eq!(ranks, [9, 9 | ONLY_WORD]);
    }
}
