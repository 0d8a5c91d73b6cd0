//! Is a file that is no plugin of this engine kept out, with the reason and the remedy?

use peyvand::{Error, ErrorKind, Session};
use serde_json::Value as Json;
use wasm_encoder::Instruction;

use super::guests::{ANSWER, Guest};
use super::making::with_sections;
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
        world: "package test:guest; \
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

/// A component of these bytes after its head, with the sections of a plugin.
fn raw(sections: &[u8], manifest: &str) -> Vec<u8> {
    let head = b"\0asm\x0d\0\x01\0";
    with_sections([&head[..], sections].concat(), "0.1", manifest)
}

/// A number in LEB128.
fn number(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let part = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            bytes.push(part);
            return bytes;
        }
        bytes.push(part | 0x80);
    }
}

fn section(id: u8, body: &[u8]) -> Vec<u8> {
    [&[id][..], &number(body.len()), body].concat()
}

#[test]
fn a_component_that_is_too_much_is_not_even_compiled() {
    let session = memory();
    // An empty instance, exported under ten thousand names.
    let mut exports = number(10_000);
    for place in 0..10_000 {
        let name = format!("a{place}");
        exports.extend([&[0][..], &number(name.len()), name.as_bytes(), &[5, 0, 0]].concat());
    }
    let many = [section(5, &[1, 1, 0]), section(11, &exports)].concat();
    refused(
        &session,
        &raw(&many, MANIFEST),
        "a component with ten thousand exports",
        &["exports 10,000 things", "at most 100"],
    );
    let large = raw(&section(0, &vec![0; 50 << 20]), MANIFEST);
    refused(
        &session,
        &large,
        "a component of 50 MB",
        &["50 MiB", "at most 32"],
    );
    let manifest = format!("{MANIFEST}\n# {}", "سلام ".repeat(200_000));
    refused(
        &session,
        &raw(&[], &manifest),
        "a manifest of two megabytes",
        &["manifest has 1,8", "at most 1,048,576"],
    );
    let mut nested = b"\0asm\x0d\0\x01\0".to_vec();
    for _ in 0..2_000 {
        nested = [&b"\0asm\x0d\0\x01\0"[..], &section(4, &nested)].concat();
    }
    refused(
        &session,
        &with_sections(nested, "0.1", MANIFEST),
        "components in components in components",
        &["exports nothing", "peyvand plugin build"],
    );
}

#[test]
fn a_manifest_made_to_break_its_reader_is_told_as_any_other_fault() {
    let session = memory();
    let deep = format!("id = {}{}", "[".repeat(100_000), "]".repeat(100_000));
    refused(&session, &raw(&[], &deep), "a deep manifest", &["line 1"]);
    // More hooks than there are numbers for them would need a longer manifest than is read.
    let hook = "{point=\"before-save\",name=\"a\",object=\"lead\"},";
    let head = MANIFEST.split("[[field]]").next().unwrap();
    let hooks = format!("{head}hook=[{}]", hook.repeat(20_000));
    let error = refused(
        &session,
        &raw(&[], &hooks),
        "twenty thousand hooks",
        &["there are two hooks of this point and name"],
    );
    assert!(
        error.to_string().len() < 10_000,
        "{}",
        error.to_string().len()
    );
}

#[test]
fn a_component_of_another_time_is_not_installed() {
    let session = memory();
    for contract in ["0.0", "0.1.0", "", "1.0", "0.1\n"] {
        let other = Guest {
            contract,
            manifest: MANIFEST,
            ..Guest::default()
        };
        refused(
            &session,
            &other.component(),
            contract,
            &["the plugin does not fit", "contract 0.1"],
        );
    }
    let asking = Guest {
        world: "package test:guest; package peyvand:secrets@0.1.0 { interface vault { now: func() -> s64; } } \
                world guest { include peyvand:plugin/computed-fields-plugin@0.1.0; import peyvand:secrets/vault@0.1.0; }",
        import: Some(("peyvand:secrets/vault@0.1.0", "now")),
        manifest: MANIFEST,
        ..Guest::default()
    };
    refused(
        &session,
        &asking.component(),
        "one that imports what nobody gives",
        &[
            "imports peyvand:secrets/vault@0.1.0",
            "which plugins are not given",
        ],
    );
}
