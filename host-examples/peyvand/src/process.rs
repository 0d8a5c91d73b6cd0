//! By which steps do records go, and who holds one up?

use std::path::Path;

use peyvand::{
    Actor, Filter, Locale, NextStep, ProcessChange, ProcessState, RecordId, Session, Step, StepStay,
};
use serde_json::{Value as Json, json};

use crate::args::process::Process;
use crate::args::view::Looking;
use crate::fault::{Exit, Fault};
use crate::output::{Output, Side, Table, several};
use crate::source;
use crate::store::{self, Need};
use crate::view::session;

pub(crate) fn run(asked: &Process, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    let with = |looking: &Looking,
                output: &mut Output<'_>,
                answer: &dyn Fn(&Session, &mut Output<'_>) -> Result<(), Fault>| {
        store::with(dir, Need::Existing, |engine| {
            answer(&session(engine, looking)?, output)
        })
    };
    match asked {
        Process::List { looking } => with(looking, output, &|session, output| {
            list(session, session.locale(), output)
        })?,
        Process::Show { name, looking } => with(looking, output, &|session, output| {
            show(session, name, session.locale(), output)
        })?,
        Process::Put { file, preview } => return put(file, *preview, dir, output),
        Process::State { id, looking } => with(looking, output, &|session, output| {
            state(&session.process_state(*id)?, output)
        })?,
        Process::Advance { id, step, looking } => with(looking, output, &|session, output| {
            let _ = session.advance(*id, step)?;
            state(&session.process_state(*id)?, output)
        })?,
        Process::History { id, looking } => with(looking, output, &|session, output| {
            history(session, *id, output)
        })?,
    }
    Ok(Exit::Fine)
}

/// How many records are in a process and have not come to its end.
fn running(session: &Session, process: &peyvand::Process) -> Result<u64, Fault> {
    let Some(id) = process.id else { return Ok(0) };
    let open = Filter::And(vec![
        Filter::eq("process", id),
        Filter::parse("step_outcome[is_null]:true")?,
    ]);
    Ok(session.count(&process.definition.object, &open)?)
}

/// In the form in which it is put.
fn process_json(process: &peyvand::Process) -> Json {
    json!({
        "key": process.key, "label": process.label, "position": process.position, "active": process.active,
        "definition": process.definition,
    })
}

fn list(session: &Session, locale: Locale, output: &mut Output<'_>) -> Result<(), Fault> {
    let processes = session.processes()?;
    let mut table = Table::new(&[
        ("process", Side::Left),
        ("object", Side::Left),
        ("records", Side::Left),
        ("steps", Side::Right),
        ("running", Side::Right),
        ("active", Side::Left),
        ("name", Side::Left),
    ]);
    let mut data: Vec<Json> = Vec::new();
    for process in &processes {
        let running = running(session, process)?;
        let definition = &process.definition;
        let filter = definition.filter.to_string();
        data.push(json!({
            "id": process.id.map(|id| id.to_string()), "key": process.key, "name": process.called(locale),
            "object": definition.object, "filter": filter, "steps": definition.steps.len(), "running": running,
            "active": process.active, "brought_by": process.brought_by,
        }));
        table.row([
            process.key.clone(),
            definition.object.clone(),
            filter,
            definition.steps.len().to_string(),
            running.to_string(),
            (if process.active { "yes" } else { "no" }).to_owned(),
            process.called(locale),
        ]);
    }
    match output.json {
        true => output.document(&json!({"data": data})),
        false if processes.is_empty() => {
            output.line("no processes; `peyvand process put FILE` saves one")
        }
        false => output.table(&table),
    }
}

fn show(
    session: &Session,
    name: &str,
    locale: Locale,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let process = session.process(name)?;
    if output.json {
        return output.document(&process_json(&process));
    }
    let definition = &process.definition;
    output.line(format!(
        "{} ({}), for {}",
        process.called(locale),
        process.key,
        with(&definition.object, &definition.filter)
    ))?;
    let mut table = Table::new(&[
        ("step", Side::Left),
        ("name", Side::Left),
        ("needs", Side::Left),
        ("time", Side::Left),
        ("leads to", Side::Left),
    ]);
    for step in &definition.steps {
        let label = step.label.get(locale.tag()).or(step.label.get("en"));
        table.row([
            step.key.clone(),
            label.unwrap_or(&step.key).clone(),
            needs(step),
            step.deadline.map_or_else(String::new, time),
            ways(step),
        ]);
    }
    output.table(&table)
}

fn needs(step: &Step) -> String {
    let fields = step.required.iter().map(|one| with(&one.field, &one.when));
    let documents = step.documents.iter();
    let documents = documents.map(|one| with(&format!("[{}]", one.document_type), &one.when));
    fields.chain(documents).collect::<Vec<_>>().join(", ")
}

fn with(what: &str, when: &Filter) -> String {
    match when.is_everything() {
        true => what.to_owned(),
        false => format!("{what} if {when}"),
    }
}

fn time(deadline: peyvand::Deadline) -> String {
    match deadline {
        peyvand::Deadline::Days(days) => several(days.into(), "day", "days"),
        peyvand::Deadline::BusinessDays(days) => {
            several(days.into(), "business day", "business days")
        }
        _ => String::new(),
    }
}

fn ways(step: &Step) -> String {
    if let Some(outcome) = step.outcome {
        return format!("the end: {}", outcome.name());
    }
    let ways = step.next.iter().map(|way| {
        let roles = match way.roles.is_empty() {
            true => step.roles.join(" or "),
            false => way.roles.join(" or "),
        };
        let by = if roles.is_empty() {
            roles
        } else {
            format!(" by {roles}")
        };
        format!("{}{by}", with(&way.to, &way.when))
    });
    ways.collect::<Vec<_>>().join(", ")
}

fn put(file: &Path, preview: bool, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    let what = file.display().to_string();
    let json: Json = serde_json::from_str(&source::text(file)?)
        .map_err(|error| Fault::not_json(&what, &error))?;
    let process = peyvand::Process::from_json(&json)?;
    let need = if preview {
        Need::Existing
    } else {
        Need::Created
    };
    store::with(dir, need, |engine| {
        let session = store::session(engine)?;
        if preview {
            let change = session.process_change(&process)?;
            tell_change(&change, output)?;
            let refused = !change.faults.is_empty();
            return Ok(if refused { Exit::No } else { Exit::Fine });
        }
        let saved = session.put_process(&process)?;
        let left = saved.left.iter();
        if output.json {
            let left = left.map(|(id, why)| json!({"id": id.to_string(), "why": why}));
            output.document(&json!({
                "id": saved.id.to_string(), "created": saved.created, "moved": saved.moved,
                "left": left.collect::<Vec<_>>(),
            }))?;
            return Ok(Exit::Fine);
        }
        let word = if saved.created { "created" } else { "updated" };
        output.line(format!("{word} {}: {}", saved.id, process.name))?;
        if saved.moved > 0 {
            let moved = several(saved.moved, "record", "records");
            output.line(format!("{moved} went on to another step"))?;
        }
        for (id, why) in left {
            output.line(format!("left {id}: {why}"))?;
        }
        Ok(Exit::Fine)
    })
}

fn tell_change(change: &ProcessChange, output: &mut Output<'_>) -> Result<(), Fault> {
    if output.json {
        return output.document(change);
    }
    let list = |what: &str, names: &[String], output: &mut Output<'_>| match names {
        [] => Ok(()),
        _ => output.line(format!("{what}: {}", names.join(", "))),
    };
    output.line(if change.is_new {
        "new"
    } else {
        "changes one that is there"
    })?;
    list("steps added", &change.steps_added, output)?;
    list("fields added", &change.fields_added, output)?;
    for gone in &change.steps_gone {
        let records = several(gone.running, "record", "records");
        let to = match &gone.moved_to {
            Some(to) => format!(", which go on to {to}"),
            None => String::new(),
        };
        output.line(format!("step gone: {} with {records}{to}", gone.step))?;
    }
    for fault in &change.faults {
        output.line(format!("refused: {fault}"))?;
    }
    Ok(())
}

fn state(state: &ProcessState, output: &mut Output<'_>) -> Result<(), Fault> {
    if output.json {
        return output.document(state);
    }
    output.line(format!("{} {}", state.record, state.title))?;
    output.line(format!("{}: {}", state.process_label, state.step_label))?;
    if let Some(outcome) = state.outcome {
        output.line(format!("ended: {}", outcome.name()))?;
    } else {
        let days = several(state.days.max(0).unsigned_abs(), "day", "days");
        let due = match (state.due, state.overdue) {
            (Some(due), true) => format!(", overdue since {due}"),
            (Some(due), false) => format!(", due {due}"),
            (None, _) => String::new(),
        };
        output.line(format!("there for {days}{due}"))?;
    }
    for (what, who) in [
        ("in the hands of", &state.owner),
        ("team", &state.team),
        ("role", &state.role),
    ] {
        if let Some(who) = who {
            output.line(format!("{what} {}", who.name))?;
        }
    }
    for next in &state.next {
        tell_next(next, output)?;
    }
    Ok(())
}

fn tell_next(next: &NextStep, output: &mut Output<'_>) -> Result<(), Fault> {
    let open = if next.open {
        "can go to"
    } else {
        "cannot go yet to"
    };
    output.line(format!("{open} {} ({})", next.step, next.label))?;
    for missing in &next.missing {
        output.line(format!("  - {}", missing.text))?;
    }
    Ok(())
}

fn history(session: &Session, id: RecordId, output: &mut Output<'_>) -> Result<(), Fault> {
    let stays = session.step_history(id)?;
    if output.json {
        return output.document(&json!({"data": stays}));
    }
    let mut table = Table::new(&[
        ("entered", Side::Left),
        ("step", Side::Left),
        ("for", Side::Right),
        ("due", Side::Left),
        ("brought by", Side::Left),
        ("taken on by", Side::Left),
    ]);
    for stay in &stays {
        let who = |actor: &Actor| match actor {
            Actor::User(user) => session
                .get(*user)
                .map_or(user.to_string(), |user| user.title()),
            other => other.to_string(),
        };
        table.row([
            stay.entered_at
                .with_timezone(&session.zone())
                .format("%Y-%m-%d %H:%M")
                .to_string(),
            stay.label.clone(),
            length(stay),
            due(stay),
            who(&stay.entered_by),
            stay.left_by.as_ref().map_or_else(String::new, who),
        ]);
    }
    output.table(&table)
}

fn length(stay: &StepStay) -> String {
    let (minutes, hours, days) = (
        stay.seconds / 60,
        stay.seconds / 3_600,
        stay.seconds / 86_400,
    );
    match (days, hours) {
        (0, 0) => format!("{minutes} min"),
        (0, _) => format!("{hours} h"),
        _ => format!("{days} d"),
    }
}

fn due(stay: &StepStay) -> String {
    match (stay.due, stay.late) {
        (Some(due), true) => format!("{due}, late"),
        (Some(due), false) => due.to_string(),
        (None, _) => String::new(),
    }
}
