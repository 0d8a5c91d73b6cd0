//! Does the write path see what came before, in the store and in the same call?
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{Fields, Request};
use crate::context::{IdSource, SeededIds};
use crate::engine::Engine;
use crate::session::Session;

/// A source that gives one number again and again once it is stuck.
struct Sticky {
    good: SeededIds,
    stuck: AtomicBool,
}

impl IdSource for Sticky {
    fn next(&self, now: DateTime<Utc>) -> u128 {
        match self.stuck.load(Ordering::SeqCst) {
            true => 7,
            false => self.good.next(now),
        }
    }
}

fn session() -> Session {
    Engine::in_memory().open().unwrap().session()
}

fn product(code: &str) -> Fields {
    json!({"code": code, "name": "Lamp"}).into()
}

#[test]
fn an_id_that_its_source_repeats_is_refused() {
    let ids = Arc::new(Sticky {
        good: SeededIds::new(1),
        stuck: AtomicBool::new(false),
    });
    let engine = Engine::in_memory().ids(ids.clone()).open().unwrap();
    let session = engine.session();
    ids.stuck.store(true, Ordering::SeqCst);
    let accounts = || ["One", "Two"].map(|name| Request::create("account", json!({"name": name})));
    let (_, outcomes) = session.commit_each(accounts()).unwrap();
    let codes = |outcomes: &[crate::Result<super::Outcome>]| -> Vec<Option<String>> {
        let code = |outcome: &crate::Result<super::Outcome>| {
            let error = outcome.as_ref().err()?;
            Some(error.failures().first()?.code.clone())
        };
        outcomes.iter().map(code).collect()
    };
    let taken = Some("id-taken".to_owned());
    assert_eq!(codes(&outcomes), [None, taken.clone()]);
    let kept = session.get(outcomes[0].as_ref().unwrap().id.unwrap());
    let (_, outcomes) = session.commit_each(accounts()).unwrap();
    assert_eq!(codes(&outcomes), [taken.clone(), taken]);
    assert_eq!(kept.unwrap().text("name"), Some("One"));
}

#[test]
fn a_natural_key_leads_to_a_record_of_the_same_call() {
    let session = session();
    let pipeline = json!({"key": "service", "name": "Service"});
    let stage = json!({"key": "open", "name": "Open", "pipeline": "service"});
    let made = session
        .commit([
            Request::create("pipeline", pipeline),
            Request::create("stage", stage),
        ])
        .unwrap();
    let pipeline = made.outcomes[0].id.unwrap();
    let stage = session.get(made.outcomes[1].id.unwrap()).unwrap();
    assert_eq!(
        stage.get("pipeline").unwrap().to_string(),
        pipeline.to_string()
    );
}

#[test]
fn a_unique_value_passes_from_record_to_record_in_one_call() {
    let session = session();
    let first = session
        .create("product", product("a"))
        .unwrap()
        .id()
        .unwrap();
    let made = session
        .commit([
            Request::update(first, json!({"code": "b"})),
            Request::create("product", product("A")),
            Request::update(first, json!({"code": "c"})),
        ])
        .unwrap();
    let second = made.outcomes[1].id.unwrap();
    let id_of = |code| {
        session
            .find("product", "code", code)
            .unwrap()
            .map(|found| found.id())
    };
    assert_eq!(
        [id_of("a"), id_of("b"), id_of("c")],
        [Some(second), None, Some(first)]
    );
    assert!(session.create("product", product("c")).is_err());
    assert_eq!(session.engine().check().unwrap().problems, [""; 0]);
}

#[test]
fn another_spelling_of_a_unique_value_is_no_other_value() {
    let session = session();
    let id = session
        .create("product", product("lamp ۱"))
        .unwrap()
        .id()
        .unwrap();
    let _ = session.update(id, json!({"code": "LAMP 1"})).unwrap();
    assert_eq!(session.get(id).unwrap().text("code"), Some("LAMP 1"));
    assert_eq!(
        session
            .find("product", "code", "lamp ١")
            .unwrap()
            .unwrap()
            .id(),
        id
    );
    assert!(session.create("product", product("Lamp 1")).is_err());
    assert_eq!(session.engine().check().unwrap().problems, [""; 0]);
}
