//! What can go wrong with a store, and what is to be done about it?

use std::io;
use std::path::{Path, PathBuf};

use crate::journal::{JournalError, Position};

use super::checkpoint::CheckpointError;

/// A commit that did not happen.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommitError {
    #[error("entry {} was changed by somebody else meanwhile: read it again and repeat", key.escape_ascii())]
    Conflict { key: Vec<u8> },

    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A store that cannot do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("{} is not a directory: choose another path, or move that file away", path.display())]
    NotADirectory { path: PathBuf },

    #[error("there is no store in {}: check the path, or open it with leave to create one", dir.display())]
    Missing { dir: PathBuf },

    #[error("{} cannot be written: give this process the right to, or choose another directory", path.display())]
    ReadOnly { path: PathBuf },

    #[error("no space is left for {}: free some, then close the store and open it again", path.display())]
    DiskFull { path: PathBuf },

    #[error("{} is locked by {}: close it or choose another directory", dir.display(), holder(*pid))]
    Locked { dir: PathBuf, pid: Option<u32> },

    #[error("{} holds other files ({found}) and no store: choose an empty directory", dir.display())]
    NotAStore { dir: PathBuf, found: String },

    #[error("{} holds a journal but no readable FORMAT file: rebuild the store (`peyvand rebuild`), which writes that file anew", dir.display())]
    FormatMissing { dir: PathBuf },

    #[error("{} holds no journal: restore the last backup into another directory, and keep this one", dir.display())]
    JournalMissing { dir: PathBuf },

    #[error("{what} has format {found}, this version reads up to {supported}: use a newer version")]
    NewerFormat {
        what: String,
        found: u32,
        supported: u32,
    },

    #[error(
        "{what} has format {found}, which is older than this version writes: open the store once with leave to write, and it is brought up to date"
    )]
    OlderFormat { what: String, found: u32 },

    #[error(
        "entry {wanted} of the journal was trimmed, the oldest is {oldest}: go on from there, or restore a backup that still has it"
    )]
    Trimmed { wanted: Position, oldest: Position },

    #[error(
        "journal segment {segment} is damaged at byte {offset}: {what}; restore the last backup, and keep the damaged directory"
    )]
    Damaged {
        segment: String,
        offset: u64,
        what: String,
    },

    #[error(
        "the state failed ({why}), the journal is whole: close the store and open it again, the state is then rebuilt"
    )]
    StateFailed { why: String },

    #[error(
        "the store takes no more commits ({why}): close it, look at the disk, then open it again"
    )]
    Poisoned { why: String },

    #[error("the snapshot at {at} is gone, the oldest is {oldest}: take a new one and repeat")]
    SnapshotGone { at: Position, oldest: Position },

    #[error("{what} cannot be done with a store of this kind yet")]
    Unsupported { what: &'static str },

    #[error(
        "the journal cannot be trimmed before {before}: no good checkpoint of position {needed} or later is kept; keep one first"
    )]
    Uncovered { before: Position, needed: Position },

    #[error(
        "the journal was trimmed before position {oldest}, and no good checkpoint is left in {} that says what was before: put one back from a backup, or restore it", dir.display()
    )]
    BaseLost { dir: PathBuf, oldest: Position },

    #[cfg(not(feature = "redb"))]
    #[error("{} lies in the engine {engine}, which is not part of this program: build it with the feature «{engine}»", path.display())]
    NoEngine { path: PathBuf, engine: &'static str },

    #[error("the store was closed: open it again")]
    Closed,

    #[error("a commit of {bytes} bytes is too large, {limit} are allowed: split it")]
    TooLarge { bytes: usize, limit: usize },

    #[error("the total {} would overflow: check the amount that is added", key.escape_ascii())]
    TotalOverflow { key: Vec<u8> },

    #[error("entry {} is {length} bytes long and no {kind}: use another key", key.escape_ascii())]
    WrongKind {
        key: Vec<u8>,
        length: usize,
        kind: &'static str,
    },

    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[cfg(feature = "postgres")]
    #[error(
        "the database failed ({why}): look at the server and at the connection string, then repeat"
    )]
    Database { why: String },

    #[cfg(feature = "postgres")]
    #[error(
        "the database was lost while it committed ({why}), so this may have happened: look whether it did before you repeat it"
    )]
    InDoubt { why: String },

    #[cfg(feature = "postgres")]
    #[error(
        "the database has no tenant {tenant}: check the name, or open it with leave to create one"
    )]
    NoTenant { tenant: String },

    #[cfg(feature = "postgres")]
    #[error("{tenant:?} is no name of a tenant: take 1 to {limit} bytes without a zero")]
    TenantName { tenant: String, limit: usize },

    #[cfg(feature = "postgres")]
    #[error("{what} is damaged: restore the last backup of the database, and keep the damaged one")]
    DamagedRow { what: String },

    #[cfg(feature = "postgres")]
    #[error(
        "a key of {length} bytes is too long for the database, {limit} are allowed: shorten the unique value"
    )]
    KeyTooLong { length: usize, limit: usize },

    #[error("{action} {} failed ({source}): look at the disk, then open the store again", path.display())]
    Io {
        path: PathBuf,
        action: &'static str,
        source: io::Error,
    },
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(
        || "another process".to_owned(),
        |pid| format!("process {pid}"),
    )
}

impl StoreError {
    /// The first few of the names that do not belong in a folder, if there are any.
    pub(crate) fn strangers(mut names: Vec<String>) -> Option<String> {
        names.sort_unstable();
        let more = if names.len() > 3 { ", …" } else { "" };
        names.truncate(3);
        (!names.is_empty()).then(|| names.join(", ") + more)
    }

    /// Says what the system's error means for whoever opened the store.
    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                StoreError::ReadOnly { path }
            }
            io::ErrorKind::NotADirectory => StoreError::NotADirectory { path },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                StoreError::DiskFull { path }
            }
            _ => StoreError::Io {
                path,
                action,
                source,
            },
        }
    }
}

impl From<JournalError> for StoreError {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Io {
                path,
                action,
                source,
            } => StoreError::io(action, &path, source),
            JournalError::Damaged {
                segment,
                offset,
                what,
            } => StoreError::Damaged {
                segment,
                offset,
                what,
            },
            JournalError::NewerFormat {
                segment,
                found,
                supported,
            } => StoreError::NewerFormat {
                what: format!("journal segment {segment}"),
                found,
                supported,
            },
            JournalError::OlderFormat { segment, found } => StoreError::OlderFormat {
                what: format!("journal segment {segment}"),
                found,
            },
            JournalError::Trimmed { wanted, oldest } => StoreError::Trimmed { wanted, oldest },
            JournalError::Stopped => StoreError::Poisoned {
                why: error.to_string(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: io::ErrorKind) -> StoreError {
        StoreError::io("opening", Path::new("store/LOCK"), kind.into())
    }

    #[test]
    fn system_errors_are_told_by_what_to_do() {
        use io::ErrorKind;
        for kind in [ErrorKind::PermissionDenied, ErrorKind::ReadOnlyFilesystem] {
            assert!(matches!(of(kind), StoreError::ReadOnly { .. }));
        }
        for kind in [ErrorKind::StorageFull, ErrorKind::QuotaExceeded] {
            assert!(matches!(of(kind), StoreError::DiskFull { .. }));
        }
        assert!(matches!(
            of(ErrorKind::NotADirectory),
            StoreError::NotADirectory { .. }
        ));
        assert!(matches!(of(ErrorKind::TimedOut), StoreError::Io { .. }));
    }

    #[test]
    fn messages_name_the_thing_and_the_remedy() {
        let locked = StoreError::Locked {
            dir: "shop".into(),
            pid: Some(41),
        };
        assert_eq!(
            locked.to_string(),
            "shop is locked by process 41: close it or choose another directory"
        );
        assert_eq!(
            of(io::ErrorKind::PermissionDenied).to_string(),
            "store/LOCK cannot be written: give this process the right to, or choose another directory"
        );
    }
}
