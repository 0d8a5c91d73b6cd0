//! Does the host give a guest what the contract promises? A real component is asked, which does what a lead's `orders`
//! say (`tests/guests/surveyor`).

use std::sync::{Arc, Mutex};

use chrono::{TimeZone, Utc};
use serde_json::{Value as Json, json};

use crate::context::{FixedClock, SeededIds};
use crate::query::{Filter, Query};
use crate::record::RecordId;
use crate::session::Session;
use crate::session::fixture::create;
use crate::{Engine, ErrorKind, WebClient, WebRequest, WebResponse};

fn component() -> Vec<u8> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../tests/guests/dist/surveyor.wasm"
    );
    std::fs::read(path).unwrap()
}

fn session() -> Session {
    let noon = Utc.with_ymd_and_hms(2026, 3, 21, 12, 0, 0).unwrap();
    let engine = Engine::in_memory()
        .clock(Arc::new(FixedClock::at(noon)))
        .ids(Arc::new(SeededIds::new(7)))
        .open()
        .unwrap();
    let session = engine.session();
    let _ = session
        .install_unsigned_plugin(&component(), Json::Null)
        .unwrap();
    session
}

fn lead(session: &Session, orders: &str) -> RecordId {
    create(
        session,
        "lead",
        json!({"name": "سارا احمدی", "phone": "+989121234567", "orders": orders}),
    )
}

/// What the guest was told.
fn findings(session: &Session, orders: &str) -> String {
    let lead = session.get(lead(session, orders)).unwrap();
    lead.text("findings").unwrap_or_default().to_owned()
}

fn subjects(session: &Session) -> Vec<String> {
    let page = session.query(&Query::new("activity")).unwrap();
    let subjects = page
        .records
        .iter()
        .map(|record| record.text("subject").unwrap().to_owned());
    subjects.collect()
}

#[test]
fn a_guest_gets_and_finds_records() {
    let session = session();
    let acme = create(
        &session,
        "account",
        json!({"name": "فولاد", "industry": "steel"}),
    );
    let _ = create(
        &session,
        "account",
        json!({"name": "آهن", "industry": "oil"}),
    );
    assert_eq!(
        findings(&session, &format!("get|account|{acme}|name")),
        "فولاد"
    );
    assert_eq!(
        findings(&session, "get|account|acc_00000000000000000000000009|name"),
        "missing"
    );
    let found = findings(
        &session,
        "query|account|industry[eq]:steel||name\nquery|account||name|name\ncount|account|",
    );
    assert_eq!(found, "فولاد\nآهن,فولاد\n2");
    assert!(findings(&session, "get|acount|x|name").contains("there is no object 'acount'"));
    assert!(findings(&session, "query|account|nme[eq]:x||name").contains("nme"));
    assert!(
        findings(&session, "get|account|lea_00000000000000000000000001|name")
            .contains("is not the id of a account")
    );
}

#[test]
fn what_is_not_granted_is_absent_and_is_no_question() {
    let session = session();
    let acme = create(
        &session,
        "account",
        json!({"name": "فولاد", "website": "https://acme.example"}),
    );
    assert_eq!(
        findings(&session, &format!("get|account|{acme}|website")),
        "absent"
    );
    for order in [
        "query|account|website[eq]:\"https://acme.example\"||name",
        "query|account||website|name",
        "count|account|not(website[is_null]:true)",
    ] {
        let told = findings(&session, order);
        assert!(
            told.contains("may not filter or sort by account.website"),
            "{told}"
        );
    }
    for (order, wanted) in [
        (
            "query|account|parent.industry[eq]:steel||name",
            "for which it needs account.parent",
        ),
        (
            "query|account||owner.name|name",
            "may not filter or sort by owner.name, for which it needs user.name",
        ),
        (
            "query|activity|about.website[is_null]:true||subject",
            "for which it needs account.website",
        ),
        (
            "count|account|id[under]:acc_00000000000000000000000001",
            "may not filter or sort by id, for which it needs account.parent",
        ),
        (
            "query|activity|abuot.name[eq]:x||subject",
            "'abuot.name' leads to no field from activity",
        ),
        (
            "query|activity|owner[eq]:me||subject",
            "no user asks, so there is no 'me'",
        ),
    ] {
        let told = findings(&session, order);
        assert!(told.contains(wanted), "{order}: {told}");
    }
    let told = findings(&session, "get|contact|con_00000000000000000000000001|name");
    assert!(
        told.contains("plugin surveyor may not read records of contact"),
        "{told}"
    );
}

#[test]
fn the_store_is_written_with_the_record_or_not_at_all() {
    let session = session();
    assert_eq!(
        findings(&session, "kept|a\nkeep|a|یک\nkeep|ab|دو"),
        "nothing"
    );
    assert_eq!(findings(&session, "kept|a\nscan|a\nforget|a"), "یک\na,ab");
    assert_eq!(findings(&session, "kept|a"), "nothing");
    let refused = session.create("lead", json!({"name": "x", "orders": "keep|c|سه\nrefuse"}));
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Refused);
    assert_eq!(findings(&session, "scan|"), "ab");
    let long = "م".repeat(2100);
    let full = session.create(
        "lead",
        json!({"name": "x", "orders": format!("keep|long|{long}")}),
    );
    let told = full.unwrap_err().to_string();
    assert!(told.contains("may keep 4096"), "{told}");
}

#[test]
fn records_are_added_in_the_same_commit() {
    let session = session();
    let before = session.engine.position();
    let lead = lead(&session, "child|activity|تماس");
    assert_eq!(session.engine.position().get(), before.get() + 1);
    let page = session
        .query(&Query::new("activity").filter(Filter::eq("about", lead)))
        .unwrap();
    assert_eq!(page.records[0].text("subject"), Some("تماس"));
    let refused = session.create("lead", json!({"name": "x", "orders": "child|activity|"}));
    assert!(refused.unwrap_err().to_string().contains("subject"));
    let refused = session.create("lead", json!({"name": "x", "orders": "child|account|x"}));
    let told = refused.unwrap_err().to_string();
    assert!(
        told.contains("[[needs]] object = \"account\" verbs = [\"create\"]"),
        "{told}"
    );
}

#[test]
fn text_days_and_numbers_come_from_the_host() {
    let session = session();
    let told = findings(
        &session,
        "fold|علي كريم\ndigits|۰۱۲٣٤\nphone|۰۹۱۲۱۲۳۴۵۶۷\njalali\nhijri",
    );
    assert_eq!(
        told,
        "علی کریم\n01234\n+989121234567\n1405/1/1 Some(20533)\n1447/10/2 Some(20533)"
    );
    let random = findings(&session, "random");
    assert_ne!(random, findings(&session, "random"), "another request");
    let again = self::session();
    assert_eq!(random, findings_after(&again), "the same request");
}

/// The random numbers of the same request as the test's first, in another store.
fn findings_after(session: &Session) -> String {
    let _ = findings(
        session,
        "fold|علي كريم\ndigits|۰۱۲٣٤\nphone|۰۹۱۲۱۲۳۴۵۶۷\njalali\nhijri",
    );
    findings(session, "random")
}

#[test]
fn effects_name_what_earlier_ones_make() {
    let session = session();
    let note = create(
        &session,
        "activity",
        json!({"kind": "note", "subject": "کهنه"}),
    );
    let lead = lead(
        &session,
        &format!("chain|then\ndelete|{note}\nremember|seen|بله\nsms|سلام"),
    );
    assert_eq!(subjects(&session), ["then"]);
    assert_eq!(findings(&session, "kept|seen"), "بله");
    let sent = session.query(&Query::new("message")).unwrap().records;
    assert_eq!(sent[0].text("body_text"), Some("سلام"));
    assert_eq!(sent[0].text("to_address"), Some("+989121234567"));
    assert!(
        sent[0].to_json()["lead"]
            .as_str()
            .is_some_and(|id| id == lead.to_string())
    );
}

/// Another system: what it was asked, and what it answers.
struct Other(Mutex<Vec<WebRequest>>);

impl WebClient for Other {
    fn send(&self, request: &WebRequest) -> Result<WebResponse, String> {
        let mut asked = self.0.lock().unwrap();
        asked.push(request.clone());
        match asked.len() {
            1 => Ok(WebResponse::new(200, "خوب")),
            _ => Err("it is not there".to_owned()),
        }
    }
}

#[test]
fn another_system_is_asked_once_and_its_answer_heard() {
    let session = session();
    let other = Other(Mutex::default());
    let _ = lead(&session, "ask|https://api.example.com/score");
    let asked = session.engine.ask_others(&other).unwrap();
    assert_eq!(
        (asked.made, asked.failed, asked.warnings),
        (1, 0, Vec::new())
    );
    assert_eq!(subjects(&session), ["200 خوب"]);
    let again = session.engine.ask_others(&other).unwrap();
    assert_eq!(again.made, 0);
    let _ = lead(&session, "ask|https://api.example.com/score");
    let failed = session.engine.ask_others(&other).unwrap();
    assert_eq!((failed.made, failed.failed), (1, 1));
    assert_eq!(subjects(&session), ["200 خوب", "it is not there"]);
    let asked = other.0.lock().unwrap();
    let key = |request: &WebRequest| {
        let key = request
            .headers
            .iter()
            .find(|(name, _)| name == "idempotency-key");
        key.unwrap().1.clone()
    };
    assert_ne!(key(&asked[0]), key(&asked[1]));
    let stranger = session.create(
        "lead",
        json!({"name": "x", "orders": "ask|https://evil.example/"}),
    );
    let told = stranger.unwrap().warnings.join("; ");
    assert!(told.contains("[[needs]] host = \"evil.example\""), "{told}");
}

#[test]
fn a_request_of_a_plugin_that_was_switched_off_is_not_made() {
    let session = session();
    let other = Other(Mutex::default());
    let _ = lead(&session, "ask|https://api.example.com/score");
    let _ = session.enable_plugin("surveyor", false).unwrap();
    let asked = session.engine.ask_others(&other).unwrap();
    assert_eq!((asked.made, asked.failed), (0, 1));
    assert!(
        asked.warnings[0].contains("is not enabled any more"),
        "{:?}",
        asked.warnings
    );
    assert!(other.0.lock().unwrap().is_empty());
}

#[test]
fn what_a_hook_read_still_holds_when_its_record_is_saved() {
    let session = session();
    let told = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5 {
                    let found = findings(&session, "count|activity|\nchild|activity|یکی دیگر");
                    told.lock().unwrap().push(found.parse::<u64>().unwrap());
                }
            });
        }
    });
    // Each saw all that were there and no more: none was added between its look and its commit.
    let mut told = told.into_inner().unwrap();
    told.sort_unstable();
    assert_eq!(told, (0..20).collect::<Vec<_>>());
}
