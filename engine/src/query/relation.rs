//! What is asked of the record that a reference leads to?
//!
//! `account.parent.industry` goes by two references, which is as far as a path may go. Where a reference is empty, where
//! its record is in the bin, or where who reads may not see it, the path answers as an empty field does: nothing
//! tells such a record from none. A reference may lead to records of several objects: the field must be there on one of
//! them at least, and the records of the others answer as if it were empty.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::candidate::{Candidate, Look};
use super::compile::Test;
use super::error::QueryError;
use super::kept_totals::TotalsFor;
use super::membership::Members;
use super::reader::Reader;
use super::target::Target;
use crate::error::Result;
use crate::record::{RecordId, Value};
use crate::schema::{ANY_OBJECT, FieldKind, Object, Schema, did_you_mean};
use crate::store::spaces;

/// By how many references a path may go.
pub(super) const MAX_STEPS: usize = 2;

/// How many answers of records that references lead to are kept.
const MOST_KNOWN: usize = 20_000;

/// From a record to what is asked.
#[derive(Clone, Debug)]
pub(super) enum Way<T> {
    /// It is asked of the record itself.
    Here(T),
    By(Step<T>),
}

/// Over one reference, to the objects that it may lead to.
#[derive(Clone, Debug)]
pub(super) struct Step<T> {
    pub(super) field: u32,
    pub(super) name: String,
    pub(super) beyond: Vec<(Arc<Object>, Way<T>)>,
}

/// A condition on a record that references lead to.
#[derive(Clone, Debug)]
pub(super) struct Relation {
    /// As it was written: `account.industry`.
    pub(super) path: String,
    pub(super) step: Step<Test>,
    /// What it answers where the path ends early.
    pub(super) when_empty: bool,
    /// By the record that the first reference leads to.
    known: Arc<Mutex<HashMap<RecordId, bool>>>,
    reads: Arc<AtomicU64>,
}

impl<T> Way<T> {
    /// Follows the names of a path over the schema; `leaf` makes of the last object and name what is asked of it.
    pub(super) fn resolve(
        object: &Object,
        path: &str,
        schema: &Schema,
        leaf: &mut impl FnMut(&Object, &str) -> Result<T>,
    ) -> Result<Self> {
        let names: Vec<&str> = path.split('.').collect();
        if names.len() > MAX_STEPS + 1 {
            return Err(QueryError::TooFar(path.to_owned()).into());
        }
        along(object, path, &names, schema, leaf)
    }
}

fn along<T>(
    object: &Object,
    path: &str,
    names: &[&str],
    schema: &Schema,
    leaf: &mut impl FnMut(&Object, &str) -> Result<T>,
) -> Result<Way<T>> {
    let (name, rest) = match names {
        [] => return Err(QueryError::UnknownField(object.unknown_field(path)).into()),
        [last] => return leaf(object, last).map(Way::Here),
        [name, rest @ ..] => (*name, rest),
    };
    let Some(field) = object.field(name) else {
        return Err(QueryError::UnknownField(object.unknown_field(name)).into());
    };
    let FieldKind::Reference { to, .. } = &field.kind else {
        return Err(QueryError::NoReference {
            path: path.to_owned(),
            field: format!("{}.{name}", object.name),
            kind: field.kind.name(),
        }
        .into());
    };
    let mut beyond = Vec::new();
    let mut refused = None;
    let targets = objects_of(to, schema);
    for target in &targets {
        match along(target, path, rest, schema, leaf) {
            Ok(way) => beyond.push((Arc::clone(target), way)),
            // What is wrong with a value says more than that another object has no such field.
            Err(error) if has(target, rest) || refused.is_none() => refused = Some(error),
            Err(_) => {}
        }
    }
    if beyond.is_empty() {
        return Err(match (refused, targets.as_slice(), rest) {
            (Some(_), [_, _, ..], [next, ..])
                if !targets.iter().any(|target| has(target, rest)) =>
            {
                unknown_beyond(&format!("{}.{name}", object.name), next, &targets).into()
            }
            (Some(error), ..) => error,
            (None, ..) => QueryError::UnknownField(object.unknown_field(path)).into(),
        });
    }
    Ok(Way::By(Step {
        field: field.number,
        name: name.to_owned(),
        beyond,
    }))
}

fn has(object: &Object, names: &[&str]) -> bool {
    names
        .first()
        .is_some_and(|name| object.field(name).is_some() || object.hides(name))
}

fn unknown_beyond(field: &str, typed: &str, targets: &[&Arc<Object>]) -> QueryError {
    let names = targets.iter().flat_map(|target| target.live_fields());
    let near = did_you_mean(typed, names.map(|field| field.name.as_str()));
    QueryError::UnknownField(format!(
        "nothing that {field} may refer to has a field '{typed}'{near}"
    ))
}

/// The objects that a reference may lead to.
pub(super) fn objects_of<'s>(to: &[String], schema: &'s Schema) -> Vec<&'s Arc<Object>> {
    match to.iter().any(|name| name == ANY_OBJECT) {
        true => schema.objects().collect(),
        false => to.iter().filter_map(|name| schema.object(name)).collect(),
    }
}

/// The fields that a name in a query stands for, each with its object: of a path the references too, and of several
/// objects that one may lead to those that have what follows. Nothing where it stands for none.
pub(crate) fn fields_named<'n>(
    object: &Arc<Object>,
    path: &'n str,
    schema: &Schema,
) -> Vec<(Arc<Object>, &'n str)> {
    fn gather<'n>(
        object: &Arc<Object>,
        names: &[&'n str],
        schema: &Schema,
        found: &mut Vec<(Arc<Object>, &'n str)>,
    ) -> bool {
        let Some((name, rest)) = names.split_first() else {
            return false;
        };
        let is_there = match (object.field(name), rest.is_empty()) {
            (Some(_), true) => true,
            (None, true) => matches!(*name, "id" | "revision"),
            (Some(field), false) => match &field.kind {
                FieldKind::Reference { to, .. } => {
                    let mut leads = false;
                    for target in objects_of(to, schema) {
                        leads |= gather(target, rest, schema, found);
                    }
                    leads
                }
                _ => false,
            },
            (None, false) => false,
        };
        if is_there {
            found.push((Arc::clone(object), *name));
        }
        is_there
    }
    let names: Vec<&str> = path.split('.').collect();
    let mut found = Vec::new();
    if names.len() <= MAX_STEPS + 1 {
        gather(object, &names, schema, &mut found);
    }
    found
}

impl<T> Step<T> {
    /// What lies behind the reference of a record, with what is asked there; nothing where the path ends early.
    fn follow(&self, record: &impl Look) -> Option<(RecordId, &Arc<Object>, &Way<T>)> {
        let value = record.look(self.field)?;
        let Value::Reference(id) = value.as_ref() else {
            return None;
        };
        let (object, way) = self
            .beyond
            .iter()
            .find(|(object, _)| object.prefix == id.prefix)?;
        Some((*id, object, way))
    }

    /// What the record at the end of the path answers; nothing where the path ends early.
    fn at_end<R>(
        &self,
        record: &impl Look,
        reader: &Reader,
        ask: impl Fn(&T, &Candidate<'_>) -> R,
    ) -> Result<Option<R>>
    where
        T: Leaf,
    {
        let Some((mut id, mut object, mut way)) = self.follow(record) else {
            return Ok(None);
        };
        loop {
            let step = match way {
                Way::Here(leaf) => {
                    let rollups = leaf.target().rollup;
                    return look_at(reader, object, id, rollups, |far| ask(leaf, far));
                }
                Way::By(step) => step,
            };
            let next = look_at(reader, object, id, false, |far| step.follow(far))?;
            let Some(next) = next.flatten() else {
                return Ok(None);
            };
            (id, object, way) = next;
        }
    }

    fn any(&self, is: &impl Fn(&T) -> bool) -> bool {
        self.beyond.iter().any(|(_, way)| match way {
            Way::Here(leaf) => is(leaf),
            Way::By(step) => step.any(is),
        })
    }
}

/// What is asked at the end of a path.
pub(super) trait Leaf {
    fn target(&self) -> &Target;
}

impl Leaf for Test {
    fn target(&self) -> &Target {
        &self.target
    }
}

impl Leaf for Target {
    fn target(&self) -> &Target {
        self
    }
}

impl Relation {
    pub(super) fn new(path: &str, step: Step<Test>) -> Self {
        Self {
            path: path.to_owned(),
            // All its tests have one operator, so they answer alike.
            when_empty: step.any(&Test::holds_for_empty),
            step,
            known: Arc::default(),
            reads: Arc::default(),
        }
    }

    pub(super) fn holds(&self, record: &impl Look, reader: &Reader) -> Result<bool> {
        let Some((id, ..)) = self.step.follow(record) else {
            return Ok(self.when_empty);
        };
        let lock = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(&id) {
            return Ok(*known);
        }
        self.reads.fetch_add(1, Ordering::Relaxed);
        let holds = |test: &Test, far: &Candidate<'_>| {
            let answer = test.holds(far);
            let readable = test.members.as_ref().map(Members::were_readable);
            readable.unwrap_or(Ok(())).map(|()| answer)
        };
        let found = self.step.at_end(record, reader, holds)?;
        let answer = found.transpose()?.unwrap_or(self.when_empty);
        let mut known = lock();
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        known.insert(id, answer);
        Ok(answer)
    }

    /// How many answers were read since this was last asked.
    pub(super) fn take_reads(&self) -> u64 {
        self.reads.swap(0, Ordering::Relaxed)
    }
}

impl Way<Target> {
    /// The value that the path leads to.
    pub(super) fn value(&self, record: &impl Look, reader: &Reader) -> Result<Option<Value>> {
        match self {
            Self::Here(target) => Ok(target.slot.value(record).map(Cow::into_owned)),
            Self::By(step) => {
                let value = |target: &Target, far: &Candidate<'_>| {
                    target.slot.value(far).map(Cow::into_owned)
                };
                Ok(step.at_end(record, reader, value)?.flatten())
            }
        }
    }

    /// What it leads to, where that is the record itself.
    pub(super) fn here(&self) -> Option<&Target> {
        match self {
            Self::Here(target) => Some(target),
            Self::By(_) => None,
        }
    }
}

/// Looks at a record that a reference leads to, where there is one that is seen.
fn look_at<R>(
    reader: &Reader,
    object: &Arc<Object>,
    id: RecordId,
    rollups: bool,
    look: impl FnOnce(&Candidate<'_>) -> R,
) -> Result<Option<R>> {
    let rehearsed = reader.rehearsed.as_deref();
    if rehearsed.is_some_and(|rehearsed| rehearsed.contains_key(&id)) {
        let record = reader.get(id)?;
        return Ok(record.map(|record| look(&Candidate::Made(record))));
    }
    if rollups {
        let mut found = reader.get_many_for(object, &[id.number], TotalsFor::Answers)?;
        let record = found.pop().flatten();
        return Ok(record.map(|record| look(&Candidate::Made(record))));
    }
    let key = spaces::record(object.number, id.number);
    let Some(bytes) = reader.snapshot.get(&key)? else {
        return Ok(None);
    };
    let far = Candidate::stored(object, id.number, &bytes)?;
    if let Some(seeing) = &reader.seeing {
        let sees = seeing.sees(&far)?;
        far.was_readable()?;
        if !sees {
            return Ok(None);
        }
    }
    let answer = look(&far);
    far.was_readable()?;
    Ok(Some(answer))
}
