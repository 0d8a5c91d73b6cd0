//! Do the records of a store from before there was a search come to be found?

use super::super::fill::{FILLED, fill};
use super::*;
use crate::journal::Position;
use crate::store::Span;

/// Makes a store look as if it had been written before: no field searchable, no posting, no mark.
fn made_old(session: &Session) {
    let (reader, _) = session.engine().read().unwrap();
    let mut entries = vec![(spaces::named(spaces::DONE, FILLED), None)];
    for object in reader.schema.objects() {
        let mut object = (**object).clone();
        object
            .fields
            .iter_mut()
            .for_each(|field| field.searchable = 0);
        let key = spaces::of_object(spaces::SCHEMA, object.number);
        entries.push((key, Some(serde_json::to_vec(&object).unwrap())));
    }
    let span = Span::prefix(&[spaces::POSTING]);
    let all = reader
        .snapshot
        .list(&span, crate::store::Direction::Forward, 100_000)
        .unwrap();
    entries.extend(all.iter().map(|(key, _)| (key.to_vec(), None)));
    let what = "as before".to_owned();
    let stored = Stored {
        what,
        entries,
        config: true,
        ..Stored::default()
    };
    let _ = session.ask(Ask::Stored(stored)).unwrap();
}

fn old_store(dir: &std::path::Path) -> Position {
    let session = fixed(Engine::builder(dir));
    let requests = (0..2_500)
        .map(|number| Request::create("contact", json!({"name": format!("نیلوفر {number}")})));
    let _ = session.commit(requests).unwrap();
    create(&session, "account", json!({"name": "نیلوفر"}));
    made_old(&session);
    assert_eq!(found(&session, "نیلوفر").hits, []);
    let at = session.engine().position();
    session.engine().clone().close().unwrap();
    at
}

#[test]
fn an_older_store_is_filled_when_it_is_opened_and_not_again() {
    let dir = tempfile::tempdir().unwrap();
    let before = old_store(dir.path());
    let session = fixed(Engine::builder(dir.path()));
    assert_eq!(titles(&session, "نیلوفر 1234"), ["نیلوفر 1234"]);
    assert_eq!(titles(&session, "نیلوفر")[0], "نیلوفر");
    checked(&session);
    let filled = session.engine().position();
    assert!(filled > before);
    session.engine().clone().close().unwrap();
    drop(session);
    let session = fixed(Engine::builder(dir.path()));
    assert_eq!(session.engine().position(), filled);
}

#[test]
fn a_fill_that_was_broken_off_goes_on_from_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    old_store(dir.path());
    let session = fixed(Engine::builder(dir.path()));
    let (reader, _) = session.engine().read().unwrap();
    let object = reader.object("contact").unwrap();
    // As if it had come to the 2,000th contact.
    let ids = reader.snapshot.list(
        &Span::prefix(&spaces::of_object(spaces::RECORD, object.number)),
        crate::store::Direction::Forward,
        2_000,
    );
    let last = ids.unwrap().last_key().unwrap().to_vec();
    let before = session.engine().position().get();
    let entries = vec![(spaces::named(spaces::DONE, FILLED), Some(last))];
    let stored = Stored {
        what: "mark".to_owned(),
        entries,
        ..Stored::default()
    };
    let _ = session.ask(Ask::Stored(stored)).unwrap();
    fill(session.engine()).unwrap();
    // The mark above, what was left of the contacts, the rest of the objects, and the end.
    let written = session.engine().position().get() - before;
    assert!((3..3 + 6).contains(&written), "{written}");
    checked(&session);
}
