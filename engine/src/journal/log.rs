//! How are commits appended, made durable and read again?
//!
//! One writer at a time appends; readers share nothing with it but the small index of segments, so
//! that reading old entries never waits for the disk to sync.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::disk::{Disk, DiskFile};
use super::entry::Entry;
use super::error::JournalError;
use super::frame::{Encoder, Hash};
use super::recover::{SPOT_EVERY, recover};
use super::segment::{self, Header};
use super::source::{Source, Spot};
use super::upkeep::{Prepared, WORTH_PREPARING};
use super::walk::Walk;
use super::{Durability, Position};

/// With `Durability::Memory`, this much is gathered before it is handed to the operating system.
const GATHER: usize = 1024 * 1024;

/// How a journal is to be opened.
pub(crate) struct OpenWith {
    /// Whether to make one where there is none.
    pub(crate) create: bool,
    pub(crate) durability: Durability,
    pub(crate) disk: Arc<dyn Disk>,
    /// Makes the salts of leaves. It must be known to nobody and is stored nowhere.
    pub(crate) salt_key: [u8; 32],
    /// The position up to which entries may be missing, because a checkpoint holds what came of
    /// them, and the hash of the entry there.
    pub(crate) base: Option<(Position, Hash)>,
    /// Whether the last segment may end where its last entry does, as in a copy that was made so.
    /// Anywhere else only a full segment does, and the one after it is missing then.
    pub(crate) copied: bool,
}

impl OpenWith {
    /// For reading and cutting a copy of a journal to which nothing is appended.
    pub(crate) fn existing(disk: Arc<dyn Disk>) -> Self {
        OpenWith {
            create: false,
            durability: Durability::Sync,
            disk,
            salt_key: [0; 32],
            base: None,
            copied: true,
        }
    }
}

/// An open journal.
pub(crate) struct Journal {
    pub(super) folder: PathBuf,
    pub(super) disk: Arc<dyn Disk>,
    durability: Durability,
    writer: Mutex<Writer>,
    index: RwLock<Index>,
    /// Held while old segments are written anew or removed.
    pub(super) reshaping: Mutex<()>,
    /// A segment that was made ahead.
    pub(super) prepared: Mutex<Option<Prepared>>,
    /// Whether a segment became full, or half full, since somebody asked.
    due: AtomicBool,
}

/// The end of the journal, where the next frame goes.
pub(super) struct Writer {
    pub(super) file: Box<dyn DiskFile>,
    pub(super) segment: Position,
    pub(super) size: u64,
    /// Up to where the file has zeroes for what comes.
    pub(super) ready: u64,
    /// Where in the file `pending` belongs.
    pub(super) offset: u64,
    /// Frames that were not handed to the operating system yet.
    pending: Vec<u8>,
    /// Places in `pending` for the index.
    spots: Vec<Spot>,
    pub(super) head: Position,
    written: Position,
    synced: Position,
    pub(super) hash: Hash,
    latest: i64,
    /// Whether it was told that the segment is half full.
    half_full: bool,
    encoder: Encoder,
    /// After a failed write nobody knows what is on the disk, so nothing more is written.
    pub(super) stopped: bool,
}

/// Where readers begin.
pub(super) struct Index {
    pub(super) segments: Vec<Position>,
    /// Full segments that are not compressed yet.
    pub(super) unpacked: BTreeSet<Position>,
    /// Places of some frames; each lies in the segment that its position belongs to.
    pub(super) spots: BTreeMap<Position, Spot>,
}

impl Journal {
    /// Opens the journal in `folder`.
    pub(crate) fn open(folder: &Path, with: OpenWith) -> Result<Self, JournalError> {
        let disk = with.disk;
        if with.create && !folder.is_dir() {
            disk.create_folder(folder)
                .map_err(JournalError::io("creating", folder))?;
            if let Some(parent) = folder.parent() {
                disk.sync_folder(parent)
                    .map_err(JournalError::io("syncing", parent))?;
            }
        }
        let found = recover(disk.as_ref(), folder, with.create, with.base, with.copied)?;
        let writer = Writer {
            file: found.file,
            segment: found.segments.last().copied().unwrap_or_default(),
            size: found.size,
            ready: found.ready,
            offset: found.offset,
            pending: Vec::new(),
            spots: Vec::new(),
            head: found.head,
            written: found.head,
            // Frames that survived only in the system's cache are not promised to anybody.
            synced: Position::START,
            hash: found.hash,
            latest: found.latest,
            half_full: false,
            encoder: Encoder::new(with.salt_key),
            stopped: false,
        };
        let due = !found.unpacked.is_empty();
        let journal = Journal {
            folder: folder.to_path_buf(),
            disk,
            durability: with.durability,
            writer: Mutex::new(writer),
            index: RwLock::new(Index {
                segments: found.segments,
                unpacked: found.unpacked,
                spots: found.spots,
            }),
            reshaping: Mutex::new(()),
            prepared: Mutex::new(None),
            due: AtomicBool::new(due),
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
                self.push(writer, entry)?;
            }
            if !writer.half_full && writer.is_half_full() {
                writer.half_full = true;
                self.due.store(true, Ordering::Release);
            }
            match self.durability {
                Durability::Memory if writer.pending.len() < GATHER => Ok(()),
                Durability::Memory | Durability::Os => self.write_out(writer),
                Durability::Sync | Durability::Group(_) => self.sync_out(writer),
            }
        })
    }

    fn push(&self, writer: &mut Writer, entry: &Entry) -> Result<(), JournalError> {
        debug_assert_eq!(entry.position, writer.head.next());
        let start = writer.pending.len();
        let (synced, before) = (writer.synced, writer.hash);
        let hash = writer
            .encoder
            .encode(entry, synced, &before, &mut writer.pending);
        let length = (writer.pending.len() - start) as u64;
        if writer.offset + writer.pending.len() as u64 > writer.size {
            let frame = writer.pending.split_off(start);
            self.roll(writer, length)?;
            writer.pending = frame;
        }
        let offset = writer.offset + writer.pending.len() as u64 - length;
        writer.pushed(entry, offset, hash);
        Ok(())
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
        self.visit_frames(after, upto, |walk| Ok(each(walk.entry()?)))
    }

    /// The same, without making entries of the frames.
    pub(super) fn visit_frames(
        &self,
        after: Position,
        upto: Position,
        mut each: impl FnMut(&Walk<'_>) -> Result<ControlFlow<()>, JournalError>,
    ) -> Result<(), JournalError> {
        self.hand_out()?;
        let mut wanted = after.next();
        let mut chain = None;
        while wanted <= upto {
            let (first, next) = self.segment_of(wanted)?;
            let mut source = self.source(first)?;
            if chain.is_some_and(|hash| hash != source.header.before) {
                let what = "the hash chain breaks at its beginning";
                return Err(JournalError::damaged(&source.name, 0, what));
            }
            let spot = self.spot(&source, wanted);
            let mut walk = Walk::at(&mut source, spot);
            while walk.expected <= upto && walk.must_step()? {
                self.note(&walk);
                if walk.expected > wanted && each(&walk)?.is_break() {
                    return Ok(());
                }
            }
            wanted = walk.expected;
            chain = walk.before;
            if wanted <= upto && next != Some(wanted) {
                return Err(walk.damaged(match next {
                    Some(next) => format!("{wanted} is missing: the next segment begins at {next}"),
                    None => format!("{wanted} is missing: the journal went up to {upto}"),
                }));
            }
        }
        Ok(())
    }

    /// Keeps some places of what was read, for those who read it again.
    fn note(&self, walk: &Walk<'_>) {
        let spot = walk.spot();
        let kept = spot.filter(|spot| spot.position.get().is_multiple_of(SPOT_EVERY));
        if let Some(spot) = kept {
            self.index_mut().spots.insert(spot.position, spot);
        }
    }

    /// Opens the segment that begins with `first`.
    pub(super) fn source(&self, first: Position) -> Result<Source, JournalError> {
        Source::open(self.disk.as_ref(), &self.folder, first).map_err(|error| {
            // It may have been trimmed since it was looked up.
            match self.index().segments.first() {
                Some(oldest) if first < *oldest => JournalError::Trimmed {
                    wanted: first,
                    oldest: *oldest,
                },
                _ => error,
            }
        })
    }

    /// The segment in which `position` lies, and the one after it.
    pub(super) fn segment_of(
        &self,
        position: Position,
    ) -> Result<(Position, Option<Position>), JournalError> {
        let index = self.index();
        let after = index.segments.partition_point(|first| *first <= position);
        let Some(at) = after.checked_sub(1) else {
            return Err(JournalError::Trimmed {
                wanted: position,
                oldest: index.segments.first().copied().unwrap_or_default(),
            });
        };
        let first = index.segments.get(at).copied().unwrap_or_default();
        Ok((first, index.segments.get(at + 1).copied()))
    }

    /// The nearest known frame at or before `wanted`, in its segment.
    pub(super) fn spot(&self, source: &Source, wanted: Position) -> Spot {
        let first = source.header.first;
        let index = self.index();
        let spot = index.spots.range(first..=wanted).next_back();
        let own = source.spot(|spot| spot.position <= wanted);
        spot.map(|(_, spot)| *spot)
            .filter(|spot| spot.position >= own.position)
            .unwrap_or(own)
    }

    /// Begins the next segment, with room for a frame of `length`, and closes the current one by
    /// cutting it. It is cut last, so that one that is cut says that there is another.
    pub(super) fn roll(&self, writer: &mut Writer, length: u64) -> Result<(), JournalError> {
        self.sync_out(writer)?;
        let planned = segment::planned_size(writer.offset);
        let mut header = Header::new(writer.head.next(), planned, writer.hash, writer.latest);
        let least = header.length() + length;
        header.size = planned.max(least);
        let zeroes = match self.durability {
            Durability::Sync | Durability::Group(_) => header.size,
            // Zeroes written beforehand make the sync of a commit cheap, and here no commit is synced.
            Durability::Memory | Durability::Os => least,
        };
        let next = self.next_segment(&mut header, zeroes)?;
        let full = std::mem::replace(&mut writer.file, next);
        let closed = std::mem::replace(&mut writer.segment, header.first);
        let used = std::mem::replace(&mut writer.offset, header.length());
        writer.size = header.size;
        writer.ready = header.size;
        writer.half_full = false;
        if closed == header.first {
            // Nothing was in it: it was made anew with more room, and is no full one to be compressed.
            return Ok(());
        }
        self.due.store(true, Ordering::Release);
        // One that was too small for its first frame has given its name to the next.
        if closed != header.first {
            let mut index = self.index_mut();
            index.segments.push(header.first);
            index.unpacked.insert(closed);
        }
        let path = self.folder.join(segment::name(closed));
        full.set_len(used)
            .map_err(JournalError::io("closing", &path))
    }

    /// Whether there may be something to do beside appending, asked by whoever then does it.
    pub(crate) fn is_due(&self) -> bool {
        self.due.load(Ordering::Acquire) && self.due.swap(false, Ordering::AcqRel)
    }

    /// Hands over what only this process knows of, so that readers find it.
    pub(super) fn hand_out(&self) -> Result<(), JournalError> {
        match self.durability {
            Durability::Memory => self.stopping(|writer| self.write_out(writer)),
            _ => Ok(()),
        }
    }

    /// Hands what is pending to the operating system.
    fn write_out(&self, writer: &mut Writer) -> Result<(), JournalError> {
        if writer.pending.is_empty() {
            return Ok(());
        }
        let path = self.folder.join(segment::name(writer.segment));
        writer
            .make_ready()
            .and_then(|()| writer.file.write_all_at(writer.offset, &writer.pending))
            .map_err(JournalError::io("writing", &path))?;
        writer.offset += writer.pending.len() as u64;
        writer.pending.clear();
        // One huge commit must not hold its memory for ever.
        writer.pending.shrink_to(4 * GATHER);
        writer.written = writer.head;
        let spots = writer.spots.drain(..).map(|spot| (spot.position, spot));
        self.index_mut().spots.extend(spots);
        Ok(())
    }

    pub(super) fn sync_out(&self, writer: &mut Writer) -> Result<(), JournalError> {
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
    pub(super) fn stopping(
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

    pub(super) fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn index_mut(&self) -> RwLockWriteGuard<'_, Index> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writer {
    /// Whether the next segment is worth being made ahead by now.
    pub(super) fn is_half_full(&self) -> bool {
        let used = self.offset + self.pending.len() as u64;
        self.size >= WORTH_PREPARING && used >= self.size / 2
    }

    /// Sees to it that zeroes follow what is pending. They are synced first: a file that ends with a frame says that it is
    /// full.
    fn make_ready(&mut self) -> io::Result<()> {
        let end = self.offset + self.pending.len() as u64;
        if end < self.ready || self.ready >= self.size {
            return Ok(());
        }
        let ready = segment::ready_for(end, self.size);
        segment::write_zeroes(self.file.as_ref(), self.ready, ready)?;
        self.file.sync_data()?;
        self.ready = ready;
        Ok(())
    }

    /// The frame of `entry` is pending, to be written at `offset`.
    fn pushed(&mut self, entry: &Entry, offset: u64, hash: Hash) {
        if entry.position.get().is_multiple_of(SPOT_EVERY) {
            self.spots.push(Spot {
                position: entry.position,
                offset,
                latest: self.latest,
            });
        }
        self.hash = hash;
        self.head = entry.position;
        self.latest = self.latest.max(entry.time);
    }
}
