//! By which way is somebody reached, and whose business is the message?

use serde_json::{Map, Value as Json};

use super::people::{PARTIES, address_of, named};
use super::{Channel, MessageDraft, Recipient};
use crate::error::{Error, ErrorKind, Result};
use crate::query::Reader;
use crate::record::{Record, RecordId, Value};
use crate::session::Session;

/// A recipient by one way.
pub(super) struct Addressed {
    pub(super) channel: Channel,
    pub(super) address: String,
    pub(super) name: String,
    pub(super) record: Option<Record>,
}

impl Session {
    pub(super) fn recipient(&self, draft: &MessageDraft) -> Result<Addressed> {
        let id = match &draft.to {
            Recipient::Record(id) => *id,
            Recipient::Address { address, name } => {
                let channel = draft.channel.ok_or_else(|| {
                    let message = format!("a message to '{address}' needs a channel");
                    Error::new(ErrorKind::Invalid, message)
                        .hint("name one of email, sms, messenger")
                })?;
                return Ok(Addressed {
                    channel,
                    address: address.clone(),
                    name: name.clone(),
                    record: None,
                });
            }
        };
        let record = self.get(id)?;
        if !PARTIES.contains(&record.object()) {
            let message = format!("{id} is a {}, which has no address", record.object());
            return Err(Error::new(ErrorKind::Invalid, message)
                .hint("send to a contact, a lead or an account, or to an address"));
        }
        let (channel, address) = self.way_to(&record, draft.channel)?;
        Ok(Addressed {
            channel,
            address,
            name: record.title(),
            record: Some(record),
        })
    }

    /// The channel that is asked for; or the first of the preferred one and the rules' that leads to somebody who does
    /// not mind it.
    fn way_to(&self, record: &Record, asked: Option<Channel>) -> Result<(Channel, String)> {
        let candidates: Vec<Channel> = match asked {
            Some(channel) => vec![channel],
            None => {
                let rules = &self.engine.inner.post.rules;
                preferred(record)
                    .into_iter()
                    .chain(rules.fallback.iter().copied())
                    .collect()
            }
        };
        let mut ways: Vec<(Channel, String)> = candidates
            .iter()
            .filter_map(|channel| Some((*channel, address_of(record, *channel)?)))
            .collect();
        let wanted = |(channel, _): &(Channel, String)| match record.get("opt_out") {
            Some(Value::Options(unwanted)) => !unwanted.iter().any(|name| name == channel.name()),
            _ => true,
        };
        // When none is wanted the first says so.
        let place = ways.iter().position(wanted).unwrap_or(0);
        if place < ways.len() {
            return Ok(ways.swap_remove(place));
        }
        let names: Vec<&str> = candidates.iter().map(|channel| channel.name()).collect();
        let message = format!("{} has no address for {}", record.id(), names.join(" or "));
        Err(Error::new(ErrorKind::Invalid, message)
            .hint("write one into the record, or name another channel"))
    }
}

fn preferred(record: &Record) -> Option<Channel> {
    match record.text("preferred_channel")? {
        "mobile" => Some(Channel::Sms),
        other => Channel::from_name(other),
    }
}

/// What a message is about: the recipient and what the caller named, with the accounts of those.
pub(super) fn related(
    reader: &Reader,
    recipient: Option<&Record>,
    about: &[RecordId],
) -> Result<Map<String, Json>> {
    let mut fields = Map::new();
    let mut accounts = Vec::new();
    let mut records: Vec<Record> = recipient.cloned().into_iter().collect();
    for id in about {
        match reader.get_stored(*id)? {
            Some(record) => records.push(record),
            None => return Err(Error::new(ErrorKind::NotFound, reader.missing(*id)?)),
        }
    }
    let message = reader.object("message")?;
    for record in &records {
        let name = record.object();
        if message.field(name).is_none() || name == "message" {
            let message = format!(
                "a message cannot be about {}, which is a {name}",
                record.id()
            );
            return Err(Error::new(ErrorKind::Invalid, message)
                .hint("name an account, a contact, a lead or an opportunity"));
        }
        let id = record.id().to_string();
        fields.entry(name).or_insert(Json::String(id));
        accounts.extend(named(record, "account"));
    }
    if let Some(account) = accounts.first() {
        let id = account.to_string();
        fields.entry("account").or_insert(Json::String(id));
    }
    Ok(fields)
}
