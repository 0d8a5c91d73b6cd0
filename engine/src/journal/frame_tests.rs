//! Does a frame lie in a segment as the documentation says, to the byte?

#![allow(clippy::unwrap_used)]

use super::frame::{self, Found, Hash};
use super::tests::{at, encoded, subject};
use super::*;

/// The golden frame: everything that a frame can hold, once.
fn golden() -> Entry {
    let of_subject = |before: &[u8], after: &[u8]| {
        let subject = subject(4).to_bytes();
        [before, &subject, after].concat()
    };
    let id = 4_u128.to_be_bytes();
    let content = LeafContent {
        asked: b"q".to_vec(),
        results: vec![
            (of_subject(b"r", b""), Some(b"z".to_vec())),
            (of_subject(b"r", b"x"), None),
            ([b"rs\0\0".as_slice(), &id].concat(), Some(Vec::new())),
            (b"rsu".to_vec(), Some(id.to_vec())),
        ],
        released: vec![(b"rsv".to_vec(), 1)],
    };
    let leaf = |id, content| Leaf {
        subject: subject(id),
        content,
    };
    Entry {
        position: at(3),
        time: -2,
        asked: b"ask".to_vec(),
        results: vec![
            (b"a".to_vec(), Some(vec![b'y'; 130])),
            (b"ab".to_vec(), None),
        ],
        leaves: vec![
            leaf(4, Some(content)),
            leaf(5, None),
            leaf(6, Some(LeafContent::default())),
        ],
    }
}

/// What the golden frame says beside the records.
fn golden_common() -> Vec<u8> {
    let mut bytes = vec![3, b'a', b's', b'k', 2];
    bytes.extend([1, 0, 1, b'a', 0x82, 1]);
    bytes.extend([b'y'; 130]);
    bytes.extend([0, 1, 1, b'b']);
    bytes
}

/// The contents of its three leaves, as long as they must be at least.
fn golden_leaves() -> [Vec<u8>; 3] {
    let mut kept = vec![1, b'q', 5];
    kept.extend([0x21, b'r', 0, 1, b'z']);
    kept.extend([0x20, b'r', 1, b'x']);
    kept.extend([0x13, 1, 3, b's', 0, 0]);
    kept.extend([0x04, 2, 1, b'u']);
    kept.extend([0x02, 2, 1, b'v', 1]);
    [kept, vec![0; 8], vec![0; 8]]
}

#[test]
fn frame_layout_is_frozen() {
    let entry = golden();
    let (bytes, hash) = encoded(&entry, 2, [5; 32]);
    let mut payload = vec![0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 2];
    payload.extend([5; 32]);
    payload.extend([255, 255, 255, 255, 255, 255, 255, 254]);
    payload.extend(golden_common());
    payload.push(3);
    let mut hashed = payload.clone();

    let mut salts = [0; 72];
    let mut keyed = blake3::Hasher::new_keyed(&[7; 32]);
    keyed.update(&3_u64.to_be_bytes());
    keyed.finalize_xof().fill(&mut salts);
    let salted = salts.chunks(24).zip(golden_leaves());
    for ((salt, content), leaf) in salted.zip(&entry.leaves) {
        let salted = [salt, &content].concat();
        let leaf_hash = blake3::hash(&salted);
        let subject = leaf.subject.to_bytes();
        let kept = leaf.content.is_some();
        payload.extend(subject);
        payload.extend([u8::from(kept), 0, 0, 0, salted.len() as u8]);
        payload.extend(if kept {
            &salted
        } else {
            &leaf_hash.as_bytes()[..]
        });
        hashed.extend(subject);
        hashed.extend(leaf_hash.as_bytes());
    }
    assert_eq!(bytes[..4], (payload.len() as u32).to_be_bytes());
    assert_eq!(bytes[4..8], crc32fast::hash(&payload).to_be_bytes());
    assert_eq!(bytes[8..], payload);
    assert_eq!(hash, *blake3::hash(&hashed).as_bytes());
    assert!(matches!(
        frame::look(&bytes, bytes.len() as u64),
        Found::Payload(found) if found == payload
    ));
    assert_eq!(frame::decode(&bytes, 2), Some(entry));
}

/// A frame of the first format, and its hash.
pub(super) fn encoded_first(entry: &Entry, before: Hash) -> (Vec<u8>, Hash) {
    let counted = |bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes(), bytes].concat();
    let mut payload = entry.position.get().to_be_bytes().to_vec();
    payload.extend((entry.position.get() - 1).to_be_bytes());
    payload.extend(before);
    payload.extend(entry.time.to_be_bytes());
    payload.extend(counted(&entry.asked));
    payload.extend((entry.results.len() as u32).to_be_bytes());
    for (key, value) in &entry.results {
        payload.extend(counted(key));
        payload.push(u8::from(value.is_some()));
        payload.extend(value.iter().flat_map(|value| counted(value)));
    }
    let mut bytes = (payload.len() as u32).to_be_bytes().to_vec();
    bytes.extend(crc32fast::hash(&payload).to_be_bytes());
    bytes.extend(payload);
    let hash = blake3::hash(&bytes).into();
    (bytes, hash)
}

#[test]
fn frames_of_the_first_format_are_read() {
    let mut entry = golden();
    entry.leaves.clear();
    let (bytes, hash) = encoded_first(&entry, [5; 32]);
    let checked = frame::check(&bytes, 1, &mut Vec::new()).unwrap();
    assert_eq!((checked.position, checked.time), (at(3), -2));
    assert_eq!((checked.before, checked.hash), ([5; 32], Some(hash)));
    assert_eq!(frame::decode(&bytes, 1), Some(entry));
}

#[test]
fn keys_that_share_much_come_back() {
    let mut entry = golden();
    let key = |length: usize, last: u8| [vec![7; length], vec![last]].concat();
    entry.results = [
        (0, 1),
        (62, 1),
        (62, 2),
        (63, 1),
        (64, 1),
        (64, 2),
        (300, 1),
    ]
    .map(|(length, last)| (key(length, last), None))
    .to_vec();
    let (bytes, _) = encoded(&entry, 2, [5; 32]);
    assert_eq!(frame::decode(&bytes, 2), Some(entry));
}

#[test]
fn no_two_salts_are_the_same() {
    let mut entry = golden();
    entry.leaves = vec![entry.leaves[0].clone(), entry.leaves[0].clone()];
    let (one, _) = encoded(&entry, 2, [5; 32]);
    entry.position = at(4);
    let (other, _) = encoded(&entry, 2, [5; 32]);
    let leaf = 24 + golden_leaves()[0].len();
    let salts = [&one, &other].map(|bytes| {
        let second = bytes.len() - leaf;
        let first = second - 25 - leaf;
        [first, second].map(|start| bytes[start..start + 24].to_vec())
    });
    let mut salts = salts.concat();
    salts.sort();
    salts.dedup();
    assert_eq!(salts.len(), 4);
}
