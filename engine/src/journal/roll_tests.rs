//! Does a segment that is full leave no doubt about the one after it?

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::sync::Arc;

use tempfile::TempDir;

use super::tests::{at, entry, open, read, with};
use super::*;

#[test]
fn a_missing_newest_segment_is_damage_however_it_was_written() {
    for durability in [Durability::Sync, Durability::Os, Durability::Memory] {
        let dir = TempDir::new().unwrap();
        let journal = Journal::open(dir.path(), with(durability, Arc::new(RealDisk))).unwrap();
        let entries: Vec<Entry> = (1..=200).map(|number| entry(number, 3000)).collect();
        journal.append(&entries).unwrap();
        journal.sync().unwrap();
        drop(journal);
        let mut names = RealDisk.list(dir.path()).unwrap();
        names.sort();
        assert!(names.len() > 2);
        fs::remove_file(dir.path().join(names.pop().unwrap())).unwrap();
        let refused = open(dir.path());
        let segment = names.pop().unwrap();
        assert!(
            matches!(refused, Err(JournalError::Damaged { segment: named, .. }) if named == segment)
        );
        // It stays so: the refused open has not given it its zeroes back.
        assert!(open(dir.path()).is_err());
        let copy = OpenWith::existing(Arc::new(RealDisk));
        assert!(Journal::open(dir.path(), copy).is_ok());
    }
}

#[test]
fn a_full_segment_that_was_not_cut_yet_is_read_and_compressed() {
    let dir = TempDir::new().unwrap();
    let entries: Vec<Entry> = (1..=60).map(|number| entry(number, 3000)).collect();
    open(dir.path()).unwrap().append(&entries).unwrap();
    let first = dir.path().join(segment::name(at(1)));
    let mut bytes = fs::read(&first).unwrap();
    bytes.resize(64 * 1024, 0);
    fs::write(&first, bytes).unwrap();
    let journal = open(dir.path()).unwrap();
    assert_eq!(read(&journal, 0, 60).unwrap(), entries);
    while journal.seal_pending().unwrap() {}
    assert!(!first.exists());
    assert_eq!(read(&journal, 0, 60).unwrap(), entries);
}

#[test]
fn a_first_entry_larger_than_the_first_segment_is_kept_once() {
    let dir = TempDir::new().unwrap();
    let journal = open(dir.path()).unwrap();
    let entries = [entry(1, 500_000)];
    journal.append(&entries).unwrap();
    assert_eq!(read(&journal, 0, 1).unwrap(), entries);
    assert!(!journal.seal_pending().unwrap());
    drop(journal);
    assert_eq!(read(&open(dir.path()).unwrap(), 0, 1).unwrap(), entries);
}
