//! What becomes of records when their process changes, comes with a plugin, or goes?

use serde_json::json;

use super::loan::{bank, definition};
use super::{Firm, codes, create, process};
use crate::error::ErrorKind;
use crate::process::Process;
use crate::record::RecordId;
use crate::schema::{Field, FieldKind, SchemaChange};

/// The loan process with `credit` replaced by `scoring`.
fn without_credit(moved: bool) -> Process {
    let text = definition()
        .to_string()
        .replace("\"credit\"", "\"scoring\"");
    let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
    if moved {
        json["definition"]["moved"] = json!({"credit": "scoring"});
    }
    process(json)
}

fn at_credit(firm: &Firm) -> RecordId {
    let fields = json!({"applicant": "نگار", "product": "car", "amount": "6000000000 IRR"});
    let id = create(&firm.session, "loan", fields);
    firm.attach(id, "identity", json!({}));
    let _ = firm.session.advance(id, "credit").unwrap();
    id
}

#[test]
fn a_step_that_goes_is_told_with_its_records_and_must_be_mapped() {
    let firm = bank();
    let ids: Vec<RecordId> = (0..3).map(|_| at_credit(&firm)).collect();
    let change = firm.session.process_change(&without_credit(false)).unwrap();
    assert_eq!(change.steps_added, ["scoring"]);
    assert_eq!(
        (
            change.steps_gone[0].step.as_str(),
            change.steps_gone[0].running
        ),
        ("credit", 3)
    );
    assert_eq!(change.faults.len(), 1);
    let error = firm
        .session
        .put_process(&without_credit(false))
        .unwrap_err();
    assert_eq!(codes(&error), ["step-gone definition"]);
    assert!(
        error.to_string().contains("3 records are in step 'credit'"),
        "{error}"
    );
    assert_eq!(firm.session.process_state(ids[0]).unwrap().step, "credit");
    let change = firm.session.process_change(&without_credit(true)).unwrap();
    assert_eq!(change.steps_gone[0].moved_to.as_deref(), Some("scoring"));
    assert!(change.faults.is_empty() && !change.is_new);
    let saved = firm.session.put_process(&without_credit(true)).unwrap();
    assert_eq!(
        (saved.created, saved.moved, saved.left.len()),
        (false, 3, 0)
    );
    for id in &ids {
        assert_eq!(firm.get(*id).text("step"), Some("scoring"));
    }
    // The map may go once nobody stands there any more.
    let saved = firm.session.put_process(&without_credit(false)).unwrap();
    assert_eq!(saved.moved, 0);
}

#[test]
fn a_definition_that_is_saved_by_a_plain_write_counts_where_its_records_stand() {
    let firm = bank();
    let id = at_credit(&firm);
    // The field first gets its option: the same by hand.
    let option = SchemaChange::AddOption {
        object: "loan".to_owned(),
        field: "step".to_owned(),
        option: "scoring".to_owned(),
    };
    let _ = firm.session.change_schema([option]).unwrap();
    let record = firm
        .session
        .find("process", "key", "loan")
        .unwrap()
        .unwrap();
    let definition = without_credit(true).definition.as_json();
    let _ = firm
        .session
        .update(record.id(), json!({"definition": definition}))
        .unwrap();
    // Nobody moved the record, and it goes on from where it is meant to be.
    let state = firm.session.process_state(id).unwrap();
    assert_eq!(state.step, "scoring");
    let _ = firm
        .session
        .update(id, json!({"score": 70, "step": "branch"}))
        .unwrap();
    assert_eq!(firm.get(id).text("step"), Some("branch"));
}

#[test]
fn a_process_with_records_in_it_is_not_deleted() {
    let firm = bank();
    at_credit(&firm);
    let id = firm.session.process("loan").unwrap().id.unwrap();
    let error = firm.session.delete(id).unwrap_err();
    assert_eq!(error.failures()[0].code, "in-use");
}

#[test]
fn a_process_that_is_switched_off_takes_no_more_and_keeps_those_it_has() {
    let firm = bank();
    let id = at_credit(&firm);
    let process = firm.session.process("loan").unwrap().id.unwrap();
    let _ = firm
        .session
        .update(process, json!({"active": false}))
        .unwrap();
    let new = create(&firm.session, "loan", json!({"applicant": "x"}));
    assert!(firm.get(new).get("step").is_none());
    assert!(firm.session.advance(id, "paid").is_err());
    let _ = firm.session.advance(id, "registered").unwrap();
}

#[test]
fn of_several_that_fit_the_first_takes_the_record() {
    let firm = bank();
    let quick = json!({
        "key": "quick", "position": 1,
        "definition": {
            "object": "loan", "filter": "product[eq]:goods",
            "steps": [{"key": "asked", "next": ["paid"]}, {"key": "paid", "outcome": "success"}],
        },
    });
    firm.session.put_process(&process(quick)).unwrap();
    let state = |product: &str| {
        let fields = json!({"applicant": "x", "product": product});
        let id = create(&firm.session, "loan", fields);
        firm.session.process_state(id).unwrap()
    };
    assert_eq!(
        (
            state("goods").process.as_str(),
            state("goods").step.as_str()
        ),
        ("quick", "asked")
    );
    assert_eq!(state("home").process, "loan");
    let names: Vec<String> = firm
        .session
        .processes()
        .unwrap()
        .into_iter()
        .map(|one| one.key)
        .collect();
    assert_eq!(names, ["quick", "loan"]);
}

#[test]
fn a_plugin_brings_changes_and_withdraws_its_own() {
    let firm = bank();
    let of = |key: &str| {
        let mut json = definition();
        json["key"] = json!(key);
        json["definition"]["filter"] = json!("product[eq]:goods");
        json["position"] = json!(1);
        process(json)
    };
    let session = &firm.session;
    let brought = session
        .declare_processes("banking", &[of("goods"), of("other")])
        .unwrap();
    assert_eq!(brought.created, ["goods", "other"]);
    let goods = session.process("goods").unwrap();
    assert_eq!(goods.brought_by.as_deref(), Some("banking"));
    let again = session
        .declare_processes("banking", &[of("goods"), of("other")])
        .unwrap();
    assert_eq!(again, Default::default());
    // Somebody else's is not taken over.
    let error = session
        .declare_processes("banking", &[process(definition())])
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let id = create(
        session,
        "loan",
        json!({"applicant": "x", "product": "goods"}),
    );
    assert_eq!(session.process_state(id).unwrap().process, "goods");
    let mut changed = of("goods");
    changed.position = 2;
    let brought = session.declare_processes("banking", &[changed]).unwrap();
    assert_eq!(
        (brought.changed, brought.removed),
        (vec!["goods".to_owned()], vec!["other".to_owned()])
    );
    // An administrator's version is his.
    let _ = session
        .update(goods.id.unwrap(), json!({"name": "کالا"}))
        .unwrap();
    let brought = session
        .declare_processes("banking", &[of("goods")])
        .unwrap();
    assert_eq!(brought.left, ["goods"]);
    // One that a record is in stays for that record.
    assert_eq!(session.withdraw_processes("banking").unwrap(), 1);
    assert_eq!(session.withdraw_processes("banking").unwrap(), 0);
    assert!(!session.process("goods").unwrap().active);
    let _ = session.advance(id, "withdrawn").unwrap();
}

#[test]
fn a_field_that_a_process_names_is_not_retired_under_it() {
    let firm = bank();
    let retire = || SchemaChange::RetireField {
        object: "loan".to_owned(),
        field: "collateral".to_owned(),
    };
    let error = firm.session.change_schema([retire()]).unwrap_err();
    assert_eq!(error.failures()[0].code, "in-process");
    assert!(
        error.to_string().contains("process 'loan' uses it"),
        "{error}"
    );
    // Another field is nobody's concern.
    let field = Field::new("note", FieldKind::Text);
    let object = "loan".to_owned();
    let _ = firm
        .session
        .change_schema([SchemaChange::AddField { object, field }])
        .unwrap();
    let process = firm.session.process("loan").unwrap().id.unwrap();
    let _ = firm
        .session
        .update(process, json!({"active": false}))
        .unwrap();
    let _ = firm.session.change_schema([retire()]).unwrap();
}

#[test]
fn as_of_a_day_the_process_says_what_it_said_then() {
    let firm = bank();
    let id = at_credit(&firm);
    let position = firm.session.engine().position();
    firm.session.put_process(&without_credit(true)).unwrap();
    let past = firm.session.as_of(position).unwrap();
    assert_eq!(past.get(id).unwrap().text("step"), Some("credit"));
    let process = firm.session.process("loan").unwrap().id.unwrap();
    let then = past.get(process).unwrap().to_json();
    assert_eq!(then["definition"]["steps"][1]["key"], "credit");
}
