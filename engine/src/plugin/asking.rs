//! Is a plugin asked, and what becomes of the records that it failed for?
//!
//! A batch in which a guest fails is asked again record by record, so that only the record at fault bears it. A plugin
//! that is paused, or has used up its day, is not asked.

use std::ops::Range;

use super::guest::{Fault, Moment};
use super::hooks::Served;
use super::instance::Spent;
use crate::hook::{HookFailure, OnFailure, Refusal};

/// Records of one batch that may fail on their own before the rest is given up: a plugin that fails for all would
/// otherwise cost a whole time limit for each.
const FAILURES: usize = 8;
/// The code of a refusal for a record that the plugin failed for.
pub(super) const FAILED: &str = "plugin-failed";
/// The code of a refusal for a record that a paused plugin was to judge.
const PAUSED: &str = "plugin-paused";

/// What came of a batch: answers with the row that each begins at, and the rows that failed.
pub(super) struct Outcome<T> {
    spent: Spent,
    answers: Vec<(usize, T)>,
    failures: Vec<(usize, String)>,
    /// The code of the failures.
    code: &'static str,
}

/// What is left of an outcome: answers, refusals for rows that failed, and what it took.
pub(super) struct Settled<T> {
    pub(super) parts: Vec<(usize, T)>,
    pub(super) refusals: Vec<Refusal>,
    /// What the failures of rows said that go on without the plugin.
    pub(super) skipped: Vec<String>,
    pub(super) spent: Spent,
}

impl<T> Default for Outcome<T> {
    fn default() -> Self {
        Self {
            spent: Spent::default(),
            answers: Vec::new(),
            failures: Vec::new(),
            code: FAILED,
        }
    }
}

impl<T> Outcome<T> {
    fn add(&mut self, mut spent: Spent, fault: Option<&Fault>) {
        spent.cost.time_outs += u64::from(matches!(fault, Some(Fault::Time(_))));
        self.spent.join(spent);
    }
}

impl Served {
    /// `plugin lead-score 0.1.0, compute for lea_01…: out of fuel …`.
    pub(super) fn told(&self, whom: &str, fault: &Fault) -> String {
        format!(
            "{}, {} for {whom}: {fault}",
            self.plugin.owner,
            fault.export().unwrap_or_else(|| self.export())
        )
    }

    /// Asks for the whole batch; where that fails, for each row alone. A plugin that is paused, or has used up its day,
    /// is not asked: every row fails.
    pub(super) fn ask<T>(
        &self,
        rows: usize,
        moment: Moment,
        whom: impl Fn(usize) -> String,
        one: impl FnMut(Range<usize>) -> (Spent, Result<T, Fault>),
    ) -> Outcome<T> {
        let plugin = &self.plugin;
        if rows == 0 {
            return Outcome::default();
        }
        let may_run = plugin.breaker.check();
        if let Err(fault) = may_run.and_then(|()| plugin.meter.check(&plugin.limits, moment)) {
            let failures = (0..rows).map(|row| (row, self.told(&whom(row), &fault)));
            return Outcome {
                failures: failures.collect(),
                code: if matches!(fault, Fault::Paused { .. }) {
                    PAUSED
                } else {
                    FAILED
                },
                ..Outcome::default()
            };
        }
        let outcome = self.ask_each(rows, whom, one);
        plugin.meter.add(outcome.spent.cost.fuel, moment);
        // One record at fault among others is the record's, and no sign that the plugin is broken.
        let failure = outcome
            .failures
            .last()
            .filter(|_| outcome.answers.is_empty());
        let failure = failure.map(|(_, message)| message.as_str());
        plugin.breaker.note(failure, moment);
        outcome
    }

    fn ask_each<T>(
        &self,
        rows: usize,
        whom: impl Fn(usize) -> String,
        mut one: impl FnMut(Range<usize>) -> (Spent, Result<T, Fault>),
    ) -> Outcome<T> {
        let mut outcome = Outcome::default();
        let (spent, answer) = one(0..rows);
        outcome.add(spent, answer.as_ref().err());
        match answer {
            Ok(answer) => {
                outcome.answers.push((0, answer));
                return outcome;
            }
            Err(fault) if rows == 1 => {
                outcome.failures.push((0, self.told(&whom(0), &fault)));
                return outcome;
            }
            Err(_) => {}
        }
        for row in 0..rows {
            let answer = if outcome.failures.len() < FAILURES {
                let (spent, answer) = one(row..row + 1);
                outcome.add(spent, answer.as_ref().err());
                answer
            } else {
                Err(Fault::NotTried)
            };
            match answer {
                Ok(answer) => outcome.answers.push((row, answer)),
                Err(fault) => outcome.failures.push((row, self.told(&whom(row), &fault))),
            }
        }
        outcome
    }

    /// The rows that failed, as the author wants them: refused, or noted in the log. A batch in which nothing
    /// succeeded is a failure of the hook.
    pub(super) fn settle<T>(
        &self,
        outcome: Outcome<T>,
        may_refuse: bool,
    ) -> Result<Settled<T>, HookFailure> {
        let Outcome {
            spent,
            answers,
            failures,
            code,
        } = outcome;
        let refuses = may_refuse && self.plugin.on_failure == OnFailure::Reject;
        if answers.is_empty()
            && let Some((_, message)) = failures.first()
            && (failures.len() == 1 || !refuses)
        {
            return Err(HookFailure {
                message: message.clone(),
                code,
                cost: spent.cost,
            });
        }
        let (mut refusals, mut skipped) = (Vec::new(), Vec::new());
        for (row, message) in failures {
            if refuses {
                refusals.push(Refusal {
                    row,
                    field: None,
                    code: code.to_owned(),
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
}
