//! Does a tenant notice that another one's plugin does harm?
//!
//! `cargo bench -p peyvand --bench neighbour`. One tenant commits records, with a plugin that means well, for short
//! rounds in turn: alone, beside a tenant who does the same, and beside one whose plugin does harm with every save. Each
//! tenant has a thread and a store of its own; on two cores nobody has to wait for the other but in what they share. That
//! is the disk first of all: so it is done once with durable commits and once with commits that wait for no disk. And the
//! two cores may be halves of one: so a thread that only counts, with no engine, is a neighbour too.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and a fault ends it"
)]

// The hostile components of the plugin room's own tests.
#[allow(dead_code, reason = "the plugin room's tests use all of it")]
#[path = "../src/plugin/tests/guests.rs"]
mod guests;

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use guests::{Guest, answering_rows, endless, memory_bomb};
use peyvand::{Durability, Engine, Session};
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use wasm_encoder::Instruction;

/// How much is done; little when `cargo test --all-targets` runs this only to see that it works.
struct Effort {
    rounds: usize,
    round: Duration,
}

const FULL: Effort = Effort {
    rounds: 21,
    round: Duration::from_millis(250),
};
const SMOKE: Effort = Effort {
    rounds: 1,
    round: Duration::from_millis(5),
};

/// A tenant with a store of its own.
struct Tenant {
    session: Session,
    _folder: TempDir,
}

impl Tenant {
    fn new(plugin: &[u8], durability: Durability) -> Self {
        // On the file system of the build, which is no memory disk.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let engine = Engine::builder(folder.path().join("crm"))
            .durability(durability)
            .open()
            .unwrap();
        let session = engine.session();
        let _ = session.install_unsigned_plugin(plugin, Json::Null).unwrap();
        Self {
            session,
            _folder: folder,
        }
    }

    fn harmless(durability: Durability) -> Self {
        let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/dist");
        let plugin = std::fs::read(dist.join("lead-score.wasm")).unwrap();
        Self::new(&plugin, durability)
    }

    fn save(&self) -> bool {
        let lead = json!({"name": "سارا احمدی", "employees": 5, "source": "referral"});
        self.session.create("lead", lead).is_ok()
    }

    /// Commits in a second.
    fn rate(&self, round: Duration) -> f64 {
        let (begin, mut commits) = (Instant::now(), 0);
        while begin.elapsed() < round {
            assert!(self.save());
            commits += 1;
        }
        f64::from(commits) / begin.elapsed().as_secs_f64()
    }
}

/// A guest that does this with every save, with the most that a manifest may ask for.
fn hostile(compute: &[Instruction<'_>], durability: Durability) -> Tenant {
    let limits = "limits = { fuel-per-call = 1_000_000_000, memory-mib = 128, time-ms = 50 }";
    let manifest = guests::MANIFEST.replace(
        "limits = { fuel-per-call = 1_000_000, fuel-per-row = 1_000 }",
        limits,
    );
    let guest = Guest {
        compute,
        manifest: &manifest,
        ..Guest::default()
    };
    Tenant::new(&guest.component(), durability)
}

fn main() {
    // Cargo passes `--bench` when it is a benchmark that was asked for.
    let effort = if std::env::args().any(|argument| argument == "--bench") {
        FULL
    } else {
        SMOKE
    };
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!(
        "{} rounds of {:?}; load average {load}",
        effort.rounds, effort.round
    );
    println!("\n## Durable commits");
    compare(&effort, Durability::Sync);
    println!("\n## Commits that wait for no disk");
    compare(&effort, Durability::Memory);
}

fn compare(effort: &Effort, durability: Durability) {
    let hostile = |compute: &[Instruction<'_>]| hostile(compute, durability);
    let neighbours = [
        ("a thread that only counts", None),
        ("one who does the same", Some(Tenant::harmless(durability))),
        ("one whose plugin never ends", Some(hostile(&endless()))),
        (
            "one whose plugin takes all memory",
            Some(hostile(&memory_bomb())),
        ),
        (
            "one whose plugin traps",
            Some(hostile(&[Instruction::Unreachable])),
        ),
        (
            "one whose plugin lies",
            Some(hostile(&answering_rows(1 << 28))),
        ),
    ];
    let measured = Tenant::harmless(durability);
    println!(
        "\n| beside | commits in a second | of those alone | from | to | its saves in a second |"
    );
    println!("|---|---:|---:|---:|---:|---:|");
    let mut rates = vec![Vec::new(); neighbours.len() + 1];
    let mut saves = vec![0.0; neighbours.len()];
    for _ in 0..effort.rounds {
        rates[0].push(measured.rate(effort.round));
        for (place, (_, neighbour)) in neighbours.iter().enumerate() {
            let (rate, theirs) = beside(&measured, neighbour.as_ref(), effort.round);
            rates[place + 1].push(rate);
            saves[place] += theirs / effort.rounds as f64;
        }
    }
    let alone = rates[0].clone();
    println!("| nobody | {:.0} | 1 | | | |", quartile(&alone, 2));
    for ((name, _), (rates, saves)) in neighbours.iter().zip(rates[1..].iter().zip(saves)) {
        // Of rounds and not of medians: both of a ratio ran in the same second.
        let ratios: Vec<f64> = rates
            .iter()
            .zip(&alone)
            .map(|(one, other)| one / other)
            .collect();
        println!(
            "| {name} | {:.0} | **{:.2}** | {:.2} | {:.2} | {saves:.0} |",
            quartile(rates, 2),
            quartile(&ratios, 2),
            quartile(&ratios, 1),
            quartile(&ratios, 3)
        );
    }
}

/// The rate of a tenant while another one saves as fast as he can, and how often that one did.
fn beside(measured: &Tenant, neighbour: Option<&Tenant>, round: Duration) -> (f64, f64) {
    let (is_over, saves) = (AtomicBool::new(false), AtomicU64::new(0));
    let rate = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                let Some(neighbour) = neighbour else {
                    std::hint::spin_loop();
                    continue;
                };
                // The breaker would pause it after twenty failures, and there would be nothing to measure.
                if saves.fetch_add(1, Ordering::Relaxed) % 16 == 15 {
                    let _ = neighbour.session.resume_plugin("tester");
                }
                let _ = neighbour.save();
            }
        });
        let rate = measured.rate(round);
        is_over.store(true, Ordering::Relaxed);
        rate
    });
    (rate, saves.into_inner() as f64 / round.as_secs_f64())
}

fn quartile(values: &[f64], quarter: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() * quarter / 4]
}
