//! How does a segment file look, and how is it read frame by frame?
//!
//! A segment begins with a header of 64 bytes: magic, format, first position, planned size, hash of
//! the last frame of the segment before, crc32. Frames follow without gaps, then zeroes up to the
//! planned size, written beforehand so that `fdatasync` of a frame has no metadata to write. A full
//! segment is cut to its used length.

use std::io;
use std::path::Path;

use super::disk::{Disk, DiskFile};
use super::error::JournalError;
use super::frame::{self, Found, Frame, HEAD, Hash};
use super::{Entry, Position};

const MAGIC: [u8; 8] = *b"PEYVANDJ";
const FORMAT: u32 = 1;
pub(super) const HEADER: usize = 64;

const SMALLEST: u64 = 64 * 1024;
const LARGEST: u64 = 64 * 1024 * 1024;
const READ_AHEAD: usize = 64 * 1024;

/// What a segment says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) first: Position,
    /// The size that the file is given in advance.
    pub(super) size: u64,
    /// Hash of the last frame of the segment before.
    pub(super) before: Hash,
}

/// The planned size of the segment after `count` others: small stores stay small.
pub(super) fn planned_size(count: usize) -> u64 {
    SMALLEST << count.min((LARGEST / SMALLEST).ilog2() as usize)
}

pub(super) fn name(first: Position) -> String {
    format!("{:020}.seg", first.get())
}

/// The first position that a file name says, if it is the name of a segment.
pub(super) fn first_of(name: &str) -> Option<Position> {
    let digits = name.strip_suffix(".seg")?;
    let plain = digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain
        .then(|| digits.parse().ok().map(Position::from_number))
        .flatten()
}

/// Makes a segment, whole and durable before it gets its name.
pub(super) fn create(
    disk: &dyn Disk,
    folder: &Path,
    header: &Header,
) -> Result<Box<dyn DiskFile>, JournalError> {
    let path = folder.join(name(header.first));
    let unfinished = path.with_extension("seg.new");
    let fail = || JournalError::io("creating", &path);
    let file = disk.create(&unfinished).map_err(fail())?;
    file.write_all_at(0, &header.encode()).map_err(fail())?;
    write_zeroes(file.as_ref(), HEADER as u64, header.size).map_err(fail())?;
    file.sync_data().map_err(fail())?;
    disk.rename(&unfinished, &path).map_err(fail())?;
    disk.sync_folder(folder).map_err(fail())?;
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
    fn encode(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&FORMAT.to_be_bytes());
        bytes[12..20].copy_from_slice(&self.first.get().to_be_bytes());
        bytes[20..28].copy_from_slice(&self.size.to_be_bytes());
        bytes[28..60].copy_from_slice(&self.before);
        let checksum = crc32fast::hash(&bytes[..60]);
        bytes[60..].copy_from_slice(&checksum.to_be_bytes());
        bytes
    }

    /// Reads the header of the segment called `segment`.
    pub(super) fn read(
        file: &dyn DiskFile,
        folder: &Path,
        segment: &str,
    ) -> Result<Self, JournalError> {
        let mut bytes = [0; HEADER];
        file.read_at(0, &mut bytes)
            .map_err(JournalError::io("reading", &folder.join(segment)))?;
        let [magic @ .., _, _, _, _] = &bytes;
        if !magic.starts_with(&MAGIC) {
            return Err(JournalError::damaged(segment, 0, "it has no header"));
        }
        let found = u32::from_be_bytes([bytes[8], bytes[9], bytes[10], bytes[11]]);
        if found > FORMAT {
            return Err(JournalError::NewerFormat {
                segment: segment.to_owned(),
                found,
                supported: FORMAT,
            });
        }
        let checksum = u32::from_be_bytes([bytes[60], bytes[61], bytes[62], bytes[63]]);
        if crc32fast::hash(&bytes[..60]) != checksum {
            let what = "its header does not match its checksum";
            return Err(JournalError::damaged(segment, 0, what));
        }
        let mut first = [0; 8];
        first.copy_from_slice(&bytes[12..20]);
        let mut size = [0; 8];
        size.copy_from_slice(&bytes[20..28]);
        let mut before = [0; 32];
        before.copy_from_slice(&bytes[28..60]);
        let header = Header {
            first: Position::from_number(u64::from_be_bytes(first)),
            size: u64::from_be_bytes(size),
            before,
        };
        if first_of(segment) != Some(header.first) {
            let what = format!("its header says that it begins with {}", header.first);
            return Err(JournalError::damaged(segment, 0, what));
        }
        Ok(header)
    }
}

/// A walk over the frames of one segment, in order.
pub(super) struct Walk<'a> {
    file: &'a dyn DiskFile,
    segment: &'a str,
    folder: &'a Path,
    /// Where the next frame begins.
    pub(super) offset: u64,
    end: u64,
    /// The position that the next frame must have.
    pub(super) expected: Position,
    /// The hash that the next frame must name, once it is known.
    pub(super) before: Option<Hash>,
    /// Bytes from `offset` on.
    ahead: Vec<u8>,
    used: usize,
}

/// What a walk came upon.
pub(super) enum Step {
    /// A good frame that began at this offset.
    Entry(u64, Entry),
    /// Nothing more was written.
    End,
    /// At the walk's offset there is something that is not the expected frame.
    Broken(Broken),
}

/// Why a frame is not the expected one.
pub(super) enum Broken {
    /// Its bytes are not those that were written: a torn write or damage.
    Bytes(&'static str),
    /// It is whole but does not belong here, which no crash can bring about.
    Chain(String),
}

impl Broken {
    pub(super) fn what(self) -> String {
        match self {
            Broken::Bytes(what) => what.to_owned(),
            Broken::Chain(what) => what,
        }
    }
}

impl<'a> Walk<'a> {
    /// Begins at `offset`, where the frame of `expected` lies, and goes no further than `end`.
    pub(super) fn new(
        file: &'a dyn DiskFile,
        folder: &'a Path,
        segment: &'a str,
        (offset, expected): (u64, Position),
        before: Option<Hash>,
        end: u64,
    ) -> Self {
        Walk {
            file,
            segment,
            folder,
            offset,
            end,
            expected,
            before,
            ahead: Vec::new(),
            used: 0,
        }
    }

    pub(super) fn step(&mut self) -> Result<Step, JournalError> {
        let room = self.end.saturating_sub(self.offset);
        self.read_ahead(HEAD)?;
        if let Found::Needs(length) = frame::look(self.rest(), room) {
            self.read_ahead(HEAD + length)?;
        }
        let rest = self.ahead.get(self.used..).unwrap_or_default();
        let payload = match frame::look(rest, room) {
            Found::Nothing => return Ok(Step::End),
            Found::Payload(payload) => payload,
            Found::Broken(what) => return Ok(Step::Broken(Broken::Bytes(what))),
            // The writer closed the segment, and so cut its zeroes, after its length was taken.
            Found::Needs(_) if rest.iter().all(|byte| *byte == 0) => return Ok(Step::End),
            Found::Needs(_) => {
                let what = "a frame is longer than its file";
                return Ok(Step::Broken(Broken::Bytes(what)));
            }
        };
        let length = HEAD + payload.len();
        let Some(Frame { entry, before }) = frame::decode(payload) else {
            let what = "a frame has a checksum but not the layout of a frame";
            return Ok(Step::Broken(Broken::Chain(what.to_owned())));
        };
        if entry.position != self.expected {
            let (found, wanted) = (entry.position, self.expected);
            let what = format!("position {found} where {wanted} belongs");
            return Ok(Step::Broken(Broken::Chain(what)));
        }
        if self.before.is_some_and(|hash| hash != before) {
            let what = format!("the hash chain breaks at position {}", entry.position);
            return Ok(Step::Broken(Broken::Chain(what)));
        }
        let start = self.offset;
        self.before = Some(blake3::hash(&rest[..length]).into());
        self.expected = entry.position.next();
        self.offset += length as u64;
        self.used += length;
        Ok(Step::Entry(start, entry))
    }

    fn rest(&self) -> &[u8] {
        self.ahead.get(self.used..).unwrap_or_default()
    }

    /// Sees to it that `count` bytes from the walk's offset on are in memory, if there are so many.
    fn read_ahead(&mut self, count: usize) -> Result<(), JournalError> {
        if self.rest().len() >= count {
            return Ok(());
        }
        self.ahead.drain(..self.used);
        self.used = 0;
        let have = self.ahead.len();
        let room = self.end.saturating_sub(self.offset);
        let want = (count.max(READ_AHEAD) as u64).min(room) as usize;
        if want <= have {
            return Ok(());
        }
        self.ahead.resize(want, 0);
        let read = self
            .file
            .read_at(self.offset + have as u64, &mut self.ahead[have..])
            .map_err(JournalError::io("reading", &self.folder.join(self.segment)))?;
        self.ahead.truncate(have + read);
        Ok(())
    }
}
