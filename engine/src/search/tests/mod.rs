//! Is what was written found, by whom may see it, and nothing else?

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod layouts;
mod model;
mod old_store;

use std::sync::Arc;

use serde_json::json;

use super::{Closeness, Found, Search};
use crate::context::{Actor, FixedClock, SeededIds};
use crate::engine::{Engine, EngineBuilder};
use crate::record::RecordId;
use crate::schema::{Field, FieldKind, SchemaChange};
use crate::session::Session;
use crate::session::fixture::create;
use crate::store::spaces;
use crate::write::{Ask, Request, Stored};

fn fixed(builder: EngineBuilder) -> Session {
    let now = "2026-03-25T08:30:00Z".parse().unwrap();
    let builder = builder.clock(Arc::new(FixedClock::at(now)));
    let builder = builder.ids(Arc::new(SeededIds::new(7)));
    builder.open().unwrap().session()
}

fn memory() -> Session {
    fixed(Engine::in_memory())
}

fn contact(session: &Session, name: &str) -> RecordId {
    create(session, "contact", json!({"name": name}))
}

fn found(session: &Session, typed: &str) -> Found {
    session.search(&Search::new(typed)).unwrap()
}

fn titles(session: &Session, typed: &str) -> Vec<String> {
    let hits = found(session, typed).hits.into_iter();
    hits.map(|hit| hit.title).collect()
}

fn checked(session: &Session) {
    let checked = session.engine().check().unwrap();
    assert!(checked.ok, "{:?}", checked.problems);
}

#[test]
fn what_a_commit_writes_is_found_by_the_next_read_and_no_longer_when_it_goes() {
    let session = memory();
    let id = create(
        &session,
        "contact",
        json!({"name": {"title": "دکتر", "given": "سارا", "family": "رضايي"}, "email": "S.Rezaei@Bimeh.ir",
            "mobile": "+98 912 123 4567", "phone": "021-88001234"}),
    );
    for typed in [
        "رضایی",
        "سار",
        "دکتر رضا",
        "رضایی سارا",
        "s.rez",
        "s.rezaei@bimeh.ir",
        "۴۵۶۷",
        "09121234567",
        "+98 912 123 4567",
        "٠٠٩٨٩١٢١٢٣٤٥٦٧",
        "8800 1234",
        "02188001234",
    ] {
        assert_eq!(titles(&session, typed), ["دکتر سارا رضايي"], "{typed}");
    }
    let _ = session.update(id, json!({"name": "Sara Karimi"})).unwrap();
    assert_eq!(titles(&session, "رضایی"), [""; 0]);
    assert_eq!(titles(&session, "karimi"), ["Sara Karimi"]);
    let _ = session.delete(id).unwrap();
    assert_eq!(titles(&session, "karimi"), [""; 0]);
    checked(&session);
    let _ = session.restore(id).unwrap();
    assert_eq!(titles(&session, "4567"), ["Sara Karimi"]);
    checked(&session);
}

#[test]
fn the_nearest_come_first_and_of_equally_near_ones_the_heavier_field_and_the_newer_record() {
    let session = memory();
    let lead = json!({"name": "نگار امینی", "company": "کریمی"});
    for name in ["کریمی‌پور", "علی کریمی", "کریمی", "رضا کریمی"] {
        contact(&session, name);
    }
    create(&session, "lead", lead);
    let hits = found(&session, "کريمي").hits;
    let told: Vec<_> = hits
        .iter()
        .map(|hit| (hit.title.as_str(), hit.closeness))
        .collect();
    assert_eq!(
        told,
        [
            ("کریمی", Closeness::Exact),
            ("نگار امینی", Closeness::Exact),
            ("رضا کریمی", Closeness::Words),
            ("علی کریمی", Closeness::Words),
            ("کریمی‌پور", Closeness::Beginnings),
        ]
    );
    assert_eq!(hits[1].field, "company");
    assert_eq!(titles(&session, "کریمی علی")[0], "علی کریمی");
    // With some of the words, where none has all.
    let part = found(&session, "علی کریمی تهران").hits;
    assert_eq!(
        (part[0].title.as_str(), part[0].closeness),
        ("علی کریمی", Closeness::Part)
    );
}

#[test]
fn only_of_the_objects_asked_for_and_as_many_as_asked_for() {
    let session = memory();
    for number in 0..9 {
        contact(&session, &format!("نسرین {number}"));
    }
    create(&session, "account", json!({"name": "نسرین طب"}));
    let search = Search::new("نسرین").objects(["account"]);
    assert_eq!(session.search(&search).unwrap().hits.len(), 1);
    assert_eq!(
        session
            .search(&Search::new("نسرین").limit(3))
            .unwrap()
            .hits
            .len(),
        3
    );
    assert!(
        session
            .search(&Search::new("x").objects(["acount"]))
            .is_err()
    );
    for nothing in ["", " ", "--", "؟!", &"ا ".repeat(5_000), "\0", "+", "@"] {
        assert_eq!(found(&session, nothing).hits, [], "{nothing:?}");
    }
}

#[test]
fn a_name_is_found_whether_it_is_written_in_one_word_or_two() {
    let session = memory();
    for name in ["محمدرضا یزدی", "محمد رضا یزدی", "محمد‌رضا یزدی"]
    {
        contact(&session, name);
    }
    for typed in ["محمدرضا", "محمد رضا"] {
        assert_eq!(found(&session, typed).hits.len(), 3, "{typed}");
    }
}

fn searchable(session: &Session, field: &str, weight: u8) -> crate::error::Result<()> {
    let (object, field) = ("contact".to_owned(), field.to_owned());
    let change = SchemaChange::SetSearchable {
        object,
        field,
        weight,
    };
    session.change_schema([change]).map(drop)
}

#[test]
fn a_field_that_becomes_searchable_is_filled_and_one_that_is_not_is_emptied() {
    let session = memory();
    let id = create(
        &session,
        "contact",
        json!({"name": "مینا", "job_title": "مدیر فروش"}),
    );
    assert_eq!(titles(&session, "فروش"), [""; 0]);
    searchable(&session, "job_title", 20).unwrap();
    assert_eq!(titles(&session, "فروش"), ["مینا"]);
    checked(&session);
    searchable(&session, "job_title", 95).unwrap();
    checked(&session);
    searchable(&session, "job_title", 0).unwrap();
    assert_eq!(titles(&session, "فروش"), [""; 0]);
    checked(&session);
    for (field, weight) in [("birth_date", 1), ("job_title", 101)] {
        assert!(searchable(&session, field, weight).is_err(), "{field}");
    }
    let field = Field::new("plate", FieldKind::Text).searchable(30);
    let object = "contact".to_owned();
    let _ = session
        .change_schema([SchemaChange::AddField { object, field }])
        .unwrap();
    let _ = session.update(id, json!({"plate": "12 ب 345"})).unwrap();
    assert_eq!(found(&session, "345").hits[0].field, "plate");
    let (object, field) = ("contact".to_owned(), "plate".to_owned());
    let _ = session
        .change_schema([SchemaChange::RetireField { object, field }])
        .unwrap();
    assert_eq!(titles(&session, "345"), [""; 0]);
    checked(&session);
}

#[test]
fn check_tells_of_a_word_too_many_and_one_too_few() {
    let session = memory();
    let id = contact(&session, "مینا").number();
    let (reader, _) = session.engine().read().unwrap();
    let contact = reader.object("contact").unwrap();
    let name = contact.field("name").unwrap();
    for (word, value) in [("تینا", Some(Vec::new())), ("مینا", None)] {
        let rank = name.searchable | super::words::ONLY_WORD;
        let key = spaces::posting(contact.number, word, rank, id, name.number);
        let what = "damage".to_owned();
        let entries = vec![(key, value)];
        let stored = Stored {
            what,
            entries,
            ..Stored::default()
        };
        let _ = session.ask(Ask::Stored(stored)).unwrap();
    }
    let checked = session.engine().check().unwrap();
    assert!(!checked.indexes_ok);
    assert_eq!(
        checked.problems,
        ["search entries: 1 are missing, 1 lead nowhere"]
    );
}

#[test]
fn who_sees_a_part_finds_nothing_else_and_by_nothing_that_is_hidden() {
    let session = memory();
    session.add_standard_roles().unwrap();
    let verbs =
        json!({"objects": {"contact": {"read": "own"}}, "fields": {"contact.mobile": "hidden"}});
    create(
        &session,
        "role",
        json!({"key": "clerk", "name": "Clerk", "definition": verbs}),
    );
    create(
        &session,
        "user",
        json!({"login": "mina", "name": "m", "role": "administrator"}),
    );
    let sara = create(
        &session,
        "user",
        json!({"login": "sara", "name": "s", "role": "clerk"}),
    );
    for (name, owner) in [("نگار یک", "sara"), ("نگار دو", "mina")] {
        create(
            &session,
            "contact",
            json!({"name": name, "owner": owner, "mobile": "+989121234567"}),
        );
    }
    create(&session, "account", json!({"name": "نگار"}));
    session.enforce_access(true).unwrap();
    assert_eq!(found(&session, "نگار").hits.len(), 3);
    assert_eq!(found(&session, "4567").hits.len(), 2);
    let sara = session.engine().session_as(Actor::User(sara));
    assert_eq!(titles(&sara, "نگار"), ["نگار یک"]);
    assert_eq!(titles(&sara, "4567"), [""; 0]);
}

#[test]
fn of_a_name_that_everybody_has_the_best_are_found_and_two_such_names_together() {
    let session = memory();
    let request = |name: String| Request::create("contact", json!({"name": name}));
    let names =
        (0..2_000).map(|number| format!("محمد {}", "ابپتثجچحخد".chars().nth(number % 10).unwrap()));
    let _ = session.commit(names.map(request)).unwrap();
    contact(&session, "محمد");
    let _ = session
        .commit((0..600).map(|_| request("محمدی".to_owned())))
        .unwrap();
    let answer = found(&session, "محمد");
    assert_eq!(answer.hits.len(), 20);
    assert_eq!(
        (answer.hits[0].title.as_str(), answer.hits[1].closeness),
        ("محمد", Closeness::Words)
    );
    assert!(answer.complete);
    assert!(
        found(&session, "محم")
            .hits
            .iter()
            .all(|hit| hit.closeness == Closeness::Beginnings)
    );
    let search = Search::new("محمد پ").limit(200);
    let both = session.search(&search).unwrap();
    assert_eq!((both.hits.len(), both.complete), (200, true));
}

#[test]
fn of_a_word_that_stands_in_a_hidden_field_very_often_no_more_is_read_than_the_bound() {
    let session = memory();
    session.add_standard_roles().unwrap();
    let definition =
        json!({"objects": {"contact": {"read": "all"}}, "fields": {"contact.email": "hidden"}});
    let role = json!({"key": "clerk", "name": "Clerk", "definition": definition});
    create(&session, "role", role);
    let user = |login: &str, role: &str| json!({"login": login, "name": login, "role": role});
    create(&session, "user", user("mina", "administrator"));
    let sara = create(&session, "user", user("sara", "clerk"));
    contact(&session, "محمد");
    let (reader, _) = session.engine().read().unwrap();
    let object = reader.object("contact").unwrap();
    let hidden = object.field("email").unwrap().number;
    let posting = |id: u128| {
        let key = spaces::posting(object.number, "محمد", u8::MAX, id, hidden);
        (key, Some(Vec::new()))
    };
    for part in 0..5 {
        let ids = part * 8_000 + 1..=(part + 1) * 8_000;
        let stored = Stored {
            what: "many".to_owned(),
            entries: ids.map(posting).collect(),
            ..Stored::default()
        };
        let _ = session.ask(Ask::Stored(stored)).unwrap();
    }
    session.enforce_access(true).unwrap();
    let sara = session.engine().session_as(Actor::User(sara));
    let answer = found(&sara, "محمد");
    // The forty thousand come before it, and nobody walks through all of them.
    assert_eq!((answer.hits.len(), answer.complete), (0, false));
}
