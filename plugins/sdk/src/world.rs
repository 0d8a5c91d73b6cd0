//! What does a test's host answer? Records, query answers and kept values that a test lays down
//! before it calls a plugin, for its own thread.
//!
//! A query is not understood here: a test says which records it finds.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::columns::{Kind, Value, Writer};
use crate::records::{Got, Page, Query, ReadError, Selected};

/// A record of a test: its id, and its fields.
type Laid = (String, BTreeMap<String, Value>);

#[derive(Default)]
struct World {
    /// By object.
    records: BTreeMap<String, Vec<Laid>>,
    /// The ids that a filter finds, by object and filter.
    found: BTreeMap<(String, String), Vec<String>>,
    store: BTreeMap<String, Vec<u8>>,
    drawn: u64,
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::default();
}

fn with<T>(ask: impl FnOnce(&mut World) -> T) -> T {
    WORLD.with_borrow_mut(ask)
}

/// Takes away what was laid down before.
pub fn clear() {
    with(|world| *world = World::default());
}

/// Lays a record down.
pub fn record(object: &str, id: &str, fields: &[(&str, Value)]) {
    let named = fields.iter();
    let named = named.map(|(name, value)| ((*name).to_owned(), value.clone()));
    let laid = (id.to_owned(), named.collect());
    with(|world| {
        world
            .records
            .entry(object.to_owned())
            .or_default()
            .push(laid);
    });
}

/// Says which records a filter finds, in their order.
pub fn finds(object: &str, filter: &str, ids: &[&str]) {
    let ids = ids.iter().map(|id| (*id).to_owned()).collect();
    let key = (object.to_owned(), filter.to_owned());
    with(|world| drop(world.found.insert(key, ids)));
}

/// Keeps a value, as an earlier answer would have.
pub fn keep(key: &str, value: &[u8]) {
    with(|world| drop(world.store.insert(key.to_owned(), value.to_vec())));
}

pub(crate) fn random() -> u64 {
    with(|world| {
        world.drawn += 1;
        world.drawn
    })
}

pub(crate) fn kept(key: &str) -> Option<Vec<u8>> {
    with(|world| world.store.get(key).cloned())
}

pub(crate) fn kept_under(prefix: &str, after: Option<&str>, limit: u32) -> Vec<(String, Vec<u8>)> {
    with(|world| {
        let entries = world.store.iter();
        let entries = entries.filter(|(key, _)| {
            key.starts_with(prefix) && after.is_none_or(|after| key.as_str() > after)
        });
        let taken = entries.take(limit as usize);
        taken
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    })
}

pub(crate) fn get(object: &str, ids: &[&str], fields: &[&str]) -> Result<Got, ReadError> {
    with(|world| {
        let known = world.records.get(object).map_or(&[][..], Vec::as_slice);
        let rows: Vec<Option<&Laid>> = ids
            .iter()
            .map(|id| known.iter().find(|(other, _)| other == id))
            .collect();
        Ok(Got {
            found: rows.iter().map(Option::is_some).collect(),
            selected: selected(object, fields, &rows)?,
        })
    })
}

pub(crate) fn count(object: &str, filter: &str) -> Result<u64, ReadError> {
    with(|world| Ok(found(world, object, filter)?.len() as u64))
}

pub(crate) fn query(query: &Query<'_>) -> Result<Page, ReadError> {
    with(|world| {
        let rows = found(world, query.object, query.filter)?;
        let rows: Vec<Option<&Laid>> = rows.into_iter().map(Some).collect();
        Ok(Page {
            selected: selected(query.object, query.fields, &rows)?,
            next: None,
        })
    })
}

fn found<'w>(world: &'w World, object: &str, filter: &str) -> Result<Vec<&'w Laid>, ReadError> {
    let key = (object.to_owned(), filter.to_owned());
    let Some(ids) = world.found.get(&key) else {
        let what = format!("the test does not say what {filter} finds among {object}");
        return Err(ReadError::Unknown(what));
    };
    let known = world.records.get(object).map_or(&[][..], Vec::as_slice);
    let laid = ids.iter();
    Ok(laid
        .filter_map(|id| known.iter().find(|(other, _)| other == id))
        .collect())
}

fn selected(object: &str, fields: &[&str], rows: &[Option<&Laid>]) -> Result<Selected, ReadError> {
    let mut values = Writer::default();
    let mut kinds = Vec::with_capacity(fields.len());
    for field in fields {
        let of = |row: &Option<&Laid>| -> Option<Value> {
            let (id, fields) = (*row)?;
            match *field {
                "id" => Some(Value::Text(id.clone())),
                _ => fields.get(*field).cloned(),
            }
        };
        let kind = rows
            .iter()
            .find_map(of)
            .map_or(Kind::Text, |value| kind_of(&value));
        for row in rows {
            values.push(kind, of(row).as_ref()).map_err(|_| {
                let what = format!("the test lays down values of several kinds as {field}");
                ReadError::Invalid(what)
            })?;
        }
        kinds.push(kind);
    }
    let batch = values.batch(u32::try_from(rows.len()).unwrap_or(u32::MAX));
    Ok(Selected::new(object, fields, kinds, batch))
}

fn kind_of(value: &Value) -> Kind {
    match value {
        Value::Boolean(_) => Kind::Boolean,
        Value::Integer(_) => Kind::Integer,
        Value::Decimal(_) => Kind::Decimal,
        Value::Date(_) => Kind::Date,
        Value::Instant(_) => Kind::Instant,
        Value::Duration(_) => Kind::Duration,
        Value::Text(_) => Kind::Text,
        Value::Money(_) => Kind::Money,
        Value::Structured(_) => Kind::Structured,
    }
}
