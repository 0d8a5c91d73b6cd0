//! Does a form show what belongs to this record, for this user, in this language?

use serde_json::json;

use super::{Staff, create, memory};
use crate::context::Locale;
use crate::locale::Direction;
use crate::schema::{Field, FieldKind, SchemaChange};
use crate::view::{FieldShown, FormFor, FormShown};

fn fields(form: &FormShown) -> Vec<&FieldShown> {
    form.sections
        .iter()
        .flat_map(|section| section.rows.iter().flatten())
        .collect()
}

fn names(form: &FormShown) -> Vec<&str> {
    fields(form)
        .iter()
        .map(|field| field.field.as_str())
        .collect()
}

fn field<'a>(form: &'a FormShown, name: &str) -> &'a FieldShown {
    fields(form)
        .into_iter()
        .find(|field| field.field == name)
        .unwrap()
}

#[test]
fn what_is_typed_decides_what_is_there() {
    let session = memory();
    let form = |kind: &str| {
        let wanted = FormFor::create("activity").typed(json!({"kind": kind}));
        session.form(&wanted).unwrap()
    };
    let task = form("task");
    assert!(names(&task).contains(&"due_on") && !names(&task).contains(&"at"));
    assert!(!names(&task).contains(&"direction"));
    let call = form("call");
    assert!(names(&call).contains(&"direction") && !names(&call).contains(&"due_on"));
    assert_eq!(
        call.depends_on
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>(),
        ["kind", "status"]
    );
    // The default of a new record counts as typed.
    assert_eq!(field(&call, "status").cell.text, "Planned");
    let done = session.form(&FormFor::create("activity").typed(json!({"status": "done"})));
    assert!(names(&done.unwrap()).contains(&"outcome"));
}

#[test]
fn a_form_of_a_record_has_its_values_and_options_in_the_language_asked_for() {
    let staff = Staff::new();
    let owner = staff.ali.to_string();
    let id = create(
        &staff.session,
        "lead",
        json!({"name": "علی رضایی", "status": "working", "owner": owner, "employees": 12}),
    );
    let session = staff.as_user(staff.maryam).in_locale(Locale::Fa);
    let form = session.form(&FormFor::edit(id)).unwrap();
    assert_eq!((form.language, form.direction), ("fa", Direction::Rtl));
    assert_eq!((form.title.as_str(), form.revision), ("علی رضایی", Some(1)));
    let status = field(&form, "status");
    assert_eq!(
        (status.label.as_str(), status.cell.text.as_str()),
        ("وضعیت", "در حال پیگیری")
    );
    assert_eq!(status.options[0].label, "تازه");
    assert_eq!(field(&form, "owner").cell.text, "علی کریمی");
    assert_eq!(field(&form, "owner").to, ["user"]);
    assert_eq!(field(&form, "employees").maximum, Some(10_000_000));
    assert!(field(&form, "name").required && !field(&form, "company").required);
    // The condition of the section does not hold.
    assert!(!names(&form).contains(&"converted_account"));
    let show = session.form(&FormFor::show(id)).unwrap();
    assert!(
        fields(&show)
            .iter()
            .all(|field| field.read_only && !field.required)
    );
}

#[test]
fn what_was_typed_wrongly_is_said_at_its_field() {
    let session = memory();
    let typed = json!({"employees": "many", "email": "نه", "owner": "nobody", "budget": "۱۲۰۰ IRR", "company": ""});
    let form = session.form(&FormFor::create("lead").typed(typed)).unwrap();
    assert!(field(&form, "employees").fault.is_some());
    assert!(field(&form, "email").fault.is_some());
    assert_eq!(
        field(&form, "owner").fault.as_deref(),
        Some("no user has the key 'nobody'")
    );
    assert_eq!(field(&form, "budget").fault, None);
    assert_eq!(field(&form, "budget").cell.text, "1,200 IRR");
    let range = session.form(&FormFor::create("lead").typed(json!({"employees": -1})));
    assert!(field(&range.unwrap(), "employees").fault.is_some());
    let error = session.form(&FormFor::create("lead").typed(json!({"emial": "x"})));
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("did you mean 'email'?")
    );
}

#[test]
fn where_nobody_declared_a_form_the_schema_makes_one() {
    let session = memory();
    let changes = [SchemaChange::CreateObject {
        name: "meter".to_owned(),
        prefix: "mtr".to_owned(),
        label: [("fa".to_owned(), "کنتور".to_owned())].into(),
        fields: vec![
            Field::new("number", FieldKind::Text)
                .required()
                .unique()
                .label("Number", "شماره", "الرقم"),
            Field::new("note", FieldKind::LongText),
            Field::new("kind", FieldKind::option(&["single", "three"]))
                .required()
                .option_label("three", "Three phases", "سه‌فاز", "ثلاثي الطور"),
            Field::new("checked", FieldKind::Instant).read_only(),
        ],
        key: None,
    }];
    let _ = session.change_schema(changes).unwrap();
    let session = session.in_locale(Locale::Fa);
    let form = session.form(&FormFor::create("meter")).unwrap();
    assert_eq!(
        (form.label.as_str(), form.form.as_str()),
        ("کنتور", "کنتور")
    );
    assert_eq!(names(&form), ["number", "kind", "note"]);
    assert_eq!(field(&form, "kind").options[1].label, "سه‌فاز");
    assert_eq!(field(&form, "kind").options[0].label, "single");
    let id = create(&session, "meter", json!({"number": "۱۲", "kind": "three"}));
    let shown = session.form(&FormFor::show(id)).unwrap();
    let expected = [
        "number",
        "kind",
        "note",
        "checked",
        "created_at",
        "created_by",
        "updated_at",
        "updated_by",
    ];
    assert_eq!(names(&shown), expected);
    let view = session.default_view("meter").unwrap();
    let columns: Vec<&str> = view
        .definition
        .columns
        .iter()
        .map(|column| column.field.as_str())
        .collect();
    assert_eq!(columns, ["number", "kind", "checked"]);
}

#[test]
fn an_own_form_serves_only_the_purposes_it_says() {
    let staff = Staff::new();
    let session = staff.as_user(staff.maryam);
    let short = json!({"object": "lead", "purposes": ["create"], "sections": [{"rows": [["name", "phone"]]}]});
    create(
        &session,
        "form",
        json!({"name": "تند", "is_default": true, "definition": short}),
    );
    let blank = session.form(&FormFor::create("lead")).unwrap();
    assert_eq!(
        (blank.form.as_str(), names(&blank)),
        ("تند", vec!["name", "phone"])
    );
    let id = create(&session, "lead", json!({"name": "علی"}));
    assert_eq!(session.form(&FormFor::edit(id)).unwrap().form, "Lead");
    let other = staff.as_user(staff.ali);
    assert_eq!(other.form(&FormFor::create("lead")).unwrap().form, "Lead");
    let named = session.form(&FormFor::create("account").form("lead"));
    assert_eq!(
        named.unwrap_err().to_string(),
        "form 'lead' is for lead, not for account"
    );
}

#[test]
fn a_condition_over_a_reference_is_asked_of_what_is_typed() {
    let session = memory();
    let definition = json!({"object": "opportunity", "sections": [
        {"rows": [["name", "account"], [{"field": "loss_reason", "visible_if": "account.kind[eq]:person"}]]},
    ]});
    create(
        &session,
        "form",
        json!({"name": "فرصت", "is_default": true, "definition": definition}),
    );
    let of =
        |kind: &str| create(&session, "account", json!({"name": "نگار", "kind": kind})).to_string();
    let form = |account: String| {
        let wanted = FormFor::create("opportunity").typed(json!({"account": account}));
        session.form(&wanted).unwrap()
    };
    let person = form(of("person"));
    assert!(names(&person).contains(&"loss_reason"));
    // The field that is typed, not the path: when it changes, the form is asked for again.
    assert_eq!(
        person
            .depends_on
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>(),
        ["account"]
    );
    assert!(!names(&form(of("organization"))).contains(&"loss_reason"));
}

#[test]
fn a_form_of_nothing_that_is_there_says_so() {
    let session = memory();
    let id = create(&session, "lead", json!({"name": "علی"}));
    let _ = session.delete(id).unwrap();
    assert!(session.form(&FormFor::edit(id)).is_err());
    let error = session.form(&FormFor::create("leed")).unwrap_err();
    assert!(error.to_string().contains("did you mean 'lead'?"));
}
