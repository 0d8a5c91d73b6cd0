//! Does the 360 view of a customer show what plugins have of him? Nothing in the engine knows what a meter or a debt is.

use peyvand::{Locale, RecordId, Session};
use serde_json::{Value as Json, json};

use crate::setting::{codes, component, create, memory};

/// A person who has a loan's debt at the bank, and a meter.
fn customer() -> (Session, RecordId, RecordId) {
    let session = memory().in_locale(Locale::Fa);
    for plugin in ["national-id", "banking", "energy"] {
        let _ = session
            .install_unsigned_plugin(&component(plugin), Json::Null)
            .unwrap();
    }
    let firm = create(&session, "account", json!({"name": "نان سحر"}));
    let person = create(
        &session,
        "contact",
        json!({"name": "زهرا رضایی", "mobile": "+989121234567", "account": firm.to_string()}),
    );
    let subscriber = create(
        &session,
        "subscriber",
        json!({"number": "۱۲۳۴۵۶۷۸-۵", "party": person.to_string()}),
    );
    let point = create(
        &session,
        "metering_point",
        json!({
            "number": "۲۰۴۰۱۱۲۲۲", "subscriber": subscriber.to_string(), "utility": "electricity",
            "tariff": "household-electricity", "meter_serial": "۸۸۱۲",
        }),
    );
    for (day, register) in [("2026-01-20", 99_100), ("2026-03-21", 99_460)] {
        let reading = json!({"point": point.to_string(), "read_on": day, "register": register});
        create(&session, "meter_reading", reading);
    }
    create(
        &session,
        "bank_debt",
        json!({
            "title": "مانده کارت اعتباری", "customer": person.to_string(), "amount": "2000000000 IRR",
            "due_on": "2026-01-10",
        }),
    );
    (session, person, subscriber)
}

/// The rows of a panel as they read.
fn rows(session: &Session, of: RecordId, panel: &str) -> Vec<String> {
    let view = session.customer_view(of).unwrap();
    let mut panels = view.panels.into_iter();
    let found = panels.find(|one| one.key.as_deref() == Some(panel));
    let rows = found.unwrap_or_else(|| panic!("no {panel}")).rows.rows;
    let text = |row: peyvand::RowShown| {
        let cells = row.cells.into_iter().map(|cell| cell.text);
        cells.collect::<Vec<_>>().join(" | ")
    };
    rows.into_iter().map(text).collect()
}

#[test]
fn debts_meters_and_readings_are_on_one_card_in_the_language_of_who_looks() {
    let (session, person, subscriber) = customer();
    let debts = rows(&session, person, "bank-debts-of");
    assert!(
        debts.len() == 1 && debts[0].starts_with("مانده کارت اعتباری | 2000000000 IRR"),
        "{debts:?}"
    );
    let points = rows(&session, person, "energy-points-of");
    assert!(points.len() == 1 && points[0].contains("برق"), "{points:?}");
    let readings = rows(&session, person, "energy-readings-of");
    assert_eq!(readings.len(), 2);
    assert!(readings[0].starts_with("2026-03-21"), "{readings:?}");
    // Over three references, from the subscription and from the person.
    assert_eq!(rows(&session, subscriber, "energy-readings-of"), readings);
    let firm = session
        .get(person)
        .unwrap()
        .get("account")
        .unwrap()
        .to_string();
    assert_eq!(
        rows(&session, firm.parse().unwrap(), "bank-debts-of"),
        debts
    );
}

#[test]
fn what_plugins_have_of_a_customer_is_in_his_story_and_leaves_with_them() {
    let (session, person, _) = customer();
    let story = session.customer_timeline(person, None, 100).unwrap();
    let of_meter = |event: &&peyvand::Event| event.record.to_string().starts_with("mrd_");
    assert_eq!(story.iter().filter(of_meter).count(), 2);
    let panels = session.panels(None).unwrap();
    let brought = |plugin: &str| {
        panels
            .iter()
            .filter(|panel| panel.brought_by.as_deref() == Some(plugin))
            .count()
    };
    assert_eq!((brought("banking"), brought("energy")), (4, 6));
    let refused = session.create("panel", json!({"key": "x", "name": "x", "definition": {"on": "contact", "by": "debt", "view": {"object": "bank_debt"}}}));
    assert_eq!(
        codes(&refused.unwrap_err()),
        [("definition".to_owned(), Some("definition".to_owned()))]
    );
}
