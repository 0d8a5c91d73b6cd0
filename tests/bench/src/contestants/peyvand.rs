//! Peyvand as an application uses it: the public API, a custom object, validation on.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Utc};
use peyvand::testing::KindBytes;
use peyvand::{
    Condition, Engine, Field, FieldKind, Fields, Filter, IdSource, Labels, Operator, Position,
    Prefix, Query, Record, RecordId, Request, SchemaChange, Session, Value,
};

use super::{Past, Reader, Side, Update};
use crate::args::Args;
use crate::customers::{Customer, day};
use crate::draws::mix;

const OBJECT: &str = "customer";
const PREFIX: &str = "cus";

/// Ids as they are in life, the time before the chance, but known from the number of the customer.
#[derive(Debug)]
struct Numbered(AtomicU64);

impl IdSource for Numbered {
    fn next(&self, _: DateTime<Utc>) -> u128 {
        id_number(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// Sixty-four customers to a millisecond.
fn id_number(number: u64) -> u128 {
    let millis = 1_760_000_000_000 + u128::from(number / 64);
    let chance = u128::from(mix(number ^ 0x1d)) << 16 | u128::from(number & 0xffff);
    millis << 80 | (chance & ((1 << 80) - 1))
}

fn id(number: u64) -> RecordId {
    RecordId::new(Prefix::new(PREFIX).unwrap(), id_number(number))
}

/// Opens a store that holds `count` customers, with the object that they are records of.
pub(crate) fn open(dir: &Path, args: &Args, count: u64) -> Engine {
    let ids = Arc::new(Numbered(AtomicU64::new(count)));
    let engine = Engine::builder(dir)
        .cache_bytes(args.cache_bytes)
        .overlay_bytes(args.overlay_bytes)
        .state_engine(args.engine)
        .ids(ids.clone())
        .open()
        .unwrap();
    if engine.schema().unwrap().object(OBJECT).is_none() {
        let _ = engine.session().change_schema([object()]).unwrap();
    }
    // The engine took ids for itself.
    ids.0.store(count, Ordering::Relaxed);
    engine
}

fn object() -> SchemaChange {
    let text = |name: &str| Field::new(name, FieldKind::Text);
    SchemaChange::CreateObject {
        name: OBJECT.to_owned(),
        prefix: PREFIX.to_owned(),
        label: Labels::new(),
        fields: vec![
            text("family").required().indexed(),
            text("given"),
            Field::new("kind", FieldKind::option(&["person", "firm"])).required(),
            Field::new("phone", FieldKind::Phone).indexed(),
            Field::new("email", FieldKind::Email).unique(),
            text("branch").required().indexed(),
            Field::new("registered", FieldKind::Date).indexed(),
            Field::new("born", FieldKind::Date),
            text("national_id"),
            text("city"),
            Field::new("balance", FieldKind::Integer),
            Field::new("note", FieldKind::LongText),
        ],
        key: None,
    }
}

/// What a host would send.
pub(crate) fn fields(customer: &Customer) -> Fields {
    let fields = Fields::default()
        .with("family", customer.family.as_str())
        .with("kind", customer.kind)
        .with("phone", customer.phone.as_str())
        .with("email", customer.email.as_str())
        .with("branch", customer.branch.as_str())
        .with("registered", day(customer.registered))
        .with("born", day(customer.born))
        .with("national_id", customer.national_id.as_str())
        .with("city", customer.city)
        .with("balance", customer.balance)
        .with("note", customer.note.as_str());
    if customer.given.is_empty() {
        fields
    } else {
        fields.with("given", customer.given.as_str())
    }
}

pub(super) struct Peyvand {
    engine: Engine,
    session: Session,
}

impl Peyvand {
    pub(super) fn open(dir: &Path, args: &Args, count: u64) -> Self {
        let engine = open(dir, args, count);
        let session = engine.session();
        Self { engine, session }
    }
}

impl Side for Peyvand {
    fn import(&self, batch: &[Customer]) {
        import(&self.session, batch);
    }

    fn create(&self, customer: &Customer) {
        let committed = self.session.create(OBJECT, fields(customer)).unwrap();
        assert!(committed.warnings.is_empty(), "{:?}", committed.warnings);
    }

    fn update(&self, number: u64, balance: i64, branch: &str) {
        let fields = Fields::default()
            .with("balance", balance)
            .with("branch", branch);
        let _ = self.session.update(id(number), fields).unwrap();
    }

    fn update_many(&self, updates: &[Update]) -> Option<Position> {
        let request = |(number, balance, branch): &Update| {
            let fields = Fields::default()
                .with("balance", *balance)
                .with("branch", branch.as_str());
            Request::update(id(*number), fields)
        };
        let committed = self.session.commit(updates.iter().map(request)).unwrap();
        Some(committed.position)
    }

    fn past(&self) -> Option<Box<dyn Past + '_>> {
        Some(Box::new(self.session.clone()))
    }

    fn checkpoint(&self, path: &Path) -> Option<u64> {
        Some(self.engine.checkpoint(path, &mut |_| {}).unwrap().bytes)
    }

    fn reader(&self, _: usize) -> Box<dyn Reader + '_> {
        Box::new(self.session.clone())
    }

    fn overlay_bytes(&self) -> Option<usize> {
        Some(peyvand::testing::overlay_bytes(&self.engine))
    }

    fn state_bytes(&self) -> Vec<KindBytes> {
        peyvand::testing::state_bytes(&self.engine).unwrap()
    }

    fn close(self: Box<Self>) {
        drop(self.session);
        self.engine.close().unwrap();
    }
}

/// A bulk load: each record is a group of its own, all that are good are one commit.
pub(crate) fn import(session: &Session, batch: &[Customer]) {
    let requests = batch
        .iter()
        .map(|customer| Request::create(OBJECT, fields(customer)));
    let (_, outcomes) = session.commit_each(requests).unwrap();
    for (outcome, customer) in outcomes.into_iter().zip(batch) {
        assert_eq!(outcome.unwrap().id, Some(id(customer.number)));
    }
}

/// One record, looked at.
pub(crate) fn read_one(session: &Session, number: u64) {
    std::hint::black_box(balance(&session.get(id(number)).unwrap()));
}

/// Looks at every field: they are made when they are asked for.
fn whole(record: &Record) {
    record.fields().for_each(|field| {
        std::hint::black_box(field);
    });
}

/// The balance, after a look at every field.
fn balance(record: &Record) -> i64 {
    whole(record);
    match record.get("balance") {
        Some(Value::Integer(balance)) => *balance,
        other => panic!("the balance is {other:?}"),
    }
}

fn equal(field: &str, value: &str) -> Query {
    let condition = Condition::new(field, Operator::Eq, [value]);
    Query::new(OBJECT).filter(Filter::Is(condition))
}

impl Reader for Session {
    fn get(&mut self, number: u64) -> i64 {
        balance(&Session::get(self, id(number)).unwrap())
    }

    fn by_phone(&mut self, phone: &str) -> i64 {
        let page = self.query(&equal("phone", phone)).unwrap();
        balance(page.records.first().unwrap())
    }

    fn by_email(&mut self, email: &str) -> i64 {
        balance(&self.find(OBJECT, "email", email).unwrap().unwrap())
    }

    fn hundred(&mut self, branch: &str) -> usize {
        let page = self.query(&equal("branch", branch).limit(100)).unwrap();
        page.records.iter().for_each(whole);
        page.records.len()
    }

    fn list(&mut self, branch: &str) -> usize {
        let page = self.query(&equal("branch", branch).limit(100)).unwrap();
        for record in &page.records {
            for field in ["given", "family", "phone", "branch", "city", "balance"] {
                std::hint::black_box(record.get(field));
            }
        }
        page.records.len()
    }

    fn scan(&mut self) -> u64 {
        let mut query = Query::new(OBJECT).limit(1000);
        let mut count = 0;
        loop {
            let page = self.query(&query).unwrap();
            page.records.iter().for_each(whole);
            count += page.records.len() as u64;
            match page.next {
                Some(next) => query = query.after(next),
                None => return count,
            }
        }
    }
}

impl Past for Session {
    fn record(&self, at: Position, number: u64) {
        whole(&self.as_of(at).unwrap().get(id(number)).unwrap());
    }

    fn page(&self, at: Position, branch: &str) {
        let past = self.as_of(at).unwrap();
        let page = past.query(&equal("branch", branch).limit(50)).unwrap();
        page.records.iter().for_each(whole);
    }

    fn total(&self, at: Position) -> Option<()> {
        let everything = Filter::everything();
        let past = self.as_of(at).unwrap();
        assert!(past.count(OBJECT, &everything).unwrap() > 0);
        Some(())
    }
}
