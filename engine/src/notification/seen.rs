//! What did somebody look at last?
//!
//! A look is no change, and a journal entry for each would bury what happened. Looks are kept in memory, the last ones
//! of each user, and written as one list for each user when the host lets the engine notify, and at close. A killed
//! process forgets the looks since then, and nothing else.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value as Json, json};

use super::acting;
use crate::engine::Engine;
use crate::error::{ErrorKind, Result};
use crate::query::Reader;
use crate::record::{Record, RecordId, Value};
use crate::session::Session;
use crate::write::{Fields, Request};

/// How many records are remembered for each user.
const KEPT: usize = 50;

/// A record, and when it was looked at last.
type Look = (RecordId, DateTime<Utc>);

/// Looks that are not written yet, by user, the last one first.
#[derive(Default)]
pub(crate) struct Looks(Mutex<BTreeMap<RecordId, Vec<Look>>>);

impl Looks {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<RecordId, Vec<Look>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    /// Notes that the acting user looks at a record. It costs no commit.
    ///
    /// # Errors
    /// When nobody acts.
    pub fn seen(&self, about: RecordId) -> Result<()> {
        let user = acting(self)?;
        let mut looks = self.engine.inner.notifying.looks.lock();
        let of_user = looks.entry(user).or_default();
        let before = std::mem::take(of_user);
        *of_user = joined(vec![(about, self.context.now())], before);
        Ok(())
    }

    /// What the acting user looked at, the last one first: at most 50 records that are still there.
    ///
    /// # Errors
    /// When nobody acts, or the store cannot be read.
    pub fn recently_seen(&self) -> Result<Vec<(RecordId, DateTime<Utc>)>> {
        let user = acting(self)?;
        let fresh = self.engine.inner.notifying.looks.lock().get(&user).cloned();
        let (reader, _) = self.engine.read()?;
        let kept = kept(&reader, user)?.as_ref().map(items).unwrap_or_default();
        let mut seen = Vec::new();
        for (id, at) in joined(fresh.unwrap_or_default(), kept) {
            if reader.get_stored(id)?.is_some() {
                seen.push((id, at));
            }
        }
        Ok(seen)
    }
}

/// Two lists as one, each record at its latest look.
fn joined(fresh: Vec<Look>, mut before: Vec<Look>) -> Vec<Look> {
    before.retain(|(id, _)| !fresh.iter().any(|(other, _)| other == id));
    let mut all = fresh;
    all.append(&mut before);
    all.truncate(KEPT);
    all
}

fn kept(reader: &Reader, user: RecordId) -> Result<Option<Record>> {
    Ok(super::referring(reader, "recently_seen", "user", user)?.pop())
}

fn items(record: &Record) -> Vec<Look> {
    let Some(Value::Json(Json::Array(items))) = record.get("items") else {
        return Vec::new();
    };
    let read = |item: &Json| {
        let id = item["id"].as_str()?.parse().ok()?;
        Some((id, item["at"].as_str()?.parse().ok()?))
    };
    items.iter().filter_map(read).collect()
}

/// Writes the looks since the last time, one change for each user; what cannot be written stays for the next time.
pub(crate) fn write_down(engine: &Engine, warnings: &mut Vec<String>) -> Result<()> {
    let looks = std::mem::take(&mut *engine.inner.notifying.looks.lock());
    if looks.is_empty() {
        return Ok(());
    }
    let session = engine.session();
    let (reader, _) = engine.read()?;
    let mut requests = Vec::with_capacity(looks.len());
    let mut written = Vec::with_capacity(looks.len());
    for (user, fresh) in looks {
        let kept = kept(&reader, user)?;
        let all = joined(fresh.clone(), kept.as_ref().map(items).unwrap_or_default());
        let all: Vec<Json> = all
            .into_iter()
            .map(|(id, at)| json!({"id": id.to_string(), "at": at.to_rfc3339_opts(SecondsFormat::AutoSi, true)}))
            .collect();
        let fields = Fields::default().with("items", all);
        requests.push(match kept {
            Some(kept) => Request::Update {
                id: kept.id(),
                revision: Some(kept.revision()),
                fields,
            },
            None => Request::create("recently_seen", fields.with("user", user.to_string())),
        });
        written.push((user, fresh));
    }
    drop(reader);
    let (_, outcomes) = session.commit_each(requests)?;
    for ((user, fresh), outcome) in written.into_iter().zip(outcomes) {
        match outcome {
            Ok(_) => {}
            // Another process wrote his list meanwhile.
            Err(error) if error.kind() == ErrorKind::Conflict => {
                let mut looks = engine.inner.notifying.looks.lock();
                let of_user = looks.entry(user).or_default();
                let newer = std::mem::take(of_user);
                *of_user = joined(newer, fresh);
            }
            Err(error) => warnings.push(format!("what {user} looked at was not kept: {error}")),
        }
    }
    Ok(())
}
