//! What does a process do that serves many directories, some of them open at a time?

use std::path::PathBuf;
use std::time::{Duration, Instant};

use peyvand::Engine;
use serde_json::{Value as Json, json};

use crate::args::Args;
use crate::contestants::{import, open_engine, read_one};
use crate::customers::Customers;
use crate::draws::{Chance, Draws};
use crate::machine;

/// How many customers a directory holds.
pub(super) const CUSTOMERS: u64 = 1000;

/// How many requests are served, each for a tenant drawn by Zipf's law, each of a few reads.
const REQUESTS: usize = 5_000;
const READS: usize = 5;

pub(super) fn dir(args: &Args, tenant: usize) -> PathBuf {
    args.dir.join("tenants").join(format!("{tenant:05}"))
}

/// Makes every directory and closes it; one of them stays empty.
pub(super) fn make(args: &Args) -> Json {
    let begin = Instant::now();
    open_engine(&args.dir.join("tenants/empty"), args, 0)
        .close()
        .unwrap();
    let customers = Customers::new(CUSTOMERS, args.firm_every);
    let batch = customers.batch(0, CUSTOMERS);
    for tenant in 0..args.tenants {
        let engine = open_engine(&dir(args, tenant), args, 0);
        import(&engine.session(), &batch);
        engine.close().unwrap();
    }
    let values: usize = batch.iter().map(crate::customers::Customer::bytes).sum();
    json!({
        "seconds": begin.elapsed().as_secs_f64(),
        "values": values,
        "peak": machine::memory().peak,
    })
}

/// The tenants that are open, the one used last at the end.
struct Open {
    engines: Vec<(usize, Engine)>,
    most: usize,
    closing: Vec<Duration>,
    opening: Vec<Duration>,
}

impl Open {
    fn engine(&mut self, args: &Args, tenant: usize) -> &Engine {
        match self.engines.iter().position(|(other, _)| *other == tenant) {
            Some(place) => {
                let found = self.engines.remove(place);
                self.engines.push(found);
            }
            None => {
                if self.engines.len() == self.most {
                    let (_, oldest) = self.engines.remove(0);
                    let begin = Instant::now();
                    oldest.close().unwrap();
                    self.closing.push(begin.elapsed());
                }
                let begin = Instant::now();
                let engine = open_engine(&dir(args, tenant), args, CUSTOMERS);
                self.opening.push(begin.elapsed());
                self.engines.push((tenant, engine));
            }
        }
        &self.engines.last().unwrap().1
    }
}

/// Opens as many as may be open, then serves requests.
pub(super) fn serve(args: &Args) -> Json {
    let mut open = Open {
        engines: Vec::new(),
        most: args.open.min(args.tenants),
        closing: Vec::new(),
        opening: Vec::new(),
    };
    // What the first engine of a process brings is not told as that of the hundredth.
    read_one(&open.engine(args, args.tenants - 1).session(), 0);
    let first = Taken::now();
    for tenant in 0..open.most - 1 {
        read_one(&open.engine(args, tenant).session(), 0);
    }
    let all = Taken::now();
    open.opening.clear();
    let zipf = Draws::zipf(args.tenants as u64);
    let mut chance = Chance::seeded(3);
    for _ in 0..REQUESTS {
        let tenant = zipf.draw(&mut chance) as usize;
        let session = open.engine(args, tenant).session();
        for _ in 0..READS {
            read_one(&session, chance.next() % CUSTOMERS);
        }
    }
    let served = Taken::now();
    let others = (open.most - 1).max(1) as f64;
    let per = |pick: fn(&Taken) -> u64| (pick(&all) as f64 - pick(&first) as f64) / others;
    json!({
        "memory": per(|taken| taken.memory),
        "files": per(|taken| taken.files),
        "threads": per(|taken| taken.threads),
        "memory_first": first.memory,
        "memory_all": all.memory,
        "memory_served": served.memory,
        "peak": machine::memory().peak,
        "reopens": open.opening.len(),
        "open_ms": quantiles(open.opening),
        "close_ms": quantiles(open.closing),
    })
}

struct Taken {
    memory: u64,
    files: u64,
    threads: u64,
}

impl Taken {
    fn now() -> Self {
        Self {
            memory: machine::memory().now,
            files: machine::open_files(),
            threads: machine::threads(),
        }
    }
}

fn quantiles(mut times: Vec<Duration>) -> [f64; 2] {
    times.sort_unstable();
    let at = |part: f64| {
        let place = (times.len().saturating_sub(1) as f64 * part) as usize;
        times
            .get(place)
            .map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
    };
    [at(0.5), at(0.99)]
}
