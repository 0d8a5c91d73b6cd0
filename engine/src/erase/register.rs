//! Who was erased?
//!
//! `ERASED` in the folder of a store has a line for each: the id, the position at which it was begun,
//! and the word `erased` once nothing of it was left. A line without that word is gone on with at the
//! next open. The file is written anew each time, beside and by a rename.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::{Disk, Position};
use crate::record::RecordId;
use crate::store::{ERASED, StoreError};

const DONE: &str = "erased";

/// The ids that were erased, or are to be.
pub(crate) struct Register {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    lines: BTreeMap<RecordId, Line>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Line {
    position: Position,
    done: bool,
}

impl Register {
    /// The register of an open store; none where the store has no folder.
    pub(super) fn of(engine: &Engine) -> Result<Option<Self>> {
        let backend = &engine.inner.backend;
        match (backend.home(), backend.journal()) {
            (Some(home), Some(journal)) => {
                Self::read(Arc::clone(journal.disk()), &home.join(ERASED)).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The register in a file; an empty one where there is no file.
    pub(crate) fn read(disk: Arc<dyn Disk>, path: &Path) -> Result<Self> {
        let text = match disk.read_whole(path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(StoreError::io("reading", path, error).into()),
        };
        let mut lines = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            let (id, line) = parse(line).ok_or_else(|| {
                let (number, path) = (number + 1, path.display());
                let message = format!("line {number} of {path} names no erased record");
                Error::new(ErrorKind::Damaged, message).hint("correct the line, or remove it")
            })?;
            lines.insert(id, line);
        }
        Ok(Register {
            disk,
            path: path.to_owned(),
            lines,
        })
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Those of which something may be left.
    pub(super) fn pending(&self) -> impl Iterator<Item = RecordId> {
        let pending = self.lines.iter().filter(|(_, line)| !line.done);
        pending.map(|(id, _)| *id)
    }

    /// Takes up everything of another register, to be erased at the next open.
    pub(crate) fn take_up(&mut self, other: &Register) -> Result<()> {
        for (id, line) in &other.lines {
            let line = Line {
                done: false,
                ..*line
            };
            self.lines.insert(*id, line);
        }
        self.write()
    }

    /// Notes that these are going to be erased.
    pub(super) fn begin(&mut self, ids: &BTreeSet<RecordId>, position: Position) -> Result<()> {
        for id in ids {
            let done = false;
            self.lines.insert(*id, Line { position, done });
        }
        self.write()
    }

    /// Notes that nothing of these, nor of any other that was begun, is left.
    pub(super) fn end(&mut self, ids: &BTreeSet<RecordId>, position: Position) -> Result<()> {
        for id in ids {
            let done = true;
            self.lines.entry(*id).or_insert(Line { position, done });
        }
        for line in self.lines.values_mut() {
            line.done = true;
        }
        self.write()
    }

    fn write(&self) -> Result<()> {
        let line = |(id, line): (&RecordId, &Line)| match line.done {
            true => format!("{id} {} {DONE}\n", line.position),
            false => format!("{id} {}\n", line.position),
        };
        let text: String = self.lines.iter().map(line).collect();
        self.disk
            .replace_whole(&self.path, text.as_bytes())
            .map_err(|error| StoreError::io("writing", &self.path, error).into())
    }
}

fn parse(line: &str) -> Option<(RecordId, Line)> {
    let mut words = line.split_whitespace();
    let id = words.next()?.parse().ok()?;
    let position = Position::from_number(words.next()?.parse().ok()?);
    let done = match words.next() {
        None => false,
        Some(DONE) => true,
        Some(_) => return None,
    };
    words
        .next()
        .is_none()
        .then_some((id, Line { position, done }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::journal::RealDisk;

    #[test]
    fn what_was_begun_is_known_after_a_restart_until_it_is_ended() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(ERASED);
        let read = || Register::read(Arc::new(RealDisk), &path).unwrap();
        let id: RecordId = "con_00000000000000000000000007".parse().unwrap();
        read()
            .begin(&BTreeSet::from([id]), Position::from_number(9))
            .unwrap();
        assert_eq!(read().pending().collect::<Vec<_>>(), [id]);
        read()
            .end(&BTreeSet::new(), Position::from_number(11))
            .unwrap();
        assert_eq!((read().pending().count(), read().len()), (0, 1));
        std::fs::write(&path, "nobody").unwrap();
        let error = Register::read(Arc::new(RealDisk), &path).err().unwrap();
        assert!(error.to_string().contains("line 1"));
    }
}
