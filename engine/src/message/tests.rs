//! What the tests of messages start from: people with Persian and Arabic names, a fixed clock, simulated transports.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod consent;
mod inbound;
#[cfg(feature = "mail")]
mod mail;
mod outbox;
mod sending;

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, FixedOffset, Utc};
use serde_json::{Value as Json, json};

use super::*;
use crate::context::{FixedClock, SeededIds};
use crate::engine::{Engine, EngineBuilder};
use crate::record::{Record, RecordId};
use crate::session::Session;
use crate::testing::Postbox;

/// Noon of a working day in Tehran.
const NOON: &str = "2026-03-25T08:30:00Z";

struct Office {
    engine: Engine,
    session: Session,
    clock: Arc<FixedClock>,
    mail: Arc<Postbox>,
    sms: Arc<Postbox>,
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn rules() -> MessageRules {
    let mut rules = MessageRules {
        calling_code: Some(CallingCode::new("98", "0")),
        ..MessageRules::default()
    };
    let sender = Sender::new("crm@bimeh.example", "بیمه آینده");
    rules.senders.insert(Channel::Email, sender);
    rules
}

impl Office {
    fn of(builder: EngineBuilder, mail: Postbox, rules: MessageRules) -> Self {
        let clock = Arc::new(FixedClock::at(at(NOON)));
        let (mail, sms) = (Arc::new(mail), Arc::new(Postbox::accepting()));
        let engine = builder
            .clock(clock.clone())
            .ids(Arc::new(SeededIds::new(7)))
            .zone(FixedOffset::east_opt(3 * 3600 + 1800).unwrap())
            .transport(Channel::Email, mail.clone())
            .transport(Channel::Sms, sms.clone())
            .message_rules(rules)
            .open()
            .unwrap();
        Self {
            session: engine.session(),
            engine,
            clock,
            mail,
            sms,
        }
    }

    fn new() -> Self {
        Self::of(Engine::in_memory(), Postbox::accepting(), rules())
    }

    fn with(mail: Postbox) -> Self {
        Self::of(Engine::in_memory(), mail, rules())
    }

    fn on(dir: &Path, mail: Postbox) -> Self {
        Self::of(Engine::builder(dir), mail, rules())
    }

    fn create(&self, object: &str, fields: Json) -> RecordId {
        self.session.create(object, fields).unwrap().id().unwrap()
    }

    fn contact(&self, fields: Json) -> RecordId {
        let mut all =
            json!({"name": "مریم رضایی", "email": "maryam@example.org", "mobile": "0912 123 4567"});
        for (name, value) in fields.as_object().unwrap() {
            all[name] = value.clone();
        }
        self.create("contact", all)
    }

    fn get(&self, id: RecordId) -> Record {
        self.session.get(id).unwrap()
    }

    fn state(&self, id: RecordId) -> String {
        self.get(id).text("state").unwrap().to_owned()
    }

    fn post(&self, draft: MessageDraft) -> Posted {
        self.session.send(draft).unwrap()
    }

    /// Mails to addresses of their own.
    fn queue_mails(&self, count: usize) -> Vec<RecordId> {
        let drafts = (0..count).map(|one| mail_to(&format!("n{one}@example.org")));
        let posted = self.session.send_all(drafts).unwrap();
        posted
            .into_iter()
            .map(|posted| posted.unwrap().id)
            .collect()
    }

    fn later(&self, minutes: i64) {
        use crate::context::Clock as _;
        let now = self.clock.now();
        self.clock.set(now + chrono::TimeDelta::minutes(minutes));
    }
}

fn address(address: &str) -> Recipient {
    Recipient::Address {
        address: address.to_owned(),
        name: "سارا احمدی".to_owned(),
    }
}

fn mail_to(to: &str) -> MessageDraft {
    MessageDraft::new(address(to), "یادآوری قسط", "قسط شما فردا سررسید می‌شود.").by(Channel::Email)
}

fn sms_to(to: &str) -> MessageDraft {
    MessageDraft::new(address(to), "", "قسط شما فردا سررسید می‌شود.").by(Channel::Sms)
}

/// (field, code) of every failure.
fn failures(error: &crate::Error) -> Vec<(&str, &str)> {
    let failures = error.failures().iter();
    failures
        .map(|failure| {
            (
                failure.field.as_deref().unwrap_or(""),
                failure.code.as_str(),
            )
        })
        .collect()
}
