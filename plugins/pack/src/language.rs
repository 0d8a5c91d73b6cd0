//! In which language is a plugin written, and how do other languages than Rust make a component of it?
//!
//! A folder with a `package.json` is JavaScript, one with a `requirements.txt` is Python, any other one Rust. The
//! compilers of the former are packages of npm and PyPI; their kits call them and leave `build/component.wasm`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use toml::Value;

use crate::PackError;

/// A language with a guest kit in this repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Rust,
    JavaScript,
    Python,
}

impl Language {
    /// The language of the plugin in a folder.
    pub(crate) fn of(plugin_dir: &Path) -> Self {
        let has = |name: &str| plugin_dir.join(name).is_file();
        if has("Cargo.toml") {
            Self::Rust
        } else if has("package.json") {
            Self::JavaScript
        } else if has("requirements.txt") {
            Self::Python
        } else {
            Self::Rust
        }
    }

    /// The files beside `src` that decide what a plugin does.
    pub(crate) fn plugin_files(self) -> &'static [&'static str] {
        match self {
            Self::Rust => &["Cargo.toml", "plugin.toml"],
            Self::JavaScript => &["package.json", "plugin.toml"],
            Self::Python => &["requirements.txt", "plugin.toml"],
        }
    }

    /// The files beside `src` that decide what the kit does.
    pub(crate) fn kit_files(self) -> &'static [&'static str] {
        match self {
            Self::Rust => &["Cargo.toml"],
            Self::JavaScript => &["package.json", "build.mjs"],
            Self::Python => &["build.py"],
        }
    }

    /// The folder of the guest kit: `kit` in the plugin, where it was copied with a new one; else where the plugin's
    /// Cargo.toml says; else that of a folder above. None for a plugin whose kit comes from elsewhere, whose version is
    /// then among the plugin's own files.
    pub(crate) fn kit_folder(self, plugin_dir: &Path) -> Result<Option<PathBuf>, PackError> {
        let (name, sign) = match self {
            Self::Rust => ("sdk", "Cargo.toml"),
            Self::JavaScript => ("sdk-js", "build.mjs"),
            Self::Python => ("sdk-python", "build.py"),
        };
        if self == Self::Rust {
            if let Some(named) = named_kit(plugin_dir)? {
                return Ok(Some(plugin_dir.join(named)));
            }
        } else if plugin_dir.join("kit").join(sign).is_file() {
            return Ok(Some(plugin_dir.join("kit")));
        }
        let absolute = std::path::absolute(plugin_dir).unwrap_or_else(|_| plugin_dir.to_owned());
        Ok(absolute
            .ancestors()
            .map(|folder| folder.join("plugins").join(name))
            .find(|kit| kit.join(sign).is_file()))
    }
}

/// Where a plugin's Cargo.toml has its kit.
fn named_kit(plugin_dir: &Path) -> Result<Option<String>, PackError> {
    let path = plugin_dir.join("Cargo.toml");
    let table = crate::read_toml(&path, &crate::read(&path)?)?;
    let dependency = table
        .get("dependencies")
        .and_then(|dependencies| dependencies.get("peyvand-plugin"));
    let named = dependency
        .and_then(|dependency| dependency.get("path"))
        .and_then(Value::as_str);
    Ok(named.map(str::to_owned))
}

/// The contract beside a kit: copied with it, or in the repository.
pub(crate) fn contract_folder(kit: &Path) -> PathBuf {
    let copied = kit.join("wit");
    if copied.is_dir() {
        return copied;
    }
    kit.join("..").join("..").join("wit").join("v0.1")
}

/// The component of a plugin that is not in Rust, as its compiler makes it.
pub(crate) fn component(
    language: Language,
    id: &str,
    plugin_dir: &Path,
) -> Result<Vec<u8>, PackError> {
    let kit = language.kit_folder(plugin_dir)?;
    let Some(kit) = kit else {
        return Err(PackError::NoKit {
            id: id.to_owned(),
            folder: plugin_dir.display().to_string(),
        });
    };
    let (program, variable, script) = match language {
        Language::Python => (python(plugin_dir), "PYTHON", "build.py"),
        _ => (
            std::env::var_os("NODE").unwrap_or_else(|| "node".into()),
            "NODE",
            "build.mjs",
        ),
    };
    let mut command = Command::new(&program);
    command.arg(kit.join(script)).arg(plugin_dir);
    let output = command.output().map_err(|source| PackError::Start {
        program: program.to_string_lossy().into_owned(),
        variable,
        source,
    })?;
    if !output.status.success() {
        return Err(PackError::Compile {
            package: id.to_owned(),
            what: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        });
    }
    crate::read(&plugin_dir.join("build").join("component.wasm"))
}

/// The Python of the environment, else that of the plugin's `.venv`.
fn python(plugin_dir: &Path) -> OsString {
    let own = plugin_dir.join(".venv").join("bin").join("python");
    match std::env::var_os("PYTHON") {
        Some(program) => program,
        None if own.is_file() => own.into(),
        None => "python3".into(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_language_follows_from_the_files_and_the_kit_from_the_folders() {
        let folder = tempfile::tempdir().unwrap();
        let plugin = folder.path().join("plugins/templates/mine");
        std::fs::create_dir_all(&plugin).unwrap();
        for (file, language, kit, sign) in [
            (
                "requirements.txt",
                Language::Python,
                "sdk-python",
                "build.py",
            ),
            ("package.json", Language::JavaScript, "sdk-js", "build.mjs"),
            ("Cargo.toml", Language::Rust, "sdk", "Cargo.toml"),
        ] {
            std::fs::write(plugin.join(file), "").unwrap();
            assert_eq!(Language::of(&plugin), language);
            assert_eq!(language.kit_folder(&plugin).unwrap(), None);
            let kit = folder.path().join("plugins").join(kit);
            std::fs::create_dir_all(&kit).unwrap();
            std::fs::write(kit.join(sign), "").unwrap();
            assert_eq!(language.kit_folder(&plugin).unwrap(), Some(kit));
        }
        let copied = plugin.join("kit");
        std::fs::create_dir_all(copied.join("wit")).unwrap();
        std::fs::write(copied.join("build.py"), "").unwrap();
        let kit = Language::Python.kit_folder(&plugin).unwrap().unwrap();
        assert_eq!(
            (kit.clone(), contract_folder(&kit)),
            (copied.clone(), copied.join("wit"))
        );
    }
}
