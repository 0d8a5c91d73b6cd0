//! What does a crash leave behind, and what is done with it at open?
//!
//! Only the last segment can have a torn tail: every other one was synced before its successor was
//! made. A torn tail is cut off. It is told from damage by the promise that each frame carries (the
//! last position that was known to be on disk): if any good frame further on was written after the
//! broken one had been promised, the broken one is a loss, and opening fails with its place.

use std::collections::BTreeMap;
use std::path::Path;

use super::Position;
use super::disk::{Disk, DiskFile};
use super::error::JournalError;
use super::frame::{self, Hash};
use super::segment::{self, Broken, HEADER, Header, Step, Walk};

/// Every how many positions the index keeps a place.
pub(super) const SPOT_EVERY: u64 = 64;

/// Everything that is known about a journal once it is open.
pub(super) struct Recovered {
    /// The first position of each segment, ascending.
    pub(super) segments: Vec<Position>,
    /// Offsets of some frames of the last segment.
    pub(super) spots: BTreeMap<Position, u64>,
    pub(super) file: Box<dyn DiskFile>,
    pub(super) size: u64,
    pub(super) offset: u64,
    pub(super) head: Position,
    pub(super) hash: Hash,
}

/// Opens the journal in `folder`, or makes one if `create` is set and none is there.
pub(super) fn recover(
    disk: &dyn Disk,
    folder: &Path,
    create: bool,
) -> Result<Recovered, JournalError> {
    let segments = list(disk, folder)?;
    let Some((first, last)) = segments.first().copied().zip(segments.last().copied()) else {
        if create {
            return start(disk, folder);
        }
        let what = "every segment is missing";
        return Err(JournalError::damaged("(none)", 0, what));
    };
    if first != Position::START.next() {
        let what = format!("the segments before position {first} are missing");
        return Err(JournalError::damaged(&segment::name(first), 0, what));
    }
    open_last(disk, folder, segments, last)
}

/// The segments by first position. What a crash left half-made is removed.
fn list(disk: &dyn Disk, folder: &Path) -> Result<Vec<Position>, JournalError> {
    let mut segments = Vec::new();
    for name in disk
        .list(folder)
        .map_err(JournalError::io("listing", folder))?
    {
        if name.ends_with(".seg.new") {
            let path = folder.join(&name);
            disk.remove(&path)
                .map_err(JournalError::io("removing", &path))?;
        }
        segments.extend(segment::first_of(&name));
    }
    segments.sort_unstable();
    Ok(segments)
}

fn start(disk: &dyn Disk, folder: &Path) -> Result<Recovered, JournalError> {
    let header = Header {
        first: Position::START.next(),
        size: segment::planned_size(0),
        before: Hash::default(),
    };
    let file = segment::create(disk, folder, &header)?;
    Ok(Recovered {
        segments: vec![header.first],
        spots: BTreeMap::new(),
        file,
        size: header.size,
        offset: HEADER as u64,
        head: Position::START,
        hash: header.before,
    })
}

fn open_last(
    disk: &dyn Disk,
    folder: &Path,
    segments: Vec<Position>,
    last: Position,
) -> Result<Recovered, JournalError> {
    let name = segment::name(last);
    let path = folder.join(&name);
    let file = disk
        .open(&path)
        .map_err(JournalError::io("opening", &path))?;
    let header = Header::read(file.as_ref(), folder, &name)?;
    let len = file.len().map_err(JournalError::io("measuring", &path))?;

    let start = (HEADER as u64, header.first);
    let mut walk = Walk::new(
        file.as_ref(),
        folder,
        &name,
        start,
        Some(header.before),
        len,
    );
    let mut spots = BTreeMap::new();
    let broken = loop {
        match walk.step()? {
            Step::Entry(offset, entry) => {
                if entry.position.get().is_multiple_of(SPOT_EVERY) {
                    spots.insert(entry.position, offset);
                }
            }
            Step::End => break None,
            Step::Broken(broken) => break Some(broken),
        }
    };
    let (offset, missing) = (walk.offset, walk.expected);
    let hash = walk.before.unwrap_or_default();

    let tail = read_from(file.as_ref(), offset, len).map_err(JournalError::io("reading", &path))?;
    let used = tail
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |at| at + 1);
    if let Some(what) = damage(broken, &tail[..used], missing) {
        return Err(JournalError::damaged(&name, offset, what));
    }
    cut(file.as_ref(), offset, used as u64, len, header.size)
        .map_err(JournalError::io("cutting the torn tail of", &path))?;
    Ok(Recovered {
        segments,
        spots,
        file,
        size: header.size.max(len),
        offset,
        head: Position::from_number(missing.get().saturating_sub(1)),
        hash,
    })
}

/// What is wrong with a tail that holds no frame of position `missing`, if it is more than torn.
fn damage(broken: Option<Broken>, tail: &[u8], missing: Position) -> Option<String> {
    let what = match broken {
        Some(Broken::Chain(what)) => return Some(what),
        Some(Broken::Bytes(what)) => what,
        None => "a frame is missing",
    };
    frame::misses(tail, missing)
        .then(|| format!("{what}, and later frames were written after position {missing} was safe"))
}

/// Clears what was torn and gives the file its planned size again.
fn cut(
    file: &dyn DiskFile,
    offset: u64,
    used: u64,
    len: u64,
    size: u64,
) -> Result<(), std::io::Error> {
    if used > 0 {
        segment::write_zeroes(file, offset, offset + used)?;
    }
    if len < size {
        segment::write_zeroes(file, len.max(offset), size)?;
    }
    if used > 0 || len < size {
        file.sync_data()?;
    }
    Ok(())
}

fn read_from(file: &dyn DiskFile, offset: u64, end: u64) -> Result<Vec<u8>, std::io::Error> {
    let mut bytes = vec![0; end.saturating_sub(offset) as usize];
    let read = file.read_at(offset, &mut bytes)?;
    bytes.truncate(read);
    Ok(bytes)
}
