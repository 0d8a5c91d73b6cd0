//! Do random and concurrent uses of a store in a directory agree with a plain map?

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use tempfile::tempdir;

use super::*;
use crate::store::{Snapshot, Write};

type Map = BTreeMap<Vec<u8>, Vec<u8>>;

fn options() -> StoreOptions {
    StoreOptions {
        durability: Durability::Os,
        background: false,
        ..StoreOptions::new(1)
    }
}

#[test]
fn readers_and_folds_on_another_thread_do_not_disturb_each_other() {
    let dir = tempdir().unwrap();
    let small = StoreOptions {
        overlay_limit_bytes: 20_000,
        background: true,
        keep_history: Retention::None,
        ..options()
    };
    let store: Arc<dyn Backend> = Arc::new(EmbeddedBackend::open(dir.path(), &small).unwrap());
    // Every commit moves one unit between two of 300 accounts: any snapshot sums up to the same.
    let commit = |writes| {
        store.commit(Commit {
            at: store.head(),
            writes,
            ..Commit::default()
        })
    };
    let add = |account: u32, sum| Write::Add {
        key: format!("{account:0>40}").into_bytes(),
        count: 1,
        sum,
    };
    commit((0..300).map(|account| add(account, 1000)).collect()).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..3_u32 {
            scope.spawn(move || {
                for step in 0..150 {
                    let from = (step * 7 + thread * 31) % 300;
                    let to = (step * 13 + thread * 57 + 1) % 300;
                    commit(vec![add(from, -1), add(to, 1)]).unwrap();
                }
            });
        }
        for direction in [Direction::Forward, Direction::Backward] {
            let store = &store;
            scope.spawn(move || {
                for _ in 0..60 {
                    let snapshot = Snapshot::pin(store);
                    let rows = snapshot.scan(&Span::prefix(b"0"), direction, 999).unwrap();
                    assert_eq!(rows.len(), 300);
                    let sum = |value: &[u8]| i128::from_be_bytes(value[8..].try_into().unwrap());
                    let total: i128 = rows.iter().map(|(_, value)| sum(value)).sum();
                    assert_eq!(total, 300_000);
                }
            });
        }
    });
    assert!(store.verify().unwrap().state_is_fold);
}

#[derive(Clone, Debug)]
enum Step {
    Commit(Vec<(u8, Option<u16>)>),
    Snapshot,
    Forget,
    Fold,
    Close,
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    let write = (any::<u8>(), prop::option::weighted(0.7, 0..600_u16));
    prop_oneof![
        8 => prop::collection::vec(write, 1..25).prop_map(Step::Commit),
        2 => Just(Step::Snapshot),
        1 => Just(Step::Forget),
        2 => Just(Step::Fold),
        1 => Just(Step::Close),
        1 => Just(Step::Crash),
    ]
}

fn apply(store: &Arc<dyn Backend>, map: &mut Map, changes: &[(u8, Option<u16>)]) {
    let key = |number: &u8| format!("key/{number:03}").into_bytes();
    let value = |number: &u8, size: &u16| vec![*number; usize::from(*size)];
    let mut writes = Vec::new();
    for (number, size) in changes {
        let key = key(number);
        match size {
            Some(size) => {
                let value = value(number, size);
                map.insert(key.clone(), value.clone());
                writes.push(Write::Put { key, value });
            }
            None => {
                map.remove(&key);
                writes.push(Write::Delete { key });
            }
        }
    }
    let commit = Commit {
        at: store.head(),
        writes,
        ..Commit::default()
    };
    store.commit(commit).unwrap();
}

fn assert_same(snapshot: &Snapshot, map: &Map) {
    let wanted: Vec<(Vec<u8>, Vec<u8>)> = map.clone().into_iter().collect();
    let span = Span::prefix(b"key/");
    let mut rows = snapshot.scan(&span, Direction::Backward, 999).unwrap();
    rows.reverse();
    assert_eq!(rows, wanted);
    let rows = snapshot.scan(&span, Direction::Forward, 999).unwrap();
    assert_eq!(rows, wanted);
    let keys = (0..=255_u8)
        .step_by(17)
        .map(|number| format!("key/{number:03}"));
    for key in keys {
        let key = key.as_bytes();
        assert_eq!(snapshot.get(key).unwrap().as_ref(), map.get(key));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_steps_agree_with_a_map(
        steps in prop::collection::vec(step(), 1..30),
        limit in prop_oneof![Just(0_usize), Just(10_000), Just(1 << 20)],
    ) {
        let dir = tempdir().unwrap();
        let options = StoreOptions {
            overlay_limit_bytes: limit,
                ..options()
        };
        let open = || -> Arc<dyn Backend> {
            Arc::new(EmbeddedBackend::open(dir.path(), &options).unwrap())
        };
        let mut store = open();
        let mut map = Map::new();
        let mut snapshots: Vec<(Snapshot, Map)> = Vec::new();
        for step in &steps {
            match step {
                Step::Commit(changes) => apply(&store, &mut map, changes),
                Step::Snapshot => snapshots.push((Snapshot::pin(&store), map.clone())),
                Step::Forget => drop(snapshots.pop()),
                Step::Fold => store.fold().unwrap(),
                Step::Close | Step::Crash => {
                    snapshots.clear();
                    if matches!(step, Step::Close) {
                        store.close().unwrap();
                    }
                    drop(store);
                    store = open();
                }
            }
            assert_same(&Snapshot::pin(&store), &map);
            for (snapshot, map) in &snapshots {
                assert_same(snapshot, map);
            }
        }
        let verified = store.verify().unwrap();
        prop_assert!(verified.state_is_fold, "differs at {:?}", verified.first_difference);
    }
}
