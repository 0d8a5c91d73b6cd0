//! Which rows do commits come to?
//!
//! A commit that only adds to a total or only raises a maximum appends a version; everything else ends the versions
//! that there are and begins a whole one.

use std::collections::{BTreeMap, HashMap};

use crate::journal::Entry;
use crate::store::Write;

use super::entry::{chain, encode};
use super::pool::{Connection, Fault};
use super::versions::{ADDITION, OPEN, RAISE, Version, WHOLE, number};

const END_VERSIONS: &str = "
    UPDATE peyvand_state SET valid_to = ended.position
    FROM unnest($2::bytea[], $3::bigint[]) AS ended (key, position)
    WHERE peyvand_state.tenant = $1 AND peyvand_state.key = ended.key
      AND peyvand_state.valid_to = 9223372036854775807";
const ADD_VERSIONS: &str = "
    INSERT INTO peyvand_state (tenant, key, valid_from, valid_to, kind, value)
    SELECT $1::text, key, valid_from, valid_to, kind, value
    FROM unnest($2::bytea[], $3::bigint[], $4::bigint[], $5::smallint[], $6::bytea[])
      AS version (key, valid_from, valid_to, kind, value)";
const ADD_ENTRIES: &str = "
    INSERT INTO peyvand_journal (tenant, position, time, token, hash, body)
    SELECT $1::text, position, time, token, hash, body
    FROM unnest($2::bigint[], $3::bigint[], $4::bytea[], $5::bytea[], $6::bytea[])
      AS entry (position, time, token, hash, body)";
const MOVE_HEAD: &str = "UPDATE peyvand_head SET position = $2, hash = $3 WHERE tenant = $1";

/// What a commit does to a key when it does nothing else to it.
#[derive(Clone, Copy)]
pub(super) enum Append {
    Addition(i64, i128),
    Raise(i64),
}

impl Append {
    fn of(write: &Write) -> Option<Self> {
        match write {
            Write::Add { count, sum, .. } => Some(Append::Addition(*count, *sum)),
            Write::Raise { to, .. } => Some(Append::Raise(*to)),
            Write::Put { .. }
            | Write::Delete { .. }
            | Write::Release { .. }
            | Write::Stamp { .. } => None,
        }
    }

    /// Both as one, where they are of one kind and that can be said in one number.
    fn and(self, next: Self) -> Option<Self> {
        match (self, next) {
            (Append::Addition(count, sum), Append::Addition(more, and)) => Some(Append::Addition(
                count.checked_add(more)?,
                sum.checked_add(and)?,
            )),
            (Append::Raise(to), Append::Raise(other)) => Some(Append::Raise(to.max(other))),
            _ => None,
        }
    }

    fn version(self, key: &[u8], at: i64) -> Version {
        let (kind, value) = match self {
            Append::Addition(count, sum) => (
                ADDITION,
                [count.to_be_bytes().as_slice(), &sum.to_be_bytes()].concat(),
            ),
            Append::Raise(to) => (RAISE, to.to_be_bytes().to_vec()),
        };
        Version {
            key: key.to_vec(),
            from: at,
            to: OPEN,
            kind,
            value,
        }
    }
}

/// The keys that these writes only add to or only raise. What else they write is written whole.
pub(super) fn appended(writes: &[Write]) -> BTreeMap<Vec<u8>, Option<Append>> {
    let mut appended: BTreeMap<Vec<u8>, Option<Append>> = BTreeMap::new();
    for write in writes {
        let (Write::Put { key, .. }
        | Write::Delete { key }
        | Write::Release { key }
        | Write::Add { key, .. }
        | Write::Raise { key, .. }
        | Write::Stamp { prefix: key, .. }) = write;
        let append = Append::of(write);
        appended
            .entry(key.clone())
            .and_modify(|before| *before = before.zip(append).and_then(|(a, b)| a.and(b)))
            .or_insert(append);
    }
    for write in writes {
        if let Write::Stamp { prefix, .. } = write {
            // Its key is longer by a position that nobody knew.
            let stamped = |key: &[u8]| key.len() == prefix.len() + 8 && key.starts_with(prefix);
            appended.retain(|key, _| !stamped(key));
        }
    }
    appended
}

struct JournalRow {
    position: i64,
    time: i64,
    token: Vec<u8>,
    hash: Vec<u8>,
    body: Vec<u8>,
}

/// The rows that a batch comes to.
pub(super) struct Changes {
    /// Of the last entry so far.
    hash: Vec<u8>,
    entries: Vec<JournalRow>,
    /// Keys whose versions in the database end, and where.
    ended: BTreeMap<Vec<u8>, i64>,
    versions: Vec<Version>,
    /// The versions among those of this batch that have not ended.
    open: HashMap<Vec<u8>, Vec<usize>>,
}

impl Changes {
    pub(super) fn after(hash: Vec<u8>) -> Self {
        Changes {
            hash,
            entries: Vec::new(),
            ended: BTreeMap::new(),
            versions: Vec::new(),
            open: HashMap::new(),
        }
    }

    pub(super) fn add(
        &mut self,
        entry: &Entry,
        token: &[u8],
        appended: &BTreeMap<Vec<u8>, Option<Append>>,
    ) {
        let at = number(entry.position);
        for (key, value) in entry.changes() {
            let append = appended.get(key).copied().flatten();
            if let (Some(append), Some(_)) = (append, value) {
                self.begin(append.version(key, at));
                continue;
            }
            self.end(key, at);
            self.begin(Version {
                key: key.to_vec(),
                from: at,
                // What ends where it begins is never seen: it says that a delete was here.
                to: if value.is_some() { OPEN } else { at },
                kind: WHOLE,
                value: value.map(<[u8]>::to_vec).unwrap_or_default(),
            });
        }
        let body = encode(entry);
        let hash = chain(&self.hash, token, &body).to_vec();
        self.hash.clone_from(&hash);
        self.entries.push(JournalRow {
            position: at,
            time: entry.time,
            token: token.to_vec(),
            hash,
            body,
        });
    }

    fn begin(&mut self, version: Version) {
        if version.to == OPEN {
            let open = self.open.entry(version.key.clone()).or_default();
            open.push(self.versions.len());
        }
        self.versions.push(version);
    }

    fn end(&mut self, key: &[u8], at: i64) {
        for index in self.open.remove(key).unwrap_or_default() {
            if let Some(version) = self.versions.get_mut(index) {
                version.to = at;
            }
        }
        self.ended.entry(key.to_vec()).or_insert(at);
    }

    pub(super) fn store(&self, c: &mut Connection, tenant: &str) -> Result<(), Fault> {
        let Some(last) = self.entries.last() else {
            return Ok(());
        };
        if !self.ended.is_empty() {
            let keys: Vec<&[u8]> = self.ended.keys().map(Vec::as_slice).collect();
            let positions: Vec<i64> = self.ended.values().copied().collect();
            c.run(END_VERSIONS, &[&tenant, &keys, &positions])?;
        }
        self.store_versions(c, tenant)?;
        self.store_entries(c, tenant)?;
        c.run(MOVE_HEAD, &[&tenant, &last.position, &last.hash])?;
        Ok(())
    }

    fn store_versions(&self, c: &mut Connection, tenant: &str) -> Result<(), Fault> {
        let all = &self.versions;
        if all.is_empty() {
            return Ok(());
        }
        let keys: Vec<&[u8]> = all.iter().map(|version| version.key.as_slice()).collect();
        let from: Vec<i64> = all.iter().map(|version| version.from).collect();
        let to: Vec<i64> = all.iter().map(|version| version.to).collect();
        let kinds: Vec<i16> = all.iter().map(|version| version.kind).collect();
        let values: Vec<&[u8]> = all.iter().map(|version| version.value.as_slice()).collect();
        c.run(ADD_VERSIONS, &[&tenant, &keys, &from, &to, &kinds, &values])?;
        Ok(())
    }

    fn store_entries(&self, c: &mut Connection, tenant: &str) -> Result<(), Fault> {
        let all = &self.entries;
        let positions: Vec<i64> = all.iter().map(|row| row.position).collect();
        let times: Vec<i64> = all.iter().map(|row| row.time).collect();
        let tokens: Vec<&[u8]> = all.iter().map(|row| row.token.as_slice()).collect();
        let hashes: Vec<&[u8]> = all.iter().map(|row| row.hash.as_slice()).collect();
        let bodies: Vec<&[u8]> = all.iter().map(|row| row.body.as_slice()).collect();
        c.run(
            ADD_ENTRIES,
            &[&tenant, &positions, &times, &tokens, &hashes, &bodies],
        )?;
        Ok(())
    }
}
