//! Does a script that runs as somebody see and do what he may, and stop when he leaves?

use peyvand::{Actor, HandOver};
use serde_json::json;

use super::house::House;

const LOOKS: &str = r#"//! name: looks
//! on: lead before create
//! on-failure: reject
let other = get(record.external_id);
record.description = if other == () { "هیچ" } else { other.name };
"#;

const FOLLOWS: &str = r#"//! name: follows
//! on: lead after create
create("account", #{ name: "از سرنخ" });
"#;

fn script(name: &str) -> Actor {
    Actor::Script(name.to_owned())
}

#[test]
fn what_it_reads_is_what_its_user_sees() {
    let house = House::new();
    let own = json!({"read": "own", "create": "own", "update": "own"});
    house.define("seller", json!({"objects": {"*": own}}));
    let boss = house.as_user(house.boss);
    let _ = boss.install_script(LOOKS).unwrap();
    let account = |owner: &str| house.make("account", json!({"name": owner, "owner": owner}));
    let (mine, other) = (account("sara"), account("reza"));
    let told = |account: peyvand::RecordId| {
        let lead = json!({"name": "سرنخ", "external_id": account.to_string()});
        let lead = boss.create("lead", lead).unwrap().id().unwrap();
        let told = boss
            .get(lead)
            .unwrap()
            .text("description")
            .unwrap()
            .to_owned();
        // It is unique, and asked by again.
        let _ = boss.update(lead, json!({"external_id": null})).unwrap();
        told
    };
    assert_eq!(
        (told(mine), told(other)),
        ("sara".to_owned(), "reza".to_owned())
    );
    boss.run_as(&script("looks"), Some(house.sara)).unwrap();
    assert_eq!(boss.running_as().unwrap(), [(script("looks"), house.sara)]);
    assert_eq!(
        (told(mine), told(other)),
        ("sara".to_owned(), "هیچ".to_owned())
    );
    boss.run_as(&script("looks"), None).unwrap();
    assert_eq!(told(other), "reza");
    assert!(boss.running_as().unwrap().is_empty());
}

#[test]
fn its_effects_are_its_users_and_are_refused_where_his_would_be() {
    let house = House::new();
    let boss = house.as_user(house.boss);
    let _ = boss.install_script(FOLLOWS).unwrap();
    let warnings = || {
        let made = boss.create("lead", json!({"name": "سرنخ"})).unwrap();
        made.warnings.concat()
    };
    let accounts = || {
        boss.count("account", &peyvand::Filter::everything())
            .unwrap()
    };
    assert_eq!((warnings(), accounts()), (String::new(), 1));
    boss.run_as(&script("follows"), Some(house.guest)).unwrap();
    assert!(warnings().contains("an effect of script:follows was refused"));
    assert_eq!(accounts(), 1);
    boss.run_as(&script("follows"), Some(house.sara)).unwrap();
    assert_eq!((warnings(), accounts()), (String::new(), 2));
    let his = peyvand::Filter::eq("owner", house.sara);
    assert_eq!(boss.count("account", &his).unwrap(), 1);
}

#[test]
fn it_stops_with_its_reason_when_its_user_leaves_and_is_listed_before() {
    let house = House::new();
    let boss = house.as_user(house.boss);
    for text in [LOOKS, FOLLOWS] {
        let _ = boss.install_script(text).unwrap();
    }
    for name in ["looks", "follows"] {
        boss.run_as(&script(name), Some(house.sara)).unwrap();
    }
    let rule = HandOver::to(house.reza).deactivate();
    let listed = boss.preview_hand_over(house.sara, &rule).unwrap();
    let titles: Vec<&str> = listed.iter().map(|one| one.title.as_str()).collect();
    assert_eq!(titles, ["script:follows", "script:looks"]);
    let _ = boss.hand_over(house.sara, &rule).unwrap();
    let lead = json!({"name": "سرنخ", "external_id": house.boss.to_string()});
    // The one that guards refuses, the one that follows is told of.
    let error = boss.create("lead", lead.clone()).unwrap_err().to_string();
    assert!(
        error.contains("script:looks runs as") && error.contains("is not active"),
        "{error}"
    );
    boss.run_as(&script("looks"), None).unwrap();
    let made = boss.create("lead", lead).unwrap();
    assert!(
        made.warnings.concat().contains("script:follows runs as"),
        "{:?}",
        made.warnings
    );
    assert_eq!(
        boss.count("account", &peyvand::Filter::everything())
            .unwrap(),
        0
    );
    assert!(house.engine().check().unwrap().ok);
}

#[test]
fn only_plugins_and_scripts_are_bound_and_only_by_who_administers() {
    let house = House::new();
    let boss = house.as_user(house.boss);
    assert!(
        boss.run_as(&Actor::User(house.sara), Some(house.reza))
            .is_err()
    );
    assert!(boss.run_as(&Actor::System, None).is_err());
    assert!(boss.run_as(&script("x"), Some(house.tehran)).is_err());
    let sara = house.as_user(house.sara);
    assert!(sara.run_as(&script("x"), Some(house.sara)).is_err() && sara.running_as().is_err());
}
