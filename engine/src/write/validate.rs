//! Steps 2 and 4: does every draft keep every rule?
//!
//! It runs before the hooks, and after them where they changed something, and tells every failure, not the first.

mod organisation;
mod segments;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Write;
use super::draft::{Draft, Drafts, UniqueChange, Valid};
use super::looked::{Looked, Questions};
use super::request::{OutcomeKind, Stored};
use super::view::{Claims, View};
use crate::access::Seeing;
use crate::error::{Failure, Result};
use crate::hook::HookContext;
use crate::record::{Record, RecordId, Value};
use crate::schema::{Field, FieldKind, Object, OnDelete};

/// Which time it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    /// What the callers brought: groups with faults from staging are looked at too, so that all faults are told.
    First,
    /// What hooks left: groups with faults have been told theirs.
    Again,
}

pub(super) fn validate(
    write: &Write<'_>,
    base: &View,
    mut drafts: Drafts,
    pass: Pass,
) -> Result<Valid> {
    if pass == Pass::Again && !drafts.amended && drafts.faults.is_empty() {
        return Ok(Valid(drafts));
    }
    let told: BTreeSet<usize> = if pass == Pass::Again {
        drafts.faults.keys().copied().collect()
    } else {
        BTreeSet::new()
    };
    plugin_types(write, &mut drafts, &told)?;
    let changes = unique_changes(&drafts, &told);
    look(write, &mut drafts, &told, &changes)?;
    let mut seen = Seen {
        base,
        looked: &drafts.looked,
        claims: Claims::default(),
        live: HashMap::with_capacity(drafts.drafts.len()),
        eyes: write.acting.seeing.as_ref(),
    };
    let mut faults = Vec::new();
    let mut clashes = Vec::new();
    for (draft, changes) in drafts.drafts.iter().zip(changes) {
        if told.contains(&draft.group) {
            continue;
        }
        let mut failures = Vec::new();
        if let Some(after) = &draft.after {
            id(&seen, draft, &mut failures);
            fields(draft, after, &mut failures);
            unique(&seen, draft, after, &changes, &mut failures, &mut clashes)?;
        }
        // What a refused group would have written is not there for the others.
        if failures.is_empty() && !drafts.faults.contains_key(&draft.group) {
            seen.put(draft, changes);
        }
        faults.extend(failures.into_iter().map(|failure| draft.fail(failure)));
    }
    references(&seen, &drafts, &mut faults);
    organisation::check(write, &drafts, &mut faults)?;
    files(write, &mut drafts, &told, &mut faults)?;
    drafts.clashes.extend(clashes);
    schema_on_records(write, &drafts, &mut faults)?;
    match pass {
        Pass::First => schema_guards(write, &drafts, &mut faults)?,
        Pass::Again => segments::check(write, &drafts, &mut faults)?,
    }
    for (group, failure) in faults {
        // A value that could not be read is not missing too.
        let known = drafts.faults.get(&group).is_some_and(|known| {
            known.iter().any(|other| {
                other.request == failure.request
                    && other.field.is_some()
                    && other.field == failure.field
            })
        });
        if !known {
            drafts.fault((group, failure));
        }
    }
    drafts.amended = false;
    Ok(Valid(drafts))
}

/// What each draft does to unique keys; nothing of groups that were told their faults.
fn unique_changes(drafts: &Drafts, told: &BTreeSet<usize>) -> Vec<Vec<UniqueChange>> {
    let changes = |draft: &Draft| match told.contains(&draft.group) {
        true => Vec::new(),
        false => draft.unique_changes().collect(),
    };
    drafts.drafts.iter().map(changes).collect()
}

/// Asks the snapshot all that the checks of these drafts want to know.
fn look(
    write: &Write<'_>,
    drafts: &mut Drafts,
    told: &BTreeSet<usize>,
    changes: &[Vec<UniqueChange>],
) -> Result<()> {
    let mut questions = Questions::default();
    for (draft, changes) in drafts.drafts.iter().zip(changes) {
        if told.contains(&draft.group) {
            continue;
        }
        if draft.kind == OutcomeKind::Created {
            questions.record(draft.id);
        }
        for key in changes.iter().filter_map(|change| change.new.as_ref()) {
            questions.owner(draft.object.prefix, key.clone());
        }
        for (_, id) in draft.new_references() {
            questions.record(id);
        }
    }
    drafts.looked.ask(&write.reader, &drafts.schema, questions)
}

/// The snapshot plus the drafts before the one at hand.
struct Seen<'a> {
    base: &'a View,
    looked: &'a Looked,
    claims: Claims,
    live: HashMap<RecordId, bool>,
    eyes: Option<&'a Seeing>,
}

impl Seen<'_> {
    fn put(&mut self, draft: &Draft, changes: Vec<UniqueChange>) {
        for change in changes {
            self.claims.change(draft.id, change.old, change.new);
        }
        self.live.insert(draft.id, draft.after.is_some());
    }

    fn owner(&self, key: &[u8]) -> Option<RecordId> {
        let claimed = self.claims.owner(key).or_else(|| self.base.owner(key));
        claimed.unwrap_or_else(|| self.looked.owner(key))
    }

    /// Whether who asks may hear of a record: one of this write, or one that he sees.
    fn tells_of(&self, id: RecordId) -> Result<bool> {
        match self.eyes {
            Some(eyes) if !self.live.contains_key(&id) => eyes.sight.reads(id, eyes, 0),
            _ => Ok(true),
        }
    }

    fn is_live(&self, id: RecordId) -> bool {
        let pending = self.live.get(&id).copied();
        let pending = pending.or_else(|| self.base.is_live(id));
        pending.unwrap_or_else(|| self.looked.is_live(id))
    }
}

/// A new record's id must be new. Those that callers gave were looked at before.
fn id(seen: &Seen<'_>, draft: &Draft, failures: &mut Vec<Failure>) {
    if draft.kind == OutcomeKind::Created && seen.looked.is_live(draft.id) {
        failures.push(repeated(draft.id));
    }
}

/// The engine's own source gave an id that a record has.
pub(super) fn repeated(id: RecordId) -> Failure {
    let message = format!(
        "there is a record {id} already: the source of ids repeats itself; give the engine another one"
    );
    Failure::new("id-taken", message)
}

fn fields(draft: &Draft, after: &Record, failures: &mut Vec<Failure>) {
    for field in draft.object.live_fields() {
        let value = after.value(field.number);
        match value {
            None if field.required => failures.push(Failure::field(
                &field.name,
                "required",
                format!("{} needs a value", field.name),
            )),
            None => {}
            // Old values stay valid under new limits until somebody touches them.
            Some(value)
                if draft
                    .before
                    .as_ref()
                    .and_then(|before| before.value(field.number))
                    == Some(value) => {}
            Some(value) => failures.extend(field.fault_of(value)),
        }
    }
}

fn unique(
    seen: &Seen<'_>,
    draft: &Draft,
    after: &Record,
    changes: &[UniqueChange],
    failures: &mut Vec<Failure>,
    clashes: &mut Vec<(usize, RecordId)>,
) -> Result<()> {
    for change in changes {
        let Some(other) = change.new.as_ref().and_then(|key| seen.owner(key)) else {
            continue;
        };
        let (Some(value), Some(field)) = (
            after.value(change.field),
            draft.object.field_by_number(change.field),
        ) else {
            continue;
        };
        if other != draft.id {
            clashes.push((draft.group, other));
            let name = &field.name;
            let message = match seen.tells_of(other)? {
                true => format!("'{value}' belongs to {other} already; {name} must be unique"),
                false => format!(
                    "'{value}' belongs to a record already that you do not see; {name} must be unique"
                ),
            };
            failures.push(Failure::field(name, "not-unique", message));
        }
    }
    Ok(())
}

/// Every reference that was set must lead to a live record, those of this write included, in any order.
fn references(seen: &Seen<'_>, drafts: &Drafts, faults: &mut Vec<(usize, Failure)>) {
    for draft in drafts
        .drafts
        .iter()
        .filter(|draft| !drafts.faults.contains_key(&draft.group))
    {
        for (field, id) in draft.new_references() {
            if may_dangle(draft, field) || seen.is_live(id) {
                continue;
            }
            let message = match draft.kind {
                OutcomeKind::Restored => format!("{id} is not there; restore it first"),
                _ => format!("there is no record {id}"),
            };
            let failure = Failure::field(&field.name, "unknown-reference", message);
            faults.push(draft.fail(failure));
        }
    }
}

/// Every file that was set must be in the store, and be what is said of it. It stays there until the commit is done.
fn files(
    write: &Write<'_>,
    drafts: &mut Drafts,
    told: &BTreeSet<usize>,
    faults: &mut Vec<(usize, Failure)>,
) -> Result<()> {
    let mut held = std::mem::take(&mut drafts.held);
    for draft in &drafts.drafts {
        if told.contains(&draft.group) {
            continue;
        }
        for (field, file) in draft.new_files() {
            let fault = write.content.hold(&mut held, file)?;
            faults.extend(fault.map(|mut failure| {
                failure.field = Some(field.name.clone());
                draft.fail(failure)
            }));
        }
    }
    drafts.held = held;
    Ok(())
}

/// What comes back from the bin keeps references to what stayed there, as it would have had it never been deleted;
/// not those without which it may not be.
fn may_dangle(draft: &Draft, field: &Field) -> bool {
    let FieldKind::Reference { on_delete, .. } = &field.kind else {
        return false;
    };
    match draft.kind {
        OutcomeKind::Restored => *on_delete == OnDelete::Keep && !field.required,
        _ => draft.privileged,
    }
}

/// Normalises and checks the values whose type a plugin defines, each type's in one call.
fn plugin_types(write: &Write<'_>, drafts: &mut Drafts, told: &BTreeSet<usize>) -> Result<()> {
    let mut by_type: BTreeMap<String, Vec<(usize, u32, String)>> = BTreeMap::new();
    for (place, draft) in drafts
        .drafts
        .iter()
        .enumerate()
        .filter(|(_, draft)| !told.contains(&draft.group))
    {
        let Some(after) = &draft.after else { continue };
        for field in draft.object.live_fields() {
            if let (FieldKind::Plugin { of }, Some(value)) =
                (&field.kind, after.value(field.number))
                && draft
                    .before
                    .as_ref()
                    .and_then(|before| before.value(field.number))
                    != Some(value)
            {
                by_type.entry(of.clone()).or_default().push((
                    place,
                    field.number,
                    value.to_string(),
                ));
            }
        }
    }
    if by_type.is_empty() {
        return Ok(());
    }
    let context = write.hook_context();
    let mut faults = Vec::new();
    for (of, values) in by_type {
        check_type(write, &context, &of, &values, drafts, &mut faults);
    }
    for fault in faults {
        drafts.fault(fault);
    }
    Ok(())
}

fn check_type(
    write: &Write<'_>,
    context: &HookContext<'_>,
    of: &str,
    values: &[(usize, u32, String)],
    drafts: &mut Drafts,
    faults: &mut Vec<(usize, Failure)>,
) {
    let name_of = |object: &Object, number: u32| {
        object
            .field_by_number(number)
            .map_or_else(String::new, |field| field.name.clone())
    };
    let texts: Vec<&str> = values.iter().map(|(_, _, text)| text.as_str()).collect();
    let answer = match write.registry.field_types.get(of) {
        None => Err(format!(
            "the field type '{of}' is not installed; install the plugin that defines it and enable it"
        )),
        Some(field_type) => match field_type.normalise(&texts, context) {
            Ok((normal, refusals, cost)) => {
                write
                    .bills
                    .charge(field_type.name(), values.len(), cost, |bill| {
                        bill.refusals += refusals.len() as u64
                    });
                Ok((normal, refusals))
            }
            Err(failure) => {
                write
                    .bills
                    .charge(field_type.name(), values.len(), failure.cost, |bill| {
                        bill.failures += 1;
                        bill.last_failure = Some(failure.message.clone());
                    });
                Err(failure.message)
            }
        },
    };
    match answer {
        Ok((normal, refusals)) => {
            for ((place, number, _), text) in values.iter().zip(normal) {
                if let Some(after) = &mut drafts.drafts[*place].after {
                    after.set(*number, Some(Value::Text(text.into())));
                }
            }
            for refusal in refusals {
                let Some((place, number, _)) = values.get(refusal.row) else {
                    continue;
                };
                let draft = &drafts.drafts[*place];
                faults.push(draft.fail(Failure::field(
                    &name_of(&draft.object, *number),
                    &refusal.code,
                    refusal.message,
                )));
            }
        }
        Err(message) => {
            for (place, number, _) in values {
                let draft = &drafts.drafts[*place];
                faults.push(draft.fail(Failure::field(
                    &name_of(&draft.object, *number),
                    "field-type",
                    message.clone(),
                )));
            }
        }
    }
}

/// A field that becomes required, unique or typed by another rule must fit the records there are.
fn schema_on_records(
    write: &Write<'_>,
    drafts: &Drafts,
    faults: &mut Vec<(usize, Failure)>,
) -> Result<()> {
    let Some((group, request, _)) = drafts
        .stored
        .iter()
        .find(|(_, _, stored)| !stored.schema.is_empty())
    else {
        return Ok(());
    };
    for number in &drafts.schema_changed {
        let (Some(old), Some(new)) = (
            write.reader.schema.by_number(*number),
            drafts.schema.by_number(*number),
        ) else {
            continue;
        };
        let was_required =
            |number: u32| old.field_by_number(number).is_some_and(|old| old.required);
        let required: BTreeSet<u32> = new
            .live_fields()
            .filter(|field| field.required && !was_required(field.number))
            .map(|field| field.number)
            .collect();
        if required.is_empty() {
            continue;
        }
        let mut missing: BTreeMap<u32, (u64, RecordId)> = BTreeMap::new();
        write.reader.each(old, |record| {
            for field in required
                .iter()
                .filter(|field| record.value(**field).is_none())
            {
                missing.entry(*field).or_insert((0, record.id)).0 += 1;
            }
            Ok(std::ops::ControlFlow::Continue(()))
        })?;
        for (field, (count, example)) in missing {
            let name = new
                .field_by_number(field)
                .map_or("", |field| field.name.as_str());
            let message = format!(
                "{count} {} record(s) have no {name}, such as {example}; let it be empty, give them one, and require it then",
                new.name
            );
            faults.push((
                *group,
                Failure::field(name, "required", message).of_request(*request),
            ));
        }
    }
    Ok(())
}

/// Who keeps names of fields in what is stored may object to a change of the schema.
fn schema_guards(
    write: &Write<'_>,
    drafts: &Drafts,
    faults: &mut Vec<(usize, Failure)>,
) -> Result<()> {
    let changes = |(_, _, stored): &&(usize, usize, Stored)| !stored.schema.is_empty();
    let Some((group, request, _)) = drafts.stored.iter().find(changes) else {
        return Ok(());
    };
    let context = write.hook_context();
    for guard in &write.registry.schema_guards {
        let objections = guard.objections(&drafts.schema, &context)?.into_iter();
        faults.extend(objections.map(|failure| (*group, failure.of_request(*request))));
    }
    Ok(())
}

impl Write<'_> {
    pub(super) fn hook_context(&self) -> HookContext<'_> {
        HookContext {
            reader: &self.reader,
            now: self.now,
            today: self.context.day_of(self.now),
            zone: self.context.zone,
            actor: &self.context.actor,
        }
    }
}
