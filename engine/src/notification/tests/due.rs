//! Does what was put off come back, and is what is due told when it is?

use chrono::TimeDelta;
use serde_json::json;

use super::{Office, codes, made, noon};
use crate::notification::NoticeState;
use crate::query::Filter;
use crate::write::Request;

#[test]
fn what_was_put_off_is_unread_again_at_its_moment() {
    let office = Office::new();
    let sara = office.as_user(office.sara);
    let reza = office.as_user(office.reza);
    reza.comment(office.account, "@sara").unwrap().id().unwrap();
    office.notify();
    let id = office.unread(office.sara)[0].id;
    let morning = noon() + TimeDelta::hours(20);
    sara.snooze(id, morning).unwrap().id().unwrap();
    office.later(TimeDelta::hours(19));
    office.notify();
    assert!(office.unread(office.sara).is_empty());
    let put_off = sara
        .notifications(office.sara, &[NoticeState::Snoozed])
        .unwrap();
    assert_eq!(put_off[0].snoozed_until, Some(morning));

    // It is back at that moment, and the next call notes it.
    office.later(TimeDelta::hours(1));
    assert_eq!(office.unread(office.sara).len(), 1);
    office.notify();
    let back = office.unread(office.sara).remove(0);
    assert_eq!((back.id, back.snoozed_until), (id, None));
    assert_eq!(sara.get(id).unwrap().text("state"), Some("unread"));

    assert!(sara.snooze(id, noon()).is_err());
    let without = sara.update(id, json!({"state": "snoozed"}));
    assert_eq!(codes(without), ["required"]);
}

#[test]
fn a_reminder_is_told_at_its_moment_and_once() {
    let office = Office::new();
    let sara = office.as_user(office.sara);
    let at = noon() + TimeDelta::hours(2);
    let reminder = sara
        .remind(office.sara, Some(office.account), at, "تمدید قرارداد")
        .unwrap()
        .id()
        .unwrap();
    let reza = office.as_user(office.reza);
    reza.remind(office.sara, None, at, "جلسه")
        .unwrap()
        .id()
        .unwrap();
    office.notify();
    assert!(office.told(office.sara).is_empty());
    office.later(TimeDelta::hours(2));
    office.notify();
    office.notify();
    let mut texts: Vec<String> = office
        .told(office.sara)
        .into_iter()
        .map(|notice| notice.text)
        .collect();
    texts.sort_unstable();
    assert_eq!(
        texts,
        [
            "یادآوری «\u{2068}بیمهٔ آینده\u{2069}»: \u{2068}تمدید قرارداد\u{2069}",
            "یادآوری: \u{2068}جلسه\u{2069}",
        ]
    );
    // Moved to another moment, it is told again.
    assert!(reza.update(reminder, json!({"note": "؟"})).is_err());
    let later = json!({"due_at": (at + TimeDelta::hours(1)).to_rfc3339()});
    sara.update(reminder, later).unwrap().id().unwrap();
    office.later(TimeDelta::hours(1));
    office.notify();
    assert_eq!(office.told(office.sara).len(), 3);
    assert_eq!(sara.get(reminder).unwrap().text("state"), Some("told"));
}

#[test]
fn a_task_is_told_on_its_day_and_not_before_or_when_it_is_done() {
    let office = Office::new();
    let reza = office.as_user(office.sara);
    let task = |day: &str, status: &str| {
        let fields = json!({"kind": "task", "subject": format!("کار {day}"), "due_on": day, "owner": "sara", "status": status});
        made(&reza, "activity", fields)
    };
    let today = task("2026-03-25", "planned");
    let tomorrow = task("2026-03-26", "planned");
    task("2026-03-25", "done");
    task("2025-03-25", "planned");
    office.notify();
    office.notify();
    let told = office.told(office.sara);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].about, told[0].kind.as_str()), (Some(today), "due"));
    // The day begins at midnight in Tehran.
    office.later(TimeDelta::hours(11) + TimeDelta::minutes(59));
    office.notify();
    assert_eq!(office.told(office.sara).len(), 1);
    office.later(TimeDelta::minutes(1));
    office.notify();
    assert_eq!(office.told(office.sara)[1].about, Some(tomorrow));
    // Another day is another matter.
    reza.update(tomorrow, json!({"due_on": "2026-03-27"}))
        .unwrap()
        .id()
        .unwrap();
    office.later(TimeDelta::days(1));
    office.notify();
    assert_eq!(office.told(office.sara).len(), 3);
}

#[test]
fn all_tasks_of_a_day_are_told_however_many_there_are() {
    let office = Office::new();
    let session = office.engine.session();
    let task = |number: usize| {
        let fields = json!({"kind": "task", "subject": format!("کار {number}"), "due_on": "2026-03-25", "owner": "sara"});
        Request::create("activity", fields)
    };
    let (_, made) = session.commit_each((0..1_003).map(task)).unwrap();
    assert!(made.iter().all(Result::is_ok));
    let told = || {
        let due = Filter::eq("kind", "due");
        session.count("notification", &due).unwrap()
    };
    office.notify();
    assert_eq!(told(), 1_003);
    office.notify();
    assert_eq!(told(), 1_003);
}

#[test]
fn a_reminder_of_who_has_left_goes_to_the_manager_or_to_who_made_it() {
    let office = Office::new();
    let session = office.engine.session();
    let reza = office.as_user(office.reza);
    let at = noon() + TimeDelta::hours(2);
    let remind = || {
        reza.remind(office.sara, None, at, "تمدید")
            .unwrap()
            .id()
            .unwrap()
    };
    let first = remind();
    drop(
        session
            .update(office.sara, json!({"active": false}))
            .unwrap(),
    );
    office.later(TimeDelta::hours(2));
    let warnings = office.engine.notify().unwrap();
    assert!(
        warnings.len() == 1 && warnings[0].contains(&first.to_string()),
        "{warnings:?}"
    );
    assert_eq!(office.kinds(office.reza), ["reminder"]);
    drop(
        session
            .update(office.sara, json!({"manager": "alireza"}))
            .unwrap(),
    );
    remind();
    assert_eq!(office.engine.notify().unwrap().len(), 1);
    assert_eq!(office.kinds(office.alireza), ["reminder"]);
    office.notify();
}

#[test]
fn a_reminder_that_comes_back_with_its_record_is_told_then() {
    let office = Office::new();
    let sara = office.as_user(office.sara);
    let at = noon() + TimeDelta::hours(2);
    drop(
        sara.remind(office.sara, Some(office.account), at, "تمدید")
            .unwrap(),
    );
    drop(sara.delete(office.account).unwrap());
    office.later(TimeDelta::hours(3));
    office.notify();
    assert!(office.told(office.sara).is_empty());
    drop(sara.restore(office.account).unwrap());
    office.notify();
    assert_eq!(office.kinds(office.sara), ["reminder"]);
}
