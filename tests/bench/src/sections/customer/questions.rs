//! What do the other daily questions take: a page of a list, a search while somebody types, the pipeline?
//!
//! Asked of the stores of the 360 view; a list also by somebody who sees what his team of five in forty owns.

use std::time::Instant;

use peyvand::{
    Actor, Aggregate, Filter, LiveTotal, Measure, Query, Record, SchemaChange, Search, Session,
};
use rusqlite::Connection;

use super::filled::{TEAM, made};
use super::{at, read};
use crate::args::Args;
use crate::contestants::Who;
use crate::customers::Customers;
use crate::draws::Draws;
use crate::report::{Cell, Report, Table};

const OPEN: [&str; 4] = ["prospecting", "qualification", "proposal", "negotiation"];
const SHOWN: [&str; 6] = ["name", "account", "stage", "amount", "close_date", "owner"];

const LIST: &str = "SELECT id, name, account, stage, amount, close_date, owner FROM opportunity WHERE stage = ?1 AND amount >= 50000000 ORDER BY close_date DESC LIMIT 50";
const SEARCH: &str = "SELECT rowid FROM names WHERE names MATCH ?1 ORDER BY rank LIMIT 20";
const PIPELINE: &str = "SELECT stage, owner, count(*), sum(amount) FROM opportunity WHERE stage <> ?1 GROUP BY stage, owner";

/// A question, as each side is asked it.
struct Question<'a> {
    title: &'static str,
    /// How often it is asked in a round.
    times: usize,
    ours: Box<dyn Fn(u64) -> usize + 'a>,
    theirs: Box<dyn Fn(u64) -> usize + 'a>,
}

/// Every value as text, as the page that shows them wants them.
fn told(records: &[Record]) -> usize {
    let texts = records.iter().flat_map(|record| {
        SHOWN
            .iter()
            .map(|name| record.get(name).map(ToString::to_string))
    });
    std::hint::black_box(texts.collect::<Vec<_>>());
    records.len()
}

fn page(session: &Session, number: u64) -> usize {
    let stage = OPEN[(number % 4) as usize];
    let query = Query::new("opportunity")
        .filter(Filter::eq("stage", stage).and(Filter::gte("amount", 50_000_000)))
        .sorted_by("-close_date")
        .unwrap()
        .limit(50);
    told(&session.query(&query).unwrap().records)
}

/// The first name and the beginning of the second, as somebody types them.
fn typed(customers: &Customers, number: u64) -> String {
    let person = made(customers, number).person;
    let (given, family) = person.split_once(' ').unwrap_or((&person, ""));
    let family: String = family.chars().take(3).collect();
    format!("{given} {family}")
}

fn like(connection: &Connection, sql: &str, key: impl rusqlite::ToSql) -> usize {
    read(connection, sql, key).len()
}

/// What the index of the pipeline is to SQLite.
fn declare(session: &Session) {
    let total = LiveTotal::new("pipeline")
        .group_by("stage")
        .group_by("owner")
        .measure(Measure::Sum("amount".to_owned()));
    let object = "opportunity".to_owned();
    let _ = session
        .change_schema([SchemaChange::AddTotal { object, total }])
        .unwrap();
}

/// Lists, searches and the pipeline, in a table of their own.
pub(super) fn questions(
    args: &Args,
    program: &Session,
    sqlite: &Connection,
    customers: &Customers,
    report: &mut Report,
) {
    declare(program);
    program.enforce_access(true).unwrap();
    let login = |login: &str| {
        let user = program.find("user", "login", login).unwrap().unwrap();
        program.engine().session_as(Actor::User(user.id()))
    };
    let (admin, scoped) = (login("u0"), login("u1"));
    let stage = |number: u64| OPEN[(number % 4) as usize];
    let team = format!("AND owner BETWEEN 0 AND {} ORDER BY", TEAM - 1);
    let of_team = LIST.replace("ORDER BY", &team);
    let pipeline = Aggregate::new("opportunity")
        .group_by("stage")
        .group_by("owner")
        .measure(Measure::Sum("amount".to_owned()));
    let all: [Question<'_>; 4] = [
        Question {
            title: "50 deals of a stage above an amount, by day of closing, as administrator",
            times: 500,
            ours: Box::new(|number| page(&admin, number)),
            theirs: Box::new(|number| like(sqlite, LIST, stage(number))),
        },
        Question {
            title: "the same by somebody who sees an eighth",
            times: 500,
            ours: Box::new(|number| page(&scoped, number)),
            theirs: Box::new(|number| like(sqlite, &of_team, stage(number))),
        },
        Question {
            title: "a first name and three letters of the second",
            times: 500,
            ours: Box::new(|number| {
                let search = Search::new(typed(customers, number));
                admin.search(&search).unwrap().hits.len()
            }),
            theirs: Box::new(|number| {
                let typed = typed(customers, number);
                let words: Vec<String> = typed
                    .split_whitespace()
                    .map(|word| format!("\"{word}\"*"))
                    .collect();
                like(sqlite, SEARCH, words.join(" "))
            }),
        },
        Question {
            title: "the pipeline by stage and owner",
            times: 3,
            ours: Box::new(|_| admin.aggregate(&pipeline).unwrap().len()),
            theirs: Box::new(|_| like(sqlite, PIPELINE, "none")),
        },
    ];
    let beside = args.contestants.contains(&Who::Sqlite);
    let mut table = Table::new(
        "Questions of every day, µs",
        &[
            "Peyvand, median",
            "p99",
            "SQLite by hand, median",
            "p99",
            "SQLite / Peyvand, median",
        ],
    );
    let draws = Draws::even(args.customers);
    for question in all {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        // The first round warms both.
        for round in 0..=args.rounds as u64 {
            for number in draws.many(question.times, 200 + round) {
                let begin = Instant::now();
                let found = (question.ours)(number);
                let took = begin.elapsed().as_nanos() as u64;
                let begin = Instant::now();
                let same = beside.then(|| (question.theirs)(number));
                let took_too = begin.elapsed().as_nanos() as u64;
                assert!(
                    found > 0 && same.is_none_or(|rows| rows > 0),
                    "{}",
                    question.title
                );
                if round > 0 {
                    ours.push(took);
                    theirs.extend(beside.then_some(took_too));
                }
            }
        }
        let cells = [
            at(&mut ours, 50),
            at(&mut ours, 99),
            at(&mut theirs, 50),
            at(&mut theirs, 99),
        ];
        let ratio = cells[2] / cells[0];
        let cells = cells.into_iter().chain([ratio]).map(Cell::from).collect();
        table.row(question.title, cells);
    }
    table.note("Peyvand's total of the pipeline is kept inside each commit; SQLite has an index that covers its query.");
    table.note("SQLite searches a full-text index with prefixes of two and three letters, which folds no Persian letters.");
    report.table(&table);
}
