//! Does a failing disk lose anything?

use peyvand_proof::faults::meet_faults;

#[test]
fn a_failing_disk_stops_the_writers_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let seen = meet_faults(folder.path(), 1, 20).unwrap();
    assert!(seen.refused > 0 && seen.in_open > 0, "{seen:?}");
}
