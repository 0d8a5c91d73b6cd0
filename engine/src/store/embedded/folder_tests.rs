//! What does a store do with the directories that it is given?

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;

use tempfile::tempdir;

use super::tests::{everything, fill, on_each_engine, open, options, refusal};
use super::*;

on_each_engine! {
    a_file_is_no_directory
    a_file_in_the_place_of_a_folder_is_named
    an_open_store_is_locked_and_says_by_whom
    somebody_elses_folder_is_left_alone
    a_store_is_made_only_with_leave
    a_newer_format_is_refused
    an_unfinished_creation_is_finished
    a_lost_format_file_is_no_leave_to_start_anew
    an_unfinished_new_state_is_no_state
}

fn a_file_is_no_directory(engine: StateEngine) {
    let dir = tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, b"text").unwrap();
    assert!(matches!(refusal(engine, &file), StoreError::NotADirectory { path } if path == file));
    assert_eq!(fs::read(&file).unwrap(), b"text");
}

fn a_file_in_the_place_of_a_folder_is_named(engine: StateEngine) {
    for name in ["journal", "state"] {
        let dir = tempdir().unwrap();
        let file = dir.path().join(name);
        fs::write(&file, b"text").unwrap();
        assert!(
            matches!(refusal(engine, dir.path()), StoreError::NotADirectory { path } if path == file)
        );
        assert_eq!(fs::read(&file).unwrap(), b"text");
    }
}

fn an_open_store_is_locked_and_says_by_whom(engine: StateEngine) {
    let dir = tempdir().unwrap();
    let store = open(engine, dir.path());
    assert!(matches!(
        refusal(engine, dir.path()),
        StoreError::Locked {
            pid: Some(4711),
            ..
        }
    ));
    store.close().unwrap();
    // Closed is enough; others may still hold the handle.
    let second = open(engine, dir.path());
    assert_eq!(second.head(), Position::START);
}

fn somebody_elses_folder_is_left_alone(engine: StateEngine) {
    let dir = tempdir().unwrap();
    fs::write(dir.path().join("holiday.jpg"), b"sea").unwrap();
    let refused = refusal(engine, dir.path());
    assert!(matches!(&refused, StoreError::NotAStore { found, .. } if found == "holiday.jpg"));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

fn a_store_is_made_only_with_leave(engine: StateEngine) {
    let dir = tempdir().unwrap();
    let inner = dir.path().join("deep/store");
    let no_leave = StoreOptions {
        create: false,
        ..options(engine)
    };
    let refused = EmbeddedBackend::open(&inner, &no_leave);
    assert!(matches!(refused, Err(StoreError::Missing { .. })));
    let refused = EmbeddedBackend::open(dir.path(), &no_leave);
    assert!(matches!(refused, Err(StoreError::Missing { .. })));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    drop(open(engine, &inner));
    assert!(EmbeddedBackend::open(&inner, &no_leave).is_ok());
}

fn a_newer_format_is_refused(engine: StateEngine) {
    let dir = tempdir().unwrap();
    drop(open(engine, dir.path()));
    fs::write(dir.path().join("FORMAT"), "peyvand store\n3\nsled\n").unwrap();
    assert!(matches!(
        refusal(engine, dir.path()),
        StoreError::NewerFormat {
            found: 3,
            supported: 2,
            ..
        }
    ));
}

fn an_unfinished_creation_is_finished(engine: StateEngine) {
    let dir = tempdir().unwrap();
    drop(open(engine, dir.path()));
    fs::remove_file(dir.path().join("FORMAT")).unwrap();
    fs::write(dir.path().join("state/conf"), b"torn").unwrap();
    fs::write(dir.path().join("state/pages.redb"), b"torn").unwrap();
    let store = open(engine, dir.path());
    fill(&store, 0..3);
    assert!(dir.path().join("FORMAT").exists());
}

fn a_lost_format_file_is_no_leave_to_start_anew(engine: StateEngine) {
    let dir = tempdir().unwrap();
    let store = open(engine, dir.path());
    fill(&store, 0..3);
    drop(store);
    fs::remove_file(dir.path().join("FORMAT")).unwrap();
    assert!(matches!(
        refusal(engine, dir.path()),
        StoreError::FormatMissing { .. }
    ));
    let format = format!("peyvand store\n2\n{}\n", engine.name());
    fs::write(dir.path().join("FORMAT"), format).unwrap();
    assert_eq!(everything(&open(engine, dir.path())).len(), 3);
}

fn an_unfinished_new_state_is_no_state(engine: StateEngine) {
    let dir = tempdir().unwrap();
    let store = open(engine, dir.path());
    fill(&store, 0..20);
    store.close().unwrap();
    drop(store);
    fs::rename(dir.path().join("state"), dir.path().join("state.new")).unwrap();
    let store = open(engine, dir.path());
    assert_eq!(everything(&store).len(), 20);
    assert_eq!(store.set_aside(), None);
    assert!(!dir.path().join("state.new").exists());
}

#[test]
fn a_store_of_the_first_format_gets_pages_of_this_one() {
    let dir = tempdir().unwrap();
    let store = open(StateEngine::Sled, dir.path());
    fill(&store, 0..20);
    store.close().unwrap();
    drop(store);
    fs::write(dir.path().join("FORMAT"), "peyvand store\n1\n").unwrap();
    let store = open(StateEngine::Sled, dir.path());
    assert_eq!(everything(&store).len(), 20);
    assert_eq!(store.set_aside(), None);
    let format = fs::read_to_string(dir.path().join("FORMAT")).unwrap();
    assert_eq!(format, "peyvand store\n2\nsled\n");
}

#[cfg(feature = "redb")]
#[test]
fn a_store_keeps_the_engine_it_was_made_with() {
    let dir = tempdir().unwrap();
    let store = open(StateEngine::Redb, dir.path());
    fill(&store, 0..20);
    store.close().unwrap();
    drop(store);
    let store = open(StateEngine::Sled, dir.path());
    assert_eq!(everything(&store).len(), 20);
    assert!(dir.path().join("state/pages.redb").exists());
}

#[cfg(not(feature = "redb"))]
#[test]
fn an_engine_that_is_not_there_is_named() {
    let dir = tempdir().unwrap();
    let refused = refusal(StateEngine::Redb, dir.path());
    assert!(matches!(
        refused,
        StoreError::NoEngine { engine: "redb", .. }
    ));
}
