//! What does a plugin bring as data?
//!
//! Objects, options and records, beside the fields and views of its manifest: an industry needs no code. They are
//! written in `plugin.toml`, or in TOML files of the folder `data` beside it, which the packer puts into the section
//! `peyvand:data`; a text may lie in a file of its own there (`{ file = "agreement.html" }`). Each file of
//! `data/processes` is one process, in TOML or JSON.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::manifest::{Faults, Manifest};
use super::written::WrittenField;
use crate::process::Process;
use crate::schema::{Field, Labels, Object, Schema};

/// The files of a plugin's folder `data`, by their paths in it.
pub(super) type Files = BTreeMap<String, String>;

/// What may be brought, as it is written.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct WrittenData {
    #[serde(rename = "object")]
    pub(super) objects: Vec<WrittenObject>,
    #[serde(rename = "field")]
    pub(super) fields: Vec<WrittenField>,
    #[serde(rename = "option")]
    pub(super) options: Vec<BroughtOption>,
    #[serde(rename = "record")]
    pub(super) records: Vec<BroughtRecord>,
    #[serde(rename = "view")]
    pub(super) views: Vec<Json>,
    #[serde(rename = "form")]
    pub(super) forms: Vec<Json>,
    #[serde(rename = "dashboard")]
    pub(super) dashboards: Vec<Json>,
    #[serde(rename = "panel")]
    pub(super) panels: Vec<Json>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct WrittenObject {
    name: String,
    prefix: String,
    #[serde(default)]
    label: Labels,
    #[serde(default)]
    key: Option<String>,
    #[serde(rename = "field")]
    fields: Vec<WrittenField>,
}

/// An object that a plugin brings; the first field is its title.
#[derive(Clone, Debug)]
pub(crate) struct BroughtObject {
    pub(crate) name: String,
    pub(super) prefix: String,
    pub(super) label: Labels,
    pub(super) key: Option<String>,
    pub(super) fields: Vec<Field>,
}

/// Another option of a field that is there.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct BroughtOption {
    pub(crate) object: String,
    pub(crate) field: String,
    pub(crate) option: String,
    #[serde(default)]
    pub(super) label: Labels,
}

/// A record that a plugin brings: a pipeline, a stage, a template, a process. It is known by its natural key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct BroughtRecord {
    pub(crate) object: String,
    pub(crate) fields: Map<String, Json>,
}

/// All that a plugin brings besides fields, views, forms, dashboards and panels.
#[derive(Clone, Debug, Default)]
pub(crate) struct BroughtData {
    pub(crate) objects: Vec<BroughtObject>,
    pub(crate) options: Vec<BroughtOption>,
    pub(crate) records: Vec<BroughtRecord>,
    pub(crate) processes: Vec<Process>,
}

/// The folder of the processes.
const PROCESSES: &str = "processes/";

/// The processes of the folder, each from a file of its own.
fn processes(files: &Files, faults: &mut Faults) -> Vec<Process> {
    let mut processes: Vec<Process> = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| path.starts_with(PROCESSES)) {
        let place = format!("data/{path}");
        let mut fault = |message: String| faults.add(&place, "manifest", message);
        let json: Result<Json, String> = match path.rsplit_once('.') {
            Some((_, "toml")) => toml::from_str(text).map_err(|error| error.message().to_owned()),
            Some((_, "json")) => serde_json::from_str(text).map_err(|error| error.to_string()),
            _ => Err("a process is written in a file of TOML or JSON".to_owned()),
        };
        let json = json.map_err(|message| format!("{place}: {}", message.trim()));
        let process = json.and_then(|json| {
            Process::from_json(&json).map_err(|error| format!("{place}: {error}"))
        });
        match process {
            Ok(process) if processes.iter().any(|other| other.key == process.key) => {
                fault(format!(
                    "{place}: there is a process '{}' already",
                    process.key
                ));
            }
            Ok(process) => processes.push(process),
            Err(message) => fault(message),
        }
    }
    processes
}

impl WrittenData {
    /// Takes up what the TOML files of the folder say.
    pub(super) fn take_files(&mut self, files: &Files, faults: &mut Faults) {
        let is_ours = |path: &str| path.ends_with(".toml") && !path.starts_with(PROCESSES);
        for (path, text) in files.iter().filter(|(path, _)| is_ours(path)) {
            match toml::from_str::<Self>(text) {
                Ok(more) => self.join(more),
                Err(error) => faults.add(
                    &format!("data/{path}"),
                    "manifest",
                    format!("data/{path}: {}", error.message().trim()),
                ),
            }
        }
    }

    fn join(&mut self, more: Self) {
        self.objects.extend(more.objects);
        self.fields.extend(more.fields);
        self.options.extend(more.options);
        self.records.extend(more.records);
        self.views.extend(more.views);
        self.forms.extend(more.forms);
        self.dashboards.extend(more.dashboards);
        self.panels.extend(more.panels);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.objects.is_empty()
            && self.fields.is_empty()
            && self.options.is_empty()
            && self.records.is_empty()
            && self.views.is_empty()
            && self.forms.is_empty()
            && self.dashboards.is_empty()
            && self.panels.is_empty()
    }

    /// The objects, options and records; the rest is read with the manifest's own.
    pub(super) fn brought(
        &mut self,
        plugin: &str,
        files: &Files,
        faults: &mut Faults,
    ) -> BroughtData {
        let objects = std::mem::take(&mut self.objects).into_iter();
        let objects = objects.map(|object| BroughtObject {
            fields: object
                .fields
                .into_iter()
                .filter_map(|mut field| {
                    field.object.clone_from(&object.name);
                    Some(field.read(plugin, false, faults)?.1)
                })
                .collect(),
            name: object.name,
            prefix: object.prefix,
            label: object.label,
            key: object.key,
        });
        let objects = objects.collect();
        let mut records = std::mem::take(&mut self.records);
        for record in &mut records {
            for value in record.fields.values_mut() {
                put_texts(value, files, faults);
            }
        }
        BroughtData {
            objects,
            options: std::mem::take(&mut self.options),
            records,
            processes: processes(files, faults),
        }
    }
}

/// Puts the texts of files in the places of `{ file = "…" }`.
fn put_texts(value: &mut Json, files: &Files, faults: &mut Faults) {
    let named = match &*value {
        Json::Object(map) if map.len() == 1 => map.get("file").and_then(Json::as_str),
        _ => None,
    };
    if let Some(path) = named {
        match files.get(path) {
            Some(text) => *value = Json::from(text.as_str()),
            None => {
                let what = format!("there is no file data/{path}");
                faults.add("record", "manifest", what);
            }
        }
        return;
    }
    match value {
        Json::Object(map) => map
            .values_mut()
            .for_each(|value| put_texts(value, files, faults)),
        Json::Array(list) => list
            .iter_mut()
            .for_each(|value| put_texts(value, files, faults)),
        _ => {}
    }
}

/// Whether a plugin brought an object: its title is never retired, so it says so for good.
pub(crate) fn is_brought(object: &Object, plugin: &str) -> bool {
    object
        .field_by_number(object.title_field)
        .is_some_and(|title| title.brought_by.as_deref() == Some(plugin))
}

impl Manifest {
    /// What of the records that it brings does not fit a schema.
    pub(super) fn check_records(&self, schema: &Schema, faults: &mut Faults) {
        for record in &self.brought.records {
            let place = format!("record {}", record.object);
            let Some(object) = super::check::object(schema, &record.object, &place, faults) else {
                continue;
            };
            match object.natural_key() {
                None => faults.add(
                    &place,
                    "manifest",
                    format!(
                        "a {} has no natural key, so it could not be found again",
                        object.name
                    ),
                ),
                Some(key) if !record.fields.get(&key.name).is_some_and(Json::is_string) => {
                    faults.add(&place, "manifest", format!("it says no {}", key.name));
                }
                Some(_) => {}
            }
            for name in record
                .fields
                .keys()
                .filter(|name| object.field(name).is_none())
            {
                faults.add(&place, "unknown-field", object.unknown_field(name));
            }
        }
    }
}
