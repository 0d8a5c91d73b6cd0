//! Is anything ever lost that was acknowledged? The short runs; `.ci/long` makes the long ones.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod damage;
mod faults;
mod kept_stores;
mod kills;
mod mutations;
mod power_cuts;
