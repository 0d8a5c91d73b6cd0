//! Who may read without anybody's eyes?
//!
//! `engine.read()` sees everything. What sessions read goes through `Session::read`, which sees with the eyes of who
//! acts; each other place is listed here with its reason, and a place more is a decision.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::setting::root;

/// File, how often, why.
const WHOLE: [(&str, usize, &str); 30] = [
    (
        "access/explain.rs",
        1,
        "tells administrators of the rights of others",
    ),
    ("access/hand_over.rs", 2, "hands over, for administrators"),
    (
        "access/looks.rs",
        2,
        "tells administrators who saw what, also of what is gone",
    ),
    ("access/setting.rs", 4, "asks for the rights themselves"),
    ("check.rs", 2, "compares everything"),
    ("config.rs", 1, "makes the standard schema"),
    (
        "config/first_records.rs",
        1,
        "makes the first records, once",
    ),
    ("content/forget.rs", 1, "finds files of erased records"),
    ("content/named.rs", 1, "finds what names a file"),
    ("erase/delete.rs", 3, "erases, for administrators"),
    ("erase/mod.rs", 8, "erases, for administrators"),
    (
        "exchange/door.rs",
        1,
        "what a rehearsal stands on; rights are judged on it",
    ),
    ("gamification/league.rs", 1, "the program's league"),
    (
        "install/lifecycle.rs",
        3,
        "counts and clears what plugins brought, for administrators",
    ),
    (
        "install/records.rs",
        2,
        "brings records, as the plugin that administrators install",
    ),
    (
        "message/inbound.rs",
        3,
        "links messages, for administrators",
    ),
    ("message/mail.rs", 1, "links messages, for administrators"),
    (
        "message/outbox.rs",
        3,
        "hands messages over, for the program",
    ),
    (
        "message/outbox/outcome.rs",
        1,
        "hands messages over, for the program",
    ),
    (
        "notification/seen.rs",
        1,
        "writes looks down, for the program",
    ),
    ("notification/told.rs", 1, "tells people, each what he sees"),
    ("past.rs", 2, "who sees now, and who was erased"),
    (
        "process/change.rs",
        6,
        "changes processes, for administrators",
    ),
    (
        "process/history.rs",
        1,
        "the process of a record that is seen",
    ),
    (
        "process/state.rs",
        1,
        "judges steps as the write path does; shows what is seen",
    ),
    (
        "search/fill.rs",
        1,
        "finds words for records of older stores",
    ),
    (
        "view/change.rs",
        2,
        "strips definitions, for administrators",
    ),
    (
        "view/declarations.rs",
        3,
        "brings definitions, for administrators",
    ),
    ("workflow/run.rs", 1, "daily work, for the program"),
    (
        "undo/mod.rs",
        1,
        "compares what a commit left, and tells of no record that is not seen",
    ),
];

fn count(folder: &Path, engine: &Path, found: &mut BTreeMap<String, usize>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            count(&path, engine, found);
            continue;
        }
        let name = path
            .strip_prefix(engine)
            .unwrap()
            .to_str()
            .unwrap()
            .replace('\\', "/");
        if !name.ends_with(".rs") || name.contains("tests") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let code = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let code: String = code.flat_map(|line| line.split_whitespace()).collect();
        let count = code.matches("engine.read()").count();
        if count > 0 {
            found.insert(name, count);
        }
    }
}

#[test]
fn only_the_listed_places_read_without_the_eyes_of_who_acts() {
    let engine = root().join("engine/src");
    let mut found = BTreeMap::new();
    count(&engine, &engine, &mut found);
    let listed = WHOLE.map(|(file, count, _)| (file.to_owned(), count));
    assert_eq!(
        found,
        listed.into(),
        "use `Session::read`; where everything must be seen, list the place with its reason"
    );
}
