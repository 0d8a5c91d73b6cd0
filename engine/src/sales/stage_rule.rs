//! What does its stage mean for an opportunity?
//!
//! Status follows from the stage's outcome, the pipeline from the stage, the probability from the stage unless
//! somebody gave one, and the moment of closing from the move into a won or lost stage.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::hook::{
    Answers, BeforeSave, HookContext, HookFailure, Interest, Patch, Refusal, Row, Rule, Verb,
    engine_rule,
};
use crate::record::{Record, RecordId, Value};
use crate::schema::{Object, Schema};

/// The rule, bound to the numbers of the fields it reads and sets.
pub(crate) struct StageRule {
    fields: Fields,
    part: Part,
}

/// The rule is asked twice, since other hooks stand between its halves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Before the other hooks: status and pipeline, so that they see them.
    First,
    /// After them, since one of them may have moved the stage: everything.
    Last,
}

struct Fields {
    stage: u32,
    pipeline: u32,
    status: u32,
    probability: u32,
    close_date: u32,
    closed_at: u32,
}

impl StageRule {
    /// The rule for a schema; none when its opportunity is not the standard one.
    pub(crate) fn hook(schema: &Schema, part: Part) -> Option<Arc<dyn BeforeSave>> {
        let opportunity: &Object = schema.object("opportunity")?;
        let number = |name: &str| opportunity.field(name).map(|field| field.number);
        let fields = Fields {
            stage: number("stage")?,
            pipeline: number("pipeline")?,
            status: number("status")?,
            probability: number("probability")?,
            close_date: number("close_date")?,
            closed_at: number("closed_at")?,
        };
        let interest = Interest::new(
            "opportunity",
            &[Verb::Create, Verb::Update],
            vec![fields.stage],
        );
        let rule = Self { fields, part };
        Some(engine_rule("opportunity follows its stage", interest, rule))
    }

    fn patches(
        &self,
        row: usize,
        before: Option<&Record>,
        after: &Record,
        stage: &Record,
        context: &HookContext<'_>,
    ) -> Vec<Patch> {
        let fields = &self.fields;
        let status = stage.text("outcome").unwrap_or("open");
        let closed = status != "open";
        let mut patches = vec![
            Patch {
                row,
                field: fields.status,
                value: Some(Value::Text(status.into())),
            },
            Patch {
                row,
                field: fields.pipeline,
                value: stage.get("pipeline").cloned(),
            },
        ];
        if self.part == Part::First {
            return patches;
        }
        // A probability that came with the stage's change is somebody's judgement; one left from the old stage is not.
        let given = |field: u32| {
            after.value(field).is_some()
                && before.and_then(|before| before.value(field)) != after.value(field)
        };
        if closed || !given(fields.probability) {
            patches.push(Patch {
                row,
                field: fields.probability,
                value: stage.get("probability").cloned(),
            });
        }
        // A record from the bin has its moment; one that turns from lost to won gets another.
        let old_status = before.and_then(|before| before.text("status"));
        let turned = old_status.is_some_and(|old| old != "open" && old != status);
        let has_moment = after.value(fields.closed_at).is_some();
        if closed && (!has_moment || turned) {
            // Imported history says by its close date when it happened.
            let day = after
                .value(fields.close_date)
                .filter(|_| given(fields.close_date) || before.is_none());
            let at = match day {
                Some(Value::Date(day)) => day
                    .and_hms_opt(12, 0, 0)
                    .map_or(context.now, |noon| noon.and_utc()),
                _ => context.now,
            };
            patches.push(Patch {
                row,
                field: fields.closed_at,
                value: Some(Value::Instant(at)),
            });
            if day.is_none() {
                patches.push(Patch {
                    row,
                    field: fields.close_date,
                    value: Some(Value::Date(context.today)),
                });
            }
        } else if !closed && has_moment {
            patches.push(Patch {
                row,
                field: fields.closed_at,
                value: None,
            });
        }
        patches
    }
}

impl Rule for StageRule {
    fn judge(&self, rows: &[Row<'_>], context: &HookContext<'_>) -> Result<Answers, HookFailure> {
        let mut stages: BTreeMap<RecordId, Option<Record>> = BTreeMap::new();
        let mut answers = Answers::default();
        for (place, row) in rows.iter().enumerate() {
            let (Some(after), Some(Value::Reference(id))) = (
                row.after,
                row.after.and_then(|after| after.value(self.fields.stage)),
            ) else {
                continue;
            };
            if !stages.contains_key(id) {
                let stage = context.reader.get(*id);
                let stage = stage.map_err(|error| HookFailure::unread("stage", &error))?;
                stages.insert(*id, stage);
            }
            if let Some(None) = stages.get(id) {
                answers.refusals.push(Refusal {
                    row: place,
                    field: Some("stage".to_owned()),
                    code: "stage-not-there-yet".to_owned(),
                    message: format!("the stage {id} is made in the same commit; make it in a call of its own, before its opportunities"),
                });
            }
            if let Some(Some(stage)) = stages.get(id) {
                answers
                    .patches
                    .extend(self.patches(place, row.before, after, stage, context));
            }
        }
        Ok(answers)
    }
}
