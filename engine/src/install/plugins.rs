//! How is a plugin installed, switched and removed?

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::{Definitions, PART, Plugin};
use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::hook::OnFailure;
use crate::plugin::{self, Manifest, Point};
use crate::schema::{Labels, Schema, SchemaChange, did_you_mean};
use crate::session::Session;
use crate::store::spaces;
use crate::write::{Ask, Stored};

/// What a setting is called and means, in several languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SettingLabels {
    /// Its name.
    pub label: Labels,
    /// What it does.
    pub description: Labels,
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
    /// The fields, field types, views, forms and dashboards that it brings.
    pub brings: Vec<String>,
    /// The workflows that it brings.
    pub workflows: Vec<String>,
    /// Its settings, as they are now.
    pub settings: Json,
    /// What each setting is called and means, by its name.
    pub setting_labels: BTreeMap<String, SettingLabels>,
    /// `reject` or `skip`: what happens to a write when it does not answer.
    pub on_failure: String,
    /// Why it cannot run, when it cannot.
    pub broken: Option<String>,
}

impl PluginInfo {
    fn new(opened: &plugin::Opened, bytes: &[u8], settings: Map<String, Json>) -> Self {
        let manifest = &opened.manifest;
        let mut reads: Vec<String> = Vec::new();
        let mut writes: Vec<String> = Vec::new();
        for hook in manifest
            .hooks
            .iter()
            .filter(|hook| hook.point != Point::FieldType)
        {
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
        brings.extend(
            manifest
                .fields
                .iter()
                .map(|(object, field)| format!("field {object}.{}", field.name)),
        );
        brings.extend(manifest.declarations.names());
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
            brings,
            workflows: manifest
                .workflows
                .iter()
                .map(|workflow| workflow.name.clone())
                .collect(),
            settings: Json::Object(settings),
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
            broken: None,
        }
    }

    /// What can still be said of an installed plugin that this engine cannot read.
    fn unreadable(plugin: &Plugin, why: &Error) -> Self {
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
            brings: Vec::new(),
            workflows: Vec::new(),
            settings: Json::Object(plugin.settings.clone()),
            setting_labels: BTreeMap::new(),
            on_failure: if plugin.rejects { "reject" } else { "skip" }.to_owned(),
            broken: Some(why.to_string()),
        }
    }
}

fn rejects(manifest: &Manifest) -> bool {
    manifest.on_failure == OnFailure::Reject
}

impl Engine {
    /// Reads and checks a plugin's file as an installation would, and installs nothing.
    ///
    /// # Errors
    /// Why it cannot be installed, and what to do about it.
    pub fn inspect_plugin(&self, bytes: &[u8]) -> Result<PluginInfo> {
        let opened = plugin::open(bytes)?;
        let schema = self.schema()?;
        opened.manifest.check(&schema)?;
        let with_fields = Arc::new(opened.manifest.schema_with_fields(&schema)?);
        let declarations = &opened.manifest.declarations;
        self.session()
            .may_declare(&opened.manifest.id, declarations, &with_fields)?;
        // Settings without a default are the administrator's to give; the rest can be tried.
        match plugin::check_settings(&opened.manifest, &Map::new()) {
            Ok(settings) => {
                plugin::load(
                    &plugin::Runtime::new()?,
                    bytes,
                    &opened.manifest,
                    &settings,
                    &with_fields,
                )?;
                Ok(PluginInfo::new(&opened, bytes, settings))
            }
            Err(_) => Ok(PluginInfo::new(&opened, bytes, Map::new())),
        }
    }
}

impl Session {
    /// Installs a plugin, or another version of one that is installed, with its fields, in one commit; the views, forms
    /// and dashboards that it brings follow in the next. Where that is cut off, installing it again goes on.
    ///
    /// `settings` is a JSON object over the manifest's defaults; null keeps those of the installed version.
    ///
    /// # Errors
    /// Everything that is wrong with the file, its manifest or the settings; nothing is changed then.
    pub fn install_plugin(&self, bytes: &[u8], settings: Json) -> Result<PluginInfo> {
        let _one = self.engine.installing();
        let opened = plugin::open(bytes)?;
        let manifest = &opened.manifest;
        let held = self.stored_plugin(&manifest.id)?;
        let given = match (settings, &held) {
            (Json::Object(map), _) => map,
            (Json::Null, Some(held)) => held.settings.clone(),
            (Json::Null, None) => Map::new(),
            _ => {
                return Err(Error::new(ErrorKind::Plugin, "settings are a JSON object")
                    .hint("give them as {\"name\": value}"));
            }
        };
        let settings = plugin::check_settings(manifest, &given)
            .map_err(|failures| Error::with_failures(ErrorKind::Plugin, failures))?;
        let schema = self.engine.schema()?;
        manifest.check(&schema)?;
        let with_fields = Arc::new(manifest.schema_with_fields(&schema)?);
        self.may_declare(&manifest.id, &manifest.declarations, &with_fields)?;
        // Bound once before anything is stored: a setting that the code refuses fails here.
        plugin::load(
            &plugin::Runtime::new()?,
            bytes,
            manifest,
            &settings,
            &with_fields,
        )?;
        let mut info = PluginInfo::new(&opened, bytes, settings.clone());
        info.enabled = true;
        let mut objects: Vec<String> = manifest
            .hooks
            .iter()
            .map(|hook| hook.object.clone())
            .filter(|object| !object.is_empty())
            .collect();
        objects.sort();
        objects.dedup();
        let entry = Plugin {
            id: info.id.clone(),
            version: info.version.clone(),
            hash: info.hash.clone(),
            size: info.size,
            enabled: true,
            rejects: rejects(manifest),
            objects,
            settings,
        };
        let mut entries = vec![entry_of(&entry)];
        let parts = bytes
            .chunks(PART)
            .zip(0..)
            .map(|(part, place)| (spaces::plugin_part(&entry.id, place), Some(part.to_vec())));
        entries.extend(parts);
        let old_parts = held.map_or(0, |held| held.size.div_ceil(PART as u64) as u32);
        entries.extend(
            (bytes.len().div_ceil(PART) as u32..old_parts)
                .map(|place| (spaces::plugin_part(&entry.id, place), None)),
        );
        let what = format!("install plugin {} {}", entry.id, entry.version);
        let _ = self.ask(Ask::Stored(Stored {
            what,
            entries,
            schema: manifest.schema_changes(&schema),
            config: true,
            ..Stored::default()
        }))?;
        // The schema and records do not change in one commit: its views come when its fields are there.
        self.declare(&entry.id, &manifest.declarations)?;
        Ok(info)
    }

    /// The installed plugins, by id.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn plugins(&self) -> Result<Vec<PluginInfo>> {
        let definitions = self.definitions()?;
        let info = |(plugin, bytes): &(Plugin, Vec<u8>)| match plugin::open(bytes) {
            Ok(opened) => PluginInfo {
                enabled: plugin.enabled,
                ..PluginInfo::new(&opened, bytes, plugin.settings.clone())
            },
            Err(error) => PluginInfo::unreadable(plugin, &error),
        };
        Ok(definitions.plugins.iter().map(info).collect())
    }

    /// An installed plugin.
    ///
    /// # Errors
    /// When it is not installed; the message names the nearest id.
    pub fn plugin(&self, id: &str) -> Result<PluginInfo> {
        let plugins = self.plugins()?;
        let near = did_you_mean(id, plugins.iter().map(|plugin| plugin.id.as_str()));
        plugins
            .into_iter()
            .find(|plugin| plugin.id == id)
            .ok_or_else(|| no_plugin(id, &near))
    }

    /// The last lines that an enabled plugin said since the engine was opened, and the records that went on without it.
    ///
    /// # Errors
    /// When it is not installed.
    pub fn plugin_log(&self, id: &str) -> Result<Vec<String>> {
        self.plugin(id)?;
        let (_, config) = self.read()?;
        Ok(config
            .registry()
            .logs
            .get(id)
            .map_or_else(Vec::new, |log| log.lines()))
    }

    /// Switches a plugin on or off. Its fields stay.
    ///
    /// # Errors
    /// When it is not installed.
    pub fn enable_plugin(&self, id: &str, enabled: bool) -> Result<PluginInfo> {
        let _one = self.engine.installing();
        self.plugin(id)?;
        if let Some(mut held) = self
            .stored_plugin(id)?
            .filter(|held| held.enabled != enabled)
        {
            held.enabled = enabled;
            let what = format!("{} plugin {id}", if enabled { "enable" } else { "disable" });
            let _ = self.ask(Ask::Stored(Stored {
                what,
                entries: vec![entry_of(&held)],
                config: true,
                ..Stored::default()
            }))?;
        }
        self.plugin(id)
    }

    /// Removes a plugin. The fields that it brought are retired: their values stay in the records, and come back with it.
    /// The views, forms and dashboards that it brought go to the bin.
    ///
    /// # Errors
    /// When it is not installed, a field needs a type that it defines, or a view, form or dashboard that it did not
    /// bring uses a field of its.
    pub fn remove_plugin(&self, id: &str) -> Result<()> {
        self.take_out(id, false)
    }

    /// As [`Session::remove_plugin`], after taking its fields out of the views, forms and dashboards of others.
    ///
    /// # Errors
    /// When it is not installed, or a field needs a type that it defines.
    pub fn remove_plugin_and_strip(&self, id: &str) -> Result<()> {
        self.take_out(id, true)
    }

    fn take_out(&self, id: &str, strip: bool) -> Result<()> {
        let _one = self.engine.installing();
        self.plugin(id)?;
        let Some(held) = self.stored_plugin(id)? else {
            return Ok(());
        };
        let schema = self.engine.schema()?;
        if let Some(user) = type_user(&schema, id) {
            return Err(Error::new(
                ErrorKind::Plugin,
                format!("plugin {id} cannot be removed: {user} is of a type that it defines"),
            )
            .hint("retire that field first, or disable the plugin"));
        }
        let mut entries = vec![(spaces::named(spaces::PLUGIN, id), None)];
        entries.extend(
            (0..held.size.div_ceil(PART as u64) as u32)
                .map(|place| (spaces::plugin_part(id, place), None)),
        );
        let brought = schema.objects().flat_map(|object| {
            let of_plugin = object
                .live_fields()
                .filter(|field| field.brought_by.as_deref() == Some(id));
            of_plugin.map(|field| SchemaChange::RetireField {
                object: object.name.clone(),
                field: field.name.clone(),
            })
        });
        let changes: Vec<SchemaChange> = brought.collect();
        self.make_way(id, &changes, strip)?;
        let stored = Stored {
            what: format!("remove plugin {id} {}", held.version),
            entries,
            schema: changes.clone(),
            config: true,
            ..Stored::default()
        };
        self.strip_for(&changes, || self.ask(Ask::Stored(stored)))
            .map(drop)
    }

    fn definitions(&self) -> Result<Definitions> {
        self.must_administer("look into plugins")?;
        let (reader, _) = self.read()?;
        Definitions::load(&reader.snapshot)
    }

    fn stored_plugin(&self, id: &str) -> Result<Option<Plugin>> {
        Ok(self
            .definitions()?
            .plugins
            .into_iter()
            .map(|(plugin, _)| plugin)
            .find(|plugin| plugin.id == id))
    }
}

fn entry_of(plugin: &Plugin) -> (Vec<u8>, Option<Vec<u8>>) {
    (
        spaces::named(spaces::PLUGIN, &plugin.id),
        Some(serde_json::to_vec(plugin).unwrap_or_default()),
    )
}

fn no_plugin(id: &str, near: &str) -> Error {
    Error::new(
        ErrorKind::NotFound,
        format!("there is no plugin '{id}'{near}"),
    )
    .hint("`peyvand plugin list` shows what is installed")
}

/// A field in use whose type the plugin defines.
fn type_user(schema: &Schema, id: &str) -> Option<String> {
    let of_plugin = |kind: &crate::schema::FieldKind| matches!(kind, crate::schema::FieldKind::Plugin { of } if of.split('/').next() == Some(id));
    schema.objects().find_map(|object| {
        object
            .live_fields()
            .find(|field| of_plugin(&field.kind))
            .map(|field| format!("{}.{}", object.name, field.name))
    })
}
