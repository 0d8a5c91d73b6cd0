//! How does a store stay small?
//!
//! A checkpoint is kept beside the journal; the journal before it can then be trimmed. Nothing is ever trimmed but by
//! this call. Files that nothing names are collected on demand too.

use std::io;

use chrono::TimeDelta;

use crate::backup::Checkpoint;
use crate::content::{self, Collected};
use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Position;
use crate::store::{Progress, Snapshot, StoreError, kept, spaces};

/// What a trimming left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Trimmed {
    /// The first commit that the journal still has.
    pub oldest: Position,
    /// How many commits went.
    pub entries: u64,
}

impl Engine {
    /// Writes the state as it is now into a checkpoint that the store keeps, while writers go on. A state that is lost is
    /// built from it sooner, and the journal up to it can be [trimmed](Engine::trim).
    ///
    /// # Errors
    /// When the store does not lie in files of its own, cannot be read, or the file cannot be written.
    pub fn keep_checkpoint(&self, tell: &mut dyn FnMut(Progress)) -> Result<Checkpoint> {
        let _alone = self.reshaping();
        let backend = &self.inner.backend;
        let (Some(home), Some(journal)) = (backend.home(), backend.journal()) else {
            let what = "keeping a checkpoint";
            return Err(StoreError::Unsupported { what }.into());
        };
        let folder = home.join(kept::FOLDER);
        match journal.disk().create_folder(&folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(StoreError::io("creating", &folder, error).into());
            }
            _ => journal
                .disk()
                .sync_folder(home)
                .map_err(|error| StoreError::io("syncing", home, error))?,
        }
        // Which position it is of is known afterwards. What a crash leaves under this name is removed.
        let path = folder.join("kept.new");
        let checkpoint = self.write_checkpoint(&path, tell)?;
        let name = folder.join(kept::name(checkpoint.position));
        journal
            .disk()
            .rename(&path, &name)
            .and_then(|()| journal.disk().sync_folder(&folder))
            .map_err(|error| StoreError::io("writing", &name, error))?;
        Ok(checkpoint)
    }

    /// Removes what the journal holds before a position, in whole segments, so that what goes may be less than was asked
    /// for. What came of it stays: the records are as they are. What goes is how they came to be so: earlier events of
    /// timelines, positions that [`Session::as_of`](crate::Session::as_of) can be asked for, and changes for subscribers
    /// that were too slow; each of them hears which position is the oldest. League tables, which are computed from the
    /// whole journal, cannot be computed any longer.
    ///
    /// # Errors
    /// When no good checkpoint is [kept](Engine::keep_checkpoint) that holds what came of the commits that would go, or
    /// when the store fails.
    pub fn trim(&self, before: Position) -> Result<Trimmed> {
        let _alone = self.reshaping();
        let backend = &self.inner.backend;
        if before > backend.head() {
            let message = format!(
                "there is no position {before} yet: the last commit is {}",
                backend.head()
            );
            return Err(Error::new(ErrorKind::Invalid, message));
        }
        let first = self.oldest()?;
        // What somebody still has to follow up stays.
        let before = self
            .queued_first()?
            .map_or(before, |queued| queued.min(before));
        let oldest = backend.trim(before)?;
        Ok(Trimmed {
            oldest,
            entries: oldest.get().saturating_sub(first.get()),
        })
    }

    /// Drops the files of the content store that nothing names any longer: no record, nothing in the bin, nothing in the
    /// journal as far as it goes back, no kept checkpoint; so what can still be read as of the past keeps its files until
    /// the journal is [trimmed](Engine::trim). A file is dropped when it was seen to be unnamed for at least `age`, from
    /// one such call to another by the engine's clock, so that one which was just put stays until somebody names it.
    ///
    /// # Errors
    /// When the store cannot be read or a file cannot be removed.
    pub fn collect_content(&self, age: TimeDelta) -> Result<Collected> {
        let _alone = self.reshaping();
        content::collect(self, age)
    }

    /// The first commit that the journal still has, or will have.
    ///
    /// # Errors
    /// When the store does not lie in files of its own.
    pub fn oldest(&self) -> Result<Position> {
        let what = "trimming the journal";
        let journal = self.inner.backend.journal();
        let journal = journal.ok_or(StoreError::Unsupported { what })?;
        Ok(journal.oldest())
    }

    /// The first commit that follow-ups wait for.
    fn queued_first(&self) -> Result<Option<Position>> {
        let snapshot = Snapshot::pin(&self.inner.backend);
        let mut first = None;
        snapshot.scan_all(&[spaces::QUEUE], |key, _| {
            first = key.last_chunk().map(|bytes| u64::from_be_bytes(*bytes));
            Ok::<_, Error>(std::ops::ControlFlow::Break(()))
        })?;
        Ok(first.map(Position::from_number))
    }
}

#[cfg(test)]
mod tests;
