//! A directory that cannot be a store says so, names the remedy, and is left as it was.

use std::fs;

use peyvand::{Engine, ErrorKind};
use serde_json::json;

use crate::setting::{create, on_disk};

#[test]
fn a_store_reads_back_what_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("crm");
    let (id, before) = {
        let session = on_disk(&dir);
        let id = create(&session, "account", json!({"name": "شرکت نمونه"}));
        // Dropped, not closed: the state on disk is behind, the journal is not.
        (id, session.engine().check().unwrap())
    };
    let session = on_disk(&dir);
    assert_eq!(session.get(id).unwrap().title(), "شرکت نمونه");
    assert_eq!(session.engine().check().unwrap(), before);
    session.engine().clone().close().unwrap();
    drop(session);
    fs::remove_dir_all(dir.join("state")).unwrap();
    let session = on_disk(&dir);
    assert_eq!(
        session.engine().check().unwrap(),
        before,
        "losing the state loses nothing"
    );
}

#[test]
fn a_file_is_no_directory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crm");
    fs::write(&path, "not a store").unwrap();
    let error = Engine::open(&path).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Store);
    assert!(error.to_string().contains("is not a directory"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "not a store");
}

#[test]
fn a_directory_of_others_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("letter.txt"), "dear").unwrap();
    let error = Engine::open(folder.path()).err().unwrap();
    assert!(error.to_string().contains("letter.txt"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_second_process_is_told_who_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("crm");
    let session = on_disk(&dir);
    let error = Engine::open(&dir).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Locked);
    assert!(
        error
            .to_string()
            .contains(&format!("process {}", std::process::id())),
        "{error}"
    );
    create(&session, "account", json!({"name": "still works"}));
}

#[test]
fn what_is_missing_is_not_made_by_who_only_reads() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("crn");
    let error = Engine::builder(&dir).create(false).open().err().unwrap();
    assert!(
        error.to_string().contains("there is no store in"),
        "{error}"
    );
    assert!(!dir.exists());
}

#[cfg(unix)]
#[test]
fn a_directory_that_cannot_be_written_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let parent = folder.path().join("sealed");
    fs::create_dir(&parent).unwrap();
    fs::set_permissions(&parent, fs::Permissions::from_mode(0o555)).unwrap();
    // Root may write everywhere; a folder that no user can write stands in for it.
    let dir = if fs::write(parent.join("probe"), "").is_ok() {
        std::path::PathBuf::from("/proc/peyvand")
    } else {
        parent.join("crm")
    };
    let error = Engine::open(&dir).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Store, "{error}");
    assert!(
        error.to_string().contains(&dir.display().to_string()),
        "{error}"
    );
}
