//! Is a record in a segment?
//!
//! Answered by the store for each record that is asked about: a segment may have a million. A segment that asks for a
//! field that is hidden from who reads is none of his: who is in it would tell what the field says.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::error::QueryError;
use super::filter::{Condition, Operator};
use super::operand::Operand;
use super::reader::Reader;
use crate::error::Result;
use crate::record::{RecordId, Value};
use crate::schema::Object;
use crate::segment::Bound;
use crate::store::{Snapshot, StoreError, spaces};

/// The members of the segments that a condition names.
#[derive(Clone)]
pub(super) struct Members {
    snapshot: Snapshot,
    object: u32,
    pub(super) segments: Vec<u128>,
    /// Why an answer could not be read.
    broken: Arc<Mutex<Option<StoreError>>>,
}

impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Members")
            .field("object", &self.object)
            .field("segments", &self.segments)
            .finish_non_exhaustive()
    }
}

impl Members {
    pub(super) fn of(
        condition: &Condition,
        operands: &[Operand],
        object: &Object,
        reader: &Reader,
    ) -> Result<Self> {
        let mut segments = Vec::with_capacity(operands.len());
        if condition.operator == Operator::IsNull {
            let message = "a record is in some segments or in none; name them".to_owned();
            return Err(refused(condition, message));
        }
        for operand in operands {
            if let Value::Reference(id) = operand.value {
                may_ask(id, condition, object, reader)?;
                segments.push(id.number());
            }
        }
        Ok(Self {
            snapshot: reader.snapshot.clone(),
            object: object.number,
            segments,
            broken: Arc::default(),
        })
    }

    /// Whether a record is in one of them.
    pub(super) fn have(&self, id: RecordId) -> bool {
        let mut segments = self.segments.iter();
        segments.any(|segment| {
            let key = spaces::member(self.object, *segment, id.number());
            match self.snapshot.get(&key) {
                Ok(found) => found.is_some(),
                Err(error) => {
                    let mut broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
                    *broken = Some(error);
                    false
                }
            }
        })
    }

    /// To be asked after looks: a segment that cannot be read looks empty.
    pub(super) fn were_readable(&self) -> Result<()> {
        let mut broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        match broken.take() {
            Some(error) => Err(error.into()),
            None => Ok(()),
        }
    }
}

/// Refuses a segment that is not there for who reads, or of another object.
fn may_ask(id: RecordId, condition: &Condition, object: &Object, reader: &Reader) -> Result<()> {
    let Some(segment) = reader.get_stored(id)? else {
        return Err(refused(condition, format!("there is no segment {id}")));
    };
    if segment.text("object") != Some(object.name.as_str()) {
        let of = segment.text("object").unwrap_or_default();
        let message = format!("the segment is of {of} and not of {} records", object.name);
        return Err(refused(condition, message));
    }
    match asks_for_hidden(id, object, reader)? {
        true => {
            let message = "the segment asks for what is hidden from you".to_owned();
            Err(refused(condition, message))
        }
        false => Ok(()),
    }
}

impl Reader {
    /// Whether who reads may know who is in a segment.
    pub(crate) fn may_ask_segment(&self, id: RecordId) -> Result<bool> {
        let Some(segment) = self.get_stored(id)? else {
            return Ok(false);
        };
        let object = segment.text("object");
        match object.and_then(|name| self.schema.object(name)) {
            Some(object) => Ok(!asks_for_hidden(id, object, self)?),
            None => Ok(false),
        }
    }
}

/// Whether a segment, or what it is made of, asks for a field that is hidden from who reads.
fn asks_for_hidden(id: RecordId, object: &Object, reader: &Reader) -> Result<bool> {
    if object.hidden.is_empty() {
        return Ok(false);
    }
    let (mut left, mut known) = (vec![id], BTreeSet::new());
    while let Some(id) = left.pop() {
        if !known.insert(id) {
            continue;
        }
        // What it is made of counts, whether or not who reads sees that one.
        match reader.unseen(id)?.as_ref().and_then(Bound::of) {
            Some(Bound::Filter(filter)) => {
                let mut hides = false;
                filter.each_field(&mut |name| hides |= object.hides(name));
                if hides {
                    return Ok(true);
                }
            }
            Some(Bound::Of(_, of)) => left.extend(of),
            Some(Bound::List) | None => {}
        }
    }
    Ok(false)
}

fn refused(condition: &Condition, message: String) -> crate::error::Error {
    QueryError::Operand {
        field: condition.field.clone(),
        operator: condition.operator.name(),
        message,
    }
    .into()
}
