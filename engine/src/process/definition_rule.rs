//! May this process be saved, and may the schema change under it?
//!
//! A process that does not fit is refused with every fault; so is one that would leave records in a step that there is
//! no more.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value as Json;

use super::check;
use super::declared::{self, OBJECT};
use super::definition::ProcessDefinition;
use super::fields;
use crate::context::Actor;
use crate::error::{Failure, Result};
use crate::hook::{
    Answers, HookContext, HookFailure, Interest, Patch, Refusal, Registry, Row, Rule, SchemaGuard,
    Verb, engine_rule,
};
use crate::query::{self, Filter, QueryTime, Reader};
use crate::record::{Record, RecordId, Value};
use crate::schema::{Object, Schema};
use crate::view::labels;

pub(super) fn register(schema: &Schema, registry: &mut Registry) {
    if schema.object(OBJECT).is_none() {
        return;
    }
    let interest = Interest::new(OBJECT, &[Verb::Create, Verb::Update], Vec::new());
    let rule = engine_rule("process fits the schema", interest, DefinitionRule);
    registry.before_save.push(rule);
    registry.schema_guards.push(Arc::new(Guard));
}

fn time(context: &HookContext<'_>) -> QueryTime {
    QueryTime::declared(context.now, context.zone, context.actor)
}

struct DefinitionRule;

impl Rule for DefinitionRule {
    fn judge(&self, rows: &[Row<'_>], context: &HookContext<'_>) -> Result<Answers, HookFailure> {
        let mut answers = Answers::default();
        for (place, row) in rows.iter().enumerate() {
            let Some(after) = row.after else { continue };
            let set = |answers: &mut Answers, name: &str, value: Value| {
                answers
                    .patches
                    .extend(patch(place, &after.object, name, value));
            };
            let (faults, object) = faults(row, after, context)
                .map_err(|error| HookFailure::unread("process", &error))?;
            answers
                .refusals
                .extend(faults.into_iter().map(|failure| Refusal {
                    row: place,
                    field: failure.field,
                    code: failure.code,
                    message: failure.message,
                }));
            if let Some(object) = object {
                set(&mut answers, "object", Value::Text(object.as_str().into()));
            }
            if let (Actor::Plugin(id), None) = (context.actor, row.before) {
                set(&mut answers, "brought_by", Value::Text(id.as_str().into()));
            }
        }
        Ok(answers)
    }
}

fn patch(row: usize, object: &Object, name: &str, value: Value) -> Option<Patch> {
    let field = object.field(name)?.number;
    Some(Patch {
        row,
        field,
        value: Some(value),
    })
}

fn json<'a>(record: &'a Record, name: &str) -> Option<&'a Json> {
    match record.get(name) {
        Some(Value::Json(json)) => Some(json),
        _ => None,
    }
}

/// What is wrong with a process that is to be saved, and the object that it is about.
fn faults(
    row: &Row<'_>,
    after: &Record,
    context: &HookContext<'_>,
) -> Result<(Vec<Failure>, Option<String>)> {
    let mut faults = Vec::new();
    if let Some(Err(fault)) = json(after, "label").map(labels) {
        faults.push(Failure::field("label", "label", fault.to_string()));
    }
    let before = row.before.and_then(|before| json(before, "definition"));
    let Some(now) = json(after, "definition").filter(|now| before != Some(*now)) else {
        return Ok((faults, None));
    };
    let definition = match ProcessDefinition::read(now) {
        Ok(definition) => definition,
        Err(fault) => {
            faults.push(fault.into_failure());
            return Ok((faults, None));
        }
    };
    faults.extend(check::faults(&definition, context.reader, time(context))?);
    if let Some(before) = before.and_then(|before| ProcessDefinition::read(before).ok()) {
        let id = after.id();
        faults.extend(stranded(id, &before, &definition, context)?);
    }
    Ok((faults, Some(definition.object)))
}

/// Records that would stand in a step that there is no more.
fn stranded(
    id: RecordId,
    before: &ProcessDefinition,
    after: &ProcessDefinition,
    context: &HookContext<'_>,
) -> Result<Vec<Failure>> {
    let mut faults = Vec::new();
    if before.object != after.object {
        let running = running(context.reader, id, &before.object, None, time(context))?;
        if running > 0 {
            let message = format!(
                "object: {running} records of {} are in the process, and stay there; make another process for {}",
                before.object, after.object
            );
            faults.push(Failure::field("definition", "step-gone", message));
        }
        return Ok(faults);
    }
    for step in gone(before, after) {
        let count = running(
            context.reader,
            id,
            &before.object,
            Some(step),
            time(context),
        )?;
        if count > 0 && !after.moved.contains_key(step) {
            let message = format!(
                "steps: {count} records are in step '{step}', which is gone; say where they go on, such as \"moved\": {{\"{step}\": \"{}\"}}",
                after.steps.first().map_or("", |step| step.key.as_str())
            );
            faults.push(Failure::field("definition", "step-gone", message));
        }
    }
    Ok(faults)
}

/// The steps in which records may stand and which there are no more.
pub(super) fn gone<'a>(
    before: &'a ProcessDefinition,
    after: &ProcessDefinition,
) -> BTreeSet<&'a str> {
    let steps = before.steps.iter().map(|step| step.key.as_str());
    let known = steps.chain(before.moved.keys().map(String::as_str));
    known.filter(|key| after.step(key).is_none()).collect()
}

/// How many records are in a process, or in one of its steps.
pub(super) fn running(
    reader: &Reader,
    process: RecordId,
    object: &str,
    step: Option<&str>,
    time: QueryTime,
) -> Result<u64> {
    let known = reader.schema.object(object);
    if !known.is_some_and(|object| fields::are_in(object)) {
        return Ok(0);
    }
    let mut all = vec![Filter::eq(fields::PROCESS, process)];
    if let Some(step) = step {
        let option = known.and_then(|object| object.field(fields::STEP));
        if !option.is_some_and(|field| field.options().iter().any(|known| known == step)) {
            return Ok(0);
        }
        all.push(Filter::eq(fields::STEP, step));
    }
    query::count(reader, object, &Filter::And(all), &time)
}

/// Refuses a change of the schema that takes away what a process names.
struct Guard;

impl SchemaGuard for Guard {
    fn objections(&self, after: &Schema, context: &HookContext<'_>) -> Result<Vec<Failure>> {
        let then = Reader {
            schema: Arc::new(after.clone()),
            ..context.reader.clone()
        };
        let mut failures = Vec::new();
        for process in declared::all(context.reader)? {
            if !process.active {
                continue;
            }
            let faults = |reader: &Reader| -> Result<BTreeSet<String>> {
                let faults = check::faults(&process.definition, reader, time(context))?;
                Ok(faults.into_iter().map(|fault| fault.message).collect())
            };
            let new = faults(&then)?;
            if new.is_empty() {
                continue;
            }
            // What was wrong before is no reason to keep the schema as it is.
            for fault in new.difference(&faults(context.reader)?) {
                let message = format!(
                    "process '{}' uses it ({fault}); change the process, or switch it off, first",
                    process.key
                );
                failures.push(Failure::new("in-process", message));
            }
        }
        Ok(failures)
    }
}
