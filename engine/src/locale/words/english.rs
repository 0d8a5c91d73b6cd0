//! Numbers in English words, without `and` between them: it stands before the cents.

use super::currency::Currency;
use super::{Meaning, in_groups, place};

const SMALL: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 10] = [
    "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];
const SCALES: [&str; 7] = [
    "",
    "thousand",
    "million",
    "billion",
    "trillion",
    "quadrillion",
    "quintillion",
];

pub(super) fn number(number: u64) -> String {
    if number == 0 {
        return SMALL[0].to_owned();
    }
    in_groups(number, &SCALES, " ", group_words)
}

fn group_words(group: u64) -> String {
    let rest = group % 100;
    let small = match rest {
        0 => String::new(),
        1..20 => SMALL[rest as usize].to_owned(),
        _ if rest.is_multiple_of(10) => TENS[rest as usize / 10].to_owned(),
        _ => format!("{}-{}", TENS[rest as usize / 10], SMALL[rest as usize % 10]),
    };
    match (group / 100, small.is_empty()) {
        (0, _) => small,
        (hundreds, true) => format!("{} hundred", SMALL[hundreds as usize]),
        (hundreds, false) => format!("{} hundred {small}", SMALL[hundreds as usize]),
    }
}

pub(super) fn amount(whole: u64, minor: u64, currency: &Currency) -> String {
    let counted = |count: u64, [one, many]: [&str; 2]| {
        format!("{} {}", number(count), if count == 1 { one } else { many })
    };
    match (whole, minor) {
        (_, 0) => counted(whole, currency.english),
        (0, _) => counted(minor, currency.english_minor),
        _ => format!(
            "{} and {}",
            counted(whole, currency.english),
            counted(minor, currency.english_minor)
        ),
    }
}

pub(super) fn meaning(word: &str, currency: Option<&Currency>) -> Option<Meaning> {
    let word = word.to_lowercase();
    let at = |names: &[&str]| place(names, &word);
    if let Some(small) = at(&SMALL) {
        return Some(Meaning::Adds(small));
    }
    if let Some(tens) = at(&TENS) {
        return Some(Meaning::Adds(10 * tens));
    }
    if let Some(power) = at(&SCALES) {
        return Some(Meaning::Scale(1000u64.pow(power as u32)));
    }
    match word.as_str() {
        "hundred" => Some(Meaning::Hundred),
        "and" => Some(Meaning::Nothing),
        _ => {
            let names = currency?.english;
            let named = names
                .iter()
                .flat_map(|name| name.split(' '))
                .any(|part| part.to_lowercase() == word);
            named.then_some(Meaning::Nothing)
        }
    }
}
