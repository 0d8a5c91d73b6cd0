//! What are amounts in the base currency?

use serde_json::json;

use super::totals::{House, Table, asked, told};

#[test]
fn amounts_change_to_the_base_currency_by_the_rate_of_their_own_day() {
    let house = House::new();
    let session = &house.session;
    let make = |object: &str, fields| drop(session.create(object, fields).unwrap());
    let sum = asked(
        &["status"],
        &["sum(amount in base)", "max(amount in base on close_date)"],
    );
    let refused = |why: &str| {
        let error = session.aggregate(&sum).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    };
    for (amount, day) in [
        ("2 EUR", "2026-03-20"),
        ("3 EUR", "2026-03-21"),
        ("1000 IRR", "2026-03-21"),
    ] {
        make(
            "opportunity",
            json!({"name": "بیمه", "amount": amount, "close_date": day}),
        );
    }
    make(
        "opportunity",
        json!({"name": "بی مبلغ", "close_date": "2026-03-21"}),
    );
    refused("no base currency");
    session
        .set_base_currency(Some("IRR".parse().unwrap()))
        .unwrap();
    assert_eq!(
        session.base_currency().unwrap(),
        Some("IRR".parse().unwrap())
    );
    refused("no rate from EUR to IRR on or before 2026-03-2");
    for (from, to, day, rate) in [
        ("IRR", "EUR", "2026-03-01", "0.000002"),
        ("EUR", "IRR", "2026-03-21", "700000"),
        ("EUR", "IRR", "2026-03-22", "1"),
        ("EUR", "AED", "2026-03-01", "4"),
    ] {
        make(
            "exchange_rate",
            json!({"from": from, "to": to, "day": day, "rate": rate}),
        );
    }
    // 2 EUR by the turned over rate of 1 March, 3 EUR by that of their day.
    let row = vec![
        Some("3101000 IRR".to_owned()),
        Some("2100000 IRR".to_owned()),
    ];
    let expected: Table = [(vec![Some("open".to_owned())], (4, row))].into();
    assert_eq!(told(session.aggregate(&sum).unwrap()), expected);
    for (fields, why) in [
        (
            json!({"from": "eur", "to": "IRR", "day": "2026-03-01", "rate": 1}),
            "write it as EUR",
        ),
        (
            json!({"from": "EUR", "to": "EUR", "day": "2026-03-01", "rate": 1}),
            "no rate to itself",
        ),
        (
            json!({"from": "EUR", "to": "IRR", "day": "2026-03-01", "rate": 0}),
            "greater than zero",
        ),
    ] {
        let error = session
            .create("exchange_rate", fields)
            .unwrap_err()
            .to_string();
        assert!(error.contains(why), "{error}");
    }
}
