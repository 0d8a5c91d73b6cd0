//! Do letters leave by the ways, at the hours and as often as their reader chose?

use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::json;

use super::{Office, codes, fixed, made};
use crate::engine::{Engine, EngineBuilder};
use crate::error::{Error, ErrorKind};
use crate::journal::{Call, Fault, Faults};
use crate::message::{CallingCode, Channel, MessageRules, Sender};
use crate::notification::{Letter, LetterChannel, NoticeState};
use crate::query::{Filter, Query};
use crate::testing::Postbox;
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
    // It is put off for an hour, and in the end given up.
    office.notify();
    office.later(TimeDelta::hours(1));
    assert_eq!(office.engine.notify().unwrap().len(), 1);
    office.later(TimeDelta::days(9));
    office.notify();
    assert_eq!(waiting(&office.engine), 0);
    assert_eq!(office.unread(office.sara).len(), 1);
}

fn waiting(engine: &Engine) -> usize {
    let query = Query::new("notification").filter(Filter::eq("delivery", "waiting"));
    engine.session().query(&query).unwrap().records.len()
}

fn with_carriers(builder: EngineBuilder) -> (EngineBuilder, Arc<Postbox>, Arc<Postbox>) {
    let mut rules = MessageRules {
        calling_code: Some(CallingCode::new("98", "0")),
        ..MessageRules::default()
    };
    let sender = Sender::new("crm@bimeh.example", "بیمه آینده");
    rules.senders.insert(Channel::Email, sender);
    let mail = Arc::new(Postbox::accepting());
    let sms = Arc::new(Postbox::accepting());
    let builder = builder
        .transport(Channel::Email, mail.clone())
        .transport(Channel::Sms, sms.clone())
        .message_rules(rules);
    (builder, mail, sms)
}

#[test]
fn letters_are_messages_to_the_users_address_that_the_outbox_sends_once() {
    let (builder, mail, sms) = with_carriers(Engine::in_memory());
    let office = Office::of(builder);
    let reachable = json!({"email": "sara@bimeh.example", "mobile": "۰۹۱۲ ۱۲۳ ۴۵۶۷"});
    drop(
        office
            .engine
            .session()
            .update(office.sara, reachable)
            .unwrap(),
    );
    prefer(&office, json!({"channels": ["email", "sms"]}));
    mention(&office, "سلام");
    for _ in 0..2 {
        office.notify();
        office.engine.deliver(100).unwrap();
    }
    let mails = mail.taken();
    assert_eq!(mails.len(), 1);
    assert_eq!(
        (mails[0].to_address.as_str(), mails[0].to_name.as_str()),
        ("sara@bimeh.example", "سارا محمدی")
    );
    assert!(mails[0].subject.contains("از شما نام برد"), "{mails:?}");
    assert_eq!(mails[0].text, mails[0].subject);
    assert_eq!(mails[0].language.as_deref(), Some("fa"));
    let short = sms.taken();
    assert_eq!(short.len(), 1);
    assert_eq!(short[0].to_address, "+989121234567");
    assert_eq!(waiting(&office.engine), 0);
    // Nobody is told of the messages themselves.
    assert!(office.kinds(office.sara).is_empty());
}

#[test]
fn a_letter_waits_for_a_process_that_sends_such_letters() {
    let dir = tempfile::tempdir().unwrap();
    let office = Office::of(Engine::builder(dir.path()));
    let sara = office.sara;
    drop(
        office
            .engine
            .session()
            .update(sara, json!({"email": "sara@bimeh.example"}))
            .unwrap(),
    );
    prefer(&office, json!({"channels": ["email"]}));
    mention(&office, "سلام");
    office.notify();
    office.notify();
    assert_eq!(office.kinds(sara), ["mention"], "it is shown meanwhile");
    assert_eq!(waiting(&office.engine), 1);
    drop(office);
    let (builder, mail, _) = with_carriers(Engine::builder(dir.path()));
    let (builder, _clock) = fixed(builder);
    let engine = builder.open().unwrap();
    engine.notify().unwrap();
    engine.deliver(10).unwrap();
    assert_eq!(mail.taken().len(), 1);
    assert_eq!(waiting(&engine), 0);
}

#[test]
fn a_thousand_letters_that_cannot_be_written_hold_up_no_other() {
    let (builder, mail, _) = with_carriers(Engine::in_memory());
    let office = Office::of(builder);
    let session = office.engine.session();
    drop(
        session
            .update(office.reza, json!({"email": "reza@bimeh.example"}))
            .unwrap(),
    );
    // Sara has no address.
    for user in [office.sara, office.reza] {
        let fields = json!({"user": user.to_string(), "channels": ["email"]});
        made(&session, "notification_preference", fields);
    }
    let at = super::noon().to_rfc3339();
    let waits = |user: crate::RecordId| {
        let fields = json!({
            "user": user.to_string(), "kind": "reminder", "actor": "system", "at": at, "count": 1,
            "channels": ["email"], "delivery": "waiting", "deliver_at": at,
        });
        Request::create("notification", fields)
    };
    let many = (0..1_000)
        .map(|_| waits(office.sara))
        .chain([waits(office.reza)]);
    let (_, made) = session.commit_each(many).unwrap();
    assert!(made.iter().all(Result::is_ok));
    let warnings = office.engine.notify().unwrap();
    assert_eq!(warnings.len(), 1_000);
    assert!(
        warnings[0].contains("has no e-mail address"),
        "{}",
        warnings[0]
    );
    office.engine.deliver(10).unwrap();
    assert_eq!(mail.taken().len(), 1);
    office.notify();
}

#[test]
fn a_letter_that_the_rules_refuse_is_put_off_and_told() {
    let refused = Engine::in_memory().letters(|letter| {
        let fields = json!({"name": "", "email": letter.key});
        Ok(vec![Request::create("contact", fields)])
    });
    let office = Office::of(refused);
    prefer(&office, json!({"channels": ["email"]}));
    mention(&office, "یک");
    let warnings = office.engine.notify().unwrap();
    assert!(warnings[0].contains("could not be told"), "{warnings:?}");
    office.notify();
    assert_eq!(waiting(&office.engine), 1);
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
