//! Can views be brought, brought again, changed by others and taken away?

use serde_json::{Value as Json, json};

use super::{create, memory};
use crate::error::ErrorKind;
use crate::record::RecordId;
use crate::session::Session;
use crate::view::Declarations;

fn bank(columns: Json) -> Declarations {
    let json = json!({
        "views": [
            {"key": "bank-leads", "default": true, "label": {"en": "Applicants", "fa": "متقاضیان"},
             "definition": {"object": "lead", "columns": columns}},
            {"key": "bank-accounts", "label": {"fa": "سپرده‌ها"}, "definition": {"object": "account"}},
        ],
        "forms": [{"key": "bank-lead", "definition": {"object": "lead", "sections": [{"rows": [["name", "budget"]]}]}}],
        "dashboards": [{"key": "bank", "definition": {"tiles": [
            {"place": {"width": 6}, "show": "view", "view": "bank-leads"},
        ]}}],
    });
    Declarations::from_json(&json).unwrap()
}

fn id(session: &Session, key: &str) -> RecordId {
    session.view(key).unwrap().id.unwrap()
}

#[test]
fn bringing_again_changes_only_what_is_other_and_leaves_what_somebody_else_made() {
    let session = memory();
    let first = session.declare("banking", &bank(json!(["name"]))).unwrap();
    assert_eq!(
        first.created,
        ["bank-leads", "bank-accounts", "bank-lead", "bank"]
    );
    let record = session.get(id(&session, "bank-leads")).unwrap();
    assert_eq!(record.text("brought_by"), Some("banking"));
    assert_eq!(record.text("created_by"), Some("plugin:banking"));

    let position = session.engine().position();
    let again = session.declare("banking", &bank(json!(["name"]))).unwrap();
    assert_eq!(again, crate::view::Brought::default());
    assert_eq!(session.engine().position(), position);

    let newer = session
        .declare("banking", &bank(json!(["name", "budget"])))
        .unwrap();
    assert_eq!(newer.changed, ["bank-leads"]);

    let mine = json!({"definition": {"object": "lead", "columns": ["name", "phone"]}});
    let _ = session.update(id(&session, "bank-leads"), mine).unwrap();
    let mut fewer = bank(json!(["name"]));
    fewer.views.truncate(1);
    let last = session.declare("banking", &fewer).unwrap();
    assert_eq!(
        (last.left, last.removed),
        (
            vec!["bank-leads".to_owned()],
            vec!["bank-accounts".to_owned()]
        )
    );
    assert_eq!(
        session.view("bank-leads").unwrap().definition.columns[1].field,
        "phone"
    );
    assert!(session.view("bank-accounts").is_err());
}

#[test]
fn what_was_brought_goes_with_who_brought_it_and_comes_back() {
    let session = memory();
    let _ = session.declare("banking", &bank(json!(["name"]))).unwrap();
    create(
        &session,
        "view",
        json!({"key": "own", "name": "من", "definition": {"object": "lead"}}),
    );
    assert_eq!(session.withdraw("banking").unwrap(), 4);
    assert_eq!(session.withdraw("banking").unwrap(), 0);
    assert!(session.view("bank-leads").is_err() && session.view("own").is_ok());
    let back = session.declare("banking", &bank(json!(["name"]))).unwrap();
    assert_eq!(back.created.len(), 4);
}

#[test]
fn nobody_replaces_what_another_brought_and_nothing_is_brought_by_halves() {
    let session = memory();
    create(
        &session,
        "view",
        json!({"key": "bank-leads", "name": "من", "definition": {"object": "lead"}}),
    );
    let error = session
        .declare("banking", &bank(json!(["name"])))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(
        error.to_string(),
        "view 'bank-leads' was not brought by banking and is not replaced"
    );
    let session = memory();
    let before = session.engine().position();
    let error = session
        .declare("banking", &bank(json!(["nme"])))
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("view bank-leads: columns[0]: lead has no field 'nme'"),
        "{error}"
    );
    assert_eq!(session.engine().position(), before);
}

#[test]
fn declarations_that_make_no_sense_are_told_with_their_place() {
    let wrong =
        json!({"views": [{"key": "a", "definition": {"object": "lead", "sorted": "name"}}]});
    let error = Declarations::from_json(&wrong).unwrap_err();
    assert_eq!(
        error.to_string(),
        "views[0].definition: there is no key 'sorted'; did you mean 'sort'?"
    );
    let twice = json!({"views": [
        {"key": "a", "definition": {"object": "lead"}}, {"key": "a", "definition": {"object": "lead"}},
    ]});
    let twice = Declarations::from_json(&twice).unwrap();
    assert_eq!(
        memory().declare("x", &twice).unwrap_err().to_string(),
        "view 'a' is brought twice"
    );
}

#[test]
fn fields_that_others_use_are_named_before_their_plugin_goes() {
    use crate::schema::{Field, FieldKind, SchemaChange};

    let session = memory();
    let mut field = Field::new("score", FieldKind::Integer);
    field.brought_by = Some("banking".to_owned());
    let object = || "lead".to_owned();
    let add = SchemaChange::AddField {
        object: object(),
        field,
    };
    let _ = session.change_schema([add]).unwrap();
    let _ = session.declare("banking", &bank(json!(["score"]))).unwrap();
    let retire = [SchemaChange::RetireField {
        object: object(),
        field: "score".to_owned(),
    }];
    let own =
        json!({"name": "امتیاز", "definition": {"object": "lead", "columns": ["name", "score"]}});
    let own = create(&session, "view", own);
    let error = session.make_way("banking", &retire, false).unwrap_err();
    assert_eq!(error.failures().len(), 1, "{error:?}");
    assert!(
        error
            .to_string()
            .contains("uses fields of plugin banking (columns: score)")
    );
    assert!(session.view("bank-leads").is_ok());
    session.make_way("banking", &retire, true).unwrap();
    let _ = session
        .strip_for(&retire, || session.change_schema(retire.clone()))
        .unwrap();
    let left = session.view(&own.to_string()).unwrap();
    assert_eq!(left.definition.columns.len(), 1);
}
