//! Which indexes of several fields does an object have?

use serde::{Deserialize, Serialize};

use super::field::{FIRST_CUSTOM, FieldKind};
use super::object::Object;
use crate::error::Failure;

/// An index of several fields: what a list needs that asks for values of the first ones and is sorted by the next, such as
/// the deals of one stage by their day of closing. Each save that changes one of its fields, or whose its record is, pays
/// for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Index {
    /// The index's number in the store, where indexes of one field have the number of that.
    pub(crate) number: u32,
    /// The fields, the one that is looked for first before the others.
    pub fields: Vec<String>,
    /// Their numbers.
    pub(crate) numbers: Vec<u32>,
    /// It is being filled from the records that were there before it, and answers nothing yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) filling: bool,
}

/// Numbers from here on are of indexes of several fields: no field has one of these.
const FIRST: u32 = 1 << 31;

/// How many such indexes one object may have: each save pays for all of them.
const MOST_INDEXES: usize = 8;

/// How many fields one may have.
pub(crate) const MOST_FIELDS: usize = 4;

impl Index {
    /// Whether it came with the standard schema.
    fn is_standard(&self) -> bool {
        self.number < FIRST + FIRST_CUSTOM
    }

    /// As messages name it: `stage, close_date`.
    pub(crate) fn name(&self) -> String {
        self.fields.join(", ")
    }

    /// One that comes with the standard schema; none where a field is not there.
    pub(super) fn standard(object: &Object, place: u32, fields: &[&str]) -> Option<Self> {
        let fields: Vec<String> = fields.iter().map(|name| (*name).to_owned()).collect();
        let numbers = fields.iter().map(|name| Some(object.field(name)?.number));
        Some(Self {
            number: FIRST + 1 + place,
            numbers: numbers.collect::<Option<_>>()?,
            fields,
            filling: false,
        })
    }
}

impl FieldKind {
    /// Whether a value of this kind stands in an index of several fields as what it is compared by.
    pub(crate) fn fits_several(&self) -> bool {
        !matches!(
            self,
            Self::Json | Self::Rollup(_) | Self::MultiOption { .. } | Self::LongText
        )
    }
}

/// The object with one more.
pub(super) fn with_index(mut object: Object, fields: &[String]) -> Result<Object, Vec<Failure>> {
    let mut numbers = Vec::with_capacity(fields.len());
    let mut failures = Vec::new();
    for (place, name) in fields.iter().enumerate() {
        match object.field(name) {
            None => failures.push(Failure::field(
                name,
                "unknown-field",
                object.unknown_field(name),
            )),
            Some(_) if fields.iter().take(place).any(|before| before == name) => {
                failures.push(Failure::field(name, "index", "it is named twice"));
            }
            Some(field) if !field.kind.fits_several() => {
                let kind = field.kind.name();
                let message = format!("a {kind} field cannot be in an index of several fields");
                failures.push(Failure::field(name, "index", message));
            }
            Some(field) => numbers.push(field.number),
        }
    }
    let name = &object.name;
    let fault = if fields.len() < 2 {
        Some("an index of one field is made by `set_indexed`; name two or more".to_owned())
    } else if fields.len() > MOST_FIELDS {
        Some(format!("an index has {MOST_FIELDS} fields at most"))
    } else if object.indexes.iter().any(|known| known.fields == fields) {
        Some(format!(
            "{name} has an index of {} already",
            fields.join(", ")
        ))
    } else if object.indexes.len() >= MOST_INDEXES {
        Some(format!(
            "{name} has {MOST_INDEXES} indexes of several fields already; retire one"
        ))
    } else {
        None
    };
    failures.extend(fault.map(|message| Failure::new("index", message)));
    if !failures.is_empty() {
        return Err(failures);
    }
    let number = next_number(&object);
    object.indexes.push(Index {
        number,
        fields: fields.to_vec(),
        numbers,
        filling: false,
    });
    object.next_index = Some(number.saturating_add(1));
    Ok(object)
}

/// The object without one.
pub(super) fn without_index(mut object: Object, fields: &[String]) -> Result<Object, Vec<Failure>> {
    let found = object.indexes.iter().find(|known| known.fields == fields);
    let message = match found {
        Some(index) if index.is_standard() => {
            "a standard index cannot be retired: the standard views are made for it".to_owned()
        }
        Some(_) => {
            object.next_index = Some(next_number(&object));
            object.indexes.retain(|known| known.fields != fields);
            return Ok(object);
        }
        None => {
            let known: Vec<String> = object.indexes.iter().map(Index::name).collect();
            let known = match known.is_empty() {
                true => "it has none of several fields".to_owned(),
                false => format!("there are those of {}", known.join("; of ")),
            };
            format!(
                "{} has no index of {}; {known}",
                object.name,
                fields.join(", ")
            )
        }
    };
    Err(vec![Failure::new("unknown-index", message)])
}

/// The number of the next one: one that none had, or entries of a retired one would be taken for its own.
fn next_number(object: &Object) -> u32 {
    let present = object.indexes.iter().map(|known| known.number);
    let after = present.map(|number| number.saturating_add(1)).max();
    let first = FIRST + FIRST_CUSTOM;
    object.next_index.max(after).unwrap_or(first).max(first)
}
