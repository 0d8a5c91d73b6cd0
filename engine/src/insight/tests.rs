//! Do the reports say what a plain look says?

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;

use super::budget::Budget;
use super::{Days, Funnel};
use crate::context::FixedClock;
use crate::engine::Engine;
use crate::error::ErrorKind;
use crate::query::Filter;
use crate::record::{Decimal, RecordId};
use crate::sales::LeadConversion;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn days(count: u64, mean: &str, median: &str) -> Days {
    Days {
        count,
        mean: Some(mean.parse().unwrap()),
        median: Some(median.parse().unwrap()),
    }
}

struct House {
    session: crate::Session,
    clock: Arc<FixedClock>,
}

impl House {
    fn new() -> Self {
        let clock = Arc::new(FixedClock::at(at("2026-03-19T08:00:00Z")));
        let engine = Engine::in_memory().clock(clock.clone()).open().unwrap();
        Self {
            session: engine.session(),
            clock,
        }
    }

    fn make(&self, object: &str, fields: serde_json::Value) -> RecordId {
        self.session.create(object, fields).unwrap().id().unwrap()
    }

    fn now(&self, text: &str) {
        self.clock.set(at(text));
    }
}

#[cfg(feature = "intl")]
#[test]
fn the_funnel_counts_each_person_once_in_the_cohort_of_his_coming() {
    let house = House::new();
    let mina = house.make("user", json!({"login": "mina", "name": "مینا"}));
    let owner = mina.to_string();
    // Esfand: a lead that is converted and won, and one that is not worth it.
    let lead = house.make("lead", json!({"name": "علی رضایی", "owner": owner}));
    house.make("lead", json!({"name": "ليلى حسن", "status": "unqualified"}));
    house.now("2026-03-21T08:00:00Z");
    // Farvardin: a contact with a lost sale, a lead that is worth it, a sale of nobody.
    let contact = house.make("contact", json!({"name": "زهرا کریمی", "owner": owner}));
    house.make(
        "opportunity",
        json!({"name": "بیمه", "contact": contact.to_string(), "stage": "lost"}),
    );
    house.make(
        "opportunity",
        json!({"name": "بیمه دوم", "contact": contact.to_string()}),
    );
    house.make("lead", json!({"name": "محمد", "status": "qualified"}));
    house.make(
        "opportunity",
        json!({"name": "بی نام", "stage": "won", "opened_on": "2026-03-01"}),
    );
    let conversion = LeadConversion::of(lead).with_opportunity("قرارداد", json!({"stage": "won"}));
    let _ = house.session.convert_lead(conversion).unwrap();

    let counts = |funnel: &Funnel| -> Vec<_> {
        let rows = house.session.funnel(funnel).unwrap().into_iter();
        let counts = |row: super::FunnelRow| {
            (
                row.cohort,
                row.owner,
                [row.contacts, row.leads, row.opportunities, row.won],
            )
        };
        rows.map(counts).collect()
    };
    assert_eq!(counts(&Funnel::new()), [(None, None, [5, 4, 3, 2])]);
    let (esfand, farvardin) = (Some(day("2026-02-20")), Some(day("2026-03-21")));
    assert_eq!(
        counts(&Funnel::new().cohort("month@persian")),
        [
            (esfand, None, [3, 2, 2, 2]),
            (farvardin, None, [2, 2, 1, 0])
        ]
    );
    assert_eq!(
        counts(&Funnel::new().per_person()),
        [(None, None, [3, 2, 1, 1]), (None, Some(mina), [2, 2, 2, 1])]
    );
    let late = Funnel::new().between(day("2026-03-21"), day("2026-03-21"));
    assert_eq!(counts(&late), [(None, None, [2, 2, 1, 0])]);
    let row = house.session.funnel(&Funnel::new()).unwrap().remove(0);
    let hundred = ["80", "60", "40"].map(|share| share.parse::<Decimal>().unwrap());
    assert_eq!(row.per_hundred(), Some(hundred));
    let error = house
        .session
        .funnel(&Funnel::new().cohort("moth@persian"))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no period 'moth'; did you mean 'month'?"
    );
}

#[test]
fn stays_in_stages_are_those_of_the_journal() {
    let house = House::new();
    let first = house.make(
        "opportunity",
        json!({"name": "بیمه", "opened_on": "2026-03-17"}),
    );
    let second = house.make("opportunity", json!({"name": "وام"}));
    let move_to =
        |sale, stage: &str| drop(house.session.update(sale, json!({"stage": stage})).unwrap());
    house.now("2026-03-20T00:00:00Z");
    move_to(first, "proposal");
    house.now("2026-03-21T00:00:00Z");
    // A change of something else is no move.
    let _ = house
        .session
        .update(first, json!({"name": "بیمه عمر"}))
        .unwrap();
    house.now("2026-03-22T00:00:00Z");
    move_to(first, "prospecting");
    move_to(second, "proposal");
    house.now("2026-03-23T00:00:00Z");
    move_to(first, "won");
    house.now("2026-03-26T00:00:00Z");
    let times = house.session.sale_times(&Filter::everything()).unwrap();
    let stage = |key: &str| {
        house
            .session
            .find("stage", "key", key)
            .unwrap()
            .unwrap()
            .id()
    };
    let told: Vec<_> = times
        .stages
        .iter()
        .map(|one| (one.stage, &one.ended, &one.standing))
        .collect();
    let none = Days::default();
    assert_eq!(
        told,
        [
            // 3 days, 1 day, and 64 hours of the other sale.
            (
                stage("prospecting"),
                &days(3, "2.222222222", "2.666666667"),
                &none
            ),
            (stage("proposal"), &days(1, "2", "2"), &days(1, "4", "4")),
            (stage("won"), &none, &none),
        ]
    );
    assert_eq!(times.to_won, days(1, "6", "6"));
    assert_eq!(times.to_lost, none);
    let one = house
        .session
        .sale_times(&Filter::eq("name", "وام"))
        .unwrap();
    assert_eq!(one.stages.len(), 2);
    assert_eq!(one.to_won, none);
}

#[test]
fn the_first_contact_is_the_lead_or_an_activity_before_the_sale_was_opened() {
    let house = House::new();
    let lead = house.make("lead", json!({"name": "علی رضایی"}));
    house.make("activity", json!({"kind": "call", "subject": "تماس", "about": lead.to_string(), "at": "2026-03-10T08:00:00Z"}));
    house.make("activity", json!({"kind": "call", "subject": "لغو", "about": lead.to_string(), "at": "2026-03-01T08:00:00Z", "status": "cancelled"}));
    house.now("2026-03-20T08:00:00Z");
    let conversion = LeadConversion::of(lead).with_opportunity("قرارداد", json!({"stage": "won"}));
    let _ = house.session.convert_lead(conversion).unwrap();
    let backwards = json!({"name": "x", "stage": "lost", "opened_on": "2026-03-20", "close_date": "2026-03-19"});
    house.make("opportunity", backwards);
    let times = house.session.sale_times(&Filter::everything()).unwrap();
    assert_eq!(times.first_contact_to_won, days(1, "10", "10"));
    assert_eq!(times.to_won, days(1, "0", "0"));
    assert_eq!((times.to_lost, times.left_out), (Days::default(), 1));
}

#[cfg(feature = "exchange")]
#[test]
#[allow(clippy::print_stderr)]
fn on_maven_the_days_from_engage_to_close_are_those_of_the_file() {
    const FOLDER: &str = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../shared/data/maven-crm-sales"
    );
    const MAPPING: &str = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../host-examples/peyvand/mappings/maven.toml"
    ));
    let Ok(text) = std::fs::read_to_string(format!("{FOLDER}/sales_pipeline.csv")) else {
        assert!(
            std::env::var_os("PEYVAND_NO_SKIPS").is_none(),
            "{FOLDER} is not there, and no test may be skipped"
        );
        eprintln!("skipped: {FOLDER} is not there");
        return;
    };
    let engine = Engine::in_memory().open().unwrap();
    let session = engine.session();
    let mapping = crate::Mapping::parse(MAPPING).unwrap();
    for (into, file) in [
        ("user", "sales_teams.csv"),
        ("product", "products.csv"),
        ("account", "accounts.csv"),
        ("opportunity", "sales_pipeline.csv"),
    ] {
        let input = std::fs::File::open(format!("{FOLDER}/{file}")).unwrap();
        let options = crate::ImportOptions {
            file: Some(file.to_owned()),
            ..Default::default()
        };
        session
            .import(input, &mapping, into, &options, &mut |_| {})
            .unwrap();
    }
    // No cell of the file has a comma or a quote.
    let of = |stage: &str| {
        let rows = text
            .lines()
            .skip(1)
            .map(|line| line.split(',').collect::<Vec<_>>());
        let closed = rows.filter(|row| row[4] == stage);
        let mut days: Vec<i64> = closed
            .map(|row| (day(row[6]) - day(row[5])).num_days())
            .collect();
        days.sort_unstable();
        let mean = Decimal::from(days.iter().sum::<i64>());
        let mean = mean.checked_div(Decimal::from(days.len() as i64)).unwrap();
        let middle = days[(days.len() - 1) / 2] + days[days.len() / 2];
        Days {
            count: days.len() as u64,
            mean: Some(mean),
            median: Decimal::from(middle).checked_div(Decimal::from(2)),
        }
    };
    let times = session.sale_times(&Filter::everything()).unwrap();
    assert_eq!((&times.to_won, &times.to_lost), (&of("Won"), &of("Lost")));
    assert_eq!((times.to_won.count, times.to_lost.count), (4_238, 2_473));
    assert_eq!(times.left_out, 0);
}

#[test]
fn a_report_reads_no_more_than_its_budget_and_says_what_to_do() {
    let house = House::new();
    for name in ["سارا محمدی", "ليلى حسن"] {
        house.make("lead", json!({"name": name}));
    }
    let (reader, _) = house.session.read().unwrap();
    let mut budget = Budget::of(3);
    budget.spend_whole(&reader, "lead").unwrap();
    budget.spend(1, "opportunity").unwrap();
    let error = budget.spend_whole(&reader, "lead").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Query);
    assert!(error.to_string().contains("more than 3 records"), "{error}");
    assert!(error.remedy().unwrap().contains("live totals"));
}
