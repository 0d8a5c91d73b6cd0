//! How does one commit lie in a segment?
//!
//! ```text
//! u32      length of the payload; 0 where nothing has been written yet
//! u32      crc32 of the payload
//! payload: u64       position
//!          u64       the last position known to be on disk when this frame was written
//!          [u8; 32]  hash of the frame before this one
//!          i64       time, microseconds
//!          what was asked and what came of it beside the records, as [`content`](super::content) says
//!          number of leaves, as `content` writes numbers, then of each:
//!            u32 object, u128 id
//!            u8  1, u32 length, then a salt of 24 bytes and the content of the leaf, with zeroes
//!                  after it where it is shorter than the hash that may come there
//!                0 once erased, u32 length, then the hash in the place of salt and leaf, then
//!                  zeroes
//! ```
//!
//! Numbers that say their size are big-endian. The hash of a frame is blake3 over its payload up to the number of
//! leaves, followed by subject and blake3(salt ‖ leaf) of each leaf. So it is the same before and
//! after a leaf is erased, and the salt keeps anybody from finding out what was erased by trying.
//! An erased leaf takes as much room as before, so every frame stays at its place.
//!
//! The second number is what tells a torn tail from damage: a frame that was promised to be on disk
//! is missed by every later frame, an unacknowledged one by none.
//!
//! Format 1 had no leaves (the payload ended before their number), every length and number was a
//! u32, and its hash was blake3 over the whole frame.

use std::collections::BTreeSet;

use super::Position;
use super::bytes::Bytes;
use super::content::{self, push_number};
use super::entry::{Entry, Leaf, LeafContent, Subject};

/// The hash of a frame, or zeroes before the first.
pub(crate) type Hash = [u8; 32];

/// Length and crc32, in front of every payload.
pub(super) const HEAD: usize = 8;
/// What every payload begins with: position, promise, hash, time.
const BEGINNING: usize = 8 + 8 + 32 + 8;
/// A payload with nothing asked, no results and no leaves: no payload is shorter.
const EMPTY_PAYLOAD: usize = BEGINNING + 1 + 1 + 1;

const SALT: usize = 24;
/// Salt and content take at least as much as the hash that may come there.
const SHORTEST_LEAF: usize = size_of::<Hash>();

const ERASED: u8 = 0;
const KEPT: u8 = 1;

/// What lies at a place of a segment.
pub(super) enum Found<'a> {
    /// Nothing was written here.
    Nothing,
    /// A payload of this many bytes begins here, and fewer bytes were given.
    Needs(usize),
    /// A payload whose checksum is right.
    Payload(&'a [u8]),
    Broken(&'static str),
}

/// What every frame says, whatever is in it.
pub(super) struct Checked {
    pub(super) position: Position,
    pub(super) time: i64,
    pub(super) before: Hash,
    /// Its own hash, if it was asked for.
    pub(super) hash: Option<Hash>,
}

/// Writes frames, with salts that nobody can guess.
pub(super) struct Encoder {
    /// Lives as long as the process; without it no salt can be made again.
    key: [u8; 32],
    /// What the hash of a frame is made of; kept for its room.
    hashed: Vec<u8>,
}

impl Encoder {
    pub(super) fn new(key: [u8; 32]) -> Self {
        Encoder {
            key,
            hashed: Vec::new(),
        }
    }

    /// Appends the frame of `entry` to `out` and returns its hash. The store takes no commit that comes near to
    /// what 32 bits can say.
    pub(super) fn encode(
        &mut self,
        entry: &Entry,
        synced: Position,
        before: &Hash,
        out: &mut Vec<u8>,
    ) -> Hash {
        let start = out.len();
        out.extend_from_slice(&[0; HEAD]);
        out.extend_from_slice(&entry.position.get().to_be_bytes());
        out.extend_from_slice(&synced.get().to_be_bytes());
        out.extend_from_slice(before);
        out.extend_from_slice(&entry.time.to_be_bytes());
        let mut common = content::Writer { out, subject: None };
        common.content(&entry.asked, &entry.results, &[]);
        push_number(out, entry.leaves.len());

        let payload = start + HEAD;
        self.hashed.clear();
        self.hashed.extend_from_slice(&out[payload..]);
        let mut salts = blake3::Hasher::new_keyed(&self.key)
            .update(&entry.position.get().to_be_bytes())
            .finalize_xof();
        for leaf in &entry.leaves {
            let mut salt = [0; SALT];
            salts.fill(&mut salt);
            self.leaf(leaf, &salt, out);
        }
        seal(&mut out[start..]);
        blake3::hash(&self.hashed).into()
    }

    fn leaf(&mut self, leaf: &Leaf, salt: &[u8; SALT], out: &mut Vec<u8>) {
        let subject = leaf.subject.to_bytes();
        out.extend_from_slice(&subject);
        out.push(if leaf.content.is_some() { KEPT } else { ERASED });
        out.extend_from_slice(&[0; 4]);
        let start = out.len();
        out.extend_from_slice(salt);
        let empty = LeafContent::default();
        let content = leaf.content.as_ref().unwrap_or(&empty);
        let mut leaf_content = content::Writer {
            out,
            subject: Some(subject),
        };
        leaf_content.content(&content.asked, &content.results, &content.released);
        out.resize(out.len().max(start + SHORTEST_LEAF), 0);
        let hash: Hash = blake3::hash(&out[start..]).into();
        if leaf.content.is_none() {
            // Erased before it was ever written here: when a journal is written anew.
            out[start..].copy_from_slice(&hash);
        }
        let length = (out.len() - start) as u32;
        out[start - 4..start].copy_from_slice(&length.to_be_bytes());
        self.hashed.extend_from_slice(&subject);
        self.hashed.extend_from_slice(&hash);
    }
}

/// Writes length and checksum of the payload into the head of a frame.
fn seal(frame: &mut [u8]) {
    let (head, payload) = frame.split_at_mut(HEAD);
    head[..4].copy_from_slice(&(payload.len() as u32).to_be_bytes());
    head[4..].copy_from_slice(&crc32fast::hash(payload).to_be_bytes());
}

/// Looks at the start of `bytes`, of which `room` may belong to a frame (more than are given, when
/// the rest has not been read yet).
pub(super) fn look(bytes: &[u8], room: u64) -> Found<'_> {
    if room < HEAD as u64 {
        return if bytes.iter().all(|byte| *byte == 0) {
            Found::Nothing
        } else {
            Found::Broken("a frame is cut off in its head")
        };
    }
    let mut rest = Bytes(bytes);
    let (Some(length), Some(checksum)) = (rest.u32(), rest.u32()) else {
        return Found::Needs(0);
    };
    if length == 0 {
        return Found::Nothing;
    }
    let length = length as usize;
    if length < EMPTY_PAYLOAD {
        return Found::Broken("a frame is shorter than any frame can be");
    }
    if length as u64 > room - HEAD as u64 {
        return Found::Broken("a frame is longer than what is left of the segment");
    }
    match rest.take(length) {
        None => Found::Needs(length),
        Some(payload) if crc32fast::hash(payload) == checksum => Found::Payload(payload),
        Some(_) => Found::Broken("a frame does not match its checksum"),
    }
}

/// Reads what the chain needs to know of a frame whose checksum was right. `hashed` is room for
/// what the hash is made of.
pub(super) fn check(frame: &[u8], format: u32, hashed: &mut Vec<u8>) -> Option<Checked> {
    let checked = begins(frame)?;
    let payload = frame.get(HEAD..)?;
    let mut rest = Bytes(payload.get(BEGINNING..)?);
    let hash = if format == 1 {
        blake3::hash(frame)
    } else {
        content::skip(&mut rest)?;
        let leaves = rest.number()?;
        hashed.clear();
        hashed.extend_from_slice(payload.get(..payload.len() - rest.0.len())?);
        for _ in 0..leaves {
            let (subject, leaf) = read_leaf(&mut rest)?;
            hashed.extend_from_slice(&subject.to_bytes());
            hashed.extend_from_slice(&leaf.hash());
        }
        rest.0.is_empty().then(|| blake3::hash(hashed))?
    };
    Some(Checked {
        hash: Some(hash.into()),
        ..checked
    })
}

/// Reads what the chain needs to know of a frame whose checksum was right, but for its own hash.
pub(super) fn begins(frame: &[u8]) -> Option<Checked> {
    let mut rest = Bytes(frame.get(HEAD..)?);
    let position = Position::from_number(rest.u64()?);
    rest.u64()?;
    Some(Checked {
        position,
        before: rest.array()?,
        time: rest.i64()?,
        hash: None,
    })
}

/// Reads a frame whose checksum was right.
pub(super) fn decode(frame: &[u8], format: u32) -> Option<Entry> {
    let mut rest = Bytes(frame.get(HEAD..)?);
    let position = Position::from_number(rest.u64()?);
    rest.u64()?;
    rest.take(32)?;
    let time = rest.i64()?;
    let (common, count) = match format {
        1 => (content::read_first_format(&mut rest)?, 0),
        _ => (content::read(&mut rest, None)?, rest.number()?),
    };
    let LeafContent {
        asked,
        results,
        released,
    } = common;
    let mut leaves = Vec::new();
    for _ in 0..count {
        let (subject, leaf) = read_leaf(&mut rest)?;
        leaves.push(Leaf {
            subject,
            content: leaf.content(subject)?,
        });
    }
    (rest.0.is_empty() && released.is_empty()).then_some(Entry {
        position,
        time,
        asked,
        results,
        leaves,
    })
}

/// Whether a whole frame of format 2 holds a leaf of `subjects` that is not erased.
pub(super) fn holds(frame: &[u8], subjects: &BTreeSet<Subject>) -> Option<bool> {
    let mut rest = Bytes(frame.get(HEAD..)?);
    rest.take(BEGINNING)?;
    content::skip(&mut rest)?;
    for _ in 0..rest.number()? {
        let (subject, leaf) = read_leaf(&mut rest)?;
        if matches!(leaf, StoredLeaf::Kept(_)) && subjects.contains(&subject) {
            return Some(true);
        }
    }
    Some(false)
}

/// Erases the leaves of `subjects` in a whole frame of format 2 and says how many that were.
pub(super) fn erase(frame: &mut [u8], subjects: &BTreeSet<Subject>) -> Option<usize> {
    let mut rest = Bytes(frame.get(HEAD..)?);
    rest.take(BEGINNING)?;
    content::skip(&mut rest)?;
    let mut erased = Vec::new();
    for _ in 0..rest.number()? {
        let start = frame.len() - rest.0.len();
        let (subject, leaf) = read_leaf(&mut rest)?;
        if let (true, StoredLeaf::Kept(bytes)) = (subjects.contains(&subject), &leaf) {
            erased.push((start + Subject::LENGTH, bytes.len(), leaf.hash()));
        }
    }
    for (kind, length, hash) in &erased {
        frame[*kind] = ERASED;
        let leaf = &mut frame[kind + 1 + 4..][..*length];
        leaf.fill(0);
        leaf[..hash.len()].copy_from_slice(hash);
    }
    if !erased.is_empty() {
        seal(frame);
    }
    Some(erased.len())
}

/// A leaf as it lies in a frame.
enum StoredLeaf<'a> {
    Erased(Hash),
    /// Salt and content.
    Kept(&'a [u8]),
}

impl StoredLeaf<'_> {
    fn hash(&self) -> Hash {
        match self {
            StoredLeaf::Erased(hash) => *hash,
            StoredLeaf::Kept(bytes) => blake3::hash(bytes).into(),
        }
    }

    /// The content, `Some(None)` if it was erased, `None` if it cannot be read.
    fn content(&self, subject: Subject) -> Option<Option<LeafContent>> {
        let StoredLeaf::Kept(bytes) = self else {
            return Some(None);
        };
        let mut rest = Bytes(bytes.get(SALT..)?);
        let content = content::read(&mut rest, Some(subject))?;
        let zeroes = bytes.len() == SHORTEST_LEAF && rest.0.iter().all(|byte| *byte == 0);
        (rest.0.is_empty() || zeroes).then_some(Some(content))
    }
}

fn read_leaf<'a>(rest: &mut Bytes<'a>) -> Option<(Subject, StoredLeaf<'a>)> {
    let subject = Subject {
        object: rest.u32()?,
        id: rest.u128()?,
    };
    let kind = rest.u8()?;
    let bytes = rest.prefixed()?;
    if bytes.len() < SHORTEST_LEAF {
        return None;
    }
    let leaf = match kind {
        KEPT => StoredLeaf::Kept(bytes),
        ERASED => {
            let mut erased = Bytes(bytes);
            let hash = erased.array()?;
            let clean = erased.0.iter().all(|byte| *byte == 0);
            clean.then_some(StoredLeaf::Erased(hash))?
        }
        _ => return None,
    };
    Some((subject, leaf))
}

/// Whether `bytes` hold, anywhere, a good frame that was written when the frame of `missing` was
/// already promised to be on disk.
pub(super) fn misses(bytes: &[u8], missing: Position) -> bool {
    // So many frames may follow at most.
    let last = missing
        .get()
        .saturating_add((bytes.len() / EMPTY_PAYLOAD) as u64);
    // Only bytes that were made for it look like a frame at so many places. They are damage, then.
    let mut patience = bytes.len().saturating_mul(16);
    (0..bytes.len()).any(|start| {
        let rest = &bytes[start..];
        let mut head = Bytes(rest.get(HEAD..).unwrap_or_default());
        let (Some(position), Some(synced)) = (head.u64(), head.u64()) else {
            return false;
        };
        // Cheap tests first: this runs at every byte of a tail.
        if !(missing.get() < position && position <= last) {
            return false;
        }
        if !(missing.get() <= synced && synced < position) {
            return false;
        }
        let length = Bytes(rest).u32().unwrap_or_default() as usize;
        let Some(left) = patience.checked_sub(length.min(rest.len())) else {
            return true;
        };
        patience = left;
        matches!(look(rest, rest.len() as u64), Found::Payload(_))
    })
}
