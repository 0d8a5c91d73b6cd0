//! Does somebody see all of a customer that he may see, and nothing else?

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod caller;
mod story;
mod view;

use serde_json::{Value as Json, json};

use crate::context::Actor;
use crate::record::RecordId;
use crate::session::Session;
use crate::session::fixture::{create, memory};

/// A steel mill with two people and what was done with them.
struct Customer {
    session: Session,
    account: RecordId,
    zahra: RecordId,
    deal: RecordId,
}

impl Customer {
    fn new() -> Self {
        let session = memory();
        let account = create(
            &session,
            "account",
            json!({"name": "فولاد پارس", "phone": "۰۲۱۸۸۰۰۱۲۳۴"}),
        );
        let of = account.to_string();
        let zahra = create(
            &session,
            "contact",
            json!({"name": "زهرا کریمی", "account": of, "mobile": "۰۹۱۲۱۲۳۴۵۶۷"}),
        );
        create(
            &session,
            "contact",
            json!({"name": "علی رضایی", "account": of}),
        );
        let deal = create(
            &session,
            "opportunity",
            json!({"name": "تیرآهن", "account": of, "contact": zahra.to_string(), "amount": "1200 IRR", "close_date": "2026-05-01"}),
        );
        Self {
            session,
            account,
            zahra,
            deal,
        }
    }

    fn activity(&self, about: RecordId, subject: &str, more: Json) -> RecordId {
        let mut fields = json!({"kind": "call", "subject": subject, "about": about.to_string()});
        let map = fields.as_object_mut().unwrap();
        map.extend(more.as_object().unwrap().clone());
        create(&self.session, "activity", fields)
    }
}

fn as_user(session: &Session, user: RecordId) -> Session {
    session.engine().session_as(Actor::User(user))
}
