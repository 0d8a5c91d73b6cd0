//! Is the story of a customer whole, in order, and told to whom it may be?

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{FixedOffset, NaiveDate};
use serde_json::json;

use super::{Customer, as_user, create};
use crate::context::{FixedClock, SeededIds};
use crate::engine::Engine;
use crate::journal::Position;
use crate::record::RecordId;
use crate::session::Session;
use crate::timeline::{Event, EventKind};
use crate::write::Request;

/// All pages, oldest event first.
fn paged(session: &Session, id: RecordId, limit: usize) -> Vec<Event> {
    let mut all: Vec<Event> = Vec::new();
    let mut before: Option<Position> = None;
    loop {
        let page = session.customer_timeline(id, before, limit).unwrap();
        let Some(first) = page.first() else {
            return all;
        };
        before = Some(first.position);
        all.splice(..0, page);
    }
}

fn told(events: &[Event]) -> Vec<(Position, RecordId, EventKind)> {
    let told = |event: &Event| (event.position, event.record, event.kind);
    events.iter().map(told).collect()
}

#[test]
fn what_happened_to_all_that_belongs_is_told_in_the_order_of_the_commits() {
    let of = Customer::new();
    let session = &of.session;
    let call = of.activity(of.zahra, "تماس", json!({}));
    let _ = session.update(of.deal, json!({"stage": "won"})).unwrap();
    let comment = session.comment(of.deal, "تبریک").unwrap().id().unwrap();
    let paper = create(session, "document", json!({"title": "قرارداد"}));
    let attached = create(
        session,
        "attachment",
        json!({"document": paper.to_string(), "record": of.deal.to_string()}),
    );
    let stranger = create(session, "account", json!({"name": "غریبه"}));
    of.activity(stranger, "دیگر", json!({}));
    let message = create(
        session,
        "message",
        json!({"subject": "سلام", "channel": "email", "contact": of.zahra.to_string()}),
    );
    let events = session.customer_timeline(of.account, None, 100).unwrap();
    assert!(events.is_sorted_by_key(|event| event.position));
    let records: Vec<RecordId> = events.iter().map(|event| event.record).collect();
    let last = [call, of.deal, comment, attached, message];
    assert_eq!(records[records.len() - 5..], last);
    let moved = &events[events.len() - 4];
    let fields: Vec<&str> = moved
        .changes
        .iter()
        .map(|(field, ..)| field.as_str())
        .collect();
    assert!(
        moved.kind == EventKind::Updated && fields.contains(&"stage"),
        "{fields:?}"
    );
    assert_eq!(events.last().unwrap().kind, EventKind::Message);
    assert!(!records.contains(&stranger));
    // The record's own timeline is what it was.
    let own = session.timeline(of.account).unwrap();
    assert!(own.iter().all(|event| event.record == of.account));
}

#[test]
fn pages_of_any_size_neither_skip_nor_repeat_while_others_write() {
    let of = Customer::new();
    for day in 1..=9 {
        let made = of.activity(of.zahra, &format!("تماس {day}"), json!({}));
        if day % 3 == 0 {
            let _ = of.session.update(made, json!({"status": "done"})).unwrap();
            let _ = of
                .session
                .update(of.deal, json!({"probability": day}))
                .unwrap();
        }
    }
    // Several of one commit stay together.
    let together = (0..4).map(|number| {
        Request::create("activity", json!({"kind": "task", "subject": format!("کار {number}"), "about": of.deal.to_string()}))
    });
    let _ = of.session.commit(together).unwrap();
    let whole = told(
        &of.session
            .customer_timeline(of.account, None, usize::MAX)
            .unwrap(),
    );
    let distinct: BTreeSet<_> = whole
        .iter()
        .map(|(position, record, _)| (*position, *record))
        .collect();
    assert_eq!(distinct.len(), whole.len());
    for limit in [1, 2, 3, 5, 100] {
        assert_eq!(
            told(&paged(&of.session, of.account, limit)),
            whole,
            "{limit} a page"
        );
    }
    let first = of.session.customer_timeline(of.account, None, 5).unwrap();
    of.activity(of.account, "پس از آن", json!({}));
    let second = of
        .session
        .customer_timeline(of.account, Some(first[0].position), 5)
        .unwrap();
    let both: Vec<_> = told(&second).into_iter().chain(told(&first)).collect();
    assert_eq!(both, whole[whole.len() - both.len()..]);
}

#[test]
fn values_before_a_change_are_told_also_where_the_page_begins_with_it() {
    let of = Customer::new();
    for probability in [10, 20, 30] {
        let _ = of
            .session
            .update(of.deal, json!({"probability": probability}))
            .unwrap();
    }
    let last = of.session.customer_timeline(of.account, None, 1).unwrap();
    let (field, before, after) = &last[0]
        .changes
        .iter()
        .find(|(field, ..)| field == "probability")
        .unwrap();
    let text = |value: &Option<crate::record::Value>| value.as_ref().map(ToString::to_string);
    assert_eq!(
        (field.as_str(), text(before), text(after)),
        ("probability", Some("20".into()), Some("30".into()))
    );
    let whole = of
        .session
        .customer_timeline(of.account, None, usize::MAX)
        .unwrap();
    let paged = paged(&of.session, of.account, 1);
    let changes = |events: &[Event]| {
        events
            .iter()
            .map(|event| event.changes.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(changes(&whole), changes(&paged));
}

#[test]
fn records_of_objects_that_were_added_belong_over_three_references() {
    let of = Customer::new();
    let object = |name: &str, prefix: &str, to: &str| crate::schema::SchemaChange::CreateObject {
        name: name.to_owned(),
        prefix: prefix.to_owned(),
        label: crate::schema::Labels::new(),
        fields: vec![
            crate::schema::Field::new("name", crate::schema::FieldKind::Text),
            crate::schema::Field::new("of", crate::schema::FieldKind::reference(&[to])),
        ],
        key: None,
    };
    for change in [
        object("meter", "mtr", "account"),
        object("reading", "rdg", "meter"),
        object("check", "chk", "reading"),
        object("note", "nte", "check"),
    ] {
        let _ = of.session.change_schema([change]).unwrap();
    }
    let mut above = of.account;
    let mut made = Vec::new();
    for name in ["meter", "reading", "check", "note"] {
        above = create(
            &of.session,
            name,
            json!({"name": "کنتور", "of": above.to_string()}),
        );
        made.push(above);
    }
    let events = of.session.customer_timeline(of.account, None, 100).unwrap();
    let told: BTreeSet<RecordId> = events.iter().map(|event| event.record).collect();
    let belongs: Vec<bool> = made.iter().map(|id| told.contains(id)).collect();
    assert_eq!(belongs, [true, true, true, false]);
}

#[test]
fn a_member_who_may_not_be_seen_leaves_nothing_in_the_story_and_nobody_dealt_with_him() {
    let answers = |with_hidden: bool| {
        let of = Customer::new();
        let session = &of.session;
        session.add_standard_roles().unwrap();
        let user = |login: &str, role: &str| {
            create(
                session,
                "user",
                json!({"login": login, "name": login, "role": role}),
            )
        };
        let (_boss, sara, reza) = (
            user("mina", "administrator"),
            user("sara", "seller"),
            user("reza", "seller"),
        );
        for id in [of.account, of.zahra, of.deal] {
            let _ = session
                .update(id, json!({"owner": sara.to_string()}))
                .unwrap();
        }
        if with_hidden {
            let hidden = create(
                session,
                "opportunity",
                json!({"name": "پنهان", "account": of.account.to_string(), "owner": reza.to_string(), "confidential": true}),
            );
            of.activity(hidden, "پنهان", json!({"status": "done", "at": "2026-03-05T08:00:00Z", "owner": reza.to_string(), "confidential": true}));
        }
        session.enforce_access(true).unwrap();
        let me = as_user(session, sara);
        let events = me.customer_timeline(of.account, None, 4).unwrap();
        let shown = |event: &Event| (event.record, event.kind, event.changes.len());
        let story: Vec<_> = events.iter().map(shown).collect();
        (format!("{story:?}"), me.dealings(of.account).unwrap().len())
    };
    assert_eq!(answers(true), answers(false));
}

#[test]
fn who_dealt_with_a_customer_is_told_with_how_often_and_when_last() {
    let of = Customer::new();
    let session = &of.session;
    let user =
        |login: &str, name: &str| create(session, "user", json!({"login": login, "name": name}));
    let (sara, reza) = (user("sara", "سارا"), user("reza", "رضا"));
    let done = |of_whom: RecordId, at: &str| json!({"status": "done", "at": at, "owner": of_whom.to_string()});
    of.activity(of.account, "نخست", done(sara, "2026-03-01T08:00:00Z"));
    of.activity(of.zahra, "دوم", done(sara, "2026-03-03T08:00:00Z"));
    of.activity(of.deal, "سوم", done(reza, "2026-03-02T08:00:00Z"));
    // What is yet to come is not done.
    of.activity(
        of.deal,
        "فردا",
        json!({"due_on": "2026-03-26", "owner": reza.to_string()}),
    );
    let told = session.dealings(of.account).unwrap();
    let told: Vec<(&str, u64, &str)> = told
        .iter()
        .map(|one| (one.name.as_str(), one.times, one.last_title.as_str()))
        .collect();
    assert_eq!(told, [("سارا", 2, "دوم"), ("رضا", 1, "سوم")]);
    let _ = as_user(session, reza).comment(of.zahra, "دیدم").unwrap();
    let told = session.dealings(of.account).unwrap();
    assert_eq!((told[0].name.as_str(), told[0].times), ("رضا", 2));
}

#[test]
fn who_entered_nothing_on_a_day_of_the_zone_is_told() {
    let clock = Arc::new(FixedClock::at("2026-03-24T12:00:00Z".parse().unwrap()));
    let engine = Engine::in_memory()
        .clock(clock.clone())
        .ids(Arc::new(SeededIds::new(7)))
        .zone(FixedOffset::east_opt(12_600).unwrap());
    let session = engine.open().unwrap().session();
    let user = |login: &str| create(&session, "user", json!({"login": login, "name": login}));
    let (sara, reza, gone) = (user("sara"), user("reza"), user("gone"));
    let _ = session.update(gone, json!({"active": false})).unwrap();
    let account = create(&session, "account", json!({"name": "فولاد"}));
    // Half past midnight in Tehran is the evening before in Greenwich.
    clock.set("2026-03-24T21:00:00Z".parse().unwrap());
    let _ = as_user(&session, sara)
        .update(account, json!({"industry": "فولاد"}))
        .unwrap();
    let _ = as_user(&session, reza).favourite(account).unwrap();
    let on = |day: &str| {
        session
            .users_without_entries(day.parse::<NaiveDate>().unwrap())
            .unwrap()
    };
    assert_eq!(on("2026-03-25"), [reza]);
    assert_eq!(on("2026-03-24"), [sara, reza]);
    assert_eq!(on("2026-03-26"), [sara, reza]);
}
