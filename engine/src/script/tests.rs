//! What can a script see and do?
#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::json;

use super::fixture::{AFTER, BEFORE, Fixture, created, draft, script, set, updated};
use super::load;
use crate::hook::{EffectAction, OnFailure, Row, Verb, Which};
use crate::record::Value;

fn text(value: &str) -> Option<Value> {
    Some(Value::Text(value.into()))
}

#[test]
fn rejects_with_and_without_a_field() {
    let run = Fixture::new().before(
        r#"if record.amount != () && record.amount.amount > 1_000_000 && record.close_date == () {
               reject("close_date", "a deal of this size needs a close date");
           }
           reject("no");"#,
    );
    let refusals = run.unwrap().refusals;
    let expected = [
        (
            Some("close_date".to_owned()),
            "a deal of this size needs a close date".to_owned(),
        ),
        (None, "no".to_owned()),
    ];
    assert_eq!(refusals, expected);
}

#[test]
fn only_fields_whose_value_really_changed_are_patched() {
    let run = Fixture::new().before(r#"record.probability = 80; record.source = "web"; record.name = record.name; record.opened_on = ();"#).unwrap();
    let names: Vec<&str> = run.patches.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["probability", "opened_on"]);
    assert_eq!(run.patches[0].1.as_ref().unwrap().to_string(), "80");
    assert_eq!(run.patches[1].1, None);
}

#[test]
fn an_unknown_field_is_an_error_with_the_nearest_name_and_the_position() {
    let fixture = Fixture::new();
    // Computed names escape the check before the run.
    let told = fixture.failure("let field = \"amuont\";\n\nlet x = record[field];");
    let id = fixture.deal().id;
    assert_eq!(
        told,
        format!(
            "script trial, line 6, column 15, record {id}: opportunity has no field 'amuont'; did you mean 'amount'?"
        )
    );
}

#[test]
fn a_field_kept_by_the_engine_cannot_be_set() {
    let told = Fixture::new().failure("let field = \"status\"; record[field] = \"won\";");
    assert!(
        told.ends_with(": status is kept by the engine and cannot be set"),
        "{told}"
    );
}

#[test]
fn a_wrong_value_is_an_error_that_names_script_line_and_field() {
    let fixture = Fixture::new();
    let told = fixture.failure("\nrecord.source = \"radio\";");
    assert!(told.starts_with("script trial, line 5, column "), "{told}");
    assert!(
        told.contains(": source: 'radio' is not one of web,"),
        "{told}"
    );
    assert!(
        fixture
            .failure("record.amount = 5;")
            .ends_with("amount: money needs a currency: write money(5, \"IRR\")")
    );
    assert!(
        fixture
            .failure("record.close_date = 17;")
            .contains("close_date: '17' is not a Gregorian date")
    );
    assert!(
        fixture
            .failure("record.name = [1];")
            .contains("name: text is expected, not a list")
    );
}

#[test]
fn persian_names_and_texts_work() {
    let run = Fixture::new()
        .before(
            "let مبلغ = record.amount.amount;\nfn بزرگ(عدد) { عدد > 1_000_000 }\n\
             if بزرگ(مبلغ) { reject(\"close_date\", `برای معاملهٔ ${record.name} تاریخ بستن لازم است`); }\n\
             record.loss_reason = \"می‌رود\"; if fold(\"علي\") == fold(\"علی\") { log(\"یکی است\"); }",
        )
        .unwrap();
    assert_eq!(run.refusals[0].1, "برای معاملهٔ فولاد تاریخ بستن لازم است");
    assert_eq!(run.patches, [("loss_reason".to_owned(), text("می‌رود"))]);
    assert_eq!(run.log, ["یکی است"]);
}

#[test]
fn other_records_are_read_and_cannot_be_changed() {
    let fixture = Fixture::new();
    let run = fixture.before("let firm = get(record.account); log(firm.industry); log(`${get(record.contact) == ()}`); record.stage = \"won\";").unwrap();
    assert_eq!(run.log, ["steel", "true"]);
    assert_eq!(
        run.patches,
        [(
            "stage".to_owned(),
            Some(Value::Reference(fixture.id("stage", 3)))
        )]
    );
    assert_eq!(fixture.value("get(\"stage\", \"won\").outcome"), "won");
    assert_eq!(fixture.value("get(\"stage\", \"wun\") == ()"), "true");
    assert!(
        fixture
            .failure("let firm = get(record.account); firm.industry = \"x\";")
            .contains("read with get() cannot be changed")
    );
    assert!(
        fixture
            .failure("let firm = get(\"42\");")
            .ends_with("'42' is not a record id; one looks like acc_01jd0c5e8gq2r4v6x8z0b2d4f6")
    );
    let wrong = format!("record.stage = \"{}\";", fixture.id("account", 7));
    assert!(
        fixture
            .failure(&wrong)
            .ends_with("is a account, and it refers to stage")
    );
}

#[test]
fn a_record_may_refer_to_itself() {
    let fixture = Fixture::new();
    let account = draft(&fixture.schema, "account", 2, &[("name", "x".into())]);
    let text = "//! name: trial\n//! on: account before update\n//! on-failure: skip\nrecord.parent = record;";
    let patches = fixture.once(text, &account).unwrap().patches;
    assert_eq!(
        patches,
        [("parent".to_owned(), Some(Value::Reference(account.id)))]
    );
}

#[test]
fn a_script_knows_the_request_the_actor_and_the_state_before() {
    let fixture = Fixture::new();
    let (before, mut after) = (fixture.deal(), fixture.deal());
    set(&mut after, "source", &"call".into());
    let body = "if changed(\"source\") && !changed(\"amount\") && !is_new() && old.source == \"web\" { reject(actor()); }\n\
                if is_new() && old == () && changed(\"amount\") { reject(\"new\"); }";
    let text = format!("{BEFORE}{body}");
    let other = created(&before);
    let answers = fixture
        .ask_before(&text, &[updated(&before, &after), other])
        .unwrap();
    let told: Vec<(usize, &str, &str)> = answers
        .refusals
        .iter()
        .map(|refusal| (refusal.row, refusal.code.as_str(), refusal.message.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (0, "script", fixture.id("user", 1).to_string().as_str()),
            (1, "script", "new")
        ]
    );
    assert!(answers.cost.fuel > 10, "{:?}", answers.cost);
}

#[test]
fn nothing_is_left_from_one_row_to_the_next() {
    let fixture = Fixture::new();
    let deal = fixture.deal();
    let body = format!("{BEFORE}let seen = 1; seen += 1; record.description = `${{seen}}`;");
    let answers = fixture
        .ask_before(&body, &[created(&deal), created(&deal)])
        .unwrap();
    let told: Vec<_> = answers
        .patches
        .iter()
        .map(|patch| (patch.row, patch.value.clone()))
        .collect();
    assert_eq!(told, [(0, text("2")), (1, text("2"))]);
}

#[test]
fn a_script_may_stop_early() {
    let run = Fixture::new()
        .before("if record.amount != () { return; } reject(\"not reached\");")
        .unwrap();
    assert!(run.refusals.is_empty());
}

#[test]
fn effects_have_keys_that_are_the_same_when_the_commit_is_seen_again() {
    let fixture = Fixture::new();
    let deal = fixture.deal();
    let text = format!(
        "{AFTER}create(\"activity\", #{{ kind: \"task\", subject: `تماس با ${{record.name}}`, about: record.id, owner: record.owner, due_on: today() + days(3) }});\n\
         update(record.account, #{{ description: \"x\", annual_revenue: record.amount }}, #{{ key: \"once\" }});"
    );
    let ask = || fixture.ask_after(&text, &[updated(&deal, &deal)]).unwrap();
    let (first, again) = (ask(), ask());
    let keys: Vec<&str> = first
        .effects
        .iter()
        .map(|effect| effect.key.as_str())
        .collect();
    assert_eq!(keys, [format!("{}/4/1", deal.id).as_str(), "once"]);
    assert_eq!(
        keys,
        again
            .effects
            .iter()
            .map(|effect| effect.key.as_str())
            .collect::<Vec<_>>()
    );
    let EffectAction::Create { object, fields, .. } = &first.effects[0].action else {
        panic!("{:?}", first.effects)
    };
    assert_eq!(object, "activity");
    let expected = json!({"kind": "task", "subject": "تماس با فولاد", "about": deal.id.to_string(), "owner": null, "due_on": "2026-03-24"});
    assert_eq!(serde_json::Value::Object(fields.clone()), expected);
    let EffectAction::Update {
        which: Which::Id(id),
        fields,
        ..
    } = &first.effects[1].action
    else {
        panic!("{:?}", first.effects)
    };
    assert_eq!(
        (*id, &fields["annual_revenue"]),
        (
            fixture.id("account", 7),
            &json!({"amount": "2000000", "currency": "IRR"})
        )
    );
}

#[test]
fn a_wrong_effect_is_an_error_at_its_line() {
    let fixture = Fixture::new();
    for (body, told) in [
        (
            "let o = \"activty\"; create(o, #{});",
            "there is no object 'activty'; did you mean 'activity'?",
        ),
        (
            "let m = #{ subjct: 1 }; create(\"activity\", m);",
            "activity has no field 'subjct'; did you mean 'subject'?",
        ),
        (
            "create(\"activity\", #{ kind: \"dance\" });",
            "kind: 'dance' is not one of",
        ),
        (
            "update((), #{});",
            "the record to update is empty; test `!= ()` first",
        ),
        ("update(record, #{}, 5);", "the third argument is the key"),
    ] {
        let failure = fixture.after(body).unwrap_err().to_string();
        assert!(
            failure.contains("line 3, column ") && failure.contains(told),
            "{failure}"
        );
    }
}

#[test]
fn an_after_script_cannot_write_its_record() {
    let fixture = Fixture::new();
    let failure = fixture
        .after("let field = \"name\"; record[field] = \"x\";")
        .unwrap_err()
        .to_string();
    assert!(
        failure.ends_with(
            "the record is committed and cannot be changed here; use update(record, #{ … })"
        ),
        "{failure}"
    );
}

#[test]
fn a_record_that_is_being_deleted_cannot_be_written() {
    let fixture = Fixture::new();
    let deal = fixture.deal();
    let text = format!("{BEFORE}let field = \"name\"; record[field] = \"x\";")
        .replace("create, update", "update, delete");
    let row = Row {
        verb: Verb::Delete,
        id: deal.id,
        before: Some(&deal),
        after: None,
    };
    let failure = fixture.ask_before(&text, &[row]).err().unwrap();
    assert!(
        failure
            .message
            .ends_with("the record is being deleted and cannot be changed"),
        "{failure}"
    );
}

#[test]
fn the_error_names_script_version_place_and_record() {
    let fixture = Fixture::new();
    let deal = fixture.deal();
    let failure = fixture
        .ask_before(
            &format!("{BEFORE}\nfn f(x) {{ x.parse_int() }}\nf(\"abc\");"),
            &[created(&deal)],
        )
        .err()
        .unwrap();
    assert!(
        failure.message.starts_with(&format!(
            "script trial version 3, line 5, column 13, record {}: ",
            deal.id
        )),
        "{failure}"
    );
    assert_eq!(failure.code, "script");
    assert!(failure.cost.fuel > 0);
    let thrown = fixture.failure("throw \"نشد\";");
    assert!(thrown.ends_with(": نشد"), "{thrown}");
    assert!(
        fixture
            .failure("notify(1);")
            .ends_with("there is no function notify(a whole number)")
    );
    assert!(
        fixture
            .failure("reject(1);")
            .ends_with("reject() does not take a whole number")
    );
}

#[test]
fn scripts_are_loaded_by_order_and_then_by_name() {
    let fixture = Fixture::new();
    let named = |name: &str, order: &str| {
        let mut script =
            script(&format!("{BEFORE}//! when: amount\n{order}").replace("trial", name));
        script.name = name.to_owned();
        script
    };
    let mut off = named("off", "//! order: 1\n");
    off.enabled = false;
    let scripts = [
        named("b", ""),
        named("a", ""),
        named("c", "//! order: 10\n"),
        off,
        script("//! name: trial\nlet = 1;"),
        script(AFTER),
    ];
    let (before, after, broken) = load(&scripts, &fixture.schema);
    let owners: Vec<&str> = before
        .iter()
        .map(|hook| hook.name().owner.as_str())
        .collect();
    assert_eq!(owners, ["script c 3", "script a 3", "script b 3"]);
    assert_eq!(before[0].name().hook, "before save of opportunity");
    assert_eq!(before[0].on_failure(), OnFailure::Reject);
    let amount = fixture
        .schema
        .object("opportunity")
        .unwrap()
        .field("amount")
        .unwrap()
        .number;
    assert!(
        before[0]
            .interest()
            .is_in("opportunity", Verb::Update, &[amount])
    );
    assert!(
        !before[0]
            .interest()
            .is_in("opportunity", Verb::Update, &[amount + 1])
    );
    assert!(before[0].interest().is_in("opportunity", Verb::Create, &[]));
    assert_eq!(after.len(), 1);
    assert_eq!(broken.len(), 1);
    assert!(
        broken[0].starts_with("script trial version 3: line 1, column 1: "),
        "{broken:?}"
    );
}

#[test]
fn a_trial_takes_the_fields_of_when_as_changed() {
    let fixture = Fixture::new();
    let text = format!(
        "{BEFORE}//! when: amount\nlog(`${{changed(\"amount\")}} ${{changed(\"name\")}}`);"
    );
    assert_eq!(
        fixture.once(&text, &fixture.deal()).unwrap().log,
        ["true false"]
    );
    let wrong = fixture.once(
        &text
            .replace("on: opportunity", "on: lead")
            .replace("when: amount", "when: budget"),
        &fixture.deal(),
    );
    assert!(
        wrong
            .unwrap_err()
            .to_string()
            .contains("lead has no field 'amount'")
    );
}
