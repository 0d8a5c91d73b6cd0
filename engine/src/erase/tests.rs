//! Is everything of a record gone from every file, and nothing else?

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod broken_off;
mod person;
mod search;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::backup::{RestoreOptions, restore};
use crate::context::SeededIds;
use crate::journal::{Call, Durability, Fault, Faults};
use crate::message::{Channel, MessageDraft, Recipient};
use crate::record::Value;
use crate::store::StateEngine;
use crate::timeline::EventKind;
use crate::write::Request;
use person::{ERASED, KEPT};
use search::Search;

/// Records that go: he himself, his role, the document, two versions, that it is attached to him, five messages and
/// what was said about him.
const ALL: usize = 12;

struct Place {
    folder: TempDir,
    state: StateEngine,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let state = StateEngine::Sled;
        Place { folder, state }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn open(&self, name: &str) -> Engine {
        Engine::builder(self.path(name))
            .ids(Arc::new(SeededIds::new(11)))
            .durability(Durability::Os)
            .overlay_bytes(1 << 20)
            .background(false)
            .state_engine(self.state)
            .open()
            .unwrap()
    }

    fn restore(&self, register: Option<PathBuf>) -> u64 {
        let options = RestoreOptions {
            erased: register,
            ..RestoreOptions::default()
        };
        let restored = restore(self.path("old"), self.path("copy"), &options, &mut |_| {});
        restored.unwrap().erased
    }
}

/// Persons one like the other, in numbers that begin like those of the two.
fn crowd(session: &Session, count: usize) {
    let given = ["علی", "مریم", "Sara", "حسین", "Omid", "زرتاج"];
    let family = ["رضایی", "کریمی", "Ahmadi", "موسوی", "Quill"];
    for from in (0..count).step_by(500) {
        let many = (from..count.min(from + 500)).map(|number| {
            let name = format!("{} {} {number}", given[number % 6], family[number % 5]);
            let phone = format!("0912 77{:05}", 74_000 + number % 400);
            let email = format!("person{number}@example.com");
            Request::create(
                "contact",
                json!({"name": name, "phone": phone, "email": email}),
            )
        });
        let (_, made) = session.commit_each(many).unwrap();
        for (number, made) in made.into_iter().enumerate() {
            let id = made.unwrap().id.unwrap();
            match number % 50 {
                7 => drop(session.update(id, json!({"job_title": "مدیر"})).unwrap()),
                8 => drop(session.delete(id).unwrap()),
                _ => {}
            }
        }
    }
}

/// One who was entered, changed, given a role, and is then to be erased; and another like him.
fn two(session: &Session) -> (RecordId, RecordId, RecordId) {
    let make = |object, fields| session.create(object, fields).unwrap().id().unwrap();
    let erased = make("contact", ERASED.fields());
    let kept = make("contact", KEPT.fields());
    ERASED.documented(session, erased);
    KEPT.documented(session, kept);
    ERASED.corresponded(session, erased);
    KEPT.corresponded(session, kept);
    let firm = make("account", json!({"name": "Pars"}));
    let role =
        json!({"contact": erased.to_string(), "account": firm.to_string(), "role": "Zartoshtian"});
    let along = make("affiliation", role);
    for id in [erased, kept] {
        let description = match id == erased {
            true => ERASED.email,
            false => KEPT.email,
        };
        drop(
            session
                .update(id, json!({"description": description}))
                .unwrap(),
        );
    }
    (erased, kept, along)
}

#[test]
fn one_of_ten_thousand_is_in_no_file_any_longer() {
    one_of_many(10_000, StateEngine::Sled);
}

#[cfg(feature = "redb")]
#[test]
fn nor_where_another_engine_holds_the_state() {
    one_of_many(600, StateEngine::Redb);
}

fn one_of_many(count: usize, state: StateEngine) {
    let place = Place {
        state,
        ..Place::new()
    };
    let engine = place.open("crm");
    let session = engine.session();
    crowd(&session, count / 2);
    let (erased, kept, along) = two(&session);
    let before = engine.position();
    engine.inner.backend.fold().unwrap();
    engine.keep_checkpoint(&mut |_| {}).unwrap();
    crowd(&session, count / 2);
    engine.backup(place.path("old"), &mut |_| {}).unwrap();

    let done = session.erase([erased]).unwrap();
    assert_eq!((done.ids.len(), done.messages), (ALL, 5));
    assert!(done.ids.contains(&along) && done.entries >= 4);
    engine.backup(place.path("new"), &mut |_| {}).unwrap();
    assert!(engine.check().unwrap().ok);
    let told = |error: Error| error.to_string().contains("was erased on");
    assert!(told(session.get(erased).unwrap_err()));
    assert!(told(
        session.as_of(before).unwrap().get(erased).unwrap_err()
    ));
    assert!(told(
        session
            .update(erased, json!({"job_title": "x"}))
            .unwrap_err()
    ));
    assert_eq!(
        session.as_of(before).unwrap().get(kept).unwrap().title(),
        KEPT.name
    );
    let timeline = session.timeline(erased).unwrap();
    assert!(timeline.iter().all(|event| event.kind == EventKind::Erased));
    assert_eq!(timeline.last().unwrap().position, done.position);
    let changes = engine.changes(before, 100_000).unwrap();
    let heard = changes.last().unwrap().records.iter();
    assert!(
        heard
            .clone()
            .any(|touched| touched.id == erased && touched.kind == EventKind::Erased)
    );
    engine.close().unwrap();

    let mut gone = Search {
        found: BTreeMap::new(),
        needles: [
            ERASED.search().needles,
            Search::new(&["Zartoshtian"]).needles,
        ]
        .concat(),
    };
    gone.store(&place.path("crm"), place.state);
    gone.backup(&place.path("new"));
    assert_eq!(gone.found, BTreeMap::new());
    let mut seen = KEPT.search();
    seen.store(&place.path("crm"), place.state);
    seen.backup(&place.path("new"));
    let places = seen.found.values().flatten();
    for kind in ["journal", "state", "checkpoint", "content"] {
        assert!(
            places.clone().any(|place| place.contains(kind)),
            "{kind} is not searched"
        );
    }
    let mut old = ERASED.search();
    old.backup(&place.path("old"));
    assert!(old.found.len() >= 3);

    // The journal alone says the same.
    fs::remove_dir_all(place.path("crm").join("state")).unwrap();
    let engine = place.open("crm");
    assert!(engine.check().unwrap().ok);
    assert!(told(engine.session().get(erased).unwrap_err()));
}

fn small(place: &Place) -> (Engine, RecordId, RecordId) {
    let engine = place.open("crm");
    crowd(&engine.session(), 300);
    let (erased, kept, _) = two(&engine.session());
    (engine, erased, kept)
}

#[test]
fn a_restore_of_an_older_backup_erases_the_same_again() {
    for in_the_folder in [false, true] {
        let place = Place::new();
        let (engine, erased, kept) = small(&place);
        engine.backup(place.path("old"), &mut |_| {}).unwrap();
        let done = engine.session().erase([erased]).unwrap();
        engine.close().unwrap();
        let register = place.path("crm").join("ERASED");
        let restored = match in_the_folder {
            true => {
                fs::create_dir(place.path("copy")).unwrap();
                fs::copy(&register, place.path("copy").join("ERASED")).unwrap();
                place.restore(None)
            }
            false => place.restore(Some(register)),
        };
        assert_eq!(restored, done.ids.len() as u64);
        let mut gone = ERASED.search();
        gone.store(&place.path("copy"), place.state);
        assert_eq!(gone.found, BTreeMap::new());
        let engine = place.open("copy");
        assert!(engine.check().unwrap().ok);
        assert!(engine.session().get(kept).is_ok());
        assert!(
            engine
                .session()
                .get(erased)
                .unwrap_err()
                .to_string()
                .contains("was erased")
        );
        assert!(
            Register::of(&engine)
                .unwrap()
                .unwrap()
                .pending()
                .next()
                .is_none()
        );
    }
}

#[test]
fn a_backup_from_before_there_was_such_a_record_is_restored_as_it_is() {
    let place = Place::new();
    let engine = place.open("crm");
    engine.backup(place.path("old"), &mut |_| {}).unwrap();
    let (erased, ..) = two(&engine.session());
    engine.session().erase([erased]).unwrap();
    engine.close().unwrap();
    assert_eq!(
        place.restore(Some(place.path("crm").join("ERASED"))),
        ALL as u64
    );
    let engine = place.open("copy");
    assert!(engine.check().unwrap().ok);
}

#[test]
fn whichever_call_fails_the_next_open_ends_it() {
    for call in [
        Call::Create,
        Call::Write,
        Call::Sync,
        Call::Rename,
        Call::Remove,
    ] {
        let mut more = 0;
        loop {
            let place = Place::new();
            let faults = Faults::new();
            let engine = Engine::builder(place.path("crm"))
                .faults(&faults)
                .background(false)
                .open()
                .unwrap();
            let (erased, kept, _) = two(&engine.session());
            engine.keep_checkpoint(&mut |_| {}).unwrap();
            faults.fail(call, more, Fault::Torn(11));
            let done = engine.session().erase([erased]);
            assert_eq!(done.is_err(), faults.failed() > 0, "{call:?} {more}");
            drop(engine);
            let failed = faults.failed() > 0;

            let engine = place.open("crm");
            let session = engine.session();
            assert!(engine.check().unwrap().ok);
            assert!(session.get(kept).is_ok());
            if failed && session.get(erased).is_ok() {
                // It had not begun.
                session.erase([erased]).unwrap();
            }
            let pending = Register::of(&engine).unwrap().unwrap().pending().count();
            let marked = session.get(erased).unwrap_err().to_string();
            engine.close().unwrap();
            if marked.contains("was erased") {
                assert_eq!(pending, 0);
                let mut gone = ERASED.search();
                gone.store(&place.path("crm"), place.state);
                assert_eq!(gone.found, BTreeMap::new(), "{call:?} {more}");
            } else {
                assert!(marked.contains("in the bin"), "{marked}");
            }
            if !failed {
                break;
            }
            more += 1;
        }
    }
}

#[test]
fn a_state_that_was_not_swapped_yet_is_found_again() {
    let place = Place::new();
    let (engine, erased, kept) = small(&place);
    engine.close().unwrap();
    let crm = place.path("crm");
    fs::rename(crm.join("state"), crm.join("state.old")).unwrap();
    fs::create_dir(crm.join("state.new")).unwrap();
    let engine = place.open("crm");
    assert!(engine.session().get(kept).is_ok());
    assert!(engine.session().get(erased).is_ok());
    assert!(!crm.join("state.old").exists());
}

#[test]
fn what_was_never_there_and_what_is_in_use_is_refused_and_nothing_is_written() {
    let engine = Engine::in_memory().open().unwrap();
    let session = engine.session();
    let (erased, kept, _) = two(&session);
    let head = engine.position();
    let nobody = session.new_id("contact").unwrap();
    assert_eq!(
        session.erase([kept, nobody]).unwrap_err().kind(),
        ErrorKind::NotFound
    );
    let stages = session.query(&crate::Query::new("stage").limit(1)).unwrap();
    let Some(Value::Reference(pipeline)) = stages.records[0].get("pipeline").cloned() else {
        panic!("a stage without a pipeline");
    };
    let refused = session.erase([kept, pipeline]).unwrap_err();
    assert_eq!(refused.failures()[0].code, "in-use");
    assert_eq!(engine.position(), head);
    session.erase([erased]).unwrap();
    assert!(engine.check().unwrap().ok);
    assert_eq!(session.erase([erased]).unwrap().entries, 0);
    let again = session.commit([Request::create_as(erased, "contact", KEPT.fields())]);
    assert_eq!(again.unwrap_err().failures()[0].code, "id-taken");
}

#[test]
fn a_restore_up_to_a_point_before_an_erasing_is_in_order_without_the_erased() {
    let place = Place::new();
    let (engine, erased, kept) = small(&place);
    let before = engine.position();
    engine.session().erase([erased]).unwrap();
    engine.backup(place.path("old"), &mut |_| {}).unwrap();
    engine.close().unwrap();
    let until = RestoreOptions::default().until(before);
    restore(place.path("old"), place.path("copy"), &until, &mut |_| {}).unwrap();
    let engine = place.open("copy");
    let checked = engine.check().unwrap();
    assert!(checked.ok, "{:?}", checked.problems);
    assert!(engine.session().get(kept).is_ok());
    let gone = engine.session().get(erased).unwrap_err();
    assert!(gone.to_string().contains("was erased on"));
}

#[test]
fn a_message_of_somebody_who_stays_is_kept() {
    let engine = Engine::in_memory().open().unwrap();
    let session = engine.session();
    let make = |name: &str, email: &str| {
        let fields = json!({"name": name, "email": email});
        session.create("contact", fields).unwrap().id().unwrap()
    };
    let (erased, kept) = (
        make("زرتشت", "office@pars.example"),
        make("مریم", "Office@pars.example"),
    );
    let send = |to: Recipient| {
        let mut draft = MessageDraft::new(to, "", "سلام").by(Channel::Email);
        draft.from = Some(("crm@bimeh.example".to_owned(), String::new()));
        session.send(draft).unwrap().id
    };
    let hers = send(Recipient::Record(kept));
    // Both have the address, so that it may be hers.
    let to_both = send(Recipient::Address {
        address: "office@pars.example".to_owned(),
        name: String::new(),
    });
    let his = send(Recipient::Record(erased));
    let done = session.erase([erased]).unwrap();
    assert_eq!((done.ids.len(), done.messages), (2, 1));
    assert!(done.ids.contains(&his));
    assert!(session.get(hers).is_ok() && session.get(to_both).is_ok());
    assert_eq!(session.erase([kept]).unwrap().messages, 2);
    assert!(engine.check().unwrap().ok);
}
