//! Does an industry come, change and go as data, without a line of code?

use std::sync::Arc;

use chrono::{TimeZone, Utc};
use serde_json::{Value as Json, json};

use super::guests::Guest;
use crate::context::{FixedClock, SeededIds};
use crate::query::{Filter, Query};
use crate::session::Session;
use crate::{Engine, ErrorKind, PluginInfo, Result};

const MANIFEST: &str = r#"
id = "leasing"
version = "0.1.0"
contract = "0.1"
on-failure = "skip"
name = { en = "Leasing", fa = "لیزینگ", ar = "التأجير" }
"#;

const OBJECTS: &str = r#"
[[object]]
name = "loan"
prefix = "lon"
key = "number"
label = { en = "Loan", fa = "وام", ar = "قرض" }
[[object.field]]
name = "number"
type = "text"
required = true
unique = true
label = { en = "Number", fa = "شماره", ar = "الرقم" }
[[object.field]]
name = "amount"
type = "money"

[[object]]
name = "guarantee"
prefix = "gar"
[[object.field]]
name = "title"
type = "text"
[[object.field]]
name = "loan"
type = "reference"
to = ["loan"]

[[field]]
object = "account"
name = "risk"
type = "option"
options = ["low", "high"]

[[option]]
object = "activity"
field = "kind"
option = "inspection"
label = { en = "Inspection", fa = "بازدید", ar = "معاينة" }

[[view]]
key = "large-loans"
label = { en = "Large loans", fa = "وام‌های بزرگ", ar = "قروض كبيرة" }
definition = { object = "loan", columns = ["number", "amount"] }
"#;

const RECORDS: &str = r#"
[[record]]
object = "pipeline"
fields = { key = "lending", name = "وام‌دهی" }
[[record]]
object = "stage"
fields = { key = "scored", name = "اعتبارسنجی", pipeline = "lending", probability = "40" }
[[record]]
object = "template"
fields = { key = "loan-agreement", name = "قرارداد وام", object = "loan", texts = { fa = { body = { file = "agreement.html" } } } }
"#;

/// A plugin of these data; it has no hook.
fn plugin(manifest: &str, files: &[(&str, &str)]) -> Vec<u8> {
    let files: serde_json::Map<String, Json> = files
        .iter()
        .map(|(name, text)| ((*name).to_owned(), json!(text)))
        .collect();
    let data = Json::Object(files).to_string();
    let world = "package test:guest; world guest { include peyvand:plugin/data-plugin@0.1.0; }";
    let guest = Guest {
        world,
        export: "peyvand:nothing",
        manifest,
        data: &data,
        ..Guest::default()
    };
    guest.component()
}

fn leasing(records: &str) -> Vec<u8> {
    let agreement = ("agreement.html", "<p>قرارداد {{ record.number }}</p>");
    plugin(
        MANIFEST,
        &[
            ("objects.toml", OBJECTS),
            ("records.toml", records),
            agreement,
        ],
    )
}

fn session() -> Session {
    let noon = Utc.with_ymd_and_hms(2026, 3, 21, 12, 0, 0).unwrap();
    let engine = Engine::in_memory()
        .clock(Arc::new(FixedClock::at(noon)))
        .ids(Arc::new(SeededIds::new(7)));
    engine.open().unwrap().session()
}

fn install(session: &Session, bytes: &[u8]) -> Result<PluginInfo> {
    session.install_unsigned_plugin(bytes, Json::Null)
}

fn count(session: &Session, object: &str, key: &str) -> usize {
    let query = Query::new(object).filter(Filter::eq("key", key));
    session.query(&query).unwrap().records.len()
}

#[test]
fn an_industry_is_installed_from_data_alone() {
    let session = session();
    let info = install(&session, &leasing(RECORDS)).unwrap();
    for brought in [
        "object loan",
        "option activity.kind inspection",
        "1 of template",
    ] {
        assert!(
            info.brings.iter().any(|brings| brings == brought),
            "{:?}",
            info.brings
        );
    }
    let loan = json!({"number": "۱۲", "amount": "900000000 IRR"});
    let loan = session.create("loan", loan).unwrap().id().unwrap();
    let guarantee = json!({"title": "چک", "loan": loan.to_string()});
    let _ = session.create("guarantee", guarantee).unwrap();
    let visit = json!({"kind": "inspection", "subject": "بازدید"});
    let _ = session.create("activity", visit).unwrap();
    let stage = session
        .query(&Query::new("stage").filter(Filter::eq("key", "scored")))
        .unwrap();
    assert_eq!(stage.records[0].text("name"), Some("اعتبارسنجی"));
    let template = session.query(&Query::new("template")).unwrap().records;
    let template = template
        .iter()
        .find(|record| record.text("key") == Some("loan-agreement"));
    let texts = template.unwrap().to_json()["texts"].to_string();
    assert!(texts.contains("قرارداد {{ record.number }}"), "{texts}");
}

#[test]
fn another_version_changes_what_nobody_else_touched() {
    let session = session();
    let _ = install(&session, &leasing(RECORDS)).unwrap();
    let pipeline = session
        .query(&Query::new("pipeline").filter(Filter::eq("key", "lending")))
        .unwrap();
    let _ = session
        .update(pipeline.records[0].id(), json!({"name": "وام ما"}))
        .unwrap();
    let other = RECORDS
        .replace("اعتبارسنجی", "سنجش")
        .replace("\"وام‌دهی\"", "\"دیگر\"");
    let _ = install(&session, &leasing(&other)).unwrap();
    let name = |object: &str, key: &str| {
        let found = session
            .query(&Query::new(object).filter(Filter::eq("key", key)))
            .unwrap();
        found.records[0].text("name").unwrap().to_owned()
    };
    assert_eq!(name("stage", "scored"), "سنجش");
    assert_eq!(name("pipeline", "lending"), "وام ما");
}

#[test]
fn what_it_brought_goes_with_it_and_what_people_made_stays() {
    let session = session();
    let _ = install(&session, &leasing(RECORDS)).unwrap();
    let loan = session
        .create("loan", json!({"number": "۱۲"}))
        .unwrap()
        .id()
        .unwrap();
    session.remove_plugin("leasing").unwrap();
    assert_eq!(count(&session, "template", "loan-agreement"), 0);
    assert_eq!(session.get(loan).unwrap().text("number"), Some("۱۲"));
    let schema = session.engine.schema().unwrap();
    assert!(schema.object("account").unwrap().field("risk").is_none());
    // It comes back to its own objects.
    let _ = install(&session, &leasing(RECORDS)).unwrap();
    assert_eq!(count(&session, "template", "loan-agreement"), 1);
    assert_eq!(session.get(loan).unwrap().text("number"), Some("۱۲"));
}

#[test]
fn data_that_do_not_fit_are_told_and_nothing_is_installed() {
    let session = session();
    for (from, to, word) in [
        (
            "object = \"pipeline\"",
            "object = \"pipelin\"",
            "there is no object 'pipelin'",
        ),
        ("key = \"lending\", ", "", "it says no key"),
        (
            "agreement.html",
            "missing.html",
            "there is no file data/missing.html",
        ),
        (
            "object = \"pipeline\"",
            "object = \"activity\"",
            "no natural key",
        ),
    ] {
        let error = install(&session, &leasing(&RECORDS.replace(from, to))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Plugin);
        assert!(error.to_string().contains(word), "{error}");
    }
    let taken = OBJECTS.replace("name = \"loan\"\nprefix", "name = \"lead\"\nprefix");
    let error = install(&session, &plugin(MANIFEST, &[("objects.toml", &taken)])).unwrap_err();
    assert!(error.to_string().contains("lead"), "{error}");
    let error = install(&session, &plugin(MANIFEST, &[])).unwrap_err();
    assert!(error.to_string().contains("brings nothing"), "{error}");
    assert!(session.plugins().unwrap().is_empty());
}
