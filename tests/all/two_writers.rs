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
