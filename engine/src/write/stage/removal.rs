//! What goes to the bin, and what comes back?

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Fault, Stage, Staged};
use crate::access::AccessVerb;
use crate::error::Failure;
use crate::record::{Record, RecordId, Value};
use crate::schema::{Field, FieldKind, Object, OnDelete};
use crate::write::draft::Draft;
use crate::write::request::OutcomeKind;

impl Stage<'_> {
    /// What an earlier group changes, or refers to, goes to the bin or comes back in a later commit than that.
    pub(super) fn alone(&self, id: RecordId) -> Staged<()> {
        let names = |draft: &Draft| {
            let values = draft.after.iter().flat_map(|record| &record.values);
            draft.id == id
                || values
                    .into_iter()
                    .any(|(_, value)| *value == Value::Reference(id))
        };
        let earlier = |draft: &&Draft| draft.group != self.group;
        if self.out.drafts.iter().filter(earlier).any(names) {
            return Err(Fault::Later);
        }
        Ok(())
    }

    pub(super) fn delete(&mut self, id: RecordId, revision: Option<u64>) -> Staged<()> {
        self.alone(id)?;
        let record = self.live(id, revision)?;
        self.allow(AccessVerb::Delete, &record)?;
        let mut along = Vec::new();
        let mut seen = BTreeSet::from([id]);
        self.collect(&record, &mut along, &mut seen)?;
        let ids: Vec<RecordId> = along.iter().map(|record: &Record| record.id).collect();
        for record in along {
            let draft = self.draft(
                record.object.clone(),
                record.id,
                OutcomeKind::Deleted,
                Some(record),
                None,
            );
            self.push(Draft {
                root: id,
                asked: Vec::new(),
                ..draft
            })?;
        }
        let draft = self.draft(
            record.object.clone(),
            id,
            OutcomeKind::Deleted,
            Some(record),
            None,
        );
        self.push(Draft {
            along: ids,
            ..draft
        })
    }

    /// What goes along by the on-delete rules, and what stands in the way.
    pub(super) fn collect(
        &mut self,
        record: &Record,
        along: &mut Vec<Record>,
        seen: &mut BTreeSet<RecordId>,
    ) -> Staged<()> {
        let schema = self.out.schema.clone();
        for (from, field) in schema.referrers(record.object()) {
            let FieldKind::Reference { on_delete, .. } = &field.kind else {
                continue;
            };
            if *on_delete == OnDelete::Keep {
                continue;
            }
            let referring = self.referring(from, field, record.id)?;
            if *on_delete == OnDelete::Restrict {
                if !referring.is_empty() {
                    // How many he does not see is not told.
                    let count = match self.eyes() {
                        Some(_) => String::new(),
                        None => format!("{} ", referring.len()),
                    };
                    self.fail(Failure::new(
                        "in-use",
                        format!(
                            "{} cannot be deleted: {count}{} record(s) refer to it by '{}'",
                            record.id, from.name, field.name
                        ),
                    ));
                }
                continue;
            }
            for child in referring
                .into_iter()
                .filter(|child| seen.insert(child.id))
                .collect::<Vec<_>>()
            {
                self.collect(&child, along, seen)?;
                along.push(child);
            }
        }
        Ok(())
    }

    fn referring(
        &self,
        from: &Arc<Object>,
        field: &Field,
        target: RecordId,
    ) -> Staged<Vec<Record>> {
        let names = |record: &Record| record.value(field.number) == Some(&Value::Reference(target));
        let mut found = Vec::new();
        for id in self.write.reader.referring(from, field.number, target)? {
            found.extend(self.get(id)?.filter(names));
        }
        let known: BTreeSet<RecordId> = found.iter().map(|record| record.id).collect();
        let fresh = self.pending().filter_map(|(id, record)| {
            record.filter(|record| {
                !known.contains(&id) && record.object() == from.name && names(record)
            })
        });
        found.extend(fresh.cloned());
        found.sort_by_key(|record| record.id);
        Ok(found)
    }

    pub(super) fn restore(&mut self, id: RecordId) -> Staged<()> {
        self.restore_as(id, true)
    }

    /// With whose stamp it comes back: of who asks, or as if it had never been away.
    pub(super) fn restore_as(&mut self, id: RecordId, stamped: bool) -> Staged<()> {
        self.alone(id)?;
        let binned = if self.is_pending(id) {
            None
        } else {
            self.write.reader.binned(id)?
        };
        let binned = match binned {
            Some((record, _)) if !self.sees(&record)? => None,
            binned => binned,
        };
        let Some((record, binned)) = binned else {
            return Err(Failure::new("not-found", format!("{id} is not in the bin")).into());
        };
        if binned.root != id {
            return Err(Failure::new(
                "in-bin",
                format!(
                    "{id} went to the bin with {}; restore that one",
                    binned.root
                ),
            )
            .into());
        }
        self.allow(AccessVerb::Delete, &record)?;
        let mut records = vec![(record, true)];
        for along in binned.along.iter().filter_map(|text| text.parse().ok()) {
            records.extend(
                self.write
                    .reader
                    .binned(along)?
                    .map(|(record, _)| (record, false)),
            );
        }
        for (mut record, asked) in records {
            record.revision += 1;
            if stamped {
                self.stamp(&mut record);
            }
            let draft = self.draft(
                record.object.clone(),
                record.id,
                OutcomeKind::Restored,
                None,
                Some(record),
            );
            self.push(Draft {
                asked: if asked { draft.asked } else { Vec::new() },
                privileged: true,
                ..draft
            })?;
        }
        Ok(())
    }
}
