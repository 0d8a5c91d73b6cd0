//! What is it like to run a company with this? `peyvand demo`: a company is founded, lives through a year in three
//! languages through the same write path as everybody else, and a tour shows what came of it.

mod case;
mod company;
mod customers;
mod deals;
mod diary;
mod dice;
mod figures;
mod layout;
mod leads;
mod letters;
mod names;
mod papers;
mod rules;
mod screens;
mod story;
#[cfg(test)]
mod tests;
mod tour;
mod words;
mod year;

use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{FixedOffset, NaiveDate, Offset, Utc};
use peyvand::{Engine, FixedClock, Locale, SeededIds};

use crate::store;
use dice::Dice;

/// The four plugins as they were built, so that the program needs no file beside it.
const PLUGINS: [(&str, &[u8]); 4] = [
    (
        "national-id",
        include_bytes!("../../../../plugins/dist/national-id.wasm"),
    ),
    (
        "lead-score",
        include_bytes!("../../../../plugins/dist/lead-score.wasm"),
    ),
    (
        "follow-up",
        include_bytes!("../../../../plugins/dist/follow-up.wasm"),
    ),
    (
        "sales-league",
        include_bytes!("../../../../plugins/dist/sales-league.wasm"),
    ),
];

/// Seconds east of Greenwich where the company is.
const ZONE: i32 = 12_600;

#[cfg(test)]
pub(crate) use letters::mail_template;
#[cfg(test)]
pub(crate) use papers::profile;

/// How the demo is made.
pub(crate) struct DemoOptions {
    /// Another seed, another company.
    pub(crate) seed: u64,
    /// Whether a store that is in the directory already is thrown away.
    pub(crate) fresh: bool,
    /// The language of the engine's messages.
    pub(crate) locale: Locale,
    /// Plugins by name, to take the place of those that the program brings.
    pub(crate) plugins: Vec<(String, Vec<u8>)>,
}

/// Why there is no demo.
#[derive(Debug)]
pub(crate) enum DemoError {
    /// The engine said no.
    Crm(peyvand::Error),
    /// The tour cannot be printed.
    Output(io::Error),
    /// The directory has something in it.
    Taken {
        /// The directory.
        dir: PathBuf,
        /// Whether it is a store, which `--fresh` may throw away.
        store: bool,
    },
    /// The directory cannot be looked at or emptied.
    Dir {
        /// The directory or the file in it.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl DemoError {
    /// What to do about it.
    pub(crate) fn remedy(&self) -> Option<&str> {
        match self {
            Self::Crm(error) => error.remedy(),
            Self::Output(_) | Self::Dir { .. } => None,
            Self::Taken { store: true, .. } => {
                Some("name another directory, or say --fresh to throw that store away")
            }
            Self::Taken { store: false, .. } => {
                Some("name a directory that is empty or not there yet")
            }
        }
    }
}

impl fmt::Display for DemoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Crm(error) => error.fmt(f),
            Self::Output(error) => write!(f, "the tour cannot be printed: {error}"),
            Self::Taken { dir, store: true } => {
                write!(f, "{} holds a store already", dir.display())
            }
            Self::Taken { dir, store: false } => write!(
                f,
                "{} is not empty, and what is in it is no store",
                dir.display()
            ),
            Self::Dir { path, source } => write!(f, "{} cannot be used: {source}", path.display()),
        }
    }
}

impl std::error::Error for DemoError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Crm(error) => Some(error),
            Self::Output(error) | Self::Dir { source: error, .. } => Some(error),
            Self::Taken { .. } => None,
        }
    }
}

impl From<peyvand::Error> for DemoError {
    fn from(error: peyvand::Error) -> Self {
        Self::Crm(error)
    }
}

impl From<io::Error> for DemoError {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// What the tour tells of.
struct Lived<'a> {
    dir: &'a Path,
    clock: &'a FixedClock,
    carrier: &'a letters::Carrier,
    started: Instant,
    founding: Duration,
    year: Duration,
    days: (NaiveDate, NaiveDate),
    tally: year::Tally,
}

/// Makes the company in a directory, lives its year and prints the tour.
pub(crate) fn run(dir: &Path, out: &mut dyn Write, options: &DemoOptions) -> Result<(), DemoError> {
    make_room(dir, options.fresh)?;
    let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default();
    // 1404, from Nowruz to Nowruz.
    let (eve, first, last) = (day(2025, 3, 20), day(2025, 3, 21), day(2026, 3, 20));
    let clock = Arc::new(FixedClock::at(year::hour(eve, 12, 0)));
    let started = Instant::now();
    let carrier = Arc::default();
    let engine = letters::rules(Engine::builder(dir), &carrier)
        .clock(clock.clone())
        .ids(Arc::new(SeededIds::new(options.seed)))
        .zone(FixedOffset::east_opt(ZONE).unwrap_or_else(|| Utc.fix()))
        .locale(options.locale)
        .open()?;
    let mut dice = Dice::new(options.seed);
    writeln!(
        out,
        "Founding the Arvand group: six branches, three languages, three currencies …"
    )?;
    out.flush()?;
    let founded = company::found(&engine, &mut dice, eve, &plugins(options))?;
    let founding = started.elapsed();
    writeln!(
        out,
        "Living through the year from {first} to {last}: each business day is one commit.\n"
    )?;
    let tally = year::live(&engine, &clock, founded, &mut dice, (first, last), out)?;
    let lived = Lived {
        dir,
        clock: &clock,
        carrier: &carrier,
        started,
        founding,
        year: started.elapsed().saturating_sub(founding),
        days: (first, last),
        tally,
    };
    tour::print(&engine, &lived, out)?;
    engine.close()?;
    Ok(())
}

fn plugins(options: &DemoOptions) -> Vec<(String, Vec<u8>)> {
    let given = |name: &str| {
        options
            .plugins
            .iter()
            .find(|(given, _)| given == name)
            .map(|(_, bytes)| bytes.clone())
    };
    PLUGINS
        .iter()
        .map(|(name, bytes)| {
            (
                (*name).to_owned(),
                given(name).unwrap_or_else(|| bytes.to_vec()),
            )
        })
        .collect()
}

/// What makes a directory a store; nothing is ever removed but that, the state and the demo's own pages.
const OF_A_STORE: [&str; 9] = [
    "FORMAT",
    "LOCK",
    "REBUILD",
    "ERASED",
    "TRIMMED",
    "journal",
    "content",
    "checkpoints",
    "scratch",
];

fn make_room(dir: &Path, fresh: bool) -> Result<(), DemoError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| DemoError::Dir { path, source }
    };
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries
            .collect::<Result<Vec<_>, _>>()
            .map_err(failed(dir))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        // The engine says what is wrong with it, and better.
        Err(_) => return Ok(()),
    };
    if entries.is_empty() {
        return Ok(());
    }
    let known = |name: &str| {
        let of_a_state = ["state", "state.new", "state.old"].contains(&name);
        let of_the_demo =
            name == papers::PROPOSED || papers::PAGES.iter().any(|(page, _)| *page == name);
        OF_A_STORE.contains(&name) || of_a_state || of_the_demo || name.starts_with("state.failed-")
    };
    let store = dir.join("FORMAT").is_file()
        && entries
            .iter()
            .all(|entry| entry.file_name().to_str().is_some_and(known));
    if !(store && fresh) {
        return Err(DemoError::Taken {
            dir: dir.to_owned(),
            store,
        });
    }
    // Opened once: nobody's store is taken from under a program that has it open.
    match store::opened(dir, Engine::builder(dir).create(false)) {
        Ok(engine) => engine.close()?,
        Err(error) if error.kind() == peyvand::ErrorKind::Locked => return Err(error.into()),
        // Damaged, and to be thrown away all the same.
        Err(_) => {}
    }
    for entry in entries {
        let path = entry.path();
        let removed = if path.is_dir() {
            std::fs::remove_dir_all(&path)
        } else {
            std::fs::remove_file(&path)
        };
        removed.map_err(failed(&path))?;
    }
    Ok(())
}
