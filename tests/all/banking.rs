//! A bank's front office as a plugin: a loan from application to signed agreement, a debt from overdue to kept promise.

mod debts;

use std::sync::Arc;

use chrono::Duration;
use peyvand::{
    Actor, Engine, Filter, FixedClock, Locale, Query, Record, RecordId, RenderOptions, Session,
};
use serde_json::{Value as Json, json};

use crate::setting::{codes, component, create, fixed, noon};

const SHEBA: &str = "IR820540102680020817909002";

/// A bank with a branch, its people and a product.
struct Bank {
    session: Session,
    clock: Arc<FixedClock>,
    expert: RecordId,
    head: RecordId,
    customer: RecordId,
}

impl Bank {
    fn new() -> Self {
        let (builder, clock) = fixed(Engine::in_memory());
        let session = builder.open().unwrap().session();
        for plugin in ["national-id", "banking"] {
            let _ = session
                .install_unsigned_plugin(&component(plugin), Json::Null)
                .unwrap();
        }
        let user = |login: &str, name: &str, role: &str| {
            let fields = json!({"login": login, "name": name, "role": role});
            create(&session, "user", fields)
        };
        let head = user("mina", "مینا احمدی", "bank-branch-head");
        let expert = user("reza", "رضا کریمی", "bank-credit-expert");
        let _ = user("shirin", "شیرین راد", "bank-credit-committee");
        let branch = json!({"key": "tajrish", "name": "شعبه تجریش", "manager": head.to_string()});
        create(&session, "territory", branch);
        let product = json!({
            "code": "car", "name": "خرید خودرو", "kind": "loan", "rate": 18, "method": "annuity", "security": "guarantor",
            "min_amount": "100000000 IRR", "max_amount": "9000000000 IRR", "min_term": 6, "max_term": 60,
            "max_share": 40, "min_age": 18, "max_age": 70, "guarantors": 2, "guarantors_from": "500000000 IRR",
        });
        create(&session, "bank_product", product);
        let customer = json!({
            "name": "نگار رستمی", "birth_date": "1990-05-01", "mobile": "+989121234567", "language": "fa",
            "bank_person_id": "۰۰۸۴۵۷۵۹۴۸", "bank_customer_number": "۱۰۲۳", "bank_kyc": "simplified",
        });
        let customer = create(&session, "contact", customer);
        Self {
            session,
            clock,
            expert,
            head,
            customer,
        }
    }

    fn as_user(&self, user: RecordId) -> Session {
        self.session.engine().session_as(Actor::User(user))
    }

    fn get(&self, id: RecordId) -> Json {
        self.session.get(id).unwrap().to_json()
    }

    fn all(&self, object: &str, filter: &str) -> Vec<Record> {
        let query = Query::new(object).filter(Filter::parse(filter).unwrap());
        self.session.query(&query.limit(500)).unwrap().records
    }

    fn application(&self, more: Json) -> Json {
        let mut fields = json!({
            "number": "ت-۱۴۰۵-۱", "kind": "loan", "product": "car", "applicant": self.customer.to_string(), "branch": "tajrish",
            "amount": "600000000 IRR", "term_months": 36, "income": "80000000 IRR", "officer": self.expert.to_string(),
        });
        let map = fields.as_object_mut().unwrap();
        map.extend(more.as_object().unwrap().clone());
        fields
    }

    fn attach(&self, record: RecordId, kind: &str, state: &str) {
        let file = self
            .session
            .put_file(&format!("{kind}.txt"), None, &mut kind.as_bytes());
        let file = file.unwrap().to_json();
        let fields = json!({"title": kind, "document_type": kind, "state": state, "file": file});
        let document = create(&self.session, "document", fields);
        let link = json!({"document": document.to_string(), "record": record.to_string()});
        create(&self.session, "attachment", link);
    }

    /// What is in the way of a step.
    fn refused(&self, id: RecordId, step: &str) -> Vec<String> {
        let error = self.session.advance(id, step).unwrap_err();
        let told = codes(&error).into_iter();
        told.map(|(code, field)| format!("{code} {}", field.unwrap_or_default()))
            .collect()
    }

    fn guarantee(&self, application: RecordId, contact: RecordId) -> Json {
        json!({
            "name": "ضامن", "kind": "guarantor", "application": application.to_string(), "guarantor": contact.to_string(),
        })
    }

    /// A loan that is to be signed.
    fn agreed(&self) -> RecordId {
        let id = create(
            &self.session,
            "bank_application",
            self.application(json!({"iban": SHEBA})),
        );
        for kind in ["identity", "payslip"] {
            self.attach(id, kind, "final");
        }
        let _ = self.session.advance(id, "credit_check").unwrap();
        let _ = self
            .session
            .update(self.customer, json!({"bank_kyc": "full"}))
            .unwrap();
        for name in ["بهرام نیک‌پور", "لیلا شریفی"] {
            let contact = create(&self.session, "contact", json!({"name": name}));
            create(&self.session, "bank_guarantee", self.guarantee(id, contact));
        }
        let _ = self
            .session
            .update(id, json!({"credit_score": 610, "step": "branch_decision"}))
            .unwrap();
        let decided = json!({"decided_on": "2026-03-26", "step": "agreement"});
        let committed = self.session.update(id, decided).unwrap();
        assert_eq!(committed.warnings, Vec::<String>::new());
        id
    }

    fn tick(&self, days: i64) {
        self.clock.set(noon() + Duration::days(days));
        assert_eq!(self.session.engine().tick().unwrap(), Vec::<String>::new());
    }
}

fn amount(record: &Record, field: &str) -> i64 {
    let money = &record.to_json()[field]["amount"];
    let text = money
        .as_str()
        .map_or_else(|| money.to_string(), str::to_owned);
    text.parse().unwrap()
}

#[test]
fn a_loan_goes_from_application_to_signed_agreement() {
    let bank = Bank::new();
    let session = &bank.session;
    let id = create(session, "bank_application", bank.application(json!({})));
    let loan = bank.get(id);
    assert_eq!(
        (&loan["step"], &loan["level"], &loan["security"]),
        (&json!("registered"), &json!("branch"), &json!("guarantor"))
    );
    assert_eq!(loan["guarantors_needed"], 2);
    let record = session.get(id).unwrap();
    assert_eq!(amount(&record, "instalment"), 21_691_437);
    assert_eq!(
        amount(&record, "total_cost"),
        600_000_000 + amount(&record, "total_profit")
    );
    assert_eq!(
        loan["debt_to_income"].to_string().trim_matches('"'),
        "27.11"
    );
    let tasks = bank.all("activity", "origin[eq]:banking");
    assert_eq!(tasks.len(), 1);
    assert_eq!(tasks[0].to_json()["owner"], bank.head.to_string());
    assert!(
        tasks[0]
            .text("subject")
            .unwrap()
            .starts_with("تکمیل درخواست")
    );

    // Every document and field that is missing, until there is none.
    let missing = [
        "step-field iban",
        "step-document step",
        "step-document step",
    ];
    assert_eq!(bank.refused(id, "credit_check"), missing);
    bank.attach(id, "identity", "final");
    assert_eq!(
        bank.refused(id, "credit_check"),
        ["step-field iban", "step-document step"]
    );
    bank.attach(id, "payslip", "final");
    let error = session
        .update(id, json!({"iban": "IR820540102680020817909003"}))
        .unwrap_err();
    assert!(error.to_string().contains("شبا"), "{error}");
    let _ = session
        .update(id, json!({"iban": "۸۲ ۰۵۴۰ ۱۰۲۶ ۸۰۰۲ ۰۸۱۷ ۹۰۹۰ ۰۲"}))
        .unwrap();
    assert_eq!(bank.get(id)["iban"], SHEBA);
    let _ = session.advance(id, "credit_check").unwrap();
    assert_eq!(bank.get(id)["step_owner"], bank.expert.to_string());

    is_decided(&bank, id);
    is_signed(&bank, id);
    assert!(session.engine().check().unwrap().ok);
}

/// Whatever is in the way is told at once, by whom it may be: the schema, the plugin, the process.
#[test]
fn what_the_plugin_refuses_and_what_the_step_lacks_are_told_together() {
    let bank = Bank::new();
    let id = create(
        &bank.session,
        "bank_application",
        bank.application(json!({})),
    );
    let told = |fields: Json| {
        let error = bank.session.update(id, fields).unwrap_err();
        let codes = codes(&error).into_iter();
        let told = codes.map(|(code, field)| format!("{code} {}", field.unwrap_or_default()));
        told.collect::<Vec<_>>()
    };
    let lacks = ["step-document step", "step-document step"];
    let wrong = told(json!({"iban": "IR820540102680020817909003", "step": "credit_check"}));
    assert_eq!(wrong[0], "iban iban");
    assert_eq!(wrong[1..], lacks);
    // A field that cannot be read, beside the same.
    let unread = told(json!({"decided_on": "دیروز", "step": "credit_check"}));
    assert!(unread[0].ends_with(" decided_on"), "{unread:?}");
    assert_eq!(unread[1], "step-field iban");
    assert_eq!(unread[2..], lacks);
    // What is wrong is not missing too.
    let empty = told(json!({"income": "زیاد", "step": "credit_check"}));
    let income = empty.iter().filter(|told| told.ends_with(" income"));
    assert_eq!(income.count(), 1, "{empty:?}");
    // What is not there is told once, and nothing was changed.
    assert_eq!(bank.get(id)["step"], "registered");
}

/// Who decides, and what must be there before.
fn is_decided(bank: &Bank, id: RecordId) {
    let session = &bank.session;
    let lacks = [
        "kyc applicant",
        "guarantors amount",
        "step-condition step",
        "step-field credit_score",
    ];
    assert_eq!(bank.refused(id, "head_decision"), lacks);
    let _ = session.update(id, json!({"credit_score": 610})).unwrap();
    assert_eq!(
        bank.refused(id, "branch_decision"),
        ["kyc applicant", "guarantors amount"]
    );
    let _ = session
        .update(bank.customer, json!({"bank_kyc": "full"}))
        .unwrap();
    let error = session
        .create("bank_guarantee", bank.guarantee(id, bank.customer))
        .unwrap_err();
    assert!(error.to_string().contains("ضامن خود"), "{error}");
    for name in ["بهرام نیک‌پور", "لیلا شریفی"] {
        let contact = create(session, "contact", json!({"name": name}));
        create(session, "bank_guarantee", bank.guarantee(id, contact));
    }
    let _ = bank
        .as_user(bank.expert)
        .advance(id, "branch_decision")
        .unwrap();
    assert_eq!(bank.refused(id, "agreement"), ["step-field decided_on"]);
    let error = bank
        .as_user(bank.expert)
        .update(id, json!({"decided_on": "2026-03-26", "step": "agreement"}));
    assert_eq!(codes(&error.unwrap_err())[0].0, "step-role");
    let decided = json!({"decided_on": "2026-03-26", "step": "agreement"});
    let _ = bank.as_user(bank.head).update(id, decided).unwrap();
}

/// What the decision brought, and what the agreement needs.
fn is_signed(bank: &Bank, id: RecordId) {
    let session = &bank.session;
    let told = bank.all("message", &format!("contact[eq]:{}", bank.customer));
    assert_eq!(told.len(), 1);
    assert!(told[0].text("body_text").unwrap().contains("پذیرفته شد"));
    let error = session
        .update(id, json!({"amount": "500000000 IRR"}))
        .unwrap_err();
    assert!(
        codes(&error).contains(&("agreed".to_owned(), Some("amount".to_owned()))),
        "{error}"
    );

    assert_eq!(
        bank.refused(id, "paid_out"),
        ["step-field signed_on", "step-document step"]
    );
    bank.attach(id, "contract", "draft");
    let signed = json!({"signed_on": "2026-03-27"});
    let _ = session.update(id, signed).unwrap();
    assert_eq!(bank.refused(id, "paid_out"), ["step-document step"]);
    bank.attach(id, "contract", "signed");
    let _ = session.advance(id, "paid_out").unwrap();
    assert_eq!(bank.get(id)["step_outcome"], "success");
}

#[test]
fn the_agreement_is_printed_with_its_instalments() {
    let bank = Bank::new();
    let id = bank.agreed();
    let lines = bank.all("bank_instalment", &format!("application[eq]:{id}"));
    assert_eq!(lines.len(), 36);
    let sum = |field| lines.iter().map(|line| amount(line, field)).sum::<i64>();
    assert_eq!(sum("principal"), 600_000_000);
    assert_eq!(sum("amount"), 600_000_000 + sum("profit"));
    let mut days: Vec<String> = lines
        .iter()
        .map(|line| line.to_json()["due_on"].as_str().unwrap().to_owned())
        .collect();
    days.sort();
    // The sixth of every Persian month, from Ordibehesht 1405; Mehr and Esfand are shorter.
    assert_eq!(
        (days[0].as_str(), days[6].as_str(), days[11].as_str()),
        ("2026-04-26", "2026-10-28", "2027-03-26")
    );

    let firm = json!({"key": "bank", "name": "بانک مردم"});
    create(&bank.session, "company_profile", firm);
    let page = |language| {
        let options = RenderOptions::default().language(language);
        let rendered = bank
            .session
            .render("bank-loan-agreement", id, &options)
            .unwrap();
        assert_eq!(rendered.warnings, Vec::<String>::new());
        rendered.body
    };
    let (persian, english) = (page(Locale::Fa), page(Locale::En));
    for word in [
        "نگار رستمی",
        "ششصد میلیون ریال",
        "شعبه تجریش",
        "بهرام نیک‌پور",
        "۱۴۰۵",
    ] {
        assert!(persian.contains(word), "{word}: {persian}");
    }
    assert!(english.contains("six hundred million"), "{english}");
    let rows = |page: &str| {
        page.split("جدول اقساط")
            .nth(1)
            .map_or(0, |rest| rest.matches("<tr>").count())
    };
    assert_eq!(rows(&persian), 37);
}

#[test]
fn product_amount_and_branch_decide_the_way() {
    let bank = Bank::new();
    let level = |number: &str, more: Json| {
        let mut fields = json!({"number": number, "income": "900000000 IRR"});
        fields
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let id = create(&bank.session, "bank_application", bank.application(fields));
        bank.get(id)["level"].clone()
    };
    assert_eq!(level("1", json!({"amount": "5000000000 IRR"})), "branch");
    assert_eq!(
        level("2", json!({"amount": "5000000001 IRR"})),
        "head_office"
    );
    let small =
        json!({"key": "niavaran", "name": "شعبه نیاوران", "bank_decides_up_to": "1000000000 IRR"});
    create(&bank.session, "territory", small);
    assert_eq!(
        level(
            "3",
            json!({"amount": "1000000001 IRR", "branch": "niavaran"})
        ),
        "head_office"
    );
}

#[test]
fn cards_and_deposits_have_steps_of_their_own() {
    let bank = Bank::new();
    let card = json!({"code": "gold", "name": "کارت طلایی", "kind": "card"});
    create(&bank.session, "bank_product", card);
    let deposit = json!({"code": "long", "name": "سپرده بلندمدت", "kind": "deposit", "rate": 20});
    create(&bank.session, "bank_product", deposit);
    let apply = |number: &str, kind: &str, product: &str, more: Json| {
        let mut fields = json!({
            "number": number, "kind": kind, "product": product, "applicant": bank.customer.to_string(), "branch": "tajrish",
        });
        fields
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        create(&bank.session, "bank_application", fields)
    };
    let debit = apply("4", "card", "gold", json!({"card_kind": "debit"}));
    bank.attach(debit, "identity", "final");
    let _ = bank.session.advance(debit, "issuing").unwrap();
    let credit = apply("5", "card", "gold", json!({"card_kind": "credit"}));
    let missing = [
        "step-field card_limit",
        "step-field income",
        "step-document step",
        "step-document step",
    ];
    assert_eq!(bank.refused(credit, "limit_check"), missing);
    let large = apply("6", "deposit", "long", json!({"amount": "20000000000 IRR"}));
    bank.attach(large, "identity", "final");
    assert_eq!(
        bank.refused(large, "head_decision"),
        ["step-field origin_of_funds", "step-document step"]
    );
    let _ = bank
        .session
        .update(large, json!({"origin_of_funds": "فروش ملک"}))
        .unwrap();
    bank.attach(large, "origin_of_funds", "final");
    let _ = bank.session.advance(large, "head_decision").unwrap();
    let wrong = bank.application(json!({"number": "7", "kind": "card"}));
    let error = bank.session.create("bank_application", wrong).unwrap_err();
    assert!(
        codes(&error).contains(&("kind".to_owned(), Some("kind".to_owned()))),
        "{error}"
    );
}
