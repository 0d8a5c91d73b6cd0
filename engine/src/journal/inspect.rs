//! Is a file a whole segment? For who keeps copies of segments, or has lost what says of which format they are.

use std::path::Path;

use super::Position;
use super::disk::Disk;
use super::error::JournalError;
use super::frame::Hash;
use super::segment;
use super::source::Source;
use super::walk::Walk;

/// What a segment holds, every frame of which is good.
pub(crate) struct Inspected {
    pub(crate) first: Position,
    /// Hash of the entry before the first one.
    pub(crate) before: Hash,
    /// The last entry and its hash; as before the first where there is none.
    pub(crate) last: Position,
    pub(crate) hash: Hash,
    /// The hash of the entry that was asked for, if it is there.
    pub(crate) wanted: Option<Hash>,
}

/// Goes through the segment of this name, whose bytes lie at `path`, with checksums and chain checked.
pub(crate) fn inspect(
    disk: &dyn Disk,
    path: &Path,
    name: &str,
    wanted: Position,
) -> Result<Inspected, JournalError> {
    let Some((first, packed)) = segment::first_of(name) else {
        return Err(JournalError::damaged(name, 0, "no segment has such a name"));
    };
    let file = disk.read(path).map_err(JournalError::io("opening", path))?;
    let mut source = Source::of(file, path, first, packed)?;
    source.name = name.to_owned();
    let before = source.header.before;
    let mut at_wanted = None;
    let mut walk = Walk::new(&mut source);
    while walk.must_step()? {
        walk.entry()?;
        if walk.expected == wanted.next() {
            at_wanted = walk.before;
        }
    }
    Ok(Inspected {
        first,
        before,
        last: Position::from_number(walk.expected.get().saturating_sub(1)),
        hash: walk.before.unwrap_or(before),
        wanted: at_wanted,
    })
}

/// The format of the oldest segment in a folder; none where there is no segment.
pub(crate) fn format_of(disk: &dyn Disk, folder: &Path) -> Result<Option<u32>, JournalError> {
    let names = disk.list(folder).unwrap_or_default();
    let found = names.iter().filter_map(|name| segment::first_of(name));
    match found.map(|(first, _)| first).min() {
        Some(first) => Ok(Some(Source::open(disk, folder, first)?.header.format)),
        None => Ok(None),
    }
}
