//! Do versions come and go without losing or keeping what they should not?

use serde_json::{Value as Json, json};

use super::*;
use crate::engine::Engine;
use crate::session::Session;

const MORE: &str = r#"
[[field]]
object = "lead"
name = "grade"
type = "option"
options = ["a", "b"]
"#;

fn component(manifest: &str) -> Vec<u8> {
    Guest {
        compute: &patching(0, 0, 42),
        manifest,
        ..Guest::default()
    }
    .component()
}

/// A version with a field of its own for grades.
fn graded() -> String {
    let (head, hook) = MANIFEST.split_once("[[hook]]").unwrap();
    format!("{head}{MORE}[[hook]]{hook}").replace("1.2.3", "1.3.0")
}

fn session_with(manifest: &str) -> Session {
    let session = Engine::in_memory().open().unwrap().session();
    let _ = session
        .install_unsigned_plugin(&component(manifest), Json::Null)
        .unwrap();
    session
}

fn lead(session: &Session, fields: Json) -> RecordId {
    session.create("lead", fields).unwrap().id().unwrap()
}

#[test]
fn an_upgrade_is_previewed_and_a_downgrade_keeps_the_values_that_it_has_no_use_for() {
    let session = session_with(MANIFEST);
    let newer = component(&graded());
    let change = session.preview_plugin(&newer).unwrap();
    assert_eq!(change.from.as_deref(), Some("1.2.3"));
    assert_eq!(change.adds, ["field lead.grade"]);
    assert!(change.asks.is_empty() && change.retires.is_empty());
    assert!(
        session
            .engine()
            .schema()
            .unwrap()
            .object("lead")
            .unwrap()
            .field("grade")
            .is_none()
    );
    let _ = session.install_unsigned_plugin(&newer, Json::Null).unwrap();
    let id = lead(&session, json!({"name": "لیلا کریمی", "grade": "b"}));
    let older = component(MANIFEST);
    let change = session.preview_plugin(&older).unwrap();
    assert_eq!(change.retires, ["field lead.grade"]);
    let _ = session.install_unsigned_plugin(&older, Json::Null).unwrap();
    assert!(session.update(id, json!({"grade": "a"})).is_err());
    let _ = session.install_unsigned_plugin(&newer, Json::Null).unwrap();
    assert_eq!(session.get(id).unwrap().text("grade"), Some("b"));
}

#[test]
fn options_that_a_version_brings_are_added_and_a_type_is_never_changed_under_its_values() {
    let session = session_with(&graded());
    let wider = graded().replace("\"a\", \"b\"", "\"a\", \"b\", \"c\"");
    let change = session.preview_plugin(&component(&wider)).unwrap();
    assert_eq!(change.adds, ["option c of lead.grade"]);
    let _ = session
        .install_unsigned_plugin(&component(&wider), Json::Null)
        .unwrap();
    lead(&session, json!({"name": "x", "grade": "c"}));
    let other = MANIFEST.replace("type = \"integer\"", "type = \"text\"");
    let error = session
        .install_unsigned_plugin(&component(&other), Json::Null)
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("lead.score holds values of type integer"),
        "{error}"
    );
}

#[test]
fn a_removal_is_previewed_and_its_values_are_given_and_dropped_when_asked() {
    let session = session_with(&graded());
    let first = lead(
        &session,
        json!({"name": "مريم", "grade": "a", "employees": 3}),
    );
    lead(&session, json!({"name": "علی"}));
    let removal = session.preview_plugin_removal("tester").unwrap();
    let fields = removal.fields.iter();
    let fields: Vec<_> = fields
        .map(|field| (field.field.as_str(), field.values))
        .collect();
    // The guest scores the first row of each batch: here both leads.
    assert_eq!(fields, [("score", 2), ("grade", 1)]);
    assert!(removal.problems.is_empty());
    let mut given = Vec::new();
    session
        .plugin_values("tester", |id, values| {
            given.push((id, Json::Object(values.clone())));
            true
        })
        .unwrap();
    given.sort_by_key(|(id, _)| *id != first);
    assert_eq!(given[0], (first, json!({"score": 42, "grade": "a"})));
    assert_eq!(given.len(), 2);
    assert_eq!(session.drop_plugin_values("tester").unwrap(), 2);
    assert_eq!(session.drop_plugin_values("tester").unwrap(), 0);
    session.remove_plugin("tester").unwrap();
    let _ = session
        .install_unsigned_plugin(&component(&graded()), Json::Null)
        .unwrap();
    assert_eq!(session.get(first).unwrap().get("score"), None);
    assert_eq!(session.get(first).unwrap().title(), "مريم");
    assert!(session.engine().check().unwrap().ok);
}

#[test]
fn what_stands_in_the_way_of_a_removal_is_told_before() {
    let session = session_with(MANIFEST);
    let view =
        json!({"name": "Scores", "definition": {"object": "lead", "columns": ["name", "score"]}});
    let _ = session.create("view", view).unwrap();
    let removal = session.preview_plugin_removal("tester").unwrap();
    let [problem] = removal.problems.as_slice() else {
        panic!("one problem: {:?}", removal.problems)
    };
    assert!(problem.contains("Scores"), "{problem}");
    assert!(session.remove_plugin("tester").is_err());
}
