//! Who carries a message out of the house?

use std::fmt;

use super::Channel;
use crate::record::RecordId;

/// Carries messages of a channel: a mail server, a gateway for SMS. The host brings it.
///
/// A call may take as long as the transport's own time-out, and no longer: the engine waits for it.
///
/// # What may be sent twice
///
/// A message is handed over at least once, and twice only in one gap. Before it is handed over, the commit that says so
/// (`sending`, with the time) is durable; after the transport's answer another commit says what became of it. When the
/// process ends between the two, the next [`Engine::deliver`](crate::Engine::deliver) asks whether the message's key was
/// accepted ([`was_accepted`](Self::was_accepted)), and sends the message again only when it was not, or when nobody
/// knows. A transport that does not know is given as many messages at a time as it says ([`window`](Self::window), one
/// unless told), so that a kill leaves no more than those in doubt. The key of a message is the same in every attempt,
/// until somebody queues it again after it had failed; the Message-ID of a mail always is, so that mail programs show a
/// mail that came twice once.
pub trait Transport: Send + Sync {
    /// Hands a message over.
    ///
    /// # Errors
    /// Why it was not taken; the kind says whether to try again.
    fn send(&self, message: &Outgoing) -> Result<Accepted, SendError>;

    /// Whether a message of this key was accepted before; `None` where nobody knows. It is asked before a message is
    /// sent again of which it is not known what became of it.
    fn was_accepted(&self, key: &str) -> Option<bool> {
        let _ = key;
        None
    }

    /// How many messages may be on their way at a time: so many may be sent twice after a kill when
    /// [`was_accepted`](Self::was_accepted) does not know. A transport that does know says many, which costs fewer
    /// commits; at most 500 are given.
    fn window(&self) -> usize {
        1
    }
}

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outgoing {
    /// The record.
    pub id: RecordId,
    /// The same for every attempt to send this message: whoever accepts it twice can tell by it.
    pub key: String,
    /// By which way.
    pub channel: Channel,
    /// Whose address it comes from.
    pub from_address: String,
    /// The sender's name; may be empty.
    pub from_name: String,
    /// A checked e-mail address, or a telephone number in international form.
    pub to_address: String,
    /// The recipient's name; may be empty.
    pub to_name: String,
    /// One line without control characters; may be empty.
    pub subject: String,
    /// The plain text; may be empty where there is a formatted one.
    pub text: String,
    /// The formatted text; may be empty.
    pub html: String,
    /// BCP 47.
    pub language: Option<String>,
    /// The Message-ID of an e-mail, without angle brackets.
    pub message_id: Option<String>,
    /// The Message-ID of what it answers.
    pub in_reply_to: Option<String>,
    /// The files that it carries.
    pub files: Vec<OutgoingFile>,
    /// Which attempt this is, from 1.
    pub attempt: u32,
}

/// A file that a message carries.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutgoingFile {
    /// What it is called: a plain name without folders.
    pub name: String,
    /// What it is: `application/pdf`.
    pub media_type: String,
    /// All of it.
    pub bytes: Vec<u8>,
}

/// A transport took a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Accepted {
    /// Its id there, by which reports about it come.
    pub provider_id: Option<String>,
}

impl Accepted {
    /// Taken, without an id.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Taken under an id.
    #[must_use]
    pub fn with_id(id: impl Into<String>) -> Self {
        Self {
            provider_id: Some(id.into()),
        }
    }
}

/// What a failure means for the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendErrorKind {
    /// Not now: it is tried again later.
    Temporary,
    /// Never: it has failed.
    Permanent,
    /// The transport cannot be reached: other messages of the channel are not tried either, for now.
    Unavailable,
    /// Nobody knows whether it was taken, such as when the answer did not come in time. Where the transport can be asked
    /// ([`Transport::was_accepted`]) it is tried again later, under the same key; where it cannot, the message has
    /// failed and says so, since another attempt might arrive as a second message.
    Unknown,
}

/// Why a message was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SendError {
    /// What it means.
    pub kind: SendErrorKind,
    /// In words, for a person.
    pub cause: String,
}

impl SendError {
    /// A failure of a kind.
    #[must_use]
    pub fn new(kind: SendErrorKind, cause: impl Into<String>) -> Self {
        Self {
            kind,
            cause: cause.into(),
        }
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.cause)
    }
}

impl std::error::Error for SendError {}
