//! How is the state of a store made anew?

use std::path::Path;

use crate::error::Result;
use crate::journal::Position;
use crate::store::{EmbeddedBackend, Progress};

/// Throws the state of a store away and builds it again from the journal, which holds everything.
/// The store must not be open. Until the new state is whole, the old one is kept. A `FORMAT` file that was
/// lost is written anew.
///
/// # Errors
/// When there is no store, when another process has it open, or when the journal is damaged.
pub fn rebuild(dir: impl AsRef<Path>, tell: &mut dyn FnMut(Progress)) -> Result<Position> {
    Ok(EmbeddedBackend::rebuild(
        dir.as_ref(),
        std::process::id(),
        tell,
    )?)
}
