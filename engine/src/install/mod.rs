//! What is installed, and how does it get in and out?
//!
//! Plugins and scripts are stored beside the records and change through the write path. This room knows their entries;
//! what is inside them is read by the rooms `plugin` and `script`, and an engine built without one of those still
//! knows what it is missing.

#[cfg(feature = "wasm")]
mod breaker;
#[cfg(feature = "wasm")]
mod grants;
#[cfg(feature = "wasm")]
mod info;
#[cfg(feature = "wasm")]
mod lifecycle;
mod missing;
#[cfg(feature = "wasm")]
mod plugins;
#[cfg(feature = "wasm")]
mod records;
#[cfg(feature = "wasm")]
mod requests;
#[cfg(feature = "script")]
mod scripts;
#[cfg(feature = "wasm")]
mod trial;
#[cfg(feature = "wasm")]
mod trust;

#[cfg(feature = "wasm")]
pub(crate) use crate::plugin::CodeCache;
#[cfg(feature = "wasm")]
pub(crate) use breaker::pause_tripped;
#[cfg(feature = "wasm")]
pub use info::{PluginInfo, PluginPause, PluginRight, SettingLabels};
#[cfg(feature = "wasm")]
pub use lifecycle::{PluginChange, PluginField, PluginObject, PluginProcess, PluginRemoval};
pub(crate) use missing::Missing;
#[cfg(feature = "wasm")]
pub use plugins::PluginConsent;
#[cfg(feature = "wasm")]
pub use requests::{Asked, WebClient, WebRequest, WebResponse};
#[cfg(feature = "script")]
pub use scripts::{ScriptInfo, ScriptRun};
#[cfg(feature = "wasm")]
pub use trial::HookTrial;
#[cfg(feature = "wasm")]
pub use trust::{PluginSignature, TrustedKey};

use std::ops::ControlFlow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::content::{DocumentPart, DocumentRule};
use crate::context::Actor;
use crate::error::{Error, ErrorKind, Result};
use crate::hook::Registry;
use crate::message::{MessageRules, PostingRule};
use crate::sales::{Part, StageRule};
use crate::schema::Schema;
use crate::store::{Snapshot, spaces};
use crate::write::stored_bills;

/// A plugin as it is stored, without its bytes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Plugin {
    pub(crate) id: String,
    pub(crate) version: String,
    /// blake3 of the component, hexadecimal.
    pub(crate) hash: String,
    pub(crate) size: u64,
    pub(crate) enabled: bool,
    /// Whether a write is refused when the plugin does not answer.
    pub(crate) rejects: bool,
    /// The objects whose writes it takes part in.
    pub(crate) objects: Vec<String>,
    pub(crate) settings: Map<String, Json>,
    /// What the administrator grants, in the words of the room `plugin`; null where he never said.
    #[serde(default, skip_serializing_if = "Json::is_null")]
    pub(crate) grants: Json,
    /// Set by the circuit breaker, and taken away by an administrator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) paused: Option<Paused>,
    /// The fuel that it used on its last day, with the day; from its bill.
    #[serde(skip)]
    pub(crate) spent: (u32, u64),
}

/// Since when and why a plugin is paused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Paused {
    /// Microseconds since 1970.
    pub(crate) since: i64,
    pub(crate) reason: String,
}

#[cfg(feature = "wasm")]
impl Plugin {
    /// What the administrator grants; none where he never said.
    fn granted(&self) -> Option<crate::plugin::Rights> {
        // What cannot be read grants nothing: never more than was meant.
        let read = |grants| serde_json::from_value(grants).unwrap_or_default();
        (!self.grants.is_null()).then(|| read(self.grants.clone()))
    }

    fn terms(&self) -> crate::plugin::Terms {
        crate::plugin::Terms {
            settings: self.settings.clone(),
            granted: self.granted(),
            paused: self.paused.as_ref().map(|paused| paused.reason.clone()),
            spent: crate::plugin::DayFuel {
                day: i32::try_from(self.spent.0).unwrap_or_default(),
                fuel: self.spent.1,
            },
        }
    }
}

/// A script as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Script {
    pub(crate) name: String,
    pub(crate) version: u32,
    pub(crate) text: String,
    pub(crate) enabled: bool,
    pub(crate) rejects: bool,
    pub(crate) object: String,
    /// The texts of earlier versions, oldest first.
    pub(crate) earlier: Vec<String>,
}

/// A component is kept in parts of this size, so that no entry of the store is large.
#[cfg(feature = "wasm")]
const PART: usize = 32 << 10;

/// What hooks get from the host: the same for all that an engine ever installs.
#[derive(Clone, Default)]
pub(crate) struct Host {
    pub(crate) messages: Arc<MessageRules>,
    /// Where compiled plugins are kept.
    #[cfg(feature = "wasm")]
    pub(crate) code: Option<Arc<CodeCache>>,
}

/// Everything that is installed at one snapshot.
#[derive(Default)]
pub(crate) struct Definitions {
    pub(crate) plugins: Vec<(Plugin, Vec<u8>)>,
    pub(crate) scripts: Vec<Script>,
}

impl Definitions {
    pub(crate) fn load(snapshot: &Snapshot) -> Result<Self> {
        let mut definitions = Self {
            plugins: Vec::new(),
            scripts: entries(snapshot, spaces::SCRIPT, "script")?,
        };
        for mut plugin in entries::<Plugin>(snapshot, spaces::PLUGIN, "plugin")? {
            let bills = stored_bills(snapshot, Some(&Actor::Plugin(plugin.id.clone())))?;
            plugin.spent = bills
                .last()
                .map_or((0, 0), |bill| (bill.day, bill.used.fuel));
            let mut bytes = Vec::with_capacity(plugin.size as usize);
            snapshot.scan_all(
                &spaces::named(spaces::PLUGIN_BYTES, &plugin.id),
                |_, part| {
                    bytes.extend_from_slice(part);
                    Ok::<_, Error>(ControlFlow::Continue(()))
                },
            )?;
            definitions.plugins.push((plugin, bytes));
        }
        Ok(definitions)
    }

    /// The hooks of all that is enabled. What cannot run is listed, and refuses the writes that it was to guard.
    pub(crate) fn registry(&self, schema: &Schema, host: &Host) -> Registry {
        let mut registry = Registry::default();
        registry
            .before_save
            .extend(StageRule::hook(schema, Part::First));
        let documents = [DocumentPart::Document, DocumentPart::Version];
        let documents = documents.map(|part| DocumentRule::hook(schema, part));
        registry.before_save.extend(documents.into_iter().flatten());
        registry
            .before_save
            .extend(crate::insight::rate_rule(schema));
        #[cfg(feature = "intl")]
        registry.before_save.extend(crate::calendar::hook(schema));
        crate::view::register(schema, &mut registry);
        crate::access::register(schema, &mut registry);
        registry
            .computed
            .extend(StageRule::hook(schema, Part::Last));
        registry
            .computed
            .extend(PostingRule::hook(schema, host.messages.clone()));
        #[cfg(feature = "template")]
        crate::template::register(schema, &mut registry);
        registry
            .before_save
            .extend(crate::notification::rules(schema));
        for (plugin, bytes) in self.plugins.iter().filter(|(plugin, _)| plugin.enabled) {
            if let Err(why) = add_plugin(plugin, bytes, schema, host, &mut registry) {
                let owner = format!("plugin {} {}", plugin.id, plugin.version);
                Missing::stand_in(&mut registry, &owner, &plugin.objects, plugin.rejects, &why);
            }
        }
        add_scripts(&self.scripts, schema, &mut registry);
        crate::segment::register(schema, &mut registry);
        crate::process::register(schema, &mut registry);
        crate::workflow::register(schema, &mut registry);
        registry
    }
}

fn entries<T: serde::de::DeserializeOwned>(
    snapshot: &Snapshot,
    space: u8,
    what: &str,
) -> Result<Vec<T>> {
    let mut found = Vec::new();
    snapshot.scan_all(&[space], |_, bytes| {
        let entry = serde_json::from_slice(bytes).map_err(|error| {
            Error::new(
                ErrorKind::Damaged,
                format!("a stored {what} cannot be read"),
            )
            .hint("run `peyvand check` on the store")
            .because(error)
        })?;
        found.push(entry);
        Ok::<_, Error>(ControlFlow::Continue(()))
    })?;
    Ok(found)
}

#[cfg(feature = "wasm")]
fn add_plugin(
    plugin: &Plugin,
    bytes: &[u8],
    schema: &Schema,
    host: &Host,
    registry: &mut Registry,
) -> Result<(), String> {
    let told = |error: Error| error.to_string();
    if blake3::hash(bytes).to_hex().as_str() != plugin.hash {
        return Err(
            "its stored bytes are not those that were installed; install it again".to_owned(),
        );
    }
    let runtime = crate::plugin::Runtime::new().map_err(told)?;
    let runtime = runtime.with_cache(host.code.clone());
    let opened = crate::plugin::open(&runtime, bytes).map_err(told)?;
    let loaded = crate::plugin::load(&runtime, bytes, &opened.manifest, &plugin.terms(), schema)
        .map_err(told)?;
    registry.before_save.extend(loaded.before_save);
    registry.computed.extend(loaded.computed);
    registry.after_commit.extend(loaded.after_commit);
    registry.field_types.extend(
        loaded
            .field_types
            .into_iter()
            .map(|of| (of.type_name().to_owned(), of)),
    );
    registry.actions.extend(loaded.actions);
    registry.scores.extend(loaded.scores);
    registry.replies.extend(loaded.replies);
    registry.watched.extend(loaded.watched);
    registry.callers.insert(plugin.id.clone(), loaded.may_call);
    registry.workflows.extend(loaded.workflows);
    registry.logs.insert(plugin.id.clone(), loaded.log);
    let breaker = loaded
        .breaker
        .map(|breaker| breaker as Arc<dyn crate::hook::Breaker>);
    registry.breakers.extend(breaker);
    Ok(())
}

#[cfg(not(feature = "wasm"))]
fn add_plugin(_: &Plugin, _: &[u8], _: &Schema, _: &Host, _: &mut Registry) -> Result<(), String> {
    Err("this program was built without the feature `wasm`".to_owned())
}

#[cfg(feature = "script")]
fn add_scripts(scripts: &[Script], schema: &Schema, registry: &mut Registry) {
    for script in scripts.iter().filter(|script| script.enabled) {
        if let Err(problems) = crate::script::check(&script.text, schema) {
            let why = problems
                .first()
                .map_or_else(String::new, ToString::to_string);
            let owner = format!("script {} version {}", script.name, script.version);
            Missing::stand_in(
                registry,
                &owner,
                std::slice::from_ref(&script.object),
                script.rejects,
                &why,
            );
        }
    }
    let sound: Vec<crate::script::Script> = scripts
        .iter()
        .filter(|script| crate::script::check(&script.text, schema).is_ok())
        .map(|script| crate::script::Script {
            name: script.name.clone(),
            version: script.version,
            text: script.text.clone(),
            enabled: script.enabled,
        })
        .collect();
    let (before, after, broken) = crate::script::load(&sound, schema);
    registry.before_save.extend(before);
    registry.after_commit.extend(after);
    registry.broken.extend(broken);
}

#[cfg(not(feature = "script"))]
fn add_scripts(scripts: &[Script], _: &Schema, registry: &mut Registry) {
    for script in scripts.iter().filter(|script| script.enabled) {
        let owner = format!("script {} version {}", script.name, script.version);
        let why = "this program was built without the feature `script`";
        Missing::stand_in(
            registry,
            &owner,
            std::slice::from_ref(&script.object),
            script.rejects,
            why,
        );
    }
}
