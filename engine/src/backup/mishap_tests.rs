//! Does a backup stay good, whatever befalls the store, the disk, the process or whoever types the paths?
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use super::tests::{Place, names, noon, refused};
use super::*;
use crate::check::Checked;
use crate::error::ErrorKind;
use crate::journal::{Call, Fault, Faults};
use crate::store::{Backend, Commit, EmbeddedBackend, StateEngine, StoreOptions, Write};

/// A store without an engine names none.
pub(super) fn no_files() -> Result<crate::content::Named> {
    Ok(Default::default())
}

fn flip(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

fn whole() -> RestoreOptions {
    RestoreOptions::default()
}

fn verified(place: &Place) -> Result<Backup> {
    verify_backup(place.path("backup"), &mut |_| {})
}

fn into(place: &Place, to: &str) -> Result<Restored> {
    let to = place.folder.path().join(to);
    restore(place.path("backup"), to, &whole(), &mut |_| {})
}

fn checked(dir: &Path) -> Checked {
    let engine = Engine::open(dir).unwrap();
    let checked = engine.check().unwrap();
    engine.close().unwrap();
    checked
}

#[test]
fn a_damaged_journal_does_not_take_the_place_of_a_good_copy() {
    let place = Place::new();
    place.fill(0, 120);
    let before = place.engine.check().unwrap();
    place.backup();
    let kept = names(&place.path("backup/files"));
    let journal = place.path("crm/journal");
    let segments = names(&journal);
    assert!(segments.len() > 2);
    flip(&journal.join(&segments[0]));
    place.fill(120, 1);
    let error = refused(
        place.engine.backup(place.path("backup"), &mut |_| {}),
        &segments[0],
    );
    assert_eq!(error.kind(), ErrorKind::Damaged);
    let now = names(&place.path("backup/files"));
    assert!(kept.iter().all(|name| now.contains(name)));
    assert!(verified(&place).is_ok());
    assert_eq!(place.restored(&whole()), before);
    flip(&journal.join(&segments[0]));
    let files = place.backup().files;
    assert_eq!(names(&place.path("backup/files")).len() as u64, files);
}

#[test]
fn what_rotted_in_a_backup_is_found_and_copied_again() {
    let place = Place::new();
    place.fill(0, 60);
    let first = place.backup();
    assert_eq!(
        verified(&place).unwrap(),
        Backup {
            copied: 0,
            ..first.clone()
        }
    );
    let files = place.path("backup/files");
    for name in names(&files) {
        flip(&files.join(&name));
        refused(verified(&place), &name);
        assert!(place.backup().copied > 0);
        assert!(verified(&place).is_ok());
    }
    assert!(place.restored(&whole()).ok);
}

#[test]
fn a_verification_waits_for_no_backup() {
    let place = Place::new();
    refused(verified(&place), "there is no backup");
    place.backup();
    let mark = File::open(place.path("backup/BACKUP")).unwrap();
    mark.try_lock().unwrap();
    let error = refused(verified(&place), "another backup");
    assert_eq!(error.kind(), ErrorKind::Locked);
}

#[test]
fn a_second_restore_leaves_the_first_alone() {
    let place = Place::new();
    place.fill(0, 3);
    place.backup();
    fs::create_dir_all(place.path("copy.restoring/store/journal")).unwrap();
    let mark = File::create(place.path("copy.restoring/RESTORING")).unwrap();
    mark.try_lock().unwrap();
    let error = refused(place.restore(&whole()), "another restore into");
    assert_eq!(error.kind(), ErrorKind::Locked);
    assert!(place.path("copy.restoring/store/journal").exists());
    drop(mark);
    assert!(place.restored(&whole()).ok);
}

#[test]
fn a_killed_restore_is_no_obstacle() {
    let place = Place::new();
    place.fill(0, 3);
    place.backup();
    fs::create_dir_all(place.path("copy.restoring/store/journal")).unwrap();
    refused(place.restore(&whole()), "copy.restoring");
    fs::write(place.path("copy.restoring/RESTORING"), "").unwrap();
    assert!(place.restored(&whole()).ok);
    assert_eq!(place.names(), ["backup", "copy", "crm"]);
}

#[test]
fn a_folder_that_is_there_is_restored_into_and_stays_what_it_was() {
    let place = Place::new();
    place.fill(0, 30);
    let before = place.engine.check().unwrap();
    place.backup();
    let ours = ["FORMAT", "LOCK", "journal", "state"];
    for folder in ["empty", "killed"] {
        fs::create_dir_all(place.path(folder)).unwrap();
    }
    fs::create_dir_all(place.path("killed/restoring/store/journal")).unwrap();
    refused(into(&place, "killed"), "is in the way");
    fs::write(place.path("killed/restoring/RESTORING"), "").unwrap();
    // `.` cannot be renamed, and neither can what something is mounted on.
    for to in ["empty/.", "killed"] {
        into(&place, to).unwrap();
        assert_eq!(names(&place.path(to)), ours);
        assert_eq!(checked(&place.path(to)), before);
    }
    refused(into(&place, "empty"), "not empty");
}

#[cfg(unix)]
#[test]
fn a_link_to_an_empty_folder_leads_there_and_one_to_nothing_is_refused() {
    let place = Place::new();
    place.fill(0, 3);
    place.backup();
    fs::create_dir(place.path("there")).unwrap();
    std::os::unix::fs::symlink(place.path("there"), place.path("link")).unwrap();
    std::os::unix::fs::symlink(place.path("nowhere"), place.path("loose")).unwrap();
    into(&place, "link").unwrap();
    assert!(place.path("link").is_symlink());
    assert!(checked(&place.path("there")).ok);
    refused(into(&place, "loose"), "loose is in the way");
}

#[test]
fn a_backup_and_a_store_do_not_lie_in_each_other() {
    let place = Place::new();
    place.fill(0, 3);
    let inside = place.path("crm/deep/backup");
    refused(place.engine.backup(inside, &mut |_| {}), "lies in");
    assert!(!place.path("crm/deep").exists());
    place.backup();
    refused(into(&place, "backup/copy"), "lies in");
    refused(into(&place, "backup/../backup/files/copy"), "lies in");
    assert_eq!(
        names(&place.path("backup")),
        ["BACKUP", "files", "manifest.json"]
    );
    place.backup();
}

#[test]
fn a_file_is_no_folder_and_a_damaged_manifest_asks_for_another_one() {
    let place = Place::new();
    place.fill(0, 3);
    fs::write(place.path("file"), "text").unwrap();
    let backup = |to: &str| place.engine.backup(place.path(to), &mut |_| {});
    refused(backup("file"), "file is a file and no folder");
    refused(backup("file/deep"), "is a file and no folder");
    place.backup();
    refused(into(&place, "file"), "file is a file and no folder");
    let from_file = restore(
        place.path("file"),
        place.path("copy"),
        &whole(),
        &mut |_| {},
    );
    refused(from_file, "file is a file and no folder");
    fs::write(place.path("backup/manifest.json"), "{").unwrap();
    let error = refused(backup("backup"), "choose another folder for the backup");
    assert_eq!(error.kind(), ErrorKind::Damaged);
    refused(into(&place, "copy"), "use another backup");
}

#[test]
fn a_first_backup_that_was_killed_anywhere_is_no_obstacle() {
    for call in [Call::Create, Call::Write, Call::Sync, Call::Rename] {
        let mut failures = 0;
        for count in 0.. {
            let folder = tempfile::tempdir().unwrap();
            let (dir, to) = (folder.path().join("crm"), folder.path().join("a/b/backup"));
            let disk = Faults::new();
            let options = StoreOptions {
                background: false,
                ..StoreOptions::new(1)
            };
            let faulty = Arc::new(disk.clone());
            let store = EmbeddedBackend::open_on(&dir, &options, faulty, &mut |_| {}).unwrap();
            let store: Arc<dyn Backend> = Arc::new(store);
            let write = Write::Put {
                key: vec![1],
                value: vec![2],
            };
            let commit = Commit {
                at: store.pin(),
                writes: vec![write],
                ..Commit::default()
            };
            store.commit(commit).unwrap();
            disk.stay_broken(true);
            disk.fail(call, count, Fault::Io);
            let done = take::backup(&store, &no_files, noon(), &to, &mut |_| {});
            disk.mend();
            if done.is_ok() {
                break;
            }
            failures += 1;
            take::backup(&store, &no_files, noon(), &to, &mut |_| {}).unwrap();
            assert!(verify_backup(&to, &mut |_| {}).is_ok());
        }
        assert!(failures > 1, "{failures} places failed");
    }
}

#[test]
fn every_new_level_of_a_path_is_made_durable() {
    let place = tempfile::tempdir().unwrap();
    let disk = Faults::new();
    folder::make(&disk, &place.path().join("a/b/c")).unwrap();
    assert_eq!((disk.made(Call::Create), disk.made(Call::Sync)), (3, 3));
    folder::make(&disk, &place.path().join("a/b/c")).unwrap();
    assert_eq!((disk.made(Call::Create), disk.made(Call::Sync)), (3, 3));
}

#[test]
fn a_lost_format_file_is_written_anew_by_a_rebuild() {
    let engines = [
        StateEngine::Sled,
        #[cfg(feature = "redb")]
        StateEngine::Redb,
    ];
    for engine in engines {
        for lost in [None, Some(""), Some("peyvand st")] {
            let folder = tempfile::tempdir().unwrap();
            let dir = folder.path().join("crm");
            let store = Engine::builder(&dir).state_engine(engine).open().unwrap();
            let before = store.check().unwrap();
            store.close().unwrap();
            let format = dir.join("FORMAT");
            let good = fs::read_to_string(&format).unwrap();
            match lost {
                None => fs::remove_file(&format).unwrap(),
                Some(text) => fs::write(&format, text).unwrap(),
            }
            refused(Engine::open(&dir), "rebuild the store");
            rebuild(&dir, &mut |_| {}).unwrap();
            assert_eq!(fs::read_to_string(&format).unwrap(), good);
            assert_eq!(checked(&dir), before);
        }
    }
    let strange = tempfile::tempdir().unwrap();
    fs::create_dir(strange.path().join("journal")).unwrap();
    assert!(rebuild(strange.path(), &mut |_| {}).is_err());
    assert!(!strange.path().join("FORMAT").exists());
    assert!(names(&strange.path().join("journal")).is_empty());
}

#[test]
fn a_store_without_its_journal_asks_for_a_backup() {
    let place = Place::new();
    place.fill(0, 3);
    place.engine.clone().close().unwrap();
    fs::remove_dir_all(place.path("crm/journal")).unwrap();
    let error = refused(Engine::open(place.path("crm")), "holds no journal");
    assert_eq!(error.kind(), ErrorKind::Damaged);
}
