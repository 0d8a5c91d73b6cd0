//! Does a power cut lose anything, and would this proof see it?

use std::collections::BTreeSet;
use std::sync::LazyLock;

use peyvand::StateEngine;
use peyvand_proof::dice::Dice;
use peyvand_proof::guards::{Guard, without};
use peyvand_proof::power::{Cuts, Recording, record_a_life};
use peyvand_proof::survival::models_in_turn;

static LIFE: LazyLock<Vec<Recording>> = LazyLock::new(|| life(StateEngine::Sled, 60));
static LIFE_ON_REDB: LazyLock<Vec<Recording>> = LazyLock::new(|| life(StateEngine::Redb, 50));

fn life(engine: StateEngine, steps: u64) -> Vec<Recording> {
    let folder = peyvand_proof::scratch().unwrap();
    record_a_life(folder.path(), engine, 1, steps).unwrap()
}

#[track_caller]
fn loses_nothing(recordings: &[Recording], count: usize) {
    let folder = peyvand_proof::scratch().unwrap();
    let mut cuts = Cuts::new();
    for recording in recordings {
        let points = recording.points(count, &mut Dice::new(1));
        let none = BTreeSet::new();
        let loss = recording.cut_at(&points, models_in_turn, &none, folder.path(), &mut cuts);
        let loss = loss.unwrap();
        assert!(loss.is_none(), "{}", loss.unwrap());
    }
    assert!(cuts.len() >= 3, "{cuts:?}");
}

#[test]
fn a_power_cut_loses_nothing_that_was_acknowledged() {
    loses_nothing(&LIFE, 6);
}

#[test]
fn a_power_cut_under_redb_loses_nothing_that_was_acknowledged() {
    loses_nothing(&LIFE_ON_REDB, 3);
}

#[track_caller]
fn loses_without(guard: Guard) {
    loses_on(&LIFE, guard);
}

#[track_caller]
fn loses_on(recordings: &[Recording], guard: Guard) {
    let folder = peyvand_proof::scratch().unwrap();
    let without = without(guard, recordings, 400, folder.path()).unwrap();
    assert!(
        without.loss.is_some(),
        "{guard:?} protects from nothing in {} cuts",
        without.cuts
    );
}

#[test]
fn without_the_journals_sync_something_is_lost() {
    loses_without(Guard::JournalSync);
}

#[test]
fn without_syncing_the_state_it_must_be_rebuilt() {
    loses_without(Guard::StateSync);
}

#[test]
fn without_syncing_the_pages_the_state_must_be_rebuilt() {
    loses_without(Guard::Pages);
}

#[test]
fn without_syncing_a_new_state_it_must_be_rebuilt() {
    loses_without(Guard::NewState);
}

#[test]
fn without_syncing_a_new_segment_the_journal_is_damaged() {
    loses_without(Guard::NewSegment);
}

#[test]
fn without_syncing_the_name_of_a_segment_commits_are_lost() {
    loses_without(Guard::SegmentName);
}

#[test]
fn without_syncing_format_the_store_does_not_open() {
    loses_without(Guard::Format);
}

#[test]
fn without_syncing_the_name_of_format_the_store_does_not_open() {
    loses_without(Guard::FormatName);
}

#[test]
fn without_clearing_a_torn_tail_the_journal_is_damaged() {
    loses_without(Guard::TornTail);
}

#[test]
fn without_removing_half_snapshots_the_state_must_be_rebuilt() {
    loses_without(Guard::HalfSnapshot);
}

#[test]
fn without_syncing_the_files_of_a_backup_it_is_not_whole() {
    loses_without(Guard::BackupFiles);
}

#[test]
fn without_syncing_files_before_their_entry_a_document_is_lost() {
    loses_without(Guard::ContentSync);
}

#[test]
fn without_syncing_the_state_of_redb_it_must_be_rebuilt() {
    loses_on(&LIFE_ON_REDB, Guard::StateSync);
}
