//! Does the store in a database keep what the others cannot be asked for: several processes, lost connections, rows
//! that somebody changed?

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod cut;
mod model;

use super::fixture::{server, tenant};
use super::*;
use crate::store::Write;

/// Runs a property on the connection string and a tenant of its own, if there is a database.
fn with_tenant(test: &str, property: impl FnOnce(&str, &str)) {
    if let Some(url) = server() {
        property(&url, &tenant(test));
    }
}

fn open(url: &str, tenant: &str) -> PostgresBackend {
    PostgresBackend::open(url, tenant, true, Retention::None).unwrap()
}

fn put(key: &[u8], value: &[u8]) -> Write {
    Write::Put {
        key: key.to_vec(),
        value: value.to_vec(),
    }
}

fn add(key: &[u8], count: i64) -> Write {
    Write::Add {
        key: key.to_vec(),
        count,
        sum: i128::from(count) * 10,
    }
}

fn commit(store: &PostgresBackend, writes: Vec<Write>) -> Position {
    let at = store.head();
    let commit = Commit {
        at,
        writes,
        ..Commit::default()
    };
    store.commit(commit).unwrap()
}

fn get(store: &PostgresBackend, at: Position, key: &[u8]) -> Option<Vec<u8>> {
    store.get_many(at, &[key]).unwrap().pop().unwrap()
}

fn counted(store: &PostgresBackend, at: Position, key: &[u8]) -> Option<i64> {
    let total = get(store, at, key)?;
    Some(i64::from_be_bytes(*total.first_chunk().unwrap()))
}

fn all(store: &PostgresBackend, at: Position) -> Vec<Row> {
    let span = Span::prefix(b"");
    store.scan(at, &span, Direction::Forward, 10_000).unwrap()
}

fn sql(store: &PostgresBackend, script: &str) {
    store.pool.run(|c| c.script(script)).unwrap();
}

#[test]
fn two_stores_of_one_tenant_see_and_hinder_each_other() {
    with_tenant("two_stores", |url, tenant| {
        let (one, other) = (open(url, tenant), open(url, tenant));
        let read = one.pin();
        assert_eq!(commit(&other, vec![put(b"a", b"1")]).get(), 1);
        assert_eq!(one.head().get(), 1);
        assert_eq!(get(&one, one.head(), b"a"), Some(b"1".to_vec()));
        let late = Commit {
            at: read,
            unchanged: vec![b"a".to_vec()],
            writes: vec![put(b"a", b"2")],
            ..Commit::default()
        };
        let refused = one.commit(late);
        assert!(matches!(refused, Err(CommitError::Conflict { key }) if key == b"a"));
        let alone = Commit {
            at: read,
            alone: true,
            ..Commit::default()
        };
        assert!(matches!(
            one.commit(alone),
            Err(CommitError::Conflict { .. })
        ));
        assert_eq!(commit(&one, vec![put(b"b", b"1")]).get(), 2);
        assert!(other.verify().unwrap().state_is_fold);
    });
}

#[test]
fn two_stores_that_write_at_once_lose_nothing_and_leave_no_gap() {
    with_tenant("writing_at_once", |url, tenant| {
        std::thread::scope(|scope| {
            for process in 0..2_u8 {
                scope.spawn(move || {
                    let store = open(url, tenant);
                    for number in 0..150_u8 {
                        commit(&store, vec![add(b"total", 1), put(&[process, number], b"")]);
                    }
                });
            }
        });
        let store = open(url, tenant);
        let head = store.head();
        assert_eq!(head.get(), 300);
        assert_eq!(counted(&store, head, b"total"), Some(300));
        assert_eq!(all(&store, head).len(), 301);
        // The hash chain is checked, and with it that no position is missing.
        let verified = store.verify().unwrap();
        assert_eq!((verified.entries, verified.state_is_fold), (300, true));
    });
}

#[test]
fn every_position_reads_the_same_until_it_is_pruned() {
    with_tenant("history", |url, tenant| {
        let store = open(url, tenant);
        for number in 1..=40_i64 {
            let raise = Write::Raise {
                key: b"max".to_vec(),
                to: (number * 7) % 40,
            };
            let value = number.to_be_bytes();
            let mut writes = vec![add(b"total", 1), raise, put(b"value", &value)];
            if number % 10 == 0 {
                writes.push(add(b"total", -number));
            }
            commit(&store, writes);
        }
        let states = || (0..=40).map(|at| all(&store, Position::from_number(at)));
        let before: Vec<_> = states().collect();
        fold::fold_appended(&store.pool, tenant).unwrap();
        assert!(states().eq(before.iter().cloned()));
        assert_eq!(store.oldest(), Position::START);
        let kept = Position::from_number(25);
        fold::prune(&store.pool, tenant, &store.holder, kept).unwrap();
        assert_eq!(store.oldest(), kept);
        for at in 0..=40 {
            let span = Span::prefix(b"");
            let rows = store.scan(Position::from_number(at), &span, Direction::Forward, 99);
            match rows {
                Ok(rows) => assert_eq!((at >= 25, &rows), (true, &before[at as usize])),
                Err(error) => {
                    assert!(at < 25);
                    let wanted = format!("the snapshot at {at} is gone, the oldest is 25");
                    assert!(error.to_string().starts_with(&wanted), "{error}");
                }
            }
        }
    });
}

#[test]
fn an_instant_leads_to_the_last_commit_before_it() {
    with_tenant("instants", |url, tenant| {
        let store = open(url, tenant);
        for time in [10, 20, 20, 50] {
            let at = store.head();
            let commit = Commit {
                at,
                time,
                ..Commit::default()
            };
            store.commit(commit).unwrap();
        }
        for (time, wanted) in [
            (9, 0),
            (10, 1),
            (19, 1),
            (20, 3),
            (49, 3),
            (50, 4),
            (i64::MAX, 4),
        ] {
            assert_eq!(store.position_at(time).unwrap().get(), wanted, "at {time}");
        }
    });
}

#[test]
fn a_fold_elsewhere_spares_what_is_read_here_while_the_lease_is_young() {
    with_tenant("leases", |url, tenant| {
        let (reader, other) = (open(url, tenant), open(url, tenant));
        let holder = reader.holder.clone();
        // The lease's age is set by hand, so that nothing depends on how long the test takes.
        let aged = |by: &str| {
            let set = format!("UPDATE peyvand_lease SET renewed = now() {by}");
            sql(
                &other,
                &format!("{set} WHERE tenant = '{tenant}' AND holder = '{holder}'"),
            );
        };
        commit(&other, vec![put(b"a", b"1")]);
        let at = reader.pin();
        aged("+ interval '1 hour'");
        commit(&other, vec![put(b"a", b"2")]);
        other.fold().unwrap();
        assert_eq!(get(&reader, at, b"a"), Some(b"1".to_vec()));

        aged("- interval '1 day'");
        other.fold().unwrap();
        let gone = reader.get_many(at, &[b"a"]);
        assert!(matches!(gone, Err(StoreError::SnapshotGone { .. })));
        reader.unpin(at);

        // The lease is not only old but dropped; taking a snapshot makes a new one.
        let at = reader.pin();
        aged("+ interval '1 hour'");
        commit(&other, vec![put(b"a", b"3")]);
        other.fold().unwrap();
        assert_eq!(get(&reader, at, b"a"), Some(b"2".to_vec()));
    });
}

#[test]
fn totals_of_many_additions_are_whole_in_pages_of_any_size() {
    with_tenant("many_additions", |url, tenant| {
        let (store, other) = (open(url, tenant), open(url, tenant));
        for _ in 0..100 {
            commit(&store, vec![add(b"b", 1), add(b"c", 2)]);
        }
        commit(&other, vec![put(b"a", b""), put(b"d", b""), add(b"c", 1)]);
        let at = store.head();
        for direction in [Direction::Forward, Direction::Backward] {
            for limit in 1..=4 {
                let rows = store
                    .scan(at, &Span::prefix(b""), direction, limit)
                    .unwrap();
                let mut keys = [b"a", b"b", b"c", b"d"];
                if direction == Direction::Backward {
                    keys.reverse();
                }
                let found: Vec<&[u8]> = rows.iter().map(|(key, _)| key.as_slice()).collect();
                assert_eq!(found, &keys[..limit]);
            }
        }
        assert_eq!(counted(&store, at, b"b"), Some(100));
        assert_eq!(counted(&store, at, b"c"), Some(201));
    });
}

#[test]
fn a_check_finds_rows_that_somebody_changed() {
    with_tenant("changed_rows", |url, tenant| {
        let store = open(url, tenant);
        for number in 0..5 {
            commit(&store, vec![put(&[b'a' + number], b"1")]);
        }
        let change = |set: &str| sql(&store, &format!("{set} AND tenant = '{tenant}'"));
        change("UPDATE peyvand_state SET value = 'x' WHERE key = 'c'");
        let verified = store.verify().unwrap();
        assert_eq!(verified.first_difference, Some(b"c".to_vec()));
        change("UPDATE peyvand_state SET value = '1' WHERE key = 'c'");
        assert!(store.verify().unwrap().state_is_fold);

        let wrong = |set: &str, wanted: &str| {
            change(set);
            let error = store.verify().unwrap_err();
            assert!(error.to_string().contains(wanted), "{set}: {error}");
        };
        let damage = "UPDATE peyvand_journal SET body = set_byte(body, 20, 9) WHERE position = 3";
        wrong(damage, "entry 3 does not match its hash");
        wrong(
            "DELETE FROM peyvand_journal WHERE position = 2",
            "entry 2 is missing",
        );
        wrong(
            "DELETE FROM peyvand_journal WHERE position = 5",
            "entry 5 is not the one",
        );
    });
}

#[test]
fn a_key_is_refused_that_no_index_takes() {
    with_tenant("long_keys", |url, tenant| {
        let name = format!("{tenant:0<200}");
        let store = open(url, &name);
        // Bytes that do not compress.
        let mut key: Vec<u8> = Vec::new();
        while key.len() < 2400 {
            key.extend_from_slice(blake3::hash(&key).as_bytes());
        }
        key.truncate(2400);
        let at = commit(&store, vec![put(&key, b"longest")]);
        assert_eq!(get(&store, at, &key), Some(b"longest".to_vec()));
        key.push(0);
        let commit = Commit {
            at,
            writes: vec![put(&key, b"")],
            ..Commit::default()
        };
        let refused = store.commit(commit).unwrap_err().to_string();
        assert!(
            refused.contains("a key of 2401 bytes is too long"),
            "{refused}"
        );
        assert_eq!(store.head(), at);
    });
}

#[test]
fn what_cannot_be_opened_says_why() {
    with_tenant("not_opened", |url, tenant| {
        let told = |url: &str, tenant: &str, create| {
            let opened = PostgresBackend::open(url, tenant, create, Retention::None);
            opened.err().unwrap().to_string()
        };
        let said = told(url, tenant, false);
        assert!(said.contains(&format!("no tenant {tenant}")), "{said}");
        let store = open(url, tenant);
        let newer = format!("UPDATE peyvand_head SET format = 9 WHERE tenant = '{tenant}'");
        sql(&store, &newer);
        assert!(told(url, tenant, true).contains("has format 9, this version reads up to 1"));
        for name in ["", "a\0b", &"x".repeat(201)] {
            assert!(told(url, name, true).contains("is no name of a tenant"));
        }
        let said = told("postgresql://host/base?port=many", tenant, true);
        assert!(said.contains("invalid value for option `port`"), "{said}");
        let said = told(&format!("{url}_of_nobody"), tenant, true);
        assert!(said.contains("does not exist"), "{said}");
    });
}
