//! How many records may one report read?

use crate::error::{Error, ErrorKind, Result};
use crate::query::{AGGREGATE_BUDGET, Reader, live_records};

/// What is left to be read.
pub(super) struct Budget {
    most: u64,
    left: u64,
}

impl Budget {
    /// As many as an aggregate may look at.
    pub(super) fn new() -> Self {
        Self::of(AGGREGATE_BUDGET)
    }

    pub(super) fn of(most: u64) -> Self {
        Self { most, left: most }
    }

    /// For every record of an object, refused before the first of them is read.
    pub(super) fn spend_whole(&mut self, reader: &Reader, object: &str) -> Result<()> {
        match reader.schema.object(object) {
            Some(object) => self.spend(live_records(reader, object)?, &object.name),
            None => Ok(()),
        }
    }

    /// For so many records of an object.
    pub(super) fn spend(&mut self, records: u64, object: &str) -> Result<()> {
        let Some(left) = self.left.checked_sub(records) else {
            let message = format!(
                "the report would read more than {} records, the last of them of {object}",
                self.most
            );
            return Err(Error::new(ErrorKind::Query, message).hint(
                "ask for fewer sales where it takes a filter, or for its parts as aggregates that live totals keep: \
                 leads by created_at:month and status, opportunities by close_date:month and status",
            ));
        };
        self.left = left;
        Ok(())
    }
}
