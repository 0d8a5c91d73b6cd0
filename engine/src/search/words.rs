//! By which words is a record found?

use std::collections::BTreeSet;

use crate::locale::{each_folded, fold_text};
use crate::record::{Record, Value};
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

/// What one field says, folded.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    text: String,
    is_one_word: bool,
    /// How many of the first words may be left out and the rest still is the whole: a person's title.
    optional: usize,
}

impl Said {
    pub(super) fn of(field: &Field, value: &Value) -> Self {
        let mut said = Self::default();
        match value {
            Value::Phone(phone) => said.is_one_word = push_number(&mut said.text, &phone.key()),
            Value::PersonName(name) => {
                each_folded(&name.title, |c| said.text.push(c));
                said.optional = split(&said.text).count();
                for part in [&name.given, &name.family] {
                    said.text.push(' ');
                    each_folded(part, |c| said.text.push(c));
                }
            }
            Value::Text(text) => {
                each_folded(text, |c| said.text.push(c));
                said.is_one_word = field.kind == FieldKind::Email;
            }
            _ => {}
        }
        said
    }

    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        let (one, several) = match self.is_one_word {
            true => (Some(cut(&self.text)), ""),
            false => (None, self.text.as_str()),
        };
        one.into_iter().chain(split(several))
    }

    /// The words with and without those that may be left out.
    pub(super) fn wholes(&self) -> [impl Iterator<Item = &str>; 2] {
        [0, self.optional].map(|left_out| self.words().skip(left_out))
    }
}

/// Of longer texts the first words count: letters and digits, with whatever else between them.
fn split(folded: &str) -> impl Iterator<Item = &str> {
    let parts = folded.split(|c: char| !c.is_alphanumeric());
    let words = parts.filter(|word| !word.is_empty());
    words.take(MOST_WORDS).map(cut)
}

/// The words of a text, folded: letters and digits, with whatever else between them.
pub(super) fn words_in(text: &str) -> Vec<String> {
    split(&fold_text(text)).map(str::to_owned).collect()
}

/// A text that is one word whatever it is written with: an e-mail address.
pub(super) fn one_word(text: &str) -> String {
    let folded = fold_text(text);
    cut(folded.trim_start_matches(NUMBER)).to_owned()
}

/// The digits of a number from the last to the first: people know the last ones.
pub(super) fn number_word(digits: &str) -> String {
    let mut word = String::with_capacity(1 + digits.len());
    push_number(&mut word, digits);
    word
}

fn push_number(word: &mut String, digits: &str) -> bool {
    word.push(NUMBER);
    word.extend(digits.chars().rev().filter(char::is_ascii_digit));
    true
}

fn cut(word: &str) -> &str {
    word.get(..word.floor_char_boundary(LONGEST_WORD))
        .unwrap_or(word)
}

/// The postings of one field of a record. A word that it says twice is there twice.
pub(crate) fn postings_of(
    object: u32,
    field: &Field,
    value: Option<&Value>,
    id: u128,
) -> Vec<Vec<u8>> {
    let value = value.filter(|_| is_posted(field));
    let Some(said) = value.map(|value| Said::of(field, value)) else {
        return Vec::new();
    };
    let count = said.words().count();
    let is_only = count == 1 || count == 1 + said.optional;
    let posting = |(place, word): (usize, &str)| {
        let only = match is_only && place + 1 == count {
            true => ONLY_WORD,
            false => 0,
        };
        spaces::posting(object, word, field.searchable | only, id, field.number)
    };
    let mut postings = Vec::with_capacity(count);
    postings.extend(said.words().enumerate().map(posting));
    postings
}

/// Whether a field's words are postings. The index of an e-mail address says the same as one would.
pub(crate) fn is_posted(field: &Field) -> bool {
    field.is_searchable() && !is_found_by_index(field)
}

/// Whether records are found by the index of a field instead.
pub(super) fn is_found_by_index(field: &Field) -> bool {
    field.kind == FieldKind::Email && field.is_indexed() && field.is_searchable()
}

/// The postings of a record.
pub(crate) fn postings_of_record(object: &Object, record: &Record) -> BTreeSet<Vec<u8>> {
    let id = record.id().number();
    let postings = object.live_fields().map(|field| {
        let value = record.value(field.number);
        postings_of(object.number, field, value, id)
    });
    postings.flatten().collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::record::{PersonName, Phone};

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
        let field = Field::new("phone", FieldKind::Phone);
        let said = Said::of(&field, &Value::Phone(Box::new(phone)));
        assert_eq!(said.words().collect::<Vec<_>>(), ["+765432121989"]);
        let name = Value::PersonName(Box::new(PersonName {
            title: "دکتر".into(),
            ..PersonName::new("", "رضايي")
        }));
        let field = Field::new("name", FieldKind::PersonName).searchable(9);
        let said = Said::of(&field, &name);
        assert_eq!(said.words().collect::<Vec<_>>(), ["دکتر", "رضایی"]);
        assert_eq!(said.optional, 1);
        let ranks: Vec<u8> = postings_of(1, &field, Some(&name), 7)
            .iter()
            .map(|key| spaces::posted(key).unwrap().rank)
            .collect();
        assert_eq!(ranks, [9, 9 | ONLY_WORD]);
    }
}
