//! What gives a right, what takes it away, and what is refused?

use peyvand::{Aggregate, ErrorKind, Filter, Measure, Query, Request};
use serde_json::json;

use super::house::{House, names};
use crate::setting::{codes, memory};

#[test]
fn while_access_is_not_enforced_everybody_sees_everything() {
    let session = memory();
    let account = session.create("account", json!({"name": "A"})).unwrap();
    let user = json!({"login": "sara", "name": "سارا"});
    let sara = session.create("user", user).unwrap().id().unwrap();
    let sara = session.engine().session_as(peyvand::Actor::User(sara));
    assert!(sara.get(account.id().unwrap()).is_ok());
    let error = session.enforce_access(true).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(error.remedy().unwrap().contains("administrator"));
    assert!(!session.enforces_access().unwrap());
}

#[test]
fn each_scope_reaches_as_far_as_its_name_says() {
    let house = House::new();
    for (name, owner, territory) in [
        ("mine", Some("sara"), "tabriz"),
        ("colleague's", Some("reza"), "tabriz"),
        ("of my territory", None, "shiraz"),
        ("above", None, "tehran"),
    ] {
        house.make(
            "account",
            json!({"name": name, "owner": owner, "territory": territory}),
        );
    }
    let seen = |scope: &str| {
        house.define("seller", json!({"objects": {"*": {"read": scope}}}));
        names(&house.as_user(house.sara), &Query::new("account"))
    };
    assert_eq!(seen("none"), [""; 0]);
    assert_eq!(seen("own"), ["mine"]);
    assert_eq!(seen("team"), ["mine"]);
    assert_eq!(seen("territory"), ["mine", "of my territory"]);
    assert_eq!(seen("all").len(), 4);
    // Who reports to him is his team, and a territory is moved with everything in it.
    let reza = json!({"manager": house.sara.to_string()});
    let _ = house.session.update(house.reza, reza).unwrap();
    assert_eq!(seen("team"), ["mine", "colleague's"]);
    let below = json!({"parent": house.shiraz.to_string()});
    let _ = house.session.update(house.tabriz, below).unwrap();
    assert_eq!(seen("territory").len(), 3);
    let away = json!({"active": false});
    let _ = house.session.update(house.sara, away).unwrap();
    assert_eq!(seen("all"), [""; 0]);
}

#[test]
fn a_record_that_is_not_his_is_for_him_not_there() {
    let house = House::new();
    let hidden = house.make(
        "account",
        json!({"name": "فولاد", "owner": "reza", "external_id": "F-1"}),
    );
    let sara = house.as_user(house.sara);
    let error = sara.get(hidden).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.to_string(), format!("there is no record {hidden}"));
    assert_eq!(
        sara.find("account", "external_id", "F-1")
            .unwrap()
            .map(|found| found.id()),
        None
    );
    assert_eq!(sara.count("account", &Filter::everything()).unwrap(), 0);
    let aggregate = Aggregate::new("account").measure(Measure::Count);
    assert_eq!(sara.aggregate(&aggregate).unwrap()[0].count, 0);
    for error in [
        sara.update(hidden, json!({"name": "X"})).unwrap_err(),
        sara.delete(hidden).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(error.to_string(), format!("there is no record {hidden}"));
    }
    // Nor may he name it, and what it has of unique values is not told with its id.
    let error = sara
        .create(
            "contact",
            json!({"name": "علی", "account": hidden.to_string()}),
        )
        .unwrap_err();
    assert_eq!(
        codes(&error),
        [("unknown-reference".to_owned(), Some("account".to_owned()))]
    );
    let error = sara
        .create("account", json!({"name": "Other", "external_id": "F-1"}))
        .unwrap_err();
    assert!(!error.to_string().contains(&hidden.to_string()), "{error}");
    let _ = house.session.delete(hidden).unwrap();
    let error = sara.get(hidden).unwrap_err();
    assert_eq!(error.to_string(), format!("there is no record {hidden}"));
    assert_eq!(
        sara.restore(hidden).unwrap_err().to_string(),
        format!("{hidden} is not in the bin")
    );
}

#[test]
fn a_new_record_is_his_who_makes_it_and_is_not_given_away_beyond_his_reach() {
    let house = House::new();
    let sara = house.as_user(house.sara);
    let mine = sara
        .create("account", json!({"name": "نو"}))
        .unwrap()
        .id()
        .unwrap();
    assert_eq!(
        sara.get(mine).unwrap().to_json()["owner"],
        house.sara.to_string()
    );
    for request in [
        Request::create("account", json!({"name": "X", "owner": "reza"})),
        Request::update(mine, json!({"owner": "reza"})),
        Request::Delete {
            id: mine,
            revision: None,
        },
        Request::create("product", json!({"code": "P", "name": "P"})),
        Request::update(house.sara, json!({"role": "administrator"})),
    ] {
        let error = sara.commit([request.clone()]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused, "{request:?}: {error}");
        assert_eq!(codes(&error), [("access".to_owned(), None)], "{request:?}");
    }
    let field = peyvand::Field::new("colour", peyvand::FieldKind::Text);
    let change = peyvand::SchemaChange::AddField {
        object: "account".to_owned(),
        field,
    };
    assert_eq!(
        sara.change_schema([change]).unwrap_err().kind(),
        ErrorKind::Refused
    );
    assert_eq!(
        sara.enforce_access(false).unwrap_err().kind(),
        ErrorKind::Refused
    );
}

#[test]
fn every_failure_of_rights_is_told_at_once() {
    let house = House::new();
    house.define(
        "seller",
        json!({"objects": {"*": {"read": "all", "update": "own"}}, "fields": {"account.tax_number": "read", "account.employees": "hidden"}}),
    );
    let other = house.make("account", json!({"name": "A", "owner": "reza"}));
    let sara = house.as_user(house.sara);
    let error = sara
        .update(
            other,
            json!({"tax_number": "1", "employees": 3, "parent": 7}),
        )
        .unwrap_err();
    let mut found = codes(&error);
    found.sort();
    let wanted = [
        ("access", None),
        ("access", Some("employees")),
        ("access", Some("tax_number")),
        ("wrong-type", Some("parent")),
    ];
    let wanted = wanted.map(|(code, field)| (code.to_owned(), field.map(str::to_owned)));
    assert_eq!(found, wanted);
}

#[test]
fn a_share_gives_one_record_until_it_ends() {
    let house = House::new();
    let account = house.make("account", json!({"name": "A", "owner": "reza"}));
    let sara = house.as_user(house.sara);
    let until = "2026-03-25T09:00:00Z";
    house.make(
        "sharing",
        json!({"record": account.to_string(), "team": "south", "verbs": ["update"], "until": until}),
    );
    let _ = sara.update(account, json!({"industry": "فولاد"})).unwrap();
    assert_eq!(sara.delete(account).unwrap_err().kind(), ErrorKind::Refused);
    assert_eq!(names(&sara, &Query::new("account")), ["A"]);
    // What was shared with her is not hers to share on with what she may not do.
    let share =
        |verbs: &[&str]| json!({"record": account.to_string(), "user": "guest", "verbs": verbs});
    assert_eq!(
        sara.create("sharing", share(&["delete"]))
            .unwrap_err()
            .kind(),
        ErrorKind::Refused
    );
    house.define(
        "seller",
        json!({"objects": {"*": {"read": "team", "create": "own"}}}),
    );
    assert!(sara.create("sharing", share(&["read"])).is_ok());
    assert_eq!(
        house.as_user(house.guest).get(account).unwrap().title(),
        "A"
    );
}

#[test]
fn what_is_confidential_is_seen_by_its_owner_by_shares_and_by_roles_that_may() {
    let house = House::new();
    let account = house.make(
        "account",
        json!({"name": "راز", "owner": "sara", "confidential": true}),
    );
    house.make("activity", json!({"kind": "call", "subject": "درباره راز", "about": account.to_string(), "owner": "mina"}));
    let all = json!({"objects": {"*": {"read": "all"}}});
    house.define("seller", all.clone());
    let (sara, reza) = (house.as_user(house.sara), house.as_user(house.reza));
    assert!(sara.get(account).is_ok() && reza.get(account).is_err());
    assert_eq!(names(&sara, &Query::new("activity")), ["درباره راز"]);
    assert_eq!(names(&reza, &Query::new("activity")), [""; 0]);
    house.make(
        "sharing",
        json!({"record": account.to_string(), "user": "reza", "verbs": ["read"]}),
    );
    assert!(reza.get(account).is_ok());
    assert_eq!(names(&reza, &Query::new("activity")), ["درباره راز"]);
    assert!(house.as_user(house.boss).get(account).is_ok());
}

#[test]
fn a_hidden_field_is_nowhere_and_is_refused_by_name() {
    let house = House::new();
    house.define(
        "seller",
        json!({"objects": {"*": {"read": "all"}}, "fields": {"account.employees": "hidden", "opportunity.status": "hidden"}}),
    );
    let account = house.make("account", json!({"name": "A", "employees": 7}));
    let sara = house.as_user(house.sara);
    let seen = sara.get(account).unwrap();
    assert!(seen.get("employees").is_none() && seen.to_json().get("employees").is_none());
    assert!(!format!("{seen:?}").contains("Integer(7)"));
    // A total that chooses by a hidden field would tell of it.
    assert!(seen.get("open_opportunities").is_none() && seen.get("contacts").is_some());
    let by_filter = Query::new("account").filter(Filter::eq("employees", 7));
    let by_sort = Query::new("account").sorted_by("-employees").unwrap();
    for query in [by_filter, by_sort] {
        let error = sara.query(&query).unwrap_err();
        assert_eq!(error.to_string(), "account.employees is hidden from you");
    }
    let aggregate = Aggregate::new("account").measure(Measure::Sum("employees".into()));
    assert!(
        sara.aggregate(&aggregate)
            .unwrap_err()
            .to_string()
            .contains("hidden")
    );
    assert!(
        house
            .session
            .get(account)
            .unwrap()
            .get("employees")
            .is_some()
    );
}

#[test]
fn the_last_administrator_stays_one() {
    let house = House::new();
    let boss = house.as_user(house.boss);
    let role = house
        .session
        .find("role", "key", "administrator")
        .unwrap()
        .unwrap()
        .id();
    for request in [
        Request::update(house.boss, json!({"active": false})),
        Request::update(house.boss, json!({"role": "seller"})),
        Request::Delete {
            id: house.boss,
            revision: None,
        },
        Request::update(
            role,
            json!({"definition": {"objects": {"*": {"read": "all"}}}}),
        ),
    ] {
        for session in [&boss, &house.session] {
            let error = session.commit([request.clone()]).unwrap_err();
            assert!(
                error.to_string().contains("nobody would be left"),
                "{request:?}: {error}"
            );
            assert!(error.to_string().contains("mina"), "{error}");
        }
    }
    // With another one she may go; of two in one call the second stays.
    let second = json!({"role": "administrator"});
    let _ = boss.update(house.sara, second).unwrap();
    let leave = |id| Request::update(id, json!({"active": false}));
    let (_, done) = house
        .session
        .commit_each([leave(house.boss), leave(house.sara)])
        .unwrap();
    assert!(done[0].is_ok() && done[1].is_err(), "{done:?}");
}

#[test]
fn circles_of_territories_and_managers_are_refused_also_without_enforcement() {
    let house = House::new();
    house.session.enforce_access(false).unwrap();
    let session = &house.session;
    let error = session
        .update(house.tehran, json!({"parent": "shiraz"}))
        .unwrap_err();
    assert_eq!(
        codes(&error),
        [("circle".to_owned(), Some("parent".to_owned()))]
    );
    assert!(
        session
            .update(house.sara, json!({"manager": "sara"}))
            .is_err()
    );
    let each_other = [
        Request::update(house.sara, json!({"manager": "reza"})),
        Request::update(house.reza, json!({"manager": "sara"})),
    ];
    assert!(session.commit(each_other).is_err());
    assert!(
        session
            .update(house.sara, json!({"manager": "reza"}))
            .is_ok()
    );
}

#[test]
fn a_deputy_has_the_scope_of_who_is_away_meanwhile() {
    let house = House::new();
    let account = house.make("account", json!({"name": "A", "owner": "reza"}));
    let deputy = |until: &str| json!({"of": "reza", "deputy": "sara", "from": "2026-03-25T08:00:00Z", "until": until});
    let sara = house.as_user(house.sara);
    house.make("deputy", deputy("2026-03-25T08:10:00Z"));
    assert!(sara.get(account).is_err(), "that time is over");
    house.make("deputy", deputy("2026-04-01T00:00:00Z"));
    assert!(sara.update(account, json!({"industry": "نفت"})).is_ok());
}

#[test]
fn the_past_is_read_with_the_rights_of_now() {
    let house = House::new();
    let account = house.make("account", json!({"name": "then", "owner": "sara"}));
    let then = house.engine().position();
    let _ = house
        .session
        .update(account, json!({"name": "now", "owner": "reza"}))
        .unwrap();
    let (sara, reza) = (house.as_user(house.sara), house.as_user(house.reza));
    assert!(sara.as_of(then).unwrap().get(account).is_err());
    assert_eq!(
        sara.as_of(then)
            .unwrap()
            .count("account", &Filter::everything())
            .unwrap(),
        0
    );
    assert_eq!(
        reza.as_of(then).unwrap().get(account).unwrap().title(),
        "then"
    );
}

#[test]
fn who_sees_few_records_is_answered_by_whose_they_are_and_the_rest_is_not_told() {
    let house = House::new();
    for number in 0..40 {
        let owner = if number % 10 == 0 { "sara" } else { "reza" };
        house.make(
            "account",
            json!({"name": format!("A{number:02}"), "owner": owner}),
        );
    }
    let sara = house.as_user(house.sara);
    let few = Query::new("account")
        .filter(Filter::starts_with("name", "A"))
        .limit(3);
    let explained = sara.explain(&few).unwrap();
    assert_eq!(
        explained.reads,
        "the records of those whose records you see"
    );
    assert_eq!(explained.at_most, 4);
    let first = sara.query(&few).unwrap();
    assert_eq!(first.records.len(), 3);
    let second = sara.query(&few.clone().after(first.next.unwrap())).unwrap();
    assert_eq!(
        (second.records[0].title(), second.has_more),
        ("A30".to_owned(), false)
    );
    assert_eq!(
        names(&sara, &Query::new("account").sorted_by("-name").unwrap()),
        ["A30", "A20", "A10", "A00"]
    );
}
