//! Does a killed writer lose anything?
//!
//! One directory grows old under many kills; now and then a new one begins. A third of the kills fall on an open, at a
//! counted change of a file; a third on a counted change anywhere; and a third come from outside, after a counted
//! number of acknowledgements and at whatever instruction that meets.

use std::path::Path;

use crate::acks::{Expected, Said};
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
    /// Steps that were acknowledged in between.
    pub acknowledged: u64,
    /// Directories that were begun.
    pub directories: u32,
}

impl Killed {
    /// How many kills there were.
    #[must_use]
    pub fn all(&self) -> u32 {
        self.in_open + self.at_change + self.from_outside
    }
}

/// How many changes and syncs an open makes, at least: kills in an open fall on one of them.
const CHANGES_OF_AN_OPEN: u64 = 20;

/// Kills writers until `kills` of them were killed.
///
/// # Errors
/// The first thing that was lost, half there, or did not open.
pub fn kill_writers(folder: &Path, seed: u64, kills: u32) -> Proof<Killed> {
    let mut dice = Dice::new(seed);
    let mut done = Killed::default();
    let mut expected = Expected::default();
    let mut run = 0;
    while done.all() < kills {
        // Runs that nobody killed count as runs but not as kills.
        if run > 3 * u64::from(kills) + 100 {
            return Err(format!("only {} of {run} writers were killed", done.all()));
        }
        if run == 0 || dice.once_in(12) {
            expected = Expected::default();
            done.directories += 1;
        }
        let dir = folder.join(format!("store{}", done.directories));
        let work = Work {
            seed: dice.roll(),
            threads: 4,
            first: 1 + run * 100_000,
            steps: 60,
            rounds: 1,
        };
        run += 1;
        expected.begin(work.seed, work.threads, work.first);
        let (told, what) = disturb(&dir, &work, &mut dice)?;
        for said in &told.said {
            expected.hear(work.seed, said);
            done.acknowledged += u64::from(matches!(said, Said::Done(..)));
        }
        let place = || format!("run {run}, seed {}, {what}", work.seed);
        if let Some(Said::Failed(why)) = told
            .said
            .iter()
            .find(|said| matches!(said, Said::Failed(_)))
        {
            return Err(format!("{}: the writer failed: {why}", place()));
        }
        if told.said.contains(&Said::SetAside) {
            return Err(format!("{}: the writer had to rebuild the state", place()));
        }
        verify(&dir, &mut expected, Rebuilt::Forbidden).map_err(doing(place()))?;
        if !told.ended_well {
            match told.said.contains(&Said::Opened) {
                false => done.in_open += 1,
                true if what.starts_with("outside") => done.from_outside += 1,
                true => done.at_change += 1,
            }
        }
    }
    Ok(done)
}

/// Runs a writer and kills it one way or another.
fn disturb(dir: &Path, work: &Work, dice: &mut Dice) -> Proof<(Told, String)> {
    let writer = Writer::new(dir, work)?;
    if dice.once_in(3) {
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
    let at = match dice.once_in(2) {
        true => 1 + dice.below(CHANGES_OF_AN_OPEN),
        false => CHANGES_OF_AN_OPEN + dice.below(1_500),
    };
    let told = writer
        .recorded(&[("PROOF_KILL_AT", at.to_string().into())])?
        .run()?;
    Ok((told, format!("at change {at}")))
}
