//! Which definitions does a change of the schema break, and how does it go on?
//!
//! The schema and records do not change in one commit, so definitions are stripped first: at no moment does one name
//! what is not there.

use std::ops::ControlFlow;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::dashboard::DashboardDefinition;
use super::declared::{self, Definition};
use super::definition::ViewDefinition;
use super::form::FormDefinition;
use super::gone::Gone;
use super::panel::PanelDefinition;
use crate::error::{Error, ErrorKind, Failure, Result};
use crate::hook::{HookContext, Registry, SchemaGuard};
use crate::query::Reader;
use crate::record::{Record, RecordId, Value};
use crate::schema::{Schema, SchemaChange};
use crate::session::Session;
use crate::write::{Committed, Request};

/// A view, a form, a dashboard or a panel that names what a change of the schema takes away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DefinitionUse {
    /// `view`, `form`, `dashboard` or `panel`.
    pub object: String,
    /// Its record.
    #[serde(with = "crate::write::id_text")]
    pub id: RecordId,
    /// What it is called.
    pub name: String,
    /// Where in it: `columns: region`.
    pub places: Vec<String>,
    /// Whether anything is left of it once it is stripped; where not, it goes to the bin.
    pub remains: bool,
    /// The plugin that brought it.
    pub brought_by: Option<String>,
}

/// A use and the request that ends it.
struct Ended {
    used: DefinitionUse,
    request: Request,
    /// Puts it back.
    undo: Request,
}

fn uses_of<D: Definition>(reader: &Reader, gone: &Gone, all: &mut Vec<Ended>) -> Result<()> {
    let Some(object) = reader.schema.object(D::OBJECT).cloned() else {
        return Ok(());
    };
    reader.each(&object, |record| {
        all.extend(use_in::<D>(&record, gone));
        Ok(ControlFlow::Continue(()))
    })
}

fn use_in<D: Definition>(record: &Record, gone: &Gone) -> Option<Ended> {
    let declared = declared::of_record::<D>(record).ok()?;
    let mut stripped = declared.definition.clone();
    let mut places = Vec::new();
    let remains = stripped.strip(gone, &mut places);
    if places.is_empty() {
        return None;
    }
    let id = record.id();
    let put = |definition: Json| Request::update(id, json!({"definition": definition}));
    let (request, undo) = match remains {
        true => (
            put(stripped.as_json()),
            put(record.get("definition")?.to_json()),
        ),
        false => (
            Request::Delete { id, revision: None },
            Request::Restore { id },
        ),
    };
    let used = DefinitionUse {
        object: D::OBJECT.to_owned(),
        id,
        name: record.title(),
        places,
        remains,
        brought_by: declared.brought_by,
    };
    Some(Ended {
        used,
        request,
        undo,
    })
}

fn uses(reader: &Reader, after: &Schema) -> Result<Vec<Ended>> {
    let gone = Gone::between(&reader.schema, after);
    let mut all = Vec::new();
    if !gone.is_nothing() {
        uses_of::<ViewDefinition>(reader, &gone, &mut all)?;
        uses_of::<FormDefinition>(reader, &gone, &mut all)?;
        uses_of::<DashboardDefinition>(reader, &gone, &mut all)?;
        uses_of::<PanelDefinition>(reader, &gone, &mut all)?;
    }
    Ok(all)
}

/// Refuses a change of the schema that would leave definitions with names that are not there.
struct Guard;

impl SchemaGuard for Guard {
    fn objections(&self, after: &Schema, context: &HookContext<'_>) -> Result<Vec<Failure>> {
        let objection = |ended: Ended| {
            let DefinitionUse {
                object,
                id,
                name,
                places,
                ..
            } = ended.used;
            let places = places.join(", ");
            let message = format!(
                "{object} '{name}' ({id}) uses it ({places}); change that one, or strip it with the change of the schema"
            );
            Failure::new("in-definition", message)
        };
        let uses = uses(context.reader, after)?;
        Ok(uses.into_iter().map(objection).collect())
    }
}

pub(super) fn register(registry: &mut Registry) {
    registry.schema_guards.push(Arc::new(Guard));
}

impl Session {
    /// The views, forms and dashboards that name what these changes of the schema would take away, and what each would
    /// lose: what an administrator looks at before he says yes.
    ///
    /// # Errors
    /// When a change does not fit the schema; when the store cannot be read.
    pub fn definitions_in_use(&self, changes: &[SchemaChange]) -> Result<Vec<DefinitionUse>> {
        let uses = self.ends(changes)?.into_iter();
        Ok(uses.map(|ended| ended.used).collect())
    }

    /// As [`Session::change_schema`], after taking out of views, forms and dashboards what the changes take away. Where
    /// the change is refused all the same, they are as they were.
    ///
    /// # Errors
    /// As [`Session::change_schema`].
    pub fn change_schema_and_strip(
        &self,
        changes: impl IntoIterator<Item = SchemaChange>,
    ) -> Result<Committed> {
        let changes: Vec<SchemaChange> = changes.into_iter().collect();
        self.strip_for(&changes, || self.change_schema(changes.clone()))
    }

    /// Strips, then does what needs it; puts the definitions back where that fails.
    pub(crate) fn strip_for<T>(
        &self,
        changes: &[SchemaChange],
        then: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let ended = self.ends(changes)?;
        if ended.is_empty() {
            return then();
        }
        let (requests, undo): (Vec<Request>, Vec<Request>) = ended
            .into_iter()
            .map(|ended| (ended.request, ended.undo))
            .unzip();
        let _ = self.commit(requests)?;
        then().map_err(|error| match self.commit(undo) {
            Ok(_) => error,
            Err(undo) => Error::new(
                error.kind(),
                format!(
                    "{error}; definitions were stripped for it and could not be put back: {undo}"
                ),
            ),
        })
    }

    fn ends(&self, changes: &[SchemaChange]) -> Result<Vec<Ended>> {
        self.must_administer("change the schema")?;
        let (reader, _) = self.engine.read()?;
        let mut after: Schema = (*reader.schema).clone();
        for (request, change) in changes.iter().enumerate() {
            match change.apply(&after) {
                Ok(object) => after.put(object),
                Err(failures) => {
                    let failures = failures
                        .into_iter()
                        .map(|failure| failure.of_request(request));
                    return Err(Error::with_failures(ErrorKind::Invalid, failures.collect()));
                }
            }
        }
        uses(&reader, &after)
    }

    /// The records that a plugin brought.
    pub(crate) fn brought_by(&self, plugin: &str) -> Result<Vec<RecordId>> {
        self.must_administer("withdraw declarations")?;
        let (reader, _) = self.engine.read()?;
        let mut ids = Vec::new();
        for name in [
            ViewDefinition::OBJECT,
            FormDefinition::OBJECT,
            DashboardDefinition::OBJECT,
            PanelDefinition::OBJECT,
        ] {
            let Some(object) = reader.schema.object(name).cloned() else {
                continue;
            };
            reader.each(&object, |record| {
                if record.get("brought_by").and_then(Value::as_text) == Some(plugin) {
                    ids.push(record.id());
                }
                Ok(ControlFlow::Continue(()))
            })?;
        }
        Ok(ids)
    }
}
