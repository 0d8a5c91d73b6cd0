//! What becomes of definitions when a field goes?

use serde_json::json;

use super::{create, memory};
use crate::error::ErrorKind;
use crate::record::RecordId;
use crate::schema::{Field, FieldKind, SchemaChange};
use crate::session::Session;
use crate::view::ViewPage;

fn retire() -> [SchemaChange; 1] {
    [SchemaChange::RetireField {
        object: "account".to_owned(),
        field: "region".to_owned(),
    }]
}

struct Declared {
    session: Session,
    view: RecordId,
    board: RecordId,
    form: RecordId,
    only: RecordId,
    dashboard: RecordId,
}

fn declared() -> Declared {
    let session = memory();
    let field = Field::new("region", FieldKind::option(&["north", "south"]));
    let add = SchemaChange::AddField {
        object: "account".to_owned(),
        field,
    };
    let _ = session.change_schema([add]).unwrap();
    let put = |object: &str, name: &str, definition| {
        create(
            &session,
            object,
            json!({"name": name, "definition": definition}),
        )
    };
    let view = json!({
        "object": "account", "columns": ["name", "region"], "sort": "region,name", "group_by": ["region"],
        "filter": "and(industry[eq]:\"فولاد\",or(region[eq]:north,not(region[eq]:south)))",
        "chart": {"kind": "bar", "by": "industry", "series": "region", "measure": "count"},
    });
    let view = put("view", "شمال", view);
    let board = put(
        "view",
        "تخته",
        json!({"object": "account", "kind": "kanban", "group_by": ["region"]}),
    );
    let form = json!({"object": "account", "sections": [
        {"rows": [["name", "region"], [{"field": "phone", "visible_if": "region[eq]:north"}]]},
    ]});
    let form = put("form", "فرم", form);
    let only =
        json!({"object": "account", "purposes": ["show"], "sections": [{"rows": [["region"]]}]});
    let only = put("form", "تنها", only);
    let dashboard = json!({"tiles": [
        {"place": {"width": 4}, "show": "number", "object": "account", "filter": "region[eq]:north", "measure": "count"},
        {"place": {"column": 4}, "show": "chart", "object": "account", "chart": {"kind": "donut", "by": "region", "measure": "count"}},
    ]});
    let dashboard = put("dashboard", "داشبورد", dashboard);
    Declared {
        session,
        view,
        board,
        form,
        only,
        dashboard,
    }
}

#[test]
fn a_change_that_would_break_definitions_names_them_and_is_refused() {
    let of = declared();
    let before = of.session.engine().check().unwrap().state_hash;
    let uses = of.session.definitions_in_use(&retire()).unwrap();
    let ids: Vec<RecordId> = uses.iter().map(|used| used.id).collect();
    assert_eq!(ids, [of.view, of.board, of.form, of.only, of.dashboard]);
    let remains: Vec<bool> = uses.iter().map(|used| used.remains).collect();
    assert_eq!(remains, [true, true, true, false, true]);
    let expected = [
        "columns: region",
        "filter: region",
        "filter: region",
        "sort: region",
        "group_by: region",
        "chart.series: region",
    ];
    assert_eq!(uses[0].places, expected);
    let error = of.session.change_schema(retire()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let failures = error.failures();
    assert_eq!(failures.len(), 5, "{error:?}");
    assert!(
        failures
            .iter()
            .all(|failure| failure.code == "in-definition")
    );
    assert!(failures[0].message.starts_with(&format!(
        "view 'شمال' ({}) uses it (columns: region",
        of.view
    )));
    assert_eq!(of.session.engine().check().unwrap().state_hash, before);
}

#[test]
fn a_path_to_what_is_gone_is_gone_too() {
    let session = memory();
    let field = Field::new("region", FieldKind::option(&["north", "south"]));
    let add = SchemaChange::AddField {
        object: "account".to_owned(),
        field,
    };
    let _ = session.change_schema([add]).unwrap();
    let definition = json!({
        "object": "opportunity", "columns": ["name"], "sort": "account.region,name",
        "filter": "and(account.parent.region[eq]:north,account.name[contains]:x)",
    });
    let view = create(
        &session,
        "view",
        json!({"name": "شمال", "definition": definition}),
    );
    let uses = session.definitions_in_use(&retire()).unwrap();
    assert_eq!(
        uses[0].places,
        ["filter: account.parent.region", "sort: account.region"]
    );
    assert!(session.change_schema(retire()).is_err());
    let _ = session.change_schema_and_strip(retire()).unwrap();
    let stored = session
        .get(view)
        .unwrap()
        .get("definition")
        .unwrap()
        .to_json();
    assert_eq!(
        (&stored["filter"], &stored["sort"]),
        (&json!("and(account.name[contains]:x)"), &json!("name"))
    );
}

#[test]
fn stripped_definitions_name_nothing_that_is_gone_and_still_answer() {
    let of = declared();
    let session = &of.session;
    create(
        session,
        "account",
        json!({"name": "فولاد پارس", "industry": "فولاد", "region": "north"}),
    );
    let _ = session.change_schema_and_strip(retire()).unwrap();
    let definition = |id: RecordId| {
        session
            .get(id)
            .unwrap()
            .get("definition")
            .unwrap()
            .to_json()
    };
    let expected = json!({
        "object": "account", "kind": "list", "columns": ["name"], "sort": "name",
        "filter": "and(industry[eq]:فولاد)",
        "chart": {"kind": "bar", "by": "industry", "measure": "count"},
    });
    assert_eq!(definition(of.view), expected);
    assert_eq!(
        definition(of.board),
        json!({"object": "account", "kind": "list"})
    );
    assert_eq!(
        definition(of.form)["sections"][0]["rows"],
        json!([["name"], ["phone"]])
    );
    assert_eq!(
        definition(of.dashboard)["tiles"].as_array().unwrap().len(),
        1
    );
    assert!(
        session
            .get(of.only)
            .unwrap_err()
            .to_string()
            .contains("in the bin")
    );
    for id in [of.view, of.board] {
        let view = session.view(&id.to_string()).unwrap();
        assert_eq!(
            session
                .view_rows(&view, &ViewPage::first())
                .unwrap()
                .rows
                .len(),
            1
        );
    }
    assert!(session.engine().check().unwrap().ok);
}

#[test]
fn a_change_that_is_refused_all_the_same_leaves_definitions_as_they_were() {
    let of = declared();
    let definition = |id: RecordId| of.session.get(id).unwrap().get("definition").cloned();
    let before = definition(of.view);
    create(&of.session, "account", json!({"name": "بی‌صنعت"}));
    let mut changes = retire().to_vec();
    changes.push(SchemaChange::SetRequired {
        object: "account".to_owned(),
        field: "industry".to_owned(),
        required: true,
    });
    let error = of.session.change_schema_and_strip(changes).unwrap_err();
    assert!(error.to_string().contains("have no industry"), "{error}");
    assert_eq!(definition(of.view), before);
    assert!(definition(of.only).is_some());
    // A change that makes no sense strips nothing at all.
    let unknown = SchemaChange::RetireField {
        object: "account".to_owned(),
        field: "religion".to_owned(),
    };
    let error = of
        .session
        .change_schema_and_strip([retire()[0].clone(), unknown])
        .unwrap_err();
    assert_eq!(error.failures()[0].request, 1);
    assert_eq!(of.session.get(of.view).unwrap().revision(), 3);
}

#[test]
fn a_change_that_takes_nothing_away_asks_nobody() {
    let of = declared();
    let add = SchemaChange::AddField {
        object: "account".to_owned(),
        field: Field::new("colour", FieldKind::Text),
    };
    assert_eq!(
        of.session
            .definitions_in_use(std::slice::from_ref(&add))
            .unwrap(),
        []
    );
    let _ = of.session.change_schema([add]).unwrap();
}

#[test]
fn options_are_named_after_the_field_was_made() {
    let session = declared().session;
    let name = |option: &str| SchemaChange::LabelOptions {
        object: "account".to_owned(),
        field: "region".to_owned(),
        labels: [(
            option.to_owned(),
            [("fa".to_owned(), "شمال".to_owned())].into(),
        )]
        .into(),
    };
    let _ = session.change_schema([name("north")]).unwrap();
    let schema = session.engine().schema().unwrap();
    let region = schema.object("account").unwrap().field("region").unwrap();
    assert_eq!(region.option_labels["north"]["fa"], "شمال");
    let error = session.change_schema([name("nort")]).unwrap_err();
    assert!(
        error.to_string().contains("did you mean 'north'?"),
        "{error}"
    );
}
