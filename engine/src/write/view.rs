//! What would a write see that comes after others which are not committed?

use std::collections::HashMap;

use super::draft::Draft;
use crate::error::Result;
use crate::query::Reader;
use crate::record::{Record, RecordId};

/// The snapshot plus what earlier rehearsals would have written; the snapshot alone where nothing is rehearsed.
pub(crate) struct View {
    pub(crate) reader: Reader,
    pending: HashMap<RecordId, Option<Record>>,
    claims: Claims,
}

/// Who has which unique key, where it is not who the snapshot says.
#[derive(Default)]
pub(super) struct Claims(HashMap<Vec<u8>, Option<RecordId>>);

impl View {
    pub(crate) fn new(reader: Reader) -> Self {
        Self {
            reader,
            pending: HashMap::new(),
            claims: Claims::default(),
        }
    }

    /// The record as a draft begins with it.
    pub(super) fn get(&self, reader: &Reader, id: RecordId) -> Result<Option<Record>> {
        match self.pending.get(&id) {
            Some(record) => Ok(record.clone()),
            None => reader.get_stored(id),
        }
    }

    /// Whether a rehearsal left the record live; nothing when none touched it.
    pub(super) fn is_live(&self, id: RecordId) -> Option<bool> {
        self.pending.get(&id).map(Option::is_some)
    }

    pub(super) fn owner(&self, key: &[u8]) -> Option<Option<RecordId>> {
        self.claims.owner(key)
    }

    pub(super) fn pending(&self) -> impl Iterator<Item = (RecordId, Option<&Record>)> {
        self.pending
            .iter()
            .map(|(id, record)| (*id, record.as_ref()))
    }

    /// Keeps drafts for the rehearsals to come.
    #[cfg(feature = "exchange")]
    pub(super) fn settle(&mut self, drafts: Vec<Draft>) {
        for draft in drafts {
            self.claims.take_up(&draft);
            self.pending.insert(draft.id, draft.after);
        }
        // Hooks read through the reader.
        self.reader.rehearsed = Some(std::sync::Arc::new(self.pending.clone()));
    }
}

impl Claims {
    /// Who has the key by now (nobody, when it was freed); nothing when no draft touched it.
    pub(super) fn owner(&self, key: &[u8]) -> Option<Option<RecordId>> {
        self.0.get(key).copied()
    }

    /// Takes a draft up, so that the rows after it see its keys.
    pub(super) fn take_up(&mut self, draft: &Draft) {
        for change in draft.unique_changes() {
            self.change(draft.id, change.old, change.new);
        }
    }

    /// A record gives one key up and takes another one.
    pub(super) fn change(&mut self, id: RecordId, old: Option<Vec<u8>>, new: Option<Vec<u8>>) {
        if old == new {
            return;
        }
        if let Some(old) = old {
            // Freed, unless a row before has taken it since.
            let owner = self.0.entry(old).or_insert(Some(id));
            if *owner == Some(id) {
                *owner = None;
            }
        }
        if let Some(new) = new {
            self.0.entry(new).or_insert(None).get_or_insert(id);
        }
    }
}
