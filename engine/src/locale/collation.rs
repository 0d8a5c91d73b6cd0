//! In which order do names stand in a list?
//!
//! By the rules of the reader's language (CLDR): in Persian «آ» before «ا», «و» before «ه», and the letters of an Arabic
//! keyboard with their Persian ones; in Arabic «ه» before «و». Lists are sorted so at the edge. No stored key is made of
//! this order, which may change with the data of a newer release: a key that is kept anywhere carries
//! [`COLLATION_VERSION`].

use std::cmp::Ordering;

use icu_collator::options::{CollatorOptions, Strength};
use icu_collator::{CollatorBorrowed, CollatorPreferences};
use icu_locale_core::locale;

use super::fold::fold_text;
use super::variety::Variety;
use crate::context::Locale;

/// Sort keys of different versions must not be compared.
pub const COLLATION_VERSION: &str = "icu4x-2.4";

/// The order of a language.
pub struct Collation {
    /// None only if the compiled-in data lacked the language.
    rules: Option<CollatorBorrowed<'static>>,
}

impl Collation {
    /// The order that readers of a variety of a language expect.
    #[must_use]
    pub fn of(language: impl Into<Variety>) -> Self {
        let preferences: CollatorPreferences = match language.into().language() {
            Locale::En => locale!("en").into(),
            Locale::Fa => locale!("fa").into(),
            Locale::Ar => locale!("ar").into(),
        };
        let mut options = CollatorOptions::default();
        options.strength = Some(Strength::Tertiary);
        Self {
            rules: CollatorBorrowed::try_new(preferences, options).ok(),
        }
    }

    /// Which of two names stands first. Names that no rule tells apart stand in the order of their letters' code points,
    /// so that a list always comes out in one order.
    #[must_use]
    pub fn compare(&self, a: &str, b: &str) -> Ordering {
        let by_rules = match &self.rules {
            Some(rules) => rules.compare(a, b),
            None => fold_text(a).cmp(&fold_text(b)),
        };
        by_rules.then_with(|| a.cmp(b))
    }

    /// Bytes that stand in the order of the names, for names that are compared often. Equal for names that no rule tells
    /// apart.
    #[must_use]
    pub fn sort_key(&self, name: &str) -> Vec<u8> {
        let mut key = Vec::new();
        let written = match &self.rules {
            Some(rules) => rules.write_sort_key_to(name, &mut key).is_ok(),
            None => false,
        };
        match written {
            true => key,
            false => fold_text(name).into_bytes(),
        }
    }
}

impl std::fmt::Debug for Collation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Collation").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sorted(language: Locale, names: &[&'static str]) -> Vec<&'static str> {
        let order = Collation::of(language);
        let mut names = names.to_vec();
        names.sort_by(|a, b| order.compare(a, b));
        names
    }

    #[test]
    fn names_stand_as_in_a_dictionary_of_the_language() {
        let names = [
            "Zahra",
            "هادی",
            "پرویز",
            "وحید",
            "ابراهیم",
            "گلنار",
            "آرش",
            "بابک",
            "ژاله",
            "چنگیز",
        ];
        assert_eq!(
            sorted(Locale::Fa, &names),
            [
                "آرش",
                "ابراهیم",
                "بابک",
                "پرویز",
                "چنگیز",
                "ژاله",
                "گلنار",
                "وحید",
                "هادی",
                "Zahra"
            ]
        );
        assert_eq!(sorted(Locale::Ar, &["وليد", "هادي"]), ["هادي", "وليد"]);
        assert_eq!(
            sorted(Locale::En, &["bob", "Alice", "alice", "Bob"]),
            ["alice", "Alice", "bob", "Bob"]
        );
    }

    #[test]
    fn one_name_of_two_keyboards_stands_in_one_place() {
        assert_eq!(
            sorted(
                Locale::Fa,
                &["كريم", "لیلا", "کریمی", "کریم", "كريمي", "علي", "علی"]
            ),
            ["علی", "علي", "کریم", "كريم", "کریمی", "كريمي", "لیلا"]
        );
    }

    proptest! {
        #[test]
        fn sort_keys_stand_as_the_names_do(a in "[ا-یآكي a-c]{0,12}", b in "[ا-یآكي a-c]{0,12}") {
            for language in [Locale::En, Locale::Fa, Locale::Ar] {
                let order = Collation::of(language);
                let keys = order.sort_key(&a).cmp(&order.sort_key(&b)).then_with(|| a.cmp(&b));
                prop_assert_eq!(keys, order.compare(&a, &b));
            }
        }
    }
}
