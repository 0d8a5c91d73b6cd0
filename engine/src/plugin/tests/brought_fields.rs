//! What of the fields that a plugin brings does it say, keep and hear of?

use serde_json::{Value as Json, json};

use super::*;
use crate::context::Actor;
use crate::engine::Engine;
use crate::hook::{Row, Verb};
use crate::plugin::answers;

const BILLS: &str = r#"
[[object]]
name = "meter_bill"
prefix = "mtb"
label = { en = "Bill", fa = "قبض", ar = "فاتورة" }
[[object.field]]
name = "number"
type = "text"
[[object.field]]
name = "owed_by"
type = "rollup"
total = { child = "meter_payment", by = "bill", measure = "count" }
[[object.field]]
name = "state"
type = "option"
options = ["open", "paid"]
option-labels = { open = { en = "Open", fa = "باز", ar = "مفتوحة" }, paid = { en = "Paid", fa = "پرداخت‌شده", ar = "مسددة" } }
[[object.field]]
name = "account"
type = "reference"
to = ["account"]
[[object.field]]
name = "due"
type = "money"
read-only = true

[[object]]
name = "meter_payment"
prefix = "mtp"
label = { en = "Payment", fa = "پرداخت", ar = "دفعة" }
[[object.field]]
name = "number"
type = "text"
[[object.field]]
name = "bill"
type = "reference"
to = ["meter_bill"]

[[field]]
object = "account"
name = "meter_bills_due"
type = "rollup"
total = { child = "meter_bill", by = "account", measure = "sum_money", of = "due", currency = "IRR", only = { state = "open" } }
label = { en = "Due", fa = "بدهی قبض‌ها", ar = "المستحق" }
"#;

fn plugin(manifest: &str) -> Vec<u8> {
    Guest {
        compute: &patching(0, 0, 42),
        manifest,
        ..Guest::default()
    }
    .component()
}

fn installed(brings: &str) -> crate::session::Session {
    let session = Engine::in_memory().open().unwrap().session();
    let bytes = plugin(&format!("{MANIFEST}{brings}"));
    session.install_unsigned_plugin(&bytes, Json::Null).unwrap();
    session
}

#[test]
fn options_have_their_names_and_more_of_them_come_with_theirs() {
    let session = installed(BILLS);
    let name = |option: &str| {
        let schema = session.engine().schema().unwrap();
        let field = schema.object("meter_bill").unwrap().field("state").unwrap();
        field.option_labels[option]["fa"].clone()
    };
    assert_eq!(
        (name("open"), name("paid")),
        ("باز".into(), "پرداخت‌شده".into())
    );
    let more = BILLS
        .replace("[\"open\", \"paid\"]", "[\"open\", \"paid\", \"void\"]")
        .replace(
            "option-labels = {",
            "option-labels = { void = { fa = \"باطل\" },",
        );
    let bytes = plugin(&format!("{MANIFEST}{more}").replace("0.1.0", "0.2.0"));
    session.install_unsigned_plugin(&bytes, Json::Null).unwrap();
    assert_eq!((name("void"), name("open")), ("باطل".into(), "باز".into()));
}

#[test]
fn a_name_for_an_option_that_is_none_is_told() {
    let wrong = BILLS.replace("option-labels = { open", "option-labels = { opne");
    let error = open(&plugin(&format!("{MANIFEST}{wrong}"))).err().unwrap();
    assert!(
        error.to_string().contains("option-labels names 'opne'"),
        "{error}"
    );
}

#[test]
fn what_a_plugin_keeps_is_set_by_its_effects_and_nobody_else_and_totals_follow() {
    let session = installed(BILLS);
    let account = session
        .create("account", json!({"name": "فولاد پارس"}))
        .unwrap()
        .id()
        .unwrap();
    let bill = json!({"number": "۱", "account": account.to_string(), "state": "open"});
    let bill = session.create("meter_bill", bill).unwrap().id().unwrap();
    let due = json!({"due": {"amount": "250000", "currency": "IRR"}});
    let own = session
        .engine()
        .session_as(Actor::Plugin("tester".to_owned()));
    let other = session
        .engine()
        .session_as(Actor::Plugin("another".to_owned()));
    for stranger in [&session, &other] {
        let error = stranger.update(bill, due.clone()).unwrap_err();
        assert!(error.to_string().contains("due is kept by"), "{error}");
    }
    let _ = own.update(bill, due).unwrap();
    let total = |id, field: &str| session.get(id).unwrap().get(field).unwrap().to_json();
    let owed = total(account, "meter_bills_due");
    assert_eq!(owed, json!({"amount": "250000", "currency": "IRR"}));
    let payment = json!({"number": "۱", "bill": bill.to_string()});
    let _ = session.create("meter_payment", payment).unwrap();
    assert_eq!(total(bill, "owed_by"), json!(1));
    let _ = session.update(bill, json!({"state": "paid"})).unwrap();
    assert_eq!(total(account, "meter_bills_due")["amount"], "0");
}

#[test]
fn a_total_says_what_it_adds_up_and_no_other_field_does() {
    for (from, to) in [
        (
            "total = { child = \"meter_payment\", by = \"bill\", measure = \"count\" }\n",
            "",
        ),
        ("type = \"rollup\"", "type = \"integer\""),
    ] {
        let wrong = BILLS.replacen(from, to, 1);
        let error = open(&plugin(&format!("{MANIFEST}{wrong}"))).err().unwrap();
        assert!(error.to_string().contains("says under total"), "{error}");
    }
}

#[test]
fn a_hook_is_told_what_becomes_of_a_record() {
    let manifest = MANIFEST.replace(
        "reads = [\"employees\"]",
        "reads = [\"employees\", \"verb\"]",
    );
    assert_ne!(manifest, MANIFEST);
    let hook = served(&plugin(&manifest)).unwrap();
    let records = leads(&[1, 2, 3]);
    let verbs = [Verb::Create, Verb::Update, Verb::Delete];
    let rows: Vec<Row<'_>> = verbs
        .into_iter()
        .zip(&records)
        .map(|(verb, record)| Row {
            verb,
            id: record.id(),
            before: (verb != Verb::Create).then_some(record),
            after: (verb != Verb::Delete).then_some(record),
        })
        .collect();
    let batch = answers::batch(&hook.hook, &rows).unwrap();
    assert_eq!(batch.text, b"createupdatedelete");
    // It is no field, so that it wakes nobody.
    assert_eq!(hook.hook.interest.wakes.len(), 1);
}

#[test]
fn a_manifest_may_ask_for_more_effects_of_a_record_within_reason() {
    let asked = |many: u64| {
        let limits = format!("limits = {{ effects-per-row = {many}, ");
        open(&plugin(&MANIFEST.replace("limits = { ", &limits)))
    };
    assert_eq!(asked(200).unwrap().manifest.limits.effects_per_row(), 200);
    assert_eq!(
        open(&plugin(MANIFEST))
            .unwrap()
            .manifest
            .limits
            .effects_per_row(),
        16
    );
    let error = asked(501).err().unwrap();
    assert!(
        error.to_string().contains("set it between 1 and 500"),
        "{error}"
    );
}
