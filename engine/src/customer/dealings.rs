//! Who of us has dealt with this customer?

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::error::Result;
use crate::query::Reader;
use crate::record::{Prefix, Record, RecordId, Value};
use crate::schema::Field;
use crate::timeline;
use crate::view::Look;

/// A colleague and what he had to do with a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dealing {
    /// The user.
    pub user: RecordId,
    /// What he is called; his id where who asks may not see him.
    pub name: String,
    /// How often.
    pub times: u64,
    /// When last.
    pub last_at: DateTime<Utc>,
    /// What that was.
    pub last: RecordId,
    /// What that is called.
    pub last_title: String,
}

/// Something that a colleague did, and when.
type Deed = (RecordId, DateTime<Utc>);

/// All who had to do with a customer, the one who had last first.
pub(super) fn of(look: &Look, id: RecordId) -> Result<Vec<Dealing>> {
    let reader = &look.reader;
    if reader.get_stored(id)?.is_none() {
        return Ok(Vec::new());
    }
    let mut by_object: BTreeMap<Prefix, Vec<u128>> = BTreeMap::new();
    let members = timeline::members_of(reader, id)?;
    for member in members.iter().copied().chain(said_about(reader, &members)?) {
        let numbers = by_object.entry(member.prefix()).or_default();
        numbers.push(member.number());
    }
    let mut dealings: BTreeMap<RecordId, Dealing> = BTreeMap::new();
    for (prefix, mut numbers) in by_object {
        numbers.sort_unstable();
        numbers.dedup();
        for number in numbers {
            let Some(record) = reader.get_stored(RecordId::new(prefix, number))? else {
                continue;
            };
            let deeds = deeds(&record).into_iter().flatten();
            for deed in deeds.filter(|(_, at)| *at <= look.time.now) {
                count(&mut dealings, &record, deed);
            }
        }
    }
    let mut dealings: Vec<Dealing> = dealings.into_values().collect();
    for dealing in &mut dealings {
        let user = reader.get_stored(dealing.user)?;
        dealing.name = user.map_or_else(|| dealing.user.to_string(), |user| user.title());
    }
    dealings.sort_by_key(|dealing| (Reverse(dealing.last_at), dealing.user));
    Ok(dealings)
}

/// Comments on the members and messages about them.
fn said_about(reader: &Reader, members: &[RecordId]) -> Result<Vec<RecordId>> {
    let mut said = Vec::new();
    for (object, fields) in [
        ("comment", &["about"][..]),
        ("message", &["account", "contact", "lead", "opportunity"]),
    ] {
        let Some(object) = reader.schema.object(object) else {
            continue;
        };
        let fields = fields.iter().filter_map(|name| object.field(name));
        let fields: Vec<&Field> = fields.collect();
        said.extend(timeline::naming(reader, object, &fields, members)?);
    }
    Ok(said)
}

fn count(dealings: &mut BTreeMap<RecordId, Dealing>, record: &Record, (user, at): Deed) {
    let dealing = dealings.entry(user).or_insert_with(|| Dealing {
        user,
        name: String::new(),
        times: 0,
        last_at: at,
        last: record.id(),
        last_title: record.title(),
    });
    dealing.times += 1;
    if at > dealing.last_at {
        dealing.last_at = at;
        dealing.last = record.id();
        dealing.last_title = record.title();
    }
}

/// What a record says that users did. A customer who wrote to us, and what is still to be done, is nobody's deed.
fn deeds(record: &Record) -> [Option<Deed>; 2] {
    let user = |field: &str| match record.get(field)? {
        Value::Reference(id) => Some(*id),
        stamp => stamp.as_text()?.parse::<RecordId>().ok(),
    };
    let at = |field: &str| match record.get(field) {
        Some(Value::Instant(at)) => Some(*at),
        _ => None,
    };
    let of = |whose: &str, when: &str| {
        let whose = user(whose).or_else(|| user("created_by"));
        whose.zip(at(when).or_else(|| at("created_at")))
    };
    match record.object() {
        "activity" if record.text("status") == Some("done") => [of("owner", "at"), None],
        "activity" => [None, None],
        "comment" => [of("author", "created_at"), None],
        "message" if record.text("direction") == Some("outbound") => [of("owner", "at"), None],
        "message" => [None, None],
        _ => {
            let made = user("created_by").zip(at("created_at"));
            let changed = user("updated_by").zip(at("updated_at"));
            [made, changed.filter(|_| record.revision() > 1)]
        }
    }
}
