//! Which of the engine's hook traits does a component's hook stand behind?

use serde_json::Value as Json;

use super::hooks::Served;
use crate::context::Locale;
use crate::gamification::{Badge, Reason};
use crate::hook::{
    AfterCommit, Answers, Awards, BeforeSave, Cost, Effects, FieldType, HookContext, HookFailure,
    HookName, Interest, OnFailure, OnReply, Refusal, Reply, Row, Score, WorkflowAction,
};

impl BeforeSave for Served {
    fn name(&self) -> &HookName {
        &self.name
    }

    fn interest(&self) -> &Interest {
        &self.hook.interest
    }

    fn on_failure(&self) -> OnFailure {
        self.plugin.on_failure
    }

    fn finds_failing_rows(&self) -> bool {
        true
    }

    fn before_save(
        &self,
        rows: &[Row<'_>],
        context: &HookContext<'_>,
    ) -> Result<Answers, HookFailure> {
        self.amend(rows, context)
    }
}

impl AfterCommit for Served {
    fn name(&self) -> &HookName {
        &self.name
    }

    fn interest(&self) -> &Interest {
        &self.hook.interest
    }

    fn after_commit(
        &self,
        rows: &[Row<'_>],
        context: &HookContext<'_>,
    ) -> Result<Effects, HookFailure> {
        self.cause(rows, None, context)
    }
}

impl FieldType for Served {
    fn type_name(&self) -> &str {
        &self.full_name
    }

    fn name(&self) -> &HookName {
        &self.name
    }

    fn normalise(
        &self,
        values: &[&str],
        context: &HookContext<'_>,
    ) -> Result<(Vec<String>, Vec<Refusal>, Cost), HookFailure> {
        self.canonical(values, context)
    }

    fn format(&self, values: &[&str], locale: Locale) -> Result<Vec<String>, HookFailure> {
        self.shown(values, locale)
    }
}

impl WorkflowAction for Served {
    fn name(&self) -> &HookName {
        &self.name
    }

    fn perform(
        &self,
        rows: &[Row<'_>],
        parameters: &Json,
        context: &HookContext<'_>,
    ) -> Result<Effects, HookFailure> {
        self.cause(rows, Some(&parameters.to_string()), context)
    }
}

impl Score for Served {
    fn name(&self) -> &HookName {
        &self.name
    }

    fn interest(&self) -> &Interest {
        &self.hook.interest
    }

    fn credit(&self) -> u32 {
        self.hook.credit
    }

    fn reasons(&self) -> &[Reason] {
        &self.hook.declared.reasons
    }

    fn badges(&self) -> &[Badge] {
        &self.hook.declared.badges
    }

    fn score(&self, rows: &[Row<'_>], context: &HookContext<'_>) -> Result<Awards, HookFailure> {
        self.award(rows, context)
    }
}

impl OnReply for Served {
    fn name(&self) -> &HookName {
        &self.name
    }

    fn on_reply(
        &self,
        replies: &[Reply],
        context: &HookContext<'_>,
    ) -> Result<Effects, HookFailure> {
        self.hear(replies, context)
    }
}
