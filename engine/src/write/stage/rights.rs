//! May whoever asks do this with the record?
//!
//! Judged on what the requests before it left. What the engine's own rooms ask for the sake of their fields is theirs to
//! answer for.

use super::{Fault, Stage, Staged};
use crate::access::{AccessVerb, Others, Seeing, attached_to, denied};
use crate::error::{Failure, Result};
use crate::record::{Record, RecordId, Value};
use crate::schema::{Field, Object};

impl Others for Stage<'_> {
    fn record(&self, id: RecordId) -> Result<Option<Record>> {
        self.get(id)
    }

    fn attached_to(&self, document: RecordId) -> Result<Vec<RecordId>> {
        let mut records = attached_to(&self.reader, document)?;
        for (_, record) in self.pending() {
            if let Some(record) = record.filter(|record| record.object() == "attachment")
                && record.get("document") == Some(&Value::Reference(document))
                && let Some(Value::Reference(to)) = record.get("record")
            {
                records.push(*to);
            }
        }
        Ok(records)
    }

    /// What was found out holds until the next request: nothing is kept.
    fn known(&self, _: RecordId) -> Option<bool> {
        None
    }

    fn learn(&self, _: RecordId, _: bool) {}
}

impl<'a> Stage<'a> {
    /// The eyes of who asks; none where he may do everything.
    pub(super) fn eyes(&self) -> Option<&'a Seeing> {
        let write = self.write;
        write.acting.seeing.as_ref().filter(|_| !self.trusted)
    }

    pub(super) fn sees(&self, record: &Record) -> Result<bool> {
        match self.eyes() {
            Some(eyes) => eyes.sight.may(AccessVerb::Read, record, self),
            None => Ok(true),
        }
    }

    /// The record, where who asks sees it.
    pub(super) fn if_seen(&self, record: Record) -> Result<Option<Record>> {
        Ok(self.sees(&record)?.then_some(record))
    }

    /// Why there is no such record for who asks. One that he does not see is not there.
    pub(super) fn missing(&self, id: RecordId) -> Result<Failure> {
        let reader = &self.write.reader;
        let binned = match self.get(id)? {
            Some(_) => None,
            None => reader.binned(id)?,
        };
        Ok(match binned {
            Some((record, _)) if self.sees(&record)? => {
                Failure::new("in-bin", format!("{id} is in the bin; restore it first"))
            }
            _ if self.eyes().is_some() => {
                Failure::new("not-found", format!("there is no record {id}"))
            }
            _ => Failure::new("not-found", reader.missing(id)?),
        })
    }

    /// Whether who asks may know that there is a record.
    pub(super) fn sees_id(&self, id: RecordId) -> Result<bool> {
        match self.eyes() {
            // Of what is not there, the next step tells.
            Some(eyes) => match self.get(id)? {
                Some(record) => eyes.sight.may(AccessVerb::Read, &record, self),
                None => Ok(true),
            },
            None => Ok(true),
        }
    }

    /// Tells it where the verb is not his on a record; false then.
    pub(super) fn allow(&mut self, verb: AccessVerb, record: &Record) -> Result<bool> {
        let Some(eyes) = self.eyes() else {
            return Ok(true);
        };
        if eyes.sight.may(verb, record, self)? {
            return Ok(true);
        }
        let message = match verb {
            AccessVerb::Create => format!("you may not create this {}", record.object()),
            verb => format!("you may not {verb} {}", record.id()),
        };
        self.fail(denied(message));
        Ok(false)
    }

    /// The same of a change: he needs the verb on the record as it was and as it is to be.
    pub(super) fn allow_update(&mut self, before: &Record, after: &Record) -> Result<()> {
        if self.eyes().is_none() || !self.allow(AccessVerb::Update, before)? {
            return Ok(());
        }
        let verb = AccessVerb::Update;
        let id = after.id;
        if let Some(eyes) = self.eyes()
            && !eyes.sight.may(verb, after, self)?
        {
            let message = format!("you may not {verb} {id} so that it is beyond your reach");
            self.fail(denied(message));
        }
        Ok(())
    }

    /// Tells it where a field is not his to set; false then.
    pub(super) fn allow_field(&mut self, object: &Object, field: &Field) -> bool {
        let Some(eyes) = self.eyes() else {
            return true;
        };
        match eyes.sight.unwritable(object, field.number) {
            Some(message) => {
                self.fail(Failure::field(&field.name, "access", message));
                false
            }
            None => true,
        }
    }

    /// Refuses to name a record that he does not see; what was named before may stay.
    pub(super) fn allow_reference(
        &self,
        record: &Record,
        field: &Field,
        value: &Value,
    ) -> Staged<()> {
        let Value::Reference(id) = value else {
            return Ok(());
        };
        if self.eyes().is_none()
            || record.value(field.number) == Some(value)
            || self.sees_id(*id)?
        {
            return Ok(());
        }
        let message = format!("there is no record {id}");
        let failure = Failure::field(&field.name, "unknown-reference", message);
        Err(Fault::from(failure))
    }

    /// A new record of which nobody said whose it is to be is his who makes it.
    pub(super) fn give_to_maker(&self, record: &mut Record) {
        if let Some(eyes) = self.eyes()
            && let Some(owner) = eyes.sight.owner_of_new(record)
            && record.value(owner).is_none()
        {
            record.set(owner, Some(Value::Reference(eyes.sight.user())));
        }
    }

    /// Schema, plugins, scripts and settings are for who administers.
    pub(super) fn allow_stored(&self, what: &str) -> Staged<()> {
        match self.eyes() {
            Some(eyes) if !eyes.sight.administers() => {
                let message = format!(
                    "you may not do this: {what}; your role does not administer the workspace"
                );
                Err(denied(message).into())
            }
            _ => Ok(()),
        }
    }
}
