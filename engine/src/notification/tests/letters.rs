//! Do letters leave by the ways, at the hours and as often as their reader chose?

use chrono::TimeDelta;
use serde_json::json;

use super::{Office, codes, fixed, made};
use crate::engine::{Engine, EngineBuilder};
use crate::error::{Error, ErrorKind};
use crate::journal::{Call, Fault, Faults};
use crate::notification::{Letter, LetterChannel, NoticeState};
use crate::query::{Filter, Query};
use crate::write::Request;

/// Letters become activities, as they would become messages.
fn with_letters(builder: EngineBuilder) -> EngineBuilder {
    builder.letters(|letter: &Letter| {
        let kind = match letter.channel {
            LetterChannel::Email => "email",
            LetterChannel::Sms => "call",
        };
        let fields = json!({"kind": kind, "subject": letter.subject, "description": letter.lines.join("\n"), "origin": letter.key});
        Ok(vec![Request::create("activity", fields)])
    })
}

/// The subjects and bodies of the letters of a kind, oldest first.
fn letters(engine: &Engine, kind: &str) -> Vec<(String, String)> {
    let query = Query::new("activity")
        .filter(Filter::eq("kind", kind))
        .sorted_by("at,subject")
        .unwrap();
    let found = engine.session().query(&query).unwrap().records;
    let text = |record: &crate::Record, field| record.text(field).unwrap_or_default().to_owned();
    found
        .iter()
        .map(|record| (text(record, "subject"), text(record, "description")))
        .collect()
}

fn prefer(office: &Office, fields: serde_json::Value) {
    made(&office.as_user(office.sara), "notification_preference", {
        let mut fields = fields;
        fields["user"] = office.sara.to_string().into();
        fields
    });
}

fn mention(office: &Office, word: &str) {
    let reza = office.as_user(office.reza);
    let text = format!("@sara {word}");
    reza.comment(office.account, &text).unwrap().id().unwrap();
}

#[test]
fn a_kind_goes_by_its_own_ways_and_what_is_off_is_not_told() {
    let office = Office::of(with_letters(Engine::in_memory()));
    prefer(&office, json!({"channels": ["in_app", "email"]}));
    prefer(&office, json!({"kind": "comment", "channels": ["off"]}));
    prefer(&office, json!({"kind": "assignment", "channels": ["sms"]}));
    office.as_user(office.sara).follow(office.account).unwrap();
    let reza = office.as_user(office.reza);
    mention(&office, "سلام");
    reza.comment(office.account, "نشنیده")
        .unwrap()
        .id()
        .unwrap();
    reza.update(office.account, json!({"owner": "sara"}))
        .unwrap()
        .id()
        .unwrap();
    office.notify();
    office.notify();
    assert_eq!(office.kinds(office.sara), ["mention"]);
    let mails = letters(&office.engine, "email");
    assert_eq!(mails.len(), 1);
    assert!(mails[0].0.contains("از شما نام برد"), "{mails:?}");
    assert_eq!(mails[0].0, mails[0].1);
    let short = letters(&office.engine, "call");
    assert!(
        short.len() == 1 && short[0].0.contains("مسئول"),
        "{short:?}"
    );
}

#[test]
fn in_quiet_hours_letters_wait_and_what_is_read_meanwhile_needs_none() {
    let office = Office::of(with_letters(Engine::in_memory()));
    prefer(
        &office,
        json!({"channels": ["in_app", "email"], "quiet_from": 12, "quiet_until": 14, "zone": "+۰۳:۳۰"}),
    );
    mention(&office, "یک");
    mention(&office, "دو");
    office.notify();
    let told = office.unread(office.sara);
    assert_eq!(told.len(), 2, "the list has them at once");
    let sara = office.as_user(office.sara);
    sara.mark_read([told[0].id]).unwrap().id().unwrap();
    office.later(TimeDelta::minutes(119));
    office.notify();
    assert!(letters(&office.engine, "email").is_empty());
    office.later(TimeDelta::minutes(1));
    office.notify();
    assert_eq!(letters(&office.engine, "email").len(), 1);
}

#[test]
fn a_digest_is_one_letter_a_day_at_the_readers_hour() {
    let office = Office::of(with_letters(Engine::in_memory()));
    // Eight in Dubai is half past seven in Tehran.
    prefer(
        &office,
        json!({"channels": ["in_app", "email"], "digest_hour": 8, "zone": "+04:00"}),
    );
    mention(&office, "یک");
    office.notify();
    mention(&office, "دو");
    office.later(TimeDelta::hours(19) + TimeDelta::minutes(29));
    office.notify();
    assert!(letters(&office.engine, "email").is_empty());
    office.later(TimeDelta::minutes(1));
    office.notify();
    mention(&office, "سه");
    office.notify();
    office.later(TimeDelta::hours(3));
    office.notify();
    let mails = letters(&office.engine, "email");
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].0, "۲ اعلان تازه");
    assert_eq!(mails[0].1.lines().count(), 2);
    let digests = || {
        office
            .kinds(office.sara)
            .iter()
            .filter(|kind| *kind == "digest")
            .count()
    };
    assert_eq!(digests(), 1);
    office.later(TimeDelta::hours(21));
    office.notify();
    assert_eq!(letters(&office.engine, "email").len(), 2);
    assert_eq!(digests(), 2);
    // A day on which nothing happened has none.
    office.later(TimeDelta::days(1));
    office.notify();
    assert_eq!(digests(), 2);
}

#[test]
fn a_digest_comes_once_a_day_even_after_a_crash_in_between() {
    for more in 0..4 {
        let dir = tempfile::tempdir().unwrap();
        let faults = Faults::new();
        let office = Office::of(with_letters(Engine::builder(dir.path()).faults(&faults)));
        prefer(
            &office,
            json!({"channels": ["in_app", "email"], "digest_hour": 8}),
        );
        mention(&office, "یک");
        office.notify();
        let now = office.later(TimeDelta::hours(20));
        faults.stay_broken(true);
        faults.fail(Call::Sync, more, Fault::Io);
        let outcome = office.engine.notify();
        assert_eq!(outcome.is_err(), faults.failed() > 0);
        let sara = office.sara;
        drop(office);
        for _ in 0..2 {
            let (builder, clock) = fixed(with_letters(Engine::builder(dir.path())));
            clock.set(now);
            let engine = builder.open().unwrap();
            engine.notify().unwrap();
            assert_eq!(letters(&engine, "email").len(), 1);
            let all = engine.session().notifications(sara, &[NoticeState::Unread]);
            let kinds: Vec<String> = all.unwrap().into_iter().map(|notice| notice.kind).collect();
            assert_eq!(kinds, ["digest", "mention"]);
            assert!(engine.check().unwrap().ok);
            engine.close().unwrap();
        }
    }
}

#[test]
fn without_somebody_who_carries_letters_what_would_be_one_is_shown() {
    let office = Office::new();
    prefer(&office, json!({"channels": ["sms"]}));
    mention(&office, "یک");
    office.notify();
    assert_eq!(office.kinds(office.sara), ["mention"]);
}

#[test]
fn a_letter_that_cannot_be_written_waits_and_is_told() {
    let refusing = Engine::in_memory().letters(|letter| {
        let missing = letter.user;
        Err(Error::new(
            ErrorKind::Invalid,
            format!("{missing} has no address"),
        ))
    });
    let office = Office::of(refusing);
    prefer(&office, json!({"channels": ["in_app", "email"]}));
    mention(&office, "یک");
    let warnings = office.engine.notify().unwrap();
    assert!(
        warnings.len() == 1 && warnings[0].contains("has no address"),
        "{warnings:?}"
    );
    assert_eq!(office.kinds(office.sara), ["mention"]);
    assert_eq!(office.engine.notify().unwrap().len(), 1);
}

#[test]
fn a_preference_makes_sense_and_there_is_one_for_each_kind() {
    let office = Office::new();
    let sara = office.as_user(office.sara);
    let mine = |fields: serde_json::Value| {
        let mut fields = fields;
        fields["user"] = office.sara.to_string().into();
        sara.create("notification_preference", fields)
    };
    mine(json!({"quiet_from": 22, "quiet_until": 7}))
        .unwrap()
        .id()
        .unwrap();
    assert_eq!(codes(mine(json!({"digest_hour": 8}))), ["not-unique"]);
    let kind = |more: serde_json::Value| {
        let mut fields = more;
        fields["kind"] = "due".into();
        mine(fields)
    };
    assert_eq!(codes(kind(json!({"zone": "تهران"}))), ["zone"]);
    assert_eq!(codes(kind(json!({"quiet_from": 22}))), ["quiet-hours"]);
    assert_eq!(codes(kind(json!({"digest_hour": 24}))), ["out-of-range"]);
    let hers = json!({"user": office.sara.to_string(), "kind": "due"});
    let another = office
        .as_user(office.reza)
        .create("notification_preference", hers);
    assert_eq!(codes(another), ["not-yours"]);
}
