//! Where is the current state? Behind one small trait, [`Backend`], that covers journal and state.
//!
//! In reading order: `backend` is the contract, `snapshot` how the rest of the engine reads,
//! `keys` how keys are built so that bytes sort like values. `overlay`, `pins`, `settle`, `queue`
//! and `verify` are the parts that the embedded backends share; `memory` and `embedded` are those
//! backends; `postgres` is the one that leaves the machine.

mod backend;
pub(crate) mod checkpoint;
mod embedded;
mod entries;
mod error;
pub(crate) mod kept;
pub(crate) mod keys;
mod locks;
mod memory;
mod numbers;
mod overlay;
mod pins;
#[cfg(feature = "postgres")]
mod postgres;
mod progress;
mod queue;
mod rebuild;
mod rows;
pub(crate) mod runs;
mod settle;
mod snapshot;
pub(crate) mod spaces;
mod verify;

#[cfg(test)]
mod asof_tests;
#[cfg(test)]
mod conformance;

#[cfg(feature = "postgres")]
pub(crate) use self::postgres::PostgresBackend;
pub(crate) use crate::record::codec;
pub(crate) use backend::{Backend, Commit, CommitLeaf, Direction, Row, Span, Verified, Write};
#[cfg(feature = "testing")]
pub use embedded::KindBytes;
#[cfg(test)]
pub(crate) use embedded::contents;
pub(crate) use embedded::{ERASED, EmbeddedBackend, StoreOptions};
pub use embedded::{Retention, StateEngine};
pub(crate) use entries::Entries;
pub(crate) use error::{CommitError, StoreError};
pub(crate) use memory::MemoryBackend;
pub use progress::Progress;
pub(crate) use rows::{Rows, rows_under};
pub(crate) use snapshot::Snapshot;
