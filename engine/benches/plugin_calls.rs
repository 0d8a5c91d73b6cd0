//! What does a call of a plugin cost, all limits on, beside the same function without Wasm?
//!
//! `cargo bench -p peyvand --features testing --bench plugin_calls`. Calls are measured in the processor time of their
//! thread, so that a busy machine changes little; what is made of pages and files in wall time. Medians, and between
//! which ends the middle half of the samples lies.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and a fault ends it"
)]

#[allow(dead_code, reason = "it needs its manifest, and one function")]
#[path = "plugin_calls/native.rs"]
mod native;
// The hostile components of the room's own tests: one of them never ends.
#[allow(dead_code, reason = "the plugin room's tests use all of it")]
#[path = "../src/plugin/tests/guests.rs"]
mod guests;

use std::path::Path;
use std::time::{Duration, Instant};

use cpu_time::ThreadTime;
use peyvand::testing::PluginCalls;
use serde_json::json;

/// How much is done; little when `cargo test --all-targets` runs this only to see that it works.
struct Effort {
    samples: usize,
    /// Calls of one record in a sample.
    calls: usize,
    rows: usize,
    instances: usize,
    loops: usize,
}

const FULL: Effort = Effort {
    samples: 301,
    calls: 200,
    rows: 1_000,
    instances: 1_000,
    loops: 300,
};
const SMOKE: Effort = Effort {
    samples: 2,
    calls: 2,
    rows: 10,
    instances: 3,
    loops: 2,
};

fn main() {
    // Cargo passes `--bench` when it is a benchmark that was asked for.
    let effort = if std::env::args().any(|argument| argument == "--bench") {
        FULL
    } else {
        SMOKE
    };
    println!("Load average: {}", load());
    println!("\n| | | from | to | target |\n|---|---:|---:|---:|---:|");
    yardstick(&effort);
    calls(&effort);
    scores(&effort);
    starts(&effort);
    memory(&effort);
    deadlines(&effort);
}

fn load() -> String {
    std::fs::read_to_string("/proc/loadavg").unwrap_or_default()
}

fn shipped(id: &str) -> PluginCalls {
    built("../plugins/dist", id)
}

/// A guest of tests.
fn guest(id: &str) -> PluginCalls {
    built("../tests/guests/dist", id)
}

fn built(folder: &str, id: &str) -> PluginCalls {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    PluginCalls::new(&std::fs::read(dist.join(format!("{id}.wasm"))).unwrap()).unwrap()
}

/// Processor time of one thing, each sample doing so many.
fn of_thread(samples: usize, things: usize, mut work: impl FnMut()) -> Vec<f64> {
    let one = |_| {
        let begin = ThreadTime::now();
        work();
        begin.elapsed().as_secs_f64() * 1e9 / things as f64
    };
    (0..samples).map(one).collect()
}

fn of_wall(samples: usize, mut work: impl FnMut()) -> Vec<f64> {
    let one = |_| {
        let begin = Instant::now();
        work();
        begin.elapsed().as_secs_f64() * 1e9
    };
    (0..samples).map(one).collect()
}

/// Prints a line of the table; gives the median.
fn tell(what: &str, mut nanos: Vec<f64>, target: &str) -> f64 {
    nanos.sort_by(f64::total_cmp);
    let at = |hundredth: usize| nanos[(nanos.len() - 1) * hundredth / 100];
    println!(
        "| {what} | {} | {} | {} | {target} |",
        told(at(50)),
        told(at(25)),
        told(at(75))
    );
    at(50)
}

fn told(nanos: f64) -> String {
    match nanos {
        n if n < 1e3 => format!("{n:.1} ns"),
        n if n < 1e6 => format!("{:.2} µs", n / 1e3),
        n => format!("{:.2} ms", n / 1e6),
    }
}

fn deal(number: usize) -> serde_json::Value {
    json!({
        "name": format!("Deal {number}"),
        "status": "open",
        "probability": 50,
        "amount": {"amount": (1_000 + number % 9_000).to_string(), "currency": "USD"},
        "close_date": "2026-06-01",
        "source": "referral",
    })
}

/// Columns, the sandbox, reading the answer: the whole way but the write.
fn calls(effort: &Effort) {
    let plugin = shipped("lead-score");
    let record = |number: usize| {
        let number = number + 1;
        plugin
            .record("opportunity", number as u64, &deal(number))
            .unwrap()
    };
    let records: Vec<_> = (0..effort.rows).map(record).collect();
    let one = &records[..1];
    let (native_one, native_all) = (native::Native::new(1), native::Native::new(effort.rows));
    let ask = |records: &[peyvand::Record]| {
        assert!(plugin.amend("opportunity", records).unwrap() >= records.len());
    };
    let all = |times: usize, mut work: Box<dyn FnMut() + '_>| (0..times).for_each(|_| work());
    let called = of_thread(effort.samples, effort.calls, || {
        all(effort.calls, Box::new(|| ask(one)))
    });
    let called = tell("lead-score, one record in a call", called, "≤ 1.2 µs");
    let native = of_thread(effort.samples, effort.calls, || {
        all(effort.calls, Box::new(|| native_one.compute()));
    });
    let native = tell("the same function natively, one record", native, "");
    let samples = effort.samples.min(61);
    let batch = of_thread(samples, effort.rows, || ask(&records));
    let batch = tell(
        "lead-score, 1,000 records in a call, each",
        batch,
        "≤ 0.12 µs",
    );
    let natively = of_thread(samples, effort.rows, || native_all.compute());
    let natively = tell(
        "the same function natively, 1,000 records, each",
        natively,
        "",
    );
    println!(
        "| call / native, one record | {:.2} | | | |",
        called / native
    );
    println!(
        "| call / native, 1,000 records | {:.2} | | | |",
        batch / natively
    );
}

/// One job of the size that the targets speak of (five fields read, two looked at, three set), over columns, as JSON in
/// and out through the same host, and natively over the guest kit's columns.
fn yardstick(effort: &Effort) {
    let plugin = guest("yardstick");
    let lead = |number: usize| {
        let fields = json!({
            "name": {"family": format!("کاربر {number}")},
            "company": "پخش سپهر",
            "source": "referral",
            "first": "Sara",
            "last": format!("Ahmadi {number}"),
            "mail": format!("Sara.Ahmadi{number}@Example.com"),
            "chance": 50,
            "worth": (1_000 + number % 9_000).to_string(),
            "employees": 40,
            "calls": number % 9,
        });
        plugin.record("lead", number as u64 + 1, &fields).unwrap()
    };
    let records: Vec<_> = (0..effort.rows).map(lead).collect();
    for count in [1, effort.rows] {
        let records = &records[..count];
        let times = (effort.calls / count).max(1);
        let samples = if count == 1 {
            effort.samples
        } else {
            effort.samples.min(61)
        };
        let measure = |what: &str, target: &str, work: &dyn Fn()| {
            let nanos = of_thread(samples, times * count, || (0..times).for_each(|_| work()));
            tell(&format!("{what}, {count} in a call, each"), nanos, target)
        };
        let target = if count == 1 {
            "≤ 1.2 µs"
        } else {
            "≤ 0.12 µs"
        };
        let columns = measure("the yardstick", target, &|| {
            assert_eq!(plugin.amend("weigh", records).unwrap(), 3 * count);
        });
        let json = measure("the same as JSON in and out", "", &|| {
            assert_eq!(
                plugin.amend_as_json("in-words", records).unwrap(),
                3 * count
            );
        });
        let natively = native::Weighing::new(count);
        let native = measure("the same natively, over columns", "", &|| natively.weigh());
        let fuel = plugin.fuel("weigh", records).unwrap() / count as u64;
        println!("| fuel of a record | {fuel} | | | |");
        println!(
            "| JSON / columns | {:.2} | | | ≥ 3.5 of one |",
            json / columns
        );
        println!("| columns / native | {:.2} | | | |", columns / native);
    }
}

fn scores(effort: &Effort) {
    numbers(effort);
    let plugin = shipped("sales-league");
    let pair = |number: usize| {
        let number = number + 1;
        let (mut before, mut after) = (deal(number), deal(number));
        (before["status"], after["status"]) = (json!("open"), json!("won"));
        let record = |fields| plugin.record("opportunity", number as u64, fields).unwrap();
        (record(&before), record(&after))
    };
    let events: Vec<_> = (0..effort.rows).map(pair).collect();
    let scored = of_thread(effort.samples.min(61), effort.rows, || {
        assert_eq!(plugin.score("deals", &events).unwrap(), events.len());
    });
    tell(
        "sales-league, 1,000 events of 8 columns (7 of text), each",
        scored,
        "≤ 4 ns for numbers alone",
    );
}

/// Points for three numbers of each event.
fn numbers(effort: &Effort) {
    let plugin = guest("yardstick");
    let event = |number: usize| {
        let fields =
            json!({"calls": number % 9, "visits": number % 3, "minutes": number % 200 + 10});
        let record = plugin.record("lead", number as u64 + 1, &fields).unwrap();
        (record.clone(), record)
    };
    let events: Vec<_> = (0..effort.rows).map(event).collect();
    let samples = effort.samples.min(61);
    let scored = of_thread(samples, effort.rows, || {
        assert_eq!(plugin.score("effort", &events).unwrap(), events.len());
    });
    tell(
        "points for three numbers, columns made of records, each",
        scored,
        "",
    );
    let ready = plugin.columns("effort", &events).unwrap();
    let alone = of_thread(samples, effort.rows, || {
        assert_eq!(
            plugin.score_columns("effort", &ready).unwrap(),
            events.len()
        );
    });
    let alone = tell(
        "the same with the columns made before, each",
        alone,
        "≤ 4 ns",
    );
    let natively = native::Effort::new(effort.rows as u32);
    let native = of_thread(samples, effort.rows, || natively.score());
    let native = tell("the same natively, over columns, each", native, "");
    println!("| call / native | {:.2} | | | |", alone / native);
}

fn starts(effort: &Effort) {
    let folder = tempfile::tempdir().unwrap();
    // The plugin makes the folder, for itself alone.
    let plugin = shipped("lead-score").cached_in(&folder.path().join("compiled"));
    let records = [plugin.record("opportunity", 1, &deal(1)).unwrap()];
    let fresh = of_thread(effort.samples, 1, || {
        plugin.forget_instances().unwrap();
        let _ = plugin.amend("opportunity", &records).unwrap();
    });
    tell(
        "a fresh instance, bound, with its first call",
        fresh,
        "≤ 40 µs",
    );
    let compiled = of_wall(effort.samples.min(11), || plugin.compile().unwrap());
    tell("compiling lead-score (wall)", compiled, "≤ 300 ms");
    plugin.keep().unwrap();
    let loaded = of_thread(effort.samples.min(61), 1, || plugin.load().unwrap());
    tell(
        "its code from the cache, authenticated",
        loaded,
        "≤ 200 µs and one pass over its bytes",
    );
}

/// Memory that the process has in use, in bytes.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = status
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<f64>().ok());
    pages.unwrap_or(f64::NAN) * 4096.0
}

fn memory(effort: &Effort) {
    let plugin = shipped("lead-score");
    let before = resident();
    let instances: Vec<_> = (0..effort.instances)
        .map(|_| plugin.instance().unwrap())
        .collect();
    let more = resident() - before;
    let count = instances.len();
    println!(
        "| memory of an idle instance, bound | {:.1} KiB | | | ≤ 60 KB |",
        more / 1024.0 / count as f64
    );
    println!(
        "| memory of {count} of them | {:.1} MiB | | | ≤ 60 MB |",
        more / 1048576.0
    );
}

fn deadlines(effort: &Effort) {
    let limits =
        "limits = { fuel-per-call = 1_000_000_000, fuel-per-row = 1_000_000_000, time-ms = 5 }";
    let manifest = guests::MANIFEST.replace(
        "limits = { fuel-per-call = 1_000_000, fuel-per-row = 1_000 }",
        limits,
    );
    let endless = guests::endless();
    let guest = guests::Guest {
        compute: &endless,
        manifest: &manifest,
        ..guests::Guest::default()
    };
    let bytes = guest.component();
    let limit = Duration::from_millis(5).as_secs_f64() * 1e9;
    let mut late = Vec::new();
    while late.len() < effort.loops {
        // Anew before the breaker pauses it.
        let plugin = PluginCalls::new(&bytes).unwrap();
        let records = [plugin.record("lead", 1, &json!({"employees": 5})).unwrap()];
        late.extend((0..10).map(|_| {
            let begin = Instant::now();
            let error = plugin.amend("lead", &records).unwrap_err();
            assert!(error.to_string().contains("stopped after 5 ms"), "{error}");
            begin.elapsed().as_secs_f64() * 1e9 - limit
        }));
    }
    late.sort_by(f64::total_cmp);
    let p99 = late[(late.len() - 1) * 99 / 100];
    tell("a limit of 5 ms is overshot by (wall)", late, "");
    println!(
        "| the same, 99 of 100 by less than | {} | | | ≤ 1 ms on a quiet core |",
        told(p99)
    );
}
