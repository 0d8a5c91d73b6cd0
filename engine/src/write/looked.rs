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

enum About {
    /// Whose is this unique key? Its owners' ids begin with the prefix.
    Owner(Prefix),
    /// Is this record live?
    Record(RecordId),
}

/// What a step wants to know, by key.
#[derive(Default)]
pub(super) struct Questions(Vec<(Vec<u8>, About)>);

impl Questions {
    pub(super) fn owner(&mut self, prefix: Prefix, key: Vec<u8>) {
        self.0.push((key, About::Owner(prefix)));
    }

    pub(super) fn record(&mut self, schema: &Schema, id: RecordId) {
        if let Some(object) = schema.by_prefix(id.prefix) {
            let key = spaces::of_record(spaces::RECORD, object.number, id.number);
            self.0.push((key, About::Record(id)));
        }
    }
}

impl Looked {
    /// Asks the snapshot what is not known yet.
    pub(super) fn ask(&mut self, reader: &Reader, questions: Questions) -> Result<()> {
        let mut open = questions.0;
        open.retain(|(key, about)| match about {
            About::Owner(_) => !self.owners.contains_key(key),
            About::Record(id) => !self.live.contains_key(id),
        });
        if open.is_empty() {
            return Ok(());
        }
        open.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        open.dedup_by(|(a, _), (b, _)| a == b);
        let keys: Vec<&[u8]> = open.iter().map(|(key, _)| key.as_slice()).collect();
        let answers = reader.snapshot.get_many(&keys)?;
        for ((key, about), answer) in open.into_iter().zip(answers) {
            match about {
                About::Owner(prefix) => {
                    let id = answer.and_then(|bytes| spaces::id_at_end(&bytes));
                    self.owners
                        .insert(key, id.map(|id| RecordId::new(prefix, id)));
                }
                About::Record(id) => {
                    self.live.insert(id, answer.is_some());
                }
            }
        }
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
