//! Where do the rows of an import go? Through the write path, like everybody's requests.

use std::collections::HashMap;
use std::io::Read;
use std::ops::ControlFlow;
use std::sync::Arc;

use serde_json::Value as Json;

use super::import::{self, ImportOptions, ImportTarget, Lookup, RowOutcome, RowWrite, Wanted};
use super::{Mapping, Receipt};
use crate::error::{Error, Failure, Result};
use crate::locale::{Calendar, fold_text};
use crate::query::Reader;
use crate::record::{Record, RecordId, Value};
use crate::schema::Schema;
use crate::session::Session;
use crate::store::spaces;
use crate::write::{Fields, Group, Outcome, OutcomeKind, Request, View};

/// Names that are compared for "the nearest is"; more would not be nearer.
const MOST_NAMES: usize = 10_000;

impl Session {
    /// Imports a CSV file, or a sheet of a workbook, into an object. Every row goes through the write path with all its rules and hooks; a row
    /// that fails is counted and told in the receipt, and the others go in.
    ///
    /// `progress` hears how many rows are done.
    ///
    /// # Errors
    /// When the file or the mapping cannot be used at all, or the store fails.
    pub fn import(
        &self,
        input: impl Read,
        mapping: &Mapping,
        into: &str,
        options: &ImportOptions,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Receipt> {
        // What a rehearsal stands on is all there is: rights are judged on it as by a commit.
        let (reader, _) = self.engine.read()?;
        let mut worker = self.clone();
        let run = (!options.dry_run).then(|| run_name(&reader, self, into, options));
        worker.context.run = run.as_deref().map(Arc::from);
        let mut door = Door {
            names: Names {
                session: worker,
                rehearsed: HashMap::new(),
            },
            schema: reader.schema.clone(),
            view: options.dry_run.then(|| View::new(reader)),
        };
        let mut options = options.clone();
        let usual = Calendar::usual(self.locale());
        options.calendar = options.calendar.or(Some(usual));
        let mut receipt = import::import(&mut door, input, mapping, into, options, progress)?;
        receipt.run = run;
        Ok(receipt)
    }
}

/// A name that no other import of the store has: where it began, and of what it is at which moment.
fn run_name(reader: &Reader, session: &Session, into: &str, options: &ImportOptions) -> String {
    let now = session.context.now().timestamp_micros();
    let file = options.file.as_deref().unwrap_or_default();
    let of = format!("{now}/{into}/{file}/{}", session.context.actor);
    let hash = blake3::hash(of.as_bytes()).to_hex();
    let position = reader.position().get() + 1;
    format!("import-{position}-{}", hash.get(..6).unwrap_or_default())
}

struct Door {
    names: Names,
    schema: Arc<Schema>,
    /// What a dry run would have written so far.
    view: Option<View>,
}

impl Door {
    fn session(&self) -> &Session {
        &self.names.session
    }

    fn run(&mut self, requests: Vec<Request>) -> Result<Vec<Result<Outcome>>> {
        let groups: Vec<Group> = requests
            .iter()
            .cloned()
            .map(|request| Group::of([request]))
            .collect();
        let Some(view) = &mut self.view else {
            let report =
                self.names
                    .session
                    .engine
                    .write(&self.names.session.context, &groups, None, 0)?;
            return Ok(report.groups.into_iter().map(only).collect());
        };
        let outcomes =
            self.names
                .session
                .engine
                .rehearse(&self.names.session.context, view, &groups)?;
        let outcomes: Vec<Result<Outcome>> = outcomes.into_iter().map(only).collect();
        for (request, outcome) in requests.iter().zip(&outcomes) {
            if let (Request::Create { object, fields, .. }, Ok(Outcome { id: Some(id), .. })) =
                (request, outcome)
            {
                self.names.rehearse(object, fields, *id);
            }
        }
        Ok(outcomes)
    }
}

fn only(group: Result<Vec<Outcome>>) -> Result<Outcome> {
    let nothing = Outcome {
        id: None,
        kind: OutcomeKind::Unchanged,
    };
    group.map(|outcomes| outcomes.into_iter().next().unwrap_or(nothing))
}

impl ImportTarget for Door {
    fn schema(&self) -> Arc<Schema> {
        self.schema.clone()
    }

    fn lookup(&self) -> &dyn Lookup {
        &self.names
    }

    fn existing(
        &mut self,
        object: &str,
        key_field: &str,
        keys: &[String],
    ) -> Result<Vec<Option<Record>>> {
        let (reader, _) = self.session().read()?;
        let mut found = Vec::with_capacity(keys.len());
        for key in keys {
            let id = find(&reader, object, key_field, key)?.first().copied();
            found.push(match id {
                Some(id) => reader.get(id)?,
                None => None,
            });
        }
        Ok(found)
    }

    fn write(
        &mut self,
        object: &str,
        rows: Vec<RowWrite>,
        _dry_run: bool,
    ) -> Result<Vec<Result<RowOutcome, Vec<Failure>>>> {
        let request = |row: RowWrite| match row.id.filter(|_| !row.create) {
            Some(id) => Request::Update {
                id,
                revision: None,
                fields: Fields(row.fields),
            },
            None => Request::Create {
                object: object.to_owned(),
                id: row.id,
                fields: Fields(row.fields),
            },
        };
        let outcomes = self.run(rows.into_iter().map(request).collect())?;
        let answer = |outcome: Result<Outcome>| match outcome {
            Ok(outcome) => Ok(RowOutcome {
                id: outcome.id,
                changed: outcome.kind != OutcomeKind::Unchanged,
            }),
            Err(error) => Err(failures(&error)),
        };
        Ok(outcomes.into_iter().map(answer).collect())
    }

    fn ensure(&mut self, wanted: &[Wanted], _dry_run: bool) -> Result<Vec<Option<RecordId>>> {
        let mut ids = Vec::with_capacity(wanted.len());
        for wanted in wanted {
            let text = wanted
                .fields
                .get(&wanted.key)
                .and_then(Json::as_str)
                .unwrap_or_default();
            let id = match self.names.find(&wanted.object, &wanted.key, text).first() {
                Some(id) => Some(*id),
                None => {
                    let request = Request::create(&wanted.object, wanted.fields.clone());
                    self.run(vec![request])?
                        .pop()
                        .transpose()?
                        .and_then(|outcome| outcome.id)
                }
            };
            ids.push(id);
        }
        Ok(ids)
    }
}

fn failures(error: &Error) -> Vec<Failure> {
    if error.failures().is_empty() {
        vec![Failure::new("failed", error.to_string())]
    } else {
        error.failures().to_vec()
    }
}

/// Finds records by the folded text of a field, in the store and in what a dry run would have written.
struct Names {
    session: Session,
    rehearsed: HashMap<(String, String, String), Vec<RecordId>>,
}

impl Names {
    fn rehearse(&mut self, object: &str, fields: &Fields, id: RecordId) {
        for (name, value) in &fields.0 {
            if let Some(text) = value.as_str() {
                self.rehearsed
                    .entry((object.to_owned(), name.clone(), fold_text(text)))
                    .or_default()
                    .push(id);
            }
        }
    }
}

impl Lookup for Names {
    fn find(&self, object: &str, field: &str, text: &str) -> Vec<RecordId> {
        let stored = self
            .session
            .read()
            .and_then(|(reader, _)| find(&reader, object, field, text));
        // A store that fails here fails again at the write, and is told there.
        let mut found = stored.unwrap_or_default();
        let key = (object.to_owned(), field.to_owned(), fold_text(text));
        found.extend(self.rehearsed.get(&key).into_iter().flatten());
        found
    }

    fn names(&self, object: &str, field: &str) -> Vec<String> {
        let mut names = Vec::new();
        let mut read = || -> Result<()> {
            let (reader, _) = self.session.read()?;
            reader.each(&reader.object(object)?.clone(), |record| {
                names.extend(record.get(field).map(ToString::to_string));
                Ok(if names.len() < MOST_NAMES {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                })
            })
        };
        // Names only make a message better.
        let _ = read();
        names
    }
}

/// The live records whose field folds to the same as the text: by the unique key, by the index, or by reading all.
fn find(reader: &Reader, object: &str, field: &str, text: &str) -> Result<Vec<RecordId>> {
    let object = reader.object(object)?.clone();
    let folded = fold_text(text);
    let Some(field) = object.field(field) else {
        return Ok(Vec::new());
    };
    let same = |record: &Record| {
        record
            .value(field.number)
            .is_some_and(|value| fold_text(&value.to_string()) == folded)
    };
    let text_value = Value::Text(text.into());
    if field.unique {
        return Ok(reader
            .by_unique(&object, field.number, &text_value)?
            .into_iter()
            .collect());
    }
    let mut found = Vec::new();
    if field.is_indexed() {
        let mut prefix = spaces::of_field(spaces::INDEX, object.number, field.number);
        spaces::push_indexed(&mut prefix, Some(&text_value));
        let mut ids = Vec::new();
        reader.snapshot.scan_all(&prefix, |key, _| {
            ids.extend(spaces::id_at_end(key));
            Ok::<_, Error>(ControlFlow::Continue(()))
        })?;
        // Long texts are cut in the index, so that the record decides.
        found.extend(
            reader
                .get_many(&object, &ids)?
                .into_iter()
                .flatten()
                .filter(same)
                .map(|record| record.id),
        );
        return Ok(found);
    }
    reader.each(&object, |record| {
        if same(&record) {
            found.push(record.id);
        }
        Ok(if found.len() < 2 {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        })
    })?;
    Ok(found)
}
