//! What does somebody want to say, and to whom?

use chrono::{DateTime, Utc};

use super::{Channel, MessageState};
use crate::context::Locale;
use crate::error::Result;
#[cfg(not(feature = "template"))]
use crate::error::{Error, ErrorKind};
use crate::record::RecordId;
use crate::session::Session;

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
    /// The documents whose files it carries, as they are when it is queued. Only mails and letters carry any.
    pub files: Vec<RecordId>,
    /// What it is for.
    pub purpose: Purpose,
    /// Its language; for a template the recipient's unless told, or the session's.
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
            files: Vec::new(),
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

    /// With the file of this document.
    pub fn carrying(mut self, document: RecordId) -> Self {
        self.files.push(document);
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
    /// What its template had to do without, in words.
    pub warnings: Vec<String>,
}

/// A template's words about a record.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rendered {
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
    pub(crate) language: Option<Locale>,
    pub(crate) version: Option<i64>,
    pub(crate) warnings: Vec<String>,
}

/// Where messages and templates meet: the room of templates is called here and nowhere else.
#[cfg(feature = "template")]
pub(super) fn of_template(
    session: &Session,
    template: &str,
    record: RecordId,
    language: Option<Locale>,
) -> Result<Rendered> {
    let options = crate::template::RenderOptions {
        language,
        ..Default::default()
    };
    let made = session.render(template, record, &options)?;
    let (text, html) = match made.format {
        crate::template::TemplateFormat::Html => {
            (crate::template::plain_text(&made.body), made.body)
        }
        _ => (made.body, String::new()),
    };
    Ok(Rendered {
        subject: made.subject.unwrap_or_default(),
        text,
        html,
        language: Some(made.language),
        version: Some(made.version),
        warnings: made.warnings,
    })
}

#[cfg(not(feature = "template"))]
pub(super) fn of_template(
    _: &Session,
    template: &str,
    _: RecordId,
    _: Option<Locale>,
) -> Result<Rendered> {
    let message = format!("template '{template}' cannot be read: this program has no templates");
    Err(Error::new(ErrorKind::Invalid, message).hint("give the message its words"))
}
