//! What may be saved, for whom is it, and which one does somebody get?

use serde_json::{Value as Json, json};

use super::{Staff, create, memory};
use crate::error::ErrorKind;
use crate::session::Session;
use crate::view::{Audience, Chart, ChartKind, ViewDefinition, ViewPage};

fn refused(session: &Session, object: &str, definition: Json) -> Vec<String> {
    let fields = json!({"name": "نما", "definition": definition});
    let error = session.create(object, fields).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused, "{error:?}");
    let failures = error.failures().iter();
    failures.map(|failure| failure.message.clone()).collect()
}

#[test]
fn a_view_that_does_not_fit_is_refused_with_every_fault_and_its_place() {
    let session = memory();
    let view = json!({
        "object": "opportunity",
        "columns": ["name", "amont", {"field": "name", "format": "bar"}],
        "filter": "stage[eq]:unheard-of",
        "sort": "-nmae",
        "group_by": ["close_date:mnth", "description"],
        "measures": ["sum(name)"],
        "start": "close_date",
        "chart": {"kind": "bar", "by": "stage", "measure": "max(close_date)"},
    });
    let faults = refused(&session, "view", view);
    let expected = [
        "columns[1]: opportunity has no field 'amont'; did you mean 'amount'?",
        "columns[2]: name (text) cannot be drawn as bar; leave the format out",
        "filter: stage: no stage has the key or id 'unheard-of'",
        "sort: opportunity has no field 'nmae'; did you mean 'name'?",
        "group_by[0]: cannot group close_date by 'mnth'; did you mean 'month'?",
        "group_by[1]: cannot group by description (long_text)",
        "measures[0]: sum(name): name (text) has no such total",
        "chart.measure: max(close_date) is a date, and only numbers can be drawn; count, or measure a number",
        "start: only a calendar has it",
    ];
    assert_eq!(faults, expected);
    assert_eq!(
        refused(&session, "view", json!({"object": "oportunity"})),
        ["object: there is no object 'oportunity'; did you mean 'opportunity'?"]
    );
    let fits_not = json!({"object": "activity", "filter": "at[contains]:x"});
    assert_eq!(
        refused(&session, "view", fits_not),
        ["filter: at (instant) cannot be asked with contains"]
    );
}

#[test]
fn boards_calendars_and_reports_need_what_makes_them_so() {
    let session = memory();
    let cases = [
        (
            json!({"object": "lead", "kind": "kanban"}),
            "group_by: a kanban has one field for its lanes",
        ),
        (
            json!({"object": "lead", "kind": "kanban", "group_by": ["company"]}),
            "group_by[0]: company makes no lanes; use an option, a reference or yes and no",
        ),
        (
            json!({"object": "lead", "kind": "calendar"}),
            "start: a calendar needs the date at which an entry begins",
        ),
        (
            json!({"object": "lead", "kind": "calendar", "start": "name"}),
            "start: name is neither a date nor an instant",
        ),
        (
            json!({"object": "lead", "kind": "report"}),
            "group_by: a report needs a group, a measure or a chart",
        ),
    ];
    for (view, expected) in cases {
        assert_eq!(refused(&session, "view", view), [expected]);
    }
}

#[test]
fn a_form_asks_for_what_is_required_and_names_fields_that_are_there() {
    let session = memory();
    let form = json!({"object": "lead", "sections": [{"rows": [
        ["compny", {"field": "phone", "visible_if": "status[eq]:forgotten"}],
    ]}]});
    let faults = refused(&session, "form", form);
    assert_eq!(faults.len(), 3, "{faults:?}");
    assert!(faults[0].starts_with("sections[0].rows[0][0]: lead has no field 'compny'"));
    assert!(faults[1].starts_with("sections[0].rows[0][1].visible_if: status[eq]: 'forgotten'"));
    assert!(faults[2].starts_with("sections: name is required, and the form does not ask"));
    let to_show =
        json!({"object": "lead", "purposes": ["show"], "sections": [{"rows": [["company"]]}]});
    create(
        &session,
        "form",
        json!({"name": "کوتاه", "definition": to_show}),
    );
}

#[test]
fn tiles_lie_beside_each_other_on_the_grid_and_name_views_that_are_there() {
    let session = memory();
    let tile = |column: u16, width: u16, view: &str| json!({"place": {"column": column, "width": width}, "show": "view", "view": view});
    let tiles =
        json!({"tiles": [tile(0, 6, "pipeline"), tile(5, 4, "none"), tile(10, 6, "leads")]});
    let faults = refused(&session, "dashboard", tiles);
    let expected = [
        "tiles[1].place: it lies over tiles[0]",
        "tiles[1].view: there is no view with the key or id 'none'; save it before the dashboard",
        "tiles[2].place: it reaches beyond the 12 columns of the grid",
    ];
    assert_eq!(faults, expected);
}

#[test]
fn the_engine_keeps_object_and_kind_and_nobody_else_sets_them() {
    let session = memory();
    let definition = ViewDefinition::kanban("lead", "status").to_json();
    let id = create(
        &session,
        "view",
        json!({"name": "تخته", "definition": definition}),
    );
    let record = session.get(id).unwrap();
    assert_eq!(record.text("object"), Some("lead"));
    assert_eq!(record.text("kind"), Some("kanban"));
    assert_eq!(record.text("audience"), Some("everyone"));
    let error = session
        .update(id, json!({"object": "account"}))
        .unwrap_err();
    assert_eq!(error.failures()[0].code, "read-only");
    let changed = ViewDefinition::list("account").to_json();
    let _ = session.update(id, json!({"definition": changed})).unwrap();
    let record = session.get(id).unwrap();
    assert_eq!(record.text("object"), Some("account"));
    assert_eq!(record.text("kind"), Some("list"));
}

/// A default view of leads, told from others by its name.
fn default_view(session: &Session, name: &str, audience: Json) {
    let mut fields = json!({
        "name": name, "is_default": true, "definition": ViewDefinition::list("lead").to_json(),
    });
    let map = fields.as_object_mut().unwrap();
    map.extend(audience.as_object().unwrap().clone());
    create(session, "view", fields);
}

#[test]
fn somebody_gets_his_own_view_then_his_teams_his_roles_everyones_and_the_engines() {
    let staff = Staff::new();
    let mine = staff.as_user(staff.maryam);
    let other = staff.as_user(staff.ali);
    let first = |session: &Session| session.default_view("lead").unwrap().name;
    assert_eq!(first(&mine), "Leads");
    default_view(&staff.session, "همه", json!({"audience": "everyone"}));
    assert_eq!(first(&mine), "همه");
    let role = json!({"audience": "role", "role": staff.role.to_string()});
    default_view(&staff.session, "نقش", role);
    assert_eq!(first(&mine), "نقش");
    let team = json!({"audience": "team", "team": staff.team.to_string()});
    default_view(&staff.session, "تیم", team);
    assert_eq!(first(&mine), "تیم");
    // What a user says nothing about is his own.
    default_view(&mine, "مال من", json!({}));
    assert_eq!(first(&mine), "مال من");
    assert_eq!(first(&other), "همه");
    let own = mine.view("مال من").unwrap();
    assert_eq!(own.audience, Audience::Owner(staff.maryam));
    let seen: Vec<String> = other
        .views(Some("lead"))
        .unwrap()
        .into_iter()
        .map(|view| view.name)
        .collect();
    assert_eq!(seen, ["همه", "Leads"]);
    assert_eq!(
        other.view("مال من").unwrap_err().kind(),
        ErrorKind::NotFound
    );
    // Where nobody declared one, the schema makes one.
    let made = mine.default_view("territory").unwrap();
    assert_eq!(made.definition.columns[0].field, "name");
}

#[test]
fn an_audience_says_which_team_or_role_it_is() {
    let session = memory();
    let fields = json!({"name": "نما", "audience": "team", "definition": {"object": "lead"}});
    let error = session.create("view", fields).unwrap_err();
    assert_eq!(error.failures()[0].field.as_deref(), Some("team"));
    assert_eq!(error.to_string(), "team: it is for one team; say which");
}

#[test]
fn a_view_is_found_by_key_id_and_name_and_a_mistyped_one_names_the_nearest() {
    let session = memory();
    let definition = ViewDefinition::list("lead").to_json();
    let id = create(
        &session,
        "view",
        json!({"key": "hot-leads", "name": "سرنخ‌های داغ", "definition": definition}),
    );
    for name in [
        "hot-leads",
        "HOT-LEADS",
        &id.to_string(),
        "سرنخ‌های داغ",
        "سرنخ‌هاي داغ",
    ] {
        assert_eq!(session.view(name).unwrap().id, Some(id), "{name}");
    }
    let error = session.view("hot-leds").unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no view 'hot-leds'; did you mean 'hot-leads'?"
    );
}

#[test]
fn whoever_saves_a_view_under_the_key_of_a_shipped_one_has_replaced_it() {
    let session = memory();
    assert_eq!(session.view("leads").unwrap().id, None);
    let mine = ViewDefinition::list("lead").chart(Chart::new(
        ChartKind::Bar,
        "source",
        crate::query::Measure::Count,
    ));
    let id = create(
        &session,
        "view",
        json!({"key": "leads", "name": "سرنخ‌ها", "definition": mine.to_json()}),
    );
    assert_eq!(session.view("leads").unwrap().id, Some(id));
    let keys = session.views(Some("lead")).unwrap();
    assert_eq!(keys.len(), 1);
    let _ = session.delete(id).unwrap();
    assert_eq!(session.view("leads").unwrap().id, None);
}

#[test]
fn an_earlier_version_of_a_view_can_be_asked_for_and_put_back() {
    let session = memory();
    create(&session, "account", json!({"name": "فولاد پارس"}));
    let short = json!({"object": "account", "columns": ["name"]});
    let made = session
        .create(
            "view",
            json!({"key": "k", "name": "نما", "definition": short}),
        )
        .unwrap();
    let id = made.id().unwrap();
    let long = json!({"object": "account", "columns": ["name", "industry"]});
    let _ = session.update(id, json!({"definition": long})).unwrap();
    let then = session.as_of(made.position).unwrap();
    let old = then.view("k").unwrap();
    assert_eq!(old.definition.columns.len(), 1);
    assert_eq!(
        then.view_rows(&old, &ViewPage::first()).unwrap().rows.len(),
        1
    );
    let back = json!({"definition": old.definition.to_json()});
    let _ = session.update(id, back).unwrap();
    assert_eq!(session.view("k").unwrap().definition, old.definition);
    assert_eq!(session.timeline(id).unwrap().len(), 3);
}
