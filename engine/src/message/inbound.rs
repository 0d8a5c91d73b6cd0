//! Who wrote to us, and what became of what we wrote?

use chrono::{DateTime, Utc};
use serde_json::{Value as Json, json};

use super::files::Attached;
use super::people::{PARTIES, named, with_address};
use super::queue::number_of;
use super::recipient::related;
use super::{Channel, LONGEST_CAUSE, MessageState, one_line};
use crate::error::Result;
use crate::query::Reader;
use crate::record::{Record, RecordId, Value};
use crate::session::Session;
use crate::write::{Ask, Committed, Group, OutcomeKind, Request};

/// The longest text that is taken in, in characters; what is longer is cut, and the message says so.
const LONGEST_BODY: usize = 900_000;

/// An SMS or a messenger's message that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InboundSms {
    /// The sender's number.
    pub from: String,
    /// Our number.
    pub to: String,
    /// What it says.
    pub text: String,
    /// Its id at the gateway: what comes twice under one id is taken in once.
    pub provider_id: Option<String>,
    /// When it came; now unless told.
    pub at: Option<DateTime<Utc>>,
}

impl InboundSms {
    /// A message from a number to a number.
    #[must_use]
    pub fn new(from: &str, to: &str, text: &str) -> Self {
        Self {
            from: from.to_owned(),
            to: to.to_owned(),
            text: text.to_owned(),
            provider_id: None,
            at: None,
        }
    }

    /// Under its id at the gateway.
    #[must_use]
    pub fn with_id(mut self, id: &str) -> Self {
        self.provider_id = Some(id.to_owned());
        self
    }
}

/// A message that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received {
    /// The record.
    pub id: RecordId,
    /// Whom and what it was linked to.
    pub linked: Vec<RecordId>,
    /// Everybody who has the sender's address, where it was not clear who wrote.
    pub candidates: Vec<RecordId>,
    /// How it was linked, or why not.
    pub note: Option<String>,
    /// Our message that it reports about, where it is such a report.
    pub about: Option<RecordId>,
    /// Whether it had been taken in before.
    pub before: bool,
}

/// What a carrier says became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeliveryReport {
    /// It arrived.
    Delivered,
    /// It came back, and why.
    Bounced(String),
}

/// What came in, whatever it came by.
pub(super) struct Inbound {
    pub(super) channel: Channel,
    /// What comes twice under one key is taken in once.
    pub(super) key: String,
    pub(super) from_address: String,
    pub(super) from_name: String,
    pub(super) to_address: String,
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
    pub(super) message_id: Option<String>,
    pub(super) provider_id: Option<String>,
    pub(super) attached: Vec<Attached>,
    pub(super) at: DateTime<Utc>,
    /// The message that it answers.
    pub(super) parent: Option<Record>,
    /// Our message that it reports about, and what it says.
    pub(super) report: Option<(Record, DeliveryReport)>,
}

/// Whom a message is linked to.
struct Link {
    sender: Option<Record>,
    candidates: Vec<RecordId>,
    note: Option<String>,
}

/// Messages are linked to whoever has the address, which is found out over all records.
pub(super) const TAKE_IN: &str = "take messages in";

impl Session {
    /// Takes in an SMS, once under its id at the gateway, and links it to who has the number.
    ///
    /// # Errors
    /// When the store fails or refuses it.
    pub fn receive_sms(&self, sms: InboundSms) -> Result<Received> {
        let at = sms.at.unwrap_or_else(|| self.context.now());
        let key = match &sms.provider_id {
            Some(id) => format!("sms/{id}"),
            None => format!(
                "sms/{}/{}/{}/{}",
                sms.from,
                sms.to,
                at.timestamp_micros(),
                sms.text
            ),
        };
        self.take_in(Inbound {
            channel: Channel::Sms,
            key,
            from_address: sms.from,
            from_name: String::new(),
            to_address: sms.to,
            subject: String::new(),
            text: sms.text,
            html: String::new(),
            message_id: None,
            provider_id: sms.provider_id,
            attached: Vec::new(),
            at,
            parent: None,
            report: None,
        })
    }

    /// Notes what a carrier says became of a message that it took under an id; `None` when no message was.
    ///
    /// # Errors
    /// When the store fails or refuses it.
    pub fn report_delivery(
        &self,
        channel: Channel,
        provider_id: &str,
        report: &DeliveryReport,
    ) -> Result<Option<Committed>> {
        self.must_administer(TAKE_IN)?;
        let (reader, _) = self.engine.read()?;
        let found = by_text(&reader, "provider_id", provider_id)?;
        let mut ours = found.into_iter().filter(|message| {
            message.text("channel") == Some(channel.name())
                && message.text("direction") == Some("outbound")
        });
        let Some(message) = ours.next() else {
            return Ok(None);
        };
        let group = Group {
            asks: noted(&message, report),
            once: None,
        };
        self.commit_groups(&[group]).map(Some)
    }

    /// Writes what came in, and what it reports about another message, in one commit.
    pub(super) fn take_in(&self, inbound: Inbound) -> Result<Received> {
        self.must_administer(TAKE_IN)?;
        let (reader, _) = self.engine.read()?;
        let id = RecordId::new(
            reader.object("message")?.prefix,
            number_of("received", &inbound.key),
        );
        let link = self.link(&reader, &inbound)?;
        let about: Vec<RecordId> = inbound
            .parent
            .as_ref()
            .and_then(|parent| named(parent, "opportunity"))
            .into_iter()
            .filter(|_| link.sender.is_some())
            .collect();
        let mut fields = related(&reader, link.sender.as_ref(), &about)?;
        let mut put = |name: &str, value: Json| fields.insert(name.to_owned(), value);
        let line = |text: &str| json!(one_line(text, LONGEST_CAUSE));
        let (text, cut) = within(&inbound.text);
        let (html, html_cut) = within(&inbound.html);
        let mut note = link.note;
        if cut || html_cut {
            let said = note.map_or_else(String::new, |note| note + "; ");
            note = Some(format!(
                "{said}the text was longer than {LONGEST_BODY} characters and was cut"
            ));
        }
        put("direction", json!("inbound"));
        put("state", json!(MessageState::Received.name()));
        put("channel", json!(inbound.channel.name()));
        put("from_address", line(&inbound.from_address));
        put("from_name", line(&inbound.from_name));
        put("to_address", line(&inbound.to_address));
        put("subject", line(&inbound.subject));
        put("body_text", json!(text));
        put("body_html", json!(html));
        put(
            "message_id",
            line(inbound.message_id.as_deref().unwrap_or_default()),
        );
        put(
            "provider_id",
            line(inbound.provider_id.as_deref().unwrap_or_default()),
        );
        let known = reader.get_stored(id)?.is_some() || reader.binned(id)?.is_some();
        let attached = match known {
            true => Vec::new(),
            false => inbound.attached,
        };
        let (list, documents) = self.keep_attached(id, attached)?;
        put("attachments", list);
        put("at", Value::Instant(inbound.at).to_json());
        put("cause", line(note.as_deref().unwrap_or_default()));
        if !link.candidates.is_empty() {
            let ids: Vec<String> = link.candidates.iter().map(ToString::to_string).collect();
            put("candidates", json!(ids));
        }
        if let Some(parent) = &inbound.parent {
            let thread = named(parent, "thread").unwrap_or(parent.id());
            put("reply_to", json!(parent.id().to_string()));
            put("thread", json!(thread.to_string()));
        }
        drop(reader);
        let create = Request::create_as(id, "message", fields);
        let mut group = Group {
            once: Some(format!(
                "message/received/{}",
                blake3::hash(inbound.key.as_bytes()).to_hex()
            )),
            ..Group::of([create].into_iter().chain(documents))
        };
        if let Some((message, report)) = &inbound.report {
            group.asks.extend(noted(message, report));
        }
        let committed = self.commit_groups(&[group])?;
        let kinds = committed.outcomes.iter().map(|outcome| outcome.kind);
        let before = kinds.clone().any(|kind| kind == OutcomeKind::DoneBefore);
        self.received(id, inbound.report.map(|(message, _)| message.id()), before)
    }

    /// What is known of a message that came in, now or earlier.
    fn received(&self, id: RecordId, about: Option<RecordId>, before: bool) -> Result<Received> {
        let (reader, _) = self.engine.read()?;
        // It may have been deleted since it came the first time.
        let record = reader.get_stored(id)?;
        let fields = ["contact", "lead", "account", "opportunity"];
        let linked = record
            .iter()
            .flat_map(|record| fields.map(|field| named(record, field)));
        let candidates = match record.as_ref().and_then(|record| record.get("candidates")) {
            Some(Value::Json(Json::Array(ids))) => ids
                .iter()
                .filter_map(|id| id.as_str()?.parse().ok())
                .collect(),
            _ => Vec::new(),
        };
        Ok(Received {
            id,
            linked: linked.flatten().collect(),
            candidates,
            note: record
                .as_ref()
                .and_then(|record| record.text("cause").map(str::to_owned)),
            about,
            before,
        })
    }

    /// Contacts go before leads and leads before accounts; one of the first sort there is, is taken, and of several the
    /// one to whom the answered message went.
    fn link(&self, reader: &Reader, inbound: &Inbound) -> Result<Link> {
        let rules = &self.engine.inner.post.rules;
        let people = match inbound.from_address.is_empty() {
            true => Vec::new(),
            false => with_address(reader, rules, inbound.channel, &inbound.from_address)?,
        };
        let of = |name: &str| -> Vec<&Record> {
            let same = |person: &&Record| person.object() == name;
            people.iter().filter(same).collect()
        };
        let best = PARTIES
            .iter()
            .map(|name| of(name))
            .find(|some| !some.is_empty());
        let answered = inbound.parent.as_ref().and_then(|parent| {
            let recipients = PARTIES.iter().filter_map(|field| named(parent, field));
            let mut known =
                recipients.filter_map(|id| people.iter().find(|person| person.id() == id));
            known.next()
        });
        let (sender, note) = match (best.as_deref(), answered) {
            (None, _) => (None, Some("nobody has the sender's address".to_owned())),
            (Some([one]), _) => (Some(*one), None),
            (Some(_), Some(one)) => {
                let note =
                    "several have the sender's address; linked to whom the answered message went";
                (Some(one), Some(note.to_owned()))
            }
            (Some(several), None) => {
                let name = several.first().map_or("record", |one| one.object());
                let count = several.len();
                (
                    None,
                    Some(format!(
                        "{count} {name}s have the sender's address; linked to none"
                    )),
                )
            }
        };
        let candidates = match sender {
            Some(_) => Vec::new(),
            None => people.iter().map(Record::id).collect(),
        };
        Ok(Link {
            sender: sender.cloned(),
            candidates,
            note,
        })
    }
}

/// What a report changes of the message; nothing when that is known already, or was never sent.
fn noted(message: &Record, report: &DeliveryReport) -> Vec<Ask> {
    use MessageState::{Bounced, Delivered, Queued, Sending, Sent};
    let state = message.text("state").and_then(MessageState::from_name);
    let (next, cause) = match report {
        DeliveryReport::Delivered => (Delivered, None),
        DeliveryReport::Bounced(cause) => (Bounced, Some(one_line(cause, LONGEST_CAUSE))),
    };
    // What is queued may have been taken at an attempt of which nobody knew.
    if !matches!(state, Some(Queued | Sending | Sent | Delivered)) || state == Some(next) {
        return Vec::new();
    }
    let change = json!({
        "state": next.name(),
        "cause": cause,
        "next_attempt_at": null,
        "sending_since": null,
    });
    vec![Ask::Kept(Box::new(Request::update(message.id(), change)))]
}

/// The messages that have a text in an indexed field.
pub(super) fn by_text(reader: &Reader, field: &str, text: &str) -> Result<Vec<Record>> {
    let object = reader.object("message")?;
    let Some(field) = object.field(field).filter(|field| field.is_indexed()) else {
        return Ok(Vec::new());
    };
    let value = Value::Text(text.into());
    let mut found = Vec::new();
    for id in reader.having(object, field.number, &value)? {
        let record = reader.get_stored(id)?;
        // The index has the folded text, or its beginning.
        found.extend(record.filter(|record| record.value(field.number) == Some(&value)));
    }
    Ok(found)
}

/// As much of a text as is taken in, and whether that is not all.
fn within(text: &str) -> (&str, bool) {
    match text.char_indices().nth(LONGEST_BODY) {
        Some((end, _)) => (text.get(..end).unwrap_or_default(), true),
        None => (text, false),
    }
}
