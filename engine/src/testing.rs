//! What do tests and benchmarks need that no program should use? Only under the feature `testing`.

mod store;

pub use store::{BareOptions, BareStore, overlay_bytes};
