//! What do changes of the schema and of settings mean?

use std::sync::Arc;

use super::{Fault, Stage, Staged};
use crate::error::Failure;
use crate::query::live_records;
use crate::schema::{FieldKind, Kept, Object, Schema, SchemaChange};
use crate::write::request::{OutcomeKind, Stored};

impl Stage<'_> {
    /// The changed object, in which totals and indexes that it gains are marked as being filled, where there is something to count.
    fn begun(&self, mut object: Object) -> Staged<Object> {
        let old = self.out.schema.object(&object.name);
        let old = old.map(AsRef::as_ref);
        let rollups = object.gained_rollups(old);
        let rollups = rollups.map(|(number, rollup)| (Kept::Rollup(number), rollup.child.clone()));
        let totals = object.gained_totals(old);
        let totals = totals.map(|total| (Kept::Total(total.number), object.name.clone()));
        let indexes = object.gained_indexes(old);
        let indexes = indexes.map(|index| (Kept::Index(index.number), object.name.clone()));
        let gained: Vec<_> = rollups.chain(totals).chain(indexes).collect();
        for (kept, counted) in gained {
            let counted = self.out.schema.object(&counted).filter(|_| old.is_some());
            let records = counted.map_or(Ok(0), |counted| live_records(&self.reader, counted))?;
            object.set_filling(kept, records > 0);
        }
        Ok(object)
    }

    /// Schema and records do not change in one commit: an index would be built over records that change meanwhile.
    pub(super) fn apart(&self, group: usize) -> Fault {
        if group != self.group {
            return Fault::Later;
        }
        let message = "the schema and records are changed in one call; change the schema in a call of its own";
        Failure::new("schema-and-records", message).into()
    }

    pub(super) fn stored(&mut self, stored: Stored) -> Staged<()> {
        self.allow_stored(&stored.what)?;
        if let Some(draft) = self
            .out
            .drafts
            .first()
            .filter(|_| !stored.schema.is_empty())
        {
            let same = self
                .out
                .drafts
                .iter()
                .any(|draft| draft.group == self.group);
            return Err(self.apart(if same { self.group } else { draft.group }));
        }
        for change in &stored.schema {
            let object = match change.apply(&self.out.schema) {
                Ok(object) => object,
                Err(failures) => {
                    failures.into_iter().for_each(|failure| self.fail(failure));
                    return Ok(());
                }
            };
            if let SchemaChange::AddField { field, .. } = change
                && let (FieldKind::Reference { to, .. }, Some(default)) =
                    (&field.kind, &field.default)
            {
                self.reference(field, to, default)?;
            }
            let object = self.begun(object)?;
            let mut schema: Schema = (*self.out.schema).clone();
            self.out.schema_changed.insert(object.number);
            schema.put(object);
            self.out.schema = Arc::new(schema);
            // Requests after this one see it, and read records through it.
            self.reader.schema = self.out.schema.clone();
        }
        self.settle(None, OutcomeKind::Stored);
        self.out.stored.push((self.group, self.request, stored));
        Ok(())
    }
}
