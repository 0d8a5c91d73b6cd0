//! Is a value that is none of its field's kind told, whatever the kind?

use peyvand::{ErrorKind, Field, FieldKind, SchemaChange, Session};
use serde_json::{Value as Json, json};

use super::for_people;
use crate::setting::{codes, component, memory};

/// A field of every kind on one object.
pub(super) fn specimens(session: &Session) {
    let _ = session
        .install_unsigned_plugin(&component("national-id"), Json::Null)
        .unwrap();
    let kinds = [
        ("text", FieldKind::Text),
        ("long_text", FieldKind::LongText),
        ("integer", FieldKind::Integer),
        ("decimal", FieldKind::Decimal),
        ("percent", FieldKind::Percent),
        ("boolean", FieldKind::Boolean),
        ("date", FieldKind::Date),
        ("instant", FieldKind::Instant),
        ("duration", FieldKind::Duration),
        ("option", FieldKind::option(&["red", "green"])),
        ("multi_option", FieldKind::multi_option(&["red", "green"])),
        ("money", FieldKind::Money),
        ("phone", FieldKind::Phone),
        ("email", FieldKind::Email),
        ("url", FieldKind::Url),
        ("address", FieldKind::Address),
        ("person_name", FieldKind::PersonName),
        ("reference", FieldKind::reference(&["account"])),
        ("json", FieldKind::Json),
        ("file", FieldKind::File),
        (
            "plugin",
            FieldKind::Plugin {
                of: "national-id/person-id".to_owned(),
            },
        ),
    ];
    let fields = kinds.into_iter().map(|(name, kind)| {
        assert_eq!(kind.name(), name);
        Field::new(name, kind)
    });
    let change = SchemaChange::CreateObject {
        name: "specimen".to_owned(),
        prefix: "spe".to_owned(),
        label: peyvand::Labels::new(),
        fields: fields.collect(),
        key: None,
    };
    let _ = session.change_schema([change]).unwrap();
}

/// What is no value of a kind. Json takes everything, and totals are nobody's to set.
fn wrong() -> Vec<(&'static str, Vec<Json>)> {
    let stage = "stg_00000000000000000000000001";
    vec![
        (
            "text",
            vec![json!(true), json!([]), json!({}), json!("two\nlines")],
        ),
        (
            "long_text",
            vec![json!(false), json!(["a"]), json!({"a": 1})],
        ),
        (
            "integer",
            vec![
                json!(1.5),
                json!(u64::MAX),
                json!("twelve"),
                json!("9223372036854775808"),
                json!(true),
                json!([1]),
                json!({}),
            ],
        ),
        (
            "decimal",
            vec![
                json!("1.2.3"),
                json!("0.0000000001"),
                json!("1e99"),
                json!(1e300),
                json!("NaN"),
                json!(true),
                json!({}),
            ],
        ),
        (
            "percent",
            vec![json!("half"), json!("% %"), json!([]), json!(false)],
        ),
        (
            "boolean",
            vec![json!(2), json!("perhaps"), json!([]), json!({})],
        ),
        (
            "date",
            vec![
                json!("2026-02-30"),
                json!("1404-01-01"),
                json!("tomorrow"),
                json!(20_260_321),
                json!("2026-03-21T00:00:00Z"),
                json!([]),
                json!(true),
            ],
        ),
        (
            "instant",
            vec![
                json!("2026-03-21"),
                json!("2026-03-21T25:00:00Z"),
                json!("2026-03-21T08:30:00"),
                json!(0),
                json!({}),
            ],
        ),
        (
            "duration",
            vec![json!("long"), json!(0.5), json!([]), json!(true)],
        ),
        (
            "option",
            vec![json!("blue"), json!(1), json!(["red"]), json!(true)],
        ),
        (
            "multi_option",
            vec![
                json!("red,blue"),
                json!(["red", 7]),
                json!([["red"]]),
                json!({}),
                json!(true),
            ],
        ),
        (
            "money",
            vec![
                json!(5),
                json!("12"),
                json!("12 XYZ"),
                json!("many USD"),
                json!({"amount": "1"}),
                json!({"currency": "USD"}),
                json!({"amount": [], "currency": "USD"}),
                json!([]),
            ],
        ),
        (
            "phone",
            vec![
                json!("ring me"),
                json!({}),
                json!({"raw": []}),
                json!([]),
                json!(true),
            ],
        ),
        (
            "email",
            vec![
                json!("nobody"),
                json!("a@b"),
                json!("a b@c.de"),
                json!("a@b..de"),
                json!("<a@b.de>"),
                json!(7),
                json!([]),
            ],
        ),
        (
            "url",
            vec![
                json!("ftp://a.example"),
                json!("not a site"),
                json!("javascript:alert(1)"),
                json!("https://"),
                json!({}),
            ],
        ),
        (
            "address",
            vec![
                json!({"streat": "x"}),
                json!({"city": []}),
                json!([]),
                json!(true),
            ],
        ),
        (
            "person_name",
            vec![
                json!({}),
                json!({"given": ""}),
                json!({"first": "x"}),
                json!([]),
                json!(true),
            ],
        ),
        (
            "reference",
            vec![json!(5), json!([]), json!({}), json!(stage), json!(true)],
        ),
        (
            "file",
            vec![
                json!("قرارداد.pdf"),
                json!({}),
                json!([]),
                json!(5),
                json!({"hash": "00", "size": 1, "media_type": "text/plain", "name": "a"}),
                json!({"hash": "0".repeat(64), "size": 1.5, "media_type": "text/plain", "name": "a"}),
                json!({"hash": "0".repeat(64), "size": 1, "media_type": "text", "name": "a"}),
                json!({"hash": "0".repeat(64), "size": 1, "media_type": "text/plain", "name": "../a"}),
            ],
        ),
        (
            "plugin",
            vec![json!(true), json!([]), json!({}), json!("1\n2")],
        ),
    ]
}

#[test]
fn a_value_of_the_wrong_type_is_told_for_every_kind_of_field() {
    let session = memory();
    specimens(&session);
    let table = wrong();
    let object = session
        .engine()
        .schema()
        .unwrap()
        .object("specimen")
        .unwrap()
        .clone();
    let untried: Vec<&str> = object
        .live_fields()
        .map(|field| field.name.as_str())
        .filter(|name| *name != "json" && !name.ends_with("_at") && !name.ends_with("_by"))
        .filter(|name| !table.iter().any(|(kind, _)| kind == name))
        .collect();
    assert!(untried.is_empty(), "{untried:?} have no bad values");
    let before = session.engine().check().unwrap();
    for (field, values) in &table {
        for value in values {
            let fields: serde_json::Map<String, Json> =
                [((*field).to_owned(), value.clone())].into_iter().collect();
            let error = session
                .create("specimen", fields)
                .err()
                .unwrap_or_else(|| panic!("{field} took {value}"));
            assert_eq!(
                error.kind(),
                ErrorKind::Invalid,
                "{field} = {value}: {error}"
            );
            assert_eq!(
                codes(&error),
                [("wrong-type".to_owned(), Some((*field).to_owned()))],
                "{field} = {value}: {error}"
            );
            for_people(&error.failures()[0].message);
        }
    }
    assert_eq!(
        session.engine().check().unwrap(),
        before,
        "the store is unchanged"
    );
    // All at once: one failure for each field.
    let all: serde_json::Map<String, Json> = table
        .iter()
        .map(|(field, values)| ((*field).to_owned(), values[0].clone()))
        .collect();
    assert_eq!(
        session
            .create("specimen", all)
            .unwrap_err()
            .failures()
            .len(),
        table.len()
    );
}
