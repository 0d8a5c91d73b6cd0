//! How long does the 360 view of a customer take, and from a telephone number to it?
//!
//! Accounts with a contact, five activities, and every third with an open deal: the view that comes with the engine,
//! and the same queries by hand in SQLite, prepared, with the indexes that they want.

mod filled;
mod questions;

use std::time::Instant;

use peyvand::{CallingCode, Query, RecordId, Session};
use rusqlite::{Connection, params};

use self::filled::{engine, fill_engine, fill_sqlite};
use crate::args::Args;
use crate::contestants::Who;
use crate::customers::{Customers, phone};
use crate::draws::Draws;
use crate::report::{Cell, Report, Table};

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

/// A percentile, in microseconds.
fn at(times: &mut [u64], part: usize) -> f64 {
    times.sort_unstable();
    let at = times.get(times.len() * part / 100);
    at.map_or(f64::NAN, |nanos| *nanos as f64 / 1_000.0)
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
    questions::questions(args, &sides.session, &sides.sqlite, &customers, report);
    if !args.keep {
        drop(sides);
        std::fs::remove_dir_all(&dir).ok();
    }
}
