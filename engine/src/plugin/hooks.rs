//! How does a component stand behind the engine's hook traits?
//!
//! A batch in which a guest fails is asked again record by record, so that only the record at fault bears it.

use std::ops::Range;
use std::sync::Arc;

use super::answers;
use super::check::BoundHook;
use super::columns::days;
use super::contract::{Batch, Patches};
use super::effects::Reach;
use super::guest::{Fault, Moment};
use super::instance::{self, Functions, Instance, Program, Spent};
use super::manifest::Point;
use super::replies;
use super::rights::Rights;
use crate::context::Locale;
use crate::hook::{
    Answers, Awards, Cost, Effects, HookContext, HookFailure, HookName, OnFailure, Refusal, Reply,
    Row,
};
use crate::query::QueryTime;
use crate::record::RecordId;

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
    pub(super) rights: Arc<Rights>,
    pub(super) reach: Reach,
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
    spent: Spent,
    answers: Vec<(usize, T)>,
    failures: Vec<(usize, String)>,
}

/// What is left of an outcome: answers, refusals for rows that failed, and the cost.
struct Settled<T> {
    parts: Vec<(usize, T)>,
    refusals: Vec<Refusal>,
    /// What the failures of rows said that go on without the plugin.
    skipped: Vec<String>,
    spent: Spent,
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
            Point::OnReply => "on-reply",
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
        mut one: impl FnMut(Range<usize>) -> (Spent, Result<T, Fault>),
    ) -> Outcome<T> {
        let (mut answers, mut failures) = (Vec::new(), Vec::new());
        if rows == 0 {
            return Outcome {
                spent: Spent::default(),
                answers,
                failures,
            };
        }
        let (mut spent, answer) = one(0..rows);
        match answer {
            Ok(answer) => {
                return Outcome {
                    spent,
                    answers: vec![(0, answer)],
                    failures,
                };
            }
            Err(fault) if rows == 1 => {
                return Outcome {
                    spent,
                    answers,
                    failures: vec![(0, self.told(&whom(0), &fault))],
                };
            }
            Err(_) => {}
        }
        for row in 0..rows {
            let answer = if failures.len() < FAILURES {
                let (more, answer) = one(row..row + 1);
                spent.join(more);
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
            spent,
            answers,
            failures,
        }
    }

    /// The rows that failed, as the author wants them: refused, or noted in the log. A batch in which nothing
    /// succeeded is a failure of the hook.
    fn settle<T>(&self, outcome: Outcome<T>, may_refuse: bool) -> Result<Settled<T>, HookFailure> {
        let Outcome {
            spent,
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
                cost: spent.cost,
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
            spent,
        })
    }

    /// What a call about records is served with.
    fn served<'c>(&self, context: &HookContext<'c>) -> instance::Served<'c> {
        let time = QueryTime {
            now: context.now,
            zone: context.zone,
        };
        instance::Served {
            sees: Some((context.reader, time)),
            ..self.blind(context)
        }
    }

    /// The same for one that is not about records, so that there are none to see.
    fn blind<'c>(&self, context: &HookContext<'_>) -> instance::Served<'c> {
        instance::Served {
            moment: Moment {
                now: context.now.timestamp_micros(),
                today: i32::try_from(days(context.today)).unwrap_or_default(),
                position: context.reader.position().get(),
                hook: self.hook.number,
            },
            sees: None,
        }
    }

    /// Asks with records.
    fn ask_rows<T>(
        &self,
        rows: &[Row<'_>],
        context: &HookContext<'_>,
        work: impl Fn(&mut Instance, &Functions, Batch, &[Row<'_>]) -> Result<T, Fault>,
    ) -> Outcome<T> {
        let whom = |row: usize| {
            rows.get(row)
                .map_or_else(String::new, |row| row.id.to_string())
        };
        self.ask(rows.len(), whom, |range| {
            let rows = rows.get(range).unwrap_or_default();
            let served = self.served(context);
            self.plugin.program.with(served, |instance, functions| {
                work(instance, functions, answers::batch(&self.hook, rows)?, rows)
            })
        })
    }

    pub(super) fn amend(
        &self,
        rows: &[Row<'_>],
        context: &HookContext<'_>,
    ) -> Result<Answers, HookFailure> {
        let (number, reach) = (self.hook.number, &self.plugin.reach);
        let outcome = self.ask_rows(rows, context, |instance, functions, batch, rows| {
            let mut answers = Answers::default();
            let patches = if self.hook.declared.point == Point::ComputedFields {
                let (patches,): (Patches,) =
                    instance.call(functions.compute.as_ref(), (number, batch), rows.len())?;
                patches
            } else {
                let (answer,) =
                    instance.call(functions.before_save.as_ref(), (number, batch), rows.len())?;
                answers.refusals = answers::refusals(&self.hook, rows.len(), answer.refusals)?;
                answers.children = reach.children(&ids(rows), answer.children)?;
                answers.keeps = reach.keeps(rows.len(), answer.store)?;
                reach.fit(context.reader, answers.keeps.iter().map(|(_, keep)| keep))?;
                answer.patches
            };
            answers.patches = answers::patches(&self.hook, rows.len(), &patches)?;
            Ok(answers)
        });
        let settled = self.settle(outcome, true)?;
        let mut all = Answers {
            refusals: settled.refusals,
            skipped: settled.skipped,
            cost: settled.spent.cost,
            reads: settled.spent.reads,
            ..Answers::default()
        };
        for (first, mut part) in settled.parts {
            part.patches.iter_mut().for_each(|patch| patch.row += first);
            part.refusals
                .iter_mut()
                .for_each(|refusal| refusal.row += first);
            part.children.iter_mut().for_each(|(row, _)| *row += first);
            part.keeps.iter_mut().for_each(|(row, _)| *row += first);
            all.patches.append(&mut part.patches);
            all.refusals.append(&mut part.refusals);
            all.children.append(&mut part.children);
            all.keeps.append(&mut part.keeps);
        }
        Ok(all)
    }

    pub(super) fn cause(
        &self,
        rows: &[Row<'_>],
        parameters: Option<&str>,
        context: &HookContext<'_>,
    ) -> Result<Effects, HookFailure> {
        let number = self.hook.number;
        let outcome = self.ask_rows(rows, context, |instance, functions, batch, rows| {
            let (effects,) = match parameters {
                Some(parameters) => instance.call(
                    functions.perform.as_ref(),
                    (number, batch, parameters.to_owned()),
                    rows.len(),
                )?,
                None => {
                    instance.call(functions.after_commit.as_ref(), (number, batch), rows.len())?
                }
            };
            self.plugin
                .reach
                .checked(context.reader, &ids(rows), effects)
        });
        let Settled { parts, spent, .. } = self.settle(outcome, false)?;
        let effects = parts.into_iter().flat_map(|(first, effects)| {
            effects.into_iter().map(move |mut effect| {
                effect.row += first;
                effect
            })
        });
        Ok(Effects {
            effects: effects.collect(),
            cost: spent.cost,
        })
    }

    /// Tells it what other systems answered.
    pub(super) fn hear(
        &self,
        replies: &[Reply],
        context: &HookContext<'_>,
    ) -> Result<Effects, HookFailure> {
        let number = self.hook.number;
        let whom = |row: usize| {
            let reply = replies.get(row);
            reply.map_or_else(String::new, |reply| format!("the reply to {}", reply.key))
        };
        let outcome = self.ask(replies.len(), whom, |range| {
            let replies = replies.get(range).unwrap_or_default();
            let served = self.served(context);
            self.plugin.program.with(served, |instance, functions| {
                let told = replies.iter().map(replies::told).collect();
                let (effects,) =
                    instance.call(functions.on_reply.as_ref(), (number, told), replies.len())?;
                let about: Vec<RecordId> = replies.iter().map(|reply| reply.about).collect();
                self.plugin.reach.checked(context.reader, &about, effects)
            })
        });
        let Settled { parts, spent, .. } = self.settle(outcome, false)?;
        let effects = parts.into_iter().flat_map(|(first, effects)| {
            effects.into_iter().map(move |mut effect| {
                effect.row += first;
                effect
            })
        });
        Ok(Effects {
            effects: effects.collect(),
            cost: spent.cost,
        })
    }

    pub(super) fn award(
        &self,
        rows: &[Row<'_>],
        context: &HookContext<'_>,
    ) -> Result<Awards, HookFailure> {
        let reasons = self.hook.declared.reasons.len();
        let outcome = self.ask_rows(rows, context, |instance, functions, batch, rows| {
            let (awards,) = instance.call(
                functions.score.as_ref(),
                (self.hook.number, batch),
                rows.len(),
            )?;
            answers::awards(reasons, rows.len(), &awards)
        });
        let Settled { parts, spent, .. } = self.settle(outcome, false)?;
        let awards = parts.into_iter().flat_map(|(first, awards)| {
            awards
                .into_iter()
                .map(move |(row, points, reason)| (first + row, points, reason))
        });
        Ok(Awards {
            awards: awards.collect(),
            cost: spent.cost,
        })
    }

    pub(super) fn canonical(
        &self,
        values: &[&str],
        context: &HookContext<'_>,
    ) -> Result<(Vec<String>, Vec<Refusal>, Cost), HookFailure> {
        let number = self.hook.number;
        // The value itself is not told: it may be somebody's identity.
        let whom = |row: usize| format!("value {}", row + 1);
        let outcome = self.ask(values.len(), whom, |range| {
            let values = values.get(range).unwrap_or_default();
            let served = self.blind(context);
            self.plugin.program.with(served, |instance, functions| {
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
            spent,
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
        Ok((texts, refusals, spent.cost))
    }

    pub(super) fn shown(
        &self,
        values: &[&str],
        locale: Locale,
    ) -> Result<Vec<String>, HookFailure> {
        // Formatting belongs to no request, so there is no time to tell.
        let nowhere = instance::Served {
            moment: Moment::default(),
            sees: None,
        };
        let (spent, shown) = self.plugin.program.with(nowhere, |instance, functions| {
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
                cost: spent.cost,
            }
        })
    }
}

fn ids(rows: &[Row<'_>]) -> Vec<RecordId> {
    rows.iter().map(|row| row.id).collect()
}
