//! Is a file refused, opened and bound as it should be?

use serde_json::json;

use super::*;

fn refused(bytes: &[u8]) -> (String, String) {
    let error = open(bytes).expect_err("the file is refused");
    assert_eq!(error.kind(), ErrorKind::Plugin);
    (
        error.to_string(),
        error.remedy().unwrap_or_default().to_owned(),
    )
}

#[test]
fn a_good_component_opens_and_says_what_it_is() {
    let opened = open(&computing(&patching(0, 0, 42))).unwrap();
    assert_eq!(
        (opened.manifest.title().as_str(), opened.contract.as_str()),
        ("tester 1.2.3", "0.1")
    );
    assert!(
        opened
            .exports
            .contains(&"peyvand:plugin/computed-fields@0.1.0".to_owned())
    );
}

#[test]
fn a_core_module_is_refused_with_the_remedy() {
    let (message, remedy) = refused(&Guest::default().module());
    assert!(message.contains("core module"), "{message}");
    assert!(remedy.contains("peyvand plugin build"), "{remedy}");
}

#[test]
fn a_truncated_component_is_refused() {
    let bytes = computing(&patching(0, 0, 42));
    for end in [0, 3, 8, bytes.len() / 2, bytes.len() - 1] {
        refused(&bytes[..end]);
    }
}

#[test]
fn a_damaged_component_is_refused_and_never_a_panic() {
    let bytes = computing(&patching(0, 0, 42));
    for place in (8..bytes.len()).step_by(7) {
        let mut damaged = bytes.clone();
        damaged[place] ^= 0xff;
        if let Err(error) = open(&damaged) {
            assert_eq!(error.kind(), ErrorKind::Plugin);
        }
    }
}

#[test]
fn another_contract_is_refused_and_both_are_named() {
    let (message, _) = refused(
        &Guest {
            contract: "0.7",
            ..Guest::default()
        }
        .component(),
    );
    assert!(
        message.contains("contract 0.7") && message.contains("contract 0.1"),
        "{message}"
    );
}

#[test]
fn a_wasi_import_that_would_reach_out_is_refused_by_name() {
    let guest = Guest {
        world: "package test:guest; world guest { include peyvand:plugin/computed-fields-plugin@0.1.0; import wasi:sockets/network@0.2.0; }",
        import: Some(("wasi:sockets/network@0.2.0", "now")),
        ..Guest::default()
    };
    let (message, remedy) = refused(&guest.component());
    assert!(message.contains("wasi:sockets/network@0.2.0"), "{message}");
    assert!(remedy.contains("wasm32-unknown-unknown"), "{remedy}");
}

#[test]
fn a_component_that_serves_nothing_known_is_refused() {
    let guest = Guest {
        world: "package test:guest; interface thing { do: func(); } world guest { export thing; }",
        export: "test:guest/thing#do",
        compute: &[],
        ..Guest::default()
    };
    let (message, _) = refused(&guest.component());
    assert!(message.contains("exports test:guest/thing"), "{message}");
}

#[test]
fn a_hook_without_its_export_is_refused() {
    let manifest = MANIFEST.replace("computed-fields", "before-save");
    let (message, _) = refused(
        &Guest {
            manifest: &manifest,
            ..Guest::default()
        }
        .component(),
    );
    assert!(
        message.contains("before-save lead")
            && message.contains("does not export peyvand:plugin/before-save@0.1.0"),
        "{message}"
    );
}

#[test]
fn a_plugin_that_cannot_bind_is_told_when_it_is_loaded() {
    for (bind, word) in [
        (vec![Instruction::Unreachable], "it trapped"),
        (endless(), "out of fuel"),
        (memory_bomb(), "more than 16 MiB"),
    ] {
        let error = served(
            &Guest {
                bind: &bind,
                ..Guest::default()
            }
            .component(),
        )
        .err()
        .expect("it does not load");
        assert!(
            error.to_string().starts_with("plugin tester 1.2.3, bind: ")
                && error.to_string().contains(word),
            "{error}"
        );
    }
}

#[test]
fn a_manifest_with_faults_lists_them_all() {
    let text = MANIFEST
        .replace("id = \"tester\"", "id = \"Tester\"")
        .replace("on-failure = \"reject\"\n", "")
        .replace("writes = [\"score\"]\n", "");
    let error = Manifest::parse(&text).unwrap_err();
    let codes: Vec<_> = error
        .failures()
        .iter()
        .filter_map(|failure| failure.field.as_deref())
        .collect();
    assert_eq!(codes, ["id", "on-failure", "hook computed-fields lead"]);
    let error =
        Manifest::parse(&MANIFEST.replace("computed-fields", "computed-feilds")).unwrap_err();
    assert!(
        error.to_string().starts_with("plugin.toml, line 14: ")
            && error.to_string().contains("before-save"),
        "{error}"
    );
    let error = Manifest::parse(&MANIFEST.replace("reads =", "raeds =")).unwrap_err();
    assert!(error.to_string().contains("raeds"), "{error}");
}

#[test]
fn unknown_objects_and_fields_are_named_with_the_nearest() {
    let check = |text: &str| Manifest::parse(text).unwrap().check(&standard_schema());
    check(MANIFEST).unwrap();
    let unknown = check(&MANIFEST.replace("employees", "employes"))
        .unwrap_err()
        .to_string();
    assert!(
        unknown.contains("lead has no field 'employes'; did you mean 'employees'?"),
        "{unknown}"
    );
    let unknown = check(&MANIFEST.replace("object = \"lead\"", "object = \"leed\""))
        .unwrap_err()
        .to_string();
    assert!(
        unknown.contains("there is no object 'leed'; did you mean 'lead'?"),
        "{unknown}"
    );
    let kept = check(&MANIFEST.replace(
        "writes = [\"score\"]",
        "writes = [\"score\", \"last_activity_at\", \"created_at\"]",
    ))
    .unwrap_err();
    assert_eq!(kept.failures().len(), 2);
}

#[test]
fn a_field_that_a_hook_computes_is_read_only() {
    let manifest = Manifest::parse(MANIFEST).unwrap();
    let (object, field) = &manifest.fields[0];
    assert_eq!(
        (
            object.as_str(),
            field.read_only,
            field.brought_by.as_deref()
        ),
        ("lead", true, Some("tester"))
    );
}

#[test]
fn settings_are_checked_and_completed() {
    let text = format!(
        "{MANIFEST}\n[settings.days]\ntype = \"integer\"\ndefault = 3\nminimum = 1\nmaximum = 9\n[settings.rate]\ntype = \"decimal\"\n[settings.language]\ntype = \"text\"\none-of = [\"en\", \"fa\"]\ndefault = \"en\"\n"
    );
    let manifest = Manifest::parse(&text).unwrap();
    let check = |given: Json| check_settings(&manifest, given.as_object().unwrap());
    let settings = check(json!({"rate": "۱٫۵"})).unwrap();
    assert_eq!(
        Json::Object(settings),
        json!({"days": 3, "rate": "1.5", "language": "en"})
    );
    let failures = check(json!({"days": 10, "language": "de", "dayz": 1})).unwrap_err();
    let codes: Vec<_> = failures
        .iter()
        .map(|failure| (failure.field.as_deref().unwrap(), failure.code.as_str()))
        .collect();
    assert_eq!(
        codes,
        [
            ("dayz", "unknown-setting"),
            ("days", "setting"),
            ("language", "setting"),
            ("rate", "required")
        ]
    );
}
