//! What does the 360 view show, and to whom?

use serde_json::{Value as Json, json};

use super::{Customer, as_user, create};
use crate::context::Locale;
use crate::error::ErrorKind;
use crate::record::RecordId;
use crate::session::Session;
use crate::view::{Declarations, ViewPage};
use crate::write::Request;

/// With roles, and somebody who administers.
fn administered(session: &Session) {
    session.add_standard_roles().unwrap();
    let boss = json!({"login": "mina", "name": "مینا", "role": "administrator"});
    create(session, "user", boss);
}

/// The titles of a panel's rows.
fn titles(session: &Session, of: RecordId, panel: &str) -> Vec<String> {
    let view = session.customer_view(of).unwrap();
    let mut panels = view.panels.iter();
    let panel = panels.find(|one| one.key.as_deref() == Some(panel));
    let rows = panel.map(|panel| panel.rows.rows.iter().map(|row| row.title.clone()));
    rows.map(Iterator::collect).unwrap_or_default()
}

#[test]
fn what_belongs_to_a_customer_or_to_his_people_and_deals_is_there_in_order() {
    let of = Customer::new();
    let done = |at: &str| json!({"status": "done", "at": at});
    of.activity(of.account, "نخست", done("2026-03-01T08:00:00Z"));
    of.activity(of.zahra, "سوم", done("2026-03-03T08:00:00Z"));
    of.activity(of.deal, "دوم", done("2026-03-02T08:00:00Z"));
    of.activity(of.zahra, "فردا", json!({"due_on": "2026-03-26"}));
    let stranger = create(&of.session, "account", json!({"name": "غریبه"}));
    of.activity(stranger, "دیگری", done("2026-03-04T08:00:00Z"));
    let last = |id| titles(&of.session, id, "interactions-of");
    assert_eq!(last(of.account), ["سوم", "دوم", "نخست"]);
    // Her own, and those of her deal; not those of the house.
    assert_eq!(last(of.zahra), ["سوم", "دوم"]);
    assert_eq!(last(of.deal), ["دوم"]);
    assert_eq!(last(stranger), ["دیگری"]);
    assert_eq!(titles(&of.session, of.account, "next-steps"), ["فردا"]);
    assert_eq!(
        titles(&of.session, of.account, "contacts-of"),
        ["زهرا کریمی", "علی رضایی"]
    );
    assert_eq!(
        titles(&of.session, of.zahra, "open-opportunities-of"),
        ["تیرآهن"]
    );
    let _ = of.session.update(of.deal, json!({"stage": "won"})).unwrap();
    assert!(titles(&of.session, of.zahra, "open-opportunities-of").is_empty());
}

#[test]
fn what_was_done_last_is_there_however_much_was_done_before_with_the_customer_itself() {
    let of = Customer::new();
    let before = (0..1_001).map(|number| {
        let subject = format!("پیشین {number}");
        let fields = json!({"kind": "call", "subject": subject, "about": of.account.to_string(), "status": "done", "at": "2026-03-01T08:00:00Z"});
        Request::create("activity", fields)
    });
    let _ = of.session.commit(before).unwrap();
    let done = json!({"status": "done", "at": "2026-03-20T08:00:00Z"});
    of.activity(of.zahra, "تازه", done);
    let last = titles(&of.session, of.account, "interactions-of");
    assert_eq!(last.first().map(String::as_str), Some("تازه"));
}

#[test]
fn the_record_itself_is_a_panel_with_its_totals_in_three_languages() {
    let of = Customer::new();
    for (locale, profile, total) in [
        (Locale::En, "Profile", ("Open opportunities", "1")),
        (Locale::Fa, "مشخصات", ("فرصت‌های باز", "۱")),
        (Locale::Ar, "الملف", ("الفرص المفتوحة", "١")),
    ] {
        let view = of
            .session
            .clone()
            .in_locale(locale)
            .customer_view(of.account)
            .unwrap();
        assert_eq!(
            (view.title.as_str(), view.object.as_str()),
            ("فولاد پارس", "account")
        );
        let first = &view.panels[0];
        assert!(
            first.is_itself && first.rows.name == profile,
            "{}",
            first.rows.name
        );
        assert_eq!(first.rows.rows[0].cells[0].text, "فولاد پارس");
        let value = &view.panels[1].rows;
        assert_eq!(
            (
                value.columns[0].label.as_str(),
                value.rows[0].cells[0].text.as_str()
            ),
            total
        );
        assert!(
            view.panels
                .iter()
                .all(|panel| panel.rows.language == locale.tag())
        );
    }
}

#[test]
fn a_panel_has_so_many_rows_and_says_whether_there_are_more() {
    let of = Customer::new();
    for day in 1..=7 {
        let at = format!("2026-03-{day:02}T08:00:00Z");
        of.activity(
            of.account,
            &format!("تماس {day}"),
            json!({"status": "done", "at": at}),
        );
    }
    let view = of.session.customer_view(of.account).unwrap();
    let panel = |key: &str| {
        view.panels
            .iter()
            .find(|panel| panel.key.as_deref() == Some(key))
            .unwrap()
    };
    let last = &panel("interactions-of").rows;
    assert_eq!((last.rows.len(), last.has_more), (5, true));
    let next = ViewPage::first().after(last.next.clone().unwrap());
    let rest = of
        .session
        .customer_panel(of.account, "interactions-of", &next);
    let rest: Vec<String> = rest
        .unwrap()
        .rows
        .into_iter()
        .map(|row| row.title)
        .collect();
    assert_eq!(rest, ["تماس 2", "تماس 1"]);
    let error = of
        .session
        .customer_panel(of.account, "interaction-of", &next)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no panel 'interaction-of' on account; did you mean 'interactions-of'?"
    );
    assert!(
        of.session
            .customer_panel(of.account, "messages-of", &next)
            .is_err()
    );
    assert_eq!(last.rows[0].title, "تماس 7");
    assert!(!panel("contacts-of").rows.has_more);
}

#[test]
fn an_administrator_changes_a_panel_by_writing_one_under_its_key() {
    let of = Customer::new();
    let panel = |definition: Json| json!({"key": "contacts-of", "name": "People", "audience": "everyone", "definition": definition});
    let mine = json!({"on": "account", "by": "account", "view": {"object": "contact", "columns": ["name"], "sort": "-name", "page": 1}});
    let made = create(&of.session, "panel", panel(mine));
    assert_eq!(
        titles(&of.session, of.account, "contacts-of"),
        ["علی رضایی"]
    );
    assert_eq!(
        titles(&of.session, of.zahra, "open-opportunities-of"),
        ["تیرآهن"]
    );
    let nowhere = json!({"definition": {"on": [], "by": "account", "view": {"object": "contact"}}});
    let _ = of.session.update(made, nowhere).unwrap();
    let view = of.session.customer_view(of.account).unwrap();
    assert!(
        view.panels
            .iter()
            .all(|panel| panel.key.as_deref() != Some("contacts-of"))
    );
    let _ = of.session.delete(made).unwrap();
    assert_eq!(titles(&of.session, of.account, "contacts-of").len(), 2);
}

#[test]
fn a_panel_that_does_not_fit_the_schema_is_refused_with_every_fault() {
    let of = Customer::new();
    let definition = json!({"on": ["acount"], "by": ["abut", "about.parent.owner.team", "id"], "view": {"object": "activity", "columns": ["subjct"]}});
    let fields = json!({"key": "x", "name": "x", "definition": definition});
    let error = of.session.create("panel", fields).unwrap_err();
    let told: Vec<&str> = error
        .failures()
        .iter()
        .map(|one| one.message.as_str())
        .collect();
    assert_eq!(
        told,
        [
            "view.columns[0]: activity has no field 'subjct'; did you mean 'subject'?",
            "on: there is no object 'acount'; did you mean 'account'?",
            "by: 'abut' in 'abut' is no reference; did you mean 'about'?",
            "by: 'about.parent.owner.team' has more than 3 references",
            "by: `id` is the record itself, and activity is not among `on`",
        ]
    );
}

#[test]
fn a_product_brings_panels_over_other_records_and_takes_them_along() {
    let of = Customer::new();
    let brought = json!({"panels": [{
        "key": "bank-papers", "label": {"en": "Papers", "fa": "مدارک"},
        "definition": {"on": "account", "by": "record.contact.account", "view": {"object": "attachment", "columns": ["document"]}},
    }]});
    let brought = Declarations::from_json(&brought).unwrap();
    let _ = of.session.declare("bank", &brought).unwrap();
    let paper = create(&of.session, "document", json!({"title": "ضمانت‌نامه"}));
    let attach = |to: RecordId| {
        create(
            &of.session,
            "attachment",
            json!({"document": paper.to_string(), "record": to.to_string()}),
        )
    };
    attach(of.deal);
    attach(of.account);
    let rows = titles(&of.session, of.account, "bank-papers");
    assert_eq!(
        rows.len(),
        1,
        "the one of the deal, whose contact is of the account"
    );
    assert_eq!(of.session.withdraw("bank").unwrap(), 1);
    assert!(titles(&of.session, of.account, "bank-papers").is_empty());
}

#[test]
fn totals_in_a_panel_are_those_of_what_belongs() {
    let of = Customer::new();
    let other = create(&of.session, "account", json!({"name": "دیگر"}));
    for (account, amount) in [(of.account, "300 IRR"), (other, "9000 IRR")] {
        create(
            &of.session,
            "opportunity",
            json!({"name": "لوله", "account": account.to_string(), "amount": amount}),
        );
    }
    let definition = json!({"on": "account", "by": "account", "view": {"object": "opportunity", "measures": ["sum(amount)"]}});
    create(
        &of.session,
        "panel",
        json!({"key": "worth", "name": "Worth", "audience": "everyone", "definition": definition}),
    );
    let view = of.session.customer_view(of.account).unwrap();
    let worth = view
        .panels
        .iter()
        .find(|panel| panel.key.as_deref() == Some("worth"))
        .unwrap();
    let total = worth.rows.total.as_ref().unwrap();
    assert_eq!(
        (total.count, total.values[0][0].text.as_str()),
        (2, "1,500 IRR")
    );
}

#[test]
fn of_a_hidden_child_the_view_is_as_if_it_did_not_exist() {
    let answers = |with_hidden: bool| {
        let of = Customer::new();
        let session = &of.session;
        administered(session);
        let mine = create(
            session,
            "user",
            json!({"login": "sara", "name": "سارا", "role": "seller"}),
        );
        let other = create(
            session,
            "user",
            json!({"login": "reza", "name": "رضا", "role": "seller"}),
        );
        for id in [of.account, of.zahra, of.deal] {
            let _ = session
                .update(id, json!({"owner": mine.to_string()}))
                .unwrap();
        }
        if with_hidden {
            let hidden = json!({"name": "پنهان", "account": of.account.to_string(), "amount": "77 IRR", "owner": other.to_string(), "confidential": true});
            let hidden = create(session, "opportunity", hidden);
            of.activity(
                hidden,
                "پنهان",
                json!({"status": "done", "at": "2026-03-05T08:00:00Z", "owner": other.to_string(), "confidential": true}),
            );
        }
        session.enforce_access(true).unwrap();
        let mut view = as_user(session, mine).customer_view(of.account).unwrap();
        view.position = 0;
        for panel in &mut view.panels {
            panel.rows.position = 0;
        }
        // Ids go on after the hidden ones; the records that are seen are older.
        serde_json::to_value(&view).unwrap()
    };
    let (with, without) = (answers(true), answers(false));
    assert!(!with.to_string().contains("پنهان"));
    assert_eq!(with, without);
}

#[test]
fn what_is_not_there_or_not_to_be_seen_is_told_alike() {
    let of = Customer::new();
    administered(&of.session);
    let guest = create(
        &of.session,
        "user",
        json!({"login": "guest", "name": "مهمان"}),
    );
    of.session.enforce_access(true).unwrap();
    let guest = as_user(&of.session, guest);
    let error = guest.customer_view(of.account).unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string()),
        (
            ErrorKind::NotFound,
            format!("there is no record {}", of.account)
        )
    );
}

#[test]
fn what_the_view_was_is_told_with_the_panels_of_then() {
    let of = Customer::new();
    let then = of.session.engine().position();
    let _ = of
        .session
        .update(of.account, json!({"name": "فولاد آریا"}))
        .unwrap();
    let panel = json!({"key": "mine", "name": "Mine", "audience": "everyone", "definition": {"on": "account", "by": "account", "view": {"object": "contact"}}});
    create(&of.session, "panel", panel);
    let now = of.session.customer_view(of.account).unwrap();
    let past = of
        .session
        .as_of(then)
        .unwrap()
        .customer_view(of.account)
        .unwrap();
    assert_eq!(
        (now.title.as_str(), past.title.as_str()),
        ("فولاد آریا", "فولاد پارس")
    );
    assert_eq!(now.panels.len(), past.panels.len() + 1);
}
