//! How does the CRM reach people, and how do they reach it?
//!
//! A message is a record, written only through the write path. In reading order: `draft` is what somebody wants to say
//! and to whom; `recipient` finds the way there and `queue` writes it; `posting_rule` is the engine's rule for every
//! message that is saved: its addresses, its length, the ways from one state to another; `verdict` says whether it may
//! go out now; `outbox` hands what is due to the `transport` of its channel, whose documentation says what may be sent
//! twice; `inbound` and `mail` take in what comes back; `files` come and go
//! with both. `address`, `sms`, `people` and `rules` are what these ask: is it
//! an address, how long is an SMS, whose address is it, what did the host choose?

mod address;
mod correspondence;
mod draft;
mod files;
mod inbound;
#[cfg(feature = "mail")]
mod mail;
mod outbox;
mod people;
mod posted;
mod posting_rule;
mod queue;
mod recipient;
mod rules;
mod sms;
#[cfg(test)]
mod tests;
mod transport;
mod verdict;

pub use draft::{MessageDraft, MessageText, Posted, Purpose, Recipient};
pub use inbound::{DeliveryReport, InboundSms, Received};
pub use outbox::Deliveries;
pub use rules::{CallingCode, MessageRules, QuietHours, Sender};
pub use sms::{SmsEncoding, SmsLength, sms_length};
pub use transport::{Accepted, Outgoing, OutgoingFile, SendError, SendErrorKind, Transport};

pub(crate) use correspondence::Correspondence;
pub(crate) use posted::post;
pub(crate) use posting_rule::PostingRule;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// How much of a cause or of a name from outside is kept, in characters.
const LONGEST_CAUSE: usize = 500;

/// A way to reach somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Channel {
    /// E-mail.
    Email,
    /// SMS.
    Sms,
    /// A messenger, by telephone number.
    Messenger,
    /// In the program itself: it is delivered when it is written.
    InApp,
    /// On paper.
    Letter,
}

impl Channel {
    pub(crate) const ALL: [Self; 5] = [
        Self::Email,
        Self::Sms,
        Self::Messenger,
        Self::InApp,
        Self::Letter,
    ];

    /// Its word in records: `in_app`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Messenger => "messenger",
            Self::InApp => "in_app",
            Self::Letter => "letter",
        }
    }

    /// The channel of a word.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.name() == name)
    }

    /// Whether it goes to a telephone number.
    pub(crate) fn is_by_phone(self) -> bool {
        matches!(self, Self::Sms | Self::Messenger)
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How far a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MessageState {
    /// It is being written.
    Draft,
    /// It goes out when it is due.
    Queued,
    /// It is being handed over.
    Sending,
    /// The transport took it.
    Sent,
    /// It arrived.
    Delivered,
    /// It could not be sent, and is not tried again.
    Failed,
    /// It was sent and came back.
    Bounced,
    /// It may not be sent.
    Suppressed,
    /// It came in.
    Received,
}

impl MessageState {
    const ALL: [Self; 9] = [
        Self::Draft,
        Self::Queued,
        Self::Sending,
        Self::Sent,
        Self::Delivered,
        Self::Failed,
        Self::Bounced,
        Self::Suppressed,
        Self::Received,
    ];

    /// Its word in records: `queued`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Bounced => "bounced",
            Self::Suppressed => "suppressed",
            Self::Received => "received",
        }
    }

    /// The state of a word.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

impl fmt::Display for MessageState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the host gave an engine for messages.
#[derive(Clone, Default)]
pub(crate) struct Post {
    pub(crate) transports: BTreeMap<Channel, Arc<dyn Transport>>,
    pub(crate) rules: Arc<MessageRules>,
    /// Whether other processes may deliver from the same store.
    pub(crate) shared: bool,
}

/// One line that may stand in a record: without control characters, and no longer than a cause is read.
fn one_line(text: &str, most: usize) -> String {
    let plain = text.chars().map(|c| match address::breaks_a_line(c) {
        true => ' ',
        false => c,
    });
    plain.take(most).collect::<String>().trim().to_owned()
}
