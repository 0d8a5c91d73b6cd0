//! What happened? The append-only truth: every commit, in order, one frame each.
//!
//! The journal is a folder of segment files. `entry` says what a commit is, `frame` and `content` how
//! it lies in a segment, `segment` and `packed` how a segment looks before and after it is compressed, `source`
//! and `walk` how both are read. `recover` says what is done at open with a tail that a crash left
//! behind, `log` is the journal as the store uses it, and `upkeep` what is done to old segments:
//! compress, erase, trim. The state is folded from what is written here, so losing the state loses
//! nothing, and losing a frame of the journal is never passed over in silence.

mod bytes;
mod content;
mod disk;
mod entry;
mod error;
#[cfg(any(test, feature = "testing"))]
mod faults;
mod frame;
#[cfg(any(test, feature = "testing"))]
mod fuzz;
mod inspect;
mod log;
mod packed;
mod places;
mod recover;
mod segment;
mod source;
mod upgrade;
mod upkeep;
mod walk;

#[cfg(test)]
mod frame_tests;
#[cfg(test)]
mod roll_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod upkeep_tests;

use std::fmt;
use std::time::Duration;

pub(crate) use disk::{Disk, DiskFile, RealDisk, sync_folder};
pub(crate) use entry::{Change, Entry, Leaf, LeafContent, Subject};
pub(crate) use error::JournalError;
#[cfg(any(test, feature = "testing"))]
pub use faults::{Call, Fault, Faults};
#[cfg(any(test, feature = "testing"))]
pub use fuzz::fuzz_reader;
pub(crate) use inspect::{format_of, inspect};
pub(crate) use log::{Journal, OpenWith};
pub(crate) use places::SegmentFile;
pub(crate) use upgrade::upgrade;

/// A place in the order of commits; 0 is before the first. Opaque and monotone: a later commit has
/// a greater position, and nothing else may be read from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position(u64);

impl Position {
    /// The place before the first commit.
    pub const START: Position = Position(0);

    /// The number, for storing a position outside or sending it over a wire.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }

    /// The position that [`get`](Self::get) gave the number of.
    #[must_use]
    pub fn from_number(number: u64) -> Self {
        Position(number)
    }

    /// The place right after this one.
    pub(crate) fn next(self) -> Self {
        Position(self.0.saturating_add(1))
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// When a commit is acknowledged, and so what an acknowledged commit survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Durability {
    /// Acknowledged when the disk has it. Survives a killed process and a power cut. Writers that
    /// commit at the same time share one flush of the disk.
    #[default]
    Sync,
    /// As [`Sync`](Self::Sync), but a commit first waits up to this long for others to share the
    /// flush with. Survives the same; one writer alone only gets slower.
    Group(Duration),
    /// Acknowledged when the operating system has it. Survives a killed process. A power cut loses
    /// the commits since the last flush, which happens when a segment is full, when the overlay is
    /// folded and at close; what is left is whole and in order.
    Os,
    /// Acknowledged when it is in this process's memory. A killed process or a power cut loses the
    /// last commits, up to a megabyte of them; what is left is whole and in order. For imports that
    /// can be repeated, and for tests.
    Memory,
}
