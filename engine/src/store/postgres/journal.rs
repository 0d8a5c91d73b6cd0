//! What happened, as the rows of `peyvand_journal` tell it?

use crate::journal::{Entry, Position};
use crate::store::StoreError;
use crate::store::verify::Folded;

use super::entry::{FIRST, chain, decode};
use super::pool::{Fault, Pool};
use super::versions::{number, position};

/// Entries that a check reads at a time.
const PAGE: i64 = 500;

const ENTRIES: &str = "
    SELECT position, time, token, hash, body FROM peyvand_journal
    WHERE tenant = $1 AND position > $2 AND position <= $3
    ORDER BY position LIMIT $4";
/// Clocks of several processes differ, so a later position may have an earlier time: the latest time decides.
const AT_TIME: &str = "
    SELECT position FROM peyvand_journal
    WHERE tenant = $1 AND time <= $2
    ORDER BY time DESC, position DESC LIMIT 1";
const HEAD_HASHES: &str = "
    SELECT peyvand_head.position, peyvand_head.hash, peyvand_journal.hash
    FROM peyvand_head LEFT JOIN peyvand_journal
      ON peyvand_journal.tenant = peyvand_head.tenant
     AND peyvand_journal.position = peyvand_head.position
    WHERE peyvand_head.tenant = $1";

struct Stored {
    position: i64,
    time: i64,
    token: Vec<u8>,
    hash: Vec<u8>,
    body: Vec<u8>,
}

impl Stored {
    fn read(row: &postgres::Row) -> Result<Self, Fault> {
        Ok(Stored {
            position: row.try_get(0)?,
            time: row.try_get(1)?,
            token: row.try_get(2)?,
            hash: row.try_get(3)?,
            body: row.try_get(4)?,
        })
    }

    fn entry(&self, tenant: &str) -> Result<Entry, StoreError> {
        decode(&self.body)
            .filter(|entry| number(entry.position) == self.position && entry.time == self.time)
            .ok_or_else(|| damaged(tenant, self.position, "cannot be read"))
    }
}

fn damaged(tenant: &str, position: i64, how: &str) -> StoreError {
    StoreError::DamagedRow {
        what: format!("the journal of tenant {tenant}, whose entry {position} {how},"),
    }
}

pub(super) fn entries(
    pool: &Pool,
    tenant: &str,
    after: Position,
    limit: usize,
) -> Result<Vec<Entry>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    stored(pool, tenant, number(after), i64::MAX, limit)?
        .iter()
        .map(|row| row.entry(tenant))
        .collect()
}

fn stored(
    pool: &Pool,
    tenant: &str,
    after: i64,
    last: i64,
    limit: i64,
) -> Result<Vec<Stored>, StoreError> {
    pool.run(|c| {
        let rows = c.rows(ENTRIES, &[&tenant, &after, &last, &limit])?;
        rows.iter().map(Stored::read).collect()
    })
}

/// The last commit at or before an instant, by the clocks of those who committed.
pub(super) fn position_at(pool: &Pool, tenant: &str, time: i64) -> Result<Position, StoreError> {
    pool.run(|c| match c.rows(AT_TIME, &[&tenant, &time])?.first() {
        Some(row) => Ok(position(row.try_get(0)?)),
        None => Ok(Position::START),
    })
}

/// Reads the journal up to a position, checks every hash, and folds the results.
pub(super) fn folded(pool: &Pool, tenant: &str, last: Position) -> Result<Folded, StoreError> {
    check_head(pool, tenant)?;
    let mut folded = Folded::new(None);
    let (mut at, mut hash) = (0, FIRST.to_vec());
    while at < number(last) {
        let page = stored(pool, tenant, at, number(last), PAGE)?;
        if page.is_empty() {
            return Err(damaged(tenant, at + 1, "is missing"));
        }
        for row in page {
            at += 1;
            if row.position != at {
                return Err(damaged(tenant, at, "is missing"));
            }
            if row.hash != chain(&hash, &row.token, &row.body) {
                return Err(damaged(tenant, at, "does not match its hash"));
            }
            // Without files it cannot break off.
            let _ = folded.absorb(&row.entry(tenant)?);
            hash = row.hash;
        }
    }
    Ok(folded)
}

/// The next commit is chained to what the head says.
fn check_head(pool: &Pool, tenant: &str) -> Result<(), StoreError> {
    type Hashes = (i64, Vec<u8>, Option<Vec<u8>>);
    let found: Option<Hashes> = pool.run(|c| match c.rows(HEAD_HASHES, &[&tenant])?.first() {
        Some(row) => Ok(Some((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))),
        None => Ok(None),
    })?;
    let (position, head, last) = found.ok_or_else(|| StoreError::NoTenant {
        tenant: tenant.to_owned(),
    })?;
    let last = if position == 0 {
        Some(FIRST.to_vec())
    } else {
        last
    };
    if last.as_ref() != Some(&head) {
        return Err(damaged(
            tenant,
            position,
            "is not the one that the head names",
        ));
    }
    Ok(())
}
