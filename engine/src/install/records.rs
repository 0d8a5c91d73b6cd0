//! How do the records and processes that a plugin brings come and go?
//!
//! By their keys, as the plugin: what somebody else has changed meanwhile is his, and left alone.

use std::sync::Arc;

use crate::context::{Actor, Context};
use crate::error::{Error, ErrorKind, Failure, Result};
use crate::plugin::{BroughtData, BroughtRecord, Manifest};
use crate::process::{Coming, Process, ProcessChange};
use crate::query::Reader;
use crate::record::{Record, Value};
use crate::schema::{Schema, system};
use crate::session::Session;
use crate::write::{Fields, Group, Request};

impl Session {
    /// Says what would keep views, forms, dashboards and processes of a plugin from being brought once the schema is
    /// this one.
    pub(super) fn may_bring(&self, manifest: &Manifest, schema: &Arc<Schema>) -> Result<()> {
        self.may_declare(&manifest.id, &manifest.declarations, schema)?;
        let changes = self.changed_processes(manifest, schema)?;
        let faults = changes.iter().flat_map(|(process, change)| {
            let told = |fault: &String| {
                let message = format!("process '{}': {fault}", process.key);
                Failure::new("process", message)
            };
            change.faults.iter().map(told)
        });
        let faults: Vec<Failure> = faults.collect();
        match faults.is_empty() {
            true => Ok(()),
            false => Err(Error::with_failures(ErrorKind::Plugin, faults)),
        }
    }

    /// What becomes of the processes of a plugin once the schema is this one and its records are there.
    pub(super) fn changed_processes<'m>(
        &self,
        manifest: &'m Manifest,
        schema: &Arc<Schema>,
    ) -> Result<Vec<(&'m Process, ProcessChange)>> {
        let data = &manifest.brought;
        let coming = data.records.iter().filter_map(|record| {
            let key = schema.object(&record.object)?.natural_key()?;
            let key = record.fields.get(&key.name)?.as_str()?;
            Some((record.object.clone(), key.to_owned()))
        });
        let coming: Vec<Coming> = coming.collect();
        let changes = self.processes_change(&manifest.id, &data.processes, schema, &coming)?;
        Ok(data.processes.iter().zip(changes).collect())
    }

    /// Brings records, and processes once their roles are there.
    pub(super) fn bring_data(&self, plugin: &str, data: &BroughtData) -> Result<()> {
        self.bring(plugin, &data.records)?;
        if !data.processes.is_empty() || self.has_processes_of(plugin)? {
            let _ = self.declare_processes(plugin, &data.processes)?;
        }
        Ok(())
    }

    fn has_processes_of(&self, plugin: &str) -> Result<bool> {
        let processes = self.processes()?;
        let mut origins = processes
            .iter()
            .map(|process| process.brought_by.as_deref());
        Ok(origins.any(|origin| origin == Some(plugin)))
    }

    /// Takes processes out of use, so that what they name can go: those that records are in stay for them. It is done as
    /// the plugin, so that it can bring them again.
    pub(super) fn suspend_processes(&self, plugin: &str) -> Result<()> {
        self.as_plugin(plugin).withdraw_processes(plugin).map(drop)
    }

    /// Makes the records of a plugin, or changes those that it made; one commit.
    fn bring(&self, plugin: &str, records: &[BroughtRecord]) -> Result<()> {
        if records.is_empty() {
            return Ok(());
        }
        let (reader, _) = self.engine.read()?;
        let mut requests = Vec::with_capacity(records.len());
        for record in records {
            let fields = Fields::from(record.fields.clone());
            match found(&reader, record)? {
                None => requests.push(Request::create(&record.object, fields)),
                Some(known) if is_of(&known, plugin, system::UPDATED_BY) => {
                    requests.push(Request::update(known.id(), fields));
                }
                Some(_) => {}
            }
        }
        drop(reader);
        if !requests.is_empty() {
            let _ = self.as_plugin(plugin).commit(requests)?;
        }
        Ok(())
    }

    /// The records that an installed plugin says it brings; none where it cannot be read any more.
    pub(super) fn stored_records(&self, id: &str) -> Result<Vec<BroughtRecord>> {
        let held = self.stored_plugin(id)?;
        let manifest = held.and_then(|held| self.manifest_of(&held));
        Ok(manifest.map_or_else(Vec::new, |manifest| manifest.brought.records))
    }

    /// Puts the records of a plugin into the bin that nobody else touched or needs; the last ones first, since later
    /// ones may refer to earlier ones.
    pub(super) fn take_back(&self, plugin: &str, records: &[BroughtRecord]) -> Result<()> {
        let (reader, _) = self.engine.read()?;
        let mut ids = Vec::new();
        for record in records.iter().rev() {
            let own = found(&reader, record)?.filter(|known| {
                is_of(known, plugin, system::CREATED_BY) && is_of(known, plugin, system::UPDATED_BY)
            });
            ids.extend(own.map(|known| known.id()));
        }
        drop(reader);
        let session = self.as_plugin(plugin);
        for id in ids {
            let group = Group::of([Request::Delete { id, revision: None }]);
            // Where records refer to it, it stays.
            let _ = session.engine.write(&session.context, &[group], None, 0)?;
        }
        Ok(())
    }

    fn as_plugin(&self, plugin: &str) -> Session {
        let context = Context {
            actor: Actor::Plugin(plugin.to_owned()),
            ..self.context.clone()
        };
        self.clone().acting_in(context)
    }
}

fn is_of(record: &Record, plugin: &str, stamp: u32) -> bool {
    let actor = Actor::Plugin(plugin.to_owned()).to_string();
    matches!(record.value(stamp), Some(Value::Text(by)) if *by == actor)
}

fn found(reader: &Reader, record: &BroughtRecord) -> Result<Option<Record>> {
    let object = reader.object(&record.object)?;
    let Some(key) = object.natural_key() else {
        return Ok(None);
    };
    let text = record.fields.get(&key.name).and_then(|key| key.as_str());
    let Some(text) = text else {
        return Ok(None);
    };
    match reader.by_unique(object, key.number, &Value::Text(text.into()))? {
        Some(id) => reader.get(id),
        None => Ok(None),
    }
}
