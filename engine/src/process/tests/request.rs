//! A utility's requests, routed by category.

use serde_json::json;

use super::{Firm, add_object, codes, create, process};
use crate::record::RecordId;

fn utility() -> Firm {
    let firm = Firm::new();
    let request = json!({
        "change": "create_object", "name": "request", "prefix": "req", "label": {"fa": "درخواست"},
        "fields": [
            {"name": "subject", "type": "text"},
            {"name": "category", "type": "option", "options": ["outage", "bill", "meter", "advice"]},
            {"name": "result", "type": "long_text"},
        ],
    });
    add_object(&firm.session, request);
    let text = include_str!("request.json");
    let process = process(serde_json::from_str(text).unwrap());
    firm.session.put_process(&process).unwrap();
    firm
}

fn request(firm: &Firm, category: &str) -> RecordId {
    let fields = json!({"subject": "قطعی برق خیابان ولیعصر", "category": category});
    create(&firm.session, "request", fields)
}

#[test]
fn the_category_decides_where_it_begins_and_who_has_it() {
    let firm = utility();
    let cases = [
        ("outage", "dispatch", "اتفاقات", "2026-03-25"),
        ("bill", "received", "صورت‌حساب", "2026-03-30"),
        ("meter", "received", "پیشخوان", "2026-03-30"),
    ];
    for (category, step, team, due) in cases {
        let state = firm
            .session
            .process_state(request(&firm, category))
            .unwrap();
        assert_eq!(state.step, step, "{category}");
        assert_eq!(state.team.unwrap().name, team, "{category}");
        assert_eq!(state.due.unwrap().to_string(), due, "{category}");
    }
}

#[test]
fn conditions_reach_over_references_to_what_stands_before_the_save() {
    let firm = Firm::new();
    let object = json!({
        "change": "create_object", "name": "request", "prefix": "req", "label": {"fa": "درخواست"},
        "fields": [
            {"name": "subject", "type": "text"},
            {"name": "category", "type": "option", "options": ["outage", "bill", "meter", "advice"]},
            {"name": "client", "type": "reference", "to": ["account"]},
            {"name": "result", "type": "long_text"},
        ],
    });
    add_object(&firm.session, object);
    let text = include_str!("request.json").replace(
        r#""when": "category[eq]:outage"}, "received""#,
        r#""when": "client.industry[eq]:بیمارستان"}, "received""#,
    );
    assert!(text.contains("client.industry"));
    firm.session
        .put_process(&process(serde_json::from_str(&text).unwrap()))
        .unwrap();
    let clinic = create(
        &firm.session,
        "account",
        json!({"name": "قلب", "industry": "بیمارستان"}),
    );
    let shop = create(
        &firm.session,
        "account",
        json!({"name": "نان", "industry": "خرده"}),
    );
    let step = |client: Option<RecordId>| {
        let mut fields = json!({"subject": "قطعی", "category": "meter"});
        if let Some(client) = client {
            fields["client"] = json!(client.to_string());
        }
        let id = create(&firm.session, "request", fields);
        firm.session.process_state(id).unwrap().step
    };
    assert_eq!(
        (
            step(Some(clinic)).as_str(),
            step(Some(shop)).as_str(),
            step(None).as_str()
        ),
        ("dispatch", "received", "received")
    );
    // A path that leads nowhere is a fault of the process.
    let wrong = text.replace("client.industry", "client.indutsry");
    let error = firm
        .session
        .put_process(&process(serde_json::from_str(&wrong).unwrap()))
        .unwrap_err();
    assert!(
        error.failures()[0]
            .message
            .contains("account has no field 'indutsry'; did you mean 'industry'?"),
        "{error:?}"
    );
}

#[test]
fn routing_goes_by_what_the_record_says_when_it_comes() {
    let firm = utility();
    let id = request(&firm, "meter");
    let _ = firm
        .session
        .update(id, json!({"category": "outage", "step": "dispatch"}))
        .unwrap();
    let team = firm.session.process_state(id).unwrap().team.unwrap();
    assert_eq!(team.name, "اتفاقات");
}

#[test]
fn a_record_that_no_process_is_for_is_in_no_step() {
    let firm = utility();
    let id = request(&firm, "advice");
    assert!(firm.get(id).get("step").is_none());
    assert_eq!(
        firm.session.process_state(id).unwrap_err().to_string(),
        format!("{id} is in no process")
    );
    let error = firm.session.advance(id, "received").unwrap_err();
    assert_eq!(codes(&error), ["no-process step"]);
    // It begins when it comes to be one of those that the process is for, and stays when it is none any more.
    let _ = firm
        .session
        .update(id, json!({"category": "bill"}))
        .unwrap();
    assert_eq!(firm.get(id).text("step"), Some("received"));
    let _ = firm
        .session
        .update(id, json!({"category": "advice"}))
        .unwrap();
    assert_eq!(firm.get(id).text("step"), Some("received"));
}

#[test]
fn one_may_say_where_it_begins_among_the_starts_that_fit() {
    let firm = utility();
    let begun = |category: &str, step: &str| {
        let fields = json!({"subject": "x", "category": category, "step": step});
        firm.session.create("request", fields)
    };
    let id = begun("outage", "received").unwrap().id().unwrap();
    assert_eq!(firm.get(id).text("step"), Some("received"));
    assert_eq!(
        codes(&begun("bill", "dispatch").unwrap_err()),
        ["step-start step"]
    );
}

#[test]
fn a_bulk_load_refuses_only_those_that_do_not_fit() {
    let firm = utility();
    let ids: Vec<RecordId> = (0..5).map(|_| request(&firm, "outage")).collect();
    let requests = ids.iter().enumerate().map(|(place, id)| {
        let mut fields = json!({"step": "answered"});
        if place % 2 == 0 {
            fields["result"] = json!("سیم پاره وصل شد");
        }
        crate::write::Request::update(*id, fields)
    });
    let (_, outcomes) = firm.session.commit_each(requests).unwrap();
    let done: Vec<bool> = outcomes.iter().map(Result::is_ok).collect();
    assert_eq!(done, [true, false, true, false, true]);
}
