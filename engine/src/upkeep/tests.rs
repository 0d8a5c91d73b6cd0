//! Is what was trimmed gone, said to be, and nothing else?

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::backup::{RestoreOptions, restore};
use crate::context::SeededIds;
use crate::journal::Durability;
use crate::record::RecordId;
use crate::timeline::EventKind;

struct Place {
    folder: TempDir,
}

impl Place {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn open(&self, name: &str, background: bool) -> Engine {
        let builder = Engine::builder(self.path(name))
            .ids(Arc::new(SeededIds::new(5)))
            .durability(Durability::Os)
            .background(background);
        builder.open().unwrap()
    }

    fn segments(&self, ending: &str) -> usize {
        let files = fs::read_dir(self.path("crm").join("journal")).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.ends_with(ending)).count()
    }
}

fn fill(engine: &Engine, count: usize) {
    for number in 0..count {
        let about = format!("{number} ").repeat(400);
        let fields = json!({"name": format!("Account {number}"), "description": about});
        drop(engine.session().create("account", fields).unwrap());
    }
}

/// A store with a record from the beginning, a checkpoint in the middle, and a change after it.
fn trimmed() -> (Place, Engine, RecordId, Position, Trimmed) {
    let folder = tempfile::tempdir().unwrap();
    let place = Place { folder };
    let engine = place.open("crm", false);
    let first = json!({"name": "First", "external_id": "first"});
    drop(engine.session().create("account", first).unwrap());
    let made = engine
        .session()
        .create("account", json!({"name": "Old"}))
        .unwrap();
    fill(&engine, 200);
    let middle = engine.position();
    let refused = engine.trim(middle).unwrap_err();
    assert!(refused.to_string().contains("keep one first"), "{refused}");
    engine.keep_checkpoint(&mut |_| {}).unwrap();
    fill(&engine, 200);
    let id = made.id().unwrap();
    drop(
        engine
            .session()
            .update(id, json!({"industry": "retail"}))
            .unwrap(),
    );
    let refused = engine.trim(engine.position());
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Invalid);
    let first = fs::read_dir(place.path("crm").join("journal")).unwrap();
    let first = first.map(|file| file.unwrap().path()).min().unwrap();
    fs::copy(&first, place.path("first")).unwrap();
    fs::write(place.path("first.name"), first.to_str().unwrap()).unwrap();
    let trimmed = engine.trim(middle).unwrap();
    (place, engine, id, made.position, trimmed)
}

fn check_trimmed(engine: &Engine, id: RecordId, made: Position, oldest: Position) {
    assert!(engine.check().unwrap().ok);
    assert_eq!(engine.oldest().unwrap(), oldest);
    let refused = engine.session().as_of(made).err().unwrap();
    assert!(refused.to_string().contains("the oldest is"), "{refused}");
    let refused = engine.subscriber("slow").unwrap().poll(1).unwrap_err();
    assert!(
        refused
            .to_string()
            .contains(&format!("the oldest is {oldest}"))
    );
    let events = engine.session().timeline(id).unwrap();
    let kinds: Vec<_> = events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::Updated]);
    let changed: Vec<_> = events[0]
        .changes
        .iter()
        .map(|change| change.0.as_str())
        .collect();
    assert_eq!(changed, ["industry"]);
    let last = engine.changes(Position::from_number(engine.position().get() - 1), 1);
    assert_eq!(last.unwrap()[0].records[0].kind, EventKind::Updated);
    let gone = engine
        .session()
        .find("account", "external_id", "first")
        .unwrap();
    let nothing_left = engine.session().timeline(gone.unwrap().id()).unwrap_err();
    assert!(nothing_left.to_string().contains("was trimmed"));
}

#[test]
fn what_was_trimmed_is_gone_and_named_and_everything_else_is_as_before() {
    let (place, engine, id, made, trimmed) = trimmed();
    assert!(trimmed.entries > 50, "{}", trimmed.entries);
    check_trimmed(&engine, id, made, trimmed.oldest);
    engine.close().unwrap();
    let engine = place.open("crm", false);
    check_trimmed(&engine, id, made, trimmed.oldest);
    engine.close().unwrap();
    // The checkpoint and the rest of the journal make the state again.
    fs::remove_dir_all(place.path("crm").join("state")).unwrap();
    let engine = place.open("crm", false);
    assert!(engine.check().unwrap().ok);
    assert_eq!(
        engine.session().get(id).unwrap().to_json()["industry"],
        "retail"
    );
}

#[test]
fn segments_that_are_missing_without_a_note_are_damage() {
    let (place, engine, ..) = trimmed();
    engine.close().unwrap();
    let crm = place.path("crm");
    fs::remove_file(crm.join("TRIMMED")).unwrap();
    let refused = Engine::open(&crm).err().unwrap();
    assert_eq!(refused.kind(), ErrorKind::Damaged);
}

#[test]
fn a_trimmed_store_without_its_checkpoint_says_so() {
    let (place, engine, ..) = trimmed();
    engine.close().unwrap();
    let crm = place.path("crm");
    fs::remove_dir_all(crm.join("checkpoints")).unwrap();
    let engine = place.open("crm", false);
    assert!(
        engine
            .check()
            .unwrap_err()
            .to_string()
            .contains("no good checkpoint")
    );
    engine.close().unwrap();
    fs::remove_dir_all(crm.join("state")).unwrap();
    assert_eq!(Engine::open(&crm).err().unwrap().kind(), ErrorKind::Damaged);
}

#[test]
fn a_trimming_that_was_broken_off_is_ended_by_the_next_open() {
    let (place, engine, id, made, trimmed) = trimmed();
    engine.close().unwrap();
    // The note is there and a segment that it gives up too: as a crash between the two leaves it.
    let first = PathBuf::from(fs::read_to_string(place.path("first.name")).unwrap());
    assert!(!first.exists());
    fs::copy(place.path("first"), &first).unwrap();
    let engine = place.open("crm", false);
    check_trimmed(&engine, id, made, trimmed.oldest);
    assert!(!first.exists());
}

fn restored(place: &Place, until: Option<Position>) -> crate::Result<Engine> {
    let to: &Path = &place.path("copy");
    fs::remove_dir_all(to).ok();
    let options = RestoreOptions {
        until: until.map(Into::into),
        ..RestoreOptions::default()
    };
    restore(place.path("backup"), to, &options, &mut |_| {})?;
    Ok(place.open("copy", false))
}

#[test]
fn a_backup_of_a_trimmed_store_is_restored_whole_and_up_to_a_point() {
    let (place, engine, id, made, trimmed) = trimmed();
    let head = engine.position();
    engine.backup(place.path("backup"), &mut |_| {}).unwrap();
    let again = engine.backup(place.path("backup"), &mut |_| {}).unwrap();
    assert_eq!(again.copied, 0);
    engine.close().unwrap();
    let copy = restored(&place, None).unwrap();
    assert_eq!(copy.position(), head);
    check_trimmed(&copy, id, made, trimmed.oldest);
    copy.close().unwrap();
    let earlier = Position::from_number(head.get() - 3);
    let copy = restored(&place, Some(earlier)).unwrap();
    assert_eq!(copy.position(), earlier);
    assert!(copy.check().unwrap().ok);
    copy.close().unwrap();
    assert!(restored(&place, Some(made)).is_err());
}

#[test]
fn full_segments_are_compressed_in_a_fold_or_a_tick_and_read_the_same() {
    for tick in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let place = Place { folder };
        let engine = place.open("crm", false);
        fill(&engine, 200);
        assert_eq!(place.segments(".segz"), 0);
        match tick {
            true => assert!(engine.tick().unwrap().is_empty()),
            false => engine.inner.backend.fold().unwrap(),
        }
        assert!(place.segments(".segz") > 0);
        assert_eq!(place.segments(".seg"), 1);
        assert!(engine.check().unwrap().ok);
    }
}

#[test]
fn the_pool_compresses_full_segments_while_others_write() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place { folder };
    let engine = place.open("crm", true);
    // However slow the pool is: it comes to its turn while this goes on.
    while place.segments(".segz") == 0 {
        fill(&engine, 50);
    }
    assert!(engine.check().unwrap().ok);
    engine.close().unwrap();
    let engine = place.open("crm", true);
    assert!(engine.check().unwrap().ok);
}

#[test]
fn a_tick_drops_the_history_that_is_older_than_the_retention() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let builder = Engine::builder(folder.path()).background(false);
        let kept = builder.keep_history(crate::store::Retention::Commits(5));
        kept.open().unwrap()
    };
    let engine = open();
    let session = engine.session();
    let made = session.create("account", json!({"name": "Old"})).unwrap();
    for number in 0..9 {
        let change = json!({"name": format!("Name {number}")});
        drop(session.update(made.id().unwrap(), change).unwrap());
    }
    engine.inner.backend.fold().unwrap();
    assert!(engine.tick().unwrap().is_empty());
    let recent = Position::from_number(engine.position().get() - 5);
    let past = session.as_of(recent).unwrap();
    assert_eq!(past.get(made.id().unwrap()).unwrap().title(), "Name 3");
    assert!(session.as_of(made.position).is_err());
    assert!(engine.check().unwrap().ok);
}

#[test]
fn notifications_go_on_after_what_was_trimmed() {
    let (_place, engine, ..) = trimmed();
    let told = engine.notify().unwrap();
    assert!(told.len() == 1 && told[0].contains("trimmed"), "{told:?}");
    assert!(engine.notify().unwrap().is_empty());
}
