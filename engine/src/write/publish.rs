//! Step 7: who hears of it?
//!
//! After-commit hooks see what was committed and answer effects as data. Each effect is a write of its own, done once
//! under a key made of hook and effect, so that a repeat after a crash changes nothing.

use std::sync::Arc;

use super::Write;
use super::draft::Draft;
use super::request::{Ask, Fields, Group, Request};
use crate::context::Actor;
use crate::hook::{
    AfterCommit, Bills, Effect, EffectAction, Effects, HookFailure, HookName, Row, Verb,
};
use crate::journal::Position;

/// Follow-ups of one hook, to be written as its actor.
pub(crate) struct Followed {
    pub(crate) actor: Actor,
    pub(crate) groups: Vec<Group>,
}

/// What a hook may follow: a change with its verb and the fields that changed.
pub(crate) trait Change {
    fn row(&self) -> Row<'_>;
    fn changed(&self) -> Vec<u32>;
}

impl Change for Draft {
    fn row(&self) -> Row<'_> {
        Draft::row(self)
    }

    fn changed(&self) -> Vec<u32> {
        Draft::changed(self)
    }
}

/// Asks every after-commit hook that these changes wake, and gives what is to be written, with what went wrong.
pub(crate) fn follow<C: Change>(
    write: &Write<'_>,
    position: Position,
    changes: &[C],
) -> (Vec<Followed>, Vec<String>) {
    let context = write.hook_context();
    let mut followed = Vec::new();
    let mut warnings = Vec::new();
    for hook in &write.registry.after_commit {
        let awake: Vec<&C> = changes
            .iter()
            .filter(|change| is_awake(hook, *change))
            .collect();
        for batch in awake.chunks(1_000) {
            let rows: Vec<Row<'_>> = batch.iter().map(|change| change.row()).collect();
            let scope = format!("{}/{}", hook.name().owner, position.get());
            match charge(
                write.bills,
                hook.name(),
                rows.len(),
                hook.after_commit(&rows, &context),
            ) {
                Ok(effects) => followed.push(Followed {
                    actor: hook.name().actor.clone(),
                    groups: groups(&scope, effects),
                }),
                Err(message) => warnings.push(message),
            }
        }
    }
    followed.retain(|followed| !followed.groups.is_empty());
    (followed, warnings)
}

fn is_awake<C: Change>(hook: &Arc<dyn AfterCommit>, change: &C) -> bool {
    let row = change.row();
    let changed = if row.verb == Verb::Update {
        change.changed()
    } else {
        Vec::new()
    };
    row.record()
        .is_some_and(|record| hook.interest().is_in(record.object(), row.verb, &changed))
}

/// Puts a call on its hook's bill.
pub(crate) fn charge(
    bills: &Bills,
    name: &HookName,
    rows: usize,
    answer: Result<Effects, HookFailure>,
) -> Result<Vec<Effect>, String> {
    match answer {
        Ok(effects) => {
            bills.charge(name, rows, effects.cost, |bill| {
                bill.effects += effects.effects.len() as u64;
                bill.rows_written += effects.effects.len() as u64;
            });
            Ok(effects.effects)
        }
        Err(failure) => {
            bills.charge(name, rows, failure.cost, |bill| {
                bill.failures += 1;
                bill.last_failure = Some(failure.message.clone());
            });
            Err(failure.message)
        }
    }
}

/// One group for each effect: one that fails does not take the others along.
pub(crate) fn groups(scope: &str, effects: Vec<Effect>) -> Vec<Group> {
    effects
        .into_iter()
        .map(|effect| {
            let request = match effect.action {
                EffectAction::Create { object, fields } => Request::Create {
                    object,
                    id: None,
                    fields: Fields(fields),
                },
                EffectAction::Update { id, fields } => Request::Update {
                    id,
                    revision: None,
                    fields: Fields(fields),
                },
            };
            Group {
                asks: vec![Ask::Record(Box::new(request))],
                once: Some(format!("{scope}/{}", effect.key)),
            }
        })
        .collect()
}
