//! Does a failing disk lose anything?
//!
//! The recorder lets a counted write, sync, rename, creation or removal fail, of the journal's files as of the state's, or
//! fills the disk from some moment on. The writer then must be refused for good, with words that say what to do. After
//! that the disk is well again, and everything acknowledged must be there.

use std::path::Path;

use peyvand::StateEngine;

use crate::acks::{Expected, Said};
use crate::beside::verify_copies;
use crate::child::Writer;
use crate::dice::Dice;
use crate::verify::{Rebuilt, verify};
use crate::writer::{UPLOAD, Work};
use crate::{Proof, doing};

/// How the disk fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// One call fails with an input/output error.
    Once,
    /// All calls fail from some moment on.
    ForGood,
    /// All calls fail from some moment on, because the disk is full.
    Full,
}

/// What was seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    /// Writers that met a fault.
    pub faults: u32,
    /// Of these, those that could not open the store.
    pub in_open: u32,
    /// Writers whose writes were refused.
    pub refused: u32,
    /// Faults of which the writer took no notice, because nothing depended on them.
    pub unnoticed: u32,
}

const EIO: u32 = 5;
const ENOSPC: u32 = 28;

/// Lets writers meet faults, one after the other in one directory.
///
/// # Errors
/// The first thing that was lost, half there, or went on after a failed write.
pub fn meet_faults(folder: &Path, engine: StateEngine, seed: u64, times: u32) -> Proof<Seen> {
    let mut dice = Dice::new(seed);
    let mut seen = Seen::default();
    let mut expected = Expected::nothing(engine);
    let dir = folder.join("store");
    for run in 0..u64::from(times) {
        let work = Work {
            seed: dice.roll(),
            threads: 3,
            first: 1 + run * 100_000,
            steps: 40,
            rounds: 1,
            every: 7,
            engine,
        };
        expected.begin(work.seed, work.threads, work.first);
        let fault = [Fault::Once, Fault::ForGood, Fault::Full][dice.place(3)];
        let part = ["/journal/", "/state/", "/store/"][dice.place(3)];
        // Nothing of it is touched at open.
        let part = if run % 5 == 4 { "/content/" } else { part };
        let among = if dice.once_in(3) { 6 } else { 250 };
        let at = 1 + dice.below(among);
        let place = format!("run {run}, seed {}: {fault:?}, {part}, at {at}", work.seed);
        let (many, errno) = match fault {
            Fault::Once => (1, EIO),
            Fault::ForGood => (u64::MAX, EIO),
            Fault::Full => (u64::MAX, ENOSPC),
        };
        let told = Writer::new(&dir, &work)?
            .recorded(&[
                ("PROOF_FAIL_AT", at.to_string().into()),
                ("PROOF_FAIL_FOR", many.to_string().into()),
                ("PROOF_FAIL_ON", part.into()),
                ("PROOF_ERRNO", errno.to_string().into()),
            ])?
            .run()?;
        for said in &told.said {
            expected.hear(work.seed, said);
        }
        judge(&told.said, &mut seen).map_err(doing(&place))?;
        if told.said.is_empty() || told.complaints.contains("recorder") {
            return Err(format!("{place}: {}", told.complaints));
        }
        // The state may have failed: then the state is rebuilt, and rightly.
        verify(&dir, &mut expected, Rebuilt::Allowed).map_err(doing(&place))?;
        verify_copies(&dir, &expected).map_err(doing(&place))?;
    }
    Ok(seen)
}

/// Whether the writer was told rightly what happened.
fn judge(said: &[Said], seen: &mut Seen) -> Proof<()> {
    seen.faults += 1;
    let mut refused = false;
    for said in said {
        match said {
            Said::Refused(_, _, why) => {
                refused = true;
                // Besides the first one everybody is told that the store takes no more.
                let says_what_to_do = match why.strip_prefix(UPLOAD) {
                    Some(why) => why.contains("the file again"),
                    None => why.contains("close it") || why.contains("close the store"),
                };
                if !says_what_to_do {
                    return Err(format!("refused without saying what to do: {why}"));
                }
            }
            Said::Failed(why) if why.contains("after a failed write") => return Err(why.clone()),
            _ => {}
        }
    }
    match said.contains(&Said::Ready) {
        false => seen.in_open += 1,
        true if refused => seen.refused += 1,
        true => seen.unnoticed += 1,
    }
    Ok(())
}
