//! Is every call paid for, and is a plugin that keeps failing paused where everybody sees it?

use serde_json::{Value as Json, json};

use super::*;
use crate::engine::Engine;
use crate::session::Session;

/// Pauses after three failures among four calls, and traps where there are 13 employees.
fn fragile(on_failure: &str) -> Vec<u8> {
    let manifest = MANIFEST
        .replace("reject", on_failure)
        .replace("[[field]]", "[breaker]\nfailures = 3\nof = 4\n\n[[field]]");
    component(&manifest, &[panic_at(13), patching(0, 0, 42)].concat())
}

fn fail_three_times(session: &Session) {
    for _ in 0..3 {
        let refused = lead(session, 13).err();
        assert!(refused.is_none_or(|error| error.to_string().contains("it trapped")));
    }
}

#[test]
fn a_bill_counts_every_call_also_before_it_is_written_and_after_the_store_is_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let engine = Engine::open(dir.path()).unwrap();
    let session = engine.session();
    let bytes = component(MANIFEST, &[panic_at(13), patching(0, 0, 42)].concat());
    let _ = session.install_unsigned_plugin(&bytes, Json::Null).unwrap();
    for number in 0..70 {
        assert_eq!(lead(&session, number).is_ok(), number != 13);
    }
    let bills = engine.daily_bills(None, None).unwrap();
    let [bill] = bills.as_slice() else {
        panic!("one bill: {bills:?}")
    };
    assert_eq!(bill.owner, "plugin:tester");
    assert_eq!(
        (
            bill.calls,
            bill.rows_read,
            bill.rows_written,
            bill.failures,
            bill.time_outs
        ),
        (70, 70, 69, 1, 0)
    );
    assert_eq!(bill.peak_memory_bytes, 4 << 16);
    assert_eq!(
        bill.fuel,
        engine.bills().iter().map(|bill| bill.fuel).sum::<u64>()
    );
    let day = bill.day;
    assert!(engine.daily_bills(day.succ_opt(), None).unwrap().is_empty());
    assert!(engine.daily_bills(None, day.pred_opt()).unwrap().is_empty());
    drop(session);
    engine.close().unwrap();
    let engine = Engine::open(dir.path()).unwrap();
    assert_eq!(engine.daily_bills(Some(day), Some(day)).unwrap(), bills);
    assert!(engine.check().unwrap().ok);
}

#[test]
fn two_writers_lose_nothing_of_a_bill() {
    let engine = Engine::in_memory().open().unwrap();
    let bytes = component(MANIFEST, &patching(0, 0, 42));
    let _ = engine
        .session()
        .install_unsigned_plugin(&bytes, Json::Null)
        .unwrap();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            let session = engine.session();
            scope.spawn(move || (0..200).for_each(|number| drop(lead(&session, number).unwrap())));
        }
    });
    engine.tick().unwrap();
    let bills = engine.daily_bills(None, None).unwrap();
    // A conflict asks again, and what was asked was used.
    let asked: u64 = engine
        .bills()
        .iter()
        .map(|bill| bill.calls)
        .filter(|calls| *calls >= 400)
        .max()
        .unwrap();
    assert_eq!(bills[0].calls, asked);
}

#[test]
fn a_guard_that_keeps_failing_is_paused_and_nothing_passes_it_until_it_is_resumed() {
    let dir = tempfile::tempdir().unwrap();
    let engine = Engine::open(dir.path()).unwrap();
    let session = engine.session();
    let _ = session
        .install_unsigned_plugin(&fragile("reject"), Json::Null)
        .unwrap();
    fail_three_times(&session);
    let pause = session.plugin("tester").unwrap().paused.unwrap();
    assert!(
        pause.reason.starts_with("3 of its last 4 calls failed"),
        "{}",
        pause.reason
    );
    drop(session);
    engine.close().unwrap();
    let engine = Engine::open(dir.path()).unwrap();
    let session = engine.session();
    assert_eq!(session.plugin("tester").unwrap().paused, Some(pause));
    let error = lead(&session, 1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(error.failures()[0].code, "plugin-paused");
    for word in [
        "plugin tester 1.2.3",
        "it is paused",
        "peyvand plugin resume tester",
    ] {
        assert!(error.to_string().contains(word), "{error}");
    }
    // What it does not wake on is none of its business.
    let account = session.create("account", json!({"name": "شرکت نمونه"}));
    assert!(account.is_ok());
    assert!(session.resume_plugin("tester").unwrap().paused.is_none());
    assert!(lead(&session, 1).is_ok());
}

#[test]
fn a_helper_that_keeps_failing_is_skipped_and_that_is_on_its_bill() {
    let engine = Engine::in_memory().open().unwrap();
    let session = engine.session();
    let _ = session
        .install_unsigned_plugin(&fragile("skip"), Json::Null)
        .unwrap();
    fail_three_times(&session);
    assert!(session.plugin("tester").unwrap().paused.is_some());
    let id = lead(&session, 1).unwrap().id().unwrap();
    assert_eq!(session.get(id).unwrap().get("score"), None);
    let bill = engine.daily_bills(None, None).unwrap().remove(0);
    assert_eq!(bill.failures, 4);
    let _ = session.resume_plugin("tester").unwrap();
    let id = lead(&session, 1).unwrap().id().unwrap();
    assert_eq!(
        session.get(id).unwrap().get("score"),
        Some(&Value::Integer(42))
    );
}

#[test]
fn one_bad_record_among_others_pauses_nobody() {
    let engine = Engine::in_memory().open().unwrap();
    let session = engine.session();
    let _ = session
        .install_unsigned_plugin(&fragile("skip"), Json::Null)
        .unwrap();
    for _ in 0..10 {
        let leads = [13, 1].map(|employees| {
            crate::write::Request::create("lead", json!({"name": "x", "employees": employees}))
        });
        let _ = session.commit(leads).unwrap();
    }
    assert!(session.plugin("tester").unwrap().paused.is_none());
}

#[test]
fn fuel_of_a_day_ends_and_comes_back_with_the_next_one() {
    let manifest = MANIFEST.replace("fuel-per-row = 1_000", "fuel-per-day = 1");
    let hook = served(&component(&manifest, &patching(0, 0, 42))).unwrap();
    let leads = leads(&[1]);
    let row = Row {
        verb: Verb::Create,
        id: leads[0].id(),
        before: None,
        after: Some(&leads[0]),
    };
    let on = |days: i64| {
        at_noon(|context| {
            let today = context.today + chrono::TimeDelta::days(days);
            hook.amend(&[row], &HookContext { today, ..*context })
        })
    };
    assert!(on(0).is_ok());
    let message = on(0).err().unwrap().message;
    assert!(message.contains("limits.fuel-per-day"), "{message}");
    assert!(on(1).is_ok());
}
