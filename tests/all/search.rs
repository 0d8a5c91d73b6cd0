//! Is a name found that was typed on the wrong keyboard layout?

use peyvand::{Request, Search};
use serde_json::json;

use crate::setting::{data, memory};

/// The keys of an English keyboard, and what they write on the Persian one of ISIRI 9147.
const ENGLISH: &str = "qwertyuiop[]asdfghjkl;'zxcvbnm,HCASD";
const PERSIAN: &str = "ضصثقفغعهخحجچشسیبلاتنمکگظطزرذدپوآژؤئي";

/// Common names, for where the data is not there.
const COMMON: &str = "محمد علی حسین رضا مهدی امیر سعید حمید مجید فاطمه زهرا مریم سارا نرگس لیلا شیرین پروین مینا نگار آرش \
    کاوه بهرام جمشید ژاله گلناز چنگیز پرویز ذبیح ظریف طاهره عباس غزل قاسم وحید هومن یاسمن ثریا خسرو داوود رؤیا صادق ضیا";

/// What comes of typing a name with the keyboard set to English; nothing where it has letters of another keyboard.
fn typed_in_english(name: &str) -> Option<String> {
    let key = |letter| {
        let place = PERSIAN.chars().position(|known| known == letter)?;
        ENGLISH.chars().nth(place)
    };
    name.chars().map(key).collect()
}

/// The first column of the file, or the common names.
fn names() -> Vec<String> {
    let names = match data("persian-names") {
        Some(folder) => {
            let table = std::fs::read_to_string(folder.join("MansourM/FirstNames.csv")).unwrap();
            let lines = table.lines().skip(1);
            let first = lines.filter_map(|line| {
                line.split(',')
                    .find(|cell| cell.chars().any(|c| c > '\u{600}'))
            });
            first
                .map(|name| name.trim_matches('"').trim().to_owned())
                .collect()
        }
        None => COMMON
            .split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>(),
    };
    assert!(names.len() > 30, "{names:?}");
    names
}

#[test]
fn of_300_names_typed_on_the_wrong_layout_98_per_cent_are_among_the_first_five() {
    let session = memory();
    let names = names();
    let requests = names
        .iter()
        .map(|name| Request::create("contact", json!({"name": name})));
    let _ = session.commit(requests).unwrap();
    let known: Vec<(&String, String)> = names
        .iter()
        .filter_map(|name| Some((name, typed_in_english(name)?)))
        .collect();
    let step = (known.len() / 300).max(1);
    let tried: Vec<_> = known.iter().step_by(step).take(300).collect();
    let mut missed = Vec::new();
    for (name, typed) in &tried {
        let found = session
            .search(&Search::new(typed.as_str()).limit(5))
            .unwrap();
        if !found.hits.iter().any(|hit| hit.title == **name) {
            missed.push((name, typed));
        }
    }
    assert!(tried.len() >= 30);
    assert!(
        missed.len() * 100 <= tried.len() * 2,
        "{} of {}: {missed:?}",
        missed.len(),
        tried.len()
    );
}
