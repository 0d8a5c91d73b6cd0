//! Do plugins in other languages than Rust keep the contract?
//!
//! The same template in JavaScript, kept in `plugins/dist`, and in Python, which is too large to be kept: the gate builds
//! it and names the file in `PEYVAND_PYTHON_PLUGIN`.

mod whole;

use std::sync::{Mutex, PoisonError};

use peyvand::{Filter, Query, Request, Session};
use serde_json::{Value as Json, json};
use wasm_encoder::{CustomSection, Encode, Section};

use self::whole::*;
use crate::setting::{codes, component, create, memory, optional_file};

/// A plugin's file, and what its manifest has for limits of its own.
struct Guest {
    id: &'static str,
    bytes: Vec<u8>,
    /// What an exception says in this language.
    exception: &'static str,
    source: &'static str,
}

fn javascript() -> Option<Guest> {
    Some(Guest {
        id: "welcome-javascript",
        bytes: component("welcome-javascript"),
        exception: "TypeError: welcome is a field of kind integer",
        source: "columns.js:",
    })
}

fn python() -> Option<Guest> {
    let path = optional_file("PEYVAND_PYTHON_PLUGIN", "python-plugin")?;
    Some(Guest {
        id: "welcome-python",
        bytes: std::fs::read(path).unwrap(),
        exception: "TypeError: welcome is a field of kind integer",
        source: "columns.py:",
    })
}

impl Guest {
    /// The same component with something else in its manifest: the last section of the name counts.
    fn with(&self, from: &str, to: &str) -> Vec<u8> {
        let manifest = peyvand_pack::inspect(&self.bytes)
            .unwrap()
            .manifest
            .unwrap();
        assert!(manifest.contains(from), "{from} is not in {manifest}");
        let section = CustomSection {
            name: "peyvand:manifest".into(),
            data: manifest.replace(from, to).into_bytes().into(),
        };
        let mut bytes = self.bytes.clone();
        bytes.push(section.id());
        section.encode(&mut bytes);
        bytes
    }

    /// The line of the manifest that has its limits.
    fn limits(&self) -> String {
        let manifest = peyvand_pack::inspect(&self.bytes)
            .unwrap()
            .manifest
            .unwrap();
        let line = manifest.lines().find(|line| line.starts_with("limits"));
        line.unwrap().to_owned()
    }
}

/// An engine with the plugin. One after the other, since compiled code is kept and two at once would both compile.
fn with_plugin(bytes: &[u8]) -> peyvand::Result<Session> {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let session = memory();
    session
        .install_unsigned_plugin(bytes, Json::Null)
        .map(|_| session)
}

fn a_record_is_amended_and_computed(guest: &Guest) {
    let session = with_plugin(&guest.bytes).unwrap();
    let lead = create(
        &session,
        "lead",
        json!({"name": "دکتر سارا کاظمی", "company": "بانك  ملي", "budget": "990000000.5 IRR", "employees": 4}),
    );
    let lead = session.get(lead).unwrap().to_json();
    assert_eq!(lead["company"], "بانک ملی");
    assert_eq!(lead["answer_by"], "2026-03-27");
    assert_eq!(lead["answer_by_jalali"], "۱۴۰۵/۱/۷");
    let welcome = lead["welcome"].as_str().unwrap();
    assert!(
        welcome.contains("سارا کاظمی") && welcome.ends_with("گرامی، خوش آمدید"),
        "{welcome}"
    );
    assert_eq!(lead["budget_per_employee"], json!("247500000.125"));
    let said = session.plugin_log(guest.id).unwrap();
    assert_eq!(said, Vec::<String>::new());
}

fn a_refusal_names_the_field_and_says_it_in_persian(guest: &Guest) {
    let session = with_plugin(&guest.bytes).unwrap();
    let large = json!({"name": "Sara Kazemi", "budget": "1000000000 IRR"});
    let error = session.create("lead", large).unwrap_err();
    assert_eq!(
        codes(&error),
        [("company-missing".to_owned(), Some("company".to_owned()))]
    );
    assert!(
        error
            .to_string()
            .contains("برای بودجهٔ ۱۰۰۰۰۰۰۰۰۰ نام شرکت لازم است"),
        "{error}"
    );
}

fn a_setting_reaches_the_plugin_and_a_wrong_one_is_refused(guest: &Guest) {
    let session = with_plugin(&guest.bytes).unwrap();
    let set = |settings: Json| session.install_unsigned_plugin(&guest.bytes, settings);
    let _ = set(json!({"large-from": "10.5", "days-to-answer": 0})).unwrap();
    let refused = session.create("lead", json!({"name": "A B", "budget": "10.5 IRR"}));
    assert!(refused.unwrap_err().to_string().contains("۱۰.۵"));
    let lead = create(
        &session,
        "lead",
        json!({"name": "A B", "budget": "10.4 IRR"}),
    );
    assert_eq!(
        session.get(lead).unwrap().to_json()["answer_by"],
        "2026-03-25"
    );
    assert!(set(json!({"large-from": "much"})).is_err());
}

fn a_batch_of_a_thousand_takes_one_call_of_each_hook(guest: &Guest) {
    let session = with_plugin(&guest.bytes).unwrap();
    let before = calls(&session);
    let lead = |number: u32| {
        let fields = json!({"name": format!("نام {number}"), "company": "شركت", "budget": format!("{number} IRR"), "employees": 8});
        Request::create("lead", fields)
    };
    let (_, outcomes) = session.commit_each((0..1_000).map(lead)).unwrap();
    assert!(outcomes.iter().all(Result::is_ok));
    // Before the save, computed fields, after the commit: without an owner there are no points.
    assert_eq!(calls(&session) - before, 3);
    let amended = Filter::parse("company[eq]:شرکت").unwrap();
    assert_eq!(session.count("lead", &amended).unwrap(), 1_000);
    let one = Query::new("lead").filter(Filter::parse("budget_per_employee[eq]:124.875").unwrap());
    let found = session.query(&one).unwrap().records;
    assert_eq!(found[0].text("welcome"), Some("نام 999 گرامی، خوش آمدید"));
}

fn calls(session: &Session) -> u64 {
    session.engine().bills().iter().map(|bill| bill.calls).sum()
}

/// The manifest calls for a number where the code gives a text, so the kit throws for every lead with a name.
fn an_exception_names_plugin_version_export_record_and_line_and_the_next_call_works(guest: &Guest) {
    let wrong = guest.with(
        "name = \"welcome\"\ntype = \"text\"",
        "name = \"welcome\"\ntype = \"integer\"",
    );
    let session = with_plugin(&wrong).unwrap();
    for _ in 0..2 {
        let error = session
            .create("lead", json!({"name": "سارا کاظمی"}))
            .unwrap_err();
        let told = error.to_string();
        let begins = format!("plugin {} 0.2.0, compute for lea_", guest.id);
        assert!(
            told.contains(&begins) && told.contains("it trapped"),
            "{told}"
        );
        assert!(
            told.contains(guest.exception) && told.contains(guest.source),
            "{told}"
        );
    }
    // What does not lead to the exception is served by an instance made anew.
    let account = session.create("account", json!({"name": "پیوند"}));
    assert!(account.is_ok());
    let session = with_plugin(&guest.bytes).unwrap();
    let _ = create(&session, "lead", json!({"name": "سارا کاظمی"}));
}

fn limits_of_fuel_and_memory_hold(guest: &Guest) {
    for (limits, told) in [
        (
            "limits = { fuel-per-call = 1_000, fuel-per-row = 1, memory-mib = 128 }",
            "out of fuel after 1,00",
        ),
        (
            "limits = { fuel-per-call = 200_000_000, memory-mib = 1 }",
            "out of memory: it needed more than 1 MiB",
        ),
    ] {
        let error = with_plugin(&guest.with(&guest.limits(), limits))
            .err()
            .unwrap();
        assert!(error.to_string().contains(told), "{error}");
    }
}

macro_rules! in_each_language {
    ($($property:ident),+ $(,)?) => {
        mod in_javascript {
            $(#[test] fn $property() { super::javascript().iter().for_each(super::$property); })+
        }
        mod in_python {
            $(#[test] fn $property() { super::python().iter().for_each(super::$property); })+
        }
    };
}

in_each_language!(
    a_record_is_amended_and_computed,
    a_refusal_names_the_field_and_says_it_in_persian,
    a_setting_reaches_the_plugin_and_a_wrong_one_is_refused,
    a_batch_of_a_thousand_takes_one_call_of_each_hook,
    an_exception_names_plugin_version_export_record_and_line_and_the_next_call_works,
    limits_of_fuel_and_memory_hold,
    what_a_hook_reads_before_a_save_is_the_contacts_company,
    a_record_is_added_in_the_same_commit,
    a_type_of_field_normalises_refuses_and_shows,
    another_system_is_asked_and_its_answers_are_heard,
    a_message_is_sent_where_it_is_wished,
    a_workflow_reminds_once_of_a_lead_that_waits,
    points_are_given_for_their_reasons,
);
