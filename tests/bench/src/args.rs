//! What was asked for on the command line?

use std::path::PathBuf;
use std::time::Duration;

use peyvand::StateEngine;

use crate::contestants::Who;

const HELP: &str = "\
cargo run --release -p peyvand-bench -- [OPTIONS]

  --customers N     how many customers (200000); or --persons N --firms N
  --only A,B        sections: import, read, scan, past, commit, mix, customer,
                    size (all)
  --contestants A,B peyvand, bare, sqlite (all)
  --only-peyvand    Peyvand alone, and of the sections the one about size unless --only says more
  --seconds S       how long each cell of commit and mix is measured, over all rounds (12)
  --rounds N        rounds of each comparison (6)
  --updates N       how many updates there are before section past reads what was (one for each customer)
  --cache MIB       page cache (64); SQLite gets cache and overlay together
  --overlay MIB     memory for commits that are not folded yet (32)
  --tenants N       instead of all that: N directories of 1,000 customers, 100 of them open at a time
  --open N          how many of them (100)
  --engine NAME     what holds Peyvand's state: sled or redb (sled)
  --dir DIR         where the stores are made (target/bench-stores)
  --json FILE       the same figures for programs
  --keep            leaves the stores there
  --reuse           reads the stores that an earlier run with --keep left, instead of an import";

/// The options, read.
#[derive(Clone)]
pub(crate) struct Args {
    pub(crate) customers: u64,
    /// One customer in so many is a firm.
    pub(crate) firm_every: u64,
    only: Vec<String>,
    pub(crate) contestants: Vec<Who>,
    pub(crate) seconds: Duration,
    pub(crate) rounds: usize,
    /// Updates before what was is read, if not one for each customer.
    pub(crate) updates: Option<u64>,
    pub(crate) cache_bytes: u64,
    pub(crate) overlay_bytes: usize,
    pub(crate) tenants: usize,
    pub(crate) open: usize,
    pub(crate) dir: PathBuf,
    pub(crate) json: Option<PathBuf>,
    pub(crate) keep: bool,
    pub(crate) reuse: bool,
    pub(crate) engine: StateEngine,
    /// The work of a process that another one of us started.
    pub(crate) child: Option<String>,
}

impl Args {
    pub(crate) fn read() -> Self {
        let mut args = Self {
            customers: 200_000,
            firm_every: 31,
            only: Vec::new(),
            contestants: Who::ALL.to_vec(),
            seconds: Duration::from_secs(12),
            rounds: 6,
            updates: None,
            cache_bytes: 64 << 20,
            overlay_bytes: 32 << 20,
            tenants: 0,
            open: 100,
            dir: PathBuf::from("target/bench-stores"),
            json: None,
            keep: false,
            reuse: false,
            engine: StateEngine::Sled,
            child: None,
        };
        let (mut persons, mut firms) = (0, 0);
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().unwrap_or_else(|| stop(&word));
            match word.as_str() {
                "--customers" => args.customers = number(&value()),
                "--persons" => persons = number(&value()),
                "--firms" => firms = number(&value()),
                "--only" => args.only = value().split(',').map(str::to_owned).collect(),
                "--contestants" => {
                    args.contestants = value().split(',').map(Who::named).collect();
                }
                "--only-peyvand" => args.only_peyvand(),
                "--seconds" => args.seconds = Duration::from_secs(number(&value())),
                "--rounds" => args.rounds = number(&value()) as usize,
                "--updates" => args.updates = Some(number(&value())),
                "--cache" => args.cache_bytes = number(&value()) << 20,
                "--overlay" => args.overlay_bytes = (number(&value()) as usize) << 20,
                "--tenants" => args.tenants = number(&value()) as usize,
                "--open" => args.open = number(&value()) as usize,
                "--dir" => args.dir = value().into(),
                "--json" => args.json = Some(value().into()),
                "--keep" => args.keep = true,
                "--reuse" => (args.keep, args.reuse) = (true, true),
                "--engine" => args.engine = engine(&value()),
                "--child" => args.child = Some(value()),
                _ => stop(&word),
            }
        }
        if firms > 0 {
            args.customers = persons + firms;
            args.firm_every = args.customers / firms;
        }
        args
    }

    fn only_peyvand(&mut self) {
        self.contestants = vec![Who::Peyvand];
        if self.only.is_empty() {
            self.only.push("size".to_owned());
        }
    }

    pub(crate) fn engine_name(&self) -> &'static str {
        match self.engine {
            StateEngine::Sled => "sled",
            StateEngine::Redb => "redb",
        }
    }

    pub(crate) fn wants(&self, section: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == section)
    }

    /// The options that a process for one job is started with.
    pub(crate) fn for_child(&self, job: &str, who: Who) -> Vec<String> {
        let firms = self.customers / self.firm_every.max(1);
        let pairs = [
            ("--child", job.to_owned()),
            ("--contestants", who.name().to_owned()),
            ("--persons", (self.customers - firms).to_string()),
            ("--firms", firms.to_string()),
            ("--cache", (self.cache_bytes >> 20).to_string()),
            ("--overlay", (self.overlay_bytes >> 20).to_string()),
            ("--tenants", self.tenants.to_string()),
            ("--open", self.open.to_string()),
            ("--engine", self.engine_name().to_owned()),
            ("--dir", self.dir.display().to_string()),
        ];
        pairs
            .into_iter()
            .flat_map(|(name, value)| [name.to_owned(), value])
            .collect()
    }
}

fn engine(name: &str) -> StateEngine {
    match name {
        "sled" => StateEngine::Sled,
        "redb" => StateEngine::Redb,
        _ => stop(name),
    }
}

fn number(text: &str) -> u64 {
    text.replace('_', "").parse().unwrap_or_else(|_| stop(text))
}

fn stop(word: &str) -> ! {
    eprintln!("'{word}' is not understood\n\n{HELP}");
    std::process::exit(2)
}
