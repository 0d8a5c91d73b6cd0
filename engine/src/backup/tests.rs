//! Does a backup bring back what was there, whole or up to a point, or say why not?
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use tempfile::TempDir;

use super::mishap_tests::no_files;
use super::*;
use crate::check::Checked;
use crate::context::{FixedClock, SeededIds};
use crate::error::{Error, ErrorKind};
use crate::journal::{Call, Fault, Faults, RealDisk};
use crate::store::{Backend, Commit, EmbeddedBackend, Retention, StoreOptions, Write};

pub(super) fn noon() -> DateTime<Utc> {
    "2026-03-25T08:30:00Z".parse().unwrap()
}

/// A store with a clock of its own, and places beside it.
pub(super) struct Place {
    pub(super) folder: TempDir,
    clock: Arc<FixedClock>,
    pub(super) engine: Engine,
}

impl Place {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::at(noon()));
        let engine = Engine::builder(folder.path().join("crm"))
            .clock(clock.clone())
            .ids(Arc::new(SeededIds::new(7)))
            // A segment that is compressed between two backups is copied once more.
            .background(false)
            .open()
            .unwrap();
        Place {
            folder,
            clock,
            engine,
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Commits some accounts, one by one, a minute apart, enough for several segments.
    pub(super) fn fill(&self, from: usize, count: usize) {
        for number in from..from + count {
            self.clock.set(noon() + TimeDelta::minutes(number as i64));
            let about = format!("{number} ").repeat(400);
            let fields = json!({"name": format!("Account {number}"), "description": about});
            let created = self.engine.session().create("account", fields);
            created.unwrap().id().unwrap();
        }
    }

    pub(super) fn backup(&self) -> Backup {
        self.engine
            .backup(self.path("backup"), &mut |_| {})
            .unwrap()
    }

    pub(super) fn restore(&self, options: &RestoreOptions) -> Result<Restored> {
        let to = self.path("copy");
        fs::remove_dir_all(&to).ok();
        restore(self.path("backup"), to, options, &mut |_| {})
    }

    /// What the restored store says of itself.
    pub(super) fn restored(&self, options: &RestoreOptions) -> Checked {
        self.restore(options).unwrap();
        let engine = Engine::open(self.path("copy")).unwrap();
        let checked = engine.check().unwrap();
        engine.close().unwrap();
        checked
    }

    pub(super) fn names(&self) -> Vec<String> {
        names(self.folder.path())
    }
}

pub(super) fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn upto(position: Position) -> RestoreOptions {
    RestoreOptions::default().until(position)
}

#[test]
fn a_restored_store_is_the_one_that_was_backed_up_and_goes_on() {
    let place = Place::new();
    place.fill(0, 120);
    let backup = place.backup();
    assert_eq!(backup.position, place.engine.position());
    let before = place.engine.check().unwrap();
    assert_eq!(place.restored(&RestoreOptions::default()), before);
    assert!(before.ok);

    let engine = Engine::open(place.path("copy")).unwrap();
    assert_eq!(engine.set_aside(), None);
    let created = engine.session().create("account", json!({"name": "new"}));
    created.unwrap().id().unwrap();
    assert!(engine.check().unwrap().ok);
    assert_eq!(place.names(), ["backup", "copy", "crm"]);
}

#[test]
fn a_second_backup_copies_what_is_new_and_keeps_what_is_needed() {
    let place = Place::new();
    place.fill(0, 150);
    let first = place.backup();
    assert_eq!(first.copied, first.bytes);
    place.fill(150, 10);
    let second = place.backup();
    assert!(
        first.files > 2 && second.copied < second.bytes,
        "{second:?}"
    );
    assert_eq!(
        names(&place.path("backup/files")).len() as u64,
        second.files
    );
    let third = place.backup();
    assert_eq!((third.copied, third.entries), (0, second.entries));
    let before = place.engine.check().unwrap();
    assert_eq!(place.restored(&RestoreOptions::default()), before);
}

#[test]
fn a_backup_is_restored_up_to_any_position() {
    let place = Place::new();
    let mut states = Vec::new();
    for number in 0..60 {
        place.fill(number, 1);
        if number % 12 == 0 {
            let checked = place.engine.check().unwrap();
            states.push((place.engine.position(), checked));
        }
    }
    let last = place.backup().position;
    for (position, checked) in states {
        assert_eq!(place.restored(&upto(position)), checked, "at {position}");
        let restored = place.restore(&upto(position)).unwrap();
        assert_eq!((restored.position, restored.of), (position, last));
    }
}

#[test]
fn a_backup_is_restored_up_to_an_instant() {
    let place = Place::new();
    place.fill(0, 10);
    let tenth = place.engine.check().unwrap();
    place.fill(10, 10);
    place.backup();
    let instant = |minutes, seconds| {
        let at = noon() + TimeDelta::minutes(minutes) + TimeDelta::seconds(seconds);
        RestoreOptions::default().until(at)
    };
    assert_eq!(place.restored(&instant(9, 0)), tenth);
    assert_eq!(place.restored(&instant(9, 59)), tenth);
    assert_ne!(place.restored(&instant(10, 0)), tenth);
    for (options, why) in [
        (instant(-1, 0), "the backup begins at position 1"),
        (instant(30, 0), "the backup ends at position"),
        (upto(Position::START), "the backup begins at position 1"),
        (
            upto(Position::from_number(999)),
            "the backup ends at position",
        ),
    ] {
        let error = place.restore(&options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input);
        assert!(error.to_string().contains(why), "{error}");
        assert_eq!(place.names(), ["backup", "crm"], "nothing is left");
    }
}

#[test]
fn writers_go_on_while_a_backup_is_taken() {
    let place = Place::new();
    place.fill(0, 20);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut number = 20;
            while !over.load(Ordering::Relaxed) {
                place.fill(number, 1);
                number += 1;
            }
            number
        });
        for _ in 0..5 {
            let backup = place.backup();
            assert!(place.restored(&RestoreOptions::default()).ok);
            assert!(backup.position <= place.engine.position());
        }
        over.store(true, Ordering::Relaxed);
        assert!(writer.join().unwrap() > 20);
    });
}

#[test]
fn damage_in_any_file_of_a_backup_is_told_by_its_name() {
    let place = Place::new();
    place.fill(0, 40);
    place.backup();
    let files = place.path("backup/files");
    for name in names(&files) {
        let path = files.join(&name);
        let good = fs::read(&path).unwrap();
        let mut flipped = good.clone();
        flipped[good.len() / 2] ^= 1;
        for bad in [Some(flipped), Some(good[1..].to_vec()), None] {
            match bad {
                Some(bytes) => fs::write(&path, bytes).unwrap(),
                None => fs::remove_file(&path).unwrap(),
            }
            let error = verify_backup(place.path("backup"), &mut |_| {}).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Damaged, "{error}");
            assert!(error.to_string().contains(&name), "{error}");
            let restored = place.restore(&RestoreOptions::default());
            if name.contains(".ckpt.") {
                // A whole journal needs none.
                assert!(restored.is_ok());
                fs::remove_dir_all(place.path("copy")).unwrap();
                continue;
            }
            let error = restored.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Damaged, "{error}");
            assert!(error.to_string().contains(&name), "{error}");
            assert_eq!(place.names(), ["backup", "crm"], "nothing is left");
        }
        fs::write(&path, good).unwrap();
    }
    assert!(verify_backup(place.path("backup"), &mut |_| {}).is_ok());
    assert!(place.restored(&RestoreOptions::default()).ok);
}

#[test]
fn a_damaged_manifest_is_no_way_out_of_the_folder() {
    let place = Place::new();
    place.backup();
    let path = place.path("backup/manifest.json");
    let good = fs::read_to_string(&path).unwrap();
    for (what, bad) in [
        (
            "it names no plain files",
            good.replace("0000001.seg", "/../1.seg"),
        ),
        (
            "it names no plain files",
            good.replace("0001.seg", "0001/seg"),
        ),
        ("EOF", good[..good.len() / 2].to_owned()),
        ("format 3", good.replace("\"format\": 1", "\"format\": 3")),
    ] {
        assert_ne!(bad, good);
        fs::write(&path, &bad).unwrap();
        let error = place.restore(&RestoreOptions::default()).unwrap_err();
        assert!(error.to_string().contains(what), "{error}");
    }
}

pub(super) fn refused(result: Result<impl Sized>, why: &str) -> Error {
    let error = result.err().unwrap();
    assert!(error.to_string().contains(why), "{error}");
    error
}

#[test]
fn folders_of_others_are_left_alone() {
    let place = Place::new();
    let other = Place::new();
    place.fill(0, 2);
    other.fill(5, 3);
    let into = |dir: PathBuf| place.engine.backup(dir, &mut |_| {});
    fs::create_dir(place.path("letters")).unwrap();
    fs::write(place.path("letters/letter.txt"), "dear").unwrap();
    refused(into(place.path("letters")), "letter.txt");
    refused(into(place.path("crm")), "lies in");
    refused(into(other.path("crm")), "holds other files");
    assert_eq!(names(&place.path("letters")), ["letter.txt"]);
    other.backup();
    refused(into(other.path("backup")), "of another store");
    assert!(other.restored(&RestoreOptions::default()).ok);

    place.backup();
    let to = place.path("letters");
    let options = RestoreOptions::default();
    refused(
        restore(place.path("backup"), &to, &options, &mut |_| {}),
        "not empty",
    );
    let from = |name: &str| restore(place.path(name), place.path("new"), &options, &mut |_| {});
    refused(from("letters"), "there is no backup in");
    fs::remove_file(place.path("backup/manifest.json")).unwrap();
    refused(from("backup"), "was not finished");
    assert_eq!(place.backup().position, place.engine.position());
    assert!(from("backup").is_ok());
}

#[test]
fn an_older_store_does_not_overwrite_the_backup_of_a_newer_one() {
    let place = Place::new();
    place.fill(0, 5);
    let early = place.engine.position();
    place.fill(5, 5);
    place.backup();
    place.restore(&upto(early)).unwrap();
    let engine = Engine::open(place.path("copy")).unwrap();
    let backup = engine.backup(place.path("backup"), &mut |_| {});
    refused(backup, "commits that this one does not have");
}

#[test]
fn a_restore_that_fails_anywhere_leaves_nothing() {
    let place = Place::new();
    place.fill(0, 40);
    place.backup();
    let (from, to) = (place.path("backup"), place.path("copy"));
    let (mut failures, mut in_a_row) = (0, 0);
    for count in 0.. {
        let disk = Faults::new();
        let call = [Call::Write, Call::Sync][count % 2];
        disk.fail(call, count as u64 / 2, Fault::DiskFull);
        let options = RestoreOptions::default();
        let done = restore_on(Arc::new(disk), (&from, &to), &options, &mut |_| {});
        in_a_row += 1;
        if done.is_err() {
            failures += 1;
            in_a_row = 0;
            assert_eq!(place.names(), ["backup", "crm"], "nothing is left");
        }
        fs::remove_dir_all(&to).ok();
        // Neither a write nor a sync failed that often.
        if in_a_row == 2 {
            break;
        }
    }
    assert!(failures > 4, "{failures} places failed");
}

#[test]
fn a_backup_that_fails_anywhere_leaves_the_one_before_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, to) = (folder.path().join("crm"), folder.path().join("backup"));
    let disk = Faults::new();
    // Nobody else is to meet the faults.
    let options = StoreOptions {
        background: false,
        ..StoreOptions::new(1)
    };
    let faulty = Arc::new(disk.clone());
    let store = EmbeddedBackend::open_on(&dir, &options, faulty, &mut |_| {}).unwrap();
    let store: Arc<dyn Backend> = Arc::new(store);
    let commit = |number: u8| {
        let (key, value) = (vec![number], vec![number; 70_000]);
        let writes = vec![Write::Put { key, value }];
        let at = store.pin();
        let commit = Commit {
            at,
            writes,
            ..Commit::default()
        };
        let position = store.commit(commit).unwrap();
        store.unpin(at);
        position
    };
    let back_up = || take::backup(&store, &no_files, noon(), &to, &mut |_| {});
    let position_of_backup = || {
        let copy = folder.path().join("copy");
        restore(&to, &copy, &RestoreOptions::default(), &mut |_| {}).unwrap();
        let head = EmbeddedBackend::open(&copy, &options).unwrap().head();
        fs::remove_dir_all(copy).unwrap();
        head
    };
    commit(1);
    let mut good = back_up().unwrap().position;
    for (number, call) in (2..).zip([Call::Write, Call::Sync]) {
        let last = commit(number);
        let mut failures = 0;
        let done = loop {
            disk.fail(call, failures, Fault::DiskFull);
            let done = back_up();
            disk.mend();
            if let Ok(done) = done {
                break done;
            }
            // Where only the sync of the last name failed, the new one is there already.
            let found = position_of_backup();
            assert!(found == good || found == last, "{found}");
            failures += 1;
        };
        assert!(failures > 2, "{failures} places failed");
        assert_eq!((done.position, position_of_backup()), (last, last));
        assert_eq!(names(&to.join("files")).len() as u64, done.files);
        good = last;
    }
}

#[test]
fn a_state_is_rebuilt_whatever_became_of_it() {
    let place = Place::new();
    place.fill(0, 30);
    let before = place.engine.check().unwrap();
    let (dir, engine) = (place.path("crm"), place.engine.clone());
    let error = refused(rebuild(&dir, &mut |_| {}), "locked by");
    assert_eq!(error.kind(), ErrorKind::Locked);
    engine.close().unwrap();
    let Place { folder, engine, .. } = place;
    drop(engine);
    fs::write(dir.join("state/db"), "nonsense").unwrap();
    let mut told = Vec::new();
    let position = rebuild(&dir, &mut |progress| told.push(progress)).unwrap();
    assert_eq!(position.get(), before.entries);
    assert!(told.iter().any(|progress| progress.done == before.entries));
    assert_eq!(names(&dir), ["FORMAT", "LOCK", "journal", "state"]);
    let engine = Engine::open(&dir).unwrap();
    assert_eq!(engine.check().unwrap(), before);
    drop(folder);
}

#[test]
fn equal_states_have_equal_checkpoints() {
    let place = Place::new();
    place.fill(0, 30);
    place.backup();
    let write = |engine: &Engine, name: &str| {
        let checkpoint = engine.checkpoint(place.path(name), &mut |_| {}).unwrap();
        assert_eq!(
            fs::metadata(place.path(name)).unwrap().len(),
            checkpoint.bytes
        );
        checkpoint
    };
    place.restore(&RestoreOptions::default()).unwrap();
    let copy = Engine::open(place.path("copy")).unwrap();
    assert_eq!(write(&place.engine, "a.ckpt"), write(&copy, "b.ckpt"));
    let memory = Engine::in_memory().open().unwrap();
    refused(
        memory.checkpoint(place.path("c.ckpt"), &mut |_| {}),
        "does not lie in files",
    );
}

#[test]
fn a_lost_state_is_built_from_a_checkpoint_and_what_came_after_it() {
    let place = Place::new();
    place.fill(0, 30);
    fs::create_dir(place.path("crm/checkpoints")).unwrap();
    let checkpoint = place.path("crm/checkpoints/00000000000000000030.ckpt");
    place.engine.checkpoint(&checkpoint, &mut |_| {}).unwrap();
    place.fill(30, 30);
    let before = place.engine.check().unwrap();
    let (dir, folder) = (place.path("crm"), place.folder);
    place.engine.close().unwrap();
    let reopened = |wanted: u64| {
        let mut most = 0;
        // History is not asked for, so that nothing before the checkpoint is needed.
        let options = StoreOptions {
            rebuild: true,
            keep_history: Retention::None,
            ..StoreOptions::new(1)
        };
        let tell = &mut |progress: Progress| {
            if progress.what == "journal entries read" {
                most = most.max(progress.done);
            }
        };
        let disk = Arc::new(RealDisk);
        let store = EmbeddedBackend::open_on(&dir, &options, disk, tell).unwrap();
        store.close().unwrap();
        assert_eq!(most, wanted, "journal entries read in order to fold them");
        let engine = Engine::open(&dir).unwrap();
        assert_eq!(engine.check().unwrap(), before);
        engine.close().unwrap();
    };
    reopened(0);
    let mut bytes = fs::read(&checkpoint).unwrap();
    let end = bytes.len() - 1;
    bytes[end] ^= 1;
    fs::write(&checkpoint, bytes).unwrap();
    reopened(before.entries);
    drop(folder);
}
