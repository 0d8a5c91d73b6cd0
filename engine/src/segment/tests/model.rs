//! Is who is in a segment what a plain loop over all records says, after whatever was done?

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::{by_filter, checked, create, joined, members, memory};
use crate::record::RecordId;
use crate::session::Session;

/// Repeatable numbers.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }
}

const INDUSTRIES: [&str; 3] = ["retail", "energy", "bank"];

struct Model {
    session: Session,
    /// Live accounts with their industry and employees.
    accounts: BTreeMap<RecordId, (usize, usize)>,
    listed: [BTreeSet<RecordId>; 2],
    industry: usize,
    dice: Dice,
}

impl Model {
    fn new() -> Self {
        let session = memory();
        for list in ["l0", "l1"] {
            super::list(&session, list);
        }
        by_filter(&session, "f0", "industry[eq]:retail");
        by_filter(&session, "f1", "and(employees[gte]:5,industry[ne]:bank)");
        joined(&session, "union", "union", &["f0", "l0"]);
        joined(&session, "both", "intersection", &["union", "f1", "l1"]);
        joined(&session, "rest", "difference", &["f1", "union", "l1"]);
        Self {
            session,
            accounts: BTreeMap::new(),
            listed: Default::default(),
            industry: 0,
            dice: Dice(3),
        }
    }

    fn one(&mut self) -> Option<RecordId> {
        let count = self.accounts.len();
        let place = self.dice.below(count.max(1));
        self.accounts.keys().nth(place).copied()
    }

    fn change(&mut self) {
        let (industry, employees) = (self.dice.below(3), self.dice.below(10));
        let fields = json!({"name": "x", "industry": INDUSTRIES[industry], "employees": employees});
        match (self.dice.below(9), self.one()) {
            (0 | 1, Some(id)) => {
                let _ = self.session.update(id, fields).unwrap();
                self.accounts.insert(id, (industry, employees));
            }
            (2, Some(id)) => {
                let _ = self.session.delete(id).unwrap();
                self.accounts.remove(&id);
                self.listed
                    .iter_mut()
                    .for_each(|list| list.retain(|one| *one != id));
            }
            (3 | 4, Some(id)) => {
                let list = self.dice.below(2);
                self.session
                    .add_to_segment(&format!("l{list}"), [id])
                    .unwrap();
                self.listed[list].insert(id);
            }
            (5, Some(id)) => {
                let list = self.dice.below(2);
                self.session
                    .remove_from_segment(&format!("l{list}"), [id])
                    .unwrap();
                self.listed[list].remove(&id);
            }
            (6, _) => {
                self.industry = industry;
                let segment = self.session.segment("f0").unwrap().id;
                let filter = format!("industry[eq]:{}", INDUSTRIES[industry]);
                let _ = self
                    .session
                    .update(segment, json!({"filter": filter}))
                    .unwrap();
            }
            _ => {
                let id = create(&self.session, "account", fields);
                self.accounts.insert(id, (industry, employees));
            }
        }
    }

    /// What a loop over all accounts finds.
    fn expected(&self) -> BTreeMap<&'static str, BTreeSet<RecordId>> {
        let mut expected: BTreeMap<&'static str, BTreeSet<RecordId>> = BTreeMap::new();
        for (id, (industry, employees)) in &self.accounts {
            let (f0, f1) = (
                *industry == self.industry,
                *employees >= 5 && *industry != 2,
            );
            let [l0, l1] = [0, 1].map(|list| self.listed[list].contains(id));
            for (key, is_in) in [
                ("f0", f0),
                ("f1", f1),
                ("l0", l0),
                ("l1", l1),
                ("union", f0 || l0),
                ("both", (f0 || l0) && f1 && l1),
                ("rest", f1 && !(f0 || l0) && !l1),
            ] {
                let set = expected.entry(key).or_default();
                if is_in {
                    set.insert(*id);
                }
            }
        }
        expected
    }
}

#[test]
fn every_segment_has_what_a_plain_loop_over_all_records_finds() {
    let mut model = Model::new();
    for round in 0..400 {
        model.change();
        for (key, expected) in model.expected() {
            assert_eq!(
                members(&model.session, key),
                expected,
                "{key} in round {round}"
            );
        }
        if round % 100 == 0 {
            checked(&model.session);
        }
    }
    checked(&model.session);
}
