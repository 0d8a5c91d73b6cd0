//! What does a store do about what is lost, does not belong to it or fails under it?

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::ops::Bound;

use tempfile::tempdir;

use super::tests::{copy, everything, fill, on_each_engine, open, options, put, refusal};
use super::tree::{Pair, Tree};
use super::*;
use crate::journal::Faults;
use crate::store::overlay::Change;

on_each_engine! {
    a_state_that_was_folded_from_another_journal_is_rebuilt
    a_state_that_does_not_say_where_it_stands_is_rebuilt
    a_state_that_the_system_refuses_to_open_stays_where_it_is
    dropping_the_handle_keeps_what_was_acknowledged
    closing_a_store_whose_state_failed_keeps_its_commits_and_says_why
    folds_go_on_where_an_old_segment_cannot_be_read
    a_fold_that_panics_stops_commits
    a_fold_on_a_full_disk_stops_commits_and_leaves_the_state_where_it_is
    a_rebuild_writes_a_lost_format_file_anew
    a_rebuild_at_open_tells_how_far_it_is
}

fn a_state_that_was_folded_from_another_journal_is_rebuilt(engine: StateEngine) {
    let (ours, fork) = (tempdir().unwrap(), tempdir().unwrap());
    let store = open(engine, ours.path());
    fill(&store, 0..5);
    store.close().unwrap();
    drop(store);
    copy(ours.path(), fork.path());
    let store = open(engine, ours.path());
    fill(&store, 5..10);
    store.close().unwrap();
    drop(store);
    let store = open(engine, fork.path());
    fill(&store, 100..110);
    let expected = everything(&store);
    store.close().unwrap();
    drop(store);

    fs::remove_dir_all(ours.path().join("journal")).unwrap();
    copy(&fork.path().join("journal"), &ours.path().join("journal"));
    let store = open(engine, ours.path());
    assert_eq!(everything(&store), expected);
    assert!(store.set_aside().is_some());
    assert!(store.verify().unwrap().state_is_fold);
}

fn a_state_that_does_not_say_where_it_stands_is_rebuilt(engine: StateEngine) {
    let dir = tempdir().unwrap();
    let store = open(engine, dir.path());
    fill(&store, 0..20);
    store.close().unwrap();
    drop(store);
    let state = dir.path().join("state");
    fs::remove_dir_all(&state).unwrap();
    fs::create_dir(&state).unwrap();
    let store = open(engine, dir.path());
    assert_eq!(store.set_aside(), Some(&*dir.path().join("state.failed-1")));
    assert_eq!(read(&store.layers).overlay.bytes(), 0);
    assert_eq!(everything(&store).len(), 20);
}

#[cfg(unix)]
fn a_state_that_the_system_refuses_to_open_stays_where_it_is(engine: StateEngine) {
    let dir = tempdir().unwrap();
    let store = open(engine, dir.path());
    fill(&store, 0..20);
    store.close().unwrap();
    drop(store);
    let file = dir.path().join(match engine {
        StateEngine::Sled => "state/db",
        StateEngine::Redb => "state/pages.redb",
    });
    let aside = dir.path().join("state/aside");
    fs::rename(&file, &aside).unwrap();
    // As refused as with no handle left, and that is not for a test to use up.
    std::os::unix::fs::symlink(&file, &file).unwrap();
    assert!(matches!(refusal(engine, dir.path()), StoreError::Io { .. }));
    assert!(!dir.path().join("state.failed-1").exists());
    fs::remove_file(&file).unwrap();
    fs::rename(&aside, &file).unwrap();
    let store = open(engine, dir.path());
    assert_eq!((everything(&store).len(), store.set_aside()), (20, None));
}

#[cfg(not(unix))]
fn a_state_that_the_system_refuses_to_open_stays_where_it_is(_: StateEngine) {}

fn in_memory(engine: StateEngine) -> StoreOptions {
    StoreOptions {
        durability: Durability::Memory,
        ..options(engine)
    }
}

fn dropping_the_handle_keeps_what_was_acknowledged(engine: StateEngine) {
    let dir = tempdir().unwrap();
    let store = EmbeddedBackend::open(dir.path(), &in_memory(engine)).unwrap();
    fill(&store, 0..30);
    drop(store);
    assert_eq!(everything(&open(engine, dir.path())).len(), 30);
}

fn closing_a_store_whose_state_failed_keeps_its_commits_and_says_why(engine: StateEngine) {
    let dir = tempdir().unwrap();
    let store = EmbeddedBackend::open(dir.path(), &in_memory(engine)).unwrap();
    fill(&store, 0..30);
    store.fold().unwrap();
    fill(&store, 30..40);
    read(&store.layers)
        .pages()
        .unwrap()
        .overwrite_first_page(b"rot");
    let failed = store.get_many(store.head(), &[&0_u32.to_be_bytes()]);
    assert!(matches!(failed, Err(StoreError::StateFailed { .. })));
    assert!(matches!(store.close(), Err(StoreError::Poisoned { .. })));
    std::mem::forget(store);
    assert_eq!(everything(&open(engine, dir.path())).len(), 40);
}

fn folds_go_on_where_an_old_segment_cannot_be_read(engine: StateEngine) {
    let dir = tempdir().unwrap();
    let some_days = StoreOptions {
        keep_history: Retention::Days(1),
        overlay_limit_bytes: 50_000,
        ..options(engine)
    };
    let store = EmbeddedBackend::open(dir.path(), &some_days).unwrap();
    let large = vec![7; 30_000];
    for _ in 0..12 {
        put(&store, b"a", &large).unwrap();
    }
    let mut segments: Vec<_> = fs::read_dir(dir.path().join("journal"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    segments.sort();
    for path in &segments[..segments.len() - 1] {
        let mut bytes = fs::read(path).unwrap();
        bytes[20] ^= 1;
        fs::write(path, bytes).unwrap();
    }
    assert!(store.kept_from().is_err());
    let before = read(&store.layers).folded;
    for _ in 0..3 {
        put(&store, b"a", &large).unwrap();
    }
    assert!(read(&store.layers).folded > before);
    assert!(read(&store.layers).overlay.bytes() < 100_000);
}

/// An engine that panics when it is written to.
struct Panicking;

impl Tree for Panicking {
    fn last_before(&self, _: Bound<&[u8]>) -> Result<Option<Pair>, StoreError> {
        Ok(None)
    }

    fn first_after(&self, _: Bound<&[u8]>) -> Result<Option<Pair>, StoreError> {
        Ok(None)
    }

    fn apply(&self, _: Vec<Change>) -> Result<(), StoreError> {
        // Resumed rather than raised, so that nothing is printed.
        std::panic::resume_unwind(Box::new("a test says so"));
    }

    fn sync(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<(), StoreError> {
        Ok(())
    }
}

fn a_fold_that_panics_stops_commits(engine: StateEngine) {
    let dir = tempdir().unwrap();
    let store = open(engine, dir.path());
    fill(&store, 0..5);
    write(&store.layers).pages = Some(Pages::new(Box::new(Panicking), 0));
    assert!(matches!(store.fold(), Err(StoreError::StateFailed { .. })));
    assert!(matches!(
        put(&store, b"a", b"1"),
        Err(CommitError::Store(StoreError::Poisoned { .. }))
    ));
    drop(store);
    let store = open(engine, dir.path());
    assert!(store.set_aside().is_some());
    assert_eq!(everything(&store).len(), 5);
}

/// Too varied to be compressed.
fn varied(number: u32) -> Vec<u8> {
    let mut value = vec![0; 900];
    let mut hasher = blake3::Hasher::new();
    hasher.update(&number.to_be_bytes());
    hasher.finalize_xof().fill(&mut value);
    value
}

fn a_fold_on_a_full_disk_stops_commits_and_leaves_the_state_where_it_is(engine: StateEngine) {
    for room in [0, 3_000, 50_000, 120_000] {
        let dir = tempdir().unwrap();
        let faults = Faults::new();
        let opened = || {
            let disk = Arc::new(faults.clone());
            EmbeddedBackend::open_on(dir.path(), &options(engine), disk, &mut |_| {}).unwrap()
        };
        let fill = |store: &EmbeddedBackend, keys: std::ops::Range<u32>| {
            for number in keys {
                put(store, &(number % 150).to_be_bytes(), &varied(number)).unwrap();
            }
        };
        let store = opened();
        fill(&store, 0..150);
        store.fold().unwrap();
        fill(&store, 150..300);
        let before = everything(&store);
        faults.fill_after(room);
        assert!(
            matches!(store.fold(), Err(StoreError::DiskFull { .. })),
            "{room}"
        );
        assert_eq!(everything(&store), before);
        let stopped = put(&store, b"a", b"1").unwrap_err();
        assert!(
            stopped.to_string().contains("no space is left"),
            "{stopped}"
        );
        drop(store.close());
        drop(store);
        faults.mend();

        let store = opened();
        assert_eq!(store.set_aside(), None);
        assert!(!dir.path().join("state.failed-1").exists());
        assert_eq!(everything(&store), before);
        store.fold().unwrap();
        put(&store, b"a", b"1").unwrap();
        assert!(store.verify().unwrap().state_is_fold);
        store.close().unwrap();
    }
}

fn a_rebuild_writes_a_lost_format_file_anew(engine: StateEngine) {
    let dir = tempdir().unwrap();
    let store = open(engine, dir.path());
    fill(&store, 0..20);
    store.close().unwrap();
    drop(store);
    let format = dir.path().join("FORMAT");
    let whole = fs::read(&format).unwrap();
    for lost in [None, Some(b"PEY".as_slice())] {
        fs::remove_file(&format).unwrap();
        if let Some(bytes) = lost {
            fs::write(&format, bytes).unwrap();
        }
        let refused = refusal(engine, dir.path());
        assert!(matches!(refused, StoreError::FormatMissing { .. }));
        assert!(refused.to_string().contains("rebuild"));
        let head = EmbeddedBackend::rebuild(dir.path(), 1, &mut |_| {}).unwrap();
        assert_eq!(head.get(), 20);
        assert_eq!(fs::read(&format).unwrap(), whole);
        let store = open(engine, dir.path());
        assert_eq!((everything(&store).len(), store.set_aside()), (20, None));
    }
    let other = tempdir().unwrap();
    let nothing = EmbeddedBackend::rebuild(other.path(), 1, &mut |_| {});
    assert!(matches!(nothing, Err(StoreError::Missing { .. })));
    assert_eq!(fs::read_dir(other.path()).unwrap().count(), 0);
}

fn a_rebuild_at_open_tells_how_far_it_is(engine: StateEngine) {
    let dir = tempdir().unwrap();
    let store = open(engine, dir.path());
    fill(&store, 0..20);
    store.close().unwrap();
    drop(store);
    let opened = || {
        let told = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&told);
        let builder = crate::Engine::builder(dir.path());
        let builder = builder.progress(move |progress| lock(&heard).push(progress));
        builder.open().unwrap().close().unwrap();
        lock(&told).clone()
    };
    assert_eq!(opened(), []);
    fs::remove_dir_all(dir.path().join("state")).unwrap();
    let last = opened().pop().unwrap();
    assert!(last.done >= 20 && last.done == last.total);
}
