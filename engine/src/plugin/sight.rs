//! What does a guest see besides its batch?
//!
//! The state before the batch, as far as the plugin's rights reach, and so much of it as one call may read. What was
//! read is kept, so that the commit can check that it still holds.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::check::Source;
use super::columns::{Cell, Writer};
use super::contract::{Entry, Got, Kind, Page, QueryAsked, ReadError, Selection};
use super::grants::Grants;
use super::right::{Right, RightVerb};
use crate::error::{Error, ErrorKind};
use crate::hook::Reads;
use crate::query::{self, Filter, Operator, Query, QueryTime, Reader, SortKey, fields_named};
use crate::record::{Record, RecordId, Value};
use crate::schema::{FieldKind, Object, did_you_mean, leads_to};

/// Records that one call may be given, and those that it may have looked at for them.
const ROWS: u64 = 10_000;
const LOOKS: u64 = 100_000;
/// Entries of its own that one call may be given.
const ENTRIES: u32 = 1_000;

/// What one call of a guest may see.
pub(super) struct Sight {
    reader: Reader,
    time: QueryTime,
    grants: Arc<Grants>,
    rows_left: u64,
    looks_left: u64,
    /// What the host did since somebody asked: records looked at and bytes copied.
    looked: u64,
    copied: u64,
    reads: Reads,
}

/// A column that was asked for; without a source it may not be read.
struct Chosen {
    kind: Kind,
    source: Option<Source>,
}

type Asked<T> = wasmtime::Result<Result<T, ReadError>>;

impl ReadError {
    pub(super) fn into_message(self) -> String {
        match self {
            Self::NotGranted(what)
            | Self::Unknown(what)
            | Self::Invalid(what)
            | Self::TooMuch(what)
            | Self::Unavailable(what) => what,
        }
    }
}

/// Unpacks an answer that may be refused; what the store could not read stays an error of the host.
macro_rules! granted {
    ($answer:expr) => {
        match $answer {
            Ok(value) => value,
            Err(refused) => return Ok(Err(refused)),
        }
    };
}

impl Sight {
    pub(super) fn new(reader: Reader, time: QueryTime, grants: Arc<Grants>) -> Self {
        Self {
            reader,
            time,
            grants,
            rows_left: ROWS,
            looks_left: LOOKS,
            looked: 0,
            copied: 0,
            reads: Reads::default(),
        }
    }

    /// What was read, and how many records were given.
    pub(super) fn into_reads(self) -> (Reads, u64) {
        (self.reads, ROWS - self.rows_left)
    }

    /// The fuel for what the host did since the last question.
    pub(super) fn take_shown(&mut self, row: u64) -> u64 {
        let fuel = self.looked.saturating_mul(row).saturating_add(self.copied);
        (self.looked, self.copied) = (0, 0);
        fuel
    }

    pub(super) fn get(&mut self, object: &str, ids: &[String], fields: &[String]) -> Asked<Got> {
        let object = granted!(self.object(object));
        let chosen = granted!(self.choose(&object, fields));
        granted!(self.take_rows(ids.len() as u64));
        let mut numbers = Vec::with_capacity(ids.len());
        for id in ids {
            match id.parse::<RecordId>() {
                Ok(id) if id.prefix == object.prefix => {
                    self.reads.records.insert(id);
                    self.note_totals(id, &chosen, &object);
                    numbers.push(id.number);
                }
                _ => {
                    let what = format!("'{id}' is not the id of a {}", object.name);
                    return Ok(Err(ReadError::Invalid(what)));
                }
            }
        }
        self.looked += numbers.len() as u64;
        let records = self.reader.get_many(&object, &numbers).map_err(broken)?;
        let found = records.iter().map(|record| u8::from(record.is_some()));
        Ok(Ok(Got {
            found: found.collect(),
            selected: self.select(&chosen, &records)?,
        }))
    }

    pub(super) fn query(&mut self, asked: QueryAsked) -> Asked<Page> {
        let object = granted!(self.object(&asked.object));
        let chosen = granted!(self.choose(&object, &asked.fields));
        let filter = granted!(invalid(Filter::parse(&asked.filter)));
        let sort = match asked.sort.trim() {
            "" => Vec::new(),
            keys => granted!(invalid(SortKey::parse_list(keys))),
        };
        let mut names: BTreeSet<&str> = asked.fields.iter().map(String::as_str).collect();
        granted!(self.may_ask(&object, &filter, &sort, &mut names));
        granted!(self.take_rows(u64::from(asked.limit)));
        self.note_search(&object, &filter, &names);
        let query = Query {
            filter,
            sort,
            limit: asked.limit as usize,
            after: asked.after,
            ..Query::new(&object.name)
        };
        let before = self.looks_left;
        let page = query::run_within(&self.reader, &query, &self.time, &mut self.looks_left);
        self.looked += before - self.looks_left;
        let page = granted!(self.answered(page)?);
        // Counted are those that were given.
        self.rows_left += u64::from(asked.limit).saturating_sub(page.records.len() as u64);
        let records: Vec<Option<Record>> = page.records.into_iter().map(Some).collect();
        Ok(Ok(Page {
            selected: self.select(&chosen, &records)?,
            next: page.next,
        }))
    }

    pub(super) fn count(&mut self, object: &str, filter: &str) -> Asked<u64> {
        let object = granted!(self.object(object));
        let filter = granted!(invalid(Filter::parse(filter)));
        let mut names = BTreeSet::new();
        granted!(self.may_ask(&object, &filter, &[], &mut names));
        self.note_search(&object, &filter, &names);
        let before = self.looks_left;
        let left = &mut self.looks_left;
        let count = query::count_within(&self.reader, &object.name, &filter, &self.time, left);
        self.looked += before - self.looks_left;
        self.answered(count)
    }

    pub(super) fn kept(&mut self, key: &str) -> Asked<Option<Vec<u8>>> {
        let mark = (self.grants.plugin().to_string(), key.to_owned());
        self.reads.kept.insert(mark);
        let value = self
            .reader
            .kept(self.grants.plugin(), key)
            .map_err(broken)?;
        self.looked += 1;
        self.copied += value.as_ref().map_or(0, Vec::len) as u64;
        Ok(Ok(value))
    }

    pub(super) fn kept_under(
        &mut self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Asked<Vec<Entry>> {
        if !(1..=ENTRIES).contains(&limit) {
            let what =
                format!("it asked for {limit} entries of its store; 1 to {ENTRIES} are given");
            return Ok(Err(ReadError::Invalid(what)));
        }
        self.reads.stores.insert(self.grants.plugin().to_string());
        let entries = self
            .reader
            .kept_under(self.grants.plugin(), prefix, after, limit as usize)
            .map_err(broken)?;
        self.looked += entries.len() as u64;
        let entries = entries.into_iter().map(|(key, value)| {
            self.copied += (key.len() + value.len()) as u64;
            Entry { key, value }
        });
        Ok(Ok(entries.collect()))
    }

    fn object(&self, name: &str) -> Result<Arc<Object>, ReadError> {
        let schema = &self.reader.schema;
        let Some(object) = schema.object(name) else {
            let near = did_you_mean(name, schema.objects().map(|object| object.name.as_str()));
            return Err(ReadError::Unknown(format!(
                "there is no object '{name}'{near}"
            )));
        };
        if !self.grants.rights().may_see(name) {
            let missing = self.missing(name, None);
            return Err(ReadError::NotGranted(format!(
                "plugin {} may not read records of {name}, {missing}",
                self.grants.plugin()
            )));
        }
        Ok(object.clone())
    }

    fn missing(&self, object: &str, field: Option<&str>) -> String {
        let right = Right::record(RightVerb::Read, object, field);
        self.grants.missing(&right)
    }

    fn choose(&self, object: &Object, fields: &[String]) -> Result<Vec<Chosen>, ReadError> {
        // One name a thousand times is a thousand columns of the host's memory. Besides fields there are id and revision.
        let most = object.fields.len() + 2;
        if fields.len() > most {
            return Err(ReadError::TooMuch(format!(
                "{} columns of {} are asked for, which has {most}; ask for each once",
                fields.len(),
                object.name
            )));
        }
        let choose = |name: &String| {
            let (kind, source) = match name.as_str() {
                "id" => (Kind::Text, Source::Id),
                "revision" => (Kind::Integer, Source::Revision),
                name => {
                    let field = object
                        .field(name)
                        .ok_or_else(|| ReadError::Unknown(object.unknown_field(name)))?;
                    (Kind::of(&field.kind), Source::Field(field.number))
                }
            };
            let may = self.grants.rights().may_read(&object.name, name);
            let source = may.then_some(source);
            Ok(Chosen { kind, source })
        };
        fields.iter().map(choose).collect()
    }

    /// Whether every field that the question turns on may be read: an answer would tell of it.
    fn may_ask<'n>(
        &self,
        object: &Arc<Object>,
        filter: &'n Filter,
        sort: &'n [SortKey],
        names: &mut BTreeSet<&'n str>,
    ) -> Result<(), ReadError> {
        let mut asked = BTreeSet::new();
        filter.each_field(&mut |name| {
            asked.insert(name);
        });
        asked.extend(sort.iter().map(|key| key.field.as_str()));
        self.may_climb(object, filter)?;
        for name in &asked {
            if name.contains('.') {
                self.may_follow(object, name)?;
                continue;
            }
            if !matches!(*name, "id" | "revision") && object.field(name).is_none() {
                return Err(ReadError::Unknown(object.unknown_field(name)));
            }
            if !self.grants.rights().may_read(&object.name, name) {
                let missing = self.missing(&object.name, Some(name));
                return Err(ReadError::NotGranted(format!(
                    "plugin {} may not filter or sort by {}.{name}, {missing}",
                    self.grants.plugin(),
                    object.name
                )));
            }
        }
        names.extend(asked);
        Ok(())
    }

    /// The same of a path: each reference on it, and what it leads to.
    fn may_follow(&self, object: &Arc<Object>, path: &str) -> Result<(), ReadError> {
        let named = fields_named(object, path, &self.reader.schema);
        if named.is_empty() {
            let what = format!("'{path}' leads to no field from {}", object.name);
            return Err(ReadError::Unknown(what));
        }
        let mut named = named.iter();
        named.try_for_each(|(object, field)| self.may_go_by(object, field, path))
    }

    fn may_go_by(&self, object: &Object, field: &str, path: &str) -> Result<(), ReadError> {
        let rights = self.grants.rights();
        if rights.may_see(&object.name) && rights.may_read(&object.name, field) {
            return Ok(());
        }
        let missing = self.missing(&object.name, Some(field));
        Err(ReadError::NotGranted(format!(
            "plugin {} may not filter or sort by {path}, for which it needs {}.{field}, {missing}",
            self.grants.plugin(),
            object.name
        )))
    }

    /// The same of the references by which `under` climbs.
    fn may_climb(&self, object: &Arc<Object>, filter: &Filter) -> Result<(), ReadError> {
        for (tree, path) in self.trees(object, filter) {
            if let Some(above) = tree.above() {
                self.may_go_by(&tree, &above.name, path)?;
            }
        }
        Ok(())
    }

    /// The objects whose records `under` climbs, and what it is asked of.
    fn trees<'f>(&self, object: &Arc<Object>, filter: &'f Filter) -> Vec<(Arc<Object>, &'f str)> {
        let schema = &self.reader.schema;
        let mut trees = Vec::new();
        filter.each_condition(&mut |condition| {
            if condition.operator != Operator::Under {
                return;
            }
            let path = condition.field.as_str();
            let last = path.rsplit('.').next().unwrap_or(path);
            let named = fields_named(object, path, schema).into_iter();
            for (object, field) in named.filter(|(_, field)| *field == last) {
                let kind = object.field(field).map(|field| &field.kind);
                let leads = |to: &&Arc<Object>| match kind {
                    Some(FieldKind::Reference { to: names, .. }) => leads_to(names, &to.name),
                    _ => to.name == object.name,
                };
                trees.extend(
                    schema
                        .objects()
                        .filter(leads)
                        .map(|tree| (tree.clone(), path)),
                );
            }
        });
        trees
    }

    fn take_rows(&mut self, rows: u64) -> Result<(), ReadError> {
        match self.rows_left.checked_sub(rows) {
            Some(left) => {
                self.rows_left = left;
                Ok(())
            }
            None => Err(ReadError::TooMuch(format!(
                "a call may read {ROWS} records; it has {} left and asked for {rows}",
                self.rows_left
            ))),
        }
    }

    fn note_totals(&mut self, id: RecordId, chosen: &[Chosen], object: &Object) {
        for column in chosen {
            if let Some(Source::Field(number)) = column.source
                && object
                    .field_by_number(number)
                    .is_some_and(|field| field.is_rollup())
            {
                self.reads.totals.insert((id, number));
            }
        }
    }

    /// No record of the object may change that the search could have found; a total changes with what it adds up.
    fn note_search(&mut self, object: &Arc<Object>, filter: &Filter, names: &BTreeSet<&str>) {
        self.reads.objects.insert(object.number);
        let trees = self.trees(object, filter).into_iter();
        let trees = trees.filter(|(tree, _)| tree.above().is_some());
        self.reads
            .objects
            .extend(trees.map(|(tree, _)| tree.number));
        for path in names {
            for (object, name) in fields_named(object, path, &self.reader.schema) {
                self.reads.objects.insert(object.number);
                if let Some(FieldKind::Rollup(rollup)) = object.field(name).map(|field| &field.kind)
                    && let Some(child) = self.reader.schema.object(&rollup.child)
                {
                    self.reads.objects.insert(child.number);
                }
            }
        }
    }

    /// What a query answered: what is wrong with the question is the guest's to know, all else the host's.
    fn answered<T>(&self, answer: Result<T, Error>) -> Asked<T> {
        match answer {
            Ok(answer) => Ok(Ok(answer)),
            Err(_) if self.looks_left == 0 => Ok(Err(ReadError::TooMuch(format!(
                "a call may look at {LOOKS} records; filter by an indexed field that leads to fewer"
            )))),
            Err(error) if is_of_question(error.kind()) => {
                Ok(Err(ReadError::Invalid(error.to_string())))
            }
            Err(error) => Err(broken(error)),
        }
    }

    fn select(
        &mut self,
        chosen: &[Chosen],
        records: &[Option<Record>],
    ) -> wasmtime::Result<Selection> {
        let mut writer = Writer::default();
        for column in chosen {
            for record in records {
                let own;
                let value = match (record, column.source) {
                    (Some(record), Some(Source::Id)) => {
                        own = Value::Reference(record.id());
                        Some(&own)
                    }
                    (Some(record), Some(Source::Revision)) => {
                        own = Value::Integer(i64::try_from(record.revision()).unwrap_or(i64::MAX));
                        Some(&own)
                    }
                    (Some(record), Some(Source::Field(number))) => record.value(number),
                    _ => None,
                };
                let cell = value.and_then(|value| Cell::of(column.kind, value));
                let pushed = writer.push(column.kind, cell.as_ref());
                pushed.map_err(|_| wasmtime::Error::msg("the records are longer than a batch"))?;
            }
        }
        let rows = writer.batch(u32::try_from(records.len()).unwrap_or(u32::MAX));
        self.copied += (rows.cells.len() + rows.present.len() + rows.text.len()) as u64;
        Ok(Selection {
            kinds: chosen.iter().map(|column| column.kind).collect(),
            rows,
        })
    }
}

fn is_of_question(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Invalid | ErrorKind::NotFound | ErrorKind::Query
    )
}

fn invalid<T>(read: Result<T, Error>) -> Result<T, ReadError> {
    read.map_err(|error| ReadError::Invalid(error.to_string()))
}

/// The store failed the guest: no fault of the guest's, and no answer to it.
fn broken(error: Error) -> wasmtime::Error {
    wasmtime::Error::msg(error.to_string())
}
