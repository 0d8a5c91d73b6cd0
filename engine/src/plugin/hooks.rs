//! How does a component stand behind the engine's hook traits?

use std::sync::Arc;

use super::answers;
use super::asking::{FAILED, Outcome, Settled};
use super::breaker::Breaker;
use super::check::BoundHook;
use super::columns::days;
use super::contract::{Batch, Patches};
use super::effects::Reach;
use super::guest::{Fault, Moment};
use super::instance::{Functions, Instance, Program, Shown, Spent};
use super::limits::Limits;
use super::manifest::Point;
use super::meter::Meter;
use super::replies;
use crate::context::Locale;
use crate::hook::{
    Answers, Awards, Cost, Effect, Effects, HookContext, HookFailure, HookName, OnFailure, Refusal,
    Reply, Row,
};
use crate::query::QueryTime;
use crate::record::RecordId;

/// A plugin that is loaded: what its hooks share.
pub(super) struct Plugin {
    /// `plugin lead-score 0.1.0`.
    pub(super) owner: String,
    pub(super) on_failure: OnFailure,
    pub(super) program: Program,
    pub(super) reach: Reach,
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
            Point::OnReply => "on-reply",
        }
    }

    /// What a call about records is shown.
    fn showing<'c>(&self, context: &HookContext<'c>) -> Shown<'c> {
        let time = QueryTime {
            now: context.now,
            zone: context.zone,
        };
        Shown {
            moment: self.moment(context),
            sees: Some((context.reader, time)),
        }
    }

    fn moment(&self, context: &HookContext<'_>) -> Moment {
        Moment {
            now: context.now.timestamp_micros(),
            today: i32::try_from(days(context.today)).unwrap_or_default(),
            position: context.reader.position().get(),
            hook: self.hook.number,
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
        let shown = self.showing(context);
        self.ask(rows.len(), shown.moment, whom, |range| {
            let rows = rows.get(range).unwrap_or_default();
            self.plugin.program.with(shown, |instance, functions| {
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
            if all.patches.is_empty() && first == 0 {
                all.patches = std::mem::take(&mut part.patches);
            }
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
        self.effects(outcome)
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
        let shown = self.showing(context);
        let outcome = self.ask(replies.len(), shown.moment, whom, |range| {
            let replies = replies.get(range).unwrap_or_default();
            self.plugin.program.with(shown, |instance, functions| {
                let told = replies.iter().map(replies::told).collect();
                let (effects,) =
                    instance.call(functions.on_reply.as_ref(), (number, told), replies.len())?;
                let about: Vec<RecordId> = replies.iter().map(|reply| reply.about).collect();
                self.plugin.reach.checked(context.reader, &about, effects)
            })
        });
        self.effects(outcome)
    }

    fn effects(&self, outcome: Outcome<Vec<Effect>>) -> Result<Effects, HookFailure> {
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

    /// The number of awards for columns that were made before.
    #[cfg(feature = "testing")]
    pub(super) fn award_columns(
        &self,
        batch: &Batch,
        context: &HookContext<'_>,
    ) -> Result<usize, HookFailure> {
        let (reasons, rows) = (self.hook.declared.reasons.len(), batch.rows as usize);
        let shown = self.showing(context);
        let outcome = self.ask(
            rows,
            shown.moment,
            |_| String::new(),
            |_| {
                self.plugin.program.with(shown, |instance, functions| {
                    let given = (self.hook.number, batch.clone());
                    let (awards,) = instance.call(functions.score.as_ref(), given, rows)?;
                    answers::awards(reasons, rows, &awards).map(|awards| awards.len())
                })
            },
        );
        let settled = self.settle(outcome, false)?;
        Ok(settled.parts.iter().map(|(_, count)| count).sum())
    }

    pub(super) fn canonical(
        &self,
        values: &[&str],
        context: &HookContext<'_>,
    ) -> Result<(Vec<String>, Vec<Refusal>, Cost), HookFailure> {
        let number = self.hook.number;
        // The value itself is not told: it may be somebody's identity.
        let whom = |row: usize| format!("value {}", row + 1);
        let shown = Shown {
            moment: self.moment(context),
            // It is not about records, so that there are none to see.
            sees: None,
        };
        let outcome = self.ask(values.len(), shown.moment, whom, |range| {
            let values = values.get(range).unwrap_or_default();
            self.plugin.program.with(shown, |instance, functions| {
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
        let (spent, shown) = match self.plugin.breaker.check() {
            Ok(()) => self.formatted(values, locale),
            Err(paused) => (Spent::default(), Err(paused)),
        };
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

    fn formatted(&self, values: &[&str], locale: Locale) -> (Spent, Result<Vec<String>, Fault>) {
        // Formatting belongs to no request, so there is no time to tell.
        let nowhere = Shown {
            moment: Moment::default(),
            sees: None,
        };
        self.plugin.program.with(nowhere, |instance, functions| {
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
        })
    }
}

fn ids(rows: &[Row<'_>]) -> Vec<RecordId> {
    rows.iter().map(|row| row.id).collect()
}
