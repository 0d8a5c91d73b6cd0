//! Does everybody get what a plain loop over the records that he may see would give him?
//!
//! Random people, rights, shares and records; each answer is compared with a few lines that know nothing of indexes,
//! stored totals or plans.

use std::collections::{BTreeMap, BTreeSet};

use peyvand::{Actor, Aggregate, Filter, Measure, Query, Record, RecordId, Session, Value};
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::{Value as Json, json};

use super::case::{Case, Person, Role, case};
use crate::setting::{create, memory};

const SCOPES: [&str; 5] = ["none", "own", "team", "territory", "all"];
pub(super) const INDUSTRIES: [&str; 3] = ["فولاد", "نفت", "بیمه"];
pub(super) const OBJECTS: [&str; 4] = ["account", "contact", "opportunity", "activity"];

/// The case as it was put into an engine.
pub(super) struct House {
    pub(super) session: Session,
    pub(super) case: Case,
    territories: Vec<RecordId>,
    roles: Vec<RecordId>,
    teams: Vec<RecordId>,
    pub(super) people: Vec<RecordId>,
    pub(super) things: [Vec<RecordId>; 4],
    /// Whom each record is shared with.
    pub(super) shares: BTreeSet<(RecordId, RecordId)>,
}

fn id_json(ids: &[RecordId], place: usize) -> Json {
    ids.get(place)
        .map_or(Json::Null, |id| id.to_string().into())
}

impl House {
    fn new(case: Case) -> Self {
        let session = memory();
        let _ = session.add_standard_roles().unwrap();
        create(
            &session,
            "user",
            json!({"login": "boss", "name": "Boss", "role": "administrator"}),
        );
        let mut territories: Vec<RecordId> = Vec::new();
        for (place, above) in case.territories.iter().enumerate() {
            let parent = (*above < place).then(|| territories[*above].to_string());
            let fields =
                json!({"key": format!("t{place}"), "name": format!("T{place}"), "parent": parent});
            territories.push(create(&session, "territory", fields));
        }
        let teams: Vec<RecordId> = (0..2)
            .map(|place| {
                create(
                    &session,
                    "team",
                    json!({"key": format!("g{place}"), "name": "G"}),
                )
            })
            .collect();
        let roles: Vec<RecordId> = case
            .roles
            .iter()
            .enumerate()
            .map(|(place, role)| {
                let mut objects = json!({"*": {"read": "all"}});
                for (place, object) in OBJECTS.iter().enumerate() {
                    let (read, export) = (role.scopes[place], role.exports[place]);
                    objects[*object] = json!({"read": SCOPES[read], "export": SCOPES[export]});
                }
                let fields = match role.hides {
                    true => json!({"account.employees": "hidden", "opportunity.amount": "hidden"}),
                    false => json!({}),
                };
                let definition = json!({"objects": objects, "fields": fields, "confidential": role.confidential});
                create(
                    &session,
                    "role",
                    json!({"key": format!("r{place}"), "name": "R", "definition": definition}),
                )
            })
            .collect();
        let mut house = Self {
            session,
            territories,
            roles,
            teams,
            people: Vec::new(),
            things: Default::default(),
            shares: BTreeSet::new(),
            case,
        };
        house.hire();
        house.deal();
        house.share();
        house.session.enforce_access(true).unwrap();
        house
    }

    fn hire(&mut self) {
        for (place, person) in self.case.people.clone().iter().enumerate() {
            let manager = if person.manager < place {
                person.manager
            } else {
                usize::MAX
            };
            let fields = json!({
                "login": format!("u{place}"), "name": format!("U{place}"), "active": person.active,
                "role": id_json(&self.roles, person.role), "team": id_json(&self.teams, person.team),
                "territory": id_json(&self.territories, person.territory),
                "manager": id_json(&self.people, manager),
            });
            self.people.push(create(&self.session, "user", fields));
        }
    }

    fn deal(&mut self) {
        for (object, name) in OBJECTS.into_iter().enumerate() {
            for (place, thing) in self.case.things[object].clone().iter().enumerate() {
                let account = id_json(&self.things[0], thing.account);
                let mut fields = json!({
                    "owner": id_json(&self.people, thing.owner), "confidential": thing.confidential,
                });
                let more = match name {
                    "account" => {
                        json!({"name": format!("A{place}"), "external_id": format!("x{place}"), "employees": thing.number, "industry": INDUSTRIES[thing.industry]})
                    }
                    "contact" => json!({"name": format!("C{place}"), "account": account}),
                    "opportunity" => json!({
                        "name": format!("O{place}"), "account": account, "amount": format!("{} EUR", thing.number),
                        "stage": if thing.open { "proposal" } else { "won" },
                    }),
                    _ => {
                        json!({"subject": format!("T{place}"), "kind": "call", "about": account, "at": format!("2026-03-0{}T10:00:00Z", thing.number + 1)})
                    }
                };
                for (field, value) in more.as_object().unwrap() {
                    fields[field] = value.clone();
                }
                if name != "activity" {
                    fields["territory"] = id_json(&self.territories, thing.territory);
                }
                let id = create(&self.session, name, fields);
                self.things[object].push(id);
            }
        }
    }

    fn share(&mut self) {
        for share in self.case.shares.clone() {
            let (whom, field) = match share.kind {
                0 => (&self.people, "user"),
                1 => (&self.teams, "team"),
                _ => (&self.roles, "role"),
            };
            let record = self.things[share.object].get(share.place);
            let (Some(record), Some(whom)) = (record, whom.get(share.whom)) else {
                continue;
            };
            let fields =
                json!({"record": record.to_string(), field: whom.to_string(), "verbs": ["read"]});
            self.shares.insert((*record, *whom));
            create(&self.session, "sharing", fields);
        }
    }

    fn person(&self, id: RecordId) -> Option<&Person> {
        let place = self.people.iter().position(|person| *person == id)?;
        self.case.people.get(place)
    }

    /// The user, his team's members and whoever reports to him.
    fn team_of(&self, user: RecordId) -> BTreeSet<RecordId> {
        let mut team = BTreeSet::from([user]);
        let own = self.person(user).unwrap().team;
        for (id, person) in self.people.iter().zip(&self.case.people) {
            if person.team == own && own < self.teams.len() {
                team.insert(*id);
            }
        }
        let mut below = BTreeSet::from([user]);
        for (place, id) in self.people.iter().enumerate() {
            // Managers come before those who report to them.
            let manager = self.case.people[place].manager;
            if manager < place && below.contains(&self.people[manager]) {
                below.insert(*id);
            }
        }
        team.extend(below);
        team
    }

    fn territories_of(&self, user: RecordId) -> BTreeSet<RecordId> {
        let mut found = BTreeSet::new();
        let own = self.person(user).unwrap().territory;
        for (place, id) in self.territories.iter().enumerate() {
            let above = self.case.territories[place];
            let is_below = above < place && found.contains(&self.territories[above]);
            if place == own || is_below {
                found.insert(*id);
            }
        }
        found
    }

    /// The plain loop's judgement.
    pub(super) fn sees(&self, user: RecordId, record: &Record) -> bool {
        let person = self.person(user).unwrap();
        if !person.active {
            return false;
        }
        let with = [
            Some(user),
            self.teams.get(person.team).copied(),
            self.roles.get(person.role).copied(),
        ];
        let shared = |whom: &RecordId| self.shares.contains(&(record.id(), *whom));
        with.iter().flatten().any(shared) || self.reaches(user, record, |role| role.scopes)
    }

    /// The same of what he may take out of the house.
    pub(super) fn exports(&self, user: RecordId, record: &Record) -> bool {
        self.sees(user, record) && self.reaches(user, record, |role| role.exports)
    }

    fn reaches(&self, user: RecordId, record: &Record, of: fn(&Role) -> [usize; 4]) -> bool {
        let person = self.person(user).unwrap();
        let object = OBJECTS
            .iter()
            .position(|name| *name == record.object())
            .unwrap();
        let role = &self.case.roles[person.role];
        let scope = of(role)[object];
        let owner = reference(record, "owner");
        if scope == 0 || owner == Some(user) {
            return scope > 0;
        }
        let is_marked = |record: &Record| record.get("confidential") == Some(&Value::Boolean(true));
        let about = reference(record, "about").map(|id| self.session.get(id).unwrap());
        if !role.confidential {
            let secret = about.as_ref().filter(|about| is_marked(about));
            if is_marked(record) || secret.is_some_and(|about| !self.sees(user, about)) {
                return false;
            }
        }
        if scope == 4
            || scope >= 2 && owner.is_some_and(|owner| self.team_of(user).contains(&owner))
        {
            return true;
        }
        if scope == 3 {
            let territories = self.territories_of(user);
            let lives = |owner: RecordId| {
                let at = self
                    .person(owner)
                    .and_then(|owner| self.territories.get(owner.territory));
                at.is_some_and(|at| territories.contains(at))
            };
            match reference(record, "territory") {
                Some(territory) if territories.contains(&territory) => return true,
                None if owner.is_some_and(lives) => return true,
                _ => {}
            }
        }
        scope >= 2 && about.is_some_and(|about| self.sees(user, &about))
    }

    /// Everything of an object that a user may see, in the order of the ids.
    pub(super) fn visible(&self, user: RecordId, object: &str) -> Vec<Record> {
        let mut all = every(&self.session, &Query::new(object));
        all.retain(|record| self.sees(user, record));
        all
    }

    /// Whether a user's role hides the fields that it may hide.
    pub(super) fn hides(&self, user: RecordId) -> bool {
        self.case.roles[self.person(user).unwrap().role].hides
    }

    fn compare(&self, user: RecordId) {
        let me = self.session.engine().session_as(Actor::User(user));
        let [accounts, contacts, deals, activities] =
            OBJECTS.map(|object| self.visible(user, object));
        for (object, visible) in OBJECTS
            .iter()
            .zip([&accounts, &contacts, &deals, &activities])
        {
            self.compare_lists(&me, user, object, visible);
        }
        for account in &accounts {
            let seen = me.get(account.id()).unwrap();
            let of = |child: &&Record, by: &str| reference(child, by) == Some(account.id());
            let open = deals
                .iter()
                .filter(|deal| of(deal, "account") && deal.text("status") == Some("open"));
            assert_eq!(
                seen.get("open_opportunities"),
                Some(&Value::Integer(open.count() as i64))
            );
            let people = contacts.iter().filter(|contact| of(contact, "account"));
            assert_eq!(
                seen.get("contacts"),
                Some(&Value::Integer(people.count() as i64))
            );
            let last = activities.iter().filter(|activity| of(activity, "about"));
            let last = last
                .filter_map(|activity| activity.to_json()["at"].as_str().map(str::to_owned))
                .max();
            let told = seen.to_json()["last_activity_at"]
                .as_str()
                .map(str::to_owned);
            assert_eq!(told, last);
        }
        self.compare_by_totals(&me, &accounts, &contacts);
        self.compare_sums(&me, user, (&accounts, &deals));
        self.compare_doors(&me, user, &accounts);
    }

    fn compare_lists(&self, me: &Session, user: RecordId, object: &str, visible: &[Record]) {
        let ids =
            |records: &[Record]| -> Vec<RecordId> { records.iter().map(Record::id).collect() };
        assert_eq!(
            ids(&every(me, &Query::new(object).limit(3))),
            ids(visible),
            "{object}"
        );
        let count = me.count(object, &Filter::everything()).unwrap();
        assert_eq!(count, visible.len() as u64);
        let explained = me.explain(&Query::new(object)).unwrap();
        assert_eq!(explained.at_most, visible.len() as u64);
        for record in every(&self.session, &Query::new(object)) {
            let seen = visible.iter().any(|other| other.id() == record.id());
            assert_eq!(
                me.get(record.id()).is_ok(),
                seen,
                "{object} {}",
                record.title()
            );
            assert_eq!(
                me.timeline(record.id())
                    .is_ok_and(|events| !events.is_empty()),
                seen
            );
        }
        let mut filters = vec![Filter::eq("owner", user), Filter::is_null("owner")];
        for (kind, number) in &self.case.filters {
            let owner = self.people[kind % self.people.len()];
            filters.push(Filter::ne("owner", owner).or(Filter::eq("confidential", true)));
            if object == "account" && !self.hides(user) {
                filters.push(
                    Filter::gte("employees", number)
                        .and(Filter::eq("industry", INDUSTRIES[kind % 3])),
                );
            }
        }
        let sort = match object {
            "opportunity" | "account" if self.hides(user) => "-name",
            "activity" => "-at",
            "opportunity" => "-amount,name",
            "account" => "industry,-employees",
            _ => "-name",
        };
        for filter in filters {
            let query = Query::new(object)
                .filter(filter.clone())
                .sorted_by(sort)
                .unwrap()
                .limit(2);
            let mut wanted = every(&self.session, &query);
            wanted.retain(|record| self.sees(user, record));
            assert_eq!(ids(&every(me, &query)), ids(&wanted), "{object} {filter}");
            assert_eq!(me.count(object, &filter).unwrap(), wanted.len() as u64);
        }
    }

    /// By a total one sorts and filters as if what is hidden did not exist.
    fn compare_by_totals(&self, me: &Session, accounts: &[Record], contacts: &[Record]) {
        let count = |account: &Record| {
            let of = |contact: &&Record| reference(contact, "account") == Some(account.id());
            contacts.iter().filter(of).count()
        };
        let mut wanted: Vec<(usize, RecordId)> = accounts
            .iter()
            .map(|account| (count(account), account.id()))
            .collect();
        wanted.sort();
        let sorted = every(
            me,
            &Query::new("account")
                .sorted_by("contacts")
                .unwrap()
                .limit(2),
        );
        let sorted: Vec<RecordId> = sorted.iter().map(Record::id).collect();
        assert_eq!(sorted, wanted.iter().map(|(_, id)| *id).collect::<Vec<_>>());
        let some = me.count("account", &Filter::gte("contacts", 1)).unwrap();
        assert_eq!(
            some,
            wanted.iter().filter(|(count, _)| *count > 0).count() as u64
        );
        let total = Aggregate::new("account").measure(Measure::Sum("contacts".into()));
        let told = me.aggregate(&total).unwrap()[0].values[0].clone();
        let sum: usize = wanted.iter().map(|(count, _)| count).sum();
        assert_eq!(
            told,
            (!wanted.is_empty()).then_some(Value::Integer(sum as i64))
        );
    }

    fn compare_sums(
        &self,
        me: &Session,
        user: RecordId,
        (accounts, deals): (&[Record], &[Record]),
    ) {
        let by_owner = Aggregate::new("opportunity").group_by("owner");
        let groups = me.aggregate(&by_owner).unwrap();
        let counted: u64 = groups.iter().map(|row| row.count).sum();
        assert_eq!(counted, deals.len() as u64);
        let sums = Aggregate::new("account")
            .group_by("industry")
            .measure(Measure::Sum("employees".into()));
        if self.hides(user) {
            assert!(me.aggregate(&sums).is_err());
            return;
        }
        let mut wanted: BTreeMap<String, (u64, i64)> = BTreeMap::new();
        for account in accounts {
            let group = wanted
                .entry(account.text("industry").unwrap().to_owned())
                .or_default();
            group.0 += 1;
            group.1 += account.to_json()["employees"].as_i64().unwrap();
        }
        let told: BTreeMap<String, (u64, i64)> = me
            .aggregate(&sums)
            .unwrap()
            .into_iter()
            .map(|row| {
                let Some(Value::Integer(sum)) = row.values[0] else {
                    panic!("{row:?}")
                };
                (row.keys[0].as_ref().unwrap().to_string(), (row.count, sum))
            })
            .collect();
        assert_eq!(told, wanted);
    }
}

pub(super) fn reference(record: &Record, field: &str) -> Option<RecordId> {
    match record.get(field) {
        Some(Value::Reference(id)) => Some(*id),
        _ => None,
    }
}

/// All pages of a query.
pub(super) fn every(session: &Session, query: &Query) -> Vec<Record> {
    let mut query = query.clone();
    let mut all = Vec::new();
    loop {
        let page = session.query(&query).unwrap();
        all.extend(page.records);
        match page.next {
            Some(next) => query.after = Some(next),
            None => return all,
        }
    }
}

#[test]
fn every_answer_is_that_of_a_plain_loop_over_what_one_may_see() {
    let mut runner = TestRunner::new(Config {
        cases: 24,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(6),
        ..Config::default()
    });
    let ran = runner.run(&case(), |case| {
        let house = House::new(case);
        for user in &house.people {
            house.compare(*user);
        }
        // Rights that change hold from the next read on, and no record is written for it.
        let moved = json!({"parent": null});
        let _ = house.session.update(house.territories[3], moved).unwrap();
        let mut after = house;
        after.case.territories[3] = usize::MAX;
        for user in &after.people {
            after.compare(*user);
        }
        super::answers::compare_past(&mut after);
        Ok(())
    });
    ran.unwrap_or_else(|failure| panic!("{failure}"));
}
