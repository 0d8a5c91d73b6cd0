//! How do a plugin's fields come into the schema, and what does another version make of them?

use super::manifest::{Faults, Manifest};
use crate::error::Error;
use crate::schema::{Field, Schema, SchemaChange};

impl Manifest {
    /// The changes of the schema that bring the plugin's fields. Of fields that it brought before, options are added, and
    /// those that it no longer brings go out of use.
    pub(crate) fn schema_changes(&self, schema: &Schema) -> Vec<SchemaChange> {
        let mut changes = Vec::new();
        for (name, field) in &self.fields {
            let Some(held) = self.brought_before(schema, name, &field.name) else {
                changes.push(SchemaChange::AddField {
                    object: name.clone(),
                    field: field.clone(),
                });
                continue;
            };
            let options = field.options().iter();
            let new = options.filter(|option| !held.options().contains(option));
            changes.extend(new.map(|option| SchemaChange::AddOption {
                object: name.clone(),
                field: field.name.clone(),
                option: option.clone(),
            }));
        }
        for object in schema.objects() {
            let gone = object.live_fields().filter(|held| {
                let stays =
                    |(of, field): &(String, Field)| *of == object.name && field.name == held.name;
                held.brought_by.as_deref() == Some(self.id.as_str())
                    && !self.fields.iter().any(stays)
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

    /// The schema as it will be when the plugin is installed.
    pub(crate) fn schema_with_fields(&self, schema: &Schema) -> Result<Schema, Error> {
        let mut with = schema.clone();
        let mut faults = Faults::default();
        for (object, field) in &self.fields {
            let held = self.brought_before(schema, object, &field.name);
            if let Some(held) = held.filter(|held| held.kind.name() != field.kind.name()) {
                let message = format!(
                    "{object}.{} holds values of type {} and cannot become {}: bring a field of another name",
                    field.name,
                    held.kind.name(),
                    field.kind.name()
                );
                faults.add(&format!("field {object}.{}", field.name), "type", message);
            }
        }
        for change in self.schema_changes(schema) {
            match change.apply(&with) {
                Ok(object) => with.put(object),
                Err(failures) => {
                    for failure in failures {
                        faults.add(
                            failure.field.as_deref().unwrap_or("field"),
                            &failure.code,
                            failure.message,
                        );
                    }
                }
            }
        }
        faults.into_result(&self.id)?;
        Ok(with)
    }
}
