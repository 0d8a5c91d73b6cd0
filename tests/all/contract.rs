//! Does the contract with plugins stay what it is?
//!
//! `wit/RELEASED.toml` has a hash of every file of it. Plugins that strangers built depend on a released folder, so
//! nothing in it changes again: what is new is another folder.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::setting::root;

/// The hashes of the files of a folder, as `RELEASED.toml` writes them.
fn hashes(folder: &Path) -> BTreeMap<String, String> {
    let files = std::fs::read_dir(folder).unwrap();
    let hash = |file: std::fs::DirEntry| {
        let text = std::fs::read_to_string(file.path()).unwrap();
        let hash = blake3::hash(text.replace("\r\n", "\n").as_bytes());
        (
            file.file_name().into_string().unwrap(),
            hash.to_hex().to_string(),
        )
    };
    files.map(|file| hash(file.unwrap())).collect()
}

/// The files of which list and folder say something else.
fn differing(list: &BTreeMap<String, String>, folder: &BTreeMap<String, String>) -> Vec<String> {
    let all: BTreeSet<&String> = list.keys().chain(folder.keys()).collect();
    let differs = |name: &&String| list.get(*name) != folder.get(*name);
    all.into_iter().filter(differs).cloned().collect()
}

#[test]
fn a_released_contract_does_not_change() {
    let list = std::fs::read_to_string(root().join("wit/RELEASED.toml")).unwrap();
    let released: BTreeMap<String, BTreeMap<String, String>> = toml::from_str(&list).unwrap();
    assert!(released.contains_key("v0.1"), "{released:?}");
    for (version, files) in &released {
        let now = hashes(&root().join("wit").join(version));
        let differing = differing(files, &now);
        assert_eq!(
            differing,
            Vec::<String>::new(),
            "wit/{version} is released and was changed: undo that and put what is new into a new folder. Its files have {now:#?}"
        );
    }
}

#[test]
fn a_file_that_is_changed_new_or_gone_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("types.wit", "interface types {}\n");
    write("hooks.wit", "interface hooks {}\n");
    let list = hashes(folder.path());
    write("types.wit", "interface types {}\r\n");
    assert_eq!(
        differing(&list, &hashes(folder.path())),
        Vec::<String>::new()
    );
    write("types.wit", "interface types { f: func(); }\n");
    write("more.wit", "");
    std::fs::remove_file(folder.path().join("hooks.wit")).unwrap();
    let told = differing(&list, &hashes(folder.path()));
    assert_eq!(told, ["hooks.wit", "more.wit", "types.wit"]);
}

/// Guests of tests are kept as they were built, as the plugins are.
#[test]
fn the_guests_of_tests_belong_to_their_sources() {
    let guests = root().join("tests/guests");
    for guest in ["surveyor", "yardstick"] {
        let stale = peyvand_pack::is_stale(&guests.join(guest), &guests.join("dist")).unwrap();
        assert!(
            !stale,
            "run `peyvand plugin build --out tests/guests/dist tests/guests/{guest}` and commit it"
        );
    }
}
