//! `peyvand-proof-writer DIR --seed S --threads T [--first N] [--steps K] [--rounds R] [--every E] [--engine sled|redb]`:
//! writes, and tells what was acknowledged.

use std::io::stdout;
use std::path::PathBuf;
use std::process::ExitCode;

use peyvand::StateEngine;
use peyvand_proof::acks::Said;
use peyvand_proof::child::engine_named;
use peyvand_proof::writer::{Work, write};
use peyvand_proof::{Proof, doing};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            use std::io::Write;
            drop(stdout().write_all((Said::Failed(why).line(0) + "\n").as_bytes()));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Proof<()> {
    let mut words = std::env::args().skip(1);
    let dir = PathBuf::from(words.next().ok_or("give the directory of the store")?);
    let mut work = Work {
        seed: 1,
        threads: 4,
        first: 1,
        steps: 100,
        rounds: 1,
        every: 0,
        engine: StateEngine::default(),
    };
    while let Some(word) = words.next() {
        let number = words
            .next()
            .ok_or_else(|| format!("{word} takes a number"))?;
        if word == "--engine" {
            work.engine = engine_named(&number).ok_or_else(|| format!("{number} is no engine"))?;
            continue;
        }
        let number: u64 = number.parse().map_err(doing(&word))?;
        match word.as_str() {
            "--seed" => work.seed = number,
            "--threads" => work.threads = number.try_into().map_err(doing(&word))?,
            "--first" => work.first = number,
            "--steps" => work.steps = number,
            "--rounds" => work.rounds = number,
            "--every" => work.every = number,
            _ => return Err(format!("{word} is not known")),
        }
    }
    write(&dir, &work, &mut stdout())
}
