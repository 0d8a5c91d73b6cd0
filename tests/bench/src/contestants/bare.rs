//! The store without the rules above it: the same customers and five index entries each, as keys and values.

use std::path::Path;

use peyvand::testing::{BareOptions, BareRecord, BareStore};
use peyvand::{Durability, Position};

use super::sqlite::fold;
use super::{Past, Reader, Side, Update};
use crate::args::Args;
use crate::customers::Customer;

const RECORD: u8 = 0x10;
const INDEX: u8 = 0x20;
const UNIQUE: u8 = 0x21;
const FAMILY: u8 = 1;
const PHONE: u8 = 2;
const BRANCH: u8 = 3;
const REGISTERED: u8 = 4;
const EMAIL: u8 = 5;

pub(super) struct Bare {
    store: BareStore,
}

impl Bare {
    pub(super) fn open(dir: &Path, args: &Args) -> Self {
        let options = BareOptions {
            durability: Durability::Sync,
            overlay_bytes: args.overlay_bytes,
            cache_bytes: args.cache_bytes,
            engine: args.engine,
        };
        Self {
            store: BareStore::open(dir, &options).unwrap(),
        }
    }

    fn updated(&self, (number, balance, new): &Update) -> BareRecord {
        let id = id(*number);
        let old = self.record(&id).unwrap();
        let rest = &old[9 + branch(&old).len()..];
        let record = [
            &balance.to_be_bytes()[..],
            &[new.len() as u8],
            new.as_bytes(),
            rest,
        ]
        .concat();
        BareRecord {
            id: u128::from(*number),
            changes: vec![
                (index_key(BRANCH, branch(&old), &id), None),
                (index_key(BRANCH, new.as_bytes(), &id), Some(Vec::new())),
                (record_key(&id), Some(record)),
            ],
        }
    }

    fn record(&self, id: &[u8]) -> Option<Vec<u8>> {
        self.store.get(&record_key(id)).unwrap()
    }
}

/// Ids of sixteen bytes, as the engine's.
fn id(number: u64) -> [u8; 16] {
    u128::from(number).to_be_bytes()
}

fn record_key(id: &[u8]) -> Vec<u8> {
    [&[RECORD][..], id].concat()
}

fn entry(space: u8, field: u8, value: &[u8]) -> Vec<u8> {
    [&[space, field][..], value, &[0]].concat()
}

fn index_key(field: u8, value: &[u8], id: &[u8]) -> Vec<u8> {
    [&entry(INDEX, field, value)[..], id].concat()
}

/// Balance and branch at known places, then the other values with their lengths before them.
fn encode(customer: &Customer) -> Vec<u8> {
    let mut bytes = customer.balance.to_be_bytes().to_vec();
    let texts = [
        customer.branch.as_str(),
        customer.kind,
        &customer.given,
        &customer.family,
        &customer.phone,
        &customer.email,
        &customer.national_id,
        customer.city,
        &customer.note,
    ];
    for text in texts {
        bytes.push(text.len() as u8);
        bytes.extend_from_slice(text.as_bytes());
    }
    bytes.extend_from_slice(&customer.registered.to_be_bytes());
    bytes.extend_from_slice(&customer.born.to_be_bytes());
    bytes
}

fn balance(record: &[u8]) -> i64 {
    i64::from_be_bytes(*record.first_chunk().unwrap())
}

fn branch(record: &[u8]) -> &[u8] {
    let length = usize::from(record[8]);
    &record[9..9 + length]
}

fn made(customer: &Customer) -> BareRecord {
    let id = id(customer.number);
    let index = |field, value: &[u8]| (index_key(field, value, &id), Some(Vec::new()));
    let changes = vec![
        (record_key(&id), Some(encode(customer))),
        index(FAMILY, fold(&customer.family).as_bytes()),
        index(PHONE, customer.phone.as_bytes()),
        index(BRANCH, customer.branch.as_bytes()),
        index(REGISTERED, &customer.registered.to_be_bytes()),
        (
            entry(UNIQUE, EMAIL, customer.email.as_bytes()),
            Some(id.to_vec()),
        ),
    ];
    BareRecord {
        id: u128::from(customer.number),
        changes,
    }
}

impl Side for Bare {
    fn import(&self, batch: &[Customer]) {
        self.store.commit(batch.iter().map(made).collect()).unwrap();
    }

    fn create(&self, customer: &Customer) {
        self.store.commit(vec![made(customer)]).unwrap();
    }

    fn update(&self, number: u64, balance: i64, new: &str) {
        let updated = self.updated(&(number, balance, new.to_owned()));
        self.store.commit(vec![updated]).unwrap();
    }

    fn update_many(&self, updates: &[Update]) -> Option<Position> {
        let updated = updates.iter().map(|update| self.updated(update));
        Some(self.store.commit(updated.collect()).unwrap())
    }

    fn past(&self) -> Option<Box<dyn Past + '_>> {
        Some(Box::new(Reading(self)))
    }

    fn reader(&self, _: usize) -> Box<dyn Reader + '_> {
        Box::new(Reading(self))
    }

    fn overlay_bytes(&self) -> Option<usize> {
        Some(self.store.overlay_bytes())
    }

    fn close(self: Box<Self>) {
        self.store.close().unwrap();
    }
}

struct Reading<'a>(&'a Bare);

impl Reading<'_> {
    fn ids(&self, field: u8, value: &[u8], limit: usize) -> Vec<Vec<u8>> {
        let rows = self
            .0
            .store
            .scan(&entry(INDEX, field, value), limit)
            .unwrap();
        rows.into_iter()
            .map(|(key, _)| record_key(&key[key.len() - 16..]))
            .collect()
    }
}

impl Reader for Reading<'_> {
    fn get(&mut self, number: u64) -> i64 {
        balance(&self.0.record(&id(number)).unwrap())
    }

    fn by_phone(&mut self, phone: &str) -> i64 {
        let keys = self.ids(PHONE, phone.as_bytes(), 50);
        balance(&self.0.store.get(keys.first().unwrap()).unwrap().unwrap())
    }

    fn by_email(&mut self, email: &str) -> i64 {
        let id = self
            .0
            .store
            .get(&entry(UNIQUE, EMAIL, email.as_bytes()))
            .unwrap()
            .unwrap();
        balance(&self.0.record(&id).unwrap())
    }

    fn hundred(&mut self, branch: &str) -> usize {
        let keys = self.ids(BRANCH, branch.as_bytes(), 100);
        let keys: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
        let records = self.0.store.get_many(&keys).unwrap();
        std::hint::black_box(records).into_iter().flatten().count()
    }

    fn list(&mut self, branch: &str) -> usize {
        self.hundred(branch)
    }

    fn scan(&mut self) -> u64 {
        let mut count = 0;
        self.0
            .store
            .scan_all(&[RECORD], |_, value| {
                std::hint::black_box(value);
                count += 1;
            })
            .unwrap();
        count
    }
}

impl Past for Reading<'_> {
    fn record(&self, at: Position, number: u64) {
        let found = self.0.store.get_at(at, &record_key(&id(number))).unwrap();
        std::hint::black_box(found.unwrap());
    }

    fn page(&self, at: Position, branch: &str) {
        let prefix = entry(INDEX, BRANCH, branch.as_bytes());
        let rows = self.0.store.scan_at(at, &prefix, 50).unwrap();
        for (key, _) in rows.iter().filter(|(key, _)| key.starts_with(&prefix)) {
            let key = record_key(&key[key.len() - 16..]);
            std::hint::black_box(self.0.store.get_at(at, &key).unwrap().unwrap());
        }
    }

    fn total(&self, _: Position) -> Option<()> {
        None
    }
}
