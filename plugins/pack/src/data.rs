//! What does a plugin bring as data? The files of its folder `data`: TOML for objects, fields,
//! options, records, views and forms, TOML or JSON for each process, and the texts that those name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::PackError;

/// The files of the folder, by their paths in it with `/`; none where there is no folder.
pub(crate) fn files(plugin_dir: &Path) -> Result<Vec<(String, PathBuf)>, PackError> {
    let folder = plugin_dir.join("data");
    let mut files = Vec::new();
    if folder.is_dir() {
        crate::source::collect(&folder, "", &mut files)?;
    }
    files.sort();
    Ok(files)
}

/// The section of a component that holds them.
pub(crate) fn section(plugin_dir: &Path) -> Result<Option<Vec<u8>>, PackError> {
    let mut texts = BTreeMap::new();
    for (name, path) in files(plugin_dir)? {
        let bytes = crate::read(&path)?;
        if name.ends_with(".toml") {
            crate::read_toml(&path, &bytes)?;
        } else if name.ends_with(".json") {
            read_json(&path, &bytes)?;
        }
        let text = String::from_utf8(bytes).map_err(|_| PackError::NotText {
            path: path.display().to_string(),
        })?;
        texts.insert(name, text);
    }
    if texts.is_empty() {
        return Ok(None);
    }
    // Texts by name are JSON whatever they say.
    Ok(serde_json::to_vec(&texts).ok())
}

fn read_json(path: &Path, bytes: &[u8]) -> Result<(), PackError> {
    let read: Result<serde::de::IgnoredAny, _> = serde_json::from_slice(bytes);
    let wrong = |error: serde_json::Error| PackError::Json {
        path: path.display().to_string(),
        what: error.to_string(),
    };
    read.map(drop).map_err(wrong)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn files_go_by_their_paths_and_must_be_texts() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(section(folder.path()).unwrap(), None);
        std::fs::create_dir_all(folder.path().join("data/texts")).unwrap();
        let write = |name: &str, bytes: &[u8]| {
            std::fs::write(folder.path().join("data").join(name), bytes).unwrap();
        };
        write("loan.toml", b"[[object]]\n");
        write("texts/a.html", "قرارداد".as_bytes());
        let section = || super::section(folder.path());
        let read: BTreeMap<String, String> =
            serde_json::from_slice(&section().unwrap().unwrap()).unwrap();
        assert_eq!(read["texts/a.html"], "قرارداد");
        assert_eq!(
            read.keys().collect::<Vec<_>>(),
            ["loan.toml", "texts/a.html"]
        );
        write("loan.toml", b"[[object\n");
        assert!(section().unwrap_err().to_string().contains("no valid TOML"));
        write("loan.toml", b"");
        write("texts/a.json", b"{\"key\": }");
        assert!(section().unwrap_err().to_string().contains("no valid JSON"));
        write("texts/a.json", b"{}");
        write("loan.toml", b"\xff");
        assert!(section().is_err());
    }
}
