//! Can a plugin that means harm do any, and is a file that is no plugin kept out?
//!
//! The whole way: a component made here is installed through a session and woken by a write. A failure names plugin,
//! version, export and record; the process lives; the store is what it was; the other plugins go on.

mod answers;
mod every_guest;
mod foreign_files;
mod making;

use peyvand::{ErrorKind, Request, Session};
use serde_json::{Value as Json, json};
use wasm_encoder::{Instruction, MemArg};

use crate::setting::{codes, component, create, memory};

// One set of hostile components for the room's own tests and for these.
#[allow(dead_code, reason = "the plugin room's tests use all of it")]
#[path = "../../engine/src/plugin/tests/guests.rs"]
mod guests;

use guests::{ANSWER, Guest, answering_rows, endless, memory_bomb, panic_at, patching};

const MANIFEST: &str = r#"
id = "hostile"
version = "1.2.3"
contract = "0.1"
on-failure = "reject"
limits = { fuel-per-call = 1_000_000, fuel-per-row = 1_000 }

[[field]]
object = "lead"
name = "shade"
type = "integer"

[[hook]]
point = "computed-fields"
name = "lead"
object = "lead"
reads = ["employees"]
writes = ["shade"]
"#;

type Body = Vec<Instruction<'static>>;

/// What a guest does, and the words that the error about it must have.
fn misdeeds() -> Vec<(&'static str, Body, &'static str)> {
    vec![
        ("trap", vec![Instruction::Unreachable], "it trapped"),
        ("loop", endless(), "out of fuel"),
        ("memory", memory_bomb(), "more than 16 MiB"),
        ("row out of range", patching(7, 0, 1), "row 7"),
        (
            "a field that it may not write",
            patching(0, 3, 1),
            "column 3",
        ),
        ("more answers than fit", answering_rows(1 << 28), ""),
    ]
}

fn guest(compute: &[Instruction<'_>], manifest: &str) -> Vec<u8> {
    Guest {
        compute,
        manifest,
        ..Guest::default()
    }
    .component()
}

fn skipping() -> String {
    MANIFEST.replace("\"reject\"", "\"skip\"")
}

fn install(session: &Session, bytes: &[u8]) {
    let info = session.install_unsigned_plugin(bytes, Json::Null).unwrap();
    assert_eq!((info.id.as_str(), info.broken), ("hostile", None));
}

fn names_everything(message: &str, record: &str) {
    for part in ["hostile", "1.2.3", "compute", record] {
        assert!(message.contains(part), "'{part}' is not in: {message}");
    }
}

/// The plugin of this repository is not touched by its neighbour.
fn the_neighbour_works(session: &Session) {
    let lead = create(
        session,
        "lead",
        json!({"name": "Sara Ahmadi", "source": "referral"}),
    );
    let lead = session.get(lead).unwrap().to_json();
    assert!(lead["score"].as_i64().is_some(), "{lead}");
    let checked = session.engine().check().unwrap();
    assert!(checked.ok, "{checked:?}");
}

#[test]
fn a_plugin_that_fails_and_must_not_refuses_the_write() {
    for (deed, compute, words) in misdeeds() {
        let session = memory();
        let _ = session
            .install_unsigned_plugin(&component("lead-score"), Json::Null)
            .unwrap();
        install(&session, &guest(&compute, MANIFEST));
        let before = session.engine().check().unwrap();
        let id = session.new_id("lead").unwrap();
        let error = session
            .commit([Request::create_as(
                id,
                "lead",
                json!({"name": "A B", "employees": 5}),
            )])
            .err()
            .unwrap_or_else(|| panic!("{deed}: the write was accepted"));
        assert_eq!(error.kind(), ErrorKind::Refused, "{deed}: {error}");
        assert_eq!(
            codes(&error),
            [("plugin-failed".to_owned(), None)],
            "{deed}"
        );
        names_everything(&error.to_string(), &id.to_string());
        assert!(
            error.to_string().contains(words),
            "{deed}: '{words}' is not in: {error}"
        );
        assert_eq!(
            session.engine().check().unwrap(),
            before,
            "{deed}: the store is unchanged"
        );
        let bill = session
            .engine()
            .bills()
            .into_iter()
            .find(|bill| bill.owner.contains("hostile"))
            .unwrap();
        assert_eq!(
            (bill.owner.as_str(), bill.failures),
            ("plugin hostile 1.2.3", 1),
            "{deed}"
        );
        let _ = session.enable_plugin("hostile", false).unwrap();
        the_neighbour_works(&session);
    }
}

#[test]
fn a_plugin_that_fails_and_may_is_skipped_and_counted() {
    for (deed, compute, words) in misdeeds() {
        let session = memory();
        let _ = session
            .install_unsigned_plugin(&component("lead-score"), Json::Null)
            .unwrap();
        install(&session, &guest(&compute, &skipping()));
        let id = create(&session, "lead", json!({"name": "A B", "employees": 5}));
        let record = session.get(id).unwrap();
        assert!(
            record.get("shade").is_none() && record.get("score").is_some(),
            "{deed}: {record:?}"
        );
        let bill = session
            .engine()
            .bills()
            .into_iter()
            .find(|bill| bill.owner.contains("hostile"))
            .unwrap();
        assert_eq!((bill.failures, bill.patches), (1, 0), "{deed}");
        let told = bill.last_failure.unwrap();
        names_everything(&told, &id.to_string());
        assert!(told.contains(words), "{deed}: '{words}' is not in: {told}");
        the_neighbour_works(&session);
    }
}

#[test]
fn only_the_record_that_it_fails_for_bears_it() {
    let leads = || {
        [1, 2, 3].map(|employees| {
            Request::create("lead", json!({"name": "A B", "employees": employees}))
        })
    };
    let session = memory();
    let mut compute = panic_at(2);
    compute.push(Instruction::I32Const(ANSWER));
    install(&session, &guest(&compute, MANIFEST));
    let before = session.engine().check().unwrap();
    let error = session.commit(leads()).unwrap_err();
    assert_eq!(
        error
            .failures()
            .iter()
            .map(|failure| failure.request)
            .collect::<Vec<_>>(),
        [1],
        "{error:?}"
    );
    assert_eq!(session.engine().check().unwrap(), before);
    let (_, each) = session.commit_each(leads()).unwrap();
    assert_eq!(
        each.iter().map(Result::is_ok).collect::<Vec<_>>(),
        [true, false, true]
    );
    install(&session, &guest(&compute, &skipping()));
    assert_eq!(session.commit(leads()).unwrap().outcomes.len(), 3);
    assert!(session.engine().check().unwrap().ok);
}

#[test]
fn what_a_plugin_answers_keeps_the_rules_of_the_schema() {
    let session = memory();
    // A field of its own object that the schema bounds: it may write it, not break it.
    let manifest = MANIFEST
        .replace("computed-fields", "before-save")
        .replace("writes = [\"shade\"]", "writes = [\"employees\"]");
    let mut body = patching(0, 0, -5);
    // The high half of the number, so that it is -5 and not 2^32 - 5.
    body.pop();
    body.extend([
        Instruction::I32Const(2064),
        Instruction::I64Const(-5),
        Instruction::I64Store(word()),
    ]);
    body.push(Instruction::I32Const(ANSWER));
    let bytes = Guest {
        compute: &body,
        manifest: &manifest,
        world: "package test:guest; world guest { include peyvand:plugin/before-save-plugin@0.1.0; }",
        export: "peyvand:plugin/before-save@0.1.0#before-save",
        ..Guest::default()
    }
    .component();
    install(&session, &bytes);
    let before = session.engine().check().unwrap();
    let error = session
        .create("lead", json!({"name": "A B", "employees": 5}))
        .unwrap_err();
    assert_eq!(
        codes(&error),
        [("out-of-range".to_owned(), Some("employees".to_owned()))],
        "{error}"
    );
    assert_eq!(session.engine().check().unwrap(), before);
}

#[test]
fn an_effect_that_was_not_granted_is_not_done() {
    let session = memory();
    let manifest = MANIFEST
        .replace("computed-fields", "after-commit")
        .replace("writes = [\"shade\"]\n", "");
    let bytes = Guest {
        compute: &creating_an_account(),
        manifest: &manifest,
        world: "package test:guest; world guest { include peyvand:plugin/after-commit-plugin@0.1.0; }",
        export: "peyvand:plugin/after-commit@0.1.0#after-commit",
        ..Guest::default()
    }
    .component();
    install(&session, &bytes);
    let committed = session
        .create("lead", json!({"name": "A B", "employees": 5}))
        .unwrap();
    let [warning] = committed.warnings.as_slice() else {
        panic!("{:?}", committed.warnings)
    };
    assert!(
        warning.contains("plugin hostile 1.2.3") && warning.contains("account"),
        "{warning}"
    );
    assert_eq!(
        session
            .count("account", &peyvand::Filter::everything())
            .unwrap(),
        0
    );
    assert!(
        session.get(committed.id().unwrap()).is_ok(),
        "the commit stands"
    );
    assert!(session.engine().check().unwrap().ok);
}

fn word() -> MemArg {
    MemArg {
        offset: 0,
        align: 0,
        target: wasm_encoder::MemArgTarget::Memory(0),
        ordering: None,
    }
}

/// Answers one effect: a new account without fields.
fn creating_an_account() -> Body {
    let put = |address: i32, number: i32| {
        [
            Instruction::I32Const(address),
            Instruction::I32Const(number),
            Instruction::I32Store(word()),
        ]
    };
    let text = |bytes: [u8; 4]| i32::from_le_bytes(bytes);
    // The list; then row, key, create, object, fields of its one effect, in which an action begins at a multiple of eight;
    // then the texts.
    let cells = [
        (ANSWER, 2048),
        (ANSWER + 4, 1),
        (2048, 0),
        (2052, 3000),
        (2056, 1),
        (2064, 0),
        (2072, 3000),
        (2076, 7),
        (2080, 0),
        (2084, 0),
        (3000, text(*b"acco")),
        (3004, text(*b"unt\0")),
    ];
    let mut body: Body = cells
        .into_iter()
        .flat_map(|(address, number)| put(address, number))
        .collect();
    body.push(Instruction::I32Const(ANSWER));
    body
}
