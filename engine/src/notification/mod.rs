//! Who is to be told of what, and how do people talk about a record?
//!
//! Comments, follows, tags, favourites, reminders and notifications are records like all others. What somebody is to be
//! told of is read from the journal (`heard`) and from the clock (`due`), becomes notifications (`told`), and leaves the
//! house as letters (`deliver`). All of that is done when the host calls `Engine::notify` or `Engine::tick`.
//!
//! Nothing is told twice: notifications and the place up to which the journal was heard are one commit, and each event
//! is known again by its place, kind, user and record.

mod comments;
mod deliver;
mod due;
mod favourites;
mod follows;
mod heard;
mod inbox;
mod mention;
mod post;
mod preference;
mod rules;
mod seen;
mod tags;
mod told;
mod wording;

#[cfg(test)]
mod tests;

pub use deliver::{Letter, LetterChannel};
pub use inbox::{Notice, NoticeState};

pub(crate) use deliver::Post;
pub(crate) use heard::starts_at;
pub(crate) use rules::rules;
pub(crate) use seen::{Looks, write_down};

use std::sync::Mutex;

use crate::context::Actor;
use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::query::Reader;
use crate::record::{Record, RecordId, Value};
use crate::session::Session;

/// What an engine keeps of this room while it is open.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) looks: Looks,
    /// Held while notifications are made, for two at once would only get into each other's way.
    pub(crate) at_work: Mutex<heard::Quiet>,
    pub(crate) post: Option<Post>,
}

impl Engine {
    /// Tells people what they are to be told: what happened since the last call (mentions, replies, comments and changes
    /// of followed records, assignments), what is due (reminders, tasks, what was put off), and what waits for a letter.
    /// [`Engine::tick`] does it too; hosts call this one more often, such as every few seconds. Gives what could not be
    /// done, in words.
    ///
    /// ```
    /// # fn main() -> Result<(), peyvand::Error> {
    /// use peyvand::{Actor, Engine};
    /// use serde_json::json;
    ///
    /// let engine = Engine::in_memory().open()?;
    /// let office = engine.session();
    /// let sara = office.create("user", json!({"login": "sara", "name": "سارا محمدی", "locale": "fa"}))?.id()?;
    /// let reza = office.create("user", json!({"login": "reza", "name": "رضا کریمی"}))?.id()?;
    /// let account = office.create("account", json!({"name": "بیمه آینده"}))?.id()?;
    ///
    /// engine.session_as(Actor::User(reza)).comment(account, "@سارا محمدی لطفاً تماس بگیر")?;
    /// engine.notify()?;
    /// let notices = engine.session_as(Actor::User(sara)).notifications(sara, &[])?;
    /// assert!(notices[0].text.contains("از شما نام برد"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the store fails.
    pub fn notify(&self) -> Result<Vec<String>> {
        run(self)
    }
}

/// Does everything that is due, in the order in which one step feeds the next.
pub(crate) fn run(engine: &Engine) -> Result<Vec<String>> {
    let work = &engine.inner.notifying.at_work;
    let mut quiet = work
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut warnings = Vec::new();
    write_down(engine, false, &mut warnings)?;
    heard::hear(engine, &mut quiet, &mut warnings)?;
    due::tell(engine, &mut warnings)?;
    deliver::deliver(engine, &mut warnings)?;
    Ok(warnings)
}

/// For whom a session acts.
fn acting(session: &Session) -> Result<RecordId> {
    match session.actor() {
        Actor::User(id) => Ok(*id),
        other => Err(Error::new(
            ErrorKind::Invalid,
            format!("this is done for a user, and the session acts for {other}"),
        )
        .hint("use a session of `Engine::session_as(Actor::User(id))`")),
    }
}

/// Refuses somebody who asks for what is another user's; the program itself may.
fn may_ask_for(session: &Session, user: RecordId) -> Result<()> {
    match session.actor() {
        Actor::User(id) if *id != user => Err(Error::new(
            ErrorKind::Refused,
            format!("what {user} is told is nobody else's to read or change"),
        )),
        _ => Ok(()),
    }
}

/// Live records of an object whose reference field names `target`, in the order of their ids.
fn referring(reader: &Reader, object: &str, field: &str, target: RecordId) -> Result<Vec<Record>> {
    let object = reader.object(object)?.clone();
    let Some(known) = object.field(field) else {
        return Ok(Vec::new());
    };
    let ids = reader.referring(&object, known.number, target)?;
    let numbers: Vec<u128> = ids.iter().map(RecordId::number).collect();
    let found = reader.get_many(&object, &numbers)?;
    Ok(found.into_iter().flatten().collect())
}

/// The record that has a value in a unique text field.
fn by_text(reader: &Reader, object: &str, field: &str, text: &str) -> Result<Option<Record>> {
    let object = reader.object(object)?.clone();
    let Some(known) = object.field(field) else {
        return Ok(None);
    };
    let value = Value::Text(text.into());
    match reader.by_unique(&object, known.number, &value)? {
        Some(id) => reader.get(id),
        None => Ok(None),
    }
}

fn reference(record: &Record, field: &str) -> Option<RecordId> {
    match record.get(field) {
        Some(Value::Reference(id)) => Some(*id),
        _ => None,
    }
}

fn instant(record: &Record, field: &str) -> Option<chrono::DateTime<chrono::Utc>> {
    match record.get(field) {
        Some(Value::Instant(at)) => Some(*at),
        _ => None,
    }
}

fn integer(record: &Record, field: &str) -> Option<i64> {
    match record.get(field) {
        Some(Value::Integer(number)) => Some(*number),
        _ => None,
    }
}

fn is_true(record: &Record, field: &str) -> bool {
    record.get(field) == Some(&Value::Boolean(true))
}

/// Whether a user is there and at work.
fn is_active(user: &Record) -> bool {
    user.object() == "user" && user.get("active") != Some(&Value::Boolean(false))
}
