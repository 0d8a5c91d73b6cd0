//! What is in the repository, and what does its code name?
//!
//! Plain text and rustfmt's layout are enough: no parser.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use crate::setting::root;

pub(super) const ENGINE: &str = "engine/src/";

/// Every file of the repository, by its path with `/`: what git knows and what it would take, or what lies there.
pub(super) fn files() -> Vec<String> {
    let listed = Command::new("git")
        .args([
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            "-z",
        ])
        .current_dir(root())
        .output();
    let mut files: Vec<String> = match listed {
        Ok(output) if output.status.success() => {
            let text = String::from_utf8(output.stdout).unwrap();
            text.split_terminator('\0')
                .map(str::to_owned)
                .filter(|path| root().join(path).is_file())
                .collect()
        }
        _ => {
            let mut found = Vec::new();
            walk(&root(), "", &mut found);
            found
        }
    };
    files.sort();
    assert!(files.len() > 100, "only {} files were found", files.len());
    files
}

fn walk(folder: &Path, prefix: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if name == "target" || name.starts_with('.') {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            walk(&entry.path(), &format!("{prefix}{name}/"), found);
        } else {
            found.push(format!("{prefix}{name}"));
        }
    }
}

pub(super) fn sources() -> Vec<String> {
    files()
        .into_iter()
        .filter(|path| path.ends_with(".rs"))
        .collect()
}

pub(super) fn text_of(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The lines without those that are comments.
pub(super) fn code(text: &str) -> String {
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .fold(String::new(), |code, line| code + line + "\n")
}

/// The code without what only tests compile, and the names of the modules that only tests compile.
fn production(text: &str) -> (String, Vec<String>) {
    let all = code(text);
    let mut lines = all.lines();
    let (mut kept, mut test_modules) = (String::new(), Vec::new());
    while let Some(line) = lines.next() {
        if line.trim() != "#[cfg(test)]" {
            kept += line;
            kept.push('\n');
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let mut item = lines.next().unwrap_or_default();
        while item.trim_start().starts_with("#[") {
            item = lines.next().unwrap_or_default();
        }
        if let Some(name) = item
            .trim()
            .strip_prefix("mod ")
            .and_then(|rest| rest.strip_suffix(';'))
        {
            test_modules.push(name.to_owned());
        }
        if !item.trim_end().ends_with([';', '}']) {
            // rustfmt closes an item where it began.
            let closes = |line: &&str| {
                line.len() > indent
                    && line[indent..].starts_with('}')
                    && line[..indent].trim().is_empty()
            };
            let _ = lines.find(closes);
        }
    }
    (kept, test_modules)
}

/// The engine's files that it is built from, with the code of each.
pub(super) fn engine_code() -> BTreeMap<String, String> {
    let (mut all, mut only_tests) = (BTreeMap::new(), Vec::new());
    for path in sources()
        .into_iter()
        .filter(|path| path.starts_with(ENGINE))
    {
        let (code, test_modules) = production(&text_of(&path));
        let base = ["mod.rs", "lib.rs"]
            .iter()
            .find_map(|name| path.strip_suffix(name))
            .map_or_else(|| path.replace(".rs", "/"), str::to_owned);
        only_tests.extend(
            test_modules
                .iter()
                .flat_map(|name| [format!("{base}{name}.rs"), format!("{base}{name}/")]),
        );
        all.insert(path, code);
    }
    all.retain(|path, _| {
        !only_tests
            .iter()
            .any(|test| path == test || (test.ends_with('/') && path.starts_with(test)))
    });
    assert!(
        all.len() > 80 && only_tests.len() > 10,
        "{} files, {} of tests: the sources are not read as they should be",
        all.len(),
        only_tests.len()
    );
    all
}

pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// What follows each place where a path begins so.
pub(super) fn after<'t>(code: &'t str, start: &'t str) -> impl Iterator<Item = &'t str> {
    let begins = move |at: &usize| {
        let before = &code[..*at];
        let absolute = before
            .strip_suffix("::")
            .is_some_and(|before| !before.ends_with(is_word));
        absolute || !before.ends_with(|c| is_word(c) || c == ':' || c == '$')
    };
    code.match_indices(start)
        .map(|(at, _)| at)
        .filter(begins)
        .map(move |at| &code[at + start.len()..])
}

fn first_word(text: &str) -> &str {
    let text = text.trim_start();
    &text[..text.find(|c| !is_word(c)).unwrap_or(text.len())]
}

/// The first name of a path, or of each path of a list in braces.
pub(super) fn first_names(path: &str) -> Vec<&str> {
    let Some(list) = path.strip_prefix('{') else {
        return vec![first_word(path)];
    };
    let (mut names, mut depth, mut from) = (Vec::new(), 0_usize, 0);
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            ',' | '}' if depth == 0 => {
                names.push(first_word(&list[from..at]));
                from = at + 1;
            }
            '}' => depth -= 1,
            _ => {}
        }
        if c == '}' && depth == 0 && from == at + 1 {
            break;
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// The rooms of the engine: what `lib.rs` declares.
pub(super) fn rooms(lib: &str) -> BTreeSet<String> {
    lib.lines()
        .map(|line| line.strip_prefix("pub ").unwrap_or(line))
        .filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'))
        .map(str::to_owned)
        .collect()
}

/// What `lib.rs` gives away, with the room that each name comes from.
pub(super) fn public_names(lib: &str) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for (statement, _) in lib
        .split("pub use ")
        .skip(1)
        .filter_map(|rest| rest.split_once(';'))
    {
        let (room, list) = statement.split_once("::").unwrap();
        for item in list
            .trim_matches(['{', '}'])
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
        {
            let name = item.rsplit([' ', ':']).next().unwrap();
            names.insert(name.to_owned(), room.to_owned());
        }
    }
    names
}

/// The path without `..`, so that it can be compared.
pub(super) fn flat(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut flat, part| {
        match part {
            Component::ParentDir => {
                flat.pop();
            }
            Component::CurDir => {}
            other => flat.push(other),
        }
        flat
    })
}

/// The targets of the links of a Markdown text, code left out.
pub(super) fn links(text: &str) -> Vec<String> {
    let mut targets = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            continue;
        }
        if fenced {
            continue;
        }
        let plain: String = line.split('`').step_by(2).collect::<Vec<_>>().join("_");
        let ends = plain
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split_once(')'));
        targets.extend(ends.map(|(target, _)| {
            target
                .split_whitespace()
                .next()
                .unwrap_or_default()
                .trim_matches(['<', '>'])
                .to_owned()
        }));
    }
    targets
}

#[test]
fn the_reading_of_sources_sees_what_it_should() {
    let (kept, tests) = production(
        "use crate::a;\n// crate::comment\n#[cfg(test)]\nmod t;\n#[cfg(test)]\nmod inner {\n    use crate::b;\n}\nfn f() { crate::c::d(); }\n",
    );
    assert_eq!(tests, ["t"]);
    let named: Vec<&str> = after(&kept, "crate::").flat_map(first_names).collect();
    assert_eq!(named, ["a", "c"]);
    assert_eq!(first_names("{a::{b, c}, d, e::F}; use x"), ["a", "d", "e"]);
    assert_eq!(
        after("self::pear::X; mypear::Y; ::pear::Z; (pear::W)", "pear::")
            .collect::<Vec<_>>()
            .len(),
        2
    );
    assert_eq!(
        links("[a](b.md) `[no](code.md)` ![c](<d.png> \"t\")\n```\n[no](fence.md)\n```"),
        ["b.md", "d.png"]
    );
}
