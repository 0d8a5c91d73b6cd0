//! Which steps did a record go, how long did each take, and who took it on?
//!
//! Read from the journal: nothing is kept twice, and a record that was moved by a script says so.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::declared::{Process, called};
use super::fields;
use super::state::of_record;
use super::told;
use crate::context::Actor;
use crate::error::Result;
use crate::query::QueryTime;
use crate::record::{RecordId, Value};
use crate::session::Session;
use crate::timeline::{Event, EventKind};

/// A record's time in one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StepStay {
    /// The step, by key.
    pub step: String,
    /// What it is called, in the language of who asked; its key where the process has it no more.
    pub label: String,
    /// When the record came.
    #[serde(serialize_with = "told::moment")]
    pub entered_at: DateTime<Utc>,
    /// Who brought it there.
    #[serde(serialize_with = "told::text")]
    pub entered_by: Actor,
    /// When it went; none where it still is.
    #[serde(serialize_with = "told::moment_or_none")]
    pub left_at: Option<DateTime<Utc>>,
    /// Who took it on.
    #[serde(serialize_with = "told::text_or_none")]
    pub left_by: Option<Actor>,
    /// For how long it was there, or is by now.
    pub seconds: i64,
    /// The last day on which the step was in time.
    #[serde(serialize_with = "told::text_or_none")]
    pub due: Option<NaiveDate>,
    /// Whether it was left, or still is not, after that day.
    pub late: bool,
}

/// What a field was set to by an event; none within none where it was cleared.
fn set_to<'a>(event: &'a Event, field: &str) -> Option<Option<&'a Value>> {
    let change = event.changes.iter().find(|(name, ..)| name == field);
    change.map(|(_, _, after)| after.as_ref())
}

/// The stays as the events of one record tell them, oldest first.
fn stays(events: &[Event]) -> Vec<StepStay> {
    let mut stays: Vec<StepStay> = Vec::new();
    for event in events {
        // A record from the bin tells all its fields again.
        let step = match set_to(event, fields::STEP) {
            Some(Some(Value::Text(step))) => step.as_str(),
            _ => continue,
        };
        let open = stays.last_mut().filter(|stay| stay.left_at.is_none());
        match open {
            Some(open) if event.kind == EventKind::Created && open.step == step => continue,
            Some(open) => {
                open.left_at = Some(event.at);
                open.left_by = Some(event.actor.clone());
            }
            None => {}
        }
        let due = match set_to(event, fields::DUE) {
            Some(Some(Value::Date(due))) => Some(*due),
            Some(_) => None,
            // The same day as in the step before.
            None => stays.last().and_then(|stay| stay.due),
        };
        stays.push(StepStay {
            step: step.to_owned(),
            label: step.to_owned(),
            entered_at: event.at,
            entered_by: event.actor.clone(),
            left_at: None,
            left_by: None,
            seconds: 0,
            due,
            late: false,
        });
    }
    stays
}

fn measure(stay: &mut StepStay, time: &QueryTime, ended: bool) {
    // Nobody waits for what has ended.
    let until = match (stay.left_at, ended) {
        (Some(left), _) => left,
        (None, true) => stay.entered_at,
        (None, false) => time.now,
    };
    stay.seconds = (until - stay.entered_at).num_seconds().max(0);
    stay.late = stay.due.is_some_and(|due| due < time.day_of(until));
}

impl Session {
    /// The steps that a record went, oldest first, as far back as the journal goes.
    ///
    /// # Errors
    /// When there is no such record, it is in no process, or the journal cannot be read.
    pub fn step_history(&self, id: RecordId) -> Result<Vec<StepStay>> {
        let record = self.get(id)?;
        // For the names of its steps: who sees the record may know where it was.
        let process: Process = of_record(&self.engine.read()?.0, &record)?;
        let mut events = self.timeline(id)?;
        // Comments and messages show on its timeline too.
        events.retain(|event| event.record == id);
        let mut stays = stays(&events);
        let ended = record.get(fields::OUTCOME).is_some();
        let (time, locale) = (self.time(), self.context.locale);
        for stay in &mut stays {
            measure(stay, &time, ended);
            if let Some(step) = process.definition.step(&stay.step) {
                stay.label = called(&step.label, locale, &stay.step);
            }
        }
        Ok(stays)
    }
}
