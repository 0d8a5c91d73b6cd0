//! The long proofs, and a table of what they showed.
//!
//! `peyvand-proof all`, or one of `kills`, `power`, `guards`, `damage`, `faults`, `mutations`; a number after it is
//! another size than the usual one. `peyvand-proof fixture FOLDER` and `corpus FOLDER` write what is kept in the
//! repository.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Write, stdout};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use peyvand_proof::damage::{HARMS, Patient};
use peyvand_proof::dice::Dice;
use peyvand_proof::faults::meet_faults;
use peyvand_proof::fixture;
use peyvand_proof::guards::{GUARDS, Guard, without};
use peyvand_proof::kill::kill_writers;
use peyvand_proof::mutate::{READERS, corpus, drive, drive_readers, open_store_with_journal};
use peyvand_proof::power::{Cuts, record_a_life};
use peyvand_proof::survival::all_models;
use peyvand_proof::writer::{Work, open, write};
use peyvand_proof::{Proof, doing};

/// A proof, its usual size, and how it is made: it gives the lines of its table.
type Maker = fn(u64, &Path) -> Proof<Vec<String>>;

const PROOFS: [(&str, u64, Maker); 6] = [
    ("kills", 240, kills),
    ("power", 160, power),
    ("guards", 400, guards),
    ("damage", 200, damage),
    ("faults", 200, faults),
    ("mutations", 5_000, mutations),
];

fn main() -> ExitCode {
    // What panics is told by the proof that it belongs to.
    std::panic::set_hook(Box::new(|_| {}));
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            tell(&why);
            ExitCode::FAILURE
        }
    }
}

fn run() -> Proof<()> {
    let mut words = std::env::args().skip(1);
    let what = words.next().unwrap_or_else(|| "all".to_owned());
    let rest = words.next();
    match (what.as_str(), &rest) {
        ("fixture", Some(folder)) => return fixture::make(Path::new(folder)),
        ("corpus", Some(folder)) => return make_corpus(Path::new(folder)),
        _ => {}
    }
    let size: Option<u64> = match &rest {
        Some(size) => Some(size.parse().map_err(doing(size))?),
        None => None,
    };
    let chosen: Vec<_> = PROOFS
        .into_iter()
        .filter(|(name, ..)| what == "all" || what == *name)
        .collect();
    if chosen.is_empty() {
        return Err(format!("'{what}' is no proof; see the head of proof.rs"));
    }
    let mut failed = Vec::new();
    for (name, usual, make) in chosen {
        let scratch = tempfile::tempdir().map_err(doing("making a folder"))?;
        let began = Instant::now();
        let lines = make(size.unwrap_or(usual), scratch.path()).unwrap_or_else(|why| {
            failed.push(name);
            vec![format!("FAILED: {why}")]
        });
        let seconds = began.elapsed().as_secs();
        for line in lines {
            tell(&format!("| {name} | {line} |"));
        }
        tell(&format!("| {name} | took {seconds} s |"));
    }
    match failed.is_empty() {
        true => Ok(()),
        false => Err(format!("failed: {}", failed.join(", "))),
    }
}

fn tell(line: &str) {
    drop(writeln!(stdout(), "{line}"));
}

fn kills(size: u64, scratch: &Path) -> Proof<Vec<String>> {
    let killed = kill_writers(scratch, 7, size as u32)?;
    Ok(vec![
        format!(
            "{} writers killed: {} in an open, {} at a counted change, {} from outside",
            killed.all(),
            killed.in_open,
            killed.at_change,
            killed.from_outside
        ),
        format!(
            "{} acknowledged steps, {} directories: none lost, none half there, every open well",
            killed.acknowledged, killed.directories
        ),
    ])
}

fn power(size: u64, scratch: &Path) -> Proof<Vec<String>> {
    let mut cuts = Cuts::new();
    let recordings = record_a_life(scratch, 7, 150)?;
    let mut events = 0;
    let each = (size as usize).div_ceil(recordings.len());
    for recording in &recordings {
        events += recording.events.len();
        let points = recording.points(each, &mut Dice::new(7));
        let loss = recording.cut_at(&points, all_models, &BTreeSet::new(), scratch, &mut cuts)?;
        if let Some(loss) = loss {
            return Err(loss.to_string());
        }
    }
    let moments: Vec<String> = cuts
        .iter()
        .map(|(moment, count)| format!("{moment:?} {count}"))
        .collect();
    Ok(vec![
        format!(
            "{} recordings of {events} events, {each} points in each, 4 models × 2 of names",
            recordings.len()
        ),
        format!(
            "{} cuts ({}): none lost, none rebuilt",
            cuts.values().sum::<u32>(),
            moments.join(", ")
        ),
    ])
}

fn guards(size: u64, scratch: &Path) -> Proof<Vec<String>> {
    let recordings = record_a_life(scratch, 7, 200)?;
    let mut lines = Vec::new();
    for guard in GUARDS {
        let without = without(guard, &recordings, size as u32, scratch)?;
        // The one guard that nothing depends on, see there.
        if without.loss.is_none() && guard != Guard::StateSyncBeforeF {
            return Err(format!("without {guard:?} nothing was lost: blind to it"));
        }
        let loss = without.loss.unwrap_or_else(|| "nothing lost".to_owned());
        lines.push(format!("without {guard:?}, {} cuts: {loss}", without.cuts));
    }
    Ok(lines)
}

fn damage(size: u64, scratch: &Path) -> Proof<Vec<String>> {
    let patient = Patient::make(scratch, 7)?;
    HARMS
        .into_iter()
        .map(|harm| {
            let came = patient.harm(harm, size as u32, scratch)?;
            Ok(format!(
                "{harm:?}, {size} times: {} unharmed, {} rebuilt, {} told, {} only by a check",
                came.unharmed, came.rebuilt, came.told, came.only_checked
            ))
        })
        .collect()
}

fn faults(size: u64, scratch: &Path) -> Proof<Vec<String>> {
    let seen = meet_faults(scratch, 7, size as u32)?;
    Ok(vec![format!(
        "{} faults of the disk: {} writers refused, {} could not open, {} took no notice; none lost",
        seen.faults, seen.refused, seen.in_open, seen.unnoticed
    )])
}

fn mutations(size: u64, scratch: &Path) -> Proof<Vec<String>> {
    let of_readers = size * 100;
    drive_readers(of_readers)?;
    drive(&corpus("journal")?, size, |bytes| {
        open_store_with_journal(bytes, scratch)
    })?;
    Ok(vec![
        format!("{size} stores with a mutated journal: opened or told"),
        format!(
            "{of_readers} mutations for each of {} readers: no panic",
            READERS.len()
        ),
    ])
}

/// Real segments of the journal, without the zeroes at their ends, and checkpoints.
fn make_corpus(folder: &Path) -> Proof<()> {
    let scratch = tempfile::tempdir().map_err(doing("making a folder"))?;
    for seed in 1..5 {
        let dir = scratch.path().join(seed.to_string());
        let work = Work {
            seed,
            threads: 1,
            first: 1,
            steps: 2 * seed,
            rounds: 1,
        };
        write(&dir, &work, &mut Vec::new())?;
        let checkpoint = folder.join("checkpoint");
        fs::create_dir_all(&checkpoint).map_err(doing("making a folder"))?;
        let engine = open(&dir)?;
        let taken = engine.checkpoint(checkpoint.join(format!("seed{seed}")), &mut |_| {});
        taken.map_err(doing("writing a checkpoint"))?;
        engine.close().map_err(doing("close"))?;
        let mut bytes = fs::read(dir.join("journal/00000000000000000001.seg"))
            .map_err(doing("reading a segment"))?;
        let used = bytes
            .iter()
            .rposition(|byte| *byte != 0)
            .map_or(0, |at| at + 1);
        bytes.truncate(used);
        let journal = folder.join("journal");
        fs::create_dir_all(&journal).map_err(doing("making a folder"))?;
        fs::write(journal.join(format!("seed{seed}")), bytes).map_err(doing("writing"))?;
    }
    Ok(())
}
