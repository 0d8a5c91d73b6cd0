//! Which built plugins lie in the folder, and do they still belong to their sources?

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{Built, PackError, inspect, source_hash};

/// The list of built plugins, beside them.
const LIST: &str = "SOURCES.toml";
const HEAD: &str =
    "# Written by `peyvand plugin build`: what each component here was built from.\n\n";

/// One built plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceEntry {
    /// The plugin's version.
    pub version: String,
    /// The hash of its sources.
    pub source: String,
    /// Bytes of the component.
    pub size: u64,
    /// What it exports.
    pub exports: Vec<String>,
}

/// The built plugins of a folder by their ids; none where there is no list yet.
pub fn read_sources(out_dir: &Path) -> Result<BTreeMap<String, SourceEntry>, PackError> {
    let path = out_dir.join(LIST);
    if !path.exists() {
        return Ok(BTreeMap::new());
    }
    let bytes = crate::read(&path)?;
    toml::from_str(&String::from_utf8_lossy(&bytes)).map_err(|error| PackError::Toml {
        path: path.display().to_string(),
        what: error.to_string(),
    })
}

/// Puts a built plugin on the list.
pub(crate) fn record(out_dir: &Path, built: &Built) -> Result<(), PackError> {
    let mut sources = read_sources(out_dir)?;
    // A component has them in an order that another build may change.
    let mut exports = built.exports.clone();
    exports.sort();
    sources.insert(
        built.id.clone(),
        SourceEntry {
            version: built.version.clone(),
            source: built.source_hash.clone(),
            size: built.size,
            exports,
        },
    );
    let path = out_dir.join(LIST);
    let text = toml::to_string(&sources).map_err(|error| PackError::Toml {
        path: path.display().to_string(),
        what: error.to_string(),
    })?;
    crate::write(&path, format!("{HEAD}{text}").as_bytes())
}

/// Whether the component of a plugin is missing from the folder or was built from other sources
/// than those that lie there now.
pub fn is_stale(plugin_dir: &Path, out_dir: &Path) -> Result<bool, PackError> {
    let path = plugin_dir.join("plugin.toml");
    let head = crate::manifest::Head::read(&path, &crate::read(&path)?)?;
    let hash = source_hash(plugin_dir)?;
    let listed = read_sources(out_dir)?.remove(&head.id);
    let component = out_dir.join(format!("{}.wasm", head.id));
    if listed.is_none_or(|entry| entry.source != hash) || !component.is_file() {
        return Ok(true);
    }
    let inspected = inspect(&crate::read(&component)?)?;
    Ok(inspected.source_hash.as_deref() != Some(hash.as_str()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::section;

    const MANIFEST: &str = "id = \"mine\"\nversion = \"0.1.0\"\ncontract = \"0.1\"\n\
                            on-failure = \"skip\"\n[[hook]]\npoint = \"before-save\"\n";

    fn component(out_dir: &Path, source_hash: &str) -> Built {
        let mut component = wasm_encoder::Component::new();
        component.section(&wasm_encoder::CustomSection {
            name: section::SOURCE.into(),
            data: source_hash.as_bytes().into(),
        });
        let (path, bytes) = (out_dir.join("mine.wasm"), component.finish());
        std::fs::write(&path, &bytes).unwrap();
        Built {
            path,
            id: "mine".to_owned(),
            version: "0.1.0".to_owned(),
            size: bytes.len() as u64,
            source_hash: source_hash.to_owned(),
            exports: vec!["peyvand:plugin/before-save@0.1.0".to_owned()],
            imports: Vec::new(),
        }
    }

    #[test]
    fn a_component_is_stale_when_it_is_missing_unlisted_or_of_other_sources() {
        let folder = tempfile::tempdir().unwrap();
        let (plugin, out_dir) = (folder.path().join("mine"), folder.path().join("dist"));
        std::fs::create_dir_all(plugin.join("src")).unwrap();
        std::fs::create_dir_all(&out_dir).unwrap();
        std::fs::write(plugin.join("Cargo.toml"), "[package]\n").unwrap();
        std::fs::write(plugin.join("plugin.toml"), MANIFEST).unwrap();
        std::fs::write(plugin.join("src/lib.rs"), "//! mine\n").unwrap();
        let stale = || is_stale(&plugin, &out_dir).unwrap();
        assert!(stale());

        let built = component(&out_dir, &source_hash(&plugin).unwrap());
        assert!(stale());
        record(&out_dir, &built).unwrap();
        assert!(!stale());
        let listed = read_sources(&out_dir).unwrap();
        assert_eq!(listed["mine"].exports, built.exports);

        // The list and the file must both belong to the sources.
        component(&out_dir, "0000");
        assert!(stale());
        component(&out_dir, &built.source_hash);
        std::fs::write(plugin.join("src/lib.rs"), "//! changed\n").unwrap();
        assert!(stale());
        let built = component(&out_dir, &source_hash(&plugin).unwrap());
        record(&out_dir, &built).unwrap();
        assert!(!stale());
        std::fs::remove_file(&built.path).unwrap();
        assert!(stale());
    }
}
