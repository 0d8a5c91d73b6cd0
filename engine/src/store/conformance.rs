//! Do all backends keep the same promises? One suite, run on each of them.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod positions;
mod scans;

use std::sync::Arc;

use super::*;
use crate::journal::{Durability, Position, Subject};
use positions::*;
use scans::*;

type Store = Arc<dyn Backend>;

/// Runs each property on the memory backend, on each engine of the embedded one, on one that folds at every commit, and
/// on the database that `PEYVAND_POSTGRES` names.
macro_rules! properties {
    ($retention:expr, $($name:ident)*) => {
        mod memory {
            use super::*;
            $(#[test] fn $name() { super::$name(Arc::new(MemoryBackend::keeping($retention))); })*
        }
        mod sled {
            use super::*;
            $(#[test] fn $name() {
                in_directory(StateEngine::Sled, 64 << 20, $retention, super::$name);
            })*
        }
        #[cfg(feature = "redb")]
        mod redb {
            use super::*;
            $(#[test] fn $name() {
                in_directory(StateEngine::Redb, 64 << 20, $retention, super::$name);
            })*
        }
        mod folding_at_every_commit {
            use super::*;
            $(#[test] fn $name() {
                in_directory(StateEngine::Sled, 0, $retention, super::$name);
            })*
        }
        #[cfg(feature = "postgres")]
        mod postgres {
            use crate::store::postgres::in_database;
            use super::*;
            $(#[test] fn $name() { in_database(stringify!($name), $retention, super::$name); })*
        }
    };
}

properties! { Retention::Everything,
    a_snapshot_sees_nothing_newer
    a_change_after_the_reading_is_a_conflict
    a_conflict_leaves_nothing
    an_older_position_stays_readable
    additions_become_totals_and_end_at_zero
    what_is_no_total_is_refused_and_overflow_too
    a_maximum_only_rises
    a_stamp_carries_the_position_of_its_commit
    the_last_write_of_a_key_holds
    scans_agree_with_a_map_in_both_directions
    scan_all_goes_through_every_page_until_it_is_told_to_stop
    entries_tell_what_was_asked_and_what_came_of_it
    what_a_leaf_writes_is_state_and_stays_in_the_leaf
    the_state_is_the_fold_of_the_journal
    eight_writers_of_one_total_lose_nothing
    a_closed_store_says_so
}

mod forgetting {
    use super::*;

    properties! { Retention::None,
        an_unpinned_position_is_gone_after_a_fold
        a_pinned_position_stays_readable
        scans_agree_with_a_map_in_both_directions
        the_state_is_the_fold_of_the_journal
    }
}

mod keeping_three {
    use super::*;

    properties! { Retention::Commits(3),
        the_last_commits_stay_readable
    }
}

fn in_directory(
    state_engine: StateEngine,
    overlay_limit_bytes: usize,
    keep_history: Retention,
    property: fn(Store),
) {
    let dir = tempfile::tempdir().unwrap();
    let options = StoreOptions {
        overlay_limit_bytes,
        keep_history,
        state_engine,
        background: false,
        durability: Durability::Os,
        ..StoreOptions::new(1)
    };
    property(Arc::new(
        EmbeddedBackend::open(dir.path(), &options).unwrap(),
    ));
}

fn put(key: &[u8], value: &[u8]) -> Write {
    Write::Put {
        key: key.to_vec(),
        value: value.to_vec(),
    }
}

fn delete(key: &[u8]) -> Write {
    Write::Delete { key: key.to_vec() }
}

fn add(count: i64, sum: i128) -> Write {
    let key = b"total".to_vec();
    Write::Add { key, count, sum }
}

fn commit(store: &Store, writes: Vec<Write>) -> Result<Position, CommitError> {
    let at = Snapshot::pin(store);
    store.commit(Commit {
        at: at.position(),
        writes,
        ..Commit::default()
    })
}

fn get(store: &Store, key: &[u8]) -> Option<Vec<u8>> {
    Snapshot::pin(store).get(key).unwrap()
}

fn total(count: i64, sum: i128) -> Option<Vec<u8>> {
    Some([count.to_be_bytes().as_slice(), &sum.to_be_bytes()].concat())
}

fn additions_become_totals_and_end_at_zero(store: Store) {
    commit(&store, vec![add(1, 500), add(1, -700)]).unwrap();
    assert_eq!(get(&store, b"total"), total(2, -200));
    store.fold().unwrap();
    commit(&store, vec![add(-1, 700)]).unwrap();
    assert_eq!(get(&store, b"total"), total(1, 500));
    commit(&store, vec![add(-1, -500)]).unwrap();
    assert_eq!(get(&store, b"total"), None);
    commit(&store, vec![add(0, 0)]).unwrap();
    assert_eq!(get(&store, b"total"), None);
    let last = store.entry(store.head()).unwrap().unwrap();
    assert!(last.results.is_empty());
}

fn what_is_no_total_is_refused_and_overflow_too(store: Store) {
    commit(&store, vec![add(i64::MAX, 1)]).unwrap();
    let overflow = commit(&store, vec![put(b"a", b"1"), add(1, 0)]);
    assert!(matches!(
        overflow,
        Err(CommitError::Store(StoreError::TotalOverflow { .. }))
    ));
    assert_eq!(get(&store, b"a"), None);
    commit(&store, vec![put(b"total", b"text")]).unwrap();
    let wrong = commit(&store, vec![add(1, 0)]);
    assert!(matches!(
        wrong,
        Err(CommitError::Store(StoreError::WrongKind { length: 4, .. }))
    ));
    // One refused commit does not stop the others.
    commit(&store, vec![delete(b"total"), add(1, 1)]).unwrap();
    assert_eq!(get(&store, b"total"), total(1, 1));
}

fn a_maximum_only_rises(store: Store) {
    let raise = |to| Write::Raise {
        key: b"max".to_vec(),
        to,
    };
    for (to, wanted) in [(-5, -5_i64), (-9, -5), (3, 3), (3, 3), (0, 3)] {
        commit(&store, vec![raise(to)]).unwrap();
        assert_eq!(get(&store, b"max"), Some(wanted.to_be_bytes().to_vec()));
    }
}

fn a_stamp_carries_the_position_of_its_commit(store: Store) {
    for text in ["one", "two"] {
        let stamp = Write::Stamp {
            prefix: b"log/".to_vec(),
            value: text.into(),
        };
        let at = commit(&store, vec![stamp]).unwrap();
        let key = [b"log/".as_slice(), &at.get().to_be_bytes()].concat();
        assert_eq!(get(&store, &key), Some(text.into()));
    }
}

fn the_last_write_of_a_key_holds(store: Store) {
    commit(&store, vec![put(b"a", b"1"), put(b"a", b"2")]).unwrap();
    commit(&store, vec![put(b"b", b"1"), delete(b"b")]).unwrap();
    assert_eq!(get(&store, b"a"), Some(b"2".to_vec()));
    assert_eq!(get(&store, b"b"), None);
}

fn entries_tell_what_was_asked_and_what_came_of_it(store: Store) {
    for number in 1..=5_u8 {
        let position = store.commit(Commit {
            at: store.head(),
            writes: vec![add(1, 10), delete(b"x")],
            asked: vec![number],
            time: i64::from(number) * 1000,
            ..Commit::default()
        });
        assert_eq!(position.unwrap().get(), u64::from(number));
    }
    store.fold().unwrap();
    let third = store.entry(Position::from_number(3)).unwrap().unwrap();
    assert_eq!((third.time, third.asked.as_slice()), (3000, &[3][..]));
    let results = vec![(b"total".to_vec(), total(3, 30)), (b"x".to_vec(), None)];
    assert_eq!(third.results, results);
    let after = store.entries(Position::from_number(2), 2).unwrap();
    let positions: Vec<u64> = after.iter().map(|entry| entry.position.get()).collect();
    assert_eq!(positions, [3, 4]);
    assert_eq!(store.entry(Position::START).unwrap(), None);
    assert_eq!(store.entry(Position::from_number(6)).unwrap(), None);
    assert!(
        store
            .entries(Position::from_number(5), 9)
            .unwrap()
            .is_empty()
    );
}

fn what_a_leaf_writes_is_state_and_stays_in_the_leaf(store: Store) {
    let leaf = |id, writes| CommitLeaf {
        subject: Subject { object: 1, id },
        asked: vec![id as u8],
        writes,
    };
    let release = |key: &[u8]| Write::Release { key: key.to_vec() };
    let commit = |writes, leaves| {
        let commit = Commit {
            at: store.head(),
            writes,
            leaves,
            ..Commit::default()
        };
        store.commit(commit).unwrap()
    };
    let taken = leaf(1, vec![put(b"phone", b"1"), put(b"fax", b"1")]);
    commit(vec![add(1, 1)], vec![taken]);
    let given = leaf(1, vec![release(b"phone"), release(b"fax")]);
    let taken = leaf(2, vec![put(b"phone", b"2")]);
    let at = commit(vec![put(b"common", b"c")], vec![taken, given]);
    store.fold().unwrap();
    assert_eq!(get(&store, b"phone"), Some(b"2".to_vec()));
    assert_eq!(get(&store, b"fax"), None);
    assert_eq!(get(&store, b"common"), Some(b"c".to_vec()));
    let entry = store.entry(at).unwrap().unwrap();
    assert_eq!(entry.results.len(), 1);
    let subjects: Vec<u128> = entry.leaves.iter().map(|leaf| leaf.subject.id).collect();
    assert_eq!(subjects, [1, 2]);
    let first = entry.leaves[0].content.as_ref().unwrap();
    assert_eq!(first.asked, [1]);
    assert_eq!(first.results, [(b"fax".to_vec(), None)]);
    assert_eq!(first.released, [(b"phone".to_vec(), 1)]);
    assert!(store.verify().unwrap().state_is_fold);
}

fn the_state_is_the_fold_of_the_journal(store: Store) {
    let empty = store.verify().unwrap();
    assert_eq!((empty.entries, empty.state_is_fold), (0, true));
    scattered(&store);
    store.fold().unwrap();
    commit(&store, vec![add(2, 2), delete(b"k0007")]).unwrap();
    let verified = store.verify().unwrap();
    let wanted = Verified {
        entries: store.head().get(),
        state_is_fold: true,
        first_difference: None,
    };
    assert_eq!(verified, wanted);
}

fn eight_writers_of_one_total_lose_nothing(store: Store) {
    std::thread::scope(|scope| {
        for thread in 0..8_u8 {
            let store = &store;
            scope.spawn(move || {
                for number in 0..50_u8 {
                    let own = put(&[b'w', thread, number], b"x");
                    commit(store, vec![add(1, i128::from(number)), own]).unwrap();
                }
            });
        }
    });
    assert_eq!(get(&store, b"total"), total(400, 8 * (49 * 50 / 2)));
    assert_eq!(store.head().get(), 400);
    assert!(store.verify().unwrap().state_is_fold);
}

fn a_closed_store_says_so(store: Store) {
    commit(&store, vec![put(b"a", b"1")]).unwrap();
    let read = Snapshot::pin(&store);
    store.close().unwrap();
    store.close().unwrap();
    assert!(matches!(read.get(b"a"), Err(StoreError::Closed)));
    assert!(matches!(
        store.entries(Position::START, 1),
        Err(StoreError::Closed)
    ));
    assert!(matches!(store.fold(), Err(StoreError::Closed)));
    assert!(matches!(
        commit(&store, vec![put(b"b", b"1")]),
        Err(CommitError::Store(StoreError::Closed))
    ));
}

#[test]
fn a_prefix_ends_before_the_next_prefix() {
    assert_eq!(Span::prefix(b"ab").end, b"ac");
    assert_eq!(Span::prefix(&[1, 255, 255]).end, [2]);
    assert!(Span::prefix(&[255]).end.is_empty());
    assert!(Span::prefix(b"").end.is_empty());
}
