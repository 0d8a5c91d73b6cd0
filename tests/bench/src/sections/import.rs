//! How fast do customers come in, and how much of the disk do they take?

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::{BATCH, against, mib, sqlite_of};
use crate::args::Args;
use crate::contestants::{RawDisk, Stand, Who, load_first_index_later};
use crate::customers::{Customer, Customers};
use crate::machine::{self, Usage};
use crate::report::{Report, Spread, Table};

/// Each contestant takes so many batches, then the next one does.
const SLICE: u64 = 10;

/// Fills every stand in turns, slice by slice, and closes and opens it at the end.
pub(crate) fn import(args: &Args, stands: &mut [Stand], report: &mut Report) {
    let mut rates: Vec<Vec<f64>> = stands.iter().map(|_| Vec::new()).collect();
    let mut totals = vec![Duration::ZERO; stands.len()];
    let mut generating = Duration::ZERO;
    let mut bytes = 0;
    let mut from = 0;
    while from < args.customers {
        let count = (SLICE * BATCH).min(args.customers - from);
        let begin = Instant::now();
        let slice = stands[0].customers.batch(from, count);
        generating += begin.elapsed();
        bytes += slice.iter().map(Customer::bytes).sum::<usize>();
        for (place, stand) in stands.iter().enumerate() {
            let begin = Instant::now();
            slice
                .chunks(BATCH as usize)
                .for_each(|batch| stand.side().import(batch));
            let took = begin.elapsed();
            stand.take_numbers(count);
            totals[place] += took;
            rates[place].push(count as f64 / took.as_secs_f64());
        }
        from += count;
    }
    let overlays: Vec<_> = stands.iter().map(|s| s.side().overlay_bytes()).collect();
    for (stand, total) in stands.iter_mut().zip(&mut totals) {
        let begin = Instant::now();
        stand.close();
        *total += begin.elapsed();
    }
    let generator = args.customers as f64 / generating.as_secs_f64();
    tell_import(args, stands, &rates, &totals, &overlays, generator, report);
    let usages: Vec<_> = stands.iter().map(|s| machine::disk_usage(&s.dir)).collect();
    stands.iter_mut().for_each(Stand::open);
    tell_disk(args, stands, &usages, bytes as u64, report);
    tell_kinds(args, stands, report);
}

fn tell_import(
    args: &Args,
    stands: &[Stand],
    rates: &[Vec<f64>],
    totals: &[Duration],
    overlays: &[Option<usize>],
    generator: f64,
    report: &mut Report,
) {
    let mut table = Table::new(
        format!(
            "Bulk import of {} customers, {BATCH} to a commit, each commit durable",
            args.customers
        ),
        &[
            "customers/s, with close",
            "customers/s of slices of 10,000",
            "slices ÷ SQLite's",
            "overlay at the end, MiB",
        ],
    );
    let base = sqlite_of(stands);
    for (place, stand) in stands.iter().enumerate() {
        table.row(
            stand.who.title(),
            vec![
                (args.customers as f64 / totals[place].as_secs_f64()).into(),
                Spread::of(rates[place].iter().copied()).into(),
                against(place, base, |base| {
                    Spread::ratio(&rates[place], &rates[base])
                }),
                overlays[place].map_or("–".into(), |bytes| mib(bytes as f64).into()),
            ],
        );
    }
    if let Some(rate) = raw_rate(args, stands) {
        table.row(
            "raw append + fdatasync, bytes of Peyvand's journal",
            vec![rate.into(), "–".into(), "–".into(), "–".into()],
        );
    }
    table.row(
        "generator alone (not in the other rows)",
        vec![generator.into(), "–".into(), "–".into(), "–".into()],
    );
    if base.is_some() {
        let (loading, indexing) = load_first(args, &stands[0].customers);
        table.row(
            "SQLite, load first, index afterwards",
            vec![
                (args.customers as f64 / (loading + indexing).as_secs_f64()).into(),
                "–".into(),
                "–".into(),
                "–".into(),
            ],
        );
    }
    if let (Some(own), Some(base)) = (stands.iter().position(|s| s.who == Who::Peyvand), base) {
        let ratio = totals[base].as_secs_f64() / totals[own].as_secs_f64();
        table.note(format!(
            "Peyvand ÷ SQLite over the whole import, with close: **{ratio:.2}**"
        ));
    }
    table.note("Peyvand also keeps, for every customer, an index of `updated_at`, an index entry of the unique field beside its unique entry, a history entry and the request in the journal; SQLite keeps the table and five indexes.");
    report.table(&table);
}

/// Customers a second if nothing were done but to write Peyvand's journal.
fn raw_rate(args: &Args, stands: &[Stand]) -> Option<f64> {
    let own = stands.iter().find(|stand| stand.who == Who::Peyvand)?;
    let commits = args.customers.div_ceil(BATCH);
    let bytes = machine::disk_usage(&own.dir).get("journal")?.length / commits;
    let raw = RawDisk::new(&args.dir, bytes);
    let begin = Instant::now();
    (0..commits.min(500)).for_each(|_| raw.append_alone());
    Some((commits.min(500) * BATCH) as f64 / begin.elapsed().as_secs_f64())
}

fn load_first(args: &Args, customers: &Customers) -> (Duration, Duration) {
    let dir = args.dir.join("load-first");
    let _ = std::fs::remove_dir_all(&dir);
    let batches = (0..args.customers)
        .step_by(BATCH as usize)
        .map(|from| customers.batch(from, BATCH.min(args.customers - from)));
    let took = load_first_index_later(&dir, args, batches);
    let _ = std::fs::remove_dir_all(&dir);
    took
}

fn tell_disk(
    args: &Args,
    stands: &[Stand],
    usages: &[BTreeMap<String, Usage>],
    bytes: u64,
    report: &mut Report,
) {
    let mut table = Table::new(
        "On disk after a clean close, bytes per customer (as given by the file system, every file counted)",
        &[
            "state",
            "journal",
            "the rest",
            "a checkpoint",
            "all",
            "state ÷ SQLite",
            "journal, the rest and a checkpoint ÷ SQLite",
        ],
    );
    let parts = |stand: &Stand, usage: &BTreeMap<String, Usage>| -> (f64, f64, f64) {
        let per = |name: &str| {
            usage.get(name).map_or(0.0, |usage| usage.given as f64) / args.customers as f64
        };
        let all =
            usage.values().map(|usage| usage.given as f64).sum::<f64>() / args.customers as f64;
        match stand.who {
            Who::Sqlite => (all, 0.0, 0.0),
            _ => (
                per("state"),
                per("journal"),
                all - per("state") - per("journal"),
            ),
        }
    };
    let sqlite =
        sqlite_of(stands).map_or(f64::NAN, |place| parts(&stands[place], &usages[place]).0);
    for (stand, usage) in stands.iter().zip(usages) {
        let (state, journal, rest) = parts(stand, usage);
        let checkpoint = checkpoint_bytes(stand) as f64 / args.customers as f64;
        table.row(
            stand.who.title(),
            [
                state,
                journal,
                rest,
                checkpoint,
                state + journal + rest + checkpoint,
                state / sqlite,
                (journal + rest + checkpoint) / sqlite,
            ]
            .map(Into::into)
            .into(),
        );
    }
    let own = bytes as f64 / args.customers as f64;
    table.note(format!(
        "The values of a customer alone are {own:.0} bytes."
    ));
    report.table(&table);
}

/// Of which entries the state's bytes are.
fn tell_kinds(args: &Args, stands: &[Stand], report: &mut Report) {
    let Some(own) = stands.iter().find(|stand| stand.who == Who::Peyvand) else {
        return;
    };
    let mut table = Table::new(
        "Where the bytes of Peyvand's state are, for each customer",
        &["entries", "keys", "values", "compressed"],
    );
    for kind in own.side().state_bytes() {
        let per = |count: f64| (count / args.customers as f64).into();
        let (entries, keys, values) = (kind.entries as f64, kind.keys as f64, kind.values as f64);
        table.row(
            kind.kind.as_str(),
            vec![per(entries), per(keys), per(values), per(kind.stored)],
        );
    }
    table.note("Keys are counted whole; a page holds what they share once. Beside the pages lie their places and room that was left.");
    report.table(&table);
}

/// What a checkpoint takes that is taken now; nothing where there is no such thing.
fn checkpoint_bytes(stand: &Stand) -> u64 {
    let path = stand.dir.with_extension("checkpoint");
    let bytes = stand.side().checkpoint(&path);
    let _ = std::fs::remove_file(path);
    bytes.unwrap_or(0)
}
