//! What can go wrong with a file, and what is to be done about it?

use std::io;
use std::path::{Path, PathBuf};

use crate::error::ErrorKind;
use crate::record::FileRef;
use crate::store::StoreError;

#[derive(Debug, thiserror::Error)]
pub(crate) enum ContentError {
    #[error("{0}")]
    Name(String),

    #[error("'{0}' is not a media type; one looks like application/pdf")]
    Declared(String),

    #[error("'{name}' has more than {limit} bytes, which is the most that one file may have")]
    TooLarge { name: String, limit: u64 },

    #[error("'{name}' has no bytes")]
    Empty { name: String },

    #[error("'{name}' says it is {declared} but is {found}")]
    Contradiction {
        name: String,
        declared: String,
        found: String,
    },

    #[error("'{name}' is {media_type}, and such files are not taken here")]
    NotAllowed { name: String, media_type: String },

    #[error(
        "'{name}' has {size} bytes and would unpack to {unpacked}: it is not taken, since it would fill the disk of whoever opens it"
    )]
    Bomb {
        name: String,
        size: u64,
        unpacked: u64,
    },

    #[error("reading '{name}' failed after {read} bytes ({source}): nothing of it was kept")]
    Cut {
        name: String,
        read: u64,
        source: io::Error,
    },

    #[error("'{}' is not there: no file of the hash {} was put", file.name, file.hash)]
    Unknown { file: FileRef },

    #[error("the file of the hash {} has {found} bytes and not {}", file.hash, file.size)]
    Size { file: FileRef, found: u64 },

    #[error("the file '{}' is missing from the store (hash {})", file.name, file.hash)]
    Missing { file: FileRef },

    #[error("the file '{}' is damaged: its bytes are not those that were stored (hash {})", file.name, file.hash)]
    Damaged { file: FileRef },

    #[error("{0}")]
    NoField(String),

    #[error("{0}")]
    NoFile(String),

    #[error("no space is left for {}: nothing of the file was kept", path.display())]
    DiskFull { path: PathBuf },

    #[error("{action} {} failed ({source})", path.display())]
    Io {
        path: PathBuf,
        action: &'static str,
        source: io::Error,
    },

    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ContentError {
    pub(super) fn io<'a>(
        action: &'static str,
        path: &'a Path,
    ) -> impl FnOnce(io::Error) -> Self + 'a {
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ContentError::DiskFull {
                path: path.to_owned(),
            },
            _ => ContentError::Io {
                path: path.to_owned(),
                action,
                source,
            },
        }
    }

    pub(super) fn kind(&self) -> ErrorKind {
        match self {
            Self::Missing { .. } | Self::Damaged { .. } => ErrorKind::Damaged,
            Self::NoFile(_) => ErrorKind::NotFound,
            Self::NoField(_) => ErrorKind::Query,
            Self::DiskFull { .. } | Self::Io { .. } | Self::Store(_) => ErrorKind::Store,
            _ => ErrorKind::Input,
        }
    }

    /// A stable word for programs.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "unknown-file",
            Self::Size { .. } => "file-size",
            Self::Contradiction { .. } => "file-type",
            Self::Bomb { .. } => "file-bomb",
            _ => "file",
        }
    }

    pub(super) fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::TooLarge { .. } => {
                "make it smaller, or let the host raise `ContentRules::largest`"
            }
            Self::Contradiction { .. } => "send it under the type that it has, or without one",
            Self::NotAllowed { .. } => "the host says which in `ContentRules`",
            Self::Cut { .. } => "send it again from the beginning",
            Self::Missing { .. } | Self::Damaged { .. } => {
                "put the same file again, or restore a backup; `peyvand check` lists all of them"
            }
            Self::DiskFull { .. } => "free some and send the file again; everything else goes on",
            Self::Io { .. } => "look at the disk and send the file again",
            _ => return None,
        })
    }
}
