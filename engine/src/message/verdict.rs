//! May this message go out now?
//!
//! Asked when it is queued, so that who queues it hears it, and again right before it is sent, since people change their
//! minds meanwhile.
//!
//! Opt-out and consent are of who says so, and hold for every address that he has, whatever record the message names:
//! what goes to an account whose address is also a contact's is kept from going by his opt-out. An account's own address
//! is not its contacts': what he said holds there only for messages that name him.

use chrono::{DateTime, FixedOffset, Utc};

use super::people::{PARTIES, named, with_address};
use super::rules::MessageRules;
use super::{Channel, Purpose};
use crate::error::Result;
use crate::query::Reader;
use crate::record::{Record, Value};

/// The answer, with the reason in words.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Go,
    /// Not before then.
    Wait(DateTime<Utc>, String),
    Never(String),
}

/// What is looked at.
pub(super) struct Judge<'a> {
    pub(super) reader: &'a Reader,
    pub(super) rules: &'a MessageRules,
    /// Of the workspace, for those whose own is not known.
    pub(super) zone: FixedOffset,
}

impl Judge<'_> {
    /// Whether a message to a checked address may go out at a moment.
    pub(super) fn verdict(
        &self,
        message: &Record,
        to_address: &str,
        at: DateTime<Utc>,
    ) -> Result<Verdict> {
        if let Some(Value::Instant(end)) = message.get("expires_at")
            && *end <= at
        {
            return Ok(Verdict::Never(
                "it was not sent before it expired".to_owned(),
            ));
        }
        // What he said about being written to went with him.
        let recipient = PARTIES.iter().find_map(|field| named(message, field));
        if let Some(id) = recipient
            && self.reader.get_stored(id)?.is_none()
        {
            return Ok(Verdict::Never(format!("{id}, whom it is for, was deleted")));
        }
        let channel = message.text("channel").and_then(Channel::from_name);
        let purpose = message.text("purpose").and_then(Purpose::from_name);
        let Some(channel) = channel.filter(|_| purpose != Some(Purpose::Required)) else {
            return Ok(Verdict::Go);
        };
        if channel == Channel::InApp {
            return Ok(Verdict::Go);
        }
        let people = self.people(message, channel, to_address)?;
        let unwilling = people.iter().find(|person| has(person, "opt_out", channel));
        if let Some(person) = unwilling {
            let name = person.id();
            let said = said(person);
            return Ok(Verdict::Never(format!(
                "{name} does not want {channel}{said}"
            )));
        }
        let needs_consent = self.rules.marketing_needs_consent;
        if purpose == Some(Purpose::Marketing)
            && needs_consent
            && !people.iter().any(|person| has(person, "consent", channel))
        {
            let message = format!("nobody with this address agreed to marketing by {channel}");
            return Ok(Verdict::Never(message));
        }
        Ok(self.quiet(&people, channel, at))
    }

    /// Whom the message names, first, and everybody else who has the address.
    fn people(&self, message: &Record, channel: Channel, address: &str) -> Result<Vec<Record>> {
        let mut people = with_address(self.reader, self.rules, channel, address)?;
        let recipient = PARTIES.iter().find_map(|field| named(message, field));
        let Some(id) = recipient else {
            return Ok(people);
        };
        match people.iter().position(|person| person.id() == id) {
            Some(place) => people.swap(0, place),
            None => {
                if let Some(person) = self.reader.get_stored(id)? {
                    people.insert(0, person);
                }
            }
        }
        Ok(people)
    }

    fn quiet(&self, people: &[Record], channel: Channel, at: DateTime<Utc>) -> Verdict {
        let Some(hours) = &self.rules.quiet_hours else {
            return Verdict::Go;
        };
        if !self.rules.quiet_channels.contains(&channel) {
            return Verdict::Go;
        }
        let own = people.iter().find_map(zone_of);
        let own = own.or(hours.zone).unwrap_or(self.zone);
        match hours.end(at, own) {
            Some(end) => Verdict::Wait(end, format!("quiet hours until {}", hours.until)),
            None => Verdict::Go,
        }
    }
}

fn has(person: &Record, field: &str, channel: Channel) -> bool {
    match person.get(field) {
        Some(Value::Options(channels)) => channels.iter().any(|name| name == channel.name()),
        _ => false,
    }
}

fn said(person: &Record) -> String {
    let on = person
        .get("consent_on")
        .map(|day| format!(", said on {day}"));
    let source = person.text("consent_source");
    let from = source.map(|source| format!(", known from {source}"));
    on.into_iter().chain(from).collect()
}

fn zone_of(person: &Record) -> Option<FixedOffset> {
    match person.get("utc_offset_minutes") {
        Some(Value::Integer(minutes)) => {
            FixedOffset::east_opt(i32::try_from(*minutes).ok()?.checked_mul(60)?)
        }
        _ => None,
    }
}
