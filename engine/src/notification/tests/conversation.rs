//! Are comments what was said, by whom, and about whom?

use chrono::TimeDelta;
use serde_json::json;

use super::{Office, codes, made};
use crate::error::ErrorKind;
use crate::notification::reference;
use crate::record::{RecordId, Value};
use crate::timeline::EventKind;

/// The users whom a comment with this text names, and the warnings.
fn named(office: &Office, text: &str) -> (Vec<String>, Vec<String>) {
    let session = office.as_user(office.reza);
    let said = session.comment(office.account, text).unwrap();
    let comment = session.get(said.id().unwrap()).unwrap();
    let ids = match comment.get("mentions") {
        Some(Value::Json(ids)) => serde_json::from_value(ids.clone()).unwrap(),
        _ => Vec::<String>::new(),
    };
    let login = |id: &String| {
        let user = session.get(id.parse::<RecordId>().unwrap()).unwrap();
        user.text("login").unwrap().to_owned()
    };
    (ids.iter().map(login).collect(), said.warnings)
}

#[test]
fn a_user_is_named_by_login_id_or_name_however_it_is_spelled() {
    let office = Office::new();
    let by_id = format!("@{}، ببین", office.sara);
    for (text, wanted) in [
        ("@sara لطفاً ببین", vec!["sara"]),
        ("سلام @SARA.", vec!["sara"]),
        ("(@reza.karimi)", vec!["reza.karimi"]),
        ("@reza.karimi.", vec!["reza.karimi"]),
        (by_id.as_str(), vec!["sara"]),
        ("@سارا محمدی سلام", vec!["sara"]),
        // The Arabic yeh, and a vowel sign.
        ("@سارا مُحمدي سلام", vec!["sara"]),
        // With the half-space of the name, without it, and with one that joins an ending.
        ("@علی\u{200c}رضا نوری بیا", vec!["alireza"]),
        ("@علیرضا نوری بیا", vec!["alireza"]),
        (
            "@سارا\u{200c}جان و @علی\u{200c}رضا نوری\u{200c}ها",
            vec!["sara", "alireza"],
        ),
        ("@سارا و باز @سارا محمدی", vec!["sara"]),
        // The given name alone, since only one has it; «رضا» is not «علی‌رضا».
        ("@رضا چه شد؟", vec!["reza.karimi"]),
        ("بنویس به sara@example.com", vec![]),
        ("@ساراوان شهری است", vec![]),
        ("@ @@ @\u{200c} @، @", vec![]),
    ] {
        assert_eq!(named(&office, text).0, wanted, "{text}");
    }
}

#[test]
fn a_name_that_fits_several_tells_nobody_and_says_so() {
    let office = Office::new();
    let session = office.engine.session();
    made(
        &session,
        "user",
        json!({"login": "s2", "name": "سارا اکبری"}),
    );
    let left = made(
        &session,
        "user",
        json!({"login": "old", "name": "نیما", "active": false}),
    );
    let (users, warnings) = named(&office, "@سارا کجایی؟");
    assert!(users.is_empty());
    assert!(
        warnings.len() == 1 && warnings[0].contains("سارا"),
        "{warnings:?}"
    );
    assert_eq!(named(&office, "@سارا اکبری و @نیما").0, ["s2"]);
    assert!(session.get(left).is_ok());
    // One that nobody has says so too.
    let (users, warnings) = named(&office, "@ساار و @sara ببینید");
    assert_eq!(users, ["sara"]);
    assert!(
        warnings.len() == 1 && warnings[0].contains("'ساار'"),
        "{warnings:?}"
    );
}

#[test]
fn the_author_is_who_writes_and_only_he_changes_it() {
    let office = Office::new();
    let (sara, reza) = (office.as_user(office.sara), office.as_user(office.reza));
    let as_another = json!({"about": office.account.to_string(), "text": "به نام دیگری", "author": office.sara.to_string()});
    let comment = made(&reza, "comment", as_another);
    let author = |id| reference(&reza.get(id).unwrap(), "author");
    assert_eq!(author(comment), Some(office.reza));
    assert!(reza.get(comment).unwrap().get("edited_at").is_none());

    let later = office.later(TimeDelta::minutes(5));
    assert_eq!(
        codes(sara.update(comment, json!({"text": "نه"}))),
        ["not-yours"]
    );
    let moved = json!({"about": office.sara.to_string()});
    assert_eq!(codes(reza.update(comment, moved)), ["stays"]);
    let changed = reza
        .update(comment, json!({"text": "به نام خودم"}))
        .unwrap();
    assert_eq!(changed.outcomes[0].kind, crate::OutcomeKind::Updated);
    let edited = reza.get(comment).unwrap();
    assert_eq!(edited.get("edited_at"), Some(&Value::Instant(later)));
}

#[test]
fn a_reply_stays_with_the_record_of_the_first_comment() {
    let office = Office::new();
    let session = office.as_user(office.reza);
    let first = session
        .comment(office.account, "قرارداد رسید")
        .unwrap()
        .id()
        .unwrap();
    let reply = session.reply(first, "خوب است").unwrap().id().unwrap();
    let comments = session.comments(office.account).unwrap();
    let ids: Vec<RecordId> = comments.iter().map(crate::Record::id).collect();
    assert_eq!(ids, [first, reply]);
    assert_eq!(reference(&comments[1], "reply_to"), Some(first));

    let astray =
        json!({"about": office.sara.to_string(), "text": "؟", "reply_to": first.to_string()});
    assert_eq!(codes(session.create("comment", astray)), ["elsewhere"]);
    let wrong = session.reply(office.account, "؟").unwrap_err();
    assert_eq!(wrong.kind(), ErrorKind::Invalid);
    assert!(session.comment(office.account, "  ").is_err());
    assert!(
        session
            .comment(office.account, &"آ".repeat(20_001))
            .is_err()
    );
}

#[test]
fn comments_are_about_records_of_every_object_and_go_and_come_back_with_them() {
    let office = Office::new();
    let session = office.as_user(office.reza);
    let change = json!({
            "change": "create_object", "name": "asset", "prefix": "ast", "fields": [{"name": "name", "type": "text"}],
    });
    let change = serde_json::from_value(change).unwrap();
    assert_eq!(session.change_schema([change]).unwrap().outcomes.len(), 1);
    let asset = made(&session, "asset", json!({"name": "دستگاه ۱۲"}));
    for about in [asset, office.account, office.sara] {
        session.comment(about, "یادداشت").unwrap().id().unwrap();
        session.delete(about).unwrap().id().unwrap();
        assert!(session.comments(about).unwrap().is_empty());
        // Somebody else takes it out of the bin, and the comment keeps its author.
        office
            .engine
            .session()
            .restore(about)
            .unwrap()
            .id()
            .unwrap();
        let comments = session.comments(about).unwrap();
        assert_eq!(reference(&comments[0], "author"), Some(office.reza));
    }
    let nothing = crate::record::Prefix::new("acc").unwrap();
    assert!(session.comment(RecordId::new(nothing, 1), "؟").is_err());
    assert!(office.engine.check().unwrap().ok);
}

#[test]
fn what_was_said_about_a_record_is_on_its_timeline() {
    let office = Office::new();
    let session = office.as_user(office.reza);
    let comment = session
        .comment(office.account, "قرارداد رسید")
        .unwrap()
        .id()
        .unwrap();
    session
        .update(office.account, json!({"industry": "بیمه"}))
        .unwrap()
        .id()
        .unwrap();
    session
        .update(comment, json!({"text": "قرارداد امضا شد"}))
        .unwrap()
        .id()
        .unwrap();
    let events = session.timeline(office.account).unwrap();
    let told: Vec<(RecordId, EventKind)> = events
        .iter()
        .map(|event| (event.record, event.kind))
        .collect();
    let wanted = [
        (office.account, EventKind::Created),
        (comment, EventKind::Created),
        (office.account, EventKind::Updated),
        (comment, EventKind::Updated),
    ];
    assert_eq!(told, wanted);
    let text = events[3].changes.iter().find(|(field, ..)| field == "text");
    assert_eq!(
        text.and_then(|(_, _, after)| after.clone()),
        Some(Value::Text("قرارداد امضا شد".into()))
    );
    assert_eq!(session.timeline(comment).unwrap().len(), 2);
}
