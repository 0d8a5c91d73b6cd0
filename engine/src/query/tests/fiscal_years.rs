//! What is a fiscal year, in filters and in groups?

use serde_json::json;

use super::totals::{House, asked};
use crate::query::{Filter, FiscalYear, GroupRow};

fn year(text: &str) -> FiscalYear {
    text.parse().unwrap()
}

fn told(rows: &[GroupRow]) -> Vec<String> {
    let key = |row: &GroupRow| row.keys[0].as_ref().map(ToString::to_string);
    let told = rows.iter();
    told.map(|row| format!("{}: {}", key(row).unwrap_or_default(), row.count))
        .collect()
}

#[test]
fn a_fiscal_year_is_read_and_written_and_begins_on_a_day_that_every_month_has() {
    for text in ["04-01", "01-01@persian", "09-15@hijri", "12-28"] {
        assert_eq!(year(text).to_string(), text);
    }
    assert_eq!(year("۱/۱@jalali").to_string(), "01-01@persian");
    for (text, told) in [
        ("12-29", "not every month has"),
        ("13-01", "no month and day"),
        ("", "no month and day"),
        ("01-01@mayan", "there is no calendar 'mayan'"),
    ] {
        let fault = text.parse::<FiscalYear>().unwrap_err().to_string();
        assert!(fault.contains(told), "{fault}");
    }
}

#[test]
fn sales_are_found_and_grouped_by_the_fiscal_year_that_is_set() {
    let house = House::new();
    let session = &house.session;
    let today = session.time().today();
    let by_year = asked(&["close_date:fiscal-year"], &["count"]);
    let by_quarter = asked(&["close_date:fiscal-quarter"], &["count"]);
    let found = |form: &str| {
        let filter = Filter::parse(&format!("close_date[in]:{form}")).unwrap();
        session.count("opportunity", &filter)
    };
    for why in [
        found("this-fiscal-year").unwrap_err(),
        session.aggregate(&by_year).unwrap_err(),
    ] {
        assert!(why.to_string().contains("no fiscal year"), "{why}");
        assert!(
            why.remedy()
                .is_some_and(|hint| hint.contains("calendar fiscal"))
        );
    }
    let days = [
        "2025-03-20",
        "2025-03-21",
        "2026-03-20",
        "2026-03-21",
        "2026-06-21",
        "2026-06-22",
        "2027-03-20",
        "2027-03-21",
    ];
    for day in days {
        let deal = json!({"name": "بیمه", "amount": "1 IRR", "close_date": day});
        drop(session.create("opportunity", deal).unwrap());
    }
    session
        .set_fiscal_year(Some(year("01-01@persian")))
        .unwrap();
    assert_eq!(session.fiscal_year().unwrap(), Some(year("01-01@persian")));
    let rows = told(&session.aggregate(&by_year).unwrap());
    assert_eq!(
        rows,
        [
            "2024-03-20: 1",
            "2025-03-21: 2",
            "2026-03-21: 4",
            "2027-03-21: 1"
        ]
    );
    let rows = told(&session.aggregate(&by_quarter).unwrap());
    assert_eq!(
        rows[2..],
        [
            "2025-12-22: 1",
            "2026-03-21: 2",
            "2026-06-22: 1",
            "2026-12-22: 1",
            "2027-03-21: 1"
        ]
    );
    session.set_fiscal_year(Some(year("06-22"))).unwrap();
    let rows = told(&session.aggregate(&by_year).unwrap());
    assert_eq!(rows, ["2024-06-22: 2", "2025-06-22: 3", "2026-06-22: 3"]);
    // Whatever today is, the years follow each other and hold it.
    let whole = found("this-fiscal-year").unwrap()
        + found("last-100-fiscal-years").unwrap()
        + found("next-100-fiscal-years").unwrap();
    assert_eq!(whole, days.len() as u64);
    let now = json!({"name": "امروز", "amount": "1 IRR", "close_date": today.to_string()});
    let before = found("this-fiscal-quarter").unwrap();
    drop(session.create("opportunity", now).unwrap());
    assert_eq!(found("this-fiscal-quarter").unwrap(), before + 1);
    let wrong = found("this-fiscal-year@persian").unwrap_err().to_string();
    assert!(wrong.contains("a calendar of its own"), "{wrong}");
    session.set_fiscal_year(None).unwrap();
    assert!(found("this-fiscal-year").is_err());
}
