//! How does a component stand behind the engine's hook traits?

use std::sync::Arc;

use serde_json::Value as Json;

use super::answers;
use super::asking::{FAILED, Outcome, Settled};
use super::breaker::Breaker;
use super::check::BoundHook;
use super::columns::days;
use super::contract::{Batch, Patches};
use super::grants::Grants;
use super::guest::{Fault, Moment};
use super::instance::{Functions, Instance, Program};
use super::limits::Limits;
use super::manifest::Point;
use super::meter::Meter;
use crate::context::Locale;
use crate::gamification::{Badge, Reason};
use crate::hook::{
    AfterCommit, Answers, Awards, BeforeSave, Cost, Effects, FieldType, HookContext, HookFailure,
    HookName, Interest, OnFailure, Refusal, Row, Score, WorkflowAction,
};

/// A plugin that is loaded: what its hooks share.
pub(super) struct Plugin {
    /// `plugin lead-score 0.1.0`.
    pub(super) owner: String,
    pub(super) on_failure: OnFailure,
    pub(super) program: Program,
    pub(super) grants: Grants,
    pub(super) breaker: Arc<Breaker>,
    pub(super) meter: Meter,
    pub(super) limits: Limits,
}

/// One hook of a loaded plugin.
pub(super) struct Served {
    pub(super) plugin: Arc<Plugin>,
    pub(super) hook: BoundHook,
    pub(super) name: HookName,
    /// Plugin and hook: `national-id/company-id`, `follow-up/follow-up`.
    pub(super) full_name: String,
}

impl Moment {
    fn of(context: &HookContext<'_>) -> Self {
        Self {
            now: context.now.timestamp_micros(),
            today: i32::try_from(days(context.today)).unwrap_or_default(),
        }
    }
}

impl Served {
    /// What the guest exports for this hook, as messages name it.
    pub(super) fn export(&self) -> &'static str {
        match self.hook.declared.point {
            Point::FieldType => "normalise",
            Point::ComputedFields => "compute",
            Point::BeforeSave => "before-save",
            Point::AfterCommit => "after-commit",
            Point::WorkflowAction => "perform",
            Point::Gamification => "score",
        }
    }

    /// Asks with records.
    fn ask_rows<T>(
        &self,
        rows: &[Row<'_>],
        moment: Moment,
        work: impl Fn(&mut Instance, &Functions, Batch, usize) -> Result<T, Fault>,
    ) -> Outcome<T> {
        let whom = |row: usize| {
            rows.get(row)
                .map_or_else(String::new, |row| row.id.to_string())
        };
        self.ask(rows.len(), moment, whom, |range| {
            let rows = rows.get(range).unwrap_or_default();
            self.plugin.program.with(moment, |instance, functions| {
                work(
                    instance,
                    functions,
                    answers::batch(&self.hook, rows)?,
                    rows.len(),
                )
            })
        })
    }

    pub(super) fn amend(&self, rows: &[Row<'_>], moment: Moment) -> Result<Answers, HookFailure> {
        let number = self.hook.number;
        let outcome = self.ask_rows(rows, moment, |instance, functions, batch, rows| {
            let (patches, refusals) = if self.hook.declared.point == Point::ComputedFields {
                let (patches,): (Patches,) =
                    instance.call(functions.compute.as_ref(), (number, batch), rows)?;
                (patches, Vec::new())
            } else {
                let (answer,) =
                    instance.call(functions.before_save.as_ref(), (number, batch), rows)?;
                (answer.patches, answer.refusals)
            };
            Ok((
                answers::patches(&self.hook, rows, &patches)?,
                answers::refusals(&self.hook, rows, refusals)?,
            ))
        });
        let settled = self.settle(outcome, true)?;
        let mut all = Answers {
            patches: Vec::new(),
            refusals: settled.refusals,
            skipped: settled.skipped,
            cost: settled.cost,
        };
        for (first, (patches, refusals)) in settled.parts {
            all.patches.extend(patches.into_iter().map(|mut patch| {
                patch.row += first;
                patch
            }));
            all.refusals.extend(refusals.into_iter().map(|mut refusal| {
                refusal.row += first;
                refusal
            }));
        }
        Ok(all)
    }

    pub(super) fn cause(
        &self,
        rows: &[Row<'_>],
        parameters: Option<&str>,
        moment: Moment,
    ) -> Result<Effects, HookFailure> {
        let number = self.hook.number;
        let outcome = self.ask_rows(rows, moment, |instance, functions, batch, rows| {
            let (effects,) = match parameters {
                Some(parameters) => instance.call(
                    functions.perform.as_ref(),
                    (number, batch, parameters.to_owned()),
                    rows,
                )?,
                None => instance.call(functions.after_commit.as_ref(), (number, batch), rows)?,
            };
            answers::effects(&self.plugin.grants, rows, effects)
        });
        let Settled { parts, cost, .. } = self.settle(outcome, false)?;
        let effects = parts.into_iter().flat_map(|(first, effects)| {
            effects.into_iter().map(move |mut effect| {
                effect.row += first;
                effect
            })
        });
        Ok(Effects {
            effects: effects.collect(),
            cost,
        })
    }

    pub(super) fn award(&self, rows: &[Row<'_>], moment: Moment) -> Result<Awards, HookFailure> {
        let reasons = self.hook.declared.reasons.len();
        let outcome = self.ask_rows(rows, moment, |instance, functions, batch, rows| {
            let (awards,) =
                instance.call(functions.score.as_ref(), (self.hook.number, batch), rows)?;
            answers::awards(reasons, rows, &awards)
        });
        let Settled { parts, cost, .. } = self.settle(outcome, false)?;
        let awards = parts.into_iter().flat_map(|(first, awards)| {
            awards
                .into_iter()
                .map(move |(row, points, reason)| (first + row, points, reason))
        });
        Ok(Awards {
            awards: awards.collect(),
            cost,
        })
    }

    pub(super) fn canonical(
        &self,
        values: &[&str],
        moment: Moment,
    ) -> Result<(Vec<String>, Vec<Refusal>, Cost), HookFailure> {
        let number = self.hook.number;
        // The value itself is not told: it may be somebody's identity.
        let whom = |row: usize| format!("value {}", row + 1);
        let outcome = self.ask(values.len(), moment, whom, |range| {
            let values = values.get(range).unwrap_or_default();
            self.plugin.program.with(moment, |instance, functions| {
                let batch = answers::values_batch(values)?;
                let (patches,) =
                    instance.call(functions.normalise.as_ref(), (number, batch), values.len())?;
                let texts = answers::normalised(values, &patches)?;
                let batch =
                    answers::values_batch(&texts.iter().map(String::as_str).collect::<Vec<_>>())?;
                let (refusals,) =
                    instance.call(functions.validate.as_ref(), (number, batch), values.len())?;
                Ok((
                    texts,
                    answers::refusals(&self.hook, values.len(), refusals)?,
                ))
            })
        });
        let Settled {
            parts,
            mut refusals,
            cost,
            ..
        } = self.settle(outcome, true)?;
        let mut texts: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        for (first, (canonical, refused)) in parts {
            for (place, text) in texts.iter_mut().skip(first).zip(canonical) {
                *place = text;
            }
            refusals.extend(refused.into_iter().map(|mut refusal| {
                refusal.row += first;
                refusal
            }));
        }
        Ok((texts, refusals, cost))
    }

    pub(super) fn shown(
        &self,
        values: &[&str],
        locale: Locale,
    ) -> Result<Vec<String>, HookFailure> {
        // Formatting belongs to no request, so there is no time to tell.
        let (cost, shown) = match self.plugin.breaker.check() {
            Ok(()) => self.formatted(values, locale),
            Err(paused) => (Cost::default(), Err(paused)),
        };
        shown.map_err(|fault| {
            let message = format!(
                "{}, format for {} values: {fault}",
                self.plugin.owner,
                values.len()
            );
            HookFailure {
                message,
                code: FAILED,
                cost,
            }
        })
    }

    fn formatted(&self, values: &[&str], locale: Locale) -> (Cost, Result<Vec<String>, Fault>) {
        let format = |instance: &mut Instance, functions: &Functions| {
            let arguments = (
                self.hook.number,
                answers::values_batch(values)?,
                locale.tag().to_owned(),
            );
            let (texts,) = instance.call(functions.format.as_ref(), arguments, values.len())?;
            match texts.len() == values.len() {
                true => Ok(texts),
                false => Err(Fault::Answer(format!(
                    "{} texts for {} values",
                    texts.len(),
                    values.len()
                ))),
            }
        };
        self.plugin.program.with(Moment::default(), format)
    }
}

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
        self.amend(rows, Moment::of(context))
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
        self.cause(rows, None, Moment::of(context))
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
        self.canonical(values, Moment::of(context))
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
        self.cause(rows, Some(&parameters.to_string()), Moment::of(context))
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
        self.award(rows, Moment::of(context))
    }
}
