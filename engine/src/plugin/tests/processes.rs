//! Does a process come, change and go with the plugin that brings it?

use chrono::{TimeZone, Utc};
use serde_json::{Value as Json, json};
use std::sync::Arc;

use super::guests::Guest;
use crate::context::{FixedClock, SeededIds};
use crate::record::RecordId;
use crate::session::Session;
use crate::{Engine, ErrorKind, Result};

const MANIFEST: &str = r#"
id = "lending"
version = "0.1.0"
contract = "0.1"
on-failure = "skip"
"#;

const DATA: &str = r#"
[[object]]
name = "loan"
prefix = "lon"
key = "number"
[[object.field]]
name = "number"
type = "text"
required = true
unique = true
[[object.field]]
name = "amount"
type = "integer"

[[field]]
object = "lead"
name = "income"
type = "integer"

[[record]]
object = "role"
fields = { key = "clerk", name = "کارمند اعتبارات" }

[[view]]
key = "open-loans"
label = { en = "Open loans", fa = "وام‌های باز", ar = "القروض المفتوحة" }
definition = { object = "loan", columns = ["number", "step"] }
"#;

const LOAN: &str = r#"
key = "loan"
label = { en = "Loan", fa = "وام", ar = "قرض" }
[definition]
object = "loan"
[[definition.steps]]
key = "asked"
label = { en = "Asked", fa = "درخواست", ar = "طلب" }
roles = ["clerk"]
next = ["scored"]
[[definition.steps]]
key = "scored"
label = { en = "Scored", fa = "اعتبارسنجی", ar = "تقييم" }
required = ["amount"]
next = ["paid"]
[[definition.steps]]
key = "paid"
outcome = "success"
"#;

const CALL: &str = r#"{
  "key": "call",
  "label": {"en": "Call", "fa": "تماس", "ar": "اتصال"},
  "definition": {
    "object": "lead",
    "steps": [
      {"key": "new", "next": [{"to": "done", "when": "income[gte]:1"}]},
      {"key": "done", "outcome": "success"}
    ]
  }
}"#;

fn plugin(version: &str, files: &[(&str, &str)]) -> Vec<u8> {
    let files = files.iter();
    let files: serde_json::Map<String, Json> = files
        .map(|(name, text)| ((*name).to_owned(), json!(text)))
        .collect();
    Guest {
        world: "package test:guest; world guest { include peyvand:plugin/data-plugin@0.1.0; }",
        export: "peyvand:nothing",
        manifest: &MANIFEST.replace("0.1.0", version),
        data: &Json::Object(files).to_string(),
        ..Guest::default()
    }
    .component()
}

fn lending(version: &str, loan: &str) -> Vec<u8> {
    plugin(
        version,
        &[
            ("data.toml", DATA),
            ("processes/loan.toml", loan),
            ("processes/call.json", CALL),
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

fn install(session: &Session, bytes: &[u8]) -> Result<crate::PluginInfo> {
    session.install_unsigned_plugin(bytes, Json::Null)
}

fn loan(session: &Session, number: &str) -> RecordId {
    let loan = session.create("loan", json!({"number": number}));
    loan.unwrap().id().unwrap()
}

fn step(session: &Session, id: RecordId) -> String {
    let record = session.get(id).unwrap();
    record.text("step").unwrap_or_default().to_owned()
}

#[test]
fn a_process_of_a_plugin_holds_for_its_own_object_and_for_that_of_others() {
    let session = session();
    let info = install(&session, &lending("0.1.0", LOAN)).unwrap();
    for brought in ["object loan", "process loan", "process call", "1 of role"] {
        assert!(info.brings.iter().any(|one| one == brought), "{brought}");
    }
    let process = session.process("loan").unwrap();
    assert_eq!(process.brought_by.as_deref(), Some("lending"));
    assert_eq!(process.label["fa"], "وام");
    let id = loan(&session, "۱۲");
    assert_eq!(step(&session, id), "asked");
    let error = session.update(id, json!({"step": "paid"})).unwrap_err();
    assert_eq!(
        error.kind(),
        ErrorKind::Refused,
        "no way leads there: {error}"
    );
    let lead = session.create("lead", json!({"name": "سارا"}));
    let lead = lead.unwrap().id().unwrap();
    assert!(session.update(lead, json!({"step": "done"})).is_err());
    let both = json!({"step": "done", "income": 5});
    assert!(session.update(lead, both).is_ok());
    assert!(session.engine.check().unwrap().ok);
}

#[test]
fn another_version_of_a_process_is_previewed_with_the_records_that_stand_in_its_steps() {
    let session = session();
    let first = LOAN.replace("roles = [\"clerk\"]\n", "");
    let _ = install(&session, &lending("0.1.0", &first)).unwrap();
    let id = loan(&session, "۱۲");
    let other = first
        .replace("\"asked\"", "\"applied\"")
        .replace("object = \"loan\"\n", "object = \"loan\"\n@moved\n");
    let stuck = lending("0.2.0", &other.replace("@moved", ""));
    let change = session.preview_plugin(&stuck).unwrap();
    let of_loan = |change: &crate::PluginChange| {
        let mut processes = change.processes.iter();
        processes
            .find(|one| one.key == "loan")
            .unwrap()
            .change
            .clone()
    };
    assert_eq!(of_loan(&change).steps_added, ["applied"]);
    assert_eq!(of_loan(&change).steps_gone[0].running, 1);
    let error = install(&session, &stuck).unwrap_err();
    assert!(error.to_string().contains("asked"), "{error}");
    assert_eq!(session.plugin("lending").unwrap().version, "0.1.0");
    let moved = lending(
        "0.2.0",
        &other.replace("@moved", "moved = { asked = \"applied\" }"),
    );
    let change = of_loan(&session.preview_plugin(&moved).unwrap());
    assert!(change.faults.is_empty(), "{:?}", change.faults);
    let _ = install(&session, &moved).unwrap();
    assert_eq!(step(&session, id), "applied");
}

#[test]
fn a_process_goes_before_the_fields_that_it_asks_and_comes_back_with_them() {
    let session = session();
    let free = LOAN.replace("roles = [\"clerk\"]\n", "");
    let _ = install(&session, &lending("0.1.0", &free)).unwrap();
    let running = loan(&session, "۱۲");
    let removal = session.preview_plugin_removal("lending").unwrap();
    assert!(removal.withdraws.iter().any(|gone| gone == "process call"));
    session.remove_plugin("lending").unwrap();
    assert!(session.process("call").is_err(), "no record was in it");
    assert!(!session.process("loan").unwrap().active);
    let late = loan(&session, "۱۳");
    assert_eq!(step(&session, late), "", "it takes no new records");
    assert!(
        session
            .update(running, json!({"step": "scored", "amount": 1}))
            .is_ok()
    );
    let _ = install(&session, &lending("0.1.0", &free)).unwrap();
    assert!(session.process("loan").unwrap().active);
    assert!(session.process("call").is_ok());
    // A version without it, and without the field that it asked.
    let less = DATA.replace(
        "[[field]]\nobject = \"lead\"\nname = \"income\"\ntype = \"integer\"\n",
        "",
    );
    let files = [("data.toml", less.as_str()), ("processes/loan.toml", &free)];
    let bytes = plugin("0.2.0", &files);
    let change = session.preview_plugin(&bytes).unwrap();
    assert_eq!(change.withdraws, ["process call"]);
    assert_eq!(change.retires, ["field lead.income"]);
    let _ = install(&session, &bytes).unwrap();
    assert!(session.process("call").is_err());
    assert!(session.process("loan").unwrap().active);
}

#[test]
fn an_object_stays_with_its_records_until_they_are_dropped() {
    let session = session();
    let _ = install(&session, &lending("0.1.0", LOAN)).unwrap();
    let id = loan(&session, "۱۲");
    let removal = session.preview_plugin_removal("lending").unwrap();
    let [own] = removal.objects.as_slice() else {
        panic!("one object: {:?}", removal.objects)
    };
    assert_eq!((own.object.as_str(), own.records), ("loan", 1));
    assert!(removal.fields.iter().all(|field| field.object == "lead"));
    assert!(session.get(id).is_ok());
    assert_eq!(session.drop_plugin_values("lending").unwrap(), 1);
    assert!(session.get(id).is_err(), "it is in the bin");
    session.remove_plugin("lending").unwrap();
    assert!(session.engine.check().unwrap().ok);
}

#[test]
fn a_process_that_does_not_fit_is_told_with_its_file_and_nothing_is_installed() {
    let session = session();
    let error = |loan: &str| {
        let error = install(&session, &lending("0.1.0", loan)).unwrap_err();
        let failures = error.failures().iter();
        let told: Vec<String> = failures.map(ToString::to_string).collect();
        format!("{error} {}", told.join("; "))
    };
    for (from, to, word) in [
        ("key = \"loan\"\n", "", "data/processes/loan.toml"),
        ("next = [\"scored\"]", "next = [\"skored\"]", "skored"),
        ("[\"clerk\"]", "[\"clark\"]", "there is no role 'clark'"),
        ("required = [\"amount\"]", "required = [\"amont\"]", "amont"),
        (
            "key = \"loan\"\n",
            "key = \"call\"\n",
            "there is a process 'call' already",
        ),
    ] {
        let told = error(&LOAN.replacen(from, to, 1));
        assert!(told.contains(word), "{told}");
    }
    assert!(session.plugins().unwrap().is_empty());
    let mine = crate::Process::from_json(&serde_json::from_str(CALL).unwrap());
    let mut mine = mine.unwrap();
    mine.key = "loan".to_owned();
    mine.definition.steps[0].next[0].when = crate::Filter::everything();
    let _ = session.put_process(&mine).unwrap();
    assert!(error(LOAN).contains("was not brought by lending"));
}
