//! Does somebody's work go to others when he leaves, and back?

use peyvand::{Filter, HandOver, Query};
use serde_json::json;

use super::house::{House, names};

#[test]
fn what_is_open_changes_hands_in_one_commit_and_comes_back_in_one() {
    let house = House::new();
    let account = house.make("account", json!({"name": "A", "owner": "sara"}));
    let lead = house.make("lead", json!({"name": "L", "owner": "sara"}));
    let deal = |stage: &str| {
        let fields =
            json!({"name": stage, "owner": "sara", "account": account.to_string(), "stage": stage});
        house.make("opportunity", fields)
    };
    let (open, won) = (deal("proposal"), deal("won"));
    let task = |status: &str| {
        house.make(
            "activity",
            json!({"subject": status, "kind": "task", "status": status, "owner": "sara"}),
        )
    };
    let (planned, done) = (task("planned"), task("done"));
    let view = json!({"key": "mine", "name": "Mine", "audience": "owner", "owner": "sara", "definition": {"object": "account"}});
    let view = house.make("view", view);
    let _ = house
        .session
        .update(house.shiraz, json!({"manager": "sara"}))
        .unwrap();

    let rule = HandOver::to(house.reza)
        .object("lead", house.boss)
        .deactivate();
    let boss = house.as_user(house.boss);
    let preview = boss.preview_hand_over(house.sara, &rule).unwrap();
    let mut records: Vec<_> = preview.iter().map(|one| one.record).collect();
    records.sort_unstable();
    let mut wanted = vec![account, lead, open, planned, view, house.shiraz];
    wanted.sort_unstable();
    assert_eq!(records, wanted);
    let before = house.engine().position();
    let handed = boss.hand_over(house.sara, &rule).unwrap();
    assert_eq!(handed.position.get(), before.get() + 1);
    let owner = |id| house.session.get(id).unwrap().to_json()["owner"].clone();
    assert_eq!(
        (owner(account), owner(lead)),
        (house.reza.to_string().into(), house.boss.to_string().into())
    );
    assert_eq!(
        (owner(won), owner(done)),
        (house.sara.to_string().into(), house.sara.to_string().into())
    );
    assert!(names(&house.as_user(house.sara), &Query::new("account")).is_empty());

    // What somebody changed since stays as he made it.
    let _ = boss.update(open, json!({"owner": "mina"})).unwrap();
    let back = boss.undo_hand_over(handed.position).unwrap();
    assert_eq!(
        (owner(account), owner(lead), owner(open)),
        (
            house.sara.to_string().into(),
            house.sara.to_string().into(),
            house.boss.to_string().into()
        )
    );
    let shiraz = house.session.get(house.shiraz).unwrap();
    assert_eq!(shiraz.to_json()["manager"], house.sara.to_string());
    assert_eq!(
        names(&house.as_user(house.sara), &Query::new("account")),
        ["A"]
    );
    let other = boss.update(account, json!({"industry": "نفت"})).unwrap();
    assert!(boss.undo_hand_over(other.position).is_err());
    drop(back);
    assert!(house.engine().check().unwrap().ok);
}

#[test]
fn nobody_inherits_from_himself_or_while_he_is_away_and_only_administrators_hand_over() {
    let house = House::new();
    let boss = house.as_user(house.boss);
    let _ = boss.update(house.guest, json!({"active": false})).unwrap();
    for heir in [house.sara, house.guest, house.tehran] {
        assert!(boss.hand_over(house.sara, &HandOver::to(heir)).is_err());
    }
    let rule = HandOver::to(house.reza);
    assert!(
        house
            .as_user(house.reza)
            .hand_over(house.sara, &rule)
            .is_err()
    );
    // The last administrator does not leave.
    let last = boss.hand_over(house.boss, &HandOver::to(house.sara).deactivate());
    assert!(
        last.unwrap_err()
            .to_string()
            .contains("nobody would be left")
    );
    assert_eq!(
        house
            .session
            .count("user", &Filter::eq("active", false))
            .unwrap(),
        1
    );
}

#[test]
fn what_nobody_owns_and_what_is_taken_back_already_is_refused_with_its_reason() {
    let house = House::new();
    let account = house.make("account", json!({"name": "A", "owner": "sara"}));
    let boss = house.as_user(house.boss);
    let refused = |object: &str| {
        let rule = HandOver::to(house.reza).object(object, house.reza);
        let preview = boss.preview_hand_over(house.sara, &rule);
        preview.unwrap_err().to_string()
    };
    assert!(refused("acount").contains("did you mean 'account'"));
    assert!(refused("product").contains("belong to nobody"));

    let handed = boss
        .hand_over(house.sara, &HandOver::to(house.reza))
        .unwrap();
    let _ = boss.undo_hand_over(handed.position).unwrap();
    let again = boss.undo_hand_over(handed.position).unwrap_err();
    assert!(again.to_string().contains("nothing of commit"), "{again}");
    let owner = house.session.get(account).unwrap().to_json()["owner"].clone();
    assert_eq!(owner, house.sara.to_string());
}
