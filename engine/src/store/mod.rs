//! Where is the current state? Behind one small trait, [`Backend`], that covers journal and state.
//!
//! In reading order: `backend` is the contract, `snapshot` how the rest of the engine reads,
//! `keys` how keys are built so that bytes sort like values. `overlay`, `pins`, `settle`, `queue`
//! and `verify` are the parts that the embedded backends share; `memory` and `embedded` are those
//! backends.

mod backend;
#[cfg(feature = "testing")]
mod bare;
pub(crate) mod codec;
mod embedded;
mod error;
pub(crate) mod keys;
mod locks;
mod memory;
mod overlay;
mod pins;
mod queue;
mod settle;
mod snapshot;
pub(crate) mod spaces;
mod verify;

#[cfg(test)]
mod asof_tests;
#[cfg(test)]
mod conformance;

pub(crate) use backend::{Backend, Commit, Direction, Row, Span, Verified, Write};
#[cfg(feature = "testing")]
pub use bare::{BareResult, BareStore};
pub(crate) use embedded::{EmbeddedBackend, StoreOptions};
#[cfg(feature = "testing")]
pub(crate) use embedded::{Kept, rebuild_state};
pub use embedded::{Retention, StateEngine};
pub(crate) use error::{CommitError, StoreError};
pub(crate) use memory::MemoryBackend;
pub(crate) use snapshot::Snapshot;
