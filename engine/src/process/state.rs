//! Where is a record, since when, who holds it up, and what is missing for its next step?

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::declared::{self, Process, called};
use super::definition::{Step, StepOutcome, Transition};
use super::fields;
use super::gap::Case;
use super::step_rule::process_of;
use super::told;
use crate::context::Locale;
use crate::error::{Error, ErrorKind, Result};
use crate::query::Reader;
use crate::record::{Record, RecordId, Value};
use crate::session::Session;
use crate::write::{Committed, Fields, Request};

/// How far a record is in its process, in the language of who asked.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ProcessState {
    /// The record.
    #[serde(with = "crate::write::id_text")]
    pub record: RecordId,
    /// What a person would call it.
    pub title: String,
    /// The process, by key.
    pub process: String,
    /// What the process is called.
    pub process_label: String,
    /// The step that it is in, by key.
    pub step: String,
    /// What the step is called.
    pub step_label: String,
    /// Since when it is there.
    #[serde(serialize_with = "told::moment_or_none")]
    pub since: Option<DateTime<Utc>>,
    /// For how many days, by the calendar on the wall.
    pub days: i64,
    /// The last day on which the step is in time.
    #[serde(serialize_with = "told::text_or_none")]
    pub due: Option<NaiveDate>,
    /// Whether that day is over.
    pub overdue: bool,
    /// The user in whose hands it is.
    pub owner: Option<Holder>,
    /// The team that is responsible.
    pub team: Option<Holder>,
    /// The role that is responsible.
    pub role: Option<Holder>,
    /// How it ended; none while it goes on.
    pub outcome: Option<StepOutcome>,
    /// Where it can go, and what is missing for each.
    pub next: Vec<NextStep>,
}

/// Who holds a record up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Holder {
    /// The user, the team or the role.
    #[serde(with = "crate::write::id_text")]
    pub id: RecordId,
    /// What it is called.
    pub name: String,
}

/// A step that a record can go to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NextStep {
    /// The step, by key.
    pub step: String,
    /// What the way there is called, or the step where the way has no name.
    pub label: String,
    /// Whether the record can go there now, as far as its process is concerned.
    pub open: bool,
    /// What is in the way.
    pub missing: Vec<Missing>,
}

/// One thing that is in the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Missing {
    /// A word for programs: `step-field`, `step-document`, `step-condition`, `step-role`. The failures of a refused
    /// write have the same.
    pub code: &'static str,
    /// The field to blame.
    pub field: String,
    /// The same for a person, in his language.
    pub text: String,
}

/// Finds names in one language.
struct Names<'a> {
    reader: &'a Reader,
    locale: Locale,
}

impl Names<'_> {
    fn holder(&self, record: &Record, field: &str) -> Result<Option<Holder>> {
        let Some(Value::Reference(id)) = record.get(field) else {
            return Ok(None);
        };
        let name = self.reader.get_stored(*id)?;
        let name = name.map_or_else(|| id.to_string(), |record| record.title_in(self.locale));
        Ok(Some(Holder { id: *id, name }))
    }

    fn step(&self, step: &Step) -> String {
        called(&step.label, self.locale, &step.key)
    }

    fn way(&self, process: &Process, way: &Transition) -> String {
        let step = process.definition.step(&way.to);
        let step = step.map_or_else(|| way.to.clone(), |step| self.step(step));
        called(&way.label, self.locale, &step)
    }

    fn next(&self, case: &Case<'_>, from: &Step, way: &Transition) -> Result<NextStep> {
        let gaps = case.gaps(from, &way.to)?;
        let missing: Vec<Missing> = gaps
            .iter()
            .map(|gap| Missing {
                code: gap.code(),
                field: gap.field(),
                text: gap.shown(case, self.locale),
            })
            .collect();
        Ok(NextStep {
            step: way.to.clone(),
            label: self.way(case.process, way),
            open: missing.is_empty(),
            missing,
        })
    }
}

/// The process that a record is in.
pub(super) fn of_record(reader: &Reader, record: &Record) -> Result<Process> {
    let Some(id) = process_of(record) else {
        let message = format!("{} is in no process", record.id());
        return Err(Error::new(ErrorKind::NotFound, message).hint(
            "`peyvand process list` shows the processes, each with the records that it is for; a record begins one when it is saved",
        ));
    };
    match reader.get(id)? {
        Some(process) => Ok(declared::of_record(&process)?),
        None => Err(Error::new(ErrorKind::NotFound, reader.missing(id)?)),
    }
}

impl Session {
    /// How far a record is in its process: the step, since when, by when, in whose hands, and what is missing for each
    /// step that it can go to.
    ///
    /// # Errors
    /// When there is no such record, or it is in no process.
    pub fn process_state(&self, id: RecordId) -> Result<ProcessState> {
        let (reader, _) = self.read()?;
        let record = match reader.get(id)? {
            Some(record) => record,
            // It says why there is none.
            None => self.get(id)?,
        };
        // What is shown is what he sees; the steps are judged as the write path judges them, on everything.
        let (whole, _) = self.engine.read()?;
        let process = of_record(&whole, &record)?;
        let Some(judged) = whole.get(id)? else {
            return Err(Error::new(ErrorKind::NotFound, reader.missing(id)?));
        };
        let stands = record.text(fields::STEP).unwrap_or_default();
        let Some(step) = process.definition.standing(stands) else {
            let message = format!(
                "{id} is in step '{stands}', which process '{}' has no more",
                process.key
            );
            return Err(Error::new(ErrorKind::Invalid, message)
                .hint("say under `moved` of the process where its records go on"));
        };
        let (time, names) = (
            self.time().for_anybody(),
            Names {
                reader: &reader,
                locale: self.context.locale,
            },
        );
        let case = Case::new(&whole, time, &self.context.actor, &process, &judged);
        let since = match record.get(fields::SINCE) {
            Some(Value::Instant(since)) => Some(*since),
            _ => None,
        };
        let due = match record.get(fields::DUE) {
            Some(Value::Date(due)) => Some(*due),
            _ => None,
        };
        let today = time.today();
        let next = step.next.iter().map(|way| names.next(&case, step, way));
        Ok(ProcessState {
            record: id,
            title: record.title_in(self.context.locale),
            process: process.key.clone(),
            process_label: process.called(self.context.locale),
            step: step.key.clone(),
            step_label: names.step(step),
            since,
            days: since.map_or(0, |since| (today - time.day_of(since)).num_days()),
            due,
            overdue: due.is_some_and(|due| due < today),
            owner: names.holder(&record, fields::OWNER)?,
            team: names.holder(&record, fields::TEAM)?,
            role: names.holder(&record, fields::ROLE)?,
            outcome: record
                .text(fields::OUTCOME)
                .and_then(StepOutcome::from_name),
            next: next.collect::<Result<_>>()?,
        })
    }

    /// Takes a record on to a step: the same as writing its field `step`.
    ///
    /// # Errors
    /// Everything that is in the way, at once; and as [`Session::commit`].
    pub fn advance(&self, id: RecordId, to: &str) -> Result<Committed> {
        self.commit([Request::update(
            id,
            Fields::default().with(fields::STEP, to),
        )])
    }
}
