//! Step 1: what does the request mean for the records there are?
//!
//! Finds the target, checks the revision that the caller saw, applies the patch and the defaults. Every request sees
//! the snapshot plus the requests before it. A fault never ends the step: the rest is staged, so that all faults are
//! told at once.

mod children;
mod removal;
mod rights;
mod sight;
mod stored;
mod take_back;
mod values;

pub(super) use children::stage_children;
pub(crate) use take_back::{is_untouched, three_way};

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::Write;
use super::draft::{Draft, Drafts};
use super::looked::Looked;
use super::request::{Ask, Fields, Group, Outcome, OutcomeKind, Request, Stored};
use super::validate::repeated;
use super::view::{Claims, View};
use crate::access::AccessVerb;
use crate::content::Held;
use crate::error::{Error, Failure, Result};
use crate::hook::Reads;
use crate::query::Reader;
use crate::record::{Record, RecordId, Value};
use crate::schema::{Object, Schema, system};
use crate::store::spaces;

/// Who made and changed a record and when: every record has these.
const SYSTEM_FIELDS: usize = 4;

pub(super) fn stage(
    write: &Write<'_>,
    base: &View,
    groups: &[Group],
    refused: &[Option<Error>],
) -> Result<Drafts> {
    let out = Drafts {
        drafts: Vec::with_capacity(groups.len()),
        staged: groups.len(),
        stored: Vec::new(),
        schema: write.reader.schema.clone(),
        schema_changed: BTreeSet::new(),
        faults: BTreeMap::new(),
        refusals: BTreeMap::new(),
        settled: Vec::new(),
        once: Vec::new(),
        hooks: Vec::new(),
        reads: Reads::default(),
        keeps: Vec::new(),
        children: Vec::new(),
        amended: false,
        looked: Looked::default(),
        held: Held::default(),
        clashes: Vec::new(),
    };
    let mut stage = Stage::new(write, base, out);
    stage.places.reserve(groups.len());
    for (place, group) in groups
        .iter()
        .enumerate()
        .filter(|(place, _)| refused[*place].is_none())
    {
        stage.group = place;
        let before = stage.mark();
        if stage.group(group)? == Next::Later {
            stage.rewind(before);
            stage.out.staged = place;
            break;
        }
    }
    Ok(stage.out)
}

struct Stage<'a> {
    write: &'a Write<'a>,
    base: &'a View,
    /// Reads through the schema as the requests so far leave it.
    reader: Reader,
    /// Who acts, as the stamps name them.
    actor: Value,
    /// Unique keys that the first `keyed` drafts take and free. Few requests ask, so drafts are taken up when one does.
    keys: Claims,
    keyed: usize,
    group: usize,
    request: usize,
    /// Whether a room of the engine asks for the sake of its fields: it has looked at the rights itself.
    trusted: bool,
    out: Drafts,
    /// The draft of each record.
    places: HashMap<RecordId, usize>,
}

/// Whether the groups after this one can be staged on top of it.
#[derive(PartialEq, Eq)]
enum Next {
    Go,
    Later,
}

/// How far staging was when a group began.
struct Mark {
    drafts: usize,
    stored: usize,
    settled: usize,
    once: usize,
    schema: Arc<Schema>,
    schema_changed: BTreeSet<u32>,
}

/// A fault of the request at hand. Only a broken store ends the step with an error.
type Staged<T> = std::result::Result<T, Fault>;

enum Fault {
    Request(Failure),
    /// The group changes a record that an earlier group changes: it belongs into the next commit.
    Later,
    Store(Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Self::Request(failure)
    }
}

impl<'a> Stage<'a> {
    fn new(write: &'a Write<'a>, base: &'a View, out: Drafts) -> Self {
        Self {
            write,
            base,
            reader: Reader {
                schema: out.schema.clone(),
                ..base.reader.clone()
            },
            actor: Value::Text(write.context.actor.to_string().into()),
            keys: Claims::default(),
            keyed: 0,
            group: 0,
            request: 0,
            trusted: false,
            places: HashMap::new(),
            out,
        }
    }
}

impl Stage<'_> {
    fn mark(&self) -> Mark {
        Mark {
            drafts: self.out.drafts.len(),
            stored: self.out.stored.len(),
            settled: self.out.settled.len(),
            once: self.out.once.len(),
            schema: self.out.schema.clone(),
            schema_changed: self.out.schema_changed.clone(),
        }
    }

    fn rewind(&mut self, mark: Mark) {
        self.out.drafts.truncate(mark.drafts);
        self.out.stored.truncate(mark.stored);
        self.out.settled.truncate(mark.settled);
        self.out.once.truncate(mark.once);
        self.out.schema = mark.schema;
        self.out.schema_changed = mark.schema_changed;
        self.out.faults.remove(&self.group);
    }

    fn group(&mut self, group: &Group) -> Result<Next> {
        if let Some(key) = &group.once {
            if self
                .write
                .reader
                .snapshot
                .get(&spaces::named(spaces::DONE, key))?
                .is_some()
            {
                self.settle(None, OutcomeKind::DoneBefore);
                return Ok(Next::Go);
            }
            self.out.once.push((self.group, key.clone()));
        }
        for (place, ask) in group.asks.iter().enumerate() {
            self.request = place;
            self.trusted = matches!(ask, Ask::Kept(_));
            let staged = match ask {
                Ask::Record(request) => self.request(request, false),
                Ask::Kept(request) => self.request(request, true),
                Ask::TakeBack(take) => self.take_back(take),
                Ask::Stored(stored) => self.stored(stored.clone()),
            };
            match staged {
                Ok(()) => {}
                Err(Fault::Request(failure)) => self.fail(failure),
                Err(Fault::Later) => return Ok(Next::Later),
                Err(Fault::Store(error)) => return Err(error),
            }
        }
        Ok(Next::Go)
    }

    fn fail(&mut self, failure: Failure) {
        self.out
            .fault((self.group, failure.of_request(self.request)));
    }

    fn settle(&mut self, id: Option<RecordId>, kind: OutcomeKind) {
        self.out
            .settled
            .push((self.group, self.request, Outcome { id, kind }));
    }

    fn request(&mut self, request: &Request, privileged: bool) -> Staged<()> {
        match request {
            Request::Create { object, id, fields } => {
                self.create(object, *id, fields, privileged).map(|_| ())
            }
            Request::Update {
                id,
                revision,
                fields,
            } => self.update(*id, *revision, fields, privileged),
            Request::Delete { id, revision } => self.delete(*id, *revision),
            Request::Restore { id } => self.restore(*id),
            Request::ConvertLead(conversion) => self.convert(conversion),
            Request::ChangeSchema(change) => self.stored(Stored {
                what: "change schema".to_owned(),
                schema: vec![change.clone()],
                config: true,
                ..Stored::default()
            }),
        }
    }

    fn object(&self, name: &str) -> Staged<Arc<Object>> {
        let schema = &self.out.schema;
        schema.object(name).cloned().ok_or_else(|| {
            let near = crate::schema::did_you_mean(
                name,
                schema.objects().map(|object| object.name.as_str()),
            );
            Failure::new(
                "unknown-object",
                format!("there is no object '{name}'{near}"),
            )
            .into()
        })
    }

    fn create(
        &mut self,
        object: &str,
        id: Option<RecordId>,
        fields: &Fields,
        privileged: bool,
    ) -> Staged<RecordId> {
        let object = self.object(object)?;
        let id = match id {
            Some(id) => self.given(&object, id)?,
            None => self.made(&object)?,
        };
        let mut record = Record::empty(object.clone(), id);
        record.revision = 1;
        record.values.reserve(SYSTEM_FIELDS + fields.0.len());
        let trusted = std::mem::replace(&mut self.trusted, true);
        for field in object.live_fields() {
            if let Some(default) = field
                .default
                .as_ref()
                .filter(|_| !fields.0.contains_key(&field.name))
            {
                match self.read(field, default) {
                    Ok(value) => record.set(field.number, Some(value)),
                    Err(Fault::Request(failure)) => self.fail(failure),
                    Err(other) => return Err(other),
                }
            }
        }
        self.trusted = trusted;
        self.apply(&mut record, fields, privileged)?;
        self.give_to_maker(&mut record);
        self.allow(AccessVerb::Create, &record)?;
        let now = Value::Instant(self.write.now);
        record.set(system::CREATED_AT, Some(now));
        record.set(system::CREATED_BY, Some(self.actor.clone()));
        self.stamp(&mut record);
        self.push(Draft {
            privileged,
            ..self.draft(object, id, OutcomeKind::Created, None, Some(record))
        })?;
        Ok(id)
    }

    /// An id of the engine's own source. Whether the snapshot has it is looked at with all the rest, in step 2.
    fn made(&self, object: &Object) -> Staged<RecordId> {
        let id = RecordId::new(object.prefix, self.write.context.ids.next(self.write.now));
        if self.is_pending(id) {
            return Err(repeated(id).into());
        }
        Ok(id)
    }

    /// An id that the caller chose, where it is free.
    fn given(&mut self, object: &Object, id: RecordId) -> Staged<RecordId> {
        let taken = |message| Failure::new("id-taken", message).into();
        if id.prefix != object.prefix {
            let message = format!(
                "{id} cannot name a {}: its ids begin with '{}_'",
                object.name, object.prefix
            );
            return Err(Failure::new("id", message).into());
        }
        if self.is_live(id)? {
            return Err(taken(format!(
                "there is a record {id} already; update it, or leave the id out"
            )));
        }
        if let Some(at) = self.write.reader.erased(id)? {
            let message = format!("{id} was erased on {}; leave the id out", at.date_naive());
            return Err(taken(message));
        }
        // What is in the bin, or goes there in this commit, may come back under its id.
        if self.is_pending(id) || self.write.reader.binned(id)?.is_some() {
            return Err(taken(format!(
                "{id} is in the bin; restore it, or leave the id out"
            )));
        }
        Ok(id)
    }

    fn update(
        &mut self,
        id: RecordId,
        revision: Option<u64>,
        fields: &Fields,
        privileged: bool,
    ) -> Staged<()> {
        let before = self.live(id, revision)?;
        let mut after = before.clone();
        self.apply(&mut after, fields, privileged)?;
        self.allow_update(&before, &after)?;
        after.revision += 1;
        self.stamp(&mut after);
        self.push(Draft {
            privileged,
            ..self.draft(
                before.object.clone(),
                id,
                OutcomeKind::Updated,
                Some(before),
                Some(after),
            )
        })
    }

    fn draft(
        &self,
        object: Arc<Object>,
        id: RecordId,
        kind: OutcomeKind,
        before: Option<Record>,
        after: Option<Record>,
    ) -> Draft {
        Draft {
            group: self.group,
            request: self.request,
            object,
            id,
            kind,
            before,
            after,
            root: id,
            along: Vec::new(),
            asked: vec![(self.request, kind)],
            privileged: false,
        }
    }

    /// Takes a change up; the second one of a record joins the first, so that hooks judge what is to be.
    fn push(&mut self, mut draft: Draft) -> Staged<()> {
        let schema_by = self
            .out
            .stored
            .iter()
            .find(|(_, _, stored)| !stored.schema.is_empty());
        if let Some((group, ..)) = schema_by {
            return Err(self.apart(*group));
        }
        let Some(place) = self.places.get(&draft.id).copied() else {
            self.places.insert(draft.id, self.out.drafts.len());
            self.out.drafts.push(draft);
            return Ok(());
        };
        let earlier = &mut self.out.drafts[place];
        if earlier.group != self.group {
            return Err(Fault::Later);
        }
        let (Some(old), Some(new)) = (&earlier.after, &mut draft.after) else {
            let message = format!(
                "{} is changed and deleted in one call; delete it in a call of its own",
                draft.id
            );
            return Err(Failure::new("changed-and-deleted", message).into());
        };
        new.revision = old.revision;
        if place < self.keyed {
            self.keys.take_up(&draft);
        }
        earlier.after = draft.after;
        earlier.privileged |= draft.privileged;
        earlier.asked.append(&mut draft.asked);
        Ok(())
    }

    fn stamp(&self, record: &mut Record) {
        let now = Value::Instant(self.write.now);
        record.set(system::UPDATED_AT, Some(now));
        record.set(system::UPDATED_BY, Some(self.actor.clone()));
    }

    /// The live record of an id at the revision that the caller saw.
    fn live(&self, id: RecordId, revision: Option<u64>) -> Staged<Record> {
        let Some(record) = self
            .get(id)?
            .map_or(Ok(None), |record| self.if_seen(record))?
        else {
            return Err(self.missing(id)?.into());
        };
        match revision {
            Some(seen) if seen != record.revision => Err(Failure::new(
                "stale-revision",
                format!("{id} is at revision {} and not {seen} any more; read it again and repeat the change", record.revision),
            )
            .into()),
            _ => Ok(record),
        }
    }

    fn convert(&mut self, conversion: &crate::sales::LeadConversion) -> Staged<()> {
        let lead = self.live(conversion.lead, conversion.revision)?;
        let write = self.write;
        let mut ids = |prefix| RecordId::new(prefix, write.context.ids.next(write.now));
        let steps = conversion
            .steps(&lead, &self.out.schema, write.now, &mut ids)
            .map_err(Fault::Request)?;
        for (object, id, fields) in &steps.create {
            self.create(object, Some(*id), fields, false)?;
        }
        self.update(lead.id, None, &steps.lead, true)
    }
}
