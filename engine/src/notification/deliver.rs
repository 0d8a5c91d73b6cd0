//! What of it leaves the house, and when?
//!
//! A letter is handed over as requests, such as the creation of a message, and they are one commit with the note that
//! it was sent: it is queued once or not at all. Whoever sends messages takes it from there. One that cannot be written
//! is put off for an hour, so that it holds up no other, and in the end given up: the list in the program has it.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value as Json;

use super::due::matching;
use super::preference::Channels;
use super::told::{Desk, Kind, Todo, Unit, commit};
use super::{instant, is_true, post, reference, wording};
use crate::context::Locale;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::query::{Filter, Reader};
use crate::record::{Record, RecordId};
use crate::write::{Fields, Request};

/// How long a letter that cannot be written is put off.
const PUT_OFF: TimeDelta = TimeDelta::hours(1);
/// A digest gathers what is up to a day old.
const STALE: TimeDelta = TimeDelta::days(8);

/// By which way a letter goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum LetterChannel {
    /// E-mail.
    Email,
    /// A short message.
    Sms,
}

impl LetterChannel {
    fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
        }
    }

    fn of(channels: Channels) -> impl Iterator<Item = Self> {
        let email = channels.email.then_some(Self::Email);
        let sms = channels.sms.then_some(Self::Sms);
        email.into_iter().chain(sms)
    }
}

/// What a user is told outside of the application: one notification, or the digest of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Letter {
    /// The same for the same letter, however often it is asked for.
    pub key: String,
    /// To whom.
    pub user: RecordId,
    /// By which way.
    pub channel: LetterChannel,
    /// In which language it is written.
    pub locale: Locale,
    /// The notification in words; of a digest, how many there are.
    pub subject: String,
    /// The notifications in words, one a line.
    pub lines: Vec<String>,
    /// The notifications.
    pub notices: Vec<RecordId>,
}

/// Says what is to be written so that a letter is sent.
pub(crate) type Post = Arc<dyn Fn(&Letter) -> Result<Vec<Request>> + Send + Sync>;

pub(super) fn deliver(engine: &Engine, warnings: &mut Vec<String>) -> Result<()> {
    loop {
        let mut round = Round::default();
        let left = commit(engine, warnings, |reader| {
            round = Round::default();
            round.decide(engine, reader)
        })?;
        warnings.append(&mut round.warnings);
        put_off(engine, warnings, left.refused)?;
        if !round.more || left.undecided {
            return Ok(());
        }
    }
}

/// What comes of one look at what waits.
#[derive(Default)]
struct Round {
    warnings: Vec<String>,
    more: bool,
}

impl Round {
    fn decide(&mut self, engine: &Engine, reader: &Reader) -> Result<Todo> {
        let time = engine.session().time();
        let due = Filter::eq("delivery", "waiting").and(Filter::lte("deliver_at", time.now));
        let mut desk = Desk::new(engine, reader);
        let carried = desk.carried;
        // What nobody writes here stays for who does, and is not in the way of the others.
        let can_be_done = |notification: &Record| {
            let channels = Channels::of(notification).unwrap_or_default();
            !channels.has_letters() || channels.meets(carried) || is_stale(notification, time.now)
        };
        let (waiting, more) = matching(reader, "notification", &due, &time, can_be_done)?;
        self.more = more;
        let mut of_users: BTreeMap<RecordId, Vec<Record>> = BTreeMap::new();
        for notification in waiting {
            if let Some(user) = reference(&notification, "user") {
                of_users.entry(user).or_default().push(notification);
            }
        }
        for (user, waiting) in of_users {
            self.of_user(&mut desk, user, waiting)?;
        }
        let units = desk.units();
        self.more &= !units.is_empty();
        Ok(Todo {
            units,
            stored: None,
        })
    }

    fn of_user(&mut self, desk: &mut Desk<'_>, user: RecordId, waiting: Vec<Record>) -> Result<()> {
        let office = Office::of(desk, user)?;
        let now = desk.now;
        // What is read needs no letter; neither does what is switched off by now, or is no news any longer.
        let (wanted, moot): (Vec<Record>, Vec<Record>) = waiting
            .into_iter()
            .partition(|one| office.is_wanted(one) && !is_stale(one, now));
        for notification in moot {
            desk.ask(vec![change(&notification, Json::Null)]);
        }
        let (digest, single): (Vec<Record>, Vec<Record>) = wanted
            .into_iter()
            .partition(|notification| is_true(notification, "in_digest"));
        for notification in single {
            match office.single(desk, &notification, &mut self.warnings) {
                Ok(unit) => desk.ask(unit),
                Err(error) => self.not_sent(desk, user, &error, &[notification]),
            }
        }
        if !digest.is_empty()
            && let Err(error) = office.digest(desk, &digest, &mut self.warnings)
        {
            self.not_sent(desk, user, &error, &digest);
        }
        Ok(())
    }

    fn not_sent(&mut self, desk: &mut Desk<'_>, user: RecordId, error: &Error, of: &[Record]) {
        self.warnings
            .push(format!("a letter to {user} waits: {error}"));
        let later = of.iter().map(|one| later(one.id(), desk.now));
        desk.ask(later.collect());
    }
}

/// Whether a notification has waited too long to be sent.
fn is_stale(notification: &Record, now: DateTime<Utc>) -> bool {
    let since = instant(notification, "created_at");
    since.is_some_and(|since| since + STALE < now)
}

/// Puts off what was refused, so that it is not in the way of others.
fn put_off(engine: &Engine, warnings: &mut Vec<String>, units: Vec<Unit>) -> Result<()> {
    if units.is_empty() {
        return Ok(());
    }
    let session = engine.session();
    let now = session.time().now;
    let waiting = units.iter().flatten().filter_map(|request| match request {
        Request::Update { id, .. } => Some(later(*id, now)),
        _ => None,
    });
    let (_, outcomes) = session.commit_each(waiting.collect::<Vec<_>>())?;
    let failed = outcomes.into_iter().filter_map(std::result::Result::err);
    warnings.extend(failed.map(|error| format!("a letter could not be put off: {error}")));
    Ok(())
}

fn later(id: RecordId, now: DateTime<Utc>) -> Request {
    let at = super::told::written(now + PUT_OFF);
    Request::update(id, Fields::default().with("deliver_at", at))
}

/// At the same hour, a day or more later.
fn next_day(notification: &Record, now: DateTime<Utc>) -> Request {
    let was = instant(notification, "deliver_at").unwrap_or(now);
    let days = (now - was).num_days().max(0) + 1;
    let at = super::told::written(was + TimeDelta::days(days));
    Request::update(notification.id(), Fields::default().with("deliver_at", at))
}

fn change(notification: &Record, delivery: impl Into<Json>) -> Request {
    Request::Update {
        id: notification.id(),
        revision: Some(notification.revision()),
        fields: Fields::default().with("delivery", delivery),
    }
}

/// Writes the letters of one user.
struct Office {
    user: RecordId,
    locale: Locale,
    /// By which kinds he is still told, and the day of his digest.
    allowed: BTreeMap<Kind, Channels>,
    today: Option<chrono::NaiveDate>,
    digest_channels: Channels,
    /// What he may see now, whatever he was to be told of.
    reader: Reader,
}

impl Office {
    fn of(desk: &mut Desk<'_>, user: RecordId) -> Result<Self> {
        let record = desk.reader.get(user)?;
        let default = desk.engine.session().context.locale;
        let now = desk.now;
        let chosen = desk.preferences(user)?;
        let of_kind = |kind: Kind| chosen.map(|all| all.about(kind));
        let kinds = [
            Kind::Mention,
            Kind::Reply,
            Kind::Comment,
            Kind::Change,
            Kind::Assignment,
            Kind::Assignments,
            Kind::Due,
            Kind::Reminder,
        ];
        let allowed = kinds
            .into_iter()
            .filter_map(|kind| Some((kind, of_kind(kind)?.channels)));
        Ok(Self {
            user,
            locale: wording::locale_of(record.as_ref(), default),
            allowed: allowed
                .filter(|(_, channels)| !channels.is_none())
                .collect(),
            today: of_kind(Kind::Digest).map(|any| any.day_of(now)),
            digest_channels: of_kind(Kind::Digest)
                .map(|any| any.channels)
                .unwrap_or_default(),
            reader: desk.engine.read_as_user(user)?,
        })
    }

    fn is_wanted(&self, notification: &Record) -> bool {
        let allowed = Kind::of(notification).is_some_and(|kind| self.allowed.contains_key(&kind));
        allowed && notification.text("state") == Some("unread")
    }

    fn single(
        &self,
        desk: &Desk<'_>,
        notification: &Record,
        warnings: &mut Vec<String>,
    ) -> Result<Unit> {
        let text = wording::text(&self.reader, notification, self.locale)?;
        let channels = Channels::of(notification).unwrap_or_default();
        let key = format!("notification/{}", notification.id());
        let lines = [(notification.id(), text.clone())];
        let mut unit = self.letters(desk, &key, channels, (&text, &lines), warnings)?;
        unit.push(change(notification, "sent"));
        Ok(unit)
    }

    /// One for each day: what comes after it waits for the next.
    fn digest(
        &self,
        desk: &mut Desk<'_>,
        waiting: &[Record],
        warnings: &mut Vec<String>,
    ) -> Result<()> {
        let Some(today) = self.today else {
            return Ok(());
        };
        let key = format!("digest/{}/{today}", self.user);
        if super::by_text(desk.reader, "notification", "latest_of", &key)?.is_some() {
            let tomorrow = waiting.iter().map(|one| next_day(one, desk.now));
            desk.ask(tomorrow.collect());
            return Ok(());
        }
        let mut lines = Vec::with_capacity(waiting.len());
        let mut channels = self.digest_channels;
        for notification in waiting {
            let text = wording::text(&self.reader, notification, self.locale)?;
            lines.push((notification.id(), text));
            let of = Channels::of(notification).unwrap_or_default();
            channels.email |= of.email;
            channels.sms |= of.sms;
        }
        let subject = wording::digest(waiting.len(), self.locale);
        let mut unit = self.letters(desk, &key, channels, (&subject, &lines), warnings)?;
        unit.extend(
            waiting
                .iter()
                .map(|notification| change(notification, "sent")),
        );
        let mut fields = Fields::default()
            .with("user", self.user.to_string())
            .with("kind", Kind::Digest.name())
            .with("actor", "system")
            .with("count", waiting.len())
            .with("at", super::told::written(desk.now))
            .with("latest_of", key);
        if channels.in_app {
            fields = fields.with("channels", ["in_app"].as_slice());
        }
        unit.push(Request::create("notification", fields));
        desk.ask(unit);
        Ok(())
    }

    /// The letters by each way that is open here. When there is one by any of them, what keeps the others is a warning.
    fn letters(
        &self,
        desk: &Desk<'_>,
        key: &str,
        channels: Channels,
        (subject, notices): (&str, &[(RecordId, String)]),
        warnings: &mut Vec<String>,
    ) -> Result<Unit> {
        let (mut unit, mut failed) = (Unit::new(), Vec::new());
        for channel in LetterChannel::of(channels.both(desk.carried)) {
            let letter = Letter {
                key: format!("{key}/{}", channel.name()),
                user: self.user,
                channel,
                locale: self.locale,
                subject: subject.to_owned(),
                lines: notices.iter().map(|(_, text)| text.clone()).collect(),
                notices: notices.iter().map(|(id, _)| *id).collect(),
            };
            match post::write(desk.engine, desk.reader, &letter, desk.now) {
                Ok(requests) => unit.extend(requests),
                Err(error) => failed.push(error),
            }
        }
        match failed.pop() {
            Some(error) if unit.is_empty() => Err(error),
            Some(error) => {
                warnings.push(format!("{} goes by one way only: {error}", self.user));
                Ok(unit)
            }
            None => Ok(unit),
        }
    }
}
