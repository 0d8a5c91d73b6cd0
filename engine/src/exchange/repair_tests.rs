//! Is what spreadsheets do to cells put right where it is certain, refused where it is not, and counted?

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use super::Repair;
use super::cell::Cell;
use super::dates::{ColumnDays, DateRule, Order};
use super::fake::Fake;
use super::import::ImportOptions;
use super::repair::Care;
use crate::locale::Calendar;

const CELLS: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../tests/fixtures/sheets/cells.csv"
));

fn care(column: &str, calendar: &str) -> Care {
    let of = |calendar| Some(ColumnDays::Of(calendar));
    let (days, order) = match calendar {
        "" => (None, None),
        "by-year" => (Some(ColumnDays::ByYear), None),
        "day-first" => (of(Calendar::Gregorian), Some(Order::DayFirst)),
        "month-first" => (of(Calendar::Gregorian), Some(Order::MonthFirst)),
        "1904" => (of(Calendar::Gregorian), None),
        name => (of(Calendar::from_name(name).unwrap()), None),
    };
    let from_1904 = calendar == "1904";
    match column {
        "phone" => Care::Phone,
        "national-id" => Care::NationalId,
        "text" => Care::Text,
        "date" => Care::Date(DateRule {
            days,
            order,
            from_1904,
        }),
        other => panic!("{other}"),
    }
}

fn cell(kind: &str, text: &str) -> Cell {
    match kind {
        "text" => Cell::Text(text.to_owned()),
        "number" => Cell::Number(text.parse().unwrap()),
        "day" => Cell::Moment(
            text.parse::<chrono::NaiveDate>()
                .unwrap()
                .and_hms_opt(0, 0, 0)
                .unwrap(),
        ),
        other => panic!("{other}"),
    }
}

#[test]
fn every_cell_of_the_fixture_becomes_what_it_says_there() {
    let mut reader = csv::Reader::from_reader(CELLS.as_bytes());
    let (mut seen, mut wrong) = (0, Vec::new());
    for row in reader.records() {
        let row = row.unwrap();
        let cell = cell(&row[2], &row[3]);
        let text = cell.text().into_owned();
        let told = match care(&row[0], &row[1]).mend(&cell, &text, &BTreeSet::new()) {
            Ok(mended) => [vec![mended.text], mended.further].concat().join(" | "),
            Err((code, _)) => format!("!{code}"),
        };
        if told != row[4] {
            wrong.push(format!("{row:?}: {told}"));
        }
        seen += 1;
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(seen >= 60, "{seen}");
}

const CONTACTS: &str = "[[import]]\ninto = 'contact'\n\
    columns = { name = 'name', phone = 'phone', id = 'national_id', born = 'birth_date' }\n";

#[test]
fn repairs_are_counted_and_can_be_switched_off() {
    let file = "name,phone,id,born\n\
        مریم,9121234567,,1365/6/31\n\
        علی,9.121234567E+09,,1366/1/1\n\
        رضا,02188776655/9351234567,,\n";
    let mut fake = Fake::new();
    let receipt = fake.run(CONTACTS, "contact", file.as_bytes()).unwrap();
    let counts = [
        (Repair::LeadingZero, 3),
        (Repair::Scientific, 1),
        (Repair::SeveralPhones, 1),
        (Repair::Date, 2),
    ];
    assert_eq!(receipt.repairs, counts.into());
    let reza = fake
        .all("contact")
        .find(|one| one.get("mobile").is_some())
        .unwrap();
    assert_eq!(reza.get("mobile").unwrap().to_string(), "09351234567");

    let options = ImportOptions {
        without: BTreeSet::from([Repair::LeadingZero, Repair::SeveralPhones]),
        ..ImportOptions::default()
    };
    let mut fake = Fake::new();
    let receipt = fake
        .run_with(CONTACTS, "contact", file.as_bytes(), options)
        .unwrap();
    assert_eq!(
        receipt.repairs,
        [(Repair::Scientific, 1), (Repair::Date, 2)].into()
    );
    assert_eq!(
        fake.all("contact")
            .filter(|one| one.get("mobile").is_some())
            .count(),
        0
    );
}

#[test]
fn a_column_that_mixes_calendars_is_asked_and_never_read_row_by_row() {
    let mixed = "name,phone,id,born\nA,,,1365/6/31\nB,,,1986-09-22\n";
    let told = Fake::new()
        .run(CONTACTS, "contact", mixed.as_bytes())
        .unwrap_err()
        .to_string();
    assert!(
        told.contains("mixes calendars") && told.contains("by-year"),
        "{told}"
    );
    let by_year = CONTACTS.replace(
        "'birth_date'",
        "{ field = 'birth_date', calendar = 'by-year' }",
    );
    let mut fake = Fake::new();
    assert_eq!(
        fake.run(&by_year, "contact", mixed.as_bytes())
            .unwrap()
            .created,
        2
    );
    let days: BTreeSet<String> = fake
        .all("contact")
        .map(|one| one.get("birth_date").unwrap().to_string())
        .collect();
    assert_eq!(days, ["1986-09-22".to_owned()].into());

    // What comes after the first rows is held to what they showed.
    let mut late = "name,phone,id,born\n".to_owned();
    (0..1_500).for_each(|row| late.push_str(&format!("N{row},,,1365/6/31\n")));
    late.push_str("Late,,,1986-09-22\n");
    let receipt = Fake::new()
        .run(CONTACTS, "contact", late.as_bytes())
        .unwrap();
    assert_eq!((receipt.created, receipt.refused), (1_500, 1));
    assert_eq!(receipt.refusals[0].code, "other-calendar");

    for (days, said) in [
        ("1404/1/1", "Persian or of the Hijri"),
        ("3/4/2024", "the day or the month"),
    ] {
        let file = format!("name,phone,id,born\nA,,,{days}\n");
        let told = Fake::new()
            .run(CONTACTS, "contact", file.as_bytes())
            .unwrap_err()
            .to_string();
        assert!(told.contains(said), "{told}");
    }
    let shamsi = CONTACTS.replace("born =", "'تاریخ شمسی' =");
    let file = "name,phone,id,تاریخ شمسی\nA,,,1404/1/1\n";
    assert_eq!(
        Fake::new()
            .run(&shamsi, "contact", file.as_bytes())
            .unwrap()
            .created,
        1
    );
}
