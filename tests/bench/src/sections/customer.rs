//! How long does the 360 view of a customer take, and from a telephone number to it?
//!
//! Accounts with a contact, five activities, and every third with an open deal: the view that comes with the engine,
//! and the same queries by hand in SQLite, prepared, with the indexes that they want.

use std::path::Path;
use std::time::Instant;

use peyvand::{CallingCode, Engine, Fields, Query, RecordId, Request, Session};
use rusqlite::{Connection, params};

use crate::args::Args;
use crate::contestants::Who;
use crate::customers::{Customers, phone};
use crate::draws::{Draws, mix};
use crate::report::{Cell, Report, Table};

/// How many activities a customer has.
const ACTIVITIES: u64 = 5;
/// How many accounts go into a commit.
const TOGETHER: u64 = 200;
const USERS: u64 = 40;

const TABLES: &str = "
CREATE TABLE user (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE account (id INTEGER PRIMARY KEY, name TEXT, kind TEXT, industry TEXT, phone TEXT, email TEXT, parent INTEGER, owner INTEGER);
CREATE TABLE contact (id INTEGER PRIMARY KEY, name TEXT, job_title TEXT, mobile TEXT, phone TEXT, email TEXT, account INTEGER, owner INTEGER);
CREATE TABLE affiliation (id INTEGER PRIMARY KEY, contact INTEGER, account INTEGER, role TEXT, since INTEGER, until INTEGER);
CREATE TABLE opportunity (id INTEGER PRIMARY KEY, name TEXT, account INTEGER, contact INTEGER, stage TEXT, status TEXT, amount INTEGER, close_date INTEGER, closed_at INTEGER, owner INTEGER);
CREATE TABLE activity (id INTEGER PRIMARY KEY, kind TEXT, subject TEXT, about INTEGER, at INTEGER, due_on INTEGER, status TEXT, priority TEXT, direction TEXT, outcome TEXT, owner INTEGER);
CREATE TABLE message (id INTEGER PRIMARY KEY, subject TEXT, direction TEXT, channel TEXT, state TEXT, account INTEGER, contact INTEGER, at INTEGER);
CREATE TABLE attachment (id INTEGER PRIMARY KEY, document INTEGER, record INTEGER, created_at INTEGER);
CREATE TABLE comment (id INTEGER PRIMARY KEY, about INTEGER, author INTEGER, text TEXT, created_at INTEGER);
CREATE INDEX account_phone ON account (phone); CREATE INDEX account_parent ON account (parent);
CREATE INDEX contact_account ON contact (account, name); CREATE INDEX contact_phone ON contact (phone); CREATE INDEX contact_mobile ON contact (mobile);
CREATE INDEX affiliation_account ON affiliation (account);
CREATE INDEX opportunity_account ON opportunity (account, status, close_date);
CREATE INDEX activity_about ON activity (about, status, at);
CREATE INDEX message_account ON message (account, at); CREATE INDEX message_contact ON message (contact, at);
CREATE INDEX attachment_record ON attachment (record); CREATE INDEX comment_about ON comment (about);";

/// Those to whom something may be about that belongs to an account.
const MEMBERS: &str = "(SELECT ?1 UNION ALL SELECT id FROM contact WHERE account = ?1 UNION ALL SELECT id FROM opportunity WHERE account = ?1)";

/// The queries of the view, each with how many columns it has.
fn queries() -> Vec<String> {
    vec![
        "SELECT a.id, a.name, a.kind, a.industry, a.phone, a.email, p.name, o.name FROM account a LEFT JOIN account p ON p.id = a.parent LEFT JOIN user o ON o.id = a.owner WHERE a.id = ?1".to_owned(),
        "SELECT (SELECT count(*) FROM opportunity WHERE account = ?1 AND status = 'open'), (SELECT count(*) FROM opportunity WHERE account = ?1 AND status = 'won'), (SELECT max(closed_at) FROM opportunity WHERE account = ?1 AND status = 'won'), (SELECT count(*) FROM contact WHERE account = ?1), (SELECT max(at) FROM activity WHERE about = ?1)".to_owned(),
        format!("SELECT x.id, x.kind, x.subject, x.due_on, x.at, x.priority, x.about, o.name FROM activity x LEFT JOIN user o ON o.id = x.owner WHERE x.about IN {MEMBERS} AND x.status = 'planned' ORDER BY x.due_on, x.at LIMIT 6"),
        "SELECT x.id, x.name, x.stage, x.amount, x.close_date, o.name FROM opportunity x LEFT JOIN user o ON o.id = x.owner WHERE x.account = ?1 AND x.status = 'open' ORDER BY x.close_date LIMIT 6".to_owned(),
        "SELECT c.id, c.name, c.job_title, c.mobile, c.email, (SELECT max(at) FROM activity WHERE about = c.id) FROM contact c WHERE c.account = ?1 ORDER BY c.name LIMIT 6".to_owned(),
        "SELECT f.id, c.name, f.role, f.since, f.until FROM affiliation f JOIN contact c ON c.id = f.contact WHERE f.account = ?1 ORDER BY f.until, f.since DESC LIMIT 6".to_owned(),
        format!("SELECT x.id, x.at, x.kind, x.direction, x.subject, x.outcome, x.about, a.name, o.name FROM activity x LEFT JOIN user o ON o.id = x.owner LEFT JOIN account a ON a.id = x.about WHERE x.about IN {MEMBERS} AND x.status = 'done' ORDER BY x.at DESC LIMIT 6"),
        "SELECT id, at, direction, channel, subject, state FROM message WHERE account = ?1 OR contact IN (SELECT id FROM contact WHERE account = ?1) ORDER BY at DESC LIMIT 6".to_owned(),
        format!("SELECT id, document, record, created_at FROM attachment WHERE record IN {MEMBERS} ORDER BY id DESC LIMIT 6"),
        "SELECT x.id, x.created_at, o.name, x.text FROM comment x LEFT JOIN user o ON o.id = x.author WHERE x.about = ?1 ORDER BY x.id DESC LIMIT 6".to_owned(),
        "SELECT a.id, a.name, a.industry, (SELECT count(*) FROM opportunity WHERE account = a.id AND status = 'open'), o.name FROM account a LEFT JOIN user o ON o.id = a.owner WHERE a.parent = ?1 ORDER BY a.name LIMIT 6".to_owned(),
    ]
}

const CALLER: &str = "SELECT account FROM contact WHERE mobile = ?1 UNION ALL SELECT account FROM contact WHERE phone = ?1 UNION ALL SELECT id FROM account WHERE phone = ?1";

/// Everything as text, as the page that shows it wants it.
fn read(connection: &Connection, sql: &str, key: impl rusqlite::ToSql) -> Vec<Vec<String>> {
    use rusqlite::types::ValueRef;
    let mut statement = connection.prepare_cached(sql).unwrap();
    let columns = statement.column_count();
    let mut rows = statement.query(params![key]).unwrap();
    let mut all = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        let cell = |column: usize| match row.get_ref(column).unwrap() {
            ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
            ValueRef::Integer(number) => number.to_string(),
            _ => String::new(),
        };
        all.push((0..columns).map(cell).collect());
    }
    all
}

/// What one customer comes with.
struct Made {
    name: String,
    person: String,
    phone: String,
    mobile: String,
    owner: u64,
    has_deal: bool,
}

fn made(customers: &Customers, number: u64) -> Made {
    let firm = customers.make(number);
    let person = customers.make(number ^ 1);
    Made {
        name: format!("{} {number}", firm.family),
        person: format!("{} {}", person.given, person.family),
        phone: phone(2 * number),
        mobile: phone(2 * number + 1),
        owner: mix(number ^ 0x07) % USERS,
        has_deal: number.is_multiple_of(3),
    }
}

/// Microseconds since 1970, in 2025.
fn when(number: u64, activity: u64) -> i64 {
    let second = mix(number * ACTIVITIES + activity) % 31_000_000;
    (1_735_700_000 + second as i64) * 1_000_000
}

fn kind(activity: u64) -> &'static str {
    ["call", "meeting", "email", "note", "task"][(activity % 5) as usize]
}

fn engine(dir: &Path, args: &Args) -> Engine {
    let builder = Engine::builder(dir)
        .cache_bytes(args.cache_bytes)
        .overlay_bytes(args.overlay_bytes);
    builder.state_engine(args.engine).open().unwrap()
}

fn fill_engine(session: &Session, args: &Args, customers: &Customers) -> Vec<RecordId> {
    let user = |number: u64| {
        Request::create(
            "user",
            Fields::default()
                .with("login", format!("u{number}"))
                .with("name", format!("کاربر {number}")),
        )
    };
    let users = session.commit((0..USERS).map(user)).unwrap().outcomes;
    let users: Vec<String> = users
        .iter()
        .filter_map(|made| made.id)
        .map(|id| id.to_string())
        .collect();
    let mut ids = Vec::new();
    for first in (0..args.customers).step_by(TOGETHER as usize) {
        let mut requests = Vec::new();
        for number in first..(first + TOGETHER).min(args.customers) {
            let made = made(customers, number);
            let owner = users[made.owner as usize].as_str();
            let id = session.new_id("account").unwrap();
            let of = id.to_string();
            let create = |object: &str, id: RecordId, fields: Fields| Request::Create {
                object: object.to_owned(),
                id: Some(id),
                fields,
            };
            let new = |object: &str| session.new_id(object).unwrap();
            let fields = Fields::default()
                .with("name", made.name)
                .with("phone", made.phone)
                .with("owner", owner)
                .with("industry", "steel");
            requests.push(create("account", id, fields));
            let fields = Fields::default()
                .with("name", made.person)
                .with("mobile", made.mobile)
                .with("account", of.as_str())
                .with("job_title", "مدیر خرید");
            requests.push(create("contact", new("contact"), fields));
            for activity in 0..ACTIVITIES {
                let at = chrono::DateTime::from_timestamp_micros(when(number, activity)).unwrap();
                let fields = Fields::default()
                    .with("kind", kind(activity))
                    .with("subject", format!("پیگیری {activity}"))
                    .with("about", of.as_str())
                    .with("at", at.to_rfc3339())
                    .with("status", "done")
                    .with("owner", owner);
                requests.push(create("activity", new("activity"), fields));
            }
            if made.has_deal {
                let fields = Fields::default()
                    .with("name", "قرارداد")
                    .with("account", of.as_str())
                    .with("amount", "12000000 IRR")
                    .with("close_date", "2026-05-01")
                    .with("owner", owner);
                requests.push(create("opportunity", new("opportunity"), fields));
            }
            ids.push(id);
        }
        let _ = session.commit(requests).unwrap();
    }
    ids
}

fn fill_sqlite(connection: &Connection, args: &Args, customers: &Customers) {
    connection.execute_batch(TABLES).unwrap();
    connection.execute_batch("BEGIN").unwrap();
    for number in 0..USERS {
        connection
            .prepare_cached("INSERT INTO user VALUES (?1, ?2)")
            .unwrap()
            .execute(params![number as i64, format!("کاربر {number}")])
            .unwrap();
    }
    for number in 0..args.customers {
        let made = made(customers, number);
        // Accounts, contacts and deals share one row of ids, as `about` may name each.
        let id = (number * 16) as i64;
        let owner = made.owner as i64;
        let put = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
            connection
                .prepare_cached(sql)
                .unwrap()
                .execute(values)
                .unwrap();
        };
        put(
            "INSERT INTO account VALUES (?1, ?2, 'organization', 'steel', ?3, NULL, NULL, ?4)",
            &[&id, &made.name, &made.phone, &owner],
        );
        put(
            "INSERT INTO contact VALUES (?1, ?2, 'مدیر خرید', ?3, NULL, NULL, ?4, NULL)",
            &[&(id + 1), &made.person, &made.mobile, &id],
        );
        for activity in 0..ACTIVITIES {
            let subject = format!("پیگیری {activity}");
            put(
                "INSERT INTO activity VALUES (?1, ?2, ?3, ?4, ?5, NULL, 'done', 'normal', NULL, NULL, ?6)",
                &[
                    &(id + 3 + activity as i64),
                    &kind(activity),
                    &subject,
                    &id,
                    &when(number, activity),
                    &owner,
                ],
            );
        }
        if made.has_deal {
            put(
                "INSERT INTO opportunity VALUES (?1, 'قرارداد', ?2, NULL, 'Prospecting', 'open', 12000000, 20574, NULL, ?3)",
                &[&(id + 2), &id, &owner],
            );
        }
    }
    connection.execute_batch("COMMIT; ANALYZE").unwrap();
}

/// What is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ask {
    View,
    Call,
}

struct Sides {
    session: Session,
    ids: Vec<RecordId>,
    sqlite: Connection,
    queries: Vec<String>,
    country: CallingCode,
}

impl Sides {
    fn engine(&self, ask: Ask, number: u64) -> u64 {
        let begin = Instant::now();
        let id = match ask {
            Ask::View => self.ids[number as usize],
            Ask::Call => {
                let typed = phone(2 * number + 1).replacen("+98", "0", 1);
                let callers = self.session.callers(&typed, Some(&self.country)).unwrap();
                callers[0].account.unwrap()
            }
        };
        let view = self.session.customer_view(id).unwrap();
        assert!(view.panels.len() > 5);
        begin.elapsed().as_nanos() as u64
    }

    fn sqlite(&self, ask: Ask, number: u64) -> u64 {
        let begin = Instant::now();
        let id: i64 = match ask {
            Ask::View => (number * 16) as i64,
            Ask::Call => read(&self.sqlite, CALLER, phone(2 * number + 1))[0][0]
                .parse()
                .unwrap(),
        };
        self.sqlite.execute_batch("BEGIN").unwrap();
        for sql in &self.queries {
            std::hint::black_box(read(&self.sqlite, sql, id));
        }
        self.sqlite.execute_batch("COMMIT").unwrap();
        begin.elapsed().as_nanos() as u64
    }
}

/// The 360 view, and the way from a telephone number to it.
pub(crate) fn customer(args: &Args, report: &mut Report) {
    let customers = Customers::new(args.customers, args.firm_every);
    let dir = args.dir.join("customer-view");
    std::fs::remove_dir_all(&dir).ok();
    std::fs::create_dir_all(&dir).unwrap();
    let begin = Instant::now();
    let filled = engine(&dir.join("crm"), args);
    let ids = fill_engine(&filled.session(), args, &customers);
    filled.close().unwrap();
    report.say(&format!(
        "{} customers made in {:.0} s.",
        args.customers,
        begin.elapsed().as_secs_f64()
    ));
    let beside = args.contestants.contains(&Who::Sqlite);
    let sqlite = Connection::open(dir.join("customers.db")).unwrap();
    let cache = (args.cache_bytes + args.overlay_bytes as u64) >> 10;
    sqlite
        .execute_batch(&format!(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -{cache};"
        ))
        .unwrap();
    sqlite.set_prepared_statement_cache_capacity(64);
    if beside {
        fill_sqlite(&sqlite, args, &customers);
    }
    let sides = Sides {
        session: engine(&dir.join("crm"), args).session(),
        ids,
        sqlite,
        queries: queries(),
        country: CallingCode::new("98", "0"),
    };
    assert_eq!(
        sides
            .session
            .query(&Query::new("account").limit(1))
            .unwrap()
            .records
            .len(),
        1
    );
    let mut table = Table::new(
        "The 360 view of a customer, µs",
        &[
            "Peyvand, median",
            "p99",
            "SQLite by hand, median",
            "p99",
            "SQLite / Peyvand, median",
        ],
    );
    for (title, ask, draws) in [
        ("View, Zipf", Ask::View, Draws::zipf(args.customers)),
        ("View, evenly", Ask::View, Draws::even(args.customers)),
        (
            "By telephone number, then the view, evenly",
            Ask::Call,
            Draws::even(args.customers),
        ),
    ] {
        let warm = draws.many((args.customers as usize / 2).min(50_000), 3);
        warm.iter().for_each(|number| {
            sides.engine(ask, *number);
            if beside {
                sides.sqlite(ask, *number);
            }
        });
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for round in 0..args.rounds as u64 {
            let drawn = draws.many(2_000, 100 + round);
            ours.extend(drawn.iter().map(|number| sides.engine(ask, *number)));
            let drawn = drawn.iter().filter(|_| beside);
            theirs.extend(drawn.map(|number| sides.sqlite(ask, *number)));
        }
        let at = |times: &mut Vec<u64>, part: usize| {
            times.sort_unstable();
            let at = times.get(times.len() * part / 100);
            at.map_or(f64::NAN, |nanos| *nanos as f64 / 1_000.0)
        };
        let cells = [
            at(&mut ours, 50),
            at(&mut ours, 99),
            at(&mut theirs, 50),
            at(&mut theirs, 99),
        ];
        let ratio = cells[2] / cells[0];
        table.row(
            title,
            cells.into_iter().chain([ratio]).map(Cell::from).collect(),
        );
    }
    report.table(&table);
    if !args.keep {
        drop(sides);
        std::fs::remove_dir_all(&dir).ok();
    }
}
