//! How does a reader come to see with somebody's eyes?
//!
//! A reader that carries a `Seeing` gives only what its user may see, by the rights of now, whatever moment is read: a
//! record of the past is judged as it is now, or, where it is no more, as it was last.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};

use super::looks::{LookKind, Looks};
use super::narrow::NarrowTo;
use super::role::AccessVerb;
use super::sight::{Others, Sight};
use super::tag::Glance;
use crate::error::Result;
use crate::query::{Look, Reader, decode_whole};
use crate::record::{Record, RecordId, Value};
use crate::schema::{Object, Schema};
use crate::store::{Snapshot, spaces};

/// How many answers about other records are kept for one reader.
const MOST_KNOWN: usize = 100_000;

/// How many records one question may read to make totals of what somebody sees.
const MOST_ADDED_UP: usize = 200_000;

/// Somebody's eyes.
#[derive(Clone)]
pub(crate) struct Seeing {
    pub(crate) sight: Arc<Sight>,
    /// What may be done with the rows that are read: to read them, or to take them out of the house.
    verb: AccessVerb,
    /// The newest state, which says whose each record is.
    now: Snapshot,
    /// Whether what is read is older than that.
    past: bool,
    known: Arc<Mutex<HashMap<RecordId, bool>>>,
    /// The schema of what is read, with all fields.
    whole: Arc<Schema>,
    /// How many records may still be read to make totals of them.
    left: Arc<AtomicUsize>,
    /// Where looks at what is confidential are noted, and the time of this one.
    looks: Option<(Arc<Looks>, DateTime<Utc>)>,
    /// What was noted by this question already: whoever opens a record and sees it in a list of the same answer has
    /// looked once.
    noted: Arc<Mutex<HashMap<RecordId, LookKind>>>,
}

impl fmt::Debug for Seeing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seeing")
            .field("sight", &self.sight)
            .finish_non_exhaustive()
    }
}

impl Seeing {
    pub(crate) fn new(sight: Arc<Sight>, now: Snapshot) -> Self {
        let whole = sight.schema().clone();
        Self {
            whole,
            left: Arc::new(AtomicUsize::new(MOST_ADDED_UP)),
            looks: None,
            noted: Arc::default(),
            sight,
            verb: AccessVerb::Read,
            now,
            past: false,
            known: Arc::default(),
        }
    }

    /// The same eyes, whose looks are noted.
    pub(crate) fn noting(self, looks: &Arc<Looks>, now: DateTime<Utc>) -> Self {
        let looks = Some((looks.clone(), now));
        Self { looks, ..self }
    }

    /// Notes that a record is shown by itself, or in a list.
    pub(crate) fn note(&self, record: &Record, in_list: bool) {
        let Some((looks, now)) = &self.looks else {
            return;
        };
        if !self.sight.is_confidential(record) {
            return;
        }
        let kind = match (self.verb, in_list) {
            (AccessVerb::Export, _) => LookKind::Export,
            (_, true) => LookKind::Search,
            (_, false) => LookKind::View,
        };
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        match noted.insert(record.id(), kind) {
            Some(before) if before == kind => return,
            // It was opened, which says more.
            Some(LookKind::View) if kind == LookKind::Search => {
                noted.insert(record.id(), LookKind::View);
                return;
            }
            _ => {}
        }
        looks.note(self.sight.user(), record.id(), kind, *now);
    }

    /// The same eyes on what was.
    pub(crate) fn on_the_past(self) -> Self {
        Self { past: true, ..self }
    }

    /// The same eyes, for rows that leave the house.
    pub(crate) fn exporting(self) -> Self {
        Self {
            verb: AccessVerb::Export,
            known: Arc::default(),
            ..self
        }
    }

    /// The same eyes on what has this schema, and the schema as they see it.
    pub(crate) fn through(self, schema: &Arc<Schema>) -> (Self, Arc<Schema>) {
        let narrowed = match Arc::ptr_eq(schema, self.sight.schema()) {
            true => self.sight.narrowed.clone(),
            false => self.sight.narrow(schema),
        };
        let whole = schema.clone();
        (Self { whole, ..self }, narrowed)
    }

    /// The schema of what is read, with all fields.
    pub(crate) fn whole(&self) -> &Schema {
        &self.whole
    }

    /// Whether so many records more may be read to make totals of them.
    pub(crate) fn may_read_more(&self, records: usize) -> bool {
        let taken = |left: usize| left.checked_sub(records);
        let order = Ordering::Relaxed;
        self.left.fetch_update(order, order, taken).is_ok()
    }

    /// Whether a record, as it was read, is theirs to see.
    pub(crate) fn sees(&self, record: &impl Look) -> Result<bool> {
        let id = record.id();
        if self.reads_all(id.prefix()) {
            return Ok(true);
        }
        let seen = match self.past {
            true => self.sees_now(id)?,
            false => None,
        };
        let seen = match seen {
            Some(seen) => seen,
            None => self.allows(record)?,
        };
        Ok(seen)
    }

    fn allows(&self, record: &impl Look) -> Result<bool> {
        Ok(self.sight.may(AccessVerb::Read, record, self)?
            && (self.verb == AccessVerb::Read || self.sight.may(self.verb, record, self)?))
    }

    pub(crate) fn reads_all(&self, prefix: crate::record::Prefix) -> bool {
        self.verb == AccessVerb::Read && self.sight.reads_all(prefix)
    }

    /// What the tags of index entries rule out. Those of the past say whose records were then.
    pub(crate) fn glance(&self, object: &Object) -> Option<Glance> {
        if self.past {
            None
        } else {
            self.sight.glance(object)
        }
    }

    /// Where the few records lie that a narrow sight sees. In the past they lay elsewhere.
    pub(crate) fn narrow_to(&self, object: &Object) -> Option<NarrowTo> {
        if self.past {
            None
        } else {
            self.sight.narrow_to(object)
        }
    }

    /// The same of the record as it is now, or as it went to the bin; nothing where there is no such record.
    fn sees_now(&self, id: RecordId) -> Result<Option<bool>> {
        let record = match self.record(id)? {
            Some(record) => Some(record),
            None => self.binned(id)?,
        };
        record.map(|record| self.allows(&record)).transpose()
    }

    fn binned(&self, id: RecordId) -> Result<Option<Record>> {
        let Some(object) = self.sight.schema().by_prefix(id.prefix()) else {
            return Ok(None);
        };
        let key = spaces::of_record(spaces::BIN, object.number, id.number());
        let Some(bytes) = self.now.get(&key)? else {
            return Ok(None);
        };
        let (_, record) = crate::write::Binned::split(&bytes)?;
        decode_whole(object, id.number(), record).map(Some)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<RecordId, bool>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Others for Seeing {
    fn record(&self, id: RecordId) -> Result<Option<Record>> {
        let Some(object) = self.sight.schema().by_prefix(id.prefix()) else {
            return Ok(None);
        };
        let bytes = self.now.get(&spaces::record(object.number, id.number()))?;
        bytes
            .map(|bytes| decode_whole(object, id.number(), &bytes))
            .transpose()
    }

    fn attached_to(&self, document: RecordId) -> Result<Vec<RecordId>> {
        let whole = Reader {
            snapshot: self.now.clone(),
            schema: self.sight.schema().clone(),
            rehearsed: None,
            seeing: None,
        };
        attached_to(&whole, document)
    }

    fn known(&self, id: RecordId) -> Option<bool> {
        self.lock().get(&id).copied()
    }

    fn learn(&self, id: RecordId, seen: bool) {
        let mut known = self.lock();
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        known.insert(id, seen);
    }
}

/// The records that a document is attached to.
pub(crate) fn attached_to(reader: &Reader, document: RecordId) -> Result<Vec<RecordId>> {
    let Some(object) = reader.schema.object("attachment") else {
        return Ok(Vec::new());
    };
    let (Some(of), Some(to)) = (object.field("document"), object.field("record")) else {
        return Ok(Vec::new());
    };
    let mut records = Vec::new();
    for id in reader.referring(object, of.number, document)? {
        let attachment = reader.get_stored(id)?;
        if let Some(Value::Reference(record)) =
            attachment.as_ref().and_then(|one| one.value(to.number))
        {
            records.push(*record);
        }
    }
    Ok(records)
}
