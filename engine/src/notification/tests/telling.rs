//! Is what happens told to those whom it concerns, once, and to nobody else?

use chrono::TimeDelta;
use serde_json::json;

use super::{Office, made};
use crate::context::Actor;
use crate::engine::Engine;
use crate::error::ErrorKind;
use crate::journal::{Call, Fault, Faults, Position};
use crate::notification::NoticeState;
use crate::notification::told::Kind;
use crate::record::RecordId;
use crate::schema::FieldKind;
use crate::store::spaces;
use crate::write::{Ask, Request, Stored};

/// As if the process had been killed before the journal was noted as heard.
fn forget_what_was_heard(office: &Office) {
    let ear = office.engine.subscriber("engine/notifications").unwrap();
    ear.done(Position::START).unwrap();
}

#[test]
fn a_mention_is_told_in_the_readers_language_and_not_to_its_author() {
    let office = Office::new();
    let reza = office.as_user(office.reza);
    reza.comment(office.account, "@سارا محمدی و @alireza و خودم @reza.karimi")
        .unwrap()
        .id()
        .unwrap();
    office.notify();
    let told = office.told(office.sara);
    assert_eq!(told.len(), 1);
    assert_eq!(
        told[0].text,
        "\u{2068}رضا کریمی\u{2069} در «\u{2068}بیمهٔ آینده\u{2069}» از شما نام برد"
    );
    assert_eq!(told[0].about, Some(office.account));
    assert_eq!(told[0].state, NoticeState::Unread);
    let english = &office.told(office.alireza)[0].text;
    assert!(english.contains("mentioned you on"), "{english}");
    assert!(office.told(office.reza).is_empty());
}

#[test]
fn who_is_named_by_an_edit_is_told_and_the_others_not_again() {
    let office = Office::new();
    let reza = office.as_user(office.reza);
    let comment = reza
        .comment(office.account, "@sara ببین")
        .unwrap()
        .id()
        .unwrap();
    office.notify();
    reza.update(comment, json!({"text": "@sara و @alireza ببینید"}))
        .unwrap()
        .id()
        .unwrap();
    office.notify();
    assert_eq!(office.kinds(office.sara), ["mention"]);
    assert_eq!(office.kinds(office.alireza), ["mention"]);
}

#[test]
fn one_comment_is_told_to_each_once_for_the_best_reason() {
    let office = Office::new();
    let (sara, reza) = (office.as_user(office.sara), office.as_user(office.reza));
    for user in [office.sara, office.reza, office.alireza] {
        office.as_user(user).follow(office.account).unwrap();
    }
    let first = sara
        .comment(office.account, "چه کنیم؟")
        .unwrap()
        .id()
        .unwrap();
    office.notify();
    assert_eq!(office.kinds(office.reza), ["comment"]);
    reza.reply(first, "@alireza بداند").unwrap().id().unwrap();
    office.notify();
    assert_eq!(office.kinds(office.sara), ["reply"]);
    assert_eq!(office.kinds(office.alireza), ["comment", "mention"]);
    let reply = &office.told(office.sara)[0].text;
    assert!(reply.contains("به شما پاسخ داد"), "{reply}");
}

#[test]
fn a_burst_on_one_record_is_one_notification_that_counts() {
    let office = Office::new();
    office.as_user(office.sara).follow(office.account).unwrap();
    let reza = office.as_user(office.reza);
    let industry = |name: &str| {
        office.later(TimeDelta::minutes(10));
        let fields = json!({"industry": name, "employees": name.len()});
        reza.update(office.account, fields).unwrap().id().unwrap();
        office.notify();
    };
    ["بیمه", "بانک", "خودرو"].into_iter().for_each(industry);
    let told = office.told(office.sara);
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].kind.as_str(), told[0].count), ("change", 3));
    for part in ["۳ بار", "صنعت", "کارکنان"] {
        assert!(told[0].text.contains(part), "{part}: {}", told[0].text);
    }
    // What is read is over; and so is a burst after an hour.
    let sara = office.as_user(office.sara);
    sara.mark_read([told[0].id]).unwrap().id().unwrap();
    industry("فولاد");
    assert_eq!(office.told(office.sara).len(), 2);
    office.later(TimeDelta::hours(1));
    industry("نفت");
    let counts: Vec<u64> = office
        .told(office.sara)
        .iter()
        .map(|notice| notice.count)
        .collect();
    assert_eq!(counts, [3, 1, 1]);
    // His own changes are no news to him.
    sara.update(office.account, json!({"industry": "گاز"}))
        .unwrap()
        .id()
        .unwrap();
    office.notify();
    assert_eq!(office.told(office.sara).len(), 3);
}

#[test]
fn who_becomes_responsible_is_told_and_an_import_is_told_once() {
    let office = Office::new();
    let reza = office.as_user(office.reza);
    let fields = json!({"name": "کارخانه", "owner": "sara"});
    let account = made(&reza, "account", fields);
    office.notify();
    assert_eq!(office.kinds(office.sara), ["assignment"]);
    let hers = office.as_user(office.sara);
    hers.update(account, json!({"owner": "alireza"}))
        .unwrap()
        .id()
        .unwrap();
    hers.update(account, json!({"owner": "sara"}))
        .unwrap()
        .id()
        .unwrap();
    reza.update(account, json!({"owner": "alireza"}))
        .unwrap()
        .id()
        .unwrap();
    office.notify();
    // She gave it to herself; he got it twice, and hears of it once.
    assert_eq!(office.kinds(office.sara), ["assignment"]);
    assert_eq!(office.kinds(office.alireza), ["assignment"]);
    assert_eq!(
        office.told(office.alireza)[0].actor,
        Actor::User(office.reza)
    );

    let import = |rows: std::ops::Range<u32>| {
        let rows = rows.map(|number| {
            let fields = json!({"name": format!("سرنخ {number}"), "owner": "sara"});
            Request::create("lead", fields)
        });
        reza.commit(rows.collect::<Vec<_>>()).unwrap().id().unwrap();
    };
    import(0..20);
    import(20..40);
    office.notify();
    import(40..60);
    office.notify();
    let told = office.told(office.sara);
    assert_eq!(told.len(), 2);
    assert_eq!((told[1].kind.as_str(), told[1].count), ("assignments", 60));
    assert!(told[1].text.contains("۶۰ مورد"), "{}", told[1].text);
}

#[test]
fn what_happened_before_somebody_followed_is_not_told() {
    let office = Office::new();
    let reza = office.as_user(office.reza);
    reza.update(office.account, json!({"industry": "بیمه"}))
        .unwrap()
        .id()
        .unwrap();
    office.later(TimeDelta::minutes(1));
    office.as_user(office.sara).follow(office.account).unwrap();
    office.notify();
    assert!(office.told(office.sara).is_empty());
}

#[test]
fn what_is_heard_again_is_not_told_again() {
    let office = Office::new();
    let reza = office.as_user(office.reza);
    office.as_user(office.sara).follow(office.account).unwrap();
    let change = |name: &str| {
        let fields = json!({"industry": name, "owner": "alireza"});
        reza.update(office.account, fields).unwrap().id().unwrap();
    };
    reza.comment(office.account, "@sara یک")
        .unwrap()
        .id()
        .unwrap();
    reza.comment(office.account, "دو").unwrap().id().unwrap();
    change("بیمه");
    change("بانک");
    office.notify();
    let users = [office.sara, office.reza, office.alireza];
    let all = || users.map(|user| office.told(user));
    let told = all();
    assert_eq!(told.each_ref().map(Vec::len), [3, 0, 1]);
    forget_what_was_heard(&office);
    office.notify();
    assert_eq!(all(), told);
    // Also when the reader has dealt with some of it meanwhile.
    let ids: Vec<RecordId> = told[0].iter().map(|notice| notice.id).collect();
    office
        .as_user(office.sara)
        .mark_done(ids)
        .unwrap()
        .id()
        .unwrap();
    forget_what_was_heard(&office);
    office.notify();
    assert_eq!(all().each_ref().map(Vec::len), [3, 0, 1]);
    assert!(office.unread(office.sara).is_empty());
}

#[test]
fn whichever_write_fails_everybody_is_told_once_after_the_next_open() {
    for call in [Call::Write, Call::Sync] {
        for more in 0..3 {
            let dir = tempfile::tempdir().unwrap();
            let faults = Faults::new();
            // What is done in the background is not to meet the fault.
            let builder = Engine::builder(dir.path()).background(false);
            let office = Office::of(builder.faults(&faults));
            office.as_user(office.sara).follow(office.account).unwrap();
            let reza = office.as_user(office.reza);
            reza.comment(office.account, "@alireza سلام")
                .unwrap()
                .id()
                .unwrap();
            faults.stay_broken(true);
            faults.fail(call, more, Fault::Torn(11));
            let failed = office.engine.notify();
            assert_eq!(failed.is_err(), faults.failed() > 0, "{failed:?}");
            let Office {
                engine,
                sara,
                alireza,
                reza: own,
                account,
                ..
            } = office;
            drop((engine, reza));
            let (builder, clock) = super::fixed(Engine::builder(dir.path()));
            let engine = builder.open().unwrap();
            let office = Office {
                engine,
                clock,
                sara,
                reza: own,
                alireza,
                account,
            };
            office.notify();
            office.notify();
            assert_eq!(office.kinds(sara), ["comment"]);
            assert_eq!(office.kinds(alireza), ["mention"]);
            assert!(office.engine.check().unwrap().ok);
        }
    }
}

#[test]
fn one_notification_that_is_refused_does_not_hold_up_the_others() {
    let office = Office::new();
    let reza = office.as_user(office.reza);
    office.as_user(office.sara).follow(office.account).unwrap();
    reza.comment(office.account, "یک").unwrap().id().unwrap();
    // The record is gone by the time that somebody would be told of it.
    let other = made(&reza, "account", json!({"name": "رفتنی", "owner": "sara"}));
    reza.delete(other).unwrap().id().unwrap();
    office.notify();
    assert_eq!(office.kinds(office.sara), ["comment"]);
}

#[test]
fn notifications_are_their_readers_own() {
    let office = Office::new();
    let (sara, reza) = (office.as_user(office.sara), office.as_user(office.reza));
    reza.comment(office.account, "@sara").unwrap().id().unwrap();
    office.notify();
    let notice = office.told(office.sara).remove(0);
    let read = reza.notifications(office.sara, &[]).unwrap_err();
    assert_eq!(read.kind(), ErrorKind::Refused);
    assert!(reza.mark_read([notice.id]).is_err());
    assert!(sara.update(notice.id, json!({"count": 7})).is_err());
    let forged =
        json!({"user": office.reza.to_string(), "kind": "mention", "at": "2026-03-25T08:30:00Z"});
    assert!(reza.create("notification", forged).is_err());
    assert!(sara.mark_read([office.account]).is_err());
    assert_eq!(
        office
            .engine
            .session()
            .notifications(office.sara, &[])
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn an_idle_call_writes_nothing() {
    let office = Office::new();
    office.notify();
    let position = office.engine.position();
    office.notify();
    office.engine.tick().unwrap();
    assert_eq!(office.engine.position(), position);
}

#[test]
fn the_schema_has_every_kind_that_is_told() {
    let office = Office::new();
    let schema = office.engine.schema().unwrap();
    let options = |object: &str| match &schema.object(object).unwrap().field("kind").unwrap().kind {
        FieldKind::Option { options } => options.clone(),
        other => panic!("{other:?}"),
    };
    let names = Kind::ALL.map(Kind::name);
    let mut told = options("notification");
    told.sort_unstable();
    let mut wanted: Vec<&str> = names.into();
    wanted.sort_unstable();
    assert_eq!(told, wanted);
    // What is told in one with another kind has no preference of its own.
    let chosen = options("notification_preference");
    let own = |name: &&str| !matches!(*name, "assignments" | "digest");
    assert!(
        names
            .iter()
            .copied()
            .filter(|name| own(name))
            .all(|name| chosen.contains(&name.to_owned()))
    );
}

#[test]
fn a_store_from_before_there_were_notifications_tells_only_of_what_comes() {
    let dir = tempfile::tempdir().unwrap();
    let office = Office::of(Engine::builder(dir.path()));
    let session = office.engine.session();
    made(
        &session,
        "lead",
        json!({"name": "سرنخ کهنه", "owner": "sara"}),
    );
    let schema = office.engine.schema().unwrap();
    let number = schema.object("notification").unwrap().number;
    let forgotten = Stored {
        what: "a schema without notifications".to_owned(),
        entries: vec![(spaces::of_object(spaces::SCHEMA, number), None)],
        config: true,
        ..Stored::default()
    };
    assert!(session.ask(Ask::Stored(forgotten)).is_ok());
    let Office {
        engine,
        sara,
        reza,
        alireza,
        account,
        ..
    } = office;
    drop(session);
    engine.close().unwrap();

    let (builder, clock) = super::fixed(Engine::builder(dir.path()));
    let engine = builder.open().unwrap();
    let office = Office {
        engine,
        clock,
        sara,
        reza,
        alireza,
        account,
    };
    office.notify();
    assert!(office.told(sara).is_empty());
    let session = office.engine.session();
    made(
        &session,
        "lead",
        json!({"name": "سرنخ تازه", "owner": "sara"}),
    );
    office.notify();
    assert_eq!(office.kinds(sara), ["assignment"]);
}

#[test]
fn what_somebody_keeps_getting_in_the_way_of_is_decided_anew_and_not_lost() {
    let office = Office::new();
    let session = office.engine.session();
    let mut number = 0;
    let place = || {
        office
            .engine
            .subscriber("engine/notifications")
            .unwrap()
            .position()
            .unwrap()
    };
    let before = place();
    let mut warnings = Vec::new();
    let left = crate::notification::told::commit(&office.engine, &mut warnings, |reader| {
        let account = reader.get(office.account)?.unwrap();
        // Somebody else is quicker each time.
        number += 1;
        drop(session.update(office.account, json!({"industry": number.to_string()}))?);
        let request = crate::write::Request::Update {
            id: account.id(),
            revision: Some(account.revision()),
            fields: crate::write::Fields::default().with("industry", "بیمه"),
        };
        Ok(crate::notification::told::Todo {
            units: vec![vec![request]],
            stored: Some(crate::write::Stored {
                what: "heard".to_owned(),
                entries: vec![crate::notification::starts_at(reader.position())],
                ..crate::write::Stored::default()
            }),
        })
    })
    .unwrap();
    assert!(left.undecided && left.refused.is_empty());
    assert_eq!(place(), before, "the same is heard again");
    assert!(number > 1);
}
