//! SQLite as a careful program would use it: a table, five indexes, WAL, synchronous=FULL, prepared statements.

use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rusqlite::{CachedStatement, Connection, Row, Statement, params};

use super::together::Together;
use super::{Reader, Side};
use crate::args::Args;
use crate::customers::Customer;

const TABLE: &str = "
CREATE TABLE customer (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    given TEXT,
    family TEXT NOT NULL,
    family_folded TEXT NOT NULL,
    phone TEXT,
    email TEXT,
    branch TEXT NOT NULL,
    registered INTEGER,
    born INTEGER,
    national_id TEXT,
    city TEXT,
    balance INTEGER,
    note TEXT
);";
const INDEXES: &str = "
CREATE INDEX customer_family ON customer (family_folded);
CREATE INDEX customer_phone ON customer (phone);
CREATE UNIQUE INDEX customer_email ON customer (email);
CREATE INDEX customer_branch ON customer (branch);
CREATE INDEX customer_registered ON customer (registered);";
const INSERT: &str =
    "INSERT INTO customer VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
const UPDATE: &str = "UPDATE customer SET balance = ?2, branch = ?3 WHERE id = ?1";
const SHOWN: &str = "SELECT id, given, family, phone, branch, city, balance FROM customer";
const COLUMNS: &str = "SELECT id, kind, given, family, phone, email, branch, registered, born, national_id, city, balance, note FROM customer";

/// What the one writing connection is asked for.
enum Change {
    Create(Customer),
    Update(u64, i64, String),
}

pub(super) struct Sqlite {
    path: std::path::PathBuf,
    cache_bytes: u64,
    writer: Mutex<Connection>,
    together: Together<Change>,
}

impl Sqlite {
    pub(super) fn open(dir: &Path, args: &Args) -> Self {
        std::fs::create_dir_all(dir).unwrap();
        let path = dir.join("customers.db");
        // Equal memory: what Peyvand has for its cache and for what waits to be folded.
        let cache_bytes = args.cache_bytes + args.overlay_bytes as u64;
        let fresh = !path.exists();
        let writer = connect(&path, cache_bytes);
        if fresh {
            writer.execute_batch(TABLE).unwrap();
            writer.execute_batch(INDEXES).unwrap();
        }
        Self {
            path,
            cache_bytes,
            writer: Mutex::new(writer),
            together: Together::new(),
        }
    }

    fn write(&self, changes: &[Change]) {
        let writer = self.writer.lock().unwrap();
        writer.execute_batch("BEGIN IMMEDIATE").unwrap();
        for change in changes {
            match change {
                Change::Create(customer) => insert(&mut prepared(&writer, INSERT), customer),
                Change::Update(number, balance, branch) => {
                    let changed = prepared(&writer, UPDATE)
                        .execute(params![*number as i64, balance, branch])
                        .unwrap();
                    assert_eq!(changed, 1);
                }
            }
        }
        writer.execute_batch("COMMIT").unwrap();
    }
}

fn connect(path: &Path, cache_bytes: u64) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection
        .execute_batch(&format!(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -{};",
            cache_bytes >> 10
        ))
        .unwrap();
    connection
}

fn prepared<'c>(connection: &'c Connection, sql: &str) -> CachedStatement<'c> {
    connection.prepare_cached(sql).unwrap()
}

fn insert(statement: &mut Statement<'_>, customer: &Customer) {
    let given = Some(&customer.given).filter(|given| !given.is_empty());
    statement
        .execute(params![
            customer.number as i64,
            customer.kind,
            given,
            customer.family,
            fold(&customer.family),
            customer.phone,
            customer.email,
            customer.branch,
            customer.registered,
            customer.born,
            customer.national_id,
            customer.city,
            customer.balance,
            customer.note,
        ])
        .unwrap();
}

/// The form in which two spellings of a name are equal, as a careful program would keep it.
pub(super) fn fold(text: &str) -> String {
    text.chars()
        .filter(|c| !matches!(c, '\u{200c}' | '\u{200d}' | '\u{0640}'))
        .flat_map(|c| {
            match c {
                'ي' | 'ى' | 'ئ' => 'ی',
                'ك' => 'ک',
                'أ' | 'إ' | 'آ' => 'ا',
                'ة' => 'ه',
                other => other,
            }
            .to_lowercase()
        })
        .collect()
}

impl Side for Sqlite {
    fn import(&self, batch: &[Customer]) {
        let writer = self.writer.lock().unwrap();
        writer.execute_batch("BEGIN IMMEDIATE").unwrap();
        let mut statement = prepared(&writer, INSERT);
        for customer in batch {
            insert(&mut statement, customer);
        }
        writer.execute_batch("COMMIT").unwrap();
    }

    fn create(&self, customer: &Customer) {
        self.together
            .run(Change::Create(customer.clone()), |changes| {
                self.write(changes)
            });
    }

    fn create_alone(&self, customer: &Customer) {
        self.write(&[Change::Create(customer.clone())]);
    }

    fn update(&self, number: u64, balance: i64, branch: &str) {
        let change = Change::Update(number, balance, branch.to_owned());
        self.together.run(change, |changes| self.write(changes));
    }

    fn reader(&self, of: usize) -> Box<dyn Reader + '_> {
        // Leaked, for statements borrow their connection; there are a few for each run.
        let connection: &'static Connection =
            Box::leak(Box::new(connect(&self.path, self.cache_bytes / of as u64)));
        let prepare = |rest: &str| connection.prepare(&format!("{COLUMNS}{rest}")).unwrap();
        Box::new(Reading {
            get: prepare(" WHERE id = ?1"),
            by_phone: prepare(" WHERE phone = ?1"),
            by_email: prepare(" WHERE email = ?1"),
            hundred: prepare(" WHERE branch = ?1 ORDER BY id LIMIT 100"),
            list: connection
                .prepare(&format!("{SHOWN} WHERE branch = ?1 ORDER BY id LIMIT 100"))
                .unwrap(),
            scan: prepare(""),
        })
    }

    fn close(self: Box<Self>) {
        let writer = self.writer.into_inner().unwrap();
        writer
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .unwrap();
        writer.close().unwrap();
    }
}

struct Reading {
    get: Statement<'static>,
    by_phone: Statement<'static>,
    by_email: Statement<'static>,
    hundred: Statement<'static>,
    list: Statement<'static>,
    scan: Statement<'static>,
}

/// Every column, as a program that shows the record needs them.
#[expect(dead_code, reason = "read to be there, not to be looked at")]
struct Full {
    id: i64,
    kind: String,
    given: Option<String>,
    family: String,
    phone: String,
    email: String,
    branch: String,
    registered: i32,
    born: i32,
    national_id: String,
    city: String,
    balance: i64,
    note: String,
}

/// What a list shows.
#[expect(dead_code, reason = "read to be there, not to be looked at")]
struct Shown {
    id: i64,
    given: Option<String>,
    family: String,
    phone: String,
    branch: String,
    city: String,
    balance: i64,
}

fn shown(row: &Row<'_>) -> rusqlite::Result<Shown> {
    Ok(Shown {
        id: row.get(0)?,
        given: row.get(1)?,
        family: row.get(2)?,
        phone: row.get(3)?,
        branch: row.get(4)?,
        city: row.get(5)?,
        balance: row.get(6)?,
    })
}

fn full(row: &Row<'_>) -> rusqlite::Result<Full> {
    Ok(Full {
        id: row.get(0)?,
        kind: row.get(1)?,
        given: row.get(2)?,
        family: row.get(3)?,
        phone: row.get(4)?,
        email: row.get(5)?,
        branch: row.get(6)?,
        registered: row.get(7)?,
        born: row.get(8)?,
        national_id: row.get(9)?,
        city: row.get(10)?,
        balance: row.get(11)?,
        note: row.get(12)?,
    })
}

impl Reader for Reading {
    fn get(&mut self, number: u64) -> i64 {
        let found = self.get.query_row([number as i64], full).unwrap();
        std::hint::black_box(found).balance
    }

    fn by_phone(&mut self, phone: &str) -> i64 {
        let rows = self.by_phone.query_map([phone], full).unwrap();
        let found: Vec<Full> = rows.map(Result::unwrap).collect();
        std::hint::black_box(found).first().unwrap().balance
    }

    fn by_email(&mut self, email: &str) -> i64 {
        let found = self.by_email.query_row([email], full).unwrap();
        std::hint::black_box(found).balance
    }

    fn hundred(&mut self, branch: &str) -> usize {
        let rows = self.hundred.query_map([branch], full).unwrap();
        let found: Vec<Full> = rows.map(Result::unwrap).collect();
        std::hint::black_box(found).len()
    }

    fn list(&mut self, branch: &str) -> usize {
        let rows = self.list.query_map([branch], shown).unwrap();
        let found: Vec<Shown> = rows.map(Result::unwrap).collect();
        std::hint::black_box(found).len()
    }

    fn scan(&mut self) -> u64 {
        let rows = self.scan.query_map([], full).unwrap();
        let mut count = 0;
        for row in rows {
            std::hint::black_box(row.unwrap());
            count += 1;
        }
        count
    }
}

/// The usual trick of a bulk load into an empty table: how long loading takes, and then making the indexes.
pub(crate) fn load_first_index_later(
    dir: &Path,
    args: &Args,
    batches: impl Iterator<Item = Vec<Customer>>,
) -> (Duration, Duration) {
    std::fs::create_dir_all(dir).unwrap();
    let cache = args.cache_bytes + args.overlay_bytes as u64;
    let connection = connect(&dir.join("load-first.db"), cache);
    connection.execute_batch(TABLE).unwrap();
    let mut loading = Duration::ZERO;
    for batch in batches {
        let begin = Instant::now();
        connection.execute_batch("BEGIN").unwrap();
        let mut statement = prepared(&connection, INSERT);
        for customer in &batch {
            insert(&mut statement, customer);
        }
        connection.execute_batch("COMMIT").unwrap();
        loading += begin.elapsed();
    }
    let begin = Instant::now();
    connection.execute_batch(INDEXES).unwrap();
    (loading, begin.elapsed())
}
