//! What is measured? One file for each group of rows.

mod commit;
mod customer;
mod import;
mod jobs;
mod past;
mod read;
mod size;
mod tenants;
mod tenants_job;

use std::process::{Command, Stdio};

use serde_json::Value as Json;

use crate::args::Args;
use crate::contestants::{Stand, Who};
use crate::report::{Cell, Spread};

pub(crate) use commit::{commit, mix};
pub(crate) use customer::customer;
pub(crate) use import::import;
pub(crate) use past::past;
pub(crate) use read::{read, scan};
pub(crate) use size::size;
pub(crate) use tenants::tenants;

/// How many customers a commit of an import holds.
const BATCH: u64 = 1000;

/// The work of a process of its own; what it found goes to the parent as the last line of its output.
pub(crate) fn child(args: &Args, job: &str) {
    let found = match job {
        "tenants-make" => tenants_job::make(args),
        "tenants-serve" => tenants_job::serve(args),
        _ => jobs::run(args, job),
    };
    println!("{found}");
}

/// A setting of mimalloc: what it does for one large store it undoes for many small ones.
const NO_ARENAS: &str = "MIMALLOC_DISALLOW_ARENA_ALLOC";

/// Runs a job in a process of its own, so that nobody else's memory is in the figures.
fn in_own_process(args: &Args, job: &str, who: Who) -> Json {
    let mut child = Command::new(std::env::current_exe().unwrap());
    if args.tenants > 0 && std::env::var_os(NO_ARENAS).is_none() {
        child.env(NO_ARENAS, "1");
    }
    let output = child
        .args(args.for_child(job, who))
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().last().unwrap_or_default();
    serde_json::from_str(line)
        .unwrap_or_else(|_| panic!("{job} of {} ended with {}", who.name(), output.status))
}

/// A figure that a job found.
fn figure(found: &Json, name: &str) -> f64 {
    found[name].as_f64().unwrap_or(f64::NAN)
}

fn mib(bytes: f64) -> f64 {
    bytes / f64::from(1 << 20)
}

/// The place of SQLite, whom the others are compared with.
fn sqlite_of(stands: &[Stand]) -> Option<usize> {
    stands.iter().position(|stand| stand.who == Who::Sqlite)
}

/// `one[i] / other[i]` for the contestant against SQLite; nothing for SQLite itself, or without it.
fn against(one: usize, base: Option<usize>, ratio: impl Fn(usize) -> Spread) -> Cell {
    match base {
        Some(base) if base != one => ratio(base).into(),
        Some(_) => "1".into(),
        None => "–".into(),
    }
}
