//! Does the plugin answer as a utility would, hook by hook?
#![allow(clippy::unwrap_used, clippy::expect_used)]

use peyvand_plugin::columns::Value;
use peyvand_plugin::manifest::Manifest;
use peyvand_plugin::testing::{Outcome, Rows};
use peyvand_plugin::{Currency, Date, Kind, Money, world};

use super::*;

const TODAY: Date = Date(20_537); // 5 Farvardin 1405

fn manifest() -> Manifest {
    Manifest::read(include_str!("../plugin.toml")).unwrap()
}

fn plugin(set: &[(&str, &str)]) -> Energy {
    Energy::bind(&manifest().settings(set).unwrap()).unwrap()
}

fn hook(point: &str, name: &str, kinds: &[(&str, Kind)]) -> Rows {
    manifest().rows(point, name, kinds).unwrap().today(TODAY)
}

fn rial(amount: i64) -> Value {
    Money {
        amount: Decimal::whole(amount),
        currency: Currency::new("IRR").unwrap(),
    }
    .into()
}

fn codes(outcome: &Outcome) -> Vec<&str> {
    assert_eq!(outcome.faults, Vec::<String>::new());
    outcome
        .refusals
        .iter()
        .map(|refusal| refusal.fault.code)
        .collect()
}

#[test]
fn the_manifest_makes_sense_and_every_hook_is_served() {
    assert_eq!(manifest().faults(), Vec::<String>::new());
    for (point, name) in [
        ("before-save", "bill"),
        ("after-commit", "debt"),
        ("workflow-action", "look-again"),
    ] {
        assert!(Energy::serves(point, name));
    }
    assert!(!Energy::serves("before-save", "nothing"));
    for wrong in ["\"12x\"", "\"\"", "\"1234\""] {
        assert!(Energy::bind(&manifest().settings(&[("company-code", wrong)]).unwrap()).is_err());
    }
}

const READING: [(&str, Kind); 12] = [
    ("point", Kind::Text),
    ("read_on", Kind::Date),
    ("register", Kind::Integer),
    ("kind", Kind::Text),
    ("meter_serial", Kind::Text),
    ("consumption", Kind::Decimal),
    ("days", Kind::Integer),
    ("rolled_over", Kind::Boolean),
    ("over_estimated", Kind::Boolean),
    ("previous", Kind::Text),
    ("follows", Kind::Text),
    ("id", Kind::Text),
];

/// A point whose readings are these, the newest first: id, days ago, register, kind.
fn laid(readings: &[(&str, i32, i64, &str)]) {
    world::clear();
    world::record(
        "metering_point",
        "mtp_1",
        &[
            ("utility", "electricity".into()),
            ("meter_serial", "S-1".into()),
            ("meter_digits", 5.into()),
            ("amperage", 25.into()),
            ("phase", "single".into()),
        ],
    );
    let mut ids = Vec::new();
    for (id, ago, register, kind) in readings {
        let day = TODAY.plus_days(-ago);
        world::record(
            "meter_reading",
            id,
            &[
                ("read_on", day.into()),
                ("register", (*register).into()),
                ("kind", (*kind).into()),
            ],
        );
        ids.push(*id);
    }
    world::finds("meter_reading", "point[eq]:mtp_1", &ids);
}

fn read(ago: i32, register: i64, kind: &str, serial: Option<&str>) -> Outcome {
    let rows = hook("before-save", "reading", &READING).row(|row| {
        let row = row
            .set("id", "mrd_9")
            .set("point", "mtp_1")
            .set("read_on", TODAY.plus_days(-ago))
            .set("register", register)
            .set("kind", kind);
        match serial {
            Some(serial) => row.set("meter_serial", serial),
            None => row,
        }
    });
    rows.before_save(&plugin(&[]))
}

#[test]
fn a_reading_follows_the_one_before() {
    laid(&[("mrd_2", 30, 99_900, "read"), ("mrd_1", 60, 99_000, "read")]);
    let outcome = read(0, 250, "read", None);
    assert_eq!(codes(&outcome), [""; 0]);
    assert_eq!(
        outcome.value(0, "consumption"),
        Some(&Value::Decimal(Decimal::whole(350)))
    );
    assert_eq!(outcome.value(0, "rolled_over"), Some(&Value::Boolean(true)));
    assert_eq!(outcome.text(0, "follows"), Some("mrd_2"));
    assert_eq!(outcome.text(0, "meter_serial"), Some("S-1"));
}

#[test]
fn an_impossible_reading_is_refused_with_its_reason() {
    laid(&[("mrd_1", 30, 12_000, "read")]);
    assert_eq!(codes(&read(0, 11_000, "read", None)), ["below-last"]);
    assert_eq!(codes(&read(0, 16_000, "read", None)), ["too-much"]);
    assert_eq!(codes(&read(-1, 12_100, "read", None)), ["future"]);
    assert_eq!(codes(&read(30, 12_100, "read", None)), ["not-after-last"]);
    assert_eq!(codes(&read(0, 112_100, "read", None)), ["too-many-digits"]);
    assert_eq!(
        codes(&read(0, 12_100, "read", Some("S-2"))),
        ["other-meter"]
    );
    assert_eq!(codes(&read(0, 3, "installed", Some("S-2"))), ["no-removal"]);
    laid(&[
        ("mrd_3", 30, 12_000, "estimated"),
        ("mrd_2", 60, 11_000, "estimated"),
        ("mrd_1", 90, 10_000, "read"),
    ]);
    assert_eq!(
        codes(&read(0, 12_100, "estimated", None)),
        ["too-many-estimates"]
    );
    let outcome = read(0, 11_500, "read", None);
    assert_eq!(
        outcome.value(0, "over_estimated"),
        Some(&Value::Boolean(true))
    );
}

#[test]
fn a_new_meter_begins_where_it_stands() {
    laid(&[("mrd_1", 30, 12_000, "removed")]);
    assert_eq!(codes(&read(0, 12_100, "read", None)), ["meter-removed"]);
    let outcome = read(30, 7, "installed", Some("S-2"));
    assert_eq!(codes(&outcome), [""; 0]);
    assert_eq!(
        outcome.value(0, "consumption"),
        Some(&Value::Decimal(Decimal::ZERO))
    );
}

#[test]
fn a_subscription_number_is_brought_into_form_or_refused() {
    let kinds = [
        ("id", Kind::Text),
        ("number", Kind::Text),
        ("recount", Kind::Text),
        ("debt", Kind::Money),
        ("credit", Kind::Money),
        ("open_bills", Kind::Integer),
        ("oldest_due", Kind::Date),
        ("open_requests", Kind::Integer),
    ];
    let saved = |number: &str| {
        let rows = hook("before-save", "subscriber", &kinds)
            .row(|row| row.set("id", "sbr_1").set("number", number));
        rows.before_save(&plugin(&[]))
    };
    assert_eq!(saved("۱۲۳۴۵۶۷۸-۵").text(0, "number"), Some("123456785"));
    assert_eq!(codes(&saved("۱۲۳۴۵۶۷۸۶")), ["check-digit"]);
    assert_eq!(codes(&saved("۱۲۳")), ["number-length"]);
    assert!(
        saved("123456786").refusals[0]
            .fault
            .message
            .contains("رقم کنترل")
    );
}

#[test]
fn a_payment_pays_the_bill_of_its_slip_and_then_the_oldest() {
    let bill_id = check_digit::bill_id("12345678", "041", "electricity").unwrap();
    let slip = check_digit::payment_id(&bill_id, 500, 1405, 1).unwrap();
    world::clear();
    let bill = |id: &str, balance| {
        let fields = [("balance", rial(balance)), ("subscriber", "sbr_1".into())];
        world::record("utility_bill", id, &fields);
    };
    bill("bil_old", 300_000);
    bill("bil_new", 400_000);
    world::finds(
        "utility_bill",
        "and(subscriber[eq]:sbr_1,is_open[eq]:true)",
        &["bil_old", "bil_new"],
    );
    let named = format!("and(bill_id[eq]:{bill_id},payment_id[eq]:{slip})");
    world::finds("utility_bill", &named, &["bil_new"]);
    let kinds = [
        ("id", Kind::Text),
        ("amount", Kind::Money),
        ("subscriber", Kind::Text),
        ("bill_id", Kind::Text),
        ("payment_id", Kind::Text),
        ("paid_on", Kind::Date),
        ("unallocated", Kind::Money),
        ("recount", Kind::Text),
    ];
    let paid = |amount: i64, payment_id: &str| {
        let rows = hook("before-save", "payment", &kinds).row(|row| {
            row.set("id", "upy_1")
                .set("amount", rial(amount))
                .set("bill_id", bill_id.as_str())
                .set("payment_id", payment_id)
                .set("paid_on", TODAY)
        });
        rows.before_save(&plugin(&[]))
    };
    let outcome = paid(500_000, &slip);
    assert_eq!(codes(&outcome), [""; 0]);
    let parts: Vec<_> = outcome
        .children
        .iter()
        .map(|child| child.fields[1].1.clone())
        .collect();
    assert_eq!(parts, ["bil_new".into(), "bil_old".into()]);
    assert_eq!(outcome.value(0, "unallocated"), Some(&rial(0)));
    assert_eq!(codes(&paid(400_000, &slip)), ["other-amount"]);
    let mistyped = slip.replace('5', "6");
    assert_eq!(codes(&paid(500_000, &mistyped)), ["check-digit"]);
}

#[test]
fn a_promise_has_a_day_an_amount_and_somebody_who_gave_it() {
    let kinds = [
        ("outcome", Kind::Text),
        ("reached", Kind::Text),
        ("relation", Kind::Text),
        ("promised_on", Kind::Date),
        ("promised", Kind::Money),
    ];
    let told = |spoken: bool, ahead: i32| {
        let rows = hook("before-save", "attempt", &kinds).row(|row| {
            let row = row
                .set("outcome", "promise")
                .set("promised", rial(1))
                .set("promised_on", TODAY.plus_days(ahead));
            if spoken {
                row.set("reached", "همسر").set("relation", "family")
            } else {
                row
            }
        });
        rows.before_save(&plugin(&[]))
    };
    assert_eq!(codes(&told(false, 3)), ["who-spoke"]);
    assert_eq!(codes(&told(true, -1)), ["what-promised"]);
    assert_eq!(codes(&told(true, 3)), [""; 0]);
}

#[test]
fn larger_and_older_debts_are_more_urgent() {
    let energy = plugin(&[("large-debt", "1000000")]);
    assert_eq!(
        (energy.priority(0, 0), energy.priority(i128::MAX, i32::MAX)),
        (0, 100)
    );
    assert!(energy.priority(500_000, 90) < energy.priority(500_000, 91 + 10));
    assert!(energy.priority(500_000, 90) < energy.priority(700_000, 90));
}
