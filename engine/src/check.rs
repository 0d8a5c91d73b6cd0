//! Is the state what the journal says, and is everything derived from it right?

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::query::Reader;
use crate::record::{Record, RecordId, Value};
use crate::schema::{FieldKind, OnDelete};
use crate::store::{keys, spaces};
use crate::write::{Adds, Total, contributions, index_entries};

/// What a check of the whole store found.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Checked {
    /// Everything below is as it should be.
    pub ok: bool,
    /// blake3 over live records, settings and schema, in key order.
    pub state_hash: String,
    /// Entries of the journal, each with its checksum and its place in the hash chain verified.
    pub entries: u64,
    /// Live records.
    pub records: u64,
    /// Every index and unique entry belongs to the record that it names, and every record has all of its.
    pub indexes_ok: bool,
    /// Every stored total equals the one computed from the records.
    pub rollups_ok: bool,
    /// What is wrong, in words; at most twenty.
    pub problems: Vec<String>,
}

const MOST_PROBLEMS: usize = 20;

/// Reads the whole journal and the whole state and compares them.
pub(crate) fn check(engine: &Engine) -> Result<Checked> {
    let (reader, _) = engine.read()?;
    let mut checked = Checked {
        ok: true,
        state_hash: state_hash(&reader)?,
        entries: 0,
        records: 0,
        indexes_ok: true,
        rollups_ok: true,
        problems: Vec::new(),
    };
    let verified = engine.inner.backend.verify()?;
    checked.entries = verified.entries;
    if !verified.state_is_fold {
        let at = verified.first_difference.map_or_else(String::new, |key| {
            format!(", first at key {}", key.escape_ascii())
        });
        checked.fail(format!("the state is not what the journal's entries come to{at}; close the store, move its folder 'state' away and open it again"));
    }
    let mut expected = Expected::default();
    for object in reader.schema.objects() {
        let mut count = 0;
        reader.each(object, |record| {
            count += 1;
            expected.add(&reader, &record);
            Ok(ControlFlow::Continue(()))
        })?;
        checked.records += count;
        expected.counts.insert(object.number, count as i64);
    }
    checked.indexes_ok = expected.compare_keys(&reader, spaces::INDEX, "index", &mut checked)?;
    checked.indexes_ok &= expected.compare_keys(&reader, spaces::UNIQUE, "unique", &mut checked)?;
    checked.rollups_ok = expected.compare_totals(&reader, &mut checked)?;
    expected.compare_references(&reader, &mut checked)?;
    checked.ok = checked.problems.is_empty();
    Ok(checked)
}

impl Checked {
    fn fail(&mut self, problem: String) {
        self.ok = false;
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(problem);
        }
    }
}

/// What the records ask for.
#[derive(Default)]
struct Expected {
    /// Index entries (without a value) and unique ones (with the id).
    keys: BTreeMap<Vec<u8>, Vec<u8>>,
    /// References without which a record may not be.
    references: Vec<(RecordId, RecordId)>,
    sums: BTreeMap<Total, (i64, i128)>,
    latest: BTreeMap<Total, i64>,
    counts: BTreeMap<u32, i64>,
}

impl Expected {
    fn add(&mut self, reader: &Reader, record: &Record) {
        let entries = index_entries(&record.object, record).into_iter();
        self.keys.extend(entries.map(|key| (key, Vec::new())));
        for field in record.object.live_fields().filter(|field| field.unique) {
            self.keys.extend(record.value(field.number).map(|value| {
                let key = spaces::unique(record.object.number, field.number, value);
                (key, record.id.number.to_be_bytes().to_vec())
            }));
        }
        for (number, value) in &record.values {
            let kind = record
                .object
                .field_by_number(*number)
                .map(|field| &field.kind);
            if let (Value::Reference(to), Some(FieldKind::Reference { on_delete, .. })) =
                (value, kind)
                && *on_delete != OnDelete::Keep
            {
                self.references.push((record.id, *to));
            }
        }
        for (total, adds) in contributions(&reader.schema, record) {
            match adds {
                Adds::Sum { count, sum } => {
                    let entry = self.sums.entry(total).or_default();
                    *entry = (entry.0 + count, entry.1 + sum);
                }
                Adds::Latest { micros } => {
                    let entry = self.latest.entry(total).or_insert(micros);
                    *entry = (*entry).max(micros);
                }
            }
        }
    }

    fn compare_keys(
        &self,
        reader: &Reader,
        space: u8,
        what: &str,
        checked: &mut Checked,
    ) -> Result<bool> {
        let mut found = 0_usize;
        let mut stray = 0_usize;
        reader.snapshot.scan_all(&[space], |key, value| {
            found += 1;
            stray += usize::from(self.keys.get(key).is_none_or(|wanted| wanted != value));
            Ok::<_, Error>(ControlFlow::Continue(()))
        })?;
        let wanted = self
            .keys
            .keys()
            .filter(|key| key.first() == Some(&space))
            .count();
        let missing = (wanted + stray).saturating_sub(found);
        if stray + missing > 0 {
            checked.fail(format!(
                "{what} entries: {missing} are missing, {stray} lead nowhere"
            ));
        }
        Ok(stray + missing == 0)
    }

    /// A record that may not be without another has it.
    fn compare_references(&self, reader: &Reader, checked: &mut Checked) -> Result<()> {
        for (from, to) in &self.references {
            if reader.get(*to)?.is_none() {
                checked.fail(format!("{from} refers to {to}, which is not there"));
            }
        }
        Ok(())
    }

    fn compare_totals(&self, reader: &Reader, checked: &mut Checked) -> Result<bool> {
        let mut stored: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
        for space in [spaces::ROLLUP, spaces::COUNT] {
            reader.snapshot.scan_all(&[space], |key, value| {
                stored.insert(key.to_vec(), value.to_vec());
                Ok::<_, Error>(ControlFlow::Continue(()))
            })?;
        }
        let sum = |count: i64, sum: i128| {
            [count.to_be_bytes().as_slice(), sum.to_be_bytes().as_slice()].concat()
        };
        let key = |total: &Total| spaces::rollup(total.0, total.1, total.2);
        let mut wanted: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
        wanted.extend(
            self.sums
                .iter()
                .map(|(total, (count, total_sum))| (key(total), sum(*count, *total_sum))),
        );
        wanted.extend(
            self.latest
                .iter()
                .map(|(total, micros)| (key(total), micros.to_be_bytes().to_vec())),
        );
        wanted.extend(
            self.counts
                .iter()
                .filter(|(_, count)| **count != 0)
                .map(|(object, count)| (spaces::of_object(spaces::COUNT, *object), sum(*count, 0))),
        );
        let all: BTreeSet<&Vec<u8>> = stored.keys().chain(wanted.keys()).collect();
        let wrong: Vec<&&Vec<u8>> = all
            .iter()
            .filter(|key| stored.get(**key) != wanted.get(**key))
            .collect();
        for key in wrong.iter().take(3) {
            checked.fail(format!(
                "the total of {} is not what its records come to",
                describe(reader, key)
            ));
        }
        Ok(wrong.is_empty())
    }
}

fn describe(reader: &Reader, key: &[u8]) -> String {
    let mut rest = key.get(1..).unwrap_or_default();
    let object = keys::take_u32(&mut rest).and_then(|number| reader.schema.by_number(number));
    match (object, rest.first_chunk::<16>()) {
        (Some(object), Some(id)) => {
            RecordId::new(object.prefix, u128::from_be_bytes(*id)).to_string()
        }
        (Some(object), None) => format!("all {} records", object.name),
        (None, _) => key.escape_ascii().to_string(),
    }
}

/// blake3 over object, id and canonical values of live records, settings and schema, in key order. Revisions, history
/// and everything derived are left out.
fn state_hash(reader: &Reader) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    let mut add = |key: &[u8], value: &[u8]| {
        for part in [key, value] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
    };
    reader.snapshot.scan_all(&[spaces::SCHEMA], |key, value| {
        add(key, value);
        Ok::<_, Error>(ControlFlow::Continue(()))
    })?;
    for (plugin, _) in crate::install::Definitions::load(&reader.snapshot)?.plugins {
        let settings = serde_json::Value::Object(plugin.settings).to_string();
        add(
            &spaces::named(spaces::PLUGIN, &plugin.id),
            settings.as_bytes(),
        );
    }
    let mut objects: Vec<_> = reader.schema.objects().collect();
    objects.sort_by_key(|object| object.number);
    for object in objects {
        reader.each(object, |mut record| {
            record.revision = 0;
            add(
                &spaces::of_record(spaces::RECORD, object.number, record.id.number),
                &crate::write::record_bytes(&record),
            );
            Ok(ControlFlow::Continue(()))
        })?;
    }
    Ok(hasher.finalize().to_hex().to_string())
}
