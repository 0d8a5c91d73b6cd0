//! Are columns laid out as the contract says, and malformed ones refused?
//!
//! The golden vectors were written from the contract's text, not by this code.

use chrono::NaiveDate;

use crate::plugin::columns::{self, Cell, Writer, field_value};
use crate::plugin::contract::{Kind, Patches};
use crate::record::Value;
use crate::schema::FieldKind;
use serde_json::Value as Json;

/// The values of patches, each with its row and its column.
fn read_patches<'a>(
    writes: &[Kind],
    rows: usize,
    patches: &'a Patches,
) -> Result<Vec<(u32, usize, Option<Cell<'a>>)>, String> {
    let mut read = Vec::new();
    columns::read_patches(writes, rows, patches, |row, column, cell| {
        read.push((row, column, cell));
        Ok(())
    })?;
    Ok(read)
}

fn golden() -> Json {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../tests/fixtures/columns/golden.json"
    );
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn bytes(hex: &Json) -> Vec<u8> {
    let hex = hex.as_str().unwrap();
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

fn kinds(columns: &Json) -> Vec<Kind> {
    let all = [
        ("boolean", Kind::Boolean),
        ("integer", Kind::Integer),
        ("decimal", Kind::Decimal),
        ("date", Kind::Date),
        ("instant", Kind::Instant),
        ("duration", Kind::Duration),
        ("text", Kind::Text),
        ("money", Kind::Money),
        ("structured", Kind::Structured),
    ];
    let kind = |name: &str| all.iter().find(|(known, _)| *known == name).unwrap().1;
    columns
        .as_array()
        .unwrap()
        .iter()
        .map(|column| kind(column["kind"].as_str().unwrap()))
        .collect()
}

fn cell(kind: Kind, json: &Json) -> Option<Cell<'_>> {
    let billionths = |json: &Json| json.as_str().unwrap().parse::<i128>().unwrap();
    (!json.is_null()).then(|| match kind {
        Kind::Boolean => Cell::Boolean(json.as_bool().unwrap()),
        Kind::Decimal => Cell::Decimal(billionths(json)),
        Kind::Money => Cell::Money(
            billionths(&json["billionths"]),
            json["currency"]
                .as_str()
                .unwrap()
                .as_bytes()
                .try_into()
                .unwrap(),
        ),
        Kind::Text | Kind::Structured => Cell::Text(json.as_str().unwrap().into()),
        _ => Cell::Number(json.as_i64().unwrap()),
    })
}

fn patches(vector: &Json) -> Patches {
    let numbers = |key: &str| {
        vector[key]
            .as_array()
            .unwrap()
            .iter()
            .map(|number| number.as_u64().unwrap())
    };
    Patches {
        at: numbers("at").map(|number| number as u32).collect(),
        column: numbers("column").map(|number| number as u16).collect(),
        cells: bytes(&vector["cells"]),
        present: bytes(&vector["present"]),
        text: bytes(&vector["text"]),
    }
}

#[test]
fn golden_batches_are_written_byte_for_byte() {
    let golden = golden();
    let batches = golden["batches"].as_array().unwrap();
    assert!(!batches.is_empty());
    for vector in batches {
        let rows = vector["rows"].as_u64().unwrap();
        let mut writer = Writer::default();
        for (place, kind) in kinds(&vector["columns"]).into_iter().enumerate() {
            for row in 0..rows as usize {
                writer
                    .push(kind, cell(kind, &vector["values"][row][place]).as_ref())
                    .unwrap();
            }
        }
        let batch = writer.batch(rows as u32);
        let name = &vector["name"];
        assert_eq!(batch.cells, bytes(&vector["cells"]), "{name}");
        assert_eq!(batch.present, bytes(&vector["present"]), "{name}");
        assert_eq!(batch.text, bytes(&vector["text"]), "{name}");
    }
}

#[test]
fn golden_patches_are_read_back() {
    let golden = golden();
    let vectors = golden["patches"].as_array().unwrap();
    assert!(!vectors.is_empty());
    for vector in vectors {
        let (writes, patches) = (kinds(&vector["writes"]), patches(vector));
        let rows = patches.at.iter().max().map_or(0, |row| *row as usize + 1);
        let read = read_patches(&writes, rows, &patches).unwrap();
        for ((row, column, found), (place, json)) in read
            .iter()
            .zip(vector["values"].as_array().unwrap().iter().enumerate())
        {
            let declared = usize::from(patches.column[place]);
            assert_eq!((*row, *column), (patches.at[place], declared));
            assert_eq!(*found, cell(writes[*column], json), "{}", vector["name"]);
        }
    }
}

#[test]
fn golden_malformed_patches_are_refused() {
    let golden = golden();
    let vectors = golden["malformed"].as_array().unwrap();
    assert!(!vectors.is_empty());
    for vector in vectors {
        assert!(
            read_patches(&kinds(&vector["writes"]), 1, &patches(vector)).is_err(),
            "{}",
            vector["name"]
        );
    }
}

fn one(kind: Kind, cells: Vec<u8>, text: &[u8]) -> Result<(), String> {
    let patches = Patches {
        at: vec![0],
        column: vec![0],
        cells,
        present: vec![1],
        text: text.to_vec(),
    };
    read_patches(&[kind], 1, &patches).map(|_| ())
}

#[test]
fn malformed_patches_are_told_and_never_read() {
    let eight = |number: u64| number.to_le_bytes().to_vec();
    let wrong = |result: Result<(), String>, word: &str| {
        let message = result.unwrap_err();
        assert!(message.contains(word), "{message}");
    };
    wrong(one(Kind::Text, eight(5 << 32 | 3), b"abc"), "outside");
    wrong(one(Kind::Text, eight(u64::MAX), b"abc"), "outside");
    wrong(one(Kind::Text, eight(1 << 32), b"\xff"), "UTF-8");
    wrong(one(Kind::Boolean, eight(2), b""), "neither");
    wrong(one(Kind::Integer, vec![0; 7], b""), "end before");
    wrong(one(Kind::Integer, vec![0; 9], b""), "belong to no patch");
    wrong(one(Kind::Money, vec![1; 24], b""), "three capital letters");
    let patches = |at: u32, column: u16, present: Vec<u8>| Patches {
        at: vec![at],
        column: vec![column],
        cells: vec![0; 8],
        present,
        text: vec![],
    };
    let read = |patches: Patches| read_patches(&[Kind::Integer], 1, &patches).map(|_| ());
    wrong(read(patches(1, 0, vec![1])), "row 1 is out of range");
    wrong(read(patches(0, 1, vec![1])), "column 1 is out of range");
    wrong(read(patches(0, 0, vec![])), "presence");
    wrong(
        read(Patches {
            column: vec![],
            ..patches(0, 0, vec![1])
        }),
        "0 columns",
    );
}

#[test]
fn a_cell_becomes_a_value_by_the_rules_of_its_field() {
    let read = |kind: FieldKind, cell: Cell<'_>| field_value(&kind, &cell);
    assert_eq!(
        read(FieldKind::Date, Cell::Number(0)).unwrap().to_string(),
        "1970-01-01"
    );
    assert_eq!(
        read(FieldKind::Percent, Cell::Decimal(12_500_000_000))
            .unwrap()
            .to_string(),
        "12.5"
    );
    assert_eq!(
        read(FieldKind::Money, Cell::Money(1_000_000_000, *b"IRR"))
            .unwrap()
            .to_string(),
        "1 IRR"
    );
    assert_eq!(
        read(
            FieldKind::multi_option(&["a", "b"]),
            Cell::Text(r#"["b"]"#.into())
        )
        .unwrap()
        .to_string(),
        "b"
    );
    assert!(read(FieldKind::option(&["won"]), Cell::Text("lost".into())).is_err());
    assert!(
        read(FieldKind::Decimal, Cell::Decimal(i128::MAX))
            .unwrap_err()
            .contains("more than")
    );
    assert!(
        read(FieldKind::Date, Cell::Number(i64::MAX))
            .unwrap_err()
            .contains("not a day")
    );
    assert!(
        read(FieldKind::Phone, Cell::Text("{".into()))
            .unwrap_err()
            .contains("not JSON")
    );
}

#[test]
fn every_value_lands_in_the_column_of_its_kind() {
    let value = Value::Date(NaiveDate::from_ymd_opt(2026, 3, 21).unwrap());
    assert_eq!(Cell::of(Kind::Date, &value), Some(Cell::Number(20533)));
    let value = Value::Options(vec!["customer".into()]);
    assert_eq!(
        Cell::of(Kind::of(&FieldKind::multi_option(&["customer"])), &value),
        Some(Cell::Text(r#"["customer"]"#.into()))
    );
    assert_eq!(Cell::of(Kind::Integer, &Value::Boolean(true)), None);
}

#[test]
fn a_guests_value_is_what_everybody_elses_is() {
    let asked = [
        (
            FieldKind::Integer,
            Cell::Number(i64::MIN),
            serde_json::json!(i64::MIN),
        ),
        (FieldKind::Duration, Cell::Number(-5), serde_json::json!(-5)),
        (
            FieldKind::Boolean,
            Cell::Boolean(true),
            serde_json::json!(true),
        ),
        (
            FieldKind::Decimal,
            Cell::Decimal(12_500_000_000),
            serde_json::json!("12.5"),
        ),
        (
            FieldKind::Percent,
            Cell::Decimal(-1),
            serde_json::json!("-0.000000001"),
        ),
        (
            FieldKind::Text,
            Cell::Text("  کتاب علی \t".into()),
            serde_json::json!("  کتاب علی \t"),
        ),
        (
            FieldKind::Text,
            Cell::Text("یک\n".into()),
            serde_json::json!("یک\n"),
        ),
        (
            FieldKind::Text,
            Cell::Text("یک\r\nدو".into()),
            serde_json::json!("یک\r\nدو"),
        ),
        (
            FieldKind::LongText,
            Cell::Text(" یک\nدو ".into()),
            serde_json::json!(" یک\nدو "),
        ),
        (
            FieldKind::LongText,
            Cell::Text("".into()),
            serde_json::json!(""),
        ),
    ];
    for (kind, cell, json) in asked {
        assert_eq!(field_value(&kind, &cell), kind.read(&json), "{json}");
    }
    let decimal = field_value(&FieldKind::Decimal, &Cell::Decimal(10_000_000_000)).unwrap();
    assert_eq!(
        decimal.to_json(),
        FieldKind::Decimal
            .read(&serde_json::json!("10"))
            .unwrap()
            .to_json()
    );
}
