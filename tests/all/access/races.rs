//! Is there always somebody left who administers, whoever writes at the same instant?

use std::sync::Barrier;
use std::thread;

use peyvand::{RecordId, Request, Session};
use serde_json::json;

use crate::setting::{create, memory};

const ROUNDS: usize = 20;

/// Two who administer, and the role by which.
fn two() -> (Session, [RecordId; 2], RecordId) {
    let session = memory();
    let _ = session.add_standard_roles().unwrap();
    let people = ["mina", "سارا"].map(|login| {
        let fields = json!({"login": login, "name": login, "role": "administrator"});
        create(&session, "user", fields)
    });
    let role = session.find("role", "key", "administrator").unwrap();
    (session, people, role.unwrap().id())
}

fn administrators(session: &Session, people: [RecordId; 2], role: RecordId) -> usize {
    let rights = session.get(role).unwrap().to_json();
    let administers = rights["definition"]["administer"] == true;
    let active = people.map(|id| session.get(id).unwrap().to_json()["active"] != false);
    active
        .iter()
        .filter(|active| **active && administers)
        .count()
}

/// Both at once; how many of them were done.
fn at_once(session: &Session, requests: [Request; 2]) -> usize {
    let gate = Barrier::new(2);
    thread::scope(|scope| {
        let writers = requests.map(|request| {
            let (session, gate) = (session.clone(), &gate);
            scope.spawn(move || {
                gate.wait();
                session.commit([request]).is_ok()
            })
        });
        let done = writers.map(|writer| writer.join().unwrap());
        done.iter().filter(|done| **done).count()
    })
}

#[test]
fn of_two_last_administrators_who_go_at_once_one_stays() {
    for _ in 0..ROUNDS {
        let (session, people, role) = two();
        session.enforce_access(true).unwrap();
        let leave = people.map(|id| Request::update(id, json!({"active": false})));
        assert_eq!(at_once(&session, leave), 1);
        assert_eq!(administrators(&session, people, role), 1);
    }
}

#[test]
fn nobody_is_left_without_by_a_role_that_is_changed_while_the_other_one_goes() {
    for _ in 0..ROUNDS {
        let (session, people, role) = two();
        // Mina administers by a role of her own from here on.
        let own = json!({"key": "own", "name": "Own", "definition": {"administer": true}});
        let own = create(&session, "role", own);
        let _ = session
            .update(people[0], json!({"role": own.to_string()}))
            .unwrap();
        session.enforce_access(true).unwrap();
        let harmless = json!({"definition": {"objects": {"*": {"read": "all"}}}});
        let requests = [
            Request::update(own, harmless),
            Request::update(people[1], json!({"active": false})),
        ];
        assert_eq!(at_once(&session, requests), 1);
        let left = session.get(own).unwrap().to_json()["definition"]["administer"] == true
            || administrators(&session, [people[1]; 2], role) > 0;
        assert!(left);
    }
}

#[test]
fn rights_are_not_enforced_over_who_goes_at_the_same_instant() {
    for _ in 0..ROUNDS {
        let (session, people, role) = two();
        let _ = session.update(people[1], json!({"active": false})).unwrap();
        let gate = Barrier::new(2);
        thread::scope(|scope| {
            scope.spawn(|| {
                gate.wait();
                let _ = session.enforce_access(true);
            });
            gate.wait();
            let _ = session.commit([Request::update(people[0], json!({"active": false}))]);
        });
        let left = administrators(&session, people, role);
        assert!(left > 0 || !session.enforces_access().unwrap());
        if left == 0 {
            let error = session.enforce_access(true).unwrap_err().to_string();
            assert!(
                error.contains("no active user has a role that administers"),
                "{error}"
            );
        }
    }
}
