//! How does a segment look once it is full and compressed?
//!
//! ```text
//! header    as of a segment, with a magic of its own
//! blocks    about 128 KiB of whole frames each, as zstd; as they are where that is no smaller
//! index     of each block: u64 first position, i64 latest time of any commit before it,
//!           u64 where its frames lay in the plain segment, u64 where the block lies in this file,
//!           u32 length of the block, u32 crc32 of the block
//! u64       where the index lies
//! u32       number of blocks
//! u32       crc32 of the index
//! ```
//!
//! Frames are compressed as they are, so hashes and checksums are those of the plain segment, and a
//! place in the plain segment is a place in the compressed one.

use std::io;

use super::Position;
use super::bytes::Bytes;
use super::disk::DiskFile;
use super::segment::{HEADER, Header};

pub(super) const MAGIC: [u8; 8] = *b"PEYVANDZ";

/// Frames are gathered up to this before they are compressed.
const BLOCK: usize = 128 * 1024;
/// The cheapest level: frames are mostly text that comes twice, as it was asked and as it came out.
const LEVEL: i32 = 1;
const INDEX_ROW: usize = 8 + 8 + 8 + 8 + 4 + 4;
const FOOT: usize = 8 + 4 + 4;
/// A block that was compressed to less than this part is stored as it is instead, so that a reader
/// never takes much more memory than the file is long.
const MOST_GAINED: usize = 64;

/// One block of a compressed segment.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) first: Position,
    /// The latest time of any commit before it.
    pub(super) latest: i64,
    /// Where its frames lay in the plain segment.
    pub(super) start: u64,
    offset: u64,
    length: u32,
    checksum: u32,
}

/// What is wrong with a compressed segment, and where.
pub(super) enum Fault {
    Io(io::Error),
    Damaged(u64, &'static str),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Fault::Io(error)
    }
}

/// A compressed segment that is read as if it were a plain one.
pub(super) struct Packed {
    file: Box<dyn DiskFile>,
    pub(super) blocks: Vec<Block>,
    /// Where the last frame of the plain segment ended.
    end: u64,
    /// The block that was read last, and its place.
    held: Option<(usize, Vec<u8>)>,
}

impl Packed {
    /// Reads the index of a compressed segment whose header was read already.
    pub(super) fn open(file: Box<dyn DiskFile>, header: &Header) -> Result<Self, Fault> {
        let len = file.len()?;
        let foot_at = len.saturating_sub(FOOT as u64);
        let mut foot = [0; FOOT];
        let read = file.read_at(foot_at, &mut foot)?;
        let mut rest = Bytes(&foot[..read]);
        let ends = (rest.u64(), rest.u32(), rest.u32());
        let (Some(index_at), Some(count), Some(checksum)) = ends else {
            return Err(Fault::Damaged(len, "it has no end"));
        };
        let length = u64::from(count) * INDEX_ROW as u64;
        if index_at.checked_add(length) != Some(foot_at) {
            return Err(Fault::Damaged(foot_at, "its index is not where it belongs"));
        }
        let mut index = vec![0; length as usize];
        let read = file.read_at(index_at, &mut index)?;
        if read < index.len() || crc32fast::hash(&index) != checksum {
            let what = "its index does not match its checksum";
            return Err(Fault::Damaged(index_at, what));
        }
        let blocks = read_index(&index, header, index_at)
            .ok_or(Fault::Damaged(index_at, "its index is out of order"))?;
        Ok(Packed {
            file,
            blocks,
            end: header.size,
            held: None,
        })
    }

    /// Where the frames of the plain segment ended.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Reads what lay at `offset` in the plain segment: at most to the end of a block.
    pub(super) fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<usize, Fault> {
        let after = self.blocks.partition_point(|block| block.start <= offset);
        let Some(at) = after.checked_sub(1) else {
            return Ok(0);
        };
        if self.held.as_ref().is_none_or(|(held, _)| *held != at) {
            self.held = None;
            self.held = Some((at, self.block(at)?));
        }
        let (Some((_, bytes)), Some(block)) = (&self.held, self.blocks.get(at)) else {
            return Ok(0);
        };
        let rest = usize::try_from(offset - block.start)
            .ok()
            .and_then(|skip| bytes.get(skip..))
            .unwrap_or_default();
        let count = rest.len().min(into.len());
        into[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    /// The frames of a block.
    fn block(&self, at: usize) -> Result<Vec<u8>, Fault> {
        let Some(block) = self.blocks.get(at) else {
            return Ok(Vec::new());
        };
        let end = self.blocks.get(at + 1).map_or(self.end, |next| next.start);
        let damaged = |what| Fault::Damaged(block.offset, what);
        let plain =
            usize::try_from(end - block.start).map_err(|_| damaged("a block is too long"))?;
        let mut stored = vec![0; block.length as usize];
        let read = self.file.read_at(block.offset, &mut stored)?;
        if read < stored.len() || crc32fast::hash(&stored) != block.checksum {
            return Err(damaged("a block does not match its checksum"));
        }
        if stored.len() == plain {
            return Ok(stored);
        }
        if !is_worth_it(stored.len(), plain) {
            return Err(damaged("a block claims to be longer than it can be"));
        }
        match zstd::bulk::decompress(&stored, plain) {
            Ok(bytes) if bytes.len() == plain => Ok(bytes),
            _ => Err(damaged("a block cannot be decompressed")),
        }
    }
}

/// Whether a block may be kept compressed.
fn is_worth_it(stored: usize, plain: usize) -> bool {
    stored < plain && (plain <= 2 * BLOCK || plain / MOST_GAINED <= stored)
}

fn read_index(index: &[u8], header: &Header, index_at: u64) -> Option<Vec<Block>> {
    let mut rest = Bytes(index);
    let mut blocks: Vec<Block> = Vec::with_capacity(index.len() / INDEX_ROW);
    let (mut first, mut start, mut offset) = (header.first, header.length(), HEADER as u64);
    while !rest.0.is_empty() {
        let block = Block {
            first: Position::from_number(rest.u64()?),
            latest: rest.i64()?,
            start: rest.u64()?,
            offset: rest.u64()?,
            length: rest.u32()?,
            checksum: rest.u32()?,
        };
        let begins = blocks.is_empty() && block.first == first && block.start == start;
        let follows = !blocks.is_empty() && block.first > first && block.start > start;
        if !(begins || follows) || block.offset != offset {
            return None;
        }
        (first, start) = (block.first, block.start);
        offset = offset.checked_add(u64::from(block.length))?;
        blocks.push(block);
    }
    let whole = offset == index_at && (start < header.size || blocks.is_empty());
    whole.then_some(blocks)
}

/// Writes a compressed segment, frame by frame.
pub(super) struct Packer {
    file: Box<dyn DiskFile>,
    header: Header,
    blocks: Vec<Block>,
    /// Frames that were not compressed yet; they are the last block's.
    gathered: Vec<u8>,
    compressor: zstd::bulk::Compressor<'static>,
    /// Where the next block goes.
    offset: u64,
    /// Where the next frame lay in the plain segment.
    plain: u64,
}

impl Packer {
    pub(super) fn new(file: Box<dyn DiskFile>, header: &Header) -> io::Result<Self> {
        Ok(Packer {
            file,
            header: header.clone(),
            blocks: Vec::new(),
            gathered: Vec::new(),
            compressor: zstd::bulk::Compressor::new(LEVEL)?,
            offset: HEADER as u64,
            plain: header.length(),
        })
    }

    /// Takes the frame of `first`, before which no commit was later than `latest`.
    pub(super) fn push(&mut self, first: Position, latest: i64, frame: &[u8]) -> io::Result<()> {
        if self.gathered.len() + frame.len() > BLOCK {
            self.end_block()?;
        }
        if self.gathered.is_empty() {
            self.blocks.push(Block {
                first,
                latest,
                start: self.plain,
                offset: self.offset,
                length: 0,
                checksum: 0,
            });
        }
        self.gathered.extend_from_slice(frame);
        self.plain += frame.len() as u64;
        Ok(())
    }

    fn end_block(&mut self) -> io::Result<()> {
        let Some(block) = self.blocks.last_mut().filter(|_| !self.gathered.is_empty()) else {
            return Ok(());
        };
        let packed = self.compressor.compress(&self.gathered)?;
        let worth_it = is_worth_it(packed.len(), self.gathered.len());
        let stored = if worth_it { &packed } else { &self.gathered };
        self.file.write_all_at(self.offset, stored)?;
        block.length = stored.len() as u32;
        block.checksum = crc32fast::hash(stored);
        self.offset += stored.len() as u64;
        self.gathered.clear();
        Ok(())
    }

    /// Writes index and header and makes the file durable. It has no name yet.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.end_block()?;
        let mut end = Vec::with_capacity(self.blocks.len() * INDEX_ROW + FOOT);
        for block in &self.blocks {
            end.extend_from_slice(&block.first.get().to_be_bytes());
            end.extend_from_slice(&block.latest.to_be_bytes());
            end.extend_from_slice(&block.start.to_be_bytes());
            end.extend_from_slice(&block.offset.to_be_bytes());
            end.extend_from_slice(&block.length.to_be_bytes());
            end.extend_from_slice(&block.checksum.to_be_bytes());
        }
        let checksum = crc32fast::hash(&end);
        end.extend_from_slice(&self.offset.to_be_bytes());
        end.extend_from_slice(&(self.blocks.len() as u32).to_be_bytes());
        end.extend_from_slice(&checksum.to_be_bytes());
        self.file.write_all_at(self.offset, &end)?;
        self.header.size = self.plain;
        self.file.write_all_at(0, &self.header.encode(MAGIC))?;
        self.file.sync_data()
    }
}

/// Gives blocks and index the checksums that belong to them, where they are in order otherwise, so
/// that what lies behind the checksums can be tried.
#[cfg(any(test, feature = "testing"))]
pub(super) fn mend(bytes: &mut [u8]) {
    fn index_of(bytes: &[u8]) -> Option<(usize, usize)> {
        let foot = bytes.len().checked_sub(FOOT)?;
        let at = usize::try_from(Bytes(bytes.get(foot..)?).u64()?).ok()?;
        (at < foot).then_some((at, foot))
    }
    let Some((at, foot)) = index_of(bytes) else {
        return;
    };
    let (blocks, end) = bytes.split_at_mut(at);
    let (index, foot) = end.split_at_mut(foot - at);
    for row in index.chunks_exact_mut(INDEX_ROW) {
        let mut rest = Bytes(&row[24..36]);
        let place = rest.u64().and_then(|offset| usize::try_from(offset).ok());
        let length = rest.u32().unwrap_or_default() as usize;
        let block = place.and_then(|start| blocks.get(start..start.checked_add(length)?));
        if let Some(block) = block {
            row[36..].copy_from_slice(&crc32fast::hash(block).to_be_bytes());
        }
    }
    foot[12..].copy_from_slice(&crc32fast::hash(index).to_be_bytes());
}
