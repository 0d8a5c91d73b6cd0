//! Does a store in a directory survive what happens to directories?

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use tempfile::tempdir;

use super::*;
use crate::journal::{Call, Fault, Faults};
use crate::store::Write;

type Map = BTreeMap<Vec<u8>, Vec<u8>>;

fn options() -> StoreOptions {
    StoreOptions::new(4711)
}

fn open(dir: &Path) -> SledBackend {
    SledBackend::open(dir, &options()).unwrap()
}

fn refusal(dir: &Path) -> StoreError {
    let opened = SledBackend::open(dir, &options());
    opened.err().expect("this directory must be refused")
}

fn put(store: &SledBackend, key: &[u8], value: &[u8]) -> Result<Position, CommitError> {
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

fn fill(store: &SledBackend, keys: std::ops::Range<u32>) {
    for number in keys {
        put(store, &number.to_be_bytes(), &[number as u8; 50]).unwrap();
    }
}

fn everything(store: &SledBackend) -> Map {
    let at = store.pin();
    let rows = store.scan(at, &Span::prefix(b""), Direction::Forward, usize::MAX);
    store.unpin(at);
    rows.unwrap().into_iter().collect()
}

fn last_segment(dir: &Path) -> std::path::PathBuf {
    let files = fs::read_dir(dir.join("journal")).unwrap();
    files.map(|file| file.unwrap().path()).max().unwrap()
}

fn copy(from: &Path, to: &Path) {
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

#[test]
fn a_drop_without_close_loses_nothing() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    fill(&store, 0..100);
    let before = everything(&store);
    drop(store);
    let store = open(dir.path());
    assert_eq!(everything(&store), before);
    assert_eq!(store.head().get(), 100);
    assert_eq!(store.set_aside(), None);
}

#[test]
fn a_copy_made_while_the_store_is_open_is_as_good_as_after_a_crash() {
    let (dir, crashed) = (tempdir().unwrap(), tempdir().unwrap());
    let store = open(dir.path());
    fill(&store, 0..80);
    store.fold().unwrap();
    fill(&store, 60..120);
    copy(dir.path(), crashed.path());
    assert_eq!(everything(&open(crashed.path())), everything(&store));
}

#[test]
fn pages_never_know_more_than_the_journal_on_disk() {
    let dir = tempdir().unwrap();
    let in_memory = StoreOptions {
        durability: Durability::Memory,
        ..options()
    };
    let store = SledBackend::open(dir.path(), &in_memory).unwrap();
    fill(&store, 0..30);
    store.fold().unwrap();
    let before = everything(&store);
    fill(&store, 30..40);
    drop(store);
    assert_eq!(everything(&open(dir.path())), before);
}

#[test]
fn folded_and_newer_commits_come_back_together() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    fill(&store, 0..200);
    store.fold().unwrap();
    fill(&store, 150..250);
    let before = everything(&store);
    store.close().unwrap();
    drop(store);
    let store = open(dir.path());
    assert_eq!(everything(&store), before);
    assert_eq!(read(&store.layers).overlay.bytes(), 0);
    assert!(store.verify().unwrap().state_is_fold);
}

#[test]
fn losing_the_state_loses_nothing() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    fill(&store, 0..300);
    store.close().unwrap();
    let before = {
        drop(store);
        let store = open(dir.path());
        everything(&store)
    };
    fs::remove_dir_all(dir.path().join("state")).unwrap();
    let small = StoreOptions {
        overlay_limit_bytes: 4096,
        ..options()
    };
    let store = SledBackend::open(dir.path(), &small).unwrap();
    assert_eq!(everything(&store), before);
    // It was folded on the way and not all kept in memory.
    assert!(read(&store.layers).folded.get() > 200);
}

#[test]
fn a_state_that_does_not_open_is_set_aside_and_rebuilt() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    fill(&store, 0..50);
    store.close().unwrap();
    drop(store);
    fs::write(
        dir.path().join("state/conf"),
        b"this is no configuration of sled",
    )
    .unwrap();
    let store = open(dir.path());
    assert_eq!(everything(&store).len(), 50);
    assert_eq!(store.set_aside(), Some(&*dir.path().join("state.failed-1")));
    store.close().unwrap();
    drop(store);
    let store = open(dir.path());
    assert_eq!(store.set_aside(), None);
    assert_eq!(everything(&store).len(), 50);
}

#[test]
fn a_state_that_fails_while_it_is_used_is_rebuilt_at_the_next_open() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
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
    let store = open(dir.path());
    assert!(store.set_aside().is_some());
    assert_eq!(everything(&store).len(), 50);
    assert!(store.verify().unwrap().state_is_fold);
}

#[test]
fn a_state_that_is_not_the_fold_is_told_with_the_first_difference() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    fill(&store, 0..9);
    store.fold().unwrap();
    {
        let layers = read(&store.layers);
        let key = 5_u32.to_be_bytes().to_vec();
        let changes = [(key, Some(b"wrong".to_vec()))];
        layers.pages().unwrap().merge(&changes).unwrap();
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
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    fill(&store, 0..20);
    store.close().unwrap();
    drop(store);
    let half = dir.path().join("state/snap.FFFFFFFFFFFFFF.generating");
    fs::write(&half, b"half").unwrap();
    let store = open(dir.path());
    assert_eq!(everything(&store).len(), 20);
    assert_eq!(store.set_aside(), None);
    assert!(!half.exists());
}

#[test]
fn torn_tail_of_the_journal_takes_only_the_unacknowledged() {
    let (dir, torn) = (tempdir().unwrap(), tempdir().unwrap());
    let store = open(dir.path());
    fill(&store, 0..10);
    copy(dir.path(), torn.path());
    let whole = fs::read(last_segment(torn.path())).unwrap();
    let used = whole.iter().rposition(|byte| *byte != 0).unwrap();
    fs::write(last_segment(torn.path()), &whole[..used - 5]).unwrap();
    let store = open(torn.path());
    assert_eq!(everything(&store).len(), 9);
    fill(&store, 9..11);
    assert!(store.verify().unwrap().state_is_fold);
}

#[test]
fn a_flipped_byte_in_the_journal_is_told_with_its_place() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    fill(&store, 0..10);
    drop(store);
    let path = last_segment(dir.path());
    let mut bytes = fs::read(&path).unwrap();
    bytes[500] ^= 4;
    fs::write(&path, bytes).unwrap();
    match refusal(dir.path()) {
        StoreError::Damaged {
            segment, offset, ..
        } => {
            assert!(path.ends_with(segment));
            assert!((64..=500).contains(&offset));
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_journal_that_is_shorter_than_the_state_is_damage() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    fill(&store, 0..10);
    store.close().unwrap();
    drop(store);
    let path = last_segment(dir.path());
    let mut bytes = fs::read(&path).unwrap();
    bytes[1000..].fill(0);
    fs::write(&path, bytes).unwrap();
    assert!(matches!(refusal(dir.path()), StoreError::Damaged { .. }));
}

#[test]
fn a_missing_journal_is_damage_and_not_a_new_store() {
    let dir = tempdir().unwrap();
    drop(open(dir.path()));
    fs::remove_file(last_segment(dir.path())).unwrap();
    assert!(matches!(refusal(dir.path()), StoreError::Damaged { .. }));
}

#[test]
fn a_failed_write_or_sync_stops_commits_and_not_reads() {
    for call in [Call::Write, Call::Sync] {
        let dir = tempdir().unwrap();
        let disk = Faults::new();
        let store =
            SledBackend::open_on(dir.path(), &options(), Arc::new(disk.clone()), &mut |_| {})
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
        store.close().unwrap();
        drop(store);
        // What was in doubt is either there or not, and the store works again.
        let store = open(dir.path());
        put(&store, b"b", b"1").unwrap();
        assert_eq!(everything(&store).len(), 2);
        assert!(store.verify().unwrap().state_is_fold);
    }
}

#[test]
fn a_file_is_no_directory() {
    let dir = tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, b"text").unwrap();
    assert!(matches!(refusal(&file), StoreError::NotADirectory { path } if path == file));
    assert_eq!(fs::read(&file).unwrap(), b"text");
}

#[test]
fn a_file_in_the_place_of_a_folder_is_named() {
    for name in ["journal", "state"] {
        let dir = tempdir().unwrap();
        let file = dir.path().join(name);
        fs::write(&file, b"text").unwrap();
        assert!(matches!(refusal(dir.path()), StoreError::NotADirectory { path } if path == file));
        assert_eq!(fs::read(&file).unwrap(), b"text");
    }
}

#[test]
fn an_open_store_is_locked_and_says_by_whom() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    assert!(matches!(
        refusal(dir.path()),
        StoreError::Locked {
            pid: Some(4711),
            ..
        }
    ));
    store.close().unwrap();
    // Closed is enough; others may still hold the handle.
    let second = open(dir.path());
    assert_eq!(second.head(), Position::START);
}

#[test]
fn somebody_elses_folder_is_left_alone() {
    let dir = tempdir().unwrap();
    fs::write(dir.path().join("holiday.jpg"), b"sea").unwrap();
    let refused = refusal(dir.path());
    assert!(matches!(&refused, StoreError::NotAStore { found, .. } if found == "holiday.jpg"));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn a_store_is_made_only_with_leave() {
    let dir = tempdir().unwrap();
    let inner = dir.path().join("deep/store");
    let no_leave = StoreOptions {
        create: false,
        ..options()
    };
    let refused = SledBackend::open(&inner, &no_leave);
    assert!(matches!(refused, Err(StoreError::Missing { .. })));
    let refused = SledBackend::open(dir.path(), &no_leave);
    assert!(matches!(refused, Err(StoreError::Missing { .. })));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    drop(open(&inner));
    assert!(SledBackend::open(&inner, &no_leave).is_ok());
}

#[test]
fn a_newer_format_is_refused() {
    let dir = tempdir().unwrap();
    drop(open(dir.path()));
    fs::write(dir.path().join("FORMAT"), "peyvand store\n2\n").unwrap();
    assert!(matches!(
        refusal(dir.path()),
        StoreError::NewerFormat {
            found: 2,
            supported: 1,
            ..
        }
    ));
}

#[test]
fn an_unfinished_creation_is_finished() {
    let dir = tempdir().unwrap();
    drop(open(dir.path()));
    fs::remove_file(dir.path().join("FORMAT")).unwrap();
    fs::write(dir.path().join("state/conf"), b"torn").unwrap();
    let store = open(dir.path());
    fill(&store, 0..3);
    assert!(dir.path().join("FORMAT").exists());
}

#[test]
fn a_lost_format_file_is_no_leave_to_start_anew() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    fill(&store, 0..3);
    drop(store);
    fs::remove_file(dir.path().join("FORMAT")).unwrap();
    assert!(matches!(
        refusal(dir.path()),
        StoreError::FormatMissing { .. }
    ));
    fs::write(dir.path().join("FORMAT"), "peyvand store\n1\n").unwrap();
    assert_eq!(everything(&open(dir.path())).len(), 3);
}

#[test]
fn large_values_lie_among_small_ones() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
    fill(&store, 0..40);
    put(&store, &20_u32.to_be_bytes(), &vec![1; 700_000]).unwrap();
    store.fold().unwrap();
    put(&store, &21_u32.to_be_bytes(), &vec![2; 70_000]).unwrap();
    let before = everything(&store);
    store.close().unwrap();
    drop(store);
    let store = open(dir.path());
    assert_eq!(everything(&store), before);
    assert_eq!(before[&20_u32.to_be_bytes()[..]].len(), 700_000);
}

#[test]
fn deleting_everything_leaves_one_page() {
    let dir = tempdir().unwrap();
    let store = open(dir.path());
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
    assert!(pages.holding(b"").unwrap().is_some());
    assert!(pages.after(b"").unwrap().is_none());
}
