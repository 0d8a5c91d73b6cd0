//! Whom is asked about: accounts with a contact and five activities, every third with a deal, in both stores.

use std::path::Path;

use peyvand::{Engine, Fields, RecordId, Request, Session};
use rusqlite::{Connection, params};
use serde_json::json;

use crate::args::Args;
use crate::customers::{Customers, phone};
use crate::draws::mix;

/// How many activities a customer has.
const ACTIVITIES: u64 = 5;
/// How many accounts go into a commit.
const TOGETHER: u64 = 200;
pub(super) const USERS: u64 = 40;
/// How many of them are a team.
pub(super) const TEAM: u64 = 5;

const TABLES: &str = "
CREATE TABLE user (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE account (id INTEGER PRIMARY KEY, name TEXT, kind TEXT, industry TEXT, phone TEXT, email TEXT, parent INTEGER, owner INTEGER);
CREATE TABLE contact (id INTEGER PRIMARY KEY, name TEXT, job_title TEXT, mobile TEXT, phone TEXT, email TEXT, account INTEGER, owner INTEGER);
CREATE TABLE affiliation (id INTEGER PRIMARY KEY, contact INTEGER, account INTEGER, role TEXT, since INTEGER, until INTEGER);
CREATE TABLE opportunity (id INTEGER PRIMARY KEY, name TEXT, account INTEGER, contact INTEGER, stage TEXT, status TEXT, amount INTEGER, close_date TEXT, closed_at INTEGER, owner INTEGER);
CREATE TABLE activity (id INTEGER PRIMARY KEY, kind TEXT, subject TEXT, about INTEGER, at INTEGER, due_on INTEGER, status TEXT, priority TEXT, direction TEXT, outcome TEXT, owner INTEGER);
CREATE TABLE message (id INTEGER PRIMARY KEY, subject TEXT, direction TEXT, channel TEXT, state TEXT, account INTEGER, contact INTEGER, at INTEGER);
CREATE TABLE attachment (id INTEGER PRIMARY KEY, document INTEGER, record INTEGER, created_at INTEGER);
CREATE TABLE comment (id INTEGER PRIMARY KEY, about INTEGER, author INTEGER, text TEXT, created_at INTEGER);
CREATE INDEX account_phone ON account (phone); CREATE INDEX account_parent ON account (parent);
CREATE INDEX contact_account ON contact (account, name); CREATE INDEX contact_phone ON contact (phone); CREATE INDEX contact_mobile ON contact (mobile);
CREATE INDEX affiliation_account ON affiliation (account);
CREATE INDEX opportunity_account ON opportunity (account, status, close_date);
CREATE INDEX opportunity_stage_close ON opportunity (stage, close_date); CREATE INDEX opportunity_stage_owner ON opportunity (stage, owner, amount);
CREATE INDEX activity_about ON activity (about, status, at);
CREATE INDEX message_account ON message (account, at); CREATE INDEX message_contact ON message (contact, at);
CREATE INDEX attachment_record ON attachment (record); CREATE INDEX comment_about ON comment (about);
CREATE VIRTUAL TABLE names USING fts5 (name, prefix = '2 3', content = '');";

/// What one customer comes with.
pub(super) struct Made {
    pub(super) name: String,
    pub(super) person: String,
    phone: String,
    mobile: String,
    owner: u64,
    deal: Option<Deal>,
}

struct Deal {
    stage: &'static str,
    amount: i64,
    /// Of 2026.
    close_day: u32,
}

const STAGES: [&str; 5] = [
    "prospecting",
    "qualification",
    "proposal",
    "negotiation",
    "won",
];

fn deal(number: u64) -> Deal {
    let random = mix(number ^ 0xdea1);
    Deal {
        stage: STAGES[(random % 5) as usize],
        amount: 1_000_000 * (1 + (random >> 8) % 100) as i64,
        close_day: ((random >> 32) % 365) as u32,
    }
}

/// A day of 2026.
pub(super) fn close_date(day: u32) -> chrono::NaiveDate {
    chrono::NaiveDate::from_yo_opt(2026, day + 1).unwrap()
}

pub(super) fn made(customers: &Customers, number: u64) -> Made {
    let firm = customers.make(number);
    let person = customers.make(number ^ 1);
    Made {
        name: format!("{} {number}", firm.family),
        person: format!("{} {}", person.given, person.family),
        phone: phone(2 * number),
        mobile: phone(2 * number + 1),
        owner: mix(number ^ 0x07) % USERS,
        deal: number.is_multiple_of(3).then(|| deal(number)),
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

pub(super) fn engine(dir: &Path, args: &Args) -> Engine {
    let builder = Engine::builder(dir)
        .cache_bytes(args.cache_bytes)
        .overlay_bytes(args.overlay_bytes);
    builder.state_engine(args.engine).open().unwrap()
}

pub(super) fn fill_engine(session: &Session, args: &Args, customers: &Customers) -> Vec<RecordId> {
    let _ = session.add_standard_roles().unwrap();
    let objects = json!({"*": {"read": "all"}, "opportunity": {"read": "team"}});
    let role = json!({"key": "team", "name": "team", "definition": {"objects": objects}});
    let _ = session.create("role", role).unwrap();
    for team in 0..USERS / TEAM {
        let key = format!("team{team}");
        let _ = session
            .create("team", json!({"key": key, "name": key}))
            .unwrap();
    }
    let user = |number: u64| {
        Request::create(
            "user",
            Fields::default()
                .with("login", format!("u{number}"))
                .with("name", format!("کاربر {number}"))
                .with("role", if number == 0 { "administrator" } else { "team" })
                .with("team", format!("team{}", number / TEAM)),
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
            if let Some(deal) = made.deal {
                let fields = Fields::default()
                    .with("name", "قرارداد")
                    .with("account", of.as_str())
                    .with("stage", deal.stage)
                    .with("amount", format!("{} IRR", deal.amount))
                    .with("close_date", close_date(deal.close_day).to_string())
                    .with("owner", owner);
                requests.push(create("opportunity", new("opportunity"), fields));
            }
            ids.push(id);
        }
        let _ = session.commit(requests).unwrap();
    }
    ids
}

pub(super) fn fill_sqlite(connection: &Connection, args: &Args, customers: &Customers) {
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
        if let Some(deal) = made.deal {
            let day = close_date(deal.close_day).to_string();
            let status = if deal.stage == "won" { "won" } else { "open" };
            put(
                "INSERT INTO opportunity VALUES (?1, 'قرارداد', ?2, NULL, ?3, ?4, ?5, ?6, NULL, ?7)",
                &[
                    &(id + 2),
                    &id,
                    &deal.stage,
                    &status,
                    &deal.amount,
                    &day,
                    &owner,
                ],
            );
        }
        put(
            "INSERT INTO names (rowid, name) VALUES (?1, ?2)",
            &[&id, &made.name],
        );
        put(
            "INSERT INTO names (rowid, name) VALUES (?1, ?2)",
            &[&(id + 1), &made.person],
        );
    }
    connection.execute_batch("COMMIT; ANALYZE").unwrap();
}
