//! Are the columns of sheets, as firms have them, understood, and is nobody sure of what is not so?

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use super::Mapping;
use super::fake::Fake;
use super::guess::{GuessedMapping, guess};
use super::import::ImportOptions;
#[cfg(feature = "sheets")]
use super::{sheet_tests, source::Source};
use crate::locale::{Calendar, fold_text};
use crate::schema::standard_schema;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/sheets");

/// The columns of the fixture: by sheet, its object, and the headers with their fields. `-` is none, `?` must be asked.
fn expected() -> BTreeMap<String, (String, Vec<(String, String)>)> {
    let mut sheets: BTreeMap<String, (String, Vec<(String, String)>)> = BTreeMap::new();
    let mut reader = csv::Reader::from_path(format!("{FOLDER}/expected.csv")).unwrap();
    for row in reader.records() {
        let row = row.unwrap();
        let sheet = sheets.entry(row[0].to_owned()).or_default();
        sheet.0 = row[1].to_owned();
        sheet.1.push((row[2].to_owned(), row[3].to_owned()));
    }
    sheets
}

fn guessed(file: &[u8], into: &str, usual: Calendar) -> GuessedMapping {
    let schema = standard_schema();
    let object = schema.object(into).unwrap();
    guess(
        file,
        object,
        &schema,
        &ImportOptions::default(),
        Some(usual),
    )
    .unwrap()
}

fn of_sheet(name: &str, into: &str) -> GuessedMapping {
    let file = std::fs::read(format!("{FOLDER}/{name}.csv")).unwrap();
    let usual = if name.starts_with("fa") {
        Calendar::Jalali
    } else {
        Calendar::Gregorian
    };
    guessed(&file, into, usual)
}

#[test]
fn the_columns_of_sheets_in_three_languages_are_understood() {
    let (mut all, mut wrong, mut sure_and_wrong) = (0, Vec::new(), Vec::new());
    let sheets = expected();
    assert!(sheets.len() >= 12);
    for (name, (into, columns)) in sheets {
        let told = of_sheet(&name, &into);
        assert_eq!(told.columns.len(), columns.len(), "{name}");
        for (column, (header, field)) in told.columns.iter().zip(columns) {
            all += 1;
            assert_eq!(fold_text(&column.header), fold_text(&header));
            let (asked, field) = match field.strip_prefix('?') {
                Some(field) => (true, field),
                None => (false, field.as_str()),
            };
            let right =
                column.field.as_deref().unwrap_or("-") == field || field == "-" && !column.certain;
            // Of what is nothing nobody need be sure.
            if !right || field != "-" && asked == column.certain {
                wrong.push(format!("{name}: {column:?}, not {field}"));
            }
            if column.certain && (!right || asked) {
                sure_and_wrong.push(format!("{name}: {column:?}, not {field}"));
            }
        }
    }
    assert!(sure_and_wrong.is_empty(), "{sure_and_wrong:#?}");
    assert!(
        wrong.len() * 20 <= all,
        "{} of {all}: {wrong:#?}",
        wrong.len()
    );
}

#[test]
fn a_guess_is_saved_and_used_again() {
    for (name, into) in [
        ("fa-contacts", "contact"),
        ("ar-accounts", "account"),
        ("en-leads", "lead"),
    ] {
        let told = of_sheet(name, into);
        let saved = told.to_toml();
        let mapping = Mapping::parse(&saved).unwrap();
        assert_eq!(mapping.objects().collect::<Vec<_>>(), [into]);
        let file = std::fs::read(format!("{FOLDER}/{name}.csv")).unwrap();
        // References lead to records that are not there.
        let without = saved.lines().filter(|line| !line.contains("lookup"));
        let without: Vec<&str> = without.collect();
        let mut fake = Fake::new();
        let receipt = fake.run(&without.join("\n"), into, &file).unwrap();
        assert_eq!(
            (receipt.created, receipt.refused),
            (2, 0),
            "{saved}\n{receipt:#?}"
        );
        let again = fake.run(&without.join("\n"), into, &file).unwrap();
        assert_eq!(again.rows, 2);
    }
}

#[test]
fn a_toman_is_ten_rials_and_an_amount_without_a_unit_is_asked() {
    let told = of_sheet("fa-deals", "opportunity").to_toml();
    assert!(told.contains(r#"currency = "IRR", scale = 10"#), "{told}");
    assert!(told.contains(r#"calendar = "jalali""#), "{told}");
    let told = of_sheet("fa-accounts", "account").to_toml();
    assert!(
        told.contains(r#"currency = "IRR", scale = 1000000"#),
        "{told}"
    );
    let told = of_sheet("fa-deals-no-unit", "opportunity").to_toml();
    assert!(told.contains("# in which currency is 'مبلغ'?"), "{told}");
    assert!(told.contains("mixes calendars"), "{told}");
}

#[cfg(feature = "sheets")]
#[test]
fn a_workbook_is_guessed_by_its_types_too() {
    let rows = sheet_tests::rows(&[
        &["نام و نام خانوادگی", "موبایل", "تاریخ تولد", "Birthday"],
        &["مریم", "#9121234567", "@31677", "#5"],
    ]);
    let told = guessed(
        &sheet_tests::xlsx(&[("s", &rows)], ""),
        "contact",
        Calendar::Jalali,
    );
    let fields: Vec<_> = told
        .columns
        .iter()
        .map(|column| (column.field.as_deref(), column.certain))
        .collect();
    assert_eq!(
        fields[..3],
        [
            (Some("name"), true),
            (Some("mobile"), true),
            (Some("birth_date"), true)
        ]
    );
    assert!(!fields[3].1);
    // A file that is none is an error and no guess.
    assert!(Source::open(&[0xd0, 0xcf, 0x11, 0xe0][..]).is_err());
}
