//! What is one record, and how is it changed?

use std::path::Path;

use peyvand::{Committed, Engine, Locale, OutcomeKind, Record, RecordId, Session, Value};
use serde_json::json;

use crate::fault::{Exit, Fault};
use crate::moment::Moment;
use crate::output::{Output, Side, Table};
use crate::query::Names;
use crate::source;
use crate::store::{self, Need};
use crate::value::Reading;

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
                (past.get(id)?, Names::as_of(past, session.clone()))
            }
            None => (session.get(id)?, Names::of(session)),
        };
        if output.json {
            output.document(&record.to_json())
        } else {
            tell(engine, &record, names, output)
        }
    })?;
    Ok(Exit::Fine)
}

fn tell(
    engine: &Engine,
    record: &Record,
    mut names: Names,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let reading = Reading::of(&store::session(engine)?);
    let schema = engine.schema()?;
    let object = schema.object(record.object());
    let label = object.and_then(|object| object.label.get(reading.locale.tag()));
    let label = label.filter(|_| reading.locale != Locale::En);
    let label = label.map_or(record.object(), String::as_str);
    let revision = reading.word(["revision", "ویرایش", "الإصدار"]);
    output.line(record.title_in(reading.locale))?;
    output.line(format!(
        "{label} {}, {revision} {}",
        record.id(),
        reading.plain(record.revision())
    ))?;
    let mut columns = [Vec::new(), Vec::new()];
    for (name, value) in record.fields() {
        let field = object.and_then(|object| object.field(name));
        let shown = match value {
            Value::Reference(id) => format!("{id}  {}", names.name(*id)),
            other => names.value(field, other),
        };
        for (column, cell) in columns.iter_mut().zip([names.heading(field, name), shown]) {
            column.push(cell);
        }
    }
    let [fields, values] = columns;
    let heading = |words| (reading.word(words).to_owned(), Side::Left);
    let mut table = Table::headed(vec![
        heading(["field", "فیلد", "الحقل"]),
        heading(["value", "مقدار", "القيمة"]),
    ]);
    for row in fields.into_iter().zip(values) {
        table.row([row.0, row.1]);
    }
    output.table(&table)
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
