//! How does the schema change?
//!
//! A change is a request like any other: checked as a whole against the schema and the records, applied in one commit
//! or not at all, and kept in the journal.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::field::{FIRST_CUSTOM, Field, FieldKind, Labels};
use super::index::{with_index, without_index};
use super::live_total::LiveTotal;
use super::object::{Kept, Object};
use super::total_rules::{rollup_fault, user_of, with_total, without_total};
use super::{Schema, did_you_mean};
use crate::error::Failure;
use crate::record::Prefix;

/// One change of the schema.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
#[allow(
    clippy::large_enum_variant,
    reason = "changes of the schema are few, and a box would show in every one"
)]
pub enum SchemaChange {
    /// A new object.
    CreateObject {
        /// `lower_case`; becomes the name in requests.
        name: String,
        /// Two to eight letters before the underscore of its ids.
        prefix: String,
        /// The name that people read.
        #[serde(default)]
        label: Labels,
        /// Its fields; the first one is its title.
        fields: Vec<Field>,
        /// A unique text field that may stand for the id in references.
        #[serde(default)]
        key: Option<String>,
    },
    /// A new field on an object that exists.
    AddField {
        /// The object.
        object: String,
        /// The field.
        field: Field,
    },
    /// One more option of an option field.
    AddOption {
        /// The object.
        object: String,
        /// The option field.
        field: String,
        /// The new option's name.
        option: String,
    },
    /// How people read the options of a field: option → names by language. Options that are not named keep theirs.
    LabelOptions {
        /// The object.
        object: String,
        /// The option field.
        field: String,
        /// By option.
        labels: BTreeMap<String, Labels>,
    },
    /// A field goes out of use: its values stay in old records, new requests may not name it.
    RetireField {
        /// The object.
        object: String,
        /// The field.
        field: String,
    },
    /// Whether every record must have a value. Refused while records without one exist.
    SetRequired {
        /// The object.
        object: String,
        /// The field.
        field: String,
        /// From now on.
        required: bool,
    },
    /// A total over all records of an object, kept from now on and filled from the records there are.
    AddTotal {
        /// The object.
        object: String,
        /// The total.
        total: LiveTotal,
    },
    /// A total over all records of an object is kept no longer.
    RetireTotal {
        /// The object.
        object: String,
        /// The total's name.
        total: String,
    },
    /// An index of several fields of an object, kept from now on and filled from the records there are.
    AddIndex {
        /// The object.
        object: String,
        /// The fields: those that are asked for by value, then those that are sorted by or asked for from one value to another.
        fields: Vec<String>,
    },
    /// An index of several fields is kept no longer.
    RetireIndex {
        /// The object.
        object: String,
        /// The index's fields, in its order.
        fields: Vec<String>,
    },
    /// Whether an index is kept. Building one reads every record of the object.
    SetIndexed {
        /// The object.
        object: String,
        /// The field.
        field: String,
        /// From now on.
        indexed: bool,
    },
    /// Whether records are found by the words of a field. Turning it on reads every record of the object.
    SetSearchable {
        /// The object.
        object: String,
        /// The field.
        field: String,
        /// How much its words weigh from now on; 0 turns it off.
        weight: u8,
    },
}

impl SchemaChange {
    /// The object as it will be, or everything that is wrong with the change.
    pub(crate) fn apply(&self, schema: &Schema) -> Result<Object, Vec<Failure>> {
        match self {
            Self::CreateObject {
                name,
                prefix,
                label,
                fields,
                key,
            } => create(schema, name, prefix, label, fields, key.as_deref()),
            Self::AddField { object, field } => {
                let mut object = found(schema, object)?;
                if let Some(old) = object.fields.iter_mut().find(|old| comes_back(old, field)) {
                    // A plugin that is installed again finds the values that it left.
                    *old = Field {
                        number: old.number,
                        retired: false,
                        ..field.clone()
                    };
                    return Ok(object);
                }
                let failures = check_field(schema, &object.name, field, &object.fields);
                if !failures.is_empty() {
                    return Err(failures);
                }
                let number = object.add(
                    Field {
                        retired: false,
                        ..field.clone()
                    },
                    FIRST_CUSTOM,
                );
                object.set_filling(Kept::Rollup(number), false);
                Ok(object)
            }
            Self::AddOption {
                object,
                field,
                option,
            } => changed(schema, object, field, |field| match &mut field.kind {
                FieldKind::Option { options } | FieldKind::MultiOption { options } => {
                    if option.trim().is_empty() || options.contains(option) {
                        return Err(format!("'{option}' is empty or an option already"));
                    }
                    options.push(option.clone());
                    Ok(())
                }
                other => Err(format!("it is a {} field and has no options", other.name())),
            }),
            Self::LabelOptions {
                object,
                field,
                labels,
            } => changed(schema, object, field, |field| {
                if let Some(unknown) = labels.keys().find(|name| !field.options().contains(name)) {
                    let near = did_you_mean(unknown, field.options().iter().map(String::as_str));
                    return Err(format!("it has no option '{unknown}'{near}"));
                }
                field.option_labels.extend(labels.clone());
                Ok(())
            }),
            Self::RetireField { object, field } => {
                let title = found(schema, object)?.title_field;
                let user = user_of(schema, object, field);
                changed(schema, object, field, |field| {
                    if field.number < FIRST_CUSTOM {
                        return Err("a standard field cannot be retired: the engine's own rules read it; leave it out of your forms".to_owned());
                    }
                    if field.number == title || field.required {
                        return Err(
                            "a title field or a required field cannot be retired".to_owned()
                        );
                    }
                    if let Some(user) = user {
                        return Err(format!("{user} is made of it; retire that first"));
                    }
                    field.retired = true;
                    Ok(())
                })
            }
            Self::SetRequired {
                object,
                field,
                required,
            } => changed(schema, object, field, |field| {
                if field.read_only || field.is_rollup() {
                    return Err("nobody can set it, so nobody can be required to".to_owned());
                }
                field.required = *required;
                Ok(())
            }),
            Self::AddTotal { object, total } => with_total(found(schema, object)?, total),
            Self::RetireTotal { object, total } => without_total(found(schema, object)?, total),
            Self::AddIndex { object, fields } => with_index(found(schema, object)?, fields),
            Self::RetireIndex { object, fields } => without_index(found(schema, object)?, fields),
            Self::SetIndexed {
                object,
                field,
                indexed,
            } => changed(schema, object, field, |field| {
                if field.is_rollup() {
                    return Err("a rollup has no index yet".to_owned());
                }
                field.indexed = *indexed;
                Ok(())
            }),
            Self::SetSearchable {
                object,
                field,
                weight,
            } => changed(schema, object, field, |field| {
                if let Some(message) = field.search_fault(*weight) {
                    return Err(message);
                }
                field.searchable = *weight;
                Ok(())
            }),
        }
    }
}

fn comes_back(old: &Field, new: &Field) -> bool {
    old.retired
        && old.name == new.name
        && old.kind == new.kind
        && old.brought_by.is_some()
        && old.brought_by == new.brought_by
}

fn found(schema: &Schema, name: &str) -> Result<Object, Vec<Failure>> {
    schema
        .object(name)
        .map(|object| (**object).clone())
        .ok_or_else(|| {
            let near = did_you_mean(name, schema.objects().map(|object| object.name.as_str()));
            vec![Failure::new(
                "unknown-object",
                format!("there is no object '{name}'{near}"),
            )]
        })
}

fn changed(
    schema: &Schema,
    object: &str,
    field: &str,
    change: impl FnOnce(&mut Field) -> Result<(), String>,
) -> Result<Object, Vec<Failure>> {
    let mut object = found(schema, object)?;
    let unknown = object.unknown_field(field);
    let Some(at) = object
        .fields
        .iter()
        .position(|known| known.name == field && !known.retired)
    else {
        return Err(vec![Failure::field(field, "unknown-field", unknown)]);
    };
    change(&mut object.fields[at])
        .map_err(|message| vec![Failure::field(field, "schema", message)])?;
    Ok(object)
}

fn create(
    schema: &Schema,
    name: &str,
    prefix: &str,
    label: &Labels,
    fields: &[Field],
    key: Option<&str>,
) -> Result<Object, Vec<Failure>> {
    let mut failures = Vec::new();
    if !is_name(name) {
        failures.push(Failure::new("name", format!("'{name}' is not a name: use lower-case letters, digits and underscores, beginning with a letter")));
    }
    if schema.object(name).is_some() {
        failures.push(Failure::new(
            "exists",
            format!("there is an object '{name}' already"),
        ));
    }
    let letters = Prefix::new(prefix);
    if letters.is_none() {
        failures.push(Failure::new(
            "prefix",
            format!("'{prefix}' is not a prefix: use two to eight lower-case letters or digits"),
        ));
    }
    if let Some(taken) = letters.and_then(|letters| schema.by_prefix(letters)) {
        failures.push(Failure::new(
            "prefix",
            format!("the prefix '{prefix}' belongs to {}", taken.name),
        ));
    }
    for (place, field) in fields.iter().enumerate() {
        failures.extend(check_field(schema, name, field, &fields[..place]));
    }
    if fields.is_empty() {
        failures.push(Failure::new(
            "fields",
            "an object needs at least one field, its title",
        ));
    }
    let keyed = key.map(|key| {
        fields
            .iter()
            .any(|field| field.name == key && field.unique && field.kind == FieldKind::Text)
    });
    if keyed == Some(false) {
        failures.push(Failure::new(
            "key",
            format!(
                "the key '{}' must be one of its text fields, and unique",
                key.unwrap_or_default()
            ),
        ));
    }
    let (Some(letters), true) = (letters, failures.is_empty()) else {
        return Err(failures);
    };
    let number = schema
        .objects()
        .map(|object| object.number + 1)
        .max()
        .unwrap_or(0)
        .max(FIRST_CUSTOM);
    let mut object = Object::declare(number, name, letters, FIRST_CUSTOM, fields.to_vec());
    let rollups = object.gained_rollups(None).map(|(number, _)| number);
    for number in rollups.collect::<Vec<_>>() {
        object.set_filling(Kept::Rollup(number), false);
    }
    object.label = label.clone();
    Ok(match key {
        Some(key) => object.keyed_by(key),
        None => object,
    })
}

pub(super) fn is_name(name: &str) -> bool {
    name.len() <= 60
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn check_field(schema: &Schema, object: &str, field: &Field, others: &[Field]) -> Vec<Failure> {
    let mut failures = Vec::new();
    let mut fail =
        |code: &str, message: String| failures.push(Failure::field(&field.name, code, message));
    if !is_name(&field.name) || matches!(field.name.as_str(), "id" | "revision" | "old") {
        fail(
            "name",
            format!(
                "'{}' is not a field name: use lower-case letters, digits and underscores, beginning with a letter",
                field.name
            ),
        );
    }
    // A retired field's name is not given again either: old scripts and mappings may still mean the old one.
    if others.iter().any(|other| other.name == field.name) {
        fail(
            "exists",
            format!("{object} has a field '{}' already", field.name),
        );
    }
    let knows =
        |name: &str| name == object || name == super::ANY_OBJECT || schema.object(name).is_some();
    match &field.kind {
        FieldKind::Option { options } | FieldKind::MultiOption { options }
            if options.is_empty() =>
        {
            fail("options", "an option field needs options".to_owned())
        }
        _ if field
            .option_labels
            .keys()
            .any(|name| !field.options().contains(name)) =>
        {
            fail(
                "options",
                "option_labels name something that is not an option of the field".to_owned(),
            )
        }
        FieldKind::Reference { to, .. } => {
            if to.is_empty() {
                fail(
                    "reference",
                    "a reference needs the objects that it may belong to".to_owned(),
                );
            }
            for name in to.iter().filter(|name| !knows(name)) {
                fail(
                    "unknown-object",
                    format!("it refers to '{name}', which is not an object"),
                );
            }
        }
        FieldKind::Rollup(rollup) => {
            if let Some(message) = rollup_fault(schema, object, rollup) {
                fail("rollup", message);
            }
        }
        _ => {}
    }
    if let Some(message) = field.search_fault(field.searchable) {
        fail("searchable", message);
    }
    if let Some(default) = &field.default
        && !matches!(field.kind, FieldKind::Reference { .. })
    {
        let fault = match field.kind.read(default) {
            Ok(value) => field.fault_of(&value).map(|failure| failure.message),
            Err(message) => Some(message),
        };
        if let Some(message) = fault {
            fail("default", format!("the default does not fit: {message}"));
        }
    }
    failures
}
