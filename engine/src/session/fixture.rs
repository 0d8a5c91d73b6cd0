//! Whose session do tests use that only need some records?

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::Arc;

use chrono::FixedOffset;
use serde_json::Value as Json;

use super::Session;
use crate::context::{FixedClock, SeededIds};
use crate::engine::Engine;
use crate::record::RecordId;

/// Of the program, in an empty store in memory, at noon of a working day in Tehran.
pub(crate) fn memory() -> Session {
    let clock = FixedClock::at("2026-03-25T08:30:00Z".parse().unwrap());
    let engine = Engine::in_memory()
        .clock(Arc::new(clock))
        .ids(Arc::new(SeededIds::new(7)))
        .zone(FixedOffset::east_opt(12_600).unwrap());
    engine.open().unwrap().session()
}

pub(crate) fn create(session: &Session, object: &str, fields: Json) -> RecordId {
    session.create(object, fields).unwrap().id().unwrap()
}
