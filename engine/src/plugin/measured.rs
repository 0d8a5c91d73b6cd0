//! What does a call cost by itself? For benchmarks: through the public interface it is a difference of two writes.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, FixedOffset};
use serde_json::{Map, Value as Json};
use wasmtime::component::Component;

use super::answers;
use super::cache::CodeCache;
use super::contract::Batch;
use super::hooks::Served;
use super::{Runtime, Terms, instance, open, serve};
use crate::context::{Actor, Locale};
use crate::error::{Error, ErrorKind};
use crate::hook::{HookContext, HookFailure, Row, Verb};
use crate::query::Reader;
use crate::record::{Record, RecordId};
use crate::schema::{Object, Schema, standard_schema};
use crate::store::{Backend, MemoryBackend, Retention, Snapshot};

/// A plugin in the standard schema, over an empty store, with all its limits.
pub struct PluginCalls {
    runtime: Runtime,
    bytes: Vec<u8>,
    schema: Schema,
    reader: Reader,
    hooks: HashMap<String, Arc<Served>>,
}

/// Records as a hook's columns.
pub struct PluginColumns(Batch);

/// An instance that waits for calls; it lives as long as this.
pub struct PluginInstance(#[allow(dead_code, reason = "held for its memory")] instance::Instance);

impl PluginCalls {
    /// Loads a plugin's file, with its default settings.
    ///
    /// # Errors
    /// When it is no plugin of this engine.
    pub fn new(bytes: &[u8]) -> Result<Self, Error> {
        let runtime = Runtime::new()?;
        let manifest = open(&runtime, bytes)?.manifest;
        let schema = manifest.schema_with_fields(&standard_schema())?;
        let hooks = serve(&runtime, bytes, &manifest, &Terms::default(), &schema)?;
        let backend: Arc<dyn Backend> = Arc::new(MemoryBackend::keeping(Retention::Everything));
        let reader = Reader {
            snapshot: Snapshot::pin(&backend),
            schema: Arc::new(schema.clone()),
            rehearsed: None,
            seeing: None,
        };
        let named = |hook: Arc<Served>| (hook.hook.declared.name.clone(), hook);
        Ok(Self {
            runtime,
            bytes: bytes.to_vec(),
            schema,
            reader,
            hooks: hooks.into_iter().map(named).collect(),
        })
    }

    /// A record that is stored nowhere.
    ///
    /// # Errors
    /// When the object has no such field, or the field no such value.
    pub fn record(&self, object: &str, number: u64, fields: &Json) -> Result<Record, Error> {
        let unknown = |what: String| Error::new(ErrorKind::Invalid, what);
        let object = self.schema.object(object);
        let object = object.ok_or_else(|| unknown("there is no such object".to_owned()))?;
        let id = RecordId::new(object.prefix(), u128::from(number));
        let mut record = Record::empty(object.clone(), id);
        for (name, json) in fields.as_object().into_iter().flatten() {
            let field = object
                .field(name)
                .ok_or_else(|| unknown(object.unknown_field(name)))?;
            record.set(field.number, Some(field.kind.read(json).map_err(unknown)?));
        }
        Ok(record)
    }

    /// Asks a hook before a save; gives the number of values that it set.
    ///
    /// # Errors
    /// When there is no such hook, or it fails.
    pub fn amend(&self, hook: &str, records: &[Record]) -> Result<usize, Error> {
        let rows: Vec<Row<'_>> = records.iter().map(|record| row(None, record)).collect();
        self.ask(hook, |hook, context| hook.amend(&rows, context))
            .map(|answers| answers.patches.len())
    }

    /// The fuel that a hook before a save uses for these records.
    ///
    /// # Errors
    /// When there is no such hook, or it fails.
    pub fn fuel(&self, hook: &str, records: &[Record]) -> Result<u64, Error> {
        let rows: Vec<Row<'_>> = records.iter().map(|record| row(None, record)).collect();
        self.ask(hook, |hook, context| hook.amend(&rows, context))
            .map(|answers| answers.cost.fuel)
    }

    /// The same job with text both ways: each record as a JSON object goes to a field type's `format`, which answers
    /// the object of what it sets; its values are read as a program's are. Gives their number.
    ///
    /// # Errors
    /// When there is no such hook, it fails, or it sets what the record has not.
    pub fn amend_as_json(&self, hook: &str, records: &[Record]) -> Result<usize, Error> {
        let bad = |what: String| Error::new(ErrorKind::Plugin, what);
        let object = records
            .first()
            .and_then(|record| self.schema.object(record.object()));
        let object = object.ok_or_else(|| bad("there are no records".to_owned()))?;
        let told: Vec<String> = records
            .iter()
            .map(|record| as_json(object, record))
            .collect();
        let told: Vec<&str> = told.iter().map(String::as_str).collect();
        let answers = self.ask(hook, |hook, _| hook.shown(&told, Locale::En))?;
        let mut count = 0;
        for answer in &answers {
            let set: Map<String, Json> =
                serde_json::from_str(answer).map_err(|error| bad(error.to_string()))?;
            for (name, json) in &set {
                let field = object.field(name);
                let field = field.ok_or_else(|| bad(object.unknown_field(name)))?;
                std::hint::black_box(field.kind.read(json).map_err(bad)?);
                count += 1;
            }
        }
        Ok(count)
    }

    /// Asks a hook for points; gives the number of awards. Each record is told as it was and as it is.
    ///
    /// # Errors
    /// When there is no such hook, or it fails.
    pub fn score(&self, hook: &str, records: &[(Record, Record)]) -> Result<usize, Error> {
        let rows: Vec<Row<'_>> = records
            .iter()
            .map(|(before, after)| row(Some(before), after))
            .collect();
        self.ask(hook, |hook, context| hook.award(&rows, context))
            .map(|awards| awards.awards.len())
    }

    /// The columns of a hook, for [`score_columns`](Self::score_columns).
    ///
    /// # Errors
    /// When there is no such hook.
    pub fn columns(
        &self,
        hook: &str,
        records: &[(Record, Record)],
    ) -> Result<PluginColumns, Error> {
        let rows: Vec<Row<'_>> = records
            .iter()
            .map(|(before, after)| row(Some(before), after))
            .collect();
        let hook = self.hooks.get(hook);
        let hook = hook.ok_or_else(|| Error::new(ErrorKind::Plugin, "there is no such hook"))?;
        let batch = answers::batch(&hook.hook, &rows);
        batch
            .map(PluginColumns)
            .map_err(|fault| Error::new(ErrorKind::Plugin, fault.to_string()))
    }

    /// Asks a hook for points with columns that were made before; gives the number of awards.
    ///
    /// # Errors
    /// When there is no such hook, or it fails.
    pub fn score_columns(&self, hook: &str, columns: &PluginColumns) -> Result<usize, Error> {
        let awards = self.ask(hook, |hook, context| {
            hook.award_columns(&columns.0, context)
        })?;
        Ok(awards)
    }

    fn ask<T>(
        &self,
        hook: &str,
        ask: impl FnOnce(&Served, &HookContext<'_>) -> Result<T, HookFailure>,
    ) -> Result<T, Error> {
        let hook = self.hooks.get(hook);
        let hook = hook.ok_or_else(|| Error::new(ErrorKind::Plugin, "there is no such hook"))?;
        let now = DateTime::from_timestamp_nanos(1_774_051_200_000_000_000);
        let context = HookContext {
            reader: &self.reader,
            now,
            today: now.date_naive(),
            zone: FixedOffset::east_opt(0)
                .ok_or_else(|| Error::new(ErrorKind::Plugin, "there is no zone"))?,
            actor: &Actor::System,
        };
        ask(hook, &context).map_err(|failure| Error::new(ErrorKind::Plugin, failure.message))
    }

    fn any(&self) -> Result<&Served, Error> {
        let hook = self.hooks.values().next();
        hook.map(|hook| &**hook)
            .ok_or_else(|| Error::new(ErrorKind::Plugin, "the plugin has no hooks"))
    }

    /// Drops the instances that wait, so that the next call has a fresh one.
    ///
    /// # Errors
    /// When the plugin has no hooks.
    pub fn forget_instances(&self) -> Result<(), Error> {
        self.any()?.plugin.program.forget_idle();
        Ok(())
    }

    /// A new instance that knows its hooks and settings.
    ///
    /// # Errors
    /// When it does not start.
    pub fn instance(&self) -> Result<PluginInstance, Error> {
        let made = self.any()?.plugin.program.bound();
        made.map(PluginInstance)
            .map_err(|fault| Error::new(ErrorKind::Plugin, fault.to_string()))
    }

    /// Keeps compiled code in a folder.
    #[must_use]
    pub fn cached_in(self, folder: &Path) -> Self {
        let cache = CodeCache::in_folder(folder.to_owned(), [7; 32]);
        Self {
            runtime: self.runtime.with_cache(Some(Arc::new(cache))),
            ..self
        }
    }

    /// Loads the plugin's code from the folder, and keeps nothing of it.
    ///
    /// # Errors
    /// When it is not there, or is not what was put there.
    pub fn load(&self) -> Result<(), Error> {
        let hash = blake3::hash(&self.bytes);
        let loaded = self.runtime.load(hash).map(drop);
        loaded.ok_or_else(|| Error::new(ErrorKind::Plugin, "its code is not in the folder"))
    }

    /// Compiles the plugin and keeps its code in the folder.
    ///
    /// # Errors
    /// When it cannot be compiled.
    pub fn keep(&self) -> Result<(), Error> {
        let hash = blake3::hash(&self.bytes);
        self.runtime.loaded_or_compiled(hash, &self.bytes).map(drop)
    }

    /// Compiles the plugin once more, and keeps nothing of it.
    ///
    /// # Errors
    /// When it cannot be compiled.
    pub fn compile(&self) -> Result<(), Error> {
        Component::from_binary(self.runtime.engine(), &self.bytes)
            .map(drop)
            .map_err(|error| Error::new(ErrorKind::Plugin, format!("{error:#}")))
    }
}

fn as_json(object: &Object, record: &Record) -> String {
    let set = object.live_fields().filter_map(|field| {
        let value = record.value(field.number)?;
        Some((field.name.clone(), value.to_json()))
    });
    Json::Object(set.collect()).to_string()
}

fn row<'a>(before: Option<&'a Record>, record: &'a Record) -> Row<'a> {
    Row {
        verb: match before {
            None => Verb::Create,
            Some(_) => Verb::Update,
        },
        id: record.id(),
        before,
        after: Some(record),
    }
}
