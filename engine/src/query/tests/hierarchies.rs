//! Does `under` find a record and all below it, and `me` who asks?

use proptest::prelude::*;
use serde_json::json;

use super::shelf::Shelf;
use crate::query::{Asker, Filter};

/// Iran over Tehran over Shemiran, and Fars; Mina leads Sara, who leads Reza; a deal in each place.
fn firm() -> Shelf {
    let shelf = Shelf::new();
    let iran = shelf.put("territory", 1, json!({"key": "iran", "name": "ایران"}));
    let tehran = shelf.put(
        "territory",
        2,
        json!({"key": "tehran", "name": "تهران", "parent": iran.to_string()}),
    );
    let shemiran = shelf.put(
        "territory",
        3,
        json!({"key": "shemiran", "name": "شمیران", "parent": tehran.to_string()}),
    );
    let fars = shelf.put(
        "territory",
        4,
        json!({"key": "fars", "name": "فارس", "parent": iran.to_string()}),
    );
    let south = shelf.put("team", 1, json!({"key": "south", "name": "جنوب"}));
    let mina = shelf.put("user", 1, json!({"login": "mina", "name": "مینا"}));
    let sara = shelf.put("user", 2, json!({"login": "sara", "name": "سارا", "manager": mina.to_string(), "team": south.to_string(), "territory": tehran.to_string()}));
    let reza = shelf.put("user", 3, json!({"login": "reza", "name": "رضا", "manager": sara.to_string(), "team": south.to_string()}));
    for (number, territory, owner) in [(1, tehran, mina), (2, shemiran, sara), (3, fars, reza)] {
        let fields = json!({"name": "مشتری", "territory": territory.to_string(), "owner": owner.to_string()});
        let account = shelf.put("account", number, fields);
        shelf.put(
            "opportunity",
            number,
            json!({"name": "معامله", "account": account.to_string(), "owner": owner.to_string()}),
        );
    }
    shelf.put("account", 4, json!({"name": "بی‌جا"}));
    shelf
}

#[test]
fn under_reaches_the_record_itself_and_all_below_it() {
    let shelf = firm();
    for (filter, wanted) in [
        ("territory[under]:iran", vec![1, 2, 3]),
        ("territory[under]:Tehran", vec![1, 2]),
        ("territory[under]:shemiran", vec![2]),
        ("not(territory[under]:tehran)", vec![3, 4]),
        ("territory.parent[under]:tehran", vec![2]),
        ("owner[under]:sara", vec![2, 3]),
        ("and(territory[under]:tehran,owner[under]:sara)", vec![2]),
        ("owner.team[eq]:south", vec![2, 3]),
    ] {
        assert_eq!(shelf.found("account", filter), wanted, "{filter}");
    }
    assert_eq!(
        shelf.found("opportunity", "account.territory[under]:tehran"),
        [1, 2]
    );
    assert_eq!(
        shelf.found("opportunity", "account.owner[under]:sara"),
        [2, 3]
    );
    assert_eq!(
        shelf.found(
            "territory",
            &format!("id[under]:{}", shelf.id("territory", 2))
        ),
        [2, 3]
    );
}

#[test]
fn me_and_mine_are_who_asks() {
    let shelf = firm();
    shelf.ask_as(Asker::User(shelf.id("user", 2)));
    for (filter, wanted) in [
        ("owner[eq]:me", vec![2]),
        ("owner[eq]:ME", vec![2]),
        ("owner[ne]:me", vec![1, 3, 4]),
        ("owner[in]:(me,mina)", vec![1, 2]),
        ("owner[under]:me", vec![2, 3]),
        ("owner.manager[eq]:me", vec![3]),
        ("owner.team[eq]:mine", vec![2, 3]),
        ("territory[eq]:mine", vec![1]),
        ("territory[under]:mine", vec![1, 2]),
    ] {
        assert_eq!(shelf.found("account", filter), wanted, "{filter}");
    }
    assert_eq!(shelf.found("user", "id[eq]:me"), [2]);
}

#[test]
fn who_has_no_team_finds_nothing_of_his_and_a_program_is_told_that_nobody_asks() {
    let shelf = firm();
    for asker in [Asker::User(shelf.id("user", 1)), Asker::Nobody] {
        shelf.ask_as(asker);
        for filter in [
            "owner.team[eq]:mine",
            "territory[under]:mine",
            "territory[in]:(mine)",
        ] {
            assert_eq!(shelf.found("account", filter), [], "{filter}");
        }
        assert_eq!(shelf.found("account", "territory[ne]:mine"), [1, 2, 3, 4]);
        assert_eq!(
            shelf.found("account", "territory[nin]:(mine,fars)"),
            [1, 2, 4]
        );
    }
    assert_eq!(shelf.found("account", "owner[eq]:me"), []);
    assert_eq!(shelf.found("account", "owner[under]:me"), []);
    shelf.ask_as(Asker::Program);
    assert_eq!(
        shelf.refusal("account", "owner[under]:me"),
        "owner[under]: no user asks, so there is no 'me' | ask as a user, or write his login or id"
    );
    assert!(
        shelf
            .refusal("opportunity", "account.territory[eq]:mine")
            .starts_with("account.territory[eq]: no user asks, so there is no 'mine'")
    );
}

#[test]
fn what_does_not_stand_below_anything_is_refused() {
    let shelf = firm();
    assert_eq!(
        shelf.refusal("user", "team[under]:south"),
        "team refers to team, and records of team do not stand below each other | ask with eq or in; below each other stand records of account, territory, user"
    );
    let deal = shelf.put(
        "activity",
        1,
        json!({"kind": "task", "subject": "x", "about": shelf.id("opportunity", 1).to_string()}),
    );
    assert!(
        shelf
            .refusal(
                "activity",
                &format!("about[under]:{}", shelf.id("opportunity", 1))
            )
            .contains("records of opportunity do not stand")
    );
    assert_eq!(
        shelf.found(
            "activity",
            &format!("about[under]:{}", shelf.id("account", 1))
        ),
        []
    );
    assert_eq!(deal.number(), 1);
    assert!(
        shelf
            .refusal("account", "name[under]:x")
            .starts_with("name (text) cannot be asked with under")
    );
}

#[test]
fn circles_end() {
    let shelf = Shelf::new();
    let id = |number| shelf.id("account", number).to_string();
    for (number, parent) in [(1, 3), (2, 1), (3, 2), (4, 4), (5, 4)] {
        shelf.put(
            "account",
            number,
            json!({"name": "x", "parent": id(parent)}),
        );
    }
    assert_eq!(
        shelf.found("account", &format!("id[under]:{}", id(2))),
        [1, 2, 3]
    );
    assert_eq!(
        shelf.found("account", &format!("parent[under]:{}", id(4))),
        [4, 5]
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn under_is_what_climbing_says(parents in proptest::collection::vec(proptest::option::of(0..15_usize), 1..15), top in 0..15_usize) {
        let shelf = Shelf::new();
        let id = |place: usize| shelf.id("territory", place as u128 + 1).to_string();
        for (place, parent) in parents.iter().enumerate() {
            let mut fields = json!({"key": format!("k{place}"), "name": "ن"});
            if let Some(parent) = parent { fields["parent"] = json!(id(*parent)); }
            shelf.put("territory", place as u128 + 1, fields);
            shelf.put("account", place as u128 + 1, json!({"name": "x", "territory": id(place)}));
        }
        let stands_below = |start: usize| {
            let mut at = Some(start);
            for _ in 0..=parents.len() {
                match at {
                    Some(place) if place == top => return true,
                    // What is not there stands below nothing.
                    Some(place) => at = parents.get(place).copied().flatten(),
                    None => return false,
                }
            }
            false
        };
        let wanted: Vec<u128> = (0..parents.len()).filter(|place| stands_below(*place)).map(|place| place as u128 + 1).collect();
        prop_assert_eq!(shelf.found("account", &Filter::under("territory", id(top)).to_string()), wanted);
    }
}
