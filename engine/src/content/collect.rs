//! How are files dropped that nobody names?
//!
//! Files have no age of their own: the engine reads no clock but its context's. What nobody names is written down with
//! the moment at which that was first seen, and dropped once it was seen so for long enough.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::named::each_named;
use crate::engine::Engine;
use crate::error::Result;
use crate::record::ContentHash;

/// What a collection did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Collected {
    /// Files that were dropped.
    pub files: u64,
    /// The bytes that they had.
    pub bytes: u64,
    /// Files that nobody names either, and not for long enough yet.
    pub waiting: u64,
}

/// The caller sees to it that no backup, erasing or other collection is under way.
pub(crate) fn collect(engine: &Engine, age: TimeDelta) -> Result<Collected> {
    let content = &engine.inner.content;
    let now = engine.session().context.now();
    let sweep = content.uses.sweep();
    let mut named = BTreeSet::new();
    let damaged = each_named(engine, &mut |_, file| {
        named.insert(file.hash);
        Ok(())
    })?;
    // A good copy of it may be put back, and what it names must be there then.
    if let Some(error) = damaged.into_iter().next() {
        return Err(error.into());
    }
    let known = read(&content.place.orphans()?);
    let (mut orphans, mut done) = (BTreeMap::new(), Collected::default());
    content.place.each(|hash| {
        if named.contains(&hash) {
            return Ok(());
        }
        // Who put it again may be about to name it.
        let seen = known.get(&hash).copied();
        let since = seen.max(content.uses.put_at(&hash)).unwrap_or(now);
        let mut bytes = 0;
        let old = now - since >= age;
        let dropped = old
            && sweep.drop_file(&hash, || {
                bytes = content.place.remove(&hash)?.unwrap_or_default();
                Ok::<_, super::ContentError>(())
            })?;
        if dropped {
            done.files += 1;
            done.bytes += bytes;
        } else {
            done.waiting += 1;
            orphans.insert(hash, since);
        }
        Ok(())
    })?;
    content.place.note_orphans(&written(&orphans))?;
    content.uses.forget_named(|hash| named.contains(hash));
    Ok(done)
}

fn written(orphans: &BTreeMap<ContentHash, DateTime<Utc>>) -> String {
    let line = |(hash, since): (&ContentHash, &DateTime<Utc>)| {
        format!("{hash} {}\n", since.timestamp_micros())
    };
    orphans.iter().map(line).collect()
}

/// Lines that cannot be read are left out: what they told of is seen for the first time again.
fn read(text: &str) -> BTreeMap<ContentHash, DateTime<Utc>> {
    let line = |line: &str| {
        let (hash, micros) = line.split_once(' ')?;
        let since = DateTime::from_timestamp_micros(micros.parse().ok()?)?;
        Some((hash.parse().ok()?, since))
    };
    text.lines().filter_map(line).collect()
}
