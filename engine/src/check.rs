//! Is the state what the journal says, and is everything derived from it right?

mod expected;

use std::ops::ControlFlow;

use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::query::Reader;
use crate::store::{Progress, spaces};
use expected::{Correction, Expected};

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
    /// Every index, unique, search and segment entry belongs to the record that it names, and every record has all of its.
    pub indexes_ok: bool,
    /// Every stored total equals the one computed from the records.
    pub rollups_ok: bool,
    /// Files of the content store, each read and compared with its hash.
    pub files: u64,
    /// Every file that a record names, or named in what can still be read, is there and whole.
    pub files_ok: bool,
    /// What is wrong, in words; at most twenty.
    pub problems: Vec<String>,
}

const MOST_PROBLEMS: usize = 20;

impl Engine {
    /// As [`Engine::check`], telling how far it is.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn check_with(&self, tell: &mut dyn FnMut(Progress)) -> Result<Checked> {
        check(self, tell)
    }
}

/// How often progress is told.
const EVERY: u64 = 1024;

/// Reads the whole journal and the whole state and compares them.
pub(crate) fn check(engine: &Engine, tell: &mut dyn FnMut(Progress)) -> Result<Checked> {
    let (reader, _) = engine.read()?;
    let head = reader.position().get();
    tell(Progress::new(0, head, "journal entries compared"));
    let mut checked = Checked {
        ok: true,
        state_hash: state_hash(&reader)?,
        entries: 0,
        records: 0,
        indexes_ok: true,
        rollups_ok: true,
        files: 0,
        files_ok: true,
        problems: Vec::new(),
    };
    let verified = engine.inner.backend.verify()?;
    checked.entries = verified.entries;
    tell(Progress::new(head, head, "journal entries compared"));
    if !verified.state_is_fold {
        let at = verified.first_difference.map_or_else(String::new, |key| {
            format!(", first at key {}", key.escape_ascii())
        });
        checked.fail(format!("the state is not what the journal's entries come to{at}; run `peyvand rebuild`, which builds it again from the journal"));
    }
    let expected = expected(engine, &reader, &mut checked, tell)?;
    expected.compare(&reader, &mut checked)?;
    let audit = crate::content::audit(engine, &reader, tell)?;
    checked.files = audit.files;
    for problem in audit.problems {
        checked.files_ok = false;
        checked.fail(problem);
    }
    checked.ok = checked.problems.is_empty();
    Ok(checked)
}

/// Reads every record and gathers what is derived from it.
fn expected(
    engine: &Engine,
    reader: &Reader,
    checked: &mut Checked,
    tell: &mut dyn FnMut(Progress),
) -> Result<Expected> {
    let mut expected = Expected::new(engine.inner.backend.scratch(), reader)?;
    let total = told_records(reader)?;
    for object in reader.schema.objects() {
        let before = checked.records;
        reader.each(object, |record| {
            checked.records += 1;
            if checked.records.is_multiple_of(EVERY) {
                tell(Progress::new(checked.records, total, "records checked"));
            }
            expected.add(reader, &record)?;
            Ok(ControlFlow::Continue(()))
        })?;
        expected.add_count(object.number, checked.records - before)?;
    }
    tell(Progress::new(checked.records, total, "records checked"));
    Ok(expected)
}

/// The totals that are not what the records come to, with what they should be.
pub(crate) fn wrong_totals(engine: &Engine) -> Result<Vec<Correction>> {
    let (reader, _) = engine.read()?;
    let mut expected = Expected::new(engine.inner.backend.scratch(), &reader)?;
    for object in reader.schema.objects() {
        let mut count = 0;
        reader.each(object, |record| {
            count += 1;
            expected.add(&reader, &record)?;
            Ok(ControlFlow::Continue(()))
        })?;
        expected.add_count(object.number, count)?;
    }
    expected.corrections(&reader)
}

/// How many records the store's own counts come to.
fn told_records(reader: &Reader) -> Result<u64> {
    let mut told = 0;
    reader.snapshot.scan_all(&[spaces::COUNT], |_, value| {
        let count = value.first_chunk::<8>().copied().map(u64::from_be_bytes);
        told += count.unwrap_or_default();
        Ok::<_, Error>(ControlFlow::Continue(()))
    })?;
    Ok(told)
}

impl Checked {
    fn fail(&mut self, problem: String) {
        self.ok = false;
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(problem);
        }
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
