//! Is everybody told what he should be, once, and nobody else?

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod conversation;
mod due;
mod letters;
mod marks;
mod telling;

use std::sync::Arc;

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use serde_json::{Value as Json, json};

use super::{Notice, NoticeState};
use crate::context::{Actor, FixedClock, SeededIds};
use crate::engine::{Engine, EngineBuilder};
use crate::record::RecordId;
use crate::session::Session;

/// Noon of a working day in Tehran.
fn noon() -> DateTime<Utc> {
    "2026-03-25T08:30:00Z".parse().unwrap()
}

fn fixed(builder: EngineBuilder) -> (EngineBuilder, Arc<FixedClock>) {
    let clock = Arc::new(FixedClock::at(noon()));
    let builder = builder
        .clock(clock.clone())
        .ids(Arc::new(SeededIds::new(7)))
        .zone(FixedOffset::east_opt(3 * 3600 + 1800).unwrap());
    (builder, clock)
}

/// An office with three people and a customer.
struct Office {
    engine: Engine,
    clock: Arc<FixedClock>,
    sara: RecordId,
    reza: RecordId,
    alireza: RecordId,
    account: RecordId,
}

impl Office {
    fn new() -> Self {
        Self::of(Engine::in_memory())
    }

    fn of(builder: EngineBuilder) -> Self {
        let (builder, clock) = fixed(builder);
        let engine = builder.open().unwrap();
        let session = engine.session();
        let user = |login: &str, name: &str, locale: &str| {
            let fields = json!({"login": login, "name": name, "locale": locale});
            made(&session, "user", fields)
        };
        Self {
            sara: user("sara", "سارا محمدی", "fa"),
            reza: user("reza.karimi", "رضا کریمی", "ar"),
            alireza: user("alireza", "علی\u{200c}رضا نوری", "en"),
            account: made(&session, "account", json!({"name": "بیمهٔ آینده"})),
            engine,
            clock,
        }
    }

    fn as_user(&self, user: RecordId) -> Session {
        self.engine.session_as(Actor::User(user))
    }

    fn notify(&self) {
        assert_eq!(self.engine.notify().unwrap(), Vec::<String>::new());
    }

    fn later(&self, time: TimeDelta) -> DateTime<Utc> {
        let now = self.engine.session().time().now + time;
        self.clock.set(now);
        now
    }

    /// What a user has in his list, oldest first.
    fn told(&self, user: RecordId) -> Vec<Notice> {
        let mut notices = self.as_user(user).notifications(user, &[]).unwrap();
        notices.reverse();
        notices
    }

    fn unread(&self, user: RecordId) -> Vec<Notice> {
        let session = self.as_user(user);
        session.notifications(user, &[NoticeState::Unread]).unwrap()
    }

    fn kinds(&self, user: RecordId) -> Vec<String> {
        self.told(user)
            .into_iter()
            .map(|notice| notice.kind)
            .collect()
    }
}

fn made(session: &Session, object: &str, fields: Json) -> RecordId {
    session.create(object, fields).unwrap().id().unwrap()
}

/// The codes of what is wrong with a write.
fn codes<T>(written: crate::Result<T>) -> Vec<String> {
    let error = written.err().expect("it is refused");
    error
        .failures()
        .iter()
        .map(|failure| failure.code.clone())
        .collect()
}
