//! Which plugins are there, what may they do, and how do they come and go?

mod ask;
mod bill;
mod build;
mod check;
mod dev;
mod lifecycle;
mod new;
mod show;
mod sign;
mod test;
mod web;
mod words;

use std::path::{Path, PathBuf};

use peyvand::{Engine, Locale, PluginConsent, PluginInfo};
use serde_json::{Map, Value as Json, json};

use crate::args::Plugin;
use crate::fault::{Exit, Fault};
use crate::output::{Output, Side, Table, bytes};
use crate::source;
use crate::store::{self, Need};

pub(crate) use bill::tell_bills;
pub(crate) use sign::{password_in, unwritable};

pub(crate) fn run(asked: &Plugin, dir: &Path, output: &mut Output<'_>) -> Result<Exit, Fault> {
    match asked {
        Plugin::List => store::with(dir, Need::Existing, |engine| list(engine, output))?,
        Plugin::Show { plugin, language } => show(plugin, *language, dir, output)?,
        Plugin::Install {
            file,
            set,
            grant,
            dry_run,
            unsigned,
        } => {
            let mut consent = PluginConsent::default();
            (consent.grants, consent.unsigned) = (*grant, *unsigned);
            install(file, set, consent, *dry_run, dir, output)?;
        }
        Plugin::Enable { id } => switch(id, true, dir, output)?,
        Plugin::Disable { id } => switch(id, false, dir, output)?,
        Plugin::Remove(asked) => store::with(dir, Need::Existing, |engine| {
            lifecycle::remove(engine, asked, output)
        })?,
        Plugin::Build { paths, out } => build::run(paths, out.as_deref(), output)?,
        Plugin::Check { file, set } => return check::run(file, set, dir, output),
        Plugin::Bill { name, from, to } => store::with(dir, Need::Existing, |engine| {
            bill::days(engine, name.as_deref(), *from, *to, output)
        })?,
        Plugin::Grant { id, give, withhold } => grant(id, give, withhold, dir, output)?,
        Plugin::Ask { inside } => return ask::run(inside, dir, output),
        Plugin::Resume { id } => resume(id, dir, output)?,
        Plugin::New {
            name,
            language,
            kit,
        } => new::run(name, language, kit.as_deref(), output)?,
        Plugin::Dev { path, set, once } => dev::run(path, &settings(set)?, *once, dir, output)?,
        Plugin::Test { path, plugin } => return test::run(path, plugin.as_deref(), output),
        Plugin::Key {
            path,
            password_file,
        } => sign::make(path, password_file.as_deref(), output)?,
        Plugin::Sign {
            file,
            key,
            password_file,
            signature,
        } => {
            let with = sign::With {
                key: key.as_deref(),
                password: password_file.as_deref(),
                signature: signature.as_deref(),
            };
            sign::run(file, &with, output)?;
        }
        Plugin::Trust { what, key, name } => match (what, key, name) {
            (Some(what), ..) => sign::trusted(what, dir, output)?,
            (None, Some(key), Some(name)) => sign::trust(key, name, dir, output)?,
            // The command line asks for both.
            (None, ..) => sign::trusted(&crate::args::Trust::List, dir, output)?,
        },
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
            words::label(&plugin.name, Locale::En),
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
        .try_for_each(|(id, why)| output.line(format!("warning: {id} cannot run: {why}")))?;
    let paused = plugins
        .iter()
        .filter_map(|plugin| Some((&plugin.id, plugin.paused.as_ref()?)));
    paused.into_iter().try_for_each(|(id, pause)| {
        output.line(format!(
            "warning: {id} is paused since {}: {}; peyvand plugin resume {id}",
            pause.since, pause.reason
        ))
    })
}

fn state(plugin: &PluginInfo) -> &'static str {
    match (&plugin.broken, plugin.enabled) {
        (Some(_), _) => "broken",
        (None, true) if plugin.paused.is_some() => "paused",
        (None, true) => "enabled",
        (None, false) => "disabled",
    }
}

fn show(plugin: &str, language: Locale, dir: &Path, output: &mut Output<'_>) -> Result<(), Fault> {
    let path = Path::new(plugin);
    if path.is_file() || path.extension().is_some() {
        let file = source::bytes(path)?;
        return store::with(dir, Need::Any, |engine| {
            answer(&engine.inspect_plugin(&file)?, false, language, output)
        });
    }
    store::with(dir, Need::Existing, |engine| {
        answer(
            &store::session(engine)?.plugin(plugin)?,
            true,
            language,
            output,
        )
    })
}

fn answer(
    plugin: &PluginInfo,
    installed: bool,
    language: Locale,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    if output.json {
        output.document(plugin)
    } else {
        show::tell(plugin, installed, language, output)
    }
}

fn install(
    file: &str,
    set: &[String],
    consent: PluginConsent,
    dry_run: bool,
    dir: &Path,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let settings = settings(set)?;
    let file = source::bytes(&found(file)?)?;
    if dry_run {
        return store::with(dir, Need::Any, |engine| {
            lifecycle::preview(engine, &file, output)
        });
    }
    let plugin = store::with(dir, Need::Created, |engine| {
        let session = store::session(engine)?;
        Ok(session.install_plugin_with(&file, settings, consent)?)
    })?;
    if output.json {
        return output.document(&plugin);
    }
    output.line(format!(
        "installed {} {}, {}",
        plugin.id,
        plugin.version,
        show::signature(&plugin)
    ))?;
    show::tell_powers(&plugin, Locale::En, output)
}

fn grant(
    id: &str,
    give: &[String],
    withhold: &[String],
    dir: &Path,
    output: &mut Output<'_>,
) -> Result<(), Fault> {
    let give: Vec<&str> = give.iter().map(String::as_str).collect();
    let withhold: Vec<&str> = withhold.iter().map(String::as_str).collect();
    let plugin = store::with(dir, Need::Existing, |engine| {
        let session = store::session(engine)?;
        if give.is_empty() && withhold.is_empty() {
            return Ok(session.plugin(id)?);
        }
        Ok(session.grant_plugin(id, &give, &withhold)?)
    })?;
    if output.json {
        return output.document(&json!({"data": plugin.rights}));
    }
    let mut table = Table::new(&[
        ("right", Side::Left),
        ("granted", Side::Left),
        ("what for", Side::Left),
    ]);
    for right in &plugin.rights {
        let granted = if right.granted { "yes" } else { "no" };
        let why = words::label(&right.why, Locale::En);
        table.row([&right.right, granted, why].map(str::to_owned));
    }
    output.table(&table)
}

fn resume(id: &str, dir: &Path, output: &mut Output<'_>) -> Result<(), Fault> {
    let plugin = store::with(dir, Need::Existing, |engine| {
        Ok(store::session(engine)?.resume_plugin(id)?)
    })?;
    if output.json {
        return output.document(&plugin);
    }
    output.line(format!("{id} {} is {}", plugin.version, state(&plugin)))
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
