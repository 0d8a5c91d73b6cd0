//! Do totals with a filter stay what a look at every record would say?

#![allow(clippy::unwrap_used)]

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::engine::Engine;
use crate::query::{Aggregate, Filter, Measure, Query};
use crate::record::{Money, Record, RecordId, Value};
use crate::schema::{Field, FieldKind, LiveTotal, Rollup, RollupMeasure, SchemaChange};
use crate::session::Session;

/// Numbers that look random and are the same in every run.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % sides
    }
}

pub(super) fn of(field: &str) -> String {
    field.to_owned()
}

fn irr() -> Option<String> {
    Some("IRR".to_owned())
}

/// Totals of an account over its opportunities; the filter of all but the first is `only`.
pub(super) fn totals() -> Vec<(&'static str, Rollup)> {
    let over = |measure| Rollup::new("opportunity", "account", measure);
    let won = Filter::eq("status", "won").and(Filter::gte("amount", "500 IRR"));
    vec![
        ("deals", over(RollupMeasure::Count)),
        ("won_deals", over(RollupMeasure::Count).filter(won.clone())),
        (
            "won_value",
            over(RollupMeasure::SumMoney {
                of: of("amount"),
                currency: "IRR".into(),
            })
            .filter(won.clone()),
        ),
        (
            "least_won",
            over(RollupMeasure::Min {
                of: of("amount"),
                currency: irr(),
            })
            .filter(won.clone()),
        ),
        (
            "greatest_won",
            over(RollupMeasure::Max {
                of: of("amount"),
                currency: irr(),
            })
            .filter(won.clone()),
        ),
        (
            "first_closed",
            over(RollupMeasure::Earliest {
                of: of("closed_at"),
            })
            .filter(won.clone()),
        ),
        (
            "last_closed",
            over(RollupMeasure::Latest {
                of: of("closed_at"),
            })
            .filter(won),
        ),
    ]
}

pub(super) fn declarations() -> Vec<SchemaChange> {
    let fields = totals()
        .into_iter()
        .map(|(name, rollup)| SchemaChange::AddField {
            object: "account".to_owned(),
            field: Field::new(name, FieldKind::Rollup(rollup)).read_only(),
        });
    fields.collect()
}

fn declare(session: &Session) {
    let _ = session.change_schema(declarations()).unwrap();
}

pub(super) fn all(session: &Session, object: &str) -> Vec<Record> {
    session
        .query(&Query::new(object).limit(1000))
        .unwrap()
        .records
}

fn amount(record: &Record) -> Option<Money> {
    match record.get("amount") {
        Some(Value::Money(money)) if money.currency.code() == "IRR" => Some(*money),
        _ => None,
    }
}

/// What the totals of an account are by a look at every opportunity.
fn looked_up(deals: &[Record], account: RecordId) -> Vec<Option<Value>> {
    let of_it = |deal: &&Record| deal.get("account") == Some(&Value::Reference(account));
    let mine: Vec<&Record> = deals.iter().filter(of_it).collect();
    let won = |deal: &&&Record| {
        let enough = amount(deal).is_some_and(|money| money.amount >= "500".parse().unwrap());
        deal.text("status") == Some("won") && enough
    };
    let won: Vec<&&Record> = mine.iter().filter(won).collect();
    let amounts: Vec<Money> = won.iter().filter_map(|deal| amount(deal)).collect();
    let sum = amounts.iter().map(|money| money.amount.billionths()).sum();
    let closed: Vec<DateTime<Utc>> = won
        .iter()
        .filter_map(|deal| match deal.get("closed_at") {
            Some(Value::Instant(at)) => Some(*at),
            _ => None,
        })
        .collect();
    let money = |amount| {
        Value::Money(Money {
            amount,
            currency: "IRR".parse().unwrap(),
        })
    };
    let sum = crate::record::Decimal::from_billionths(sum).unwrap();
    vec![
        Some(Value::Integer(mine.len() as i64)),
        Some(Value::Integer(won.len() as i64)),
        Some(money(sum)),
        amounts.iter().map(|one| one.amount).min().map(money),
        amounts.iter().map(|one| one.amount).max().map(money),
        closed.iter().min().copied().map(Value::Instant),
        closed.iter().max().copied().map(Value::Instant),
    ]
}

pub(super) fn compare(engine: &Engine, session: &Session) {
    let deals = all(session, "opportunity");
    for account in all(session, "account") {
        let kept: Vec<_> = totals()
            .iter()
            .map(|(name, _)| account.get(name).cloned())
            .collect();
        assert_eq!(kept, looked_up(&deals, account.id()), "{}", account.title());
    }
    let checked = engine.check().unwrap();
    assert!(checked.ok, "{:?}", checked.problems);
}

pub(super) fn random_step(
    session: &Session,
    dice: &mut Dice,
    accounts: &[RecordId],
    bin: &mut Vec<RecordId>,
) {
    let deals = all(session, "opportunity");
    let stages = ["won", "lost", "proposal"];
    let stage = stages[dice.below(3) as usize];
    let account = accounts[dice.below(3) as usize].to_string();
    let currency = ["IRR", "IRR", "EUR"][dice.below(3) as usize];
    let money = format!("{} {currency}", dice.below(12) * 100);
    let any = |dice: &mut Dice| deals[dice.below(deals.len() as u64) as usize].id();
    let done = match dice.below(9) {
        0..=3 => session.create(
            "opportunity",
            json!({"name": "قرارداد بیمه", "account": account, "stage": stage, "amount": money}),
        ),
        _ if deals.is_empty() => return,
        4 => session.update(any(dice), json!({"account": account})),
        5 => session.update(any(dice), json!({"amount": money})),
        6 => session.update(any(dice), json!({"stage": stage})),
        7 => {
            let gone = any(dice);
            bin.push(gone);
            session.delete(gone)
        }
        _ => match bin.pop() {
            Some(back) => session.restore(back),
            None => return,
        },
    };
    let _ = done.unwrap();
}

#[test]
fn filtered_totals_are_what_a_look_at_every_record_says() {
    for seed in 0..4 {
        let mut dice = Dice(seed);
        let engine = Engine::in_memory().open().unwrap();
        let session = engine.session();
        let accounts: Vec<RecordId> = ["بانک آینده", "شركة النور", "فولاد پارس"]
            .map(|name| {
                session
                    .create("account", json!({"name": name}))
                    .unwrap()
                    .id()
                    .unwrap()
            })
            .into();
        let mut bin = Vec::new();
        // Half of the time the totals come to records that are there.
        for _ in 0..dice.below(2) * 40 {
            random_step(&session, &mut dice, &accounts, &mut bin);
        }
        declare(&session);
        compare(&engine, &session);
        for step in 0..120 {
            random_step(&session, &mut dice, &accounts, &mut bin);
            if step % 20 == 19 {
                compare(&engine, &session);
            }
        }
    }
}

#[test]
fn a_filter_that_the_record_alone_cannot_answer_is_refused_with_the_reason() {
    let engine = Engine::in_memory().open().unwrap();
    let session = engine.session();
    for (filter, why) in [
        ("close_date[gte]:today", "nothing changes when a day passes"),
        (
            "closed_at[gte]:2026-03-21",
            "write the day or the instant in full",
        ),
        ("stage[eq]:won", "names a record by its id"),
        ("account.name[eq]:x", "a field of another record"),
        ("activities[gt]:3", "a total itself"),
        ("revision[gt]:3", "it is no field"),
        ("statsu[eq]:won", "did you mean 'status'"),
    ] {
        let filter = Filter::parse(filter).unwrap_or_else(|_| dotted(filter));
        let rollup = Rollup::new("opportunity", "account", RollupMeasure::Count).filter(filter);
        let change = SchemaChange::AddField {
            object: "account".to_owned(),
            field: Field::new("some", FieldKind::Rollup(rollup)).read_only(),
        };
        let error = session.change_schema([change]).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
    }
}

/// A condition on a field of another record, which the text form need not read.
fn dotted(text: &str) -> Filter {
    let (field, _) = text.split_once('[').unwrap();
    Filter::eq(field, "x")
}

#[test]
fn a_field_that_a_filter_chooses_by_cannot_be_retired() {
    let engine = Engine::in_memory().open().unwrap();
    let session = engine.session();
    let add = |object: &str, field| SchemaChange::AddField {
        object: object.to_owned(),
        field,
    };
    let _ = session
        .change_schema([add("opportunity", Field::new("region", FieldKind::Text))])
        .unwrap();
    let rollup = Rollup::new("opportunity", "account", RollupMeasure::Count)
        .filter(Filter::eq("region", "تهران"));
    let _ = session
        .change_schema([add(
            "account",
            Field::new("in_tehran", FieldKind::Rollup(rollup)),
        )])
        .unwrap();
    let retire = SchemaChange::RetireField {
        object: of("opportunity"),
        field: of("region"),
    };
    let error = session.change_schema([retire]).unwrap_err();
    assert!(error.to_string().contains("account.in_tehran"), "{error}");
}

#[test]
fn totals_are_filled_while_others_write() {
    let engine = Engine::in_memory().open().unwrap();
    let session = engine.session();
    let accounts: Vec<RecordId> = ["بانک آینده", "شركة النور", "فولاد پارس"]
        .map(|name| {
            session
                .create("account", json!({"name": name}))
                .unwrap()
                .id()
                .unwrap()
        })
        .into();
    let mut dice = Dice(1);
    for _ in 0..100 {
        random_step(&session, &mut dice, &accounts, &mut Vec::new());
    }
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let session = engine.session();
            let (mut dice, mut bin, mut steps) = (Dice(2), Vec::new(), 0);
            while steps < 20 || !done.load(std::sync::atomic::Ordering::SeqCst) {
                random_step(&session, &mut dice, &accounts, &mut bin);
                steps += 1;
            }
        });
        declare(&session);
        let by_day = LiveTotal::new("by_day")
            .group_by("close_date")
            .group_by("status")
            .measure(Measure::Sum(of("amount")))
            .measure(Measure::Max(of("amount")));
        let change = SchemaChange::AddTotal {
            object: of("opportunity"),
            total: by_day,
        };
        let _ = session.change_schema([change]).unwrap();
        done.store(true, std::sync::atomic::Ordering::SeqCst);
        writer.join().unwrap();
    });
    compare(&engine, &session);
    let told = Aggregate::new("opportunity")
        .group_by("status")
        .measure(Measure::Sum(of("amount")));
    let kept = session.aggregate(&told.clone().budget(0)).unwrap();
    // A filter that no total has makes it look at the records.
    let looked = session
        .aggregate(&told.filter(Filter::is_null("loss_reason")))
        .unwrap();
    assert_eq!(kept, looked);
}

#[cfg(feature = "script")]
#[test]
fn a_total_adds_up_and_chooses_by_what_hooks_computed() {
    let engine = Engine::in_memory().open().unwrap();
    let session = engine.session();
    let add = |object: &str, field| SchemaChange::AddField {
        object: of(object),
        field,
    };
    let field = Field::new("weight", FieldKind::Decimal);
    let _ = session.change_schema([add("opportunity", field)]).unwrap();
    let heavy = Rollup::new(
        "opportunity",
        "account",
        RollupMeasure::Sum { of: of("weight") },
    )
    .filter(Filter::gt("weight", 100));
    let field = Field::new("heavy", FieldKind::Rollup(heavy));
    let _ = session.change_schema([add("account", field)]).unwrap();
    let script = "//! name: weight\n//! on: opportunity before create, update\n//! on-failure: reject\nrecord.weight = record.probability * 2;\n";
    let _ = session.install_script(script).unwrap();
    let account = session
        .create("account", json!({"name": "شرکت نور"}))
        .unwrap()
        .id()
        .unwrap();
    let heavy = || {
        session
            .get(account)
            .unwrap()
            .get("heavy")
            .unwrap()
            .to_string()
    };
    let deal = json!({"name": "بیمه", "account": account.to_string(), "probability": 60});
    let deal = session.create("opportunity", deal).unwrap().id().unwrap();
    assert_eq!(heavy(), "120");
    let _ = session.update(deal, json!({"probability": 45})).unwrap();
    assert_eq!(heavy(), "0");
    let _ = session.update(deal, json!({"probability": 80})).unwrap();
    assert_eq!(heavy(), "160");
    assert!(engine.check().unwrap().ok);
}
