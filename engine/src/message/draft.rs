//! What does somebody want to say, and to whom?

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value as Json, json};

use super::people::{PARTIES, address_of, named};
use super::{Channel, MessageState};
use crate::context::Locale;
use crate::error::{Error, ErrorKind, Result};
use crate::query::Reader;
use crate::record::{Record, RecordId, Value};
use crate::session::Session;
use crate::write::{Group, Outcome, OutcomeKind, Request};

/// How many messages one commit of [`Session::send_all`] queues.
const BATCH: usize = 1_000;

/// Whom a message goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Recipient {
    /// A contact, a lead or an account: the address is the record's.
    Record(RecordId),
    /// An address or number, and whose it is; the name may be empty. The message needs a channel then.
    Address {
        /// The e-mail address, the telephone number, or what the channel sends to.
        address: String,
        /// Whose it is.
        name: String,
    },
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MessageText {
    /// These words.
    Ready {
        /// One line; may be empty.
        subject: String,
        /// Plain text; SMS needs it.
        text: String,
        /// Formatted text; may be empty.
        html: String,
    },
    /// What a template says about a record.
    Template {
        /// The template's name.
        template: String,
        /// The record.
        record: RecordId,
    },
}

/// What a message is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose {
    /// About business that there is.
    #[default]
    Service,
    /// To sell something: only to who agreed, unless the rules say otherwise.
    Marketing,
    /// What must arrive whatever was wished, such as a one-time code or a legal notice: neither opt-out nor quiet hours
    /// keep it.
    Required,
}

impl Purpose {
    /// Its word in records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Marketing => "marketing",
            Self::Required => "required",
        }
    }

    /// The purpose of a word.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let all = [Self::Service, Self::Marketing, Self::Required];
        all.into_iter().find(|purpose| purpose.name() == name)
    }
}

/// A message to be sent.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[must_use = "give it to `Session::send`"]
pub struct MessageDraft {
    /// Whom it goes to.
    pub to: Recipient,
    /// What it says.
    pub content: MessageText,
    /// By which way; where none is named, the recipient's preferred one, then those of the rules.
    pub channel: Option<Channel>,
    /// Whose address it comes from, and the name that is shown; the sender of the rules unless told.
    pub from: Option<(String, String)>,
    /// What it is about: account, contact, lead, opportunity. The recipient's record is added.
    pub about: Vec<RecordId>,
    /// What it is for.
    pub purpose: Purpose,
    /// Its language; the session's for a template unless told.
    pub language: Option<Locale>,
    /// It does not go out before.
    pub send_after: Option<DateTime<Utc>>,
    /// It does not go out after.
    pub expires_at: Option<DateTime<Utc>>,
    /// The message that it answers.
    pub reply_to: Option<RecordId>,
    /// Under one key one message is queued, however often it is asked for.
    pub once: Option<String>,
}

impl MessageDraft {
    /// A message to somebody, with ready words.
    pub fn new(to: Recipient, subject: &str, text: &str) -> Self {
        let content = MessageText::Ready {
            subject: subject.to_owned(),
            text: text.to_owned(),
            html: String::new(),
        };
        Self::of(to, content)
    }

    /// A message to somebody.
    pub fn of(to: Recipient, content: MessageText) -> Self {
        Self {
            to,
            content,
            channel: None,
            from: None,
            about: Vec::new(),
            purpose: Purpose::default(),
            language: None,
            send_after: None,
            expires_at: None,
            reply_to: None,
            once: None,
        }
    }

    /// By this way and no other.
    pub fn by(mut self, channel: Channel) -> Self {
        self.channel = Some(channel);
        self
    }

    /// About this record too.
    pub fn about(mut self, record: RecordId) -> Self {
        self.about.push(record);
        self
    }

    /// For this purpose.
    pub fn purpose(mut self, purpose: Purpose) -> Self {
        self.purpose = purpose;
        self
    }

    /// In answer to a message.
    pub fn in_reply_to(mut self, message: RecordId) -> Self {
        self.reply_to = Some(message);
        self
    }

    /// Once under this key.
    pub fn once(mut self, key: &str) -> Self {
        self.once = Some(key.to_owned());
        self
    }
}

/// A message that was taken up.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Posted {
    /// The record.
    pub id: RecordId,
    /// Queued; or suppressed, or delivered already.
    pub state: MessageState,
    /// Why it is suppressed, or what it waits for.
    pub cause: Option<String>,
    /// Whether it had been taken up before under its key.
    pub before: bool,
}

/// A template's words about a record.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rendered {
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
    pub(crate) language: Option<Locale>,
    pub(crate) version: Option<i64>,
}

/// Makes the words of a template about a record in a language.
pub(crate) type TextSource =
    Arc<dyn Fn(&Session, &str, RecordId, Option<Locale>) -> Result<Rendered> + Send + Sync>;

/// Where messages and templates meet: the room of templates is called here and nowhere else.
pub(super) fn of_template(
    _: &Session,
    template: &str,
    _: RecordId,
    _: Option<Locale>,
) -> Result<Rendered> {
    let message = format!("template '{template}' cannot be read: this program has no templates");
    Err(Error::new(ErrorKind::Invalid, message).hint("give the message its words"))
}

impl Session {
    /// Queues a message: one commit. It goes out with the next [`Engine::deliver`](crate::Engine::deliver) after it is
    /// due. A message to somebody who does not want it is written too, as suppressed, with the cause.
    ///
    /// # Errors
    /// When the recipient has no address on the channel, the address is none, a name or the subject has a line break,
    /// an SMS is too long; and as [`Session::commit`].
    pub fn send(&self, draft: MessageDraft) -> Result<Posted> {
        let mut posted = self.send_all([draft])?;
        posted.pop().unwrap_or_else(|| {
            let message = "the message was not written";
            Err(Error::new(ErrorKind::NotFound, message))
        })
    }

    /// Queues many messages, a thousand a commit; what is wrong with one is in its own result.
    ///
    /// # Errors
    /// When the store fails.
    pub fn send_all(
        &self,
        drafts: impl IntoIterator<Item = MessageDraft>,
    ) -> Result<Vec<Result<Posted>>> {
        let mut results = Vec::new();
        let mut drafts = drafts.into_iter().peekable();
        while drafts.peek().is_some() {
            let batch: Vec<MessageDraft> = drafts.by_ref().take(BATCH).collect();
            results.extend(self.send_batch(batch)?);
        }
        Ok(results)
    }

    fn send_batch(&self, drafts: Vec<MessageDraft>) -> Result<Vec<Result<Posted>>> {
        let (reader, _) = self.engine.read()?;
        let composed: Vec<Result<(RecordId, Group)>> = drafts
            .into_iter()
            .map(|draft| self.compose(&reader, draft))
            .collect();
        drop(reader);
        let groups: Vec<Group> = composed
            .iter()
            .filter_map(|composed| Some(composed.as_ref().ok()?.1.clone()))
            .collect();
        let report = self.engine.write(&self.context, &groups, None, 0)?;
        let (reader, _) = self.engine.read()?;
        let mut written = report.groups.into_iter();
        let posted = composed.into_iter().map(|composed| {
            let (id, _) = composed?;
            match written.next() {
                Some(outcomes) => posted(&reader, id, &outcomes?),
                None => Err(Error::new(
                    ErrorKind::NotFound,
                    "the message was not written",
                )),
            }
        });
        Ok(posted.collect())
    }

    fn compose(&self, reader: &Reader, draft: MessageDraft) -> Result<(RecordId, Group)> {
        let to = self.recipient(&draft)?;
        let mut fields = related(reader, to.record.as_ref(), &draft.about)?;
        let mut put = |name: &str, value: Json| fields.insert(name.to_owned(), value);
        put("direction", json!("outbound"));
        put("state", json!(MessageState::Queued.name()));
        put("channel", json!(to.channel.name()));
        put("to_address", json!(to.address));
        put("to_name", json!(to.name));
        put("purpose", json!(draft.purpose.name()));
        if let Some((address, name)) = &draft.from {
            put("from_address", json!(address));
            put("from_name", json!(name));
        }
        if let Some(parent) = draft.reply_to {
            put("reply_to", json!(parent.to_string()));
        }
        for (name, at) in [
            ("send_after", draft.send_after),
            ("expires_at", draft.expires_at),
        ] {
            put(
                name,
                at.map_or(Json::Null, |at| Value::Instant(at).to_json()),
            );
        }
        let words = match draft.content {
            MessageText::Ready {
                subject,
                text,
                html,
            } => Rendered {
                subject,
                text,
                html,
                language: draft.language,
                version: None,
            },
            MessageText::Template { template, record } => {
                let language = draft.language.or(Some(self.context.locale));
                let source = &self.engine.inner.post.source;
                let words = source(self, &template, record, language)?;
                put("template", json!(template));
                put("template_version", json!(words.version));
                words
            }
        };
        put("subject", json!(words.subject));
        put("body_text", json!(words.text));
        put("body_html", json!(words.html));
        put("language", json!(words.language.map(Locale::tag)));
        let object = reader.object("message")?;
        let number = match &draft.once {
            Some(key) => number_of("sent", key),
            None => self.context.ids.next(self.context.now()),
        };
        let id = RecordId::new(object.prefix, number);
        let request = Request::create_as(id, "message", fields);
        let once = draft.once.map(|key| format!("message/{key}"));
        let group = Group {
            once,
            ..Group::of([request])
        };
        Ok((id, group))
    }

    fn recipient(&self, draft: &MessageDraft) -> Result<Addressed> {
        let id = match &draft.to {
            Recipient::Record(id) => *id,
            Recipient::Address { address, name } => {
                let channel = draft.channel.ok_or_else(|| {
                    let message = format!("a message to '{address}' needs a channel");
                    Error::new(ErrorKind::Invalid, message)
                        .hint("name one of email, sms, messenger")
                })?;
                return Ok(Addressed {
                    channel,
                    address: address.clone(),
                    name: name.clone(),
                    record: None,
                });
            }
        };
        let record = self.get(id)?;
        if !PARTIES.contains(&record.object()) {
            let message = format!("{id} is a {}, which has no address", record.object());
            return Err(Error::new(ErrorKind::Invalid, message)
                .hint("send to a contact, a lead or an account, or to an address"));
        }
        let (channel, address) = self.way_to(&record, draft.channel)?;
        Ok(Addressed {
            channel,
            address,
            name: record.title(),
            record: Some(record),
        })
    }

    /// The channel that is asked for; or the first of the preferred one and the rules' that leads to somebody who does
    /// not mind it.
    fn way_to(&self, record: &Record, asked: Option<Channel>) -> Result<(Channel, String)> {
        let candidates: Vec<Channel> = match asked {
            Some(channel) => vec![channel],
            None => {
                let rules = &self.engine.inner.post.rules;
                preferred(record)
                    .into_iter()
                    .chain(rules.fallback.iter().copied())
                    .collect()
            }
        };
        let mut ways: Vec<(Channel, String)> = candidates
            .iter()
            .filter_map(|channel| Some((*channel, address_of(record, *channel)?)))
            .collect();
        let wanted = |(channel, _): &(Channel, String)| match record.get("opt_out") {
            Some(Value::Options(unwanted)) => !unwanted.iter().any(|name| name == channel.name()),
            _ => true,
        };
        // When none is wanted the first says so.
        let place = ways.iter().position(wanted).unwrap_or(0);
        if place < ways.len() {
            return Ok(ways.swap_remove(place));
        }
        let names: Vec<&str> = candidates.iter().map(|channel| channel.name()).collect();
        let message = format!("{} has no address for {}", record.id(), names.join(" or "));
        Err(Error::new(ErrorKind::Invalid, message)
            .hint("write one into the record, or name another channel"))
    }

    /// Queues a message again that failed, bounced or was suppressed; it is checked anew.
    ///
    /// # Errors
    /// When it is in another state, and as [`Session::commit`].
    pub fn retry_message(&self, id: RecordId) -> Result<Posted> {
        let record = self.get(id)?;
        let state = record.text("state").and_then(MessageState::from_name);
        use MessageState::{Bounced, Failed, Suppressed};
        if !matches!(state, Some(Failed | Bounced | Suppressed)) {
            let state = record.text("state").unwrap_or("no message");
            let message = format!(
                "{id} is {state}; only what failed, bounced or was suppressed is queued again"
            );
            return Err(Error::new(ErrorKind::Invalid, message));
        }
        let committed = self.update_at(id, record.revision(), json!({"state": "queued"}))?;
        let (reader, _) = self.engine.read()?;
        posted(&reader, id, &committed.outcomes)
    }
}

/// A recipient by one way.
struct Addressed {
    channel: Channel,
    address: String,
    name: String,
    record: Option<Record>,
}

fn preferred(record: &Record) -> Option<Channel> {
    match record.text("preferred_channel")? {
        "mobile" => Some(Channel::Sms),
        other => Channel::from_name(other),
    }
}

fn posted(reader: &Reader, id: RecordId, outcomes: &[Outcome]) -> Result<Posted> {
    let before = outcomes
        .iter()
        .any(|outcome| outcome.kind == OutcomeKind::DoneBefore);
    let Some(record) = reader.get_stored(id)? else {
        return Err(Error::new(ErrorKind::NotFound, reader.missing(id)?));
    };
    let state = record.text("state").and_then(MessageState::from_name);
    Ok(Posted {
        id,
        state: state.unwrap_or(MessageState::Draft),
        cause: record.text("cause").map(str::to_owned),
        before,
    })
}

/// The number of the one message under a key.
pub(super) fn number_of(what: &str, key: &str) -> u128 {
    let hash = blake3::hash(format!("message/{what}/{key}").as_bytes());
    let mut number = [0; 16];
    for (to, from) in number.iter_mut().zip(hash.as_bytes()) {
        *to = *from;
    }
    u128::from_be_bytes(number)
}

/// What a message is about: the recipient and what the caller named, with the accounts of those.
pub(super) fn related(
    reader: &Reader,
    recipient: Option<&Record>,
    about: &[RecordId],
) -> Result<Map<String, Json>> {
    let mut fields = Map::new();
    let mut accounts = Vec::new();
    let mut records: Vec<Record> = recipient.cloned().into_iter().collect();
    for id in about {
        match reader.get_stored(*id)? {
            Some(record) => records.push(record),
            None => return Err(Error::new(ErrorKind::NotFound, reader.missing(*id)?)),
        }
    }
    let message = reader.object("message")?;
    for record in &records {
        let name = record.object();
        if message.field(name).is_none() || name == "message" {
            let message = format!(
                "a message cannot be about {}, which is a {name}",
                record.id()
            );
            return Err(Error::new(ErrorKind::Invalid, message)
                .hint("name an account, a contact, a lead or an opportunity"));
        }
        let id = record.id().to_string();
        fields.entry(name).or_insert(Json::String(id));
        accounts.extend(named(record, "account"));
    }
    if let Some(account) = accounts.first() {
        let id = account.to_string();
        fields.entry("account").or_insert(Json::String(id));
    }
    Ok(fields)
}
