//! What is set when a record comes to a step: by when it is to be done, and by whom?

use std::collections::BTreeSet;

use chrono::{Datelike, Days, NaiveDate};

use super::definition::{Deadline, ProcessDefinition, Responsible, Step};
use super::fields;
use super::gap::Case;
use crate::error::Result;
use crate::record::{RecordId, Value};

/// The values of the fields that the engine keeps, for a record that has just come to a step.
pub(super) fn values(case: &Case<'_>, step: &Step) -> Result<Vec<(&'static str, Option<Value>)>> {
    let mut who = Who::default();
    for responsible in &step.responsible {
        if case.holds(&responsible.when)? {
            who = Who::of(case, responsible)?;
            break;
        }
    }
    let today = case.time.today();
    let due = step
        .deadline
        .and_then(|deadline| due(deadline, today, &case.process.definition));
    let outcome = step
        .outcome
        .map(|outcome| Value::Text(outcome.name().into()));
    let reference = |id: Option<RecordId>| id.map(Value::Reference);
    Ok(vec![
        (fields::SINCE, Some(Value::Instant(case.time.now))),
        (fields::DUE, due.map(Value::Date)),
        (fields::OWNER, reference(who.user)),
        (fields::TEAM, reference(who.team)),
        (fields::ROLE, reference(who.role)),
        (fields::OUTCOME, outcome),
    ])
}

#[derive(Default)]
struct Who {
    user: Option<RecordId>,
    team: Option<RecordId>,
    role: Option<RecordId>,
}

impl Who {
    fn of(case: &Case<'_>, responsible: &Responsible) -> Result<Self> {
        let reader = case.reader;
        let keyed = |object: &str, key: &Option<String>| -> Result<Option<RecordId>> {
            let (Some(object), Some(key)) = (reader.schema.object(object), key) else {
                return Ok(None);
            };
            let Some(field) = object.natural_key() else {
                return Ok(None);
            };
            reader.by_unique(object, field.number, &Value::Text(key.as_str().into()))
        };
        let named = |field: &Option<String>| match case.record.get(field.as_deref()?) {
            Some(Value::Reference(id)) => Some(*id),
            _ => None,
        };
        let user = match (named(&responsible.field), named(&responsible.manager_of)) {
            (Some(user), _) => Some(user),
            (None, Some(of)) => {
                let of = reader.get_stored(of)?;
                match of.as_ref().and_then(|of| of.get("manager")) {
                    Some(Value::Reference(manager)) => Some(*manager),
                    _ => None,
                }
            }
            (None, None) => None,
        };
        Ok(Self {
            user,
            team: keyed("team", &responsible.team)?,
            role: keyed("role", &responsible.role)?,
        })
    }
}

/// The last day on which a step that was entered on a day is in time; none past the end of the calendar.
fn due(
    deadline: Deadline,
    entered: NaiveDate,
    definition: &ProcessDefinition,
) -> Option<NaiveDate> {
    let business = match deadline {
        Deadline::Days(days) => return entered.checked_add_days(Days::new(days.into())),
        Deadline::BusinessDays(days) => days,
    };
    let holidays: BTreeSet<NaiveDate> = definition.holidays.iter().copied().collect();
    let is_off =
        |day: NaiveDate| definition.weekend.contains(&day.weekday()) || holidays.contains(&day);
    let mut day = entered;
    for _ in 0..business {
        day = next_business(day.succ_opt()?, &is_off)?;
    }
    // What comes on a day off is done on a business day, however little time there is.
    next_business(day, &is_off)
}

fn next_business(from: NaiveDate, is_off: &impl Fn(NaiveDate) -> bool) -> Option<NaiveDate> {
    let mut day = from;
    while is_off(day) {
        day = day.succ_opt()?;
    }
    Some(day)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use chrono::Weekday;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn business_days_leave_out_weekends_and_holidays() {
        let definition = ProcessDefinition {
            weekend: vec![Weekday::Thu, Weekday::Fri],
            holidays: vec![day("2026-04-01"), day("2026-04-04")],
            ..ProcessDefinition::default()
        };
        let after = |days, from| due(Deadline::BusinessDays(days), day(from), &definition);
        // Wednesday the 25th of March; Thursday and Friday are the weekend.
        assert_eq!(after(1, "2026-03-25"), Some(day("2026-03-28")));
        assert_eq!(after(0, "2026-03-25"), Some(day("2026-03-25")));
        assert_eq!(after(0, "2026-03-26"), Some(day("2026-03-28")));
        // Wednesday the 1st and Saturday the 4th are holidays.
        assert_eq!(after(1, "2026-03-31"), Some(day("2026-04-05")));
        assert_eq!(
            due(Deadline::Days(2), day("2026-03-25"), &definition),
            Some(day("2026-03-27"))
        );
    }

    #[test]
    fn a_deadline_past_the_calendar_is_none() {
        let definition = ProcessDefinition::default();
        assert_eq!(
            due(Deadline::Days(3_650), NaiveDate::MAX, &definition),
            None
        );
        assert_eq!(
            due(Deadline::BusinessDays(1), NaiveDate::MAX, &definition),
            None
        );
    }
}
