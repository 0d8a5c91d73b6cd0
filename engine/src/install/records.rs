//! How do the records that a plugin brings come and go?
//!
//! By their natural keys, as the plugin: what somebody else has changed meanwhile is his, and left alone.

use crate::context::{Actor, Context};
use crate::error::Result;
use crate::plugin::BroughtRecord;
use crate::query::Reader;
use crate::record::{Record, Value};
use crate::schema::system;
use crate::session::Session;
use crate::write::{Fields, Group, Request};

impl Session {
    /// Makes the records of a plugin, or changes those that it made; one commit.
    pub(super) fn bring(&self, plugin: &str, records: &[BroughtRecord]) -> Result<()> {
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
