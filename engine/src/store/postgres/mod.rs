//! How does a store behave that several processes on several machines share? As one in a folder does, in a database
//! that speaks PostgreSQL's protocol.
//!
//! Journal and state are tables, keyed by tenant (`tables`). A commit is one serializable transaction (`commit`) whose
//! changes are rows with the positions between which they hold (`changes`, `versions`), so a snapshot is a plain query.
//! `fold` says when old rows go, `journal` and `entry` what a row of the journal is, `pool` what is done when a
//! transaction loses or a connection breaks.
//!
//! The SQL is plain: no advisory locks, no sequences, no notifications. It is written for PostgreSQL, CockroachDB,
//! YugabyteDB and Citus, and tested on PostgreSQL 15. How durable an acknowledged commit is, is the server's setting.

mod changes;
mod commit;
mod entry;
mod fold;
mod journal;
mod pool;
mod tables;
mod versions;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

#[cfg(test)]
pub(super) use fixture::in_database;

use crate::journal::{Entry, Position};

use super::pins::Pins;
use super::queue::Queue;
use super::{Backend, Commit, CommitError, Direction, Retention, Row, Span, StoreError, Verified};

use commit::{Answer, Batch};
use pool::Pool;
use versions::Reading;

/// A tenant is the first part of every key.
const LONGEST_TENANT: usize = 200;

/// The commit of every position that this divides is followed by a fold.
const FOLD_EVERY: u64 = 256;

/// A tenant's store in a database, shared with other processes.
pub(crate) struct PostgresBackend {
    tenant: String,
    /// The name of this process in leases and tokens; no other has it.
    holder: String,
    pool: Pool,
    /// The newest position that this process has heard of.
    known: AtomicU64,
    tokens: AtomicU64,
    pins: Pins,
    queue: Queue<Commit, Answer>,
    closed: AtomicBool,
    keep_history: Retention,
}

impl PostgresBackend {
    /// Opens the tenant's store in the database at `url`, a connection string of PostgreSQL's.
    pub(crate) fn open(
        url: &str,
        tenant: &str,
        create: bool,
        keep_history: Retention,
    ) -> Result<Self, StoreError> {
        if tenant.is_empty() || tenant.len() > LONGEST_TENANT || tenant.contains('\0') {
            return Err(StoreError::TenantName {
                tenant: tenant.to_owned(),
                limit: LONGEST_TENANT,
            });
        }
        let pool = Pool::new(url)?;
        tables::found(&pool, tenant, create)?;
        let holder = tables::name_process(&pool)?;
        let (head, _) = fold::head(&pool, tenant, &holder)?;
        Ok(PostgresBackend {
            tenant: tenant.to_owned(),
            holder,
            pool,
            known: AtomicU64::new(head.get()),
            tokens: AtomicU64::new(0),
            pins: Pins::default(),
            queue: Queue::new(),
            closed: AtomicBool::new(false),
            keep_history,
        })
    }

    fn check_open(&self) -> Result<(), StoreError> {
        if self.closed.load(Ordering::Acquire) {
            return Err(StoreError::Closed);
        }
        Ok(())
    }

    fn known(&self) -> Position {
        Position::from_number(self.known.load(Ordering::Acquire))
    }

    /// The head, under a lease that keeps it readable for a while.
    fn leased_head(&self) -> Result<Position, StoreError> {
        self.check_open()?;
        let (mut head, leased) = fold::head(&self.pool, &self.tenant, &self.holder)?;
        if !leased {
            self.renew_lease()?;
            // Read again: a fold that did not see the lease may have passed the head that was read before it.
            (head, _) = fold::head(&self.pool, &self.tenant, &self.holder)?;
        }
        self.known.fetch_max(head.get(), Ordering::AcqRel);
        Ok(head)
    }

    fn renew_lease(&self) -> Result<(), StoreError> {
        let from = self.pins.horizon(|| self.known());
        fold::renew_lease(&self.pool, &self.tenant, &self.holder, from)
    }

    fn reading(&self, at: Position) -> Result<Reading<'_>, StoreError> {
        self.check_open()?;
        Ok(Reading {
            pool: &self.pool,
            tenant: &self.tenant,
            at,
        })
    }

    fn token(&self) -> Vec<u8> {
        let number = self.tokens.fetch_add(1, Ordering::Relaxed);
        [self.holder.as_bytes(), &number.to_be_bytes()].concat()
    }

    fn commit_group(&self, commits: Vec<Commit>) -> Vec<Answer> {
        let count = commits.len();
        let mut batch = Batch {
            tenant: &self.tenant,
            tokens: commits.iter().map(|_| self.token()).collect(),
            commits,
            answers: Vec::new(),
        };
        let mut again = false;
        let done = self.pool.run(|c| {
            let again = std::mem::replace(&mut again, true);
            batch.attempt(c, again)
        });
        match done {
            Ok(()) => batch.answers,
            Err(error) => {
                let in_doubt = matches!(error, StoreError::InDoubt { .. });
                let why = match error {
                    StoreError::Database { why } | StoreError::InDoubt { why } => why,
                    other => other.to_string(),
                };
                let failed = || match (in_doubt, why.clone()) {
                    (true, why) => StoreError::InDoubt { why },
                    (false, why) => StoreError::Database { why },
                };
                (0..count).map(|_| Err(failed().into())).collect()
            }
        }
    }

    fn fold_and_prune(&self) -> Result<(), StoreError> {
        fold::fold_appended(&self.pool, &self.tenant)?;
        let head = self.leased_head()?;
        let kept = self.keep_history.oldest(
            head,
            |at| Ok(self.entry(at)?.map(|entry| entry.time)),
            |time| self.position_at(time),
        )?;
        let horizon = kept.min(self.pins.horizon(|| head));
        fold::prune(&self.pool, &self.tenant, &self.holder, horizon)?;
        self.renew_lease()
    }
}

impl Backend for PostgresBackend {
    /// Asks the database, for others commit too; the last answer when it gives none.
    fn head(&self) -> Position {
        self.leased_head().unwrap_or_else(|_| self.known())
    }

    fn oldest(&self) -> Position {
        let oldest = self.pool.run(|c| versions::oldest(c, &self.tenant));
        // The reads will say what is wrong.
        oldest
            .ok()
            .flatten()
            .map_or(Position::START, versions::position)
    }

    fn position_at(&self, time: i64) -> Result<Position, StoreError> {
        self.check_open()?;
        journal::position_at(&self.pool, &self.tenant, time)
    }

    fn pin(&self) -> Position {
        // Held until the head is pinned, so that no fold of this process passes in between.
        let floor = self.pins.pin(|| self.known());
        match self.leased_head() {
            Ok(head) => {
                let at = self.pins.pin(|| head);
                self.pins.unpin(floor);
                at
            }
            // The reads will say what is wrong.
            Err(_) => floor,
        }
    }

    fn pin_at(&self, at: Position) -> Result<(), StoreError> {
        self.check_open()?;
        self.pins.pin_at(at);
        // The lease goes back to the pin before the floor is read: no fold passes it afterwards.
        let oldest = self.renew_lease().map(|()| self.oldest());
        match oldest {
            Ok(oldest) if oldest <= at => Ok(()),
            Ok(oldest) => {
                self.pins.unpin(at);
                Err(StoreError::SnapshotGone { at, oldest })
            }
            Err(error) => {
                self.pins.unpin(at);
                Err(error)
            }
        }
    }

    fn unpin(&self, at: Position) {
        self.pins.unpin(at);
    }

    fn get_many(&self, at: Position, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        self.reading(at)?.get_many(keys)
    }

    fn scan(
        &self,
        at: Position,
        span: &Span,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        self.reading(at)?.scan(span, direction, limit)
    }

    fn commit(&self, commit: Commit) -> Result<Position, CommitError> {
        self.check_open()?;
        let answer = self
            .queue
            .ask(commit, Duration::ZERO, |group| self.commit_group(group));
        let position = answer.unwrap_or_else(|| {
            let why = "another writer of this process broke off".to_owned();
            Err(StoreError::InDoubt { why }.into())
        })?;
        self.known.fetch_max(position.get(), Ordering::AcqRel);
        if position.get().is_multiple_of(FOLD_EVERY) {
            // The commit stands. A fold that fails is made up for by the next.
            let _ = self.fold_and_prune();
        }
        Ok(position)
    }

    fn entry(&self, at: Position) -> Result<Option<Entry>, StoreError> {
        self.check_open()?;
        let Some(before) = at.get().checked_sub(1).map(Position::from_number) else {
            return Ok(None);
        };
        let next = journal::entries(&self.pool, &self.tenant, before, 1)?.pop();
        Ok(next.filter(|entry| entry.position == at))
    }

    fn entries(&self, after: Position, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.check_open()?;
        journal::entries(&self.pool, &self.tenant, after, limit)
    }

    fn verify(&self) -> Result<Verified, StoreError> {
        self.check_open()?;
        let at = self.pin();
        let verified = journal::folded(&self.pool, &self.tenant, at)
            .and_then(|folded| folded.compare(self, at));
        self.unpin(at);
        verified
    }

    fn fold(&self) -> Result<(), StoreError> {
        self.check_open()?;
        self.fold_and_prune()
    }

    fn prune(&self) -> Result<(), StoreError> {
        self.fold()
    }

    fn close(&self) -> Result<(), StoreError> {
        if self.check_open().is_err() {
            return Ok(());
        }
        let folded = self.fold_and_prune();
        self.closed.store(true, Ordering::Release);
        let ended = fold::end_lease(&self.pool, &self.tenant, &self.holder);
        self.pool.clear();
        folded.and(ended)
    }
}
