//! How is a file read again?

use std::fmt;
use std::io::{self, Read};

use super::ContentError;
use crate::journal::DiskFile;
use crate::record::FileRef;

/// A file to be read from beginning to end. That its bytes are those that were stored is found out on the way: where
/// they are not, the read that would come to the end fails.
pub struct FileContent {
    file: FileRef,
    bytes: Box<dyn DiskFile>,
    hasher: blake3::Hasher,
    at: u64,
}

impl FileContent {
    pub(super) fn new(file: FileRef, bytes: Box<dyn DiskFile>) -> Self {
        Self {
            file,
            bytes,
            hasher: blake3::Hasher::new(),
            at: 0,
        }
    }

    /// What the record says of it.
    #[must_use]
    pub fn file(&self) -> &FileRef {
        &self.file
    }

    fn damaged(&self) -> io::Error {
        let file = self.file.clone();
        io::Error::new(io::ErrorKind::InvalidData, ContentError::Damaged { file })
    }
}

impl Read for FileContent {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        let count = self.bytes.read_at(self.at, into)?;
        let read = into.get(..count).unwrap_or_default();
        self.hasher.update(read);
        self.at += count as u64;
        let (over, short) = (self.at > self.file.size, self.at < self.file.size);
        let ended = self.at == self.file.size && count > 0;
        let good = || *self.hasher.finalize().as_bytes() == *self.file.hash.as_bytes();
        if over || (short && count == 0) || (ended && !good()) {
            return Err(self.damaged());
        }
        Ok(count)
    }
}

impl fmt::Debug for FileContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileContent")
            .field("file", &self.file)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}
