//! How can a test make the disk fail? With the feature `testing`.
//!
//! [`Faults`] stands between the engine and the files of its journal, its checkpoints and its folder. What sled and
//! redb write themselves does not go through it. [`fuzz_journal`] is the journal's reader, for bytes that may be
//! anything.

pub use crate::journal::{Call, Fault, Faults, fuzz_reader as fuzz_journal};
