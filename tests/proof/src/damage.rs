//! Is a damaged file ever passed over in silence?
//!
//! A closed store is damaged in one place. Then either everything is there; or what is damaged is named, with what to
//! do about it. A damaged state costs nothing: it is rebuilt, and that is said.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use peyvand::{ErrorKind, StateEngine, rebuild};

use crate::acks::Expected;
use crate::child::no_children;
use crate::dice::Dice;
use crate::power::{contents, copy_folder, fresh};
use crate::verify::{compare, words};
use crate::writer::{Work, open, write};
use crate::{Proof, doing};

/// What is done to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Harm {
    /// One bit is the other.
    Flip,
    /// Up to 4 KB are zeroes.
    Zero,
    /// The end is missing.
    Truncate,
    /// There is more at the end.
    Append,
}

/// All of it.
pub const HARMS: [Harm; 4] = [Harm::Flip, Harm::Zero, Harm::Truncate, Harm::Append];

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// Everything was there, and nothing was said.
    pub unharmed: u32,
    /// The state was rebuilt, and everything was there.
    pub rebuilt: u32,
    /// Opening or checking said which file is damaged and what to do.
    pub told: u32,
    /// Only a check said that the state is wrong, and what to do; reads before it were answered wrongly.
    pub only_checked: u32,
}

/// A closed store to damage copies of.
pub struct Patient {
    dir: PathBuf,
    files: Vec<PathBuf>,
    expected: Expected,
}

impl Patient {
    /// Writes a store of several segments and closes it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn make(folder: &Path, engine: StateEngine, seed: u64) -> Proof<Self> {
        let dir = folder.join("patient");
        let work = Work {
            seed,
            threads: 1,
            first: 1,
            steps: 120,
            rounds: 2,
            every: 0,
            engine,
        };
        let mut told = Vec::new();
        let _alone = no_children();
        write(&dir, &work, &mut told)?;
        let mut expected = Expected::nothing(engine);
        for line in String::from_utf8_lossy(&told).lines() {
            let said = crate::acks::Said::read(line).ok_or_else(|| line.to_owned())?;
            expected.hear(seed, &said);
        }
        // Nothing was under way when it was closed.
        expected.open.clear();
        let mut files: Vec<PathBuf> = contents(&dir)?
            .into_iter()
            .filter_map(|(path, bytes)| bytes.map(|_| path))
            .collect();
        // One file of a document is like the other.
        let mut documents = 0;
        files.retain(|path| {
            documents += u32::from(path.starts_with("content"));
            !path.starts_with("content") || documents == 1
        });
        Ok(Self {
            dir,
            files,
            expected,
        })
    }

    /// Damages copies of the store, `times` times, the files in turn.
    ///
    /// # Errors
    /// The first damage that was passed over in silence, was told badly, or made the engine panic.
    pub fn harm(&self, harm: Harm, times: u32, scratch: &Path) -> Proof<Outcomes> {
        self.harm_one_of(&self.files, harm, times, scratch)
    }

    /// The same with the largest file of the state alone, in which most bytes may be flipped without anybody reading
    /// them: there it shows whether what an open passes over is missed.
    ///
    /// # Errors
    /// As [`harm`](Self::harm), and when nothing but a check noticed a damage.
    pub fn harm_state(&self, harm: Harm, times: u32, scratch: &Path) -> Proof<Outcomes> {
        let of_state = self.files.iter().filter(|file| file.starts_with("state"));
        let length =
            |file: &&PathBuf| fs::metadata(self.dir.join(file)).map_or(0, |file| file.len());
        let largest = of_state
            .max_by_key(length)
            .ok_or("a store without a state")?;
        let outcomes = self.harm_one_of(std::slice::from_ref(largest), harm, times, scratch)?;
        match outcomes.only_checked {
            0 => Ok(outcomes),
            _ => Err(format!("{harm:?} of {}: {outcomes:?}", largest.display())),
        }
    }

    fn harm_one_of(
        &self,
        files: &[PathBuf],
        harm: Harm,
        times: u32,
        scratch: &Path,
    ) -> Proof<Outcomes> {
        let mut outcomes = Outcomes::default();
        let mut dice = Dice::of(&[harm as u64]);
        for (number, file) in (0..times).zip(files.iter().cycle()) {
            let copy = fresh(scratch, "harmed")?;
            copy_folder(&self.dir, &copy)?;
            let what = damage(&copy.join(file), harm, &mut dice)?;
            let place = || format!("{harm:?} number {number}, {what} in {}", file.display());
            let mut expected = self.expected.clone();
            let judged = catch_unwind(AssertUnwindSafe(|| judge(&copy, file, &mut expected)));
            let came = judged
                .unwrap_or_else(|panic| Err(format!("panic: {}", words(panic.as_ref()))))
                .map_err(doing(place()))?;
            match came {
                Came::Unharmed if what.matters(file) => {
                    return Err(format!("{}: nobody noticed", place()));
                }
                Came::Unharmed => outcomes.unharmed += 1,
                Came::Rebuilt => outcomes.rebuilt += 1,
                Came::Told => outcomes.told += 1,
                Came::OnlyChecked => outcomes.only_checked += 1,
            }
        }
        Ok(outcomes)
    }
}

/// Where a file was damaged.
struct Damage {
    at: usize,
    /// Up to where the file had anything but zeroes.
    used: usize,
    changed: bool,
    harm: Harm,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "at byte {} of {}", self.at, self.used)
    }
}

impl Damage {
    /// Whether it must be noticed: in the journal when it lies in what was written, not in the zeroes after it; in the
    /// file of a document wherever it lies.
    fn matters(&self, file: &Path) -> bool {
        if file.starts_with("content") {
            return self.changed;
        }
        let is_journal = file.starts_with("journal");
        is_journal && self.changed && self.at < self.used && self.harm != Harm::Append
    }
}

fn damage(file: &Path, harm: Harm, dice: &mut Dice) -> Proof<Damage> {
    let mut bytes = fs::read(file).map_err(doing("reading what to damage"))?;
    let before = bytes.clone();
    let used = bytes
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |at| at + 1);
    // Zeroes at the end are nobody's.
    let at = dice.place(match harm {
        Harm::Flip | Harm::Zero => used,
        Harm::Truncate | Harm::Append => bytes.len(),
    });
    match harm {
        Harm::Flip => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << dice.below(8);
            }
        }
        Harm::Zero => {
            let end = bytes.len().min(at + 4096);
            bytes[at..end].fill(0);
        }
        Harm::Truncate => bytes.truncate(at),
        Harm::Append => {
            let length = 1 + dice.below(8_000);
            bytes.extend((0..length).map(|_| dice.roll() as u8));
        }
    }
    let first = before.iter().zip(&bytes).position(|(was, is)| was != is);
    let damage = Damage {
        at: first.unwrap_or(before.len().min(bytes.len())),
        used,
        changed: before != bytes,
        harm,
    };
    fs::write(file, bytes).map_err(doing("damaging"))?;
    Ok(damage)
}

/// What came of one damage.
enum Came {
    Unharmed,
    Rebuilt,
    Told,
    OnlyChecked,
}

/// Opens and checks a damaged store, and does what the engine says.
fn judge(dir: &Path, file: &Path, expected: &mut Expected) -> Proof<Came> {
    match look(dir, expected) {
        Ok(came) => Ok(came),
        Err(Trouble::State) if file.starts_with("state") => match look(dir, expected) {
            Ok(Came::Rebuilt) => Ok(Came::Rebuilt),
            Ok(_) => Err("the state failed and was not rebuilt".to_owned()),
            Err(Trouble::State | Trouble::Rebuild) => Err("the state failed twice".to_owned()),
            Err(Trouble::Told(why)) => Err(format!("rebuilding the state: {why}")),
            Err(Trouble::Wrong(why)) => Err(why),
        },
        Err(Trouble::Rebuild) if file.starts_with("state") => {
            rebuild(dir, &mut |_| {}).map_err(doing("rebuilding as advised"))?;
            match look(dir, expected) {
                Ok(_) => Ok(Came::OnlyChecked),
                Err(_) => Err("the check's advice does not help".to_owned()),
            }
        }
        Err(Trouble::State | Trouble::Rebuild) => Err("the state is blamed".to_owned()),
        Err(Trouble::Wrong(why)) => Err(why),
        Err(Trouble::Told(why)) => {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let advises = why.contains("; ") || why.contains(": ");
            let is_named = why.contains(&*name)
                // The journal as a whole is too short.
                || file.starts_with("journal") && why.contains("journal segment (last)");
            match is_named && advises {
                true => Ok(Came::Told),
                false => Err(format!("told without naming it or advice: {why}")),
            }
        }
    }
}

enum Trouble {
    /// The engine says that the state failed and the journal is whole.
    State,
    /// A check says that the state is wrong, and to rebuild it.
    Rebuild,
    /// The engine says that something is damaged.
    Told(String),
    /// The engine says nothing, and something is wrong.
    Wrong(String),
}

fn look(dir: &Path, expected: &mut Expected) -> Result<Came, Trouble> {
    let _alone = no_children();
    // The state may fail while it is opened; the next open then rebuilds it.
    let engine =
        open(dir, expected.engine).map_err(|why| match why.contains("the state failed") {
            true => Trouble::State,
            false => Trouble::Told(why),
        })?;
    let rebuilt = engine.set_aside().is_some();
    let checked = engine.check().map_err(|error| match error.kind() {
        ErrorKind::Stopped => Trouble::State,
        _ => Trouble::Told(error.to_string()),
    })?;
    if checked
        .problems
        .iter()
        .any(|one| one.contains("run `peyvand rebuild`"))
    {
        return Err(Trouble::Rebuild);
    }
    if !checked.files_ok {
        return Err(Trouble::Told(checked.problems.join("; ")));
    }
    if !checked.ok {
        return Err(Trouble::Wrong(format!(
            "check: {}",
            checked.problems.join("; ")
        )));
    }
    compare(&engine, expected).map_err(Trouble::Wrong)?;
    engine
        .close()
        .map_err(|error| Trouble::Wrong(format!("close: {error}")))?;
    Ok(if rebuilt {
        Came::Rebuilt
    } else {
        Came::Unharmed
    })
}
