//! Where in the files does a position lie? For who copies a journal, or cuts a copy.

use std::path::PathBuf;

use super::Position;
use super::disk::Disk;
use super::error::JournalError;
use super::log::Journal;
use super::segment::{self, Header};
use super::source::Source;
use super::walk::Walk;

/// A file of the journal as it is to be copied.
pub(crate) struct SegmentFile {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    /// How much of it is wanted; `None` is all.
    pub(crate) length: Option<u64>,
}

impl Journal {
    /// The disk that the journal lies on.
    pub(crate) fn disk(&self) -> &std::sync::Arc<dyn Disk> {
        &self.disk
    }

    /// The files that hold the journal up to and including `upto`, in order. What is written while they are copied lies
    /// behind what is wanted of them. Where `upto` lies in a compressed segment, more comes along: the last file is always
    /// a plain one, for only such a one can be gone on with.
    pub(crate) fn files(&self, upto: Position) -> Result<Vec<SegmentFile>, JournalError> {
        self.hand_out()?;
        // While a segment is replaced, the index and the folder say different things.
        let _reshaping = self.reshaping();
        let holding = self
            .segment_of(upto)
            .map_or_else(|_| self.oldest(), |(first, _)| first);
        let (segments, plain) = self.shape();
        let last = plain.iter().copied().find(|first| *first >= holding);
        let last = last.unwrap_or(holding);
        let length = self.length_upto(last, upto)?;
        let files = segments.into_iter().filter(|first| *first <= last);
        Ok(files
            .map(|first| {
                let name = match plain.contains(&first) {
                    true => segment::name(first),
                    false => segment::packed_name(first),
                };
                SegmentFile {
                    path: self.folder.join(&name),
                    name,
                    length: (first == last).then_some(length),
                }
            })
            .collect())
    }

    /// Ends the journal after `last`; what came later is gone. The journal is closed by it.
    pub(crate) fn cut(self, last: Position) -> Result<(), JournalError> {
        if last < self.oldest() {
            return Ok(());
        }
        let (first, _) = self.segment_of(last)?;
        let length = self.length_upto(first, last)?;
        let (folder, disk) = (self.folder.clone(), self.disk.clone());
        let (segments, plain) = self.shape();
        let mut source = self.source(first)?;
        drop(self);
        // From the end, so that what is left is a journal at any moment.
        for later in segments.iter().rev().filter(|later| **later > first) {
            let name = match plain.contains(later) {
                true => segment::name(*later),
                false => segment::packed_name(*later),
            };
            let path = folder.join(name);
            disk.remove(&path)
                .map_err(JournalError::io("removing", &path))?;
        }
        let path = folder.join(segment::name(first));
        if source.is_packed() {
            unpack(disk.as_ref(), &mut source, length, &path)?;
            let packed = folder.join(segment::packed_name(first));
            disk.remove(&packed)
                .map_err(JournalError::io("removing", &packed))?;
        } else {
            disk.open(&path)
                .and_then(|file| {
                    let size = source.header.size.max(length);
                    file.set_len(length)?;
                    // It is the last one now, and those are as long as they say.
                    file.set_len(size)?;
                    file.sync_data()
                })
                .map_err(JournalError::io("cutting", &path))?;
        }
        disk.sync_folder(&folder)
            .map_err(JournalError::io("syncing", &folder))
    }

    /// All segments, and those that are not compressed.
    fn shape(&self) -> (Vec<Position>, Vec<Position>) {
        let current = self.writer().segment;
        let index = self.index();
        let plain = index.segments.iter().copied();
        // Where compressing one was broken off by a disk that failed, the plain file may be gone already.
        let is_there = |first: &Position| self.folder.join(segment::name(*first)).exists();
        let plain = plain.filter(|first| {
            *first == current || (index.unpacked.contains(first) && is_there(first))
        });
        (index.segments.clone(), plain.collect())
    }

    /// How many bytes of a segment, uncompressed, hold its entries up to `upto`.
    fn length_upto(&self, first: Position, upto: Position) -> Result<u64, JournalError> {
        let mut source = self.source(first)?;
        let spot = self.spot(&source, upto.max(first));
        let mut walk = Walk::at(&mut source, spot);
        while walk.expected <= upto && walk.must_step()? {}
        Ok(walk.offset)
    }
}

/// Writes the first `length` bytes of a compressed segment as a plain one.
fn unpack(
    disk: &dyn Disk,
    source: &mut Source,
    length: u64,
    path: &std::path::Path,
) -> Result<(), JournalError> {
    let unfinished = path.with_extension("seg.new");
    let fail = || JournalError::io("writing", path);
    let file = disk.create(&unfinished).map_err(fail())?;
    let header = Header {
        size: length,
        ..source.header.clone()
    };
    file.write_all_at(0, &header.encode(segment::MAGIC))
        .map_err(fail())?;
    let mut part = vec![0; 256 * 1024];
    let mut at = header.length();
    while at < length {
        let want = part.len().min((length - at) as usize);
        let read = source.read_at(at, &mut part[..want])?;
        if read == 0 {
            return Err(JournalError::damaged(
                &source.name,
                at,
                "it is shorter than its frames",
            ));
        }
        file.write_all_at(at, &part[..read]).map_err(fail())?;
        at += read as u64;
    }
    file.sync_data().map_err(fail())?;
    disk.rename(&unfinished, path).map_err(fail())
}
