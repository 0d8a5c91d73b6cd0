//! Does the kit lay out columns as the contract says? Tested against the golden vectors, which
//! were written from the contract's text and not by this code.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::Value as Json;

use super::*;

fn golden() -> Json {
    let path = "../../../tests/fixtures/columns/golden.json";
    let text = include_str!("../../../tests/fixtures/columns/golden.json");
    serde_json::from_str(text).expect(path)
}

fn bytes(hex: &Json) -> Vec<u8> {
    let hex = hex.as_str().unwrap();
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

fn kind(name: &str) -> Kind {
    match name {
        "boolean" => Kind::Boolean,
        "integer" => Kind::Integer,
        "decimal" => Kind::Decimal,
        "date" => Kind::Date,
        "instant" => Kind::Instant,
        "duration" => Kind::Duration,
        "text" => Kind::Text,
        "money" => Kind::Money,
        "structured" => Kind::Structured,
        other => panic!("{other}"),
    }
}

fn layout(columns: &Json) -> Layout {
    let columns = columns.as_array().unwrap().iter();
    Layout::new(
        columns
            .map(|column| Column {
                name: column["name"].as_str().unwrap().to_owned(),
                kind: kind(column["kind"].as_str().unwrap()),
            })
            .collect(),
    )
}

fn decimal(billionths: &Json) -> Decimal {
    Decimal::from_billionths(billionths.as_str().unwrap().parse().unwrap())
}

fn value(kind: Kind, json: &Json) -> Option<Value> {
    if json.is_null() {
        return None;
    }
    let number = || json.as_i64().unwrap();
    let text = || json.as_str().unwrap().to_owned();
    Some(match kind {
        Kind::Boolean => Value::Boolean(json.as_bool().unwrap()),
        Kind::Integer => Value::Integer(number()),
        Kind::Decimal => Value::Decimal(decimal(json)),
        Kind::Date => Value::Date(Date(i32::try_from(number()).unwrap())),
        Kind::Instant => Value::Instant(Instant(number())),
        Kind::Duration => Value::Duration(Duration(number())),
        Kind::Text => Value::Text(text()),
        Kind::Structured => Value::Structured(text()),
        Kind::Money => Value::Money(Money {
            amount: decimal(&json["billionths"]),
            currency: Currency::new(json["currency"].as_str().unwrap()).unwrap(),
        }),
    })
}

fn batch_of(vector: &Json) -> Batch {
    Batch {
        rows: u32::try_from(vector["rows"].as_u64().unwrap()).unwrap(),
        cells: bytes(&vector["cells"]),
        present: bytes(&vector["present"]),
        text: bytes(&vector["text"]),
    }
}

fn patches_of(vector: &Json) -> PatchColumns {
    let numbers = |key: &str| {
        let list = vector[key].as_array().unwrap().iter();
        list.map(|number| number.as_u64().unwrap())
            .collect::<Vec<_>>()
    };
    PatchColumns {
        at: numbers("at")
            .into_iter()
            .map(|n| u32::try_from(n).unwrap())
            .collect(),
        column: numbers("column")
            .into_iter()
            .map(|n| u16::try_from(n).unwrap())
            .collect(),
        cells: bytes(&vector["cells"]),
        present: bytes(&vector["present"]),
        text: bytes(&vector["text"]),
    }
}

fn assert_reads(vector: &Json) {
    let (layout, batch) = (layout(&vector["columns"]), batch_of(vector));
    for (place, column) in layout.columns().iter().enumerate() {
        for row in 0..batch.rows {
            let expected = &vector["values"][row as usize][place];
            assert_eq!(
                layout.value(&batch, place, row),
                value(column.kind, expected),
                "{} {} {row}",
                vector["name"],
                column.name
            );
        }
        assert_eq!(layout.value(&batch, place, batch.rows), None);
    }
    assert_eq!(layout.value(&batch, layout.columns().len(), 0), None);
}

#[test]
fn golden_batches_are_read_and_written_byte_for_byte() {
    for vector in golden()["batches"].as_array().unwrap() {
        assert_reads(vector);
        let (layout, batch) = (layout(&vector["columns"]), batch_of(vector));
        let mut writer = Writer::default();
        for (place, column) in layout.columns().iter().enumerate() {
            for row in 0..batch.rows as usize {
                let value = value(column.kind, &vector["values"][row][place]);
                writer.push(column.kind, value.as_ref()).unwrap();
            }
        }
        assert_eq!(writer.batch(batch.rows), batch, "{}", vector["name"]);
    }
}

#[test]
fn golden_patches_are_read_and_written_byte_for_byte() {
    for vector in golden()["patches"].as_array().unwrap() {
        let (writes, patches) = (layout(&vector["writes"]), patches_of(vector));
        let mut writer = Writer::default();
        let mut expected = Vec::new();
        for (place, json) in vector["values"].as_array().unwrap().iter().enumerate() {
            let column = patches.column[place];
            let kind = writes.columns()[usize::from(column)].kind;
            let value = value(kind, json);
            writer.push(kind, value.as_ref()).unwrap();
            expected.push((patches.at[place], column, value));
        }
        assert_eq!(read_patches(&writes, &patches), Some(expected));
        let written = writer.patches(patches.at.clone(), patches.column.clone());
        assert_eq!(written, patches, "{}", vector["name"]);
    }
}

#[test]
fn shared_and_overlapping_texts_are_read() {
    for vector in golden()["readable"].as_array().unwrap() {
        assert_reads(vector);
    }
}

#[test]
fn malformed_patches_are_refused() {
    for vector in golden()["malformed"].as_array().unwrap() {
        let (writes, patches) = (layout(&vector["writes"]), patches_of(vector));
        assert_eq!(read_patches(&writes, &patches), None, "{}", vector["name"]);
    }
}

#[test]
fn a_batch_cut_anywhere_is_read_without_a_panic_and_without_inventing() {
    let golden = golden();
    let vector = &golden["batches"][2];
    let (layout, whole) = (layout(&vector["columns"]), batch_of(vector));
    for keep in 0..whole.cells.len() {
        let mut cut = whole.clone();
        cut.cells.truncate(keep);
        cut.present.truncate(keep);
        cut.text.truncate(keep);
        for place in 0..layout.columns().len() {
            for row in 0..whole.rows {
                let read = layout.value(&cut, place, row);
                assert!(read.is_none() || read == layout.value(&whole, place, row));
            }
        }
    }
}

#[test]
fn a_value_of_another_kind_leaves_the_columns_as_they_were() {
    let mut writer = Writer::default();
    assert_eq!(
        writer.push(Kind::Integer, Some(&Value::Boolean(true))),
        Err(WrongKind)
    );
    let half = Value::Decimal(Decimal::from_billionths(500_000_000));
    assert_eq!(writer.push(Kind::Integer, Some(&half)), Err(WrongKind));
    writer
        .push(Kind::Decimal, Some(&Value::Integer(3)))
        .unwrap();
    let batch = writer.batch(1);
    assert_eq!(batch.cells.len(), 16);
    assert_eq!(
        read(Kind::Decimal, &batch.cells, &[]),
        Some(Value::Decimal(Decimal::whole(3)))
    );
}
