//! Does a killed writer lose anything?

use peyvand::StateEngine;
use peyvand_proof::kill::kill_writers;

#[track_caller]
fn loses_nothing(engine: StateEngine, kills: u32) {
    let folder = peyvand_proof::scratch().unwrap();
    let killed = kill_writers(folder.path(), engine, 1, kills).unwrap();
    assert!(
        killed.in_open > 0 && killed.acknowledged > 100 && killed.restored > 0,
        "{killed:?}"
    );
}

#[test]
fn killed_writers_lose_nothing_that_was_acknowledged() {
    loses_nothing(StateEngine::Sled, 12);
}

#[test]
fn killed_writers_on_redb_lose_nothing_that_was_acknowledged() {
    loses_nothing(StateEngine::Redb, 6);
}
