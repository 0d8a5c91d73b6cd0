//! How do plugin folders become component files?

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use peyvand::Process;
use peyvand_pack::{BuildOptions, Built};
use serde_json::{Value as Json, json};

use crate::fault::Fault;
use crate::output::{Output, Side, Table, bytes};
use crate::store;

pub(super) fn run(
    paths: &[PathBuf],
    out: Option<&Path>,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let folders = if paths.is_empty() {
        all()?
    } else {
        paths.to_vec()
    };
    let options = BuildOptions {
        out_dir: out.map(Path::to_owned),
        ..BuildOptions::default()
    };
    let mut built = Vec::new();
    for folder in &folders {
        if io::stderr().is_terminal() {
            // Only a sign of life.
            writeln!(io::stderr().lock(), "building {}", folder.display()).ok();
        }
        check_processes(folder)?;
        built.push(peyvand_pack::build(folder, &options)?);
    }
    if output.json {
        return output.document(&json!({"data": built.iter().map(built_json).collect::<Vec<_>>()}));
    }
    let mut table = Table::new(&[
        ("plugin", Side::Left),
        ("version", Side::Left),
        ("size", Side::Right),
        ("source", Side::Left),
        ("file", Side::Left),
    ]);
    for one in &built {
        let source: String = one.source_hash.chars().take(12).collect();
        table.row([
            one.id.clone(),
            one.version.clone(),
            bytes(one.size),
            source,
            one.path.display().to_string(),
        ]);
    }
    output.table(&table)
}

/// Whether the files of `data/processes` are processes; whether they fit a schema is asked by `plugin check`.
fn check_processes(plugin: &Path) -> Result<(), Fault> {
    let folder = plugin.join("data/processes");
    if !folder.is_dir() {
        return Ok(());
    }
    let unread = |error: io::Error| {
        Fault::input(
            format!("{} cannot be read: {error}", folder.display()),
            "look at its permissions",
        )
    };
    for file in std::fs::read_dir(&folder).map_err(unread)? {
        let path = file.map_err(unread)?.path();
        let text = std::fs::read_to_string(&path).map_err(unread)?;
        let is_toml = path.extension().is_some_and(|ending| ending == "toml");
        let json: Result<Json, String> = match is_toml {
            true => toml::from_str(&text).map_err(|error| error.message().to_owned()),
            false => serde_json::from_str(&text).map_err(|error| error.to_string()),
        };
        let process = json.and_then(|json| {
            Process::from_json(&json)
                .map(drop)
                .map_err(|error| error.to_string())
        });
        process.map_err(|why| {
            Fault::input(
                format!("{} is no process: {}", path.display(), why.trim()),
                "plugins/README.md says how a process is written",
            )
        })?;
    }
    Ok(())
}

fn built_json(built: &Built) -> Json {
    json!({
        "id": built.id, "version": built.version, "path": built.path.display().to_string(), "size": built.size,
        "source_hash": built.source_hash, "exports": built.exports, "imports": built.imports,
    })
}

/// This folder where it has a manifest, else every one with a manifest under `plugins/`, here or further up, by name.
fn all() -> Result<Vec<PathBuf>, Fault> {
    if Path::new("plugin.toml").is_file() {
        return Ok(vec![PathBuf::from(".")]);
    }
    let home = store::further_up(Path::new("plugins"));
    let mut folders = home.as_deref().map(with_manifest).unwrap_or_default();
    folders.sort();
    if folders.is_empty() {
        return Err(Fault::input(
            "there is no folder plugins/ with plugins here or further up",
            "name the folder that has the plugin.toml",
        ));
    }
    Ok(folders)
}

fn with_manifest(home: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(home) else {
        return Vec::new();
    };
    entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.join("plugin.toml").is_file())
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn only_folders_with_a_manifest_are_plugins() {
        let home = tempfile::tempdir().unwrap();
        for name in ["sdk", "mine", "dist"] {
            std::fs::create_dir(home.path().join(name)).unwrap();
        }
        std::fs::write(home.path().join("mine/plugin.toml"), "").unwrap();
        std::fs::write(home.path().join("README.md"), "").unwrap();
        assert_eq!(with_manifest(home.path()), [home.path().join("mine")]);
        assert!(with_manifest(&home.path().join("none")).is_empty());
    }
}
