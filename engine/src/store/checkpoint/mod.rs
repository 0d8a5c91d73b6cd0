//! How does a state travel? As one file that holds all of it at one position, in key order.
//!
//! A checkpoint knows nothing of the backend that it came from: any backend writes the same file of
//! the same state, and any can be built from it.
//!
//! ```text
//! header  8 bytes  magic "PEYVANDC"
//!         u32      format of the file, 1
//!         u32      format of keys and records
//!         u64      position in the journal
//!         i64      time of the commit there, microseconds
//!         32 bytes chain hash of the journal there
//!         u32      crc32 of the header up to here
//! block   u32      bytes of the block on disk; 0 says that the footer follows
//!         u32      bytes of the block unpacked
//!         u32      crc32 of the block on disk
//!         u32      crc32 of the three numbers before
//!         …        the entries, packed with zstd
//! footer  u64      number of entries
//!         u64      bytes of all keys and values
//!         32 bytes blake3 over all of them, each with its length in front as u64
//!         u32      crc32 of the footer up to here
//! ```
//!
//! Numbers are big-endian; `entries` says how entries lie in a block. Nothing follows the footer. A
//! length is believed only after its checksum was right, and then only up to a bound. The hash is
//! the same for the same state, whatever wrote it.
//!
//! A checkpoint holds what people have entered. When somebody is erased, the checkpoints from before
//! are thrown away and made anew; the format has no way of changing one.

mod entries;
mod error;
mod file;
mod reader;
mod writer;

#[cfg(test)]
mod tests;

use crate::journal::Position;

pub(super) use entries::{Entries, Step, pack_entry};
pub(crate) use error::CheckpointError;
pub(crate) use file::{Incoming, Outgoing};
pub(crate) use reader::Reader;
pub(crate) use writer::write;

const MAGIC: [u8; 8] = *b"PEYVANDC";
const FORMAT: u32 = 1;
/// The format of keys and records, as `store/spaces.rs` and `record/codec.rs` have it.
pub(crate) const RECORDS: u32 = 1;

const HEADER: usize = 8 + 4 + 4 + 8 + 8 + 32 + 4;
const BLOCK_HEAD: usize = 16;
const FOOTER: usize = 8 + 8 + 32 + 4;
/// A block is closed when it holds so much.
const BLOCK: usize = 256 * 1024;
/// More than any block can hold: the largest commit, a block that was almost full, and room for
/// bytes that do not get smaller.
const LARGEST_BLOCK: usize = 258 * 1024 * 1024;

/// What a checkpoint is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// The format of keys and records.
    pub(crate) records: u32,
    pub(crate) position: Position,
    /// Time of the commit at that position, microseconds since 1970.
    pub(crate) time: i64,
    /// The chain hash of the journal there.
    pub(crate) chain: [u8; 32],
}

/// What a whole checkpoint holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) entries: u64,
    /// Of all keys and values, unpacked.
    pub(crate) bytes: u64,
    pub(crate) hash: [u8; 32],
}

/// Counts and hashes entries on their way into a checkpoint or out of it.
#[derive(Default)]
struct Tally {
    entries: u64,
    bytes: u64,
    hasher: blake3::Hasher,
    /// Gathered, because the hash is slow on small pieces.
    gathered: Vec<u8>,
}

impl Tally {
    const GATHER: usize = 64 * 1024;

    fn add(&mut self, key: &[u8], value: &[u8]) {
        self.entries += 1;
        self.bytes += (key.len() + value.len()) as u64;
        for part in [key, value] {
            let length = (part.len() as u64).to_be_bytes();
            self.gathered.extend_from_slice(&length);
            self.gathered.extend_from_slice(part);
        }
        if self.gathered.len() >= Self::GATHER {
            self.hash_gathered();
        }
    }

    fn hash_gathered(&mut self) {
        self.hasher.update(&self.gathered);
        self.gathered.clear();
    }

    fn finish(&mut self) -> Content {
        self.hash_gathered();
        Content {
            entries: self.entries,
            bytes: self.bytes,
            hash: self.hasher.finalize().into(),
        }
    }
}

/// Reads whatever the bytes are to their end or to what is wrong with them. For fuzzing.
#[cfg(any(test, feature = "testing"))]
pub fn fuzz_reader(bytes: &[u8]) {
    let rows = Reader::open("fuzz", bytes).and_then(|reader| {
        reader.into_iter().try_for_each(|row| {
            row?;
            Ok(())
        })
    });
    drop(rows);
}
