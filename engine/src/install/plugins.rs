//! How is a plugin installed, switched and removed?

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::info::{PluginInfo, PluginPause};
use super::lifecycle::{retirements, withdrawn};
use super::requires;
use super::trust::PluginSignature;
use super::{Definitions, PART, Plugin};
use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::hook::OnFailure;
use crate::plugin::{self, Manifest, Right, Rights, Terms};
use crate::schema::{Schema, SchemaChange, did_you_mean};
use crate::session::Session;
use crate::store::spaces;
use crate::write::{Ask, Stored};

pub(super) fn rejects(manifest: &Manifest) -> bool {
    manifest.on_failure == OnFailure::Reject
}

/// What an administrator accepts with a plugin's file; by default nothing that is not as it should be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PluginConsent {
    /// A file that is not signed, or signed with a key that is not trusted: whoever says so vouches for it.
    pub unsigned: bool,
    /// What the version needs in addition to the installed one, which it is granted.
    pub grants: bool,
}

impl PluginConsent {
    /// Accepts also a file that is not signed with a trusted key.
    #[must_use]
    pub fn unsigned(self) -> Self {
        Self {
            unsigned: true,
            ..self
        }
    }

    /// Accepts also what the version needs in addition to the installed one.
    #[must_use]
    pub fn grants(self) -> Self {
        Self {
            grants: true,
            ..self
        }
    }
}

impl Engine {
    /// Reads and checks a plugin's file as an installation would, and installs nothing.
    ///
    /// # Errors
    /// Why it cannot be installed, and what to do about it.
    pub fn inspect_plugin(&self, bytes: &[u8]) -> Result<PluginInfo> {
        let signature = self.session().signature_of(bytes)?;
        let runtime = self.plugin_runtime()?;
        let opened = plugin::open(&runtime, bytes)?;
        let schema = self.schema()?;
        let requires = self.session().requirements(&opened.manifest)?;
        if requires.iter().any(|other| !other.met) {
            // It can be read about all the same; what it builds upon is not there to check it against.
            let mut info = PluginInfo::new(&opened, bytes, &Terms::default(), &schema);
            info.requires = requires;
            return Ok(info.signed(signature));
        }
        opened.manifest.check(&schema)?;
        let with_fields = Arc::new(opened.manifest.schema_with_fields(&schema)?);
        self.session().may_bring(&opened.manifest, &with_fields)?;
        // Settings without a default are the administrator's to give; the rest can be tried.
        let mut terms = Terms::default();
        if let Ok(settings) = plugin::check_settings(&opened.manifest, &Map::new()) {
            terms.settings = settings;
            plugin::load(&runtime, bytes, &opened.manifest, &terms, &with_fields)?;
        }
        let mut info = PluginInfo::new(&opened, bytes, &terms, &with_fields);
        info.requires = requires;
        Ok(info.signed(signature))
    }

    /// Why no compiled code is kept, where a folder was named and nothing is.
    #[must_use]
    pub fn code_cache_fault(&self) -> Option<String> {
        let cache = self.inner.host.code.as_ref()?;
        cache.fault().map(str::to_owned)
    }

    pub(super) fn plugin_runtime(&self) -> Result<plugin::Runtime> {
        Ok(plugin::Runtime::new()?.with_cache(self.inner.host.code.clone()))
    }
}

impl Session {
    /// Installs a plugin, or another version of one that is installed, with its objects and fields, in one commit; the
    /// records, views, forms and dashboards that it brings follow in the next ones. Where that is cut off, installing it
    /// again goes on. The file must be signed with one of the [trusted keys](Session::trust_key).
    ///
    /// `settings` is a JSON object over the manifest's defaults; null keeps those of the installed version. A new plugin
    /// is granted what its manifest needs; another version of an installed one keeps the grants of that.
    ///
    /// # Errors
    /// Everything that is wrong with the file, its signature, its manifest or the settings; nothing is changed then.
    /// Another version that needs more than the installed one is refused with what it asks in addition:
    /// [`Session::install_plugin_with`] can accept that.
    pub fn install_plugin(&self, bytes: &[u8], settings: Json) -> Result<PluginInfo> {
        self.install_plugin_with(bytes, settings, PluginConsent::default())
    }

    /// As [`Session::install_plugin`], also where the file is not signed or is signed with a key that is not trusted:
    /// whoever calls this vouches for the file.
    ///
    /// # Errors
    /// As there; a signature that does not fit its file is refused here too.
    pub fn install_unsigned_plugin(&self, bytes: &[u8], settings: Json) -> Result<PluginInfo> {
        self.install_plugin_with(bytes, settings, PluginConsent::default().unsigned())
    }

    /// As [`Session::install_plugin`], accepting what `consent` says.
    ///
    /// # Errors
    /// Everything that is wrong with the file, its manifest or the settings, and what is not accepted; nothing is changed
    /// then.
    pub fn install_plugin_with(
        &self,
        bytes: &[u8],
        settings: Json,
        consent: PluginConsent,
    ) -> Result<PluginInfo> {
        let _one = self.engine.installing();
        let signature = self.signature_of(bytes)?;
        // Before anything of it is compiled.
        if !consent.unsigned {
            signature.must_be_trusted()?;
        }
        let runtime = self.engine.plugin_runtime()?;
        let opened = plugin::open(&runtime, bytes)?;
        let manifest = &opened.manifest;
        let held = self.stored_plugin(&manifest.id)?;
        let before = held.as_ref().and_then(|held| self.manifest_of(held));
        self.must_fit_the_others(manifest)?;
        let schema = self.engine.schema()?;
        manifest.check(&schema)?;
        let with_fields = Arc::new(manifest.schema_with_fields(&schema)?);
        self.may_bring(manifest, &with_fields)?;
        let terms = Terms {
            settings: settings_for(manifest, settings, held.as_ref().map(|(held, _)| held))?,
            granted: Some(grants_for(
                manifest,
                held.as_ref().map(|(held, _)| held),
                before.as_ref(),
                consent.grants,
            )?),
            ..Terms::default()
        };
        // Bound once before anything is stored: a setting that the code refuses fails here.
        plugin::load(&runtime, bytes, manifest, &terms, &with_fields)?;
        let mut info = PluginInfo::new(&opened, bytes, &terms, &with_fields).signed(signature);
        info.enabled = true;
        info.requires = self.requirements(manifest)?;
        let entry = Plugin {
            id: info.id.clone(),
            version: info.version.clone(),
            hash: info.hash.clone(),
            size: info.size,
            enabled: true,
            rejects: rejects(manifest),
            objects: objects_of(manifest),
            requires: requires::kept(manifest),
            settings: terms.settings,
            grants: as_json(terms.granted.as_ref()),
            paused: None,
            spent: (0, 0),
        };
        let old_size = held.as_ref().map_or(0, |(held, _)| held.size);
        let changes = manifest.schema_changes(&schema);
        self.make_way_for(manifest, before.as_ref(), &changes)?;
        let what = format!("install plugin {} {}", entry.id, entry.version);
        let _ = self.ask(Ask::Stored(Stored {
            what,
            entries: entries_of(&entry, bytes, old_size),
            schema: changes,
            config: true,
            ..Stored::default()
        }))?;
        // The schema and records do not change in one commit: they come when their fields are there.
        self.bring_data(&entry.id, &manifest.brought)?;
        self.declare(&entry.id, &manifest.declarations)?;
        Ok(info)
    }

    /// The installed plugins, by id.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn plugins(&self) -> Result<Vec<PluginInfo>> {
        let definitions = self.definitions()?;
        let schema = self.engine.schema()?;
        let keys = self.trusted_keys()?;
        let runtime = self.engine.plugin_runtime()?;
        let info = |(plugin, bytes): &(Plugin, Vec<u8>)| {
            let told = match plugin::open(&runtime, bytes) {
                Ok(opened) => PluginInfo {
                    enabled: plugin.enabled,
                    paused: plugin.paused.as_ref().map(PluginPause::new),
                    requires: self.requirements(&opened.manifest).unwrap_or_default(),
                    ..PluginInfo::new(&opened, bytes, &plugin.terms(), &schema)
                },
                Err(error) => PluginInfo::unreadable(plugin, &error),
            };
            told.signed(PluginSignature::of(bytes, &keys).unwrap_or_default())
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
        if let Some((mut held, _)) = self
            .stored_plugin(id)?
            .filter(|(held, _)| held.enabled != enabled)
        {
            if enabled {
                self.must_run_with_the_others(&held)?;
            }
            held.enabled = enabled;
            let verb = if enabled { "enable" } else { "disable" };
            self.put_plugin(format!("{verb} plugin {id}"), &held)?;
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
        let Some((held, _)) = self.stored_plugin(id)? else {
            return Ok(());
        };
        self.must_not_be_required(id)?;
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
        let changes = retirements(&schema, id);
        self.make_way(id, &changes, strip)?;
        self.suspend_processes(id)?;
        let records = self.stored_records(id)?;
        let stored = Stored {
            what: format!("remove plugin {id} {}", held.version),
            entries,
            schema: changes.clone(),
            config: true,
            ..Stored::default()
        };
        let _ = self.strip_for(&changes, || self.ask(Ask::Stored(stored)))?;
        self.take_back(id, &records)
    }

    /// Views, forms and dashboards of the version before go where it brought some that this one does not, or that use
    /// fields which go; what stays comes anew.
    fn make_way_for(
        &self,
        manifest: &Manifest,
        before: Option<&Manifest>,
        changes: &[SchemaChange],
    ) -> Result<()> {
        let old = before.map_or_else(Vec::new, |old| old.declarations.names());
        let gone = withdrawn(old, &manifest.declarations.names());
        let retires = |change: &SchemaChange| matches!(change, SchemaChange::RetireField { .. });
        let retires = changes.iter().any(retires);
        if retires {
            self.suspend_processes(&manifest.id)?;
        }
        if gone.is_empty() && !retires {
            return Ok(());
        }
        self.make_way(&manifest.id, changes, false)
    }

    pub(super) fn definitions(&self) -> Result<Definitions> {
        self.must_administer("look into plugins")?;
        let (reader, _) = self.read()?;
        Definitions::load(&reader.snapshot)
    }

    /// An installed plugin with its bytes.
    pub(super) fn stored_plugin(&self, id: &str) -> Result<Option<(Plugin, Vec<u8>)>> {
        let plugins = self.definitions()?.plugins;
        Ok(plugins.into_iter().find(|(plugin, _)| plugin.id == id))
    }

    /// What an installed plugin says of itself; none where this engine cannot read it any more.
    pub(super) fn manifest_of(&self, (_, bytes): &(Plugin, Vec<u8>)) -> Option<Manifest> {
        let runtime = self.engine.plugin_runtime().ok()?;
        Some(plugin::open(&runtime, bytes).ok()?.manifest)
    }

    /// Writes what is said of an installed plugin.
    pub(super) fn put_plugin(&self, what: String, plugin: &Plugin) -> Result<()> {
        let stored = Stored {
            what,
            entries: vec![entry_of(plugin)],
            config: true,
            ..Stored::default()
        };
        self.ask(Ask::Stored(stored)).map(drop)
    }
}

/// The settings of a version: those that are given, or those of the installed one.
fn settings_for(
    manifest: &Manifest,
    given: Json,
    held: Option<&Plugin>,
) -> Result<Map<String, Json>> {
    let given = match (given, held) {
        (Json::Object(map), _) => map,
        (Json::Null, Some(held)) => held.settings.clone(),
        (Json::Null, None) => Map::new(),
        _ => {
            return Err(Error::new(ErrorKind::Plugin, "settings are a JSON object")
                .hint("give them as {\"name\": value}"));
        }
    };
    plugin::check_settings(manifest, &given)
        .map_err(|failures| Error::with_failures(ErrorKind::Plugin, failures))
}

/// The grants of a version: all that a new plugin needs, or those of the installed version and what is granted now.
fn grants_for(
    manifest: &Manifest,
    held: Option<&Plugin>,
    before: Option<&Manifest>,
    grant: bool,
) -> Result<Rights> {
    let needed = manifest.rights();
    let Some(held) = held else {
        return Ok(needed);
    };
    // A version that this engine cannot read any more is taken for one that had all of it.
    let more = before.map_or_else(Vec::new, |_| asked_in_addition(manifest, before));
    if !grant && !more.is_empty() {
        let listed: Vec<String> = more.iter().map(ToString::to_string).collect();
        let message = format!(
            "plugin {} asks for more than {} did: {}",
            manifest.title(),
            held.version,
            listed.join(", ")
        );
        return Err(Error::new(ErrorKind::Refused, message).hint(
            "read with `peyvand plugin show FILE` what it is for, and accept it with `peyvand plugin install FILE --grant`",
        ));
    }
    let all = || before.map_or_else(|| needed.clone(), Manifest::rights);
    let mut granted = held.granted().unwrap_or_else(all);
    for right in more {
        // It is needed: giving it cannot fail.
        granted.give(&right, &needed).ok();
    }
    Ok(granted)
}

/// What a version needs and the one before did not; all that it needs where there was none.
pub(super) fn asked_in_addition(manifest: &Manifest, before: Option<&Manifest>) -> Vec<Right> {
    let before = before.map_or_else(Rights::default, Manifest::rights);
    let needed = manifest.rights().list().into_iter();
    needed.filter(|right| !before.has(right)).collect()
}

pub(super) fn as_json(rights: Option<&Rights>) -> Json {
    serde_json::to_value(rights).unwrap_or_default()
}

/// The entries of a plugin: what is said of it, its bytes in parts, and no parts of a longer file before it.
fn entries_of(plugin: &Plugin, bytes: &[u8], old_size: u64) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
    let mut entries = vec![entry_of(plugin)];
    let parts = bytes.chunks(PART).zip(0..);
    entries.extend(
        parts.map(|(part, place)| (spaces::plugin_part(&plugin.id, place), Some(part.to_vec()))),
    );
    let old_parts = old_size.div_ceil(PART as u64) as u32;
    entries.extend(
        (bytes.len().div_ceil(PART) as u32..old_parts)
            .map(|place| (spaces::plugin_part(&plugin.id, place), None)),
    );
    entries
}

/// The objects whose writes it takes part in.
fn objects_of(manifest: &Manifest) -> Vec<String> {
    let objects = manifest.hooks.iter().map(|hook| hook.object.clone());
    let mut objects: Vec<String> = objects.filter(|object| !object.is_empty()).collect();
    objects.sort();
    objects.dedup();
    objects
}

fn entry_of(plugin: &Plugin) -> (Vec<u8>, Option<Vec<u8>>) {
    (
        spaces::named(spaces::PLUGIN, &plugin.id),
        Some(serde_json::to_vec(plugin).unwrap_or_default()),
    )
}

pub(super) fn no_plugin(id: &str, near: &str) -> Error {
    Error::new(
        ErrorKind::NotFound,
        format!("there is no plugin '{id}'{near}"),
    )
    .hint("`peyvand plugin list` shows what is installed")
}

/// A field in use whose type the plugin defines.
pub(super) fn type_user(schema: &Schema, id: &str) -> Option<String> {
    let of_plugin = |kind: &crate::schema::FieldKind| matches!(kind, crate::schema::FieldKind::Plugin { of } if of.split('/').next() == Some(id));
    schema.objects().find_map(|object| {
        object
            .live_fields()
            .find(|field| of_plugin(&field.kind))
            .map(|field| format!("{}.{}", object.name, field.name))
    })
}
