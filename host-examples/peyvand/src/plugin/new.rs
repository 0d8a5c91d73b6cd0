//! How does a plugin begin? As a folder that builds, passes its tests and can be installed at once.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::sign::unwritable;
use crate::fault::Fault;
use crate::output::Output;
use crate::store;

/// The files of the folder, with what is filled in between double braces.
const FILES: [(&str, &str); 6] = [
    ("Cargo.toml", include_str!("template/cargo.txt")),
    ("plugin.toml", include_str!("template/manifest.txt")),
    ("src/lib.rs", include_str!("template/lib.txt")),
    ("tests/first.toml", include_str!("template/test.txt")),
    ("README.md", include_str!("template/readme.txt")),
    (".gitignore", "target/\n"),
];

pub(super) fn run(name: &str, kit: Option<&str>, output: &mut Output<'_>) -> Result<(), Fault> {
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
    let kit = kit_entry(kit)?;
    for (path, text) in FILES {
        let path = folder.join(path);
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        let written = made.and_then(|()| std::fs::write(&path, filled(text, id, &kit)));
        written.map_err(|error| unwritable(&path, &error))?;
    }
    if output.json {
        return output.document(&json!({"id": id, "folder": name}));
    }
    output.line(format!(
        "{name} is a plugin that builds and passes its tests:"
    ))?;
    for step in [
        format!("cd {name}"),
        "peyvand plugin build".to_owned(),
        "peyvand plugin test".to_owned(),
        format!("peyvand plugin install dist/{id}.wasm --unsigned"),
    ] {
        output.line(format!("  {step}"))?;
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
        for (path, text) in FILES {
            let text = filled(text, "big-deal-2", "\"0.1\"");
            assert!(!text.contains("{{"), "{path}: {text}");
            if path.ends_with(".toml") {
                text.parse::<toml::Table>().expect(path);
            }
        }
        let manifest = filled(FILES[1].1, "big-deal-2", "");
        assert!(
            manifest.contains("id = \"big-deal-2\"") && manifest.contains("big_deal_2_is_large")
        );
        assert!(filled(FILES[2].1, "big-deal-2", "").contains("pub struct BigDeal2 {"));
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
    fn an_id_that_no_plugin_may_have_makes_no_folder() {
        for id in ["", "Big", "2big", "big-", "big deal", "بزرگ"] {
            assert!(!is_id(id), "{id}");
        }
        assert!(is_id("big-deal-2"));
    }
}
