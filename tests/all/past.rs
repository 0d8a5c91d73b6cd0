//! What do records, lists and totals say about an earlier moment?

use peyvand::{Aggregate, Engine, ErrorKind, Filter, Position, Query, Retention};
use serde_json::json;

use crate::setting::{create, fixed};

fn shares(dir: &std::path::Path) -> peyvand::EngineBuilder {
    fixed(Engine::builder(dir).background(false)).0
}

#[test]
fn records_lists_and_totals_are_as_they_were_also_after_a_fold_and_a_reopen() {
    let folder = tempfile::tempdir().unwrap();
    let session = shares(folder.path()).open().unwrap().session();
    let account = create(&session, "account", json!({"name": "Pars Steel"}));
    let deal = |name: &str, amount: &str| {
        let fields = json!({"name": name, "account": account.to_string(), "stage": "proposal", "amount": amount});
        create(&session, "opportunity", fields)
    };
    let first = deal("Beams", "100 EUR");
    let before = session.engine().position();
    deal("Rails", "250 EUR");
    let _ = session
        .update(first, json!({"amount": "70 EUR", "stage": "won"}))
        .unwrap();
    let _ = session
        .update(account, json!({"name": "Pars Steel Group"}))
        .unwrap();
    let _ = session.delete(first).unwrap();

    let open = Query::new("opportunity").filter(Filter::parse("status[eq]:open").unwrap());
    let check = |session: &peyvand::Session| {
        let then = session.as_of(before).unwrap();
        assert_eq!(then.get(account).unwrap().title(), "Pars Steel");
        assert_eq!(
            then.get(account).unwrap().to_json()["open_opportunities"],
            1
        );
        let titles: Vec<_> = then
            .query(&open)
            .unwrap()
            .records
            .iter()
            .map(peyvand::Record::title)
            .collect();
        assert_eq!(titles, ["Beams"]);
        assert_eq!(then.count("opportunity", &Filter::everything()).unwrap(), 1);
        let groups = then.aggregate(&Aggregate::new("opportunity")).unwrap();
        assert_eq!(groups[0].count, 1);
        assert_eq!(session.get(account).unwrap().title(), "Pars Steel Group");
        assert_eq!(session.query(&open).unwrap().records[0].title(), "Rails");
    };
    check(&session);
    session.engine().clone().close().unwrap();
    let session = shares(folder.path()).open().unwrap().session();
    check(&session);
}

#[test]
fn a_state_that_was_lost_can_still_say_how_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let session = shares(folder.path()).open().unwrap().session();
    let account = create(&session, "account", json!({"name": "Pars Steel"}));
    let before = session.engine().position();
    let _ = session
        .update(account, json!({"name": "Pars Steel Group"}))
        .unwrap();
    session.engine().clone().close().unwrap();
    std::fs::remove_dir_all(folder.path().join("state")).unwrap();
    let session = shares(folder.path()).open().unwrap().session();
    assert_eq!(
        session.as_of(before).unwrap().get(account).unwrap().title(),
        "Pars Steel"
    );
    assert!(session.engine().check().unwrap().ok);
}

#[test]
fn what_the_retention_let_go_is_said_to_be_gone() {
    let folder = tempfile::tempdir().unwrap();
    let session = shares(folder.path())
        .keep_history(Retention::Commits(1))
        .open()
        .unwrap()
        .session();
    let account = create(&session, "account", json!({"name": "Pars Steel"}));
    let before = session.engine().position();
    for number in 0..5 {
        let _ = session
            .update(account, json!({"name": format!("Pars {number}")}))
            .unwrap();
    }
    session.engine().clone().close().unwrap();
    let session = shares(folder.path())
        .keep_history(Retention::Commits(1))
        .open()
        .unwrap()
        .session();
    let gone = session.as_of(before).err().unwrap();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
    assert!(gone.to_string().contains("oldest"), "{gone}");
}

#[test]
fn a_position_that_is_not_there_yet_is_refused() {
    let session = crate::setting::memory();
    let head = session.engine().position();
    let later = Position::from_number(head.get() + 1);
    assert_eq!(
        session.as_of(later).err().unwrap().kind(),
        ErrorKind::NotFound
    );
}

#[test]
fn an_instant_means_the_last_commit_up_to_it() {
    let (builder, clock) = fixed(Engine::in_memory());
    let session = builder.open().unwrap().session();
    let account = create(&session, "account", json!({"name": "Pars Steel"}));
    let then = crate::setting::noon();
    clock.set(then + chrono::TimeDelta::days(40));
    let _ = session
        .update(account, json!({"name": "Pars Steel Group"}))
        .unwrap();
    let past = session.as_of(then + chrono::TimeDelta::days(39)).unwrap();
    assert_eq!(past.get(account).unwrap().title(), "Pars Steel");
}
