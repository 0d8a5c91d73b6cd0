//! Totals, status and history follow from what was written, inside the same commit.

use peyvand::EventKind;
use serde_json::json;

use crate::setting::{create, memory, on_disk};

#[test]
fn totals_of_an_account_follow_its_opportunities() {
    let session = memory();
    let account = create(&session, "account", json!({"name": "Alpha"}));
    let other = create(&session, "account", json!({"name": "Beta"}));
    let deals: Vec<_> = (0..3)
        .map(|n| {
            create(
                &session,
                "opportunity",
                json!({"name": format!("D{n}"), "account": account.to_string()}),
            )
        })
        .collect();
    let totals = |id| {
        let json = session.get(id).unwrap().to_json();
        (
            json["open_opportunities"].clone(),
            json["won_opportunities"].clone(),
        )
    };
    assert_eq!(totals(account), (json!(3), json!(0)));
    let _ = session.update(deals[0], json!({"stage": "won"})).unwrap();
    let _ = session
        .update(deals[1], json!({"account": other.to_string()}))
        .unwrap();
    assert_eq!(
        (totals(account), totals(other)),
        ((json!(1), json!(1)), (json!(1), json!(0)))
    );
    let _ = session.delete(deals[0]).unwrap();
    assert_eq!(totals(account), (json!(1), json!(0)));
    let _ = session.restore(deals[0]).unwrap();
    assert_eq!(totals(account), (json!(1), json!(1)));
    assert!(session.engine().check().unwrap().rollups_ok);
}

#[test]
fn the_latest_activity_falls_back_when_the_latest_is_deleted() {
    let session = memory();
    let account = create(&session, "account", json!({"name": "Alpha"}));
    let call = |day: &str| {
        create(
            &session,
            "activity",
            json!({"kind": "call", "subject": "x", "about": account.to_string(), "at": format!("{day}T09:00:00Z")}),
        )
    };
    let (early, late) = (call("2026-01-05"), call("2026-02-07"));
    let latest = || session.get(account).unwrap().to_json()["last_activity_at"].clone();
    assert_eq!(latest(), "2026-02-07T09:00:00Z");
    let _ = session.delete(late).unwrap();
    assert_eq!(latest(), "2026-01-05T09:00:00Z");
    let _ = session
        .update(early, json!({"at": "2026-01-01T09:00:00Z"}))
        .unwrap();
    assert_eq!(latest(), "2026-01-01T09:00:00Z");
    let _ = session.delete(early).unwrap();
    assert_eq!(latest(), json!(null));
    assert!(session.engine().check().unwrap().ok);
}

#[test]
fn an_opportunity_follows_its_stage() {
    let session = memory();
    let id = create(
        &session,
        "opportunity",
        json!({"name": "Deal", "amount": "10 EUR"}),
    );
    let field = |name: &str| session.get(id).unwrap().to_json()[name].clone();
    assert_eq!(
        (field("status"), field("probability")),
        (json!("open"), json!("10"))
    );
    let _ = session
        .update(id, json!({"stage": "proposal", "probability": 65}))
        .unwrap();
    assert_eq!(
        field("probability"),
        "65",
        "a probability that comes with the stage is somebody's judgement"
    );
    let _ = session.update(id, json!({"stage": "lost"})).unwrap();
    assert_eq!(
        (field("status"), field("probability"), field("close_date")),
        (json!("lost"), json!("0"), json!("2026-03-25"))
    );
    assert!(field("closed_at").is_string());
    let _ = session.update(id, json!({"stage": "negotiation"})).unwrap();
    assert_eq!(
        (field("status"), field("closed_at")),
        (json!("open"), json!(null))
    );
}

#[test]
fn a_timeline_says_who_changed_what() {
    let folder = tempfile::tempdir().unwrap();
    let session = on_disk(&folder.path().join("crm"));
    let user = create(&session, "user", json!({"login": "sara", "name": "Sara"}));
    let id = create(&session, "opportunity", json!({"name": "Deal"}));
    let seller = session.engine().session_as(peyvand::Actor::User(user));
    let _ = seller
        .update(id, json!({"stage": "won", "amount": "5 USD"}))
        .unwrap();
    let _ = seller.delete(id).unwrap();
    let events = session.timeline(id).unwrap();
    let kinds: Vec<EventKind> = events.iter().map(|event| event.kind).collect();
    assert_eq!(
        kinds,
        [EventKind::Created, EventKind::Updated, EventKind::Deleted]
    );
    assert_eq!(events[1].actor, peyvand::Actor::User(user));
    let status = events[1]
        .changes
        .iter()
        .find(|(name, ..)| name == "status")
        .unwrap();
    assert_eq!(
        (
            status.1.as_ref().unwrap().to_string(),
            status.2.as_ref().unwrap().to_string()
        ),
        ("open".to_owned(), "won".to_owned())
    );
}

#[test]
fn a_stage_is_made_before_its_opportunities() {
    let session = memory();
    let stage = session.new_id("stage").unwrap();
    let together = [
        peyvand::Request::create_as(
            stage,
            "stage",
            json!({"key": "signed", "name": "Signed", "pipeline": "sales", "outcome": "won"}),
        ),
        peyvand::Request::create(
            "opportunity",
            json!({"name": "Deal", "stage": stage.to_string()}),
        ),
    ];
    let error = session.commit(together.clone()).unwrap_err();
    assert_eq!(error.failures()[0].code, "stage-not-there-yet");
    let [first, second] = together;
    let _ = session.commit([first]).unwrap();
    let deal = session.commit([second]).unwrap().id().unwrap();
    assert_eq!(session.get(deal).unwrap().text("status"), Some("won"));
}
