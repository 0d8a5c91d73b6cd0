//! How does a plugin begin? As a folder that builds, passes its tests and can be installed at once.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::sign::unwritable;
use crate::fault::Fault;
use crate::output::Output;
use crate::store;

/// A file of the folder, with what is filled in between double braces.
type File = (&'static str, &'static str);

const RUST: [File; 6] = [
    ("Cargo.toml", include_str!("template/cargo.txt")),
    ("plugin.toml", include_str!("template/manifest.txt")),
    ("src/lib.rs", include_str!("template/lib.txt")),
    ("tests/first.toml", include_str!("template/test.txt")),
    ("README.md", include_str!("template/readme.txt")),
    (".gitignore", "target/\n"),
];

/// A file of the templates in other languages, which are plugins themselves.
macro_rules! template {
    ($path:literal) => {
        include_str!(concat!("../../../../plugins/templates/", $path))
    };
}

const JAVASCRIPT: [File; 5] = [
    ("package.json", template!("javascript/package.json")),
    ("plugin.toml", template!("javascript/plugin.toml")),
    ("src/plugin.js", template!("javascript/src/plugin.js")),
    (
        "test/welcome.test.js",
        template!("javascript/test/welcome.test.js"),
    ),
    (".gitignore", template!("javascript/.gitignore")),
];

const PYTHON: [File; 5] = [
    ("requirements.txt", template!("python/requirements.txt")),
    ("plugin.toml", template!("python/plugin.toml")),
    ("src/plugin.py", template!("python/src/plugin.py")),
    (
        "test/test_welcome.py",
        template!("python/test/test_welcome.py"),
    ),
    (".gitignore", template!("python/.gitignore")),
];

/// What the plugin is written in: the template's files, its name in them, the folder of the kit, and what comes before
/// the first build.
struct Language {
    files: &'static [File],
    /// Empty where the files have places to be filled in.
    name: &'static str,
    kit: &'static str,
    first: &'static [&'static str],
}

impl Language {
    fn named(language: &str) -> Self {
        match language {
            "javascript" => Self {
                files: &JAVASCRIPT,
                name: "welcome-javascript",
                kit: "plugins/sdk-js",
                first: &["npm install", "npm test"],
            },
            "python" => Self {
                files: &PYTHON,
                name: "welcome-python",
                kit: "plugins/sdk-python",
                first: &[
                    "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt",
                    ".venv/bin/python -m unittest discover -s test",
                ],
            },
            _ => Self {
                files: &RUST,
                name: "",
                kit: "plugins/sdk",
                first: &[],
            },
        }
    }

    fn is_rust(&self) -> bool {
        self.name.is_empty()
    }

    fn filled(&self, text: &str, id: &str, kit: &str) -> String {
        match self.is_rust() {
            true => filled(text, id, kit),
            // The kit is copied into the folder, since its compiler reads nothing outside of it.
            false => text
                .replace(self.name, id)
                .replace("file:../../sdk-js", "file:kit"),
        }
    }
}

pub(super) fn run(
    name: &str,
    language: &str,
    kit: Option<&str>,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let folder = Path::new(name);
    let id = folder.file_name().and_then(|id| id.to_str()).unwrap_or("");
    if !is_id(id) {
        return Err(Fault::input(
            format!("'{id}' can be no plugin's id"),
            "begin with a letter, and use only a to z, 0 to 9 and - inside",
        ));
    }
    if !store::is_absent(folder) {
        return Err(Fault::input(
            format!("{} is there already", folder.display()),
            "give another name: nothing is written over",
        ));
    }
    let made_of = Language::named(language);
    let kit = match made_of.is_rust() {
        true => kit_entry(kit)?,
        false => {
            copy_kit(&kit_folder(kit, made_of.kit)?, &folder.join("kit"))?;
            String::new()
        }
    };
    for (path, text) in made_of.files {
        let path = folder.join(path);
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        let written = made.and_then(|()| std::fs::write(&path, made_of.filled(text, id, &kit)));
        written.map_err(|error| unwritable(&path, &error))?;
    }
    if output.json {
        return output.document(&json!({"id": id, "folder": name, "language": language}));
    }
    output.line(format!(
        "{name} is a plugin that builds and passes its tests:"
    ))?;
    let enter = format!("cd {name}");
    let install = format!("peyvand plugin install dist/{id}.wasm --unsigned");
    let mut steps = vec![enter.as_str()];
    steps.extend(made_of.first);
    steps.push("peyvand plugin build .");
    if made_of.is_rust() {
        steps.push("peyvand plugin test");
    }
    steps.push(&install);
    steps
        .into_iter()
        .try_for_each(|step| output.line(format!("  {step}")))
}

/// The folder of a kit that is no crate, with the contract beside it or in it.
fn kit_folder(kit: Option<&str>, usual: &str) -> Result<PathBuf, Fault> {
    let found = match kit {
        Some(kit) => Some(PathBuf::from(kit)),
        None => store::further_up(Path::new(usual)),
    };
    found.filter(|kit| kit.join("src").is_dir()).ok_or_else(|| {
        Fault::input(
            format!("there is no guest kit in {}", kit.unwrap_or(usual)),
            "name the folder of Peyvand's sources: --kit …/plugins/sdk-js or …/plugins/sdk-python",
        )
    })
}

/// Copies a kit and the contract that it is for.
fn copy_kit(kit: &Path, to: &Path) -> Result<(), Fault> {
    let contract = [kit.join("wit"), kit.join("../../wit/v0.1")];
    let contract = contract.iter().find(|folder| folder.is_dir());
    let contract = contract.ok_or_else(|| {
        Fault::input(
            format!("there is no contract beside {}", kit.display()),
            "take the kit of a whole checkout of Peyvand's sources: the contract lies in its wit/v0.1",
        )
    })?;
    let copied = copy_folder(kit, to).and_then(|()| copy_folder(contract, &to.join("wit")));
    copied.map_err(|error| unwritable(to, &error))
}

/// What tools and tests leave in a kit's folder, and no plugin needs.
const LEFT: [&str; 6] = [
    "node_modules",
    "build",
    "test",
    "tests",
    "wit",
    "__pycache__",
];

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_left =
            LEFT.iter().any(|left| name == *left) || name.as_encoded_bytes().starts_with(b".");
        if is_left {
            continue;
        }
        let (path, place) = (entry.path(), to.join(&name));
        match entry.file_type()?.is_dir() {
            true => copy_folder(&path, &place)?,
            false => std::fs::copy(&path, &place).map(drop)?,
        }
    }
    Ok(())
}

fn is_id(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    id.bytes().all(plain) && id.starts_with(|c: char| c.is_ascii_lowercase()) && !id.ends_with('-')
}

fn filled(text: &str, id: &str, kit: &str) -> String {
    let words: Vec<&str> = id.split('-').filter(|word| !word.is_empty()).collect();
    let capital = |word: &&str| {
        let (first, rest) = word.split_at(1);
        first.to_ascii_uppercase() + rest
    };
    let parts: Vec<String> = words.iter().map(capital).collect();
    [
        ("id", id),
        ("kit", kit),
        ("snake", &words.join("_")),
        ("type", &parts.concat()),
        ("title", &parts.join(" ")),
    ]
    .into_iter()
    .fold(text.to_owned(), |text, (name, value)| {
        text.replace(&format!("{{{{{name}}}}}"), value)
    })
}

/// The kit as `Cargo.toml` names it.
fn kit_entry(kit: Option<&str>) -> Result<String, Fault> {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let by_path = |path: &Path| {
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        format!("{{ path = {} }}", quoted(&path.display().to_string()))
    };
    let is_kit = |path: &PathBuf| path.join("Cargo.toml").is_file();
    match kit {
        None => match store::further_up(Path::new("plugins/sdk")).filter(is_kit) {
            Some(path) => Ok(by_path(&path)),
            None => Err(Fault::input(
                "there is no guest kit in plugins/sdk here or further up",
                "name it: --kit PATH, --kit https://…/peyvand.git, or --kit VERSION",
            )),
        },
        Some(kit) if is_kit(&PathBuf::from(kit)) => Ok(by_path(Path::new(kit))),
        Some(kit) if kit.contains("://") => Ok(format!("{{ git = {} }}", quoted(kit))),
        Some(kit) if kit.starts_with(|c: char| c.is_ascii_digit()) => Ok(quoted(kit)),
        Some(kit) => Err(Fault::input(
            format!("'{kit}' is no folder of the guest kit, no address and no version"),
            "name plugins/sdk of Peyvand's sources",
        )),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn every_file_is_filled_and_its_toml_can_be_read() {
        for (path, text) in RUST {
            let text = filled(text, "big-deal-2", "\"0.1\"");
            assert!(!text.contains("{{"), "{path}: {text}");
            if path.ends_with(".toml") {
                text.parse::<toml::Table>().expect(path);
            }
        }
        let manifest = filled(RUST[1].1, "big-deal-2", "");
        assert!(
            manifest.contains("id = \"big-deal-2\"") && manifest.contains("big_deal_2_is_large")
        );
        assert!(filled(RUST[2].1, "big-deal-2", "").contains("pub struct BigDeal2 {"));
    }

    #[test]
    fn the_kit_is_a_folder_an_address_or_a_version() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("Cargo.toml"), "").unwrap();
        let path = kit_entry(folder.path().to_str()).unwrap();
        assert!(path.starts_with("{ path = \""), "{path}");
        assert_eq!(kit_entry(Some("0.1")).unwrap(), "\"0.1\"");
        let git = kit_entry(Some("https://example.org/p.git")).unwrap();
        assert_eq!(git, "{ git = \"https://example.org/p.git\" }");
        assert!(kit_entry(Some("nowhere/at/all")).is_err());
    }

    #[test]
    fn a_plugin_in_another_language_has_its_kit_with_it_and_no_name_of_its_template() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for language in ["javascript", "python"] {
            let made_of = Language::named(language);
            let folder = tempfile::tempdir().unwrap();
            let kit = kit_folder(root.join(made_of.kit).to_str(), made_of.kit).unwrap();
            copy_kit(&kit, &folder.path().join("kit")).unwrap();
            assert!(
                folder.path().join("kit/wit/types.wit").is_file(),
                "{language}"
            );
            assert!(!folder.path().join("kit/test").exists(), "{language}");
            for (path, text) in made_of.files {
                let text = made_of.filled(text, "big-deal", "");
                assert!(
                    !text.contains(made_of.name) && !text.contains("../../"),
                    "{path}: {text}"
                );
            }
            let manifest: toml::Table = made_of
                .filled(made_of.files[1].1, "big-deal", "")
                .parse()
                .unwrap();
            assert_eq!(manifest["id"].as_str(), Some("big-deal"));
        }
        assert!(kit_folder(Some("nowhere/at/all"), "plugins/sdk-js").is_err());
    }

    #[test]
    fn an_id_that_no_plugin_may_have_makes_no_folder() {
        for id in ["", "Big", "2big", "big-", "big deal", "بزرگ"] {
            assert!(!is_id(id), "{id}");
        }
        assert!(is_id("big-deal-2"));
    }
}
