//! A rejected write says everything that is wrong, at once, and leaves nothing behind.

use peyvand::{ErrorKind, Request};
use serde_json::json;

use crate::setting::{codes, create, memory};

#[test]
fn all_faults_of_all_requests_are_told_at_once() {
    let session = memory();
    let before = session.engine().position();
    let error = session
        .commit([
            Request::create("account", json!({"nmae": "x", "employees": "many", "email": "nobody", "owner": "ghost"})),
            Request::create("opportunity", json!({"name": "Deal", "stage": "wno", "amount": "12 XYZ", "probability": 130, "status": "won"})),
        ])
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let told: Vec<(usize, &str, &str)> = error
        .failures()
        .iter()
        .map(|failure| {
            (
                failure.request,
                failure.field.as_deref().unwrap_or(""),
                failure.code.as_str(),
            )
        })
        .collect();
    for expected in [
        (0, "nmae", "unknown-field"),
        (0, "employees", "wrong-type"),
        (0, "email", "wrong-type"),
        (0, "owner", "unknown-reference"),
        (0, "name", "required"),
        (1, "stage", "unknown-reference"),
        (1, "amount", "wrong-type"),
        (1, "status", "read-only"),
    ] {
        assert!(told.contains(&expected), "{expected:?} is not in {told:?}");
    }
    let unknown = error
        .failures()
        .iter()
        .find(|failure| failure.code == "unknown-field")
        .unwrap();
    assert!(
        unknown.message.contains("did you mean 'name'?"),
        "{unknown}"
    );
    let of_stage = told
        .iter()
        .filter(|(_, field, _)| *field == "stage")
        .count();
    assert_eq!(of_stage, 1, "one fault of one field is told once: {told:?}");
    assert_eq!(
        session.engine().position(),
        before,
        "a rejected write leaves no entry"
    );
}

#[test]
fn rules_of_the_schema_are_kept() {
    let session = memory();
    let error = session.create("account", json!({})).unwrap_err();
    assert_eq!(
        codes(&error),
        [("required".to_owned(), Some("name".to_owned()))]
    );
    let error = session
        .create("opportunity", json!({"name": "Deal", "probability": 130}))
        .unwrap_err();
    assert_eq!(
        codes(&error),
        [("out-of-range".to_owned(), Some("probability".to_owned()))]
    );
    let error = session.create("acount", json!({"name": "x"})).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(
        error.to_string().contains("did you mean 'account'?"),
        "{error}"
    );
    let error = session.create("account", json!("x")).unwrap_err();
    assert!(
        error
            .failures()
            .iter()
            .any(|failure| failure.message.contains("JSON object")),
        "{error}"
    );
}

#[test]
fn a_unique_value_is_taken_once_however_it_is_typed() {
    let session = memory();
    create(
        &session,
        "product",
        json!({"code": "کتاب ۱۲", "name": "Book"}),
    );
    let error = session
        .create("product", json!({"code": "كتاب 12", "name": "Another"}))
        .unwrap_err();
    assert_eq!(
        codes(&error),
        [("not-unique".to_owned(), Some("code".to_owned()))]
    );
    // Two in one call, of which neither exists yet.
    let twice =
        ["a", "A "].map(|code| Request::create("product", json!({"code": code, "name": "x"})));
    assert_eq!(
        codes(&session.commit(twice).unwrap_err()),
        [("not-unique".to_owned(), Some("code".to_owned()))]
    );
    // A value that its holder gives up in the same call is free.
    let holder = create(&session, "product", json!({"code": "b", "name": "x"}));
    let swap = [
        Request::update(holder, json!({"code": "c"})),
        Request::create("product", json!({"code": "b", "name": "y"})),
    ];
    assert_eq!(session.commit(swap).unwrap().outcomes.len(), 2);
    assert!(session.engine().check().unwrap().ok);
}

#[test]
fn a_stale_revision_is_a_conflict_and_says_what_to_do() {
    let session = memory();
    let id = create(&session, "account", json!({"name": "Alpha"}));
    let _ = session
        .update_at(id, 1, json!({"industry": "retail"}))
        .unwrap();
    let error = session
        .update_at(id, 1, json!({"industry": "energy"}))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains("revision 2"), "{error}");
    assert_eq!(session.get(id).unwrap().text("industry"), Some("retail"));
}

#[test]
fn several_requests_are_one_commit_and_may_refer_to_each_other() {
    let session = memory();
    let account = session.new_id("account").unwrap();
    let before = session.engine().position();
    let committed = session
        .commit([
            Request::create_as(account, "account", json!({"name": "Alpha"})),
            Request::create("contact", json!({"name": {"given": "Sara", "family": "Ahmadi"}, "account": account.to_string()})),
            Request::update(account, json!({"industry": "retail"})),
        ])
        .unwrap();
    assert_eq!(committed.position.get(), before.get() + 1);
    let record = session.get(account).unwrap();
    assert_eq!(
        (record.text("industry"), record.revision()),
        (Some("retail"), 1)
    );
    assert_eq!(record.to_json()["contacts"], 1);
}

#[test]
fn each_good_request_of_a_bulk_load_is_done_and_each_bad_one_told() {
    let session = memory();
    let orphan = session.new_id("account").unwrap();
    let (_, outcomes) = session
        .commit_each([
            Request::create("account", json!({"name": "Good"})),
            Request::create_as(orphan, "account", json!({"employees": 3})),
            Request::create(
                "contact",
                json!({"name": "Sara Ahmadi", "account": orphan.to_string()}),
            ),
            Request::create("account", json!({"name": "Good too"})),
        ])
        .unwrap();
    let done: Vec<bool> = outcomes.iter().map(Result::is_ok).collect();
    assert_eq!(
        done,
        [true, false, false, true],
        "the contact's account was refused, so the contact is refused too"
    );
    assert!(session.engine().check().unwrap().ok);
}

#[test]
fn a_change_that_changes_nothing_writes_nothing() {
    let session = memory();
    let id = create(
        &session,
        "account",
        json!({"name": "Alpha", "industry": "retail"}),
    );
    let before = session.engine().position();
    let committed = session.update(id, json!({"industry": "retail"})).unwrap();
    assert_eq!(committed.outcomes[0].kind, peyvand::OutcomeKind::Unchanged);
    assert_eq!(
        (
            session.engine().position(),
            session.get(id).unwrap().revision()
        ),
        (before, 1)
    );
}

#[test]
fn one_key_is_done_once() {
    let session = memory();
    let ask = || {
        session
            .commit_once(
                "order-77",
                [Request::create("account", json!({"name": "Alpha"}))],
            )
            .unwrap()
    };
    assert_eq!(ask().outcomes[0].kind, peyvand::OutcomeKind::Created);
    assert_eq!(ask().outcomes[0].kind, peyvand::OutcomeKind::DoneBefore);
    assert_eq!(
        session.engine().check().unwrap().records,
        8,
        "a pipeline, six stages and one account"
    );
}

#[test]
fn two_requests_on_one_record_are_one_change_of_it() {
    let session = memory();
    let id = session.new_id("opportunity").unwrap();
    let committed = session
        .commit([
            Request::create_as(id, "opportunity", json!({"name": "Deal"})),
            Request::update(id, json!({"amount": "5 USD", "stage": "proposal"})),
            Request::update(id, json!({"description": "x"})),
        ])
        .unwrap();
    assert_eq!(committed.outcomes.len(), 3);
    let deal = session.get(id).unwrap();
    assert_eq!(
        deal.text("status"),
        Some("open"),
        "hooks judge what is to be"
    );
    assert_eq!(deal.to_json()["probability"], "50");
    assert_eq!(session.timeline(id).unwrap().len(), 1);
    let both = [
        Request::update(id, json!({"amount": "6 USD"})),
        Request::Delete { id, revision: None },
    ];
    let error = session.commit(both).unwrap_err();
    assert_eq!(error.failures()[0].code, "changed-and-deleted");
    assert!(session.engine().check().unwrap().ok);
}

#[test]
fn a_bulk_load_may_change_one_record_again_and_again() {
    let session = memory();
    let id = create(&session, "opportunity", json!({"name": "Deal"}));
    let steps = ["qualification", "proposal", "nowhere", "won"];
    let (_, outcomes) = session
        .commit_each(steps.map(|stage| Request::update(id, json!({"stage": stage}))))
        .unwrap();
    let done: Vec<bool> = outcomes.iter().map(Result::is_ok).collect();
    assert_eq!(done, [true, true, false, true]);
    let deal = session.get(id).unwrap();
    assert_eq!((deal.text("status"), deal.revision()), (Some("won"), 4));
    assert!(session.engine().check().unwrap().ok);
}

#[test]
fn a_value_that_only_a_refused_row_wants_is_free_for_the_next() {
    let session = memory();
    let refuse = "//! name: no-ghosts\n//! on: account before create\n//! on-failure: reject\nif record.name == \"Ghost\" { reject(\"no ghosts\"); }\n";
    let _ = session.install_script(refuse).unwrap();
    let row = |name: &str| Request::create("account", json!({"name": name, "external_id": "X1"}));
    let (_, outcomes) = session
        .commit_each([row("Ghost"), row("Alpha"), row("Beta")])
        .unwrap();
    let done: Vec<bool> = outcomes.iter().map(Result::is_ok).collect();
    assert_eq!(done, [false, true, false]);
    assert_eq!(
        outcomes[2].as_ref().unwrap_err().remedy(),
        Some("update the record that has the value, or give another one")
    );
}
