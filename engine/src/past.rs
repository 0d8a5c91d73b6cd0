//! What was it then?
//!
//! Every reading that a session has, at an earlier position of the journal: with the schema of that time and the rights
//! of now. How far back that goes is the store's retention.

use std::sync::OnceLock;

use chrono::{DateTime, Utc};

use crate::context::Context;
use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Position;
use crate::query::{self, Aggregate, Filter, GroupRow, Page, Query, QueryTime, Reader};
use crate::record::{Record, RecordId};
use crate::session::Session;
use crate::store::Snapshot;

/// An earlier moment: an instant, or the position of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Moment {
    /// Everything that was committed up to this instant, by the clock of the commits.
    Instant(DateTime<Utc>),
    /// Everything up to and including this commit.
    Position(Position),
}

impl From<DateTime<Utc>> for Moment {
    fn from(instant: DateTime<Utc>) -> Self {
        Moment::Instant(instant)
    }
}

impl From<Position> for Moment {
    fn from(position: Position) -> Self {
        Moment::Position(position)
    }
}

/// The records as they were. It holds nothing: what the retention lets go meanwhile is gone, and said to be.
#[derive(Clone)]
pub struct Past {
    engine: Engine,
    context: Context,
    position: Position,
    /// What `today` means, once somebody asks.
    instant: OnceLock<DateTime<Utc>>,
}

impl Session {
    /// The records as they were at a moment.
    ///
    /// ```
    /// # fn main() -> Result<(), peyvand::Error> {
    /// use peyvand::Engine;
    /// use serde_json::json;
    ///
    /// let engine = Engine::in_memory().open()?;
    /// let session = engine.session();
    /// let made = session.create("account", json!({"name": "Pars Steel"}))?;
    /// let account = made.id()?;
    /// session.update(account, json!({"name": "Pars Steel Group"}))?;
    ///
    /// let then = session.as_of(made.position)?;
    /// assert_eq!(then.get(account)?.title(), "Pars Steel");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the moment lies beyond the retention; the message says from when on the store can answer. When the store
    /// has come to no such position yet.
    pub fn as_of(&self, moment: impl Into<Moment>) -> Result<Past> {
        let backend = &self.engine.inner.backend;
        let (position, instant) = match moment.into() {
            Moment::Instant(instant) => (
                backend.position_at(instant.timestamp_micros())?,
                Some(instant),
            ),
            Moment::Position(position) => (position, None),
        };
        let head = backend.head();
        if position > head {
            return Err(Error::new(
                ErrorKind::NotFound,
                format!("there is no position {position} yet: the last commit is {head}"),
            ));
        }
        if position == Position::START {
            return Err(
                Error::new(ErrorKind::NotFound, "nothing was stored at that moment yet")
                    .hint("ask for a later one"),
            );
        }
        let oldest = backend.oldest();
        if position < oldest {
            return Err(Error::new(
                ErrorKind::NotFound,
                format!("position {position} is not kept any more: the oldest is {oldest}"),
            )
            .hint("restore a backup up to that position into another directory and look there"));
        }
        let past = Past {
            engine: self.engine.clone(),
            context: self.context.clone(),
            position,
            instant: instant.map_or_else(OnceLock::new, OnceLock::from),
        };
        past.read()?;
        Ok(past)
    }
}

impl Past {
    /// The last commit that it shows.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position
    }

    /// A record as it was, its totals included.
    ///
    /// # Errors
    /// When there was none, or the retention does not reach back so far.
    pub fn get(&self, id: RecordId) -> Result<Record> {
        let reader = self.read()?;
        reader.object_of(id)?;
        if let Some(record) = reader.get(id)? {
            return Ok(record);
        }
        // Who was erased since is not found in the past either.
        let (now, _) = self.engine.read()?;
        let message = match now.erased(id)? {
            Some(_) => now.missing(id)?,
            None => format!("there was no record {id} at position {}", self.position),
        };
        Err(Error::new(ErrorKind::NotFound, message))
    }

    /// A page of records as they were.
    ///
    /// # Errors
    /// As [`Session::query`], and when the retention does not reach back so far.
    pub fn query(&self, query: &Query) -> Result<Page> {
        query::run(&self.read()?, query, &self.time()?)
    }

    /// How many records matched.
    ///
    /// # Errors
    /// As [`Past::query`].
    pub fn count(&self, object: &str, filter: &Filter) -> Result<u64> {
        query::count(&self.read()?, object, filter, &self.time()?)
    }

    /// Groups with their counts and measures, as they were.
    ///
    /// # Errors
    /// As [`Past::query`].
    pub fn aggregate(&self, aggregate: &Aggregate) -> Result<Vec<GroupRow>> {
        query::aggregate(&self.read()?, aggregate, &self.time()?)
    }

    fn read(&self) -> Result<Reader> {
        let snapshot = Snapshot::pin_at(&self.engine.inner.backend, self.position)?;
        let config = self.engine.config_of(&snapshot)?;
        Ok(Reader {
            snapshot,
            schema: config.schema.clone(),
            rehearsed: None,
        })
    }

    /// Words such as `today` mean the day of that moment.
    fn time(&self) -> Result<QueryTime> {
        let now = match self.instant.get() {
            Some(instant) => *instant,
            None => {
                let entry = self.engine.inner.backend.entry(self.position)?;
                let time = entry.and_then(|entry| DateTime::from_timestamp_micros(entry.time));
                *self
                    .instant
                    .get_or_init(|| time.unwrap_or_else(|| self.context.now()))
            }
        };
        Ok(QueryTime {
            now,
            zone: self.context.zone,
        })
    }
}
