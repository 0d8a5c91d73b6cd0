//! How does a trigger reach its action?

use std::ops::ControlFlow;
use std::sync::Arc;

use super::{Trigger, Workflow};
use crate::engine::Engine;
use crate::error::Result;
use crate::hook::{
    AfterCommit, Effects, HookContext, HookFailure, HookName, Interest, Registry, Row, Verb,
    WorkflowAction,
};
use crate::query::{Filter, QueryTime};
use crate::record::Record;
use crate::schema::Schema;
use crate::store::spaces;
use crate::write::{Ask, Followed, Group, Stored};

/// A workflow that a change triggers, as the write path sees it.
pub(crate) struct OnChange {
    workflow: Arc<Workflow>,
    action: Arc<dyn WorkflowAction>,
    filter: Filter,
    name: HookName,
    interest: Interest,
}

/// Makes hooks of the workflows whose actions are there.
pub(crate) fn register(schema: &Schema, registry: &mut Registry) {
    for workflow in registry.workflows.clone() {
        match bind(schema, registry, &workflow) {
            Ok(Some(hook)) => registry.after_commit.push(Arc::new(hook)),
            Ok(None) => {}
            Err(why) => registry.broken.push(format!(
                "workflow {} of plugin {}: {why}",
                workflow.name, workflow.plugin
            )),
        }
    }
}

fn bind(
    schema: &Schema,
    registry: &Registry,
    workflow: &Arc<Workflow>,
) -> Result<Option<OnChange>, String> {
    let action = action_of(registry, workflow)
        .ok_or_else(|| format!("there is no action '{}'", workflow.action))?;
    let filter = Filter::parse(&workflow.filter).map_err(|error| error.to_string())?;
    let object = schema
        .object(&workflow.object)
        .ok_or_else(|| format!("there is no object '{}'", workflow.object))?;
    if workflow.trigger == Trigger::Daily {
        return Ok(None);
    }
    let wakes = workflow
        .wakes
        .iter()
        .map(|name| {
            object
                .field(name)
                .map(|field| field.number)
                .ok_or_else(|| object.unknown_field(name))
        })
        .collect::<Result<Vec<u32>, String>>()?;
    Ok(Some(OnChange {
        name: HookName {
            hook: format!("workflow {}", workflow.name),
            ..action.name().clone()
        },
        interest: Interest {
            object: workflow.object.clone(),
            verbs: vec![Verb::Create, Verb::Update],
            wakes,
        },
        workflow: workflow.clone(),
        action,
        filter,
    }))
}

fn action_of(registry: &Registry, workflow: &Workflow) -> Option<Arc<dyn WorkflowAction>> {
    registry
        .actions
        .get(&format!("{}/{}", workflow.plugin, workflow.action))
        .cloned()
}

impl AfterCommit for OnChange {
    fn name(&self) -> &HookName {
        &self.name
    }

    fn interest(&self) -> &Interest {
        &self.interest
    }

    fn after_commit(
        &self,
        rows: &[Row<'_>],
        context: &HookContext<'_>,
    ) -> Result<Effects, HookFailure> {
        let failure = |message: String| HookFailure {
            message,
            code: "workflow",
            cost: crate::hook::Cost::default(),
        };
        let Some(object) = context.reader.schema.object(&self.workflow.object) else {
            return Ok(Effects::default());
        };
        let time = QueryTime {
            now: context.now,
            zone: context.zone,
        };
        let filter = self
            .filter
            .compile(object, context.reader, &time)
            .map_err(|error| failure(format!("workflow {}: {error}", self.workflow.name)))?;
        // Rows keep their places: effects name them.
        let caught: Vec<(usize, Row<'_>)> = rows
            .iter()
            .copied()
            .enumerate()
            .filter(|(_, row)| row.after.is_some_and(|record| filter.matches(record)))
            .collect();
        if caught.is_empty() {
            return Ok(Effects::default());
        }
        let batch: Vec<Row<'_>> = caught.iter().map(|(_, row)| *row).collect();
        let mut effects = self
            .action
            .perform(&batch, &self.workflow.parameters, context)?;
        for effect in &mut effects.effects {
            effect.row = caught.get(effect.row).map_or(0, |(place, _)| *place);
        }
        Ok(effects)
    }
}

/// Runs the daily workflows that have not run on this day; gives what went wrong, in words.
pub(crate) fn run_daily(engine: &Engine) -> Result<Vec<String>> {
    let mut warnings = Vec::new();
    let (_, config) = engine.read()?;
    for workflow in config
        .registry()
        .workflows
        .iter()
        .filter(|workflow| workflow.trigger == Trigger::Daily)
    {
        let Some(action) = action_of(config.registry(), workflow) else {
            continue;
        };
        if let Err(error) = run_one(engine, workflow, &action, &mut warnings) {
            warnings.push(format!(
                "workflow {} of plugin {}: {error}",
                workflow.name, workflow.plugin
            ));
        }
    }
    Ok(warnings)
}

fn run_one(
    engine: &Engine,
    workflow: &Workflow,
    action: &Arc<dyn WorkflowAction>,
    warnings: &mut Vec<String>,
) -> Result<()> {
    let session = engine.session();
    // As whom it runs decides which records it is given.
    let reader = engine.read_for(&action.name().actor, &session.context)?;
    let now = session.context.now();
    let today = session.context.day_of(now);
    let scope = format!("{}/{}", workflow.plugin, workflow.name);
    let key = spaces::named(spaces::RAN, &scope);
    let day = today.to_string().into_bytes();
    if reader.snapshot.get(&key)?.is_some_and(|last| last >= day) {
        return Ok(());
    }
    let object = reader.object(&workflow.object)?.clone();
    let filter = Filter::parse(&workflow.filter)?.compile(&object, &reader, &session.time())?;
    let mut caught: Vec<Record> = Vec::new();
    crate::query::each_match(&reader, &object, &filter, |record| {
        caught.push(record);
        Ok(ControlFlow::Continue(()))
    })?;
    let context = HookContext {
        reader: &reader,
        now,
        today,
        zone: session.context.zone,
        actor: &session.context.actor,
    };
    let mut clean = true;
    for batch in caught.chunks(1_000) {
        let rows: Vec<Row<'_>> = batch
            .iter()
            .map(|record| Row {
                verb: Verb::Update,
                id: record.id,
                before: Some(record),
                after: Some(record),
            })
            .collect();
        let name = HookName {
            hook: format!("workflow {}", workflow.name),
            ..action.name().clone()
        };
        match crate::write::charge(
            &engine.inner.bills,
            &name,
            rows.len(),
            action.perform(&rows, &workflow.parameters, &context),
        ) {
            Ok(effects) => {
                let followed = Followed::new(name.actor, &scope, &reader.schema, effects);
                if !followed.is_empty() {
                    warnings.extend(engine.write_effects(&session.context, followed, None, 1)?);
                }
            }
            Err(message) => {
                warnings.push(message);
                clean = false;
            }
        }
    }
    if !clean {
        // It is due again; what was done is found by its keys and not done twice.
        return Ok(());
    }
    let done = Stored {
        what: format!("ran workflow {scope} on {today}"),
        entries: vec![(key, Some(day))],
        ..Stored::default()
    };
    engine.write(
        &session.context,
        &[Group {
            asks: vec![Ask::Stored(done)],
            once: None,
        }],
        None,
        0,
    )?;
    Ok(())
}
