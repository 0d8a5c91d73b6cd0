//! Is a total right whatever happens while it is filled?

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::json;

use super::rollup_tests::{Dice, compare, declarations, of, random_step};
use super::{Ask, Filling, Group, Request, Stored};
use crate::engine::Engine;
use crate::query::{Aggregate, Filter, Measure};
use crate::record::RecordId;
use crate::schema::{LiveTotal, SchemaChange};
use crate::session::Session;
use crate::store::{Retention, Snapshot};

pub(super) struct House {
    pub(super) engine: Engine,
    pub(super) session: Session,
    pub(super) accounts: Vec<RecordId>,
    dice: Dice,
    pub(super) bin: Vec<RecordId>,
}

fn opened(home: &Path, retention: Retention) -> Engine {
    let builder = Engine::builder(home)
        .keep_history(retention)
        .background(false);
    builder.open().unwrap()
}

impl House {
    pub(super) fn new(home: &Path, retention: Retention) -> Self {
        let engine = opened(home, retention);
        let session = engine.session();
        let names = ["بانک آینده", "شركة النور", "فولاد پارس"];
        let make = |name| {
            session
                .create("account", json!({"name": name}))
                .unwrap()
                .id()
                .unwrap()
        };
        let mut house = Self {
            accounts: names.map(make).into(),
            engine,
            session,
            dice: Dice(5),
            bin: Vec::new(),
        };
        house.work(60);
        house
    }

    pub(super) fn work(&mut self, steps: usize) {
        for _ in 0..steps {
            random_step(&self.session, &mut self.dice, &self.accounts, &mut self.bin);
        }
    }

    /// One commit, after which nobody goes on.
    pub(super) fn commit(&self, asks: Vec<Ask>) {
        let group = Group { asks, once: None };
        let report = self
            .engine
            .commit(&self.session.context, &[group], None, 0)
            .unwrap();
        report
            .groups
            .into_iter()
            .for_each(|done| drop(done.unwrap()));
    }

    fn declare(&self) {
        let live = LiveTotal::new("by_status")
            .group_by("status")
            .measure(Measure::Sum(of("amount")))
            .measure(Measure::Min(of("amount")));
        let live = SchemaChange::AddTotal {
            object: of("opportunity"),
            total: live,
        };
        let changes = declarations().into_iter().chain([live]);
        let ask = |change| Ask::Record(Box::new(Request::ChangeSchema(change)));
        self.commit(changes.map(ask).collect());
    }

    pub(super) fn filling(&self) -> Vec<Filling> {
        Filling::all(&self.engine.read().unwrap().0.snapshot).unwrap()
    }

    pub(super) fn step(&self, filling: Filling) {
        let stored = Stored {
            what: of("fill a total"),
            filling: Some(filling),
            ..Stored::default()
        };
        self.commit(vec![Ask::Stored(stored)]);
    }

    pub(super) fn reopened(self, home: &Path, retention: Retention) -> Self {
        let Self {
            engine,
            session,
            accounts,
            dice,
            bin,
        } = self;
        drop(session);
        engine.close().unwrap();
        let engine = opened(home, retention);
        Self {
            session: engine.session(),
            engine,
            accounts,
            dice,
            bin,
        }
    }
}

fn by_status() -> Aggregate {
    Aggregate::new("opportunity")
        .group_by("status")
        .measure(Measure::Sum(of("amount")))
        .measure(Measure::Min(of("amount")))
}

/// All totals are what a look at the records says, and tell it.
fn told(house: &House) {
    compare(&house.engine, &house.session);
    let kept = house.session.aggregate(&by_status().budget(0)).unwrap();
    let looked = by_status().filter(Filter::is_null("loss_reason"));
    assert_eq!(kept, house.session.aggregate(&looked).unwrap());
    assert_eq!(house.filling(), []);
}

#[test]
fn what_a_crash_left_half_filled_tells_nothing_and_is_filled_by_the_next_open() {
    let home = tempfile::tempdir().unwrap();
    let mut house = House::new(home.path(), Retention::Everything);
    house.declare();
    assert_eq!(house.filling().len(), declarations().len() + 1);
    for steps in 0..3 {
        for filling in house.filling().into_iter().skip(steps) {
            house.step(filling);
            house.work(3);
        }
    }
    let account = house.session.get(house.accounts[0]).unwrap();
    assert_eq!(account.get("deals"), None);
    assert!(house.session.aggregate(&by_status().budget(0)).is_err());
    assert!(house.engine.check().unwrap().ok);
    let mut house = house.reopened(home.path(), Retention::Everything);
    told(&house);
    house.work(20);
    told(&house);
}

#[test]
fn what_cannot_be_filled_from_then_any_more_is_filled_anew() {
    let home = tempfile::tempdir().unwrap();
    let mut house = House::new(home.path(), Retention::None);
    house.declare();
    let filling = house.filling();
    filling.iter().for_each(|filling| house.step(*filling));
    house.work(20);
    let house = house.reopened(home.path(), Retention::None);
    let then = Snapshot::pin_at(&house.engine.inner.backend, filling[0].since);
    assert!(then.is_err(), "the records of then can still be read");
    told(&house);
}

#[test]
fn a_total_that_is_retired_while_it_is_filled_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    let house = House::new(home.path(), Retention::Everything);
    house.declare();
    let filling = house.filling();
    filling.iter().for_each(|filling| house.step(*filling));
    let retire = declarations()
        .into_iter()
        .filter_map(|change| match change {
            SchemaChange::AddField { object, field } => Some(SchemaChange::RetireField {
                object,
                field: field.name,
            }),
            _ => None,
        });
    let live = SchemaChange::RetireTotal {
        object: of("opportunity"),
        total: of("by_status"),
    };
    let _ = house.session.change_schema(retire.chain([live])).unwrap();
    assert_eq!(house.filling(), []);
    let checked = house.engine.check().unwrap();
    assert!(checked.ok, "{:?}", checked.problems);
}

fn add(name: &str, by: &str) -> SchemaChange {
    let total = LiveTotal::new(name)
        .group_by(by)
        .measure(Measure::Sum(of("amount")));
    SchemaChange::AddTotal {
        object: of("opportunity"),
        total,
    }
}

fn retire(name: &str) -> SchemaChange {
    SchemaChange::RetireTotal {
        object: of("opportunity"),
        total: of(name),
    }
}

#[test]
fn a_total_that_comes_in_one_call_with_the_retiring_of_the_last_has_nothing_of_that() {
    let home = tempfile::tempdir().unwrap();
    let mut house = House::new(home.path(), Retention::Everything);
    let _ = house
        .session
        .change_schema([add("by_source", "source")])
        .unwrap();
    let swapped = [retire("by_source"), add("by_status", "status")];
    let _ = house.session.change_schema(swapped).unwrap();
    let asked = Aggregate::new("opportunity")
        .group_by("status")
        .measure(Measure::Sum(of("amount")));
    for steps in [0, 10] {
        house.work(steps);
        assert_eq!(house.filling(), []);
        let kept = house.session.aggregate(&asked.clone().budget(0)).unwrap();
        let looked = asked.clone().filter(Filter::is_null("loss_reason"));
        assert_eq!(kept, house.session.aggregate(&looked).unwrap());
        let checked = house.engine.check().unwrap();
        assert!(checked.ok, "{:?}", checked.problems);
    }
}

#[test]
fn no_total_has_the_number_of_one_that_is_retired() {
    let home = tempfile::tempdir().unwrap();
    let house = House::new(home.path(), Retention::Everything);
    let numbers = |engine: &Engine| -> Vec<u32> {
        let schema = engine.schema().unwrap();
        let object = schema.object("opportunity").unwrap().clone();
        object.totals.iter().map(|total| total.number).collect()
    };
    let change = |changes: Vec<SchemaChange>| drop(house.session.change_schema(changes).unwrap());
    change(vec![add("first", "status"), add("second", "source")]);
    let before = numbers(&house.engine);
    change(vec![retire("second")]);
    change(vec![add("third", "source")]);
    change(vec![
        retire("third"),
        retire("first"),
        add("fourth", "source"),
    ]);
    let after = numbers(&house.engine);
    assert_eq!((before, after), (vec![1, 2], vec![4]));
    let house = house.reopened(home.path(), Retention::Everything);
    let _ = house
        .session
        .change_schema([retire("fourth"), add("fifth", "source")])
        .unwrap();
    assert_eq!(numbers(&house.engine), [5]);
}

#[test]
fn a_total_that_is_being_filled_while_somebody_is_erased_counts_neither_him_nor_too_few() {
    for steps in 0..3 {
        let home = tempfile::tempdir().unwrap();
        let mut house = House::new(home.path(), Retention::Everything);
        house.declare();
        for _ in 0..steps {
            for filling in house.filling() {
                house.step(filling);
            }
        }
        let deals = super::rollup_tests::all(&house.session, "opportunity");
        let ids: BTreeSet<RecordId> = [deals[0].id(), deals[deals.len() - 1].id()].into();
        crate::erase::begin(&house.engine, &ids).unwrap();
        crate::erase::resume(&house.engine).unwrap();
        for id in ids {
            assert!(
                house
                    .session
                    .get(id)
                    .unwrap_err()
                    .to_string()
                    .contains("was erased")
            );
        }
        told(&house);
        house.bin.clear();
        house.work(10);
        told(&house);
    }
}

#[test]
fn a_wrong_live_total_is_found_by_the_check() {
    let home = tempfile::tempdir().unwrap();
    let house = House::new(home.path(), Retention::Everything);
    house.declare();
    house.engine.fill_totals().unwrap();
    assert!(house.engine.check().unwrap().rollups_ok);
    let (reader, _) = house.engine.read().unwrap();
    let mut rows = crate::store::rows_under(&reader.snapshot, &[crate::store::spaces::LIVE_TOTAL]);
    let (key, _) = rows.next().unwrap().unwrap();
    drop(rows);
    let stored = Stored {
        what: of("wrong"),
        entries: vec![(key, Some(vec![0; 24]))],
        ..Stored::default()
    };
    house.commit(vec![Ask::Stored(stored)]);
    let checked = house.engine.check().unwrap();
    assert!(!checked.rollups_ok);
    let problem = "the total of opportunity.by_status is not what its records come to";
    assert!(
        checked.problems.iter().any(|told| told == problem),
        "{:?}",
        checked.problems
    );
}
