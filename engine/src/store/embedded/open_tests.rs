//! Does a state that lost something come back by one open?
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::Path;

use tempfile::tempdir;

use crate::journal::Position;
use crate::store::locks::read;
use crate::store::{Backend, Direction, Span};

use super::EmbeddedBackend;
use super::options::{StateEngine, StoreOptions};
use super::tests::{copy, everything, fill, on_each_engine, open, options, put};

on_each_engine! {
    a_state_that_lost_its_end_is_whole_or_rebuilt
    a_state_that_fails_while_it_is_opened_is_rebuilt_by_the_same_open
    after_a_fold_that_was_broken_off_the_past_is_what_it_was
    the_past_is_what_it_was_where_such_a_fold_is_done_again_in_parts
    a_state_that_was_lost_is_built_with_all_of_its_past
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

fn after_a_fold_that_was_broken_off_the_past_is_what_it_was(engine: StateEngine) {
    let dir = tempdir().unwrap();
    let store = open(engine, dir.path());
    fill(&store, 0..50);
    store.fold().unwrap();
    let first = put(&store, &0_u32.to_be_bytes(), b"new").unwrap();
    put(&store, &1_u32.to_be_bytes(), b"new").unwrap();
    {
        // Everything is in pages, and nothing says so yet.
        let layers = read(&store.layers);
        let (pages, newer) = (layers.pages().unwrap(), layers.overlay.iter());
        assert!(pages.merge(newer, Position::START, &|| false).unwrap());
        pages.tree().sync().unwrap();
    }
    drop(store);
    let store = open(engine, dir.path());
    let (zero, one) = (0_u32.to_be_bytes(), 1_u32.to_be_bytes());
    let then = store.get_many(first, &[&zero, &one]).unwrap();
    assert_eq!(then, [Some(b"new".to_vec()), Some(vec![1; 50])]);
    let rows = store.scan(first, &Span::prefix(b""), Direction::Forward, 99);
    assert_eq!(rows.unwrap().len(), 50);
}

fn the_past_is_what_it_was_where_such_a_fold_is_done_again_in_parts(engine: StateEngine) {
    let dir = tempdir().unwrap();
    let store = open(engine, dir.path());
    fill(&store, 0..50);
    store.fold().unwrap();
    let first = put(&store, &7_u32.to_be_bytes(), &[7; 5_000]).unwrap();
    put(&store, &0_u32.to_be_bytes(), b"new").unwrap();
    {
        let layers = read(&store.layers);
        let (pages, newer) = (layers.pages().unwrap(), layers.overlay.iter());
        assert!(pages.merge(newer, Position::START, &|| false).unwrap());
        pages.tree().sync().unwrap();
    }
    drop(store);
    // The first of the two alone is too much to be kept in memory: it is folded while the journal is replayed.
    let small = StoreOptions {
        overlay_limit_bytes: 4_000,
        ..options(engine)
    };
    let store = EmbeddedBackend::open(dir.path(), &small).unwrap();
    let zero = 0_u32.to_be_bytes();
    let then = store.get_many(first, &[&zero]).unwrap();
    assert_eq!(then, [Some(vec![0; 50])]);
    let rows = store.scan(first, &Span::prefix(b""), Direction::Forward, 99);
    assert_eq!(rows.unwrap().len(), 50);
}

fn a_state_that_was_lost_is_built_with_all_of_its_past(engine: StateEngine) {
    let dir = tempdir().unwrap();
    let store = open(engine, dir.path());
    for round in 0..4 {
        fill(&store, round..20 + round * 3);
    }
    let number = |position| Position::from_number(position);
    let all = |store: &EmbeddedBackend, position| {
        let span = Span::prefix(b"");
        store.scan(number(position), &span, Direction::Forward, 99)
    };
    let head = store.head().get();
    let before: Vec<_> = (1..=head).map(|at| all(&store, at).unwrap()).collect();
    store.close().unwrap();
    drop(store);
    fs::remove_dir_all(dir.path().join("state")).unwrap();
    let store = open(engine, dir.path());
    for (at, rows) in (1..=head).zip(before) {
        assert_eq!(all(&store, at).unwrap(), rows, "as of {at}");
    }
}
