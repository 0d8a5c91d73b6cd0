//! Does a power cut lose anything, and would this proof see it?

use std::collections::BTreeSet;
use std::sync::LazyLock;

use peyvand_proof::dice::Dice;
use peyvand_proof::guards::{Guard, without};
use peyvand_proof::power::{Cuts, Recording, record_a_life};
use peyvand_proof::survival::models_in_turn;

static LIFE: LazyLock<Vec<Recording>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    record_a_life(folder.path(), 1, 60).unwrap()
});

#[test]
fn a_power_cut_loses_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut cuts = Cuts::new();
    for recording in LIFE.iter() {
        let points = recording.points(6, &mut Dice::new(1));
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

#[track_caller]
fn loses_without(guard: Guard) {
    loses_on(&LIFE, guard);
}

#[track_caller]
fn loses_on(recordings: &[Recording], guard: Guard) {
    let folder = tempfile::tempdir().unwrap();
    let without = without(guard, recordings, 400, folder.path()).unwrap();
    assert!(without.loss.is_some(), "{guard:?} protects from nothing");
}

#[test]
fn without_the_journals_sync_something_is_lost() {
    loses_without(Guard::JournalSync);
}

#[test]
fn without_syncing_the_state_it_must_be_rebuilt() {
    loses_without(Guard::StateSync);
}

/// A store with enough leaves that a large value does not share one with F.
#[test]
fn without_syncing_large_values_the_state_must_be_rebuilt() {
    let folder = tempfile::tempdir().unwrap();
    let recordings = record_a_life(folder.path(), 5, 200).unwrap();
    loses_on(&recordings, Guard::LargeValues);
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
