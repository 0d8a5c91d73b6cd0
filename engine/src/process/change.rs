//! How does a process come in, change, and go, and what becomes of the records that are in it?

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use serde::Serialize;

use super::check::Coming;
use super::declared::{self, OBJECT, Process};
use super::definition_rule::{gone, running};
use super::{check, fields};
use crate::context::{Actor, Context};
use crate::error::{Error, ErrorKind, Failure, Result};
use crate::query::{Filter, Query, Reader};
use crate::record::{Record, RecordId, Value};
use crate::schema::{Schema, SchemaChange};
use crate::session::Session;
use crate::view::Brought;
use crate::write::Request;

/// What only who administers does: a process is about all records, also those that he who asks does not see.
const CHANGE: &str = "change processes";

/// How many records are moved in one commit.
const BATCH: usize = 500;

/// What saving a process would mean.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ProcessChange {
    /// Whether there is none under its key yet.
    pub is_new: bool,
    /// Steps that there were not.
    pub steps_added: Vec<String>,
    /// Steps that there will be no more.
    pub steps_gone: Vec<StepGone>,
    /// Fields that its object gets.
    pub fields_added: Vec<String>,
    /// Everything for which it would be refused.
    pub faults: Vec<String>,
}

/// A step that there will be no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StepGone {
    /// Its key.
    pub step: String,
    /// How many records stand there.
    pub running: u64,
    /// Where they go on; the process is not saved while it is not said and there are some.
    pub moved_to: Option<String>,
}

/// What became of a process that was saved.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProcessSaved {
    /// Its record.
    pub id: RecordId,
    /// Whether it is new.
    pub created: bool,
    /// How many records went on from steps that there are no more.
    pub moved: u64,
    /// Records that another rule did not let go, and why. They stand where they were, and count as being in the step
    /// that theirs was moved to.
    pub left: Vec<(RecordId, String)>,
}

/// The schema that a process needs.
struct Ground {
    changes: Vec<SchemaChange>,
    reader: Reader,
}

impl Session {
    /// All processes, by object and in the order in which they are asked.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn processes(&self) -> Result<Vec<Process>> {
        declared::all(&self.read()?.0)
    }

    /// The process of a key or an id.
    ///
    /// # Errors
    /// When there is none, with the nearest key.
    pub fn process(&self, asked: &str) -> Result<Process> {
        declared::find(&self.read()?.0, asked)
    }

    /// What saving this process would mean: what an administrator looks at before he says yes.
    ///
    /// # Errors
    /// When who asks does not administer the workspace, or the store cannot be read.
    pub fn process_change(&self, process: &Process) -> Result<ProcessChange> {
        self.must_administer(CHANGE)?;
        let (reader, _) = self.engine.read()?;
        self.change_in(process, reader, &[])
    }

    /// What bringing processes would mean once the schema is this one and some records are there.
    ///
    /// # Errors
    /// When the store cannot be read.
    #[cfg_attr(
        not(feature = "wasm"),
        allow(dead_code, reason = "there are no plugins to bring any")
    )]
    pub(crate) fn processes_change(
        &self,
        origin: &str,
        processes: &[Process],
        schema: &Arc<Schema>,
        coming: &[Coming],
    ) -> Result<Vec<ProcessChange>> {
        let (reader, _) = self.engine.read()?;
        let stamp = Actor::Plugin(origin.to_owned()).to_string();
        let change = |process: &Process| {
            let reader = Reader {
                schema: schema.clone(),
                ..reader.clone()
            };
            let held = declared::record(&reader, &process.key)?;
            let is_foreign = |held: &&Record| held.text("brought_by") != Some(origin);
            if held.as_ref().filter(is_foreign).is_some() {
                let faults = vec![foreign(&process.key, origin)];
                return Ok(ProcessChange {
                    faults,
                    ..ProcessChange::default()
                });
            }
            // What somebody else has changed is left as he made it.
            if held.is_some_and(|held| held.text("updated_by") != Some(stamp.as_str())) {
                return Ok(ProcessChange::default());
            }
            self.change_in(process, reader, coming)
        };
        processes.iter().map(change).collect()
    }

    fn change_in(
        &self,
        process: &Process,
        reader: Reader,
        coming: &[Coming],
    ) -> Result<ProcessChange> {
        let time = self.time().for_anybody();
        let before = declared::record(&reader, &process.key)?;
        let mut change = ProcessChange {
            is_new: before.is_none(),
            ..ProcessChange::default()
        };
        let mut faults = match ground(process, reader.clone()) {
            Ok(ground) => {
                let added = ground.changes.iter().filter_map(|change| match change {
                    SchemaChange::AddField { field, .. } => Some(field.name.clone()),
                    _ => None,
                });
                change.fields_added = added.collect();
                check::faults_with(&process.definition, &ground.reader, time, coming)?
            }
            Err(error) => vec![Failure::new("definition", error.to_string())],
        };
        let after = &process.definition;
        if let Some(old) = before
            .as_ref()
            .and_then(|one| declared::of_record(one).ok())
        {
            let was = &old.definition;
            let new = after
                .steps
                .iter()
                .filter(|step| was.step(&step.key).is_none());
            change.steps_added = new.map(|step| step.key.clone()).collect();
            for step in gone(was, after) {
                let running = match old.id {
                    Some(id) => running(&reader, id, &was.object, Some(step), time)?,
                    None => 0,
                };
                let moved_to = after.moved.get(step).cloned();
                if running > 0 && moved_to.is_none() {
                    let message = format!(
                        "{running} records are in step '{step}', which is gone; say under `moved` where they go on"
                    );
                    faults.push(Failure::new("step-gone", message));
                }
                if running > 0 || was.step(step).is_some() {
                    let step = step.to_owned();
                    change.steps_gone.push(StepGone {
                        step,
                        running,
                        moved_to,
                    });
                }
            }
        } else {
            change.steps_added = after.steps.iter().map(|step| step.key.clone()).collect();
        }
        change.faults = faults.iter().map(ToString::to_string).collect();
        Ok(change)
    }

    /// Saves a process under its key: gives its object the fields that say how far a record is, replaces the process
    /// that is there, and takes the records on whose step is gone to the one that `moved` names.
    ///
    /// # Errors
    /// When it does not fit the schema, or records would stand in a step that there is no more; nothing is saved then.
    pub fn put_process(&self, process: &Process) -> Result<ProcessSaved> {
        self.must_administer(CHANGE)?;
        let ground = ground(process, self.engine.read()?.0)?;
        let faults = check::faults(
            &process.definition,
            &ground.reader,
            self.time().for_anybody(),
        )?;
        if !faults.is_empty() {
            return Err(Error::with_failures(ErrorKind::Invalid, faults));
        }
        if !ground.changes.is_empty() {
            let _ = self.change_schema(ground.changes)?;
        }
        let (reader, _) = self.engine.read()?;
        let before = declared::record(&reader, &process.key)?;
        let fields = process.fields();
        let request = match &before {
            Some(record) => Request::update(record.id(), fields),
            None => Request::create(OBJECT, fields),
        };
        let committed = self.commit([request])?;
        let id = match &before {
            Some(record) => record.id(),
            None => committed.id()?,
        };
        let mut saved = ProcessSaved {
            id,
            created: before.is_none(),
            moved: 0,
            left: Vec::new(),
        };
        for (from, to) in &process.definition.moved {
            self.take_on(process, from, to, &mut saved)?;
        }
        Ok(saved)
    }

    fn take_on(
        &self,
        process: &Process,
        from: &str,
        to: &str,
        saved: &mut ProcessSaved,
    ) -> Result<()> {
        let object = &process.definition.object;
        let schema = self.engine.schema()?;
        let step = schema.object(object).and_then(|of| of.field(fields::STEP));
        if !step.is_some_and(|field| field.options().iter().any(|option| option == from)) {
            return Ok(());
        }
        let standing = Filter::And(vec![
            Filter::eq(fields::PROCESS, saved.id),
            Filter::eq(fields::STEP, from),
        ]);
        let mut query = Query::new(object).filter(standing).limit(BATCH);
        loop {
            let page = self.query(&query)?;
            let ids: Vec<RecordId> = page.records.iter().map(Record::id).collect();
            let requests = page.records.iter().map(|record| Request::Update {
                id: record.id(),
                revision: Some(record.revision()),
                fields: crate::write::Fields::default().with(fields::STEP, to),
            });
            let (_, outcomes) = self.commit_each(requests)?;
            for (id, outcome) in ids.into_iter().zip(outcomes) {
                match outcome {
                    Ok(_) => saved.moved += 1,
                    Err(error) => saved.left.push((id, error.to_string())),
                }
            }
            match page.next {
                Some(next) => query.after = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// Brings processes, as the plugin or product of this name, each under its key. Bringing them again changes what is
    /// other than before, and withdraws what is brought no more; what somebody else has changed since is left as he
    /// made it. The roles and teams that they name are there before.
    ///
    /// # Errors
    /// When one does not fit, or its key belongs to somebody else's. Those before it are brought by then; bringing all
    /// again goes on from there.
    pub fn declare_processes(&self, origin: &str, processes: &[Process]) -> Result<Brought> {
        self.must_administer(CHANGE)?;
        let session = Session {
            context: Context {
                actor: Actor::Plugin(origin.to_owned()),
                ..self.context.clone()
            },
            ..self.clone()
        };
        let stamp = session.context.actor.to_string();
        let mut brought = Brought::default();
        let mut keys = BTreeSet::new();
        for process in processes {
            if !keys.insert(process.key.as_str()) {
                let message = format!("process '{}' is brought twice", process.key);
                return Err(
                    Error::new(ErrorKind::Invalid, message).hint("give each one a key of its own")
                );
            }
            let (reader, _) = self.engine.read()?;
            let Some(record) = declared::record(&reader, &process.key)? else {
                let _ = session.put_process(process)?;
                brought.created.push(process.key.clone());
                continue;
            };
            if record.text("brought_by") != Some(origin) {
                return Err(
                    Error::new(ErrorKind::Conflict, foreign(&process.key, origin))
                        .hint("bring it under another key, or remove the one that is there"),
                );
            }
            if record.text("updated_by") != Some(stamp.as_str()) {
                brought.left.push(process.key.clone());
            } else if process
                .fields()
                .iter()
                .any(|(name, value)| record.get(name).map(Value::to_json).as_ref() != Some(value))
            {
                let _ = session.put_process(process)?;
                brought.changed.push(process.key.clone());
            }
        }
        brought.removed = session.withdraw_but(origin, &keys)?;
        Ok(brought)
    }

    /// Withdraws the processes that a plugin or product brought. Those that no record is in go to the bin; the others
    /// take no more records, and are there for those that are in them.
    ///
    /// # Errors
    /// As [`Session::commit`].
    pub fn withdraw_processes(&self, origin: &str) -> Result<usize> {
        self.must_administer(CHANGE)?;
        Ok(self.withdraw_but(origin, &BTreeSet::new())?.len())
    }

    /// The same without some.
    fn withdraw_but(&self, origin: &str, keep: &BTreeSet<&str>) -> Result<Vec<String>> {
        let (reader, _) = self.engine.read()?;
        let Some(object) = reader.schema.object(OBJECT).cloned() else {
            return Ok(Vec::new());
        };
        let mut mine = Vec::new();
        reader.each(&object, |record| {
            let key = record.text("key").unwrap_or_default();
            if record.text("brought_by") == Some(origin) && !keep.contains(key) {
                mine.push(record);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        let mut requests = Vec::new();
        let mut keys = Vec::new();
        for record in mine {
            let id = record.id();
            let about = record.text("object").unwrap_or_default();
            let runs = running(&reader, id, about, None, self.time().for_anybody())? > 0;
            match (runs, record.get("active")) {
                (false, _) => requests.push(Request::Delete { id, revision: None }),
                // Withdrawn before.
                (true, Some(Value::Boolean(false))) => continue,
                (true, _) => {
                    let off = crate::write::Fields::default().with("active", false);
                    requests.push(Request::update(id, off));
                }
            }
            keys.push(record.text("key").unwrap_or_default().to_owned());
        }
        if !requests.is_empty() {
            let _ = self.commit(requests)?;
        }
        Ok(keys)
    }
}

fn foreign(key: &str, origin: &str) -> String {
    format!("process '{key}' was not brought by {origin} and is not replaced")
}

/// The changes of the schema that a process needs, and the schema after them.
fn ground(process: &Process, reader: Reader) -> Result<Ground> {
    let changes = process.schema_changes(&reader.schema)?;
    let mut after: Schema = (*reader.schema).clone();
    for change in &changes {
        match change.apply(&after) {
            Ok(object) => after.put(object),
            Err(failures) => return Err(Error::with_failures(ErrorKind::Invalid, failures)),
        }
    }
    let schema = Arc::new(after);
    let reader = Reader { schema, ..reader };
    Ok(Ground { changes, reader })
}

impl Process {
    /// The changes of the schema after which records of its object can be in it.
    ///
    /// # Errors
    /// When the object has another field in the place of one of them.
    pub(crate) fn schema_changes(&self, schema: &Schema) -> Result<Vec<SchemaChange>> {
        // Where there is no such object the check says so, with the nearest name.
        let object = schema.object(&self.definition.object);
        let changes = object.map(|object| fields::lacking(object, &self.definition));
        let changes = changes.transpose();
        Ok(changes
            .map_err(|message| Error::new(ErrorKind::Invalid, message))?
            .unwrap_or_default())
    }
}
