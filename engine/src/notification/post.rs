//! How does a letter become something that is sent?
//!
//! The host may say so. Unless it does, a letter is a message of its own to the user's address, which the outbox sends;
//! for a way by which this process sends nothing, letters wait until one that does writes them.

use chrono::{DateTime, TimeDelta, Utc};

use super::deliver::{Letter, LetterChannel};
use super::preference::Channels;
use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::message::Channel;
use crate::query::Reader;
use crate::record::{Record, Value};
use crate::write::{Fields, Request};

/// How long a letter is of use, and waits for somebody who writes or sends it.
pub(super) const FRESH: TimeDelta = TimeDelta::days(7);
/// The most characters of a letter that goes as a short message, which has few parts; the list in the program has all.
const SHORT: usize = 300;

/// The ways by which letters can be written here.
pub(super) fn carried(engine: &Engine) -> Channels {
    let inner = &engine.inner;
    let sends = |channel: Channel| {
        inner.notifying.post.is_some()
            || inner.post.transports.contains_key(&channel)
            || inner.post.rules.senders.contains_key(&channel)
    };
    Channels {
        in_app: false,
        email: sends(Channel::Email),
        sms: sends(Channel::Sms),
    }
}

/// What is to be written so that a letter is sent.
pub(super) fn write(
    engine: &Engine,
    reader: &Reader,
    letter: &Letter,
    now: DateTime<Utc>,
) -> Result<Vec<Request>> {
    if let Some(post) = &engine.inner.notifying.post {
        return post(letter);
    }
    let Some(user) = reader.get_stored(letter.user)? else {
        return Err(Error::new(
            ErrorKind::NotFound,
            reader.missing(letter.user)?,
        ));
    };
    let (channel, subject, text) = match letter.channel {
        LetterChannel::Email => (
            Channel::Email,
            one_line(&letter.subject),
            letter.lines.join("\n"),
        ),
        LetterChannel::Sms => (Channel::Sms, String::new(), short(letter)),
    };
    let fields = Fields::default()
        .with("direction", "outbound")
        .with("state", "queued")
        .with("channel", channel.name())
        .with("to_address", address(&user, letter.channel)?)
        .with("to_name", one_line(&user.title()))
        .with("subject", subject)
        .with("body_text", text)
        .with("language", letter.locale.tag())
        .with("expires_at", super::told::written(now + FRESH));
    Ok(vec![Request::create("message", fields)])
}

fn address(user: &Record, channel: LetterChannel) -> Result<String> {
    let (field, what) = match channel {
        LetterChannel::Email => ("email", "e-mail address"),
        LetterChannel::Sms => ("mobile", "mobile number"),
    };
    let address = match user.get(field) {
        Some(Value::Phone(phone)) => Some(phone.e164.as_ref().unwrap_or(&phone.raw).to_string()),
        other => other.and_then(Value::as_text).map(str::to_owned),
    };
    address.ok_or_else(|| {
        let message = format!("{} has no {what}", user.title());
        Error::new(ErrorKind::Invalid, message).hint(format!(
            "write one into the user's '{field}', or let him choose another way"
        ))
    })
}

/// All lines where a short message holds them, else what they are about, such as how many there are.
fn short(letter: &Letter) -> String {
    let whole = letter.lines.join("\n");
    if whole.chars().count() <= SHORT {
        return whole;
    }
    let beginning: String = letter.subject.chars().take(SHORT).collect();
    match beginning.len() < letter.subject.len() {
        true => format!("{beginning}…"),
        false => beginning,
    }
}

/// Names and notes may have line breaks, which no subject has.
fn one_line(text: &str) -> String {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    text.replace(breaks, " ").trim().to_owned()
}
