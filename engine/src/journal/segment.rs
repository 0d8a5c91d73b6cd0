//! How does a segment file look, and how does it come to be?
//!
//! ```text
//! [u8; 8]   magic
//! u32       format
//! u64       first position
//! u64       planned size; of a compressed segment, what it takes when it is not compressed
//! [u8; 32]  hash of the last frame of the segment before
//! i64       the latest time of any commit in the segments before (not in format 1)
//! u32       crc32 of what is above
//! ```
//!
//! Frames follow without gaps, then zeroes up to the planned size, written beforehand so that
//! `fdatasync` of a frame has no metadata to write. Who closes a journal gives most of them back, and
//! who goes on with it writes them anew, part by part. A full segment is cut to its used length once
//! the next one is there.

use std::io;
use std::path::Path;

use super::Position;
use super::bytes::Bytes;
use super::disk::{Disk, DiskFile};
use super::error::JournalError;
use super::frame::Hash;

pub(super) const MAGIC: [u8; 8] = *b"PEYVANDJ";
pub(super) const FORMAT: u32 = 2;
/// Bytes of a header of the format that is written.
pub(super) const HEADER: usize = 72;
/// Bytes of a header of the first format.
const OLD_HEADER: usize = 64;

const SMALLEST: u64 = 64 * 1024;
const LARGEST: u64 = 16 * 1024 * 1024;
/// Where a segment has no zeroes ahead, this much is written at once.
const AHEAD: u64 = 1024 * 1024;

/// A segment that was made ahead and has no name yet.
pub(super) const PREPARED: &str = "next.new";

/// What a segment says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) format: u32,
    pub(super) first: Position,
    /// The size that the file is given in advance.
    pub(super) size: u64,
    /// Hash of the last frame of the segment before.
    pub(super) before: Hash,
    /// The latest time of any commit before: clocks may go back, this does not.
    pub(super) latest: i64,
}

/// Why bytes are no header.
pub(super) enum NoHeader {
    Missing,
    Newer(u32),
    Checksum,
}

/// The planned size of the segment after one of which `used` bytes were used: small stores stay
/// small.
pub(super) fn planned_size(used: u64) -> u64 {
    used.saturating_mul(2)
        .checked_next_power_of_two()
        .unwrap_or(LARGEST)
        .clamp(SMALLEST, LARGEST)
}

/// Up to where a segment of this size should have zeroes when its frames end at `end`: always beyond that, but where it
/// is full.
pub(super) fn ready_for(end: u64, size: u64) -> u64 {
    end.saturating_add(AHEAD).min(size)
}

pub(super) fn name(first: Position) -> String {
    format!("{:020}.seg", first.get())
}

/// The name of a segment once it is compressed.
pub(super) fn packed_name(first: Position) -> String {
    format!("{:020}.segz", first.get())
}

/// The first position that a file name says, if it is the name of a segment, and whether that one
/// is compressed.
pub(super) fn first_of(name: &str) -> Option<(Position, bool)> {
    let (digits, ending) = name.split_once('.')?;
    let packed = match ending {
        "seg" => false,
        "segz" => true,
        _ => return None,
    };
    let plain = digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let first = plain.then(|| digits.parse().ok()).flatten()?;
    Some((Position::from_number(first), packed))
}

/// Makes a segment, whole and durable before it gets its name. Of its size so many bytes are
/// written, the others are only reserved.
pub(super) fn create(
    disk: &dyn Disk,
    folder: &Path,
    header: &Header,
    zeroes: u64,
) -> Result<Box<dyn DiskFile>, JournalError> {
    let unfinished = format!("{}.new", name(header.first));
    let file = blank(disk, folder, &unfinished, (header.size, zeroes))?;
    begin(disk, folder, &unfinished, file, header)
        .inspect_err(|_| drop(disk.remove(&folder.join(&unfinished))))
}

/// Makes a file of zeroes that can become a segment: its size, and how many of them are written.
pub(super) fn blank(
    disk: &dyn Disk,
    folder: &Path,
    unfinished: &str,
    (size, zeroes): (u64, u64),
) -> Result<Box<dyn DiskFile>, JournalError> {
    let path = folder.join(unfinished);
    let make = || {
        let file = disk.create(&path)?;
        write_zeroes(file.as_ref(), 0, zeroes)?;
        if zeroes < size {
            file.set_len(size)?;
        }
        file.sync_data()?;
        Ok(file)
    };
    // Half of one is of no use, and may be what fills the disk. What cannot be removed now is at the next open.
    make()
        .inspect_err(|_| drop(disk.remove(&path)))
        .map_err(JournalError::io("creating", &path))
}

/// Makes a segment of a blank file.
pub(super) fn begin(
    disk: &dyn Disk,
    folder: &Path,
    unfinished: &str,
    file: Box<dyn DiskFile>,
    header: &Header,
) -> Result<Box<dyn DiskFile>, JournalError> {
    let path = folder.join(name(header.first));
    let begin = || {
        file.write_all_at(0, &header.encode(MAGIC))?;
        file.sync_data()?;
        disk.rename(&folder.join(unfinished), &path)?;
        disk.sync_folder(folder)
    };
    begin().map_err(JournalError::io("creating", &path))?;
    Ok(file)
}

/// Writes zeroes from `start` up to `end`. Real zeroes and not only a length: blocks that were
/// never written cost a metadata update at the first `fdatasync`.
pub(super) fn write_zeroes(file: &dyn DiskFile, start: u64, end: u64) -> io::Result<()> {
    let zeroes = vec![0; (end.saturating_sub(start)).min(1024 * 1024) as usize];
    let mut at = start;
    while at < end {
        let count = (end - at).min(zeroes.len() as u64) as usize;
        file.write_all_at(at, &zeroes[..count])?;
        at += count as u64;
    }
    Ok(())
}

impl Header {
    /// The header of a segment that this version writes.
    pub(super) fn new(first: Position, size: u64, before: Hash, latest: i64) -> Self {
        Header {
            format: FORMAT,
            first,
            size,
            before,
            latest,
        }
    }

    /// Where the first frame lies.
    pub(super) fn length(&self) -> u64 {
        let length = if self.format == 1 { OLD_HEADER } else { HEADER };
        length as u64
    }

    pub(super) fn encode(&self, magic: [u8; 8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER);
        bytes.extend_from_slice(&magic);
        bytes.extend_from_slice(&self.format.to_be_bytes());
        bytes.extend_from_slice(&self.first.get().to_be_bytes());
        bytes.extend_from_slice(&self.size.to_be_bytes());
        bytes.extend_from_slice(&self.before);
        if self.format > 1 {
            bytes.extend_from_slice(&self.latest.to_be_bytes());
        }
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_be_bytes());
        bytes
    }

    /// Reads the header that these bytes begin with.
    pub(super) fn decode(bytes: &[u8], magic: [u8; 8]) -> Result<Self, NoHeader> {
        let mut rest = Bytes(bytes);
        if rest.array() != Some(magic) {
            return Err(NoHeader::Missing);
        }
        let format = rest.u32().ok_or(NoHeader::Missing)?;
        if format > FORMAT {
            return Err(NoHeader::Newer(format));
        }
        let mut read = || {
            let header = Header {
                format,
                first: Position::from_number(rest.u64()?),
                size: rest.u64()?,
                before: rest.array()?,
                latest: if format > 1 { rest.i64()? } else { i64::MIN },
            };
            let sum = crc32fast::hash(bytes.get(..header.length() as usize - 4)?);
            (rest.u32()? == sum).then_some(header)
        };
        read().ok_or(NoHeader::Checksum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_grow_with_what_the_last_one_held() {
        assert_eq!(planned_size(100), SMALLEST);
        assert_eq!(planned_size(SMALLEST - 500), 2 * SMALLEST);
        assert_eq!(planned_size(2 * SMALLEST), 4 * SMALLEST);
        assert_eq!(planned_size(u64::MAX), LARGEST);
    }

    #[test]
    fn only_names_of_segments_are_names_of_segments() {
        let first = Position::from_number(42);
        assert_eq!(first_of(&name(first)), Some((first, false)));
        assert_eq!(first_of(&packed_name(first)), Some((first, true)));
        for other in ["next.new", "42.seg", "00000000000000000042.seg.new", "x"] {
            assert_eq!(first_of(other), None);
        }
    }
}
