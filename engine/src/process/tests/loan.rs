//! A bank's loan application: its steps differ by product, amount and branch.

use serde_json::{Value as Json, json};

use super::{Firm, add_object, codes, create, process};
use crate::context::{Actor, Locale};
use crate::process::StepOutcome;
use crate::query::{Aggregate, Filter, Query};
use crate::record::{RecordId, Value};

pub(super) fn definition() -> Json {
    serde_json::from_str(include_str!("loan.json")).unwrap()
}

/// A bank with the process for its loans.
pub(super) fn bank() -> Firm {
    let firm = Firm::new();
    let loan = json!({
        "change": "create_object", "name": "loan", "prefix": "lon", "label": {"fa": "تسهیلات"},
        "fields": [
            {"name": "applicant", "type": "text", "label": {"fa": "متقاضی"}},
            {"name": "product", "type": "option", "options": ["home", "car", "goods"]},
            {"name": "amount", "type": "money", "label": {"en": "Amount", "fa": "مبلغ"}},
            {"name": "branch", "type": "reference", "to": ["territory"]},
            {"name": "collateral", "type": "text", "label": {"en": "Collateral", "fa": "وثیقه", "ar": "الضمان"}},
            {"name": "score", "type": "integer"},
            {"name": "officer", "type": "reference", "to": ["user"]},
        ],
    });
    add_object(&firm.session, loan);
    firm.session.put_process(&process(definition())).unwrap();
    firm
}

fn loan(firm: &Firm, more: Json) -> RecordId {
    let mut fields = json!({"applicant": "نگار رستمی", "product": "car", "branch": "tajrish"});
    let map = fields.as_object_mut().unwrap();
    map.extend(more.as_object().unwrap().clone());
    create(&firm.as_user(firm.teller), "loan", fields)
}

/// A car's loan that the branch decides upon.
fn at_branch(firm: &Firm) -> RecordId {
    let id = loan(firm, json!({"amount": "900000000 IRR"}));
    firm.attach(id, "identity", json!({}));
    let _ = firm.as_user(firm.teller).advance(id, "branch").unwrap();
    id
}

#[test]
fn a_new_record_begins_with_deadline_and_holder() {
    let firm = bank();
    let id = loan(&firm, json!({}));
    let record = firm.get(id);
    assert_eq!(record.text("step"), Some("registered"));
    let user = |id| Some(Value::Reference(id));
    assert_eq!(record.get("step_owner").cloned(), user(firm.head));
    assert!(record.get("step_role").is_some() && record.get("step_team").is_none());
    // Wednesday; Thursday and Friday are the weekend.
    assert_eq!(record.to_json()["step_due"], "2026-03-28");
    assert_eq!(record.to_json()["step_since"], "2026-03-25T08:30:00Z");
    assert!(record.get("step_outcome").is_none());
}

#[test]
fn everything_that_is_missing_is_told_at_once() {
    let firm = bank();
    let id = loan(&firm, json!({"product": "home"}));
    let error = firm.as_user(firm.teller).advance(id, "credit").unwrap_err();
    let expected = [
        "step-field amount",
        "step-field collateral",
        "step-document step",
        "step-document step",
    ];
    assert_eq!(codes(&error), expected);
    let told: Vec<String> = error.failures().iter().map(ToString::to_string).collect();
    let identity = "step: process loan, step 'registered' to 'credit': the step is left only with a document of type identity; attach it first";
    assert_eq!(told[2], identity);
    assert_eq!(firm.get(id).text("step"), Some("registered"));
    // What the same write brings counts.
    firm.attach(id, "identity", json!({}));
    firm.attach(id, "certificate", json!({}));
    let fields = json!({"amount": "70000000000 IRR", "collateral": "آپارتمان", "step": "credit"});
    let _ = firm.session.update(id, fields).unwrap();
    assert_eq!(firm.get(id).text("step"), Some("credit"));
}

#[test]
fn a_document_counts_with_its_file_in_its_state_and_within_its_date() {
    let firm = bank();
    let id = loan(&firm, json!({"amount": "1 IRR"}));
    let refused = |what: &str| {
        let error = firm.session.advance(id, "branch").expect_err(what);
        assert_eq!(codes(&error), ["step-document step"], "{what}");
    };
    firm.attach(id, "identity", json!({"valid_until": "2026-03-24"}));
    refused("past its date");
    firm.attach(id, "identity", json!({"state": "withdrawn"}));
    refused("withdrawn");
    firm.attach(id, "identity", json!({"file": null}));
    refused("without a file");
    firm.attach(id, "identity", json!({"valid_until": "2026-03-25"}));
    let _ = firm.session.advance(id, "branch").unwrap();
    firm.attach(id, "contract", json!({"state": "draft"}));
    let error = firm.session.advance(id, "paid").unwrap_err();
    assert_eq!(codes(&error), ["step-document step"]);
    firm.attach(id, "contract", json!({"state": "signed"}));
    let _ = firm.session.advance(id, "paid").unwrap();
}

#[test]
fn product_and_amount_decide_the_way() {
    let firm = bank();
    let cases = [
        (
            json!({"product": "home", "amount": "1 IRR", "collateral": "x"}),
            "credit",
            "branch",
        ),
        (json!({"amount": "5000000000 IRR"}), "credit", "branch"),
        (json!({"amount": "4999999999 IRR"}), "branch", "credit"),
    ];
    for (fields, open, shut) in cases {
        let id = loan(&firm, fields);
        firm.attach(id, "identity", json!({}));
        firm.attach(id, "certificate", json!({}));
        let error = firm.session.advance(id, shut).unwrap_err();
        assert_eq!(codes(&error), ["step-condition step"]);
        let _ = firm.session.advance(id, open).unwrap();
    }
}

#[test]
fn the_branch_decides_who_is_responsible() {
    let firm = bank();
    create(
        &firm.session,
        "territory",
        json!({"key": "rasht", "name": "شعبه رشت"}),
    );
    let more = json!({"amount": "6000000000 IRR", "officer": firm.expert.to_string()});
    let here = loan(&firm, more.clone());
    let there = loan(
        &firm,
        json!({"amount": "6000000000 IRR", "branch": "rasht"}),
    );
    for id in [here, there] {
        firm.attach(id, "identity", json!({}));
        let _ = firm.session.advance(id, "credit").unwrap();
    }
    let state = |id| firm.session.process_state(id).unwrap();
    let name = |of: Option<crate::process::Holder>| of.map(|holder| holder.name);
    assert_eq!(name(state(here).owner).as_deref(), Some("رضا کریمی"));
    assert_eq!(name(state(here).role).as_deref(), Some("کارشناس اعتبارات"));
    assert_eq!(name(state(there).owner), None);
    assert_eq!(name(state(there).role).as_deref(), Some("رئیس شعبه"));
}

#[test]
fn only_the_role_goes_the_way_and_the_program_itself_does() {
    let firm = bank();
    let id = at_branch(&firm);
    firm.attach(id, "contract", json!({"state": "signed"}));
    let error = firm.as_user(firm.teller).advance(id, "paid").unwrap_err();
    assert_eq!(codes(&error), ["step-role step"]);
    let message = error.to_string();
    assert!(
        message.contains("only a user of the role head"),
        "{message}"
    );
    // Whoever may not pay may refuse: that way is open to all.
    let _ = firm.as_user(firm.head).advance(id, "paid").unwrap();
    assert_eq!(firm.get(id).text("step_outcome"), Some("success"));
    let other = at_branch(&firm);
    let _ = firm.as_user(firm.teller).advance(other, "refused").unwrap();
    assert_eq!(firm.get(other).text("step_outcome"), Some("failure"));
}

#[test]
fn there_are_no_ways_but_those_of_the_process() {
    let firm = bank();
    let id = loan(&firm, json!({}));
    let refused = |step: Json| {
        let error = firm.session.update(id, json!({"step": step})).unwrap_err();
        assert_eq!(firm.get(id).text("step"), Some("registered"));
        error
    };
    let error = refused(json!("paid"));
    assert_eq!(codes(&error), ["step-not-allowed step"]);
    assert!(
        error
            .to_string()
            .contains("choose credit or branch or withdrawn"),
        "{error}"
    );
    assert_eq!(codes(&refused(json!(null))), ["step-not-allowed step"]);
    for field in ["step_due", "step_since", "step_outcome", "process"] {
        let error = firm.session.update(id, json!({field: null})).unwrap_err();
        assert_eq!(codes(&error), [format!("read-only {field}")]);
    }
    let begun = json!({"applicant": "x", "step": "paid"});
    let error = firm.session.create("loan", begun).unwrap_err();
    assert_eq!(codes(&error), ["step-start step"]);
    let _ = firm.session.advance(id, "withdrawn").unwrap();
    let error = firm.session.advance(id, "registered").unwrap_err();
    assert!(
        error.to_string().contains("ended in 'withdrawn'"),
        "{error}"
    );
}

#[test]
fn an_end_has_no_deadline_and_a_step_entered_again_has_another() {
    let firm = bank();
    let id = loan(&firm, json!({"amount": "6000000000 IRR"}));
    firm.attach(id, "identity", json!({}));
    let _ = firm.session.advance(id, "credit").unwrap();
    // Three business days: Saturday, Sunday, Monday.
    assert_eq!(firm.get(id).to_json()["step_due"], "2026-03-30");
    firm.at("2026-03-31T05:00:00Z");
    let _ = firm.as_user(firm.expert).advance(id, "registered").unwrap();
    // Wednesday to Friday are holidays and weekend.
    assert_eq!(firm.get(id).to_json()["step_due"], "2026-04-04");
    let _ = firm.session.advance(id, "withdrawn").unwrap();
    assert!(firm.get(id).get("step_due").is_none());
}

#[test]
fn the_state_says_in_the_readers_language_what_is_missing() {
    let firm = bank();
    let id = loan(&firm, json!({"product": "home", "amount": "1 IRR"}));
    firm.at("2026-03-29T08:30:00Z");
    let session = firm.as_user(firm.teller).in_locale(Locale::Fa);
    let state = session.process_state(id).unwrap();
    assert_eq!(
        (state.process_label.as_str(), state.step_label.as_str()),
        ("درخواست تسهیلات", "ثبت درخواست")
    );
    assert_eq!((state.days, state.overdue), (4, true));
    assert_eq!(state.owner.unwrap().name, "مینا احمدی");
    let credit = &state.next[0];
    assert_eq!((credit.label.as_str(), credit.open), ("اعتبارسنجی", false));
    let texts: Vec<&str> = credit.missing.iter().map(|one| one.text.as_str()).collect();
    let expected = [
        "فیلد بی‌مقدار: وثیقه",
        "سند پیوست نشده: سند هویتی",
        "سند پیوست نشده: گواهی",
    ];
    assert_eq!(texts.len(), expected.len());
    assert_eq!(texts[0], expected[0]);
    assert!(
        texts[1].starts_with("سند پیوست نشده: ") && !texts[1].contains("identity"),
        "{texts:?}"
    );
    assert_eq!(state.next[1].missing[0].code, "step-condition");
    assert_eq!(
        (state.next[2].label.as_str(), state.next[2].open),
        ("انصراف", true)
    );
    assert_eq!(state.outcome, None);
}

#[test]
fn what_is_open_beforehand_is_what_the_write_allows() {
    let firm = bank();
    for actor in [firm.teller, firm.expert, firm.head] {
        let id = at_branch(&firm);
        firm.attach(id, "contract", json!({"state": "signed"}));
        let session = firm.as_user(actor);
        let state = session.process_state(id).unwrap();
        for next in &state.next {
            let before = firm.get(id);
            let done = session.advance(id, &next.step);
            assert_eq!(done.is_ok(), next.open, "{} as {actor}", next.step);
            if done.is_ok() {
                assert_ne!(firm.get(id).revision(), before.revision());
                break;
            }
        }
    }
}

#[test]
fn the_history_says_who_had_it_and_for_how_long() {
    let firm = bank();
    let id = at_branch(&firm);
    firm.at("2026-03-27T08:30:00Z");
    // What changes something else is no step.
    let _ = firm.session.update(id, json!({"score": 80})).unwrap();
    let _ = firm.session.comment(id, "مدارک کامل است").unwrap();
    firm.at("2026-04-10T08:30:00Z");
    let open = firm.session.step_history(id).unwrap();
    assert_eq!(open.len(), 2);
    assert!(open[1].left_at.is_none() && open[1].late);
    assert_eq!(open[1].seconds, 16 * 86_400);
    let _ = firm.as_user(firm.head).advance(id, "refused").unwrap();
    firm.at("2026-05-10T08:30:00Z");
    let stays = firm
        .session
        .clone()
        .in_locale(Locale::Fa)
        .step_history(id)
        .unwrap();
    let steps: Vec<&str> = stays.iter().map(|stay| stay.label.as_str()).collect();
    assert_eq!(steps, ["ثبت درخواست", "تصمیم شعبه", "رد شد"]);
    assert_eq!(stays[0].entered_by, Actor::User(firm.teller));
    assert_eq!(stays[1].left_by, Some(Actor::User(firm.head)));
    assert_eq!((stays[1].seconds, stays[2].seconds), (16 * 86_400, 0));
    assert_eq!(
        stays[1].due.map(|due| due.to_string()).as_deref(),
        Some("2026-04-04")
    );
    assert!(!stays[0].late && !stays[2].late && stays[2].due.is_none());
}

#[test]
fn from_the_bin_it_comes_back_where_it_was() {
    let firm = bank();
    let id = at_branch(&firm);
    let before = firm.get(id).to_json();
    let _ = firm.session.delete(id).unwrap();
    firm.at("2026-03-28T08:30:00Z");
    let _ = firm.session.restore(id).unwrap();
    let after = firm.get(id).to_json();
    for field in ["process", "step", "step_since", "step_due", "step_owner"] {
        assert_eq!(before[field], after[field], "{field}");
    }
    assert_eq!(firm.session.step_history(id).unwrap().len(), 2);
}

#[test]
fn lists_funnels_and_what_is_late_are_ordinary_queries() {
    let firm = bank();
    let late = at_branch(&firm);
    let fresh = loan(&firm, json!({}));
    let done = at_branch(&firm);
    let _ = firm.session.advance(done, "refused").unwrap();
    firm.at("2026-04-06T08:30:00Z");
    let filter = Filter::parse("and(step_due[lt]:today,step_outcome[is_null]:true)").unwrap();
    let query = Query::new("loan")
        .filter(filter)
        .sorted_by("step_due")
        .unwrap();
    let found = firm.session.query(&query).unwrap().records;
    let ids: Vec<RecordId> = found.iter().map(crate::record::Record::id).collect();
    assert_eq!(ids, [fresh, late]);
    let funnel = Aggregate::new("loan").group_by("step");
    let rows = firm.session.aggregate(&funnel).unwrap();
    assert_eq!(
        rows.iter().map(|row| row.count).collect::<Vec<_>>(),
        [1, 1, 1]
    );
    let mine = Filter::eq("step_owner", firm.head);
    assert_eq!(firm.session.count("loan", &mine).unwrap(), 2);
    // Lists name steps as the process does.
    let schema = firm.session.engine().schema().unwrap();
    let step = schema.object("loan").unwrap().field("step").unwrap();
    assert_eq!(step.option_labels["credit"]["fa"], "اعتبارسنجی");
}

#[test]
fn whoever_hands_on_may_say_to_whom() {
    let firm = bank();
    let id = loan(&firm, json!({"amount": "6000000000 IRR"}));
    firm.attach(id, "identity", json!({}));
    let to = json!({"step": "credit", "step_owner": firm.expert.to_string()});
    let _ = firm.session.update(id, to).unwrap();
    let owner = |id| firm.get(id).get("step_owner").cloned();
    assert_eq!(owner(id), Some(Value::Reference(firm.expert)));
    let _ = firm
        .session
        .update(id, json!({"step_owner": firm.teller.to_string()}))
        .unwrap();
    assert_eq!(owner(id), Some(Value::Reference(firm.teller)));
    assert_eq!(
        firm.session.process_state(id).unwrap().outcome,
        None::<StepOutcome>
    );
}

#[cfg(feature = "script")]
#[test]
fn what_a_script_fills_in_counts_and_where_it_moves_a_record_is_judged() {
    let firm = bank();
    let script = "//! name: scoring\n//! on: loan before update\n//! when: step, score\n//! on-failure: reject\nif record.step == \"branch\" && record.score == () { record.score = 60; }\nif record.score != () && record.score < 10 { record.step = \"refused\"; }\nif record.score == 99 { record.step = \"paid\"; }\n";
    let _ = firm.session.install_script(script).unwrap();
    let at_credit = || {
        let id = loan(&firm, json!({"amount": "6000000000 IRR"}));
        firm.attach(id, "identity", json!({}));
        let _ = firm.session.advance(id, "credit").unwrap();
        id
    };
    let id = at_credit();
    let _ = firm.session.advance(id, "branch").unwrap();
    assert_eq!(firm.get(id).get("score"), Some(&Value::Integer(60)));
    let id = at_credit();
    let _ = firm.session.update(id, json!({"score": 5})).unwrap();
    assert_eq!(firm.get(id).text("step_outcome"), Some("failure"));
    let id = at_credit();
    let error = firm.session.update(id, json!({"score": 99})).unwrap_err();
    assert_eq!(codes(&error), ["step-not-allowed step"]);
}

#[test]
fn a_write_on_an_older_revision_moves_nothing() {
    let firm = bank();
    let id = loan(&firm, json!({}));
    let seen = firm.get(id).revision();
    let _ = firm.session.update(id, json!({"score": 1})).unwrap();
    let request = crate::write::Request::Update {
        id,
        revision: Some(seen),
        fields: json!({"step": "withdrawn"}).into(),
    };
    let error = firm.session.commit([request]).unwrap_err();
    assert_eq!(error.kind(), crate::error::ErrorKind::Conflict);
    assert_eq!(firm.get(id).text("step"), Some("registered"));
}
