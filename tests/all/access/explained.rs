//! Is it said why somebody may, why not, and what would help?

use peyvand::{AccessVerb, Explanation, Locale, RecordId};
use serde_json::json;

use super::house::House;

fn why(house: &House, user: RecordId, record: RecordId, verb: AccessVerb) -> Explanation {
    let boss = house.as_user(house.boss);
    let told = boss.explain_access(user, record, verb).unwrap();
    // It is what the doors do.
    if verb == AccessVerb::Read {
        assert_eq!(house.as_user(user).get(record).is_ok(), told.allowed);
    }
    told
}

#[test]
fn what_decides_is_named_and_what_would_help_helps() {
    let house = House::new();
    let account = house.make(
        "account",
        json!({"name": "فولاد", "owner": "reza", "territory": "shiraz"}),
    );
    house.define(
        "seller",
        json!({"objects": {"*": {"read": "own"}}, "fields": {"account.employees": "hidden"}}),
    );
    let told = why(&house, house.sara, account, AccessVerb::Read);
    assert!(!told.allowed);
    assert_eq!(
        told.reasons,
        [
            "the role Seller gives read on Account no further than: his own records",
            "the role Seller hides fields of Account: employees",
        ]
    );
    assert_eq!(
        told.would_help,
        [
            "share the record with sara for read",
            "let the role Seller reach further with read on Account: those of his territory and below",
        ]
    );
    house.define("seller", json!({"objects": {"*": {"read": "territory"}}}));
    let told = why(&house, house.sara, account, AccessVerb::Read);
    assert!(told.allowed && told.would_help.is_empty());
    assert_eq!(
        told.reasons[1],
        "it lies in شیراز, which is sara's territory or below it"
    );

    let _ = house
        .session
        .update(account, json!({"confidential": true}))
        .unwrap();
    let told = why(&house, house.sara, account, AccessVerb::Read);
    assert_eq!(
        told.would_help,
        [
            "share the record with sara for read",
            "let the role Seller see what is confidential"
        ]
    );
    house.make(
        "sharing",
        json!({"record": account.to_string(), "user": "sara", "verbs": ["read"]}),
    );
    let told = why(&house, house.sara, account, AccessVerb::Read);
    assert_eq!(
        told.reasons,
        ["it is shared with sara, his team or his role"]
    );
    let told = why(&house, house.guest, account, AccessVerb::Read);
    assert_eq!(
        told.reasons,
        ["the role Nothing gives read on Account no further than: no record"]
    );
    assert!(why(&house, house.boss, account, AccessVerb::Delete).allowed);
}

#[test]
fn reasons_are_said_in_three_languages_and_to_administrators_alone() {
    let house = House::new();
    let account = house.make("account", json!({"name": "A", "owner": "reza"}));
    let ask = |locale| {
        let boss = house.as_user(house.boss).in_locale(locale);
        boss.explain_access(house.sara, account, AccessVerb::Delete)
            .unwrap()
            .reasons
    };
    assert_eq!(
        ask(Locale::Fa),
        ["نقش فروشنده برای مشتری اجازه حذف را بیش از این نمی‌دهد: هیچ رکوردی"]
    );
    assert_eq!(
        ask(Locale::Ar),
        ["الدور البائع لا يمنح الحذف على العميل أبعد من: لا سجل"]
    );
    let sara = house.as_user(house.sara);
    assert!(
        sara.explain_access(house.sara, account, AccessVerb::Read)
            .is_err()
    );
    house.session.enforce_access(false).unwrap();
    let told = house
        .session
        .explain_access(house.sara, account, AccessVerb::Read)
        .unwrap();
    assert_eq!(
        told.reasons,
        ["access is not enforced: everybody may do everything"]
    );
}

#[test]
fn everybody_may_ask_for_himself_about_what_he_sees() {
    let house = House::new();
    house.define("seller", json!({"objects": {"*": {"read": "own"}}}));
    let own = house.make("account", json!({"name": "A", "owner": "sara"}));
    let hidden = house.make("account", json!({"name": "B", "owner": "reza"}));
    let sara = house.as_user(house.sara);
    let told = sara.explain_access(house.sara, own, AccessVerb::Update);
    assert!(!told.unwrap().allowed);
    let unknown = sara.get(hidden).unwrap_err().to_string();
    let told = sara.explain_access(house.sara, hidden, AccessVerb::Read);
    assert_eq!(told.unwrap_err().to_string(), unknown);
    assert!(
        sara.explain_access(house.reza, own, AccessVerb::Read)
            .is_err()
    );
}

#[test]
fn whom_no_role_gives_anything_is_named_before_access_is_enforced() {
    let house = House::new();
    house.define("seller", json!({"objects": {"*": {"read": "own"}}}));
    let without = house.session.users_without_rights().unwrap();
    let nobody = json!({"login": "nima", "name": "نیما"});
    let _ = house.make("user", nobody);
    let now = house.session.users_without_rights().unwrap();
    assert_eq!(now.len(), without.len() + 1);
    assert!(now.contains(&"nima".to_owned()) && !now.contains(&"sara".to_owned()));
}
