//! Step 6: when is it fact?
//!
//! One journal append and one atom of the store. From here on nothing can be refused; a conflict means that somebody
//! else wrote what this run had read, and the whole run is repeated on a new snapshot.

use super::draft::Draft;
use super::plan::Plan;
use super::{Stale, Write};
use crate::error::{Error, Result};
use crate::journal::Position;
use crate::store::CommitError;

/// A durable change that nobody was told of yet.
#[must_use = "publish it, or those who follow never hear of it"]
pub(crate) struct Done {
    pub(crate) position: Position,
    pub(crate) drafts: Vec<Draft>,
    pub(crate) config: bool,
    pub(crate) queued: bool,
}

pub(super) fn commit(plan: Plan, write: &Write<'_>) -> Result<std::result::Result<Done, Stale>> {
    match write.backend.commit(plan.commit) {
        Ok(position) => Ok(Ok(Done {
            position,
            drafts: plan.drafts,
            config: plan.config,
            queued: plan.queued,
        })),
        Err(CommitError::Conflict { .. }) => Ok(Err(Stale)),
        Err(CommitError::Store(error)) => Err(Error::from(error)),
    }
}
