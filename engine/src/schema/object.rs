//! Which fields does one sort of record have?

use serde::{Deserialize, Serialize};

use super::field::{FIRST_CUSTOM, Field, FieldKind, Labels, labels_of};
use super::index::Index;
use super::live_total::LiveTotal;
use super::rollup::Rollup;
use crate::record::Prefix;

/// The fields that every object has; the engine alone sets them.
pub(crate) mod system {
    pub(crate) const CREATED_AT: u32 = 1;
    pub(crate) const CREATED_BY: u32 = 2;
    pub(crate) const UPDATED_AT: u32 = 3;
    pub(crate) const UPDATED_BY: u32 = 4;
    /// Numbers below this are the engine's.
    pub(crate) const FIRST_DECLARED: u32 = 16;
}

/// One sort of record: account, opportunity, or what an administrator or a plugin adds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Object {
    pub(crate) number: u32,
    /// The name in requests: `account`.
    pub name: String,
    #[serde(with = "prefix_text")]
    pub(crate) prefix: Prefix,
    /// The name that people read.
    #[serde(default)]
    pub label: Labels,
    /// The field that a person would call the record by.
    pub(crate) title_field: u32,
    /// A unique text field that may stand for the id in references.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) key_field: Option<u32>,
    /// In the order of their numbers.
    pub(crate) fields: Vec<Field>,
    /// The totals over all its records that are kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) totals: Vec<LiveTotal>,
    /// The number of the next of them, since a retired one's is never given again; none where there never was one, and
    /// in a store from before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next_total: Option<u32>,
    /// Its indexes of several fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) indexes: Vec<Index>,
    /// The number of the next of them, as of totals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next_index: Option<u32>,
    /// Of a schema as somebody sees it: the fields that are hidden from him, in order. They count as retired.
    #[serde(skip)]
    pub(crate) hidden: Vec<u32>,
}

/// What commits keep beside the records of an object and what is filled after it was declared: the field of a rollup, the
/// number of a live total or of an index of several fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kept {
    Rollup(u32),
    Total(u32),
    Index(u32),
}

mod prefix_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::record::Prefix;

    pub(super) fn serialize<S: Serializer>(prefix: &Prefix, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(prefix.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Prefix, D::Error> {
        let text = String::deserialize(from)?;
        Prefix::new(&text).ok_or_else(|| D::Error::custom(format!("'{text}' is not a prefix")))
    }
}

impl Object {
    /// An object with the system fields and these; the first one is its title.
    pub(crate) fn declare(
        number: u32,
        name: &str,
        prefix: Prefix,
        first_field: u32,
        fields: Vec<Field>,
    ) -> Self {
        let mut all = vec![
            numbered(
                system::CREATED_AT,
                Field::new("created_at", FieldKind::Instant).label(
                    "Created",
                    "ایجاد",
                    "تاريخ الإنشاء",
                ),
            ),
            numbered(
                system::CREATED_BY,
                Field::new("created_by", FieldKind::Text).label(
                    "Created by",
                    "ایجادکننده",
                    "أنشأه",
                ),
            ),
            numbered(
                system::UPDATED_AT,
                Field::new("updated_at", FieldKind::Instant)
                    .label("Changed", "تغییر", "تاريخ التعديل")
                    .indexed(),
            ),
            numbered(
                system::UPDATED_BY,
                Field::new("updated_by", FieldKind::Text).label("Changed by", "تغییردهنده", "عدّله"),
            ),
        ];
        for field in &mut all {
            field.read_only = true;
        }
        all.extend(
            fields
                .into_iter()
                .zip(first_field..)
                .map(|(field, number)| numbered(number, field)),
        );
        Self {
            number,
            name: name.to_owned(),
            prefix,
            label: Labels::new(),
            title_field: first_field,
            key_field: None,
            fields: all,
            totals: Vec::new(),
            next_total: None,
            indexes: Vec::new(),
            next_index: None,
            hidden: Vec::new(),
        }
    }

    /// With its name in English, Persian and Arabic.
    pub(crate) fn label(mut self, en: &str, fa: &str, ar: &str) -> Self {
        self.label = labels_of(en, fa, ar);
        self
    }

    /// With a unique text field that may stand for the id in references.
    pub(crate) fn keyed_by(mut self, field: &str) -> Self {
        self.key_field = self.field(field).map(|field| field.number);
        self
    }

    /// With another field than the first as its title.
    pub(crate) fn titled_by(mut self, field: &str) -> Self {
        self.title_field = self
            .field(field)
            .map_or(self.title_field, |field| field.number);
        self
    }

    /// With indexes of several fields, which come with the standard schema.
    pub(crate) fn indexed_by(mut self, indexes: &[&[&str]]) -> Self {
        let standard = (0..).zip(indexes);
        let standard = standard.filter_map(|(place, fields)| Index::standard(&self, place, fields));
        self.indexes = standard.collect();
        self
    }

    /// The letters before the underscore of its records' ids.
    #[must_use]
    pub fn prefix(&self) -> Prefix {
        self.prefix
    }

    /// The field of a name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields
            .iter()
            .find(|field| field.name == name && !field.retired)
    }

    /// The fields in use, in the order of their numbers.
    pub fn live_fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| !field.retired)
    }

    /// The unique text field that may stand for the id in references.
    #[must_use]
    pub fn natural_key(&self) -> Option<&Field> {
        self.field_by_number(self.key_field?)
    }

    /// The reference by which its records stand below each other. It is what the firm says: a user stands below his
    /// manager, and records of every other object, of custom ones too, below their `parent`.
    pub(crate) fn above(&self) -> Option<&Field> {
        let name = match self.name.as_str() {
            "user" => "manager",
            _ => "parent",
        };
        let leads_here = |field: &&Field| matches!(&field.kind, FieldKind::Reference { to, .. } if *to == [self.name.as_str()]);
        self.field(name).filter(leads_here)
    }

    /// The totals over all its records that are kept.
    #[must_use]
    pub fn totals(&self) -> &[LiveTotal] {
        &self.totals
    }

    /// Its indexes of several fields.
    #[must_use]
    pub fn indexes(&self) -> &[Index] {
        &self.indexes
    }

    /// Those of them that answer: each has an entry for every record, and no field of it is hidden from who looks.
    pub(crate) fn told_indexes(&self) -> impl Iterator<Item = &Index> {
        let is_live = |number: &u32| {
            let field = self.field_by_number(*number);
            field.is_some_and(|field| !field.retired)
        };
        let mut indexes = self.indexes.iter();
        std::iter::from_fn(move || {
            indexes.find(|index| !index.filling && index.numbers.iter().all(is_live))
        })
    }

    /// The totals that this object keeps of which `before` keeps none: its rollups, each with its field's number.
    pub(crate) fn gained_rollups<'a>(
        &'a self,
        before: Option<&'a Object>,
    ) -> impl Iterator<Item = (u32, &'a Rollup)> {
        let had = move |number| {
            let field = before.and_then(|before| before.field_by_number(number));
            field.is_some_and(|field| !field.retired && field.is_rollup())
        };
        self.live_fields()
            .filter_map(|field| Some((field.number, field.rollup()?)))
            .filter(move |(number, _)| !had(*number))
    }

    /// The same, its live totals.
    pub(crate) fn gained_totals<'a>(
        &'a self,
        before: Option<&'a Object>,
    ) -> impl Iterator<Item = &'a LiveTotal> {
        let known = |total: &LiveTotal, other: &LiveTotal| total.number == other.number;
        let had = move |total: &LiveTotal| {
            before.is_some_and(|before| before.totals.iter().any(|other| known(total, other)))
        };
        self.totals.iter().filter(move |total| !had(total))
    }

    /// The same, its indexes of several fields.
    pub(crate) fn gained_indexes<'a>(
        &'a self,
        before: Option<&'a Object>,
    ) -> impl Iterator<Item = &'a Index> {
        let had = move |index: &Index| {
            let mut before = before.into_iter().flat_map(|before| &before.indexes);
            before.any(|other| index.number == other.number)
        };
        self.indexes.iter().filter(move |index| !had(index))
    }

    /// Marks what is kept beside the records as being filled, or as filled.
    pub(crate) fn set_filling(&mut self, kept: Kept, filling: bool) {
        match kept {
            Kept::Rollup(number) => {
                let mut fields = self.fields.iter_mut();
                let field = fields.find(|field| field.number == number);
                if let Some(FieldKind::Rollup(rollup)) = field.map(|field| &mut field.kind) {
                    rollup.filling = filling;
                }
            }
            Kept::Total(number) => {
                let mut totals = self.totals.iter_mut();
                if let Some(total) = totals.find(|total| total.number == number) {
                    total.filling = filling;
                }
            }
            Kept::Index(number) => {
                let mut indexes = self.indexes.iter_mut();
                if let Some(index) = indexes.find(|index| index.number == number) {
                    index.filling = filling;
                }
            }
        }
    }

    pub(crate) fn field_by_number(&self, number: u32) -> Option<&Field> {
        let at = self
            .fields
            .binary_search_by_key(&number, |field| field.number)
            .ok()?;
        Some(&self.fields[at])
    }

    /// Adds a field under the next number of its range and gives that number.
    pub(crate) fn add(&mut self, field: Field, first: u32) -> u32 {
        let number = self
            .fields
            .iter()
            .map(|field| field.number + 1)
            .max()
            .unwrap_or(first)
            .max(first);
        self.fields.push(numbered(number, field));
        number
    }

    /// Whether an administrator or a plugin made it.
    #[must_use]
    pub fn is_custom(&self) -> bool {
        self.number >= FIRST_CUSTOM
    }

    /// Whether there is such a field, and it is hidden from who looks.
    pub(crate) fn hides(&self, name: &str) -> bool {
        let is_it = |field: &Field| field.name == name && self.hidden.contains(&field.number);
        !self.hidden.is_empty() && self.fields.iter().any(is_it)
    }

    pub(crate) fn unknown_field(&self, typed: &str) -> String {
        if self.hides(typed) {
            return format!("{}.{typed} is hidden from you", self.name);
        }
        format!(
            "{} has no field '{typed}'{}",
            self.name,
            super::did_you_mean(typed, self.live_fields().map(|field| field.name.as_str()))
        )
    }
}

fn numbered(number: u32, mut field: Field) -> Field {
    field.number = number;
    field
}
