//! How is a process read from JSON, and written as such?
//!
//! Strictly, as views are: a mistyped key is a fault with its place. Whatever has nothing but its name may be written as
//! that name alone.

use std::collections::BTreeMap;

use chrono::{NaiveDate, Weekday};
use serde_json::{Map, Value as Json};

use super::definition::{
    Deadline, OUTCOMES, ProcessDefinition, RequiredDocument, RequiredField, Responsible, Start,
    Step, StepOutcome, Transition,
};
use crate::query::Filter;
use crate::view::{DefinitionError, Making, Members, Part, word_of};

type Read<T> = Result<T, DefinitionError>;

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("saturday", Weekday::Sat),
    ("sunday", Weekday::Sun),
    ("monday", Weekday::Mon),
    ("tuesday", Weekday::Tue),
    ("wednesday", Weekday::Wed),
    ("thursday", Weekday::Thu),
    ("friday", Weekday::Fri),
];

const MOST_DAYS: u64 = 3_650;

impl ProcessDefinition {
    /// Reads the JSON form.
    ///
    /// # Errors
    /// When it is no process: the message says where, and what was expected there.
    pub fn from_json(json: &Json) -> crate::error::Result<Self> {
        Ok(Self::read(json)?)
    }

    pub(super) fn read(json: &Json) -> Read<Self> {
        let members = Part::whole(json)
            .members(&["object", "filter", "start", "calendar", "steps", "moved"])?;
        let (weekend, holidays) = match members.part("calendar") {
            Some(part) => calendar(&part)?,
            None => (Vec::new(), Vec::new()),
        };
        Ok(Self {
            object: members.needed("object")?.text()?,
            filter: members.filter("filter")?,
            start: match members.part("start") {
                Some(part) if part.as_text().is_some() => vec![start(&part)?],
                _ => members.each("start", start)?,
            },
            weekend,
            holidays,
            steps: members.each("steps", step)?,
            moved: moved(&members)?,
        })
    }

    /// The JSON form.
    #[must_use]
    pub fn as_json(&self) -> Json {
        let weekend = self
            .weekend
            .iter()
            .map(|day| word_of(&WEEKDAYS, day).into());
        let holidays = self.holidays.iter().map(|day| day.to_string().into());
        let calendar = Making::default()
            .list("weekend", weekend.collect())
            .list("holidays", holidays.collect());
        let start = |one: &Start| with_condition("step", &one.step, &one.when);
        let has_calendar = !self.weekend.is_empty() || !self.holidays.is_empty();
        let moved: Map<String, Json> = self
            .moved
            .iter()
            .map(|(from, to)| (from.clone(), to.clone().into()))
            .collect();
        Making::default()
            .put("object", self.object.clone())
            .filter("filter", &self.filter)
            .list("start", self.start.iter().map(start).collect())
            .maybe("calendar", has_calendar.then(|| calendar.done()))
            .list("steps", self.steps.iter().map(Step::as_json).collect())
            .maybe("moved", (!moved.is_empty()).then_some(moved))
            .done()
    }
}

impl serde::Serialize for ProcessDefinition {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.as_json().serialize(to)
    }
}

/// As its plain word where there is no condition.
fn with_condition(key: &str, word: &str, when: &Filter) -> Json {
    if when.is_everything() {
        return word.into();
    }
    Making::default().put(key, word).filter("when", when).done()
}

fn calendar(part: &Part<'_>) -> Read<(Vec<Weekday>, Vec<NaiveDate>)> {
    let members = part.members(&["weekend", "holidays"])?;
    let weekend = members.each("weekend", |day| day.word(&WEEKDAYS))?;
    let holidays = members.each("holidays", |day| {
        let unreadable = |_| day.fault("a day such as 2026-03-21 is expected here");
        day.text()?.parse().map_err(unreadable)
    })?;
    Ok((weekend, holidays))
}

fn start(part: &Part<'_>) -> Read<Start> {
    if part.as_text().is_some() {
        let (step, when) = (part.text()?, Filter::everything());
        return Ok(Start { step, when });
    }
    let members = part.members(&["step", "when"])?;
    Ok(Start {
        step: members.needed("step")?.text()?,
        when: members.filter("when")?,
    })
}

fn moved(members: &Members<'_>) -> Read<BTreeMap<String, String>> {
    let Some(part) = members.part("moved") else {
        return Ok(BTreeMap::new());
    };
    let Json::Object(map) = part.json() else {
        return Err(part.fault(
            "an object with old and new steps is expected here, such as {\"checked\": \"review\"}",
        ));
    };
    map.iter()
        .map(|(from, to)| match to.as_str() {
            Some(to) => Ok((from.clone(), to.to_owned())),
            None => Err(part.fault(format!("'{from}' needs the step that it is moved to"))),
        })
        .collect()
}

fn step(part: &Part<'_>) -> Read<Step> {
    let members = part.members(&[
        "key",
        "label",
        "required",
        "documents",
        "responsible",
        "roles",
        "deadline",
        "next",
        "outcome",
    ])?;
    Ok(Step {
        key: members.needed("key")?.text()?,
        label: members.labels("label")?,
        required: members.each("required", required)?,
        documents: members.each("documents", document)?,
        responsible: members.each("responsible", responsible)?,
        roles: members.texts("roles")?,
        deadline: members
            .part("deadline")
            .as_ref()
            .map(deadline)
            .transpose()?,
        next: members.each("next", transition)?,
        outcome: members
            .part("outcome")
            .map(|part| part.word(&OUTCOMES))
            .transpose()?,
    })
}

fn required(part: &Part<'_>) -> Read<RequiredField> {
    if part.as_text().is_some() {
        let (field, when) = (part.text()?, Filter::everything());
        return Ok(RequiredField { field, when });
    }
    let members = part.members(&["field", "when"])?;
    Ok(RequiredField {
        field: members.needed("field")?.text()?,
        when: members.filter("when")?,
    })
}

fn document(part: &Part<'_>) -> Read<RequiredDocument> {
    if part.as_text().is_some() {
        return Ok(RequiredDocument {
            document_type: part.text()?,
            state: None,
            when: Filter::everything(),
        });
    }
    let members = part.members(&["type", "state", "when"])?;
    Ok(RequiredDocument {
        document_type: members.needed("type")?.text()?,
        state: members.text("state")?,
        when: members.filter("when")?,
    })
}

fn responsible(part: &Part<'_>) -> Read<Responsible> {
    let members = part.members(&["when", "role", "team", "field", "manager_of"])?;
    let read = Responsible {
        when: members.filter("when")?,
        role: members.text("role")?,
        team: members.text("team")?,
        field: members.text("field")?,
        manager_of: members.text("manager_of")?,
    };
    let user = [&read.field, &read.manager_of];
    if [&read.role, &read.team].iter().all(|one| one.is_none())
        && user.iter().all(|one| one.is_none())
    {
        return Err(part.fault("say who: role, team, field or manager_of"));
    }
    if user.iter().all(|one| one.is_some()) {
        return Err(part.fault("field and manager_of both name the user; leave one out"));
    }
    Ok(read)
}

fn deadline(part: &Part<'_>) -> Read<Deadline> {
    let members = part.members(&["days", "business_days"])?;
    let days = |key| {
        members
            .number(key, 0, MOST_DAYS)
            .map(|days| days.map(|days| days as u32))
    };
    match (days("days")?, days("business_days")?) {
        (Some(days), None) => Ok(Deadline::Days(days)),
        (None, Some(days)) => Ok(Deadline::BusinessDays(days)),
        _ => Err(part.fault("give days or business_days, one of them")),
    }
}

fn transition(part: &Part<'_>) -> Read<Transition> {
    if part.as_text().is_some() {
        let to = part.text()?;
        return Ok(Transition {
            to,
            ..Transition::default()
        });
    }
    let members = part.members(&["to", "label", "when", "roles", "unfinished"])?;
    Ok(Transition {
        to: members.needed("to")?.text()?,
        label: members.labels("label")?,
        when: members.filter("when")?,
        roles: members.texts("roles")?,
        unfinished: members.flag("unfinished")?,
    })
}

fn words(list: &[String]) -> Vec<Json> {
    list.iter().map(|word| word.clone().into()).collect()
}

impl Step {
    fn as_json(&self) -> Json {
        let required = |one: &RequiredField| with_condition("field", &one.field, &one.when);
        let deadline = self.deadline.map(|deadline| match deadline {
            Deadline::Days(days) => Making::default().put("days", days).done(),
            Deadline::BusinessDays(days) => Making::default().put("business_days", days).done(),
        });
        Making::default()
            .put("key", self.key.clone())
            .labels("label", &self.label)
            .list("required", self.required.iter().map(required).collect())
            .list(
                "documents",
                self.documents
                    .iter()
                    .map(RequiredDocument::as_json)
                    .collect(),
            )
            .list(
                "responsible",
                self.responsible.iter().map(Responsible::as_json).collect(),
            )
            .list("roles", words(&self.roles))
            .maybe("deadline", deadline)
            .list("next", self.next.iter().map(Transition::as_json).collect())
            .maybe("outcome", self.outcome.map(StepOutcome::name))
            .done()
    }
}

impl RequiredDocument {
    fn as_json(&self) -> Json {
        if self.state.is_none() {
            return with_condition("type", &self.document_type, &self.when);
        }
        Making::default()
            .put("type", self.document_type.clone())
            .maybe("state", self.state.clone())
            .filter("when", &self.when)
            .done()
    }
}

impl Responsible {
    fn as_json(&self) -> Json {
        Making::default()
            .filter("when", &self.when)
            .maybe("role", self.role.clone())
            .maybe("team", self.team.clone())
            .maybe("field", self.field.clone())
            .maybe("manager_of", self.manager_of.clone())
            .done()
    }
}

impl Transition {
    fn as_json(&self) -> Json {
        let plain = Self {
            to: self.to.clone(),
            ..Self::default()
        };
        if *self == plain {
            return self.to.clone().into();
        }
        Making::default()
            .put("to", self.to.clone())
            .labels("label", &self.label)
            .filter("when", &self.when)
            .list("roles", words(&self.roles))
            .flag("unfinished", self.unfinished)
            .done()
    }
}
