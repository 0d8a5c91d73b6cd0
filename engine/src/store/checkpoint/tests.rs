//! Does a checkpoint give back what went in, and say so when it cannot?
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::io::Read;

use proptest::prelude::*;

use super::*;
use crate::store::Row;

fn header() -> Header {
    Header {
        records: RECORDS,
        position: Position::from_number(7),
        time: -3,
        chain: [9; 32],
    }
}

fn written(rows: &[Row]) -> (Vec<u8>, Content) {
    let mut bytes = Vec::new();
    let rows = rows.iter().cloned().map(Ok::<_, CheckpointError>);
    let content = write("a.ckpt", &mut bytes, &header(), rows).unwrap();
    (bytes, content)
}

fn read(bytes: &[u8]) -> Result<Vec<Row>, CheckpointError> {
    let mut reader = Reader::open("a.ckpt", bytes)?;
    let rows = reader.by_ref().collect::<Result<Vec<Row>, _>>()?;
    assert_eq!(reader.header(), &header());
    Ok(rows)
}

fn rows(count: usize, value: usize) -> Vec<Row> {
    (0..count)
        .map(|at| {
            (
                format!("account/{at:06}").into_bytes(),
                vec![at as u8; value],
            )
        })
        .collect()
}

/// A checkpoint of two entries as format 1 was first written.
const GOLDEN: &str = concat!(
    "50455956414e444300000001000000010000000000000007fffffffffffffffd0909090909090909",
    "0909090909090909090909090909090909090909090909092e1aa1f6000000130000000a49d714aa",
    "d25f09db28b52ffd200a510000000201616231020100630000000000000000000000007bd5c66f00",
    "0000000000000200000000000000061c0594ebc0a90a0cf47d8916cd956d15b0345fde073bf2fc54",
    "d0d964a83103cca236cd1e",
);

fn golden() -> Vec<u8> {
    let digits = |at| u8::from_str_radix(&GOLDEN[at..at + 2], 16).unwrap();
    (0..GOLDEN.len()).step_by(2).map(digits).collect()
}

#[test]
fn layout_is_frozen() {
    let rows = [
        (b"ab".to_vec(), b"1".to_vec()),
        (b"abc".to_vec(), Vec::new()),
    ];
    let (bytes, _) = written(&rows);
    // What zstd makes of a block is its own affair, and may change with its version.
    assert_eq!(bytes[..HEADER], golden()[..HEADER]);
    assert_eq!(
        bytes[bytes.len() - FOOTER..],
        golden()[golden().len() - FOOTER..]
    );
    assert_eq!(read(&golden()).unwrap(), rows);

    let mut block = Vec::new();
    pack_entry(&mut block, b"", b"ab", (b"1", b""));
    pack_entry(&mut block, b"ab", b"abc", (b"", b""));
    assert_eq!(block, [0, 2, 1, b'a', b'b', b'1', 2, 1, 0, b'c']);
}

#[test]
fn what_went_in_comes_out_however_large() {
    let mut large = rows(3000, 300);
    large[5].1 = vec![1; 3 * BLOCK];
    for rows in [Vec::new(), rows(1, 0), rows(1000, 10), large] {
        let (bytes, content) = written(&rows);
        assert_eq!(read(&bytes).unwrap(), rows);
        assert_eq!(content.entries, rows.len() as u64);
    }
}

#[test]
fn the_hash_is_of_the_entries_and_of_nothing_else() {
    let all = rows(100, 3);
    let mut other = header();
    other.time = 99;
    let mut bytes = Vec::new();
    let given = all.iter().cloned().map(Ok::<_, CheckpointError>);
    let content = write("b", &mut bytes, &other, given).unwrap();
    assert_eq!(content, written(&all).1);
    assert_ne!(content.hash, written(&all[1..]).1.hash);
}

#[test]
fn entries_out_of_order_are_refused() {
    let mut twice = rows(2, 1);
    twice[1].0 = twice[0].0.clone();
    let given = twice.into_iter().map(Ok::<_, CheckpointError>);
    let refused = write("a.ckpt", &mut Vec::new(), &header(), given);
    assert!(matches!(refused, Err(CheckpointError::Unsorted { .. })));
}

#[test]
fn any_flipped_bit_is_noticed() {
    let (bytes, _) = written(&rows(40, 3));
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let error = read(&flipped).unwrap_err().to_string();
        assert!(error.starts_with("a.ckpt "), "{error}");
    }
}

#[test]
fn a_checkpoint_cut_anywhere_or_with_more_behind_it_is_noticed() {
    let (mut bytes, _) = written(&rows(40, 3));
    for length in 0..bytes.len() {
        assert!(read(&bytes[..length]).is_err(), "cut at {length}");
    }
    let end = bytes.len();
    bytes.push(0);
    assert_eq!(
        read(&bytes).unwrap_err().to_string(),
        format!(
            "a.ckpt is damaged at byte {end}: something follows its end; use another copy of it"
        )
    );
}

#[test]
fn damage_is_told_by_its_place() {
    let (mut bytes, _) = written(&rows(3000, 300));
    bytes[HEADER + BLOCK_HEAD + 100] ^= 1;
    assert_eq!(
        read(&bytes).unwrap_err().to_string(),
        format!(
            "a.ckpt is damaged at byte {HEADER}: a block does not match its checksum; use another copy of it"
        )
    );
}

#[test]
fn a_newer_format_and_another_file_are_told_apart_from_damage() {
    let (bytes, _) = written(&rows(3, 3));
    let mut newer = bytes.clone();
    newer[11] = 2;
    assert!(
        read(&newer)
            .unwrap_err()
            .to_string()
            .contains("has format 2, this version reads up to 1")
    );
    let mut other = bytes;
    other[0] = b'Q';
    assert!(
        read(&other)
            .unwrap_err()
            .to_string()
            .contains("is no checkpoint")
    );
}

/// A reader that counts how much was asked of it at once.
struct Watched<'a>(&'a [u8], &'a mut usize);

impl Read for Watched<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        *self.1 = (*self.1).max(into.len());
        self.0.read(into)
    }
}

#[test]
fn a_length_that_lies_takes_no_memory() {
    let (mut bytes, _) = written(&rows(3, 3));
    for length in [u32::MAX, LARGEST_BLOCK as u32] {
        let mut head = [length, 1000, 0].map(u32::to_be_bytes).concat();
        let checksum = crc32fast::hash(&head);
        head.extend_from_slice(&checksum.to_be_bytes());
        bytes[HEADER..HEADER + BLOCK_HEAD].copy_from_slice(&head);
        let mut most = 0;
        let reader = Reader::open("a.ckpt", Watched(&bytes, &mut most)).unwrap();
        assert!(reader.into_iter().last().unwrap().is_err());
        assert!(most < 64 * 1024, "{most} bytes at once");
    }
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop_oneof![Just(0), Just(255), any::<u8>()], 0..6)
}

proptest! {
    #[test]
    fn any_map_survives_the_journey(map in prop::collection::btree_map(bytes(), bytes(), 0..60)) {
        let map: BTreeMap<Vec<u8>, Vec<u8>> = map;
        let rows: Vec<Row> = map.into_iter().collect();
        let (bytes, _) = written(&rows);
        prop_assert_eq!(read(&bytes).unwrap(), rows);
    }

    #[test]
    fn a_reader_survives_anything(
        noise in prop::collection::vec(any::<u8>(), 0..200),
        at in any::<prop::sample::Index>(),
    ) {
        let (mut bytes, _) = written(&rows(20, 20));
        let at = at.index(bytes.len());
        let end = (at + noise.len()).min(bytes.len());
        bytes.splice(at..end, noise.clone());
        fuzz_reader(&bytes);
        fuzz_reader(&noise);
    }
}
