//! Does a business calendar reckon as somebody with a watch and much patience would?
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod definitions;
mod simulation;
