//! Does a plugin that builds upon another come, change and go only where that one fits?

use serde_json::{Value as Json, json};

use super::guests::Guest;
use crate::session::Session;
use crate::{Engine, Error};

const LENDING: &str = r#"
id = "lending"
version = "0.2.0"
contract = "0.1"
on-failure = "skip"
[[object]]
name = "loan"
prefix = "lon"
[[object.field]]
name = "title"
type = "text"
"#;

const INSURING: &str = r#"
id = "insuring"
version = "1.0.0"
contract = "0.1"
on-failure = "skip"
[[requires]]
plugin = "lending"
version = ">=0.2, <0.4"
why = { en = "Its loans are insured", fa = "وام‌های آن بیمه می‌شود", ar = "تُؤمَّن قروضها" }
[[field]]
object = "loan"
name = "insured"
type = "boolean"
"#;

fn plugin(manifest: &str) -> Vec<u8> {
    let world = "package test:guest; world guest { include peyvand:plugin/data-plugin@0.1.0; }";
    let guest = Guest {
        world,
        export: "peyvand:nothing",
        manifest,
        ..Guest::default()
    };
    guest.component()
}

fn lending(version: &str) -> Vec<u8> {
    plugin(&LENDING.replace("0.2.0", version))
}

fn install(session: &Session, bytes: &[u8]) -> Result<(), Error> {
    session.install_unsigned_plugin(bytes, Json::Null).map(drop)
}

fn session() -> Session {
    Engine::in_memory().open().unwrap().session()
}

#[test]
fn a_plugin_is_installed_where_what_it_builds_upon_is() {
    let session = session();
    let insuring = plugin(INSURING);
    let told = |result: Result<(), Error>| result.unwrap_err().to_string();
    let position = session.engine().position();
    let absent = told(install(&session, &insuring));
    assert!(
        absent.contains("it requires plugin lending >=0.2.0, <0.4.0, which is not installed"),
        "{absent}"
    );
    assert_eq!(session.engine().position(), position);
    install(&session, &lending("0.1.0")).unwrap();
    let old = told(install(&session, &insuring));
    assert!(old.contains("lending 0.1.0 is installed"), "{old}");
    assert_eq!(told(session.preview_plugin(&insuring).map(drop)), old);
    install(&session, &lending("0.2.7")).unwrap();
    install(&session, &insuring).unwrap();
    let _ = session
        .create("loan", json!({"title": "خودرو", "insured": true}))
        .unwrap();
}

#[test]
fn what_a_file_builds_upon_is_shown_before_it_is_there() {
    let session = session();
    let insuring = plugin(INSURING);
    let shown = |session: &Session| {
        let info = session.engine().inspect_plugin(&insuring).unwrap();
        let [other] = info.requires.try_into().unwrap();
        (
            other.installed,
            other.met,
            other.version,
            other.why["fa"].clone(),
        )
    };
    let (range, why) = (
        ">=0.2.0, <0.4.0".to_owned(),
        "وام‌های آن بیمه می‌شود".to_owned(),
    );
    assert_eq!(shown(&session), (None, false, range.clone(), why.clone()));
    install(&session, &lending("0.3.0")).unwrap();
    assert_eq!(
        shown(&session),
        (Some("0.3.0".to_owned()), true, range, why)
    );
    install(&session, &insuring).unwrap();
    let info = session.plugin("insuring").unwrap();
    assert!(info.requires[0].met && info.broken.is_none());
}

#[test]
fn what_others_build_upon_stays_and_stays_in_their_range() {
    let session = session();
    install(&session, &lending("0.2.0")).unwrap();
    install(&session, &plugin(INSURING)).unwrap();
    for refused in [
        session.remove_plugin("lending"),
        session.remove_plugin_and_strip("lending"),
        session.drop_plugin_values("lending").map(drop),
    ] {
        let error = refused.unwrap_err().to_string();
        assert!(
            error.contains("plugin insuring 1.0.0 requires it"),
            "{error}"
        );
    }
    let removal = session.preview_plugin_removal("lending").unwrap();
    assert_eq!(removal.problems, ["plugin insuring 1.0.0 requires it"]);
    install(&session, &lending("0.3.9")).unwrap();
    let error = install(&session, &lending("0.4.0"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("plugin insuring 1.0.0 requires >=0.2.0, <0.4.0"),
        "{error}"
    );
    // Both go on together: one is switched off while the other changes.
    let _ = session.enable_plugin("insuring", false).unwrap();
    install(&session, &lending("0.4.0")).unwrap();
    let error = session.enable_plugin("insuring", true).unwrap_err();
    assert!(
        error.to_string().contains("lending 0.4.0 is installed"),
        "{error}"
    );
    let newer = INSURING.replace("<0.4", "<0.5").replace("1.0.0", "1.1.0");
    install(&session, &plugin(&newer)).unwrap();
    assert!(session.plugin("insuring").unwrap().enabled);
    session.remove_plugin("insuring").unwrap();
    session.remove_plugin("lending").unwrap();
}

#[test]
fn what_is_wrong_with_a_requirement_is_told() {
    let session = session();
    for (written, right) in [
        (INSURING.replace(">=0.2, <0.4", "0.2"), "says no versions"),
        (
            INSURING.replace("\"lending\"", "\"insuring\""),
            "does not require itself",
        ),
        (
            INSURING.replace("\"lending\"", "\"Lending!\""),
            "is not the id of a plugin",
        ),
        (
            INSURING.replace("[[field]]", "[[requires]]\nplugin = \"lending\"\n[[field]]"),
            "it requires lending twice",
        ),
    ] {
        let error = install(&session, &plugin(&written))
            .unwrap_err()
            .to_string();
        assert!(error.contains(right), "{error}");
    }
    install(&session, &lending("0.2.0")).unwrap();
    let near = INSURING.replace("\"lending\"", "\"lendin\"");
    let error = install(&session, &plugin(&near)).unwrap_err().to_string();
    assert!(error.contains("did you mean 'lending'?"), "{error}");
}
