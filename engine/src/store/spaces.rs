//! Where does each kind of entry live?
//!
//! The one table of the store's key layout. Every key begins with its space; what follows is written with the
//! order-preserving encoders of `keys.rs`. Golden vectors in the tests freeze it.
//!
//! | space | key after it | value |
//! | --- | --- | --- |
//! | `CONFIG` | – | a counter that every change of schema, plugins, scripts or settings raises |
//! | `SCHEMA` | object u32 | the object, JSON |
//! | `PLUGIN` | id text | manifest, state and settings, JSON |
//! | `PLUGIN_BYTES` | id text, part u32 | 32 KiB of the component |
//! | `SCRIPT` | name text | the script and its versions, JSON |
//! | `ACCESS` | – | a counter that every change of what somebody may do raises |
//! | `ACCESS` | `enforced` | there while access is enforced |
//! | `ACCESS` | `as ` and a plugin or script, text | the user as whom it runs, and it again, text |
//! | `SETTING` | name text | a setting of the workspace |
//! | `TRUSTED` | public key text | a key that plugins may be signed with, JSON |
//! | `RECORD` | object u32, id u128 | the record |
//! | `BIN` | object u32, id u128 | the record and how it was deleted |
//! | `INDEX` | object u32, field u32, value, id u128 | the tag of `access/tag.rs`, or nothing |
//! | `INDEX` | object u32, index of several fields u32 with its first bit set, their values, id u128 | the same |
//! | `POSTING` | object u32, word text, rank u8, id u128, field u32 | – |
//! | `MEMBER` | object u32, segment u128, id u128 | – |
//! | `UNIQUE` | object u32, field u32, folded text | id u128 |
//! | `ROLLUP` | object u32, id u128, field u32 | a total of the backend, a maximum, or a least or greatest value i128 |
//! | `MEMBERS` | segment u128 | a total of the backend: who is in it |
//! | `COUNT` | object u32 | a total of the backend: live records |
//! | `BILL` | plugin or script text, day u32 since 1970, measure u8 | a total of the backend, or a maximum |
//! | `LIVE_TOTAL` | object u32, total u32, column u8, its keys, of some columns a value i128 | a total of the backend |
//! | `FILL` | object u32, rollup, total or index as 0, 1 or 2, its field or number u32, position u64 from which on it is kept | the last id that is counted, u128, or nothing |
//! | `GUARD` | object u32, id u128 | raised by every new reference that would restrict or follow a delete |
//! | `WATCH` | object u32 | raised by every change of a record, where hooks look for records of the object |
//! | `HISTORY` | object u32, id u128, position u64 | – |
//! | `ERASED` | object u32, id u128 | when it was erased, microseconds i64 |
//! | `DONE` | idempotency key text | position and ids, JSON |
//! | `QUEUE` | position u64 | follow-ups that wait |
//! | `RAN` | plugin and workflow text | the day on which a daily workflow ran last |
//! | `CURSOR` | name text | the position u64 up to which a subscriber has heard everything |
//! | `RUN` | name text, position u64 | – : a commit of an import or of another work of several commits |
//! | `KEPT` | plugin text, the plugin's own key | what it keeps there |
//! | `KEPT_TOTAL` | plugin text | a total of the backend: its keys and their bytes |
//! | `KEPT_GUARD` | plugin text | raised by every write to its keys |
//! | `REQUEST` | idempotency key text | a request to another system that waits, JSON |
//! | `REPLY` | idempotency key text | what another system answered and nobody heard yet, JSON |

use super::keys::{
    end_text, push_char, push_i64, push_text, push_u32, push_u64, take_text, take_u32,
};
use crate::journal::Subject;
use crate::record::Value;

pub(crate) const CONFIG: u8 = 0x01;
pub(crate) const SCHEMA: u8 = 0x02;
pub(crate) const PLUGIN: u8 = 0x04;
pub(crate) const PLUGIN_BYTES: u8 = 0x05;
pub(crate) const SCRIPT: u8 = 0x06;
pub(crate) const ACCESS: u8 = 0x07;
pub(crate) const SETTING: u8 = 0x09;
#[cfg(feature = "wasm")]
pub(crate) const TRUSTED: u8 = 0x0a;
pub(crate) const RECORD: u8 = 0x10;
pub(crate) const BIN: u8 = 0x11;
pub(crate) const INDEX: u8 = 0x20;
pub(crate) const UNIQUE: u8 = 0x21;
pub(crate) const POSTING: u8 = 0x22;
pub(crate) const MEMBER: u8 = 0x23;
pub(crate) const ROLLUP: u8 = 0x30;
pub(crate) const COUNT: u8 = 0x31;
pub(crate) const GUARD: u8 = 0x32;
pub(crate) const BILL: u8 = 0x34;
pub(crate) const WATCH: u8 = 0x33;
pub(crate) const MEMBERS: u8 = 0x35;
pub(crate) const LIVE_TOTAL: u8 = 0x36;
pub(crate) const FILL: u8 = 0x37;
pub(crate) const HISTORY: u8 = 0x40;
pub(crate) const ERASED: u8 = 0x41;
pub(crate) const DONE: u8 = 0x50;
pub(crate) const QUEUE: u8 = 0x51;
pub(crate) const RAN: u8 = 0x52;
pub(crate) const CURSOR: u8 = 0x53;
pub(crate) const RUN: u8 = 0x54;
pub(crate) const KEPT: u8 = 0x60;
pub(crate) const KEPT_TOTAL: u8 = 0x61;
pub(crate) const KEPT_GUARD: u8 = 0x62;
pub(crate) const REQUEST: u8 = 0x63;
#[cfg(feature = "wasm")]
pub(crate) const REPLY: u8 = 0x64;

/// How much of a long text is kept in an index entry, in bytes of folded text.
const INDEXED_TEXT: usize = 160;

pub(crate) fn named(space: u8, name: &str) -> Vec<u8> {
    let mut key = vec![space];
    push_text(&mut key, name);
    key
}

pub(crate) fn of_object(space: u8, object: u32) -> Vec<u8> {
    let mut key = Vec::with_capacity(48);
    key.push(space);
    push_u32(&mut key, object);
    key
}

pub(crate) fn of_record(space: u8, object: u32, id: u128) -> Vec<u8> {
    // With room for what may follow: a field, or a position.
    let mut key = Vec::with_capacity(1 + 4 + 16 + 8);
    key.push(space);
    push_u32(&mut key, object);
    key.extend_from_slice(&id.to_be_bytes());
    key
}

/// As [`of_record`] of a live record, for those who read many.
pub(crate) fn record(object: u32, id: u128) -> [u8; 21] {
    let mut key = [RECORD; 21];
    let (start, end) = key.split_at_mut(5);
    if let Some(place) = start.last_chunk_mut() {
        *place = object.to_be_bytes();
    }
    end.copy_from_slice(&id.to_be_bytes());
    key
}

pub(crate) fn of_field(space: u8, object: u32, field: u32) -> Vec<u8> {
    let mut key = of_object(space, object);
    push_u32(&mut key, field);
    key
}

pub(crate) fn rollup(object: u32, id: u128, field: u32) -> Vec<u8> {
    let mut key = of_record(ROLLUP, object, id);
    push_u32(&mut key, field);
    key
}

/// The beginning of the entries of one column of a live total.
pub(crate) fn live_total(object: u32, total: u32, column: u8) -> Vec<u8> {
    let mut key = of_field(LIVE_TOTAL, object, total);
    key.push(column);
    key
}

#[cfg(feature = "wasm")]
pub(crate) fn plugin_part(id: &str, part: u32) -> Vec<u8> {
    let mut key = named(PLUGIN_BYTES, id);
    push_u32(&mut key, part);
    key
}

/// One measure of what a plugin or script used on a day.
pub(crate) fn bill(owner: &str, day: u32, measure: u8) -> Vec<u8> {
    let mut key = named(BILL, owner);
    push_u32(&mut key, day);
    key.push(measure);
    key
}

/// Owner, day and measure of a key that [`bill`] made.
pub(crate) fn take_bill(key: &[u8]) -> Option<(String, u32, u8)> {
    let mut rest = key.strip_prefix(&[BILL])?;
    let (owner, day) = (take_text(&mut rest)?, take_u32(&mut rest)?);
    Some((owner, day, *rest.first()?))
}

/// What a plugin keeps under a key of its own. Its keys are in the order of their bytes.
pub(crate) fn kept(plugin: &str, key: &str) -> Vec<u8> {
    let mut whole = named(KEPT, plugin);
    whole.extend_from_slice(key.as_bytes());
    whole
}

pub(crate) fn queued(position: u64) -> Vec<u8> {
    let mut key = vec![QUEUE];
    push_u64(&mut key, position);
    key
}

/// The key of a record in a field's index: empty values come first.
pub(crate) fn index(object: u32, field: u32, value: Option<&Value>, id: u128) -> Vec<u8> {
    let mut key = Vec::with_capacity(1 + 4 + 4 + indexed_length(value) + 16);
    key.push(INDEX);
    push_u32(&mut key, object);
    push_u32(&mut key, field);
    push_indexed(&mut key, value);
    key.extend_from_slice(&id.to_be_bytes());
    key
}

/// An entry of an index of several fields, as [`index`].
pub(crate) fn index_of_several<'v>(
    object: u32,
    index: u32,
    values: impl Iterator<Item = Option<&'v Value>>,
    id: u128,
) -> Vec<u8> {
    let mut key = of_field(INDEX, object, index);
    values.for_each(|value| push_indexed(&mut key, value));
    key.reserve_exact(16);
    key.extend_from_slice(&id.to_be_bytes());
    key
}

/// What the keys of all members of a segment begin with.
pub(crate) fn members(object: u32, segment: u128) -> Vec<u8> {
    let mut key = Vec::with_capacity(1 + 4 + 16 + 16);
    key.push(MEMBER);
    push_u32(&mut key, object);
    key.extend_from_slice(&segment.to_be_bytes());
    key
}

/// A record that is in a segment.
pub(crate) fn member(object: u32, segment: u128, id: u128) -> Vec<u8> {
    let mut key = members(object, segment);
    key.extend_from_slice(&id.to_be_bytes());
    key
}

/// The segment of a key that [`member`] made.
pub(crate) fn segment_of(key: &[u8]) -> Option<u128> {
    let rest = key.strip_prefix(&[MEMBER])?.get(4..)?;
    rest.first_chunk::<16>()
        .map(|bytes| u128::from_be_bytes(*bytes))
}

/// How many are in a segment.
pub(crate) fn member_count(segment: u128) -> Vec<u8> {
    [&[MEMBERS][..], &segment.to_be_bytes()].concat()
}

/// What all postings of an object begin with whose words begin with this.
pub(crate) fn postings_under(object: u32, word: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(5 + word.len() + 2 + 21);
    key.push(POSTING);
    push_u32(&mut key, object);
    word.chars().for_each(|c| push_char(&mut key, c));
    key
}

/// A word by which a record is found. Read backward, the postings of a word come by rank, and of one rank the newest
/// record first.
pub(crate) fn posting(object: u32, word: &str, rank: u8, id: u128, field: u32) -> Vec<u8> {
    let mut key = postings_under(object, word);
    end_text(&mut key);
    key.push(rank);
    key.extend_from_slice(&id.to_be_bytes());
    push_u32(&mut key, field);
    key
}

/// What stands in a posting behind its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Posted {
    pub(crate) rank: u8,
    pub(crate) id: u128,
    pub(crate) field: u32,
}

/// The bytes of a posting behind its word.
pub(crate) const POSTED: usize = 1 + 16 + 4;

/// What a key that [`posting`] made says behind its word.
pub(crate) fn posted(key: &[u8]) -> Option<Posted> {
    let (rank, rest) = key.last_chunk::<POSTED>()?.split_first()?;
    let (id, field) = rest.split_first_chunk::<16>()?;
    Some(Posted {
        rank: *rank,
        id: u128::from_be_bytes(*id),
        field: u32::from_be_bytes(*field.first_chunk()?),
    })
}

/// The word of a key that [`posting`] made.
pub(crate) fn posted_word(key: &[u8]) -> Option<String> {
    take_text(&mut key.strip_prefix(&[POSTING])?.get(4..)?)
}

/// How many bytes an indexed value takes, or a little more: most keys are kept for long.
fn indexed_length(value: Option<&Value>) -> usize {
    let text = |length: usize| length.min(INDEXED_TEXT) + 2;
    1 + match value {
        None => 0,
        Some(Value::Boolean(_)) => 1,
        Some(
            Value::Integer(_)
            | Value::Duration(_)
            | Value::Decimal(_)
            | Value::Date(_)
            | Value::Instant(_),
        ) => 16,
        Some(Value::Money(_)) => 16 + 3,
        Some(Value::Reference(_)) => 8 + 2 + 16,
        Some(Value::Phone(phone)) => text(phone.raw.len()),
        Some(Value::Text(written)) => text(written.len()),
        Some(Value::File(file)) => text(file.name.len()),
        Some(Value::PersonName(_) | Value::Address(_) | Value::Options(_) | Value::Json(_)) => {
            text(32)
        }
    }
}

/// The bytes by which values are ordered in an index and compared in uniqueness.
pub(crate) fn push_indexed(key: &mut Vec<u8>, value: Option<&Value>) {
    let Some(value) = value else {
        key.push(0);
        return;
    };
    key.push(1);
    match value {
        Value::Integer(number) | Value::Duration(number) => push_i64(key, *number),
        Value::Decimal(number) => super::keys::push_i128(key, number.billionths()),
        Value::Boolean(yes) => super::keys::push_bool(key, *yes),
        Value::Date(day) => push_i64(key, i64::from(chrono::Datelike::num_days_from_ce(day))),
        Value::Instant(at) => push_i64(key, at.timestamp_micros()),
        Value::Money(money) => {
            super::keys::push_i128(key, money.amount.billionths());
            key.extend_from_slice(money.currency.code().as_bytes());
        }
        Value::Reference(id) => {
            push_text(key, id.prefix.as_str());
            key.extend_from_slice(&id.number.to_be_bytes());
        }
        Value::Phone(phone) => match &phone.e164 {
            Some(e164) => push_text(key, e164),
            None => push_text(key, &phone.key()),
        },
        Value::Text(text) => push_folded(key, text, INDEXED_TEXT),
        // A file is found by its name.
        Value::File(file) => push_folded(key, &file.name, INDEXED_TEXT),
        Value::PersonName(_) | Value::Address(_) | Value::Options(_) | Value::Json(_) => {
            push_folded(key, &value.to_string(), INDEXED_TEXT);
        }
    }
}

/// The bytes that end a text in a key.
pub(crate) const TEXT_END: usize = 2;

/// As much of a text's folded form as fits into so many bytes.
fn push_folded(key: &mut Vec<u8>, text: &str, most: usize) {
    let mut left = most;
    crate::locale::each_folded(text, |c| match left.checked_sub(c.len_utf8()) {
        Some(rest) => {
            push_char(key, c);
            left = rest;
        }
        None => left = 0,
    });
    end_text(key);
}

/// The key that keeps a value unique. Longer than an index entry: two long texts that begin alike are not the same.
pub(crate) fn unique(object: u32, field: u32, value: &Value) -> Vec<u8> {
    let mut key = of_field(UNIQUE, object, field);
    match value {
        Value::Text(text) => {
            key.reserve(text.len() + 2);
            push_folded(&mut key, text, usize::MAX);
        }
        other => push_indexed(&mut key, Some(other)),
    }
    key
}

/// Whose values an entry holds: what goes with the record when it is erased. Everything else names
/// records at most.
pub(crate) fn owner(key: &[u8], value: &[u8]) -> Option<Subject> {
    let (space, mut rest) = key.split_first()?;
    let object = take_u32(&mut rest)?;
    let id = match *space {
        RECORD | BIN | INDEX | MEMBER => id_at_end(key)?,
        POSTING => posted(key)?.id,
        UNIQUE => u128::from_be_bytes(value.try_into().ok()?),
        _ => return None,
    };
    Some(Subject { object, id })
}

/// The record that a key of these spaces names: `RECORD`, `BIN`, `HISTORY`, `ERASED`.
pub(crate) fn named_record(key: &[u8]) -> Option<Subject> {
    let mut rest = key.get(1..)?;
    let object = take_u32(&mut rest)?;
    let id = u128::from_be_bytes(*rest.first_chunk()?);
    Some(Subject { object, id })
}

/// The record id at the end of an index key.
pub(crate) fn id_at_end(key: &[u8]) -> Option<u128> {
    key.last_chunk::<16>()
        .map(|bytes| u128::from_be_bytes(*bytes))
}
