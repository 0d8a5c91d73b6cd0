//! What is said of a plugin?

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};
use serde_json::Value as Json;

use super::plugins::rejects;
use super::requires::PluginRequirement;
use super::trust::PluginSignature;
use super::{Paused, Plugin};
use crate::error::Error;
use crate::plugin::{self, Manifest, Point, Right, Terms};
use crate::schema::{Labels, Schema};

/// What a setting is called and means, in several languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SettingLabels {
    /// Its name.
    pub label: Labels,
    /// What it does.
    pub description: Labels,
}

/// One thing that a plugin needs.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct PluginRight {
    /// As [`Session::grant_plugin`](crate::Session::grant_plugin) takes it: `read lead.phone`.
    pub right: String,
    /// `read`, `create`, `update`, `delete`; `call` a host, `send` by a channel, `keep` bytes.
    pub verb: String,
    /// The object, the host, the channel or the number of bytes.
    pub what: String,
    /// The field; none where it is about the record, or all of its fields.
    pub field: Option<String>,
    /// What people call the object.
    pub object_label: Labels,
    /// What people call the field.
    pub field_label: Labels,
    /// Whether the administrator grants it; what is needed of a plugin that is not installed counts as granted.
    pub granted: bool,
    /// What the manifest says it is for.
    pub why: Labels,
}

/// A plugin is not asked because it kept failing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PluginPause {
    /// Since when.
    #[serde(serialize_with = "as_text")]
    pub since: DateTime<Utc>,
    /// How often it failed, and what the last failure said.
    pub reason: String,
}

fn as_text<S: Serializer>(at: &DateTime<Utc>, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

impl PluginPause {
    pub(super) fn new(paused: &Paused) -> Self {
        Self {
            since: DateTime::from_timestamp_micros(paused.since).unwrap_or_default(),
            reason: paused.reason.clone(),
        }
    }
}

/// What a plugin is and may do.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct PluginInfo {
    /// `lead-score`.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Its name in several languages.
    pub name: Labels,
    /// What it is for, in several languages.
    pub description: Labels,
    /// The version of the contract that it was built for.
    pub contract: String,
    /// Whether it runs; false for a file that is not installed.
    pub enabled: bool,
    /// blake3 of the component, hexadecimal.
    pub hash: String,
    /// The component's bytes.
    pub size: u64,
    /// The interfaces that it serves.
    pub exports: Vec<String>,
    /// The interfaces that it needs.
    pub imports: Vec<String>,
    /// The fields that it is shown: `lead.email`.
    pub reads: Vec<String>,
    /// The fields that it may set: `lead.score`.
    pub writes: Vec<String>,
    /// What its effects may do: `create activity: kind, subject`.
    pub effects: Vec<String>,
    /// The other plugins that it builds upon.
    pub requires: Vec<PluginRequirement>,
    /// Everything that it needs, and whether the administrator grants it.
    pub rights: Vec<PluginRight>,
    /// The field types, objects, fields, options, records, processes, views, forms and dashboards that it brings.
    pub brings: Vec<String>,
    /// The workflows that it brings.
    pub workflows: Vec<String>,
    /// Its settings, as they are now.
    pub settings: Json,
    /// What each setting is called and means, by its name.
    pub setting_labels: BTreeMap<String, SettingLabels>,
    /// `reject` or `skip`: what happens to a write when it does not answer.
    pub on_failure: String,
    /// Who signed it, as far as the trusted keys tell.
    pub signature: PluginSignature,
    /// Why it cannot run, when it cannot.
    pub broken: Option<String>,
    /// Since when and why it is not asked, when it kept failing; `Session::resume_plugin` lets it run again.
    pub paused: Option<PluginPause>,
}

impl PluginInfo {
    pub(super) fn new(
        opened: &plugin::Opened,
        bytes: &[u8],
        terms: &Terms,
        schema: &Schema,
    ) -> Self {
        let manifest = &opened.manifest;
        let mut reads: Vec<String> = Vec::new();
        let mut writes: Vec<String> = Vec::new();
        for hook in manifest.hooks.iter().filter(|hook| !hook.object.is_empty()) {
            reads.extend(hook.reads.iter().map(|name| {
                format!(
                    "{}.{}",
                    hook.object,
                    name.strip_prefix("old.").unwrap_or(name)
                )
            }));
            writes.extend(
                hook.writes
                    .iter()
                    .map(|name| format!("{}.{name}", hook.object)),
            );
        }
        for list in [&mut reads, &mut writes] {
            list.sort();
            list.dedup();
        }
        Self {
            id: manifest.id.clone(),
            version: manifest.version.clone(),
            name: manifest.name.clone(),
            description: manifest.description.clone(),
            contract: opened.contract.clone(),
            enabled: false,
            hash: blake3::hash(bytes).to_hex().to_string(),
            size: bytes.len() as u64,
            exports: opened.exports.clone(),
            imports: opened.imports.clone(),
            reads,
            writes,
            effects: manifest
                .effects
                .iter()
                .map(|grant| {
                    format!(
                        "{} {}: {}",
                        grant.verb.name(),
                        grant.object,
                        grant.fields.join(", ")
                    )
                })
                .collect(),
            brings: brings(manifest),
            workflows: manifest
                .workflows
                .iter()
                .map(|workflow| workflow.name.clone())
                .collect(),
            requires: Vec::new(),
            rights: rights(manifest, terms, schema),
            settings: Json::Object(terms.settings.clone()),
            setting_labels: manifest
                .settings
                .iter()
                .map(|(name, setting)| {
                    (
                        name.clone(),
                        SettingLabels {
                            label: setting.label.clone(),
                            description: setting.description.clone(),
                        },
                    )
                })
                .collect(),
            on_failure: if rejects(manifest) { "reject" } else { "skip" }.to_owned(),
            signature: PluginSignature::Unsigned,
            broken: None,
            paused: None,
        }
    }

    pub(super) fn signed(self, signature: PluginSignature) -> Self {
        Self { signature, ..self }
    }

    /// What can still be said of an installed plugin that this engine cannot read.
    pub(super) fn unreadable(plugin: &Plugin, why: &Error) -> Self {
        Self {
            id: plugin.id.clone(),
            version: plugin.version.clone(),
            name: Labels::new(),
            description: Labels::new(),
            contract: String::new(),
            enabled: plugin.enabled,
            hash: plugin.hash.clone(),
            size: plugin.size,
            exports: Vec::new(),
            imports: Vec::new(),
            reads: Vec::new(),
            writes: Vec::new(),
            effects: Vec::new(),
            requires: Vec::new(),
            rights: Vec::new(),
            brings: Vec::new(),
            workflows: Vec::new(),
            settings: Json::Object(plugin.settings.clone()),
            setting_labels: BTreeMap::new(),
            on_failure: if plugin.rejects { "reject" } else { "skip" }.to_owned(),
            signature: PluginSignature::Unsigned,
            broken: Some(why.to_string()),
            paused: plugin.paused.as_ref().map(PluginPause::new),
        }
    }
}

/// What it brings, each with what it is: `field lead.score`, `3 of template`.
fn brings(manifest: &Manifest) -> Vec<String> {
    let types = manifest
        .hooks
        .iter()
        .filter(|hook| hook.point == Point::FieldType);
    let mut brings: Vec<String> = types
        .map(|hook| {
            let called = hook
                .label
                .get("en")
                .map_or_else(String::new, |label| format!(" ({label})"));
            format!("field type {}/{}{called}", manifest.id, hook.name)
        })
        .collect();
    let fields = manifest.fields.iter();
    brings.extend(fields.map(|(object, field)| format!("field {object}.{}", field.name)));
    let data = &manifest.brought;
    let objects = data.objects.iter();
    brings.extend(objects.map(|object| format!("object {}", object.name)));
    let options = data.options.iter();
    brings.extend(options.map(|option| {
        format!(
            "option {}.{} {}",
            option.object, option.field, option.option
        )
    }));
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for record in &data.records {
        *counts.entry(record.object.as_str()).or_default() += 1;
    }
    let counts = counts.iter();
    brings.extend(counts.map(|(object, count)| format!("{count} of {object}")));
    let processes = data.processes.iter();
    brings.extend(processes.map(|process| format!("process {}", process.key)));
    brings.extend(manifest.declarations.names());
    brings
}

/// What it needs, in the order in which rights are listed.
fn rights(manifest: &Manifest, terms: &Terms, schema: &Schema) -> Vec<PluginRight> {
    let needed = manifest.rights();
    let granted = terms.granted.as_ref().unwrap_or(&needed);
    let told = |right: Right| {
        let mut told = PluginRight {
            right: right.to_string(),
            verb: String::new(),
            what: String::new(),
            field: None,
            object_label: Labels::new(),
            field_label: Labels::new(),
            granted: granted.has(&right),
            why: manifest.why(&right),
        };
        (told.verb, told.what) = match right {
            Right::Record {
                verb,
                object,
                field,
            } => {
                if let Some(known) = schema.object(&object) {
                    told.object_label = known.label.clone();
                    let field = field.as_ref().and_then(|field| known.field(field));
                    told.field_label = field.map_or_else(Labels::new, |field| field.label.clone());
                }
                told.field = field;
                (verb.name().to_owned(), object)
            }
            Right::Call(host) => ("call".to_owned(), host),
            Right::Send(channel) => ("send".to_owned(), channel),
            Right::Keep(bytes) => ("keep".to_owned(), bytes.to_string()),
        };
        told
    };
    needed.list().into_iter().map(told).collect()
}
