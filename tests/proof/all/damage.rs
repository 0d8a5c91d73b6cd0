//! Is a damaged file ever passed over in silence?

use peyvand_proof::damage::{HARMS, Outcomes, Patient};

#[test]
fn damage_is_harmless_repaired_or_told_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let patient = Patient::make(folder.path(), 1).unwrap();
    let outcomes = HARMS.map(|harm| patient.harm(harm, 20, folder.path()).unwrap());
    let sum = |of: fn(&Outcomes) -> u32| outcomes.iter().map(of).sum::<u32>();
    assert!(
        sum(|one| one.told) > 0 && sum(|one| one.rebuilt) > 0,
        "{outcomes:?}"
    );
}
