//! Is what is taken back gone without a trace, and what somebody wrote since still there?

#![allow(clippy::unwrap_used)]

use serde_json::json;

use super::{Undoable, Undone};
use crate::engine::Engine;
use crate::session::Session;
use crate::write::Request;

fn session() -> Session {
    Engine::in_memory().open().unwrap().session()
}

fn hash(session: &Session) -> String {
    let checked = session.engine().check().unwrap();
    assert!(checked.ok, "{:?}", checked.problems);
    checked.state_hash
}

fn counts(undone: &Undone) -> [u64; 5] {
    [
        undone.changes,
        undone.taken_back,
        undone.partly,
        undone.kept,
        undone.nothing,
    ]
}

#[test]
fn a_mass_change_is_taken_back_to_the_same_state_and_made_again() {
    let session = session();
    let ids: Vec<_> = (0..20)
        .map(|n| {
            session
                .create(
                    "account",
                    json!({"name": format!("N{n}"), "industry": "steel"}),
                )
                .unwrap()
                .id()
                .unwrap()
        })
        .collect();
    let before = hash(&session);
    let change = |id: &_| {
        Request::update(
            *id,
            json!({"industry": "iron", "phone": "+98 21 8877 6655"}),
        )
    };
    let mass = session.commit(ids.iter().map(change)).unwrap();
    let after = hash(&session);
    let what = Undoable::Commit(mass.position);
    let preview = session.preview_undo(&what).unwrap();
    let undone = session.undo(&what).unwrap();
    assert_eq!(
        (counts(&undone), counts(&preview)),
        ([20, 20, 0, 0, 0], [20, 20, 0, 0, 0])
    );
    assert_eq!(hash(&session), before);
    assert_eq!(counts(&session.undo(&what).unwrap()), [20, 0, 0, 0, 20]);
    assert_eq!(hash(&session), before);
    let again = session.undo(&Undoable::Run(undone.run.unwrap())).unwrap();
    assert_eq!((counts(&again)[1], hash(&session)), (20, after));
}

#[test]
fn a_delete_with_what_went_along_comes_back_as_it_was() {
    let session = session();
    let account = session
        .create("account", json!({"name": "Pars"}))
        .unwrap()
        .id()
        .unwrap();
    let contact = session
        .create("contact", json!({"name": "Sara"}))
        .unwrap()
        .id()
        .unwrap();
    let role =
        json!({"contact": contact.to_string(), "account": account.to_string(), "role": "buyer"});
    let _ = session.create("affiliation", role).unwrap();
    let before = hash(&session);
    let deleted = session.delete(account).unwrap();
    assert_ne!(hash(&session), before);
    let undone = session.undo(&Undoable::Commit(deleted.position)).unwrap();
    assert_eq!((undone.taken_back, undone.kept), (1, 0));
    assert_eq!(hash(&session), before);
}

#[test]
fn what_was_made_goes_unless_somebody_changed_it_or_built_upon_it() {
    let session = session();
    let before = hash(&session);
    let ids = ["A", "B", "C"].map(|_| session.new_id("contact").unwrap());
    let made = session
        .commit(ids.map(|id| Request::create_as(id, "contact", json!({"name": "Sara"}))))
        .unwrap();
    let _ = session
        .commit([Request::update(ids[0], json!({"job_title": "buyer"}))])
        .unwrap();
    let account = session
        .create("account", json!({"name": "Pars"}))
        .unwrap()
        .id()
        .unwrap();
    let role = json!({"contact": ids[1].to_string(), "account": account.to_string()});
    let role = session.create("affiliation", role).unwrap().id().unwrap();
    let undone = session.undo(&Undoable::Commit(made.position)).unwrap();
    assert_eq!(counts(&undone), [3, 1, 0, 2, 0]);
    assert!(
        session.get(ids[0]).is_ok() && session.get(ids[1]).is_ok() && session.get(ids[2]).is_err()
    );
    for kept in &undone.kept_changes {
        assert!(
            kept.title.contains("Sara") && !kept.why.is_empty(),
            "{kept:?}"
        );
    }
    // With what stood in the way gone, the rest goes too.
    let _ = session
        .commit([Request::update(ids[0], json!({"job_title": null}))])
        .unwrap();
    for id in [role, account] {
        let _ = session.delete(id).unwrap();
    }
    let undone = session.undo(&Undoable::Commit(made.position)).unwrap();
    assert_eq!((counts(&undone), hash(&session)), ([3, 2, 0, 0, 1], before));
}

#[test]
fn a_work_that_is_not_there_is_told() {
    let session = session();
    let told = session
        .undo(&Undoable::Run("import-7".to_owned()))
        .unwrap_err()
        .to_string();
    assert!(told.contains("import-7"), "{told}");
    let told = session.preview_undo(&Undoable::Commit(crate::journal::Position::from_number(99)));
    assert!(told.is_err());
}

#[cfg(feature = "exchange")]
#[test]
fn an_import_of_several_commits_is_taken_back_and_edits_made_since_stay() {
    use crate::exchange::{ImportOptions, Mapping};

    let session = session();
    let mapping = Mapping::parse(
        "[[import]]\ninto = 'account'\nkey = 'external_id'\n[import.columns]\nno = 'external_id'\nname = 'name'\n\
         industry = 'industry'\nparent = { field = 'parent', lookup = 'name', defer = true }\n",
    )
    .unwrap();
    let known = session
        .create("account", json!({"name": "Old", "external_id": "7"}))
        .unwrap()
        .id()
        .unwrap();
    let before = hash(&session);
    let mut file = "no,name,industry,parent\n".to_owned();
    (0..2_500)
        .for_each(|row| file.push_str(&format!("{row},Firm {row},steel,Firm {}\n", 2_499 - row)));
    let run = |dry_run| {
        let options = ImportOptions {
            dry_run,
            ..ImportOptions::default()
        };
        session
            .import(file.as_bytes(), &mapping, "account", &options, &mut |_| {})
            .unwrap()
    };
    assert_eq!(run(true).run, None);
    let receipt = run(false);
    assert_eq!((receipt.created, receipt.updated), (2_499, 1));
    let after = hash(&session);
    let what = Undoable::Run(receipt.run.clone().unwrap());
    let preview = session.preview_undo(&what).unwrap();
    let undone = session.undo(&what).unwrap();
    assert_eq!(
        (undone.kept, undone.partly, hash(&session)),
        (0, 0, before.clone())
    );
    assert_eq!(counts(&preview), counts(&undone));
    // And it is made again, by taking the undo back.
    let redo = Undoable::Run(undone.run.unwrap());
    assert_eq!(session.undo(&redo).unwrap().kept, 0);
    assert_eq!(hash(&session), after);

    let _ = session
        .commit([Request::update(known, json!({"phone": "+98 21 8877 6655"}))])
        .unwrap();
    let _ = session.undo(&what).unwrap();
    let known = session.get(known).unwrap().to_json();
    assert_eq!(
        (&known["name"], known.get("industry")),
        (&json!("Old"), None)
    );
    assert!(known.get("phone").is_some());
}
