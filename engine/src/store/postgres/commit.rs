//! How does a group of commits become fact, once and only once?
//!
//! In one serializable transaction that begins by locking the tenant's head, so commits of one tenant follow each other
//! whichever process they come from. Each journal row carries a token that no other commit has. When the connection is
//! lost while the transaction is committed, nobody knows whether it was; the next attempt waits for the head, and so
//! for the end of the first one, and then looks the tokens up.

use std::collections::HashMap;

use crate::journal::Position;
use crate::store::settle::{Ground, Group};
use crate::store::{Commit, CommitError, StoreError, Write};

use super::changes::{Changes, appended};
use super::pool::{Connection, Fault};
use super::versions::{OPEN, Version, combined, number, position};

/// An index of PostgreSQL takes no row of more than 2,704 bytes, and the tenant is in it too.
const LONGEST_KEY: usize = 2400;

const LOCK_HEAD: &str =
    "SELECT position, oldest, hash FROM peyvand_head WHERE tenant = $1 FOR UPDATE";
const FIND_TOKENS: &str =
    "SELECT count(*) FROM peyvand_journal WHERE tenant = $1 AND token = ANY($2)";
const TOUCHED: &str = "
    SELECT key, valid_from, valid_to, kind, value FROM peyvand_state
    WHERE tenant = $1 AND key = ANY($2) AND valid_to >= $3
    ORDER BY key, valid_from";

pub(super) type Answer = Result<Position, CommitError>;

/// Commits that go to the database together.
pub(super) struct Batch<'a> {
    pub(super) tenant: &'a str,
    pub(super) commits: Vec<Commit>,
    pub(super) tokens: Vec<Vec<u8>>,
    /// What the attempt answers that came as far as to its end; it counts once the transaction does.
    pub(super) answers: Vec<Answer>,
}

struct Head {
    position: Position,
    oldest: Position,
    hash: Vec<u8>,
}

impl Batch<'_> {
    /// Tries to commit; `again` when an earlier attempt may have succeeded unheard.
    pub(super) fn attempt(&mut self, c: &mut Connection, again: bool) -> Result<(), Fault> {
        c.transaction(|c| {
            let head = lock_head(c, self.tenant)?;
            if again && self.is_committed(c)? {
                return Ok(());
            }
            let ground = Loaded::new(c, self, &head)?;
            let (answers, changes) = self.settle(&ground, head);
            changes.store(c, self.tenant)?;
            self.answers = answers;
            Ok(())
        })
    }

    fn is_committed(&self, c: &mut Connection) -> Result<bool, Fault> {
        let rows = c.rows(FIND_TOKENS, &[&self.tenant, &self.tokens])?;
        let count: i64 = rows.first().map_or(Ok(0), |row| row.try_get(0))?;
        Ok(count > 0)
    }

    fn settle(&self, ground: &Loaded, head: Head) -> (Vec<Answer>, Changes) {
        let mut group = Group::new(ground, head.position);
        let (mut answers, mut admitted) = (Vec::new(), Vec::new());
        for (commit, token) in self.commits.iter().zip(&self.tokens) {
            let answer = check_keys(commit)
                .map_err(CommitError::from)
                .and_then(|()| group.admit(commit.clone()));
            if answer.is_ok() {
                admitted.push((token, appended(&commit.writes)));
            }
            answers.push(answer);
        }
        let mut changes = Changes::after(head.hash);
        for (entry, (token, appended)) in group.into_entries().into_iter().zip(admitted) {
            changes.add(&entry, token, &appended);
        }
        (answers, changes)
    }
}

fn lock_head(c: &mut Connection, tenant: &str) -> Result<Head, Fault> {
    let rows = c.rows(LOCK_HEAD, &[&tenant])?;
    let gone = || Fault::Failed(format!("tenant {tenant} is not there any more"));
    let row = rows.first().ok_or_else(gone)?;
    Ok(Head {
        position: position(row.try_get(0)?),
        oldest: position(row.try_get(1)?),
        hash: row.try_get(2)?,
    })
}

fn check_keys(commit: &Commit) -> Result<(), StoreError> {
    let length = |write: &Write| match write {
        Write::Put { key, .. }
        | Write::Delete { key }
        | Write::Release { key }
        | Write::Add { key, .. }
        | Write::Raise { key, .. } => key.len(),
        Write::Stamp { prefix, .. } => prefix.len() + 8,
    };
    let of_leaves = commit.leaves.iter().flat_map(|leaf| &leaf.writes);
    match commit.writes.iter().chain(of_leaves).map(length).max() {
        Some(length) if length > LONGEST_KEY => Err(StoreError::KeyTooLong {
            length,
            limit: LONGEST_KEY,
        }),
        _ => Ok(()),
    }
}

/// What the database holds of the keys that a batch asks about.
struct Loaded {
    keys: HashMap<Vec<u8>, Vec<Version>>,
    oldest: Position,
}

impl Loaded {
    fn new(c: &mut Connection, batch: &Batch<'_>, head: &Head) -> Result<Self, Fault> {
        let mut keys: HashMap<Vec<u8>, Vec<Version>> = HashMap::new();
        for commit in &batch.commits {
            keys.extend(commit.unchanged.iter().map(|key| (key.clone(), Vec::new())));
            // Totals belong to no record, so none is in a leaf.
            keys.extend(commit.writes.iter().filter_map(|write| match write {
                Write::Add { key, .. } | Write::Raise { key, .. } => {
                    Some((key.clone(), Vec::new()))
                }
                Write::Put { .. }
                | Write::Delete { .. }
                | Write::Release { .. }
                | Write::Stamp { .. } => None,
            }));
        }
        if !keys.is_empty() {
            let since = batch.commits.iter().map(|commit| commit.at).min();
            let since = number(since.unwrap_or_default().min(head.position));
            let asked: Vec<&[u8]> = keys.keys().map(Vec::as_slice).collect();
            for row in c.rows(TOUCHED, &[&batch.tenant, &asked, &since])? {
                let version = Version::read(&row)?;
                keys.entry(version.key.clone()).or_default().push(version);
            }
        }
        Ok(Loaded {
            keys,
            oldest: head.oldest,
        })
    }

    fn of(&self, key: &[u8]) -> Result<&[Version], StoreError> {
        let unasked = || StoreError::Database {
            why: format!(
                "key {} was not read before it was asked for",
                key.escape_ascii()
            ),
        };
        self.keys.get(key).map(Vec::as_slice).ok_or_else(unasked)
    }
}

impl Ground for Loaded {
    fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        combined(self.of(key)?.iter().filter(|version| version.to == OPEN))
    }

    fn written_after(&self, key: &[u8], at: Position) -> Result<bool, StoreError> {
        let oldest = self.oldest;
        if at < oldest {
            return Err(StoreError::SnapshotGone { at, oldest });
        }
        let at = number(at);
        let after = |version: &Version| version.from > at || (version.to > at && version.to < OPEN);
        Ok(self.of(key)?.iter().any(after))
    }
}
