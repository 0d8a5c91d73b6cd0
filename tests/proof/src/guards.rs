//! Would the proof see it if one of the guards were not there?
//!
//! A guard is taken out of the recording: its syncs are taken for not having happened, or what it removes for being
//! there still. Then some power cut must lose something; if none does, the proof is blind to the guard, or the guard
//! protects from nothing.

mod torn_tail;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use peyvand::StateEngine;

use crate::acks::Said;
use crate::child::Writer;
use crate::dice::Dice;
use crate::power::{Cuts, Moment, Player, Recording, STORE, copy_folder, fresh};
use crate::survival::{Model, Names, Writes, all_models, cut};
use crate::trace::What;
use crate::verify::{Rebuilt, verify};
use crate::writer::Work;
use crate::{Proof, doing};

/// Something that keeps a power cut from losing anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// The journal is synced before a commit is acknowledged.
    JournalSync,
    /// The state's file is synced before and after F is written; sled itself stops short of that.
    StateSync,
    /// The file of the pages is synced, and its folder, before the engine is given their places.
    Pages,
    /// The files and the folder of a new state are synced.
    NewState,
    /// A new segment is synced before it gets its name.
    NewSegment,
    /// The journal's folder is synced after a new segment got its name.
    SegmentName,
    /// FORMAT is synced before it gets its name.
    Format,
    /// The store's folder is synced after FORMAT got its name.
    FormatName,
    /// A torn tail of the journal is cleared at open.
    TornTail,
    /// A snapshot that sled was killed while writing is removed before sled is opened.
    HalfSnapshot,
    /// The files of a backup are synced before the manifest names them.
    BackupFiles,
    /// A file that a record is to name is synced, and its folders, before the entry that names it.
    ContentSync,
}

/// All guards.
pub const GUARDS: [Guard; 12] = [
    Guard::JournalSync,
    Guard::StateSync,
    Guard::Pages,
    Guard::NewState,
    Guard::NewSegment,
    Guard::SegmentName,
    Guard::Format,
    Guard::FormatName,
    Guard::TornTail,
    Guard::HalfSnapshot,
    Guard::BackupFiles,
    Guard::ContentSync,
];

/// What became of the proof without a guard.
#[derive(Clone, Debug)]
pub struct Without {
    /// How many power cuts there were.
    pub cuts: u32,
    /// What was lost, if anything.
    pub loss: Option<String>,
}

/// Cuts the power of recordings without the guard, until something is lost or there were `most` cuts.
///
/// # Errors
/// When a cut cannot be made.
pub fn without(
    guard: Guard,
    recordings: &[Recording],
    most: u32,
    scratch: &Path,
) -> Proof<Without> {
    match guard {
        Guard::HalfSnapshot => return without_removing_half_snapshots(recordings, scratch),
        Guard::TornTail => return torn_tail::without_clearing(engine_of(recordings), scratch),
        _ => {}
    }
    let mut cuts = Cuts::new();
    let dice = &mut Dice::new(guard as u64);
    let dropped: Vec<BTreeSet<usize>> = recordings.iter().map(|one| guard.events(one)).collect();
    while cuts.values().sum::<u32>() < most {
        for (recording, dropped) in recordings.iter().zip(&dropped) {
            let points = guard.points(recording, dropped, dice);
            let loss = recording.cut_at(&points, all_models, dropped, scratch, &mut cuts)?;
            if let Some(loss) = loss {
                return Ok(Without {
                    cuts: cuts.values().sum(),
                    loss: Some(loss.to_string()),
                });
            }
        }
        if dropped.iter().all(BTreeSet::is_empty) {
            return Err(format!("no event of the recordings belongs to {guard:?}"));
        }
    }
    Ok(Without {
        cuts: cuts.values().sum(),
        loss: None,
    })
}

fn engine_of(recordings: &[Recording]) -> StateEngine {
    recordings.first().map(|one| one.engine).unwrap_or_default()
}

impl Guard {
    /// Whether a state of this engine needs it. redb syncs its own files.
    #[must_use]
    pub fn is_of(self, engine: StateEngine) -> bool {
        engine == StateEngine::Sled || self != Self::HalfSnapshot
    }

    /// The events that this guard is.
    fn events(self, recording: &Recording) -> BTreeSet<usize> {
        let mut named = false;
        let mut found = BTreeSet::new();
        for (at, event) in recording.events.iter().enumerate() {
            let moment = recording.moments[at];
            let Some(path) = event.path.strip_prefix(STORE) else {
                continue;
            };
            let is_file = path == "/state/db" || path == "/state/pages.redb";
            let is_db = is_file && event.data_only && event.is_sync();
            let is_guard = match self {
                Self::JournalSync => event.is_sync() && path.ends_with(".seg"),
                Self::StateSync => is_db,
                Self::Pages => {
                    let is_one = path == "/state/pages.data" || path == "/state";
                    event.is_sync() && moment != Moment::Making && is_one
                }
                Self::NewState => {
                    event.is_sync() && moment == Moment::Making && path.starts_with("/state")
                }
                Self::NewSegment => event.is_sync() && path.ends_with(".seg.new"),
                Self::SegmentName => {
                    event.is_sync() && path == "/journal" && moment != Moment::Making
                }
                Self::Format => event.is_sync() && path == "/FORMAT.new",
                Self::FormatName => event.is_sync() && path.is_empty() && named,
                Self::ContentSync => event.is_sync() && path.starts_with("/content"),
                Self::BackupFiles => event.is_sync() && path.starts_with(".backup/files/"),
                Self::TornTail | Self::HalfSnapshot => false,
            };
            named |= matches!(&event.what, What::Rename(to) if to.ends_with("/FORMAT"));
            if is_guard {
                found.insert(at);
            }
        }
        found
    }

    /// A few events at which to cut: between one that is missing and what makes up for it.
    fn points(
        self,
        recording: &Recording,
        dropped: &BTreeSet<usize>,
        dice: &mut Dice,
    ) -> Vec<usize> {
        let missing: Vec<usize> = dropped.iter().copied().collect();
        let mut points = Vec::new();
        for _ in 0..4 {
            let Some(at) = missing.get(dice.place(missing.len())) else {
                return points;
            };
            let inode = recording.events[*at].inode;
            let makes_up = |later: &usize| {
                let event = &recording.events[*later];
                let is_synced = matches!(event.what, What::SyncEnd) && event.inode == inode;
                is_synced && !dropped.contains(later)
            };
            let rest = *at..recording.events.len().min(at + 40);
            let end = rest.clone().find(makes_up).unwrap_or(rest.end);
            points.push(at + 1 + dice.place(end - at));
        }
        points.sort_unstable();
        points
    }
}

/// Cuts the power while sled writes a snapshot, and opens what is left with and without the guard.
fn without_removing_half_snapshots(recordings: &[Recording], scratch: &Path) -> Proof<Without> {
    let model = Model {
        writes: Writes::Nothing,
        names: Names::Strict,
    };
    let mut cuts = 0;
    let whole = BTreeSet::new();
    for recording in recordings {
        let mut player = Player::new(recording, &whole);
        for (at, event) in recording.events.iter().enumerate() {
            // While a store is made, whatever there is of a state is removed in any case.
            let half = recording.moments[at] != Moment::Making
                && event.path.ends_with(".generating")
                && matches!(event.what, What::Write(..));
            if !half {
                continue;
            }
            player.play_to(at)?;
            // The name has reached the disk, what is in the file has not.
            let ordered = Model {
                names: Names::Ordered,
                ..model
            };
            let mut disk = player.disk.clone();
            disk.names_before = at;
            let root = fresh(scratch, "half")?;
            cut(&disk, ordered, &mut Dice::new(0), &root)?;
            let copy = fresh(scratch, "half-guarded")?;
            copy_folder(&root, &copy)?;
            let mut expected = player.expected.clone();
            verify(&copy.join(STORE), &mut expected, Rebuilt::Forbidden)
                .map_err(doing("with the guard"))?;
            cuts += 1;
            if let Some(loss) = opened_with_half_snapshot(&root)? {
                let loss = Some(format!("cut at event {at}: {loss}"));
                return Ok(Without { cuts, loss });
            }
        }
    }
    fs::remove_dir_all(scratch.join("half")).ok();
    Ok(Without { cuts, loss: None })
}

/// What goes wrong when the half snapshot stays.
fn opened_with_half_snapshot(root: &Path) -> Proof<Option<String>> {
    let work = Work {
        seed: 1,
        threads: 1,
        first: 1,
        steps: 0,
        rounds: 1,
        every: 0,
        engine: StateEngine::Sled,
    };
    let told = Writer::new(&root.join(STORE), &work)?
        .recorded(&[("PROOF_IGNORE", ".generating".into())])?
        .run()?;
    Ok(match told.said.last() {
        _ if told.said.contains(&Said::SetAside) => Some("the state had to be rebuilt".to_owned()),
        Some(Said::Failed(why)) => Some(why.clone()),
        _ if told.ended_well => None,
        _ => Some(told.complaints),
    })
}
