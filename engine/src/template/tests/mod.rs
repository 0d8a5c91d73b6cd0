//! Do templates do what they say, and nothing else?

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod odd;
mod pages;
mod refusals;
mod versions;

use std::sync::Arc;

use chrono::{DateTime, FixedOffset, Utc};
use serde_json::{Value as Json, json};

use super::RenderOptions;
use crate::context::{FixedClock, Locale, SeededIds};
use crate::engine::Engine;
use crate::record::RecordId;
use crate::session::Session;

pub(super) fn noon() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2025-03-21T08:30:00Z")
        .unwrap()
        .with_timezone(&Utc)
}

/// An insurance firm in Tehran with one customer, one deal, and nothing of a template.
pub(super) struct Firm {
    pub(super) session: Session,
    pub(super) account: RecordId,
    pub(super) contact: RecordId,
    pub(super) deal: RecordId,
}

impl Firm {
    pub(super) fn new() -> Self {
        let engine = Engine::in_memory()
            .clock(Arc::new(FixedClock::at(noon())))
            .ids(Arc::new(SeededIds::new(7)))
            .zone(FixedOffset::east_opt(12_600).unwrap())
            .open()
            .unwrap();
        let session = engine.session();
        let made =
            |object: &str, fields: Json| session.create(object, fields).unwrap().id().unwrap();
        made("territory", json!({"key": "iran", "name": "ایران"}));
        made(
            "territory",
            json!({"key": "tehran", "name": "تهران", "parent": "iran"}),
        );
        made(
            "company_profile",
            json!({
                "key": "main", "name": "Pars Novin", "name_fa": "پارس نوین", "name_ar": "بارس نوين", "territory": "iran",
                "address": "12 Azadi St\nTehran", "address_fa": "تهران، خیابان آزادی\nپلاک ۱۲", "postal_code": "1458889999",
                "phone": "+982188881234 ext 12", "email": "info@pars.example", "national_id": "10101234567",
                "accounts": [{"bank": "بانک ملت", "iban": "IR120170000000123456789012"}],
            }),
        );
        let owner = made(
            "user",
            json!({"login": "sara", "name": "سارا کاظمی", "email": "sara@pars.example"}),
        );
        let account = made(
            "account",
            json!({
                "name": "بیمه <آینده>", "language": "fa", "territory": "tehran", "website": "https://ayandeh.example/?a=1&b=2",
            }),
        );
        let contact = made(
            "contact",
            json!({
                "name": {"given": "علی", "family": "رضایی"}, "account": account.to_string(), "owner": owner.to_string(),
                "mobile": "+989121234567", "job_title": "مدیر فنی",
            }),
        );
        let product = made(
            "product",
            json!({"code": "FLT-12/A", "name": "بیمه ناوگان"}),
        );
        let deal = made(
            "opportunity",
            json!({
                "name": "ناوگان ۱۴۰۴", "account": account.to_string(), "contact": contact.to_string(), "owner": owner.to_string(),
                "amount": "1200000000 IRR", "stage": "proposal", "close_date": "2025-04-20", "product": product.to_string(),
                "description": "پوشش بدنه\nپوشش ثالث <ویژه>", "external_id": "OF-1404-17",
            }),
        );
        Self {
            session,
            account,
            contact,
            deal,
        }
    }

    /// A document over an opportunity with this text in Persian.
    pub(super) fn document(&self, body: &str) -> Result<RecordId, crate::Error> {
        self.put(json!({"key": "doc", "name": "doc", "object": "opportunity", "texts": {"fa": {"body": body}}}))
    }

    /// Makes a template, or changes the one of its key.
    pub(super) fn put(&self, fields: Json) -> Result<RecordId, crate::Error> {
        let key = fields["key"].as_str().unwrap();
        match self.session.find("template", "key", key)? {
            Some(old) => self.session.update(old.id(), fields)?.id(),
            None => self.session.create("template", fields)?.id(),
        }
    }

    /// What stands in the page's body.
    pub(super) fn page(&self, options: &RenderOptions) -> String {
        let page = self.session.render("doc", self.deal, options).unwrap().body;
        let body = page.split_once("<body>\n").unwrap().1;
        body.split_once("\n</body>").unwrap().0.to_owned()
    }

    /// What an expression prints in a Persian page.
    pub(super) fn printed(&self, expression: &str) -> String {
        self.document(&format!("{{{{ {expression} }}}}")).unwrap();
        self.page(&RenderOptions::default().language(Locale::Fa))
    }
}
