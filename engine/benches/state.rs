//! How fast, how small and how cheap in memory is the state on disk?
//!
//! `cargo bench -p peyvand --no-default-features --features testing --bench state -- [customers] [overlay MiB] [cache MiB] [redb] [small|asof|build]`
//!
//! A customer is one record of about 290 bytes and five index entries of about 45 bytes.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs
)]

use std::fs;
use std::path::Path;
use std::time::Instant;

use peyvand::testing::{BareOptions, BareRecord, BareStore};
use peyvand::{Durability, Position, StateEngine};

const BATCH: usize = 1000;
const NAMES: [&str; 16] = [
    "رضایی",
    "محمدی",
    "حسینی",
    "احمدی",
    "کریمی",
    "موسوی",
    "جعفری",
    "صادقی",
    "هاشمی",
    "رحیمی",
    "قاسمی",
    "نوری",
    "شریفی",
    "کاظمی",
    "یوسفی",
    "مرادی",
];

/// A number that looks random and is the same in every run.
fn mixed(seed: u64) -> u64 {
    let mut x = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

fn id(number: u64) -> [u8; 16] {
    ((u128::from(1_700_000_000_000 + number / 7) << 80) | u128::from(mixed(number))).to_be_bytes()
}

fn record_key(number: u64) -> Vec<u8> {
    [&[0x10, 0, 0, 0, 7][..], &id(number)].concat()
}

fn phone(number: u64) -> String {
    format!("+98912{:07}", mixed(number) % 10_000_000)
}

fn record(number: u64, revision: u64) -> Vec<u8> {
    let random = mixed(number);
    let name = |shift: u32| NAMES[(random >> shift) as usize % NAMES.len()];
    let mut bytes = format!(
        "{} {}|{}|{}{}@example.ir|{}|خیابان {} پلاک {}|تهران|{:010}|{}|{:x}|{}",
        name(0),
        name(4),
        phone(number),
        number,
        name(8),
        name(12),
        name(16),
        random % 300,
        random % 9_999_999_999,
        revision,
        random,
        random % 50
    )
    .into_bytes();
    while bytes.len() < 290 {
        let more = mixed(random ^ bytes.len() as u64).to_be_bytes();
        bytes.extend_from_slice(&more[..3]);
        bytes.extend_from_slice(name(bytes.len() as u32 % 48).as_bytes());
    }
    bytes.truncate(290);
    bytes
}

fn index(field: u8, value: &[u8], number: u64) -> Vec<u8> {
    [
        &[0x20, 0, 0, 0, 7, 0, 0, 0, field, 1][..],
        value,
        &[0, 0],
        &id(number),
    ]
    .concat()
}

fn customer(number: u64) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
    let random = mixed(number);
    let name = format!(
        "{} {}",
        NAMES[random as usize % 16],
        NAMES[(random >> 8) as usize % 16]
    );
    let owner = mixed(random % 50).to_be_bytes();
    let keys = [
        index(1, phone(number).as_bytes(), number),
        index(2, name.as_bytes(), number),
        index(3, &[&b"usr"[..], &owner, &owner].concat(), number),
        index(4, &(number / 100).to_be_bytes(), number),
        index(5, NAMES[(random >> 16) as usize % 16].as_bytes(), number),
    ];
    let mut entries = vec![(record_key(number), Some(record(number, 0)))];
    entries.extend(keys.map(|key| (key, Some(Vec::new()))));
    entries
}

fn size(dir: &Path) -> (u64, u64) {
    let (mut bytes, mut files) = (0, 0);
    for file in fs::read_dir(dir).unwrap().flatten() {
        let (more, count) = match file.path() {
            path if path.is_dir() => size(&path),
            path => (fs::metadata(path).map_or(0, |found| found.len()), 1),
        };
        bytes += more;
        files += count;
    }
    (bytes, files)
}

fn memory(field: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find(|line| line.starts_with(field))
        .unwrap_or_default();
    let kib = line
        .split_whitespace()
        .nth(1)
        .and_then(|number| number.parse::<f64>().ok());
    kib.unwrap_or_default() / 1024.0
}

fn timed(what: &str, count: u64, mut call: impl FnMut(u64)) {
    let mut times: Vec<u64> = (0..count)
        .map(|number| {
            let start = Instant::now();
            call(number);
            start.elapsed().as_nanos() as u64
        })
        .collect();
    times.sort_unstable();
    let at = |part: usize| times[(times.len() - 1) * part / 1000] as f64 / 1000.0;
    println!(
        "{what:32} p50 {:8.2} µs  p99 {:8.2} µs  p99.9 {:8.2} µs",
        at(500),
        at(990),
        at(999)
    );
}

/// Zipf-like: most reads go to few customers.
fn popular(step: u64, customers: u64) -> u64 {
    let unit = (mixed(step) >> 11) as f64 / (1_u64 << 53) as f64;
    let rank = ((customers as f64).powf(unit) - 1.0) as u64;
    mixed(rank.min(customers - 1) ^ 0x5EED) % customers
}

/// A prime that divides no number of customers.
const STRIDE: u64 = 7919;

fn import(store: &BareStore, customers: u64) {
    let start = Instant::now();
    let mut slowest = 0.0_f64;
    for first in (0..customers).step_by(BATCH) {
        let last = (first + BATCH as u64).min(customers);
        let changes = (first..last).map(whole).collect();
        let begin = Instant::now();
        store.commit(changes).unwrap();
        slowest = slowest.max(begin.elapsed().as_secs_f64());
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "import                           {:.0} customers/s, slowest commit {:.0} ms, VmRSS {:.0} MiB",
        customers as f64 / seconds,
        slowest * 1000.0,
        memory("VmRSS")
    );
    println!(
        "overlay                          {:.1} MiB as counted",
        store.overlay_bytes() as f64 / 1048576.0
    );
    let start = Instant::now();
    store.fold().unwrap();
    let all = start.elapsed().as_secs_f64() + seconds;
    println!(
        "import and last fold             {:.0} customers/s, {:.2} µs an entry, VmHWM {:.0} MiB",
        customers as f64 / all,
        all * 1e6 / customers as f64 / 6.0,
        memory("VmHWM")
    );
}

fn reads(store: &BareStore, customers: u64) {
    let get = |number| assert!(store.get(&record_key(number)).unwrap().is_some());
    timed("get, cold, uniform", 20_000, |step| {
        get(mixed(step) % customers)
    });
    for step in 0..400_000 {
        get(popular(step, customers));
    }
    timed("get, warm, Zipf", 200_000, |step| {
        get(popular(step + 7_000_000, customers))
    });
    timed("get, uniform", 100_000, |step| {
        get(mixed(step + 9_000_000) % customers)
    });
    let list = |step| {
        let number = popular(step, customers);
        store
            .scan_from(&index(1, phone(number).as_bytes(), number), 100)
            .unwrap();
    };
    (0..20_000).for_each(list);
    timed("list of 100 index keys, warm", 50_000, |step| {
        list(step + 3_000_000)
    });
    let start = Instant::now();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            scope.spawn(move || {
                (0..100_000).for_each(|step| get(popular(step * 8 + thread, customers)))
            });
        }
    });
    println!(
        "get, warm, 8 readers             {:.0} reads/s",
        800_000.0 / start.elapsed().as_secs_f64()
    );
}

fn updates(store: &BareStore, customers: u64) {
    let start = Instant::now();
    let count = customers.min(200_000);
    for first in (0..count).step_by(BATCH) {
        let changes = (first..first + BATCH as u64).map(|step| {
            // No record twice in a batch.
            let number = step * STRIDE % customers;
            let change = (record_key(number), Some(record(number, step)));
            part(number as usize, vec![change])
        });
        store.commit(changes.collect()).unwrap();
    }
    store.fold().unwrap();
    println!(
        "random updates of records        {:.0} /s",
        count as f64 / start.elapsed().as_secs_f64()
    );
}

fn small_stores(base: &Path, engine: StateEngine, count: u64) {
    let before = memory("VmRSS");
    let place = |number: u64| base.join(format!("small-{number}"));
    for number in 0..count {
        let store = open(&place(number), engine, 1 << 20, 1 << 20);
        store.commit((0..1000).map(whole).collect()).unwrap();
        store.close().unwrap();
    }
    let begun = Instant::now();
    let stores: Vec<BareStore> = (0..count)
        .map(|number| open(&place(number), engine, 1 << 20, 1 << 20))
        .collect();
    let each = begun.elapsed().as_secs_f64() * 1000.0 / count as f64;
    for store in &stores {
        (0..1000).for_each(|number| assert!(store.get(&record_key(number)).unwrap().is_some()));
    }
    let fds = fs::read_dir("/proc/self/fd").map_or(0, |fds| fds.count());
    let (bytes, files) = size(&place(0));
    let (state, state_files) = size(&place(0).join("state"));
    println!(
        "small store of 1,000, {count} open     {each:.1} ms to open, {:.2} MiB memory each, {:.1} descriptors each, disk {:.2} MiB in {files} files (state {:.2} MiB in {state_files})",
        (memory("VmRSS") - before) / count as f64,
        fds as f64 / count as f64,
        bytes as f64 / 1048576.0,
        state as f64 / 1048576.0
    );
}

/// As of positions of any age: many versions of records, and one total with very many.
fn as_of(base: &Path, engine: StateEngine, records: u64) {
    let dir = base.join("asof");
    let store = open(&dir, engine, 64 << 20, 64 << 20);
    let start = Instant::now();
    let versions = records * 10;
    for step in (0..versions).step_by(BATCH) {
        let changes = (step..step + BATCH as u64).map(|step| {
            let number = if step < records {
                step
            } else {
                step * STRIDE % records
            };
            (
                record_key(number),
                Some(record(number, step).split_off(190)),
            )
        });
        let total = (vec![0x31, 0, 0, 0, 7], Some(step.to_be_bytes().to_vec()));
        let alone = |(number, change)| part(number, vec![change]);
        store
            .commit(changes.chain([total]).enumerate().map(alone).collect())
            .unwrap();
    }
    // Commits of one change each: the versions of one total.
    for step in 0..versions / 10 {
        let total = (vec![0x31, 0, 0, 0, 8], Some(step.to_be_bytes().to_vec()));
        store.commit(vec![part(0, vec![total])]).unwrap();
    }
    store.fold().unwrap();
    println!(
        "{versions} versions written              {:.0} /s",
        versions as f64 * 1.1 / start.elapsed().as_secs_f64()
    );
    store.close().unwrap();
    println!(
        "state on disk                    {:.0} bytes a version",
        size(&dir.join("state")).0 as f64 / versions as f64 / 1.1
    );
    let store = open(&dir, engine, 64 << 20, 64 << 20);
    let first = records / BATCH as u64;
    let last = versions / BATCH as u64;
    let at = |step: u64| first + mixed(step) % (last - first);
    timed("record as of any position", 20_000, |step| {
        assert!(
            store
                .get_at(position(at(step)), &record_key(mixed(step + 5) % records))
                .unwrap()
                .is_some()
        );
    });
    timed("page of 50 as of any position", 2_000, |step| {
        let start = record_key(mixed(step + 9) % records);
        assert!(
            !store
                .scan_at(position(at(step)), &start, 50)
                .unwrap()
                .is_empty()
        );
    });
    timed("total as of any position", 2_000, |step| {
        let at = last + 1 + mixed(step) % (versions / 10);
        assert!(
            store
                .get_at(position(at), &[0x31, 0, 0, 0, 8])
                .unwrap()
                .is_some()
        );
    });
}

/// The state of a store that lost it, from its journal.
fn build(base: &Path, engine: StateEngine, customers: u64) {
    let dir = base.join("built");
    let store = open(&dir, engine, 64 << 20, 64 << 20);
    import(&store, customers);
    store.close().unwrap();
    let start = Instant::now();
    peyvand::rebuild(&dir, &mut |_| {}).unwrap();
    println!(
        "rebuild from the journal         {:.0} customers/s, {:.0} bytes a customer",
        customers as f64 / start.elapsed().as_secs_f64(),
        size(&dir.join("state")).0 as f64 / customers as f64
    );
}

/// Everything about a customer, as one record's.
fn whole(number: u64) -> BareRecord {
    part(number as usize, customer(number).into_iter().collect())
}

fn part(number: usize, changes: Vec<(Vec<u8>, Option<Vec<u8>>)>) -> BareRecord {
    let id = number as u128;
    BareRecord { id, changes }
}

fn open(dir: &Path, engine: StateEngine, overlay_bytes: usize, cache_bytes: u64) -> BareStore {
    let options = BareOptions {
        durability: Durability::Os,
        overlay_bytes,
        cache_bytes,
        engine,
    };
    BareStore::open(dir, &options).unwrap()
}

fn position(number: u64) -> Position {
    Position::from_number(number)
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let has = |word: &str| words.iter().any(|found| found == word);
    let mut numbers = words.iter().filter_map(|word| word.parse::<u64>().ok());
    let customers = numbers.next().unwrap_or(200_000);
    let overlay = numbers.next().unwrap_or(64) << 20;
    let cache = numbers.next().unwrap_or(64) << 20;
    let engine = if has("redb") {
        StateEngine::Redb
    } else {
        StateEngine::Sled
    };
    let base = tempfile::tempdir().unwrap();
    match () {
        () if has("opened") => opened_store(Path::new(&words[1]), customers, overlay, cache),
        () if has("small") => small_stores(base.path(), engine, customers),
        () if has("asof") => as_of(base.path(), engine, customers),
        () if has("build") => build(base.path(), engine, customers),
        () => large_store(
            &base.path().join("large"),
            engine,
            customers,
            overlay,
            cache,
        ),
    }
}

fn large_store(dir: &Path, engine: StateEngine, customers: u64, overlay: u64, cache: u64) {
    let store = open(dir, engine, overlay as usize, cache);
    import(&store, customers);
    store.close().unwrap();
    let (state, files) = size(&dir.join("state"));
    println!(
        "state on disk                    {:.0} bytes a customer, {files} files",
        state as f64 / customers as f64
    );
    // In a process of its own, whose memory nothing else has grown.
    let own = std::env::current_exe().unwrap();
    let numbers = [customers, overlay >> 20, cache >> 20].map(|number| number.to_string());
    let read = std::process::Command::new(own)
        .arg("opened")
        .arg(dir)
        .args(numbers)
        .status();
    assert!(read.unwrap().success());
    let (state, _) = size(&dir.join("state"));
    println!(
        "state on disk after updates      {:.0} bytes a customer",
        state as f64 / customers as f64
    );
}

fn opened_store(dir: &Path, customers: u64, overlay: u64, cache: u64) {
    let start = Instant::now();
    let store = open(dir, StateEngine::Sled, overlay as usize, cache);
    println!(
        "open                             {:.1} ms, VmRSS {:.0} MiB",
        start.elapsed().as_secs_f64() * 1000.0,
        memory("VmRSS")
    );
    for step in 0..10_000 {
        store
            .get(&record_key(mixed(step + 77) % customers))
            .unwrap();
    }
    println!(
        "after 10,000 random reads        VmRSS {:.0} MiB",
        memory("VmRSS")
    );
    reads(&store, customers);
    println!(
        "after all reads                  VmRSS {:.0} MiB",
        memory("VmRSS")
    );
    updates(&store, customers);
    println!(
        "after updates                    VmRSS {:.0} MiB",
        memory("VmRSS")
    );
    store.close().unwrap();
}
