//! How fast is the store, beside SQLite and the bare disk on the same work?
//!
//! `cargo run --release -p peyvand-bench` prints Markdown. Everything is compared within one run, and the contestants
//! take turns: ratios travel between machines, times do not. What needs a clean memory runs in a process of its own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark prints, and a fault ends it"
)]

mod args;
mod contestants;
mod customers;
mod draws;
mod machine;
mod report;
mod sections;

use args::Args;
use contestants::{Stand, Who};
use report::Report;

/// As the reference host: the library leaves the allocator to whoever embeds it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let args = Args::read();
    if let Some(job) = &args.child {
        sections::child(&args, job);
        return;
    }
    let mut report = Report::new();
    report.say(&machine::facts(&args));
    std::fs::create_dir_all(&args.dir).unwrap();
    if args.tenants > 0 {
        sections::tenants(&args, &mut report);
    } else {
        compare(&args, &mut report);
    }
    report.say(&format!(
        "Load average at the end: {}.",
        machine::load_average()
    ));
    if let Some(path) = &args.json {
        report.write(path);
    }
}

fn imported(args: &Args, report: &mut Report) -> Vec<Stand> {
    let new = |who: &Who| Stand::new(*who, args);
    let mut stands: Vec<Stand> = args.contestants.iter().map(new).collect();
    sections::import(args, &mut stands, report);
    stands
}

fn existing(args: &Args) -> Vec<Stand> {
    let existing = |who: &Who| {
        let mut stand = Stand::of_existing(*who, args, args.customers);
        stand.open();
        stand
    };
    args.contestants.iter().map(existing).collect()
}

/// The sections that share the stores of one import, then those that make their own.
fn compare(args: &Args, report: &mut Report) {
    if ["import", "read", "scan", "past", "commit", "mix"]
        .iter()
        .any(|name| args.wants(name))
    {
        let mut stands = if args.reuse {
            existing(args)
        } else {
            imported(args, report)
        };
        if args.wants("read") {
            sections::read(args, &mut stands, report);
        }
        if args.wants("scan") {
            sections::scan(args, &mut stands, report);
        }
        if args.wants("past") {
            sections::past(args, &mut stands, report);
        }
        if args.wants("commit") {
            sections::commit(args, &mut stands, report);
        }
        if args.wants("mix") {
            sections::mix(args, &mut stands, report);
        }
        for stand in &mut stands {
            stand.remove();
        }
    }
    if args.wants("customer") {
        sections::customer(args, report);
    }
    if args.wants("size") {
        sections::size(args, report);
    }
}
