//! Does a killed writer lose anything?

use peyvand_proof::kill::kill_writers;

#[test]
fn killed_writers_lose_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let killed = kill_writers(folder.path(), 1, 12).unwrap();
    assert!(
        killed.all() >= 12 && killed.acknowledged > 100,
        "{killed:?}"
    );
}
