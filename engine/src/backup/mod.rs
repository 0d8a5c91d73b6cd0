//! How does a store get to another place?
//!
//! A backup is a folder that holds a checkpoint of the state and the whole journal up to the same
//! position. It is taken while writers go on. `take` makes one and brings one up to date, `restore`
//! makes a store of it, `verify` says whether it would, `rebuild` makes the state of a store anew; `content` sees to the files that records name, `manifest` says what a backup
//! consists of.
//!
//! ```text
//! BACKUP         says what this folder is; locked while a backup is taken
//! manifest.json  what belongs to the backup, with lengths and hashes; written last
//! files/         the checkpoint and the segments of the journal, each under its name and the
//!                beginning of its hash, so that nothing that a manifest names is ever overwritten
//! content/       the files that records name, each under its hash
//! ```

mod content;
mod copy;
mod error;
mod folder;
mod manifest;
mod rebuild;
mod restore;
mod take;
mod verify;

#[cfg(test)]
mod mishap_tests;
#[cfg(test)]
mod tests;

use std::path::Path;

use crate::engine::Engine;
use crate::error::Result;
use crate::journal::Position;
use crate::store::Progress;

pub use rebuild::rebuild;
#[cfg(test)]
use restore::restore_on;
pub use restore::{RestoreOptions, Restored, restore};
pub use verify::verify_backup;

/// A backup that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Backup {
    /// The last commit that is in it.
    pub position: Position,
    /// Entries of the state: records, and what is derived from them.
    pub entries: u64,
    /// Files of the backup.
    pub files: u64,
    /// What they take together.
    pub bytes: u64,
    /// What was copied this time; the rest was there already.
    pub copied: u64,
    /// What is wrong, in words: files of records that the store has lost or that are damaged in it. Everything else is
    /// in the backup; where this is not empty, see to it before the backups go that are older.
    pub problems: Vec<String>,
}

/// A checkpoint that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Checkpoint {
    /// The commit that it is the state of.
    pub position: Position,
    /// Entries of the state.
    pub entries: u64,
    /// What the file takes.
    pub bytes: u64,
    /// blake3 over all entries: equal for equal states, whatever stored them.
    pub hash: String,
}

impl Engine {
    /// Writes the state as it is now into one file, compressed and with checksums, while writers go
    /// on. What was at `path` is replaced when the new file is whole.
    ///
    /// It is one half of a backup; [`Engine::backup`] makes both.
    ///
    /// # Errors
    /// When the store cannot be read or the file cannot be written; then `path` is as it was.
    pub fn checkpoint(
        &self,
        path: impl AsRef<Path>,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Checkpoint> {
        let _alone = self.reshaping();
        self.write_checkpoint(path.as_ref(), tell)
    }

    /// The same, for who sees to it that nothing is erased meanwhile.
    pub(crate) fn write_checkpoint(
        &self,
        path: &Path,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Checkpoint> {
        Ok(take::checkpoint(&self.inner.backend, path, tell)?)
    }

    /// Takes a backup into a folder of its own, while writers go on: a checkpoint, and the journal up
    /// to it. A backup that is there already is brought up to date, and only what is new is copied;
    /// until that is done, the old one stays good. A file of a record that is missing or damaged in the store does not
    /// keep the rest from being copied, and a good copy that an earlier backup made of it stays:
    /// [`Backup::problems`] tells of each.
    ///
    /// ```
    /// # fn main() -> Result<(), peyvand::Error> {
    /// # let dir = std::env::temp_dir().join(format!("peyvand-backup-doc-{}", std::process::id()));
    /// # let (crm, backup, copy) = (dir.join("crm"), dir.join("backup"), dir.join("copy"));
    /// let engine = peyvand::Engine::open(&crm)?;
    /// engine.backup(&backup, &mut |_| {})?;
    /// peyvand::restore(&backup, &copy, &peyvand::RestoreOptions::default(), &mut |_| {})?;
    /// assert!(peyvand::Engine::open(&copy)?.check()?.ok);
    /// # engine.close()?;
    /// # std::fs::remove_dir_all(&dir).ok();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the folder holds something else or the backup of another store, when it cannot be written,
    /// or when the store cannot be read.
    pub fn backup(&self, dir: impl AsRef<Path>, tell: &mut dyn FnMut(Progress)) -> Result<Backup> {
        let _alone = self.reshaping();
        let made = self.session().context.now();
        Ok(take::backup(
            &self.inner.backend,
            &|| crate::content::named(self),
            made,
            dir.as_ref(),
            tell,
        )?)
    }
}
