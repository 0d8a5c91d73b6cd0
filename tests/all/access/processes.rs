//! Who sees how far a record is, and who says what a process is?

use peyvand::{ErrorKind, Process};
use serde_json::{Value as Json, json};

use super::house::House;

fn calls() -> Json {
    json!({
        "key": "calls", "label": {"fa": "تماس"}, "definition": {"object": "lead", "steps": [
            {"key": "new", "required": ["phone"], "next": ["called"]},
            {"key": "called", "outcome": "success"},
        ]},
    })
}

fn process() -> Process {
    Process::from_json(&calls()).unwrap()
}

#[test]
fn who_sees_a_record_sees_how_far_it_is_and_nobody_else() {
    let house = House::new();
    let boss = house.as_user(house.boss);
    let _ = boss.put_process(&process()).unwrap();
    // What a seller's role says of processes decides on the list of them, not on his own records.
    let own = json!({"read": "own", "create": "own", "update": "own"});
    house.define("seller", json!({"objects": {"lead": own}}));
    let sara = house.as_user(house.sara);
    let lead = sara.create("lead", json!({"name": "رضا"})).unwrap();
    let lead = lead.id().unwrap();
    let state = sara.process_state(lead).unwrap();
    assert_eq!((state.step.as_str(), state.next.len()), ("new", 1));
    assert_eq!(state.next[0].missing[0].code, "step-field");
    assert_eq!(sara.step_history(lead).unwrap().len(), 1);
    assert!(sara.processes().unwrap().is_empty());
    for other in [house.reza, house.guest] {
        let session = house.as_user(other);
        let state = session.process_state(lead).unwrap_err();
        let history = session.step_history(lead).unwrap_err();
        let advanced = session.advance(lead, "called").unwrap_err();
        assert_eq!(
            [state.kind(), history.kind(), advanced.kind()],
            [ErrorKind::NotFound; 3]
        );
    }
    let _ = sara
        .update(lead, json!({"phone": "+982112345678"}))
        .unwrap();
    let _ = sara.advance(lead, "called").unwrap();
    assert_eq!(sara.process_state(lead).unwrap().step, "called");
}

#[test]
fn a_hidden_field_is_asked_for_and_not_shown() {
    let house = House::new();
    let boss = house.as_user(house.boss);
    let _ = boss.put_process(&process()).unwrap();
    let own = json!({"read": "all", "create": "all", "update": "all"});
    let seller = json!({"objects": {"lead": own}, "fields": {"lead.phone": "hidden"}});
    house.define("seller", seller);
    let sara = house.as_user(house.sara);
    let lead = boss.create("lead", json!({"name": "لیلا"})).unwrap();
    let lead = lead.id().unwrap();
    assert!(!sara.process_state(lead).unwrap().next[0].open);
    let _ = boss
        .update(lead, json!({"phone": "+982112345678"}))
        .unwrap();
    // As the write path says it too.
    let state = sara.process_state(lead).unwrap();
    assert!(state.next[0].open);
    let shown = serde_json::to_string(&state).unwrap();
    assert!(!shown.contains("982112345678"), "{shown}");
    let _ = sara.advance(lead, "called").unwrap();
}

#[test]
fn processes_are_changed_by_who_administers() {
    let house = House::new();
    for user in [house.sara, house.guest] {
        let session = house.as_user(user);
        let errors = [
            session.process_change(&process()).unwrap_err(),
            session.put_process(&process()).unwrap_err(),
            session
                .declare_processes("telco", &[process()])
                .unwrap_err(),
            session.withdraw_processes("telco").unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
        }
    }
    assert!(house.session.processes().unwrap().is_empty());
    let boss = house.as_user(house.boss);
    let brought = boss.declare_processes("telco", &[process()]).unwrap();
    assert_eq!(brought.created, ["calls"]);
    assert_eq!(boss.withdraw_processes("telco").unwrap(), 1);
}

#[test]
fn a_page_of_a_timeline_is_empty_only_at_its_end() {
    let house = House::new();
    let all = json!({"read": "all", "create": "all", "update": "all"});
    house.define(
        "seller",
        json!({"objects": {"lead": all}, "fields": {"lead.phone": "hidden"}}),
    );
    let boss = house.as_user(house.boss);
    let lead = boss.create("lead", json!({"name": "علی"})).unwrap();
    let lead = lead.id().unwrap();
    for number in 0..6 {
        let phone = json!({"phone": format!("+98211234567{number}")});
        let _ = boss.update(lead, phone).unwrap();
    }
    let _ = boss.update(lead, json!({"name": "علی رضایی"})).unwrap();
    let sara = house.as_user(house.sara);
    let whole = sara.timeline(lead).unwrap();
    assert_eq!((whole.len(), boss.timeline(lead).unwrap().len()), (2, 8));
    let mut paged = Vec::new();
    let mut before = None;
    loop {
        let page = sara.timeline_before(lead, before, 1).unwrap();
        let Some(first) = page.first() else { break };
        before = Some(first.position);
        paged.splice(..0, page);
    }
    assert_eq!(format!("{paged:?}"), format!("{whole:?}"));
}
