//! Does what an administrator withholds stay withheld, whatever way a guest asks, and is all that it takes on its bill?
//! The guest does what a lead's `orders` say (`tests/guests/surveyor`).

use std::sync::Mutex;

use serde_json::{Value as Json, json};

use super::grants::Grants;
use super::right::Right;
use super::*;
use crate::record::RecordId;
use crate::session::Session;
use crate::{Engine, WebClient, WebRequest, WebResponse};

fn session() -> Session {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../tests/guests/dist/surveyor.wasm"
    );
    let session = Engine::in_memory().open().unwrap().session();
    let file = std::fs::read(path).unwrap();
    let _ = session.install_unsigned_plugin(&file, Json::Null).unwrap();
    session
}

fn withhold(session: &Session, right: &str) {
    let _ = session.grant_plugin("surveyor", &[], &[right]).unwrap();
}

fn order(session: &Session, orders: &str) -> crate::Result<crate::Committed> {
    session.create(
        "lead",
        json!({"name": "سارا احمدی", "phone": "+989121234567", "orders": orders}),
    )
}

fn findings(session: &Session, orders: &str) -> String {
    let lead = order(session, orders).unwrap().id().unwrap();
    let lead = session.get(lead).unwrap();
    lead.text("findings").unwrap_or_default().to_owned()
}

fn account(session: &Session) -> RecordId {
    let fields = json!({"name": "فولاد", "industry": "steel"});
    session.create("account", fields).unwrap().id().unwrap()
}

#[test]
fn what_is_withheld_is_not_looked_up_either() {
    let session = session();
    let acme = account(&session);
    let get = format!("get|account|{acme}|industry");
    let query = "query|account|industry[eq]:steel||name";
    assert_eq!(findings(&session, &get), "steel");
    assert_eq!(findings(&session, query), "فولاد");
    withhold(&session, "read account.industry");
    assert_eq!(findings(&session, &get), "absent");
    for asked in [
        query,
        "query|account||industry|name",
        "count|account|industry[eq]:steel",
    ] {
        let told = findings(&session, asked);
        assert!(
            told.contains("may not filter or sort by account.industry"),
            "{told}"
        );
        let command = "peyvand plugin grant surveyor \"read account.industry\"";
        assert!(told.contains(command), "{told}");
    }
    withhold(&session, "read account");
    let told = findings(&session, "count|account|");
    assert!(
        told.contains("peyvand plugin grant surveyor \"read account\""),
        "{told}"
    );
}

#[test]
fn what_is_withheld_is_not_done_either_and_the_command_that_gives_it_is_named() {
    for (right, orders) in [
        ("create activity.subject", "child|activity|تماس"),
        ("keep 4096", "keep|a|یک"),
        ("create activity", "chain|then"),
        ("update activity.subject", "chain|then"),
        ("delete activity", "delete|act_00000000000000000000000001"),
        ("send sms", "sms|سلام"),
        ("call api.example.com", "ask|https://api.example.com/score"),
    ] {
        let session = session();
        withhold(&session, right);
        let told = match order(&session, orders) {
            Ok(committed) => committed.warnings.join("; "),
            Err(error) => error.to_string(),
        };
        let command = format!("peyvand plugin grant surveyor \"{right}\"");
        assert!(
            told.contains("plugin surveyor 0.1.0") && told.contains(&command),
            "{right}: {told}"
        );
    }
}

/// Another system that always answers.
struct Other(Mutex<usize>);

impl WebClient for Other {
    fn send(&self, _: &WebRequest) -> Result<WebResponse, String> {
        *self.0.lock().unwrap() += 1;
        Ok(WebResponse::new(200, "خوب"))
    }
}

#[test]
fn a_request_that_waits_is_not_made_once_its_host_is_withheld() {
    let session = session();
    let _ = order(&session, "ask|https://api.example.com/score").unwrap();
    withhold(&session, "call api.example.com");
    let other = Other(Mutex::default());
    let asked = session.engine.ask_others(&other).unwrap();
    assert_eq!(
        (asked.made, asked.failed, *other.0.lock().unwrap()),
        (0, 1, 0)
    );
}

#[test]
fn a_plugin_that_cannot_take_answers_is_paused() {
    let session = session();
    for _ in 0..20 {
        let _ = order(&session, "ask|https://api.example.com/score").unwrap();
    }
    withhold(&session, "create activity");
    let asked = session.engine.ask_others(&Other(Mutex::default())).unwrap();
    assert_eq!((asked.made, asked.warnings.len()), (20, 20));
    let pause = session.plugin("surveyor").unwrap().paused.unwrap();
    assert!(
        pause.reason.contains("on-reply for the reply to"),
        "{}",
        pause.reason
    );
}

#[test]
fn what_was_looked_up_added_and_caused_is_on_the_bill() {
    let session = session();
    let _ = account(&session);
    let used = |orders: &str| {
        let total = || {
            let bills = session.engine.daily_bills(None, None).unwrap();
            let sum = |of: fn(&crate::DayBill) -> u64| bills.iter().map(of).sum::<u64>();
            (sum(|bill| bill.rows_read), sum(|bill| bill.rows_written))
        };
        let before = total();
        let _ = order(&session, orders).unwrap();
        let after = total();
        (after.0 - before.0, after.1 - before.1)
    };
    // The lead itself is shown to two hooks.
    assert_eq!(used(""), (2, 0));
    assert_eq!(used("query|account||name|name"), (3, 1));
    assert_eq!(used("child|activity|تماس\nchild|activity|نامه"), (2, 2));
    assert_eq!(used("chain|then"), (2, 2));
    assert_eq!(used("sms|سلام\nremember|a|b"), (2, 1));
}

#[test]
fn what_a_workflow_asks_and_whom_points_go_to_is_needed_and_cannot_be_withheld_in_silence() {
    let text = r#"
        id = "caller"
        version = "0.1.0"
        contract = "0.1"
        on-failure = "skip"
        [[hook]]
        point = "workflow-action"
        name = "call"
        object = "lead"
        reads = ["id"]
        [[hook]]
        point = "gamification"
        name = "called"
        object = "lead"
        reads = ["status"]
        credit = "owner"
        [[hook.reason]]
        name = "called"
        [[workflow]]
        name = "large"
        object = "lead"
        trigger = "change"
        wakes = ["email"]
        filter = "and(employees[gte]:100,not(id[is_null]:true))"
        action = "call"
    "#;
    let manifest = Manifest::parse(text).unwrap();
    let needed = manifest.rights();
    let schema = standard_schema();
    for field in ["employees", "email", "owner"] {
        let right: Right = format!("read lead.{field}").parse().unwrap();
        assert!(needed.has(&right), "{field}");
        let mut less = needed.clone();
        less.withhold(&right, []).unwrap();
        let grants = Grants::new(&manifest, Some(&less), &schema);
        let error = manifest.bind(&schema, &grants).err().unwrap().to_string();
        let command = format!("peyvand plugin grant caller \"{right}\"");
        assert!(error.contains(&command), "{error}");
    }
    assert!(!needed.may_read("lead", "phone"));
}
