//! How is an amount said in words?
//!
//! Cheques, invoices and contracts name the amount twice. Each language has its own file; what all share is here: groups
//! of three digits, and the names of currencies with the forms that counting them needs. Scales are the short ones that
//! Persian, Arabic and English business use alike: a thousand million is میلیارد, مليار, a billion.

mod arabic;
mod currency;
mod english;
mod persian;

use crate::context::Locale;

use self::currency::Currency;

/// A number in words: `دوازده هزار و سیصد`, `اثنا عشر ألفاً وثلاثمئة`, `twelve thousand three hundred`.
///
/// In Arabic it is the form that stands for itself, counting a masculine noun.
#[must_use]
pub fn number_in_words(number: u64, language: Locale) -> String {
    match language {
        Locale::En => english::number(number),
        Locale::Fa => persian::number(number),
        Locale::Ar => arabic::number(number),
    }
}

/// An amount in words with its currency: `یک میلیون و دویست هزار ریال`, `ثلاثة دنانير عراقية`, `two dollars and fifty
/// cents`. `minor` counts hundredths, or what else the currency is divided into.
///
/// `currency` is an ISO 4217 code or `toman`, which is a unit and no currency; a code without known words is said as it
/// is. `None` when there are more minor units than make a whole one.
#[must_use]
pub fn amount_in_words(whole: u64, minor: u64, currency: &str, language: Locale) -> Option<String> {
    let Some(currency) = currency::of(currency) else {
        return (minor == 0).then(|| format!("{} {currency}", number_in_words(whole, language)));
    };
    if minor >= currency.minor_in_whole() {
        return None;
    }
    Some(match language {
        Locale::En => english::amount(whole, minor, currency),
        Locale::Fa => persian::amount(whole, minor, currency),
        Locale::Ar => arabic::amount(whole, minor, currency),
    })
}

/// Reads what [`number_in_words`] writes; `None` where a word is unknown or the number is too large.
#[must_use]
pub fn number_from_words(text: &str, language: Locale) -> Option<u64> {
    read(text, None, language)
}

/// Reads the whole units of what [`amount_in_words`] writes without minor units.
#[must_use]
pub fn amount_from_words(text: &str, currency: &str, language: Locale) -> Option<u64> {
    read(text, Some(currency::of(currency)?), language)
}

/// The name of a currency by itself, as it stands after a number: `ریال`, `دولار أمريكي`, `US dollars`.
#[must_use]
pub fn currency_name(currency: &str, language: Locale) -> Option<&'static str> {
    let currency = currency::of(currency)?;
    Some(match language {
        Locale::En => currency.english[1],
        Locale::Fa => currency.persian,
        Locale::Ar => currency.arabic.one,
    })
}

/// Every name of every currency with its code, in all languages and the forms that counting needs.
pub(super) fn currency_names() -> impl Iterator<Item = (&'static str, &'static str)> {
    currency::all()
        .filter(|currency| currency.code() != "toman")
        .flat_map(|currency| {
            let arabic = &currency.arabic;
            let names = [
                currency.english[0],
                currency.english[1],
                currency.persian,
                arabic.one,
                arabic.two,
                arabic.few,
                arabic.many,
            ];
            names.map(|name| (name, currency.code()))
        })
}

/// How many digits after the point a currency's minor unit has: 2 for cents, 3 for the fils of Kuwait, 0 for the rial,
/// which has none in use. `None` for a currency without known words.
pub(crate) fn minor_digits(currency: &str) -> Option<u32> {
    currency::of(currency).map(|currency| currency.minor_digits)
}

/// What a word of any of the languages adds to a number.
pub(super) fn meaning(word: &str) -> Option<Meaning> {
    persian::meaning(word, None)
        .or_else(|| arabic::meaning(word, None))
        .or_else(|| english::meaning(word, None))
}

/// What a word adds to the number that is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Units, tens and hundreds: added to the group.
    Adds(u64),
    /// English `hundred`: multiplies the group.
    Hundred,
    /// A scale: closes the group.
    Scale(u64),
    /// An Arabic dual of a scale: two of it, and closes the group.
    TwoOf(u64),
    /// Joins or names and counts nothing.
    Nothing,
}

fn read(text: &str, currency: Option<&Currency>, language: Locale) -> Option<u64> {
    let meaning: fn(&str, Option<&Currency>) -> Option<Meaning> = match language {
        Locale::En => english::meaning,
        Locale::Fa => persian::meaning,
        Locale::Ar => arabic::meaning,
    };
    let is_gap = |c: char| c.is_whitespace() || matches!(c, '\u{200c}' | '-' | ',' | '،');
    let (mut total, mut group, mut counted) = (0u64, 0u64, false);
    for word in text.split(is_gap).filter(|word| !word.is_empty()) {
        let meaning = meaning(word, currency)?;
        counted |= meaning != Meaning::Nothing;
        match meaning {
            Meaning::Adds(value) => group = group.checked_add(value)?,
            Meaning::Hundred => group = group.max(1).checked_mul(100)?,
            Meaning::Scale(scale) => {
                total = total.checked_add(group.max(1).checked_mul(scale)?)?;
                group = 0;
            }
            Meaning::TwoOf(scale) => {
                // Without its nunation «ألفاً» is written as the bound dual «ألفا»: what stands before it tells.
                let count = if group == 0 { 2 } else { group };
                total = total.checked_add(count.checked_mul(scale)?)?;
                group = 0;
            }
            Meaning::Nothing => {}
        }
    }
    // «ريال» alone is one; no word at all is nothing.
    counted.then(|| total.checked_add(group)).flatten()
}

/// Groups of three digits from the largest on, those of zero left out: (group, scale as a power of a thousand).
fn groups(number: u64) -> impl Iterator<Item = (u64, u32)> {
    (0..=6u32).rev().filter_map(move |power| {
        let group = number / 1000u64.pow(power) % 1000;
        (group > 0).then_some((group, power))
    })
}

/// A number group by group, each with its scale: as English and Persian say it.
fn in_groups(number: u64, scales: &[&str], joined_by: &str, words: fn(u64) -> String) -> String {
    let said = groups(number).map(|(group, power)| match power {
        0 => words(group),
        _ => format!("{} {}", words(group), scales[power as usize]),
    });
    said.collect::<Vec<_>>().join(joined_by)
}

/// The number that a word stands for by its place; gaps in the list are no words.
fn place(names: &[&str], word: &str) -> Option<u64> {
    let found = names
        .iter()
        .position(|name| !name.is_empty() && *name == word);
    found.map(|place| place as u64)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    const LANGUAGES: [Locale; 3] = [Locale::En, Locale::Fa, Locale::Ar];

    fn words(number: u64) -> [String; 3] {
        LANGUAGES.map(|language| number_in_words(number, language))
    }

    #[test]
    fn numbers_are_said_as_each_language_says_them() {
        for (number, expected) in [
            (0, ["zero", "صفر", "صفر"]),
            (12, ["twelve", "دوازده", "اثنا عشر"]),
            (21, ["twenty-one", "بیست و یک", "واحد وعشرون"]),
            (300, ["three hundred", "سیصد", "ثلاثمئة"]),
            (1_000, ["one thousand", "یک هزار", "ألف"]),
            (2_000, ["two thousand", "دو هزار", "ألفان"]),
            (3_000, ["three thousand", "سه هزار", "ثلاثة آلاف"]),
            (11_000, ["eleven thousand", "یازده هزار", "أحد عشر ألفاً"]),
            (
                101_000,
                ["one hundred one thousand", "صد و یک هزار", "مئة ألف وألف"],
            ),
            (
                1_250_017,
                [
                    "one million two hundred fifty thousand seventeen",
                    "یک میلیون و دویست و پنجاه هزار و هفده",
                    "مليون ومئتان وخمسون ألفاً وسبعة عشر",
                ],
            ),
        ] {
            assert_eq!(words(number), expected.map(str::to_owned), "{number}");
        }
    }

    #[test]
    fn arabic_counts_its_nouns_by_gender_and_number() {
        let said = |whole, currency| amount_in_words(whole, 0, currency, Locale::Ar).unwrap();
        for (whole, currency, expected) in [
            (0, "SAR", "صفر ريال سعودي"),
            (1, "SAR", "ريال سعودي واحد"),
            (2, "SAR", "ريالان سعوديان"),
            (3, "SAR", "ثلاثة ريالات سعودية"),
            (10, "SAR", "عشرة ريالات سعودية"),
            (11, "SAR", "أحد عشر ريالاً سعودياً"),
            (25, "SAR", "خمسة وعشرون ريالاً سعودياً"),
            (100, "SAR", "مئة ريال سعودي"),
            (101, "SAR", "مئة ريال سعودي وريال سعودي واحد"),
            (102, "SAR", "مئة ريال سعودي وريالان سعوديان"),
            (103, "SAR", "مئة وثلاثة ريالات سعودية"),
            (200, "SAR", "مئتا ريال سعودي"),
            (2_000, "SAR", "ألفا ريال سعودي"),
            (11_000, "SAR", "أحد عشر ألف ريال سعودي"),
            (2_000_000, "IRR", "مليونا ريال إيراني"),
            (1, "TRY", "ليرة تركية واحدة"),
            (2, "TRY", "ليرتان تركيتان"),
            (3, "TRY", "ثلاث ليرات تركية"),
            (8, "TRY", "ثماني ليرات تركية"),
            (11, "TRY", "إحدى عشرة ليرة تركية"),
            (12, "TRY", "اثنتا عشرة ليرة تركية"),
            (13, "TRY", "ثلاث عشرة ليرة تركية"),
            (21, "TRY", "إحدى وعشرون ليرة تركية"),
        ] {
            assert_eq!(said(whole, currency), expected);
        }
        assert_eq!(
            amount_in_words(3, 25, "SAR", Locale::Ar).unwrap(),
            "ثلاثة ريالات سعودية وخمس وعشرون هللة"
        );
    }

    #[test]
    fn units_are_named_and_minor_units_said() {
        let said =
            |whole, minor, currency, language| amount_in_words(whole, minor, currency, language);
        assert_eq!(
            said(1_200_000_000, 0, "IRR", Locale::Fa).unwrap(),
            "یک میلیارد و دویست میلیون ریال"
        );
        assert_eq!(
            said(120_000_000, 0, "toman", Locale::Fa).unwrap(),
            "صد و بیست میلیون تومان"
        );
        assert_eq!(
            said(12, 50, "USD", Locale::Fa).unwrap(),
            "دوازده دلار و پنجاه سنت"
        );
        assert_eq!(
            said(1, 1, "USD", Locale::En).unwrap(),
            "one US dollar and one cent"
        );
        assert_eq!(said(0, 50, "EUR", Locale::En).unwrap(), "fifty cents");
        assert_eq!(said(5, 0, "XAU", Locale::En).unwrap(), "five XAU");
        assert_eq!(said(5, 100, "USD", Locale::En), None);
        assert_eq!(said(5, 1, "IRR", Locale::Fa), None);
    }

    #[test]
    fn words_that_are_no_number_are_refused() {
        for text in ["", "foo", "one fish", "دو سیب", "ثلاثة كتب"] {
            for language in LANGUAGES {
                assert_eq!(number_from_words(text, language), None, "{text}");
            }
        }
        let sixty = ["million"; 60].join(" ");
        assert!(number_from_words(&sixty, Locale::En).is_some());
        assert_eq!(number_from_words(&"hundred ".repeat(60), Locale::En), None);
    }

    fn up_to_a_quadrillion() -> impl Strategy<Value = u64> {
        // Most numbers of a plain range have fifteen digits; small and round ones are where the rules are.
        (0u32..=15, 0u64..1_000_000_000_000_000, 0u32..6).prop_map(|(digits, number, zeros)| {
            let short = number % 10u64.pow(digits).max(1);
            let round = 10u64.pow(zeros);
            (short / round * round).min(1_000_000_000_000_000)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]
        #[test]
        fn amounts_come_back_from_their_words(number in up_to_a_quadrillion()) {
            for language in LANGUAGES {
                let text = number_in_words(number, language);
                prop_assert_eq!(number_from_words(&text, language), Some(number), "{}", text);
                for currency in ["IRR", "toman", "USD", "TRY", "KWD"] {
                    let text = amount_in_words(number, 0, currency, language).unwrap();
                    prop_assert_eq!(amount_from_words(&text, currency, language), Some(number), "{}", text);
                }
            }
        }
    }

    #[test]
    fn the_largest_amounts_and_every_small_one_come_back() {
        let large = [
            10u64.pow(15),
            10u64.pow(15) - 1,
            2 * 10u64.pow(15),
            u64::MAX,
        ];
        for number in (0..3_000).chain(large) {
            for language in LANGUAGES {
                let text = number_in_words(number, language);
                assert_eq!(number_from_words(&text, language), Some(number), "{text}");
                let text = amount_in_words(number, 0, "SYP", language).unwrap();
                assert_eq!(
                    amount_from_words(&text, "SYP", language),
                    Some(number),
                    "{text}"
                );
            }
        }
    }
}
