//! Which totals over all records of an object are kept?

use serde::{Deserialize, Serialize};

use super::field::{Labels, labels_of};
use crate::query::{Filter, Measure};

/// A table of groups of an object's records that each commit keeps up to date: the pipeline by stage, owner and month. An
/// [`Aggregate`](crate::Aggregate) that it has the answer to is read from it, in time that grows with its groups and not
/// with the records. Each save of a record that counts pays for it, by an entry or two for each measure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct LiveTotal {
    /// The total's number in the store.
    #[serde(default)]
    pub(crate) number: u32,
    /// The name in requests: `pipeline`.
    pub name: String,
    /// The name that people read.
    #[serde(default)]
    pub label: Labels,
    /// Which records count, by their own fields alone; as of a rollup.
    #[serde(default, skip_serializing_if = "Filter::is_everything")]
    pub filter: Filter,
    /// What makes the groups, as in [`Aggregate::group_by`](crate::Aggregate::group_by): options, references, yes and no,
    /// whole numbers, and dates or their periods; six at most. A finer period answers for the coarser ones of its calendar,
    /// a day for all.
    #[serde(default)]
    pub group_by: Vec<String>,
    /// What is kept of each group beside the number of its records: `sum`, `avg`, `min` and `max`. Of `min` and `max` every
    /// different value is an entry.
    #[serde(default)]
    pub measures: Vec<Measure>,
    /// It is being filled from the records that were there before it, and answers nothing yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) filling: bool,
}

impl LiveTotal {
    /// The number of all records, until groups and measures are added.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            number: 0,
            name: name.to_owned(),
            label: Labels::new(),
            filter: Filter::everything(),
            group_by: Vec::new(),
            measures: Vec::new(),
            filling: false,
        }
    }

    /// With its name in English, Persian and Arabic.
    #[must_use]
    pub fn label(mut self, en: &str, fa: &str, ar: &str) -> Self {
        self.label = labels_of(en, fa, ar);
        self
    }

    /// Only of records that pass the filter.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = filter;
        self
    }

    /// A group for each value of this field, or of its period: `close_date:month@persian`.
    #[must_use]
    pub fn group_by(mut self, field: &str) -> Self {
        self.group_by.push(field.to_owned());
        self
    }

    /// With this measure of each group.
    #[must_use]
    pub fn measure(mut self, measure: Measure) -> Self {
        self.measures.push(measure);
        self
    }
}
