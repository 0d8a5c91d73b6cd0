//! How does a draft become a message that waits?

use serde_json::{Value as Json, json};

use super::draft::{Rendered, of_template};
use super::recipient::related;
use super::{MessageDraft, MessageState, MessageText, Posted};
use crate::context::Locale;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Position;
use crate::query::Reader;
use crate::record::{RecordId, Value};
use crate::session::Session;
use crate::write::{Group, Outcome, OutcomeKind, Request};

/// How many messages one commit of [`Session::send_all`] queues.
const BATCH: usize = 1_000;

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
            results.extend(self.send_batch(batch, None, 0)?);
        }
        Ok(results)
    }

    /// Queues the messages of a follow-up: what caused them and how deep it is goes along, so that messages that cause
    /// messages come to an end.
    pub(super) fn send_batch(
        &self,
        drafts: Vec<MessageDraft>,
        cause: Option<Position>,
        depth: u8,
    ) -> Result<Vec<Result<Posted>>> {
        let (reader, _) = self.read()?;
        let composed: Vec<Result<Composed>> = drafts
            .into_iter()
            .map(|draft| self.compose(&reader, draft))
            .collect();
        drop(reader);
        let groups: Vec<Group> = composed
            .iter()
            .filter_map(|composed| Some(composed.as_ref().ok()?.group.clone()))
            .collect();
        let report = self.engine.write(&self.context, &groups, cause, depth)?;
        let (reader, _) = self.read()?;
        let mut written = report.groups.into_iter();
        let posted = composed.into_iter().map(|composed| {
            let Composed { id, warnings, .. } = composed?;
            match written.next() {
                Some(outcomes) => Ok(Posted {
                    warnings,
                    ..posted(&reader, id, &outcomes?)?
                }),
                None => Err(Error::new(
                    ErrorKind::NotFound,
                    "the message was not written",
                )),
            }
        });
        Ok(posted.collect())
    }

    fn compose(&self, reader: &Reader, draft: MessageDraft) -> Result<Composed> {
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
                warnings: Vec::new(),
            },
            MessageText::Template { template, record } => {
                let own = to
                    .record
                    .as_ref()
                    .and_then(|record| record.text("language"));
                let own = own.and_then(Locale::from_tag);
                // Where nobody says it, the template knows whose language it is to be.
                let words = of_template(self, &template, record, draft.language.or(own))?;
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
        let (list, attachments) = self.carried(id, to.channel, &draft.files)?;
        put("attachments", list);
        let request = Request::create_as(id, "message", fields);
        // Nobody can be read out of the key, which stays when he is erased.
        let once = draft
            .once
            .map(|key| format!("message/sent/{}", blake3::hash(key.as_bytes()).to_hex()));
        let group = Group {
            once,
            ..Group::of([request].into_iter().chain(attachments))
        };
        Ok(Composed {
            id,
            group,
            warnings: words.warnings,
        })
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
        let (reader, _) = self.read()?;
        posted(&reader, id, &committed.outcomes)
    }
}

/// A message that is to be written.
struct Composed {
    id: RecordId,
    group: Group,
    warnings: Vec<String>,
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
        warnings: Vec::new(),
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
