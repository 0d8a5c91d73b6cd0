//! Does a league tell what it knows, also of a store whose journal was trimmed?

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate, Utc};
use serde_json::json;

use super::league::of_scores;
use super::{Badge, League, Reason};
use crate::context::{Actor, FixedClock, SeededIds};
use crate::engine::Engine;
use crate::hook::{Awards, Cost, HookContext, HookFailure, HookName, Interest, Row, Score, Verb};
use crate::journal::Durability;
use crate::record::RecordId;

/// A point for a new account, ten for a change of one that is known.
struct Accounts {
    name: HookName,
    interest: Interest,
    credit: u32,
    reasons: Vec<Reason>,
}

impl Accounts {
    fn of(engine: &Engine) -> Arc<dyn Score> {
        let schema = engine.schema().unwrap();
        let owner = schema.object("account").unwrap().field("owner").unwrap();
        Arc::new(Self {
            name: HookName {
                owner: "test".to_owned(),
                hook: "accounts".to_owned(),
                actor: Actor::System,
            },
            interest: Interest {
                object: "account".to_owned(),
                verbs: vec![Verb::Create, Verb::Update],
                wakes: Vec::new(),
            },
            credit: owner.number,
            reasons: vec![Reason {
                name: "care".to_owned(),
                label: Default::default(),
                cap_per_day: None,
            }],
        })
    }
}

impl Score for Accounts {
    fn name(&self) -> &HookName {
        &self.name
    }

    fn interest(&self) -> &Interest {
        &self.interest
    }

    fn credit(&self) -> u32 {
        self.credit
    }

    fn reasons(&self) -> &[Reason] {
        &self.reasons
    }

    fn badges(&self) -> &[Badge] {
        &[]
    }

    fn score(&self, rows: &[Row<'_>], _: &HookContext<'_>) -> Result<Awards, HookFailure> {
        let points = |row: &Row<'_>| if row.before.is_some() { 10 } else { 1 };
        let award = |(at, row): (usize, &Row<'_>)| (at, points(row), 0);
        Ok(Awards {
            awards: rows.iter().enumerate().map(award).collect(),
            cost: Cost::default(),
        })
    }
}

fn league(engine: &Engine, day: NaiveDate) -> League {
    let (reader, _) = engine.read().unwrap();
    let scores = [Accounts::of(engine)];
    of_scores(engine, &reader, &scores, (day, day)).unwrap()
}

fn points(league: &League) -> Vec<(RecordId, i64)> {
    let of = |standing: &super::Standing| (standing.user, standing.points);
    league.standings.iter().map(of).collect()
}

fn accounts(engine: &Engine, owner: RecordId, count: usize) -> RecordId {
    let make = |number: usize| {
        let about = format!("{number} ").repeat(400);
        let fields = json!({"name": format!("شرکت {number}"), "description": about, "owner": owner.to_string()});
        engine.session().create("account", fields).unwrap()
    };
    let ids: Vec<_> = (0..count)
        .map(|number| make(number).id().unwrap())
        .collect();
    ids[0]
}

#[test]
fn a_trimmed_store_has_a_league_of_what_is_left_and_says_since_when() {
    let folder = tempfile::tempdir().unwrap();
    let now: DateTime<Utc> = "2026-03-21T08:00:00Z".parse().unwrap();
    let clock = Arc::new(FixedClock::at(now));
    let engine = Engine::builder(folder.path().join("crm"))
        .clock(clock.clone())
        .ids(Arc::new(SeededIds::new(5)))
        .durability(Durability::Os)
        .background(false)
        .open()
        .unwrap();
    let user = json!({"login": "zahra", "name": "زهرا"});
    let user = engine.session().create("user", user).unwrap().id().unwrap();
    let old = accounts(&engine, user, 200);
    let middle = engine.position();
    engine.keep_checkpoint(&mut |_| {}).unwrap();
    let later = now + Days::new(1);
    clock.set(later);
    accounts(&engine, user, 200);
    let change = json!({"industry": "retail"});
    let changed = engine.session().update(old, change).unwrap();

    let whole = league(&engine, later.date_naive());
    assert_eq!(points(&whole), [(user, 210)]);
    assert_eq!(whole.since, None);

    let trimmed = engine.trim(middle).unwrap();
    assert!(trimmed.oldest < changed.position);
    let rest = league(&engine, later.date_naive());
    // The account from before the trimming is known as it was.
    assert_eq!(points(&rest), [(user, 210)]);
    assert_eq!(rest.since, Some(now));
    let before = points(&league(&engine, now.date_naive()));
    assert!(before.iter().all(|(_, points)| *points < 200), "{before:?}");
    engine.close().unwrap();
}
