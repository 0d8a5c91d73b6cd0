//! Which messages are somebody's own, so that they are forgotten with him?
//!
//! What was written to him or came from him, whether the message names his record or has his address alone; and what
//! answers such a message without being anybody else's. An address that somebody has who stays says nothing: such a
//! message may be his.

use std::collections::BTreeSet;

use super::Channel;
use super::address::phone_number;
use super::people::{named, with_address};
use super::rules::MessageRules;
use crate::error::Result;
use crate::query::Reader;
use crate::record::{Phone, Record, RecordId, Value};
use crate::schema::FieldKind;

/// The ways that an address may stand for.
const ADDRESSED: [Channel; 3] = [Channel::Email, Channel::Sms, Channel::Messenger];

/// Those who are forgotten, and the addresses that they had.
pub(crate) struct Correspondence<'a> {
    reader: &'a Reader,
    rules: &'a MessageRules,
    addresses: BTreeSet<String>,
}

impl<'a> Correspondence<'a> {
    /// Of records, live or from the bin.
    pub(crate) fn of(reader: &'a Reader, rules: &'a MessageRules, people: &[Record]) -> Self {
        let mut this = Self {
            reader,
            rules,
            addresses: BTreeSet::new(),
        };
        for person in people.iter().filter(|one| one.object() != "message") {
            for field in &person.object.fields {
                let by_phone = matches!(field.kind, FieldKind::Phone);
                let address = match person.value(field.number) {
                    Some(Value::Phone(phone)) => Some(phone.raw.to_string()),
                    Some(other) if matches!(field.kind, FieldKind::Email) => {
                        other.as_text().map(str::to_owned)
                    }
                    _ => None,
                };
                let compared = address.map(|address| this.compared(&address, by_phone));
                this.addresses.extend(compared);
            }
        }
        this
    }

    /// Whether a message is theirs, who are `gone`, and nobody else's.
    pub(crate) fn has(&self, message: &Record, gone: &BTreeSet<RecordId>) -> Result<bool> {
        let party = |field: &str| named(message, field);
        let people = [party("contact"), party("lead")];
        if people.iter().flatten().any(|id| gone.contains(id)) {
            return Ok(true);
        }
        let stays = people.iter().flatten().next().is_some();
        let account = party("account");
        if !stays && account.is_some_and(|id| gone.contains(&id)) {
            return Ok(true);
        }
        let answers = party("reply_to").is_some_and(|id| gone.contains(&id));
        if answers && !stays && account.is_none() {
            return Ok(true);
        }
        self.goes_by_address(message, gone)
    }

    fn goes_by_address(&self, message: &Record, gone: &BTreeSet<RecordId>) -> Result<bool> {
        let channel = message.text("channel").and_then(Channel::from_name);
        let Some(channel) = channel.filter(|channel| ADDRESSED.contains(channel)) else {
            return Ok(false);
        };
        let other_side = match message.text("direction") {
            Some("inbound") => "from_address",
            _ => "to_address",
        };
        let address = message.text(other_side).unwrap_or_default();
        let compared = self.compared(address, channel.is_by_phone());
        if !self.addresses.contains(&compared) {
            return Ok(false);
        }
        let owners = with_address(self.reader, self.rules, channel, address)?;
        Ok(owners.iter().all(|owner| gone.contains(&owner.id())))
    }

    /// An address in the form in which two spellings of it are equal.
    fn compared(&self, address: &str, by_phone: bool) -> String {
        if !by_phone {
            return address.to_lowercase();
        }
        let country = self.rules.calling_code.as_ref();
        phone_number(address, country).unwrap_or_else(|_| {
            Phone::parse(address).map_or_else(String::new, |phone| phone.key().to_string())
        })
    }
}
