//! What does a crash leave behind, and what is done with it at open?
//!
//! Only the last segment can have a torn tail: every other one was synced before its successor was
//! made. A torn tail is cut off. It is told from damage by the promise that each frame carries (the
//! last position that was known to be on disk): if any good frame further on was written after the
//! broken one had been promised, the broken one is a loss, and opening fails with its place.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::Position;
use super::disk::{Disk, DiskFile};
use super::error::JournalError;
use super::frame::{self, Hash};
use super::segment::{self, Header};
use super::source::{Source, Spot};
use super::walk::{Broken, Checks, Step, Walk};

/// Every how many positions the index keeps a place.
pub(super) const SPOT_EVERY: u64 = 64;

/// How many bytes of a tail are looked at in one piece.
const AT_ONCE: usize = 256 * 1024;

/// Everything that is known about a journal once it is open.
pub(super) struct Recovered {
    /// The first position of each segment, ascending.
    pub(super) segments: Vec<Position>,
    /// Those that are full and not compressed yet.
    pub(super) unpacked: BTreeSet<Position>,
    /// Places of some frames of the last segment.
    pub(super) spots: BTreeMap<Position, Spot>,
    pub(super) file: Box<dyn DiskFile>,
    pub(super) size: u64,
    /// Up to where there are zeroes.
    pub(super) ready: u64,
    pub(super) offset: u64,
    pub(super) head: Position,
    pub(super) hash: Hash,
    pub(super) latest: i64,
}

/// The segments that are there, by first position.
pub(super) struct Listed {
    pub(super) segments: Vec<Position>,
    plain: BTreeSet<Position>,
}

/// Opens the journal in `folder`, or makes one if `create` is set and none is there. The entries
/// up to `base` may be missing, and of a `copied` one the last segment may be cut.
pub(super) fn recover(
    disk: &dyn Disk,
    folder: &Path,
    create: bool,
    base: Option<(Position, Hash)>,
    copied: bool,
) -> Result<Recovered, JournalError> {
    let Listed { segments, plain } = list(disk, folder)?;
    let Some((first, last)) = segments.first().copied().zip(segments.last().copied()) else {
        if create {
            return start(disk, folder, base.unwrap_or_default());
        }
        let what = "every segment is missing";
        return Err(JournalError::damaged("(none)", 0, what));
    };
    let (begins, hash) = base.unwrap_or_default();
    if first > begins.next() {
        let what = format!("the segments before position {first} are missing");
        return Err(JournalError::damaged(&segment::name(first), 0, what));
    }
    if !plain.contains(&last) {
        let what = "the segment after it is missing";
        return Err(JournalError::damaged(&segment::packed_name(last), 0, what));
    }
    if first == begins.next() {
        let source = Source::open(disk, folder, first)?;
        if source.header.before != hash {
            let what = "it does not follow what the journal is to go on from";
            return Err(JournalError::damaged(&source.name, 0, what));
        }
    }
    let mut found = open_last(disk, folder, last, copied)?;
    found.segments = segments;
    found.unpacked = plain;
    found.unpacked.remove(&last);
    Ok(found)
}

/// Looks at what is in the folder. What a crash left half-made is removed.
pub(super) fn list(disk: &dyn Disk, folder: &Path) -> Result<Listed, JournalError> {
    let remove = |name: &str| {
        let path = folder.join(name);
        disk.remove(&path)
            .map_err(JournalError::io("removing", &path))
    };
    let (mut plain, mut packed) = (BTreeSet::new(), BTreeSet::new());
    for name in disk
        .list(folder)
        .map_err(JournalError::io("listing", folder))?
    {
        if name.ends_with(".seg.new") || name.ends_with(".segz.new") || name == segment::PREPARED {
            remove(&name)?;
        }
        match segment::first_of(&name) {
            Some((first, true)) => packed.insert(first),
            Some((first, false)) => plain.insert(first),
            None => false,
        };
    }
    // The plain one was to be removed. It is compressed again, rather than trusted to be the same.
    for both in packed.intersection(&plain) {
        remove(&segment::packed_name(*both))?;
    }
    Ok(Listed {
        segments: packed.union(&plain).copied().collect(),
        plain,
    })
}

fn start(
    disk: &dyn Disk,
    folder: &Path,
    (base, hash): (Position, Hash),
) -> Result<Recovered, JournalError> {
    let header = Header::new(base.next(), segment::planned_size(0), hash, i64::MIN);
    let file = segment::create(disk, folder, &header, header.size)?;
    Ok(Recovered {
        segments: vec![header.first],
        unpacked: BTreeSet::new(),
        spots: BTreeMap::new(),
        file,
        size: header.size,
        ready: header.size,
        offset: header.length(),
        head: base,
        hash,
        latest: header.latest,
    })
}

fn open_last(
    disk: &dyn Disk,
    folder: &Path,
    last: Position,
    copied: bool,
) -> Result<Recovered, JournalError> {
    let path = folder.join(segment::name(last));
    let file = disk
        .open(&path)
        .map_err(JournalError::io("opening", &path))?;
    let mut source = Source::of(file, &path, last, false)?;
    if source.header.format < segment::FORMAT {
        return Err(JournalError::OlderFormat {
            segment: source.name,
            found: source.header.format,
        });
    }
    let mut spots = BTreeMap::new();
    // Whoever reads what is in the frames checks the chain.
    let tail = walk_tail(&mut source, Checks::Bytes, |walk| {
        let spot = walk.spot();
        let kept = spot.filter(|spot| spot.position.get().is_multiple_of(SPOT_EVERY));
        spots.extend(kept.map(|spot| (spot.position, spot)));
        Ok(())
    })?;
    let (size, len) = (source.header.size, source.end);
    // Only a full segment is cut where a frame ends, and only once the next is there.
    if len < size && len == tail.offset && !copied {
        let what = "it is full, and the segment after it is missing";
        return Err(JournalError::damaged(&source.name, len, what));
    }
    let Some(file) = source.into_file() else {
        let what = "the last segment is compressed";
        return Err(JournalError::damaged(&segment::name(last), 0, what));
    };
    let ready = cut(file.as_ref(), tail.offset, tail.used, len, size)
        .map_err(JournalError::io("cutting the torn tail of", &path))?;
    Ok(Recovered {
        segments: Vec::new(),
        unpacked: BTreeSet::new(),
        spots,
        file,
        size: size.max(len),
        ready,
        offset: tail.offset,
        head: tail.head,
        hash: tail.hash,
        latest: tail.latest,
    })
}

/// Where the good frames of the last segment end.
pub(super) struct Tail {
    pub(super) head: Position,
    hash: Hash,
    latest: i64,
    offset: u64,
    /// How many bytes of a torn write lie there.
    used: u64,
}

/// Goes through the frames of the last segment up to a torn tail. Damage is an error.
pub(super) fn walk_tail(
    source: &mut Source,
    checks: Checks,
    mut each: impl FnMut(&Walk<'_>) -> Result<(), JournalError>,
) -> Result<Tail, JournalError> {
    let mut walk = Walk::checking(source, checks);
    let mut last = None;
    let broken = loop {
        match walk.step()? {
            Step::Frame => {
                last = walk.spot();
                each(&walk)?;
            }
            Step::End => break None,
            Step::Broken(broken) => break Some(broken),
        }
    };
    let (missing, hash) = (walk.expected, walk.before);
    let mut tail = Tail {
        head: Position::from_number(missing.get().saturating_sub(1)),
        hash: hash.unwrap_or_default(),
        latest: walk.latest,
        offset: walk.offset,
        used: 0,
    };
    if let (None, Some(last)) = (hash, last) {
        tail.hash = hash_of(source, last)?;
    }
    tail.used = used_after(source, tail.offset)?;
    let mut bytes = vec![0; tail.used as usize];
    let read = source.read_at(tail.offset, &mut bytes)?;
    bytes.truncate(read);
    if let Some(what) = damage(broken, &bytes, missing) {
        return Err(JournalError::damaged(&source.name, tail.offset, what));
    }
    Ok(tail)
}

/// How many bytes there are from `offset` on, up to the last that is not zero. A segment is made with its zeroes, so
/// they are many, and are not all held in memory.
fn used_after(source: &mut Source, offset: u64) -> Result<u64, JournalError> {
    let mut bytes = vec![0; AT_ONCE];
    let (mut at, mut used) = (offset, offset);
    loop {
        let read = source.read_at(at, &mut bytes)?;
        let read = bytes.get(..read).unwrap_or_default();
        if read.is_empty() {
            return Ok(used - offset);
        }
        // Every byte is looked at, because that goes many at a time, and finding one does not.
        if read.iter().fold(0, |all, byte| all | byte) != 0 {
            let last = read.iter().rposition(|byte| *byte != 0);
            used = at + last.map_or(0, |last| last as u64 + 1);
        }
        at += read.len() as u64;
    }
}

/// The hash of the frame that begins there.
fn hash_of(source: &mut Source, spot: Spot) -> Result<Hash, JournalError> {
    let mut walk = Walk::at(source, spot);
    walk.must_step()?;
    Ok(walk.before.unwrap_or_default())
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

/// Clears what was torn and sees to it that zeroes follow, so that the segment does not look like one that is full.
/// Says up to where they are: a journal that was closed gave most of them back.
fn cut(
    file: &dyn DiskFile,
    offset: u64,
    used: u64,
    len: u64,
    size: u64,
) -> Result<u64, std::io::Error> {
    let ready = match len > offset {
        true => len,
        false => segment::ready_for(offset, size).max(len),
    };
    if used > 0 {
        segment::write_zeroes(file, offset, offset + used)?;
    }
    if len < ready {
        segment::write_zeroes(file, len.max(offset), ready)?;
    }
    if used > 0 || len < ready {
        file.sync_data()?;
    }
    Ok(ready)
}
