//! Do the readers keep calm whatever bytes they are given?
//!
//! The same targets as under `tests/fuzz`, driven by mutations of the corpus that is kept there: seeded, counted, and
//! without a nightly compiler.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use peyvand::Engine;

use crate::child::no_children;
use crate::dice::Dice;
use crate::power::fresh;
use crate::verify::words;
use crate::{Proof, doing};

/// A reader that takes any bytes and must not panic.
pub type Reader = fn(&[u8]);

/// The readers that `tests/fuzz` has targets for, each with the folder of its corpus.
pub const READERS: &[(&str, Reader)] = &[
    ("journal", |bytes| {
        peyvand::testing::fuzz_journal(bytes);
    }),
    ("checkpoint", peyvand::testing::fuzz_checkpoint),
];

/// Gives each of [`READERS`] so many mutations.
///
/// # Errors
/// As [`drive`].
pub fn drive_readers(count: u64) -> Proof<()> {
    for (name, reader) in READERS {
        let calm = drive(&corpus(name)?, count, |bytes| {
            reader(bytes);
            Ok(())
        });
        calm.map_err(doing(name))?;
    }
    Ok(())
}

/// The kept corpus of a target: real bytes, and whatever was found to be hard.
///
/// # Errors
/// When it cannot be read, or there is none.
pub fn corpus(target: &str) -> Proof<Vec<Vec<u8>>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    let folder = folder.join(target);
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder)
        .map_err(doing(folder.display()))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .collect();
    paths.sort();
    let read = |path: &PathBuf| fs::read(path).map_err(doing(path.display()));
    let corpus: Vec<Vec<u8>> = paths.iter().map(read).collect::<Proof<_>>()?;
    match corpus.is_empty() {
        true => Err(format!("{} is empty", folder.display())),
        false => Ok(corpus),
    }
}

/// Gives a target so many mutations of its corpus.
///
/// # Errors
/// The first that made it panic, or give what it must not.
pub fn drive(
    corpus: &[Vec<u8>],
    count: u64,
    mut target: impl FnMut(&[u8]) -> Proof<()>,
) -> Proof<()> {
    for number in 0..count {
        let dice = &mut Dice::of(&[number]);
        let mut bytes = corpus[dice.place(corpus.len())].clone();
        // The first ones are the corpus as it is.
        if number >= corpus.len() as u64 {
            for _ in 0..1 + dice.below(4) {
                mutate(&mut bytes, corpus, dice);
            }
        } else if let Some(whole) = corpus.get(number as usize) {
            bytes.clone_from(whole);
        }
        let calm = catch_unwind(AssertUnwindSafe(|| target(&bytes)));
        calm.unwrap_or_else(|panic| Err(format!("panic: {}", words(panic.as_ref()))))
            .map_err(doing(format!("mutation {number}")))?;
    }
    Ok(())
}

/// Changes bytes in one place.
fn mutate(bytes: &mut Vec<u8>, corpus: &[Vec<u8>], dice: &mut Dice) {
    let at = dice.place(bytes.len());
    let end = bytes.len().min(at + 1 + dice.place(64));
    match dice.below(8) {
        0 | 1 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << dice.below(8);
            }
        }
        2 => bytes[at..end].fill(dice.roll() as u8),
        3 => bytes.truncate(at),
        4 => drop(bytes.drain(at..end)),
        5 => {
            let again = bytes[at..end].to_vec();
            bytes.splice(at..at, again);
        }
        6 => {
            // A number where one may be: lengths and counts are where readers are led astray.
            let numbers = [
                0,
                1,
                u64::from(u32::MAX),
                u64::MAX,
                i64::MAX as u64,
                dice.roll(),
            ];
            let number = numbers[dice.place(numbers.len())];
            let width = [2, 4, 8][dice.place(3)];
            for (byte, new) in bytes[at..].iter_mut().zip(number.to_be_bytes()).take(width) {
                *byte = new;
            }
        }
        _ => {
            let other = &corpus[dice.place(corpus.len())];
            let from = dice.place(other.len());
            let part = &other[from..other.len().min(from + 256)];
            bytes.splice(at..end, part.iter().copied());
        }
    }
}

/// Opens a store whose first segment of the journal is these bytes: it opens and its check finds nothing wrong, or
/// the engine says that the journal is damaged.
///
/// # Errors
/// When something else happens.
pub fn open_store_with_journal(bytes: &[u8], scratch: &Path) -> Proof<()> {
    let _alone = no_children();
    let dir = fresh(scratch, "mutated")?;
    fs::create_dir(dir.join("journal")).map_err(doing("making a store"))?;
    fs::write(dir.join("FORMAT"), "peyvand store\n2\nsled\n").map_err(doing("making a store"))?;
    fs::write(dir.join("journal/00000000000000000001.seg"), bytes)
        .map_err(doing("making a store"))?;
    let engine = match Engine::builder(&dir).cache_bytes(1 << 20).open() {
        Ok(engine) => engine,
        Err(error) => return named(&error.to_string()),
    };
    match engine.check() {
        Ok(checked) if checked.ok => {}
        Ok(checked) => return Err(checked.problems.join("; ")),
        Err(error) => return named(&error.to_string()),
    }
    engine.close().map_err(doing("close"))
}

fn named(why: &str) -> Proof<()> {
    match why.contains("journal segment") {
        true => Ok(()),
        false => Err(format!("told without naming the segment: {why}")),
    }
}
