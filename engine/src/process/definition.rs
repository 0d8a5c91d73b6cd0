//! What can a process say?
//!
//! Steps, what each needs before it is left, where it leads and under which condition, who is responsible and by when.
//! It is kept as JSON in its record:
//!
//! ```json
//! {
//!   "object": "loan", "filter": "product[eq]:home",
//!   "calendar": {"weekend": ["thursday", "friday"], "holidays": ["2026-03-21"]},
//!   "steps": [
//!     {"key": "received", "label": {"en": "Received", "fa": "دریافت شد", "ar": "تم الاستلام"},
//!      "required": ["amount", {"field": "collateral", "when": "amount[gt]:5000"}], "documents": ["identity"],
//!      "responsible": [{"when": "amount[gt]:5000", "role": "risk"}, {"role": "teller", "manager_of": "branch"}],
//!      "deadline": {"business_days": 2},
//!      "next": [{"to": "approved", "roles": ["approver"]}, {"to": "refused", "unfinished": true}]},
//!     {"key": "approved", "outcome": "success"},
//!     {"key": "refused", "outcome": "failure"}
//!   ],
//!   "moved": {"old-step": "received"}
//! }
//! ```

use std::collections::BTreeMap;

use chrono::{NaiveDate, Weekday};
use serde_json::{Map, Value as Json};

use crate::query::Filter;
use crate::schema::Labels;
use crate::view::{DefinitionError, Making, Members, Part, word_of};

type Read<T> = Result<T, DefinitionError>;

/// By which steps the records of one object go.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ProcessDefinition {
    /// The object of the records.
    pub object: String,
    /// Which of them: judged when a record is made, or is first saved without a process. It stays in the process that
    /// it began.
    pub filter: Filter,
    /// Where a record begins: the first whose condition holds. The first step, when nothing is said.
    pub start: Vec<Start>,
    /// The days of the week that are no business days.
    pub weekend: Vec<Weekday>,
    /// Other days that are no business days.
    pub holidays: Vec<NaiveDate>,
    /// The steps, in the order in which people see them.
    pub steps: Vec<Step>,
    /// Steps that there are no more, and the one in which a record that stood there goes on.
    pub moved: BTreeMap<String, String>,
}

/// A step at which a record may begin: by itself in the first whose condition holds, or in another of them where the
/// request that makes it names one. A firm that brings running records from elsewhere lists all steps for that day.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Start {
    /// The step.
    pub step: String,
    /// Which records may.
    pub when: Filter,
}

/// One step.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Step {
    /// Its word in requests and filters.
    pub key: String,
    /// What it is called.
    pub label: Labels,
    /// Fields without which it is not left.
    pub required: Vec<RequiredField>,
    /// Documents without which it is not left.
    pub documents: Vec<RequiredDocument>,
    /// Who has to do it: the first whose condition holds.
    pub responsible: Vec<Responsible>,
    /// The roles whose users may take a record out of it; everyone when empty.
    pub roles: Vec<String>,
    /// By when it is to be done, counted from the day on which a record comes.
    pub deadline: Option<Deadline>,
    /// Where it leads.
    pub next: Vec<Transition>,
    /// What it means that a record ends here; none where it goes on.
    pub outcome: Option<StepOutcome>,
}

/// A field without which a step is not left.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RequiredField {
    /// The field's name.
    pub field: String,
    /// For which records.
    pub when: Filter,
}

/// A document without which a step is not left: attached to the record, with its file, neither withdrawn nor past its
/// date.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RequiredDocument {
    /// An option of `document.document_type`.
    pub document_type: String,
    /// An option of `document.state`; any when none is said.
    pub state: Option<String>,
    /// For which records.
    pub when: Filter,
}

/// Who has to do a step.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Responsible {
    /// For which records.
    pub when: Filter,
    /// A role, by key.
    pub role: Option<String>,
    /// A team, by key.
    pub team: Option<String>,
    /// A field of the record that names a user.
    pub field: Option<String>,
    /// A field of the record that names something with a manager: a team, a territory.
    pub manager_of: Option<String>,
}

/// By when a step is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Deadline {
    /// So many days after the one on which a record came.
    Days(u32),
    /// So many days that are neither weekend nor holiday.
    BusinessDays(u32),
}

/// A way from one step to another.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Transition {
    /// The step that it leads to.
    pub to: String,
    /// What people call it: «Send back».
    pub label: Labels,
    /// For which records.
    pub when: Filter,
    /// The roles whose users may go it; those of the step when empty.
    pub roles: Vec<String>,
    /// Whether the step may be left this way without what it requires.
    pub unfinished: bool,
}

/// What an end means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StepOutcome {
    /// It became what it was to be.
    Success,
    /// It did not.
    Failure,
    /// Nobody wants it any more.
    Cancelled,
}

const OUTCOMES: [(&str, StepOutcome); 3] = [
    ("success", StepOutcome::Success),
    ("failure", StepOutcome::Failure),
    ("cancelled", StepOutcome::Cancelled),
];

impl StepOutcome {
    /// Its word: `success`.
    #[must_use]
    pub fn name(self) -> &'static str {
        word_of(&OUTCOMES, &self)
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        let known = OUTCOMES.iter().find(|(word, _)| *word == name);
        known.map(|(_, outcome)| *outcome)
    }
}

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

    /// The step of a key.
    #[must_use]
    pub fn step(&self, key: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.key == key)
    }

    /// The step in which a record stands: where its own is gone, the one that it was moved to.
    pub(super) fn standing(&self, key: &str) -> Option<&Step> {
        self.step(key)
            .or_else(|| self.step(self.moved.get(key)?.as_str()))
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
