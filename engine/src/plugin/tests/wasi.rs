//! Is a guest that was built with WASI given nothing of the machine?

use super::*;

/// A guest that patches what a function of WASI says.
fn asking(import: &'static str, function: &'static str) -> Vec<u8> {
    let world = format!(
        "package test:guest; world guest {{ include peyvand:plugin/computed-fields-plugin@0.1.0; import {import}; }}"
    );
    Guest {
        world: &world,
        import: Some((import, function)),
        compute: &patching_import(),
        ..Guest::default()
    }
    .component()
}

fn told(hook: &Served) -> Value {
    let answers = amend(hook, &[1]).unwrap();
    answers.patches[0].value.clone().unwrap()
}

#[test]
fn the_clock_of_wasi_tells_the_time_of_the_request() {
    for import in [
        "wasi:clocks/monotonic-clock@0.2.0",
        "wasi:clocks/monotonic-clock@0.2.12",
    ] {
        let hook = served(&asking(import, "now")).unwrap();
        assert_eq!(told(&hook), Value::Integer(1_774_051_200_000_000_000));
    }
}

#[test]
fn the_randomness_of_wasi_is_the_same_when_the_request_is_played_again() {
    let import = "wasi:random/random@0.2.6";
    let hook = served(&asking(import, "get-random-u64")).unwrap();
    let first = told(&hook);
    assert_ne!(first, Value::Integer(0));
    assert!((0..5).all(|_| told(&hook) == first));
    let again = served(&asking(import, "get-random-u64")).unwrap();
    assert_eq!(told(&again), first);
}

#[test]
fn what_would_reach_a_file_fails_by_its_name_and_only_when_it_is_called() {
    let hook = served(&asking("wasi:filesystem/types@0.2.6", "peek")).unwrap();
    let failure = amend(&hook, &[1]).err().unwrap();
    assert!(
        failure
            .message
            .contains("it called wasi:filesystem/types peek, which plugins are not given"),
        "{}",
        failure.message
    );
}

#[test]
fn interfaces_outside_of_the_list_and_other_versions_are_refused_by_name() {
    for import in [
        "wasi:sockets/tcp@0.2.6",
        "wasi:http/outgoing-handler@0.2.6",
        "wasi:cli/run@0.2.6",
        "wasi:clocks/monotonic-clock@0.3.0",
    ] {
        let error = served(&asking(import, "now")).err().expect(import);
        assert!(
            error.to_string().contains(&format!("imports {import}")),
            "{error}"
        );
    }
}
