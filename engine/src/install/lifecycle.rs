//! What does a version change, and what becomes of the data of a plugin that goes?

use std::ops::ControlFlow;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::info::{PluginInfo, PluginRight};
use super::plugins::{asked_in_addition, no_plugin, type_user};
use crate::error::{Error, Result};
use crate::plugin::{self, Manifest, Terms, is_brought};
use crate::process::{Process, ProcessChange};
use crate::query::Reader;
use crate::record::RecordId;
use crate::schema::{Labels, Object, Schema, SchemaChange};
use crate::session::Session;
use crate::write::{Group, Request};

/// What installing a file would change.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct PluginChange {
    /// The plugin as it would be, with the grants that it has.
    pub plugin: PluginInfo,
    /// The version that is installed; none for a new plugin.
    pub from: Option<String>,
    /// What it needs in addition to the installed version; everything that a new plugin needs.
    pub asks: Vec<PluginRight>,
    /// Objects, fields, options, processes, views, forms and dashboards that would come.
    pub adds: Vec<String>,
    /// Fields of the installed version that this one no longer brings: they go out of use, and their values stay.
    pub retires: Vec<String>,
    /// Processes, views, forms and dashboards of the installed version that this one no longer brings.
    pub withdraws: Vec<String>,
    /// Its processes, and what becomes of their steps and of the records in them.
    pub processes: Vec<PluginProcess>,
}

/// A process that a plugin brings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PluginProcess {
    /// Its key.
    pub key: String,
    /// What it is called in several languages.
    pub label: Labels,
    /// What bringing it would change.
    pub change: ProcessChange,
}

impl PluginProcess {
    fn new((process, change): (&Process, ProcessChange)) -> Self {
        Self {
            key: process.key.clone(),
            label: process.label.clone(),
            change,
        }
    }
}

/// What removing a plugin would do.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct PluginRemoval {
    /// The plugin.
    pub id: String,
    /// The version that is installed.
    pub version: String,
    /// The fields that would go out of use.
    pub fields: Vec<PluginField>,
    /// Objects of its own: they stay, with all of their records and fields.
    pub objects: Vec<PluginObject>,
    /// Views, forms, dashboards, workflows and processes that would go along; a process that records are in takes no new
    /// ones and stays for those.
    pub withdraws: Vec<String>,
    /// Why it cannot be removed as things are.
    pub problems: Vec<String>,
}

/// An object that a plugin brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PluginObject {
    /// Its name.
    pub object: String,
    /// How many records of it there are.
    pub records: u64,
}

/// A field that a plugin brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PluginField {
    /// Its object.
    pub object: String,
    /// Its name.
    pub field: String,
    /// How many records have a value in it.
    pub values: u64,
}

impl Session {
    /// What installing a file would change; nothing is changed.
    ///
    /// # Errors
    /// Everything that is wrong with the file or its manifest.
    pub fn preview_plugin(&self, bytes: &[u8]) -> Result<PluginChange> {
        let signature = self.signature_of(bytes)?;
        let runtime = self.engine.plugin_runtime()?;
        let opened = plugin::open(&runtime, bytes)?;
        let manifest = &opened.manifest;
        self.must_fit_the_others(manifest)?;
        let schema = self.engine.schema()?;
        manifest.check(&schema)?;
        let with_fields = Arc::new(manifest.schema_with_fields(&schema)?);
        self.may_declare(&manifest.id, &manifest.declarations, &with_fields)?;
        let processes = self.changed_processes(manifest, &with_fields)?;
        let held = self.stored_plugin(&manifest.id)?;
        let old = held.as_ref().and_then(|held| self.manifest_of(held));
        let terms = held.as_ref().map_or_else(Terms::default, |(held, _)| {
            let mut terms = held.terms();
            let before = old.as_ref().map(Manifest::rights);
            terms.granted = terms.granted.or(before);
            terms
        });
        let mut info = PluginInfo::new(&opened, bytes, &terms, &with_fields).signed(signature);
        info.requires = self.requirements(manifest)?;
        let more = asked_in_addition(manifest, old.as_ref());
        let more: Vec<String> = more.iter().map(ToString::to_string).collect();
        let asks = info
            .rights
            .iter()
            .filter(|right| more.contains(&right.right));
        let (mut adds, mut retires) = (Vec::new(), Vec::new());
        for change in manifest.schema_changes(&schema) {
            match change {
                SchemaChange::CreateObject { name, .. } => adds.push(format!("object {name}")),
                SchemaChange::AddField { object, field } => {
                    adds.push(format!("field {object}.{}", field.name));
                }
                SchemaChange::AddOption {
                    object,
                    field,
                    option,
                } => adds.push(format!("option {option} of {object}.{field}")),
                SchemaChange::RetireField { object, field } => {
                    retires.push(format!("field {object}.{field}"));
                }
                _ => {}
            }
        }
        let declared = |manifest: &Manifest| {
            let processes = manifest.brought.processes.iter();
            let processes = processes.map(|process| format!("process {}", process.key));
            let mut names = manifest.declarations.names();
            names.extend(processes);
            names
        };
        let before = old.as_ref().map(declared).unwrap_or_default();
        let now = declared(manifest);
        adds.extend(now.iter().filter(|name| !before.contains(name)).cloned());
        Ok(PluginChange {
            asks: asks.cloned().collect(),
            plugin: info,
            from: held.map(|(held, _)| held.version),
            adds,
            retires,
            withdraws: withdrawn(before, &now),
            processes: processes.into_iter().map(PluginProcess::new).collect(),
        })
    }

    /// What removing a plugin would do; nothing is changed.
    ///
    /// # Errors
    /// When it is not installed.
    pub fn preview_plugin_removal(&self, id: &str) -> Result<PluginRemoval> {
        let Some(held) = self.stored_plugin(id)? else {
            return Err(no_plugin(id, ""));
        };
        let manifest = self.manifest_of(&held);
        let (held, _) = held;
        let (reader, _) = self.engine.read()?;
        let schema = reader.schema.clone();
        let (mut fields, mut objects) = (Vec::new(), Vec::new());
        for (object, numbers) in brought(&schema, id) {
            let (mut counts, mut records) = (vec![0; numbers.len()], 0);
            reader.each(&object, |record| {
                records += 1;
                for (count, number) in counts.iter_mut().zip(&numbers) {
                    *count += u64::from(record.value(*number).is_some());
                }
                Ok(ControlFlow::Continue(()))
            })?;
            if is_brought(&object, id) {
                let object = object.name.clone();
                objects.push(PluginObject { object, records });
                continue;
            }
            for (values, number) in counts.into_iter().zip(&numbers) {
                fields.extend(object.field_by_number(*number).map(|field| PluginField {
                    object: object.name.clone(),
                    field: field.name.clone(),
                    values,
                }));
            }
        }
        let mut withdraws = Vec::new();
        if let Some(manifest) = manifest {
            withdraws.extend(manifest.declarations.names());
            let workflows = manifest.workflows.iter();
            withdraws.extend(workflows.map(|workflow| format!("workflow {}", workflow.name)));
            let processes = manifest.brought.processes.iter();
            withdraws.extend(processes.map(|process| format!("process {}", process.key)));
        }
        let user = type_user(&schema, id);
        let mut problems: Vec<String> = user
            .map(|user| format!("{user} is of a type that it defines"))
            .into_iter()
            .collect();
        problems.extend(self.requiring(id)?);
        let others = self.definitions_in_use(&retirements(&schema, id))?;
        let others = others
            .iter()
            .filter(|used| used.brought_by.as_deref() != Some(id));
        problems.extend(others.map(|used| {
            let places = used.places.join(", ");
            format!("{} '{}' uses its fields ({places})", used.object, used.name)
        }));
        Ok(PluginRemoval {
            id: held.id,
            version: held.version,
            fields,
            objects,
            withdraws,
            problems,
        })
    }

    /// Gives every record with values in fields that a plugin brought, with those values by name, until `each` says
    /// false.
    ///
    /// # Errors
    /// When it is not installed, or the store cannot be read.
    pub fn plugin_values(
        &self,
        id: &str,
        mut each: impl FnMut(RecordId, &Map<String, Json>) -> bool,
    ) -> Result<()> {
        self.plugin(id)?;
        let (reader, _) = self.engine.read()?;
        let mut goes_on = true;
        for (object, numbers) in brought(&reader.schema.clone(), id) {
            reader.each(&object, |record| {
                let values = numbers.iter().filter_map(|number| {
                    let name = object.field_by_number(*number)?.name.clone();
                    Some((name, record.value(*number)?.to_json()))
                });
                let values: Map<String, Json> = values.collect();
                goes_on = values.is_empty() || each(record.id(), &values);
                Ok(match goes_on {
                    true => ControlFlow::Continue(()),
                    false => ControlFlow::Break(()),
                })
            })?;
            if !goes_on {
                break;
            }
        }
        Ok(())
    }

    /// Disables a plugin and clears the values of the fields that it brought, in records that are not in the bin; records
    /// of its own objects go to the bin. Gives how many there were. What the journal and the history say stays. Where it is cut off, it goes on when it is
    /// called again.
    ///
    /// # Errors
    /// When it is not installed, or a record cannot be written.
    pub fn drop_plugin_values(&self, id: &str) -> Result<u64> {
        self.must_not_be_required(id)?;
        // What computes a field would set it again.
        self.enable_plugin(id, false)?;
        let (reader, _) = self.engine.read()?;
        let schema = reader.schema.clone();
        self.allow_none(&schema, id)?;
        let mut cleared = 0;
        // Later objects may refer to earlier ones.
        for (object, numbers) in brought(&schema, id).into_iter().rev() {
            let mut groups = Vec::with_capacity(CLEARED_AT_ONCE);
            if is_brought(&object, id) {
                cleared += self.put_in_bin(&reader, &object)?;
                continue;
            }
            let all = clearing(&reader, &object, &numbers)?;
            for request in all {
                groups.push(Group::kept(request));
                if groups.len() == CLEARED_AT_ONCE {
                    cleared += self.clear(&mut groups)?;
                }
            }
            cleared += self.clear(&mut groups)?;
        }
        Ok(cleared)
    }

    /// Puts all records of an object into the bin; one that others refer to stays.
    fn put_in_bin(&self, reader: &Reader, object: &Arc<Object>) -> Result<u64> {
        let mut groups = Vec::new();
        reader.each(object, |record| {
            let (id, revision) = (record.id(), None);
            groups.push(Group::of([Request::Delete { id, revision }]));
            Ok(ControlFlow::Continue(()))
        })?;
        let mut gone = 0;
        for some in groups.chunks(CLEARED_AT_ONCE) {
            let report = self.engine.write(&self.context, some, None, 0)?;
            gone += report.groups.iter().filter(|group| group.is_ok()).count() as u64;
        }
        Ok(gone)
    }

    fn clear(&self, groups: &mut Vec<Group>) -> Result<u64> {
        if groups.is_empty() {
            return Ok(0);
        }
        let _ = self.commit_groups(groups)?;
        let count = groups.len() as u64;
        groups.clear();
        Ok(count)
    }

    /// Its required fields may be empty from now on.
    fn allow_none(&self, schema: &Schema, id: &str) -> Result<()> {
        let others = schema.objects().filter(|object| !is_brought(object, id));
        let required = others.flat_map(|object| {
            let of_plugin = object
                .live_fields()
                .filter(|field| field.required && field.brought_by.as_deref() == Some(id));
            of_plugin.map(|field| SchemaChange::SetRequired {
                object: object.name.clone(),
                field: field.name.clone(),
                required: false,
            })
        });
        let required: Vec<SchemaChange> = required.collect();
        if required.is_empty() {
            return Ok(());
        }
        self.change_schema(required).map(drop)
    }
}

/// Records that one commit clears.
const CLEARED_AT_ONCE: usize = 500;

/// The requests that clear these fields.
fn clearing(reader: &Reader, object: &Arc<Object>, numbers: &[u32]) -> Result<Vec<Request>> {
    let mut requests = Vec::new();
    reader.each(object, |record| {
        let names = numbers.iter().filter_map(|number| {
            record.value(*number)?;
            Some((object.field_by_number(*number)?.name.clone(), Json::Null))
        });
        let fields: Map<String, Json> = names.collect();
        if !fields.is_empty() {
            requests.push(Request::update(record.id(), fields));
        }
        Ok::<_, Error>(ControlFlow::Continue(()))
    })?;
    Ok(requests)
}

/// The fields in use that a plugin brought, by object.
fn brought(schema: &Schema, id: &str) -> Vec<(Arc<Object>, Vec<u32>)> {
    let of_plugin = |object: &Arc<Object>| {
        let fields = object
            .live_fields()
            .filter(|field| field.brought_by.as_deref() == Some(id));
        let numbers: Vec<u32> = fields.map(|field| field.number).collect();
        (!numbers.is_empty()).then(|| (object.clone(), numbers))
    };
    schema.objects().filter_map(of_plugin).collect()
}

/// The changes that put a plugin's fields out of use.
pub(super) fn retirements(schema: &Schema, id: &str) -> Vec<SchemaChange> {
    let of_object = |(object, numbers): (Arc<Object>, Vec<u32>)| {
        // An object of its own keeps its fields: they are all that its records have.
        if is_brought(&object, id) {
            return Vec::new();
        }
        let retire = |number: u32| {
            Some(SchemaChange::RetireField {
                object: object.name.clone(),
                field: object.field_by_number(number)?.name.clone(),
            })
        };
        numbers.into_iter().filter_map(retire).collect::<Vec<_>>()
    };
    brought(schema, id)
        .into_iter()
        .flat_map(of_object)
        .collect()
}

/// What was declared before and is no longer.
pub(super) fn withdrawn(before: Vec<String>, now: &[String]) -> Vec<String> {
    before
        .into_iter()
        .filter(|name| !now.contains(name))
        .collect()
}
