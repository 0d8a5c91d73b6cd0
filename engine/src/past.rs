//! What was it then?
//!
//! Every reading that a session has, at an earlier position of the journal: with the schema of that time and the rights
//! of now. How far back that goes is the store's retention.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use chrono::{DateTime, SecondsFormat, Utc};

use crate::config::Config;
use crate::content::{FileContent, open_file_of};
use crate::context::Context;
use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Position;
use crate::query::{self, Aggregate, Filter, GroupRow, Page, Query, QueryTime, Reader};
use crate::record::{Record, RecordId};
use crate::session::Session;
use crate::store::{Snapshot, kept};

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
    /// has come to no such position or instant yet.
    pub fn as_of(&self, moment: impl Into<Moment>) -> Result<Past> {
        let backend = &self.engine.inner.backend;
        let moment = moment.into();
        let head = backend.head();
        let (position, instant) = match moment {
            Moment::Instant(instant) => {
                self.refuse_future(instant, head)?;
                let position = backend.position_at(instant.timestamp_micros())?;
                (position, Some(instant))
            }
            Moment::Position(position) => (position, None),
        };
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
            return Err(self.not_kept(moment, position, oldest));
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

    fn committed_at(&self, position: Position) -> Result<DateTime<Utc>> {
        let entry = self.engine.inner.backend.entry(position)?;
        let time = entry.and_then(|entry| DateTime::from_timestamp_micros(entry.time));
        Ok(time.unwrap_or_else(|| self.context.now()))
    }

    /// Nobody knows the records of tomorrow. An instant has come by the clock of now or by that of the commits.
    fn refuse_future(&self, instant: DateTime<Utc>, head: Position) -> Result<()> {
        let now = self.context.now();
        if instant <= now || self.committed_at(head).is_ok_and(|last| instant <= last) {
            return Ok(());
        }
        let message = format!(
            "the moment {} has not come yet: it is {}",
            written(instant),
            written(now)
        );
        let hint = "ask for an earlier one, or for the records of now";
        Err(Error::new(ErrorKind::NotFound, message).hint(hint))
    }

    /// Says from when on the store can answer, and where an answer may be found.
    fn not_kept(&self, moment: Moment, position: Position, oldest: Position) -> Error {
        let wanted = match moment {
            Moment::Instant(instant) => format!("{} (position {position})", written(instant)),
            Moment::Position(position) => format!("position {position}"),
        };
        let since = match self.time_of(oldest) {
            Some(time) => format!("position {oldest} of {}", written(time)),
            None => format!("position {oldest}"),
        };
        let message = format!("{wanted} is not kept any more: the oldest is {since}");
        let hint = match self.checkpoint_before(position) {
            Some((path, of)) => format!(
                "{} is the newest checkpoint before it, of position {of}; for the moment itself restore a backup up to it into another directory and look there",
                path.display()
            ),
            None => "no checkpoint of before it is kept: restore a backup up to it into another directory and look there".to_owned(),
        };
        Error::new(ErrorKind::NotFound, message).hint(hint)
    }

    /// When a commit was made; where it was trimmed, its checkpoint may know.
    fn time_of(&self, position: Position) -> Option<DateTime<Utc>> {
        let backend = &self.engine.inner.backend;
        let time = match backend.entry(position) {
            Ok(entry) => entry.map(|entry| entry.time),
            Err(_) => {
                let path = backend.home()?.join(kept::FOLDER);
                let path = path.join(kept::name(position));
                let disk = backend.journal()?.disk();
                let reader = kept::open(disk.as_ref(), &path).ok()?;
                Some(reader.header().time)
            }
        };
        DateTime::from_timestamp_micros(time?)
    }

    /// The newest checkpoint that the store keeps of a position or of before it.
    fn checkpoint_before(&self, position: Position) -> Option<(PathBuf, Position)> {
        let backend = &self.engine.inner.backend;
        let (home, journal) = (backend.home()?, backend.journal()?);
        let folder = home.join(kept::FOLDER);
        let paths = kept::newest_first(journal.disk().as_ref(), &folder);
        paths.into_iter().find_map(|path| {
            let number = path.file_stem()?.to_str()?.parse().ok()?;
            let of = Position::from_number(number);
            (of <= position).then_some((path, of))
        })
    }
}

fn written(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::AutoSi, true)
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
            Some(_) if reader.seeing.is_none() => now.missing(id)?,
            _ => format!("there was no record {id} at position {}", self.position),
        };
        Err(Error::new(ErrorKind::NotFound, message))
    }

    /// Opens the file that a field of a record held then.
    ///
    /// # Errors
    /// As [`Past::get`] and [`Session::open_file`].
    pub fn open_file(&self, id: RecordId, field: &str) -> Result<FileContent> {
        open_file_of(&self.engine, &self.get(id)?, field)
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
        Ok(self.read_with_config()?.0)
    }

    /// As [`Engine::read`], at that position.
    pub(crate) fn read_with_config(&self) -> Result<(Reader, Arc<Config>)> {
        let snapshot = Snapshot::pin_at(&self.engine.inner.backend, self.position)?;
        let config = self.engine.config_of(&snapshot)?;
        let reader = Reader {
            snapshot,
            schema: config.schema.clone(),
            rehearsed: None,
            seeing: None,
        };
        // The rights are those of now.
        let (now, of_now) = self.engine.read()?;
        let sights = &self.engine.inner.sights;
        let seeing = crate::access::seeing(sights, &now, &of_now, &self.context)?;
        let seeing = seeing.map(crate::access::Seeing::on_the_past);
        Ok((reader.seen_by(seeing), config))
    }

    /// Who asks.
    pub(crate) fn context(&self) -> &Context {
        &self.context
    }

    /// Words such as `today` mean the day of that moment.
    pub(crate) fn time(&self) -> Result<QueryTime> {
        let now = match self.instant.get() {
            Some(instant) => *instant,
            None => {
                let time = self.engine.session().committed_at(self.position)?;
                *self.instant.get_or_init(|| time)
            }
        };
        Ok(QueryTime::asked(
            now,
            self.context.zone,
            &self.context.actor,
        ))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use chrono::TimeDelta;
    use serde_json::json;

    use super::*;
    use crate::context::FixedClock;
    use crate::store::Retention;

    fn noon() -> DateTime<Utc> {
        "2026-03-25T08:30:00Z".parse().unwrap()
    }

    fn hour(count: i64) -> DateTime<Utc> {
        noon() + TimeDelta::hours(count)
    }

    #[test]
    fn a_moment_that_has_not_come_is_not_answered_with_the_present() {
        let clock = Arc::new(FixedClock::at(noon()));
        let engine = Engine::in_memory().clock(clock.clone()).open().unwrap();
        let session = engine.session();
        drop(session.create("account", json!({"name": "A"})).unwrap());
        assert!(session.as_of(noon()).is_ok());
        let error = session.as_of(hour(1)).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(
            error.to_string(),
            "the moment 2026-03-25T09:30:00Z has not come yet: it is 2026-03-25T08:30:00Z"
        );
        // A clock that is set back makes nothing unsaid.
        clock.set(hour(-1));
        assert!(engine.session().as_of(noon()).is_ok());
    }

    #[test]
    fn beyond_the_retention_the_checkpoint_before_and_the_oldest_instant_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::at(noon()));
        let engine = Engine::builder(folder.path().join("crm"))
            .clock(clock.clone())
            .keep_history(Retention::Commits(2))
            .open()
            .unwrap();
        let create = |count| {
            clock.set(hour(count));
            let made = engine.session().create("account", json!({"name": "A"}));
            made.unwrap().position
        };
        let first = create(0);
        let second = create(1);
        engine.keep_checkpoint(&mut |_| {}).unwrap();
        let third = create(2);
        let last: Vec<Position> = (3..6).map(create).collect();
        engine.inner.backend.fold().unwrap();
        let refused = |moment: Moment| engine.session().as_of(moment).err().unwrap();

        let error = refused(hour(2).into());
        let oldest = engine.inner.backend.oldest();
        assert_eq!(oldest, last[0]);
        assert_eq!(
            error.to_string(),
            format!(
                "2026-03-25T10:30:00Z (position {third}) is not kept any more: the oldest is position {oldest} of 2026-03-25T11:30:00Z"
            )
        );
        let name = kept::name(second);
        assert!(error.remedy().unwrap().contains(&name), "{error:?}");
        let error = refused(first.into());
        assert!(
            error
                .to_string()
                .starts_with(&format!("position {first} is not"))
        );
        assert!(error.remedy().unwrap().contains("no checkpoint of before"));
    }
}
