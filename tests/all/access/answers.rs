//! Do the doors besides lists and sums answer like the plain loop too?
//!
//! What one finds by a key, takes out of the house, looks at in groups, hears of the past and does not see of a record.

use std::collections::BTreeMap;

use peyvand::{
    Actor, Aggregate, Filter, Measure, Past, Query, Record, RecordId, Session, Value,
    ViewDefinition, ViewPage,
};
use serde_json::json;

use super::model::{House, OBJECTS, every, reference};

fn ids(records: &[Record]) -> Vec<RecordId> {
    records.iter().map(Record::id).collect()
}

impl House {
    pub(super) fn compare_doors(&self, me: &Session, user: RecordId, accounts: &[Record]) {
        for (place, id) in self.things[0].iter().enumerate() {
            let found = me
                .find("account", "external_id", &format!("x{place}"))
                .unwrap();
            let seen = accounts.iter().any(|account| account.id() == *id);
            assert_eq!(found.map(|record| record.id()), seen.then_some(*id));
        }
        for object in OBJECTS {
            let mut wanted = every(&self.session, &Query::new(object));
            wanted.retain(|record| self.exports(user, record));
            let exported = me.export(&Query::new(object).limit(1000)).unwrap();
            assert_eq!(ids(&exported.records), ids(&wanted), "export of {object}");
        }
        self.compare_groups(me, user);
        for account in accounts {
            let mut wanted = self.session.timeline(account.id()).unwrap();
            if self.hides(user) {
                let hidden = |name: &str| name == "employees";
                wanted
                    .iter_mut()
                    .for_each(|event| event.changes.retain(|(name, ..)| !hidden(name)));
                let record = me.get(account.id()).unwrap();
                assert_eq!(record.get("employees"), None);
                assert!(record.to_json().get("employees").is_none());
            }
            let told = me.timeline(account.id()).unwrap();
            assert_eq!(format!("{told:?}"), format!("{wanted:?}"));
        }
        if self.hides(user) {
            for sort in ["employees", "-employees,name"] {
                assert!(
                    me.query(&Query::new("account").sorted_by(sort).unwrap())
                        .is_err()
                );
            }
            let few = Filter::gte("employees", 1);
            assert!(
                me.query(&Query::new("account").filter(few.clone()))
                    .is_err()
            );
            assert!(me.count("account", &few).is_err());
        }
    }

    /// Groups of a view and of a question for totals, with the least and the latest of each.
    fn compare_groups(&self, me: &Session, user: RecordId) {
        let activities = self.visible(user, "activity");
        let mut wanted: BTreeMap<String, (u64, String, String)> = BTreeMap::new();
        for activity in &activities {
            let json = activity.to_json();
            let at = json["at"].as_str().unwrap().to_owned();
            let owner = json["owner"].as_str().unwrap_or_default().to_owned();
            let group = wanted.entry(owner).or_insert((0, at.clone(), at.clone()));
            *group = (
                group.0 + 1,
                group.1.clone().min(at.clone()),
                group.2.clone().max(at),
            );
        }
        let question = Aggregate::new("activity")
            .group_by("owner")
            .measure(Measure::Min("at".into()))
            .measure(Measure::Max("at".into()));
        let told = me.aggregate(&question).unwrap().into_iter().map(|row| {
            let text = |value: &Option<Value>| {
                value.as_ref().map_or(String::new(), |value| {
                    value.to_json().as_str().unwrap().to_owned()
                })
            };
            (
                text(&row.keys[0]),
                (row.count, text(&row.values[0]), text(&row.values[1])),
            )
        });
        assert_eq!(told.collect::<BTreeMap<_, _>>(), wanted);
        let shown = json!({"object": "activity", "columns": ["subject"], "group_by": ["owner"]});
        let view = ViewDefinition::from_json(&shown).unwrap();
        let page = me.try_view(&view, &ViewPage::first()).unwrap();
        assert_eq!(
            page.total.map_or(0, |total| total.count),
            activities.len() as u64
        );
    }
}

/// All that was there, in the order of the ids.
fn all_of(past: &Past, query: &Query) -> Vec<Record> {
    let mut query = query.clone();
    let mut all = Vec::new();
    loop {
        let page = past.query(&query).unwrap();
        all.extend(page.records);
        match page.next {
            Some(next) => query.after = Some(next),
            None => return all,
        }
    }
}

/// Records change hands and go; what was is told by the rights of now.
pub(super) fn compare_past(house: &mut House) {
    let then = house.session.engine().position();
    let mut judged: BTreeMap<RecordId, Record> = BTreeMap::new();
    for (object, things) in house.things.clone().iter().enumerate() {
        for (place, id) in things.iter().enumerate() {
            let heir = house.people[place % house.people.len()];
            if place % 3 == 1 {
                let fields = json!({"owner": heir.to_string(), "confidential": place % 2 == 0});
                let _ = house.session.update(*id, fields).unwrap();
            }
            judged.insert(*id, house.session.get(*id).unwrap());
            if object > 0 && place % 4 == 2 {
                let _ = house.session.delete(*id).unwrap();
                // What it was shared with goes along.
                house.shares.retain(|(record, _)| record != id);
            }
        }
    }
    let whole = house.session.as_of(then).unwrap();
    for user in house.people.clone() {
        let me = house.session.engine().session_as(Actor::User(user));
        let past = me.as_of(then).unwrap();
        for object in OBJECTS {
            for query in [
                Query::new(object).limit(2),
                Query::new(object)
                    .sorted_by("-created_at,owner")
                    .unwrap()
                    .limit(3),
                Query::new(object)
                    .filter(Filter::eq("owner", user))
                    .limit(2),
            ] {
                let mut wanted = all_of(&whole, &query);
                wanted.retain(|record| house.sees(user, &judged[&record.id()]));
                assert_eq!(
                    ids(&all_of(&past, &query)),
                    ids(&wanted),
                    "{object} as it was"
                );
                let count = past.count(object, &query.filter).unwrap();
                assert_eq!(count, wanted.len() as u64);
                let groups = Aggregate::new(object)
                    .filter(query.filter.clone())
                    .group_by("owner");
                let counted = past.aggregate(&groups).unwrap();
                assert_eq!(counted.iter().map(|row| row.count).sum::<u64>(), count);
            }
            for record in all_of(&whole, &Query::new(object)) {
                let seen = house.sees(user, &judged[&record.id()]);
                assert_eq!(past.get(record.id()).is_ok(), seen);
            }
        }
        let contacts = all_of(&past, &Query::new("contact"));
        for account in all_of(&past, &Query::new("account")) {
            let of = |contact: &&Record| reference(contact, "account") == Some(account.id());
            let count = contacts.iter().filter(of).count() as i64;
            assert_eq!(account.get("contacts"), Some(&Value::Integer(count)));
        }
    }
    assert!(house.session.engine().check().unwrap().ok);
}
