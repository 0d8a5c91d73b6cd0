//! Is anything ever lost that was acknowledged? The short runs; `.ci/long` makes the long ones.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod kills;
mod power_cuts;
