//! Is it known who saw and took out what is confidential?

use peyvand::{Engine, LookKind, Looked, Query};
use serde_json::json;

use super::house::House;
use crate::setting::{create, on_disk};

fn kinds(looks: &[Looked]) -> Vec<(LookKind, u64)> {
    looks.iter().map(|look| (look.kind, look.count)).collect()
}

#[test]
fn looks_at_what_is_confidential_are_noted_and_no_others() {
    let house = House::new();
    let secret = house.make(
        "account",
        json!({"name": "راز", "owner": "sara", "confidential": true}),
    );
    let plain = house.make("account", json!({"name": "A", "owner": "sara"}));
    house.define(
        "seller",
        json!({"objects": {"*": {"read": "own", "export": "own"}}}),
    );
    let sara = house.as_user(house.sara);
    for _ in 0..3 {
        assert!(sara.get(secret).is_ok() && sara.get(plain).is_ok());
    }
    assert_eq!(sara.query(&Query::new("account")).unwrap().records.len(), 2);
    let before = house.engine().position();
    assert_eq!(
        sara.export(&Query::new("account")).unwrap().records.len(),
        2
    );
    assert!(house.as_user(house.reza).get(secret).is_err());
    let boss = house.as_user(house.boss);
    let mut seen = boss.who_saw(secret).unwrap();
    assert!(
        seen.iter()
            .all(|look| look.user == house.sara && look.record == secret)
    );
    seen.sort_by_key(|look| look.kind);
    assert_eq!(
        kinds(&seen),
        [
            (LookKind::View, 3),
            (LookKind::Search, 1),
            (LookKind::Export, 1)
        ]
    );
    assert_eq!(
        kinds(&boss.who_exported("account").unwrap()),
        [(LookKind::Export, 1)]
    );
    assert!(boss.who_saw(plain).unwrap().is_empty());
    // All of them are one commit, made by the export before it gave anything, and what is asked of the program is nobody's look.
    assert_eq!(house.engine().position().get(), before.get() + 1);
    assert!(house.session.get(secret).is_ok());
    assert_eq!(boss.who_saw(secret).unwrap().len(), 3);
    // Nobody takes his own trace away.
    let trace = house
        .session
        .query(&Query::new("confidential_look"))
        .unwrap()
        .records[0]
        .id();
    assert!(boss.delete(trace).is_err() && boss.update(trace, json!({"count": 0})).is_err());
    assert!(
        sara.query(&Query::new("confidential_look"))
            .unwrap()
            .records
            .is_empty()
    );
}

#[test]
fn who_may_read_may_not_therefore_export() {
    let house = House::new();
    house.make("account", json!({"name": "A", "owner": "reza"}));
    house.make("account", json!({"name": "B", "owner": "sara"}));
    house.define(
        "seller",
        json!({"objects": {"*": {"read": "all", "export": "own"}}}),
    );
    let sara = house.as_user(house.sara);
    assert_eq!(sara.query(&Query::new("account")).unwrap().records.len(), 2);
    let exported = sara.export(&Query::new("account").limit(1)).unwrap();
    assert_eq!(
        (exported.records[0].title(), exported.has_more),
        ("B".to_owned(), false)
    );
}

#[test]
fn closing_writes_the_looks_down() {
    let dir = tempfile::tempdir().unwrap();
    let session = on_disk(dir.path());
    let _ = session.add_standard_roles().unwrap();
    let boss = create(
        &session,
        "user",
        json!({"login": "mina", "name": "مینا", "role": "administrator"}),
    );
    let secret = create(
        &session,
        "account",
        json!({"name": "راز", "confidential": true}),
    );
    session.enforce_access(true).unwrap();
    let engine = session.engine().clone();
    drop(session);
    let as_boss = |engine: &Engine| engine.session_as(peyvand::Actor::User(boss));
    assert!(as_boss(&engine).get(secret).is_ok());
    engine.close().unwrap();
    let engine = Engine::open(dir.path()).unwrap();
    assert_eq!(
        kinds(&as_boss(&engine).who_saw(secret).unwrap()),
        [(LookKind::View, 1)]
    );
    assert!(engine.check().unwrap().ok);
}

#[test]
fn one_answer_is_one_look_however_often_it_names_the_record() {
    let house = House::new();
    let secret = house.make(
        "account",
        json!({"name": "راز", "owner": "sara", "confidential": true}),
    );
    house.define("seller", json!({"objects": {"*": {"read": "own"}}}));
    let sara = house.as_user(house.sara);
    assert!(sara.customer_view(secret).is_ok());
    let boss = house.as_user(house.boss);
    assert_eq!(kinds(&boss.who_saw(secret).unwrap()), [(LookKind::View, 1)]);
    assert!(boss.who_exported("acount").is_err());
}
