//! Do pages that lie apart survive what a crash or a full disk leaves of them?

#![allow(clippy::unwrap_used)]

use tempfile::TempDir;

use super::super::sled::SledTree;
use super::*;
use crate::journal::{Call, Fault, Faults, RealDisk};

fn open(dir: &TempDir) -> Result<Apart, StoreError> {
    open_on(dir, RealDisk)
}

fn open_on(dir: &TempDir, disk: impl Disk + 'static) -> Result<Apart, StoreError> {
    let map = Box::new(SledTree::open(dir.path()).unwrap());
    let disk: Arc<dyn Disk> = Arc::new(disk);
    Apart::open(map, &disk, dir.path())
}

fn page(number: u8) -> Vec<u8> {
    vec![number; SMALL + usize::from(number)]
}

fn put(tree: &Apart, pages: &[(u8, Vec<u8>)]) {
    let change = |(key, page): &(u8, Vec<u8>)| (vec![*key], Some(page.clone()));
    tree.apply(pages.iter().map(change).collect()).unwrap();
}

fn all(tree: &Apart) -> Vec<Pair> {
    let (mut found, mut at) = (Vec::new(), Bound::Unbounded);
    while let Some(pair) = tree.first_after(at.as_ref().map(Vec::as_slice)).unwrap() {
        at = Bound::Excluded(pair.0.clone());
        found.push(pair);
    }
    let (mut back, mut at) = (Vec::new(), Bound::Unbounded);
    while let Some(pair) = tree.last_before(at.as_ref().map(Vec::as_slice)).unwrap() {
        at = Bound::Excluded(pair.0.clone());
        back.push(pair);
    }
    back.reverse();
    assert_eq!(found, back);
    found
}

#[test]
fn places_are_frozen() {
    let place = Place {
        checksum: [1, 2, 3, 4],
        start: 64,
        length: 300,
    };
    let held = [1, 2, 3, 4, 0x80, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0, 1, 44];
    assert_eq!(place.encode(), held);
    assert_eq!(Place::decode(&held), Some(place));
    // A page that the engine holds itself.
    assert_eq!(Place::decode(&[1, 2, 3, 4, 2, 0, 0, 0]), None);
}

#[test]
fn a_sync_before_anything_is_written_forgets_nothing_of_what_is_taken() {
    let dir = TempDir::new().unwrap();
    let tree = open(&dir).unwrap();
    put(&tree, &[(1, page(1)), (2, page(2))]);
    tree.sync().unwrap();
    Box::new(tree).close().unwrap();
    let tree = open(&dir).unwrap();
    tree.sync().unwrap();
    put(&tree, &[(3, page(3))]);
    let expected: Vec<Pair> = (1..4).map(|number| (vec![number], page(number))).collect();
    assert_eq!(all(&tree), expected);
}

#[test]
fn what_was_not_synced_is_as_before_after_a_crash_and_nothing_was_written_over() {
    let dir = TempDir::new().unwrap();
    let tree = open(&dir).unwrap();
    put(&tree, &[(1, page(1)), (2, page(2)), (3, vec![3])]);
    tree.sync().unwrap();
    let before = all(&tree);
    put(&tree, &[(1, page(9)), (4, page(4))]);
    tree.apply(vec![(vec![2], None)]).unwrap();
    assert_eq!(all(&tree).len(), 3);
    assert_eq!(tree.key_after(&[1]).unwrap(), Some(vec![3]));
    drop(tree);
    assert_eq!(all(&open(&dir).unwrap()), before);
}

#[test]
fn what_is_replaced_again_and_again_takes_no_more_room() {
    let dir = TempDir::new().unwrap();
    let length = || dir.path().join(FILE).metadata().unwrap().len();
    let pages = |round: u8| -> Vec<(u8, Vec<u8>)> {
        (0..20).map(|key| (key, page(key / 2 + round))).collect()
    };
    for round in 0..30 {
        let tree = open(&dir).unwrap();
        put(&tree, &pages(round));
        tree.sync().unwrap();
    }
    let once: u64 = pages(30)
        .iter()
        .map(|(_, page)| page.len() as u64 + 64)
        .sum();
    assert!(length() <= 2 * once, "{} of {once}", length());
    let tree = open(&dir).unwrap();
    tree.apply((0..20).map(|key| (vec![key], None)).collect())
        .unwrap();
    tree.sync().unwrap();
    tree.sync().unwrap();
    assert_eq!((all(&tree).len(), length()), (0, 0));
    drop(tree);
    assert_eq!(all(&open(&dir).unwrap()), []);
}

#[test]
fn a_write_that_fails_takes_no_room_and_loses_nothing() {
    let dir = TempDir::new().unwrap();
    let faults = Faults::new();
    let tree = open_on(&dir, faults.clone()).unwrap();
    put(&tree, &[(1, page(1)), (2, page(2))]);
    tree.sync().unwrap();
    let used = || lock(&tree.writer).room.as_ref().unwrap().used();
    let (before, used_before) = (all(&tree), used());
    let change = |number: u8| (vec![number], Some(page(number)));
    for more in 0..3 {
        faults.fail(Call::Write, more, Fault::DiskFull);
        let failed = tree.apply((3..8).map(change).collect());
        assert!(matches!(failed, Err(StoreError::DiskFull { .. })));
        assert_eq!((all(&tree), used()), (before.clone(), used_before));
    }
    tree.apply((3..8).map(change).collect()).unwrap();
    faults.fail(Call::Sync, 0, Fault::DiskFull);
    assert!(matches!(tree.sync(), Err(StoreError::DiskFull { .. })));
    drop(tree);
    let tree = open(&dir).unwrap();
    assert_eq!(all(&tree), before);
    let length = || dir.path().join(FILE).metadata().unwrap().len();
    assert!(length() > used_before);
    tree.apply(vec![(vec![9], Some(vec![9]))]).unwrap();
    assert_eq!(length(), used_before);
}

#[test]
fn a_file_that_lost_its_end_is_noticed_when_it_is_opened() {
    let dir = TempDir::new().unwrap();
    let tree = open(&dir).unwrap();
    put(&tree, &[(1, page(1))]);
    tree.sync().unwrap();
    drop(tree);
    let file = std::fs::OpenOptions::new()
        .write(true)
        .open(dir.path().join(FILE));
    file.unwrap().set_len(100).unwrap();
    assert!(matches!(open(&dir), Err(StoreError::StateFailed { .. })));
}

#[test]
fn pages_that_the_engine_holds_itself_are_read_and_move_when_they_are_written() {
    let dir = TempDir::new().unwrap();
    let map = SledTree::open(dir.path()).unwrap();
    map.apply(vec![(vec![1], Some(page(1))), (vec![2], Some(page(2)))])
        .unwrap();
    map.sync().unwrap();
    drop(map);
    let tree = open(&dir).unwrap();
    assert_eq!(all(&tree), [(vec![1], page(1)), (vec![2], page(2))]);
    put(&tree, &[(2, page(3))]);
    tree.sync().unwrap();
    assert_eq!(all(&tree), [(vec![1], page(1)), (vec![2], page(3))]);
    assert!(exactly(tree.map.as_ref(), &[2]).unwrap().unwrap().len() < 20);
}
