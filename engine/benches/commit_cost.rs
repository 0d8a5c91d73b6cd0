//! What does one commit cost the processor, with nothing to wait for?
//!
//! `cargo bench -p peyvand --no-default-features --bench commit_cost`. A store in a folder with `Durability::Memory`:
//! everything but the disk is there, the journal's frames included. Times are of this thread on the processor where
//! the system tells them (Linux), so that a busy machine does not spoil them; elsewhere they are the clock's.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and a fault ends it"
)]

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use peyvand::{Durability, Engine, FixedClock, Request, SchemaChange, SeededIds, Session};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

/// How much is done; little when `cargo test --all-targets` runs this only to see that it works.
struct Effort {
    rounds: usize,
    singles: usize,
    batches: usize,
    batch: usize,
}

const FULL: Effort = Effort {
    rounds: 15,
    singles: 500,
    batches: 1,
    batch: 1_000,
};
const SMOKE: Effort = Effort {
    rounds: 1,
    singles: 10,
    batches: 1,
    batch: 20,
};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // Cargo passes `--bench` when it is a benchmark that was asked for.
    let effort = if arguments.iter().any(|argument| argument == "--bench") {
        FULL
    } else {
        SMOKE
    };
    // `customer-single` alone, for a profiler.
    let wanted = |name: &str| {
        let mut names = arguments
            .iter()
            .filter(|argument| !argument.starts_with("--"));
        let first = names.next();
        first.is_none_or(|only| only == name)
    };
    for (object, make) in [
        ("opportunity", opportunity as fn(usize, &str) -> Json),
        ("customer", customer),
    ] {
        if wanted(&format!("{object}-single")) {
            singles(&effort, object, make);
        }
        if wanted(&format!("{object}-batch")) {
            batches(&effort, object, make);
        }
    }
}

fn singles(effort: &Effort, object: &str, make: fn(usize, &str) -> Json) {
    let store = Store::new();
    let records = store.records(effort.rounds * effort.singles, make);
    let bytes = store.journal_bytes();
    let mut rounds = Vec::new();
    let mut left = records.into_iter();
    for _ in 0..effort.rounds {
        let round: Vec<Json> = left.by_ref().take(effort.singles).collect();
        rounds.push(time(|| {
            for record in round {
                let _ = store.session.create(object, record).unwrap();
            }
        }));
    }
    tell(
        &format!("{object}, one in each commit"),
        rounds,
        effort.singles,
    );
    store.tell_bytes(bytes, effort.rounds * effort.singles);
}

fn batches(effort: &Effort, object: &str, make: fn(usize, &str) -> Json) {
    let store = Store::new();
    let of_round = effort.batches * effort.batch;
    let records = store.records(effort.rounds * of_round, make);
    let bytes = store.journal_bytes();
    let mut rounds = Vec::new();
    let mut left = records.into_iter();
    for _ in 0..effort.rounds {
        let round: Vec<Vec<Json>> = (0..effort.batches)
            .map(|_| left.by_ref().take(effort.batch).collect())
            .collect();
        rounds.push(time(|| {
            for batch in round {
                let requests = batch
                    .into_iter()
                    .map(|record| Request::create(object, record));
                let (_, outcomes) = store.session.commit_each(requests).unwrap();
                assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
            }
        }));
    }
    tell(
        &format!("{object}, {} in each commit", effort.batch),
        rounds,
        of_round,
    );
    store.tell_bytes(bytes, effort.rounds * of_round);
}

/// Nanoseconds that the work took.
fn time(work: impl FnOnce()) -> u64 {
    let (processor, clock) = (on_processor(), Instant::now());
    work();
    match (processor, on_processor()) {
        (Some(before), Some(after)) => after - before,
        _ => u64::try_from(clock.elapsed().as_nanos()).unwrap(),
    }
}

/// How long this thread has run so far.
fn on_processor() -> Option<u64> {
    // The count is brought up to date when the thread yields.
    std::thread::yield_now();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split(' ').next()?.parse().ok()
}

fn tell(what: &str, mut rounds: Vec<u64>, records: usize) {
    rounds.sort_unstable();
    let micros = |nanos: u64| nanos as f64 / 1_000.0 / records as f64;
    let (least, median) = (rounds.first().unwrap(), rounds[rounds.len() / 2]);
    println!(
        "{what}: {:.1} µs a record, the least {:.1}",
        micros(median),
        micros(*least)
    );
}

fn opportunity(number: usize, account: &str) -> Json {
    json!({
        "name": format!("Deal {number}"),
        "account": account,
        "stage": "proposal",
        "amount": {"amount": (1_000 + number % 9_000).to_string(), "currency": "USD"},
        "close_date": "2026-06-01",
        "source": "referral",
    })
}

/// Twelve fields; five of them indexed besides the unique one and the reference.
fn customer(number: usize, account: &str) -> Json {
    let city = ["تهران", "مشهد", "اصفهان", "تبریز"][number % 4];
    let segment = ["small", "medium", "large"][number % 3];
    json!({
        "code": format!("C-{number:07}"),
        "name": format!("مشتری شماره {number}"),
        "family": format!("خانواده {}", number % 977),
        "phone": format!("+98912{:07}", number % 10_000_000),
        "email": format!("customer{number}@example.com"),
        "city": city,
        "segment": segment,
        "born_on": format!("19{:02}-{:02}-{:02}", 50 + number % 50, 1 + number % 12, 1 + number % 28),
        "account": account,
        "credit": {"amount": (number * 1_000).to_string(), "currency": "IRR"},
        "visits": number % 100,
        "note": "first seen at the exhibition; asked for a price list and a call back in the morning",
    })
}

/// A store of its own in a folder of its own, with an account for records to refer to.
struct Store {
    session: Session,
    accounts: Vec<String>,
    folder: TempDir,
}

impl Store {
    fn new() -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let noon = "2026-03-25T08:30:00Z".parse().unwrap();
        let engine = Engine::builder(folder.path().join("crm"))
            .durability(Durability::Memory)
            .overlay_bytes(1 << 30)
            .clock(Arc::new(FixedClock::at(noon)))
            .ids(Arc::new(SeededIds::new(7)))
            .open()
            .unwrap();
        let session = engine.session();
        let _ = session.change_schema([customers()]).unwrap();
        let make = |number| {
            let fields = json!({"name": format!("Account {number}")});
            let made = session.create("account", fields).unwrap();
            made.id().unwrap().to_string()
        };
        let accounts = (0..100).map(make).collect();
        Self {
            session,
            accounts,
            folder,
        }
    }

    fn records(&self, count: usize, make: fn(usize, &str) -> Json) -> Vec<Json> {
        let one = |number: usize| make(number, &self.accounts[number % self.accounts.len()]);
        (0..count).map(one).collect()
    }

    fn tell_bytes(&self, before: u64, records: usize) {
        let bytes = self.journal_bytes() - before;
        println!("  {} bytes of journal a record", bytes / records as u64);
    }

    /// The journal's files without the zeroes that wait for frames.
    fn journal_bytes(&self) -> u64 {
        // What still waits in memory is written when the journal is read.
        let _ = self.session.timeline(self.accounts[0].parse().unwrap());
        let used = |path: &Path| {
            let bytes = std::fs::read(path).unwrap();
            let last = bytes.iter().rposition(|byte| *byte != 0);
            last.map_or(0, |last| last as u64 + 1)
        };
        let files = std::fs::read_dir(self.folder.path().join("crm/journal")).unwrap();
        files.map(|file| used(&file.unwrap().path())).sum()
    }
}

fn customers() -> SchemaChange {
    serde_json::from_value(json!({
        "change": "create_object", "name": "customer", "prefix": "cus", "key": "code",
        "fields": [
            {"name": "code", "type": "text", "required": true, "unique": true},
            {"name": "name", "type": "text", "required": true, "indexed": true},
            {"name": "family", "type": "text"},
            {"name": "phone", "type": "phone", "indexed": true},
            {"name": "email", "type": "email", "indexed": true},
            {"name": "city", "type": "text"},
            {"name": "segment", "type": "option", "options": ["small", "medium", "large"], "indexed": true},
            {"name": "born_on", "type": "date", "indexed": true},
            {"name": "account", "type": "reference", "to": ["account"]},
            {"name": "credit", "type": "money"},
            {"name": "visits", "type": "integer"},
            {"name": "note", "type": "long_text"},
        ],
    }))
    .unwrap()
}
