//! Numbers in Persian words, joined by «و». A thousand is «یک هزار», as on a cheque: nothing can be put before it.

use super::currency::Currency;
use super::{Meaning, in_groups, place};

const SMALL: [&str; 20] = [
    "صفر",
    "یک",
    "دو",
    "سه",
    "چهار",
    "پنج",
    "شش",
    "هفت",
    "هشت",
    "نه",
    "ده",
    "یازده",
    "دوازده",
    "سیزده",
    "چهارده",
    "پانزده",
    "شانزده",
    "هفده",
    "هجده",
    "نوزده",
];
const TENS: [&str; 10] = [
    "",
    "",
    "بیست",
    "سی",
    "چهل",
    "پنجاه",
    "شصت",
    "هفتاد",
    "هشتاد",
    "نود",
];
const HUNDREDS: [&str; 10] = [
    "",
    "صد",
    "دویست",
    "سیصد",
    "چهارصد",
    "پانصد",
    "ششصد",
    "هفتصد",
    "هشتصد",
    "نهصد",
];
const SCALES: [&str; 7] = [
    "",
    "هزار",
    "میلیون",
    "میلیارد",
    "تریلیون",
    "کوادریلیون",
    "کوینتیلیون",
];

pub(super) fn number(number: u64) -> String {
    if number == 0 {
        return SMALL[0].to_owned();
    }
    in_groups(number, &SCALES, " و ", group_words)
}

fn group_words(group: u64) -> String {
    let rest = group % 100;
    let mut words = vec![HUNDREDS[group as usize / 100 % 10]];
    if rest < 20 {
        words.push(if rest > 0 { SMALL[rest as usize] } else { "" });
    } else {
        words.push(TENS[rest as usize / 10]);
        words.push(match rest % 10 {
            0 => "",
            units => SMALL[units as usize],
        });
    }
    words.retain(|word| !word.is_empty());
    words.join(" و ")
}

pub(super) fn amount(whole: u64, minor: u64, currency: &Currency) -> String {
    match (whole, minor) {
        (_, 0) => format!("{} {}", number(whole), currency.persian),
        (0, _) => format!("{} {}", number(minor), currency.persian_minor),
        _ => format!(
            "{} {} و {} {}",
            number(whole),
            currency.persian,
            number(minor),
            currency.persian_minor
        ),
    }
}

pub(super) fn meaning(word: &str, currency: Option<&Currency>) -> Option<Meaning> {
    // The keyboard of an Arabic phone writes the same words with other letters.
    let word = word.replace('ي', "ی").replace('ك', "ک");
    let at = |names: &[&str]| place(names, &word);
    if let Some(small) = at(&SMALL) {
        return Some(Meaning::Adds(small));
    }
    if let Some(tens) = at(&TENS) {
        return Some(Meaning::Adds(10 * tens));
    }
    if let Some(hundreds) = at(&HUNDREDS) {
        return Some(Meaning::Adds(100 * hundreds));
    }
    if let Some(power) = at(&SCALES) {
        return Some(Meaning::Scale(1000u64.pow(power as u32)));
    }
    let named =
        || currency.is_some_and(|currency| currency.persian.split(' ').any(|part| part == word));
    (word == "و" || named()).then_some(Meaning::Nothing)
}
