//! The four plugins of this repository, installed and at work.

use chrono::{Duration, NaiveDate};
use peyvand::{ErrorKind, Field, FieldKind, Filter, Query, SchemaChange};
use serde_json::{Value as Json, json};

use crate::setting::{codes, component, create, fixed, memory, noon, on_disk};

#[test]
fn a_field_type_normalises_and_refuses() {
    let session = memory();
    let _ = session
        .install_unsigned_plugin(&component("national-id"), Json::Null)
        .unwrap();
    let field = Field::new(
        "person_id",
        FieldKind::Plugin {
            of: "national-id/person-id".to_owned(),
        },
    );
    let _ = session
        .change_schema([SchemaChange::AddField {
            object: "contact".to_owned(),
            field,
        }])
        .unwrap();
    let id = create(
        &session,
        "contact",
        json!({"name": "Sara Ahmadi", "person_id": "۰۰۸۴۵۷۵۹۴-۸"}),
    );
    assert_eq!(
        session.get(id).unwrap().text("person_id"),
        Some("0084575948")
    );
    let record = session.get(id).unwrap();
    let shown = session
        .clone()
        .in_locale(peyvand::Locale::Fa)
        .show(&record, "person_id")
        .unwrap()
        .unwrap();
    assert!(shown.starts_with('۰') && shown.len() > 10, "{shown}");
    let error = session
        .create("contact", json!({"name": "X Y", "person_id": "0084575949"}))
        .unwrap_err();
    assert_eq!(
        error.failures()[0].field.as_deref(),
        Some("person_id"),
        "{error}"
    );
    let error = session.remove_plugin("national-id").unwrap_err();
    assert!(error.to_string().contains("contact.person_id"), "{error}");
    let _ = session.enable_plugin("national-id", false).unwrap();
    let error = session.update(id, json!({"person_id": "0084575948"})).err();
    assert!(error.is_none(), "an unchanged value needs no check");
    assert_eq!(
        codes(
            &session
                .update(id, json!({"person_id": "1111111111"}))
                .unwrap_err()
        ),
        [("field-type".to_owned(), Some("person_id".to_owned()))]
    );
}

#[test]
fn a_score_is_computed_and_explains_itself() {
    let session = memory();
    let info = session
        .install_unsigned_plugin(&component("lead-score"), Json::Null)
        .unwrap();
    assert!(
        info.brings.contains(&"field lead.score".to_owned()),
        "{:?}",
        info.brings
    );
    let poor = create(&session, "lead", json!({"name": "A B"}));
    let rich = create(
        &session,
        "lead",
        json!({"name": "C D", "source": "referral", "email": "c@d.example", "phone": "+982188001234", "company": "Pars", "budget": "900000000 IRR", "employees": 120}),
    );
    let score = |id| {
        session.get(id).unwrap().to_json()["score"]
            .as_i64()
            .unwrap()
    };
    assert!(score(rich) > score(poor), "{} {}", score(rich), score(poor));
    let reasons = session
        .get(rich)
        .unwrap()
        .text("score_reasons")
        .unwrap()
        .to_owned();
    assert!(reasons.contains('+'), "{reasons}");
    let before = score(poor);
    let _ = session.update(poor, json!({"source": "referral"})).unwrap();
    assert!(score(poor) > before);
    let error = session.update(poor, json!({"score": 100})).err();
    // A computed field follows from the others, whatever somebody writes into it.
    assert!(error.is_some() || score(poor) < 100);
}

#[test]
fn a_won_opportunity_brings_one_task_for_its_owner() {
    let session = memory();
    let _ = session
        .install_unsigned_plugin(&component("follow-up"), Json::Null)
        .unwrap();
    let owner = create(&session, "user", json!({"login": "sara", "name": "Sara"}));
    let deal = create(
        &session,
        "opportunity",
        json!({"name": "Deal", "owner": "sara"}),
    );
    let committed = session.update(deal, json!({"stage": "won"})).unwrap();
    assert_eq!(committed.warnings, Vec::<String>::new());
    let tasks = session
        .query(&Query::new("activity").filter(Filter::parse("origin[eq]:follow-up").unwrap()))
        .unwrap()
        .records;
    assert_eq!(tasks.len(), 1);
    let task = tasks[0].to_json();
    assert_eq!(
        (
            task["owner"].as_str(),
            task["about"].as_str(),
            task["kind"].as_str()
        ),
        (
            Some(owner.to_string().as_str()),
            Some(deal.to_string().as_str()),
            Some("call")
        )
    );
    assert!(task["due_on"].as_str().unwrap() > "2026-03-25");
}

#[test]
fn a_quiet_opportunity_is_noticed_once_by_the_daily_workflow() {
    let (builder, clock) = fixed(peyvand::Engine::in_memory());
    let session = builder.open().unwrap().session();
    let _ = session
        .install_unsigned_plugin(&component("follow-up"), Json::Null)
        .unwrap();
    create(&session, "user", json!({"login": "sara", "name": "Sara"}));
    let deal = create(
        &session,
        "opportunity",
        json!({"name": "Quiet deal", "owner": "sara"}),
    );
    create(
        &session,
        "activity",
        json!({"kind": "call", "subject": "first call", "about": deal.to_string(), "at": noon().to_rfc3339(), "status": "done"}),
    );
    let tasks = || {
        session
            .count("activity", &Filter::parse("origin[eq]:follow-up").unwrap())
            .unwrap()
    };
    assert_eq!(session.engine().tick().unwrap(), Vec::<String>::new());
    assert_eq!(tasks(), 0);
    clock.set(noon() + Duration::days(60));
    assert_eq!(session.engine().tick().unwrap(), Vec::<String>::new());
    let after_sixty = tasks();
    assert_eq!(after_sixty, 1);
    assert_eq!(session.engine().tick().unwrap(), Vec::<String>::new());
    assert_eq!(tasks(), after_sixty, "once a day");
}

#[test]
fn the_league_gives_points_for_winning_and_none_for_typing() {
    let session = memory();
    let _ = session
        .install_unsigned_plugin(&component("sales-league"), Json::Null)
        .unwrap();
    let winner = create(&session, "user", json!({"login": "sara", "name": "Sara"}));
    let typist = create(&session, "user", json!({"login": "omid", "name": "Omid"}));
    let day: NaiveDate = "2026-03-25".parse().unwrap();
    let deal = create(
        &session,
        "opportunity",
        json!({"name": "Deal", "owner": "sara", "amount": "900000000 IRR"}),
    );
    for number in 0..30 {
        create(
            &session,
            "opportunity",
            json!({"name": format!("Typed {number}"), "owner": "omid"}),
        );
        create(
            &session,
            "activity",
            json!({"kind": "note", "subject": "typed", "owner": "omid", "status": "done"}),
        );
    }
    let _ = session.update(deal, json!({"stage": "won"})).unwrap();
    let league = session.engine().league(day, day).unwrap();
    assert_eq!(league.standings[0].user, winner);
    assert!(league.standings[0].points > 0);
    assert!(
        league
            .standings
            .iter()
            .all(|standing| standing.user != typist),
        "{:?}",
        league.standings
    );
}

#[test]
fn a_plugin_is_stored_listed_switched_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("crm");
    let lead;
    {
        let session = on_disk(&dir);
        let _ = session
            .install_unsigned_plugin(&component("lead-score"), Json::Null)
            .unwrap();
        lead = create(
            &session,
            "lead",
            json!({"name": "A B", "source": "referral"}),
        );
        assert!(session.get(lead).unwrap().get("score").is_some());
    }
    let session = on_disk(&dir);
    let [info] = session.plugins().unwrap().try_into().unwrap();
    assert_eq!(
        (info.id.as_str(), info.enabled, info.broken.as_deref()),
        ("lead-score", true, None)
    );
    let again = create(&session, "lead", json!({"name": "C D"}));
    assert!(
        session.get(again).unwrap().get("score").is_some(),
        "it runs after the store was opened again"
    );
    let _ = session.enable_plugin("lead-score", false).unwrap();
    let off = create(&session, "lead", json!({"name": "E F"}));
    assert!(session.get(off).unwrap().get("score").is_none());
    session.remove_plugin("lead-score").unwrap();
    assert!(session.plugins().unwrap().is_empty());
    assert!(
        session.get(lead).unwrap().get("score").is_none(),
        "its fields are retired"
    );
    let error = session.plugin("lead-scor").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(session.engine().check().unwrap().ok);
}

#[test]
fn a_plugin_comes_back_with_the_values_it_left() {
    let session = memory();
    let _ = session
        .install_unsigned_plugin(&component("lead-score"), Json::Null)
        .unwrap();
    let lead = create(
        &session,
        "lead",
        json!({"name": "A B", "source": "referral"}),
    );
    let score = session.get(lead).unwrap().get("score").cloned();
    session.remove_plugin("lead-score").unwrap();
    let _ = session
        .install_unsigned_plugin(&component("lead-score"), Json::Null)
        .unwrap();
    assert_eq!(session.get(lead).unwrap().get("score").cloned(), score);
}

#[test]
fn settings_are_checked_against_the_manifest() {
    let session = memory();
    let before = session.engine().position();
    let error = session
        .install_unsigned_plugin(&component("lead-score"), json!({"weight-of-nothing": 3}))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Plugin);
    assert!(error.to_string().contains("weight-of-nothing"), "{error}");
    assert_eq!(session.engine().position(), before);
}
