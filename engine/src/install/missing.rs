//! Who guards a record when its guard cannot run?

use std::sync::Arc;

use crate::context::Actor;
use crate::hook::{
    Answers, BeforeSave, Cost, HookContext, HookFailure, HookName, Interest, OnFailure, Registry,
    Row, Verb,
};

/// Stands where a plugin or script would that cannot run: it refuses what that one was to judge.
pub(crate) struct Missing {
    name: HookName,
    interest: Interest,
    why: String,
}

impl Missing {
    /// Lists what is missing and, where its author chose so, refuses the writes of its objects.
    pub(crate) fn stand_in(
        registry: &mut Registry,
        owner: &str,
        objects: &[String],
        rejects: bool,
        why: &str,
    ) {
        registry.broken.push(format!("{owner} cannot run: {why}"));
        if !rejects {
            return;
        }
        for object in objects {
            registry.before_save.push(Arc::new(Self {
                name: HookName {
                    owner: owner.to_owned(),
                    hook: "cannot run".to_owned(),
                    actor: Actor::System,
                },
                interest: Interest {
                    object: object.clone(),
                    verbs: vec![Verb::Create, Verb::Update, Verb::Delete],
                    wakes: Vec::new(),
                },
                why: why.to_owned(),
            }));
        }
    }
}

impl BeforeSave for Missing {
    fn name(&self) -> &HookName {
        &self.name
    }

    fn interest(&self) -> &Interest {
        &self.interest
    }

    fn on_failure(&self) -> OnFailure {
        OnFailure::Reject
    }

    fn before_save(&self, _: &[Row<'_>], _: &HookContext<'_>) -> Result<Answers, HookFailure> {
        let message = format!(
            "{} is enabled and cannot run ({}); repair it, or disable it",
            self.name.owner, self.why
        );
        Err(HookFailure {
            message,
            code: "cannot-run",
            cost: Cost::default(),
        })
    }
}
