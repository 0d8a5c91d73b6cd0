//! Which unit of money does a word name?

use std::collections::HashMap;
use std::sync::LazyLock;

use super::super::fold::fold_text;
use super::super::number::Token;
use super::super::words::currency_names;
use super::AmountUnit;

/// What a name of money means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meant {
    /// So many of a unit.
    Unit(AmountUnit, u64),
    /// One of several currencies.
    OneOf(&'static [&'static str]),
}

const RIALS: &[&str] = &["IRR", "SAR", "QAR", "OMR", "YER"];
const DINARS: &[&str] = &["IQD", "KWD", "JOD", "BHD", "LYD", "TND", "DZD"];
const DIRHAMS: &[&str] = &["AED", "MAD"];
const POUNDS: &[&str] = &["EGP", "SDG", "GBP"];
const LIRAS: &[&str] = &["SYP", "LBP", "TRY"];

/// Names that several currencies share.
const SHARED: [(&str, &[&str]); 12] = [
    ("ریال", RIALS),
    ("ريالات", RIALS),
    ("rial", RIALS),
    ("rials", RIALS),
    ("riyal", RIALS),
    ("riyals", RIALS),
    ("﷼", RIALS),
    ("دینار", DINARS),
    ("dinar", DINARS),
    ("درهم", DIRHAMS),
    ("جنيه", POUNDS),
    ("ليرة", LIRAS),
];

/// What people write besides the currencies' names and codes.
const HABITS: [(&str, &str); 37] = [
    ("ریال ایران", "IRR"),
    ("rls", "IRR"),
    ("دلار", "USD"),
    ("دلار آمریکا", "USD"),
    ("دولار", "USD"),
    ("دولارات", "USD"),
    ("$", "USD"),
    ("us$", "USD"),
    ("dollar", "USD"),
    ("dollars", "USD"),
    ("€", "EUR"),
    ("euros", "EUR"),
    ("£", "GBP"),
    ("پوند", "GBP"),
    ("درهم امارات", "AED"),
    ("د.إ", "AED"),
    ("dhs", "AED"),
    ("ر.س", "SAR"),
    ("ریال سعودی", "SAR"),
    ("ریال عربستان", "SAR"),
    ("ر.ق", "QAR"),
    ("ریال قطر", "QAR"),
    ("ر.ع", "OMR"),
    ("ریال عمان", "OMR"),
    ("د.ك", "KWD"),
    ("دینار کویت", "KWD"),
    ("د.ب", "BHD"),
    ("د.ع", "IQD"),
    ("دینار عراق", "IQD"),
    ("د.ا", "JOD"),
    ("ج.م", "EGP"),
    ("ل.س", "SYP"),
    ("ل.ل", "LBP"),
    ("لیر", "TRY"),
    ("لیر ترکیه", "TRY"),
    ("افغانی", "AFN"),
    ("یوان", "CNY"),
];

/// Ten rials, and how many of it: «همت» is «هزار میلیارد تومان».
const TOMANS: [(&str, u64); 9] = [
    ("تومان", 1),
    ("تومن", 1),
    ("توماناً", 1),
    ("تومانات", 1),
    ("toman", 1),
    ("tomans", 1),
    ("irt", 1),
    ("همت", 1_000_000_000_000),
    ("ه.م.ت", 1_000_000_000_000),
];

static UNITS: LazyLock<HashMap<String, Meant>> = LazyLock::new(|| {
    let of_code = |code| AmountUnit::from_name(code).map(|unit| Meant::Unit(unit, 1));
    let names = currency_names().chain(HABITS);
    let named = names.filter_map(|(name, code)| Some((key(name), of_code(code)?)));
    let tomans = TOMANS.map(|(name, times)| (key(name), Meant::Unit(AmountUnit::Toman, times)));
    let shared = SHARED.map(|(name, codes)| (key(name), Meant::OneOf(codes)));
    // Later ones go before: «ریال» alone is nobody's.
    named.chain(tomans).chain(shared).collect()
});

fn key(name: &str) -> String {
    // Only the hamza tells the dirham of the Emirates from the dinar of Jordan, «د.أ».
    if name == "د.إ" {
        return name.to_owned();
    }
    let mut folded = fold_text(name);
    folded.retain(|c| c != '.');
    folded
}

/// The longest name at the beginning of what is left of an amount, in how many pieces.
pub(super) fn longest_unit(tokens: &[Token]) -> Option<(usize, Meant)> {
    let words = tokens.iter().take(3).map_while(|token| match token {
        Token::Word(word) => Some(key(word)),
        _ => None,
    });
    let mut name = String::new();
    let mut found = None;
    for (place, word) in words.enumerate() {
        if place > 0 {
            name.push(' ');
        }
        name.push_str(&word);
        let meant = UNITS.get(&name).copied().or_else(|| of_code(&name));
        found = meant.map(|meant| (place + 1, meant)).or(found);
    }
    found
}

fn of_code(name: &str) -> Option<Meant> {
    let is_code = name.len() == 3 && name.is_ascii();
    let unit = is_code.then(|| AmountUnit::from_name(name)).flatten()?;
    Some(Meant::Unit(unit, 1))
}
