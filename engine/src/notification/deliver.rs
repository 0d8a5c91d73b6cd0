//! What of it leaves the house, and when?
//!
//! A letter is handed over as requests, such as the creation of a message, and they are one commit with the note that
//! it was sent: it is queued once or not at all. Whoever sends messages takes it from there.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;

use super::due::matching;
use super::preference::Channels;
use super::told::{Desk, Kind, Todo, Unit, commit};
use super::{is_true, reference, wording};
use crate::context::Locale;
use crate::engine::Engine;
use crate::error::Result;
use crate::query::{Filter, Reader};
use crate::record::{Record, RecordId};
use crate::write::{Fields, Request};

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
    let time = engine.session().time();
    let due = Filter::eq("delivery", "waiting").and(Filter::lte("deliver_at", time.now));
    let mut failed: Vec<String> = Vec::new();
    commit(engine, warnings, |reader| {
        failed.clear();
        let mut desk = Desk::new(engine, reader);
        let mut of_users: BTreeMap<RecordId, Vec<Record>> = BTreeMap::new();
        for notification in matching(reader, "notification", &due, &time)? {
            if let Some(user) = reference(&notification, "user") {
                of_users.entry(user).or_default().push(notification);
            }
        }
        for (user, waiting) in of_users {
            let office = Office::of(&mut desk, user)?;
            // What is read needs no letter; neither does what is switched off by now.
            let (wanted, moot): (Vec<Record>, Vec<Record>) = waiting
                .into_iter()
                .partition(|notification| office.is_wanted(notification));
            for notification in moot {
                desk.ask(vec![change(&notification, Json::Null)]);
            }
            let (digest, single): (Vec<Record>, Vec<Record>) = wanted
                .into_iter()
                .partition(|notification| is_true(notification, "in_digest"));
            for notification in single {
                match office.single(&notification) {
                    Ok(unit) => desk.ask(unit),
                    Err(error) => failed.push(not_sent(user, &error)),
                }
            }
            if !digest.is_empty()
                && let Err(error) = office.digest(&mut desk, &digest)
            {
                failed.push(not_sent(user, &error));
            }
        }
        Ok(Todo {
            units: desk.units(),
            stored: None,
        })
    })?;
    warnings.append(&mut failed);
    Ok(())
}

fn not_sent(user: RecordId, error: &crate::error::Error) -> String {
    format!("a letter to {user} waits: {error}")
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
    post: Option<Post>,
    /// What he may see now, whatever he was to be told of.
    reader: Reader,
}

impl Office {
    fn of(desk: &mut Desk<'_>, user: RecordId) -> Result<Self> {
        let record = desk.reader.get(user)?;
        let default = desk.engine.session().context.locale;
        let post = desk.engine.inner.notifying.post.clone();
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
            post,
            reader: desk.engine.read_as_user(user)?,
        })
    }

    fn is_wanted(&self, notification: &Record) -> bool {
        let allowed = Kind::of(notification).is_some_and(|kind| self.allowed.contains_key(&kind));
        allowed && notification.text("state") == Some("unread")
    }

    fn single(&self, notification: &Record) -> Result<Unit> {
        let text = wording::text(&self.reader, notification, self.locale)?;
        let channels = Channels::of(notification).unwrap_or_default();
        let key = format!("notification/{}", notification.id());
        let mut unit = self.letters(&key, channels, &text, &[(notification.id(), text.clone())])?;
        unit.push(change(notification, "sent"));
        Ok(unit)
    }

    /// One for each day: what comes after it waits for the next.
    fn digest(&self, desk: &mut Desk<'_>, waiting: &[Record]) -> Result<()> {
        let Some(today) = self.today else {
            return Ok(());
        };
        let key = format!("digest/{}/{today}", self.user);
        if super::by_text(desk.reader, "notification", "latest_of", &key)?.is_some() {
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
        let mut unit = self.letters(&key, channels, &subject, &lines)?;
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

    fn letters(
        &self,
        key: &str,
        channels: Channels,
        subject: &str,
        notices: &[(RecordId, String)],
    ) -> Result<Unit> {
        let Some(post) = &self.post else {
            return Ok(Unit::new());
        };
        let mut unit = Unit::new();
        for channel in LetterChannel::of(channels) {
            unit.extend(post(&Letter {
                key: format!("{key}/{}", channel.name()),
                user: self.user,
                channel,
                locale: self.locale,
                subject: subject.to_owned(),
                lines: notices.iter().map(|(_, text)| text.clone()).collect(),
                notices: notices.iter().map(|(id, _)| *id).collect(),
            })?);
        }
        Ok(unit)
    }
}
