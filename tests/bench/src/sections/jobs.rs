//! What is done in a process of its own, for its memory and for what a start costs?

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::BATCH;
use crate::args::Args;
use crate::contestants::Stand;
use crate::draws::Draws;
use crate::machine;

/// How many records are read after an open.
pub(super) const READS: usize = 10_000;

pub(super) fn run(args: &Args, job: &str) -> Json {
    let who = args.contestants[0];
    match job.split_once(':').unwrap_or((job, "0")) {
        ("fill", _) => fill(&mut Stand::new(who, args), args),
        ("open", count) => open(&mut Stand::of_existing(who, args, number(count)), args),
        ("kill", count) => kill(&mut Stand::of_existing(who, args, number(count)), args),
        _ => panic!("there is no job '{job}'"),
    }
}

fn number(text: &str) -> u64 {
    text.parse().unwrap()
}

/// Imports all customers and closes.
fn fill(stand: &mut Stand, args: &Args) -> Json {
    let empty = machine::memory();
    let (mut importing, mut overlay, mut from) = (Duration::ZERO, 0, 0);
    while from < args.customers {
        let count = BATCH.min(args.customers - from);
        let batch = stand.customers.batch(from, count);
        let begin = Instant::now();
        stand.side().import(&batch);
        importing += begin.elapsed();
        overlay = overlay.max(stand.side().overlay_bytes().unwrap_or(0));
        stand.take_numbers(count);
        from += count;
        if from % 500_000 == 0 {
            progress(stand, from, importing);
        }
    }
    let before_close = machine::memory();
    let begin = Instant::now();
    stand.close();
    let closing = begin.elapsed();
    json!({
        "import_s": (importing + closing).as_secs_f64(),
        "close_s": closing.as_secs_f64(),
        "empty": empty.now,
        "rss": before_close.now,
        "peak": machine::memory().peak,
        "overlay": overlay,
    })
}

fn progress(stand: &Stand, done: u64, importing: Duration) {
    eprintln!(
        "{}: {done} customers after {:.0} s, {} MiB",
        stand.who.title(),
        importing.as_secs_f64(),
        machine::memory().now >> 20
    );
}

/// Opens, reads one record, then many.
fn open(stand: &mut Stand, args: &Args) -> Json {
    let empty = machine::memory();
    let begin = Instant::now();
    stand.open();
    let opened = begin.elapsed();
    let mut reader = stand.side().reader(1);
    reader.get(args.customers / 2);
    let first = begin.elapsed();
    let after_open = machine::memory();
    let begin = Instant::now();
    for number in Draws::even(args.customers).many(READS, 7) {
        reader.get(number);
    }
    let reading = begin.elapsed();
    let after_reads = machine::memory();
    drop(reader);
    stand.close();
    json!({
        "open_ms": opened.as_secs_f64() * 1e3,
        "first_ms": first.as_secs_f64() * 1e3,
        "read_us": reading.as_secs_f64() * 1e6 / READS as f64,
        "empty": empty.now,
        "open": after_open.now,
        "open_peak": after_open.peak,
        "reads": after_reads.now,
        "peak": machine::memory().peak,
    })
}

/// Commits what an overlay holds without being folded, then dies without a word.
fn kill(stand: &mut Stand, args: &Args) -> Json {
    stand.open();
    let used = machine::journal_bytes(&stand.dir);
    let mut count = 0;
    loop {
        let before = stand.side().overlay_bytes().unwrap_or(0);
        let batch = stand.customers.batch(stand.take_numbers(BATCH), BATCH);
        stand.side().import(&batch);
        count += BATCH;
        let now = stand.side().overlay_bytes().unwrap_or(0);
        let full = now + 2 * now.saturating_sub(before) > args.overlay_bytes;
        if full || now < before || count >= 20 * BATCH {
            break;
        }
    }
    let found = json!({
        "count": count,
        "overlay": stand.side().overlay_bytes().unwrap_or(0),
        "journal": machine::journal_bytes(&stand.dir).saturating_sub(used),
    });
    println!("{found}");
    std::process::abort()
}
