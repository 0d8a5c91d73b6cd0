//! Writers on many threads neither lose nor repeat each other's work.

use std::thread;

use peyvand::{ErrorKind, Request};
use serde_json::json;

use crate::setting::{create, on_disk};

#[test]
fn unique_values_and_totals_stay_right_under_many_writers() {
    let folder = tempfile::tempdir().unwrap();
    let session = on_disk(&folder.path().join("crm"));
    let account = create(&session, "account", json!({"name": "Alpha"}));
    let won: usize = thread::scope(|scope| {
        let writers: Vec<_> = (0..8)
            .map(|_| {
                let session = session.clone();
                scope.spawn(move || {
                    // All threads want the same forty codes: each code has exactly one winner.
                    (0..40)
                        .filter(|code| {
                            let deal = Request::create("opportunity", json!({"name": "D", "account": account.to_string(), "external_id": format!("X{code}")}));
                            match session.commit([deal]) {
                                Ok(_) => true,
                                Err(error) => {
                                    assert_eq!(error.failures()[0].code, "not-unique", "{error}");
                                    false
                                }
                            }
                        })
                        .count()
                })
            })
            .collect();
        writers
            .into_iter()
            .map(|writer| writer.join().unwrap())
            .sum()
    });
    assert_eq!(won, 40);
    assert_eq!(
        session.get(account).unwrap().to_json()["open_opportunities"],
        40
    );
    let checked = session.engine().check().unwrap();
    assert!(checked.ok, "{checked:?}");
}

#[test]
fn of_two_updates_at_one_revision_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    let session = on_disk(&folder.path().join("crm"));
    let id = create(&session, "account", json!({"name": "Alpha"}));
    let results: Vec<_> = thread::scope(|scope| {
        let writers: Vec<_> = (0..6)
            .map(|n| {
                let session = session.clone();
                scope.spawn(move || session.update_at(id, 1, json!({"employees": n})))
            })
            .collect();
        writers
            .into_iter()
            .map(|writer| writer.join().unwrap())
            .collect()
    });
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert!(
        results
            .iter()
            .filter_map(|result| result.as_ref().err())
            .all(|error| error.kind() == ErrorKind::Conflict)
    );
}

#[test]
fn a_latest_total_is_right_when_one_deletes_what_another_adds() {
    let folder = tempfile::tempdir().unwrap();
    let session = on_disk(&folder.path().join("crm"));
    let account = create(&session, "account", json!({"name": "Alpha"}));
    let call = |day: &str| json!({"kind": "call", "subject": "x", "about": account.to_string(), "at": format!("{day}T09:00:00Z")});
    for _ in 0..60 {
        let late = create(&session, "activity", call("2026-06-01"));
        let early = thread::scope(|scope| {
            let delete = scope.spawn(|| session.delete(late).unwrap().position);
            let early = create(&session, "activity", call("2026-05-01"));
            let _ = delete.join().unwrap();
            early
        });
        assert_eq!(
            session.get(account).unwrap().to_json()["last_activity_at"],
            "2026-05-01T09:00:00Z"
        );
        let _ = session.delete(early).unwrap();
    }
    assert!(session.engine().check().unwrap().ok);
}

#[test]
fn a_delete_and_a_new_reference_to_the_deleted_do_not_both_win() {
    let folder = tempfile::tempdir().unwrap();
    let session = on_disk(&folder.path().join("crm"));
    let contact = create(&session, "contact", json!({"name": "Sara Ahmadi"}));
    for _ in 0..60 {
        let account = create(&session, "account", json!({"name": "Alpha"}));
        let link = || {
            session.create(
                "affiliation",
                json!({"contact": contact.to_string(), "account": account.to_string()}),
            )
        };
        let _ = link().unwrap();
        let _ = thread::scope(|scope| {
            let second = scope.spawn(link);
            let _ = session.delete(account).unwrap();
            second.join().unwrap().is_ok()
        });
        assert!(session.get(account).is_err());
    }
    let checked = session.engine().check().unwrap();
    assert!(checked.ok, "{checked:?}");
}

#[test]
fn of_two_installations_each_gets_its_own_version() {
    let folder = tempfile::tempdir().unwrap();
    let session = on_disk(&folder.path().join("crm"));
    let text = |n: usize| {
        format!(
            "//! name: rule\n//! on: account before create\n//! on-failure: skip\n// text {n}\n"
        )
    };
    thread::scope(|scope| {
        for n in 0..8 {
            let (session, text) = (session.clone(), text(n));
            scope.spawn(move || session.install_script(&text).unwrap());
        }
    });
    assert_eq!(session.scripts().unwrap()[0].version, 8);
}
