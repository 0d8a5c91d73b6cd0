//! How long does it take to read one record, a list, all of them?

use std::time::Instant;

use super::{against, mib, sqlite_of};
use crate::args::Args;
use crate::contestants::{Reader, Stand};
use crate::customers::{Customers, balance, email, phone};
use crate::draws::Draws;
use crate::report::{Report, Spread, Table};

/// What is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Row {
    Get,
    Phone,
    Email,
    Hundred,
    List,
}

impl Row {
    const ALL: [Self; 5] = [
        Self::Get,
        Self::Phone,
        Self::Email,
        Self::Hundred,
        Self::List,
    ];

    fn title(self) -> &'static str {
        match self {
            Self::Get => "Get by id",
            Self::Phone => "Lookup by phone, with the record",
            Self::Email => "Lookup by the unique e-mail address, with the record",
            Self::Hundred => "Index scan of 100 (a branch, by id), with the whole records",
            Self::List => "The same hundred, with the six fields that a list shows",
        }
    }

    /// How many of them are in a round.
    fn block(self, customers: u64) -> usize {
        let most = (customers / 4).max(200) as usize;
        match self {
            Self::Get => most.min(40_000),
            Self::Phone | Self::Email => most.min(20_000),
            Self::Hundred | Self::List => most.min(1_000),
        }
    }

    /// How many warm the caches, before the first round.
    fn warm_up(self, customers: u64) -> usize {
        let most = (customers as usize * 5).min(1_000_000);
        match self {
            Self::Get => most,
            Self::Phone | Self::Email => most / 5,
            Self::Hundred | Self::List => most / 100,
        }
    }
}

/// One thing to be read, its text made beforehand.
struct Ask {
    number: u64,
    text: String,
}

impl Ask {
    fn new(row: Row, number: u64, customers: &Customers) -> Self {
        let text = match row {
            Row::Get => String::new(),
            Row::Phone => phone(number),
            Row::Email => email(number),
            Row::Hundred | Row::List => customers.branch(number),
        };
        Self { number, text }
    }

    fn read(&self, row: Row, reader: &mut dyn Reader) {
        let found = match row {
            Row::Get => reader.get(self.number),
            Row::Phone => reader.by_phone(&self.text),
            Row::Email => reader.by_email(&self.text),
            // A branch has 500 customers, give or take, in stores of some size.
            Row::Hundred => return assert!(reader.hundred(&self.text) > 0),
            Row::List => return assert!(reader.list(&self.text) > 0),
        };
        assert_eq!(found, balance(self.number));
    }
}

/// Point reads and lists: drawn by Zipf's law after a warm-up, then evenly.
pub(crate) fn read(args: &Args, stands: &mut [Stand], report: &mut Report) {
    stands.iter_mut().for_each(Stand::reopen);
    let overlays = overlays(stands);
    let zipf = Draws::zipf(args.customers);
    let even = Draws::even(args.customers);
    for row in Row::ALL {
        let mut readers: Vec<Box<dyn Reader + '_>> =
            stands.iter().map(|stand| stand.side().reader(1)).collect();
        for reader in &mut readers {
            block(
                row,
                args,
                &zipf,
                row.warm_up(args.customers),
                1,
                reader.as_mut(),
            );
        }
        for (draws, how) in [(&zipf, "Zipf 0.99, warm"), (&even, "evenly drawn")] {
            let mut times: Vec<Quantiles> = readers.iter().map(|_| Quantiles::default()).collect();
            for round in 0..args.rounds {
                for (reader, times) in readers.iter_mut().zip(&mut times) {
                    let count = row.block(args.customers);
                    let taken = block(row, args, draws, count, 100 + round as u64, reader.as_mut());
                    times.add(taken);
                }
            }
            tell(&format!("{}, {how}", row.title()), stands, &times, report);
        }
    }
    report.say(&format!(
        "Overlays at the start and at the end of the reads, MiB: {overlays}; {}.",
        self::overlays(stands)
    ));
}

/// Nanoseconds of each read.
fn block(
    row: Row,
    args: &Args,
    draws: &Draws,
    count: usize,
    seed: u64,
    reader: &mut dyn Reader,
) -> Vec<u64> {
    let customers = Customers::new(args.customers, args.firm_every);
    let asks: Vec<Ask> = draws
        .many(count, seed)
        .into_iter()
        .map(|number| Ask::new(row, number, &customers))
        .collect();
    asks.iter()
        .map(|ask| {
            let begin = Instant::now();
            ask.read(row, reader);
            begin.elapsed().as_nanos() as u64
        })
        .collect()
}

/// Microseconds, of each round.
#[derive(Default)]
struct Quantiles {
    middle: Vec<f64>,
    slow: Vec<f64>,
}

impl Quantiles {
    fn add(&mut self, mut taken: Vec<u64>) {
        taken.sort_unstable();
        let at = |part: f64| taken[((taken.len() - 1) as f64 * part) as usize] as f64 / 1000.0;
        self.middle.push(at(0.5));
        self.slow.push(at(0.99));
    }
}

fn tell(title: &str, stands: &[Stand], times: &[Quantiles], report: &mut Report) {
    let mut table = Table::new(
        title,
        &[
            "p50 µs",
            "p99 µs",
            "p50: SQLite ÷ this",
            "p99: SQLite ÷ this",
        ],
    );
    let base = sqlite_of(stands);
    for (place, (stand, own)) in stands.iter().zip(times).enumerate() {
        table.row(
            stand.who.title(),
            vec![
                Spread::of(own.middle.iter().copied()).into(),
                Spread::of(own.slow.iter().copied()).into(),
                against(place, base, |base| {
                    Spread::ratio(&times[base].middle, &own.middle)
                }),
                against(place, base, |base| {
                    Spread::ratio(&times[base].slow, &own.slow)
                }),
            ],
        );
    }
    report.table(&table);
}

pub(super) fn overlays(stands: &[Stand]) -> String {
    let of = |stand: &Stand| {
        let bytes = stand.side().overlay_bytes()?;
        Some(format!("{} {:.1}", stand.who.title(), mib(bytes as f64)))
    };
    stands.iter().filter_map(of).collect::<Vec<_>>().join(", ")
}

/// Every record once.
pub(crate) fn scan(args: &Args, stands: &mut [Stand], report: &mut Report) {
    let mut rates: Vec<Vec<f64>> = stands.iter().map(|_| Vec::new()).collect();
    for _ in 0..args.rounds {
        for (stand, rates) in stands.iter().zip(&mut rates) {
            let mut reader = stand.side().reader(1);
            let begin = Instant::now();
            let count = reader.scan();
            assert_eq!(count, stand.count());
            rates.push(count as f64 / begin.elapsed().as_secs_f64());
        }
    }
    let mut table = Table::new("Full scan", &["records/s", "÷ SQLite"]);
    let base = sqlite_of(stands);
    for (place, stand) in stands.iter().enumerate() {
        table.row(
            stand.who.title(),
            vec![
                Spread::of(rates[place].iter().copied()).into(),
                against(place, base, |base| {
                    Spread::ratio(&rates[place], &rates[base])
                }),
            ],
        );
    }
    report.table(&table);
}
