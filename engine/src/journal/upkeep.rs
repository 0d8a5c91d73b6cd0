//! What is done to segments besides appending? They are made ahead, compressed once they are full,
//! written anew without what is erased, and removed once they are trimmed.
//!
//! None of this holds up a commit. A segment is always replaced as a whole, by a rename: whoever
//! has the old file open reads on in it, and after a crash one of the two is there.

use std::collections::BTreeSet;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{MutexGuard, PoisonError};

use super::Position;
use super::disk::DiskFile;
use super::entry::Subject;
use super::error::JournalError;
use super::frame::{self, Hash};
use super::log::{Journal, OpenWith};
use super::packed::Packer;
use super::recover;
use super::segment::{self, Header, PREPARED};
use super::source::Source;
use super::walk::Walk;

/// Smaller segments are made in no time when they are needed.
pub(super) const WORTH_PREPARING: u64 = 1024 * 1024;

/// What the last segment of a closed journal keeps.
const KEPT_ZEROES: u64 = 4 * 1024;

/// A blank segment.
pub(super) struct Prepared {
    file: Box<dyn DiskFile>,
    size: u64,
}

impl Journal {
    /// Begins an empty journal in `folder` that goes on after `position`, whose entry had this hash.
    #[allow(dead_code, reason = "for restoring checkpoints")]
    pub(crate) fn start_at(
        folder: &Path,
        position: Position,
        hash: Hash,
        with: OpenWith,
    ) -> Result<Self, JournalError> {
        if folder.is_dir()
            && !recover::list(with.disk.as_ref(), folder)?
                .segments
                .is_empty()
        {
            let exists = io::Error::from(io::ErrorKind::AlreadyExists);
            return Err(JournalError::io("beginning a journal in", folder)(exists));
        }
        Self::open(
            folder,
            OpenWith {
                create: true,
                base: Some((position, hash)),
                ..with
            },
        )
    }

    /// The first position that the journal still has, or will have.
    pub(crate) fn oldest(&self) -> Position {
        self.index().segments.first().copied().unwrap_or_default()
    }

    /// The hash of the entry at a position, or of what the journal goes on from.
    pub(crate) fn hash_at(&self, at: Position) -> Result<Hash, JournalError> {
        if let Some(hash) = self.hash_at_head(at) {
            return Ok(hash);
        }
        let follows = self.index().segments.contains(&at.next());
        if follows {
            return Ok(self.source(at.next())?.header.before);
        }
        let before = Position::from_number(at.get().saturating_sub(1));
        let mut hash = None;
        self.visit_frames(before, at, |walk| {
            hash = walk.before;
            Ok(ControlFlow::Continue(()))
        })?;
        hash.ok_or(JournalError::Trimmed {
            wanted: at,
            oldest: self.oldest(),
        })
    }

    /// The hash of the last entry, if it is the one at this position.
    fn hash_at_head(&self, at: Position) -> Option<Hash> {
        let writer = self.writer();
        (writer.head == at && !writer.stopped).then_some(writer.hash)
    }

    /// When the commit of a position was made.
    pub(crate) fn time_of(&self, at: Position) -> Result<Option<i64>, JournalError> {
        let Some(before) = at.get().checked_sub(1).map(Position::from_number) else {
            return Ok(None);
        };
        let mut time = None;
        self.visit(before, at, |entry| {
            time = Some(entry.time);
            ControlFlow::Break(())
        })?;
        Ok(time)
    }

    /// The last position up to which no commit was later than `time`, in microseconds. Commits have
    /// the times that their callers say, which may go back; what counts is the latest one so far.
    pub(crate) fn position_at(&self, time: i64) -> Result<Position, JournalError> {
        self.hand_out()?;
        let (head, segments) = (self.head(), self.index().segments.clone());
        let (mut low, mut high) = (0, segments.len());
        // The first segment is always a candidate: nothing older is there.
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            let Some(first) = segments.get(middle) else {
                break;
            };
            if self.source(*first)?.header.latest <= time {
                low = middle;
            } else {
                high = middle;
            }
        }
        let first = segments.get(low).copied().unwrap_or_default();
        self.position_within(first, head, time)
    }

    /// The part of `position_at` that lies in one segment.
    fn position_within(
        &self,
        first: Position,
        head: Position,
        time: i64,
    ) -> Result<Position, JournalError> {
        let mut source = self.source(first)?;
        let own = source.spot(|spot| spot.latest <= time);
        let known = {
            let index = self.index();
            let last = index.segments.iter().find(|other| **other > first);
            let end = last.copied().unwrap_or(head.next());
            let mut spots = index.spots.range(own.position..end.max(own.position)).rev();
            spots
                .find(|(_, spot)| spot.latest <= time)
                .map(|(_, spot)| *spot)
        };
        let mut walk = Walk::at(&mut source, known.unwrap_or(own));
        while walk.expected <= head {
            let here = walk.expected;
            if !walk.must_step()? {
                break;
            }
            if walk.latest > time {
                return Ok(Position::from_number(here.get() - 1));
            }
        }
        Ok(Position::from_number(walk.expected.get() - 1))
    }

    /// Makes the next segment ahead, if the current one is large and half full, so that the commit
    /// that fills it does not wait for so many zeroes to be written.
    pub(crate) fn prepare_next(&self) -> Result<bool, JournalError> {
        let (size, half_full) = {
            let writer = self.writer();
            (writer.size, writer.is_half_full())
        };
        let mut prepared = self.prepared();
        if !half_full || prepared.is_some() {
            return Ok(false);
        }
        let size = segment::planned_size(size);
        let file = segment::blank(self.disk.as_ref(), &self.folder, PREPARED, (size, size))?;
        *prepared = Some(Prepared { file, size });
        Ok(true)
    }

    /// Removes the segment that was made ahead, if there is one: for who closes the journal.
    pub(crate) fn forget_prepared(&self) {
        if self.prepared().take().is_some() {
            // What cannot be removed now is at the next open.
            drop(self.disk.remove(&self.folder.join(PREPARED)));
        }
    }

    /// Gives back most of the zeroes that were written ahead, where they are many: for who closes the journal.
    pub(crate) fn give_zeroes_back(&self) -> Result<(), JournalError> {
        self.stopping(|writer| {
            self.sync_out(writer)?;
            // Some stay: a segment without any looks like one that is full.
            let kept = writer.offset + KEPT_ZEROES;
            if writer.ready < kept + WORTH_PREPARING {
                return Ok(());
            }
            let path = self.folder.join(segment::name(writer.segment));
            let cut = writer.file.set_len(kept);
            cut.map_err(JournalError::io("shortening", &path))?;
            writer.ready = kept;
            Ok(())
        })
    }

    /// The file of the next segment, made ahead or made now with so many zeroes written.
    pub(super) fn next_segment(
        &self,
        header: &mut Header,
        zeroes: u64,
    ) -> Result<Box<dyn DiskFile>, JournalError> {
        let prepared = self.prepared().take();
        match prepared.filter(|prepared| prepared.size >= header.size) {
            Some(Prepared { file, size }) => {
                header.size = size;
                segment::begin(self.disk.as_ref(), &self.folder, PREPARED, file, header)
            }
            None => segment::create(self.disk.as_ref(), &self.folder, header, zeroes),
        }
    }

    /// Compresses one full segment; says whether there was one.
    pub(crate) fn seal_pending(&self) -> Result<bool, JournalError> {
        let _reshaping = self.reshaping();
        let Some(first) = self.index().unpacked.first().copied() else {
            return Ok(false);
        };
        self.rewrite(first, &BTreeSet::new())?;
        Ok(true)
    }

    /// Erases every leaf of these subjects, for good: a segment that holds one is written anew
    /// without it. `progress` hears how many segments of how many are done. Where a crash comes in
    /// between, the rest is erased by calling it again. Gives the number of erased leaves.
    pub(crate) fn erase(
        &self,
        subjects: &BTreeSet<Subject>,
        mut progress: impl FnMut(usize, usize),
    ) -> Result<u64, JournalError> {
        let _reshaping = self.reshaping();
        self.hand_out()?;
        let current = self.writer().segment;
        if self.holds(current, subjects)? {
            self.stopping(|writer| match writer.segment == current {
                true => self.roll(writer, 0),
                false => Ok(()),
            })?;
        }
        let last = self.writer().segment;
        let mut segments = self.index().segments.clone();
        segments.retain(|first| *first < last);
        let mut erased = 0;
        for (done, first) in segments.iter().enumerate() {
            progress(done, segments.len());
            if self.holds(*first, subjects)? {
                erased += self.rewrite(*first, subjects)?;
            }
        }
        progress(segments.len(), segments.len());
        Ok(erased)
    }

    /// Whether a segment holds anything of these subjects that is not erased.
    fn holds(&self, first: Position, subjects: &BTreeSet<Subject>) -> Result<bool, JournalError> {
        let mut source = self.source(first)?;
        let mut walk = Walk::new(&mut source);
        // What is appended while this goes on was asked for after the erasing.
        let head = self.head();
        while walk.expected <= head && walk.must_step()? {
            if frame::holds(walk.frame(), subjects) == Some(true) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Writes a full segment anew, compressed and without the leaves of these subjects.
    fn rewrite(&self, first: Position, subjects: &BTreeSet<Subject>) -> Result<u64, JournalError> {
        let mut source = self.source(first)?;
        let packed = source.is_packed();
        let path = self.folder.join(segment::packed_name(first));
        let unfinished = path.with_extension("segz.new");
        let fail = || JournalError::io("writing", &path);
        let file = self.disk.create(&unfinished).map_err(fail())?;
        let packer = Packer::new(file, &source.header).map_err(fail());
        let copied = packer.and_then(|packer| copy(&mut source, packer, subjects, &path));
        let erased = match copied {
            Ok(erased) => erased,
            Err(error) => {
                // The old file is as good as before; what is left of the new one is removed at open too.
                drop(self.disk.remove(&unfinished));
                return Err(error);
            }
        };
        drop(source);
        self.disk.rename(&unfinished, &path).map_err(fail())?;
        self.disk.sync_folder(&self.folder).map_err(fail())?;
        // Before the plain file goes: who copies the journal looks again, and must find the other name.
        self.index_mut().unpacked.remove(&first);
        if !packed {
            let plain = self.folder.join(segment::name(first));
            self.disk
                .remove(&plain)
                .map_err(JournalError::io("removing", &plain))?;
            if !subjects.is_empty() {
                // What is erased must not come back with a file that was removed.
                self.disk.sync_folder(&self.folder).map_err(fail())?;
            }
        }
        Ok(erased)
    }

    /// Where the journal would go on from if everything before a position was trimmed that can be: the
    /// position before the first segment that stays, and the hash of the entry there.
    pub(crate) fn trimmed_at(&self, before: Position) -> Result<(Position, Hash), JournalError> {
        let first = {
            let index = self.index();
            let count = index.segments.partition_point(|first| *first <= before);
            let first = index.segments.get(count.saturating_sub(1));
            first.copied().unwrap_or_default()
        };
        let base = Position::from_number(first.get().saturating_sub(1));
        Ok((base, self.source(first)?.header.before))
    }

    /// The position that the journal goes on from.
    pub(crate) fn base(&self) -> Position {
        Position::from_number(self.oldest().get().saturating_sub(1))
    }

    /// Removes the segments that end before a position, and says from which position on the journal
    /// is still there. The current segment always stays.
    pub(crate) fn trim(&self, before: Position) -> Result<Position, JournalError> {
        let _reshaping = self.reshaping();
        loop {
            let (first, next) = {
                let index = self.index();
                let mut segments = index.segments.iter().copied();
                (segments.next().unwrap_or_default(), segments.next())
            };
            let Some(next) = next.filter(|next| *next <= before) else {
                return Ok(first);
            };
            let packed = !self.index().unpacked.contains(&first);
            let mut index = self.index_mut();
            index.segments.remove(0);
            index.unpacked.remove(&first);
            index.spots = index.spots.split_off(&next);
            drop(index);
            let name = if packed {
                segment::packed_name(first)
            } else {
                segment::name(first)
            };
            let path = self.folder.join(name);
            self.disk
                .remove(&path)
                .and_then(|()| self.disk.sync_folder(&self.folder))
                .map_err(JournalError::io("removing", &path))?;
        }
    }

    pub(super) fn reshaping(&self) -> MutexGuard<'_, ()> {
        self.reshaping
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn prepared(&self) -> MutexGuard<'_, Option<Prepared>> {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Copies a segment into a compressed one, without the leaves of these subjects.
fn copy(
    source: &mut Source,
    mut packer: Packer,
    subjects: &BTreeSet<Subject>,
    path: &Path,
) -> Result<u64, JournalError> {
    let mut erased = 0;
    let mut walk = Walk::new(source);
    let mut bytes = Vec::new();
    while walk.must_step()? {
        let Some(spot) = walk.spot() else { break };
        bytes.clear();
        bytes.extend_from_slice(walk.frame());
        if !subjects.is_empty() {
            let gone = frame::erase(&mut bytes, subjects);
            erased += gone.ok_or_else(|| walk.damaged("a frame holds what is no commit"))? as u64;
        }
        packer
            .push(spot.position, spot.latest, &bytes)
            .map_err(JournalError::io("writing", path))?;
    }
    packer.finish().map_err(JournalError::io("writing", path))?;
    Ok(erased)
}
