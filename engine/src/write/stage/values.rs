//! Which values does a request bring?

use serde_json::Value as Json;

use super::{Fault, Stage, Staged};
use crate::context::Actor;
use crate::error::Failure;
use crate::record::{Record, RecordId, Value};
use crate::schema::{Field, FieldKind, leads_to, targets_in_words};
use crate::write::request::Fields;

impl Stage<'_> {
    pub(super) fn apply(
        &mut self,
        record: &mut Record,
        fields: &Fields,
        privileged: bool,
    ) -> Staged<()> {
        let object = record.object.clone();
        for (name, json) in &fields.0 {
            let Some(field) = object.field(name) else {
                self.fail(Failure::field(
                    name,
                    "unknown-field",
                    object.unknown_field(name),
                ));
                continue;
            };
            if field.read_only && !privileged && !self.is_keeper(field) {
                self.fail(Failure::field(
                    name,
                    "read-only",
                    format!("{name} is kept by the engine and cannot be set"),
                ));
                continue;
            }
            if !privileged && !self.allow_field(&object, field) {
                continue;
            }
            if json.is_null() || json.as_str().is_some_and(|text| text.trim().is_empty()) {
                record.set(field.number, None);
                continue;
            }
            let read = self.read(field, json).and_then(|value| {
                self.allow_reference(record, field, &value)?;
                Ok(value)
            });
            match read {
                Ok(value) => record.set(field.number, Some(value)),
                Err(Fault::Request(failure)) => self.fail(failure),
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    /// Whether the actor is the plugin that brought the field: what nobody else may set, its effects do.
    fn is_keeper(&self, field: &Field) -> bool {
        match &self.write.context.actor {
            Actor::Plugin(id) => field.brought_by.as_ref() == Some(id),
            _ => false,
        }
    }

    pub(super) fn read(&mut self, field: &Field, json: &Json) -> Staged<Value> {
        if let FieldKind::Reference { to, .. } = &field.kind {
            return self.reference(field, to, json);
        }
        field
            .kind
            .read(json)
            .map_err(|message| Failure::field(&field.name, "wrong-type", message).into())
    }

    /// A reference by id, or by the natural key of one of its objects.
    pub(super) fn reference(&mut self, field: &Field, to: &[String], json: &Json) -> Staged<Value> {
        let wrong =
            |message: String| Fault::from(Failure::field(&field.name, "wrong-type", message));
        let Json::String(text) = json else {
            return Err(wrong(
                "a reference is the id of a record, as text".to_owned(),
            ));
        };
        let text = text.trim();
        if let Ok(id) = text.parse::<RecordId>()
            && let Some(object) = self.out.schema.by_prefix(id.prefix)
        {
            if leads_to(to, &object.name) {
                return Ok(Value::Reference(id));
            }
            return Err(wrong(format!(
                "{id} is a {}; {} refers to {}",
                object.name,
                field.name,
                targets_in_words(to)
            )));
        }
        let mut keyed = false;
        let schema = self.out.schema.clone();
        for object in to.iter().filter_map(|name| schema.object(name)) {
            if let Some(key) = object.natural_key() {
                keyed = true;
                let value = Value::Text(text.into());
                if let Some(id) = self.owner(object, key.number, &value)?
                    && self.sees_id(id)?
                {
                    return Ok(Value::Reference(id));
                }
            }
        }
        let what = if keyed {
            "neither an id nor the key of a"
        } else {
            "not the id of a"
        };
        Err(Failure::field(
            &field.name,
            "unknown-reference",
            format!("'{text}' is {what} {}", targets_in_words(to)),
        )
        .into())
    }
}
