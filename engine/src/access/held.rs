//! Which sights are compiled already, and are they still right?
//!
//! A counter in the store is raised by every change of users, roles and keys, and, while access is enforced, of teams,
//! territories, deputies and shares. Sights are kept until it, or the schema, is another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};

use super::compile::Principal;
use super::looks::Looks;
use super::organisation::Organisation;
use super::seeing::Seeing;
use super::sight::Sight;
use crate::config::Config;
use crate::context::{Actor, Context};
use crate::error::Result;
use crate::query::Reader;
use crate::store::{Snapshot, spaces};

/// How many users' sights are kept.
const MOST: usize = 10_000;

/// What is known of who may what.
#[derive(Default)]
pub(crate) struct Sights {
    kept: Mutex<Kept>,
    looks: Arc<Looks>,
}

#[derive(Default)]
struct Kept {
    /// Of which counters it was read; nothing at first.
    of: Option<(u64, u64)>,
    organisation: Arc<Organisation>,
    sights: HashMap<Principal, Arc<Sight>>,
}

/// The key of the counter.
pub(crate) fn counter_key() -> Vec<u8> {
    vec![spaces::ACCESS]
}

/// The counter's value.
pub(crate) fn counter(snapshot: &Snapshot) -> Result<u64> {
    let bytes = snapshot.get(&counter_key())?;
    Ok(bytes
        .and_then(|bytes| bytes.try_into().ok())
        .map_or(0, u64::from_be_bytes))
}

impl Sights {
    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at what is confidential that are not written yet.
    pub(crate) fn looks(&self) -> &Arc<Looks> {
        &self.looks
    }

    /// Who works here, at the snapshot of a reader that sees all.
    pub(crate) fn organisation(
        &self,
        reader: &Reader,
        config: &Config,
    ) -> Result<Arc<Organisation>> {
        let of = (counter(&reader.snapshot)?, config.counter);
        let kept = self.lock();
        if kept.of == Some(of) {
            return Ok(kept.organisation.clone());
        }
        drop(kept);
        let organisation = Arc::new(Organisation::read(reader)?);
        let mut kept = self.lock();
        // An older snapshot than the one that was read last keeps its answer to itself.
        if kept.of.is_none_or(|known| known < of) {
            *kept = Kept {
                of: Some(of),
                organisation: organisation.clone(),
                sights: HashMap::new(),
            };
        }
        Ok(organisation)
    }

    /// What somebody sees, at the snapshot of a reader that sees all.
    pub(super) fn sight(
        &self,
        reader: &Reader,
        config: &Config,
        who: Principal,
        now: DateTime<Utc>,
    ) -> Result<Arc<Sight>> {
        let of = (counter(&reader.snapshot)?, config.counter);
        let fresh =
            |sight: &Arc<Sight>| sight.since <= now && sight.until.is_none_or(|until| now < until);
        let kept = self.lock();
        if kept.of == Some(of)
            && let Some(sight) = kept.sights.get(&who).filter(|sight| fresh(sight))
        {
            return Ok(sight.clone());
        }
        drop(kept);
        let organisation = self.organisation(reader, config)?;
        let sight = Arc::new(Sight::compile(&organisation, &config.schema, who, now));
        let mut kept = self.lock();
        if kept.of == Some(of) {
            if kept.sights.len() >= MOST {
                kept.sights.clear();
            }
            kept.sights.insert(who, sight.clone());
        }
        Ok(sight)
    }
}

/// The eyes of whoever acts, at the snapshot of a reader that sees all; none where he sees all too: while access is not
/// enforced, and for the program itself. Plugins and scripts act under what they were granted, and under the rights of
/// the user as whom they run, where there is one.
pub(crate) fn seeing(
    sights: &Sights,
    reader: &Reader,
    config: &Config,
    context: &Context,
) -> Result<Option<Seeing>> {
    let (user, key) = match (&context.actor, context.under) {
        (Actor::User(user), _) => (*user, context.key),
        (_, Some(user)) => (user, None),
        _ => return Ok(None),
    };
    // Who acts by a key is held to that in any case.
    if !config.enforces_access && key.is_none() {
        return Ok(None);
    }
    let who = Principal {
        user,
        key,
        enforced: config.enforces_access,
    };
    let sight = sights.sight(reader, config, who, context.now())?;
    let seeing = Seeing::new(sight, reader.snapshot.clone());
    Ok(Some(seeing.noting(sights.looks(), context.now())))
}
