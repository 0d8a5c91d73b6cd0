//! How do the values of a script calculate, compare and print?
#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::json;

use super::fixture::{Fixture, draft};

#[test]
fn money_calculates_exactly_and_never_across_currencies() {
    let fixture = Fixture::new();
    for (expression, value) in [
        ("record.amount + money(1, \"IRR\")", "2000001 IRR"),
        (
            "record.amount * 0.1 - money(\"1\".parse_decimal(), \"IRR\")",
            "199999 IRR",
        ),
        ("-record.amount / 3", "-666666.666666667 IRR"),
        ("record.amount.amount * record.probability / 100", "250000"),
        (
            "record.probability * 0.1 == 1.25 && 0.1 + record.probability > 12.5",
            "true",
        ),
        (
            "record.amount > money(1999999, \"IRR\") && record.amount == money(2000000.0, \"IRR\")",
            "true",
        ),
        ("record.amount == ()", "false"),
        ("record.close_date != () || record.amount != ()", "true"),
        ("record.amount.currency", "IRR"),
    ] {
        assert_eq!(fixture.value(expression), value, "{expression}");
    }
    for (body, told) in [
        (
            "record.amount + money(1, \"EUR\")",
            "IRR and EUR are different currencies; no rate is known here",
        ),
        (
            "record.amount > 1000",
            "money is compared with a whole number; compare its .amount, or compare it with money(…, \"IRR\")",
        ),
        (
            "1000 < record.amount",
            "money is compared with a whole number; compare its .amount, or compare it with money(…, \"IRR\")",
        ),
        (
            "record.amount / 0",
            "the result is too large, or a division by zero",
        ),
        (
            "record.amount + 1",
            "money + a whole number cannot be calculated",
        ),
        (
            "money(1, \"XXY\")",
            "'XXY' is not an ISO 4217 currency code such as IRR, AED or EUR",
        ),
        (
            "record.budget_holder.x",
            "opportunity has no field 'budget_holder'",
        ),
        (
            "record.close_date.year",
            "'year' is asked of an empty value; test `!= ()` first",
        ),
    ] {
        let failure = fixture.failure(&format!("let x = {body};"));
        assert!(failure.ends_with(told), "{failure}");
    }
}

#[test]
fn days_and_moments_calculate_and_compare() {
    let fixture = Fixture::new();
    for (expression, value) in [
        ("today() + days(3)", "2026-03-24"),
        ("today() - days(21) == date(\"2026-02-28\")", "true"),
        ("(today() - record.opened_on).days", "20"),
        ("today() - record.opened_on > days(14)", "true"),
        (
            "record.opened_on < \"2026-03-02\" && record.opened_on < today()",
            "true",
        ),
        ("record.close_date < today()", "false"),
        ("now() + hours(24) - minutes(30)", "2026-03-22T08:00:00Z"),
        ("now() > \"2026-03-21T00:00:00Z\"", "true"),
        (
            "`${today().year} ${today().month} ${today().day} ${today().weekday}`",
            "2026 3 21 6",
        ),
        ("days(1) + hours(2) == hours(26)", "true"),
    ] {
        assert_eq!(fixture.value(expression), value, "{expression}");
    }
    for (body, told) in [
        (
            "today() + hours(3)",
            "a date is shifted by whole days; use an instant such as now() for hours and minutes",
        ),
        (
            "today() < now()",
            "a date is compared with an instant; compare it with today() or date(\"2026-03-21\")",
        ),
        (
            "today() + 3",
            "a date + a whole number cannot be calculated",
        ),
        (
            "today() + days(9223372036854775807)",
            "the span of time is too long",
        ),
        (
            "date(\"1405/13/1\")",
            "'1405/13/1' is not a Gregorian date such as 2026-03-21",
        ),
    ] {
        let failure = fixture.failure(&format!("let x = {body};"));
        assert!(failure.contains(told), "{failure}");
    }
}

#[test]
fn lists_and_maps_are_compared_and_printed_with_what_is_inside() {
    let fixture = Fixture::new();
    for (expression, value) in [
        (
            "[1, [record.amount], #{ a: () }] == [1.0, [money(2000000, \"IRR\")], #{ a: () }]",
            "true",
        ),
        (
            "[1] == [1, 2] || #{ a: 1 } == #{ b: 1 } || [1] == [\"1\"]",
            "false",
        ),
        ("[today()].contains(today()) && [[1]] != [[2]]", "true"),
        (
            "[1, \"الف\", today(), #{ \"کلید\": [record.amount] }]",
            "[1, \"الف\", 2026-03-21, #{کلید: [2000000 IRR]}]",
        ),
    ] {
        assert_eq!(fixture.value(expression), value, "{expression}");
    }
    assert_eq!(
        fixture
            .before("fn big(x) { x > 1 } log(`${[1, 2, 3].filter(Fn(\"big\"))}`);")
            .unwrap()
            .log,
        ["[2, 3]"]
    );
}

#[test]
fn composites_are_maps_and_keep_their_other_parts() {
    let fixture = Fixture::new();
    let contact = draft(
        &fixture.schema,
        "contact",
        1,
        &[
            ("name", json!({"given": "سارا", "family": "کریمی"})),
            ("phone", "+98 21 8800 1234".into()),
        ],
    );
    let text = "//! name: trial\n//! on: contact before update\n//! on-failure: skip\n\
                record.name.title = \"دکتر\"; log(record.name.family + \" \" + record.phone.e164);";
    let run = fixture.once(text, &contact).unwrap();
    assert_eq!(run.log, ["کریمی +982188001234"]);
    let told: Vec<String> = run
        .patches
        .iter()
        .map(|(name, value)| format!("{name}={}", value.as_ref().unwrap()))
        .collect();
    assert_eq!(told, ["name=دکتر سارا کریمی"]);
    let account = draft(&fixture.schema, "account", 2, &[("name", "x".into())]);
    let place = "//! name: trial\n//! on: account before update\n//! on-failure: skip\nrecord.address = #{ city: \"یزد\", country: () };";
    assert_eq!(
        fixture.once(place, &account).unwrap().patches[0]
            .1
            .as_ref()
            .unwrap()
            .to_string(),
        "یزد"
    );
    let failure = fixture
        .once(
            &text.replace("record.phone.e164", "record.phone.e146"),
            &contact,
        )
        .unwrap_err()
        .to_string();
    assert!(
        failure.ends_with("the map has no entry 'e146'"),
        "{failure}"
    );
}
