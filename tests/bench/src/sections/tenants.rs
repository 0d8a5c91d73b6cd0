//! What does it cost to serve many small customers' stores in one process?

use std::fs;

use super::tenants_job::{CUSTOMERS, dir};
use super::{figure, in_own_process};
use crate::args::Args;
use crate::contestants::Who;
use crate::machine::{self, Usage};
use crate::report::{Report, Table};

pub(crate) fn tenants(args: &Args, report: &mut Report) {
    let below = args.dir.join("tenants");
    let _ = fs::remove_dir_all(&below);
    let made = in_own_process(args, "tenants-make", Who::Peyvand);
    let of = |path: &std::path::Path| {
        let mut sum = Usage::default();
        machine::disk_usage(path)
            .values()
            .for_each(|usage| sum += *usage);
        sum
    };
    let (empty, full) = (of(&below.join("empty")), of(&dir(args, 0)));
    let served = in_own_process(args, "tenants-serve", Who::Peyvand);
    let kib = |bytes: f64| bytes / 1024.0;
    let mut table = Table::new(
        format!(
            "{} directories of {CUSTOMERS} customers, {} open at a time, one process",
            args.tenants, args.open
        ),
        &["figure"],
    );
    let mut row = |name: &str, figure: f64| table.row(name, vec![figure.into()]);
    row(
        "memory of an open engine, KiB",
        kib(figure(&served, "memory")),
    );
    row("files of an open engine", figure(&served, "files"));
    row("threads of an open engine", figure(&served, "threads"));
    row(
        "memory of the process with one open, MiB",
        figure(&served, "memory_first") / f64::from(1 << 20),
    );
    row(
        "memory with all that may be open, MiB",
        figure(&served, "memory_all") / f64::from(1 << 20),
    );
    row(
        "memory after serving, MiB",
        figure(&served, "memory_served") / f64::from(1 << 20),
    );
    row(
        "reopen, p50 ms",
        served["open_ms"][0].as_f64().unwrap_or(f64::NAN),
    );
    row(
        "reopen, p99 ms",
        served["open_ms"][1].as_f64().unwrap_or(f64::NAN),
    );
    row(
        "close, p50 ms",
        served["close_ms"][0].as_f64().unwrap_or(f64::NAN),
    );
    row(
        "close, p99 ms",
        served["close_ms"][1].as_f64().unwrap_or(f64::NAN),
    );
    row("disk of a directory, KiB", kib(full.given as f64));
    row("files of a directory", full.files as f64);
    row(
        "disk of a directory without customers, KiB",
        kib(empty.given as f64),
    );
    row(
        "values of the customers of a directory alone, KiB",
        kib(figure(&made, "values")),
    );
    row(
        "making a directory and filling it, ms",
        figure(&made, "seconds") * 1e3 / args.tenants as f64,
    );
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
        served["reopens"]
    ));
    report.table(&table);
    if !args.keep {
        let _ = fs::remove_dir_all(&below);
    }
}
