//! What do tests and benchmarks need that no program should use? With the feature `testing`.
//!
//! [`Faults`] stands between the engine and the files of its journal, its checkpoints and its folder. What sled and
//! redb write themselves does not go through it. [`fuzz_journal`] and [`fuzz_checkpoint`] are the readers of
//! their files, for bytes that may be anything.

mod post;
#[cfg(feature = "testing")]
mod store;

pub use crate::journal::{Call, Fault, Faults, fuzz_reader as fuzz_journal};
#[cfg(all(feature = "testing", feature = "wasm"))]
pub use crate::plugin::{PluginCalls, PluginColumns, PluginInstance};
#[cfg(feature = "testing")]
pub use crate::store::KindBytes;
pub use crate::store::checkpoint::fuzz_reader as fuzz_checkpoint;
pub use post::Postbox;
#[cfg(feature = "testing")]
pub use store::{BareOptions, BareRecord, BareStore, overlay_bytes, state_bytes};
