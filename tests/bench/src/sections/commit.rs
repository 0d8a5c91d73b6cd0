//! How many durable commits are there in a second, alone and while others write and read?

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::read::overlays;
use crate::args::Args;
use crate::contestants::{RawDisk, Stand, Who};
use crate::customers::Customers;
use crate::draws::{Chance, Draws};
use crate::machine::{self, Spinners};
use crate::report::{Cell, Report, Spread, Table};

/// What one round of one contestant gave.
struct Round {
    rate: f64,
    middle: f64,
    slow: f64,
    cpu: f64,
}

/// Somebody who commits new customers.
struct Committer<'a> {
    name: String,
    commit: Box<dyn Fn(u64) + Sync + 'a>,
    next: Box<dyn Fn() -> u64 + Sync + 'a>,
}

/// One customer to a commit; each commit durable before its writer goes on.
pub(crate) fn commit(args: &Args, stands: &mut [Stand], report: &mut Report) {
    stands.iter_mut().for_each(Stand::reopen);
    let stands = &*stands;
    let begin = overlays(stands);
    let frame = bytes_per_commit(stands);
    let raw = RawDisk::new(&args.dir, frame);
    let spinners = Spinners::start();
    for writers in [1, 8, 64] {
        let committers = committers(stands, &raw, writers);
        let mut rounds: Vec<Vec<Round>> = committers.iter().map(|_| Vec::new()).collect();
        // The first round warms up and is not told.
        for round in 0..=args.rounds {
            for (committer, rounds) in committers.iter().zip(&mut rounds) {
                let done = run(committer, writers, args.seconds / args.rounds as u32);
                if round > 0 {
                    rounds.push(done);
                }
            }
        }
        let mut table = told(
            format!("Durable commits of one customer, writers: {writers}"),
            &committers,
            &rounds,
        );
        table.note(format!(
            "{} idle-priority processes spin beside all contestants.",
            spinners.count()
        ));
        table.note(format!(
            "raw: {frame} bytes each, as many as Peyvand's journal takes for a commit"
        ));
        report.table(&table);
    }
    report.say(&format!(
        "Overlays at the start and at the end of the commits, MiB: {begin}; {}.",
        overlays(stands)
    ));
}

fn committers<'a>(stands: &'a [Stand], raw: &'a RawDisk, writers: usize) -> Vec<Committer<'a>> {
    let of = |stand: &'a Stand| Committer {
        name: stand.who.title().to_owned(),
        commit: Box::new(|number| stand.side().create(&stand.customers.make(number))),
        next: Box::new(|| stand.take_numbers(1)),
    };
    let mut all: Vec<Committer<'a>> = stands.iter().map(of).collect();
    for stand in stands
        .iter()
        .filter(|stand| stand.who == Who::Sqlite && writers > 1)
    {
        all.push(Committer {
            name: "SQLite, each writer a transaction of its own".to_owned(),
            commit: Box::new(|number| stand.side().create_alone(&stand.customers.make(number))),
            next: Box::new(|| stand.take_numbers(1)),
        });
    }
    all.push(Committer {
        name: "raw append + fdatasync".to_owned(),
        commit: Box::new(|_| raw.append_together()),
        next: Box::new(|| 0),
    });
    all
}

fn run(committer: &Committer<'_>, writers: usize, length: Duration) -> Round {
    let over = AtomicBool::new(false);
    let (begin, cpu) = (Instant::now(), machine::cpu_time());
    let writer = || {
        let mut taken = Vec::new();
        while !over.load(Ordering::Relaxed) {
            let number = (committer.next)();
            let begin = Instant::now();
            (committer.commit)(number);
            taken.push(begin.elapsed().as_nanos() as u64);
        }
        taken
    };
    let mut taken: Vec<u64> = thread::scope(|scope| {
        let threads: Vec<_> = (0..writers).map(|_| scope.spawn(writer)).collect();
        thread::sleep(length);
        over.store(true, Ordering::Relaxed);
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    let (took, cpu) = (begin.elapsed(), machine::cpu_time() - cpu);
    taken.sort_unstable();
    let at = |part: f64| taken[((taken.len() - 1) as f64 * part) as usize] as f64 / 1000.0;
    Round {
        rate: taken.len() as f64 / took.as_secs_f64(),
        middle: at(0.5),
        slow: at(0.99),
        cpu: cpu.as_secs_f64() * 1e6 / taken.len() as f64,
    }
}

fn told(title: String, committers: &[Committer<'_>], rounds: &[Vec<Round>]) -> Table {
    let mut table = Table::new(
        title,
        &[
            "commits/s",
            "p50 µs",
            "p99 µs",
            "CPU µs each",
            "÷ SQLite",
            "÷ raw disk",
        ],
    );
    let rates =
        |place: usize| -> Vec<f64> { rounds[place].iter().map(|round| round.rate).collect() };
    let place = |name: &str| {
        committers
            .iter()
            .position(|committer| committer.name == name)
    };
    let against = |own: usize, name: &str| -> Cell {
        match place(name) {
            Some(other) => Spread::ratio(&rates(own), &rates(other)).into(),
            None => "–".into(),
        }
    };
    for (own, committer) in committers.iter().enumerate() {
        let of = |what: fn(&Round) -> f64| Spread::of(rounds[own].iter().map(what));
        table.row(
            &committer.name,
            vec![
                of(|round| round.rate).into(),
                of(|round| round.middle).into(),
                of(|round| round.slow).into(),
                of(|round| round.cpu).into(),
                against(own, Who::Sqlite.title()),
                against(own, "raw append + fdatasync"),
            ],
        );
    }
    table
}

/// What Peyvand's journal takes for one of these commits; 1 KiB where Peyvand does not take part.
fn bytes_per_commit(stands: &[Stand]) -> u64 {
    const COMMITS: u64 = 200;
    let Some(stand) = stands.iter().find(|stand| stand.who == Who::Peyvand) else {
        return 1024;
    };
    let before = machine::journal_bytes(&stand.dir);
    let from = stand.take_numbers(COMMITS);
    for number in from..from + COMMITS {
        stand.side().create(&stand.customers.make(number));
    }
    (machine::journal_bytes(&stand.dir) - before).div_ceil(COMMITS)
}

/// How many threads mix reads and writes.
const MIXERS: usize = 8;

/// Nine of ten are gets by Zipf's law, one is a durable update that moves an index entry.
pub(crate) fn mix(args: &Args, stands: &mut [Stand], report: &mut Report) {
    stands.iter_mut().for_each(Stand::reopen);
    let stands = &*stands;
    let zipf = Draws::zipf(args.customers);
    let seeds = AtomicU64::new(0);
    let mut rates: Vec<Vec<f64>> = stands.iter().map(|_| Vec::new()).collect();
    let begin = overlays(stands);
    for round in 0..=args.rounds {
        for (stand, rates) in stands.iter().zip(&mut rates) {
            let rate = mixed_round(stand, &zipf, &seeds, args.seconds / args.rounds as u32);
            if round > 0 {
                rates.push(rate);
            }
        }
    }
    let mut table = Table::new(
        format!("90 % get by id (Zipf 0.99), 10 % durable update of two fields, {MIXERS} threads"),
        &["operations/s", "÷ SQLite"],
    );
    let base = super::sqlite_of(stands);
    for (place, stand) in stands.iter().enumerate() {
        table.row(
            stand.who.title(),
            vec![
                Spread::of(rates[place].iter().copied()).into(),
                super::against(place, base, |base| {
                    Spread::ratio(&rates[place], &rates[base])
                }),
            ],
        );
    }
    table.note(format!(
        "Overlays at the start and at the end, MiB: {begin}; {}.",
        overlays(stands)
    ));
    report.table(&table);
}

fn mixed_round(stand: &Stand, zipf: &Draws, seeds: &AtomicU64, length: Duration) -> f64 {
    let over = AtomicBool::new(false);
    let customers: &Customers = &stand.customers;
    let worker = || {
        let mut chance = Chance::seeded(seeds.fetch_add(1, Ordering::Relaxed));
        let mut reader = stand.side().reader(MIXERS);
        let mut done = 0_u64;
        while !over.load(Ordering::Relaxed) {
            let number = zipf.draw(&mut chance);
            if chance.next().is_multiple_of(10) {
                let dice = chance.next();
                let branch = customers.branch(dice);
                stand.side().update(number, (dice >> 30) as i64, &branch);
            } else {
                std::hint::black_box(reader.get(number));
            }
            done += 1;
        }
        done
    };
    let begin = Instant::now();
    let done: u64 = thread::scope(|scope| {
        let threads: Vec<_> = (0..MIXERS).map(|_| scope.spawn(worker)).collect();
        thread::sleep(length);
        over.store(true, Ordering::Relaxed);
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    });
    done as f64 / begin.elapsed().as_secs_f64()
}
