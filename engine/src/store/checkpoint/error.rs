//! What can be wrong with a checkpoint?

use std::io;

/// A checkpoint that cannot be written or read. `file` is its name as the caller gave it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CheckpointError {
    #[error("{file} is no checkpoint: choose another file")]
    Stranger { file: String },

    #[error("{file} has {what} {found}, this version reads up to {supported}: use a newer version")]
    NewerFormat {
        file: String,
        what: &'static str,
        found: u32,
        supported: u32,
    },

    #[error("{file} is damaged at byte {offset}: {what}; use another copy of it")]
    Damaged {
        file: String,
        offset: u64,
        what: &'static str,
    },

    #[error("{action} {file} failed ({source}): look at the disk and try again")]
    Io {
        file: String,
        action: &'static str,
        source: io::Error,
    },

    #[error(
        "entries for {file} came out of order: check the store, and restore a backup if it has problems"
    )]
    Unsorted { file: String },
}

impl CheckpointError {
    pub(super) fn io<'a>(
        action: &'static str,
        file: &'a str,
    ) -> impl FnOnce(io::Error) -> Self + 'a {
        move |source| CheckpointError::Io {
            file: file.to_owned(),
            action,
            source,
        }
    }
}
