//! What does a lead become?

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use crate::error::Failure;
use crate::record::{Prefix, Record, RecordId};
use crate::schema::Schema;
use crate::write::Fields;

/// A lead becomes an account, a contact and an opportunity, in one commit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LeadConversion {
    /// The lead.
    #[serde(with = "crate::write::id_text")]
    pub lead: RecordId,
    /// The revision that the caller saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// The account it belongs to, where there is one already; otherwise one is made.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::write::id_text_option"
    )]
    pub account: Option<RecordId>,
    /// The opportunity's name; none makes no opportunity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opportunity: Option<String>,
    /// More fields for the opportunity.
    #[serde(default)]
    pub opportunity_fields: Fields,
}

/// What a conversion comes to: records to create, and what the lead gets.
pub(crate) struct Steps {
    pub(crate) create: Vec<(&'static str, RecordId, Fields)>,
    pub(crate) lead: Fields,
}

impl LeadConversion {
    /// Converts a lead to a new account and a contact.
    #[must_use]
    pub fn of(lead: RecordId) -> Self {
        Self {
            lead,
            revision: None,
            account: None,
            opportunity: None,
            opportunity_fields: Fields::default(),
        }
    }

    /// Into an account that exists.
    #[must_use]
    pub fn into_account(mut self, account: RecordId) -> Self {
        self.account = Some(account);
        self
    }

    /// With an opportunity of this name.
    #[must_use]
    pub fn with_opportunity(mut self, name: &str, fields: impl Into<Fields>) -> Self {
        self.opportunity = Some(name.to_owned());
        self.opportunity_fields = fields.into();
        self
    }

    pub(crate) fn steps(
        &self,
        lead: &Record,
        schema: &Schema,
        now: DateTime<Utc>,
        new_id: &mut dyn FnMut(Prefix) -> RecordId,
    ) -> Result<Steps, Failure> {
        if lead.object() != "lead" {
            return Err(Failure::new(
                "not-a-lead",
                format!(
                    "{} is a {}; only a lead can be converted",
                    lead.id(),
                    lead.object()
                ),
            ));
        }
        if lead.text("status") == Some("converted") {
            return Err(Failure::new(
                "converted",
                format!("lead {} was converted already", lead.id()),
            ));
        }
        let prefix = |object: &str| {
            schema
                .object(object)
                .map(|object| object.prefix())
                .ok_or_else(|| {
                    Failure::new("unknown-object", format!("there is no object '{object}'"))
                })
        };
        let take = |fields: &[(&str, &str)]| -> Map<String, Json> {
            fields
                .iter()
                .filter_map(|(from, to)| Some(((*to).to_owned(), lead.get(from)?.to_json())))
                .collect()
        };
        let mut create = Vec::new();
        let account = match self.account {
            Some(account) => account,
            None => {
                let id = new_id(prefix("account")?);
                let mut fields = take(&[
                    ("industry", "industry"),
                    ("employees", "employees"),
                    ("owner", "owner"),
                    ("territory", "territory"),
                ]);
                // Who has no company is a customer himself: a natural person is an account too.
                let person = lead.text("company").is_none();
                fields.insert(
                    "name".to_owned(),
                    lead.text("company")
                        .map_or_else(|| lead.title(), str::to_owned)
                        .into(),
                );
                fields.insert(
                    "kind".to_owned(),
                    if person { "person" } else { "organization" }.into(),
                );
                fields.insert("roles".to_owned(), json!(["customer"]));
                create.push(("account", id, fields.into()));
                id
            }
        };
        let contact = new_id(prefix("contact")?);
        let mut fields = take(&[
            ("name", "name"),
            ("job_title", "job_title"),
            ("email", "email"),
            ("phone", "phone"),
            ("owner", "owner"),
            ("territory", "territory"),
            ("description", "description"),
        ]);
        fields.insert("account".to_owned(), account.to_string().into());
        create.push(("contact", contact, fields.into()));
        let affiliation = new_id(prefix("affiliation")?);
        let mut fields = take(&[("job_title", "role")]);
        fields.insert("contact".to_owned(), contact.to_string().into());
        fields.insert("account".to_owned(), account.to_string().into());
        create.push(("affiliation", affiliation, fields.into()));
        let mut done = Fields::default()
            .with("status", "converted")
            .with(
                "converted_at",
                now.to_rfc3339_opts(SecondsFormat::Micros, true),
            )
            .with("converted_account", account.to_string())
            .with("converted_contact", contact.to_string());
        if let Some(name) = &self.opportunity {
            let id = new_id(prefix("opportunity")?);
            let mut fields = take(&[
                ("source", "source"),
                ("owner", "owner"),
                ("territory", "territory"),
                ("budget", "amount"),
            ]);
            fields.insert("name".to_owned(), name.clone().into());
            fields.insert("account".to_owned(), account.to_string().into());
            fields.insert("contact".to_owned(), contact.to_string().into());
            fields.extend(self.opportunity_fields.0.clone());
            create.push(("opportunity", id, fields.into()));
            done = done.with("converted_opportunity", id.to_string());
        }
        Ok(Steps { create, lead: done })
    }
}
