//! What may follow a commit?

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::Keep;
use crate::record::RecordId;

/// What an effect does.
#[derive(Clone, Debug)]
pub(crate) enum EffectAction {
    Create {
        object: String,
        fields: Map<String, Json>,
        links: Links,
    },
    Update {
        which: Which,
        fields: Map<String, Json>,
        links: Links,
    },
    Delete(Which),
    Send(Box<Posting>),
    Request(Box<HttpRequest>),
    Keep(Keep),
}

/// Fields that refer to what earlier effects make: the field, and the key of that effect.
pub(crate) type Links = Vec<(String, String)>;

/// A record, also one that an earlier effect of the same answer makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    Id(RecordId),
    /// By the key of the effect.
    Made(String),
}

impl From<RecordId> for Which {
    fn from(id: RecordId) -> Self {
        Self::Id(id)
    }
}

/// A message that is to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Posting {
    pub(crate) to: PostingTo,
    pub(crate) channel: Option<String>,
    pub(crate) words: PostingWords,
    pub(crate) about: Vec<Which>,
    pub(crate) purpose: Option<String>,
    pub(crate) language: Option<String>,
    /// Microseconds since 1970.
    pub(crate) send_after: Option<i64>,
    pub(crate) expires_at: Option<i64>,
}

impl Posting {
    /// Calls `each` with every record that the message names.
    pub(crate) fn each_record(&self, each: &mut impl FnMut(&Which)) {
        self.about.iter().for_each(&mut *each);
        if let PostingTo::Record(which) = &self.to {
            each(which);
        }
        if let PostingWords::Template { about, .. } = &self.words {
            each(about);
        }
    }

    /// The same, to put others in their places.
    pub(crate) fn each_record_mut(&mut self, each: &mut impl FnMut(&mut Which)) {
        self.about.iter_mut().for_each(&mut *each);
        if let PostingTo::Record(which) = &mut self.to {
            each(which);
        }
        if let PostingWords::Template { about, .. } = &mut self.words {
            each(about);
        }
    }
}

/// Whom a message goes to.
#[derive(Clone, Debug)]
pub(crate) enum PostingTo {
    Record(Which),
    Address { address: String, name: String },
}

/// What a message says.
#[derive(Clone, Debug)]
pub(crate) enum PostingWords {
    Ready {
        subject: String,
        text: String,
        html: String,
    },
    Template {
        template: String,
        about: Which,
    },
}

/// A question to another system, as it waits to be asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct HttpRequest {
    /// Who asks, and by which key of an effect.
    pub(crate) plugin: String,
    pub(crate) key: String,
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<HttpHeader>,
    #[serde(with = "hex")]
    pub(crate) body: Vec<u8>,
    pub(crate) time_out_ms: Option<u32>,
    /// The hook that hears the answer.
    pub(crate) reply_to: Option<String>,
    pub(crate) context: String,
    /// The id of the record that caused it.
    pub(crate) about: String,
}

/// What another system answered, as a hook hears it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reply {
    /// The key of the effect that asked.
    pub(crate) key: String,
    pub(crate) context: String,
    /// The record that caused the question.
    pub(crate) about: RecordId,
    pub(crate) answer: HttpAnswer,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HttpAnswer {
    Response {
        status: u16,
        headers: Vec<HttpHeader>,
        #[serde(with = "hex")]
        body: Vec<u8>,
    },
    /// There was no response: why.
    Failed(String),
}

/// A line of a request or an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HttpHeader {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// Bytes in JSON, as two digits each.
mod hex {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or('0');
        let text: String = bytes
            .iter()
            .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
            .collect();
        to.serialize_str(&text)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        let digits: Option<Vec<u8>> = text
            .chars()
            .map(|digit| digit.to_digit(16).and_then(|half| u8::try_from(half).ok()))
            .collect();
        let digits = digits.ok_or_else(|| D::Error::custom("not digits of base 16"))?;
        let byte = |pair: &[u8]| pair.iter().fold(0, |byte, half| byte << 4 | half);
        Ok(digits.chunks(2).map(byte).collect())
    }
}
