//! Is a file that is no plugin of this engine kept out, with the reason and the remedy?

use peyvand::{Error, ErrorKind, Session};
use serde_json::Value as Json;
use wasm_encoder::Instruction;

use super::guests::{ANSWER, Guest};
use super::{MANIFEST, guest, install};
use crate::setting::{component, memory};

/// Refused, with a message that has these words, a remedy, and nothing changed.
fn refused(session: &Session, bytes: &[u8], what: &str, words: &[&str]) -> Error {
    let before = session.engine().check().unwrap();
    let error = session
        .install_unsigned_plugin(bytes, Json::Null)
        .err()
        .unwrap_or_else(|| panic!("{what} was installed"));
    assert_eq!(error.kind(), ErrorKind::Plugin, "{what}: {error}");
    let told = format!("{error}; {}", error.remedy().unwrap_or_default());
    for word in words {
        assert!(told.contains(word), "{what}: '{word}' is not in: {told}");
    }
    assert!(session.plugins().unwrap().is_empty());
    assert_eq!(
        session.engine().check().unwrap(),
        before,
        "{what}: the store is unchanged"
    );
    assert_eq!(
        session
            .engine()
            .inspect_plugin(bytes)
            .unwrap_err()
            .to_string(),
        error.to_string(),
        "{what}: `plugin check` says the same"
    );
    error
}

#[test]
fn a_file_that_is_no_plugin_is_not_installed() {
    let session = memory();
    let whole = component("lead-score");
    for tenth in 0..10 {
        let error = refused(
            &session,
            &whole[..whole.len() * tenth / 10],
            &format!("{tenth} tenths of a file"),
            &["peyvand plugin build"],
        );
        assert!(
            tenth == 0 || error.to_string().contains("cut off"),
            "{error}"
        );
    }
    let almost = refused(
        &session,
        &whole[..whole.len() - 1],
        "a file without its last byte",
        &["peyvand plugin build"],
    );
    assert!(almost.to_string().contains("cut off"), "{almost}");
    let build = "peyvand plugin build";
    refused(
        &session,
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        "a picture",
        &["not a WebAssembly component", build],
    );
    refused(
        &session,
        b"",
        "an empty file",
        &["not a WebAssembly component", build],
    );
    refused(
        &session,
        &Guest::default().module(),
        "a core module",
        &["core module", build],
    );
    let _ = session.install_unsigned_plugin(&whole, Json::Null).unwrap();
}

#[test]
fn a_component_that_is_no_plugin_of_this_engine_is_not_installed() {
    let session = memory();
    let idle = Guest {
        world: "package test:guest; interface thing { do: func(); } world guest { export thing; }",
        export: "test:guest/thing#do",
        compute: &[],
        ..Guest::default()
    };
    refused(
        &session,
        &idle.component(),
        "a component that exports nothing known",
        &[
            "exports test:guest/thing",
            "peyvand:plugin/binding@0.1.0",
            "peyvand plugin build",
        ],
    );
    let future = Guest {
        contract: "9.9",
        manifest: MANIFEST,
        ..Guest::default()
    };
    refused(
        &session,
        &future.component(),
        "one for another contract",
        &["contract 9.9", "contract 0.1", "peyvand plugin build"],
    );
    let networked = Guest {
        world: "package test:guest; package wasi:sockets@0.2.0 { interface network { now: func() -> s64; } } \
                world guest { include peyvand:plugin/computed-fields-plugin@0.1.0; import wasi:sockets/network@0.2.0; }",
        import: Some(("wasi:sockets/network@0.2.0", "now")),
        manifest: MANIFEST,
        ..Guest::default()
    };
    refused(
        &session,
        &networked.component(),
        "one that imports sockets",
        &[
            "imports wasi:sockets/network@0.2.0",
            "wasm32-unknown-unknown",
            "without WASI",
        ],
    );
}

#[test]
fn a_manifest_that_does_not_fit_is_not_installed() {
    let session = memory();
    let no_answer = [Instruction::I32Const(ANSWER)];
    let cases = [
        (
            "an unknown field",
            ("\"employees\"", "\"employes\""),
            vec!["lead has no field 'employes'", "did you mean 'employees'?"],
        ),
        (
            "an unknown object",
            ("object = \"lead\"\nreads", "object = \"leed\"\nreads"),
            vec!["there is no object 'leed'", "did you mean 'lead'?"],
        ),
        (
            "a field on an unknown object",
            (
                "object = \"lead\"\nname = \"shade\"",
                "object = \"leed\"\nname = \"shade\"",
            ),
            vec!["'leed'", "'lead'"],
        ),
        (
            "an unknown hook point",
            ("computed-fields", "computed-feelds"),
            vec!["line", "computed-feelds", "computed-fields"],
        ),
        (
            "a hook that the code does not serve",
            ("computed-fields", "before-save"),
            vec!["does not export peyvand:plugin/before-save@0.1.0"],
        ),
        (
            "an unknown key",
            ("reads =", "raeds ="),
            vec!["raeds", "reads"],
        ),
        (
            "a field of the engine",
            (
                "writes = [\"shade\"]",
                "writes = [\"shade\", \"created_at\"]",
            ),
            vec!["lead.created_at", "kept by the engine"],
        ),
        (
            "no word on failure",
            ("on-failure = \"reject\"\n", ""),
            vec!["on-failure", "reject", "skip"],
        ),
        ("no TOML", ("[[hook]]", "[[hook"), vec!["line"]),
    ];
    for (what, (from, to), words) in cases {
        assert!(MANIFEST.contains(from), "{what}: the case changes nothing");
        refused(
            &session,
            &guest(&no_answer, &MANIFEST.replace(from, to)),
            what,
            &words,
        );
    }
    install(&session, &guest(&no_answer, MANIFEST));
}
