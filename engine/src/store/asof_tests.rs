//! Is the store at every position what it was there? Random commits against a map for each.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use tempfile::tempdir;

use super::*;
use crate::journal::{Durability, Position};

type Map = BTreeMap<Vec<u8>, Vec<u8>>;
type Store = Arc<dyn Backend>;

#[derive(Clone, Debug)]
enum Step {
    Commit(Vec<(u8, Option<u16>)>),
    Fold,
    Prune,
    Close,
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    let write = (0..40_u8, prop::option::weighted(0.6, 0..900_u16));
    prop_oneof![
        12 => prop::collection::vec(write, 0..12).prop_map(Step::Commit),
        2 => Just(Step::Fold),
        1 => Just(Step::Prune),
        1 => Just(Step::Close),
        1 => Just(Step::Crash),
    ]
}

/// Keys of which some are the beginning of others, with zeroes in them.
fn key(number: u8) -> Vec<u8> {
    let parts: [&[u8]; 5] = [b"a", b"a\0", b"a\0\xFF", b"b", b"\0"];
    let mut key = parts[usize::from(number) % 5].to_vec();
    key.resize(key.len() + usize::from(number / 5) % 4, 0);
    key.extend(std::iter::repeat_n(b'x', usize::from(number / 20)));
    key
}

/// What the store held at each position, and which keys each commit wrote.
#[derive(Default)]
struct Told {
    maps: Vec<Map>,
    written: Vec<Vec<Vec<u8>>>,
}

impl Told {
    fn commit(&mut self, store: &Store, changes: &[(u8, Option<u16>)]) {
        let mut map = self.maps.last().unwrap().clone();
        let mut writes = Vec::new();
        let mut written = Vec::new();
        for (number, size) in changes {
            let key = key(*number);
            match size {
                Some(size) => {
                    let value = vec![self.maps.len() as u8; usize::from(*size)];
                    map.insert(key.clone(), value.clone());
                    written.push(key.clone());
                    writes.push(Write::Put { key, value });
                }
                None => {
                    // A delete of what is not there may count as a change or not.
                    if map.remove(&key).is_some() {
                        written.push(key.clone());
                    }
                    writes.push(Write::Delete { key });
                }
            }
        }
        let at = store.commit(Commit {
            at: store.head(),
            writes,
            ..Commit::default()
        });
        assert_eq!(at.unwrap().get(), self.maps.len() as u64);
        // A key that was put and deleted in one commit was not written by it.
        let before = self.maps.last().unwrap();
        written.retain(|key| before.contains_key(key) || map.contains_key(key));
        self.maps.push(map);
        self.written.push(written);
    }

    fn check(&self, store: &Store) {
        for (number, map) in self.maps.iter().enumerate() {
            let at = Position::from_number(number as u64);
            if at < store.oldest() {
                let gone = store.get_many(at, &[b"a"]);
                assert!(matches!(gone, Err(StoreError::SnapshotGone { .. })));
                continue;
            }
            let wanted: Vec<Row> = map.clone().into_iter().collect();
            for (start, end) in [("", ""), ("a", "b"), ("a\0", "a\0\0\0"), ("aa", "")] {
                let span = Span {
                    start: start.into(),
                    end: end.into(),
                };
                let inside =
                    |(key, _): &&Row| *key >= span.start && (end.is_empty() || *key < span.end);
                let mut wanted: Vec<Row> = wanted.iter().filter(inside).cloned().collect();
                let forward = scanned(store, at, span.clone(), Direction::Forward);
                assert_eq!(forward, wanted, "forward at {number}");
                wanted.reverse();
                let backward = scanned(store, at, span.clone(), Direction::Backward);
                assert_eq!(backward, wanted, "backward at {number}");
            }
            let keys: Vec<Vec<u8>> = (0..40).map(key).collect();
            for key in &keys {
                let found = store.get_many(at, &[key]).unwrap().pop().unwrap();
                assert_eq!(found.as_ref(), map.get(key), "{key:?} at {at}");
                assert_eq!(store.get(at, key).unwrap(), found);
            }
            let keys: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
            let together = store.get_all(at, &keys).unwrap();
            let wanted = keys.iter().map(|key| map.get(*key).map(Vec::as_slice));
            assert!(together.values().eq(wanted), "many at {at}");
        }
    }

    /// Preconditions of readers of any position are answered rightly.
    fn check_conflicts(&mut self, store: &Store) {
        for number in (store.oldest().get()..self.maps.len() as u64).step_by(3) {
            let key = key((number * 7 % 40) as u8);
            let after = &self.written[number as usize..];
            let expected = after.iter().any(|written| written.contains(&key));
            let answer = store.commit(Commit {
                at: Position::from_number(number),
                unchanged: vec![key],
                ..Commit::default()
            });
            match answer {
                Ok(_) => {
                    assert!(!expected, "a conflict was overlooked");
                    self.maps.push(self.maps.last().unwrap().clone());
                    self.written.push(Vec::new());
                }
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
}

/// Everything in a span, in parts of a few rows.
fn scanned(store: &Store, at: Position, mut span: Span, direction: Direction) -> Vec<Row> {
    let mut rows = Vec::new();
    loop {
        let part = store.scan(at, &span, direction, 3).unwrap();
        let listed = store.list(at, &span, direction, 3).unwrap();
        let same = part.iter().map(|(key, value)| (&key[..], &value[..]));
        assert!(listed.iter().eq(same));
        let Some((last, _)) = part.last() else {
            return rows;
        };
        span = span.beyond(last, direction);
        rows.extend(part);
        if span.is_empty() {
            return rows;
        }
    }
}

/// Runs the steps; `open` opens the store again after it was closed or dropped.
fn run(steps: &[Step], mut store: Store, open: Option<&dyn Fn() -> Store>) {
    let mut told = Told::default();
    told.maps.push(Map::new());
    let mut oldest = Position::START;
    for step in steps {
        match (step, open) {
            (Step::Commit(changes), _) => told.commit(&store, changes),
            (Step::Fold, _) => store.fold().unwrap(),
            (Step::Prune, _) => store.prune().unwrap(),
            (_, None) => {}
            (Step::Close | Step::Crash, Some(open)) => {
                if matches!(step, Step::Close) {
                    store.close().unwrap();
                }
                drop(store);
                store = open();
            }
        }
        assert!(store.oldest() >= oldest);
        oldest = store.oldest();
        if !matches!(step, Step::Commit(_)) {
            told.check(&store);
        }
    }
    told.check_conflicts(&store);
    told.check(&store);
    assert!(store.verify().unwrap().state_is_fold);
}

fn run_in_directory(steps: &[Step], engine: StateEngine, limit: usize, keep_history: Retention) {
    let dir = tempdir().unwrap();
    let options = StoreOptions {
        overlay_limit_bytes: limit,
        cache_bytes: limit as u64,
        durability: Durability::Os,
        state_engine: engine,
        keep_history,
        background: false,
        ..StoreOptions::new(1)
    };
    let open = || -> Store { Arc::new(EmbeddedBackend::open(dir.path(), &options).unwrap()) };
    run(steps, open(), Some(&open));
}

fn retention() -> impl Strategy<Value = Retention> {
    prop_oneof![
        4 => Just(Retention::Everything),
        1 => Just(Retention::None),
        2 => (0..9_u64).prop_map(Retention::Commits),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_position_in_memory_is_what_it_was(
        steps in prop::collection::vec(step(), 1..40),
        retention in retention(),
    ) {
        run(&steps, Arc::new(MemoryBackend::keeping(retention)), None);
    }

    #[test]
    fn every_position_in_a_directory_is_what_it_was(
        steps in prop::collection::vec(step(), 1..40),
        retention in retention(),
        limit in prop_oneof![Just(0_usize), Just(20_000), Just(1 << 20)],
    ) {
        run_in_directory(&steps, StateEngine::Sled, limit, retention);
    }
}

#[cfg(feature = "redb")]
proptest! {
    #![proptest_config(ProptestConfig { cases: 20, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_position_in_redb_is_what_it_was(
        steps in prop::collection::vec(step(), 1..40),
        retention in retention(),
        limit in prop_oneof![Just(0_usize), Just(20_000)],
    ) {
        run_in_directory(&steps, StateEngine::Redb, limit, retention);
    }
}
