//! Does the engine do what a plain map would, whatever is asked of it and however often it is opened again?
//!
//! Random but repeatable sequences on a store on disk that folds early, against a model of a few lines.

mod steps;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use peyvand::{Durability, Engine, ErrorKind, Filter, Query, RecordId, SeededIds, Session};
use proptest::collection::vec;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::{Map, Value as Json, json};

use self::steps::{STAGES, Step, step};
use crate::setting::{create, fixed, memory, noon};

#[derive(Clone, Debug, PartialEq)]
enum What {
    Account {
        employees: i64,
        code: u8,
    },
    Deal {
        account: Option<RecordId>,
        stage: usize,
        amount: i64,
    },
}

/// A record of the model.
#[derive(Clone, Debug)]
struct Held {
    what: What,
    name: String,
    revision: u64,
    binned: bool,
}

/// The engine and the model side by side.
struct Both<'d> {
    dir: &'d Path,
    session: Option<Session>,
    opened: u64,
    model: BTreeMap<RecordId, Held>,
    /// In the order of their making, so that a number picks the same one on both sides.
    accounts: Vec<RecordId>,
    deals: Vec<RecordId>,
}

impl<'d> Both<'d> {
    fn new(dir: &'d Path) -> Self {
        let mut both = Self {
            dir,
            session: None,
            opened: 0,
            model: BTreeMap::new(),
            accounts: Vec::new(),
            deals: Vec::new(),
        };
        both.open();
        both
    }

    fn open(&mut self) {
        self.opened += 1;
        let (builder, _) = fixed(Engine::builder(self.dir));
        // Other ids each time: a source that begins anew would give the same ones again.
        let builder = builder
            .ids(Arc::new(SeededIds::new(self.opened)))
            .durability(Durability::Os)
            .overlay_bytes(8 << 10);
        self.session = Some(builder.open().unwrap().session());
    }

    fn session(&self) -> &Session {
        self.session.as_ref().unwrap()
    }

    fn code_is_free(&self, code: u8, except: Option<RecordId>) -> bool {
        let has = |held: &Held| {
            matches!(held.what, What::Account { code: other, .. } if other == code) && !held.binned
        };
        !self
            .model
            .iter()
            .any(|(id, held)| has(held) && Some(*id) != except)
    }

    fn is_live(&self, id: RecordId) -> bool {
        !self.model[&id].binned
    }

    fn take(&mut self, step: &Step) {
        let pick =
            |ids: &[RecordId], place: usize| (!ids.is_empty()).then(|| ids[place % ids.len()]);
        let all: Vec<RecordId> = self.accounts.iter().chain(&self.deals).copied().collect();
        match *step {
            Step::NewAccount { employees, code } => self.create(What::Account { employees, code }),
            Step::NewDeal {
                account,
                stage,
                amount,
            } => self.create(What::Deal {
                account: pick(&self.accounts, account),
                stage,
                amount,
            }),
            Step::Resize { account, employees } => {
                let Some(id) = pick(&self.accounts, account) else {
                    return;
                };
                let What::Account { code, .. } = self.model[&id].what else {
                    unreachable!()
                };
                self.update(
                    id,
                    What::Account { employees, code },
                    json!({"employees": employees}),
                    true,
                );
            }
            Step::Recode { account, code } => {
                let Some(id) = pick(&self.accounts, account) else {
                    return;
                };
                let What::Account { employees, .. } = self.model[&id].what else {
                    unreachable!()
                };
                let allowed = self.code_is_free(code, Some(id));
                self.update(
                    id,
                    What::Account { employees, code },
                    json!({"external_id": format!("C{code}")}),
                    allowed,
                );
            }
            Step::Move { deal, stage } => {
                let Some(id) = pick(&self.deals, deal) else {
                    return;
                };
                let What::Deal {
                    account, amount, ..
                } = self.model[&id].what
                else {
                    unreachable!()
                };
                self.update(
                    id,
                    What::Deal {
                        account,
                        stage,
                        amount,
                    },
                    json!({"stage": STAGES[stage].0}),
                    true,
                );
            }
            Step::Assign { deal, account } => {
                let (Some(id), Some(account)) =
                    (pick(&self.deals, deal), pick(&self.accounts, account))
                else {
                    return;
                };
                let What::Deal {
                    account: old,
                    stage,
                    amount,
                } = self.model[&id].what
                else {
                    unreachable!()
                };
                // A reference that is kept may lead into the bin; a new one may not.
                let allowed = old == Some(account) || self.is_live(account);
                self.update(
                    id,
                    What::Deal {
                        account: Some(account),
                        stage,
                        amount,
                    },
                    json!({"account": account.to_string()}),
                    allowed,
                );
            }
            Step::Delete { record } => self.delete(pick(&all, record)),
            Step::Restore { record } => self.restore(pick(&all, record)),
            Step::Reopen { close } => {
                let session = self.session.take().unwrap();
                if close {
                    session.engine().clone().close().unwrap();
                }
                drop(session);
                self.open();
            }
        }
    }

    fn create(&mut self, what: What) {
        let name = format!("N{}", self.model.len() % 7);
        let (object, allowed, mut fields) = match &what {
            What::Account { employees, code } => (
                "account",
                self.code_is_free(*code, None),
                json!({"employees": employees, "external_id": format!("C{code}")}),
            ),
            What::Deal {
                account,
                stage,
                amount,
            } => {
                let account_lives = account.is_none_or(|account| self.is_live(account));
                (
                    "opportunity",
                    account_lives,
                    json!({"account": account.map(|id| id.to_string()), "stage": STAGES[*stage].0, "amount": format!("{amount} USD")}),
                )
            }
        };
        fields["name"] = json!(name);
        let done = self.session().create(object, fields);
        assert_eq!(done.is_ok(), allowed, "create {what:?}: {:?}", done.err());
        let Ok(done) = done else { return };
        let id = done.id().unwrap();
        let list = if object == "account" {
            &mut self.accounts
        } else {
            &mut self.deals
        };
        list.push(id);
        assert!(
            self.model
                .insert(
                    id,
                    Held {
                        what,
                        name,
                        revision: 1,
                        binned: false
                    }
                )
                .is_none(),
            "{id} was given twice"
        );
    }

    fn update(&mut self, id: RecordId, what: What, fields: Json, allowed: bool) {
        let done = self.session().update(id, fields);
        let held = self.model.get_mut(&id).unwrap();
        assert_eq!(
            done.is_ok(),
            allowed && !held.binned,
            "update {id} to {what:?}: {:?}",
            done.err()
        );
        if done.is_ok() && held.what != what {
            held.revision += 1;
            held.what = what;
        }
    }

    fn delete(&mut self, id: Option<RecordId>) {
        let Some(id) = id else { return };
        let done = self.session().delete(id);
        let held = self.model.get_mut(&id).unwrap();
        assert_eq!(done.is_ok(), !held.binned, "delete {id}: {:?}", done.err());
        held.binned = true;
    }

    fn restore(&mut self, id: Option<RecordId>) {
        let Some(id) = id else { return };
        let held = &self.model[&id];
        let free = match held.what {
            What::Account { code, .. } => self.code_is_free(code, Some(id)),
            What::Deal { .. } => true,
        };
        let allowed = held.binned && free;
        let done = self.session().restore(id);
        assert_eq!(done.is_ok(), allowed, "restore {id}: {:?}", done.err());
        if allowed {
            let held = self.model.get_mut(&id).unwrap();
            held.binned = false;
            held.revision += 1;
        }
    }

    fn live(&self) -> impl Iterator<Item = (RecordId, &Held)> {
        self.model
            .iter()
            .filter(|(_, held)| !held.binned)
            .map(|(id, held)| (*id, held))
    }

    /// How many live deals of an account have this status.
    fn deals_of(&self, account: RecordId, status: &str) -> usize {
        let counts = |held: &Held| matches!(held.what, What::Deal { account: Some(of), stage, .. } if of == account && STAGES[stage].1 == status);
        self.live().filter(|(_, held)| counts(held)).count()
    }

    fn compare(&self) {
        for (id, held) in &self.model {
            let record = self.session().get(*id);
            if held.binned {
                let error = record.expect_err("it is in the bin");
                assert!(
                    error.kind() == ErrorKind::NotFound && error.to_string().contains("in the bin"),
                    "{error}"
                );
                continue;
            }
            let json = record.unwrap().to_json();
            let expected = self.expected(*id, held);
            let found: Map<String, Json> = expected
                .keys()
                .map(|name| (name.clone(), json[name].clone()))
                .collect();
            assert_eq!(found, expected, "{id}");
        }
        self.compare_lists();
        let checked = self.session().engine().check().unwrap();
        assert!(checked.ok, "{checked:?}");
        // A pipeline and six stages come with the store.
        assert_eq!(checked.records as usize, 7 + self.live().count());
    }

    fn expected(&self, id: RecordId, held: &Held) -> Map<String, Json> {
        let mut expected = match &held.what {
            What::Account { employees, code } => json!({
                "employees": employees,
                "external_id": format!("C{code}"),
                "open_opportunities": self.deals_of(id, "open"),
                "won_opportunities": self.deals_of(id, "won"),
            }),
            What::Deal {
                account,
                stage,
                amount,
            } => {
                let (_, status, probability) = STAGES[*stage];
                json!({
                    "account": account.map(|account| account.to_string()),
                    "status": status,
                    "probability": probability,
                    // The clock stands still: whenever it was closed, it was now.
                    "closed_at": (status != "open").then(|| noon().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)),
                    "amount": {"amount": amount.to_string(), "currency": "USD"},
                })
            }
        };
        expected["name"] = json!(held.name);
        expected["revision"] = json!(held.revision);
        expected.as_object().unwrap().clone()
    }

    fn compare_lists(&self) {
        for least in [0, 12, 29] {
            let mut deals: Vec<(i64, &str, RecordId)> = Vec::new();
            for (id, held) in self.live() {
                if let What::Deal { stage, amount, .. } = held.what
                    && STAGES[stage].1 == "open"
                    && amount >= least
                {
                    deals.push((-amount, held.name.as_str(), id));
                }
            }
            deals.sort_unstable();
            let filter = format!("and(status[eq]:open,amount[gte]:{least})");
            self.is_list(
                "opportunity",
                &filter,
                "-amount,name",
                deals.into_iter().map(|(.., id)| id).collect(),
            );
        }
        let mut sizes: Vec<(i64, RecordId)> = Vec::new();
        for (id, held) in self.live() {
            if let What::Account { employees, .. } = held.what
                && !(10..=20).contains(&employees)
            {
                sizes.push((employees, id));
            }
        }
        sizes.sort_unstable();
        // The id is the last tie-break, in the direction of the last key.
        self.is_list(
            "account",
            "not(employees[between]:(10,20))",
            "-employees",
            sizes.into_iter().rev().map(|(_, id)| id).collect(),
        );
    }

    fn is_list(&self, object: &str, filter: &str, sort: &str, expected: Vec<RecordId>) {
        let filter = Filter::parse(filter).unwrap();
        assert_eq!(
            self.session().count(object, &filter).unwrap() as usize,
            expected.len()
        );
        let mut query = Query::new(object)
            .filter(filter)
            .sorted_by(sort)
            .unwrap()
            .limit(3);
        let mut found = Vec::new();
        loop {
            let page = self.session().query(&query).unwrap();
            found.extend(page.records.iter().map(peyvand::Record::id));
            let Some(next) = page.next else { break };
            query = query.after(&next);
        }
        assert_eq!(found, expected, "{object} by {sort}");
    }
}

#[test]
fn any_sequence_of_changes_leaves_what_a_plain_map_would_hold() {
    let config = Config {
        cases: 48,
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        max_shrink_iters: 200,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&vec(step(), 1..60), |steps| {
            let folder = tempfile::tempdir().unwrap();
            let dir = folder.path().join("crm");
            let mut both = Both::new(&dir);
            for step in &steps {
                both.take(step);
            }
            both.compare();
            both.take(&Step::Reopen {
                close: steps.len() % 2 == 0,
            });
            both.compare();
            Ok(())
        })
        .unwrap();
}

/// A record that comes back from the bin is the one that went in, but for its revision and who touched it when.
#[test]
fn the_bin_changes_nothing() {
    let session = memory();
    let account = create(&session, "account", json!({"name": "Alpha"}));
    for (stage, ..) in STAGES {
        let deal = create(
            &session,
            "opportunity",
            json!({"name": "Deal", "stage": stage, "account": account.to_string(), "amount": "5 USD"}),
        );
        let seen = || {
            let (mut deal, account) = (
                session.get(deal).unwrap().to_json(),
                session.get(account).unwrap().to_json(),
            );
            for stamp in ["revision", "updated_at", "updated_by"] {
                deal.as_object_mut().unwrap().remove(stamp);
            }
            (deal, account)
        };
        let before = seen();
        let _ = session.delete(deal).unwrap();
        let _ = session.restore(deal).unwrap();
        assert_eq!(seen(), before, "{stage}");
    }
}
