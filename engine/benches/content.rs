//! What does it cost to take a file in, beside writing the same bytes to the same disk?
//!
//! `cargo bench -p peyvand --no-default-features --bench content`. The contestants take turns in one run; a ratio of 0.8
//! says that 100 MB stream in at 0.8 of the rate of write and fsync. Memory is the peak of the process while the first
//! file came in, above what it had before.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and a fault ends it"
)]

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use peyvand::Engine;

const PIECE: usize = 1 << 20;

/// How much is done; little when `cargo test --all-targets` runs this only to see that it works.
struct Effort {
    rounds: u64,
    bytes: u64,
}

const FULL: Effort = Effort {
    rounds: 15,
    bytes: 100_000_000,
};
const SMOKE: Effort = Effort {
    rounds: 1,
    bytes: 3_000_000,
};

/// Bytes that cost nothing to make, others in each round.
struct Source {
    block: Vec<u8>,
    at: usize,
    left: u64,
}

impl Source {
    fn new(round: u64, bytes: u64) -> Self {
        let mut state = round.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let block = (0..PIECE).map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 56) as u8
        });
        Self {
            block: block.collect(),
            at: 0,
            left: bytes,
        }
    }
}

impl Read for Source {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = into.len().min(PIECE - self.at).min(self.left as usize);
        into[..count].copy_from_slice(&self.block[self.at..self.at + count]);
        self.at = (self.at + count) % PIECE;
        self.left -= count as u64;
        Ok(count)
    }
}

fn main() {
    // Cargo passes `--bench` when it is a benchmark that was asked for.
    let effort = match std::env::args().any(|argument| argument == "--bench") {
        true => FULL,
        false => SMOKE,
    };
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let engine = Engine::open(folder.path().join("crm")).unwrap();
    let before = memory("VmRSS");
    put(&engine, 0, effort.bytes);
    let peak = memory("VmHWM").zip(before);
    let mut times = Vec::new();
    for round in 1..=effort.rounds {
        let ours = || put(&engine, round, effort.bytes);
        let raw = || write(&folder.path().join("raw"), round, effort.bytes);
        // Who comes first finds the disk as the other left it.
        let (ours, raw) = match round % 2 {
            0 => (ours(), raw()),
            _ => {
                let raw = raw();
                (ours(), raw)
            }
        };
        times.push((ours.as_secs_f64(), raw.as_secs_f64()));
    }
    tell(&effort, &times);
    if let Some((peak, before)) = peak {
        let peak = peak.saturating_sub(before) as f64 / 1024.0;
        println!("memory at the peak, above what an open store had: {peak:.1} MiB");
    }
    let read = read(&engine, effort.bytes).as_secs_f64();
    println!(
        "read again with its hash checked: {:.0} MB/s",
        effort.bytes as f64 / 1e6 / read
    );
    engine.close().unwrap();
}

fn tell(effort: &Effort, times: &[(f64, f64)]) {
    let rate = |seconds: f64| effort.bytes as f64 / 1e6 / seconds;
    let ours = middle(times.iter().map(|(ours, _)| rate(*ours)).collect());
    let raw = middle(times.iter().map(|(_, raw)| rate(*raw)).collect());
    let ratio = middle(times.iter().map(|(ours, raw)| raw / ours).collect());
    println!(
        "{} MB in {} rounds, median (and the middle half)",
        effort.bytes / 1_000_000,
        effort.rounds
    );
    println!("put_file          {} MB/s", ours);
    println!("write and fsync   {} MB/s", raw);
    println!("put_file ÷ raw    {}", ratio);
}

fn middle(mut all: Vec<f64>) -> String {
    all.sort_by(f64::total_cmp);
    let at = |part: usize| all[(all.len() * part / 4).min(all.len() - 1)];
    format!("{:.2} ({:.2}–{:.2})", at(2), at(1), at(3))
}

fn put(engine: &Engine, round: u64, bytes: u64) -> Duration {
    let mut source = Source::new(round, bytes);
    let begun = Instant::now();
    engine
        .session()
        .put_file("film.bin", None, &mut source)
        .unwrap();
    begun.elapsed()
}

/// The same bytes in the same pieces, durable with their name.
fn write(path: &Path, round: u64, bytes: u64) -> Duration {
    let mut source = Source::new(round, bytes);
    let begun = Instant::now();
    let mut piece = vec![0; PIECE];
    let mut file = File::create(path).unwrap();
    loop {
        let count = source.read(&mut piece).unwrap();
        if count == 0 {
            break;
        }
        file.write_all(&piece[..count]).unwrap();
    }
    file.sync_data().unwrap();
    File::open(path.parent().unwrap())
        .unwrap()
        .sync_all()
        .unwrap();
    let took = begun.elapsed();
    fs::remove_file(path).unwrap();
    took
}

fn read(engine: &Engine, bytes: u64) -> Duration {
    let session = engine.session();
    let file = session
        .put_file("film.bin", None, &mut Source::new(0, bytes))
        .unwrap();
    let document = session
        .add_document(&file, serde_json::json!({}), &[])
        .unwrap()
        .id()
        .unwrap();
    let begun = Instant::now();
    let mut content = session.open_file(document, "file").unwrap();
    let copied = std::io::copy(&mut content, &mut std::io::sink()).unwrap();
    assert_eq!(copied, bytes);
    begun.elapsed()
}

/// A figure of the system's about this process, in KiB.
fn memory(name: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
