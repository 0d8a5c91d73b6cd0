//! Do processes hold what they promise?

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod changing;
mod definitions;
mod loan;
mod request;

use std::sync::Arc;

use chrono::FixedOffset;
use serde_json::{Value as Json, json};

use super::Process;
use crate::context::{Actor, FixedClock, SeededIds};
use crate::engine::Engine;
use crate::error::Error;
use crate::record::{FileRef, Record, RecordId};
use crate::schema::SchemaChange;
use crate::session::Session;
use crate::session::fixture::create;

/// A bank's branch and a utility's front desk, with their people.
struct Firm {
    session: Session,
    clock: Arc<FixedClock>,
    teller: RecordId,
    expert: RecordId,
    head: RecordId,
}

fn add_object(session: &Session, change: Json) {
    let change: SchemaChange = serde_json::from_value(change).unwrap();
    let _ = session.change_schema([change]).unwrap();
}

impl Firm {
    fn new() -> Self {
        // Noon of a Wednesday in Tehran.
        let clock = Arc::new(FixedClock::at("2026-03-25T08:30:00Z".parse().unwrap()));
        let engine = Engine::in_memory()
            .clock(clock.clone())
            .ids(Arc::new(SeededIds::new(7)))
            .zone(FixedOffset::east_opt(12_600).unwrap());
        let session = engine.open().unwrap().session();
        let role = |key: &str, name: &str| {
            create(&session, "role", json!({"key": key, "name": name})).to_string()
        };
        let user = |login: &str, name: &str, role: String| {
            let fields = json!({"login": login, "name": name, "role": role});
            create(&session, "user", fields)
        };
        let teller = user("sara", "سارا محمدی", role("teller", "متصدی شعبه"));
        let expert = user("reza", "رضا کریمی", role("expert", "کارشناس اعتبارات"));
        let head = user("mina", "مینا احمدی", role("head", "رئیس شعبه"));
        create(
            &session,
            "territory",
            json!({"key": "tajrish", "name": "شعبه تجریش", "manager": head.to_string()}),
        );
        for (key, name) in [
            ("outage", "اتفاقات"),
            ("bills", "صورت‌حساب"),
            ("front", "پیشخوان"),
        ] {
            create(&session, "team", json!({"key": key, "name": name}));
        }
        Self {
            session,
            clock,
            teller,
            expert,
            head,
        }
    }

    fn as_user(&self, user: RecordId) -> Session {
        self.session.engine().session_as(Actor::User(user))
    }

    fn at(&self, instant: &str) {
        self.clock.set(instant.parse().unwrap());
    }

    fn get(&self, id: RecordId) -> Record {
        self.session.get(id).unwrap()
    }

    /// Attaches a document of a type.
    fn attach(&self, record: RecordId, kind: &str, more: Json) -> RecordId {
        let file: FileRef = self
            .session
            .put_file(&format!("{kind}.txt"), None, &mut kind.as_bytes())
            .unwrap();
        let mut fields = json!({"title": kind, "document_type": kind, "file": file.to_json()});
        let map = fields.as_object_mut().unwrap();
        map.extend(more.as_object().cloned().unwrap_or_default());
        let document = create(&self.session, "document", fields);
        let link = json!({"document": document.to_string(), "record": record.to_string()});
        create(&self.session, "attachment", link);
        document
    }
}

fn process(json: Json) -> Process {
    Process::from_json(&json).unwrap()
}

/// The codes and fields of everything that is wrong.
fn codes(error: &Error) -> Vec<String> {
    let failures = error.failures().iter();
    let told = failures.map(|one| format!("{} {}", one.code, one.field.as_deref().unwrap_or("")));
    told.collect()
}
