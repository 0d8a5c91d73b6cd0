//! What can go wrong with a backup, and what is to be done about it?

use std::io;
use std::path::{Path, PathBuf};

use crate::content::ContentError;
use crate::error::{Error, ErrorKind};
use crate::journal::{JournalError, Position};
use crate::store::StoreError;
use crate::store::checkpoint::CheckpointError;

#[derive(Debug, thiserror::Error)]
pub(super) enum BackupError {
    #[error("{} holds other files ({found}) and no backup: choose an empty folder, or that of an earlier backup", dir.display())]
    Strangers { dir: PathBuf, found: String },

    #[error("{} holds the backup of another store, or commits that this one does not have: choose another folder", dir.display())]
    OtherStore { dir: PathBuf },

    #[error("another backup is being taken into {}: wait for it", dir.display())]
    Busy { dir: PathBuf },

    #[error(
        "this store does not lie in files of its own: back it up with the tools of its database"
    )]
    NoFiles,

    #[error("there is no backup in {}: check the path", dir.display())]
    Missing { dir: PathBuf },

    #[error("the backup in {} was not finished: use another one, or take it again", dir.display())]
    Unfinished { dir: PathBuf },

    #[error("{} is damaged: {what}; use another backup", path.display())]
    Damaged { path: PathBuf, what: String },

    #[error("{} is damaged: {what}; choose another folder for the backup, and keep this one", path.display())]
    DamagedTarget { path: PathBuf, what: String },

    #[error("{} is a file and no folder: check the path", path.display())]
    NotAFolder { path: PathBuf },

    #[error("{} lies in {}: choose a folder outside of it", dir.display(), outer.display())]
    Inside { dir: PathBuf, outer: PathBuf },

    #[error("{} is in the way: move it away, or restore into another folder", path.display())]
    InTheWay { path: PathBuf },

    #[error("another restore into {} is under way: wait for it", dir.display())]
    Restoring { dir: PathBuf },

    #[error("{} has format {found}, this version reads up to {supported}: use a newer version", path.display())]
    NewerFormat {
        path: PathBuf,
        found: u32,
        supported: u32,
    },

    #[error("{} is there and not empty: restore into a new folder", dir.display())]
    Taken { dir: PathBuf },

    #[error("the backup begins at position {first} ({time}): choose a later point")]
    TooEarly { first: Position, time: String },

    #[error(
        "the backup ends at position {last} and was taken at {made}: choose an earlier point, or take a newer backup"
    )]
    TooLate { last: Position, made: String },

    #[error(transparent)]
    Store(#[from] StoreError),

    #[error(transparent)]
    Engine(#[from] Error),

    #[error("{action} {} failed ({source}): look at the disk and try again", path.display())]
    Io {
        path: PathBuf,
        action: &'static str,
        source: io::Error,
    },
}

impl BackupError {
    pub(super) fn io<'a>(
        action: &'static str,
        path: &'a Path,
    ) -> impl FnOnce(io::Error) -> Self + 'a {
        move |source| match source.kind() {
            io::ErrorKind::NotADirectory => BackupError::NotAFolder {
                path: path.to_owned(),
            },
            _ => BackupError::Io {
                path: path.to_owned(),
                action,
                source,
            },
        }
    }

    pub(super) fn damaged(path: &Path, what: impl Into<String>) -> Self {
        BackupError::Damaged {
            path: path.to_owned(),
            what: what.into(),
        }
    }

    fn kind(&self) -> ErrorKind {
        match self {
            BackupError::Damaged { .. } | BackupError::DamagedTarget { .. } => ErrorKind::Damaged,
            BackupError::Store(StoreError::Checkpoint(CheckpointError::Damaged { .. })) => {
                ErrorKind::Damaged
            }
            BackupError::Busy { .. } | BackupError::Restoring { .. } => ErrorKind::Locked,
            BackupError::TooEarly { .. } | BackupError::TooLate { .. } => ErrorKind::Input,
            _ => ErrorKind::Store,
        }
    }
}

impl From<ContentError> for BackupError {
    fn from(error: ContentError) -> Self {
        Error::from(error).into()
    }
}

impl From<JournalError> for BackupError {
    fn from(error: JournalError) -> Self {
        StoreError::from(error).into()
    }
}

impl From<CheckpointError> for BackupError {
    fn from(error: CheckpointError) -> Self {
        StoreError::from(error).into()
    }
}

impl From<BackupError> for Error {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Store(error) if !matches!(error, StoreError::Checkpoint(_)) => {
                error.into()
            }
            BackupError::Engine(error) => error,
            other => Error::new(other.kind(), other.to_string()).because(other),
        }
    }
}
