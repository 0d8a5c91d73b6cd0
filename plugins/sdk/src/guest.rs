//! How do the exports of a component reach the kit? The bindings of the contract, one module for
//! every exported interface, so that a plugin exports only what it serves.
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "written by wit-bindgen from the contract, which is documented there"
)]

use std::sync::OnceLock;

use crate::columns::Batch;
use crate::effect::Reply;
use crate::hook::{
    AfterCommit, BeforeSave, ComputedFields, FieldType, Gamification, OnReply, Plugin,
    WorkflowAction,
};
use crate::row::{Clock, Faults, Hook};
use crate::serve::{Bound, Call};
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
         import peyvand:plugin/settings@0.1.0;
         import peyvand:plugin/random@0.1.0;
         import peyvand:plugin/records@0.1.0;
         import peyvand:plugin/store@0.1.0;
         import peyvand:plugin/text@0.1.0;
         export peyvand:plugin/binding@0.1.0;
     }",
    {
        "peyvand:plugin/types@0.1.0": generate,
        "peyvand:plugin/log@0.1.0": generate,
        "peyvand:plugin/clock@0.1.0": generate,
        "peyvand:plugin/settings@0.1.0": generate,
        "peyvand:plugin/random@0.1.0": generate,
        "peyvand:plugin/records@0.1.0": generate,
        "peyvand:plugin/store@0.1.0": generate,
        "peyvand:plugin/text@0.1.0": generate,
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

bindings!(
    on_reply,
    "package peyvand:kit-on-reply;
     world kit-on-reply { export peyvand:plugin/on-reply@0.1.0; }",
    {
        "peyvand:plugin/types@0.1.0": ::peyvand_plugin::guest::binding::peyvand::plugin::types,
        "peyvand:plugin/on-reply@0.1.0": generate,
    }
);

pub use wit_bindgen::rt;

mod ask;
mod words;

pub use ask::*;

use binding::peyvand::plugin::{clock, log as host_log, types};
use words::{effects, new_record, refusals, reply};

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

/// The batch of a call that is not about records.
fn nothing() -> types::Batch {
    types::Batch {
        rows: 0,
        cells: Vec::new(),
        present: Vec::new(),
        text: Vec::new(),
    }
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
        use before_save::exports::peyvand::plugin::before_save as words;
        let answered = serve::<E, _>(hook, records, |call, plugin| call.before_save(plugin));
        let child = |child: crate::patch::Child| words::Child {
            row: child.row,
            what: new_record(child.object, child.fields),
        };
        let keep = |keep: crate::patch::Keep| words::Kept {
            row: keep.row,
            what: types::StoreWrite {
                key: keep.key,
                value: keep.value,
            },
        };
        words::Answer {
            patches: answered.patches.into(),
            refusals: refusals(answered.refusals),
            children: answered.children.into_iter().map(child).collect(),
            store: answered.keeps.into_iter().map(keep).collect(),
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

impl<E: Export<Plugin: OnReply>> on_reply::exports::peyvand::plugin::on_reply::Guest for E {
    fn on_reply(hook: u16, replies: Vec<types::Reply>) -> Vec<types::Effect> {
        let replies: Vec<Reply> = replies.into_iter().map(reply).collect();
        effects(serve::<E, _>(hook, nothing(), |call, plugin| {
            call.on_reply(plugin, &replies)
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
        gamification::exports::peyvand::plugin::gamification::Awards {
            at: given.at,
            points: given.points,
            reason: given.reason,
        }
    }
}
