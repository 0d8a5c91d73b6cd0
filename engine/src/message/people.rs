//! Whose address is this?

use super::Channel;
use super::address::phone_number;
use super::rules::MessageRules;
use crate::error::Result;
use crate::query::Reader;
use crate::record::{Phone, Record, RecordId, Value};

/// One address may belong to a whole office; more than these are not looked at.
const MOST: usize = 100;

/// The objects of people and organisations, in the order in which they are taken for whom an address belongs to.
pub(super) const PARTIES: [&str; 3] = ["contact", "lead", "account"];

/// The fields of such an object that a channel's address may stand in, the better one first.
pub(super) fn address_fields(object: &str, channel: Channel) -> &'static [&'static str] {
    match (channel, object) {
        (Channel::Email, _) => &["email"],
        (Channel::Sms | Channel::Messenger, "contact") => &["mobile", "phone"],
        (Channel::Sms | Channel::Messenger, _) => &["phone"],
        (Channel::InApp, _) => &[],
        (Channel::Letter, _) => &["address"],
    }
}

/// The address of somebody on a channel, as the record has it.
pub(super) fn address_of(record: &Record, channel: Channel) -> Option<String> {
    let mut fields = address_fields(record.object(), channel).iter();
    fields.find_map(|field| match record.get(field)? {
        Value::Phone(phone) if phone.extension.is_some() => None,
        Value::Phone(phone) => Some(phone.e164.as_ref().unwrap_or(&phone.raw).to_string()),
        Value::Address(address) => Some(Value::Address(address.clone()).to_string()),
        other => other.as_text().map(str::to_owned),
    })
}

/// Everybody who has an address: contacts, then leads that were not converted, then accounts.
pub(super) fn with_address(
    reader: &Reader,
    rules: &MessageRules,
    channel: Channel,
    address: &str,
) -> Result<Vec<Record>> {
    let values = written_forms(rules, channel, address);
    let mut found: Vec<Record> = Vec::new();
    for name in PARTIES {
        let Some(object) = reader.schema.object(name) else {
            continue;
        };
        let fields = address_fields(name, channel).iter();
        for field in
            fields.filter_map(|field| object.field(field).filter(|field| field.is_indexed()))
        {
            for value in &values {
                for id in reader.having(object, field.number, value)? {
                    let known = found.iter().any(|record| record.id() == id);
                    if known || found.len() >= MOST {
                        continue;
                    }
                    found.extend(
                        reader
                            .get_stored(id)?
                            .filter(|record| !is_converted(record)),
                    );
                }
            }
        }
    }
    Ok(found)
}

/// The values under which an index may have an address: numbers are also kept without their country.
fn written_forms(rules: &MessageRules, channel: Channel, address: &str) -> Vec<Value> {
    match channel {
        Channel::Email => vec![Value::Text(address.into())],
        Channel::InApp | Channel::Letter => Vec::new(),
        Channel::Sms | Channel::Messenger => {
            let country = rules.calling_code.as_ref();
            let number = phone_number(address, country).unwrap_or_else(|_| address.to_owned());
            let national = country.and_then(|country| {
                let rest = number.strip_prefix('+')?.strip_prefix(&country.code)?;
                Some(format!("{}{rest}", country.trunk))
            });
            let forms = [Some(number), national].into_iter().flatten();
            forms
                .filter_map(|form| Phone::parse(&form))
                .map(|phone| Value::Phone(Box::new(phone)))
                .collect()
        }
    }
}

fn is_converted(record: &Record) -> bool {
    record.object() == "lead" && record.text("status") == Some("converted")
}

/// The person or organisation that a record names in a reference field.
pub(super) fn named(record: &Record, field: &str) -> Option<RecordId> {
    match record.get(field) {
        Some(Value::Reference(id)) => Some(*id),
        _ => None,
    }
}
