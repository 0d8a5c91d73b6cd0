//! What must an engine be able to do to hold the pages of a state?
//!
//! Little: an ordered map of bytes to bytes, written in atomic batches and made durable when asked.
//! Everything else (what is in memory above it, folding, history, the cache) is written once, above
//! this trait.

use std::io;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::store::StoreError;
use crate::store::overlay::Change;

/// A key of the tree and what lies there.
pub(super) type Pair = (Vec<u8>, Vec<u8>);

/// An ordered map on disk.
pub(super) trait Tree: Send + Sync {
    /// The last pair whose key lies before `bound`, or at it when it is included.
    fn last_before(&self, bound: Bound<&[u8]>) -> Result<Option<Pair>, StoreError>;

    /// The first pair whose key lies after `bound`, or at it when it is included.
    fn first_after(&self, bound: Bound<&[u8]>) -> Result<Option<Pair>, StoreError>;

    /// The first key after `key`.
    fn key_after(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.first_after(Bound::Excluded(key))?.map(|(key, _)| key))
    }

    /// Puts and deletes, all of them or none, visible at once. They need not be on disk yet, but no
    /// later batch gets there without them.
    fn apply(&self, batch: Vec<Change>) -> Result<(), StoreError>;

    /// Returns when everything that was applied is on disk.
    fn sync(&self) -> Result<(), StoreError>;

    /// How long its files are now that everything is synced, if an open does not find out itself
    /// whether they still are; otherwise 0.
    fn extent(&self) -> Result<u64, StoreError> {
        Ok(0)
    }

    /// Whether its files had lost something when they were opened, if they had this extent before.
    fn was_cut(&self, _extent: u64) -> bool {
        false
    }

    /// Lets go of all files.
    fn close(self: Box<Self>) -> Result<(), StoreError>;
}

/// What lies at `key`.
pub(super) fn exactly(tree: &dyn Tree, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
    let found = tree.last_before(Bound::Included(key))?;
    Ok(found.and_then(|(at, bytes)| (at == key).then_some(bytes)))
}

/// A failure of an engine: the state is lost, the journal is not.
pub(super) fn failed(why: impl std::fmt::Display) -> StoreError {
    StoreError::StateFailed {
        why: why.to_string(),
    }
}

/// Whether the system refused a call, as when no space or no handle is left, which says nothing about
/// what lies in the files.
pub(super) fn is_refusal(error: &io::Error) -> bool {
    let of_the_files = [
        io::ErrorKind::NotFound,
        io::ErrorKind::AlreadyExists,
        io::ErrorKind::NotADirectory,
        io::ErrorKind::IsADirectory,
        io::ErrorKind::InvalidInput,
        io::ErrorKind::InvalidData,
        io::ErrorKind::UnexpectedEof,
        io::ErrorKind::FileTooLarge,
        // What engines make up themselves.
        io::ErrorKind::Other,
    ];
    !of_the_files.contains(&error.kind())
}

/// What it means that a write or an open of the state's own files failed. After a refusal they are as they were at the
/// last sync; anything else may have left anything.
pub(super) fn refused(action: &'static str, path: &Path, error: io::Error) -> StoreError {
    match is_refusal(&error) {
        true => StoreError::io(action, path, error),
        false => failed(error),
    }
}

/// Runs a call into an engine; an error and a panic are the same to us.
pub(super) fn watched<T, E: std::fmt::Display>(
    call: impl FnOnce() -> Result<T, E>,
) -> Result<T, StoreError> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(done) => done.map_err(failed),
        Err(panic) => {
            let text = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied());
            Err(failed(text.unwrap_or("the engine of the state panicked")))
        }
    }
}
