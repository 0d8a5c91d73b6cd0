//! When is an old version needed by nobody?
//!
//! A fold makes one whole version of the additions to a key; the versions that it replaces end where it begins, so every
//! older position still reads the same. Then it raises the tenant's oldest readable position and drops the versions that
//! ended before it.
//!
//! What others read is told by leases: a process writes down the position before which it reads nothing, and no fold of
//! another process passes it. A snapshot is only taken under a lease that is younger than 30 seconds, and a lease counts
//! for 60. So a snapshot can be read for 30 seconds at least whatever others do, and for longer as long as its process
//! goes on taking snapshots; after that it may be gone. The clock is the database's.
//!
//! A snapshot that is taken while another process folds is safe too: a fold reads the head before it reads the leases,
//! a process that renews its lease reads the head after it. A fold that does not see the lease is not past that head.

use crate::journal::Position;
use crate::store::StoreError;

use super::pool::{Connection, Fault, Pool};
use super::versions::{Version, combined, number, position};

/// Keys that one transaction folds.
const KEYS: i64 = 500;
/// Versions that one statement drops.
const VERSIONS: i64 = 2000;

const APPENDED: &str = "
    SELECT DISTINCT key FROM peyvand_state
    WHERE tenant = $1 AND valid_to = 9223372036854775807 AND kind IN (1, 2) AND key >= $2
    ORDER BY key LIMIT $3";
const OPEN_VERSIONS: &str = "
    SELECT key, valid_from, valid_to, kind, value FROM peyvand_state
    WHERE tenant = $1 AND key = ANY($2) AND valid_to = 9223372036854775807
    ORDER BY key, valid_from";
const END_APPENDED: &str = "
    UPDATE peyvand_state SET valid_to = folded.position
    FROM unnest($2::bytea[], $3::bigint[]) AS folded (key, position)
    WHERE peyvand_state.tenant = $1 AND peyvand_state.key = folded.key
      AND peyvand_state.valid_to = 9223372036854775807
      AND peyvand_state.valid_from < folded.position";
const MAKE_WHOLE: &str = "
    UPDATE peyvand_state SET kind = 0, value = folded.value
    FROM unnest($2::bytea[], $3::bigint[], $4::bytea[]) AS folded (key, position, value)
    WHERE peyvand_state.tenant = $1 AND peyvand_state.key = folded.key
      AND peyvand_state.valid_from = folded.position";

const OTHER_LEASES: &str = "
    SELECT min(position) FROM peyvand_lease
    WHERE tenant = $1 AND holder <> $2 AND renewed > now() - interval '60 seconds'";
const RAISE_OLDEST: &str = "UPDATE peyvand_head SET oldest = $2 WHERE tenant = $1 AND oldest < $2";
const DROP_ENDED: &str = "
    DELETE FROM peyvand_state
    WHERE tenant = $1 AND valid_to <= $2 AND (key, valid_from) IN (
        SELECT key, valid_from FROM peyvand_state
        WHERE tenant = $1 AND valid_to <= $2 LIMIT $3)";
const DROP_LEASES: &str =
    "DELETE FROM peyvand_lease WHERE tenant = $1 AND renewed < now() - interval '1 hour'";

const RENEW: &str = "
    INSERT INTO peyvand_lease (tenant, holder, position, renewed) VALUES ($1, $2, $3, now())
    ON CONFLICT (tenant, holder)
    DO UPDATE SET position = excluded.position, renewed = excluded.renewed";
const END_LEASE: &str = "DELETE FROM peyvand_lease WHERE tenant = $1 AND holder = $2";
const HEAD: &str = "
    SELECT position, (
        SELECT count(*) FROM peyvand_lease
        WHERE tenant = $1 AND holder = $2 AND renewed > now() - interval '30 seconds')
    FROM peyvand_head WHERE tenant = $1";

/// Makes whole versions of all that was appended. No position reads anything else afterwards.
pub(super) fn fold_appended(pool: &Pool, tenant: &str) -> Result<(), StoreError> {
    let mut start = Vec::new();
    loop {
        let keys = pool.run(|c| {
            let rows = c.rows(APPENDED, &[&tenant, &start, &KEYS])?;
            let keys = rows.iter().map(|row| Ok(row.try_get(0)?));
            keys.collect::<Result<Vec<Vec<u8>>, Fault>>()
        })?;
        let Some(last) = keys.last() else {
            return Ok(());
        };
        start.clone_from(last);
        start.push(0);
        pool.run(|c| c.transaction(|c| fold_keys(c, tenant, &keys)))??;
    }
}

fn fold_keys(
    c: &mut Connection,
    tenant: &str,
    keys: &[Vec<u8>],
) -> Result<Result<(), StoreError>, Fault> {
    let rows = c.rows(OPEN_VERSIONS, &[&tenant, &keys])?;
    let versions: Vec<Version> = rows.iter().map(Version::read).collect::<Result<_, _>>()?;
    let (mut keys, mut positions, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for of_key in versions.chunk_by(|one, next| one.key == next.key) {
        match (combined(of_key), of_key.last()) {
            (Ok(Some(value)), Some(last)) => {
                keys.push(last.key.as_slice());
                positions.push(last.from);
                values.push(value);
            }
            (Err(error), _) => return Ok(Err(error)),
            // A total that ends at nothing is a delete, and not a sum of versions.
            (Ok(None), _) | (_, None) => {}
        }
    }
    c.run(END_APPENDED, &[&tenant, &keys, &positions])?;
    c.run(MAKE_WHOLE, &[&tenant, &keys, &positions, &values])?;
    Ok(Ok(()))
}

/// Drops what only readers before `horizon` see, or before the oldest position that another process may read.
pub(super) fn prune(
    pool: &Pool,
    tenant: &str,
    holder: &str,
    horizon: Position,
) -> Result<(), StoreError> {
    let horizon = pool.run(|c| {
        let rows = c.rows(OTHER_LEASES, &[&tenant, &holder])?;
        let leased: Option<i64> = rows.first().map_or(Ok(None), |row| row.try_get(0))?;
        Ok(leased.unwrap_or(i64::MAX).min(number(horizon)))
    })?;
    // First nobody may read them, then they go: the head is locked for a moment only.
    pool.run(|c| c.run(RAISE_OLDEST, &[&tenant, &horizon]))?;
    while pool.run(|c| c.run(DROP_ENDED, &[&tenant, &horizon, &VERSIONS]))? > 0 {}
    pool.run(|c| c.run(DROP_LEASES, &[&tenant]))?;
    Ok(())
}

/// The head, and whether this process has a lease that is young enough for taking a snapshot.
pub(super) fn head(
    pool: &Pool,
    tenant: &str,
    holder: &str,
) -> Result<(Position, bool), StoreError> {
    let found: Option<(i64, i64)> =
        pool.run(|c| match c.rows(HEAD, &[&tenant, &holder])?.first() {
            Some(row) => Ok(Some((row.try_get(0)?, row.try_get(1)?))),
            None => Ok(None),
        })?;
    let (head, leases) = found.ok_or_else(|| StoreError::NoTenant {
        tenant: tenant.to_owned(),
    })?;
    Ok((position(head), leases > 0))
}

/// Promises that this process reads nothing before `from`.
pub(super) fn renew_lease(
    pool: &Pool,
    tenant: &str,
    holder: &str,
    from: Position,
) -> Result<(), StoreError> {
    pool.run(|c| c.run(RENEW, &[&tenant, &holder, &number(from)]))?;
    Ok(())
}

pub(super) fn end_lease(pool: &Pool, tenant: &str, holder: &str) -> Result<(), StoreError> {
    pool.run(|c| c.run(END_LEASE, &[&tenant, &holder]))?;
    Ok(())
}
