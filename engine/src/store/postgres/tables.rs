//! Which tables are there, and how does a tenant come to be in them?
//!
//! The tenant is the first column of every primary key and a condition of every statement, so that a database of many
//! machines can keep a tenant's rows together.
//!
//! | table | a row is |
//! | --- | --- |
//! | `peyvand_head` | where a tenant's journal ends; the only row that every commit of the tenant changes |
//! | `peyvand_journal` | one entry, with the token of the commit and the hash that covers all entries before |
//! | `peyvand_state` | one version of a key, visible from `valid_from` on and before `valid_to` |
//! | `peyvand_lease` | a process, and the position before which it reads nothing |

use crate::store::StoreError;

use super::pool::{Connection, Fault, Pool};

/// The format of the rows; a head says which one its tenant has.
pub(super) const FORMAT: i32 = 1;

/// How often to try again when another process makes the tables at the same moment.
const TRIES: usize = 5;

/// Made whole or not at all, so that the head's table says that all are there.
const MAKE: &str = "
    CREATE TABLE IF NOT EXISTS peyvand_journal (
        tenant TEXT NOT NULL,
        position BIGINT NOT NULL,
        time BIGINT NOT NULL,
        token BYTEA NOT NULL,
        hash BYTEA NOT NULL,
        body BYTEA NOT NULL,
        PRIMARY KEY (tenant, position)
    );
    CREATE UNIQUE INDEX IF NOT EXISTS peyvand_journal_token ON peyvand_journal (tenant, token);
    CREATE INDEX IF NOT EXISTS peyvand_journal_time ON peyvand_journal (tenant, time, position);
    CREATE TABLE IF NOT EXISTS peyvand_state (
        tenant TEXT NOT NULL,
        key BYTEA NOT NULL,
        valid_from BIGINT NOT NULL,
        valid_to BIGINT NOT NULL,
        kind SMALLINT NOT NULL,
        value BYTEA NOT NULL,
        PRIMARY KEY (tenant, key, valid_from)
    );
    CREATE INDEX IF NOT EXISTS peyvand_state_ended ON peyvand_state (tenant, valid_to, kind);
    CREATE TABLE IF NOT EXISTS peyvand_lease (
        tenant TEXT NOT NULL,
        holder TEXT NOT NULL,
        position BIGINT NOT NULL,
        renewed TIMESTAMPTZ NOT NULL,
        PRIMARY KEY (tenant, holder)
    );
    CREATE TABLE IF NOT EXISTS peyvand_head (
        tenant TEXT NOT NULL,
        format INTEGER NOT NULL,
        position BIGINT NOT NULL,
        oldest BIGINT NOT NULL,
        hash BYTEA NOT NULL,
        PRIMARY KEY (tenant)
    );
";

const FIND_TABLES: &str = "
    SELECT count(*) FROM information_schema.tables
    WHERE table_schema = current_schema() AND table_name = 'peyvand_head'";
const FIND_TENANT: &str = "SELECT format FROM peyvand_head WHERE tenant = $1";
const ADD_TENANT: &str = "
    INSERT INTO peyvand_head (tenant, format, position, oldest, hash) VALUES ($1, $2, 0, 0, $3)
    ON CONFLICT DO NOTHING";
/// The database's random numbers, because two processes may be given the same source of ids.
const NAME_PROCESS: &str = "SELECT CAST(gen_random_uuid() AS TEXT)";

/// Finds the tenant, or makes it where there is none and that is allowed.
pub(super) fn found(pool: &Pool, tenant: &str, create: bool) -> Result<(), StoreError> {
    let missing = || StoreError::NoTenant {
        tenant: tenant.to_owned(),
    };
    if !are_made(pool)? {
        if !create {
            return Err(missing());
        }
        make(pool)?;
    }
    let mut format = format_of(pool, tenant)?;
    if format.is_none() && create {
        pool.run(|c| {
            c.run(
                ADD_TENANT,
                &[&tenant, &FORMAT, &super::entry::FIRST.as_slice()],
            )
        })?;
        format = format_of(pool, tenant)?;
    }
    match format.ok_or_else(missing)? {
        FORMAT => Ok(()),
        other => Err(StoreError::NewerFormat {
            what: format!("tenant {tenant}"),
            found: u32::try_from(other).unwrap_or(0),
            supported: FORMAT as u32,
        }),
    }
}

/// A name for this process that no other has.
pub(super) fn name_process(pool: &Pool) -> Result<String, StoreError> {
    pool.run(|c| one(c, NAME_PROCESS)?.ok_or_else(|| Fault::Failed("it gave no name".to_owned())))
}

fn are_made(pool: &Pool) -> Result<bool, StoreError> {
    let count: Option<i64> = pool.run(|c| one(c, FIND_TABLES))?;
    Ok(count.unwrap_or(0) > 0)
}

/// Two processes that make one table at the same moment: one fails, and then finds the other's.
fn make(pool: &Pool) -> Result<(), StoreError> {
    let mut made = Ok(());
    for _ in 0..TRIES {
        made = pool.run(|c| c.script(MAKE));
        if made.is_ok() {
            break;
        }
    }
    made
}

fn format_of(pool: &Pool, tenant: &str) -> Result<Option<i32>, StoreError> {
    pool.run(|c| match c.rows(FIND_TENANT, &[&tenant])?.first() {
        Some(row) => Ok(Some(row.try_get(0)?)),
        None => Ok(None),
    })
}

fn one<T: for<'a> postgres::types::FromSql<'a>>(
    connection: &mut Connection,
    sql: &'static str,
) -> Result<Option<T>, Fault> {
    match connection.rows(sql, &[])?.first() {
        Some(row) => Ok(Some(row.try_get(0)?)),
        None => Ok(None),
    }
}
