//! From which sources was a plugin built? A hash over names and contents, the same on every
//! machine.

use std::path::{Path, PathBuf};

use crate::PackError;
use crate::language::{Language, contract_folder};

/// The hash of everything that decides what a plugin does: its own files, the guest kit's and
/// the contract's, in hexadecimal digits.
pub fn source_hash(plugin_dir: &Path) -> Result<String, PackError> {
    let mut files = Vec::new();
    let language = Language::of(plugin_dir);
    for name in language.plugin_files() {
        files.push((format!("plugin/{name}"), plugin_dir.join(name)));
    }
    collect(&plugin_dir.join("src"), "plugin/src", &mut files)?;
    let data = crate::data::files(plugin_dir)?.into_iter();
    files.extend(data.map(|(name, path)| (format!("plugin/data/{name}"), path)));
    if let Some(kit) = language.kit_folder(plugin_dir)? {
        for name in language.kit_files() {
            files.push((format!("kit/{name}"), kit.join(name)));
        }
        collect(&kit.join("src"), "kit/src", &mut files)?;
        collect(&contract_folder(&kit), "wit", &mut files)?;
    }
    files.sort();

    let mut hasher = blake3::Hasher::new();
    for (name, path) in files {
        let content = unix_lines(crate::read(&path)?);
        // Lengths keep a file's end and the next one's beginning apart.
        for part in [name.as_bytes(), &content] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
    }
    Ok(hasher.finalize().to_hex().to_string())
}

/// Git may write other line ends on other machines; the sources are the same.
fn unix_lines(content: Vec<u8>) -> Vec<u8> {
    if !content.contains(&b'\r') {
        return content;
    }
    let mut rest = content.as_slice();
    let mut lines = Vec::with_capacity(content.len());
    while let Some((byte, after)) = rest.split_first() {
        if !(*byte == b'\r' && after.first() == Some(&b'\n')) {
            lines.push(*byte);
        }
        rest = after;
    }
    lines
}

pub(crate) fn collect(
    folder: &Path,
    prefix: &str,
    files: &mut Vec<(String, PathBuf)>,
) -> Result<(), PackError> {
    let cannot = |source| PackError::Read {
        path: folder.display().to_string(),
        source,
    };
    for entry in std::fs::read_dir(folder).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        let file_name = entry.file_name();
        let file_name = file_name.to_string_lossy();
        // What editors and Python leave behind is no source.
        if file_name.starts_with('.') || file_name.ends_with('~') || file_name == "__pycache__" {
            continue;
        }
        let name = match prefix {
            "" => file_name.to_string(),
            prefix => format!("{prefix}/{file_name}"),
        };
        let path = entry.path();
        if path.is_dir() {
            collect(&path, &name, files)?;
        } else {
            files.push((name, path));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn plugin(folder: &Path, line_end: &str) {
        let kit = folder.join("plugins/sdk");
        let plugin = folder.join("plugins/mine");
        std::fs::create_dir_all(kit.join("src")).unwrap();
        std::fs::create_dir_all(plugin.join("src/deep")).unwrap();
        std::fs::create_dir_all(folder.join("wit/v0.1")).unwrap();
        for (path, content) in [
            ("plugins/sdk/Cargo.toml", "[package]\n"),
            ("plugins/sdk/src/lib.rs", "//! kit\n"),
            ("wit/v0.1/peyvand.wit", "package a:b;\n"),
            ("plugins/mine/Cargo.toml", "[package]\n"),
            ("plugins/mine/plugin.toml", "id = \"mine\"\n"),
            ("plugins/mine/src/lib.rs", "//! mine\n"),
            ("plugins/mine/src/deep/er.rs", "//! deeper\n"),
            ("plugins/mine/README.md", "no source\n"),
        ] {
            std::fs::write(folder.join(path), content.replace('\n', line_end)).unwrap();
        }
    }

    #[test]
    fn the_hash_depends_on_the_sources_and_on_nothing_else() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        plugin(one.path(), "\n");
        plugin(other.path(), "\r\n");
        let mine = other.path().join("plugins/mine");
        let hash = source_hash(&one.path().join("plugins/mine")).unwrap();
        assert_eq!(source_hash(&mine).unwrap(), hash);

        std::fs::write(mine.join("README.md"), "other words").unwrap();
        assert_eq!(source_hash(&mine).unwrap(), hash);
        for changed in [
            "wit/v0.1/peyvand.wit",
            "plugins/sdk/src/lib.rs",
            "plugins/mine/plugin.toml",
        ] {
            plugin(other.path(), "\n");
            std::fs::write(other.path().join(changed), "changed").unwrap();
            assert_ne!(source_hash(&mine).unwrap(), hash, "{changed}");
        }
    }
}
