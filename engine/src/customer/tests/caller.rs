//! Is who calls found, however the number was typed?

use serde_json::json;

use super::{Customer, as_user, create, memory};
use crate::customer::NumberMatch;
use crate::error::ErrorKind;
use crate::message::CallingCode;
use crate::session::Session;

fn iran() -> CallingCode {
    CallingCode::new("98", "0")
}

fn titles(session: &Session, number: &str, country: Option<&CallingCode>) -> Vec<String> {
    let callers = session.callers(number, country).unwrap().into_iter();
    callers.map(|caller| caller.title).collect()
}

#[test]
fn a_number_is_found_in_every_form_that_people_and_lines_give_it() {
    let session = memory();
    let mobile = |name: &str, mobile: &str| {
        create(&session, "contact", json!({"name": name, "mobile": mobile}));
    };
    mobile("زهرا کریمی", "+98 912 123 4567");
    mobile("علی رضایی", "۰۹۳۵-۱۱۱۲۲۳۳");
    mobile("أحمد العلي", "00964 770 123 4567");
    for number in [
        "+989121234567",
        "00989121234567",
        "989121234567",
        "0912 123 4567",
        "9121234567",
        "(0912) 123-4567",
        "۰۹۱۲۱۲۳۴۵۶۷",
        "٠٩١٢١٢٣٤٥٦٧",
        "+۹۸ ۹۱۲ ۱۲۳ ۴۵۶۷",
        "0912 123 4567 داخلی ۵",
    ] {
        assert_eq!(
            titles(&session, number, Some(&iran())),
            ["زهرا کریمی"],
            "{number}"
        );
        // Without a country known, what ends so is found.
        assert_eq!(titles(&session, number, None), ["زهرا کریمی"], "{number}");
    }
    // Kept as it was typed, since nobody said of which country it is.
    for number in [
        "09351112233",
        "+98 935 111 2233",
        "٩٨٩٣٥١١١٢٢٣٣",
        "9351112233",
    ] {
        assert_eq!(
            titles(&session, number, Some(&iran())),
            ["علی رضایی"],
            "{number}"
        );
        assert_eq!(titles(&session, number, None), ["علی رضایی"], "{number}");
    }
    assert_eq!(
        titles(&session, "07701234567", Some(&CallingCode::new("964", "0"))),
        ["أحمد العلي"]
    );
    assert!(titles(&session, "07701234567", Some(&iran())).is_empty());
    assert!(titles(&session, "09121234568", Some(&iran())).is_empty());
}

#[test]
fn what_was_typed_without_its_area_code_is_found_among_many_by_its_end() {
    let session = memory();
    let accounts = (0..600).map(|number| {
        let area = [21, 31, 51, 41, 71][number % 5];
        let fields = json!({"name": format!("شرکت {number}"), "phone": format!("+98{area}{}", 88_000_000 + number * 7)});
        crate::write::Request::create("account", fields)
    });
    let _ = session.commit(accounts).unwrap();
    create(
        &session,
        "account",
        json!({"name": "فولاد", "phone": "+98 21 4412 9876"}),
    );
    create(
        &session,
        "contact",
        json!({"name": "نام", "phone": "041-44129876"}),
    );
    let found = session.callers("4412 9876", Some(&iran())).unwrap();
    let titles: Vec<&str> = found.iter().map(|caller| caller.title.as_str()).collect();
    assert_eq!(titles, ["نام", "فولاد"]);
    assert!(found.iter().all(|caller| caller.fit == NumberMatch::Ending));
    // Somebody who has the whole number is told alone.
    create(
        &session,
        "lead",
        json!({"name": "سرنخ", "phone": "44129876"}),
    );
    let found = session.callers("44129876", Some(&iran())).unwrap();
    assert_eq!((found.len(), found[0].fit), (1, NumberMatch::Whole));
    // An end of four digits is that of everybody.
    assert!(session.callers("9876", Some(&iran())).unwrap().is_empty());
}

#[test]
fn of_those_who_share_a_number_the_extension_decides_and_then_who_was_spoken_to_last() {
    let of = Customer::new();
    let session = &of.session;
    let contact = |name: &str, phone: &str| {
        create(
            session,
            "contact",
            json!({"name": name, "phone": phone, "account": of.account.to_string(), "job_title": "مدیر"}),
        )
    };
    contact("بهرام", "۰۲۱۸۸۰۰۱۲۳۴ داخلی ۱۲");
    let maryam = contact("مریم", "+982188001234 ext 15");
    contact("دیگری", "02188001235");
    of.activity(
        maryam,
        "تماس",
        json!({"status": "done", "at": "2026-03-01T08:00:00Z"}),
    );
    let found = session.callers("021 8800 1234", Some(&iran())).unwrap();
    let titles: Vec<&str> = found.iter().map(|caller| caller.title.as_str()).collect();
    assert_eq!(titles, ["مریم", "بهرام", "فولاد پارس"]);
    let first = &found[0];
    assert_eq!(
        (
            first.about.as_str(),
            first.account_title.as_str(),
            first.account
        ),
        ("مدیر", "فولاد پارس", Some(of.account))
    );
    assert!(first.last_activity_at.is_some() && first.field == "Phone");
    let found = session
        .callers("02188001234 داخلی ۱۲", Some(&iran()))
        .unwrap();
    assert_eq!(
        (found[0].title.as_str(), found[0].fit),
        ("بهرام", NumberMatch::WithExtension)
    );
}

#[test]
fn who_may_not_be_seen_does_not_call_and_a_converted_lead_is_its_contact() {
    let session = memory();
    session.add_standard_roles().unwrap();
    let user = |login: &str, role: &str| {
        create(
            &session,
            "user",
            json!({"login": login, "name": login, "role": role}),
        )
    };
    let (boss, sara) = (user("mina", "administrator"), user("sara", "seller"));
    let lead = create(
        &session,
        "lead",
        json!({"name": "علی", "phone": "+98 912 111 2233", "owner": boss.to_string()}),
    );
    session.enforce_access(true).unwrap();
    assert!(
        as_user(&session, sara)
            .callers("09121112233", Some(&iran()))
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        titles(&as_user(&session, boss), "09121112233", Some(&iran())),
        ["علی"]
    );
    let _ = session
        .convert_lead(crate::LeadConversion::of(lead))
        .unwrap();
    let found = session.callers("09121112233", Some(&iran())).unwrap();
    assert!(
        !found.is_empty() && found.iter().all(|caller| caller.object != "lead"),
        "{found:?}"
    );
}

#[test]
fn what_is_no_number_is_told_to_be_none() {
    let session = memory();
    for number in ["", "علی", "12", "a@b.c"] {
        let error = session.callers(number, None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Query);
        assert_eq!(
            error.to_string(),
            format!("'{number}' is not a telephone number")
        );
    }
}
