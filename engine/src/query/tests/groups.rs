//! Are totals exact, and each currency alone?

use serde_json::json;

use super::shelf::{Shelf, instant, money, sales, time};
use crate::query::{Aggregate, Filter, GroupRow, Measure, aggregate};
use crate::record::Value;

fn rows(shelf: &Shelf, asked: &Aggregate) -> Vec<GroupRow> {
    aggregate(&shelf.reader(), asked, &time()).unwrap()
}

fn refused(shelf: &Shelf, asked: &Aggregate) -> String {
    aggregate(&shelf.reader(), asked, &time())
        .unwrap_err()
        .to_string()
}

fn text(text: &str) -> Option<Value> {
    Some(Value::Text(text.into()))
}

fn sum(field: &str) -> Measure {
    Measure::Sum(field.to_owned())
}

fn day(text: &str) -> Option<Value> {
    Some(Value::Date(text.parse().unwrap()))
}

#[test]
fn amounts_are_added_per_currency() {
    let shelf = sales();
    let found = rows(
        &shelf,
        &Aggregate::new("opportunity")
            .group_by("status")
            .measure(sum("amount"))
            .measure(Measure::Count),
    );
    let expected = [
        ([text("open"), text("EUR")], 4, "2400 EUR"),
        ([text("open"), text("IRR")], 3, "1300 IRR"),
        ([text("won"), text("EUR")], 1, "600 EUR"),
        ([text("won"), text("IRR")], 2, "1200 IRR"),
    ];
    assert_eq!(found.len(), expected.len());
    for (row, (keys, count, total)) in found.iter().zip(expected) {
        assert_eq!((row.keys.as_slice(), row.count), (keys.as_slice(), count));
        assert_eq!(
            row.values,
            [
                money(total),
                Some(Value::Integer(i64::try_from(count).unwrap()))
            ]
        );
    }
}

#[test]
fn least_greatest_and_mean_skip_empty_values() {
    let shelf = Shelf::new();
    for (number, employees) in [(1, json!(1)), (2, json!(2)), (3, json!(2))] {
        shelf.put(
            "account",
            number,
            json!({"name": "x", "employees": employees}),
        );
    }
    shelf.put("account", 4, json!({"name": "x"}));
    let field = || "employees".to_owned();
    let asked = Aggregate::new("account")
        .measure(Measure::Min(field()))
        .measure(Measure::Max(field()))
        .measure(Measure::Avg(field()))
        .measure(sum("employees"));
    let found = rows(&shelf, &asked);
    let mean = Value::Decimal("1.666666667".parse().unwrap());
    assert_eq!((found.len(), found[0].count), (1, 4));
    assert_eq!(
        found[0].values,
        [
            Some(Value::Integer(1)),
            Some(Value::Integer(2)),
            Some(mean),
            Some(Value::Integer(5))
        ]
    );
    let none = rows(&shelf, &asked.filter(Filter::is_null("employees")));
    assert_eq!(
        (none[0].count, none[0].values.as_slice()),
        (1, [None, None, None, None].as_slice())
    );
}

#[test]
fn a_total_without_groups_has_a_row_even_for_nothing() {
    let shelf = Shelf::new();
    let found = rows(&shelf, &Aggregate::new("account").measure(Measure::Count));
    assert_eq!(
        found,
        [GroupRow {
            keys: vec![],
            count: 0,
            values: vec![Some(Value::Integer(0))]
        }]
    );
    assert_eq!(
        rows(&shelf, &Aggregate::new("account").group_by("industry")),
        []
    );
}

#[test]
fn spellings_of_one_word_are_one_group_and_empty_ones_come_first() {
    let shelf = Shelf::new();
    for (number, industry) in [
        (1, json!({"industry": "بانكداري"})),
        (2, json!({"industry": "بانکداری"})),
        (3, json!({})),
    ] {
        let mut fields = json!({"name": "x"});
        fields
            .as_object_mut()
            .unwrap()
            .extend(industry.as_object().unwrap().clone());
        shelf.put("account", number, fields);
    }
    let found = rows(&shelf, &Aggregate::new("account").group_by("industry"));
    assert_eq!(
        found.iter().map(|row| row.count).collect::<Vec<_>>(),
        [1, 2]
    );
    assert_eq!(found[0].keys, [None]);
    assert_eq!(found[1].keys, [text("بانكداري")]);
}

#[test]
fn days_fall_into_their_periods_in_the_zone_of_the_query() {
    let shelf = Shelf::new();
    for (number, due, at) in [
        (1, "2026-03-31", "2026-03-31T20:29:59Z"),
        (2, "2026-04-01", "2026-03-31T20:30:00Z"),
        (3, "2026-12-31", "2026-12-31T00:00:00Z"),
    ] {
        shelf.put(
            "activity",
            number,
            json!({"kind": "task", "subject": "x", "due_on": due, "at": at}),
        );
    }
    for (by, wanted) in [
        ("due_on:day", vec!["2026-03-31", "2026-04-01", "2026-12-31"]),
        ("due_on:week", vec!["2026-03-30", "2026-12-28"]),
        (
            "due_on:month",
            vec!["2026-03-01", "2026-04-01", "2026-12-01"],
        ),
        (
            "due_on:quarter",
            vec!["2026-01-01", "2026-04-01", "2026-10-01"],
        ),
        ("due_on:year", vec!["2026-01-01"]),
        ("at:month", vec!["2026-03-01", "2026-04-01", "2026-12-01"]),
    ] {
        let keys: Vec<_> = rows(&shelf, &Aggregate::new("activity").group_by(by))
            .into_iter()
            .map(|row| row.keys[0].clone())
            .collect();
        assert_eq!(
            keys,
            wanted.into_iter().map(day).collect::<Vec<_>>(),
            "{by}"
        );
    }
    let latest = rows(
        &shelf,
        &Aggregate::new("activity").measure(Measure::Max("at".to_owned())),
    );
    assert_eq!(
        latest[0].values,
        [Some(Value::Instant(instant("2026-12-31T00:00:00Z")))]
    );
}

#[test]
fn totals_of_rollups_are_totals_of_what_is_kept() {
    let shelf = Shelf::new();
    for number in 1..=3 {
        shelf.put("account", number, json!({"name": "x"}));
        shelf.add_total(
            "account",
            number,
            "contacts",
            i64::try_from(number).unwrap(),
            0,
        );
    }
    let found = rows(&shelf, &Aggregate::new("account").measure(sum("contacts")));
    assert_eq!(found[0].values, [Some(Value::Integer(6))]);
}

#[test]
fn what_does_not_fit_is_an_error_and_never_wraps() {
    let shelf = Shelf::new();
    for number in 1..=2 {
        shelf.put(
            "account",
            number,
            json!({"name": "x", "annual_revenue": "79000000000000000000 IRR", "founded": 1}),
        );
        shelf.put(
            "stage",
            number,
            json!({"key": number.to_string(), "name": "x", "position": i64::MAX}),
        );
    }
    assert_eq!(
        refused(
            &shelf,
            &Aggregate::new("account").measure(sum("annual_revenue"))
        ),
        "sum(annual_revenue) is too large to be kept exactly"
    );
    assert_eq!(
        refused(&shelf, &Aggregate::new("stage").measure(sum("position"))),
        "sum(position) is too large to be kept exactly"
    );
    // The mean of the same amounts does fit.
    let mean = rows(
        &shelf,
        &Aggregate::new("account").measure(Measure::Avg("annual_revenue".to_owned())),
    );
    assert_eq!(mean[0].values, [money("79000000000000000000 IRR")]);
}

#[test]
fn what_cannot_be_totalled_or_grouped_is_refused() {
    let shelf = sales();
    let deals = || Aggregate::new("opportunity");
    for (asked, wanted) in [
        (
            deals().measure(sum("name")),
            "sum(name): name (text) has no such total",
        ),
        (
            deals().measure(sum("close_date")),
            "sum(close_date): close_date (date) has no such total",
        ),
        (
            deals().measure(sum("amont")),
            "opportunity has no field 'amont'; did you mean 'amount'?",
        ),
        (
            deals().group_by("close_date:moth"),
            "cannot group close_date by 'moth'; did you mean 'month'?",
        ),
        (deals().group_by("name:month"), "name (text) has no month"),
        (
            deals().group_by("description"),
            "cannot group by description (long_text)",
        ),
    ] {
        assert_eq!(refused(&shelf, &asked), wanted);
    }
}

#[test]
fn measures_read_back_what_they_wrote() {
    for text in [
        "count",
        "sum(amount)",
        "min(a)",
        "max(a)",
        "avg(a)",
        "median(a)",
        "distinct(a)",
        "sum(a in base)",
        "median(a in base on close_date)",
    ] {
        assert_eq!(Measure::parse(text).unwrap().to_string(), text);
    }
    assert_eq!(
        Measure::parse("total(amount)").unwrap_err().to_string(),
        "'total(amount)' is not a measure"
    );
}
