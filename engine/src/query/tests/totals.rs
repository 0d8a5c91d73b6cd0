//! Are kept totals and ad hoc ones what a plain loop over all records says?

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::engine::Engine;
use crate::locale::Calendar;
use crate::query::{Aggregate, Filter, GroupRow, Measure, Query};
use crate::record::{Decimal, Record, RecordId, Value};
use crate::schema::{LiveTotal, SchemaChange};
use crate::session::Session;
use crate::write::Dice;

const KEYS: [&str; 8] = [
    "status",
    "owner",
    "source",
    "close_date:month@persian",
    "close_date:quarter@persian",
    "year(close_date)@persian",
    "month(close_date)",
    "close_date:month@hijri",
];

const MEASURES: [&str; 8] = [
    "count",
    "sum(amount)",
    "min(amount)",
    "max(amount)",
    "avg(probability)",
    "median(probability)",
    "distinct(account)",
    "max(close_date)",
];

fn pipeline() -> LiveTotal {
    LiveTotal::new("pipeline")
        .label("Pipeline", "قیف فروش", "مسار المبيعات")
        .group_by("status")
        .group_by("owner")
        .group_by("close_date:month@persian")
        .measure(Measure::Sum("amount".into()))
        .measure(Measure::Min("amount".into()))
        .measure(Measure::Max("amount".into()))
        .measure(Measure::Avg("probability".into()))
}

fn rich() -> LiveTotal {
    LiveTotal::new("rich")
        .filter(Filter::gte("amount", "400 IRR"))
        .group_by("close_date")
        .measure(Measure::Sum("amount".into()))
}

fn add(total: LiveTotal) -> SchemaChange {
    SchemaChange::AddTotal {
        object: "opportunity".to_owned(),
        total,
    }
}

struct House {
    engine: Engine,
    session: Session,
    accounts: Vec<RecordId>,
    users: Vec<RecordId>,
    bin: Vec<RecordId>,
}

impl House {
    fn new() -> Self {
        let engine = Engine::in_memory().open().unwrap();
        let session = engine.session();
        let make = |object: &str, fields| session.create(object, fields).unwrap().id().unwrap();
        let accounts = ["بانک آینده", "شركة النور", "فولاد پارس"];
        let accounts = accounts.map(|name| make("account", json!({"name": name})));
        let users = ["مینا", "سارا"];
        let users = users.map(|name| make("user", json!({"login": name, "name": name})));
        Self {
            engine,
            accounts: accounts.into(),
            users: users.into(),
            bin: Vec::new(),
            session,
        }
    }

    fn all(&self) -> Vec<Record> {
        let query = Query::new("opportunity").limit(1000);
        self.session.query(&query).unwrap().records
    }

    fn random_step(&mut self, dice: &mut Dice) {
        let all = self.all();
        let any = |dice: &mut Dice| all[dice.below(all.len() as u64) as usize].id();
        let mut fields = json!({"name": "قرارداد"});
        let mut set = |dice: &mut Dice, field: &str, value: serde_json::Value| {
            if dice.below(4) > 0 {
                fields[field] = value;
            }
        };
        let account = self.accounts[dice.below(3) as usize].to_string();
        let owner = self.users[dice.below(2) as usize].to_string();
        let stage = ["won", "lost", "proposal"][dice.below(3) as usize];
        let currency = ["IRR", "IRR", "EUR"][dice.below(3) as usize];
        let day = chrono::NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
        let day = day + chrono::Days::new(dice.below(400));
        set(dice, "account", json!(account));
        set(dice, "owner", json!(owner));
        set(dice, "stage", json!(stage));
        let amount = format!("{} {currency}", dice.below(9) * 100);
        set(dice, "amount", json!(amount));
        set(dice, "close_date", json!(day.to_string()));
        let source = ["نمایشگاه", "مشتری قدیمی"][dice.below(2) as usize];
        set(dice, "description", json!(source));
        let probability = dice.below(101);
        set(dice, "probability", json!(probability));
        let done = match dice.below(8) {
            0..=4 => self.session.create("opportunity", fields),
            _ if all.is_empty() => return,
            5 => self.session.update(any(dice), fields),
            6 => {
                let gone = any(dice);
                self.bin.push(gone);
                self.session.delete(gone)
            }
            _ => match self.bin.pop() {
                Some(back) => self.session.restore(back),
                None => return,
            },
        };
        let _ = done.unwrap();
    }
}

fn first_of(key: &str, record: &Record) -> Option<String> {
    let (calendar, period) = match key {
        "close_date:month@persian" => (Calendar::Jalali, 1),
        "close_date:quarter@persian" => (Calendar::Jalali, 3),
        "year(close_date)@persian" => (Calendar::Jalali, 12),
        "month(close_date)" => (Calendar::Gregorian, 1),
        "close_date:month@hijri" => (Calendar::Hijri, 1),
        plain => return record.get(plain).map(ToString::to_string),
    };
    let Some(Value::Date(day)) = record.get("close_date") else {
        return None;
    };
    let named = calendar.name_day(*day).unwrap();
    let month = (named.month - 1) / period * period + 1;
    Some(calendar.day(named.year, month, 1).unwrap().to_string())
}

type Table = BTreeMap<Vec<Option<String>>, (u64, Vec<Option<String>>)>;

/// One measure over the records of a group.
fn measured(measure: &str, records: &[&Record]) -> Option<String> {
    let values = |field: &str| -> Vec<Value> {
        records
            .iter()
            .filter_map(|record| record.get(field).cloned())
            .collect()
    };
    let amounts: Vec<Decimal> = values("amount")
        .iter()
        .map(|value| match value {
            Value::Money(money) => money.amount,
            other => panic!("{other}"),
        })
        .collect();
    let currency = values("amount").first().map(|value| match value {
        Value::Money(money) => money.currency.code().to_owned(),
        other => panic!("{other}"),
    });
    let money = |amount: Decimal| format!("{amount} {}", currency.clone().unwrap());
    let mut numbers: Vec<Decimal> = values("probability")
        .iter()
        .map(|value| value.to_string().parse().unwrap())
        .collect();
    numbers.sort();
    let sum = |numbers: &[Decimal]| {
        let all = numbers.iter();
        all.fold(Decimal::ZERO, |sum, one| sum.checked_add(*one).unwrap())
    };
    match measure {
        "count" => Some(records.len().to_string()),
        "sum(amount)" => (!amounts.is_empty()).then(|| money(sum(&amounts))),
        "min(amount)" => amounts.iter().min().map(|least| money(*least)),
        "max(amount)" => amounts.iter().max().map(|most| money(*most)),
        "avg(probability)" => {
            let mean = sum(&numbers).checked_div(Decimal::from(numbers.len() as i64));
            mean.map(|mean| mean.to_string())
        }
        "median(probability)" => {
            let last = numbers.len().checked_sub(1)?;
            let two = [numbers[last / 2], numbers[numbers.len() / 2]];
            let mean = sum(&two).checked_div(Decimal::from(2)).unwrap();
            Some(mean.to_string())
        }
        "distinct(account)" => {
            let all: BTreeSet<String> = values("account").iter().map(Value::to_string).collect();
            Some(all.len().to_string())
        }
        "max(close_date)" => values("close_date").iter().map(Value::to_string).max(),
        other => panic!("{other}"),
    }
}

fn looped(records: &[Record], keys: &[&str], measures: &[&str]) -> Table {
    let by_currency = measures.iter().any(|measure| measure.ends_with("(amount)"));
    let mut groups: BTreeMap<Vec<Option<String>>, Vec<&Record>> = BTreeMap::new();
    for record in records {
        let mut of: Vec<_> = keys.iter().map(|key| first_of(key, record)).collect();
        if by_currency {
            of.push(match record.get("amount") {
                Some(Value::Money(money)) => Some(money.currency.code().to_owned()),
                _ => None,
            });
        }
        groups.entry(of).or_default().push(record);
    }
    if groups.is_empty() && keys.is_empty() && !by_currency {
        groups.insert(Vec::new(), Vec::new());
    }
    groups
        .into_iter()
        .map(|(keys, records)| {
            let values = measures.iter().map(|measure| measured(measure, &records));
            (keys, (records.len() as u64, values.collect()))
        })
        .collect()
}

fn told(rows: Vec<GroupRow>) -> Table {
    let text = |value: &Option<Value>| value.as_ref().map(ToString::to_string);
    rows.iter()
        .map(|row| {
            let keys = row.keys.iter().map(text).collect();
            (keys, (row.count, row.values.iter().map(text).collect()))
        })
        .collect()
}

fn asked(keys: &[&str], measures: &[&str]) -> Aggregate {
    let mut asked = Aggregate::new("opportunity");
    for key in keys {
        asked = asked.group_by(*key);
    }
    for measure in measures {
        asked = asked.measure(Measure::parse(measure).unwrap());
    }
    asked
}

/// Some of these, by chance.
fn some<'a>(dice: &mut Dice, all: &[&'a str], most: usize) -> Vec<&'a str> {
    let mut some: Vec<&str> = all.iter().copied().filter(|_| dice.below(3) == 0).collect();
    some.truncate(most);
    some
}

/// Which records pass one of the filters that are asked with.
fn filters(house: &House) -> Vec<(Filter, Box<dyn Fn(&Record) -> bool>)> {
    let mina = house.users[0];
    let rich = |record: &Record| match record.get("amount") {
        Some(Value::Money(money)) => {
            money.currency.code() == "IRR" && money.amount >= "400".parse().unwrap()
        }
        _ => false,
    };
    vec![
        (Filter::everything(), Box::new(|_| true)),
        (
            Filter::eq("status", "won"),
            Box::new(|record| record.text("status") == Some("won")),
        ),
        (
            Filter::eq("owner", mina).and(Filter::ne("status", "lost")),
            Box::new(move |record| {
                record.get("owner") == Some(&Value::Reference(mina))
                    && record.text("status") != Some("lost")
            }),
        ),
        (Filter::gte("amount", "400 IRR"), Box::new(rich)),
        (
            Filter::gte("amount", "400 IRR").and(Filter::gte("close_date", "2026-06-01")),
            Box::new(move |record| {
                rich(record)
                    && matches!(record.get("close_date"), Some(Value::Date(day)) if day.to_string().as_str() >= "2026-06-01")
            }),
        ),
    ]
}

fn compare(house: &House, dice: &mut Dice) {
    let all = house.all();
    for (filter, passes) in filters(house) {
        for _ in 0..4 {
            let keys = some(dice, &KEYS, 3);
            let measures = some(dice, &MEASURES, 4);
            let asked = asked(&keys, &measures).filter(filter.clone());
            let matching: Vec<Record> = all
                .iter()
                .filter(|record| passes(record))
                .cloned()
                .collect();
            let rows = house.session.aggregate(&asked).unwrap();
            let mut expected = looped(&matching, &keys, &measures);
            if expected.is_empty() && keys.is_empty() {
                expected.clear();
            }
            assert_eq!(told(rows), expected, "{filter} {keys:?} {measures:?}");
        }
    }
    let checked = house.engine.check().unwrap();
    assert!(checked.ok, "{:?}", checked.problems);
}

#[test]
fn random_questions_have_the_answers_of_a_plain_loop_with_and_without_kept_totals() {
    for seed in 0..4 {
        let mut dice = Dice(seed);
        let mut house = House::new();
        for _ in 0..40 {
            house.random_step(&mut dice);
        }
        compare(&house, &mut dice);
        let _ = house
            .session
            .change_schema([add(pipeline()), add(rich())])
            .unwrap();
        compare(&house, &mut dice);
        for _ in 0..60 {
            house.random_step(&mut dice);
        }
        compare(&house, &mut dice);
    }
}

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

#[test]
fn amounts_change_to_the_base_currency_by_the_rate_of_their_own_day() {
    let house = House::new();
    let session = &house.session;
    let make = |object: &str, fields| drop(session.create(object, fields).unwrap());
    let sum = asked(
        &["status"],
        &["sum(amount in base)", "max(amount in base on close_date)"],
    );
    let refused = |why: &str| {
        let error = session.aggregate(&sum).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    };
    for (amount, day) in [
        ("2 EUR", "2026-03-20"),
        ("3 EUR", "2026-03-21"),
        ("1000 IRR", "2026-03-21"),
    ] {
        make(
            "opportunity",
            json!({"name": "بیمه", "amount": amount, "close_date": day}),
        );
    }
    make(
        "opportunity",
        json!({"name": "بی مبلغ", "close_date": "2026-03-21"}),
    );
    refused("no base currency");
    session
        .set_base_currency(Some("IRR".parse().unwrap()))
        .unwrap();
    assert_eq!(
        session.base_currency().unwrap(),
        Some("IRR".parse().unwrap())
    );
    refused("no rate from EUR to IRR on or before 2026-03-2");
    for (from, to, day, rate) in [
        ("IRR", "EUR", "2026-03-01", "0.000002"),
        ("EUR", "IRR", "2026-03-21", "700000"),
        ("EUR", "IRR", "2026-03-22", "1"),
        ("EUR", "AED", "2026-03-01", "4"),
    ] {
        make(
            "exchange_rate",
            json!({"from": from, "to": to, "day": day, "rate": rate}),
        );
    }
    // 2 EUR by the turned over rate of 1 March, 3 EUR by that of their day.
    let row = vec![
        Some("3101000 IRR".to_owned()),
        Some("2100000 IRR".to_owned()),
    ];
    let expected: Table = [(vec![Some("open".to_owned())], (4, row))].into();
    assert_eq!(told(session.aggregate(&sum).unwrap()), expected);
    for (fields, why) in [
        (
            json!({"from": "eur", "to": "IRR", "day": "2026-03-01", "rate": 1}),
            "write it as EUR",
        ),
        (
            json!({"from": "EUR", "to": "EUR", "day": "2026-03-01", "rate": 1}),
            "no rate to itself",
        ),
        (
            json!({"from": "EUR", "to": "IRR", "day": "2026-03-01", "rate": 0}),
            "greater than zero",
        ),
    ] {
        let error = session
            .create("exchange_rate", fields)
            .unwrap_err()
            .to_string();
        assert!(error.contains(why), "{error}");
    }
}
