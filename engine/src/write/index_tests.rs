//! Has an index of several fields every record whatever happens while it is filled?

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use super::fill_tests::House;
use super::rollup_tests::{Dice, of, random_step};
use super::{Ask, Request, Stored};
use crate::backup::{RestoreOptions, restore};
use crate::engine::Engine;
use crate::query::{Filter, Query};
use crate::record::RecordId;
use crate::schema::SchemaChange;
use crate::session::Session;
use crate::store::{Retention, spaces};

const DECLARED: [&[&str]; 2] = [&["status", "amount"], &["account", "stage", "name"]];

fn add(fields: &[&str]) -> SchemaChange {
    SchemaChange::AddIndex {
        object: of("opportunity"),
        fields: fields.iter().map(|name| of(name)).collect(),
    }
}

fn retire(fields: &[&str]) -> SchemaChange {
    SchemaChange::RetireIndex {
        object: of("opportunity"),
        fields: fields.iter().map(|name| of(name)).collect(),
    }
}

fn declare(house: &House) {
    let ask = |fields: &&[&str]| Ask::Record(Box::new(Request::ChangeSchema(add(fields))));
    house.commit(DECLARED.iter().map(ask).collect());
}

fn won() -> Query {
    Query::new("opportunity")
        .filter(Filter::eq("status", "won"))
        .sorted_by("-amount")
        .unwrap()
        .limit(1000)
}

fn ids(session: &Session, query: &Query) -> Vec<RecordId> {
    let page = session.query(query).unwrap();
    page.records.iter().map(|record| record.id()).collect()
}

/// It is walked, has what a look at all records finds, and the check finds nothing wrong.
fn told(engine: &Engine) {
    let session = engine.session();
    let explained = session.explain(&won()).unwrap();
    assert_eq!(explained.index.as_deref(), Some("status, amount"));
    checked(engine);
    let looked = Filter::Or(vec![
        Filter::eq("status", "won"),
        Filter::eq("status", "won"),
    ]);
    let looked = Query {
        filter: looked,
        ..won()
    };
    assert_eq!(ids(&session, &won()), ids(&session, &looked));
}

fn checked(engine: &Engine) {
    let checked = engine.check().unwrap();
    assert!(checked.ok, "{:?}", checked.problems);
}

fn numbers(engine: &Engine) -> Vec<u32> {
    let schema = engine.schema().unwrap();
    let object = schema.object("opportunity").unwrap().clone();
    let indexes = object.indexes().iter().map(|index| index.number);
    indexes
        .filter(|number| number % (1 << 31) >= 1000)
        .collect()
}

#[test]
fn what_a_crash_left_half_filled_answers_nothing_and_is_filled_by_the_next_open() {
    let home = tempfile::tempdir().unwrap();
    let mut house = House::new(home.path(), Retention::Everything);
    declare(&house);
    assert_eq!(house.filling().len(), DECLARED.len());
    for steps in 0..2 {
        for filling in house.filling().into_iter().skip(steps) {
            house.step(filling);
            house.work(5);
        }
        let explained = house.session.explain(&won()).unwrap();
        assert_ne!(explained.index.as_deref(), Some("status, amount"));
        checked(&house.engine);
    }
    let mut house = house.reopened(home.path(), Retention::Everything);
    assert_eq!(house.filling(), []);
    told(&house.engine);
    house.work(30);
    told(&house.engine);
}

#[test]
fn one_that_is_retired_leaves_nothing_also_while_it_is_filled() {
    let home = tempfile::tempdir().unwrap();
    let house = House::new(home.path(), Retention::Everything);
    for steps in 0..3 {
        declare(&house);
        let filling = house.filling();
        (0..steps).for_each(|_| {
            house
                .filling()
                .iter()
                .for_each(|filling| house.step(*filling))
        });
        let _ = house.session.change_schema(DECLARED.map(retire)).unwrap();
        assert_eq!(house.filling(), []);
        // A step that comes too late is none.
        filling.iter().for_each(|filling| house.step(*filling));
        checked(&house.engine);
    }
}

#[test]
fn none_has_the_number_of_one_that_is_retired() {
    let home = tempfile::tempdir().unwrap();
    let house = House::new(home.path(), Retention::Everything);
    let change = |changes: Vec<SchemaChange>| drop(house.session.change_schema(changes).unwrap());
    let ([one, two], three) = (DECLARED, ["source", "amount"]);
    change(vec![add(one), add(two)]);
    let before = numbers(&house.engine);
    change(vec![retire(two)]);
    change(vec![add(&three)]);
    change(vec![retire(&three), retire(one), add(one)]);
    let after = numbers(&house.engine);
    let first = before[0];
    assert_eq!((before, after), (vec![first, first + 1], vec![first + 3]));
    told(&house.engine);
    let house = house.reopened(home.path(), Retention::Everything);
    let swapped = [retire(one), add(one)];
    let _ = house.session.change_schema(swapped).unwrap();
    assert_eq!(numbers(&house.engine), [first + 4]);
    told(&house.engine);
}

#[test]
fn who_is_erased_while_it_is_filled_is_not_in_it() {
    for steps in 0..3 {
        let home = tempfile::tempdir().unwrap();
        let mut house = House::new(home.path(), Retention::Everything);
        declare(&house);
        (0..steps).for_each(|_| {
            house
                .filling()
                .iter()
                .for_each(|filling| house.step(*filling))
        });
        let deals = super::rollup_tests::all(&house.session, "opportunity");
        let gone: BTreeSet<RecordId> = [deals[0].id(), deals[deals.len() - 1].id()].into();
        let _ = house.session.erase(gone.iter().copied()).unwrap();
        told(&house.engine);
        let (reader, _) = house.engine.read().unwrap();
        let rows = crate::store::rows_under(&reader.snapshot, &[spaces::INDEX]);
        for row in rows {
            let id = spaces::id_at_end(&row.unwrap().0).unwrap();
            assert!(gone.iter().all(|gone| gone.number() != id));
        }
        house.bin.clear();
        house.work(10);
        told(&house.engine);
    }
}

#[test]
fn it_is_filled_retired_and_filled_again_while_others_write() {
    let engine = Engine::in_memory().open().unwrap();
    let session = engine.session();
    let names = ["بانک آینده", "شركة النور", "فولاد پارس"];
    let make = |name| {
        let fields = serde_json::json!({"name": name});
        session.create("account", fields).unwrap().id().unwrap()
    };
    let accounts: Vec<RecordId> = names.map(make).into();
    let mut dice = Dice(11);
    for _ in 0..100 {
        random_step(&session, &mut dice, &accounts, &mut Vec::new());
    }
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let session = engine.session();
            let (mut dice, mut bin, mut steps) = (Dice(2), Vec::new(), 0);
            while steps < 20 || !done.load(Ordering::SeqCst) {
                random_step(&session, &mut dice, &accounts, &mut bin);
                steps += 1;
            }
        });
        for round in 0..3 {
            let _ = session.change_schema(DECLARED.map(add)).unwrap();
            let listed = session.explain(&won()).unwrap();
            assert_eq!(listed.index.as_deref(), Some("status, amount"));
            if round < 2 {
                let _ = session.change_schema(DECLARED.map(retire)).unwrap();
            }
        }
        done.store(true, Ordering::SeqCst);
        writer.join().unwrap();
    });
    told(&engine);
}

#[test]
fn a_backup_brings_it_back_and_a_lost_state_has_it_again() {
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name);
    let mut house = House::new(&at("crm"), Retention::Everything);
    let _ = house.session.change_schema(DECLARED.map(add)).unwrap();
    house.work(10);
    let wanted = ids(&house.session, &won());
    let _ = house.engine.backup(at("backup"), &mut |_| {}).unwrap();
    let options = RestoreOptions::default();
    let _ = restore(at("backup"), at("again"), &options, &mut |_| {}).unwrap();
    drop(house.session);
    house.engine.close().unwrap();
    std::fs::remove_dir_all(at("crm").join("state")).unwrap();
    for name in ["crm", "again"] {
        let engine = Engine::builder(at(name)).background(false).open().unwrap();
        told(&engine);
        assert_eq!(ids(&engine.session(), &won()), wanted);
    }
}

#[test]
fn a_store_from_before_the_standard_indexes_has_them_when_it_is_opened() {
    let home = tempfile::tempdir().unwrap();
    let house = House::new(home.path(), Retention::Everything);
    let (reader, _) = house.engine.read().unwrap();
    let mut object = (**reader.object("opportunity").unwrap()).clone();
    let mut entries = Vec::new();
    for index in std::mem::take(&mut object.indexes) {
        let prefix = spaces::of_field(spaces::INDEX, object.number, index.number);
        let rows = crate::store::rows_under(&reader.snapshot, &prefix);
        entries.extend(rows.map(|row| (row.unwrap().0, None)));
    }
    assert!(!entries.is_empty());
    let schema = serde_json::to_vec(&object).unwrap();
    entries.push((
        spaces::of_object(spaces::SCHEMA, object.number),
        Some(schema),
    ));
    drop(reader);
    let older = Stored {
        what: of("an older store"),
        entries,
        config: true,
        ..Stored::default()
    };
    house.commit(vec![Ask::Stored(older)]);
    checked(&house.engine);
    let listed = || won().sorted_by("close_date").unwrap();
    let walks = |session: &Session| session.explain(&listed()).unwrap().index;
    assert_ne!(walks(&house.session).as_deref(), Some("status, close_date"));
    let before = ids(&house.session, &listed());
    let mut house = house.reopened(home.path(), Retention::Everything);
    assert_eq!(walks(&house.session).as_deref(), Some("status, close_date"));
    assert_eq!(ids(&house.session, &listed()), before);
    house.work(10);
    checked(&house.engine);
}

#[test]
fn a_wrong_entry_is_found_by_the_check() {
    let home = tempfile::tempdir().unwrap();
    let house = House::new(home.path(), Retention::Everything);
    let _ = house.session.change_schema([add(DECLARED[0])]).unwrap();
    let number = numbers(&house.engine)[0];
    let (reader, _) = house.engine.read().unwrap();
    let object = reader.object("opportunity").unwrap().number;
    let prefix = spaces::of_field(spaces::INDEX, object, number);
    let mut rows = crate::store::rows_under(&reader.snapshot, &prefix);
    let (key, _) = rows.next().unwrap().unwrap();
    drop(rows);
    let stored = Stored {
        what: of("wrong"),
        entries: vec![(key, None)],
        ..Stored::default()
    };
    house.commit(vec![Ask::Stored(stored)]);
    let checked = house.engine.check().unwrap();
    let told = "index entries: 1 are missing, 0 lead nowhere";
    assert!(!checked.indexes_ok && checked.problems.iter().any(|problem| problem == told));
}

#[test]
fn what_cannot_be_declared_or_retired_is_refused_with_the_reason() {
    let engine = Engine::in_memory().open().unwrap();
    let session = engine.session();
    let refused = |change: SchemaChange| {
        let error = session.change_schema([change]).unwrap_err();
        let failures = error.failures().iter();
        let told: Vec<&str> = failures.map(|failure| failure.message.as_str()).collect();
        told.join("; ")
    };
    let told = [
        (add(&["stage"]), "name two or more"),
        (add(&["stage", "stage"]), "named twice"),
        (add(&["stage", "close_dat"]), "did you mean"),
        (add(&["stage", "activities"]), "a rollup field cannot be"),
        (
            add(&["stage", "close_date"]),
            "has an index of stage, close_date already",
        ),
        (
            add(&["name", "stage", "status", "amount", "source"]),
            "4 fields at most",
        ),
        (
            retire(&["stage", "close_date"]),
            "a standard index cannot be retired",
        ),
        (
            retire(&["stage", "name"]),
            "has no index of stage, name; there are those of stage, close_date; of",
        ),
    ];
    for (change, words) in told {
        let told = refused(change);
        assert!(told.contains(words), "{told}");
    }
    let field = crate::schema::Field::new("grade", crate::schema::FieldKind::Integer);
    let object = of("opportunity");
    let added = SchemaChange::AddField { object, field };
    let _ = session
        .change_schema([added, add(&["grade", "name"])])
        .unwrap();
    let retired = SchemaChange::RetireField {
        object: of("opportunity"),
        field: of("grade"),
    };
    assert!(refused(retired).contains("the index of opportunity by grade, name is made of it"));
}
