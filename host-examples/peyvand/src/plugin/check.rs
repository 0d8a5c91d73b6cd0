//! Can a file be installed, and do its answers depend on the record alone?

use std::path::Path;

use peyvand::{HookTrial, Locale, PluginInfo};
use serde_json::json;

use super::{found, settings, show};
use crate::fault::{Exit, Fault};
use crate::output::{Output, Side, Table, bytes, counted};
use crate::source;
use crate::store::{self, Need};

pub(super) fn run(
    file: &str,
    set: &[String],
    dir: &Path,
    output: &mut Output<'_>,
) -> Result<Exit, Fault> {
    let path = found(file)?;
    let file = source::bytes(&path)?;
    let settings = settings(set)?;
    let checked = store::with(dir, Need::Any, |engine| {
        Ok(engine
            .inspect_plugin(&file)
            .and_then(|plugin| Ok((plugin, engine.try_plugin(&file, settings)?))))
    })?;
    match (checked, output.json) {
        (Ok((plugin, trials)), false) => tell(&plugin, &trials, output),
        (Ok((plugin, trials)), true) => {
            let problems: Vec<_> = problems(&trials)
                .map(|(hook, what)| json!({"message": format!("{hook}: {what}"), "remedy": null}))
                .collect();
            let ok = problems.is_empty();
            output.document(
                &json!({"ok": ok, "problems": problems, "plugin": plugin, "hooks": trials}),
            )?;
            Ok(exit(ok))
        }
        (Err(error), true) => {
            output.document(&json!({"ok": false, "problems": [{"message": error.to_string(), "remedy": error.remedy()}]}))?;
            Ok(Exit::No)
        }
        (Err(error), false) => {
            output.line(format!("{} cannot be installed: {error}", path.display()))?;
            if let Some(remedy) = error.remedy() {
                output.line(format!("help: {remedy}"))?;
            }
            Ok(Exit::No)
        }
    }
}

fn tell(plugin: &PluginInfo, trials: &[HookTrial], output: &mut Output<'_>) -> Result<Exit, Fault> {
    output.line(format!(
        "{} {} can be installed: {}, contract {}, {}",
        plugin.id,
        plugin.version,
        bytes(plugin.size),
        plugin.contract,
        show::signature(plugin)
    ))?;
    show::tell_powers(plugin, Locale::En, output)?;
    output.line("")?;
    let mut table = Table::new(&[
        ("hook", Side::Left),
        ("records", Side::Right),
        ("fuel for one", Side::Right),
        ("in company", Side::Right),
        ("memory", Side::Right),
        ("answers", Side::Left),
    ]);
    for trial in trials {
        let answers = match trial.problems.as_slice() {
            [] => "the same every time and in every batch",
            _ => "differ or fail",
        };
        table.row([
            trial.hook.clone(),
            counted(trial.rows as u64),
            counted(trial.fuel_alone),
            counted(trial.fuel / (trial.rows as u64).max(1)),
            bytes(trial.peak_memory_bytes),
            answers.to_owned(),
        ]);
    }
    output.table(&table)?;
    for (hook, what) in problems(trials) {
        output.line(format!("problem: {hook}: {what}"))?;
    }
    Ok(exit(problems(trials).next().is_none()))
}

fn problems(trials: &[HookTrial]) -> impl Iterator<Item = (&str, &str)> {
    trials.iter().flat_map(|trial| {
        let problems = trial.problems.iter();
        problems.map(|problem| (trial.hook.as_str(), problem.as_str()))
    })
}

fn exit(ok: bool) -> Exit {
    if ok { Exit::Fine } else { Exit::No }
}
