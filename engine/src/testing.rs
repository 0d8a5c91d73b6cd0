//! How can a test make the disk fail? With the feature `testing`.
//!
//! [`Faults`] stands between the engine and the files of its journal, its checkpoints and its folder. What sled and
//! redb write themselves does not go through it.

pub use crate::journal::{Call, Fault, Faults};
