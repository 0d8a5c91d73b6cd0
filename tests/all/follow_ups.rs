//! What happens after a commit happens once, through the write path, and names its cause.

use peyvand::{Actor, Filter, Query};
use serde_json::json;

use crate::setting::{create, memory, on_disk};

const THANKS: &str = r#"//! name: thanks
//! on: opportunity after update
//! when: status
if record.status == "won" {
    create("activity", #{ kind: "task", subject: "Thank " + record.name, about: record.id, due_on: today() + days(2), origin: "thanks" });
}
"#;

fn tasks(session: &peyvand::Session) -> Vec<peyvand::Record> {
    session
        .query(&Query::new("activity").filter(Filter::parse("origin[eq]:thanks").unwrap()))
        .unwrap()
        .records
}

#[test]
fn an_after_script_creates_a_task_that_names_its_cause() {
    let session = memory();
    let _ = session.install_script(THANKS).unwrap();
    let deal = create(&session, "opportunity", json!({"name": "Deal"}));
    assert!(tasks(&session).is_empty());
    let won = session.update(deal, json!({"stage": "won"})).unwrap();
    assert_eq!(won.warnings, Vec::<String>::new());
    let [task] = tasks(&session).try_into().unwrap();
    assert_eq!(task.to_json()["due_on"], "2026-03-27");
    let event = &session.timeline(task.id()).unwrap()[0];
    assert_eq!(
        (&event.actor, event.cause),
        (&Actor::Script("thanks".to_owned()), Some(won.position))
    );
    let _ = session.update(deal, json!({"description": "x"})).unwrap();
    assert_eq!(tasks(&session).len(), 1);
    assert!(session.engine().check().unwrap().ok);
}

#[test]
fn an_effect_that_is_refused_does_not_undo_the_commit() {
    let session = memory();
    let _ = session.install_script("//! name: bad\n//! on: account after create\ncreate(\"activity\", #{ kind: \"task\", subject: \"x\", owner: \"ghost\" });\n").unwrap();
    let committed = session.create("account", json!({"name": "Alpha"})).unwrap();
    assert!(
        committed.warnings[0].contains("ghost"),
        "{:?}",
        committed.warnings
    );
    assert!(session.get(committed.id().unwrap()).is_ok());
}

#[test]
fn rules_that_call_each_other_in_a_circle_come_to_an_end() {
    let session = memory();
    let _ = session.install_script("//! name: echo\n//! on: activity after create\ncreate(\"activity\", #{ kind: \"note\", subject: record.subject + \"!\" });\n").unwrap();
    let committed = session
        .create("activity", json!({"kind": "note", "subject": "Hello"}))
        .unwrap();
    assert!(
        committed
            .warnings
            .iter()
            .any(|warning| warning.contains("circle")),
        "{:?}",
        committed.warnings
    );
    assert_eq!(
        session
            .count("activity", &Filter::parse("").unwrap())
            .unwrap(),
        5
    );
}

#[test]
fn a_follow_up_that_was_done_is_not_done_again_at_open() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("crm");
    {
        let session = on_disk(&dir);
        let _ = session.install_script(THANKS).unwrap();
        let deal = create(&session, "opportunity", json!({"name": "Deal"}));
        let _ = session.update(deal, json!({"stage": "won"})).unwrap();
        // Dropped before another commit takes the entry off the queue.
    }
    let session = on_disk(&dir);
    assert_eq!(tasks(&session).len(), 1);
    assert!(session.engine().check().unwrap().ok);
}

#[test]
fn an_after_script_reads_what_was_just_committed() {
    let session = memory();
    let echo = r#"//! name: echo
//! on: opportunity after update
//! when: status
let deal = get(record.id);
create("activity", #{ kind: "note", subject: "now " + deal.status, about: record.id, origin: "thanks" });
"#;
    let _ = session.install_script(echo).unwrap();
    let deal = create(&session, "opportunity", json!({"name": "Deal"}));
    let _ = session.update(deal, json!({"stage": "won"})).unwrap();
    assert_eq!(tasks(&session)[0].text("subject"), Some("now won"));
}

#[test]
fn what_was_followed_up_is_off_the_queue_after_a_close() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("crm");
    let session = on_disk(&dir);
    let _ = session.install_script(THANKS).unwrap();
    let deal = create(&session, "opportunity", json!({"name": "Deal"}));
    let _ = session.update(deal, json!({"stage": "won"})).unwrap();
    let engine = session.engine().clone();
    drop(session);
    engine.close().unwrap();
    let session = on_disk(&dir);
    assert!(
        session.engine().bills().is_empty(),
        "{:?}",
        session.engine().bills()
    );
}
