//! What does it cost to serve many small customers' stores in one process?

use std::fs;
use std::path::Path;

use serde_json::Value as Json;

use super::tenants_job::{CUSTOMERS, dir};
use super::{figure, in_own_process, mib};
use crate::args::Args;
use crate::contestants::Who;
use crate::machine::{self, Usage};
use crate::report::{Report, Table};

pub(crate) fn tenants(args: &Args, report: &mut Report) {
    let below = args.dir.join("tenants");
    let _ = fs::remove_dir_all(&below);
    let made = in_own_process(args, "tenants-make", Who::Peyvand);
    let found = Found {
        empty: sum(&below.join("empty")),
        full: sum(&dir(args, 0)),
        served: in_own_process(args, "tenants-serve", Who::Peyvand),
        made,
    };
    report.table(&table(args, &found));
    if !args.keep {
        let _ = fs::remove_dir_all(&below);
    }
}

/// What was found about the directories.
struct Found {
    made: Json,
    served: Json,
    empty: Usage,
    full: Usage,
}

/// What a folder takes in all.
fn sum(path: &Path) -> Usage {
    let mut sum = Usage::default();
    let parts = machine::disk_usage(path);
    parts.values().for_each(|usage| sum += *usage);
    sum
}

fn table(args: &Args, found: &Found) -> Table {
    let mut table = Table::new(
        format!(
            "{} directories of {CUSTOMERS} customers, {} open at a time, one process",
            args.tenants, args.open
        ),
        &["figure"],
    );
    for (name, figure) in rows(args, found) {
        table.row(name, vec![figure.into()]);
    }
    for (name, usage) in machine::disk_usage(&dir(args, 0)) {
        table.note(format!(
            "{name}: {:.0} KiB given, {:.0} KiB long, {} files",
            kib(usage.given as f64),
            kib(usage.length as f64),
            usage.files
        ));
    }
    table.note(format!(
        "{} reopens while 5,000 requests of 5 reads were served, tenants drawn by Zipf 0.99.",
        found.served["reopens"]
    ));
    table.note(ABOUT_THE_ALLOCATOR);
    table
}

const ABOUT_THE_ALLOCATOR: &str = "The process runs with MIMALLOC_DISALLOW_ARENA_ALLOC=1, unless the variable is set already: sled asks for 4 MiB of \
     zeroes for each store, of which it uses little. glibc leaves the rest to the system, and so does mimalloc without \
     arenas; in a used arena it writes all of them.";

fn rows(args: &Args, found: &Found) -> Vec<(&'static str, f64)> {
    let Found {
        made,
        served,
        empty,
        full,
    } = found;
    let memory = |name: &str| mib(figure(served, name));
    let quantile = |name: &str, at: usize| served[name][at].as_f64().unwrap_or(f64::NAN);
    vec![
        (
            "memory of an open engine, KiB",
            kib(figure(served, "memory")),
        ),
        ("files of an open engine", figure(served, "files")),
        ("threads of an open engine", figure(served, "threads")),
        (
            "memory of the process with one open, MiB",
            memory("memory_first"),
        ),
        (
            "memory with all that may be open, MiB",
            memory("memory_all"),
        ),
        ("memory after serving, MiB", memory("memory_served")),
        ("reopen, p50 ms", quantile("open_ms", 0)),
        ("reopen, p99 ms", quantile("open_ms", 1)),
        ("close, p50 ms", quantile("close_ms", 0)),
        ("close, p99 ms", quantile("close_ms", 1)),
        ("disk of a directory, KiB", kib(full.given as f64)),
        ("files of a directory", full.files as f64),
        (
            "disk of a directory without customers, KiB",
            kib(empty.given as f64),
        ),
        (
            "values of the customers of a directory alone, KiB",
            kib(figure(made, "values")),
        ),
        (
            "making a directory and filling it, ms",
            figure(made, "seconds") * 1e3 / args.tenants as f64,
        ),
    ]
}

fn kib(bytes: f64) -> f64 {
    bytes / 1024.0
}
