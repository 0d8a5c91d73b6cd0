//! What shall happen after the commit? Effects as data, which the host performs through the
//! same write path as everybody else.

use crate::value::{Date, Decimal, Duration, Instant, Money};

/// A value of a field in an effect.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum FieldValue {
    /// Clears the field.
    Nothing,
    Boolean(bool),
    Integer(i64),
    Decimal(Decimal),
    Date(Date),
    Instant(Instant),
    Duration(Duration),
    /// Text, an option's name, or a record's id or natural key.
    Text(String),
    Money(Money),
    /// A JSON document: phones, addresses, person names, lists of options.
    Json(String),
    /// A record of the batch, or one that an earlier effect makes.
    Reference(Target),
}

/// A record, also one that is not there yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// By its id.
    Id(String),
    /// The record of a row of the batch.
    Row(u32),
    /// The record that an earlier effect of the same answer makes, by that effect's key.
    Made(String),
}

impl From<&str> for Target {
    fn from(id: &str) -> Self {
        Self::Id(id.to_owned())
    }
}

macro_rules! field_value_from {
    ($($from:ty => $variant:ident),+ $(,)?) => {
        $(impl From<$from> for FieldValue {
            fn from(value: $from) -> Self {
                Self::$variant(value.into())
            }
        })+
    };
}
field_value_from!(
    bool => Boolean, i64 => Integer, Decimal => Decimal, Date => Date, Instant => Instant,
    Duration => Duration, &str => Text, String => Text, Money => Money, Target => Reference,
);

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Create a record of this object.
    Create(String),
    /// Change a record.
    Update(Target),
    /// Put a record into the bin.
    Delete(Target),
    /// Send a message.
    Send(Box<Message>),
    /// Ask another system.
    Request(Box<Request>),
    /// Keep a value in the plugin's own store; none deletes the key.
    Keep(String, Option<Vec<u8>>),
}

/// A message to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Whom it goes to.
    pub to: Recipient,
    /// `email`, `sms`, `messenger`, `in_app` or `letter`; none leaves it to the recipient's wish.
    pub channel: Option<String>,
    /// What it says.
    pub content: Content,
    /// What it is about, besides its recipient.
    pub about: Vec<Target>,
    /// `service`, `marketing` or `required`.
    pub purpose: Option<String>,
    /// `en`, `fa` or `ar`.
    pub language: Option<String>,
    /// Not before.
    pub send_after: Option<Instant>,
    /// Not after.
    pub expires_at: Option<Instant>,
}

impl Message {
    /// Words for a contact, a lead or an account, by a channel.
    pub fn words(to: impl Into<Target>, channel: &str, subject: &str, text: &str) -> Self {
        Self {
            to: Recipient::Party(to.into()),
            channel: Some(channel.to_owned()),
            content: Content::Words {
                subject: subject.to_owned(),
                text: text.to_owned(),
                html: String::new(),
            },
            about: Vec::new(),
            purpose: None,
            language: None,
            send_after: None,
            expires_at: None,
        }
    }
}

/// Whom a message goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Recipient {
    /// A contact, a lead or an account: the address is the record's.
    Party(Target),
    Address {
        address: String,
        name: String,
    },
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Content {
    Words {
        subject: String,
        text: String,
        html: String,
    },
    Template {
        template: String,
        about: Target,
    },
}

/// How another system is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
}

/// A request to another system, which the host makes after the commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// How it is asked.
    pub method: Method,
    /// `https://…`.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// What is sent.
    pub body: Vec<u8>,
    /// Milliseconds.
    pub time_out_ms: Option<u32>,
    /// The hook that hears the answer.
    pub reply_to: Option<String>,
    /// Given back with the reply.
    pub context: String,
}

impl Request {
    /// A request without body and headers.
    pub fn new(method: Method, url: impl Into<String>) -> Self {
        Self {
            method,
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
            time_out_ms: None,
            reply_to: None,
            context: String::new(),
        }
    }

    /// The hook that hears the answer, and what it is told again.
    #[must_use]
    pub fn reply_to(mut self, hook: &str, context: impl Into<String>) -> Self {
        (self.reply_to, self.context) = (Some(hook.to_owned()), context.into());
        self
    }
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The key of the effect that asked.
    pub key: String,
    /// What the request gave to be told again.
    pub context: String,
    /// The record that caused the request.
    pub about: String,
    /// The response, or why there is none.
    pub answer: Result<Response, String>,
}

/// What another system answered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// One effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The row that caused it.
    pub row: u32,
    /// The same key is performed once, however often it is asked for.
    pub key: String,
    /// What to do.
    pub action: Action,
    /// With which fields.
    pub fields: Vec<(String, FieldValue)>,
}

impl Effect {
    /// Sets a field.
    pub fn set(&mut self, field: &str, value: impl Into<FieldValue>) -> &mut Self {
        self.fields.push((field.to_owned(), value.into()));
        self
    }

    /// Sets a field where there is a value for it.
    pub fn set_some(&mut self, field: &str, value: Option<impl Into<FieldValue>>) -> &mut Self {
        match value {
            Some(value) => self.set(field, value),
            None => self,
        }
    }

    /// The value of a field.
    pub fn field(&self, name: &str) -> Option<&FieldValue> {
        self.fields
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value)
    }
}

/// The effects of a batch.
#[derive(Debug, Default)]
pub struct Effects {
    pub(crate) row: u32,
    pub(crate) list: Vec<Effect>,
}

impl Effects {
    /// Creates a record. The key makes it happen once: put into it what makes this occasion
    /// this one and no other, such as the record's id, the reason and the day.
    pub fn create(&mut self, object: &str, key: impl Into<String>) -> &mut Effect {
        self.push(Action::Create(object.to_owned()), key.into())
    }

    /// Changes a record that exists, or that an earlier effect makes.
    pub fn update(&mut self, which: impl Into<Target>, key: impl Into<String>) -> &mut Effect {
        self.push(Action::Update(which.into()), key.into())
    }

    /// Puts a record into the bin.
    pub fn delete(&mut self, which: impl Into<Target>, key: impl Into<String>) {
        self.push(Action::Delete(which.into()), key.into());
    }

    /// Sends a message.
    pub fn send(&mut self, message: Message, key: impl Into<String>) {
        self.push(Action::Send(Box::new(message)), key.into());
    }

    /// Asks another system; the answer wakes the hook that the request names under `reply_to`.
    pub fn request(&mut self, request: Request, key: impl Into<String>) {
        self.push(Action::Request(Box::new(request)), key.into());
    }

    /// Keeps a value in the plugin's own store; none deletes the key.
    pub fn keep(&mut self, name: &str, value: Option<Vec<u8>>, key: impl Into<String>) {
        self.push(Action::Keep(name.to_owned(), value), key.into());
    }

    fn push(&mut self, action: Action, key: String) -> &mut Effect {
        let place = self.list.len();
        self.list.push(Effect {
            row: self.row,
            key,
            action,
            fields: Vec::new(),
        });
        &mut self.list[place]
    }
}
