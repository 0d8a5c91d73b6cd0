//! What is refused, is cut or fails leaves nothing behind, and everything else goes on.

use super::*;

fn refused(session: &Session, name: &str, declared: Option<&str>, bytes: &[u8]) -> Error {
    session.put_file(name, declared, &mut &*bytes).unwrap_err()
}

#[test]
fn what_may_not_be_stored_is_told_why_and_leaves_nothing() {
    let shop = Shop::new();
    let rules = ContentRules::default().largest(3 << 20);
    let engine = shop.builder("shop").content(rules).open().unwrap();
    let session = engine.session();
    let bomb = super::super::archive::fake(&[("zeros", 10 << 40)]);
    let large = vec![b'a'; (3 << 20) + 1];
    let word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    let empty_zip = super::super::archive::fake(&[("a.txt", 3)]);
    for (name, declared, bytes, said) in [
        ("a/b.txt", None, b"text".as_slice(), "no '/'"),
        ("a.txt", Some("text"), b"text", "'text' is not a media type"),
        ("a.txt", None, b"", "has no bytes"),
        (
            "a.pdf",
            Some("Application/PDF; v=1"),
            b"\x89PNG\r\n\x1a\n",
            "'a.pdf' says it is application/pdf but is image/png",
        ),
        ("a.docx", Some(word), &empty_zip, "but is application/zip"),
        (
            "a.exe",
            None,
            b"MZ\x90\0\x03",
            "is application/x-msdownload, and such files are not taken",
        ),
        ("a.zip", None, &bomb, "would unpack to 10995116277760"),
        ("a.txt", None, &large, "has more than 3145728 bytes"),
    ] {
        let error = refused(&session, name, declared, bytes);
        assert_eq!(error.kind(), ErrorKind::Input, "{error}");
        assert!(error.to_string().contains(said), "{error}");
        assert_eq!(shop.files(), Vec::<String>::new());
    }
    let fine = put(&session, "a.txt", &large[1..]);
    assert_eq!(fine.size, 3 << 20);
}

#[test]
fn what_is_made_of_an_archive_is_known_by_what_is_in_it() {
    let engine = Engine::in_memory().open().unwrap();
    let book = super::super::archive::fake(&[("[Content_Types].xml", 1), ("xl/workbook.xml", 2)]);
    let file = put(&engine.session(), "مشتریان.xlsx", &book);
    assert!(file.media_type.ends_with("spreadsheetml.sheet"), "{file:?}");
}

/// Gives so many bytes, then fails.
struct Cut(usize);

impl Read for Cut {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.0.min(into.len());
        if count == 0 {
            return Err(io::Error::new(
                io::ErrorKind::ConnectionReset,
                "the line is dead",
            ));
        }
        into[..count].fill(b'a');
        self.0 -= count;
        Ok(count)
    }
}

#[test]
fn an_upload_that_is_cut_anywhere_leaves_nothing() {
    let shop = Shop::new();
    let engine = shop.open();
    let piece = super::super::place::PIECE;
    for after in [0, 1, piece - 1, piece, piece + 1, 2 * piece] {
        let cut = engine
            .session()
            .put_file("f.txt", None, &mut Cut(after))
            .unwrap_err();
        assert_eq!(cut.kind(), ErrorKind::Input);
        assert!(cut.to_string().contains("the line is dead"), "{cut}");
        assert!(cut.remedy().unwrap().contains("again"));
        assert_eq!(shop.files(), Vec::<String>::new());
    }
}

#[test]
fn a_full_disk_is_said_and_the_engine_goes_on() {
    let shop = Shop::new();
    let engine = shop.open();
    let session = engine.session();
    shop.faults.fill_after(1 << 20);
    let error = refused(&session, "f.bin", None, &long(1));
    assert_eq!(error.kind(), ErrorKind::Store);
    assert!(error.to_string().contains("no space is left"), "{error}");
    shop.faults.mend();
    assert_eq!(shop.files(), Vec::<String>::new());
    create(&session, "account", json!({"name": "پس از پر شدن دیسک"}));
    let id = add(&session, &put(&session, "f.bin", &long(1)), &[]);
    assert_eq!(read(&session, id).unwrap(), long(1));
    assert_whole(&engine);
}

#[test]
fn an_upload_during_which_any_call_to_the_disk_fails_is_repeated_and_good() {
    let mut failed = 0;
    for call in [Call::Create, Call::Write, Call::Sync, Call::Rename] {
        for more in 0..8 {
            let shop = Shop::new();
            let engine = shop.open();
            let session = engine.session();
            for fault in [Fault::Io, Fault::Torn(100)] {
                let before = shop.faults.failed();
                shop.faults.fail(call, more, fault);
                let done = session.put_file("f.bin", None, &mut &*long(more));
                assert_eq!(
                    done.is_err(),
                    shop.faults.failed() > before,
                    "{call:?} {more}"
                );
                shop.faults.mend();
                failed += u32::from(done.is_err());
                // A commit is none of its business.
                create(&session, "account", json!({"name": "برقرار"}));
            }
            let id = add(&session, &put(&session, "f.bin", &long(more)), &[]);
            assert_eq!(
                (read(&session, id).unwrap(), shop.files().len()),
                (long(more), 1)
            );
            engine.close().unwrap();
            assert_whole(&shop.open());
        }
    }
    assert!(failed > 10, "{failed} uploads failed");
}

#[test]
fn what_a_killed_process_left_of_an_upload_is_removed_at_open() {
    let shop = Shop::new();
    let engine = shop.open();
    add(
        &engine.session(),
        &put(&engine.session(), "f.txt", b"kept"),
        &[],
    );
    engine.close().unwrap();
    fs::write(shop.content().join("upload-4711-0"), b"half of it").unwrap();
    let engine = shop.open();
    assert_eq!(shop.files().len(), 1);
    assert_whole(&engine);
}

#[test]
fn a_record_names_only_files_that_are_there_and_what_they_are() {
    let engine = Engine::in_memory().open().unwrap();
    let session = engine.session();
    let file = put(&session, "f.txt", b"some text");
    let with = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut json = file.to_json();
        change(&mut json);
        let error = session
            .create("document", json!({"title": "t", "file": json}))
            .unwrap_err();
        let failure = error.failures()[0].clone();
        assert_eq!(failure.field.as_deref(), Some("file"));
        (failure.code, failure.message)
    };
    let zeros = "0".repeat(64);
    assert_eq!(
        with(&|json| json["hash"] = zeros.clone().into()).0,
        "unknown-file"
    );
    assert_eq!(with(&|json| json["size"] = 8.into()).0, "file-size");
    assert_eq!(
        with(&|json| json["media_type"] = "application/pdf".into()).0,
        "file-type"
    );
    for (part, wrong) in [
        ("name", json!("../f")),
        ("hash", json!("f")),
        ("size", json!(-1)),
        ("media_type", json!("x")),
        ("more", json!(1)),
    ] {
        assert_eq!(
            with(&|json| json[part] = wrong.clone()).0,
            "wrong-type",
            "{part}"
        );
    }
    assert_eq!(with(&|json| *json = json!("f.txt")).0, "wrong-type");
    // As text, which is how a row of a file has it.
    let text = file.to_json().to_string();
    create(&session, "document", json!({"title": "t", "file": text}));
}

#[test]
fn a_file_is_not_replaced_without_a_version_and_a_version_not_at_all() {
    let engine = Engine::in_memory().open().unwrap();
    let session = engine.session();
    let (one, two) = (
        put(&session, "1.txt", b"one"),
        put(&session, "2.txt", b"two"),
    );
    let id = add(&session, &one, &[]);
    let version = session.versions(id).unwrap()[0].id();
    for (of, fields) in [
        (id, json!({"file": two.to_json()})),
        (version, json!({"file": two.to_json()})),
        (version, json!({"number": 7})),
    ] {
        let error = session.update(of, fields).unwrap_err();
        assert_eq!(
            (error.kind(), error.failures()[0].code.as_str()),
            (ErrorKind::Refused, "version")
        );
    }
    drop(session.add_version(id, &two, None).unwrap());
    let error = session.update(id, json!({"version": 1})).unwrap_err();
    assert!(error.to_string().contains("count up"), "{error}");
    drop(session.update(id, json!({"title": "عنوان دیگر"})).unwrap());
    drop(session.update(version, json!({"note": "یادداشت"})).unwrap());
    // One that was made by hand gets its first version with the second.
    let plain = create(
        &session,
        "document",
        json!({"title": "t", "file": one.to_json()}),
    );
    drop(session.add_version(plain, &two, None).unwrap());
    assert_eq!(session.versions(plain).unwrap().len(), 2);
    let account = create(&session, "account", json!({"name": "n"}));
    assert!(session.add_version(account, &two, None).is_err());
}

#[test]
fn the_door_to_a_file_is_a_record_that_has_it() {
    let engine = Engine::in_memory().open().unwrap();
    let session = engine.session();
    let id = add(&session, &put(&session, "f.txt", b"text"), &[]);
    let said = |id: RecordId, field: &str| session.open_file(id, field).unwrap_err().to_string();
    assert!(said(id, "fil").contains("did you mean 'file'"));
    assert!(said(id, "title").contains("is a text field"));
    assert!(said(id, "description").contains("is empty"));
    drop(session.delete(id).unwrap());
    assert!(said(id, "file").contains("is in the bin"));
    engine.clone().close().unwrap();
    assert!(session.put_file("f.txt", None, &mut &b"late"[..]).is_err());
}

#[test]
fn several_who_put_the_same_at_once_have_it_once() {
    let shop = Shop::new();
    let engine = shop.open();
    let bytes = long(5);
    std::thread::scope(|scope| {
        for number in 0..4 {
            let (session, bytes) = (engine.session(), &bytes);
            scope.spawn(move || {
                let file = put(&session, &format!("{number}.bin"), bytes);
                let request = json!({"title": number.to_string(), "file": file.to_json()});
                drop(
                    session
                        .commit([Request::create("document", request)])
                        .unwrap(),
                );
            });
        }
    });
    let hash: ContentHash = blake3::hash(&bytes).to_hex().parse().unwrap();
    assert_eq!(shop.files().len(), 1);
    assert!(path_of(&shop.content(), &hash).exists());
    assert_whole(&engine);
}

#[test]
fn a_document_whose_name_promises_another_type_than_its_bytes_have_is_warned_of() {
    let engine = Engine::in_memory().open().unwrap();
    let session = engine.session();
    let added = |name: &str, bytes: &[u8]| {
        let file = session.put_file(name, None, &mut &*bytes).unwrap();
        session.add_document(&file, json!({}), &[]).unwrap()
    };
    let committed = added("contract.PDF", b"MOV AX, 1");
    assert!(
        committed.warnings.len() == 1 && committed.warnings[0].contains("text/plain"),
        "{:?}",
        committed.warnings
    );
    for (name, bytes) in [
        ("contract.pdf", b"%PDF-1.7".as_slice()),
        ("a.jpg", b"\xFF\xD8\xFF\xE0"),
        ("notes.txt", b"text"),
        ("notes", b"text"),
    ] {
        assert_eq!(added(name, bytes).warnings, Vec::<String>::new(), "{name}");
    }
}
