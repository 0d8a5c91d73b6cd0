//! Do all backends keep the same promises? One suite, run on each of them.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};
use std::sync::Arc;

use super::*;
use crate::journal::{Durability, Position, Subject};

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

fn a_snapshot_sees_nothing_newer(store: Store) {
    commit(&store, vec![put(b"a", b"1"), put(b"b", b"1")]).unwrap();
    let old = Snapshot::pin(&store);
    commit(&store, vec![put(b"a", b"2"), delete(b"b"), put(b"c", b"2")]).unwrap();
    store.fold().unwrap();
    let new = Snapshot::pin(&store);
    commit(&store, vec![put(b"a", b"3")]).unwrap();
    store.fold().unwrap();
    let keys = [b"a".as_slice(), b"b", b"c"];
    let some = |value: &[u8]| Some(value.to_vec());
    let (before, after) = (
        [some(b"1"), some(b"1"), None],
        [some(b"2"), None, some(b"2")],
    );
    assert_eq!(old.get_many(&keys).unwrap(), before);
    assert_eq!(new.get_many(&keys).unwrap(), after);
    let span = Span::prefix(b"");
    let rows = old.scan(&span, Direction::Forward, 9).unwrap();
    let wanted = [
        (b"a".to_vec(), b"1".to_vec()),
        (b"b".to_vec(), b"1".to_vec()),
    ];
    assert_eq!(rows, wanted);
    assert_eq!(get(&store, b"a"), some(b"3"));
}

fn a_change_after_the_reading_is_a_conflict(store: Store) {
    commit(&store, vec![put(b"a", b"1"), put(b"b", b"1")]).unwrap();
    let read = Snapshot::pin(&store);
    let guarded = |key: &[u8]| Commit {
        at: read.position(),
        unchanged: vec![b"absent".to_vec(), key.to_vec()],
        writes: vec![put(b"out", b"1")],
        ..Commit::default()
    };
    commit(&store, vec![put(b"a", b"2")]).unwrap();
    store.fold().unwrap();
    let refused = store.commit(guarded(b"a"));
    assert!(matches!(refused, Err(CommitError::Conflict { key }) if key == b"a"));
    store.commit(guarded(b"b")).unwrap();
    // A delete is a change, and so is the first write of a key that was absent.
    commit(&store, vec![delete(b"b")]).unwrap();
    let refused = store.commit(guarded(b"b"));
    assert!(matches!(refused, Err(CommitError::Conflict { key }) if key == b"b"));
    commit(&store, vec![put(b"absent", b"1")]).unwrap();
    let refused = store.commit(guarded(b"c"));
    assert!(matches!(refused, Err(CommitError::Conflict { key }) if key == b"absent"));
}

fn a_conflict_leaves_nothing(store: Store) {
    let read = Snapshot::pin(&store);
    commit(&store, vec![put(b"a", b"1")]).unwrap();
    let head = store.head();
    let refused = store.commit(Commit {
        at: read.position(),
        unchanged: vec![b"a".to_vec()],
        writes: vec![put(b"a", b"2"), put(b"b", b"2")],
        ..Commit::default()
    });
    assert!(refused.is_err());
    assert_eq!(store.head(), head);
    assert_eq!(get(&store, b"b"), None);
    assert_eq!(get(&store, b"a"), Some(b"1".to_vec()));
}

fn an_unpinned_position_is_gone_after_a_fold(store: Store) {
    commit(&store, vec![put(b"a", b"1")]).unwrap();
    let at = store.pin();
    store.unpin(at);
    commit(&store, vec![put(b"a", b"2")]).unwrap();
    store.fold().unwrap();
    let gone = store.get_many(at, &[b"a"]);
    assert!(matches!(gone, Err(StoreError::SnapshotGone { .. })));
    let gone = store.scan(at, &Span::prefix(b"a"), Direction::Backward, 1);
    assert!(matches!(gone, Err(StoreError::SnapshotGone { .. })));
    let refused = store.commit(Commit {
        at,
        unchanged: vec![b"other".to_vec()],
        ..Commit::default()
    });
    assert!(matches!(
        refused,
        Err(CommitError::Store(StoreError::SnapshotGone { .. }))
    ));
}

fn an_older_position_stays_readable(store: Store) {
    commit(&store, vec![put(b"a", b"1")]).unwrap();
    commit(&store, vec![put(b"a", b"2")]).unwrap();
    commit(&store, vec![delete(b"a")]).unwrap();
    store.fold().unwrap();
    store.prune().unwrap();
    assert_eq!(store.oldest(), Position::START);
    for (number, wanted) in [None, Some(b"1"), Some(b"2"), None].into_iter().enumerate() {
        let at = Position::from_number(number as u64);
        let old = Snapshot::pin_at(&store, at).unwrap();
        assert_eq!(old.position(), at);
        let wanted = wanted.map(|value| value.to_vec());
        assert_eq!(old.get(b"a").unwrap(), wanted);
        let rows = old
            .scan(&Span::prefix(b""), Direction::Backward, 9)
            .unwrap();
        assert_eq!(rows.len(), usize::from(wanted.is_some()));
        let guarded = store.commit(Commit {
            at,
            unchanged: vec![b"a".to_vec()],
            ..Commit::default()
        });
        assert_eq!(guarded.is_ok(), number == 3);
    }
}

fn a_pinned_position_stays_readable(store: Store) {
    commit(&store, vec![put(b"a", b"1"), put(b"b", b"1")]).unwrap();
    let old = Snapshot::pin(&store);
    commit(&store, vec![put(b"a", b"2"), delete(b"b")]).unwrap();
    store.fold().unwrap();
    commit(&store, vec![put(b"a", b"3"), put(b"b", b"3")]).unwrap();
    store.fold().unwrap();
    store.prune().unwrap();
    let one = Some(b"1".to_vec());
    assert_eq!(old.get_many(&[b"a", b"b"]).unwrap(), [one.clone(), one]);
    let rows = old.scan(&Span::prefix(b""), Direction::Forward, 9).unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(store.oldest(), old.position());
    drop(old);
    store.prune().unwrap();
    assert_eq!(store.oldest(), store.head());
}

fn the_last_commits_stay_readable(store: Store) {
    for number in 0..9 {
        commit(&store, vec![put(b"a", &[number]), put(&[number], b"1")]).unwrap();
    }
    store.fold().unwrap();
    commit(&store, vec![put(b"a", b"new")]).unwrap();
    store.fold().unwrap();
    store.prune().unwrap();
    assert_eq!(store.oldest().get(), 7);
    for number in 7..10_u8 {
        let old = Snapshot::pin_at(&store, Position::from_number(number.into())).unwrap();
        assert_eq!(old.get(b"a").unwrap(), Some(vec![number - 1]));
        let rows = old
            .scan(&Span::prefix(b""), Direction::Forward, 99)
            .unwrap();
        assert_eq!(rows.len(), usize::from(number.min(9)) + 1);
    }
    let gone = Snapshot::pin_at(&store, Position::from_number(6));
    assert!(matches!(gone, Err(StoreError::SnapshotGone { .. })));
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

/// A map and a store with the same entries, some in pages, some changed or deleted above them.
fn scattered(store: &Store) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut map = BTreeMap::new();
    let key = |number: usize| format!("k{:04}", number * 7 % 1000).into_bytes();
    for part in 0..10 {
        let rows = (part * 50..part * 50 + 50).map(|number| (key(number), vec![part as u8; 60]));
        let rows: Vec<Row> = rows.collect();
        commit(
            store,
            rows.iter().map(|(key, value)| put(key, value)).collect(),
        )
        .unwrap();
        map.extend(rows);
        if part == 3 || part == 6 {
            store.fold().unwrap();
        }
    }
    let gone: Vec<Vec<u8>> = map.keys().skip(40).step_by(3).cloned().collect();
    commit(store, gone.iter().map(|key| delete(key)).collect()).unwrap();
    gone.iter().for_each(|key| drop(map.remove(key)));
    for key in [b"".to_vec(), vec![0], vec![255], vec![255; 9]] {
        commit(store, vec![put(&key, b"edge")]).unwrap();
        map.insert(key, b"edge".to_vec());
    }
    map
}

fn scans_agree_with_a_map_in_both_directions(store: Store) {
    let map = scattered(&store);
    let read = Snapshot::pin(&store);
    let bounds = ["", "k", "k0005", "k0300", "k0301", "k07", "k9", "z"];
    for start in bounds {
        for end in bounds {
            let span = Span {
                start: start.into(),
                end: end.into(),
            };
            let upper = match end {
                "" => Bound::Unbounded,
                end => Bound::Excluded(end.as_bytes()),
            };
            let inside = !span.is_empty();
            let range =
                inside.then(|| map.range::<[u8], _>((Bound::Included(start.as_bytes()), upper)));
            let rows = range.into_iter().flatten();
            let rows: Vec<Row> = rows
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            for limit in [0, 1, 17, 10_000] {
                let wanted: Vec<Row> = rows.iter().take(limit).cloned().collect();
                assert_eq!(read.scan(&span, Direction::Forward, limit).unwrap(), wanted);
                let wanted: Vec<Row> = rows.iter().rev().take(limit).cloned().collect();
                assert_eq!(
                    read.scan(&span, Direction::Backward, limit).unwrap(),
                    wanted
                );
            }
        }
    }
    for direction in [Direction::Forward, Direction::Backward] {
        let mut found = Vec::new();
        let mut span = Span::prefix(b"");
        loop {
            let rows = read.scan(&span, direction, 13).unwrap();
            let Some((last, _)) = rows.last() else { break };
            span = span.beyond(last, direction);
            found.extend(rows);
        }
        if direction == Direction::Backward {
            found.reverse();
        }
        assert_eq!(found, map.clone().into_iter().collect::<Vec<Row>>());
    }
}

fn scan_all_goes_through_every_page_until_it_is_told_to_stop(store: Store) {
    let writes =
        (0..2500_u32).map(|number| put(&[b"p/", &number.to_be_bytes()[..]].concat(), b"v"));
    commit(&store, writes.chain([put(b"p0", b"outside")]).collect()).unwrap();
    let read = Snapshot::pin(&store).clone();
    for stop in [1, 1000, 1001, 9999] {
        let mut count = 0;
        let each = |_: &[u8], _: &[u8]| -> Result<ControlFlow<()>, StoreError> {
            count += 1;
            Ok(if count == stop {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            })
        };
        read.scan_all(b"p/", each).unwrap();
        assert_eq!(count, stop.min(2500));
    }
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
