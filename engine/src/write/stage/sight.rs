//! What does a request see of those before it?

use super::Stage;
use crate::error::Result;
use crate::record::{Record, RecordId, Value};
use crate::schema::Object;
use crate::store::spaces;
use crate::write::looked::Questions;

impl Stage<'_> {
    /// The record as the requests so far leave it.
    pub(super) fn get(&self, id: RecordId) -> Result<Option<Record>> {
        match self.places.get(&id) {
            Some(place) => Ok(self.out.drafts[*place].after.clone()),
            None => self.base.get(&self.reader, id),
        }
    }

    pub(super) fn is_live(&mut self, id: RecordId) -> Result<bool> {
        if let Some(place) = self.places.get(&id) {
            return Ok(self.out.drafts[*place].after.is_some());
        }
        if let Some(live) = self.base.is_live(id) {
            return Ok(live);
        }
        let mut question = Questions::default();
        question.record(id);
        let schema = &self.out.schema;
        self.out.looked.ask(&self.reader, schema, question)?;
        Ok(self.out.looked.is_live(id))
    }

    /// Whether the requests so far change the record.
    pub(super) fn is_pending(&self, id: RecordId) -> bool {
        self.places.contains_key(&id) || self.base.is_live(id).is_some()
    }

    /// The records that the requests so far change, as they leave them.
    pub(super) fn pending(&self) -> impl Iterator<Item = (RecordId, Option<&Record>)> {
        let before = self.base.pending();
        let before = before.filter(|(id, _)| !self.places.contains_key(id));
        let drafts = self.out.drafts.iter();
        before.chain(drafts.map(|draft| (draft.id, draft.after.as_ref())))
    }

    /// The record under the value of a unique field.
    pub(super) fn owner(
        &mut self,
        object: &Object,
        field: u32,
        value: &Value,
    ) -> Result<Option<RecordId>> {
        for draft in &self.out.drafts[self.keyed..] {
            self.keys.take_up(draft);
        }
        self.keyed = self.out.drafts.len();
        let key = spaces::unique(object.number, field, value);
        if let Some(owner) = self.keys.owner(&key).or_else(|| self.base.owner(&key)) {
            return Ok(owner);
        }
        let mut question = Questions::default();
        question.owner(object.prefix, key.clone());
        let schema = &self.out.schema;
        self.out.looked.ask(&self.reader, schema, question)?;
        Ok(self.out.looked.owner(&key))
    }
}
