//! Do working hours, holidays and definitions hold?

#![allow(clippy::unwrap_used, clippy::expect_used)]
//! Does a business calendar reckon as somebody with a watch and much patience would?

mod definitions;
mod simulation;
