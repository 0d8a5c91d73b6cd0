//! Where in the files does a position lie? For who copies a journal, or cuts a copy.

use std::path::PathBuf;

use super::error::JournalError;
use super::frame::Hash;
use super::log::Journal;
use super::segment::{self, Header, Step, Walk};
use super::{Disk, Position};

/// What lies behind the frame of a position.
struct Place {
    segment: Position,
    offset: u64,
    /// Hash of the frame.
    hash: Hash,
}

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

    /// The chain hash of a position: that of its frame, or zeroes before the first.
    pub(crate) fn hash_at(&self, position: Position) -> Result<Hash, JournalError> {
        Ok(self.place(position)?.map_or([0; 32], |place| place.hash))
    }

    /// The files that hold the journal up to and including `upto`, in order. What is written while
    /// they are copied lies behind what is wanted of them.
    pub(crate) fn files(&self, upto: Position) -> Result<Vec<SegmentFile>, JournalError> {
        // A journal with nothing in it has a segment all the same.
        let (last, length) = match self.place(upto)? {
            Some(place) => (place.segment, place.offset),
            None => (Position::START.next(), segment::HEADER as u64),
        };
        let files = self.segments().into_iter().filter(|first| *first <= last);
        Ok(files
            .map(|first| {
                let name = segment::name(first);
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
        let Some(place) = self.place(last)? else {
            return Ok(());
        };
        let (folder, disk, segments) = (self.folder.clone(), self.disk.clone(), self.segments());
        drop(self);
        let later = segments.iter().filter(|first| **first > place.segment);
        // From the end, so that what is left is a journal at any moment.
        for first in later.rev() {
            let path = folder.join(segment::name(*first));
            disk.remove(&path)
                .map_err(JournalError::io("removing", &path))?;
        }
        let path = folder.join(segment::name(place.segment));
        disk.open(&path)
            .and_then(|file| {
                file.set_len(place.offset)?;
                file.sync_data()
            })
            .map_err(JournalError::io("cutting", &path))?;
        disk.sync_folder(&folder)
            .map_err(JournalError::io("syncing", &folder))
    }

    /// Reads the frame of a position; there is none before the first.
    fn place(&self, position: Position) -> Result<Option<Place>, JournalError> {
        if position == Position::START {
            return Ok(None);
        }
        self.hand_out()?;
        let (first, _) = self.segment_of(position);
        let name = segment::name(first);
        let path = self.folder.join(&name);
        let file = self
            .disk
            .read(&path)
            .map_err(JournalError::io("opening", &path))?;
        let len = file.len().map_err(JournalError::io("measuring", &path))?;
        let header = Header::read(file.as_ref(), &self.folder, &name)?;
        let spot = self.spot(first, position);
        let before = (spot.1 == first).then_some(header.before);
        let mut walk = Walk::new(file.as_ref(), &self.folder, &name, spot, before, len);
        while walk.expected <= position {
            match walk.step()? {
                Step::Entry(..) => {}
                Step::End => {
                    let what = format!("position {position} is missing");
                    return Err(JournalError::damaged(&name, walk.offset, what));
                }
                Step::Broken(broken) => {
                    return Err(JournalError::damaged(&name, walk.offset, broken.what()));
                }
            }
        }
        Ok(Some(Place {
            segment: first,
            offset: walk.offset,
            hash: walk.before.unwrap_or_default(),
        }))
    }
}
