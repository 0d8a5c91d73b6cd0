//! Who saw and took out what is confidential?
//!
//! A look at a confidential record costs its reader a note in memory. Notes are written as records of the object
//! `confidential_look`, one for each user, record and kind since the last time: by `Engine::tick`, at close, and by the
//! reader himself who finds the memory full. A killed process loses the notes since then; hosts that must not lose any
//! call `Engine::tick` often. What leaves the house is noted for good before it is given.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::json;

use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::query::{Filter, Page, Query};
use crate::record::{Record, RecordId, Value};
use crate::session::Session;
use crate::timeline::{Change, EventKind};
use crate::write::Request;

const OBJECT: &str = "confidential_look";

/// How many notes wait at most.
const MOST: usize = 10_000;

/// How many are held while the store takes no writes.
const MOST_HELD: usize = 10 * MOST;

/// How many notes one commit writes.
const BATCH: usize = 1_000;

/// How somebody came to see a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LookKind {
    /// By itself.
    View,
    /// In a list.
    Search,
    /// In an export.
    Export,
}

impl LookKind {
    fn name(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Search => "search",
            Self::Export => "export",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::View, Self::Search, Self::Export]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

/// That a user saw a confidential record, or exported an object's records.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Looked {
    /// Who.
    pub user: RecordId,
    /// What he saw.
    pub record: RecordId,
    /// How.
    pub kind: LookKind,
    /// When, the last time where there were several.
    pub at: DateTime<Utc>,
    /// How often.
    pub count: u64,
}

type Key = (RecordId, RecordId, LookKind);

/// Notes that are not written yet.
#[derive(Default)]
pub(crate) struct Looks(Mutex<BTreeMap<Key, (DateTime<Utc>, u64)>>);

impl Looks {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Key, (DateTime<Utc>, u64)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn note(&self, user: RecordId, record: RecordId, kind: LookKind, at: DateTime<Utc>) {
        let mut looks = self.lock();
        let key = (record, user, kind);
        if looks.len() >= MOST_HELD && !looks.contains_key(&key) {
            return;
        }
        let look = looks.entry(key).or_insert((at, 0));
        *look = (at.max(look.0), look.1 + 1);
    }

    fn has_exports(&self) -> bool {
        let exported = |(_, _, kind): &Key| *kind == LookKind::Export;
        self.lock().keys().any(exported)
    }

    fn is_full(&self) -> bool {
        self.lock().len() >= MOST
    }

    fn put_back(&self, notes: impl Iterator<Item = (Key, (DateTime<Utc>, u64))>) {
        let mut looks = self.lock();
        for (key, (at, count)) in notes {
            let look = looks.entry(key).or_insert((at, 0));
            *look = (at.max(look.0), look.1 + count);
        }
    }
}

/// Writes the notes down; what cannot be written stays for the next time.
pub(crate) fn write_down(engine: &Engine) -> Result<()> {
    let looks = engine.inner.sights.looks();
    let mut notes = std::mem::take(&mut *looks.lock());
    while !notes.is_empty() {
        let left = match notes.keys().nth(BATCH).copied() {
            Some(first) => notes.split_off(&first),
            None => BTreeMap::new(),
        };
        let requests = notes.iter().map(|((record, user, kind), (at, count))| {
            let fields = json!({
                "record": record.to_string(), "user": user.to_string(), "kind": kind.name(),
                "at": at.to_rfc3339_opts(SecondsFormat::Micros, true), "count": count,
                "object": engine.object_name(*record),
            });
            Request::create(OBJECT, fields)
        });
        // One that names what was erased meanwhile does not hold up the others.
        if let Err(error) = engine.session().commit_each(requests.collect::<Vec<_>>()) {
            looks.put_back(notes.into_iter().chain(left));
            return Err(error);
        }
        notes = left;
    }
    Ok(())
}

/// Written by who finds the memory full. A store that takes no writes is still read; what finds no room then is lost.
pub(crate) fn write_down_if_full(engine: &Engine) {
    if engine.inner.sights.looks().is_full() {
        write_down(engine).ok();
    }
}

fn looked(record: &Record) -> Option<Looked> {
    let id = |name: &str| match record.get(name) {
        Some(Value::Reference(id)) => Some(*id),
        _ => None,
    };
    let (Some(Value::Instant(at)), Some(Value::Integer(count))) =
        (record.get("at"), record.get("count"))
    else {
        return None;
    };
    Some(Looked {
        user: id("user")?,
        record: id("record")?,
        kind: LookKind::from_name(record.text("kind")?)?,
        at: *at,
        count: u64::try_from(*count).unwrap_or(0),
    })
}

impl Session {
    /// Who saw a confidential record, how and when last, the newest first: also what is not written yet. For those who
    /// administer.
    ///
    /// # Errors
    /// When who asks does not administer the workspace; when there never was such a record; when the store cannot be read.
    pub fn who_saw(&self, record: RecordId) -> Result<Vec<Looked>> {
        let looks = self.looks(Filter::eq("record", record))?;
        let (reader, _) = self.engine.read()?;
        // Of one that is in the bin or was erased it is told who saw it.
        if looks.is_empty()
            && reader.get_stored(record)?.is_none()
            && reader.binned(record)?.is_none()
        {
            return Err(Error::new(ErrorKind::NotFound, reader.missing(record)?));
        }
        Ok(looks)
    }

    /// Who took records of an object out of the house by [`Session::export`], the newest first. For those who administer.
    ///
    /// # Errors
    /// As [`Session::who_saw`], and when there is no such object, with the nearest name.
    pub fn who_exported(&self, object: &str) -> Result<Vec<Looked>> {
        self.must_administer("ask who saw what")?;
        let (reader, _) = self.engine.read()?;
        let object = reader.object(object)?.name.as_str();
        let filter = Filter::eq("object", object).and(Filter::eq("kind", "export"));
        self.looks(filter)
    }

    fn looks(&self, filter: Filter) -> Result<Vec<Looked>> {
        self.must_administer("ask who saw what")?;
        write_down(&self.engine)?;
        let program = self.engine.session();
        let mut query = Query::new(OBJECT).filter(filter).limit(1_000);
        let mut all = Vec::new();
        loop {
            let page = program.query(&query)?;
            all.extend(page.records.iter().filter_map(looked));
            match page.next {
                Some(next) => query.after = Some(next),
                None => break,
            }
        }
        all.sort_by_key(|look| (std::cmp::Reverse(look.at), look.user, look.record));
        Ok(all)
    }

    /// The looks that a commit wrote down, of those that are still there.
    pub(super) fn written_by(&self, change: &Change) -> Result<Vec<Looked>> {
        let program = self.engine.session();
        let made = change
            .records
            .iter()
            .filter(|touched| touched.object == OBJECT && touched.kind == EventKind::Created);
        let mut all = Vec::new();
        for touched in made {
            match program.get(touched.id) {
                Ok(record) => all.extend(looked(&record)),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(all)
    }

    /// A page of records to be taken out of the house: of those that the query finds, the ones that who asks may export.
    /// Each of a confidential record is noted for [`Session::who_exported`], and the notes are in the store before the
    /// page is given.
    ///
    /// # Errors
    /// As [`Session::query`], and when the notes cannot be written.
    pub fn export(&self, query: &Query) -> Result<Page> {
        let (reader, _) = self.engine.read_as(&self.context)?;
        let page = crate::query::run(&reader.exporting(), query, &self.time())?;
        if self.engine.inner.sights.looks().has_exports() {
            write_down(&self.engine)?;
        }
        Ok(page)
    }
}
