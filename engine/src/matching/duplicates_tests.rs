//! Tests: is somebody who is there already found before he is created again?
#![allow(clippy::unwrap_used)]

use serde_json::json;

use crate::context::Locale;
use crate::session::Session;
use crate::session::fixture::{create, memory};

fn filled() -> Session {
    let session = memory();
    for (name, mobile) in [
        ("محمد رضایی", "+989121234567"),
        ("محمود رضاپور", "+989121230000"),
        ("سارا کریمی", "+989351112233"),
        ("حسین قاسمی", "+989127654321"),
    ] {
        create(&session, "contact", json!({"name": name, "mobile": mobile}));
    }
    session
}

#[test]
fn a_draft_in_another_script_and_form_finds_who_is_there() {
    let session = filled();
    let draft = json!({"name": "Mohamad Rezaee", "mobile": "0912 123 4567"});
    let found = session.duplicates_of("contact", draft).unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].title, "محمد رضایی");
    assert!(found[0].is_same);
    // By the name alone it is a question, and by half of it none.
    let by_name = session
        .duplicates_of("contact", json!({"name": "Hossein Ghasemi"}))
        .unwrap();
    assert_eq!(
        by_name
            .iter()
            .map(|one| one.title.as_str())
            .collect::<Vec<_>>(),
        ["حسین قاسمی"]
    );
    let half = session
        .duplicates_of("contact", json!({"name": "Hossein Moradi"}))
        .unwrap();
    assert!(half.is_empty(), "{half:?}");
}

#[test]
fn reasons_are_in_the_language_of_the_session() {
    let draft = json!({"name": "Mohammad Rezaei", "mobile": "09121234567"});
    let session = filled().in_locale(Locale::Fa);
    let found = session.duplicates_of("contact", draft).unwrap();
    let words: Vec<&str> = found[0]
        .because
        .iter()
        .map(|why| why.words.as_str())
        .collect();
    assert!(
        words
            .iter()
            .any(|words| words.starts_with("نام خانوادگی: ")),
        "{words:?}"
    );
    assert!(
        words
            .iter()
            .any(|words| words.starts_with("همراه: یکسان (+")),
        "{words:?}"
    );
}

#[test]
fn a_record_is_no_duplicate_of_itself() {
    let session = filled();
    let id = create(
        &session,
        "contact",
        json!({"name": "رضایی محمد", "mobile": "09121234567"}),
    );
    let found = session.duplicates_of_record(id).unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].title, "محمد رضایی");
}

#[test]
fn firms_are_the_same_without_their_legal_form() {
    let session = memory();
    create(
        &session,
        "account",
        json!({"name": "شرکت فولاد پارس (سهامی خاص)", "phone": "+982188001234"}),
    );
    create(
        &session,
        "account",
        json!({"name": "فولاد آذر", "phone": "+982188005678"}),
    );
    let draft = json!({"name": "Foolad Pars Co.", "phone": "021 8800 1234"});
    let found = session.duplicates_of("account", draft).unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].is_same, "{found:?}");
}

#[test]
fn the_whole_base_is_compared_in_steps_with_the_same_answer() {
    let session = filled();
    create(
        &session,
        "contact",
        json!({"name": "Mohammad Rezaei", "mobile": "09121234567"}),
    );
    create(
        &session,
        "contact",
        json!({"name": "سارا كريمي", "mobile": "09351112233"}),
    );
    let found = |step: usize| {
        let mut scan = session.scan_duplicates("contact").unwrap();
        while scan.step(step).unwrap() {}
        scan.finish()
    };
    let all = found(100);
    assert_eq!((all.records, all.complete), (6, true));
    assert_eq!(all.groups.len(), 2, "{all:?}");
    assert!(all.groups.iter().all(|group| group.duplicates.len() == 1));
    assert_eq!(found(1), all);
    assert_eq!(
        session
            .scan_duplicates("nothing")
            .err()
            .map(|error| error.kind()),
        Some(crate::error::ErrorKind::NotFound)
    );
}
