//! Is what cannot work refused, with everything that is wrong?

use serde_json::{Value as Json, json};

use super::loan::{bank, definition};
use super::{Firm, process};
use crate::process::{Process, ProcessDefinition};
use crate::schema::{Field, FieldKind, SchemaChange};

fn faults(firm: &Firm, definition: Json) -> Vec<String> {
    let process = Process::new("p", ProcessDefinition::from_json(&definition).unwrap());
    let error = firm.session.put_process(&process).unwrap_err();
    error.failures().iter().map(ToString::to_string).collect()
}

fn assert_told(told: &[String], expected: &[&str]) {
    for part in expected {
        assert!(
            told.iter().any(|one| one.contains(part)),
            "{part} is not in {told:#?}"
        );
    }
    assert_eq!(told.len(), expected.len(), "{told:#?}");
}

#[test]
fn it_reads_back_what_it_writes() {
    let read = process(definition());
    let again = ProcessDefinition::from_json(&read.definition.as_json()).unwrap();
    assert_eq!(read.definition, again);
    let bank = bank();
    assert_eq!(bank.session.process("loan").unwrap().definition, again);
}

#[test]
fn a_mistyped_word_is_told_with_its_place_and_the_nearest_one() {
    let read = |definition: Json| {
        ProcessDefinition::from_json(&definition)
            .unwrap_err()
            .to_string()
    };
    let step = |step: Json| read(json!({"object": "loan", "steps": [step]}));
    let cases = [
        (read(json!({"steps": []})), "'object' is missing"),
        (
            step(json!({"key": "a", "nxt": ["b"]})),
            "steps[0]: there is no key 'nxt'; did you mean 'next'?",
        ),
        (
            step(json!({"key": "a", "outcome": "won"})),
            "steps[0].outcome: 'won' is not known here; there are success, failure, cancelled",
        ),
        (
            step(json!({"key": "a", "deadline": {}})),
            "steps[0].deadline: give days or business_days, one of them",
        ),
        (
            step(json!({"key": "a", "deadline": {"days": 1, "business_days": 1}})),
            "steps[0].deadline: give days or business_days, one of them",
        ),
        (
            step(json!({"key": "a", "responsible": [{}]})),
            "steps[0].responsible[0]: say who: role, team, field or manager_of",
        ),
        (
            read(json!({"object": "loan", "moved": ["a"]})),
            "moved: an object with old and new steps is expected here, such as {\"checked\": \"review\"}",
        ),
        (
            read(json!({"object": "loan", "calendar": {"holidays": ["tomorrow"]}})),
            "calendar.holidays[0]: a day such as 2026-03-21 is expected here",
        ),
    ];
    for (told, expected) in cases {
        assert_eq!(told, expected);
    }
}

#[test]
fn what_does_not_hang_together_is_refused_with_every_fault() {
    let firm = bank();
    let told = faults(
        &firm,
        json!({
            "object": "loan",
            "start": [{"step": "a", "when": "product[eq]:car"}],
            "steps": [
                {"key": "a", "next": ["a", "b", "b", "c"], "deadline": {"business_days": 1}},
                {"key": "b"}, {"key": "b", "next": ["a"]},
                {"key": "not a key", "next": ["b"]},
            ],
            "moved": {"b": "a", "old": "gone"},
        }),
    );
    let expected = [
        "'not a key' is not a key",
        "there is a step 'b' already",
        "business days need calendar.weekend",
        "'b' leads nowhere",
        "no step has an outcome",
        "'a' leads to itself",
        "'a' leads to 'b' twice",
        "there is no step 'c'",
        "a record for which no condition holds could not begin",
        "'b' is a step still",
        "moved.old: there is no step 'gone'",
        "no step leads to 'not a key'",
    ];
    assert_told(&told, &expected);
}

#[test]
fn what_the_schema_and_the_firm_do_not_know_is_refused() {
    let firm = bank();
    let rollup = json!({"name": "papers", "type": "rollup", "child": "attachment", "by": "record", "measure": "count"});
    let field: Field = serde_json::from_value(rollup).unwrap();
    let object = "loan".to_owned();
    let _ = firm
        .session
        .change_schema([SchemaChange::AddField { object, field }])
        .unwrap();
    let told = faults(
        &firm,
        json!({
            "object": "loan", "filter": "prodct[eq]:car",
            "steps": [{
                "key": "a", "required": ["colateral", "papers"], "documents": ["identty", {"type": "contract", "state": "sealed"}],
                "roles": ["tellr"],
                "responsible": [{"team": "nobody"}, {"field": "branch"}, {"manager_of": "officer"}, {"manager_of": "product"}],
                "next": [{"to": "b", "when": "papers[gt]:1", "roles": ["boss"]}],
            }, {"key": "b", "outcome": "success"}],
        }),
    );
    let expected = [
        "filter: loan has no field 'prodct'",
        "loan has no field 'colateral'; did you mean 'collateral'?",
        "papers is a total, and is always there",
        "no option 'identty'; did you mean 'identity'?",
        "document.state has no option 'sealed'",
        "there is no role 'tellr'",
        "there is no team 'nobody'",
        "field: a user is wanted",
        "manager_of: something with a manager is wanted; product",
        "papers is a total, which is not known while a record is saved",
        "there is no role 'boss'",
    ];
    assert_told(&told, &expected);
    let told = faults(
        &firm,
        json!({"object": "lon", "steps": [{"key": "a", "outcome": "success"}]}),
    );
    assert_told(&told, &["there is no object 'lon'; did you mean 'loan'?"]);
    // Nothing of it was done.
    let schema = firm.session.engine().schema().unwrap();
    let options = schema
        .object("loan")
        .unwrap()
        .field("step")
        .unwrap()
        .options()
        .len();
    assert_eq!((options, firm.session.processes().unwrap().len()), (6, 1));
}

#[test]
fn a_field_of_the_same_name_is_not_taken_over() {
    let firm = Firm::new();
    let field = Field::new("step", FieldKind::Text);
    let object = "lead".to_owned();
    let _ = firm
        .session
        .change_schema([SchemaChange::AddField { object, field }])
        .unwrap();
    let definition = json!({"object": "lead", "steps": [{"key": "a", "outcome": "success"}]});
    let process = Process::new("p", ProcessDefinition::from_json(&definition).unwrap());
    let error = firm.session.put_process(&process).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("lead has a field 'step' of its own"),
        "{error}"
    );
    let change = firm.session.process_change(&process).unwrap();
    assert_eq!(change.faults.len(), 1);
}

#[test]
fn a_plain_write_of_a_process_says_that_its_fields_are_missing() {
    let firm = Firm::new();
    let definition = json!({"object": "lead", "steps": [{"key": "a", "outcome": "success"}]});
    let fields = json!({"key": "p", "name": "p", "definition": definition});
    let error = firm.session.create("process", fields).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`Session::put_process`, adds them"),
        "{error}"
    );
}

#[test]
fn an_unknown_process_is_told_with_the_nearest() {
    let firm = bank();
    let error = firm.session.process("lone").unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no process 'lone'; did you mean 'loan'?"
    );
}

#[test]
fn a_leads_process_works_beside_the_standard_fields() {
    let firm = Firm::new();
    let definition = json!({
        "object": "lead",
        "steps": [
            {"key": "new", "next": ["called"], "required": ["phone"]},
            {"key": "called", "outcome": "success"},
        ],
    });
    let process = Process::new("calls", ProcessDefinition::from_json(&definition).unwrap());
    let before = super::create(&firm.session, "lead", json!({"name": "قدیمی"}));
    firm.session.put_process(&process).unwrap();
    // Records that were there before begin when they are saved again.
    assert!(firm.session.process_state(before).is_err());
    let _ = firm
        .session
        .update(before, json!({"phone": "09121234567"}))
        .unwrap();
    let _ = firm.session.advance(before, "called").unwrap();
    let checked = firm.session.engine().check().unwrap();
    assert!(checked.problems.is_empty(), "{:?}", checked.problems);
}
