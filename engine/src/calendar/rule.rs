//! Is a business calendar one?

use std::sync::Arc;

use super::definition::BusinessCalendar;
use crate::hook::{
    Answers, BeforeSave, HookContext, HookFailure, Interest, Refusal, Row, Rule, Verb, engine_rule,
};
use crate::record::{Record, Value};
use crate::schema::Schema;
use crate::view::{DefinitionError, labels};

/// The object of which calendars are records.
pub(super) const OBJECT: &str = "business_calendar";

struct CalendarRule;

/// The rule for a schema; none where it has no business calendars.
pub(crate) fn hook(schema: &Schema) -> Option<Arc<dyn BeforeSave>> {
    schema.object(OBJECT)?;
    let interest = Interest::new(OBJECT, &[Verb::Create, Verb::Update], Vec::new());
    Some(engine_rule(
        "a business calendar is one",
        interest,
        CalendarRule,
    ))
}

impl Rule for CalendarRule {
    fn judge(&self, rows: &[Row<'_>], _: &HookContext<'_>) -> Result<Answers, HookFailure> {
        let mut answers = Answers::default();
        for (row, after) in rows.iter().enumerate() {
            let Some(record) = after.after else { continue };
            let faults = faults(record).into_iter();
            answers
                .refusals
                .extend(faults.map(|(field, fault)| Refusal {
                    row,
                    field: Some(field.to_owned()),
                    code: "calendar".to_owned(),
                    message: fault.to_string(),
                }));
        }
        Ok(answers)
    }
}

fn faults(record: &Record) -> Vec<(&'static str, DefinitionError)> {
    let json = |field| match record.get(field) {
        Some(Value::Json(json)) => Some(json),
        _ => None,
    };
    let label = json("label").and_then(|json| labels(json).err());
    let definition = json("definition").and_then(|json| BusinessCalendar::read(json).err());
    let label = label.map(|fault| ("label", fault));
    let definition = definition.map(|fault| ("definition", fault));
    label.into_iter().chain(definition).collect()
}
