//! How does a stream get into a file and out of it? Through the journal's seam, so that faults reach it.

use std::io::{self, Read, Write};

use crate::journal::DiskFile;

/// Writes a file from its beginning.
pub(crate) struct Outgoing {
    file: Box<dyn DiskFile>,
    offset: u64,
}

impl Outgoing {
    pub(crate) fn new(file: Box<dyn DiskFile>) -> Self {
        Outgoing { file, offset: 0 }
    }

    pub(crate) fn written(&self) -> u64 {
        self.offset
    }

    /// Makes what was written durable.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

impl Write for Outgoing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_all_at(self.offset, bytes)?;
        self.offset += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads a file from its beginning.
pub(crate) struct Incoming {
    file: Box<dyn DiskFile>,
    offset: u64,
}

impl Incoming {
    pub(crate) fn new(file: Box<dyn DiskFile>) -> Self {
        Incoming { file, offset: 0 }
    }
}

impl Read for Incoming {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(self.offset, into)?;
        self.offset += count as u64;
        Ok(count)
    }
}
