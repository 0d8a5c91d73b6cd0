//! Is a definition sound, and whom is it for?
//!
//! The engine's own rule on views, forms, dashboards and panels at save: a definition that does not fit the schema is refused
//! with every fault, and what the engine keeps of it in fields of its own is set.

use std::marker::PhantomData;

use serde_json::Value as Json;

use super::check::Ground;
use super::dashboard::DashboardDefinition;
use super::declared::Definition;
use super::definition::ViewDefinition;
use super::form::FormDefinition;
use super::panel::PanelDefinition;
use super::written;
use crate::context::Actor;
use crate::error::Failure;
use crate::hook::{
    Answers, HookContext, HookFailure, Interest, Patch, Refusal, Registry, Row, Rule, Verb,
    engine_rule,
};
use crate::query::QueryTime;
use crate::record::{Record, Value};
use crate::schema::{Object, Schema};

struct DefinitionRule<D>(PhantomData<fn() -> D>);

pub(super) fn register(schema: &Schema, registry: &mut Registry) {
    add::<ViewDefinition>(schema, registry);
    add::<FormDefinition>(schema, registry);
    add::<DashboardDefinition>(schema, registry);
    add::<PanelDefinition>(schema, registry);
}

fn add<D: Definition>(schema: &Schema, registry: &mut Registry) {
    if schema.object(D::OBJECT).is_none() {
        return;
    }
    let title = format!("{} fits the schema", D::OBJECT);
    let interest = Interest::new(D::OBJECT, &[Verb::Create, Verb::Update], Vec::new());
    let rule = DefinitionRule::<D>(PhantomData);
    registry
        .before_save
        .push(engine_rule(title, interest, rule));
}

/// One row on its way.
struct Saved<'a> {
    row: usize,
    object: &'a Object,
    before: Option<&'a Record>,
    after: &'a Record,
    context: &'a HookContext<'a>,
    answers: &'a mut Answers,
}

impl Saved<'_> {
    fn set(&mut self, name: &str, value: Option<Value>) {
        if let Some(field) = self.object.field(name) {
            self.answers.patches.push(Patch {
                row: self.row,
                field: field.number,
                value,
            });
        }
    }

    fn refuse(&mut self, failure: Failure) {
        self.answers.refusals.push(Refusal {
            row: self.row,
            field: failure.field,
            code: failure.code,
            message: failure.message,
        });
    }

    /// What a JSON field holds, where this save brings it.
    fn brought(&self, name: &str) -> Option<&Json> {
        let now = self.after.get(name);
        if now == self.before.and_then(|before| before.get(name)) {
            return None;
        }
        match now {
            Some(Value::Json(json)) => Some(json),
            _ => None,
        }
    }

    fn definition<D: Definition>(&mut self) {
        let Some(json) = self.brought("definition") else {
            return;
        };
        let definition = match D::of_json(json) {
            Ok(definition) => definition,
            Err(fault) => return self.refuse(fault.into_failure()),
        };
        let ground = Ground {
            reader: self.context.reader,
            time: QueryTime::declared(self.context.now, self.context.zone, self.context.actor),
            views: Vec::new(),
        };
        for fault in definition.faults(&ground) {
            self.refuse(fault);
        }
        for (name, value) in definition.kept() {
            self.set(name, Some(value));
        }
    }

    fn label(&mut self) {
        let fault = self
            .brought("label")
            .and_then(|json| written::labels(json).err());
        if let Some(fault) = fault {
            self.refuse(Failure::field("label", "label", fault.to_string()));
        }
    }

    /// What nobody says is for its maker, and for everyone where that is no user.
    fn audience(&mut self) {
        let user = match self.context.actor {
            Actor::User(id) => Some(Value::Reference(*id)),
            _ => None,
        };
        let audience = match self.after.text("audience") {
            Some(audience) => audience.to_owned(),
            None => {
                let audience = if user.is_some() { "owner" } else { "everyone" };
                self.set("audience", Some(Value::Text(audience.into())));
                audience.to_owned()
            }
        };
        if audience == "everyone" || self.after.get(&audience).is_some() {
            return;
        }
        match user.filter(|_| audience == "owner") {
            Some(user) => self.set("owner", Some(user)),
            None => self.refuse(Failure::field(
                &audience,
                "required",
                format!("it is for one {audience}; say which"),
            )),
        }
    }

    fn origin(&mut self) {
        if let (Actor::Plugin(id), None, None) = (
            self.context.actor,
            self.before,
            self.after.get("brought_by"),
        ) {
            self.set("brought_by", Some(Value::Text(id.as_str().into())));
        }
    }
}

impl<D: Definition> Rule for DefinitionRule<D> {
    fn judge(&self, rows: &[Row<'_>], context: &HookContext<'_>) -> Result<Answers, HookFailure> {
        let mut answers = Answers::default();
        for (place, row) in rows.iter().enumerate() {
            let Some(after) = row.after else { continue };
            let mut saved = Saved {
                row: place,
                object: &after.object,
                before: row.before,
                after,
                context,
                answers: &mut answers,
            };
            saved.definition::<D>();
            saved.label();
            saved.audience();
            saved.origin();
        }
        Ok(answers)
    }
}
