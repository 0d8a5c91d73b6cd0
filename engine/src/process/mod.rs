//! By which steps does a record go, and who holds it up?
//!
//! A process is a record with a definition, as a view is, so that it has history, versions and undo and comes with a
//! plugin as data. `definition` is what can be said and `written` reads it, `declared` is the process under its key,
//! `check` holds it against the schema and `definition_rule` does so at each save. A record says how far it is in
//! `fields` of its own; `step_rule` judges each move in the write path by what `gap` finds in the way, and `entry` sets
//! what a new step brings. `state` and `history` answer where a record is and was; `change` is how processes come,
//! change and go.
//!
//! The sales pipeline is older than this room and stays what it is: `pipeline` and `stage` are records, an
//! opportunity's `stage` is its step, `outcome` the step's, and `sales::stage_rule` sets status and probability. Nothing
//! keeps an object from having both; a firm that wants conditions on its stages gives opportunities a process.

mod change;
mod check;
mod declared;
mod definition;
mod definition_rule;
mod entry;
mod fields;
mod gap;
mod history;
mod state;
mod step_rule;
#[cfg(test)]
mod tests;
mod told;
mod words;
mod written;

pub use change::{ProcessChange, ProcessSaved, StepGone};
pub use declared::Process;
pub use definition::{
    Deadline, ProcessDefinition, RequiredDocument, RequiredField, Responsible, Start, Step,
    StepOutcome, Transition,
};
pub use history::StepStay;
pub use state::{Holder, Missing, NextStep, ProcessState};

#[cfg_attr(
    not(feature = "wasm"),
    allow(unused_imports, reason = "there are no plugins to bring any")
)]
pub(crate) use check::Coming;

use crate::hook::Registry;
use crate::schema::Schema;

/// Puts the room's rules where the write path finds them; called after all other rules are there.
pub(crate) fn register(schema: &Schema, registry: &mut Registry) {
    definition_rule::register(schema, registry);
    step_rule::register(schema, registry);
}
