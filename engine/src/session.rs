//! What can somebody do here?
//!
//! A session is a handle with a name: every read and every change goes through one, so that each change says who
//! asked for it.

#[cfg(test)]
pub(crate) mod fixture;

use std::sync::Arc;

use chrono::{Days, FixedOffset, NaiveDate, NaiveTime, TimeDelta};

use crate::config::Config;
use crate::context::{Actor, Context, Locale};
use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Position;
use crate::query::{self, Aggregate, GroupRow, Page, Query, QueryTime, Reader};
use crate::record::{Record, RecordId};
use crate::sales::LeadConversion;
use crate::schema::SchemaChange;
use crate::timeline::{self, Event};
use crate::write::{Ask, Committed, Fields, Group, Outcome, Request};

/// Somebody's way to read and change.
#[derive(Clone)]
pub struct Session {
    pub(crate) engine: Engine,
    pub(crate) context: Context,
}

impl Session {
    /// The same session in another language.
    #[must_use]
    pub fn in_locale(mut self, locale: Locale) -> Self {
        self.context.locale = locale;
        self
    }

    /// The same session with another context.
    pub(crate) fn acting_in(mut self, context: Context) -> Self {
        self.context = context;
        self
    }

    /// The language in which it is answered.
    #[must_use]
    pub fn locale(&self) -> Locale {
        self.context.locale
    }

    /// Who acts.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.context.actor
    }

    /// The engine behind it.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The workspace's offset from UTC.
    #[must_use]
    pub fn zone(&self) -> FixedOffset {
        self.context.zone
    }

    /// An id for a record that the next call will create, so that other requests of the call can refer to it.
    ///
    /// # Errors
    /// When there is no such object.
    pub fn new_id(&self, object: &str) -> Result<RecordId> {
        let (reader, _) = self.read()?;
        Ok(RecordId::new(
            reader.object(object)?.prefix,
            self.context.ids.next(self.context.now()),
        ))
    }

    /// Does all requests in one commit, or none of them.
    ///
    /// # Errors
    /// Everything that is wrong with any of them, at once; and what the store says.
    pub fn commit(&self, requests: impl IntoIterator<Item = Request>) -> Result<Committed> {
        self.commit_groups(&[Group::of(requests)])
    }

    /// As [`Session::commit`], once under this key: a repeat, even after a crash, writes nothing and says so.
    ///
    /// # Errors
    /// As [`Session::commit`].
    pub fn commit_once(
        &self,
        key: &str,
        requests: impl IntoIterator<Item = Request>,
    ) -> Result<Committed> {
        let group = Group {
            once: Some(format!("caller/{key}")),
            ..Group::of(requests)
        };
        self.commit_groups(&[group])
    }

    pub(crate) fn commit_groups(&self, groups: &[Group]) -> Result<Committed> {
        let report = self.engine.write(&self.context, groups, None, 0)?;
        let mut outcomes = Vec::new();
        for group in report.groups {
            outcomes.extend(group?);
        }
        Ok(Committed {
            position: report.position,
            outcomes,
            warnings: report.warnings,
        })
    }

    /// Does each request by itself where it can be done, and all of those in one commit: what a bulk load wants.
    ///
    /// # Errors
    /// When the store fails; what is wrong with one request is in its own result.
    pub fn commit_each(
        &self,
        requests: impl IntoIterator<Item = Request>,
    ) -> Result<(Position, Vec<Result<Outcome>>)> {
        let groups: Vec<Group> = requests
            .into_iter()
            .map(|request| Group::of([request]))
            .collect();
        let report = self.engine.write(&self.context, &groups, None, 0)?;
        let first = |outcomes: Vec<Outcome>| {
            outcomes
                .into_iter()
                .next()
                .ok_or_else(|| Error::new(ErrorKind::NotFound, "the request wrote nothing"))
        };
        Ok((
            report.position,
            report
                .groups
                .into_iter()
                .map(|group| group.and_then(first))
                .collect(),
        ))
    }

    /// A new record.
    ///
    /// # Errors
    /// As [`Session::commit`].
    pub fn create(&self, object: &str, fields: impl Into<Fields>) -> Result<Committed> {
        self.commit([Request::create(object, fields)])
    }

    /// Other values for some fields; `null` clears one.
    ///
    /// # Errors
    /// As [`Session::commit`].
    pub fn update(&self, id: RecordId, fields: impl Into<Fields>) -> Result<Committed> {
        self.commit([Request::update(id, fields)])
    }

    /// As [`Session::update`], if the record is still at the revision that the caller saw.
    ///
    /// # Errors
    /// As [`Session::commit`]; a conflict when somebody else changed the record.
    pub fn update_at(
        &self,
        id: RecordId,
        revision: u64,
        fields: impl Into<Fields>,
    ) -> Result<Committed> {
        self.commit([Request::Update {
            id,
            revision: Some(revision),
            fields: fields.into(),
        }])
    }

    /// To the bin, with what goes along.
    ///
    /// # Errors
    /// As [`Session::commit`].
    pub fn delete(&self, id: RecordId) -> Result<Committed> {
        self.commit([Request::Delete { id, revision: None }])
    }

    /// Out of the bin, with what went along.
    ///
    /// # Errors
    /// As [`Session::commit`].
    pub fn restore(&self, id: RecordId) -> Result<Committed> {
        self.commit([Request::Restore { id }])
    }

    /// A lead becomes an account, a contact and an opportunity.
    ///
    /// # Errors
    /// As [`Session::commit`].
    pub fn convert_lead(&self, conversion: LeadConversion) -> Result<Committed> {
        self.commit([Request::ConvertLead(conversion)])
    }

    /// Changes of the schema, all or none.
    ///
    /// # Errors
    /// As [`Session::commit`].
    pub fn change_schema(
        &self,
        changes: impl IntoIterator<Item = SchemaChange>,
    ) -> Result<Committed> {
        self.commit(changes.into_iter().map(Request::ChangeSchema))
    }

    /// A record.
    ///
    /// # Errors
    /// When there is none, or it is in the bin; the message says which.
    pub fn get(&self, id: RecordId) -> Result<Record> {
        let (reader, _) = self.read()?;
        if let Some(record) = reader.get(id)? {
            return Ok(record);
        }
        reader.object_of(id)?;
        let error = match reader.binned(id)? {
            Some((_, binned)) => Error::new(
                ErrorKind::NotFound,
                format!("{id} is in the bin, deleted by {}", binned.by),
            )
            .hint("restore it"),
            None => Error::new(ErrorKind::NotFound, reader.missing(id)?),
        };
        Err(error)
    }

    /// The record under the value of a unique field.
    ///
    /// # Errors
    /// When the object has no such unique field.
    pub fn find(&self, object: &str, field: &str, value: &str) -> Result<Option<Record>> {
        let (reader, _) = self.read()?;
        let object = reader.object(object)?;
        let known = object
            .field(field)
            .ok_or_else(|| Error::new(ErrorKind::Query, object.unknown_field(field)))?;
        if !known.unique {
            return Err(Error::new(
                ErrorKind::Query,
                format!("{}.{field} is not unique", object.name),
            )
            .hint("use a query with a filter"));
        }
        let value = known
            .kind
            .read(&value.into())
            .map_err(|message| Error::new(ErrorKind::Query, format!("{field}: {message}")))?;
        match reader.by_unique(object, known.number, &value)? {
            Some(id) => reader.get(id),
            None => Ok(None),
        }
    }

    /// A page of records.
    ///
    /// # Errors
    /// When filter, sort or cursor cannot be understood, or the store cannot be read.
    pub fn query(&self, query: &Query) -> Result<Page> {
        let (reader, _) = self.read()?;
        query::run(&reader, query, &self.time())
    }

    /// How a query would be answered: which index, what is tested on each record, whether a sort is needed.
    ///
    /// # Errors
    /// As [`Session::query`].
    pub fn explain(&self, query: &Query) -> Result<query::Explained> {
        let (reader, _) = self.read()?;
        query::explain(&reader, query, &self.time())
    }

    /// How many records match.
    ///
    /// # Errors
    /// As [`Session::query`].
    pub fn count(&self, object: &str, filter: &query::Filter) -> Result<u64> {
        let (reader, _) = self.read()?;
        query::count(&reader, object, filter, &self.time())
    }

    /// Groups with their counts and measures.
    ///
    /// # Errors
    /// As [`Session::query`].
    pub fn aggregate(&self, aggregate: &Aggregate) -> Result<Vec<GroupRow>> {
        let (reader, _) = self.read()?;
        query::aggregate(&reader, aggregate, &self.time())
    }

    /// What happened to a record and was said about it, oldest first.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn timeline(&self, id: RecordId) -> Result<Vec<Event>> {
        let (reader, _) = self.read()?;
        timeline::of_record(&reader, &self.engine.inner.backend, id, None, usize::MAX)
    }

    /// A page of a long timeline: the last `limit` events before a commit, or before now, oldest first. Events of one
    /// commit stay together, so there may be a few more. The next page is asked for with the position of the first
    /// event; an empty one is the end.
    ///
    /// # Errors
    /// As [`Session::timeline`].
    pub fn timeline_before(
        &self,
        id: RecordId,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Event>> {
        let (reader, _) = self.read()?;
        timeline::of_record(&reader, &self.engine.inner.backend, id, before, limit)
    }

    /// The active users who entered nothing on a day of the session's zone: whose name is on no commit of records that
    /// others use. Only the journal of that day is read.
    ///
    /// # Errors
    /// When who asks does not administer the workspace; when the journal goes back so far no longer.
    pub fn users_without_entries(&self, day: NaiveDate) -> Result<Vec<RecordId>> {
        self.must_administer("see who entered nothing")?;
        let begins = |day: NaiveDate| {
            let midnight = day.and_time(NaiveTime::MIN).and_utc();
            midnight - TimeDelta::seconds(i64::from(self.zone().local_minus_utc()))
        };
        let next = day.checked_add_days(Days::new(1)).unwrap_or(day);
        let (reader, _) = self.read()?;
        let span = (begins(day), begins(next));
        timeline::without_entries(&reader, &self.engine.inner.backend, span)
    }

    /// A snapshot as who acts sees it: what everything that he reads goes through.
    pub(crate) fn read(&self) -> Result<(Reader, Arc<Config>)> {
        self.engine.read_as(&self.context)
    }

    pub(crate) fn time(&self) -> QueryTime {
        QueryTime::asked(self.context.now(), self.context.zone, &self.context.actor)
    }

    pub(crate) fn ask(&self, ask: Ask) -> Result<Committed> {
        self.commit_groups(&[Group {
            asks: vec![ask],
            once: None,
        }])
    }
}
