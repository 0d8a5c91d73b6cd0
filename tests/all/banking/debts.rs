//! How old is a debt, who is called, and what becomes of a promise?

use peyvand::{Record, RecordId, Session, ViewPage};
use serde_json::json;

use super::{Bank, amount};
use crate::setting::{codes, create};

/// The debt of a loan's first instalment, which is a day late.
fn overdue(bank: &Bank) -> Record {
    let session = &bank.session;
    let loan = bank.agreed();
    bank.attach(loan, "contract", "signed");
    let _ = session
        .update(loan, json!({"signed_on": "2026-03-27", "step": "paid_out"}))
        .unwrap();
    // 2026-04-26 is the last day on which nothing is overdue.
    bank.tick(32);
    assert!(bank.all("bank_debt", "").is_empty());
    bank.tick(33);
    let [debt] = bank.all("bank_debt", "").try_into().unwrap();
    assert_eq!(
        (debt.text("bucket"), debt.text("state")),
        (Some("days_1_30"), Some("open"))
    );
    assert_eq!(debt.text("title"), Some("قسط ۱ از ت-۱۴۰۵-۱"));
    assert_eq!(amount(&debt, "outstanding"), 21_691_437);
    assert_eq!(debt.to_json()["priority"], 20);
    debt
}

/// Where two debts stand in the call list.
fn called(session: &Session, debts: [RecordId; 2]) -> [Option<usize>; 2] {
    let list = session.view("bank-call-list").unwrap();
    let rows = session.view_rows(&list, &ViewPage::default()).unwrap();
    let rows = serde_json::to_value(&rows).unwrap().to_string();
    debts.map(|debt| rows.find(&debt.to_string()))
}

#[test]
fn the_older_and_larger_debt_is_called_first() {
    let bank = Bank::new();
    let session = &bank.session;
    let id = overdue(&bank).id();
    let other = json!({
        "title": "مانده کارت اعتباری", "customer": bank.customer.to_string(), "amount": "2000000000 IRR", "due_on": "2026-01-10",
    });
    let other = create(session, "bank_debt", other);
    assert_eq!(
        (
            bank.get(other)["bucket"].clone(),
            bank.get(other)["priority"].clone()
        ),
        (json!("over_90"), json!(90))
    );
    let [first, second] = called(session, [other, id]);
    assert!(first.is_some() && first < second, "{first:?} {second:?}");
    let promised = json!({
        "debt": id.to_string(), "result": "promised", "promised_amount": "1000 IRR", "promised_on": "2026-05-01",
    });
    create(session, "bank_call", promised);
    let [_, second] = called(session, [other, id]);
    assert_eq!(second, None, "who promised is not called before the day");
}

#[test]
fn a_debt_goes_from_overdue_to_a_kept_promise() {
    let bank = Bank::new();
    let session = &bank.session;
    let id = overdue(&bank).id();

    // A promise is part of the contact's commit, and refused where it says nothing.
    let call = json!({"debt": id.to_string(), "result": "promised"});
    assert_eq!(
        codes(&session.create("bank_call", call.clone()).unwrap_err()).len(),
        2
    );
    let mut call = call;
    let promised = json!({"promised_amount": "21691437 IRR", "promised_on": "2026-05-01"});
    call.as_object_mut()
        .unwrap()
        .extend(promised.as_object().unwrap().clone());
    let call = create(session, "bank_call", call);
    assert_eq!(bank.get(call)["next_step"], "wait_for_payment");
    let [promise] = bank.all("bank_promise", "").try_into().unwrap();
    assert_eq!(promise.to_json()["contact"], call.to_string());
    assert_eq!(bank.get(id)["next_contact_on"], "2026-05-02");

    let pay = |reference: &str, amount: &str| {
        let fields = json!({"reference": reference, "debt": id.to_string(), "amount": amount, "paid_on": "2026-04-27"});
        let committed = session.create("bank_payment", fields).unwrap();
        assert_eq!(committed.warnings, Vec::<String>::new());
    };
    pay("۱۱", "10000000 IRR");
    assert_eq!(bank.get(promise.id())["state"], "open");
    assert_eq!(amount(&session.get(id).unwrap(), "outstanding"), 11_691_437);
    pay("۱۲", "11691437 IRR");
    assert_eq!(bank.get(promise.id())["state"], "kept");
    assert_eq!(
        (
            bank.get(id)["state"].clone(),
            bank.get(id)["priority"].clone()
        ),
        (json!("settled"), json!(0))
    );
    let paid = bank.all("bank_instalment", "state[eq]:paid");
    assert_eq!(paid.len(), 1);
    assert!(session.engine().check().unwrap().ok);
}

#[test]
fn a_debt_grows_older_day_by_day_and_a_broken_promise_makes_it_urgent() {
    let bank = Bank::new();
    let session = &bank.session;
    let fields = json!({
        "title": "قسط معوق", "customer": bank.customer.to_string(), "amount": "100000000 IRR", "due_on": "2026-03-25",
    });
    let id = create(session, "bank_debt", fields);
    let bucket = || bank.get(id)["bucket"].as_str().unwrap().to_owned();
    assert_eq!(bucket(), "current");
    let promise = json!({"debt": id.to_string(), "amount": "50000000 IRR", "due_on": "2026-03-27"});
    let promise = create(session, "bank_promise", promise);
    let too_much =
        json!({"debt": id.to_string(), "amount": "100000001 IRR", "due_on": "2026-03-27"});
    let error = session.create("bank_promise", too_much).unwrap_err();
    assert!(error.to_string().contains("مانده"), "{error}");
    bank.tick(2);
    assert_eq!(
        (bucket().as_str(), &bank.get(promise)["state"]),
        ("days_1_30", &json!("open"))
    );
    assert_eq!(bank.get(id)["priority"], 22);
    bank.tick(3);
    assert_eq!(bank.get(promise)["state"], "broken");
    assert_eq!(
        (
            bank.get(id)["broken_promises"].clone(),
            bank.get(id)["priority"].clone()
        ),
        (json!(1), json!(27))
    );
    let calls = bank.all("activity", &format!("bank_debt[eq]:{id}"));
    assert_eq!(calls.len(), 1);
    assert!(
        calls[0].text("subject").unwrap().contains("۵۰,۰۰۰,۰۰۰"),
        "{:?}",
        calls[0].text("subject")
    );
    for (days, expected) in [
        (30, "days_1_30"),
        (31, "days_31_60"),
        (60, "days_31_60"),
        (61, "days_61_90"),
        (90, "days_61_90"),
        (91, "over_90"),
    ] {
        bank.tick(days);
        assert_eq!(bucket(), expected, "{days} days");
    }
}
