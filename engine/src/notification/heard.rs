//! What has happened that somebody is to be told of?
//!
//! The journal is read on from where it was heard last. That place is moved in the commit that writes the
//! notifications, so that no crash comes between the two.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::Value as Json;

use super::told::{Desk, Event, Kind, Known, Todo, commit};
use super::{instant, reference, referring};
use crate::context::Actor;
use crate::engine::Engine;
use crate::error::Result;
use crate::journal::{Entry, Position};
use crate::query::{Filter, QueryTime, Reader};
use crate::record::{Record, RecordId, Value};
use crate::store::{StoreError, spaces};
use crate::timeline;
use crate::write::Stored;

/// Under which name the place is kept.
const NAME: &str = "engine/notifications";
/// How many commits are heard at once.
const PAGE: usize = 500;
/// After so many records without news the place is moved too, so that they are not read again.
const MUCH: usize = 200;
/// More assignments to one user in one commit than this are told as one.
const SEVERAL: usize = 10;

/// What nobody is told of, and what is told in its own way.
const OWN: [&str; 9] = [
    "comment",
    "follow",
    "tag",
    "tagging",
    "favourite",
    "recently_seen",
    "notification",
    "reminder",
    "notification_preference",
];

/// The entry that makes a store hear from a position on: for one that had no notifications so far.
pub(crate) fn starts_at(position: Position) -> (Vec<u8>, Option<Vec<u8>>) {
    let bytes = position.get().to_be_bytes().to_vec();
    (spaces::named(spaces::CURSOR, NAME), Some(bytes))
}

/// Up to where there was no news after the place up to which the journal was heard, so that it is not read again.
#[derive(Default)]
pub(crate) struct Quiet {
    heard: Position,
    until: Position,
}

impl Quiet {
    fn after(&self, heard: Position) -> Position {
        match self.heard == heard {
            true => self.until.max(heard),
            false => heard,
        }
    }
}

pub(super) fn hear(engine: &Engine, quiet: &mut Quiet, warnings: &mut Vec<String>) -> Result<()> {
    loop {
        let heard = engine.subscriber(NAME)?.position()?;
        let after = quiet.after(heard);
        if after == engine.position() {
            return Ok(());
        }
        let entries = match engine.inner.backend.entries(after, PAGE) {
            Ok(entries) => entries,
            Err(StoreError::Trimmed { oldest, .. }) => {
                warnings.push(format!(
                    "nobody was told of what happened between {heard} and {oldest}: the journal is trimmed"
                ));
                let before = Position::from_number(oldest.get().saturating_sub(1));
                engine.subscriber(NAME)?.done(before)?;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let full = entries.len() == PAGE;
        let (mut until, mut moves) = (after, false);
        commit(engine, warnings, |reader| {
            // What came after the snapshot has history that the snapshot does not know.
            let known: Vec<&Entry> = entries
                .iter()
                .filter(|entry| entry.position <= reader.position())
                .collect();
            let mut ear = Ear::new(engine, reader)?;
            for entry in &known {
                ear.entry(entry)?;
            }
            let (units, records) = (ear.desk.units(), ear.records);
            moves = full || records > MUCH || !units.is_empty();
            let last = known.last().map(|entry| entry.position);
            until = last.unwrap_or(after);
            let stored = last.filter(|_| moves).map(|last| Stored {
                what: format!("notifications are told up to {last}"),
                entries: vec![starts_at(last)],
                ..Stored::default()
            });
            Ok(Todo { units, stored })
        })
        .map(|_left| ())?;
        let now_heard = engine.subscriber(NAME)?.position()?;
        if !moves {
            *quiet = Quiet { heard, until };
        }
        // Where the place could not be moved, the same is heard again next time.
        if !full || now_heard == heard {
            return Ok(());
        }
    }
}

/// Listens to entries on one snapshot.
struct Ear<'a> {
    desk: Desk<'a>,
    /// Whether anybody follows anything.
    follows: bool,
    /// How many records were looked at.
    records: usize,
}

/// What an entry says of all its records.
struct Said<'a> {
    entry: &'a Entry,
    actor: Actor,
    at: DateTime<Utc>,
}

impl Said<'_> {
    fn event(&self, user: RecordId, kind: Kind, known: Known, about: RecordId) -> Event {
        Event {
            actor: self.actor.to_string(),
            position: Some(self.entry.position),
            about: Some(about),
            ..Event::new(user, kind, known, self.at)
        }
    }
}

impl<'a> Ear<'a> {
    fn new(engine: &'a Engine, reader: &'a Reader) -> Result<Self> {
        let session = engine.session();
        let time: QueryTime = session.time();
        let follows = crate::query::count(reader, "follow", &Filter::everything(), &time)? > 0;
        Ok(Self {
            desk: Desk::new(engine, reader),
            follows,
            records: 0,
        })
    }

    fn entry(&mut self, entry: &Entry) -> Result<()> {
        let said = Said {
            entry,
            actor: timeline::actor_of(entry),
            at: DateTime::from_timestamp_micros(entry.time).unwrap_or_default(),
        };
        let mut assigned: BTreeMap<RecordId, Vec<RecordId>> = BTreeMap::new();
        for (id, after) in timeline::states(self.desk.reader, entry)? {
            self.records += 1;
            let Some(after) = after else { continue };
            if after.object() == "comment" {
                self.comment(&said, &after)?;
            } else if !OWN.contains(&after.object()) {
                let owner = self.change(&said, &after)?;
                if let Some(owner) = owner {
                    assigned.entry(owner).or_default().push(id);
                }
            }
        }
        for (user, records) in assigned {
            self.assigned(&said, user, &records)?;
        }
        Ok(())
    }

    /// The record before an entry. One of the first revision had none, and one from the bin neither.
    fn before(&self, said: &Said<'_>, after: &Record) -> Result<Option<Record>> {
        if after.revision() == 1 {
            return Ok(None);
        }
        let backend = &self.desk.engine.inner.backend;
        timeline::before(self.desk.reader, backend, after.id(), said.entry.position)
    }

    fn comment(&mut self, said: &Said<'_>, after: &Record) -> Result<()> {
        let Some(about) = reference(after, "about") else {
            return Ok(());
        };
        let before = self.before(said, after)?;
        let named_before = before.as_ref().map(mentions).unwrap_or_default();
        let mut told: BTreeSet<RecordId> = BTreeSet::new();
        let once = |kind: Kind, user: RecordId| {
            Known::Once(format!("{}/{user}/{}", kind.name(), after.id()))
        };
        for user in mentions(after) {
            if !named_before.contains(&user) && told.insert(user) {
                let known = once(Kind::Mention, user);
                let event = said.event(user, Kind::Mention, known, about);
                self.tell_of(after, event)?;
            }
        }
        if after.revision() > 1 {
            return Ok(());
        }
        let first = reference(after, "reply_to").map(|first| self.desk.reader.get(first));
        let first = first.transpose()?.flatten();
        let author = first.and_then(|first| reference(&first, "author"));
        if let Some(user) = author.filter(|user| told.insert(*user)) {
            let event = said.event(user, Kind::Reply, once(Kind::Reply, user), about);
            self.tell_of(after, event)?;
        }
        for user in self.followers(said, about)? {
            if told.insert(user) {
                let event = said.event(user, Kind::Comment, Known::Joins, about);
                self.tell_of(after, event)?;
            }
        }
        Ok(())
    }

    fn tell_of(&mut self, comment: &Record, event: Event) -> Result<()> {
        self.desk.tell(Event {
            comment: Some(comment.id()),
            ..event
        })
    }

    /// Tells those who follow a record; gives the user who became responsible for it.
    fn change(&mut self, said: &Said<'_>, after: &Record) -> Result<Option<RecordId>> {
        let is_new = after.revision() == 1;
        let followers = match is_new {
            true => Vec::new(),
            false => self.followers(said, after.id())?,
        };
        let owner =
            reference(after, "owner").filter(|owner| owner.to_string() != said.actor.to_string());
        if owner.is_none() && followers.is_empty() {
            return Ok(None);
        }
        let before = self.before(said, after)?;
        // What came back from the bin is nothing new.
        if before.is_none() && !is_new {
            return Ok(None);
        }
        let owner = owner.filter(|owner| {
            before.as_ref().and_then(|old| reference(old, "owner")) != Some(*owner)
        });
        let fields: Vec<String> = Record::changed(before.as_ref(), Some(after))
            .into_iter()
            .filter_map(|number| after.object.field_by_number(number))
            .filter(|field| !field.read_only)
            .map(|field| field.name.clone())
            .collect();
        if !fields.is_empty() {
            for user in followers.into_iter().filter(|user| Some(*user) != owner) {
                let event = said.event(user, Kind::Change, Known::Joins, after.id());
                self.desk.tell(Event {
                    fields: fields.clone(),
                    ..event
                })?;
            }
        }
        Ok(owner)
    }

    fn assigned(&mut self, said: &Said<'_>, user: RecordId, records: &[RecordId]) -> Result<()> {
        if let Some(first) = records.first().filter(|_| records.len() > SEVERAL) {
            let event = said.event(user, Kind::Assignments, Known::Joins, *first);
            return self.desk.tell(Event {
                count: records.len() as i64,
                ..event
            });
        }
        for record in records {
            let event = said.event(user, Kind::Assignment, Known::Apart, *record);
            self.desk.tell(event)?;
        }
        Ok(())
    }

    /// Who followed a record by then.
    fn followers(&self, said: &Said<'_>, about: RecordId) -> Result<Vec<RecordId>> {
        if !self.follows {
            return Ok(Vec::new());
        }
        let follows = referring(self.desk.reader, "follow", "about", about)?;
        Ok(follows
            .iter()
            .filter(|follow| instant(follow, "created_at") <= Some(said.at))
            .filter_map(|follow| reference(follow, "user"))
            .collect())
    }
}

/// The users whom a comment names.
fn mentions(comment: &Record) -> Vec<RecordId> {
    let Some(Value::Json(Json::Array(ids))) = comment.get("mentions") else {
        return Vec::new();
    };
    ids.iter()
        .filter_map(|id| id.as_str()?.parse().ok())
        .collect()
}
