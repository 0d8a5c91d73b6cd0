//! Custom objects and fields are made at run time and are like any other.

use peyvand::{Field, FieldKind, Filter, Query, Request, Rollup, RollupMeasure, SchemaChange};
use serde_json::json;

use crate::setting::{codes, create, memory};

fn reading() -> SchemaChange {
    SchemaChange::CreateObject {
        name: "reading".to_owned(),
        prefix: "rdg".to_owned(),
        label: peyvand::Labels::new(),
        fields: vec![
            Field::new("number", FieldKind::Text).required().unique(),
            Field::new("account", FieldKind::reference(&["account"])).required(),
            Field::new("kilowatt_hours", FieldKind::Decimal).range(0, 1_000_000),
            Field::new("state", FieldKind::option(&["estimated", "read"])).indexed(),
        ],
        key: Some("number".to_owned()),
    }
}

#[test]
fn a_custom_object_is_like_any_other() {
    let session = memory();
    let _ = session.change_schema([reading()]).unwrap();
    let account = create(&session, "account", json!({"name": "Alpha"}));
    let id = create(
        &session,
        "reading",
        json!({"number": "R-1", "account": account.to_string(), "kilowatt_hours": "۱۲٫۵", "state": "read"}),
    );
    assert!(id.to_string().starts_with("rdg_"));
    let query = Query::new("reading")
        .filter(Filter::parse("and(state[eq]:read,kilowatt_hours[gt]:12)").unwrap());
    assert_eq!(session.query(&query).unwrap().records[0].id(), id);
    let error = session
        .create(
            "reading",
            json!({"number": "r-1", "account": account.to_string(), "kilowatt_hours": -1}),
        )
        .unwrap_err();
    assert_eq!(error.failures().len(), 2, "{error:?}");
    assert!(session.engine().check().unwrap().ok);
}

#[test]
fn a_change_of_the_schema_is_all_or_nothing_and_says_everything() {
    let session = memory();
    let before = session.engine().check().unwrap().state_hash;
    let bad = SchemaChange::AddField {
        object: "account".to_owned(),
        field: Field::new(
            "Bad Name",
            FieldKind::Option {
                options: Vec::new(),
            },
        ),
    };
    let error = session.change_schema([reading(), bad]).unwrap_err();
    assert_eq!(codes(&error).len(), 2, "{error:?}");
    assert_eq!(session.engine().check().unwrap().state_hash, before);
}

#[test]
fn a_field_becomes_required_only_when_every_record_has_it() {
    let session = memory();
    let id = create(&session, "account", json!({"name": "Alpha"}));
    let require = || SchemaChange::SetRequired {
        object: "account".to_owned(),
        field: "industry".to_owned(),
        required: true,
    };
    let error = session.change_schema([require()]).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("1 account record(s) have no industry"),
        "{error}"
    );
    let _ = session.update(id, json!({"industry": "retail"})).unwrap();
    let _ = session.change_schema([require()]).unwrap();
    assert_eq!(
        codes(
            &session
                .create("account", json!({"name": "Beta"}))
                .unwrap_err()
        ),
        [("required".to_owned(), Some("industry".to_owned()))]
    );
}

#[test]
fn an_index_can_be_built_over_records_that_exist() {
    let session = memory();
    for employees in [3, 1, 2] {
        create(
            &session,
            "account",
            json!({"name": format!("A{employees}"), "employees": employees}),
        );
    }
    let _ = session
        .change_schema([SchemaChange::SetIndexed {
            object: "account".to_owned(),
            field: "employees".to_owned(),
            indexed: true,
        }])
        .unwrap();
    let query = Query::new("account")
        .filter(Filter::parse("employees[gte]:2").unwrap())
        .sorted_by("-employees")
        .unwrap();
    let titles: Vec<String> = session
        .query(&query)
        .unwrap()
        .records
        .iter()
        .map(peyvand::Record::title)
        .collect();
    assert_eq!(titles, ["A3", "A2"]);
    assert!(session.engine().check().unwrap().ok);
}

#[test]
fn two_thousand_fields_on_one_object_work() {
    let session = memory();
    let fields = (0..2_000).map(|number| SchemaChange::AddField {
        object: "account".to_owned(),
        field: Field::new(&format!("extra_{number}"), FieldKind::Integer),
    });
    let _ = session.change_schema(fields).unwrap();
    let values: serde_json::Map<String, serde_json::Value> = (0..2_000)
        .map(|number| (format!("extra_{number}"), json!(number)))
        .chain([("name".to_owned(), json!("Wide"))])
        .collect();
    let id = create(&session, "account", values.into());
    assert_eq!(session.get(id).unwrap().to_json()["extra_1999"], 1999);
}

#[test]
fn a_retired_field_keeps_its_values_and_its_name() {
    let session = memory();
    let field = || Field::new("floor", FieldKind::Integer);
    let add = || SchemaChange::AddField {
        object: "account".to_owned(),
        field: field(),
    };
    let _ = session.change_schema([add()]).unwrap();
    let id = create(&session, "account", json!({"name": "Alpha", "floor": 3}));
    let _ = session
        .change_schema([SchemaChange::RetireField {
            object: "account".to_owned(),
            field: "floor".to_owned(),
        }])
        .unwrap();
    assert_eq!(
        codes(&session.update(id, json!({"floor": 4})).unwrap_err()),
        [("unknown-field".to_owned(), Some("floor".to_owned()))]
    );
    assert!(session.get(id).unwrap().get("floor").is_none());
    assert_eq!(
        codes(&session.change_schema([add()]).unwrap_err()),
        [("exists".to_owned(), Some("floor".to_owned()))]
    );
}

#[test]
fn a_list_sorted_by_a_field_that_came_later_leaves_no_older_record_out() {
    let session = memory();
    for name in ["A", "B", "C"] {
        create(&session, "account", json!({"name": name}));
    }
    let field = Field::new("score", FieldKind::Integer).indexed();
    let object = "account".to_owned();
    let _ = session
        .change_schema([SchemaChange::AddField { object, field }])
        .unwrap();
    create(&session, "account", json!({"name": "D", "score": 7}));
    let query = Query::new("account").sorted_by("-score").unwrap().limit(3);
    let explained = session.explain(&query).unwrap().to_string();
    assert!(explained.contains("score"), "{explained}");
    let titles: Vec<String> = session
        .query(&query)
        .unwrap()
        .records
        .iter()
        .map(peyvand::Record::title)
        .collect();
    assert_eq!(titles, ["D", "C", "B"]);
    let empty = Filter::parse("score[is_null]:true").unwrap();
    assert_eq!(session.count("account", &empty).unwrap(), 3);
    assert!(session.engine().check().unwrap().ok);
}

fn add(object: &str, field: Field) -> SchemaChange {
    let object = object.to_owned();
    SchemaChange::AddField { object, field }
}

#[test]
fn a_total_that_comes_later_counts_the_records_there_are() {
    let session = memory();
    let account = create(&session, "account", json!({"name": "Alpha"}));
    for n in 0..3 {
        create(
            &session,
            "opportunity",
            json!({"name": format!("D{n}"), "account": account.to_string(), "amount": "5 USD"}),
        );
    }
    let measure = RollupMeasure::SumMoney {
        of: "amount".to_owned(),
        currency: "USD".to_owned(),
    };
    let total = Rollup::new("opportunity", "account", measure).only("status", "open");
    let field = Field::new("open_value", FieldKind::Rollup(total));
    let _ = session.change_schema([add("account", field)]).unwrap();
    let value = || session.get(account).unwrap().to_json()["open_value"]["amount"].clone();
    assert_eq!(value(), "15");
    create(
        &session,
        "opportunity",
        json!({"name": "D", "account": account.to_string(), "amount": "5 USD"}),
    );
    assert_eq!(value(), "20");
    let retire = SchemaChange::RetireField {
        object: "account".to_owned(),
        field: "open_value".to_owned(),
    };
    let _ = session.change_schema([retire]).unwrap();
    assert!(session.engine().check().unwrap().ok);
    let wrong = Rollup::new("opportunity", "account", RollupMeasure::Count).only("status", "opne");
    let error = session
        .change_schema([add("account", Field::new("x", FieldKind::Rollup(wrong)))])
        .unwrap_err();
    assert!(error.to_string().contains("'opne'"), "{error}");
}

#[test]
fn what_the_engine_or_a_total_needs_cannot_be_retired() {
    let session = memory();
    let retire = |field: &str| {
        session.change_schema([SchemaChange::RetireField {
            object: "opportunity".to_owned(),
            field: field.to_owned(),
        }])
    };
    assert!(
        retire("close_date")
            .unwrap_err()
            .to_string()
            .contains("standard field")
    );
    let _ = session
        .change_schema([add("opportunity", Field::new("weight", FieldKind::Integer))])
        .unwrap();
    let sum = Rollup::new(
        "opportunity",
        "account",
        RollupMeasure::Sum {
            of: "weight".to_owned(),
        },
    );
    let _ = session
        .change_schema([add(
            "account",
            Field::new("total_weight", FieldKind::Rollup(sum)),
        )])
        .unwrap();
    assert!(
        retire("weight")
            .unwrap_err()
            .to_string()
            .contains("account.total_weight")
    );
}

#[test]
fn a_retired_unique_field_leaves_nothing_behind() {
    let session = memory();
    let _ = session
        .change_schema([add("account", Field::new("code", FieldKind::Text).unique())])
        .unwrap();
    create(&session, "account", json!({"name": "Alpha", "code": "A"}));
    let retire = SchemaChange::RetireField {
        object: "account".to_owned(),
        field: "code".to_owned(),
    };
    let _ = session.change_schema([retire]).unwrap();
    let checked = session.engine().check().unwrap();
    assert!(checked.ok, "{checked:?}");
}

#[test]
fn schema_and_records_change_in_calls_of_their_own() {
    let session = memory();
    let id = create(&session, "account", json!({"name": "Alpha"}));
    let field = || Field::new("floor", FieldKind::Integer).indexed();
    let both = [
        Request::ChangeSchema(add("account", field())),
        Request::update(id, json!({"floor": 3})),
    ];
    assert_eq!(
        session.commit(both.clone()).unwrap_err().failures()[0].code,
        "schema-and-records"
    );
    let (_, outcomes) = session.commit_each(both).unwrap();
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert!(session.engine().check().unwrap().ok);
}

#[test]
fn a_rule_that_no_record_could_keep_is_refused() {
    let session = memory();
    create(&session, "account", json!({"name": "Alpha"}));
    let require = |field: &str| {
        session.change_schema([SchemaChange::SetRequired {
            object: "account".to_owned(),
            field: field.to_owned(),
            required: true,
        }])
    };
    assert!(require("open_opportunities").is_err());
    let tier = Field::new("tier", FieldKind::option(&["a", "b"]))
        .required()
        .default("a");
    let error = session.change_schema([add("account", tier)]).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("1 account record(s) have no tier"),
        "{error}"
    );
    let beyond = Field::new("rank", FieldKind::Integer)
        .range(1, 5)
        .default(9);
    assert!(
        session
            .change_schema([add("account", beyond)])
            .unwrap_err()
            .to_string()
            .contains("default")
    );
    let nobody = Field::new("keeper", FieldKind::reference(&["user"])).default("nobody");
    assert!(
        session
            .change_schema([add("account", nobody)])
            .unwrap_err()
            .to_string()
            .contains("nobody")
    );
}

#[test]
fn a_mistyped_rule_in_a_schema_file_is_not_dropped_in_silence() {
    let text = r#"{"change": "add_field", "object": "account", "field": {"name": "x", "type": "text", "requird": true}}"#;
    let error = serde_json::from_str::<SchemaChange>(text).unwrap_err();
    assert!(error.to_string().contains("'required'"), "{error}");
    let field = Field::new("x", FieldKind::option(&["a"]))
        .required()
        .label("X", "ایکس", "إكس");
    let text = serde_json::to_string(&field).unwrap();
    assert_eq!(serde_json::from_str::<Field>(&text).unwrap(), field);
}
