//! How does an event become a notification?
//!
//! Nobody is told of what he did himself, of what he switched off, or twice. What happens to one record in quick
//! succession is one notification that counts. All of that is decided on one snapshot and committed under the revisions
//! that it saw; when somebody changes one of them meanwhile, it is decided again.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value as Json, json};

use super::preference::{Channels, Preference, Preferences};
use super::{by_text, instant, integer, is_active, post};
use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Position;
use crate::query::Reader;
use crate::record::{Record, RecordId, Value};
use crate::write::{Ask, Fields, Group, Request, Stored};

/// How long after the first event of a kind on a record others join it.
const BURST: TimeDelta = TimeDelta::hours(1);
/// How many names of changed fields a notification keeps.
const MOST_FIELDS: usize = 20;
const ATTEMPTS: usize = 3;

/// What somebody is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Mention,
    Reply,
    Comment,
    Change,
    Assignment,
    /// Many at once, as an import brings them.
    Assignments,
    Due,
    Reminder,
    Digest,
}

impl Kind {
    pub(super) const ALL: [Self; 9] = [
        Self::Mention,
        Self::Reply,
        Self::Comment,
        Self::Change,
        Self::Assignment,
        Self::Assignments,
        Self::Due,
        Self::Reminder,
        Self::Digest,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Mention => "mention",
            Self::Reply => "reply",
            Self::Comment => "comment",
            Self::Change => "change",
            Self::Assignment => "assignment",
            Self::Assignments => "assignments",
            Self::Due => "due",
            Self::Reminder => "reminder",
            Self::Digest => "digest",
        }
    }

    pub(super) fn of(record: &Record) -> Option<Self> {
        let name = record.text("kind")?;
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// By what an event is known again.
#[derive(Clone, Debug)]
pub(super) enum Known {
    /// Told once, whatever comes.
    Once(String),
    /// The latest of its kind about the record; one that comes soon after joins it.
    Joins,
    /// The latest of its kind about the record, each for itself.
    Apart,
    /// By the requests that go along with it.
    Along,
}

/// Something that a user is to be told.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) user: RecordId,
    pub(super) kind: Kind,
    pub(super) known: Known,
    /// Who did it, as the journal writes it.
    pub(super) actor: String,
    pub(super) at: DateTime<Utc>,
    pub(super) position: Option<Position>,
    pub(super) about: Option<RecordId>,
    pub(super) comment: Option<RecordId>,
    pub(super) count: i64,
    pub(super) fields: Vec<String>,
    pub(super) note: Option<String>,
}

impl Event {
    pub(super) fn new(user: RecordId, kind: Kind, known: Known, at: DateTime<Utc>) -> Self {
        Self {
            user,
            kind,
            known,
            actor: "system".to_owned(),
            at,
            position: None,
            about: None,
            comment: None,
            count: 1,
            fields: Vec::new(),
            note: None,
        }
    }

    fn key(&self) -> Option<String> {
        match (&self.known, self.about) {
            (Known::Once(key), _) => Some(key.clone()),
            // An import gives one user many records in many commits.
            _ if self.kind == Kind::Assignments => Some(format!("assignments/{}", self.user)),
            (Known::Joins | Known::Apart, Some(about)) => {
                Some(format!("{}/{}/{about}", self.kind.name(), self.user))
            }
            _ => None,
        }
    }
}

/// Requests that belong together.
pub(super) type Unit = Vec<Request>;

/// One notification on its way.
struct Notice {
    event: Event,
    channels: Channels,
    deliver_at: Option<DateTime<Utc>>,
    in_digest: bool,
    /// The notification that it joins.
    joins: Option<Record>,
    /// The one that was the latest before it.
    follows: Option<Record>,
    key: Option<String>,
}

/// Turns events into requests, on one snapshot.
pub(super) struct Desk<'a> {
    pub(super) engine: &'a Engine,
    pub(super) reader: &'a Reader,
    pub(super) now: DateTime<Utc>,
    /// The ways by which letters can be written.
    pub(super) carried: Channels,
    users: BTreeMap<RecordId, Option<Preferences>>,
    notices: Vec<Notice>,
    by_key: BTreeMap<String, usize>,
    units: Vec<Unit>,
}

impl<'a> Desk<'a> {
    pub(super) fn new(engine: &'a Engine, reader: &'a Reader) -> Self {
        Self {
            engine,
            reader,
            now: engine.session().time().now,
            carried: post::carried(engine),
            users: BTreeMap::new(),
            notices: Vec::new(),
            by_key: BTreeMap::new(),
            units: Vec::new(),
        }
    }

    /// Requests of their own.
    pub(super) fn ask(&mut self, unit: Unit) {
        self.units.push(unit);
    }

    /// How many notifications there are so far.
    pub(super) fn told(&self) -> usize {
        self.notices.len()
    }

    /// What a user has chosen; nothing when he is not there or not at work.
    pub(super) fn preferences(&mut self, user: RecordId) -> Result<Option<&Preferences>> {
        if !self.users.contains_key(&user) {
            let active = self.reader.get(user)?.is_some_and(|user| is_active(&user));
            let zone = self.engine.session().zone();
            let chosen = match active {
                true => Some(Preferences::of(self.reader, user, zone)?),
                false => None,
            };
            self.users.insert(user, chosen);
        }
        Ok(self.users.get(&user).and_then(Option::as_ref))
    }

    /// Takes an event up, unless its user is not to hear of it or has heard of it.
    pub(super) fn tell(&mut self, event: Event) -> Result<()> {
        if event.actor == event.user.to_string() {
            return Ok(());
        }
        let Some(mut preference) = self
            .preferences(event.user)?
            .map(|all| all.about(event.kind))
        else {
            return Ok(());
        };
        if preference.channels.has_letters() && !preference.channels.meets(self.carried) {
            // Nobody here writes such letters: until one is written, it is shown.
            preference.channels.in_app = true;
        }
        for id in [event.about, event.comment].into_iter().flatten() {
            if self.reader.get_stored(id)?.is_none() || !self.engine.sees(event.user, id)? {
                return Ok(());
            }
        }
        match preference.channels.is_none() {
            true => Ok(()),
            false => self.take_up(event, &preference),
        }
    }

    fn take_up(&mut self, event: Event, preference: &Preference) -> Result<()> {
        let key = event.key();
        if let Some(pending) = key.as_ref().and_then(|key| self.by_key.get(key)) {
            match (self.notices.get_mut(*pending), &event.known) {
                (Some(notice), Known::Joins) => notice.join(event),
                // Of two that are told at once, the last one says it all.
                (Some(notice), Known::Apart) => notice.join(Event { count: 0, ..event }),
                _ => {}
            }
            return Ok(());
        }
        let latest = match &key {
            Some(key) => by_text(self.reader, "notification", "latest_of", key)?,
            None => None,
        };
        let (joins, follows) = match latest {
            Some(latest) if has_heard(&latest, &event) => return Ok(()),
            Some(latest) if takes_in(&latest, &event) => (Some(latest), None),
            latest => (None, latest),
        };
        if let Some(key) = &key {
            self.by_key.insert(key.clone(), self.notices.len());
        }
        let in_digest = preference.digest_hour.is_some();
        let waits = in_digest || preference.channels.has_letters();
        self.notices.push(Notice {
            deliver_at: waits.then(|| preference.deliver_at(self.now)),
            channels: preference.channels,
            event,
            in_digest,
            joins,
            follows,
            key,
        });
        Ok(())
    }

    /// The notification of an event, together with requests that stand or fall with it.
    pub(super) fn tell_along(&mut self, event: Event, mut along: Unit) -> Result<()> {
        let before = self.notices.len();
        self.tell(event)?;
        if self.notices.len() > before
            && let Some(notice) = self.notices.pop()
        {
            along.extend(notice.requests());
        }
        self.units.push(along);
        Ok(())
    }

    pub(super) fn units(mut self) -> Vec<Unit> {
        let notices = std::mem::take(&mut self.notices);
        self.units.extend(notices.into_iter().map(Notice::requests));
        self.units
    }
}

/// Whether the latest notification tells of an event already.
fn has_heard(latest: &Record, event: &Event) -> bool {
    if matches!(event.known, Known::Once(_)) {
        return true;
    }
    let until = integer(latest, "until").and_then(|until| u64::try_from(until).ok());
    until >= event.position.map(Position::get)
}

/// Whether an event joins the latest notification.
fn takes_in(latest: &Record, event: &Event) -> bool {
    let began = instant(latest, "created_at");
    matches!(event.known, Known::Joins)
        && latest.text("state") == Some("unread")
        && began.is_some_and(|began| event.at < began + BURST)
}

impl Notice {
    fn join(&mut self, event: Event) {
        let own = &mut self.event;
        own.count += event.count;
        own.position = event.position.or(own.position);
        own.comment = event.comment.or(own.comment);
        own.actor = event.actor;
        own.at = event.at;
        unite(&mut own.fields, event.fields);
    }

    fn requests(self) -> Unit {
        match self.joins {
            Some(_) => self.update(),
            None => self.create(),
        }
    }

    fn update(mut self) -> Unit {
        let Some(latest) = self.joins.take() else {
            return Unit::new();
        };
        let mut fields = changed_fields(&latest);
        unite(&mut fields, std::mem::take(&mut self.event.fields));
        self.event.fields = fields;
        let count = integer(&latest, "count").unwrap_or(1) + self.event.count;
        let fields = self.happened().with("count", count);
        vec![Request::Update {
            id: latest.id(),
            revision: Some(latest.revision()),
            fields,
        }]
    }

    fn create(self) -> Unit {
        let event = &self.event;
        let mut fields = self
            .happened()
            .with("user", event.user.to_string())
            .with("kind", event.kind.name())
            .with("count", event.count)
            .with("channels", self.channels.names());
        if let Some(about) = event.about {
            fields = fields.with("about", about.to_string());
        }
        if let Some(position) = event.position {
            fields = fields.with("cause", position.get());
        }
        if let Some(at) = self.deliver_at {
            fields = fields
                .with("delivery", "waiting")
                .with("deliver_at", written(at))
                .with("in_digest", self.in_digest);
        }
        if let Some(key) = self.key {
            fields = fields.with("latest_of", key);
        }
        let gives_up = self.follows.map(|latest| Request::Update {
            id: latest.id(),
            revision: Some(latest.revision()),
            fields: Fields::default().with("latest_of", Json::Null),
        });
        let create = Request::create("notification", fields);
        gives_up.into_iter().chain([create]).collect()
    }

    /// What the last event says.
    fn happened(&self) -> Fields {
        let event = &self.event;
        let mut fields = Fields::default()
            .with("actor", event.actor.clone())
            .with("at", written(event.at));
        if let Some(comment) = event.comment {
            fields = fields.with("comment", comment.to_string());
        }
        if let Some(position) = event.position {
            fields = fields.with("until", position.get());
        }
        let mut parameters = serde_json::Map::new();
        if !event.fields.is_empty() {
            parameters.insert("fields".to_owned(), json!(event.fields));
        }
        if let Some(note) = &event.note {
            parameters.insert("note".to_owned(), json!(note));
        }
        match parameters.is_empty() {
            true => fields,
            false => fields.with("parameters", parameters),
        }
    }
}

pub(super) fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// The names of the fields whose change a notification tells of.
pub(super) fn changed_fields(notification: &Record) -> Vec<String> {
    let Some(Value::Json(parameters)) = notification.get("parameters") else {
        return Vec::new();
    };
    let names = parameters["fields"].as_array().into_iter().flatten();
    names
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect()
}

fn unite(fields: &mut Vec<String>, more: Vec<String>) {
    let known: BTreeSet<String> = fields.iter().cloned().collect();
    let fresh = more.into_iter().filter(|field| !known.contains(field));
    fields.extend(fresh);
    fields.truncate(MOST_FIELDS);
}

/// What is to be committed together.
pub(super) struct Todo {
    pub(super) units: Vec<Unit>,
    pub(super) stored: Option<Stored>,
}

/// What could not be committed.
#[derive(Default)]
pub(super) struct Left {
    /// What the rules refused.
    pub(super) refused: Vec<Unit>,
    /// Whether somebody got in the way, so that it is decided anew next time.
    pub(super) undecided: bool,
}

/// Commits what is made of a snapshot, all at once; where that cannot be, decided again, and in the end each unit for
/// itself, so that one that is refused does not hold up the others.
pub(super) fn commit(
    engine: &Engine,
    warnings: &mut Vec<String>,
    mut make: impl FnMut(&Reader) -> Result<Todo>,
) -> Result<Left> {
    let context = engine.session().context;
    let mut todo = Todo {
        units: Vec::new(),
        stored: None,
    };
    for _ in 0..ATTEMPTS {
        let (reader, _) = engine.read()?;
        todo = make(&reader)?;
        drop(reader);
        let asks: Vec<Ask> = todo
            .units
            .iter()
            .flatten()
            .map(|request| Ask::Record(Box::new(request.clone())))
            .chain(todo.stored.clone().map(Ask::Stored))
            .collect();
        if asks.is_empty() {
            return Ok(Left::default());
        }
        let group = Group { asks, once: None };
        let report = engine.write(&context, &[group], None, 0)?;
        if report.groups.iter().all(Result::is_ok) {
            warnings.extend(report.warnings);
            return Ok(Left::default());
        }
    }
    let groups: Vec<Group> = todo.units.iter().cloned().map(Group::of).collect();
    let report = engine.write(&context, &groups, None, 0)?;
    warnings.extend(report.warnings);
    let mut left = Left::default();
    for (unit, written) in todo.units.into_iter().zip(report.groups) {
        let Err(error) = written else { continue };
        if got_in_the_way(&error) {
            left.undecided = true;
        } else {
            warnings.push(format!("somebody could not be told: {error}"));
            left.refused.push(unit);
        }
    }
    // Where somebody got in the way, the same is decided anew next time: what was told meanwhile is known again.
    if let Some(stored) = todo.stored.filter(|_| !left.undecided) {
        let group = Group {
            asks: vec![Ask::Stored(stored)],
            once: None,
        };
        let report = engine.write(&context, &[group], None, 0)?;
        warnings.extend(report.warnings);
        let failed = report
            .groups
            .into_iter()
            .filter_map(std::result::Result::err);
        warnings.extend(failed.map(|error| format!("it may be told again: {error}")));
    }
    Ok(left)
}

/// Whether somebody else changed what was read, or told of something under the same key.
fn got_in_the_way(error: &Error) -> bool {
    let failures = error.failures();
    let unique = failures.iter().all(|failure| failure.code == "not-unique");
    error.kind() == ErrorKind::Conflict || (!failures.is_empty() && unique)
}
