//! From which file does a segment come? From a plain one or a compressed one; the reader need not
//! know.

use std::io;
use std::path::{Path, PathBuf};

use super::Position;
use super::disk::{Disk, DiskFile};
use super::error::JournalError;
use super::packed::{self, Packed};
use super::segment::{self, HEADER, Header, NoHeader};

/// A place in a segment where a frame begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) position: Position,
    pub(super) offset: u64,
    /// The latest time of any commit before it.
    pub(super) latest: i64,
}

/// An open segment.
pub(super) struct Source {
    pub(super) name: String,
    pub(super) header: Header,
    path: PathBuf,
    body: Body,
    /// Where the frames end, or the zeroes after them.
    pub(super) end: u64,
}

enum Body {
    Plain(Box<dyn DiskFile>),
    Packed(Packed),
}

impl Source {
    /// Opens the segment that begins with `first`, for reading. Where both files are there, the
    /// plain one was to be removed and is as good.
    pub(super) fn open(
        disk: &dyn Disk,
        folder: &Path,
        first: Position,
    ) -> Result<Self, JournalError> {
        let path = folder.join(segment::name(first));
        match disk.read(&path) {
            Ok(file) => Self::of(file, &path, first, false),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let path = folder.join(segment::packed_name(first));
                let file = disk
                    .read(&path)
                    .map_err(JournalError::io("opening", &path))?;
                Self::of(file, &path, first, true)
            }
            Err(error) => Err(JournalError::io("opening", &path)(error)),
        }
    }

    /// The segment in an open file.
    pub(super) fn of(
        file: Box<dyn DiskFile>,
        path: &Path,
        first: Position,
        packed: bool,
    ) -> Result<Self, JournalError> {
        let name = path
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let fail = || JournalError::io("reading", path);
        let mut bytes = [0; HEADER];
        let read = file.read_at(0, &mut bytes).map_err(fail())?;
        let magic = if packed {
            packed::MAGIC
        } else {
            segment::MAGIC
        };
        let header = Header::decode(&bytes[..read], magic).map_err(|error| match error {
            NoHeader::Missing => JournalError::damaged(&name, 0, "it has no header"),
            NoHeader::Checksum => {
                JournalError::damaged(&name, 0, "its header does not match its checksum")
            }
            NoHeader::Newer(found) => JournalError::NewerFormat {
                segment: name.clone(),
                found,
                supported: segment::FORMAT,
            },
        })?;
        if header.first != first {
            let what = format!("its header says that it begins with {}", header.first);
            return Err(JournalError::damaged(&name, 0, what));
        }
        let (body, end) = if packed {
            let packed =
                Packed::open(file, &header).map_err(|fault| of_fault(fault, path, &name))?;
            let end = packed.end();
            (Body::Packed(packed), end)
        } else {
            let end = file.len().map_err(fail())?;
            (Body::Plain(file), end)
        };
        Ok(Source {
            name,
            header,
            path: path.to_path_buf(),
            body,
            end,
        })
    }

    /// Where the first frame lies.
    pub(super) fn beginning(&self) -> Spot {
        Spot {
            position: self.header.first,
            offset: self.header.length(),
            latest: self.header.latest,
        }
    }

    /// The last place that the segment itself knows of which `is_before` holds; it must hold for
    /// no place after one for which it does not.
    pub(super) fn spot(&self, is_before: impl Fn(&Spot) -> bool) -> Spot {
        let Body::Packed(packed) = &self.body else {
            return self.beginning();
        };
        let spot = |block: &packed::Block| Spot {
            position: block.first,
            offset: block.start,
            latest: block.latest,
        };
        let after = packed
            .blocks
            .partition_point(|block| is_before(&spot(block)));
        let block = after.checked_sub(1).and_then(|at| packed.blocks.get(at));
        block.map_or_else(|| self.beginning(), spot)
    }

    pub(super) fn is_packed(&self) -> bool {
        matches!(self.body, Body::Packed(_))
    }

    /// Reads up to `into.len()` bytes of the plain segment; none only at its end.
    pub(super) fn read_at(&mut self, offset: u64, into: &mut [u8]) -> Result<usize, JournalError> {
        match &mut self.body {
            Body::Plain(file) => file
                .read_at(offset, into)
                .map_err(JournalError::io("reading", &self.path)),
            Body::Packed(packed) => packed
                .read_at(offset, into)
                .map_err(|fault| of_fault(fault, &self.path, &self.name)),
        }
    }

    /// The file of a plain segment.
    pub(super) fn into_file(self) -> Option<Box<dyn DiskFile>> {
        match self.body {
            Body::Plain(file) => Some(file),
            Body::Packed(_) => None,
        }
    }
}

fn of_fault(fault: packed::Fault, path: &Path, name: &str) -> JournalError {
    match fault {
        packed::Fault::Io(error) => JournalError::io("reading", path)(error),
        packed::Fault::Damaged(offset, what) => JournalError::damaged(name, offset, what),
    }
}
