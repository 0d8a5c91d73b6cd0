//! What would a version change, and what goes with a plugin that is removed?

use std::io::{BufWriter, Write};
use std::path::Path;

use peyvand::{Engine, PluginProcess, PluginRemoval};
use serde_json::json;

use crate::args::RemovePlugin;
use crate::fault::Fault;
use crate::output::{Output, counted, several};
use crate::store;

/// Says what installing a file would change.
pub(super) fn preview(engine: &Engine, file: &[u8], output: &mut Output<'_>) -> Result<(), Fault> {
    let change = store::session(engine)?.preview_plugin(file)?;
    if output.json {
        return output.document(&change);
    }
    let plugin = &change.plugin;
    output.line(match &change.from {
        Some(from) => format!("{} {from} would become {}", plugin.id, plugin.version),
        None => format!("{} {} would be installed", plugin.id, plugin.version),
    })?;
    let asks: Vec<String> = change
        .asks
        .iter()
        .map(|right| right.right.clone())
        .collect();
    for (word, things) in [
        ("It would bring", &change.adds),
        ("It would retire, with their values kept", &change.retires),
        ("It would withdraw", &change.withdraws),
        ("It asks in addition for", &asks),
    ] {
        list(word, things, output)?;
    }
    for process in &change.processes {
        tell_process(process, output)?;
    }
    output.line("nothing was changed")
}

/// What becomes of the steps of a process, and of the records in them.
fn tell_process(process: &PluginProcess, output: &mut Output<'_>) -> Result<(), Fault> {
    let change = &process.change;
    let mut lines = Vec::new();
    if !change.steps_added.is_empty() {
        lines.push(format!("new steps: {}", change.steps_added.join(", ")));
    }
    lines.extend(change.steps_gone.iter().map(|gone| {
        let records = several(gone.running, "record", "records");
        let to = gone.moved_to.as_ref();
        let to = to.map_or_else(String::new, |to| format!(" that go on in {to}"));
        format!("no step {} any more, with {records}{to}", gone.step)
    }));
    let faults = change.faults.iter();
    lines.extend(faults.map(|fault| format!("refused: {fault}")));
    list(&format!("Process {}", process.key), &lines, output)
}

fn list(word: &str, things: &[String], output: &mut Output<'_>) -> Result<(), Fault> {
    if things.is_empty() {
        return Ok(());
    }
    output.line(format!("{word}:"))?;
    things
        .iter()
        .try_for_each(|thing| output.line(format!("  {thing}")))
}

/// Removes a plugin; the values of its fields are kept, exported, dropped.
pub(super) fn remove(
    engine: &Engine,
    asked: &RemovePlugin,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let session = store::session(engine)?;
    let removal = session.preview_plugin_removal(&asked.id)?;
    if asked.dry_run {
        return tell(&removal, output);
    }
    let is_stopped = !removal.problems.is_empty() && !asked.strip;
    if let (true, Some(problem)) = (is_stopped, removal.problems.first()) {
        return Err(Fault::input(
            format!("plugin {} cannot be removed: {problem}", asked.id),
            "change that first, or remove it with --strip",
        ));
    }
    let exported = match &asked.export {
        Some(path) => Some(export(engine, &asked.id, path)?),
        None => None,
    };
    let dropped = match asked.drop {
        true => Some(session.drop_plugin_values(&asked.id)?),
        false => None,
    };
    match asked.strip {
        true => session.remove_plugin_and_strip(&asked.id)?,
        false => session.remove_plugin(&asked.id)?,
    }
    if output.json {
        return output.document(&json!({
            "id": asked.id, "removed": true, "exported_records": exported, "cleared_records": dropped,
        }));
    }
    if let (Some(records), Some(path)) = (exported, &asked.export) {
        let records = several(records, "record", "records");
        output.line(format!("the values of {records} are in {}", path.display()))?;
    }
    output.line(match dropped {
        Some(records) => format!(
            "removed {}; the values of its fields were cleared in {}",
            asked.id,
            several(records, "record", "records")
        ),
        None => format!("removed {}; the values of its fields are kept", asked.id),
    })
}

fn tell(removal: &PluginRemoval, output: &mut Output<'_>) -> Result<(), Fault> {
    if output.json {
        return output.document(removal);
    }
    output.line(format!(
        "{} {} would be removed",
        removal.id, removal.version
    ))?;
    let fields: Vec<String> = removal
        .fields
        .iter()
        .map(|field| {
            let values = counted(field.values);
            format!("{}.{} ({values} values)", field.object, field.field)
        })
        .collect();
    list("Fields that would go out of use", &fields, output)?;
    let objects: Vec<String> = removal
        .objects
        .iter()
        .map(|object| {
            let records = several(object.records, "record", "records");
            format!("{} ({records})", object.object)
        })
        .collect();
    list("Its own objects, which stay", &objects, output)?;
    list("It would take along", &removal.withdraws, output)?;
    list("What stands in the way", &removal.problems, output)?;
    output.line("nothing was changed")
}

/// Writes the values of its fields, a record a line; gives how many.
fn export(engine: &Engine, id: &str, path: &Path) -> Result<u64, Fault> {
    let failed = |error: std::io::Error| {
        Fault::input(
            format!("{} cannot be written: {error}", path.display()),
            "give another file",
        )
    };
    let mut file = BufWriter::new(std::fs::File::create(path).map_err(failed)?);
    let (mut count, mut result) = (0, Ok(()));
    store::session(engine)?.plugin_values(id, |record, fields| {
        let line = json!({"id": record.to_string(), "fields": fields});
        result = writeln!(file, "{line}");
        count += 1;
        result.is_ok()
    })?;
    result.and_then(|()| file.flush()).map_err(failed)?;
    Ok(count)
}
