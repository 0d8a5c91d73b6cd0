//! Does a power cut lose anything?
//!
//! A run of the writer is recorded. Then its disk is rebuilt as a power cut at some event could have left it, once for
//! each model of what survives, and opened. A third of the cuts fall into the moments in which files change their
//! places: an open, a fold, a new segment, a checkpoint.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use peyvand::StateEngine;

use crate::acks::{Expected, Said};
use crate::beside::verify_copies;
use crate::child::Writer;
use crate::dice::Dice;
use crate::disk::Disk;
use crate::survival::{Model, Names, SECTOR, Writes, cut};
use crate::trace::{Event, What, read};
use crate::verify::{Rebuilt, settle, verify};
use crate::writer::Work;
use crate::{Proof, doing};

/// The store's folder below the recorded one.
pub const STORE: &str = "store";

/// What the engine was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// A store was being made.
    Making,
    /// A store was being opened again.
    Opening,
    /// Commits were being folded into the state.
    Folding,
    /// The journal went on in a new segment.
    NewSegment,
    /// A checkpoint was being written.
    Checkpoint,
    /// A backup was being taken.
    Backup,
    /// A file that a record is to name was being put.
    Uploading,
    /// A full segment was being compressed.
    Sealing,
    /// Commits, and whatever else.
    Writing,
}

/// A recorded run of the writer.
pub struct Recording {
    /// The disk before it.
    pub base: Disk,
    /// What happened.
    pub events: Vec<Event>,
    /// What was about while it happened.
    pub moments: Vec<Moment>,
    seed: u64,
    /// The engine of the state.
    pub engine: StateEngine,
    /// What had to be there before anything was told.
    expected: Expected,
}

/// A cut that went wrong.
#[derive(Clone, Debug)]
pub struct Loss {
    /// The event before which the power was cut.
    pub at: usize,
    /// What was about.
    pub moment: Moment,
    /// What survived.
    pub model: Model,
    /// What was wrong.
    pub why: String,
}

impl std::fmt::Display for Loss {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            at,
            moment,
            model,
            why,
        } = self;
        write!(f, "cut at event {at} ({moment:?}), {model:?}: {why}")
    }
}

/// How many cuts were made in which moment.
pub type Cuts = BTreeMap<Moment, u32>;

/// Records a writer on the store below `root`, which holds what `expected` says.
///
/// # Errors
/// When the writer does not come to its end, or the trace is not all that happened.
pub fn record(root: &Path, mut expected: Expected, work: &Work) -> Proof<Recording> {
    let base = Disk::of(root)?;
    let scratch = crate::scratch()?;
    let trace = scratch.path().join("trace");
    let told = Writer::new(&root.join(STORE), work)?
        .recorded(&[("PROOF_TRACE", trace.clone().into())])?
        .run()?;
    if !told.ended_well {
        let last = told.said.last();
        return Err(format!(
            "the writer ended with {last:?}: {}",
            told.complaints
        ));
    }
    let events = read(&trace)?;
    expected.begin(work.seed, work.threads, work.first);
    let recording = Recording {
        moments: moments(&events, base.at(&format!("{STORE}/FORMAT")).is_some()),
        base,
        events,
        seed: work.seed,
        engine: work.engine,
        expected,
    };
    recording.tells_everything(root, scratch.path())?;
    Ok(recording)
}

/// Records the life of a store: made, closed, opened again; then what a power cut left of it, opened and carried on.
///
/// # Errors
/// As [`record`].
pub fn record_a_life(
    folder: &Path,
    engine: StateEngine,
    seed: u64,
    steps: u64,
) -> Proof<Vec<Recording>> {
    let mut work = Work {
        seed,
        threads: 4,
        first: 1,
        steps,
        rounds: 2,
        every: 9,
        engine,
    };
    let first = record(&fresh(folder, "life")?, Expected::nothing(engine), &work)?;
    let at = first.largest_append()?;
    let root = fresh(folder, "torn")?;
    first.tear(at, &root)?;
    // What may or may not have been done is settled by opening a copy.
    let copy = fresh(folder, "copy")?;
    copy_folder(&root, &copy)?;
    let mut expected = first.expected_at(at)?;
    settle(&copy.join(STORE), &mut expected)?;
    (work.seed, work.first, work.rounds) = (seed + 1, 1_000_000, 1);
    let second = record(&root, expected, &work)?;
    Ok(vec![first, second])
}

impl Recording {
    /// Proves that the trace leads to the very files that the writer left.
    fn tells_everything(&self, root: &Path, scratch: &Path) -> Proof<()> {
        let mut disk = self.base.clone();
        for event in &self.events {
            disk.play(event)?;
        }
        let everything = Model {
            writes: Writes::Everything,
            names: Names::Strict,
        };
        let played = fresh(scratch, "played")?;
        cut(&disk, everything, &mut Dice::new(0), &played)?;
        let (played, real) = (contents(&played)?, contents(root)?);
        let differs = |path: &&PathBuf| played.get(*path) != real.get(*path);
        match played.keys().chain(real.keys()).find(differs) {
            Some(path) => Err(format!("the trace does not lead to {}", path.display())),
            None => Ok(()),
        }
    }

    /// The appends to the journal: each with its event, its offset and its length.
    #[must_use]
    pub fn appends(&self) -> Vec<(usize, u64, usize)> {
        let append = |(at, event): (usize, &Event)| match &event.what {
            What::Write(offset, data) if event.path.ends_with(".seg") => {
                Some((at, *offset, data.len()))
            }
            _ => None,
        };
        self.events.iter().enumerate().filter_map(append).collect()
    }

    fn largest_append(&self) -> Proof<usize> {
        let late = self.events.len() * 3 / 4;
        let appends = self.appends().into_iter().filter(|(at, ..)| *at >= late);
        let largest = appends.max_by_key(|(_, _, length)| *length);
        largest
            .map(|(at, ..)| at)
            .ok_or_else(|| "nothing was appended late in the recording".to_owned())
    }

    /// What must be there after a cut right after this event.
    ///
    /// # Errors
    /// When the recording cannot be played.
    pub fn expected_at(&self, at: usize) -> Proof<Expected> {
        let whole = BTreeSet::new();
        let mut player = Player::new(self, &whole);
        player.play_to(at + 1)?;
        Ok(player.expected)
    }

    /// Writes what a power cut leaves that takes the first sector of this append and nothing else.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn tear(&self, at: usize, into: &Path) -> Proof<()> {
        let whole = BTreeSet::new();
        let mut player = Player::new(self, &whole);
        player.play_to(at + 1)?;
        let everything = Model {
            writes: Writes::Everything,
            names: Names::Ordered,
        };
        cut(&player.disk, everything, &mut Dice::new(0), into)?;
        let What::Write(start, _) = self.events[at].what else {
            return Err("only an append can be torn".to_owned());
        };
        let torn = into.join(&self.events[at].path);
        let mut bytes = fs::read(&torn).map_err(doing("reading what to tear"))?;
        let start = start as usize;
        bytes[start..start / SECTOR * SECTOR + SECTOR].fill(0);
        fs::write(&torn, bytes).map_err(doing("tearing"))
    }

    /// Events at which to cut: a third of them spread over the moments other than writing, the rest over everything.
    #[must_use]
    pub fn points(&self, count: usize, dice: &mut Dice) -> Vec<usize> {
        let mut by_moment = BTreeMap::<Moment, Vec<usize>>::new();
        for (at, moment) in self.moments.iter().enumerate() {
            if *moment != Moment::Writing {
                by_moment.entry(*moment).or_default().push(at);
            }
        }
        let mut points = Vec::new();
        for among in by_moment.values().cycle().take(count.div_ceil(3)) {
            points.extend(among.get(dice.place(among.len())));
        }
        while points.len() < count {
            points.push(dice.place(self.events.len() + 1));
        }
        points.sort_unstable();
        points
    }

    /// Cuts the power at these events, in order, with the models that are given for each of them. Events in `without`
    /// are taken for not having happened. Stops after the first loss.
    ///
    /// # Errors
    /// When the cut cannot be made; a loss is no error.
    pub fn cut_at(
        &self,
        points: &[usize],
        models: impl Fn(usize) -> Vec<Model>,
        without: &BTreeSet<usize>,
        scratch: &Path,
        cuts: &mut Cuts,
    ) -> Proof<Option<Loss>> {
        let mut player = Player::new(self, without);
        for (place, at) in points.iter().copied().enumerate() {
            player.play_to(at)?;
            let moment = self.moments.get(at).copied().unwrap_or(Moment::Writing);
            for (number, model) in models(place).iter().enumerate() {
                let mut disk = player.disk.clone();
                if matches!(model.writes, Writes::Half | Writes::Torn) {
                    player.play_under_way(&mut disk)?;
                }
                let dice = &mut Dice::of(&[self.seed, at as u64, number as u64]);
                let root = fresh(scratch, "cut")?;
                cut(&disk, *model, dice, &root)?;
                *cuts.entry(moment).or_default() += 1;
                let mut expected = player.expected.clone();
                let dir = root.join(STORE);
                let mut whole = verify(&dir, &mut expected, Rebuilt::Forbidden);
                if whole.is_ok() && (moment == Moment::Backup || place.is_multiple_of(4)) {
                    whole = verify_copies(&dir, &expected).map(drop);
                }
                if let Err(why) = whole {
                    let model = *model;
                    let loss = Loss {
                        at,
                        moment,
                        model,
                        why,
                    };
                    return Ok(Some(loss));
                }
            }
        }
        Ok(None)
    }
}

/// Plays a recording step by step.
pub(crate) struct Player<'a> {
    recording: &'a Recording,
    without: &'a BTreeSet<usize>,
    at: usize,
    pub(crate) disk: Disk,
    pub(crate) expected: Expected,
}

impl<'a> Player<'a> {
    pub(crate) fn new(recording: &'a Recording, without: &'a BTreeSet<usize>) -> Self {
        Self {
            recording,
            without,
            at: 0,
            disk: recording.base.clone(),
            expected: recording.expected.clone(),
        }
    }

    pub(crate) fn play_to(&mut self, end: usize) -> Proof<()> {
        while self.at < end {
            let Some(event) = self.recording.events.get(self.at) else {
                return Ok(());
            };
            if let What::Say(said) = &event.what {
                self.expected.hear(self.recording.seed, said);
            }
            if !self.without.contains(&self.at) {
                self.disk.play(event)?;
            }
            self.at += 1;
        }
        Ok(())
    }

    /// Plays the next event too, if it is a change that the power cut may have met half-way.
    fn play_under_way(&self, disk: &mut Disk) -> Proof<()> {
        match self.recording.events.get(self.at) {
            Some(event)
                if event.is_about_a_file()
                    && !event.is_sync()
                    && !self.without.contains(&self.at) =>
            {
                disk.play(event)
            }
            _ => Ok(()),
        }
    }
}

/// What was about at each event, told from the files that it concerns.
fn moments(events: &[Event], mut made: bool) -> Vec<Moment> {
    let (mut opening, mut segment) = (false, false);
    let mut moments = Vec::with_capacity(events.len());
    for event in events {
        match &event.what {
            What::Say(Said::Opening) => opening = true,
            What::Say(Said::Opened) => (opening, made) = (false, true),
            What::Create if event.path.ends_with(".seg.new") => segment = true,
            _ => {}
        }
        moments.push(match event.path.as_str() {
            _ if opening && !made => Moment::Making,
            _ if opening => Moment::Opening,
            path if path.starts_with("store.checkpoint") => Moment::Checkpoint,
            path if path.starts_with("store.backup") => Moment::Backup,
            path if path.contains("/content") => Moment::Uploading,
            path if path.contains(".segz") => Moment::Sealing,
            path if segment && path.contains("/journal") => Moment::NewSegment,
            path if path.contains("/state") => Moment::Folding,
            _ => Moment::Writing,
        });
        if event.path.ends_with("/journal") && matches!(event.what, What::SyncEnd) {
            segment = false;
        }
    }
    moments
}

/// An empty folder of this name.
pub(crate) fn fresh(folder: &Path, name: &str) -> Proof<PathBuf> {
    let path = folder.join(name);
    if path.exists() {
        fs::remove_dir_all(&path).map_err(doing("emptying a folder"))?;
    }
    fs::create_dir_all(&path).map_err(doing("making a folder"))?;
    Ok(path)
}

pub(crate) fn copy_folder(from: &Path, to: &Path) -> Proof<()> {
    for (path, bytes) in contents(from)? {
        let target = to.join(&path);
        match bytes {
            None => fs::create_dir_all(target),
            Some(bytes) => fs::write(target, bytes),
        }
        .map_err(doing("copying a store"))?;
    }
    Ok(())
}

/// Everything below a folder: files with their bytes, folders without.
pub(crate) fn contents(folder: &Path) -> Proof<BTreeMap<PathBuf, Option<Vec<u8>>>> {
    let mut found = BTreeMap::new();
    let mut left = vec![PathBuf::new()];
    while let Some(inner) = left.pop() {
        for entry in fs::read_dir(folder.join(&inner)).map_err(doing("listing a store"))? {
            let name = entry.map_err(doing("listing a store"))?.file_name();
            let path = inner.join(name);
            if folder.join(&path).is_dir() {
                found.insert(path.clone(), None);
                left.push(path);
            } else {
                let bytes = fs::read(folder.join(&path)).map_err(doing("reading a store"))?;
                found.insert(path, Some(bytes));
            }
        }
    }
    Ok(found)
}
