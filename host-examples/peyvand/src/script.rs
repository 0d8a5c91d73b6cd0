//! Which scripts are there, what is wrong with one, and what would it do?

use std::path::Path;

use peyvand::{Engine, RecordId, ScriptInfo, ScriptProblem, ScriptRun, Value};
use serde_json::{Value as Json, json};

use crate::args::Script;
use crate::fault::{Exit, Fault};
use crate::output::{Output, Side, Table, counted, several};
use crate::source;
use crate::store::{self, Need};

pub(crate) fn run(asked: &Script, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    match asked {
        Script::List => store::with(dir, Need::Existing, |engine| list(engine, output))?,
        Script::Check { file } => return check(file, dir, output),
        Script::Install { file } => {
            let text = source::text(file)?;
            let script = store::with(dir, Need::Created, |engine| {
                Ok(store::session(engine)?.install_script(&text)?)
            })?;
            tell_one(&script, output)?;
        }
        Script::Run { file, record } => dry_run(file, *record, dir, output)?,
        Script::Enable { name } => switch(name, true, dir, output)?,
        Script::Disable { name } => switch(name, false, dir, output)?,
        Script::Remove { name } => {
            store::with(dir, Need::Existing, |engine| {
                Ok(store::session(engine)?.remove_script(name)?)
            })?;
            if output.json {
                output.document(&json!({"name": name, "removed": true}))?;
            } else {
                output.line(format!("removed {name}"))?;
            }
        }
    }
    Ok(Exit::Fine)
}

fn script_json(script: &ScriptInfo) -> Json {
    json!({
        "name": script.name, "version": script.version, "enabled": script.enabled, "trigger": script.trigger, "text": script.text,
        "broken": script.broken,
    })
}

fn state(script: &ScriptInfo) -> &'static str {
    match (&script.broken, script.enabled) {
        (Some(_), _) => "broken",
        (None, true) => "enabled",
        (None, false) => "disabled",
    }
}

fn list(engine: &Engine, output: &mut Output<'_>) -> Result<(), Fault> {
    let scripts = store::session(engine)?.scripts()?;
    if output.json {
        return output
            .document(&json!({"data": scripts.iter().map(script_json).collect::<Vec<_>>()}));
    }
    if scripts.is_empty() {
        return output.line("no scripts are installed; see `peyvand script install --help`");
    }
    let mut table = Table::new(&[
        ("script", Side::Left),
        ("version", Side::Right),
        ("state", Side::Left),
        ("runs on", Side::Left),
    ]);
    for script in &scripts {
        table.row([
            script.name.clone(),
            script.version.to_string(),
            state(script).to_owned(),
            script.trigger.clone(),
        ]);
    }
    output.table(&table)?;
    let broken = scripts
        .iter()
        .filter_map(|script| Some((&script.name, script.broken.as_ref()?)));
    broken
        .into_iter()
        .try_for_each(|(name, why)| output.line(format!("warning: {name} cannot run: {why}")))
}

fn tell_one(script: &ScriptInfo, output: &mut Output<'_>) -> Result<(), Fault> {
    if output.json {
        return output.document(&script_json(script));
    }
    output.line(format!(
        "{} version {} is {}; it runs on {}",
        script.name,
        script.version,
        state(script),
        script.trigger
    ))
}

fn switch(name: &str, enabled: bool, dir: &Path, output: &mut Output<'_>) -> Result<(), Fault> {
    let script = store::with(dir, Need::Existing, |engine| {
        Ok(store::session(engine)?.enable_script(name, enabled)?)
    })?;
    tell_one(&script, output)
}

fn check(file: &Path, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    let text = source::text(file)?;
    let problems = store::with(dir, Need::Any, |engine| {
        Ok(store::session(engine)?.check_script(&text)?)
    })?;
    if output.json {
        let problem = |problem: &ScriptProblem| json!({"line": problem.line, "column": problem.column, "message": problem.message});
        output.document(&json!({"ok": problems.is_empty(), "problems": problems.iter().map(problem).collect::<Vec<_>>()}))?;
    } else if problems.is_empty() {
        output.line(format!("{}: nothing is wrong with it", file.display()))?;
    } else {
        for problem in &problems {
            // The form that editors know.
            output.line(format!(
                "{}:{}:{}: {}",
                file.display(),
                problem.line,
                problem.column,
                problem.message
            ))?;
        }
        output.line(several(problems.len() as u64, "problem", "problems"))?;
    }
    Ok(if problems.is_empty() {
        Exit::Fine
    } else {
        Exit::No
    })
}

fn dry_run(
    file: &Path,
    record: RecordId,
    dir: &Path,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let text = source::text(file)?;
    let ran = store::with(dir, Need::Existing, |engine| {
        Ok(store::session(engine)?.run_script(&text, record)?)
    })?;
    if output.json {
        output.document(&run_json(&ran))
    } else {
        tell_run(&ran, output)
    }
}

fn run_json(ran: &ScriptRun) -> Json {
    let patch = |(field, value): &(String, Option<Value>)| json!({"field": field, "value": value.as_ref().map_or(Json::Null, Value::to_json)});
    let refusal = |failure: &peyvand::Failure| json!({"field": failure.field, "code": failure.code, "message": failure.message});
    json!({
        "patches": ran.patches.iter().map(patch).collect::<Vec<_>>(),
        "refusals": ran.refusals.iter().map(refusal).collect::<Vec<_>>(),
        "effects": ran.effects,
        "log": ran.log,
        "operations": ran.operations,
    })
}

fn tell_run(ran: &ScriptRun, output: &mut Output<'_>) -> Result<(), Fault> {
    for refusal in &ran.refusals {
        output.line(format!("it would refuse: {refusal}"))?;
    }
    for (field, value) in &ran.patches {
        let value = value
            .as_ref()
            .map_or_else(|| "(empty)".to_owned(), Value::to_string);
        output.line(format!("it would set {field}: {value}"))?;
    }
    for effect in &ran.effects {
        output.line(format!("it would {effect}"))?;
    }
    if ran.refusals.is_empty() && ran.patches.is_empty() && ran.effects.is_empty() {
        output.line("it would do nothing")?;
    }
    for said in &ran.log {
        output.line(format!("log: {said}"))?;
    }
    output.line(format!(
        "{} operations; nothing was changed",
        counted(ran.operations)
    ))
}
