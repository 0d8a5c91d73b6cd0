//! What does a list cost who sees a part, beside who sees all?
//!
//! `cargo bench -p peyvand --no-default-features --bench access -- [opportunities] [rounds] [reader]`
//!
//! Opportunities in a tree of 1,000 branches, one in fifty confidential, and for each user some that are shared with him.
//! The same pages are asked for by an administrator and by users who see from 0.01 % to all of the records: by one owner,
//! by the eight of a team, and by as many branches as make up the part.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs
)]

use std::time::{Duration, Instant};

use peyvand::{Actor, Engine, Filter, Query, RecordId, Request, Session};
use serde_json::{Value as Json, json};

const BRANCHES: usize = 1_000;
const BATCH: usize = 1_000;
const SHARED: usize = 50;
const TEAM: usize = 8;
const STAGES: [&str; 5] = [
    "prospecting",
    "qualification",
    "proposal",
    "negotiation",
    "won",
];

/// What the teams own, in ten-thousandths of all; the rest is the administrator's.
const OWNED: [usize; 7] = [1, 10, 100, 300, 1_000, 2_000, 5_000];
/// How many branches lie under each region; each region lies in the next.
const REGIONS: [usize; 8] = [1, 10, 30, 100, 200, 350, 500, BRANCHES];

/// A number that looks random and is the same in every run.
fn mixed(seed: usize) -> usize {
    let mut x = (seed as u64).wrapping_add(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (x ^ (x >> 31)) as usize
}

fn make(session: &Session, object: &str, fields: Json) -> RecordId {
    session.create(object, fields).unwrap().id().unwrap()
}

fn user(session: &Session, login: String, more: Json) -> RecordId {
    let mut fields = json!({"login": login, "name": login});
    for (name, value) in more.as_object().unwrap() {
        fields[name] = value.clone();
    }
    make(session, "user", fields)
}

/// Everybody who asks, with a name for the table.
struct House {
    readers: Vec<(String, RecordId)>,
    admin: RecordId,
    /// By part.
    teams: Vec<Vec<RecordId>>,
    branches: Vec<RecordId>,
}

fn hire(session: &Session) -> House {
    let _ = session.add_standard_roles().unwrap();
    for scope in ["own", "team", "territory"] {
        let objects = json!({"*": {"read": "all"}, "opportunity": {"read": scope}});
        let fields = json!({"key": scope, "name": scope, "definition": {"objects": objects}});
        make(session, "role", fields);
    }
    let admin = user(
        session,
        "admin".to_owned(),
        json!({"role": "administrator"}),
    );
    let mut house = House {
        readers: Vec::new(),
        admin,
        teams: Vec::new(),
        branches: Vec::new(),
    };
    for part in OWNED {
        let key = format!("team{part}");
        make(session, "team", json!({"key": key, "name": key}));
        let member = |place: usize| {
            let role = if place == 0 { "team" } else { "own" };
            user(
                session,
                format!("u{part}-{place}"),
                json!({"role": role, "team": key}),
            )
        };
        let members: Vec<RecordId> = (0..TEAM).map(member).collect();
        let percent = part as f64 / 100.0;
        house.readers.push((
            format!("{:.3} % of 1 owner", percent / TEAM as f64),
            members[1],
        ));
        house
            .readers
            .push((format!("{percent:.3} % of {TEAM} owners"), members[0]));
        house.teams.push(members);
    }
    let mut region: Option<String> = None;
    for branches in REGIONS.into_iter().rev() {
        let key = format!("region{branches}");
        make(
            session,
            "territory",
            json!({"key": key, "name": key, "parent": region}),
        );
        let login = format!("m{branches}");
        let manager = user(
            session,
            login,
            json!({"role": "territory", "territory": key}),
        );
        let percent = branches as f64 * 100.0 / BRANCHES as f64;
        house
            .readers
            .push((format!("{percent:.3} % of {branches} branches"), manager));
        region = Some(key);
    }
    for place in 0..BRANCHES {
        let of = REGIONS.iter().find(|branches| place < **branches).unwrap();
        let key = format!("b{place}");
        let fields = json!({"key": key, "name": key, "parent": format!("region{of}")});
        house.branches.push(make(session, "territory", fields));
    }
    house
}

fn fill(session: &Session, house: &House, count: usize) {
    let mut batch = Vec::with_capacity(BATCH);
    let mut shares = Vec::new();
    for number in 0..count {
        let random = mixed(number);
        let draw = |salt: usize| mixed(random ^ salt);
        let mut owner = house.admin;
        let mut below = draw(6) % 10_000;
        for (part, team) in OWNED.into_iter().zip(&house.teams) {
            if below < part {
                owner = team[draw(7) % TEAM];
                break;
            }
            below -= part;
        }
        let fields = json!({
            "name": format!("معامله {}", random % 1_000_000),
            "amount": format!("{} EUR", random % 100_000),
            "stage": STAGES[draw(1) % STAGES.len()],
            "close_date": format!("2026-{:02}-{:02}", draw(2) % 12 + 1, draw(3) % 28 + 1),
            "owner": owner.to_string(),
            "territory": house.branches[draw(4) % BRANCHES].to_string(),
            "confidential": draw(5) % 50 == 0,
        });
        batch.push(Request::create("opportunity", fields));
        if batch.len() == BATCH || number + 1 == count {
            let (_, done) = session.commit_each(std::mem::take(&mut batch)).unwrap();
            shares.extend(done[0].as_ref().unwrap().id);
        }
    }
    for (_, reader) in &house.readers {
        let shared = shares
            .iter()
            .cycle()
            .step_by(3)
            .take(SHARED.min(shares.len()));
        let share = |record: &RecordId| json!({"record": record.to_string(), "user": reader.to_string(), "verbs": ["read"]});
        let requests = shared.map(|record| Request::create("sharing", share(record)));
        let _ = session.commit(requests).unwrap();
    }
}

/// The least of so many answers, each a page of 50: others work on the machine too.
fn least(session: &Session, query: &Query, rounds: usize) -> (Duration, usize) {
    let mut rows = 0;
    let times: Vec<Duration> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            rows = session.query(query).unwrap().records.len();
            start.elapsed()
        })
        .collect();
    (times.into_iter().min().unwrap_or_default(), rows)
}

fn main() {
    let mut numbers = std::env::args().filter_map(|arg| arg.parse::<usize>().ok());
    let count = numbers.next().unwrap_or(100_000);
    let rounds = numbers.next().unwrap_or(51);
    let only = std::env::args()
        .nth(3)
        .filter(|only| !only.starts_with("--"));
    let dir = tempfile::tempdir().unwrap();
    let engine = Engine::open(dir.path()).unwrap();
    let session = engine.session();
    let house = hire(&session);
    let start = Instant::now();
    fill(&session, &house, count);
    session.enforce_access(true).unwrap();
    println!(
        "{count} opportunities in {:.1} s",
        start.elapsed().as_secs_f64()
    );
    drop(session);
    engine.close().unwrap();
    let engine = Engine::open(dir.path()).unwrap();
    let stage = engine
        .session()
        .find("stage", "key", "proposal")
        .unwrap()
        .unwrap()
        .id();
    let of_stage = Filter::eq("stage", stage);
    let dear = of_stage.clone().and(Filter::gte("amount", 50_000));
    let list = |filter: Filter, sort: &str| {
        Query::new("opportunity")
            .filter(filter)
            .sorted_by(sort)
            .unwrap()
    };
    let queries = [
        (
            "stage and amount, by close date",
            list(dear.clone(), "-close_date"),
        ),
        ("stage, by amount", list(of_stage, "-amount")),
        (
            "all, by close date and name",
            list(Filter::everything(), "close_date,name"),
        ),
        ("stage and amount, by id", list(dear, "")),
    ];
    for (name, query) in queries {
        let admin = engine.session_as(Actor::User(house.admin));
        let (alone, _) = least(&admin, &query, rounds);
        println!(
            "\n{name}: administrator {:.0} µs",
            alone.as_secs_f64() * 1e6
        );
        for (reader, id) in &house.readers {
            if only
                .as_ref()
                .is_some_and(|only| !reader.contains(only.as_str()))
            {
                continue;
            }
            let scoped = engine.session_as(Actor::User(*id));
            let (base, _) = least(&admin, &query, rounds);
            let (took, rows) = least(&scoped, &query, rounds);
            let ratio = took.as_secs_f64() / base.as_secs_f64();
            let micros = took.as_secs_f64() * 1e6;
            println!("{reader:>28}: {rows:>3} rows {micros:>8.0} µs {ratio:>6.2} ×");
        }
    }
}
