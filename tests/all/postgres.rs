//! Several processes write to one tenant of a database, and it stays one company.
#![allow(clippy::print_stdout, reason = "a child tells its parent")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::SystemTime;

use chrono::FixedOffset;
use peyvand::{
    Engine, Field, FieldKind, Filter, FixedClock, Query, Request, SchemaChange, SeededIds, Session,
};
use serde_json::json;

use crate::setting::{create, noon, server};

/// How a child is told what to do: connection string, tenant, seed.
const CHILD: &str = "PEYVAND_TESTS_CHILD";

/// A tenant that no other test and no other run has.
fn tenant(test: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{test}-{}-{}-{number}", std::process::id(), now.as_nanos())
}

/// A session of an engine of its own; each has ids of its own, as each process has.
fn open(url: &str, tenant: &str, seed: u64) -> Session {
    let engine = Engine::postgres(url, tenant)
        .clock(std::sync::Arc::new(FixedClock::at(noon())))
        .ids(std::sync::Arc::new(SeededIds::new(seed)))
        .zone(FixedOffset::east_opt(3 * 3600 + 1800).unwrap());
    engine.open().unwrap().session()
}

fn deal(code: usize, account: &str) -> Request {
    let fields = json!({"name": "Deal", "account": account, "external_id": format!("X{code}")});
    Request::create("opportunity", fields)
}

/// Wants forty codes that others want too; says how many it got.
fn grab_codes(session: &Session, account: &str) -> usize {
    (0..40)
        .filter(|code| match session.commit([deal(*code, account)]) {
            Ok(_) => true,
            Err(error) => {
                assert_eq!(error.failures()[0].code, "not-unique", "{error}");
                false
            }
        })
        .count()
}

/// Creates one deal after the other, each under a key of its own.
fn create_deals(session: &Session, account: &str, count: usize) {
    for code in 0..count {
        let done = session.commit_once(&format!("deal {code}"), [deal(code, account)]);
        assert_eq!(done.unwrap().warnings, Vec::<String>::new());
        println!("{SAID} {code}");
    }
}

/// As many as the process creates that is killed meanwhile.
const DEALS: usize = 60;

/// What a child's lines begin with; the test harness prints lines of its own.
const SAID: &str = "said:";

/// The other process: this very test binary, in which only [`a_process_of_its_own`] runs.
fn child(what: &str, url: &str, tenant: &str, account: &str) -> Child {
    let told = [what, url, tenant, account].join("\n");
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "postgres::a_process_of_its_own", "--nocapture"])
        .env(CHILD, told)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn said(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.filter_map(|line| {
        let line = line.unwrap();
        // The harness does not end its own line before a test prints.
        let (_, said) = line.split_once(SAID)?;
        Some(said.trim().to_owned())
    })
}

/// What a child does. Without being one, it is a writer alone on a tenant of its own.
#[test]
fn a_process_of_its_own() {
    if let Ok(told) = std::env::var(CHILD) {
        let [what, url, tenant, account] = told.split('\n').collect::<Vec<_>>()[..] else {
            panic!("a child is told four things, not {told:?}");
        };
        let session = open(url, tenant, u64::from(std::process::id()));
        match what {
            "grab" => println!("{SAID} {}", grab_codes(&session, account)),
            "create" => {
                create_deals(&session, account, DEALS);
                // Whether it is still at work or waits here, it ends by being killed.
                let _ = std::io::stdin().lines().next();
            }
            other => panic!("no child does {other}"),
        }
        return;
    }
    let Some(url) = server() else { return };
    let tenant = tenant("alone");
    let session = open(&url, &tenant, 1);
    let account = create(&session, "account", json!({"name": "Alpha"})).to_string();
    assert_eq!(grab_codes(&session, &account), 40);
    session.engine().clone().close().unwrap();
    let session = open(&url, &tenant, 2);
    assert_eq!(grab_codes(&session, &account), 0);
    assert!(session.engine().check().unwrap().ok);
}

#[test]
fn two_engines_and_another_process_share_totals_and_unique_values() {
    let Some(url) = server() else { return };
    let tenant = tenant("three_writers");
    let sessions = [open(&url, &tenant, 1), open(&url, &tenant, 2)];
    let account = create(&sessions[0], "account", json!({"name": "Alpha"}));
    let name = account.to_string();
    let before = sessions[0].engine().check().unwrap().entries;
    let mut other = child("grab", &url, &tenant, &name);
    let mut said = said(&mut other);
    let here: usize = thread::scope(|scope| {
        let writers: Vec<_> = sessions
            .iter()
            .map(|session| scope.spawn(|| grab_codes(session, &name)))
            .collect();
        writers
            .into_iter()
            .map(|writer| writer.join().unwrap())
            .sum()
    });
    let there: usize = said.next().unwrap().parse().unwrap();
    assert!(other.wait().unwrap().success());
    assert_eq!(here + there, 40, "each code has one winner");
    for session in &sessions {
        let total = &session.get(account).unwrap().to_json()["open_opportunities"];
        assert_eq!(*total, 40);
    }
    let checked = sessions[1].engine().check().unwrap();
    assert!(checked.ok, "{checked:?}");
    // One entry for each deal, and the check has seen that no position is missing.
    assert_eq!(checked.entries, before + 40);
    assert_eq!(sessions[0].engine().position().get(), checked.entries);
}

#[test]
fn what_a_killed_process_acknowledged_is_there_once() {
    let Some(url) = server() else { return };
    let tenant = tenant("killed");
    let session = open(&url, &tenant, 1);
    let account = create(&session, "account", json!({"name": "Alpha"}));
    let name = account.to_string();
    for round in 1..=3 {
        let mut other = child("create", &url, &tenant, &name);
        let acknowledged = said(&mut other).nth(round * 12).unwrap();
        // In the middle of whatever it is doing.
        other.kill().unwrap();
        let _ = other.wait().unwrap();
        let acknowledged: usize = acknowledged.parse().unwrap();
        assert_eq!(acknowledged, round * 12);
        for code in 0..=acknowledged {
            let filter = Filter::parse(&format!("external_id[eq]:X{code}")).unwrap();
            let query = Query::new("opportunity").filter(filter);
            let found = session.query(&query).unwrap().records.len();
            assert_eq!(found, 1, "deal {code} of round {round}");
        }
        let checked = session.engine().check().unwrap();
        assert!(checked.ok, "{checked:?}");
    }
    // The same again, under the same keys: what was done is found, what was not is done.
    create_deals(&session, &name, DEALS);
    let deals = Query::new("opportunity").limit(200);
    assert_eq!(session.query(&deals).unwrap().records.len(), DEALS);
    let total = &session.get(account).unwrap().to_json()["open_opportunities"];
    assert_eq!(*total, DEALS);
    assert!(session.engine().check().unwrap().ok);
}

#[test]
fn a_schema_that_one_engine_changes_holds_for_the_other() {
    let Some(url) = server() else { return };
    let tenant = tenant("schema");
    let (one, other) = (open(&url, &tenant, 1), open(&url, &tenant, 2));
    let fields = json!({"name": "Alpha", "shoe_size": 43});
    assert!(other.create("account", fields.clone()).is_err());
    let field = Field::new("shoe_size", FieldKind::Integer);
    let change = SchemaChange::AddField {
        object: "account".to_owned(),
        field,
    };
    let _ = one.change_schema([change]).unwrap();
    let id = create(&other, "account", fields);
    assert_eq!(one.get(id).unwrap().to_json()["shoe_size"], 43);
}

#[test]
fn a_tenant_that_several_open_first_is_founded_once() {
    let Some(url) = server() else { return };
    let tenant = tenant("founded");
    let (url, tenant) = (url.as_str(), tenant.as_str());
    thread::scope(|scope| {
        for seed in 1..=3 {
            scope.spawn(move || open(url, tenant, seed));
        }
    });
    let session = open(url, tenant, 9);
    let pipelines = session.query(&Query::new("pipeline")).unwrap();
    assert_eq!(pipelines.records.len(), 1);
    assert!(session.engine().check().unwrap().ok);
}

#[test]
fn tenants_of_one_database_do_not_meet() {
    let Some(url) = server() else { return };
    let (one, other) = (tenant("alpha"), tenant("beta"));
    let (one, other) = (open(&url, &one, 1), open(&url, &other, 2));
    let id = create(&one, "account", json!({"name": "Alpha"}));
    assert!(other.get(id).is_err());
    assert_eq!(
        other.engine().position().get() + 1,
        one.engine().position().get()
    );
    assert!(one.engine().check().unwrap().ok);
}
