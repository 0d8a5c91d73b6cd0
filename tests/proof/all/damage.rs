//! Is a damaged file ever passed over in silence?

use peyvand::StateEngine;
use peyvand_proof::damage::{HARMS, Harm, Outcomes, Patient};

#[track_caller]
fn is_harmless_repaired_or_told(engine: StateEngine, times: u32) {
    let folder = peyvand_proof::scratch().unwrap();
    let patient = Patient::make(folder.path(), engine, 1).unwrap();
    let outcomes = HARMS.map(|harm| patient.harm(harm, times, folder.path()).unwrap());
    let sum = |of: fn(&Outcomes) -> u32| outcomes.iter().map(of).sum::<u32>();
    assert!(
        sum(|one| one.told) > 0 && sum(|one| one.rebuilt) > 0,
        "{outcomes:?}"
    );
}

#[test]
fn damage_is_harmless_repaired_or_told_with_what_to_do() {
    is_harmless_repaired_or_told(StateEngine::Sled, 16);
}

#[test]
fn damage_of_a_store_on_redb_is_harmless_repaired_or_told_with_what_to_do() {
    is_harmless_repaired_or_told(StateEngine::Redb, 10);
}

#[test]
fn damage_of_a_closed_state_is_not_left_to_a_check() {
    for engine in [StateEngine::Sled, StateEngine::Redb] {
        let folder = peyvand_proof::scratch().unwrap();
        let patient = Patient::make(folder.path(), engine, 1).unwrap();
        let harmed = patient.harm_state(Harm::Zero, 24, folder.path()).unwrap();
        assert!(harmed.rebuilt > 0, "{engine:?}: {harmed:?}");
        let flipped = patient.harm_state(Harm::Flip, 24, folder.path()).unwrap();
        assert_eq!(flipped.only_checked, 0, "{engine:?}: {flipped:?}");
    }
}
