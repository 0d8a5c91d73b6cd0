//! Are applications and debts held against what the bank says?

#![allow(clippy::unwrap_used, clippy::expect_used)]

use peyvand_plugin::manifest::Manifest;
use peyvand_plugin::testing::{NewRow, Outcome, Rows};
use peyvand_plugin::{Currency, Date, Decimal, Kind, Money, Plugin, Value, world};

use crate::days::Age;
use crate::{Banking, debt};

const MANIFEST: &str = include_str!("../plugin.toml");

fn bank(language: &str) -> Banking {
    let language = format!("\"{language}\"");
    let set = [
        ("language", language.as_str()),
        ("calendar", "\"gregorian\""),
    ];
    Banking::bind(&manifest().settings(&set).unwrap()).unwrap()
}

fn rial(amount: i64) -> Money {
    let currency = Currency::new("IRR").unwrap();
    Money {
        amount: Decimal::whole(amount),
        currency,
    }
}

fn today() -> Date {
    Date::new(2026, 3, 25).unwrap()
}

/// A product with limits, a customer of thirty.
fn world() {
    world::clear();
    let fields: Vec<(&str, Value)> = vec![
        ("kind", "loan".into()),
        ("active", true.into()),
        ("min_amount", rial(100_000_000).into()),
        ("max_amount", rial(3_000_000_000).into()),
        ("min_term", 6.into()),
        ("max_term", 36.into()),
        ("rate", Decimal::whole(18).into()),
        ("method", "annuity".into()),
        ("max_share", Decimal::whole(40).into()),
        ("min_age", 18.into()),
        ("max_age", 65.into()),
        ("security", "guarantor".into()),
        ("guarantors_from", rial(500_000_000).into()),
        ("guarantors", 2.into()),
    ];
    world::record("bank_product", "p", &fields);
    let born: Value = Date::new(1996, 1, 1).unwrap().into();
    world::record(
        "contact",
        "c",
        &[("birth_date", born), ("bank_kyc", "full".into())],
    );
}

const KINDS: [(&str, Kind); 20] = [
    ("id", Kind::Text),
    ("kind", Kind::Text),
    ("product", Kind::Text),
    ("applicant", Kind::Text),
    ("branch", Kind::Text),
    ("amount", Kind::Money),
    ("term_months", Kind::Integer),
    ("income", Kind::Money),
    ("other_instalments", Kind::Money),
    ("iban", Kind::Text),
    ("collateral_value", Kind::Money),
    ("card_limit", Kind::Money),
    ("requested_on", Kind::Date),
    ("decided_on", Kind::Date),
    ("signed_on", Kind::Date),
    ("first_due_on", Kind::Date),
    ("step", Kind::Text),
    ("rate", Kind::Decimal),
    ("method", Kind::Text),
    ("security", Kind::Text),
];

fn manifest() -> Manifest {
    Manifest::read(MANIFEST).unwrap()
}

fn applications() -> Rows {
    let rows = manifest().rows("before-save", "application", &KINDS);
    rows.unwrap().today(today())
}

fn loan(row: NewRow) -> NewRow {
    row.set("id", "a")
        .set("kind", "loan")
        .set("product", "p")
        .set("applicant", "c")
        .set("amount", rial(300_000_000))
        .set("term_months", 24)
        .set("income", rial(60_000_000))
}

fn checked(bank: &Banking, change: impl FnOnce(NewRow) -> NewRow) -> Outcome {
    world();
    let outcome = applications()
        .row(|row| change(loan(row)))
        .before_save(bank);
    assert_eq!(outcome.faults, Vec::<String>::new());
    outcome
}

fn codes(outcome: &Outcome) -> Vec<&str> {
    outcome
        .refusals
        .iter()
        .map(|refusal| refusal.fault.code)
        .collect()
}

#[test]
fn the_manifest_makes_sense() {
    assert_eq!(manifest().faults(), Vec::<String>::new());
}

#[test]
fn an_application_within_the_limits_takes_the_products_terms() {
    let outcome = checked(&bank("fa"), |row| {
        row.set("iban", "ir82 0540 1026 8002 0817 9090 02")
    });
    assert_eq!(codes(&outcome), Vec::<&str>::new());
    assert_eq!(outcome.value(0, "rate"), Some(&Decimal::whole(18).into()));
    assert_eq!(outcome.text(0, "security"), Some("guarantor"));
    assert_eq!(outcome.text(0, "iban"), Some("IR820540102680020817909002"));
    assert_eq!(outcome.value(0, "requested_on"), Some(&today().into()));
}

#[test]
fn each_limit_is_told_by_its_field() {
    let bank = bank("en");
    let day = |days| today().plus_days(days);
    let refused = |change: &dyn Fn(NewRow) -> NewRow| {
        let outcome = checked(&bank, change);
        codes(&outcome)
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        refused(&|row| row.set("amount", rial(99_999_999))),
        ["below-minimum"]
    );
    assert_eq!(
        refused(&|row| row
            .set("amount", rial(3_000_000_001))
            .set("income", rial(1_000_000_000))),
        ["above-maximum"]
    );
    assert_eq!(
        refused(&|row| row.set("term_months", 5).set("income", rial(600_000_000))),
        ["term"]
    );
    assert_eq!(
        refused(&|row| row.set("income", rial(20_000_000))),
        ["share-of-income"]
    );
    assert_eq!(
        refused(&|row| row.set("other_instalments", rial(20_000_000))),
        ["share-of-income"]
    );
    assert_eq!(
        refused(&|row| row.set("iban", "IR820540102680020817909003")),
        ["iban"]
    );
    assert_eq!(refused(&|row| row.set("kind", "deposit")), ["kind"]);
    assert_eq!(refused(&|row| row.set("product", "other")), ["product"]);
    assert_eq!(
        refused(&|row| row.set("requested_on", day(0)).set("decided_on", day(-1))),
        ["dates"]
    );
    assert_eq!(
        refused(&|row| row.set("signed_on", day(3)).set("first_due_on", day(2))),
        ["dates"]
    );
    let old = refused(&|row| row.set("requested_on", Date::new(2060, 1, 2).unwrap()));
    assert_eq!(old, ["too-old"]);
    let fraction = Money {
        amount: "300000000.5".parse().unwrap(),
        ..rial(0)
    };
    assert_eq!(refused(&|row| row.set("amount", fraction)), ["whole-units"]);
    let euros = Money {
        currency: Currency::new("EUR").unwrap(),
        ..rial(300_000_000)
    };
    assert!(refused(&|row| row.set("amount", euros)).contains(&"currency".to_owned()));
}

#[test]
fn guarantors_are_needed_above_an_amount_when_somebody_decides() {
    let moved = |found: &[&str]| {
        world();
        for id in found {
            world::record("bank_guarantee", id, &[("kind", "guarantor".into())]);
        }
        world::finds(
            "bank_guarantee",
            "and(application[eq]:a,kind[eq]:guarantor)",
            found,
        );
        let rows = applications().row(|row| {
            loan(row)
                .set("amount", rial(600_000_000))
                .set("old.amount", rial(600_000_000))
                .set("old.term_months", 24)
                .set("old.product", "p")
                .set("income", rial(600_000_000))
                .set("rate", Decimal::whole(18))
                .set("method", "annuity")
                .set("step", "branch_decision")
                .set("old.step", "credit_check")
        });
        rows.before_save(&bank("fa"))
    };
    let outcome = moved(&["g"]);
    assert_eq!(codes(&outcome), ["guarantors"]);
    assert!(
        outcome.refusals[0].fault.message.contains("۲ ضامن"),
        "{:?}",
        outcome.refusals
    );
    assert_eq!(codes(&moved(&["g", "h"])), Vec::<&str>::new());
}

#[test]
fn what_was_agreed_stays() {
    let outcome = checked(&bank("ar"), |row| {
        row.set("step", "agreement")
            .set("old.step", "agreement")
            .set("old.product", "p")
            .set("old.amount", rial(200_000_000))
            .set("old.term_months", 24)
            .set("rate", Decimal::whole(18))
            .set("method", "annuity")
    });
    assert_eq!(codes(&outcome), ["agreed"]);
    assert!(outcome.refusals[0].fault.message.contains("العقد"));
}

#[test]
fn urgency_is_age_then_size_then_broken_promises() {
    let score = |age, owed, broken| {
        debt::priority(
            age,
            Decimal::whole(owed),
            Decimal::whole(1_000_000_000),
            broken,
        )
    };
    assert_eq!(score(Age::Current, 0, 0), 0);
    assert_eq!(score(Age::Over90, 5_000_000_000, 9), 100);
    assert_eq!(score(Age::Days1To30, 500_000_000, 1), 20 + 10 + 5);
    assert!(score(Age::Days31To60, 1, 0) >= score(Age::Days1To30, 1_000_000_000, 0));
    assert_eq!(score(Age::Days61To90, -5, -5), 55);
}
