//! Does sorting on disk come to what sorting in memory does, and leave nothing behind?
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::journal::{Call, Fault, Faults, RealDisk};
use crate::store::Row;

type Pushed = (Vec<u8>, u64, Option<Vec<u8>>);

fn scratch(folder: &Path) -> Scratch {
    Scratch::new(Arc::new(RealDisk), folder.join("scratch"))
}

fn sorter(scratch: &Scratch, budget: usize, pushed: &[Pushed]) -> Result<Sorter, StoreError> {
    let mut sorter = Sorter::new(Some(scratch.clone()), budget);
    for (key, position, value) in pushed {
        sorter.push(key, Position::from_number(*position), value.as_deref())?;
    }
    Ok(sorter)
}

fn all(mut merged: Merged) -> Vec<Pushed> {
    let mut all = Vec::new();
    while let Some(version) = merged.next().unwrap() {
        let value = version.value.map(<[u8]>::to_vec);
        all.push((version.key.to_vec(), version.position.get(), value));
    }
    all
}

/// Versions as the sorter promises to give them.
fn sorted(pushed: &[Pushed]) -> Vec<Pushed> {
    let mut sorted = pushed.to_vec();
    sorted.sort_by(|a, b| (&a.0, b.1).cmp(&(&b.0, a.1)));
    sorted
}

fn fold(pushed: &[Pushed]) -> Vec<Row> {
    let mut newest: BTreeMap<&[u8], (u64, Option<&Vec<u8>>)> = BTreeMap::new();
    for (key, position, value) in pushed {
        let entry = newest.entry(key).or_default();
        if *position >= entry.0 {
            *entry = (*position, value.as_ref());
        }
    }
    let rows = newest.into_iter();
    rows.filter_map(|(key, (_, value))| Some((key.to_vec(), value?.clone())))
        .collect()
}

/// Versions with keys that are hard to tell apart, in no order.
fn mixed(count: u64) -> Vec<Pushed> {
    (0..count)
        .map(|number| {
            let turned = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let key = match turned % 5 {
                0 => b"\0\0\0\0\0\0\0\0\0"[..(turned >> 8) as usize % 10].to_vec(),
                1 => b"the same key".to_vec(),
                _ => format!("customer/{:04}", (turned >> 20) % 700).into_bytes(),
            };
            let value = (turned % 7 > 0).then(|| vec![number as u8; (turned >> 40) as usize % 50]);
            (key, number + 1, value)
        })
        .collect()
}

#[test]
fn many_runs_come_out_as_one_sort() {
    let folder = tempfile::tempdir().unwrap();
    let scratch = scratch(folder.path());
    let pushed = mixed(20_000);
    for budget in [300, 20_000, 500_000, 10_000_000] {
        let merged = sorter(&scratch, budget, &pushed).unwrap().finish().unwrap();
        assert!(all(merged) == sorted(&pushed), "a budget of {budget}");
    }
}

#[test]
fn the_newest_versions_are_the_fold() {
    let folder = tempfile::tempdir().unwrap();
    let scratch = scratch(folder.path());
    let pushed = mixed(5_000);
    for budget in [1_000, 10_000_000] {
        let merged = sorter(&scratch, budget, &pushed).unwrap().finish().unwrap();
        let rows: Vec<Row> = merged.newest().map(Result::unwrap).collect();
        assert_eq!(rows, fold(&pushed));
    }
}

#[test]
fn what_fits_into_the_budget_touches_no_disk() {
    let folder = tempfile::tempdir().unwrap();
    let scratch = scratch(folder.path());
    let merged = sorter(&scratch, 1_000_000, &mixed(1000)).unwrap().finish();
    assert_eq!(all(merged.unwrap()).len(), 1000);
    assert!(!scratch.folder.exists());
}

#[test]
fn without_a_folder_everything_stays_in_memory() {
    let mut sorter = Sorter::new(None, 1);
    for (key, position, value) in &mixed(1000) {
        sorter
            .push(key, Position::from_number(*position), value.as_deref())
            .unwrap();
    }
    assert_eq!(all(sorter.finish().unwrap()), sorted(&mixed(1000)));
}

#[test]
fn runs_are_removed_whenever_they_are_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let scratch = scratch(folder.path());
    let pushed = mixed(3_000);
    drop(sorter(&scratch, 5_000, &pushed).unwrap());
    assert!(!scratch.folder.exists(), "dropped while it was filled");
    let mut merged = sorter(&scratch, 5_000, &pushed).unwrap().finish().unwrap();
    merged.next().unwrap();
    assert!(scratch.folder.read_dir().unwrap().count() > 1);
    drop(merged);
    assert!(!scratch.folder.exists(), "dropped while it was read");
}

#[test]
fn runs_are_removed_after_a_full_disk() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Faults::new();
    disk.fail(Call::Write, 20, Fault::DiskFull);
    let scratch = Scratch::new(Arc::new(disk), folder.path().join("scratch"));
    let failed = sorter(&scratch, 5_000, &mixed(10_000));
    assert!(matches!(failed.err(), Some(StoreError::DiskFull { .. })));
    assert!(!scratch.folder.exists());
}

#[test]
fn what_a_killed_process_left_is_cleared() {
    let folder = tempfile::tempdir().unwrap();
    let scratch = scratch(folder.path());
    std::mem::forget(sorter(&scratch, 5_000, &mixed(3_000)).unwrap());
    assert!(scratch.folder.exists());
    scratch.clear().unwrap();
    assert!(!scratch.folder.exists());
    scratch.clear().unwrap();
}

#[test]
fn a_damaged_run_is_an_error_and_not_a_wrong_answer() {
    let folder = tempfile::tempdir().unwrap();
    let scratch = scratch(folder.path());
    let pushed = mixed(2_000);
    for at in [0, 3, 4, 9, 12, 500] {
        let sorter = sorter(&scratch, 40_000, &pushed).unwrap();
        let path = scratch
            .folder
            .read_dir()
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .path();
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[at] ^= 0x10;
        std::fs::write(&path, bytes).unwrap();
        let read = sorter
            .finish()
            .and_then(|merged| merged.newest().collect::<Result<Vec<_>, _>>());
        let error = read.unwrap_err().to_string();
        assert!(error.contains("is not what was written"), "{error}");
    }
}

#[test]
fn the_buffer_is_no_larger_than_its_budget() {
    let folder = tempfile::tempdir().unwrap();
    let scratch = scratch(folder.path());
    let budget = 3_000_000;
    let mut sorter = Sorter::new(Some(scratch), budget);
    let mut most = 0;
    for (key, position, value) in &mixed(120_000) {
        sorter
            .push(key, Position::from_number(*position), value.as_deref())
            .unwrap();
        most = most.max(sorter.buffer.memory());
    }
    assert!(!sorter.levels.is_empty());
    assert!(most <= budget * 6 / 5, "{most} bytes");
}

proptest! {
    #[test]
    fn any_versions_come_out_sorted(
        keys in prop::collection::vec(prop::collection::vec(prop_oneof![Just(0_u8), Just(1), Just(255)], 0..20), 1..80),
        budget in 100_usize..2000,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let pushed: Vec<Pushed> = keys
            .into_iter()
            .zip(1..)
            .map(|(key, position)| (key, position, Some(vec![position as u8])))
            .collect();
        let merged = sorter(&scratch(folder.path()), budget, &pushed).unwrap().finish().unwrap();
        prop_assert_eq!(all(merged), sorted(&pushed));
    }
}
