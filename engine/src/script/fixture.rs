//! On what do the tests of this room run scripts?
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::Arc;

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use serde_json::Value as Json;

use super::program::ScriptRun;
use super::{Script, load, run_once};
use crate::context::Actor;
use crate::error::Result;
use crate::hook::{Answers, Effects, HookContext, HookFailure, Row, Verb};
use crate::journal::Position;
use crate::query::Reader;
use crate::record::{Record, RecordId, Value};
use crate::schema::{FieldKind, Schema, standard_schema};
use crate::store::{Backend, Commit, MemoryBackend, Snapshot, Write, codec, spaces};

/// A store with the standard schema and a few records; it is the 21st of March 2026, 08:30 UTC.
pub(super) struct Fixture {
    pub(super) schema: Arc<Schema>,
    reader: Reader,
    actor: Actor,
}

impl Fixture {
    pub(super) fn new() -> Self {
        let schema = Arc::new(standard_schema());
        let backend: Arc<dyn Backend> = Arc::new(MemoryBackend::new());
        let account = draft(
            &schema,
            "account",
            7,
            &[("name", "شرکت نمونه".into()), ("industry", "steel".into())],
        );
        let won = draft(
            &schema,
            "stage",
            3,
            &[
                ("key", "won".into()),
                ("name", "Won".into()),
                ("outcome", "won".into()),
            ],
        );
        let key = schema
            .object("stage")
            .unwrap()
            .natural_key()
            .unwrap()
            .number;
        let put = |record: &Record| Write::Put {
            key: spaces::of_record(spaces::RECORD, record.object.number, record.id.number),
            value: codec::encode(record.revision, &record.values),
        };
        let writes = vec![
            put(&account),
            put(&won),
            Write::Put {
                key: spaces::unique(won.object.number, key, &Value::Text("won".into())),
                value: won.id.number.to_be_bytes().to_vec(),
            },
        ];
        backend
            .commit(Commit {
                alone: false,
                at: Position::START,
                unchanged: Vec::new(),
                writes,
                asked: Vec::new(),
                leaves: Vec::new(),
                time: 0,
            })
            .unwrap();
        let reader = Reader {
            snapshot: Snapshot::pin(&backend),
            schema: schema.clone(),
            rehearsed: None,
            seeing: None,
        };
        let user = RecordId::new(schema.object("user").unwrap().prefix, 1);
        Self {
            schema,
            reader,
            actor: Actor::User(user),
        }
    }

    pub(super) fn id(&self, object: &str, number: u128) -> RecordId {
        RecordId::new(self.schema.object(object).unwrap().prefix, number)
    }

    /// An opportunity of the account, worth 2 000 000 IRR.
    pub(super) fn deal(&self) -> Record {
        let account = self.id("account", 7).to_string();
        draft(
            &self.schema,
            "opportunity",
            1,
            &[
                ("name", "فولاد".into()),
                ("amount", "2000000 IRR".into()),
                ("probability", "12.5".into()),
                ("opened_on", "2026-03-01".into()),
                ("source", "web".into()),
                ("account", account.into()),
            ],
        )
    }

    pub(super) fn context(&self) -> HookContext<'_> {
        HookContext {
            reader: &self.reader,
            now: now(),
            today: NaiveDate::from_ymd_opt(2026, 3, 21).unwrap(),
            zone: FixedOffset::east_opt(12_600).unwrap(),
            actor: &self.actor,
        }
    }

    /// Tries a before script's body on the deal.
    pub(super) fn before(&self, body: &str) -> Result<ScriptRun> {
        self.once(&format!("{BEFORE}{body}"), &self.deal())
    }

    /// Tries an after script's body on the deal.
    pub(super) fn after(&self, body: &str) -> Result<ScriptRun> {
        self.once(&format!("{AFTER}{body}"), &self.deal())
    }

    pub(super) fn once(&self, text: &str, record: &Record) -> Result<ScriptRun> {
        run_once(text, &self.schema, record, &self.context())
    }

    /// The value of an expression, as the log prints it.
    pub(super) fn value(&self, expression: &str) -> String {
        let run = self
            .before(&format!("log(`${{{expression}}}`);"))
            .unwrap_or_else(|error| panic!("{expression}: {error}"));
        run.log.into_iter().next().unwrap()
    }

    /// What a before script's body fails with on the deal.
    pub(super) fn failure(&self, body: &str) -> String {
        match self.before(body) {
            Err(error) => error.to_string(),
            Ok(run) => panic!("{body}: {run:?}"),
        }
    }

    /// Loads one before script and asks it.
    pub(super) fn ask_before(&self, text: &str, rows: &[Row<'_>]) -> Result<Answers, HookFailure> {
        let (before, _, broken) = load(&[script(text)], &self.schema);
        assert_eq!(broken, Vec::<String>::new());
        before[0].before_save(rows, &self.context())
    }

    /// Loads one after script and asks it.
    pub(super) fn ask_after(&self, text: &str, rows: &[Row<'_>]) -> Result<Effects, HookFailure> {
        let (_, after, broken) = load(&[script(text)], &self.schema);
        assert_eq!(broken, Vec::<String>::new());
        after[0].after_commit(rows, &self.context())
    }
}

pub(super) const BEFORE: &str =
    "//! name: trial\n//! on: opportunity before create, update\n//! on-failure: reject\n";
pub(super) const AFTER: &str = "//! name: trial\n//! on: opportunity after update\n";

pub(super) fn now() -> DateTime<Utc> {
    "2026-03-21T08:30:00Z".parse().unwrap()
}

pub(super) fn script(text: &str) -> Script {
    Script {
        name: "trial".to_owned(),
        version: 3,
        text: text.to_owned(),
        enabled: true,
    }
}

pub(super) fn created(record: &Record) -> Row<'_> {
    Row {
        verb: Verb::Create,
        id: record.id,
        before: None,
        after: Some(record),
    }
}

pub(super) fn updated<'a>(before: &'a Record, after: &'a Record) -> Row<'a> {
    Row {
        verb: Verb::Update,
        id: after.id,
        before: Some(before),
        after: Some(after),
    }
}

pub(super) fn draft(
    schema: &Schema,
    object: &str,
    number: u128,
    fields: &[(&str, Json)],
) -> Record {
    let object = schema.object(object).unwrap();
    let mut record = Record::empty(object.clone(), RecordId::new(object.prefix, number));
    record.revision = 4;
    for (name, json) in fields {
        set(&mut record, name, json);
    }
    record
}

pub(super) fn set(record: &mut Record, name: &str, json: &Json) {
    let field = record.object.field(name).unwrap();
    let (number, value) = (
        field.number,
        match &field.kind {
            FieldKind::Reference { .. } => {
                Value::Reference(json.as_str().unwrap().parse().unwrap())
            }
            kind => kind.read(json).unwrap(),
        },
    );
    record.set(number, Some(value));
}
