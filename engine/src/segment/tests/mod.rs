//! Is in a segment who belongs there, and is refused what cannot be one?

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod model;
mod together;

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::context::Actor;
use crate::engine::Engine;
use crate::error::ErrorKind;
use crate::query::{Filter, Query};
use crate::record::RecordId;
use crate::schema::SchemaChange;
use crate::session::Session;
use crate::session::fixture::{create, memory};
use crate::timeline::EventKind;
use crate::write::Request;

fn account(session: &Session, name: &str, industry: &str) -> RecordId {
    create(
        session,
        "account",
        json!({"name": name, "industry": industry}),
    )
}

fn by_filter(session: &Session, key: &str, filter: &str) -> RecordId {
    let fields = json!({"key": key, "name": key, "object": "account", "filter": filter});
    create(session, "segment", fields)
}

fn list(session: &Session, key: &str) -> RecordId {
    let fields = json!({"key": key, "name": key, "object": "account", "kind": "list"});
    create(session, "segment", fields)
}

fn joined(session: &Session, key: &str, kind: &str, of: &[&str]) -> RecordId {
    let fields = json!({"key": key, "name": key, "object": "account", "kind": kind, "made_of": of});
    create(session, "segment", fields)
}

fn members(session: &Session, key: &str) -> BTreeSet<RecordId> {
    let filter = Filter::is_in("segment", [key]);
    let page = session
        .query(&Query::new("account").filter(filter).limit(1_000))
        .unwrap();
    let ids: BTreeSet<RecordId> = page.records.iter().map(|record| record.id()).collect();
    assert_eq!(
        session.segment(key).unwrap().count,
        ids.len() as u64,
        "{key}"
    );
    ids
}

fn set(ids: &[RecordId]) -> BTreeSet<RecordId> {
    ids.iter().copied().collect()
}

fn checked(session: &Session) {
    let checked = session.engine().check().unwrap();
    assert!(checked.ok, "{:?}", checked.problems);
}

fn refused(session: &Session, fields: Json) -> String {
    let error = session.create("segment", fields).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
    error.failures()[0].message.clone()
}

#[test]
fn a_segment_is_filled_when_it_is_made_and_follows_every_change() {
    let session = memory();
    let (one, two) = (
        account(&session, "افق", "retail"),
        account(&session, "پتروشیمی", "energy"),
    );
    by_filter(&session, "retail", "industry[eq]:retail");
    assert_eq!(members(&session, "retail"), set(&[one]));
    let _ = session.update(two, json!({"industry": "Retail"})).unwrap();
    assert_eq!(members(&session, "retail"), set(&[one, two]));
    let _ = session.update(one, json!({"industry": null})).unwrap();
    assert_eq!(members(&session, "retail"), set(&[two]));
    let _ = session.delete(two).unwrap();
    assert_eq!(members(&session, "retail"), set(&[]));
    let _ = session.restore(two).unwrap();
    assert_eq!(members(&session, "retail"), set(&[two]));
    let kinds: Vec<EventKind> = session
        .timeline(two)
        .unwrap()
        .iter()
        .map(|event| event.kind)
        .collect();
    use EventKind::{Created, Deleted, EnteredSegment, LeftSegment, Updated};
    assert_eq!(
        kinds,
        [
            Created,
            Updated,
            EnteredSegment,
            Deleted,
            LeftSegment,
            Created,
            EnteredSegment
        ]
    );
    let heard = session
        .engine()
        .changes(crate::journal::Position::START, 1_000)
        .unwrap();
    let entered = heard.iter().flat_map(|change| &change.records);
    assert_eq!(
        entered
            .filter(|touched| touched.kind == EnteredSegment)
            .count(),
        3
    );
    checked(&session);
}

#[test]
fn another_filter_refills_and_a_deleted_segment_leaves_nothing() {
    let session = memory();
    let (one, two) = (
        account(&session, "الف", "retail"),
        account(&session, "ب", "energy"),
    );
    let id = by_filter(&session, "kept", "industry[eq]:retail");
    let position = session.engine().position();
    let _ = session
        .update(id, json!({"filter": "industry[eq]:energy"}))
        .unwrap();
    assert_eq!(session.engine().position().get(), position.get() + 1);
    assert_eq!(members(&session, "kept"), set(&[two]));
    let _ = session
        .update(id, json!({"name": "نام دیگر", "key": "other"}))
        .unwrap();
    assert_eq!(members(&session, "other"), set(&[two]));
    let _ = session.delete(id).unwrap();
    checked(&session);
    let _ = session.restore(id).unwrap();
    assert_eq!(members(&session, "other"), set(&[two]));
    // Segment and record in one commit.
    let three = session.new_id("account").unwrap();
    let requests = [
        Request::create_as(three, "account", json!({"name": "پ", "industry": "bank"})),
        Request::update(id, json!({"filter": "industry[in]:(bank,retail)"})),
    ];
    let _ = session.commit(requests).unwrap();
    assert_eq!(members(&session, "other"), set(&[one, three]));
    checked(&session);
}

#[test]
fn lists_are_what_was_put_on_them_and_segments_are_joined() {
    let session = memory();
    let ids: Vec<RecordId> = ["الف", "ب", "پ", "ت"]
        .iter()
        .map(|name| account(&session, name, "retail"))
        .collect();
    list(&session, "vip");
    list(&session, "invited");
    by_filter(&session, "retail", "industry[eq]:retail");
    for (key, kind, of) in [
        ("either", "union", ["vip", "invited"]),
        ("both", "intersection", ["vip", "invited"]),
        ("rest", "difference", ["retail", "either"]),
    ] {
        joined(&session, key, kind, &of);
    }
    assert_eq!(session.add_to_segment("vip", [ids[0], ids[1]]).unwrap(), 2);
    assert_eq!(session.add_to_segment("vip", [ids[1]]).unwrap(), 0);
    assert_eq!(
        session.add_to_segment("invited", [ids[1], ids[2]]).unwrap(),
        2
    );
    assert_eq!(members(&session, "vip"), set(&ids[..2]));
    assert_eq!(members(&session, "either"), set(&ids[..3]));
    assert_eq!(members(&session, "both"), set(&[ids[1]]));
    assert_eq!(members(&session, "rest"), set(&[ids[3]]));
    assert_eq!(
        session
            .remove_from_segment("vip", [ids[0], ids[3]])
            .unwrap(),
        1
    );
    assert_eq!(members(&session, "rest"), set(&[ids[0], ids[3]]));
    let _ = session.delete(ids[1]).unwrap();
    assert_eq!(members(&session, "both"), set(&[]));
    checked(&session);
    let _ = session.restore(ids[1]).unwrap();
    assert_eq!(members(&session, "both"), set(&[ids[1]]));
    let not = Filter::parse("segment[nin]:(both,rest)").unwrap();
    assert_eq!(session.count("account", &not).unwrap(), 1);
    let and = Filter::parse("and(segment[in]:vip,segment[in]:invited)").unwrap();
    assert_eq!(session.count("account", &and).unwrap(), 1);
    let or = Filter::parse("segment[in]:(either,rest)").unwrap();
    assert_eq!(session.count("account", &or).unwrap(), 4);
    checked(&session);
}

#[test]
fn what_cannot_be_a_segment_is_refused_with_the_reason() {
    let session = memory();
    by_filter(&session, "a", "industry[eq]:retail");
    list(&session, "vip");
    let made = joined(&session, "u", "union", &["a", "vip"]);
    let of = |filter: &str| json!({"key": "x", "name": "x", "object": "account", "filter": filter});
    for (fields, reason) in [
        (of("indstry[eq]:x"), "did you mean 'industry'"),
        (
            of("open_opportunities[gt]:1"),
            "a total changes without the record",
        ),
        (of("created_at[gt]:today-7d"), "relative to now"),
        (of("segment[in]:a"), "join segments"),
        (of("industry[eq"), ""),
        (
            json!({"key": "x", "name": "x", "object": "acount"}),
            "did you mean 'account'",
        ),
        (
            json!({"key": "x", "name": "x", "object": "segment"}),
            "no segments of segment",
        ),
        (
            json!({"key": "x", "name": "x", "object": "account", "kind": "union", "made_of": ["a"]}),
            "2 to 50",
        ),
        (
            json!({"key": "x", "name": "x", "object": "lead", "kind": "union", "made_of": ["a", "vip"]}),
            "not of lead",
        ),
        (
            json!({"key": "x", "name": "x", "object": "account", "kind": "union", "made_of": ["a", "zz"]}),
            "no segment 'zz'",
        ),
    ] {
        let told = refused(&session, fields);
        assert!(told.contains(reason), "{told}");
    }
    joined(&session, "v", "union", &["u", "a"]);
    let error = session
        .update(made, json!({"made_of": ["a", "v"]}))
        .unwrap_err();
    assert!(error.to_string().contains("made of itself"), "{error}");
    let error = session.delete(made).unwrap_err();
    assert!(error.to_string().contains("'v' is made of it"), "{error}");
    let lead = create(&session, "lead", json!({"name": "سارا رضایی"}));
    assert!(session.add_to_segment("vip", [lead]).is_err());
    assert!(session.add_to_segment("a", [lead]).is_err());
    assert!(session.segment("nothing").is_err());
    for filter in [
        "segment[in]:zz",
        "segment[is_null]:true",
        "segment[contains]:a",
    ] {
        assert!(
            session
                .count("account", &Filter::parse(filter).unwrap())
                .is_err(),
            "{filter}"
        );
    }
    assert!(
        session
            .count("lead", &Filter::parse("segment[in]:a").unwrap())
            .is_err()
    );
}

#[test]
fn a_field_that_a_segment_asks_for_is_not_retired() {
    let session = memory();
    let field = json!({"name": "plate", "type": "text"});
    let add = json!({"change": "add_field", "object": "account", "field": field});
    let _ = session
        .change_schema([serde_json::from_value::<SchemaChange>(add).unwrap()])
        .unwrap();
    by_filter(&session, "plated", "plate[is_null]:false");
    let (object, field) = ("account".to_owned(), "plate".to_owned());
    let error = session
        .change_schema([SchemaChange::RetireField { object, field }])
        .unwrap_err();
    assert!(error.to_string().contains("'plated'"), "{error}");
}

#[test]
fn who_sees_a_part_sees_and_counts_the_members_among_it_and_asks_for_nothing_hidden() {
    let session = memory();
    session.add_standard_roles().unwrap();
    let own = json!({"objects": {"account": {"read": "own"}, "segment": {"read": "all"}}, "fields": {"account.employees": "hidden"}});
    create(
        &session,
        "role",
        json!({"key": "own", "name": "Own", "definition": own}),
    );
    create(
        &session,
        "user",
        json!({"login": "mina", "name": "m", "role": "administrator"}),
    );
    let sara = create(
        &session,
        "user",
        json!({"login": "sara", "name": "s", "role": "own"}),
    );
    let mut ids = Vec::new();
    for owner in ["sara", "mina"] {
        let fields = json!({"name": owner, "industry": "retail", "employees": 50, "owner": owner});
        ids.push(create(&session, "account", fields));
    }
    by_filter(&session, "retail", "industry[eq]:retail");
    by_filter(&session, "large", "employees[gt]:10");
    joined(&session, "none", "difference", &["retail", "large"]);
    session.enforce_access(true).unwrap();
    assert_eq!(members(&session, "retail"), set(&ids));
    let sara = session.engine().session_as(Actor::User(sara));
    assert_eq!(members(&sara, "retail"), set(&ids[..1]));
    for hidden in ["large", "none"] {
        assert!(sara.segment(hidden).is_err(), "{hidden}");
        let filter = Filter::is_in("segment", [hidden]);
        assert!(sara.count("account", &filter).is_err(), "{hidden}");
    }
    let known: Vec<String> = sara
        .segments()
        .unwrap()
        .into_iter()
        .map(|one| one.key)
        .collect();
    assert_eq!(known, ["retail"]);
    let _ = session.update(ids[0], json!({"employees": 5})).unwrap();
    let kinds = sara.timeline(ids[0]).unwrap();
    assert!(
        kinds
            .iter()
            .all(|event| event.kind != EventKind::LeftSegment),
        "{kinds:?}"
    );
}

#[test]
fn who_is_erased_is_in_no_segment_and_a_store_that_is_opened_again_has_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let session = Engine::open(dir.path()).unwrap().session();
    let (one, two) = (
        account(&session, "الف", "retail"),
        account(&session, "ب", "retail"),
    );
    by_filter(&session, "retail", "industry[eq]:retail");
    list(&session, "vip");
    session.add_to_segment("vip", [one, two]).unwrap();
    session.erase([one]).unwrap();
    assert_eq!(members(&session, "retail"), set(&[two]));
    assert_eq!(members(&session, "vip"), set(&[two]));
    checked(&session);
    session.engine().clone().close().unwrap();
    drop(session);
    std::fs::remove_dir_all(dir.path().join("state")).unwrap();
    let session = Engine::open(dir.path()).unwrap().session();
    assert_eq!(members(&session, "vip"), set(&[two]));
    account(&session, "پ", "retail");
    assert_eq!(members(&session, "retail").len(), 2);
    checked(&session);
}
