//! Does a killed writer lose anything?
//!
//! One directory grows old under many kills; now and then a new one begins. A third of the kills fall on an open, at a
//! counted change of a file; a third on a counted change after it; and a third come from outside, after a counted
//! number of acknowledgements and at whatever instruction that meets.

use std::path::Path;

use peyvand::StateEngine;

use crate::acks::{Expected, Said};
use crate::beside::verify_copies;
use crate::child::{Told, Writer};
use crate::dice::Dice;
use crate::verify::{Rebuilt, verify};
use crate::writer::Work;
use crate::{Proof, doing};

/// What was done to the writers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Killed {
    /// Kills while a store was being opened.
    pub in_open: u32,
    /// Kills at a change of a file, after the open.
    pub at_change: u32,
    /// Kills from outside.
    pub from_outside: u32,
    /// Of these two, kills while a checkpoint or a backup was being written.
    pub in_copy: u32,
    /// Steps that were acknowledged in between.
    pub acknowledged: u64,
    /// Directories that were begun.
    pub directories: u32,
    /// Backups that were restored and compared.
    pub restored: u32,
}

impl Killed {
    /// How many kills there were.
    #[must_use]
    pub fn all(&self) -> u32 {
        self.in_open + self.at_change + self.from_outside
    }

    fn count(&mut self, told: &Told, aim: Aim) {
        if told.ended_well {
            return;
        }
        match aim {
            _ if !told.said.contains(&Said::Opened) => self.in_open += 1,
            Aim::Outside => self.from_outside += 1,
            Aim::Open | Aim::Change => self.at_change += 1,
        }
        let copies = |said: &&Said| {
            matches!(
                said,
                Said::Copying | Said::Checkpointed(_) | Said::BackedUp(_)
            )
        };
        let last = told.said.iter().rev().find(copies);
        self.in_copy += u32::from(last == Some(&Said::Copying));
    }
}

/// What a kill is meant to meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aim {
    Open,
    Change,
    Outside,
}

/// How many changes and syncs an open makes, as far as was seen.
struct Reach(u64);

impl Reach {
    /// A kill that came after the open was meant too late.
    fn learn(&mut self, aim: Aim, told: &Told) {
        if aim == Aim::Open {
            self.0 = match told.said.contains(&Said::Opened) {
                true => (self.0 * 3 / 4).max(2),
                false => self.0 + 1,
            };
        }
    }
}

/// Kills writers until `kills` of them were killed, and lets one more come to its end.
///
/// # Errors
/// The first thing that was lost, half there, or did not open.
pub fn kill_writers(folder: &Path, engine: StateEngine, seed: u64, kills: u32) -> Proof<Killed> {
    let mut dice = Dice::new(seed);
    let mut done = Killed::default();
    let mut reach = Reach(16);
    let mut expected = Expected::nothing(engine);
    let mut run = 0;
    while done.all() < kills {
        // Runs that nobody killed count as runs but not as kills.
        if run > 3 * u64::from(kills) + 100 {
            return Err(format!("only {} of {run} writers were killed", done.all()));
        }
        if run == 0 || dice.once_in(12) {
            expected = Expected::nothing(engine);
            done.directories += 1;
        }
        let dir = folder.join(format!("store{}", done.directories));
        let work = work(engine, dice.roll(), run);
        run += 1;
        expected.begin(work.seed, work.threads, work.first);
        let aim = match done.in_open * 3 <= done.all() {
            true => Aim::Open,
            false if dice.once_in(2) => Aim::Change,
            false => Aim::Outside,
        };
        let (told, what) = disturb(&dir, &work, (aim, reach.0), &mut dice)?;
        reach.learn(aim, &told);
        let place = format!("run {run}, seed {}, {what}", work.seed);
        hear(&told, work.seed, &mut expected, &mut done).map_err(doing(&place))?;
        look(&dir, &mut expected, &mut done).map_err(doing(&place))?;
        done.count(&told, aim);
    }
    // What the last kill left must carry another writer to its end, a checkpoint and a backup included.
    let dir = folder.join(format!("store{}", done.directories));
    let work = work(engine, dice.roll(), run);
    expected.begin(work.seed, work.threads, work.first);
    let told = Writer::new(&dir, &work)?.run()?;
    hear(&told, work.seed, &mut expected, &mut done).map_err(doing("the last run"))?;
    if !told.ended_well {
        return Err("the last run did not end well, and nobody killed it".to_owned());
    }
    look(&dir, &mut expected, &mut done).map_err(doing("the last run"))?;
    Ok(done)
}

fn work(engine: StateEngine, seed: u64, run: u64) -> Work {
    Work {
        seed,
        threads: 4,
        first: 1 + run * 100_000,
        steps: 60,
        rounds: 1,
        every: 5,
        engine,
    }
}

/// Compares the store, and the backup beside it, with what was acknowledged.
fn look(dir: &Path, expected: &mut Expected, done: &mut Killed) -> Proof<()> {
    verify(dir, expected, Rebuilt::Forbidden)?;
    done.restored += u32::from(verify_copies(dir, expected)?);
    Ok(())
}

fn hear(told: &Told, seed: u64, expected: &mut Expected, done: &mut Killed) -> Proof<()> {
    for said in &told.said {
        expected.hear(seed, said);
        done.acknowledged += u64::from(matches!(said, Said::Done(..)));
        match said {
            Said::Failed(why) => return Err(format!("the writer failed: {why}")),
            Said::SetAside => return Err("the writer had to rebuild the state".to_owned()),
            _ => {}
        }
    }
    Ok(())
}

/// Runs a writer and kills it one way or another.
fn disturb(
    dir: &Path,
    work: &Work,
    (aim, reach): (Aim, u64),
    dice: &mut Dice,
) -> Proof<(Told, String)> {
    let writer = Writer::new(dir, work)?;
    if aim == Aim::Outside {
        let acknowledged = dice.below(u64::from(work.threads) * work.steps);
        let spins = dice.below(40_000);
        let mut count = 0;
        let told = writer.run_until(|said| {
            count += u64::from(matches!(said, Said::Done(..)));
            let enough = count > acknowledged;
            if enough {
                (0..spins).for_each(|_| std::hint::spin_loop());
            }
            enough
        })?;
        return Ok((
            told,
            format!("outside after {acknowledged} acknowledgements"),
        ));
    }
    let at = match aim {
        Aim::Open => 1 + dice.below(reach),
        _ => reach + dice.below(1_500),
    };
    let told = writer
        .recorded(&[("PROOF_KILL_AT", at.to_string().into())])?
        .run()?;
    Ok((told, format!("at change {at}")))
}
