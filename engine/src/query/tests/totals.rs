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

pub(super) fn pipeline() -> LiveTotal {
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

pub(super) fn rich() -> LiveTotal {
    LiveTotal::new("rich")
        .filter(Filter::gte("amount", "400 IRR"))
        .group_by("close_date")
        .measure(Measure::Sum("amount".into()))
}

pub(super) fn add(total: LiveTotal) -> SchemaChange {
    SchemaChange::AddTotal {
        object: "opportunity".to_owned(),
        total,
    }
}

pub(super) struct House {
    pub(super) engine: Engine,
    pub(super) session: Session,
    accounts: Vec<RecordId>,
    pub(super) users: Vec<RecordId>,
    bin: Vec<RecordId>,
}

impl House {
    pub(super) fn new() -> Self {
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

    pub(super) fn random_step(&mut self, dice: &mut Dice) {
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

pub(super) type Table = BTreeMap<Vec<Option<String>>, (u64, Vec<Option<String>>)>;

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

pub(super) fn told(rows: Vec<GroupRow>) -> Table {
    let text = |value: &Option<Value>| value.as_ref().map(ToString::to_string);
    rows.iter()
        .map(|row| {
            let keys = row.keys.iter().map(text).collect();
            (keys, (row.count, row.values.iter().map(text).collect()))
        })
        .collect()
}

pub(super) fn asked(keys: &[&str], measures: &[&str]) -> Aggregate {
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

type Passes = Box<dyn Fn(&Record) -> bool>;

/// Which records pass one of the filters that are asked with.
fn filters(house: &House) -> Vec<(Filter, Passes)> {
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
