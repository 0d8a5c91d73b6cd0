//! Files that are named stay, through everything; others go when they may.

use super::*;
use crate::backup::{RestoreOptions, restore, verify_backup};
use crate::schema::{Field, FieldKind, SchemaChange};
use crate::store::Progress;

fn quiet(_: Progress) {}

#[test]
fn what_was_put_is_read_again_on_disk_and_in_memory() {
    let shop = Shop::new();
    for engine in [shop.open(), Engine::in_memory().open().unwrap()] {
        let session = engine.session();
        for (name, bytes) in [("بلند.bin", long(1)), ("کوتاه.txt", "سلام".into())] {
            let file = put(&session, name, &bytes);
            assert_eq!(file.hash.as_bytes(), blake3::hash(&bytes).as_bytes());
            assert_eq!((file.size, file.name.as_str()), (bytes.len() as u64, name));
            let id = add(&session, &file, &[]);
            assert_eq!(read(&session, id).unwrap(), bytes);
            let stored = session.get(id).unwrap();
            assert_eq!(stored.to_json()["file"], file.to_json());
            assert_eq!(
                (stored.title().as_str(), stored.get("version")),
                (name, Some(&Value::Integer(1)))
            );
        }
        assert_whole(&engine);
    }
    let engine = shop.open();
    assert_eq!(engine.check().unwrap().files, 2);
}

#[test]
fn bytes_that_are_there_already_are_not_stored_twice() {
    let shop = Shop::new();
    let engine = shop.open();
    let session = engine.session();
    let (one, other) = (
        put(&session, "a.txt", b"same"),
        put(&session, "b.csv", b"same"),
    );
    assert_eq!((one.hash, shop.files().len()), (other.hash, 1));
    assert_eq!(
        (one.media_type.as_str(), other.media_type.as_str()),
        ("text/plain", "text/csv")
    );
    let (one, other) = (add(&session, &one, &[]), add(&session, &other, &[]));
    assert_eq!(read(&session, one).unwrap(), read(&session, other).unwrap());
}

#[test]
fn a_new_version_keeps_the_one_before_and_the_past_has_its_own() {
    let shop = Shop::new();
    let engine = shop.open();
    let session = engine.session();
    let account = create(&session, "account", json!({"name": "بیمه آینده"}));
    let id = add(
        &session,
        &put(&session, "قرارداد.txt", b"first"),
        &[account],
    );
    let then = engine.position();
    let second = put(&session, "قرارداد ۲.txt", b"second");
    drop(session.add_version(id, &second, Some("امضا شد")).unwrap());
    let versions = session.versions(id).unwrap();
    let of = |at: usize| read(&session, versions[at].id()).unwrap();
    assert_eq!(
        (versions.len(), of(0), of(1)),
        (2, b"first".to_vec(), b"second".to_vec())
    );
    assert_eq!(versions[1].text("note"), Some("امضا شد"));
    assert_eq!(read(&session, id).unwrap(), b"second");
    let past = session.as_of(then).unwrap();
    let mut bytes = Vec::new();
    past.open_file(id, "file")
        .unwrap()
        .read_to_end(&mut bytes)
        .unwrap();
    assert_eq!(bytes, b"first");
    let now = session.get(id).unwrap();
    assert_eq!(
        (now.get("version"), now.get("versions")),
        (Some(&Value::Integer(2)), Some(&Value::Integer(2)))
    );
}

#[test]
fn a_document_may_belong_to_records_of_any_object_and_goes_and_comes_with_them() {
    let engine = Engine::in_memory().open().unwrap();
    let session = engine.session();
    let fields = vec![
        Field::new("name", FieldKind::Text),
        Field::new("scan", FieldKind::File),
    ];
    let meter = SchemaChange::CreateObject {
        name: "meter".to_owned(),
        prefix: "mtr".to_owned(),
        label: Default::default(),
        fields,
        key: None,
    };
    drop(session.change_schema([meter]).unwrap());
    let scan = put(&session, "کنتور.png", b"\x89PNG\r\n\x1a\nmeter");
    let meter = create(
        &session,
        "meter",
        json!({"name": "m1", "scan": scan.to_json()}),
    );
    let mut bytes = Vec::new();
    session
        .open_file(meter, "scan")
        .unwrap()
        .read_to_end(&mut bytes)
        .unwrap();
    assert!(bytes.ends_with(b"meter"));
    let contact = create(&session, "contact", json!({"name": "مریم کریمی"}));
    let id = add(&session, &scan, &[meter, contact]);
    let attached = |count| {
        let document = session.get(id).unwrap();
        assert_eq!(document.get("attached"), Some(&Value::Integer(count)));
    };
    attached(2);
    drop(session.delete(meter).unwrap());
    attached(1);
    drop(session.restore(meter).unwrap());
    attached(2);
    assert_whole(&engine);
}

#[test]
fn a_file_that_nothing_names_goes_once_it_is_old_enough() {
    let shop = Shop::new();
    let engine = shop.open();
    let session = engine.session();
    let week = TimeDelta::days(7);
    let named = add(&session, &put(&session, "n.txt", b"named"), &[]);
    let binned = add(&session, &put(&session, "b.txt", b"binned"), &[]);
    drop(session.delete(binned).unwrap());
    // Only the journal still tells of the first file of this one.
    let changed = add(&session, &put(&session, "c.txt", b"before"), &[]);
    drop(
        session
            .add_version(changed, &put(&session, "c.txt", b"after"), None)
            .unwrap(),
    );
    let orphan = put(&session, "o.txt", b"orphan");
    let collected = |files, waiting| {
        let done = engine.collect_content(week).unwrap();
        assert_eq!((done.files, done.waiting), (files, waiting));
    };
    collected(0, 1);
    shop.later(6);
    collected(0, 1);
    // Put again: somebody may be about to name it.
    put(&session, "again.txt", b"orphan");
    shop.later(2);
    collected(0, 1);
    shop.later(6);
    assert!(shop.path_of(&orphan).exists());
    collected(1, 0);
    assert!(!shop.path_of(&orphan).exists());
    assert_eq!(read(&session, named).unwrap(), b"named");
    assert_eq!(shop.files().len(), 4);
    assert_whole(&engine);
    drop(session.restore(binned).unwrap());
    assert_eq!(read(&session, binned).unwrap(), b"binned");
    // Who puts it now finds it gone and stores it anew.
    let again = put(&session, "o.txt", b"orphan");
    let again = add(&session, &again, &[]);
    assert_eq!(read(&session, again).unwrap(), b"orphan");
}

#[test]
fn how_old_an_orphan_is_survives_the_process() {
    let shop = Shop::new();
    let engine = shop.open();
    put(&engine.session(), "o.txt", b"orphan");
    let week = TimeDelta::days(7);
    assert_eq!(engine.collect_content(week).unwrap().waiting, 1);
    engine.close().unwrap();
    shop.later(7);
    let engine = shop.open();
    assert_eq!(engine.collect_content(week).unwrap().files, 1);
    assert_eq!(shop.files(), Vec::<String>::new());
}

#[test]
fn a_trimmed_journal_lets_files_go_and_keeps_those_that_are_named() {
    let shop = Shop::new();
    let engine = shop
        .builder("shop")
        .keep_history(crate::store::Retention::None)
        .open()
        .unwrap();
    let session = engine.session();
    let id = create(
        &session,
        "document",
        json!({"title": "t", "file": put(&session, "f", b"one").to_json()}),
    );
    let kept = add(&session, &put(&session, "k", b"kept"), &[]);
    drop(
        session
            .update(
                id,
                json!({"file": put(&session, "f", b"two").to_json(), "version": 2}),
            )
            .unwrap(),
    );
    // Segments are trimmed whole.
    for _ in 0..40 {
        let text = "متن ".repeat(2_000);
        drop(session.update(kept, json!({"description": text})).unwrap());
        drop(
            session
                .update(kept, json!({"description": "کوتاه"}))
                .unwrap(),
        );
    }
    engine.keep_checkpoint(&mut quiet).unwrap();
    let trimmed = engine.trim(engine.position()).unwrap();
    assert!(trimmed.entries > 10, "{trimmed:?}");
    let done = engine.collect_content(TimeDelta::zero()).unwrap();
    assert_eq!((done.files, done.bytes, done.waiting), (1, 3, 0));
    assert_eq!(
        (read(&session, id).unwrap(), read(&session, kept).unwrap()),
        (b"two".to_vec(), b"kept".to_vec())
    );
    assert_whole(&engine);
}

#[test]
fn a_file_is_not_dropped_under_a_commit_that_names_it() {
    let engine = Engine::in_memory().open().unwrap();
    let session = engine.session();
    let content = &engine.inner.content;
    let file = put(&session, "f.txt", b"bytes");
    let sweep = content.uses.sweep();
    let mut held = Held::default();
    assert_eq!(content.hold(&mut held, &file).unwrap(), None);
    let dropped = || {
        sweep
            .drop_file(&file.hash, || Ok::<_, ContentError>(()))
            .unwrap()
    };
    assert!(!dropped());
    // Committed and let go: who looked for names before does not know of it.
    drop(held);
    assert!(!dropped());
    drop(sweep);
    let sweep = content.uses.sweep();
    assert!(
        sweep
            .drop_file(&file.hash, || Ok::<_, ContentError>(()))
            .unwrap()
    );
}

#[test]
fn erasing_a_record_takes_the_files_that_it_alone_names_with_all_versions() {
    let shop = Shop::new();
    let engine = shop.open();
    let session = engine.session();
    let person = create(&session, "contact", json!({"name": "زرتشت"}));
    let other = create(&session, "contact", json!({"name": "مریم"}));
    let text = |text: &str| put(&session, "f.txt", text.as_bytes());
    let theirs = [text("their first"), text("their second")];
    let shared = text("shared");
    let document = add(&session, &theirs[0], &[person]);
    drop(session.add_version(document, &theirs[1], None).unwrap());
    let both = add(&session, &text("of both"), &[person, other]);
    let same = add(&session, &shared, &[person]);
    let again = add(&session, &shared, &[other]);
    engine.keep_checkpoint(&mut quiet).unwrap();
    // A document that was thrown away before still is his.
    let thrown = text("thrown away");
    let binned = add(&session, &thrown, &[person]);
    drop(session.delete(binned).unwrap());
    let erased = session.erase([person]).unwrap();
    assert!(
        erased.ids.contains(&document)
            && erased.ids.contains(&same)
            && erased.ids.contains(&binned)
    );
    assert!(!erased.ids.contains(&both));
    for file in theirs.iter().chain([&thrown]) {
        assert!(!shop.path_of(file).exists(), "{file:?}");
    }
    assert_eq!(read(&session, again).unwrap(), b"shared");
    assert_eq!(read(&session, both).unwrap(), b"of both");
    assert_whole(&engine);
    engine.close().unwrap();
    assert_whole(&shop.open());
}

#[test]
fn a_restore_of_an_older_backup_erases_the_files_again() {
    let shop = Shop::new();
    let engine = shop.open();
    let session = engine.session();
    let person = create(&session, "contact", json!({"name": "زرتشت"}));
    add(&session, &put(&session, "f.txt", b"his secret"), &[person]);
    engine.backup(shop.path("backup"), &mut quiet).unwrap();
    session.erase([person]).unwrap();
    let register = shop.path("shop").join("ERASED");
    let options = RestoreOptions::default().erased(register);
    restore(shop.path("backup"), shop.path("copy"), &options, &mut quiet).unwrap();
    let copy = shop.builder("copy").open().unwrap();
    let checked = copy.check().unwrap();
    assert!(checked.ok && checked.files == 0, "{checked:?}");
    // The next backup does not have them either.
    engine.backup(shop.path("backup"), &mut quiet).unwrap();
    let left = fs::read_dir(shop.path("backup").join(FOLDER)).unwrap();
    for shard in left {
        assert_eq!(fs::read_dir(shard.unwrap().path()).unwrap().count(), 0);
    }
}

#[test]
fn a_backup_has_every_file_once_and_a_restore_gives_all_of_them() {
    let shop = Shop::new();
    let engine = shop.open();
    let session = engine.session();
    let backup = shop.path("backup");
    // One without files can be read by versions that knew of none.
    engine.backup(&backup, &mut quiet).unwrap();
    let manifest = || fs::read_to_string(backup.join("manifest.json")).unwrap();
    assert!(manifest().contains("\"format\": 1"));
    let id = add(&session, &put(&session, "بلند.bin", &long(1)), &[]);
    let first = engine.backup(&backup, &mut quiet).unwrap();
    assert!(manifest().contains("\"format\": 2"));
    assert!(first.copied > long(1).len() as u64 && first.bytes > first.copied / 2);
    let short = add(&session, &put(&session, "کوتاه.txt", b"short"), &[]);
    let second = engine.backup(&backup, &mut quiet).unwrap();
    assert!(second.copied < long(1).len() as u64, "{second:?}");
    assert_eq!(second.files, first.files + 1);
    let verified = verify_backup(&backup, &mut quiet).unwrap();
    assert_eq!(
        (verified.files, verified.bytes),
        (second.files, second.bytes)
    );
    let options = RestoreOptions::default();
    restore(&backup, shop.path("copy"), &options, &mut quiet).unwrap();
    let copy = shop.builder("copy").open().unwrap();
    assert_eq!(read(&copy.session(), id).unwrap(), long(1));
    assert_eq!(read(&copy.session(), short).unwrap(), b"short");
    assert_whole(&copy);
}

#[test]
fn a_damaged_file_in_a_backup_is_named_and_nothing_is_restored() {
    let shop = Shop::new();
    let engine = shop.open();
    let session = engine.session();
    let file = put(&session, "f.txt", b"whole");
    add(&session, &file, &[]);
    let backup = shop.path("backup");
    engine.backup(&backup, &mut quiet).unwrap();
    let path = path_of(&backup.join(FOLDER), &file.hash);
    fs::write(&path, b"Whole").unwrap();
    let error = verify_backup(&backup, &mut quiet).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Damaged);
    assert!(
        error.to_string().contains(&path.display().to_string()),
        "{error}"
    );
    let options = RestoreOptions::default();
    let error = restore(&backup, shop.path("copy"), &options, &mut quiet).unwrap_err();
    assert!(
        error.to_string().contains(&path.display().to_string()),
        "{error}"
    );
    assert!(!shop.path("copy").exists());
    fs::remove_file(&path).unwrap();
    let error = verify_backup(&backup, &mut quiet).unwrap_err();
    assert!(error.to_string().contains("it is missing"), "{error}");
}

#[test]
fn check_names_what_is_missing_or_damaged_and_who_uses_it_and_putting_it_again_heals() {
    let shop = Shop::new();
    let engine = shop.open();
    let session = engine.session();
    let (lost, hurt, old) = (
        put(&session, "گم.txt", b"lost"),
        put(&session, "خراب.txt", b"hurt"),
        put(&session, "پیشین.txt", b"earlier"),
    );
    let losing = add(&session, &lost, &[]);
    let hurting = add(&session, &hurt, &[]);
    let plain = create(
        &session,
        "document",
        json!({"title": "t", "file": old.to_json()}),
    );
    drop(
        session
            .update(plain, json!({"file": null, "version": 2}))
            .unwrap(),
    );
    fs::remove_file(shop.path_of(&lost)).unwrap();
    fs::remove_file(shop.path_of(&old)).unwrap();
    fs::write(shop.path_of(&hurt), b"Hurt").unwrap();
    let checked = engine.check().unwrap();
    assert!(!checked.ok && !checked.files_ok && checked.rollups_ok);
    let told = |file: &FileRef, id: RecordId, what: &str| {
        let all = [
            file.name.clone(),
            file.hash.to_string(),
            id.to_string(),
            what.to_owned(),
        ];
        let found = checked
            .problems
            .iter()
            .any(|line| all.iter().all(|part| line.contains(part)));
        assert!(found, "{what}: {:?}", checked.problems);
    };
    told(&lost, losing, "is missing");
    told(&hurt, hurting, "is damaged");
    told(&old, plain, "(as it was)");
    assert_eq!(checked.problems.len(), 3);
    let error = session.open_file(losing, "file").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Damaged);
    assert!(error.to_string().contains("'گم.txt' is missing"), "{error}");
    let error = read(&session, hurting).unwrap_err();
    assert!(
        error.to_string().contains("'خراب.txt' is damaged"),
        "{error}"
    );
    for (name, bytes) in [("a", b"lost".as_slice()), ("b", b"hurt"), ("c", b"earlier")] {
        put(&session, name, bytes);
    }
    assert_whole(&engine);
    assert_eq!(read(&session, hurting).unwrap(), b"hurt");
}
