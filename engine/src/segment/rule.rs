//! What must hold of a segment and of who is on a list?
//!
//! A filter asks only what the record itself says: no totals, which change without it, no moments relative to now, which
//! pass without it, no other segments, which are joined instead. Segments are joined over one object and in no circle.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use serde_json::Value as Json;

use super::definition::{Bound, Joined};
use crate::error::{Failure, Result};
use crate::hook::{
    Answers, HookContext, HookFailure, Interest, Patch, Refusal, Registry, Row, Rule, SchemaGuard,
    Verb, engine_rule,
};
use crate::query::{Filter, QueryTime, Reader};
use crate::record::{Record, RecordId, Text, Value};
use crate::schema::{FieldKind, Object, Schema};

/// How many segments one may be joined of.
const MOST_JOINED: usize = 50;

/// Puts the room's rules where the write path finds them.
pub(crate) fn register(schema: &Schema, registry: &mut Registry) {
    let all = [Verb::Create, Verb::Update, Verb::Delete];
    let rules: [(&str, &[Verb], Judge); 2] = [
        ("segment", &all, segment),
        ("segment_member", &all[..2], member),
    ];
    for (object, verbs, judge) in rules {
        if schema.object(object).is_some() {
            let interest = Interest::new(object, verbs, Vec::new());
            let rule = engine_rule(format!("rule of {object}"), interest, Judged(judge));
            registry.before_save.push(rule);
        }
    }
    registry.schema_guards.push(Arc::new(Guard));
}

/// The new value of the field that only the engine sets, and why the record cannot be so.
type Judge = fn(&Row<'_>, &HookContext<'_>) -> Result<Verdict>;

type Verdict = std::result::Result<Option<(&'static str, Value)>, Fault>;

struct Fault {
    field: &'static str,
    message: String,
}

fn fault<T>(field: &'static str, message: impl Into<String>) -> std::result::Result<T, Fault> {
    let message = message.into();
    Err(Fault { field, message })
}

struct Judged(Judge);

impl Rule for Judged {
    fn judge(&self, rows: &[Row<'_>], context: &HookContext<'_>) -> Result<Answers, HookFailure> {
        let mut answers = Answers::default();
        for (place, row) in rows.iter().enumerate() {
            let judged = (self.0)(row, context);
            let judged = judged.map_err(|error| HookFailure::unread("segment", &error))?;
            match judged {
                Ok(Some((field, value))) => {
                    let known = row.record().and_then(|record| record.object.field(field));
                    answers.patches.extend(known.map(|field| Patch {
                        row: place,
                        field: field.number,
                        value: Some(value),
                    }));
                }
                Ok(None) => {}
                Err(Fault { field, message }) => answers.refusals.push(Refusal {
                    row: place,
                    field: Some(field.to_owned()),
                    code: "segment".to_owned(),
                    message,
                }),
            }
        }
        Ok(answers)
    }
}

fn segment(row: &Row<'_>, context: &HookContext<'_>) -> Result<Verdict> {
    let reader = context.reader;
    let Some(after) = row.after else {
        return still_used(row.id, reader);
    };
    let name = after.text("object").unwrap_or_default();
    let object = match reader.object(name) {
        Ok(object) => object.clone(),
        Err(error) => return Ok(fault("object", error.to_string())),
    };
    if let Some(before) = row.before
        && before.text("object") != Some(name)
    {
        return Ok(fault(
            "object",
            "the object of a segment stays; make another segment",
        ));
    }
    if ["segment", "segment_member"].contains(&name) {
        return Ok(fault(
            "object",
            format!("there are no segments of {name} records"),
        ));
    }
    let kind = after.text("kind").unwrap_or("filter");
    let bound = match (kind, Joined::from_name(kind)) {
        (_, Some(joined)) => match joined_of(joined, after, &object, reader)? {
            Ok(bound) => bound,
            Err(fault) => return Ok(Err(fault)),
        },
        ("list", _) => Bound::List,
        _ => match filter(after, &object, context) {
            Ok(filter) => Bound::Filter(filter),
            Err(fault) => return Ok(Err(fault)),
        },
    };
    if let Some(before) = row.before.and_then(Bound::of)
        && (before == Bound::List) != (bound == Bound::List)
    {
        return Ok(fault(
            "kind",
            "a list stays a list, and others become none; make another segment",
        ));
    }
    Ok(Ok(Some(("bound", Value::Json(bound.to_json())))))
}

fn filter(
    segment: &Record,
    object: &Arc<Object>,
    context: &HookContext<'_>,
) -> std::result::Result<Filter, Fault> {
    let text = match segment.get("filter") {
        Some(Value::Text(text)) => text.clone(),
        _ => Text::new(),
    };
    let filter = Filter::parse(&text);
    let filter = match filter {
        Ok(filter) => filter,
        Err(error) => return fault("filter", error.to_string()),
    };
    let mut problem = None;
    filter.each_condition(&mut |condition| {
        let known = object.field(&condition.field);
        let relative = condition.operands.iter().any(|operand| {
            let operand = operand.trim().to_lowercase();
            operand.starts_with("today") || operand.starts_with("now")
        });
        let is_moment = |kind: &FieldKind| matches!(kind, FieldKind::Date | FieldKind::Instant);
        let why = match known {
            Some(field) if field.is_rollup() => {
                "a total changes without the record; filter a list by it instead"
            }
            Some(field) if relative && is_moment(&field.kind) => {
                "a moment relative to now passes while the record stays as it is; name the day, or filter a list by it instead"
            }
            None if condition.field == "segment" => {
                "join segments by kind union, intersection or difference instead"
            }
            None if condition.field.contains('.') => {
                "it is a field of another record, which changes without this one"
            }
            _ => return,
        };
        problem.get_or_insert_with(|| format!("{}: {why}", condition.field));
    });
    if let Some(message) = problem {
        return fault("filter", message);
    }
    let time = QueryTime {
        now: context.now,
        zone: context.zone,
    };
    match filter.with_ids(object, context.reader, &time) {
        Ok(filter) => Ok(filter),
        Err(error) => fault("filter", error.to_string()),
    }
}

/// The segments that one is joined of, by their keys or ids.
fn joined_of(
    joined: Joined,
    segment: &Record,
    object: &Object,
    reader: &Reader,
) -> Result<std::result::Result<Bound, Fault>> {
    let names: Vec<&str> = match segment.get("made_of") {
        Some(Value::Json(Json::Array(names))) => names.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    };
    if !(2..=MOST_JOINED).contains(&names.len()) {
        return Ok(fault(
            "made_of",
            format!("it names the keys of 2 to {MOST_JOINED} segments in a list: [\"a\", \"b\"]"),
        ));
    }
    let mut ids = Vec::with_capacity(names.len());
    for name in names {
        let Some(other) = named(reader, name)? else {
            return Ok(fault("made_of", format!("there is no segment '{name}'")));
        };
        if other.text("object") != Some(object.name.as_str()) {
            let of = other.text("object").unwrap_or_default();
            return Ok(fault(
                "made_of",
                format!("'{name}' is of {of} and not of {} records", object.name),
            ));
        }
        ids.push(other.id());
    }
    if is_made_of(reader, &ids, segment.id())? {
        return Ok(fault("made_of", "it would be made of itself"));
    }
    Ok(Ok(Bound::Of(joined, ids)))
}

/// The segment of a key or id.
pub(super) fn named(reader: &Reader, name: &str) -> Result<Option<Record>> {
    let object = reader.object("segment")?;
    if let Ok(id) = name.trim().parse::<RecordId>() {
        return match id.prefix() == object.prefix() {
            true => reader.get_stored(id),
            false => Ok(None),
        };
    }
    let Some(key) = object.natural_key() else {
        return Ok(None);
    };
    match reader.by_unique(object, key.number, &Value::Text(name.trim().into()))? {
        Some(id) => reader.get_stored(id),
        None => Ok(None),
    }
}

/// Whether these segments, or those that they are made of, are another one.
fn is_made_of(reader: &Reader, of: &[RecordId], sought: RecordId) -> Result<bool> {
    let mut left = of.to_vec();
    let mut known = BTreeSet::new();
    while let Some(id) = left.pop() {
        if id == sought {
            return Ok(true);
        }
        if known.insert(id)
            && let Some(Bound::Of(_, of)) = reader.get_stored(id)?.as_ref().and_then(Bound::of)
        {
            left.extend(of);
        }
    }
    Ok(false)
}

/// A segment that others are made of stays.
fn still_used(id: RecordId, reader: &Reader) -> Result<Verdict> {
    let mut user = None;
    reader.each(reader.object("segment")?, |other| {
        let uses = matches!(Bound::of(&other), Some(Bound::Of(_, of)) if of.contains(&id));
        if uses && other.id() != id {
            user = other.text("key").map(str::to_owned);
            return Ok(ControlFlow::Break(()));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(match user {
        Some(key) => fault(
            "key",
            format!("the segment '{key}' is made of it; delete that first"),
        ),
        None => Ok(None),
    })
}

fn member(row: &Row<'_>, context: &HookContext<'_>) -> Result<Verdict> {
    let Some(after) = row.after else {
        return Ok(Ok(None));
    };
    let (Some(Value::Reference(segment)), Some(Value::Reference(member))) =
        (after.get("segment"), after.get("member"))
    else {
        return Ok(Ok(None));
    };
    // One of the same commit is judged by itself.
    if let Some(list) = context.reader.get_stored(*segment)? {
        if Bound::of(&list) != Some(Bound::List) {
            let key = list.text("key").unwrap_or_default();
            return Ok(fault(
                "segment",
                format!("'{key}' is no list: who is in it follows from what it is made of"),
            ));
        }
        let object = context.reader.object_of(*member)?;
        if list.text("object") != Some(object.name.as_str()) {
            let of = list.text("object").unwrap_or_default();
            return Ok(fault(
                "member",
                format!("the list is of {of} and not of {} records", object.name),
            ));
        }
    }
    let only_one = Value::Text(format!("{segment}/{member}").into());
    Ok(Ok(Some(("only_one", only_one))))
}

/// Objects to a schema in which the filter of a segment names nothing.
struct Guard;

impl SchemaGuard for Guard {
    fn objections(&self, after: &Schema, context: &HookContext<'_>) -> Result<Vec<Failure>> {
        let mut failures = Vec::new();
        let Some(segments) = context.reader.schema.object("segment") else {
            return Ok(failures);
        };
        context.reader.each(segments, |segment| {
            let object = segment.text("object").and_then(|name| after.object(name));
            if let (Some(Bound::Filter(filter)), Some(object)) = (Bound::of(&segment), object) {
                filter.each_condition(&mut |condition| {
                    let field = condition.field.as_str();
                    if object.field(field).is_none() && !["id", "revision"].contains(&field) {
                        let key = segment.text("key").unwrap_or_default();
                        let message = format!("the filter of the segment '{key}' asks for {field}; change or delete the segment first");
                        failures.push(Failure::field(field, "in-use", message));
                    }
                });
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(failures)
    }
}
