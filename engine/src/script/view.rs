//! What is `record` in a script?
//!
//! A view on one record: its fields by name, read and — in a before script — set. Every use of a clone (a variable, a
//! parameter) is the same record.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rhai::{Dynamic, Engine, EvalAltResult, NativeCallContext};

use super::functions::current;
use super::value::{from_script, to_script};
use crate::query::Reader;
use crate::record::{Record, RecordId, Value};
use crate::schema::{Field, FieldKind, Object, targets_in_words};

/// What every record has besides its fields.
pub(super) const OWN: [&str; 2] = ["id", "revision"];

/// Whether a view's fields may be set, and if not, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Draft,
    Old,
    Committed,
    Deleted,
    Foreign,
}

impl Access {
    fn refusal(self) -> Option<&'static str> {
        Some(match self {
            Self::Draft => return None,
            Self::Old => "old is how the record was and cannot be changed; set the field of record",
            Self::Committed => {
                "the record is committed and cannot be changed here; use update(record, #{ … })"
            }
            Self::Deleted => "the record is being deleted and cannot be changed",
            Self::Foreign => {
                "a record read with get() cannot be changed here; an after script can use update()"
            }
        })
    }
}

/// The field, if it may be set.
pub(super) fn may_set<'a>(
    object: &'a Object,
    name: &str,
    access: Access,
) -> Result<&'a Field, String> {
    if let Some(refusal) = access.refusal() {
        return Err(refusal.to_owned());
    }
    match object.field(name) {
        Some(field) if field.read_only || field.is_rollup() => {
            Err(format!("{name} is kept by the engine and cannot be set"))
        }
        Some(field) => Ok(field),
        None if OWN.contains(&name) => {
            Err(format!("{name} is kept by the engine and cannot be set"))
        }
        None => Err(object.unknown_field(name)),
    }
}

#[derive(Clone)]
pub(super) struct RecordView {
    record: Arc<Mutex<Record>>,
    access: Access,
}

impl RecordView {
    pub(super) fn new(record: Record, access: Access) -> Self {
        Self {
            record: Arc::new(Mutex::new(record)),
            access,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn id(&self) -> RecordId {
        self.lock().id
    }

    pub(super) fn record(&self) -> Record {
        self.lock().clone()
    }

    fn get(&self, name: &str) -> Result<Dynamic, String> {
        let record = self.lock();
        match (record.object.field(name), name) {
            (Some(field), _) => Ok(record.value(field.number).map_or(Dynamic::UNIT, to_script)),
            (None, "id") => Ok(record.id.to_string().into()),
            (None, "revision") => Ok(Dynamic::from(
                i64::try_from(record.revision).unwrap_or(i64::MAX),
            )),
            (None, _) => Err(record.object.unknown_field(name)),
        }
    }

    fn set(&self, reader: &Reader, name: &str, value: &Dynamic) -> Result<(), String> {
        let object = self.lock().object.clone();
        let field = may_set(&object, name, self.access)?;
        // Not under the lock: the value may hold this very record.
        let value = match &field.kind {
            FieldKind::Reference { to, .. } => reference(reader, to, value),
            kind => from_script(kind, value),
        };
        let value = value.map_err(|message| format!("{name}: {message}"))?;
        self.lock().set(field.number, value);
        Ok(())
    }
}

/// A reference by a record, an id, or the natural key of one of the objects it may belong to.
fn reference(reader: &Reader, to: &[String], value: &Dynamic) -> Result<Option<Value>, String> {
    let read = from_script(&FieldKind::Text, value)?;
    let Some(Value::Text(text)) = read else {
        return Ok(None);
    };
    if let Ok(id) = text.parse::<RecordId>()
        && let Some(object) = reader.schema.by_prefix(id.prefix)
    {
        let fits = crate::schema::leads_to(to, &object.name);
        return if fits {
            Ok(Some(Value::Reference(id)))
        } else {
            Err(format!(
                "{id} is a {}, and it refers to {}",
                object.name,
                targets_in_words(to)
            ))
        };
    }
    for name in to {
        if let Some(id) = by_key(reader, name, &text)? {
            return Ok(Some(Value::Reference(id)));
        }
    }
    Err(format!(
        "'{text}' is neither the id nor the key of a record of {}",
        targets_in_words(to)
    ))
}

/// The record of an object with this natural key.
pub(super) fn by_key(reader: &Reader, object: &str, key: &str) -> Result<Option<RecordId>, String> {
    let object = reader.object(object).map_err(|error| error.to_string())?;
    let Some(field) = object.natural_key() else {
        return Ok(None);
    };
    reader
        .by_unique(object, field.number, &Value::Text(key.into()))
        .map_err(|error| error.to_string())
}

pub(super) fn register(engine: &mut Engine) {
    engine
        .register_type_with_name::<RecordView>("record")
        .register_indexer_get(
            |view: &mut RecordView, name: &str| -> Result<Dynamic, Box<EvalAltResult>> {
                Ok(view.get(name)?)
            },
        )
        .register_indexer_set(
            |context: NativeCallContext<'_>,
             view: &mut RecordView,
             name: &str,
             value: Dynamic|
             -> Result<(), Box<EvalAltResult>> {
                let run = current(&context)?;
                Ok(view.set(&run.reader, name, &value)?)
            },
        )
        .register_fn("==", |a: RecordView, b: RecordView| a.id() == b.id())
        .register_fn("!=", |a: RecordView, b: RecordView| a.id() != b.id())
        .register_fn("to_string", |view: &mut RecordView| view.lock().title())
        .register_fn("to_debug", |view: &mut RecordView| view.id().to_string());
}
