//! What do words by which records are found cost the writer, and how fast are they found?
//!
//! `cargo bench -p peyvand --no-default-features --features exchange --bench search -- 1000000`. Contacts with name, e-mail address, two
//! numbers and an account are loaded in commits of a thousand, once with their searchable fields and once without; the
//! processor's time of the whole process is compared, folds and close included. One name in ten is «محمد».
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark prints, and a fault ends it"
)]

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use peyvand::{
    Durability, Engine, FixedClock, Found, ImportOptions, Mapping, Request, SchemaChange, Search,
    SeededIds, Session,
};
use serde_json::{Value as Json, json};

const GIVEN: [&str; 24] = [
    "محمد",
    "علی",
    "حسین",
    "رضا",
    "مهدی",
    "امیر",
    "سعید",
    "حمید",
    "مجید",
    "فاطمه",
    "زهرا",
    "مریم",
    "سارا",
    "نرگس",
    "لیلا",
    "شیرین",
    "پروین",
    "مینا",
    "نگار",
    "آرش",
    "کاوه",
    "بهرام",
    "جمشید",
    "ژاله",
];

/// Joined two and two they make the family names.
const PARTS: [&str; 30] = [
    "رضا",
    "کریم",
    "حسن",
    "مراد",
    "رستم",
    "بهمن",
    "شریف",
    "نجف",
    "صادق",
    "باقر",
    "جعفر",
    "کاظم",
    "اکبر",
    "اصغر",
    "قاسم",
    "یزد",
    "شیراز",
    "تهران",
    "تبریز",
    "مشهد",
    "کرمان",
    "گیلان",
    "زنجان",
    "همدان",
    "سمنان",
    "بروجرد",
    "خراسان",
    "لار",
    "بندر",
    "قزوین",
];

/// The least time of so many counts: a busy machine only adds.
const ROUNDS: usize = 3;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let is_bench = arguments.iter().any(|argument| argument == "--bench");
    let named = arguments.iter().find_map(|argument| argument.parse().ok());
    // Little when `cargo test --all-targets` runs this only to see that it works.
    let contacts = named.unwrap_or(if is_bench { 100_000 } else { 200 });
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    for (how, load) in [
        ("committed", commits as fn(&Session, usize, &str)),
        ("imported", import),
    ] {
        let mut least = [f64::MAX; 2];
        for round in 0..if is_bench { ROUNDS } else { 1 } {
            for (words, least) in least.iter_mut().enumerate() {
                let place = folder.path().join(format!("{how}-{words}-{round}"));
                *least = least.min(loaded(&place, contacts, words > 0, load));
            }
        }
        let [without, with] = least;
        println!(
            "{contacts} contacts {how}: {without:.1} µs each without words, {with:.1} µs with them: {:.3}",
            with / without
        );
    }
    let session = open(&folder.path().join("imported-1-0"));
    for typed in [
        "محمد",
        "مح",
        "م",
        "سارا رضایی",
        "محمد رضایی",
        "محمد کریم",
        "4567",
        "09120004567",
        "سارا کریم‌آبادی",
        "lpln",
        "contact77@example.com",
        "سارا تهران هیچ‌کس",
    ] {
        find(&session, typed);
    }
    session.engine().clone().close().unwrap();
}

fn find(session: &Session, typed: &str) {
    let search = Search::new(typed);
    let mut times: Vec<u128> = Vec::new();
    let mut found = Found::default();
    for _ in 0..30 {
        let start = Instant::now();
        found = session.search(&search).unwrap();
        times.push(start.elapsed().as_micros());
    }
    let first = times[0];
    times.sort_unstable();
    let (hits, complete) = (found.hits.len(), found.complete);
    println!(
        "{typed}: {} µs, the first time {first}; {hits} hits, complete: {complete}",
        times[times.len() / 2]
    );
}

fn open(path: &Path) -> Session {
    let noon = "2026-03-25T08:30:00Z".parse().unwrap();
    let engine = Engine::builder(path)
        .durability(Durability::Os)
        .clock(Arc::new(FixedClock::at(noon)))
        .ids(Arc::new(SeededIds::new(7)))
        .open()
        .unwrap();
    engine.session()
}

/// Microseconds of the processor for each contact.
fn loaded(path: &Path, contacts: usize, words: bool, load: fn(&Session, usize, &str)) -> f64 {
    let session = open(path);
    let account = session
        .create("account", json!({"name": "فولاد پارس"}))
        .unwrap();
    let account = account.id().unwrap().to_string();
    if !words {
        let off = |field: &str| SchemaChange::SetSearchable {
            object: "contact".to_owned(),
            field: field.to_owned(),
            weight: 0,
        };
        let fields = ["name", "email", "phone", "mobile", "national_id"];
        let _ = session.change_schema(fields.map(off)).unwrap();
    }
    let before = on_processors();
    load(&session, contacts, &account);
    session.engine().clone().close().unwrap();
    (on_processors() - before) * 1e6 / contacts as f64
}

fn commits(session: &Session, contacts: usize, account: &str) {
    for batch in (0..contacts).collect::<Vec<_>>().chunks(1_000) {
        let requests = batch
            .iter()
            .map(|number| Request::create("contact", contact(*number, account)));
        let (_, outcomes) = session.commit_each(requests).unwrap();
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    }
}

const MAPPING: &str = r#"
[[import]]
into = "contact"
key = "external_id"
columns = { name = "name", job_title = "job_title", email = "email", phone = "phone", mobile = "mobile", account = "account", external_id = "external_id" }
"#;

fn import(session: &Session, contacts: usize, account: &str) {
    let columns = [
        "name",
        "job_title",
        "email",
        "phone",
        "mobile",
        "account",
        "external_id",
    ];
    let mut table = columns.join(",") + "\n";
    for number in 0..contacts {
        let contact = contact(number, account);
        let cells = columns.map(|column| contact[column].as_str().unwrap_or_default());
        table += &(cells.join(",") + "\n");
    }
    let mapping = Mapping::parse(MAPPING).unwrap();
    let options = ImportOptions::default();
    let receipt = session
        .import(table.as_bytes(), &mapping, "contact", &options, &mut |_| {})
        .unwrap();
    assert_eq!(receipt.created, contacts as u64, "{receipt:?}");
}

fn contact(number: usize, account: &str) -> Json {
    // As good as random, and the same in each run.
    let dice = |salt: usize, most: usize| {
        (number
            .wrapping_mul(2_654_435_761)
            .wrapping_add(salt * 97_531))
            / 7
            % most
    };
    let given = GIVEN[dice(1, GIVEN.len() + 3).saturating_sub(3)];
    let (first, second) = (PARTS[dice(2, 30)], PARTS[dice(3, 907) % 30]);
    json!({
        "name": format!("{given} {first}{second}ی"),
        "job_title": "کارشناس فروش",
        "email": format!("contact{number}@example.com"),
        "phone": format!("+98218{:07}", number % 10_000_000),
        "mobile": format!("+98912{:07}", number % 10_000_000),
        "account": account,
        "external_id": format!("C-{number:07}"),
    })
}

/// Seconds that the process has had of the processors.
fn on_processors() -> f64 {
    let told = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind_name = told.rsplit(')').next().unwrap_or_default();
    let numbers: Vec<f64> = behind_name
        .split(' ')
        .filter_map(|word| word.parse().ok())
        .collect();
    // User and system time, in hundredths; the state's letter is no number.
    numbers.iter().skip(10).take(2).sum::<f64>() / 100.0
}
