//! How does a component stand behind the engine's hook traits?
//!
//! A batch in which a guest fails is asked again record by record, so that only the record at fault bears it.

use std::ops::Range;
use std::sync::Arc;

use serde_json::Value as Json;

use super::answers;
use super::check::{BoundHook, Grants};
use super::columns::days;
use super::contract::{Batch, Patches};
use super::guest::{Fault, Moment};
use super::instance::{Functions, Instance, Program};
use super::manifest::Point;
use crate::context::Locale;
use crate::gamification::{Badge, Reason};
use crate::hook::{
    AfterCommit, Answers, Awards, BeforeSave, Cost, Effects, FieldType, HookContext, HookFailure,
    HookName, Interest, OnFailure, Refusal, Row, Score, WorkflowAction,
};

/// Records of one batch that may fail on their own before the rest is given up: a plugin that fails for all would
/// otherwise cost a whole time limit for each.
const FAILURES: usize = 8;
/// The code of a refusal for a record that the plugin failed for.
const FAILED: &str = "plugin-failed";

/// A plugin that is loaded: what its hooks share.
pub(super) struct Plugin {
    /// `plugin lead-score 0.1.0`.
    pub(super) owner: String,
    pub(super) on_failure: OnFailure,
    pub(super) program: Program,
    pub(super) grants: Grants,
}

/// One hook of a loaded plugin.
pub(super) struct Served {
    pub(super) plugin: Arc<Plugin>,
    pub(super) hook: BoundHook,
    pub(super) name: HookName,
    /// Plugin and hook: `national-id/company-id`, `follow-up/follow-up`.
    pub(super) full_name: String,
}

/// What came of a batch: answers with the row that each begins at, and the rows that failed.
struct Outcome<T> {
    cost: Cost,
    answers: Vec<(usize, T)>,
    failures: Vec<(usize, String)>,
}

/// What is left of an outcome: answers, refusals for rows that failed, and the cost.
struct Settled<T> {
    parts: Vec<(usize, T)>,
    refusals: Vec<Refusal>,
    /// What the failures of rows said that go on without the plugin.
    skipped: Vec<String>,
    cost: Cost,
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
    fn export(&self) -> &'static str {
        match self.hook.declared.point {
            Point::FieldType => "normalise",
            Point::ComputedFields => "compute",
            Point::BeforeSave => "before-save",
            Point::AfterCommit => "after-commit",
            Point::WorkflowAction => "perform",
            Point::Gamification => "score",
        }
    }

    /// `plugin lead-score 0.1.0, compute for lea_01…: out of fuel …`.
    fn told(&self, whom: &str, fault: &Fault) -> String {
        format!(
            "{}, {} for {whom}: {fault}",
            self.plugin.owner,
            fault.export().unwrap_or_else(|| self.export())
        )
    }

    /// Asks for the whole batch; where that fails, for each row alone.
    fn ask<T>(
        &self,
        rows: usize,
        whom: impl Fn(usize) -> String,
        mut one: impl FnMut(Range<usize>) -> (Cost, Result<T, Fault>),
    ) -> Outcome<T> {
        let (mut answers, mut failures) = (Vec::new(), Vec::new());
        if rows == 0 {
            return Outcome {
                cost: Cost::default(),
                answers,
                failures,
            };
        }
        let (mut cost, answer) = one(0..rows);
        match answer {
            Ok(answer) => {
                return Outcome {
                    cost,
                    answers: vec![(0, answer)],
                    failures,
                };
            }
            Err(fault) if rows == 1 => {
                return Outcome {
                    cost,
                    answers,
                    failures: vec![(0, self.told(&whom(0), &fault))],
                };
            }
            Err(_) => {}
        }
        for row in 0..rows {
            let answer = if failures.len() < FAILURES {
                let (more, answer) = one(row..row + 1);
                cost = Cost {
                    fuel: cost.fuel + more.fuel,
                    memory_bytes: cost.memory_bytes.max(more.memory_bytes),
                };
                answer
            } else {
                Err(Fault::NotTried)
            };
            match answer {
                Ok(answer) => answers.push((row, answer)),
                Err(fault) => failures.push((row, self.told(&whom(row), &fault))),
            }
        }
        Outcome {
            cost,
            answers,
            failures,
        }
    }

    /// The rows that failed, as the author wants them: refused, or noted in the log. A batch in which nothing
    /// succeeded is a failure of the hook.
    fn settle<T>(&self, outcome: Outcome<T>, may_refuse: bool) -> Result<Settled<T>, HookFailure> {
        let Outcome {
            cost,
            answers,
            failures,
        } = outcome;
        let refuses = may_refuse && self.plugin.on_failure == OnFailure::Reject;
        if answers.is_empty()
            && let Some((_, message)) = failures.first()
            && (failures.len() == 1 || !refuses)
        {
            return Err(HookFailure {
                message: message.clone(),
                code: FAILED,
                cost,
            });
        }
        let (mut refusals, mut skipped) = (Vec::new(), Vec::new());
        for (row, message) in failures {
            if refuses {
                refusals.push(Refusal {
                    row,
                    field: None,
                    code: FAILED.to_owned(),
                    message,
                });
            } else {
                self.plugin.program.log.skip(message.clone());
                skipped.push(message);
            }
        }
        Ok(Settled {
            parts: answers,
            refusals,
            skipped,
            cost,
        })
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
        self.ask(rows.len(), whom, |range| {
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
        let outcome = self.ask(values.len(), whom, |range| {
            let values = values.get(range).unwrap_or_default();
            self.plugin.program.with(moment, |instance, functions| {
                let batch = answers::values_batch(values)?;
                let (patches,) =
                    instance.call(functions.normalise.as_ref(), (number, batch), values.len())?;
                let texts = answers::normalised(values, &patches)?;
                let batch =
                    answers::values_batch(&texts.iter().map(String::as_str).collect::<Vec<_>>())?;
                let refusals = instance
                    .call(functions.validate.as_ref(), (number, batch), values.len())
                    .and_then(|(refusals,)| answers::refusals(&self.hook, values.len(), refusals))
                    .map_err(|fault| fault.during("validate"))?;
                Ok((texts, refusals))
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
        let (cost, shown) = self
            .plugin
            .program
            .with(Moment::default(), |instance, functions| {
                let arguments = (
                    self.hook.number,
                    answers::values_batch(values)?,
                    locale.tag().to_owned(),
                );
                let (texts,) = instance.call(functions.format.as_ref(), arguments, values.len())?;
                if texts.len() != values.len() {
                    return Err(Fault::Answer(format!(
                        "{} texts for {} values",
                        texts.len(),
                        values.len()
                    )));
                }
                Ok(texts)
            });
        shown.map_err(|fault| {
            let message = format!(
                "{}, {} for {} values: {fault}",
                self.plugin.owner,
                fault.export().unwrap_or("format"),
                values.len()
            );
            HookFailure {
                message,
                code: FAILED,
                cost,
            }
        })
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
