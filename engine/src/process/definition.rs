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

use crate::query::Filter;
use crate::schema::Labels;
use crate::view::word_of;

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

pub(super) const OUTCOMES: [(&str, StepOutcome); 3] = [
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

impl ProcessDefinition {
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
