//! When is a kept total the answer, and what may be kept?

use serde_json::json;

use super::totals::{House, Table, add, asked, pipeline, rich, told};
use crate::query::{Filter, Measure};
use crate::record::RecordId;
use crate::schema::{LiveTotal, SchemaChange};
use crate::write::Dice;

#[test]
fn what_a_kept_total_has_is_told_without_a_look_at_any_record() {
    let mut house = House::new();
    let mut dice = Dice(7);
    for _ in 0..30 {
        house.random_step(&mut dice);
    }
    let _ = house
        .session
        .change_schema([add(pipeline()), add(rich())])
        .unwrap();
    let rich = Filter::gte("amount", "400 IRR");
    let since = Filter::gte("close_date", "2026-06-01");
    let mina = Filter::eq("owner", house.users[0]);
    for (fits, filter, keys, measures) in [
        (
            true,
            Filter::everything(),
            vec!["status"],
            vec!["count", "sum(amount)"],
        ),
        (
            true,
            mina.clone(),
            vec!["close_date:month@persian"],
            vec!["max(amount)", "min(amount)"],
        ),
        (
            true,
            Filter::everything(),
            vec!["quarter(close_date)@persian"],
            vec!["avg(probability)"],
        ),
        (true, mina, vec![], vec!["count"]),
        (
            true,
            rich.clone().and(since.clone()),
            vec!["close_date:month@hijri"],
            vec!["sum(amount)"],
        ),
        (
            true,
            rich.clone(),
            vec!["close_date:week"],
            vec!["sum(amount)"],
        ),
        (false, since, vec!["status"], vec!["count"]),
        (false, rich, vec!["status"], vec!["count"]),
        (
            false,
            Filter::everything(),
            vec!["close_date:month"],
            vec!["count"],
        ),
        (
            false,
            Filter::everything(),
            vec!["status"],
            vec!["median(amount)"],
        ),
        (
            false,
            Filter::everything(),
            vec!["status"],
            vec!["sum(probability)", "sum(amount)", "max(close_date)"],
        ),
        (false, Filter::everything(), vec!["source"], vec!["count"]),
    ] {
        let asked = asked(&keys, &measures).filter(filter.clone()).budget(0);
        let answer = house.session.aggregate(&asked);
        assert_eq!(
            answer.is_ok(),
            fits,
            "{filter} {keys:?} {measures:?} {answer:?}"
        );
    }
    let over = asked(&["source"], &["count"]).budget(3);
    let error = house.session.aggregate(&over).unwrap_err();
    assert_eq!(
        error.to_string(),
        "it would look at more than 3 records of opportunity"
    );
    assert!(
        error.remedy().unwrap().contains("live total by source"),
        "{error:?}"
    );
    let retire = SchemaChange::RetireTotal {
        object: "opportunity".into(),
        total: "pipeline".into(),
    };
    let _ = house.session.change_schema([retire]).unwrap();
    assert!(house.engine.check().unwrap().ok);
    let gone = asked(&["status"], &["count"]).budget(0);
    assert!(house.session.aggregate(&gone).is_err());
}

#[test]
fn what_cannot_be_kept_is_refused_with_the_reason() {
    let house = House::new();
    for (total, why) in [
        (LiveTotal::new("x").group_by("name"), "no closed set"),
        (
            LiveTotal::new("x").group_by("closed_at:day"),
            "depends on the zone",
        ),
        (LiveTotal::new("x").group_by("activities"), "a total itself"),
        (
            LiveTotal::new("x").group_by("statsu"),
            "did you mean 'status'",
        ),
        (
            LiveTotal::new("x").measure(Measure::Median("amount".into())),
            "ask for the others without one",
        ),
        (
            LiveTotal::new("x").filter(Filter::gt("close_date", "today")),
            "nothing changes when a day passes",
        ),
        (LiveTotal::new("X y"), "not a name"),
    ] {
        let error = house.session.change_schema([add(total)]).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
    }
    let twice = house
        .session
        .change_schema([add(rich()), add(rich())])
        .unwrap_err();
    assert!(twice.to_string().contains("already"), "{twice}");
}

#[test]
fn who_does_not_see_every_record_has_nothing_from_a_total_of_all() {
    let house = House::new();
    let session = &house.session;
    session.add_standard_roles().unwrap();
    let _ = session
        .update(house.users[0], json!({"role": "administrator"}))
        .unwrap();
    let _ = session
        .update(house.users[1], json!({"role": "seller"}))
        .unwrap();
    for owner in &house.users {
        let deal = json!({"name": "بیمه", "owner": owner.to_string(), "amount": "500 IRR", "close_date": "2026-03-21"});
        let _ = session.create("opportunity", deal).unwrap();
    }
    let _ = session.change_schema([add(pipeline())]).unwrap();
    session.enforce_access(true).unwrap();
    let sum = asked(&[], &["sum(amount)"]);
    let of = |user: RecordId| {
        let session = house.engine.session_as(crate::Actor::User(user));
        told(session.aggregate(&sum).unwrap())
    };
    let row = |sum: &str, count| -> Table {
        [(
            vec![Some("IRR".to_owned())],
            (count, vec![Some(sum.to_owned())]),
        )]
        .into()
    };
    assert_eq!(of(house.users[0]), row("1000 IRR", 2));
    assert_eq!(of(house.users[1]), row("500 IRR", 1));
}
