//! The long proofs, and a table of what they showed.
//!
//! `peyvand-proof all`, or one of `kills`, `power`, `guards`, `damage`, `faults`, `mutations`; a number after it is
//! another size than the usual one, and `sled` or `redb` after that the only engine of the state.
//! `peyvand-proof fixture FOLDER` and `corpus FOLDER` write what is kept in the repository.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use peyvand::StateEngine;
use peyvand_proof::child::{ENGINES, engine_name, engine_named};
use peyvand_proof::damage::{HARMS, Harm, Outcomes, Patient};
use peyvand_proof::dice::Dice;
use peyvand_proof::faults::meet_faults;
use peyvand_proof::fixture;
use peyvand_proof::guards::{GUARDS, without};
use peyvand_proof::kill::kill_writers;
use peyvand_proof::mutate::{READERS, corpus, drive, drive_readers, open_store_with_journal};
use peyvand_proof::power::{Cuts, Moment, record_a_life};
use peyvand_proof::survival::all_models;
use peyvand_proof::writer::{Work, open, write};
use peyvand_proof::{Proof, doing, scratch};

/// A line of the table: what, how many, where they fell, what was lost.
struct Row(String, String, String, String);

/// What is to be proved: how often, on which engine of the state, and where there is room for it.
struct Task<'a> {
    size: u64,
    engine: StateEngine,
    scratch: &'a Path,
}

/// A proof, its usual size, whether each engine has its own, and how it is made.
type Maker = fn(&Task<'_>) -> Proof<Vec<Row>>;

const PROOFS: [(&str, u64, bool, Maker); 6] = [
    ("kills", 240, true, kills),
    ("power", 160, true, power),
    ("guards", 400, true, guards),
    ("damage", 200, true, damage),
    ("faults", 100, true, faults),
    ("mutations", 5_000, false, mutations),
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
    let rest: Vec<String> = words.collect();
    match (what.as_str(), rest.first()) {
        ("fixture", Some(folder)) => return fixture::make(Path::new(folder)),
        ("corpus", Some(folder)) => return make_corpus(Path::new(folder)),
        _ => {}
    }
    let (mut size, mut engines) = (None, ENGINES.to_vec());
    for word in &rest {
        match engine_named(word) {
            Some(engine) => engines = vec![engine],
            None => size = Some(word.parse().map_err(doing(word))?),
        }
    }
    let chosen: Vec<_> = PROOFS
        .into_iter()
        .filter(|(name, ..)| what == "all" || what == *name)
        .collect();
    if chosen.is_empty() {
        return Err(format!("'{what}' is no proof; see the head of proof.rs"));
    }
    tell(
        "| what | how many | where they fell | lost | minutes |\n| --- | --- | --- | --- | ---: |",
    );
    let mut failed = Vec::new();
    for (name, usual, of_each, make) in chosen {
        let engines = if of_each { &engines[..] } else { &engines[..1] };
        for engine in engines.iter().copied() {
            let of = match of_each {
                true => format!(" ({})", engine_name(engine)),
                false => String::new(),
            };
            if !prove(&format!("{name}{of}"), size.unwrap_or(usual), engine, make)? {
                failed.push(format!("{name}{of}"));
            }
        }
    }
    match failed.is_empty() {
        true => Ok(()),
        false => Err(format!("failed: {}", failed.join(", "))),
    }
}

/// Makes one proof and tells its lines; says whether it succeeded.
fn prove(name: &str, size: u64, engine: StateEngine, make: Maker) -> Proof<bool> {
    let room = scratch()?;
    let began = Instant::now();
    let made = make(&Task {
        size,
        engine,
        scratch: room.path(),
    });
    let minutes = began.elapsed().as_secs_f64() / 60.0;
    let succeeded = made.is_ok();
    let rows = made.unwrap_or_else(|why| {
        let text = String::new;
        vec![Row("failed".to_owned(), text(), text(), why)]
    });
    let mut minutes = format!("{minutes:.1}");
    for Row(what, many, place, lost) in rows {
        tell(&format!(
            "| {name}: {what} | {many} | {place} | {lost} | {minutes} |"
        ));
        // All rows of a proof together.
        minutes = "\"".to_owned();
    }
    Ok(succeeded)
}

fn tell(line: &str) {
    drop(writeln!(stdout(), "{line}"));
}

fn nothing() -> String {
    "nothing".to_owned()
}

fn kills(task: &Task<'_>) -> Proof<Vec<Row>> {
    let killed = kill_writers(task.scratch, task.engine, 7, task.size as u32)?;
    if killed.in_open * 4 < killed.all() {
        return Err(format!("fewer than a quarter in an open: {killed:?}"));
    }
    let place = format!(
        "{} in an open, {} at a change of a file, {} from outside; {} of these while a checkpoint or backup was written",
        killed.in_open, killed.at_change, killed.from_outside, killed.in_copy
    );
    let many = format!(
        "{}; {} acknowledged commits, {} directories, {} backups restored",
        killed.all(),
        killed.acknowledged,
        killed.directories,
        killed.restored
    );
    Ok(vec![Row("writers".to_owned(), many, place, nothing())])
}

fn power(task: &Task<'_>) -> Proof<Vec<Row>> {
    let mut cuts = Cuts::new();
    let scratch = task.scratch;
    let recordings = record_a_life(scratch, task.engine, 7, 150)?;
    let mut events = 0;
    let each = (task.size as usize).div_ceil(recordings.len());
    for recording in &recordings {
        events += recording.events.len();
        let points = recording.points(each, &mut Dice::new(7));
        let loss = recording.cut_at(&points, all_models, &BTreeSet::new(), scratch, &mut cuts)?;
        if let Some(loss) = loss {
            return Err(loss.to_string());
        }
    }
    let all = cuts.values().sum::<u32>();
    let writing = cuts.get(&Moment::Writing).copied().unwrap_or_default();
    if writing * 3 > all * 2 {
        return Err(format!("fewer than a third besides mere writing: {cuts:?}"));
    }
    let moments: Vec<String> = cuts
        .iter()
        .map(|(moment, count)| format!("{moment:?} {count}"))
        .collect();
    let many = format!(
        "{all}: {each} points in each of {} recordings of {events} events in all, 4 models × 2 of names",
        recordings.len()
    );
    Ok(vec![Row(
        "cuts".to_owned(),
        many,
        moments.join(", "),
        nothing(),
    )])
}

fn guards(task: &Task<'_>) -> Proof<Vec<Row>> {
    let recordings = record_a_life(task.scratch, task.engine, 7, 200)?;
    let mut rows = Vec::new();
    for guard in GUARDS {
        if !guard.is_of(task.engine) {
            continue;
        }
        let without = without(guard, &recordings, task.size as u32, task.scratch)?;
        let Some(loss) = without.loss else {
            return Err(format!("without {guard:?} nothing was lost: blind to it"));
        };
        rows.push(Row(
            format!("without {guard:?}"),
            format!("{} cuts", without.cuts),
            "at the guard".to_owned(),
            format!("as it must be: {loss}"),
        ));
    }
    Ok(rows)
}

fn damage(task: &Task<'_>) -> Proof<Vec<Row>> {
    let patient = Patient::make(task.scratch, task.engine, 7)?;
    let times = task.size as u32;
    let row = |what: String, which: &str, came: Outcomes| {
        let place = format!(
            "{which}: {} unharmed, {} rebuilt, {} told, {} told by a check only",
            came.unharmed, came.rebuilt, came.told, came.only_checked
        );
        Row(what, times.to_string(), place, nothing())
    };
    let mut rows = Vec::new();
    for harm in HARMS {
        let came = patient.harm(harm, times, task.scratch)?;
        rows.push(row(format!("{harm:?}"), "every file in turn", came));
    }
    for harm in [Harm::Flip, Harm::Zero] {
        let came = patient.harm_state(harm, times, task.scratch)?;
        let what = format!("{harm:?} in the state");
        rows.push(row(what, "its largest file", came));
    }
    Ok(rows)
}

fn faults(task: &Task<'_>) -> Proof<Vec<Row>> {
    let seen = meet_faults(task.scratch, task.engine, 7, task.size as u32)?;
    let place = format!(
        "{} in an open, {} in commits, {} where nothing depended on it",
        seen.in_open, seen.refused, seen.unnoticed
    );
    let many = seen.faults.to_string();
    Ok(vec![Row("of the disk".to_owned(), many, place, nothing())])
}

fn mutations(task: &Task<'_>) -> Proof<Vec<Row>> {
    let of_readers = task.size * 100;
    drive_readers(of_readers)?;
    drive(&corpus("journal")?, task.size, |bytes| {
        open_store_with_journal(bytes, task.scratch)
    })?;
    let row = |what: &str, many: u64, place: &str| {
        Row(
            what.to_owned(),
            many.to_string(),
            place.to_owned(),
            nothing(),
        )
    };
    Ok(vec![
        row("stores", task.size, "in the journal: opened or told"),
        row(
            "readers",
            of_readers * READERS.len() as u64,
            "in journal and checkpoint: no panic",
        ),
    ])
}

/// Real segments of the journal, without the zeroes at their ends, and checkpoints.
fn make_corpus(folder: &Path) -> Proof<()> {
    let folder_of_stores = scratch()?;
    for seed in 1..5 {
        let dir = folder_of_stores.path().join(seed.to_string());
        let work = Work {
            seed,
            threads: 1,
            first: 1,
            steps: 2 * seed,
            rounds: 1,
            every: 0,
            engine: StateEngine::default(),
        };
        write(&dir, &work, &mut Vec::new())?;
        let checkpoint = folder.join("checkpoint");
        fs::create_dir_all(&checkpoint).map_err(doing("making a folder"))?;
        let engine = open(&dir, StateEngine::default())?;
        let taken = engine.checkpoint(checkpoint.join(format!("seed{seed}")), &mut |_| {});
        taken.map_err(doing("writing a checkpoint"))?;
        engine.close().map_err(doing("close"))?;
        let mut bytes = first_segment(&dir.join("journal"))?;
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

/// The first segment of a journal, plain or compressed as it may be by now.
fn first_segment(journal: &Path) -> Proof<Vec<u8>> {
    let mut paths: Vec<PathBuf> = fs::read_dir(journal)
        .map_err(doing("listing a journal"))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| {
            let kind = path.extension().unwrap_or_default();
            kind == "seg" || kind == "segz"
        })
        .collect();
    paths.sort();
    let first = paths.first().ok_or("a journal without a segment")?;
    fs::read(first).map_err(doing("reading a segment"))
}
