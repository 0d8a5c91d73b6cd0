//! What is kept of what was asked for, and in whose leaf of the journal?
//!
//! The common part says who asked, what was read, which hooks took part and how many requests there were. A request
//! holds values, so it lies in the leaf of the record that it is about, with its number: erased with the record.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::Write;
use super::draft::{Draft, Drafts};
use super::request::{Ask, Fields, Group, Request};
use crate::error::Error;
use crate::journal::Subject;
use crate::record::RecordId;
use crate::sales::LeadConversion;
use crate::schema::{FieldKind, Object, Schema};

/// What was asked: the part of all, and the part of each record.
pub(super) struct Asked {
    pub(super) common: Vec<u8>,
    pub(super) leaves: BTreeMap<Subject, Vec<u8>>,
}

/// What was asked of one record.
#[derive(Default, Serialize)]
struct AskedOfRecord<'a> {
    /// Each with its number within the commit.
    requests: Vec<(usize, Part<'a>)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hooks: Vec<Said<'a>>,
}

/// The part of a request that is about one record.
#[derive(Serialize)]
#[serde(untagged)]
enum Part<'a> {
    Asked(&'a Request),
    /// Without what is told of other records.
    Changed(Box<Request>),
    /// What a conversion says about the opportunity that it makes.
    Opportunity {
        name: &'a str,
        fields: &'a Fields,
    },
}

/// What a hook said about one record; its words may quote values.
#[derive(Serialize)]
struct Said<'a> {
    owner: &'a str,
    hook: &'a str,
    failure: &'a str,
}

/// Splits what was asked. All drafts are needed, also those that change nothing.
pub(super) fn asked(
    write: &Write<'_>,
    groups: &[Group],
    refused: &[Option<Error>],
    drafts: &Drafts,
) -> Asked {
    let mut split = Split::new(drafts);
    let staged = groups.iter().enumerate().take(drafts.staged);
    for (group, asks) in staged.filter(|(group, _)| refused[*group].is_none()) {
        for (place, ask) in asks.asks.iter().enumerate() {
            match ask {
                Ask::Record(request) => split.request(request, (group, place)),
                Ask::Stored(stored) => split.stored.push(json!([
                    split.count,
                    {"do": "store", "what": stored.what, "schema": stored.schema},
                ])),
            }
            split.count += 1;
        }
    }
    for run in &drafts.hooks {
        if let (Some(id), Some(failure)) = (run.record, &run.failure) {
            let (owner, hook) = (&run.owner, &run.hook);
            let said = Said {
                owner,
                hook,
                failure,
            };
            split.record(id, |asked| asked.hooks.push(said));
        }
    }
    let mut common = json!({
        "actor": write.context.actor.to_string(),
        "read": write.reader.position().get(),
        "requests": split.count,
    });
    if !split.stored.is_empty() {
        common["stored"] = Json::Array(std::mem::take(&mut split.stored));
    }
    if !drafts.hooks.is_empty() {
        common["hooks"] = serde_json::to_value(&drafts.hooks).unwrap_or(Json::Null);
    }
    if let Some(cause) = write.cause {
        common["cause"] = cause.get().into();
    }
    let bytes = |asked: &AskedOfRecord<'_>| serde_json::to_vec(asked).unwrap_or_default();
    Asked {
        common: serde_json::to_vec(&common).unwrap_or_default(),
        leaves: split
            .leaves
            .iter()
            .map(|(subject, asked)| (*subject, bytes(asked)))
            .collect(),
    }
}

struct Split<'a> {
    schema: &'a Schema,
    /// The drafts that a request made or changed.
    by_request: HashMap<(usize, usize), Vec<&'a Draft>>,
    by_record: HashMap<RecordId, &'a Draft>,
    leaves: BTreeMap<Subject, AskedOfRecord<'a>>,
    stored: Vec<Json>,
    count: usize,
}

impl<'a> Split<'a> {
    fn new(drafts: &'a Drafts) -> Self {
        let mut by_request: HashMap<_, Vec<_>> = HashMap::new();
        for draft in &drafts.drafts {
            for (request, _) in &draft.asked {
                let of_request = by_request.entry((draft.group, *request)).or_default();
                of_request.push(draft);
            }
        }
        Self {
            schema: &drafts.schema,
            by_request,
            by_record: drafts
                .drafts
                .iter()
                .map(|draft| (draft.id, draft))
                .collect(),
            leaves: BTreeMap::new(),
            stored: Vec::new(),
            count: 0,
        }
    }

    fn record(&mut self, id: RecordId, add: impl FnOnce(&mut AskedOfRecord<'a>)) {
        if let Some(object) = self.schema.by_prefix(id.prefix) {
            let subject = Subject {
                object: object.number,
                id: id.number,
            };
            add(self.leaves.entry(subject).or_default());
        }
    }

    fn push(&mut self, id: RecordId, part: Part<'a>) {
        let number = self.count;
        self.record(id, |asked| asked.requests.push((number, part)));
    }

    /// A request that came to nothing, because it was done before, is about nobody and not kept.
    fn request(&mut self, request: &'a Request, place: (usize, usize)) {
        let target = match request {
            Request::Create { id: Some(id), .. }
            | Request::Update { id, .. }
            | Request::Delete { id, .. }
            | Request::Restore { id } => Some(*id),
            Request::Create { id: None, .. } => self.drafts_of(place).next().map(|draft| draft.id),
            Request::ConvertLead(conversion) => return self.conversion(conversion, place),
            Request::ChangeSchema(change) => {
                self.stored
                    .push(json!([self.count, {"do": "change_schema", "change": change}]));
                return;
            }
        };
        if let Some(id) = target {
            let changed = self
                .by_record
                .get(&id)
                .and_then(|draft| by_id(request, draft));
            self.push(id, changed.map_or(Part::Asked(request), Part::Changed));
        }
    }

    fn drafts_of(&self, place: (usize, usize)) -> impl Iterator<Item = &'a Draft> + use<'a> {
        let drafts = self.by_request.get(&place).cloned();
        drafts.unwrap_or_default().into_iter()
    }

    /// The lead's part is without what is said about the opportunity.
    fn conversion(&mut self, conversion: &'a LeadConversion, place: (usize, usize)) {
        let of_lead = LeadConversion {
            opportunity: None,
            opportunity_fields: Fields::default(),
            ..conversion.clone()
        };
        let of_lead = Box::new(Request::ConvertLead(of_lead));
        self.push(conversion.lead, Part::Changed(of_lead));
        let made = self.drafts_of(place);
        let made = made
            .filter(|draft| draft.object.name == "opportunity")
            .last();
        if let (Some(name), Some(draft)) = (&conversion.opportunity, made) {
            let fields = &conversion.opportunity_fields;
            self.push(draft.id, Part::Opportunity { name, fields });
        }
    }
}

/// The request with ids where it named other records by what they are called: that is their value and not this one's.
fn by_id(request: &Request, draft: &Draft) -> Option<Box<Request>> {
    let (Request::Create { fields, .. } | Request::Update { fields, .. }) = request else {
        return None;
    };
    let is_name = |name: &str, value: &Json| {
        let text = value.as_str();
        text.is_some_and(|text| text.trim().parse::<RecordId>().is_err())
            && is_reference(&draft.object, name)
    };
    if !fields.0.iter().any(|(name, value)| is_name(name, value)) {
        return None;
    }
    let mut request = Box::new(request.clone());
    if let Request::Create { fields, .. } | Request::Update { fields, .. } = request.as_mut() {
        for (name, value) in &mut fields.0 {
            if is_name(name, value) {
                let id = draft.after.as_ref().and_then(|after| after.get(name));
                *value = id.map_or(Json::Null, |id| id.to_json());
            }
        }
    }
    Some(request)
}

fn is_reference(object: &Object, name: &str) -> bool {
    let field = object.field(name);
    field.is_some_and(|field| matches!(field.kind, FieldKind::Reference { .. }))
}
