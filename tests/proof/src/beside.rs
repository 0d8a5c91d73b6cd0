//! What does a writer do besides writing, and what is that worth afterwards?
//!
//! It writes checkpoints and takes backups into folders beside the store, and reads as of earlier positions, all while
//! others write. After a cut, the backup must be restored to what was acknowledged up to its position.

use std::fs;
use std::path::{Path, PathBuf};

use peyvand::{Engine, RestoreOptions, restore};

use crate::acks::{Expected, Held, Said};
use crate::child::no_children;
use crate::past::Then;
use crate::plan::Thread;
use crate::verify::compare;
use crate::writer::open;
use crate::{Proof, doing};

/// Where the backup of a store is taken to.
#[must_use]
pub fn backup_of(dir: &Path) -> PathBuf {
    dir.with_extension("backup")
}

/// Where the checkpoint of a store is written to.
#[must_use]
pub fn checkpoint_of(dir: &Path) -> PathBuf {
    dir.with_extension("checkpoint")
}

/// What the first thread does now and then.
pub struct Beside<'a> {
    /// Of this store.
    pub engine: &'a Engine,
    /// Which lies here.
    pub dir: &'a Path,
    /// How often something was done.
    pub turn: usize,
    /// What the thread's slots held, with the position since which they did.
    pub past: Vec<(u64, Held)>,
}

impl Beside<'_> {
    /// Does what is next, and tells it.
    ///
    /// # Errors
    /// When it cannot be done, or the past was another one.
    pub fn do_next(&mut self, thread: Thread, tell: impl Fn(&Said)) -> Proof<()> {
        self.turn += 1;
        match self.turn % 4 {
            1 => {
                tell(&Said::Copying);
                let to = checkpoint_of(self.dir);
                let written = self.engine.checkpoint(&to, &mut |_| {});
                written.map_err(doing("a checkpoint"))?;
                tell(&Said::Checkpointed(sum(&to)?));
            }
            3 => {
                tell(&Said::Copying);
                let taken = self.engine.backup(backup_of(self.dir), &mut |_| {});
                let taken = taken.map_err(doing("a backup"))?;
                tell(&Said::BackedUp(taken.position.get()));
            }
            _ => {
                let Some((position, must)) = self.past.get(self.past.len() / 3) else {
                    return Ok(());
                };
                let held = Then::read(&self.engine.session(), *position)?.held(thread)?;
                if held != *must {
                    return Err(format!(
                        "as of {position} there was {held:?} instead of {must:?}"
                    ));
                }
                tell(&Said::LookedBack);
            }
        }
        Ok(())
    }
}

/// Restores the backup beside a store and compares it with what was acknowledged up to its position; says whether there
/// was one. What was told to be there must be there.
///
/// # Errors
/// What is wrong, in words.
pub fn verify_copies(dir: &Path, expected: &Expected) -> Proof<bool> {
    let _alone = no_children();
    let checkpoint = checkpoint_of(dir);
    if let Some(told) = expected.checkpoint
        && sum(&checkpoint)? != told
        && !expected.copying
    {
        return Err("the checkpoint is not the one that was written".to_owned());
    }
    let into = dir.with_extension("restored");
    if into.exists() {
        fs::remove_dir_all(&into).map_err(doing("removing what was restored"))?;
    }
    let options = RestoreOptions::default().state_engine(expected.engine);
    let restored = match restore(backup_of(dir), &into, &options, &mut |_| {}) {
        Ok(restored) => restored.position.get(),
        Err(error) => {
            let why = error.to_string();
            let none_yet = why.contains("there is no backup") || why.contains("was not finished");
            return match expected.backed_up {
                None if none_yet => Ok(false),
                _ => Err(format!("restore: {why}")),
            };
        }
    };
    if expected.backed_up.is_some_and(|told| restored < told) {
        return Err(format!(
            "the backup was taken up to {:?} and restored up to {restored}",
            expected.backed_up
        ));
    }
    let mut then = expected.at(restored);
    let engine = open(&into, expected.engine)?;
    let checked = engine
        .check()
        .map_err(doing("checking what was restored"))?;
    if !checked.ok {
        return Err(format!("restored: {}", checked.problems.join("; ")));
    }
    compare(&engine, &mut then).map_err(doing(format!("restored up to {restored}")))?;
    engine.close().map_err(doing("closing what was restored"))?;
    Ok(true)
}

/// A number that says whether two files are the same.
fn sum(file: &Path) -> Proof<u64> {
    let bytes = fs::read(file).map_err(doing("reading a checkpoint"))?;
    Ok(bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    }))
}
