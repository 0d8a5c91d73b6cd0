//! Is an answer that depends on more than its record found out?

use super::*;
use crate::engine::Engine;

fn tried(bytes: &[u8]) -> Vec<String> {
    let engine = Engine::in_memory().open().unwrap();
    let trials = engine.try_plugin(bytes, Json::Null).unwrap();
    assert!(trials.iter().all(|trial| trial.rows == 1_000));
    assert!(engine.session().plugins().unwrap().is_empty());
    trials
        .into_iter()
        .flat_map(|trial| trial.problems)
        .collect()
}

#[test]
fn an_answer_that_depends_on_the_batch_is_found_out() {
    // It sets the first record of a batch, whichever that is.
    let problems = tried(&computing(&patching(0, 0, 42)));
    assert!(
        problems.iter().any(|said| said.contains("in batches of 7")),
        "{problems:?}"
    );
    assert!(
        problems
            .iter()
            .any(|said| said.contains("in batches of 1:")),
        "{problems:?}"
    );
    assert!(
        !problems.iter().any(|said| said.contains("second time")),
        "{problems:?}"
    );
}

#[test]
fn a_plugin_that_fails_in_the_trial_is_told_with_its_failure() {
    let problems = tried(&computing(&[Instruction::Unreachable]));
    assert!(problems[0].contains("it trapped"), "{problems:?}");
}

#[test]
fn the_plugins_of_this_repository_answer_by_the_record_alone() {
    for plugin in ["lead-score", "national-id", "follow-up", "sales-league"] {
        let path = format!(
            "{}/../plugins/dist/{plugin}.wasm",
            env!("CARGO_MANIFEST_DIR")
        );
        assert_eq!(tried(&std::fs::read(path).unwrap()), [""; 0], "{plugin}");
    }
}
