//! How do a moment, a day and an actor look in an answer that a program reads? As in a record.

use std::fmt::Display;

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};

use crate::record::Value;

pub(super) fn moment<S: Serializer>(at: &DateTime<Utc>, to: S) -> Result<S::Ok, S::Error> {
    Value::Instant(*at).to_json().serialize(to)
}

pub(super) fn moment_or_none<S: Serializer>(
    at: &Option<DateTime<Utc>>,
    to: S,
) -> Result<S::Ok, S::Error> {
    at.map(|at| Value::Instant(at).to_json()).serialize(to)
}

pub(super) fn text<S: Serializer>(shown: &impl Display, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(shown)
}

pub(super) fn text_or_none<S: Serializer>(
    shown: &Option<impl Display>,
    to: S,
) -> Result<S::Ok, S::Error> {
    match shown {
        Some(shown) => to.collect_str(shown),
        None => to.serialize_none(),
    }
}
