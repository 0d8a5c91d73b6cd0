//! What is kept of what was asked for, and in whose leaf of the journal?
//!
//! The common part says who asked, what was read, which hooks took part and how many requests there were. A request
//! holds values, so it lies in the leaf of the record that it is about, with its number: erased with the record.
//!
//! A value that came to be just as it was asked for is not said again: the request says `kept` with the field's number,
//! and the value is that of the record in the same leaf, in the form of `Value::as_asked`.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Value as Json, json};

use super::Write;
use super::draft::{Draft, Drafts, HookRun};
use super::request::{Ask, Fields, Group, Request};
use crate::error::Error;
use crate::journal::Subject;
use crate::record::{Record, RecordId};
use crate::sales::LeadConversion;
use crate::schema::{Field, FieldKind, Schema};

/// What was asked: the part of all, and the part of each record, by subject.
pub(super) struct Asked {
    pub(super) common: Vec<u8>,
    pub(super) leaves: Vec<(Subject, Vec<u8>)>,
}

#[derive(serde::Serialize)]
struct Common<'a> {
    actor: String,
    /// By which key he acted.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    read: u64,
    requests: usize,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    stored: &'a [Json],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    hooks: &'a [HookRun],
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<u64>,
}

/// What is told of one record.
enum Told<'a> {
    /// A part of the request of this number within the commit.
    Request(usize, Part<'a>),
    Hook(Said<'a>),
}

/// The part of a request that is about one record.
#[derive(serde::Serialize)]
#[serde(untagged)]
enum Part<'a> {
    Whole(&'a Request),
    /// Without what the record says.
    Shorter(Shorter<'a>),
    /// Without what is told of other records.
    Changed(Box<Request>),
    /// What a conversion says about the opportunity that it makes.
    Opportunity {
        name: &'a str,
        fields: &'a Fields,
    },
}

/// What a hook said about one record; its words may quote values.
#[derive(serde::Serialize)]
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
                Ask::Record(request) | Ask::Kept(request) => {
                    split.request(request, (group, place));
                }
                Ask::TakeBack(take) => split.request(&take.told, (group, place)),
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
            split.tell(id, Told::Hook(said));
        }
    }
    let common = Common {
        actor: write.context.actor.to_string(),
        key: write.context.key.map(|key| key.to_string()),
        read: write.reader.position().get(),
        requests: split.count,
        stored: &split.stored,
        hooks: &drafts.hooks,
        cause: write.cause.map(|cause| cause.get()),
    };
    Asked {
        common: bytes(&common),
        leaves: split.leaves(),
    }
}

fn bytes(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(160);
    let written = serde_json::to_writer(&mut bytes, value);
    debug_assert!(written.is_ok(), "what was asked is JSON");
    bytes
}

struct Split<'a> {
    schema: &'a Schema,
    drafts: &'a [Draft],
    /// The drafts that a request made or changed, by place.
    by_request: Vec<((usize, usize), usize)>,
    by_record: Vec<(RecordId, usize)>,
    told: Vec<(Subject, Told<'a>)>,
    stored: Vec<Json>,
    count: usize,
}

impl<'a> Split<'a> {
    fn new(drafts: &'a Drafts) -> Self {
        let all = || drafts.drafts.iter().enumerate();
        let asked = all().flat_map(|(at, draft)| {
            let requests = draft.asked.iter();
            requests.map(move |(request, _)| ((draft.group, *request), at))
        });
        let mut by_request: Vec<_> = asked.collect();
        by_request.sort_unstable();
        let mut by_record: Vec<_> = all().map(|(at, draft)| (draft.id, at)).collect();
        by_record.sort_unstable();
        Self {
            schema: &drafts.schema,
            told: Vec::with_capacity(by_request.len()),
            drafts: &drafts.drafts,
            by_request,
            by_record,
            stored: Vec::new(),
            count: 0,
        }
    }

    fn tell(&mut self, id: RecordId, told: Told<'a>) {
        if let Some(object) = self.schema.by_prefix(id.prefix) {
            let subject = Subject {
                object: object.number,
                id: id.number,
            };
            self.told.push((subject, told));
        }
    }

    fn push(&mut self, id: RecordId, part: Part<'a>) {
        self.tell(id, Told::Request(self.count, part));
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
            let draft = self.draft_of(id);
            self.push(id, part(request, draft));
        }
    }

    fn draft_of(&self, id: RecordId) -> Option<&'a Draft> {
        let found = self.by_record.binary_search_by_key(&id, |(id, _)| *id);
        self.drafts.get(self.by_record.get(found.ok()?)?.1)
    }

    fn drafts_of(&self, place: (usize, usize)) -> impl Iterator<Item = &'a Draft> {
        let start = self.by_request.partition_point(|(of, _)| *of < place);
        let rest = self.by_request.get(start..).unwrap_or_default();
        let of_place = rest.iter().take_while(move |(of, _)| *of == place);
        let drafts = self.drafts;
        of_place.filter_map(|(_, at)| drafts.get(*at))
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

    /// What is told of each record, by subject.
    fn leaves(mut self) -> Vec<(Subject, Vec<u8>)> {
        // Stable: of one record in the order of the requests.
        self.told.sort_by_key(|(subject, _)| *subject);
        let of_record = self.told.chunk_by(|(one, _), (next, _)| one == next);
        let leaf = |told: &[(Subject, Told<'_>)]| Some((told.first()?.0, bytes(&OfRecord(told))));
        of_record.filter_map(leaf).collect()
    }
}

/// Everything that is told of one record.
struct OfRecord<'a>(&'a [(Subject, Told<'a>)]);

impl Serialize for OfRecord<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("requests", &Requests(self.0))?;
        if self.0.iter().any(|(_, told)| matches!(told, Told::Hook(_))) {
            map.serialize_entry("hooks", &Hooks(self.0))?;
        }
        map.end()
    }
}

struct Requests<'a>(&'a [(Subject, Told<'a>)]);

impl Serialize for Requests<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.0.iter().filter_map(|(_, told)| match told {
            Told::Request(number, part) => Some((number, part)),
            Told::Hook(_) => None,
        }))
    }
}

struct Hooks<'a>(&'a [(Subject, Told<'a>)]);

impl Serialize for Hooks<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.0.iter().filter_map(|(_, told)| match told {
            Told::Request(..) => None,
            Told::Hook(said) => Some(said),
        }))
    }
}

/// What is kept of a request about the record of `draft`.
fn part<'a>(request: &'a Request, draft: Option<&'a Draft>) -> Part<'a> {
    let (Request::Create { fields, .. } | Request::Update { fields, .. }, Some(draft)) =
        (request, draft)
    else {
        return Part::Whole(request);
    };
    match &draft.after {
        Some(after) if draft.is_change() => Part::Shorter(Shorter {
            request,
            fields,
            after,
        }),
        _ => by_id(request, draft).map_or(Part::Whole(request), Part::Changed),
    }
}

/// A request to make or change a record that says by number which of its values the record has.
struct Shorter<'a> {
    request: &'a Request,
    fields: &'a Fields,
    after: &'a Record,
}

/// How a value that was asked for is told.
enum Value<'a> {
    /// The record has it in this field.
    Kept(u32),
    Said(&'a Json),
    /// What was said instead is another record's.
    Nothing,
}

impl<'a> Shorter<'a> {
    fn value(&self, name: &str, asked: &'a Json) -> Value<'a> {
        let Some(field) = self.after.object.field(name) else {
            return Value::Said(asked);
        };
        match self.after.value(field.number) {
            Some(value) if value.is_as_asked(asked) => Value::Kept(field.number),
            Some(_) if is_name(field, asked) => Value::Kept(field.number),
            None if is_name(field, asked) => Value::Nothing,
            _ => Value::Said(asked),
        }
    }
}

impl Serialize for Shorter<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut kept = Vec::with_capacity(self.fields.0.len());
        let mut said = Vec::new();
        for (name, asked) in &self.fields.0 {
            match self.value(name, asked) {
                Value::Kept(field) => kept.push(field),
                Value::Said(value) => said.push((name, value)),
                Value::Nothing => said.push((name, &Json::Null)),
            }
        }
        let mut map = to.serialize_map(None)?;
        match self.request {
            Request::Update { id, revision, .. } => {
                map.serialize_entry("do", "update")?;
                map.serialize_entry("id", &format_args!("{id}"))?;
                if let Some(revision) = revision {
                    map.serialize_entry("revision", revision)?;
                }
            }
            Request::Create { object, id, .. } => {
                map.serialize_entry("do", "create")?;
                map.serialize_entry("object", object)?;
                if let Some(id) = id {
                    map.serialize_entry("id", &format_args!("{id}"))?;
                }
            }
            _ => {}
        }
        if !kept.is_empty() {
            map.serialize_entry("kept", &kept)?;
        }
        if !said.is_empty() {
            map.serialize_entry("fields", &Named(&said))?;
        }
        map.end()
    }
}

/// Fields with what is said of them.
struct Named<'a>(&'a [(&'a String, &'a Json)]);

impl Serialize for Named<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().copied())
    }
}

/// The request with ids where it named other records by what they are called: that is their value and not this one's.
fn by_id(request: &Request, draft: &Draft) -> Option<Box<Request>> {
    let (Request::Create { fields, .. } | Request::Update { fields, .. }) = request else {
        return None;
    };
    let is_name = |name: &str, value: &Json| {
        let field = draft.object.field(name);
        field.is_some_and(|field| is_name(field, value))
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

/// Whether another record is named by what it is called.
fn is_name(field: &Field, asked: &Json) -> bool {
    let text = asked.as_str();
    matches!(field.kind, FieldKind::Reference { .. })
        && text.is_some_and(|text| text.trim().parse::<RecordId>().is_err())
}

/// The requests about a record as they were made, each with its number, from what is kept of them and the record that
/// the same leaf holds.
#[cfg(test)]
pub(crate) fn requests(asked: &[u8], record: Option<&Record>) -> Vec<(usize, Json)> {
    let asked: Json = serde_json::from_slice(asked).unwrap_or_default();
    let mut requests: Vec<(usize, Json)> =
        serde_json::from_value(asked["requests"].clone()).unwrap_or_default();
    for (_, request) in &mut requests {
        if request["do"] == "create" || request["do"] == "update" {
            let fields = request["fields"].take();
            request["fields"] = json!(fields.as_object().cloned().unwrap_or_default());
        }
        let kept = request.as_object_mut().and_then(|map| map.remove("kept"));
        let kept: Vec<u32> = serde_json::from_value(kept.unwrap_or_default()).unwrap_or_default();
        for number in kept {
            let field = record.and_then(|record| {
                let name = &record.object.field_by_number(number)?.name;
                Some((name, record.value(number)?.as_asked()))
            });
            if let Some((name, value)) = field {
                request["fields"][name] = value;
            }
        }
    }
    requests
}
