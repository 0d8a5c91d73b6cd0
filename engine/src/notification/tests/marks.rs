//! Are tags, follows, favourites and looks each user's own, and each there once?

use chrono::TimeDelta;
use serde_json::json;

use super::{Office, codes, fixed, made};
use crate::engine::Engine;
use crate::error::ErrorKind;
use crate::journal::{Call, Fault, Faults};
use crate::query::{Filter, Query};
use crate::record::RecordId;
use crate::session::Session;

fn names(session: &Session, about: RecordId) -> Vec<String> {
    let tags = session.tags(about).unwrap();
    tags.iter().map(crate::Record::title).collect()
}

#[test]
fn two_spellings_of_a_name_are_one_tag() {
    let office = Office::new();
    let session = office.as_user(office.sara);
    let tag = session.tag(office.account, "مشتري كليدي").unwrap();
    let other = made(&session, "account", json!({"name": "فولاد پارس"}));
    assert_eq!(session.tag(other, "مشتری کلیدی").unwrap(), tag);
    assert_eq!(session.tag(other, "مشتری\u{200c} کلیدی ").unwrap(), tag);
    assert_eq!(names(&session, other), ["مشتري كليدي"]);
    let again = session.create("tag", json!({"name": "مشتری کلیدی"}));
    assert_eq!(codes(again), ["not-unique"]);

    let mut both = vec![office.account, other];
    both.sort_unstable();
    assert_eq!(
        session.tagged("مشتری کلیدی", Some("account")).unwrap(),
        both
    );
    assert!(
        session
            .tagged("مشتری کلیدی", Some("lead"))
            .unwrap()
            .is_empty()
    );
    let found = session.tagged("مشتری کلیدی", None).unwrap();
    let query = Query::new("account").filter(Filter::is_in("id", found));
    assert_eq!(session.query(&query).unwrap().records.len(), 2);

    assert!(session.untag(other, "مشتري کلیدی").unwrap());
    assert!(!session.untag(other, "مشتري کلیدی").unwrap());
    assert_eq!(
        session.tagged("مشتری کلیدی", None).unwrap(),
        [office.account]
    );
    let missing = session.tagged("هیچ", None).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
}

#[test]
fn a_private_tag_is_not_seen_by_others() {
    let office = Office::new();
    let (sara, reza) = (office.as_user(office.sara), office.as_user(office.reza));
    let private = sara.tag_privately(office.account, "بدحساب").unwrap();
    assert_eq!(names(&sara, office.account), ["بدحساب"]);
    assert!(names(&reza, office.account).is_empty());
    assert!(names(&office.engine.session(), office.account).is_empty());
    assert!(reza.tagged("بدحساب", None).is_err());
    assert!(!reza.untag(office.account, "بدحساب").unwrap());

    // The same word of somebody else, or of all, is another tag.
    let shared = reza.tag(office.account, "بدحساب").unwrap();
    assert_ne!(shared, private);
    assert_eq!(names(&reza, office.account).len(), 1);
    assert_eq!(names(&sara, office.account).len(), 2);

    // Nobody else puts it on records, renames it or makes one for her.
    let tagging = json!({"tag": private.to_string(), "about": office.reza.to_string()});
    assert_eq!(codes(reza.create("tagging", tagging)), ["not-yours"]);
    assert_eq!(
        codes(reza.update(private, json!({"name": "؟"}))),
        ["not-yours"]
    );
    let hers = json!({"name": "؟", "private_to": office.sara.to_string()});
    assert_eq!(codes(reza.create("tag", hers)), ["not-yours"]);
}

#[test]
fn who_follows_twice_follows_once() {
    let office = Office::new();
    let sara = office.as_user(office.sara);
    let follow = sara.follow(office.account).unwrap();
    assert_eq!(sara.follow(office.account).unwrap(), follow);
    office.as_user(office.reza).follow(office.account).unwrap();
    let mut both = vec![office.sara, office.reza];
    both.sort_unstable();
    let mut followers = sara.followers(office.account).unwrap();
    followers.sort_unstable();
    assert_eq!(followers, both);
    assert!(sara.unfollow(office.account).unwrap());
    assert!(!sara.unfollow(office.account).unwrap());
    assert_eq!(sara.followers(office.account).unwrap(), [office.reza]);

    let nobody = office.engine.session().follow(office.account).unwrap_err();
    assert!(nobody.remedy().unwrap().contains("session_as"));
    let for_another = json!({"user": office.reza.to_string(), "about": office.account.to_string()});
    assert_eq!(codes(sara.create("follow", for_another)), ["not-yours"]);
}

#[test]
fn favourites_keep_the_order_that_they_are_given() {
    let office = Office::new();
    let sara = office.as_user(office.sara);
    let all: Vec<RecordId> = ["الف", "ب", "پ"]
        .map(|name| made(&sara, "account", json!({"name": name})))
        .into();
    for id in all.iter().chain(&all) {
        sara.favourite(*id).unwrap();
    }
    assert_eq!(sara.favourites().unwrap(), all);
    sara.move_favourite(all[2], 0).unwrap();
    assert_eq!(sara.favourites().unwrap(), [all[2], all[0], all[1]]);
    sara.move_favourite(all[2], 99).unwrap();
    assert_eq!(sara.favourites().unwrap(), all);
    sara.delete(all[1]).unwrap().id().unwrap();
    assert_eq!(sara.favourites().unwrap(), [all[0], all[2]]);
    assert!(sara.unfavourite(all[0]).unwrap());
    assert_eq!(sara.favourites().unwrap(), [all[2]]);
    assert!(sara.move_favourite(all[0], 0).is_err());
    assert!(office.as_user(office.reza).favourites().unwrap().is_empty());
}

#[test]
fn looks_cost_no_commit_until_they_are_written_down_together() {
    let dir = tempfile::tempdir().unwrap();
    let office = Office::of(Engine::builder(dir.path()));
    let sara = office.as_user(office.sara);
    let all: Vec<RecordId> = (0..60)
        .map(|number| made(&sara, "account", json!({"name": format!("مشتری {number}")})))
        .collect();
    let before = office.engine.position();
    for id in all.iter().chain(&all[..2]) {
        office.later(TimeDelta::seconds(1));
        sara.seen(*id).unwrap();
    }
    assert_eq!(office.engine.position(), before);
    let ids = |session: &Session| -> Vec<RecordId> {
        let seen = session.recently_seen().unwrap();
        seen.into_iter().map(|(id, _)| id).collect()
    };
    let mut wanted: Vec<RecordId> = all[12..].iter().rev().copied().collect();
    wanted.splice(0..0, [all[1], all[0]]);
    assert_eq!(ids(&sara), wanted);
    office.notify();
    assert_eq!(office.engine.position(), before, "it is too early");
    office.later(TimeDelta::minutes(9));
    office.notify();
    let written = office.engine.position();
    assert!(written > before);
    office.notify();
    assert_eq!(office.engine.position(), written, "nothing new is written");
    assert_eq!(ids(&sara), wanted);

    // What is not written yet is written at close; what is gone is not shown.
    sara.seen(all[30]).unwrap();
    sara.delete(all[1]).unwrap().id().unwrap();
    assert!(
        office
            .as_user(office.reza)
            .recently_seen()
            .unwrap()
            .is_empty()
    );
    let user = office.sara;
    drop(sara);
    office.engine.close().unwrap();
    let engine = fixed(Engine::builder(dir.path())).0.open().unwrap();
    let seen = ids(&engine.session_as(crate::Actor::User(user)));
    assert_eq!(seen[..2], [all[30], all[0]]);
    assert_eq!(seen.len(), 49);
    let lists = engine
        .session()
        .count("recently_seen", &Filter::everything());
    assert_eq!(lists.unwrap(), 1);
}

#[test]
fn looks_that_could_not_be_written_are_not_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let faults = Faults::new();
    let office = Office::of(
        Engine::builder(dir.path())
            .background(false)
            .faults(&faults),
    );
    let sara = office.as_user(office.sara);
    sara.seen(office.account).unwrap();
    office.later(TimeDelta::minutes(10));
    faults.fail(Call::Write, 0, Fault::Io);
    assert!(office.engine.notify().is_err());
    let seen: Vec<RecordId> = sara
        .recently_seen()
        .unwrap()
        .into_iter()
        .map(|(id, _)| id)
        .collect();
    assert_eq!(seen, [office.account]);
}
