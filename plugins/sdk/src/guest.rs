//! How do the exports of a component reach the kit? The bindings of the contract, one module for
//! every exported interface, so that a plugin exports only what it serves.
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "written by wit-bindgen from the contract, which is documented there"
)]

use std::sync::OnceLock;

use crate::columns::{Batch, Column, Kind, Layout, PatchColumns};
use crate::effect::{Action, Effect, FieldValue};
use crate::hook::{
    AfterCommit, BeforeSave, ComputedFields, FieldType, Gamification, Plugin, WorkflowAction,
};
use crate::patch::Refusal;
use crate::row::{Clock, Faults, Hook};
use crate::serve::{Bound, Call};
use crate::settings::BindError;
use crate::value::{Date, Instant};

/// One world for every interface: the worlds of the contract each contain `binding`, and a
/// plugin with two kinds of hook would export it twice.
macro_rules! bindings {
    ($module:ident, $inline:literal, { $($with:tt)* }) => {
        #[allow(unsafe_code, reason = "the canonical ABI, written by wit-bindgen")]
        pub mod $module {
            wit_bindgen::generate!({
                inline: $inline,
                path: "../../wit/v0.1",
                pub_export_macro: true,
                runtime_path: "::peyvand_plugin::guest::rt",
                with: { $($with)* },
            });
        }
    };
}

bindings!(
    binding,
    "package peyvand:kit-binding;
     world kit-binding {
         import peyvand:plugin/types@0.1.0;
         import peyvand:plugin/log@0.1.0;
         import peyvand:plugin/clock@0.1.0;
         export peyvand:plugin/binding@0.1.0;
     }",
    {
        "peyvand:plugin/types@0.1.0": generate,
        "peyvand:plugin/log@0.1.0": generate,
        "peyvand:plugin/clock@0.1.0": generate,
        "peyvand:plugin/binding@0.1.0": generate,
    }
);
bindings!(
    field_type,
    "package peyvand:kit-field-type;
     world kit-field-type { export peyvand:plugin/field-type@0.1.0; }",
    {
        "peyvand:plugin/types@0.1.0": ::peyvand_plugin::guest::binding::peyvand::plugin::types,
        "peyvand:plugin/field-type@0.1.0": generate,
    }
);
bindings!(
    computed_fields,
    "package peyvand:kit-computed-fields;
     world kit-computed-fields { export peyvand:plugin/computed-fields@0.1.0; }",
    {
        "peyvand:plugin/types@0.1.0": ::peyvand_plugin::guest::binding::peyvand::plugin::types,
        "peyvand:plugin/computed-fields@0.1.0": generate,
    }
);
bindings!(
    before_save,
    "package peyvand:kit-before-save;
     world kit-before-save { export peyvand:plugin/before-save@0.1.0; }",
    {
        "peyvand:plugin/types@0.1.0": ::peyvand_plugin::guest::binding::peyvand::plugin::types,
        "peyvand:plugin/before-save@0.1.0": generate,
    }
);
bindings!(
    after_commit,
    "package peyvand:kit-after-commit;
     world kit-after-commit { export peyvand:plugin/after-commit@0.1.0; }",
    {
        "peyvand:plugin/types@0.1.0": ::peyvand_plugin::guest::binding::peyvand::plugin::types,
        "peyvand:plugin/after-commit@0.1.0": generate,
    }
);
bindings!(
    workflow_action,
    "package peyvand:kit-workflow-action;
     world kit-workflow-action { export peyvand:plugin/workflow-action@0.1.0; }",
    {
        "peyvand:plugin/types@0.1.0": ::peyvand_plugin::guest::binding::peyvand::plugin::types,
        "peyvand:plugin/workflow-action@0.1.0": generate,
    }
);
bindings!(
    gamification,
    "package peyvand:kit-gamification;
     world kit-gamification { export peyvand:plugin/gamification@0.1.0; }",
    {
        "peyvand:plugin/types@0.1.0": ::peyvand_plugin::guest::binding::peyvand::plugin::types,
        "peyvand:plugin/gamification@0.1.0": generate,
    }
);

pub use wit_bindgen::rt;

use binding::peyvand::plugin::{clock, log as host_log, types};

/// A line for the plugin's log.
pub fn log(message: &str) {
    host_log::log(message);
}

/// The moment of the request.
pub fn now() -> Instant {
    Instant(clock::now())
}

/// The day of the request.
pub fn today() -> Date {
    Date(clock::today())
}

/// What [`export!`](crate::export) makes of a plugin.
pub trait Export {
    type Plugin: Plugin;
    const POINTS: &'static [&'static str];
    fn bound() -> &'static OnceLock<Bound<Self::Plugin>>;
}

impl From<types::Kind> for Kind {
    fn from(kind: types::Kind) -> Self {
        match kind {
            types::Kind::Boolean => Self::Boolean,
            types::Kind::Integer => Self::Integer,
            types::Kind::Decimal => Self::Decimal,
            types::Kind::Date => Self::Date,
            types::Kind::Instant => Self::Instant,
            types::Kind::Duration => Self::Duration,
            types::Kind::Text => Self::Text,
            types::Kind::Money => Self::Money,
            types::Kind::Structured => Self::Structured,
        }
    }
}

fn layout(columns: Vec<types::Column>) -> Layout {
    Layout::new(
        columns
            .into_iter()
            .map(|column| Column {
                name: column.name,
                kind: column.kind.into(),
            })
            .collect(),
    )
}

impl From<types::Hook> for Hook {
    fn from(hook: types::Hook) -> Self {
        Self {
            number: hook.number,
            point: hook.point,
            name: hook.name,
            object: hook.object,
            reads: layout(hook.reads),
            writes: layout(hook.writes),
        }
    }
}

impl From<BindError> for types::BindError {
    fn from(error: BindError) -> Self {
        match error {
            BindError::Setting(name, what_to_do) => Self::Setting((name, what_to_do)),
            BindError::UnknownHook(hook) => Self::UnknownHook(hook),
            BindError::Other(what) => Self::Other(what),
        }
    }
}

impl From<types::Batch> for Batch {
    fn from(batch: types::Batch) -> Self {
        Self {
            rows: batch.rows,
            cells: batch.cells,
            present: batch.present,
            text: batch.text,
        }
    }
}

impl From<PatchColumns> for types::Patches {
    fn from(patches: PatchColumns) -> Self {
        Self {
            at: patches.at,
            column: patches.column,
            cells: patches.cells,
            present: patches.present,
            text: patches.text,
        }
    }
}

fn refusals(refusals: Vec<Refusal>) -> Vec<types::Refusal> {
    refusals
        .into_iter()
        .map(|refusal| types::Refusal {
            row: refusal.row,
            column: refusal.column,
            code: refusal.fault.code.to_owned(),
            message: refusal.fault.message.into_owned(),
        })
        .collect()
}

fn effects(effects: Vec<Effect>) -> Vec<types::Effect> {
    effects
        .into_iter()
        .map(|effect| {
            let fields = effect.fields.into_iter().map(assignment).collect();
            types::Effect {
                row: effect.row,
                key: effect.key,
                action: match effect.action {
                    Action::Create(object) => {
                        types::Action::Create(types::NewRecord { object, fields })
                    }
                    Action::Update(id) => {
                        types::Action::Update(types::ChangedRecord { id, fields })
                    }
                },
            }
        })
        .collect()
}

fn assignment((field, value): (String, FieldValue)) -> types::Assignment {
    let value = match value {
        FieldValue::Boolean(yes) => types::Value::Boolean(yes),
        FieldValue::Integer(number) => types::Value::Integer(number),
        FieldValue::Decimal(number) => types::Value::Decimal(number.to_string()),
        FieldValue::Date(day) => types::Value::Date(day.0),
        FieldValue::Instant(moment) => types::Value::Instant(moment.0),
        FieldValue::Text(text) => types::Value::Text(text),
    };
    types::Assignment { field, value }
}

/// Serves one call. A call before `bind`, or with a hook that was not bound, is the host's fault
/// and gets an empty answer and a line in the log.
fn serve<E: Export, T: Default>(
    number: u16,
    batch: types::Batch,
    answer: impl FnOnce(&Call<'_>, &E::Plugin) -> T,
) -> T {
    let Some((bound, hook)) = E::bound()
        .get()
        .and_then(|bound| Some((bound, bound.hook(number)?)))
    else {
        log("a hook was called that was not bound");
        return T::default();
    };
    let faults = Faults::default();
    let batch = Batch::from(batch);
    let call = Call {
        hook,
        batch: &batch,
        clock: Clock::Host,
        faults: &faults,
    };
    let answer = answer(&call, &bound.plugin);
    for fault in faults.into_list() {
        log(&fault);
    }
    answer
}

impl<E: Export> binding::exports::peyvand::plugin::binding::Guest for E {
    fn bind(hooks: Vec<types::Hook>, settings: String) -> Result<(), types::BindError> {
        let hooks = hooks.into_iter().map(Hook::from).collect();
        let bound = Bound::new(hooks, &settings, E::POINTS)?;
        E::bound()
            .set(bound)
            .map_err(|_| types::BindError::Other("this instance is bound already".to_owned()))
    }
}

impl<E: Export<Plugin: FieldType>> field_type::exports::peyvand::plugin::field_type::Guest for E {
    fn normalise(hook: u16, values: types::Batch) -> types::Patches {
        serve::<E, _>(hook, values, |call, plugin| call.normalise(plugin)).into()
    }

    fn validate(hook: u16, values: types::Batch) -> Vec<types::Refusal> {
        refusals(serve::<E, _>(hook, values, |call, plugin| {
            call.validate(plugin)
        }))
    }

    fn format(hook: u16, values: types::Batch, locale: String) -> Vec<String> {
        serve::<E, _>(hook, values, |call, plugin| call.format(plugin, &locale))
    }
}

impl<E: Export<Plugin: ComputedFields>>
    computed_fields::exports::peyvand::plugin::computed_fields::Guest for E
{
    fn compute(hook: u16, records: types::Batch) -> types::Patches {
        serve::<E, _>(hook, records, |call, plugin| call.compute(plugin)).into()
    }
}

impl<E: Export<Plugin: BeforeSave>> before_save::exports::peyvand::plugin::before_save::Guest
    for E
{
    fn before_save(
        hook: u16,
        records: types::Batch,
    ) -> before_save::exports::peyvand::plugin::before_save::Answer {
        let (patches, refused) =
            serve::<E, _>(hook, records, |call, plugin| call.before_save(plugin));
        before_save::exports::peyvand::plugin::before_save::Answer {
            patches: patches.into(),
            refusals: refusals(refused),
        }
    }
}

impl<E: Export<Plugin: AfterCommit>> after_commit::exports::peyvand::plugin::after_commit::Guest
    for E
{
    fn after_commit(hook: u16, records: types::Batch) -> Vec<types::Effect> {
        effects(serve::<E, _>(hook, records, |call, plugin| {
            call.after_commit(plugin)
        }))
    }
}

impl<E: Export<Plugin: WorkflowAction>>
    workflow_action::exports::peyvand::plugin::workflow_action::Guest for E
{
    fn perform(hook: u16, records: types::Batch, parameters: String) -> Vec<types::Effect> {
        effects(serve::<E, _>(hook, records, |call, plugin| {
            call.perform(plugin, &parameters)
        }))
    }
}

impl<E: Export<Plugin: Gamification>> gamification::exports::peyvand::plugin::gamification::Guest
    for E
{
    fn score(
        hook: u16,
        events: types::Batch,
    ) -> gamification::exports::peyvand::plugin::gamification::Awards {
        let given = serve::<E, _>(hook, events, |call, plugin| call.score(plugin));
        let mut awards = gamification::exports::peyvand::plugin::gamification::Awards {
            at: Vec::with_capacity(given.len()),
            points: Vec::with_capacity(given.len()),
            reason: Vec::with_capacity(given.len()),
        };
        for (row, points, reason) in given {
            awards.at.push(row);
            awards.points.push(points);
            awards.reason.push(reason);
        }
        awards
    }
}
