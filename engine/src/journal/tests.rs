//! Does the journal keep what it was given, and notice when it cannot?

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

use super::frame::{Encoder, Hash};
use super::frame_tests::encoded_first;
use super::segment::Header;
use super::*;

pub(super) fn at(number: u64) -> Position {
    Position::from_number(number)
}

pub(super) fn entry(number: u64, size: usize) -> Entry {
    Entry {
        position: at(number),
        time: -7 + number as i64,
        asked: format!("request {number}").into_bytes(),
        results: vec![
            (b"gone".to_vec(), None),
            (b"kept".to_vec(), Some(vec![number as u8 | 1; size])),
        ],
        leaves: vec![leaf(number % 5, number), leaf(9, number)],
    }
}

/// What the entry of `number` holds of the record `id`.
fn leaf(id: u64, number: u64) -> Leaf {
    let name = format!("the secret of {id} in {number}").into_bytes();
    let content = LeafContent {
        asked: name.clone(),
        results: vec![(b"name/".to_vec(), None), (name, Some(b"Hafez".to_vec()))],
        released: vec![(b"phone".to_vec(), 1)],
    };
    Leaf {
        subject: subject(id),
        content: Some(content),
    }
}

pub(super) fn subject(id: u64) -> Subject {
    let id = u128::from(id);
    Subject { object: 3, id }
}

pub(super) fn encoded(entry: &Entry, synced: u64, before: [u8; 32]) -> (Vec<u8>, Hash) {
    let mut bytes = Vec::new();
    let hash = Encoder::new([7; 32]).encode(entry, at(synced), &before, &mut bytes);
    (bytes, hash)
}

pub(super) fn open(folder: &Path) -> Result<Journal, JournalError> {
    Journal::open(folder, with(Durability::Sync, Arc::new(RealDisk)))
}

pub(super) fn with(durability: Durability, disk: Arc<dyn Disk>) -> OpenWith {
    OpenWith {
        create: true,
        durability,
        disk,
        salt_key: [7; 32],
        base: None,
        copied: false,
    }
}

pub(super) fn read(journal: &Journal, after: u64, upto: u64) -> Result<Vec<Entry>, JournalError> {
    let mut entries = Vec::new();
    journal.visit(at(after), at(upto), |entry| {
        entries.push(entry);
        ControlFlow::Continue(())
    })?;
    Ok(entries)
}

/// A journal of `count` small entries, each synced on its own, and where each frame begins.
fn filled(count: u64) -> (TempDir, PathBuf, Vec<usize>) {
    let dir = TempDir::new().unwrap();
    let journal = open(dir.path()).unwrap();
    let mut starts = vec![segment::HEADER];
    for number in 1..=count {
        let entry = entry(number, 20);
        journal.append(std::slice::from_ref(&entry)).unwrap();
        let (frame, _) = encoded(&entry, 0, Hash::default());
        starts.push(starts.last().unwrap() + frame.len());
    }
    let file = dir.path().join(segment::name(at(1)));
    (dir, file, starts)
}

#[test]
fn entries_come_back_across_segments_and_opens() {
    let dir = TempDir::new().unwrap();
    let entries: Vec<Entry> = (1..=300).map(|number| entry(number, 3000)).collect();
    for part in entries.chunks(100) {
        let journal = open(dir.path()).unwrap();
        journal.append(part).unwrap();
    }
    let journal = open(dir.path()).unwrap();
    assert_eq!(journal.head(), at(300));
    assert!(fs::read_dir(dir.path()).unwrap().count() > 3);
    for after in [0, 1, 63, 64, 65, 127, 150, 299, 300] {
        let wanted = &entries[after as usize..];
        assert_eq!(read(&journal, after, 300).unwrap(), wanted);
    }
    assert_eq!(read(&journal, 10, 12).unwrap(), &entries[10..12]);
}

#[test]
fn an_entry_larger_than_a_segment_gets_one_of_its_size() {
    let dir = TempDir::new().unwrap();
    let journal = open(dir.path()).unwrap();
    let entries = [entry(1, 10), entry(2, 5_000_000), entry(3, 10)];
    journal.append(&entries).unwrap();
    drop(journal);
    let journal = open(dir.path()).unwrap();
    assert_eq!(read(&journal, 0, 3).unwrap(), entries);
}

#[test]
fn torn_tail_is_cut_at_every_byte_of_the_last_frame() {
    let (_dir, file, starts) = filled(3);
    let whole = fs::read(&file).unwrap();
    for torn in starts[2]..starts[3] {
        let mut zeroed = whole.clone();
        zeroed[torn..].fill(0);
        let truncated = whole[..torn].to_vec();
        // Cut between two frames, it is a full segment whose successor is missing.
        let truncated = (torn > starts[2]).then_some(truncated);
        for tail in [Some(zeroed), truncated].into_iter().flatten() {
            fs::write(&file, tail).unwrap();
            let journal = open(file.parent().unwrap()).unwrap();
            assert_eq!(journal.head(), at(2));
            // The place is free again, and what comes there stays.
            journal.append(&[entry(3, 7)]).unwrap();
            drop(journal);
            let journal = open(file.parent().unwrap()).unwrap();
            assert_eq!(read(&journal, 2, 3).unwrap(), [entry(3, 7)]);
        }
    }
}

#[test]
fn a_group_that_was_torn_in_its_first_frame_is_cut_whole() {
    let (_dir, file, starts) = filled(2);
    let journal = open(file.parent().unwrap()).unwrap();
    journal.append(&[entry(3, 20), entry(4, 20)]).unwrap();
    drop(journal);
    let mut bytes = fs::read(&file).unwrap();
    bytes[starts[2] + 30] ^= 1;
    fs::write(&file, bytes).unwrap();
    assert_eq!(open(file.parent().unwrap()).unwrap().head(), at(2));
    let cut = fs::read(&file).unwrap();
    assert!(cut[starts[2]..].iter().all(|byte| *byte == 0));
}

#[test]
fn any_flipped_byte_before_a_later_commit_is_damage_with_its_place() {
    let (_dir, file, starts) = filled(4);
    let whole = fs::read(&file).unwrap();
    for flipped in starts[1]..starts[2] {
        let mut bytes = whole.clone();
        bytes[flipped] ^= 0x10;
        fs::write(&file, bytes).unwrap();
        match open(file.parent().unwrap()) {
            Err(JournalError::Damaged {
                segment, offset, ..
            }) => {
                assert_eq!(segment, segment::name(at(1)));
                assert_eq!(offset, starts[1] as u64);
            }
            _ => panic!("byte {flipped} was passed over"),
        }
    }
}

#[test]
fn a_zeroed_frame_before_a_later_commit_is_damage() {
    let (_dir, file, starts) = filled(4);
    let mut bytes = fs::read(&file).unwrap();
    bytes[starts[1]..starts[2]].fill(0);
    fs::write(&file, bytes).unwrap();
    let opened = open(file.parent().unwrap());
    assert!(matches!(opened, Err(JournalError::Damaged { .. })));
}

#[test]
fn damage_in_a_closed_segment_is_found_by_reading() {
    let dir = TempDir::new().unwrap();
    let journal = open(dir.path()).unwrap();
    let entries: Vec<Entry> = (1..=100).map(|number| entry(number, 3000)).collect();
    journal.append(&entries).unwrap();
    let first = dir.path().join(segment::name(at(1)));
    let mut bytes = fs::read(&first).unwrap();
    bytes[40_000] ^= 1;
    fs::write(&first, bytes).unwrap();
    drop(journal);
    let journal = open(dir.path()).unwrap();
    let found = read(&journal, 0, 100);
    assert!(matches!(found, Err(JournalError::Damaged { .. })));
}

#[test]
fn a_missing_segment_is_damage() {
    let dir = TempDir::new().unwrap();
    let journal = open(dir.path()).unwrap();
    let entries: Vec<Entry> = (1..=200).map(|number| entry(number, 3000)).collect();
    journal.append(&entries).unwrap();
    drop(journal);
    let mut names = RealDisk.list(dir.path()).unwrap();
    names.sort();
    let second = dir.path().join(&names[1]);
    let aside = dir.path().join("aside");
    fs::rename(&second, &aside).unwrap();
    let found = read(&open(dir.path()).unwrap(), 0, 200);
    assert!(matches!(found, Err(JournalError::Damaged { .. })));
    fs::rename(&aside, &second).unwrap();
    fs::remove_file(dir.path().join(&names[0])).unwrap();
    assert!(matches!(
        open(dir.path()),
        Err(JournalError::Damaged { .. })
    ));
}

#[test]
fn a_segment_of_another_history_breaks_the_chain() {
    let write = |size| {
        let dir = TempDir::new().unwrap();
        let journal = open(dir.path()).unwrap();
        for number in 1..=30 {
            let filler = if number == 1 { size } else { 3000 };
            journal.append(&[entry(number, filler)]).unwrap();
        }
        dir
    };
    let (ours, theirs) = (write(3000), write(3001));
    let mut names = RealDisk.list(ours.path()).unwrap();
    names.sort();
    let last = names.last().unwrap();
    fs::copy(theirs.path().join(last), ours.path().join(last)).unwrap();
    let found = read(&open(ours.path()).unwrap(), 0, 30);
    assert!(matches!(found, Err(JournalError::Damaged { .. })));
}

#[test]
fn a_frame_with_a_good_checksum_in_the_wrong_chain_is_damage() {
    let (_dir, file, starts) = filled(2);
    let mut bytes = fs::read(&file).unwrap();
    let (forged, _) = encoded(&entry(2, 20), 1, [9; 32]);
    bytes[starts[1]..starts[2]].copy_from_slice(&forged);
    fs::write(&file, bytes).unwrap();
    // An open looks at checksums only.
    let journal = open(file.parent().unwrap()).unwrap();
    let found = read(&journal, 0, 2);
    assert!(matches!(found, Err(JournalError::Damaged { .. })));
}

#[test]
fn a_newer_format_is_refused_by_name() {
    let (_dir, file, _) = filled(1);
    let mut bytes = fs::read(&file).unwrap();
    bytes[11] = 9;
    fs::write(&file, bytes).unwrap();
    assert!(matches!(
        open(file.parent().unwrap()),
        Err(JournalError::NewerFormat { found: 9, .. })
    ));
}

#[test]
fn a_half_made_segment_is_removed_at_open() {
    let (_dir, file, _) = filled(1);
    let unfinished = file.with_file_name(format!("{}.new", segment::name(at(2))));
    fs::write(&unfinished, b"half").unwrap();
    assert_eq!(open(file.parent().unwrap()).unwrap().head(), at(1));
    assert!(!unfinished.exists());
}

#[test]
fn nothing_is_taken_after_a_failed_write_or_sync() {
    for call in [Call::Write, Call::Sync] {
        let dir = TempDir::new().unwrap();
        let disk = Faults::new();
        let shared = Arc::new(disk.clone());
        let journal = Journal::open(dir.path(), with(Durability::Sync, shared)).unwrap();
        journal.append(&[entry(1, 5)]).unwrap();
        disk.fail(call, 0, Fault::DiskFull);
        let failed = journal.append(&[entry(2, 5)]);
        assert!(matches!(failed, Err(JournalError::Io { .. })));
        disk.mend();
        let refused = journal.append(&[entry(2, 5)]);
        assert!(matches!(refused, Err(JournalError::Stopped)));
        assert!(matches!(journal.sync(), Err(JournalError::Stopped)));
        assert_eq!(read(&journal, 0, 1).unwrap(), [entry(1, 5)]);
    }
}

#[test]
fn without_sync_entries_are_still_read_back_and_survive_a_reopen_after_sync() {
    for durability in [Durability::Memory, Durability::Os] {
        let dir = TempDir::new().unwrap();
        let disk = Arc::new(RealDisk);
        let journal = Journal::open(dir.path(), with(durability, disk)).unwrap();
        let entries: Vec<Entry> = (1..=70).map(|number| entry(number, 100)).collect();
        for entry in &entries {
            journal.append(std::slice::from_ref(entry)).unwrap();
        }
        assert_eq!(read(&journal, 0, 70).unwrap(), entries);
        journal.append(&[entry(71, 100)]).unwrap();
        journal.sync().unwrap();
        drop(journal);
        assert_eq!(open(dir.path()).unwrap().head(), at(71));
    }
}

#[test]
fn a_journal_of_the_first_format_is_written_anew() {
    let old = TempDir::new().unwrap();
    let mut entries: Vec<Entry> = (1..=20).map(|number| entry(number, 50)).collect();
    let header = |format, first, before| Header {
        format,
        ..Header::new(at(first), 0, before, 0)
    };
    let mut hash = Hash::default();
    let mut bytes = Vec::new();
    for entry in &mut entries {
        entry.leaves.clear();
        let number = entry.position.get();
        if number == 1 || number == 11 {
            bytes = header(1, number, hash).encode(segment::MAGIC);
        }
        let frame;
        (frame, hash) = encoded_first(entry, hash);
        bytes.extend(frame);
        let name = segment::name(at(if number > 10 { 11 } else { 1 }));
        fs::write(old.path().join(name), &bytes).unwrap();
    }
    let refused = open(old.path());
    assert!(matches!(
        refused,
        Err(JournalError::OlderFormat { found: 1, .. })
    ));
    let torn = old.path().join(segment::name(at(11)));
    fs::write(&torn, &bytes[..bytes.len() - 3]).unwrap();
    let dir = TempDir::new().unwrap();
    let new = open(dir.path()).unwrap();
    let later = |mut entry: Entry| {
        entry.time += 1000;
        entry
    };
    upgrade(&RealDisk, old.path(), &new, later).unwrap();
    let wanted: Vec<Entry> = entries.into_iter().take(19).map(later).collect();
    assert_eq!(read(&new, 0, 19).unwrap(), wanted);
    assert_eq!(new.head(), at(19));
}
