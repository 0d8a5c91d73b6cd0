//! Does a failing disk lose anything?

use peyvand::StateEngine;
use peyvand_proof::faults::meet_faults;

#[test]
fn a_failing_disk_stops_the_writers_and_loses_nothing() {
    for (engine, times) in [(StateEngine::Sled, 16), (StateEngine::Redb, 8)] {
        let folder = peyvand_proof::scratch().unwrap();
        let seen = meet_faults(folder.path(), engine, 1, times).unwrap();
        assert!(seen.refused > 0 && seen.in_open > 0, "{seen:?}");
    }
}
