//! How do the engine's own rules stand behind the hook traits?
//!
//! A rule says what it makes of the rows; who it is and what wakes it is said where it is made, and a save that it
//! cannot judge is refused.

use std::sync::Arc;

use super::{
    Answers, BeforeSave, Cost, HookContext, HookFailure, HookName, Interest, OnFailure, Row,
};
use crate::context::Actor;
use crate::error::Error;

/// What one of the engine's rules makes of records before they are saved.
pub(crate) trait Rule: Send + Sync {
    fn judge(&self, rows: &[Row<'_>], context: &HookContext<'_>) -> Result<Answers, HookFailure>;

    /// As [`BeforeSave::judges_the_faulty`].
    fn judges_the_faulty(&self) -> bool {
        false
    }
}

/// A rule of the engine, known in bills and errors by this title.
pub(crate) fn engine_rule(
    title: impl Into<String>,
    interest: Interest,
    rule: impl Rule + 'static,
) -> Arc<dyn BeforeSave> {
    Arc::new(EngineRule {
        name: HookName::of_engine(title),
        interest,
        rule,
    })
}

struct EngineRule<R> {
    name: HookName,
    interest: Interest,
    rule: R,
}

impl<R: Rule> BeforeSave for EngineRule<R> {
    fn name(&self) -> &HookName {
        &self.name
    }

    fn interest(&self) -> &Interest {
        &self.interest
    }

    fn on_failure(&self) -> OnFailure {
        OnFailure::Reject
    }

    fn judges_the_faulty(&self) -> bool {
        self.rule.judges_the_faulty()
    }

    fn before_save(
        &self,
        rows: &[Row<'_>],
        context: &HookContext<'_>,
    ) -> Result<Answers, HookFailure> {
        self.rule.judge(rows, context)
    }
}

impl HookName {
    /// The name of what the engine does itself.
    pub(crate) fn of_engine(title: impl Into<String>) -> Self {
        Self {
            owner: "engine".to_owned(),
            hook: title.into(),
            actor: Actor::System,
        }
    }
}

impl HookFailure {
    /// A rule could not read what it judges by.
    pub(crate) fn unread(code: &'static str, error: &Error) -> Self {
        Self {
            message: error.to_string(),
            code,
            cost: Cost::default(),
        }
    }
}
