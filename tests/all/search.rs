//! Is a name found that was typed on the wrong keyboard layout?

use peyvand::{Request, Search};
use serde_json::json;

use crate::setting::{data, memory};

/// The keys of an English keyboard, and what they write on the Persian one of ISIRI 9147.
const ENGLISH: &str = "qwertyuiop[]asdfghjkl;'zxcvbnm,HCASD ";
const PERSIAN: &str = "ضصثقفغعهخحجچشسیبلاتنمکگظطزرذدپوآژؤئي ";

/// Common names.
const COMMON: &str = "محمد علی حسین رضا مهدی امیر سعید حمید مجید فاطمه زهرا مریم سارا نرگس لیلا شیرین پروین مینا نگار آرش \
    کاوه بهرام جمشید ژاله گلناز چنگیز پرویز ذبیح ظریف طاهره عباس غزل قاسم وحید هومن یاسمن ثریا خسرو داوود رؤیا صادق ضیا";

/// What comes of typing a name with the keyboard set to English; nothing where it has letters of another keyboard.
fn typed_in_english(name: &str) -> Option<String> {
    // Nobody types vowel signs, and who types an Arabic kaf on this keyboard presses the key of the Persian one.
    let letters = name
        .chars()
        .filter(|c| !('\u{64b}'..='\u{652}').contains(c));
    let key = |letter| {
        let letter = if letter == 'ك' { 'ک' } else { letter };
        let place = PERSIAN.chars().position(|known| known == letter)?;
        ENGLISH.chars().nth(place)
    };
    letters.map(key).collect()
}

/// Those of some names that are not among the first five found, when all names are stored. A name that cannot be typed
/// is missed too.
fn missed<'a>(names: &[String], tried: impl Iterator<Item = &'a String>) -> Vec<&'a str> {
    let session = memory();
    let requests = names
        .iter()
        .map(|name| Request::create("contact", json!({"name": name})));
    let _ = session.commit(requests).unwrap();
    let is_found = |name: &str| {
        typed_in_english(name).is_some_and(|typed| {
            let search = Search::new(typed.as_str()).limit(5);
            let found = session.search(&search).unwrap();
            found.hits.iter().any(|hit| hit.title == name)
        })
    };
    let tried = tried.map(String::as_str);
    tried.filter(|name| !is_found(name)).collect()
}

#[test]
fn every_common_name_typed_on_the_wrong_layout_is_among_the_first_five() {
    let names: Vec<String> = COMMON.split_whitespace().map(str::to_owned).collect();
    assert_eq!(missed(&names, names.iter()), [""; 0]);
}

#[test]
fn of_300_names_typed_on_the_wrong_layout_98_per_cent_are_among_the_first_five() {
    let Some(folder) = data("persian-names") else {
        return;
    };
    let table = std::fs::read_to_string(folder.join("MansourM/FirstNames.csv")).unwrap();
    // The first column in Persian letters.
    let is_persian = |cell: &&str| cell.chars().any(|c| c > '\u{600}');
    let lines = table.lines().skip(1);
    let names = lines.filter_map(|line| line.split(',').find(is_persian));
    let names: Vec<String> = names
        .map(|name| name.trim_matches('"').trim().to_owned())
        .collect();
    assert!(names.len() >= 300, "{} names", names.len());
    let tried = || names.iter().step_by(names.len() / 300).take(300);
    let missed = missed(&names, tried());
    assert_eq!(tried().count(), 300);
    assert!(missed.len() <= 6, "{}: {missed:?}", missed.len());
}
