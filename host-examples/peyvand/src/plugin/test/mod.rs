//! Does a plugin do what its tests expect? The built component, run by the engine itself in a store in memory.

mod file;
mod stage;

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::fault::{Exit, Fault};
use crate::output::{Output, several};
use crate::source;

/// What came of one test; no problems, when it went as expected.
struct Ran {
    file: String,
    test: String,
    problems: Vec<String>,
}

pub(super) fn run(
    path: &Path,
    plugin: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<Exit, Fault> {
    let component = match plugin {
        Some(plugin) => plugin.to_owned(),
        None => built(path)?,
    };
    let component = source::bytes(&component)?;
    let mut all = Vec::new();
    for file in files(path)? {
        let tests = file::read(&file)?;
        for test in &tests.test {
            all.push(Ran {
                file: file
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
                test: test.name.clone(),
                problems: stage::problems(&tests, test, &component)?,
            });
        }
    }
    let failed = all.iter().filter(|ran| !ran.problems.is_empty()).count();
    if output.json {
        let tests = all
            .iter()
            .map(|ran| json!({"file": ran.file, "test": ran.test, "problems": ran.problems}));
        output.document(&json!({"ok": failed == 0, "tests": tests.collect::<Vec<_>>()}))?;
    } else {
        for ran in &all {
            let word = if ran.problems.is_empty() {
                "ok    "
            } else {
                "FAILED"
            };
            output.line(format!("{word} {}: {}", ran.file, ran.test))?;
            ran.problems
                .iter()
                .try_for_each(|problem| output.line(format!("         {problem}")))?;
        }
        let count = several(all.len() as u64, "test", "tests");
        output.line(match failed {
            0 => format!("{count}, all as expected"),
            _ => format!("{count}, {failed} not as expected"),
        })?;
    }
    Ok(if failed == 0 { Exit::Fine } else { Exit::No })
}

/// The files of tests of a plugin's folder, by name.
fn files(path: &Path) -> Result<Vec<PathBuf>, Fault> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let folder = path.join("tests");
    let entries = std::fs::read_dir(&folder).map_err(|error| Fault::unreadable(&folder, &error))?;
    let is_tests = |path: &PathBuf| {
        path.extension()
            .is_some_and(|end| end == "toml" || end == "json")
    };
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(is_tests)
        .collect();
    files.sort();
    match files.is_empty() {
        true => Err(Fault::input(
            format!("{} has no tests", folder.display()),
            "write a file such as tests/first.toml; `peyvand plugin new` makes one",
        )),
        false => Ok(files),
    }
}

/// What `plugin build` wrote for the folder of a plugin or of its tests.
fn built(path: &Path) -> Result<PathBuf, Fault> {
    let start = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let folder = start
        .ancestors()
        .find(|folder| folder.join("plugin.toml").is_file());
    let id = folder.and_then(|folder| {
        let manifest: toml::Table = source::text(&folder.join("plugin.toml"))
            .ok()?
            .parse()
            .ok()?;
        Some((folder, manifest.get("id")?.as_str()?.to_owned()))
    });
    let Some((folder, id)) = id else {
        return Err(Fault::input(
            format!("{} belongs to no folder with a plugin.toml", path.display()),
            "name the component with --plugin",
        ));
    };
    let places = folder
        .ancestors()
        .flat_map(|up| [up.join("dist"), up.join("plugins/dist")]);
    places
        .map(|place| place.join(format!("{id}.wasm")))
        .find(|file| file.is_file())
        .ok_or_else(|| {
            Fault::input(
                format!("{id} is not built"),
                "run `peyvand plugin build` first",
            )
        })
}
