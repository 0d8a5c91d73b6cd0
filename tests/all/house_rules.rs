//! Does the repository keep the rules that no compiler checks?
//!
//! What a test finds wrong it prints ready to paste, where the remedy is text.

mod reading;

use std::collections::{BTreeMap, BTreeSet};

use self::reading::{
    ENGINE, after, code, engine_code, files, first_names, flat, is_word, links, public_names,
    rooms, sources, text_of,
};
use crate::setting::root;

/// This file names what it forbids, so it is not read for those words.
const SELF: &str = "tests/all/house_rules.rs";

type Edges = BTreeMap<String, BTreeSet<String>>;

fn edges_in_code() -> Edges {
    let lib = code(&text_of("engine/src/lib.rs"));
    let (rooms, given) = (rooms(&lib), public_names(&lib));
    let mut edges: Edges = rooms
        .iter()
        .map(|room| (room.clone(), BTreeSet::new()))
        .collect();
    for (path, code) in engine_code()
        .iter()
        .filter(|(path, _)| *path != "engine/src/lib.rs")
    {
        let inside = &path[ENGINE.len()..];
        let room = inside.split(['/', '.']).next().unwrap();
        // So many steps up lead out of the room.
        let up = "super::".repeat(inside.trim_end_matches("/mod.rs").split('/').count());
        let named = after(code, "crate::")
            .flat_map(first_names)
            .map(|name| given.get(name).map_or(name, String::as_str));
        let climbed = after(code, &up)
            .flat_map(first_names)
            .filter(|name| rooms.contains(*name));
        let used: BTreeSet<String> = named
            .chain(climbed)
            .filter(|name| *name != room)
            .map(str::to_owned)
            .collect();
        edges
            .get_mut(room)
            .unwrap_or_else(|| panic!("{path} belongs to no room of lib.rs"))
            .extend(used);
    }
    edges
}

fn edges_in_table() -> Edges {
    let text = text_of("engine/ARCHITECTURE.md");
    let section = text
        .split("\n## Who may use whom")
        .nth(1)
        .expect("ARCHITECTURE.md has a section «Who may use whom»");
    let section = section.split("\n## ").next().unwrap().replace('`', "");
    let rows = section
        .lines()
        .filter(|line| line.starts_with('|'))
        .map(|line| {
            line.trim_matches('|')
                .split('|')
                .map(str::trim)
                .collect::<Vec<_>>()
        });
    rows.filter(|cells| cells.len() == 2 && cells[0] != "room" && !cells[0].starts_with('-'))
        .map(|cells| {
            (
                cells[0].to_owned(),
                cells[1]
                    .split(',')
                    .map(|name| name.trim().to_owned())
                    .filter(|name| !name.is_empty() && name != "nothing")
                    .collect(),
            )
        })
        .collect()
}

fn as_table(edges: &Edges) -> String {
    let row = |(room, used): (&String, &BTreeSet<String>)| {
        let used: Vec<&str> = used.iter().map(String::as_str).collect();
        format!(
            "| {room} | {} |\n",
            if used.is_empty() {
                "nothing".to_owned()
            } else {
                used.join(", ")
            }
        )
    };
    format!(
        "| room | may use |\n|---|---|\n{}",
        edges.iter().map(row).collect::<String>()
    )
}

#[test]
fn rooms_use_each_other_as_the_architecture_says() {
    let (real, told) = (edges_in_code(), edges_in_table());
    let pairs = |edges: &Edges| -> BTreeSet<String> {
        edges
            .iter()
            .flat_map(|(room, used)| used.iter().map(move |other| format!("{room} -> {other}")))
            .collect()
    };
    let (code, table) = (pairs(&real), pairs(&told));
    let untold: Vec<_> = code.difference(&table).collect();
    let unused: Vec<_> = table.difference(&code).collect();
    let same_rooms = real.keys().eq(told.keys());
    assert!(
        same_rooms && untold.is_empty() && unused.is_empty(),
        "the table in engine/ARCHITECTURE.md is not what the code does\nin the code, not in the table: {untold:?}\nin the table, not in the code: {unused:?}\nThe table that is right now:\n\n{}",
        as_table(&real)
    );
}

#[test]
fn the_write_path_does_not_know_plugins_and_scripts() {
    let edges = edges_in_code();
    for (room, used) in &edges {
        // What tests and benches measure is given to them by name.
        let may = matches!(room.as_str(), "install" | "testing");
        assert!(
            may || (!used.contains("plugin") && !used.contains("script")),
            "{room} uses {used:?}; hooks are its only way to plugins and scripts"
        );
    }
    for pure in ["record", "schema"] {
        assert!(
            !edges[pure].contains("store") && !edges[pure].contains("write"),
            "{pure} uses {:?}",
            edges[pure]
        );
    }
}

#[test]
fn every_source_file_says_first_what_it_is_about() {
    let silent: Vec<String> = sources()
        .into_iter()
        .filter(|path| !text_of(path).starts_with("//! "))
        .collect();
    assert!(
        silent.is_empty(),
        "these files do not begin with `//!`: {silent:?}"
    );
}

#[test]
fn no_file_is_named_for_nothing() {
    let empty = [
        "util", "utils", "common", "helper", "helpers", "misc", "manager",
    ];
    let named: Vec<String> = files()
        .into_iter()
        .filter(|path| {
            path.split('/')
                .any(|part| empty.contains(&part.split('.').next().unwrap()))
        })
        .collect();
    assert!(
        named.is_empty(),
        "name these for what is in them: {named:?}"
    );
}

#[test]
fn unsafe_code_stands_only_where_bindings_are_generated_and_once_where_compiled_code_is_loaded() {
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for path in sources().into_iter().filter(|path| path != SELF) {
        let forbids = |line: &&str| line.contains("forbid(") || line.contains("deny(");
        let count = code(&text_of(&path))
            .lines()
            .filter(|line| {
                !forbids(line)
                    && line
                        .split(|c| !is_word(c))
                        .any(|word| word == "unsafe" || word == "unsafe_code")
            })
            .count();
        if count > 0 {
            found.insert(path, count);
        }
    }
    // wit-bindgen's canonical ABI: the modules that it generates, and the entry points that `export!` writes.
    // The cache of compiled code: one permission, and the one block that it is for.
    let allowed = [
        ("engine/src/plugin/cache.rs", 2),
        ("plugins/sdk/src/guest.rs", 1),
        ("plugins/sdk/src/lib.rs", 1),
    ];
    assert_eq!(
        found,
        allowed.map(|(path, count)| (path.to_owned(), count)).into()
    );
}

#[test]
fn each_big_dependency_is_named_in_one_room() {
    let homes = [
        ("sled", "engine/src/store/embedded/"),
        ("redb", "engine/src/store/embedded/"),
        ("postgres", "engine/src/store/postgres/"),
        ("wasmtime", "engine/src/plugin/"),
        ("rhai", "engine/src/script/"),
    ];
    let mut astray = Vec::new();
    for path in sources().into_iter().filter(|path| path != SELF) {
        let code = code(&text_of(&path));
        for (dependency, home) in homes {
            let named = after(&code, &format!("{dependency}::")).next().is_some()
                || code.contains(&format!("use {dependency};"));
            // A test may be called as what it tests.
            let own = !path.starts_with("tests/");
            if named && own && !path.starts_with(home) {
                astray.push(format!("{path} names {dependency}; only {home} may"));
            }
        }
    }
    assert!(astray.is_empty(), "{}", astray.join("\n"));
    for (_, home) in homes {
        assert!(
            root().join(home).is_dir(),
            "{home} is not there any more: this test looks at the wrong place"
        );
    }
    let given = public_names(&code(&text_of("engine/src/lib.rs")));
    assert!(
        given
            .values()
            .all(|room| homes.iter().all(|(dependency, _)| room != dependency)),
        "{given:?}"
    );
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut broken = Vec::new();
    for path in files().into_iter().filter(|path| path.ends_with(".md")) {
        let folder = root().join(&path).parent().unwrap().to_owned();
        for target in links(&text_of(&path)) {
            let file = target.split('#').next().unwrap();
            let outside = file.is_empty() || file.contains("://") || file.starts_with("mailto:");
            // Only what is in the repository is there for everybody who clones it.
            let inside = flat(&folder.join(file)).starts_with(root());
            let there = inside && folder.join(file).exists();
            if !outside && !there {
                broken.push(format!("{path}: {target}"));
            }
        }
    }
    assert!(broken.is_empty(), "these links lead nowhere: {broken:#?}");
}

#[test]
fn the_engine_asks_for_time_environment_and_chance_in_one_file() {
    let words = [
        "SystemTime::now",
        "Instant::now",
        "Utc::now",
        "Local::now",
        "std::env::",
        "env::var",
        "RandomState",
        "thread_rng",
        "getrandom",
    ];
    let mut found = Vec::new();
    for (path, code) in engine_code()
        .iter()
        .filter(|(path, _)| *path != "engine/src/context.rs")
    {
        found.extend(
            words
                .iter()
                .filter(|word| code.contains(*word))
                .map(|word| format!("{path}: {word}")),
        );
    }
    assert!(
        found.is_empty(),
        "only engine/src/context.rs may; take a clock or ids from the context: {found:#?}"
    );
    let context = &engine_code()["engine/src/context.rs"];
    assert!(
        context.contains("Utc::now"),
        "the clock is not in context.rs any more: this test looks at the wrong place"
    );
}

#[test]
fn each_step_of_a_write_has_the_file_of_its_name() {
    let order = text_of("engine/src/write/mod.rs");
    let mut last = 0;
    for step in ["stage", "validate", "amend", "plan", "commit", "publish"] {
        assert!(
            root().join(format!("engine/src/write/{step}.rs")).is_file(),
            "write/{step}.rs is not there"
        );
        let told = order
            .find(&format!("//! {step} "))
            .unwrap_or_else(|| panic!("write/mod.rs does not tell of {step}"));
        assert!(told > last, "{step} is told out of order");
        last = told;
    }
}

#[test]
fn the_public_names_are_those_that_were_agreed() {
    let names = public_names(&code(&text_of("engine/src/lib.rs")));
    let now = names
        .keys()
        .fold(String::new(), |text, name| text + name.as_str() + "\n");
    let agreed = text_of("tests/fixtures/public-api.txt");
    assert_eq!(
        now, agreed,
        "a name more is a promise, a name less breaks somebody; if it is meant, tests/fixtures/public-api.txt becomes:\n\n{now}"
    );
}

#[test]
fn built_plugins_belong_to_their_sources() {
    let dist = root().join("plugins/dist");
    // One in Python is too large to be kept; the gate builds it.
    let is_kept = |path: &str| !path.starts_with("plugins/templates/python/");
    let manifests: Vec<String> = files()
        .into_iter()
        .filter(|path| path.starts_with("plugins/") && path.ends_with("/plugin.toml"))
        .filter(|path| is_kept(path))
        .collect();
    assert!(manifests.len() >= 4, "{manifests:?}");
    let folders = || {
        manifests
            .iter()
            .map(|path| path.trim_end_matches("/plugin.toml"))
    };
    let stale: Vec<&str> = folders()
        .filter(|folder| peyvand_pack::is_stale(&root().join(folder), &dist).unwrap())
        .collect();
    assert!(
        stale.is_empty(),
        "run `cargo run --release -- plugin build` for {stale:?} and commit plugins/dist"
    );
    let listed: Vec<String> = peyvand_pack::read_sources(&dist)
        .unwrap()
        .into_keys()
        .collect();
    let id = |path: &String| {
        let manifest: toml::Table = toml::from_str(&text_of(path)).unwrap();
        manifest["id"].as_str().unwrap().to_owned()
    };
    let mut known: Vec<String> = manifests.iter().map(id).collect();
    known.sort_unstable();
    assert_eq!(listed, known, "plugins/dist lists what has no folder");
}
