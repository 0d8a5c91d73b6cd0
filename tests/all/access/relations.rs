//! Does a filter or a sort order tell anything of a record that lies behind a reference and is not seen?

use peyvand::{Actor, Filter, Query, Session};
use serde_json::json;

use super::house::{House, names};
use crate::setting::{create, memory};

fn asked(filter: &str) -> Query {
    Query::new("opportunity").filter(Filter::parse(filter).unwrap())
}

const FILTERS: [&str; 16] = [
    "account.industry[eq]:بانک",
    "account.industry[ne]:بانک",
    "account.industry[is_null]:true",
    "not(account.industry[eq]:بانک)",
    "account.industry[contains]:ان",
    "account.parent.industry[eq]:بانک",
    "account.parent.industry[is_null]:false",
    "account.parent[is_null]:true",
    "account.employees[gte]:1",
    "account.open_opportunities[gte]:1",
    "account.territory[under]:tehran",
    "account.territory.name[eq]:شیراز",
    "account.owner[under]:mina",
    "account.owner.login[starts_with]:m",
    "account.revision[gte]:1",
    "account.created_at[in]:last-3650-days",
];

/// What Sara is told of her deals, of which the second is with a bank: hers, one that she does not see, one in the bin, or none.
fn told(bank: &str) -> Vec<String> {
    let session = memory();
    let _ = session.add_standard_roles().unwrap();
    create(
        &session,
        "territory",
        json!({"key": "tehran", "name": "تهران"}),
    );
    create(
        &session,
        "territory",
        json!({"key": "shiraz", "name": "شیراز", "parent": "tehran"}),
    );
    create(
        &session,
        "user",
        json!({"login": "mina", "name": "مینا", "role": "administrator"}),
    );
    let sara = create(
        &session,
        "user",
        json!({"login": "sara", "name": "سارا", "role": "seller"}),
    );
    let shop = create(
        &session,
        "account",
        json!({"name": "فروشگاه", "industry": "خرده", "owner": "sara", "employees": 3}),
    );
    let fields = json!({"name": "بانک ملت", "industry": "بانک", "employees": 900, "territory": "shiraz", "owner": if bank == "hers" { "sara" } else { "mina" }});
    let hidden = create(&session, "account", fields);
    let branch =
        json!({"name": "شعبه", "industry": "شعبه", "owner": "sara", "parent": hidden.to_string()});
    let branch = create(&session, "account", branch);
    for (name, account) in [("یک", shop), ("دو", hidden), ("سه", branch)] {
        create(
            &session,
            "opportunity",
            json!({"name": name, "owner": "sara", "account": account.to_string()}),
        );
    }
    if bank == "binned" {
        let delete = peyvand::Request::Delete {
            id: hidden,
            revision: None,
        };
        let _ = session.commit([delete]).unwrap();
    }
    session.enforce_access(true).unwrap();
    let me = session.engine().session_as(Actor::User(sara));
    answers(&me)
}

fn answers(me: &Session) -> Vec<String> {
    let mut told = Vec::new();
    for filter in FILTERS {
        let query = asked(filter);
        let count = me.count("opportunity", &query.filter).unwrap();
        told.push(format!("{filter}: {:?}, {count}", names(me, &query)));
        told.push(me.explain(&query).unwrap().to_string());
        let past = me.as_of(me.engine().position()).unwrap();
        let page = past.query(&query).unwrap();
        told.push(page.records.iter().map(peyvand::Record::title).collect());
    }
    for order in [
        "account.name",
        "-account.employees",
        "account.parent.name,-id",
        "account.open_opportunities",
    ] {
        for limit in [1, 50] {
            let query = asked("").sorted_by(order).unwrap().limit(limit);
            told.push(format!("{order}: {:?}", names(me, &query)));
        }
    }
    told
}

#[test]
fn what_lies_behind_a_reference_and_is_not_seen_answers_as_if_it_were_not_there() {
    let hidden = told("hidden");
    assert_eq!(hidden, told("binned"));
    // The house does tell of it who sees it.
    let hers = told("hers");
    assert_ne!(hidden, hers);
    assert!(
        hers.iter()
            .any(|line| line.starts_with("account.industry[eq]:بانک: [\"دو\"]")),
        "{hers:#?}"
    );
    assert!(
        hidden
            .iter()
            .any(|line| line.starts_with("account.industry[eq]:بانک: []")),
        "{hidden:#?}"
    );
    assert!(
        hidden
            .iter()
            .any(|line| line.starts_with("account.industry[is_null]:true: [\"دو\"]")),
        "{hidden:#?}"
    );
}

#[test]
fn a_field_that_is_hidden_is_no_question_behind_a_reference_either() {
    let house = House::new();
    let all = json!({"read": "all", "create": "all", "update": "all"});
    house.define("seller", json!({"objects": {"account": all, "opportunity": all, "user": all}, "fields": {"account.industry": "hidden", "user.manager": "hidden"}}));
    house.make("account", json!({"name": "بانک", "industry": "بانک"}));
    let sara = house.as_user(house.sara);
    for (filter, wanted) in [
        (
            "account.industry[eq]:بانک",
            "account.industry is hidden from you",
        ),
        (
            "account.parent.industry[eq]:بانک",
            "account.industry is hidden from you",
        ),
        (
            "owner.manager[is_null]:true",
            "user.manager is hidden from you",
        ),
        (
            "owner[under]:me",
            "owner refers to user, and records of user do not stand below each other",
        ),
    ] {
        assert_eq!(sara.query(&asked(filter)).unwrap_err().to_string(), wanted);
    }
    let sorted = asked("").sorted_by("account.industry").unwrap();
    assert_eq!(
        sara.query(&sorted).unwrap_err().to_string(),
        "account.industry is hidden from you"
    );
}

#[test]
fn me_and_mine_are_the_user_of_the_session() {
    let house = House::new();
    for (name, owner) in [("الف", "sara"), ("ب", "reza")] {
        house.make("opportunity", json!({"name": name, "owner": owner}));
    }
    let sara = house.as_user(house.sara);
    assert_eq!(names(&sara, &asked("owner[eq]:me")), ["الف"]);
    assert_eq!(names(&sara, &asked("owner.team[eq]:mine")), ["الف"]);
    assert_eq!(
        names(&house.as_user(house.boss), &asked("owner[eq]:me")),
        Vec::<String>::new()
    );
    let refused = house.session.query(&asked("owner[eq]:me")).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "owner[eq]: no user asks, so there is no 'me'"
    );
}

#[test]
fn whose_territory_is_not_seen_stands_below_nothing() {
    let house = House::new();
    let all = json!({"read": "all"});
    let of = |territory: &str| json!({"objects": {"account": all, "user": all, "territory": {"read": territory}}});
    house.make("account", json!({"name": "شیرازی", "territory": "shiraz"}));
    house.make("account", json!({"name": "تهرانی", "territory": "tehran"}));
    let below = Query::new("account").filter(Filter::under("territory", house.tehran));
    let found = |definition| {
        house.define("seller", definition);
        let sara = house.as_user(house.sara);
        names(&sara, &below)
    };
    assert_eq!(found(of("all")), ["شیرازی", "تهرانی"]);
    assert_eq!(found(of("none")), ["تهرانی"]);
}
