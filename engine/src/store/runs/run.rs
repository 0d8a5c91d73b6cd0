//! How does a sorted run lie in a file?
//!
//! ```text
//! block  u32  bytes of the block on disk
//!        u32  bytes unpacked
//!        u32  crc32 of the block on disk
//!        …    entries as in a checkpoint, packed with lz4; a value begins with
//!             u64 position and u8 0 for a delete, 1 for a put
//! ```

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::journal::{Disk, DiskFile, Position};
use crate::store::StoreError;
use crate::store::checkpoint::{Entries, Step, pack_entry};

use super::{Scratch, Version};

/// A block is closed when it holds so much.
const BLOCK: usize = 64 * 1024;
const HEAD: usize = 12;
/// Position and kind, in front of a value.
const STAMP: usize = 9;

/// A file that is removed with its last handle.
struct ScratchFile {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    /// `None` only while it is dropped.
    file: Option<Box<dyn DiskFile>>,
}

impl ScratchFile {
    fn file(&self) -> io::Result<&dyn DiskFile> {
        self.file
            .as_deref()
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn error(&self, action: &'static str) -> impl FnOnce(io::Error) -> StoreError {
        let path = self.path.clone();
        move |error| StoreError::io(action, &path, error)
    }
}

impl Drop for ScratchFile {
    fn drop(&mut self) {
        // Closed first: some systems do not remove an open file. What cannot be removed now is
        // removed at the next open.
        self.file = None;
        drop(self.disk.remove(&self.path));
        if let Some(folder) = self.path.parent() {
            // Fails while other runs are in it.
            drop(std::fs::remove_dir(folder));
        }
    }
}

/// Writes one run.
pub(super) struct RunWriter {
    file: ScratchFile,
    offset: u64,
    block: Vec<u8>,
    last: Vec<u8>,
    packed: Vec<u8>,
}

impl RunWriter {
    pub(super) fn create(scratch: &Scratch) -> Result<Self, StoreError> {
        let path = scratch.next_path()?;
        let file = scratch.disk.create(&path);
        let file = ScratchFile {
            file: Some(file.map_err(|error| StoreError::io("creating", &path, error))?),
            disk: Arc::clone(&scratch.disk),
            path,
        };
        Ok(RunWriter {
            file,
            offset: 0,
            block: Vec::new(),
            last: Vec::new(),
            packed: Vec::new(),
        })
    }

    pub(super) fn push(&mut self, version: &Version<'_>) -> Result<(), StoreError> {
        let before: &[u8] = if self.block.is_empty() {
            &[]
        } else {
            &self.last
        };
        let mut stamp = [0; STAMP];
        let (position, kind) = stamp.split_at_mut(STAMP - 1);
        position.copy_from_slice(&version.position.get().to_be_bytes());
        kind.fill(u8::from(version.value.is_some()));
        let value = (stamp.as_slice(), version.value.unwrap_or_default());
        pack_entry(&mut self.block, before, version.key, value);
        self.last.clear();
        self.last.extend_from_slice(version.key);
        if self.block.len() >= BLOCK {
            self.write_block()?;
        }
        Ok(())
    }

    fn write_block(&mut self) -> Result<(), StoreError> {
        let most = lz4_flex::block::get_maximum_output_size(self.block.len());
        self.packed.resize(HEAD + most, 0);
        let (head, packed) = self.packed.split_at_mut(HEAD);
        let length = lz4_flex::block::compress_into(&self.block, packed)
            .map_err(|_| self.file.error("packing")(io::ErrorKind::InvalidInput.into()))?;
        let packed = packed.get(..length).unwrap_or_default();
        let numbers = [
            length as u32,
            self.block.len() as u32,
            crc32fast::hash(packed),
        ];
        head.copy_from_slice(numbers.map(u32::to_be_bytes).as_flattened());
        let bytes = self.packed.get(..HEAD + length).unwrap_or_default();
        self.file
            .file()
            .and_then(|file| file.write_all_at(self.offset, bytes))
            .map_err(self.file.error("writing"))?;
        self.offset += bytes.len() as u64;
        self.block.clear();
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Run, StoreError> {
        if !self.block.is_empty() {
            self.write_block()?;
        }
        Ok(Run {
            file: self.file,
            end: self.offset,
        })
    }
}

/// A run that lies on disk.
pub(super) struct Run {
    file: ScratchFile,
    end: u64,
}

/// A run that is being read.
pub(super) struct Cursor {
    run: Run,
    offset: u64,
    packed: Vec<u8>,
    entries: Entries,
}

impl Cursor {
    pub(super) fn new(run: Run) -> Self {
        Cursor {
            run,
            offset: 0,
            packed: Vec::new(),
            entries: Entries::default(),
        }
    }

    /// Goes to the next version, if there is one.
    pub(super) fn advance(&mut self) -> Result<bool, StoreError> {
        loop {
            match self.entries.step() {
                Step::Ascended | Step::Stayed => return Ok(true),
                Step::End if self.offset < self.run.end => self.read_block()?,
                Step::End => return Ok(false),
                Step::Malformed => return Err(self.damaged()),
            }
        }
    }

    /// The version that it was advanced to.
    pub(super) fn version(&self) -> Version<'_> {
        let (stamp, value) = self
            .entries
            .value()
            .split_first_chunk::<STAMP>()
            .unwrap_or((&[0; STAMP], &[]));
        let [position @ .., kind] = *stamp;
        Version {
            key: self.entries.key(),
            position: Position::from_number(u64::from_be_bytes(position)),
            value: (kind == 1).then_some(value),
        }
    }

    fn read_block(&mut self) -> Result<(), StoreError> {
        let mut head = [0; HEAD];
        self.read_into(|packed| packed.resize(HEAD, 0))?;
        head.copy_from_slice(&self.packed);
        let (numbers, _) = head.as_chunks::<4>();
        let numbers: Vec<u32> = numbers
            .iter()
            .map(|bytes| u32::from_be_bytes(*bytes))
            .collect();
        let &[length, unpacked, checksum] = numbers.as_slice() else {
            return Err(self.damaged());
        };
        // We wrote the file, so a length that fits into it is one that we can hold.
        if u64::from(length) > self.run.end - self.offset {
            return Err(self.damaged());
        }
        self.read_into(|packed| packed.resize(length as usize, 0))?;
        if crc32fast::hash(&self.packed) != checksum {
            return Err(self.damaged());
        }
        let block = self.entries.refill();
        block.resize(unpacked as usize, 0);
        match lz4_flex::block::decompress_into(&self.packed, block) {
            Ok(found) if found == block.len() => Ok(()),
            _ => Err(self.damaged()),
        }
    }

    /// Reads as many bytes as `size` makes room for.
    fn read_into(&mut self, size: impl FnOnce(&mut Vec<u8>)) -> Result<(), StoreError> {
        size(&mut self.packed);
        let read = self
            .run
            .file
            .file()
            .and_then(|file| file.read_at(self.offset, &mut self.packed))
            .map_err(self.run.file.error("reading"))?;
        self.offset += read as u64;
        if read < self.packed.len() {
            return Err(self.damaged());
        }
        Ok(())
    }

    fn damaged(&self) -> StoreError {
        let what = "a sorted block is not what was written";
        self.run.file.error("reading")(io::Error::new(io::ErrorKind::InvalidData, what))
    }
}
