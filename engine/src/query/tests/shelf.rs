//! A store in memory with records put in by hand: entries as the write path makes them, without the write path.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use chrono::{DateTime, FixedOffset, Utc};
use serde_json::{Value as Json, json};

use crate::error::Result;
use crate::query::{Asker, Filter, Page, Query, QueryTime, Reader, SortKey, run};
use crate::record::{Record, RecordId, Value};
use crate::schema::{Object, Schema, standard_schema};
use crate::store::{Backend, Commit, MemoryBackend, Snapshot, Write, codec, spaces};

pub(super) struct Shelf {
    backend: Arc<dyn Backend>,
    schema: Arc<Schema>,
    asker: Cell<Asker>,
}

/// Noon in UTC, half past three in Tehran: both call it 2026-03-31.
pub(super) fn time() -> QueryTime {
    QueryTime {
        now: instant("2026-03-31T12:00:00Z"),
        zone: FixedOffset::east_opt(12_600).unwrap(),
        asker: Asker::Program,
    }
}

pub(super) fn instant(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text)
        .unwrap()
        .with_timezone(&Utc)
}

impl Shelf {
    pub(super) fn new() -> Self {
        Self::of(standard_schema())
    }

    pub(super) fn of(schema: Schema) -> Self {
        Self {
            backend: Arc::new(MemoryBackend::new()),
            schema: Arc::new(schema),
            asker: Cell::new(Asker::Program),
        }
    }

    /// Who asks from now on.
    pub(super) fn ask_as(&self, asker: Asker) {
        self.asker.set(asker);
    }

    fn time(&self) -> QueryTime {
        QueryTime {
            asker: self.asker.get(),
            ..time()
        }
    }

    pub(super) fn reader(&self) -> Reader {
        Reader {
            snapshot: Snapshot::pin(&self.backend),
            schema: self.schema.clone(),
            rehearsed: None,
            seeing: None,
        }
    }

    pub(super) fn object(&self, name: &str) -> Arc<Object> {
        self.schema.object(name).unwrap().clone()
    }

    pub(super) fn id(&self, object: &str, number: u128) -> RecordId {
        RecordId::new(self.object(object).prefix, number)
    }

    /// Makes or replaces a record.
    pub(super) fn put(&self, object: &str, number: u128, fields: Json) -> RecordId {
        let object = self.object(object);
        let mut record = Record::empty(object.clone(), RecordId::new(object.prefix, number));
        record.revision = 1;
        for (name, json) in fields.as_object().unwrap() {
            let field = object
                .field(name)
                .unwrap_or_else(|| panic!("no field {name}"));
            record.set(field.number, Some(field.kind.read(json).unwrap()));
        }
        self.replace(record.id, Some(&record));
        record.id
    }

    /// Cuts the last byte off what is stored of a record.
    pub(super) fn damage(&self, id: RecordId) {
        let object = self.schema.by_prefix(id.prefix).unwrap();
        let key = spaces::of_record(spaces::RECORD, object.number, id.number);
        let mut value = self.reader().snapshot.get(&key).unwrap().unwrap();
        value.pop();
        self.commit(vec![Write::Put { key, value }]);
    }

    pub(super) fn delete(&self, object: &str, number: u128) {
        self.replace(self.id(object, number), None);
    }

    /// Sets what a rollup has counted.
    pub(super) fn add_total(&self, object: &str, number: u128, field: &str, count: i64, sum: i128) {
        let object = self.object(object);
        let key = spaces::rollup(object.number, number, object.field(field).unwrap().number);
        self.commit(vec![Write::Add { key, count, sum }]);
    }

    fn replace(&self, id: RecordId, record: Option<&Record>) {
        let old = self.reader().get(id).unwrap();
        let object = self.schema.by_prefix(id.prefix).unwrap();
        let mut writes = Vec::new();
        if let Some(old) = &old {
            writes.extend(entries(old).into_iter().map(|key| Write::Delete { key }));
        }
        let key = spaces::of_record(spaces::RECORD, object.number, id.number);
        match record {
            Some(record) => {
                let value = codec::encode(record.revision, &record.values);
                writes.push(Write::Put { key, value });
                let owner = id.number.to_be_bytes().to_vec();
                writes.extend(entries(record).into_iter().map(|key| Write::Put {
                    key,
                    value: owner.clone(),
                }));
            }
            None => writes.push(Write::Delete { key }),
        }
        let difference = i64::from(record.is_some()) - i64::from(old.is_some());
        writes.push(Write::Add {
            key: spaces::of_object(spaces::COUNT, object.number),
            count: difference,
            sum: 0,
        });
        self.commit(writes);
    }

    fn commit(&self, writes: Vec<Write>) {
        let at = self.backend.pin();
        let committed = self.backend.commit(Commit {
            at,
            writes,
            ..Commit::default()
        });
        self.backend.unpin(at);
        committed.unwrap();
    }

    /// The numbers of the matching records, found by the planner and page by page, after a look at every record has
    /// given the same.
    pub(super) fn found(&self, object: &str, filter: &str) -> Vec<u128> {
        let filter = Filter::parse(filter).unwrap();
        let looked_at = self.matching(object, &filter);
        let (paged, _) = self.all_pages(&Query::new(object).filter(filter.clone()).limit(3));
        assert_eq!(paged, looked_at, "{filter}");
        let count = crate::query::count(&self.reader(), object, &filter, &self.time()).unwrap();
        assert_eq!(count, looked_at.len() as u64, "{filter}");
        looked_at
    }

    /// By a look at every record.
    pub(super) fn matching(&self, object: &str, filter: &Filter) -> Vec<u128> {
        let reader = self.reader();
        let object = self.object(object);
        let compiled = filter.compile(&object, &reader, &self.time()).unwrap();
        let mut found = Vec::new();
        let each = |record: Record| {
            if compiled.matches(&record, &reader)? {
                found.push(record.id.number);
            }
            Ok(ControlFlow::Continue(()))
        };
        reader.each(&object, each).unwrap();
        found
    }

    pub(super) fn page(&self, query: &Query) -> Result<Page> {
        run(&self.reader(), query, &self.time())
    }

    /// The numbers of all rows, and how many pages they took.
    pub(super) fn all_pages(&self, query: &Query) -> (Vec<u128>, usize) {
        let (mut rows, mut pages, mut query) = (Vec::new(), 0, query.clone());
        loop {
            let page = self.page(&query).unwrap();
            assert_eq!(page.has_more, page.next.is_some());
            rows.extend(page.records.iter().map(|record| record.id.number));
            pages += 1;
            match page.next {
                Some(next) => query = query.after(next),
                None => return (rows, pages),
            }
        }
    }

    /// The message and the remedy of a filter that cannot be answered.
    pub(super) fn refusal(&self, object: &str, filter: &str) -> String {
        let refused =
            Filter::parse(filter).and_then(|filter| self.page(&Query::new(object).filter(filter)));
        let error = refused
            .err()
            .unwrap_or_else(|| panic!("{filter} was answered"));
        assert_eq!(error.kind(), crate::ErrorKind::Query, "{filter}");
        match error.remedy() {
            Some(remedy) => format!("{error} | {remedy}"),
            None => error.to_string(),
        }
    }
}

/// Every index and unique entry of a record.
fn entries(record: &Record) -> BTreeSet<Vec<u8>> {
    let object = &record.object;
    let mut keys = BTreeSet::new();
    for field in object.live_fields() {
        let value = record.value(field.number);
        if field.is_indexed() {
            keys.insert(spaces::index(
                object.number,
                field.number,
                value,
                record.id.number,
            ));
        }
        if let Some(value) = value.filter(|_| field.unique) {
            keys.insert(spaces::unique(object.number, field.number, value));
        }
    }
    for index in object.indexes() {
        let values = index.numbers.iter().map(|field| record.value(*field));
        let (object, id) = (object.number, record.id.number);
        keys.insert(spaces::index_of_several(object, index.number, values, id));
    }
    keys
}

pub(super) fn sort(text: &str) -> Vec<SortKey> {
    SortKey::parse_list(text).unwrap()
}

/// Stages, users and ten opportunities that differ in every field that the tests ask for.
pub(super) fn sales() -> Shelf {
    let shelf = Shelf::new();
    let open = shelf.put("stage", 1, json!({"key": "proposal", "name": "Proposal"}));
    let won = shelf.put("stage", 2, json!({"key": "won", "name": "Won"}));
    let sara = shelf.put("user", 1, json!({"login": "sara", "name": "سارا"}));
    for number in 1..=10_u128 {
        let stage = if number % 3 == 0 { won } else { open };
        let mut fields = json!({
            "name": format!("Deal {number}"),
            "stage": stage.to_string(),
            "status": if number % 3 == 0 { "won" } else { "open" },
            "amount": format!("{} {}", number * 100, if number % 2 == 0 { "EUR" } else { "IRR" }),
            "updated_at": format!("2026-03-{:02}T08:00:00Z", number),
            "probability": "50",
        });
        if number > 2 {
            fields["close_date"] = json!(format!("2026-0{}-15", 1 + number % 4));
        }
        if number % 5 == 0 {
            fields["owner"] = json!(sara.to_string());
        }
        shelf.put("opportunity", number, fields);
    }
    shelf
}

pub(super) fn money(text: &str) -> Option<Value> {
    Some(crate::schema::FieldKind::Money.read(&json!(text)).unwrap())
}
