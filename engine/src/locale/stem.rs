//! Which words of a text are forms of one word?
//!
//! Light and careful: what might be part of the word stays. In Persian a half-space tells what is an ending, so that much
//! more can be taken off behind one («کتاب‌مان») than of a joined word («ساختمان»). No stored key is made of stems.

use super::fold::fold_text;
use crate::context::Locale;

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WordForm {
    /// The word as it is compared, its parts joined: `میروم` of «می‌روم».
    pub folded: String,
    /// Its parts, where half-spaces part it: `می`, `روم`; otherwise none.
    pub parts: Vec<String>,
    /// What other forms of the word share with it.
    pub stem: String,
}

/// The words of a text with their stems.
#[must_use]
pub fn word_forms(text: &str, language: Locale) -> Vec<WordForm> {
    let in_word = |c: char| c.is_alphanumeric() || is_of_word(c);
    let words = text.split(|c| !in_word(c));
    let words = words.filter(|word| word.chars().any(char::is_alphanumeric));
    words.map(|word| form(word, language)).collect()
}

/// Half-spaces, vowel signs and the stretching line.
fn is_of_word(c: char) -> bool {
    matches!(
        c,
        '\u{200c}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}'
    )
}

fn form(word: &str, language: Locale) -> WordForm {
    let parts = word.split('\u{200c}').map(fold_text);
    let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
    let folded = parts.concat();
    let stem = match language {
        Locale::Fa => persian(&parts),
        Locale::Ar => arabic(&folded).to_owned(),
        Locale::En => english(&folded).to_owned(),
    };
    WordForm {
        parts: if parts.len() > 1 { parts } else { Vec::new() },
        folded,
        stem,
    }
}

/// Endings that stand alone behind a half-space.
const PARTED: [&str; 24] = [
    "ها",
    "های",
    "هایی",
    "هایم",
    "هایت",
    "هایش",
    "هایمان",
    "هایتان",
    "هایشان",
    "ام",
    "ات",
    "اش",
    "مان",
    "تان",
    "شان",
    "ای",
    "ی",
    "تر",
    "ترین",
    "اند",
    "ایم",
    "اید",
    "ان",
    "یی",
];

/// Endings that joined words have and that are nothing else, longest first.
const JOINED: [&str; 9] = [
    "هایمان",
    "هایتان",
    "هایشان",
    "هایی",
    "هایم",
    "هایت",
    "هایش",
    "های",
    "ها",
];

fn persian(parts: &[String]) -> String {
    let mut left = parts;
    while let [_, .., last] = left
        && PARTED.contains(&last.as_str())
    {
        left = &left[..left.len() - 1];
    }
    let word = left.concat();
    for ending in JOINED {
        if let Some(stem) = stripped(&word, ending, 2) {
            return stem.to_owned();
        }
    }
    // «فروشندگان» of «فروشنده», «مشتریان» of «مشتری»; «جریان» and «رایگان» stay.
    if let Some(stem) = stripped(&word, "ندگان", 2) {
        return format!("{stem}نده");
    }
    match stripped(&word, "ان", 5) {
        Some(stem) if stem.ends_with('ی') => stem.to_owned(),
        _ => word,
    }
}

/// Articles with what is written together with them, longest first.
const ARTICLES: [&str; 6] = ["وال", "بال", "کال", "فال", "لل", "ال"];
/// Endings of number, gender and possession, longest first.
const ENDINGS: [&str; 9] = ["هما", "ات", "ون", "ین", "ان", "ها", "هم", "یه", "ه"];

fn arabic(word: &str) -> &str {
    let strip = |word: &'_ str, prefix: &str| -> Option<usize> {
        let rest = word.strip_prefix(prefix)?;
        (rest.chars().count() >= 3).then_some(prefix.len())
    };
    let from = ARTICLES.iter().find_map(|article| strip(word, article));
    let word = word.get(from.unwrap_or(0)..).unwrap_or(word);
    let stem = ENDINGS.iter().find_map(|ending| stripped(word, ending, 3));
    stem.unwrap_or(word)
}

fn english(word: &str) -> &str {
    let plural = stripped(word, "s", 3);
    plural
        .filter(|stem| !stem.ends_with(['s', 'u', 'i']))
        .unwrap_or(word)
}

/// The word without the ending, where so many letters are left.
fn stripped<'a>(word: &'a str, ending: &str, least: usize) -> Option<&'a str> {
    let stem = word.strip_suffix(ending)?;
    (stem.chars().count() >= least).then_some(stem)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn stem(word: &str, language: Locale) -> String {
        word_forms(word, language).remove(0).stem
    }

    #[test]
    fn persian_forms_share_their_stem() {
        for (forms, expected) in [
            (
                &[
                    "کتاب",
                    "کتاب‌ها",
                    "کتابها",
                    "کتاب‌های",
                    "کتابهایشان",
                    "کتاب‌مان",
                    "كتاب‌هايي",
                ][..],
                "کتاب",
            ),
            (
                &["مشتری", "مشتریان", "مشتری‌ها", "مشتریها", "مشتری‌ام"],
                "مشتری",
            ),
            (&["فروشنده", "فروشندگان", "فروشنده‌ها"], "فروشنده"),
            (&["آب", "آب‌ها"], "اب"),
            (&["بزرگ", "بزرگ‌تر", "بزرگ‌ترین"], "بزرگ"),
        ] {
            for form in forms {
                assert_eq!(stem(form, Locale::Fa), expected, "{form}");
            }
        }
        for whole in [
            "ساختمان",
            "سازمان",
            "تهران",
            "جریان",
            "رایگان",
            "درمان",
            "ملاقات",
            "ها",
            "میروم",
        ] {
            assert_eq!(stem(whole, Locale::Fa), fold_text(whole));
        }
    }

    #[test]
    fn arabic_forms_share_their_stem() {
        for (forms, expected) in [
            (
                &[
                    "شركة",
                    "الشركة",
                    "والشركة",
                    "شركات",
                    "الشركات",
                    "بالشركة",
                    "للشركة",
                    "شركتها",
                ][..7],
                "شرک",
            ),
            (
                &["مهندس", "المهندس", "مهندسون", "المهندسين", "مُهَنْدِس"],
                "مهندس",
            ),
        ] {
            for form in forms {
                assert_eq!(stem(form, Locale::Ar), expected, "{form}");
            }
        }
        for whole in ["بيت", "ألم", "دين"] {
            assert_eq!(stem(whole, Locale::Ar), fold_text(whole));
        }
    }

    #[test]
    fn a_half_space_gives_the_joined_word_and_its_parts() {
        let words = word_forms("می‌روم، خانه‌ها!", Locale::Fa);
        assert_eq!(words[0].folded, "میروم");
        assert_eq!(words[0].parts, ["می", "روم"]);
        assert_eq!((words[1].stem.as_str(), words.len()), ("خانه", 2));
        assert_eq!(stem("customers", Locale::En), "customer");
        assert_eq!(stem("address", Locale::En), "address");
    }

    proptest! {
        #[test]
        fn no_text_is_too_much_and_no_stem_empty(text in ".{0,40}|[ا-ی\u{200c} ]{0,40}") {
            for language in [Locale::En, Locale::Fa, Locale::Ar] {
                for word in word_forms(&text, language) {
                    prop_assert!(!word.stem.is_empty() || word.folded.is_empty());
                }
            }
        }
    }
}
