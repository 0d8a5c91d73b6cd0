//! What do the records ask for in indexes, uniqueness, totals and other records, and is it there?
//!
//! Every record pushes the entries that it asks for into a sorter; sorted, they are compared with
//! what the store holds in one pass, so that neither side has to fit into memory.

use std::collections::BTreeMap;
use std::iter::Peekable;

use super::{Checked, MOST_PROBLEMS};
use crate::error::Result;
use crate::query::Reader;
use crate::record::{Record, RecordId, Value};
use crate::schema::{FieldKind, OnDelete, Schema};
use crate::search::postings_of_record;
use crate::segment::{self, Listed, Segments};
use crate::store::runs::{Merged, Scratch, Sorter};
use crate::store::{Row, StoreError, keys, rows_under, spaces};
use crate::write::{Adds, contributions, index_entries, live_contributions};

/// Memory of each of the two sorters.
const MEMORY: usize = 96 * 1024 * 1024;
/// So many referred records are looked up at a time.
const LOOKED_UP: usize = 500;
/// So many wrong totals are named.
const NAMED: usize = 3;

/// What one record asks of one entry, as it is pushed.
const PLAIN: u8 = 0;
const SUM: u8 = 1;
const LATEST: u8 = 2;
const LEAST: u8 = 3;
const GREATEST: u8 = 4;
const TAG: u8 = 5;

/// What the records ask for.
pub(super) struct Expected {
    /// Entries of indexes, uniqueness and totals, by their keys in the store.
    entries: Sorter,
    /// References without which a record may not be: under the key of the record that must be
    /// there, the one that refers to it.
    references: Sorter,
    segments: Segments,
    listed: BTreeMap<u32, Listed>,
}

impl Expected {
    pub(super) fn new(scratch: Option<Scratch>, reader: &Reader) -> Result<Self> {
        Ok(Expected {
            entries: Sorter::new(scratch.clone(), MEMORY),
            references: Sorter::new(scratch, MEMORY),
            segments: Segments::load(reader, &BTreeMap::new())?,
            listed: segment::listed(reader)?,
        })
    }

    pub(super) fn add(&mut self, reader: &Reader, record: &Record) -> Result<()> {
        let (object, id) = (&record.object, record.id.number);
        let (keys, tag) = index_entries(object, record);
        let tag = [&[TAG], tag.as_slice()].concat();
        for key in keys {
            self.ask(&key, &tag)?;
        }
        self.add_membership(record)?;
        for key in postings_of_record(object, record) {
            self.ask(&key, &[PLAIN])?;
        }
        for field in object.live_fields().filter(|field| field.unique) {
            if let Some(value) = record.value(field.number) {
                let key = spaces::unique(object.number, field.number, value);
                self.ask(&key, &plain(&id.to_be_bytes()))?;
            }
        }
        for ((object, id, field), adds) in contributions(&reader.schema, record) {
            if is_filling(&reader.schema, &spaces::rollup(object, id, field)) {
                continue;
            }
            let asked = match adds {
                Adds::Sum { count, sum } => summed(count, sum),
                Adds::Latest { .. } => [&[LATEST][..], &adds.stored()].concat(),
                Adds::Least { .. } => [&[LEAST][..], &adds.stored()].concat(),
                Adds::Greatest { .. } => [&[GREATEST][..], &adds.stored()].concat(),
            };
            self.ask(&spaces::rollup(object, id, field), &asked)?;
        }
        for (key, count, sum) in live_contributions(&reader.schema, record) {
            if is_filling(&reader.schema, &key) {
                continue;
            }
            self.ask(&key, &summed(count, sum))?;
        }
        self.add_references(&reader.schema, record)
    }

    fn add_membership(&mut self, record: &Record) -> Result<()> {
        let (object, id) = (record.object.number, record.id.number);
        if !self.segments.are_over(object) {
            return Ok(());
        }
        let listed = self.listed.get(&object);
        let listed = listed.and_then(|listed| listed.get(&id)).cloned();
        let held = self
            .segments
            .of(object, Some(record), &listed.unwrap_or_default());
        for segment in held {
            self.ask(&spaces::member(object, segment, id), &[PLAIN])?;
            self.ask(&spaces::member_count(segment), &summed(1, 0))?;
        }
        Ok(())
    }

    /// How many records there are of an object.
    pub(super) fn add_count(&mut self, object: u32, count: u64) -> Result<()> {
        let key = spaces::of_object(spaces::COUNT, object);
        self.ask(&key, &summed(count as i64, 0))
    }

    fn add_references(&mut self, schema: &Schema, record: &Record) -> Result<()> {
        for (number, value) in &record.values {
            let field = record.object.field_by_number(*number);
            let (Value::Reference(to), Some(FieldKind::Reference { on_delete, .. })) =
                (value, field.map(|field| &field.kind))
            else {
                continue;
            };
            if *on_delete != OnDelete::Keep {
                // An object that is not there has no records either.
                let object = schema
                    .by_prefix(to.prefix)
                    .map_or(0, |object| object.number);
                let key = spaces::of_record(spaces::RECORD, object, to.number);
                let from =
                    spaces::of_record(spaces::RECORD, record.object.number, record.id.number);
                self.references
                    .push(&key, Default::default(), Some(&from))?;
            }
        }
        Ok(())
    }

    fn ask(&mut self, key: &[u8], what: &[u8]) -> Result<()> {
        Ok(self.entries.push(key, Default::default(), Some(what))?)
    }

    /// The totals that are not what they should be, each with what it should be.
    pub(super) fn corrections(self, reader: &Reader) -> Result<Vec<Correction>> {
        let mut wanted = Wanted::new(self.entries.finish()?).peekable();
        let mut corrections = Vec::new();
        for space in [
            spaces::ROLLUP,
            spaces::COUNT,
            spaces::MEMBERS,
            spaces::LIVE_TOTAL,
        ] {
            let mut held = rows_told(reader, space).peekable();
            let due = |item: &Result<(Vec<u8>, Asked), StoreError>| !matches!(item, Ok((key, _)) if key.first() > Some(&space));
            while let Some(item) = wanted.next_if(due) {
                let (key, asked) = item?;
                if key.first() != Some(&space) {
                    continue;
                }
                // Nobody asks for what comes before.
                let stray = |row: &Result<Row, StoreError>| matches!(row, Ok((at, _)) if *at < key);
                while let Some(row) = held.next_if(stray) {
                    corrections.push((row?.0, None));
                }
                let here = |row: &Result<Row, StoreError>| !matches!(row, Ok((at, _)) if *at > key);
                let value = held.next_if(here).transpose()?.map(|(_, value)| value);
                let asked = asked.total();
                if asked != value {
                    corrections.push((key, asked));
                }
            }
            for row in held {
                corrections.push((row?.0, None));
            }
        }
        Ok(corrections)
    }

    /// Compares with what is there, and notes what is wrong.
    pub(super) fn compare(self, reader: &Reader, checked: &mut Checked) -> Result<()> {
        let mut wanted = Wanted::new(self.entries.finish()?).peekable();
        let space = |space: u8, wanted: &mut Peekable<Wanted>| {
            differences(wanted, rows_told(reader, space), space)
        };
        let index = space(spaces::INDEX, &mut wanted)?;
        let unique = space(spaces::UNIQUE, &mut wanted)?;
        let postings = space(spaces::POSTING, &mut wanted)?;
        let members = space(spaces::MEMBER, &mut wanted)?;
        let mut totals = space(spaces::ROLLUP, &mut wanted)?;
        totals.append(space(spaces::COUNT, &mut wanted)?);
        totals.append(space(spaces::MEMBERS, &mut wanted)?);
        totals.append(space(spaces::LIVE_TOTAL, &mut wanted)?);
        checked.indexes_ok = index.tell("index", checked)
            & unique.tell("unique", checked)
            & postings.tell("search", checked)
            & members.tell("segment", checked);
        checked.rollups_ok = totals.first.is_empty();
        for key in &totals.first {
            checked.fail(format!(
                "the total of {} is not what its records come to",
                describe(reader, key)
            ));
        }
        compare_references(self.references.finish()?, reader, checked)
    }
}

/// The entries of a space, without those of totals and indexes that are being filled: these are between two steps.
fn rows_told(reader: &Reader, space: u8) -> impl Iterator<Item = Result<Row, StoreError>> + '_ {
    let rows = rows_under(&reader.snapshot, &[space]);
    let told = |row: &Result<Row, StoreError>| !matches!(row, Ok((key, _)) if is_filling(&reader.schema, key));
    rows.filter(told)
}

fn is_filling(schema: &Schema, key: &[u8]) -> bool {
    let (Some(&space), Some(mut rest)) = (key.first(), key.get(1..)) else {
        return false;
    };
    let object = keys::take_u32(&mut rest).and_then(|number| schema.by_number(number));
    match (space, object) {
        (spaces::ROLLUP, Some(object)) => {
            let field = key.last_chunk::<4>().copied().map(u32::from_be_bytes);
            let field = field.and_then(|number| object.field_by_number(number));
            field
                .and_then(|field| field.rollup())
                .is_some_and(|rollup| rollup.filling)
        }
        (spaces::LIVE_TOTAL, Some(object)) => {
            let number = keys::take_u32(&mut rest);
            let mut totals = object.totals.iter();
            totals.any(|total| Some(total.number) == number && total.filling)
        }
        (spaces::INDEX, Some(object)) => {
            let number = keys::take_u32(&mut rest);
            let mut indexes = object.indexes.iter();
            indexes.any(|index| index.filling && Some(index.number) == number)
        }
        _ => false,
    }
}

fn plain(value: &[u8]) -> Vec<u8> {
    [&[PLAIN], value].concat()
}

fn summed(count: i64, sum: i128) -> Vec<u8> {
    [&[SUM][..], &count.to_be_bytes(), &sum.to_be_bytes()].concat()
}

/// The key of an entry and what it should hold.
pub(crate) type Correction = (Vec<u8>, Option<Vec<u8>>);

/// What records together ask one entry to hold.
enum Asked {
    Plain(Vec<u8>),
    /// Or nothing: older engines wrote no tags.
    Tag(Vec<u8>),
    /// Two records ask for different things, which no entry can be.
    Contradiction,
    Total(Adds),
}

impl Asked {
    fn read(bytes: &[u8]) -> Option<Self> {
        let (kind, mut rest) = bytes.split_first()?;
        Some(match *kind {
            PLAIN => Asked::Plain(rest.to_vec()),
            TAG => Asked::Tag(rest.to_vec()),
            SUM => Asked::Total(Adds::Sum {
                count: i64::from_be_bytes(take(&mut rest)?),
                sum: i128::from_be_bytes(take(&mut rest)?),
            }),
            LATEST => Asked::Total(Adds::Latest {
                micros: i64::from_be_bytes(take(&mut rest)?),
            }),
            LEAST => Asked::Total(Adds::Least {
                value: i128::from_be_bytes(take(&mut rest)?),
            }),
            GREATEST => Asked::Total(Adds::Greatest {
                value: i128::from_be_bytes(take(&mut rest)?),
            }),
            _ => return None,
        })
    }

    fn and(self, other: Asked) -> Self {
        match (self, other) {
            (Asked::Plain(a), Asked::Plain(b)) if a == b => Asked::Plain(a),
            (
                Asked::Total(Adds::Sum { count, sum }),
                Asked::Total(Adds::Sum {
                    count: more,
                    sum: add,
                }),
            ) => Asked::Total(Adds::Sum {
                count: count.wrapping_add(more),
                sum: sum.wrapping_add(add),
            }),
            (Asked::Total(a), Asked::Total(b)) => Asked::Total(a.best(b)),
            _ => Asked::Contradiction,
        }
    }

    /// What the entry of a total is to hold; no entry for a total of nothing.
    fn total(&self) -> Option<Vec<u8>> {
        match self {
            Asked::Plain(_) | Asked::Tag(_) | Asked::Contradiction => None,
            Asked::Total(Adds::Sum { count: 0, sum: 0 }) => None,
            Asked::Total(adds) => Some(adds.stored()),
        }
    }

    /// Whether an entry of the store holds what was asked. A total of nothing is no entry.
    fn is(&self, held: Option<&[u8]>) -> bool {
        match self {
            Asked::Plain(value) => held == Some(value),
            Asked::Tag(tag) => held.is_some_and(|held| held.is_empty() || held == tag),
            Asked::Contradiction => false,
            Asked::Total(_) => held == self.total().as_deref(),
        }
    }
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*taken)
}

/// What was asked for, one item for each key, in key order.
struct Wanted {
    merged: Merged,
    /// The first of the next key, which was read to see the end of the key before.
    ahead: Option<(Vec<u8>, Asked)>,
}

impl Wanted {
    fn new(merged: Merged) -> Self {
        Wanted {
            merged,
            ahead: None,
        }
    }

    fn read(&mut self) -> Result<Option<(Vec<u8>, Asked)>, StoreError> {
        let mut item = self.ahead.take();
        while let Some(version) = self.merged.next()? {
            let Some(asked) = version.value.and_then(Asked::read) else {
                continue;
            };
            match item {
                Some((key, before)) if key == version.key => item = Some((key, before.and(asked))),
                Some(_) => {
                    self.ahead = Some((version.key.to_vec(), asked));
                    break;
                }
                None => item = Some((version.key.to_vec(), asked)),
            }
        }
        Ok(item)
    }
}

impl Iterator for Wanted {
    type Item = Result<(Vec<u8>, Asked), StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

/// How the entries of a space differ from what is wanted.
#[derive(Default)]
struct Differences {
    missing: u64,
    stray: u64,
    /// The keys of the first few.
    first: Vec<Vec<u8>>,
}

impl Differences {
    fn note(&mut self, key: &[u8]) {
        if self.first.len() < NAMED {
            self.first.push(key.to_vec());
        }
    }

    fn append(&mut self, other: Differences) {
        self.missing += other.missing;
        self.stray += other.stray;
        other.first.iter().for_each(|key| self.note(key));
    }

    /// Says it, and whether all is well.
    fn tell(&self, what: &str, checked: &mut Checked) -> bool {
        let Differences { missing, stray, .. } = self;
        let fine = missing + stray == 0;
        if !fine {
            checked.fail(format!(
                "{what} entries: {missing} are missing, {stray} lead nowhere"
            ));
        }
        fine
    }
}

/// Compares all entries of one space, both sides sorted.
fn differences(
    wanted: &mut Peekable<Wanted>,
    held: impl Iterator<Item = Result<Row, StoreError>>,
    space: u8,
) -> Result<Differences> {
    let mut found = Differences::default();
    let mut wanted_before = |limit: Option<&[u8]>| -> Result<Option<(Vec<u8>, Asked)>, StoreError> {
        let due = |item: &Result<(Vec<u8>, Asked), StoreError>| match item {
            Ok((key, _)) => {
                key.first() == Some(&space) && limit.is_none_or(|limit| key.as_slice() <= limit)
            }
            Err(_) => true,
        };
        wanted.next_if(due).transpose()
    };
    for row in held {
        let (key, value) = row?;
        let mut known = false;
        while let Some((asked_key, asked)) = wanted_before(Some(&key))? {
            known = asked_key == key;
            let held = known.then_some(value.as_slice());
            if !asked.is(held) {
                found.missing += 1;
                found.stray += u64::from(known);
                found.note(&asked_key);
            }
        }
        if !known {
            found.stray += 1;
            found.note(&key);
        }
    }
    while let Some((key, asked)) = wanted_before(None)? {
        if !asked.is(None) {
            found.missing += 1;
            found.note(&key);
        }
    }
    Ok(found)
}

/// A record that may not be without another has it.
fn compare_references(mut merged: Merged, reader: &Reader, checked: &mut Checked) -> Result<()> {
    // Of those that refer to one record, so many as can be told.
    let mut wanted: BTreeMap<Vec<u8>, Vec<Vec<u8>>> = BTreeMap::new();
    while let Some(version) = merged.next()? {
        if wanted.len() == LOOKED_UP && !wanted.contains_key(version.key) {
            look_up(&std::mem::take(&mut wanted), reader, checked)?;
        }
        let from = wanted.entry(version.key.to_vec()).or_default();
        if from.len() < MOST_PROBLEMS {
            from.extend(version.value.map(<[u8]>::to_vec));
        }
    }
    look_up(&wanted, reader, checked)
}

fn look_up(
    wanted: &BTreeMap<Vec<u8>, Vec<Vec<u8>>>,
    reader: &Reader,
    checked: &mut Checked,
) -> Result<()> {
    let keys: Vec<&[u8]> = wanted.keys().map(Vec::as_slice).collect();
    let found = reader.snapshot.get_many(&keys)?;
    for ((to, from), found) in wanted.iter().zip(found) {
        for from in from.iter().filter(|_| found.is_none()) {
            checked.fail(format!(
                "{} refers to {}, which is not there",
                describe(reader, from),
                describe(reader, to)
            ));
        }
    }
    Ok(())
}

/// The record or object that a key belongs to.
fn describe(reader: &Reader, key: &[u8]) -> String {
    let mut rest = key.get(1..).unwrap_or_default();
    let object = keys::take_u32(&mut rest).and_then(|number| reader.schema.by_number(number));
    if let (Some(&spaces::LIVE_TOTAL), Some(object)) = (key.first(), object) {
        let number = keys::take_u32(&mut rest);
        let mut totals = object.totals.iter();
        let total = totals.find(|total| Some(total.number) == number);
        let name = total.map_or("", |total| total.name.as_str());
        return format!("{}.{name}", object.name);
    }
    match (object, rest.first_chunk::<16>()) {
        (Some(object), Some(id)) => {
            RecordId::new(object.prefix, u128::from_be_bytes(*id)).to_string()
        }
        (Some(object), None) => format!("all {} records", object.name),
        (None, _) => key.escape_ascii().to_string(),
    }
}
