//! How is more sorted than fits into memory?
//!
//! Versions of entries are pushed in any order and come out by key, newest first. They gather in a
//! [`buffer`] of bounded size; a full one is sorted and written as a [`run`]; in the end the runs and
//! what is still in the buffer are [`merged`]. What never fills the buffer never touches the disk.
//!
//! Runs are scratch: they are removed when they have been read, also after an error, and what a
//! killed process left is removed by [`Scratch::clear`] at the next open. They are never synced.

mod buffer;
mod merged;
mod run;

#[cfg(test)]
mod tests;

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::journal::{Disk, Position};

use super::StoreError;
use buffer::Buffer;
pub(crate) use merged::Merged;
use run::{Run, RunWriter};

/// So many runs are merged at a time: each takes a block of memory and an open file.
const FAN_IN: usize = 32;
const ENDING: &str = ".run";

/// A version of an entry; `None` is a delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Version<'a> {
    pub(crate) key: &'a [u8],
    pub(crate) position: Position,
    pub(crate) value: Option<&'a [u8]>,
}

/// A folder for files that nobody needs after this process. It is made when it is first needed.
#[derive(Clone)]
pub(crate) struct Scratch {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
}

impl Scratch {
    pub(crate) fn new(disk: Arc<dyn Disk>, folder: PathBuf) -> Self {
        Scratch { disk, folder }
    }

    /// Removes what a killed process left. Only for who has the folder alone.
    pub(crate) fn clear(&self) -> Result<(), StoreError> {
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(StoreError::io("removing", &self.folder, error))
            }
            _ => Ok(()),
        }
    }

    /// A path that no other sorter of this process has.
    fn next_path(&self) -> Result<PathBuf, StoreError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        fs::create_dir_all(&self.folder)
            .map_err(|error| StoreError::io("creating", &self.folder, error))?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Ok(self.folder.join(format!("{number}{ENDING}")))
    }
}

/// Takes versions of entries in any order and gives them back sorted.
pub(crate) struct Sorter {
    /// Without one, everything stays in memory.
    scratch: Option<Scratch>,
    buffer: Buffer,
    /// Runs of spilled buffers, then runs of merged runs, and so on.
    levels: Vec<Vec<Run>>,
}

impl Sorter {
    /// A sorter that takes about `budget` bytes of memory.
    pub(crate) fn new(scratch: Option<Scratch>, budget: usize) -> Self {
        Sorter {
            buffer: Buffer::new(if scratch.is_some() {
                budget
            } else {
                usize::MAX
            }),
            scratch,
            levels: Vec::new(),
        }
    }

    /// Adds a version. Of two of one key and position, either comes first.
    pub(crate) fn push(
        &mut self,
        key: &[u8],
        position: Position,
        value: Option<&[u8]>,
    ) -> Result<(), StoreError> {
        let version = Version {
            key,
            position,
            value,
        };
        if !self.buffer.has_room(&version) {
            self.spill()?;
        }
        self.buffer.push(&version);
        Ok(())
    }

    /// Everything that was pushed, by key, newest first.
    pub(crate) fn finish(mut self) -> Result<Merged, StoreError> {
        self.buffer.sort();
        let runs = self.levels.into_iter().flatten();
        Merged::of(runs.collect(), Some(self.buffer))
    }

    fn spill(&mut self) -> Result<(), StoreError> {
        let Some(scratch) = &self.scratch else {
            return Ok(());
        };
        self.buffer.sort();
        let mut writer = RunWriter::create(scratch)?;
        for version in self.buffer.versions() {
            writer.push(&version)?;
        }
        let run = writer.finish()?;
        self.buffer.clear();
        self.keep(0, run)
    }

    /// Keeps a run, and merges the runs of its level when there are too many to be read together.
    fn keep(&mut self, level: usize, run: Run) -> Result<(), StoreError> {
        if self.levels.len() <= level {
            self.levels.resize_with(level + 1, Vec::new);
        }
        let (Some(runs), Some(scratch)) = (self.levels.get_mut(level), &self.scratch) else {
            return Ok(());
        };
        runs.push(run);
        if runs.len() < FAN_IN {
            return Ok(());
        }
        let mut merged = Merged::of(std::mem::take(runs), None)?;
        let mut writer = RunWriter::create(scratch)?;
        while let Some(version) = merged.next()? {
            writer.push(&version)?;
        }
        let run = writer.finish()?;
        self.keep(level + 1, run)
    }
}
