//! Deleting is reversible: the bin knows who, when, and what went along.

use peyvand::ErrorKind;
use serde_json::json;

use crate::setting::{create, memory};

#[test]
fn a_deleted_record_comes_back_with_what_went_along() {
    let session = memory();
    let account = create(
        &session,
        "account",
        json!({"name": "Alpha", "external_id": "A-1"}),
    );
    let contact = create(&session, "contact", json!({"name": "Sara Ahmadi"}));
    let link = create(
        &session,
        "affiliation",
        json!({"contact": contact.to_string(), "account": account.to_string(), "role": "CFO"}),
    );
    let _ = session.delete(account).unwrap();
    let error = session.get(account).unwrap_err();
    assert_eq!(
        (error.kind(), error.remedy()),
        (ErrorKind::NotFound, Some("restore it"))
    );
    assert!(
        session.get(link).is_err(),
        "an affiliation goes with its account"
    );
    assert!(session.get(contact).is_ok(), "a contact stays");
    assert!(
        session
            .restore(link)
            .unwrap_err()
            .to_string()
            .contains(&account.to_string())
    );
    // The unique value is free while its holder is in the bin.
    let other = create(
        &session,
        "account",
        json!({"name": "Beta", "external_id": "a-1"}),
    );
    assert!(
        session
            .restore(account)
            .unwrap_err()
            .to_string()
            .contains("unique")
    );
    let _ = session.update(other, json!({"external_id": null})).unwrap();
    let _ = session.restore(account).unwrap();
    assert_eq!(session.get(link).unwrap().text("role"), Some("CFO"));
    assert_eq!(
        session
            .find("account", "external_id", "A-1")
            .unwrap()
            .unwrap()
            .id(),
        account
    );
    assert!(session.engine().check().unwrap().ok);
}

#[test]
fn what_is_in_use_cannot_be_deleted() {
    let session = memory();
    let deal = create(
        &session,
        "opportunity",
        json!({"name": "Deal", "stage": "proposal"}),
    );
    let stage = session
        .find("stage", "key", "proposal")
        .unwrap()
        .unwrap()
        .id();
    let error = session.delete(stage).unwrap_err();
    assert!(
        error.to_string().contains("1 opportunity record(s)"),
        "{error}"
    );
    let _ = session.update(deal, json!({"stage": "won"})).unwrap();
    let _ = session.delete(stage).unwrap();
}

#[test]
fn a_record_in_the_bin_is_neither_changed_nor_referred_to() {
    let session = memory();
    let account = create(&session, "account", json!({"name": "Alpha"}));
    let _ = session.delete(account).unwrap();
    let error = session
        .update(account, json!({"name": "Beta"}))
        .unwrap_err();
    assert!(error.to_string().contains("in the bin"), "{error}");
    let error = session
        .create(
            "contact",
            json!({"name": "Sara Ahmadi", "account": account.to_string()}),
        )
        .unwrap_err();
    assert_eq!(error.failures()[0].code, "unknown-reference");
}

#[test]
fn what_may_not_be_without_another_does_not_come_back_without_it() {
    let session = memory();
    let account = create(&session, "account", json!({"name": "Alpha"}));
    let contact = create(&session, "contact", json!({"name": "Sara Ahmadi"}));
    let link = create(
        &session,
        "affiliation",
        json!({"contact": contact.to_string(), "account": account.to_string()}),
    );
    let _ = session.delete(link).unwrap();
    let _ = session.delete(account).unwrap();
    let error = session.restore(link).unwrap_err();
    assert!(error.to_string().contains("restore it first"), "{error}");
    let _ = session.restore(account).unwrap();
    let _ = session.restore(link).unwrap();
    assert!(session.engine().check().unwrap().ok);
}
