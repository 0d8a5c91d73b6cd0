//! Tests: are the records of one person found, in real data and in made-up ones, with one file of settings?
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::collections::HashMap;

use super::made_up::{COLUMNS, records};
use super::{Level, Matcher, Pair, Settings, Table};
use crate::context::Locale;

/// What was found of what there is.
#[derive(Debug)]
struct Measured {
    precision: f64,
    recall: f64,
}

impl Measured {
    /// Of the pairs that are in one cluster.
    fn of(matcher: &Matcher, who: &[impl std::hash::Hash + Eq]) -> Self {
        let clusters = matcher.clusters(&matcher.pairs());
        let (mut right, mut found, mut there) = (0.0, 0.0, 0.0);
        for cluster in &clusters {
            for (at, row) in cluster.iter().enumerate() {
                for other in cluster.iter().skip(at + 1) {
                    found += 1.0;
                    right += f64::from(u8::from(who[*row] == who[*other]));
                }
            }
        }
        let mut counts: HashMap<_, f64> = HashMap::new();
        for who in who {
            let count = counts.entry(who).or_default();
            there += *count;
            *count += 1.0;
        }
        Self {
            precision: right / found,
            recall: right / there,
        }
    }

    fn f1(&self) -> f64 {
        2.0 * self.precision * self.recall / (self.precision + self.recall)
    }
}

/// A data set of Febrl with whom each record is of; nothing where it is not there.
fn febrl(number: u8) -> Option<(Table, Vec<String>)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/febrl");
    let Ok(text) = std::fs::read_to_string(format!("{folder}/dataset{number}.csv")) else {
        assert!(
            std::env::var_os("PEYVAND_NO_SKIPS").is_none(),
            "{folder} is not there, and no test may be skipped"
        );
        eprintln!("skipped: {folder} is not there");
        return None;
    };
    let mut lines = text.lines().map(|line| line.split(',').map(str::trim));
    let mut table = Table::new(lines.next()?);
    let mut who = Vec::new();
    for line in lines {
        let line: Vec<&str> = line.collect();
        let Some(id) = line.first().and_then(|id| id.split('-').nth(1)) else {
            continue;
        };
        who.push(id.to_owned());
        table.push(line);
    }
    Some((table, who))
}

#[test]
fn the_duplicates_of_febrl_are_found_with_the_settings_for_persons() {
    for (number, rows, least) in [(1, 1_000, 0.99), (2, 5_000, 0.98)] {
        let Some((table, who)) = febrl(number) else {
            continue;
        };
        assert_eq!(table.rows(), rows);
        let measured = Measured::of(&Matcher::new(Settings::persons().unwrap(), &table), &who);
        assert!(measured.f1() >= least, "{number}: {measured:?}");
    }
}

fn made_up(count: usize, seed: u64) -> (Table, Vec<usize>) {
    let (records, who) = records(count, seed);
    let mut table = Table::new(COLUMNS);
    records.into_iter().for_each(|record| table.push(record));
    (table, who)
}

#[test]
fn people_written_carelessly_in_two_scripts_are_found_with_the_same_settings() {
    for seed in [1, 2] {
        let (table, who) = made_up(3_000, seed);
        let measured = Measured::of(&Matcher::new(Settings::persons().unwrap(), &table), &who);
        assert!(measured.f1() >= 0.95, "{seed}: {measured:?}");
    }
}

fn persons(rows: &[[&str; 4]]) -> Matcher {
    let mut table = Table::new(["given", "family", "birth_date", "phone"]);
    rows.iter().for_each(|row| table.push(*row));
    Matcher::new(Settings::persons().unwrap(), &table)
}

#[test]
fn the_pairs_are_the_same_every_time_and_whatever_the_order_of_rows() {
    let (table, _) = made_up(700, 3);
    let pairs = |table: &Table| Matcher::new(Settings::persons().unwrap(), table).pairs();
    assert_eq!(pairs(&table), pairs(&table));
    let two = [
        ["علی", "اکبری", "1360/01/02", "09120000001"],
        ["Ali", "Akbari", "1360-1-2", ""],
    ];
    let turned = [two[1], two[0]];
    let score = |rows: &[[&str; 4]]| persons(rows).score(0, 1);
    assert_eq!(score(&two), score(&turned));
}

#[test]
fn a_match_is_explained_field_by_field_in_three_languages() {
    let matcher = persons(&[
        ["مهندس محمد", "رضايي", "۱۳۶۰/۰۵/۱۲", "09123456789"],
        ["Rezaei", "Mohammad", "1360/12/05", "+98 912 345 6798"],
        ["سارا", "کریمی", "1370/01/01", ""],
    ]);
    let explained = matcher.explain(0, 1);
    assert!(explained.is_same, "{explained:?}");
    let said: Vec<(&str, Level, bool)> = explained
        .fields
        .iter()
        .map(|field| (field.field.as_str(), field.level, field.swapped))
        .collect();
    assert_eq!(
        said,
        [
            ("given", Level::Spelling, true),
            ("family", Level::Spelling, true),
            ("birth_date", Level::Mistyped, false),
            ("phone", Level::Mistyped, false),
        ]
    );
    let birth = &explained.fields[2];
    assert!(
        birth
            .words("Birth date", Locale::En)
            .starts_with("Birth date: one mistake apart (+")
    );
    assert!(
        birth
            .words("تاریخ تولد", Locale::Fa)
            .starts_with("تاریخ تولد: با یک غلط تایپی (+")
    );
    assert!(
        birth
            .words("تاريخ الميلاد", Locale::Ar)
            .contains("بخطأ كتابي واحد")
    );
    let other = matcher.explain(0, 2);
    assert!(!other.is_same && other.score < 0.0, "{other:?}");
    assert_eq!(
        other.fields.len(),
        3,
        "a field that one of them lacks says nothing"
    );
}

#[test]
fn a_chain_of_half_alike_records_is_no_cluster() {
    // The one in the middle has the telephone of one neighbour and the name and birth date of the other.
    let matcher = persons(&[
        ["نرگس", "شاملو", "1350/03/04", "09121111111"],
        ["نرگس", "شاملو", "1350/03/04", "09122222222"],
        ["بهرام", "قاجار", "", "09122222222"],
    ]);
    let pair = |left, right, score| Pair {
        left,
        right,
        score,
        is_same: true,
    };
    let clusters = matcher.clusters(&[pair(0, 1, 20.0), pair(1, 2, 12.0)]);
    assert_eq!(clusters, [vec![0, 1]]);
}

#[test]
fn settings_are_read_back_as_they_were_written_and_faults_are_named() {
    let settings = Settings::persons().unwrap();
    assert_eq!(Settings::from_json(&settings.to_json()).unwrap(), settings);
    Settings::firms().unwrap();
    let text = settings.to_json();
    for (from, to, told) in [
        (
            "\"family:sound\"",
            "\"famly:sound\"",
            "there is no field «famly»",
        ),
        (
            "\"family:sound\"",
            "\"family:colour\"",
            "«colour» of «family»",
        ),
        ("\"m\": 0.74", "\"m\": 0.0", "m and u of «given»"),
        (
            "\"at_least\": 0.92",
            "\"at_least\": 0.1",
            "from the most alike down to 0",
        ),
        ("\"rounds\"", "\"runds\"", "unknown field"),
    ] {
        let error = Settings::from_json(&text.replace(from, to))
            .unwrap_err()
            .to_string();
        assert!(error.contains(told), "{error}");
    }
}

#[test]
fn shares_are_learnt_from_the_data_where_that_is_asked_for() {
    let (table, who) = made_up(2_000, 5);
    let mut settings = Settings::persons().unwrap();
    for field in &mut settings.fields {
        // As if nobody ever wrote a thing as it is.
        let (first, rest) = field.levels.split_first_mut().unwrap();
        first.m = 0.02;
        let share = 0.98 / rest.len() as f64;
        rest.iter_mut().for_each(|level| level.m = share);
    }
    let f1 = |settings: &Settings| Measured::of(&Matcher::new(settings.clone(), &table), &who).f1();
    let before = f1(&settings);
    settings.rounds = 5;
    let after = f1(&settings);
    assert!(after > before && after >= 0.95, "{before} {after}");
}
