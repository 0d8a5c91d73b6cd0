//! How do WebAssembly components become hooks?
//!
//! The only room that knows wasmtime. A guest sees the columns that its manifest declares and nothing else, is bounded
//! in fuel, memory and time, and gives back data that is checked before anybody acts on it; whatever it does is at
//! worst a failure that names it.

mod answers;
mod asking;
mod breaker;
mod brings;
mod brought;
mod cache;
mod check;
mod columns;
mod component;
mod contract;
mod effects;
mod grants;
mod guest;
mod hooks;
mod imports;
mod instance;
mod limits;
mod manifest;
#[cfg(feature = "testing")]
mod measured;
mod meter;
mod needs;
mod replies;
mod request;
mod requires;
mod right;
mod rights;
mod rules;
mod runtime;
mod served;
mod sight;
mod signature;
#[cfg(test)]
mod tests;
mod wasi;
mod written;

pub(crate) use breaker::Breaker;
pub(crate) use brought::{BroughtData, BroughtRecord, is_brought};
pub(crate) use cache::CodeCache;
pub(crate) use check::check_settings;
pub(crate) use grants::Terms;
pub(crate) use guest::Log;
pub(crate) use manifest::{Manifest, Point};
#[cfg(feature = "testing")]
pub use measured::{PluginCalls, PluginColumns, PluginInstance};
pub(crate) use meter::DayFuel;
pub(crate) use requires::{Range, Requirement};
pub(crate) use right::Right;
pub(crate) use rights::Rights;
pub(crate) use runtime::Runtime;
pub(crate) use signature::{Key, Origin, origin};

use std::sync::Arc;

use self::grants::Grants;
use self::meter::Meter;
use crate::context::Actor;
use crate::error::{Error, ErrorKind};
use crate::hook::{
    AfterCommit, BeforeSave, FieldType, HookName, MayCall, OnReply, Score, WorkflowAction,
};
use crate::schema::{FieldKind, Schema};
use crate::workflow::Workflow;

/// Larger files are not compiled.
const MOST_BYTES: usize = 32 << 20;

/// A plugin's file that was checked as a whole.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    pub(crate) manifest: Manifest,
    pub(crate) contract: String,
    /// `peyvand:plugin/before-save@0.1.0`.
    pub(crate) exports: Vec<String>,
    pub(crate) imports: Vec<String>,
}

/// Checks a plugin's file: its form, its contract, its manifest, what it imports and exports, and that its functions
/// have the contract's types. Compiles it.
pub(crate) fn open(runtime: &Runtime, bytes: &[u8]) -> Result<Opened, Error> {
    if bytes.len() > MOST_BYTES {
        return Err(Error::new(
            ErrorKind::Plugin,
            format!(
                "the file has {} MiB; a plugin has at most {}",
                bytes.len() >> 20,
                MOST_BYTES >> 20
            ),
        ));
    }
    let sections = component::sections(bytes)?;
    let manifest = Manifest::parse_with(&sections.manifest, &sections.data)?;
    let component = runtime.component(bytes)?;
    let types = component.component_type();
    let imports: Vec<String> = types
        .imports(runtime.engine())
        .map(|(name, _)| name.to_owned())
        .collect();
    let exports: Vec<String> = types
        .exports(runtime.engine())
        .map(|(name, _)| name.to_owned())
        .collect();
    component::check_interfaces(&imports, &exports)?;
    let program = instance::Program::new(
        runtime,
        component,
        manifest.limits,
        Vec::new(),
        guest::Known::default(),
    );
    program
        .and_then(|program| serves(&program, &manifest))
        .map_err(|fault| failed(&manifest, &fault))?;
    Ok(Opened {
        manifest,
        contract: sections.contract,
        exports,
        imports,
    })
}

/// Whether the component has the functions for every hook of the manifest.
fn serves(program: &instance::Program, manifest: &Manifest) -> Result<(), guest::Fault> {
    let points = program.served()?;
    match manifest
        .hooks
        .iter()
        .find(|hook| !points.contains(&hook.point))
    {
        None => Ok(()),
        Some(hook) => {
            let (title, export) = (hook.title(), contract::interface(hook.point.name()));
            Err(guest::Fault::Start(format!(
                "its manifest has the hook {title}, but the component does not export {export}: export it or remove the hook"
            )))
        }
    }
}

fn failed(manifest: &Manifest, fault: &guest::Fault) -> Error {
    let export = fault.export().map(|export| format!(", {export}"));
    Error::new(
        ErrorKind::Plugin,
        format!(
            "plugin {}{}: {fault}",
            manifest.title(),
            export.unwrap_or_default()
        ),
    )
}

/// The hooks of a plugin, ready to be asked.
pub(crate) struct Loaded {
    pub(crate) before_save: Vec<Arc<dyn BeforeSave>>,
    pub(crate) computed: Vec<Arc<dyn BeforeSave>>,
    pub(crate) after_commit: Vec<Arc<dyn AfterCommit>>,
    pub(crate) field_types: Vec<Arc<dyn FieldType>>,
    /// Each with its name in workflows: `follow-up/follow-up`.
    pub(crate) actions: Vec<(String, Arc<dyn WorkflowAction>)>,
    pub(crate) scores: Vec<Arc<dyn Score>>,
    /// Each with its name: `bureau/answered`.
    pub(crate) replies: Vec<(String, Arc<dyn OnReply>)>,
    /// Whether it may ask an address.
    pub(crate) may_call: MayCall,
    /// Objects of which it may look for records before a save.
    pub(crate) watched: Vec<u32>,
    pub(crate) workflows: Vec<Arc<Workflow>>,
    /// What it says while it runs.
    pub(crate) log: Arc<Log>,
    pub(crate) breaker: Option<Arc<Breaker>>,
}

/// Makes a plugin's hooks. One instance is started and bound, so that a setting or a hook that the code refuses fails
/// here. The schema must have the plugin's fields by now.
pub(crate) fn load(
    runtime: &Runtime,
    bytes: &[u8],
    manifest: &Manifest,
    terms: &Terms,
    schema: &Schema,
) -> Result<Loaded, Error> {
    let served = serve(runtime, bytes, manifest, terms, schema)?;
    let log = served
        .first()
        .map(|hook| hook.plugin.program.log.clone())
        .unwrap_or_default();
    let breaker = served.first().map(|hook| hook.plugin.breaker.clone());
    let mut loaded = Loaded {
        breaker,
        before_save: Vec::new(),
        computed: Vec::new(),
        after_commit: Vec::new(),
        field_types: Vec::new(),
        actions: Vec::new(),
        scores: Vec::new(),
        replies: Vec::new(),
        may_call: caller(&served),
        watched: watched(&served, schema),
        workflows: manifest.workflows.iter().cloned().map(Arc::new).collect(),
        log,
    };
    for hook in served {
        match hook.hook.declared.point {
            Point::FieldType => loaded.field_types.push(hook),
            Point::ComputedFields => loaded.computed.push(hook),
            Point::BeforeSave => loaded.before_save.push(hook),
            Point::AfterCommit => loaded.after_commit.push(hook),
            Point::WorkflowAction => loaded.actions.push((hook.full_name.clone(), hook)),
            Point::Gamification => loaded.scores.push(hook),
            Point::OnReply => loaded.replies.push((hook.full_name.clone(), hook)),
        }
    }
    Ok(loaded)
}

fn caller(served: &[Arc<hooks::Served>]) -> MayCall {
    let grants = served.first().map(|hook| hook.plugin.reach.grants.clone());
    Arc::new(move |url| {
        let may = |grants: &Arc<Grants>| {
            request::host_of(url).is_ok_and(|host| grants.rights().may_call(host))
        };
        grants.as_ref().is_some_and(may)
    })
}

/// The objects of which a plugin may look for records before a save, and those whose records their totals add up.
fn watched(served: &[Arc<hooks::Served>], schema: &Schema) -> Vec<u32> {
    let judges = |hook: &&Arc<hooks::Served>| {
        let point = hook.hook.declared.point;
        matches!(point, Point::BeforeSave | Point::ComputedFields) && hook.plugin.program.sees
    };
    let Some(hook) = served.iter().find(judges) else {
        return Vec::new();
    };
    let mut watched = Vec::new();
    for object in schema.objects() {
        if !hook.plugin.reach.grants.rights().may_see(&object.name) {
            continue;
        }
        watched.push(object.number);
        for field in object.live_fields() {
            if let FieldKind::Rollup(rollup) = &field.kind {
                watched.extend(schema.object(&rollup.child).map(|child| child.number));
            }
        }
    }
    watched
}

fn serve(
    runtime: &Runtime,
    bytes: &[u8],
    manifest: &Manifest,
    terms: &Terms,
    schema: &Schema,
) -> Result<Vec<Arc<hooks::Served>>, Error> {
    let settings = check_settings(manifest, &terms.settings)
        .map_err(|failures| Error::with_failures(ErrorKind::Plugin, failures))?;
    let grants = Arc::new(Grants::new(manifest, terms.granted.as_ref(), schema));
    let bound = manifest.bind(schema, &grants)?;
    let replies = manifest
        .hooks
        .iter()
        .filter(|hook| hook.point == Point::OnReply);
    let replies = replies.map(|hook| hook.name.clone()).collect();
    let component = runtime.component(bytes)?;
    let guest_hooks = bound.iter().map(check::BoundHook::for_guest).collect();
    let program = instance::Program::new(
        runtime,
        component,
        manifest.limits,
        guest_hooks,
        guest::Known {
            settings,
            grants: grants.clone(),
        },
    );
    let program = program
        .and_then(|program| program.warm().map(|()| program))
        .map_err(|fault| failed(manifest, &fault))?;
    let plugin = Arc::new(hooks::Plugin {
        owner: format!("plugin {}", manifest.title()),
        on_failure: manifest.on_failure,
        program,
        reach: effects::Reach::new(grants, replies, manifest.limits.effects_per_row()),
        breaker: Arc::new(Breaker::new(
            &manifest.id,
            manifest.patience,
            terms.paused.as_deref(),
        )),
        meter: Meter::new(terms.spent),
        limits: manifest.limits,
    });
    let served = bound.into_iter().map(|hook| {
        let name = HookName {
            owner: plugin.owner.clone(),
            hook: hook.declared.title(),
            actor: Actor::Plugin(manifest.id.clone()),
        };
        let full_name = format!("{}/{}", manifest.id, hook.declared.name);
        Arc::new(hooks::Served {
            plugin: plugin.clone(),
            hook,
            name,
            full_name,
        })
    });
    Ok(served.collect())
}
