//! How does one commit lie in a segment?
//!
//! ```text
//! u32      length of the payload; 0 where nothing has been written yet
//! u32      crc32 of the payload
//! payload: u64       position
//!          u64       the last position known to be on disk when this frame was written
//!          [u8; 32]  blake3 of the whole frame before this one
//!          i64       time, microseconds
//!          u32       length of `asked`, then its bytes
//!          u32       number of results, then of each:
//!                      u32 length and bytes of the key
//!                      u8  0 for a delete; 1 for a put, then u32 length and bytes of the value
//! ```
//!
//! Numbers are big-endian. The second number is what tells a torn tail from damage: a frame that
//! was promised to be on disk is missed by every later frame, an unacknowledged one by none.

use super::{Entry, Position};

/// A blake3 of a whole frame, or zeroes before the first.
pub(super) type Hash = [u8; 32];

/// Length and crc32, in front of every payload.
pub(super) const HEAD: usize = 8;
/// A payload with nothing asked and no results.
const EMPTY_PAYLOAD: usize = 8 + 8 + 32 + 8 + 4 + 4;

/// A frame that was read whole.
pub(super) struct Frame {
    pub(super) entry: Entry,
    pub(super) before: Hash,
}

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

/// Bytes that the frame of `entry` takes.
pub(super) fn length(entry: &Entry) -> usize {
    let results: usize = entry
        .results
        .iter()
        .map(|(key, value)| 4 + key.len() + 1 + value.as_ref().map_or(0, |value| 4 + value.len()))
        .sum();
    HEAD + EMPTY_PAYLOAD + entry.asked.len() + results
}

/// Appends the frame of `entry` to `out` and returns its hash. The caller has checked that
/// [`length`] is far below what 32 bits can say.
pub(super) fn encode(entry: &Entry, synced: Position, before: &Hash, out: &mut Vec<u8>) -> Hash {
    let start = out.len();
    out.reserve(length(entry));
    out.extend_from_slice(&[0; HEAD]);
    out.extend_from_slice(&entry.position.get().to_be_bytes());
    out.extend_from_slice(&synced.get().to_be_bytes());
    out.extend_from_slice(before);
    out.extend_from_slice(&entry.time.to_be_bytes());
    push_bytes(out, &entry.asked);
    out.extend_from_slice(&(entry.results.len() as u32).to_be_bytes());
    for (key, value) in &entry.results {
        push_bytes(out, key);
        match value {
            None => out.push(0),
            Some(value) => {
                out.push(1);
                push_bytes(out, value);
            }
        }
    }
    let payload = start + HEAD;
    let length = (out.len() - payload) as u32;
    let checksum = crc32fast::hash(&out[payload..]);
    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
    out[start + 4..payload].copy_from_slice(&checksum.to_be_bytes());
    blake3::hash(&out[start..]).into()
}

fn push_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
    out.extend_from_slice(bytes);
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

/// Reads a payload whose checksum was right.
pub(super) fn decode(payload: &[u8]) -> Option<Frame> {
    let mut rest = Bytes(payload);
    let position = Position::from_number(rest.u64()?);
    rest.u64()?;
    let before: Hash = rest.array()?;
    let time = i64::from_be_bytes(rest.array()?);
    let asked = rest.prefixed()?.to_vec();
    let count = rest.u32()?;
    let mut results = Vec::new();
    for _ in 0..count {
        let key = rest.prefixed()?.to_vec();
        let value = match rest.take(1)? {
            [0] => None,
            [1] => Some(rest.prefixed()?.to_vec()),
            _ => return None,
        };
        results.push((key, value));
    }
    let entry = Entry {
        position,
        time,
        asked,
        results,
    };
    rest.0.is_empty().then_some(Frame { entry, before })
}

/// Whether `bytes` hold, anywhere, a good frame that was written when the frame of `missing` was
/// already promised to be on disk.
pub(super) fn misses(bytes: &[u8], missing: Position) -> bool {
    (0..bytes.len()).any(|start| {
        let rest = &bytes[start..];
        let mut head = Bytes(rest.get(HEAD..).unwrap_or_default());
        let (Some(position), Some(synced)) = (head.u64(), head.u64()) else {
            return false;
        };
        // Cheap tests first: this runs at every byte of a tail.
        position > missing.get()
            && synced >= missing.get()
            && synced < position
            && matches!(look(rest, rest.len() as u64), Found::Payload(_))
    })
}

/// A reader over bytes that may be anything.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    fn prefixed(&mut self) -> Option<&'a [u8]> {
        let length = self.u32()?;
        self.take(length as usize)
    }
}
