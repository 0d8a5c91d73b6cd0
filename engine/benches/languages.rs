//! What does the language of a plugin cost?
//!
//! `PEYVAND_PYTHON_PLUGIN=welcome-python.wasm cargo bench -p peyvand --all-features --bench languages` prints one table:
//! the file's size, the time to compile it, a fresh instance with its first call (`bind`), calls with one record and with
//! a thousand, and the memory of an instance. Each number is of a whole save with the plugin minus the same save without
//! it, so it has the columns, the checks of the answer and the bill in it.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and a fault ends it"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use peyvand::{Durability, Engine, FixedClock, Request, SeededIds, Session};
use serde_json::{Value as Json, json};

/// How often each thing is done; little when `cargo test --all-targets` runs this only to see that it works.
struct Effort {
    rounds: usize,
    singles: usize,
    batch: usize,
}

const FULL: Effort = Effort {
    rounds: 11,
    singles: 20,
    batch: 1_000,
};
const SMOKE: Effort = Effort {
    rounds: 1,
    singles: 2,
    batch: 5,
};

struct Contestant {
    language: &'static str,
    id: &'static str,
    path: PathBuf,
}

fn main() {
    // Cargo passes `--bench` when it is a benchmark that was asked for.
    let full = std::env::args().any(|argument| argument == "--bench");
    let effort = if full { FULL } else { SMOKE };
    println!("The quickest of {} rounds.\n", effort.rounds);
    println!(
        "| plugin | size, KiB | compile, ms | fresh instance and bind, µs | one record, µs | a thousand, µs each | fuel a record | memory of an instance, MiB |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|");
    for contestant in contestants(full) {
        println!("{}", contestant.row(&effort));
    }
}

fn contestants(full: bool) -> Vec<Contestant> {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/dist");
    let kept = |language, id: &'static str| Contestant {
        language,
        id,
        path: dist.join(format!("{id}.wasm")),
    };
    let mut all = vec![
        kept("Rust", "lead-score"),
        kept("JavaScript", "welcome-javascript"),
    ];
    if let (true, Some(path)) = (full, std::env::var_os("PEYVAND_PYTHON_PLUGIN")) {
        all.push(Contestant {
            language: "Python",
            id: "welcome-python",
            path: path.into(),
        });
    }
    all
}

impl Contestant {
    fn row(&self, effort: &Effort) -> String {
        let bytes = std::fs::read(&self.path).unwrap();
        let (bare, with) = (session(), session());
        let began = Instant::now();
        let _ = with.install_unsigned_plugin(&bytes, Json::Null).unwrap();
        let compile = began.elapsed();
        let toggled = |enabled: bool| {
            timed(effort.rounds, 1, || {
                let _ = with.enable_plugin(self.id, !enabled).unwrap();
                let began = Instant::now();
                let _ = with.enable_plugin(self.id, enabled).unwrap();
                began.elapsed()
            })
        };
        // Enabling makes an instance; disabling is the same commit without one.
        let (off, on) = (toggled(false), toggled(true));
        let _ = with.enable_plugin(self.id, true).unwrap();
        let saved = |session: &Session, batch: usize, calls: usize| {
            timed(effort.rounds, batch * calls, || {
                let began = Instant::now();
                (0..calls).for_each(|_| save(session, batch));
                began.elapsed()
            })
        };
        let one = saved(&with, 1, effort.singles).saturating_sub(saved(&bare, 1, effort.singles));
        let many = saved(&with, effort.batch, 1).saturating_sub(saved(&bare, effort.batch, 1));
        let bills = with.engine().bills();
        let fuel: u64 = bills.iter().map(|bill| bill.fuel).sum();
        let rows = bills.iter().map(|bill| bill.rows).max().unwrap_or(1);
        let memory = bills.iter().map(|bill| bill.peak_memory_bytes).max();
        assert!(bills.iter().all(|bill| bill.failures == 0));
        format!(
            "| {} ({}) | {} | {} | {} | {:.1} | {:.2} | {} | {:.1} |",
            self.language,
            self.id,
            bytes.len() / 1024,
            compile.as_millis(),
            on.saturating_sub(off).as_micros(),
            micros(one),
            micros(many),
            fuel / rows.max(1),
            memory.unwrap_or_default() as f64 / f64::from(1 << 20),
        )
    }
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// The least time of one of `parts`: other programs only ever add to it.
fn timed(rounds: usize, parts: usize, mut work: impl FnMut() -> Duration) -> Duration {
    let least = (0..rounds).map(|_| work()).min();
    least.unwrap_or_default() / u32::try_from(parts).unwrap()
}

fn session() -> Session {
    let noon = "2026-03-25T08:30:00Z".parse().unwrap();
    let builder = Engine::in_memory()
        .durability(Durability::Memory)
        .clock(Arc::new(FixedClock::at(noon)))
        .ids(Arc::new(SeededIds::new(7)));
    builder.open().unwrap().session()
}

/// Leads with everything that the plugins read.
fn save(session: &Session, count: usize) {
    let lead = |number: usize| {
        let fields = json!({
            "name": "سارا کاظمی", "company": "بانك ملي", "budget": format!("{} IRR", 1_000 + number), "employees": 8,
            "source": "referral", "email": "sara@example.ir", "phone": "+982188001234",
        });
        Request::create("lead", fields)
    };
    let (_, outcomes) = session.commit_each((0..count).map(lead)).unwrap();
    assert!(outcomes.iter().all(Result::is_ok));
}
