//! Which words that records are found by sound like one?
//!
//! The words of names are walked in the store's own list of words, one read for each different word, and only under
//! letters with which such a word may begin.

use super::name::{Name, Word};
use crate::error::Result;
use crate::query::Reader;
use crate::schema::Object;
use crate::store::{Direction, Span, spaces};

/// How many different words are looked at for one question.
const MOST_READS: usize = 6_000;
/// What is less alike is another name.
const ALIKE: f64 = 0.82;
/// How many spellings of a word are tried.
const MOST_SPELLINGS: usize = 3;

/// The letters with which a word may begin whose key begins so, folded.
const BEGINNINGS: [(char, &str); 17] = [
    ('a', "اعءaeiou'"),
    ('b', "بپbp"),
    ('c', "چct"),
    ('d', "دضذd"),
    ('f', "فfp"),
    ('h', "هحh"),
    ('j', "جژjgdz"),
    ('k', "کقغخگkqgcx"),
    ('l', "لl"),
    ('m', "مm"),
    ('n', "نn"),
    ('r', "رr"),
    ('s', "سشصثsc"),
    ('t', "تطt"),
    ('v', "وvwou"),
    ('y', "یyi"),
    ('z', "زذضظzd"),
];

/// For each word of a name the nearest words that the records of an object have, itself among them.
pub(super) fn spellings(reader: &Reader, object: &Object, name: &str) -> Result<Vec<Vec<String>>> {
    let mut reads = MOST_READS;
    let name = Name::of(name);
    let of_word = |word: &Word| {
        let mut found = vec![(1.0, word.text.clone())];
        for letter in beginnings(word) {
            under(reader, object, letter, &mut reads, &mut |known| {
                let likeness = word.likeness(&Word::of(&known));
                if likeness >= ALIKE && known != word.text {
                    found.push((likeness, known));
                }
            })?;
        }
        found.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
        found.truncate(1 + MOST_SPELLINGS);
        Ok(found.into_iter().map(|(_, word)| word).collect())
    };
    name.words().iter().map(of_word).collect()
}

fn beginnings(word: &Word) -> Vec<char> {
    let firsts = word.keys().into_iter().filter_map(|key| key.chars().next());
    let letters = firsts.filter_map(|first| {
        let found = BEGINNINGS.iter().find(|(class, _)| *class == first);
        found.map(|(_, letters)| letters.chars())
    });
    let mut letters: Vec<char> = letters.flatten().collect();
    letters.sort_unstable();
    letters.dedup();
    letters
}

/// Calls `each` with every different word that begins with a letter.
fn under(
    reader: &Reader,
    object: &Object,
    letter: char,
    reads: &mut usize,
    each: &mut impl FnMut(String),
) -> Result<()> {
    let prefix = spaces::postings_under(object.number, letter.encode_utf8(&mut [0; 4]));
    let mut span = Span::prefix(&prefix);
    while *reads > 0 {
        *reads -= 1;
        let page = reader.snapshot.list(&span, Direction::Forward, 1)?;
        let Some(word) = page.last_key().and_then(spaces::posted_word) else {
            return Ok(());
        };
        span.start = spaces::posting(object.number, &word, u8::MAX, u128::MAX, u32::MAX);
        span.start.push(0);
        each(word);
    }
    Ok(())
}
