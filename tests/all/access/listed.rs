//! Is every public method that could read a record in a table, so that a new one cannot be forgotten?
//!
//! The methods are read out of the engine's sources, and the types that have them out of the list of the public API. A
//! method is a door of `leaks`, changes only, knows of no record, or belongs to the program itself.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::leaks;
use crate::setting::root;

/// What belongs to the program, which sees all: nobody else is given an engine.
const PROGRAM: &[&str] = &[
    "Engine::open",
    "Engine::builder",
    "Engine::in_memory",
    "Engine::postgres",
    "Engine::session",
    "Engine::session_as",
    "Engine::session_for_key",
    "Engine::schema",
    "Engine::bills",
    "Engine::daily_bills",
    "Engine::position",
    "Engine::oldest",
    "Engine::tick",
    "Engine::notify",
    "Engine::deliver",
    "Engine::ask_others",
    "Engine::league",
    "Engine::check",
    "Engine::check_with",
    "Engine::broken",
    "Engine::set_aside",
    "Engine::resumed",
    "Engine::code_cache_fault",
    "Engine::close",
    "Engine::changes",
    "Engine::subscriber",
    "Engine::checkpoint",
    "Engine::backup",
    "Engine::keep_checkpoint",
    "Engine::trim",
    "Engine::collect_content",
    "Engine::inspect_plugin",
    "Engine::try_plugin",
    "Subscriber::name",
    "Subscriber::position",
    "Subscriber::poll",
    "Subscriber::done",
];

/// What can reach the store: types of the public API that hold an engine.
const HOLDERS: [&str; 4] = ["Engine", "Past", "Session", "Subscriber"];

/// The engine's sources, without their tests.
fn sources() -> Vec<String> {
    fn walk(folder: &Path, texts: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, texts);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                texts.push(
                    text.split("#[cfg(test)]\nmod tests {")
                        .next()
                        .unwrap()
                        .to_owned(),
                );
            }
        }
    }
    let mut texts = Vec::new();
    walk(&root().join("engine/src"), &mut texts);
    texts
}

/// Whose methods stand in the block that begins with this line: `impl<'a> crate::session::Session {`.
fn block_of(line: &str) -> Option<&'static str> {
    let rest = line.strip_prefix("impl")?.strip_suffix('{')?.trim_end();
    let rest = match rest.strip_prefix('<') {
        Some(rest) => rest.split_once('>')?.1,
        None => rest,
    };
    let of = rest.split_whitespace().next()?;
    let name = of.rsplit("::").next()?.split('<').next()?;
    let bare = rest.split_whitespace().count() == 1;
    HOLDERS.into_iter().find(|holder| bare && *holder == name)
}

/// The public methods of whatever holds an engine.
fn methods() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for text in sources() {
        let mut of = None;
        for line in text.lines() {
            if line.starts_with("impl") {
                of = block_of(line);
            } else if line == "}" {
                of = None;
            }
            let declared = line.strip_prefix("    pub ").and_then(|rest| {
                let rest = rest
                    .trim_start_matches("const ")
                    .trim_start_matches("async ");
                rest.strip_prefix("fn ")
            });
            if let (Some(of), Some(rest)) = (of, declared) {
                let name = rest.split(['(', '<']).next().unwrap();
                found.insert(format!("{of}::{name}"));
            }
        }
    }
    assert!(
        found.len() > 100,
        "the sources are not read as they should be: {found:?}"
    );
    found
}

/// The public types, by `public-api.txt`, that have an engine or something that reads in them.
fn holders() -> BTreeSet<String> {
    let listed = fs::read_to_string(root().join("tests/fixtures/public-api.txt")).unwrap();
    let public: BTreeSet<&str> = listed.lines().collect();
    let reads = [
        "Engine", "Inner", "Session", "Reader", "Snapshot", "Backend", "Past",
    ];
    let mut found = BTreeSet::new();
    for text in sources() {
        let mut of: Option<String> = None;
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("pub struct ") {
                let name: String = rest.chars().take_while(|c| c.is_alphanumeric()).collect();
                of = public.contains(name.as_str()).then_some(name);
            }
            let words = |line: &str| -> Vec<String> {
                let words = line.split(|c: char| !c.is_alphanumeric());
                words.map(str::to_owned).collect()
            };
            let typed = line.split_once(": ").map_or(line, |(_, typed)| typed);
            if let Some(name) = &of
                && !line.trim_start().starts_with("//")
                && !line.starts_with("pub struct")
                && words(typed)
                    .iter()
                    .any(|word| reads.contains(&word.as_str()))
            {
                found.insert(name.clone());
            }
            if line.starts_with('}') || (line.starts_with("pub struct") && line.ends_with(';')) {
                of = None;
            }
        }
    }
    found
}

#[test]
fn every_method_of_whatever_holds_an_engine_is_in_a_table() {
    let doors = super::doors();
    let tables = doors
        .iter()
        .map(|door| door.name)
        .chain(super::writes())
        .chain(leaks::HANDLES.iter().copied())
        .chain(PROGRAM.iter().copied());
    let listed: BTreeSet<String> = tables.map(str::to_owned).collect();
    let there = methods();
    let forgotten: Vec<&String> = there.difference(&listed).collect();
    let gone: Vec<&String> = listed.difference(&there).collect();
    assert!(
        forgotten.is_empty() && gone.is_empty(),
        "put what reads among the doors of tests/all/access/leaks.rs, so that it is tried: {forgotten:?}; no method any more: {gone:?}"
    );
}

#[test]
fn whatever_holds_an_engine_is_looked_through_for_its_methods() {
    let mut holders = holders();
    // Built before there is anything to read; and the inner part of an error is its own.
    holders.remove("EngineBuilder");
    holders.remove("Error");
    assert_eq!(
        holders,
        HOLDERS.map(str::to_owned).into(),
        "add the type to HOLDERS, and its methods to the tables"
    );
}
