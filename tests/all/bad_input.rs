//! Whatever comes in, the answer is an error that names the thing, the process lives, and the store is as it was.

mod sizes;
mod values;

use peyvand::{
    Aggregate, Error, ErrorKind, Field, FieldKind, Filter, ImportOptions, LeadConversion, Mapping,
    Measure, Query, Request, SchemaChange,
};
use serde_json::json;

use crate::setting::{codes, create, memory};

/// A message for people: it says something, and nothing of the program's insides.
fn for_people(message: &str) {
    assert!(message.trim().len() > 10, "too short: '{message}'");
    assert!(!message.trim_end().ends_with('.'), "{message}");
    let insides = [
        "::",
        "i64",
        "u64",
        "i128",
        "f64",
        "usize",
        "String(",
        "Some(",
        "None",
        "Err(",
        "Ok(",
        "Object {",
        "Array [",
        "Array(",
        "Number(",
        "Bool(",
        "serde",
        "Option<",
        "Vec<",
        "RecordId",
        "NaiveDate",
        "DateTime",
        "FieldKind",
        "panicked",
    ];
    for inside in insides {
        assert!(
            !message.contains(inside),
            "'{inside}' is no word for people: {message}"
        );
    }
}

/// An error that names what was mistyped and what was probably meant.
fn unknown(error: Option<Error>, typed: &str, meant: &str) {
    let error = error.unwrap_or_else(|| panic!("'{typed}' was accepted"));
    let told = error.to_string();
    assert!(
        told.contains(&format!("'{typed}'")),
        "'{typed}' is not named: {told}"
    );
    assert!(
        meant.is_empty() || told.contains(&format!("'{meant}'")),
        "'{meant}' is not offered: {told}"
    );
    for_people(&told);
}

#[test]
fn an_unknown_name_is_told_with_the_nearest_at_every_door() {
    let session = memory();
    let lead = create(&session, "lead", json!({"name": "Sara Ahmadi"}));
    let before = session.engine().check().unwrap();
    let filter = |text: &str| Filter::parse(text).unwrap();
    let query = |query: Query| session.query(&query).err();
    let total = |aggregate: Aggregate| session.aggregate(&aggregate).err();
    let schema = |change: SchemaChange| session.change_schema([change]).err();
    let integer = |name: &str| Field::new(name, FieldKind::Integer);
    let (acount, account) = ("acount".to_owned(), "account".to_owned());

    unknown(session.new_id("acount").err(), "acount", "account");
    unknown(
        session.create("acount", json!({})).err(),
        "acount",
        "account",
    );
    unknown(
        session.update(lead, json!({"emial": "a@b.de"})).err(),
        "emial",
        "email",
    );
    unknown(
        session.find("acount", "name", "x").err(),
        "acount",
        "account",
    );
    unknown(
        session.find("account", "external_idd", "x").err(),
        "external_idd",
        "external_id",
    );
    unknown(
        session
            .convert_lead(LeadConversion::of(lead).with_opportunity("Deal", json!({"stag": "won"})))
            .err(),
        "stag",
        "stage",
    );

    unknown(query(Query::new("acount")), "acount", "account");
    unknown(
        query(Query::new("account").filter(filter("nmae[eq]:x"))),
        "nmae",
        "name",
    );
    unknown(
        query(Query::new("account").filter(
            Filter::from_json(&json!({"not": {"field": "nmae", "op": "eq", "value": 1}})).unwrap(),
        )),
        "nmae",
        "name",
    );
    unknown(
        query(Query::new("account").sorted_by("-nmae").unwrap()),
        "nmae",
        "name",
    );
    unknown(
        session.count("acount", &Filter::everything()).err(),
        "acount",
        "account",
    );
    unknown(
        session.count("account", &filter("nmae[eq]:x")).err(),
        "nmae",
        "name",
    );
    unknown(
        session
            .explain(&Query::new("account").filter(filter("nmae[eq]:x")))
            .err(),
        "nmae",
        "name",
    );
    unknown(Filter::parse("name[eqq]:x").err(), "eqq", "");
    unknown(
        Filter::from_json(&json!({"field": "name", "op": "eqq", "value": 1})).err(),
        "eqq",
        "",
    );
    unknown(Filter::from_json(&json!({"nand": []})).err(), "nand", "");

    unknown(total(Aggregate::new("acount")), "acount", "account");
    unknown(
        total(Aggregate::new("account").group_by("industri")),
        "industri",
        "industry",
    );
    unknown(
        total(Aggregate::new("account").measure(Measure::Sum("employes".to_owned()))),
        "employes",
        "employees",
    );
    unknown(
        total(Aggregate::new("account").filter(filter("nmae[eq]:x"))),
        "nmae",
        "name",
    );
    unknown(
        Measure::parse("mode(employees)").err(),
        "mode(employees)",
        "",
    );

    unknown(
        schema(SchemaChange::AddField {
            object: acount.clone(),
            field: integer("floor"),
        }),
        "acount",
        "account",
    );
    unknown(
        schema(SchemaChange::RetireField {
            object: account.clone(),
            field: "industri".to_owned(),
        }),
        "industri",
        "industry",
    );
    unknown(
        schema(SchemaChange::SetIndexed {
            object: account.clone(),
            field: "employes".to_owned(),
            indexed: true,
        }),
        "employes",
        "employees",
    );
    unknown(
        schema(SchemaChange::AddOption {
            object: account.clone(),
            field: "knid".to_owned(),
            option: "x".to_owned(),
        }),
        "knid",
        "kind",
    );
    unknown(
        schema(SchemaChange::AddField {
            object: account.clone(),
            field: Field::new("friend", FieldKind::reference(&["acount"])),
        }),
        "acount",
        "",
    );
    let rollup =
        serde_json::from_value(json!({"child": "oportunity", "by": "account", "measure": "count"}))
            .unwrap();
    unknown(
        schema(SchemaChange::AddField {
            object: account,
            field: Field::new("deals", FieldKind::Rollup(rollup)),
        }),
        "oportunity",
        "",
    );

    let script = |text: &str| {
        session
            .install_script(&format!("//! name: s\n//! on-failure: reject\n{text}\n"))
            .err()
    };
    unknown(script("//! on: acount before create"), "acount", "account");
    unknown(
        script("//! on: account before create\nrecord.nmae = \"x\";"),
        "nmae",
        "name",
    );

    let import = |into: &str, field: &str| {
        let mapping = Mapping::parse(&format!(
            "[[import]]\ninto = \"{into}\"\n[import.columns]\nname = \"{field}\"\n"
        ))
        .unwrap();
        session
            .import(
                "name\nx\n".as_bytes(),
                &mapping,
                into,
                &ImportOptions::default(),
                &mut |_| {},
            )
            .err()
    };
    unknown(import("acount", "name"), "acount", "account");
    unknown(import("account", "nmae"), "nmae", "name");
    unknown(
        Mapping::parse("[[import]]\ninto = \"account\"\n[import.colums]\nname = \"name\"\n").err(),
        "colums",
        "columns",
    );
    assert_eq!(
        session.engine().check().unwrap(),
        before,
        "the store is unchanged"
    );
}

#[test]
fn a_stale_revision_stops_the_whole_commit() {
    let session = memory();
    let id = create(&session, "account", json!({"name": "Alpha"}));
    let _ = session.update(id, json!({"industry": "retail"})).unwrap();
    let before = session.engine().check().unwrap();
    for revision in [0, 1, 3, u64::MAX] {
        let stale = [
            Request::Update {
                id,
                revision: Some(revision),
                fields: json!({"industry": "energy"}).into(),
            },
            Request::Delete {
                id,
                revision: Some(revision),
            },
        ];
        for request in stale {
            let error = session
                .commit([Request::create("account", json!({"name": "Beta"})), request])
                .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
            assert_eq!(
                (
                    error.failures()[0].code.as_str(),
                    error.failures()[0].request
                ),
                ("stale-revision", 1)
            );
            assert!(
                error.to_string().contains("revision 2")
                    && error.to_string().contains("read it again"),
                "{error}"
            );
        }
    }
    assert_eq!(session.engine().check().unwrap(), before);
}

#[test]
fn an_id_of_something_else_is_told() {
    let session = memory();
    let account = create(&session, "account", json!({"name": "Alpha"}));
    let contact = create(&session, "contact", json!({"name": "Sara Ahmadi"}));
    let before = session.engine().check().unwrap();
    let of = |error: Error| {
        (
            error.kind(),
            codes(&error).into_iter().map(|(code, _)| code).next(),
            error.to_string(),
        )
    };

    let (_, code, told) = of(session
        .create(
            "contact",
            json!({"name": "A B", "account": contact.to_string()}),
        )
        .unwrap_err());
    assert_eq!(code.as_deref(), Some("wrong-type"));
    assert!(
        told.contains(&contact.to_string())
            && told.contains("is a contact")
            && told.contains("account"),
        "{told}"
    );

    let (_, code, told) = of(session
        .commit([Request::create_as(
            contact,
            "account",
            json!({"name": "Beta"}),
        )])
        .unwrap_err());
    assert_eq!(code.as_deref(), Some("id"));
    assert!(told.contains("begin with 'acc_'"), "{told}");

    let (kind, _, told) = of(session
        .convert_lead(LeadConversion::of(account))
        .unwrap_err());
    assert_eq!(kind, ErrorKind::Invalid);
    assert!(told.contains("only a lead"), "{told}");

    let strange: peyvand::RecordId = "zzz_00000000000000000000000001".parse().unwrap();
    let absent = session.new_id("account").unwrap();
    for id in [strange, absent] {
        let errors = [
            session.get(id).err(),
            session.update(id, json!({"name": "x"})).err(),
            session.delete(id).err(),
            session.restore(id).err(),
            session.convert_lead(LeadConversion::of(id)).err(),
        ];
        for error in errors {
            let error = error.unwrap();
            assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
            for_people(&error.to_string());
        }
    }
    assert!(
        session
            .restore(account)
            .unwrap_err()
            .to_string()
            .contains("not in the bin")
    );
    assert_eq!(session.engine().check().unwrap(), before);
}

#[test]
fn an_id_is_given_once() {
    let session = memory();
    let taken = create(&session, "account", json!({"name": "Alpha"}));
    let again =
        |name: &str| session.commit([Request::create_as(taken, "account", json!({"name": name}))]);
    let before = session.engine().check().unwrap();
    assert_eq!(
        codes(&again("Beta").unwrap_err()),
        [("id-taken".to_owned(), None)]
    );
    let fresh = session.new_id("account").unwrap();
    let twice = ["a", "b"].map(|name| Request::create_as(fresh, "account", json!({"name": name})));
    assert_eq!(
        codes(&session.commit(twice).unwrap_err()),
        [("id-taken".to_owned(), None)]
    );
    assert_eq!(session.engine().check().unwrap(), before);
    // What is in the bin may come back, so its id is not free.
    let _ = session.delete(taken).unwrap();
    let before = session.engine().check().unwrap();
    assert_eq!(
        codes(&again("Gamma").unwrap_err()),
        [("id-taken".to_owned(), None)]
    );
    assert_eq!(session.engine().check().unwrap(), before);
    let _ = session.restore(taken).unwrap();
    assert_eq!(session.get(taken).unwrap().title(), "Alpha");
}
