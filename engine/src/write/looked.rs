//! What does the snapshot say under the keys that a write asks about?
//!
//! All rows of a step ask in one call, in the order of the keys, and what was answered is kept for the steps after it:
//! a snapshot does not change.

use std::collections::HashMap;

use crate::error::Result;
use crate::query::Reader;
use crate::record::{Prefix, RecordId};
use crate::schema::Schema;
use crate::store::spaces;

/// The answers so far.
#[derive(Default)]
pub(super) struct Looked {
    owners: HashMap<Vec<u8>, Option<RecordId>>,
    live: HashMap<RecordId, bool>,
}

/// What a step wants to know.
#[derive(Default)]
pub(super) struct Questions {
    /// Whose are these unique keys? Their owners' ids begin with the prefix.
    owners: Vec<(Vec<u8>, Prefix)>,
    /// Are these records live?
    records: Vec<RecordId>,
}

impl Questions {
    pub(super) fn owner(&mut self, prefix: Prefix, key: Vec<u8>) {
        self.owners.push((key, prefix));
    }

    pub(super) fn record(&mut self, id: RecordId) {
        self.records.push(id);
    }
}

impl Looked {
    /// Asks the snapshot what is not known yet.
    pub(super) fn ask(
        &mut self,
        reader: &Reader,
        schema: &Schema,
        questions: Questions,
    ) -> Result<()> {
        let Questions {
            mut owners,
            mut records,
        } = questions;
        records.retain(|id| !self.live.contains_key(id) && schema.by_prefix(id.prefix).is_some());
        records.sort_unstable();
        records.dedup();
        owners.retain(|(key, _)| !self.owners.contains_key(key));
        owners.sort_unstable();
        owners.dedup();
        if owners.is_empty() && records.is_empty() {
            return Ok(());
        }
        let of_record = |id: &RecordId| {
            let number = schema.by_prefix(id.prefix).map(|object| object.number);
            spaces::of_record(spaces::RECORD, number.unwrap_or(0), id.number)
        };
        let record_keys: Vec<Vec<u8>> = records.iter().map(of_record).collect();
        let keys = record_keys.iter().chain(owners.iter().map(|(key, _)| key));
        let keys: Vec<&[u8]> = keys.map(Vec::as_slice).collect();
        let mut answers = reader.snapshot.get_many(&keys)?.into_iter();
        let live = answers.by_ref().take(records.len());
        self.live
            .extend(records.into_iter().zip(live.map(|answer| answer.is_some())));
        self.owners.extend(
            owners
                .into_iter()
                .zip(answers)
                .map(|((key, prefix), answer)| {
                    let number = answer.and_then(|bytes| spaces::id_at_end(&bytes));
                    (key, number.map(|number| RecordId::new(prefix, number)))
                }),
        );
        Ok(())
    }

    /// Whose a unique key is. Who wants to know has asked.
    pub(super) fn owner(&self, key: &[u8]) -> Option<RecordId> {
        self.owners.get(key).copied().flatten()
    }

    /// Whether a record is live. Who wants to know has asked.
    pub(super) fn is_live(&self, id: RecordId) -> bool {
        self.live.get(&id).copied().unwrap_or(false)
    }
}
