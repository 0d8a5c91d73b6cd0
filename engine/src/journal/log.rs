//! How are commits appended, made durable and read again?
//!
//! One writer at a time appends; readers share nothing with it but the small index of segments, so
//! that reading old entries never waits for the disk to sync.

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use super::disk::{Disk, DiskFile, sync_folder};
use super::error::JournalError;
use super::frame::{self, Hash};
use super::recover::{SPOT_EVERY, recover};
use super::segment::{self, HEADER, Header, Step, Walk};
use super::{Durability, Entry, Position};

/// With `Durability::Memory`, this much is gathered before it is handed to the operating system.
const GATHER: usize = 1024 * 1024;

/// An open journal.
pub(crate) struct Journal {
    pub(super) folder: PathBuf,
    pub(super) disk: Arc<dyn Disk>,
    durability: Durability,
    writer: Mutex<Writer>,
    index: RwLock<Index>,
}

/// The end of the journal, where the next frame goes.
struct Writer {
    file: Box<dyn DiskFile>,
    segment: Position,
    size: u64,
    /// Where in the file `pending` belongs.
    offset: u64,
    /// Frames that were not handed to the operating system yet.
    pending: Vec<u8>,
    /// Places in `pending` for the index.
    spots: Vec<(Position, u64)>,
    head: Position,
    written: Position,
    synced: Position,
    hash: Hash,
    /// After a failed write nobody knows what is on the disk, so nothing more is written.
    stopped: bool,
}

/// Where readers begin.
struct Index {
    segments: Vec<Position>,
    /// Offsets of some frames; each lies in the segment that its position belongs to.
    spots: BTreeMap<Position, u64>,
}

impl Journal {
    /// Opens the journal in `folder`; makes it if `create` is set and there is none.
    pub(crate) fn open(
        folder: &Path,
        create: bool,
        durability: Durability,
        disk: Arc<dyn Disk>,
    ) -> Result<Self, JournalError> {
        if create && !folder.is_dir() {
            fs::create_dir(folder).map_err(JournalError::io("creating", folder))?;
            if let Some(parent) = folder.parent() {
                sync_folder(parent).map_err(JournalError::io("syncing", parent))?;
            }
        }
        let found = recover(disk.as_ref(), folder, create)?;
        let writer = Writer {
            file: found.file,
            segment: found.segments.last().copied().unwrap_or_default(),
            size: found.size,
            offset: found.offset,
            pending: Vec::new(),
            spots: Vec::new(),
            head: found.head,
            written: found.head,
            // Frames that survived only in the system's cache are not promised to anybody.
            synced: Position::START,
            hash: found.hash,
            stopped: false,
        };
        let journal = Journal {
            folder: folder.to_path_buf(),
            disk,
            durability,
            writer: Mutex::new(writer),
            index: RwLock::new(Index {
                segments: found.segments,
                spots: found.spots,
            }),
        };
        journal.sync()?;
        Ok(journal)
    }

    /// The last position in the journal.
    pub(crate) fn head(&self) -> Position {
        self.writer().head
    }

    /// Appends entries, whose positions follow the head without gaps, as durable as was asked for.
    /// After an error nobody knows which of them are on the disk, and nothing more is taken.
    pub(crate) fn append(&self, entries: &[Entry]) -> Result<(), JournalError> {
        self.stopping(|writer| {
            for entry in entries {
                let length = frame::length(entry) as u64;
                if writer.offset + writer.pending.len() as u64 + length > writer.size {
                    self.roll(writer, length)?;
                }
                writer.push(entry);
            }
            match self.durability {
                Durability::Memory if writer.pending.len() < GATHER => Ok(()),
                Durability::Memory | Durability::Os => self.write_out(writer),
                Durability::Sync | Durability::Group(_) => self.sync_out(writer),
            }
        })
    }

    /// Makes everything that was appended durable.
    pub(crate) fn sync(&self) -> Result<(), JournalError> {
        self.stopping(|writer| self.sync_out(writer))
    }

    /// Calls `each` for the entries after `after` up to and including `upto`, in order, with their
    /// checksums and the hash chain checked.
    pub(crate) fn visit(
        &self,
        after: Position,
        upto: Position,
        mut each: impl FnMut(Entry) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        self.hand_out()?;
        let mut wanted = after.next();
        let mut chain = None;
        while wanted <= upto {
            let (first, next) = self.segment_of(wanted);
            let name = segment::name(first);
            let path = self.folder.join(&name);
            let file = self
                .disk
                .read(&path)
                .map_err(JournalError::io("opening", &path))?;
            let len = file.len().map_err(JournalError::io("measuring", &path))?;
            let header = Header::read(file.as_ref(), &self.folder, &name)?;
            if chain.is_some_and(|hash| hash != header.before) {
                let what = "the hash chain breaks at its beginning";
                return Err(JournalError::damaged(&name, 0, what));
            }
            let spot = self.spot(first, wanted);
            let before = (spot.1 == first).then_some(header.before);
            let mut walk = Walk::new(file.as_ref(), &self.folder, &name, spot, before, len);
            if self
                .visit_segment(&mut walk, &name, (wanted, upto), &mut each)?
                .is_break()
            {
                return Ok(());
            }
            wanted = walk.expected;
            chain = walk.before;
            if wanted <= upto && next != Some(wanted) {
                let what = match next {
                    Some(next) => format!("{wanted} is missing: the next segment begins at {next}"),
                    None => format!("{wanted} is missing: the journal went up to {upto}"),
                };
                return Err(JournalError::damaged(&name, walk.offset, what));
            }
        }
        Ok(())
    }

    /// Sees to it that readers find in the files what was appended.
    pub(super) fn hand_out(&self) -> Result<(), JournalError> {
        if self.durability == Durability::Memory {
            self.stopping(|writer| self.write_out(writer))?;
        }
        Ok(())
    }

    /// The first positions of the segments, ascending.
    pub(super) fn segments(&self) -> Vec<Position> {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        index.segments.clone()
    }

    /// The part of `visit` that lies in one segment.
    fn visit_segment(
        &self,
        walk: &mut Walk<'_>,
        name: &str,
        (wanted, upto): (Position, Position),
        each: &mut impl FnMut(Entry) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, JournalError> {
        while walk.expected <= upto {
            match walk.step()? {
                Step::Entry(offset, entry) => {
                    if entry.position.get().is_multiple_of(SPOT_EVERY) {
                        self.index_mut().spots.insert(entry.position, offset);
                    }
                    if entry.position >= wanted && each(entry).is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                }
                Step::End => break,
                Step::Broken(broken) => {
                    return Err(JournalError::damaged(name, walk.offset, broken.what()));
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// The segment in which `position` lies, and the one after it.
    pub(super) fn segment_of(&self, position: Position) -> (Position, Option<Position>) {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        let after = index.segments.partition_point(|first| *first <= position);
        let at = after.saturating_sub(1);
        let first = index.segments.get(at).copied().unwrap_or_default();
        (first, index.segments.get(at + 1).copied())
    }

    /// The nearest known frame at or before `wanted` in the segment that begins with `first`.
    pub(super) fn spot(&self, first: Position, wanted: Position) -> (u64, Position) {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        let spot = index.spots.range(first..=wanted).next_back();
        spot.map_or((HEADER as u64, first), |(position, offset)| {
            (*offset, *position)
        })
    }

    /// Closes the current segment and begins the next, with room for a frame of `length`.
    fn roll(&self, writer: &mut Writer, length: u64) -> Result<(), JournalError> {
        self.sync_out(writer)?;
        let full = self.folder.join(segment::name(writer.segment));
        writer
            .file
            .set_len(writer.offset)
            .map_err(JournalError::io("closing", &full))?;
        let count = self.index_mut().segments.len();
        let header = Header {
            first: writer.head.next(),
            size: segment::planned_size(count).max(HEADER as u64 + length),
            before: writer.hash,
        };
        writer.file = segment::create(self.disk.as_ref(), &self.folder, &header)?;
        writer.segment = header.first;
        writer.size = header.size;
        writer.offset = HEADER as u64;
        self.index_mut().segments.push(header.first);
        Ok(())
    }

    /// Hands what is pending to the operating system.
    fn write_out(&self, writer: &mut Writer) -> Result<(), JournalError> {
        if writer.pending.is_empty() {
            return Ok(());
        }
        let path = || self.folder.join(segment::name(writer.segment));
        writer
            .file
            .write_all_at(writer.offset, &writer.pending)
            .map_err(|error| JournalError::io("writing", &path())(error))?;
        writer.offset += writer.pending.len() as u64;
        writer.pending.clear();
        writer.written = writer.head;
        self.index_mut().spots.extend(writer.spots.drain(..));
        Ok(())
    }

    fn sync_out(&self, writer: &mut Writer) -> Result<(), JournalError> {
        self.write_out(writer)?;
        if writer.synced < writer.written {
            let path = self.folder.join(segment::name(writer.segment));
            writer
                .file
                .sync_data()
                .map_err(JournalError::io("syncing", &path))?;
            writer.synced = writer.written;
        }
        Ok(())
    }

    /// Runs `work` on the writer, for the last time if it fails.
    fn stopping(
        &self,
        work: impl FnOnce(&mut Writer) -> Result<(), JournalError>,
    ) -> Result<(), JournalError> {
        let mut writer = self.writer();
        if writer.stopped {
            return Err(JournalError::Stopped);
        }
        // Set first, so that a panic on the way stops the journal too.
        writer.stopped = true;
        let done = work(&mut writer);
        writer.stopped = done.is_err();
        done
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn index_mut(&self) -> std::sync::RwLockWriteGuard<'_, Index> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writer {
    fn push(&mut self, entry: &Entry) {
        debug_assert_eq!(entry.position, self.head.next());
        if entry.position.get().is_multiple_of(SPOT_EVERY) {
            let offset = self.offset + self.pending.len() as u64;
            self.spots.push((entry.position, offset));
        }
        self.hash = frame::encode(entry, self.synced, &self.hash, &mut self.pending);
        self.head = entry.position;
    }
}
