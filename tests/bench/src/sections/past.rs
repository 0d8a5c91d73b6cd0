//! How long does it take to read what was?

use std::time::Instant;

use peyvand::Position;

use crate::args::Args;
use crate::contestants::{Past, Stand, Update};
use crate::customers::balance;
use crate::draws::{Chance, Draws};
use crate::report::{Report, Spread, Table};

/// How many updates a commit holds.
const TOGETHER: u64 = 100;
/// After so many commits it is told how far it is.
const TOLD_EVERY: u64 = 10_000;

/// What is read, as of a position drawn evenly from all since the import.
#[derive(Clone, Copy)]
enum Row {
    Record,
    Page,
    Total,
}

impl Row {
    const ALL: [Self; 3] = [Self::Record, Self::Page, Self::Total];

    fn title(self) -> &'static str {
        match self {
            Self::Record => "A record as of an earlier position",
            Self::Page => "A page of 50 (a branch, by id) as of an earlier position",
            Self::Total => "The number of customers as of an earlier position",
        }
    }

    fn block(self) -> usize {
        match self {
            Self::Record | Self::Total => 4_000,
            Self::Page => 400,
        }
    }

    /// Nanoseconds; nothing when the contestant has no such thing.
    fn read(self, past: &dyn Past, at: Position, number: u64, branch: &str) -> Option<u64> {
        let begin = Instant::now();
        match self {
            Self::Record => past.record(at, number),
            Self::Page => past.page(at, branch),
            Self::Total => past.total(at)?,
        }
        Some(begin.elapsed().as_nanos() as u64)
    }
}

/// Updates customers, each of them once on average if nothing else was asked for, and reads as of positions in between.
pub(crate) fn past(args: &Args, stands: &mut [Stand], report: &mut Report) {
    for stand in stands {
        let positions = update(args, stand);
        if !positions.is_empty() {
            stand.reopen();
            tell(args, stand, &positions, report);
        }
    }
}

fn update(args: &Args, stand: &Stand) -> Vec<Position> {
    let even = Draws::even(args.customers);
    let mut chance = Chance::seeded(11);
    let commits = args.updates.unwrap_or(args.customers) / TOGETHER;
    let commit = |done: u64| {
        if done > 0 && done.is_multiple_of(TOLD_EVERY) {
            eprintln!("{}: {} updates", stand.who.title(), done * TOGETHER);
        }
        let mut numbers: Vec<u64> = (0..TOGETHER).map(|_| even.draw(&mut chance)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let updates: Vec<Update> = numbers
            .into_iter()
            .map(|number| {
                let dice = chance.next();
                (number, balance(dice), stand.customers.branch(dice))
            })
            .collect();
        stand.side().update_many(&updates)
    };
    (0..commits).map_while(commit).collect()
}

fn tell(args: &Args, stand: &Stand, positions: &[Position], report: &mut Report) {
    let Some(past) = stand.side().past() else {
        return;
    };
    let mut table = Table::new(
        format!("Reading what was: {}", stand.who.title()),
        &["p50 µs", "p99 µs", "slowest µs"],
    );
    let mut chance = Chance::seeded(12);
    for row in Row::ALL {
        let mut quantiles: [Vec<f64>; 3] = Default::default();
        for _ in 0..args.rounds {
            let read = |_| {
                let at = positions[chance.next() as usize % positions.len()];
                let number = chance.next() % args.customers;
                let branch = stand.customers.branch(number);
                row.read(past.as_ref(), at, number, &branch)
            };
            let mut taken: Vec<u64> = (0..row.block()).filter_map(read).collect();
            taken.sort_unstable();
            for (part, own) in [0.5, 0.99, 1.0].into_iter().zip(&mut quantiles) {
                let place = (taken.len().saturating_sub(1) as f64 * part) as usize;
                own.extend(taken.get(place).map(|nanos| *nanos as f64 / 1000.0));
            }
        }
        let cells = quantiles.map(|own| Spread::of(own).into());
        table.row(row.title(), cells.into());
    }
    table.note(format!(
        "{} commits of {TOGETHER} updates of two fields since the import; everything is folded.",
        positions.len()
    ));
    report.table(&table);
}
