//! Which plugins are there, what may they do, and how do they come and go?

mod build;
mod show;

use std::path::{Path, PathBuf};

use peyvand::{Bill, Engine, PluginInfo};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use crate::args::Plugin;
use crate::fault::{Exit, Fault};
use crate::output::{Output, Side, Table, bytes, counted};
use crate::source;
use crate::store::{self, Need};

pub(crate) fn run(asked: &Plugin, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    match asked {
        Plugin::List => store::with(dir, Need::Existing, |engine| list(engine, output))?,
        Plugin::Show { plugin } => show(plugin, dir, output)?,
        Plugin::Install { file, set } => install(file, set, dir, output)?,
        Plugin::Enable { id } => switch(id, true, dir, output)?,
        Plugin::Disable { id } => switch(id, false, dir, output)?,
        Plugin::Remove { id, strip } => {
            store::with(dir, Need::Existing, |engine| {
                match strip {
                    true => store::session(engine)?.remove_plugin_and_strip(id)?,
                    false => store::session(engine)?.remove_plugin(id)?,
                }
                Ok(())
            })?;
            if output.json {
                output.document(&json!({"id": id, "removed": true}))?;
            } else {
                output.line(format!("removed {id}; the values of its fields are kept"))?;
            }
        }
        Plugin::Build { paths, out } => build::run(paths, out.as_deref(), output)?,
        Plugin::Check { file } => return check(file, dir, output),
        Plugin::Bill => store::with(dir, Need::Existing, |engine| bill(engine, output))?,
    }
    Ok(Exit::Fine)
}

fn list(engine: &Engine, output: &mut Output<'_>) -> Result<(), Fault> {
    let plugins = store::session(engine)?.plugins()?;
    if output.json {
        return output.document(&json!({"data": plugins}));
    }
    if plugins.is_empty() {
        return output.line("no plugins are installed; see `peyvand plugin install --help`");
    }
    let mut table = Table::new(&[
        ("plugin", Side::Left),
        ("version", Side::Left),
        ("state", Side::Left),
        ("contract", Side::Left),
        ("size", Side::Right),
        ("name", Side::Left),
    ]);
    for plugin in &plugins {
        let cells = [
            &plugin.id,
            &plugin.version,
            state(plugin),
            &plugin.contract,
            &bytes(plugin.size),
            show::label(&plugin.name),
        ]
        .map(str::to_owned);
        table.row(cells);
    }
    output.table(&table)?;
    let broken = plugins
        .iter()
        .filter_map(|plugin| Some((&plugin.id, plugin.broken.as_ref()?)));
    broken
        .into_iter()
        .try_for_each(|(id, why)| output.line(format!("warning: {id} cannot run: {why}")))
}

fn state(plugin: &PluginInfo) -> &'static str {
    match (&plugin.broken, plugin.enabled) {
        (Some(_), _) => "broken",
        (None, true) => "enabled",
        (None, false) => "disabled",
    }
}

fn show(plugin: &str, dir: &Path, output: &mut Output<'_>) -> Result<(), Fault> {
    let path = Path::new(plugin);
    if path.is_file() || path.extension().is_some() {
        let file = source::bytes(path)?;
        return store::with(dir, Need::Any, |engine| {
            answer(&engine.inspect_plugin(&file)?, false, output)
        });
    }
    store::with(dir, Need::Existing, |engine| {
        answer(&store::session(engine)?.plugin(plugin)?, true, output)
    })
}

fn answer(plugin: &PluginInfo, installed: bool, output: &mut Output<'_>) -> Result<(), Fault> {
    if output.json {
        output.document(plugin)
    } else {
        show::tell(plugin, installed, output)
    }
}

fn install(file: &str, set: &[String], dir: &Path, output: &mut Output<'_>) -> Result<(), Fault> {
    let settings = settings(set)?;
    let file = source::bytes(&found(file)?)?;
    let plugin = store::with(dir, Need::Created, |engine| {
        Ok(store::session(engine)?.install_plugin(&file, settings)?)
    })?;
    if output.json {
        return output.document(&plugin);
    }
    output.line(format!("installed {} {}", plugin.id, plugin.version))?;
    show::tell_powers(&plugin, output)
}

/// A file, or a name that stands for a built plugin here or further up.
fn found(file: &str) -> Result<PathBuf, Fault> {
    let path = Path::new(file);
    if path.is_file() || path.extension().is_some() || path.components().count() > 1 {
        return Ok(path.to_owned());
    }
    store::further_up(&Path::new("plugins/dist").join(format!("{file}.wasm"))).ok_or_else(|| {
        let message = format!(
            "there is no file '{file}', and no plugins/dist/{file}.wasm here or further up"
        );
        Fault::input(
            message,
            "give the path of a .wasm file, or build it: peyvand plugin build",
        )
    })
}

/// `language=fa quiet-days=21`: a value is JSON where it reads as such, else text.
fn settings(set: &[String]) -> Result<Json, Fault> {
    let mut settings = Map::new();
    for pair in set {
        let Some((key, value)) = pair
            .split_once('=')
            .filter(|(key, _)| !key.trim().is_empty())
        else {
            return Err(Fault::input(
                format!("'{pair}' is no setting"),
                "write --set key=value",
            ));
        };
        let value = serde_json::from_str(value).unwrap_or_else(|_| Json::from(value));
        if settings.insert(key.trim().to_owned(), value).is_some() {
            return Err(Fault::input(
                format!("the setting '{}' is given twice", key.trim()),
                "give it once",
            ));
        }
    }
    // Nothing said is not the same as an empty set: an upgrade keeps its settings.
    Ok(if settings.is_empty() {
        Json::Null
    } else {
        Json::Object(settings)
    })
}

fn switch(id: &str, enabled: bool, dir: &Path, output: &mut Output<'_>) -> Result<(), Fault> {
    let plugin = store::with(dir, Need::Existing, |engine| {
        Ok(store::session(engine)?.enable_plugin(id, enabled)?)
    })?;
    if output.json {
        output.document(&plugin)
    } else {
        output.line(format!(
            "{} {} is {}",
            plugin.id,
            plugin.version,
            state(&plugin)
        ))
    }
}

fn check(file: &str, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    let path = found(file)?;
    let file = source::bytes(&path)?;
    let checked = store::with(dir, Need::Any, |engine| Ok(engine.inspect_plugin(&file)))?;
    match (checked, output.json) {
        (Ok(plugin), true) => {
            output.document(&json!({"ok": true, "problems": [], "plugin": plugin}))?
        }
        (Ok(plugin), false) => {
            output.line(format!("{} {} can be installed", plugin.id, plugin.version))?;
            show::tell_powers(&plugin, output)?;
        }
        (Err(error), true) => {
            output.document(&json!({"ok": false, "problems": [{"message": error.to_string(), "remedy": error.remedy()}]}))?;
            return Ok(Exit::No);
        }
        (Err(error), false) => {
            output.line(format!("{} cannot be installed: {error}", path.display()))?;
            if let Some(remedy) = error.remedy() {
                output.line(format!("help: {remedy}"))?;
            }
            return Ok(Exit::No);
        }
    }
    Ok(Exit::Fine)
}

#[derive(Serialize)]
struct BillJson<'a> {
    owner: &'a str,
    hook: &'a str,
    calls: u64,
    rows: u64,
    fuel: u64,
    peak_memory_bytes: u64,
    patches: u64,
    refusals: u64,
    effects: u64,
    failures: u64,
    last_failure: Option<&'a str>,
}

fn bill(engine: &Engine, output: &mut Output<'_>) -> Result<(), Fault> {
    let bills = engine.bills();
    if output.json {
        let data: Vec<BillJson<'_>> = bills.iter().map(bill_json).collect();
        return output.document(&json!({"data": data}));
    }
    if bills.is_empty() {
        return output.line("no hook has run: bills are kept while a store is open; `peyvand import`, `peyvand tick` and `peyvand demo` print theirs at the end");
    }
    tell_bills(&bills, output)
}

fn bill_json(bill: &Bill) -> BillJson<'_> {
    BillJson {
        owner: &bill.owner,
        hook: &bill.hook,
        calls: bill.calls,
        rows: bill.rows,
        fuel: bill.fuel,
        peak_memory_bytes: bill.peak_memory_bytes,
        patches: bill.patches,
        refusals: bill.refusals,
        effects: bill.effects,
        failures: bill.failures,
        last_failure: bill.last_failure.as_deref(),
    }
}

/// What plugins and scripts have cost; nothing when none ran.
pub(crate) fn tell_bills(bills: &[Bill], output: &mut Output<'_>) -> Result<(), Fault> {
    // Rules of the engine have no fuel and are nobody's to pay for.
    let bills: Vec<&Bill> = bills
        .iter()
        .filter(|bill| bill.fuel > 0 || bill.failures > 0)
        .collect();
    if bills.is_empty() {
        return Ok(());
    }
    let right = |name| (name, Side::Right);
    let mut table = Table::new(&[
        ("plugin or script", Side::Left),
        ("hook", Side::Left),
        right("calls"),
        right("rows"),
        right("fuel"),
        right("memory"),
        right("set"),
        right("effects"),
        right("refused"),
        right("failed"),
    ]);
    for bill in &bills {
        let counts = [bill.calls, bill.rows, bill.fuel].map(counted);
        let deeds = [bill.patches, bill.effects, bill.refusals, bill.failures].map(counted);
        table.row(
            [bill.owner.clone(), bill.hook.clone()]
                .into_iter()
                .chain(counts)
                .chain([bytes(bill.peak_memory_bytes)])
                .chain(deeds),
        );
    }
    output.table(&table)?;
    let failures = bills.iter().filter_map(|bill| bill.last_failure.as_ref());
    failures
        .into_iter()
        .try_for_each(|failure| output.line(format!("warning: {failure}")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn set(pairs: &[&str]) -> Result<Json, Fault> {
        settings(
            &pairs
                .iter()
                .map(|pair| (*pair).to_owned())
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn a_setting_is_a_number_or_yes_or_no_where_it_reads_as_such_else_text() {
        let read = set(&[
            "quiet-days=21",
            "loud=true",
            "who=ali",
            "note=a=b",
            "empty=",
            "quoted=\"21\"",
        ])
        .unwrap();
        assert_eq!(
            read,
            json!({"quiet-days": 21, "loud": true, "who": "ali", "note": "a=b", "empty": "", "quoted": "21"})
        );
    }

    #[test]
    fn no_setting_is_not_an_empty_set() {
        assert_eq!(set(&[]).unwrap(), Json::Null);
    }

    #[test]
    fn a_broken_setting_is_refused_by_name() {
        assert!(
            set(&["language"])
                .unwrap_err()
                .to_string()
                .contains("'language' is no setting")
        );
        assert!(set(&["=fa"]).is_err());
        assert!(
            set(&["a=1", "a=2"])
                .unwrap_err()
                .to_string()
                .contains("'a' is given twice")
        );
    }

    #[test]
    fn a_name_that_leads_nowhere_says_where_it_was_looked_for() {
        let fault = found("no-such-plugin").unwrap_err();
        assert!(
            fault
                .to_string()
                .contains("plugins/dist/no-such-plugin.wasm"),
            "{fault}"
        );
        assert_eq!(found("a/b").unwrap(), Path::new("a/b"));
        assert_eq!(found("b.wasm").unwrap(), Path::new("b.wasm"));
    }
}
