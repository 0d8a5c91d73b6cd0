//! What did a key hold at a position?
//!
//! A row of `peyvand_state` is a version of a key: visible from `valid_from` on and before `valid_to`. A *whole* version
//! is the value; an *addition* or a *raise* stands on the versions before it, so that writers only append and the value
//! is made when it is read. A delete leaves a version that nobody sees, for whoever asks whether the key was written.

use std::collections::HashMap;

use postgres::types::ToSql;

use crate::journal::Position;
use crate::store::settle::{added, maximum, total};
use crate::store::{Direction, Row, Span, StoreError};

use super::pool::{Connection, Fault, Pool};

/// Where a version ends that has not ended. Written out in the statements, so that they can be read by an index.
pub(super) const OPEN: i64 = i64::MAX;

pub(super) const WHOLE: i16 = 0;
pub(super) const ADDITION: i16 = 1;
pub(super) const RAISE: i16 = 2;

/// Rows that a scan asks for at a time.
const SMALLEST_PAGE: usize = 64;
const LARGEST_PAGE: usize = 8192;

/// `oldest` comes with the rows because a fold may drop versions between two statements.
const GET: &str = "
    SELECT key, valid_from, valid_to, kind, value,
           (SELECT oldest FROM peyvand_head WHERE tenant = $1)
    FROM peyvand_state
    WHERE tenant = $1 AND key = ANY($2) AND valid_from <= $3 AND valid_to > $3
    ORDER BY key, valid_from";
const OLDEST: &str = "SELECT oldest FROM peyvand_head WHERE tenant = $1";

/// A scan from `$2`, up to `$5` where the span has an end.
macro_rules! scan {
    ($end:literal, $order:literal) => {
        concat!(
            "SELECT key, valid_from, valid_to, kind, value, ",
            "(SELECT oldest FROM peyvand_head WHERE tenant = $1) FROM peyvand_state ",
            "WHERE tenant = $1 AND key >= $2",
            $end,
            " AND valid_from <= $3 AND valid_to > $3 ORDER BY key ",
            $order,
            ", valid_from ",
            $order,
            " LIMIT $4"
        )
    };
}

/// One row of the state.
#[derive(Clone, Debug)]
pub(super) struct Version {
    pub(super) key: Vec<u8>,
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) kind: i16,
    pub(super) value: Vec<u8>,
}

impl Version {
    pub(super) fn read(row: &postgres::Row) -> Result<Self, Fault> {
        Ok(Version {
            key: row.try_get(0)?,
            from: row.try_get(1)?,
            to: row.try_get(2)?,
            kind: row.try_get(3)?,
            value: row.try_get(4)?,
        })
    }
}

/// A position as the database counts them.
pub(super) fn number(position: Position) -> i64 {
    i64::try_from(position.get()).map_or(OPEN - 1, |number| number.min(OPEN - 1))
}

pub(super) fn position(number: i64) -> Position {
    Position::from_number(u64::try_from(number).unwrap_or(0))
}

/// The value that the versions of one key come to, which were visible at one position, the oldest first.
pub(super) fn combined<'a>(
    versions: impl IntoIterator<Item = &'a Version>,
) -> Result<Option<Vec<u8>>, StoreError> {
    let mut value: Option<Vec<u8>> = None;
    for version in versions {
        let broken = || broken(version);
        match version.kind {
            WHOLE => value = Some(version.value.clone()),
            ADDITION => {
                let (count, sum) = total(&version.value).ok_or_else(broken)?;
                if let Some(after) = added(&version.key, value.as_deref(), count, sum)? {
                    value = after;
                }
            }
            RAISE => {
                let to = maximum(&version.key, Some(&version.value))?.ok_or_else(broken)?;
                let before = maximum(&version.key, value.as_deref())?;
                let after = before.map_or(to, |before| before.max(to));
                value = Some(after.to_be_bytes().to_vec());
            }
            _ => return Err(broken()),
        }
    }
    Ok(value)
}

fn broken(version: &Version) -> StoreError {
    StoreError::DamagedRow {
        what: format!(
            "version {} of key {} in the state",
            version.from,
            version.key.escape_ascii()
        ),
    }
}

/// Reads of one tenant at one position.
pub(super) struct Reading<'a> {
    pub(super) pool: &'a Pool,
    pub(super) tenant: &'a str,
    pub(super) at: Position,
}

impl Reading<'_> {
    pub(super) fn get_many(&self, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let at = number(self.at);
        let versions = self.versions(GET, &[&self.tenant, &keys, &at])?;
        let mut values = HashMap::new();
        for of_key in versions.chunk_by(|one, next| one.key == next.key) {
            if let Some(first) = of_key.first() {
                values.insert(first.key.as_slice(), combined(of_key)?);
            }
        }
        let value = |key: &&[u8]| values.get(key).cloned().flatten();
        Ok(keys.iter().map(value).collect())
    }

    pub(super) fn scan(
        &self,
        span: &Span,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let mut span = span.clone();
        let mut found = Vec::new();
        let mut page = limit.clamp(SMALLEST_PAGE, LARGEST_PAGE);
        while found.len() < limit && !span.is_empty() {
            let versions = self.page(&span, direction, page)?;
            let full = versions.len() >= page;
            let mut keys: Vec<&[Version]> =
                versions.chunk_by(|one, next| one.key == next.key).collect();
            if full {
                // There may be more versions of the last key. A key that fills a page alone needs a larger one.
                page = if keys.len() == 1 { page * 2 } else { page };
                keys.pop();
            }
            for versions in &keys {
                found.extend(entry(versions, direction)?);
            }
            match keys.last().and_then(|versions| versions.first()) {
                Some(last) => span = span.beyond(&last.key, direction),
                None if full => {}
                None => break,
            }
            if !full {
                break;
            }
        }
        found.truncate(limit);
        Ok(found)
    }

    fn page(
        &self,
        span: &Span,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Version>, StoreError> {
        let at = number(self.at);
        let limit = limit as i64;
        let sql = match (direction, span.end.is_empty()) {
            (Direction::Forward, true) => scan!("", "ASC"),
            (Direction::Forward, false) => scan!(" AND key < $5", "ASC"),
            (Direction::Backward, true) => scan!("", "DESC"),
            (Direction::Backward, false) => scan!(" AND key < $5", "DESC"),
        };
        let all: [&(dyn ToSql + Sync); 5] = [&self.tenant, &span.start, &at, &limit, &span.end];
        let count = if span.end.is_empty() { 4 } else { 5 };
        self.versions(sql, &all[..count])
    }

    fn versions(
        &self,
        sql: &'static str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Version>, StoreError> {
        let read = |c: &mut Connection| {
            let rows = c.rows(sql, values)?;
            let oldest: Option<i64> = match rows.first() {
                Some(row) => row.try_get(5)?,
                None => oldest(c, self.tenant)?,
            };
            let versions = rows.iter().map(Version::read).collect::<Result<_, _>>()?;
            Ok((oldest, versions))
        };
        let (oldest, versions) = self.pool.run(read)?;
        let oldest = position(oldest.ok_or_else(|| StoreError::NoTenant {
            tenant: self.tenant.to_owned(),
        })?);
        if self.at < oldest {
            return Err(StoreError::SnapshotGone {
                at: self.at,
                oldest,
            });
        }
        Ok(versions)
    }
}

pub(super) fn oldest(connection: &mut Connection, tenant: &str) -> Result<Option<i64>, Fault> {
    match connection.rows(OLDEST, &[&tenant])?.first() {
        Some(row) => Ok(Some(row.try_get(0)?)),
        None => Ok(None),
    }
}

fn entry(versions: &[Version], direction: Direction) -> Result<Option<Row>, StoreError> {
    let value = match direction {
        Direction::Forward => combined(versions)?,
        Direction::Backward => combined(versions.iter().rev())?,
    };
    let key = versions.first().map(|version| version.key.clone());
    Ok(key.zip(value))
}
