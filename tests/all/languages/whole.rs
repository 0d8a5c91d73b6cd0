//! Does a guest in another language get all that the contract has, and do its answers of every kind arrive?

use std::sync::Mutex;

use chrono::{Duration, NaiveDate};
use peyvand::{
    Channel, Engine, Filter, Locale, MessageRules, Query, Record, Sender, Session, WebClient,
    WebRequest, WebResponse,
};
use serde_json::{Value as Json, json};

use super::{Guest, with_plugin};
use crate::setting::{codes, create, fixed, noon};

/// The template with some of its settings.
fn with_settings(guest: &Guest, settings: Json) -> Session {
    let session = with_plugin(&guest.bytes).unwrap();
    let _ = session
        .install_unsigned_plugin(&guest.bytes, settings)
        .unwrap();
    session
}

fn found(session: &Session, object: &str, filter: &str) -> Vec<Record> {
    let filter = Filter::parse(filter).unwrap();
    session
        .query(&Query::new(object).filter(filter))
        .unwrap()
        .records
}

/// Another system: what it was asked, and its answers, the last of them first.
struct Register {
    asked: Mutex<Vec<WebRequest>>,
    answers: Mutex<Vec<Result<WebResponse, String>>>,
}

impl Register {
    fn answering(answers: Vec<Result<WebResponse, String>>) -> Self {
        Self {
            asked: Mutex::default(),
            answers: Mutex::new(answers),
        }
    }

    fn asked(&self) -> Vec<WebRequest> {
        self.asked.lock().unwrap().clone()
    }
}

impl WebClient for Register {
    fn send(&self, request: &WebRequest) -> Result<WebResponse, String> {
        self.asked.lock().unwrap().push(request.clone());
        self.answers.lock().unwrap().pop().unwrap()
    }
}

pub(super) fn what_a_hook_reads_before_a_save_is_the_contacts_company(guest: &Guest) {
    let session = with_plugin(&guest.bytes).unwrap();
    let account = create(&session, "account", json!({"name": "فولاد  مباركه"}));
    let _ = create(
        &session,
        "contact",
        json!({"name": "سارا کاظمی", "email": "sara@example.ir", "account": account.to_string()}),
    );
    let company = |email: &str| {
        let lead = create(
            &session,
            "lead",
            json!({"name": "سارا کاظمی", "email": email}),
        );
        let lead = session.get(lead).unwrap();
        lead.text("company").map(str::to_owned)
    };
    assert_eq!(company("sara@example.ir").as_deref(), Some("فولاد مبارکه"));
    assert_eq!(company("omid@example.ir"), None);
    assert_eq!(
        session.plugin_log(guest.id).unwrap(),
        Vec::<String>::new(),
        "nothing was asked for in vain"
    );
}

pub(super) fn a_record_is_added_in_the_same_commit(guest: &Guest) {
    let session = with_plugin(&guest.bytes).unwrap();
    let lead = create(
        &session,
        "lead",
        json!({"name": "سارا کاظمی", "is_urgent": true}),
    );
    let [task] = found(&session, "activity", "").try_into().unwrap();
    assert_eq!(task.text("subject"), Some("پاسخ فوری"));
    let task = task.to_json();
    assert_eq!(
        (task["about"].as_str(), task["due_on"].as_str()),
        (Some(lead.to_string().as_str()), Some("2026-03-25"))
    );
    let large = json!({"name": "A B", "is_urgent": true, "budget": "2000000000 IRR"});
    assert!(session.create("lead", large).is_err());
    assert_eq!(found(&session, "activity", "").len(), 1);
    assert_eq!(found(&session, "lead", "").len(), 1);
}

pub(super) fn a_type_of_field_normalises_refuses_and_shows(guest: &Guest) {
    let session = with_plugin(&guest.bytes).unwrap();
    let written = json!({"name": "A B", "postal_code": "۱۲۳۴۵-۶۷۸۹۰"});
    let lead = session.get(create(&session, "lead", written)).unwrap();
    assert_eq!(lead.text("postal_code"), Some("1234567890"));
    let persian = session.clone().in_locale(Locale::Fa);
    let shown = persian.show(&lead, "postal_code").unwrap().unwrap();
    assert_eq!(shown, "۱۲۳۴۵-۶۷۸۹۰");
    let error = session
        .create("lead", json!({"name": "A B", "postal_code": "12"}))
        .unwrap_err();
    assert_eq!(
        codes(&error),
        [("ten-digits".to_owned(), Some("postal_code".to_owned()))]
    );
    assert!(error.to_string().contains("ده رقم بنویسید"), "{error}");
}

pub(super) fn another_system_is_asked_and_its_answers_are_heard(guest: &Guest) {
    let session = with_settings(guest, json!({"register-key": "کلید", "asks-a-day": 2}));
    let register = Register::answering(vec![
        Err("it is not there".to_owned()),
        Ok(WebResponse::new(200, r#"{"number": 40412}"#)),
    ]);
    let written = json!({"name": "A B", "company": "بانك ملي", "phone": "02188001234"});
    let lead = create(&session, "lead", written);
    let asked = session.engine().ask_others(&register).unwrap();
    assert_eq!(
        (asked.made, asked.failed, asked.warnings),
        (1, 0, Vec::new())
    );
    let [request] = register.asked().try_into().unwrap();
    assert_eq!(
        (request.method.as_str(), request.url.as_str()),
        ("POST", "https://register.example/companies")
    );
    let header = ("authorization".to_owned(), "Bearer کلید".to_owned());
    assert!(request.headers.contains(&header), "{:?}", request.headers);
    let body: Json = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(
        body,
        json!({"company": "بانک ملی", "phone": "+982188001234"})
    );
    let told = session.get(lead).unwrap().to_json();
    assert_eq!(
        (&told["register_number"], &told["registered_on"]),
        (&json!("40412"), &json!("2026-03-25"))
    );

    let other = create(&session, "lead", json!({"name": "C D", "company": "پیوند"}));
    let asked = session.engine().ask_others(&register).unwrap();
    assert_eq!((asked.failed, asked.warnings), (1, Vec::new()));
    let [task] = found(&session, "activity", "").try_into().unwrap();
    assert_eq!(task.text("description"), Some("it is not there"));
    let task = task.to_json();
    assert_eq!(task["about"].as_str(), Some(other.to_string().as_str()));
    let due = task["due_on"].as_str().unwrap();
    assert!(("2026-03-26"..="2026-03-28").contains(&due), "{due}");

    // Two were asked today, as its store remembers; the third waits, until one of them is forgotten.
    let third = create(&session, "lead", json!({"name": "E F", "company": "آهن"}));
    assert_eq!(session.engine().ask_others(&register).unwrap().made, 0);
    let log = session.plugin_log(guest.id).unwrap();
    assert!(
        log.iter()
            .any(|line| line.contains("waits for another change")),
        "{log:?}"
    );
    let _ = session
        .update(other, json!({"status": "unqualified"}))
        .unwrap();
    assert_eq!(
        found(&session, "activity", "").len(),
        0,
        "its task is dropped"
    );
    let _ = session.update(third, json!({"company": "آهن نو"})).unwrap();
    register
        .answers
        .lock()
        .unwrap()
        .push(Ok(WebResponse::new(503, "")));
    assert_eq!(session.engine().ask_others(&register).unwrap().made, 1);
    let [task] = found(&session, "activity", "").try_into().unwrap();
    assert_eq!(task.text("description"), Some("آهن نو: 503"));
}

pub(super) fn a_message_is_sent_where_it_is_wished(guest: &Guest) {
    // Compiled here, where one waits for the other.
    drop(with_plugin(&guest.bytes).unwrap());
    let mut rules = MessageRules::default();
    let sender = Sender::new("crm@peyvand.example", "پیوند");
    let _ = rules.senders.insert(Channel::Email, sender);
    let engine = fixed(Engine::in_memory()).0.message_rules(rules);
    let session = engine.open().unwrap().session();
    let _ = session
        .install_unsigned_plugin(&guest.bytes, json!({"send-welcome": true}))
        .unwrap();
    let written = json!({"name": "سارا کاظمی", "email": "sara@example.ir"});
    let committed = session.create("lead", written).unwrap();
    assert_eq!(committed.warnings, Vec::<String>::new());
    let lead = committed.id().unwrap();
    let [message] = found(&session, "message", "").try_into().unwrap();
    assert_eq!(message.text("subject"), Some("خوش آمدید"));
    let said = message.text("body_text").unwrap();
    assert!(said.contains("سارا کاظمی گرامی، خوش آمدید"), "{said}");
    assert_eq!(
        message.to_json()["lead"].as_str(),
        Some(lead.to_string().as_str())
    );
    let _ = session
        .update(lead, json!({"email": "k@example.ir"}))
        .unwrap();
    assert_eq!(found(&session, "message", "").len(), 1);
}

pub(super) fn a_workflow_reminds_once_of_a_lead_that_waits(guest: &Guest) {
    // Compiled here, where one waits for the other.
    drop(with_plugin(&guest.bytes).unwrap());
    let (builder, clock) = fixed(Engine::in_memory());
    let session = builder.open().unwrap().session();
    let _ = session
        .install_unsigned_plugin(&guest.bytes, Json::Null)
        .unwrap();
    let lead = create(&session, "lead", json!({"name": "سارا کاظمی"}));
    let ticked = |days| {
        clock.set(noon() + Duration::days(days));
        assert_eq!(session.engine().tick().unwrap(), Vec::<String>::new());
        found(&session, "activity", "")
    };
    assert_eq!(ticked(1).len(), 0);
    let [call] = ticked(3).try_into().unwrap();
    let call = call.to_json();
    assert_eq!(
        (&call["kind"], &call["due_on"], &call["about"]),
        (
            &json!("call"),
            &json!("2026-03-30"),
            &json!(lead.to_string())
        )
    );
    assert_eq!(ticked(4).len(), 1);
}

pub(super) fn points_are_given_for_their_reasons(guest: &Guest) {
    let session = with_plugin(&guest.bytes).unwrap();
    let sara = create(&session, "user", json!({"login": "sara", "name": "Sara"}));
    let _ = create(
        &session,
        "user",
        json!({"login": "omid", "name": "Omid Rad"}),
    );
    for (name, owner, company, budget) in [
        ("A B", "sara", json!("پیوند"), "2000000000 IRR"),
        ("C D", "sara", json!("آهن"), "2000 IRR"),
        ("E F", "omid", Json::Null, "2000 IRR"),
    ] {
        let _ = create(
            &session,
            "lead",
            json!({"name": name, "owner": owner, "company": company, "budget": budget, "email": "a@b.example", "phone": "+982188001234"}),
        );
    }
    let day: NaiveDate = "2026-03-25".parse().unwrap();
    let league = session.engine().league(day, day).unwrap();
    let points: Vec<_> = league
        .standings
        .iter()
        .map(|standing| (standing.user, standing.points))
        .filter(|(_, points)| *points != 0)
        .collect();
    assert_eq!(points, [(sara, 20)]);
}
