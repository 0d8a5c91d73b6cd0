//! Do old segments keep what they must, and lose what they must, whatever is done to them?

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use tempfile::TempDir;

use super::frame::Hash;
use super::tests::{at, entry, open, read, subject, with};
use super::*;

/// A journal of several segments.
fn long(count: u64) -> (TempDir, Journal, Vec<Entry>) {
    let dir = TempDir::new().unwrap();
    let journal = open(dir.path()).unwrap();
    let entries: Vec<Entry> = (1..=count).map(|number| entry(number, 3000)).collect();
    for part in entries.chunks(7) {
        journal.append(part).unwrap();
    }
    (dir, journal, entries)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names = RealDisk.list(folder).unwrap();
    names.sort();
    names
}

fn seal_all(journal: &Journal) {
    while journal.seal_pending().unwrap() {}
}

fn erased(mut entries: Vec<Entry>, subjects: &BTreeSet<Subject>) -> Vec<Entry> {
    for leaf in entries.iter_mut().flat_map(|entry| &mut entry.leaves) {
        if subjects.contains(&leaf.subject) {
            leaf.content = None;
        }
    }
    entries
}

/// Everything that any file holds, compressed blocks decompressed.
fn everything(journal: &Journal, folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for name in names(folder) {
        bytes.extend(fs::read(folder.join(&name)).unwrap());
    }
    journal
        .visit_frames(Position::START, journal.head(), |walk| {
            bytes.extend_from_slice(walk.frame());
            Ok(ControlFlow::Continue(()))
        })
        .unwrap();
    bytes
}

fn contains(bytes: &[u8], part: &str) -> bool {
    bytes
        .windows(part.len())
        .any(|window| window == part.as_bytes())
}

#[test]
fn compressed_segments_read_like_plain_ones() {
    let (dir, journal, entries) = long(300);
    let plain: u64 = fs::read_dir(dir.path())
        .unwrap()
        .map(|file| file.unwrap().metadata().unwrap().len())
        .sum();
    seal_all(&journal);
    assert!(!journal.seal_pending().unwrap());
    let names = names(dir.path());
    let packed = names.iter().filter(|name| name.ends_with(".segz")).count();
    assert_eq!((packed, names.len()), (packed, packed + 1));
    assert!(packed >= 3);
    let stored: u64 = names
        .iter()
        .filter(|name| name.ends_with(".segz"))
        .map(|name| fs::metadata(dir.path().join(name)).unwrap().len())
        .sum();
    assert!(stored < plain / 4);
    for _ in 0..2 {
        for after in [0, 1, 63, 64, 65, 127, 150, 299, 300] {
            let wanted = &entries[after as usize..];
            assert_eq!(read(&journal, after, 300).unwrap(), wanted);
        }
    }
    drop(journal);
    let journal = open(dir.path()).unwrap();
    assert_eq!(read(&journal, 100, 300).unwrap(), &entries[100..]);
    assert!(!journal.seal_pending().unwrap());
}

#[test]
fn a_first_entry_larger_than_its_segment_does_not_have_it_compressed_away() {
    let dir = TempDir::new().unwrap();
    let journal = open(dir.path()).unwrap();
    let entries = [entry(1, 200_000), entry(2, 10)];
    journal.append(&entries[..1]).unwrap();
    assert!(!journal.seal_pending().unwrap());
    journal.append(&entries[1..]).unwrap();
    drop(journal);
    let journal = open(dir.path()).unwrap();
    assert_eq!(read(&journal, 0, 2).unwrap(), entries);
}

#[test]
fn an_entry_from_a_compressed_segment_needs_one_block() {
    let (dir, journal, entries) = long(300);
    seal_all(&journal);
    drop(journal);
    let disk = Faults::new();
    let journal =
        Journal::open(dir.path(), with(Durability::Sync, Arc::new(disk.clone()))).unwrap();
    let before = disk.made(Call::Read);
    assert_eq!(read(&journal, 120, 121).unwrap(), &entries[120..121]);
    // Header, foot, index and one block.
    assert_eq!(disk.made(Call::Read) - before, 4);
}

#[test]
fn a_crash_while_a_segment_is_compressed_leaves_the_journal_readable() {
    for call in [
        Call::Create,
        Call::Write,
        Call::Sync,
        Call::Rename,
        Call::Remove,
    ] {
        for more in 0..4 {
            let (dir, journal, entries) = long(60);
            drop(journal);
            let disk = Faults::new();
            let journal =
                Journal::open(dir.path(), with(Durability::Sync, Arc::new(disk.clone()))).unwrap();
            disk.stay_broken(true);
            disk.fail(call, more, Fault::Io);
            let sealed = journal.seal_pending();
            assert_eq!(sealed.is_err(), disk.failed() > 0);
            assert_eq!(read(&journal, 0, 60).unwrap(), entries);
            drop(journal);
            disk.mend();
            let journal = open(dir.path()).unwrap();
            assert_eq!(read(&journal, 0, 60).unwrap(), entries);
            seal_all(&journal);
            assert_eq!(read(&journal, 0, 60).unwrap(), entries);
        }
    }
}

#[test]
fn any_flipped_byte_of_a_compressed_segment_is_damage() {
    let (dir, journal, entries) = long(40);
    seal_all(&journal);
    drop(journal);
    let first = dir.path().join(segment::packed_name(at(1)));
    let whole = fs::read(&first).unwrap();
    // Header, foot and index byte by byte, the blocks between them here and there.
    let (head, end) = (segment::HEADER + 20, whole.len() - 100);
    let places = (0..head)
        .chain((head..end).step_by(17))
        .chain(end..whole.len());
    for flipped in places {
        let mut bytes = whole.clone();
        bytes[flipped] ^= 0x20;
        fs::write(&first, bytes).unwrap();
        let found = open(dir.path()).and_then(|journal| read(&journal, 0, 40));
        let told = matches!(
            found,
            Err(JournalError::Damaged { .. } | JournalError::NewerFormat { .. })
        );
        assert!(told, "byte {flipped} was passed over");
    }
    fs::write(&first, &whole[..whole.len() - 1]).unwrap();
    let found = open(dir.path()).and_then(|journal| read(&journal, 0, 40));
    assert!(matches!(found, Err(JournalError::Damaged { .. })));
    fs::write(&first, &whole).unwrap();
    assert_eq!(read(&open(dir.path()).unwrap(), 0, 40).unwrap(), entries);
}

#[test]
fn a_damaged_segment_is_not_compressed() {
    let (dir, journal, _) = long(40);
    let first = dir.path().join(segment::name(at(1)));
    let mut bytes = fs::read(&first).unwrap();
    bytes[9000] ^= 1;
    fs::write(&first, bytes).unwrap();
    let sealed = journal.seal_pending();
    assert!(matches!(sealed, Err(JournalError::Damaged { .. })));
    assert!(names(dir.path()).iter().all(|name| name.ends_with(".seg")));
}

#[test]
fn a_segment_that_was_made_ahead_is_used() {
    let dir = TempDir::new().unwrap();
    let disk = Faults::new();
    let journal = Journal::open(dir.path(), with(Durability::Os, Arc::new(disk.clone()))).unwrap();
    let mut number = 0;
    let mut append = || {
        number += 1;
        journal.append(&[entry(number, 100_000)]).unwrap();
    };
    while !journal.prepare_next().unwrap() {
        append();
    }
    assert!(!journal.prepare_next().unwrap());
    let (made, segments) = (disk.made(Call::Create), names(dir.path()).len());
    while names(dir.path()).contains(&"next.new".to_owned()) {
        append();
    }
    // The file got another name, and none was made.
    assert_eq!(disk.made(Call::Create), made);
    assert_eq!(names(dir.path()).len(), segments);
    let entries = read(&journal, 0, number).unwrap();
    assert_eq!(entries.len() as u64, number);
    while !journal.prepare_next().unwrap() {
        number += 1;
        journal.append(&[entry(number, 100_000)]).unwrap();
    }
    drop(journal);
    let journal = open(dir.path()).unwrap();
    assert!(!names(dir.path()).contains(&"next.new".to_owned()));
    assert_eq!(read(&journal, 0, number).unwrap().len() as u64, number);
}

#[test]
fn a_closed_journal_keeps_few_zeroes_and_goes_on_where_it_was() {
    let (dir, journal, mut entries) = long(850);
    let last = names(dir.path());
    let last = last.into_iter().rfind(|name| name.ends_with(".seg"));
    let last = dir.path().join(last.unwrap());
    let length = || last.metadata().unwrap().len();
    let before = length();
    journal.give_zeroes_back().unwrap();
    assert!(length() + 1024 * 1024 <= before);
    // The same journal goes on, and so does the next that opens it, until the segment is full as planned.
    entries.extend((851..=900).map(|number| entry(number, 3000)));
    journal.append(&entries[850..]).unwrap();
    drop(journal);
    let journal = open(dir.path()).unwrap();
    entries.extend((901..=2500).map(|number| entry(number, 3000)));
    for part in entries[900..].chunks(7) {
        journal.append(part).unwrap();
    }
    assert_eq!(read(&journal, 0, 2500).unwrap(), entries);
    drop(journal);
    assert_eq!(read(&open(dir.path()).unwrap(), 0, 2500).unwrap(), entries);
}

#[test]
fn trimming_removes_whole_segments_and_says_from_where_on_the_journal_is() {
    for sealed in [false, true] {
        let (dir, journal, entries) = long(300);
        if sealed {
            seal_all(&journal);
        }
        assert_eq!(journal.trim(at(1)).unwrap(), at(1));
        let oldest = journal.trim(at(150)).unwrap();
        assert!(oldest > at(1) && oldest <= at(150));
        assert_eq!(journal.oldest(), oldest);
        let after = oldest.get() - 1;
        let hash = journal.hash_at(at(after)).unwrap();
        assert_eq!(
            read(&journal, after, 300).unwrap(),
            &entries[after as usize..]
        );
        for missing in [0, after - 1] {
            assert!(matches!(
                read(&journal, missing, 300),
                Err(JournalError::Trimmed { oldest: found, .. }) if found == oldest
            ));
        }
        drop(journal);
        assert!(matches!(
            open(dir.path()),
            Err(JournalError::Damaged { .. })
        ));
        let from = |position, hash| {
            let with = OpenWith {
                base: Some((position, hash)),
                ..with(Durability::Sync, Arc::new(RealDisk))
            };
            Journal::open(dir.path(), with)
        };
        assert!(from(at(after - 1), hash).is_err());
        assert!(from(at(after), [1; 32]).is_err());
        for base in [after, after + 20] {
            let journal = from(at(base), hash).unwrap();
            assert_eq!(
                read(&journal, after, 300).unwrap(),
                &entries[after as usize..]
            );
        }
        let journal = from(at(after), hash).unwrap();
        let last = journal.trim(at(1000)).unwrap();
        assert_eq!(names(dir.path()), [segment::name(last)]);
        assert_eq!(journal.head(), at(300));
    }
}

#[test]
fn a_journal_begins_after_a_checkpoint() {
    let (_old, journal, _) = long(30);
    let hash = journal.hash_at(at(20)).unwrap();
    let dir = TempDir::new().unwrap();
    let sync = || with(Durability::Sync, Arc::new(RealDisk));
    let new = Journal::start_at(dir.path(), at(20), hash, sync()).unwrap();
    assert_eq!((new.head(), new.oldest()), (at(20), at(21)));
    assert_eq!(new.hash_at(at(20)).unwrap(), hash);
    new.append(&[entry(21, 5)]).unwrap();
    let follows = journal.hash_at(at(30)).unwrap();
    assert_eq!(journal.hash_at(Position::START).unwrap(), Hash::default());
    drop(new);
    assert!(Journal::start_at(dir.path(), at(20), hash, sync()).is_err());
    let base = Some((at(20), hash));
    let new = Journal::open(dir.path(), OpenWith { base, ..sync() }).unwrap();
    assert_eq!(read(&new, 20, 21).unwrap(), [entry(21, 5)]);
    assert_ne!(new.hash_at(at(21)).unwrap(), follows);
}

#[test]
fn the_hash_of_a_position_is_what_the_next_frame_names() {
    let (_dir, journal, _) = long(100);
    seal_all(&journal);
    let mut hashes = Vec::new();
    journal
        .visit_frames(Position::START, at(100), |walk| {
            hashes.extend(walk.before);
            Ok(ControlFlow::Continue(()))
        })
        .unwrap();
    for (place, hash) in hashes.iter().enumerate() {
        assert_eq!(journal.hash_at(at(place as u64 + 1)).unwrap(), *hash);
    }
}

/// The plain definition of what `position_at` answers.
fn plain_position_at(times: &[i64], time: i64) -> u64 {
    let later = times.iter().position(|other| *other > time);
    later.unwrap_or(times.len()) as u64
}

#[test]
fn a_position_is_found_by_time_also_where_a_clock_went_back() {
    let dir = TempDir::new().unwrap();
    let journal = open(dir.path()).unwrap();
    let times: Vec<i64> = (0..400)
        .map(|number| number * 10 - (number % 7) * 25)
        .collect();
    for (place, time) in times.iter().enumerate() {
        let number = place as u64 + 1;
        let time = *time;
        let entry = Entry {
            time,
            ..entry(number, 1500)
        };
        journal.append(&[entry]).unwrap();
    }
    let check = |journal: &Journal| {
        for time in (-300..4100).step_by(37) {
            let found = journal.position_at(time).unwrap();
            assert_eq!(found.get(), plain_position_at(&times, time), "at {time}");
        }
    };
    check(&journal);
    journal.seal_pending().unwrap();
    check(&journal);
    drop(journal);
    let journal = open(dir.path()).unwrap();
    seal_all(&journal);
    check(&journal);
    let oldest = journal.trim(at(200)).unwrap();
    assert_eq!(journal.position_at(0).unwrap().next(), oldest);
}

#[test]
fn erasing_all_of_a_person_leaves_no_byte_and_a_whole_chain() {
    let (dir, journal, entries) = long(120);
    journal.seal_pending().unwrap();
    let subjects = BTreeSet::from([subject(2), subject(77)]);
    let mut heard = Vec::new();
    let count = journal
        .erase(&subjects, |done, of| heard.push((done, of)))
        .unwrap();
    assert_eq!(count, 24);
    assert!(heard.windows(2).all(|pair| pair[0].0 < pair[1].0));
    assert_eq!(heard.last().map(|(done, of)| done == of), Some(true));
    let bytes = everything(&journal, dir.path());
    assert!(!contains(&bytes, "the secret of 2 in"));
    assert!(contains(&bytes, "the secret of 3 in"));
    assert_eq!(
        read(&journal, 0, 120).unwrap(),
        erased(entries.clone(), &subjects)
    );
    assert_eq!(journal.erase(&subjects, |_, _| {}).unwrap(), 0);
    // The journal goes on, and what is erased later is erased too.
    journal.append(&[entry(121, 10), entry(122, 10)]).unwrap();
    assert_eq!(journal.erase(&subjects, |_, _| {}).unwrap(), 1);
    drop(journal);
    let journal = open(dir.path()).unwrap();
    assert_eq!(journal.head(), at(122));
    assert_eq!(read(&journal, 0, 120).unwrap(), erased(entries, &subjects));
}

#[test]
fn a_reader_that_is_under_way_goes_on_while_a_person_is_erased() {
    let (_dir, journal, entries) = long(120);
    let subjects = BTreeSet::from([subject(2)]);
    let mut found = Vec::new();
    journal
        .visit(Position::START, at(120), |entry| {
            if entry.position == at(30) {
                journal.erase(&subjects, |_, _| {}).unwrap();
            }
            found.push(entry);
            ControlFlow::Continue(())
        })
        .unwrap();
    let masked = |entries| erased(entries, &subjects);
    assert_eq!(masked(found), masked(entries));
}

#[test]
fn an_erasing_that_was_cut_off_is_finished_by_a_second_one() {
    let subjects = BTreeSet::from([subject(0), subject(9)]);
    for call in [
        Call::Create,
        Call::Write,
        Call::Sync,
        Call::Rename,
        Call::Remove,
    ] {
        for more in (0..12).step_by(3) {
            let (dir, journal, entries) = long(60);
            drop(journal);
            let disk = Faults::new();
            let journal =
                Journal::open(dir.path(), with(Durability::Sync, Arc::new(disk.clone()))).unwrap();
            disk.stay_broken(true);
            disk.fail(call, more, Fault::Io);
            let cut = journal.erase(&subjects, |_, _| {});
            assert_eq!(cut.is_err(), disk.failed() > 0);
            drop(journal);
            let journal = open(dir.path()).unwrap();
            let masked = |entries| erased(entries, &subjects);
            assert_eq!(
                masked(read(&journal, 0, 60).unwrap()),
                masked(entries.clone())
            );
            journal.erase(&subjects, |_, _| {}).unwrap();
            let bytes = everything(&journal, dir.path());
            assert!(!contains(&bytes, "the secret of 9 in"));
            assert!(!contains(&bytes, "the secret of 0 in"));
            assert_eq!(read(&journal, 0, 60).unwrap(), masked(entries));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn erasing_any_subset_changes_nothing_else(
        ids in proptest::collection::btree_set(0_u64..11, 0..6),
        count in 1_u64..90,
        sealed in 0_usize..4,
    ) {
        let (dir, journal, entries) = long(count);
        for _ in 0..sealed {
            journal.seal_pending().unwrap();
        }
        let head = journal.hash_at(at(count)).unwrap();
        let subjects: BTreeSet<Subject> = ids.iter().map(|id| subject(*id)).collect();
        let wanted = erased(entries, &subjects);
        let erased_leaves = wanted.iter().flat_map(|entry| &entry.leaves).filter(|leaf| leaf.content.is_none()).count();
        prop_assert_eq!(journal.erase(&subjects, |_, _| {}).unwrap(), erased_leaves as u64);
        prop_assert_eq!(&read(&journal, 0, count).unwrap(), &wanted);
        prop_assert_eq!(journal.hash_at(at(count)).unwrap(), head);
        let bytes = everything(&journal, dir.path());
        for id in ids {
            let secret = format!("the secret of {id} in");
            prop_assert!(!contains(&bytes, &secret));
        }
        drop(journal);
        let journal = open(dir.path()).unwrap();
        prop_assert_eq!(read(&journal, 0, count).unwrap(), wanted);
    }
}
