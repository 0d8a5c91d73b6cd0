//! What can go wrong with the journal?

use std::io;
use std::path::{Path, PathBuf};

use super::Position;

/// A failure of the journal. The store turns it into its own errors, which carry the remedies.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JournalError {
    #[error("{action} {} failed: {source}", path.display())]
    Io {
        path: PathBuf,
        action: &'static str,
        source: io::Error,
    },

    #[error("journal segment {segment} is damaged at byte {offset}: {what}")]
    Damaged {
        segment: String,
        offset: u64,
        what: String,
    },

    #[error("journal segment {segment} has format {found}, this version reads up to {supported}")]
    NewerFormat {
        segment: String,
        found: u32,
        supported: u32,
    },

    #[error("journal segment {segment} has format {found} and must be written anew first")]
    OlderFormat { segment: String, found: u32 },

    #[error("entry {wanted} of the journal was trimmed, the oldest is {oldest}")]
    Trimmed { wanted: Position, oldest: Position },

    #[error("the journal takes nothing more after a failed write")]
    Stopped,
}

impl JournalError {
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| JournalError::Io {
            path,
            action,
            source,
        }
    }

    pub(super) fn damaged(segment: &str, offset: u64, what: impl Into<String>) -> Self {
        JournalError::Damaged {
            segment: segment.to_owned(),
            offset,
            what: what.into(),
        }
    }
}
