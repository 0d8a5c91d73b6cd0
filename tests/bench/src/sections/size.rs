//! How much memory and disk does a store of this size take, and how long does it take to open it? Every contestant in
//! processes of its own.

use std::fs;

use serde_json::Value as Json;

use super::jobs::READS;
use super::{figure, in_own_process, mib};
use crate::args::Args;
use crate::contestants::Who;
use crate::machine;
use crate::report::{Report, Spread, Table};

/// What was found about one contestant.
struct Found {
    who: Who,
    fill: Json,
    disk: Vec<(String, f64)>,
    clean: Vec<Json>,
    killed: Vec<(Json, Json)>,
    rebuilt: Option<Json>,
}

/// Kills cost a store's worth of nothing, but each leaves more customers behind.
const KILLS: usize = 3;

pub(crate) fn size(args: &Args, report: &mut Report) {
    let all: Vec<Found> = args
        .contestants
        .iter()
        .map(|who| find(args, *who))
        .collect();
    tell_memory(args, &all, report);
    tell_disk(args, &all, report);
    tell_open(args, &all, report);
    if !args.keep {
        for who in &args.contestants {
            let _ = fs::remove_dir_all(args.dir.join(who.name()));
        }
    }
}

fn find(args: &Args, who: Who) -> Found {
    let dir = args.dir.join(who.name());
    let mut count = args.customers;
    let fill = in_own_process(args, "fill", who);
    let disk = machine::disk_usage(&dir)
        .into_iter()
        .map(|(name, usage)| (name, usage.given as f64))
        .collect();
    let open = |count: u64| in_own_process(args, &format!("open:{count}"), who);
    let clean = (0..args.rounds).map(|_| open(count)).collect();
    let killed = (0..KILLS)
        .map(|_| {
            let kill = in_own_process(args, &format!("kill:{count}"), who);
            count += kill["count"].as_u64().unwrap_or(0);
            (kill, open(count))
        })
        .collect();
    // Losing the folder of the state loses nothing: the next open folds it anew from the journal.
    let rebuilt = (who != Who::Sqlite).then(|| {
        fs::remove_dir_all(dir.join("state")).unwrap();
        open(count)
    });
    Found {
        who,
        fill,
        disk,
        clean,
        killed,
        rebuilt,
    }
}

fn tell_memory(args: &Args, all: &[Found], report: &mut Report) {
    let mut table = Table::new(
        format!(
            "Import of {} customers and memory, each contestant in processes of its own",
            args.customers
        ),
        &[
            "import s",
            "customers/s",
            "peak MiB while importing",
            "MiB after open",
            format!("MiB after {READS} random reads").as_str(),
            "overlay at most, MiB",
        ],
    );
    for found in all {
        let fill = |name: &str| figure(&found.fill, name);
        let open = |name: &str| Spread::of(found.clean.iter().map(|json| mib(figure(json, name))));
        table.row(
            found.who.title(),
            vec![
                fill("import_s").into(),
                (args.customers as f64 / fill("import_s")).into(),
                mib(fill("peak")).into(),
                open("open").into(),
                open("reads").into(),
                mib(fill("overlay")).into(),
            ],
        );
    }
    if let Some(found) = all.first() {
        table.note(format!(
            "The process itself takes {:.1} MiB before it opens anything.",
            mib(figure(&found.fill, "empty"))
        ));
    }
    report.table(&table);
}

fn tell_disk(args: &Args, all: &[Found], report: &mut Report) {
    let mut table = Table::new(
        "Disk after the import and a clean close",
        &["MiB", "bytes per customer", "by folder or file, MiB"],
    );
    for found in all {
        let sum: f64 = found.disk.iter().map(|(_, bytes)| bytes).sum();
        let parts: Vec<String> = found
            .disk
            .iter()
            .map(|(name, bytes)| format!("{name} {:.1}", mib(*bytes)))
            .collect();
        table.row(
            found.who.title(),
            vec![
                mib(sum).into(),
                (sum / args.customers as f64).into(),
                parts.join(", ").as_str().into(),
            ],
        );
    }
    report.table(&table);
}

fn tell_open(args: &Args, all: &[Found], report: &mut Report) {
    let mut table = Table::new(
        "Open, the system's cache warm",
        &[
            "clean, ms",
            "with the first get, ms",
            "µs per random read afterwards",
            "after a kill, ms",
            "journal to read then, MiB",
            "MB/s of it",
            "state rebuilt from the journal, s",
            "customers/s of it",
            "peak MiB of it",
        ],
    );
    for found in all {
        let clean = |name: &str| Spread::of(found.clean.iter().map(|json| figure(json, name)));
        let opened = clean("open_ms");
        let tail = |pick: &dyn Fn(&Json, &Json) -> f64| {
            Spread::of(found.killed.iter().map(|(kill, open)| pick(kill, open)))
        };
        let customers = args.customers as f64
            + found
                .killed
                .iter()
                .map(|(kill, _)| figure(kill, "count"))
                .sum::<f64>();
        let rebuilt = |name: &str| {
            found
                .rebuilt
                .as_ref()
                .map_or(f64::NAN, |json| figure(json, name))
        };
        let seconds = rebuilt("open_ms") / 1e3;
        table.row(
            found.who.title(),
            vec![
                opened.into(),
                clean("first_ms").into(),
                clean("read_us").into(),
                tail(&|_, open| figure(open, "open_ms")).into(),
                tail(&|kill, _| mib(figure(kill, "journal"))).into(),
                tail(&|kill, open| {
                    figure(kill, "journal") / 1e3 / (figure(open, "open_ms") - opened.middle)
                })
                .into(),
                seconds.into(),
                (customers / seconds).into(),
                mib(rebuilt("open_peak")).into(),
            ],
        );
    }
    report.table(&table);
}
