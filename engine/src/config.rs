//! Which schema and which hooks belong to a snapshot?
//!
//! Both are stored and change through the write path; every change raises a counter that each commit checks, so no
//! write is ever done under rules that were changed meanwhile.

mod first_records;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, OnceLock};

use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::hook::Registry;
use crate::install::{Definitions, Host};
use crate::journal::Position;
use crate::query::{Reader, live_records};
use crate::schema::{Field, Kept, Object, Schema, standard_schema};
use crate::search;
use crate::segment::Segments;
use crate::store::{Snapshot, spaces};
use crate::write::{Ask, Filling, Stored};

/// Schema and hooks at one value of the counter.
#[derive(Default)]
pub(crate) struct Config {
    pub(crate) counter: u64,
    pub(crate) schema: Arc<Schema>,
    /// Whether users see what their roles give them, and nothing else.
    pub(crate) enforces_access: bool,
    /// Plugins and scripts that run as users.
    pub(crate) runs_as: crate::access::Bindings,
    installed: Definitions,
    /// Who enters and leaves which sets of records.
    pub(crate) segments: Segments,
    /// Not the store's: it comes with the engine and is the same in each of its configs.
    host: Host,
    registry: OnceLock<Registry>,
}

/// The config that was read last, and the positions for which it is known to be right without a look at the store.
#[derive(Default)]
pub(crate) struct Held {
    config: Arc<Config>,
    positions: Option<(Position, Position)>,
}

impl Held {
    /// The config of a position, when that is known.
    pub(crate) fn at(&self, position: Position) -> Option<Arc<Config>> {
        let (first, last) = self.positions?;
        (first..=last)
            .contains(&position)
            .then(|| self.config.clone())
    }

    /// The config of a position at which the counter had this value. The counter only grows: between two positions of
    /// one value it had no other.
    pub(crate) fn extend(&mut self, counter: u64, position: Position) -> Option<Arc<Config>> {
        let (first, last) = self.positions.filter(|_| self.config.counter == counter)?;
        self.positions = Some((first.min(position), last.max(position)));
        Some(self.config.clone())
    }

    /// Takes a config that was read at a position, unless a newer one is held.
    pub(crate) fn put(&mut self, config: &Arc<Config>, position: Position) {
        if self.extend(config.counter, position).is_none()
            && (self.positions.is_none() || self.config.counter < config.counter)
        {
            self.config = config.clone();
            self.positions = Some((position, position));
        }
    }
}

impl Config {
    pub(crate) fn counter(snapshot: &Snapshot) -> Result<u64> {
        let bytes = snapshot.get(&[spaces::CONFIG])?;
        Ok(bytes
            .and_then(|bytes| bytes.try_into().ok())
            .map_or(0, u64::from_be_bytes))
    }

    pub(crate) fn load(snapshot: &Snapshot, counter: u64, host: &Host) -> Result<Self> {
        let mut schema = Schema::default();
        snapshot.scan_all(&[spaces::SCHEMA], |_, bytes| {
            let object: Object = serde_json::from_slice(bytes).map_err(|error| {
                Error::new(
                    ErrorKind::Damaged,
                    "a stored object of the schema cannot be read",
                )
                .hint("open the store with a newer engine, or run `peyvand check`")
                .because(error)
            })?;
            schema.put(object);
            Ok::<_, Error>(ControlFlow::Continue(()))
        })?;
        let reader = Reader {
            snapshot: snapshot.clone(),
            schema: Arc::new(schema),
            rehearsed: None,
            seeing: None,
        };
        Ok(Self {
            counter,
            segments: Segments::load(&reader, &BTreeMap::new())?,
            schema: reader.schema,
            enforces_access: crate::access::is_enforced(snapshot)?,
            runs_as: crate::access::bindings(snapshot)?,
            installed: Definitions::load(snapshot)?,
            host: host.clone(),
            registry: OnceLock::new(),
        })
    }

    /// The hooks, made when they are first needed: who only reads never compiles a plugin.
    pub(crate) fn registry(&self) -> &Registry {
        self.registry
            .get_or_init(|| self.installed.registry(&self.schema, &self.host))
    }
}

/// Writes the standard schema into a new store, and adds to an old one what a newer engine's has more.
pub(crate) fn found(engine: &Engine) -> Result<()> {
    let (reader, _) = engine.read()?;
    let filled = spaces::named(spaces::DONE, search::FILLED);
    let is_filled = reader
        .snapshot
        .get(&filled)?
        .is_some_and(|left| left.is_empty());
    let mut stamps = Vec::new();
    let mut objects = Vec::new();
    for standard in standard_schema().objects() {
        let stored = reader.schema.object(&standard.name);
        let Some(mut object) = merged(standard, stored, !is_filled) else {
            continue;
        };
        let gained = object.gained_indexes(stored.map(AsRef::as_ref));
        let gained: Vec<Kept> = gained.map(|index| Kept::Index(index.number)).collect();
        for kept in gained {
            if stored.is_some() && live_records(&reader, &object)? > 0 {
                object.set_filling(kept, true);
                stamps.push(Filling::prefix(object.number, kept));
            }
        }
        objects.push(object);
    }
    let mut entries: Vec<_> = objects
        .into_iter()
        .map(|object| {
            (
                spaces::of_object(spaces::SCHEMA, object.number),
                serde_json::to_vec(&object).ok(),
            )
        })
        .collect();
    if reader.schema.object("notification").is_none() && engine.position() > Position::START {
        // Nobody is told of what happened before there were notifications.
        entries.push(crate::notification::starts_at(engine.position()));
    }
    if reader.schema.objects().next().is_none() {
        // A new store has no records to be found.
        entries.push((filled, Some(Vec::new())));
    }
    drop(reader);
    let session = engine.session();
    if !entries.is_empty() {
        let stored = Stored {
            what: "the standard schema".to_owned(),
            entries,
            stamps,
            config: true,
            ..Stored::default()
        };
        let _ = session.ask(Ask::Stored(stored))?;
    }
    search::fill(engine)?;
    first_records::write(engine)?;
    engine.fill_totals()
}

/// The stored object with the standard fields and indexes, and the names of standard options, that it lacks; none when it lacks
/// nothing. In a store from before there was a search, standard fields become searchable.
fn merged(standard: &Object, stored: Option<&Arc<Object>>, found_by_words: bool) -> Option<Object> {
    let Some(stored) = stored else {
        return Some(standard.clone());
    };
    let lacking: Vec<_> = standard
        .fields
        .iter()
        .filter(|field| stored.field_by_number(field.number).is_none())
        .cloned()
        .collect();
    let unnamed = |field: &Field| {
        let named = standard.field_by_number(field.number)?;
        (field.option_labels.is_empty() && !named.option_labels.is_empty())
            .then(|| named.option_labels.clone())
    };
    let weight = |field: &Field| {
        let standard = standard.field_by_number(field.number)?;
        (found_by_words && field.searchable != standard.searchable).then_some(standard.searchable)
    };
    let mut fields = stored.fields.iter();
    let unindexed = standard.gained_indexes(Some(stored));
    let unindexed: Vec<_> = unindexed.cloned().collect();
    if lacking.is_empty()
        && unindexed.is_empty()
        && !fields.any(|field| unnamed(field).is_some() || weight(field).is_some())
    {
        return None;
    }
    let mut object = (**stored).clone();
    for field in &mut object.fields {
        if let Some(names) = unnamed(field) {
            field.option_labels = names;
        }
        if let Some(weight) = weight(field) {
            field.searchable = weight;
        }
    }
    object.indexes.extend(unindexed);
    object.fields.extend(lacking);
    object.fields.sort_by_key(|field| field.number);
    Some(object)
}
