//! What does the lesser user hear of a record that is hidden from him?

use peyvand::{Actor, Aggregate, Filter, Measure, Query, Record, RecordId, Request};
use serde_json::{Value as Json, json};

use super::house::House;
use super::leaks::hide_what_belongs_to;
use super::model::every;
use crate::setting::{create, memory};

#[test]
fn a_hidden_child_changes_nothing_that_the_lesser_user_is_told() {
    let answers = |with_child: bool| {
        let session = memory();
        let _ = session.add_standard_roles().unwrap();
        create(
            &session,
            "user",
            json!({"login": "boss", "name": "Boss", "role": "administrator"}),
        );
        let sara = create(
            &session,
            "user",
            json!({"login": "sara", "name": "سارا", "role": "seller"}),
        );
        let accounts: Vec<RecordId> = ["A", "B", "C"]
            .into_iter()
            .map(|name| create(&session, "account", json!({"name": name, "owner": "sara"})))
            .collect();
        let deal = |account: usize, owner: &str| {
            let fields = json!({"name": "D", "account": accounts[account].to_string(), "owner": owner, "amount": "5 EUR"});
            create(&session, "opportunity", fields)
        };
        let mine = deal(1, "sara");
        let hidden = deal(2, "boss");
        let task = |about: RecordId, owner: &str| {
            let fields = json!({"subject": "T", "kind": "task", "about": about.to_string(), "owner": owner, "at": "2026-03-01T10:00:00Z"});
            create(&session, "activity", fields)
        };
        task(mine, "sara");
        task(hidden, "boss");
        if !with_child {
            let _ = session
                .commit([Request::Delete {
                    id: hidden,
                    revision: None,
                }])
                .unwrap();
        }
        session.enforce_access(true).unwrap();
        let me = session.engine().session_as(Actor::User(sara));
        let list = |query: Query| -> Vec<Json> {
            every(&me, &query).iter().map(Record::to_json).collect()
        };
        let by_total = Filter::gte("open_opportunities", 1);
        let money = Aggregate::new("opportunity").measure(Measure::Sum("amount".into()));
        let view = me.default_view("account").unwrap();
        let rows = me.view_rows(&view, &peyvand::ViewPage::first()).unwrap();
        let timelines = accounts.iter().map(|id| me.timeline(*id).unwrap().len());
        json!({
            "accounts": list(Query::new("account").sorted_by("-open_opportunities,name").unwrap()),
            "filtered": list(Query::new("account").filter(by_total)),
            "deals": list(Query::new("opportunity").sorted_by("-amount").unwrap()),
            "activities": list(Query::new("activity")),
            "counts": [me.count("opportunity", &Filter::everything()).unwrap(), me.count("activity", &Filter::everything()).unwrap()],
            "money": format!("{:?}", me.aggregate(&money).unwrap()),
            "explained": me.explain(&Query::new("opportunity")).unwrap().to_string(),
            "rows": format!("{:?}", rows.rows),
            "timelines": timelines.collect::<Vec<_>>(),
        })
    };
    assert_eq!(answers(true), answers(false));
}

#[test]
fn by_every_door_a_hidden_child_is_as_none() {
    let answers = |with_children: bool| -> Vec<(&'static str, String)> {
        let house = House::new();
        let own = json!({"read": "own", "create": "own", "update": "own", "export": "own"});
        house.define("seller", json!({"objects": {"*": own}}));
        let account = json!({"name": "فولاد پارس", "owner": "sara", "employees": 12});
        let account = house.make("account", account);
        let elsewhere = house.make("account", json!({"name": "نفت", "owner": "mina"}));
        let hidden = hide_what_belongs_to(&house, account);
        let mut children = hidden.children().to_vec();
        for object in ["opportunity", "activity"] {
            children.push(every(&house.session, &Query::new(object))[0].id());
        }
        for child in children {
            // As many commits in any case.
            let _ = match with_children {
                true => house
                    .session
                    .update(elsewhere, json!({"description": child.to_string()})),
                false => house.session.delete(child),
            }
            .unwrap();
        }
        let sara = house.as_user(house.sara);
        assert!(sara.get(account).is_ok());
        let tried = super::doors().into_iter();
        tried
            .map(|door| (door.name, (door.tried)(&sara, &hidden)))
            .collect()
    };
    for (with, without) in answers(true).iter().zip(&answers(false)) {
        assert_eq!(with, without);
    }
}
