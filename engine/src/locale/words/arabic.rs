//! Numbers in Arabic words, in the nominative.
//!
//! One and two are the noun itself; from three to ten the noun is in the plural and the number takes the other gender
//! than the noun; from eleven to ninety-nine it is singular with an alif; after hundreds and thousands it is singular,
//! and a dual before it loses its nun. Thousands and millions are counted nouns themselves.

use super::currency::Currency;
use super::{Meaning, groups};

/// The forms of a noun that counting needs.
pub(super) struct Noun {
    pub(super) feminine: bool,
    /// `ريال`.
    pub(super) one: &'static str,
    /// `ريالان`.
    pub(super) two: &'static str,
    /// `ريالات`, after three to ten.
    pub(super) few: &'static str,
    /// `ريالاً`, after eleven to ninety-nine.
    pub(super) many: &'static str,
}

/// Units from one to ten as they count a masculine noun, and a feminine one.
const UNITS: [[&str; 11]; 2] = [
    [
        "",
        "واحد",
        "اثنان",
        "ثلاثة",
        "أربعة",
        "خمسة",
        "ستة",
        "سبعة",
        "ثمانية",
        "تسعة",
        "عشرة",
    ],
    [
        "",
        "واحدة",
        "اثنتان",
        "ثلاث",
        "أربع",
        "خمس",
        "ست",
        "سبع",
        "ثماني",
        "تسع",
        "عشر",
    ],
];
const TENS: [&str; 10] = [
    "",
    "",
    "عشرون",
    "ثلاثون",
    "أربعون",
    "خمسون",
    "ستون",
    "سبعون",
    "ثمانون",
    "تسعون",
];
const HUNDREDS: [&str; 10] = [
    "",
    "مئة",
    "مئتان",
    "ثلاثمئة",
    "أربعمئة",
    "خمسمئة",
    "ستمئة",
    "سبعمئة",
    "ثمانمئة",
    "تسعمئة",
];
const SCALES: [Noun; 6] = [
    scale("ألف", "ألفان", "آلاف", "ألفاً"),
    scale("مليون", "مليونان", "ملايين", "مليوناً"),
    scale("مليار", "ملياران", "مليارات", "ملياراً"),
    scale("تريليون", "تريليونان", "تريليونات", "تريليوناً"),
    scale("كوادريليون", "كوادريليونان", "كوادريليونات", "كوادريليوناً"),
    scale("كوينتيليون", "كوينتيليونان", "كوينتيليونات", "كوينتيليوناً"),
];

const fn scale(
    one: &'static str,
    two: &'static str,
    few: &'static str,
    many: &'static str,
) -> Noun {
    Noun {
        feminine: false,
        one,
        two,
        few,
        many,
    }
}

pub(super) fn number(number: u64) -> String {
    match number {
        0 => "صفر".to_owned(),
        _ => said(number, false, false),
    }
}

/// A number above zero that counts a noun of this gender; `before` a noun in the genitive it loses its endings.
fn said(number: u64, feminine: bool, before: bool) -> String {
    let last = groups(number).last().map_or(0, |(_, power)| power);
    let words = groups(number).map(|(group, power)| {
        let bound = before && power == last;
        match power {
            0 => group_words(group, feminine, bound),
            _ => scale_words(group, &SCALES[power as usize - 1], bound),
        }
    });
    words.collect::<Vec<_>>().join(" و")
}

/// So many thousands, millions and so on.
fn scale_words(group: u64, scale: &Noun, bound: bool) -> String {
    let two = || match bound {
        true => without_nun(scale.two),
        false => scale.two,
    };
    let many = || match bound {
        true => scale.one,
        false => scale.many,
    };
    match (group, group % 100) {
        (1, _) => scale.one.to_owned(),
        (2, _) => two().to_owned(),
        (_, 0) => format!("{} {}", group_words(group, false, true), scale.one),
        (_, 1) => format!(
            "{} {} و{}",
            group_words(group - 1, false, true),
            scale.one,
            scale.one
        ),
        (_, 2) => format!(
            "{} {} و{}",
            group_words(group - 2, false, true),
            scale.one,
            two()
        ),
        (_, 3..=10) => format!("{} {}", group_words(group, false, false), scale.few),
        _ => format!("{} {}", group_words(group, false, false), many()),
    }
}

fn group_words(group: u64, feminine: bool, bound: bool) -> String {
    let rest = group % 100;
    let mut words: Vec<String> = Vec::with_capacity(3);
    let hundreds = HUNDREDS[group as usize / 100 % 10];
    if !hundreds.is_empty() {
        let alone = bound && rest == 0;
        words.push(
            if alone {
                without_nun(hundreds)
            } else {
                hundreds
            }
            .to_owned(),
        );
    }
    if rest > 0 {
        words.push(below_hundred(rest, feminine));
    }
    words.join(" و")
}

fn below_hundred(rest: u64, feminine: bool) -> String {
    let units = UNITS[usize::from(feminine)];
    let unit = rest as usize % 10;
    match rest {
        1..=10 => units[rest as usize].to_owned(),
        11 => (if feminine {
            "إحدى عشرة"
        } else {
            "أحد عشر"
        })
        .to_owned(),
        12 => (if feminine {
            "اثنتا عشرة"
        } else {
            "اثنا عشر"
        })
        .to_owned(),
        13..=19 => format!("{} {}", units[unit], if feminine { "عشرة" } else { "عشر" }),
        _ => {
            let tens = TENS[rest as usize / 10];
            match (unit, feminine) {
                (0, _) => tens.to_owned(),
                (1, true) => format!("إحدى و{tens}"),
                (8, true) => format!("ثمانٍ و{tens}"),
                _ => format!("{} و{tens}", units[unit]),
            }
        }
    }
}

/// «مئتان», «ألفان» before a noun in the genitive: «مئتا», «ألفا».
fn without_nun(dual: &'static str) -> &'static str {
    match dual.strip_suffix("ان") {
        // What is left ends in the alif of the dual.
        Some(stem) => &dual[..stem.len() + 'ا'.len_utf8()],
        None => dual,
    }
}

pub(super) fn amount(whole: u64, minor: u64, currency: &Currency) -> String {
    match (whole, minor) {
        (_, 0) => counted(whole, &currency.arabic),
        (0, _) => counted(minor, &currency.arabic_minor),
        _ => format!(
            "{} و{}",
            counted(whole, &currency.arabic),
            counted(minor, &currency.arabic_minor)
        ),
    }
}

fn counted(number: u64, noun: &Noun) -> String {
    let one = || format!("{} {}", noun.one, UNITS[usize::from(noun.feminine)][1]);
    let full = |number| format!("{} {}", said(number, noun.feminine, true), noun.one);
    match (number, number % 100) {
        (0, _) => format!("صفر {}", noun.one),
        (1, _) => one(),
        (2, _) => noun.two.to_owned(),
        (_, 0) => full(number),
        (_, 1) => format!("{} و{}", full(number - 1), one()),
        (_, 2) => format!("{} و{}", full(number - 2), noun.two),
        (_, 3..=10) => format!("{} {}", said(number, noun.feminine, false), noun.few),
        _ => format!("{} {}", said(number, noun.feminine, false), noun.many),
    }
}

pub(super) fn meaning(word: &str, currency: Option<&Currency>) -> Option<Meaning> {
    // The endings of the accusative and of nunation say nothing about the number.
    let bare: String = word
        .chars()
        .filter(|c| !matches!(c, '\u{64b}'..='\u{652}'))
        .collect();
    known(&bare, currency).or_else(|| known(bare.strip_prefix('و')?, currency))
}

fn known(word: &str, currency: Option<&Currency>) -> Option<Meaning> {
    let is = |form: &str| form.trim_end_matches('\u{64b}') == word || strip(form) == word;
    let place = |names: &[&'static str]| {
        names
            .iter()
            .position(|name| !name.is_empty() && (is(name) || without_nun_of(name) == Some(word)))
            .map(|place| place as u64)
    };
    let units = UNITS.iter().find_map(|units| place(units));
    let other = match word {
        "صفر" => Some(0),
        "أحد" | "إحدى" => Some(1),
        "اثنا" | "اثنتا" => Some(2),
        "ثمان" => Some(8),
        "مائة" => Some(100),
        _ => None,
    };
    let adds = units
        .or(other)
        .or_else(|| place(&TENS).map(|tens| 10 * tens))
        .or_else(|| place(&HUNDREDS).map(|hundreds| 100 * hundreds));
    if let Some(value) = adds {
        return Some(Meaning::Adds(value));
    }
    for (power, scale) in SCALES.iter().enumerate() {
        let value = 1000u64.pow(power as u32 + 1);
        if is(scale.two) || without_nun_of(scale.two) == Some(word) {
            return Some(Meaning::TwoOf(value));
        }
        if is(scale.one) || is(scale.few) || is(scale.many) {
            return Some(Meaning::Scale(value));
        }
    }
    let noun = &currency?.arabic;
    if noun.two.split(' ').next().is_some_and(is) {
        return Some(Meaning::Adds(2));
    }
    let named = [noun.one, noun.two, noun.few, noun.many]
        .iter()
        .flat_map(|form| form.split(' '))
        .any(is);
    named.then_some(Meaning::Nothing)
}

fn strip(form: &str) -> String {
    form.chars()
        .filter(|c| !matches!(c, '\u{64b}'..='\u{652}'))
        .collect()
}

fn without_nun_of(dual: &'static str) -> Option<&'static str> {
    dual.ends_with("ان").then(|| without_nun(dual))
}
