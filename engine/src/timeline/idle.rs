//! Who has entered nothing?

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::actor_of;
use crate::context::Actor;
use crate::error::Result;
use crate::journal::Entry;
use crate::query::Reader;
use crate::record::{RecordId, Value};
use crate::store::{Backend, keys, spaces};

/// What is written for oneself, or by reading, is no entry.
const OWN_NOTES: [&str; 6] = [
    "recently_seen",
    "favourite",
    "follow",
    "notification",
    "notification_preference",
    "confidential_look",
];

/// How many entries are read at once.
const PAGE: usize = 500;

/// The active users of whom the journal has no entry between two moments, the later one not included. Only that part of
/// the journal is read, and only until everybody was met.
pub(crate) fn without_entries(
    reader: &Reader,
    backend: &Arc<dyn Backend>,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<RecordId>> {
    let mut idle = active_users(reader)?;
    let before = |moment: DateTime<Utc>| backend.position_at(moment.timestamp_micros() - 1);
    let (mut after, last) = (before(from)?, before(until)?.min(reader.position()));
    while after < last && !idle.is_empty() {
        let entries = backend.entries(after, PAGE)?;
        let Some(end) = entries.last() else { break };
        after = end.position;
        for entry in entries.iter().filter(|entry| entry.position <= last) {
            if let Actor::User(user) = actor_of(entry)
                && idle.contains(&user)
                && enters(reader, entry)
            {
                idle.remove(&user);
            }
        }
    }
    Ok(idle.into_iter().collect())
}

fn active_users(reader: &Reader) -> Result<BTreeSet<RecordId>> {
    let mut users = BTreeSet::new();
    let Some(object) = reader.schema.object("user").cloned() else {
        return Ok(users);
    };
    reader.each(&object, |user| {
        if user.get("active") != Some(&Value::Boolean(false)) {
            users.insert(user.id());
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(users)
}

/// Whether an entry is about records that others use.
fn enters(reader: &Reader, entry: &Entry) -> bool {
    let leaves = entry.leaves.iter().map(|leaf| leaf.subject.object);
    let keys = entry.results.iter().map(|(key, _)| key.as_slice());
    let keys = keys.filter_map(|key| keys::take_u32(&mut key.strip_prefix(&[spaces::RECORD])?));
    leaves.chain(keys).any(|object| {
        let object = reader.schema.by_number(object);
        object.is_some_and(|object| !OWN_NOTES.contains(&object.name.as_str()))
    })
}
