//! What can be asked for?

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::fill::Filling;
use crate::error::Error;
use crate::hook::Keep;
use crate::journal::Position;
use crate::record::{Record, RecordId};
use crate::sales::LeadConversion;
use crate::schema::SchemaChange;

/// Field values by name, as JSON. In an update, `null` clears a field.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fields(pub(crate) Map<String, Json>);

impl Fields {
    /// Sets one field.
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<Json>) -> Self {
        self.0.insert(field.to_owned(), value.into());
        self
    }
}

impl From<Map<String, Json>> for Fields {
    fn from(map: Map<String, Json>) -> Self {
        Self(map)
    }
}

/// A JSON object's members are the fields; anything else is no fields and fails as such where they are required.
impl From<Json> for Fields {
    fn from(json: Json) -> Self {
        match json {
            Json::Object(map) => Self(map),
            Json::Null => Self::default(),
            // Kept under a name that no schema has, so that the write says what is wrong instead of losing it.
            other => Self(
                [("fields must be a JSON object, not".to_owned(), other)]
                    .into_iter()
                    .collect(),
            ),
        }
    }
}

/// One change that is asked for. Several in one call are one commit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
#[non_exhaustive]
#[allow(
    clippy::large_enum_variant,
    reason = "a request is boxed on its way, and a box here would show at every caller"
)]
pub enum Request {
    /// A new record.
    Create {
        /// The object's name.
        object: String,
        /// The id to give it, from `Session::new_id`, when another request of the call refers to it.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            with = "id_text_option"
        )]
        id: Option<RecordId>,
        /// Its fields.
        fields: Fields,
    },
    /// Other values for some fields of a record.
    Update {
        /// Which record.
        #[serde(with = "id_text")]
        id: RecordId,
        /// The revision that the caller saw; a conflict when it is another by now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        revision: Option<u64>,
        /// The fields to change; `null` clears.
        fields: Fields,
    },
    /// To the bin, with what goes along by the on-delete rules.
    Delete {
        /// Which record.
        #[serde(with = "id_text")]
        id: RecordId,
        /// The revision that the caller saw.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        revision: Option<u64>,
    },
    /// Out of the bin, with what went along.
    Restore {
        /// Which record.
        #[serde(with = "id_text")]
        id: RecordId,
    },
    /// A lead becomes an account, a contact and an opportunity.
    ConvertLead(LeadConversion),
    /// A change of the schema.
    ChangeSchema(SchemaChange),
}

pub(crate) mod id_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::record::RecordId;

    pub(crate) fn serialize<S: Serializer>(id: &RecordId, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(id)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<RecordId, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

pub(crate) mod id_text_option {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::record::RecordId;

    pub(crate) fn serialize<S: Serializer>(
        id: &Option<RecordId>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match id {
            Some(id) => to.collect_str(id),
            None => to.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<RecordId>, D::Error> {
        Option::<String>::deserialize(from)?
            .map(|text| text.parse().map_err(D::Error::custom))
            .transpose()
    }
}

impl Request {
    /// A new record of an object.
    pub fn create(object: &str, fields: impl Into<Fields>) -> Self {
        Self::Create {
            object: object.to_owned(),
            id: None,
            fields: fields.into(),
        }
    }

    /// A new record under an id that other requests of the call refer to.
    pub fn create_as(id: RecordId, object: &str, fields: impl Into<Fields>) -> Self {
        Self::Create {
            object: object.to_owned(),
            id: Some(id),
            fields: fields.into(),
        }
    }

    /// Other values for some fields of a record.
    pub fn update(id: RecordId, fields: impl Into<Fields>) -> Self {
        Self::Update {
            id,
            revision: None,
            fields: fields.into(),
        }
    }
}

/// What the engine itself may ask besides: things that are stored beside the records.
#[derive(Clone, Debug)]
pub(crate) enum Ask {
    Record(Box<Request>),
    /// The same by the room that keeps the record's read-only fields.
    Kept(Box<Request>),
    /// A change that is taken back, as far as nobody wrote there since.
    TakeBack(Box<TakeBack>),
    /// A plugin, a script, a setting: prepared and checked by the room that knows it.
    Stored(Stored),
}

/// One record's change of an entry of the journal.
#[derive(Clone, Debug)]
pub(crate) struct TakeBack {
    pub(crate) id: RecordId,
    pub(crate) before: Option<Record>,
    pub(crate) after: Option<Record>,
    /// When it was made: microseconds since 1970.
    pub(crate) time: i64,
    /// The same as a request, for the journal.
    pub(crate) told: Request,
}

impl TakeBack {
    pub(crate) fn new(
        id: RecordId,
        before: Option<Record>,
        after: Option<Record>,
        time: i64,
    ) -> Self {
        let told = match (&before, &after) {
            (_, None) => Request::Restore { id },
            (None, Some(_)) => Request::Delete { id, revision: None },
            // What it is given is in the record beside.
            (Some(_), Some(_)) => Request::update(id, Fields::default()),
        };
        Self {
            id,
            before,
            after,
            time,
            told,
        }
    }
}

/// Entries beside the records, already encoded, with the schema changes that belong to them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stored {
    /// `install plugin lead-score 0.1.0`: for the journal.
    pub(crate) what: String,
    pub(crate) entries: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    /// Keys that the commit's own position is put behind.
    pub(crate) stamps: Vec<Vec<u8>>,
    pub(crate) schema: Vec<SchemaChange>,
    /// Writes to plugins' own keys.
    pub(crate) keeps: Vec<Keep>,
    /// Records of an older store that are to be found by their words.
    pub(crate) fill: Option<crate::search::Fill>,
    /// Whether schema, hooks or settings must be loaded again.
    pub(crate) config: bool,
    /// The next step of filling a total.
    pub(crate) filling: Option<Filling>,
}

/// Requests that are done together or not at all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Group {
    pub(crate) asks: Vec<Ask>,
    /// The group is done once under this key, however often it is asked for.
    pub(crate) once: Option<String>,
}

impl Group {
    pub(crate) fn of(requests: impl IntoIterator<Item = Request>) -> Self {
        Self {
            asks: requests
                .into_iter()
                .map(|request| Ask::Record(Box::new(request)))
                .collect(),
            once: None,
        }
    }

    /// Changes of fields that only the engine may set.
    pub(crate) fn kept(request: Request) -> Self {
        Self {
            asks: vec![Ask::Kept(Box::new(request))],
            once: None,
        }
    }
}

/// What became of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome {
    /// The record; none for a change of the schema.
    pub id: Option<RecordId>,
    /// What was done.
    pub kind: OutcomeKind,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OutcomeKind {
    /// A record was made.
    Created,
    /// A record was changed.
    Updated,
    /// The record had these values already: nothing was written.
    Unchanged,
    /// A record went to the bin.
    Deleted,
    /// A record came back from the bin.
    Restored,
    /// Something beside the records was changed: the schema, a setting.
    Stored,
    /// The same idempotency key was done before: nothing was written.
    DoneBefore,
}

/// A change that is durable, as the durability setting promises.
#[derive(Clone, Debug)]
#[must_use = "it says what became of each request"]
#[non_exhaustive]
pub struct Committed {
    /// Its place in the journal; where nothing was written, the place that was read.
    pub position: Position,
    /// What became of each request, in order.
    pub outcomes: Vec<Outcome>,
    /// What follow-ups could not do, in words. The commit itself stands.
    pub warnings: Vec<String>,
}

impl Committed {
    /// The id of the first record that was made or changed.
    ///
    /// # Errors
    /// When no request of the call was about a record.
    pub fn id(&self) -> Result<RecordId, Error> {
        self.outcomes
            .iter()
            .find_map(|outcome| outcome.id)
            .ok_or_else(|| Error::new(crate::ErrorKind::NotFound, "no record was written"))
    }
}
