//! Does a state that lost something come back by one open?
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::Path;

use tempfile::tempdir;

use crate::store::Backend;
use crate::store::locks::read;

use super::EmbeddedBackend;
use super::options::{StateEngine, StoreOptions};
use super::tests::{copy, everything, fill, on_each_engine, open, options, put};

on_each_engine! {
    a_state_that_lost_its_end_is_whole_or_rebuilt
    a_state_that_fails_while_it_is_opened_is_rebuilt_by_the_same_open
}

/// What is left may be an older state, which replaying completes; what was overwritten since and
/// then lost is nowhere but in the journal. sled's file is not written in order.
fn a_state_that_lost_its_end_is_whole_or_rebuilt(engine: StateEngine) {
    let whole = tempdir().unwrap();
    let mut rebuilt = 0;
    for life in 0..12 {
        let store = open(engine, whole.path());
        for round in 0..3 {
            for number in 0..12 {
                // Too varied to be compressed.
                let mut value = vec![0; 6_400];
                let mut varied = blake3::Hasher::new();
                varied.update(&[life, round, number]);
                varied.finalize_xof().fill(&mut value);
                let place = value[0] / 4;
                put(&store, &[place], &value).unwrap();
            }
            store.fold().unwrap();
        }
        store.close().unwrap();
        drop(store);
        // sled notes what it has in a file of its own when it is opened.
        let store = open(engine, whole.path());
        let before = everything(&store);
        drop(store);
        for missing in [1, 4096, 300_000] {
            let cut = tempdir().unwrap();
            copy(whole.path(), cut.path());
            cut_off(&cut.path().join(file_of(engine)), missing);
            let store = open(engine, cut.path());
            rebuilt += u32::from(store.set_aside().is_some());
            let place = format!("{missing} bytes missing after life {life}");
            assert_eq!(everything(&store), before, "{place}");
            assert!(store.verify().unwrap().state_is_fold, "{place}");
        }
    }
    assert!(rebuilt > 0);
}

fn file_of(engine: StateEngine) -> &'static str {
    match engine {
        StateEngine::Sled => "state/db",
        StateEngine::Redb => "state/pages.redb",
    }
}

fn cut_off(file: &Path, bytes: u64) {
    let file = fs::File::options().write(true).open(file).unwrap();
    let length = file.metadata().unwrap().len();
    file.set_len(length.saturating_sub(bytes)).unwrap();
}

/// Replaying folds, and the fold meets a page that cannot be read.
fn a_state_that_fails_while_it_is_opened_is_rebuilt_by_the_same_open(engine: StateEngine) {
    let dir = tempdir().unwrap();
    let store = open(engine, dir.path());
    fill(&store, 0..50);
    store.fold().unwrap();
    fill(&store, 20..80);
    let before = everything(&store);
    {
        let layers = read(&store.layers);
        let pages = layers.pages().unwrap();
        pages.overwrite_first_page(b"rot");
        pages.tree().sync().unwrap();
    }
    drop(store);
    let small = StoreOptions {
        overlay_limit_bytes: 1024,
        ..options(engine)
    };
    let store = EmbeddedBackend::open(dir.path(), &small).unwrap();
    assert_eq!(store.set_aside(), Some(&*dir.path().join("state.failed-1")));
    assert_eq!(everything(&store), before);
    assert!(store.verify().unwrap().state_is_fold);
    put(&store, b"a", b"1").unwrap();
    drop(store);
    assert_eq!(open(engine, dir.path()).set_aside(), None);
}
