//! What belongs to a customer?
//!
//! Its people and deals, what was done about each of them, their documents, and the records that plugins and
//! administrators have beside them. Found from reference to reference through the indexes, the nearest first; what lies
//! in the bin has left the customer, and comes back with its restoring.

use std::collections::{HashMap, HashSet};

use crate::error::Result;
use crate::query::Reader;
use crate::record::{Prefix, RecordId, Value};
use crate::schema::{FieldKind, Object};
use crate::store::{Direction, Span, spaces};

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

/// How many records are told of, at most: those that were made last, of each kind.
const MOST: usize = 5_000;

/// How many records are read to find those that somebody sees.
const MOST_JUDGED: usize = 20_000;

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
    let mut links_to: HashMap<Prefix, Vec<Link<'_>>> = HashMap::new();
    for _ in 0..DEEPEST {
        let mut next = Vec::new();
        for of in nearest {
            let object = reader.object_of(of)?;
            let links = links_to.entry(of.prefix());
            for link in links.or_insert_with(|| links_of(reader, object)) {
                let room = MOST.saturating_sub(known.len());
                for found in last_referring(reader, link, of, room)? {
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

/// The records whose field names one, at most so many, the one that was made last first.
fn last_referring(
    reader: &Reader,
    link: &Link<'_>,
    to: RecordId,
    most: usize,
) -> Result<Vec<RecordId>> {
    let mut key = spaces::of_field(spaces::INDEX, link.from.number, link.field);
    spaces::push_indexed(&mut key, Some(&Value::Reference(to)));
    let mut span = Span::prefix(&key);
    let seeing = reader.seeing.as_ref();
    let sees_all = seeing.is_none_or(|seeing| seeing.reads_all(link.from.prefix()));
    let (mut ids, mut judged) = (Vec::new(), 0);
    while ids.len() < most && judged < MOST_JUDGED {
        let asked = most - ids.len();
        let found = reader.snapshot.list(&span, Direction::Backward, asked)?;
        judged += found.len();
        for number in found.iter().filter_map(|(key, _)| spaces::id_at_end(key)) {
            let id = RecordId::new(link.from.prefix(), number);
            if sees_all || reader.get_stored(id)?.is_some() {
                ids.push(id);
            }
        }
        match found.last_key() {
            Some(last) if found.len() == asked => span = span.beyond(last, Direction::Backward),
            _ => break,
        }
    }
    Ok(ids)
}
