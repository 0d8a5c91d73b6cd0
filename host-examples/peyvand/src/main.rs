//! What was asked, who answers it, and how does the process end?

mod args;
mod fault;
mod output;
mod source;
mod store;

mod check;
mod demo;
mod first_look;
mod import;
mod plugin;
mod progress;
mod query;
mod record;
mod report;
mod schema;
mod script;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
use fault::{Exit, Fault};
use output::Output;

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
    let ended = answer(cli, &mut output).and_then(|exit| output.flush().map(|()| exit));
    ended.unwrap_or_else(|fault| {
        fault.tell(&mut io::stderr().lock(), cli.everywhere.json);
        fault.exit()
    })
}

fn answer(cli: &Cli, output: &mut Output<'_>) -> Result<Exit, Fault> {
    let asked = cli.everywhere.dir.as_deref();
    let dir = asked.unwrap_or(Path::new(DEFAULT_DIR));
    match &cli.command {
        Command::Demo(demo) => first_look::run(demo, asked, output),
        Command::Import(import) => import::run(import, dir, output),
        Command::Query(query) => query::run(query, dir, output),
        Command::Get { id } => record::get(*id, dir, output),
        Command::Timeline { id } => record::timeline(*id, dir, output),
        Command::Create { object, json } => record::create(object, json, dir, output),
        Command::Update { id, json, revision } => record::update(*id, json, *revision, dir, output),
        Command::Delete { id } => record::delete(*id, dir, output),
        Command::Restore { id } => record::restore(*id, dir, output),
        Command::Report(report) => report::run(report, dir, output),
        Command::Schema(schema) => schema::run(schema, dir, output),
        Command::Plugin(plugin) => plugin::run(plugin, dir, output),
        Command::Script(script) => script::run(script, dir, output),
        Command::Check => check::run(dir, output),
        Command::Tick => check::tick(dir, output),
    }
}

/// Help and version are answers; anything else is an error of usage.
fn misunderstood(error: &clap::Error, arguments: &[OsString]) -> Exit {
    let text = error.render().to_string();
    if !error.use_stderr() {
        let told = io::stdout().lock().write_all(text.as_bytes());
        return told.map_or_else(|error| Fault::Output(error).exit(), |()| Exit::Fine);
    }
    let told = if arguments.iter().any(|argument| argument == "--json") {
        let message = text.lines().next().unwrap_or_default();
        let message = message.strip_prefix("error: ").unwrap_or(message);
        writeln!(io::stderr().lock(), "{}", fault::error_json("usage", message, Some("see --help"), Vec::new()))
    } else {
        io::stderr().lock().write_all(text.as_bytes())
    };
    // Nobody is left to tell.
    told.ok();
    Exit::Usage
}
