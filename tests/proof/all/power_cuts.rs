//! Does a power cut lose anything, and would this proof see it?

use std::collections::BTreeSet;

use peyvand_proof::dice::Dice;
use peyvand_proof::guards::{GUARDS, without};
use peyvand_proof::power::{Cuts, record_a_life};
use peyvand_proof::survival::models_in_turn;

#[test]
fn a_power_cut_loses_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut cuts = Cuts::new();
    for recording in record_a_life(folder.path(), 1, 60).unwrap() {
        let points = recording.points(8, &mut Dice::new(1));
        let loss = recording
            .cut_at(
                &points,
                models_in_turn,
                &BTreeSet::new(),
                folder.path(),
                &mut cuts,
            )
            .unwrap();
        assert!(loss.is_none(), "{}", loss.unwrap());
    }
    assert!(cuts.len() >= 4, "{cuts:?}");
}

#[test]
fn without_any_one_guard_a_power_cut_loses_something() {
    let folder = tempfile::tempdir().unwrap();
    let recordings = record_a_life(folder.path(), 2, 60).unwrap();
    for guard in GUARDS {
        let without = without(guard, &recordings, 200, folder.path()).unwrap();
        println!("{guard:?}: {without:?}");
    }
}
