//! What must a message be before it may wait to be sent?
//!
//! The engine's rule for every message that is saved, whoever saves it: a session, an import, a script. It checks and
//! completes what is queued, keeps what was sent as it was sent, and leaves handing over to the outbox alone.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::address::{breaks_a_line, mail_fault, phone_number};
use super::rules::MessageRules;
use super::sms::sms_length;
use super::verdict::{Judge, Verdict};
use super::{Channel, MessageState, one_line};
use crate::error::Error;
use crate::hook::{
    Answers, BeforeSave, HookContext, HookFailure, Interest, Patch, Refusal, Row, Rule, Verb,
    engine_rule,
};
use crate::record::{Record, Value};
use crate::schema::Schema;

/// What a recipient has read cannot be changed any more.
const SAID: [&str; 11] = [
    "direction",
    "channel",
    "from_address",
    "from_name",
    "to_address",
    "to_name",
    "subject",
    "body_text",
    "body_html",
    "attachments",
    "message_id",
];

/// What wakes the rule besides: whether it goes out, and when.
const COURSE: [&str; 6] = [
    "state",
    "purpose",
    "send_after",
    "expires_at",
    "contact",
    "sending_since",
];

/// The rule, with what the host chose.
pub(crate) struct PostingRule {
    rules: Arc<MessageRules>,
}

impl PostingRule {
    /// The rule for a schema; none when it has no messages.
    pub(crate) fn hook(schema: &Schema, rules: Arc<MessageRules>) -> Option<Arc<dyn BeforeSave>> {
        let message = schema.object("message")?;
        let number = |name: &&str| message.field(name).map(|field| field.number);
        let wakes = SAID.iter().chain(&COURSE).filter_map(number).collect();
        let interest = Interest::new("message", &[Verb::Create, Verb::Update], wakes);
        let title = "messages are what can be sent";
        Some(engine_rule(title, interest, Self { rules }))
    }
}

impl Rule for PostingRule {
    fn judge(&self, rows: &[Row<'_>], context: &HookContext<'_>) -> Result<Answers, HookFailure> {
        let mut answers = Answers::default();
        for (row, of) in rows.iter().enumerate() {
            let Some(after) = of.after else { continue };
            let mut saved = Saved {
                rules: &self.rules,
                context,
                row,
                before: of.before,
                after,
                answers: &mut answers,
            };
            let looked = saved.look();
            looked.map_err(|error| HookFailure::unread("message", &error))?;
        }
        Ok(answers)
    }
}

/// One message that is saved.
struct Saved<'a> {
    rules: &'a MessageRules,
    context: &'a HookContext<'a>,
    row: usize,
    before: Option<&'a Record>,
    after: &'a Record,
    answers: &'a mut Answers,
}

fn state_of(record: &Record) -> Option<MessageState> {
    record.text("state").and_then(MessageState::from_name)
}

impl Saved<'_> {
    fn refuse(&mut self, field: &str, code: &str, message: impl Into<String>) {
        self.answers.refusals.push(Refusal {
            row: self.row,
            field: Some(field.to_owned()),
            code: code.to_owned(),
            message: message.into(),
        });
    }

    fn set(&mut self, field: &str, value: Option<Value>) {
        let Some(field) = self.after.object.field(field).map(|field| field.number) else {
            return;
        };
        if self.after.value(field) != value.as_ref() {
            let row = self.row;
            self.answers.patches.push(Patch { row, field, value });
        }
    }

    fn set_text(&mut self, field: &str, text: impl Into<String>) {
        let text = text.into();
        self.set(
            field,
            (!text.is_empty()).then_some(Value::Text(text.into())),
        );
    }

    fn set_state(&mut self, state: MessageState) {
        self.set_text("state", state.name());
    }

    fn text(&self, field: &str) -> &str {
        self.after.text(field).unwrap_or_default()
    }

    fn has_changed(&self, field: &str) -> bool {
        self.before.and_then(|before| before.get(field)) != self.after.get(field)
    }

    fn look(&mut self) -> Result<(), Error> {
        use MessageState::{Queued, Received, Sending};
        let was = self.before.and_then(state_of);
        let Some(is) = state_of(self.after) else {
            return Ok(());
        };
        if self.before.is_none() && is == Sending && self.after.get("sending_since").is_some() {
            // It comes back from the bin, where nobody heard what became of it.
            self.set_state(MessageState::Failed);
            self.set("sending_since", None);
            self.set_text("cause", "it was deleted while it was being sent");
            return Ok(());
        }
        if was != Some(is) && (was == Some(Sending) || is == Sending) {
            // The outbox says since when; nobody else can.
            if !self.has_changed("sending_since") {
                self.refuse(
                    "state",
                    "being-sent",
                    "only the outbox takes a message through 'sending'; wait until it has",
                );
            }
            return Ok(());
        }
        if self.is_kept(was) {
            return Ok(());
        }
        let inbound = self.text("direction") == "inbound";
        if inbound != (is == Received) {
            match inbound && was.is_none() && is == MessageState::Draft {
                true => self.set_state(Received),
                false => self.refuse(
                    "state",
                    "direction",
                    "what came in is 'received', and nothing else is",
                ),
            }
        }
        if is == Queued {
            self.queue(was)
        } else {
            self.set("next_attempt_at", None);
            Ok(())
        }
    }

    /// Refuses to change what somebody has read; whether it did.
    fn is_kept(&mut self, was: Option<MessageState>) -> bool {
        use MessageState::{Bounced, Delivered, Draft, Queued, Received, Sending, Sent};
        let Some(was) =
            was.filter(|was| matches!(was, Sending | Sent | Delivered | Bounced | Received))
        else {
            return false;
        };
        if let Some(field) = SAID.into_iter().find(|field| self.has_changed(field)) {
            let message = format!("the message is {was}, and stays as it is; write another one");
            self.refuse(field, "was-sent", message);
            return true;
        }
        if matches!(was, Sent | Delivered) && matches!(state_of(self.after), Some(Queued | Draft)) {
            let message = format!("the message is {was}; write another one to send it again");
            self.refuse("state", "was-sent", message);
            return true;
        }
        false
    }

    /// Checks a message that is to go out, completes it, and says when.
    fn queue(&mut self, was: Option<MessageState>) -> Result<(), Error> {
        let refused = self.answers.refusals.len();
        let Some(channel) = Channel::from_name(self.text("channel")) else {
            return Ok(());
        };
        self.check_lines();
        self.check_body(channel);
        self.complete_sender(channel);
        let to_address = self.checked_recipient(channel);
        let (Some(to_address), true) = (to_address, self.answers.refusals.len() == refused) else {
            return Ok(());
        };
        self.complete(was, channel)?;
        let judge = Judge {
            reader: self.context.reader,
            rules: self.rules,
            zone: self.context.zone,
        };
        let earliest = match self.after.get("send_after") {
            Some(Value::Instant(at)) => (*at).max(self.context.now),
            _ => self.context.now,
        };
        match judge.verdict(self.after, &to_address, earliest)? {
            Verdict::Go if channel == Channel::InApp => {
                self.set_state(MessageState::Delivered);
                self.set("next_attempt_at", None);
            }
            Verdict::Go => self.due(earliest, ""),
            Verdict::Wait(until, cause) => self.due(until.max(earliest), &cause),
            Verdict::Never(cause) => {
                self.set_state(MessageState::Suppressed);
                self.set("next_attempt_at", None);
                self.set_text("cause", one_line(&cause, super::LONGEST_CAUSE));
            }
        }
        Ok(())
    }

    fn due(&mut self, at: DateTime<Utc>, cause: &str) {
        self.set("next_attempt_at", Some(Value::Instant(at)));
        self.set_text("cause", cause);
    }

    fn check_lines(&mut self) {
        for field in [
            "subject",
            "from_name",
            "to_name",
            "from_address",
            "to_address",
        ] {
            if self.text(field).chars().any(breaks_a_line) {
                let message = "it has a line break or a control character, which would be read as another header";
                self.refuse(field, "line-break", message);
            }
        }
    }

    fn check_body(&mut self, channel: Channel) {
        if channel.is_by_phone() && self.after.get("attachments").is_some() {
            let message = format!("a message by {channel} carries no files; send it by email");
            self.refuse("attachments", "no-files", message);
        }
        let (text, html) = (self.text("body_text"), self.text("body_html"));
        if text.is_empty() && (html.is_empty() || channel.is_by_phone()) {
            let message = format!("there is nothing to send by {channel}; give it a text");
            return self.refuse("body_text", "empty", message);
        }
        if channel != Channel::Sms {
            return self.set("segments", None);
        }
        let (length, most) = (sms_length(text), self.rules.sms_segments);
        if length.segments > most {
            let message = format!(
                "{} parts of SMS are more than the {most} allowed; shorten the text",
                length.segments
            );
            return self.refuse("body_text", "too-long", message);
        }
        self.set(
            "segments",
            i64::try_from(length.segments).ok().map(Value::Integer),
        );
    }

    fn complete_sender(&mut self, channel: Channel) {
        let mut address = self.text("from_address").to_owned();
        let sender = self.rules.senders.get(&channel);
        if let Some(sender) = sender.filter(|_| address.is_empty()) {
            address.clone_from(&sender.address);
            self.set_text(
                "from_address",
                one_line(&sender.address, super::LONGEST_CAUSE),
            );
            if self.text("from_name").is_empty() {
                self.set_text("from_name", one_line(&sender.name, super::LONGEST_CAUSE));
            }
        }
        if channel != Channel::Email {
            return;
        }
        if address.is_empty() {
            let message =
                "nobody is named whom the mail comes from; name one, or give the engine a sender";
            self.refuse("from_address", "required", message);
        } else if let Some(fault) = mail_fault(&address) {
            self.refuse("from_address", "address", fault);
        } else if self.text("message_id").is_empty() {
            let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
            // The id says enough; a domain beyond ASCII would need a form that old servers do not read.
            let domain = match domain.is_ascii() {
                true => domain,
                false => "peyvand.invalid",
            };
            self.set_text("message_id", format!("{}@{domain}", self.after.id()));
        }
    }

    /// The address as it is sent to; none after saying what is wrong with it.
    fn checked_recipient(&mut self, channel: Channel) -> Option<String> {
        let to = self.text("to_address").to_owned();
        if to.is_empty() {
            let message = format!("nobody is named whom the message goes to by {channel}");
            self.refuse("to_address", "required", message);
            return None;
        }
        if channel.is_by_phone() {
            return match phone_number(&to, self.rules.calling_code.as_ref()) {
                Ok(number) => {
                    self.set_text("to_address", &number);
                    Some(number)
                }
                Err(fault) => {
                    self.refuse("to_address", "address", fault);
                    None
                }
            };
        }
        match mail_fault(&to).filter(|_| channel == Channel::Email) {
            Some(fault) => {
                self.refuse("to_address", "address", fault);
                None
            }
            None => Some(to),
        }
    }

    /// Sets what belongs to each time it is queued.
    fn complete(&mut self, was: Option<MessageState>, channel: Channel) -> Result<(), Error> {
        if was == Some(MessageState::Queued) {
            return Ok(());
        }
        let id = self.after.id();
        // What failed and is queued again is another try of somebody's, under another key.
        let key = match was.is_some() && self.after.get("delivery_key").is_some() {
            true => format!("{id}.{}", self.after.revision()),
            false => id.to_string(),
        };
        if channel != Channel::InApp {
            self.set_text("delivery_key", key);
        }
        self.set("attempts", Some(Value::Integer(0)));
        self.set("provider_id", None);
        self.set("at", Some(Value::Instant(self.context.now)));
        if let (Some(Value::Reference(parent)), None) =
            (self.after.get("reply_to"), self.after.get("thread"))
        {
            let earlier = self.context.reader.get_stored(*parent)?;
            let thread = earlier.and_then(|earlier| super::people::named(&earlier, "thread"));
            self.set("thread", Some(Value::Reference(thread.unwrap_or(*parent))));
        }
        Ok(())
    }
}
