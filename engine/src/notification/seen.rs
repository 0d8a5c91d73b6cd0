//! What did somebody look at last?
//!
//! A look is no change, and a journal entry for each would bury what happened. Looks are kept in memory, the last ones
//! of each user, and written as one list for each user: every ten minutes, when the host lets the engine notify, and at
//! close. A killed process forgets the looks since then, and nothing else.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value as Json, json};

use super::acting;
use crate::engine::Engine;
use crate::error::{ErrorKind, Result};
use crate::query::Reader;
use crate::record::{Record, RecordId, Value};
use crate::session::Session;
use crate::write::{Fields, Outcome, Request};

/// How many records are remembered for each user.
const KEPT: usize = 50;

/// How long looks may stay in memory.
const UNWRITTEN: TimeDelta = TimeDelta::minutes(10);

/// A record, and when it was looked at last.
type Look = (RecordId, DateTime<Utc>);

/// Looks that are not written yet.
#[derive(Default)]
pub(crate) struct Looks(Mutex<Fresh>);

#[derive(Default)]
struct Fresh {
    /// The first of them.
    since: Option<DateTime<Utc>>,
    /// The last one first.
    of_users: BTreeMap<RecordId, Vec<Look>>,
}

impl Fresh {
    fn add(&mut self, user: RecordId, fresh: Vec<Look>, at: DateTime<Utc>) {
        self.since.get_or_insert(at);
        let of_user = self.of_users.entry(user).or_default();
        let before = std::mem::take(of_user);
        *of_user = joined(fresh, before);
    }
}

impl Fresh {
    /// What was taken out and could not be written. What was looked at since is newer.
    fn add_older(&mut self, user: RecordId, older: Vec<Look>, since: DateTime<Utc>) {
        let newer = self.of_users.remove(&user).unwrap_or_default();
        self.of_users.insert(user, joined(newer, older));
        self.since = Some(self.since.map_or(since, |other| other.min(since)));
    }
}

impl Looks {
    fn lock(&self) -> MutexGuard<'_, Fresh> {
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
        let now = self.context.now();
        let mut looks = self.engine.inner.notifying.looks.lock();
        looks.add(user, vec![(about, now)], now);
        Ok(())
    }

    /// What the acting user looked at, the last one first: at most 50 records that are still there.
    ///
    /// # Errors
    /// When nobody acts, or the store cannot be read.
    pub fn recently_seen(&self) -> Result<Vec<(RecordId, DateTime<Utc>)>> {
        let user = acting(self)?;
        let looks = self.engine.inner.notifying.looks.lock();
        let fresh = looks.of_users.get(&user).cloned();
        drop(looks);
        let (reader, _) = self.read()?;
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

/// Writes the looks since the last time, one change for each user, where it is time; what cannot be written stays for the
/// next time.
pub(crate) fn write_down(engine: &Engine, now: bool, warnings: &mut Vec<String>) -> Result<()> {
    let session = engine.session();
    let at = session.context.now();
    let mut looks = engine.inner.notifying.looks.lock();
    let Some(since) = looks.since.filter(|since| now || at - *since >= UNWRITTEN) else {
        return Ok(());
    };
    let fresh = std::mem::take(&mut *looks).of_users;
    drop(looks);
    let outcomes = match commit(&session, &fresh) {
        Ok(outcomes) => outcomes,
        Err(error) => {
            let mut waiting = engine.inner.notifying.looks.lock();
            for (user, looks) in fresh {
                waiting.add_older(user, looks, since);
            }
            return Err(error);
        }
    };
    for ((user, looks), outcome) in fresh.into_iter().zip(outcomes) {
        match outcome {
            Ok(_) => {}
            // Another process wrote his list meanwhile. What was looked at since is newer than these.
            Err(error) if error.kind() == ErrorKind::Conflict => {
                let mut waiting = engine.inner.notifying.looks.lock();
                waiting.add_older(user, looks, since);
            }
            Err(error) => warnings.push(format!("what {user} looked at was not kept: {error}")),
        }
    }
    Ok(())
}

fn commit(
    session: &Session,
    fresh: &BTreeMap<RecordId, Vec<Look>>,
) -> Result<Vec<Result<Outcome>>> {
    let (reader, _) = session.engine.read()?;
    let mut requests = Vec::with_capacity(fresh.len());
    for (user, looks) in fresh {
        requests.push(request(&reader, *user, looks.clone())?);
    }
    drop(reader);
    Ok(session.commit_each(requests)?.1)
}

fn request(reader: &Reader, user: RecordId, looks: Vec<Look>) -> Result<Request> {
    let kept = kept(reader, user)?;
    let all = joined(looks, kept.as_ref().map(items).unwrap_or_default());
    let item = |(id, at): (RecordId, DateTime<Utc>)| {
        let at = at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        json!({"id": id.to_string(), "at": at})
    };
    let all: Vec<Json> = all.into_iter().map(item).collect();
    let fields = Fields::default().with("items", all);
    Ok(match kept {
        Some(kept) => Request::Update {
            id: kept.id(),
            revision: Some(kept.revision()),
            fields,
        },
        None => Request::create("recently_seen", fields.with("user", user.to_string())),
    })
}
