//! What does one record look like at one position?
//!
//! The only place that turns stored entries into records. Everything that reads — lists, the write path, hooks —
//! reads through it and so sees one snapshot and one schema.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::kept_totals::TotalsFor;
use crate::access::{Glance, Seeing};
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Position;
use crate::record::{Record, RecordId, Value};
use crate::schema::{Object, Schema};
use crate::store::{Direction, Entries, Snapshot, Span, codec, spaces};

/// A snapshot with the schema that reads it.
#[derive(Clone)]
pub(crate) struct Reader {
    pub(crate) snapshot: Snapshot,
    pub(crate) schema: Arc<Schema>,
    /// What a dry run would have written so far; nothing otherwise.
    pub(crate) rehearsed: Option<Arc<HashMap<RecordId, Option<Record>>>>,
    /// Whose eyes it sees with; it sees everything where there are none.
    pub(crate) seeing: Option<Seeing>,
}

impl Reader {
    pub(crate) fn position(&self) -> Position {
        self.snapshot.position()
    }

    /// The same records, as somebody sees them: what reads through it sees no record, no field and no total that he may not.
    pub(crate) fn seen_by(self, seeing: Option<Seeing>) -> Self {
        let Some(seeing) = seeing else {
            return self;
        };
        let (seeing, schema) = seeing.through(&self.schema);
        Self {
            schema,
            seeing: Some(seeing),
            ..self
        }
    }

    /// The same for rows that leave the house.
    pub(crate) fn exporting(self) -> Self {
        let seeing = self.seeing.map(Seeing::exporting);
        Self { seeing, ..self }
    }

    /// Whether every record of an object is seen.
    pub(crate) fn sees_every(&self, object: &Object) -> bool {
        let seeing = self.seeing.as_ref();
        seeing.is_none_or(|seeing| seeing.reads_all(object.prefix))
    }

    /// What index entries rule out by whose their records are.
    pub(super) fn glance(&self, object: &Object) -> Option<Glance> {
        self.seeing.as_ref()?.glance(object)
    }

    /// A record as it is stored, as it is seen.
    fn seen(&self, record: Record) -> Result<Option<Record>> {
        if let Some(seeing) = &self.seeing
            && !seeing.sees(&record)?
        {
            return Ok(None);
        }
        Ok(Some(without_hidden(record)))
    }

    /// The object of an id, or an error that says what the prefix should be.
    pub(crate) fn object_of(&self, id: RecordId) -> Result<&Arc<Object>> {
        self.schema.by_prefix(id.prefix).ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                format!("no object has ids that begin with '{}_'", id.prefix),
            )
        })
    }

    pub(crate) fn object(&self, name: &str) -> Result<&Arc<Object>> {
        self.schema.object(name).ok_or_else(|| {
            let near = crate::schema::did_you_mean(
                name,
                self.schema.objects().map(|object| object.name.as_str()),
            );
            Error::new(
                ErrorKind::NotFound,
                format!("there is no object '{name}'{near}"),
            )
        })
    }

    /// A live record with its rollups; `None` when there is none or it is in the bin.
    pub(crate) fn get(&self, id: RecordId) -> Result<Option<Record>> {
        let rehearsed = self.rehearsed.as_deref();
        if let Some(record) = rehearsed.and_then(|rehearsed| rehearsed.get(&id)) {
            return record.clone().map_or(Ok(None), |record| self.seen(record));
        }
        let Some(object) = self.schema.by_prefix(id.prefix) else {
            return Ok(None);
        };
        let mut record = self.get_stored(id)?;
        self.add_rollups(object, record.iter_mut(), TotalsFor::Show)?;
        if let (Some(seeing), Some(record)) = (&self.seeing, &record) {
            seeing.note(record, false);
        }
        Ok(record)
    }

    /// A live record without its rollups: they belong to the store, not to who changes the record.
    pub(crate) fn get_stored(&self, id: RecordId) -> Result<Option<Record>> {
        let Some(object) = self.schema.by_prefix(id.prefix) else {
            return Ok(None);
        };
        let key = spaces::record(object.number, id.number);
        match self.snapshot.get(&key)? {
            Some(bytes) => self.seen(decode_whole(object, id.number, &bytes)?),
            None => Ok(None),
        }
    }

    /// A live record whoever reads: for who judges by it and does not show it.
    pub(super) fn unseen(&self, id: RecordId) -> Result<Option<Record>> {
        let Some(object) = self.schema.by_prefix(id.prefix) else {
            return Ok(None);
        };
        let bytes = self
            .snapshot
            .get(&spaces::record(object.number, id.number))?;
        bytes
            .map(|bytes| decode_whole(object, id.number, &bytes))
            .transpose()
    }

    /// What is stored of live records.
    pub(super) fn stored(&self, object: &Object, ids: &[u128]) -> Result<Entries> {
        let of = |id: &u128| spaces::record(object.number, *id);
        let keys: Vec<[u8; 21]> = ids.iter().map(of).collect();
        let keys: Vec<&[u8]> = keys.iter().map(<[u8; 21]>::as_slice).collect();
        Ok(self.snapshot.get_all(&keys)?)
    }

    /// Live records of one object by number, in the order asked for, with their rollups.
    pub(crate) fn get_many(
        &self,
        object: &Arc<Object>,
        ids: &[u128],
    ) -> Result<Vec<Option<Record>>> {
        self.get_many_for(object, ids, TotalsFor::Show)
    }

    pub(super) fn get_many_for(
        &self,
        object: &Arc<Object>,
        ids: &[u128],
        totals: TotalsFor,
    ) -> Result<Vec<Option<Record>>> {
        let mut records = self.stored_records(object, ids)?;
        self.add_rollups(object, records.iter_mut().flatten(), totals)?;
        Ok(records)
    }

    /// The same without their rollups.
    pub(crate) fn stored_records(
        &self,
        object: &Arc<Object>,
        ids: &[u128],
    ) -> Result<Vec<Option<Record>>> {
        let values = self.stored(object, ids)?;
        let mut records = Vec::with_capacity(ids.len());
        for (id, bytes) in ids.iter().zip(values.values()) {
            records.push(match bytes {
                Some(bytes) => self.seen(decode_whole(object, *id, bytes)?)?,
                None => None,
            });
        }
        Ok(records)
    }

    /// The record in the bin, without rollups, and how it was deleted.
    pub(crate) fn binned(&self, id: RecordId) -> Result<Option<(Record, crate::write::Binned)>> {
        let Some(object) = self.schema.by_prefix(id.prefix) else {
            return Ok(None);
        };
        let Some(bytes) =
            self.snapshot
                .get(&spaces::of_record(spaces::BIN, object.number, id.number))?
        else {
            return Ok(None);
        };
        let (binned, record) = crate::write::Binned::split(&bytes)?;
        let record = self.seen(decode_whole(object, id.number, record)?)?;
        Ok(record.map(|record| (record, binned)))
    }

    /// Whether who reads may know that there is, or was, a record.
    pub(crate) fn is_known_to_reader(&self, id: RecordId) -> Result<bool> {
        let object = self.object_of(id)?;
        Ok(self.sees_every(object) || self.get_stored(id)?.is_some() || self.binned(id)?.is_some())
    }

    /// When a record was erased, if it was.
    pub(crate) fn erased(&self, id: RecordId) -> Result<Option<DateTime<Utc>>> {
        let Some(object) = self.schema.by_prefix(id.prefix) else {
            return Ok(None);
        };
        let key = spaces::of_record(spaces::ERASED, object.number, id.number);
        let micros = self
            .snapshot
            .get(&key)?
            .and_then(|bytes| bytes.try_into().ok());
        Ok(micros.and_then(|bytes| DateTime::from_timestamp_micros(i64::from_be_bytes(bytes))))
    }

    /// Why a record is neither there nor in the bin, in words.
    pub(crate) fn missing(&self, id: RecordId) -> Result<String> {
        let object = self.schema.by_prefix(id.prefix);
        // Who does not see all of them is not told that there was one.
        let told = object.is_none_or(|object| self.sees_every(object));
        Ok(match self.erased(id)?.filter(|_| told) {
            Some(at) => format!("{id} was erased on {}", at.date_naive()),
            None => format!("there is no record {id}"),
        })
    }

    /// The id under a unique field's value.
    pub(crate) fn by_unique(
        &self,
        object: &Object,
        field: u32,
        value: &Value,
    ) -> Result<Option<RecordId>> {
        let bytes = self
            .snapshot
            .get(&spaces::unique(object.number, field, value))?;
        let id = bytes
            .and_then(|bytes| <[u8; 16]>::try_from(bytes.as_slice()).ok())
            .map(|id| RecordId::new(object.prefix, u128::from_be_bytes(id)));
        match id {
            Some(id) if !self.sees_id(object, id)? => Ok(None),
            id => Ok(id),
        }
    }

    /// Whether a record that an index names is seen.
    fn sees_id(&self, object: &Object, id: RecordId) -> Result<bool> {
        Ok(self.sees_every(object) || self.get_stored(id)?.is_some())
    }

    /// What a plugin keeps under one of its keys.
    #[cfg(feature = "wasm")]
    pub(crate) fn kept(&self, plugin: &str, key: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.snapshot.get(&spaces::kept(plugin, key))?)
    }

    /// What a plugin keeps under keys that begin with `prefix`, in their order, after a key.
    #[cfg(feature = "wasm")]
    pub(crate) fn kept_under(
        &self,
        plugin: &str,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Vec<u8>)>> {
        let mut span = Span::prefix(&spaces::kept(plugin, prefix));
        if let Some(after) = after {
            let mut start = spaces::kept(plugin, after);
            start.push(0);
            span.start = span.start.max(start);
        }
        let begins = spaces::kept(plugin, "").len();
        let rows = self.snapshot.scan(&span, Direction::Forward, limit)?;
        let named = rows.into_iter().filter_map(|(key, value)| {
            let key = String::from_utf8(key.get(begins..)?.to_vec()).ok()?;
            Some((key, value))
        });
        Ok(named.collect())
    }

    /// The bytes that a plugin keeps, keys included.
    #[cfg(feature = "wasm")]
    pub(crate) fn kept_bytes(&self, plugin: &str) -> Result<u64> {
        let total = self
            .snapshot
            .get(&spaces::named(spaces::KEPT_TOTAL, plugin))?;
        let sum = total.and_then(|bytes| bytes.last_chunk::<16>().copied());
        Ok(sum.map_or(0, |sum| {
            u64::try_from(i128::from_be_bytes(sum)).unwrap_or(0)
        }))
    }

    /// Calls `each` with every live record of an object, in id order, until it breaks.
    pub(crate) fn each(
        &self,
        object: &Arc<Object>,
        each: impl FnMut(Record) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        self.each_after(object, None, each)
    }

    /// The same of those after an id.
    pub(crate) fn each_after(
        &self,
        object: &Arc<Object>,
        after: Option<u128>,
        mut each: impl FnMut(Record) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let mut after = after.map(|id| spaces::record(object.number, id).to_vec());
        loop {
            let mut span = Span::prefix(&spaces::of_object(spaces::RECORD, object.number));
            if let Some(last) = &after {
                span.start.clone_from(last);
                span.start.push(0);
            }
            let page = self.snapshot.list(&span, Direction::Forward, 500)?;
            let Some(last) = page.last_key() else {
                return Ok(());
            };
            after = Some(last.to_vec());
            let mut records = Vec::with_capacity(page.len());
            for (key, bytes) in page.iter() {
                let record = decode_whole(object, spaces::id_at_end(key).unwrap_or(0), bytes)?;
                records.extend(self.seen(record)?);
            }
            self.add_rollups(object, records.iter_mut(), TotalsFor::Show)?;
            for record in records {
                if each(record)?.is_break() {
                    return Ok(());
                }
            }
        }
    }

    /// Ids of live records whose reference field names `target`, in id order.
    pub(crate) fn referring(
        &self,
        from: &Object,
        field: u32,
        target: RecordId,
    ) -> Result<Vec<RecordId>> {
        self.having(from, field, &Value::Reference(target))
    }

    /// Ids of live records whose indexed field has the value, in id order. Of a long text the index has the beginning.
    pub(crate) fn having(&self, from: &Object, field: u32, value: &Value) -> Result<Vec<RecordId>> {
        let mut prefix = spaces::of_field(spaces::INDEX, from.number, field);
        spaces::push_indexed(&mut prefix, Some(value));
        let mut ids = Vec::new();
        self.snapshot.scan_all(&prefix, |key, _| {
            ids.extend(spaces::id_at_end(key).map(|id| RecordId::new(from.prefix, id)));
            Ok::<_, Error>(ControlFlow::Continue(()))
        })?;
        if !self.sees_every(from) {
            let mut seen = Vec::with_capacity(ids.len());
            for id in ids {
                if self.sees_id(from, id)? {
                    seen.push(id);
                }
            }
            return Ok(seen);
        }
        Ok(ids)
    }
}

/// A record of stored bytes, without what the object hides.
pub(crate) fn decode(object: &Arc<Object>, id: u128, bytes: &[u8]) -> Result<Record> {
    decode_whole(object, id, bytes).map(without_hidden)
}

fn without_hidden(mut record: Record) -> Record {
    if !record.object.hidden.is_empty() {
        let object = record.object.clone();
        record
            .values
            .retain(|(number, _)| !object.hidden.contains(number));
    }
    record
}

/// A record of stored bytes, with all its fields: for who judges it.
pub(crate) fn decode_whole(object: &Arc<Object>, id: u128, bytes: &[u8]) -> Result<Record> {
    let stored = codec::decode(bytes).map_err(|error| unreadable(object, id, &error))?;
    Ok(Record {
        object: object.clone(),
        id: RecordId::new(object.prefix, id),
        revision: stored.revision,
        values: stored.values,
    })
}

pub(super) fn unreadable(object: &Object, id: u128, error: &codec::CodecError) -> Error {
    let id = RecordId::new(object.prefix, id);
    Error::new(ErrorKind::Damaged, format!("{id} cannot be read: {error}"))
        .hint("run `peyvand check` on the store")
}
