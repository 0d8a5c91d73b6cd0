//! What was asked, who answers it, and how does the process end?

mod args;
mod fault;
mod output;
mod source;
mod store;

mod access;
mod activity;
mod audit;
mod backup;
mod calendar;
mod carriers;
mod check;
mod customer;
mod demo;
mod document;
mod duplicates;
mod first_look;
mod import;
mod key;
mod message;
mod moment;
mod plugin;
mod process;
mod progress;
mod query;
mod record;
mod render;
mod report;
mod schema;
mod script;
mod search;
mod segment;
mod social;
mod template;
mod undo;
mod upkeep;
mod value;
mod view;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
use fault::{Exit, Fault};
use output::Output;

/// The library leaves the allocator to whoever embeds it. This one makes an import a quarter faster than glibc's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const DEFAULT_DIR: &str = "./crm";

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let exit = match Cli::try_parse_from(&arguments) {
        Ok(cli) => run(&cli),
        Err(error) => misunderstood(&error, &arguments),
    };
    ExitCode::from(exit as u8)
}

fn run(cli: &Cli) -> Exit {
    let mut stdout = io::stdout().lock();
    let mut output = Output::new(&mut stdout, cli.everywhere.json);
    store::look_from(cli.everywhere.zone, cli.everywhere.locale);
    let ended = answer(cli, &mut output).and_then(|exit| output.flush().map(|()| exit));
    ended.unwrap_or_else(|fault| {
        fault.tell(&mut io::stderr().lock(), cli.everywhere.json);
        fault.exit()
    })
}

fn answer(cli: &Cli, output: &mut Output<'_>) -> Result<Exit, Fault> {
    let asked = cli.everywhere.dir.as_deref();
    let dir = asked.unwrap_or(Path::new(DEFAULT_DIR));
    if let Some(user) = &cli.everywhere.acting {
        store::act_as(user);
        if let Some(what) = done_to_the_whole_store(&cli.command) {
            store::with(dir, store::Need::Existing, |engine| {
                Ok(store::session(engine)?.must_administer(what)?)
            })?;
        }
    }
    match &cli.command {
        Command::Demo(demo) => first_look::run(demo, asked, output),
        Command::Import(import) => import::run(import, dir, output),
        Command::Query(query) => query::run(query, dir, output),
        Command::Get { id, as_of } => record::get(*id, *as_of, dir, output),
        Command::Timeline(asked) => activity::timeline(asked, dir, output),
        Command::Activity(asked) => activity::run(asked, dir, output),
        Command::Caller(asked) => customer::caller(asked, dir, output),
        Command::Create { object, fields } => record::create(object, fields, dir, output),
        Command::Update {
            id,
            fields,
            revision,
        } => record::update(*id, fields, *revision, dir, output),
        Command::Delete { id } => record::delete(*id, dir, output),
        Command::Erase { ids, yes } => upkeep::erase(ids, *yes, dir, output),
        Command::Undelete { id } => record::undelete(*id, dir, output),
        Command::Access(access) => access::run(access, dir, output),
        Command::Key(key) => key::run(key, dir, output),
        Command::Audit(audit) => audit::run(audit, dir, output),
        Command::Document(document) => document::run(document, dir, output),
        Command::Comment { id, text, user } => {
            social::comment(*id, text, user.as_deref(), dir, output)
        }
        Command::Comments { id } => social::comments(*id, dir, output),
        Command::Follow { id, user, stop } => social::follow(*id, user, *stop, dir, output),
        Command::Tag(tag) => social::tag(tag, dir, output),
        Command::Remind(remind) => social::remind(remind, dir, output),
        Command::Notifications(asked) => social::notifications(asked, dir, output),
        Command::Duplicates(asked) => duplicates::run(asked, dir, output),
        Command::Search(asked) => search::run(asked, dir, output),
        Command::Calendar(action) => calendar::run(action, dir, output),
        Command::Segment(action) => segment::run(action, dir, output),
        Command::Report(report) => report::run(report, dir, output),
        Command::Schema(schema) => schema::run(schema, dir, output),
        Command::Plugin(plugin) => plugin::run(plugin, dir, output),
        Command::Script(script) => script::run(script, dir, output),
        Command::Message(message) => message::run(message, dir, output),
        Command::Render(render) => render::run(render, dir, output),
        Command::Template(template) => template::run(template, dir, output),
        Command::Process(process) => process::run(process, dir, output),
        Command::View(asked) => match (&asked.of_many, asked.id) {
            (Some(views), _) => view::run(views, dir, output),
            (None, Some(id)) => customer::view(id, asked, dir, output),
            (None, None) => Ok(Exit::Usage),
        },
        Command::Form(asked) => view::form(asked, dir, output),
        Command::Dashboard(asked) => view::dashboard(asked, dir, output),
        Command::Check { backup } => match backup {
            Some(backup) => check::backup(backup, output),
            None => check::run(dir, output),
        },
        Command::Backup { to } => backup::take(to, dir, output),
        Command::Undo(asked) => undo::run(asked, dir, output),
        Command::Restore(restore) => backup::restore(restore, dir, output),
        Command::Rebuild => backup::rebuild(dir, output),
        Command::Checkpoint => upkeep::checkpoint(dir, output),
        Command::Collect { days, now } => upkeep::collect(*days, *now, dir, output),
        Command::Trim { before, yes } => upkeep::trim(*before, *yes, dir, output),
        Command::Tick => check::tick(dir, output),
    }
}

/// What only who administers may do, as it ends the sentence «… may not …».
fn done_to_the_whole_store(command: &Command) -> Option<&'static str> {
    Some(match command {
        Command::Check { backup: None } => "check the whole store",
        Command::Backup { .. } => "copy the whole store",
        Command::Rebuild => "rebuild the state",
        Command::Checkpoint => "write a checkpoint",
        Command::Collect { .. } => "drop files",
        Command::Trim { .. } => "trim the journal",
        Command::Tick => "do what is due for everybody",
        _ => return None,
    })
}

/// Help and version are answers; anything else is an error of usage.
fn misunderstood(error: &clap::Error, arguments: &[OsString]) -> Exit {
    let text = error.render().to_string();
    if !error.use_stderr() {
        let told = io::stdout().lock().write_all(text.as_bytes());
        return told.map_or_else(|error| Fault::Output(error).exit(), |()| Exit::Fine);
    }
    let told = if arguments.iter().any(|argument| argument == "--json") {
        fault::tell_json(
            &mut io::stderr().lock(),
            "usage",
            &reason(&text),
            Some("see --help"),
            &[],
        )
    } else {
        io::stderr().lock().write_all(text.as_bytes())
    };
    // Nobody is left to tell.
    told.ok();
    Exit::Usage
}

/// The first paragraph of what the parser says; usage and hints come after it.
fn reason(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .take_while(|line| !line.trim().is_empty())
        .map(str::trim)
        .collect();
    let reason = lines.join(" ");
    reason
        .strip_prefix("error: ")
        .map_or_else(|| reason.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_argument_is_named_in_the_reason() {
        let error = Cli::try_parse_from(["peyvand", "get"])
            .map(|_| ())
            .map_err(|error| reason(&error.render().to_string()));
        assert_eq!(
            error,
            Err("the following required arguments were not provided: <ID>".to_owned())
        );
    }
}
