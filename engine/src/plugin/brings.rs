//! How do a plugin's objects, fields and options come into the schema, and what does another version make of them?

use std::collections::BTreeMap;

use super::brought::{BroughtObject, is_brought};
use super::manifest::{Faults, Manifest};
use crate::error::Error;
use crate::schema::{Field, Labels, Schema, SchemaChange};

impl Manifest {
    /// The changes of the schema that bring the plugin's objects, fields, options and processes, in the order in which
    /// they can be made. Of fields that it brought before, options are added, and those that it no longer brings go out of use; an
    /// object that it no longer brings stays with its fields, which are all that its records have.
    pub(crate) fn schema_changes(&self, schema: &Schema) -> Vec<SchemaChange> {
        let mut changes = self.own_changes(schema);
        let mut with = schema.clone();
        // What cannot be applied is told by `schema_with_fields`.
        let mut told = Faults::default();
        for change in &changes {
            apply(change, &mut with, &mut told);
        }
        changes.extend(self.process_changes(&mut with, &mut told));
        changes
    }

    fn own_changes(&self, schema: &Schema) -> Vec<SchemaChange> {
        let mut changes: Vec<SchemaChange> = Vec::new();
        for object in &self.brought.objects {
            let known = schema.object(&object.name);
            if !known.is_some_and(|known| is_brought(known, &self.id)) {
                // Where it is somebody else's, the change says that the name is taken.
                changes.push(object.creation());
            }
        }
        // A total may be of records and fields that come after it.
        let (totals, others): (Vec<_>, Vec<_>) =
            self.all_fields().partition(|(_, field)| field.is_rollup());
        for (object, field) in others.into_iter().chain(totals) {
            let is_there = schema.object(object);
            let is_there = is_there.is_some_and(|known| is_brought(known, &self.id));
            if !is_there && self.brings_with(object, &field.name) {
                continue;
            }
            let Some(held) = self.brought_before(schema, object, &field.name) else {
                changes.push(SchemaChange::AddField {
                    object: object.to_owned(),
                    field: field.clone(),
                });
                continue;
            };
            let options = field.options().iter();
            let new = options.filter(|option| !held.options().contains(option));
            let new: Vec<&String> = new.collect();
            changes.extend(new.iter().map(|option| SchemaChange::AddOption {
                object: object.to_owned(),
                field: field.name.clone(),
                option: (*option).clone(),
            }));
            let labels = new.into_iter().filter_map(|option| {
                let label = field.option_labels.get(option)?;
                Some((option.clone(), label.clone()))
            });
            let labels: BTreeMap<String, Labels> = labels.collect();
            if !labels.is_empty() {
                changes.push(SchemaChange::LabelOptions {
                    object: object.to_owned(),
                    field: field.name.clone(),
                    labels,
                });
            }
        }
        changes.extend(self.option_changes(schema));
        changes.extend(self.retirements(schema));
        changes
    }

    /// The fields that it brings, also those of its own objects, each with its object.
    fn all_fields(&self) -> impl Iterator<Item = (&str, &Field)> {
        let own = self.brought.objects.iter().flat_map(|object| {
            let fields = object.fields.iter();
            fields.map(|field| (object.name.as_str(), field))
        });
        let others = self.fields.iter();
        own.chain(others.map(|(object, field)| (object.as_str(), field)))
    }

    /// Whether a field comes with its object.
    fn brings_with(&self, object: &str, field: &str) -> bool {
        let with = |own: &BroughtObject| {
            let mut held = own.fields.iter().filter(|held| !held.is_rollup());
            own.name == object && held.any(|held| held.name == field)
        };
        self.brought.objects.iter().any(with)
    }

    /// Options of fields that are there.
    fn option_changes(&self, schema: &Schema) -> Vec<SchemaChange> {
        let mut changes = Vec::new();
        for option in &self.brought.options {
            let field = schema.object(&option.object);
            let field = field.and_then(|object| object.field(&option.field));
            if field.is_some_and(|field| field.options().contains(&option.option)) {
                continue;
            }
            let (object, field) = (option.object.clone(), option.field.clone());
            changes.push(SchemaChange::AddOption {
                object: object.clone(),
                field: field.clone(),
                option: option.option.clone(),
            });
            if !option.label.is_empty() {
                let labels = [(option.option.clone(), option.label.clone())].into();
                changes.push(SchemaChange::LabelOptions {
                    object,
                    field,
                    labels,
                });
            }
        }
        changes
    }

    /// What puts fields out of use that an earlier version brought and this one does not.
    fn retirements(&self, schema: &Schema) -> Vec<SchemaChange> {
        let mut changes = Vec::new();
        for object in schema.objects() {
            let stays = |held: &&Field| {
                let mut fields = self.all_fields();
                fields.any(|(of, field)| of == object.name && field.name == held.name)
            };
            let is_dropped = !self
                .brought
                .objects
                .iter()
                .any(|own| own.name == object.name)
                && is_brought(object, &self.id);
            let gone = object.live_fields().filter(|held| {
                let is_own = held.brought_by.as_deref() == Some(self.id.as_str());
                is_own && !is_dropped && !stays(held)
            });
            changes.extend(gone.map(|field| SchemaChange::RetireField {
                object: object.name.clone(),
                field: field.name.clone(),
            }));
        }
        changes
    }

    /// A field in use that an earlier version brought.
    fn brought_before<'s>(
        &self,
        schema: &'s Schema,
        object: &str,
        name: &str,
    ) -> Option<&'s Field> {
        let field = schema.object(object)?.field(name)?;
        (field.brought_by.as_deref() == Some(self.id.as_str())).then_some(field)
    }

    /// The changes after which records can be in its processes, in a schema that has what else it brings.
    fn process_changes(&self, with: &mut Schema, faults: &mut Faults) -> Vec<SchemaChange> {
        let mut changes = Vec::new();
        for process in &self.brought.processes {
            match process.schema_changes(with) {
                Ok(more) => {
                    for change in &more {
                        apply(change, with, faults);
                    }
                    changes.extend(more);
                }
                Err(error) => {
                    let place = format!("process {}", process.key);
                    faults.add(&place, "process", error.to_string());
                }
            }
        }
        changes
    }

    /// The schema as it will be when the plugin is installed.
    pub(crate) fn schema_with_fields(&self, schema: &Schema) -> Result<Schema, Error> {
        let mut with = schema.clone();
        let mut faults = Faults::default();
        for (object, field) in self.all_fields() {
            let held = self.brought_before(schema, object, &field.name);
            if let Some(held) = held.filter(|held| held.kind.name() != field.kind.name()) {
                let message = format!(
                    "{object}.{} holds values of type {} and cannot become {}: bring a field of another name",
                    field.name,
                    held.kind.name(),
                    field.kind.name()
                );
                faults.add(&format!("field {object}.{}", field.name), "type", message);
            } else if held.is_some_and(|held| field.is_rollup() && held.kind != field.kind) {
                let message = format!(
                    "{object}.{} adds up something else by now: bring a field of another name",
                    field.name
                );
                faults.add(&format!("field {object}.{}", field.name), "type", message);
            }
        }
        for change in self.own_changes(schema) {
            apply(&change, &mut with, &mut faults);
        }
        self.process_changes(&mut with, &mut faults);
        faults.into_result(&self.id)?;
        Ok(with)
    }
}

fn apply(change: &SchemaChange, to: &mut Schema, faults: &mut Faults) {
    match change.apply(to) {
        Ok(object) => to.put(object),
        Err(failures) => {
            for failure in failures {
                let place = failure.field.as_deref().unwrap_or("field");
                faults.add(place, &failure.code, failure.message);
            }
        }
    }
}

impl BroughtObject {
    fn creation(&self) -> SchemaChange {
        SchemaChange::CreateObject {
            name: self.name.clone(),
            prefix: self.prefix.clone(),
            label: self.label.clone(),
            fields: self
                .fields
                .iter()
                .filter(|field| !field.is_rollup())
                .cloned()
                .collect(),
            key: self.key.clone(),
        }
    }
}
