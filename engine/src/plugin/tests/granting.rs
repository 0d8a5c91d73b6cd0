//! Does a plugin get no more than the administrator grants?

use serde_json::Value as Json;

use super::right::RightVerb;
use super::*;
use crate::PluginConsent;
use crate::engine::Engine;
use crate::session::Session;

/// Two columns to read, and a trap where the first of them is 13.
const TWO: &str = "reads = [\"employees\", \"company\"]";

fn session() -> Session {
    Engine::in_memory().open().unwrap().session()
}

#[test]
fn what_may_not_be_written_is_refused_with_the_right_and_the_command_that_gives_it() {
    let session = session();
    let bytes = component(MANIFEST, &patching(0, 0, 42));
    let info = session.install_unsigned_plugin(&bytes, Json::Null).unwrap();
    let rights: Vec<_> = info
        .rights
        .iter()
        .map(|right| right.right.as_str())
        .collect();
    assert_eq!(rights, ["read lead.employees", "update lead.score"]);
    let info = session
        .grant_plugin("tester", &[], &["update lead.score"])
        .unwrap();
    assert_eq!(
        info.rights
            .iter()
            .map(|right| right.granted)
            .collect::<Vec<_>>(),
        [true, false]
    );
    let error = lead(&session, 3).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    for word in [
        "plugin tester 1.2.3",
        "lead.score",
        "peyvand plugin grant tester \"update lead.score\"",
    ] {
        assert!(error.to_string().contains(word), "{error}");
    }
    let _ = session.grant_plugin("tester", &["all"], &[]).unwrap();
    let id = lead(&session, 3).unwrap().id().unwrap();
    assert_eq!(
        session.get(id).unwrap().get("score"),
        Some(&Value::Integer(42))
    );
}

#[test]
fn what_may_not_be_read_is_absent() {
    let session = session();
    let manifest = MANIFEST.replace("reads = [\"employees\"]", TWO);
    let compute = [panic_at(13), patching(0, 0, 42)].concat();
    let _ = session
        .install_unsigned_plugin(&component(&manifest, &compute), Json::Null)
        .unwrap();
    assert!(lead(&session, 13).is_err());
    let _ = session
        .grant_plugin("tester", &[], &["read lead.employees"])
        .unwrap();
    assert!(lead(&session, 13).is_ok(), "it saw what it may not see");
}

#[test]
fn a_guard_that_would_never_be_asked_is_refused_and_nothing_changes() {
    let session = session();
    let bytes = component(MANIFEST, &patching(0, 0, 42));
    let _ = session.install_unsigned_plugin(&bytes, Json::Null).unwrap();
    for withheld in ["read lead.employees", "read lead"] {
        let error = session
            .grant_plugin("tester", &[], &[withheld])
            .unwrap_err();
        assert!(
            error.to_string().contains("peyvand plugin grant tester"),
            "{error}"
        );
    }
    let info = session.plugin("tester").unwrap();
    assert!(info.rights.iter().all(|right| right.granted));
}

#[test]
fn nothing_is_granted_that_is_no_right_or_is_not_needed() {
    let session = session();
    let bytes = component(MANIFEST, &patching(0, 0, 42));
    let _ = session.install_unsigned_plugin(&bytes, Json::Null).unwrap();
    for (give, word) in [
        ("read lead.phone", "does not need"),
        ("eat lead", "is no right"),
        ("call example.com", "does not need"),
    ] {
        let error = session.grant_plugin("tester", &[give], &[]).unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
    }
    assert_eq!(
        session
            .grant_plugin("none", &["all"], &[])
            .unwrap_err()
            .kind(),
        ErrorKind::NotFound
    );
}

#[test]
fn a_version_that_asks_for_more_is_refused_until_that_is_granted_and_what_was_withheld_stays_so() {
    let session = session();
    let first = MANIFEST.replace("reads = [\"employees\"]", TWO);
    let _ = session
        .install_unsigned_plugin(&component(&first, &patching(0, 0, 42)), Json::Null)
        .unwrap();
    let _ = session
        .grant_plugin("tester", &[], &["read lead.company"])
        .unwrap();
    let second = first
        .replace("1.2.3", "1.3.0")
        .replace("\"company\"]", "\"company\", \"phone\"]");
    let bytes = component(&second, &patching(0, 0, 43));
    let error = session
        .install_unsigned_plugin(&bytes, Json::Null)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(
        error
            .to_string()
            .ends_with("asks for more than 1.2.3 did: read lead.phone"),
        "{error}"
    );
    assert_eq!(session.plugin("tester").unwrap().version, "1.2.3");
    let info = session
        .install_plugin_with(
            &bytes,
            Json::Null,
            PluginConsent::default().unsigned().grants(),
        )
        .unwrap();
    let withheld: Vec<_> = info.rights.iter().filter(|right| !right.granted).collect();
    assert_eq!(withheld.len(), 1);
    assert_eq!(withheld[0].right, "read lead.company");
    // Back to the version before: it asks for less.
    let back = component(&first, &patching(0, 0, 42));
    assert!(session.install_unsigned_plugin(&back, Json::Null).is_ok());
}

#[test]
fn grants_are_kept_when_the_store_is_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let engine = Engine::open(dir.path()).unwrap();
    let bytes = component(MANIFEST, &patching(0, 0, 42));
    let session = engine.session();
    let _ = session.install_unsigned_plugin(&bytes, Json::Null).unwrap();
    let _ = session
        .grant_plugin("tester", &[], &["update lead.score"])
        .unwrap();
    drop(session);
    engine.close().unwrap();
    let session = Engine::open(dir.path()).unwrap().session();
    assert!(lead(&session, 3).is_err());
    assert!(!session.plugin("tester").unwrap().rights[1].granted);
}

#[test]
fn an_effect_that_is_not_granted_names_the_right_and_how_to_give_it() {
    let effect = "\n[[effect]]\nobject = \"activity\"\nverb = \"create\"\nfields = [\"subject\", \"due_on\"]\n";
    let manifest = Manifest::parse(&format!("{MANIFEST}{effect}")).unwrap();
    let mut granted = manifest.rights();
    let due = "create activity.due_on".parse().unwrap();
    granted.withhold(&due, []).unwrap();
    let grants = Grants::new(&manifest, Some(&granted), &standard_schema());
    let create = |field| grants.write(RightVerb::Create, "activity", [field].into_iter());
    assert_eq!(create("subject"), Ok(()));
    let error = create("due_on").unwrap_err();
    let command = "peyvand plugin grant tester \"create activity.due_on\"";
    assert!(error.ends_with(command), "{error}");
    assert!(
        create("owner")
            .unwrap_err()
            .contains("its manifest does not declare")
    );
}
