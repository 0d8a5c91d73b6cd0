//! An administrator's script amends, refuses and follows up, within limits, and its errors say where.

use peyvand::ErrorKind;
use serde_json::json;

use crate::setting::{create, memory};

const GUARD: &str = r#"//! name: big-deals
//! on: opportunity before create, update
//! on-failure: reject
if record.amount != () && record.amount.amount > 1000000 && record.close_date == () {
    reject("close_date", "a deal of this size needs a close date");
}
if is_new() && record.description == () { record.description = "ثبت خودکار"; }
"#;

#[test]
fn a_script_refuses_and_amends() {
    let session = memory();
    let info = session.install_script(GUARD).unwrap();
    assert_eq!(
        (info.name.as_str(), info.version, info.enabled),
        ("big-deals", 1, true)
    );
    let error = session
        .create(
            "opportunity",
            json!({"name": "Big", "amount": "2000000 USD"}),
        )
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(error.failures()[0].field.as_deref(), Some("close_date"));
    let small = create(
        &session,
        "opportunity",
        json!({"name": "Small", "amount": "20 USD"}),
    );
    assert_eq!(
        session.get(small).unwrap().text("description"),
        Some("ثبت خودکار")
    );
    let _ = session.enable_script("big-deals", false).unwrap();
    create(
        &session,
        "opportunity",
        json!({"name": "Big", "amount": "2000000 USD"}),
    );
    assert!(session.engine().check().unwrap().ok);
}

#[test]
fn what_a_script_sets_is_validated_again() {
    let session = memory();
    let _ = session.install_script("//! name: wrong\n//! on: account before create\n//! on-failure: reject\nrecord.employees = 0 - 5;\n").unwrap();
    let error = session
        .create("account", json!({"name": "Alpha"}))
        .unwrap_err();
    assert_eq!(
        (
            error.failures()[0].code.as_str(),
            error.failures()[0].field.as_deref()
        ),
        ("out-of-range", Some("employees"))
    );
}

#[test]
fn a_faulty_script_is_not_installed_and_says_where() {
    let session = memory();
    let before = session.engine().position();
    for (text, expected) in [
        (
            "//! name: a\n//! on: account before create\n//! on-failure: reject\nif record.name == { }\n",
            "line 5, column 1",
        ),
        (
            "//! name: a\n//! on: account before create\n//! on-failure: reject\nrecord.nmae = \"x\";\n",
            "'name'",
        ),
        (
            "//! name: a\n//! on: acount before create\n//! on-failure: reject\n",
            "'account'",
        ),
        ("record.name = \"x\";\n", "//! on"),
    ] {
        let error = session.install_script(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Script);
        assert!(error.to_string().contains(expected), "{expected}: {error}");
        assert!(!session.check_script(text).unwrap().is_empty());
    }
    assert_eq!(session.engine().position(), before);
}

#[test]
fn an_endless_script_is_stopped_and_named() {
    let session = memory();
    let _ = session.install_script("//! name: spin\n//! on: account before create\n//! on-failure: reject\nlet n = 0;\nloop { n += 1; }\n").unwrap();
    let before = session.engine().position();
    let error = session
        .create("account", json!({"name": "Alpha"}))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    let text = error.to_string();
    assert!(
        text.contains("script spin version 1") && text.contains("line 5"),
        "{text}"
    );
    assert_eq!(
        session.engine().position(),
        before,
        "the store is unchanged"
    );
    let _ = session.install_script("//! name: spin\n//! on: account before create\n//! on-failure: skip\nlet n = 0;\nloop { n += 1; }\n").unwrap();
    create(&session, "account", json!({"name": "Alpha"}));
    let bill = session
        .engine()
        .bills()
        .into_iter()
        .find(|bill| bill.owner.contains("spin"))
        .unwrap();
    assert!(bill.failures > 0 && bill.last_failure.is_some());
}

#[test]
fn a_script_can_be_tried_on_a_record_without_changing_it() {
    let session = memory();
    let id = create(
        &session,
        "opportunity",
        json!({"name": "Deal", "amount": "5000000 USD"}),
    );
    let before = session.engine().position();
    let run = session.run_script(GUARD, id).unwrap();
    assert_eq!(run.refusals.len(), 1);
    assert_eq!(session.engine().position(), before);
}
