//! Does a key open what it says, of what its user may, and no longer than that?

use std::path::{Path, PathBuf};

use chrono::TimeDelta;
use peyvand::{Actor, Engine, Filter, NewKey, Position, Query, RecordId, Session};
use serde_json::{Value as Json, json};

use super::house::{House, names};
use crate::setting::{create, fixed, noon, on_disk};

fn reads_accounts() -> Json {
    json!({"objects": {"account": {"read": "all", "export": "all"}}, "fields": {"account.employees": "hidden"}})
}

fn by_key(house: &House, user: RecordId, rights: Json) -> Session {
    let made = house
        .as_user(house.boss)
        .create_key(&NewKey::new("وب‌گاه", user, rights));
    house
        .engine()
        .session_for_key(&made.unwrap().token)
        .unwrap()
}

#[test]
fn a_key_gives_no_more_than_its_user_has_and_than_it_says() {
    let house = House::new();
    let own = json!({"name": "فولاد", "owner": "sara", "employees": 7});
    let own = house.make("account", own);
    house.make("account", json!({"name": "نفت", "owner": "reza"}));
    let secret = json!({"name": "راز", "owner": "reza", "confidential": true});
    house.make("account", secret);
    let shared = house.make("contact", json!({"name": "علی", "owner": "mina"}));
    let share = json!({"record": shared.to_string(), "user": "sara", "verbs": ["read"]});
    house.make("sharing", share);
    let key = by_key(&house, house.sara, reads_accounts());
    assert_eq!(names(&key, &Query::new("account")), ["فولاد"]);
    assert_eq!(key.get(own).unwrap().get("employees"), None);
    assert!(key.count("account", &Filter::gte("employees", 1)).is_err());
    // What is shared with the user is not opened by a key that says nothing of contacts, nor is he himself.
    assert!(house.as_user(house.sara).get(shared).is_ok());
    assert!(key.get(shared).is_err() && key.get(house.sara).is_err());
    assert!(key.update(own, json!({"name": "پولاد"})).is_err());
    assert!(key.create("account", json!({"name": "X"})).is_err());
    // Who administers does not by a key that does not say so.
    let boss = by_key(
        &house,
        house.boss,
        json!({"objects": {"*": {"read": "all", "update": "all"}}}),
    );
    assert_eq!(names(&boss, &Query::new("account")).len(), 2);
    assert!(boss.enforce_access(false).is_err() && boss.plugins().is_err());
    let keys = boss.query(&Query::new("api_key")).unwrap().records;
    assert!(keys.iter().all(|key| {
        key.get("user")
            .is_some_and(|user| user.to_string() == house.boss.to_string())
    }));
    let widened = boss.update(keys[0].id(), json!({"rights": {"administer": true}}));
    assert!(widened.is_err());
}

#[test]
fn what_is_done_by_a_key_is_its_users_and_says_by_which() {
    let house = House::new();
    let rights = json!({"objects": {"lead": {"read": "own", "create": "own", "update": "own"}}});
    let key = by_key(&house, house.sara, rights);
    let lead = key
        .create("lead", json!({"name": "لیلا"}))
        .unwrap()
        .id()
        .unwrap();
    let record = house.session.query(&Query::new("api_key")).unwrap();
    let record = Some(record.records[0].id());
    let position = house.engine().position();
    let _ = house
        .as_user(house.sara)
        .update(lead, json!({"description": "خودش"}))
        .unwrap();
    let said: Vec<_> = house
        .engine()
        .changes(Position::from_number(position.get() - 1), 10)
        .unwrap()
        .into_iter()
        .map(|change| (change.actor, change.key))
        .collect();
    let sara = Actor::User(house.sara);
    assert_eq!(said, [(sara.clone(), record), (sara, None)]);
    let stored = house.session.get(lead).unwrap().to_json();
    assert_eq!(stored["owner"], house.sara.to_string());
    assert_eq!(stored["created_by"], house.sara.to_string());
    assert_eq!(
        names(&house.as_user(house.sara), &Query::new("lead")),
        ["لیلا"]
    );
}

#[test]
fn a_key_ends_when_it_is_revoked_expires_or_its_user_leaves() {
    for enforced in [true, false] {
        let (builder, clock) = fixed(Engine::in_memory());
        let engine = builder.open().unwrap();
        let session = engine.session();
        let _ = session.add_standard_roles().unwrap();
        create(
            &session,
            "user",
            json!({"login": "mina", "name": "مینا", "role": "administrator"}),
        );
        let sara = create(
            &session,
            "user",
            json!({"login": "sara", "name": "سارا", "role": "reader"}),
        );
        let account = create(&session, "account", json!({"name": "فولاد"}));
        if enforced {
            session.enforce_access(true).unwrap();
        }
        let key = |name: &str| NewKey::new(name, sara, reads_accounts());
        let until = noon() + TimeDelta::hours(1);
        let short = session.create_key(&key("کوتاه").until(until)).unwrap();
        let long = session.create_key(&key("دراز")).unwrap();
        let other = session.create_key(&key("دیگر")).unwrap();
        assert!(short.token != long.token && !format!("{short:?}").contains(&short.token));
        let [short, long, other] = [short, long, other].map(|made| {
            (
                made.id,
                engine.session_for_key(&made.token).unwrap(),
                made.token,
            )
        });
        let refused = |token: &str| {
            engine
                .session_for_key(token)
                .map(drop)
                .unwrap_err()
                .to_string()
        };
        assert!(long.1.get(account).is_ok() && long.1.delete(account).is_err());
        assert!(long.1.get(sara).is_err());
        clock.set(until);
        assert!(short.1.get(account).is_err() && long.1.get(account).is_ok());
        assert_eq!(refused(&short.2), "the key 'کوتاه' has expired");
        let _ = session.revoke_key(long.0).unwrap();
        assert!(long.1.get(account).is_err() && other.1.get(account).is_ok());
        assert_eq!(refused(&long.2), "the key 'دراز' was revoked");
        let _ = session.update(sara, json!({"active": false})).unwrap();
        assert!(
            other.1.get(account).is_err()
                && other
                    .1
                    .as_of(engine.position())
                    .unwrap()
                    .get(account)
                    .is_err()
        );
        assert_eq!(
            refused(&other.2),
            "the key 'دیگر' acts for a user who is not active"
        );
        assert_eq!(refused("pvk_00"), "no key has this token");
        assert!(session.revoke_key(sara).is_err());
        assert!(engine.check().unwrap().ok);
    }
}

#[test]
fn only_who_administers_makes_keys_and_their_rights_are_written_as_roles() {
    let house = House::new();
    let key = NewKey::new("x", house.sara, reads_accounts());
    assert!(house.as_user(house.sara).create_key(&key).is_err());
    let fields =
        json!({"name": "x", "user": house.sara.to_string(), "rights": {}, "token_hash": "0"});
    assert!(house.as_user(house.sara).create("api_key", fields).is_err());
    let wrong = NewKey::new(
        "x",
        house.sara,
        json!({"objects": {"acount": {"read": "all"}}}),
    );
    let error = house.session.create_key(&wrong).unwrap_err();
    assert!(
        error.to_string().contains("did you mean 'account'"),
        "{error}"
    );
}

/// The files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let inside = std::fs::read_dir(folder).unwrap();
    inside
        .map(|entry| entry.unwrap().path())
        .flat_map(|path| match path.is_dir() {
            true => files(&path),
            false => vec![path],
        })
        .collect()
}

/// Compressed pages are not looked into here: that entries and state do not have it is a test of the engine's.
#[test]
fn the_token_lies_plain_in_no_file_of_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let session = on_disk(dir.path());
    let sara = create(&session, "user", json!({"login": "sara", "name": "سارا"}));
    let made = session
        .create_key(&NewKey::new("x", sara, reads_accounts()))
        .unwrap();
    session.engine().clone().close().unwrap();
    let mut looked_at = 0;
    for file in files(dir.path()) {
        let bytes = std::fs::read(file).unwrap();
        looked_at += usize::from(!bytes.is_empty());
        let secret = made.token.trim_start_matches("pvk_").as_bytes();
        assert!(!bytes.windows(32).any(|part| part == &secret[..32]));
    }
    assert!(looked_at > 0);
}

#[test]
fn keys_of_who_leaves_are_listed_and_closed_with_him() {
    let house = House::new();
    let boss = house.as_user(house.boss);
    let made = boss
        .create_key(&NewKey::new("وب‌گاه", house.sara, reads_accounts()))
        .unwrap();
    let rule = peyvand::HandOver::to(house.reza);
    assert!(
        boss.preview_hand_over(house.sara, &rule)
            .unwrap()
            .is_empty()
    );
    let rule = rule.deactivate();
    let preview = boss.preview_hand_over(house.sara, &rule).unwrap();
    assert_eq!(
        (preview[0].record, preview[0].field.as_str()),
        (made.id, "active")
    );
    let done = boss.hand_over(house.sara, &rule).unwrap();
    assert!(house.engine().session_for_key(&made.token).is_err());
    let _ = boss.undo_hand_over(done.position).unwrap();
    assert!(house.engine().session_for_key(&made.token).is_ok());
}
