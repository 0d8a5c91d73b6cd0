//! Does a store in a directory survive what happens to directories?

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use tempfile::tempdir;

use super::cache::Space;
use super::*;
use crate::journal::{Call, Fault, Faults};
use crate::store::Write;

/// Runs each test on each engine.
macro_rules! on_each_engine {
    ($($name:ident)*) => {
        mod on_sled {
            $(#[test] fn $name() { super::$name(super::StateEngine::Sled); })*
        }
        #[cfg(feature = "redb")]
        mod on_redb {
            $(#[test] fn $name() { super::$name(super::StateEngine::Redb); })*
        }
    };
}

pub(super) use on_each_engine;

on_each_engine! {
    a_drop_without_close_loses_nothing
    a_copy_made_while_the_store_is_open_is_as_good_as_after_a_crash
    pages_never_know_more_than_the_journal_on_disk
    folded_and_newer_commits_come_back_together
    losing_the_state_loses_nothing
    a_state_that_does_not_open_is_set_aside_and_rebuilt
    a_state_that_fails_while_it_is_used_is_rebuilt_at_the_next_open
    a_state_that_is_not_the_fold_is_told_with_the_first_difference
    torn_tail_of_the_journal_takes_only_the_unacknowledged
    a_flipped_byte_in_the_journal_is_told_with_its_place
    a_journal_that_is_shorter_than_the_state_is_damage
    a_missing_journal_is_damage_and_not_a_new_store
    a_failed_write_or_sync_stops_commits_and_not_reads
    large_values_lie_among_small_ones
    deleting_everything_leaves_one_page
    a_state_is_rebuilt_from_sorted_entries
}

type Map = BTreeMap<Vec<u8>, Vec<u8>>;

pub(super) fn options(state_engine: StateEngine) -> StoreOptions {
    StoreOptions {
        state_engine,
        background: false,
        ..StoreOptions::new(4711)
    }
}

pub(super) fn open(engine: StateEngine, dir: &Path) -> EmbeddedBackend {
    EmbeddedBackend::open(dir, &options(engine)).unwrap()
}

pub(super) fn refusal(engine: StateEngine, dir: &Path) -> StoreError {
    let opened = EmbeddedBackend::open(dir, &options(engine));
    opened.err().expect("this directory must be refused")
}

pub(super) fn put(
    store: &EmbeddedBackend,
    key: &[u8],
    value: &[u8],
) -> Result<Position, CommitError> {
    let writes = vec![Write::Put {
        key: key.to_vec(),
        value: value.to_vec(),
    }];
    store.commit(Commit {
        at: store.head(),
        writes,
        ..Commit::default()
    })
}

pub(super) fn fill(store: &EmbeddedBackend, keys: std::ops::Range<u32>) {
    for number in keys {
        put(store, &number.to_be_bytes(), &[number as u8; 50]).unwrap();
    }
}

pub(super) fn everything(store: &EmbeddedBackend) -> Map {
    let at = store.pin();
    let rows = store.scan(at, &Span::prefix(b""), Direction::Forward, usize::MAX);
    store.unpin(at);
    rows.unwrap().into_iter().collect()
}

fn last_segment(dir: &Path) -> std::path::PathBuf {
    let files = fs::read_dir(dir.join("journal")).unwrap();
    files.map(|file| file.unwrap().path()).max().unwrap()
}

pub(super) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        let target = to.join(file.file_name());
        if file.path().is_dir() {
            copy(&file.path(), &target);
        } else {
            fs::copy(file.path(), target).unwrap();
        }
    }
}

fn a_drop_without_close_loses_nothing(engine: StateEngine) {
    let dir = tempdir().unwrap();
    let store = open(engine, dir.path());
    fill(&store, 0..100);
    let before = everything(&store);
    drop(store);
    let store = open(engine, dir.path());
    assert_eq!(everything(&store), before);
    assert_eq!(store.head().get(), 100);
    assert_eq!(store.set_aside(), None);
}

fn a_copy_made_while_the_store_is_open_is_as_good_as_after_a_crash(engine: StateEngine) {
    let (dir, crashed) = (tempdir().unwrap(), tempdir().unwrap());
    let store = open(engine, dir.path());
    fill(&store, 0..80);
    store.fold().unwrap();
    fill(&store, 60..120);
    copy(dir.path(), crashed.path());
    assert_eq!(
        everything(&open(engine, crashed.path())),
        everything(&store)
    );
}

fn pages_never_know_more_than_the_journal_on_disk(engine: StateEngine) {
    let (dir, crashed) = (tempdir().unwrap(), tempdir().unwrap());
    let in_memory = StoreOptions {
        durability: Durability::Memory,
        ..options(engine)
    };
    let store = EmbeddedBackend::open(dir.path(), &in_memory).unwrap();
    fill(&store, 0..30);
    store.fold().unwrap();
    let before = everything(&store);
    fill(&store, 30..40);
    copy(dir.path(), crashed.path());
    assert_eq!(everything(&open(engine, crashed.path())), before);
}

fn folded_and_newer_commits_come_back_together(engine: StateEngine) {
    let dir = tempdir().unwrap();
    let store = open(engine, dir.path());
    fill(&store, 0..200);
    store.fold().unwrap();
    fill(&store, 150..250);
    let before = everything(&store);
    store.close().unwrap();
    drop(store);
    let store = open(engine, dir.path());
    assert_eq!(everything(&store), before);
    assert_eq!(read(&store.layers).overlay.bytes(), 0);
    assert!(store.verify().unwrap().state_is_fold);
}

fn losing_the_state_loses_nothing(engine: StateEngine) {
    let dir = tempdir().unwrap();
    let store = open(engine, dir.path());
    fill(&store, 0..300);
    store.close().unwrap();
    let before = {
        drop(store);
        let store = open(engine, dir.path());
        everything(&store)
    };
    fs::remove_dir_all(dir.path().join("state")).unwrap();
    let small = StoreOptions {
        overlay_limit_bytes: 16_384,
        ..options(engine)
    };
    let store = EmbeddedBackend::open(dir.path(), &small).unwrap();
    assert_eq!(everything(&store), before);
    // It was folded on the way and not all kept in memory.
    assert!(read(&store.layers).folded.get() > 200);
}

fn a_state_that_does_not_open_is_set_aside_and_rebuilt(engine: StateEngine) {
    let dir = tempdir().unwrap();
    let store = open(engine, dir.path());
    fill(&store, 0..50);
    store.close().unwrap();
    drop(store);
    let file = match engine {
        StateEngine::Sled => "state/conf",
        StateEngine::Redb => "state/pages.redb",
    };
    fs::write(dir.path().join(file), b"this is nothing that it wrote").unwrap();
    let store = open(engine, dir.path());
    assert_eq!(everything(&store).len(), 50);
    assert_eq!(store.set_aside(), Some(&*dir.path().join("state.failed-1")));
    store.close().unwrap();
    drop(store);
    let store = open(engine, dir.path());
    assert_eq!(store.set_aside(), None);
    assert_eq!(everything(&store).len(), 50);
}

fn a_state_that_fails_while_it_is_used_is_rebuilt_at_the_next_open(engine: StateEngine) {
    let dir = tempdir().unwrap();
    let store = open(engine, dir.path());
    fill(&store, 0..50);
    store.fold().unwrap();
    {
        // A page that is not ours, where the first page belongs.
        let layers = read(&store.layers);
        let pages = layers.pages().unwrap();
        pages.overwrite_first_page(b"rot");
    }
    let failed = store.get_many(store.head(), &[&0_u32.to_be_bytes()]);
    assert!(matches!(failed, Err(StoreError::StateFailed { .. })));
    assert!(matches!(
        put(&store, b"a", b"1"),
        Err(CommitError::Store(StoreError::Poisoned { .. }))
    ));
    assert_eq!(store.entries(Position::START, 99).unwrap().len(), 50);
    drop(store);
    let store = open(engine, dir.path());
    assert!(store.set_aside().is_some());
    assert_eq!(everything(&store).len(), 50);
    assert!(store.verify().unwrap().state_is_fold);
}

fn a_state_that_is_not_the_fold_is_told_with_the_first_difference(engine: StateEngine) {
    let dir = tempdir().unwrap();
    let store = open(engine, dir.path());
    fill(&store, 0..9);
    store.fold().unwrap();
    {
        let layers = read(&store.layers);
        let mut wrong = Overlay::default();
        let key = 5_u32.to_be_bytes().to_vec();
        wrong.put(store.head().next(), key, Some(b"wrong".to_vec()));
        let (pages, floor) = (layers.pages().unwrap(), Position::START);
        assert!(pages.merge(wrong.iter(), floor, &|| false).unwrap());
    }
    let verified = store.verify().unwrap();
    assert!(!verified.state_is_fold);
    assert_eq!(
        verified.first_difference,
        Some(5_u32.to_be_bytes().to_vec())
    );
}

#[test]
fn a_snapshot_that_sled_left_half_written_does_not_hinder() {
    let engine = StateEngine::Sled;
    let dir = tempdir().unwrap();
    let store = open(engine, dir.path());
    fill(&store, 0..20);
    store.close().unwrap();
    drop(store);
    let half = dir.path().join("state/snap.FFFFFFFFFFFFFF.generating");
    fs::write(&half, b"half").unwrap();
    let store = open(engine, dir.path());
    assert_eq!(everything(&store).len(), 20);
    assert_eq!(store.set_aside(), None);
    assert!(!half.exists());
}

fn torn_tail_of_the_journal_takes_only_the_unacknowledged(engine: StateEngine) {
    let (dir, torn) = (tempdir().unwrap(), tempdir().unwrap());
    let store = open(engine, dir.path());
    fill(&store, 0..10);
    copy(dir.path(), torn.path());
    let whole = fs::read(last_segment(torn.path())).unwrap();
    let used = whole.iter().rposition(|byte| *byte != 0).unwrap();
    fs::write(last_segment(torn.path()), &whole[..used - 5]).unwrap();
    let store = open(engine, torn.path());
    assert_eq!(everything(&store).len(), 9);
    fill(&store, 9..11);
    assert!(store.verify().unwrap().state_is_fold);
}

fn a_flipped_byte_in_the_journal_is_told_with_its_place(engine: StateEngine) {
    let dir = tempdir().unwrap();
    let store = open(engine, dir.path());
    fill(&store, 0..10);
    drop(store);
    let path = last_segment(dir.path());
    let mut bytes = fs::read(&path).unwrap();
    bytes[500] ^= 4;
    fs::write(&path, bytes).unwrap();
    match refusal(engine, dir.path()) {
        StoreError::Damaged {
            segment, offset, ..
        } => {
            assert!(path.ends_with(segment));
            assert!((64..=500).contains(&offset));
        }
        other => panic!("{other}"),
    }
}

fn a_journal_that_is_shorter_than_the_state_is_damage(engine: StateEngine) {
    let dir = tempdir().unwrap();
    let store = open(engine, dir.path());
    fill(&store, 0..10);
    store.close().unwrap();
    drop(store);
    let path = last_segment(dir.path());
    let mut bytes = fs::read(&path).unwrap();
    bytes[1000..].fill(0);
    fs::write(&path, bytes).unwrap();
    assert!(matches!(
        refusal(engine, dir.path()),
        StoreError::Damaged { .. }
    ));
}

fn a_missing_journal_is_damage_and_not_a_new_store(engine: StateEngine) {
    let dir = tempdir().unwrap();
    drop(open(engine, dir.path()));
    fs::remove_file(last_segment(dir.path())).unwrap();
    assert!(matches!(
        refusal(engine, dir.path()),
        StoreError::Damaged { .. }
    ));
}

fn a_failed_write_or_sync_stops_commits_and_not_reads(engine: StateEngine) {
    for call in [Call::Write, Call::Sync] {
        let dir = tempdir().unwrap();
        let disk = Faults::new();
        let store = EmbeddedBackend::open_on(
            dir.path(),
            &options(engine),
            Arc::new(disk.clone()),
            &mut |_| {},
        )
        .unwrap();
        put(&store, b"a", b"1").unwrap();
        disk.fail(call, 0, Fault::DiskFull);
        let unsure = put(&store, b"a", b"2").unwrap_err().to_string();
        assert!(unsure.contains("no storage space"), "{unsure}");
        assert!(unsure.contains("next open"), "{unsure}");
        disk.mend();
        assert!(matches!(
            put(&store, b"a", b"3"),
            Err(CommitError::Store(StoreError::Poisoned { .. }))
        ));
        assert!(matches!(store.fold(), Err(StoreError::Poisoned { .. })));
        assert_eq!(everything(&store)[&b"a"[..]], b"1");
        assert!(matches!(store.close(), Err(StoreError::Poisoned { .. })));
        drop(store);
        // What was in doubt is either there or not, and the store works again.
        let store = open(engine, dir.path());
        put(&store, b"b", b"1").unwrap();
        assert_eq!(everything(&store).len(), 2);
        assert!(store.verify().unwrap().state_is_fold);
    }
}

fn large_values_lie_among_small_ones(engine: StateEngine) {
    let dir = tempdir().unwrap();
    let store = open(engine, dir.path());
    fill(&store, 0..40);
    put(&store, &20_u32.to_be_bytes(), &vec![1; 700_000]).unwrap();
    store.fold().unwrap();
    put(&store, &21_u32.to_be_bytes(), &vec![2; 70_000]).unwrap();
    let before = everything(&store);
    store.close().unwrap();
    drop(store);
    let store = open(engine, dir.path());
    assert_eq!(everything(&store), before);
    assert_eq!(before[&20_u32.to_be_bytes()[..]].len(), 700_000);
}

fn deleting_everything_leaves_one_page(engine: StateEngine) {
    let dir = tempdir().unwrap();
    let store = open(engine, dir.path());
    fill(&store, 0..500);
    store.fold().unwrap();
    let writes = (0..500_u32)
        .map(|number| Write::Delete {
            key: number.to_be_bytes().to_vec(),
        })
        .collect();
    let commit = Commit {
        at: store.head(),
        writes,
        ..Commit::default()
    };
    store.commit(commit).unwrap();
    store.fold().unwrap();
    assert!(everything(&store).is_empty());
    let layers = read(&store.layers);
    let pages = layers.pages().unwrap();
    let page = pages.holding(Space::Current, b"").unwrap().unwrap();
    assert_eq!((page.leaf.len(), &page.next), (0, &None));
}

fn a_state_is_rebuilt_from_sorted_entries(engine: StateEngine) {
    let dir = tempdir().unwrap();
    let store = open(engine, dir.path());
    fill(&store, 0..2000);
    fill(&store, 700..900);
    let (before, old) = (everything(&store), Position::from_number(2000));
    let chain = store.journal.hash_at(store.head()).unwrap();
    store.close().unwrap();
    drop(store);
    // What the journal comes to, as a sorter would give it.
    let kept = |number: u32, since: u64, until: Option<u64>| Kept {
        row: (number.to_be_bytes().to_vec(), vec![number as u8; 50]),
        since: Position::from_number(since),
        until: until.map(Position::from_number),
    };
    let changed = 700..900_u32;
    let since = |number: u32| match changed.contains(&number) {
        true => 2001 + u64::from(number - 700),
        false => 1 + u64::from(number),
    };
    let current = (0..2000).map(|number| kept(number, since(number), None));
    let past = changed
        .clone()
        .map(|number| kept(number, 1 + u64::from(number), Some(since(number))));
    let entries = current.chain(past).map(Ok::<Kept, StoreError>);
    let (folded, oldest) = (Position::from_number(2200), Position::START);
    rebuild_state(
        dir.path(),
        &options(engine),
        entries,
        (folded, chain),
        oldest,
    )
    .unwrap();
    let store = open(engine, dir.path());
    assert_eq!(read(&store.layers).overlay.bytes(), 0);
    assert_eq!((store.head(), store.set_aside()), (folded, None));
    assert_eq!(everything(&store), before);
    assert!(store.verify().unwrap().state_is_fold);
    let rows = store.scan(old, &Span::prefix(b""), Direction::Forward, 9999);
    assert_eq!(rows.unwrap().len(), 2000);
    let middle = Position::from_number(800);
    let rows = store.scan(middle, &Span::prefix(b""), Direction::Backward, 9999);
    assert_eq!(rows.unwrap().len(), 800);
    fill(&store, 5000..5010);
    store.fold().unwrap();
    assert!(store.verify().unwrap().state_is_fold);
}
