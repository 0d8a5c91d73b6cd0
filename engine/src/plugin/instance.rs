//! How is a guest called, and what is left of it afterwards?
//!
//! One store holds one instance of one plugin. It is taken out of the pool for the time of a call, so nobody can enter
//! it twice, and comes back only when the call went well.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value as Json;
use wasmtime::Store;
use wasmtime::component::{
    Component, ComponentExportIndex, ComponentNamedList, Instance as Exported, InstancePre, Lift,
    Lower, TypedFunc,
};

use super::contract::{self, Answer, Awards, Batch, BindError, Effect, Patches, Refusal, Reply};
use super::guest::{Fault, Guest, Known, Log, Moment};
use super::limits::Limits;
use super::manifest::Point;
use super::runtime::Runtime;
use super::sight::Sight;
use super::wasi;
use crate::hook::{Cost, Reads};
use crate::query::{QueryTime, Reader};

/// Calls after which an instance is replaced, so that what a guest leaks stays small.
const CALLS: u32 = 10_000;
/// Idle instances that are kept.
const IDLE: usize = 32;
/// Memory of idle instances that is kept besides that of one: a plugin that grew has fewer of them.
const IDLE_BYTES: usize = 64 << 20;

/// The function that tells an instance its hooks and settings.
type Bind<'a> = TypedFunc<(&'a [contract::Hook], &'a str), (Result<(), BindError>,)>;
/// A function that takes a batch.
type OnBatch<Answer> = TypedFunc<(u16, Batch), (Answer,)>;
/// A function that takes a batch and a text: a locale, a workflow's parameters.
type OnBatchWith<Answer> = TypedFunc<(u16, Batch, String), (Answer,)>;

/// A function that takes what other systems answered.
type OnReplies = TypedFunc<(u16, Vec<Reply>), (Vec<Effect>,)>;

/// The functions of an instance, by the interfaces that its component exports.
pub(super) struct Functions {
    pub(super) normalise: Option<OnBatch<Patches>>,
    pub(super) validate: Option<OnBatch<Vec<Refusal>>>,
    pub(super) format: Option<OnBatchWith<Vec<String>>>,
    pub(super) compute: Option<OnBatch<Patches>>,
    pub(super) before_save: Option<OnBatch<Answer>>,
    pub(super) after_commit: Option<OnBatch<Vec<Effect>>>,
    pub(super) perform: Option<OnBatchWith<Vec<Effect>>>,
    pub(super) score: Option<OnBatch<Awards>>,
    pub(super) on_reply: Option<OnReplies>,
}

/// What a call is shown besides its batch: when it is, and what there is to see.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) moment: Moment,
    pub(super) sees: Option<(&'a Reader, QueryTime)>,
}

/// What came of a call, besides the answer.
#[derive(Default)]
pub(super) struct Spent {
    pub(super) cost: Cost,
    pub(super) reads: Reads,
}

impl Spent {
    /// The same call again, in parts.
    pub(super) fn join(&mut self, more: Self) {
        self.cost = Cost {
            fuel: self.cost.fuel + more.cost.fuel,
            memory_bytes: self.cost.memory_bytes.max(more.cost.memory_bytes),
            rows_read: self.cost.rows_read + more.cost.rows_read,
            time_outs: self.cost.time_outs + more.cost.time_outs,
        };
        self.reads.join(more.reads);
    }
}

/// Where a component has the functions of the contract: looked up once, as every instance needs them.
struct Places(HashMap<(&'static str, &'static str), ComponentExportIndex>);

/// The functions of the contract, by their interfaces.
const FUNCTIONS: [(&str, &str); 10] = [
    ("binding", "bind"),
    ("field-type", "normalise"),
    ("field-type", "validate"),
    ("field-type", "format"),
    ("computed-fields", "compute"),
    ("before-save", "before-save"),
    ("after-commit", "after-commit"),
    ("workflow-action", "perform"),
    ("gamification", "score"),
    ("on-reply", "on-reply"),
];

impl Places {
    fn of(component: &Component) -> Self {
        let place = |(interface, function): (&'static str, &'static str)| {
            let outer = component.get_export_index(None, contract::interface(interface))?;
            let place = component.get_export_index(Some(&outer), function)?;
            Some(((interface, function), place))
        };
        Self(FUNCTIONS.into_iter().filter_map(place).collect())
    }

    /// The function of an instance; none where the component does not export the interface.
    fn find<P, R>(
        &self,
        instance: &Exported,
        store: &mut Store<Guest>,
        (interface, function): (&'static str, &'static str),
    ) -> Result<Option<TypedFunc<P, R>>, Fault>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift,
    {
        let Some(place) = self.0.get(&(interface, function)) else {
            return Ok(None);
        };
        let found = instance.get_typed_func(store, place);
        found.map(Some).map_err(|error| {
            Fault::Start(format!(
                "{interface}.{function} does not have the types of the contract: {error:#}"
            ))
        })
    }
}

/// A live instance.
pub(super) struct Instance {
    store: Store<Guest>,
    exported: Exported,
    functions: Arc<Functions>,
    runtime: Runtime,
    limits: Limits,
    spent: u64,
    calls: u32,
}

impl Instance {
    /// Calls a function with the fuel and time for so many rows.
    pub(super) fn call<P, R>(
        &mut self,
        function: Option<&TypedFunc<P, R>>,
        params: P,
        rows: usize,
    ) -> Result<R, Fault>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift,
    {
        let function = function.ok_or_else(|| {
            Fault::Start("the component does not export what its manifest says".to_owned())
        })?;
        let (fuel, time) = (self.limits.fuel(rows), self.limits.time_ms());
        let result = guarded(
            &mut self.store,
            &self.runtime,
            &self.limits,
            rows,
            |store| function.call(store, params),
        );
        self.spent += fuel - self.store.get_fuel().unwrap_or(0).min(fuel);
        self.calls += 1;
        result.map_err(|error| Fault::of(&error, self.store.data(), fuel, time))
    }

    /// What the calls since the last question used and read.
    fn take_spent(&mut self) -> Spent {
        let sight = self.store.data_mut().sight.take();
        let (reads, rows_read) = sight.map(|sight| sight.into_reads()).unwrap_or_default();
        let cost = Cost {
            fuel: std::mem::take(&mut self.spent),
            memory_bytes: self.store.data().memory_used as u64,
            time_outs: 0,
            rows_read,
        };
        Spent { cost, reads }
    }
}

/// Runs guest code with its limits set.
fn guarded<T>(
    store: &mut Store<Guest>,
    runtime: &Runtime,
    limits: &Limits,
    rows: usize,
    run: impl FnOnce(&mut Store<Guest>) -> wasmtime::Result<T>,
) -> wasmtime::Result<T> {
    store.data_mut().denied = None;
    store.set_fuel(limits.fuel(rows))?;
    store.set_epoch_deadline(Runtime::ticks(limits.time_ms()));
    // What is lifted from the guest is copied by the host: bounded before it is copied.
    store.set_hostcall_fuel(Limits::text_bytes(rows));
    let _running = runtime.running();
    run(store)
}

/// A component with everything that an instance of it needs, and the instances that are idle.
pub(super) struct Program {
    runtime: Runtime,
    prepared: InstancePre<Guest>,
    places: Places,
    limits: Limits,
    hooks: Vec<contract::Hook>,
    /// The settings as `bind` is told them.
    settings: String,
    known: Arc<Known>,
    /// Whether the component asks for records or its own store.
    pub(super) sees: bool,
    idle: Mutex<Vec<Instance>>,
    pub(super) log: Arc<Log>,
}

impl Program {
    pub(super) fn new(
        runtime: &Runtime,
        component: Arc<Component>,
        limits: Limits,
        hooks: Vec<contract::Hook>,
        known: Known,
    ) -> Result<Self, Fault> {
        let types = component.component_type();
        let asks = ["records", "store"].map(contract::interface);
        let sees = types
            .imports(runtime.engine())
            .any(|(name, _)| asks.iter().any(|ask| ask == name));
        let prepared = wasi::linker(runtime.linker(), &component)
            .and_then(|linker| linker.instantiate_pre(&component))
            .map_err(|error| Fault::Start(format!("{error:#}")))?;
        Ok(Self {
            runtime: runtime.clone(),
            prepared,
            places: Places::of(&component),
            limits,
            hooks,
            settings: Json::Object(known.settings.clone()).to_string(),
            known: Arc::new(known),
            sees,
            idle: Mutex::default(),
            log: Arc::default(),
        })
    }

    /// The hook points whose interface the component has with all its functions.
    fn points(functions: &Functions) -> Vec<Point> {
        let serves = |point: &Point| match point {
            Point::FieldType => {
                functions.normalise.is_some()
                    && functions.validate.is_some()
                    && functions.format.is_some()
            }
            Point::ComputedFields => functions.compute.is_some(),
            Point::BeforeSave => functions.before_save.is_some(),
            Point::AfterCommit => functions.after_commit.is_some(),
            Point::WorkflowAction => functions.perform.is_some(),
            Point::Gamification => functions.score.is_some(),
            Point::OnReply => functions.on_reply.is_some(),
        };
        Point::ALL.into_iter().filter(serves).collect()
    }

    /// An instance that is not bound yet.
    fn start(&self) -> Result<Instance, Fault> {
        let mut store = Store::new(
            self.runtime.engine(),
            Guest::new(self.limits.memory_bytes(), self.known.clone()),
        );
        store.limiter(|guest| guest);
        let started = guarded(&mut store, &self.runtime, &self.limits, 0, |store| {
            self.prepared.instantiate(store)
        });
        let instance = started.map_err(|error| {
            match Fault::of(
                &error,
                store.data(),
                self.limits.fuel(0),
                self.limits.time_ms(),
            ) {
                Fault::Answer(message) => Fault::Start(message),
                other => other.during("start"),
            }
        })?;
        let functions = self.functions(&instance, &mut store)?;
        let spent = self.limits.fuel(0) - store.get_fuel().unwrap_or(0).min(self.limits.fuel(0));
        Ok(Instance {
            store,
            exported: instance,
            functions: Arc::new(functions),
            runtime: self.runtime.clone(),
            limits: self.limits,
            spent,
            calls: 0,
        })
    }

    fn functions(&self, instance: &Exported, store: &mut Store<Guest>) -> Result<Functions, Fault> {
        let places = &self.places;
        Ok(Functions {
            normalise: places.find(instance, store, ("field-type", "normalise"))?,
            validate: places.find(instance, store, ("field-type", "validate"))?,
            format: places.find(instance, store, ("field-type", "format"))?,
            compute: places.find(instance, store, ("computed-fields", "compute"))?,
            before_save: places.find(instance, store, ("before-save", "before-save"))?,
            after_commit: places.find(instance, store, ("after-commit", "after-commit"))?,
            perform: places.find(instance, store, ("workflow-action", "perform"))?,
            score: places.find(instance, store, ("gamification", "score"))?,
            on_reply: places.find(instance, store, ("on-reply", "on-reply"))?,
        })
    }

    fn binding<'a>(&self, instance: &mut Instance) -> Result<Bind<'a>, Fault> {
        let Instance {
            exported, store, ..
        } = instance;
        self.places
            .find(exported, store, ("binding", "bind"))?
            .ok_or_else(|| Fault::Start("the component does not export binding".to_owned()))
    }

    /// The hook points that the component serves: an instance is started, and its functions have the types of the
    /// contract.
    pub(super) fn served(&self) -> Result<Vec<Point>, Fault> {
        let mut instance = self.start()?;
        self.binding(&mut instance)?;
        Ok(Self::points(&instance.functions))
    }

    /// An instance that knows its hooks and settings.
    pub(super) fn bound(&self) -> Result<Instance, Fault> {
        let mut instance = self.start()?;
        let bind = self.binding(&mut instance)?;
        let told = (self.hooks.as_slice(), self.settings.as_str());
        let bound = instance.call(Some(&bind), told, self.hooks.len());
        let (answer,) = bound.map_err(|fault| fault.during("bind"))?;
        self.log
            .extend(std::mem::take(&mut instance.store.data_mut().lines));
        // What a start costs is nobody's bill: whether an instance is new is chance.
        (instance.calls, instance.spent) = (0, 0);
        match answer {
            Ok(()) => Ok(instance),
            Err(BindError::Setting((name, what))) => {
                Err(Fault::Start(format!("setting {name}: {what}")))
            }
            Err(BindError::UnknownHook(hook)) => Err(Fault::Start(format!(
                "its manifest has the hook {hook}, which its code does not know"
            ))),
            Err(BindError::Other(what)) => Err(Fault::Start(what)),
        }
    }

    /// Makes one instance ahead of the first call, so that a setting the code refuses is told at once.
    pub(super) fn warm(&self) -> Result<(), Fault> {
        let instance = self.bound()?;
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(instance);
        Ok(())
    }

    /// Does something with an instance. One that was used before gets a second chance as a fresh one, so that what a
    /// guest kept from earlier calls decides nothing.
    pub(super) fn with<T>(
        &self,
        shown: Shown<'_>,
        mut work: impl FnMut(&mut Instance, &Functions) -> Result<T, Fault>,
    ) -> (Spent, Result<T, Fault>) {
        let mut idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let mut spent = Spent::default();
        loop {
            let mut instance = match idle.take().map_or_else(|| self.bound(), Ok) {
                Ok(instance) => instance,
                Err(fault) => return (spent, Err(fault)),
            };
            let is_fresh = instance.calls == 0;
            self.show(&mut instance, shown);
            let functions = instance.functions.clone();
            let result = work(&mut instance, &functions);
            spent.join(instance.take_spent());
            let lines = &mut instance.store.data_mut().lines;
            if !lines.is_empty() {
                self.log.extend(lines.drain(..));
            }
            match result {
                Err(fault) if !is_fresh && fault.may_be_stale() => {}
                Err(fault) => return (spent, Err(fault)),
                Ok(answer) => {
                    self.put_back(instance);
                    return (spent, Ok(answer));
                }
            }
        }
    }

    /// Lets an instance see what its next call is shown.
    fn show(&self, instance: &mut Instance, shown: Shown<'_>) {
        let known = &self.known;
        let guest = instance.store.data_mut();
        (guest.moment, guest.drawn) = (shown.moment, 0);
        guest.sight = shown
            .sees
            .filter(|_| self.sees)
            .map(|(reader, time)| Box::new(Sight::new(reader.clone(), time, known.grants.clone())));
    }

    /// Drops the instances that wait.
    #[cfg(feature = "testing")]
    pub(super) fn forget_idle(&self) {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    fn put_back(&self, instance: Instance) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = (idle.len() + 1).saturating_mul(instance.store.data().memory_used);
        let fits = idle.is_empty() || (idle.len() < IDLE && bytes <= IDLE_BYTES);
        if instance.calls < CALLS && fits {
            idle.push(instance);
        }
    }
}
