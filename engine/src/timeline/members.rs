//! What belongs to a customer, and what was said about it?
//!
//! Its people and deals, what was done about each of them, their documents, and the records that plugins and
//! administrators have beside them. Found from reference to reference through the indexes, the nearest first; what lies
//! in the bin has left the customer, and comes back with its restoring.

use std::collections::{HashMap, HashSet};

use crate::error::Result;
use crate::query::{Patience, Reader};
use crate::record::{Prefix, RecordId};
use crate::schema::{Field, FieldKind, Object};

/// By which fields a record of a standard object belongs to what they name.
const BELONGS: [(&str, &str); 7] = [
    ("contact", "account"),
    ("opportunity", "account"),
    ("opportunity", "contact"),
    ("affiliation", "account"),
    ("affiliation", "contact"),
    ("activity", "about"),
    ("attachment", "record"),
];

/// Standard objects that records of other objects may belong to.
const CUSTOMERS: [&str; 4] = ["account", "contact", "lead", "opportunity"];

/// How many references lie between, at most: a reading is of a metering point, that of a subscriber, who is an account.
const DEEPEST: usize = 3;

/// How many records are told of, at most: those that were made last, of each kind. As many comments, and as many
/// messages, again.
const MOST: usize = 5_000;

/// A field by which records of an object belong to others.
struct Link<'s> {
    from: &'s Object,
    field: u32,
}

/// By what records belong to those of an object.
fn links_of<'s>(reader: &'s Reader, to: &Object) -> Vec<Link<'s>> {
    let has_others = to.is_custom() || CUSTOMERS.contains(&to.name.as_str());
    let mut links = Vec::new();
    for from in reader.schema.objects() {
        for field in from.live_fields() {
            let belongs = match &field.kind {
                _ if !from.is_custom() => {
                    BELONGS.contains(&(from.name.as_str(), field.name.as_str()))
                        && field.kind.refers_to(&to.name)
                }
                // One that may name any record says nothing of belonging.
                FieldKind::Reference { to: names, .. } => has_others && names.contains(&to.name),
                _ => false,
            };
            if belongs {
                let field = field.number;
                links.push(Link { from, field });
            }
        }
    }
    links
}

/// The record and everything that belongs to it and that who reads sees.
pub(crate) fn of(reader: &Reader, id: RecordId) -> Result<Vec<RecordId>> {
    let mut members = vec![id];
    let mut known = HashSet::from([id]);
    let mut nearest = vec![id];
    let mut patience = Patience::new();
    let mut links_to: HashMap<Prefix, Vec<Link<'_>>> = HashMap::new();
    for _ in 0..DEEPEST {
        let mut next = Vec::new();
        for of in nearest {
            let object = reader.object_of(of)?;
            let links = links_to.entry(of.prefix());
            for link in links.or_insert_with(|| links_of(reader, object)) {
                let room = MOST.saturating_sub(known.len());
                let by = [(link.field, of)];
                for found in reader.last_referring(link.from, &by, room, &mut patience)? {
                    if known.insert(found) {
                        next.push(found);
                    }
                }
            }
        }
        members.extend(&next);
        nearest = next;
    }
    Ok(members)
}

/// The records of an object that name one of the members by these fields, those that were made last.
pub(crate) fn naming(
    reader: &Reader,
    object: &Object,
    fields: &[&Field],
    members: &[RecordId],
) -> Result<Vec<RecordId>> {
    let mut links = Vec::new();
    for member in members {
        let member_of = reader.object_of(*member)?;
        let name = fields
            .iter()
            .filter(|field| field.kind.refers_to(&member_of.name));
        links.extend(name.map(|field| (field.number, *member)));
    }
    reader.last_referring(object, &links, MOST, &mut Patience::new())
}
