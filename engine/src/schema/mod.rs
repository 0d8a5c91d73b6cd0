//! What may be stored?
//!
//! Objects, fields and relations are data. The standard CRM objects are declared in `standard/` with the same words
//! that an administrator's change or a plugin's contribution uses; nothing in the write path knows them by name.

mod change;
mod field;
mod index;
mod limits;
mod live_total;
mod object;
mod read;
mod rollup;
mod standard;
mod total_rules;

pub use change::SchemaChange;
pub use field::{Field, FieldKind, Labels, OnDelete};
pub use index::Index;
pub use live_total::LiveTotal;
pub use object::Object;
pub use rollup::{Rollup, RollupMeasure};

pub(crate) use field::{ANY_OBJECT, labels_of, leads_to, targets_in_words};
pub(crate) use index::MOST_FIELDS;
pub(crate) use object::{Kept, system};
pub(crate) use standard::{IN_EACH_LANGUAGE, pipelines, schema as standard_schema};

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::query::{BoundTotal, ExactFilter};
use crate::record::{Prefix, Record};

/// All objects of a workspace at one moment.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    by_name: BTreeMap<String, Arc<Object>>,
    by_number: BTreeMap<u32, Arc<Object>>,
    by_prefix: BTreeMap<Prefix, Arc<Object>>,
    /// Rollups by the object that they count.
    over: BTreeMap<String, Vec<Counted>>,
    /// Live totals by the object that they count.
    live: BTreeMap<String, Vec<BoundTotal>>,
}

/// A rollup over an object.
#[derive(Clone, Debug)]
struct Counted {
    /// The object that keeps it.
    parent: Arc<Object>,
    /// The number of its field there.
    field: u32,
    /// Which records count; none do where the filter cannot be read.
    filter: Option<ExactFilter>,
}

impl Schema {
    pub(crate) fn of(objects: impl IntoIterator<Item = Object>) -> Self {
        let mut schema = Self::default();
        for object in objects {
            schema.put(object);
        }
        schema
    }

    pub(crate) fn put(&mut self, object: Object) {
        let bound = object
            .totals
            .iter()
            .map(|total| BoundTotal::of(&object, total));
        let bound: Vec<BoundTotal> = bound.filter_map(Result::ok).collect();
        match bound.is_empty() {
            true => self.live.remove(&object.name),
            false => self.live.insert(object.name.clone(), bound),
        };
        let object = Arc::new(object);
        self.by_name.insert(object.name.clone(), object.clone());
        self.by_number.insert(object.number, object.clone());
        self.by_prefix.insert(object.prefix, object);
        self.over.clear();
        for parent in self.by_name.values() {
            for field in parent.live_fields() {
                if let FieldKind::Rollup(rollup) = &field.kind {
                    let child = self.by_name.get(&rollup.child);
                    let filter =
                        child.and_then(|child| ExactFilter::of(child, &rollup.filter).ok());
                    self.over
                        .entry(rollup.child.clone())
                        .or_default()
                        .push(Counted {
                            parent: parent.clone(),
                            field: field.number,
                            filter,
                        });
                }
            }
        }
    }

    /// The object of a name: `account`.
    #[must_use]
    pub fn object(&self, name: &str) -> Option<&Arc<Object>> {
        self.by_name.get(name)
    }

    /// All objects, by name.
    pub fn objects(&self) -> impl Iterator<Item = &Arc<Object>> {
        self.by_name.values()
    }

    pub(crate) fn by_number(&self, number: u32) -> Option<&Arc<Object>> {
        self.by_number.get(&number)
    }

    pub(crate) fn by_prefix(&self, prefix: Prefix) -> Option<&Arc<Object>> {
        self.by_prefix.get(&prefix)
    }

    /// Every (object, field) that refers to records of this object.
    pub(crate) fn referrers(&self, object: &str) -> impl Iterator<Item = (&Arc<Object>, &Field)> {
        self.by_name.values().flat_map(move |from| {
            from.live_fields()
                .filter(move |field| field.kind.refers_to(object))
                .map(move |field| (from, field))
        })
    }

    /// The live totals over records of this object.
    pub(crate) fn live_totals(&self, object: &str) -> &[BoundTotal] {
        self.live.get(object).map_or(&[], Vec::as_slice)
    }

    /// Every rollup that counts records of this object.
    pub(crate) fn rollups_over(&self, child: &str) -> impl Iterator<Item = RollupOver<'_>> {
        let rollups = self.over.get(child).into_iter().flatten();
        rollups.filter_map(|counted| {
            let field = counted.parent.field_by_number(counted.field)?;
            Some(RollupOver {
                parent: &counted.parent,
                field,
                rollup: field.rollup()?,
                filter: counted.filter.as_ref(),
            })
        })
    }
}

/// A rollup, seen from the object that it counts.
pub(crate) struct RollupOver<'a> {
    pub(crate) parent: &'a Arc<Object>,
    pub(crate) field: &'a Field,
    pub(crate) rollup: &'a Rollup,
    filter: Option<&'a ExactFilter>,
}

impl RollupOver<'_> {
    /// Whether a record counts.
    pub(crate) fn counts(&self, record: &Record) -> bool {
        let mut only = self.rollup.only.iter();
        only.all(|(field, option)| record.text(field) == Some(option))
            && self.filter.is_some_and(|filter| filter.passes(record))
    }
}

/// The known name nearest to a mistyped one, for "did you mean".
pub(crate) fn nearest<'a>(typed: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    known
        .map(|name| {
            (
                strsim::damerau_levenshtein(&typed, &name.to_lowercase()),
                name,
            )
        })
        .filter(|(distance, name)| {
            *distance <= 1 + name.chars().count().max(typed.chars().count()) / 3
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// "; did you mean 'stage'?" or nothing.
pub(crate) fn did_you_mean<'a>(typed: &str, known: impl Iterator<Item = &'a str>) -> String {
    nearest(typed, known).map_or_else(String::new, |name| format!("; did you mean '{name}'?"))
}
