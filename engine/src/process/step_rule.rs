//! May this record go to that step?
//!
//! The engine's own rule on every object whose records can be in a process, asked after all other hooks, since one of
//! them may have moved the record or filled in what was missing. Everything that is in the way is told at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::declared::{self, Process};
use super::entry;
use super::fields;
use super::gap::{Case, holds};
use crate::error::{Error, Result};
use crate::hook::{
    Answers, HookContext, HookFailure, Interest, Patch, Refusal, Registry, Row, Rule, Verb,
    engine_rule,
};
use crate::query::{QueryTime, Reader};
use crate::record::{Record, RecordId, Value};
use crate::schema::Schema;
use crate::view::DefinitionError;

/// Puts the rule behind all others.
pub(super) fn register(schema: &Schema, registry: &mut Registry) {
    for object in schema.objects().filter(|object| fields::are_in(object)) {
        let title = format!("{} keeps to its process", object.name);
        let interest = Interest::new(&object.name, &[Verb::Create, Verb::Update], Vec::new());
        let rule = StepRule {
            object: object.name.clone(),
            known: Mutex::default(),
        };
        registry.computed.push(engine_rule(title, interest, rule));
    }
}

/// Processes as they were read, by record and revision: definitions are long, and seldom change.
type Known = HashMap<RecordId, (u64, Arc<Process>)>;

struct StepRule {
    object: String,
    known: Mutex<Known>,
}

impl StepRule {
    fn process(&self, record: &Record, reader: &Reader) -> Result<Arc<Process>, DefinitionError> {
        // A dry run counts revisions that somebody else may yet give to something else.
        if reader.rehearsed.is_some() {
            return declared::of_record(record).map(Arc::new);
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((revision, process)) = known.get(&record.id())
            && *revision == record.revision()
        {
            return Ok(process.clone());
        }
        let process = Arc::new(declared::of_record(record)?);
        known.insert(record.id(), (record.revision(), process.clone()));
        Ok(process)
    }

    /// The processes that records may begin, in the order in which they are asked. One that this engine cannot read
    /// begins nothing.
    fn open(&self, reader: &Reader) -> Result<Vec<Arc<Process>>> {
        let records = declared::records_of(reader, &self.object)?;
        let processes = records
            .iter()
            .filter_map(|record| self.process(record, reader).ok());
        Ok(processes.filter(|process| process.active).collect())
    }
}

/// What is read once for all rows of a batch.
struct Batch<'a> {
    rule: &'a StepRule,
    context: &'a HookContext<'a>,
    time: QueryTime,
    open: Option<Vec<Arc<Process>>>,
    running: HashMap<RecordId, Arc<Process>>,
    answers: Answers,
}

impl Batch<'_> {
    fn row(&mut self, place: usize, row: &Row<'_>) -> Result<()> {
        let Some(after) = row.after else {
            return Ok(());
        };
        let now = process_of(after);
        match (row.before, now) {
            // Out of the bin, as it was.
            (None, Some(_)) => Ok(()),
            (_, Some(process)) => self.goes(place, row, after, process),
            (_, None) => self.begins(place, row, after),
        }
    }

    fn refuse(&mut self, row: usize, field: &str, code: &str, message: String) {
        self.answers.refusals.push(Refusal {
            row,
            field: Some(field.to_owned()),
            code: code.to_owned(),
            message,
        });
    }

    fn set(&mut self, row: usize, record: &Record, name: &str, value: Option<Value>) {
        if let Some(field) = record.object.field(name) {
            self.answers.patches.push(Patch {
                row,
                field: field.number,
                value,
            });
        }
    }

    /// A record that is in no process: the first one that fits takes it.
    fn begins(&mut self, place: usize, row: &Row<'_>, after: &Record) -> Result<()> {
        let reader = self.context.reader;
        let open = match self.open.take() {
            Some(open) => open,
            None => self.rule.open(reader)?,
        };
        let mut fits = None;
        for process in &open {
            if holds(&process.definition.filter, after, reader, &self.time)? {
                fits = Some(process.clone());
                break;
            }
        }
        self.open = Some(open);
        let step = after.text(fields::STEP);
        let Some(process) = fits else {
            if let Some(step) = step {
                let message = format!(
                    "no process fits the record, so that it is in no step; leave '{step}' out, or change the record"
                );
                self.refuse(place, fields::STEP, "no-process", message);
            }
            return Ok(());
        };
        let case = Case::new(reader, self.time, self.context.actor, &process, after);
        let Some(first) = case.start()? else {
            let message = format!(
                "process {}: the record can begin nowhere; give the process a start without a condition",
                process.key
            );
            self.refuse(place, fields::STEP, "step-start", message);
            return Ok(());
        };
        let mut begun = first;
        if let Some(step) = step {
            match process.definition.step(step) {
                Some(step) if case.may_begin(&step.key)? => begun = step,
                _ => {
                    let message = format!(
                        "process {}: a record does not begin in '{step}'; this one begins in '{}'",
                        process.key, first.key
                    );
                    self.refuse(place, fields::STEP, "step-start", message);
                    return Ok(());
                }
            }
        }
        let values = entry::values(&case, begun)?;
        let step = Value::Text(begun.key.as_str().into());
        let id = process.id.map(Value::Reference);
        self.set(place, after, fields::PROCESS, id);
        self.set(place, after, fields::STEP, Some(step));
        self.enters(place, row, after, values);
        Ok(())
    }

    /// A record that is in a process: judged when its step is to be another one.
    fn goes(&mut self, place: usize, row: &Row<'_>, after: &Record, id: RecordId) -> Result<()> {
        let from = row.before.and_then(|before| before.text(fields::STEP));
        let to = after.text(fields::STEP);
        let (Some(from), true) = (from, from != to) else {
            return Ok(());
        };
        let process = self.running(id)?;
        let reader = self.context.reader;
        let case = Case::new(reader, self.time, self.context.actor, &process, after);
        let definition = &process.definition;
        let key = &process.key;
        let Some(to) = to else {
            let message = format!(
                "process {key}: the record is in step '{from}', and is in one always; name the step that it goes to"
            );
            self.refuse(place, fields::STEP, "step-not-allowed", message);
            return Ok(());
        };
        let Some(step) = definition.step(to) else {
            let known = definition.steps.iter().map(|step| step.key.as_str());
            let near = crate::schema::did_you_mean(to, known);
            let message = format!("process {key} has no step '{to}'{near}");
            self.refuse(place, fields::STEP, "step-not-allowed", message);
            return Ok(());
        };
        let Some(stands) = definition.standing(from) else {
            let message = format!(
                "process {key} has no step '{from}' any more; say under `moved` of the process where its records go on"
            );
            self.refuse(place, fields::STEP, "step-gone", message);
            return Ok(());
        };
        // Where the process itself moved its records, nobody is asked.
        let moved = stands.key != from && stands.key == to;
        if !moved {
            for gap in case.gaps(stands, to)? {
                let message = gap.told(&case, stands, to);
                self.refuse(place, &gap.field(), gap.code(), message);
            }
        }
        let values = entry::values(&case, step)?;
        self.enters(place, row, after, values);
        Ok(())
    }

    fn running(&mut self, id: RecordId) -> Result<Arc<Process>> {
        if let Some(process) = self.running.get(&id) {
            return Ok(process.clone());
        }
        let reader = self.context.reader;
        let Some(record) = reader.get(id)? else {
            return Err(Error::new(
                crate::error::ErrorKind::NotFound,
                format!("the process {id} is not there"),
            ));
        };
        let process = self.rule.process(&record, reader)?;
        self.running.insert(id, process.clone());
        Ok(process)
    }

    fn enters(
        &mut self,
        place: usize,
        row: &Row<'_>,
        after: &Record,
        values: Vec<(&'static str, Option<Value>)>,
    ) {
        let owner = |record: &Record| record.get(fields::OWNER).cloned();
        let given = owner(after).is_some() && row.before.and_then(owner) != owner(after);
        for (name, value) in values {
            // Whoever hands a record on may say to whom.
            if name != fields::OWNER || !given {
                self.set(place, after, name, value);
            }
        }
    }
}

/// The process that a record is in.
pub(super) fn process_of(record: &Record) -> Option<RecordId> {
    match record.get(fields::PROCESS) {
        Some(Value::Reference(id)) => Some(*id),
        _ => None,
    }
}

impl Rule for StepRule {
    /// Whether a step lacks something can be said beside any other fault.
    fn judges_the_faulty(&self) -> bool {
        true
    }

    fn judge(&self, rows: &[Row<'_>], context: &HookContext<'_>) -> Result<Answers, HookFailure> {
        let mut batch = Batch {
            rule: self,
            context,
            time: QueryTime::declared(context.now, context.zone, context.actor),
            open: None,
            running: HashMap::new(),
            answers: Answers::default(),
        };
        for (place, row) in rows.iter().enumerate() {
            batch
                .row(place, row)
                .map_err(|error| HookFailure::unread("process", &error))?;
        }
        Ok(batch.answers)
    }
}
