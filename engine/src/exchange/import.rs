//! How does a file go in?
//!
//! In batches, each row an ordinary write; a row is found again by its key, so the same file may come twice. A dry run
//! takes the same way and counts the same.

use std::collections::{BTreeSet, HashSet};
use std::io::Read;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::fault::InputFault;
use super::mapping::Mapping;
use super::plan::Plan;
use super::receipt::Receipt;
use super::references::{Waiting, stopped};
use super::repair::Repair;
use super::row::{Draft, Found};
use super::source::{Row, Rows, Source};
use super::tally::{Counted, Tally};
use crate::error::{Failure, Result};
use crate::locale::{Calendar, fold_text};
use crate::record::{Record, RecordId};
use crate::schema::{FieldKind, Schema};

/// Rows in a batch.
pub(super) const BATCH: usize = 1_000;

/// How to read a file; everything that is not said is found out.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ImportOptions {
    /// Count, but write nothing.
    pub dry_run: bool,
    /// The file's encoding: `utf-8`, `windows-1256`, `utf-16le`.
    pub encoding: Option<String>,
    /// What stands between two cells.
    pub delimiter: Option<char>,
    /// What is not to be put right in the cells.
    pub without: BTreeSet<Repair>,
    /// The calendar of days in years before 1700, where neither mapping nor column says it; that of the session's
    /// language when left out.
    pub calendar: Option<Calendar>,
    /// The sheet of a workbook, by its name; not needed where only one has anything in it.
    pub sheet: Option<String>,
    /// The file's name, where the mapping has several imports into one object.
    pub file: Option<String>,
}

/// Finds records by what people call them.
pub(crate) trait Lookup {
    /// The live records of an object of which a field, as text, folds to the same as `text`. Two are enough to know
    /// that there are several.
    fn find(&self, object: &str, field: &str, text: &str) -> Vec<RecordId>;
    /// The values of a field, for "the nearest is"; at most the
    /// first ten thousand are used.
    fn names(&self, object: &str, field: &str) -> Vec<String>;
}

/// One row on its way to the write path.
#[derive(Clone, Debug)]
pub(crate) struct RowWrite {
    /// A new record, or an update of `id`.
    pub(crate) create: bool,
    /// The record to update.
    pub(crate) id: Option<RecordId>,
    /// The fields; in an update only those that differ, and `null` clears.
    pub(crate) fields: Map<String, Json>,
}

/// What the write path did with a row.
#[derive(Clone, Debug)]
pub(crate) struct RowOutcome {
    /// The record; in a dry run a new one need not have any.
    pub(crate) id: Option<RecordId>,
    /// False when the record is as it was before.
    pub(crate) changed: bool,
}

/// A record that must be there.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) object: String,
    /// The field by which it is found; `fields` has it.
    pub(crate) key: String,
    pub(crate) fields: Map<String, Json>,
}

/// The door to the write path.
pub(crate) trait ImportTarget {
    /// The schema that the rows are written under.
    fn schema(&self) -> Arc<Schema>;
    /// Sees every write that was answered.
    fn lookup(&self) -> &dyn Lookup;
    /// For each key, a live record with it (folded as unique values are); any one where several have it.
    fn existing(
        &mut self,
        object: &str,
        key_field: &str,
        keys: &[String],
    ) -> Result<Vec<Option<Record>>>;
    /// Writes rows, each by itself: one that fails does not stop the others. One answer for each row, in order.
    fn write(
        &mut self,
        object: &str,
        rows: Vec<RowWrite>,
        dry_run: bool,
    ) -> Result<Vec<Result<RowOutcome, Vec<Failure>>>>;
    /// The ids of records that are there or are made now; none for one that a dry run would make.
    fn ensure(&mut self, wanted: &[Wanted], dry_run: bool) -> Result<Vec<Option<RecordId>>>;
}

/// An import under way.
pub(super) struct Run<'t, 'm> {
    pub(super) target: &'t mut dyn ImportTarget,
    pub(super) plan: Plan<'m>,
    pub(super) options: ImportOptions,
    pub(super) tally: Tally,
    pub(super) waiting: Vec<Waiting>,
    /// What a dry run knows would be there: object, field, folded text.
    pub(super) hoped: HashSet<(String, String, String)>,
    /// The keys of the rows that are in, as hashes: a few megabytes for a hundred thousand rows.
    seen: HashSet<[u8; 16]>,
    found: Found,
}

/// Imports a file into an object; `progress` hears how many rows are done.
pub(crate) fn import(
    target: &mut dyn ImportTarget,
    input: impl Read,
    mapping: &Mapping,
    into: &str,
    options: ImportOptions,
    progress: &mut dyn FnMut(u64),
) -> Result<Receipt> {
    let section = mapping.select(into, options.file.as_deref())?;
    let mut source = Source::open(input)?;
    let mut table = source.rows(&options, section.sheet.as_deref())?;
    let mut plan = Plan::new(section, &target.schema(), table.headers())?;
    plan.without.clone_from(&options.without);
    let (tally, waiting, hoped) = (Tally::default(), Vec::new(), HashSet::new());
    let mut run = Run {
        target,
        plan,
        options,
        tally,
        waiting,
        hoped,
        seen: HashSet::new(),
        found: Found::new(),
    };
    run.warn_about_file(&table);
    for require in mapping
        .requires
        .iter()
        .filter(|require| require.into.is_empty() || require.into.iter().any(|name| name == into))
    {
        run.ensure(Wanted {
            object: require.object.clone(),
            key: require.key.clone(),
            fields: require.fields.clone(),
        })?;
    }
    let done = run
        .rows(&mut table, progress)
        .and_then(|()| run.second_pass());
    done.map_err(|error| stopped(error, run.tally.rows(), run.options.dry_run))?;
    if table.blank() > 0 {
        run.tally.warn(
            "empty-row",
            table.blank(),
            "rows with nothing but empty cells were passed over",
        );
    }
    let receipt = run.tally.finish(&run.plan, run.target.lookup());
    receipt.check()?;
    Ok(receipt)
}

impl Run<'_, '_> {
    fn warn_about_file(&mut self, table: &Rows<'_>) {
        if let Some(encoding) = table.guessed_encoding() {
            self.tally.warn("encoding-guessed", 1, format!("the file is not UTF-8 and was read as {encoding}; if names look wrong, name its encoding and import again"));
        }
        let place = self.plan.section.place();
        for header in std::mem::take(&mut self.plan.unmapped) {
            let what = format!(
                "the column '{header}' is not in the mapping and was left out; map it in {place}, or set `ignore = true`"
            );
            self.tally.warn("unmapped-column", 1, what);
        }
    }

    fn rows(&mut self, table: &mut Rows<'_>, progress: &mut dyn FnMut(u64)) -> Result<()> {
        let mut first = true;
        loop {
            let mut rows = Vec::with_capacity(BATCH);
            while rows.len() < BATCH
                && let Some(row) = table.next()?
            {
                rows.push(row);
            }
            let over = rows.len() < BATCH;
            if std::mem::take(&mut first) {
                let usual = self.options.calendar;
                self.plan.look_at(&rows, table.counts_from_1904(), usual)?;
            }
            if !rows.is_empty() {
                self.some(rows)?;
                progress(self.tally.rows());
            }
            if over {
                return Ok(());
            }
        }
    }

    fn some(&mut self, rows: Vec<Row>) -> Result<()> {
        let mut batch = Vec::with_capacity(rows.len());
        for row in rows {
            self.tally.row();
            match row.cells {
                Ok(cells) => batch.push(self.plan.read(
                    row.line,
                    &cells,
                    self.target.lookup(),
                    &mut self.found,
                )),
                Err(failure) => self.tally.refuse(row.line, &[failure]),
            }
        }
        self.batch(batch)
    }

    fn batch(&mut self, drafts: Vec<Draft>) -> Result<()> {
        let mut rest = Vec::with_capacity(drafts.len());
        for mut draft in drafts {
            self.settle(&mut draft)?;
            if draft.failures.is_empty() {
                rest.push(draft);
            } else {
                self.tally.refuse(draft.line, &draft.failures);
            }
        }
        // Rows of one key go in one after the other, so that the later sees what the earlier did.
        while !rest.is_empty() {
            let mut keys = HashSet::new();
            let (wave, later) = rest
                .into_iter()
                .partition(|draft| key_hash(draft).is_none_or(|key| keys.insert(key)));
            self.wave(wave)?;
            rest = later;
        }
        Ok(())
    }

    /// Writes rows of which no two have the same key.
    fn wave(&mut self, drafts: Vec<Draft>) -> Result<()> {
        let existing = self.existing(&drafts)?;
        let (mut writes, mut owners) = (Vec::new(), Vec::new());
        for (mut draft, before) in drafts.into_iter().zip(existing) {
            if let Some(failure) = self.ambiguous(&draft, before.as_ref()) {
                self.tally.refuse(draft.line, &[failure]);
                continue;
            }
            let seen = key_hash(&draft).is_some_and(|key| self.seen.contains(&key));
            let counted = match (seen, &before) {
                (true, _) => Counted::Merged,
                (false, None) => Counted::Created,
                (false, Some(_)) => Counted::Updated,
            };
            let fields = match &before {
                Some(record) => self.changes(&mut draft, record),
                None => whole(&mut draft),
            };
            let id = before.as_ref().map(Record::id);
            if id.is_some() && fields.is_empty() {
                // In a dry run a reference to a record that is not there yet is a change all the same.
                let counted = counted.if_changed(!draft.hoped.is_empty());
                self.accept(draft, id, counted, before.as_ref());
                continue;
            }
            writes.push(RowWrite {
                create: id.is_none(),
                id,
                fields,
            });
            owners.push((draft, before, counted));
        }
        self.write_wave(writes, owners)
    }

    fn write_wave(
        &mut self,
        writes: Vec<RowWrite>,
        owners: Vec<(Draft, Option<Record>, Counted)>,
    ) -> Result<()> {
        let announced: Vec<Map<String, Json>> = match self.announces() {
            true => writes.iter().map(|write| write.fields.clone()).collect(),
            false => Vec::new(),
        };
        let outcomes = self.write(writes)?;
        let object = self.plan.object.name.clone();
        for (place, ((draft, before, counted), outcome)) in
            owners.into_iter().zip(outcomes).enumerate()
        {
            let merged_unseen = before.is_none() && counted == Counted::Merged;
            match self.forgive(&draft, merged_unseen, outcome) {
                Ok(outcome) => {
                    if let Some(fields) = announced.get(place) {
                        self.hope(&object, fields);
                    }
                    let id = outcome.id.or_else(|| before.as_ref().map(Record::id));
                    self.accept(
                        draft,
                        id,
                        counted.if_changed(outcome.changed),
                        before.as_ref(),
                    );
                }
                Err(failures) => self.tally.refuse(draft.line, &failures),
            }
        }
        Ok(())
    }

    fn accept(
        &mut self,
        mut draft: Draft,
        id: Option<RecordId>,
        counted: Counted,
        before: Option<&Record>,
    ) {
        self.tally.count(counted);
        self.tally.repaired(&draft.repaired);
        match key_hash(&draft) {
            Some(key) => {
                self.seen.insert(key);
            }
            None if self.plan.key.is_some() => {
                let what = "the key is empty, so importing the file again makes these records again; fill it in";
                let field = self.plan.key.map_or("", |(key, _)| key);
                self.tally
                    .note(draft.line, &Failure::field(field, "no-key", what));
            }
            None => {}
        }
        self.wait(&mut draft, id, counted, before);
    }

    fn existing(&mut self, drafts: &[Draft]) -> Result<Vec<Option<Record>>> {
        let keys: Vec<String> = drafts
            .iter()
            .filter_map(|draft| draft.key.clone())
            .collect();
        let (Some((field, _)), false) = (self.plan.key, keys.is_empty()) else {
            return Ok(drafts.iter().map(|_| None).collect());
        };
        let found = self.target.existing(&self.plan.object.name, field, &keys)?;
        if found.len() != keys.len() {
            return Err(InputFault::Answers {
                got: found.len(),
                wanted: keys.len(),
            }
            .into());
        }
        let mut found = found.into_iter();
        Ok(drafts
            .iter()
            .map(|draft| draft.key.as_ref().and_then(|_| found.next().flatten()))
            .collect())
    }

    /// Where a key need not be unique, two records may have it: which one is meant, nobody knows.
    fn ambiguous(&self, draft: &Draft, before: Option<&Record>) -> Option<Failure> {
        let ((field, false), Some(key), Some(_)) = (self.plan.key?, &draft.key, before) else {
            return None;
        };
        let object = &self.plan.object.name;
        let matches = self.target.lookup().find(object, field, key).len();
        let what = || {
            format!(
                "'{key}' is the {field} of {matches} records of {object}; merge or rename them first"
            )
        };
        (matches > 1).then(|| Failure::field(field, "ambiguous-key", what()))
    }

    /// What a row says that its record does not.
    fn changes(&self, draft: &mut Draft, record: &Record) -> Map<String, Json> {
        let mut fields = std::mem::take(&mut draft.fields);
        for field in draft
            .outdated
            .iter()
            .filter(|field| record.get(field).is_some())
        {
            fields.entry(field.clone()).or_insert(Json::Null);
        }
        for column in self.plan.columns.iter().filter(|column| column.is_part()) {
            let before = record.get(column.field).map(crate::record::Value::to_json);
            if let (Some(Json::Object(parts)), Some(Json::Object(mut whole))) =
                (fields.get_mut(column.field), before)
            {
                whole.append(parts);
                *parts = whole;
            }
        }
        fields
            .into_iter()
            .filter(|(name, value)| self.differs(record, name, value))
            .collect()
    }

    fn differs(&self, record: &Record, name: &str, value: &Json) -> bool {
        let (before, field) = (record.get(name), self.plan.object.field(name));
        match field.map(|field| &field.kind) {
            _ if value.is_null() => before.is_some(),
            // A constant may name the record by its key.
            Some(FieldKind::Reference { to, .. })
                if value
                    .as_str()
                    .is_some_and(|text| text.parse::<RecordId>().is_err()) =>
            {
                let schema = self.target.schema();
                let keyed = to.iter().filter_map(|object| {
                    Some((object, schema.object(object)?.natural_key()?.name.clone()))
                });
                let text = value.as_str().unwrap_or_default();
                let ids: Vec<RecordId> = keyed
                    .flat_map(|(object, key)| self.target.lookup().find(object, &key, text))
                    .collect();
                !matches!((before, ids.as_slice()), (Some(crate::record::Value::Reference(linked)), [id]) if linked == id)
            }
            // What cannot be read goes on to the write path, which says why.
            Some(kind) => kind
                .read(value)
                .map_or(true, |value| before != Some(&value)),
            None => true,
        }
    }

    /// Whether a dry run must remember its rows, because others of the file refer to them.
    fn announces(&self) -> bool {
        let own = |object: &str| object == self.plan.object.name;
        self.options.dry_run
            && self
                .plan
                .columns
                .iter()
                .any(|column| column.targets.iter().any(|target| own(&target.object.name)))
    }

    /// In a dry run, a value is not missing that only the writing would bring.
    fn forgive(
        &self,
        draft: &Draft,
        merged_unseen: bool,
        outcome: Result<RowOutcome, Vec<Failure>>,
    ) -> Result<RowOutcome, Vec<Failure>> {
        let mut failures = match outcome {
            Err(failures) if self.options.dry_run => failures,
            other => return other,
        };
        failures.retain(|failure| {
            let hoped = failure
                .field
                .as_ref()
                .is_some_and(|field| draft.hoped.contains(field));
            !(failure.code == "required" && (hoped || merged_unseen))
        });
        if failures.is_empty() {
            Ok(RowOutcome {
                id: None,
                changed: true,
            })
        } else {
            Err(failures)
        }
    }

    pub(super) fn write(
        &mut self,
        rows: Vec<RowWrite>,
    ) -> Result<Vec<Result<RowOutcome, Vec<Failure>>>> {
        let wanted = rows.len();
        if wanted == 0 {
            return Ok(Vec::new());
        }
        let object = self.plan.object.name.clone();
        let answers = self.target.write(&object, rows, self.options.dry_run)?;
        if answers.len() != wanted {
            return Err(InputFault::Answers {
                got: answers.len(),
                wanted,
            }
            .into());
        }
        Ok(answers)
    }
}

/// The fields of a new record.
fn whole(draft: &mut Draft) -> Map<String, Json> {
    let mut fields = std::mem::take(&mut draft.fields);
    for (field, value) in std::mem::take(&mut draft.composed) {
        fields.entry(field).or_insert(value);
    }
    fields
}

fn key_hash(draft: &Draft) -> Option<[u8; 16]> {
    let hash = blake3::hash(fold_text(draft.key.as_ref()?).as_bytes());
    let mut short = [0; 16];
    short
        .iter_mut()
        .zip(hash.as_bytes())
        .for_each(|(to, from)| *to = *from);
    Some(short)
}
