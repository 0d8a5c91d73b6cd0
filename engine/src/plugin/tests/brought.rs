//! Do the views that a plugin brings come and go with it?

use serde_json::{Value as Json, json};

use super::*;
use crate::engine::Engine;
use crate::view::ViewPage;

const VIEWS: &str = r#"
[[view]]
key = "scored-leads"
default = true
label = { en = "Scored leads", fa = "سرنخ‌های امتیازدار", ar = "العملاء المحتملون المقيّمون" }
[view.definition]
object = "lead"
columns = ["name", { field = "score", width = 80, format = "bar" }]
filter = "score[gte]:0"
sort = "-score"

[[form]]
key = "lead-with-score"
[form.definition]
object = "lead"
purposes = ["show"]
[[form.definition.sections]]
rows = [["name", "score"]]

[[dashboard]]
key = "scores"
[[dashboard.definition.tiles]]
place = { width = 6 }
show = "view"
view = "scored-leads"
"#;

fn plugin(views: &str) -> Vec<u8> {
    let manifest = format!("{MANIFEST}{views}");
    Guest {
        compute: &patching(0, 0, 42),
        manifest: &manifest,
        ..Guest::default()
    }
    .component()
}

#[test]
fn views_come_with_their_plugin_and_go_with_it() {
    let session = Engine::in_memory().open().unwrap().session();
    let bytes = plugin(VIEWS);
    let info = session.engine().inspect_plugin(&bytes).unwrap();
    for brought in [
        "view scored-leads",
        "form lead-with-score",
        "dashboard scores",
    ] {
        assert!(
            info.brings.contains(&brought.to_owned()),
            "{:?}",
            info.brings
        );
    }
    session.install_unsigned_plugin(&bytes, Json::Null).unwrap();
    let _ = session
        .create("lead", json!({"name": "علی رضایی", "employees": 3}))
        .unwrap();
    let view = session.default_view("lead").unwrap();
    assert_eq!(view.brought_by.as_deref(), Some("tester"));
    let rows = session.view_rows(&view, &ViewPage::first()).unwrap();
    assert_eq!(rows.rows[0].cells[1].text, "42");
    // Installing it again changes nothing that is as it was.
    let revision = |id| session.get(id).unwrap().revision();
    let before = revision(view.id.unwrap());
    session.install_unsigned_plugin(&bytes, Json::Null).unwrap();
    assert_eq!(revision(view.id.unwrap()), before);
    session.remove_plugin("tester").unwrap();
    assert_eq!(session.default_view("lead").unwrap().name, "Leads");
    session.install_unsigned_plugin(&bytes, Json::Null).unwrap();
    assert!(session.dashboard("scores").is_ok());
}

#[test]
fn a_plugin_whose_fields_others_show_is_kept_until_they_are_stripped() {
    let session = Engine::in_memory().open().unwrap().session();
    session
        .install_unsigned_plugin(&plugin(VIEWS), Json::Null)
        .unwrap();
    let own = json!({"key": "own", "name": "من", "definition": {"object": "lead", "columns": ["name", "score"]}});
    let _ = session.create("view", own).unwrap();
    let error = session.remove_plugin("tester").unwrap_err();
    assert!(error.to_string().contains("view 'من'"), "{error}");
    assert!(session.view("scored-leads").is_ok() && session.plugin("tester").is_ok());
    session.remove_plugin_and_strip("tester").unwrap();
    assert_eq!(session.view("own").unwrap().definition.columns.len(), 1);
    assert!(session.plugin("tester").is_err());
}

#[test]
fn a_view_that_does_not_fit_refuses_the_plugin_and_installs_nothing() {
    let session = Engine::in_memory().open().unwrap().session();
    let before = session.engine().position();
    let cases = [
        (
            VIEWS.replace("\"-score\"", "\"-scroe\""),
            "did you mean 'score'?",
        ),
        (VIEWS.replace("sort =", "sorted ="), "did you mean 'sort'?"),
        (
            VIEWS.replace("view = \"scored-leads\"", "view = \"none\""),
            "there is no view with the key or id 'none'",
        ),
    ];
    for (views, expected) in cases {
        let error = session
            .install_unsigned_plugin(&plugin(&views), Json::Null)
            .unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
    assert_eq!(session.engine().position(), before);
}
