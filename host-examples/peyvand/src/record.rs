//! What is one record, what happened to it, and how is it changed?

use std::path::Path;

use peyvand::{Committed, Engine, Event, EventKind, OutcomeKind, Record, RecordId, Session, Value};
use serde_json::{Value as Json, json};

use crate::fault::{Exit, Fault};
use crate::moment::Moment;
use crate::output::{Output, Side, Table};
use crate::query::Names;
use crate::source;
use crate::store::{self, Need};

pub(crate) fn get(
    id: RecordId,
    as_of: Option<Moment>,
    dir: &Path,
    output: &mut Output<'_>,
) -> Result<Exit, Fault> {
    store::with(dir, Need::Existing, |engine| {
        let session = store::session(engine)?;
        let (record, names) = match as_of {
            Some(moment) => {
                let past = session.as_of(moment.0)?;
                (past.get(id)?, Names::as_of(past, session.zone()))
            }
            None => (session.get(id)?, Names::of(session)),
        };
        if output.json {
            output.document(&record.to_json())
        } else {
            tell(&record, names, output)
        }
    })?;
    Ok(Exit::Fine)
}

fn tell(record: &Record, mut names: Names, output: &mut Output<'_>) -> Result<(), Fault> {
    output.line(record.title())?;
    output.line(format!(
        "{} {}, revision {}",
        record.object(),
        record.id(),
        record.revision()
    ))?;
    let mut table = Table::new(&[("field", Side::Left), ("value", Side::Left)]);
    for (name, value) in record.fields() {
        let shown = match value {
            Value::Reference(id) => format!("{id}  {}", names.name(*id)),
            other => names.shown(other),
        };
        table.row([name.to_owned(), shown]);
    }
    output.table(&table)
}

pub(crate) fn timeline(id: RecordId, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    store::with(dir, Need::Existing, |engine| {
        let session = store::session(engine)?;
        let events = session.timeline(id)?;
        if events.is_empty() {
            // It says whether the id is unknown.
            session.get(id)?;
        }
        if output.json {
            return output
                .document(&json!({"data": events.iter().map(event_json).collect::<Vec<_>>()}));
        }
        let mut names = Names::of(session);
        for event in &events {
            tell_event(id, event, &mut names, output)?;
        }
        Ok(())
    })?;
    Ok(Exit::Fine)
}

fn event_json(event: &Event) -> Json {
    let value = |value: &Option<Value>| value.as_ref().map_or(Json::Null, Value::to_json);
    let change = |(field, before, after): &(String, Option<Value>, Option<Value>)| json!({"field": field, "before": value(before), "after": value(after)});
    json!({
        "position": event.position.get(),
        "at": Value::Instant(event.at).to_json(),
        "actor": event.actor.to_string(),
        "record": event.record.to_string(),
        "kind": event_word(event.kind),
        "changes": event.changes.iter().map(change).collect::<Vec<_>>(),
        "cause": event.cause.map(|cause| cause.get()),
    })
}

fn tell_event(
    of: RecordId,
    event: &Event,
    names: &mut Names,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let cause = event.cause.map_or_else(String::new, |cause| {
        format!(", caused by entry {}", cause.get())
    });
    let actor = match &event.actor {
        peyvand::Actor::User(id) => names.name(*id),
        other => other.to_string(),
    };
    let at = names.shown(&Value::Instant(event.at));
    // A comment about the record is a record of its own.
    let what = match event.record == of {
        true => String::new(),
        false => format!("{} ", event.record),
    };
    output.line(format!(
        "{at}  {what}{} by {actor} (entry {}{cause})",
        event_word(event.kind),
        event.position.get()
    ))?;
    for (field, before, after) in &event.changes {
        // Who and when stand in the line above.
        if matches!(
            field.as_str(),
            "created_at" | "created_by" | "updated_at" | "updated_by"
        ) {
            continue;
        }
        let mut shown = |value: &Option<Value>| {
            value
                .as_ref()
                .map_or_else(|| "(empty)".to_owned(), |value| names.shown(value))
        };
        let line = match before {
            None => format!("    {field}: {}", shown(after)),
            Some(_) => format!("    {field}: {} -> {}", shown(before), shown(after)),
        };
        output.line(line)?;
    }
    Ok(())
}

fn event_word(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Created => "created",
        EventKind::Updated => "updated",
        EventKind::Deleted => "deleted",
        EventKind::Message => "message",
        EventKind::EnteredSegment => "entered",
        EventKind::LeftSegment => "left",
        _ => "changed",
    }
}

pub(crate) fn create(
    object: &str,
    fields: &str,
    dir: &Path,
    output: &mut Output<'_>,
) -> Result<Exit, Fault> {
    let fields = source::fields(fields)?;
    changed(dir, Need::Created, output, |session| {
        session.create(object, fields)
    })
}

pub(crate) fn update(
    id: RecordId,
    fields: &str,
    revision: Option<u64>,
    dir: &Path,
    output: &mut Output<'_>,
) -> Result<Exit, Fault> {
    let fields = source::fields(fields)?;
    changed(dir, Need::Existing, output, |session| match revision {
        Some(revision) => session.update_at(id, revision, fields),
        None => session.update(id, fields),
    })
}

pub(crate) fn delete(id: RecordId, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    changed(dir, Need::Existing, output, |session| session.delete(id))
}

pub(crate) fn undelete(id: RecordId, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    changed(dir, Need::Existing, output, |session| session.restore(id))
}

fn changed(
    dir: &Path,
    need: Need,
    output: &mut Output<'_>,
    change: impl FnOnce(&Session) -> peyvand::Result<Committed>,
) -> Result<Exit, Fault> {
    store::with(dir, need, |engine| {
        let committed = change(&store::session(engine)?)?;
        tell_commit(engine, &committed, output)
    })?;
    Ok(Exit::Fine)
}

pub(crate) fn tell_commit(
    engine: &Engine,
    committed: &Committed,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let session = store::session(engine)?;
    let Some(outcome) = committed.outcomes.first() else {
        return Ok(());
    };
    let record = outcome.id.and_then(|id| session.get(id).ok());
    if output.json {
        return output.document(&json!({
            "id": outcome.id.map(|id| id.to_string()),
            "outcome": outcome_word(outcome.kind),
            "revision": record.as_ref().map(Record::revision),
            "position": committed.position.get(),
            "warnings": committed.warnings,
        }));
    }
    let id = outcome.id.map_or_else(String::new, |id| id.to_string());
    let state = record.map_or_else(String::new, |record| {
        format!(", revision {}: {}", record.revision(), record.title())
    });
    output.line(format!("{} {id}{state}", outcome_word(outcome.kind)))?;
    warnings(&committed.warnings, output)
}

pub(crate) fn warnings(warnings: &[String], output: &mut Output<'_>) -> Result<(), Fault> {
    warnings
        .iter()
        .try_for_each(|warning| output.line(format!("warning: {warning}")))
}

fn outcome_word(kind: OutcomeKind) -> &'static str {
    match kind {
        OutcomeKind::Created => "created",
        OutcomeKind::Updated => "updated",
        OutcomeKind::Unchanged => "unchanged",
        OutcomeKind::Deleted => "deleted",
        OutcomeKind::Restored => "restored",
        OutcomeKind::Stored => "stored",
        OutcomeKind::DoneBefore => "done_before",
        _ => "done",
    }
}
