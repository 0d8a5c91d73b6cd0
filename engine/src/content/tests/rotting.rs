//! What is lost or damaged is told, healed where there is a good copy, and keeps nothing else from being done.

use super::*;
use crate::backup::{Backup, RestoreOptions, restore, verify_backup};
use crate::store::{Progress, Retention};

fn quiet(_: Progress) {}

/// A store with three documents, and a folder for backups.
struct Office {
    shop: Shop,
    engine: Engine,
    files: [FileRef; 3],
    documents: [RecordId; 3],
}

impl Office {
    fn new() -> Self {
        let shop = Shop::new();
        let engine = shop.open();
        let session = engine.session();
        let texts = ["قرارداد", "فاکتور", "رسید"];
        let files = texts.map(|text| put(&session, &format!("{text}.txt"), text.as_bytes()));
        let documents = [0, 1, 2].map(|at| add(&session, &files[at], &[]));
        Self {
            shop,
            engine,
            files,
            documents,
        }
    }

    fn backup(&self) -> Backup {
        let to = self.shop.path("backup");
        self.engine.backup(to, &mut quiet).unwrap()
    }

    fn verified(&self) -> Result<Backup> {
        verify_backup(self.shop.path("backup"), &mut quiet)
    }

    /// Where the backup has a file.
    fn copy_of(&self, at: usize) -> PathBuf {
        path_of(&self.shop.path("backup").join(FOLDER), &self.files[at].hash)
    }

    fn own(&self, at: usize) -> PathBuf {
        self.shop.path_of(&self.files[at])
    }

    fn hash(&self, at: usize) -> String {
        self.files[at].hash.to_string()
    }
}

/// The same length, other bytes.
fn rot(path: &std::path::Path) {
    let mut bytes = fs::read(path).unwrap();
    bytes[0] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_document_that_rotted_in_a_backup_is_copied_anew_by_the_next() {
    let office = Office::new();
    office.backup();
    rot(&office.copy_of(0));
    fs::remove_file(office.copy_of(1)).unwrap();
    assert!(office.verified().is_err());
    let again = office.backup();
    assert_eq!(again.problems, [] as [String; 0]);
    assert!(again.copied >= office.files[0].size + office.files[1].size);
    assert_eq!(office.verified().unwrap().problems, [] as [String; 0]);
    for at in 0..3 {
        assert_eq!(
            fs::read(office.copy_of(at)).unwrap(),
            fs::read(office.own(at)).unwrap()
        );
    }
}

#[test]
fn a_store_that_lost_documents_is_backed_up_without_them_and_both_say_so() {
    let office = Office::new();
    rot(&office.own(0));
    fs::remove_file(office.own(1)).unwrap();
    let backup = office.backup();
    let manifest = fs::read_to_string(office.shop.path("backup/manifest.json")).unwrap();
    let verified = office.verified().unwrap();
    let options = RestoreOptions::default();
    let copy = office.shop.path("copy");
    let restored = restore(office.shop.path("backup"), &copy, &options, &mut quiet).unwrap();
    for told in [&backup.problems, &verified.problems, &restored.problems] {
        assert_eq!(told.len(), 2, "{told:?}");
        for at in [0, 1] {
            assert!(
                told.iter().any(|line| line.contains(&office.hash(at))),
                "{told:?}"
            );
        }
        assert!(
            told.iter().any(|line| line.contains("it is missing")),
            "{told:?}"
        );
    }
    assert!(manifest.contains("lacking") && manifest.contains(&office.hash(0)));
    assert!(!office.copy_of(0).exists());
    let copy = office.shop.builder("copy").open().unwrap();
    assert_eq!(
        read(&copy.session(), office.documents[2]).unwrap(),
        "رسید".as_bytes()
    );
    assert!(copy.session().get(office.documents[0]).is_ok());
    // Once they are there again, nothing is wrong any longer.
    for (at, text) in ["قرارداد", "فاکتور"].iter().enumerate() {
        assert_eq!(
            put(&office.engine.session(), "f.txt", text.as_bytes()).hash,
            office.files[at].hash
        );
    }
    assert_eq!(office.backup().problems, [] as [String; 0]);
    assert_eq!(office.verified().unwrap().files, backup.files + 2);
}

#[test]
fn a_good_copy_of_what_the_store_has_lost_stays_in_the_backup() {
    let office = Office::new();
    office.backup();
    fs::remove_file(office.own(0)).unwrap();
    fs::write(office.own(1), b"cut").unwrap();
    // And of this one nobody has a good copy any longer.
    rot(&office.own(2));
    rot(&office.copy_of(2));
    for _ in 0..2 {
        let told = office.backup().problems;
        assert_eq!(told.len(), 3, "{told:?}");
        for at in 0..3 {
            assert!(
                told.iter().any(|line| line.contains(&office.hash(at))),
                "{told:?}"
            );
            assert!(office.copy_of(at).exists(), "{at}");
        }
    }
    assert_eq!(office.verified().unwrap().problems.len(), 1);
    let options = RestoreOptions::default();
    let copy = office.shop.path("copy");
    restore(office.shop.path("backup"), copy, &options, &mut quiet).unwrap();
    let copy = office.shop.builder("copy").open().unwrap();
    for (at, text) in ["قرارداد", "فاکتور"].iter().enumerate() {
        assert_eq!(
            read(&copy.session(), office.documents[at]).unwrap(),
            text.as_bytes()
        );
    }
}

#[test]
fn a_damaged_checkpoint_of_a_trimmed_store_stops_a_collection_and_no_erasing() {
    let shop = Shop::new();
    let builder = shop.builder("shop").keep_history(Retention::None);
    let engine = builder.open().unwrap();
    let session = engine.session();
    let person = create(&session, "contact", json!({"name": "زرتشت"}));
    let file = put(&session, "f.txt", b"his secret");
    add(&session, &file, &[person]);
    let account = create(&session, "account", json!({"name": "بیمه آینده"}));
    for _ in 0..40 {
        for text in ["متن ".repeat(2_000), "کوتاه".to_owned()] {
            drop(
                session
                    .update(account, json!({"description": text}))
                    .unwrap(),
            );
        }
    }
    engine.keep_checkpoint(&mut quiet).unwrap();
    assert!(engine.trim(engine.position()).unwrap().entries > 10);
    let checkpoints = fs::read_dir(shop.path("shop/checkpoints")).unwrap();
    let checkpoint = checkpoints.last().unwrap().unwrap().path();
    let mut bytes = fs::read(&checkpoint).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&checkpoint, bytes).unwrap();
    let orphan = put(&session, "o.txt", b"orphan");
    let error = engine.collect_content(TimeDelta::zero()).unwrap_err();
    assert!(error.to_string().contains("is damaged"), "{error}");
    assert!(shop.path_of(&orphan).exists());

    let erased = session.erase([person]).unwrap();
    assert!(!shop.path_of(&file).exists());
    let told = erased.warnings.join("\n");
    assert!(
        told.contains(".ckpt is damaged") && told.contains("peyvand checkpoint"),
        "{told}"
    );
    assert!(!checkpoint.exists());
    engine.keep_checkpoint(&mut quiet).unwrap();
    assert_whole(&engine);
    engine.close().unwrap();
    assert_whole(&shop.open());
}

#[test]
fn checkpoints_that_cannot_be_listed_are_not_taken_for_none() {
    let folder = tempfile::tempdir().unwrap();
    let faults = Faults::new();
    let none = crate::store::kept::all(&faults, &folder.path().join("none"));
    assert_eq!(none.unwrap(), Vec::<PathBuf>::new());
    faults.fail(Call::Read, 0, Fault::Io);
    assert!(crate::store::kept::all(&faults, folder.path()).is_err());
}

#[test]
fn a_file_that_a_commit_holds_while_its_record_is_erased_is_told_of() {
    let shop = Shop::new();
    let engine = shop.open();
    let session = engine.session();
    let person = create(&session, "contact", json!({"name": "زرتشت"}));
    let file = put(&session, "f.txt", b"his secret");
    add(&session, &file, &[person]);
    let mut held = Held::default();
    assert_eq!(engine.inner.content.hold(&mut held, &file).unwrap(), None);
    let erased = session.erase([person]).unwrap();
    assert!(shop.path_of(&file).exists());
    let told = erased.warnings.join("\n");
    assert!(
        told.contains(&file.hash.to_string()) && told.contains("peyvand collect"),
        "{told}"
    );
    drop(held);
    assert_eq!(engine.collect_content(TimeDelta::zero()).unwrap().files, 1);
    assert!(!shop.path_of(&file).exists());
}

#[test]
fn a_file_that_was_held_and_not_named_goes_when_names_are_looked_for_again() {
    let engine = Engine::in_memory().open().unwrap();
    let session = engine.session();
    let content = &engine.inner.content;
    let (held_one, put_again) = (
        put(&session, "a", b"held"),
        put(&session, "b", b"put again"),
    );
    let sweep = content.uses.sweep();
    let mut held = Held::default();
    assert_eq!(content.hold(&mut held, &held_one).unwrap(), None);
    put(&session, "b", b"put again");
    let dropped = |file: &FileRef| {
        let removed = sweep.drop_file(&file.hash, || Ok::<_, ContentError>(()));
        removed.unwrap()
    };
    drop(held);
    assert!(!dropped(&held_one));
    sweep.look_again();
    assert!(dropped(&held_one));
    // Who put it is about to name it, and no commit tells of that.
    assert!(!dropped(&put_again));
}
